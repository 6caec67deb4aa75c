// INCREX: an increment with bounds and an expiry, for rate limiters, quotas and stocks. The arithmetic is exact: 64-bit
// integers as BigInt, floats as the long doubles of INCRBYFLOAT.

import { STRING } from '../../../datatypes/key-record.ts';
import { fromLatin1 } from '../../../lib/bytes.ts';
import { INT64_MAX, INT64_MIN, parseInt64 } from '../../../lib/integers.ts';
import {
  addLongDouble,
  compareLongDouble,
  formatLongDouble,
  LONG_DOUBLE_MAX,
  type LongDouble,
  negateLongDouble,
  parseLongDouble,
} from '../../../lib/long-double.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, NOT_A_FLOAT, NOT_AN_INTEGER, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { MISTYPED, type WriteCall, word } from '../../call.ts';
import { double, integer, key, oneOf, optional, reply, text, token, write } from '../../command.ts';
import {
  DEL_EVENT,
  EXPIRE_EVENT,
  INCRBY_EVENT,
  INCRBYFLOAT_EVENT,
  type KeyEvent,
  PERSIST_EVENT,
} from '../../events.ts';
import { NO_DEADLINE } from '../../expiry.ts';
import { EXPIRATION_ARGUMENTS, expirationOption, parseDeadline, REFUSED } from '../expiration.ts';
import { storeDecimal, ZERO } from './numbers.ts';

const BYINT = word('BYINT');
const BYFLOAT = word('BYFLOAT');
const LBOUND = word('LBOUND');
const UBOUND = word('UBOUND');
const SATURATE = word('SATURATE');
const PERSIST = word('PERSIST');
const ENX = word('ENX');

const BAD_INCREMENT = error('ERR Increment is not an integer or out of range');
const BAD_FLOAT_INCREMENT = error('ERR Increment is not a valid float');
const INFINITE_INCREMENT = error('ERR BYFLOAT increment cannot be Infinity');
const BAD_LOWER = error('ERR LBOUND is not an integer or out of range');
const BAD_UPPER = error('ERR UBOUND is not an integer or out of range');
const BAD_FLOAT_LOWER = error('ERR LBOUND is not a valid float');
const BAD_FLOAT_UPPER = error('ERR UBOUND is not a valid float');
const CROSSED_BOUNDS = error("ERR LBOUND can't be greater than UBOUND");
const ENX_ALONE = error('ERR ENX flag requires an expiration');
const INFINITE_VALUE = error('ERR value cannot be Infinity');
const APPLIED_OVERFLOW = error('ERR applied increment would overflow');
const APPLIED_INFINITE = error('ERR applied increment would be Infinity');

const NO_BYTES = new Uint8Array(0);

/** The options of one INCREX: argument numbers, 0 where absent. Reused: commands do not overlap. */
class Options {
  incrementAt = 0;
  isFloat = false;
  lowerAt = 0;
  upperAt = 0;
  saturates = false;
  expiryKind = 0;
  expiryAt = 0;
  persists = false;
  onlyNew = false;
  /** In milliseconds since 1970; 0 without one. */
  deadline: number | bigint = 0;

  /** Reads all options; false after replying what is wrong with them. Each may be given once. */
  parse(call: WriteCall): boolean {
    this.incrementAt = 0;
    this.isFloat = false;
    this.lowerAt = 0;
    this.upperAt = 0;
    this.saturates = false;
    this.expiryKind = 0;
    this.persists = false;
    this.onlyNew = false;
    this.deadline = 0;
    for (let index = 2; index < call.count; index++) {
      const read = this.parseFlag(call, index) ? 1 : index + 1 < call.count && this.parseValue(call, index) ? 2 : 0;
      if (read === 0) {
        call.reply.error(SYNTAX_ERROR);
        return false;
      }
      index += read - 1;
    }
    if (this.persists && this.onlyNew) {
      call.reply.error(SYNTAX_ERROR);
      return false;
    }
    if (this.onlyNew && this.expiryKind === 0) {
      call.reply.error(ENX_ALONE);
      return false;
    }
    return true;
  }

  private parseFlag(call: WriteCall, index: number): boolean {
    if (call.is(index, SATURATE) && !this.saturates) this.saturates = true;
    else if (call.is(index, ENX) && !this.onlyNew) this.onlyNew = true;
    else if (call.is(index, PERSIST) && !this.persists && this.expiryKind === 0) this.persists = true;
    else return false;
    return true;
  }

