// Point-in-time walks through hash tables: every record that was in a table when its walk began is visited once, as it was
// then, in slices, while the table goes on changing.
//
// A bucket is visited when its turn comes, or just before it changes, whichever is first. Full segments carry an epoch and
// a mark for each of their buckets; a walk has an epoch of its own, so nothing is cleared between walks. What is about to
// split, merge or get another bucket count is visited whole before; the halves of a split inherit the marks. Tables that
// are smaller than one full segment have no marks: they are visited at once.
//
// The walk itself goes by hash prefix, like SCAN's cursor, so it is not led astray by splits and merges.

import { NONE } from '../memory/flat-memory.ts';
import type { HashTable, TableGuard } from './hash-table.ts';
import { TableWalk } from './table-walk.ts';

const EPOCH = 0;
/** The word with the marks of a bucket. */
function markWord(bucket: number): number {
  return 1 + (bucket >>> 5);
}

/** Gets the records of one walk. It may read memory, but must not search or change tables of the kind. */
export interface SnapshotVisitor {
  record(handle: number): void;
}

interface Walk {
  readonly root: number;
  readonly epoch: number;
  readonly visitor: SnapshotVisitor;
  /** The hash prefix, as an unsigned number, and the bucket that come next. */
  position: number;
  bucket: number;
}

/** All the walks through the tables of one HashTable. */
export class TableSnapshots implements TableGuard {
  private readonly table: HashTable;
  private readonly walks = new Map<number, Walk>();
  private readonly chain: TableWalk;
  private epochs = 0;

  constructor(table: HashTable) {
    this.table = table;
    this.chain = new TableWalk(table);
  }

  /** Begins a walk through a table that has none. */
  begin(root: number, visitor: SnapshotVisitor): void {
    this.epochs = (this.epochs + 1) | 0;
    if (this.epochs === 0) this.epochs = 1;
    this.walks.set(root, { root, epoch: this.epochs, visitor, position: 0, bucket: 0 });
    this.table.guard = this;
  }

  /** Whether a table's walk goes on. */
  goesOn(root: number): boolean {
    return this.walks.has(root);
  }

  /** Visits what comes next, a bucket at most; false when the walk is over. */
  step(root: number): boolean {
    const walk = this.walks.get(root);
    if (walk === undefined) return false;
    const { table } = this;
    if (!table.hasMarks(root)) {
      this.finish(walk);
      return false;
    }
    const segment = table.segmentOf(root, walk.position | 0);
    this.visit(walk, segment, walk.bucket);
    if (++walk.bucket < table.bucketCount(root)) return true;
    walk.bucket = 0;
    const bits = table.prefixBits(root, segment);
    walk.position = ((bits === 0 ? 0 : walk.position >>> (32 - bits)) + 1) * 2 ** (32 - bits);
    if (walk.position < 2 ** 32) return true;
    this.end(root);
    return false;
  }

  /** Gives a walk up, or forgets the one that is over. */
  end(root: number): void {
    this.walks.delete(root);
    if (this.walks.size === 0) this.table.guard = null;
  }

  beforeChange(root: number, segment: number, bucket: number): void {
    const walk = this.walks.get(root);
    if (walk === undefined) return;
    if (this.table.hasMarks(root)) this.visit(walk, segment, bucket);
    else this.finish(walk);
  }

  beforeRestructure(root: number, segment: number): void {
    const walk = this.walks.get(root);
    if (walk === undefined) return;
    if (!this.table.hasMarks(root)) {
      this.finish(walk);
      return;
    }
    for (let bucket = this.table.bucketCount(root) - 1; bucket >= 0; bucket--) this.visit(walk, segment, bucket);
    // There is nothing else to visit, and with fewer buckets it would have no marks.
    if (this.table.segmentCount(root) === 1) this.end(root);
  }

  /** Visits a bucket of a full segment, unless that was done. */
  private visit(walk: Walk, segment: number, bucket: number): void {
    const { table } = this;
    if (table.mark(segment, EPOCH) !== walk.epoch) {
      table.setMark(segment, EPOCH, walk.epoch);
      table.setMark(segment, markWord(0), 0);
      table.setMark(segment, markWord(32), 0);
    }
    const word = markWord(bucket);
    const marks = table.mark(segment, word);
    const bit = 1 << (bucket & 31);
    if ((marks & bit) !== 0) return;
    table.setMark(segment, word, marks | bit);
    this.visitChain(walk, table.bucket(segment, bucket));
  }

  /** Visits a small table whole, which ends its walk. */
  private finish(walk: Walk): void {
    const { table } = this;
    this.end(walk.root);
    const segment = table.segmentOf(walk.root, 0);
    for (let bucket = table.bucketCount(walk.root) - 1; bucket >= 0; bucket--) {
      this.visitChain(walk, table.bucket(segment, bucket));
    }
  }

  private visitChain(walk: Walk, bucket: number): void {
    const { chain, table } = this;
    // Nearly every record is a cache miss: they are fetched side by side before each is read.
    table.fetchChain(bucket);
    chain.bucket = bucket;
    chain.slot = 0;
    for (let handle = table.nextInChain(chain); handle !== NONE; handle = table.nextInChain(chain)) {
      walk.visitor.record(handle);
    }
  }
}
