// What there is to know of a stream, its groups and their consumers: XINFO.

import { STREAM } from '../../../datatypes/key-record.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { NO_SUCH_KEY, subcommandSyntax } from '../../../protocol/errors.ts';
import { IdCursor } from '../../../structures/id-tree.ts';
import { StreamId } from '../../../structures/stream-id.ts';
import { FIRST_ID, LAST_ID, REMOVED_ID } from '../../../structures/stream-log.ts';
import { MISTYPED, type ReadCall, word } from '../../call.ts';
import { block, container, integer, key, optional, read, reply, text, token } from '../../command.ts';
import { findGroup, noSuchGroup, replyEntries, replyEntry, replyHalves, replyId, replyName } from './ids.ts';

const FULL = word('FULL');
const COUNT = word('COUNT');

/** Entries told by XINFO STREAM FULL without COUNT. */
const FULL_COUNT = 10;

const id = new StreamId();
const min = new StreamId();
const max = new StreamId();
max.setMax();
const cursor = new IdCursor();

/** The root of the stream in argument 2, NONE after replying why there is none. */
function streamToTell(call: ReadCall): number {
  const handle = call.findOf(2, STREAM);
  if (handle === MISTYPED) return NONE;
  if (handle !== NONE) return call.streams.root(handle);
  call.reply.error(NO_SUCH_KEY);
  return NONE;
}

function replyIdField(call: ReadCall, name: string, root: number, which: number): void {
  call.reply.bulkText(name);
  call.streams.log.readId(root, which, id);
  replyId(call.reply, call.streams, id);
}

/** What both forms of XINFO STREAM begin with: seven fields. */
function replyCommon(call: ReadCall, root: number): void {
  const { reply: out, streams } = call;
  const { log } = streams;
  out.bulkText('length');
  out.integer(log.length(root));
  out.bulkText('radix-tree-keys');
  out.integer(log.blockCount(root));
  out.bulkText('radix-tree-nodes');
  out.integer(log.radixNodes(root));
  replyIdField(call, 'last-generated-id', root, LAST_ID);
  replyIdField(call, 'max-deleted-entry-id', root, REMOVED_ID);
  out.bulkText('entries-added');
  replyHalves(out, log.addedHigh(root), log.addedLow(root));
  replyIdField(call, 'recorded-first-entry-id', root, FIRST_ID);
}

/** What is remembered of producers: six fields, only where there is something. */
function replyProducers(call: ReadCall, kept: number): void {
  const { reply: out, streams } = call;
  const { producers } = streams;
  out.bulkText('idmp-duration');
  out.integer(producers.duration(kept));
  out.bulkText('idmp-maxsize');
  out.integer(producers.maxsize(kept));
  out.bulkText('pids-tracked');
  out.integer(producers.producerCount(kept));
  out.bulkText('iids-tracked');
  out.integer(producers.tracked(kept));
  out.bulkText('iids-added');
  out.integer(producers.added(kept));
  out.bulkText('iids-duplicates');
  out.integer(producers.duplicates(kept));
}

function replyEdge(call: ReadCall, root: number, backwards: boolean): void {
  const { reply: out, streams } = call;
  out.bulkText(backwards ? 'last-entry' : 'first-entry');
  streams.log.begin(streams.walk, root, min, max, backwards);
  if (streams.walk.next()) replyEntry(out, streams, streams.walk);
  else out.nil();
}

function replyBrief(call: ReadCall, root: number): void {
  const { reply: out, streams } = call;
  const kept = streams.producers.of(root);
  out.map(kept === NONE ? 10 : 16);
  replyCommon(call, root);
  if (kept !== NONE) replyProducers(call, kept);
  out.bulkText('groups');
  out.integer(streams.groups.count(root));
  replyEdge(call, root, false);
  replyEdge(call, root, true);
}

/** How far a group has read, and how far it is behind. */
function replyProgress(call: ReadCall, root: number, group: number): void {
  const { reply: out, streams } = call;
  const { groups } = streams;
  const high = groups.readHigh(group);
  const low = groups.readLow(group);
  out.bulkText('entries-read');
  if ((high & low) === -1) out.nil();
  else replyHalves(out, high, low);
  out.bulkText('lag');
  if (streams.estimateLag(root, group)) replyHalves(out, streams.estimateHigh, streams.estimateLow);
  else out.nil();
}

