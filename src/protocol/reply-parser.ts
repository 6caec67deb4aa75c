// Replies from the wire, for clients, tools and replicas: RESP2 and RESP3, in pieces of any size. `feed` takes what
// arrived, `next` gives one reply at a time:
//
//     parser.feed(bytes, 0, length);
//     while (parser.next() === COMPLETE) use(parser.value, parser.isPush);
//
// The peer may be hostile (CVE-2018-12326, CVE-2021-32762): nothing recurses, aggregates take room only as their
// elements arrive, and lines, bulks, nesting and counts have limits. After FAILED the connection is of no more use.
//
//     held    [ read already | the value in hand | not looked at ]
//                            ^at                                ^end

import { toLatin1 } from '../lib/bytes.ts';
import { parseDouble } from '../lib/decimal.ts';
import { parseInt64, parseInteger } from '../lib/integers.ts';
import {
  REPLY_BIG_NUMBER_DIGITS_MAX,
  REPLY_BULK_BYTES_MAX,
  REPLY_ELEMENTS_MAX,
  REPLY_LINE_BYTES_MAX,
  REPLY_NESTING_MAX,
  REPLY_PARSER_BYTES_KEPT,
} from '../lib/limits.ts';
import type { ReplyMaker } from './reply-values.ts';

/** What `next` found. */
export const INCOMPLETE = 0;
export const COMPLETE = 1;
export const FAILED = 2;

const CR = 13;
const LF = 10;

const STATUS = 43;
const ERROR = 45;
const INTEGER = 58;
const BULK = 36;
const ARRAY = 42;
const NULL = 95;
const DOUBLE = 44;
const BOOLEAN = 35;
const BULK_ERROR = 33;
const VERBATIM = 61;
const BIG_NUMBER = 40;
const MAP = 37;
const SET = 126;
const ATTRIBUTE = 124;
const PUSH = 62;

const BYTES_FIRST = 1024;

/** An aggregate that is not complete. */
interface Frame<T> {
  type: number;
  remaining: number;
  items: T[];
}

export interface ReplyLimits {
  nestingMax?: number;
  bulkBytesMax?: number;
  elementsMax?: number;
}

/** An incremental parser of replies; see the head of the file. */
export class ReplyParser<T> {
  /** COMPLETE: the reply. */
  value: T | null;
  /** COMPLETE: whether it is a push, which answers no request. */
  isPush: boolean;
  /** COMPLETE: the attributes that came before the reply, or null. Those within a reply are dropped. */
  attributes: T | null;
  /** FAILED: what was wrong, in words. */
  failure: string;

  private readonly maker: ReplyMaker<T>;
  private readonly nestingMax: number;
  private readonly bulkBytesMax: number;
  private readonly elementsMax: number;
  private held: Uint8Array;
  private at: number;
  private end: number;
  /** Up to here the line in hand was searched for its end. */
  private scanned: number;
  /** The type of the bulk whose bytes are awaited, and their number; -1 when none is. */
  private bulkType: number;
  private bulkLength: number;
  private readonly frames: Frame<T>[];
  private pending: T | null;
  private isDone: boolean;

  constructor(maker: ReplyMaker<T>, limits: ReplyLimits = {}) {
    this.value = null;
    this.isPush = false;
    this.attributes = null;
    this.failure = '';
    this.maker = maker;
    this.nestingMax = limits.nestingMax ?? REPLY_NESTING_MAX;
    this.bulkBytesMax = limits.bulkBytesMax ?? REPLY_BULK_BYTES_MAX;
    this.elementsMax = limits.elementsMax ?? REPLY_ELEMENTS_MAX;
    this.held = new Uint8Array(BYTES_FIRST);
    this.at = 0;
    this.end = 0;
    this.scanned = 0;
    this.bulkType = 0;
    this.bulkLength = -1;
    this.frames = [];
    this.pending = null;
    this.isDone = false;
  }

  /** Takes a copy of bytes[start..end). */
  feed(bytes: Uint8Array, start: number, end: number): void {
    this.makeRoom(end - start);
    this.held.set(bytes.subarray(start, end), this.end);
    this.end += end - start;
  }