  private parseValue(call: WriteCall, index: number): boolean {
    const kind = expirationOption(call, index);
    if (kind !== 0 && this.expiryKind === 0 && !this.persists) {
      this.expiryKind = kind;
      this.expiryAt = index + 1;
    } else if (call.is(index, LBOUND) && this.lowerAt === 0) this.lowerAt = index + 1;
    else if (call.is(index, UBOUND) && this.upperAt === 0) this.upperAt = index + 1;
    else if ((call.is(index, BYINT) || call.is(index, BYFLOAT)) && this.incrementAt === 0) {
      this.incrementAt = index + 1;
      this.isFloat = call.is(index, BYFLOAT);
    } else return false;
    return true;
  }

  /** Works the deadline out; false after replying that it is none. */
  parseExpiry(call: WriteCall): boolean {
    if (this.expiryKind !== 0) this.deadline = parseDeadline(call, this.expiryAt, this.expiryKind, 'increx');
    return this.deadline !== REFUSED;
  }
}

const options = new Options();

/** The integer of an option, `otherwise` when it is absent; null after replying `refusal`. */
function integerAt(call: WriteCall, index: number, otherwise: bigint, refusal: Uint8Array): bigint | null {
  if (index === 0) return otherwise;
  const value = parseInt64(call.bytes, call.starts[index]!, call.ends[index]!);
  if (value === null) call.reply.error(refusal);
  return value;
}

function floatAt(call: WriteCall, index: number, otherwise: LongDouble, refusal: Uint8Array): LongDouble | null {
  if (index === 0) return otherwise;
  const value = parseLongDouble(call.bytes, call.starts[index]!, call.ends[index]!);
  if (value === null) call.reply.error(refusal);
  return value;
}

function addIntegers(call: WriteCall): void {
  const increment = integerAt(call, options.incrementAt, 1n, BAD_INCREMENT);
  if (increment === null) return;
  const lower = integerAt(call, options.lowerAt, INT64_MIN, BAD_LOWER);
  if (lower === null) return;
  const upper = integerAt(call, options.upperAt, INT64_MAX, BAD_UPPER);
  if (upper === null) return;
  if (lower > upper) {
    call.reply.error(CROSSED_BOUNDS);
    return;
  }
  if (!options.parseExpiry(call)) return;
  const handle = call.forWriteOf(1, STRING);
  if (handle === MISTYPED) return;
  const before = handle === NONE ? 0n : call.strings.parseInt64(handle);
  if (before === null) {
    call.reply.error(NOT_AN_INTEGER);
    return;
  }
  let after = before + increment;
  if (after < lower || after > upper) {
    if (!options.saturates) {
      replyIntegers(call, before, 0n);
      return;
    }
    after = after < lower ? lower : upper;
  }
  const applied = after - before;
  if (applied > INT64_MAX || applied < INT64_MIN) {
    call.reply.error(APPLIED_OVERFLOW);
    return;
  }
  if (!call.admit(call.length(1))) return;
  if (!deletesAtOnce(call, handle)) {
    const { bytes, starts, ends, strings, keyspace } = call;
    strings.setInt64(after);
    keyspace.storeClassified(call.database, handle, bytes, starts[1]!, ends[1]!, NO_BYTES, 0, 0, true);
    finish(call, INCRBY_EVENT, String(after));
  }
  replyIntegers(call, after, applied);
}

function replyIntegers(call: WriteCall, value: bigint, applied: bigint): void {
  call.reply.array(2);
  call.reply.bigint(value);
  call.reply.bigint(applied);
}

function addFloats(call: WriteCall): void {
  const increment = floatAt(call, options.incrementAt, ZERO, BAD_FLOAT_INCREMENT);
  if (increment === null) return;
  if (increment.kind !== 'finite') {
    call.reply.error(INFINITE_INCREMENT);
    return;
  }
  const lower = floatAt(call, options.lowerAt, negateLongDouble(LONG_DOUBLE_MAX), BAD_FLOAT_LOWER);
  if (lower === null) return;
  const upper = floatAt(call, options.upperAt, LONG_DOUBLE_MAX, BAD_FLOAT_UPPER);
  if (upper === null) return;
  if (compareLongDouble(lower, upper) > 0) {
    call.reply.error(CROSSED_BOUNDS);
    return;
  }
  if (!options.parseExpiry(call)) return;
  const handle = call.forWriteOf(1, STRING);
  if (handle === MISTYPED) return;
  const before = floatOf(call, handle);
  if (before === null) return;
  let after = addLongDouble(before, increment);
  const isLow = compareLongDouble(after, lower) < 0;
  if (isLow || compareLongDouble(after, upper) > 0) {
    if (!options.saturates) {
      replyFloats(call, formatLongDouble(before), '0');
      return;
    }
    after = isLow ? lower : upper;
  }
  const applied = addLongDouble(after, negateLongDouble(before));
  if (applied.kind !== 'finite' || after.kind !== 'finite') {
    call.reply.error(APPLIED_INFINITE);
    return;
  }
  const decimal = formatLongDouble(after);
  if (!call.admit(call.length(1) + decimal.length)) return;
  if (!deletesAtOnce(call, handle)) {
    storeDecimal(call, handle, fromLatin1(decimal));
    finish(call, INCRBYFLOAT_EVENT, decimal);
  }
  replyFloats(call, decimal, formatLongDouble(applied));
}

