// Fills a new large sorted set, member by member, and orders them in the end: files of Redis hold them in order, the greatest
// first, those of this server in any order. In order, or sorted (member-sorter.ts), they become a tree at once, at a third
// of what inserts cost.

import { compareBytes } from '../lib/bytes.ts';
import { NONE } from '../memory/flat-memory.ts';
import { OrderedTree } from '../structures/ordered-tree.ts';
import { writeScore } from '../structures/score.ts';
import { TableFiller } from '../structures/table-filler.ts';
import { MemberSorter } from './member-sorter.ts';
import type { SortedSets } from './sorted-set.ts';

/** The order in which members have come so far. */
const UNKNOWN = 0;
const ASCENDING = 1;
const DESCENDING = 2;
const NONE_OF_BOTH = 3;

/** Members that become part of a tree in one go, and those between two yields: some 3 ms. */
const BUILT_BLOCK = 4096;
const BUILT_STEP = 65_536;
/** Bytes that a step takes at most. */
export const ORDER_STEP_BYTES = 1024 * 1024;

export class SortedSetLoader {
  /** Members go through this into the table: what is gathered there is to be flushed, or dropped. */
  readonly filler: TableFiller;
  private readonly sets: SortedSets;
  /** Its own: while it builds in steps, others may build too. */
  private readonly tree: OrderedTree;
  private readonly sorter: MemberSorter;
  private record = NONE;
  /** Member records as they came. */
  private handles = new Int32Array(1024);
  private count = 0;
  private order = UNKNOWN;
  private readonly last = new Float64Array(1);

  constructor(sets: SortedSets) {
    const { members } = sets;
    this.sets = sets;
    this.filler = new TableFiller(members.memory, members.table);
    this.tree = new OrderedTree(members.memory);
    this.sorter = new MemberSorter(members);
  }

  /** Begins with the record of an empty large sorted set, which is in no table yet. */
  begin(record: number): void {
    this.record = record;
    this.filler.begin(this.sets.packed.payload(record, 0));
    this.handles = new Int32Array(1024);
    this.count = 0;
    this.order = UNKNOWN;
  }

  /** Takes a member, which does not lie in flat memory; true when the filler must be flushed. May grow memory. */
  add(bytes: Uint8Array, start: number, end: number, score: number): boolean {
    const { members } = this.sets;
    const record = members.create(bytes, start, end, 0, true);
    writeScore(members.memory, record, score);
    if (this.order !== NONE_OF_BOTH && this.count > 0) this.noteOrder(bytes, start, end, score);
    this.last[0] = score;
    if (this.count === this.handles.length) {
      const longer = new Int32Array(this.count * 2);
      longer.set(this.handles);
      this.handles = longer;
    }
    this.handles[this.count++] = record;
    return this.filler.add(record);
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
   * Orders the members that were added, all of which are in the table: then the sorted set is one. Yields between steps, each
   * of which may grow memory by ORDER_STEP_BYTES.
   */
  *finish(): Generator<void, void> {
    const { packed } = this.sets;
    const { count, tree } = this;
    if (this.order === NONE_OF_BOTH) yield* this.sorter.sort(this.handles, count);
    tree.beginBuild(count);
    for (let from = 0; from < count; from += BUILT_BLOCK) {
      this.build(from, Math.min(count, from + BUILT_BLOCK));
      if (from % BUILT_STEP === BUILT_STEP - BUILT_BLOCK) yield;
    }
    const empty = packed.payload(this.record, 1);
    packed.setPayload(this.record, packed.payload(this.record, 0), tree.endBuild());
    while (tree.dispose(empty));
    this.handles = new Int32Array(0);
  }

  private build(start: number, end: number): void {
    const { tree, handles, count } = this;
    if (this.order === DESCENDING)
      for (let index = start; index < end; index++) tree.append(handles[count - 1 - index]!);
    else for (let index = start; index < end; index++) tree.append(handles[index]!);
  }
}
