// Whole databases: look through them, count, empty and exchange them.

import { TYPE_NAMES } from '../../datatypes/key-record.ts';
import { parseInt64 } from '../../lib/integers.ts';
import { NONE } from '../../memory/flat-memory.ts';
import { DB_OUT_OF_RANGE, error, SYNTAX_ERROR, untilNul } from '../../protocol/errors.ts';
import { type Call, type ReadCall, type WriteCall, word } from '../call.ts';
import { integer, oneOf, optional, pattern, read, reply, text, token, write } from '../command.ts';
import type { Database } from '../keyspace.ts';
import { matchesPattern, parseCursor, parseScanOptions, type ScanOptions } from './scanning.ts';

/** Whether a record's key matches the pattern in an argument; any does when that is 0. */
function matches(call: ReadCall, handle: number, patternAt: number): boolean {
  if (patternAt === 0) return true;
  call.keyspace.readKey(handle);
  const { keyBytes, keyStart, keyEnd } = call.keyspace;
  return matchesPattern(call, patternAt, keyBytes, keyStart, keyEnd);
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
    const options = parseScanOptions(call, 2, true, null);
    if (options === null) return;
    if (options.type !== '' && !(TYPE_NAMES as readonly string[]).includes(options.type)) {
      call.reply.errorText(`ERR unknown type name '${untilNul(options.type)}'`);
      return;
    }
    replyScan(call, cursor, options);
  },
);

function replyScan(call: ReadCall, from: number, options: ScanOptions): void {
  const { keyspace, database } = call;
  const cursor = keyspace.scan(database, from, options.count);
  const shown: number[] = [];
  const expired: number[] = [];
  for (let index = 0; index < keyspace.collectedCount(); index++) {
    const handle = keyspace.collected(index);
    if (options.type !== '' && TYPE_NAMES[call.typeOf(handle)] !== options.type) continue;
    if (!matches(call, handle, options.patternAt)) continue;
    if (keyspace.isExpired(handle)) expired.push(handle);
    else shown.push(handle);
  }
  call.reply.array(2);
  call.reply.bulkInteger(cursor);
  call.reply.array(shown.length);
  for (const handle of shown) replyKey(call, handle);
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
  keyspace.clear(database, lazily);
}

/** Empties databases. A client that wants them freed waits until they are, but holds nobody else up, where it may wait. */
function flush(call: WriteCall, databases: readonly Database[], lazily: boolean): void {
  const waits = !lazily && call.mayBlock();
  const earlier = call.keyspace.disposals.length();
  for (const database of databases) empty(call, database, lazily || waits);
  if (call.engine.tracking.isOn) call.engine.tracking.flushed();
  call.propagateVerbatim();
  if (!waits || !call.engine.serving.waitForDisposals(call as Call, earlier)) call.reply.ok();
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
    if (lazily !== null) flush(call, [call.database], lazily);
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
    flush(call, call.keyspace.databases, lazily);
    call.engine.events.flushedAll?.();
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
