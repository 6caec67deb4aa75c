// Finds the commands of an append-only file, in place. Stricter than the parser of requests: what a file holds was written
// by a server, so every line end counts, and a page that never reached the disk is not taken for a value.

import { BULK_BYTES_MAX, REQUEST_ARGUMENTS_MAX } from '../../lib/limits.ts';

/** More bytes are needed: `needed` from `start` on. */
export const SCAN_INCOMPLETE = 0;
/** A command: its arguments are bytes[starts[i]..ends[i]), and `end` is the offset after it. */
export const SCAN_COMMAND = 1;
/** A note (`#…`) was skipped; `end` is the offset after it. */
export const SCAN_NOTE = 2;
/** Not the log of a server: the first wrong byte is at `errorAt`. */
export const SCAN_CORRUPT = 3;

/** A note with its line end is shorter than this. Redis: AOF_ANNOTATION_LINE_MAX_LEN. */
export const NOTE_BYTES_MAX = 1024;
/** Digits of a length: more than any has. */
const DIGITS_MAX = 15;
const RANGES_FIRST = 16;
const RANGES_KEPT = 1024;

const CR = 13;
const LF = 10;
const HASH = 35;
const DOLLAR = 36;
const STAR = 42;
const ZERO = 48;

export class CommandScanner {
  starts = new Int32Array(RANGES_FIRST);
  ends = new Int32Array(RANGES_FIRST);
  count = 0;
  end = 0;
  errorAt = 0;
  needed = 0;
  /** The number of the line read last. */
  private number = 0;

  /** Looks at what begins at `start`; nothing is remembered between calls. */
  scan(bytes: Uint8Array, start: number, end: number): number {
    if (start >= end) {
      this.needed = 1;
      return SCAN_INCOMPLETE;
    }
    if (bytes[start] === HASH) return this.note(bytes, start, end);
    let at = this.line(bytes, start, end, STAR);
    if (at < 0) return this.stopped(end, start);
    const count = this.number;
    if (count < 1 || count > REQUEST_ARGUMENTS_MAX) return this.corrupt(start + 1);
    this.count = 0;
    if (this.starts.length > RANGES_KEPT) {
      this.starts = new Int32Array(RANGES_FIRST);
      this.ends = new Int32Array(RANGES_FIRST);
    }
    for (let index = 0; index < count; index++) {
      const line = at;
      at = this.line(bytes, at, end, DOLLAR);
      if (at < 0) return this.stopped(end, start);
      const length = this.number;
      if (length > BULK_BYTES_MAX) return this.corrupt(line + 1);
      const after = at + length;
      if (after + 2 > end) {
        // What is there of the line end is looked at, so that a wrong one is told from a missing one.
        if (after < end && bytes[after] !== CR) return this.corrupt(after);
        this.needed = after + 2 - start;
        return SCAN_INCOMPLETE;
      }
      if (bytes[after] !== CR) return this.corrupt(after);
      if (bytes[after + 1] !== LF) return this.corrupt(after + 1);
      if (index === this.starts.length) this.growRanges();
      this.starts[index] = at;
      this.ends[index] = after;
      at = after + 2;
    }
    this.count = count;
    this.end = at;
    return SCAN_COMMAND;
  }

  /** Reads a line of a prefix and digits; the offset after it, -1 when there is none: see stopped(). */
  private line(bytes: Uint8Array, start: number, end: number, prefix: number): number {
    this.errorAt = start;
    if (start >= end || bytes[start] !== prefix) return -1;
    let value = 0;
    let at = start + 1;
    for (; at < end; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9 || at - start > DIGITS_MAX) break;
      value = value * 10 + digit;
    }
    this.errorAt = at;
    if (at >= end || bytes[at] !== CR || at === start + 1) return -1;
    this.errorAt = at + 1;
    if (at + 1 >= end || bytes[at + 1] !== LF) return -1;
    this.number = value;
    return at + 2;
  }

  /** What line() stopped at: the end, or a wrong byte. */
  private stopped(end: number, start: number): number {
    if (this.errorAt < end) return SCAN_CORRUPT;
    this.needed = end + 1 - start;
    return SCAN_INCOMPLETE;
  }

  private corrupt(at: number): number {
    this.errorAt = at;
    return SCAN_CORRUPT;
  }

  private note(bytes: Uint8Array, start: number, end: number): number {
    const limit = Math.min(end, start + NOTE_BYTES_MAX - 1);
    for (let at = start; at < limit; at++) {
      if (bytes[at] === LF) {
        this.end = at + 1;
        return SCAN_NOTE;
      }
      if (bytes[at] === 0) return this.corrupt(at);
    }
    if (limit < end || end - start >= NOTE_BYTES_MAX - 1) return this.corrupt(limit - 1);
    this.needed = end + 1 - start;
    return SCAN_INCOMPLETE;
  }

  private growRanges(): void {
    const starts = new Int32Array(2 * this.starts.length);
    const ends = new Int32Array(2 * this.ends.length);
    starts.set(this.starts);
    ends.set(this.ends);
    this.starts = starts;
    this.ends = ends;
  }
}
