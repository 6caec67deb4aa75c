// Deadlines of fields: HEXPIRE and its like, HTTL and its like, HPERSIST; HGETEX, HSETEX, HGETDEL.

import { NEVER } from '../../../datatypes/hash-walk.ts';
import { HASH } from '../../../datatypes/key-record.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, invalidExpire, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { MISTYPED, type ReadCall, type WriteCall, word } from '../../call.ts';
import {
  type ArgumentDefinition,
  block,
  type CommandDefinition,
  integer,
  key,
  multiple,
  oneOf,
  optional,
  read,
  reply,
  text,
  token,
  unixTime,
  write,
} from '../../command.ts';
import { DEL_EVENT, HDEL_EVENT, HEXPIRE_EVENT, HPERSIST_EVENT, HSET_EVENT } from '../../events.ts';
import { findField, hashForWrite, setFields, settleHash } from './fields.ts';

/** The latest deadline of a field, in milliseconds since 1970: 2^46 - 2, in the year 4199. As in Redis 7.4. */
const DEADLINE_MAX = 2 ** 46 - 2;

const NO_FIELD = -2;
const NO_DEADLINE = -1;
const REFUSED = 0;
const DONE = 1;
const DELETED = 2;

const FIELDS = word('FIELDS');
const NX = word('NX');
const XX = word('XX');
const GT = word('GT');
const LT = word('LT');

const NEGATIVE_TIME = error('ERR invalid expire time, must be >= 0');
const NO_FIELDS = error('ERR Mandatory argument FIELDS is missing or not at the right position');
const TOO_FEW = error('ERR Parameter `numFields` should be greater than 0');
const NOT_A_COUNT = error('ERR Number of fields must be a positive integer');
const WRONG_COUNT = error('ERR The `numfields` parameter must match the number of arguments');

/** FIELDS at an argument, with the count behind it: the argument number of the first field, -1 after replying. */
function parseFields(call: ReadCall, at: number, refusal: Uint8Array): number {
  if (at >= call.count || !call.is(at, FIELDS)) {
    call.reply.error(NO_FIELDS);
    return -1;
  }
  const count = at + 1 < call.count ? call.quietInteger(at + 1) : Number.NaN;
  if (!(count >= 1)) {
    call.reply.error(refusal);
    return -1;
  }
  if (count !== call.count - at - 2) {
    call.reply.error(WRONG_COUNT);
    return -1;
  }
  return at + 2;
}

/** Looks the field in an argument up; false when there is none, or when its deadline has passed. */
function findAlive(call: ReadCall, hash: number, index: number): boolean {
  if (hash === NONE || !call.hashes.find(hash, call.bytes, call.starts[index]!, call.ends[index]!)) return false;
  return call.hashes.deadline === NEVER || call.hashes.deadline > call.expiryNow();
}

/**
 * Deletes those of the fields from an argument on whose deadlines have passed, and announces that before anything else happens.
 * Returns the record of the hash, which is the one found; NONE when it went with them.
 */
function expireNamed(call: WriteCall, hash: number, from: number): number {
  const { hashes } = call;
  if (hash === NONE || !hashes.hasDeadlines(hash)) return hash;
  let record = hash;
  for (let index = from; index < call.count && hashes.count(record) > 0; index++) {
    record = findField(call, record, index, true);
  }
  return call.keyspace.fieldExpiry.expiredSeveral(call.database, record);
}

const FIELDS_ARGUMENT = block('fields', integer('numfields'), multiple(text('field')));
const fieldsArgument: ArgumentDefinition = { ...FIELDS_ARGUMENT, token: 'FIELDS' };

// --- HTTL, HPTTL, HEXPIRETIME, HPEXPIRETIME ---