  private makeRoom(count: number): void {
    const used = this.end - this.at;
    if (this.at === this.end && this.held.length > REPLY_PARSER_BYTES_KEPT) this.held = new Uint8Array(BYTES_FIRST);
    if (count <= this.held.length - this.end && this.at !== this.end) return;
    let capacity = this.held.length;
    while (capacity < used + count) capacity *= 2;
    if (capacity === this.held.length) {
      this.held.copyWithin(0, this.at, this.end);
    } else {
      const wider = new Uint8Array(capacity);
      wider.set(this.held.subarray(this.at, this.end));
      this.held = wider;
    }
    this.scanned -= this.at;
    this.at = 0;
    this.end = used;
  }

  /** Reads on: COMPLETE with the next reply in `value`, INCOMPLETE when it is not all there, or FAILED. */
  next(): number {
    if (this.failure !== '') return FAILED;
    for (;;) {
      const status = this.bulkLength >= 0 ? this.readBulk() : this.readLine();
      if (status !== COMPLETE) return status;
      if (this.isDone) {
        this.isDone = false;
        return COMPLETE;
      }
    }
  }

  /** COMPLETE when something was read; `isDone` then tells whether it ended a reply. */
  private readLine(): number {
    const lineEnd = this.findLineEnd();
    if (lineEnd < 0) {
      return this.end - this.at > REPLY_LINE_BYTES_MAX ? this.fail('a line is too long') : INCOMPLETE;
    }
    const start = this.at + 1;
    const type = this.held[this.at]!;
    this.at = lineEnd + 2;
    this.scanned = this.at;
    switch (type) {
      case STATUS:
        return this.add(this.maker.status(this.text(start, lineEnd)));
      case ERROR:
        return this.add(this.maker.error(this.text(start, lineEnd)));
      case INTEGER:
        return this.addInteger(start, lineEnd);
      case NULL:
        return lineEnd === start ? this.add(this.maker.nil()) : this.fail('a null with text');
      case BOOLEAN:
        return this.addBoolean(start, lineEnd);
      case DOUBLE:
        return this.addDouble(start, lineEnd);
      case BIG_NUMBER:
        return this.addBigNumber(start, lineEnd);
      case BULK:
      case BULK_ERROR:
      case VERBATIM:
        return this.openBulk(type, start, lineEnd);
      case ARRAY:
      case MAP:
      case SET:
      case PUSH:
      case ATTRIBUTE:
        return this.openAggregate(type, start, lineEnd);
      default:
        return this.fail(`unknown type byte 0x${type.toString(16).padStart(2, '0')}`);
    }
  }

  private findLineEnd(): number {
    const stop = Math.min(this.end - 1, this.at + REPLY_LINE_BYTES_MAX);
    let at = Math.max(this.scanned, this.at);
    while (at < stop && (this.held[at] !== CR || this.held[at + 1] !== LF)) at++;
    this.scanned = at;
    // A reply has at least its type byte: an empty line is one of an unknown type.
    return at < stop ? at : -1;
  }

  private text(start: number, end: number): string {
    return toLatin1(this.held, start, end);
  }

  private addInteger(start: number, end: number): number {
    const n = parseInteger(this.held, start, end);
    if (!Number.isNaN(n)) return this.add(this.maker.integer(n));
    const exact = parseInt64(this.held, start, end);
    return exact === null ? this.fail('a bad integer') : this.add(this.maker.integer(exact));
  }

  private addBoolean(start: number, end: number): number {
    const text = end - start === 1 ? this.text(start, end) : '';
    return text === 't' || text === 'f' ? this.add(this.maker.boolean(text === 't')) : this.fail('a bad boolean');
  }

  private addDouble(start: number, end: number): number {
    const text = this.text(start, end);
    if (text === 'nan' || text === '-nan') return this.add(this.maker.double(Number.NaN, text));
    const x = parseDouble(this.held, start, end);
    return Number.isNaN(x) ? this.fail('a bad double') : this.add(this.maker.double(x, text));
  }

