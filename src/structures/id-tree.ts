// The id tree: a B+tree of short keys of 32-bit words, compared as unsigned numbers from the first word on, each with a
// few words of value beside it. Streams find their blocks by id with one, and keep pending entries by id and by time.
//
// Trees live in flat memory and are named by the handle of their root, which stays the same as the tree grows. How many
// words a key and a value have is a matter of the IdTree object, not of the tree.
//
//   root   [TOP, HEIGHT, COUNT, 0]                                             4 words
//   leaf   [count, previous leaf, next leaf, entries: key words, value words]  256 words
//   inner  [count, children: key words, handle]                                256 words
//
// A sole leaf is as short as its entries allow. A child's key is a lower bound of what lies under it, and above all that
// lies under the child before; that of a node's first child is not looked at. A node that overflows at the tree's right
// edge splits off one entry, so that ascending inserts, which are nearly all, fill the nodes.
//
// Invariants: (1) keys ascend strictly through the leaves, which are linked both ways; (2) keys lie within the bounds of
// the nodes above them; (3) COUNT is that of all entries; (4) no node is empty but an empty tree's leaf, and the top has
// two children at least, unless it is a leaf.

import { assert } from '../lib/assert.ts';
import { type FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import type { BlockMover } from './block-mover.ts';
import type { NodeGuard } from './node-guard.ts';
import type { StreamId } from './stream-id.ts';

const TOP = 0;
const HEIGHT = 1;
const COUNT = 2;
const ROOT_BYTES = 16;

const PREVIOUS = 1;
const NEXT = 2;
/** Where a leaf's entries begin. */
const ENTRIES = 3;
/** Where an inner node's children begin. */
const CHILDREN = 1;

/** Words of a node. Twice as many were no faster, half as many took a tenth more memory. */
const NODE_WORDS = 256;
const NODE_BYTES = NODE_WORDS * 4;
/** Entries of the first leaf. */
const FIRST_ENTRIES = 2;
/** Levels above the leaves at most: a node off the right edge has six children when it was made. */
const HEIGHT_MAX = 16;
/** The longest key: a time and an id. */
const KEY_WORDS_MAX = 6;

/** An entry of a tree, or its end. Good until the tree changes. */
export class IdCursor {
  leaf = NONE;
  index = 0;
}

/** All the trees of one kind in one flat memory. */
export class IdTree {
  /** What is looked for; `aim` and `aimAtTime` set it. */
  readonly key = new Int32Array(KEY_WORDS_MAX);
  /** The entry that `find` found or `insertFound` made. */
  readonly found = new IdCursor();
  /** Told of leaves while point-in-time walks go on. */
  guard: NodeGuard | null = null;
  private readonly memory: FlatMemory;
  private readonly keyWords: number;
  private readonly entryWords: number;
  private readonly childWords: number;
  private readonly leafMax: number;
  private readonly innerMax: number;
  /** The way of the last descent: the node at each level above the leaves, and the index of the child taken. */
  private readonly pathNodes = new Int32Array(HEIGHT_MAX + 1);
  private readonly pathIndexes = new Int32Array(HEIGHT_MAX + 1);
  private pathTop = 0;

  constructor(memory: FlatMemory, keyWords: number, valueWords: number) {
    this.memory = memory;
    this.keyWords = keyWords;
    this.entryWords = keyWords + valueWords;
    this.childWords = keyWords + 1;
    this.leafMax = Math.floor((NODE_WORDS - ENTRIES) / this.entryWords);
    this.innerMax = Math.floor((NODE_WORDS - CHILDREN) / this.childWords);
  }

  /** A new, empty tree; the caller owns its root until `dispose` is done with it. May grow memory. */
  create(): number {
    const root = this.memory.allocate(ROOT_BYTES);
    this.setWord(root, TOP, this.createLeaf(this.leafBytes(FIRST_ENTRIES)));
    this.setWord(root, HEIGHT, 0);
    this.setWord(root, COUNT, 0);
    this.setWord(root, COUNT + 1, 0);
    return root;
  }

  count(root: number): number {
    return this.word(root, COUNT);
  }

  /** Looks for an id from now on. */
  aim(id: StreamId): void {
    id.store(this.key, 0);
  }

  /** Looks for a time and an id, in trees with keys of six words. */
  aimAtTime(timeHigh: number, timeLow: number, id: StreamId): void {
    this.key[0] = timeHigh;
    this.key[1] = timeLow;
    id.store(this.key, 2);
  }

  /** Whether the key is in the tree: then it is `found`, else the place for it is. */
  find(root: number): boolean {
    let node = this.word(root, TOP);
    for (let level = this.word(root, HEIGHT); level > 0; level--) {
      const words = this.memory.words[node >>> SEGMENT_SHIFT]!;
      const at = (node & GRANULE_MASK) << 1;
      const index = this.childIndex(words, at);
      this.pathNodes[level] = node;
      this.pathIndexes[level] = index;
      node = words[at + CHILDREN + index * this.childWords + this.keyWords]!;
    }
    const words = this.memory.words[node >>> SEGMENT_SHIFT]!;
    const at = (node & GRANULE_MASK) << 1;
    const count = words[at]!;
    const { entryWords } = this;
    let low = 0;
    let high = count;
    // Most keys that are added come after all others.
    if (count > 0 && this.compareAt(words, at + ENTRIES + (count - 1) * entryWords) > 0) low = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compareAt(words, at + ENTRIES + middle * entryWords) > 0) low = middle + 1;
      else high = middle;
    }
    this.found.leaf = node;
    this.found.index = low;
    return low < count && this.compareAt(words, at + ENTRIES + low * entryWords) === 0;
  }

  /** Puts a cursor on the first entry at or after the key; false, and the cursor at the end, when there is none. */
  seek(root: number, cursor: IdCursor): boolean {
    this.find(root);
    cursor.leaf = this.found.leaf;
    cursor.index = this.found.index;
    return this.settle(cursor);
  }

  /** Puts a cursor on the last entry at or before the key; false when there is none. */
  seekBack(root: number, cursor: IdCursor): boolean {
    const there = this.find(root);
    cursor.leaf = this.found.leaf;
    cursor.index = this.found.index;
    return there || this.previous(cursor);
  }

  /** Puts a cursor on the first entry; false when the tree is empty. */
  first(root: number, cursor: IdCursor): boolean {
    let node = this.word(root, TOP);
    for (let level = this.word(root, HEIGHT); level > 0; level--) node = this.word(node, CHILDREN + this.keyWords);
    cursor.leaf = node;
    cursor.index = 0;
    return this.word(node, 0) > 0;
  }

  /** Puts a cursor on the last entry; false when the tree is empty. */
  last(root: number, cursor: IdCursor): boolean {
    let node = this.word(root, TOP);
    for (let level = this.word(root, HEIGHT); level > 0; level--) node = this.child(node, this.word(node, 0) - 1);
    cursor.leaf = node;
    cursor.index = this.word(node, 0) - 1;
    return cursor.index >= 0;
  }

  /** Goes on to the next entry; false at the end. */
  next(cursor: IdCursor): boolean {
    cursor.index++;
    return this.settle(cursor);
  }

  /** Goes back to the entry before; false at the start, and the cursor stays. */
  previous(cursor: IdCursor): boolean {
    if (cursor.index === 0) {
      const leaf = this.word(cursor.leaf, PREVIOUS);
      if (leaf === NONE) return false;
      cursor.leaf = leaf;
      cursor.index = this.word(leaf, 0);
    }
    cursor.index--;
    return true;
  }

  /** Entries of a leaf, also of a copy of one: a cursor with that leaf reads them at index 0 and up. */
  entriesIn(leaf: number): number {
    return this.word(leaf, 0);
  }

  /** All leaves of a tree, in their order. */
  leaves(root: number): Int32Array {
    const cursor = new IdCursor();
    const leaves: number[] = [];
    if (this.first(root, cursor))
      for (let leaf = cursor.leaf; leaf !== NONE; leaf = this.word(leaf, NEXT)) leaves.push(leaf);
    return Int32Array.from(leaves);
  }

  /** Reads the id that is the key of an entry, or its end in keys of six words. */
  readId(cursor: IdCursor, id: StreamId): void {
    const words = this.memory.words[cursor.leaf >>> SEGMENT_SHIFT]!;
    id.load(words, this.entryWord(cursor) + this.keyWords - 4);
  }

  /** A word of an entry's value. */
  value(cursor: IdCursor, index: number): number {
    return this.memory.words[cursor.leaf >>> SEGMENT_SHIFT]![this.entryWord(cursor) + this.keyWords + index]!;
  }

  setValue(cursor: IdCursor, index: number, value: number): void {
    if (this.guard !== null) this.guard.beforeChange(cursor.leaf);
    this.memory.words[cursor.leaf >>> SEGMENT_SHIFT]![this.entryWord(cursor) + this.keyWords + index] = value;
  }

  /** A word of an entry's key. */
  keyWord(cursor: IdCursor, index: number): number {
    return this.memory.words[cursor.leaf >>> SEGMENT_SHIFT]![this.entryWord(cursor) + index]!;
  }

  /**
   * Adds the key that was just looked for in vain; it is then `found`, its value unspecified. May grow memory by a node
   * for each level, and one.
   */
  insertFound(root: number): void {
    const { found, entryWords, keyWords } = this;
    if (this.guard !== null) this.guard.beforeChange(found.leaf);
    this.makeRoom(root);
    const words = this.memory.words[found.leaf >>> SEGMENT_SHIFT]!;
    const at = (found.leaf & GRANULE_MASK) << 1;
    const count = words[at]!;
    const entry = at + ENTRIES + found.index * entryWords;
    if (found.index < count) words.copyWithin(entry + entryWords, entry, at + ENTRIES + count * entryWords);
    for (let word = 0; word < keyWords; word++) words[entry + word] = this.key[word]!;
    words[at] = count + 1;
    this.setWord(root, COUNT, this.word(root, COUNT) + 1);
  }

  /** Takes the entry that was just found out of the tree. */
  removeFound(root: number): void {
    const { found, entryWords } = this;
    const { leaf } = found;
    if (this.guard !== null) this.guard.beforeChange(leaf);
    const words = this.memory.words[leaf >>> SEGMENT_SHIFT]!;
    const at = (leaf & GRANULE_MASK) << 1;
    const count = words[at]! - 1;
    const entry = at + ENTRIES + found.index * entryWords;
    words.copyWithin(entry, entry + entryWords, at + ENTRIES + (count + 1) * entryWords);
    words[at] = count;
    this.setWord(root, COUNT, this.word(root, COUNT) - 1);
    const height = this.word(root, HEIGHT);
    if (height === 0 || count > this.leafMax >> 2) return;
    this.pathTop = height;
    this.shrinkLeaf(leaf, count);
    this.lowerTop(root);
  }

  /** Frees a part of an abandoned tree, the leaves under one node at most; false when all of it and its root are gone. */
  dispose(root: number): boolean {
    const height = this.word(root, HEIGHT);
    let node = this.word(root, TOP);
    for (let level = height; level > 0; level--) {
      this.pathNodes[level] = node;
      if (level > 1) node = this.child(node, this.word(node, 0) - 1);
    }
    if (height === 0) this.freeLeaf(node);
    else {
      for (let index = this.word(node, 0) - 1; index >= 0; index--) this.freeLeaf(this.child(node, index));
      this.memory.free(node);
      for (let level = 2; level <= height; level++) {
        const parent = this.pathNodes[level]!;
        const left = this.word(parent, 0) - 1;
        this.setWord(parent, 0, left);
        if (left > 0) return true;
        this.memory.free(parent);
      }
    }
    this.memory.free(root);
    return false;
  }

  /** Bytes of the tree. O(nodes). */
  bytes(root: number): number {
    return this.memory.capacity(root) + this.nodeBytes(this.word(root, TOP), this.word(root, HEIGHT));
  }

  /**
   * Moves the leaf where the key is or belongs, and the nodes above it. Makes the first key of the next leaf the one that is
   * looked for; false behind the last leaf. Trees with a guard are not to be moved.
   */
  moveNodes(root: number, mover: BlockMover): boolean {
    this.find(root);
    let parent = root;
    let word = TOP;
    for (let level = this.word(root, HEIGHT); level > 0; level--) {
      const node = this.pathNodes[level]!;
      const moved = this.memory.isCondemned(node) ? mover.moveBlock(node) : node;
      this.setWord(parent, word, moved);
      parent = moved;
      word = CHILDREN + this.pathIndexes[level]! * this.childWords + this.keyWords;
    }
    const leaf = mover.moveBlock(this.found.leaf);
    const previous = this.word(leaf, PREVIOUS);
    const next = this.word(leaf, NEXT);
    this.setWord(parent, word, leaf);
    if (previous !== NONE) this.setWord(previous, NEXT, leaf);
    if (next === NONE) return false;
    this.setWord(next, PREVIOUS, leaf);
    for (let each = 0; each < this.keyWords; each++) this.key[each] = this.word(next, ENTRIES + each);
    return true;
  }

  /** Walks the tree whole; asserts its invariants. */
  check(root: number): void {
    this.memory.checkLive(root, ROOT_BYTES);
    const height = this.word(root, HEIGHT);
    const top = this.word(root, TOP);
    assert(height === 0 || this.word(top, 0) >= 2, 'the top has two children (4)');
    const bounds = { low: null as readonly number[] | null, leaf: NONE };
    const count = this.checkNode(top, height, bounds, null);
    assert(count === this.word(root, COUNT), 'the entries are counted (3)');
    assert(bounds.leaf === NONE || this.word(bounds.leaf, NEXT) === NONE, 'the last leaf has no next (1)');
  }

  // --- nodes ---

  private entryWord(cursor: IdCursor): number {
    return ((cursor.leaf & GRANULE_MASK) << 1) + ENTRIES + cursor.index * this.entryWords;
  }

  private child(node: number, index: number): number {
    return this.word(node, CHILDREN + index * this.childWords + this.keyWords);
  }

  /** Goes over to the next leaf where a cursor stands behind its leaf's last entry; false at the end. */
  private settle(cursor: IdCursor): boolean {
    if (cursor.index < this.word(cursor.leaf, 0)) return true;
    const next = this.word(cursor.leaf, NEXT);
    if (next === NONE) return false;
    cursor.leaf = next;
    cursor.index = 0;
    return true;
  }

  /** The key against that at a word: below 0, 0, above. */
  private compareAt(words: Int32Array, at: number): number {
    const { key, keyWords } = this;
    for (let word = 0; word < keyWords; word++) {
      const one = key[word]!;
      const other = words[at + word]!;
      if (one !== other) return one >>> 0 < other >>> 0 ? -1 : 1;
    }
    return 0;
  }

  /** The last child whose bound is not above the key; the first child in any case. */
  private childIndex(words: Int32Array, at: number): number {
    const { childWords } = this;
    let low = 1;
    let high = words[at]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compareAt(words, at + CHILDREN + middle * childWords) < 0) high = middle;
      else low = middle + 1;
    }
    return low - 1;
  }

  private createLeaf(bytes: number): number {
    const leaf = this.memory.allocate(bytes);
    this.setWord(leaf, 0, 0);
    this.setWord(leaf, PREVIOUS, NONE);
    this.setWord(leaf, NEXT, NONE);
    return leaf;
  }

  private leafBytes(entries: number): number {
    return Math.min(NODE_BYTES, (ENTRIES + entries * this.entryWords) * 4);
  }

  /** Sees to room for one more entry in the found leaf, which may then be another one. */
  private makeRoom(root: number): void {
    const { found } = this;
    const count = this.word(found.leaf, 0);
    if (this.word(root, HEIGHT) === 0) {
      const room = Math.floor(((this.memory.capacity(found.leaf) >>> 2) - ENTRIES) / this.entryWords);
      if (count < Math.min(room, this.leafMax)) return;
      if (count < this.leafMax) {
        this.growSole(root, count);
        return;
      }
      this.raiseTop(root);
    } else if (count < this.leafMax) return;
    this.splitLeaf(root, count);
  }

  /** Gives a sole leaf half as much room again. */
  private growSole(root: number, count: number): void {
    const old = this.found.leaf;
    const leaf = this.createLeaf(this.leafBytes(count + (count >>> 1) + 1));
    this.moveWords(old, ENTRIES, leaf, ENTRIES, count * this.entryWords);
    this.setWord(leaf, 0, count);
    this.freeLeaf(old);
    this.setWord(root, TOP, leaf);
    this.found.leaf = leaf;
  }

  /** Puts a new top with one child above the old one. */
  private raiseTop(root: number): void {
    const top = this.memory.allocate(NODE_BYTES);
    const height = this.word(root, HEIGHT) + 1;
    assert(height <= HEIGHT_MAX, 'a tree is not that high');
    this.setWord(top, 0, 1);
    this.setWord(top, CHILDREN + this.keyWords, this.word(root, TOP));
    for (let word = 0; word < this.keyWords; word++) this.setWord(top, CHILDREN + word, 0);
    this.setWord(root, TOP, top);
    this.setWord(root, HEIGHT, height);
    this.pathNodes[height] = top;
    this.pathIndexes[height] = 0;
  }

  private splitLeaf(root: number, count: number): void {
    const { found, entryWords } = this;
    const { leaf } = found;
    const next = this.word(leaf, NEXT);
    const atEdge = next === NONE && found.index === count;
    const kept = atEdge ? count : count >> 1;
    const made = this.createLeaf(NODE_BYTES);
    this.setWord(made, PREVIOUS, leaf);
    this.setWord(made, NEXT, next);
    this.setWord(leaf, NEXT, made);
    if (next !== NONE) this.setWord(next, PREVIOUS, made);
    this.moveWords(leaf, ENTRIES + kept * entryWords, made, ENTRIES, (count - kept) * entryWords);
    this.setWord(made, 0, count - kept);
    this.setWord(leaf, 0, kept);
    if (atEdge) this.addChild(root, 1, made, NONE, 0);
    else this.addChild(root, 1, made, made, ENTRIES);
    if (found.index < kept || (found.index === kept && !atEdge)) return;
    found.leaf = made;
    found.index -= kept;
  }

  /**
   * Puts a child behind the one taken at `level`. Its bound is the key at a word of `from`, or what is looked for when
   * that is NONE.
   */
  private addChild(root: number, level: number, child: number, from: number, word: number): void {
    const { childWords, keyWords } = this;
    const node = this.pathNodes[level]!;
    const index = this.pathIndexes[level]! + 1;
    const count = this.word(node, 0);
    if (count === this.innerMax) {
      this.splitInner(root, level, index === count);
      this.addChild(root, level, child, from, word);
      return;
    }
    const at = CHILDREN + index * childWords;
    this.moveWords(node, at, node, at + childWords, (count - index) * childWords);
    if (from !== NONE) this.moveWords(from, word, node, at, keyWords);
    else for (let each = 0; each < keyWords; each++) this.setWord(node, at + each, this.key[each]!);
    this.setWord(node, at + keyWords, child);
    this.setWord(node, 0, count + 1);
  }

  /** Splits the node of the way at a level; the way goes on through the half that has the child taken. */
  private splitInner(root: number, level: number, atEdge: boolean): void {
    if (level === this.word(root, HEIGHT)) this.raiseTop(root);
    const { childWords } = this;
    const node = this.pathNodes[level]!;
    const count = this.word(node, 0);
    const kept = atEdge ? count - 1 : count >> 1;
    const made = this.memory.allocate(NODE_BYTES);
    this.moveWords(node, CHILDREN + kept * childWords, made, CHILDREN, (count - kept) * childWords);
    this.setWord(made, 0, count - kept);
    this.setWord(node, 0, kept);
    this.addChild(root, level + 1, made, made, CHILDREN);
    const index = this.pathIndexes[level]!;
    if (index < kept) return;
    this.pathNodes[level] = made;
    this.pathIndexes[level] = index - kept;
    this.pathIndexes[level + 1] = this.pathIndexes[level + 1]! + 1;
  }

  /** A leaf with few entries left, the one of the way, is merged with a neighbour, or goes when it is empty. */
  private shrinkLeaf(leaf: number, count: number): void {
    const parent = this.pathNodes[1]!;
    const index = this.pathIndexes[1]!;
    const siblings = this.word(parent, 0);
    if (count === 0) {
      this.dropLeaf(leaf);
      this.dropChild(1, index);
      return;
    }
    for (let left = Math.max(0, index - 1); left <= index && left + 1 < siblings; left++) {
      const one = this.child(parent, left);
      const other = this.child(parent, left + 1);
      const ones = this.word(one, 0);
      const others = this.word(other, 0);
      if (ones + others > (this.leafMax * 3) >> 2) continue;
      if (this.guard !== null) this.guard.beforeChange(one);
      this.moveWords(other, ENTRIES, one, ENTRIES + ones * this.entryWords, others * this.entryWords);
      this.setWord(one, 0, ones + others);
      this.dropLeaf(other);
      this.dropChild(1, left + 1);
      return;
    }
  }

  private dropLeaf(leaf: number): void {
    const previous = this.word(leaf, PREVIOUS);
    const next = this.word(leaf, NEXT);
    if (previous !== NONE) this.setWord(previous, NEXT, next);
    if (next !== NONE) this.setWord(next, PREVIOUS, previous);
    this.freeLeaf(leaf);
  }

  private freeLeaf(leaf: number): void {
    if (this.guard === null || !this.guard.keeps(leaf)) this.memory.free(leaf);
  }

  /** Takes a child, which is freed, out of the node of the way at a level. */
  private dropChild(level: number, index: number): void {
    const { childWords } = this;
    const node = this.pathNodes[level]!;
    const count = this.word(node, 0) - 1;
    const at = CHILDREN + index * childWords;
    this.moveWords(node, at + childWords, node, at, (count - index) * childWords);
    this.setWord(node, 0, count);
    const above = this.pathNodes[level + 1]!;
    if (count > this.innerMax >> 2 || level >= this.pathTop) return;
    const place = this.pathIndexes[level + 1]!;
    if (count === 0) {
      this.memory.free(node);
      this.dropChild(level + 1, place);
      return;
    }
    const siblings = this.word(above, 0);
    for (let left = Math.max(0, place - 1); left <= place && left + 1 < siblings; left++) {
      const one = this.child(above, left);
      const other = this.child(above, left + 1);
      const ones = this.word(one, 0);
      const others = this.word(other, 0);
      if (ones + others > (this.innerMax * 3) >> 2) continue;
      const to = CHILDREN + ones * childWords;
      this.moveWords(other, CHILDREN, one, to, others * childWords);
      // The first child's own key is no bound any more; that of its node is.
      this.moveWords(above, CHILDREN + (left + 1) * childWords, one, to, this.keyWords);
      this.setWord(one, 0, ones + others);
      this.memory.free(other);
      this.dropChild(level + 1, left + 1);
      return;
    }
  }

  /** While the top has one child, that is the top. */
  private lowerTop(root: number): void {
    let height = this.word(root, HEIGHT);
    let top = this.word(root, TOP);
    while (height > 0 && this.word(top, 0) <= 1) {
      const child = this.word(top, 0) === 0 ? this.createLeaf(this.leafBytes(FIRST_ENTRIES)) : this.child(top, 0);
      if (this.word(top, 0) === 0) height = 1;
      this.memory.free(top);
      top = child;
      height--;
    }
    this.setWord(root, TOP, top);
    this.setWord(root, HEIGHT, height);
  }

  private nodeBytes(node: number, level: number): number {
    let bytes = this.memory.capacity(node);
    if (level === 0) return bytes;
    for (let index = this.word(node, 0) - 1; index >= 0; index--) {
      bytes += this.nodeBytes(this.child(node, index), level - 1);
    }
    return bytes;
  }

  /** Entries under a node. `bounds` goes along: the last key and leaf. Keys must be below `high`. */
  private checkNode(
    node: number,
    level: number,
    bounds: { low: readonly number[] | null; leaf: number },
    high: readonly number[] | null,
  ): number {
    const count = this.word(node, 0);
    if (level === 0) {
      this.memory.checkLive(node, (ENTRIES + count * this.entryWords) * 4);
      assert(this.word(node, PREVIOUS) === bounds.leaf, 'leaves are linked backwards (1)');
      assert(bounds.leaf === NONE || this.word(bounds.leaf, NEXT) === node, 'leaves are linked forwards (1)');
      bounds.leaf = node;
      for (let index = 0; index < count; index++) {
        const key = this.keyAt(node, ENTRIES + index * this.entryWords);
        assert(bounds.low === null || isBelow(bounds.low, key), 'keys ascend (1)');
        assert(high === null || isBelow(key, high), 'keys are within bounds (2)');
        bounds.low = key;
      }
      return count;
    }
    this.memory.checkLive(node, NODE_BYTES);
    assert(count > 0, 'no inner node is empty (4)');
    let entries = 0;
    for (let index = 0; index < count; index++) {
      const low = this.keyAt(node, CHILDREN + index * this.childWords);
      const next = index + 1 < count ? this.keyAt(node, CHILDREN + (index + 1) * this.childWords) : high;
      assert(index === 0 || bounds.low === null || isBelow(bounds.low, low), 'bounds are above what is before (2)');
      const under = this.checkNode(this.child(node, index), level - 1, bounds, next);
      assert(under > 0, 'no node under another is empty (4)');
      entries += under;
    }
    return entries;
  }

  private keyAt(node: number, word: number): readonly number[] {
    const key: number[] = [];
    for (let index = 0; index < this.keyWords; index++) key.push(this.word(node, word + index) >>> 0);
    return key;
  }

  private word(handle: number, index: number): number {
    return this.memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + index]!;
  }

  private setWord(handle: number, index: number, value: number): void {
    this.memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + index] = value;
  }

  /** Copies words from node to node; within one the ranges may overlap. */
  private moveWords(from: number, fromWord: number, to: number, toWord: number, count: number): void {
    const source = this.memory.words[from >>> SEGMENT_SHIFT]!;
    const target = this.memory.words[to >>> SEGMENT_SHIFT]!;
    const start = ((from & GRANULE_MASK) << 1) + fromWord;
    const at = ((to & GRANULE_MASK) << 1) + toWord;
    if (source === target) target.copyWithin(at, start, start + count);
    else for (let index = 0; index < count; index++) target[at + index] = source[start + index]!;
  }
}

function isBelow(one: readonly number[], other: readonly number[]): boolean {
  for (let index = 0; index < one.length; index++) {
    if (one[index] !== other[index]) return one[index]! < other[index]!;
  }
  return false;
}
