// Single members of sorted sets: ZREM, ZCARD, ZSCORE, ZMSCORE, ZRANK, ZREVRANK, ZSCAN.

import { SORTED_SET } from '../../../datatypes/key-record.ts';
import { formatDouble17 } from '../../../lib/decimal.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { SYNTAX_ERROR, wrongArity } from '../../../protocol/errors.ts';
import { MISTYPED, type ReadCall, word } from '../../call.ts';
import { integer, key, multiple, optional, pattern, read, reply, text, token, write } from '../../command.ts';
import { DEL_EVENT, ZREM_EVENT } from '../../events.ts';
import { beginKeyScan, type KeyScan, matchesPattern } from '../scanning.ts';

/**
 *     > ZADD board 10 ann 20 bob
 *     (integer) 2
 *     > ZREM board ann carol
 *     (integer) 1
 */
export const zrem = write(
  'ZREM',
  {
    group: 'sorted-set',
    summary: 'Takes members out of a sorted set; with the last one the key goes.',
    since: '1.2.0',
    complexity: 'O(M*log(N)), N being the members of the sorted set, M those to be taken out.',
    args: [key('key', 'RW', 'delete'), multiple(text('member'))],
    replies: [reply.integer('members that were there')],
    flags: ['fast'],
    history: [['2.4.0', 'Several members.']],
  },
  function zrem(call) {
    const { bytes, starts, ends, sortedSets, keyspace } = call;
    const existing = call.forWriteCounted(1, SORTED_SET);
    if (existing === MISTYPED) return;
    if (existing === NONE) {
      call.reply.integer(0);
      return;
    }
    let record = existing;
    let removed = 0;
    for (let index = 2; index < call.count && sortedSets.count(record) > 0; index++) {
      if (sortedSets.remove(record, bytes, starts[index]!, ends[index]!)) removed++;
      record = sortedSets.record;
    }
    if (record !== existing) keyspace.moved(record);
    const left = sortedSets.count(record);
    const isEmpty = left === 0;
    call.grew(SORTED_SET, left, -removed);
    if (isEmpty) keyspace.removeFound(call.database, record);
    if (removed > 0) call.changed(1, ZREM_EVENT, removed);
    if (isEmpty) call.notify(1, DEL_EVENT);
    call.reply.integer(removed);
  },
);

export const zcard = read(
  'ZCARD',
  {
    group: 'sorted-set',
    summary: 'Tells how many members a sorted set has.',
    since: '1.2.0',
    complexity: 'O(1)',
    args: [key('key', 'RO')],
    replies: [reply.integer('members, 0 when there is no such key')],
    flags: ['fast'],
  },
  function zcard(call) {
    const set = call.findOf(1, SORTED_SET);
    if (set !== MISTYPED) call.reply.integer(set === NONE ? 0 : call.sortedSets.count(set));
  },
);

/** Whether an argument is a member of a sorted set or of none; its score is then in `sortedSets.score`. */
function findMember(call: ReadCall, set: number, member: number): boolean {
  return set !== NONE && call.sortedSets.find(set, call.bytes, call.starts[member]!, call.ends[member]!);
}

/**
 *     > ZADD board 10.5 ann
 *     (integer) 1
 *     > ZSCORE board ann
 *     "10.5"
 *     > ZSCORE board bob
 *     (nil)
 */
export const zscore = read(
  'ZSCORE',
  {
    group: 'sorted-set',
    summary: 'Tells the score of a member of a sorted set.',
    since: '1.2.0',
    complexity: 'O(1)',
    args: [key('key', 'RO', 'access'), text('member')],
    replies: [reply.double('the score'), reply.nil('no such key or member')],
    flags: ['fast'],
  },
  function zscore(call) {
    const set = call.findOf(1, SORTED_SET);
    if (set === MISTYPED) return;
    if (findMember(call, set, 2)) call.reply.double(call.sortedSets.score[0]!);
    else call.reply.nil();
  },
);

/**
 *     > ZADD board 10 ann
 *     (integer) 1
 *     > ZMSCORE board ann bob
 *     1) "10"
 *     2) (nil)
 */
export const zmscore = read(
  'ZMSCORE',
  {
    group: 'sorted-set',
    summary: 'Tells the scores of several members of a sorted set.',
    since: '6.2.0',
    complexity: 'O(N), N being the members asked for.',
    args: [key('key', 'RO', 'access'), multiple(text('member'))],
    replies: [reply.array('a score, or nil, for each')],
    flags: ['fast'],
  },
  function zmscore(call) {
    const set = call.findOf(1, SORTED_SET);
    if (set === MISTYPED) return;
    call.reply.array(call.count - 2);
    for (let index = 2; index < call.count; index++) {
      if (findMember(call, set, index)) call.reply.double(call.sortedSets.score[0]!);
      else call.reply.nil();
    }
  },
);

const WITHSCORE = word('WITHSCORE');

