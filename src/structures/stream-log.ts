// The log of a stream: its entries in blocks (stream-blocks.ts), found by id through a tree (id-tree.ts), and what a stream
// remembers of ids.
//
//   root   [TREE, LENGTH, LAST_BLOCK, GROUPS, PRODUCERS, FIRST_AT,
//           last id: 4, first id: 4, greatest removed id: 4, entries ever added: 2]        20 words
//
// GROUPS and PRODUCERS are for who keeps consumer groups (stream-groups.ts) and producers (stream-producers.ts).
//
// Entries are only ever added behind all others, so that only the last block grows. When the next one begins, it is cut
// to its length. A new block gets the room that the one before needed: streams are regular.
//
// Invariants: (1) the tree has a block under its master id, ascending, and every block's entries are from its master id on
// and before the next; (2) LENGTH counts the entries not removed, and a block without any is freed; (3) first id is that
// of the first entry not removed, 0-0 without any; (4) no entry's id is above the last id; (5) LAST_BLOCK is the tree's
// last block, NONE when it is empty; (6) FIRST_AT is how far behind the first entry of the first block another one begins,
// before which all are removed: trimming entry by entry does not come by them again.

import { assert } from '../lib/assert.ts';
import { type FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import type { BlockMover } from './block-mover.ts';
import { IdCursor, IdTree } from './id-tree.ts';
import { BLOCK_HEAD_BYTES, REMOVED, StreamBlocks } from './stream-blocks.ts';
import { ID_WORDS, StreamId } from './stream-id.ts';
import { StreamWalk } from './stream-walk.ts';

const TREE = 0;
const LENGTH = 1;
const LAST_BLOCK = 2;
export const GROUPS = 3;
export const PRODUCERS = 4;
const FIRST_AT = 5;
export const LAST_ID = 6;
export const FIRST_ID = 10;
export const REMOVED_ID = 14;
const ADDED = 18;
const ROOT_WORDS = 20;
const ROOT_BYTES = ROOT_WORDS * 4;

/** The longest listpack that a block holds, as in Redis: elements that are longer together are refused. */
export const BLOCK_BYTES_MAX = 1 << 30;
/** Blocks that `radixNodes` looks at. */
const RADIX_BLOCKS_MAX = 10_000;
/** Bytes of an id in Redis's radix tree. */
const ID_BYTES = 16;
/** Blocks freed by one step of `disposeLog`. */
const DISPOSED_BLOCKS = 32;

/** All the streams' logs in one flat memory. */
export class StreamLog {
  /** stream-node-max-bytes and -entries: a block is closed once it has so many. 0: no limit. */
  blockBytesMax = 4096;
  blockEntriesMax = 100;
  readonly memory: FlatMemory;
  readonly blocks: StreamBlocks;
  readonly tree: IdTree;
  private readonly master = new StreamId();
  private readonly id = new StreamId();
  private readonly from = new StreamId();
  private readonly max = new StreamId();
  private readonly cursor = new IdCursor();
  private readonly edge: StreamWalk;
  /** What `locate` found: block and offset of the entry. */
  private block = NONE;
  private entry = 0;

  constructor(memory: FlatMemory) {
    this.memory = memory;
    this.blocks = new StreamBlocks(memory);
    this.tree = new IdTree(memory, ID_WORDS, 1);
    this.edge = this.walk();
    this.max.setMax();
  }

  /** A new, empty stream; the caller owns its root. May grow memory. */
  create(): number {
    const root = this.memory.allocate(ROOT_BYTES);
    const at = (root & GRANULE_MASK) << 1;
    this.memory.words[root >>> SEGMENT_SHIFT]!.fill(0, at, at + ROOT_WORDS);
    const tree = this.tree.create();
    this.setWord(root, TREE, tree);
    return root;
  }

  /** A walk of its own. */
  walk(): StreamWalk {
    return new StreamWalk(this.blocks, this.tree);
  }

  /** Begins a walk before the entries from `from` to `to`, both included. */
  begin(walk: StreamWalk, root: number, from: StreamId, to: StreamId, backwards: boolean): void {
    walk.begin(this.word(root, TREE), from, to, backwards);
  }

  length(root: number): number {
    return this.word(root, LENGTH) >>> 0;
  }

  /** Reads one of the ids in the root: LAST_ID, FIRST_ID, REMOVED_ID. */
  readId(root: number, which: number, id: StreamId): void {
    id.load(this.memory.words[root >>> SEGMENT_SHIFT]!, ((root & GRANULE_MASK) << 1) + which);
  }

  setId(root: number, which: number, id: StreamId): void {
    id.store(this.memory.words[root >>> SEGMENT_SHIFT]!, ((root & GRANULE_MASK) << 1) + which);
  }

  /** Entries ever added, two halves. */
  addedLow(root: number): number {
    return this.word(root, ADDED);
  }

  addedHigh(root: number): number {
    return this.word(root, ADDED + 1);
  }

  setAdded(root: number, high: number, low: number): void {
    this.setWord(root, ADDED, low);
    this.setWord(root, ADDED + 1, high);
  }

  blockCount(root: number): number {
    return this.tree.count(this.word(root, TREE));
  }

  /**
   * Nodes of the radix tree that Redis would keep the master ids in, as XINFO STREAM tells them: a leaf for each, one for
   * each place where ids part, one for each run of bytes between. Beyond RADIX_BLOCKS_MAX blocks an estimate.
   */
  radixNodes(root: number): number {
    const { tree, cursor, id, from } = this;
    const index = this.word(root, TREE);
    const blocks = tree.count(index);
    if (blocks === 0) return 1;
    // Depths at which the ids up to here part from what came before, outermost first.
    const open: number[] = [];
    let nodes = 0;
    let seen = 0;
    let previousLeaf = -1;
    for (let more = tree.first(index, cursor); more && seen < RADIX_BLOCKS_MAX; more = tree.next(cursor), seen++) {
      tree.readId(cursor, id);
      if (seen > 0) {
        const depth = sharedBytes(from, id);
        nodes += runNodes(Math.max(depth, previousLeaf), ID_BYTES);
        while (open.length > 0 && open.at(-1)! > depth) {
          const inner = open.pop()!;
          nodes += 1 + runNodes(Math.max(depth, open.at(-1) ?? -1), inner);
        }
        if (open.at(-1) !== depth) open.push(depth);
        previousLeaf = depth;
      }
      from.set(id);
    }
    nodes += seen + runNodes(previousLeaf, ID_BYTES);
    while (open.length > 0) {
      const inner = open.pop()!;
      nodes += 1 + runNodes(open.at(-1) ?? -1, inner);
    }
    return seen === blocks ? nodes : Math.round((nodes / seen) * blocks);
  }

  /**
   * Adds an entry behind all others: id is above the last id; fields and values are arguments [from, to), `bytes` of them in
   * all. May grow memory by some three times that, and a block.
   */
  append(
    root: number,
    id: StreamId,
    source: Uint8Array,
    starts: Int32Array,
    ends: Int32Array,
    from: number,
    to: number,
    bytes: number,
  ): void {
    const { blocks } = this;
    const last = this.word(root, LAST_BLOCK);
    if (last !== NONE && this.hasRoom(last, bytes)) {
      blocks.readMaster(last, this.master);
      const growTo = this.grownCapacity(last, bytes);
      const moved = blocks.append(last, this.master, id, source, starts, ends, from, to, growTo);
      if (moved !== last) this.moved(root, this.master, moved);
    } else {
      let capacity = 0;
      if (last !== NONE) {
        // The next block will be as long, unless this entry is unlike the others.
        capacity = BLOCK_HEAD_BYTES + blocks.packBytes(last);
        if (bytes * 4 > capacity) capacity = 0;
        const sealed = blocks.seal(last);
        blocks.readMaster(sealed, this.master);
        if (sealed !== last) this.moved(root, this.master, sealed);
      }
      const block = blocks.create(id, source, starts, ends, from, to, capacity);
      this.insertBlock(root, id, block);
    }
    const length = this.length(root);
    this.setWord(root, LENGTH, length + 1);
    if (length === 0) this.setId(root, FIRST_ID, id);
    this.setId(root, LAST_ID, id);
    const low = (this.word(root, ADDED) + 1) | 0;
    this.setWord(root, ADDED, low);
    if (low === 0) this.setWord(root, ADDED + 1, (this.word(root, ADDED + 1) + 1) | 0);
  }

  /** Puts a block, which the stream owns from now on, behind all others, without counting its entries. */
  private insertBlock(root: number, master: StreamId, block: number): void {
    const { tree } = this;
    const index = this.word(root, TREE);
    tree.aim(master);
    assert(!tree.find(index), 'a block begins behind all others (1)');
    tree.insertFound(index);
    tree.setValue(tree.found, 0, block);
    this.setWord(root, LAST_BLOCK, block);
  }

  /**
   * Adds a whole block behind all others: a valid listpack (stream-block-validator.ts), which is copied, with `entries` that
   * are not removed. The ids of the root are the caller's to set, `sealLoaded` ends it. May grow memory.
   */
  appendBlock(root: number, master: StreamId, bytes: Uint8Array, start: number, end: number, entries: number): void {
    this.insertBlock(root, master, this.blocks.load(master, bytes, start, end));
    this.setWord(root, LENGTH, this.length(root) + entries);
  }

  /** After the last `appendBlock`: finds out the id of the first entry. */
  sealLoaded(root: number): void {
    this.refreshFirst(root);
  }

  /** The tree of a stream's blocks: from master id to the block. */
  treeOf(root: number): number {
    return this.word(root, TREE);
  }

  /** Whether an entry with this id is there. */
  has(root: number, id: StreamId): boolean {
    return this.locate(root, id);
  }

  /** Takes an entry out, and remembers its id when `remember`; false when there is none. May grow memory by a block. */
  remove(root: number, id: StreamId, remember: boolean): boolean {
    if (!this.locate(root, id)) return false;
    const { blocks, tree, block } = this;
    const length = this.length(root) - 1;
    this.setWord(root, LENGTH, length);
    if (blocks.count(block) === 1) {
      blocks.readMaster(block, this.master);
      this.dropBlock(root, this.master, block);
    } else {
      blocks.beforeChange(block);
      blocks.bytesOf(block)[this.entry]! |= REMOVED;
      const moved = blocks.addRemoved(block, 1);
      if (moved !== block) {
        blocks.readMaster(moved, this.master);
        this.moved(root, this.master, moved);
      }
    }
    this.readId(root, FIRST_ID, this.from);
    if (length === 0 || this.from.compare(id) === 0) this.refreshFirst(root);
    if (remember) {
      this.readId(root, REMOVED_ID, this.from);
      if (id.compare(this.from) > 0) this.setId(root, REMOVED_ID, id);
    }
    assert(tree.count(this.word(root, TREE)) > 0 || length === 0, 'entries lie in blocks');
    return true;
  }

  /**
   * Takes the oldest entries out: down to `length` of them, or those before `before` where that is given. With `approximate`
   * only whole blocks; at most `limit` entries then (0: any number). Returns how many went.
   */
  trim(root: number, length: number, before: StreamId | null, approximate: boolean, limit: number): number {
    const { blocks, tree, cursor, id, master } = this;
    const index = this.word(root, TREE);
    let removed = 0;
    while (tree.first(index, cursor)) {
      const left = this.length(root);
      if (before === null && left <= length) break;
      const block = tree.value(cursor, 0);
      const count = blocks.count(block);
      if (limit > 0 && removed + count > limit) break;
      tree.readId(cursor, master);
      let goesWhole = left - count >= length;
      if (before !== null) {
        this.readLastOf(block, id);
        goesWhole = id.compare(before) < 0;
      }
      if (goesWhole) {
        this.setWord(root, LENGTH, left - count);
        this.dropBlock(root, master, block);
        removed += count;
        continue;
      }
      const within = approximate ? 0 : this.trimBlock(root, block, left - length, before);
      if (within > 0) return removed + within;
      break;
    }
    if (removed > 0) this.refreshFirst(root);
    return removed;
  }

  /** How many entries lie in the whole blocks that an approximate `trim` of this kind would look at. */
  trimmable(root: number, length: number, before: StreamId | null, limit: number): number {
    const { blocks, tree, cursor, id } = this;
    let left = this.length(root);
    let found = 0;
    for (let more = tree.first(this.word(root, TREE), cursor); more; more = tree.next(cursor)) {
      const block = tree.value(cursor, 0);
      const count = blocks.count(block);
      if (before === null && (left <= length || left - count < length)) break;
      if (limit > 0 && found + count > limit) break;
      if (before !== null) {
        this.readLastOf(block, id);
        if (id.compare(before) >= 0) break;
      }
      left -= count;
      found += count;
    }
    return found;
  }

  /** Bytes of the last block; 0 without any. */
  lastBlockBytes(root: number): number {
    const last = this.word(root, LAST_BLOCK);
    return last === NONE ? 0 : this.memory.capacity(last);
  }

  /** Reads the id of the first entry; false when there is none. */
  first(root: number, id: StreamId): boolean {
    this.beginFirst(root);
    const found = this.edge.next();
    if (found) id.set(this.edge.id);
    return found;
  }

  /** Begins the walk `edge` before the first entry. */
  private beginFirst(root: number): void {
    this.from.setMin();
    this.begin(this.edge, root, this.from, this.max, false);
    this.edge.skip(this.word(root, FIRST_AT));
  }

  /** Reads the id of the first entry, removed ones included, that a block still has; the greatest id without any. */
  firstKept(root: number, id: StreamId): void {
    if (this.tree.first(this.word(root, TREE), this.cursor)) this.tree.readId(this.cursor, id);
    else id.setMax();
  }

  /** Reads the id of the last entry; false when there is none. */
  last(root: number, id: StreamId): boolean {
    this.from.setMin();
    this.begin(this.edge, root, this.from, this.max, true);
    const found = this.edge.next();
    if (found) id.set(this.edge.id);
    return found;
  }

  /** Frees some blocks of an abandoned stream; false when all are gone, and their tree. The root stays. */
  disposeLog(root: number): boolean {
    const { tree, cursor, id } = this;
    const index = this.word(root, TREE);
    if (index === NONE) return false;
    for (let left = DISPOSED_BLOCKS; left > 0; left--) {
      if (!tree.last(index, cursor)) {
        while (tree.dispose(index));
        this.setWord(root, TREE, NONE);
        return false;
      }
      this.blocks.free(tree.value(cursor, 0));
      tree.readId(cursor, id);
      tree.aim(id);
      tree.find(index);
      tree.removeFound(index);
    }
    return true;
  }

  freeRoot(root: number): void {
    this.memory.free(root);
  }

  /** A copy of a stream's log, without groups and producers. May grow memory. */
  copy(root: number): number {
    const { tree, blocks, cursor, id } = this;
    const made = this.create();
    const from = this.word(root, TREE);
    for (let more = tree.first(from, cursor); more; more = tree.next(cursor)) {
      tree.readId(cursor, id);
      this.insertBlock(made, id, blocks.copy(tree.value(cursor, 0)));
    }
    this.setWord(made, LENGTH, this.word(root, LENGTH));
    for (let word = LAST_ID; word < ROOT_WORDS; word++) this.setWord(made, word, this.word(root, word));
    return made;
  }

  /** Bytes of a stream's root, blocks and tree. O(blocks). */
  bytes(root: number): number {
    const { tree, memory, cursor } = this;
    const index = this.word(root, TREE);
    let bytes = memory.capacity(root) + tree.bytes(index);
    for (let more = tree.first(index, cursor); more; more = tree.next(cursor)) {
      bytes += memory.capacity(tree.value(cursor, 0));
    }
    return bytes;
  }

  /**
   * Moves the block at or after the id that `tree.key` is. Makes the master id of the next block the one that is looked for;
   * false behind the last block.
   */
  moveBlock(root: number, mover: BlockMover): boolean {
    const { tree, cursor } = this;
    if (!tree.seek(this.word(root, TREE), cursor)) return false;
    const block = tree.value(cursor, 0);
    const moved = mover.moveBlock(block);
    if (moved !== block) {
      tree.setValue(cursor, 0, moved);
      if (this.word(root, LAST_BLOCK) === block) this.setWord(root, LAST_BLOCK, moved);
    }
    if (!tree.next(cursor)) return false;
    for (let word = 0; word < ID_WORDS; word++) tree.key[word] = tree.keyWord(cursor, word);
    return true;
  }

  /** Moves the root of the tree, and the root itself, which it returns. */
  moveRoot(root: number, mover: BlockMover): number {
    this.setWord(root, TREE, mover.moveBlock(this.word(root, TREE)));
    return mover.moveBlock(root);
  }

  /** Walks a log whole; asserts its invariants. */
  check(root: number): void {
    const { tree, blocks, cursor, id, master } = this;
    const index = this.word(root, TREE);
    this.memory.checkLive(root, ROOT_BYTES);
    tree.check(index);
    let length = 0;
    let last = NONE;
    for (let more = tree.first(index, cursor); more; more = tree.next(cursor)) {
      last = tree.value(cursor, 0);
      length += blocks.check(last);
      tree.readId(cursor, id);
      blocks.readMaster(last, master);
      assert(id.compare(master) === 0, 'a block stands under its master id (1)');
    }
    assert(last === this.word(root, LAST_BLOCK), 'the last block is known (5)');
    assert(length === this.length(root), 'entries are counted (2)');
    this.checkIds(root);
  }

  private checkIds(root: number): void {
    const { edge, id, from } = this;
    from.setMin();
    this.begin(edge, root, from, this.max, false);
    const previous = new StreamId();
    let seen = 0;
    for (; edge.next(); seen++) {
      if (seen > 0) assert(previous.compare(edge.id) < 0, 'ids ascend (1)');
      else {
        this.readId(root, FIRST_ID, id);
        assert(id.compare(edge.id) === 0, 'the first id is known (3)');
      }
      previous.set(edge.id);
    }
    assert(seen === this.length(root), 'a walk comes by all entries');
    assert(seen === 0 || this.isFirst(root), 'no entry lies before where the first one is looked for (6)');
    this.readId(root, LAST_ID, id);
    assert(previous.compare(id) <= 0, 'no id is above the last one (4)');
    this.begin(edge, root, from, this.max, true);
    while (edge.next()) seen--;
    assert(seen === 0, 'and so it does backwards');
    if (this.length(root) > 0) return;
    this.readId(root, FIRST_ID, id);
    assert(id.isZero(), 'without entries the first id is 0-0 (3)');
  }

  private isFirst(root: number): boolean {
    this.readId(root, FIRST_ID, this.id);
    this.beginFirst(root);
    return this.edge.next() && this.edge.id.compare(this.id) === 0;
  }

  // --- parts ---

  word(handle: number, index: number): number {
    return this.memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + index]!;
  }

  setWord(handle: number, index: number, value: number): void {
    this.memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + index] = value;
  }

  private hasRoom(block: number, bytes: number): boolean {
    const { blocks, blockBytesMax, blockEntriesMax } = this;
    const bytesMax = blockBytesMax === 0 || blockBytesMax > BLOCK_BYTES_MAX ? BLOCK_BYTES_MAX : blockBytesMax;
    if (blocks.packBytes(block) + bytes >= bytesMax) return false;
    return blockEntriesMax === 0 || blocks.count(block) + blocks.removedCount(block) < blockEntriesMax;
  }

  /** What a block that is too short is made to hold: a quarter more and the entry, but no more than it may. */
  private grownCapacity(block: number, bytes: number): number {
    const length = this.blocks.packBytes(block);
    const wanted = BLOCK_HEAD_BYTES + length + (length >>> 2) + bytes;
    const most = this.blockBytesMax === 0 ? wanted : BLOCK_HEAD_BYTES + this.blockBytesMax + bytes;
    return Math.min(wanted, most);
  }

  private moved(root: number, master: StreamId, block: number): void {
    const { tree } = this;
    const last = this.word(root, LAST_BLOCK);
    tree.aim(master);
    const there = tree.find(this.word(root, TREE));
    assert(there, 'a block is found by its master id (1)');
    if (tree.value(tree.found, 0) === last) this.setWord(root, LAST_BLOCK, block);
    tree.setValue(tree.found, 0, block);
  }

  private dropBlock(root: number, master: StreamId, block: number): void {
    const { tree, cursor } = this;
    const index = this.word(root, TREE);
    tree.aim(master);
    const there = tree.find(index);
    assert(there, 'a block is found by its master id (1)');
    tree.removeFound(index);
    this.blocks.free(block);
    // It may have been the first.
    this.setWord(root, FIRST_AT, 0);
    if (block !== this.word(root, LAST_BLOCK)) return;
    this.setWord(root, LAST_BLOCK, tree.last(index, cursor) ? tree.value(cursor, 0) : NONE);
  }

  private refreshFirst(root: number): void {
    if (this.length(root) === 0 || !this.first(root, this.id)) this.id.setMin();
    else this.setWord(root, FIRST_AT, this.edge.offset());
    this.setId(root, FIRST_ID, this.id);
  }

  /** Finds the entry of an id that is not removed: `block` and `entry`. */
  private locate(root: number, id: StreamId): boolean {
    const { edge } = this;
    this.begin(edge, root, id, id, false);
    if (!edge.next()) return false;
    this.block = edge.block;
    this.entry = edge.at;
    return true;
  }

  /** The id of a block's last entry, removed or not. */
  private readLastOf(block: number, id: StreamId): void {
    const { blocks } = this;
    const bytes = blocks.bytesOf(block);
    const pack = blocks.packOf(block);
    let at = blocks.listpack.last(bytes, pack);
    for (let left = blocks.smallAt(bytes, at); left > 0; left--) at = blocks.listpack.previous(bytes, pack, at);
    blocks.readMaster(block, this.from);
    blocks.readId(bytes, at, this.from, id);
  }

  /**
   * Removes the first entries of a block, and the block when only removed ones are left. Returns how many went; if any did,
   * the root's first id is right.
   */
  private trimBlock(root: number, block: number, count: number, before: StreamId | null): number {
    const { edge, blocks } = this;
    this.beginFirst(root);
    let removed = 0;
    blocks.beforeChange(block);
    let isLeft = edge.next();
    while (isLeft && edge.block === block && (before === null ? removed < count : edge.id.compare(before) < 0)) {
      blocks.bytesOf(block)[edge.at]! |= REMOVED;
      removed++;
      isLeft = edge.next();
    }
    if (removed === 0) return 0;
    // The walk has come by what was removed: another one from the beginning would cost as much again.
    if (!isLeft) this.id.setMin();
    this.setId(root, FIRST_ID, isLeft ? edge.id : this.id);
    if (isLeft && edge.block === block) this.setWord(root, FIRST_AT, edge.offset());
    this.setWord(root, LENGTH, this.length(root) - removed);
    blocks.readMaster(block, this.master);
    // Its last entry may be an id that is to stay and was removed before.
    if (removed === blocks.count(block)) {
      this.dropBlock(root, this.master, block);
      return removed;
    }
    const moved = blocks.addRemoved(block, removed);
    if (moved !== block) this.moved(root, this.master, moved);
    return removed;
  }
}

/** Bytes that two ids have in common at their beginning. */
function sharedBytes(one: StreamId, other: StreamId): number {
  if (one.msHigh !== other.msHigh) return Math.clz32(one.msHigh ^ other.msHigh) >> 3;
  if (one.msLow !== other.msLow) return 4 + (Math.clz32(one.msLow ^ other.msLow) >> 3);
  if (one.seqHigh !== other.seqHigh) return 8 + (Math.clz32(one.seqHigh ^ other.seqHigh) >> 3);
  return 12 + (Math.clz32(one.seqLow ^ other.seqLow) >> 3);
}

/** Whether bytes lie between a parting (-1: the beginning) and the next one or a leaf: these are one node together. */
function runNodes(depth: number, next: number): number {
  return next - depth - 1 > 0 ? 1 : 0;
}
