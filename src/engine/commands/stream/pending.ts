// What was delivered but not acknowledged: XACK, XNACK, XPENDING.

import { parseInt64 } from '../../../lib/integers.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, NOT_AN_INTEGER, SYNTAX_ERROR, untilNul } from '../../../protocol/errors.ts';
import { IdCursor } from '../../../structures/id-tree.ts';
import { StreamId } from '../../../structures/stream-id.ts';
import { MISTYPED, type ReadCall, type WriteCall, word } from '../../call.ts';
import { block, integer, key, multiple, oneOf, optional, read, reply, text, token, write } from '../../command.ts';
import { PENDING_BYTES, PENDING_NODES_BYTES } from './claims.ts';
import {
  checkIds,
  findGroup,
  findStream,
  findStreamToChange,
  noGroup,
  parseBound,
  readId,
  replyHalves,
  replyId,
  replyName,
} from './ids.ts';

const IDLE = word('IDLE');
const IDS = word('IDS');
const RETRYCOUNT = word('RETRYCOUNT');
const FORCE = word('FORCE');
const SILENT = word('SILENT');
const FAIL = word('FAIL');
const FATAL = word('FATAL');

const BAD_MODE = error('ERR mode must be SILENT, FAIL, or FATAL');
const NO_IDS = error('ERR syntax error, expected IDS keyword');
const BAD_COUNT = error('ERR numids must be a positive integer');
const COUNT_MISMATCH = error("ERR number of IDs doesn't match numids");
const BAD_RETRYCOUNT = error('ERR Invalid RETRYCOUNT value, must be >= 0');

const INT32_MAX = 0x7fffffff;

const id = new StreamId();
const last = new StreamId();
const cursor = new IdCursor();

/**
 *     > XADD log 1-1 level info
 *     "1-1"
 *     > XGROUP CREATE log readers 0
 *     OK
 *     > XREADGROUP GROUP readers ann STREAMS log >
 *     1) 1) "log"
 *        2) 1) 1) "1-1"
 *              2) 1) "level"
 *                 2) "info"
 *     > XACK log readers 1-1
 *     (integer) 1
 */
export const xack = write(
  'XACK',
  {
    group: 'stream',
    summary: 'Acknowledges entries: they are no longer pending in a group.',
    since: '5.0.0',
    complexity: 'O(log N) for each id, N being the pending entries.',
    args: [key('key', 'RW', 'update'), text('group'), multiple(text('ID'))],
    replies: [reply.integer('the entries that were pending')],
    flags: ['fast'],
  },
  function xack(call) {
    const root = findStreamToChange(call, 1);
    if (root === MISTYPED) return;
    const group = findGroup(call, root, 2);
    if (group === NONE) {
      call.reply.integer(0);
      return;
    }
    if (!checkIds(call, 3, call.count, id)) return;
    const { groups } = call.streams;
    let acknowledged = 0;
    for (let index = 3; index < call.count; index++) {
      readId(call, index, id);
      if (!groups.findPending(group, id)) continue;
      groups.drop(group, id);
      acknowledged++;
    }
    call.engine.dirty += acknowledged;
    call.reply.integer(acknowledged);
  },
);

/** The arguments of one XNACK. One for the module: a command is done with them before the next one runs. */
class Release {
  from = 0;
  to = 0;
  force = false;
  /** The deliveries that RETRYCOUNT gives, two halves; -1 without. */
  retryHigh = -1;
  retryLow = -1;

  /** Reads them from argument 3 on; false after replying what is wrong. */
  parse(call: ReadCall): boolean {
    this.from = 0;
    this.force = false;
    this.retryHigh = -1;
    this.retryLow = -1;
    if (!call.is(3, SILENT) && !call.is(3, FAIL) && !call.is(3, FATAL)) return refuse(call, BAD_MODE);
    for (let index = 4; index < call.count; index++) {
      const hasValue = index + 1 < call.count;
      if (call.is(index, FORCE)) this.force = true;
      else if (hasValue && call.is(index, RETRYCOUNT)) {
        index++;
        if (!this.takeRetryCount(call, index)) return false;
      } else if (hasValue && this.from === 0 && call.is(index, IDS)) {
        const count = call.quietInteger(index + 1);
        if (!(count > 0)) return refuse(call, BAD_COUNT);
        this.from = index + 2;
        this.to = this.from + count;
        if (this.to > call.count) return refuse(call, COUNT_MISMATCH);
        index = this.to - 1;
      } else {
        call.reply.errorText(`ERR Unrecognized XNACK option '${untilNul(call.text(index))}'`);
        return false;
      }
    }
    if (this.from === 0) return refuse(call, NO_IDS);
    return checkIds(call, this.from, this.to, id);
  }