/** Tells the deadline of each field, or the time left. */
function replyDeadlines(call: ReadCall, isLeft: boolean, unit: number): void {
  const hash = call.findOf(1, HASH);
  if (hash === MISTYPED) return;
  const from = parseFields(call, 2, NOT_A_COUNT);
  if (from < 0) return;
  call.reply.array(call.count - from);
  for (let index = from; index < call.count; index++) {
    if (!findAlive(call, hash, index)) call.reply.integer(NO_FIELD);
    else if (call.hashes.deadline === NEVER) call.reply.integer(NO_DEADLINE);
    else call.reply.integer(Math.ceil((call.hashes.deadline - (isLeft ? call.now() : 0)) / unit));
  }
}

function asking(name: string, summary: string, isLeft: boolean, unit: number): CommandDefinition {
  return read(
    name,
    {
      group: 'hash',
      summary,
      since: '7.4.0',
      complexity: 'O(N), N being the fields asked for.',
      args: [key('key', 'RO', 'access'), fieldsArgument],
      replies: [reply.array('for each field the time; -1: it has no deadline, -2: there is no such field')],
      flags: ['fast'],
      ...(isLeft ? { tips: ['nondeterministic_output'] } : {}),
    },
    (call) => replyDeadlines(call, isLeft, unit),
  );
}

export const httl = asking('HTTL', 'Tells how many seconds fields have left.', true, 1000);
export const hpttl = asking('HPTTL', 'Tells how many milliseconds fields have left.', true, 1);
export const hexpiretime = asking('HEXPIRETIME', 'Tells when fields expire, in Unix seconds.', false, 1000);
export const hpexpiretime = asking('HPEXPIRETIME', 'Tells when fields expire, in Unix milliseconds.', false, 1);

// --- HEXPIRE and its like ---

const CONDITIONS = [NX, XX, GT, LT] as const;

/** Whether a condition lets the present deadline be replaced. */
function isAllowed(condition: Uint8Array | null, present: number, deadline: number): boolean {
  switch (condition) {
    case NX:
      return present === NEVER;
    case XX:
      return present !== NEVER;
    case GT:
      return present !== NEVER && deadline > present;
    case LT:
      return present === NEVER || deadline < present;
    default:
      return true;
  }
}

/** The time in an argument as a deadline in milliseconds since 1970, NaN after replying what is wrong with it. */
function parseDeadline(call: WriteCall, index: number, unit: number, isRelative: boolean, name: string): number {
  const time = call.clampedInteger(index);
  if (Number.isNaN(time)) return time;
  if (time < 0) {
    call.reply.error(NEGATIVE_TIME);
    return Number.NaN;
  }
  const deadline = time * unit + (isRelative ? call.now() : 0);
  if (time * unit <= DEADLINE_MAX && deadline <= DEADLINE_MAX) return deadline;
  call.reply.errorText(invalidExpire(name));
  return Number.NaN;
}

/** What became of one field. */
function expireOne(call: WriteCall, index: number, deadline: number, condition: Uint8Array | null): number {
  const { bytes, starts, ends, hashes } = call;
  const record = hashes.record;
  if (!findAlive(call, record, index)) return NO_FIELD;
  if (!isAllowed(condition, hashes.deadline, deadline)) return REFUSED;
  if (deadline <= call.now() && call.mayExpireNow()) {
    hashes.delete(record, bytes, starts[index]!, ends[index]!);
    return DELETED;
  }
  hashes.setDeadline(record, bytes, starts[index]!, ends[index]!, deadline);
  return DONE;
}

function expireFields(call: WriteCall, unit: number, isRelative: boolean, name: string): void {
  const hash = call.forWriteOf(1, HASH);
  if (hash === MISTYPED) return;
  const deadline = parseDeadline(call, 2, unit, isRelative, name);
  if (Number.isNaN(deadline)) return;
  const condition = CONDITIONS.find((each) => call.is(3, each)) ?? null;
  const from = parseFields(call, condition === null ? 3 : 4, TOO_FEW);
  if (from < 0) return;
  if (hash === NONE) {
    call.reply.array(call.count - from);
    for (let index = from; index < call.count; index++) call.reply.integer(NO_FIELD);
    return;
  }
  const room = call.hashes.conversionBytes(hash) + (call.count - from) * 64;
  if (!call.admit(room)) return;
  const hadDeadlines = call.hashes.hasDeadlines(hash);
  const outcomes = new Int8Array(call.count);
  call.hashes.record = hash;
  call.reply.array(call.count - from);
  for (let index = from; index < call.count; index++) {
    const outcome =
      call.hashes.count(call.hashes.record) === 0 ? NO_FIELD : expireOne(call, index, deadline, condition);
    outcomes[index] = outcome;
    call.reply.integer(outcome);
  }
  finishExpire(call, hash, hadDeadlines, outcomes, from, deadline, condition);
}

