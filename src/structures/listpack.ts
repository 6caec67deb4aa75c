// The listpack: a sequence of short byte strings and integers in one range of bytes, in the very format of Redis, so
// that DUMP, RDB and AOF take it as it is. Small lists, hashes, sets, sorted sets and the nodes of large lists are
// listpacks. A pack is named by the array that holds it and the offset of its first byte.
//
//   pack    [total bytes: 4, little endian | entries: 2 | entry … entry | 0xff]
//   entry   [encoding and content | backlen]
//
//   0xxxxxxx                       0..127
//   10xxxxxx bytes                 a string of up to 63 bytes
//   110xxxxx xxxxxxxx              13 bits, signed
//   1110xxxx xxxxxxxx bytes        a string of up to 4095 bytes
//   0xf0 4 bytes, bytes            a longer string
//   0xf1 2, 0xf2 3, 0xf3 4, 0xf4 8 a signed integer of so many bytes, little endian
//   backlen                        bytes of encoding and content, 1 to 5 groups of 7 bits, the last group first in
//                                  reading direction: read from its end towards the front, bit 7 says "there is more"
//
// What is canonical decimal text of 64 bits is kept as an integer. An edit belongs to the owner of the bytes: make a gap
// or close one, `write` into it, then `setHeader`.
//
// Invariants (`validate`): (1) total is the pack's length, its last byte the only end mark; (2) every entry's content
// lies within the pack and is followed by its backlen; (3) the entries are as many as the header says, or 65535 or more.

import { copyBytes, equalBytes } from '../lib/bytes.ts';
import { Int64 } from '../lib/int64.ts';
import { parseInteger } from '../lib/integers.ts';

/** Bytes before the first entry. */
export const PACK_HEADER_BYTES = 6;
/** Bytes of a pack without entries. */
export const PACK_EMPTY_BYTES = 7;
/** Bytes that an entry takes beside its text at most. */
export const PACK_ENTRY_OVERHEAD_MAX = 10;

/** The header's count when there are as many entries or more: then they are counted by walking. */
const COUNT_UNKNOWN = 65535;
const END = 0xff;

const STRING_6 = 0x80;
const INTEGER_13 = 0xc0;
const STRING_12 = 0xe0;
const STRING_32 = 0xf0;
const INTEGER_16 = 0xf1;
const INTEGER_24 = 0xf2;
const INTEGER_64 = 0xf4;

/** The longest text of an integer: the sign and nineteen digits. */
const INTEGER_TEXT_MAX = 20;

const MINUS = 45;

/** Reads and writes packs; the fields are what `read` found. One per owner, for its scratch. */
export class Listpack {
  /** The entry's text: bytes[start..end), the pack's own bytes or digits written here; valid until the next `read`. */
  bytes: Uint8Array;
  start = 0;
  end = 0;
  isInteger = false;
  /** The value of an integer entry; NaN beyond ±(2^53-1). */
  integer = 0;
  /** Its 64 bits. */
  low = 0;
  high = 0;
  private readonly digits = new Uint8Array(24);
  /** The digits: where the text of an integer is, for who copies by a view. */
  readonly digitsView = new DataView(this.digits.buffer);
  private readonly wide = new Int64();
  private readonly needle = new Int64();

  constructor() {
    this.bytes = this.digits;
  }

  /** Makes an empty pack of PACK_EMPTY_BYTES. */
  writeEmpty(bytes: Uint8Array, pack: number): void {
    this.setHeader(bytes, pack, PACK_EMPTY_BYTES, 0);
    bytes[pack + PACK_HEADER_BYTES] = END;
  }

  /** Writes the header and the end mark. */
  setHeader(bytes: Uint8Array, pack: number, total: number, count: number): void {
    bytes[pack] = total;
    bytes[pack + 1] = total >>> 8;
    bytes[pack + 2] = total >>> 16;
    bytes[pack + 3] = total >>> 24;
    const shown = Math.min(count, COUNT_UNKNOWN);
    bytes[pack + 4] = shown;
    bytes[pack + 5] = shown >>> 8;
    bytes[pack + total - 1] = END;
  }

