// Ranges of streams: XLEN, XRANGE, XREVRANGE.

import { NONE } from '../../../memory/flat-memory.ts';
import { SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { StreamId } from '../../../structures/stream-id.ts';
import { MISTYPED, type ReadCall, word } from '../../call.ts';
import { type CommandDetails, integer, key, optional, read, reply, text } from '../../command.ts';
import { findStream, parseBound, replyEntries } from './ids.ts';

const COUNT = word('COUNT');

/** What the ends of a range are read into: used up before any other command runs. */
const first = new StreamId();
const last = new StreamId();

/**
 *     > XADD log 1-1 level info
 *     "1-1"
 *     > XLEN log
 *     (integer) 1
 */
export const xlen = read(
  'XLEN',
  {
    group: 'stream',
    summary: 'Tells how many entries a stream has.',
    since: '5.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RO')],
    replies: [reply.integer('the number of entries')],
    flags: ['fast'],
  },
  function xlen(call) {
    const root = findStream(call, 1);
    if (root === MISTYPED) return;
    call.reply.integer(root === NONE ? 0 : call.streams.log.length(root));
  },
);

/** XRANGE, or XREVRANGE, whose ends are the other way around. */
function replyRange(call: ReadCall, backwards: boolean): void {
  if (!parseBound(call, backwards ? 3 : 2, first, false)) return;
  if (!parseBound(call, backwards ? 2 : 3, last, true)) return;
  let count = -1;
  for (let index = 4; index < call.count; index += 2) {
    if (index + 1 === call.count || !call.is(index, COUNT)) {
      call.reply.error(SYNTAX_ERROR);
      return;
    }
    count = call.clampedInteger(index + 1);
    if (Number.isNaN(count)) return;
    count = Math.max(0, count);
  }
  const root = findStream(call, 1);
  if (root === MISTYPED) return;
  if (root === NONE) {
    call.reply.emptyArray();
    return;
  }
  if (count === 0) {
    call.reply.nilArray();
    return;
  }
  const { streams } = call;
  streams.log.begin(streams.walk, root, first, last, backwards);
  replyEntries(call.reply, streams, streams.walk, Math.max(0, count));
}

type Details = CommandDetails & { readonly group: 'stream' };

function rangeDetails(summary: string, from: string, to: string): Details {
  return {
    group: 'stream',
    summary,
    since: '5.0.0',
    complexity: 'O(N), N being the entries told; finding the first is O(log M), M being the blocks of the stream.',
    args: [key('key', 'RO', 'access'), text(from), text(to), optional(integer('count', { token: 'COUNT' }))],
    replies: [reply.array('the entries: id, and fields with their values')],
    history: [['6.2.0', 'Ends that are not part of the range.']],
  };
}

/**
 *     > XADD log 1-1 level info
 *     "1-1"
 *     > XADD log 2-1 level warning
 *     "2-1"
 *     > XRANGE log 2 +
 *     1) 1) "2-1"
 *        2) 1) "level"
 *           2) "warning"
 */
export const xrange = read(
  'XRANGE',
  rangeDetails('Tells the entries of a range of ids, the oldest first.', 'start', 'end'),
  (call) => replyRange(call, false),
);

export const xrevrange = read(
  'XREVRANGE',
  rangeDetails('Tells the entries of a range of ids, the newest first.', 'end', 'start'),
  (call) => replyRange(call, true),
);