/** The finite number that a key holds, 0 without one; null after replying that it is none. */
function floatOf(call: WriteCall, handle: number): LongDouble | null {
  if (handle === NONE) return ZERO;
  const { strings } = call;
  strings.read(handle);
  const value = parseLongDouble(strings.bytes, strings.start, strings.end);
  if (value?.kind === 'finite') return value;
  call.reply.error(value === null ? NOT_A_FLOAT : INFINITE_VALUE);
  return null;
}

function replyFloats(call: WriteCall, value: string, applied: string): void {
  call.reply.array(2);
  call.reply.doubleText(value);
  call.reply.doubleText(applied);
}

/** Whether the deadline that is asked for gets set: ENX leaves one alone that is there. */
function setsDeadline(call: WriteCall, handle: number): boolean {
  if (options.deadline === 0) return false;
  return !options.onlyNew || handle === NONE || call.deadlineOf(handle) === NO_DEADLINE;
}

/** Deletes the key when its new deadline has passed already: then it is never seen with the new value. */
function deletesAtOnce(call: WriteCall, handle: number): boolean {
  if (!setsDeadline(call, handle) || options.deadline > call.now() || !call.mayExpireNow()) return false;
  if (handle === NONE) return true;
  call.keyspace.removeFound(call.database, handle, call.keyspace.lazyExpire);
  call.changed(1, DEL_EVENT);
  if (call.propagates()) {
    const name = call.keyspace.lazyExpire ? 'UNLINK' : 'DEL';
    call.propagateAs(2).text(name).bytes(call.bytes, call.starts[1]!, call.ends[1]!);
  }
  return true;
}

/** What follows when the value, of this decimal text, was stored: the expiry, the events, the stream. */
function finish(call: WriteCall, event: KeyEvent, decimal: string): void {
  const { bytes, starts, ends, keyspace, database } = call;
  const handle = call.peek(1);
  const sets = setsDeadline(call, handle);
  if (sets) keyspace.setDeadline(database, handle, options.deadline);
  const persisted = options.persists && keyspace.removeDeadline(database, handle);
  call.changed(1, event);
  if (sets) call.notify(1, EXPIRE_EVENT);
  if (persisted) call.notify(1, PERSIST_EVENT);
  if (!call.propagates()) return;
  const stream = call.propagateAs(sets ? 5 : persisted ? 3 : 4).text('SET');
  stream.bytes(bytes, starts[1]!, ends[1]!).text(decimal);
  if (sets) stream.text('PXAT').text(String(options.deadline));
  else if (!persisted) stream.text('KEEPTTL');
}

/**
 *     > INCREX requests UBOUND 2 EX 60 ENX
 *     1) (integer) 1
 *     2) (integer) 1
 *     > INCREX requests BYINT 5 UBOUND 2
 *     1) (integer) 1
 *     2) (integer) 0
 *     > INCREX requests BYINT 5 UBOUND 3 SATURATE
 *     1) (integer) 3
 *     2) (integer) 2
 *     > INCREX requests BYFLOAT 0.5
 *     1) "3.5"
 *     2) "0.5"
 */
export const increx = write(
  'INCREX',
  {
    group: 'string',
    summary: 'Adds to the number of a key, within bounds, and sets its expiry.',
    since: '8.8.0',
    complexity: 'O(1)',
    args: [
      key('key', 'RW', 'access', 'update'),
      optional(oneOf('increment', double('float', { token: 'BYFLOAT' }), integer('integer', { token: 'BYINT' }))),
      optional(token('SATURATE')),
      optional(text('lowerbound', { token: 'LBOUND' })),
      optional(text('upperbound', { token: 'UBOUND' })),
      optional(oneOf('expiration', ...EXPIRATION_ARGUMENTS, token('PERSIST'))),
      optional(token('ENX')),
    ],
    replies: [reply.array('the value after it, and what was added: 0 when the result would be out of bounds')],
    flags: ['denyoom', 'fast'],
  },
  function increx(call) {
    if (!options.parse(call)) return;
    if (options.isFloat) addFloats(call);
    else addIntegers(call);
  },
);
