// Scores given to members: ZADD, ZINCRBY.

import { SORTED_SET } from '../../../datatypes/key-record.ts';
import {
  ADD_ADDED,
  ADD_INCREMENT,
  ADD_NOT_A_NUMBER,
  ADD_ONLY_GREATER,
  ADD_ONLY_LESS,
  ADD_ONLY_NEW,
  ADD_ONLY_PRESENT,
  ADD_REFUSED,
  ADD_UPDATED,
} from '../../../datatypes/sorted-set.ts';
import { parseDouble } from '../../../lib/decimal.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, NOT_A_FLOAT, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { MISTYPED, type WriteCall, word } from '../../call.ts';
import { block, double, integer, key, multiple, oneOf, optional, reply, text, token, write } from '../../command.ts';
import { ZADD_EVENT, ZINCR_EVENT } from '../../events.ts';

const NX = word('NX');
const XX = word('XX');
const GT = word('GT');
const LT = word('LT');
const CH = word('CH');
const INCR = word('INCR');

const NX_AND_XX = error('ERR XX and NX options at the same time are not compatible');
const GT_LT_NX = error('ERR GT, LT, and/or NX options at the same time are not compatible');
const INCR_OF_SEVERAL = error('ERR INCR option supports a single increment-element pair');
const RESULT_NAN = error('ERR resulting score is not a number (NaN)');

/** Scores kept for the next call. */
const SCORES_KEPT = 1024;

/** What one ZADD or its like adds, read before anything happens. Reused: commands do not overlap. */
export class Additions {
  /** ADD_… bits. */
  flags = 0;
  countsChanges = false;
  /** Argument number of the first pair, arguments of each, the member last, and how many pairs there are. */
  first = 0;
  stride = 2;
  pairs = 0;
  scores = new Float64Array(16);

  /** Reads all; false after replying what is wrong. */
  parse(call: WriteCall, flags: number): boolean {
    this.flags = flags;
    this.countsChanges = false;
    let index = 2;
    while (index < call.count && this.parseOption(call, index)) index++;
    this.first = index;
    this.pairs = (call.count - index) >> 1;
    if (this.pairs === 0 || this.pairs * 2 !== call.count - index) {
      call.reply.error(SYNTAX_ERROR);
      return false;
    }
    const conflict = this.conflict();
    if (conflict !== null) {
      call.reply.error(conflict);
      return false;
    }
    return this.parseScores(call);
  }

  private parseOption(call: WriteCall, index: number): boolean {
    const length = call.length(index);
    if (length === 2) {
      if (call.is(index, NX)) this.flags |= ADD_ONLY_NEW;
      else if (call.is(index, XX)) this.flags |= ADD_ONLY_PRESENT;
      else if (call.is(index, CH)) this.countsChanges = true;
      else if (call.is(index, GT)) this.flags |= ADD_ONLY_GREATER;
      else if (call.is(index, LT)) this.flags |= ADD_ONLY_LESS;
      else return false;
      return true;
    }
    if (length !== 4 || !call.is(index, INCR)) return false;
    this.flags |= ADD_INCREMENT;
    return true;
  }

  private conflict(): Uint8Array | null {
    const { flags } = this;
    const exclusive = flags & (ADD_ONLY_NEW | ADD_ONLY_GREATER | ADD_ONLY_LESS);
    if ((flags & ADD_ONLY_NEW) !== 0 && (flags & ADD_ONLY_PRESENT) !== 0) return NX_AND_XX;
    if ((exclusive & (exclusive - 1)) !== 0) return GT_LT_NX;
    return (flags & ADD_INCREMENT) !== 0 && this.pairs > 1 ? INCR_OF_SEVERAL : null;
  }

  private parseScores(call: WriteCall): boolean {
    const { bytes, starts, ends } = call;
    this.makeRoom();
    for (let pair = 0; pair < this.pairs; pair++) {
      const index = this.first + pair * 2;
      const score = parseDouble(bytes, starts[index]!, ends[index]!);
      if (Number.isNaN(score)) {
        call.reply.error(NOT_A_FLOAT);
        return false;
      }
      this.scores[pair] = score;
    }
    return true;
  }

  /** Makes room for a score of each pair. */
  makeRoom(): void {
    if (this.scores.length < this.pairs || this.scores.length > SCORES_KEPT) {
      this.scores = new Float64Array(Math.max(16, this.pairs));
    }
  }

  /** Argument number of the member of a pair. */
  member(pair: number): number {
    return this.first + (pair + 1) * this.stride - 1;
  }
}

