// What a user costs that may not do everything: GET, SET and MSET of random keys, 100 a batch, by the default user and by
// one with a pattern of keys. Prints nanoseconds a request of each, in turn.
//
//   npm run bench -- src/engine/acl/permissions.bench.ts

import { Prng } from '../../lib/prng.ts';
import { ENGINE_COMMANDS } from '../all-commands.ts';
import { Engine } from '../engine.ts';
import { NOBODY } from '../obeyed-commands.ts';

const KEYS = 200_000;
const BATCH = 100;
const BATCHES = 10_000;
const ROUNDS = 5;

const clock = { now: Date.now, elapsed: () => performance.now() };
const engine = new Engine({ clock, seed: 1, commands: ENGINE_COMMANDS });
const free = engine.openSession(NOBODY);
const restricted = engine.openSession(NOBODY);
const prng = new Prng(1);
const keyOf = (index: number) => `key:${String(index).padStart(12, '0')}`;
const encode = (args: string[]) => `*${args.length}\r\n${args.map((a) => `$${a.length}\r\n${a}\r\n`).join('')}`;

function send(session: typeof free, args: string[]): void {
  const bytes = Buffer.from(encode(args), 'latin1');
  engine.receive(session, bytes, 0, bytes.length);
}

send(free, ['ACL', 'SETUSER', 'ann', 'on', 'nopass', '+@all', '-@dangerous', '~other:*', '~key:*']);
send(restricted, ['AUTH', 'ann', 'x']);
for (let index = 0; index < KEYS; index++) send(free, ['SET', keyOf(index), 'xxxxxxxxxxxxxxxx']);

function nanoseconds(session: typeof free, inputs: readonly Uint8Array[]): number {
  const start = process.cpuUsage();
  for (let batch = 0; batch < BATCHES; batch++) {
    const bytes = inputs[batch % inputs.length]!;
    engine.receive(session, bytes, 0, bytes.length);
  }
  const cpu = process.cpuUsage(start);
  return ((cpu.user + cpu.system) * 1000) / (BATCHES * BATCH);
}

function measure(name: string, make: (index: number) => string[]): void {
  const inputs = Array.from({ length: 500 }, () =>
    Buffer.from(Array.from({ length: BATCH }, () => encode(make(prng.below(KEYS)))).join(''), 'latin1'),
  );
  const times: number[][] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [which, session] of [free, restricted].entries()) times[which]!.push(nanoseconds(session, inputs));
  }
  const [all, some] = times.map((each) => each.sort((a, b) => a - b)[ROUNDS >> 1]!);
  console.log(
    `${name}: ${all!.toFixed(0)} ns, restricted ${some!.toFixed(0)} ns, ${((some! / all! - 1) * 100).toFixed(0)} % more`,
  );
}

measure('GET', (index) => ['GET', keyOf(index)]);
measure('SET', (index) => ['SET', keyOf(index), 'yyyyyyyyyyyyyyyy']);
measure('MSET', (index) => ['MSET', keyOf(index), 'y', keyOf(index + 1), 'z']);
