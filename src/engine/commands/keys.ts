// Keys of any type: delete, look, rename, copy, move.

import { EMBSTR, INT, RAW, STRING, TYPE_NAMES } from '../../datatypes/key-record.ts';
import { NONE } from '../../memory/flat-memory.ts';
import { DB_OUT_OF_RANGE, error, NO_SUCH_KEY, SAME_OBJECT, SYNTAX_ERROR } from '../../protocol/errors.ts';
import { type ReadCall, type WriteCall, word } from '../call.ts';
import { container, integer, key, multiple, optional, read, reply, token, write } from '../command.ts';
import {
  COPY_TO_EVENT,
  DEL_EVENT,
  MOVE_FROM_EVENT,
  MOVE_TO_EVENT,
  RENAME_FROM_EVENT,
  RENAME_TO_EVENT,
} from '../events.ts';
import { NO_DEADLINE } from '../expiry.ts';
import type { Database } from '../keyspace.ts';

/** Deletes the keys of all arguments; replies how many there were. */
function deleteAll(call: WriteCall, later: boolean): void {
  let deleted = 0;
  for (let index = 1; index < call.count; index++) {
    const handle = call.forWrite(index);
    if (handle === NONE) continue;
    call.keyspace.removeFound(call.database, handle, later);
    call.changed(index, DEL_EVENT);
    deleted++;
  }
  call.reply.integer(deleted);
}

/**
 *     > MSET a 1 b 2
 *     OK
 *     > DEL a b c
 *     (integer) 2
 */
export const del = write(
  'DEL',
  {
    group: 'generic',
    summary: 'Deletes keys.',
    since: '1.0.0',
    complexity: 'O(N), N being the keys; large collections take O(M) more, M being their elements.',
    args: [multiple(key('key', 'RM', 'delete'))],
    replies: [reply.integer('how many keys there were')],
    categories: ['keyspace'],
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  },
  function del(call) {
    deleteAll(call, call.keyspace.lazyUserDel);
  },
);

export const unlink = write(
  'UNLINK',
  {
    group: 'generic',
    summary: 'Deletes keys, and frees large values little by little afterwards.',
    since: '4.0.0',
    complexity: 'O(1) for each key.',
    args: [multiple(key('key', 'RM', 'delete'))],
    replies: [reply.integer('how many keys there were')],
    flags: ['fast'],
    categories: ['keyspace'],
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  },
  function unlink(call) {
    deleteAll(call, true);
  },
);

/** Counts the keys of the arguments that exist, as often as they are named. */
function countExisting(call: ReadCall): void {
  let count = 0;
  for (let index = 1; index < call.count; index++) if (call.find(index) !== NONE) count++;
  call.reply.integer(count);
}

export const exists = read(
  'EXISTS',
  {
    group: 'generic',
    summary: 'Counts which of these keys exist.',
    since: '1.0.0',
    complexity: 'O(N), N being the keys.',
    args: [multiple(key('key', 'RO'))],
    replies: [reply.integer('how many exist; a key named twice counts twice')],
    flags: ['fast'],
    categories: ['keyspace'],
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
    history: [['3.0.3', 'Several keys.']],
  },
  countExistingUntouched,
);

/** EXISTS looks without using: the access clock stays. */
function countExistingUntouched(call: ReadCall): void {
  let count = 0;
  for (let index = 1; index < call.count; index++) if (call.look(index) !== NONE) count++;
  call.reply.integer(count);
}

export const touch = read(
  'TOUCH',
  {
    group: 'generic',
    summary: 'Counts which of these keys exist, and notes that they were used.',
    since: '3.2.1',
    complexity: 'O(N), N being the keys.',
    args: [multiple(key('key', 'RO'))],
    replies: [reply.integer('how many exist')],
    flags: ['fast'],
    categories: ['keyspace'],
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  },
  function touch(call) {
    const { session } = call;
    // What the client asks for by name happens in CLIENT NO-TOUCH mode too.
    const { noTouch } = session;
    session.noTouch = false;
    countExisting(call);
    session.noTouch = noTouch;
  },
);

