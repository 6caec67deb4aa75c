// The list of packs ("quicklist"): a doubly linked list whose nodes hold some hundred entries each in a listpack, or a
// single long item as it is. Nodes are drawn in list-nodes.ts.
//
// Pushes and pops at both ends cost no more than the entry; a place in the middle is found by the nodes' entry counts.
// With `compressDepth` n all but n nodes at each end are compressed by LZF; reading expands into a scratch, changing
// expands the node and compresses it again when the change is done.
//
// There is one cursor: `seek`, `next` and `previous` move it, and leave its item in `listpack.bytes[start..end)`. Any
// change but those made through the cursor (`insert…`, `replace`) ends its validity.
//
// Invariants: those of list-nodes.ts, and (4) no node is empty; (5) compressed nodes are further than compressDepth from
// both ends, where compressDepth was not raised since the list changed its nodes.

import { assert, VERIFY } from '../lib/assert.ts';
import { copyBytes, equalBytes } from '../lib/bytes.ts';
import { type FlatMemory, NONE } from '../memory/flat-memory.ts';
import { ListNodes, NODE_ENTRIES_MAX, NODE_HEADER_BYTES } from './list-nodes.ts';
import { PLACE_MARKS_MAX, PLACED_ITEMS_MAX } from './list-places.ts';
import { type Listpack, PACK_EMPTY_BYTES, PACK_HEADER_BYTES } from './listpack.ts';

/** Bytes that a pack limited by its entries may have, as in Redis. */
const COUNTED_PACK_BYTES_MAX = 8192;
/** Entries and nodes that one step of `dispose` frees, about. */
const DISPOSE_ENTRIES = 512;
const DISPOSE_NODES = 64;
/** Lists of so many nodes get marks for places in their middle. */
const PLACED_NODES_MIN = 16;

/** All the lists of packs in one flat memory. */
export class Quicklist {
  /** list-compress-depth; 0: nothing is compressed. */
  compressDepth = 0;
  /** Items of so many bytes get a node of their own; 0: those that are longer than a pack may be. For tests, as in Redis. */
  packedThreshold = 0;
  readonly nodes: ListNodes;
  readonly listpack: Listpack;
  private readonly memory: FlatMemory;
  /** list-max-listpack-size: what a pack with more than one entry may have, and the longest item in a pack. */
  private packBytesMax = 0;
  private packEntriesMax = 0;
  private itemBytesMax = 0;
  /** The cursor: its node, the node's content, the item's place. In a plain node `at` is -1. */
  private node = NONE;
  private bytes: Uint8Array;
  private view: DataView;
  private pack = 0;
  private at = 0;
  /** Place in its node of the item that `findNode` found. */
  private indexInNode = 0;
  /** Whether `findNode` found a node that has a mark. */
  private isMarked = false;
  /** Nodes that `walkToNode` passed. */
  private steps = 0;
  /** What `place` and `insertAt` worked on. */
  private left = NONE;
  private middle = NONE;
  private right = NONE;

  constructor(memory: FlatMemory, listpack: Listpack) {
    this.memory = memory;
    this.listpack = listpack;
    this.nodes = new ListNodes(memory, listpack);
    this.bytes = this.nodes.bytes;
    this.view = this.nodes.view;
    this.limitPacks(-2);
  }

  /** Takes list-max-listpack-size: -1 to -5 are 4, 8, 16, 32, 64 KB, positive ones a number of entries. */
  limitPacks(packSizeMax: number): void {
    const bytes = packBytesLimit(packSizeMax);
    this.itemBytesMax = bytes === 0 ? COUNTED_PACK_BYTES_MAX : bytes;
    // With its header a full node is as long as the limit, which is a size of block without loss.
    this.packBytesMax = this.itemBytesMax - NODE_HEADER_BYTES;
    this.packEntriesMax = packEntriesLimit(packSizeMax);
  }

  /** A new, empty list; the caller owns its root until `dispose`. May grow memory. */
  create(): number {
    return this.nodes.createRoot();
  }

  count(root: number): number {
    return this.nodes.count(root);
  }

  nodeCount(root: number): number {
    return this.nodes.nodeCount(root);
  }

