// What a reply becomes. The reply parser knows RESP's types; a ReplyMaker turns each into whatever its user wants: plain
// JavaScript values for clients (here), lines for people in the command-line program.

import { fromLatin1, toLatin1 } from '../lib/bytes.ts';

/** Makes one value of each type. Bytes and arrays passed in are the maker's own from then on. */
export interface ReplyMaker<T> {
  status(text: string): T;
  error(text: string): T;
  /** A bigint when it lies beyond ±(2^53-1). */
  integer(n: number | bigint): T;
  bulk(bytes: Uint8Array): T;
  nil(): T;
  double(x: number, text: string): T;
  boolean(value: boolean): T;
  /** The decimal digits of an integer of any size, with its sign. */
  bigNumber(text: string): T;
  /** `format` has three letters: 'txt', 'mkd'. */
  verbatim(format: string, bytes: Uint8Array): T;
  array(items: T[]): T;
  set(items: T[]): T;
  push(items: T[]): T;
  /** Keys and values by turns; also attributes. */
  map(pairs: T[]): T;
}

/** An error reply: its code is the first word ('WRONGTYPE'), its message the whole text. */
export class ReplyError extends Error {
  override readonly name = 'ReplyError';
  readonly code: string;

  constructor(text: string) {
    super(text);
    const space = text.indexOf(' ');
    this.code = space < 0 ? text : text.slice(0, space);
  }
}

/** A reply as a plain value. Text is latin1: one character per byte. */
export type ReplyValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | ReplyError
  | ReplyValue[]
  | Set<ReplyValue>
  | Map<ReplyValue, ReplyValue>;

export interface PlainOptions {
  /** Strings as latin1 text (the default) or as bytes; statuses are text in any case. */
  strings?: 'latin1' | 'bytes';
  /** Maps as Map, whose keys are text also where strings are bytes (the default), or as [key, value] arrays. */
  maps?: 'map' | 'pairs';
}

/** A maker of plain values. */
export function plainValues(options: PlainOptions = {}): ReplyMaker<ReplyValue> {
  const isText = options.strings !== 'bytes';
  const isMap = options.maps !== 'pairs';
  const text = (bytes: Uint8Array): string => toLatin1(bytes, 0, bytes.length);
  const string = (bytes: Uint8Array): ReplyValue => (isText ? text(bytes) : bytes);
  return {
    status: (status) => status,
    error: (error) => new ReplyError(error),
    integer: (n) => n,
    bulk: string,
    nil: () => null,
    double: (x) => x,
    boolean: (value) => value,
    bigNumber: (digits) => BigInt(digits),
    verbatim: (_format, bytes) => string(bytes),
    array: (items) => items,
    set: (items) => (isMap ? new Set(items) : items),
    push: (items) => items,
    map: (flat) => {
      const pairs: [ReplyValue, ReplyValue][] = [];
      for (let i = 0; i < flat.length; i += 2) {
        const key = flat[i] as ReplyValue;
        pairs.push([isMap && key instanceof Uint8Array ? text(key) : key, flat[i + 1] as ReplyValue]);
      }
      return isMap ? new Map(pairs) : pairs;
    },
  };
}

/** A request as clients send it: an array of bulk strings, each of bytes or latin1 text. */
export function requestBytes(args: readonly (string | Uint8Array)[]): Uint8Array {
  const parts = args.map((arg) => (typeof arg === 'string' ? fromLatin1(arg) : arg));
  const headers = parts.map((part) => fromLatin1(`$${part.length}\r\n`));
  const first = fromLatin1(`*${parts.length}\r\n`);
  let size = first.length;
  for (const [i, part] of parts.entries()) size += headers[i]!.length + part.length + 2;
  const request = new Uint8Array(size);
  request.set(first);
  let at = first.length;
  for (const [i, part] of parts.entries()) {
    request.set(headers[i]!, at);
    at += headers[i]!.length;
    request.set(part, at);
    at += part.length;
    request[at] = 13;
    request[at + 1] = 10;
    at += 2;
  }
  return request;
}
