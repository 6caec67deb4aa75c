// How a hash table lies in flat memory (hash-table.ts says how it lives).
//
//   root       [COUNT, DEPTH, DIRECTORY, DENSE, SEGMENTS, BUCKETS, REACH, DEEPEST]               8 words
//   directory  2^DEPTH segment handles, indexed by the top bits of the hash; with DEPTH 0 the word is the segment itself
//   dense      the handles of all segments, in no order: fair sampling (NONE while there is but one segment)
//   segment    BUCKETS buckets of 64 bytes, then [count, local depth, dense index, prefix]       4 words
//              a full one also has [epoch, marks of its buckets: 2], of table-snapshot.ts        3 words
//              and its own REACH                                                                 1 word
//   bucket     12 tag bytes (0 = empty slot), the handle of an overflow bucket, 12 record handles
//
// The places of a bucket are its slots, then those of its overflow buckets. REACH is how many of them were in use at most, of
// any bucket: since the segment split or merged, and of the whole table since it had another bucket count.
//
// Tags are 2..255, so that the byte search gives no false hit on empties.

export const COUNT = 0;
export const DEPTH = 1;
export const DIRECTORY = 2;
export const DENSE = 3;
export const SEGMENTS = 4;
export const BUCKETS = 5;
export const REACH = 6;
export const DEEPEST = 7;
export const ROOT_BYTES = 32;

export const SEGMENT_COUNT = 0;
export const LOCAL_DEPTH = 1;
export const DENSE_INDEX = 2;
export const PREFIX = 3;
export const SEGMENT_HEADER_BYTES = 16;
/** Full segments only: what a point-in-time walk has written of it (table-snapshot.ts). */
export const MARKS = 4;
export const MARK_WORDS = 3;
/** Full segments only: how many places of a bucket were in use at most. */
export const SEGMENT_REACH = 7;

/** Slots of a bucket: what 64 bytes hold beside their tags and the overflow handle. */
export const SLOTS = 12;
export const OVERFLOW = 3;
export const HANDLES = 4;
export const BUCKET_BYTES = 64;
export const BUCKET_GRANULES = 8;
/** Buckets of a full segment. */
export const BUCKETS_MAX = 63;

/** A one in each byte of a word. */
export const ONES = 0x01010101;

/** The tag of a record, from the low half of its hash. */
export function tagOf(low: number): number {
  const tag = (low >>> 16) & 0xff;
  return tag < 2 ? tag + 2 : tag;
}

/** The slots of a group of four whose tags are those looked for, as four bits; now and then one more, behind such a slot. */
export function slotsOf(difference: number): number {
  const found = (((difference - ONES) & ~difference) >>> 7) & ONES;
  return Math.imul(found, 0x10204080) >>> 28;
}

/** The number of the bucket that the low half of a hash names. */
export function bucketIndex(low: number, buckets: number): number {
  return ((low & 0xffff) * buckets) >>> 16;
}