/** All that follows once deadlines were set or fields deleted. */
function finishExpire(
  call: WriteCall,
  hash: number,
  hadDeadlines: boolean,
  outcomes: Int8Array,
  from: number,
  deadline: number,
  condition: Uint8Array | null,
): void {
  const { hashes, keyspace } = call;
  const set = outcomes.filter((outcome) => outcome === DONE).length;
  const deleted = outcomes.filter((outcome) => outcome === DELETED).length;
  if (set + deleted === 0) return;
  const record = hashes.record;
  settleHash(call, hash, record, hadDeadlines);
  const isEmpty = hashes.count(record) === 0;
  if (isEmpty) keyspace.removeFound(call.database, record);
  for (let index = from; index < call.count; index++) if (outcomes[index]! >= DONE) call.withField(index);
  call.changed(1, deleted > 0 ? HDEL_EVENT : HEXPIRE_EVENT, set + deleted);
  if (isEmpty) call.notify(1, DEL_EVENT);
  if (!call.propagates()) return;
  const { bytes, starts, ends } = call;
  for (let index = from; index < call.count; index++) {
    if (outcomes[index] !== DELETED) continue;
    const removal = call.propagateAs(3).text('HDEL').bytes(bytes, starts[1]!, ends[1]!);
    removal.bytes(bytes, starts[index]!, ends[index]!);
  }
  if (set === 0) return;
  const stream = call.propagateAs(5 + set + (condition === null ? 0 : 1)).text('HPEXPIREAT');
  stream.bytes(bytes, starts[1]!, ends[1]!).integer(deadline);
  if (condition !== null) stream.bytes(bytes, starts[3]!, ends[3]!);
  stream.text('FIELDS').integer(set);
  for (let index = from; index < call.count; index++) {
    if (outcomes[index] === DONE) stream.bytes(bytes, starts[index]!, ends[index]!);
  }
}

function expiring(name: string, summary: string, time: ArgumentDefinition, unit: number, isRelative: boolean) {
  return write(
    name,
    {
      group: 'hash',
      summary,
      since: '7.4.0',
      complexity: 'O(N), N being the fields.',
      args: [
        key('key', 'RW', 'update'),
        time,
        optional(oneOf('condition', token('NX'), token('XX'), token('GT'), token('LT'))),
        fieldsArgument,
      ],
      replies: [
        reply.array(
          'for each field: 1 when set, 0 when the condition refused, 2 when deleted at once, -2 when not there',
        ),
      ],
      flags: ['denyoom', 'fast'],
    },
    (call) => expireFields(call, unit, isRelative, name.toLowerCase()),
  );
}

/**
 *     > HSET session token abc
 *     (integer) 1
 *     > HEXPIRE session 60 FIELDS 2 token user
 *     1) (integer) 1
 *     2) (integer) -2
 *     > HTTL session FIELDS 1 token
 *     1) (integer) 60
 */
export const hexpire = expiring('HEXPIRE', 'Lets fields expire after so many seconds.', integer('seconds'), 1000, true);
export const hpexpire = expiring(
  'HPEXPIRE',
  'Lets fields expire after so many milliseconds.',
  integer('milliseconds'),
  1,
  true,
);
export const hexpireat = expiring(
  'HEXPIREAT',
  'Lets fields expire at a time in Unix seconds.',
  unixTime('unix-time-seconds'),
  1000,
  false,
);
export const hpexpireat = expiring(
  'HPEXPIREAT',
  'Lets fields expire at a time in Unix milliseconds.',
  unixTime('unix-time-milliseconds'),
  1,
  false,
);

