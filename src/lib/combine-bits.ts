// Two byte ranges combined bit by bit into a third. Long ones go by words, some at a time.
//
// Each loop is a function of its own, so that none ever sees another operation. What the compiler makes of the wide ones
// hangs on how they are written: eight at a time 1 MiB takes 57 us (Node 26), 70 where all three begin at the same place
// of a page; one at a time 105 to 170; and with `a & ~b` in place of `a ^ (a & b)` 2,200, since `~` has no 64-bit form.
// By 32 bits it is 107, one at a time 226 (bits.bench.ts).

import { hasWideWords } from './wide-words.ts';

/** Ways of combining. */
export const AND = 0;
export const OR = 1;
export const XOR = 2;
/** The first without the bits of the second. */
export const AND_NOT = 3;
/** The first inverted, whatever the second is; both as long as the result. */
export const NOT = 4;

/** Where fewer bytes are common three views of words, 60 ns each, are not worth it. */
const WORDS_FROM_BYTES = 256;
/** Words that a loop takes at a time. */
const WIDE_STEP = 8;
const NARROW_STEP = 4;

/**
 * Combines `a` and `b` into `to`, which may be one of them. Neither is longer than it; beyond their ends they are zeros.
 * By words when all three lie alike in theirs, else by bytes.
 */
export function combineBits(how: number, a: Uint8Array, b: Uint8Array, to: Uint8Array): void {
  const common = Math.min(a.length, b.length);
  let at = 0;
  if (common >= WORDS_FROM_BYTES) {
    const apart = (a.byteOffset ^ to.byteOffset) | (b.byteOffset ^ to.byteOffset);
    const width = hasWideWords() && (apart & 7) === 0 ? 8 : (apart & 3) === 0 ? 4 : 1;
    if (width > 1) {
      const first = -to.byteOffset & (width - 1);
      combineBytes(how, a, b, to, 0, first);
      const count = Math.floor((common - first) / (width * WIDE_STEP)) * WIDE_STEP;
      if (width === 8) combineWide(how, a, b, to, first, count);
      else combineNarrow(how, a, b, to, first, count);
      at = first + count * width;
    }
  }
  combineBytes(how, a, b, to, at, common);
  combineRest(how, a, b, to, common);
}

/** The bytes from the end of the shorter one on, where the other's stand against zeros. */
function combineRest(how: number, a: Uint8Array, b: Uint8Array, to: Uint8Array, common: number): void {
  const rest = how === AND ? common : how === AND_NOT ? a.length : Math.max(a.length, b.length);
  if (rest > common) {
    const longer = a.length === rest ? a : b;
    if (longer.byteOffset !== to.byteOffset || longer.buffer !== to.buffer)
      to.set(longer.subarray(common, rest), common);
  }
  if (rest < to.length) to.fill(0, rest);
}

// --- bytes ---

function combineBytes(how: number, a: Uint8Array, b: Uint8Array, to: Uint8Array, from: number, end: number): void {
  if (how === AND) for (let at = from; at < end; at++) to[at] = a[at]! & b[at]!;
  else if (how === OR) for (let at = from; at < end; at++) to[at] = a[at]! | b[at]!;
  else if (how === XOR) for (let at = from; at < end; at++) to[at] = a[at]! ^ b[at]!;
  else if (how === AND_NOT) for (let at = from; at < end; at++) to[at] = a[at]! & ~b[at]!;
  else for (let at = from; at < end; at++) to[at] = ~a[at]!;
}

// --- 64 bits ---

function wide(bytes: Uint8Array, at: number, count: number): BigInt64Array {
  return new BigInt64Array(bytes.buffer, bytes.byteOffset + at, count);
}

function combineWide(how: number, a: Uint8Array, b: Uint8Array, to: Uint8Array, at: number, count: number): void {
  const first = wide(a, at, count);
  const second = wide(b, at, count);
  const result = wide(to, at, count);
  if (how === AND) andWide(first, second, result);
  else if (how === OR) orWide(first, second, result);
  else if (how === XOR) xorWide(first, second, result);
  else if (how === AND_NOT) andNotWide(first, second, result);
  else notWide(first, result);
}