  private takeRetryCount(call: ReadCall, index: number): boolean {
    const count = parseInt64(call.bytes, call.starts[index]!, call.ends[index]!);
    if (count === null) return refuse(call, NOT_AN_INTEGER);
    if (count < 0n) return refuse(call, BAD_RETRYCOUNT);
    this.retryHigh = Number(count >> 32n);
    this.retryLow = Number(count & 0xffffffffn) | 0;
    return true;
  }
}

const release = new Release();

function refuse(call: ReadCall, line: Uint8Array): false {
  call.reply.error(line);
  return false;
}

/** Sets the deliveries of the entry at hand, which was released. */
function setDeliveries(call: WriteCall): void {
  const { groups } = call.streams;
  const { found } = groups.pending;
  if (release.retryHigh >= 0) groups.setDeliveries(found, release.retryHigh, release.retryLow);
  else if (call.is(3, FATAL)) groups.setDeliveries(found, INT32_MAX, -1);
  else if (call.is(3, SILENT)) {
    const low = groups.deliveriesLow(found);
    const high = groups.deliveriesHigh(found);
    if ((low | high) !== 0) groups.setDeliveries(found, low === 0 ? high - 1 : high, low - 1);
  }
}

export const xnack = write(
  'XNACK',
  {
    group: 'stream',
    summary: 'Gives pending entries back to their group, for whoever claims them first.',
    since: '8.8.0',
    complexity: 'O(log N) for each id, N being the pending entries.',
    args: [
      key('key', 'RW', 'update'),
      text('group'),
      oneOf('mode', token('SILENT'), token('FAIL'), token('FATAL')),
      { ...block('ids', integer('numids'), multiple(text('id'))), token: 'IDS' },
      optional(integer('count', { token: 'RETRYCOUNT' })),
      optional(token('FORCE')),
    ],
    replies: [reply.integer('the entries given back')],
    flags: ['fast'],
  },
  function xnack(call) {
    if (!release.parse(call)) return;
    const root = findStreamToChange(call, 1);
    if (root === MISTYPED) return;
    const group = findGroup(call, root, 2);
    if (group === NONE) {
      noGroup(call, 1, 2);
      return;
    }
    const { groups, log } = call.streams;
    if (!call.admit((release.to - release.from) * PENDING_BYTES + PENDING_NODES_BYTES)) return;
    let released = 0;
    for (let index = release.from; index < release.to; index++) {
      readId(call, index, id);
      if (groups.findPending(group, id)) groups.assign(group, NONE, id, 0);
      else if (release.force && log.has(root, id)) {
        groups.add(group, NONE, id, 0);
        groups.setDeliveries(groups.pending.found, 0, 0);
      } else continue;
      setDeliveries(call);
      released++;
    }
    if (released > 0) {
      call.engine.dirty += released;
      // Who waits for entries to claim may have them now.
      call.engine.blocked.signal(call.database, call.text(1));
    }
    call.reply.integer(released);
  },
);

/** XPENDING without a range: how many are pending, the first, the last, and how many for whom. */
function replySummary(call: ReadCall, group: number): void {
  const { reply: out, streams } = call;
  const { groups } = streams;
  const count = groups.pendingCount(group);
  out.array(4);
  out.integer(count);
  if (count === 0) {
    out.nil();
    out.nil();
    out.nilArray();
    return;
  }
  const tree = groups.pendingOf(group);
  groups.pending.first(tree, cursor);
  groups.pending.readId(cursor, id);
  replyId(out, streams, id);
  groups.pending.last(tree, cursor);
  groups.pending.readId(cursor, id);
  replyId(out, streams, id);
  const mark = out.later();
  let shown = 0;
  for (let index = 0; index < groups.consumerCount(group); index++) {
    const consumer = groups.consumerAt(group, index);
    const own = groups.ownCount(consumer);
    if (own === 0) continue;
    out.array(2);
    replyName(out, groups.consumerNames, consumer);
    out.bulkInteger(own);
    shown++;
  }
  out.arrayAt(mark, shown);
}

