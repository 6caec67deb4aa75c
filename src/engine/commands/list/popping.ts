// Items taken off the first of several lists that is there: LMPOP, BLPOP, BRPOP, BLMPOP.

import { LIST } from '../../../datatypes/key-record.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, SYNTAX_ERROR, WRONG_TYPE } from '../../../protocol/errors.ts';
import type { Reply } from '../../../protocol/reply.ts';
import { type Call, MISTYPED, type ReadCall, type WriteCall, word } from '../../call.ts';
import {
  type CommandDetails,
  double,
  integer,
  key,
  keyCount,
  multiple,
  oneOf,
  optional,
  reply,
  token,
  write,
} from '../../command.ts';
import { parseTimeout } from '../timeouts.ts';
import { replyAndRemove } from './ends.ts';

const LEFT = word('LEFT');
const RIGHT = word('RIGHT');
const COUNT = word('COUNT');

const NO_KEYS = error('ERR numkeys should be greater than 0');
const NO_COUNT = error('ERR count should be greater than 0');

/** The words of an end of a list. */
export function isEnd(call: ReadCall, index: number): boolean {
  return call.is(index, LEFT) || call.is(index, RIGHT);
}

/** Whether the word of an end means the tail. */
export function isTail(call: ReadCall, index: number): boolean {
  return call.is(index, RIGHT);
}

/**
 * The first key of arguments [from, to) that holds a list: its argument number, 0 when there is none, MISTYPED after
 * replying that one holds something else. A client that waited sees only lists.
 */
function findFirst(call: WriteCall, from: number, to: number): number {
  const { retried } = call as Call;
  for (let index = from; index < to; index++) {
    const handle = call.forWrite(index);
    if (handle === NONE) continue;
    if (call.typeOf(handle) === LIST) return index;
    if (retried) continue;
    call.reply.error(WRONG_TYPE);
    return MISTYPED;
  }
  return 0;
}

/** Says that `count` items were popped from the key in an argument; without a count where it was one, unasked. */
function propagatePop(call: WriteCall, index: number, atTail: boolean, count: number): void {
  if (!call.propagates()) return;
  const propagation = call
    .propagateAs(count === 0 ? 2 : 3)
    .text(atTail ? 'RPOP' : 'LPOP')
    .bytes(call.bytes, call.starts[index]!, call.ends[index]!);
  if (count > 0) propagation.integer(count);
}

function replyNothing(out: Reply): void {
  out.nilArray();
}

/** Makes the call wait for the keys in arguments [from, to), or replies that there is nothing where it may not. */
function wait(call: WriteCall, from: number, to: number, deadline: number): void {
  if (!call.engine.mayBlock(call as Call)) {
    replyNothing(call.reply);
    return;
  }
  const keys: string[] = [];
  for (let index = from; index < to; index++) keys.push(call.text(index));
  call.engine.block(call as Call, keys, deadline, replyNothing);
}

/** BLPOP and BRPOP. */
function popOrWait(call: WriteCall, atTail: boolean): void {
  const last = call.count - 1;
  const deadline = parseTimeout(call, last);
  if (Number.isNaN(deadline)) return;
  const index = findFirst(call, 1, last);
  if (index === MISTYPED) return;
  if (index === 0) {
    wait(call, 1, last, deadline);
    return;
  }
  call.reply.array(2);
  call.reply.bulk(call.bytes, call.starts[index]!, call.ends[index]!);
  replyAndRemove(call, index, call.forWrite(index), atTail, 1);
  propagatePop(call, index, atTail, 0);
}