function replyRank(call: ReadCall, isReversed: boolean): void {
  if (call.count > 4) {
    call.reply.errorText(wrongArity(isReversed ? 'zrevrank' : 'zrank'));
    return;
  }
  const withScore = call.count > 3;
  if (withScore && !call.is(3, WITHSCORE)) {
    call.reply.error(SYNTAX_ERROR);
    return;
  }
  const { sortedSets } = call;
  const set = call.findOf(1, SORTED_SET);
  if (set === MISTYPED) return;
  const rank = set === NONE ? -1 : sortedSets.rank(set, call.bytes, call.starts[2]!, call.ends[2]!);
  if (rank < 0) {
    if (withScore) call.reply.nilArray();
    else call.reply.nil();
    return;
  }
  if (withScore) call.reply.array(2);
  call.reply.integer(isReversed ? sortedSets.count(set) - 1 - rank : rank);
  if (withScore) call.reply.double(sortedSets.score[0]!);
}

const RANK_DETAILS = {
  group: 'sorted-set',
  since: '2.0.0',
  complexity: 'O(log(N)), N being the members of the sorted set.',
  args: [key('key', 'RO', 'access'), text('member'), optional(token('WITHSCORE', { since: '7.2.0' }))],
  replies: [
    reply.integer('the rank, from 0'),
    reply.array('the rank and the score, with WITHSCORE'),
    reply.nil('no such key or member'),
  ],
  flags: ['fast'],
  history: [['7.2.0', 'Option WITHSCORE.']],
} as const;

/**
 *     > ZADD board 10 ann 20 bob
 *     (integer) 2
 *     > ZRANK board bob
 *     (integer) 1
 *     > ZRANK board bob WITHSCORE
 *     1) (integer) 1
 *     2) "20"
 */
export const zrank = read(
  'ZRANK',
  { ...RANK_DETAILS, summary: 'Tells how many members of a sorted set come before one, by ascending scores.' },
  (call) => replyRank(call, false),
);

export const zrevrank = read(
  'ZREVRANK',
  { ...RANK_DETAILS, summary: 'Tells how many members of a sorted set come before one, by descending scores.' },
  (call) => replyRank(call, true),
);

const NOSCORES = word('NOSCORES');

/**
 *     > ZADD board 10 ann 20.5 bob
 *     (integer) 2
 *     > ZSCAN board 0
 *     1) "0"
 *     2) 1) "ann"
 *        2) "10"
 *        3) "bob"
 *        4) "20.5"
 */
export const zscan = read(
  'ZSCAN',
  {
    group: 'sorted-set',
    summary: 'Looks through the members of a sorted set and their scores a few at a time.',
    since: '2.8.0',
    complexity: 'O(1) for each call; O(N) for all of them, N being the members.',
    args: [
      key('key', 'RO', 'access'),
      integer('cursor'),
      optional(pattern('pattern', { token: 'MATCH' })),
      optional(integer('count', { token: 'COUNT' })),
      optional(token('NOSCORES', { since: '8.0.0' })),
    ],
    replies: [reply.array('the next cursor, 0 at the end, and an array of members and scores in turn')],
    tips: ['nondeterministic_output'],
  },
  function zscan(call) {
    const scan = beginKeyScan(call, SORTED_SET, NOSCORES);
    if (scan === null) return;
    call.reply.array(2);
    if (call.sortedSets.isLarge(scan.record)) replyScanned(call, scan);
    else replyPacked(call, scan);
  },
);

function replyScanned(call: ReadCall, scan: KeyScan): void {
  const { sortedSets } = call;
  const walk = call.keyspace.sortedSetWalk;
  call.reply.bulkInteger(sortedSets.scan(scan.record, scan.cursor, scan.count));
  const mark = call.reply.later();
  let shown = 0;
  for (let index = 0; index < sortedSets.scannedCount(); index++) {
    walk.goTo(sortedSets.scanned(index));
    walk.readMember();
    if (!matchesPattern(call, scan.patternAt, walk.bytes, walk.start, walk.end)) continue;
    call.reply.bulk(walk.bytes, walk.start, walk.end);
    shown++;
    if (scan.bare) continue;
    replyScore17(call, walk.score());
    shown++;
  }
  call.reply.arrayAt(mark, shown);
}

/** A score with seventeen digits, as Redis tells it here of large sorted sets. */
function replyScore17(call: ReadCall, score: number): void {
  if (Number.isSafeInteger(score) && score !== 0) call.reply.bulkInteger(score);
  else call.reply.bulkText(formatDouble17(score));
}

/** A packed sorted set is told whole, whatever the cursor. */
function replyPacked(call: ReadCall, scan: KeyScan): void {
  const walk = call.keyspace.sortedSetWalk;
  call.reply.bulkInteger(0);
  const mark = call.reply.later();
  let shown = 0;
  walk.begin(scan.record, 0);
  while (walk.next()) {
    walk.readMember();
    if (!matchesPattern(call, scan.patternAt, walk.bytes, walk.start, walk.end)) continue;
    call.reply.bulk(walk.bytes, walk.start, walk.end);
    shown++;
    if (scan.bare) continue;
    walk.readScoreText();
    call.reply.bulk(walk.bytes, walk.start, walk.end);
    shown++;
  }
  call.reply.arrayAt(mark, shown);
}
