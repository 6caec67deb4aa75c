// The least or greatest members taken out: ZPOPMIN, ZPOPMAX, ZMPOP and their blocking forms.

import { SORTED_SET } from '../../../datatypes/key-record.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, SYNTAX_ERROR, WRONG_TYPE } from '../../../protocol/errors.ts';
import type { Reply } from '../../../protocol/reply.ts';
import { type Call, MISTYPED, type WriteCall, word } from '../../call.ts';
import {
  type CommandDetails,
  double,
  integer,
  key,
  keyCount,
  multiple,
  oneOf,
  optional,
  reply,
  token,
  write,
} from '../../command.ts';
import { ZPOPMAX_EVENT, ZPOPMIN_EVENT } from '../../events.ts';
import { parseTimeout } from '../timeouts.ts';
import { replyScore } from './ranges.ts';
import { removeRanks } from './removing.ts';

const MIN = word('MIN');
const MAX = word('MAX');
const COUNT = word('COUNT');

const NO_KEYS = error('ERR numkeys should be greater than 0');
const NO_COUNT = error('ERR count should be greater than 0');

/**
 * Takes the `count` least or greatest members out of the sorted set of the key in argument `index`, which was just found,
 * and replies them with their scores in turn, or in pairs.
 */
function pop(call: WriteCall, index: number, set: number, greatest: boolean, count: number, inPairs: boolean): void {
  const { sortedSets, reply: out } = call;
  const walk = call.keyspace.sortedSetWalk;
  const size = sortedSets.count(set);
  walk.begin(set, greatest ? size : 0);
  for (let left = count; left > 0; left--) {
    if (greatest) walk.previous();
    else walk.next();
    if (inPairs) out.array(2);
    walk.readMember();
    out.bulk(walk.bytes, walk.start, walk.end);
    replyScore(call, walk);
  }
  const event = greatest ? ZPOPMAX_EVENT : ZPOPMIN_EVENT;
  if (greatest) removeRanks(call, index, set, size - count, size, event);
  else removeRanks(call, index, set, 0, count, event);
}

/** ZPOPMIN and ZPOPMAX. */
function popFromKey(call: WriteCall, greatest: boolean): void {
  const hasCount = call.count > 2;
  if (call.count > 3) {
    call.reply.error(SYNTAX_ERROR);
    return;
  }
  const wanted = hasCount ? call.clampedPositive(2) : 1;
  if (Number.isNaN(wanted)) return;
  const set = call.forWriteOf(1, SORTED_SET);
  if (set === MISTYPED) return;
  if (set === NONE || wanted === 0) {
    call.reply.emptyArray();
    return;
  }
  const count = Math.min(wanted, call.sortedSets.count(set)) | 0;
  const inPairs = hasCount && call.reply.resp === 3;
  call.reply.array(inPairs ? count : count * 2);
  pop(call, 1, set, greatest, count, inPairs);
}

/**
 * The first key of arguments [from, to) that holds a sorted set: its argument number, 0 when there is none, MISTYPED after
 * replying that one holds something else. A client that waited sees only sorted sets.
 */
function findFirst(call: WriteCall, from: number, to: number): number {
  const { retried } = call as Call;
  for (let index = from; index < to; index++) {
    const handle = call.forWrite(index);
    if (handle === NONE) continue;
    if (call.typeOf(handle) === SORTED_SET) return index;
    if (retried) continue;
    call.reply.error(WRONG_TYPE);
    return MISTYPED;
  }
  return 0;
}

/** Says that `count` members were popped from the key in an argument; without a count where it was one, unasked. */
function propagatePop(call: WriteCall, index: number, greatest: boolean, count: number): void {
  if (!call.propagates()) return;
  const propagation = call
    .propagateAs(count === 0 ? 2 : 3)
    .text(greatest ? 'ZPOPMAX' : 'ZPOPMIN')
    .bytes(call.bytes, call.starts[index]!, call.ends[index]!);
  if (count > 0) propagation.integer(count);
}

function replyNothing(out: Reply): void {
  out.nilArray();
}

/** Makes the call wait for the keys in arguments [from, to), or replies that there is nothing where it may not. */
function wait(call: WriteCall, from: number, to: number, deadline: number): void {
  if (!call.engine.mayBlock(call as Call)) {
    replyNothing(call.reply);
    return;
  }
  const keys: string[] = [];
  for (let index = from; index < to; index++) keys.push(call.text(index));
  call.engine.block(call as Call, keys, deadline, replyNothing);
}

/** BZPOPMIN and BZPOPMAX. */
function popOrWait(call: WriteCall, greatest: boolean): void {
  const last = call.count - 1;
  const deadline = parseTimeout(call, last);
  if (Number.isNaN(deadline)) return;
  const index = findFirst(call, 1, last);
  if (index === MISTYPED) return;
  if (index === 0) {
    wait(call, 1, last, deadline);
    return;
  }
  call.reply.array(3);
  call.reply.bulk(call.bytes, call.starts[index]!, call.ends[index]!);
  pop(call, index, call.forWrite(index), greatest, 1, false);
  propagatePop(call, index, greatest, 0);
}

