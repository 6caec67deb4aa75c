// Long doubles as x87 and C Redis on x86-64 have them: 64 bits of mantissa, 15 of exponent, rounded to nearest, ties to
// even. INCRBYFLOAT and HINCRBYFLOAT compute in them, and what they print shows it: 3 + 1.1 is 4.1 and 1000000 + 0.1 is
// 1000000.10000000000002274. BigInt does the arithmetic, exactly and then rounded once; about 2 µs for a whole increment
// (long-double.bench.ts), which stays off the hot path.
//
//     value = ± mantissa * 2^exponent      mantissa < 2^64, exponent >= EXPONENT_MIN
//
// Invariant: a finite number other than zero has its top bit at 2^63, unless it is denormal (exponent EXPONENT_MIN).

import { scanNumber } from './decimal.ts';
import { LONG_DOUBLE_BYTES_MAX } from './limits.ts';
import { bitLength, divideRounded, shiftRounded } from './rounding.ts';

const MANTISSA_BITS = 64;

/** The last bit of the smallest denormal: 2^-16445. */
const EXPONENT_MIN = -16445;

/** The last bit of the greatest finite number, whose top bit is 2^16383. */
const EXPONENT_MAX = 16383 - 63;

/** Decimal exponents beyond which any 5,119 digits overflow or vanish; they bound the BigInts below. */
const DECIMAL_EXPONENT_MAX = 4933;
const DECIMAL_EXPONENT_MIN = -4952;

/** Digits after the point that are printed: "%.17Lf". */
const FRACTION_DIGITS = 17;

export interface LongDouble {
  readonly kind: 'finite' | 'infinite' | 'nan';
  readonly negative: boolean;
  readonly mantissa: bigint;
  readonly exponent: number;
}

const NAN: LongDouble = { kind: 'nan', negative: false, mantissa: 0n, exponent: 0 };

function infinite(negative: boolean): LongDouble {
  return { kind: 'infinite', negative, mantissa: 0n, exponent: 0 };
}

/** The long double written in bytes[start..end), or null when Redis would answer "not a valid float". */
export function parseLongDouble(bytes: Uint8Array, start: number, end: number): LongDouble | null {
  if (end - start > LONG_DOUBLE_BYTES_MAX) return null;
  const number = scanNumber(bytes, start, end);
  if (number === null) return null;
  if (number.kind === 'infinity') return infinite(number.negative);
  if (number.digits === '0') return { kind: 'finite', negative: number.negative, mantissa: 0n, exponent: 0 };
  let value: LongDouble;
  if (number.kind === 'hex') {
    const digits = BigInt(`0x${number.digits}`);
    if (Math.abs(bitLength(digits) + number.exponent) > 20_000) return null;
    value = round(number.negative, digits, number.exponent, 1n);
  } else {
    const top = number.digits.length + number.exponent;
    if (top > DECIMAL_EXPONENT_MAX || top < DECIMAL_EXPONENT_MIN) return null;
    const digits = BigInt(number.digits);
    if (number.exponent >= 0) value = round(number.negative, digits * 10n ** BigInt(number.exponent), 0, 1n);
    else value = round(number.negative, digits, 0, 10n ** BigInt(-number.exponent));
  }
  // What overflows or vanishes is refused (ERANGE).
  return value.kind === 'finite' && value.mantissa !== 0n ? value : null;
}

/** numerator * 2^exponent / denominator, rounded once. */
function round(negative: boolean, numerator: bigint, exponent: number, denominator: bigint): LongDouble {
  const last = Math.max(floorLog2(numerator, denominator) + exponent - (MANTISSA_BITS - 1), EXPONENT_MIN);
  const shift = exponent - last;
  const scaled = shift > 0 ? numerator << BigInt(shift) : numerator;
  const mantissa = divideRounded(scaled, shift < 0 ? denominator << BigInt(-shift) : denominator);
  // Rounding up to 2^64 carries into the exponent.
  const carried = mantissa >> BigInt(MANTISSA_BITS) !== 0n;
  const power = carried ? last + 1 : last;
  if (power > EXPONENT_MAX) return infinite(negative);
  if (mantissa === 0n) return { kind: 'finite', negative, mantissa, exponent: 0 };
  return { kind: 'finite', negative, mantissa: carried ? mantissa >> 1n : mantissa, exponent: power };
}

/** The power of two of the first bit of numerator / denominator. */
function floorLog2(numerator: bigint, denominator: bigint): number {
  const power = bitLength(numerator) - bitLength(denominator);
  const isBelow = power >= 0 ? numerator < denominator << BigInt(power) : numerator << BigInt(-power) < denominator;
  return isBelow ? power - 1 : power;
}

/** a + b, rounded as the processor does; infinities of two signs make NaN. */
export function addLongDouble(a: LongDouble, b: LongDouble): LongDouble {
  if (a.kind === 'nan' || b.kind === 'nan') return NAN;
  if (a.kind === 'infinite') return b.kind === 'infinite' && a.negative !== b.negative ? NAN : a;
  if (b.kind === 'infinite') return b;
  const exponent = Math.min(a.exponent, b.exponent);
  const sum = signed(a, exponent) + signed(b, exponent);
  if (sum === 0n) return { kind: 'finite', negative: a.negative && b.negative, mantissa: 0n, exponent: 0 };
  return round(sum < 0n, sum < 0n ? -sum : sum, exponent, 1n);
}

/** The greatest finite number. */
export const LONG_DOUBLE_MAX: LongDouble = {
  kind: 'finite',
  negative: false,
  mantissa: 2n ** 64n - 1n,
  exponent: EXPONENT_MAX,
};

export function negateLongDouble(x: LongDouble): LongDouble {
  return { ...x, negative: !x.negative };
}

/** Below 0, 0 or above 0 as a is less than, equal to or greater than b; neither may be NaN. */
export function compareLongDouble(a: LongDouble, b: LongDouble): number {
  if (a.kind === 'infinite' && b.kind === 'infinite' && a.negative === b.negative) return 0;
  const difference = addLongDouble(a, negateLongDouble(b));
  if (difference.kind === 'finite' && difference.mantissa === 0n) return 0;
  return difference.negative ? -1 : 1;
}

function signed(x: LongDouble, exponent: number): bigint {
  const magnitude = x.mantissa << BigInt(x.exponent - exponent);
  return x.negative ? -magnitude : magnitude;
}

/** The number in plain decimal, 17 digits after the point, trailing zeros cut ("%.17Lf"); 'inf', '-inf', 'nan'. */
export function formatLongDouble(x: LongDouble): string {
  if (x.kind === 'nan') return 'nan';
  if (x.kind === 'infinite') return x.negative ? '-inf' : 'inf';
  const digits = shiftRounded(x.mantissa * 10n ** BigInt(FRACTION_DIGITS), x.exponent)
    .toString()
    .padStart(FRACTION_DIGITS + 1, '0');
  const whole = digits.slice(0, -FRACTION_DIGITS);
  const fraction = digits.slice(-FRACTION_DIGITS).replace(/0+$/, '');
  const text = fraction === '' ? whole : `${whole}.${fraction}`;
  return x.negative && text !== '0' ? `-${text}` : text;
}
