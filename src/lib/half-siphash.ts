// HalfSipHash-1-3 with 64 bits of output (J.-P. Aumasson, D. J. Bernstein): the keyed hash of every table. Without the
// key nobody can choose keys that collide. SipHash proper works on 64-bit words, which JavaScript lacks: 44 ns for 16
// bytes against 25 here, where the C reference takes 16 (`lib/half-siphash.bench.ts`, AMD EPYC, 2.6 GHz). The round is
// written out each time: a function of four values would have to return an object.
//
//     state   v0..v3, four int32; each 4 bytes of input: v3 ^= m, one round, v0 ^= m
//     last    the remaining 0 to 3 bytes, the length's low byte on top
//     output  low  = v1 ^ v3 after v2 ^= 0xee and three rounds
//             high = v1 ^ v3 after v1 ^= 0xdd and three more

/** Hashes with one key. The result is left in two fields, so that no object is made per hash. */
export class KeyHasher {
  /** Bits 32 to 63 of the last hash, as a signed integer. */
  high: number;
  /** Bits 0 to 31 of the last hash, as a signed integer. */
  low: number;

  private readonly start0: number;
  private readonly start1: number;
  private readonly start2: number;
  private readonly start3: number;

  /** The 64-bit key in two halves; only their low 32 bits count. */
  constructor(seedLow: number, seedHigh: number) {
    this.high = 0;
    this.low = 0;
    this.start0 = seedLow | 0;
    this.start1 = seedHigh ^ 0xee;
    this.start2 = 0x6c796765 ^ seedLow;
    this.start3 = 0x74656462 ^ seedHigh;
  }

  /** Hashes bytes[start..end) into `high` and `low`. */
  hash(bytes: Uint8Array, start: number, end: number): void {
    let v0 = this.start0;
    let v1 = this.start1;
    let v2 = this.start2;
    let v3 = this.start3;
    const length = end - start;
    const wordsEnd = end - (length & 3);
    let at = start;
    for (; at < wordsEnd; at += 4) {
      const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
    }
    let last = length << 24;
    const rest = length & 3;
    if (rest !== 0) {
      last |= bytes[at]!;
      if (rest > 1) last |= bytes[at + 1]! << 8;
      if (rest > 2) last |= bytes[at + 2]! << 16;
    }
    v3 ^= last;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= last;
    v2 ^= 0xee;
    for (let round = 0; round < 3; round++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    this.low = v1 ^ v3;
    v1 ^= 0xdd;
    for (let round = 0; round < 3; round++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    this.high = v1 ^ v3;
  }
}
