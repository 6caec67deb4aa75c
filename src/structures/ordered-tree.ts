// The ordered tree: a counted B+tree that keeps member records in the order of (score, member bytes), and knows how many
// entries lie under every child, so that ranks are found as fast as scores.
//
// Trees live in flat memory and are named by the handle of their root, which stays the same as the tree grows. The tree
// refers to records (structures/record.ts, FIELD = the score) and owns none of them.
//
//   root   [TOP, HEIGHT, COUNT, 0]                                                              4 words
//   leaf   [count, previous leaf, next leaf, 61 record handles]                                64 words
//   inner  [count, 51 children, 51 counts, 51 highs, 51 lows, 51 first records]               256 words
//
// A sole leaf is as short as its entries allow. An inner node holds, for each child, the first record under it with its
// order key: the score's bits turned so that signed comparisons of high, then low, order them as numbers (-0 as 0). So
// a descent reads no record unless scores are equal, and a leaf's six.
//
// A full leaf hands entries to a neighbour with room before it splits, which fills leaves to some 82 % under random
// inserts; one that overflows at the tree's right or left edge splits off one entry, so ascending inserts fill them.
//
// Invariants: (1) entries ascend strictly through the leaves, which are linked both ways; (2) a child's count is that of
// the entries under it, COUNT of all; (3) a child's first record and order key are those of the first entry under it;
// (4) nodes off both edges of the tree hold LEAF_MIN or INNER_MIN at least, those on an edge one, only an empty tree's
// leaf none; (5) the top has two children at least, unless it is a leaf.

