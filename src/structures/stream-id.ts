// Ids of stream entries: milliseconds and a sequence number, 64 unsigned bits each, as four 32-bit words, so that no
// BigInt is made. Their text is "ms-seq". Bits beyond ±2^53 are turned to and from text off the hot path only.

import { toLatin1, writeLatin1 } from '../lib/bytes.ts';
import { UINT64_MAX, writeInteger } from '../lib/integers.ts';

/** The longest text of an id: twice twenty digits and the dash. */
export const ID_TEXT_BYTES_MAX = 41;
/** Words of an id where it is kept. */
export const ID_WORDS = 4;

/** Longer texts are no ids, whatever they hold (streamGenericParseIDOrReply's buffer). */
const TEXT_BYTES_MAX = 127;
/** Digits that surely stay below 2^53. */
const SAFE_DIGITS = 15;
const TWO_32 = 0x1_0000_0000;
const DASH = 45;
const STAR = 42;
const ZERO = 48;

/** What `parse` found. */
export const ID_INVALID = 0;
/** Milliseconds and sequence. */
export const ID_WHOLE = 1;
/** Milliseconds alone: the sequence is the caller's to fill in, 0 here. */
export const ID_MS_ONLY = 2;
/** "ms-*": the sequence is to be generated. */
export const ID_MS_STAR = 3;

/** One id, for use as a scratch: made once, set often. */
export class StreamId {
  /** Bits of unsigned numbers. */
  msHigh = 0;
  msLow = 0;
  seqHigh = 0;
  seqLow = 0;

  set(other: StreamId): void {
    this.msHigh = other.msHigh;
    this.msLow = other.msLow;
    this.seqHigh = other.seqHigh;
    this.seqLow = other.seqLow;
  }

  /** 0-0. */
  setMin(): void {
    this.msHigh = 0;
    this.msLow = 0;
    this.seqHigh = 0;
    this.seqLow = 0;
  }

  /** The greatest id. */
  setMax(): void {
    this.msHigh = -1;
    this.msLow = -1;
    this.setSequenceMax();
  }

  setSequenceMax(): void {
    this.seqHigh = -1;
    this.seqLow = -1;
  }

  /** Takes milliseconds (a safe integer from 0 on), and sequence 0. */
  setTime(ms: number): void {
    this.msHigh = Math.floor(ms / TWO_32) | 0;
    this.msLow = ms | 0;
    this.seqHigh = 0;
    this.seqLow = 0;
  }

  /** The milliseconds, rounded beyond 2^53. */
  time(): number {
    return (this.msHigh >>> 0) * TWO_32 + (this.msLow >>> 0);
  }

  isZero(): boolean {
    return (this.msHigh | this.msLow | this.seqHigh | this.seqLow) === 0;
  }

  isMax(): boolean {
    return (this.msHigh & this.msLow & this.seqHigh & this.seqLow) === -1;
  }

  /** Whether the sequence is the greatest there is. */
  isSequenceMax(): boolean {
    return (this.seqHigh & this.seqLow) === -1;
  }

  /** Below 0, 0 or above as this id comes before, is, or comes after another. */
  compare(other: StreamId): number {
    if (this.msHigh !== other.msHigh) return this.msHigh >>> 0 < other.msHigh >>> 0 ? -1 : 1;
    if (this.msLow !== other.msLow) return this.msLow >>> 0 < other.msLow >>> 0 ? -1 : 1;
    if (this.seqHigh !== other.seqHigh) return this.seqHigh >>> 0 < other.seqHigh >>> 0 ? -1 : 1;
    if (this.seqLow !== other.seqLow) return this.seqLow >>> 0 < other.seqLow >>> 0 ? -1 : 1;
    return 0;
  }

  /** Goes to the next id; false, and nothing changed, after the greatest. */
  increment(): boolean {
    if (this.isMax()) return false;
    this.seqLow = (this.seqLow + 1) | 0;
    if (this.seqLow !== 0) return true;
    this.seqHigh = (this.seqHigh + 1) | 0;
    if (this.seqHigh !== 0) return true;
    this.msLow = (this.msLow + 1) | 0;
    if (this.msLow === 0) this.msHigh = (this.msHigh + 1) | 0;
    return true;
  }