  // --- the ends ---

  /** Adds an item at the tail. The text must not lie in the list. May grow memory. */
  pushTail(root: number, text: Uint8Array, start: number, end: number): void {
    const { nodes } = this;
    if (this.pushShort(root, true, text, start, end)) return;
    nodes.addCount(root, 1);
    const tail = nodes.tail(root);
    if (tail !== NONE && this.addToPack(root, tail, true, text, start, end) !== NONE) return;
    nodes.link(root, this.createNode(text, start, end), tail, NONE);
    this.settle(root);
  }

  /** Adds an item at the head. The text must not lie in the list. May grow memory. */
  pushHead(root: number, text: Uint8Array, start: number, end: number): void {
    const { nodes } = this;
    if (this.pushShort(root, false, text, start, end)) return;
    nodes.addCount(root, 1);
    const head = nodes.head(root);
    if (head !== NONE && this.addToPack(root, head, false, text, start, end) !== NONE) return;
    nodes.link(root, this.createNode(text, start, end), NONE, head);
    this.settle(root);
  }

  /** Takes the first item away. */
  removeHead(root: number): void {
    const { nodes } = this;
    if (nodes.popWithin(root, false)) return;
    const head = nodes.head(root);
    nodes.addCount(root, -1);
    const entries = nodes.packEntries(head);
    if (entries <= 1) {
      nodes.remove(root, head);
      this.settle(root);
      return;
    }
    nodes.load(head);
    const size = this.listpack.sizeAt(nodes.bytes, nodes.start + PACK_HEADER_BYTES);
    nodes.splice(root, head, PACK_HEADER_BYTES, size, 0, entries - 1, this.packBytesMax);
    nodes.sealPack(entries - 1);
  }

  /** Takes the last item away. */
  removeTail(root: number): void {
    const { nodes } = this;
    if (nodes.popWithin(root, true)) return;
    const tail = nodes.tail(root);
    nodes.addCount(root, -1);
    const entries = nodes.packEntries(tail);
    if (entries <= 1) {
      nodes.remove(root, tail);
      this.settle(root);
      return;
    }
    nodes.load(tail);
    const end = nodes.start + nodes.length - 1;
    const at = this.listpack.previous(nodes.bytes, nodes.start, end);
    nodes.splice(root, tail, at - nodes.start, end - at, 0, entries - 1, this.packBytesMax);
    nodes.sealPack(entries - 1);
  }

  // --- the cursor ---

  /** Puts the cursor on item `index` (0 ≤ index < count) and reads it. O(nodes) to the nearer end. */
  seek(root: number, index: number): void {
    this.isMarked = false;
    this.enter(this.findNode(root, index));
    if (this.at >= 0) {
      if (this.isMarked) this.seekMarked();
      else this.at = this.listpack.seek(this.bytes, this.pack, this.indexInNode);
    }
    this.read();
  }

  /** Goes to entry `indexInNode` of a marked node: from its ends, or from the entry asked for last if that is nearer. */
  private seekMarked(): void {
    const { listpack, bytes, pack, indexInNode } = this;
    const { places } = this.nodes;
    const last = places.entryIndex();
    let steps = indexInNode - last;
    const fromEnd = Math.min(indexInNode, this.nodes.packEntries(this.node) - 1 - indexInNode);
    if (last < 0 || Math.abs(steps) > fromEnd) this.at = listpack.seek(bytes, pack, indexInNode);
    else {
      let at = pack + places.entryOffset();
      for (; steps > 0; steps--) at = listpack.next(bytes, at);
      for (; steps < 0; steps++) at = listpack.previous(bytes, pack, at);
      if (VERIFY) assert(at === listpack.seek(bytes, pack, indexInNode), 'the entry asked for last is where it was');
      this.at = at;
    }
    places.noteEntry(indexInNode, this.at - pack);
  }

  /** Puts the cursor on the first or on the last item, of which there is one, and reads it. */
  seekEnd(root: number, atTail: boolean): void {
    const { nodes } = this;
    this.enter(atTail ? nodes.tail(root) : nodes.head(root));
    if (this.at >= 0 && atTail) this.at = this.listpack.last(this.bytes, this.pack);
    this.read();
  }

