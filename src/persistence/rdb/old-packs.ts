// The packs of older releases, read entry by entry: ziplists (Redis 2.0 to 6.2) and zipmaps (2.0 to 2.4). Of unknown
// origin: all that they say is checked, as deeply as it can be.
//
//   ziplist   [bytes: 4][offset of the last entry: 4][entries: 2] entry … ff          all little endian
//   entry     [bytes of the entry before: 1, or fe and 4][encoding and length][content]
//
//     00xxxxxx                     string of up to 63 bytes
//     01xxxxxx xxxxxxxx            string, 14 bits, big endian
//     10000000 4 bytes             string, 32 bits, big endian
//     c0 2, d0 4, e0 8, f0 3, fe 1 a signed integer of so many bytes
//     f1 … fd                      0 … 12
//
//   zipmap    [fields, fe: unknown] field value … ff
//   field     [length: 1, or fe and 4] bytes
//   value     [length: 1, or fe and 4][bytes unused behind it: 1] bytes, unused bytes

import { Int64 } from '../../lib/int64.ts';
import { INT64_DIGITS_MAX } from '../../lib/integers.ts';

const ZIPLIST_HEADER_BYTES = 10;
const COUNT_UNKNOWN = 65535;
const LONG_PREVIOUS = 0xfe;
const END = 0xff;

const INT_16 = 0xc0;
const INT_32 = 0xd0;
const INT_64 = 0xe0;
const INT_24 = 0xf0;
const INT_8 = 0xfe;
const SMALL_FIRST = 0xf1;
const SMALL_LAST = 0xfd;

const ZIPMAP_COUNT_UNKNOWN = 0xfe;

/** Is given the entries one by one: text[start..end), valid during the call. */
export type EntryTaker = (text: Uint8Array, start: number, end: number) => void;

/** Reads such packs; `read…` return false when one is damaged, which may be noticed only after some entries were given. */
export class OldPacks {
  private readonly integer = new Int64();
  private readonly digits = new Uint8Array(INT64_DIGITS_MAX + 1);
  private bytes: Uint8Array = this.digits;
  private limit = 0;
  /** What `decode` found: the content, and where the entry ends; -1 when it leads out of the pack. */
  private contentStart = 0;
  private contentEnd = 0;
  private isInteger = false;

  readZiplist(bytes: Uint8Array, start: number, end: number, take: EntryTaker): boolean {
    const length = end - start;
    if (length < ZIPLIST_HEADER_BYTES + 1 || word(bytes, start) !== length || bytes[end - 1] !== END) return false;
    const tail = word(bytes, start + 4);
    const count = bytes[start + 8]! | (bytes[start + 9]! << 8);
    this.bytes = bytes;
    this.limit = end - 1;
    let at = start + ZIPLIST_HEADER_BYTES;
    let last = at;
    let before = 0;
    let entries = 0;
    while (at < this.limit) {
      if (bytes[at] === END || !this.decode(at, before)) return false;
      if (this.isInteger) take(this.digits, 0, this.integer.write(this.digits, 0));
      else take(bytes, this.contentStart, this.contentEnd);
      entries++;
      last = at;
      before = this.contentEnd - at;
      at = this.contentEnd;
    }
    if (at !== this.limit || tail < 0 || tail > length - 1) return false;
    if (entries > 0 && start + tail !== last) return false;
    return count === COUNT_UNKNOWN || count === entries;
  }

  /** Decodes the entry at `at`, which follows one of `before` bytes; false when it is damaged. */
  private decode(at: number, before: number): boolean {
    const { bytes, limit } = this;
    let next = at + 1;
    let previous = bytes[at]!;
    if (previous === LONG_PREVIOUS) {
      if (at + 5 > limit) return false;
      previous = word(bytes, at + 1);
      next = at + 5;
    }
    if (previous !== before || next >= limit) return false;
    const encoding = bytes[next]!;
    this.isInteger = encoding >= INT_16;
    let length = encoding & 0x3f;
    let head = 1;
    if (this.isInteger) {
      head = 1;
      length = integerBytes(encoding);
      if (length < 0) return false;
    } else if (encoding >= 0x80) {
      // Only the first byte's upper bits count, as in Redis.
      if (next + 5 > limit) return false;
      head = 5;
      length = (bytes[next + 1]! << 24) | (bytes[next + 2]! << 16) | (bytes[next + 3]! << 8) | bytes[next + 4]!;
    } else if (encoding >= 0x40) {
      if (next + 2 > limit) return false;
      head = 2;
      length = ((encoding & 0x3f) << 8) | bytes[next + 1]!;
    }
    this.contentStart = next + head;
    if (length < 0 || length > limit - this.contentStart) return false;
    this.contentEnd = this.contentStart + length;
    if (this.isInteger) this.readInteger(encoding, this.contentStart);
    return true;
  }

  private readInteger(encoding: number, at: number): void {
    const { bytes, integer } = this;
    let low: number;
    if (encoding === INT_8) low = (bytes[at]! << 24) >> 24;
    else if (encoding === INT_16) low = ((bytes[at]! | (bytes[at + 1]! << 8)) << 16) >> 16;
    else if (encoding === INT_24) low = ((bytes[at]! << 8) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 24)) >> 8;
    else if (encoding === INT_32 || encoding === INT_64) low = word(bytes, at);
    else low = (encoding & 0x0f) - 1;
    integer.low = low;
    integer.high = encoding === INT_64 ? word(bytes, at + 4) : low >> 31;
  }

  readZipmap(bytes: Uint8Array, start: number, end: number, take: EntryTaker): boolean {
    if (end - start < 2 || bytes[end - 1] !== END) return false;
    this.bytes = bytes;
    this.limit = end - 1;
    let fields = 0;
    for (let at = start + 1; at < this.limit; fields++) {
      if (!this.decodeZipmap(at, 0)) return false;
      take(bytes, this.contentStart, this.contentEnd);
      if (!this.decodeZipmap(this.contentEnd, 1)) return false;
      take(bytes, this.contentStart, this.contentEnd);
      at = this.contentEnd + bytes[this.contentStart - 1]!;
      if (at > this.limit) return false;
    }
    return fields > 0 && (bytes[start] === ZIPMAP_COUNT_UNKNOWN || bytes[start] === fields);
  }

  /** Decodes a length at `at` and what it counts, behind `skipped` bytes. */
  private decodeZipmap(at: number, skipped: number): boolean {
    const { bytes, limit } = this;
    if (at >= limit || bytes[at] === END) return false;
    const isLong = bytes[at] === LONG_PREVIOUS;
    if (at + (isLong ? 5 : 1) + skipped > limit) return false;
    const length = isLong ? word(bytes, at + 1) : bytes[at]!;
    this.contentStart = at + (isLong ? 5 : 1) + skipped;
    if (length < 0 || length > limit - this.contentStart) return false;
    this.contentEnd = this.contentStart + length;
    return true;
  }
}

function integerBytes(encoding: number): number {
  if (encoding === INT_16) return 2;
  if (encoding === INT_32) return 4;
  if (encoding === INT_64) return 8;
  if (encoding === INT_24) return 3;
  if (encoding === INT_8) return 1;
  return encoding >= SMALL_FIRST && encoding <= SMALL_LAST ? 0 : -1;
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
