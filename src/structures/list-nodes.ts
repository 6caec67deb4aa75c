// The nodes of a list of packs (quicklist.ts): blocks of flat memory that hold a listpack, or one long item, and know
// their neighbours.
//
//   root    [HEAD, TAIL, COUNT: two words, low first, NODES]                                       5 words
//   node    [PREVIOUS, NEXT, BYTES, entries: 16 bits | offset: 16 bits], then the room             4 words
//
//   offset < COMPRESSED   the content lies in the room from there on, BYTES long
//   offset = COMPRESSED   the room holds [bytes: 1 word][LZF stream], which makes BYTES bytes
//   entries = 0           the content is one item as it is ("plain"); otherwise a listpack
//
// A pack may have free room on both of its sides, so that pushes and pops at either end of a list move nothing but the
// header of six bytes. (Redis moves the whole pack when its front changes.)
//
// Invariants: (1) NEXT and PREVIOUS agree, HEAD has no previous, TAIL no next; (2) NODES and COUNT are sums; (3) the
// content lies within the block; a pack is valid, its header says BYTES and the entries of the node.

import { assert } from '../lib/assert.ts';
import { copyBytes } from '../lib/bytes.ts';
import { decompressLzf, Lzf } from '../lib/lzf.ts';
import { FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import type { BlockMover } from './block-mover.ts';
import { ListPlaces } from './list-places.ts';
import { type Listpack, PACK_EMPTY_BYTES, PACK_HEADER_BYTES } from './listpack.ts';
import type { NodeGuard } from './node-guard.ts';

const HEAD = 0;
const TAIL = 1;
const COUNT_LOW = 2;
const COUNT_HIGH = 3;
const NODES = 4;
const ROOT_BYTES = 20;

const PREVIOUS = 0;
const NEXT = 1;
const BYTES = 2;
const SHAPE = 3;
/** Bytes of a node before its room. */
export const NODE_HEADER_BYTES = 16;

const ENTRIES_MASK = 0xffff;
const OFFSET_SHIFT = 16;
const COMPRESSED = 0xffff;

/** Entries that a pack in a node may have: what 16 bits hold, and its header knows. */
export const NODE_ENTRIES_MAX = 65534;

/** Shorter contents are not compressed, as in Redis: the header of the stream eats the gain. */
const COMPRESS_BYTES_MIN = 48;
/** Longer ones neither: a list may have to expand a node when it is told to shrink, and the reserve that deletes draw on
 *  is made of blocks of so many bytes. */
const COMPRESS_BYTES_MAX = 65536 - NODE_HEADER_BYTES;
/** What compression must save to be worth it, as in Redis. */
const COMPRESS_GAIN_MIN = 8;

/** Pops look whether a node's block is too long for it at every sixteenth entry. */
const SHRINK_CHECK_MASK = 15;

const EMPTY = new Uint8Array(0);
const EMPTY_VIEW = new DataView(EMPTY.buffer);

/** Makes, links, edits and compresses nodes. */
export class ListNodes {
  /** The content that `load` or `splice` left: it starts at bytes[start], `length` long. Valid until memory changes. */
  bytes: Uint8Array = EMPTY;
  start = 0;
  length = 0;
  /** A view of `bytes`, after `load`. */
  view: DataView = EMPTY_VIEW;
  readonly memory: FlatMemory;
  readonly listpack: Listpack;
  /** Told of nodes while point-in-time walks go on. */
  guard: NodeGuard | null = null;
  /** Where nodes of long lists are; told of what is linked, unlinked and moved, and of changed inner nodes. */
  readonly places = new ListPlaces();
  /** The node at which a walk in slices goes on, NONE behind the last: where that node is freed, the one behind it. So it
   *  is never a node that is not there, whatever becomes of its list. */
  mark = NONE;
  private readonly lzf = new Lzf();
  /** Where compressed nodes are expanded to be read, and streams are made. */
  private expanded = EMPTY;
  private expandedView: DataView = EMPTY_VIEW;
  private stream = EMPTY;

  constructor(memory: FlatMemory, listpack: Listpack) {
    this.memory = memory;
    this.listpack = listpack;
  }

  // --- the root ---

  createRoot(): number {
    const root = this.memory.allocate(ROOT_BYTES);
    const word = (root & GRANULE_MASK) << 1;
    this.memory.words[root >>> SEGMENT_SHIFT]!.fill(0, word, word + ROOT_BYTES / 4);
    return root;
  }

  head(root: number): number {
    return this.memory.words[root >>> SEGMENT_SHIFT]![(root & GRANULE_MASK) << 1]!;
  }

  tail(root: number): number {
    return this.memory.words[root >>> SEGMENT_SHIFT]![((root & GRANULE_MASK) << 1) + TAIL]!;
  }

  /** Entries of the list: beyond 2^31 in lists of small numbers, which take two bytes each. */
  count(root: number): number {
    const words = this.memory.words[root >>> SEGMENT_SHIFT]!;
    const word = (root & GRANULE_MASK) << 1;
    const high = words[word + COUNT_HIGH]!;
    const low = words[word + COUNT_LOW]!;
    return high === 0 && low >= 0 ? low : high * 0x1_0000_0000 + (low >>> 0);
  }

  addCount(root: number, difference: number): void {
    const words = this.memory.words[root >>> SEGMENT_SHIFT]!;
    const word = (root & GRANULE_MASK) << 1;
    const low = (words[word + COUNT_LOW]! >>> 0) + difference;
    if (low < 0) words[word + COUNT_HIGH]! -= 1;
    else if (low >= 0x1_0000_0000) words[word + COUNT_HIGH]! += 1;
    words[word + COUNT_LOW] = low | 0;
  }

  nodeCount(root: number): number {
    return this.memory.words[root >>> SEGMENT_SHIFT]![((root & GRANULE_MASK) << 1) + NODES]!;
  }

  // --- one node ---

  previous(node: number): number {
    return this.memory.words[node >>> SEGMENT_SHIFT]![(node & GRANULE_MASK) << 1]!;
  }

  next(node: number): number {
    return this.memory.words[node >>> SEGMENT_SHIFT]![((node & GRANULE_MASK) << 1) + NEXT]!;
  }

  /** Bytes of a node's content, expanded. */
  bytesOf(node: number): number {
    return this.memory.words[node >>> SEGMENT_SHIFT]![((node & GRANULE_MASK) << 1) + BYTES]!;
  }

  /** Entries of a pack, 0 in a plain node. */
  packEntries(node: number): number {
    return this.memory.words[node >>> SEGMENT_SHIFT]![((node & GRANULE_MASK) << 1) + SHAPE]! & ENTRIES_MASK;
  }

  /** List items that a node holds. */
  items(node: number): number {
    const entries = this.packEntries(node);
    return entries === 0 ? 1 : entries;
  }

  isPlain(node: number): boolean {
    return this.packEntries(node) === 0;
  }

  isCompressed(node: number): boolean {
    return (
      this.memory.words[node >>> SEGMENT_SHIFT]![((node & GRANULE_MASK) << 1) + SHAPE]! >>> OFFSET_SHIFT === COMPRESSED
    );
  }

  /** Whether a node is neither the first nor the last of its list. */
  private isInner(node: number): boolean {
    return this.previous(node) !== NONE && this.next(node) !== NONE;
  }

  /** A node without neighbours and content, with room for `room` bytes. `entries` 0 makes it plain. May grow memory. */
  create(bytes: number, entries: number, room: number): number {
    const node = this.memory.allocate(NODE_HEADER_BYTES + Math.max(room, bytes));
    const words = this.memory.words[node >>> SEGMENT_SHIFT]!;
    const word = (node & GRANULE_MASK) << 1;
    words[word + PREVIOUS] = NONE;
    words[word + NEXT] = NONE;
    words[word + BYTES] = bytes;
    words[word + SHAPE] = entries;
    this.load(node);
    return node;
  }

  /** A plain node of text[start..end). May grow memory. */
  createPlain(text: Uint8Array, start: number, end: number): number {
    const node = this.create(end - start, 0, 0);
    copyBytes(text, start, end, this.bytes, this.start);
    return node;
  }

  /** A node with a pack of the one entry text[start..end). May grow memory. */
  createPack(text: Uint8Array, start: number, end: number): number {
    const bytes = PACK_EMPTY_BYTES + this.listpack.entryBytes(text, start, end);
    const node = this.create(bytes, 1, 0);
    this.listpack.write(this.bytes, this.start + PACK_HEADER_BYTES, text, start, end);
    this.listpack.setHeader(this.bytes, this.start, bytes, 1);
    return node;
  }

  /** Points `bytes`, `start` and `length` at a node's content; at a copy when it is compressed, until the next such. */
  load(node: number): void {
    const words = this.memory.words[node >>> SEGMENT_SHIFT]!;
    const word = (node & GRANULE_MASK) << 1;
    const offset = words[word + SHAPE]! >>> OFFSET_SHIFT;
    this.length = words[word + BYTES]!;
    if (offset !== COMPRESSED) {
      this.bytes = this.memory.bytes[node >>> SEGMENT_SHIFT]!;
      this.view = this.memory.views[node >>> SEGMENT_SHIFT]!;
      this.start = (word << 2) + NODE_HEADER_BYTES + offset;
      return;
    }
    if (this.expanded.length < this.length) {
      this.expanded = new Uint8Array(this.length);
      this.expandedView = new DataView(this.expanded.buffer);
    }
    this.expandTo(node, this.expanded, 0);
    this.bytes = this.expanded;
    this.view = this.expandedView;
    this.start = 0;
  }

  /** Points `bytes`, `start` and `length` at the LZF stream of a compressed node, which makes `bytesOf` bytes. */
  loadStream(node: number): void {
    const word = (node & GRANULE_MASK) << 1;
    this.bytes = this.memory.bytes[node >>> SEGMENT_SHIFT]!;
    this.start = (word << 2) + NODE_HEADER_BYTES + 4;
    this.length = this.memory.words[node >>> SEGMENT_SHIFT]![word + 4]!;
  }

  /** Puts a node between two neighbours, either of which may be NONE. */
  link(root: number, node: number, previous: number, next: number): void {
    this.places.forget(root);
    this.setWord(node, PREVIOUS, previous);
    this.setWord(node, NEXT, next);
    if (previous === NONE) this.setWord(root, HEAD, node);
    else this.setWord(previous, NEXT, node);
    if (next === NONE) this.setWord(root, TAIL, node);
    else this.setWord(next, PREVIOUS, node);
    this.setWord(root, NODES, this.nodeCount(root) + 1);
  }

  /** Takes a node out of its list and frees it. */
  remove(root: number, node: number): void {
    this.places.forget(root);
    const previous = this.previous(node);
    const next = this.next(node);
    if (previous === NONE) this.setWord(root, HEAD, next);
    else this.setWord(previous, NEXT, next);
    if (next === NONE) this.setWord(root, TAIL, previous);
    else this.setWord(next, PREVIOUS, previous);
    this.setWord(root, NODES, this.nodeCount(root) - 1);
    this.release(node);
  }

  /**
   * Replaces `removed` bytes at offset `at` of a node's content by `inserted` unspecified ones, and says how many entries
   * the pack has then. Returns the node, another one when it had to move; `bytes`, `start` and `length` are its content.
   * `limit` is what the room should not exceed without need. May grow memory.
   */
  splice(
    root: number,
    node: number,
    at: number,
    removed: number,
    inserted: number,
    entries: number,
    limit: number,
  ): number {
    if (this.isCompressed(node))
      return this.splice(root, this.expand(root, node), at, removed, inserted, entries, limit);
    const { memory } = this;
    const words = memory.words[node >>> SEGMENT_SHIFT]!;
    const word = (node & GRANULE_MASK) << 1;
    const room = memory.capacity(node) - NODE_HEADER_BYTES;
    const offset = words[word + SHAPE]! >>> OFFSET_SHIFT;
    const before = words[word + BYTES]!;
    const length = before - removed + inserted;
    if (length > room || (removed > inserted && FlatMemory.capacityFor(NODE_HEADER_BYTES + length) * 2 <= room)) {
      return this.move(root, node, at, removed, inserted, entries, limit);
    }
    if (this.guard !== null) this.guard.beforeChange(node);
    if (this.isInner(node) && (inserted !== removed || (words[word + SHAPE]! & ENTRIES_MASK) !== entries))
      this.places.forget(root);
    const grown = inserted - removed;
    const front = at;
    const back = before - at - removed;
    // The shorter part moves, if there is room on its side; else both do, and share the room evenly.
    let to = offset;
    if (front < back && offset >= grown && offset - grown < COMPRESSED) to = offset - grown;
    else if (offset + length > room)
      to = offset >= grown && room - length < 16 ? offset - grown : (room - length) >>> 1;
    if (to >= COMPRESSED) to = offset;
    const bytes = memory.bytes[node >>> SEGMENT_SHIFT]!;
    const base = (word << 2) + NODE_HEADER_BYTES;
    // Whichever part moves first must not run over the other.
    if (to < offset) copyBytes(bytes, base + offset, base + offset + front, bytes, base + to);
    const from = base + offset + at + removed;
    const target = base + to + at + inserted;
    if (from !== target) copyBytes(bytes, from, from + back, bytes, target);
    if (to > offset) copyBytes(bytes, base + offset, base + offset + front, bytes, base + to);
    words[word + BYTES] = length;
    words[word + SHAPE] = (to << OFFSET_SHIFT) | entries;
    this.bytes = bytes;
    this.start = base + to;
    this.length = length;
    return node;
  }

  /**
   * The common case of a push, in one piece (a third of what `splice` and the rest cost): an entry of `size` bytes at an
   * end of the list whose node is a pack with room on that side. False, and nothing done, otherwise.
   */
  pushWithin(
    root: number,
    atTail: boolean,
    text: Uint8Array,
    start: number,
    end: number,
    size: number,
    bytesMax: number,
    entriesMax: number,
  ): boolean {
    const { memory, listpack } = this;
    const node = memory.words[root >>> SEGMENT_SHIFT]![((root & GRANULE_MASK) << 1) + (atTail ? TAIL : HEAD)]!;
    if (node === NONE) return false;
    const words = memory.words[node >>> SEGMENT_SHIFT]!;
    const word = (node & GRANULE_MASK) << 1;
    const shape = words[word + SHAPE]!;
    const entries = shape & ENTRIES_MASK;
    const offset = shape >>> OFFSET_SHIFT;
    const length = words[word + BYTES]! + size;
    if (entries === 0 || entries >= entriesMax || length > bytesMax || offset === COMPRESSED) return false;
    if (atTail ? offset + length > memory.capacity(node) - NODE_HEADER_BYTES : offset < size) return false;
    if (this.guard !== null) this.guard.beforeChange(node);
    let base = (word << 2) + NODE_HEADER_BYTES + offset;
    let at = base + length - size - 1;
    if (atTail) words[word + SHAPE] = shape + 1;
    else {
      words[word + SHAPE] = ((offset - size) << OFFSET_SHIFT) | (entries + 1);
      base -= size;
      at = base + PACK_HEADER_BYTES;
    }
    words[word + BYTES] = length;
    const bytes = memory.bytes[node >>> SEGMENT_SHIFT]!;
    listpack.write(bytes, at, text, start, end);
    listpack.setHeader(bytes, base, length, entries + 1);
    this.addCount(root, 1);
    return true;
  }

  /**
   * The common case of a pop, in one piece: from an end of the list whose node is a pack of several entries. False, and
   * nothing done, otherwise, and now and then, so that `splice` may find that the pack should move to a shorter block.
   */
  popWithin(root: number, atTail: boolean): boolean {
    const { memory, listpack } = this;
    const node = memory.words[root >>> SEGMENT_SHIFT]![((root & GRANULE_MASK) << 1) + (atTail ? TAIL : HEAD)]!;
    const words = memory.words[node >>> SEGMENT_SHIFT]!;
    const word = (node & GRANULE_MASK) << 1;
    const shape = words[word + SHAPE]!;
    const entries = shape & ENTRIES_MASK;
    const offset = shape >>> OFFSET_SHIFT;
    if ((entries & SHRINK_CHECK_MASK) === 0 || entries === 1 || offset === COMPRESSED) return false;
    if (this.guard !== null) this.guard.beforeChange(node);
    const bytes = memory.bytes[node >>> SEGMENT_SHIFT]!;
    const base = (word << 2) + NODE_HEADER_BYTES + offset;
    const length = words[word + BYTES]!;
    if (atTail) {
      const left = listpack.previous(bytes, base, base + length - 1) + 1 - base;
      words[word + BYTES] = left;
      words[word + SHAPE] = shape - 1;
      listpack.setHeader(bytes, base, left, entries - 1);
    } else {
      const size = listpack.sizeAt(bytes, base + PACK_HEADER_BYTES);
      if (offset + size >= COMPRESSED) return false;
      words[word + BYTES] = length - size;
      words[word + SHAPE] = ((offset + size) << OFFSET_SHIFT) | (entries - 1);
      listpack.setHeader(bytes, base + size, length - size, entries - 1);
    }
    this.addCount(root, -1);
    return true;
  }

  /** Writes the header of the pack that `splice` left. */
  sealPack(entries: number): void {
    this.listpack.setHeader(this.bytes, this.start, this.length, entries);
  }

  /** Compresses a node if that is worth it; returns the node, perhaps another. */
  compress(root: number, node: number): number {
    const length = this.bytesOf(node);
    if (length < COMPRESS_BYTES_MIN || length > COMPRESS_BYTES_MAX || this.isCompressed(node)) return node;
    if (this.stream.length < length) this.stream = new Uint8Array(length);
    this.load(node);
    const { bytes, start } = this;
    const packed = this.lzf.compress(bytes, start, start + length, this.stream, 0, length - COMPRESS_GAIN_MIN);
    if (packed === 0) return node;
    const { memory } = this;
    const compressed = memory.allocate(NODE_HEADER_BYTES + 4 + packed);
    const words = memory.words[compressed >>> SEGMENT_SHIFT]!;
    const word = (compressed & GRANULE_MASK) << 1;
    words[word + BYTES] = length;
    words[word + SHAPE] = (COMPRESSED << OFFSET_SHIFT) | this.packEntries(node);
    words[word + 4] = packed;
    copyBytes(this.stream, 0, packed, memory.bytes[compressed >>> SEGMENT_SHIFT]!, (word << 2) + NODE_HEADER_BYTES + 4);
    this.replace(root, node, compressed);
    return compressed;
  }

  /** Expands a compressed node for good; returns the node, perhaps another. May grow memory. */
  expand(root: number, node: number): number {
    if (!this.isCompressed(node)) return node;
    const { memory } = this;
    const length = this.bytesOf(node);
    const raw = memory.allocate(NODE_HEADER_BYTES + length);
    const words = memory.words[raw >>> SEGMENT_SHIFT]!;
    const word = (raw & GRANULE_MASK) << 1;
    words[word + BYTES] = length;
    words[word + SHAPE] = this.packEntries(node);
    this.expandTo(node, memory.bytes[raw >>> SEGMENT_SHIFT]!, (word << 2) + NODE_HEADER_BYTES);
    this.replace(root, node, raw);
    return raw;
  }

  /** A copy of a node, without slack, linked behind the last of another list. May grow memory. */
  appendCopy(root: number, node: number): void {
    const { memory } = this;
    const compressed = this.isCompressed(node);
    const word = (node & GRANULE_MASK) << 1;
    const used = compressed ? 4 + memory.words[node >>> SEGMENT_SHIFT]![word + 4]! : this.bytesOf(node);
    const copy = memory.allocate(NODE_HEADER_BYTES + used);
    const from = memory.words[node >>> SEGMENT_SHIFT]!;
    const offset = compressed ? 0 : from[word + SHAPE]! >>> OFFSET_SHIFT;
    const to = memory.words[copy >>> SEGMENT_SHIFT]!;
    const copyWord = (copy & GRANULE_MASK) << 1;
    to[copyWord + BYTES] = from[word + BYTES]!;
    to[copyWord + SHAPE] = compressed ? from[word + SHAPE]! : from[word + SHAPE]! & ENTRIES_MASK;
    const start = (word << 2) + NODE_HEADER_BYTES + offset;
    copyBytes(
      memory.bytes[node >>> SEGMENT_SHIFT]!,
      start,
      start + used,
      memory.bytes[copy >>> SEGMENT_SHIFT]!,
      (copyWord << 2) + NODE_HEADER_BYTES,
    );
    this.link(root, copy, this.tail(root), NONE);
    this.addCount(root, this.items(node));
  }

  /** Asserts (3) of one node, whose content is then loaded. */
  check(node: number): void {
    this.memory.checkLive(node, NODE_HEADER_BYTES);
    this.load(node);
    if (!this.isCompressed(node)) {
      const end = this.start + this.length - ((node & GRANULE_MASK) << 3);
      assert(end <= this.memory.capacity(node), 'the content lies within the block (3)');
    }
    if (this.isPlain(node)) return;
    assert(this.listpack.validate(this.bytes, this.start, this.length), 'a pack is valid (3)');
    assert(
      this.listpack.count(this.bytes, this.start) === this.packEntries(node),
      "a node knows its pack's entries (3)",
    );
  }

  /** The part of `splice` that needs another block: an eighth to a half longer than the content, on the side that grows. */
  private move(
    root: number,
    node: number,
    at: number,
    removed: number,
    inserted: number,
    entries: number,
    limit: number,
  ): number {
    this.load(node);
    const { bytes, start, length: before } = this;
    const length = before - removed + inserted;
    const growing = inserted > removed;
    const wanted = growing ? Math.min(length + (length >>> 1), limit) : length;
    const moved = this.memory.allocate(NODE_HEADER_BYTES + Math.max(wanted, length));
    const words = this.memory.words[moved >>> SEGMENT_SHIFT]!;
    const word = (moved & GRANULE_MASK) << 1;
    const slack = this.memory.capacity(moved) - NODE_HEADER_BYTES - length;
    const back = before - at - removed;
    const offset = growing && at < back && entries > 0 ? Math.min(slack, COMPRESSED - 1) : 0;
    words[word + BYTES] = length;
    words[word + SHAPE] = (offset << OFFSET_SHIFT) | entries;
    const to = this.memory.bytes[moved >>> SEGMENT_SHIFT]!;
    const base = (word << 2) + NODE_HEADER_BYTES + offset;
    copyBytes(bytes, start, start + at, to, base);
    copyBytes(bytes, start + at + removed, start + before, to, base + at + inserted);
    this.replace(root, node, moved);
    this.load(moved);
    return moved;
  }

  /** Puts another block in a node's place, and frees the old one. */
  private replace(root: number, node: number, other: number): void {
    const previous = this.previous(node);
    const next = this.next(node);
    if (previous !== NONE && next !== NONE) this.places.forget(root);
    this.setWord(other, PREVIOUS, previous);
    this.setWord(other, NEXT, next);
    if (previous === NONE) this.setWord(root, HEAD, other);
    else this.setWord(previous, NEXT, other);
    if (next === NONE) this.setWord(root, TAIL, other);
    else this.setWord(next, PREVIOUS, other);
    this.release(node);
  }

  /** To be called before a node's content is changed other than by what this has. */
  beforeChange(node: number): void {
    if (this.guard !== null) this.guard.beforeChange(node);
  }

  /** Moves a list's root, and returns it. */
  moveRoot(root: number, mover: BlockMover): number {
    const moved = mover.moveBlock(root);
    if (moved !== root) this.places.forgetAll();
    return moved;
  }

  /** Moves the marked node, if it is one of this list or in the middle of another, and marks the next. */
  moveMarked(root: number, mover: BlockMover): void {
    const node = this.mark;
    const previous = this.previous(node);
    const next = this.next(node);
    this.mark = next;
    // The list may have gone since, and another one come in its place: its root names other ends.
    if (previous === NONE && this.head(root) !== node) return;
    if (next === NONE && this.tail(root) !== node) return;
    const moved = mover.moveBlock(node);
    if (moved === node) return;
    this.places.forgetAll();
    if (previous === NONE) this.setWord(root, HEAD, moved);
    else this.setWord(previous, NEXT, moved);
    if (next === NONE) this.setWord(root, TAIL, moved);
    else this.setWord(next, PREVIOUS, moved);
  }

  /** Frees a node that is in no list any more. */
  private release(node: number): void {
    if (node === this.mark) this.mark = this.next(node);
    if (this.guard === null || !this.guard.keeps(node)) this.memory.free(node);
  }

  private expandTo(node: number, to: Uint8Array, at: number): void {
    const word = (node & GRANULE_MASK) << 1;
    const packed = this.memory.words[node >>> SEGMENT_SHIFT]![word + 4]!;
    const from = (word << 2) + NODE_HEADER_BYTES + 4;
    const stream = this.memory.bytes[node >>> SEGMENT_SHIFT]!;
    const whole = decompressLzf(stream, from, from + packed, to, at, this.bytesOf(node));
    assert(whole, 'what was compressed expands again');
  }

  private setWord(handle: number, index: number, value: number): void {
    this.memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + index] = value;
  }
}
