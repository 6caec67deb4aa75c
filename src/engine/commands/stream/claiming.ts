// Pending entries taken over by another consumer: XCLAIM, XAUTOCLAIM.

import { STREAM } from '../../../datatypes/key-record.ts';
import { parseInt64 } from '../../../lib/integers.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, SYNTAX_ERROR, untilNul, WRONG_TYPE } from '../../../protocol/errors.ts';
import { IdCursor } from '../../../structures/id-tree.ts';
import { StreamId } from '../../../structures/stream-id.ts';
import { MISTYPED, type WriteCall, word } from '../../call.ts';
import { integer, key, multiple, optional, reply, text, token, unixTime, write } from '../../command.ts';
import { consumerOrNew, PENDING_BYTES, PENDING_NODES_BYTES, propagateClaim, propagateDelivered } from './claims.ts';
import { findGroup, findStreamToChange, noGroup, parseBound, parseId, readId, replyEntry, replyId } from './ids.ts';

const FORCE = word('FORCE');
const JUSTID = word('JUSTID');
const IDLE = word('IDLE');
const TIME = word('TIME');
const RETRYCOUNT = word('RETRYCOUNT');
const LASTID = word('LASTID');
const COUNT = word('COUNT');

const BAD_IDLE = error('ERR Invalid min-idle-time argument for XCLAIM');
const BAD_AUTO_IDLE = error('ERR Invalid min-idle-time argument for XAUTOCLAIM');
const BAD_IDLE_OPTION = error('ERR Invalid IDLE option argument for XCLAIM');
const BAD_TIME_OPTION = error('ERR Invalid TIME option argument for XCLAIM');
const BAD_RETRYCOUNT = error('ERR Invalid RETRYCOUNT option argument for XCLAIM');
const BAD_COUNT = error('ERR COUNT must be > 0');

/** XAUTOCLAIM looks at so many pending entries for each that it may claim. */
const ATTEMPTS_FACTOR = 10;
const COUNT_USUAL = 100;
/** Redis takes no count whose ids it could not hold: LONG_MAX / sizeof(streamID). */
const COUNT_MAX = 2n ** 63n / 16n;

const id = new StreamId();
const given = new StreamId();
const next = new StreamId();
const cursor = new IdCursor();

/** The options of one XCLAIM. One for the module: a command is done with them before the next one runs. */
class Options {
  force = false;
  justId = false;
  /** Milliseconds since 1970; NaN: now. */
  time = Number.NaN;
  retries = false;
  retryHigh = 0;
  retryLow = 0;
  hasLastId = false;
  readonly lastId = new StreamId();

  /** Reads them from argument `from` on; false after replying what is wrong. */
  parse(call: WriteCall, from: number): boolean {
    this.force = false;
    this.justId = false;
    this.time = Number.NaN;
    this.retries = false;
    this.hasLastId = false;
    for (let index = from; index < call.count; index++) {
      const hasValue = index + 1 < call.count;
      if (call.is(index, FORCE)) this.force = true;
      else if (call.is(index, JUSTID)) this.justId = true;
      else if (!hasValue || !this.isValued(call, index)) {
        call.reply.errorText(`ERR Unrecognized XCLAIM option '${untilNul(call.text(index))}'`);
        return false;
      } else if (!this.take(call, index++)) return false;
    }
    return true;
  }

  private isValued(call: WriteCall, index: number): boolean {
    return call.is(index, IDLE) || call.is(index, TIME) || call.is(index, RETRYCOUNT) || call.is(index, LASTID);
  }

  private take(call: WriteCall, index: number): boolean {
    if (call.is(index, LASTID)) {
      this.hasLastId = true;
      return parseId(call, index + 1, this.lastId);
    }
    const value = parseInt64(call.bytes, call.starts[index + 1]!, call.ends[index + 1]!);
    if (call.is(index, RETRYCOUNT)) {
      if (value === null) return this.refuse(call, BAD_RETRYCOUNT);
      this.retries = value >= 0n;
      this.retryHigh = Number(value >> 32n);
      this.retryLow = Number(value & 0xffffffffn) | 0;
      return true;
    }
    const isIdle = call.is(index, IDLE);
    if (value === null) return this.refuse(call, isIdle ? BAD_IDLE_OPTION : BAD_TIME_OPTION);
    const time = isIdle ? call.now() - Number(value) : Number(value);
    // A time that cannot be is taken for now.
    this.time = time < 0 || time > call.now() ? Number.NaN : time;
    return true;
  }

  private refuse(call: WriteCall, line: Uint8Array): false {
    call.reply.error(line);
    return false;
  }
}

const options = new Options();

/** Replies the entry of `id`. */
function replyClaimed(call: WriteCall, root: number, justId: boolean): void {
  const { streams } = call;
  if (justId) {
    replyId(call.reply, streams, id);
    return;
  }
  streams.log.begin(streams.walk, root, id, id, false);
  streams.walk.next();
  replyEntry(call.reply, streams, streams.walk);
}

