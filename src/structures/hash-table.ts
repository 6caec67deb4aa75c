// The segmented (extendible) hash table: finds records by key and grows one small segment at a time, without a pause.
//
// After Fagin et al., "Extendible hashing" (1979), with the cache-line buckets and tag bytes of Dash (Lu et al., 2020).
// Tables live in flat memory (table-layout.ts) and are named by the handle of their root; one HashTable object serves all
// the tables of one record kind.
//
// The bucket comes from the low half of the hash, so a record keeps its bucket index when its segment splits or merges;
// only while a table is smaller than one full segment do bucket counts change. Full segments have 63 buckets, which with
// their header fill 4 KiB. A segment splits at 90 % and merges with its buddy below 15 %, so it is 2/3 full in the
// middle: about 8 bytes of index a record.
//
// SCAN's promise (what stays in the table during a whole scan is returned) holds because a cursor names a position in
// hash order, its depth and a bucket: a segment found deeper keeps the bucket order of the one that split; one found
// shallower, or with another bucket count, is begun again.
//
// Invariants: (1) a record is in the bucket that its hash names, or in its overflow chain; (2) the directory entries
// that share a segment's prefix, and only they, name it; (3) COUNT is the sum of the segments' counts; (4) DENSE lists
// each segment once, at the index it says; (5) tags are 2..255, so that the byte search gives no false hit on empties;
// (6) DEEPEST segments have local depth DEPTH, and it is not 0 unless DEPTH is; (7) no record lies beyond either REACH.

import { assert, VERIFY } from '../lib/assert.ts';
import type { KeyHasher } from '../lib/half-siphash.ts';
import type { Prng } from '../lib/prng.ts';
import { type FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import { type ExpectedKeys, UNSETTLED } from './expected-keys.ts';
import { equalsWords, KEYS, keyBytes, keyOffset, memberBytes, memberOffset, type RecordKind } from './record.ts';
import { checkTable } from './table-check.ts';
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
  MARK_WORDS,
  MARKS,
  ONES,
  OVERFLOW,
  PREFIX,
  REACH,
  ROOT_BYTES,
  SEGMENT_COUNT,
  SEGMENT_HEADER_BYTES,
  SEGMENT_REACH,
  SEGMENTS,
  SLOTS,
  slotsOf,
  tagOf,
} from './table-layout.ts';

/** Buckets whose records are fetched together when a segment is divided: some 100, in 7 steps. */
const TOUCHED_BUCKETS = BUCKETS_MAX / 7;
/** Buckets that a scan visits at most for each record it is to find. */
const BUCKETS_PER_COUNT = 10;
/** Depth beyond which segments chain instead of splitting: 2^24 segments would be 10^10 records. */
const DEPTH_MAX = 24;

const HIGHS = 0x80808080 | 0;

function splitAt(buckets: number): number {
  return buckets === 1 ? SLOTS : ((buckets * SLOTS * 9) / 10) | 0;
}
const MERGE_BELOW = (BUCKETS_MAX * SLOTS * 15) / 100;
/** Records that a reserved segment is meant for: so far below the split that hardly one has more by chance. */
const RESERVED_RECORDS = (BUCKETS_MAX * SLOTS * 82) / 100;
const MERGED_MAX = (BUCKETS_MAX * SLOTS * 45) / 100;

/** Told of changes before they happen, while point-in-time walks go on (table-snapshot.ts). */
export interface TableGuard {
  /** Records of a bucket are about to change, come or go. */
  beforeChange(root: number, segment: number, bucket: number): void;
  /** A segment is about to split, merge or change its bucket count. */
  beforeRestructure(root: number, segment: number): void;
}

/** Where a walk goes on in a chain of buckets. */
export interface ChainPlace {
  bucket: number;
  slot: number;
}

/** All the tables of one record kind in one flat memory. */
export class HashTable {
  /** What `find` came upon: its bucket and slot, for `replaceFound` and `removeFound`. */
  private foundBucket = NONE;
  private foundSlot = 0;
  private foundSegment = NONE;
  private foundRoot = NONE;
  /** The hash of the key that `find` last looked for, for `insert`. */
  private high = 0;
  private low = 0;
  /** The records that `scan` collected, and how many they are. */
  collected = new Int32Array(64);
  collectedCount = 0;
  /** Where the records of each bucket end in `collected`, and what was seen of them, while a segment is divided. */
  private readonly divideEnds = new Int32Array(TOUCHED_BUCKETS);
  touched = 0;
  guard: TableGuard | null = null;
  /** Keys that were looked for before they are asked for. */
  expected: ExpectedKeys | null = null;
  /** What `fetchChain` read, of no meaning: were it not kept, it would not be read. */
  fetched = 0;
  private readonly memory: FlatMemory;
  private readonly hasher: KeyHasher;
  private readonly kind: RecordKind;

  constructor(memory: FlatMemory, hasher: KeyHasher, kind: RecordKind = KEYS) {
    this.memory = memory;
    this.hasher = hasher;
    this.kind = kind;
  }

  /** A new, empty table; the caller owns its root until `destroy`. May grow memory. */
  create(): number {
    this.expected?.unsettle();
    const root = this.memory.allocate(ROOT_BYTES);
    const segment = this.createSegment(1, 0, 0);
    const words = this.memory.words[root >>> SEGMENT_SHIFT]!;
    const at = (root & GRANULE_MASK) << 1;
    words.fill(0, at, at + ROOT_BYTES / 4);
    words[at + DIRECTORY] = segment;
    words[at + SEGMENTS] = 1;
    words[at + BUCKETS] = 1;
    words[at + DEEPEST] = 1;
    return root;
  }