const additions = new Additions();

function add(call: WriteCall, flags: number): void {
  if (additions.parse(call, flags)) addAll(call, additions);
}

/** Adds to the sorted set of argument 1, and replies as ZADD does. */
export function addAll(call: WriteCall, added: Additions): void {
  const { bytes, starts, ends, sortedSets } = call;
  const existing = call.forWriteCounted(1, SORTED_SET);
  if (existing === MISTYPED || !call.admitArguments()) return;
  const { pairs, scores, flags } = added;
  const increments = (flags & ADD_INCREMENT) !== 0;
  let record = existing;
  if (existing === NONE) {
    if ((flags & ADD_ONLY_PRESENT) !== 0) {
      if (increments) call.reply.nil();
      else call.reply.integer(0);
      return;
    }
    const access = call.keyspace.accessClock;
    record = sortedSets.create(bytes, starts[1]!, ends[1]!, access, call.length(added.member(0)), pairs);
  } else {
    if (!call.admit(sortedSets.conversionBytes(existing))) return;
    sortedSets.expect(existing, pairs);
    record = sortedSets.record;
  }
  let newcomers = 0;
  let updated = 0;
  let outcome = ADD_REFUSED;
  for (let pair = 0; pair < pairs; pair++) {
    const member = added.member(pair);
    sortedSets.score[0] = scores[pair]!;
    outcome = sortedSets.add(record, bytes, starts[member]!, ends[member]!, flags);
    if (outcome === ADD_ADDED) newcomers++;
    else if (outcome === ADD_UPDATED) updated++;
    record = sortedSets.record;
  }
  if (existing === NONE) call.keyspace.insert(call.database, record);
  else {
    if (record !== existing) call.keyspace.moved(record);
    if (newcomers > 0) call.grew(SORTED_SET, sortedSets.count(record), newcomers);
  }
  if (newcomers + updated > 0) call.changed(1, increments ? ZINCR_EVENT : ZADD_EVENT, newcomers + updated);
  if (!increments) call.reply.integer(added.countsChanges ? newcomers + updated : newcomers);
  else if (outcome === ADD_NOT_A_NUMBER) call.reply.error(RESULT_NAN);
  else if (outcome === ADD_REFUSED) call.reply.nil();
  else call.reply.double(sortedSets.score[0]!);
}

/**
 *     > ZADD board 10 ann 20 bob
 *     (integer) 2
 *     > ZADD board GT CH 15 ann 15 bob
 *     (integer) 1
 *     > ZADD board INCR 5 ann
 *     "20"
 */
export const zadd = write(
  'ZADD',
  {
    group: 'sorted-set',
    summary: 'Gives members of a sorted set their scores; adds those that are new, creates the set when there is none.',
    since: '1.2.0',
    complexity: 'O(log(N)) for each member, N being the members of the sorted set.',
    args: [
      key('key', 'RW', 'update'),
      optional(oneOf('condition', token('NX'), token('XX')), { since: '3.0.2' }),
      optional(oneOf('comparison', token('GT'), token('LT')), { since: '6.2.0' }),
      optional({ ...token('CH', { since: '3.0.2' }), name: 'change' }),
      optional({ ...token('INCR', { since: '3.0.2' }), name: 'increment' }),
      multiple(block('data', double('score'), text('member'))),
    ],
    replies: [
      reply.integer('members added; with CH those whose score changed too'),
      reply.double('the new score, with INCR'),
      reply.nil('with INCR, when a condition did not hold'),
    ],
    flags: ['denyoom', 'fast'],
    history: [
      ['2.4.0', 'Several members.'],
      ['3.0.2', 'Options XX, NX, CH and INCR.'],
      ['6.2.0', 'Options GT and LT.'],
    ],
  },
  (call) => add(call, 0),
);

/**
 *     > ZINCRBY board 2.5 ann
 *     "2.5"
 *     > ZINCRBY board 2.5 ann
 *     "5"
 */
export const zincrby = write(
  'ZINCRBY',
  {
    group: 'sorted-set',
    summary: 'Adds to the score of a member of a sorted set; one that is not there begins at 0.',
    since: '1.2.0',
    complexity: 'O(log(N)), N being the members of the sorted set.',
    args: [key('key', 'RW', 'access', 'update'), integer('increment'), text('member')],
    replies: [reply.double('the new score')],
    flags: ['denyoom', 'fast'],
  },
  (call) => add(call, ADD_INCREMENT),
);
