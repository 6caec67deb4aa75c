// Where items stand in a list: LPOS.

import { LIST } from '../../../datatypes/key-record.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { MISTYPED, type ReadCall, word } from '../../call.ts';
import { integer, key, optional, read, reply, text } from '../../command.ts';
import { signedInteger } from './items.ts';

const RANK = word('RANK');
const COUNT = word('COUNT');
const MAXLEN = word('MAXLEN');

const RANK_ZERO = error(
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from " +
    'the end of the list',
);
const COUNT_NEGATIVE = error("ERR COUNT can't be negative");
const MAXLEN_NEGATIVE = error("ERR MAXLEN can't be negative");

/** How a search looks: `count` 0: for all; `lengthMax` 0: through the whole list. */
interface Search {
  rank: number;
  count: number;
  hasCount: boolean;
  lengthMax: number;
}

function parseSearch(call: ReadCall): Search | null {
  const search: Search = { rank: 1, count: 1, hasCount: false, lengthMax: 0 };
  for (let index = 3; index < call.count; index += 2) {
    const hasValue = index + 1 < call.count;
    if (hasValue && call.is(index, RANK)) {
      search.rank = signedInteger(call, index + 1);
      if (Number.isNaN(search.rank)) return null;
      if (search.rank === 0) return refuse(call, RANK_ZERO);
    } else if (hasValue && call.is(index, COUNT)) {
      search.count = call.quietInteger(index + 1);
      search.hasCount = true;
      if (!(search.count >= 0)) return refuse(call, COUNT_NEGATIVE);
    } else if (hasValue && call.is(index, MAXLEN)) {
      search.lengthMax = call.quietInteger(index + 1);
      if (!(search.lengthMax >= 0)) return refuse(call, MAXLEN_NEGATIVE);
    } else return refuse(call, SYNTAX_ERROR);
  }
  return search;
}

function refuse(call: ReadCall, line: Uint8Array): null {
  call.reply.error(line);
  return null;
}

/** Replies the places of the matches that a search asks for; returns how many they are. */
function replyMatches(call: ReadCall, list: number, search: Search): number {
  const { bytes, starts, ends, lists } = call;
  const size = lists.count(list);
  const backwards = search.rank < 0;
  const compared = search.lengthMax === 0 ? size : Math.min(size, search.lengthMax);
  let toSkip = Math.abs(search.rank) - 1;
  let matches = 0;
  lists.seek(list, backwards ? size - 1 : 0);
  for (let index = 0; index < compared; index++) {
    if (index > 0) {
      if (backwards) lists.previous();
      else lists.next();
    }
    if (!lists.matches(bytes, starts[2]!, ends[2]!)) continue;
    if (toSkip > 0) {
      toSkip--;
      continue;
    }
    call.reply.integer(backwards ? size - 1 - index : index);
    matches++;
    if (matches === search.count) break;
  }
  return matches;
}

/**
 *     > RPUSH letters a b c b
 *     (integer) 4
 *     > LPOS letters b
 *     (integer) 1
 *     > LPOS letters b RANK -1 COUNT 0
 *     1) (integer) 3
 *     2) (integer) 1
 */
export const lpos = read(
  'LPOS',
  {
    group: 'list',
    summary: 'Tells where items of one value stand in a list.',
    since: '6.0.6',
    complexity: 'O(N), N being the items that are compared.',
    args: [
      key('key', 'RO', 'access'),
      text('element'),
      optional(integer('rank', { token: 'RANK' })),
      optional(integer('num-matches', { token: 'COUNT' })),
      optional(integer('len', { token: 'MAXLEN' })),
    ],
    replies: [reply.integer('the place'), reply.array('with COUNT, the places'), reply.nil('there is no such item')],
  },
  function lpos(call) {
    const search = parseSearch(call);
    if (search === null) return;
    const list = call.findOf(1, LIST);
    if (list === MISTYPED) return;
    const { reply: out } = call;
    if (!search.hasCount) {
      if (list === NONE || replyMatches(call, list, search) === 0) out.nil();
      return;
    }
    if (list === NONE) {
      out.emptyArray();
      return;
    }
    const mark = out.later();
    out.arrayAt(mark, replyMatches(call, list, search));
  },
);
