// Bits of byte ranges, the first being the highest of the first byte: count and find. Long ranges go by words.

import { hasWideWords } from './wide-words.ts';

const BITS_OF_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) bits++;
  return bits;
});

/** Ranges shorter than this are not worth a view of words, which costs some 60 ns. */
const WORDS_FROM_BYTES = 64;

/** How many bits of bytes[start..end) are set. */
export function countBits(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  let at = start;
  if (end - start >= WORDS_FROM_BYTES) {
    while (((bytes.byteOffset + at) & 3) !== 0) count += BITS_OF_BYTE[bytes[at++]!]!;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (end - at) >>> 2);
    count += countWords(words);
    at += words.length * 4;
  }
  while (at < end) count += BITS_OF_BYTE[bytes[at++]!]!;
  return count;
}

/**
 * The bits of words. Eight words at a time go through carry-save adders, of which only the eights are counted each time
 * (Harley and Seal; Warren, "Hacker's Delight", 5-1): 0.57 ns a word against 1.2 (bits.bench.ts).
 */
function countWords(words: Int32Array): number {
  const whole = words.length - (words.length % 8);
  let ones = 0;
  let twos = 0;
  let fours = 0;
  let eights = 0;
  for (let at = 0; at < whole; at += 8) {
    let half = ones ^ words[at]!;
    const twos1 = (ones & words[at]!) | (half & words[at + 1]!);
    ones = half ^ words[at + 1]!;
    half = ones ^ words[at + 2]!;
    const twos2 = (ones & words[at + 2]!) | (half & words[at + 3]!);
    ones = half ^ words[at + 3]!;
    half = twos ^ twos1;
    const fours1 = (twos & twos1) | (half & twos2);
    twos = half ^ twos2;
    half = ones ^ words[at + 4]!;
    const twos3 = (ones & words[at + 4]!) | (half & words[at + 5]!);
    ones = half ^ words[at + 5]!;
    half = ones ^ words[at + 6]!;
    const twos4 = (ones & words[at + 6]!) | (half & words[at + 7]!);
    ones = half ^ words[at + 7]!;
    half = twos ^ twos3;
    const fours2 = (twos & twos3) | (half & twos4);
    twos = half ^ twos4;
    half = fours ^ fours1;
    eights += bitsOfWord((fours & fours1) | (half & fours2));
    fours = half ^ fours2;
  }
  let count = eights * 8 + bitsOfWord(fours) * 4 + bitsOfWord(twos) * 2 + bitsOfWord(ones);
  for (let at = whole; at < words.length; at++) count += bitsOfWord(words[at]!);
  return count;
}

