// The least or greatest members taken out: ZPOPMIN, ZPOPMAX, ZMPOP and their blocking forms.

import { SORTED_SET } from '../../../datatypes/key-record.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { MISTYPED, type WriteCall, word } from '../../call.ts';
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
import { type PoppedType, popFromFirst, popOneOrWait } from '../popping-first.ts';
import { replyScore } from './ranges.ts';
import { removeRanks } from './removing.ts';

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
    out.bulkView(walk.view, walk.start, walk.end);
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

const POPPED_SORTED_SETS: PoppedType = {
  type: SORTED_SET,
  nearWord: word('MIN'),
  farWord: word('MAX'),
  nearCommand: 'ZPOPMIN',
  farCommand: 'ZPOPMAX',
  values: 2,
  count: (call, set) => call.sortedSets.count(set),
  pop,
};

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
  (call) => popOneOrWait(call, POPPED_SORTED_SETS, false),
);

export const bzpopmax = write(
  'BZPOPMAX',
  awaited('Takes the member with the greatest score out of the first of several sorted sets that is there, or waits.'),
  (call) => popOneOrWait(call, POPPED_SORTED_SETS, true),
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
  (call) => popFromFirst(call, POPPED_SORTED_SETS, 1, false),
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
  (call) => popFromFirst(call, POPPED_SORTED_SETS, 2, true),
);
