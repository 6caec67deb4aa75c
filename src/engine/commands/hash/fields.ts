// Fields of hashes: HSET and its like, HGET and its like, HDEL.

import { NEVER } from '../../../datatypes/hash-walk.ts';
import { HASH } from '../../../datatypes/key-record.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { wrongArity } from '../../../protocol/errors.ts';
import { MISTYPED, type ReadCall, type WriteCall } from '../../call.ts';
import { block, key, multiple, read, reply, text, write } from '../../command.ts';
import { DEL_EVENT, HDEL_EVENT, HSET_EVENT } from '../../events.ts';

/** The hash of the key in argument 1, to be changed, or a new one that is in no table yet; MISTYPED after replying. */
export function hashForWrite(call: WriteCall): number {
  const found = call.forWriteOf(1, HASH);
  if (found !== NONE) return found;
  return call.hashes.create(call.bytes, call.starts[1]!, call.ends[1]!, call.keyspace.accessClock);
}

/** Puts a hash in its place after a change: `before` is what was found, NONE when the hash is new. */
export function settleHash(call: WriteCall, before: number, record: number, hadDeadlines: boolean): void {
  const { keyspace, database } = call;
  if (before === NONE) keyspace.insert(database, record);
  else {
    if (record !== before) keyspace.moved(record);
    keyspace.fieldExpiry.changed(database, record, hadDeadlines);
  }
}

/** Sets fields to the values behind them, from argument `from` on; returns how many are new. The record is in `hashes`. */
export function setFields(call: WriteCall, hash: number, from: number, keepDeadlines: boolean): number {
  const { bytes, starts, ends, hashes, count } = call;
  let record = hash;
  let added = 0;
  for (let index = from; index < count; index++) {
    if (hashes.isPackable(ends[index]! - starts[index]!)) continue;
    hashes.expectLong(record);
    record = hashes.record;
    break;
  }
  hashes.record = record;
  for (let index = from; index + 1 < count; index += 2) {
    const value = index + 1;
    if (keepDeadlines && isDead(call, record, index)) {
      // It is as good as gone, and its deadline with it.
      hashes.delete(record, bytes, starts[index]!, ends[index]!);
      record = hashes.record;
    }
    const isNew = hashes.set(
      record,
      bytes,
      starts[index]!,
      ends[index]!,
      bytes,
      starts[value]!,
      ends[value]!,
      keepDeadlines,
    );
    if (isNew) added++;
    record = hashes.record;
  }
  return added;
}

/** Whether a hash still has the field of an argument although its deadline has passed. */
function isDead(call: WriteCall, hash: number, index: number): boolean {
  const { hashes } = call;
  if (!hashes.find(hash, call.bytes, call.starts[index]!, call.ends[index]!)) return false;
  return hashes.deadline !== NEVER && hashes.deadline <= call.expiryNow();
}

/** HSET and HMSET: how many fields are new, -1 after replying an error. */
function setAll(call: WriteCall, name: string): number {
  if (call.count % 2 !== 0) {
    call.reply.errorText(wrongArity(name));
    return -1;
  }
  const before = call.forWriteCounted(1, HASH);
  if (before === MISTYPED || !call.admitArguments()) return -1;
  if (before !== NONE && !call.admit(call.hashes.conversionBytes(before))) return -1;
  const hadDeadlines = before !== NONE && call.hashes.hasDeadlines(before);
  const hash = before === NONE ? hashForWrite(call) : before;
  const added = setFields(call, hash, 2, false);
  settleHash(call, before, call.hashes.record, hadDeadlines);
  if (before !== NONE && added > 0) call.grew(HASH, call.hashes.count(call.hashes.record), added);
  call.withFields(2, 2);
  call.changed(1, HSET_EVENT, (call.count - 2) / 2);
  return added;
}

/**
 *     > HSET user name ann age 30
 *     (integer) 2
 *     > HSET user age 31
 *     (integer) 0
 */
