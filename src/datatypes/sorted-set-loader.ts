// Fills a new large sorted set, member by member, and orders them in the end: files hold them in order, mostly the greatest
// first, so that the tree is built at once, at a third of what inserts cost.

import { compareBytes } from '../lib/bytes.ts';
import { NONE } from '../memory/flat-memory.ts';
import { OrderedTree } from '../structures/ordered-tree.ts';
import { writeScore } from '../structures/score.ts';
import type { SortedSets } from './sorted-set.ts';

/** The order in which members have come so far. */
const UNKNOWN = 0;
const ASCENDING = 1;
const DESCENDING = 2;
const NONE_OF_BOTH = 3;

/** Members that one step orders: some 3 ms. */
const BUILT_STEP = 65_536;
const INSERTED_STEP = 4096;
/** Bytes that a step takes at most. */
export const ORDER_STEP_BYTES = 1024 * 1024;

export class SortedSetLoader {
  private readonly sets: SortedSets;
  /** Its own: while it builds in steps, others may build too. */
  private readonly tree: OrderedTree;
  private record = NONE;
  private table = NONE;
  /** Member records as they came. */
  private handles = new Int32Array(1024);
  private count = 0;
  private order = UNKNOWN;
  private readonly last = new Float64Array(1);
  /** Members that are in the tree. */
  private ordered = 0;

  constructor(sets: SortedSets) {
    this.sets = sets;
    this.tree = new OrderedTree(sets.members.memory);
  }

  /** Begins with the record of an empty large sorted set, which is in no table yet. */
  begin(record: number): void {
    this.record = record;
    this.table = this.sets.packed.payload(record, 0);
    this.handles = new Int32Array(1024);
    this.count = 0;
    this.order = UNKNOWN;
    this.ordered = 0;
  }

  /** Adds a member, which does not lie in flat memory; false when it is there. May grow memory. */
  add(bytes: Uint8Array, start: number, end: number, score: number): boolean {
    const { members } = this.sets;
    if (members.table.find(this.table, bytes, start, end) !== NONE) return false;
    const record = members.create(bytes, start, end, 0, true);
    writeScore(members.memory, record, score);
    members.table.insert(this.table, record);
    if (this.order !== NONE_OF_BOTH && this.count > 0) this.noteOrder(bytes, start, end, score);
    this.last[0] = score;
    if (this.count === this.handles.length) {
      const longer = new Int32Array(this.count * 2);
      longer.set(this.handles);
      this.handles = longer;
    }
    this.handles[this.count++] = record;
    return true;
  }

  private noteOrder(bytes: Uint8Array, start: number, end: number, score: number): void {
    const last = this.last[0]!;
    let step = score > last ? ASCENDING : DESCENDING;
    if (score === last) {
      const { members } = this.sets;
      members.read(this.handles[this.count - 1]!);
      const order = compareBytes(bytes, start, end, members.bytes, members.start, members.end);
      step = order > 0 ? ASCENDING : DESCENDING;
    }
    if (this.order === UNKNOWN) this.order = step;
    else if (this.order !== step) this.order = NONE_OF_BOTH;
  }

  /**
   * Orders some of the members that were added; false when all are, and the sorted set is one. May grow memory by
   * ORDER_STEP_BYTES.
   */
  step(): boolean {
    const { packed } = this.sets;
    const { count, handles, order, tree } = this;
    const empty = packed.payload(this.record, 1);
    if (order === NONE_OF_BOTH) {
      const until = Math.min(count, this.ordered + INSERTED_STEP);
      while (this.ordered < until) tree.insert(empty, handles[this.ordered++]!);
      return this.ordered < count;
    }
    if (this.ordered === 0) tree.beginBuild(count);
    const until = Math.min(count, this.ordered + BUILT_STEP);
    for (; this.ordered < until; this.ordered++) {
      tree.append(handles[order === DESCENDING ? count - 1 - this.ordered : this.ordered]!);
    }
    if (this.ordered < count) return true;
    packed.setPayload(this.record, this.table, tree.endBuild());
    while (tree.dispose(empty));
    return false;
  }
}
