// Arithmetic on 64-bit integers in two 32-bit halves, for what JavaScript lacks: BigInt costs 20 ns a step and allocates.

/** Bits 32 to 63 of the product of two unsigned 32-bit integers, as a signed integer; Math.imul gives bits 0 to 31. */
export function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle1 = Math.imul(aLow, bHigh);
  const middle2 = Math.imul(aHigh, bLow);
  const carry = (Math.imul(aLow, bLow) >>> 16) + (middle1 & 0xffff) + (middle2 & 0xffff);
  return (Math.imul(aHigh, bHigh) + (middle1 >>> 16) + (middle2 >>> 16) + (carry >>> 16)) | 0;
}
