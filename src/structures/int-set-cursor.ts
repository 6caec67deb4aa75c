// A place among the integers of an int set (int-set.ts), that goes up: for intersecting, uniting and subtracting several
// sets in one pass, where looking each integer up costs a binary search.

import type { Int64 } from '../lib/int64.ts';
import { compareIntegers, IntSet } from './int-set.ts';

export class IntSetCursor {
  /** The integer that it stands at, unless that is the end. */
  readonly integer: Int64;
  private readonly set = new IntSet();
  private readonly bytes: Uint8Array;
  private readonly start: number;
  private readonly count: number;
  private index = 0;

  /** Stands at the first integer of bytes[start..), which must stay there and as it is. */
  constructor(bytes: Uint8Array, start: number) {
    this.bytes = bytes;
    this.start = start;
    this.count = this.set.count(bytes, start);
    this.integer = this.set.value;
    this.rewind();
  }

  /** Goes back to the first integer. */
  rewind(): void {
    this.index = 0;
    if (this.count > 0) this.set.get(this.bytes, this.start, 0);
  }

  isAtEnd(): boolean {
    return this.index >= this.count;
  }

  /** Goes on to the next integer, or to the end. */
  next(): void {
    this.index++;
    if (this.index < this.count) this.set.get(this.bytes, this.start, this.index);
  }

  /** Goes on to the first integer that is not below another: whether it is the same. O(log n) of the n that it passes. */
  reach(wanted: Int64): boolean {
    const { bytes, start, count, set, integer } = this;
    if (this.index >= count) return false;
    let order = compareIntegers(integer, wanted);
    if (order >= 0) return order === 0;
    // Steps that double find two places that it lies between: mostly it is the next.
    let below = this.index;
    let above = count;
    for (let step = 1; below + step < count; step *= 2) {
      set.get(bytes, start, below + step);
      order = compareIntegers(integer, wanted);
      if (order >= 0) {
        above = below + step;
        break;
      }
      below += step;
    }
    if (above - below > 1) {
      while (above - below > 1) {
        const middle = (below + above) >>> 1;
        set.get(bytes, start, middle);
        if (compareIntegers(integer, wanted) < 0) below = middle;
        else above = middle;
      }
      if (above < count) {
        set.get(bytes, start, above);
        order = compareIntegers(integer, wanted);
      }
    }
    this.index = above;
    return above < count && order === 0;
  }
}
