// What tracking costs a GET: the engine alone, wire bytes into a session, 16 requests a batch, of keys among a million and
// of a few, without and with CLIENT TRACKING ON. In turns, since machines change their speed; prints the quickest of each.
//
//   npm run bench -- src/engine/tracking.bench.ts [keys]

import { fromLatin1 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { ENGINE_COMMANDS } from './all-commands.ts';
import { Engine } from './engine.ts';
import { NOBODY } from './obeyed-commands.ts';
import type { Session } from './session.ts';

const KEYS = Number(process.argv[2] ?? 1_000_000);
const BATCH = 16;
const INPUTS = 4000;
const ROUNDS = 12;
const BATCHES = 40_000;

const clock = { now: Date.now, elapsed: () => performance.now() };
const engine = new Engine({ clock, seed: 1, commands: ENGINE_COMMANDS });
const prng = new Prng(1);
const encode = (args: string[]) => `*${args.length}\r\n${args.map((a) => `$${a.length}\r\n${a}\r\n`).join('')}`;
const keyOf = (index: number) => `key:${String(index).padStart(12, '0')}`;

function send(session: Session, bytes: Uint8Array): void {
  engine.receive(session, bytes, 0, bytes.length);
}

const plain = engine.openSession(NOBODY);
for (let index = 0; index < KEYS; index++) send(plain, fromLatin1(encode(['SET', keyOf(index), 'xxxxxxxxxxxxxxxx'])));

function measure(name: string, keys: number): void {
  const inputs = Array.from({ length: INPUTS }, () =>
    fromLatin1(Array.from({ length: BATCH }, () => encode(['GET', keyOf(prng.below(keys))])).join('')),
  );
  const quickest = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS * 2; round++) {
    const session = round % 2 === 0 ? plain : engine.openSession(NOBODY);
    if (session !== plain) {
      send(session, fromLatin1(encode(['CLIENT', 'TRACKING', 'ON'])));
      // Once through all keys: what is measured is mostly known already.
      for (const input of inputs) send(session, input);
    }
    const start = process.cpuUsage();
    for (let batch = 0; batch < BATCHES; batch++) send(session, inputs[batch % INPUTS]!);
    const { user, system } = process.cpuUsage(start);
    const ns = ((user + system) * 1000) / (BATCHES * BATCH);
    if (session !== plain) engine.closeSession(session);
    while (engine.work(100));
    quickest[round % 2] = Math.min(quickest[round % 2]!, ns);
  }
  const [without, including] = quickest as [number, number];
  console.log(`${name}: ${without.toFixed(0)} ns a GET, ${including.toFixed(0)} ns with tracking`);
}

measure(`${KEYS} keys`, KEYS);
measure('100 keys', 100);
