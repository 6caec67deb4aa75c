// The hash table against a Map: random inserts, finds, removals and scans, with check() after each step while small.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { fuzzHashTable, TableModel } from './hash-table.fuzz.ts';
import { bucketIndex } from './table-layout.ts';

for (const [name, seed, firstSegment] of [
  ['low', 1, 0],
  ['high', 2, 2030],
] as const) {
  test(`inserts, finds and removes as a Map does (${name} handles)`, () => {
    fuzzHashTable(seed, 60_000, firstSegment);
  });
}

test('SCAN returns whatever stays in the table while it grows and shrinks', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const model = new TableModel(seed);
    const prng = new Prng(seed);
    const stay = 1 + prng.below(3000);
    for (let index = 0; index < stay; index++) model.add(`stay:${index}`);
    let extra = prng.below(2) === 0 ? 0 : 20000;
    for (let index = 0; index < extra; index++) model.add(`extra:${index}`);
    const grow = extra === 0;
    const seen = new Set<string>();
    let cursor = 0;
    let steps = 0;
    do {
      cursor = model.scan(cursor, seen);
      for (let change = 0; change < 60; change++) {
        if (grow && extra < 20000) model.add(`extra:${extra++}`);
        else if (!grow && extra > 0) model.remove(`extra:${--extra}`);
      }
      assert.ok(++steps < 1e5, 'a scan ends');
    } while (cursor !== 0);
    for (let index = 0; index < stay; index++)
      assert.ok(seen.has(`stay:${index}`), `seed ${seed}: stay:${index} missed`);
    model.check();
  }
});

test('SCAN takes any cursor', () => {
  const model = new TableModel(5);
  for (let index = 0; index < 5000; index++) model.add(`k${index}`);
  for (const cursor of [1, 63, 64, 4095, 131071, 131072, 2 ** 46 - 1, 2 ** 48 - 1, 2 ** 53 - 1, 123456789012]) {
    const next = model.table.scan(model.root, cursor);
    assert.ok(next >= 0 && next < 2 ** 53);
  }
});

/** Draws random records of a table 200 times its count. */
function checkFairness(model: TableModel, prng: Prng): void {
  const count = model.keys.size;
  const seen = new Map<number, number>();
  for (let draw = 0; draw < count * 200; draw++) {
    const handle = model.table.random(model.root, prng);
    assert.equal(model.table.found(), handle);
    seen.set(handle, (seen.get(handle) ?? 0) + 1);
  }
  let chiSquare = 0;
  for (const handle of model.keys.values()) chiSquare += ((seen.get(handle) ?? 0) - 200) ** 2 / 200;
  // The mean of chi-square is its degrees of freedom, its variance twice that.
  assert.ok(chiSquare < count - 1 + 6 * Math.sqrt(2 * count), `chi-square ${chiSquare} of ${count}`);
}

test('random records are fair', () => {
  const prng = new Prng(6);
  for (const count of [1, 11, 40, 300, 1000, 3000]) {
    const model = new TableModel(6);
    for (let index = 0; index < count; index++) model.add(`k${index}`);
    checkFairness(model, prng);
    // Emptier than any table that only grew, with overflow buckets that came and went.
    for (let index = 0; index < count; index++) if (index % 4 > 0) model.remove(`k${index}`);
    model.table.check(model.root);
    if (count > 3) checkFairness(model, prng);
  }
});

test('what was chosen at random can be taken out at once', () => {
  const prng = new Prng(7);
  const model = new TableModel(7);
  const told: number[] = [];
  for (let index = 0; index < 3000; index++) model.add(`k${index}`);
  model.table.guard = {
    beforeChange: (_root, _segment, bucket) => told.push(bucket),
    beforeRestructure: () => undefined,
  };
  for (let left = 3000; left > 0; left--) {
    const chosen = model.table.random(model.root, prng);
    const key = fromLatin1(model.keyOf(chosen));
    model.hasher.hash(key, 0, key.length);
    const bucket = bucketIndex(model.hasher.low, model.table.bucketCount(model.root));
    model.table.removeFound(model.root);
    assert.equal(told.at(-1), bucket);
    model.memory.free(chosen);
    if (left % 64 === 0) model.table.check(model.root);
  }
  assert.equal(model.table.count(model.root), 0);
  assert.equal(told.length, 3000);
});

test('a table that is disposed of hands out each record once', () => {
  for (const count of [0, 1, 12, 13, 700, 20000]) {
    const model = new TableModel(7);
    for (let index = 0; index < count; index++) model.add(`k${index}`);
    let freed = 0;
    let goes = true;
    while (goes) {
      goes = model.table.dispose(model.root);
      for (let index = 0; index < model.table.collectedCount; index++) model.memory.free(model.table.collected[index]!);
      freed += model.table.collectedCount;
    }
    assert.equal(freed, count);
    assert.equal(model.memory.blockCount(), 0);
  }
});

test('before a segment splits or merges the guard is told', () => {
  const model = new TableModel(8);
  let told = 0;
  model.table.guard = {
    beforeChange: () => undefined,
    beforeRestructure: () => {
      told++;
    },
  };
  for (let index = 0; index < 3000; index++) model.add(`k${index}`);
  const grown = told;
  assert.ok(grown >= 7 + 3);
  for (let index = 0; index < 3000; index++) model.remove(`k${index}`);
  assert.ok(told > grown);
});

test('an index takes about 8 bytes a record', () => {
  const model = new TableModel(9);
  let bytes = 0;
  for (let index = 0; index < 100000; index++) {
    model.add(`k${index}`);
    if (index % 1000 === 999 && index > 40000) bytes += model.table.indexBytes(model.root) / index;
  }
  assert.ok(bytes / 60 < 9, `${bytes / 60}`);
});

test('a table that was reserved holds what it held, and hardly grows any more', () => {
  for (const [before, count] of [
    [0, 100],
    [10, 700],
    [600, 5000],
    [512, 100_000],
  ] as const) {
    const model = new TableModel(10);
    for (let index = 0; index < before; index++) model.add(`k${index}`);
    // All at once, or some segments at a time.
    const splits = count === 5000 ? 1 : count === 100_000 ? 7 : Number.POSITIVE_INFINITY;
    for (let from = 0; from >= 0; model.check()) from = model.table.reserve(model.root, count, from, splits);
    const segments = model.table.segmentCount(model.root);
    for (let index = before; index < count; index++) model.add(`k${index}`);
    model.check();
    assert.ok(model.table.segmentCount(model.root) <= segments + segments / 20 + 1);
    assert.ok(model.table.indexBytes(model.root) / count < 16);
  }
});
