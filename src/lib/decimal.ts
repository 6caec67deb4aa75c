// Doubles to and from text as Redis reads and prints them. Reading follows C's strtod in the C locale, as Redis 7.4 uses
// it for scores, increments and timeouts: a sign, decimal or hexadecimal digits, an exponent, or "inf" / "infinity"; no
// spaces, no NaN, nothing that overflows, nothing but zero that becomes zero. Long doubles are in long-double.ts.

import { toLatin1, writeLatin1 } from './bytes.ts';
import { ShortestDigits } from './grisu.ts';
import { writeInt64, writeInteger } from './integers.ts';
import { bitLength, divideRounded, shiftRounded } from './rounding.ts';

const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;

/** Powers of ten that a double holds exactly: a quotient or product of two exact doubles is rounded once, so right. */
const EXACT_POWERS: readonly number[] = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));

/** Digits that always stay below 2^53. */
const EXACT_DIGITS_MAX = 15;

/** Digits whose lower part is exact as well. */
const LONG_DIGITS_MAX = 19;
/** Splits an exact integer so that both parts times 10^4 are exact. */
const HALF_WORD = 2 ** 26;
/** What the lack of a quotient may be wrong by, some 2^-50 of it, with a reserve. */
const LACK_ERROR = 2 ** -40;

/**
 * Significant digits that can decide how a decimal is rounded to a double: 768, or to a long double of 64 bits: 11,515.
 * Further digits only matter by not all being zero. Long text is cut here, so that a hostile number costs one pass.
 */
const DIGITS_MAX = 11_520;

/** Beyond this an exponent decides alone: no mantissa within a request brings it back. */
const EXPONENT_MAX = 4_000_000_000;

/** The double written in bytes[start..end), or NaN when Redis would answer "not a valid float". */
export function parseDouble(bytes: Uint8Array, start: number, end: number): number {
  // Plain decimals of up to 15 digits, as scores are, without making a string: 12 ns (decimal.bench.ts).
  let at = start;
  const negative = at < end && bytes[at] === MINUS;
  if (negative) at++;
  const length = end - at;
  if (length <= 0) return Number.NaN;
  if (length > EXACT_DIGITS_MAX + 1) {
    const magnitude = parseLongDecimal(bytes, at, end);
    if (Number.isNaN(magnitude)) return parseDoubleSlowly(bytes, start, end);
    return negative ? -magnitude : magnitude;
  }
  let value = 0;
  let point = -1;
  for (let i = at; i < end; i++) {
    const byte = bytes[i]!;
    if (byte >= ZERO && byte <= ZERO + 9) value = value * 10 + (byte - ZERO);
    else if (byte === POINT && point < 0) point = i;
    else return parseDoubleSlowly(bytes, start, end);
  }
  const digits = point < 0 ? length : length - 1;
  if (digits === 0 || digits > EXACT_DIGITS_MAX) return parseDoubleSlowly(bytes, start, end);
  if (point >= 0) value /= EXACT_POWERS[end - point - 1]!;
  return negative ? -value : value;
}

/**
 * A plain decimal of up to 19 significant digits, as fractional scores are, without making a string: 79 ns against 230
 * (decimal.bench.ts). NaN where it is something else, or so close to the middle between two doubles that only exact
 * arithmetic can tell which is nearer.
 *
 * The digits are two exact doubles; their quotient by a power of ten is a double and what it lacks, computed with
 * Dekker's exact product (T. J. Dekker, "A floating-point technique for extending the available precision", 1971).
 */
