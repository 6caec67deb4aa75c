import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { KeyHasher } from '../lib/half-siphash.ts';
import { Prng } from '../lib/prng.ts';
import { FlatMemory } from '../memory/flat-memory.ts';
import { TrackingTable } from './tracking-table.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

it(`remembers what a map of sets remembers, seed ${SEED}`, () => {
  const prng = new Prng(SEED);
  const memory = new FlatMemory();
  const table = new TrackingTable(memory, new KeyHasher(1, 2));
  let model = new Map<string, Set<number>>();
  const before = memory.usedBytes();
  for (let step = 0; step < 60_000; step++) {
    const text = 'k'.repeat(prng.below(3) * 2500) + prng.below(step % 20_000 < 10_000 ? 400 : 5);
    const key = fromLatin1(text);
    const kind = prng.below(100);
    if (kind < 85) {
      const client = 1 + prng.below(step % 3000 < 1500 ? 3 : 300);
      assert.ok(table.remember(key, 0, key.length, client));
      const clients = model.get(text);
      if (clients === undefined) model.set(text, new Set([client]));
      else clients.add(client);
    } else if (kind < 97) {
      const count = table.take(key, 0, key.length);
      const expected = [...(model.get(text) ?? [])].sort((a, b) => a - b);
      assert.deepEqual([...table.taken.subarray(0, count)], expected);
      model.delete(text);
    } else if (kind < 99) {
      const chosen = table.randomKey(prng);
      assert.equal(chosen === null, model.size === 0);
      assert.ok(chosen === null || model.has(toLatin1(chosen, 0, chosen.length)));
    } else if (prng.below(10) === 0) {
      const root = table.abandon();
      if (root !== 0) while (table.dispose(root));
      assert.equal(memory.usedBytes(), before);
      model = new Map();
    }
    assert.equal(table.count(), model.size);
    if (step % 1000 === 0) {
      table.check();
      assert.equal(
        table.items,
        [...model.values()].reduce((sum, clients) => sum + clients.size, 0),
      );
    }
  }
});
