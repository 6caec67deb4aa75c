// Strings as numbers: INCR and its relatives.

import { STRING } from '../../../datatypes/key-record.ts';
import { fromLatin1 } from '../../../lib/bytes.ts';
import { INT64_MAX, INT64_MIN, parseInteger } from '../../../lib/integers.ts';
import { addLongDouble, formatLongDouble, type LongDouble, parseLongDouble } from '../../../lib/long-double.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import {
  DECREMENT_OVERFLOW,
  INCREMENT_NAN,
  INCREMENT_OVERFLOW,
  NOT_A_FLOAT,
  NOT_AN_INTEGER,
} from '../../../protocol/errors.ts';
import { MISTYPED, type WriteCall } from '../../call.ts';
import { double, integer, key, reply, write } from '../../command.ts';
import { INCRBY_EVENT, INCRBYFLOAT_EVENT } from '../../events.ts';

const NO_BYTES = new Uint8Array(0);

/** Adds a safe integer to the number that a key holds. */
function add(call: WriteCall, increment: number): void {
  const handle = call.forWriteOf(1, STRING);
  if (handle === MISTYPED) return;
  if (handle !== NONE) {
    const sum = call.keyspace.addInteger(call.database, handle, increment);
    if (!Number.isNaN(sum)) {
      call.changed(1, INCRBY_EVENT);
      call.reply.integer(sum);
      return;
    }
  }
  const after = (handle === NONE ? 0 : call.strings.integer(handle)) + increment;
  if (!Number.isSafeInteger(after)) {
    addLong(call, handle, BigInt(increment));
    return;
  }
  if (!call.admit(call.length(1))) return;
  const { bytes, starts, ends, strings, keyspace } = call;
  strings.setInteger(after);
  keyspace.storeClassified(call.database, handle, bytes, starts[1]!, ends[1]!, NO_BYTES, 0, 0, true);
  call.changed(1, INCRBY_EVENT);
  call.reply.integer(after);
}

/** The same beyond ±2^53, where BigInt does it; also what settles that a value is no integer. */
function addLong(call: WriteCall, handle: number, increment: bigint): void {
  const before = handle === NONE ? 0n : call.strings.parseInt64(handle);
  if (before === null) {
    call.reply.error(NOT_AN_INTEGER);
    return;
  }
  const after = before + increment;
  if (after > INT64_MAX || after < INT64_MIN) {
    call.reply.error(INCREMENT_OVERFLOW);
    return;
  }
  if (!call.admit(call.length(1))) return;
  const { bytes, starts, ends, strings, keyspace } = call;
  strings.setInt64(after);
  keyspace.storeClassified(call.database, handle, bytes, starts[1]!, ends[1]!, NO_BYTES, 0, 0, true);
  call.changed(1, INCRBY_EVENT);
  call.reply.bigint(after);
}

/** Adds the argument at 2, negated for DECRBY. */
function addArgument(call: WriteCall, negate: boolean): void {
  const value = parseInteger(call.bytes, call.starts[2]!, call.ends[2]!);
  if (!Number.isNaN(value)) {
    add(call, negate ? -value : value);
    return;
  }
  const long = call.int64(2);
  if (long === null) return;
  if (negate && long === INT64_MIN) {
    call.reply.error(DECREMENT_OVERFLOW);
    return;
  }
  const handle = call.forWriteOf(1, STRING);
  if (handle !== MISTYPED) addLong(call, handle, negate ? -long : long);
}

/**
 *     > INCR visits
 *     (integer) 1
 *     > INCRBY visits 41
 *     (integer) 42
 */
export const incr = write(
  'INCR',
  {
    group: 'string',
    summary: 'Adds one to the integer of a key, which starts at 0.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'access', 'update')],
    replies: [reply.integer('the value after it')],
    flags: ['denyoom', 'fast'],
  },
  function incr(call) {
    add(call, 1);
  },
);

export const decr = write(
  'DECR',
  {
    group: 'string',
    summary: 'Takes one from the integer of a key, which starts at 0.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'access', 'update')],
    replies: [reply.integer('the value after it')],
    flags: ['denyoom', 'fast'],
  },
  function decr(call) {
    add(call, -1);
  },
);

export const incrby = write(
  'INCRBY',
  {
    group: 'string',
    summary: 'Adds to the integer of a key, which starts at 0.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'access', 'update'), integer('increment')],
    replies: [reply.integer('the value after it')],
    flags: ['denyoom', 'fast'],
  },
  function incrby(call) {
    addArgument(call, false);
  },
);

export const decrby = write(
  'DECRBY',
  {
    group: 'string',
    summary: 'Subtracts from the integer of a key, which starts at 0.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'access', 'update'), integer('decrement')],
    replies: [reply.integer('the value after it')],
    flags: ['denyoom', 'fast'],
  },
  function decrby(call) {
    addArgument(call, true);
  },
);

export const ZERO: LongDouble = { kind: 'finite', negative: false, mantissa: 0n, exponent: 0 };

/** The long double that a string record holds; null when it is none. */
export function longDoubleOf(call: WriteCall, handle: number): LongDouble | null {
  if (handle === NONE) return ZERO;
  const { strings } = call;
  strings.read(handle);
  return parseLongDouble(strings.bytes, strings.start, strings.end);
}

/** Stores the decimal text of a number, which is not made an integer: as Redis does after float arithmetic. */
export function storeDecimal(call: WriteCall, handle: number, decimal: Uint8Array): void {
  const { bytes, starts, ends, strings, keyspace } = call;
  strings.classifyText(decimal.length);
  keyspace.storeClassified(call.database, handle, bytes, starts[1]!, ends[1]!, decimal, 0, decimal.length, true);
}

/**
 *     > SET price 10.50
 *     OK
 *     > INCRBYFLOAT price 0.1
 *     "10.6"
 */
export const incrbyfloat = write(
  'INCRBYFLOAT',
  {
    group: 'string',
    summary: 'Adds to the floating-point number of a key, which starts at 0.',
    since: '2.6.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'access', 'update'), double('increment')],
    replies: [reply.bulk('the value after it')],
    flags: ['denyoom', 'fast'],
  },
  function incrbyfloat(call) {
    const handle = call.forWriteOf(1, STRING);
    if (handle === MISTYPED) return;
    const before = longDoubleOf(call, handle);
    const increment = parseLongDouble(call.bytes, call.starts[2]!, call.ends[2]!);
    if (before === null || increment === null) {
      call.reply.error(NOT_A_FLOAT);
      return;
    }
    const after = addLongDouble(before, increment);
    if (after.kind !== 'finite') {
      call.reply.error(INCREMENT_NAN);
      return;
    }
    const decimal = fromLatin1(formatLongDouble(after));
    if (!call.admit(call.length(1) + decimal.length)) return;
    storeDecimal(call, handle, decimal);
    call.changed(1, INCRBYFLOAT_EVENT);
    call.reply.bulk(decimal, 0, decimal.length);
    if (!call.propagates()) return;
    const { bytes, starts, ends } = call;
    const stream = call.propagateAs(4).text('SET').bytes(bytes, starts[1]!, ends[1]!);
    stream.bytes(decimal, 0, decimal.length).text('KEEPTTL');
  },
);
