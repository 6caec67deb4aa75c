// Replies as bytes: a growing buffer and one writer per RESP type, in RESP2 or RESP3 as the session speaks. One instance
// serves all sessions in turn on the hot path. Writers of plain values allocate nothing; the buffer doubles when full.
//
//     bytes   [ reply | reply | … ] ^length      everything before `length` is ready to be sent
//
// A command that knows the count of an aggregate only at its end marks the place (`later`), writes the elements, and puts
// the header before them (`arrayAt`). Marks nest: the last one taken is the first one settled.
//
// A reply beyond REPLY_BYTES_MAX is given up: `overflowed` is set, what was written is dropped, and the owner closes the
// connection. Nothing throws, so a command runs to its end whatever its client asked for.

import { assert } from '../lib/assert.ts';
import { COPY_LOOP_BYTES_MAX, writeLatin1 } from '../lib/bytes.ts';
import { DOUBLE_BYTES_MAX, writeDouble } from '../lib/decimal.ts';
import { integerLength, writeInt64, writeInteger } from '../lib/integers.ts';
import { REPLY_BYTES_FIRST, REPLY_BYTES_KEPT, REPLY_BYTES_MAX } from '../lib/limits.ts';

const CR = 13;
const LF = 10;
const ZERO = 48;
/** Both, as a little-endian half word. */
const LINE_END = CR | (LF << 8);

// The first byte of each type.
const SIMPLE = 43;
const ERROR = 45;
const INTEGER = 58;
const BULK = 36;
const ARRAY = 42;
const NULL = 95;
const DOUBLE = 44;
const BOOLEAN = 35;
const VERBATIM = 61;
const BIG_NUMBER = 40;
const MAP = 37;
const SET = 126;
const ATTRIBUTE = 124;
const PUSH = 62;

/** Longer strings are copied by `set`. */
const VIEW_BYTES_MAX = 128;

/** The longest header: a type byte, 17 digits and sign of any safe integer, "\r\n". */
const HEADER_BYTES_MAX = 20;

/** The longest integer reply: a type byte, 20 digits of a 64-bit integer, "\r\n". */
const INTEGER_BYTES_MAX = 23;

/** A buffer of replies; see the head of the file. */
export class Reply {
  /** Replaced when it grows: take it again after any write. */
  bytes: Uint8Array;
  length: number;
  resp: 2 | 3;
  /** Error replies written since the last clear() or take(). */
  errors: number;
  /** Where the last of them begins. */
  lastError: number;
  /** `bytes`, for words that are not aligned. */
  private view: DataView;
  /** Set when a reply was longer than any that can be sent: the connection is to be closed. */
  overflowed: boolean;
  /** A double on its way into a bulk, whose length comes first. */
  private readonly scratch: Uint8Array;

  constructor() {
    this.bytes = new Uint8Array(REPLY_BYTES_FIRST);
    this.view = new DataView(this.bytes.buffer);
    this.length = 0;
    this.resp = 2;
    this.errors = 0;
    this.lastError = 0;
    this.overflowed = false;
    this.scratch = new Uint8Array(DOUBLE_BYTES_MAX);
  }

  /** Makes room for `count` more bytes. */
  ensure(count: number): void {
    if (count > this.bytes.length - this.length) this.grow(count);
  }

  private grow(count: number): void {
    const wanted = this.length + count;
    if (wanted > REPLY_BYTES_MAX) {
      // Start over: what is written from here on is not sent, but has to go somewhere.
      this.overflowed = true;
      this.length = 0;
      assert(count <= REPLY_BYTES_MAX, 'one value is no longer than a reply');
      if (count <= this.bytes.length) return;
    }
    let capacity = this.bytes.length * 2;
    while (capacity < this.length + count) capacity *= 2;
    if (capacity > REPLY_BYTES_MAX) capacity = REPLY_BYTES_MAX;
    const bytes = new Uint8Array(capacity);
    bytes.set(this.bytes.subarray(0, this.length));
    this.use(bytes);
  }

