// The bytes of an RDB file or a DUMP payload on their way in: lengths, strings, times and doubles, with the checksum over
// all that was taken. Everything that is read may be damaged: what a length promises is believed only when it has come.
//
// Short strings are read in one go by `string`; long ones, of which more has yet to come than is brought at once, by the
// generator `gather`, which yields now and then. The text is then bytes[start..end) of `text`, until the next read.

import { Crc64 } from '../../lib/crc64.ts';
import { INT64_DIGITS_MAX, writeInteger } from '../../lib/integers.ts';
import { STRING_BYTES_MAX } from '../../lib/limits.ts';
import { decompressLzf } from '../../lib/lzf.ts';
import type { StreamId } from '../../structures/stream-id.ts';
import type { ByteSource } from './byte-source.ts';
import { RdbError, TOO_LONG, UNEXPECTED_END } from './rdb-error.ts';
import {
  LENGTH_14,
  LENGTH_32,
  LENGTH_64,
  LENGTH_ENCODED,
  LZF_RATIO_MAX,
  RAW_ID_BYTES,
  STRING_INT8,
  STRING_INT16,
  STRING_INT32,
  STRING_LZF,
} from './rdb-format.ts';

/** Strings up to here are waited for in one go; a source brings some more at once. */
const AT_ONCE_BYTES_MAX = 64 * 1024;
/** What long strings are gathered in begins with this much, and doubles as bytes arrive. */
const GATHER_BYTES_FIRST = 256 * 1024;
/** Scratch for expanded strings that is kept. */
const EXPANDED_BYTES_KEPT = 1024 * 1024;
/** A length of one byte and a string of such a length. */
const NEAR_BYTES = 64;
const TWO_32 = 0x1_0000_0000;
const EMPTY = new Uint8Array(0);

export class RdbInput {
  /** What `string` or `gather` read: text[start..end), until the next read. */
  text: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  /** The two halves of what `count`, `wide` or `time` read. */
  high = 0;
  low = 0;
  /** Bytes taken, and bytes made of compressed ones: what slices are measured by. */
  private expandedTotal = 0;
  private source: ByteSource;
  /** The source's bytes: taken up to `at`, come up to `limit`; summed up to `checked`. */
  private bytes: Uint8Array;
  private at: number;
  private limit: number;
  private checked: number;
  /** Bytes taken before `bytes`, so that `base + at` is the offset. */
  private base: number;
  /** Whether a checksum is kept. */
  private readonly isChecked: boolean;
  private readonly crc = new Crc64();
  private readonly digits = new Uint8Array(INT64_DIGITS_MAX + 1);
  private expanded = new Uint8Array(4096);
  private readonly doubles = new Float64Array(1);
  private readonly doubleWords = new Int32Array(this.doubles.buffer);
  /** The string that `gather` is to read: its bytes as they stand, and what they expand to, -1 when they are plain. */
  private pending = 0;
  private pendingExpanded = -1;

  constructor(source: ByteSource, isChecked: boolean) {
    this.source = source;
    this.isChecked = isChecked;
    this.bytes = source.bytes;
    this.at = source.start;
    this.limit = source.end;
    this.checked = this.at;
    this.base = -this.at;
  }

  /** Goes on to read another source. */
  restart(source: ByteSource): void {
    this.source = source;
    this.text = EMPTY;
    this.bytes = source.bytes;
    this.at = source.start;
    this.limit = source.end;
    this.checked = this.at;
    this.base = -this.at;
    this.expandedTotal = 0;
    this.crc.reset();
  }

  /** Bytes taken so far. */
  offset(): number {
    return this.base + this.at;
  }

  /** Bytes that are sure to come, as far as is known. */
  bytesToCome(): number {
    return this.limit - this.at + this.source.beyond();
  }

  /** Bytes taken and made so far. */
  work(): number {
    return this.base + this.at + this.expandedTotal;
  }

  /** Throws what is wrong here. */
  fail(message: string): never {
    throw new RdbError(message, this.offset());
  }

  /** Whether nothing follows. */
  isAtEnd(): boolean {
    return this.at === this.limit && !this.refill();
  }