export const type = read(
  'TYPE',
  {
    group: 'generic',
    summary: 'Tells the type of the value of a key.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RO')],
    replies: [reply.simple('string, list, set, zset, hash, stream; none when there is no such key')],
    flags: ['fast'],
    categories: ['keyspace'],
  },
  function type(call) {
    const handle = call.look(1);
    call.reply.simple(handle === NONE ? 'none' : TYPE_NAMES[call.typeOf(handle)]!);
  },
);

const NOTHING = -1;

/** Deletes what the key at `index` holds in a database: something takes its place. Returns its type, NOTHING without any. */
function clear(call: WriteCall, database: Database, index: number): number {
  const handle = call.keyspace.find(database, call.bytes, call.starts[index]!, call.ends[index]!);
  if (handle === NONE) return NOTHING;
  const type = call.typeOf(handle);
  call.keyspace.removeFound(database, handle, call.keyspace.lazyServerDel);
  return type;
}

/** Adds a record that is in no table under the key at `index`, which holds nothing; then its deadline. */
function place(call: WriteCall, database: Database, index: number, handle: number, deadline: number | bigint): void {
  call.keyspace.find(database, call.bytes, call.starts[index]!, call.ends[index]!);
  call.keyspace.insert(database, handle);
  if (deadline !== NO_DEADLINE) call.keyspace.setDeadline(database, handle, deadline);
}

function renameKey(call: WriteCall, onlyIfNew: boolean): void {
  const { bytes, starts, ends, keyspace, database } = call;
  if (call.forWrite(1) === NONE) {
    call.reply.error(NO_SUCH_KEY);
    return;
  }
  const isSame = call.isSame(1, 2);
  if (isSame || (onlyIfNew && call.forWrite(2) !== NONE)) {
    if (onlyIfNew) call.reply.integer(0);
    else call.reply.ok();
    return;
  }
  if (!call.admit(call.length(2))) return;
  const replaced = clear(call, database, 2);
  const handle = call.peek(1);
  const type = call.typeOf(handle);
  const deadline = keyspace.deadlineToCopy(handle);
  const moved = keyspace.rekeyFound(database, handle, bytes, starts[2]!, ends[2]!);
  place(call, database, 2, moved, deadline);
  call.changed(1, RENAME_FROM_EVENT);
  call.changed(2, RENAME_TO_EVENT);
  if (replaced !== NOTHING) call.overwritten(database, 2, replaced, type);
  if (onlyIfNew) call.reply.integer(1);
  else call.reply.ok();
}

/**
 *     > SET draft text
 *     OK
 *     > RENAME draft final
 *     OK
 *     > GET final
 *     "text"
 */
export const rename = write(
  'RENAME',
  {
    group: 'generic',
    summary: 'Gives a key another name, and takes the place of one that has it.',
    since: '1.0.0',
    complexity: 'O(1), beside deleting what had the name.',
    args: [key('key', 'RW', 'access', 'delete'), key('newkey', 'OW', 'update')],
    replies: [reply.ok()],
    categories: ['keyspace'],
  },
  function rename(call) {
    renameKey(call, false);
  },
);

export const renamenx = write(
  'RENAMENX',
  {
    group: 'generic',
    summary: 'Gives a key another name, if no key has it.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'access', 'delete'), key('newkey', 'OW', 'insert')],
    replies: [reply.integer('1: renamed, 0: the new name is taken')],
    flags: ['fast'],
    categories: ['keyspace'],
    history: [['3.2.0', 'A key may be renamed to itself.']],
  },
  function renamenx(call) {
    renameKey(call, true);
  },
);

/** The database that an argument numbers; null after replying why there is none. */
function databaseAt(call: WriteCall, index: number): Database | null {
  const number = call.int32(index);
  if (Number.isNaN(number)) return null;
  const database = call.keyspace.databases[number];
  if (database !== undefined) return database;
  call.reply.error(DB_OUT_OF_RANGE);
  return null;
}