  /** Frees an empty table's segments and root. */
  destroy(root: number): void {
    assert(this.count(root) === 0, 'a destroyed table holds no records');
    this.expected?.unsettle();
    while (this.segmentCount(root) > 1) this.disposeSegment(root);
    this.memory.free(this.rootWord(root, DIRECTORY));
    this.memory.free(root);
  }

  /** Records in the table. */
  count(root: number): number {
    return this.memory.words[root >>> SEGMENT_SHIFT]![(root & GRANULE_MASK) << 1]!;
  }

  /** Handle of the record whose key is bytes[start..end), or NONE. Remembers the hash and the place. */
  find(root: number, bytes: Uint8Array, start: number, end: number): number {
    this.foundRoot = root;
    const { expected } = this;
    if (expected !== null && expected.bytes === bytes && expected.has(start, end)) {
      this.high = expected.high();
      this.low = expected.low();
      const record = expected.record(root);
      if (record === UNSETTLED) return this.search(root, bytes, start, end);
      if (VERIFY) assert(this.search(root, bytes, start, end) === record, 'what is settled would be found');
      this.foundSegment = expected.segment();
      this.foundBucket = expected.bucket();
      this.foundSlot = expected.slot();
      return record;
    }
    const { hasher } = this;
    hasher.hash(bytes, start, end);
    this.high = hasher.high;
    this.low = hasher.low;
    return this.search(root, bytes, start, end);
  }

  /** The record of a key whose hash is `high` and `low`. */
  private search(root: number, bytes: Uint8Array, start: number, end: number): number {
    const { high, low } = this;
    const memory = this.memory;
    const rootWords = memory.words[root >>> SEGMENT_SHIFT]!;
    const rootAt = (root & GRANULE_MASK) << 1;
    const depth = rootWords[rootAt + DEPTH]!;
    let segment = rootWords[rootAt + DIRECTORY]!;
    if (depth !== 0) {
      segment = memory.words[segment >>> SEGMENT_SHIFT]![((segment & GRANULE_MASK) << 1) + (high >>> (32 - depth))]!;
    }
    let bucket = (segment + (((low & 0xffff) * rootWords[rootAt + BUCKETS]!) >>> 16) * BUCKET_GRANULES) | 0;
    const pattern = Math.imul(tagOf(low), ONES);
    const length = end - start;
    const kind = this.kind;
    do {
      const words = memory.words[bucket >>> SEGMENT_SHIFT]!;
      const at = (bucket & GRANULE_MASK) << 1;
      let hits =
        slotsOf(words[at]! ^ pattern) |
        (slotsOf(words[at + 1]! ^ pattern) << 4) |
        (slotsOf(words[at + 2]! ^ pattern) << 8);
      while (hits !== 0) {
        const slot = 31 - Math.clz32(hits & -hits);
        const handle = words[at + HANDLES + slot]!;
        const record = memory.words[handle >>> SEGMENT_SHIFT]!;
        const word = (handle & GRANULE_MASK) << 1;
        const lengths = record[word + kind]!;
        if ((kind === KEYS ? keyBytes(record, word, lengths) : memberBytes(record, word, lengths)) === length) {
          const offset = kind === KEYS ? keyOffset(record[word]!, lengths) : memberOffset(lengths);
          if (equalsWords(bytes, start, end, record, word + (offset >>> 2))) {
            this.foundBucket = bucket;
            this.foundSlot = slot;
            this.foundSegment = segment;
            return handle;
          }
        }
        hits &= hits - 1;
      }
      bucket = words[at + OVERFLOW]!;
    } while (bucket !== NONE);
    return NONE;
  }

  /** Finds a record of the table by itself and the hash of its key; false when it is not there, and the hash is another's. */
  findHandle(root: number, handle: number, high: number, low: number): boolean {
    const segment = this.segmentAt(root, high);
    let bucket = (segment + bucketIndex(low, this.rootWord(root, BUCKETS)) * BUCKET_GRANULES) | 0;
    this.foundRoot = root;
    this.foundSegment = segment;
    this.high = high;
    this.low = low;
    for (; bucket !== NONE; bucket = this.element(bucket, OVERFLOW)) {
      const words = this.memory.words[bucket >>> SEGMENT_SHIFT]!;
      const at = ((bucket & GRANULE_MASK) << 1) + HANDLES;
      for (let slot = 0; slot < SLOTS; slot++) {
        if (words[at + slot] !== handle) continue;
        this.foundBucket = bucket;
        this.foundSlot = slot;
        return true;
      }
    }
    return false;
  }

  /** Reads the bucket that a hash names and the header of its segment, of which removeFound will count: a word of no meaning. */
  touch(root: number, high: number, low: number): number {
    const segment = this.segmentAt(root, high);
    const buckets = this.rootWord(root, BUCKETS);
    const bucket = (segment + bucketIndex(low, buckets) * BUCKET_GRANULES) | 0;
    return this.element(bucket, HANDLES) ^ this.header(segment, buckets, SEGMENT_COUNT);
  }

  /** The upper half of the hash of the key last looked for. */
  lastHigh(): number {
    return this.high;
  }

  /** The lower half of it. */
  lastLow(): number {
    return this.low;
  }

  /** The record that `find` just returned, or that took its place. */
  found(): number {
    return this.memory.words[this.foundBucket >>> SEGMENT_SHIFT]![
      ((this.foundBucket & GRANULE_MASK) << 1) + HANDLES + this.foundSlot
    ]!;
  }

  /** Makes `lastHigh` and `lastLow` the hash of a record's key. */
  rehash(handle: number): void {
    this.hashRecord(handle);
    this.high = this.hasher.high;
    this.low = this.hasher.low;
  }

