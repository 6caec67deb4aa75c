// Whole databases: look through them, count, empty and exchange them.

import { TYPE_NAMES } from '../../datatypes/key-record.ts';
import { matchGlob } from '../../lib/glob.ts';
import { INT64_MIN, parseInt64, parseInteger, UINT64_MAX } from '../../lib/integers.ts';
import { NONE } from '../../memory/flat-memory.ts';
import { DB_OUT_OF_RANGE, error, INVALID_CURSOR, SYNTAX_ERROR, untilNul } from '../../protocol/errors.ts';
import { type ReadCall, type WriteCall, word } from '../call.ts';
import { integer, oneOf, optional, pattern, read, reply, text, token, write } from '../command.ts';
import type { Database } from '../keyspace.ts';

const ALL = word('*');

/** Whether a record's key matches the pattern in an argument. A lone '*' takes the empty key too, as no other does. */
function matches(call: ReadCall, handle: number, patternAt: number): boolean {
  if (call.is(patternAt, ALL)) return true;
  const { bytes, starts, ends, keyspace } = call;
  keyspace.readKey(handle);
  const { keyBytes, keyStart, keyEnd } = keyspace;
  return matchGlob(bytes, starts[patternAt]!, ends[patternAt]!, keyBytes, keyStart, keyEnd, false);
}

function replyKey(call: ReadCall, handle: number): void {
  const { keyspace } = call;
  keyspace.readKey(handle);
  call.reply.bulk(keyspace.keyBytes, keyspace.keyStart, keyspace.keyEnd);
}

/**
 *     > MSET one 1 two 2 three 3
 *     OK
 *     > KEYS t[wx]*
 *     1) "two"
 */
export const keys = read(
  'KEYS',
  {
    group: 'generic',
    summary: 'Lists all keys that match a pattern. Holds everything else up: SCAN does not.',
    since: '1.0.0',
    complexity: 'O(N), N being the keys of the database.',
    args: [pattern('pattern')],
    replies: [reply.array('keys')],
    categories: ['keyspace', 'dangerous'],
    tips: ['request_policy:all_shards', 'nondeterministic_output_order'],
  },
  function keys(call) {
    const { keyspace, database } = call;
    const mark = call.reply.later();
    let count = 0;
    let cursor = 0;
    do {
      cursor = keyspace.scan(database, cursor);
      for (let index = 0; index < keyspace.collectedCount(); index++) {
        const handle = keyspace.collected(index);
        if (keyspace.isExpired(handle) || !matches(call, handle, 1)) continue;
        replyKey(call, handle);
        count++;
      }
    } while (cursor !== 0);
    call.reply.arrayAt(mark, count);
  },
);

const MATCH = word('MATCH');
const COUNT = word('COUNT');
const TYPE = word('TYPE');

/** Records looked at by one SCAN without COUNT, and buckets visited for each of them at most. */
const SCAN_COUNT = 10;
const BUCKETS_PER_COUNT = 10;
/** Cursors of the hash table are below this; any greater number was never returned. */
const CURSOR_MAX = 2 ** 53 - 1;

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
 *     > MSET one 1 two 2
 *     OK
 *     > SCAN 0 COUNT 100 MATCH o*
 *     1) "0"
 *     2) 1) "one"
 */
export const scan = read(
  'SCAN',
  {
    group: 'generic',
    summary: 'Looks through the keys of a database a few at a time.',
    since: '2.8.0',
    complexity: 'O(1) for each call; O(N) for all of them, N being the keys.',
    args: [
      integer('cursor'),
      optional(pattern('pattern', { token: 'MATCH' })),
      optional(integer('count', { token: 'COUNT' })),
      optional(text('type', { token: 'TYPE', since: '6.0.0' })),
    ],
    replies: [reply.array('the next cursor, 0 at the end, and an array of keys')],
    categories: ['keyspace'],
    tips: ['nondeterministic_output', 'request_policy:special', 'response_policy:special'],
    history: [['6.0.0', 'Option TYPE.']],
  },
  function scan(call) {
    const cursor = parseCursor(call, 1);
    if (cursor < 0) return;
    let count = SCAN_COUNT;
    let patternAt = 0;
    let typeName = '';
    for (let index = 2; index < call.count; index += 2) {
      const hasValue = index + 1 < call.count;
      if (hasValue && call.is(index, COUNT)) {
        count = parseScanCount(call, index + 1);
        if (count < 0) return;
      } else if (hasValue && call.is(index, MATCH)) patternAt = index + 1;
      else if (hasValue && call.is(index, TYPE)) typeName = call.text(index + 1).toLowerCase();
      else {
        call.reply.error(SYNTAX_ERROR);
        return;
      }
    }
    replyScan(call, cursor, count, patternAt, typeName);
  },
);

function replyScan(call: ReadCall, from: number, count: number, patternAt: number, typeName: string): void {
  const { keyspace, database } = call;
  const handles: number[] = [];
  const expired: number[] = [];
  let cursor = from;
  let buckets = count * BUCKETS_PER_COUNT;
  let seen = 0;
  do {
    cursor = keyspace.scan(database, cursor);
    seen += keyspace.collectedCount();
    for (let index = 0; index < keyspace.collectedCount(); index++) {
      const handle = keyspace.collected(index);
      if (typeName !== '' && TYPE_NAMES[call.typeOf(handle)] !== typeName) continue;
      if (patternAt !== 0 && !matches(call, handle, patternAt)) continue;
      if (keyspace.isExpired(handle)) expired.push(handle);
      else handles.push(handle);
    }
  } while (cursor !== 0 && seen < count && --buckets > 0);
  call.reply.array(2);
  call.reply.bulkInteger(cursor);
  call.reply.array(handles.length);
  for (const handle of handles) replyKey(call, handle);
  for (const handle of expired) keyspace.expireRecord(database, handle);
}