/** ZMPOP, and BZMPOP with its timeout in argument 1: `counted` is where the count of keys stands. */
function popFromFirst(call: WriteCall, counted: number, waits: boolean): void {
  const keys = call.quietInteger(counted);
  if (!(keys > 0)) {
    call.reply.error(NO_KEYS);
    return;
  }
  const where = counted + keys + 1;
  if (where >= call.count || !(call.is(where, MIN) || call.is(where, MAX))) {
    call.reply.error(SYNTAX_ERROR);
    return;
  }
  const wanted = parseCount(call, where + 1);
  if (wanted === 0) return;
  const deadline = waits ? parseTimeout(call, 1) : 0;
  if (Number.isNaN(deadline)) return;
  const index = findFirst(call, counted + 1, where);
  if (index === MISTYPED) return;
  if (index === 0) {
    if (waits) wait(call, counted + 1, where, deadline);
    else replyNothing(call.reply);
    return;
  }
  const greatest = call.is(where, MAX);
  const set = call.forWrite(index);
  const count = Math.min(wanted, call.sortedSets.count(set)) | 0;
  call.reply.array(2);
  call.reply.bulk(call.bytes, call.starts[index]!, call.ends[index]!);
  call.reply.array(count);
  pop(call, index, set, greatest, count, true);
  propagatePop(call, index, greatest, count);
}

/** The options of ZMPOP: how many members are wanted, 1 without COUNT; 0 after replying what is wrong. */
function parseCount(call: WriteCall, from: number): number {
  if (from === call.count) return 1;
  if (from + 2 !== call.count || !call.is(from, COUNT)) {
    // A wrong count is noticed before what follows it.
    if (from + 2 > call.count || !call.is(from, COUNT) || call.quietInteger(from + 1) > 0) {
      call.reply.error(SYNTAX_ERROR);
      return 0;
    }
  }
  const wanted = call.quietInteger(from + 1);
  if (wanted > 0) return wanted;
  call.reply.error(NO_COUNT);
  return 0;
}

// --- definitions ---

type Details = CommandDetails & { readonly group: 'sorted-set' };

function popped(summary: string): Details {
  return {
    group: 'sorted-set',
    summary,
    since: '5.0.0',
    complexity: 'O(log(N)+M), N being the members of the sorted set, M those popped.',
    args: [key('key', 'RW', 'access', 'delete'), optional(integer('count'))],
    replies: [reply.array('members and scores in turn; in RESP3 with a count, pairs of them')],
    flags: ['fast'],
  };
}

function awaited(summary: string): Details {
  return {
    group: 'sorted-set',
    summary,
    since: '5.0.0',
    complexity: 'O(log(N)), N being the members of the sorted set.',
    args: [multiple(key('key', 'RW', 'access', 'delete')), double('timeout')],
    replies: [reply.array('the key, the member and its score'), reply.nil('nothing came in time')],
    flags: ['fast', 'blocking'],
    history: [['6.0.0', 'The timeout may have a fraction.']],
  };
}

const POPS_FIRST_COMPLEXITY = 'O(K)+O(log(N)+M), K being the keys, N the members of the sorted set, M those popped.';
const POPS_FIRST_ARGUMENTS = [
  keyCount('numkeys'),
  multiple(key('key', 'RW', 'access', 'delete')),
  oneOf('where', token('MIN'), token('MAX')),
  optional(integer('count', { token: 'COUNT' })),
];

/**
 *     > ZADD board 10 ann 20 bob
 *     (integer) 2
 *     > ZPOPMIN board
 *     1) "ann"
 *     2) "10"
 */
export const zpopmin = write(
  'ZPOPMIN',
  popped('Takes the members with the least scores out, and tells them.'),
  (call) => popFromKey(call, false),
);

export const zpopmax = write(
  'ZPOPMAX',
  popped('Takes the members with the greatest scores out, and tells them.'),
  (call) => popFromKey(call, true),
);

export const bzpopmin = write(
  'BZPOPMIN',
  awaited('Takes the member with the least score out of the first of several sorted sets that is there, or waits.'),
  (call) => popOrWait(call, false),
);

export const bzpopmax = write(
  'BZPOPMAX',
  awaited('Takes the member with the greatest score out of the first of several sorted sets that is there, or waits.'),
  (call) => popOrWait(call, true),
);

/**
 *     > ZADD board 10 ann 20 bob
 *     (integer) 2
 *     > ZMPOP 2 nothing board MAX COUNT 10
 *     1) "board"
 *     2) 1) 1) "bob"
 *           2) "20"
 *        2) 1) "ann"
 *           2) "10"
 */
export const zmpop = write(
  'ZMPOP',
  {
    group: 'sorted-set',
    summary: 'Takes members out of the first of several sorted sets that is there, and tells them.',
    since: '7.0.0',
    complexity: POPS_FIRST_COMPLEXITY,
    args: POPS_FIRST_ARGUMENTS,
    replies: [reply.array('the key, and pairs of members and scores'), reply.nil('no key is there')],
  },
  (call) => popFromFirst(call, 1, false),
);

export const bzmpop = write(
  'BZMPOP',
  {
    group: 'sorted-set',
    summary: 'Takes members out of the first of several sorted sets that is there, or waits for one.',
    since: '7.0.0',
    complexity: POPS_FIRST_COMPLEXITY,
    args: [double('timeout'), ...POPS_FIRST_ARGUMENTS],
    replies: [reply.array('the key, and pairs of members and scores'), reply.nil('nothing came in time')],
    flags: ['blocking'],
  },
  (call) => popFromFirst(call, 2, true),
);