  /** Bytes of the whole pack. */
  total(bytes: Uint8Array, pack: number): number {
    return bytes[pack]! | (bytes[pack + 1]! << 8) | (bytes[pack + 2]! << 16) | (bytes[pack + 3]! << 24);
  }

  /** Entries. Walks where the header does not know. */
  count(bytes: Uint8Array, pack: number): number {
    const known = bytes[pack + 4]! | (bytes[pack + 5]! << 8);
    if (known !== COUNT_UNKNOWN) return known;
    let count = 0;
    for (let at = pack + PACK_HEADER_BYTES; bytes[at] !== END; at = this.next(bytes, at)) count++;
    return count;
  }

  /** Offset of the first entry; of the end mark in an empty pack. */
  first(_bytes: Uint8Array, pack: number): number {
    return pack + PACK_HEADER_BYTES;
  }

  /** Offset of the last entry, -1 in an empty pack. */
  last(bytes: Uint8Array, pack: number): number {
    return this.previous(bytes, pack, pack + this.total(bytes, pack) - 1);
  }

  isEnd(bytes: Uint8Array, at: number): boolean {
    return bytes[at] === END;
  }

  /** Offset of the entry after the one at `at`, or of the end mark. */
  next(bytes: Uint8Array, at: number): number {
    const first = bytes[at]!;
    // Short strings and 7-bit integers: content of up to 64 bytes, so a backlen of one.
    if (first < INTEGER_13) return at + (first < STRING_6 ? 2 : (first & 63) + 2);
    const content = contentBytes(bytes, at);
    return at + content + backlenBytes(content);
  }

  /** Offset of the entry before `at` (which may be the end mark), -1 before the first. */
  previous(bytes: Uint8Array, pack: number, at: number): number {
    if (at === pack + PACK_HEADER_BYTES) return -1;
    const last = bytes[at - 1]!;
    if (last < 128) return at - 1 - last;
    let content = last & 127;
    let shift = 7;
    let from = at - 2;
    for (; shift < 28 && bytes[from]! >= 128; from--) {
      content |= (bytes[from]! & 127) << shift;
      shift += 7;
    }
    content |= bytes[from]! << shift;
    return from - content;
  }

  /** Offset of entry `index` (negative: from the end, -1 the last), -1 when there is none. */
  seek(bytes: Uint8Array, pack: number, index: number): number {
    const known = bytes[pack + 4]! | (bytes[pack + 5]! << 8);
    let forward = index >= 0;
    let steps = forward ? index : -1 - index;
    if (known !== COUNT_UNKNOWN) {
      if (steps >= known) return -1;
      if (steps > known >>> 1) {
        forward = !forward;
        steps = known - 1 - steps;
      }
    }
    if (forward) {
      let at = pack + PACK_HEADER_BYTES;
      for (; steps > 0 && bytes[at] !== END; steps--) at = this.next(bytes, at);
      return bytes[at] === END ? -1 : at;
    }
    let at = this.last(bytes, pack);
    for (; steps > 0 && at >= 0; steps--) at = this.previous(bytes, pack, at);
    return at;
  }

  /** Bytes of the entry at `at`. */
  sizeAt(bytes: Uint8Array, at: number): number {
    return this.next(bytes, at) - at;
  }

  /** Reads the entry at `at` into the fields. */
  read(bytes: Uint8Array, at: number): void {
    const first = bytes[at]!;
    if (first >= STRING_6 && first < INTEGER_13) {
      this.isInteger = false;
      this.bytes = bytes;
      this.start = at + 1;
      this.end = at + 1 + (first & 63);
    } else if (first >= STRING_12 && first <= STRING_32) {
      this.isInteger = false;
      this.bytes = bytes;
      const start = at + (first === STRING_32 ? 5 : 2);
      this.start = start;
      this.end = at + contentBytes(bytes, at);
    } else this.readInteger(bytes, at);
  }

  /** Whether the entry's text is needle[start..end). */
  equals(bytes: Uint8Array, at: number, needle: Uint8Array, start: number, end: number): boolean {
    const first = bytes[at]!;
    if (first >= STRING_6 && first < INTEGER_13) {
      return (first & 63) === end - start && equalBytes(bytes, at + 1, at + 1 + end - start, needle, start, end);
    }
    this.read(bytes, at);
    return equalBytes(this.bytes, this.start, this.end, needle, start, end);
  }

