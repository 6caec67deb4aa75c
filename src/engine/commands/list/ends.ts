// The ends of lists: LPUSH, RPUSH, LPUSHX, RPUSHX, LPOP, RPOP.

import { LIST } from '../../../datatypes/key-record.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { wrongArity } from '../../../protocol/errors.ts';
import { MISTYPED, type WriteCall } from '../../call.ts';
import { type CommandDetails, integer, key, multiple, optional, reply, text, write } from '../../command.ts';
import { DEL_EVENT, type KeyEvent, LPOP_EVENT, LPUSH_EVENT, RPOP_EVENT, RPUSH_EVENT } from '../../events.ts';

/**
 * After items were removed from the list of the key in argument `index`, which was found last as `existing`: puts the
 * record in its place, deletes the key with its last item, and announces the change.
 */
export function finishRemoval(
  call: WriteCall,
  index: number,
  existing: number,
  event: KeyEvent,
  changes: number,
): void {
  const isEmpty = settleRemoval(call, existing);
  call.changed(index, event, changes);
  if (isEmpty) call.notify(index, DEL_EVENT);
}

/** The part of it that announces nothing; true when the key went with its last item. */
export function settleRemoval(call: WriteCall, existing: number): boolean {
  const { lists, keyspace } = call;
  const { record } = lists;
  if (record !== existing) keyspace.moved(record);
  if (lists.count(record) > 0) return false;
  keyspace.removeFound(call.database, record);
  return true;
}

/** LPUSH and RPUSH, and with `mustExist` LPUSHX and RPUSHX. */
function push(call: WriteCall, atTail: boolean, mustExist: boolean): void {
  const { bytes, starts, ends, lists, keyspace, count } = call;
  const existing = call.forWriteCounted(1, LIST);
  if (existing === MISTYPED) return;
  if (existing === NONE) {
    if (mustExist) {
      call.reply.integer(0);
      return;
    }
    if (!call.admitArguments()) return;
    const access = keyspace.accessClock;
    const record = lists.create(bytes, starts[1]!, ends[1]!, access, bytes, starts, ends, 2, count, atTail);
    keyspace.insert(call.database, record);
    call.reply.integer(count - 2);
  } else if (count === 3 && lists.pushWithin(existing, bytes, starts[2]!, ends[2]!, atTail)) {
    const items = lists.count(existing);
    call.grew(LIST, items, 1);
    call.reply.integer(items);
  } else {
    const moved = lists.movedBytes(existing);
    if (!call.admitArguments() || (moved > 0 && !call.admit(moved))) return;
    lists.push(existing, bytes, starts, ends, 2, count, atTail);
    const { record } = lists;
    if (record !== existing) keyspace.moved(record);
    const items = lists.count(record);
    call.grew(LIST, items, count - 2);
    call.reply.integer(items);
  }
  call.changed(1, atTail ? RPUSH_EVENT : LPUSH_EVENT, count - 2);
}

/**
 * Replies `count` items from one end of the list of the key in argument `index`, which was just found, and removes them.
 * There are so many.
 */
export function replyAndRemove(call: WriteCall, index: number, list: number, atTail: boolean, count: number): void {
  const { lists, reply: out } = call;
  lists.seekEnd(list, atTail);
  const { item } = lists;
  for (let left = count; ; ) {
    out.bulkView(lists.itemView(), item.start, item.end);
    left--;
    if (left === 0) break;
    if (atTail) lists.previous();
    else lists.next();
  }
  if (count === 1) lists.pop(list, atTail);
  else lists.removeRange(list, atTail ? lists.count(list) - count : 0, count);
  finishRemoval(call, index, list, atTail ? RPOP_EVENT : LPOP_EVENT, count);
}

/** LPOP and RPOP. */
function pop(call: WriteCall, name: string, atTail: boolean): void {
  const hasCount = call.count > 2;
  if (call.count > 3) {
    call.reply.errorText(wrongArity(name));
    return;
  }
  const wanted = hasCount ? call.clampedPositive(2) : 1;
  if (Number.isNaN(wanted)) return;
  const list = call.forWriteCounted(1, LIST);
  if (list === MISTYPED) return;
  if (list === NONE) {
    if (hasCount) call.reply.nilArray();
    else call.reply.nil();
    return;
  }
  if (wanted === 0) {
    call.reply.emptyArray();
    return;
  }
  const items = call.lists.count(list);
  const count = Math.min(wanted, items);
  call.grew(LIST, items - count, -count);
  if (hasCount) call.reply.array(count);
  replyAndRemove(call, 1, list, atTail, count);
}

// --- definitions ---

type Details = CommandDetails & { readonly group: 'list' };

function pushed(summary: string): Details {
  return {
    group: 'list',
    summary,
    since: '1.0.0',
    complexity: 'O(1) for each item.',
    args: [key('key', 'RW', 'insert'), multiple(text('element'))],
    replies: [reply.integer('items that the list has now')],
    flags: ['denyoom', 'fast'],
    history: [['2.4.0', 'Several items.']],
  };
}

function pushedIfThere(summary: string): Details {
  return {
    ...pushed(summary),
    since: '2.2.0',
    replies: [reply.integer('items that the list has now, 0 when there is no such key')],
    history: [['4.0.0', 'Several items.']],
  };
}

function popped(summary: string): Details {
  return {
    group: 'list',
    summary,
    since: '1.0.0',
    complexity: 'O(N), N being the items returned.',
    args: [key('key', 'RW', 'access', 'delete'), optional(integer('count', { since: '6.2.0' }))],
    replies: [reply.bulk('the item'), reply.array('with a count, the items'), reply.nil('there is no such key')],
    flags: ['fast'],
    history: [['6.2.0', 'Several items at once.']],
  };
}

/**
 *     > LPUSH queue a b
 *     (integer) 2
 *     > LRANGE queue 0 -1
 *     1) "b"
 *     2) "a"
 */
export const lpush = write(
  'LPUSH',
  pushed('Adds items at the head of a list; creates it when there is none.'),
  (call) => push(call, false, false),
);

/**
 *     > RPUSH queue a b
 *     (integer) 2
 *     > RPUSH queue c
 *     (integer) 3
 */
export const rpush = write(
  'RPUSH',
  pushed('Adds items at the tail of a list; creates it when there is none.'),
  (call) => push(call, true, false),
);

/**
 *     > LPUSHX nothing a
 *     (integer) 0
 */
export const lpushx = write('LPUSHX', pushedIfThere('Adds items at the head of a list that is there.'), (call) =>
  push(call, false, true),
);

export const rpushx = write('RPUSHX', pushedIfThere('Adds items at the tail of a list that is there.'), (call) =>
  push(call, true, true),
);

/**
 *     > RPUSH queue a b c
 *     (integer) 3
 *     > LPOP queue
 *     "a"
 *     > LPOP queue 5
 *     1) "b"
 *     2) "c"
 */
export const lpop = write('LPOP', popped('Takes items off the head of a list, and tells them.'), (call) =>
  pop(call, 'lpop', false),
);

export const rpop = write('RPOP', popped('Takes items off the tail of a list, and tells them.'), (call) =>
  pop(call, 'rpop', true),
);
