// xoshiro128** (D. Blackman, S. Vigna): a fast generator whose whole state is four integers, so that a test repeats a
// run from the seed that it printed. Not for secrets: those come from world/.

/** A seeded stream of random integers. Two of one seed give the same numbers for ever. */
export class Prng {
  /** The whole state, four int32; it may be copied out and back. Never all zero. */
  readonly state: Int32Array;

  /** A seed is any number, or two of 32 bits each ([high, low]). */
  constructor(seed: number | readonly [number, number]) {
    this.state = new Int32Array(4);
    if (typeof seed === 'number') this.seed(Math.floor(seed / 0x1_0000_0000) | 0, seed | 0);
    else this.seed(seed[0], seed[1]);
  }

  /** Starts again from a 64-bit seed in two halves; neighbouring seeds give unrelated streams. */
  seed(high: number, low: number): void {
    let mixed = mix32(high | 0);
    mixed = (mixed ^ low) | 0;
    for (let i = 0; i < 4; i++) {
      mixed = (mixed + 0x9e3779b9) | 0;
      this.state[i] = mix32(mixed ^ (i === 0 ? 0 : this.state[i - 1]!));
    }
    if ((this.state[0]! | this.state[1]! | this.state[2]! | this.state[3]!) === 0) this.state[0] = 1;
  }

  /** 32 random bits, as a signed integer. */
  next32(): number {
    const state = this.state;
    const s1 = state[1]!;
    const product = Math.imul(s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const s2 = state[2]! ^ state[0]!;
    const s3 = state[3]! ^ s1;
    state[1] = s1 ^ s2;
    state[0] = state[0]! ^ s3;
    state[2] = s2 ^ (s1 << 9);
    state[3] = (s3 << 11) | (s3 >>> 21);
    return result;
  }

  /** An integer of 0..n-1, each as likely as the others; n is an integer of 1..2^53-1. */
  below(n: number): number {
    if (n <= 0x7fffffff) {
      const bound = n | 0;
      for (;;) {
        // 31 bits keep it in int32. What lies above the last whole multiple of n is drawn again.
        const bits = this.next32() >>> 1;
        const result = bits % bound;
        if (((bits - result + (bound - 1)) | 0) >= 0) return result;
      }
    }
    const whole = Number.MAX_SAFE_INTEGER - (Number.MAX_SAFE_INTEGER % n);
    for (;;) {
      const bits = this.next53();
      if (bits < whole) return bits % n;
    }
  }

  /** A number of [0, 1) with 53 random bits. */
  fraction(): number {
    return this.next53() / 0x20_0000_0000_0000;
  }

  private next53(): number {
    const high = this.next32() >>> 11;
    return high * 0x1_0000_0000 + (this.next32() >>> 0);
  }
}

/** The finaliser of MurmurHash3: every bit of the input changes half of the output's. */
function mix32(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
