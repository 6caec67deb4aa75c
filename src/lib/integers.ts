// Integers to and from decimal text, with Redis's syntax: an optional '-', no '+', no spaces, no leading zeros, no "-0".
// Numbers within ±(2^53-1) stay JavaScript numbers and cost nothing; the rest of the 64-bit range goes through BigInt,
// off the hot path.

const MINUS = 45;
const ZERO = 48;

/** The longest decimal text of a signed 64-bit integer: "-9223372036854775808". */
export const INT64_DIGITS_MAX = 20;

export const INT64_MIN = -(2n ** 63n);
export const INT64_MAX = 2n ** 63n - 1n;
export const UINT64_MAX = 2n ** 64n - 1n;

/**
 * The integer written in bytes[start..end), or NaN when it is none or lies beyond ±(2^53-1); parseInt64 tells which.
 */
export function parseInteger(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const negative = at < end && bytes[at] === MINUS;
  if (negative) at++;
  const digits = end - at;
  if (digits <= 0 || digits > 16) return Number.NaN;
  const first = bytes[at]! - ZERO;
  if (first <= 0 || first > 9) return first === 0 && digits === 1 && !negative ? 0 : Number.NaN;
  // Nine digits fit an int32, so the common case never leaves integer registers.
  let value = first;
  const smallEnd = digits <= 9 ? end : at + 9;
  for (at++; at < smallEnd; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = (value * 10 + digit) | 0;
  }
  if (smallEnd !== end) return parseLong(bytes, at, end, value, negative);
  return negative ? -value : value;
}

/** Goes on where nine digits were read. Sixteen digits are below 10^16: each sum is exact or certainly above 2^53. */
function parseLong(bytes: Uint8Array, start: number, end: number, leading: number, negative: boolean): number {
  let value = leading;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  if (value > Number.MAX_SAFE_INTEGER) return Number.NaN;
  return negative ? -value : value;
}

/** The signed 64-bit integer written in bytes[start..end), exact; null when it is none. */
export function parseInt64(bytes: Uint8Array, start: number, end: number): bigint | null {
  const negative = start < end && bytes[start] === MINUS;
  const magnitude = parseMagnitude(bytes, negative ? start + 1 : start, end);
  if (magnitude === null || (negative && magnitude === 0n)) return null;
  const value = negative ? -magnitude : magnitude;
  return value < INT64_MIN || value > INT64_MAX ? null : value;
}

/** The unsigned 64-bit integer written in bytes[start..end), exact; null when it is none. */
export function parseUint64(bytes: Uint8Array, start: number, end: number): bigint | null {
  const value = parseMagnitude(bytes, start, end);
  return value === null || value > UINT64_MAX ? null : value;
}

function parseMagnitude(bytes: Uint8Array, start: number, end: number): bigint | null {
  const digits = end - start;
  if (digits <= 0 || digits > INT64_DIGITS_MAX) return null;
  if (bytes[start] === ZERO && digits > 1) return null;
  // Two halves of at most ten digits are exact as numbers.
  let high = 0;
  let low = 0;
  const middle = digits > 10 ? end - 10 : start;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return null;
    if (at < middle) high = high * 10 + digit;
    else low = low * 10 + digit;
  }
  return high === 0 ? BigInt(low) : BigInt(high) * 10_000_000_000n + BigInt(low);
}

/** How many characters writeInteger writes. */
export function integerLength(n: number): number {
  const magnitude = n < 0 ? -n : n;
  const sign = n < 0 ? 1 : 0;
  if (magnitude < 10) return sign + 1;
  if (magnitude < 100) return sign + 2;
  if (magnitude < 1000) return sign + 3;
  let length = 4;
  let power = 10_000;
  while (magnitude >= power) {
    length++;
    power *= 10;
  }
  return sign + length;
}

/** Writes an integer within ±2^53 as decimal digits at `at`; returns the offset after them. At most 17 bytes. */
export function writeInteger(n: number, bytes: Uint8Array, at: number): number {
  if (n >= 0 && n < 100) {
    if (n < 10) {
      bytes[at] = ZERO + n;
      return at + 1;
    }
    const tens = (n / 10) | 0;
    bytes[at] = ZERO + tens;
    bytes[at + 1] = ZERO + n - tens * 10;
    return at + 2;
  }
  let start = at;
  let magnitude = n;
  if (n < 0) {
    bytes[start] = MINUS;
    start++;
    magnitude = -n;
  }
  if (magnitude < 1_000_000_000) return writeSmall(magnitude | 0, bytes, start);
  // Nine low digits at a time: division of an int32 by ten is a multiplication, of a double it is not.
  const high = Math.floor(magnitude / 1_000_000_000);
  const end = writeSmall(high | 0, bytes, start);
  writeNine((magnitude - high * 1_000_000_000) | 0, bytes, end);
  return end + 9;
}

function writeSmall(n: number, bytes: Uint8Array, at: number): number {
  let length = 1;
  if (n >= 10_000) {
    length = n >= 1_000_000 ? (n >= 10_000_000 ? (n >= 100_000_000 ? 9 : 8) : 7) : n >= 100_000 ? 6 : 5;
  } else if (n >= 10) {
    length = n >= 1000 ? 4 : n >= 100 ? 3 : 2;
  }
  const end = at + length;
  let rest = n;
  for (let i = end - 1; i >= at; i--) {
    const tens = (rest / 10) | 0;
    bytes[i] = ZERO + rest - tens * 10;
    rest = tens;
  }
  return end;
}

function writeNine(n: number, bytes: Uint8Array, at: number): void {
  let rest = n;
  for (let i = at + 8; i >= at; i--) {
    const tens = (rest / 10) | 0;
    bytes[i] = ZERO + rest - tens * 10;
    rest = tens;
  }
}

/** Writes any signed or unsigned 64-bit integer in decimal at `at`; returns the offset after it. At most 20 bytes. */
export function writeInt64(value: bigint, bytes: Uint8Array, at: number): number {
  const text = value.toString();
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}
