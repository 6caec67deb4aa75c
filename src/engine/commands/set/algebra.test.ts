// Set algebra over all encodings against sets of strings.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../../../tests/support/engine-harness.ts';
import { Prng } from '../../../lib/prng.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const WORDS = ['2147483648', '-9223372036854775808', '9223372036854775807', '-40000', '007', '', 'a'];

/** The members of a reply that lists them, sorted. */
function membersOf(reply: string): string[] {
  return reply
    .split('\r\n')
    .filter((_, line) => line > 0 && line % 2 === 0)
    .sort();
}

function fill(harness: EngineHarness, prng: Prng, key: string): Set<string> {
  harness.run('DEL', key);
  const members = new Set<string>();
  const kind = prng.below(4);
  const count = prng.below(prng.below(3) === 0 ? 5 : 90);
  for (let index = 0; index < count; index++) {
    let member = String(prng.below(120) - 20);
    if (kind === 1 && prng.below(8) === 0) member = WORDS[prng.below(4)]!;
    if (kind === 2 && prng.below(8) === 0) member = WORDS[prng.below(WORDS.length)]!;
    if (kind === 3) member = String((prng.below(120) - 20) * 1_000_003);
    members.add(member);
  }
  if (members.size > 0) harness.run('SADD', key, ...members);
  return members;
}

const OPERATIONS: Record<string, (sets: readonly Set<string>[]) => Set<string>> = {
  INTER: ([first, ...others]) => new Set([...first!].filter((member) => others.every((set) => set.has(member)))),
  DIFF: ([first, ...others]) => new Set([...first!].filter((member) => !others.some((set) => set.has(member)))),
  UNION: (sets) => new Set(sets.flatMap((set) => [...set])),
};

test(`set algebra agrees with a model, whatever the encodings (seed ${SEED})`, () => {
  const prng = new Prng(SEED);
  const harness = new EngineHarness();
  const { sets } = harness.engine.keyspace;
  const keys = ['a', 'b', 'c', 'd', 'e', 'nosuch'];
  const model = new Map<string, Set<string>>(keys.map((key) => [key, new Set()]));
  for (let round = 0; round < 600; round++) {
    // Some sets small enough to be packed, some tables.
    sets.intSetEntriesMax = [10, 512][prng.below(2)]!;
    sets.packedEntriesMax = [10, 128][prng.below(2)]!;
    const changed = keys[prng.below(5)]!;
    model.set(changed, fill(harness, prng, changed));
    const name = ['INTER', 'DIFF', 'UNION'][prng.below(3)]!;
    const chosen = Array.from({ length: 1 + prng.below(prng.below(10) === 0 ? 40 : 6) }, () => {
      return keys[prng.below(round % 3 === 0 ? 6 : 5)]!;
    });
    const expected = [...OPERATIONS[name]!(chosen.map((key) => model.get(key)!))].sort();
    const told = `round ${round}: S${name} ${chosen.join(' ')}`;
    assert.deepEqual(membersOf(harness.run(`S${name}`, ...chosen)), expected, told);
    const count = String(chosen.length);
    assert.equal(harness.run(`S${name}CARD`, count, ...chosen), `:${expected.length}\r\n`, told);
    const limited = harness.run(`S${name}CARD`, count, ...chosen, 'LIMIT', '3');
    assert.equal(limited, `:${Math.min(3, expected.length)}\r\n`, told);
    assert.equal(harness.run(`S${name}STORE`, 'stored', ...chosen), `:${expected.length}\r\n`, told);
    assert.deepEqual(membersOf(harness.run('SMEMBERS', 'stored')), expected, told);
  }
  harness.engine.check();
});