export const hset = write(
  'HSET',
  {
    group: 'hash',
    summary: 'Sets fields of a hash; creates it when there is none.',
    since: '2.0.0',
    complexity: 'O(1) for each field.',
    args: [key('key', 'RW', 'update'), multiple(block('data', text('field'), text('value')))],
    replies: [reply.integer('fields that were not there before')],
    flags: ['denyoom', 'fast'],
    history: [['4.0.0', 'Several fields.']],
  },
  function hset(call) {
    const added = setAll(call, 'hset');
    if (added >= 0) call.reply.integer(added);
  },
);

export const hmset = write(
  'HMSET',
  {
    group: 'hash',
    summary: 'Sets fields of a hash.',
    since: '2.0.0',
    complexity: 'O(N), N being the fields.',
    args: [key('key', 'RW', 'update'), multiple(block('data', text('field'), text('value')))],
    replies: [reply.ok()],
    flags: ['denyoom', 'fast'],
    deprecated: { since: '4.0.0', instead: '`HSET` with multiple field-value pairs' },
  },
  function hmset(call) {
    if (setAll(call, 'hmset') >= 0) call.reply.ok();
  },
);

/**
 *     > HSETNX user name ann
 *     (integer) 1
 *     > HSETNX user name bob
 *     (integer) 0
 */
export const hsetnx = write(
  'HSETNX',
  {
    group: 'hash',
    summary: 'Sets a field of a hash that has none of that name.',
    since: '2.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RW', 'insert'), text('field'), text('value')],
    replies: [reply.integer('1 when it was set, else 0')],
    flags: ['denyoom', 'fast'],
  },
  function hsetnx(call) {
    let before = call.forWriteOf(1, HASH);
    if (before === MISTYPED) return;
    if (before !== NONE) {
      before = findField(call, before, 2);
      if (call.fieldFound) {
        call.reply.integer(0);
        return;
      }
    }
    if (!call.admitArguments() || (before !== NONE && !call.admit(call.hashes.conversionBytes(before)))) return;
    const hadDeadlines = before !== NONE && call.hashes.hasDeadlines(before);
    call.peek(1);
    setFields(call, before === NONE ? hashForWrite(call) : before, 2, false);
    settleHash(call, before, call.hashes.record, hadDeadlines);
    call.withField(2);
    call.changed(1, HSET_EVENT);
    call.reply.integer(1);
  },
);

/**
 * Looks the field in an argument up: whether it is there is in `call.fieldFound`, its value in `call.hashes`. One whose
 * deadline has passed is deleted. Returns the hash's record, NONE when it went with that field. `isOneOfSeveral`: see
 * FieldExpiry.expireField.
 */
export function findField(call: ReadCall, hash: number, index: number, isOneOfSeveral = false): number {
  const { bytes, starts, ends, hashes, keyspace } = call;
  call.fieldFound = hashes.find(hash, bytes, starts[index]!, ends[index]!);
  if (!call.fieldFound || hashes.deadline === NEVER || hashes.deadline > call.expiryNow()) return hash;
  call.fieldFound = false;
  return keyspace.fieldExpiry.expireField(call.database, hash, bytes, starts[index]!, ends[index]!, isOneOfSeveral);
}

/**
 *     > HSET user name ann
 *     (integer) 1
 *     > HGET user name
 *     "ann"
 */
export const hget = read(
  'HGET',
  {
    group: 'hash',
    summary: 'Tells the value of a field.',
    since: '2.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RO', 'access'), text('field')],
    replies: [reply.bulk('the value'), reply.nil('no such key or field')],
    flags: ['fast'],
  },
  function hget(call) {
    const hash = call.findOf(1, HASH);
    if (hash === MISTYPED) return;
    if (hash !== NONE) {
      findField(call, hash, 2);
      if (call.fieldFound) {
        call.reply.bulk(call.hashes.bytes, call.hashes.start, call.hashes.end);
        return;
      }
    }
    call.reply.nil();
  },
);

/**
 *     > HSET user name ann
 *     (integer) 1
 *     > HMGET user name age
 *     1) "ann"
 *     2) (nil)
 */
