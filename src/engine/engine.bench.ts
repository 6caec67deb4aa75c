// The engine alone: wire bytes into a session, no socket. GET and SET of random keys among a million, 100 a batch.
// Prints nanoseconds a request, and what the garbage collector saw of it.
//
// `watched`: with the latency monitor on, each command timed alone.
//
//   npm run bench -- src/engine/engine.bench.ts [keys] [batch] [watched]

import { PerformanceObserver } from 'node:perf_hooks';
import { Prng } from '../lib/prng.ts';
import { ENGINE_COMMANDS } from './all-commands.ts';
import { Engine } from './engine.ts';
import { NOBODY } from './obeyed-commands.ts';

const KEYS = Number(process.argv[2] ?? 1_000_000);
const BATCH = Number(process.argv[3] ?? 100);
const BATCHES = Math.floor(2_000_000 / BATCH);
const IS_WATCHED = process.argv[4] === 'watched';

let scavenges = 0;
new PerformanceObserver((list) => {
  scavenges += list.getEntries().length;
}).observe({ entryTypes: ['gc'] });

const clock = { now: Date.now, elapsed: () => performance.now() };
const engine = new Engine({ clock, seed: 1, commands: ENGINE_COMMANDS });
const session = engine.openSession(NOBODY);
if (IS_WATCHED) {
  engine.watch.monitor.threshold = 100;
  engine.rewatch();
}
const prng = new Prng(1);
const keyOf = (index: number) => `key:${String(index).padStart(12, '0')}`;
const encode = (args: string[]) => `*${args.length}\r\n${args.map((a) => `$${a.length}\r\n${a}\r\n`).join('')}`;

function batches(make: (index: number) => string[], count: number): Uint8Array[] {
  const list: Uint8Array[] = [];
  for (let batch = 0; batch < count; batch++) {
    let text = '';
    for (let each = 0; each < BATCH; each++) text += encode(make(prng.below(KEYS)));
    list.push(Buffer.from(text, 'latin1'));
  }
  return list;
}

for (let index = 0; index < KEYS; index += BATCH) {
  let text = '';
  for (let each = 0; each < BATCH; each++) text += encode(['SET', keyOf(index + each), 'xxxxxxxxxxxxxxxx']);
  const bytes = Buffer.from(text, 'latin1');
  engine.receive(session, bytes, 0, bytes.length);
}
console.log(`${KEYS} keys, ${(engine.keyspace.memory.usedBytes() / KEYS).toFixed(1)} bytes each`);

function measure(name: string, make: (index: number) => string[]): void {
  const inputs = batches(make, 1000);
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    const heap = process.memoryUsage().heapUsed;
    const seen = scavenges;
    const start = process.cpuUsage();
    for (let batch = 0; batch < BATCHES; batch++) {
      const bytes = inputs[batch % inputs.length]!;
      engine.receive(session, bytes, 0, bytes.length);
    }
    const cpu = process.cpuUsage(start);
    const grown = process.memoryUsage().heapUsed - heap;
    const ns = ((cpu.user + cpu.system) * 1000) / (BATCHES * BATCH);
    console.log(
      `${name}: ${ns.toFixed(0)} ns a request, heap grew ${(grown / (BATCHES * BATCH)).toFixed(3)} bytes a request, ${scavenges - seen} collections`,
    );
  }
}

measure('GET', (index) => ['GET', keyOf(index)]);
measure('INCR', (index) => ['INCR', `counter:${index}`]);
measure('SET', (index) => ['SET', keyOf(index), 'yyyyyyyyyyyyyyyy']);
