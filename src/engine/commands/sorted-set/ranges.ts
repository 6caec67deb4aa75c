// Ranges of sorted sets, by rank, score or member: ZRANGE and the seven older commands that it stands for, ZRANGESTORE,
// ZCOUNT, ZLEXCOUNT.

import { SORTED_SET } from '../../../datatypes/key-record.ts';
import type { SortedSetWalk } from '../../../datatypes/sorted-set-walk.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, OUT_OF_MEMORY, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { MISTYPED, type ReadCall, type WriteCall, word } from '../../call.ts';
import {
  type ArgumentDefinition,
  block,
  type CommandDetails,
  double,
  integer,
  key,
  oneOf,
  optional,
  read,
  reply,
  text,
  token,
  write,
} from '../../command.ts';
import { ZRANGESTORE_EVENT } from '../../events.ts';
import { storeResult } from '../storing.ts';
import { lexRange, parseLexRange, parseScoreRange, scoreRange } from './bounds.ts';

const WITHSCORES = word('WITHSCORES');
const LIMIT = word('LIMIT');
const REV = word('REV');
const BYSCORE = word('BYSCORE');
const BYLEX = word('BYLEX');

const LIMIT_OF_RANKS = error('ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX');
const SCORES_OF_MEMBERS = error('ERR syntax error, WITHSCORES not supported in combination with BYLEX');

const BY_RANK = 0;
const BY_SCORE = 1;
const BY_MEMBER = 2;

/** What a ZRANGE or its like asks for. Reused: commands do not overlap. */
class RangeRequest {
  by = BY_RANK;
  isReversed = false;
  withScores = false;
  /** First and last rank, from the end when negative. */
  start = 0;
  stop = 0;
  offset = 0;
  limit = -1;
  /** The range found in a sorted set: `count` members, from the one with rank `first` on, upwards or downwards. */
  first = 0;
  count = 0;

  /**
   * Reads the arguments behind a key: two bounds and options. `by` and `isReversed` are fixed for the older commands
   * (`isFixed`). False after replying what is wrong.
   */
  parse(call: ReadCall, key: number, by: number, isReversed: boolean, isFixed: boolean, stores: boolean): boolean {
    this.by = by;
    this.isReversed = isReversed;
    this.withScores = false;
    this.offset = 0;
    this.limit = -1;
    if (!this.parseOptions(call, key + 3, isFixed, stores)) return false;
    if (this.limit !== -1 && this.by === BY_RANK) {
      call.reply.error(LIMIT_OF_RANKS);
      return false;
    }
    if (this.withScores && this.by === BY_MEMBER) {
      call.reply.error(SCORES_OF_MEMBERS);
      return false;
    }
    if (this.by === BY_RANK) {
      this.start = call.clampedInteger(key + 1);
      if (Number.isNaN(this.start)) return false;
      this.stop = call.clampedInteger(key + 2);
      return !Number.isNaN(this.stop);
    }
    // Downwards the greater bound comes first.
    const min = this.isReversed ? key + 2 : key + 1;
    const max = this.isReversed ? key + 1 : key + 2;
    return this.by === BY_SCORE ? parseScoreRange(call, min, max) : parseLexRange(call, min, max);
  }

  private parseOptions(call: ReadCall, from: number, isFixed: boolean, stores: boolean): boolean {
    for (let index = from; index < call.count; index++) {
      if (!stores && call.is(index, WITHSCORES)) this.withScores = true;
      else if (index + 2 < call.count && call.is(index, LIMIT)) {
        this.offset = call.clampedInteger(index + 1);
        if (Number.isNaN(this.offset)) return false;
        this.limit = call.clampedInteger(index + 2);
        if (Number.isNaN(this.limit)) return false;
        index += 2;
      } else if (!isFixed && !this.isReversed && call.is(index, REV)) this.isReversed = true;
      else if (!isFixed && this.by === BY_RANK && call.is(index, BYLEX)) this.by = BY_MEMBER;
      else if (!isFixed && this.by === BY_RANK && call.is(index, BYSCORE)) this.by = BY_SCORE;
      else {
        call.reply.error(SYNTAX_ERROR);
        return false;
      }
    }
    return true;
  }

