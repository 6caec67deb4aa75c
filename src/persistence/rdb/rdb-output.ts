// The bytes of an RDB file on their way out: lengths, strings, times and doubles as the format has them, appended to one
// growing buffer that its owner empties. Nothing is allocated but when the buffer grows.

import { copyBytes, writeLatin1 } from '../../lib/bytes.ts';
import { Crc64 } from '../../lib/crc64.ts';
import { parseInteger } from '../../lib/integers.ts';
import { Lzf } from '../../lib/lzf.ts';
import type { StreamId } from '../../structures/stream-id.ts';
import {
  CHECKSUM_BYTES,
  COMPRESS_FROM_BYTES,
  COMPRESS_GAIN_MIN,
  INTEGER_TEXT_BYTES_MAX,
  LENGTH_14,
  LENGTH_32,
  LENGTH_64,
  LENGTH_ENCODED,
  RAW_ID_BYTES,
  STRING_INT8,
  STRING_INT16,
  STRING_INT32,
  STRING_LZF,
} from './rdb-format.ts';

/** What the buffer starts with, and what it keeps when it is emptied. */
const BYTES_FIRST = 64 * 1024;
const BYTES_KEPT = 1024 * 1024;
/** Longer strings are written as they are: to compress one takes some 10 ms a megabyte, in one piece. */
const COMPRESS_BYTES_MAX = 4 * 1024 * 1024;
/** What stands before a stream of LZF at most. */
const LZF_HEAD_BYTES_MAX = 11;
const TWO_32 = 0x1_0000_0000;

const MINUS = 45;
const ZERO = 48;
const NINE = 57;

export class RdbOutput {
  /** What was written since the last `clear`: bytes[0..length). */
  bytes: Uint8Array = new Uint8Array(BYTES_FIRST);
  length = 0;
  /** rdbcompression, rdbchecksum. */
  compress = true;
  checksum = true;
  /** Over all that was cleared since `beginChecksum`. */
  private readonly crc = new Crc64();
  private readonly lzf = new Lzf();
  private readonly doubles = new Float64Array(1);
  private readonly doubleBytes = new Uint8Array(this.doubles.buffer);

  /** Sees to room for `count` more bytes. */
  ensure(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  /** Forgets what was written, which the owner has taken; it stays in the checksum. */
  clear(): void {
    if (this.checksum) this.crc.update(this.bytes, 0, this.length);
    this.length = 0;
    if (this.bytes.length > BYTES_KEPT) this.bytes = new Uint8Array(BYTES_KEPT);
  }

  /** The checksum begins with what is written next; the buffer is empty. */
  protected beginChecksum(): void {
    this.length = 0;
    this.crc.reset();
  }

  /** Writes the checksum of all that was written, zeros when there is none to be. */
  protected writeChecksum(): void {
    this.ensure(CHECKSUM_BYTES);
    if (this.checksum) {
      this.crc.update(this.bytes, 0, this.length);
      this.crc.write(this.bytes, this.length);
    } else this.bytes.fill(0, this.length, this.length + CHECKSUM_BYTES);
    this.length += CHECKSUM_BYTES;
  }

  byte(value: number): void {
    this.ensure(1);
    this.bytes[this.length++] = value;
  }

  /** Bytes as they are. */
  raw(from: Uint8Array, start: number, end: number): void {
    this.ensure(end - start);
    copyBytes(from, start, end, this.bytes, this.length);
    this.length += end - start;
  }

  /** A length or a count, any integer from 0 to 2^53. */
  count(value: number): void {
    this.ensure(9);
    const { bytes } = this;
    if (value < 1 << 6) bytes[this.length++] = value;
    else if (value < 1 << 14) {
      bytes[this.length++] = LENGTH_14 | (value >>> 8);
      bytes[this.length++] = value;
    } else if (value < TWO_32) {
      bytes[this.length++] = LENGTH_32;
      this.word(value | 0);
    } else this.wideCount(Math.floor(value / TWO_32), value | 0);
  }

  /** The same for an unsigned number of 64 bits. */
  count64(high: number, low: number): void {
    if (high === 0) this.count(low >>> 0);
    else {
      this.ensure(9);
      this.wideCount(high, low);
    }
  }

  private wideCount(high: number, low: number): void {
    this.bytes[this.length++] = LENGTH_64;
    this.word(high);
    this.word(low);
  }

  /** 32 bits, big endian; there is room. */
  private word(value: number): void {
    const { bytes } = this;
    bytes[this.length++] = value >>> 24;
    bytes[this.length++] = value >>> 16;
    bytes[this.length++] = value >>> 8;
    bytes[this.length++] = value;
  }

  /** Milliseconds since 1970, an integer of up to 53 bits: 64 bits, little endian. */
  time(value: number): void {
    const high = Math.floor(value / TWO_32);
    this.wide(high, value - high * TWO_32);
  }

  /** 64 bits, little endian. */
  wide(high: number, low: number): void {
    this.ensure(8);
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = low;
    bytes[at++] = low >>> 8;
    bytes[at++] = low >>> 16;
    bytes[at++] = low >>> 24;
    bytes[at++] = high;
    bytes[at++] = high >>> 8;
    bytes[at++] = high >>> 16;
    bytes[at++] = high >>> 24;
    this.length = at;
  }

  /** A double as its 64 bits. */
  double(value: number): void {
    this.doubles[0] = value;
    this.ensure(8);
    for (let index = 0; index < 8; index++) this.bytes[this.length++] = this.doubleBytes[index]!;
  }

  /** An id as 16 bytes, big endian. */
  rawId(id: StreamId): void {
    this.ensure(RAW_ID_BYTES);
    this.word(id.msHigh);
    this.word(id.msLow);
    this.word(id.seqHigh);
    this.word(id.seqLow);
  }

  /** An id as two numbers. */
  countId(id: StreamId): void {
    this.count64(id.msHigh, id.msLow);
    this.count64(id.seqHigh, id.seqLow);
  }

  /** Text of single bytes, as a string that is neither number nor compressed. */
  text(value: string): void {
    this.count(value.length);
    this.ensure(value.length);
    this.length = writeLatin1(value, this.bytes, this.length);
  }

  /** A string in its shortest form: as an integer, compressed, or as it is. */
  string(from: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length <= INTEGER_TEXT_BYTES_MAX) {
      if (length > 0 && this.asInteger(from, start, end)) return;
    } else if (length >= COMPRESS_FROM_BYTES && this.compress && length <= COMPRESS_BYTES_MAX) {
      if (this.asCompressed(from, start, end)) return;
    }
    this.plainString(from, start, end);
  }

