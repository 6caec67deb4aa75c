// Entries read from several streams, and waited for: XREAD, and XREADGROUP, which remembers what it delivered to whom.

import { STREAM } from '../../../datatypes/key-record.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, OUT_OF_MEMORY, untilNul, WRONG_TYPE } from '../../../protocol/errors.ts';
import type { Reply } from '../../../protocol/reply.ts';
import { IdCursor } from '../../../structures/id-tree.ts';
import { StreamId } from '../../../structures/stream-id.ts';
import { LAST_ID } from '../../../structures/stream-log.ts';
import { type Call, MISTYPED, type ReadCall, type WriteCall } from '../../call.ts';
import {
  type ArgumentDefinition,
  block,
  integer,
  key,
  multiple,
  optional,
  read,
  reply,
  text,
  token,
  write,
} from '../../command.ts';
import {
  consumerOrNew,
  PENDING_BYTES,
  PENDING_NODES_BYTES,
  propagateClaim,
  propagateConsumer,
  propagateDelivered,
} from './claims.ts';
import { isCharacter, parseId, readId, replyHalves, replyId, replyTexts } from './ids.ts';
import { findGroupKeys, readOptions } from './read-options.ts';

const DOLLAR = 36;
const PLUS = 43;
const GREATER = 62;

const NOT_IN_GROUPS =
  ' ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a ' +
  'proper ID, or use the > ID to get new messages. The ';
const DOLLAR_IN_GROUP = error(`ERR The $${NOT_IN_GROUPS}$ ID would just return an empty result set.`);
const PLUS_IN_GROUP = error(`ERR The +${NOT_IN_GROUPS}+ ID would just return an empty result set.`);
const GREATER_ALONE = error(
  'ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.',
);

/** Bytes of a consumer that is made, beside its name. */
const CONSUMER_BYTES = 4096;

const id = new StreamId();
const max = new StreamId();
max.setMax();
const cursor = new IdCursor();

/** What one call has told so far. */
class Told {
  streams = 0;
  mark = 0;
  entries = 0;
  bytes = 0;
}

const told = new Told();

/** Begins the reply of a stream: its name; entries follow. */
function beginStream(call: ReadCall, keyAt: number): void {
  const { reply: out } = call;
  if (told.streams === 0) told.mark = out.later();
  told.streams++;
  if (out.resp === 2) out.array(2);
  out.bulk(call.bytes, call.starts[keyAt]!, call.ends[keyAt]!);
}

/** Ends the reply if anything was told; false when nothing was. */
function endReply(out: Reply): boolean {
  if (told.streams === 0) return false;
  if (out.resp === 2) out.arrayAt(told.mark, told.streams);
  else out.mapAt(told.mark, told.streams);
  return true;
}

/** Whether MAXCOUNT and MAXSIZE allow for another entry. The first one is always told, however long. */
function hasRoom(): boolean {
  return told.entries < readOptions.maxCount && (told.entries === 0 || told.bytes < readOptions.maxSize);
}

/** Counts an entry that was told from `start` of the reply on; takes it back, false, when it is too much. */
function countEntry(out: Reply, start: number): boolean {
  const bytes = out.length - start;
  if (told.entries > 0 && told.bytes + bytes > readOptions.maxSize) {
    out.truncate(start);
    told.bytes = readOptions.maxSize;
    return false;
  }
  told.entries++;
  told.bytes += bytes;
  return true;
}

function replyNothing(out: Reply): void {
  out.nilArray();
}

/**
 * Makes the call wait for its keys, or replies that there is nothing where it may not. "$" becomes the id that it stands
 * for now: the command is run again when a key changes.
 */
function waitOrEnd(call: Call, wakesOnDelete: boolean): void {
  const { keysAt, keys, deadline, blocks } = readOptions;
  if (!blocks || !call.mayBlock()) {
    replyNothing(call.reply);
    return;
  }
  const names: string[] = [];
  for (let index = keysAt; index < keysAt + keys; index++) names.push(call.text(index));
  const { bytes, starts, ends } = call;
  if (!call.retried) settleDollars(call);
  call.block(names, deadline, replyNothing, 'keys', wakesOnDelete);
  call.bytes = bytes;
  call.starts = starts;
  call.ends = ends;
}