export const move = write(
  'MOVE',
  {
    group: 'generic',
    summary: 'Moves a key to another database, if it does not exist there.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'access', 'update'), integer('db')],
    replies: [reply.integer('1: moved, 0: there is no such key here, or there is one there')],
    flags: ['fast'],
    categories: ['keyspace'],
  },
  function move(call) {
    const { bytes, starts, ends, keyspace, database } = call;
    const target = databaseAt(call, 2);
    if (target === null) return;
    if (target === database) {
      call.reply.error(SAME_OBJECT);
      return;
    }
    if (call.forWrite(1) === NONE || keyspace.find(target, bytes, starts[1]!, ends[1]!) !== NONE) {
      call.reply.integer(0);
      return;
    }
    if (!call.admit(call.length(1))) return;
    const handle = call.peek(1);
    const deadline = keyspace.deadlineToCopy(handle);
    const moved = keyspace.rekeyFound(database, handle, bytes, starts[1]!, ends[1]!);
    place(call, target, 1, moved, deadline);
    call.changed(1, MOVE_FROM_EVENT);
    call.changedIn(target, 1, MOVE_TO_EVENT);
    call.reply.integer(1);
  },
);

const DB = word('DB');
const REPLACE = word('REPLACE');

export const copy = write(
  'COPY',
  {
    group: 'generic',
    summary: 'Copies the value of a key, with its expiry, to another key.',
    since: '6.2.0',
    complexity: 'O(N) for collections, N being their elements; O(1) for strings.',
    args: [
      key('source', 'RO', 'access'),
      key('destination', 'OW', 'update'),
      optional(integer('destination-db', { token: 'DB' })),
      optional(token('REPLACE')),
    ],
    replies: [reply.integer('1: copied, 0: there is no source, or a destination and no REPLACE')],
    flags: ['denyoom'],
    categories: ['keyspace'],
  },
  function copy(call) {
    const { bytes, starts, ends, keyspace } = call;
    let target: Database = call.database;
    let replaces = false;
    for (let index = 3; index < call.count; index++) {
      if (call.is(index, REPLACE)) replaces = true;
      else if (call.is(index, DB) && index + 1 < call.count) {
        const chosen = databaseAt(call, index + 1);
        if (chosen === null) return;
        target = chosen;
        index++;
      } else {
        call.reply.error(SYNTAX_ERROR);
        return;
      }
    }
    if (target === call.database && call.isSame(1, 2)) {
      call.reply.error(SAME_OBJECT);
      return;
    }
    const source = call.find(1);
    if (source === NONE || (keyspace.find(target, bytes, starts[2]!, ends[2]!) !== NONE && !replaces)) {
      call.reply.integer(0);
      return;
    }
    if (!call.admit(keyspace.valueBytes(source) + call.length(2))) return;
    const type = call.typeOf(source);
    const replaced = clear(call, target, 2);
    const deadline = keyspace.deadlineToCopy(source);
    const made = keyspace.duplicate(source, bytes, starts[2]!, ends[2]!, deadline !== NO_DEADLINE);
    place(call, target, 2, made, deadline);
    call.changedIn(target, 2, COPY_TO_EVENT);
    if (replaced !== NOTHING) call.overwritten(target, 2, replaced, type);
    call.reply.integer(1);
  },
);

// --- OBJECT ---

const STRING_ENCODINGS: Readonly<Record<number, string>> = { [EMBSTR]: 'embstr', [RAW]: 'raw', [INT]: 'int' };
/** Integers that C Redis shares between keys, and the count of references that it shows for them. */
const SHARED_INTEGERS = 10000;
const SHARED_REFERENCES = 2147483647;

const NO_LFU = error(
  'ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between ' +
    'policies at runtime LRU and LFU data will take some time to adjust.',
);
const NO_LRU = error(
  'ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at ' +
    'runtime LRU and LFU data will take some time to adjust.',
);

