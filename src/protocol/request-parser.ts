// Requests from the wire, in place: arguments are ranges of the caller's receive buffer. A request is an array of bulk
// strings (`*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`) or, when its first byte is not '*', an inline line (`GET k\r\n`).
//
// One parser serves one connection: it stops anywhere and goes on from there. What it remembers is relative to the
// request's first byte, so the owner may move the bytes between calls as long as it passes their new place; nothing is
// read twice. While no request is half read it remembers nothing and may serve another connection.
//
// As in Redis, byte for byte: the '\n' after a '\r' and the "\r\n" after a bulk are skipped unread; a NUL hides the rest
// of a line (C's strchr), so such a line ends in "too big …"; empty requests (`*0`, `*-1`, a bare line end) are skipped.

import { toLatin1, writeLatin1 } from '../lib/bytes.ts';
import { parseInt64, parseInteger } from '../lib/integers.ts';
import {
  ARGUMENT_RANGES_KEPT,
  BULK_BYTES_MAX,
  REQUEST_ARGUMENTS_MAX,
  REQUEST_LINE_BYTES_MAX,
  UNAUTHENTICATED_ARGUMENTS_MAX,
  UNAUTHENTICATED_BULK_BYTES_MAX,
} from '../lib/limits.ts';
import { splitQuotedWords } from '../lib/quoted-words.ts';
import {
  BULK_LINE_TOO_BIG,
  COUNT_LINE_TOO_BIG,
  expectedBulk,
  INLINE_TOO_BIG,
  INVALID_BULK_LENGTH,
  INVALID_MULTIBULK_LENGTH,
  UNAUTHENTICATED_BULK_LENGTH,
  UNAUTHENTICATED_MULTIBULK_LENGTH,
  UNBALANCED_QUOTES,
} from './errors.ts';

/** The request goes on beyond `end`. */
export const INCOMPLETE = 0;
/** A request stands in starts, ends, count, bytes; `consumed` is the offset after it. */
export const COMPLETE = 1;
/** A protocol error: `error` is to be sent and the connection closed. */
export const FAILED = 2;
/** An empty request was skipped, without a reply; `consumed` is the offset after it. */
export const EMPTY = 3;

const CR = 13;
const LF = 10;
const STAR = 42;
const DOLLAR = 36;
const ZERO = 48;

// Where a half-read request stands.
const FRESH = 0;
const IN_COUNT_LINE = 1;
const IN_BULKS = 2;
const IN_INLINE = 3;

/** Ranges that a parser starts with: most commands have fewer arguments. */
const RANGES_FIRST = 8;

const NO_BYTES = new Uint8Array(0);

/** An incremental parser of requests; see the head of the file. */
export class RequestParser {
  /** Argument i of the last COMPLETE request is bytes[starts[i]..ends[i]). Replaced when it grows: take it again. */
  starts: Int32Array;
  ends: Int32Array;
  count: number;
  /** What the ranges refer to: the caller's buffer, or for an inline request with quotes bytes of its own. */
  bytes: Uint8Array;
  consumed: number;
  /** FAILED: the whole error line. */
  error: Uint8Array;
  /** INCOMPLETE: so many bytes beyond `end` are certainly missing; 0 when that is not known. */
  needed: number;
  /** False while the connection has not authenticated where it must: the tighter limits hold. */
  authenticated: boolean;
  /** proto-max-bulk-len, which is at least 1 MB: lengths of two digits pass unchecked. */
  bulkBytesMax: number;

  private stage: number;
  /** `start` of the last call: when the bytes have moved since, the ranges move with them. */
  private base: number;
  /** Offset, from `start`, of the first byte not yet made part of an argument. */
  private cursor: number;
  /** Offset, from `start`, up to which the current line was searched for its end. */
  private scanned: number;
  private remaining: number;
  /** The length of the bulk at `cursor`, or -1 while its length line is not read. */
  private bulkLength: number;