/**
 *     > HSET session token abc
 *     (integer) 1
 *     > HPERSIST session FIELDS 1 token
 *     1) (integer) -1
 */
export const hpersist = write(
  'HPERSIST',
  {
    group: 'hash',
    summary: 'Takes the deadlines of fields away.',
    since: '7.4.0',
    complexity: 'O(N), N being the fields.',
    args: [key('key', 'RW', 'update'), fieldsArgument],
    replies: [reply.array('for each field: 1 when taken away, -1 when it had none, -2 when there is no such field')],
    flags: ['fast'],
  },
  function hpersist(call) {
    const hash = call.forWriteOf(1, HASH);
    if (hash === MISTYPED) return;
    const from = parseFields(call, 2, NOT_A_COUNT);
    if (from < 0) return;
    const { hashes } = call;
    const hadDeadlines = hash !== NONE && hashes.hasDeadlines(hash);
    let persisted = 0;
    hashes.record = hash;
    call.reply.array(call.count - from);
    for (let index = from; index < call.count; index++) {
      if (!findAlive(call, hashes.record, index)) call.reply.integer(NO_FIELD);
      else if (hashes.deadline === NEVER) call.reply.integer(NO_DEADLINE);
      else {
        hashes.setDeadline(hashes.record, call.bytes, call.starts[index]!, call.ends[index]!, NEVER);
        call.reply.integer(DONE);
        call.withField(index);
        persisted++;
      }
    }
    if (persisted === 0) return;
    settleHash(call, hash, hashes.record, hadDeadlines);
    call.changed(1, HPERSIST_EVENT, persisted);
  },
);

// --- HGETEX, HSETEX, HGETDEL ---

const EX = word('EX');
const PX = word('PX');
const EXAT = word('EXAT');
const PXAT = word('PXAT');
const KEEPTTL = word('KEEPTTL');
const PERSIST = word('PERSIST');
const FNX = word('FNX');
const FXX = word('FXX');

const ONE_TIME_ONLY_GET = error('ERR Only one of EX, PX, EXAT, PXAT or PERSIST arguments can be specified');
const ONE_TIME_ONLY_SET = error('ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified');
const ONE_CONDITION_ONLY = error('ERR Only one of FXX or FNX arguments can be specified');
const WRONG_PAIRS = error('ERR wrong number of arguments');

/** What HGETEX and HSETEX were asked for beside fields. */
interface FieldOptions {
  /** Argument number of the first field. */
  readonly from: number;
  /** The new deadline; NEVER: none was given. */
  readonly deadline: number;
  readonly keeps: boolean;
  readonly persists: boolean;
  readonly onlyNew: boolean;
  readonly onlyOld: boolean;
}

const TIMES = [
  { word: EX, unit: 1000, isRelative: true },
  { word: PX, unit: 1, isRelative: true },
  { word: EXAT, unit: 1000, isRelative: false },
  { word: PXAT, unit: 1, isRelative: false },
] as const;

