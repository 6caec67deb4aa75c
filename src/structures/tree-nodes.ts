// The nodes of ordered trees: their layout in flat memory (ordered-tree.ts draws it), and what is done with a node and its
// neighbour under one parent: splitting, sharing, merging. Who orders entries and finds the way is OrderedTree.

import { type FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import { orderHigh, orderLow } from './score.ts';

export const TOP = 0;
export const HEIGHT = 1;
export const COUNT = 2;
export const ROOT_BYTES = 16;

export const PREVIOUS = 1;
export const NEXT = 2;
export const ENTRIES = 3;
/**
 * Entries of a leaf: what 256 bytes hold. Half as many are no faster and cost 0.8 bytes more an entry; twice as many cost
 * 0.4 less, but taking the first of a leaf moves all others (ordered-tree.bench.ts).
 */
export const LEAF_MAX = 61;
export const LEAF_BYTES = 256;
export const LEAF_BYTES_FIRST = 32;
export const LEAF_MIN = 15;
/** Two leaves are merged up to this together; beyond, they share their entries: room is left for what comes next. */
const LEAF_MERGED_MAX = 52;
/** A neighbour with no more than this takes entries from a leaf that overflows. */
export const LEAF_GIVE_TO = 51;
/** Entries of a leaf that is built from sorted records. */
export const LEAF_BUILT = 57;

export const INNER_MAX = 51;
const INNER_BYTES = 1024;
export const CHILDREN = 1;
export const COUNTS = CHILDREN + INNER_MAX;
export const HIGHS = COUNTS + INNER_MAX;
export const LOWS = HIGHS + INNER_MAX;
export const RECORDS = LOWS + INNER_MAX;
export const INNER_MIN = 12;
const INNER_MERGED_MAX = 42;
export const INNER_BUILT = 46;

/** Reads and rearranges nodes. */
export class TreeNodes {
  protected readonly memory: FlatMemory;

  constructor(memory: FlatMemory) {
    this.memory = memory;
  }

  protected createLeaf(bytes: number): number {
    const leaf = this.memory.allocate(bytes);
    const words = this.memory.words[leaf >>> SEGMENT_SHIFT]!;
    const at = (leaf & GRANULE_MASK) << 1;
    words[at] = 0;
    words[at + PREVIOUS] = NONE;
    words[at + NEXT] = NONE;
    return leaf;
  }

  protected createInner(): number {
    const node = this.memory.allocate(INNER_BYTES);
    this.setWord(node, 0, 0);
    return node;
  }

  protected setFirst(node: number, index: number, record: number): void {
    const from = this.memory.words[record >>> SEGMENT_SHIFT]!;
    const word = (record & GRANULE_MASK) << 1;
    const low = from[word + 1]!;
    const high = from[word + 2]!;
    const words = this.memory.words[node >>> SEGMENT_SHIFT]!;
    const at = ((node & GRANULE_MASK) << 1) + index;
    words[at + HIGHS] = orderHigh(high, low);
    words[at + LOWS] = orderLow(high, low);
    words[at + RECORDS] = record;
  }

  protected setChild(node: number, index: number, child: number, count: number, first: number): void {
    const words = this.memory.words[node >>> SEGMENT_SHIFT]!;
    const at = ((node & GRANULE_MASK) << 1) + index;
    words[at + CHILDREN] = child;
    words[at + COUNTS] = count;
    this.setFirst(node, index, first);
  }

  /** Makes a gap for a child. */
  protected openChild(node: number, index: number): void {
    const count = this.word(node, 0);
    this.moveChildren(node, index, node, index + 1, count - index);
    this.setWord(node, 0, count + 1);
  }

  protected splitLeaf(parent: number, index: number, edge: number): void {
    const leaf = this.word(parent, CHILDREN + index);
    const count = this.word(leaf, 0);
    const kept = keptBySplit(count, edge);
    const made = this.createLeaf(LEAF_BYTES);
    this.moveEntries(leaf, kept, made, 0, count - kept);
    this.setWord(made, 0, count - kept);
    this.setWord(leaf, 0, kept);
    const next = this.word(leaf, NEXT);
    this.setWord(made, PREVIOUS, leaf);
    this.setWord(made, NEXT, next);
    this.setWord(leaf, NEXT, made);
    if (next !== NONE) this.setWord(next, PREVIOUS, made);
    this.setWord(parent, COUNTS + index, kept);
    this.openChild(parent, index + 1);
    this.setChild(parent, index + 1, made, count - kept, this.word(made, ENTRIES));
  }

  /** Splits the inner node of the path at `level`, whose parent has room. */
  protected splitInner(parent: number, index: number, edge: number): void {
    const node = this.word(parent, CHILDREN + index);
    const count = this.word(node, 0);
    const kept = keptBySplit(count, edge);
    const made = this.createInner();
    this.moveChildren(node, kept, made, 0, count - kept);
    this.setWord(made, 0, count - kept);
    this.setWord(node, 0, kept);
    let moved = 0;
    for (let child = 0; child < count - kept; child++) moved += this.word(made, COUNTS + child);
    this.setWord(parent, COUNTS + index, this.word(parent, COUNTS + index) - moved);
    this.openChild(parent, index + 1);
    this.setChild(parent, index + 1, made, moved, this.word(made, RECORDS));
  }

  /** Merges the leaves at `index` and behind it, or shares their entries evenly; true when merged. */
  protected joinLeaves(parent: number, index: number): boolean {
    const left = this.word(parent, CHILDREN + index);
    const right = this.word(parent, CHILDREN + index + 1);
    const leftCount = this.word(left, 0);
    const rightCount = this.word(right, 0);
    if (leftCount + rightCount > LEAF_MERGED_MAX) {
      this.shareLeaves(parent, index, left, right);
      return false;
    }
    this.moveEntries(right, 0, left, leftCount, rightCount);
    this.setWord(left, 0, leftCount + rightCount);
    this.setWord(parent, COUNTS + index, leftCount + rightCount);
    this.dropChild(parent, index + 1, 1);
    return true;
  }

  protected joinInner(parent: number, index: number): boolean {
    const left = this.word(parent, CHILDREN + index);
    const right = this.word(parent, CHILDREN + index + 1);
    const leftCount = this.word(left, 0);
    const rightCount = this.word(right, 0);
    if (leftCount + rightCount > INNER_MERGED_MAX) {
      this.shareInner(parent, index, left, right);
      return false;
    }
    this.moveChildren(right, 0, left, leftCount, rightCount);
    this.setWord(left, 0, leftCount + rightCount);
    this.setWord(parent, COUNTS + index, this.word(parent, COUNTS + index) + this.word(parent, COUNTS + index + 1));
    this.dropChild(parent, index + 1, 2);
    return true;
  }

  /** Shares the entries of two neighbouring leaves, the children at `index` and behind it, evenly. */
  protected shareLeaves(parent: number, index: number, left: number, right: number): void {
    const leftCount = this.word(left, 0);
    const rightCount = this.word(right, 0);
    const half = (leftCount + rightCount) >> 1;
    const moved = half - leftCount;
    if (moved > 0) {
      this.moveEntries(right, 0, left, leftCount, moved);
      this.moveEntries(right, moved, right, 0, rightCount - moved);
    } else {
      this.moveEntries(right, 0, right, -moved, rightCount);
      this.moveEntries(left, half, right, 0, -moved);
    }
    this.setWord(left, 0, half);
    this.setWord(right, 0, rightCount - moved);
    this.setWord(parent, COUNTS + index, half);
    this.setWord(parent, COUNTS + index + 1, rightCount - moved);
    this.setFirst(parent, index + 1, this.word(right, ENTRIES));
  }

  protected shareInner(parent: number, index: number, left: number, right: number): void {
    const leftCount = this.word(left, 0);
    const rightCount = this.word(right, 0);
    const half = (leftCount + rightCount) >> 1;
    const moved = half - leftCount;
    let entries = 0;
    if (moved > 0) {
      for (let child = 0; child < moved; child++) entries += this.word(right, COUNTS + child);
      this.moveChildren(right, 0, left, leftCount, moved);
      this.moveChildren(right, moved, right, 0, rightCount - moved);
    } else {
      for (let child = half; child < leftCount; child++) entries -= this.word(left, COUNTS + child);
      this.moveChildren(right, 0, right, -moved, rightCount);
      this.moveChildren(left, half, right, 0, -moved);
    }
    this.setWord(left, 0, half);
    this.setWord(right, 0, rightCount - moved);
    this.setWord(parent, COUNTS + index, this.word(parent, COUNTS + index) + entries);
    this.setWord(parent, COUNTS + index + 1, this.word(parent, COUNTS + index + 1) - entries);
    this.setFirst(parent, index + 1, this.word(right, RECORDS));
  }

  /** Frees a child of an inner node at `level`, whose entries are elsewhere or gone. */
  protected dropChild(parent: number, index: number, level: number): void {
    const child = this.word(parent, CHILDREN + index);
    if (level === 1) {
      const previous = this.word(child, PREVIOUS);
      const next = this.word(child, NEXT);
      if (previous !== NONE) this.setWord(previous, NEXT, next);
      if (next !== NONE) this.setWord(next, PREVIOUS, previous);
    }
    this.memory.free(child);
    const count = this.word(parent, 0);
    this.moveChildren(parent, index + 1, parent, index, count - index - 1);
    this.setWord(parent, 0, count - 1);
  }

  protected moveEntries(from: number, fromIndex: number, to: number, toIndex: number, count: number): void {
    moveWords(
      this.memory.words[from >>> SEGMENT_SHIFT]!,
      ((from & GRANULE_MASK) << 1) + ENTRIES + fromIndex,
      this.memory.words[to >>> SEGMENT_SHIFT]!,
      ((to & GRANULE_MASK) << 1) + ENTRIES + toIndex,
      count,
    );
  }

  protected moveChildren(from: number, fromIndex: number, to: number, toIndex: number, count: number): void {
    const fromWords = this.memory.words[from >>> SEGMENT_SHIFT]!;
    const toWords = this.memory.words[to >>> SEGMENT_SHIFT]!;
    let fromAt = ((from & GRANULE_MASK) << 1) + CHILDREN + fromIndex;
    let toAt = ((to & GRANULE_MASK) << 1) + CHILDREN + toIndex;
    for (let column = 0; column < 5; column++) {
      moveWords(fromWords, fromAt, toWords, toAt, count);
      fromAt += INNER_MAX;
      toAt += INNER_MAX;
    }
  }

  protected word(handle: number, index: number): number {
    return this.memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + index]!;
  }

  protected setWord(handle: number, index: number, value: number): void {
    this.memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + index] = value;
  }
}

/** What stays in a node that splits. */
function keptBySplit(count: number, edge: number): number {
  if (edge > 0) return count - 1;
  return edge < 0 ? 1 : count >> 1;
}

/** Copies words; within one array the ranges may overlap. A loop: for so few, copyWithin takes longer. */
function moveWords(from: Int32Array, start: number, to: Int32Array, at: number, count: number): void {
  if (from === to && at > start) for (let i = count - 1; i >= 0; i--) to[at + i] = from[start + i]!;
  else for (let i = 0; i < count; i++) to[at + i] = from[start + i]!;
}

/** Bytes of a leaf of so many entries. */
export function leafBytes(entries: number): number {
  return (ENTRIES + entries) * 4;
}