function parseLongDecimal(bytes: Uint8Array, start: number, end: number): number {
  let high = 0;
  let low = 0;
  let digits = 0;
  let point = -1;
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - ZERO;
    if (digit >= 0 && digit <= 9) {
      if (digits < EXACT_DIGITS_MAX) high = high * 10 + digit;
      else low = low * 10 + digit;
      if (digits > 0 || digit > 0) digits++;
    } else if (bytes[i] === POINT && point < 0) point = i;
    else return Number.NaN;
  }
  const scale = point < 0 ? 0 : end - point - 1;
  if (digits > LONG_DIGITS_MAX || scale > 22) return Number.NaN;
  const power = EXACT_POWERS[scale]!;
  if (digits <= EXACT_DIGITS_MAX) return high / power;
  // All digits: sum + rest, exactly.
  const shift = EXACT_POWERS[digits - EXACT_DIGITS_MAX]!;
  const upper = Math.floor(high / HALF_WORD);
  const product = upper * shift * HALF_WORD;
  const addend = (high - upper * HALF_WORD) * shift + low;
  const sum = product + addend;
  const rest = addend - (sum - product);
  if (scale === 0) return sum;
  // quotient * power, exactly, as two doubles; so what the quotient lacks.
  const quotient = sum / power;
  const quotientHigh = upperHalf(quotient);
  const quotientLow = quotient - quotientHigh;
  const powerHigh = upperHalf(power);
  const powerLow = power - powerHigh;
  const back = quotient * power;
  const error =
    quotientHigh * powerHigh - back + quotientHigh * powerLow + quotientLow * powerHigh + quotientLow * powerLow;
  const lack = (sum - back - error + rest) / power;
  const least = quotient + lack * (1 - LACK_ERROR);
  return least === quotient + lack * (1 + LACK_ERROR) ? least : Number.NaN;
}

/** The upper 26 bits of a double's mantissa. */
function upperHalf(x: number): number {
  const scaled = x * 134217729;
  return scaled - (scaled - x);
}

function parseDoubleSlowly(bytes: Uint8Array, start: number, end: number): number {
  const number = scanNumber(bytes, start, end);
  if (number === null) return Number.NaN;
  let magnitude: number;
  if (number.kind === 'infinity') magnitude = Number.POSITIVE_INFINITY;
  else if (number.kind === 'decimal') magnitude = Number(`${number.digits}e${number.exponent}`);
  else magnitude = hexToDouble(BigInt(`0x${number.digits}`), number.exponent);
  const lostAll = magnitude === 0 && number.digits !== '0';
  const overflowed = magnitude === Number.POSITIVE_INFINITY && number.kind !== 'infinity';
  if (lostAll || overflowed) return Number.NaN;
  return number.negative ? -magnitude : magnitude;
}

/** A number as it is written: digits * 10^exponent, or for hexadecimal ones digits * 2^exponent. */
export interface WrittenNumber {
  negative: boolean;
  kind: 'decimal' | 'hex' | 'infinity';
  /** Without leading zeros; '0' for zero; '' for infinity. */
  digits: string;
  exponent: number;
}

/** Reads strtod's syntax; null when the bytes are not all of a number, or are "nan". */
export function scanNumber(bytes: Uint8Array, start: number, end: number): WrittenNumber | null {
  let at = start;
  const negative = bytes[at] === MINUS;
  if (at < end && (negative || bytes[at] === PLUS)) at++;
  if (at >= end) return null;
  if (end - at <= 8) {
    const word = toLatin1(bytes, at, end).toLowerCase();
    if (word === 'inf' || word === 'infinity') return { negative, kind: 'infinity', digits: '', exponent: 0 };
  }
  const isHex = end - at > 2 && bytes[at] === ZERO && (bytes[at + 1]! | 32) === 120;
  return scanDigits(bytes, isHex ? at + 2 : at, end, negative, isHex);
}