/** The options up to FIELDS, null after replying what is wrong. `sets`: HSETEX. */
function parseOptions(call: WriteCall, sets: boolean): FieldOptions | null {
  const name = sets ? 'hsetex' : 'hgetex';
  let deadline = NEVER;
  let times = 0;
  let keeps = false;
  let persists = false;
  let onlyNew = false;
  let onlyOld = false;
  let index = 2;
  for (; index < call.count && !call.is(index, FIELDS); index++) {
    const time = TIMES.find((each) => call.is(index, each.word));
    if (time !== undefined && index + 1 < call.count) {
      times++;
      if (times === 1) {
        deadline = parseDeadline(call, ++index, time.unit, time.isRelative, name);
        if (Number.isNaN(deadline)) return null;
      } else index++;
    } else if (sets && call.is(index, KEEPTTL)) {
      keeps = true;
      times++;
    } else if (!sets && call.is(index, PERSIST)) {
      persists = true;
      times++;
    } else if (sets && call.is(index, FNX)) onlyNew = true;
    else if (sets && call.is(index, FXX)) onlyOld = true;
    else {
      call.reply.error(SYNTAX_ERROR);
      return null;
    }
  }
  if (times > 1) {
    call.reply.error(sets ? ONE_TIME_ONLY_SET : ONE_TIME_ONLY_GET);
    return null;
  }
  if (onlyNew && onlyOld) {
    call.reply.error(ONE_CONDITION_ONLY);
    return null;
  }
  const from = sets ? parsePairs(call, index) : parseFields(call, index, NOT_A_COUNT);
  return from < 0 ? null : { from, deadline, keeps, persists, onlyNew, onlyOld };
}

/** FIELDS and a count of pairs: the argument number of the first field, -1 after replying. */
function parsePairs(call: WriteCall, at: number): number {
  if (at >= call.count) {
    call.reply.error(NO_FIELDS);
    return -1;
  }
  const count = at + 1 < call.count ? call.quietInteger(at + 1) : Number.NaN;
  if (!(count >= 1)) {
    call.reply.error(NOT_A_COUNT);
    return -1;
  }
  if (count * 2 !== call.count - at - 2) {
    call.reply.error((call.count - at - 2) % 2 === 0 ? WRONG_COUNT : WRONG_PAIRS);
    return -1;
  }
  return at + 2;
}

const EXPIRATION = [
  integer('seconds', { token: 'EX' }),
  integer('milliseconds', { token: 'PX' }),
  unixTime('unix-time-seconds', { token: 'EXAT' }),
  unixTime('unix-time-milliseconds', { token: 'PXAT' }),
];

/** Replies the values of the fields from an argument on. */
function replyValues(call: WriteCall, hash: number, from: number): void {
  const { hashes } = call;
  call.reply.array(call.count - from);
  for (let index = from; index < call.count; index++) {
    if (findAlive(call, hash, index)) call.reply.bulk(hashes.bytes, hashes.start, hashes.end);
    else call.reply.nil();
  }
}

/**
 *     > HSET session token abc
 *     (integer) 1
 *     > HGETEX session EX 60 FIELDS 1 token
 *     1) "abc"
 *     > HTTL session FIELDS 1 token
 *     1) (integer) 60
 */
export const hgetex = write(
  'HGETEX',
  {
    group: 'hash',
    summary: 'Tells the values of fields and sets their deadlines, or takes them away.',
    since: '8.0.0',
    complexity: 'O(N), N being the fields.',
    args: [
      key('key', 'RW', 'access', 'update'),
      optional(oneOf('expiration', ...EXPIRATION, token('PERSIST'))),
      fieldsArgument,
    ],
    replies: [reply.array('a value or nil for each field')],
    flags: ['fast'],
  },
  function hgetex(call) {
    const found = call.forWriteOf(1, HASH);
    if (found === MISTYPED) return;
    const options = parseOptions(call, false);
    if (options === null) return;
    const { from, deadline, persists } = options;
    if (found !== NONE && !call.admit(call.hashes.conversionBytes(found) + (call.count - from) * 64)) return;
    const hash = expireNamed(call, found, from);
    replyValues(call, hash, from);
    if (hash === NONE || (deadline === NEVER && !persists)) {
      call.propagateNothing();
      return;
    }
    const { hashes } = call;
    const hadDeadlines = hashes.hasDeadlines(hash);
    const outcomes = new Int8Array(call.count);
    hashes.record = hash;
    let persisted = 0;
    for (let index = from; index < call.count && hashes.count(hashes.record) > 0; index++) {
      if (!persists) outcomes[index] = expireOne(call, index, deadline, null);
      else if (findAlive(call, hashes.record, index) && hashes.deadline !== NEVER) {
        hashes.setDeadline(hashes.record, call.bytes, call.starts[index]!, call.ends[index]!, NEVER);
        outcomes[index] = DONE;
        persisted++;
      }
    }
    if (!persists) finishExpire(call, hash, hadDeadlines, outcomes, from, deadline, null);
    else if (persisted > 0) finishPersist(call, hash, hadDeadlines, outcomes, from, persisted);
  },
);