  /** Moves the cursor to the next item and reads it; false behind the last one. */
  next(): boolean {
    if (this.at >= 0) {
      const at = this.listpack.next(this.bytes, this.at);
      if (!this.listpack.isEnd(this.bytes, at)) {
        this.at = at;
        this.listpack.read(this.bytes, at);
        return true;
      }
    }
    const next = this.nodes.next(this.node);
    if (next === NONE) return false;
    this.enter(next);
    this.read();
    return true;
  }

  /** Moves the cursor to the item before and reads it; false before the first one. */
  previous(): boolean {
    if (this.at >= 0) {
      const at = this.listpack.previous(this.bytes, this.pack, this.at);
      if (at >= 0) {
        this.at = at;
        this.listpack.read(this.bytes, at);
        return true;
      }
    }
    const previous = this.nodes.previous(this.node);
    if (previous === NONE) return false;
    this.enter(previous);
    if (this.at >= 0) this.at = this.listpack.last(this.bytes, this.pack);
    this.read();
    return true;
  }

  /** A view of the cursor's item, at the same places as `listpack.bytes`. */
  itemView(): DataView {
    return this.listpack.isInteger ? this.listpack.digitsView : this.view;
  }

  /** Whether the cursor's item is text[start..end). */
  matches(text: Uint8Array, start: number, end: number): boolean {
    if (this.at >= 0) return this.listpack.equals(this.bytes, this.at, text, start, end);
    const { listpack } = this;
    return equalBytes(listpack.bytes, listpack.start, listpack.end, text, start, end);
  }

  /** Adds an item before the cursor's, whose validity ends. The text must not lie in the list. May grow memory. */
  insertBefore(root: number, text: Uint8Array, start: number, end: number): void {
    const { node, nodes } = this;
    if (this.at >= 0) this.insertAt(root, node, this.at - this.pack, text, start, end);
    else this.place(root, nodes.previous(node), node, text, start, end);
    this.settlePlaced(root);
  }

  /** Adds an item after the cursor's, whose validity ends. The text must not lie in the list. May grow memory. */
  insertAfter(root: number, text: Uint8Array, start: number, end: number): void {
    const { node, nodes } = this;
    if (this.at >= 0) {
      const behind = this.listpack.next(this.bytes, this.at);
      this.insertAt(root, node, behind - this.pack, text, start, end);
    } else this.place(root, node, nodes.next(node), text, start, end);
    this.settlePlaced(root);
  }

  /** Puts another item in the place of the cursor's, whose validity ends. May grow memory. */
  replace(root: number, text: Uint8Array, start: number, end: number): void {
    const { nodes, listpack, node } = this;
    if (this.at >= 0 && !this.isLong(end - start)) {
      const at = this.at - this.pack;
      const entries = nodes.packEntries(node);
      const old = listpack.sizeAt(this.bytes, this.at);
      const size = listpack.entryBytes(text, start, end);
      if (entries === 1 || size <= old || this.fits(entries - 1, nodes.bytesOf(node) - old, 1, size)) {
        const spliced = nodes.splice(root, node, at, old, size, entries, this.packBytesMax);
        listpack.write(nodes.bytes, nodes.start + at, text, start, end);
        nodes.sealPack(entries);
        this.settleNode(root, spliced);
        return;
      }
    }
    this.replaceApart(root, text, start, end);
    this.settlePlaced(root);
  }

  // --- ranges and searches ---

  /** Removes `count` items from item `index` on, all of which exist. O(nodes) to find them, O(nodes removed). */
  removeRange(root: number, index: number, count: number): void {
    if (count === 0) return;
    const { nodes } = this;
    let node = this.findNode(root, index);
    let first = this.indexInNode;
    let left = count;
    while (left > 0) {
      const next = nodes.next(node);
      const items = nodes.items(node);
      const taken = Math.min(items - first, left);
      if (taken === items) nodes.remove(root, node);
      else this.settleNode(root, this.removeEntries(root, node, first, taken));
      left -= taken;
      first = 0;
      node = next;
    }
    nodes.addCount(root, -count);
    this.settle(root);
  }