function scanDigits(
  bytes: Uint8Array,
  start: number,
  end: number,
  negative: boolean,
  isHex: boolean,
): WrittenNumber | null {
  const perDigit = isHex ? 4 : 1;
  let digits = '';
  let exponent = 0;
  let seen = 0;
  let point = -1;
  let lost = false;
  let at = start;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === POINT && point < 0) {
      point = at;
      continue;
    }
    const digit = digitOf(byte);
    if (digit < 0 || digit >= (isHex ? 16 : 10)) break;
    seen++;
    if (digits.length >= DIGITS_MAX) {
      if (digit !== 0) lost = true;
      exponent += perDigit;
    } else if (digit !== 0 || digits !== '') {
      digits += String.fromCharCode(byte);
    }
    if (point >= 0) exponent -= perDigit;
  }
  if (seen === 0) return null;
  if (at < end) {
    const written = scanExponent(bytes, at, end, isHex ? 112 : 101);
    if (Number.isNaN(written)) return null;
    exponent += written;
  }
  // Whatever was cut off is more than nothing: one more digit says so.
  if (lost) {
    digits += '1';
    exponent -= perDigit;
  }
  if (digits === '') return { negative, kind: 'decimal', digits: '0', exponent: 0 };
  return { negative, kind: isHex ? 'hex' : 'decimal', digits, exponent };
}

function digitOf(byte: number): number {
  if (byte >= ZERO && byte <= ZERO + 9) return byte - ZERO;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** The exponent from its letter to the end; NaN when it is not well formed. */
function scanExponent(bytes: Uint8Array, start: number, end: number, letter: number): number {
  if ((bytes[start]! | 32) !== letter) return Number.NaN;
  let at = start + 1;
  const negative = at < end && bytes[at] === MINUS;
  if (at < end && (negative || bytes[at] === PLUS)) at++;
  if (at >= end) return Number.NaN;
  let exponent = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    exponent = Math.min(exponent * 10 + digit, EXPONENT_MAX);
  }
  return negative ? -exponent : exponent;
}

/** digits * 2^exponent rounded once to a double, ties to even. */
function hexToDouble(digits: bigint, exponent: number): number {
  const bits = bitLength(digits);
  const top = bits + exponent;
  if (top > 1024) return Number.POSITIVE_INFINITY;
  if (top < -1075) return 0;
  // A double has 53 bits, fewer when it is denormal: its last bit stands at 2^-1074 or above.
  const last = Math.max(top - 53, -1074);
  const rounded = shiftRounded(digits, exponent - last);
  // Both powers of two are normal doubles, so only the first product could round, and it is exact.
  const half = Math.trunc(last / 2);
  return Number(rounded) * 2 ** half * 2 ** (last - half);
}

/** Whole numbers up to here are printed digit by digit (Redis's double2ll: LLONG_MAX / 2). */
const WHOLE_MAX = 2 ** 62;

/** The longest text of a double: sign, 17 digits, point, "e-308". */
export const DOUBLE_BYTES_MAX = 26;

/** Finds digits for all; it keeps nothing between calls but its table. */
const shortest = new ShortestDigits();
const scratch = new Uint8Array(DOUBLE_BYTES_MAX);

/**
 * A double as Redis 7.2 and later print it in replies: few digits that read back as the same double, whole numbers in
 * full, exponents as `1e+20` and `1e-7`.
 */
export function formatDouble(x: number): string {
  return toLatin1(scratch, 0, writeDouble(x, scratch, 0));
}

/** Writes what formatDouble gives at `at`; returns the offset after it. At most DOUBLE_BYTES_MAX bytes. */
export function writeDouble(x: number, bytes: Uint8Array, at: number): number {
  if (x === 0 || !Number.isFinite(x)) return writeSpecial(x, bytes, at);
  if (Math.abs(x) <= WHOLE_MAX && Math.floor(x) === x) {
    return Number.isSafeInteger(x) ? writeInteger(x, bytes, at) : writeInt64(BigInt(x), bytes, at);
  }
  let start = at;
  if (x < 0) bytes[start++] = MINUS;
  shortest.find(Math.abs(x));
  return layOut(bytes, start);
}

function writeSpecial(x: number, bytes: Uint8Array, at: number): number {
  if (x === 0) return writeLatin1(1 / x < 0 ? '-0' : '0', bytes, at);
  return writeLatin1(Number.isNaN(x) ? 'nan' : x > 0 ? 'inf' : '-inf', bytes, at);
}

