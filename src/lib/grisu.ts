// The decimal digits of a double as Redis since 7.2 finds them: Grisu2 (F. Loitsch, "Printing Floating-Point Numbers
// Quickly and Accurately with Integers", PLDI 2010). The digits read back as the same double; they are the shortest
// such in all but 0.05 to 2 % of cases, where JavaScript's String(x) has one digit less: 4328.1500000000005 for
// 4328.150000000001. Clients compare texts, so we print what Redis prints.
//
// The idea: scale the double and its two neighbours' midpoints by a cached power of ten, in 64-bit arithmetic, to where
// the integer part has at most 32 bits; then give digits of the upper bound until what is left lies within the interval,
// and step the last digit towards the double itself. The interval is one unit narrower on each side than the truth,
// which pays for the rounding; that is why it is not always the shortest.
//
// A 64-bit value is two doubles, (high, low), each below 2^36 and whole: exact, and without BigInt. 160 to 290 ns,
// and at most one boxed number (decimal.bench.ts).

import { bitLength, divideRounded } from './rounding.ts';
import { multiplyHigh } from './words.ts';

const TWO_32 = 0x1_0000_0000;
const TWO_52 = 2 ** 52;

/** Powers of ten are cached for every eighth exponent, from 10^-348 to 10^340. */
const POWER_FIRST = -348;
const POWER_STEP = 8;
const POWER_COUNT = 87;

/** The scaled value's binary exponent lies here, so that its integer part fits 32 bits. */
const SCALED_EXPONENT_MIN = -60;
const SCALED_EXPONENT_MAX = -32;

/** The longest digit string: 17 digits tell any double from its neighbours. One is to spare. */
const DIGITS_MAX = 18;

/** A finder of digits; the result of the last find() lies in its fields. */
export class ShortestDigits {
  /** ASCII digits, the first not zero. */
  readonly digits: Uint8Array;
  count: number;
  /** The power of ten of the last digit. */
  power: number;

  private readonly powerHighs: Int32Array;
  private readonly powerLows: Int32Array;
  private readonly powerExponents: Int32Array;
  private readonly parts: Uint32Array;
  private readonly value: Float64Array;
  // Pairs live in fields: passed as arguments they would be boxed, 16 bytes each.
  /** The last product; then what is left of the upper bound below the digits given. */
  private high: number;
  private low: number;
  /** The width of the interval. */
  private widthHigh: number;
  private widthLow: number;
  /** How far the double itself lies below the upper bound. */
  private farHigh: number;
  private farLow: number;

  constructor() {
    this.digits = new Uint8Array(DIGITS_MAX);
    this.count = 0;
    this.power = 0;
    this.powerHighs = new Int32Array(POWER_COUNT);
    this.powerLows = new Int32Array(POWER_COUNT);
    this.powerExponents = new Int32Array(POWER_COUNT);
    this.parts = new Uint32Array(2);
    this.value = new Float64Array(this.parts.buffer);
    this.high = 0.5;
    this.low = 0.5;
    this.widthHigh = 0.5;
    this.widthLow = 0.5;
    this.farHigh = 0.5;
    this.farLow = 0.5;
  }

  /** 10^(POWER_FIRST + 8i) as a 64-bit mantissa with its top bit set, rounded to nearest, and its binary exponent. */
  private cachePower(i: number): void {
    const power = POWER_FIRST + i * POWER_STEP;
    const ten = 10n ** BigInt(Math.abs(power));
    const bits = bitLength(ten);
    let exponent: number;
    let mantissa: bigint;
    if (power >= 0) {
      exponent = bits - 64;
      mantissa = exponent >= 0 ? divideRounded(ten, 1n << BigInt(exponent)) : ten << BigInt(-exponent);
    } else {
      exponent = -(bits + 63);
      mantissa = divideRounded(1n << BigInt(-exponent), ten);
    }
    this.powerHighs[i] = Number(mantissa >> 32n);
    this.powerLows[i] = Number(mantissa & 0xffff_ffffn);
    this.powerExponents[i] = exponent;
  }