  /** Finds the range in a sorted set; false when it is empty. */
  find(call: ReadCall, set: number): boolean {
    const { sortedSets } = call;
    this.first = 0;
    this.count = 0;
    if (set === NONE) return false;
    if (this.by === BY_RANK) {
      this.findRanks(sortedSets.count(set));
    } else {
      const found =
        this.by === BY_SCORE
          ? sortedSets.rangeByScore(set, scoreRange)
          : sortedSets.rangeByMember(set, lexRange, this.isReversed);
      // A negative offset is beyond everything.
      if (!found || this.offset < 0) return false;
      const size = sortedSets.end - sortedSets.first;
      if (this.offset >= size) return false;
      const offset = this.offset | 0;
      this.count = this.limit < 0 || this.limit > size - offset ? size - offset : this.limit | 0;
      this.first = this.isReversed ? sortedSets.end - 1 - offset : sortedSets.first + offset;
    }
    return this.count > 0;
  }

  private findRanks(size: number): void {
    const start = Math.max(0, this.start < 0 ? size + this.start : this.start);
    const stop = Math.min(size - 1, this.stop < 0 ? size + this.stop : this.stop);
    if (start > stop) return;
    // Arguments may be any number; ranks are integers, and stay so.
    this.count = (stop - start + 1) | 0;
    this.first = (this.isReversed ? size - 1 - start : start) | 0;
  }
}

const request = new RangeRequest();

/** Replies `count` members from a rank on, upwards or downwards. */
export function replyMembers(
  call: ReadCall,
  set: number,
  first: number,
  count: number,
  isReversed: boolean,
  withScores: boolean,
): void {
  const { reply: out } = call;
  const walk = call.keyspace.sortedSetWalk;
  const inPairs = withScores && out.resp === 3;
  out.array(withScores && !inPairs ? count * 2 : count);
  walk.begin(set, isReversed ? first + 1 : first);
  if (walk.canFetch()) {
    const { fetched, fetchedStarts: starts, fetchedEnds: ends } = walk;
    for (let left = count; left > 0; ) {
      const run = walk.fetch(left, isReversed);
      for (let index = 0; index < run; index++) {
        if (inPairs) out.array(2);
        out.bulkView(walk.fetchedView(index), starts[index]!, ends[index]!);
        if (!withScores) continue;
        walk.goTo(fetched[index]!);
        replyScore(call, walk);
      }
      left -= run;
    }
    return;
  }
  for (let left = count; left > 0; left--) {
    if (isReversed) walk.previous();
    else walk.next();
    if (inPairs) out.array(2);
    walk.readMember();
    out.bulkView(walk.view, walk.start, walk.end);
    if (withScores) replyScore(call, walk);
  }
}

/** The score of the member that a walk is at: in RESP2 as it stands in a pack. */
export function replyScore({ reply: out }: ReadCall, walk: SortedSetWalk): void {
  if (out.resp === 2 && walk.readScoreText()) out.bulkView(walk.view, walk.start, walk.end);
  else out.double(walk.score());
}

function range(call: ReadCall, by: number, isReversed: boolean, isFixed: boolean): void {
  if (!request.parse(call, 1, by, isReversed, isFixed, false)) return;
  const set = call.findOf(1, SORTED_SET);
  if (set === MISTYPED) return;
  if (request.find(call, set)) {
    replyMembers(call, set, request.first, request.count, request.isReversed, request.withScores);
  } else call.reply.emptyArray();
}

// --- definitions ---

const LIMIT_ARGUMENT = optional({ ...block('limit', integer('offset'), integer('count')), token: 'LIMIT' });
const SORT_ARGUMENT = optional(oneOf('sortby', token('BYSCORE'), token('BYLEX')));
const WITHSCORES_ARGUMENT = optional(token('WITHSCORES'));
const COMPLEXITY = 'O(log(N)+M), N being the members of the sorted set, M those in the range.';

