// Ranges of bytes: compare, copy, and to and from text. Text that carries bytes is "latin1": one character per byte,
// U+0000 to U+00FF, so that any bytes survive the round trip. Nothing here allocates but what returns a string or an
// array, and copies longer than COPY_LOOP_BYTES_MAX.

/**
 * Up to this many bytes a plain loop copies faster than `set(subarray)`, which costs 22 ns and an object however short
 * the range is; the loop costs 0.47 ns per byte (Node 26, `lib/bytes.bench.ts`).
 */
export const COPY_LOOP_BYTES_MAX = 64;

/** Characters made by one call when bytes become text; more arguments than some 100,000 would overflow the stack. */
const TEXT_CHUNK_BYTES = 4096;

/** Whether two ranges hold the same bytes. */
export function equalBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): boolean {
  if (aEnd - aStart !== bEnd - bStart) return false;
  let j = bStart;
  for (let i = aStart; i < aEnd; i++) {
    if (a[i] !== b[j]) return false;
    j++;
  }
  return true;
}

/** Orders two ranges as unsigned bytes, a prefix first (as memcmp and then the lengths do): negative, 0 or positive. */
export function compareBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const aLength = aEnd - aStart;
  const bLength = bEnd - bStart;
  const shorter = Math.min(aLength, bLength);
  for (let i = 0; i < shorter; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

/** Copies from[start..end) to `to` at `at`; `to` must have room. Within one array the ranges may overlap. */
export function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (end - start > COPY_LOOP_BYTES_MAX) {
    copyLong(from, start, end, to, at);
    return;
  }
  const shift = at - start;
  if (from === to && shift > 0) for (let i = end - 1; i >= start; i--) to[i + shift] = from[i]!;
  else for (let i = start; i < end; i++) to[i + shift] = from[i]!;
}

/** The long half of copyBytes, apart so that the short half is inlined into its callers. */
function copyLong(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (from === to) to.copyWithin(at, start, end);
  else to.set(from.subarray(start, end), at);
}

/** The bytes as latin1 text, one character per byte. */
export function toLatin1(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  let i = start;
  if (end - start <= 64) {
    // Eight characters per call beat one `apply` over a subarray below 64 bytes: 46 against 71 ns for 16.
    for (; i + 8 <= end; i += 8) {
      text += String.fromCharCode(
        bytes[i]!,
        bytes[i + 1]!,
        bytes[i + 2]!,
        bytes[i + 3]!,
        bytes[i + 4]!,
        bytes[i + 5]!,
        bytes[i + 6]!,
        bytes[i + 7]!,
      );
    }
    for (; i < end; i++) text += String.fromCharCode(bytes[i]!);
    return text;
  }
  for (; i < end; i += TEXT_CHUNK_BYTES) {
    const chunkEnd = Math.min(i + TEXT_CHUNK_BYTES, end);
    text += charactersOf(bytes.subarray(i, chunkEnd));
  }
  return text;
}

function charactersOf(codes: Uint8Array): string {
  // `apply` takes any array-like; its type asks for number[] only.
  return String.fromCharCode.apply(null, codes as unknown as number[]);
}

/** The bytes of latin1 text. Characters above U+00FF lose their high byte: text from outside goes through utf8(). */
export function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  writeLatin1(text, bytes, 0);
  return bytes;
}

/** Writes latin1 text at `at`; returns the offset after it. The array must have room. */
export function writeLatin1(text: string, bytes: Uint8Array, at: number): number {
  const length = text.length;
  for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + length;
}

/** Whether the range is `lowerCase` (ASCII letters in lower case) in any mixture of cases. */
export function equalsIgnoreCase(bytes: Uint8Array, start: number, end: number, lowerCase: Uint8Array): boolean {
  const length = end - start;
  if (length !== lowerCase.length) return false;
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i]!;
    const lower = byte >= 65 && byte <= 90 ? byte + 32 : byte;
    if (lower !== lowerCase[i]) return false;
  }
  return true;
}

/** An ASCII letter in lower case; any other byte as it is. */
export function lowerByte(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

/** Where `wanted` first stands in the range, or -1. */
export function findByte(bytes: Uint8Array, start: number, end: number, wanted: number): number {
  for (let i = start; i < end; i++) if (bytes[i] === wanted) return i;
  return -1;
}

/** A copy of a range, which the caller owns. */
export function sliceBytes(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return bytes.slice(start, end);
}

/** Text as UTF-8; half a surrogate pair becomes U+FFFD. */
export function utf8(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text));
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!;
    if (code > 0xffff) i++;
    at = writeCodePoint(code >= 0xd800 && code <= 0xdfff ? 0xfffd : code, bytes, at);
  }
  return bytes;
}

function utf8Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!;
    if (code > 0xffff) i++;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}

function writeCodePoint(code: number, bytes: Uint8Array, at: number): number {
  if (code < 0x80) {
    bytes[at] = code;
    return at + 1;
  }
  if (code < 0x800) {
    bytes[at] = 0xc0 | (code >> 6);
    bytes[at + 1] = 0x80 | (code & 63);
    return at + 2;
  }
  if (code < 0x10000) {
    bytes[at] = 0xe0 | (code >> 12);
    bytes[at + 1] = 0x80 | ((code >> 6) & 63);
    bytes[at + 2] = 0x80 | (code & 63);
    return at + 3;
  }
  bytes[at] = 0xf0 | (code >> 18);
  bytes[at + 1] = 0x80 | ((code >> 12) & 63);
  bytes[at + 2] = 0x80 | ((code >> 6) & 63);
  bytes[at + 3] = 0x80 | (code & 63);
  return at + 4;
}

/** UTF-8 as text. What is not UTF-8 becomes U+FFFD, one for each maximal part, as the WHATWG decoder does. */
export function fromUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  let text = '';
  let i = start;
  while (i < end) {
    const first = bytes[i]!;
    i++;
    if (first < 0x80) {
      text += String.fromCharCode(first);
      continue;
    }
    // The second byte's range refuses overlong forms, surrogates and what lies beyond U+10FFFF.
    const more =
      first >= 0xc2 && first < 0xe0 ? 1 : (first & 0xf0) === 0xe0 ? 2 : first >= 0xf0 && first < 0xf5 ? 3 : 0;
    let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    let code = more === 0 ? 0xfffd : first & (0x3f >> more);
    for (let k = 0; k < more; k++) {
      const next = i < end ? bytes[i]! : 0;
      if (next < low || next > high) {
        code = 0xfffd;
        break;
      }
      code = (code << 6) | (next & 63);
      low = 0x80;
      high = 0xbf;
      i++;
    }
    text += String.fromCodePoint(code);
  }
  return text;
}