function andWide(a: BigInt64Array, b: BigInt64Array, to: BigInt64Array): void {
  for (let at = 0; at < to.length; at += WIDE_STEP) {
    to[at] = BigInt.asIntN(64, a[at]! & b[at]!);
    to[at + 1] = BigInt.asIntN(64, a[at + 1]! & b[at + 1]!);
    to[at + 2] = BigInt.asIntN(64, a[at + 2]! & b[at + 2]!);
    to[at + 3] = BigInt.asIntN(64, a[at + 3]! & b[at + 3]!);
    to[at + 4] = BigInt.asIntN(64, a[at + 4]! & b[at + 4]!);
    to[at + 5] = BigInt.asIntN(64, a[at + 5]! & b[at + 5]!);
    to[at + 6] = BigInt.asIntN(64, a[at + 6]! & b[at + 6]!);
    to[at + 7] = BigInt.asIntN(64, a[at + 7]! & b[at + 7]!);
  }
}

function orWide(a: BigInt64Array, b: BigInt64Array, to: BigInt64Array): void {
  for (let at = 0; at < to.length; at += WIDE_STEP) {
    to[at] = BigInt.asIntN(64, a[at]! | b[at]!);
    to[at + 1] = BigInt.asIntN(64, a[at + 1]! | b[at + 1]!);
    to[at + 2] = BigInt.asIntN(64, a[at + 2]! | b[at + 2]!);
    to[at + 3] = BigInt.asIntN(64, a[at + 3]! | b[at + 3]!);
    to[at + 4] = BigInt.asIntN(64, a[at + 4]! | b[at + 4]!);
    to[at + 5] = BigInt.asIntN(64, a[at + 5]! | b[at + 5]!);
    to[at + 6] = BigInt.asIntN(64, a[at + 6]! | b[at + 6]!);
    to[at + 7] = BigInt.asIntN(64, a[at + 7]! | b[at + 7]!);
  }
}

function xorWide(a: BigInt64Array, b: BigInt64Array, to: BigInt64Array): void {
  for (let at = 0; at < to.length; at += WIDE_STEP) {
    to[at] = BigInt.asIntN(64, a[at]! ^ b[at]!);
    to[at + 1] = BigInt.asIntN(64, a[at + 1]! ^ b[at + 1]!);
    to[at + 2] = BigInt.asIntN(64, a[at + 2]! ^ b[at + 2]!);
    to[at + 3] = BigInt.asIntN(64, a[at + 3]! ^ b[at + 3]!);
    to[at + 4] = BigInt.asIntN(64, a[at + 4]! ^ b[at + 4]!);
    to[at + 5] = BigInt.asIntN(64, a[at + 5]! ^ b[at + 5]!);
    to[at + 6] = BigInt.asIntN(64, a[at + 6]! ^ b[at + 6]!);
    to[at + 7] = BigInt.asIntN(64, a[at + 7]! ^ b[at + 7]!);
  }
}

function andNotWide(a: BigInt64Array, b: BigInt64Array, to: BigInt64Array): void {
  for (let at = 0; at < to.length; at += WIDE_STEP) {
    to[at] = BigInt.asIntN(64, a[at]! ^ (a[at]! & b[at]!));
    to[at + 1] = BigInt.asIntN(64, a[at + 1]! ^ (a[at + 1]! & b[at + 1]!));
    to[at + 2] = BigInt.asIntN(64, a[at + 2]! ^ (a[at + 2]! & b[at + 2]!));
    to[at + 3] = BigInt.asIntN(64, a[at + 3]! ^ (a[at + 3]! & b[at + 3]!));
    to[at + 4] = BigInt.asIntN(64, a[at + 4]! ^ (a[at + 4]! & b[at + 4]!));
    to[at + 5] = BigInt.asIntN(64, a[at + 5]! ^ (a[at + 5]! & b[at + 5]!));
    to[at + 6] = BigInt.asIntN(64, a[at + 6]! ^ (a[at + 6]! & b[at + 6]!));
    to[at + 7] = BigInt.asIntN(64, a[at + 7]! ^ (a[at + 7]! & b[at + 7]!));
  }
}