  /**
   * Removes up to `max` items that equal text[start..end), from the head or from the tail on. Returns how many. The text
   * must not lie in the list.
   */
  removeEqual(root: number, text: Uint8Array, start: number, end: number, max: number, fromTail: boolean): number {
    const { nodes } = this;
    let node = fromTail ? nodes.tail(root) : nodes.head(root);
    let removed = 0;
    while (node !== NONE && removed < max) {
      const following = fromTail ? nodes.previous(node) : nodes.next(node);
      const inNode = this.removeEqualIn(root, node, text, start, end, max - removed, fromTail);
      removed += inNode;
      node = following;
    }
    if (removed > 0) {
      nodes.addCount(root, -removed);
      this.settle(root);
    }
    return removed;
  }

  // --- whole lists ---

  /** Adds a whole pack at the tail, as a node of its own; a pack beyond what a node can count as single items. */
  appendPack(root: number, bytes: Uint8Array, start: number, end: number): void {
    const { nodes, listpack } = this;
    const entries = listpack.count(bytes, start);
    if (entries === 0) return;
    if (entries > NODE_ENTRIES_MAX) {
      for (let at = start + PACK_HEADER_BYTES; !listpack.isEnd(bytes, at); at = listpack.next(bytes, at)) {
        listpack.read(bytes, at);
        this.pushTail(root, listpack.bytes, listpack.start, listpack.end);
      }
      return;
    }
    const node = nodes.create(end - start, entries, 0);
    copyBytes(bytes, start, end, nodes.bytes, nodes.start);
    nodes.link(root, node, nodes.tail(root), NONE);
    nodes.addCount(root, entries);
    this.settle(root);
  }

  /** Bytes of the only pack of a list that has just one node; 0 when it has more, or a plain one. */
  onlyPackBytes(root: number): number {
    const { nodes } = this;
    if (nodes.nodeCount(root) !== 1 || nodes.isPlain(nodes.head(root))) return 0;
    return nodes.bytesOf(nodes.head(root));
  }

  /** Copies the only pack of a list to `to` at `at`. */
  copyOnlyPack(root: number, to: Uint8Array, at: number): void {
    const { nodes } = this;
    nodes.load(nodes.head(root));
    copyBytes(nodes.bytes, nodes.start, nodes.start + nodes.length, to, at);
  }

  /** A list with the same items; the caller owns it. May grow memory by `copyBytes`. */
  duplicate(root: number): number {
    const { nodes } = this;
    const copy = nodes.createRoot();
    for (let node = nodes.head(root); node !== NONE; node = nodes.next(node)) nodes.appendCopy(copy, node);
    return copy;
  }

  /** Bytes of all blocks. O(nodes). */
  usedBytes(root: number): number {
    const { nodes, memory } = this;
    let bytes = memory.capacity(root);
    for (let node = nodes.head(root); node !== NONE; node = nodes.next(node)) bytes += memory.capacity(node);
    return bytes;
  }

  /** Frees some hundred entries of a list that nobody uses any more; false when all is gone, its root too. */
  dispose(root: number): boolean {
    const { nodes } = this;
    let entries = 0;
    for (let freed = 0; freed < DISPOSE_NODES && entries < DISPOSE_ENTRIES; freed++) {
      const node = nodes.tail(root);
      if (node === NONE) {
        this.memory.free(root);
        return false;
      }
      entries += nodes.items(node);
      nodes.remove(root, node);
    }
    return true;
  }

  /** Walks a list whole; asserts the invariants. */
  check(root: number): void {
    const { nodes } = this;
    let count = 0;
    let seen = 0;
    let previous = NONE;
    const nodeCount = nodes.nodeCount(root);
    for (let node = nodes.head(root); node !== NONE; node = nodes.next(node)) {
      assert(nodes.previous(node) === previous, 'neighbours agree (1)');
      nodes.check(node);
      const items = nodes.items(node);
      assert(nodes.isPlain(node) || nodes.packEntries(node) > 0, 'no node is empty (4)');
      if (nodes.isCompressed(node)) {
        const isDeep = seen >= this.compressDepth && seen < nodeCount - this.compressDepth;
        assert(this.compressDepth === 0 || isDeep, 'the ends are not compressed (5)');
      }
      count += items;
      seen++;
      previous = node;
    }
    assert(nodes.tail(root) === previous, 'the tail ends the list (1)');
    assert(seen === nodeCount && count === nodes.count(root), 'nodes and items are counted (2)');
  }