function replyDelivered(call: ReadCall, group: number): void {
  const { reply: out, streams } = call;
  out.bulkText('last-delivered-id');
  streams.groups.readDelivered(group, id);
  replyId(out, streams, id);
}

/** The entry at hand in a list of pending ones: id, the consumer where it is not plain, when, how often. */
function replyPending(call: ReadCall, withOwner: boolean): void {
  const { reply: out, streams } = call;
  const { groups } = streams;
  const { found } = groups.pending;
  out.array(withOwner ? 4 : 3);
  replyId(out, streams, id);
  if (withOwner) {
    const owner = groups.owner(found);
    if (owner === NONE) out.emptyBulk();
    else replyName(out, groups.consumerNames, owner);
  }
  out.integer(groups.deliveredAt(found));
  replyHalves(out, groups.deliveriesHigh(found), groups.deliveriesLow(found));
}

/** The pending entries of a group, or of one consumer, `count` at most (0: any number). */
function replyPendings(call: ReadCall, group: number, consumer: number, count: number): void {
  const { reply: out, streams } = call;
  const { groups } = streams;
  const isOwn = consumer !== NONE;
  const tree = isOwn ? groups.ownOf(consumer) : groups.pendingOf(group);
  const ids = isOwn ? groups.own : groups.pending;
  const mark = out.later();
  let shown = 0;
  let more = tree !== NONE && ids.first(tree, cursor);
  for (; more && (count === 0 || shown < count); more = ids.next(cursor), shown++) {
    ids.readId(cursor, id);
    groups.findPending(group, id);
    replyPending(call, !isOwn);
  }
  out.arrayAt(mark, shown);
}

function replyConsumer(call: ReadCall, group: number, consumer: number, count: number): void {
  const { reply: out, streams } = call;
  const { groups } = streams;
  out.map(5);
  out.bulkText('name');
  replyName(out, groups.consumerNames, consumer);
  out.bulkText('seen-time');
  out.integer(groups.seenAt(consumer));
  out.bulkText('active-time');
  out.integer(groups.activeAt(consumer));
  out.bulkText('pel-count');
  out.integer(groups.ownCount(consumer));
  out.bulkText('pending');
  replyPendings(call, group, consumer, count);
}

function replyGroup(call: ReadCall, root: number, group: number, count: number): void {
  const { reply: out, streams } = call;
  const { groups } = streams;
  const unowned = groups.unownedCount(group);
  out.map(unowned > 0 ? 8 : 7);
  out.bulkText('name');
  replyName(out, groups.names, group);
  replyDelivered(call, group);
  replyProgress(call, root, group);
  out.bulkText('pel-count');
  out.integer(groups.pendingCount(group));
  if (unowned > 0) {
    out.bulkText('nacked-count');
    out.integer(unowned);
  }
  out.bulkText('pending');
  replyPendings(call, group, NONE, count);
  out.bulkText('consumers');
  const consumers = groups.consumerCount(group);
  out.array(consumers);
  for (let index = 0; index < consumers; index++) replyConsumer(call, group, groups.consumerAt(group, index), count);
}

function replyFull(call: ReadCall, root: number, count: number): void {
  const { reply: out, streams } = call;
  const { groups } = streams;
  const kept = streams.producers.of(root);
  out.map(kept === NONE ? 9 : 15);
  replyCommon(call, root);
  if (kept !== NONE) replyProducers(call, kept);
  out.bulkText('entries');
  streams.log.begin(streams.walk, root, min, max, false);
  replyEntries(out, streams, streams.walk, count);
  out.bulkText('groups');
  const all = groups.count(root);
  out.array(all);
  for (let index = 0; index < all; index++) replyGroup(call, root, groups.at(root, index), count);
}

