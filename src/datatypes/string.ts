// Strings: which of their encodings holds a value, and how to read and change one.
//
//   int      the value is a signed 64-bit integer in canonical decimal; kept as two words
//   embstr   at most 44 bytes, as it was set; lies in the record
//   raw      longer, or changed in place; lies in the record up to 1 KiB, in a block of its own beyond
//
// The names and thresholds are Redis's (OBJECT ENCODING). A block of its own keeps room to grow: twice the size up to
// 1 MiB, 1 MiB more beyond (APPEND, SETRANGE).

import { copyBytes } from '../lib/bytes.ts';
import { INT64_DIGITS_MAX, parseInt64, parseInteger, writeInt64, writeInteger } from '../lib/integers.ts';
import { binOfDecimal, binOfInt32, binOfSize } from '../lib/size-bins.ts';
import { FlatMemory, GRANULE_MASK, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import type { NodeGuard } from '../structures/node-guard.ts';
import {
  ENCODING_MASK,
  ENCODING_SHIFT,
  EXPIRY_FLAG,
  KEY_BYTES_BITS,
  LONG_FLAG,
  SHORT_KEY_BYTES_MAX,
  SHORT_VALUE_BYTES_MAX,
  TYPE_AND_ENCODING_MASK,
  TYPE_MASK,
} from '../structures/record.ts';
import {
  EMBSTR,
  INLINE_VALUE_BYTES_MAX,
  INT,
  KeyRecords,
  OUTSIDE,
  RAW,
  STRING,
  typeAndEncoding,
} from './key-record.ts';

/** Longest value that OBJECT ENCODING calls embstr. */
export const EMBSTR_BYTES_MAX = 44;
/** Beyond this a growing string gets this much more room, not twice its size. */
const GROWTH_BYTES_MAX = 1024 * 1024;
/** What one of an integer's upper word is worth. */
const HIGH_UNIT = 4294967296;

const EMPTY = new Uint8Array(0);

export const SAME_BIN = -1;

/** What a command that only reads may do with strings. */
export type ReadStrings = Pick<Strings, 'bytes' | 'start' | 'end' | 'read' | 'length' | 'integer' | 'parseInt64'>;

/** Reads and writes the string values of key records in one flat memory. */
export class Strings {
  /** The value that `read` found: bytes[start..end), valid until memory changes. */
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  /** What `classify` said of a value: its encoding, and an integer's two words. */
  encoding = EMBSTR;
  low = 0;
  high = 0;
  /** What `overwrite` and `addInteger` leave: the bin (lib/size-bins.ts) of the length before them, SAME_BIN where it still is. */
  binBefore = SAME_BIN;
  private readonly digits = new Uint8Array(INT64_DIGITS_MAX + 1);
  private readonly records: KeyRecords;
  private readonly memory: FlatMemory;

  /** Told of outside blocks while point-in-time walks go on. */
  guard: NodeGuard | null = null;

  constructor(records: KeyRecords) {
    this.records = records;
    this.memory = records.memory;
  }

  /** Points `bytes`, `start`, `end` at a string's value; an integer is written out. */
  read(handle: number): void {
    // The common case, decoded in one go. With `overwrite` done so too a SET went from 207 to 182 ns, a GET stayed as it
    // was (engine/engine.bench.ts, 10,000 keys).
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    const lengths = words[word + 1]!;
    if ((lengths & LONG_FLAG) === 0 && ((words[word]! >>> ENCODING_SHIFT) & ENCODING_MASK) <= RAW) {
      const start = (word << 2) + 8 + ((lengths >>> 31) << 3) + (lengths & SHORT_KEY_BYTES_MAX);
      this.bytes = this.memory.bytes[handle >>> SEGMENT_SHIFT]!;
      this.start = start;
      this.end = start + ((lengths >>> KEY_BYTES_BITS) & SHORT_VALUE_BYTES_MAX);
      return;
    }
    this.readOther(handle);
  }

  private readOther(handle: number): void {
    const memory = this.memory;
    const encoding = this.records.encoding(handle);
    if (encoding <= RAW) {
      const start = this.records.keyStart(handle) + this.records.keyLength(handle);
      this.bytes = memory.bytes[handle >>> SEGMENT_SHIFT]!;
      this.start = start;
      this.end = start + this.records.inlineLength(handle);
      return;
    }
    const words = memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = this.records.payloadWord(handle);
    if (encoding === OUTSIDE) {
      const block = words[word]!;
      this.bytes = memory.bytes[block >>> SEGMENT_SHIFT]!;
      this.start = (block & GRANULE_MASK) << 3;
      this.end = this.start + words[word + 1]!;
      return;
    }
    this.bytes = this.digits;
    this.start = 0;
    const value = words[word + 1]! * HIGH_UNIT + (words[word]! >>> 0);
    this.end = Number.isSafeInteger(value)
      ? writeInteger(value, this.digits, 0)
      : writeInt64(this.int64(handle), this.digits, 0);
  }

  /** Bytes of a string's value. */
  length(handle: number): number {
    const encoding = this.records.encoding(handle);
    if (encoding <= RAW) return this.records.inlineLength(handle);
    if (encoding === OUTSIDE) {
      return this.memory.words[handle >>> SEGMENT_SHIFT]![this.records.payloadWord(handle) + 1]!;
    }
    this.read(handle);
    return this.end;
  }

  /** The integer of an int-encoded string when it is within ±(2^53-1), else NaN. */
  integer(handle: number): number {
    if (this.records.encoding(handle) === INT) {
      const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
      const word = this.records.payloadWord(handle);
      const value = words[word + 1]! * HIGH_UNIT + (words[word]! >>> 0);
      return Number.isSafeInteger(value) ? value : Number.NaN;
    }
    this.read(handle);
    return parseInteger(this.bytes, this.start, this.end);
  }

  /**
   * Adds to the integer of an int-encoded record, in place, and returns the sum; NaN, with nothing changed, when the
   * record is another or a number beyond ±(2^53-1) is involved. Leaves `binBefore`.
   */
  addInteger(handle: number, increment: number): number {
    this.binBefore = SAME_BIN;
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    const lengths = words[word + 1]!;
    if (((words[word]! >>> ENCODING_SHIFT) & ENCODING_MASK) !== INT || (lengths & LONG_FLAG) !== 0) return Number.NaN;
    const payload = word + 2 + ((lengths >>> 31) << 1);
    const low = words[payload]!;
    const high = words[payload + 1]!;
    // Most counters fit 32 bits, and then no double is made.
    const small = high === low >> 31 ? low + increment : Number.NaN;
    if (small === (small | 0)) {
      const bin = binOfInt32(low);
      if (bin !== binOfInt32(small)) this.binBefore = bin;
      words[payload] = small;
      words[payload + 1] = small >> 31;
      return small;
    }
    const value = high * HIGH_UNIT + (low >>> 0);
    const sum = value + increment;
    if (!Number.isSafeInteger(value) || !Number.isSafeInteger(sum)) return Number.NaN;
    this.binBefore = binOfDecimal(value);
    const sumHigh = Math.floor(sum / HIGH_UNIT);
    words[payload] = (sum - sumHigh * HIGH_UNIT) | 0;
    words[payload + 1] = sumHigh;
    return sum;
  }

  /** The value as a 64-bit integer, null when it is none. Allocates. */
  int64(handle: number): bigint {
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = this.records.payloadWord(handle);
    return (BigInt(words[word + 1]!) << 32n) | BigInt(words[word]! >>> 0);
  }

  /** The value as a 64-bit integer, or null. Allocates: for what `integer` could not say. */
  parseInt64(handle: number): bigint | null {
    if (this.records.encoding(handle) === INT) return this.int64(handle);
    this.read(handle);
    return parseInt64(this.bytes, this.start, this.end);
  }

  /** Sees which encoding a value gets: leaves `encoding` and, for an integer, `low` and `high`. */
  classify(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length <= INT64_DIGITS_MAX && length > 0) {
      const first = bytes[start]!;
      if (first <= 57 && (first >= 48 || first === 45)) {
        const value = parseInteger(bytes, start, end);
        if (!Number.isNaN(value)) {
          this.setInteger(value);
          return;
        }
        if (length > 15 && this.classifyLong(bytes, start, end)) return;
      }
    }
    this.classifyText(length);
  }

  /** Sees to a value of so many bytes that is to stay text, even if it looks like an integer. */
  classifyText(length: number): void {
    this.encoding = length <= EMBSTR_BYTES_MAX ? EMBSTR : length <= INLINE_VALUE_BYTES_MAX ? RAW : OUTSIDE;
  }

  /** Leaves INT and the halves of a safe integer in `encoding`, `low` and `high`. */
  setInteger(value: number): void {
    this.encoding = INT;
    const high = Math.floor(value / HIGH_UNIT);
    this.high = high | 0;
    this.low = (value - high * HIGH_UNIT) | 0;
  }

  private classifyLong(bytes: Uint8Array, start: number, end: number): boolean {
    const value = parseInt64(bytes, start, end);
    if (value === null) return false;
    this.setInt64(value);
    return true;
  }

  setInt64(value: bigint): void {
    this.encoding = INT;
    this.low = Number(BigInt.asIntN(32, value));
    this.high = Number(BigInt.asIntN(32, value >> 32n));
  }

  /**
   * A record for key[keyStart..keyEnd) with the value last classified, bytes[start..end). The caller owns it. May grow
   * memory; `bytes` must not lie in flat memory.
   */
  create(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    access: number,
    withExpiry: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): number {
    const encoding = this.encoding;
    const inline = encoding <= RAW ? end - start : 0;
    const handle = this.records.create(
      typeAndEncoding(STRING, encoding),
      access,
      key,
      keyStart,
      keyEnd,
      inline,
      withExpiry,
    );
    this.fill(handle, encoding, bytes, start, end);
    return handle;
  }

  /**
   * A record for key[keyStart..keyEnd) with a raw value of `length` unspecified bytes, at `bytes`, `start`..`end`. The caller
   * owns it. May grow memory.
   */
  createRaw(key: Uint8Array, keyStart: number, keyEnd: number, access: number, length: number): number {
    const isInline = length <= INLINE_VALUE_BYTES_MAX;
    const kind = typeAndEncoding(STRING, isInline ? RAW : OUTSIDE);
    const handle = this.records.create(kind, access, key, keyStart, keyEnd, isInline ? length : 0, false);
    if (!isInline) {
      const block = this.memory.allocate(length);
      const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
      const word = this.records.payloadWord(handle);
      words[word] = block;
      words[word + 1] = length;
    }
    this.read(handle);
    return handle;
  }

  /** The bin of the length of the value last classified, bytes[start..end). */
  binOfClassified(start: number, end: number): number {
    return this.encoding === INT ? binOfInt64(this.low, this.high) : binOfSize(end - start);
  }

  /**
   * Overwrites a string record with the value last classified, where its block is of just the right size class: false
   * when it is not. `binBefore` is then the bin of its length before where that may be another now. The expiry field, if
   * any, and the access clock stay as they are.
   */
  overwrite(handle: number, bytes: Uint8Array, start: number, end: number): boolean {
    this.binBefore = SAME_BIN;
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    const header = words[word]!;
    const lengths = words[word + 1]!;
    const encoding = this.encoding;
    const before = (header >>> ENCODING_SHIFT) & ENCODING_MASK;
    if ((header & TYPE_MASK) !== STRING || (lengths & LONG_FLAG) !== 0) return false;
    if (encoding === INT) {
      if (before !== INT) return false; // the key would move
      words[word] = (header & ~TYPE_AND_ENCODING_MASK) | typeAndEncoding(STRING, INT);
      const payload = word + 2 + ((lengths >>> 31) << 1);
      const bin = binOfInt64(words[payload]!, words[payload + 1]!);
      if (bin !== binOfInt64(this.low, this.high)) this.binBefore = bin;
      words[payload] = this.low;
      words[payload + 1] = this.high;
      return true;
    }
    if (encoding > RAW || before > RAW) return false;
    const inline = end - start;
    const keyLength = lengths & SHORT_KEY_BYTES_MAX;
    if (((lengths >>> KEY_BYTES_BITS) & SHORT_VALUE_BYTES_MAX) !== inline) {
      const size = KeyRecords.size(encoding, keyLength, inline, lengths < 0);
      if (FlatMemory.capacityFor(size) !== this.memory.capacity(handle)) return false;
      this.binBefore = binOfSize((lengths >>> KEY_BYTES_BITS) & SHORT_VALUE_BYTES_MAX);
      words[word + 1] = (lengths & EXPIRY_FLAG) | (inline << KEY_BYTES_BITS) | keyLength;
    }
    words[word] = (header & ~TYPE_AND_ENCODING_MASK) | typeAndEncoding(STRING, encoding);
    const at = (word << 2) + 8 + ((lengths >>> 31) << 3) + keyLength;
    copyBytes(bytes, start, end, this.memory.bytes[handle >>> SEGMENT_SHIFT]!, at);
    return true;
  }

  /** Frees what a string record owns beside itself. */
  release(handle: number): void {
    if (this.records.encoding(handle) === OUTSIDE) this.freeBlock(this.block(handle));
  }

  /** The block of an outside string. */
  block(handle: number): number {
    return this.memory.words[handle >>> SEGMENT_SHIFT]![this.records.payloadWord(handle)]!;
  }

  private freeBlock(block: number): void {
    if (this.guard === null || !this.guard.keeps(block)) this.memory.free(block);
  }

  /** Gives a freshly copied record (KeyRecords.copy) a block of its own where the original has one. May grow memory. */
  duplicate(copy: number): void {
    if (this.records.encoding(copy) !== OUTSIDE) return;
    const word = this.records.payloadWord(copy);
    const block = this.memory.words[copy >>> SEGMENT_SHIFT]![word]!;
    const length = this.memory.words[copy >>> SEGMENT_SHIFT]![word + 1]!;
    const own = this.memory.allocate(length);
    const from = (block & GRANULE_MASK) << 3;
    copyBytes(
      this.memory.bytes[block >>> SEGMENT_SHIFT]!,
      from,
      from + length,
      this.memory.bytes[own >>> SEGMENT_SHIFT]!,
      (own & GRANULE_MASK) << 3,
    );
    this.memory.words[copy >>> SEGMENT_SHIFT]![word] = own;
  }

  /**
   * Makes a raw string of `length` bytes out of a string record, its bytes kept, new ones zero; ready to be written to
   * at `bytes`, `start`..`end`. Returns the record's handle, another one if it had to move: then the old record is freed,
   * and the caller puts the new one in the table. May grow memory. `isExact`: it gets no room to grow further.
   */
  resize(handle: number, length: number, isExact = false): number {
    this.read(handle);
    const before = this.end - this.start;
    if (this.records.encoding(handle) === OUTSIDE) {
      this.growBlock(handle, before, length, isExact);
      return handle;
    }
    if (length <= INLINE_VALUE_BYTES_MAX) return this.resizeInline(handle, length);
    return this.moveOutside(handle, length, isExact);
  }

  private resizeInline(handle: number, length: number): number {
    const { memory, records } = this;
    const keyLength = records.keyLength(handle);
    const withExpiry = records.hasExpiryField(handle);
    const header = records.header(handle);
    const before = this.end - this.start;
    const size = KeyRecords.size(RAW, keyLength, length, withExpiry);
    const long = (memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + 1]! & LONG_FLAG) !== 0;
    if (!long && records.encoding(handle) <= RAW && memory.capacity(handle) >= size) {
      const words = memory.words[handle >>> SEGMENT_SHIFT]!;
      const word = (handle & GRANULE_MASK) << 1;
      words[word] = (header & ~TYPE_AND_ENCODING_MASK) | typeAndEncoding(STRING, RAW);
      words[word + 1] = (words[word + 1]! & EXPIRY_FLAG) | (length << KEY_BYTES_BITS) | keyLength;
      if (length > before) this.bytes.fill(0, this.end, this.start + length);
      this.end = this.start + length;
      return handle;
    }
    const moved = records.remake(handle, typeAndEncoding(STRING, RAW), length);
    const at = records.keyStart(moved) + keyLength;
    const bytes = memory.bytes[moved >>> SEGMENT_SHIFT]!;
    this.copyValue(handle, bytes, at, length);
    this.bytes = bytes;
    this.start = at;
    this.end = at + length;
    records.free(handle);
    return moved;
  }

  private moveOutside(handle: number, length: number, isExact: boolean): number {
    const { memory, records } = this;
    const block = memory.allocate(isExact ? length : roomFor(length));
    const at = (block & GRANULE_MASK) << 3;
    this.copyValue(handle, memory.bytes[block >>> SEGMENT_SHIFT]!, at, length);
    const moved = records.remake(handle, typeAndEncoding(STRING, OUTSIDE), 0);
    const words = memory.words[moved >>> SEGMENT_SHIFT]!;
    words[records.payloadWord(moved)] = block;
    words[records.payloadWord(moved) + 1] = length;
    this.bytes = memory.bytes[block >>> SEGMENT_SHIFT]!;
    this.start = at;
    this.end = at + length;
    records.free(handle);
    return moved;
  }

  /** Copies the value of a record to `bytes` at `at`, filled up with zeros to `length`. */
  private copyValue(handle: number, bytes: Uint8Array, at: number, length: number): void {
    this.read(handle);
    const kept = Math.min(this.end - this.start, length);
    copyBytes(this.bytes, this.start, this.start + kept, bytes, at);
    bytes.fill(0, at + kept, at + length);
  }

  /** Grows or cuts the outside block of a record to `length` bytes. */
  private growBlock(handle: number, before: number, length: number, isExact: boolean): void {
    const { memory } = this;
    const word = this.records.payloadWord(handle);
    let block = memory.words[handle >>> SEGMENT_SHIFT]![word]!;
    // What a snapshot still has to write is left to it, and a copy changed.
    if (memory.capacity(block) < length || this.guard?.holds(block) === true) {
      const grown = memory.allocate(isExact ? length : roomFor(length));
      const from = (block & GRANULE_MASK) << 3;
      copyBytes(
        memory.bytes[block >>> SEGMENT_SHIFT]!,
        from,
        from + Math.min(before, length),
        memory.bytes[grown >>> SEGMENT_SHIFT]!,
        (grown & GRANULE_MASK) << 3,
      );
      this.freeBlock(block);
      block = grown;
      memory.words[handle >>> SEGMENT_SHIFT]![word] = block;
    }
    memory.words[handle >>> SEGMENT_SHIFT]![word + 1] = length;
    this.bytes = memory.bytes[block >>> SEGMENT_SHIFT]!;
    this.start = (block & GRANULE_MASK) << 3;
    this.end = this.start + length;
    if (length > before) this.bytes.fill(0, this.start + before, this.end);
  }

  /** Writes the value last classified into a record whose header says so. */
  private fill(handle: number, encoding: number, bytes: Uint8Array, start: number, end: number): void {
    if (encoding <= RAW) {
      const at = this.records.keyStart(handle) + this.records.keyLength(handle);
      copyBytes(bytes, start, end, this.memory.bytes[handle >>> SEGMENT_SHIFT]!, at);
      return;
    }
    const word = this.records.payloadWord(handle);
    if (encoding === INT) {
      const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
      words[word] = this.low;
      words[word + 1] = this.high;
      return;
    }
    const block = this.memory.allocate(end - start);
    copyBytes(bytes, start, end, this.memory.bytes[block >>> SEGMENT_SHIFT]!, (block & GRANULE_MASK) << 3);
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    words[word] = block;
    words[word + 1] = end - start;
  }
}

/** The bin of the length of an integer of two words. */
function binOfInt64(low: number, high: number): number {
  return high === low >> 31 ? binOfInt32(low) : binOfDecimal(high * HIGH_UNIT + (low >>> 0));
}

/** Bytes to allocate for a string that grew to `length`. */
function roomFor(length: number): number {
  return length < GROWTH_BYTES_MAX ? length * 2 : length + GROWTH_BYTES_MAX;
}