  /** Finds the digits of a finite double above zero. */
  find(x: number): void {
    this.value[0] = x;
    const bits = this.parts[1]!;
    const biased = bits >>> 20;
    let fraction = (bits & 0xfffff) * TWO_32 + this.parts[0]!;
    let exponent = -1074;
    if (biased !== 0) {
      exponent = biased - 1075;
      fraction += TWO_52;
    }
    const isPowerOfTwo = fraction === TWO_52;
    // The mantissa with its top bit at 63; `half` is half the distance to the next double on that scale.
    let shift = 11;
    while (fraction < TWO_52) {
      fraction *= 2;
      shift++;
    }
    exponent -= shift;
    const high = Math.floor(fraction / 0x20_0000);
    const low = (fraction - high * 0x20_0000) * 0x800;
    const half = 2 ** (shift - 1);
    const index = this.powerIndex(exponent);
    this.power = -(POWER_FIRST + index * POWER_STEP);
    this.scale(high, low + half, index);
    const upperHigh = this.high;
    const upperLow = this.low - 1;
    // Below a power of two the doubles lie twice as close.
    this.scale(high, low - (isPowerOfTwo ? half / 2 : half), index);
    this.setWidth(upperHigh - this.high, upperLow - this.low - 1);
    this.scale(high, low, index);
    this.setFar(upperHigh - this.high, upperLow - this.low);
    this.high = upperHigh;
    this.low = upperLow;
    if (upperLow < 0) {
      this.high = upperHigh - 1;
      this.low = TWO_32 - 1;
    }
    this.giveDigits(exponent + this.powerExponents[index]! + 64);
  }

  private setWidth(high: number, low: number): void {
    const borrow = Math.floor(low * (1 / TWO_32));
    this.widthHigh = high + borrow;
    this.widthLow = low - borrow * TWO_32;
  }

  private setFar(high: number, low: number): void {
    const borrow = Math.floor(low * (1 / TWO_32));
    this.farHigh = high + borrow;
    this.farLow = low - borrow * TWO_32;
  }

  /** Which cached power brings a mantissa of this exponent into range. Where two do, this is the one that Redis takes. */
  private powerIndex(exponent: number): number {
    const estimate = Math.trunc(-(exponent + POWER_COUNT) * 0.30102999566398114);
    let index = Math.trunc((estimate - POWER_FIRST) / POWER_STEP);
    for (;;) {
      // Their top bit is set: zero is one that no call has needed yet. All of them take 0.3 ms, which a start can do without.
      if (this.powerHighs[index] === 0) this.cachePower(index);
      const scaled = exponent + this.powerExponents[index]! + 64;
      if (scaled < SCALED_EXPONENT_MIN) index++;
      else if (scaled > SCALED_EXPONENT_MAX) index--;
      else return index;
    }
  }

