// Times to live: the EXPIRE family, TTL and its relatives, PERSIST.

import { INT64_MAX, parseInt64, parseInteger } from '../../lib/integers.ts';
import { NONE } from '../../memory/flat-memory.ts';
import { error, invalidExpire, NOT_AN_INTEGER, untilNul } from '../../protocol/errors.ts';
import { type ReadCall, type WriteCall, word } from '../call.ts';
import { integer, key, oneOf, optional, read, reply, token, unixTime, write } from '../command.ts';
import { DEL_EVENT, EXPIRE_EVENT, PERSIST_EVENT } from '../events.ts';
import { NO_DEADLINE } from '../expiry.ts';

const NX = word('NX');
const XX = word('XX');
const GT = word('GT');
const LT = word('LT');
const IF_NX = 1;
const IF_XX = 2;
const IF_GT = 4;
const IF_LT = 8;

const NX_WITH_OTHERS = error('ERR NX and XX, GT or LT options at the same time are not compatible');
const GT_WITH_LT = error('ERR GT and LT options at the same time are not compatible');

/** What was refused; the error is replied. Deadlines are never this: those in the past delete the key. */
const REFUSED = Number.NaN;

/** The conditions from argument 3 on, as IF_… bits; -1 after replying why they cannot be. */
function parseConditions(call: WriteCall): number {
  let conditions = 0;
  for (let index = 3; index < call.count; index++) {
    if (call.is(index, NX)) conditions |= IF_NX;
    else if (call.is(index, XX)) conditions |= IF_XX;
    else if (call.is(index, GT)) conditions |= IF_GT;
    else if (call.is(index, LT)) conditions |= IF_LT;
    else {
      call.reply.errorText(`ERR Unsupported option ${untilNul(call.text(index))}`);
      return -1;
    }
  }
  if ((conditions & IF_NX) !== 0 && conditions !== IF_NX) {
    call.reply.error(NX_WITH_OTHERS);
    return -1;
  }
  if ((conditions & (IF_GT | IF_LT)) === (IF_GT | IF_LT)) {
    call.reply.error(GT_WITH_LT);
    return -1;
  }
  return conditions;
}

/** The deadline that argument 2 gives, in milliseconds since 1970; REFUSED (NaN) after replying why there is none. */
function parseTime(call: WriteCall, unit: number, base: number, name: string): number | bigint {
  const value = parseInteger(call.bytes, call.starts[2]!, call.ends[2]!);
  const deadline = value * unit + base;
  if (Number.isSafeInteger(deadline)) return deadline;
  const long = parseInt64(call.bytes, call.starts[2]!, call.ends[2]!);
  if (long === null) {
    call.reply.error(NOT_AN_INTEGER);
    return REFUSED;
  }
  const ms = long * BigInt(unit);
  if (ms > INT64_MAX - BigInt(base) || ms < -INT64_MAX - 1n) {
    call.reply.errorText(invalidExpire(name));
    return REFUSED;
  }
  return ms + BigInt(base);
}

/** Whether the conditions let a key whose deadline is `before` get `deadline`. */
function isAllowed(conditions: number, before: number | bigint, deadline: number | bigint): boolean {
  const has = before !== NO_DEADLINE;
  if ((conditions & IF_NX) !== 0 && has) return false;
  if ((conditions & IF_XX) !== 0 && !has) return false;
  // A key without a deadline lives for ever: nothing is greater, everything is less.
  if ((conditions & IF_GT) !== 0 && (!has || deadline <= before)) return false;
  return (conditions & IF_LT) === 0 || !has || deadline < before;
}

function expireKey(call: WriteCall, unit: number, absolute: boolean, name: string): void {
  const conditions = call.count > 3 ? parseConditions(call) : 0;
  if (conditions < 0) return;
  const deadline = parseTime(call, unit, absolute ? 0 : call.now(), name);
  if (Number.isNaN(deadline)) return;
  const handle = call.forWrite(1);
  if (handle === NONE || (conditions !== 0 && !isAllowed(conditions, call.keyspace.deadlineToCopy(handle), deadline))) {
    call.reply.integer(0);
    return;
  }
  if (deadline <= call.now() && call.mayExpireNow()) {
    call.keyspace.removeFound(call.database, handle, call.keyspace.lazyExpire);
    call.changed(1, DEL_EVENT);
    if (call.propagates()) {
      const word = call.keyspace.lazyExpire ? 'UNLINK' : 'DEL';
      call.propagateAs(2).text(word).bytes(call.bytes, call.starts[1]!, call.ends[1]!);
    }
  } else {
    if (!call.admit(call.length(1) + call.keyspace.recordBytes(handle))) return;
    call.keyspace.setDeadline(call.database, handle, deadline);
    call.changed(1, EXPIRE_EVENT);
    if (call.propagates()) propagateExpire(call, deadline);
  }
  call.reply.integer(1);
}

/** PEXPIREAT with the same conditions. */
function propagateExpire(call: WriteCall, deadline: number | bigint): void {
  const { bytes, starts, ends } = call;
  const stream = call
    .propagateAs(call.count)
    .text('PEXPIREAT')
    .bytes(bytes, starts[1]!, ends[1]!)
    .text(String(deadline));
  for (let index = 3; index < call.count; index++) stream.bytes(bytes, starts[index]!, ends[index]!);
}

const CONDITION = optional(oneOf('condition', token('NX'), token('XX'), token('GT'), token('LT')), { since: '7.0.0' });
const REPLIES = [reply.integer('1: set, 0: no such key, or the condition does not hold')];
const HISTORY = [['7.0.0', 'Options NX, XX, GT and LT.']] as const;

