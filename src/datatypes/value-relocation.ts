// Moves a large collection out of memory that is to be given back, in steps of a bucket, a leaf or a node: members and fields
// with their table, the tree that orders them, nodes of lists, the parts of streams. What is packed is a block of its own at
// most, which goes with the key's record.
//
// Between two steps commands run: they change the value, or put another one under its key. So the place is kept in numbers
// (a bucket, a rank, an id), which fit any value of the type: what has gone on to lie elsewhere is missed, and met the next time.
// Only nodes of lists have no number that would be found again quickly; there the list keeps a mark (list-nodes.ts).

import { type FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import type { BlockMover } from '../structures/block-mover.ts';
import type { OrderedTree } from '../structures/ordered-tree.ts';
import { StreamRelocation } from '../structures/stream-relocation.ts';
import { type RecordMover, TablePlace, TableRelocation } from '../structures/table-relocation.ts';
import type { Datatypes } from './datatypes.ts';
import { HASH, LIST, SORTED_SET, STREAM } from './key-record.ts';

/** What is moved, in this order; lists and streams have one part. */
const TABLE = 0;
const TREE = 1;

export class ValueRelocation implements BlockMover, RecordMover {
  /** Blocks that moved since somebody set this to 0, and those that were looked at and stayed. */
  hits = 0;
  misses = 0;
  private readonly values: Datatypes;
  private readonly memory: FlatMemory;
  private readonly tree: OrderedTree;
  private readonly members: TableRelocation;
  private readonly streams: StreamRelocation;
  /** The tree that also names the members that are being moved, NONE without any. */
  private order = NONE;
  private isBegun = false;
  private part = TABLE;
  private readonly place = new TablePlace();
  private rank = 0;

  constructor(values: Datatypes) {
    this.values = values;
    this.memory = values.memory;
    this.tree = values.sortedSets.tree;
    this.members = new TableRelocation(values.memory, values.members.table);
    const { log, groups, producers } = values.streams;
    this.streams = new StreamRelocation(log, groups, producers, this);
  }

  /** Begins with another value, or ends. */
  restart(): void {
    this.isBegun = false;
    this.part = TABLE;
    this.place.restart();
    this.rank = 0;
    this.streams.restart();
    this.values.lists.quicklist.nodes.mark = NONE;
  }

  /** Does a step with the large value of a record; false when it was the last. May add a segment of memory. */
  step(handle: number): boolean {
    const type = this.values.records.type(handle);
    if (type === LIST) return this.stepList(handle);
    if (type === STREAM) return this.stepStream(handle);
    return this.stepMembers(handle, type);
  }

  moveBlock(handle: number): number {
    const { memory } = this;
    if (!memory.isCondemned(handle) || !memory.admit(memory.capacity(handle))) {
      this.misses++;
      return handle;
    }
    this.hits++;
    return memory.move(handle);
  }

  moveRecord(handle: number): number {
    const isOrdered = this.order !== NONE && this.memory.isCondemned(handle) && this.values.members.hasField(handle);
    // The tree compares with the record: it is looked for while it is there.
    if (isOrdered) this.tree.locate(this.order, handle);
    const moved = this.moveBlock(handle);
    if (isOrdered && moved !== handle) this.tree.replaceLocated(this.order, moved);
    return moved;
  }

  private stepMembers(handle: number, type: number): boolean {
    const { packed } = this.values;
    const root = packed.payload(handle, 0);
    this.order = this.orderOf(handle, type);
    if (this.part === TABLE) {
      if (!this.members.moveNext(root, this.place, this)) this.part = TREE;
      return true;
    }
    if (this.order !== NONE) {
      this.rank = this.tree.moveNodes(this.order, this.rank, this);
      if (this.rank > 0) return true;
    }
    this.moveRoots(handle, type);
    return false;
  }

  /** The tree beside a table: a sorted set's, or that of fields with deadlines. */
  private orderOf(handle: number, type: number): number {
    const second = this.values.packed.payload(handle, 1);
    if (type === SORTED_SET) return second;
    return type === HASH && second !== NONE ? this.memory.firstWord(second) : NONE;
  }

  private moveRoots(handle: number, type: number): void {
    const { packed } = this.values;
    const table = this.members.moveFrame(packed.payload(handle, 0));
    let second = packed.payload(handle, 1);
    if (type === SORTED_SET) second = this.moveBlock(second);
    else if (type === HASH && second !== NONE) {
      second = this.moveBlock(second);
      this.setWord(second, this.moveBlock(this.memory.firstWord(second)));
    }
    packed.setPayload(handle, table, second);
  }

  private stepList(handle: number): boolean {
    const { packed, lists } = this.values;
    const { nodes } = lists.quicklist;
    const root = packed.payload(handle, 0);
    if (!this.isBegun) {
      this.isBegun = true;
      nodes.mark = nodes.head(root);
    }
    if (nodes.mark !== NONE) {
      nodes.moveMarked(root, this);
      return true;
    }
    packed.setPayload(handle, nodes.moveRoot(root, this), packed.payload(handle, 1));
    return false;
  }

  private stepStream(handle: number): boolean {
    const { packed } = this.values;
    const root = packed.payload(handle, 0);
    if (this.streams.step(root)) return true;
    packed.setPayload(handle, this.streams.moveRoot(root), packed.payload(handle, 1));
    return false;
  }

  private setWord(handle: number, value: number): void {
    this.memory.words[handle >>> SEGMENT_SHIFT]![(handle & GRANULE_MASK) << 1] = value;
  }
}
