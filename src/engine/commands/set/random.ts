// Members chosen at random: SPOP, SRANDMEMBER.

import { SET } from '../../../datatypes/key-record.ts';
import { WordSet } from '../../../lib/word-set.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { MISTYPED, type ReadCall, type WriteCall } from '../../call.ts';
import { integer, key, optional, read, reply, write } from '../../command.ts';
import { DEL_EVENT, SPOP_EVENT } from '../../events.ts';
import { replyMembers } from './members.ts';

/** Members that one propagated SREM names. */
const REMOVED_AT_ONCE = 1022;
/** Above this share of a set (1/3) members are chosen by one walk through it instead of one by one. */
const WALK_SHARE = 3;

/**
 *     > SADD one only
 *     (integer) 1
 *     > SPOP one
 *     "only"
 *     > EXISTS one
 *     (integer) 0
 */
export const spop = write(
  'SPOP',
  {
    group: 'set',
    summary: 'Takes members out of a set, chosen at random, and tells them.',
    since: '1.0.0',
    complexity: 'O(1); O(N) with a count of N.',
    args: [key('key', 'RW', 'access', 'delete'), optional(integer('count', { since: '3.2.0' }))],
    replies: [
      reply.bulk('the member, without a count'),
      reply.nil('no such key, without a count'),
      reply.set('members, with a count'),
    ],
    flags: ['fast'],
    tips: ['nondeterministic_output'],
    history: [['3.2.0', 'Argument count.']],
  },
  function spop(call) {
    if (call.count > 3) call.reply.error(SYNTAX_ERROR);
    else if (call.count === 3) popMany(call);
    else popOne(call);
  },
);

/**
 * Takes one member out, chosen at random and left in `sets.bytes`, `start`, `end` until it goes, of the set that is the record
 * found. Returns the record.
 */
function removeChosen(call: WriteCall, record: number): number {
  const { sets, keyspace } = call;
  sets.removeChosen(record);
  if (sets.record !== record) keyspace.moved(sets.record);
  return sets.record;
}

function popOne(call: WriteCall): void {
  const { sets, bytes, starts, ends } = call;
  const existing = call.forWriteOf(1, SET);
  if (existing === MISTYPED) return;
  if (existing === NONE) {
    call.reply.nil();
    return;
  }
  sets.random(existing, call.prng);
  call.reply.bulk(sets.bytes, sets.start, sets.end);
  if (call.propagates()) {
    call.propagateAs(3).text('SREM').bytes(bytes, starts[1]!, ends[1]!).bytes(sets.bytes, sets.start, sets.end);
  }
  const record = removeChosen(call, existing);
  const isEmpty = sets.count(record) === 0;
  if (isEmpty) call.keyspace.removeFound(call.database, record);
  call.changed(1, SPOP_EVENT);
  if (isEmpty) call.notify(1, DEL_EVENT);
}

function popMany(call: WriteCall): void {
  const { sets } = call;
  const wanted = call.clampedPositive(2);
  if (Number.isNaN(wanted)) return;
  const existing = call.forWriteOf(1, SET);
  if (existing === MISTYPED) return;
  if (existing === NONE || wanted === 0) {
    call.reply.set(0);
    return;
  }
  const size = sets.count(existing);
  if (wanted >= size) {
    popAll(call, existing, size);
    return;
  }
  popSome(call, existing, wanted);
}

function popAll(call: WriteCall, record: number, size: number): void {
  const { keyspace } = call;
  replyMembers(call, record);
  keyspace.removeFound(call.database, record, keyspace.lazyServerDel);
  if (call.propagates()) {
    const name = keyspace.lazyServerDel ? 'UNLINK' : 'DEL';
    call.propagateAs(2).text(name).bytes(call.bytes, call.starts[1]!, call.ends[1]!);
  }
  call.changed(1, SPOP_EVENT, size);
  call.notify(1, DEL_EVENT);
}

