// XXH3, 64 bits, seed 0 (Y. Collet; xxHash specification, section XXH3): the hash that DIGEST shows and SET IFDEQ
// compares. Not keyed: never for tables.
//
// Up to 240 bytes the algorithm is a few 64-bit products, done in BigInt (about 2 µs). Longer input runs through eight
// accumulators of 64 bits, kept as sixteen int32 (low, high, low, high …), at some 0.7 GB/s (xxh3.bench.ts).

import { multiplyHigh } from './words.ts';

const PRIME32_1 = 0x9e3779b1n;
const PRIME32_2 = 0x85ebca77n;
const PRIME32_3 = 0xc2b2ae3dn;
const PRIME64_1 = 0x9e3779b185ebca87n;
const PRIME64_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME64_3 = 0x165667b19e3779f9n;
const PRIME64_4 = 0x85ebca77c2b2ae63n;
const PRIME64_5 = 0x27d4eb2f165667c5n;
const PRIME_MX1 = 0x165667919e3779f9n;
const PRIME_MX2 = 0x9fb21c651e98df25n;

const SECRET_BYTES = 192;
const STRIPE_BYTES = 64;
const STRIPES_PER_BLOCK = 16;
const BLOCK_BYTES = STRIPE_BYTES * STRIPES_PER_BLOCK;

/** The secret of the specification. */
const SECRET = secretBytes(
  'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
    'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8' +
    'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb' +
    '170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
);

function secretBytes(hex: string): Uint8Array {
  const bytes = new Uint8Array(SECRET_BYTES);
  for (let i = 0; i < SECRET_BYTES; i++) bytes[i] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}

/** The secret as 32-bit words at every offset that is a multiple of 8, as the stripes read it. */
const SECRET_WORDS = new Int32Array(SECRET_BYTES / 4);
for (let i = 0; i < SECRET_WORDS.length; i++) SECRET_WORDS[i] = Number(read32(SECRET, i * 4)) | 0;

