// Blocks of stream entries: a listpack in the very format of Redis's stream nodes, so that DUMP and RDB write it as it is,
// behind the id that its entries count from.
//
//   block    [master id: 4 words | listpack]
//   master   count | deleted | number of fields | field … | 0
//   entry    flags | ms delta | seq delta | [number of fields] | [field] value … | elements of this entry before this one
//
// The master names the fields of the block's first entry. An entry with the very same fields (SAME_FIELDS) holds values
// only. A removed entry stays where it is, with the flag REMOVED, until all of its block are.
//
// An entry of two short fields that repeat, with values below 64, takes 12 to 14 bytes; the block adds 16, the tree that
// finds it 20.

import { assert } from '../lib/assert.ts';
import { copyBytes } from '../lib/bytes.ts';
import { Int64 } from '../lib/int64.ts';
import { INT64_DIGITS_MAX } from '../lib/integers.ts';
import { FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import { Listpack, PACK_EMPTY_BYTES, PACK_HEADER_BYTES } from './listpack.ts';
import type { NodeGuard } from './node-guard.ts';
import type { StreamId } from './stream-id.ts';

/** Bytes of the master id, before the listpack. */
export const BLOCK_HEAD_BYTES = 16;

/** Flags of an entry. */
export const REMOVED = 1;
export const SAME_FIELDS = 2;

/** Elements of a master beside its fields, and of an entry beside fields and values (the last one not counted). */
const MASTER_ELEMENTS = 4;
const ENTRY_ELEMENTS = 3;
/** What a listpack's header says when it does not know its count. */
const COUNT_UNKNOWN = 65535;
/** Bytes of an element of 0 to 127. */
const SMALL_BYTES = 2;
const TWO_32 = 0x1_0000_0000;

/** Reads and writes blocks in one flat memory. */
export class StreamBlocks {
  readonly memory: FlatMemory;
  /** One integer element: what `readNumber` read, or is to be written. */
  low = 0;
  high = 0;
  readonly listpack = new Listpack();
  /** Told of blocks while point-in-time walks go on. */
  guard: NodeGuard | null = null;
  private readonly wide = new Int64();
  private readonly digits = new Uint8Array(INT64_DIGITS_MAX + 1);

  constructor(memory: FlatMemory) {
    this.memory = memory;
  }

  /** The segment of a block, as bytes. */
  bytesOf(block: number): Uint8Array {
    return this.memory.bytes[block >>> SEGMENT_SHIFT]!;
  }

  /** Where a block's listpack begins in its segment. */
  packOf(block: number): number {
    return ((block & GRANULE_MASK) << 3) + BLOCK_HEAD_BYTES;
  }

  /** Bytes of a block's listpack. */
  packBytes(block: number): number {
    return this.listpack.total(this.bytesOf(block), this.packOf(block));
  }

  readMaster(block: number, id: StreamId): void {
    id.load(this.memory.words[block >>> SEGMENT_SHIFT]!, (block & GRANULE_MASK) << 1);
  }

  /** Entries of a block that are not removed. */
  count(block: number): number {
    return this.smallAt(this.bytesOf(block), this.packOf(block) + PACK_HEADER_BYTES);
  }

  /** Removed entries of a block. */
  removedCount(block: number): number {
    const bytes = this.bytesOf(block);
    return this.smallAt(bytes, this.listpack.next(bytes, this.packOf(block) + PACK_HEADER_BYTES));
  }

  /** Offset of the first entry: behind the master. */
  firstEntry(bytes: Uint8Array, pack: number): number {
    const { listpack } = this;
    const fieldsAt = listpack.next(bytes, listpack.next(bytes, pack + PACK_HEADER_BYTES));
    let at = listpack.next(bytes, fieldsAt);
    for (let left = this.smallAt(bytes, fieldsAt); left >= 0; left--) at = listpack.next(bytes, at);
    return at;
  }

  /** Offset of the master's number of fields; they follow. */
  masterFields(bytes: Uint8Array, pack: number): number {
    return this.listpack.next(bytes, this.listpack.next(bytes, pack + PACK_HEADER_BYTES));
  }

  /** Reads an integer element into `low` and `high`. */
  readNumber(bytes: Uint8Array, at: number): void {
    const first = bytes[at]!;
    if (first < 128) {
      this.low = first;
      this.high = 0;
    } else if (first >= 0xc0 && first < 0xe0) {
      this.low = (((first & 31) << 27) >> 19) | bytes[at + 1]!;
      this.high = this.low >> 31;
    } else {
      this.listpack.read(bytes, at);
      this.low = this.listpack.low;
      this.high = this.listpack.high;
    }
  }

  /** An element that counts something. */
  smallAt(bytes: Uint8Array, at: number): number {
    const first = bytes[at]!;
    if (first < 128) return first;
    this.readNumber(bytes, at);
    return this.low;
  }

  /** Reads the id of the entry at `at`, whose block has this master; returns the offset of what follows it. */
  readId(bytes: Uint8Array, at: number, master: StreamId, id: StreamId): number {
    const msAt = this.listpack.next(bytes, at);
    this.readNumber(bytes, msAt);
    const msLow = (master.msLow + this.low) | 0;
    id.msHigh = (master.msHigh + this.high + carry(master.msLow, msLow)) | 0;
    id.msLow = msLow;
    const seqAt = this.listpack.next(bytes, msAt);
    this.readNumber(bytes, seqAt);
    const seqLow = (master.seqLow + this.low) | 0;
    id.seqHigh = (master.seqHigh + this.high + carry(master.seqLow, seqLow)) | 0;
    id.seqLow = seqLow;
    return this.listpack.next(bytes, seqAt);
  }

  /** Whether a block's master has just these fields: every second argument from `from` on. */
  hasFields(
    block: number,
    source: Uint8Array,
    starts: Int32Array,
    ends: Int32Array,
    from: number,
    to: number,
  ): boolean {
    const { listpack } = this;
    const bytes = this.bytesOf(block);
    let at = this.masterFields(bytes, this.packOf(block));
    if (this.smallAt(bytes, at) !== (to - from) >> 1) return false;
    for (let index = from; index < to; index += 2) {
      at = listpack.next(bytes, at);
      if (!listpack.equals(bytes, at, source, starts[index]!, ends[index]!)) return false;
    }
    return true;
  }

  /**
   * A new block with one entry, the fields and values of arguments [from, to), in a block of `capacity` bytes at least. May
   * grow memory; the caller owns the block.
   */
  create(
    id: StreamId,
    source: Uint8Array,
    starts: Int32Array,
    ends: Int32Array,
    from: number,
    to: number,
    capacity: number,
  ): number {
    const { listpack, memory } = this;
    const pairs = (to - from) >> 1;
    let length = PACK_EMPTY_BYTES + SMALL_BYTES * 6 + listpack.integerEntryBytes(pairs);
    length += listpack.integerEntryBytes(pairs + ENTRY_ELEMENTS);
    for (let index = from; index < to; index++) length += listpack.entryBytes(source, starts[index]!, ends[index]!);
    const block = memory.allocate(Math.max(capacity, BLOCK_HEAD_BYTES + length));
    id.store(memory.words[block >>> SEGMENT_SHIFT]!, (block & GRANULE_MASK) << 1);
    const bytes = this.bytesOf(block);
    const pack = this.packOf(block);
    let at = listpack.writeInteger(bytes, pack + PACK_HEADER_BYTES, 1);
    at = listpack.writeInteger(bytes, at, 0);
    at = listpack.writeInteger(bytes, at, pairs);
    for (let index = from; index < to; index += 2) {
      at = listpack.write(bytes, at, source, starts[index]!, ends[index]!);
    }
    at = listpack.writeInteger(bytes, at, 0);
    at = listpack.writeInteger(bytes, at, SAME_FIELDS);
    at = listpack.writeInteger(bytes, at, 0);
    at = listpack.writeInteger(bytes, at, 0);
    for (let index = from + 1; index < to; index += 2) {
      at = listpack.write(bytes, at, source, starts[index]!, ends[index]!);
    }
    at = listpack.writeInteger(bytes, at, pairs + ENTRY_ELEMENTS);
    assert(at + 1 === pack + length, 'a new block is as long as was computed');
    listpack.setHeader(bytes, pack, length, MASTER_ELEMENTS + pairs + ENTRY_ELEMENTS + pairs + 1);
    return block;
  }

  /**
   * Adds an entry to a block; its id comes after all there. Returns the block, another one when it had to move: then the old
   * one is freed. `growTo` is the capacity that is asked for then, at least. May grow memory.
   */
  append(
    block: number,
    master: StreamId,
    id: StreamId,
    source: Uint8Array,
    starts: Int32Array,
    ends: Int32Array,
    from: number,
    to: number,
    growTo: number,
  ): number {
    const { listpack } = this;
    this.beforeChange(block);
    const same = this.hasFields(block, source, starts, ends, from, to);
    const pairs = (to - from) >> 1;
    const elements = same ? pairs + ENTRY_ELEMENTS : pairs * 2 + ENTRY_ELEMENTS + 1;
    this.setDelta(id.msHigh, id.msLow, master.msHigh, master.msLow);
    let length = SMALL_BYTES + this.numberBytes();
    this.setDelta(id.seqHigh, id.seqLow, master.seqHigh, master.seqLow);
    length += this.numberBytes() + listpack.integerEntryBytes(elements);
    if (!same) length += listpack.integerEntryBytes(pairs);
    for (let index = same ? from + 1 : from; index < to; index += same ? 2 : 1) {
      length += listpack.entryBytes(source, starts[index]!, ends[index]!);
    }
    // The count in front may become a byte longer.
    const made = this.withRoom(block, length + 1, growTo);
    const bytes = this.bytesOf(made);
    const pack = this.packOf(made);
    const count = this.smallAt(bytes, pack + PACK_HEADER_BYTES);
    const total = listpack.total(bytes, pack) + this.replaceNumber(bytes, pack, pack + PACK_HEADER_BYTES, count + 1);
    let at = listpack.writeInteger(bytes, pack + total - 1, same ? SAME_FIELDS : 0);
    this.setDelta(id.msHigh, id.msLow, master.msHigh, master.msLow);
    at = this.writeNumber(bytes, at);
    this.setDelta(id.seqHigh, id.seqLow, master.seqHigh, master.seqLow);
    at = this.writeNumber(bytes, at);
    if (!same) at = listpack.writeInteger(bytes, at, pairs);
    for (let index = same ? from + 1 : from; index < to; index += same ? 2 : 1) {
      at = listpack.write(bytes, at, source, starts[index]!, ends[index]!);
    }
    at = listpack.writeInteger(bytes, at, elements);
    const known = bytes[pack + 4]! | (bytes[pack + 5]! << 8);
    listpack.setHeader(bytes, pack, at + 1 - pack, known === COUNT_UNKNOWN ? known : known + elements + 1);
    return made;
  }

  /**
   * Marks `removed` more entries as such in the counts; the caller has set their flags. The block has room: a count that
   * grows longer does so for one that may grow shorter, or there are spare bytes. Returns the block, which may have moved.
   */
  addRemoved(block: number, removed: number): number {
    const made = this.withRoom(block, 1, 0);
    const bytes = this.bytesOf(made);
    const pack = this.packOf(made);
    const first = pack + PACK_HEADER_BYTES;
    const count = this.smallAt(bytes, first) - removed;
    this.finishReplace(bytes, pack, first, count);
    const second = this.listpack.next(bytes, first);
    this.finishReplace(bytes, pack, second, this.smallAt(bytes, second) + removed);
    return made;
  }

  /** Gives a block back what it does not need, where that is less memory. Returns the block, which may have moved. */
  seal(block: number): number {
    const length = BLOCK_HEAD_BYTES + this.packBytes(block);
    return FlatMemory.capacityFor(length) < this.memory.capacity(block) ? this.move(block, length) : block;
  }

  /** A copy of a block. May grow memory. */
  copy(block: number): number {
    const length = BLOCK_HEAD_BYTES + this.packBytes(block);
    const made = this.memory.allocate(length);
    const start = (block & GRANULE_MASK) << 3;
    copyBytes(this.bytesOf(block), start, start + length, this.bytesOf(made), (made & GRANULE_MASK) << 3);
    return made;
  }

  /** A block with this master and a copy of a listpack, which does not lie in flat memory. May grow memory. */
  load(master: StreamId, bytes: Uint8Array, start: number, end: number): number {
    const made = this.memory.allocate(BLOCK_HEAD_BYTES + end - start);
    master.store(this.memory.words[made >>> SEGMENT_SHIFT]!, (made & GRANULE_MASK) << 1);
    copyBytes(bytes, start, end, this.bytesOf(made), this.packOf(made));
    return made;
  }

  free(block: number): void {
    if (this.guard === null || !this.guard.keeps(block)) this.memory.free(block);
  }

  /** To be called before flags of a block's entries are set. */
  beforeChange(block: number): void {
    if (this.guard !== null) this.guard.beforeChange(block);
  }

  private withRoom(block: number, more: number, growTo: number): number {
    const needed = BLOCK_HEAD_BYTES + this.packBytes(block) + more;
    return needed <= this.memory.capacity(block) ? block : this.move(block, Math.max(needed, growTo));
  }

  private move(block: number, capacity: number): number {
    const made = this.memory.allocate(capacity);
    const start = (block & GRANULE_MASK) << 3;
    const end = start + BLOCK_HEAD_BYTES + this.packBytes(block);
    copyBytes(this.bytesOf(block), start, end, this.bytesOf(made), (made & GRANULE_MASK) << 3);
    this.free(block);
    return made;
  }

  /** Writes a count in place of another, moving what lies behind; returns by how many bytes the pack grew. */
  private replaceNumber(bytes: Uint8Array, pack: number, at: number, n: number): number {
    const { listpack } = this;
    const before = listpack.sizeAt(bytes, at);
    const after = listpack.integerEntryBytes(n);
    if (before !== after) {
      const end = pack + listpack.total(bytes, pack);
      copyBytes(bytes, at + before, end, bytes, at + after);
    }
    listpack.writeInteger(bytes, at, n);
    return after - before;
  }

  private finishReplace(bytes: Uint8Array, pack: number, at: number, n: number): void {
    const growth = this.replaceNumber(bytes, pack, at, n);
    if (growth === 0) return;
    const known = bytes[pack + 4]! | (bytes[pack + 5]! << 8);
    this.listpack.setHeader(bytes, pack, this.listpack.total(bytes, pack) + growth, known);
  }

  /** Sets `low` and `high` to a difference of two unsigned numbers, as a signed one. */
  private setDelta(high: number, low: number, masterHigh: number, masterLow: number): void {
    const borrow = low >>> 0 < masterLow >>> 0 ? 1 : 0;
    this.low = (low - masterLow) | 0;
    this.high = (high - masterHigh - borrow) | 0;
  }

  private numberBytes(): number {
    const value = this.high * TWO_32 + (this.low >>> 0);
    return Number.isSafeInteger(value) ? this.listpack.integerEntryBytes(value) : 10;
  }

  private writeNumber(bytes: Uint8Array, at: number): number {
    const value = this.high * TWO_32 + (this.low >>> 0);
    if (Number.isSafeInteger(value)) return this.listpack.writeInteger(bytes, at, value);
    this.wide.low = this.low;
    this.wide.high = this.high;
    return this.listpack.write(bytes, at, this.digits, 0, this.wide.write(this.digits, 0));
  }

  /** Walks a block whole: asserts its format. Returns its entries that are not removed. */
  check(block: number): number {
    const { listpack } = this;
    assert(block !== NONE, 'a block is a block');
    const bytes = this.bytesOf(block);
    const pack = this.packOf(block);
    const total = listpack.total(bytes, pack);
    this.memory.checkLive(block, BLOCK_HEAD_BYTES + total);
    assert(listpack.validate(bytes, pack, total), 'a block is a valid listpack');
    let live = 0;
    let removed = 0;
    const fields = this.smallAt(bytes, this.masterFields(bytes, pack));
    for (let at = this.firstEntry(bytes, pack); !listpack.isEnd(bytes, at); ) {
      const flags = this.smallAt(bytes, at);
      if ((flags & REMOVED) !== 0) removed++;
      else live++;
      const countAt = listpack.next(bytes, listpack.next(bytes, listpack.next(bytes, at)));
      const same = (flags & SAME_FIELDS) !== 0;
      const elements = same ? fields + ENTRY_ELEMENTS : this.smallAt(bytes, countAt) * 2 + ENTRY_ELEMENTS + 1;
      for (let left = elements; left > 0; left--) at = listpack.next(bytes, at);
      assert(this.smallAt(bytes, at) === elements, 'an entry ends with the count of its elements');
      at = listpack.next(bytes, at);
    }
    assert(live === this.count(block), 'live entries are counted');
    assert(removed === this.removedCount(block), 'removed entries are counted');
    assert(live > 0, 'a block has live entries');
    return live;
  }
}

/** What the lower words' addition carries into the upper ones. */
function carry(before: number, after: number): number {
  return after >>> 0 < before >>> 0 ? 1 : 0;
}