/** Claims the entry of `id` for a consumer where that is due; true when it was. */
function claim(call: WriteCall, root: number, group: number, consumer: number, idle: number): boolean {
  const { groups, log } = call.streams;
  const there = groups.findPending(group, id);
  const now = call.now();
  const { found } = groups.pending;
  if (!log.has(root, id)) {
    if (!there) return false;
    propagateClaim(call, 1, 2, group, id);
    groups.drop(group, id);
    call.engine.dirty++;
    return false;
  }
  const time = Number.isNaN(options.time) ? now : options.time;
  if (there) {
    if (groups.owner(found) !== NONE && idle > 0 && now - groups.deliveredAt(found) < idle) return false;
    groups.assign(group, consumer, id, time);
    if (!options.retries && !options.justId) groups.addDelivery(found);
  } else {
    if (!options.force) return false;
    groups.add(group, consumer, id, time);
    if (!options.retries && !options.justId) groups.addDelivery(found);
  }
  if (options.retries) groups.setDeliveries(found, options.retryHigh, options.retryLow);
  groups.setActive(consumer, now);
  propagateClaim(call, 1, 2, group, id);
  call.engine.dirty++;
  return true;
}

/**
 *     > XADD log 1-1 level info
 *     "1-1"
 *     > XGROUP CREATE log readers 0
 *     OK
 *     > XCLAIM log readers ann 0 1-1 FORCE JUSTID
 *     1) "1-1"
 */
export const xclaim = write(
  'XCLAIM',
  {
    group: 'stream',
    summary: 'Makes a consumer the owner of pending entries that others left lying.',
    since: '5.0.0',
    complexity: 'O(log N) for each id, N being the pending entries.',
    args: [
      key('key', 'RW', 'update'),
      text('group'),
      text('consumer'),
      text('min-idle-time'),
      multiple(text('ID')),
      optional(integer('ms', { token: 'IDLE' })),
      optional(unixTime('unix-time-milliseconds', { token: 'TIME' })),
      optional(integer('count', { token: 'RETRYCOUNT' })),
      optional(token('FORCE')),
      optional(token('JUSTID')),
      optional(text('lastid', { token: 'LASTID' })),
    ],
    replies: [reply.array('the entries claimed, or their ids')],
    flags: ['fast'],
    tips: ['nondeterministic_output'],
  },
  function xclaim(call) {
    const root = findStreamToChange(call, 1);
    if (root === MISTYPED) return;
    const group = findGroup(call, root, 2);
    if (group === NONE) {
      noGroup(call, 1, 2);
      return;
    }
    const idle = call.quietInteger(4);
    if (Number.isNaN(idle)) {
      call.reply.error(BAD_IDLE);
      return;
    }
    let to = 5;
    while (to < call.count && readId(call, to, id)) to++;
    if (!options.parse(call, to)) return;
    if (!call.admit((to - 5) * PENDING_BYTES + PENDING_NODES_BYTES + call.length(3))) return;
    const { groups } = call.streams;
    let advances = false;
    if (options.hasLastId) {
      groups.readDelivered(group, id);
      advances = options.lastId.compare(id) > 0;
      if (advances) groups.setDelivered(group, options.lastId);
    }
    const consumer = consumerOrNew(call, group, 1, 3);
    const { dirty } = call.engine;
    const mark = call.reply.later();
    let claimed = 0;
    for (let index = 5; index < to; index++) {
      readId(call, index, id);
      if (!claim(call, root, group, consumer, idle)) continue;
      replyClaimed(call, root, options.justId);
      claimed++;
    }
    if (advances && call.engine.dirty === dirty) {
      propagateDelivered(call, 1, 2, group);
      call.engine.dirty++;
    }
    call.reply.arrayAt(mark, claimed);
    call.propagateNothing();
  },
);

/** Whether a count, brought within ±2^53, is one that Redis takes. */
function isCount(call: WriteCall, index: number, count: number): boolean {
  if (count < Number.MAX_SAFE_INTEGER) return true;
  return parseInt64(call.bytes, call.starts[index]!, call.ends[index]!)! < COUNT_MAX;
}

/** The options of XAUTOCLAIM from argument 6 on: COUNT, NaN after replying what is wrong. Sets `options.justId`. */
function parseAutoOptions(call: WriteCall): number {
  let count = COUNT_USUAL;
  options.justId = false;
  for (let index = 6; index < call.count; index++) {
    if (call.is(index, COUNT) && index + 1 < call.count) {
      count = call.quietInteger(++index);
      if (!(count >= 1) || !isCount(call, index, count)) {
        call.reply.error(BAD_COUNT);
        return Number.NaN;
      }
    } else if (call.is(index, JUSTID)) options.justId = true;
    else {
      call.reply.error(SYNTAX_ERROR);
      return Number.NaN;
    }
  }
  return count;
}

