// Timeouts of blocking commands: seconds with fractions, or whole milliseconds; 0 is for ever.

import { parseDouble } from '../../lib/decimal.ts';
import { parseInteger } from '../../lib/integers.ts';
import { parseLongDouble } from '../../lib/long-double.ts';
import {
  TIMEOUT_NEGATIVE,
  TIMEOUT_NOT_A_FLOAT,
  TIMEOUT_NOT_AN_INTEGER,
  TIMEOUT_OUT_OF_RANGE,
} from '../../protocol/errors.ts';
import type { ReadCall } from '../call.ts';

/** Milliseconds beyond this are refused: what 64 bits hold. */
const MILLISECONDS_MAX = 2 ** 63;

/** The deadline in milliseconds since 1970 that an argument means, Infinity for 0; NaN after replying what is wrong. */
export function parseTimeout(call: ReadCall, index: number): number {
  const seconds = parseSeconds(call.bytes, call.starts[index]!, call.ends[index]!);
  if (Number.isNaN(seconds)) {
    call.reply.error(TIMEOUT_NOT_A_FLOAT);
    return Number.NaN;
  }
  const milliseconds = Math.ceil(seconds * 1000);
  if (milliseconds < 0) {
    call.reply.error(TIMEOUT_NEGATIVE);
    return Number.NaN;
  }
  if (milliseconds === 0) return Number.POSITIVE_INFINITY;
  const deadline = call.now() + milliseconds;
  if (deadline < MILLISECONDS_MAX) return deadline;
  call.reply.error(TIMEOUT_OUT_OF_RANGE);
  return Number.NaN;
}

/** Redis reads a timeout as a long double: what a double cannot hold is still a number, whatever its size. */
function parseSeconds(bytes: Uint8Array, start: number, end: number): number {
  const seconds = parseDouble(bytes, start, end);
  if (!Number.isNaN(seconds)) return seconds;
  const long = parseLongDouble(bytes, start, end);
  if (long === null) return Number.NaN;
  const magnitude = long.exponent > 0 ? Number.POSITIVE_INFINITY : Number.MIN_VALUE;
  return long.negative ? -magnitude : magnitude;
}

/** The milliseconds in an argument as a deadline, Infinity for 0; NaN after replying. */
export function parseMilliseconds(call: ReadCall, index: number): number {
  const timeout = parseInteger(call.bytes, call.starts[index]!, call.ends[index]!);
  if (Number.isNaN(timeout)) call.reply.error(TIMEOUT_NOT_AN_INTEGER);
  else if (timeout < 0) call.reply.error(TIMEOUT_NEGATIVE);
  else if (timeout > Number.MAX_SAFE_INTEGER - call.now()) call.reply.error(TIMEOUT_OUT_OF_RANGE);
  else return timeout === 0 ? Number.POSITIVE_INFINITY : call.now() + timeout;
  return Number.NaN;
}
