// Point-in-time walks against copies of the Map: whatever happens to the table meanwhile, each record of the beginning is
// visited once, before it changes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../lib/prng.ts';
import { NONE } from '../memory/flat-memory.ts';
import { TableModel } from './hash-table.fuzz.ts';
import { TableSnapshots } from './table-snapshot.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

/** Sizes about which a table's shape changes, and some that go through several shapes while they are walked. */
const SIZES = [0, 1, 11, 13, 200, 640, 700, 1500, 9000];

for (const size of SIZES) {
  test(`a walk visits the ${size} records of its beginning, each once`, (context) => {
    context.diagnostic(`seed ${SEED}`);
    const prng = new Prng(SEED + size);
    for (const growth of [0, 50, 100]) walkWhileChanging(prng, size, growth);
  });
}

/** Changes a table at random while it is walked, `growth` of 100 changes being inserts. */
function walkWhileChanging(prng: Prng, size: number, growth: number): void {
  const model = new TableModel(SEED);
  const snapshots = new TableSnapshots(model.table);
  for (let index = 0; index < size; index++) model.add(`k${index}`);
  for (let round = 0; round < 3; round++) {
    const expected = new Map(model.keys);
    const seen = new Map<string, number>();
    snapshots.begin(model.root, {
      record(handle) {
        const key = model.keyOf(handle);
        assert.ok(!seen.has(key), `${key} is visited once (seed ${SEED})`);
        seen.set(key, handle);
      },
    });
    const changes = prng.below(40);
    while (snapshots.goesOn(model.root)) {
      for (let change = prng.below(changes + 1); change > 0; change--) {
        const key = `k${prng.below(size * 2 + 4)}`;
        const draw = prng.below(100);
        if (draw < 20) {
          if (model.find(key) !== NONE) model.table.touchFound();
        } else if (draw < 20 + (growth * 80) / 100) model.add(key);
        else model.remove(key);
      }
      snapshots.step(model.root);
    }
    // A record keeps its handle until it is replaced or removed, and before that it was visited.
    assert.deepEqual(seen, expected, `seed ${SEED}`);
    assert.equal(model.table.guard, null);
    model.check();
  }
  for (const key of [...model.keys.keys()]) model.remove(key);
  model.table.destroy(model.root);
  assert.equal(model.memory.blockCount(), 0);
}

test('what a walk was to visit is visited before it is changed in place', () => {
  const model = new TableModel(SEED);
  const snapshots = new TableSnapshots(model.table);
  for (let index = 0; index < 5000; index++) model.add(`k${index}`);
  const seen = new Set<string>();
  snapshots.begin(model.root, { record: (handle) => void seen.add(model.keyOf(handle)) });
  model.find('k17');
  assert.ok(!seen.has('k17'));
  model.table.touchFound();
  assert.ok(seen.has('k17'));
  assert.ok(seen.size < 40, 'one bucket is visited, not all');
  snapshots.end(model.root);
  assert.equal(model.table.guard, null);
});
