// RDB files put together by hand, with the encodings that nobody writes any more.

import { crc64 } from '../../src/lib/crc64.ts';

export type Bytes = readonly number[];

export function latin1(text: string): number[] {
  return Array.from(text, (char) => char.charCodeAt(0));
}

/** A length. */
export function length(n: number): number[] {
  if (n < 64) return [n];
  if (n < 16384) return [0x40 | (n >> 8), n & 255];
  return [0x80, n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
}

/** A string as it is. */
export function string(content: string | Bytes): number[] {
  const bytes = typeof content === 'string' ? latin1(content) : content;
  return [...length(bytes.length), ...bytes];
}

function little(value: number, bytes: number): number[] {
  const big = BigInt.asUintN(64, BigInt(value));
  return Array.from({ length: bytes }, (_, index) => Number((big >> BigInt(index * 8)) & 255n));
}

export function double(value: number): number[] {
  return [...new Uint8Array(Float64Array.of(value).buffer)];
}

export function milliseconds(value: number): number[] {
  return little(value, 8);
}

/** A score of the first kind. */
export function textScore(text: string): number[] {
  return [text.length, ...latin1(text)];
}

/** An entry of a ziplist; `wide` gives the length of the entry before in five bytes. */
function ziplistEntry(entry: string | number, before: number, wide: boolean): number[] {
  const previous = before < 254 && !wide ? [before] : [254, ...little(before, 4)];
  if (typeof entry === 'string') {
    const content = latin1(entry);
    const { length: n } = content;
    const head = n < 64 ? [n] : n < 16384 ? [0x40 | (n >> 8), n & 255] : [0x80, ...little(n, 4).reverse()];
    return [...previous, ...head, ...content];
  }
  if (entry >= 0 && entry <= 12) return [...previous, 0xf1 + entry];
  if (entry >= -128 && entry < 128) return [...previous, 0xfe, ...little(entry, 1)];
  if (entry >= -32768 && entry < 32768) return [...previous, 0xc0, ...little(entry, 2)];
  if (entry >= -8388608 && entry < 8388608) return [...previous, 0xf0, ...little(entry, 3)];
  if (entry >= -2147483648 && entry < 2147483648) return [...previous, 0xd0, ...little(entry, 4)];
  return [...previous, 0xe0, ...little(entry, 8)];
}

export function ziplist(entries: readonly (string | number)[], wide = false): number[] {
  const body: number[] = [];
  let tail = 10;
  let before = 0;
  for (const entry of entries) {
    tail = 10 + body.length;
    const bytes = ziplistEntry(entry, before, wide);
    before = bytes.length;
    body.push(...bytes);
  }
  return [...little(11 + body.length, 4), ...little(tail, 4), ...little(entries.length, 2), ...body, 255];
}

/** A zipmap of fields and values in turn; values have `free` unused bytes behind them. */
export function zipmap(texts: readonly string[], free = 0): number[] {
  const zipLength = (n: number) => (n < 254 ? [n] : [254, ...little(n, 4)]);
  const body = texts.flatMap((text, index) => {
    const unused = index % 2 === 1 ? [free] : [];
    return [...zipLength(text.length), ...unused, ...latin1(text), ...unused.flatMap((n) => Array(n).fill(0))];
  });
  return [texts.length / 2, ...body, 255];
}

/** An int set with integers of `width` bytes. */
export function intSet(width: number, integers: readonly number[]): number[] {
  return [...little(width, 4), ...little(integers.length, 4), ...integers.flatMap((n) => little(n, width))];
}

/** A listpack of short texts and small integers. */
export function listpack(entries: readonly (string | number)[]): number[] {
  const body = entries.flatMap((entry) => {
    if (typeof entry === 'number') {
      if (entry >= 0 && entry < 128) return [entry, 1];
      return [0xf4, ...little(entry, 8), 9];
    }
    return [0x80 | entry.length, ...latin1(entry), entry.length + 1];
  });
  return [...little(7 + body.length, 4), ...little(entries.length, 2), ...body, 255];
}

/** A whole file: version, what stands in it, its end. */
export function file(version: number, body: Bytes, checksum = true): Uint8Array {
  const bytes = [...latin1(`REDIS${String(version).padStart(4, '0')}`), ...body, 255];
  if (version < 5) return Uint8Array.from(bytes);
  const whole = Uint8Array.from([...bytes, ...Array(8).fill(0)]);
  const sum = checksum ? crc64(whole, 0, bytes.length) : 0n;
  new DataView(whole.buffer).setBigUint64(bytes.length, sum, true);
  return whole;
}

/** A key and its value behind their type. */
export function key(type: number, name: string, value: Bytes): number[] {
  return [type, ...string(name), ...value];
}

/** A file with a key of each type and form that older releases wrote. */
export function oldEncodings(): Uint8Array {
  const texts = ['one', '1', 'two', '2'];
  return file(9, [
    ...[0xfa, ...string('redis-ver'), ...string('5.0.0')],
    ...[0xfe, 0, 0xfb, 14, 1],
    ...key(0, 'int8', [0xc0, 0x85]),
    ...key(0, 'int16', [0xc1, 0x00, 0x80]),
    ...key(0, 'int32', [0xc2, 1, 2, 3, 0x84]),
    ...key(0, 'lzf', [0xc3, 4, 9, 0, 0x61, 0xc0, 0]),
    ...[0xfc, ...milliseconds(4_102_444_800_000), ...key(1, 'list', [3, ...string('a'), 0xc0, 7, ...string('c')])],
    ...key(2, 'set', [2, ...string('a'), ...string('b')]),
    ...key(3, 'zset', [3, ...string('a'), ...textScore('1.5'), ...string('b'), 254, ...string('c'), 255]),
    ...key(4, 'hash', [1, ...string('f'), ...string('v')]),
    ...key(5, 'zset2', [2, ...string('b'), ...double(0.1), ...string('a'), ...double(-3)]),
    ...key(9, 'zipmap', string(zipmap(texts, 3))),
    ...key(10, 'ziplist', string(ziplist(['x', 12, 13, -129, 40000, 9000000, 5_000_000_000, 'y'.repeat(70)], true))),
    ...key(11, 'intset', string(intSet(4, [-70000, 5, 70000]))),
    ...key(12, 'zset ziplist', string(ziplist(['a', 1, 'b', '1.5', 'c', '2.2000000000000002']))),
    ...key(13, 'hash ziplist', string(ziplist(texts))),
    ...key(14, 'quicklist', [2, ...string(ziplist(['a', 1])), ...string(ziplist([]))]),
  ]);
}
