// Lists: which of their encodings holds the items, and how to look into and change one.
//
//   listpack    up to list-max-listpack-size: structures/listpack.ts, in the key's record or beside it
//   quicklist   beyond: a list of packs, structures/quicklist.ts
//
// Names and thresholds are Redis's (7.2 and later): a list that shrinks to one pack of half the limit goes back. Changes
// may move the key's record: `record` then names it, and the caller puts it in its place.
//
// There is one cursor: `seek`, `next` and `previous` move it and leave its item in `item.bytes[start..end)`, where it is
// valid until memory changes or something else is read with the keyspace's listpack.

import { assert } from '../lib/assert.ts';
import type { FlatMemory } from '../memory/flat-memory.ts';
import { GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import { type Listpack, PACK_EMPTY_BYTES, PACK_HEADER_BYTES } from '../structures/listpack.ts';
import { exceedsPackLimit, packBytesLimit, packEntriesLimit, Quicklist } from '../structures/quicklist.ts';
import { ENCODING_MASK, ENCODING_SHIFT, keyOffset } from '../structures/record.ts';
import { CarriedItems } from './carried-items.ts';
import type { Datatype } from './datatype.ts';
import { DISPOSE_AT_ONCE_MAX, type Disposals } from './disposals.ts';
import { type KeyRecords, LIST } from './key-record.ts';
import { LARGE, type PackedValues } from './packed-values.ts';

/** What a command that only reads may do with lists. */
export type ReadLists = Pick<
  Lists,
  'item' | 'count' | 'seek' | 'seekEnd' | 'itemView' | 'next' | 'previous' | 'matches'
>;

/** Values up to here move within the reserve that every admitted write has. */
const MOVED_WITHIN_RESERVE = 4096;
/** What a change of a node takes at most where nodes are longer than blocks of the reserve: three new ones of 64 KB. */
const LONG_NODES_BYTES = 3 * 65536;

export class Lists implements Datatype {
  /** What the cursor read. */
  readonly item: Listpack;
  /** The lists of packs: compression and the threshold of long items are its fields. */
  readonly quicklist: Quicklist;
  /** The key's record after a change. */
  record = NONE;
  /** Items on their way from one list to another, for the length of one command. */
  readonly carried = new CarriedItems();
  /** list-max-listpack-size. */
  private packSizeMax = -2;
  /** What a change takes beside its items where nodes are longer than what the reserve is for. */
  private nodesBytes = 0;
  /** The cursor in a packed list, `at` its item; -1: it is the list of packs' own. */
  private bytes: Uint8Array;
  private view: DataView;
  private pack = 0;
  private at = -1;
  private readonly records: KeyRecords;
  private readonly packed: PackedValues;
  private readonly disposals: Disposals;
  private readonly listpack: Listpack;

  constructor(memory: FlatMemory, records: KeyRecords, packed: PackedValues, disposals: Disposals, listpack: Listpack) {
    this.records = records;
    this.packed = packed;
    this.disposals = disposals;
    this.listpack = listpack;
    this.item = listpack;
    this.quicklist = new Quicklist(memory, listpack);
    this.bytes = packed.bytes;
    this.view = this.quicklist.itemView();
  }

  /** Takes list-max-listpack-size; lists change their form when they are changed next. */
  limitPacks(packSizeMax: number): void {
    this.packSizeMax = packSizeMax;
    this.nodesBytes = packBytesLimit(packSizeMax) <= MOVED_WITHIN_RESERVE * 2 ? 0 : LONG_NODES_BYTES;
    this.quicklist.limitPacks(packSizeMax);
  }

  // --- looking ---

  count(handle: number): number {
    const root = this.rootOf(handle);
    if (root !== NONE) return this.quicklist.count(root);
    const { packed } = this;
    packed.read(handle);
    return this.listpack.count(packed.bytes, packed.start);
  }

  /** Puts the cursor on item `index` (0 ≤ index < count) and reads it. */
  seek(handle: number, index: number): void {
    const { packed, listpack } = this;
    const root = this.rootOf(handle);
    if (root !== NONE) {
      this.at = -1;
      this.quicklist.seek(root, index);
      return;
    }
    packed.read(handle);
    this.bytes = packed.bytes;
    this.view = packed.view();
    this.pack = packed.start;
    this.at = listpack.seek(packed.bytes, packed.start, index);
    assert(this.at >= 0, 'a place lies within the list');
    listpack.read(this.bytes, this.at);
  }

  /** Puts the cursor on the first or on the last item and reads it. */
  seekEnd(handle: number, atTail: boolean): void {
    const root = this.rootOf(handle);
    if (root !== NONE) {
      this.at = -1;
      this.quicklist.seekEnd(root, atTail);
    } else this.seek(handle, atTail ? -1 : 0);
  }

  /** Moves the cursor to the next item and reads it; false behind the last one. */
  next(): boolean {
    if (this.at < 0) return this.quicklist.next();
    const { listpack } = this;
    const at = listpack.next(this.bytes, this.at);
    if (listpack.isEnd(this.bytes, at)) return false;
    this.at = at;
    listpack.read(this.bytes, at);
    return true;
  }

  /** Moves the cursor to the item before and reads it; false before the first one. */
  previous(): boolean {
    if (this.at < 0) return this.quicklist.previous();
    const { listpack } = this;
    const at = listpack.previous(this.bytes, this.pack, this.at);
    if (at < 0) return false;
    this.at = at;
    listpack.read(this.bytes, at);
    return true;
  }

  /** A view of the cursor's item, at the same places as `item.bytes`: for replies. */
  itemView(): DataView {
    if (this.at < 0) return this.quicklist.itemView();
    return this.listpack.isInteger ? this.listpack.digitsView : this.view;
  }

  /** Whether the cursor's item is text[start..end). */
  matches(text: Uint8Array, start: number, end: number): boolean {
    if (this.at < 0) return this.quicklist.matches(text, start, end);
    return this.listpack.equals(this.bytes, this.at, text, start, end);
  }

  // --- changing ---

  /**
   * A new list for a key, of the items bytes[starts[i]..ends[i]) for `from` ≤ i < `to`, pushed one after the other at the
   * tail or at the head. In no table yet; the caller owns it. May grow memory.
   */
  create(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    access: number,
    bytes: Uint8Array,
    starts: Int32Array,
    ends: Int32Array,
    from: number,
    to: number,
    atTail: boolean,
  ): number {
    const { packed, quicklist } = this;
    if (this.outgrows(PACK_EMPTY_BYTES, 0, starts, ends, from, to)) {
      const root = quicklist.create();
      this.pushLarge(root, bytes, starts, ends, from, to, atTail);
      return packed.createLarge(LIST, key, keyStart, keyEnd, access, root, 0);
    }
    const length = PACK_EMPTY_BYTES + this.entriesBytes(bytes, starts, ends, from, to);
    const handle = packed.create(LIST, 0, key, keyStart, keyEnd, access, length);
    this.writeEntries(PACK_HEADER_BYTES, bytes, starts, ends, from, to, atTail);
    this.listpack.setHeader(packed.bytes, packed.start, length, to - from);
    return handle;
  }

  /**
   * Pushes one item where that takes no memory: a list of packs with room at that end, which is the common case. False, and
   * nothing done, otherwise. The record stays as it is.
   */
  pushWithin(handle: number, bytes: Uint8Array, start: number, end: number, atTail: boolean): boolean {
    const root = this.rootOf(handle);
    return root !== NONE && this.quicklist.pushShort(root, atTail, bytes, start, end);
  }

  /** Bytes beside those of new items that a change of this list may take, where the reserve is not enough for them. */
  movedBytes(handle: number): number {
    if (this.isLarge(handle)) return this.nodesBytes;
    const { packed } = this;
    packed.read(handle);
    const bytes = packed.end - packed.start;
    return bytes <= MOVED_WITHIN_RESERVE ? 0 : bytes * 3;
  }

  /** Pushes bytes[starts[i]..ends[i]) for `from` ≤ i < `to` one after the other. Leaves the record. May grow memory. */
  push(
    handle: number,
    bytes: Uint8Array,
    starts: Int32Array,
    ends: Int32Array,
    from: number,
    to: number,
    atTail: boolean,
  ): void {
    const { packed, listpack } = this;
    this.expect(handle, starts, ends, from, to);
    const { record } = this;
    const root = this.rootOf(record);
    if (root !== NONE) {
      this.pushLarge(root, bytes, starts, ends, from, to, atTail);
      return;
    }
    packed.read(record);
    const count = listpack.count(packed.bytes, packed.start);
    const at = atTail ? packed.end - packed.start - 1 : PACK_HEADER_BYTES;
    this.record = packed.splice(record, at, 0, this.entriesBytes(bytes, starts, ends, from, to));
    this.writeEntries(at, bytes, starts, ends, from, to, atTail);
    listpack.setHeader(packed.bytes, packed.start, packed.end - packed.start, count + to - from);
  }

  /**
   * Makes a packed list a list of packs if it would outgrow its form with items of these lengths, whether or not they are
   * added then. Leaves the record. May grow memory.
   */
  expect(handle: number, starts: Int32Array, ends: Int32Array, from: number, to: number): void {
    const { packed, listpack } = this;
    this.record = handle;
    if (this.isLarge(handle)) return;
    packed.read(handle);
    const count = listpack.count(packed.bytes, packed.start);
    if (this.outgrows(packed.end - packed.start, count, starts, ends, from, to)) this.enlarge(handle);
  }

  /** Takes the first or the last item away. Leaves the record, which may hold nothing then. */
  pop(handle: number, atTail: boolean): void {
    const { quicklist } = this;
    this.record = handle;
    const root = this.rootOf(handle);
    if (root === NONE) {
      this.removeRange(handle, atTail ? this.count(handle) - 1 : 0, 1);
      return;
    }
    if (atTail) quicklist.removeTail(root);
    else quicklist.removeHead(root);
    this.shrink(handle, root);
  }

  /** Removes `count` items from item `index` on, all of which exist. Leaves the record, which may hold nothing then. */
  removeRange(handle: number, index: number, count: number): void {
    const { packed, listpack } = this;
    this.record = handle;
    if (count === 0) return;
    const root = this.rootOf(handle);
    if (root !== NONE) {
      this.quicklist.removeRange(root, index, count);
      this.shrink(handle, root);
      return;
    }
    packed.read(handle);
    const { bytes, start } = packed;
    const left = listpack.count(bytes, start) - count;
    const at = listpack.seek(bytes, start, index);
    const until = index === left ? packed.end - 1 : listpack.seek(bytes, start, index + count);
    this.record = packed.splice(handle, at - start, until - at, 0);
    listpack.setHeader(packed.bytes, packed.start, packed.end - packed.start, left);
  }

  /**
   * Removes up to `max` items that equal text[start..end), from the head or from the tail on; returns how many. Leaves the
   * record, which may hold nothing then.
   */
  removeEqual(handle: number, text: Uint8Array, start: number, end: number, max: number, fromTail: boolean): number {
    const { packed, listpack } = this;
    this.record = handle;
    const root = this.rootOf(handle);
    if (root !== NONE) {
      const removed = this.quicklist.removeEqual(root, text, start, end, max, fromTail);
      if (removed > 0) this.shrink(handle, root);
      return removed;
    }
    packed.read(handle);
    const { bytes, start: pack } = packed;
    const matches = fromTail ? listpack.countEqual(bytes, pack, text, start, end) : 0;
    const skipped = fromTail ? Math.max(0, matches - max) : 0;
    const removed = listpack.removeEqual(bytes, pack, text, start, end, skipped, max);
    const length = listpack.total(bytes, pack);
    if (removed > 0) this.record = packed.splice(handle, length, packed.end - pack - length, 0);
    return removed;
  }

  /** Adds an item before or after the cursor's, which ends the cursor. Leaves the record. May grow memory. */
  insert(handle: number, before: boolean, text: Uint8Array, start: number, end: number): void {
    const { packed, listpack, quicklist } = this;
    this.record = handle;
    if (this.at < 0) {
      const root = packed.payload(handle, 0);
      if (before) quicklist.insertBefore(root, text, start, end);
      else quicklist.insertAfter(root, text, start, end);
      return;
    }
    const count = listpack.count(this.bytes, this.pack);
    const at = (before ? this.at : listpack.next(this.bytes, this.at)) - this.pack;
    this.record = packed.splice(handle, at, 0, listpack.entryBytes(text, start, end));
    listpack.write(packed.bytes, packed.start + at, text, start, end);
    listpack.setHeader(packed.bytes, packed.start, packed.end - packed.start, count + 1);
  }

  /** Puts another item in the place of the cursor's, which ends the cursor. Leaves the record. May grow memory. */
  replace(handle: number, text: Uint8Array, start: number, end: number): void {
    const { packed, listpack } = this;
    this.record = handle;
    if (this.at < 0) {
      const root = this.rootOf(handle);
      this.quicklist.replace(root, text, start, end);
      this.shrink(handle, root);
      return;
    }
    const count = listpack.count(this.bytes, this.pack);
    const at = this.at - this.pack;
    const old = listpack.sizeAt(this.bytes, this.at);
    this.record = packed.splice(handle, at, old, listpack.entryBytes(text, start, end));
    listpack.write(packed.bytes, packed.start + at, text, start, end);
    listpack.setHeader(packed.bytes, packed.start, packed.end - packed.start, count);
  }

  /**
   * Makes a list of packs that was just loaded a packed list where it has one pack within the limit. Returns the record,
   * which is in `record` too.
   */
  settleLoaded(handle: number): number {
    const { quicklist } = this;
    this.record = handle;
    const root = this.rootOf(handle);
    const bytes = quicklist.onlyPackBytes(root);
    if (bytes > 0 && !exceedsPackLimit(this.packSizeMax, bytes, quicklist.count(root))) {
      this.moveIntoRecord(handle, root, bytes);
    }
    return this.record;
  }

  // --- the Datatype ---

  encodingName(handle: number): string {
    return this.isLarge(handle) ? 'quicklist' : 'listpack';
  }

  release(handle: number, later: boolean): void {
    const { packed, quicklist } = this;
    if (!this.isLarge(handle)) {
      packed.release(handle);
      return;
    }
    const root = packed.payload(handle, 0);
    this.disposals.add(quicklist, root, later && quicklist.nodeCount(root) > DISPOSE_AT_ONCE_MAX);
  }

  duplicate(copy: number): void {
    const { packed, quicklist } = this;
    if (this.isLarge(copy)) packed.setPayload(copy, quicklist.duplicate(packed.payload(copy, 0)), 0);
    else packed.duplicate(copy);
  }

  copyBytes(handle: number): number {
    if (this.isLarge(handle)) return this.quicklist.usedBytes(this.packed.payload(handle, 0));
    return this.packed.outsideBytes(handle);
  }

  check(handle: number): void {
    const { packed, listpack, quicklist } = this;
    assert(this.count(handle) > 0, 'a key has no empty list');
    if (this.isLarge(handle)) {
      quicklist.check(packed.payload(handle, 0));
      return;
    }
    packed.check(handle);
    packed.read(handle);
    assert(
      listpack.validate(packed.bytes, packed.start, packed.end - packed.start),
      'a packed list is a valid listpack',
    );
  }

  // --- the encodings ---

  /** The list of packs of a large list, NONE of a packed one. In one piece: every command asks it several times. */
  private rootOf(handle: number): number {
    const words = this.records.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    const header = words[word]!;
    if (((header >>> ENCODING_SHIFT) & ENCODING_MASK) < LARGE) return NONE;
    return words[word + (keyOffset(header, words[word + 1]!) >>> 2) - 2]!;
  }

  private isLarge(handle: number): boolean {
    return this.records.encoding(handle) >= LARGE;
  }

  /** Whether a pack of so many bytes and entries is beyond the limit with these items. Measured as Redis does, by text. */
  private outgrows(
    packBytes: number,
    count: number,
    starts: Int32Array,
    ends: Int32Array,
    from: number,
    to: number,
  ): boolean {
    let bytes = packBytes;
    for (let index = from; index < to; index++) bytes += ends[index]! - starts[index]!;
    return exceedsPackLimit(this.packSizeMax, bytes, count + to - from);
  }

  private entriesBytes(bytes: Uint8Array, starts: Int32Array, ends: Int32Array, from: number, to: number): number {
    let total = 0;
    for (let index = from; index < to; index++) total += this.listpack.entryBytes(bytes, starts[index]!, ends[index]!);
    return total;
  }

  /** Writes items into the gap at offset `at` of the pack that was just made room in. */
  private writeEntries(
    at: number,
    bytes: Uint8Array,
    starts: Int32Array,
    ends: Int32Array,
    from: number,
    to: number,
    atTail: boolean,
  ): void {
    const { packed, listpack } = this;
    let place = packed.start + at;
    // What is pushed at the head one by one stands in reverse.
    if (atTail) {
      for (let index = from; index < to; index++) {
        place = listpack.write(packed.bytes, place, bytes, starts[index]!, ends[index]!);
      }
    } else {
      for (let index = to - 1; index >= from; index--) {
        place = listpack.write(packed.bytes, place, bytes, starts[index]!, ends[index]!);
      }
    }
  }

  private pushLarge(
    root: number,
    bytes: Uint8Array,
    starts: Int32Array,
    ends: Int32Array,
    from: number,
    to: number,
    atTail: boolean,
  ): void {
    const { quicklist } = this;
    for (let index = from; index < to; index++) {
      if (atTail) quicklist.pushTail(root, bytes, starts[index]!, ends[index]!);
      else quicklist.pushHead(root, bytes, starts[index]!, ends[index]!);
    }
  }

  /** Makes a packed list a list of packs. */
  private enlarge(handle: number): void {
    const { packed, quicklist } = this;
    const root = quicklist.create();
    packed.read(handle);
    quicklist.appendPack(root, packed.bytes, packed.start, packed.end);
    this.record = packed.enlarge(handle, root, 0);
  }

  /** Makes a list of packs a packed list again when it has just one pack, of half the limit or less. */
  private shrink(handle: number, root: number): void {
    const { quicklist } = this;
    const bytes = quicklist.onlyPackBytes(root);
    if (bytes === 0) return;
    const limit = packBytesLimit(this.packSizeMax);
    if (limit > 0 ? bytes > limit / 2 : quicklist.count(root) > packEntriesLimit(this.packSizeMax) / 2) return;
    this.moveIntoRecord(handle, root, bytes);
  }

  /** Makes the only pack of a list, of `bytes` bytes, the value of its record. */
  private moveIntoRecord(handle: number, root: number, bytes: number): void {
    const { packed, quicklist } = this;
    this.record = packed.shrink(handle, 0, bytes);
    quicklist.copyOnlyPack(root, packed.bytes, packed.start);
    while (quicklist.dispose(root));
  }
}
