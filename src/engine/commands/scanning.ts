// What SCAN, SSCAN, HSCAN and ZSCAN share: cursors and options.

import { matchGlob } from '../../lib/glob.ts';
import { INT64_MIN, parseInteger, UINT64_MAX } from '../../lib/integers.ts';
import { NONE } from '../../memory/flat-memory.ts';
import { INVALID_CURSOR, SYNTAX_ERROR, untilNul } from '../../protocol/errors.ts';
import { MISTYPED, type ReadCall, word } from '../call.ts';

const MATCH = word('MATCH');
const COUNT = word('COUNT');
const TYPE = word('TYPE');
const ALL = word('*');

/** Records looked at by one call without COUNT. */
const SCAN_COUNT = 10;
/** Cursors of the hash table are below this; any greater number was never returned. */
const CURSOR_MAX = 2 ** 53 - 1;

/** The options of one call. */
export interface ScanOptions {
  readonly count: number;
  /** Argument number of the pattern, 0 without one. */
  readonly patternAt: number;
  /** SCAN's TYPE in lower case, '' without it. */
  readonly type: string;
  /** The option of the command's own that leaves values or scores out. */
  readonly bare: boolean;
}

/** A cursor argument: any number of 64 bits is one; -1 after replying that it is none. */
export function parseCursor(call: ReadCall, index: number): number {
  const value = parseInteger(call.bytes, call.starts[index]!, call.ends[index]!);
  if (value >= 0) return value;
  const long = Number.isNaN(value) ? parseLenientCursor(call.text(index)) : null;
  if (long !== null) return Number(long % BigInt(CURSOR_MAX));
  call.reply.error(INVALID_CURSOR);
  return -1;
}

/** What C's strtoull takes beside plain numbers: spaces in front, a sign, leading zeros; nothing behind a NUL. */
function parseLenientCursor(text: string): bigint | null {
  const match = /^[ \t-\r]*([+-]?)(\d{1,40})$/.exec(untilNul(text));
  if (match === null) return null;
  const magnitude = BigInt(match[2]!);
  if (magnitude > UINT64_MAX || (match[1] === '-' && magnitude > 0n && magnitude <= -INT64_MIN)) return null;
  return match[1] === '-' ? BigInt.asUintN(64, -magnitude) : magnitude;
}

/** The argument of COUNT: above 0, brought below 2^31; -1 after replying what is wrong with it. */
export function parseScanCount(call: ReadCall, index: number): number {
  const value = call.clampedInteger(index);
  if (Number.isNaN(value)) return -1;
  if (value < 1) {
    call.reply.error(SYNTAX_ERROR);
    return -1;
  }
  return Math.min(value, 0x7fffffff);
}

/**
 * The options from argument `from` on, null after replying what is wrong with them. `takesType`: SCAN's TYPE; `bareWord`:
 * the word that leaves values or scores out, for commands that have one.
 */
export function parseScanOptions(
  call: ReadCall,
  from: number,
  takesType: boolean,
  bareWord: Uint8Array | null,
): ScanOptions | null {
  let count = SCAN_COUNT;
  let patternAt = 0;
  let type = '';
  let bare = false;
  for (let index = from; index < call.count; index++) {
    const hasValue = index + 1 < call.count;
    if (hasValue && call.is(index, COUNT)) {
      count = parseScanCount(call, index + 1);
      if (count < 0) return null;
      index++;
    } else if (hasValue && call.is(index, MATCH)) patternAt = ++index;
    else if (hasValue && takesType && call.is(index, TYPE)) type = call.text(++index).toLowerCase();
    else if (bareWord !== null && call.is(index, bareWord)) bare = true;
    else {
      call.reply.error(SYNTAX_ERROR);
      return null;
    }
  }
  return { count, patternAt, type, bare };
}

/** Whether text matches the pattern in an argument (0: any does). A lone '*' takes the empty text too, as no other does. */
export function matchesPattern(
  call: ReadCall,
  patternAt: number,
  text: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (patternAt === 0 || call.is(patternAt, ALL)) return true;
  return matchGlob(call.bytes, call.starts[patternAt]!, call.ends[patternAt]!, text, start, end, false);
}

/** A scan through one value: where it goes on, and its options. */
export interface KeyScan extends ScanOptions {
  /** The record of the key. */
  readonly record: number;
  readonly cursor: number;
}

/**
 * What SSCAN, HSCAN and ZSCAN begin with: `key cursor [option …]`. Null after replying: the cursor is none, the key is of
 * another type or not there (whatever the options are), or an option is wrong.
 */
export function beginKeyScan(call: ReadCall, type: number, bareWord: Uint8Array | null): KeyScan | null {
  const cursor = parseCursor(call, 2);
  if (cursor < 0) return null;
  const record = call.findOf(1, type);
  if (record === MISTYPED) return null;
  if (record === NONE) {
    call.reply.array(2);
    call.reply.bulkText('0');
    call.reply.emptyArray();
    return null;
  }
  const options = parseScanOptions(call, 3, false, bareWord);
  return options === null ? null : { ...options, record, cursor };
}