/** Places the point among the digits found, or writes the exponent, by the rules of Redis 7.2. */
function layOut(bytes: Uint8Array, start: number): number {
  const { digits, count, power } = shortest;
  // The power of ten of the first digit.
  const exponent = power + count - 1;
  if (power >= 0 && exponent < count + 7) return fill(bytes, copyDigits(bytes, start, 0, count), power);
  if (power < 0 && (power > -7 || Math.abs(exponent) < 4)) {
    if (exponent >= 0) {
      const point = copyDigits(bytes, start, 0, exponent + 1);
      bytes[point] = POINT;
      return copyDigits(bytes, point + 1, exponent + 1, count);
    }
    bytes[start] = ZERO;
    bytes[start + 1] = POINT;
    return copyDigits(bytes, fill(bytes, start + 2, -exponent - 1), 0, count);
  }
  let at = start;
  bytes[at++] = digits[0]!;
  if (count > 1) {
    bytes[at] = POINT;
    at = copyDigits(bytes, at + 1, 1, count);
  }
  bytes[at] = 101;
  bytes[at + 1] = exponent < 0 ? MINUS : PLUS;
  return writeInteger(Math.abs(exponent), bytes, at + 2);
}

function copyDigits(bytes: Uint8Array, at: number, from: number, to: number): number {
  for (let i = from; i < to; i++) bytes[at + i - from] = shortest.digits[i]!;
  return at + to - from;
}

function fill(bytes: Uint8Array, at: number, zeros: number): number {
  for (let i = 0; i < zeros; i++) bytes[at + i] = ZERO;
  return at + zeros;
}

/** A double as Redis up to 7.0 prints it, and as a client that compares text expects: C's "%.17g". */
export function formatDouble17(x: number): string {
  if (Number.isNaN(x)) return 'nan';
  if (!Number.isFinite(x)) return x > 0 ? 'inf' : '-inf';
  if (x === 0) return 1 / x < 0 ? '-0' : '0';
  const sign = x < 0 ? '-' : '';
  const [digits, exponent] = roundedDigits(Math.abs(x), 17);
  const kept = digits.replace(/0+$/, '');
  if (exponent >= -4 && exponent < 17) {
    if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${kept}`;
    const whole = digits.slice(0, exponent + 1);
    return kept.length > exponent + 1 ? `${sign}${whole}.${kept.slice(exponent + 1)}` : sign + whole;
  }
  const fraction = kept.length > 1 ? `.${kept.slice(1)}` : '';
  const power = Math.abs(exponent) < 10 ? `0${Math.abs(exponent)}` : `${Math.abs(exponent)}`;
  return `${sign}${kept[0]}${fraction}e${exponent < 0 ? '-' : '+'}${power}`;
}

/**
 * Exactly `count` significant digits of a positive double, ties to even as in C, and the power of ten of the first.
 * (toPrecision rounds ties up: it prints 1125899906842624.25 to 17 digits as …24.3, C as …24.2.)
 */
function roundedDigits(x: number, count: number): [string, number] {
  const [mantissa, binaryExponent] = exactParts(x);
  let exponent = Number(x.toExponential(count - 1).split('e')[1]);
  for (;;) {
    // x * 10^(count - 1 - exponent), as an integer.
    const power = count - 1 - exponent;
    const numerator = mantissa * 2n ** BigInt(Math.max(binaryExponent, 0)) * 10n ** BigInt(Math.max(power, 0));
    const denominator = 2n ** BigInt(Math.max(-binaryExponent, 0)) * 10n ** BigInt(Math.max(-power, 0));
    const digits = divideRounded(numerator, denominator).toString();
    if (digits.length === count) return [digits, exponent];
    // The estimate was rounded up to the next power of ten and the digits were not.
    exponent += digits.length - count;
  }
}

/** A positive double as mantissa * 2^exponent, exactly. */
function exactParts(x: number): [bigint, number] {
  let mantissa = x;
  let exponent = 0;
  while (mantissa >= 2 ** 53) {
    mantissa /= 2;
    exponent++;
  }
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent--;
  }
  return [BigInt(mantissa), exponent];
}
