// Members that will soon leave a large sorted set: those behind the one that ZPOPMIN or ZPOPMAX has just taken, which the next
// command is likely to take. Neighbours' records lie scattered, and so do their buckets: to take one out waits for memory
// three times. So the next ones are read, hashed and their buckets read, in three loops, each of which waits for many at a time
// (docs/decisions/0016 does so for keys).
//
// Only a hint: a record in a table is found by its handle in the bucket that its hash names, and if it is not there the hash
// was another record's, and is reckoned anew. More of them are read each time that all of the last ones were asked for.

import { assert } from '../lib/assert.ts';
import { NONE } from '../memory/flat-memory.ts';
import { type OrderedTree, TreeCursor } from '../structures/ordered-tree.ts';
import type { Members } from './members.ts';

/** Members read at a time at most. */
const READ_MAX = 8;

/** The members of one sorted set at a time. */
export class DepartingMembers {
  private readonly members: Members;
  private readonly tree: OrderedTree;
  private readonly cursor = new TreeCursor();
  private readonly records = new Int32Array(READ_MAX);
  private readonly highs = new Int32Array(READ_MAX);
  private readonly lows = new Int32Array(READ_MAX);
  /** The table that they are of. */
  private root = NONE;
  private count = 0;
  private next = 0;
  /** What was read, of no meaning: were it not kept, it would not be read. */
  touched = 0;

  constructor(members: Members, tree: OrderedTree) {
    this.members = members;
    this.tree = tree;
  }

  /**
   * Finds a record in its table, for removeFound. It has just left its tree, where the next to leave has rank `next`, or
   * comes before that.
   */
  find(root: number, record: number, treeRoot: number, next: number, isReversed: boolean): void {
    const { table } = this.members;
    if (root === this.root && this.next < this.count && this.records[this.next] === record) {
      const index = this.next++;
      if (table.findHandle(root, record, this.highs[index]!, this.lows[index]!)) return;
    }
    if (root !== this.root || this.next < this.count) this.count = 0;
    this.root = root;
    this.read(treeRoot, next, isReversed);
    table.rehash(record);
    const found = table.findHandle(root, record, table.lastHigh(), table.lastLow());
    assert(found, 'who was in the tree is in the table');
  }

  private read(treeRoot: number, next: number, isReversed: boolean): void {
    const { tree, members, cursor, records, highs, lows } = this;
    const { table, memory } = members;
    const left = isReversed ? next : tree.count(treeRoot) - next;
    const count = Math.min(left, READ_MAX, this.count * 2 || 1);
    this.count = count;
    this.next = 0;
    tree.seek(treeRoot, next, cursor);
    if (isReversed) tree.previousRun(cursor, records, count);
    else tree.nextRun(cursor, records, count);
    let sum = 0;
    for (let index = 0; index < count; index++) sum ^= memory.firstWord(records[index]!);
    for (let index = 0; index < count; index++) {
      table.rehash(records[index]!);
      highs[index] = table.lastHigh();
      lows[index] = table.lastLow();
    }
    for (let index = 0; index < count; index++) sum ^= table.touch(this.root, highs[index]!, lows[index]!);
    this.touched = sum;
  }
}