/** Gives the call arguments of its own, with ids in place of "$". */
function settleDollars(call: Call): void {
  const { keysAt, keys } = readOptions;
  const { streams } = call;
  const args = call.copyArguments(0);
  const starts = args.starts.slice();
  const ends = args.ends.slice();
  const parts: Uint8Array[] = [args.bytes];
  let length = args.bytes.length;
  for (let index = keysAt + keys; index < call.count; index++) {
    if (!isCharacter(call, index, DOLLAR)) continue;
    const handle = call.peek(index - keys);
    if (handle === NONE || call.typeOf(handle) !== STREAM) id.setMin();
    else streams.log.readId(streams.root(handle), LAST_ID, id);
    const shown = streams.text.slice(0, id.write(streams.text, 0));
    parts.push(shown);
    starts[index] = length;
    length += shown.length;
    ends[index] = length;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  call.bytes = bytes;
  call.starts = starts;
  call.ends = ends;
}

// --- XREAD ---

/** The stream of a key, NONE without; MISTYPED after replying WRONGTYPE. A client that waited sees only streams. */
function streamOf(call: ReadCall, keyAt: number): number {
  const handle = call.find(keyAt);
  if (handle === NONE) return NONE;
  if (call.typeOf(handle) === STREAM) return call.streams.root(handle);
  if (call.retried) return NONE;
  call.reply.error(WRONG_TYPE);
  return MISTYPED;
}

/** Reads the id after which a stream is read; false after replying what is wrong. */
function readAfter(call: ReadCall, index: number, root: number): boolean {
  const { streams } = call;
  if (isCharacter(call, index, GREATER)) {
    call.reply.error(GREATER_ALONE);
    return false;
  }
  if (isCharacter(call, index, DOLLAR)) {
    if (root === NONE) id.setMin();
    else streams.log.readId(root, LAST_ID, id);
    return true;
  }
  if (!isCharacter(call, index, PLUS)) return parseId(call, index, id);
  if (root === NONE) id.setMin();
  else {
    streams.readLast(root, id);
    id.decrement();
  }
  return true;
}

/** Tells what a stream has after `id`. */
function replyAfter(call: ReadCall, root: number): void {
  const { streams, reply: out } = call;
  const { walk } = streams;
  const { count } = readOptions;
  id.increment();
  streams.log.begin(walk, root, id, max, false);
  const mark = out.later();
  let shown = 0;
  while ((count === 0 || shown < count) && hasRoom() && walk.next()) {
    const start = out.length;
    out.array(2);
    replyId(out, streams, walk.id);
    replyTexts(out, walk);
    if (!countEntry(out, start)) break;
    shown++;
  }
  out.arrayAt(mark, shown);
}

function beginTelling(): void {
  told.streams = 0;
  told.entries = 0;
  told.bytes = 0;
}

const STREAMS_ARGUMENT: ArgumentDefinition = {
  ...block('streams', multiple(key('key', 'RO', 'access')), multiple(text('ID'))),
  token: 'STREAMS',
};

const LIMIT_ARGUMENTS: readonly ArgumentDefinition[] = [
  optional(integer('count', { token: 'COUNT' })),
  optional(integer('maxcount', { token: 'MAXCOUNT', since: '8.10.0' })),
  optional(integer('maxsize', { token: 'MAXSIZE', since: '8.10.0' })),
  optional(integer('milliseconds', { token: 'BLOCK' })),
];

/**
 *     > XADD log 1-1 level info
 *     "1-1"
 *     > XREAD COUNT 1 STREAMS log 0
 *     1) 1) "log"
 *        2) 1) 1) "1-1"
 *              2) 1) "level"
 *                 2) "info"
 */
export const xread = read(
  'XREAD',
  {
    group: 'stream',
    summary: 'Tells what streams have after given ids, or waits until there is something.',
    since: '5.0.0',
    complexity: 'O(N), N being the entries told.',
    args: [...LIMIT_ARGUMENTS, STREAMS_ARGUMENT],
    replies: [reply.map('entries by stream'), reply.nil('there is nothing, or nothing came in time')],
    flags: ['blocking'],
    keySpecs: [
      { flags: ['RO', 'access'], begin: { keyword: 'STREAMS', from: 1 }, find: { last: -1, step: 1, limit: 2 } },
    ],
    history: [['8.10.0', 'MAXCOUNT and MAXSIZE.']],
  },
  function xread(call) {
    if (!readOptions.parse(call, false)) return;
    const { keysAt, keys } = readOptions;
    for (let keyAt = keysAt; keyAt < keysAt + keys; keyAt++) {
      const root = streamOf(call, keyAt);
      if (root === MISTYPED || !readAfter(call, keyAt + keys, root)) return;
    }
    const { streams } = call;
    beginTelling();
    for (let keyAt = keysAt; keyAt < keysAt + keys && hasRoom(); keyAt++) {
      const handle = call.find(keyAt);
      if (handle === NONE || call.typeOf(handle) !== STREAM) continue;
      const root = streams.root(handle);
      readAfter(call, keyAt + keys, root);
      if (!streams.isBehind(root, id)) continue;
      beginStream(call, keyAt);
      replyAfter(call, root);
    }
    if (!endReply(call.reply)) waitOrEnd(call as Call, false);
  },
);

// --- XREADGROUP ---

/** The group of a key, NONE after replying what is wrong with it or with the id. */
function groupOf(call: WriteCall, keyAt: number): number {
  const handle = call.findOf(keyAt, STREAM);
  if (handle === MISTYPED) return NONE;
  const name = readOptions.groupAt;
  const { bytes, starts, ends, streams } = call;
  const group = handle === NONE ? NONE : streams.groups.find(streams.root(handle), bytes, starts[name]!, ends[name]!);
  const idAt = keyAt + readOptions.keys;
  if (group === NONE) {
    const names = `key '${untilNul(call.text(keyAt))}' or consumer group '${untilNul(call.text(name))}'`;
    call.reply.errorText(`NOGROUP No such ${names} in XREADGROUP with GROUP option`);
  } else if (isCharacter(call, idAt, DOLLAR)) call.reply.error(DOLLAR_IN_GROUP);
  else if (isCharacter(call, idAt, PLUS)) call.reply.error(PLUS_IN_GROUP);
  else if (isCharacter(call, idAt, GREATER) || parseId(call, idAt, id)) return group;
  return NONE;
}

/** What is pending for a consumer after `id`. Each is delivered once more. */
function replyHistory(call: WriteCall, root: number, group: number, consumer: number): void {
  const { streams, reply: out } = call;
  const { groups, log, walk } = streams;
  const { count } = readOptions;
  const mark = out.later();
  const tree = groups.ownOf(consumer);
  let shown = 0;
  id.increment();
  groups.own.aim(id);
  let more = tree !== NONE && groups.own.seek(tree, cursor);
  for (; more && (count === 0 || shown < count) && hasRoom(); more = groups.own.next(cursor)) {
    groups.own.readId(cursor, id);
    const start = out.length;
    out.array(2);
    replyId(out, streams, id);
    log.begin(walk, root, id, id, false);
    const there = walk.next();
    if (there) replyTexts(out, walk);
    else out.nilArray();
    if (!countEntry(out, start)) break;
    shown++;
    if (!there) continue;
    groups.findPending(group, id);
    groups.assign(group, consumer, id, call.now());
    groups.addDelivery(groups.pending.found);
  }
  out.arrayAt(mark, shown);
}

/** Claims what has been pending for long enough, and tells it; returns how many entries that were. */
function replyClaimed(call: WriteCall, keyAt: number, root: number, group: number, consumer: number): number {
  const { streams, reply: out } = call;
  const { groups, log, walk } = streams;
  const { claimIdle, count, groupAt } = readOptions;
  const now = call.now();
  // Without a least time what was just claimed would come again.
  const seen = claimIdle === 0 ? new Set<string>() : null;
  let shown = 0;
  groups.openTimeline(group);
  groups.beginWaiting();
  while ((count === 0 || shown < count) && hasRoom() && groups.nextWaiting(group, now - claimIdle, id)) {
    groups.findPending(group, id);
    const { found } = groups.pending;
    if (!log.has(root, id)) {
      propagateClaim(call, keyAt, groupAt, group, id);
      groups.drop(group, id);
      call.engine.dirty++;
      continue;
    }
    if (seen !== null) {
      const name = `${id.time()} ${id.msLow} ${id.seqHigh} ${id.seqLow}`;
      if (seen.has(name)) continue;
      seen.add(name);
    }
    log.begin(walk, root, id, id, false);
    walk.next();
    const start = out.length;
    out.array(4);
    replyId(out, streams, id);
    replyTexts(out, walk);
    out.integer(groups.owner(found) === NONE ? -1 : Math.max(0, now - groups.deliveredAt(found)));
    replyHalves(out, groups.deliveriesHigh(found), groups.deliveriesLow(found));
    if (!countEntry(out, start)) break;
    shown++;
    groups.assign(group, consumer, id, now);
    groups.addDelivery(found);
    groups.setActive(consumer, now);
    propagateClaim(call, keyAt, groupAt, group, id);
    call.engine.dirty++;
  }
  return shown;
}

/** Delivers what the group has not had, after `shown` entries that were told already; returns how many there are then. */
function replyNew(
  call: WriteCall,
  keyAt: number,
  root: number,
  group: number,
  consumer: number,
  before: number,
): number {
  const { streams, reply: out } = call;
  const { groups, log, walk } = streams;
  const { count, noAck, groupAt, claimIdle } = readOptions;
  let shown = before;
  groups.readDelivered(group, id);
  id.increment();
  log.begin(walk, root, id, max, false);
  while (
    (count === 0 || shown < count) &&
    hasRoom() &&
    call.keyspace.memory.admit(PENDING_NODES_BYTES) &&
    walk.next()
  ) {
    const start = out.length;
    out.array(claimIdle >= 0 ? 4 : 2);
    replyId(out, streams, walk.id);
    replyTexts(out, walk);
    if (claimIdle >= 0) {
      out.integer(0);
      out.integer(0);
    }
    if (!countEntry(out, start)) break;
    shown++;
    streams.advance(root, group, walk.id);
    if (noAck) continue;
    const now = call.now();
    if (!groups.findPending(group, walk.id)) groups.add(group, consumer, walk.id, now);
    else {
      // XGROUP SETID went back: whoever has it pending loses it.
      groups.assign(group, consumer, walk.id, now);
      groups.setDeliveries(groups.pending.found, 0, 1);
    }
    groups.setActive(consumer, now);
    propagateClaim(call, keyAt, groupAt, group, walk.id);
  }
  if (shown > before) {
    propagateDelivered(call, keyAt, groupAt, group);
    call.engine.dirty++;
  }
  return shown;
}

/** Serves one stream of XREADGROUP. */
function serve(call: WriteCall, keyAt: number): void {
  const { streams, bytes, starts, ends } = call;
  const { groups } = streams;
  const { groupAt, keys, noAck, claimIdle } = readOptions;
  const root = streams.root(call.find(keyAt));
  call.willChangeFound();
  const group = groups.find(root, bytes, starts[groupAt]!, ends[groupAt]!);
  const known = groups.consumerCount(group);
  const consumer = consumerOrNew(call, group, keyAt, groupAt + 1);
  if (noAck && groups.consumerCount(group) > known) propagateConsumer(call, keyAt, groupAt, groupAt + 1);
  if (!isCharacter(call, keyAt + keys, GREATER)) {
    readId(call, keyAt + keys, id);
    beginStream(call, keyAt);
    if (id.isMax()) call.reply.emptyArray();
    else replyHistory(call, root, group, consumer);
    return;
  }
  groups.readDelivered(group, id);
  const hasNew = streams.isBehind(root, id);
  const mayClaim = claimIdle >= 0 && groups.pendingCount(group) > 0;
  if (!hasNew && !mayClaim) return;
  const { reply: out } = call;
  const start = out.length;
  const { streams: before } = told;
  beginStream(call, keyAt);
  const mark = out.later();
  let shown = mayClaim ? replyClaimed(call, keyAt, root, group, consumer) : 0;
  if (hasNew) shown = replyNew(call, keyAt, root, group, consumer, shown);
  if (shown > 0 || hasNew) out.arrayAt(mark, shown);
  else {
    // There was nothing to claim after all.
    out.truncate(start);
    told.streams = before;
  }
}

/**
 *     > XADD log 1-1 level info
 *     "1-1"
 *     > XGROUP CREATE log readers 0
 *     OK
 *     > XREADGROUP GROUP readers ann COUNT 1 STREAMS log >
 *     1) 1) "log"
 *        2) 1) 1) "1-1"
 *              2) 1) "level"
 *                 2) "info"
 */
export const xreadgroup = write(
  'XREADGROUP',
  {
    group: 'stream',
    summary: 'Delivers to a consumer what its group has not had yet, or tells what is pending for it.',
    since: '5.0.0',
    complexity: 'O(N log M), N being the entries told, M the pending ones.',
    args: [
      { ...block('group-block', text('group'), text('consumer')), token: 'GROUP' },
      ...LIMIT_ARGUMENTS,
      optional(integer('min-idle-time', { token: 'CLAIM', since: '8.4.0' })),
      optional(token('NOACK')),
      STREAMS_ARGUMENT,
    ],
    replies: [reply.map('entries by stream'), reply.nil('there is nothing, or nothing came in time')],
    flags: ['blocking'],
    keySpecs: [
      { flags: ['RO', 'access'], begin: { keyword: 'STREAMS', from: 4 }, find: { last: -1, step: 1, limit: 2 } },
    ],
    findKeys: findGroupKeys,
    history: [
      ['8.4.0', 'CLAIM.'],
      ['8.10.0', 'MAXCOUNT and MAXSIZE.'],
    ],
  },
  function xreadgroup(call) {
    if (!readOptions.parse(call, true)) return;
    const { keysAt, keys, groupAt, count } = readOptions;
    for (let keyAt = keysAt; keyAt < keysAt + keys; keyAt++) if (groupOf(call, keyAt) === NONE) return;
    const entries = Math.min(count, 1000);
    const bytes = keys * (CONSUMER_BYTES + call.length(groupAt + 1)) + entries * PENDING_BYTES + PENDING_NODES_BYTES;
    if (!call.keyspace.memory.admit(bytes)) {
      call.reply.error(OUT_OF_MEMORY);
      return;
    }
    beginTelling();
    call.propagateNothing();
    for (let keyAt = keysAt; keyAt < keysAt + keys && hasRoom(); keyAt++) serve(call, keyAt);
    if (!endReply(call.reply)) waitOrEnd(call as Call, true);
  },
);