function popSome(call: WriteCall, existing: number, wanted: number): void {
  const { sets, bytes, starts, ends } = call;
  const propagates = call.propagates();
  let record = existing;
  call.reply.set(wanted);
  for (let left = wanted; left > 0; ) {
    const batch = Math.min(left, REMOVED_AT_ONCE);
    const removal = propagates
      ? call
          .propagateAs(batch + 2)
          .text('SREM')
          .bytes(bytes, starts[1]!, ends[1]!)
      : null;
    for (let each = 0; each < batch; each++) {
      sets.random(record, call.prng);
      call.reply.bulk(sets.bytes, sets.start, sets.end);
      if (removal !== null) removal.bytes(sets.bytes, sets.start, sets.end);
      record = removeChosen(call, record);
    }
    left -= batch;
  }
  call.changed(1, SPOP_EVENT, wanted);
}

/**
 *     > SADD one only
 *     (integer) 1
 *     > SRANDMEMBER one
 *     "only"
 *     > SRANDMEMBER one -2
 *     1) "only"
 *     2) "only"
 */
export const srandmember = read(
  'SRANDMEMBER',
  {
    group: 'set',
    summary: 'Tells members of a set, chosen at random; with a negative count one may come several times.',
    since: '1.0.0',
    complexity: 'O(1); with a count O(N), N being the count.',
    args: [key('key', 'RO', 'access'), optional(integer('count', { since: '2.6.0' }))],
    replies: [
      reply.bulk('the member, without a count'),
      reply.nil('no such key, without a count'),
      reply.array('members, with a count'),
    ],
    tips: ['nondeterministic_output'],
    history: [['2.6.0', 'Argument count.']],
  },
  function srandmember(call) {
    if (call.count > 3) call.reply.error(SYNTAX_ERROR);
    else if (call.count === 3) replyMany(call);
    else replyOne(call);
  },
);

function replyOne(call: ReadCall): void {
  const set = call.findOf(1, SET);
  if (set === MISTYPED) return;
  if (set === NONE) call.reply.nil();
  else replyRandom(call, set);
}

function replyRandom(call: ReadCall, set: number): void {
  const { sets } = call;
  sets.random(set, call.prng);
  call.reply.bulk(sets.bytes, sets.start, sets.end);
}

function replyMany(call: ReadCall): void {
  const wanted = call.randomCount(2);
  if (Number.isNaN(wanted)) return;
  const set = call.findOf(1, SET);
  if (set === MISTYPED) return;
  if (set === NONE || wanted === 0) {
    call.reply.emptyArray();
    return;
  }
  const size = call.sets.count(set);
  if (wanted < 0) {
    call.reply.array(-wanted);
    // Where the reply gets too long the client is gone, and so is the wish.
    for (let left = -wanted; left > 0 && !call.reply.overflowed; left--) replyRandom(call, set);
  } else if (wanted >= size) {
    call.reply.array(size);
    replyShare(call, set, size, size);
  } else {
    call.reply.array(wanted);
    if (wanted * WALK_SHARE > size || !call.sets.isLarge(set)) replyShare(call, set, wanted, size);
    else replyDistinct(call, set, wanted);
  }
}

/** So many members of a set of `size`, all choices equally likely: one walk (Knuth, 3.4.2, algorithm S). */
function replyShare(call: ReadCall, set: number, wanted: number, size: number): void {
  const walk = call.keyspace.setWalk;
  let left = wanted;
  walk.begin(set);
  for (let rest = size; left > 0 && walk.next(); rest--) {
    if (left < rest && call.prng.below(rest) >= left) continue;
    call.reply.bulkView(walk.view, walk.start, walk.end);
    left--;
  }
}

/** So many members of a large set, one by one. */
function replyDistinct(call: ReadCall, set: number, wanted: number): void {
  const { sets } = call;
  const seen = new WordSet();
  seen.clear(wanted);
  for (let left = wanted; left > 0; ) {
    const record = sets.randomHandle(set, call.prng);
    if (!seen.add(record)) continue;
    sets.readHandle(record);
    call.reply.bulk(sets.bytes, sets.start, sets.end);
    left--;
  }
}
