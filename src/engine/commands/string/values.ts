// Whole string values: GET, SET and their older and newer forms.

import { STRING } from '../../../datatypes/key-record.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { SYNTAX_ERROR, wrongArity } from '../../../protocol/errors.ts';
import { MISTYPED, type ReadCall, type WriteCall, word } from '../../call.ts';
import {
  block,
  integer,
  type KeyFlag,
  key,
  multiple,
  oneOf,
  optional,
  read,
  reply,
  text,
  token,
  write,
} from '../../command.ts';
import { DEL_EVENT, EXPIRE_EVENT, PERSIST_EVENT, SET_EVENT } from '../../events.ts';
import {
  ABSOLUTE,
  EXPIRATION_ARGUMENTS,
  expirationOption,
  KEEPTTL_ARGUMENT,
  parseDeadline,
  REFUSED,
  store,
  UNIT_MILLISECONDS,
  UNIT_SECONDS,
} from '../expiration.ts';
import { HOLDS, HOLDS_NOT, IFDEQ, IFDNE, IFEQ, IFNE, meets, NO_DIGEST } from './digest.ts';

const NX = word('NX');
const XX = word('XX');
const GET = word('GET');
const KEEPTTL = word('KEEPTTL');
const PERSIST = word('PERSIST');

/** Replies the value of a string record. */
function replyValue(call: ReadCall, handle: number): void {
  const { strings } = call;
  strings.read(handle);
  call.reply.bulk(strings.bytes, strings.start, strings.end);
}

/**
 *     > SET greeting hello
 *     OK
 *     > GET greeting
 *     "hello"
 *     > GET nothing
 *     (nil)
 */
export const get = read(
  'GET',
  {
    group: 'string',
    summary: 'Tells the value of a string key.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RO', 'access')],
    replies: [reply.bulk('the value'), reply.nil('no such key')],
    flags: ['fast'],
  },
  function get(call) {
    const handle = call.findOf(1, STRING);
    if (handle === NONE) call.reply.nil();
    else if (handle !== MISTYPED) replyValue(call, handle);
  },
);

// --- SET ---

/** The options of one SET, read before anything happens. Reused: commands do not overlap. */
class SetOptions {
  /** Argument number of the expiry's value and its kind (expiration.ts), 0 without one. */
  expiryAt = 0;
  expiryKind = 0;
  keepTtl = false;
  get = false;
  /** NX, XX, IFEQ, IFNE, IFDEQ, IFDNE; null: no condition. */
  condition: Uint8Array | null = null;
  conditionAt = 0;

  /** Reads the arguments from `first` on; false after replying a syntax error. */
  parse(call: ReadCall, first: number): boolean {
    this.expiryAt = 0;
    this.expiryKind = 0;
    this.keepTtl = false;
    this.get = false;
    this.condition = null;
    for (let index = first; index < call.count; index++) {
      const read = this.parseOne(call, index);
      if (read === 0) {
        call.reply.error(SYNTAX_ERROR);
        return false;
      }
      index += read - 1;
    }
    return true;
  }

  /** Whether the condition is about the value. */
  compares(): boolean {
    return this.condition !== null && this.condition !== NX && this.condition !== XX;
  }

  /** Reads one option; returns how many arguments it takes, 0 when it is none or contradicts another. */
  private parseOne(call: ReadCall, index: number): number {
    const kind = expirationOption(call, index);
    if (kind !== 0) {
      // EX twice is as good as once, the last one counts.
      if ((this.expiryKind !== 0 && this.expiryKind !== kind) || this.keepTtl || index + 1 >= call.count) return 0;
      this.expiryKind = kind;
      this.expiryAt = index + 1;
      return 2;
    }
    if (call.is(index, GET)) {
      this.get = true;
      return 1;
    }
    if (call.is(index, KEEPTTL)) {
      if (this.expiryKind !== 0) return 0;
      this.keepTtl = true;
      return 1;
    }
    for (const condition of CONDITIONS) {
      if (!call.is(index, condition)) continue;
      // NX NX is as good as NX.
      if (this.condition !== null && this.condition !== condition) return 0;
      this.condition = condition;
      if (condition === NX || condition === XX) return 1;
      this.conditionAt = index + 1;
      return index + 1 < call.count ? 2 : 0;
    }
    return 0;
  }
}