  /** Hands what was not taken back to the source. */
  finish(): void {
    this.sum();
    this.source.start = this.at;
  }

  /** The checksum of all that was taken, in `high` and `low`. */
  readChecksum(): void {
    this.sum();
    this.high = this.crc.high;
    this.low = this.crc.low;
  }

  private sum(): void {
    if (this.isChecked) this.crc.update(this.bytes, this.checked, this.at);
    this.checked = this.at;
  }

  /** Brings more; false at the end. */
  private refill(): boolean {
    const { source } = this;
    this.sum();
    const taken = this.base + this.at;
    source.start = this.at;
    const more = source.fill();
    this.bytes = source.bytes;
    this.at = source.start;
    this.limit = source.end;
    this.checked = this.at;
    this.base = taken - this.at;
    return more;
  }

  /** Sees to `count` bytes behind `at`. */
  private need(count: number): void {
    while (this.limit - this.at < count) if (!this.refill()) this.fail(UNEXPECTED_END);
  }

  byte(): number {
    if (this.at === this.limit) this.need(1);
    return this.bytes[this.at++]!;
  }

  /** A length or count: a number, rounded beyond 2^53; its halves are `high` and `low`. */
  count(): number {
    const first = this.byte();
    if (first >= LENGTH_ENCODED) this.fail('a length is expected, not an encoded string');
    return this.countFrom(first);
  }

  private countFrom(first: number): number {
    this.high = 0;
    if (first < 0x40) this.low = first;
    else if (first < 0x80) this.low = ((first & 0x3f) << 8) | this.byte();
    else if (first === LENGTH_32) this.low = this.word();
    else if (first === LENGTH_64) {
      this.need(8);
      this.high = this.word();
      this.low = this.word();
      return (this.high >>> 0) * TWO_32 + (this.low >>> 0);
    } else this.fail(`Unknown length encoding ${first} in an RDB file`);
    return this.low >>> 0;
  }

  /** 32 bits, big endian. */
  private word(): number {
    this.need(4);
    const { bytes, at } = this;
    this.at = at + 4;
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }

  /** 32 bits, little endian, signed. */
  int32(): number {
    this.need(4);
    const { bytes, at } = this;
    this.at = at + 4;
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }

  /** 64 bits, little endian, into `low` and `high`. */
  wide(): void {
    this.need(8);
    this.low = this.int32();
    this.high = this.int32();
  }

  /** The same as a signed number of milliseconds, rounded beyond 2^53. */
  time(): number {
    this.wide();
    return this.high * TWO_32 + (this.low >>> 0);
  }

  /** A double from its 64 bits. */
  double(): number {
    this.wide();
    this.doubleWords[0] = this.low;
    this.doubleWords[1] = this.high;
    return this.doubles[0]!;
  }

  /** An id of 16 bytes, big endian. */
  rawId(id: StreamId): void {
    this.need(RAW_ID_BYTES);
    id.msHigh = this.word();
    id.msLow = this.word();
    id.seqHigh = this.word();
    id.seqLow = this.word();
  }

  /** An id of two counts. */
  countId(id: StreamId): void {
    this.count();
    id.msHigh = this.high;
    id.msLow = this.low;
    this.count();
    id.seqHigh = this.high;
    id.seqLow = this.low;
  }

  /** `length` bytes as they are, up to AT_ONCE_BYTES_MAX, as the text. */
  raw(length: number): void {
    this.need(length);
    this.take(length);
  }

  /**
   * Reads a string, or its beginning: false says that it is long, and that `gather` must follow.
   */
  string(): boolean {
    const first = this.byte();
    if (first < LENGTH_ENCODED) return this.plain(this.countFrom(first));
    const encoding = first & 0x3f;
    if (encoding === STRING_LZF) return this.compressed();
    let value = 0;
    if (encoding === STRING_INT8) value = (this.byte() << 24) >> 24;
    else if (encoding === STRING_INT16) {
      this.need(2);
      value = ((this.bytes[this.at]! | (this.bytes[this.at + 1]! << 8)) << 16) >> 16;
      this.at += 2;
    } else if (encoding === STRING_INT32) value = this.int32();
    else this.fail(`Unknown RDB string encoding type ${encoding}`);
    this.text = this.digits;
    this.start = 0;
    this.end = writeInteger(value, this.digits, 0);
    return true;
  }