  constructor() {
    this.starts = new Int32Array(RANGES_FIRST);
    this.ends = new Int32Array(RANGES_FIRST);
    this.count = 0;
    this.bytes = NO_BYTES;
    this.consumed = 0;
    this.error = NO_BYTES;
    this.needed = 0;
    this.authenticated = true;
    this.bulkBytesMax = 512 * 1024 * 1024;
    this.stage = FRESH;
    this.base = 0;
    this.cursor = 0;
    this.scanned = 0;
    this.remaining = 0;
    this.bulkLength = -1;
  }

  /** Forgets a half-read request. */
  reset(): void {
    this.stage = FRESH;
    this.count = 0;
    this.bulkLength = -1;
    this.bytes = NO_BYTES;
    if (this.starts.length > ARGUMENT_RANGES_KEPT) {
      this.starts = new Int32Array(RANGES_FIRST);
      this.ends = new Int32Array(RANGES_FIRST);
    }
  }

  /** Whether whole requests may be read without it: none is half read, and no tighter limits hold. */
  mayBePassedBy(): boolean {
    return this.stage === FRESH && this.authenticated;
  }

  /** Bytes of a half-read request that are understood: what is before the argument that is not whole. */
  parsedBytes(): number {
    return this.stage === FRESH ? 0 : this.cursor;
  }

  /**
   * Reads one request from bytes[start..end). `start` is its first byte: after INCOMPLETE the same byte, which may
   * stand elsewhere by now. Returns INCOMPLETE, COMPLETE, FAILED or EMPTY.
   */
  parse(bytes: Uint8Array, start: number, end: number): number {
    if (this.stage !== FRESH) return this.resume(bytes, start, end);
    this.count = 0;
    // Lines "*1" to "*99" at once, those that clients send; all else is read by parseCountLine.
    if (end - start >= 5 && bytes[start] === STAR) {
      const first = bytes[start + 1]! - ZERO;
      if (first > 0 && first <= 9) {
        if (bytes[start + 2] === CR) return this.parseBulks(bytes, start, start + 4, end, first);
        const second = bytes[start + 2]! - ZERO;
        if (second >= 0 && second <= 9 && bytes[start + 3] === CR && this.authenticated) {
          return this.parseBulks(bytes, start, start + 5, end, first * 10 + second);
        }
      }
    }
    return this.parseSlowly(bytes, start, end);
  }

  /** The arguments at `at`, of which `remaining` are to come. The hot loop: 7 ns per argument (request-parser.bench.ts). */
  private parseBulks(bytes: Uint8Array, start: number, at: number, end: number, remaining: number): number {
    let starts = this.starts;
    let ends = this.ends;
    let count = this.count;
    let left = remaining;
    let position = at;
    for (; left > 0; left--) {
      let length = -1;
      if (position + 5 <= end && bytes[position] === DOLLAR) {
        const first = bytes[position + 1]! - ZERO;
        const byte = bytes[position + 2]!;
        if (byte === CR) {
          if (first >= 0 && first <= 9) {
            length = first;
            position += 4;
          }
        } else if (bytes[position + 3] === CR) {
          const second = byte - ZERO;
          if (first > 0 && first <= 9 && second >= 0 && second <= 9) {
            length = first * 10 + second;
            position += 5;
          }
        }
      }
      if (length === -1) {
        this.cursor = position - start;
        this.scanned = position - start;
        const status = this.parseBulkLine(bytes, start, end);
        if (status !== COMPLETE) return this.pause(status, start, count, left);
        length = this.bulkLength;
        position = start + this.cursor;
      }
      // Not `position + length + 2 > end`: a hostile length would overflow int32 and make the loop slower for ever.
      if (length > end - position - 2) {
        this.cursor = position - start;
        this.bulkLength = length;
        this.needed = length - (end - position - 2);
        return this.pause(INCOMPLETE, start, count, left);
      }
      if (count === starts.length) {
        this.count = count;
        this.growRanges();
        starts = this.starts;
        ends = this.ends;
      }
      starts[count] = position;
      position += length;
      ends[count] = position;
      position += 2;
      count++;
    }
    this.count = count;
    this.stage = FRESH;
    this.bytes = bytes;
    this.consumed = position;
    return COMPLETE;
  }