  private use(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  /** Empties the buffer for the next batch. */
  clear(): void {
    this.length = 0;
    this.errors = 0;
    this.lastError = 0;
    this.overflowed = false;
    if (this.bytes.length > REPLY_BYTES_KEPT) this.use(new Uint8Array(REPLY_BYTES_FIRST));
  }

  /** Hands over what was written, which the caller owns from now on, and starts with a fresh buffer. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.length);
    this.use(new Uint8Array(REPLY_BYTES_FIRST));
    this.clear();
    return taken;
  }

  /** Drops what was written after `length` was `to`. Errors among it stay counted. */
  truncate(to: number): void {
    if (to < this.length) this.length = to;
  }

  /** Takes what another wrote, behind its own, and empties that. */
  append(other: Reply): void {
    this.ensure(other.length);
    this.bytes.set(other.bytes.subarray(0, other.length), this.length);
    this.length += other.length;
    other.clear();
  }

  /** A prebuilt reply, or any bytes that are right as they are. */
  constant(line: Uint8Array): void {
    const count = line.length;
    this.ensure(count);
    const bytes = this.bytes;
    const at = this.length;
    if (count > COPY_LOOP_BYTES_MAX) bytes.set(line, at);
    else for (let i = 0; i < count; i++) bytes[at + i] = line[i]!;
    this.length = at + count;
  }

  ok(): void {
    this.ensure(5);
    const bytes = this.bytes;
    const at = this.length;
    bytes[at] = SIMPLE;
    bytes[at + 1] = 79;
    bytes[at + 2] = 75;
    bytes[at + 3] = CR;
    bytes[at + 4] = LF;
    this.length = at + 5;
  }

  pong(): void {
    this.simple('PONG');
  }

  queued(): void {
    this.simple('QUEUED');
  }

  /** A status: text without line breaks. */
  simple(text: string): void {
    this.line(SIMPLE, text);
  }

  /** No value: `$-1` in RESP2, `_` in RESP3. */
  nil(): void {
    if (this.resp === 3) this.null3();
    else this.null2(BULK);
  }

  /** No array: `*-1` in RESP2, `_` in RESP3. */
  nilArray(): void {
    if (this.resp === 3) this.null3();
    else this.null2(ARRAY);
  }

  private null2(type: number): void {
    this.ensure(5);
    const bytes = this.bytes;
    const at = this.length;
    bytes[at] = type;
    bytes[at + 1] = 45;
    bytes[at + 2] = 49;
    bytes[at + 3] = CR;
    bytes[at + 4] = LF;
    this.length = at + 5;
  }

  private null3(): void {
    this.ensure(3);
    const bytes = this.bytes;
    const at = this.length;
    bytes[at] = NULL;
    bytes[at + 1] = CR;
    bytes[at + 2] = LF;
    this.length = at + 3;
  }

  /** An integer within ±2^53. */
  integer(n: number): void {
    this.header(INTEGER, n);
  }

  /** Any 64-bit integer. */
  bigint(n: bigint): void {
    this.ensure(INTEGER_BYTES_MAX);
    const bytes = this.bytes;
    bytes[this.length] = INTEGER;
    const at = writeInt64(n, bytes, this.length + 1);
    bytes[at] = CR;
    bytes[at + 1] = LF;
    this.length = at + 2;
  }

  /** A string: bytes[start..end). They may not be those of this buffer. */
  bulk(bytes: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.ensure(count + HEADER_BYTES_MAX + 2);
    const to = this.bytes;
    let at = this.length;
    to[at] = BULK;
    if (count < 10) {
      to[at + 1] = ZERO + count;
      at += 2;
    } else if (count < 100) {
      const tens = (count / 10) | 0;
      to[at + 1] = ZERO + tens;
      to[at + 2] = ZERO + count - tens * 10;
      at += 3;
    } else {
      at = writeInteger(count, to, at + 1);
    }
    to[at] = CR;
    to[at + 1] = LF;
    at += 2;
    if (count <= COPY_LOOP_BYTES_MAX) for (let i = start; i < end; i++) to[at++] = bytes[i]!;
    else at = this.copyLong(bytes, start, end, at);
    to[at] = CR;
    to[at + 1] = LF;
    this.length = at + 2;
  }

  /**
   * A string of flat memory: view[start..end). Copies words: half of what `bulk` takes (reply.bench.ts). The last word
   * overlaps the one before, so that nothing beyond either end is read or written.
   */
  bulkView(view: DataView, start: number, end: number): void {
    const count = end - start;
    this.ensure(count + HEADER_BYTES_MAX + 2);
    const to = this.view;
    let at = this.length;
    if (count < 10) {
      to.setInt32(at, BULK | ((ZERO + count) << 8) | (CR << 16) | (LF << 24), true);
      at += 4;
    } else if (count < 100) {
      const tens = (count / 10) | 0;
      to.setInt32(at, BULK | ((ZERO + tens) << 8) | ((ZERO + count - tens * 10) << 16) | (CR << 24), true);
      to.setInt8(at + 4, LF);
      at += 5;
    } else {
      to.setInt8(at, BULK);
      at = writeInteger(count, this.bytes, at + 1);
      to.setInt16(at, LINE_END, true);
      at += 2;
    }
    const behind = at + count;
    if (count < 4) for (let from = start; from < end; from++) to.setInt8(at++, view.getInt8(from));
    else if (count <= VIEW_BYTES_MAX) {
      for (let from = start; from < end - 4; from += 4) {
        to.setInt32(at, view.getInt32(from, true), true);
        at += 4;
      }
      to.setInt32(behind - 4, view.getInt32(end - 4, true), true);
    } else this.bytes.set(new Uint8Array(view.buffer, view.byteOffset + start, count), at);
    to.setInt16(behind, LINE_END, true);
    this.length = behind + 2;
  }

  private copyLong(bytes: Uint8Array, start: number, end: number, at: number): number {
    this.bytes.set(bytes.subarray(start, end), at);
    return at + end - start;
  }

  /** A string given as latin1 text. */
  bulkText(text: string): void {
    this.header(BULK, text.length);
    this.raw(text);
    this.lineEnd();
  }

  /** An integer as a string: `$2\r\n42\r\n`. */
  bulkInteger(n: number): void {
    this.header(BULK, integerLength(n));
    this.ensure(HEADER_BYTES_MAX);
    this.length = writeInteger(n, this.bytes, this.length);
    this.lineEnd();
  }

  emptyBulk(): void {
    this.header(BULK, 0);
    this.lineEnd();
  }

  /** One of the lines of protocol/errors.ts. */
  error(line: Uint8Array): void {
    this.constant(line);
    this.errors++;
    this.lastError = this.length - line.length;
  }

  /**
   * An error from latin1 text with its code first: 'ERR no such user'. Line breaks, which clients' words may carry, are
   * dropped at the ends and become spaces within.
   */
  errorText(text: string): void {
    let start = 0;
    let end = text.length;
    while (start < end && isLineBreak(text.charCodeAt(start))) start++;
    while (end > start && isLineBreak(text.charCodeAt(end - 1))) end--;
    this.ensure(end - start + 3);
    const bytes = this.bytes;
    let at = this.length;
    this.errors++;
    this.lastError = at;
    bytes[at++] = ERROR;
    for (let i = start; i < end; i++) {
      const code = text.charCodeAt(i);
      bytes[at++] = isLineBreak(code) ? 32 : code;
    }
    this.length = at;
    this.lineEnd();
  }

  array(count: number): void {
    this.header(ARRAY, count);
  }

  emptyArray(): void {
    this.header(ARRAY, 0);
  }

  /** The header of `count` pairs: a flat array in RESP2. */
  map(count: number): void {
    if (this.resp === 3) this.header(MAP, count);
    else this.header(ARRAY, count * 2);
  }

  emptyMap(): void {
    this.map(0);
  }

  set(count: number): void {
    this.header(this.resp === 3 ? SET : ARRAY, count);
  }

  emptySet(): void {
    this.set(0);
  }

  /** The header of a message that answers no request: an array in RESP2. */
  push(count: number): void {
    this.header(this.resp === 3 ? PUSH : ARRAY, count);
  }

  /** The header of `count` pairs about the reply that follows. RESP2 has no such thing: the caller leaves them out. */
  attribute(count: number): void {
    assert(this.resp === 3, 'attributes are written in RESP3 only');
    this.header(ATTRIBUTE, count);
  }

  /** A double: a string of it in RESP2. */
  double(x: number): void {
    if (this.resp === 2) {
      this.bulk(this.scratch, 0, writeDouble(x, this.scratch, 0));
      return;
    }
    this.ensure(DOUBLE_BYTES_MAX + 3);
    this.bytes[this.length] = DOUBLE;
    this.length = writeDouble(x, this.bytes, this.length + 1);
    this.lineEnd();
  }

  /** A number of any size, in decimal: a string in RESP2. */
  bigNumber(text: string): void {
    this.number(BIG_NUMBER, text);
  }

  /** A decimal that is already text (INCRBYFLOAT's kind) as a double in RESP3, a string in RESP2. */
  doubleText(text: string): void {
    this.number(DOUBLE, text);
  }

  private number(type: number, text: string): void {
    if (this.resp === 3) this.line(type, text);
    else this.bulkText(text);
  }

  boolean(value: boolean): void {
    if (this.resp === 2) {
      this.header(INTEGER, value ? 1 : 0);
      return;
    }
    this.ensure(4);
    const bytes = this.bytes;
    const at = this.length;
    bytes[at] = BOOLEAN;
    bytes[at + 1] = value ? 116 : 102;
    bytes[at + 2] = CR;
    bytes[at + 3] = LF;
    this.length = at + 4;
  }

  /** Text for people, with its format in three letters ('txt', 'mkd'): a string in RESP2. Latin1 text. */
  verbatim(format: string, text: string): void {
    if (this.resp === 2) {
      this.bulkText(text);
      return;
    }
    assert(format.length === 3, 'a verbatim format has three letters');
    this.header(VERBATIM, text.length + 4);
    this.raw(format);
    this.raw(':');
    this.raw(text);
    this.lineEnd();
  }

  /** Marks the place of an aggregate's header whose count is not known yet. */
  later(): number {
    return this.length;
  }

  arrayAt(mark: number, count: number): void {
    this.headerAt(mark, ARRAY, count);
  }

  mapAt(mark: number, count: number): void {
    if (this.resp === 3) this.headerAt(mark, MAP, count);
    else this.headerAt(mark, ARRAY, count * 2);
  }

  setAt(mark: number, count: number): void {
    this.headerAt(mark, this.resp === 3 ? SET : ARRAY, count);
  }

  pushAt(mark: number, count: number): void {
    this.headerAt(mark, this.resp === 3 ? PUSH : ARRAY, count);
  }

  /** Puts a header at `mark`, moving what was written since: memmove speed, some 5 GB/s. */
  private headerAt(mark: number, type: number, count: number): void {
    const size = integerLength(count) + 3;
    this.ensure(size);
    // After an overflow marks mean nothing, and neither does what is written.
    if (this.overflowed) return;
    assert(mark <= this.length, 'a mark lies within what was written');
    const end = this.length;
    this.bytes.copyWithin(mark + size, mark, end);
    if (this.lastError >= mark) this.lastError += size;
    this.length = mark;
    this.header(type, count);
    this.length = end + size;
  }

  /** A type byte, an integer, a line end. */
  private header(type: number, n: number): void {
    this.ensure(HEADER_BYTES_MAX);
    const bytes = this.bytes;
    let at = this.length;
    bytes[at] = type;
    if (n >= 0 && n < 10) {
      bytes[at + 1] = ZERO + n;
      at += 2;
    } else {
      at = writeInteger(n, bytes, at + 1);
    }
    bytes[at] = CR;
    bytes[at + 1] = LF;
    this.length = at + 2;
  }

  private line(type: number, text: string): void {
    this.ensure(text.length + 3);
    this.bytes[this.length] = type;
    this.length = writeLatin1(text, this.bytes, this.length + 1);
    this.lineEnd();
  }

  private raw(text: string): void {
    this.ensure(text.length);
    this.length = writeLatin1(text, this.bytes, this.length);
  }

  private lineEnd(): void {
    this.ensure(2);
    this.bytes[this.length] = CR;
    this.bytes[this.length + 1] = LF;
    this.length += 2;
  }
}

function isLineBreak(code: number): boolean {
  return code === CR || code === LF;
}