function u64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function read32(bytes: Uint8Array, at: number): bigint {
  return BigInt((bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0);
}

function read64(bytes: Uint8Array, at: number): bigint {
  return read32(bytes, at) | (read32(bytes, at + 4) << 32n);
}

/** The two 64-bit halves of a 128-bit product, one upon the other. */
function foldedProduct(a: bigint, b: bigint): bigint {
  const product = a * b;
  return u64(product) ^ (product >> 64n);
}

function avalanche(value: bigint): bigint {
  const mixed = u64((value ^ (value >> 37n)) * PRIME_MX1);
  return mixed ^ (mixed >> 32n);
}

function avalancheXxh64(value: bigint): bigint {
  let mixed = u64((value ^ (value >> 33n)) * PRIME64_2);
  mixed = u64((mixed ^ (mixed >> 29n)) * PRIME64_3);
  return mixed ^ (mixed >> 32n);
}

/** XXH3_64bits of bytes[start..end). */
export function xxh3(bytes: Uint8Array, start: number, end: number): bigint {
  const length = end - start;
  if (length === 0) return avalancheXxh64(read64(SECRET, 56) ^ read64(SECRET, 64));
  if (length <= 3) return hash1to3(bytes, start, length);
  if (length <= 8) return hash4to8(bytes, start, length);
  if (length <= 16) return hash9to16(bytes, start, length);
  if (length <= 128) return hash17to128(bytes, start, length);
  if (length <= 240) return hash129to240(bytes, start, length);
  return hashLong(bytes, start, end);
}

/** The same as sixteen lower-case hexadecimal digits. */
export function xxh3Hex(bytes: Uint8Array, start: number, end: number): string {
  return xxh3(bytes, start, end).toString(16).padStart(16, '0');
}

function hash1to3(bytes: Uint8Array, start: number, length: number): bigint {
  const last = bytes[start + length - 1]!;
  const middle = bytes[start + (length >> 1)]!;
  const combined = BigInt((last | (length << 8) | (bytes[start]! << 16) | (middle << 24)) >>> 0);
  return avalancheXxh64(read32(SECRET, 0) ^ read32(SECRET, 4) ^ combined);
}

function hash4to8(bytes: Uint8Array, start: number, length: number): bigint {
  const combined = read32(bytes, start + length - 4) | (read32(bytes, start) << 32n);
  let value = read64(SECRET, 8) ^ read64(SECRET, 16) ^ combined;
  value = value ^ rotateLeft(value, 49n) ^ rotateLeft(value, 24n);
  value = u64(value * PRIME_MX2);
  value ^= (value >> 35n) + BigInt(length);
  value = u64(value * PRIME_MX2);
  return value ^ (value >> 28n);
}

function rotateLeft(value: bigint, bits: bigint): bigint {
  return u64(value << bits) | (value >> (64n - bits));
}

function hash9to16(bytes: Uint8Array, start: number, length: number): bigint {
  const low = read64(SECRET, 24) ^ read64(SECRET, 32) ^ read64(bytes, start);
  const high = read64(SECRET, 40) ^ read64(SECRET, 48) ^ read64(bytes, start + length - 8);
  return avalanche(u64(BigInt(length) + swapBytes(low) + high + foldedProduct(low, high)));
}

function swapBytes(value: bigint): bigint {
  let swapped = 0n;
  for (let i = 0n; i < 64n; i += 8n) swapped = (swapped << 8n) | ((value >> i) & 0xffn);
  return swapped;
}

/** Mixes 16 bytes of input with 16 of the secret. */
function mix16(bytes: Uint8Array, at: number, secretAt: number): bigint {
  return foldedProduct(
    read64(bytes, at) ^ read64(SECRET, secretAt),
    read64(bytes, at + 8) ^ read64(SECRET, secretAt + 8),
  );
}

function hash17to128(bytes: Uint8Array, start: number, length: number): bigint {
  let sum = BigInt(length) * PRIME64_1;
  for (let i = (length - 1) >> 5; i >= 0; i--) {
    sum += mix16(bytes, start + i * 16, i * 32);
    sum += mix16(bytes, start + length - i * 16 - 16, i * 32 + 16);
  }
  return avalanche(u64(sum));
}

function hash129to240(bytes: Uint8Array, start: number, length: number): bigint {
  let sum = BigInt(length) * PRIME64_1;
  for (let i = 0; i < 8; i++) sum += mix16(bytes, start + i * 16, i * 16);
  sum = avalanche(u64(sum));
  const chunks = length >> 4;
  for (let i = 8; i < chunks; i++) sum += mix16(bytes, start + i * 16, (i - 8) * 16 + 3);
  sum += mix16(bytes, start + length - 16, 119);
  return avalanche(u64(sum));
}

const FIRST_SUMS: readonly bigint[] = [
  PRIME32_3,
  PRIME64_1,
  PRIME64_2,
  PRIME64_3,
  PRIME64_4,
  PRIME32_2,
  PRIME64_5,
  PRIME32_1,
];

function hashLong(bytes: Uint8Array, start: number, end: number): bigint {
  const input = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
  const sums = new Int32Array(16);
  FIRST_SUMS.forEach((sum, lane) => {
    sums[lane * 2] = Number(BigInt.asIntN(32, sum));
    sums[lane * 2 + 1] = Number(BigInt.asIntN(32, sum >> 32n));
  });
  const length = end - start;
  const blocksEnd = length - 1 - ((length - 1) % BLOCK_BYTES);
  let at = 0;
  while (at < blocksEnd) {
    for (let stripe = 0; stripe < STRIPES_PER_BLOCK; stripe++) {
      accumulate(sums, input, at, SECRET_WORDS, stripe * 2);
      at += STRIPE_BYTES;
    }
    scramble(sums);
  }
  for (let stripe = 0; at + STRIPE_BYTES < length; stripe++) {
    accumulate(sums, input, at, SECRET_WORDS, stripe * 2);
    at += STRIPE_BYTES;
  }
  accumulate(sums, input, length - STRIPE_BYTES, LAST_SECRET_WORDS, 0);
  return mergeSums(sums, length);
}

/** The secret of the last stripe, which is read at an odd offset. */
const LAST_SECRET_WORDS = new Int32Array(16);
for (let i = 0; i < 16; i++) LAST_SECRET_WORDS[i] = Number(read32(SECRET, SECRET_BYTES - 71 + i * 4)) | 0;

/** One stripe of eight lanes: each is added to its neighbour's sum, and mixed with the secret, halves multiplied, to its own. */
function accumulate(sums: Int32Array, input: DataView, at: number, secret: Int32Array, secretAt: number): void {
  for (let lane = 0; lane < 16; lane += 2) {
    const low = input.getInt32(at + lane * 4, true);
    const high = input.getInt32(at + lane * 4 + 4, true);
    addTo(sums, lane ^ 2, low, high);
    const a = low ^ secret[secretAt + lane]!;
    const b = high ^ secret[secretAt + lane + 1]!;
    addTo(sums, lane, Math.imul(a, b), multiplyHigh(a, b));
  }
}

/** sums[lane] += (high, low), with the carry between the halves. */
function addTo(sums: Int32Array, lane: number, low: number, high: number): void {
  const sum = (sums[lane]! + low) | 0;
  // Unsigned comparison by flipping the sign bits: a sum below a summand has carried.
  const carry = (sum ^ -0x8000_0000) < (low ^ -0x8000_0000) ? 1 : 0;
  sums[lane] = sum;
  sums[lane + 1] = (sums[lane + 1]! + high + carry) | 0;
}

/** After each block: xor with itself shifted by 47, xor with the secret's last 64 bytes, times PRIME32_1. */
function scramble(sums: Int32Array): void {
  const prime = Number(PRIME32_1) | 0;
  for (let lane = 0; lane < 16; lane += 2) {
    const high = sums[lane + 1]! ^ SECRET_WORDS[32 + lane + 1]!;
    const low = sums[lane]! ^ (sums[lane + 1]! >>> 15) ^ SECRET_WORDS[32 + lane]!;
    sums[lane] = Math.imul(low, prime);
    sums[lane + 1] = (multiplyHigh(low, prime) + Math.imul(high, prime)) | 0;
  }
}

function mergeSums(sums: Int32Array, length: number): bigint {
  const lane = (i: number) => (BigInt(sums[i * 2 + 1]! >>> 0) << 32n) | BigInt(sums[i * 2]! >>> 0);
  let merged = BigInt(length) * PRIME64_1;
  for (let i = 0; i < 8; i += 2) {
    merged += foldedProduct(lane(i) ^ read64(SECRET, 11 + i * 8), lane(i + 1) ^ read64(SECRET, 19 + i * 8));
  }
  return avalanche(u64(merged));
}
