// The heaviest keys, against exact counts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeavyKeys } from './heavy-keys.ts';
import { Prng } from './prng.ts';

test('the heaviest of many keys are found, in bounded memory, and never weigh less than they do', () => {
  const prng = new Prng(3);
  const heavy = new HeavyKeys(160);
  const exact = new Map<string, number>();
  for (let step = 0; step < 100_000; step++) {
    // A few keys of ten thousand come often.
    const key = prng.below(2) === 0 ? `hot:${prng.below(10)}` : `cold:${prng.below(10_000)}`;
    const weight = 1 + prng.below(5);
    heavy.add(key, weight);
    exact.set(key, (exact.get(key) ?? 0) + weight);
  }
  const found = heavy.heaviest(10);
  assert.deepEqual(
    found.map(([key]) => key.split(':')[0]),
    new Array(10).fill('hot'),
  );
  for (const [key, weight] of found) {
    assert.ok(weight >= exact.get(key)!);
    assert.ok(weight < exact.get(key)! * 1.2);
  }
  for (let index = 1; index < 10; index++) assert.ok(found[index]![1] <= found[index - 1]![1]);
});

test('few keys are counted exactly', () => {
  const heavy = new HeavyKeys(10);
  for (const [key, weight] of [
    ['a', 1],
    ['b', 5],
    ['a', 2],
  ] as const)
    heavy.add(key, weight);
  assert.deepEqual(heavy.heaviest(5), [
    ['b', 5],
    ['a', 3],
  ]);
  assert.deepEqual(heavy.heaviest(1), [['b', 5]]);
});