  /** Goes on with a half-read request, whose bytes may have moved. */
  private resume(bytes: Uint8Array, start: number, end: number): number {
    const shift = start - this.base;
    if (shift !== 0) {
      this.base = start;
      for (let i = 0; i < this.count; i++) {
        this.starts[i] = this.starts[i]! + shift;
        this.ends[i] = this.ends[i]! + shift;
      }
    }
    if (this.stage !== IN_BULKS) return this.parseSlowly(bytes, start, end);
    if (this.bulkLength < 0) {
      const status = this.parseBulkLine(bytes, start, end);
      if (status !== COMPLETE) return this.pause(status, start, this.count, this.remaining);
    }
    const position = start + this.cursor;
    const length = this.bulkLength;
    if (length > end - position - 2) {
      this.needed = length - (end - position - 2);
      return INCOMPLETE;
    }
    if (this.count === this.starts.length) this.growRanges();
    this.starts[this.count] = position;
    this.ends[this.count] = position + length;
    this.count++;
    this.bulkLength = -1;
    return this.parseBulks(bytes, start, position + length + 2, end, this.remaining - 1);
  }

  /** Remembers where the bulks stopped, or ends the request when `status` is FAILED. */
  private pause(status: number, start: number, count: number, remaining: number): number {
    if (status === FAILED) return FAILED;
    this.stage = IN_BULKS;
    this.base = start;
    this.count = count;
    this.remaining = remaining;
    return status;
  }

  /** The start of a request that is not plain: inline, empty, wrong, long, or not all there. */
  private parseSlowly(bytes: Uint8Array, start: number, end: number): number {
    if (this.stage === FRESH) {
      this.reset();
      this.needed = 0;
      if (start >= end) return INCOMPLETE;
      this.stage = bytes[start] === STAR ? IN_COUNT_LINE : IN_INLINE;
      this.base = start;
      this.cursor = 0;
      this.scanned = 0;
    }
    return this.stage === IN_COUNT_LINE ? this.parseCountLine(bytes, start, end) : this.parseInline(bytes, start, end);
  }

  private parseCountLine(bytes: Uint8Array, start: number, end: number): number {
    const lineEnd = this.findLineEnd(bytes, start, end, CR);
    if (lineEnd < 0) return this.lineTooLong(start, end) ? this.fail(COUNT_LINE_TOO_BIG) : INCOMPLETE;
    if (lineEnd + 2 > end) return INCOMPLETE;
    const count = parseInteger(bytes, start + 1, lineEnd);
    const isHugeNegative = Number.isNaN(count) && (parseInt64(bytes, start + 1, lineEnd) ?? 0n) < 0n;
    if (count <= 0 || isHugeNegative) {
      this.stage = FRESH;
      this.consumed = lineEnd + 2;
      return EMPTY;
    }
    if (!(count <= REQUEST_ARGUMENTS_MAX)) return this.fail(INVALID_MULTIBULK_LENGTH);
    if (count > UNAUTHENTICATED_ARGUMENTS_MAX && !this.authenticated) {
      return this.fail(UNAUTHENTICATED_MULTIBULK_LENGTH);
    }
    return this.parseBulks(bytes, start, lineEnd + 2, end, count);
  }

