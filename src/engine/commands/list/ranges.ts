// Ranges of lists: LRANGE, LTRIM.

import { LIST } from '../../../datatypes/key-record.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { MISTYPED } from '../../call.ts';
import { integer, key, read, reply, write } from '../../command.ts';
import { LTRIM_EVENT } from '../../events.ts';
import { finishRemoval } from './ends.ts';

/** A place as clients name it (negative: from the end) as an index of 0 or more; it may lie behind the end. */
function placeOf(index: number, count: number): number {
  return Math.max(0, index < 0 ? index + count : index);
}

/** The last index of a range that clients end with `index`; -1 when it lies before the first item. */
function lastOf(index: number, count: number): number {
  return Math.min(count - 1, index < 0 ? index + count : index);
}

/**
 *     > RPUSH queue a b c
 *     (integer) 3
 *     > LRANGE queue -2 -1
 *     1) "b"
 *     2) "c"
 */
export const lrange = read(
  'LRANGE',
  {
    group: 'list',
    summary: 'Tells the items of a range of a list.',
    since: '1.0.0',
    complexity: 'O(S+N), S being the items between the range and the nearer end, N those of the range.',
    args: [key('key', 'RO', 'access'), integer('start'), integer('stop')],
    replies: [reply.array('the items')],
  },
  function lrange(call) {
    const start = call.clampedInteger(2);
    if (Number.isNaN(start)) return;
    const stop = call.clampedInteger(3);
    if (Number.isNaN(stop)) return;
    const list = call.findOf(1, LIST);
    if (list === MISTYPED) return;
    const { lists, reply: out } = call;
    const count = list === NONE ? 0 : lists.count(list);
    const first = placeOf(start, count);
    const items = lastOf(stop, count) - first + 1;
    if (items <= 0 || count === 0) {
      out.emptyArray();
      return;
    }
    out.array(items);
    lists.seek(list, first);
    const { item } = lists;
    for (let left = items; ; ) {
      out.bulkView(lists.itemView(), item.start, item.end);
      left--;
      if (left === 0) return;
      lists.next();
    }
  },
);

/**
 *     > RPUSH log a b c d
 *     (integer) 4
 *     > LTRIM log -2 -1
 *     OK
 *     > LRANGE log 0 -1
 *     1) "c"
 *     2) "d"
 */
export const ltrim = write(
  'LTRIM',
  {
    group: 'list',
    summary: 'Removes all items of a list but those of a range.',
    since: '1.0.0',
    complexity: 'O(N), N being the items removed.',
    args: [key('key', 'RW', 'delete'), integer('start'), integer('stop')],
    replies: [reply.ok()],
  },
  function ltrim(call) {
    const start = call.clampedInteger(2);
    if (Number.isNaN(start)) return;
    const stop = call.clampedInteger(3);
    if (Number.isNaN(stop)) return;
    const list = call.forWriteOf(1, LIST);
    if (list === MISTYPED) return;
    if (list !== NONE) {
      const { lists } = call;
      const count = lists.count(list);
      const first = Math.min(placeOf(start, count), count);
      const last = lastOf(stop, count);
      // An empty range removes everything.
      const keepsNone = first > last;
      const behind = keepsNone ? count : count - 1 - last;
      const before = keepsNone ? 0 : first;
      lists.removeRange(list, count - behind, behind);
      lists.removeRange(lists.record, 0, before);
      finishRemoval(call, 1, list, LTRIM_EVENT, before + behind);
    }
    call.reply.ok();
  },
);