function finishPersist(
  call: WriteCall,
  hash: number,
  hadDeadlines: boolean,
  outcomes: Int8Array,
  from: number,
  persisted: number,
): void {
  settleHash(call, hash, call.hashes.record, hadDeadlines);
  for (let index = from; index < call.count; index++) if (outcomes[index] === DONE) call.withField(index);
  call.changed(1, HPERSIST_EVENT, persisted);
  if (!call.propagates()) return;
  const { bytes, starts, ends } = call;
  const stream = call
    .propagateAs(4 + persisted)
    .text('HPERSIST')
    .bytes(bytes, starts[1]!, ends[1]!);
  stream.text('FIELDS').integer(persisted);
  for (let index = from; index < call.count; index++) {
    if (outcomes[index] === DONE) stream.bytes(bytes, starts[index]!, ends[index]!);
  }
}

/**
 *     > HSETEX session EX 60 FIELDS 1 token abc
 *     (integer) 1
 *     > HSETEX session FNX FIELDS 1 token def
 *     (integer) 0
 */
export const hsetex = write(
  'HSETEX',
  {
    group: 'hash',
    summary: 'Sets fields with a deadline, all or none of them.',
    since: '8.0.0',
    complexity: 'O(N), N being the fields.',
    args: [
      key('key', 'RW', 'update'),
      optional(oneOf('condition', token('FNX'), token('FXX'))),
      optional(oneOf('expiration', ...EXPIRATION, token('KEEPTTL'))),
      {
        ...block('fields', integer('numfields'), multiple(block('data', text('field'), text('value')))),
        token: 'FIELDS',
      },
    ],
    replies: [reply.integer('1 when the fields were set, 0 when the condition refused')],
    flags: ['denyoom', 'fast'],
  },
  function hsetex(call) {
    const before = call.forWriteOf(1, HASH);
    if (before === MISTYPED) return;
    const options = parseOptions(call, true);
    if (options === null) return;
    const { from, deadline, keeps, onlyNew, onlyOld } = options;
    if (!call.admitArguments() || (before !== NONE && !call.admit(call.hashes.conversionBytes(before)))) return;
    const hash = onlyNew || onlyOld ? hashThatMeets(call, before, from, onlyOld) : before;
    if (hash !== UNMET) setWithDeadline(call, hash, from, deadline, keeps);
    call.reply.integer(hash === UNMET ? 0 : 1);
  },
);

/** In place of a record: the condition is not met. */
const UNMET = -1;

/**
 * The record of a hash that has all of the fields from an argument on, or none, UNMET when it is not so. Fields that it
 * meets whose deadlines have passed are deleted, and announced; a hash that meets the condition may be without fields then.
 */
function hashThatMeets(call: WriteCall, hash: number, from: number, hasAll: boolean): number {
  let record = hash;
  let meets = true;
  for (let index = from; meets && index < call.count; index += 2) {
    call.fieldFound = false;
    if (record !== NONE && call.hashes.count(record) > 0) record = findField(call, record, index, true);
    meets = call.fieldFound === hasAll;
  }
  if (record !== NONE) record = call.keyspace.fieldExpiry.expiredSeveral(call.database, record, meets);
  return meets ? record : UNMET;
}

