// What SORT sorts: copies of the items, one behind the other in a buffer, and for each its place and its weight in typed
// arrays; nothing else in JavaScript for an item. Copies, since looking weights up may delete expired keys and so move
// what lies in flat memory.

import { compareBytes, copyBytes, fromUtf8 } from '../../../lib/bytes.ts';
import type { Collation } from '../../../lib/collation.ts';
import { parseDouble } from '../../../lib/decimal.ts';
import { mergeSort, type Ordering } from '../../../lib/merge-sort.ts';
import type { KeyPattern } from './key-pattern.ts';

const ITEMS_FIRST = 64;
const BYTES_FIRST = 4096;
/** Room kept for the next call. */
const ITEMS_KEPT = 4096;
const BYTES_KEPT = 1 << 18;
/** Offsets are 32-bit integers. */
const BYTES_MAX = 0x7fff_ffff;

/** Weights by which items are ordered: their own text or number, or those of the keys that a pattern names. */
const BY_NUMBER = 0;
const BY_ITEM = 1;
const BY_TEXT = 2;

const SPACE = 32;
const TAB = 9;
const CARRIAGE_RETURN = 13;

export class SortItems implements Ordering {
  count = 0;
  /** Item i is bytes[starts[i]..ends[i]). */
  bytes = new Uint8Array(BYTES_FIRST);
  starts = new Int32Array(ITEMS_FIRST);
  ends = new Int32Array(ITEMS_FIRST);
  /** Which item comes first, second, … */
  order = new Uint32Array(ITEMS_FIRST);
  private used = 0;
  private by = BY_NUMBER;
  private isDescending = false;
  private numbers = new Float64Array(0);
  /** Texts are ranges of `bytes`; without one both are -1. */
  private textStarts = new Int32Array(0);
  private textEnds = new Int32Array(0);
  /** What texts are compared by instead of their bytes, and each item's text for it. */
  private collation: Collation | null = null;
  private collated: string[] = [];

  clear(): void {
    this.count = 0;
    this.used = 0;
    if (this.bytes.length > BYTES_KEPT) this.bytes = new Uint8Array(BYTES_FIRST);
    if (this.starts.length <= ITEMS_KEPT) return;
    this.starts = new Int32Array(ITEMS_FIRST);
    this.ends = new Int32Array(ITEMS_FIRST);
    this.order = new Uint32Array(ITEMS_FIRST);
  }

  /** Adds an item behind the others; false when there is no room for it. */
  add(from: Uint8Array, start: number, end: number): boolean {
    if (!this.write(from, start, end)) return false;
    if (this.count === this.starts.length) this.grow();
    this.starts[this.count] = this.used - (end - start);
    this.ends[this.count] = this.used;
    this.order[this.count] = this.count;
    this.count++;
    return true;
  }

  /** Bytes of all items that were added. */
  size(): number {
    return this.used;
  }

  // --- weights: each is read for all items before they are sorted ---

  /** Weighs items by the numbers that they are, or that a pattern leads to, 0 without; false when one is no number. */
  weighNumbers(pattern: KeyPattern | null): boolean {
    this.by = BY_NUMBER;
    this.numbers = new Float64Array(this.count);
    for (let item = 0; item < this.count; item++) {
      const [start, end] = [this.starts[item]!, this.ends[item]!];
      let number = 0;
      if (pattern === null) number = parseWeight(this.bytes, start, end);
      else if (pattern.find(this.bytes, start, end)) number = parseWeight(pattern.bytes, pattern.start, pattern.end);
      if (Number.isNaN(number)) return false;
      this.numbers[item] = number;
    }
    return true;
  }

  /** Weighs items by themselves, or by the texts that a pattern leads to; false when there is no room for these. */
  weighTexts(pattern: KeyPattern | null): boolean {
    this.by = pattern === null ? BY_ITEM : BY_TEXT;
    if (pattern === null) return true;
    this.textStarts = new Int32Array(this.count).fill(-1);
    this.textEnds = new Int32Array(this.count).fill(-1);
    for (let item = 0; item < this.count; item++) {
      if (!pattern.find(this.bytes, this.starts[item]!, this.ends[item]!)) continue;
      if (!this.write(pattern.bytes, pattern.start, pattern.end)) return false;
      this.textStarts[item] = this.used - (pattern.end - pattern.start);
      this.textEnds[item] = this.used;
    }
    return true;
  }

