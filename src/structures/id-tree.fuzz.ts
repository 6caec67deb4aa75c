// A fuzzer for id trees: inserts, removals, seeks and walks against a sorted array. CINNABAR_SEED and
// CINNABAR_OPERATIONS choose; the seed is printed.

import { fuzzByHand, isChecked } from '../../tests/support/fuzzing.ts';
import { assert } from '../lib/assert.ts';
import { Prng } from '../lib/prng.ts';
import { FlatMemory } from '../memory/flat-memory.ts';
import { IdCursor, IdTree } from './id-tree.ts';
import { StreamId } from './stream-id.ts';

const STEPS_OF_A_TREE = 20_000;

/** Runs so many steps; throws, naming the seed, when a tree and its model differ. */
export function fuzzIdTree(seed: number, operations: number): void {
  for (let done = 0, tree = 0; done < operations; done += STEPS_OF_A_TREE, tree++) {
    fuzzOneTree(seed + tree, Math.min(STEPS_OF_A_TREE, operations - done));
  }
}

function fuzzOneTree(seed: number, steps: number): void {
  const prng = new Prng(seed);
  const memory = new FlatMemory({});
  // Wide values make leaves of three entries, and so high trees.
  const tree = new IdTree(memory, 4, seed % 2 === 0 ? 2 : 60);
  const root = tree.create();
  const model = new Map<bigint, number>();
  let next = 1n;
  try {
    for (let step = 0; step < steps; step++) {
      const grows = (Math.floor(step / 700) & 1) === 0;
      const kind = prng.below(10);
      if (kind < (grows ? 6 : 2)) {
        // Mostly ascending, as ids are; some anywhere, some with the highest bits.
        const anywhere = prng.below(4) === 0;
        if (!anywhere) next += BigInt(prng.below(5) + 1);
        const key = anywhere ? (BigInt(prng.next32() >>> 0) << BigInt(prng.below(97))) | 1n : next;
        insert(tree, root, model, key, step);
      } else if (kind < 8) remove(tree, root, model, prng);
      else compareSeek(tree, root, model, prng);
      if (isChecked(model.size, step)) tree.check(root);
    }
    compareWalk(tree, root, model);
    while (tree.dispose(root));
    assert(memory.blockCount() === 0, 'all is freed');
  } catch (error) {
    throw new Error(`seed ${seed}`, { cause: error });
  }
}

function insert(tree: IdTree, root: number, model: Map<bigint, number>, key: bigint, value: number): void {
  tree.aim(idOf(key));
  const there = tree.find(root);
  assert(there === model.has(key), 'an entry is found when it is there');
  if (!there) tree.insertFound(root);
  tree.setValue(tree.found, 0, value);
  tree.setValue(tree.found, 1, -value);
  model.set(key, value);
  assert(tree.count(root) === model.size, 'entries are counted');
}

function remove(tree: IdTree, root: number, model: Map<bigint, number>, prng: Prng): void {
  const keys = [...model.keys()];
  if (keys.length === 0) return;
  const key = prng.below(3) === 0 ? leastOf(keys) : keys[prng.below(keys.length)]!;
  tree.aim(idOf(key));
  assert(tree.find(root), 'an entry to remove is found');
  assert(tree.value(tree.found, 0) === model.get(key), 'with its value');
  tree.removeFound(root);
  model.delete(key);
}

function leastOf(keys: readonly bigint[]): bigint {
  let least = keys[0]!;
  for (const key of keys) if (key < least) least = key;
  return least;
}

function compareSeek(tree: IdTree, root: number, model: Map<bigint, number>, prng: Prng): void {
  const sorted = [...model.keys()].sort((a, b) => (a < b ? -1 : 1));
  const near = sorted.length > 0 ? sorted[prng.below(sorted.length)]! : 5n;
  const key = near + BigInt(prng.below(5)) - 2n;
  const cursor = new IdCursor();
  tree.aim(idOf(key < 0n ? 0n : key));
  const after = sorted.findIndex((each) => each >= key);
  const found = tree.seek(root, cursor);
  assert(found === after >= 0, 'seek finds what is at or after');
  if (found) assert(keyOf(tree, cursor) === sorted[after], 'the first of it');
  const before = sorted.findLastIndex((each) => each <= key);
  const foundBack = tree.seekBack(root, cursor);
  assert(foundBack === before >= 0, 'seekBack finds what is at or before');
  if (foundBack) assert(keyOf(tree, cursor) === sorted[before], 'the last of it');
}

function compareWalk(tree: IdTree, root: number, model: Map<bigint, number>): void {
  const sorted = [...model.keys()].sort((a, b) => (a < b ? -1 : 1));
  const cursor = new IdCursor();
  let index = 0;
  for (let more = tree.first(root, cursor); more; more = tree.next(cursor)) {
    assert(keyOf(tree, cursor) === sorted[index], 'a walk comes by all entries in order');
    assert(tree.value(cursor, 1) === -model.get(sorted[index++]!)!, 'with their values');
  }
  assert(index === sorted.length, 'and by no others');
  for (let more = tree.last(root, cursor); more; more = tree.previous(cursor)) {
    assert(keyOf(tree, cursor) === sorted[--index], 'and backwards');
  }
  assert(index === 0, 'all of them');
}

function idOf(key: bigint): StreamId {
  const id = new StreamId();
  id.msHigh = Number((key >> 96n) & 0xffffffffn) | 0;
  id.msLow = Number((key >> 64n) & 0xffffffffn) | 0;
  id.seqHigh = Number((key >> 32n) & 0xffffffffn) | 0;
  id.seqLow = Number(key & 0xffffffffn) | 0;
  return id;
}

function keyOf(tree: IdTree, cursor: IdCursor): bigint {
  let key = 0n;
  for (let word = 0; word < 4; word++) key = (key << 32n) | BigInt(tree.keyWord(cursor, word) >>> 0);
  return key;
}

if (import.meta.main) fuzzByHand(fuzzIdTree, 100_000);
