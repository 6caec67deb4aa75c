// Walks through hash tables, record by record.

import { NONE } from '../memory/flat-memory.ts';
import type { ChainPlace, HashTable } from './hash-table.ts';
import { BUCKET_GRANULES } from './table-layout.ts';

/**
 * A walk through all records of one table, in no order, without allocating. Several may go on at once; while one does,
 * its table may be searched, but not changed.
 */
export class TableWalk implements ChainPlace {
  /** Where `next` looks on: a bucket or overflow bucket, and a slot in it. */
  bucket = NONE;
  slot = 0;
  private segment = NONE;
  private segmentsLeft = 0;
  private bucketIndex = 0;
  private buckets = 0;
  private root = NONE;
  private readonly table: HashTable;

  constructor(table: HashTable) {
    this.table = table;
  }

  /** Begins at the start of a table. */
  start(root: number): void {
    this.root = root;
    this.buckets = this.table.bucketCount(root);
    this.segmentsLeft = this.table.segmentCount(root);
    this.bucketIndex = this.buckets;
    this.bucket = NONE;
  }

  /** The next record, NONE after the last. */
  next(): number {
    for (;;) {
      const handle = this.table.nextInChain(this);
      if (handle !== NONE) return handle;
      if (this.bucketIndex === this.buckets) {
        if (this.segmentsLeft === 0) return NONE;
        this.segmentsLeft--;
        this.segment = this.table.segment(this.root, this.segmentsLeft);
        this.bucketIndex = 0;
      }
      this.bucket = (this.segment + this.bucketIndex * BUCKET_GRANULES) | 0;
      this.slot = 0;
      this.bucketIndex++;
    }
  }
}
