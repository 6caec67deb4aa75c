// HyperLogLog in Redis's own bytes: how many different things were added, within 0.81 %, in 12 KiB at most. A value is a
// string, bytes[start..end), that anybody may have changed: every reader checks what it meets.
//
//   string   "HYLL" [encoding: 0 dense, 1 sparse] [0 0 0] [cached count: 8 bytes, little-endian; top bit: none] [registers]
//   dense    16,384 registers of 6 bits, the first in the lowest bits of the first byte
//   sparse   runs:  00llllll            l + 1 zero registers
//                   01llllll llllllll   l + 1 zero registers, up to all
//                   1vvvvvll            l + 1 registers of v + 1
//
// Flajolet et al. (2007); the estimator is Ertl's ("New cardinality estimation algorithms", 2017, algorithms 6 and 4),
// which needs no correction tables. The hash is MurmurHash64A, the one of Redis, so that values from there count on.

import { assert } from '../lib/assert.ts';

export const HLL_HEADER_BYTES = 16;
const REGISTERS = 16384;
const REGISTER_BITS = 6;
const INDEX_MASK = REGISTERS - 1;
/** Bits of the hash that are left for a register's value, and so the greatest value but one. */
const VALUE_BITS = 50;
const DENSE = 0;
const SPARSE = 1;
export const HLL_DENSE_BYTES = HLL_HEADER_BYTES + (REGISTERS * REGISTER_BITS) / 8;
/** A new value: one run of all registers. */
export const HLL_EMPTY_BYTES = HLL_HEADER_BYTES + 2;
/** What the runs of values can say. */
const RUN_VALUE_MAX = 32;
const RUN_LENGTH_MAX = 4;
const ZEROS_MAX = 64;
/** Runs that are looked at after a change, whether they can be joined: those that it may have made. As in Redis, so that
 *  the bytes are the same. */
const JOINED_RUNS = 5;

const NOWHERE = -1;
const ALPHA = 0.7213475204444817;

/** What `raiseSparse` did. */
export const HLL_SAME = 0;
export const HLL_CHANGED = 1;
/** The sparse form cannot say it: the value is to be made dense first. */
export const HLL_TOO_SPARSE = 2;

/** Reads and changes values; one per engine, for its scratch. */
export class HyperLogLog {
  /** Registers gathered by `mergeInto`. */
  readonly registers = new Uint8Array(REGISTERS);
  /** Where `hash` leaves the register and the value of an element. */
  index = 0;
  value = 0;
  /** Bytes of the value after a change of its sparse form. */
  length = 0;
  private readonly histogram = new Int32Array(64);
  private readonly runs = new Uint8Array(5);
  private high = 0;
  private low = 0;