function setWithDeadline(call: WriteCall, before: number, from: number, deadline: number, keeps: boolean): void {
  const { bytes, starts, ends, hashes, keyspace } = call;
  const hadDeadlines = before !== NONE && hashes.hasDeadlines(before);
  setFields(call, before === NONE ? hashForWrite(call) : before, from, keeps);
  const dies = deadline !== NEVER && deadline <= call.now() && call.mayExpireNow();
  let pairs = 0;
  for (let index = from; deadline !== NEVER && index < call.count; index += 2) {
    if (dies) hashes.delete(hashes.record, bytes, starts[index]!, ends[index]!);
    else hashes.setDeadline(hashes.record, bytes, starts[index]!, ends[index]!, deadline);
    pairs++;
  }
  const { record } = hashes;
  const isEmpty = hashes.count(record) === 0;
  settleHash(call, before, record, hadDeadlines);
  if (isEmpty) keyspace.removeFound(call.database, record);
  call.withFields(from, 2);
  call.changed(1, HSET_EVENT, (call.count - from) / 2);
  if (deadline !== NEVER) call.withFields(from, 2);
  if (deadline !== NEVER) call.notify(1, dies ? HDEL_EVENT : HEXPIRE_EVENT);
  if (isEmpty) call.notify(1, DEL_EVENT);
  if (call.propagates() && deadline !== NEVER) propagateSet(call, from, dies, deadline, pairs);
}

/** As HSETEX with the absolute deadline, or as HDEL where the fields are gone at once. */
function propagateSet(call: WriteCall, from: number, dies: boolean, deadline: number, pairs: number): void {
  const { bytes, starts, ends } = call;
  const stream = call.propagateAs(dies ? 2 + pairs : 6 + pairs * 2).text(dies ? 'HDEL' : 'HSETEX');
  stream.bytes(bytes, starts[1]!, ends[1]!);
  if (!dies) stream.text('PXAT').integer(deadline).text('FIELDS').integer(pairs);
  for (let index = from; index < call.count; index += dies ? 2 : 1) stream.bytes(bytes, starts[index]!, ends[index]!);
}

/**
 *     > HSET session token abc
 *     (integer) 1
 *     > HGETDEL session FIELDS 1 token
 *     1) "abc"
 *     > EXISTS session
 *     (integer) 0
 */
export const hgetdel = write(
  'HGETDEL',
  {
    group: 'hash',
    summary: 'Tells the values of fields and deletes them.',
    since: '8.0.0',
    complexity: 'O(N), N being the fields.',
    args: [key('key', 'RW', 'access', 'delete'), fieldsArgument],
    replies: [reply.array('a value or nil for each field')],
    flags: ['fast'],
  },
  function hgetdel(call) {
    const hash = call.forWriteOf(1, HASH);
    if (hash === MISTYPED) return;
    const from = parseFields(call, 2, NOT_A_COUNT);
    if (from < 0) return;
    getAndDelete(call, expireNamed(call, hash, from), from);
  },
);

function getAndDelete(call: WriteCall, hash: number, from: number): void {
  const { bytes, starts, ends, hashes, keyspace } = call;
  const hadDeadlines = hash !== NONE && hashes.hasDeadlines(hash);
  const outcomes = new Int8Array(call.count);
  let record = hash;
  let deleted = 0;
  call.reply.array(call.count - from);
  for (let index = from; index < call.count; index++) {
    if (!findAlive(call, record, index)) {
      call.reply.nil();
      continue;
    }
    call.reply.bulk(hashes.bytes, hashes.start, hashes.end);
    hashes.delete(record, bytes, starts[index]!, ends[index]!);
    record = hashes.record;
    outcomes[index] = DELETED;
    call.withField(index);
    deleted++;
  }
  if (deleted === 0) return;
  settleHash(call, hash, record, hadDeadlines);
  const isEmpty = hashes.count(record) === 0;
  if (isEmpty) keyspace.removeFound(call.database, record);
  call.changed(1, HDEL_EVENT, deleted);
  if (isEmpty) call.notify(1, DEL_EVENT);
  if (!call.propagates()) return;
  const stream = call
    .propagateAs(2 + deleted)
    .text('HDEL')
    .bytes(bytes, starts[1]!, ends[1]!);
  for (let index = from; index < call.count; index++) {
    if (outcomes[index] === DELETED) stream.bytes(bytes, starts[index]!, ends[index]!);
  }
}
