// Keys, or members of one collection, that are about to be looked for: those of a pipeline's requests, or of one request with
// many. They are hashed and looked for together, before they are asked for one by one.
//
// A search waits for two or three lines of memory, one after the other, and there is nothing else to do meanwhile. Where
// several keys are known beforehand the processor reads their lines at the same time, as none depends on another.
//
// A key's hash stays true as long as its bytes do. What was found holds until the table changes: it says so by `unsettle`,
// and those that are asked for after that are searched for again; after `added` only those that were not there.

import { equalBytes } from '../lib/bytes.ts';
import type { KeyHasher } from '../lib/half-siphash.ts';
import { type FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import { equalsWords, KEYS, keyBytes, keyOffset, memberBytes, memberOffset, type RecordKind } from './record.ts';
import {
  BUCKET_GRANULES,
  BUCKETS,
  bucketIndex,
  DEPTH,
  DIRECTORY,
  HANDLES,
  ONES,
  OVERFLOW,
  slotsOf,
  tagOf,
} from './table-layout.ts';

/** Keys that are expected at a time at most. */
export const EXPECTED_MAX = 128;
/** Instead of a record: the key is to be searched for. */
export const UNSETTLED = -1;

/** A key is a row of words, so that what is known of it lies together. */
const ROW = 8;
/** Where it stands. */
const START = 0;
const END = 1;
const HIGH = 2;
const LOW = 3;
/** Where it was found: its record (NONE, or UNSETTLED), and the place of that in the first bucket of its hash. */
const RECORD = 4;
const SEGMENT = 5;
const BUCKET = 6;
const SLOT = 7;
/** No key begins here. */
const NOWHERE = -1;

/** The keys expected in one table at a time. */
export class ExpectedKeys {
  /** Where the keys stand; null while none is expected. */
  bytes: Uint8Array | null = null;
  /** The table in which they were found; NONE when that has changed since. */
  root = NONE;
  /** Whether records were added to the table since. */
  private hasGrown = false;
  private readonly kind: RecordKind;
  /** What `readRecords` read, of no meaning: were it not kept, it would not be read. */
  read = 0;
  /** Two more than there may be, so that there is always a next one, which is none. */
  private readonly rows = new Int32Array((EXPECTED_MAX + 2) * ROW);
  /** The end of the keys among the rows. */
  private end = 0;
  /** The row of the key asked for last, or of the first to be asked for. */
  private current = 0;

  constructor(kind: RecordKind = KEYS) {
    this.kind = kind;
  }

  /** Expects nothing more: to be called before the bytes change. */
  clear(): void {
    this.bytes = null;
    this.end = 0;
    this.current = 0;
    this.root = NONE;
  }

  count(): number {
    return this.end / ROW;
  }

  /** Adds the key bytes[start..end) behind the others; there is room for EXPECTED_MAX. `bytes` are the same for all. */
  add(hasher: KeyHasher, bytes: Uint8Array, start: number, end: number): void {
    const { rows, end: row } = this;
    hasher.hash(bytes, start, end);
    rows[row + START] = start;
    rows[row + END] = end;
    rows[row + HIGH] = hasher.high;
    rows[row + LOW] = hasher.low;
    this.end = row + ROW;
  }

  /** Whether a key is the one that was added last once more. */
  isLast(bytes: Uint8Array, start: number, end: number): boolean {
    const { rows } = this;
    const row = this.end - ROW;
    return row >= 0 && equalBytes(bytes, start, end, bytes, rows[row + START]!, rows[row + END]!);
  }

  /** Looks for the keys in a table of the kind. */
  settle(bytes: Uint8Array, memory: FlatMemory, root: number): void {
    this.bytes = bytes;
    this.root = root;
    this.hasGrown = false;
    this.rows[this.end + START] = NOWHERE;
    this.rows[this.end + ROW + START] = NOWHERE;
    this.findBuckets(memory, root);
    this.findSlots(memory);
    this.readRecords(memory);
    this.compare(memory, bytes);
  }

  /** The table has changed. */
  unsettle(): void {
    this.root = NONE;
  }

  /** A record was added to the table, and none moved. */
  added(): void {
    this.hasGrown = true;
  }

  private findBuckets(memory: FlatMemory, root: number): void {
    const { rows, end } = this;
    const words = memory.words[root >>> SEGMENT_SHIFT]!;
    const at = (root & GRANULE_MASK) << 1;
    const depth = words[at + DEPTH]!;
    const directory = words[at + DIRECTORY]!;
    const bucketCount = words[at + BUCKETS]!;
    const directoryWords = memory.words[directory >>> SEGMENT_SHIFT]!;
    const directoryAt = (directory & GRANULE_MASK) << 1;
    for (let row = 0; row < end; row += ROW) {
      const segment = depth === 0 ? directory : directoryWords[directoryAt + (rows[row + HIGH]! >>> (32 - depth))]!;
      rows[row + SEGMENT] = segment;
      rows[row + BUCKET] = segment + bucketIndex(rows[row + LOW]!, bucketCount) * BUCKET_GRANULES;
    }
  }

  /** Finds the first slot of each key's first bucket that has its tag. */
  private findSlots(memory: FlatMemory): void {
    const { rows, end } = this;
    for (let row = 0; row < end; row += ROW) {
      const bucket = rows[row + BUCKET]!;
      const words = memory.words[bucket >>> SEGMENT_SHIFT]!;
      const at = (bucket & GRANULE_MASK) << 1;
      const pattern = Math.imul(tagOf(rows[row + LOW]!), ONES);
      const hits =
        slotsOf(words[at]! ^ pattern) |
        (slotsOf(words[at + 1]! ^ pattern) << 4) |
        (slotsOf(words[at + 2]! ^ pattern) << 8);
      if (hits === 0) rows[row + RECORD] = words[at + OVERFLOW] === NONE ? NONE : UNSETTLED;
      else {
        const slot = 31 - Math.clz32(hits & -hits);
        rows[row + RECORD] = words[at + HANDLES + slot]!;
        rows[row + SLOT] = slot;
      }
    }
  }

  /** Reads a word of each record: a loop so short that many reads are under way at a time. */
  private readRecords(memory: FlatMemory): void {
    const { rows, end } = this;
    let sum = 0;
    for (let row = 0; row < end; row += ROW) {
      const record = rows[row + RECORD]!;
      // That of NONE is a word, too.
      if (record !== UNSETTLED) sum ^= memory.words[record >>> SEGMENT_SHIFT]![(record & GRANULE_MASK) << 1]!;
    }
    this.read = sum;
  }

  /** Leaves to a search what is not the key for whose record it was taken. */
  private compare(memory: FlatMemory, bytes: Uint8Array): void {
    const { rows, end: rowsEnd, kind } = this;
    for (let row = 0; row < rowsEnd; row += ROW) {
      const record = rows[row + RECORD]!;
      if (record === NONE || record === UNSETTLED) continue;
      const words = memory.words[record >>> SEGMENT_SHIFT]!;
      const word = (record & GRANULE_MASK) << 1;
      const lengths = words[word + kind]!;
      const start = rows[row + START]!;
      const end = rows[row + END]!;
      const length = kind === KEYS ? keyBytes(words, word, lengths) : memberBytes(words, word, lengths);
      const offset = kind === KEYS ? keyOffset(words[word]!, lengths) : memberOffset(lengths);
      if (length !== end - start || !equalsWords(bytes, start, end, words, word + (offset >>> 2))) {
        rows[row + RECORD] = UNSETTLED;
      }
    }
  }

  /**
   * Whether the key `bytes`[start..end) is the one asked for last, or the next one: then it is the one that the rest of
   * this tells of. A key is asked for once or several times, and the next after it; any other is said not to be expected.
   */
  has(start: number, end: number): boolean {
    const { rows } = this;
    let row = this.current;
    if (rows[row + START] !== start) {
      row += ROW;
      if (rows[row + START] !== start) return false;
      this.current = row;
    }
    return rows[row + END] === end;
  }

  /** Makes key `index` the next that may be asked for. */
  skipTo(index: number): void {
    this.current = index * ROW;
  }

  /** Says that the key that `skipTo` chose stands at bytes[start..end) too, and will be asked for there. */
  moveTo(start: number, end: number): void {
    this.rows[this.current + START] = start;
    this.rows[this.current + END] = end;
  }

  high(): number {
    return this.rows[this.current + HIGH]!;
  }

  low(): number {
    return this.rows[this.current + LOW]!;
  }

  /** Its record in a table, NONE when it has none, or UNSETTLED when that is not known. */
  record(root: number): number {
    if (this.root !== root) return UNSETTLED;
    const record = this.rows[this.current + RECORD]!;
    return record === NONE && this.hasGrown ? UNSETTLED : record;
  }

  /** What was found for key `index` when all were looked for: its record, NONE, or UNSETTLED. */
  foundAt(index: number): number {
    return this.rows[index * ROW + RECORD]!;
  }

  /** Where a record stands that is there. */
  segment(): number {
    return this.rows[this.current + SEGMENT]!;
  }

  bucket(): number {
    return this.rows[this.current + BUCKET]!;
  }

  slot(): number {
    return this.rows[this.current + SLOT]!;
  }
}
