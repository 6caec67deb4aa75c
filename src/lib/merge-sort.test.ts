import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeSort } from './merge-sort.ts';
import { Prng } from './prng.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

test(`sorts as Array.sort does, equal ones in their order (seed ${SEED})`, () => {
  const prng = new Prng(SEED);
  for (let count = 0; count < 300; count++) {
    const keys = Array.from({ length: count }, () => prng.below(1 + prng.below(count + 1)));
    const items = Uint32Array.from(keys.keys());
    mergeSort(items, new Uint32Array(count), count, { compare: (a, b) => keys[a]! - keys[b]! });
    const expected = [...keys.keys()].sort((a, b) => keys[a]! - keys[b]!);
    assert.deepEqual([...items], expected);
  }
});

test('only the first ones are sorted', () => {
  const items = Uint32Array.from([3, 1, 2, 0]);
  mergeSort(items, new Uint32Array(4), 3, { compare: (a, b) => a - b });
  assert.deepEqual([...items], [1, 2, 3, 0]);
});