  // --- inside ---

  /** Adds an item at an end where the pack there has room for it; false, and nothing done, otherwise. Allocates nothing. */
  pushShort(root: number, atTail: boolean, text: Uint8Array, start: number, end: number): boolean {
    if (this.isLong(end - start)) return false;
    const size = this.listpack.entryBytes(text, start, end);
    return this.nodes.pushWithin(root, atTail, text, start, end, size, this.packBytesMax, this.packEntriesMax);
  }

  private isLong(length: number): boolean {
    return this.packedThreshold === 0 ? length > this.itemBytesMax : length >= this.packedThreshold;
  }

  /** Whether a pack of so many entries and bytes takes so many more. Plain nodes (no entries) take none. */
  private fits(entries: number, bytes: number, moreEntries: number, moreBytes: number): boolean {
    return entries > 0 && entries + moreEntries <= this.packEntriesMax && bytes + moreBytes <= this.packBytesMax;
  }

  private createNode(text: Uint8Array, start: number, end: number): number {
    if (this.isLong(end - start)) return this.nodes.createPlain(text, start, end);
    return this.nodes.createPack(text, start, end);
  }

  private read(): void {
    const { listpack } = this;
    if (this.at >= 0) {
      listpack.read(this.bytes, this.at);
      return;
    }
    listpack.isInteger = false;
    listpack.bytes = this.bytes;
    listpack.start = this.pack;
    listpack.end = this.pack + this.nodes.length;
  }

  /** Puts the cursor into a node, at its first item. */
  private enter(node: number): void {
    const { nodes } = this;
    nodes.load(node);
    this.node = node;
    this.bytes = nodes.bytes;
    this.view = nodes.view;
    this.pack = nodes.start;
    this.at = nodes.isPlain(node) ? -1 : nodes.start + PACK_HEADER_BYTES;
  }

  /** The node of an item; leaves in `indexInNode` its place there. */
  private findNode(root: number, index: number): number {
    const { nodes } = this;
    const count = nodes.count(root);
    assert(index >= 0 && index < count, 'a place lies within the list');
    const head = nodes.head(root);
    const behindHead = index - nodes.items(head);
    if (behindHead < 0) {
      this.indexInNode = index;
      return head;
    }
    if (nodes.nodeCount(root) < PLACED_NODES_MIN || count > PLACED_ITEMS_MAX) return this.walkToNode(root, index);
    const marked = nodes.places.find(root, behindHead);
    if (marked !== NONE) return this.walkFrom(root, index, marked, behindHead - nodes.places.before);
    const node = this.walkToNode(root, index);
    if (nodes.places.walked(root, this.steps, nodes.nodeCount(root))) this.markNodes(root);
    return node;
  }

  /** The node of the item `left` items behind the first of a marked node, which is item `index` of the list. */
  private walkFrom(root: number, index: number, marked: number, left: number): number {
    const { nodes } = this;
    let node = marked;
    let rest = left;
    for (let items = nodes.items(node); rest >= items; items = nodes.items(node)) {
      rest -= items;
      node = nodes.next(node);
    }
    if (VERIFY) {
      assert(this.walkToNode(root, index) === node && this.indexInNode === rest, 'marks lead where a walk does');
    }
    this.isMarked = node === marked;
    this.indexInNode = rest;
    return node;
  }

  /** The node of an item, found from the nearer end, in `steps`. */
  private walkToNode(root: number, index: number): number {
    const { nodes } = this;
    const count = nodes.count(root);
    let steps = 0;
    if (index < count / 2) {
      let node = nodes.head(root);
      let left = index;
      for (let items = nodes.items(node); left >= items; items = nodes.items(node)) {
        left -= items;
        node = nodes.next(node);
        steps++;
      }
      this.steps = steps;
      this.indexInNode = left | 0;
      return node;
    }
    let node = nodes.tail(root);
    let left = count - 1 - index;
    let items = nodes.items(node);
    while (left >= items) {
      left -= items;
      node = nodes.previous(node);
      items = nodes.items(node);
      steps++;
    }
    this.steps = steps;
    this.indexInNode = (items - 1 - left) | 0;
    return node;
  }