  /**
   * Offset of the first entry from `at` on that equals needle[start..end), looking at the one at `at` and then at every
   * `step`-th; -1 when there is none.
   */
  find(
    bytes: Uint8Array,
    pack: number,
    at: number,
    needle: Uint8Array,
    start: number,
    end: number,
    step: number,
  ): number {
    const length = end - start;
    const isInteger = couldBeInteger(needle, start, end) && this.needle.parse(needle, start, end);
    const last = pack + this.total(bytes, pack) - 1;
    // An empty string's last byte is that of its head.
    const lastByte = length > 0 ? needle[end - 1]! : STRING_6;
    let entry = at;
    while (entry < last) {
      const first = bytes[entry]!;
      if (first >= STRING_6 && first < INTEGER_13) {
        const size = first & 63;
        // Names differ at their ends more often than at their starts.
        if (
          size === length &&
          bytes[entry + length] === lastByte &&
          equalBytes(bytes, entry + 1, entry + 1 + length, needle, start, end)
        )
          return entry;
        entry += size + 2;
      } else {
        if (first >= STRING_12 && first <= STRING_32) {
          const content = contentBytes(bytes, entry);
          const from = entry + (first === STRING_32 ? 5 : 2);
          if (entry + content - from === length && equalBytes(bytes, from, entry + content, needle, start, end))
            return entry;
        } else if (isInteger) {
          this.readBits(bytes, entry);
          if (this.low === this.needle.low && this.high === this.needle.high) return entry;
        }
        entry = this.next(bytes, entry);
      }
      for (let skipped = step; skipped > 1 && entry < last; skipped--) entry = this.next(bytes, entry);
    }
    return -1;
  }

  /** How many entries equal needle[start..end). */
  countEqual(bytes: Uint8Array, pack: number, needle: Uint8Array, start: number, end: number): number {
    let count = 0;
    let at = this.find(bytes, pack, pack + PACK_HEADER_BYTES, needle, start, end, 1);
    for (; at >= 0; at = this.find(bytes, pack, this.next(bytes, at), needle, start, end, 1)) count++;
    return count;
  }

  /**
   * Takes entries that equal needle[start..end) out of a pack, in place: `max` at most, the first `skip` of them left
   * alone. The pack is then shorter (`total`), its header right; returns how many went.
   */
  removeEqual(
    bytes: Uint8Array,
    pack: number,
    needle: Uint8Array,
    start: number,
    end: number,
    skip: number,
    max: number,
  ): number {
    const count = this.count(bytes, pack);
    const last = pack + this.total(bytes, pack) - 1;
    let removed = 0;
    let skipped = 0;
    // What is kept lies before `to`; what was not looked at yet begins at `from`.
    let to = pack + PACK_HEADER_BYTES;
    let from = to;
    let at = this.find(bytes, pack, from, needle, start, end, 1);
    while (at >= 0 && removed < max) {
      const next = this.next(bytes, at);
      if (skipped < skip) skipped++;
      else {
        if (removed > 0) copyBytes(bytes, from, at, bytes, to);
        to += at - from;
        from = next;
        removed++;
      }
      at = this.find(bytes, pack, next, needle, start, end, 1);
    }
    if (removed === 0) return 0;
    copyBytes(bytes, from, last, bytes, to);
    this.setHeader(bytes, pack, to + last - from + 1 - pack, count - removed);
    return removed;
  }

  /** Bytes that an entry of text[start..end) takes. */
  entryBytes(text: Uint8Array, start: number, end: number): number {
    if (couldBeInteger(text, start, end)) {
      const small = parseInteger(text, start, end);
      if (!Number.isNaN(small)) return this.integerEntryBytes(small);
      if (end - start >= 16 && this.wide.parse(text, start, end)) return 10;
    }
    const length = end - start;
    const content = length < 64 ? length + 1 : length < 4096 ? length + 2 : length + 5;
    return content + backlenBytes(content);
  }

  /** Bytes that an entry of a safe integer takes. */
  integerEntryBytes(n: number): number {
    if (n >= 0 && n <= 127) return 2;
    if (n >= -4096 && n <= 4095) return 3;
    if (n >= -32768 && n <= 32767) return 4;
    if (n >= -8388608 && n <= 8388607) return 5;
    return n >= -2147483648 && n <= 2147483647 ? 6 : 10;
  }

