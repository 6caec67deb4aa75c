// Members of sets: SADD, SREM, SMOVE, SISMEMBER, SMISMEMBER, SCARD, SMEMBERS, SSCAN.

import { SET } from '../../../datatypes/key-record.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { MISTYPED, type ReadCall, type WriteCall } from '../../call.ts';
import { integer, key, multiple, optional, pattern, read, reply, text, write } from '../../command.ts';
import { DEL_EVENT, SADD_EVENT, SREM_EVENT } from '../../events.ts';
import { beginKeyScan, matchesPattern } from '../scanning.ts';

/** A new set for the key in argument `index`, to hold argument `member` and about `members` in all; in no table yet. */
function newSet(call: WriteCall, index: number, member: number, members: number): number {
  const { bytes, starts, ends, sets, keyspace } = call;
  const access = keyspace.accessClock;
  return sets.create(bytes, starts[index]!, ends[index]!, access, bytes, starts[member]!, ends[member]!, members);
}

/**
 *     > SADD colours red green
 *     (integer) 2
 *     > SADD colours green blue
 *     (integer) 1
 */
export const sadd = write(
  'SADD',
  {
    group: 'set',
    summary: 'Adds members to a set; creates it when there is none.',
    since: '1.0.0',
    complexity: 'O(1) for each member.',
    args: [key('key', 'RW', 'insert'), multiple(text('member'))],
    replies: [reply.integer('members that were not there before')],
    flags: ['denyoom', 'fast'],
    history: [['2.4.0', 'Several members.']],
  },
  function sadd(call) {
    const { bytes, starts, ends, sets, count } = call;
    const existing = call.forWriteCounted(1, SET);
    if (existing === MISTYPED || !call.admitArguments()) return;
    let record = existing;
    if (existing === NONE) record = newSet(call, 1, 2, count - 2);
    else {
      if (!call.admit(sets.conversionBytes(existing))) return;
      sets.expect(existing, count - 2);
      record = sets.record;
    }
    let added = 0;
    for (let index = 2; index < count; index++) {
      if (sets.add(record, bytes, starts[index]!, ends[index]!)) added++;
      record = sets.record;
    }
    if (existing === NONE) call.keyspace.insert(call.database, record);
    else {
      if (record !== existing) call.keyspace.moved(record);
      if (added > 0) call.grew(SET, sets.count(record), added);
    }
    if (added > 0) call.changed(1, SADD_EVENT, added);
    call.reply.integer(added);
  },
);

/**
 *     > SADD colours red green
 *     (integer) 2
 *     > SREM colours green blue
 *     (integer) 1
 */
export const srem = write(
  'SREM',
  {
    group: 'set',
    summary: 'Takes members out of a set; with the last one the key goes.',
    since: '1.0.0',
    complexity: 'O(1) for each member.',
    args: [key('key', 'RW', 'delete'), multiple(text('member'))],
    replies: [reply.integer('members that were there')],
    flags: ['fast'],
    history: [['2.4.0', 'Several members.']],
  },
  function srem(call) {
    const { bytes, starts, ends, sets } = call;
    const existing = call.forWriteCounted(1, SET);
    if (existing === MISTYPED) return;
    if (existing === NONE) {
      call.reply.integer(0);
      return;
    }
    let record = existing;
    let removed = 0;
    for (let index = 2; index < call.count && sets.count(record) > 0; index++) {
      if (sets.remove(record, bytes, starts[index]!, ends[index]!)) removed++;
      record = sets.record;
    }
    if (record !== existing) call.keyspace.moved(record);
    const left = sets.count(record);
    const isEmpty = left === 0;
    call.grew(SET, left, -removed);
    if (isEmpty) call.keyspace.removeFound(call.database, record);
    if (removed > 0) call.changed(1, SREM_EVENT, removed);
    if (isEmpty) call.notify(1, DEL_EVENT);
    call.reply.integer(removed);
  },
);