  private addBigNumber(start: number, end: number): number {
    if (end - start > REPLY_BIG_NUMBER_DIGITS_MAX) return this.fail('a big number is too long');
    const text = this.text(start, end);
    return /^[+-]?\d+$/.test(text)
      ? this.add(this.maker.bigNumber(text.replace('+', '')))
      : this.fail('a bad big number');
  }

  private openBulk(type: number, start: number, end: number): number {
    const length = parseInteger(this.held, start, end);
    if (length === -1 && type === BULK) return this.add(this.maker.nil());
    if (!(length >= 0 && length <= this.bulkBytesMax)) return this.fail('a bad bulk length');
    if (type === VERBATIM && length < 4) return this.fail('a verbatim string without its format');
    this.bulkType = type;
    this.bulkLength = length;
    return COMPLETE;
  }

  private readBulk(): number {
    const start = this.at;
    const bulkEnd = start + this.bulkLength;
    if (bulkEnd + 2 > this.end) return INCOMPLETE;
    const held = this.held;
    if (held[bulkEnd] !== CR || held[bulkEnd + 1] !== LF) return this.fail('a bulk of another length than announced');
    const type = this.bulkType;
    this.at = bulkEnd + 2;
    this.scanned = this.at;
    this.bulkLength = -1;
    if (type === BULK) return this.add(this.maker.bulk(held.slice(start, bulkEnd)));
    if (type === BULK_ERROR) return this.add(this.maker.error(this.text(start, bulkEnd)));
    if (held[start + 3] !== 58) return this.fail('a verbatim string without its format');
    return this.add(this.maker.verbatim(this.text(start, start + 3), held.slice(start + 4, bulkEnd)));
  }

  private openAggregate(type: number, start: number, end: number): number {
    const count = parseInteger(this.held, start, end);
    if (count === -1 && type === ARRAY) return this.add(this.maker.nil());
    if (!(count >= 0 && count <= this.elementsMax)) return this.fail('a bad element count');
    if (type === PUSH && this.frames.length > 0) return this.fail('a push within a reply');
    if (this.frames.length >= this.nestingMax) return this.fail('too many arrays within arrays');
    const isPairs = type === MAP || type === ATTRIBUTE;
    this.frames.push({ type, remaining: isPairs ? count * 2 : count, items: [] });
    return this.closeFull();
  }

  /** One value is read: an element of the aggregate in hand, or the reply itself. */
  private add(value: T): number {
    const frame = this.frames.at(-1);
    if (frame === undefined) {
      this.finish(value, false);
      return COMPLETE;
    }
    frame.items.push(value);
    frame.remaining--;
    return this.closeFull();
  }

  /** Closes the aggregates that have all their elements, the inner ones first. */
  private closeFull(): number {
    for (let frame = this.frames.at(-1); frame !== undefined && frame.remaining === 0; frame = this.frames.at(-1)) {
      this.frames.pop();
      const parent = this.frames.at(-1);
      if (frame.type === ATTRIBUTE) {
        // It says something about the value that follows, and is none itself.
        if (parent === undefined) this.pending = this.maker.map(frame.items);
        return COMPLETE;
      }
      const value = this.close(frame);
      if (parent === undefined) {
        this.finish(value, frame.type === PUSH);
        return COMPLETE;
      }
      parent.items.push(value);
      parent.remaining--;
    }
    return COMPLETE;
  }

  private close(frame: Frame<T>): T {
    if (frame.type === MAP) return this.maker.map(frame.items);
    if (frame.type === SET) return this.maker.set(frame.items);
    if (frame.type === PUSH) return this.maker.push(frame.items);
    return this.maker.array(frame.items);
  }

  private finish(value: T, isPush: boolean): void {
    this.isDone = true;
    this.value = value;
    this.isPush = isPush;
    this.attributes = this.pending;
    this.pending = null;
  }

  private fail(why: string): number {
    this.failure = why;
    this.value = null;
    return FAILED;
  }
}