export const hmget = read(
  'HMGET',
  {
    group: 'hash',
    summary: 'Tells the values of several fields.',
    since: '2.0.0',
    complexity: 'O(N), N being the fields asked for.',
    args: [key('key', 'RO', 'access'), multiple(text('field'))],
    replies: [reply.array('a value or nil for each field')],
    flags: ['fast'],
  },
  function hmget(call) {
    let hash = call.findOf(1, HASH);
    if (hash === MISTYPED) return;
    call.reply.array(call.count - 2);
    for (let index = 2; index < call.count; index++) {
      call.fieldFound = false;
      if (hash !== NONE && call.hashes.count(hash) > 0) hash = findField(call, hash, index, true);
      if (call.fieldFound) call.reply.bulk(call.hashes.bytes, call.hashes.start, call.hashes.end);
      else call.reply.nil();
    }
    if (hash !== NONE) call.keyspace.fieldExpiry.expiredSeveral(call.database, hash);
  },
);

export const hexists = read(
  'HEXISTS',
  {
    group: 'hash',
    summary: 'Tells whether a hash has a field.',
    since: '2.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RO'), text('field')],
    replies: [reply.integer('1 when it has, else 0')],
    flags: ['fast'],
  },
  function hexists(call) {
    const hash = call.findOf(1, HASH);
    if (hash === MISTYPED) return;
    call.fieldFound = false;
    if (hash !== NONE) findField(call, hash, 2);
    call.reply.integer(call.fieldFound ? 1 : 0);
  },
);

export const hstrlen = read(
  'HSTRLEN',
  {
    group: 'hash',
    summary: "Tells the length of a field's value, in bytes.",
    since: '3.2.0',
    complexity: 'O(1)',
    args: [key('key', 'RO'), text('field')],
    replies: [reply.integer('the length, 0 when there is no such key or field')],
    flags: ['fast'],
  },
  function hstrlen(call) {
    const hash = call.findOf(1, HASH);
    if (hash === MISTYPED) return;
    call.fieldFound = false;
    if (hash !== NONE) findField(call, hash, 2);
    call.reply.integer(call.fieldFound ? call.hashes.end - call.hashes.start : 0);
  },
);

export const hlen = read(
  'HLEN',
  {
    group: 'hash',
    summary: 'Tells how many fields a hash has, those that have expired but were not deleted yet included.',
    since: '2.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RO')],
    replies: [reply.integer('fields, 0 when there is no such key')],
    flags: ['fast'],
  },
  function hlen(call) {
    const hash = call.findOf(1, HASH);
    if (hash !== MISTYPED) call.reply.integer(hash === NONE ? 0 : call.hashes.count(hash));
  },
);

/**
 *     > HSET user name ann age 30
 *     (integer) 2
 *     > HDEL user age city
 *     (integer) 1
 */
export const hdel = write(
  'HDEL',
  {
    group: 'hash',
    summary: 'Deletes fields of a hash; with the last one the key goes.',
    since: '2.0.0',
    complexity: 'O(N), N being the fields to delete.',
    args: [key('key', 'RW', 'delete'), multiple(text('field'))],
    replies: [reply.integer('fields that were there')],
    flags: ['fast'],
    history: [['2.4.0', 'Several fields.']],
  },
  function hdel(call) {
    const hash = call.forWriteCounted(1, HASH);
    if (hash === MISTYPED) return;
    call.reply.integer(hash === NONE ? 0 : deleteFields(call, hash, 2));
  },
);

/** Deletes the fields in the arguments from `from` on, and all that follows; returns how many were there. */
export function deleteFields(call: WriteCall, hash: number, from: number): number {
  const { bytes, starts, ends, hashes, keyspace } = call;
  const hadDeadlines = hashes.hasDeadlines(hash);
  let record = hash;
  let deleted = 0;
  for (let index = from; index < call.count && hashes.count(record) > 0; index++) {
    if (hashes.delete(record, bytes, starts[index]!, ends[index]!)) {
      deleted++;
      call.withField(index);
    }
    record = hashes.record;
  }
  if (deleted === 0) return 0;
  settleHash(call, hash, record, hadDeadlines);
  const left = hashes.count(record);
  const isEmpty = left === 0;
  call.grew(HASH, left, -deleted);
  if (isEmpty) keyspace.removeFound(call.database, record);
  call.changed(1, HDEL_EVENT, deleted);
  if (isEmpty) call.notify(1, DEL_EVENT);
  return deleted;
}
