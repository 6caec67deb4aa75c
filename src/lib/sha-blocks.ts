// What SHA-1 and SHA-256 share: the message in blocks of 64 bytes, big-endian words, padded with a one bit, zeros and
// the length in bits.

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

/** The words of a digest as lower-case hexadecimal digits. */
export function hexOfWords(words: Int32Array): string {
  let hex = '';
  for (const word of words) hex += (word >>> 0).toString(16).padStart(8, '0');
  return hex;
}
