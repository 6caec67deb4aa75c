// Lets a table that is being filled grow in a few large steps. A file says beforehand how many records will come, but may lie:
// a table is made for some times as many as have come, so that memory stays in proportion to what was read.

import type { HashTable } from '../../structures/hash-table.ts';

/** The first step is taken at so many records. */
const FIRST = 512;
/** So many times what has come, while that is not much; then so many more, which take 50 MB. */
const FACTOR = 8;
const FACTOR_MAX = 1_000_000;
const MORE = 5_000_000;

export class TableGrowth {
  private readonly table: HashTable;
  private root = 0;
  private expected = 0;
  private count = 0;
  /** The count at which the next step is taken. */
  private next = 0;

  constructor(table: HashTable) {
    this.table = table;
  }

  /** Begins with a table that is to hold so many records. */
  begin(root: number, expected: number): void {
    this.root = root;
    this.expected = expected;
    this.count = this.table.count(root);
    this.next = expected > FIRST ? Math.max(FIRST, this.count + 1) : 0;
  }

  /** Lets the table grow as it does. */
  stop(): void {
    this.next = 0;
  }

  /** A record was added. */
  added(): void {
    if (++this.count === this.next) this.grow();
  }

  private grow(): void {
    const { count } = this;
    const most = count * FACTOR <= FACTOR_MAX ? count * FACTOR : Math.max(count * 2, count + MORE);
    const wanted = Math.min(this.expected, most);
    this.table.reserve(this.root, wanted);
    this.next = wanted < this.expected ? wanted : 0;
  }
}