function notWide(a: BigInt64Array, to: BigInt64Array): void {
  for (let at = 0; at < to.length; at += WIDE_STEP) {
    to[at] = BigInt.asIntN(64, a[at]! ^ -1n);
    to[at + 1] = BigInt.asIntN(64, a[at + 1]! ^ -1n);
    to[at + 2] = BigInt.asIntN(64, a[at + 2]! ^ -1n);
    to[at + 3] = BigInt.asIntN(64, a[at + 3]! ^ -1n);
    to[at + 4] = BigInt.asIntN(64, a[at + 4]! ^ -1n);
    to[at + 5] = BigInt.asIntN(64, a[at + 5]! ^ -1n);
    to[at + 6] = BigInt.asIntN(64, a[at + 6]! ^ -1n);
    to[at + 7] = BigInt.asIntN(64, a[at + 7]! ^ -1n);
  }
}

// --- 32 bits ---

function narrow(bytes: Uint8Array, at: number, count: number): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset + at, count);
}

function combineNarrow(how: number, a: Uint8Array, b: Uint8Array, to: Uint8Array, at: number, count: number): void {
  const first = narrow(a, at, count);
  const second = narrow(b, at, count);
  const result = narrow(to, at, count);
  if (how === AND) andNarrow(first, second, result);
  else if (how === OR) orNarrow(first, second, result);
  else if (how === XOR) xorNarrow(first, second, result);
  else if (how === AND_NOT) andNotNarrow(first, second, result);
  else notNarrow(first, result);
}

function andNarrow(a: Int32Array, b: Int32Array, to: Int32Array): void {
  for (let at = 0; at < to.length; at += NARROW_STEP) {
    to[at] = a[at]! & b[at]!;
    to[at + 1] = a[at + 1]! & b[at + 1]!;
    to[at + 2] = a[at + 2]! & b[at + 2]!;
    to[at + 3] = a[at + 3]! & b[at + 3]!;
  }
}

function orNarrow(a: Int32Array, b: Int32Array, to: Int32Array): void {
  for (let at = 0; at < to.length; at += NARROW_STEP) {
    to[at] = a[at]! | b[at]!;
    to[at + 1] = a[at + 1]! | b[at + 1]!;
    to[at + 2] = a[at + 2]! | b[at + 2]!;
    to[at + 3] = a[at + 3]! | b[at + 3]!;
  }
}

function xorNarrow(a: Int32Array, b: Int32Array, to: Int32Array): void {
  for (let at = 0; at < to.length; at += NARROW_STEP) {
    to[at] = a[at]! ^ b[at]!;
    to[at + 1] = a[at + 1]! ^ b[at + 1]!;
    to[at + 2] = a[at + 2]! ^ b[at + 2]!;
    to[at + 3] = a[at + 3]! ^ b[at + 3]!;
  }
}

function andNotNarrow(a: Int32Array, b: Int32Array, to: Int32Array): void {
  for (let at = 0; at < to.length; at += NARROW_STEP) {
    to[at] = a[at]! & ~b[at]!;
    to[at + 1] = a[at + 1]! & ~b[at + 1]!;
    to[at + 2] = a[at + 2]! & ~b[at + 2]!;
    to[at + 3] = a[at + 3]! & ~b[at + 3]!;
  }
}

function notNarrow(a: Int32Array, to: Int32Array): void {
  for (let at = 0; at < to.length; at += NARROW_STEP) {
    to[at] = ~a[at]!;
    to[at + 1] = ~a[at + 1]!;
    to[at + 2] = ~a[at + 2]!;
    to[at + 3] = ~a[at + 3]!;
  }
}