/** LMPOP, and BLMPOP with its timeout in argument 1: `counted` is where the count of keys stands. */
function popFromFirst(call: WriteCall, counted: number, waits: boolean): void {
  const keys = call.quietInteger(counted);
  if (!(keys > 0)) {
    call.reply.error(NO_KEYS);
    return;
  }
  const where = counted + keys + 1;
  if (where >= call.count || !isEnd(call, where)) {
    call.reply.error(SYNTAX_ERROR);
    return;
  }
  const wanted = parseCount(call, where + 1);
  if (wanted === 0) return;
  const deadline = waits ? parseTimeout(call, 1) : 0;
  if (Number.isNaN(deadline)) return;
  const index = findFirst(call, counted + 1, where);
  if (index === MISTYPED) return;
  if (index === 0) {
    if (waits) wait(call, counted + 1, where, deadline);
    else replyNothing(call.reply);
    return;
  }
  const atTail = isTail(call, where);
  const list = call.forWrite(index);
  const count = Math.min(wanted, call.lists.count(list));
  call.reply.array(2);
  call.reply.bulk(call.bytes, call.starts[index]!, call.ends[index]!);
  call.reply.array(count);
  replyAndRemove(call, index, list, atTail, count);
  propagatePop(call, index, atTail, count);
}

/** The options of LMPOP: how many items are wanted, 1 without COUNT; 0 after replying what is wrong. */
function parseCount(call: WriteCall, from: number): number {
  if (from === call.count) return 1;
  const hasValue = from + 1 < call.count && call.is(from, COUNT);
  const wanted = hasValue ? call.quietInteger(from + 1) : 0;
  // A wrong count is noticed before what follows it.
  if (hasValue && !(wanted > 0)) call.reply.error(NO_COUNT);
  else if (!hasValue || from + 2 !== call.count) call.reply.error(SYNTAX_ERROR);
  else return wanted;
  return 0;
}

// --- definitions ---

type Details = CommandDetails & { readonly group: 'list' };

function awaited(summary: string): Details {
  return {
    group: 'list',
    summary,
    since: '2.0.0',
    complexity: 'O(N), N being the keys.',
    args: [multiple(key('key', 'RW', 'access', 'delete')), double('timeout')],
    replies: [reply.array('the key and the item'), reply.nil('nothing came in time')],
    flags: ['blocking'],
    history: [['6.0.0', 'The timeout may have a fraction.']],
  };
}

const POPS_FIRST_COMPLEXITY = 'O(N+M), N being the keys, M the items returned.';
const POPS_FIRST_ARGUMENTS = [
  keyCount('numkeys'),
  multiple(key('key', 'RW', 'access', 'delete')),
  oneOf('where', token('LEFT'), token('RIGHT')),
  optional(integer('count', { token: 'COUNT' })),
];

/**
 *     > RPUSH queue a
 *     (integer) 1
 *     > BLPOP nothing queue 0
 *     1) "queue"
 *     2) "a"
 */
export const blpop = write(
  'BLPOP',
  awaited('Takes an item off the head of the first of several lists that is there, or waits for one.'),
  (call) => popOrWait(call, false),
);

export const brpop = write(
  'BRPOP',
  awaited('Takes an item off the tail of the first of several lists that is there, or waits for one.'),
  (call) => popOrWait(call, true),
);

/**
 *     > RPUSH queue a b c
 *     (integer) 3
 *     > LMPOP 2 nothing queue RIGHT COUNT 2
 *     1) "queue"
 *     2) 1) "c"
 *        2) "b"
 */
export const lmpop = write(
  'LMPOP',
  {
    group: 'list',
    summary: 'Takes items off the first of several lists that is there, and tells them.',
    since: '7.0.0',
    complexity: POPS_FIRST_COMPLEXITY,
    args: POPS_FIRST_ARGUMENTS,
    replies: [reply.array('the key, and the items'), reply.nil('no key is there')],
  },
  (call) => popFromFirst(call, 1, false),
);

export const blmpop = write(
  'BLMPOP',
  {
    group: 'list',
    summary: 'Takes items off the first of several lists that is there, or waits for one.',
    since: '7.0.0',
    complexity: POPS_FIRST_COMPLEXITY,
    args: [double('timeout'), ...POPS_FIRST_ARGUMENTS],
    replies: [reply.array('the key, and the items'), reply.nil('nothing came in time')],
    flags: ['blocking'],
  },
  (call) => popFromFirst(call, 2, true),
);
