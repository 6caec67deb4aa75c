// Ranges taken out of sorted sets: ZREMRANGEBYRANK, ZREMRANGEBYSCORE, ZREMRANGEBYLEX.

import { SORTED_SET } from '../../../datatypes/key-record.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { MISTYPED, type WriteCall } from '../../call.ts';
import {
  type ArgumentDefinition,
  type CommandDetails,
  double,
  integer,
  key,
  reply,
  text,
  write,
} from '../../command.ts';
import {
  DEL_EVENT,
  type KeyEvent,
  ZREMRANGEBYLEX_EVENT,
  ZREMRANGEBYRANK_EVENT,
  ZREMRANGEBYSCORE_EVENT,
} from '../../events.ts';
import { lexRange, parseLexRange, parseScoreRange, scoreRange } from './bounds.ts';

/**
 * Takes the members with the ranks from `first` to below `end` out of the sorted set of the key in an argument, which was
 * just found, and announces it.
 */
export function removeRanks(
  call: WriteCall,
  index: number,
  set: number,
  first: number,
  end: number,
  event: KeyEvent,
): void {
  const { sortedSets, keyspace } = call;
  const isAll = end - first === sortedSets.count(set);
  if (isAll) keyspace.removeFound(call.database, set, keyspace.lazyServerDel);
  else {
    sortedSets.removeRanks(set, first, end);
    if (sortedSets.record !== set) keyspace.moved(sortedSets.record);
  }
  call.changed(index, event, end - first);
  if (isAll) call.notify(index, DEL_EVENT);
}

/** Does so with the range that `sortedSets` holds, and replies how many members it had. */
function removeRange(call: WriteCall, set: number, isAny: boolean, event: KeyEvent): void {
  const { first, end } = call.sortedSets;
  if (isAny) removeRanks(call, 1, set, first, end, event);
  call.reply.integer(isAny ? end - first : 0);
}

function details(
  summary: string,
  since: string,
  bounds: readonly ArgumentDefinition[],
): CommandDetails & { readonly group: 'sorted-set' } {
  return {
    group: 'sorted-set',
    summary,
    since,
    complexity: 'O(log(N)+M), N being the members of the sorted set, M those taken out.',
    args: [key('key', 'RW', 'delete'), ...bounds],
    replies: [reply.integer('members taken out')],
  };
}

/**
 *     > ZADD board 10 ann 20 bob 30 carol
 *     (integer) 3
 *     > ZREMRANGEBYRANK board 0 -2
 *     (integer) 2
 */
export const zremrangebyrank = write(
  'ZREMRANGEBYRANK',
  details('Takes members of a sorted set out, in a range of ranks.', '2.0.0', [integer('start'), integer('stop')]),
  function zremrangebyrank(call) {
    const start = call.clampedInteger(2);
    if (Number.isNaN(start)) return;
    const stop = call.clampedInteger(3);
    if (Number.isNaN(stop)) return;
    const set = call.forWriteOf(1, SORTED_SET);
    if (set === MISTYPED) return;
    const size = set === NONE ? 0 : call.sortedSets.count(set);
    const first = Math.max(0, start < 0 ? size + start : start);
    const end = Math.min(size, (stop < 0 ? size + stop : stop) + 1);
    if (first < end) removeRanks(call, 1, set, first | 0, end | 0, ZREMRANGEBYRANK_EVENT);
    call.reply.integer(Math.max(0, end - first));
  },
);

/**
 *     > ZADD board 10 ann 20 bob 30 carol
 *     (integer) 3
 *     > ZREMRANGEBYSCORE board -inf (30
 *     (integer) 2
 */
export const zremrangebyscore = write(
  'ZREMRANGEBYSCORE',
  details('Takes members of a sorted set out, in a range of scores.', '1.2.0', [double('min'), double('max')]),
  function zremrangebyscore(call) {
    if (!parseScoreRange(call, 2, 3)) return;
    const set = call.forWriteOf(1, SORTED_SET);
    if (set === MISTYPED) return;
    const isAny = set !== NONE && call.sortedSets.rangeByScore(set, scoreRange);
    removeRange(call, set, isAny, ZREMRANGEBYSCORE_EVENT);
  },
);

/**
 *     > ZADD names 0 ann 0 bob 0 carol
 *     (integer) 3
 *     > ZREMRANGEBYLEX names - (carol
 *     (integer) 2
 */
export const zremrangebylex = write(
  'ZREMRANGEBYLEX',
  details('Takes members of a sorted set of equal scores out, in a range of members.', '2.8.9', [
    text('min'),
    text('max'),
  ]),
  function zremrangebylex(call) {
    if (!parseLexRange(call, 2, 3)) return;
    const set = call.forWriteOf(1, SORTED_SET);
    if (set === MISTYPED) return;
    const isAny = set !== NONE && call.sortedSets.rangeByMember(set, lexRange, false);
    removeRange(call, set, isAny, ZREMRANGEBYLEX_EVENT);
  },
);
