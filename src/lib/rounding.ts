// Exact rounding of integers of any size, for conversions that must be right to the last bit. BigInt; not for hot paths.

/** How many bits a positive integer has; 0 for 0. */
export function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const hex = value.toString(16);
  return hex.length * 4 - Math.clz32(Number.parseInt(hex[0]!, 16)) + 28;
}

/** value * 2^shift as an integer, rounded to nearest, ties to even; value is not negative. */
export function shiftRounded(value: bigint, shift: number): bigint {
  if (shift >= 0) return value << BigInt(shift);
  return divideRounded(value, 1n << BigInt(-shift));
}

/** numerator / denominator as an integer, rounded to nearest, ties to even; neither is negative. */
export function divideRounded(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = (numerator - quotient * denominator) * 2n;
  if (twice < denominator || (twice === denominator && (quotient & 1n) === 0n)) return quotient;
  return quotient + 1n;
}
