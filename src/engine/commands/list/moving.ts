// Items moved from one list to another: LMOVE, RPOPLPUSH, LMOVEM and their blocking forms.

import { LIST } from '../../../datatypes/key-record.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { SYNTAX_ERROR, WRONG_TYPE } from '../../../protocol/errors.ts';
import type { Reply } from '../../../protocol/reply.ts';
import { MISTYPED, type ReadCall, type WriteCall, word } from '../../call.ts';
import {
  type ArgumentDefinition,
  block,
  type CommandDetails,
  double,
  integer,
  key,
  oneOf,
  optional,
  reply,
  token,
  write,
} from '../../command.ts';
import { DEL_EVENT, LPOP_EVENT, LPUSH_EVENT, RPOP_EVENT, RPUSH_EVENT } from '../../events.ts';
import { parseTimeout } from '../timeouts.ts';
import { settleRemoval } from './ends.ts';
import { isEnd, isTail } from './popping.ts';

const COUNT = word('COUNT');
const EXACTLY = word('EXACTLY');
const ONE_BY_ONE = word('OBO');
const BULK = word('BULK');

/** Bytes of a record and a node beside the items that are pushed. */
const RECORD_BYTES = 128;

/**
 * The list of the source, in argument 1: NONE when there is none, MISTYPED after replying that it, or the destination in
 * argument 2, is something else. A client that waited sees only lists at its source.
 */
function findSource(call: WriteCall): number {
  const source = call.forWrite(1);
  if (source === NONE) return NONE;
  if (call.typeOf(source) !== LIST) {
    if (call.retried) return NONE;
    call.reply.error(WRONG_TYPE);
    return MISTYPED;
  }
  return source;
}

/** Puts the carried items at an end of the list in argument 2. */
function pushCarried(call: WriteCall, atTail: boolean): void {
  const { lists, keyspace, bytes, starts, ends } = call;
  const { carried } = lists;
  const destination = call.forWriteOf(2, LIST);
  if (destination === NONE) {
    const access = keyspace.accessClock;
    const { bytes: items, starts: from, ends: to, count } = carried;
    const record = lists.create(bytes, starts[2]!, ends[2]!, access, items, from, to, 0, count, atTail);
    keyspace.insert(call.database, record);
    return;
  }
  lists.push(destination, carried.bytes, carried.starts, carried.ends, 0, carried.count, atTail);
  if (lists.record !== destination) keyspace.moved(lists.record);
}

/** Carries `count` items from one end of a list, which has so many; returns the bytes that pushing them may take. */
function carry(call: WriteCall, source: number, fromTail: boolean, count: number): number {
  const { lists } = call;
  const { carried, item } = lists;
  carried.clear();
  lists.seek(source, fromTail ? lists.count(source) - 1 : 0);
  carried.add(item.bytes, item.start, item.end);
  for (let left = count - 1; left > 0; left--) {
    if (fromTail) lists.previous();
    else lists.next();
    carried.add(item.bytes, item.start, item.end);
  }
  return carried.ends[count - 1]! * 2 + (count + 1) * RECORD_BYTES;
}

/** Replies the carried items as they will stand in the destination, `isArray` or the only one alone. */
function replyCarried(call: WriteCall, toTail: boolean, isArray: boolean): void {
  const { carried } = call.lists;
  const { bytes, starts, ends, count } = carried;
  if (isArray) call.reply.array(count);
  for (let index = 0; index < count; index++) {
    // What is pushed at the head one by one stands in reverse.
    const place = toTail ? index : count - 1 - index;
    call.reply.bulk(bytes, starts[place]!, ends[place]!);
  }
}

/**
 * Moves `count` items from one end of the list `source`, which was found and has so many, to one end of another. Items are
 * pushed in the order in which they were popped, or, where `inBulk`, so that they keep their order in the list.
 */
function move(
  call: WriteCall,
  source: number,
  fromTail: boolean,
  toTail: boolean,
  count: number,
  inBulk: boolean,
  isArray: boolean,
): void {
  const { lists, keyspace } = call;
  const { carried } = lists;
  const destination = call.forWriteOf(2, LIST);
  if (destination === MISTYPED) return;
  const bytes = carry(call, source, fromTail, count);
  if (inBulk && fromTail === toTail) carried.reverse();
  const room = bytes + lists.movedBytes(source) + (destination === NONE ? 0 : lists.movedBytes(destination));
  if (!call.admit(room)) return;
  replyCarried(call, toTail, isArray);
  const existing = call.forWriteOf(1, LIST);
  const size = lists.count(source);
  lists.removeRange(source, fromTail ? size - count : 0, count);
  let isEmpty = false;
  if (call.isSame(1, 2)) {
    const { record } = lists;
    lists.push(record, carried.bytes, carried.starts, carried.ends, 0, count, toTail);
    if (lists.record !== existing) keyspace.moved(lists.record);
  } else {
    isEmpty = settleRemoval(call, existing);
    pushCarried(call, toTail);
  }
  carried.clear();
  call.changed(2, toTail ? RPUSH_EVENT : LPUSH_EVENT, 0);
  call.changed(1, fromTail ? RPOP_EVENT : LPOP_EVENT, count);
  if (isEmpty) call.notify(1, DEL_EVENT);
}