/**
 *     > SET session data
 *     OK
 *     > EXPIRE session 60
 *     (integer) 1
 *     > TTL session
 *     (integer) 60
 *     > EXPIRE session 30 GT
 *     (integer) 0
 */
export const expire = write(
  'EXPIRE',
  {
    group: 'generic',
    summary: 'Makes a key expire after some seconds.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'update'), integer('seconds'), CONDITION],
    replies: REPLIES,
    flags: ['fast'],
    categories: ['keyspace'],
    history: HISTORY,
  },
  function expire(call) {
    expireKey(call, 1000, false, 'expire');
  },
);

export const pexpire = write(
  'PEXPIRE',
  {
    group: 'generic',
    summary: 'Makes a key expire after some milliseconds.',
    since: '2.6.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'update'), integer('milliseconds'), CONDITION],
    replies: REPLIES,
    flags: ['fast'],
    categories: ['keyspace'],
    history: HISTORY,
  },
  function pexpire(call) {
    expireKey(call, 1, false, 'pexpire');
  },
);

export const expireat = write(
  'EXPIREAT',
  {
    group: 'generic',
    summary: 'Makes a key expire at a Unix time in seconds.',
    since: '1.2.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'update'), unixTime('unix-time-seconds'), CONDITION],
    replies: REPLIES,
    flags: ['fast'],
    categories: ['keyspace'],
    history: HISTORY,
  },
  function expireat(call) {
    expireKey(call, 1000, true, 'expireat');
  },
);

export const pexpireat = write(
  'PEXPIREAT',
  {
    group: 'generic',
    summary: 'Makes a key expire at a Unix time in milliseconds.',
    since: '2.6.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'update'), unixTime('unix-time-milliseconds'), CONDITION],
    replies: REPLIES,
    flags: ['fast'],
    categories: ['keyspace'],
    history: HISTORY,
  },
  function pexpireat(call) {
    expireKey(call, 1, true, 'pexpireat');
  },
);

/** What TTL and its relatives reply for keys that are not, and for those without expiry. */
const NO_KEY = -2;
const NO_EXPIRY = -1;

function replyTime(call: ReadCall, inSeconds: boolean, absolute: boolean): void {
  const handle = call.look(1);
  if (handle === NONE) {
    call.reply.integer(NO_KEY);
    return;
  }
  const deadline = call.deadlineOf(handle);
  if (deadline === NO_DEADLINE) {
    call.reply.integer(NO_EXPIRY);
    return;
  }
  if (typeof deadline === 'bigint') {
    const ms = absolute ? deadline : deadline - BigInt(call.now());
    call.reply.bigint(inSeconds ? (ms + 500n) / 1000n : ms);
    return;
  }
  const ms = absolute ? deadline : Math.max(0, deadline - call.now());
  call.reply.integer(inSeconds ? Math.floor((ms + 500) / 1000) : ms);
}

const TIME_ARGUMENTS = [key('key', 'RO', 'access')];

export const ttl = read(
  'TTL',
  {
    group: 'generic',
    summary: 'Tells in how many seconds a key expires.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: TIME_ARGUMENTS,
    replies: [reply.integer('seconds; -1: no expiry, -2: no such key')],
    flags: ['fast'],
    categories: ['keyspace'],
    tips: ['nondeterministic_output'],
    history: [['2.8.0', 'The reply -2.']],
  },
  function ttl(call) {
    replyTime(call, true, false);
  },
);

export const pttl = read(
  'PTTL',
  {
    group: 'generic',
    summary: 'Tells in how many milliseconds a key expires.',
    since: '2.6.0',
    complexity: 'O(1)',
    args: TIME_ARGUMENTS,
    replies: [reply.integer('milliseconds; -1: no expiry, -2: no such key')],
    flags: ['fast'],
    categories: ['keyspace'],
    tips: ['nondeterministic_output'],
    history: [['2.8.0', 'The reply -2.']],
  },
  function pttl(call) {
    replyTime(call, false, false);
  },
);

export const expiretime = read(
  'EXPIRETIME',
  {
    group: 'generic',
    summary: 'Tells at which Unix time, in seconds, a key expires.',
    since: '7.0.0',
    complexity: 'O(1)',
    args: TIME_ARGUMENTS,
    replies: [reply.integer('the time; -1: no expiry, -2: no such key')],
    flags: ['fast'],
    categories: ['keyspace'],
  },
  function expiretime(call) {
    replyTime(call, true, true);
  },
);

export const pexpiretime = read(
  'PEXPIRETIME',
  {
    group: 'generic',
    summary: 'Tells at which Unix time, in milliseconds, a key expires.',
    since: '7.0.0',
    complexity: 'O(1)',
    args: TIME_ARGUMENTS,
    replies: [reply.integer('the time; -1: no expiry, -2: no such key')],
    flags: ['fast'],
    categories: ['keyspace'],
  },
  function pexpiretime(call) {
    replyTime(call, false, true);
  },
);

export const persist = write(
  'PERSIST',
  {
    group: 'generic',
    summary: 'Makes a key live for ever.',
    since: '2.2.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'update')],
    replies: [reply.integer('1: the expiry is removed, 0: no such key, or it had none')],
    flags: ['fast'],
    categories: ['keyspace'],
  },
  function persist(call) {
    const handle = call.forWrite(1);
    if (handle === NONE || !call.keyspace.removeDeadline(call.database, handle)) {
      call.reply.integer(0);
      return;
    }
    call.changed(1, PERSIST_EVENT);
    call.reply.integer(1);
  },
);