  /** Reads the length line at `cursor` into bulkLength, and puts cursor after it: COMPLETE, INCOMPLETE or FAILED. */
  private parseBulkLine(bytes: Uint8Array, start: number, end: number): number {
    this.bulkLength = -1;
    this.needed = 0;
    const line = start + this.cursor;
    const lineEnd = this.findLineEnd(bytes, start, end, CR);
    if (lineEnd < 0) return this.lineTooLong(line, end) ? this.fail(BULK_LINE_TOO_BIG) : INCOMPLETE;
    if (lineEnd + 2 > end) return INCOMPLETE;
    if (bytes[line] !== DOLLAR) return this.fail(expectedBulk(bytes[line]!));
    const length = parseInteger(bytes, line + 1, lineEnd);
    if (!(length >= 0 && length <= this.bulkBytesMax && length <= BULK_BYTES_MAX)) {
      return this.fail(INVALID_BULK_LENGTH);
    }
    if (length > UNAUTHENTICATED_BULK_BYTES_MAX && !this.authenticated) return this.fail(UNAUTHENTICATED_BULK_LENGTH);
    this.bulkLength = length;
    this.cursor = lineEnd + 2 - start;
    return COMPLETE;
  }

  private parseInline(bytes: Uint8Array, start: number, end: number): number {
    const newline = this.findLineEnd(bytes, start, end, LF);
    if (newline < 0) return this.lineTooLong(start, end) ? this.fail(INLINE_TOO_BIG) : INCOMPLETE;
    const lineEnd = newline > start && bytes[newline - 1] === CR ? newline - 1 : newline;
    this.consumed = newline + 1;
    this.stage = FRESH;
    this.bytes = bytes;
    if (!this.splitPlain(bytes, start, lineEnd)) {
      const words = splitQuotedWords(toLatin1(bytes, start, lineEnd));
      if (words === null) return this.fail(UNBALANCED_QUOTES);
      this.keepWords(words, lineEnd - start);
    }
    return this.count === 0 ? EMPTY : COMPLETE;
  }

  /** Splits a line without quotes in place; false when it has some. */
  private splitPlain(bytes: Uint8Array, start: number, end: number): boolean {
    let word = -1;
    this.count = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === 34 || byte === 39) return false;
      if (word < 0) {
        // Vertical tab and form feed stand between words, but do not end one.
        if (byte !== 32 && (byte < 9 || byte > 13)) word = at;
      } else if (byte === 32 || byte === 9 || byte === CR) {
        this.addRange(word, at);
        word = -1;
      }
    }
    if (word >= 0) this.addRange(word, end);
    return true;
  }

  /** Words are never longer than the line that they came from. */
  private keepWords(words: readonly string[], lineBytes: number): void {
    const own = new Uint8Array(lineBytes);
    let at = 0;
    this.count = 0;
    for (const word of words) {
      const wordEnd = writeLatin1(word, own, at);
      this.addRange(at, wordEnd);
      at = wordEnd;
    }
    this.bytes = own;
  }

  private addRange(start: number, end: number): void {
    if (this.count === this.starts.length) this.growRanges();
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.count++;
  }

  /** Room for ranges doubles as arguments really arrive, whatever count was announced. */
  private growRanges(): void {
    const starts = new Int32Array(this.count * 2);
    const ends = new Int32Array(this.count * 2);
    starts.set(this.starts);
    ends.set(this.ends);
    this.starts = starts;
    this.ends = ends;
  }

  /**
   * Where `wanted` ends the line in hand, or -1 when it has not arrived, or lies behind a NUL or beyond the longest
   * line. Goes on from `scanned`.
   */
  private findLineEnd(bytes: Uint8Array, start: number, end: number, wanted: number): number {
    const line = start + this.cursor;
    const stop = end - line > REQUEST_LINE_BYTES_MAX + 1 ? line + REQUEST_LINE_BYTES_MAX + 1 : end;
    let at = start + this.scanned;
    while (at < stop && bytes[at] !== wanted && bytes[at] !== 0) at++;
    this.scanned = at - start;
    return at < stop && bytes[at] === wanted ? at : -1;
  }

  private lineTooLong(line: number, end: number): boolean {
    return end - line > REQUEST_LINE_BYTES_MAX;
  }

  private fail(line: Uint8Array): number {
    this.error = line;
    this.stage = FRESH;
    this.count = 0;
    return FAILED;
  }
}
