// Single items of lists: LLEN, LINDEX, LSET, LINSERT, LREM.

import { LIST } from '../../../datatypes/key-record.ts';
import { INT64_MAX, INT64_MIN, parseInt64 } from '../../../lib/integers.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { INDEX_OUT_OF_RANGE, NO_SUCH_KEY, outOfBounds, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { MISTYPED, type ReadCall, type WriteCall, word } from '../../call.ts';
import { integer, key, oneOf, read, reply, text, token, write } from '../../command.ts';
import { LINSERT_EVENT, LREM_EVENT, LSET_EVENT } from '../../events.ts';
import { finishRemoval } from './ends.ts';

const BEFORE = word('BEFORE');
const AFTER = word('AFTER');

/**
 * An integer whose negative is one too, clamped as ReadCall.clampedInteger does; NaN after replying. (Redis refuses the
 * least one: its magnitude does not fit.)
 */
export function signedInteger(call: ReadCall, index: number): number {
  const value = call.clampedInteger(index);
  if (value !== Number.MIN_SAFE_INTEGER) return value;
  if (parseInt64(call.bytes, call.starts[index]!, call.ends[index]!) !== INT64_MIN) return value;
  call.reply.errorText(outOfBounds(-INT64_MAX, INT64_MAX));
  return Number.NaN;
}

/**
 *     > RPUSH queue a b c
 *     (integer) 3
 *     > LLEN queue
 *     (integer) 3
 */
export const llen = read(
  'LLEN',
  {
    group: 'list',
    summary: 'Tells how many items a list has.',
    since: '1.0.0',
    complexity: 'O(1)',
    args: [key('key', 'RO')],
    replies: [reply.integer('items, 0 when there is no such key')],
    flags: ['fast'],
  },
  function llen(call) {
    const list = call.findOf(1, LIST);
    if (list !== MISTYPED) call.reply.integer(list === NONE ? 0 : call.lists.count(list));
  },
);

/** Puts the cursor on the item at a place as clients name it (negative: from the end); false when there is none. */
function seek(call: ReadCall, list: number, index: number): boolean {
  const count = call.lists.count(list);
  const place = index < 0 ? index + count : index;
  if (place < 0 || place >= count) return false;
  call.lists.seek(list, place);
  return true;
}

/**
 *     > RPUSH queue a b c
 *     (integer) 3
 *     > LINDEX queue -1
 *     "c"
 *     > LINDEX queue 3
 *     (nil)
 */
export const lindex = read(
  'LINDEX',
  {
    group: 'list',
    summary: 'Tells the item at a place of a list.',
    since: '1.0.0',
    complexity: 'O(N), N being the items between it and the nearer end.',
    args: [key('key', 'RO', 'access'), integer('index')],
    replies: [reply.bulk('the item'), reply.nil('there is none at that place')],
  },
  function lindex(call) {
    const list = call.findOf(1, LIST);
    if (list === MISTYPED) return;
    if (list === NONE) {
      call.reply.nil();
      return;
    }
    const index = call.clampedInteger(2);
    if (Number.isNaN(index)) return;
    const { item } = call.lists;
    if (seek(call, list, index)) call.reply.bulkView(call.lists.itemView(), item.start, item.end);
    else call.reply.nil();
  },
);

/**
 *     > RPUSH queue a b c
 *     (integer) 3
 *     > LSET queue 1 B
 *     OK
 *     > LINDEX queue 1
 *     "B"
 */
