// Commands as RESP at the end of a growing buffer.

import { copyBytes } from '../../lib/bytes.ts';
import { integerLength, writeInteger } from '../../lib/integers.ts';

const BYTES_FIRST = 64 * 1024;
/** Room for a header of an array or bulk string, and its line ends. */
const HEADER_BYTES_MAX = 24;
const CR = 13;
const LF = 10;
const STAR = 42;
const DOLLAR = 36;

export class CommandOutput {
  /** What was written: bytes[0..length). Replaced when it grows. */
  bytes: Uint8Array = new Uint8Array(BYTES_FIRST);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  /** Makes room for `count` more bytes. */
  ensure(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  /** A command of `count` arguments follows. */
  array(count: number): void {
    this.header(STAR, count);
  }

  bulk(from: Uint8Array, start: number, end: number): void {
    this.header(DOLLAR, end - start);
    this.raw(from, start, end);
    this.endBulk();
  }

  /** A bulk string of `length` bytes, which are written with `raw`, and `endBulk` after them. */
  beginBulk(length: number): void {
    this.header(DOLLAR, length);
  }

  endBulk(): void {
    this.ensure(2);
    this.bytes[this.length] = CR;
    this.bytes[this.length + 1] = LF;
    this.length += 2;
  }

  /** A safe integer in decimal. */
  integer(value: number): void {
    this.header(DOLLAR, integerLength(value));
    this.ensure(HEADER_BYTES_MAX);
    this.length = writeInteger(value, this.bytes, this.length);
    this.endBulk();
  }

  raw(from: Uint8Array, start: number, end: number): void {
    this.ensure(end - start);
    copyBytes(from, start, end, this.bytes, this.length);
    this.length += end - start;
  }

  private header(mark: number, count: number): void {
    this.ensure(HEADER_BYTES_MAX);
    this.bytes[this.length] = mark;
    this.length = writeInteger(count, this.bytes, this.length + 1);
    this.bytes[this.length] = CR;
    this.bytes[this.length + 1] = LF;
    this.length += 2;
  }
}