  /** Marks the inner nodes of a list: all, or every second, third … */
  private markNodes(root: number): void {
    const { nodes } = this;
    const inner = nodes.nodeCount(root) - 2;
    const stride = Math.ceil(inner / PLACE_MARKS_MAX);
    nodes.places.forget(root);
    let node = nodes.next(nodes.head(root));
    let before = 0;
    for (let index = 0; index < inner; index++) {
      if (index % stride === 0) nodes.places.mark(root, node, before);
      before += nodes.items(node);
      node = nodes.next(node);
    }
  }

  /** Adds an item at one end of a node, if that is a pack with room. Returns the node, NONE when it is not. */
  private addToPack(root: number, node: number, atTail: boolean, text: Uint8Array, start: number, end: number): number {
    if (this.isLong(end - start)) return NONE;
    const { nodes } = this;
    const entries = nodes.packEntries(node);
    const size = this.listpack.entryBytes(text, start, end);
    const bytes = nodes.bytesOf(node);
    if (!this.fits(entries, bytes, 1, size)) return NONE;
    const at = atTail ? bytes - 1 : PACK_HEADER_BYTES;
    const spliced = nodes.splice(root, node, at, 0, size, entries + 1, this.packBytesMax);
    this.listpack.write(nodes.bytes, nodes.start + at, text, start, end);
    nodes.sealPack(entries + 1);
    return spliced;
  }

  /** Adds an item to a pack before offset `at` of it, or, when it does not fit, between the two parts or in them. */
  private insertAt(root: number, node: number, at: number, text: Uint8Array, start: number, end: number): void {
    const { nodes, listpack } = this;
    const entries = nodes.packEntries(node);
    const bytes = nodes.bytesOf(node);
    if (!this.isLong(end - start)) {
      const size = listpack.entryBytes(text, start, end);
      if (this.fits(entries, bytes, 1, size)) {
        this.left = nodes.splice(root, node, at, 0, size, entries + 1, this.packBytesMax);
        this.middle = NONE;
        this.right = NONE;
        listpack.write(nodes.bytes, nodes.start + at, text, start, end);
        nodes.sealPack(entries + 1);
        nodes.addCount(root, 1);
        return;
      }
    }
    if (at === PACK_HEADER_BYTES) this.place(root, nodes.previous(node), node, text, start, end);
    else if (at === bytes - 1) this.place(root, node, nodes.next(node), text, start, end);
    else {
      const right = this.split(root, node, at);
      this.place(root, nodes.previous(right), right, text, start, end);
      this.mergeOutwards(root);
    }
  }

  /**
   * Puts an item between two neighbours, either of which may be NONE: into one of them, or into a node of its own. The
   * three are then `left`, `middle` (or NONE) and `right`, for settlePlaced.
   */
  private place(root: number, left: number, right: number, text: Uint8Array, start: number, end: number): void {
    const { nodes } = this;
    nodes.addCount(root, 1);
    this.left = left;
    this.middle = NONE;
    this.right = right;
    if (left !== NONE) {
      const added = this.addToPack(root, left, true, text, start, end);
      if (added !== NONE) {
        this.left = added;
        return;
      }
    }
    if (right !== NONE) {
      const added = this.addToPack(root, right, false, text, start, end);
      if (added !== NONE) {
        this.right = added;
        return;
      }
    }
    this.middle = this.createNode(text, start, end);
    nodes.link(root, this.middle, left, right);
  }