/**
 *     > ZADD board 10 ann 20 bob 30 carol
 *     (integer) 3
 *     > ZRANGE board 0 1
 *     1) "ann"
 *     2) "bob"
 *     > ZRANGE board +inf (10 BYSCORE REV LIMIT 0 1 WITHSCORES
 *     1) "carol"
 *     2) "30"
 */
export const zrange = read(
  'ZRANGE',
  {
    group: 'sorted-set',
    summary: 'Lists members of a sorted set in a range of ranks, scores or members.',
    since: '1.2.0',
    complexity: COMPLEXITY,
    args: [
      key('key', 'RO', 'access'),
      text('start'),
      text('stop'),
      optional(SORT_ARGUMENT, { since: '6.2.0' }),
      optional(token('REV', { since: '6.2.0' })),
      optional(LIMIT_ARGUMENT, { since: '6.2.0' }),
      WITHSCORES_ARGUMENT,
    ],
    replies: [reply.array('members, with their scores if asked for')],
    history: [['6.2.0', 'Options REV, BYSCORE, BYLEX and LIMIT.']],
  },
  (call) => range(call, BY_RANK, false, false),
);

function older(
  summary: string,
  since: string,
  instead: string,
  bounds: readonly ArgumentDefinition[],
  options: readonly ArgumentDefinition[],
): CommandDetails & { readonly group: 'sorted-set' } {
  return {
    group: 'sorted-set',
    summary,
    since,
    complexity: COMPLEXITY,
    args: [key('key', 'RO', 'access'), ...bounds, ...options],
    replies: [reply.array('members, with their scores if asked for')],
    deprecated: { since: '6.2.0', instead },
  };
}

export const zrevrange = read(
  'ZREVRANGE',
  older(
    'Lists members of a sorted set in a range of ranks, by descending scores.',
    '1.2.0',
    '`ZRANGE` with the `REV` argument',
    [integer('start'), integer('stop')],
    [WITHSCORES_ARGUMENT],
  ),
  (call) => range(call, BY_RANK, true, true),
);

export const zrangebyscore = read(
  'ZRANGEBYSCORE',
  {
    ...older(
      'Lists members of a sorted set in a range of scores.',
      '1.0.5',
      '`ZRANGE` with the `BYSCORE` argument',
      [double('min'), double('max')],
      [optional(WITHSCORES_ARGUMENT, { since: '2.0.0' }), LIMIT_ARGUMENT],
    ),
    history: [['2.0.0', 'Option WITHSCORES.']],
  },
  (call) => range(call, BY_SCORE, false, true),
);

export const zrevrangebyscore = read(
  'ZREVRANGEBYSCORE',
  {
    ...older(
      'Lists members of a sorted set in a range of scores, by descending scores.',
      '2.2.0',
      '`ZRANGE` with the `REV` and `BYSCORE` arguments',
      [double('max'), double('min')],
      [WITHSCORES_ARGUMENT, LIMIT_ARGUMENT],
    ),
    history: [['2.1.6', 'Bounds may be exclusive.']],
  },
  (call) => range(call, BY_SCORE, true, true),
);

export const zrangebylex = read(
  'ZRANGEBYLEX',
  older(
    'Lists members of a sorted set of equal scores in a range of members.',
    '2.8.9',
    '`ZRANGE` with the `BYLEX` argument',
    [text('min'), text('max')],
    [LIMIT_ARGUMENT],
  ),
  (call) => range(call, BY_MEMBER, false, true),
);

export const zrevrangebylex = read(
  'ZREVRANGEBYLEX',
  older(
    'Lists members of a sorted set of equal scores in a range of members, in descending order.',
    '2.8.9',
    '`ZRANGE` with the `REV` and `BYLEX` arguments',
    [text('max'), text('min')],
    [LIMIT_ARGUMENT],
  ),
  (call) => range(call, BY_MEMBER, true, true),
);