  /** Writes an entry of `entryBytes` bytes; returns the offset after it. The text must not lie in the place written. */
  write(bytes: Uint8Array, at: number, text: Uint8Array, start: number, end: number): number {
    if (couldBeInteger(text, start, end)) {
      const small = parseInteger(text, start, end);
      if (!Number.isNaN(small)) return this.writeInteger(bytes, at, small);
      if (end - start >= 16 && this.wide.parse(text, start, end)) return this.writeWide(bytes, at);
    }
    const length = end - start;
    let to = at;
    if (length < 64) {
      bytes[to] = STRING_6 | length;
      to++;
    } else if (length < 4096) {
      bytes[to] = STRING_12 | (length >>> 8);
      bytes[to + 1] = length;
      to += 2;
    } else {
      bytes[to] = STRING_32;
      bytes[to + 1] = length;
      bytes[to + 2] = length >>> 8;
      bytes[to + 3] = length >>> 16;
      bytes[to + 4] = length >>> 24;
      to += 5;
    }
    // A loop up to 64 bytes: what `set` costs for itself is more (lib/bytes.ts).
    if (length <= 64) for (let from = start; from < end; from++) bytes[to++] = text[from]!;
    else {
      bytes.set(text.subarray(start, end), to);
      to += length;
    }
    return writeBacklen(bytes, to, to - at);
  }

  /** Writes an entry of a safe integer (`integerEntryBytes`); returns the offset after it. */
  writeInteger(bytes: Uint8Array, at: number, n: number): number {
    if (n >= 0 && n <= 127) {
      bytes[at] = n;
      bytes[at + 1] = 1;
      return at + 2;
    }
    if (n >= -4096 && n <= 4095) {
      bytes[at] = INTEGER_13 | ((n >> 8) & 31);
      bytes[at + 1] = n;
      bytes[at + 2] = 2;
      return at + 3;
    }
    if (n < -2147483648 || n > 2147483647) {
      this.wide.set(n);
      return this.writeWide(bytes, at);
    }
    const width = n >= -32768 && n <= 32767 ? 2 : n >= -8388608 && n <= 8388607 ? 3 : 4;
    bytes[at] = INTEGER_16 + width - 2;
    let rest = n;
    for (let index = 1; index <= width; index++) {
      bytes[at + index] = rest;
      rest >>= 8;
    }
    bytes[at + width + 1] = width + 1;
    return at + width + 2;
  }

  /** Walks a pack of unknown origin, which should fill bytes[pack..pack+length): whether (1) to (3) hold. */
  validate(bytes: Uint8Array, pack: number, length: number): boolean {
    if (!this.isFramed(bytes, pack, length)) return false;
    const end = pack + length - 1;
    let count = 0;
    for (let at = pack + PACK_HEADER_BYTES; at < end; count++) {
      at = this.validEnd(bytes, at, end);
      if (at < 0) return false;
    }
    return this.isCount(bytes, pack, count);
  }

  /** Whether header and end of a pack of unknown origin say that it fills bytes[pack..pack+length). */
  isFramed(bytes: Uint8Array, pack: number, length: number): boolean {
    return length >= PACK_EMPTY_BYTES && this.total(bytes, pack) === length && bytes[pack + length - 1] === END;
  }

  /** Whether a pack's header has this count of entries, or does not know it. */
  isCount(bytes: Uint8Array, pack: number, count: number): boolean {
    const known = bytes[pack + 4]! | (bytes[pack + 5]! << 8);
    return known === COUNT_UNKNOWN || known === count;
  }