const CONDITIONS = [NX, XX, IFEQ, IFNE, IFDEQ, IFDNE];

const options = new SetOptions();

/** Whether SET's condition lets it go on with what was found: HOLDS, HOLDS_NOT; NO_DIGEST after replying an error. */
function isMet(call: ReadCall, existing: number): number {
  const { condition } = options;
  if (condition === null) return HOLDS;
  if (condition === NX) return existing === NONE ? HOLDS : HOLDS_NOT;
  if (condition === XX) return existing === NONE ? HOLDS_NOT : HOLDS;
  if (existing === NONE) return condition === IFNE || condition === IFDNE ? HOLDS : HOLDS_NOT;
  return meets(call, existing, condition, options.conditionAt);
}

/** What SET does to its key: it reads the value before only with GET or a condition on it. */
function setKeyFlags(call: ReadCall): readonly KeyFlag[] {
  for (let index = 3; index < call.count; index++) {
    for (const reading of READING) if (call.is(index, reading)) return ['RW', 'access', 'update'];
  }
  return ['OW', 'update'];
}

const READING = [GET, IFEQ, IFNE, IFDEQ, IFDNE];

/**
 *     > SET lock token NX PX 30000
 *     OK
 *     > SET lock other NX
 *     (nil)
 *     > SET lock other XX GET
 *     "token"
 */
export const set = write(
  'SET',
  {
    group: 'string',
    summary: 'Sets a key to a string, whatever it held before.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [
      key('key', 'RW', 'access', 'update', 'variable_flags'),
      text('value'),
      optional(
        oneOf(
          'condition',
          token('NX'),
          token('XX'),
          text('ifeq-value', { token: 'IFEQ', since: '8.4.0' }),
          text('ifne-value', { token: 'IFNE', since: '8.4.0' }),
          text('ifdeq-digest', { token: 'IFDEQ', since: '8.4.0' }),
          text('ifdne-digest', { token: 'IFDNE', since: '8.4.0' }),
        ),
        { since: '2.6.12' },
      ),
      optional(token('GET'), { since: '6.2.0' }),
      optional(oneOf('expiration', ...EXPIRATION_ARGUMENTS, KEEPTTL_ARGUMENT)),
    ],
    replies: [
      reply.ok('the key was set'),
      reply.nil('the condition does not hold, or with GET: there was no value'),
      reply.bulk('with GET: the value before'),
    ],
    flags: ['denyoom'],
    history: [
      ['2.6.12', 'Options EX, PX, NX and XX.'],
      ['6.0.0', 'Option KEEPTTL.'],
      ['6.2.0', 'Options GET, EXAT and PXAT.'],
      ['7.0.0', 'NX and GET may be used together.'],
      ['8.4.0', 'Options IFEQ, IFNE, IFDEQ and IFDNE.'],
    ],
    keyFlagsOf: setKeyFlags,
  },
  function set(call) {
    if (call.count > 3) {
      setWithOptions(call);
      return;
    }
    const { bytes, starts, ends } = call;
    const existing = call.forWrite(1);
    if (!call.admit(ends[2]! - starts[1]!)) return;
    if (existing !== NONE) call.overwriting(1, existing, STRING);
    call.keyspace.setString(call.database, existing, bytes, starts[1]!, ends[1]!, bytes, starts[2]!, ends[2]!, false);
    call.changed(1, SET_EVENT);
    call.reply.ok();
  },
);

