// The walk that asserts the invariants of hash tables: they are numbered in the head of hash-table.ts.

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
  REACH,
  SEGMENT_COUNT,
  SEGMENT_REACH,
  SEGMENTS,
  SLOTS,
  tagOf,
} from './table-layout.ts';

/** Tells the hash of a record's key. */
export interface RecordHashes {
  rehash(handle: number): void;
  lastHigh(): number;
  lastLow(): number;
}

/** Walks a table whole; asserts the invariants. */
export function checkTable(memory: FlatMemory, hashes: RecordHashes, root: number): void {
  const wordOf = (handle: number, index: number): number =>
    memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + index]!;
  const depth = wordOf(root, DEPTH);
  const buckets = wordOf(root, BUCKETS);
  const segments = wordOf(root, SEGMENTS);
  const header = (segment: number, word: number): number => wordOf(segment, buckets * (BUCKET_BYTES / 4) + word);
  assert(depth === 0 || buckets === BUCKETS_MAX, 'only full segments split');
  let records = 0;
  let deepest = 0;
  const checkRecord = (handle: number, segment: number, bucket: number, tag: number): void => {
    hashes.rehash(handle);
    assert(tag === tagOf(hashes.lastLow()), 'a tag comes from the hash (1)');
    assert(bucketIndex(hashes.lastLow(), buckets) === bucket, 'a record is in its bucket (1)');
    const local = header(segment, LOCAL_DEPTH);
    const differs = hashes.lastHigh() ^ header(segment, PREFIX);
    assert(local === 0 || differs >>> (32 - local) === 0, 'a record is in its segment (1)');
  };
  const checkBucket = (segment: number, index: number, reach: number): number => {
    let count = 0;
    let place = 0;
    let bucket = (segment + index * BUCKET_GRANULES) | 0;
    for (; bucket !== NONE; bucket = wordOf(bucket, OVERFLOW)) {
      for (let slot = 0; slot < SLOTS; slot++, place++) {
        const tag = (wordOf(bucket, slot >>> 2) >>> ((slot & 3) << 3)) & 0xff;
        const handle = wordOf(bucket, HANDLES + slot);
        assert((tag === 0) === (handle === NONE) && tag !== 1, 'a slot has a tag when it has a record (5)');
        if (handle === NONE) continue;
        assert(place < reach, 'no record lies beyond REACH (7)');
        checkRecord(handle, segment, index, tag);
        count++;
      }
    }
    return count;
  };
  for (let index = 0; index < segments; index++) {
    const segment = segments > 1 ? wordOf(wordOf(root, DENSE), index) : soleSegment(wordOf, root);
    assert(segments === 1 || header(segment, DENSE_INDEX) === index, 'DENSE lists each segment (4)');
    if (header(segment, LOCAL_DEPTH) === depth) deepest++;
    const reach = buckets === BUCKETS_MAX ? header(segment, SEGMENT_REACH) : wordOf(root, REACH);
    assert(reach <= wordOf(root, REACH), 'no segment reaches further than its table (7)');
    let count = 0;
    for (let bucket = 0; bucket < buckets; bucket++) count += checkBucket(segment, bucket, reach);
    assert(count === header(segment, SEGMENT_COUNT), "a segment's count is true (3)");
    records += count;
  }
  assert(records === wordOf(root, COUNT), 'COUNT is the sum (3)');
  assert(deepest === wordOf(root, DEEPEST) && deepest > 0, 'DEEPEST is true (6)');
  for (let index = 0; depth > 0 && index < 2 ** depth; index++) {
    const segment = wordOf(wordOf(root, DIRECTORY), index);
    const local = header(segment, LOCAL_DEPTH);
    const prefix = local === 0 ? 0 : header(segment, PREFIX) >>> (32 - local);
    assert(index >>> (depth - local) === prefix, 'the directory follows the prefixes (2)');
  }
}

function soleSegment(wordOf: (handle: number, index: number) => number, root: number): number {
  const directory = wordOf(root, DIRECTORY);
  return wordOf(root, DEPTH) === 0 ? directory : wordOf(directory, 0);
}
