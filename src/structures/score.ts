// Scores in flat memory: a double in two words of a record, low word first, and the order key that sorts such words as
// numbers without making one.
//
// A double's bits, read as a signed integer, ascend with it while it is positive and descend while it is negative; with
// the lower bits of negative ones turned over they ascend throughout. -0 would come before 0: it gets the key of 0.

import { type FlatMemory, GRANULE_MASK, SEGMENT_SHIFT } from '../memory/flat-memory.ts';

const score = new Float64Array(1);
const scoreWords = new Int32Array(score.buffer);

/** The score of a member record with the field for one. */
export function readScore(memory: FlatMemory, record: number): number {
  const words = memory.words[record >>> SEGMENT_SHIFT]!;
  const word = (record & GRANULE_MASK) << 1;
  scoreWords[0] = words[word + 1]!;
  scoreWords[1] = words[word + 2]!;
  return score[0]!;
}

/** Sets the score of a member record. */
export function writeScore(memory: FlatMemory, record: number, value: number): void {
  score[0] = value;
  const words = memory.words[record >>> SEGMENT_SHIFT]!;
  const word = (record & GRANULE_MASK) << 1;
  words[word + 1] = scoreWords[0]!;
  words[word + 2] = scoreWords[1]!;
}

/** The upper 32 bits of a double. */
export function highWord(value: number): number {
  score[0] = value;
  return scoreWords[1]!;
}

/** The lower 32 bits of a double. */
export function lowWord(value: number): number {
  score[0] = value;
  return scoreWords[0]!;
}

/** First part of the order key of a double's bits, a signed integer. */
export function orderHigh(high: number, low: number): number {
  if (high >= 0) return high;
  return low === 0 && high === MINUS_ZERO ? 0 : high ^ 0x7fffffff;
}

/** Second part of the order key, a signed integer. */
export function orderLow(high: number, low: number): number {
  if (high >= 0 || (low === 0 && high === MINUS_ZERO)) return low ^ SIGN;
  return ~low ^ SIGN;
}

const SIGN = 1 << 31;
const MINUS_ZERO = 1 << 31;