/** The entry at hand: id, consumer, how long ago, how often. */
function replyPending(call: ReadCall): void {
  const { reply: out, streams } = call;
  const { groups } = streams;
  const { found } = groups.pending;
  const owner = groups.owner(found);
  out.array(4);
  replyId(out, streams, id);
  if (owner === NONE) {
    out.emptyBulk();
    out.integer(-1);
  } else {
    replyName(out, groups.consumerNames, owner);
    out.integer(Math.max(0, call.now() - groups.deliveredAt(found)));
  }
  replyHalves(out, groups.deliveriesHigh(found), groups.deliveriesLow(found));
}

/** Those of a tree of ids from `id` to `last`, `count` at most, which were delivered at least `idle` ago. */
function replyRange(call: ReadCall, group: number, tree: number, isOwn: boolean, count: number, idle: number): void {
  const { groups } = call.streams;
  const ids = isOwn ? groups.own : groups.pending;
  const mark = call.reply.later();
  let shown = 0;
  if (tree !== NONE && count > 0) {
    ids.aim(id);
    for (let more = ids.seek(tree, cursor); more && shown < count; more = ids.next(cursor)) {
      ids.readId(cursor, id);
      if (id.compare(last) > 0) break;
      groups.findPending(group, id);
      if (idle > 0 && call.now() - groups.deliveredAt(groups.pending.found) < idle) continue;
      replyPending(call);
      shown++;
    }
  }
  call.reply.arrayAt(mark, shown);
}

/** Reads the range of XPENDING from argument `from` on into `id` and `last`; the count, NaN after replying. */
function parseRange(call: ReadCall, from: number): number {
  const count = call.clampedInteger(from + 2);
  if (Number.isNaN(count) || !parseBound(call, from, id, false) || !parseBound(call, from + 1, last, true)) {
    return Number.NaN;
  }
  return count;
}

/**
 *     > XADD log 1-1 level info
 *     "1-1"
 *     > XGROUP CREATE log readers 0
 *     OK
 *     > XPENDING log readers - + 10
 *     (empty array)
 */
export const xpending = read(
  'XPENDING',
  {
    group: 'stream',
    summary: 'Tells what is pending in a group: how much and for whom, or which entries.',
    since: '5.0.0',
    complexity: 'O(N), N being the entries told, or the consumers; with IDLE those looked at.',
    args: [
      key('key', 'RO', 'access'),
      text('group'),
      optional(
        block(
          'filters',
          optional(integer('min-idle-time', { token: 'IDLE', since: '6.2.0' })),
          text('start'),
          text('end'),
          integer('count'),
          optional(text('consumer')),
        ),
      ),
    ],
    replies: [reply.array('the count, the least and greatest id, and consumers with their counts; or the entries')],
    tips: ['nondeterministic_output'],
    history: [['6.2.0', 'IDLE, and ends that are not part of the range.']],
  },
  function xpending(call) {
    const { count } = call;
    let shown = 0;
    let idle = 0;
    let from = 3;
    if (count !== 3) {
      if (count < 6 || count > 9) {
        call.reply.error(SYNTAX_ERROR);
        return;
      }
      if (call.is(3, IDLE)) {
        idle = call.clampedInteger(4);
        if (Number.isNaN(idle)) return;
        if (count < 8) {
          call.reply.error(SYNTAX_ERROR);
          return;
        }
        from = 5;
      }
      shown = parseRange(call, from);
      if (Number.isNaN(shown)) return;
    }
    const root = findStream(call, 1);
    if (root === MISTYPED) return;
    const group = findGroup(call, root, 2);
    if (group === NONE) {
      noGroup(call, 1, 2);
      return;
    }
    const { groups } = call.streams;
    if (count === 3) replySummary(call, group);
    else if (from + 3 >= count) replyRange(call, group, groups.pendingOf(group), false, shown, idle);
    else {
      const consumer = groups.findConsumer(group, call.bytes, call.starts[from + 3]!, call.ends[from + 3]!);
      replyRange(call, group, consumer === NONE ? NONE : groups.ownOf(consumer), true, shown, idle);
    }
  },
);