export const randomkey = read(
  'RANDOMKEY',
  {
    group: 'generic',
    summary: 'Names a key chosen at random.',
    since: '1.0.0',
    complexity: 'O(1)',
    replies: [reply.bulk('a key'), reply.nil('the database is empty')],
    categories: ['keyspace'],
    tips: ['request_policy:all_shards', 'response_policy:special', 'nondeterministic_output'],
  },
  function randomkey(call) {
    const handle = call.randomKey();
    if (handle === NONE) call.reply.nil();
    else replyKey(call, handle);
  },
);

export const dbsize = read(
  'DBSIZE',
  {
    group: 'server',
    summary: 'Counts the keys of the database.',
    since: '1.0.0',
    complexity: 'O(1)',
    replies: [reply.integer('keys')],
    flags: ['fast'],
    categories: ['keyspace'],
    tips: ['request_policy:all_shards', 'response_policy:agg_sum'],
  },
  function dbsize(call) {
    call.reply.integer(call.keyspace.count(call.database));
  },
);

// --- FLUSHDB, FLUSHALL, SWAPDB ---

const ASYNC = word('ASYNC');
const SYNC = word('SYNC');

/** Whether a flush frees in slices; null after replying a syntax error. */
function parseFlush(call: WriteCall): boolean | null {
  if (call.count === 1) return call.engine.lazyUserFlush;
  if (call.count === 2 && call.is(1, ASYNC)) return true;
  if (call.count === 2 && call.is(1, SYNC)) return false;
  call.reply.error(SYNTAX_ERROR);
  return null;
}

function empty(call: WriteCall, database: Database, lazily: boolean): void {
  const { engine, keyspace } = call;
  engine.dirty += keyspace.count(database);
  if (engine.effects !== 0) engine.changes.databaseReplaced(database, null);
  const root = keyspace.detach(database);
  if (lazily) engine.dispose(root);
  else while (keyspace.disposeStep(root));
}

const FLUSH_TYPE = optional(oneOf('flush-type', token('ASYNC', { since: '4.0.0' }), token('SYNC', { since: '6.2.0' })));
const FLUSH_HISTORY = [
  ['4.0.0', 'Option ASYNC.'],
  ['6.2.0', 'Option SYNC.'],
] as const;

export const flushdb = write(
  'FLUSHDB',
  {
    group: 'server',
    summary: 'Deletes all keys of the database.',
    since: '1.0.0',
    complexity: 'O(N), N being the keys; O(1) with ASYNC.',
    args: [FLUSH_TYPE],
    replies: [reply.ok()],
    categories: ['keyspace', 'dangerous'],
    tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
    history: FLUSH_HISTORY,
  },
  function flushdb(call) {
    const lazily = parseFlush(call);
    if (lazily === null) return;
    empty(call, call.database, lazily);
    call.propagateVerbatim();
    call.reply.ok();
  },
);

export const flushall = write(
  'FLUSHALL',
  {
    group: 'server',
    summary: 'Deletes all keys of all databases.',
    since: '1.0.0',
    complexity: 'O(N), N being the keys; O(1) with ASYNC.',
    args: [FLUSH_TYPE],
    replies: [reply.ok()],
    categories: ['keyspace', 'dangerous'],
    tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
    history: FLUSH_HISTORY,
  },
  function flushall(call) {
    const lazily = parseFlush(call);
    if (lazily === null) return;
    for (const database of call.keyspace.databases) empty(call, database, lazily);
    call.propagateVerbatim();
    call.reply.ok();
  },
);

const BAD_FIRST = error('ERR invalid first DB index');
const BAD_SECOND = error('ERR invalid second DB index');

export const swapdb = write(
  'SWAPDB',
  {
    group: 'server',
    summary: 'Exchanges the contents of two databases, for all clients at once.',
    since: '4.0.0',
    complexity: 'O(N), N being the clients that watch or wait for keys of the two.',
    args: [integer('index1'), integer('index2')],
    replies: [reply.ok()],
    flags: ['fast'],
    categories: ['keyspace', 'dangerous'],
  },
  function swapdb(call) {
    const { engine, keyspace } = call;
    const indices = [];
    for (const [index, refusal] of [
      [1, BAD_FIRST],
      [2, BAD_SECOND],
    ] as const) {
      const number = parseInt64(call.bytes, call.starts[index]!, call.ends[index]!);
      if (number === null || BigInt.asIntN(32, number) !== number) {
        call.reply.error(refusal);
        return;
      }
      indices.push(Number(number));
    }
    const first = keyspace.databases[indices[0]!];
    const second = keyspace.databases[indices[1]!];
    if (first === undefined || second === undefined) {
      call.reply.error(DB_OUT_OF_RANGE);
      return;
    }
    if (first !== second) {
      if (engine.effects !== 0) {
        engine.changes.databaseReplaced(first, second);
        engine.changes.databaseReplaced(second, first);
      }
      keyspace.swap(first, second);
    }
    engine.dirty++;
    call.reply.ok();
  },
);