/** The record of OBJECT's key; NONE after replying nil. */
function objectOf(call: ReadCall): number {
  const handle = call.inspect(2);
  if (handle === NONE) call.reply.nil();
  return handle;
}

/** What OBJECT ENCODING calls the encoding of a record. */
export function encodingName(call: ReadCall, handle: number): string {
  if (call.typeOf(handle) !== STRING) return call.encodingName(handle);
  return STRING_ENCODINGS[call.encodingOf(handle)] ?? 'raw';
}

export const object = container(
  'OBJECT',
  {
    group: 'generic',
    summary: 'Looks at how values are kept.',
    since: '2.2.3',
    helpSince: '6.2.0',
    help: [
      'ENCODING <key>',
      '    Return the kind of internal representation used in order to store the value',
      '    associated with a <key>.',
      'FREQ <key>',
      '    Return the access frequency index of the <key>. The returned integer is',
      '    proportional to the logarithm of the recent access frequency of the key.',
      'IDLETIME <key>',
      '    Return the idle time of the <key>, that is the approximated number of',
      '    seconds elapsed since the last access to the key.',
      'REFCOUNT <key>',
      '    Return the number of references of the value associated with the specified',
      '    <key>.',
    ],
  },
  [
    read(
      'ENCODING',
      {
        group: 'generic',
        summary: 'Names the encoding of a value.',
        since: '2.2.3',
        complexity: 'O(1)',
        args: [key('key', 'RO')],
        replies: [reply.bulk('the encoding'), reply.nil('no such key')],
        categories: ['keyspace'],
        tips: ['nondeterministic_output'],
      },
      function encoding(call) {
        const handle = objectOf(call);
        if (handle !== NONE) call.reply.bulkText(encodingName(call, handle));
      },
    ),
    read(
      'REFCOUNT',
      {
        group: 'generic',
        summary: 'Tells how many references a value has.',
        since: '2.2.3',
        complexity: 'O(1)',
        args: [key('key', 'RO')],
        replies: [reply.integer('references'), reply.nil('no such key')],
        categories: ['keyspace'],
        tips: ['nondeterministic_output'],
      },
      function refcount(call) {
        const handle = objectOf(call);
        if (handle === NONE) return;
        const isInteger = call.typeOf(handle) === STRING && call.encodingOf(handle) === INT;
        const value = isInteger ? call.strings.integer(handle) : -1;
        // As in Redis a shared value would have one clock of accesses for all keys.
        const isShared = value >= 0 && value < SHARED_INTEGERS && !call.access.decides;
        call.reply.integer(isShared ? SHARED_REFERENCES : 1);
      },
    ),
    read(
      'IDLETIME',
      {
        group: 'generic',
        summary: 'Tells for how many seconds a key has not been used.',
        since: '2.2.3',
        complexity: 'O(1)',
        args: [key('key', 'RO')],
        replies: [reply.integer('seconds'), reply.nil('no such key')],
        categories: ['keyspace'],
        tips: ['nondeterministic_output'],
      },
      function idletime(call) {
        const handle = objectOf(call);
        if (handle === NONE) return;
        if (call.access.frequency) call.reply.error(NO_LRU);
        else call.reply.integer(call.access.idleSeconds(handle));
      },
    ),
    read(
      'FREQ',
      {
        group: 'generic',
        summary: 'Tells how often a key is used, on a logarithmic scale.',
        since: '4.0.0',
        complexity: 'O(1)',
        args: [key('key', 'RO')],
        replies: [reply.integer('the counter'), reply.nil('no such key')],
        categories: ['keyspace'],
        tips: ['nondeterministic_output'],
      },
      function freq(call) {
        const handle = objectOf(call);
        if (handle === NONE) return;
        if (call.access.frequency) call.reply.integer(call.access.counter(handle));
        else call.reply.error(NO_LFU);
      },
    ),
  ],
);