const stream = read(
  'STREAM',
  {
    group: 'stream',
    summary: 'Tells what there is to know of a stream.',
    since: '5.0.0',
    complexity: 'O(N), N being the blocks of the stream; with FULL also what is told.',
    args: [
      key('key', 'RO', 'access'),
      optional(block('full-block', token('FULL'), optional(integer('count', { token: 'COUNT' })))),
    ],
    replies: [reply.map('fields of the stream')],
    history: [
      ['6.0.0', 'FULL.'],
      ['7.0.0', 'max-deleted-entry-id, entries-added, recorded-first-entry-id, entries-read and lag.'],
      ['7.2.0', 'active-time, and another meaning of seen-time.'],
    ],
  },
  function xinfoStream(call) {
    const root = streamToTell(call);
    if (root === NONE) return;
    if (call.count === 3) {
      replyBrief(call, root);
      return;
    }
    const isFull = call.is(3, FULL) && (call.count === 4 || (call.count === 6 && call.is(4, COUNT)));
    if (!isFull) {
      call.reply.errorText(subcommandSyntax('XINFO', call.text(1)));
      return;
    }
    const count = call.count === 6 ? call.clampedInteger(5) : FULL_COUNT;
    if (Number.isNaN(count)) return;
    replyFull(call, root, count < 0 ? FULL_COUNT : count);
  },
);

const groups = read(
  'GROUPS',
  {
    group: 'stream',
    summary: 'Tells the consumer groups of a stream.',
    since: '5.0.0',
    complexity: 'O(N), N being the groups.',
    args: [key('key', 'RO', 'access')],
    replies: [reply.array('a map for each group')],
    history: [['7.0.0', 'entries-read and lag.']],
  },
  function xinfoGroups(call) {
    const root = streamToTell(call);
    if (root === NONE) return;
    const { reply: out, streams } = call;
    const count = streams.groups.count(root);
    out.array(count);
    for (let index = 0; index < count; index++) {
      const group = streams.groups.at(root, index);
      out.map(6);
      out.bulkText('name');
      replyName(out, streams.groups.names, group);
      out.bulkText('consumers');
      out.integer(streams.groups.consumerCount(group));
      out.bulkText('pending');
      out.integer(streams.groups.pendingCount(group));
      replyDelivered(call, group);
      replyProgress(call, root, group);
    }
  },
);

const consumers = read(
  'CONSUMERS',
  {
    group: 'stream',
    summary: 'Tells the consumers of a group.',
    since: '5.0.0',
    complexity: 'O(N), N being the consumers.',
    args: [key('key', 'RO', 'access'), text('group')],
    replies: [reply.array('a map for each consumer')],
    tips: ['nondeterministic_output'],
    history: [['7.2.0', 'inactive, and another meaning of idle.']],
  },
  function xinfoConsumers(call) {
    const root = streamToTell(call);
    if (root === NONE) return;
    const group = findGroup(call, root, 3);
    if (group === NONE) {
      noSuchGroup(call, 2, 3);
      return;
    }
    const { reply: out, streams } = call;
    const now = call.now();
    const count = streams.groups.consumerCount(group);
    out.array(count);
    for (let index = 0; index < count; index++) {
      const consumer = streams.groups.consumerAt(group, index);
      const activeAt = streams.groups.activeAt(consumer);
      out.map(4);
      out.bulkText('name');
      replyName(out, streams.groups.consumerNames, consumer);
      out.bulkText('pending');
      out.integer(streams.groups.ownCount(consumer));
      out.bulkText('idle');
      out.integer(Math.max(0, now - streams.groups.seenAt(consumer)));
      out.bulkText('inactive');
      out.integer(activeAt === -1 ? -1 : now - activeAt);
    }
  },
);

/**
 *     > XADD log 1-1 level info
 *     "1-1"
 *     > XGROUP CREATE log readers 0
 *     OK
 *     > XINFO GROUPS log
 *     1)  1) "name"
 *         2) "readers"
 *         3) "consumers"
 *         4) (integer) 0
 *         5) "pending"
 *         6) (integer) 0
 *         7) "last-delivered-id"
 *         8) "0-0"
 *         9) "entries-read"
 *        10) (nil)
 *        11) "lag"
 *        12) (integer) 1
 */
export const xinfo = container(
  'XINFO',
  {
    group: 'stream',
    summary: 'What there is to know of streams.',
    since: '5.0.0',
    help: [
      'CONSUMERS <key> <groupname>',
      '    Show consumers of <groupname>.',
      'GROUPS <key>',
      '    Show the stream consumer groups.',
      'STREAM <key> [FULL [COUNT <count>]',
      '    Show information about the stream.',
    ],
  },
  [consumers, groups, stream],
);