  /** A string as it is. */
  plainString(from: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length >= 1 << 6) {
      this.count(length);
      this.raw(from, start, end);
      return;
    }
    // Most are short: in one piece.
    this.ensure(1 + length);
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = length;
    for (let index = start; index < end; index++) bytes[at++] = from[index]!;
    this.length = at;
  }

  /** A stream of LZF that makes `length` bytes. */
  compressedString(from: Uint8Array, start: number, end: number, length: number): void {
    this.byte(LENGTH_ENCODED | STRING_LZF);
    this.count(end - start);
    this.count(length);
    this.raw(from, start, end);
  }

  /** An integer as a string; false, and nothing written, when it needs more than 32 bits. */
  integer(value: number): boolean {
    if (value !== (value | 0)) return false;
    this.ensure(5);
    const { bytes } = this;
    const width = value === (value << 24) >> 24 ? 1 : value === (value << 16) >> 16 ? 2 : 4;
    bytes[this.length++] = LENGTH_ENCODED | (width === 1 ? STRING_INT8 : width === 2 ? STRING_INT16 : STRING_INT32);
    for (let index = 0, rest = value; index < width; index++, rest >>= 8) bytes[this.length++] = rest;
    return true;
  }

  private asInteger(from: Uint8Array, start: number, end: number): boolean {
    const first = from[start]!;
    if (first > NINE || (first < ZERO && first !== MINUS)) return false;
    const value = parseInteger(from, start, end);
    return !Number.isNaN(value) && this.integer(value);
  }

  /** Compresses to where the stream is to stand, behind lengths that are known but for the stream's own. */
  private asCompressed(from: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    const guessed = countBytes(length);
    this.ensure(LZF_HEAD_BYTES_MAX + length);
    const at = this.length + 1 + guessed + countBytes(length);
    const until = this.lzf.compress(from, start, end, this.bytes, at, at + length - COMPRESS_GAIN_MIN);
    if (until === 0) return false;
    const size = until - at;
    const moved = countBytes(size) - guessed;
    if (moved !== 0) this.bytes.copyWithin(at + moved, at, until);
    this.byte(LENGTH_ENCODED | STRING_LZF);
    this.count(size);
    this.count(length);
    this.length += size;
    return true;
  }
}

/** Bytes that `count` writes for a length below 2^32. */
function countBytes(length: number): number {
  return length < 1 << 6 ? 1 : length < 1 << 14 ? 2 : 5;
}