function replyNothing(out: Reply): void {
  out.nilArray();
}

/** Makes the call wait for its source, or replies nil where it may not. */
function wait(call: WriteCall, deadline: number): void {
  if (call.mayBlock()) call.block([call.text(1)], deadline, replyNothing);
  else call.reply.nil();
}

/** Parses the words of two ends in arguments 3 and 4; false after replying that they are none. */
function hasEnds(call: ReadCall): boolean {
  if (isEnd(call, 3) && isEnd(call, 4)) return true;
  call.reply.error(SYNTAX_ERROR);
  return false;
}

/** LMOVE and RPOPLPUSH. */
function moveOne(call: WriteCall, fromTail: boolean, toTail: boolean): void {
  const source = findSource(call);
  if (source === MISTYPED) return;
  if (source === NONE) call.reply.nil();
  else move(call, source, fromTail, toTail, 1, false, false);
}

/** BLMOVE and BRPOPLPUSH, whose timeout is in argument `timeout`. Returns whether something was moved. */
function moveOneOrWait(call: WriteCall, timeout: number, fromTail: boolean, toTail: boolean): boolean {
  const deadline = parseTimeout(call, timeout);
  if (Number.isNaN(deadline)) return false;
  const source = findSource(call);
  if (source === MISTYPED) return false;
  if (source === NONE) {
    wait(call, deadline);
    return false;
  }
  const { dirty } = call.engine;
  move(call, source, fromTail, toTail, 1, false, false);
  return call.engine.dirty !== dirty;
}

/** Propagates the command under another name, without its argument `left`. */
function propagateWithout(call: WriteCall, name: string, left: number): void {
  if (!call.propagates()) return;
  const propagation = call.propagateAs(call.count - 1).text(name);
  for (let index = 1; index < call.count; index++) {
    if (index !== left) propagation.bytes(call.bytes, call.starts[index]!, call.ends[index]!);
  }
}

/** How LMOVEM moves: up to `count` items, or just so many. */
interface Amount {
  count: number;
  exactly: boolean;
  inBulk: boolean;
}

/** The options of LMOVEM from argument `from` on; null after replying what is wrong. */
function parseAmount(call: ReadCall, from: number): Amount | null {
  const amount: Amount = { count: 1, exactly: false, inBulk: false };
  if (from === call.count) return amount;
  amount.exactly = call.is(from, EXACTLY);
  amount.inBulk = from + 2 < call.count && call.is(from + 2, BULK);
  const isKnown = amount.exactly || call.is(from, COUNT);
  const isOrdered = amount.inBulk || (from + 2 < call.count && call.is(from + 2, ONE_BY_ONE));
  if (!isKnown || !isOrdered || from + 3 !== call.count) {
    call.reply.error(SYNTAX_ERROR);
    return null;
  }
  amount.count = call.clampedPositive(from + 1);
  return Number.isNaN(amount.count) ? null : amount;
}

/** LMOVEM and BLMOVEM, whose timeout is in argument 5. */
function moveMany(call: WriteCall, waits: boolean): void {
  if (!hasEnds(call)) return;
  const deadline = waits ? parseTimeout(call, 5) : 0;
  if (Number.isNaN(deadline)) return;
  const amount = parseAmount(call, waits ? 6 : 5);
  if (amount === null) return;
  const source = findSource(call);
  if (source === MISTYPED) return;
  const available = source === NONE ? 0 : call.lists.count(source);
  const count = Math.min(amount.count, available);
  if (amount.count > 0 && (available === 0 || (amount.exactly && count < amount.count))) {
    if (waits) wait(call, deadline);
    else if (amount.exactly) call.reply.nil();
    else call.reply.emptyArray();
    return;
  }
  if (count === 0) {
    call.reply.emptyArray();
    return;
  }
  const { dirty } = call.engine;
  move(call, source, isTail(call, 3), isTail(call, 4), count, amount.inBulk, true);
  if (waits && call.engine.dirty !== dirty) propagateWithout(call, 'LMOVEM', 5);
}

// --- definitions ---