/** Takes a member out of the set of the key in an argument, and announces it; false when it is none. */
function take(call: WriteCall, index: number, member: number): boolean {
  const { bytes, starts, ends, sets, keyspace } = call;
  const existing = call.peek(index);
  if (!sets.remove(existing, bytes, starts[member]!, ends[member]!)) return false;
  if (sets.record !== existing) keyspace.moved(sets.record);
  const isEmpty = sets.count(sets.record) === 0;
  if (isEmpty) keyspace.removeFound(call.database, sets.record);
  call.changed(index, SREM_EVENT);
  if (isEmpty) call.notify(index, DEL_EVENT);
  return true;
}

/** Adds a member to the set of the key in an argument, and announces it if it was not there. */
function put(call: WriteCall, index: number, member: number): void {
  const { bytes, starts, ends, sets, keyspace } = call;
  const existing = call.peek(index);
  const isNew = existing === NONE;
  const added = sets.add(isNew ? newSet(call, index, member, 1) : existing, bytes, starts[member]!, ends[member]!);
  if (isNew) keyspace.insert(call.database, sets.record);
  else if (sets.record !== existing) keyspace.moved(sets.record);
  if (added) call.changed(index, SADD_EVENT);
}

/**
 *     > SADD here red
 *     (integer) 1
 *     > SMOVE here there red
 *     (integer) 1
 *     > SMEMBERS there
 *     1) "red"
 */
export const smove = write(
  'SMOVE',
  {
    group: 'set',
    summary: 'Moves a member from one set to another.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [key('source', 'RW', 'access', 'delete'), key('destination', 'RW', 'insert'), text('member')],
    replies: [reply.integer('1 when it was moved, 0 when the source does not have it')],
    flags: ['fast'],
  },
  function smove(call) {
    const { bytes, starts, ends, sets } = call;
    const source = call.forWrite(1);
    if (source === NONE) {
      // Redis looks the destination up too, and so deletes it if its time has come.
      call.forWrite(2);
      call.reply.integer(0);
      return;
    }
    if (call.forWriteOf(1, SET) === MISTYPED) return;
    const destination = call.forWriteOf(2, SET);
    if (destination === MISTYPED) return;
    if (call.isSame(1, 2)) {
      call.reply.integer(sets.has(source, bytes, starts[3]!, ends[3]!) ? 1 : 0);
      return;
    }
    if (!call.admitArguments() || (destination !== NONE && !call.admit(sets.conversionBytes(destination)))) return;
    if (!take(call, 1, 3)) {
      call.reply.integer(0);
      return;
    }
    put(call, 2, 3);
    call.reply.integer(1);
  },
);

export const sismember = read(
  'SISMEMBER',
  {
    group: 'set',
    summary: 'Tells whether something is a member of a set.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RO'), text('member')],
    replies: [reply.integer('1 when it is, else 0')],
    flags: ['fast'],
  },
  function sismember(call) {
    const set = call.findOf(1, SET);
    if (set !== MISTYPED) call.reply.integer(isMember(call, set, 2) ? 1 : 0);
  },
);

function isMember(call: ReadCall, set: number, member: number): boolean {
  return set !== NONE && call.sets.has(set, call.bytes, call.starts[member]!, call.ends[member]!);
}

/**
 *     > SADD colours red
 *     (integer) 1
 *     > SMISMEMBER colours red blue
 *     1) (integer) 1
 *     2) (integer) 0
 */
export const smismember = read(
  'SMISMEMBER',
  {
    group: 'set',
    summary: 'Tells of each of several things whether it is a member of a set.',
    since: '6.2.0',
    complexity: 'O(N), N being the things asked for.',
    args: [key('key', 'RO', 'access'), multiple(text('member'))],
    replies: [reply.array('1 or 0 for each')],
    flags: ['fast'],
  },
  function smismember(call) {
    const set = call.findOf(1, SET);
    if (set === MISTYPED) return;
    call.reply.array(call.count - 2);
    for (let index = 2; index < call.count; index++) call.reply.integer(isMember(call, set, index) ? 1 : 0);
  },
);

