// Ranges of sorted sets by score and by member, as commands give them.

import { compareBytes } from '../lib/bytes.ts';

/** Scores from a least to a greatest one. Reused: it is filled before each use. */
export class ScoreRange {
  /** The least and the greatest score. In an array: doubles in object fields are boxed anew on each change. */
  readonly bounds = new Float64Array(2);
  minExclusive = false;
  maxExclusive = false;

  /** Whether no score can be in the range. */
  isEmpty(): boolean {
    const min = this.bounds[0]!;
    const max = this.bounds[1]!;
    return min > max || (min === max && (this.minExclusive || this.maxExclusive));
  }

  /** Whether a score is not below the range. */
  reachesMin(score: number): boolean {
    return this.minExclusive ? score > this.bounds[0]! : score >= this.bounds[0]!;
  }

  /** Whether a score is not above the range. */
  keepsToMax(score: number): boolean {
    return this.maxExclusive ? score < this.bounds[1]! : score <= this.bounds[1]!;
  }
}

/** Kinds of a lexical bound: `-`, `+`, `[member`, `(member`. */
export const BOUND_LEAST = 0;
export const BOUND_GREATEST = 1;
export const BOUND_INCLUSIVE = 2;
export const BOUND_EXCLUSIVE = 3;

/** Members from a least to a greatest one, in byte order. Reused; the members are ranges of `bytes`. */
export class LexRange {
  bytes: Uint8Array = new Uint8Array(0);
  minKind = BOUND_LEAST;
  minStart = 0;
  minEnd = 0;
  maxKind = BOUND_GREATEST;
  maxStart = 0;
  maxEnd = 0;

  isEmpty(): boolean {
    if (this.minKind === BOUND_GREATEST || this.maxKind === BOUND_LEAST) return true;
    if (this.minKind === BOUND_LEAST || this.maxKind === BOUND_GREATEST) return false;
    const order = compareBytes(this.bytes, this.minStart, this.minEnd, this.bytes, this.maxStart, this.maxEnd);
    if (order !== 0) return order > 0;
    return this.minKind === BOUND_EXCLUSIVE || this.maxKind === BOUND_EXCLUSIVE;
  }

  reachesMin(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.minKind < BOUND_INCLUSIVE) return this.minKind === BOUND_LEAST;
    const order = compareBytes(bytes, start, end, this.bytes, this.minStart, this.minEnd);
    return order > 0 || (order === 0 && this.minKind === BOUND_INCLUSIVE);
  }

  keepsToMax(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.maxKind < BOUND_INCLUSIVE) return this.maxKind === BOUND_GREATEST;
    const order = compareBytes(bytes, start, end, this.bytes, this.maxStart, this.maxEnd);
    return order < 0 || (order === 0 && this.maxKind === BOUND_INCLUSIVE);
  }
}
