// Moves a hash table out of memory that is to be given back: its segments, their overflow buckets, the records that they
// name, and at last its directory, the list of segments and its root.
//
// A bucket is a step: what it names may be long. What splits or merges between steps may be missed; it is met the next time.

import { type FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import type { HashTable } from './hash-table.ts';
import { BUCKET_GRANULES, DENSE, DIRECTORY, HANDLES, OVERFLOW, SLOTS } from './table-layout.ts';

/** Above all numbers of segments. */
const SEGMENTS_ALL = 0x7fffffff;

/** Moves what a table names. */
export interface RecordMover {
  /** Moves a record with what it owns, as far as it lies in the wrong place; returns its handle. May add a segment. */
  moveRecord(handle: number): number;
}

/** Where the walk through a table goes on: by numbers, so that the table may change, or be another one, in between. */
export class TablePlace {
  segment = SEGMENTS_ALL;
  bucket = 0;

  restart(): void {
    this.segment = SEGMENTS_ALL;
    this.bucket = 0;
  }
}

export class TableRelocation {
  private readonly memory: FlatMemory;
  private readonly table: HashTable;

  constructor(memory: FlatMemory, table: HashTable) {
    this.memory = memory;
    this.table = table;
  }

  /** Moves what is at a place, and goes on to the next; false behind the last. May add a segment of memory. */
  moveNext(root: number, place: TablePlace, mover: RecordMover): boolean {
    const { table } = this;
    // From the last to the first: where segments merge, the last takes the place of another.
    const index = Math.min(place.segment, table.segmentCount(root) - 1);
    if (place.bucket < table.bucketCount(root)) {
      this.moveBucket(root, index, place.bucket, mover);
      place.segment = index;
      place.bucket++;
      return true;
    }
    place.segment = index - 1;
    place.bucket = 0;
    return index > 0;
  }

  /**
   * Moves a bucket's records, the overflow buckets behind it, and with bucket 0 the segment; by the number of the segment, below
   * `segmentCount`. May add a segment of memory.
   */
  private moveBucket(root: number, index: number, bucket: number, mover: RecordMover): void {
    const { table, memory } = this;
    const segment = table.segment(root, index);
    if (bucket > 0 || !memory.isCondemned(segment)) {
      this.moveChain((segment + bucket * BUCKET_GRANULES) | 0, mover);
      return;
    }
    const moved = memory.move(segment);
    table.segmentMoved(root, index, moved);
    this.moveChain(moved, mover);
  }

  /** Moves the rest of a table; returns its root. */
  moveFrame(root: number): number {
    const { memory } = this;
    let moved = root;
    if (memory.isCondemned(root)) moved = memory.move(root);
    // With one segment the directory is the segment, which has moved by itself.
    if (this.table.segmentCount(moved) === 1) return moved;
    for (const word of [DIRECTORY, DENSE]) {
      const block = this.word(moved, word);
      if (block === NONE || !memory.isCondemned(block) || !memory.admit(memory.capacity(block))) continue;
      this.setWord(moved, word, memory.move(block));
    }
    return moved;
  }

  private moveChain(first: number, mover: RecordMover): void {
    for (let bucket = first; bucket !== NONE; bucket = this.word(bucket, OVERFLOW)) {
      for (let slot = 0; slot < SLOTS; slot++) {
        const handle = this.word(bucket, HANDLES + slot);
        if (handle === NONE) continue;
        const moved = mover.moveRecord(handle);
        if (moved !== handle) this.setWord(bucket, HANDLES + slot, moved);
      }
      const overflow = this.word(bucket, OVERFLOW);
      if (overflow !== NONE && this.memory.isCondemned(overflow)) {
        this.setWord(bucket, OVERFLOW, this.memory.move(overflow));
      }
    }
  }

  private word(handle: number, word: number): number {
    return this.memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + word]!;
  }

  private setWord(handle: number, word: number, value: number): void {
    this.memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + word] = value;
  }
}