function setWithOptions(call: WriteCall): void {
  if (!options.parse(call, 3)) return;
  let deadline: number | bigint = 0;
  if (options.expiryKind !== 0) {
    deadline = parseDeadline(call, options.expiryAt, options.expiryKind, 'set');
    if (deadline === REFUSED) return;
  }
  const needsString = options.get || options.compares();
  const existing = options.get ? call.findOf(1, STRING) : needsString ? call.forWriteOf(1, STRING) : call.forWrite(1);
  if (existing === MISTYPED || !call.admit(call.length(1) + call.length(2))) return;
  const met = isMet(call, existing);
  if (met === NO_DIGEST) return;
  if (options.get) {
    if (existing === NONE) call.reply.nil();
    else replyValue(call, existing);
  } else if (met === HOLDS_NOT) call.reply.nil();
  if (met === HOLDS_NOT) return;
  store(call, existing, 1, 2, deadline, options.keepTtl);
  if (!options.get) call.reply.ok();
  if (!call.propagates()) return;
  if (options.expiryKind !== 0 || options.compares()) propagateSet(call, 1, 2, deadline, options.keepTtl);
  else if (options.get) propagateWithoutGet(call);
}

/** SET as it came, but for GET: whoever applies the stream gives no replies. */
function propagateWithoutGet(call: WriteCall): void {
  const { bytes, starts, ends } = call;
  let kept = 3;
  for (let index = 3; index < call.count; index++) if (!call.is(index, GET)) kept++;
  const stream = call.propagateAs(kept);
  for (let index = 0; index < call.count; index++) {
    if (index < 3 || !call.is(index, GET)) stream.bytes(bytes, starts[index]!, ends[index]!);
  }
}

/** SET key value [PXAT milliseconds | KEEPTTL]: what the stream gets of any command that sets a key. */
function propagateSet(
  call: WriteCall,
  keyAt: number,
  valueAt: number,
  deadline: number | bigint,
  keepTtl: boolean,
): void {
  const { bytes, starts, ends } = call;
  const stream = call.propagateAs(deadline !== 0 ? 5 : keepTtl ? 4 : 3).text('SET');
  stream.bytes(bytes, starts[keyAt]!, ends[keyAt]!).bytes(bytes, starts[valueAt]!, ends[valueAt]!);
  if (deadline !== 0) stream.text('PXAT').text(String(deadline));
  else if (keepTtl) stream.text('KEEPTTL');
}

export const setnx = write(
  'SETNX',
  {
    group: 'string',
    summary: 'Sets a key to a string, if it does not exist.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [key('key', 'OW', 'insert'), text('value')],
    replies: [reply.integer('1: set, 0: the key exists')],
    flags: ['denyoom', 'fast'],
    deprecated: { since: '2.6.12', instead: '`SET` with the `NX` argument' },
  },
  function setnx(call) {
    const existing = call.forWrite(1);
    if (existing !== NONE) {
      call.reply.integer(0);
      return;
    }
    if (!call.admit(call.length(1) + call.length(2))) return;
    store(call, existing, 1, 2, 0, false);
    call.reply.integer(1);
  },
);

/** SETEX and PSETEX: key, time, value. */
function setWithTime(call: WriteCall, kind: number, name: string): void {
  const deadline = parseDeadline(call, 2, kind, name);
  if (deadline === REFUSED) return;
  const existing = call.forWrite(1);
  if (!call.admit(call.length(1) + call.length(3))) return;
  store(call, existing, 1, 3, deadline, false);
  call.reply.ok();
  if (call.propagates()) propagateSet(call, 1, 3, deadline, false);
}

export const setex = write(
  'SETEX',
  {
    group: 'string',
    summary: 'Sets a key to a string that expires after some seconds.',
    since: '2.0.0',
    complexity: 'O(1)',
    args: [key('key', 'OW', 'update'), integer('seconds'), text('value')],
    replies: [reply.ok()],
    flags: ['denyoom'],
    deprecated: { since: '2.6.12', instead: '`SET` with the `EX` argument' },
  },
  function setex(call) {
    setWithTime(call, UNIT_SECONDS, 'setex');
  },
);

