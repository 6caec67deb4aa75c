// What SHA-1 and SHA-256 share: the message in blocks of 64 bytes, big-endian words, padded with a one bit, zeros and
// the length in bits.

import { toLatin1 } from './bytes.ts';

/** Gives the blocks of bytes[start..end), padding and all. */
export class BlockReader {
  private readonly bytes: Uint8Array;
  private at: number;
  private readonly end: number;
  /** The padding that ends the message: one or two blocks, with the bytes that fill no block of their own. */
  private readonly tail: Uint8Array;
  private tailAt: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    const length = end - start;
    const rest = length % 64;
    this.bytes = bytes;
    this.at = start;
    this.end = end - rest;
    this.tail = new Uint8Array(rest < 56 ? 64 : 128);
    this.tailAt = 0;
    this.tail.set(bytes.subarray(this.end, end));
    this.tail[rest] = 0x80;
    let bits = length * 8;
    for (let i = this.tail.length - 1; bits > 0; i--) {
      this.tail[i] = bits % 256;
      bits = Math.floor(bits / 256);
    }
  }

  /** Puts the next block into words[0..16); false when there is none. */
  next(words: Int32Array): boolean {
    if (this.at < this.end) {
      readWords(this.bytes, this.at, words);
      this.at += 64;
      return true;
    }
    if (this.tailAt === this.tail.length) return false;
    readWords(this.tail, this.tailAt, words);
    this.tailAt += 64;
    return true;
  }
}

function readWords(bytes: Uint8Array, at: number, words: Int32Array): void {
  let from = at;
  for (let i = 0; i < 16; i++) {
    words[i] = (bytes[from]! << 24) | (bytes[from + 1]! << 16) | (bytes[from + 2]! << 8) | bytes[from + 3]!;
    from += 4;
  }
}

/**
 * The words of a digest as lower-case hexadecimal digits. Digit by digit: `toString(16)` takes longer for some numbers than
 * for others (engines keep the text of numbers that they met), which would tell digests apart by the time they take.
 */
export function hexOfWords(words: Int32Array): string {
  const digits = new Uint8Array(words.length * 8);
  for (let index = 0; index < digits.length; index++) {
    const value = (words[index >>> 3]! >>> (28 - 4 * (index & 7))) & 15;
    // Without a branch: from 10 on the letters, 39 behind the digit that would be there.
    digits[index] = 48 + value + (((9 - value) >> 31) & 39);
  }
  return toLatin1(digits, 0, digits.length);
}
