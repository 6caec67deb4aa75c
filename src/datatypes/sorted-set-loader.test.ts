// Large sorted sets filled at once: in order, against it, and in none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../tests/support/engine-harness.ts';
import { fromLatin1 } from '../lib/bytes.ts';
import { FLUSH_BYTES } from '../structures/table-filler.ts';
import { ORDER_STEP_BYTES, SortedSetLoader } from './sorted-set-loader.ts';

const KEY = fromLatin1('k');

function fill(scores: readonly number[], nameOf = memberOf): EngineHarness {
  const harness = new EngineHarness();
  const { keyspace } = harness.engine;
  const { sortedSets } = keyspace;
  const record = sortedSets.create(KEY, 0, 1, 0, 100, scores.length);
  const loader = new SortedSetLoader(sortedSets);
  loader.begin(record);
  for (const [index, score] of scores.entries()) {
    const member = fromLatin1(nameOf(index));
    keyspace.memory.admit(FLUSH_BYTES);
    if (loader.add(member, 0, member.length, score)) assert(loader.filler.flush());
  }
  assert(loader.filler.flush());
  for (const _ of loader.finish()) keyspace.memory.admit(ORDER_STEP_BYTES);
  keyspace.findEvenExpired(keyspace.databases[0]!, KEY, 0, 1);
  keyspace.insert(keyspace.databases[0]!, record);
  harness.engine.check();
  return harness;
}

const memberOf = (index: number): string => `m${String(index).padStart(6, '0')}`;

/** Names that differ at their ends, anywhere, and only in how many zeros they end with. */
function nameOf(index: number): string {
  if (index % 3 === 0) return memberOf(index);
  if (index % 3 === 1 || index > 1000) return `${(index * 7919) % 100_003}${'-'.repeat(index % 50)}`;
  return `zeros${'\0'.repeat(index)}`;
}

test('members in any order are a sound sorted set', () => {
  const numbers = Array.from({ length: 70_000 }, (_, index) => index);
  const orders = {
    one: [7],
    ascending: numbers,
    'equal scores': numbers.map(() => 1),
    descending: numbers.map((n) => -n),
    'no order': numbers.slice(0, 9000).map((n) => (n * 7919) % 9001),
    'no order at the end': [...numbers, 5],
  };
  for (const [name, scores] of Object.entries(orders)) {
    const harness = fill(scores);
    assert.equal(harness.run('ZCARD', 'k'), `:${scores.length}\r\n`, name);
    const least = Math.min(...scores.slice(0, 5000), ...scores.slice(-5000));
    assert.match(harness.run('ZRANGE', 'k', '0', '0', 'WITHSCORES'), new RegExp(`\\n${least}\\r\\n$`), name);
    harness.run('ZADD', 'k', '0.5', 'new');
    harness.engine.check();
    harness.run('DEL', 'k');
    harness.engine.check();
  }
});

test('members are ordered by score, then by member', () => {
  const odd = [0, -0, 0.1, -0.1, 5e-324, -5e-324, 1e300, -1e300, Infinity, -Infinity, 2 ** 40, 2 ** 40 + 1, 1 / 3];
  const scores: Record<string, (index: number) => number> = {
    'one score': () => 1,
    'few scores': (index) => odd[index % odd.length]!,
    'scores that differ late': (index) => 1.7e12 + ((index * 7919) % 9973),
    fractions: (index) => Math.sin(index),
  };
  for (const [name, score] of Object.entries(scores)) {
    for (const count of [2, 13, 300, 20_000]) {
      const harness = fill(
        Array.from({ length: count }, (_, index) => score(index)),
        nameOf,
      );
      assert.equal(harness.run('ZCARD', 'k'), `:${count}\r\n`, name);
    }
  }
});

test('a member that comes twice is noticed, whether it is in the table or not', () => {
  for (const between of [0, 5, 63, 64, 200]) {
    const { keyspace } = new EngineHarness().engine;
    const record = keyspace.sortedSets.create(KEY, 0, 1, 0, 100, 1000);
    const blocks = keyspace.memory.blockCount();
    const loader = new SortedSetLoader(keyspace.sortedSets);
    loader.begin(record);
    let isGood = true;
    for (const number of [...Array(between + 1).keys(), 0]) {
      const member = fromLatin1(memberOf(number));
      if (loader.add(member, 0, member.length, 1)) isGood = isGood && loader.filler.flush();
    }
    assert(!(isGood && loader.filler.flush()), `${between}`);
    loader.filler.drop();
    assert(keyspace.memory.blockCount() >= blocks);
    keyspace.release(record, false);
    keyspace.memory.check();
  }
});