  /** Says that the record that `find` just returned is about to be changed in place. */
  touchFound(): void {
    if (this.guard === null) return;
    const root = this.foundRoot;
    this.guard.beforeChange(root, this.foundSegment, bucketIndex(this.low, this.rootWord(root, BUCKETS)));
  }

  /** Puts another record of the same key in the place of the one that `find` just returned. */
  replaceFound(handle: number): void {
    this.expected?.unsettle();
    if (this.guard !== null) this.touchFound();
    const bucket = this.foundBucket;
    this.memory.words[bucket >>> SEGMENT_SHIFT]![((bucket & GRANULE_MASK) << 1) + HANDLES + this.foundSlot] = handle;
  }

  /**
   * Adds a record whose key `find` just looked for in vain; it is then the one found. The table does not own records.
   * May grow memory; splits a full segment, which takes some 60 µs.
   */
  insert(root: number, handle: number): void {
    const { expected } = this;
    const high = this.high;
    const low = this.low;
    let segment = this.segmentAt(root, high);
    const buckets = this.rootWord(root, BUCKETS);
    if (this.header(segment, buckets, SEGMENT_COUNT) >= splitAt(buckets)) {
      expected?.unsettle();
      this.grow(root, segment);
      segment = this.segmentAt(root, high);
    }
    const bucketsNow = this.rootWord(root, BUCKETS);
    if (this.guard !== null) this.guard.beforeChange(root, segment, bucketIndex(low, bucketsNow));
    expected?.added();
    this.append(root, segment, bucketIndex(low, bucketsNow), tagOf(low), handle);
    this.foundSegment = segment;
    this.addHeader(segment, bucketsNow, SEGMENT_COUNT, 1);
    this.addRoot(root, COUNT, 1);
  }

  /** The record with the key bytes[start..end) of this hash, or NONE: then `insert` may follow. */
  findHashed(root: number, bytes: Uint8Array, start: number, end: number, high: number, low: number): number {
    this.foundRoot = root;
    this.high = high;
    this.low = low;
    return this.search(root, bytes, start, end);
  }

  /**
   * Gives a table segments for `count` records, as far as memory allows, while it holds few of them: these are hashed again
   * now, and not each time that one segment after the other grows. Goes on at segment `from`; returns where it is to go on
   * once it has made `splits` of them, -1 when all are made. For loading.
   */
  reserve(root: number, count: number, from = 0, splits = Number.POSITIVE_INFINITY): number {
    this.expected?.unsettle();
    const buckets = this.rootWord(root, BUCKETS);
    if (buckets < BUCKETS_MAX) {
      if (count <= splitAt(BUCKETS_MAX >> 1) || !this.memory.admit(segmentBytes(BUCKETS_MAX))) return -1;
      this.resize(root, this.segmentAt(root, 0), BUCKETS_MAX);
    }
    const depth = Math.min(DEPTH_MAX, Math.ceil(Math.log2(count / RESERVED_RECORDS)));
    let left = splits;
    // Segments that splits make come behind those that are there.
    for (let index = from; index < this.segmentCount(root); index++) {
      const segment = this.segment(root, index);
      for (; this.header(segment, BUCKETS_MAX, LOCAL_DEPTH) < depth; left--) {
        if (left <= 0) return index;
        if (!this.memory.admit(this.splitBytes(root, segment))) return -1;
        this.split(root, segment);
      }
    }
    return -1;
  }

  /** Takes the record that `find` just returned out of the table; the caller frees it. May merge segments. */
  removeFound(root: number): void {
    this.expected?.unsettle();
    if (this.guard !== null) this.touchFound();
    const bucket = this.foundBucket;
    const words = this.memory.words[bucket >>> SEGMENT_SHIFT]!;
    const at = (bucket & GRANULE_MASK) << 1;
    const slot = this.foundSlot;
    words[at + HANDLES + slot] = NONE;
    words[at + (slot >>> 2)]! &= ~(0xff << ((slot & 3) << 3));
    if ((words[at]! | words[at + 1]! | words[at + 2]!) === 0) this.dropEmptyOverflow(root);
    const buckets = this.rootWord(root, BUCKETS);
    this.addHeader(this.foundSegment, buckets, SEGMENT_COUNT, -1);
    this.addRoot(root, COUNT, -1);
    const left = this.header(this.foundSegment, buckets, SEGMENT_COUNT);
    if (this.rootWord(root, DEPTH) !== 0) {
      if (left < MERGE_BELOW) this.merge(root, this.foundSegment);
    } else if (buckets > 1 && left * 6 < buckets * SLOTS) {
      this.resize(root, this.foundSegment, buckets === BUCKETS_MAX ? 16 : buckets >> 1);
    }
  }

  /**
   * Collects in `collected` the records of the bucket (with its overflow chain) whose hash has this bucket and prefix:
   * those that a key with the hash (high, low) could be among, told apart only by tag. For the timing wheel.
   */
  collectByHash(root: number, high: number, low: number): void {
    this.collectedCount = 0;
    const segment = this.segmentAt(root, high);
    const index = bucketIndex(low, this.rootWord(root, BUCKETS));
    this.collectBucket((segment + index * BUCKET_GRANULES) | 0, tagOf(low));
  }

  /**
   * One step of a scan: collects the records of the cursor's bucket, and of more while they are fewer than `count`, and
   * returns the next cursor, 0 at the end. Begin with 0. Cursors are below 2^46 and may be any number, also one never
   * returned.
   */
  scan(root: number, cursor: number, count = 1): number {
    this.collectedCount = 0;
    let next = cursor;
    let buckets = count * BUCKETS_PER_COUNT;
    do next = this.scanBucket(root, next);
    while (next !== 0 && this.collectedCount < count && --buckets > 0);
    return next;
  }