const SOURCE = key('source', 'RW', 'access', 'delete');
const DESTINATION = key('destination', 'RW', 'insert');
const FROM = oneOf('wherefrom', token('LEFT'), token('RIGHT'));
const TO = oneOf('whereto', token('LEFT'), token('RIGHT'));
const AMOUNT: ArgumentDefinition = optional(
  block(
    'how-many',
    oneOf('selector', integer('count', { token: 'COUNT' }), integer('exactly', { token: 'EXACTLY' })),
    oneOf('ordering', token('OBO'), token('BULK')),
  ),
);
const FRACTIONS: CommandDetails['history'] = [['6.0.0', 'The timeout may have a fraction.']];

/**
 *     > RPUSH queue a b
 *     (integer) 2
 *     > LMOVE queue done LEFT RIGHT
 *     "a"
 *     > LRANGE done 0 -1
 *     1) "a"
 */
export const lmove = write(
  'LMOVE',
  {
    group: 'list',
    summary: 'Moves an item from one end of a list to one end of another, and tells it.',
    since: '6.2.0',
    complexity: 'O(1)',
    args: [SOURCE, DESTINATION, FROM, TO],
    replies: [reply.bulk('the item'), reply.nil('there is no such source')],
    flags: ['denyoom'],
  },
  function lmove(call) {
    if (hasEnds(call)) moveOne(call, isTail(call, 3), isTail(call, 4));
  },
);

export const rpoplpush = write(
  'RPOPLPUSH',
  {
    group: 'list',
    summary: 'Moves an item from the tail of a list to the head of another, and tells it.',
    since: '1.2.0',
    complexity: 'O(1)',
    args: [SOURCE, DESTINATION],
    replies: [reply.bulk('the item'), reply.nil('there is no such source')],
    flags: ['denyoom'],
    deprecated: { since: '6.2.0', instead: '`LMOVE` with the `RIGHT` and `LEFT` arguments' },
  },
  (call) => moveOne(call, true, false),
);

export const blmove = write(
  'BLMOVE',
  {
    group: 'list',
    summary: 'Moves an item from one end of a list to one end of another, or waits for one.',
    since: '6.2.0',
    complexity: 'O(1)',
    args: [SOURCE, DESTINATION, FROM, TO, double('timeout')],
    replies: [reply.bulk('the item'), reply.nil('nothing came in time')],
    flags: ['denyoom', 'blocking'],
  },
  function blmove(call) {
    if (!hasEnds(call)) return;
    if (moveOneOrWait(call, 5, isTail(call, 3), isTail(call, 4))) propagateWithout(call, 'LMOVE', 5);
  },
);

export const brpoplpush = write(
  'BRPOPLPUSH',
  {
    group: 'list',
    summary: 'Moves an item from the tail of a list to the head of another, or waits for one.',
    since: '2.2.0',
    complexity: 'O(1)',
    args: [SOURCE, DESTINATION, double('timeout')],
    replies: [reply.bulk('the item'), reply.nil('nothing came in time')],
    flags: ['denyoom', 'blocking'],
    history: FRACTIONS,
    deprecated: { since: '6.2.0', instead: '`BLMOVE` with the `RIGHT` and `LEFT` arguments' },
  },
  function brpoplpush(call) {
    if (moveOneOrWait(call, 3, true, false)) propagateWithout(call, 'RPOPLPUSH', 3);
  },
);

/**
 *     > RPUSH queue a b c
 *     (integer) 3
 *     > LMOVEM queue done LEFT LEFT COUNT 2 OBO
 *     1) "b"
 *     2) "a"
 *     > LMOVEM queue done LEFT LEFT EXACTLY 2 BULK
 *     (nil)
 */
export const lmovem = write(
  'LMOVEM',
  {
    group: 'list',
    summary: 'Moves several items from one end of a list to one end of another, and tells them.',
    since: '8.10.0',
    complexity: 'O(N), N being the items moved.',
    args: [SOURCE, DESTINATION, FROM, TO, AMOUNT],
    replies: [
      reply.array('the items, in the order of the destination'),
      reply.nil('with EXACTLY, the source has fewer'),
    ],
    flags: ['denyoom'],
  },
  (call) => moveMany(call, false),
);

export const blmovem = write(
  'BLMOVEM',
  {
    group: 'list',
    summary: 'Moves several items from one end of a list to one end of another, or waits for them.',
    since: '8.10.0',
    complexity: 'O(N), N being the items moved.',
    args: [SOURCE, DESTINATION, FROM, TO, double('timeout'), AMOUNT],
    replies: [reply.array('the items, in the order of the destination'), reply.nil('they did not come in time')],
    flags: ['denyoom', 'blocking'],
  },
  (call) => moveMany(call, true),
);