  /** Whether the next string is not compressed and has come: then nothing moves when it is read. */
  isNear(): boolean {
    const { bytes, at } = this;
    const left = this.limit - at;
    if (left < NEAR_BYTES) return false;
    const first = bytes[at]!;
    if (first < LENGTH_14) return true;
    if (first < LENGTH_32) return left >= (((first & 0x3f) << 8) | bytes[at + 1]!) + 2;
    return first >= LENGTH_ENCODED && first < (LENGTH_ENCODED | STRING_LZF);
  }

  /** Whether the text stays as it is while so many bytes, or what is near, are read. */
  isFixed(count: number): boolean {
    return this.text === this.bytes && this.limit - this.at >= count;
  }

  private plain(length: number): boolean {
    if (length > STRING_BYTES_MAX) this.fail(TOO_LONG);
    if (this.limit - this.at < length) {
      if (length > AT_ONCE_BYTES_MAX) {
        this.pending = length;
        this.pendingExpanded = -1;
        return false;
      }
      this.need(length);
    }
    this.take(length);
    return true;
  }

  private take(length: number): void {
    this.text = this.bytes;
    this.start = this.at;
    this.at += length;
    this.end = this.at;
  }

  private compressed(): boolean {
    const length = this.count();
    const expanded = this.count();
    if (expanded > STRING_BYTES_MAX) this.fail(TOO_LONG);
    if (expanded === 0 || expanded > length * LZF_RATIO_MAX) this.fail('Invalid LZF compressed string');
    if (this.limit - this.at < length) {
      if (length > AT_ONCE_BYTES_MAX) {
        this.pending = length;
        this.pendingExpanded = expanded;
        return false;
      }
      this.need(length);
    }
    this.take(length);
    this.expand(expanded);
    return true;
  }

  /** Expands the text. */
  private expand(length: number): void {
    if (length > EXPANDED_BYTES_KEPT && lzfLength(this.text, this.start, this.end) !== length) {
      this.fail('Invalid LZF compressed string');
    }
    if (this.expanded.length < length || this.expanded.length > EXPANDED_BYTES_KEPT) {
      this.expanded = new Uint8Array(Math.max(length, 4096));
    }
    if (!decompressLzf(this.text, this.start, this.end, this.expanded, 0, length)) {
      this.fail('Invalid LZF compressed string');
    }
    this.expandedTotal += length;
    this.text = this.expanded;
    this.start = 0;
    this.end = length;
  }

  /** Reads the long string that `string` began, yielding after each piece that is brought. */
  *gather(): Generator<void, void> {
    const { pending, pendingExpanded } = this;
    const from = this.offset();
    let gathered = new Uint8Array(Math.min(pending, GATHER_BYTES_FIRST));
    let length = 0;
    while (length < pending) {
      if (this.at === this.limit) {
        yield;
        // Where the string began: nothing of it counts as read.
        if (!this.refill()) throw new RdbError(UNEXPECTED_END, from);
      }
      const taken = Math.min(pending - length, this.limit - this.at);
      if (length + taken > gathered.length) {
        const longer = new Uint8Array(Math.min(pending, Math.max(gathered.length * 2, length + taken)));
        longer.set(gathered.subarray(0, length));
        gathered = longer;
      }
      gathered.set(this.bytes.subarray(this.at, this.at + taken), length);
      this.at += taken;
      length += taken;
    }
    this.text = gathered;
    this.start = 0;
    this.end = length;
    if (pendingExpanded >= 0) this.expand(pendingExpanded);
  }
}

/** Bytes that a stream of LZF makes, as its controls say: asked before much memory is taken for them. */
function lzfLength(bytes: Uint8Array, start: number, end: number): number {
  let length = 0;
  for (let at = start; at < end; ) {
    const control = bytes[at]!;
    if (control < 32) {
      length += control + 1;
      at += control + 2;
    } else if (control < 0xe0) {
      length += (control >>> 5) + 2;
      at += 2;
    } else {
      length += (bytes[at + 1] ?? 0) + 9;
      at += 3;
    }
  }
  return length;
}
