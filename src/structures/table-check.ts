// Asserts the invariants of a hash table; their numbers are those of hash-table.ts.

import { assert } from '../lib/assert.ts';
import { type FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import {
  BUCKET_BYTES,
  BUCKET_GRANULES,
  BUCKETS,
  BUCKETS_MAX,
  bucketIndex,
  COUNT,
  DEEPEST,
  DENSE,
  DENSE_INDEX,
  DEPTH,
  DIRECTORY,
  HANDLES,
  LOCAL_DEPTH,
  OVERFLOW,
  PREFIX,
  SEGMENT_COUNT,
  SEGMENTS,
  SLOTS,
  tagOf,
} from './table-layout.ts';

/** The hash of a record's key. */
export type HashOf = (handle: number) => { readonly high: number; readonly low: number };

/** Walks a table whole. */
export function checkTable(memory: FlatMemory, root: number, hashOf: HashOf): void {
  const word = (handle: number, index: number): number =>
    memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + index]!;
  const depth = word(root, DEPTH);
  const buckets = word(root, BUCKETS);
  const segments = word(root, SEGMENTS);
  const directory = word(root, DIRECTORY);
  const header = (segment: number, index: number): number => word(segment, buckets * (BUCKET_BYTES / 4) + index);
  assert(depth === 0 || buckets === BUCKETS_MAX, 'only full segments split');
  let records = 0;
  let deepest = 0;
  for (let index = 0; index < segments; index++) {
    const segment = segments === 1 ? (depth === 0 ? directory : word(directory, 0)) : word(word(root, DENSE), index);
    assert(segments === 1 || header(segment, DENSE_INDEX) === index, 'DENSE lists each segment (4)');
    if (header(segment, LOCAL_DEPTH) === depth) deepest++;
    let count = 0;
    for (let bucket = 0; bucket < buckets; bucket++) {
      count += checkChain(
        word,
        hashOf,
        segment,
        bucket,
        buckets,
        header(segment, PREFIX),
        header(segment, LOCAL_DEPTH),
      );
    }
    assert(count === header(segment, SEGMENT_COUNT), "a segment's count is true (3)");
    records += count;
  }
  assert(records === word(root, COUNT), 'COUNT is the sum (3)');
  assert(deepest === word(root, DEEPEST) && deepest > 0, 'DEEPEST is true (6)');
  for (let index = 0; depth > 0 && index < 2 ** depth; index++) {
    const segment = word(directory, index);
    const local = header(segment, LOCAL_DEPTH);
    const prefix = local === 0 ? 0 : header(segment, PREFIX) >>> (32 - local);
    assert(index >>> (depth - local) === prefix, 'the directory follows the prefixes (2)');
  }
}

/** A bucket of a segment and the overflow buckets behind it; returns how many records there are. */
function checkChain(
  word: (handle: number, index: number) => number,
  hashOf: HashOf,
  segment: number,
  index: number,
  buckets: number,
  prefix: number,
  local: number,
): number {
  let count = 0;
  for (let bucket = (segment + index * BUCKET_GRANULES) | 0; bucket !== NONE; bucket = word(bucket, OVERFLOW)) {
    for (let slot = 0; slot < SLOTS; slot++) {
      const tag = (word(bucket, slot >>> 2) >>> ((slot & 3) << 3)) & 0xff;
      const handle = word(bucket, HANDLES + slot);
      assert((tag === 0) === (handle === NONE) && tag !== 1, 'a slot has a tag when it has a record (5)');
      if (handle === NONE) continue;
      const { high, low } = hashOf(handle);
      assert(tag === tagOf(low), 'a tag comes from the hash (1)');
      assert(bucketIndex(low, buckets) === index, 'a record is in its bucket (1)');
      assert(local === 0 || (high ^ prefix) >>> (32 - local) === 0, 'a record is in its segment (1)');
      count++;
    }
  }
  return count;
}
