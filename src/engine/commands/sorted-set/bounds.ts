// How ranges of sorted sets are written: (1.5 … +inf, [ann … (bob, - … +, and the limits on what they hold.

import {
  BOUND_EXCLUSIVE,
  BOUND_GREATEST,
  BOUND_INCLUSIVE,
  BOUND_LEAST,
  LexRange,
  ScoreRange,
} from '../../../datatypes/sorted-set-range.ts';
import { fromLatin1 } from '../../../lib/bytes.ts';
import { parseDouble, scanNumber } from '../../../lib/decimal.ts';
import { error, untilNul } from '../../../protocol/errors.ts';
import type { ReadCall } from '../../call.ts';

const NOT_A_SCORE = error('ERR min or max is not a float');
const NOT_A_MEMBER = error('ERR min or max not valid string range item');

const OPEN = 40;
const CLOSED = 91;
const PLUS = 43;
const MINUS = 45;

/** The ranges of the command that runs. Reused: commands do not overlap. */
export const scoreRange = new ScoreRange();
export const lexRange = new LexRange();

/** Reads `scoreRange` from two arguments; false after replying that one is no score. */
export function parseScoreRange(call: ReadCall, min: number, max: number): boolean {
  scoreRange.minExclusive = isOpen(call, min);
  scoreRange.maxExclusive = isOpen(call, max);
  scoreRange.bounds[0] = parseScore(call, min, scoreRange.minExclusive);
  scoreRange.bounds[1] = parseScore(call, max, scoreRange.maxExclusive);
  if (!Number.isNaN(scoreRange.bounds[0]) && !Number.isNaN(scoreRange.bounds[1]!)) return true;
  call.reply.error(NOT_A_SCORE);
  return false;
}

function isOpen(call: ReadCall, index: number): boolean {
  return call.length(index) > 0 && call.bytes[call.starts[index]!] === OPEN;
}

function parseScore(call: ReadCall, index: number, open: boolean): number {
  const start = call.starts[index]! + (open ? 1 : 0);
  const score = parseDouble(call.bytes, start, call.ends[index]!);
  return Number.isNaN(score) ? parseLeniently(call.text(index).slice(open ? 1 : 0)) : score;
}

/** What C's strtod takes beside plain numbers: nothing at all, spaces in front, what overflows; nothing behind a NUL. */
function parseLeniently(argument: string): number {
  const text = untilNul(argument);
  if (text === '') return 0;
  const bytes = fromLatin1(text.replace(/^[ \t-\r]+/, ''));
  const number = scanNumber(bytes, 0, bytes.length);
  if (number === null) return Number.NaN;
  const known = parseDouble(bytes, 0, bytes.length);
  if (!Number.isNaN(known)) return known;
  // What scans and yet is refused is too large or too small for a double.
  const digits = number.kind === 'hex' ? number.digits.length * 4 : number.digits.length;
  const magnitude = digits + number.exponent > 0 ? Number.POSITIVE_INFINITY : 0;
  return number.negative ? -magnitude : magnitude;
}

/** Reads `lexRange` from two arguments; false after replying that one is no bound. */
export function parseLexRange(call: ReadCall, min: number, max: number): boolean {
  const { starts, ends } = call;
  lexRange.bytes = call.bytes;
  lexRange.minKind = boundKind(call, min);
  lexRange.minStart = starts[min]! + 1;
  lexRange.minEnd = ends[min]!;
  lexRange.maxKind = boundKind(call, max);
  lexRange.maxStart = starts[max]! + 1;
  lexRange.maxEnd = ends[max]!;
  if (lexRange.minKind >= 0 && lexRange.maxKind >= 0) return true;
  call.reply.error(NOT_A_MEMBER);
  return false;
}

/** BOUND_…, -1 for what is none. */
function boundKind(call: ReadCall, index: number): number {
  const length = call.length(index);
  if (length === 0) return -1;
  const start = call.starts[index]!;
  const first = call.bytes[start]!;
  if (first === OPEN) return BOUND_EXCLUSIVE;
  if (first === CLOSED) return BOUND_INCLUSIVE;
  // Nothing behind a NUL counts.
  if ((first !== PLUS && first !== MINUS) || (length > 1 && call.bytes[start + 1] !== 0)) return -1;
  return first === PLUS ? BOUND_GREATEST : BOUND_LEAST;
}