  /** Orders the items by their weights, texts in the order of a language unless `collation` is null. */
  sort(isDescending: boolean, collation: Collation | null): void {
    this.isDescending = isDescending;
    this.collation = this.by === BY_NUMBER ? null : collation;
    if (this.collation !== null) this.decodeTexts();
    mergeSort(this.order, new Uint32Array(this.count), this.count, this);
    this.numbers = new Float64Array(0);
    this.textStarts = new Int32Array(0);
    this.textEnds = new Int32Array(0);
    this.collated = [];
  }

  private decodeTexts(): void {
    const [starts, ends] = this.by === BY_TEXT ? [this.textStarts, this.textEnds] : [this.starts, this.ends];
    for (let item = 0; item < this.count; item++) {
      // What is no UTF-8 is compared as far as it can be read, then by its bytes.
      this.collated.push(starts[item]! < 0 ? '' : fromUtf8(this.bytes, starts[item]!, ends[item]!));
    }
  }

  compare(a: number, b: number): number {
    const order = this.by === BY_TEXT ? this.compareTexts(a, b) : this.compareItems(a, b);
    return this.isDescending ? -order : order;
  }

  private compareItems(a: number, b: number): number {
    const { bytes, starts, ends } = this;
    if (this.by === BY_NUMBER) {
      const first = this.numbers[a]!;
      const second = this.numbers[b]!;
      if (first !== second) return first < second ? -1 : 1;
    }
    const collated = this.collation === null ? 0 : this.collation(this.collated[a]!, this.collated[b]!);
    if (collated !== 0) return collated;
    // Equal numbers leave nothing to chance.
    return compareBytes(bytes, starts[a]!, ends[a]!, bytes, starts[b]!, ends[b]!);
  }

  /** Without a text comes first. */
  private compareTexts(a: number, b: number): number {
    const { bytes, textStarts: starts, textEnds: ends } = this;
    if (starts[a]! < 0 || starts[b]! < 0) return Math.sign(starts[a]!) - Math.sign(starts[b]!);
    const collated = this.collation === null ? 0 : this.collation(this.collated[a]!, this.collated[b]!);
    if (collated !== 0) return collated;
    return compareBytes(bytes, starts[a]!, ends[a]!, bytes, starts[b]!, ends[b]!);
  }

  // --- room ---

  private write(from: Uint8Array, start: number, end: number): boolean {
    const needed = this.used + end - start;
    if (needed > BYTES_MAX) return false;
    if (needed > this.bytes.length) {
      const { bytes } = this;
      this.bytes = new Uint8Array(Math.min(BYTES_MAX, Math.max(needed, bytes.length * 2)));
      this.bytes.set(bytes.subarray(0, this.used));
    }
    copyBytes(from, start, end, this.bytes, this.used);
    this.used = needed;
    return true;
  }

  private grow(): void {
    const { starts, ends, order } = this;
    const items = starts.length * 2;
    this.starts = new Int32Array(items);
    this.ends = new Int32Array(items);
    this.order = new Uint32Array(items);
    this.starts.set(starts);
    this.ends.set(ends);
    this.order.set(order);
  }
}

/** A number as C's strtod reads it: nothing is 0, spaces in front do not matter, and a NUL ends it; NaN when it is none. */
function parseWeight(bytes: Uint8Array, start: number, end: number): number {
  let from = start;
  let to = start;
  while (to < end && bytes[to] !== 0) to++;
  if (to === start) return 0;
  while (from < to && (bytes[from] === SPACE || (bytes[from]! >= TAB && bytes[from]! <= CARRIAGE_RETURN))) from++;
  return parseDouble(bytes, from, to);
}
