// A place among the integers of an int set (int-set.ts), that goes up: for intersecting, uniting and subtracting several
// sets in one pass, where looking each integer up costs a binary search.

import { Int64 } from '../lib/int64.ts';
import { INT_SET_HEADER_BYTES, IntSet } from './int-set.ts';

const FORMAT = new IntSet();

export class IntSetCursor {
  /** The integer that it stands at, unless that is the end. */
  readonly integer = new Int64();
  private readonly bytes: Uint8Array;
  /** An integer has 1 << shift bytes. */
  private readonly shift: number;
  private readonly first: number;
  private readonly end: number;
  private at: number;

  /** Stands at the first integer of the set at `start`, which must stay there and as it is. */
  constructor(bytes: Uint8Array, start: number) {
    this.bytes = bytes;
    this.shift = 31 - Math.clz32(FORMAT.width(bytes, start));
    this.first = start + INT_SET_HEADER_BYTES;
    this.end = start + FORMAT.total(bytes, start);
    this.at = this.first;
    if (this.at < this.end) this.load(this.at);
  }

  /** Goes back to the first integer. */
  rewind(): void {
    this.at = this.first;
    if (this.at < this.end) this.load(this.at);
  }

  isAtEnd(): boolean {
    return this.at >= this.end;
  }

  /** Goes on to the next integer, or to the end. */
  next(): void {
    this.at += 1 << this.shift;
    if (this.at < this.end) this.load(this.at);
  }

  /** Goes on to the first integer that is not below another: whether it is the same. O(log n) of the n that it passes. */
  reach(wanted: Int64): boolean {
    const { low, high } = wanted;
    if (this.at >= this.end) return false;
    if (!this.isBelow(low, high)) return this.is(low, high);
    // Mostly it is the next.
    this.next();
    if (this.at >= this.end) return false;
    if (this.isBelow(low, high)) this.leap(low, high);
    return this.at < this.end && this.is(low, high);
  }

  /** Goes on to the first integer that is not below another, the present one being that. */
  private leap(low: number, high: number): void {
    const { shift, end } = this;
    // Steps that double find two places that it lies between.
    let below = this.at;
    let above = end;
    for (let step = 1 << shift; below + step < end; step *= 2) {
      this.load(below + step);
      if (!this.isBelow(low, high)) {
        above = below + step;
        break;
      }
      below += step;
    }
    while (above - below > 1 << shift) {
      const middle = below + (((above - below) >>> (shift + 1)) << shift);
      this.load(middle);
      if (this.isBelow(low, high)) below = middle;
      else above = middle;
    }
    this.at = above;
    if (above < end) this.load(above);
  }

  private is(low: number, high: number): boolean {
    return this.integer.low === low && this.integer.high === high;
  }

  private isBelow(low: number, high: number): boolean {
    const { integer } = this;
    return integer.high === high ? integer.low >>> 0 < low >>> 0 : integer.high < high;
  }

  private load(at: number): void {
    const { bytes, integer } = this;
    let low = bytes[at]! | (bytes[at + 1]! << 8);
    if (this.shift === 1) low = (low << 16) >> 16;
    else low |= (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    integer.low = low;
    integer.high =
      this.shift < 3
        ? low >> 31
        : bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
  }
}