  /** Goes to the id before; false, and nothing changed, at 0-0. */
  decrement(): boolean {
    if (this.isZero()) return false;
    this.seqLow = (this.seqLow - 1) | 0;
    if (this.seqLow !== -1) return true;
    this.seqHigh = (this.seqHigh - 1) | 0;
    if (this.seqHigh !== -1) return true;
    this.msLow = (this.msLow - 1) | 0;
    if (this.msLow === -1) this.msHigh = (this.msHigh - 1) | 0;
    return true;
  }

  /** Reads the four words at `at`. */
  load(words: Int32Array, at: number): void {
    this.msHigh = words[at]!;
    this.msLow = words[at + 1]!;
    this.seqHigh = words[at + 2]!;
    this.seqLow = words[at + 3]!;
  }

  /** Writes the four words at `at`. */
  store(words: Int32Array, at: number): void {
    words[at] = this.msHigh;
    words[at + 1] = this.msLow;
    words[at + 2] = this.seqHigh;
    words[at + 3] = this.seqLow;
  }

  /** Reads text: ID_WHOLE, ID_MS_ONLY, ID_MS_STAR, or ID_INVALID (then the id is unspecified). */
  parse(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    let ms = 0;
    for (; at < end && at - start < SAFE_DIGITS; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      ms = ms * 10 + digit;
    }
    const plain = at > start && (bytes[start] !== ZERO || at === start + 1);
    if (!plain || (at < end && bytes[at] !== DASH)) return this.parseOdd(bytes, start, end);
    this.setTime(ms);
    if (at === end) return ID_MS_ONLY;
    const first = at + 1;
    let seq = 0;
    for (at = first; at < end && at - first < SAFE_DIGITS; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      seq = seq * 10 + digit;
    }
    if (at < end || at === first || (bytes[first] === ZERO && at !== first + 1)) {
      if (at === first && end === first + 1 && bytes[first] === STAR) return ID_MS_STAR;
      return this.parseOdd(bytes, start, end);
    }
    this.seqHigh = Math.floor(seq / TWO_32) | 0;
    this.seqLow = seq | 0;
    return ID_WHOLE;
  }

  /** Writes the text at `at`; returns the offset after it. At most ID_TEXT_BYTES_MAX bytes. */
  write(bytes: Uint8Array, at: number): number {
    const dash = writeUnsigned(this.msHigh, this.msLow, bytes, at);
    bytes[dash] = DASH;
    return writeUnsigned(this.seqHigh, this.seqLow, bytes, dash + 1);
  }

  /** Long numbers, and what C's strtoull takes beside plain ones. */
  private parseOdd(bytes: Uint8Array, start: number, end: number): number {
    if (end - start > TEXT_BYTES_MAX) return ID_INVALID;
    let text = toLatin1(bytes, start, end);
    const nul = text.indexOf('\0');
    if (nul >= 0) text = text.slice(0, nul);
    const dash = text.indexOf('-');
    const ms = parseLenient(dash < 0 ? text : text.slice(0, dash));
    if (ms === null) return ID_INVALID;
    this.msHigh = Number(ms >> 32n) | 0;
    this.msLow = Number(ms & 0xffffffffn) | 0;
    this.seqHigh = 0;
    this.seqLow = 0;
    if (dash < 0) return ID_MS_ONLY;
    const rest = text.slice(dash + 1);
    if (rest === '*') return ID_MS_STAR;
    const seq = parseLenient(rest);
    if (seq === null) return ID_INVALID;
    this.seqHigh = Number(seq >> 32n) | 0;
    this.seqLow = Number(seq & 0xffffffffn) | 0;
    return ID_WHOLE;
  }
}

function parseLenient(text: string): bigint | null {
  const match = /^([ \t-\r]*)([+-]?)(\d{1,127})$/.exec(text);
  if (match === null) return null;
  const digits = match[3]!;
  const magnitude = BigInt(digits);
  if (magnitude > UINT64_MAX) return null;
  if (match[2] !== '-') return magnitude;
  // A plain negative number is none; what only strtoull takes wraps around.
  const isPlain = match[1] === '' && digits[0] !== '0' && magnitude <= 1n << 63n;
  return isPlain ? null : BigInt.asUintN(64, -magnitude);
}

/** Writes an unsigned number of 64 bits in decimal. */
export function writeUnsigned(high: number, low: number, bytes: Uint8Array, at: number): number {
  const value = (high >>> 0) * TWO_32 + (low >>> 0);
  if (value <= Number.MAX_SAFE_INTEGER) return writeInteger(value, bytes, at);
  const text = ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString();
  return writeLatin1(text, bytes, at);
}
