// Packed values: small collections as one run of bytes (a listpack, an int set), in the key's record up to
// INLINE_VALUE_BYTES_MAX, in a block of its own beyond. An edit is one `splice`: room is made or taken away where the
// change is, and the datatype writes into it.
//
// Two encodings may be packed in a type, its PACKED and its PACKED_OTHER; each has an inline and an outside form. A
// large collection keeps two words of its own in place of the bytes (`payload`).
//
// Inline bytes save a set of three short members its second block: 16 bytes and a cache miss.

import { copyBytes } from '../lib/bytes.ts';
import { FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import {
  ENCODING_MASK,
  ENCODING_SHIFT,
  KEY_BYTES_BITS,
  LONG_FLAG,
  SHORT_KEY_BYTES_MAX,
  SHORT_VALUE_BYTES_MAX,
  TYPE_AND_ENCODING_MASK,
} from '../structures/record.ts';
import { INLINE_VALUE_BYTES_MAX, type KeyRecords, typeAndEncoding } from './key-record.ts';

/** Encodings of collections. Packed ones lie inline; + PACKED_OUTSIDE says that they have a block of their own. */
export const PACKED = 0;
export const PACKED_OTHER = 1;
/** Payload: handle of the block, bytes used of it. */
export const PACKED_OUTSIDE = 2;
export const PACKED_OTHER_OUTSIDE = 3;
/** Payload: two words of the datatype's. */
export const LARGE = 4;

const OUTSIDE_BIT = PACKED_OUTSIDE << ENCODING_SHIFT;

/** An outside value this short goes back into the record. */
const INLINE_AGAIN_BYTES = INLINE_VALUE_BYTES_MAX / 2;
/** A growing outside block longer than this gets an eighth more than it needs, so that edits of large packs move it seldom;
 *  below, the size classes' own slack does: with an eighth more from 4 KB on, hashes of 200 fields took a tenth more memory
 *  (bench collections-memory), and filling them took no less time. */
const SLACK_FROM_BYTES = 16384;

const EMPTY = new Uint8Array(0);

/** What a command that only reads may do with packed values. */
export type ReadPackedValues = Pick<PackedValues, 'bytes' | 'start' | 'end' | 'read' | 'view'>;

/** Reads and edits the packed values of key records in one flat memory. */
export class PackedValues {
  /** The value that `read`, `create` or `splice` left: bytes[start..end), valid until memory changes. */
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  /** The segment that it lies in. */
  private segment = 0;
  private readonly records: KeyRecords;
  private readonly memory: FlatMemory;

  constructor(records: KeyRecords) {
    this.records = records;
    this.memory = records.memory;
  }

  /** A view of `bytes`. */
  view(): DataView {
    return this.memory.views[this.segment]!;
  }

  /** Whether a record's value is packed. */
  isPacked(handle: number): boolean {
    return this.records.encoding(handle) < LARGE;
  }

  /** Points `bytes`, `start` and `end` at a packed value. */
  read(handle: number): void {
    const { memory, records } = this;
    const bytes = memory.bytes[handle >>> SEGMENT_SHIFT]!;
    // The common case, decoded in one go: the parts are looked up several times in a command.
    const header = memory.words[handle >>> SEGMENT_SHIFT]!;
    const at = (handle & GRANULE_MASK) << 1;
    const lengths = header[at + 1]!;
    if ((lengths & LONG_FLAG) === 0 && ((header[at]! >>> ENCODING_SHIFT) & ENCODING_MASK) < PACKED_OUTSIDE) {
      const start = (at << 2) + 8 + ((lengths >>> 31) << 3) + (lengths & SHORT_KEY_BYTES_MAX);
      this.bytes = bytes;
      this.segment = handle >>> SEGMENT_SHIFT;
      this.start = start;
      this.end = start + ((lengths >>> KEY_BYTES_BITS) & SHORT_VALUE_BYTES_MAX);
      return;
    }
    const keyStart = records.keyStart(handle);
    if (records.encoding(handle) < PACKED_OUTSIDE) {
      this.bytes = bytes;
      this.segment = handle >>> SEGMENT_SHIFT;
      this.start = keyStart + records.keyLength(handle);
      this.end = this.start + records.inlineLength(handle);
      return;
    }
    const words = memory.words[handle >>> SEGMENT_SHIFT]!;
    const block = words[(keyStart >>> 2) - 2]!;
    this.bytes = memory.bytes[block >>> SEGMENT_SHIFT]!;
    this.segment = block >>> SEGMENT_SHIFT;
    this.start = (block & GRANULE_MASK) << 3;
    this.end = this.start + words[(keyStart >>> 2) - 1]!;
  }

  /**
   * The entries of a listpack or int set that is all of an inline value, in the common case, decoded in one go; -1 in any
   * other. Both keep their count, which fits 16 bits in so few bytes, behind a word.
   */
  inlineEntries(handle: number): number {
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    const lengths = words[word + 1]!;
    if (((words[word]! >>> ENCODING_SHIFT) & ENCODING_MASK) !== PACKED || (lengths & LONG_FLAG) !== 0) return -1;
    const count = (word << 2) + 12 + ((lengths >>> 31) << 3) + (lengths & SHORT_KEY_BYTES_MAX);
    const bytes = this.memory.bytes[handle >>> SEGMENT_SHIFT]!;
    return bytes[count]! | (bytes[count + 1]! << 8);
  }

  /**
   * A new record of `type` for key[keyStart..keyEnd) with a packed value of `length` unspecified bytes, `other` choosing
   * between the type's two packed encodings; it has been read. The caller owns the record. May grow memory.
   */
  create(
    type: number,
    other: 0 | 1,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    access: number,
    length: number,
    withExpiry = false,
  ): number {
    const isOutside = length > INLINE_VALUE_BYTES_MAX;
    const kind = typeAndEncoding(type, other + (isOutside ? PACKED_OUTSIDE : PACKED));
    const inline = isOutside ? 0 : length;
    const handle = this.records.create(kind, access, key, keyStart, keyEnd, inline, withExpiry);
    if (isOutside) this.setPayload(handle, this.memory.allocate(roomFor(length)), length);
    this.read(handle);
    return handle;
  }

  /** A new record with a large value's two words. The caller owns it. May grow memory. */
  createLarge(
    type: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    access: number,
    payload0: number,
    payload1: number,
  ): number {
    const handle = this.records.create(typeAndEncoding(type, LARGE), access, key, keyStart, keyEnd, 0, false);
    this.setPayload(handle, payload0, payload1);
    return handle;
  }

  /**
   * Replaces `removed` bytes at offset `at` of a packed value by `inserted` unspecified ones; what lies behind moves.
   * Returns the record, another one if it had to move: then the old one is freed, and the caller puts the new one in its
   * place (`Keyspace.moved`). The value has been read. May grow memory.
   */
  splice(handle: number, at: number, removed: number, inserted: number): number {
    this.read(handle);
    const before = this.end - this.start;
    const length = before - removed + inserted;
    const isInline = this.records.encoding(handle) < PACKED_OUTSIDE;
    const block = isInline ? handle : this.block(handle);
    const beside = isInline ? this.start - ((handle & GRANULE_MASK) << 3) : 0;
    const capacity = this.memory.capacity(block);
    const fits = beside + length <= capacity && (!isInline || length <= INLINE_VALUE_BYTES_MAX);
    if (!fits || (length < before && isWasteful(isInline, capacity, beside + length))) {
      return this.move(handle, isInline, at, removed, inserted);
    }
    const from = this.start + at + removed;
    if (removed !== inserted) copyBytes(this.bytes, from, this.end, this.bytes, from - removed + inserted);
    this.end = this.start + length;
    if (isInline) this.records.setInlineLength(handle, length);
    else this.memory.words[handle >>> SEGMENT_SHIFT]![this.records.payloadWord(handle) + 1] = length;
    return handle;
  }

  /** Says which of its type's two packed encodings a packed record has. */
  setOther(handle: number, other: 0 | 1): void {
    const { records } = this;
    const outside = records.encoding(handle) & PACKED_OUTSIDE;
    records.setTypeAndEncoding(handle, typeAndEncoding(records.type(handle), outside + other));
  }

  /**
   * A record like another, its expiry included, with a large value's two words in place of its packed value; the old one
   * is freed with its bytes. May grow memory.
   */
  enlarge(handle: number, payload0: number, payload1: number): number {
    const { records } = this;
    const large = records.remake(handle, typeAndEncoding(records.type(handle), LARGE), 0);
    this.setPayload(large, payload0, payload1);
    this.release(handle);
    records.free(handle);
    return large;
  }

  /**
   * The way back: a record like another, which is large, with a packed value of `length` unspecified bytes, which has been
   * read. The old record is freed, its payload is the caller's business. May grow memory.
   */
  shrink(handle: number, other: 0 | 1, length: number): number {
    const { records } = this;
    const isOutside = length > INLINE_VALUE_BYTES_MAX;
    const kind = typeAndEncoding(records.type(handle), other + (isOutside ? PACKED_OUTSIDE : PACKED));
    const packed = records.remake(handle, kind, isOutside ? 0 : length);
    if (isOutside) this.setPayload(packed, this.memory.allocate(roomFor(length)), length);
    records.free(handle);
    this.read(packed);
    return packed;
  }

  /** Frees what a packed record owns beside itself. */
  release(handle: number): void {
    if (this.records.encoding(handle) >= PACKED_OUTSIDE) this.memory.free(this.block(handle));
  }

  /** Gives a freshly copied packed record (KeyRecords.copy) a block of its own where the original has one. May grow memory. */
  duplicate(copy: number): void {
    if (this.records.encoding(copy) < PACKED_OUTSIDE) return;
    this.read(copy);
    const { bytes, start, end, memory } = this;
    const block = memory.allocate(roomFor(end - start));
    copyBytes(bytes, start, end, memory.bytes[block >>> SEGMENT_SHIFT]!, (block & GRANULE_MASK) << 3);
    this.setPayload(copy, block, end - start);
    this.read(copy);
  }

  /** Bytes of a record's own block for its value; 0 when it lies inline. */
  outsideBytes(handle: number): number {
    return this.records.encoding(handle) < PACKED_OUTSIDE ? 0 : this.memory.capacity(this.block(handle));
  }

  /** A word of a large record's payload. */
  payload(handle: number, index: 0 | 1): number {
    return this.memory.words[handle >>> SEGMENT_SHIFT]![this.records.payloadWord(handle) + index]!;
  }

  setPayload(handle: number, payload0: number, payload1: number): void {
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = this.records.payloadWord(handle);
    words[word] = payload0;
    words[word + 1] = payload1;
  }

  /** Asserts that a packed record's block holds its value. */
  check(handle: number): void {
    if (this.records.encoding(handle) < PACKED_OUTSIDE) return;
    this.memory.checkLive(this.block(handle), this.payload(handle, 1));
  }

  private block(handle: number): number {
    return this.payload(handle, 0);
  }

  /** The part of `splice` that needs another record or block. */
  private move(handle: number, isInline: boolean, at: number, removed: number, inserted: number): number {
    const { memory, records } = this;
    const { bytes, start, end } = this;
    const length = end - start - removed + inserted;
    const toInline = length <= (isInline ? INLINE_VALUE_BYTES_MAX : INLINE_AGAIN_BYTES);
    const old = isInline ? NONE : this.block(handle);
    let moved = handle;
    if (toInline || isInline) {
      const header = records.header(handle) & TYPE_AND_ENCODING_MASK;
      const kind = (header & ~OUTSIDE_BIT) | (toInline ? 0 : OUTSIDE_BIT);
      moved = records.remake(handle, kind, toInline ? length : 0);
    }
    if (!toInline) this.setPayload(moved, memory.allocate(roomFor(length)), length);
    this.read(moved);
    copyBytes(bytes, start, start + at, this.bytes, this.start);
    copyBytes(bytes, start + at + removed, end, this.bytes, this.start + at + inserted);
    if (old !== NONE) memory.free(old);
    if (moved !== handle) records.free(handle);
    return moved;
  }
}

/** Whether a value that shrank to `bytes` should move, its block having `capacity`. */
function isWasteful(isInline: boolean, capacity: number, bytes: number): boolean {
  return (!isInline && bytes <= INLINE_AGAIN_BYTES) || FlatMemory.capacityFor(bytes) * 2 <= capacity;
}

/** Bytes to allocate for an outside value of `length`. */
function roomFor(length: number): number {
  return length <= SLACK_FROM_BYTES ? length : length + (length >>> 3);
}
