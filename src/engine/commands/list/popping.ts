// Items taken off the first of several lists that is there: LMPOP, BLPOP, BRPOP, BLMPOP.

import { LIST } from '../../../datatypes/key-record.ts';
import { type ReadCall, word } from '../../call.ts';
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
import { type PoppedType, popFromFirst, popOneOrWait } from '../popping-first.ts';
import { replyAndRemove } from './ends.ts';

const LEFT = word('LEFT');
const RIGHT = word('RIGHT');

/** The words of an end of a list. */
export function isEnd(call: ReadCall, index: number): boolean {
  return call.is(index, LEFT) || call.is(index, RIGHT);
}

/** Whether the word of an end means the tail. */
export function isTail(call: ReadCall, index: number): boolean {
  return call.is(index, RIGHT);
}

const POPPED_LISTS: PoppedType = {
  type: LIST,
  nearWord: LEFT,
  farWord: RIGHT,
  nearCommand: 'LPOP',
  farCommand: 'RPOP',
  values: 1,
  count: (call, list) => call.lists.count(list),
  pop: (call, index, list, atTail, count) => replyAndRemove(call, index, list, atTail, count),
};

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
  (call) => popOneOrWait(call, POPPED_LISTS, false),
);

export const brpop = write(
  'BRPOP',
  awaited('Takes an item off the tail of the first of several lists that is there, or waits for one.'),
  (call) => popOneOrWait(call, POPPED_LISTS, true),
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
  (call) => popFromFirst(call, POPPED_LISTS, 1, false),
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
  (call) => popFromFirst(call, POPPED_LISTS, 2, true),
);