  /** `replace` where the new item does not fit into the node of the old one, or either is long. */
  private replaceApart(root: number, text: Uint8Array, start: number, end: number): void {
    const { nodes, node } = this;
    const entries = nodes.packEntries(node);
    nodes.addCount(root, -1);
    if (entries <= 1) {
      const left = nodes.previous(node);
      const right = nodes.next(node);
      nodes.remove(root, node);
      this.place(root, left, right, text, start, end);
      return;
    }
    const at = this.at - this.pack;
    const old = this.listpack.sizeAt(this.bytes, this.at);
    if (at === PACK_HEADER_BYTES) {
      const right = this.cut(root, node, at, old);
      this.place(root, nodes.previous(right), right, text, start, end);
    } else if (at + old === nodes.bytesOf(node) - 1) {
      const left = this.cut(root, node, at, old);
      this.place(root, left, nodes.next(left), text, start, end);
    } else {
      const right = this.cut(root, this.split(root, node, at), PACK_HEADER_BYTES, old);
      this.place(root, nodes.previous(right), right, text, start, end);
      this.mergeOutwards(root);
    }
  }

  /** Takes one entry of `size` bytes out of a pack that has more; returns the node. */
  private cut(root: number, node: number, at: number, size: number): number {
    const { nodes } = this;
    const entries = nodes.packEntries(node) - 1;
    const spliced = nodes.splice(root, node, at, size, 0, entries, this.packBytesMax);
    nodes.sealPack(entries);
    return spliced;
  }

  /** Moves the entries of a pack from offset `at` on, neither all nor none, into a new node behind it; returns that. */
  private split(root: number, node: number, at: number): number {
    const { nodes, listpack } = this;
    const left = nodes.expand(root, node);
    const entries = nodes.packEntries(left);
    nodes.load(left);
    const { bytes, start, length } = nodes;
    let behind = 0;
    for (let entry = start + at; !listpack.isEnd(bytes, entry); entry = listpack.next(bytes, entry)) behind++;
    const right = nodes.create(PACK_EMPTY_BYTES + length - 1 - at, behind, 0);
    copyBytes(bytes, start + at, start + length - 1, nodes.bytes, nodes.start + PACK_HEADER_BYTES);
    nodes.sealPack(behind);
    nodes.link(root, right, left, nodes.next(left));
    nodes.splice(root, left, at, length - 1 - at, 0, entries - behind, this.packBytesMax);
    nodes.sealPack(entries - behind);
    return right;
  }

  /** After a split: gives `left` and `right` to their outer neighbours if these have room. */
  private mergeOutwards(root: number): void {
    const { nodes } = this;
    this.left = this.merge(root, nodes.previous(this.left), this.left, true, this.packBytesMax);
    this.right = this.merge(root, this.right, nodes.next(this.right), false, this.packBytesMax);
  }

  /**
   * Joins two neighbours, either of which may be NONE, if both are packs and have at most `bytesMax` together. Returns
   * what they became, or the one that is asked for.
   */
  private merge(root: number, left: number, right: number, wantsRight: boolean, bytesMax: number): number {
    const { nodes } = this;
    const unmerged = wantsRight ? right : left;
    if (left === NONE || right === NONE) return unmerged;
    const entries = nodes.packEntries(left);
    const more = nodes.packEntries(right);
    const moreBytes = nodes.bytesOf(right) - PACK_EMPTY_BYTES;
    const bytes = nodes.bytesOf(left);
    if (more === 0 || bytes + moreBytes > bytesMax || !this.fits(entries, bytes, more, moreBytes)) return unmerged;
    const merged = nodes.splice(root, left, bytes - 1, 0, moreBytes, entries + more, this.packBytesMax);
    const { bytes: to, start } = nodes;
    nodes.load(right);
    const from = nodes.start + PACK_HEADER_BYTES;
    copyBytes(nodes.bytes, from, from + moreBytes, to, start + bytes - 1);
    nodes.load(merged);
    nodes.sealPack(entries + more);
    nodes.remove(root, right);
    return merged;
  }

  /** Removes `count` entries of a pack, not all of them, from entry `first` on; returns the node. */
  private removeEntries(root: number, node: number, first: number, count: number): number {
    const { nodes, listpack } = this;
    const entries = nodes.packEntries(node);
    nodes.load(node);
    const { bytes, start, length } = nodes;
    const at = listpack.seek(bytes, start, first);
    const until = first + count === entries ? start + length - 1 : listpack.seek(bytes, start, first + count);
    const spliced = nodes.splice(root, node, at - start, until - at, 0, entries - count, this.packBytesMax);
    nodes.sealPack(entries - count);
    return spliced;
  }

