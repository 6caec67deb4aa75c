// Members of sorted sets chosen at random: ZRANDMEMBER.

import { SORTED_SET } from '../../../datatypes/key-record.ts';
import { INT64_MAX } from '../../../lib/integers.ts';
import { WordSet } from '../../../lib/word-set.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { OUT_OF_RANGE, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { MISTYPED, type ReadCall, word } from '../../call.ts';
import { block, integer, key, optional, read, reply, token } from '../../command.ts';
import { replyMembers, replyScore } from './ranges.ts';

const WITHSCORES = word('WITHSCORES');

/** Above this share of a sorted set (1/3) members are chosen by one walk through it instead of one by one. */
const WALK_SHARE = 3;
/** Counts beyond this, doubled for scores, are more than 64 bits hold. */
const COUNT_WITH_SCORES_MAX = INT64_MAX / 2n;

/**
 *     > ZADD one 1 only
 *     (integer) 1
 *     > ZRANDMEMBER one
 *     "only"
 *     > ZRANDMEMBER one -2 WITHSCORES
 *     1) "only"
 *     2) "1"
 *     3) "only"
 *     4) "1"
 */
export const zrandmember = read(
  'ZRANDMEMBER',
  {
    group: 'sorted-set',
    summary: 'Tells members of a sorted set, chosen at random; with a negative count one may come several times.',
    since: '6.2.0',
    complexity: 'O(N), N being the count.',
    args: [key('key', 'RO', 'access'), optional(block('options', integer('count'), optional(token('WITHSCORES'))))],
    replies: [
      reply.bulk('the member, without a count'),
      reply.nil('no such key, without a count'),
      reply.array('members, with a count, and their scores if asked for'),
    ],
    tips: ['nondeterministic_output'],
  },
  function zrandmember(call) {
    if (call.count > 2) {
      replyMany(call);
      return;
    }
    const set = call.findOf(1, SORTED_SET);
    if (set === MISTYPED) return;
    if (set === NONE) call.reply.nil();
    else replyRandom(call, set, false);
  },
);

function replyMany(call: ReadCall): void {
  const wanted = call.randomCount(2);
  if (Number.isNaN(wanted)) return;
  const withScores = call.count === 4 && call.is(3, WITHSCORES);
  if (call.count > 4 || (call.count === 4 && !withScores)) {
    call.reply.error(SYNTAX_ERROR);
    return;
  }
  // What is clamped may be more: it is read once more.
  if (withScores && Math.abs(wanted) === Number.MAX_SAFE_INTEGER && isBeyond(call.int64(2)!)) {
    call.reply.error(OUT_OF_RANGE);
    return;
  }
  const set = call.findOf(1, SORTED_SET);
  if (set === MISTYPED) return;
  if (set === NONE || wanted === 0) {
    call.reply.emptyArray();
    return;
  }
  const size = call.sortedSets.count(set);
  if (wanted >= size) {
    replyMembers(call, set, 0, size, false, withScores);
    return;
  }
  const count = Math.abs(wanted);
  call.reply.array(withScores && call.reply.resp === 2 ? count * 2 : count);
  if (wanted < 0) {
    // Where the reply gets too long the client is gone, and so is the wish.
    for (let left = count; left > 0 && !call.reply.overflowed; left--) replyRandom(call, set, withScores);
  } else if (count * WALK_SHARE > size || !call.sortedSets.isLarge(set)) replyShare(call, set, count, size, withScores);
  else replyDistinct(call, set, count, withScores);
}

function isBeyond(count: bigint): boolean {
  return count > COUNT_WITH_SCORES_MAX || count < -COUNT_WITH_SCORES_MAX;
}

/** The member that the keyspace's walk is at. */
function replyMember(call: ReadCall, withScores: boolean): void {
  const walk = call.keyspace.sortedSetWalk;
  if (withScores && call.reply.resp === 3) call.reply.array(2);
  walk.readMember();
  call.reply.bulk(walk.bytes, walk.start, walk.end);
  if (withScores) replyScore(call, walk);
}

function replyRandom(call: ReadCall, set: number, withScores: boolean): void {
  const { sortedSets, prng } = call;
  const walk = call.keyspace.sortedSetWalk;
  if (sortedSets.isLarge(set)) walk.goTo(sortedSets.randomRecord(set, prng));
  else {
    walk.begin(set, prng.below(sortedSets.count(set)));
    walk.next();
  }
  replyMember(call, withScores);
}

/** So many members of a sorted set of `size`, all choices equally likely: one walk (Knuth, 3.4.2, algorithm S). */
function replyShare(call: ReadCall, set: number, wanted: number, size: number, withScores: boolean): void {
  const walk = call.keyspace.sortedSetWalk;
  let left = wanted;
  walk.begin(set, 0);
  for (let rest = size; left > 0 && walk.next(); rest--) {
    if (left < rest && call.prng.below(rest) >= left) continue;
    replyMember(call, withScores);
    left--;
  }
}

/** So many members of a large sorted set, one by one. */
function replyDistinct(call: ReadCall, set: number, wanted: number, withScores: boolean): void {
  const { sortedSets, prng } = call;
  const walk = call.keyspace.sortedSetWalk;
  const seen = new WordSet();
  seen.clear(wanted);
  for (let left = wanted; left > 0; ) {
    const record = sortedSets.randomRecord(set, prng);
    if (!seen.add(record)) continue;
    walk.goTo(record);
    replyMember(call, withScores);
    left--;
  }
}