  /** Whether bytes[start..end) begin as a value does and have the length of one. */
  isValue(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < HLL_HEADER_BYTES) return false;
    if (bytes[start] !== 0x48 || bytes[start + 1] !== 0x59) return false;
    if (bytes[start + 2] !== 0x4c || bytes[start + 3] !== 0x4c) return false;
    const encoding = bytes[start + 4]!;
    return encoding === SPARSE || (encoding === DENSE && end - start === HLL_DENSE_BYTES);
  }

  isDense(bytes: Uint8Array, start: number): boolean {
    return bytes[start + 4] === DENSE;
  }

  /** Writes an empty sparse value, of HLL_EMPTY_BYTES. */
  writeEmpty(bytes: Uint8Array, start: number): void {
    this.writeHeader(bytes, start, SPARSE);
    bytes[start + HLL_HEADER_BYTES] = 0x40 | ((REGISTERS - 1) >>> 8);
    bytes[start + HLL_HEADER_BYTES + 1] = (REGISTERS - 1) & 0xff;
  }

  private writeHeader(bytes: Uint8Array, start: number, encoding: number): void {
    bytes.fill(0, start, start + HLL_HEADER_BYTES);
    bytes[start] = 0x48;
    bytes[start + 1] = 0x59;
    bytes[start + 2] = 0x4c;
    bytes[start + 3] = 0x4c;
    bytes[start + 4] = encoding;
  }

  /** The count as it was worked out last, -1 when registers have changed since. */
  cachedCount(bytes: Uint8Array, start: number): number {
    if (bytes[start + 15]! >= 0x80) return -1;
    let count = 0;
    for (let at = start + 15; at >= start + 8; at--) count = count * 256 + bytes[at]!;
    return count;
  }

  cacheCount(bytes: Uint8Array, start: number, count: number): void {
    let rest = count;
    for (let at = start + 8; at < start + 16; at++) {
      bytes[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }

  /** Says that the cached count holds no more. */
  invalidate(bytes: Uint8Array, start: number): void {
    bytes[start + 15]! |= 0x80;
  }

  // --- registers ---

  /** The value of a register of a dense value. */
  denseRegister(bytes: Uint8Array, start: number, index: number): number {
    const bit = index * REGISTER_BITS;
    const at = start + HLL_HEADER_BYTES + (bit >>> 3);
    const shift = bit & 7;
    const low = bytes[at]! >>> shift;
    return (shift > 2 ? low | (bytes[at + 1]! << (8 - shift)) : low) & 63;
  }

  private setDenseRegister(bytes: Uint8Array, start: number, index: number, value: number): void {
    const bit = index * REGISTER_BITS;
    const at = start + HLL_HEADER_BYTES + (bit >>> 3);
    const shift = bit & 7;
    bytes[at] = (bytes[at]! & ~(63 << shift)) | (value << shift);
    if (shift > 2) bytes[at + 1] = (bytes[at + 1]! & ~(63 >>> (8 - shift))) | (value >>> (8 - shift));
  }

  /** Raises a register of a dense value; true when it was lower. */
  raiseDense(bytes: Uint8Array, start: number, index: number, value: number): boolean {
    if (this.denseRegister(bytes, start, index) >= value) return false;
    this.setDenseRegister(bytes, start, index, value);
    return true;
  }

  /**
   * Raises a register of a sparse value bytes[start..end) that is whole, has room for 3 bytes more, and stays within `bytesMax`.
   * The value's new length is in `length`.
   */
  raiseSparse(bytes: Uint8Array, start: number, end: number, index: number, value: number, bytesMax: number): number {
    this.length = end - start;
    if (value > RUN_VALUE_MAX) return HLL_TOO_SPARSE;
    // The run that holds the register, and the one before it.
    let at = start + HLL_HEADER_BYTES;
    let before = NOWHERE;
    let first = 0;
    let length = 0;
    while (at < end) {
      length = runLength(bytes, at);
      if (index < first + length) break;
      before = at;
      first += length;
      at += runBytes(bytes[at]!);
    }
    assert(at < end, 'a sparse value was found whole before it is changed');
    const head = bytes[at]!;
    const present = head >= 0x80 ? ((head >>> 2) & 31) + 1 : 0;
    if (present >= value) return HLL_SAME;
    if (length === 1 && (present > 0 || head < 0x40)) bytes[at] = valueRun(value, 1);
    else if (!this.splitRun(bytes, start, end, at, present, index - first, length, value, bytesMax))
      return HLL_TOO_SPARSE;
    this.joinRuns(bytes, before !== NOWHERE ? before : start + HLL_HEADER_BYTES, start);
    this.invalidate(bytes, start);
    return HLL_CHANGED;
  }

  /** Puts three runs, or two, in the place of the one at `at`; false when that would be too long. */
  private splitRun(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: number,
    present: number,
    offset: number,
    length: number,
    value: number,
    bytesMax: number,
  ): boolean {
    const { runs } = this;
    let count = this.writeRun(0, present, offset);
    runs[count++] = valueRun(value, 1);
    count = this.writeRun(count, present, length - offset - 1);
    const size = runBytes(bytes[at]!);
    const growth = count - size;
    if (growth > 0 && end - start + growth > bytesMax) return false;
    bytes.copyWithin(at + count, at + size, end);
    for (let index = 0; index < count; index++) bytes[at + index] = runs[index]!;
    this.length = end - start + growth;
    return true;
  }

  /** Writes a run of registers of a value (0: zeros) into `runs`; returns where the next goes. */
  private writeRun(at: number, value: number, length: number): number {
    if (length === 0) return at;
    if (value > 0) {
      this.runs[at] = valueRun(value, length);
      return at + 1;
    }
    if (length <= ZEROS_MAX) {
      this.runs[at] = length - 1;
      return at + 1;
    }
    this.runs[at] = 0x40 | ((length - 1) >>> 8);
    this.runs[at + 1] = (length - 1) & 0xff;
    return at + 2;
  }

  /** Joins neighbouring runs of one value from `from` on, where a run can be so long. */
  private joinRuns(bytes: Uint8Array, from: number, start: number): void {
    let at = from;
    for (let left = JOINED_RUNS; left > 0 && at < start + this.length; left--) {
      const head = bytes[at]!;
      if (head < 0x80) {
        at += runBytes(head);
        continue;
      }
      const next = at + 1 < start + this.length ? bytes[at + 1]! : 0;
      const length = (head & 3) + (next & 3) + 2;
      if (next < 0x80 || ((head ^ next) & 0x7c) !== 0 || length > RUN_LENGTH_MAX) {
        at++;
        continue;
      }
      bytes[at + 1] = valueRun(((head >>> 2) & 31) + 1, length);
      bytes.copyWithin(at, at + 1, start + this.length);
      this.length--;
    }
  }

  /** Whether the runs of a sparse value say all registers, and no more. */
  isWhole(bytes: Uint8Array, start: number, end: number): boolean {
    let registers = 0;
    let at = start + HLL_HEADER_BYTES;
    while (at < end) {
      if (at + runBytes(bytes[at]!) > end) return false;
      registers += runLength(bytes, at);
      at += runBytes(bytes[at]!);
    }
    return registers === REGISTERS;
  }

  /** Puts the registers of a value into `registers`, where they are greater than what is there; false when it is corrupt. */
  mergeInto(bytes: Uint8Array, start: number, end: number): boolean {
    const { registers } = this;
    if (this.isDense(bytes, start)) {
      this.mergeDense(bytes, start);
      return true;
    }
    let index = 0;
    let at = start + HLL_HEADER_BYTES;
    while (at < end) {
      const head = bytes[at]!;
      if (at + runBytes(head) > end) return false;
      const length = runLength(bytes, at);
      if (index + length > REGISTERS) return false;
      const value = head >= 0x80 ? ((head >>> 2) & 31) + 1 : 0;
      if (value > 0) {
        for (let each = index; each < index + length; each++) if (value > registers[each]!) registers[each] = value;
      }
      index += length;
      at += runBytes(head);
    }
    return index === REGISTERS;
  }

  /** Four registers lie in three bytes. */
  private mergeDense(bytes: Uint8Array, start: number): void {
    const { registers } = this;
    let at = start + HLL_HEADER_BYTES;
    for (let index = 0; index < REGISTERS; index += 4) {
      const four = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
      at += 3;
      const first = four & 63;
      const second = (four >>> 6) & 63;
      const third = (four >>> 12) & 63;
      const fourth = four >>> 18;
      if (first > registers[index]!) registers[index] = first;
      if (second > registers[index + 1]!) registers[index + 1] = second;
      if (third > registers[index + 2]!) registers[index + 2] = third;
      if (fourth > registers[index + 3]!) registers[index + 3] = fourth;
    }
  }

  /** Writes the gathered registers as a dense value of HLL_DENSE_BYTES, without a cached count. */
  writeDense(bytes: Uint8Array, start: number): void {
    this.writeHeader(bytes, start, DENSE);
    const { registers } = this;
    let at = start + HLL_HEADER_BYTES;
    for (let index = 0; index < REGISTERS; index += 4) {
      const low = registers[index]! | (registers[index + 1]! << 6) | (registers[index + 2]! << 12);
      const four = low | (registers[index + 3]! << 18);
      bytes[at] = four;
      bytes[at + 1] = four >>> 8;
      bytes[at + 2] = four >>> 16;
      at += 3;
    }
    this.invalidate(bytes, start);
  }

  /** The estimate that the gathered registers give. */
  estimate(): number {
    const { histogram, registers } = this;
    histogram.fill(0);
    for (let index = 0; index < REGISTERS; index++) histogram[registers[index]! & 63]! += 1;
    let z = REGISTERS * tau((REGISTERS - histogram[VALUE_BITS + 1]!) / REGISTERS);
    for (let value = VALUE_BITS; value >= 1; value--) z = (z + histogram[value]!) * 0.5;
    z += REGISTERS * sigma(histogram[0]! / REGISTERS);
    return Math.round((ALPHA * REGISTERS * REGISTERS) / z);
  }

  // --- elements ---

  /** Finds the register of bytes[start..end) and the value that it asks for: `index` and `value`. */
  hash(bytes: Uint8Array, start: number, end: number): void {
    this.murmur(bytes, start, end);
    this.index = this.low & INDEX_MASK;
    // 50 bits are left; one more that is set ends the count of zeros.
    const low = (this.low >>> 14) | (this.high << 18);
    const high = (this.high >>> 14) | (1 << (VALUE_BITS - 32));
    this.value = low !== 0 ? trailingZeros(low) + 1 : trailingZeros(high) + 33;
  }

  /** Adds an element to the gathered registers. */
  add(bytes: Uint8Array, start: number, end: number): void {
    this.hash(bytes, start, end);
    if (this.value > this.registers[this.index]!) this.registers[this.index] = this.value;
  }

  /** MurmurHash64A (Austin Appleby), with Redis's seed; the result is in `high` and `low`. */
  private murmur(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.high = 0;
    this.low = length;
    this.multiply();
    this.low ^= 0xadc83b19;
    let hashHigh = this.high;
    let hashLow = this.low;
    let at = start;
    for (; at + 8 <= end; at += 8) {
      this.low = readWord(bytes, at);
      this.high = readWord(bytes, at + 4);
      this.multiply();
      this.shiftXor();
      this.multiply();
      this.high ^= hashHigh;
      this.low ^= hashLow;
      this.multiply();
      hashHigh = this.high;
      hashLow = this.low;
    }
    this.high = hashHigh;
    this.low = hashLow;
    if (at < end) {
      for (let place = 0; at + place < end; place++) {
        const byte = bytes[at + place]!;
        if (place < 4) this.low ^= byte << (place * 8);
        else this.high ^= byte << ((place - 4) * 8);
      }
      this.multiply();
    }
    this.shiftXor();
    this.multiply();
    this.shiftXor();
  }

  /** Multiplies by 0xc6a4a7935bd1e995, modulo 2^64. */
  private multiply(): void {
    const low = this.low >>> 0;
    const a0 = low & 0xffff;
    const a1 = low >>> 16;
    // The lower halves' whole product, in 16 bits at a time.
    const p00 = a0 * 0xe995;
    const p01 = a0 * 0x5bd1;
    const p10 = a1 * 0xe995;
    const middle = (p00 >>> 16) + (p01 & 0xffff) + (p10 & 0xffff);
    const carried = a1 * 0x5bd1 + (p01 >>> 16) + (p10 >>> 16) + (middle >>> 16);
    this.high = (carried + Math.imul(this.high, 0x5bd1e995) + Math.imul(this.low, 0xc6a4a793)) | 0;
    this.low = (p00 & 0xffff) | (middle << 16);
  }

  /** x ^= x >>> 47. */
  private shiftXor(): void {
    this.low ^= this.high >>> 15;
  }
}

function runBytes(head: number): number {
  return head >= 0x40 && head < 0x80 ? 2 : 1;
}

/** Registers of the run at an offset. */
function runLength(bytes: Uint8Array, at: number): number {
  const head = bytes[at]!;
  if (head >= 0x80) return (head & 3) + 1;
  return head < 0x40 ? head + 1 : (((head & 63) << 8) | (bytes[at + 1] ?? 0)) + 1;
}

function valueRun(value: number, length: number): number {
  return 0x80 | ((value - 1) << 2) | (length - 1);
}

function readWord(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let root = x;
  let y = 1;
  let z = 1 - x;
  for (;;) {
    root = Math.sqrt(root);
    const before = z;
    y *= 0.5;
    z -= (1 - root) ** 2 * y;
    if (z === before) return z / 3;
  }
}

function sigma(x: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY;
  let power = x;
  let y = 1;
  let z = x;
  for (;;) {
    power *= power;
    const before = z;
    z += power * y;
    y += y;
    if (z === before) return z;
  }
}
