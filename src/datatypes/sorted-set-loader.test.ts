// Large sorted sets filled at once: in order, against it, and in none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../tests/support/engine-harness.ts';
import { fromLatin1 } from '../lib/bytes.ts';
import { SortedSetLoader } from './sorted-set-loader.ts';

const KEY = fromLatin1('k');

function fill(scores: readonly number[]): EngineHarness {
  const harness = new EngineHarness();
  const { keyspace } = harness.engine;
  const { sortedSets } = keyspace;
  const record = sortedSets.create(KEY, 0, 1, 0, 100, scores.length);
  const loader = new SortedSetLoader(sortedSets);
  loader.begin(record);
  for (const [index, score] of scores.entries()) {
    const member = fromLatin1(`m${String(index).padStart(6, '0')}`);
    keyspace.memory.admit(4096);
    assert(loader.add(member, 0, member.length, score));
    if (index === 0) assert(!loader.add(member, 0, member.length, 5), 'a member comes once');
  }
  while (loader.step());
  keyspace.findEvenExpired(keyspace.databases[0]!, KEY, 0, 1);
  keyspace.insert(keyspace.databases[0]!, record);
  harness.engine.check();
  return harness;
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
