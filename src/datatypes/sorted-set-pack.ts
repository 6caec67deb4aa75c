// Packs of sorted sets: listpacks of members and scores in turn, ordered by (score, member). Scores that are integers are
// integer entries, -0 as 0; others are their shortest text, as Redis 7.2 and later write them. So what stands in a pack is
// what a reply says: packs that come from elsewhere (RESTORE, older files) must be written anew, `SortedSets.check` asks.

import { compareBytes } from '../lib/bytes.ts';
import { DOUBLE_BYTES_MAX, parseDouble, writeDouble } from '../lib/decimal.ts';
import type { Listpack } from '../structures/listpack.ts';

/** Reads and writes such packs. */
export class SortedSetPacks {
  private readonly listpack: Listpack;
  /** The text of a score that is no integer entry. */
  private readonly text = new Uint8Array(DOUBLE_BYTES_MAX);

  constructor(listpack: Listpack) {
    this.listpack = listpack;
  }

  /** Members of a pack. */
  count(bytes: Uint8Array, pack: number): number {
    return this.listpack.count(bytes, pack) >>> 1;
  }

  /** Offset of the entry of a member, -1 when there is none; its score is behind it. */
  find(bytes: Uint8Array, pack: number, member: Uint8Array, start: number, end: number): number {
    return this.listpack.find(bytes, pack, this.listpack.first(bytes, pack), member, start, end, 2);
  }

  /** The score whose entry is at `at`. */
  scoreAt(bytes: Uint8Array, at: number): number {
    // An integer of 7 bits is its own entry.
    if (bytes[at]! < 128) return bytes[at]!;
    const { listpack } = this;
    if (isInteger(bytes[at]!)) {
      listpack.readBits(bytes, at);
      const { low, high } = listpack;
      return high === low >> 31 ? low : high * 2 ** 32 + (low >>> 0);
    }
    listpack.read(bytes, at);
    return parseDouble(listpack.bytes, listpack.start, listpack.end);
  }

  /** Whether the score whose entry is at `at` is below (negative), equal to or above (positive) another. */
  compareScore(bytes: Uint8Array, at: number, score: number): number {
    if (!isInteger(bytes[at]!)) {
      // Fractions need not be read to the last digit to tell which is greater.
      const { listpack } = this;
      listpack.read(bytes, at);
      const difference = roughly(listpack.bytes, listpack.start, listpack.end) - score;
      const tolerance = Math.abs(score) * ROUGH_ERROR;
      if (difference > tolerance) return 1;
      if (difference < -tolerance) return -1;
    }
    const exact = this.scoreAt(bytes, at);
    return exact < score ? -1 : exact > score ? 1 : 0;
  }

  /** Bytes that the entry of a score takes. */
  scoreBytes(score: number): number {
    // Larger whole numbers are given as text, of which the pack makes an integer.
    if (Number.isSafeInteger(score)) return this.listpack.integerEntryBytes(score);
    return this.listpack.entryBytes(this.text, 0, writeDouble(score, this.text, 0));
  }

  /** Writes a score's entry; returns the offset after it. */
  writeScore(bytes: Uint8Array, at: number, score: number): number {
    if (Number.isSafeInteger(score)) return this.listpack.writeInteger(bytes, at, score);
    return this.listpack.write(bytes, at, this.text, 0, writeDouble(score, this.text, 0));
  }

  /** Whether the entry at `at` is just what `writeScore` writes. */
  isCanonical(bytes: Uint8Array, at: number): boolean {
    const length = writeDouble(this.scoreAt(bytes, at), this.text, 0);
    return this.listpack.equals(bytes, at, this.text, 0, length);
  }

  /** Offset at which (score, member) belongs: that of the first pair behind it, or of the end mark. */
  placeOf(bytes: Uint8Array, pack: number, score: number, member: Uint8Array, start: number, end: number): number {
    const { listpack } = this;
    // Scores often ascend: the end is looked at first.
    const stop = pack + listpack.total(bytes, pack) - 1;
    const last = listpack.previous(bytes, pack, stop);
    if (last < 0) return stop;
    const lastMember = listpack.previous(bytes, pack, last);
    if (this.order(bytes, lastMember, last, score, member, start, end) < 0) return stop;
    for (let at = listpack.first(bytes, pack); ; ) {
      const scoreAt = listpack.next(bytes, at);
      if (this.order(bytes, at, scoreAt, score, member, start, end) > 0) return at;
      at = listpack.next(bytes, scoreAt);
    }
  }

  /** Whether the pair at `at` keeps its place with another score. */
  staysAt(bytes: Uint8Array, pack: number, at: number, score: number, member: Uint8Array, start: number, end: number) {
    const { listpack } = this;
    const previous = listpack.previous(bytes, pack, at);
    if (previous >= 0) {
      const previousMember = listpack.previous(bytes, pack, previous);
      if (this.order(bytes, previousMember, previous, score, member, start, end) > 0) return false;
    }
    const next = listpack.next(bytes, listpack.next(bytes, at));
    if (listpack.isEnd(bytes, next)) return true;
    return this.order(bytes, next, listpack.next(bytes, next), score, member, start, end) > 0;
  }

  /** Whether the pair at (at, scoreAt) comes before (negative) or after (positive) another of another member. */
  private order(
    bytes: Uint8Array,
    at: number,
    scoreAt: number,
    score: number,
    member: Uint8Array,
    start: number,
    end: number,
  ): number {
    const order = this.compareScore(bytes, scoreAt, score);
    if (order !== 0) return order;
    return this.compareMember(bytes, at, member, start, end);
  }

  /** Orders the member whose entry is at `at` against another. */
  compareMember(bytes: Uint8Array, at: number, member: Uint8Array, start: number, end: number): number {
    const { listpack } = this;
    listpack.read(bytes, at);
    return compareBytes(listpack.bytes, listpack.start, listpack.end, member, start, end);
  }
}

/** Whether an entry that begins with this byte is an integer. */
function isInteger(first: number): boolean {
  return first < 0x80 || (first >= 0xc0 && first < 0xe0) || first > 0xf0;
}

/** Nine digits, which fit an int32, are right to a part in 10^8; the rest of this is reserve. */
const ROUGH_ERROR = 1e-7;
const ROUGH_DIGITS = 9;
const POWERS: readonly number[] = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));

/** A plain decimal by its first digits; NaN for what is written otherwise. */
function roughly(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === 45;
  let value = 0;
  let digits = 0;
  let point = -1;
  let at = negative ? start + 1 : start;
  for (; at < end && digits < ROUGH_DIGITS; at++) {
    const digit = bytes[at]! - 48;
    if (digit >= 0 && digit <= 9) {
      value = (value * 10 + digit) | 0;
      if (value > 0) digits++;
    } else if (digit === -2 && point < 0) point = at;
    else return Number.NaN;
  }
  const scale = point < 0 ? 0 : at - point - 1;
  if (scale > 22) return Number.NaN;
  // What is left must be decimals: an exponent or more whole digits would change the size.
  for (; at < end; at++) if (point < 0 || bytes[at]! < 48 || bytes[at]! > 57) return Number.NaN;
  const magnitude = value / POWERS[scale]!;
  return negative ? -magnitude : magnitude;
}
