// Int sets: sorted sets of 64-bit integers in as few bytes as their widest needs, in Redis's own format, so that they
// are persisted as they are.
//
//   set      [bytes of an integer: uint32, 2, 4 or 8] [count: uint32] [integers, ascending, little-endian]
//
// A set is bytes[set..set + 8 + count * width). Who holds it makes and takes away the room: `insert` and `remove` say
// what they need, in the manner of datatypes/packed-values.ts. Values are pairs of words, as lib/int64.ts has them.
//
// Invariants: (1) integers ascend strictly; (2) the width never shrinks, as in Redis, and holds every integer.

import { assert } from '../lib/assert.ts';
import { Int64 } from '../lib/int64.ts';

export const INT_SET_HEADER_BYTES = 8;

/** Reads and edits int sets; the fields are where `find` and `get` leave what they found. */
export class IntSet {
  /** The integer that `get` read. */
  readonly value = new Int64();
  /** Where the integer that `find` looked for is, or would have to be inserted. */
  index = 0;

  writeEmpty(bytes: Uint8Array, set: number): void {
    this.writeHeader(bytes, set, 2, 0);
  }

  writeHeader(bytes: Uint8Array, set: number, width: number, count: number): void {
    writeUint32(bytes, set, width);
    writeUint32(bytes, set + 4, count);
  }

  /** Bytes of one integer: 2, 4 or 8. */
  width(bytes: Uint8Array, set: number): number {
    return bytes[set]!;
  }

  count(bytes: Uint8Array, set: number): number {
    return readWord(bytes, set + 4) >>> 0;
  }

  /** Bytes of the whole set. */
  total(bytes: Uint8Array, set: number): number {
    return INT_SET_HEADER_BYTES + this.count(bytes, set) * this.width(bytes, set);
  }

  /** Leaves integer `index` in `value`. */
  get(bytes: Uint8Array, set: number, index: number): void {
    const width = this.width(bytes, set);
    const at = set + INT_SET_HEADER_BYTES + index * width;
    if (width === 2) this.value.low = ((bytes[at]! | (bytes[at + 1]! << 8)) << 16) >> 16;
    else this.value.low = readWord(bytes, at);
    this.value.high = width === 8 ? readWord(bytes, at + 4) : this.value.low >> 31;
  }

  /** Looks an integer up: true when it is there; `index` says where it is or belongs. */
  find(bytes: Uint8Array, set: number, wanted: Int64): boolean {
    let from = 0;
    let to = this.count(bytes, set);
    const { value } = this;
    // Ascending inserts are common: the last one first.
    if (to > 0) {
      this.get(bytes, set, to - 1);
      if (compareIntegers(wanted, value) > 0) {
        this.index = to;
        return false;
      }
    }
    while (from < to) {
      const middle = (from + to) >>> 1;
      this.get(bytes, set, middle);
      const order = compareIntegers(wanted, value);
      if (order === 0) {
        this.index = middle;
        return true;
      }
      if (order < 0) to = middle;
      else from = middle + 1;
    }
    this.index = from;
    return false;
  }

  /**
   * Bytes to be inserted at the end of the set before `insert`: those of the integer, and of all others where they get
   * wider.
   */
  growth(bytes: Uint8Array, set: number, added: Int64): number {
    const width = this.width(bytes, set);
    const needed = Math.max(width, widthOf(added));
    return needed + this.count(bytes, set) * (needed - width);
  }

  /** Adds the integer that `find` just looked for in vain. The holder has made `growth` more bytes at the set's end. */
  insert(bytes: Uint8Array, set: number, added: Int64): void {
    const before = this.width(bytes, set);
    const count = this.count(bytes, set);
    const { index } = this;
    const width = Math.max(before, widthOf(added));
    const first = set + INT_SET_HEADER_BYTES;
    if (width !== before) {
      for (let each = count - 1; each >= 0; each--) {
        this.get(bytes, set, each);
        // An integer that widens all others lies beyond them, at one end or the other.
        writeInt(bytes, first + (index === 0 ? each + 1 : each) * width, width, this.value.low, this.value.high);
      }
    } else if (index < count) {
      bytes.copyWithin(first + (index + 1) * width, first + index * width, first + count * width);
    }
    this.writeHeader(bytes, set, width, count + 1);
    writeInt(bytes, first + index * width, width, added.low, added.high);
  }

  /** Takes integer `index` out; the holder then takes one width of bytes away from the set's end. */
  remove(bytes: Uint8Array, set: number, index: number): void {
    const width = this.width(bytes, set);
    const count = this.count(bytes, set);
    const first = set + INT_SET_HEADER_BYTES;
    bytes.copyWithin(first + index * width, first + (index + 1) * width, first + count * width);
    writeUint32(bytes, set + 4, count - 1);
  }

  /** Whether bytes[set..set + length) are a whole, well-formed set: for untrusted payloads. */
  isValid(bytes: Uint8Array, set: number, length: number): boolean {
    if (length < INT_SET_HEADER_BYTES) return false;
    const width = readWord(bytes, set);
    if (width !== 2 && width !== 4 && width !== 8) return false;
    if (INT_SET_HEADER_BYTES + this.count(bytes, set) * width !== length) return false;
    return this.isAscending(bytes, set);
  }

  /** Asserts the invariants. */
  check(bytes: Uint8Array, set: number): void {
    assert([2, 4, 8].includes(this.width(bytes, set)), 'an int set has one of three widths (2)');
    assert(this.isAscending(bytes, set), 'integers ascend (1)');
  }

  private isAscending(bytes: Uint8Array, set: number): boolean {
    const count = this.count(bytes, set);
    let { low, high } = this.value;
    for (let index = 0; index < count; index++) {
      this.get(bytes, set, index);
      const { value } = this;
      if (index > 0 && (high > value.high || (high === value.high && low >>> 0 >= value.low >>> 0))) return false;
      ({ low, high } = value);
    }
    return true;
  }
}

/** Below 0, 0 or above, as the first is less than the second, equal or greater. */
export function compareIntegers(a: Int64, b: Int64): number {
  if (a.high !== b.high) return a.high < b.high ? -1 : 1;
  if (a.low === b.low) return 0;
  return a.low >>> 0 < b.low >>> 0 ? -1 : 1;
}

function widthOf(value: Int64): number {
  if (value.high !== value.low >> 31) return 8;
  return value.low === (value.low << 16) >> 16 ? 2 : 4;
}

function writeInt(bytes: Uint8Array, at: number, width: number, low: number, high: number): void {
  bytes[at] = low;
  bytes[at + 1] = low >> 8;
  if (width === 2) return;
  bytes[at + 2] = low >> 16;
  bytes[at + 3] = low >> 24;
  if (width === 8) writeUint32(bytes, at + 4, high);
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >> 8;
  bytes[at + 2] = value >> 16;
  bytes[at + 3] = value >> 24;
}

function readWord(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
