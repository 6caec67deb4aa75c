// Lets a table that is being filled grow in a few large steps, most often in one before it is filled. A file says beforehand
// how many records will come, but may lie: a table is made for what the bytes that are still to come can hold, or else for
// some times as many records as have come, so that memory stays in proportion to the file.

import type { HashTable } from '../../structures/hash-table.ts';
import type { RdbInput } from './rdb-input.ts';

/** The first step after the beginning is taken at so many records. */
const FIRST = 512;
/** So many times what has come, while that is not much; then so many more, which take 50 MB. */
const FACTOR = 8;
const FACTOR_MAX = 1_000_000;
const MORE = 5_000_000;
/** Bytes of the file that stand for a record: what it takes of a table. */
const RECORD_BYTES = 8;
/** Segments made at once: some 3 ms. */
const STEP_SEGMENTS = 1024;

export class TableGrowth {
  private readonly table: HashTable;
  private readonly input: RdbInput;
  private root = 0;
  private expected = 0;
  private count = 0;
  /** The count at which the next step is taken. */
  private next = 0;
  /** Records that the table was made for beforehand and that have not come; and those of tables before it. */
  private awaited = 0;
  private missed = 0;

  constructor(table: HashTable, input: RdbInput) {
    this.table = table;
    this.input = input;
  }

  /** Begins with a table that is to hold so many records more. Yields while it is made large. */
  *begin(root: number, expected: number): Generator<void, void> {
    const present = this.table.count(root);
    this.root = root;
    this.expected = expected + present;
    this.count = present;
    this.stop();
    if (expected <= FIRST) return;
    const sure = Math.min(expected, Math.floor(this.input.bytesToCome() / RECORD_BYTES) - this.missed);
    if (sure > FIRST && sure > present) {
      this.awaited = sure;
      for (let from = 0; ; ) {
        from = this.table.reserve(root, present + sure, from, STEP_SEGMENTS);
        if (from < 0) break;
        yield;
      }
    }
    if (sure < expected) this.next = present + Math.max(FIRST, sure);
  }

  /** Lets the table grow as it does. */
  stop(): void {
    this.next = 0;
    this.missed += this.awaited;
    this.awaited = 0;
  }

  /** Some records were added. */
  added(records: number): void {
    this.count += records;
    this.awaited = Math.max(0, this.awaited - records);
    if (this.next !== 0 && this.count >= this.next) this.grow();
  }

  private grow(): void {
    const { count } = this;
    const most = count * FACTOR <= FACTOR_MAX ? count * FACTOR : Math.max(count * 2, count + MORE);
    const wanted = Math.min(this.expected, most);
    this.table.reserve(this.root, wanted);
    this.next = wanted < this.expected ? wanted : 0;
  }
}
