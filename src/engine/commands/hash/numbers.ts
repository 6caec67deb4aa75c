// Numbers in fields of hashes: HINCRBY, HINCRBYFLOAT. A field keeps its deadline.

import { NEVER } from '../../../datatypes/hash-walk.ts';
import { HASH } from '../../../datatypes/key-record.ts';
import { fromLatin1 } from '../../../lib/bytes.ts';
import { INT64_MAX, INT64_MIN, parseInt64, parseInteger, writeInt64, writeInteger } from '../../../lib/integers.ts';
import { addLongDouble, formatLongDouble, type LongDouble, parseLongDouble } from '../../../lib/long-double.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, INCREMENT_NAN, INCREMENT_OVERFLOW, NOT_A_FLOAT } from '../../../protocol/errors.ts';
import { MISTYPED, type WriteCall } from '../../call.ts';
import { double, integer, key, reply, text, write } from '../../command.ts';
import { HINCRBY_EVENT, HINCRBYFLOAT_EVENT, type KeyEvent } from '../../events.ts';
import { findField, hashForWrite, settleHash } from './fields.ts';

const NOT_AN_INTEGER_FIELD = error('ERR hash value is not an integer');
const NOT_A_FLOAT_FIELD = error('ERR hash value is not a float');
const NAN_OR_INFINITY = error('ERR value is NaN or Infinity');

const digits = new Uint8Array(24);

/** The hash of argument 1 with the field of argument 2 looked up: NONE when there is none, MISTYPED after replying. */
function findForUpdate(call: WriteCall): number {
  call.fieldFound = false;
  const hash = call.forWriteCounted(1, HASH);
  return hash === NONE || hash === MISTYPED ? hash : findField(call, hash, 2);
}

/** Stores the text of a number in the field of argument 2; `before` is the hash found, NONE without one. */
function store(call: WriteCall, before: number, value: Uint8Array, end: number, event: KeyEvent): boolean {
  const { bytes, starts, ends, hashes } = call;
  if (!call.admitArguments() || (before !== NONE && !call.admit(hashes.conversionBytes(before)))) return false;
  const hadDeadlines = before !== NONE && hashes.hasDeadlines(before);
  call.peek(1);
  const hash = before === NONE ? hashForWrite(call) : before;
  const isNew = hashes.set(hash, bytes, starts[2]!, ends[2]!, value, 0, end, true);
  settleHash(call, before, hashes.record, hadDeadlines);
  if (before !== NONE && isNew) call.grew(HASH, hashes.count(hashes.record), 1);
  call.withField(2);
  call.changed(1, event);
  return true;
}

/** The sum of a field's integer and an increment, where one of them is beyond 2^53; null after replying. */
function addLong(call: WriteCall): bigint | null {
  const { hashes } = call;
  const increment = call.int64(3)!;
  const before = call.fieldFound ? parseInt64(hashes.bytes, hashes.start, hashes.end) : 0n;
  if (before === null) {
    call.reply.error(NOT_AN_INTEGER_FIELD);
    return null;
  }
  const sum = before + increment;
  if (sum >= INT64_MIN && sum <= INT64_MAX) return sum;
  call.reply.error(INCREMENT_OVERFLOW);
  return null;
}

/**
 *     > HINCRBY page visits 5
 *     (integer) 5
 *     > HINCRBY page visits -2
 *     (integer) 3
 */
export const hincrby = write(
  'HINCRBY',
  {
    group: 'hash',
    summary: 'Adds to the integer of a field, which starts at 0.',
    since: '2.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'access', 'update'), text('field'), integer('increment')],
    replies: [reply.integer('the value after it')],
    flags: ['denyoom', 'fast'],
  },
  function hincrby(call) {
    const { hashes } = call;
    const increment = parseInteger(call.bytes, call.starts[3]!, call.ends[3]!);
    if (Number.isNaN(increment) && call.int64(3) === null) return;
    const hash = findForUpdate(call);
    if (hash === MISTYPED) return;
    const before = call.fieldFound ? parseInteger(hashes.bytes, hashes.start, hashes.end) : 0;
    const sum = before + increment;
    if (Number.isSafeInteger(sum)) {
      if (store(call, hash, digits, writeInteger(sum, digits, 0), HINCRBY_EVENT)) call.reply.integer(sum);
      return;
    }
    const long = addLong(call);
    if (long !== null && store(call, hash, digits, writeInt64(long, digits, 0), HINCRBY_EVENT)) call.reply.bigint(long);
  },
);

const ZERO: LongDouble = { kind: 'finite', negative: false, mantissa: 0n, exponent: 0 };

/**
 *     > HINCRBYFLOAT bill sum 10.50
 *     "10.5"
 *     > HINCRBYFLOAT bill sum 0.1
 *     "10.6"
 */
export const hincrbyfloat = write(
  'HINCRBYFLOAT',
  {
    group: 'hash',
    summary: 'Adds to the floating-point number of a field, which starts at 0.',
    since: '2.6.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'access', 'update'), text('field'), double('increment')],
    replies: [reply.bulk('the value after it')],
    flags: ['denyoom', 'fast'],
  },
  function hincrbyfloat(call) {
    const { hashes } = call;
    const increment = parseLongDouble(call.bytes, call.starts[3]!, call.ends[3]!);
    if (increment === null) {
      call.reply.error(NOT_A_FLOAT);
      return;
    }
    if (increment.kind !== 'finite') {
      call.reply.error(NAN_OR_INFINITY);
      return;
    }
    const hash = findForUpdate(call);
    if (hash === MISTYPED) return;
    const before = call.fieldFound ? parseLongDouble(hashes.bytes, hashes.start, hashes.end) : ZERO;
    const deadline = call.fieldFound ? hashes.deadline : NEVER;
    if (before === null) {
      call.reply.error(NOT_A_FLOAT_FIELD);
      return;
    }
    const sum = addLongDouble(before, increment);
    if (sum.kind !== 'finite') {
      call.reply.error(INCREMENT_NAN);
      return;
    }
    const decimal = fromLatin1(formatLongDouble(sum));
    if (!store(call, hash, decimal, decimal.length, HINCRBYFLOAT_EVENT)) return;
    call.reply.bulk(decimal, 0, decimal.length);
    if (call.propagates()) propagate(call, decimal, deadline);
  },
);

/** As HSET, which takes the deadline away: then it is set again. */
function propagate(call: WriteCall, decimal: Uint8Array, deadline: number): void {
  const { bytes, starts, ends } = call;
  const hset = call.propagateAs(4).text('HSET').bytes(bytes, starts[1]!, ends[1]!).bytes(bytes, starts[2]!, ends[2]!);
  hset.bytes(decimal, 0, decimal.length);
  if (deadline === NEVER) return;
  const expire = call.propagateAs(6).text('HPEXPIREAT').bytes(bytes, starts[1]!, ends[1]!).integer(deadline);
  expire.text('FIELDS').text('1').bytes(bytes, starts[2]!, ends[2]!);
}