  private scanBucket(root: number, cursor: number): number {
    const depth = this.rootWord(root, DEPTH);
    const buckets = this.rootWord(root, BUCKETS);
    // cursor = ((position * 32 + local depth) * 64 + bucket count) * 64 + bucket
    let bucket = cursor % 64;
    const cursorBuckets = Math.floor(cursor / 64) % 64;
    const cursorDepth = Math.floor(cursor / 4096) % 32;
    const position = Math.floor(cursor / 131072) >>> 0;
    const segment = this.segmentAt(root, position | 0);
    const localDepth = depth === 0 ? 0 : this.header(segment, buckets, LOCAL_DEPTH);
    if (localDepth < cursorDepth || cursorBuckets !== buckets || bucket >= buckets) bucket = 0;
    this.collectBucket((segment + bucket * BUCKET_GRANULES) | 0, 0);
    if (bucket + 1 < buckets) return this.cursor(position, localDepth, buckets, bucket + 1);
    const next = ((localDepth === 0 ? 0 : position >>> (32 - localDepth)) + 1) * 2 ** (32 - localDepth);
    if (next >= 2 ** 32) return 0;
    const nextSegment = this.segmentAt(root, next | 0);
    return this.cursor(next, this.header(nextSegment, buckets, LOCAL_DEPTH), buckets, 0);
  }

  /** A record chosen fairly, which is the one found then; NONE when the table is empty. */
  random(root: number, prng: Prng): number {
    if (this.count(root) === 0) return NONE;
    const segments = this.rootWord(root, SEGMENTS);
    const buckets = this.rootWord(root, BUCKETS);
    const reach = this.rootWord(root, REACH);
    for (;;) {
      const segment =
        segments === 1 ? this.segmentAt(root, 0) : this.element(this.rootWord(root, DENSE), prng.below(segments));
      let place = prng.below(reach);
      // Headers are in the cache more often than buckets.
      if (buckets === BUCKETS_MAX && place >= this.header(segment, BUCKETS_MAX, SEGMENT_REACH)) continue;
      const index = prng.below(buckets);
      let bucket = (segment + index * BUCKET_GRANULES) | 0;
      for (; place >= SLOTS && bucket !== NONE; place -= SLOTS) bucket = this.element(bucket, OVERFLOW);
      if (bucket === NONE) continue;
      const handle = this.element(bucket, HANDLES + place);
      if (handle === NONE) continue;
      this.foundRoot = root;
      this.foundSegment = segment;
      this.foundBucket = bucket;
      this.foundSlot = place;
      // The least hash that names the bucket: removeFound asks no more of it.
      this.low = Math.ceil((index << 16) / buckets);
      return handle;
    }
  }

  /**
   * Collects the records of random buckets, until they are at least `count` or `tries` buckets were looked at. Records lie
   * in buckets by their hashes: those of one bucket are no more alike than any others.
   */
  sample(root: number, prng: Prng, count: number, tries: number): void {
    this.collectedCount = 0;
    const segments = this.rootWord(root, SEGMENTS);
    const buckets = this.rootWord(root, BUCKETS);
    for (let left = tries; left > 0 && this.collectedCount < count; left--) {
      const segment =
        segments === 1 ? this.segmentAt(root, 0) : this.element(this.rootWord(root, DENSE), prng.below(segments));
      this.collectBucket((segment + prng.below(buckets) * BUCKET_GRANULES) | 0, 0);
    }
  }

  /**
   * Empties one segment of a table that nobody uses any more: its records are collected in `collected` for the caller to
   * free. False when the table is empty and gone, its root freed.
   */
  dispose(root: number): boolean {
    this.expected?.unsettle();
    this.collectedCount = 0;
    const segments = this.rootWord(root, SEGMENTS);
    const segment = segments === 1 ? this.segmentAt(root, 0) : this.element(this.rootWord(root, DENSE), segments - 1);
    const buckets = this.rootWord(root, BUCKETS);
    for (let bucket = 0; bucket < buckets; bucket++) {
      this.collectBucket((segment + bucket * BUCKET_GRANULES) | 0, 0);
      this.clearBucket((segment + bucket * BUCKET_GRANULES) | 0);
    }
    this.addRoot(root, COUNT, -this.collectedCount);
    this.addHeader(segment, buckets, SEGMENT_COUNT, -this.collectedCount);
    if (segments > 1) {
      this.disposeSegment(root);
      return true;
    }
    if (this.collectedCount > 0) return true;
    this.destroy(root);
    return false;
  }

  /** A segment by its number below `segmentCount`, in no order. For walks. */
  segment(root: number, index: number): number {
    return this.segmentCount(root) === 1 ? this.segmentAt(root, 0) : this.element(this.rootWord(root, DENSE), index);
  }

  /** A segment lies elsewhere now: names it by its new handle. */
  segmentMoved(root: number, index: number, moved: number): void {
    this.expected?.unsettle();
    if (this.segmentCount(root) === 1) {
      this.setRoot(root, DIRECTORY, moved);
      return;
    }
    this.setElement(this.rootWord(root, DENSE), index, moved);
    const prefix = this.header(moved, BUCKETS_MAX, PREFIX);
    this.pointDirectory(root, prefix, this.header(moved, BUCKETS_MAX, LOCAL_DEPTH), moved);
  }

  /** The segment whose prefix fits the upper half of a hash. */
  segmentOf(root: number, high: number): number {
    return this.segmentAt(root, high);
  }