/** Claims what is due from `id` on, and replies it; what is pending but no longer there is listed. */
function autoClaim(call: WriteCall, root: number, group: number, consumer: number, idle: number, most: number): void {
  const { streams, reply: out } = call;
  const { groups, log } = streams;
  const tree = groups.pendingOf(group);
  const now = call.now();
  // What follows comes before in the reply: the deleted ids wait in a buffer.
  const deleted: string[] = [];
  let left = most;
  let attempts = most * ATTEMPTS_FACTOR;
  let claimed = 0;
  out.array(3);
  const nextMark = out.length;
  const mark = out.later();
  groups.pending.aim(id);
  let more = tree !== NONE && groups.pending.seek(tree, cursor);
  while (more && attempts > 0 && left > 0) {
    attempts--;
    groups.pending.readId(cursor, id);
    groups.findPending(group, id);
    const { found } = groups.pending;
    if (!log.has(root, id)) {
      propagateClaim(call, 1, 2, group, id);
      groups.drop(group, id);
      call.engine.dirty++;
      deleted.push(textOf(call));
      left--;
      groups.pending.aim(id);
      more = groups.pending.seek(tree, cursor);
      continue;
    }
    if (idle <= 0 || now - groups.deliveredAt(found) >= idle) {
      groups.assign(group, consumer, id, now);
      if (!options.justId) groups.addDelivery(found);
      replyClaimed(call, root, options.justId);
      groups.setActive(consumer, now);
      propagateClaim(call, 1, 2, group, id);
      call.engine.dirty++;
      claimed++;
      left--;
    }
    more = groups.pending.next(cursor);
  }
  next.setMin();
  if (more) groups.pending.readId(cursor, next);
  out.arrayAt(mark, claimed);
  insertId(call, nextMark);
  out.array(deleted.length);
  for (const each of deleted) out.bulkText(each);
}

function textOf(call: WriteCall): string {
  const { text: scratch } = call.streams;
  return String.fromCharCode(...scratch.subarray(0, id.write(scratch, 0)));
}

/** Puts the cursor, which is known only at the end, in front of what was claimed. */
function insertId(call: WriteCall, at: number): void {
  const { reply: out, streams } = call;
  const end = out.length;
  replyId(out, streams, next);
  if (out.overflowed) return;
  const bytes = out.bytes.slice(end, out.length);
  out.bytes.copyWithin(at + bytes.length, at, end);
  out.bytes.set(bytes, at);
}

/**
 *     > XADD log 1-1 level info
 *     "1-1"
 *     > XGROUP CREATE log readers 0
 *     OK
 *     > XAUTOCLAIM log readers ann 0 0
 *     1) "0-0"
 *     2) (empty array)
 *     3) (empty array)
 */
export const xautoclaim = write(
  'XAUTOCLAIM',
  {
    group: 'stream',
    summary: 'Goes through what is pending in a group, and makes a consumer the owner of what others left lying.',
    since: '6.2.0',
    complexity: 'O(N log M), N being COUNT, M the pending entries.',
    args: [
      key('key', 'RW', 'delete'),
      text('group'),
      text('consumer'),
      text('min-idle-time'),
      text('start'),
      optional(integer('count', { token: 'COUNT' })),
      optional(token('JUSTID')),
    ],
    replies: [reply.array('where to go on; the entries claimed, or their ids; ids that were pending but are gone')],
    flags: ['fast'],
    tips: ['nondeterministic_output'],
    history: [['7.0.0', 'The third element of the reply.']],
  },
  function xautoclaim(call) {
    const handle = call.find(1);
    if (handle !== NONE) call.willChangeFound();
    const idle = call.quietInteger(4);
    if (Number.isNaN(idle)) {
      call.reply.error(BAD_AUTO_IDLE);
      return;
    }
    if (!parseBound(call, 5, given, false)) return;
    const count = parseAutoOptions(call);
    if (Number.isNaN(count)) return;
    if (handle !== NONE && call.typeOf(handle) !== STREAM) {
      call.reply.error(WRONG_TYPE);
      return;
    }
    const root = handle === NONE ? NONE : call.streams.root(handle);
    const group = findGroup(call, root, 2);
    if (group === NONE) {
      noGroup(call, 1, 2);
      return;
    }
    const most = Math.min(count, call.streams.groups.pendingCount(group) + 1);
    if (!call.admit(most * PENDING_BYTES + PENDING_NODES_BYTES + call.length(3))) return;
    const consumer = consumerOrNew(call, group, 1, 3);
    id.set(given);
    options.time = Number.NaN;
    autoClaim(call, root, group, consumer, idle, most);
    call.propagateNothing();
  },
);