export const lset = write(
  'LSET',
  {
    group: 'list',
    summary: 'Puts another item at a place of a list.',
    since: '1.0.0',
    complexity: 'O(N), N being the items between it and the nearer end.',
    args: [key('key', 'RW', 'update'), integer('index'), text('element')],
    replies: [reply.ok()],
    flags: ['denyoom'],
  },
  function lset(call) {
    const { bytes, starts, ends, lists, keyspace } = call;
    const list = call.forWriteOf(1, LIST);
    if (list === MISTYPED) return;
    if (list === NONE) {
      call.reply.error(NO_SUCH_KEY);
      return;
    }
    const index = call.clampedInteger(2);
    if (Number.isNaN(index) || !call.admitArguments() || !call.admit(lists.movedBytes(list))) return;
    if (!seek(call, list, index)) {
      call.reply.error(INDEX_OUT_OF_RANGE);
      return;
    }
    lists.expect(list, starts, ends, 3, 4);
    const expected = lists.record;
    seek(call, expected, index);
    lists.replace(expected, bytes, starts[3]!, ends[3]!);
    if (lists.record !== list) keyspace.moved(lists.record);
    call.changed(1, LSET_EVENT);
    call.reply.ok();
  },
);

/**
 *     > RPUSH queue a c
 *     (integer) 2
 *     > LINSERT queue BEFORE c b
 *     (integer) 3
 *     > LRANGE queue 0 -1
 *     1) "a"
 *     2) "b"
 *     3) "c"
 */
export const linsert = write(
  'LINSERT',
  {
    group: 'list',
    summary: 'Adds an item before or after another one.',
    since: '2.2.0',
    complexity: 'O(N), N being the items before the other one.',
    args: [key('key', 'RW', 'insert'), oneOf('where', token('BEFORE'), token('AFTER')), text('pivot'), text('element')],
    replies: [reply.integer('items that the list has now, 0 when there is no such key, -1 when it has no such item')],
    flags: ['denyoom'],
  },
  function linsert(call) {
    const before = call.is(2, BEFORE);
    if (!before && !call.is(2, AFTER)) {
      call.reply.error(SYNTAX_ERROR);
      return;
    }
    const list = call.forWriteOf(1, LIST);
    if (list === MISTYPED) return;
    if (list === NONE) {
      call.reply.integer(0);
      return;
    }
    if (call.admitArguments() && call.admit(call.lists.movedBytes(list))) insert(call, list, before);
  },
);

function insert(call: WriteCall, list: number, before: boolean): void {
  const { bytes, starts, ends, lists, keyspace } = call;
  // As in Redis the list may change its form even where the pivot is not found then.
  lists.expect(list, starts, ends, 4, 5);
  const expected = lists.record;
  lists.seek(expected, 0);
  let found = lists.matches(bytes, starts[3]!, ends[3]!);
  while (!found && lists.next()) found = lists.matches(bytes, starts[3]!, ends[3]!);
  if (found) lists.insert(expected, before, bytes, starts[4]!, ends[4]!);
  if (lists.record !== list) keyspace.moved(lists.record);
  if (!found) {
    call.reply.integer(-1);
    return;
  }
  call.changed(1, LINSERT_EVENT);
  call.reply.integer(lists.count(lists.record));
}

/**
 *     > RPUSH queue a b a b a
 *     (integer) 5
 *     > LREM queue -2 a
 *     (integer) 2
 *     > LRANGE queue 0 -1
 *     1) "a"
 *     2) "b"
 *     3) "b"
 */
export const lrem = write(
  'LREM',
  {
    group: 'list',
    summary: 'Removes items of one value: so many from the head, from the tail when negative, all when 0.',
    since: '1.0.0',
    complexity: 'O(N), N being the items of the list.',
    args: [key('key', 'RW', 'delete'), integer('count'), text('element')],
    replies: [reply.integer('items removed')],
  },
  function lrem(call) {
    const { bytes, starts, ends, lists } = call;
    const wanted = signedInteger(call, 2);
    if (Number.isNaN(wanted)) return;
    const list = call.forWriteOf(1, LIST);
    if (list === MISTYPED) return;
    if (list === NONE) {
      call.reply.integer(0);
      return;
    }
    const max = wanted === 0 ? lists.count(list) : Math.abs(wanted);
    const removed = lists.removeEqual(list, bytes, starts[3]!, ends[3]!, max, wanted < 0);
    if (removed > 0) finishRemoval(call, 1, list, LREM_EVENT, removed);
    call.reply.integer(removed);
  },
);