  /** How many of the top bits of a hash are a segment's prefix. */
  prefixBits(root: number, segment: number): number {
    return this.rootWord(root, DEPTH) === 0 ? 0 : this.header(segment, BUCKETS_MAX, LOCAL_DEPTH);
  }

  /** Whether a table's segments are full ones, which have marks. */
  hasMarks(root: number): boolean {
    return this.rootWord(root, BUCKETS) === BUCKETS_MAX;
  }

  /** One of a full segment's three mark words. */
  mark(segment: number, word: number): number {
    return this.header(segment, BUCKETS_MAX, MARKS + word);
  }

  setMark(segment: number, word: number, value: number): void {
    this.setHeader(segment, BUCKETS_MAX, MARKS + word, value);
  }

  /** A bucket of a segment, for `nextInChain`. */
  bucket(segment: number, index: number): number {
    return (segment + index * BUCKET_GRANULES) | 0;
  }

  /** Segments of a table. */
  segmentCount(root: number): number {
    return this.rootWord(root, SEGMENTS);
  }

  /** Buckets of each of a table's segments. */
  bucketCount(root: number): number {
    return this.rootWord(root, BUCKETS);
  }

  /** Handle of the next record in a chain of buckets from (bucket, slot) on, NONE at its end: for TableWalk. */
  nextInChain(walk: ChainPlace): number {
    let { bucket, slot } = walk;
    while (bucket !== NONE) {
      const words = this.memory.words[bucket >>> SEGMENT_SHIFT]!;
      const at = (bucket & GRANULE_MASK) << 1;
      for (; slot < SLOTS; slot++) {
        const handle = words[at + HANDLES + slot]!;
        if (handle === NONE) continue;
        walk.bucket = bucket;
        walk.slot = slot + 1;
        return handle;
      }
      bucket = words[at + OVERFLOW]!;
      slot = 0;
    }
    return NONE;
  }

  /** Touches all records of a chain of buckets, so that their cache misses overlap. */
  fetchChain(first: number): void {
    const { memory } = this;
    let sum = 0;
    for (let bucket = first; bucket !== NONE; bucket = this.element(bucket, OVERFLOW)) {
      const words = memory.words[bucket >>> SEGMENT_SHIFT]!;
      const at = ((bucket & GRANULE_MASK) << 1) + HANDLES;
      for (let slot = 0; slot < SLOTS; slot++) {
        const handle = words[at + slot]!;
        sum ^= memory.words[handle >>> SEGMENT_SHIFT]![(handle & GRANULE_MASK) << 1]!;
      }
    }
    this.fetched = sum;
  }

  /** Bytes of the table itself, without its records. O(segments). */
  indexBytes(root: number): number {
    const memory = this.memory;
    const segments = this.rootWord(root, SEGMENTS);
    let bytes = memory.capacity(root) + segments * memory.capacity(this.segmentAt(root, 0));
    if (this.rootWord(root, DEPTH) !== 0) bytes += memory.capacity(this.rootWord(root, DIRECTORY));
    if (this.rootWord(root, DENSE) !== NONE) bytes += memory.capacity(this.rootWord(root, DENSE));
    return bytes;
  }

  /** Slots that the present segments offer. */
  slotCount(root: number): number {
    return this.rootWord(root, SEGMENTS) * this.rootWord(root, BUCKETS) * SLOTS;
  }

  /** Walks the table whole; asserts the invariants. */
  check(root: number): void {
    checkTable(this.memory, this, root);
  }

  // --- words of roots, segments and buckets ---

  private rootWord(root: number, word: number): number {
    return this.memory.words[root >>> SEGMENT_SHIFT]![((root & GRANULE_MASK) << 1) + word]!;
  }

  private setRoot(root: number, word: number, value: number): void {
    this.memory.words[root >>> SEGMENT_SHIFT]![((root & GRANULE_MASK) << 1) + word] = value;
  }

  private addRoot(root: number, word: number, by: number): void {
    this.memory.words[root >>> SEGMENT_SHIFT]![((root & GRANULE_MASK) << 1) + word]! += by;
  }