  /** A 64-bit value times a cached power: the upper 64 bits of the product, rounded. `low` may be any whole number. */
  private scale(high: number, low: number, index: number): void {
    const carry = Math.floor(low * (1 / TWO_32));
    const aHigh = (high + carry) | 0;
    const aLow = (low - carry * TWO_32) | 0;
    const bHigh = this.powerHighs[index]!;
    const bLow = this.powerLows[index]!;
    const middle =
      (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bHigh) >>> 0) + (multiplyHigh(aLow, bLow) >>> 0) + 0x8000_0000;
    const lower =
      (Math.imul(aHigh, bHigh) >>> 0) +
      (multiplyHigh(aHigh, bLow) >>> 0) +
      (multiplyHigh(aLow, bHigh) >>> 0) +
      Math.floor(middle * (1 / TWO_32));
    const upper = Math.floor(lower * (1 / TWO_32));
    this.high = (multiplyHigh(aHigh, bHigh) >>> 0) + upper;
    this.low = lower - upper * TWO_32;
  }

  /** Digits of the upper bound, in (high, low), until what is left is within the interval's width. */
  private giveDigits(scaledExponent: number): void {
    this.count = 0;
    // The integer part is what stands above bit -scaledExponent, which lies in the high half.
    const unit = 2 ** (-scaledExponent - 32);
    const perUnit = 1 / unit;
    const whole = Math.floor(this.high * perUnit);
    if (this.giveWholeDigits(whole, this.high - whole * unit, unit)) return;
    let high = this.high - whole * unit;
    let low = this.low;
    let kappa = 0;
    // Normal doubles have a width below 2^12, so sixteen products by ten stay exact; those of denormals need the carry.
    const isWide = this.widthHigh * TWO_32 + this.widthLow >= 0x1000;
    let scale = 1;
    for (;;) {
      const carry = Math.floor(low * (10 / TWO_32));
      high = high * 10 + carry;
      low = low * 10 - carry * TWO_32;
      const digit = Math.floor(high * perUnit);
      high -= digit * unit;
      this.addDigit(digit);
      kappa--;
      if (isWide) this.widenTenfold();
      else scale *= 10;
      if (difference(high, low, this.widthHigh * scale, this.widthLow * scale) < 0) break;
    }
    this.power += kappa;
    this.high = high;
    this.low = low;
    this.widthHigh *= scale;
    this.widthLow *= scale;
    this.farHigh *= scale;
    this.farLow *= scale;
    this.stepDown(unit);
  }

  /** Multiplies the width and the distance by ten, carrying from the low halves to the high ones. */
  private widenTenfold(): void {
    const widthCarry = Math.floor((this.widthLow * 10) / TWO_32);
    this.widthHigh = this.widthHigh * 10 + widthCarry;
    this.widthLow = this.widthLow * 10 - widthCarry * TWO_32;
    const farCarry = Math.floor((this.farLow * 10) / TWO_32);
    this.farHigh = this.farHigh * 10 + farCarry;
    this.farLow = this.farLow * 10 - farCarry * TWO_32;
  }

  /** The digits of the integer part; true when they suffice. */
  private giveWholeDigits(integer: number, fractionHigh: number, unit: number): boolean {
    let whole = integer >>> 0;
    let ten = 1_000_000_000;
    for (let kappa = 9; kappa >= 0; kappa--) {
      const digit = (whole / ten) >>> 0;
      this.addDigit(digit);
      whole -= digit * ten;
      const left = whole * unit + fractionHigh;
      if (difference(left, this.low, this.widthHigh, this.widthLow) <= 0) {
        this.power += kappa;
        this.high = left;
        this.stepDown(ten * unit);
        return true;
      }
      ten /= 10;
    }
    return false;
  }

  private addDigit(digit: number): void {
    if (digit === 0 && this.count === 0) return;
    this.digits[this.count] = 48 + digit;
    this.count++;
  }

  /** Lowers the last digit while that comes nearer to the double and stays within the interval; `step` is its weight. */
  private stepDown(step: number): void {
    const { low, farHigh, farLow, widthHigh, widthLow } = this;
    let high = this.high;
    while (
      difference(high, low, farHigh, farLow) < 0 &&
      difference(high + step, low, widthHigh, widthLow) <= 0 &&
      (difference(high + step, low, farHigh, farLow) < 0 ||
        difference(2 * farHigh, 2 * farLow, 2 * high + step, 2 * low) > 0)
    ) {
      this.digits[this.count - 1] = this.digits[this.count - 1]! - 1;
      high += step;
    }
  }
}

/** A number of the sign of (aHigh, aLow) - (bHigh, bLow). Rounding never changes the sign of a sum. */
function difference(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  return (aHigh - bHigh) * TWO_32 + (aLow - bLow);
}