  /** removeEqual within one node, which may go; a small rest is joined with the neighbour that was looked at before. */
  private removeEqualIn(
    root: number,
    node: number,
    text: Uint8Array,
    start: number,
    end: number,
    max: number,
    fromTail: boolean,
  ): number {
    const { nodes, listpack } = this;
    nodes.load(node);
    if (nodes.isPlain(node)) {
      if (!equalBytes(nodes.bytes, nodes.start, nodes.start + nodes.length, text, start, end)) return 0;
      nodes.remove(root, node);
      return 1;
    }
    const matches = listpack.countEqual(nodes.bytes, nodes.start, text, start, end);
    if (matches === 0) return 0;
    const entries = nodes.packEntries(node);
    const removed = Math.min(matches, max);
    if (removed === entries) {
      nodes.remove(root, node);
      return removed;
    }
    const raw = nodes.expand(root, node);
    nodes.load(raw);
    const { length } = nodes;
    nodes.beforeChange(raw);
    listpack.removeEqual(nodes.bytes, nodes.start, text, start, end, fromTail ? matches - removed : 0, removed);
    const left = listpack.total(nodes.bytes, nodes.start);
    const trimmed = nodes.splice(root, raw, left, length - left, 0, entries - removed, this.packBytesMax);
    const half = this.packBytesMax >>> 1;
    if (fromTail) this.settleNode(root, this.merge(root, trimmed, nodes.next(trimmed), false, half));
    else this.settleNode(root, this.merge(root, nodes.previous(trimmed), trimmed, true, half));
    return removed;
  }

  /** After nodes came or went: expands the outer ones and compresses those just within. */
  private settle(root: number): void {
    if (this.compressDepth === 0) return;
    const { nodes } = this;
    const count = nodes.nodeCount(root);
    const outer = Math.min(this.compressDepth, count);
    let head = nodes.head(root);
    for (let depth = 0; depth < outer; depth++) head = nodes.next(nodes.expand(root, head));
    // From the other end only now: the two ways may meet, and expanding moves nodes.
    let tail = nodes.tail(root);
    for (let depth = 0; depth < outer; depth++) tail = nodes.previous(nodes.expand(root, tail));
    if (count <= this.compressDepth * 2) return;
    const compressed = nodes.compress(root, head);
    nodes.compress(root, tail === head ? compressed : tail);
  }

  /** Compresses a changed node again if it is an inner one. */
  private settleNode(root: number, node: number): void {
    if (this.compressDepth === 0 || node === NONE) return;
    const { nodes } = this;
    let before = node;
    let behind = node;
    for (let depth = 0; depth < this.compressDepth; depth++) {
      before = nodes.previous(before);
      behind = nodes.next(behind);
      if (before === NONE || behind === NONE) return;
    }
    nodes.compress(root, node);
  }

  /** After insertAt or place: the nodes that they changed, then the ends. */
  private settlePlaced(root: number): void {
    if (this.compressDepth === 0) return;
    this.settleNode(root, this.left);
    this.settleNode(root, this.middle);
    this.settleNode(root, this.right);
    this.settle(root);
  }
}

/** Bytes that list-max-listpack-size gives a pack; 0 when it limits entries. */
export function packBytesLimit(packSizeMax: number): number {
  return packSizeMax >= 0 ? 0 : 2048 << Math.min(-packSizeMax, 5);
}

/** Entries that list-max-listpack-size gives a pack; 0 counts as 1, as in Redis. */
export function packEntriesLimit(packSizeMax: number): number {
  return packSizeMax < 0 ? NODE_ENTRIES_MAX : Math.min(Math.max(packSizeMax, 1), NODE_ENTRIES_MAX);
}

/** Whether a pack of so many bytes and entries is beyond list-max-listpack-size: then a list needs nodes. */
export function exceedsPackLimit(packSizeMax: number, bytes: number, entries: number): boolean {
  if (packSizeMax < 0) return bytes > packBytesLimit(packSizeMax);
  return bytes > COUNTED_PACK_BYTES_MAX || entries > packEntriesLimit(packSizeMax);
}