  private element(handle: number, index: number): number {
    return this.memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + index]!;
  }

  private setElement(handle: number, index: number, value: number): void {
    this.memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + index] = value;
  }

  private header(segment: number, buckets: number, word: number): number {
    return this.element(segment, buckets * (BUCKET_BYTES / 4) + word);
  }

  private addHeader(segment: number, buckets: number, word: number, by: number): void {
    this.memory.words[segment >>> SEGMENT_SHIFT]![
      ((segment & GRANULE_MASK) << 1) + buckets * (BUCKET_BYTES / 4) + word
    ]! += by;
  }

  private setHeader(segment: number, buckets: number, word: number, value: number): void {
    this.setElement(segment, buckets * (BUCKET_BYTES / 4) + word, value);
  }

  private segmentAt(root: number, high: number): number {
    const depth = this.rootWord(root, DEPTH);
    const directory = this.rootWord(root, DIRECTORY);
    return depth === 0 ? directory : this.element(directory, high >>> (32 - depth));
  }

  private cursor(position: number, depth: number, buckets: number, bucket: number): number {
    return ((position * 32 + depth) * 64 + buckets) * 64 + bucket;
  }

  private createSegment(buckets: number, depth: number, prefix: number): number {
    const bytes = segmentBytes(buckets);
    const segment = this.memory.allocate(bytes);
    const words = this.memory.words[segment >>> SEGMENT_SHIFT]!;
    const at = (segment & GRANULE_MASK) << 1;
    words.fill(0, at, at + (bytes >>> 2));
    this.setHeader(segment, buckets, LOCAL_DEPTH, depth);
    this.setHeader(segment, buckets, PREFIX, prefix);
    return segment;
  }

  private hashRecord(handle: number): void {
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    const lengths = words[word + this.kind]!;
    const isKey = this.kind === KEYS;
    const start = (word << 2) + (isKey ? keyOffset(words[word]!, lengths) : memberOffset(lengths));
    const length = isKey ? keyBytes(words, word, lengths) : memberBytes(words, word, lengths);
    this.hasher.hash(this.memory.bytes[handle >>> SEGMENT_SHIFT]!, start, start + length);
  }

  // --- buckets ---

  /** Adds a record to a bucket or its chain. May grow memory. */
  private append(root: number, segment: number, index: number, tag: number, handle: number): void {
    let bucket = (segment + index * BUCKET_GRANULES) | 0;
    for (let places = 1; ; places += SLOTS) {
      const words = this.memory.words[bucket >>> SEGMENT_SHIFT]!;
      const at = (bucket & GRANULE_MASK) << 1;
      for (let group = 0; group < 3; group++) {
        const tags = words[at + group]!;
        const empties = (tags - ONES) & ~tags & HIGHS;
        if (empties === 0) continue;
        const byte = (31 - Math.clz32(empties & -empties)) >>> 3;
        words[at + group] = tags | (tag << (byte << 3));
        words[at + HANDLES + (group << 2) + byte] = handle;
        this.foundBucket = bucket;
        this.foundSlot = (group << 2) + byte;
        this.reach(root, segment, places + this.foundSlot);
        return;
      }
      let next = words[at + OVERFLOW]!;
      if (next === NONE) {
        next = this.memory.allocate(BUCKET_BYTES);
        const nextAt = (next & GRANULE_MASK) << 1;
        this.memory.words[next >>> SEGMENT_SHIFT]!.fill(0, nextAt, nextAt + BUCKET_BYTES / 4);
        this.setElement(bucket, OVERFLOW, next);
      }
      bucket = next;
    }
  }

  /** Notes that so many places of a bucket are in use. */
  private reach(root: number, segment: number, places: number): void {
    if (places > this.rootWord(root, REACH)) this.setRoot(root, REACH, places);
    if (this.rootWord(root, BUCKETS) !== BUCKETS_MAX) return;
    if (places > this.header(segment, BUCKETS_MAX, SEGMENT_REACH))
      this.setHeader(segment, BUCKETS_MAX, SEGMENT_REACH, places);
  }

  /** Collects the records of a bucket and its chain, of one tag or (0) of all. */
  private collectBucket(first: number, tag: number): void {
    for (let bucket = first; bucket !== NONE; bucket = this.element(bucket, OVERFLOW)) {
      if (this.collected.length < this.collectedCount + SLOTS) {
        const grown = new Int32Array(this.collected.length * 2);
        grown.set(this.collected);
        this.collected = grown;
      }
      for (let slot = 0; slot < SLOTS; slot++) {
        const slotTag = (this.element(bucket, slot >>> 2) >>> ((slot & 3) << 3)) & 0xff;
        if (slotTag === 0 || (tag !== 0 && tag !== slotTag)) continue;
        this.collected[this.collectedCount++] = this.element(bucket, HANDLES + slot);
      }
    }
  }

  /** Empties a bucket and frees its overflow chain. */
  private clearBucket(bucket: number): void {
    let overflow = this.element(bucket, OVERFLOW);
    const at = (bucket & GRANULE_MASK) << 1;
    this.memory.words[bucket >>> SEGMENT_SHIFT]!.fill(0, at, at + BUCKET_BYTES / 4);
    while (overflow !== NONE) {
      const next = this.element(overflow, OVERFLOW);
      this.memory.free(overflow);
      overflow = next;
    }
  }

  /** Unlinks the bucket of the last find from its chain when it is an overflow bucket; it is empty. */
  private dropEmptyOverflow(root: number): void {
    const index = bucketIndex(this.low, this.rootWord(root, BUCKETS));
    let bucket = (this.foundSegment + index * BUCKET_GRANULES) | 0;
    while (bucket !== this.foundBucket) {
      const next = this.element(bucket, OVERFLOW);
      if (next === this.foundBucket) {
        this.setElement(bucket, OVERFLOW, this.element(next, OVERFLOW));
        this.memory.free(next);
        return;
      }
      bucket = next;
    }
  }

  // --- growing and shrinking ---

  private grow(root: number, segment: number): void {
    const buckets = this.rootWord(root, BUCKETS);
    if (buckets < BUCKETS_MAX) this.resize(root, segment, Math.min(BUCKETS_MAX, buckets * 2));
    else if (
      this.header(segment, buckets, LOCAL_DEPTH) < DEPTH_MAX &&
      this.memory.admit(this.splitBytes(root, segment))
    )
      this.split(root, segment);
  }

  /** Bytes that a split takes: a segment, and where they are full a larger directory and list of segments. */
  private splitBytes(root: number, segment: number): number {
    const depth = this.rootWord(root, DEPTH);
    const segments = this.rootWord(root, SEGMENTS);
    const dense = this.rootWord(root, DENSE);
    let bytes = segmentBytes(BUCKETS_MAX);
    if (this.header(segment, BUCKETS_MAX, LOCAL_DEPTH) === depth) bytes += 2 ** (depth + 1) * 4;
    if (dense !== NONE && this.memory.capacity(dense) < (segments + 1) * 4) bytes += segments * 8;
    return bytes;
  }

  /** Gives a table of one segment another bucket count. */
  private resize(root: number, segment: number, buckets: number): void {
    if (this.guard !== null) this.guard.beforeRestructure(root, segment);
    const bucketsBefore = this.rootWord(root, BUCKETS);
    const count = this.header(segment, bucketsBefore, SEGMENT_COUNT);
    const next = this.createSegment(buckets, 0, 0);
    this.collectedCount = 0;
    for (let index = 0; index < bucketsBefore; index++) {
      const bucket = (segment + index * BUCKET_GRANULES) | 0;
      this.collectBucket(bucket, 0);
      this.clearBucket(bucket);
    }
    this.memory.free(segment);
    this.setRoot(root, DIRECTORY, next);
    this.setRoot(root, BUCKETS, buckets);
    this.setRoot(root, REACH, 0);
    for (let index = 0; index < this.collectedCount; index++) {
      const handle = this.collected[index]!;
      this.hashRecord(handle);
      const low = this.hasher.low;
      this.append(root, next, bucketIndex(low, buckets), tagOf(low), handle);
    }
    this.setHeader(next, buckets, SEGMENT_COUNT, count);
  }

  /** Splits a full segment in two by the next bit of the hash. */
  private split(root: number, segment: number): void {
    if (this.guard !== null) this.guard.beforeRestructure(root, segment);
    const depth = this.header(segment, BUCKETS_MAX, LOCAL_DEPTH) + 1;
    if (depth > this.rootWord(root, DEPTH)) this.doubleDirectory(root);
    const bit = (1 << (32 - depth)) | 0;
    const prefix = this.header(segment, BUCKETS_MAX, PREFIX);
    const buddy = this.createSegment(BUCKETS_MAX, depth, prefix | bit);
    this.setHeader(segment, BUCKETS_MAX, LOCAL_DEPTH, depth);
    this.setHeader(segment, BUCKETS_MAX, SEGMENT_REACH, 0);
    for (let mark = MARKS; mark < MARKS + MARK_WORDS; mark++) {
      this.setHeader(buddy, BUCKETS_MAX, mark, this.header(segment, BUCKETS_MAX, mark));
    }
    this.addDense(root, segment, buddy);
    this.pointDirectory(root, prefix | bit, depth, buddy);
    if (depth === this.rootWord(root, DEPTH)) this.addRoot(root, DEEPEST, 2);
    if (this.header(segment, BUCKETS_MAX, SEGMENT_COUNT) === 0) return;
    let moved = 0;
    for (let from = 0; from < BUCKETS_MAX; from += TOUCHED_BUCKETS) {
      moved += this.divide(root, segment, buddy, bit, from, from + TOUCHED_BUCKETS);
    }
    this.setHeader(buddy, BUCKETS_MAX, SEGMENT_COUNT, moved);
    this.addHeader(segment, BUCKETS_MAX, SEGMENT_COUNT, -moved);
  }

  /** Spreads the records of some buckets over two segments by a bit of the hash; how many went to the second. */
  private divide(root: number, segment: number, buddy: number, bit: number, from: number, to: number): number {
    const { memory, divideEnds } = this;
    this.collectedCount = 0;
    for (let index = from; index < to; index++) {
      const bucket = (segment + index * BUCKET_GRANULES) | 0;
      this.collectBucket(bucket, 0);
      this.clearBucket(bucket);
      divideEnds[index - from] = this.collectedCount;
    }
    // Records lie anywhere in memory. Looked at in a row, the processor fetches many of them at a time.
    let seen = 0;
    for (let each = 0; each < this.collectedCount; each++) seen ^= memory.firstWord(this.collected[each]!);
    this.touched = seen;
    let moved = 0;
    for (let index = from, each = 0; index < to; index++) {
      for (const end = divideEnds[index - from]!; each < end; each++) {
        const handle = this.collected[each]!;
        this.hashRecord(handle);
        const moves = (this.hasher.high & bit) !== 0;
        if (moves) moved++;
        this.append(root, moves ? buddy : segment, index, tagOf(this.hasher.low), handle);
      }
    }
    return moved;
  }

  /** Joins a nearly empty segment with its buddy, when that is small enough too. */
  private merge(root: number, segment: number): void {
    const depth = this.header(segment, BUCKETS_MAX, LOCAL_DEPTH);
    if (depth === 0) return;
    const bit = (1 << (32 - depth)) | 0;
    const prefix = this.header(segment, BUCKETS_MAX, PREFIX);
    const buddy = this.segmentAt(root, prefix ^ bit);
    if (this.header(buddy, BUCKETS_MAX, LOCAL_DEPTH) !== depth) return;
    const count = this.header(segment, BUCKETS_MAX, SEGMENT_COUNT) + this.header(buddy, BUCKETS_MAX, SEGMENT_COUNT);
    if (count > MERGED_MAX) return;
    if (this.guard !== null) {
      this.guard.beforeRestructure(root, segment);
      this.guard.beforeRestructure(root, buddy);
    }
    const kept = (prefix & bit) === 0 ? segment : buddy;
    const gone = kept === segment ? buddy : segment;
    for (let index = 0; index < BUCKETS_MAX; index++) {
      this.moveBucket(root, gone, kept, index);
    }
    this.setHeader(kept, BUCKETS_MAX, SEGMENT_COUNT, count);
    this.setHeader(kept, BUCKETS_MAX, LOCAL_DEPTH, depth - 1);
    this.setHeader(kept, BUCKETS_MAX, PREFIX, prefix & ~bit);
    this.pointDirectory(root, prefix & ~bit, depth - 1, kept);
    this.removeDense(root, gone);
    this.memory.free(gone);
    if (depth === this.rootWord(root, DEPTH)) {
      this.addRoot(root, DEEPEST, -2);
      if (this.rootWord(root, DEEPEST) === 0) this.shrinkDirectory(root);
    }
  }

  /** Moves all records of one bucket chain to the same bucket of another segment. */
  private moveBucket(root: number, gone: number, kept: number, index: number): void {
    const from = (gone + index * BUCKET_GRANULES) | 0;
    for (let bucket = from; bucket !== NONE; bucket = this.element(bucket, OVERFLOW)) {
      for (let slot = 0; slot < SLOTS; slot++) {
        const tag = (this.element(bucket, slot >>> 2) >>> ((slot & 3) << 3)) & 0xff;
        if (tag !== 0) this.append(root, kept, index, tag, this.element(bucket, HANDLES + slot));
      }
    }
    this.clearBucket(from);
  }

  private doubleDirectory(root: number): void {
    const depth = this.rootWord(root, DEPTH);
    const before = this.rootWord(root, DIRECTORY);
    const directory = this.memory.allocate(2 ** (depth + 1) * 4);
    for (let index = 0; index < 2 ** depth; index++) {
      const segment = depth === 0 ? before : this.element(before, index);
      this.setElement(directory, index * 2, segment);
      this.setElement(directory, index * 2 + 1, segment);
    }
    if (depth !== 0) this.memory.free(before);
    this.setRoot(root, DIRECTORY, directory);
    this.setRoot(root, DEPTH, depth + 1);
    this.setRoot(root, DEEPEST, 0);
  }

  /** Halves the directory as long as no segment needs its depth. */
  private shrinkDirectory(root: number): void {
    while (this.rootWord(root, DEEPEST) === 0) {
      const depth = this.rootWord(root, DEPTH) - 1;
      const before = this.rootWord(root, DIRECTORY);
      if (depth === 0) {
        this.setRoot(root, DIRECTORY, this.element(before, 0));
        this.setRoot(root, DEEPEST, 1);
        this.memory.free(before);
      } else {
        // Where memory is used up, the directory shrinks in its own block.
        const bytes = 2 ** depth * 4;
        const directory = this.memory.admit(bytes) ? this.memory.allocate(bytes) : before;
        let deepest = 0;
        for (let index = 0; index < 2 ** depth; index++) {
          const segment = this.element(before, index * 2);
          this.setElement(directory, index, segment);
          if (this.header(segment, BUCKETS_MAX, LOCAL_DEPTH) === depth) deepest++;
        }
        this.setRoot(root, DIRECTORY, directory);
        this.setRoot(root, DEEPEST, deepest);
        if (directory !== before) this.memory.free(before);
      }
      this.setRoot(root, DEPTH, depth);
    }
  }

  /** Makes all directory entries of a prefix name a segment. */
  private pointDirectory(root: number, prefix: number, localDepth: number, segment: number): void {
    const depth = this.rootWord(root, DEPTH);
    const directory = this.rootWord(root, DIRECTORY);
    const span = 2 ** (depth - localDepth);
    const first = localDepth === 0 ? 0 : (prefix >>> (32 - localDepth)) * span;
    const words = this.memory.words[directory >>> SEGMENT_SHIFT]!;
    const at = (directory & GRANULE_MASK) << 1;
    words.fill(segment, at + first, at + first + span);
  }

  private addDense(root: number, sole: number, segment: number): void {
    const segments = this.rootWord(root, SEGMENTS);
    let dense = this.rootWord(root, DENSE);
    if (dense === NONE) {
      dense = this.memory.allocate(16);
      this.setElement(dense, 0, sole);
      this.setHeader(sole, BUCKETS_MAX, DENSE_INDEX, 0);
      this.setRoot(root, DENSE, dense);
    }
    if (this.memory.capacity(dense) < (segments + 1) * 4) {
      const grown = this.memory.allocate(segments * 8);
      for (let index = 0; index < segments; index++) this.setElement(grown, index, this.element(dense, index));
      this.memory.free(dense);
      dense = grown;
      this.setRoot(root, DENSE, dense);
    }
    this.setElement(dense, segments, segment);
    this.setHeader(segment, BUCKETS_MAX, DENSE_INDEX, segments);
    this.setRoot(root, SEGMENTS, segments + 1);
  }

  private removeDense(root: number, segment: number): void {
    const dense = this.rootWord(root, DENSE);
    const last = this.rootWord(root, SEGMENTS) - 1;
    const index = this.header(segment, BUCKETS_MAX, DENSE_INDEX);
    const moved = this.element(dense, last);
    this.setElement(dense, index, moved);
    this.setHeader(moved, BUCKETS_MAX, DENSE_INDEX, index);
    this.setRoot(root, SEGMENTS, last);
    if (last === 1) {
      this.memory.free(dense);
      this.setRoot(root, DENSE, NONE);
    }
  }

  /** Frees the last segment of an abandoned table with several; the directory is given up. */
  private disposeSegment(root: number): void {
    if (VERIFY) assert(this.segmentCount(root) > 1, 'the sole segment goes with its root');
    const depth = this.rootWord(root, DEPTH);
    const dense = this.rootWord(root, DENSE);
    const segments = this.rootWord(root, SEGMENTS);
    if (depth !== 0) {
      this.memory.free(this.rootWord(root, DIRECTORY));
      this.setRoot(root, DEPTH, 0);
    }
    this.memory.free(this.element(dense, segments - 1));
    this.setRoot(root, SEGMENTS, segments - 1);
    this.setRoot(root, DIRECTORY, this.element(dense, 0));
    if (segments === 2) {
      this.memory.free(dense);
      this.setRoot(root, DENSE, NONE);
    }
  }
}

function segmentBytes(buckets: number): number {
  return buckets * BUCKET_BYTES + SEGMENT_HEADER_BYTES + (buckets === BUCKETS_MAX ? (MARK_WORDS + 1) * 4 : 0);
}
