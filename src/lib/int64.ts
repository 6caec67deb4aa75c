// Signed 64-bit integers as two int32 halves, to and from decimal text without BigInt: what hot code uses beyond ±2^53,
// where ids of nineteen digits are common.

import { parseInteger, writeInteger } from './integers.ts';

const MINUS = 45;
const ZERO = 48;
const BILLION = 1_000_000_000;
const TWO_32 = 0x1_0000_0000;

/** One 64-bit integer, for use as a scratch: allocate it once, parse and write many. */
export class Int64 {
  /** The upper half, with the sign. */
  high = 0;
  /** The lower half; its bits count as unsigned. */
  low = 0;

  /** Takes a safe integer. */
  set(n: number): void {
    this.low = n | 0;
    this.high = Math.floor(n / TWO_32) | 0;
  }

  /** The value as a number; NaN beyond ±(2^53-1). */
  toNumber(): number {
    const value = this.high * TWO_32 + (this.low >>> 0);
    return Number.isSafeInteger(value) ? value : Number.NaN;
  }

  /** Reads canonical decimal text, as parseInt64 does; false, and nothing set, when it is none or needs more bits. */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start <= 16) {
      const small = parseInteger(bytes, start, end);
      if (!Number.isNaN(small)) {
        this.set(small);
        return true;
      }
    }
    const negative = start < end && bytes[start] === MINUS;
    const first = negative ? start + 1 : start;
    const digits = end - first;
    if (digits < 16 || digits > 19 || bytes[first] === ZERO) return false;
    const middle = digitsOf(bytes, end - 18, end - 9);
    const lowest = digitsOf(bytes, end - 9, end);
    const upper = digits === 19 ? digitsOf(bytes, first, first + 1) : 0;
    const rest = digits < 18 ? digitsOf(bytes, first, end - 9) : middle;
    if (upper < 0 || rest < 0 || lowest < 0) return false;
    // (upper · 10^9 + rest) is below 10^10: exact. Times 10^9 it is not, so 16 bits at a time. Quotients by floor, since
    // `%` of doubles is a call.
    const billions = upper * BILLION + rest;
    const billionsHigh = Math.floor(billions / 65536);
    const part0 = (billions - billionsHigh * 65536) * BILLION + lowest;
    const carry0 = Math.floor(part0 / 65536);
    const billionsTop = Math.floor(billionsHigh / 65536);
    const part1 = (billionsHigh - billionsTop * 65536) * BILLION + carry0;
    const carry1 = Math.floor(part1 / 65536);
    const high = billionsTop * BILLION + carry1;
    const low = (part1 - carry1 * 65536) * 65536 + (part0 - carry0 * 65536);
    if (high > 0x7fffffff && !(negative && high === 0x80000000 && low === 0)) return false;
    this.low = low | 0;
    this.high = high | 0;
    if (negative) this.negate();
    return true;
  }

  /** Writes decimal digits at `at`; returns the offset after them. At most 20 bytes. */
  write(bytes: Uint8Array, at: number): number {
    // No double is made of what fits 32 bits.
    if (this.high === this.low >> 31) return writeInteger(this.low, bytes, at);
    const small = this.toNumber();
    if (!Number.isNaN(small)) return writeInteger(small, bytes, at);
    let start = at;
    let high = this.high >>> 0;
    let low = this.low >>> 0;
    if (this.high < 0) {
      bytes[start] = MINUS;
      start++;
      low = -this.low >>> 0;
      high = (low === 0 ? -this.high : ~this.high) >>> 0;
    }
    // Long division by 10^9: once is enough, since the quotient is below 10^10.
    const whole = Math.floor(high / BILLION);
    const step1 = (high - whole * BILLION) * 65536 + (low >>> 16);
    const middle = Math.floor(step1 / BILLION);
    const step0 = (step1 - middle * BILLION) * 65536 + (low & 0xffff);
    const lowest = Math.floor(step0 / BILLION);
    const end = writeInteger(whole * TWO_32 + middle * 65536 + lowest, bytes, start);
    let remainder = (step0 - lowest * BILLION) | 0;
    for (let index = end + 8; index >= end; index--) {
      const tens = (remainder / 10) | 0;
      bytes[index] = ZERO + remainder - tens * 10;
      remainder = tens;
    }
    return end + 9;
  }

  private negate(): void {
    this.low = -this.low | 0;
    this.high = this.low === 0 ? -this.high | 0 : ~this.high;
  }
}

/** Up to nine digits as a number, -1 when something else is among them. */
function digitsOf(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