function bitsOfWord(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The place of the first bit of bytes[start..end) that is `bit`, counted from `start`; -1 when there is none. */
export function findBit(bytes: Uint8Array, start: number, end: number, bit: 0 | 1): number {
  const skipped = bit === 1 ? 0 : 0xff;
  let at = start;
  if (end - start >= WORDS_FROM_BYTES) {
    while (((bytes.byteOffset + at) & 7) !== 0 && bytes[at] === skipped) at++;
    if (((bytes.byteOffset + at) & 7) === 0) at += bit === 1 ? zeroBytes(bytes, at, end) : onesBytes(bytes, at, end);
  }
  while (at < end && bytes[at] === skipped) at++;
  if (at === end) return -1;
  const byte = bit === 1 ? bytes[at]! : ~bytes[at]! & 0xff;
  return (at - start) * 8 + Math.clz32(byte) - 24;
}

/** How many of the bytes from an aligned place on are zero before some other comes: or up to 63 less than that. */
function zeroBytes(bytes: Uint8Array, at: number, end: number): number {
  const offset = bytes.byteOffset + at;
  return hasWideWords()
    ? wideZeros(new BigInt64Array(bytes.buffer, offset, (end - at) >>> 3)) * 8
    : narrowZeros(new Int32Array(bytes.buffer, offset, (end - at) >>> 2)) * 4;
}

/** The same of bytes that are all ones. */
function onesBytes(bytes: Uint8Array, at: number, end: number): number {
  const offset = bytes.byteOffset + at;
  return hasWideWords()
    ? wideOnes(new BigInt64Array(bytes.buffer, offset, (end - at) >>> 3)) * 8
    : narrowOnes(new Int32Array(bytes.buffer, offset, (end - at) >>> 2)) * 4;
}

/**
 * How many words are zero before some other comes: or some less than that, so that eight are looked at in one. 1 MiB
 * takes 30 us, by eight narrow words 75 (bits.bench.ts). Four at a time are no slower, but so little code that Maglev
 * puts it into its callers, where it makes objects of all words: 600 us until they have run some thousand times.
 */
function wideZeros(words: BigInt64Array): number {
  let at = 0;
  for (; at + 8 <= words.length; at += 8) {
    const first = BigInt.asIntN(64, words[at]! | words[at + 1]! | words[at + 2]! | words[at + 3]!);
    const all = first | words[at + 4]! | words[at + 5]! | words[at + 6]! | words[at + 7]!;
    if (BigInt.asIntN(64, all) !== 0n) break;
  }
  return at;
}

/** The same of words that are all ones. */
function wideOnes(words: BigInt64Array): number {
  let at = 0;
  for (; at + 8 <= words.length; at += 8) {
    const first = BigInt.asIntN(64, words[at]! & words[at + 1]! & words[at + 2]! & words[at + 3]!);
    const all = first & words[at + 4]! & words[at + 5]! & words[at + 6]! & words[at + 7]!;
    if (BigInt.asIntN(64, all) !== -1n) break;
  }
  return at;
}

function narrowZeros(words: Int32Array): number {
  let at = 0;
  for (; at + 8 <= words.length; at += 8) {
    const first = words[at]! | words[at + 1]! | words[at + 2]! | words[at + 3]!;
    if ((first | words[at + 4]! | words[at + 5]! | words[at + 6]! | words[at + 7]!) !== 0) break;
  }
  return at;
}

function narrowOnes(words: Int32Array): number {
  let at = 0;
  for (; at + 8 <= words.length; at += 8) {
    const first = words[at]! & words[at + 1]! & words[at + 2]! & words[at + 3]!;
    if ((first & words[at + 4]! & words[at + 5]! & words[at + 6]! & words[at + 7]!) !== -1) break;
  }
  return at;
}

/** How many of the bits [first, last] of the bytes from `start` on are set. */
export function countBitRange(bytes: Uint8Array, start: number, first: number, last: number): number {
  const firstByte = Math.floor(first / 8);
  const lastByte = Math.floor(last / 8);
  let count = countBits(bytes, start + firstByte, start + lastByte + 1);
  count -= BITS_OF_BYTE[bytes[start + firstByte]! & ~(0xff >>> (first % 8)) & 0xff]!;
  count -= BITS_OF_BYTE[bytes[start + lastByte]! & (0xff >>> ((last % 8) + 1))]!;
  return count;
}

/** The place of the first of the bits [first, last] of the bytes from `start` on that is `bit`; -1 when there is none. */
export function findBitInRange(bytes: Uint8Array, start: number, first: number, last: number, bit: 0 | 1): number {
  let at = first;
  for (; at <= last && at % 8 !== 0; at++) if (bitAt(bytes, start, at) === bit) return at;
  if (at > last) return -1;
  const wholeEnd = Math.floor((last + 1) / 8);
  const found = findBit(bytes, start + at / 8, start + wholeEnd, bit);
  if (found >= 0) return at + found;
  for (at = wholeEnd * 8; at <= last; at++) if (bitAt(bytes, start, at) === bit) return at;
  return -1;
}

function bitAt(bytes: Uint8Array, start: number, place: number): number {
  return (bytes[start + Math.floor(place / 8)]! >>> (7 - (place % 8))) & 1;
}