export const scard = read(
  'SCARD',
  {
    group: 'set',
    summary: 'Tells how many members a set has.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RO')],
    replies: [reply.integer('members, 0 when there is no such key')],
    flags: ['fast'],
  },
  function scard(call) {
    const set = call.findOf(1, SET);
    if (set !== MISTYPED) call.reply.integer(set === NONE ? 0 : call.sets.count(set));
  },
);

/**
 *     > SADD numbers 2 1
 *     (integer) 2
 *     > SMEMBERS numbers
 *     1) "1"
 *     2) "2"
 */
export const smembers = read(
  'SMEMBERS',
  {
    group: 'set',
    summary: 'Lists the members of a set.',
    since: '1.0.0',
    complexity: 'O(N), N being the members.',
    args: [key('key', 'RO', 'access')],
    replies: [reply.set('members, in no order')],
    tips: ['nondeterministic_output_order'],
  },
  function smembers(call) {
    const set = call.findOf(1, SET);
    if (set !== MISTYPED) replyMembers(call, set);
  },
);

/** All members of a set, or of none. */
export function replyMembers(call: ReadCall, set: number): void {
  const walk = call.keyspace.setWalk;
  call.reply.set(set === NONE ? 0 : call.sets.count(set));
  walk.begin(set);
  while (walk.next()) call.reply.bulkView(walk.view, walk.start, walk.end);
}

/**
 *     > SADD numbers 1 2 3
 *     (integer) 3
 *     > SSCAN numbers 0
 *     1) "0"
 *     2) 1) "1"
 *        2) "2"
 *        3) "3"
 */
export const sscan = read(
  'SSCAN',
  {
    group: 'set',
    summary: 'Looks through the members of a set a few at a time.',
    since: '2.8.0',
    complexity: 'O(1) for each call; O(N) for all of them, N being the members.',
    args: [
      key('key', 'RO', 'access'),
      integer('cursor'),
      optional(pattern('pattern', { token: 'MATCH' })),
      optional(integer('count', { token: 'COUNT' })),
    ],
    replies: [reply.array('the next cursor, 0 at the end, and an array of members')],
    tips: ['nondeterministic_output'],
  },
  function sscan(call) {
    const scan = beginKeyScan(call, SET, null);
    if (scan === null) return;
    const { sets } = call;
    const isLarge = sets.isLarge(scan.record);
    call.reply.array(2);
    call.reply.bulkInteger(isLarge ? sets.scan(scan.record, scan.cursor, scan.count) : 0);
    if (isLarge) replyScanned(call, scan.patternAt);
    else replyMatching(call, scan.record, scan.patternAt);
  },
);

function replyScanned(call: ReadCall, patternAt: number): void {
  const { sets } = call;
  const mark = call.reply.later();
  let shown = 0;
  for (let index = 0; index < sets.scannedCount(); index++) {
    sets.readScanned(index);
    if (!matchesPattern(call, patternAt, sets.bytes, sets.start, sets.end)) continue;
    call.reply.bulk(sets.bytes, sets.start, sets.end);
    shown++;
  }
  call.reply.arrayAt(mark, shown);
}

/** A packed set is told whole, whatever the cursor. */
function replyMatching(call: ReadCall, set: number, patternAt: number): void {
  const walk = call.keyspace.setWalk;
  const mark = call.reply.later();
  let shown = 0;
  walk.begin(set);
  while (walk.next()) {
    if (!matchesPattern(call, patternAt, walk.bytes, walk.start, walk.end)) continue;
    call.reply.bulk(walk.bytes, walk.start, walk.end);
    shown++;
  }
  call.reply.arrayAt(mark, shown);
}