/** Copies the range found in a sorted set to a new record for the key in argument 1; NONE when memory ran out. */
function copyRange(call: WriteCall, set: number): number {
  const { bytes, starts, ends, keyspace, sortedSetBuilder: builder } = call;
  const walk = keyspace.sortedSetWalk;
  // Downwards the range is the same members.
  const first = request.isReversed ? request.first - request.count + 1 : request.first;
  let length = 0;
  walk.begin(set, first);
  for (let left = request.count; left > 0 && walk.next(); left--) {
    walk.readMember();
    length += walk.end - walk.start;
  }
  if (!builder.admitSorted(request.count, length)) return NONE;
  builder.beginSorted(request.count);
  walk.begin(set, first);
  for (let left = request.count; left > 0 && walk.next(); left--) {
    const score = walk.score();
    walk.readMember();
    builder.append(walk.bytes, walk.start, walk.end, score);
  }
  builder.endSorted();
  return builder.store(bytes, starts[1]!, ends[1]!, keyspace.accessClock);
}

/**
 *     > ZADD board 10 ann 20 bob 30 carol
 *     (integer) 3
 *     > ZRANGESTORE best board 1 -1
 *     (integer) 2
 */
export const zrangestore = write(
  'ZRANGESTORE',
  {
    group: 'sorted-set',
    summary: 'Stores a range of a sorted set in a key.',
    since: '6.2.0',
    complexity: COMPLEXITY,
    args: [
      key('dst', 'OW', 'update'),
      key('src', 'RO', 'access'),
      text('min'),
      text('max'),
      SORT_ARGUMENT,
      optional(token('REV')),
      LIMIT_ARGUMENT,
    ],
    replies: [reply.integer('members stored')],
    flags: ['denyoom'],
  },
  function zrangestore(call) {
    if (!request.parse(call, 2, BY_RANK, false, false, true)) return;
    const set = call.findOf(2, SORTED_SET);
    if (set === MISTYPED || !call.admitArguments()) return;
    let record = NONE;
    if (request.find(call, set)) {
      record = copyRange(call, set);
      if (record === NONE) {
        call.reply.error(OUT_OF_MEMORY);
        return;
      }
    }
    storeResult(call, 1, record, ZRANGESTORE_EVENT, 1);
    call.reply.integer(record === NONE ? 0 : request.count);
  },
);

/** Replies how many members of the key in argument 1 the range just read holds. */
function countRange(call: ReadCall, isByScore: boolean): void {
  const set = call.findOf(1, SORTED_SET);
  if (set === MISTYPED) return;
  const { sortedSets } = call;
  const found =
    set !== NONE &&
    (isByScore ? sortedSets.rangeByScore(set, scoreRange) : sortedSets.rangeByMember(set, lexRange, false));
  call.reply.integer(found ? sortedSets.end - sortedSets.first : 0);
}

/**
 *     > ZADD board 10 ann 20 bob 30 carol
 *     (integer) 3
 *     > ZCOUNT board (10 +inf
 *     (integer) 2
 */
export const zcount = read(
  'ZCOUNT',
  {
    group: 'sorted-set',
    summary: 'Counts the members of a sorted set in a range of scores.',
    since: '2.0.0',
    complexity: 'O(log(N)), N being the members of the sorted set.',
    args: [key('key', 'RO', 'access'), double('min'), double('max')],
    replies: [reply.integer('members in the range')],
    flags: ['fast'],
  },
  function zcount(call) {
    if (parseScoreRange(call, 2, 3)) countRange(call, true);
  },
);

/**
 *     > ZADD names 0 ann 0 bob 0 carol
 *     (integer) 3
 *     > ZLEXCOUNT names [b +
 *     (integer) 2
 */
export const zlexcount = read(
  'ZLEXCOUNT',
  {
    group: 'sorted-set',
    summary: 'Counts the members of a sorted set of equal scores in a range of members.',
    since: '2.8.9',
    complexity: 'O(log(N)), N being the members of the sorted set.',
    args: [key('key', 'RO', 'access'), text('min'), text('max')],
    replies: [reply.integer('members in the range')],
    flags: ['fast'],
  },
  function zlexcount(call) {
    if (parseLexRange(call, 2, 3)) countRange(call, false);
  },
);
