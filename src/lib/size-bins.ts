// Bins of sizes by powers of two: bin 0 holds nothing but 0, bin i the sizes from 2^(i-1) to 2^i - 1.

/** Bins for all sizes below 2^36: there are no more elements of a byte or two in 32 GiB. */
export const SIZE_BINS = 37;

export function binOfSize(size: number): number {
  return size < 4294967296 ? 32 - Math.clz32(size) : 64 - Math.clz32(size / 4294967296);
}

/** The bin of the length of a 32-bit integer's decimal text. */
export function binOfInt32(value: number): number {
  if (value >= 0) return value < 1000 ? (value < 10 ? 1 : 2) : value < 10000000 ? 3 : 4;
  return value > -1000000 ? (value > -100 ? 2 : 3) : 4;
}

/**
 * The bin of the length of an integer's decimal text, for what fits 64 bits. A number beyond ±2^53 may be rounded, or NaN:
 * its text has 16 to 20 characters in any case.
 */
export function binOfDecimal(value: number): number {
  if (value >= 0) return value < 10 ? 1 : value < 1000 ? 2 : value < 1e7 ? 3 : value < 1e15 ? 4 : 5;
  return value > -100 ? 2 : value > -1e6 ? 3 : value > -1e14 ? 4 : 5;
}

/** A bin by the least size in it: "0", "512", "1K", "16M". */
export function nameOfBin(bin: number): string {
  if (bin === 0) return '0';
  const power = bin - 1;
  return `${2 ** (power % 10)}${'KMG'.charAt(Math.floor(power / 10) - 1)}`;
}