export const psetex = write(
  'PSETEX',
  {
    group: 'string',
    summary: 'Sets a key to a string that expires after some milliseconds.',
    since: '2.6.0',
    complexity: 'O(1)',
    args: [key('key', 'OW', 'update'), integer('milliseconds'), text('value')],
    replies: [reply.ok()],
    flags: ['denyoom'],
    deprecated: { since: '2.6.12', instead: '`SET` with the `PX` argument' },
  },
  function psetex(call) {
    setWithTime(call, UNIT_MILLISECONDS, 'psetex');
  },
);

export const getset = write(
  'GETSET',
  {
    group: 'string',
    summary: 'Sets a key to a string and tells the one before.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'access', 'update'), text('value')],
    replies: [reply.bulk('the value before'), reply.nil('there was none')],
    flags: ['denyoom', 'fast'],
    deprecated: { since: '6.2.0', instead: '`SET` with the `!GET` argument' },
  },
  function getset(call) {
    const existing = call.findOf(1, STRING);
    if (existing === MISTYPED || !call.admit(call.length(1) + call.length(2))) return;
    if (existing === NONE) call.reply.nil();
    else replyValue(call, existing);
    store(call, existing, 1, 2, 0, false);
    if (call.propagates()) propagateSet(call, 1, 2, 0, false);
  },
);

/**
 *     > SET session data
 *     OK
 *     > GETDEL session
 *     "data"
 *     > GETDEL session
 *     (nil)
 */
export const getdel = write(
  'GETDEL',
  {
    group: 'string',
    summary: 'Tells the value of a string key and deletes it.',
    since: '6.2.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'access', 'delete')],
    replies: [reply.bulk('the value'), reply.nil('no such key')],
    flags: ['fast'],
  },
  function getdel(call) {
    const handle = call.findOf(1, STRING);
    if (handle === MISTYPED) return;
    if (handle === NONE) {
      call.reply.nil();
      return;
    }
    replyValue(call, handle);
    call.keyspace.removeFound(call.database, handle);
    call.changed(1, DEL_EVENT);
    if (call.propagates()) call.propagateAs(2).text('DEL').bytes(call.bytes, call.starts[1]!, call.ends[1]!);
  },
);

/**
 *     > SET session data
 *     OK
 *     > GETEX session EX 60
 *     "data"
 *     > TTL session
 *     (integer) 60
 */
export const getex = write(
  'GETEX',
  {
    group: 'string',
    summary: 'Tells the value of a string key and sets or removes its expiry.',
    since: '6.2.0',
    complexity: 'O(1)',
    args: [
      key('key', 'RW', 'access', 'update'),
      optional(oneOf('expiration', ...EXPIRATION_ARGUMENTS, token('PERSIST'))),
    ],
    replies: [reply.bulk('the value'), reply.nil('no such key')],
    flags: ['fast'],
  },
  function getex(call) {
    const kind = getexOption(call);
    if (kind < 0) {
      call.reply.error(SYNTAX_ERROR);
      return;
    }
    // As in Redis a time is looked at only where there is a key to give it to.
    const handle = call.findOf(1, STRING);
    if (handle === MISTYPED) return;
    if (handle === NONE) {
      call.reply.nil();
      return;
    }
    const deadline = kind === 0 || kind === PERSISTS ? 0 : parseDeadline(call, call.count - 1, kind, 'getex');
    if (deadline === REFUSED) return;
    if (deadline !== 0 && !call.admit(call.keyspace.recordBytes(handle))) return;
    replyValue(call, handle);
    if (kind === PERSISTS) removeExpiry(call, handle);
    else if (kind !== 0) expire(call, handle, deadline, (kind & ABSOLUTE) !== 0);
  },
);

/** GETEX's option for an expiry that is to go, beside those of expiration.ts. */
const PERSISTS = 8;