import { assert, VERIFY } from '../lib/assert.ts';
import { compareBytes } from '../lib/bytes.ts';
import { GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import type { BlockMover } from './block-mover.ts';
import { memberBytes, memberOffset } from './record.ts';
import { highWord, lowWord, orderHigh, orderLow, writeScore } from './score.ts';
import {
  CHILDREN,
  COUNT,
  COUNTS,
  ENTRIES,
  HEIGHT,
  HIGHS,
  INNER_BUILT,
  INNER_MAX,
  INNER_MIN,
  LEAF_BUILT,
  LEAF_BYTES,
  LEAF_BYTES_FIRST,
  LEAF_GIVE_TO,
  LEAF_MAX,
  LEAF_MIN,
  LOWS,
  leafBytes,
  NEXT,
  PREVIOUS,
  RECORDS,
  ROOT_BYTES,
  TOP,
  TreeNodes,
} from './tree-nodes.ts';

/** Levels above the leaves at most: 15 * 12^9 entries are more than there are handles. */
const HEIGHT_MAX = 10;

/** A place between two entries, for walks in both directions. Good until the tree changes. */
export class TreeCursor {
  leaf = NONE;
  index = 0;
}

/** All the ordered trees in one flat memory. */
export class OrderedTree extends TreeNodes {
  /** Records that `removeRun` took out, and how many they are. */
  readonly collected = new Int32Array(LEAF_MAX);
  collectedCount = 0;
  /** The way of the last descent: the node at each level above the leaves, and the index of the child taken. */
  private readonly pathNodes = new Int32Array(HEIGHT_MAX + 1);
  private readonly pathIndexes = new Int32Array(HEIGHT_MAX + 1);
  /** Index in its leaf of the entry that `descendToRank` went to. */
  private rankInLeaf = 0;
  /** What `locate` found. */
  private locatedLeaf = NONE;
  private locatedIndex = 0;
  /** What the comparisons look for: an order key unless `scored` is false, a member unless `membered` is false. */
  private high = 0;
  private low = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private start = 0;
  private end = 0;
  private scored = true;
  private membered = true;
  /** Whether what is equal counts as preceding. */
  private inclusive = false;
  /** A build under way: nodes and those begun, by level; the open node of each. */
  private readonly builtNodes = new Int32Array(HEIGHT_MAX + 2);
  private readonly builtItems = new Int32Array(HEIGHT_MAX + 2);
  private readonly builtClosed = new Int32Array(HEIGHT_MAX + 2);
  private readonly builtOpen = new Int32Array(HEIGHT_MAX + 2);
  private builtHeight = 0;
  private builtCount = 0;
  private builtLast = NONE;
  /** The entry and leaf that `check` came by last. */
  private checkedRecord = NONE;
  private checkedLeaf = NONE;

  /** A new, empty tree; the caller owns its root until `dispose` is done with it. May grow memory. */
  create(): number {
    const root = this.memory.allocate(ROOT_BYTES);
    this.setRoot(root, this.createLeaf(LEAF_BYTES_FIRST), 0, 0);
    return root;
  }

  /** Entries of the tree. */
  count(root: number): number {
    return this.word(root, COUNT);
  }

  /** Adds a record that is not in the tree. May grow memory by a node for each level, and one. */
  insert(root: number, record: number): void {
    this.aimAtRecord(record, false);
    for (;;) {
      const leaf = this.descend(root);
      const words = this.memory.words[leaf >>> SEGMENT_SHIFT]!;
      const at = (leaf & GRANULE_MASK) << 1;
      const count = words[at]!;
      const index = this.precedingInLeaf(words, at);
      const height = this.word(root, HEIGHT);
      if (count < (height > 0 ? LEAF_MAX : this.leafRoom(leaf))) {
        const first = at + ENTRIES;
        for (let place = first + count; place > first + index; place--) words[place] = words[place - 1]!;
        words[first + index] = record;
        words[at] = count + 1;
        this.addCounts(root, height, 1);
        if (index === 0) this.refreshFirst(1, height);
        return;
      }
      this.makeRoom(root, height, leaf, index);
    }
  }

  /** Takes a record of the tree out of it; its score must still be the one that it was inserted with. */
  remove(root: number, record: number): void {
    this.aimAtRecord(record, true);
    const leaf = this.descend(root);
    this.removeFromLeaf(root, leaf, this.indexInLeaf(leaf, record), 1);
  }

  /** Gives a record of the tree another score: in its place where that keeps the order. */
  rescore(root: number, record: number, score: number): void {
    this.aimAtRecord(record, true);
    const leaf = this.descend(root);
    const index = this.indexInLeaf(leaf, record);
    writeScore(this.memory, record, score);
    this.aimAtRecord(record, false);
    if (this.fitsAt(leaf, index)) {
      if (index === 0) this.refreshFirst(1, this.word(root, HEIGHT));
      return;
    }
    // The path is that of the descent still: nothing has moved.
    this.removeFromLeaf(root, leaf, index, 1);
    this.insert(root, record);
  }

  /** Entries before a record of the tree. */
  rank(root: number, record: number): number {
    this.aimAtRecord(record, true);
    let node = this.word(root, TOP);
    let before = 0;
    for (let level = this.word(root, HEIGHT); level > 0; level--) {
      const words = this.memory.words[node >>> SEGMENT_SHIFT]!;
      const at = (node & GRANULE_MASK) << 1;
      const index = this.childIndex(words, at);
      for (let place = at + COUNTS; place < at + COUNTS + index; place++) before += words[place]!;
      node = words[at + CHILDREN + index]!;
    }
    return before + this.indexInLeaf(node, record);
  }

  /** The record with `rank` entries before it; rank is below the count. */
  at(root: number, rank: number): number {
    let node = this.word(root, TOP);
    let left = rank;
    for (let level = this.word(root, HEIGHT); level > 0; level--) {
      const words = this.memory.words[node >>> SEGMENT_SHIFT]!;
      const at = (node & GRANULE_MASK) << 1;
      let index = 0;
      while (left >= words[at + COUNTS + index]!) left -= words[at + COUNTS + index++]!;
      node = words[at + CHILDREN + index]!;
    }
    return this.word(node, ENTRIES + left);
  }

  /** Entries with a lower score; with this one too if `inclusive`. So the rank of a range's first or of what follows. */
  countToScore(root: number, score: number, inclusive: boolean): number {
    this.aimAtScore(score);
    this.scored = true;
    this.membered = false;
    this.inclusive = inclusive;
    return this.preceding(root);
  }

  /** The same by member alone: for trees whose scores are all equal. */
  countToMember(root: number, bytes: Uint8Array, start: number, end: number, inclusive: boolean): number {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.scored = false;
    this.membered = true;
    this.inclusive = inclusive;
    return this.preceding(root);
  }

  /** Puts a cursor before the entry of a rank (0 to the count): `next` gives that entry, `previous` the one before. */
  seek(root: number, rank: number, cursor: TreeCursor): void {
    let node = this.word(root, TOP);
    let left = rank;
    for (let level = this.word(root, HEIGHT); level > 0; level--) {
      const words = this.memory.words[node >>> SEGMENT_SHIFT]!;
      const at = (node & GRANULE_MASK) << 1;
      let index = 0;
      const last = words[at]! - 1;
      while (index < last && left >= words[at + COUNTS + index]!) left -= words[at + COUNTS + index++]!;
      node = words[at + CHILDREN + index]!;
    }
    cursor.leaf = node;
    cursor.index = left;
  }

  /** The record behind the cursor, which passes it; NONE at the end. */
  next(cursor: TreeCursor): number {
    let words = this.memory.words[cursor.leaf >>> SEGMENT_SHIFT]!;
    let at = (cursor.leaf & GRANULE_MASK) << 1;
    if (cursor.index === words[at]!) {
      const leaf = words[at + NEXT]!;
      if (leaf === NONE) return NONE;
      cursor.leaf = leaf;
      cursor.index = 0;
      words = this.memory.words[leaf >>> SEGMENT_SHIFT]!;
      at = (leaf & GRANULE_MASK) << 1;
    }
    return words[at + ENTRIES + cursor.index++]!;
  }

  /** The record before the cursor, which passes it; NONE at the start. */
  previous(cursor: TreeCursor): number {
    let words = this.memory.words[cursor.leaf >>> SEGMENT_SHIFT]!;
    let at = (cursor.leaf & GRANULE_MASK) << 1;
    if (cursor.index === 0) {
      const leaf = words[at + PREVIOUS]!;
      if (leaf === NONE) return NONE;
      cursor.leaf = leaf;
      words = this.memory.words[leaf >>> SEGMENT_SHIFT]!;
      at = (leaf & GRANULE_MASK) << 1;
      cursor.index = words[at]!;
    }
    return words[at + ENTRIES + --cursor.index]!;
  }

  /** Copies the next `count` records behind the cursor to `to`, and passes them; they must be there. */
  nextRun(cursor: TreeCursor, to: Int32Array, count: number): void {
    for (let done = 0; done < count; ) {
      let words = this.memory.words[cursor.leaf >>> SEGMENT_SHIFT]!;
      let at = (cursor.leaf & GRANULE_MASK) << 1;
      if (cursor.index === words[at]!) {
        cursor.leaf = words[at + NEXT]!;
        cursor.index = 0;
        words = this.memory.words[cursor.leaf >>> SEGMENT_SHIFT]!;
        at = (cursor.leaf & GRANULE_MASK) << 1;
      }
      const taken = Math.min(count - done, words[at]! - cursor.index);
      const first = at + ENTRIES + cursor.index;
      for (let index = 0; index < taken; index++) to[done + index] = words[first + index]!;
      cursor.index += taken;
      done += taken;
    }
  }

  /** Copies the `count` records before the cursor to `to`, the nearest first, and passes them; they must be there. */
  previousRun(cursor: TreeCursor, to: Int32Array, count: number): void {
    for (let done = 0; done < count; done++) to[done] = this.previous(cursor);
  }

  /**
   * Takes out up to `count` records from `rank` on, as many as lie in one leaf: they are in `collected`. Returns how many
   * they are, one at least; the caller goes on with the rest at the same rank.
   */
  removeRun(root: number, rank: number, count: number): number {
    const leaf = this.descendToRank(root, rank);
    const words = this.memory.words[leaf >>> SEGMENT_SHIFT]!;
    const at = (leaf & GRANULE_MASK) << 1;
    const index = this.rankInLeaf;
    const taken = Math.min(count, words[at]! - index);
    for (let offset = 0; offset < taken; offset++) this.collected[offset] = words[at + ENTRIES + index + offset]!;
    this.collectedCount = taken;
    this.removeFromLeaf(root, leaf, index, taken);
    return taken;
  }

  // --- moving ---

  /** Looks for a record of the tree, which is about to move. */
  locate(root: number, record: number): void {
    this.aimAtRecord(record, true);
    this.locatedLeaf = this.descend(root);
    this.locatedIndex = this.indexInLeaf(this.locatedLeaf, record);
  }

  /** Says where the record that was just looked for, and is gone from there, lies now. */
  replaceLocated(root: number, record: number): void {
    this.setWord(this.locatedLeaf, ENTRIES + this.locatedIndex, record);
    if (this.locatedIndex === 0) this.refreshFirst(1, this.word(root, HEIGHT));
  }

  /**
   * Moves the leaf with the entry of a rank and the nodes above it. Returns the rank of the next leaf's first entry, 0 behind
   * the last leaf.
   */
  moveNodes(root: number, rank: number, mover: BlockMover): number {
    if (rank > 0 && rank >= this.count(root)) return 0;
    const leaf = this.descendToRank(root, rank);
    let parent = root;
    let word = TOP;
    for (let level = this.word(root, HEIGHT); level > 0; level--) {
      parent = this.moveChild(parent, word, mover);
      word = CHILDREN + this.pathIndexes[level]!;
    }
    const moved = mover.moveBlock(leaf);
    if (moved !== leaf) {
      this.setWord(parent, word, moved);
      const previous = this.word(moved, PREVIOUS);
      const next = this.word(moved, NEXT);
      if (previous !== NONE) this.setWord(previous, NEXT, moved);
      if (next !== NONE) this.setWord(next, PREVIOUS, moved);
    }
    if (this.word(moved, NEXT) === NONE) return 0;
    return rank - this.rankInLeaf + this.word(moved, 0);
  }

  /** Moves an inner node, which a word of what is above names, if it lies in the wrong place; returns it. */
  private moveChild(parent: number, word: number, mover: BlockMover): number {
    const node = this.word(parent, word);
    if (!this.memory.isCondemned(node)) return node;
    const moved = mover.moveBlock(node);
    this.setWord(parent, word, moved);
    return moved;
  }

  // --- building from sorted records ---

  /** Begins a tree of exactly `count` records, to be appended in order. One tree is built at a time. */
  beginBuild(count: number): void {
    this.builtCount = count;
    this.builtLast = NONE;
    let items = count;
    let level = 0;
    for (let most = LEAF_BUILT; ; most = INNER_BUILT) {
      // A sole leaf, or an inner node that would be alone, takes what it can hold.
      const nodes = items <= (level === 0 ? LEAF_MAX : INNER_MAX) ? 1 : Math.ceil(items / most);
      this.builtNodes[level] = nodes;
      this.builtItems[level] = items;
      this.builtClosed[level] = 0;
      this.builtOpen[level] = NONE;
      if (nodes === 1) break;
      items = nodes;
      level++;
    }
    this.builtHeight = level;
  }

  /** Adds a record, which comes after all those before. May grow memory by a node for each level. */
  append(record: number): void {
    let leaf = this.builtOpen[0]!;
    const quota = this.builtQuota(0);
    if (leaf === NONE) {
      leaf = this.createLeaf(this.builtHeight > 0 ? LEAF_BYTES : leafBytes(quota));
      this.builtOpen[0] = leaf;
      this.setWord(leaf, PREVIOUS, this.builtLast);
      if (this.builtLast !== NONE) this.setWord(this.builtLast, NEXT, leaf);
      this.builtLast = leaf;
    }
    const words = this.memory.words[leaf >>> SEGMENT_SHIFT]!;
    const at = (leaf & GRANULE_MASK) << 1;
    const count = words[at]!;
    words[at + ENTRIES + count] = record;
    words[at] = count + 1;
    if (count + 1 === quota) this.closeBuilt(0, count + 1, words[at + ENTRIES]!);
  }

  /** The tree, all of whose records were appended; the caller owns its root. */
  endBuild(): number {
    if (this.builtCount === 0) return this.create();
    assert(this.builtClosed[this.builtHeight] === 1, 'as many records were appended as were announced');
    const root = this.memory.allocate(ROOT_BYTES);
    this.setRoot(root, this.builtOpen[this.builtHeight]!, this.builtHeight, this.builtCount);
    return root;
  }

  /** Items that the open node of a level is to hold: all nodes of a level share them evenly. */
  private builtQuota(level: number): number {
    const items = this.builtItems[level]!;
    const nodes = this.builtNodes[level]!;
    const closed = this.builtClosed[level]!;
    return Math.floor((items * (closed + 1)) / nodes) - Math.floor((items * closed) / nodes);
  }

  private closeBuilt(level: number, entries: number, first: number): void {
    const node = this.builtOpen[level]!;
    this.builtClosed[level]! += 1;
    if (level === this.builtHeight) return;
    this.builtOpen[level] = NONE;
    const above = level + 1;
    const quota = this.builtQuota(above);
    let parent = this.builtOpen[above]!;
    if (parent === NONE) {
      parent = this.createInner();
      this.builtOpen[above] = parent;
    }
    const index = this.word(parent, 0);
    this.setWord(parent, 0, index + 1);
    this.setChild(parent, index, node, entries, first);
    if (index + 1 < quota) return;
    let sum = 0;
    for (let child = 0; child <= index; child++) sum += this.word(parent, COUNTS + child);
    this.closeBuilt(above, sum, this.word(parent, RECORDS));
  }

  // --- freeing ---

  /** Frees a part of an abandoned tree, some 50 nodes at most; false when all of it and its root are gone. */
  dispose(root: number): boolean {
    const height = this.word(root, HEIGHT);
    let node = this.word(root, TOP);
    for (let level = height; level > 0; level--) {
      this.pathNodes[level] = node;
      if (level > 1) node = this.word(node, CHILDREN + this.word(node, 0) - 1);
    }
    if (height === 0) this.memory.free(node);
    else {
      for (let child = this.word(node, 0) - 1; child >= 0; child--) this.memory.free(this.word(node, CHILDREN + child));
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

  /** Bytes of the tree itself, without its records. O(nodes). */
  indexBytes(root: number): number {
    return this.memory.capacity(root) + this.nodeBytes(this.word(root, TOP), this.word(root, HEIGHT));
  }

  private nodeBytes(node: number, level: number): number {
    let bytes = this.memory.capacity(node);
    if (level === 0) return bytes;
    for (let child = this.word(node, 0) - 1; child >= 0; child--) {
      bytes += this.nodeBytes(this.word(node, CHILDREN + child), level - 1);
    }
    return bytes;
  }

  // --- what is looked for, and comparisons ---

  private aimAtScore(score: number): void {
    const high = highWord(score);
    const low = lowWord(score);
    this.high = orderHigh(high, low);
    this.low = orderLow(high, low);
  }

  private aimAtRecord(record: number, inclusive: boolean): void {
    const words = this.memory.words[record >>> SEGMENT_SHIFT]!;
    const word = (record & GRANULE_MASK) << 1;
    const low = words[word + 1]!;
    const high = words[word + 2]!;
    this.high = orderHigh(high, low);
    this.low = orderLow(high, low);
    const lengths = words[word]!;
    this.bytes = this.memory.bytes[record >>> SEGMENT_SHIFT]!;
    this.start = (word << 2) + memberOffset(lengths);
    this.end = this.start + memberBytes(words, word, lengths);
    this.scored = true;
    this.membered = true;
    this.inclusive = inclusive;
  }

  /** Whether a record comes before what is looked for. */
  private precedes(record: number): boolean {
    if (this.scored) {
      const words = this.memory.words[record >>> SEGMENT_SHIFT]!;
      const word = (record & GRANULE_MASK) << 1;
      const low = words[word + 1]!;
      const high = words[word + 2]!;
      const keyHigh = orderHigh(high, low);
      if (keyHigh !== this.high) return keyHigh < this.high;
      const keyLow = orderLow(high, low);
      if (keyLow !== this.low) return keyLow < this.low;
    }
    return this.membered ? this.memberPrecedes(record) : this.inclusive;
  }

  /** The same for the first record of a child, by the order key beside it. */
  private firstPrecedes(words: Int32Array, at: number, index: number): boolean {
    if (this.scored) {
      const high = words[at + HIGHS + index]!;
      if (high !== this.high) return high < this.high;
      const low = words[at + LOWS + index]!;
      if (low !== this.low) return low < this.low;
    }
    return this.membered ? this.memberPrecedes(words[at + RECORDS + index]!) : this.inclusive;
  }

  private memberPrecedes(record: number): boolean {
    const words = this.memory.words[record >>> SEGMENT_SHIFT]!;
    const word = (record & GRANULE_MASK) << 1;
    const lengths = words[word]!;
    const start = (word << 2) + memberOffset(lengths);
    const order = compareBytes(
      this.memory.bytes[record >>> SEGMENT_SHIFT]!,
      start,
      start + memberBytes(words, word, lengths),
      this.bytes,
      this.start,
      this.end,
    );
    return order < 0 || (order === 0 && this.inclusive);
  }

  /** The last child whose first record precedes what is looked for, the first child if none does. */
  private childIndex(words: Int32Array, at: number): number {
    let low = 0;
    let high = words[at]! - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.firstPrecedes(words, at, middle)) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** How many entries of a leaf precede what is looked for. */
  private precedingInLeaf(words: Int32Array, at: number): number {
    let low = 0;
    let high = words[at]!;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.precedes(words[at + ENTRIES + middle]!)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** How many entries of the tree precede what is looked for. */
  private preceding(root: number): number {
    let node = this.word(root, TOP);
    let before = 0;
    for (let level = this.word(root, HEIGHT); level > 0; level--) {
      const words = this.memory.words[node >>> SEGMENT_SHIFT]!;
      const at = (node & GRANULE_MASK) << 1;
      const index = this.childIndex(words, at);
      for (let place = at + COUNTS; place < at + COUNTS + index; place++) before += words[place]!;
      node = words[at + CHILDREN + index]!;
    }
    return before + this.precedingInLeaf(this.memory.words[node >>> SEGMENT_SHIFT]!, (node & GRANULE_MASK) << 1);
  }

  /** The leaf where what is looked for belongs; notes the path. */
  private descend(root: number): number {
    let node = this.word(root, TOP);
    for (let level = this.word(root, HEIGHT); level > 0; level--) {
      const words = this.memory.words[node >>> SEGMENT_SHIFT]!;
      const at = (node & GRANULE_MASK) << 1;
      const index = this.childIndex(words, at);
      this.pathNodes[level] = node;
      this.pathIndexes[level] = index;
      node = words[at + CHILDREN + index]!;
    }
    return node;
  }

  private descendToRank(root: number, rank: number): number {
    let node = this.word(root, TOP);
    let left = rank;
    for (let level = this.word(root, HEIGHT); level > 0; level--) {
      const words = this.memory.words[node >>> SEGMENT_SHIFT]!;
      const at = (node & GRANULE_MASK) << 1;
      let index = 0;
      while (left >= words[at + COUNTS + index]!) left -= words[at + COUNTS + index++]!;
      this.pathNodes[level] = node;
      this.pathIndexes[level] = index;
      node = words[at + CHILDREN + index]!;
    }
    this.rankInLeaf = left;
    return node;
  }

  /** Where in a leaf a record stands: by its handle, so that no other record is read. */
  private indexInLeaf(leaf: number, record: number): number {
    const words = this.memory.words[leaf >>> SEGMENT_SHIFT]!;
    const first = ((leaf & GRANULE_MASK) << 1) + ENTRIES;
    const count = words[first - ENTRIES]!;
    let index = 0;
    while (index < count && words[first + index] !== record) index++;
    assert(index < count, 'the record is in the tree');
    return index;
  }

  /** Whether what is looked for may stand at an index of a leaf; unsure at the leaf's ends, then false. */
  private fitsAt(leaf: number, index: number): boolean {
    const words = this.memory.words[leaf >>> SEGMENT_SHIFT]!;
    const at = (leaf & GRANULE_MASK) << 1;
    if (index === 0) {
      if (words[at + PREVIOUS] !== NONE) return false;
    } else if (!this.precedes(words[at + ENTRIES + index - 1]!)) return false;
    if (index === words[at]! - 1) return words[at + NEXT] === NONE;
    return !this.precedes(words[at + ENTRIES + index + 1]!);
  }

  // --- growing ---

  /** Entries that a sole leaf has room for. */
  private leafRoom(leaf: number): number {
    return Math.min(LEAF_MAX, (this.memory.capacity(leaf) >>> 2) - ENTRIES);
  }

  /**
   * Takes one step towards room in the full leaf at the end of the path: a longer leaf, entries handed to a neighbour, or
   * the split of the topmost full node of the path. `index` is where the new entry belongs.
   */
  private makeRoom(root: number, height: number, leaf: number, index: number): void {
    if (height === 0) {
      if (this.leafRoom(leaf) < LEAF_MAX) this.lengthenLeaf(root, leaf);
      else this.raise(root);
      return;
    }
    const edge = this.edgeOf(leaf, index);
    if (edge === 0 && this.giveToNeighbour(leaf)) return;
    let level = 1;
    while (level <= height && this.word(this.pathNodes[level]!, 0) === INNER_MAX) level++;
    if (level > height) this.raise(root);
    else if (level === 1) this.splitLeaf(this.pathNodes[1]!, this.pathIndexes[1]!, edge);
    else this.splitInner(this.pathNodes[level]!, this.pathIndexes[level]!, edge);
  }

  /** 1 when an index is the end of the last leaf, -1 when it is the start of the first, else 0. */
  private edgeOf(leaf: number, index: number): number {
    if (index === 0) return this.word(leaf, PREVIOUS) === NONE ? -1 : 0;
    return index === this.word(leaf, 0) && this.word(leaf, NEXT) === NONE ? 1 : 0;
  }

  private lengthenLeaf(root: number, leaf: number): void {
    const count = this.word(leaf, 0);
    const longer = this.createLeaf(Math.min(this.memory.capacity(leaf) * 2, LEAF_BYTES));
    this.moveEntries(leaf, 0, longer, 0, count);
    this.setWord(longer, 0, count);
    this.memory.free(leaf);
    this.setWord(root, TOP, longer);
  }

  /** Puts a new top with one child above the present one, which is about to be split. */
  private raise(root: number): void {
    const top = this.word(root, TOP);
    const height = this.word(root, HEIGHT);
    const above = this.createInner();
    this.setWord(above, 0, 1);
    this.setChild(above, 0, top, this.word(root, COUNT), this.word(top, height === 0 ? ENTRIES : RECORDS));
    this.setWord(root, TOP, above);
    this.setWord(root, HEIGHT, height + 1);
    assert(height < HEIGHT_MAX, 'a tree is no higher than its handles allow');
  }

  /** Hands entries of the full leaf at the end of the path to a neighbour with room; false when there is none. */
  private giveToNeighbour(leaf: number): boolean {
    const parent = this.pathNodes[1]!;
    const index = this.pathIndexes[1]!;
    const right = index + 1 < this.word(parent, 0) ? this.word(parent, COUNTS + index + 1) : LEAF_MAX;
    const left = index > 0 ? this.word(parent, COUNTS + index - 1) : LEAF_MAX;
    if (right <= left && right <= LEAF_GIVE_TO) {
      this.shareLeaves(parent, index, leaf, this.word(parent, CHILDREN + index + 1));
    } else if (left <= LEAF_GIVE_TO) {
      this.shareLeaves(parent, index - 1, this.word(parent, CHILDREN + index - 1), leaf);
    } else return false;
    return true;
  }

  // --- shrinking ---

  /** Takes `taken` entries from `index` on out of the leaf at the end of the path. */
  private removeFromLeaf(root: number, leaf: number, index: number, taken: number): void {
    const words = this.memory.words[leaf >>> SEGMENT_SHIFT]!;
    const at = (leaf & GRANULE_MASK) << 1;
    const count = words[at]! - taken;
    const first = at + ENTRIES;
    for (let place = first + index; place < first + count; place++) words[place] = words[place + taken]!;
    words[at] = count;
    const height = this.word(root, HEIGHT);
    this.addCounts(root, height, -taken);
    if (height === 0) return;
    if (index === 0 && count > 0) this.refreshFirst(1, height);
    if (count < LEAF_MIN) this.rebalance(root, height);
  }

  /** Mends the path upwards, from a leaf that has become too small. */
  private rebalance(root: number, height: number): void {
    for (let level = 1; level <= height; level++) {
      const parent = this.pathNodes[level]!;
      const index = this.pathIndexes[level]!;
      const node = this.word(parent, CHILDREN + index);
      const count = this.word(node, 0);
      if (count >= (level === 1 ? LEAF_MIN : INNER_MIN)) break;
      if (this.word(parent, 0) === 1) {
        // An only child, on an edge: it may be small, but not empty.
        if (count > 0) break;
        this.dropChild(parent, 0, level);
        continue;
      }
      const isLast = index + 1 === this.word(parent, 0);
      const merged =
        level === 1
          ? this.joinLeaves(parent, isLast ? index - 1 : index)
          : this.joinInner(parent, isLast ? index - 1 : index);
      // An empty node had no first record; now it has its neighbour's.
      if (count === 0 && !isLast) this.refreshFirst(level, height);
      if (!merged) break;
    }
    this.lower(root);
  }

  /** Takes tops with a single child away. */
  private lower(root: number): void {
    for (let height = this.word(root, HEIGHT); height > 0; height--) {
      const top = this.word(root, TOP);
      if (this.word(top, 0) > 1) return;
      this.setWord(root, TOP, this.word(top, CHILDREN));
      this.setWord(root, HEIGHT, height - 1);
      this.memory.free(top);
    }
  }

  // --- nodes ---

  private setRoot(root: number, top: number, height: number, count: number): void {
    this.setWord(root, TOP, top);
    this.setWord(root, HEIGHT, height);
    this.setWord(root, COUNT, count);
    this.setWord(root, 3, 0);
  }

  /** Adds to the counts along the path, and to the tree's. */
  private addCounts(root: number, height: number, by: number): void {
    for (let level = 1; level <= height; level++) {
      const node = this.pathNodes[level]!;
      this.memory.words[node >>> SEGMENT_SHIFT]![((node & GRANULE_MASK) << 1) + COUNTS + this.pathIndexes[level]!]! +=
        by;
    }
    this.memory.words[root >>> SEGMENT_SHIFT]![((root & GRANULE_MASK) << 1) + COUNT]! += by;
  }

  /** Writes anew what the path says of first records, from the child taken at `level` upwards. */
  private refreshFirst(from: number, height: number): void {
    for (let level = from; level <= height; level++) {
      const node = this.pathNodes[level]!;
      const index = this.pathIndexes[level]!;
      const child = this.word(node, CHILDREN + index);
      this.setFirst(node, index, this.word(child, level === 1 ? ENTRIES : RECORDS));
      if (index > 0) return;
    }
  }

  // --- checking ---

  /** Walks the tree whole; asserts the invariants. */
  check(root: number): void {
    const height = this.word(root, HEIGHT);
    const top = this.word(root, TOP);
    this.checkedRecord = NONE;
    this.checkedLeaf = NONE;
    assert(height === 0 || this.word(top, 0) > 1, 'a top that is no leaf has children (5)');
    assert(this.checkNode(top, height, true, true) === this.word(root, COUNT), 'COUNT is the count (2)');
    assert(this.word(this.checkedLeaf, NEXT) === NONE, 'the last leaf has no next (1)');
  }

  private checkNode(node: number, level: number, onLeft: boolean, onRight: boolean): number {
    if (level === 0) return this.checkLeaf(node, onLeft, onRight);
    const count = this.word(node, 0);
    const least = onLeft || onRight ? 1 : INNER_MIN;
    assert(count >= least && count <= INNER_MAX, 'an inner node has a fair number of children (4)');
    let entries = 0;
    for (let index = 0; index < count; index++) {
      const child = this.word(node, CHILDREN + index);
      const first = this.word(node, RECORDS + index);
      assert(this.word(child, level === 1 ? ENTRIES : RECORDS) === first, 'the first record is the first (3)');
      this.aimAtRecord(first, false);
      assert(this.word(node, HIGHS + index) === this.high, 'the order key is that of the first record (3)');
      assert(this.word(node, LOWS + index) === this.low, 'the order key is that of the first record (3)');
      const under = this.checkNode(child, level - 1, onLeft && index === 0, onRight && index === count - 1);
      assert(under === this.word(node, COUNTS + index), 'a count is that of the entries under a child (2)');
      entries += under;
    }
    return entries;
  }

  private checkLeaf(leaf: number, onLeft: boolean, onRight: boolean): number {
    const count = this.word(leaf, 0);
    const least = onLeft && onRight ? 0 : onLeft || onRight ? 1 : LEAF_MIN;
    assert(count >= least && count <= LEAF_MAX, 'a leaf has a fair number of entries (4)');
    assert(this.word(leaf, PREVIOUS) === this.checkedLeaf, 'leaves are linked (1)');
    if (this.checkedLeaf !== NONE) assert(this.word(this.checkedLeaf, NEXT) === leaf, 'leaves are linked (1)');
    this.checkedLeaf = leaf;
    for (let index = 0; index < count; index++) {
      const record = this.word(leaf, ENTRIES + index);
      if (VERIFY) this.memory.checkLive(record, 12);
      this.aimAtRecord(record, false);
      if (this.checkedRecord !== NONE) assert(this.precedes(this.checkedRecord), 'entries ascend (1)');
      this.checkedRecord = record;
    }
    return count;
  }
}