  /** Offset after an entry of unknown origin, which ends at `end` at the latest; -1 when it is none. */
  validEnd(bytes: Uint8Array, at: number, end: number): number {
    const first = bytes[at]!;
    if (first < INTEGER_13) {
      // Short strings and 7-bit integers: a backlen of one byte.
      const content = first < STRING_6 ? 1 : (first & 63) + 1;
      const next = at + content + 1;
      return next <= end && bytes[next - 1] === content ? next : -1;
    }
    if (first > INTEGER_64) return -1;
    // The longest head is five bytes: where it does not fit, the length in it must not be believed.
    const head = first < STRING_12 ? 1 : first < STRING_32 ? 2 : first === STRING_32 ? 5 : 1;
    if (at + head > end) return -1;
    const content = contentBytes(bytes, at);
    if (content < head || content > end - at) return -1;
    const backlen = backlenBytes(content);
    if (backlen > end - at - content) return -1;
    writeBacklen(this.digits, 0, content);
    const next = at + content + backlen;
    return equalBytes(this.digits, 0, backlen, bytes, at + content, next) ? next : -1;
  }

  private writeWide(bytes: Uint8Array, at: number): number {
    bytes[at] = INTEGER_64;
    const low = this.wide.low;
    const high = this.wide.high;
    bytes[at + 1] = low;
    bytes[at + 2] = low >>> 8;
    bytes[at + 3] = low >>> 16;
    bytes[at + 4] = low >>> 24;
    bytes[at + 5] = high;
    bytes[at + 6] = high >>> 8;
    bytes[at + 7] = high >>> 16;
    bytes[at + 8] = high >>> 24;
    bytes[at + 9] = 9;
    return at + 10;
  }

  private readInteger(bytes: Uint8Array, at: number): void {
    this.readBits(bytes, at);
    const wide = this.wide;
    wide.low = this.low;
    wide.high = this.high;
    this.isInteger = true;
    this.integer = this.high === this.low >> 31 ? this.low : wide.toNumber();
    this.bytes = this.digits;
    this.start = 0;
    this.end = wide.write(this.digits, 0);
  }

  /** The 64 bits of an integer entry, in `low` and `high`: cheaper than `read`, which writes its text as well. */
  readBits(bytes: Uint8Array, at: number): void {
    const first = bytes[at]!;
    let low = first;
    if (first >= INTEGER_13) {
      if (first < STRING_12) low = (((first & 31) << 27) >> 19) | bytes[at + 1]!;
      else if (first === INTEGER_16) low = bytes[at + 1]! | ((bytes[at + 2]! << 24) >> 16);
      else if (first === INTEGER_24) low = bytes[at + 1]! | (bytes[at + 2]! << 8) | ((bytes[at + 3]! << 24) >> 8);
      else low = bytes[at + 1]! | (bytes[at + 2]! << 8) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 24);
    }
    this.low = low;
    if (first !== INTEGER_64) this.high = low >> 31;
    else this.high = bytes[at + 5]! | (bytes[at + 6]! << 8) | (bytes[at + 7]! << 16) | (bytes[at + 8]! << 24);
  }
}

/** A first look: digits or a sign and digits, short enough. What passes is parsed. */
function couldBeInteger(text: Uint8Array, start: number, end: number): boolean {
  if (start === end || end - start > INTEGER_TEXT_MAX) return false;
  const first = text[start]!;
  const last = text[end - 1]!;
  return (first === MINUS || (first >= 48 && first <= 57)) && last >= 48 && last <= 57;
}

/** Bytes of an entry without its backlen. Negative or wrong for hostile bytes, never out of what an int32 holds. */
function contentBytes(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < STRING_6) return 1;
  if (first < INTEGER_13) return (first & 63) + 1;
  if (first < STRING_12) return 2;
  if (first < STRING_32) return (((first & 15) << 8) | bytes[at + 1]!) + 2;
  if (first === STRING_32) {
    return ((bytes[at + 1]! | (bytes[at + 2]! << 8) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 24)) + 5) | 0;
  }
  return first === INTEGER_64 ? 9 : first - INTEGER_16 + 3;
}

/** Bytes of the backlen of so much content; the limits are Redis's, which leave the last value of each width unused. */
function backlenBytes(content: number): number {
  if (content <= 127) return 1;
  if (content < 16383) return 2;
  if (content < 2097151) return 3;
  return content < 268435455 ? 4 : 5;
}

function writeBacklen(bytes: Uint8Array, at: number, content: number): number {
  if (content <= 127) {
    bytes[at] = content;
    return at + 1;
  }
  const width = backlenBytes(content);
  let rest = content;
  for (let index = width - 1; index > 0; index--) {
    bytes[at + index] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[at] = rest;
  return at + width;
}