/** The option of a GETEX, which may be repeated; 0 for none, -1 for what is none. */
function getexOption(call: ReadCall): number {
  let chosen = 0;
  for (let index = 2; index < call.count; index++) {
    const timed = expirationOption(call, index);
    const kind = timed === 0 && call.is(index, PERSIST) ? PERSISTS : timed;
    if (kind === 0 || (chosen !== 0 && chosen !== kind) || (timed !== 0 && ++index === call.count)) return -1;
    chosen = kind;
  }
  return chosen;
}

function removeExpiry(call: WriteCall, handle: number): void {
  if (!call.keyspace.removeDeadline(call.database, handle)) return;
  call.changed(1, PERSIST_EVENT);
  if (call.propagates()) call.propagateAs(2).text('PERSIST').bytes(call.bytes, call.starts[1]!, call.ends[1]!);
}

function expire(call: WriteCall, handle: number, deadline: number | bigint, absolute: boolean): void {
  const { bytes, starts, ends } = call;
  if (absolute && deadline <= call.now() && call.mayExpireNow()) {
    call.keyspace.removeFound(call.database, handle);
    call.changed(1, DEL_EVENT);
    if (call.propagates()) call.propagateAs(2).text('DEL').bytes(bytes, starts[1]!, ends[1]!);
    return;
  }
  call.keyspace.setDeadline(call.database, handle, deadline);
  call.changed(1, EXPIRE_EVENT);
  if (call.propagates())
    call.propagateAs(3).text('PEXPIREAT').bytes(bytes, starts[1]!, ends[1]!).text(String(deadline));
}

// --- several keys ---

/**
 *     > MSET a 1 b 2
 *     OK
 *     > MGET a b c
 *     1) "1"
 *     2) "2"
 *     3) (nil)
 */
export const mget = read(
  'MGET',
  {
    group: 'string',
    summary: 'Tells the values of several string keys.',
    since: '1.0.0',
    complexity: 'O(N), N being the keys.',
    args: [multiple(key('key', 'RO', 'access'))],
    replies: [reply.array('a value for each key, nil where there is no string')],
    flags: ['fast'],
    tips: ['request_policy:multi_shard'],
  },
  function mget(call) {
    call.reply.array(call.count - 1);
    for (let index = 1; index < call.count; index++) {
      const handle = call.find(index);
      if (handle === NONE || call.typeOf(handle) !== STRING) call.reply.nil();
      else replyValue(call, handle);
    }
  },
);

const PAIRS = [multiple(block('data', key('key', 'OW', 'update'), text('value')))];
const NEW_PAIRS = [multiple(block('data', key('key', 'OW', 'insert'), text('value')))];

function setPairs(call: WriteCall): void {
  for (let index = 1; index < call.count; index += 2) store(call, call.forWrite(index), index, index + 1, 0, false);
}

export const mset = write(
  'MSET',
  {
    group: 'string',
    summary: 'Sets several keys to strings.',
    since: '1.0.1',
    complexity: 'O(N), N being the keys.',
    args: PAIRS,
    replies: [reply.ok()],
    flags: ['denyoom'],
    tips: ['request_policy:multi_shard', 'response_policy:all_succeeded'],
  },
  function mset(call) {
    if (call.count % 2 === 0) call.reply.errorText(wrongArity('mset'));
    else if (call.admitArguments()) {
      setPairs(call);
      call.reply.ok();
    }
  },
);

export const msetnx = write(
  'MSETNX',
  {
    group: 'string',
    summary: 'Sets several keys to strings, if none of them exists.',
    since: '1.0.1',
    complexity: 'O(N), N being the keys.',
    args: NEW_PAIRS,
    replies: [reply.integer('1: all were set, 0: none was, since one exists')],
    flags: ['denyoom'],
  },
  function msetnx(call) {
    if (call.count % 2 === 0) {
      call.reply.errorText(wrongArity('msetnx'));
      return;
    }
    for (let index = 1; index < call.count; index += 2) {
      if (call.forWrite(index) === NONE) continue;
      call.reply.integer(0);
      return;
    }
    if (!call.admitArguments()) return;
    setPairs(call);
    call.reply.integer(1);
  },
);
