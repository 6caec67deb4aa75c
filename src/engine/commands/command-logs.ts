// SLOWLOG, and COMMANDLOG as Valkey has it: what the command logs keep.

import { error, subcommandSyntax } from '../../protocol/errors.ts';
import type { Reply } from '../../protocol/reply.ts';
import { type Call, word } from '../call.ts';
import { type ArgumentDefinition, container, control, integer, oneOf, optional, reply, token } from '../command.ts';
import type { CommandLog } from '../command-log.ts';

/** Entries that SLOWLOG GET shows when it is not told how many. */
const ENTRIES_SHOWN = 10;

const BAD_COUNT = error('ERR count should be greater than or equal to -1');
const BAD_TYPE = error('ERR type should be one of the following: slow, large-request, large-reply');

/** How many entries an argument asks for, -1 for all of them; NaN after replying an error. */
function countAt(call: Call, index: number): number {
  const count = call.quietInteger(index);
  if (count === -1) return Number.POSITIVE_INFINITY;
  if (count >= 0) return count;
  call.reply.error(BAD_COUNT);
  return Number.NaN;
}

function replyEntries(out: Reply, log: CommandLog, count: number): void {
  const entries = log.newest(count);
  out.array(entries.length);
  for (const { id, at, amount, args, address, name } of entries) {
    out.array(6);
    out.integer(id);
    out.integer(at);
    out.integer(amount);
    out.array(args.length);
    for (const arg of args) out.bulk(arg, 0, arg.length);
    out.bulkText(address);
    out.bulkText(name);
  }
}

const SHOWN_ON_ALL = ['request_policy:all_nodes', 'nondeterministic_output'];
const SUMMED = ['request_policy:all_nodes', 'response_policy:agg_sum', 'nondeterministic_output'];
const DONE_ON_ALL = ['request_policy:all_nodes', 'response_policy:all_succeeded'];

/**
 *     > SLOWLOG LEN
 *     (integer) 0
 */
export const slowlog = container(
  'SLOWLOG',
  {
    group: 'server',
    summary: 'Looks at commands that took long.',
    since: '2.2.12',
    helpSince: '6.2.0',
    help: [
      'GET [<count>]',
      '    Return top <count> entries from the slowlog (default: 10, -1 mean all).',
      '    Entries are made of:',
      '    id, timestamp, time in microseconds, arguments array, client IP and port,',
      '    client name',
      'LEN',
      '    Return the length of the slowlog.',
      'RESET',
      '    Reset the slowlog.',
    ],
  },
  [
    control(
      'GET',
      {
        group: 'server',
        summary: 'Shows the newest entries of the slow log.',
        since: '2.2.12',
        complexity: 'O(N), N being the entries shown.',
        args: [optional(integer('count'))],
        replies: [reply.array('entries: id, time, microseconds, arguments, client, its name')],
        flags: ['admin', 'loading', 'stale'],
        tips: SHOWN_ON_ALL,
        history: [['4.0.0', 'The address and the name of the client.']],
      },
      function get(call) {
        if (call.count > 3) {
          call.reply.errorText(subcommandSyntax('SLOWLOG', call.text(1)));
          return;
        }
        const count = call.count === 3 ? countAt(call, 2) : ENTRIES_SHOWN;
        if (!Number.isNaN(count)) replyEntries(call.reply, call.engine.watch.slow, count);
      },
    ),
    control(
      'LEN',
      {
        group: 'server',
        summary: 'Tells how many entries the slow log has.',
        since: '2.2.12',
        complexity: 'O(1)',
        replies: [reply.integer('entries')],
        flags: ['admin', 'loading', 'stale'],
        tips: SUMMED,
      },
      (call) => call.reply.integer(call.engine.watch.slow.length()),
    ),
    control(
      'RESET',
      {
        group: 'server',
        summary: 'Empties the slow log.',
        since: '2.2.12',
        complexity: 'O(N), N being the entries of the log.',
        replies: [reply.ok()],
        flags: ['admin', 'loading', 'stale'],
        tips: DONE_ON_ALL,
      },
      function reset(call) {
        call.engine.watch.slow.reset();
        call.reply.ok();
      },
    ),
  ],
);

const TYPE: ArgumentDefinition = oneOf('type', token('SLOW'), token('LARGE-REQUEST'), token('LARGE-REPLY'));
const SLOW = word('SLOW');
const LARGE_REQUEST = word('LARGE-REQUEST');
const LARGE_REPLY = word('LARGE-REPLY');

/** The log that an argument names; null after replying an error. */
function logAt(call: Call, index: number): CommandLog | null {
  const { watch } = call.engine;
  if (call.is(index, SLOW)) return watch.slow;
  if (call.is(index, LARGE_REQUEST)) return watch.largeRequests;
  if (call.is(index, LARGE_REPLY)) return watch.largeReplies;
  call.reply.error(BAD_TYPE);
  return null;
}

/**
 *     > COMMANDLOG LEN large-request
 *     (integer) 0
 */
export const commandlog = container(
  'COMMANDLOG',
  {
    group: 'server',
    summary: 'Looks at commands that took long, or had large requests or replies.',
    since: '8.1.0',
    help: [
      'GET <count> <type>',
      '    Tell the newest <count> entries (-1: all) of a log: id, time, microseconds or',
      '    bytes, arguments, address and name of the client. <type> is slow,',
      '    large-request or large-reply.',
      'LEN <type>',
      '    Tell how many entries a log has.',
      'RESET <type>',
      '    Empty a log.',
    ],
  },
  [
    control(
      'GET',
      {
        group: 'server',
        summary: 'Shows the newest entries of a command log.',
        since: '8.1.0',
        complexity: 'O(N), N being the entries shown.',
        args: [integer('count'), TYPE],
        replies: [reply.array('entries: id, time, microseconds or bytes, arguments, client, its name')],
        flags: ['admin', 'loading', 'stale'],
        tips: SHOWN_ON_ALL,
      },
      function get(call) {
        const count = countAt(call, 2);
        if (Number.isNaN(count)) return;
        const log = logAt(call, 3);
        if (log !== null) replyEntries(call.reply, log, count);
      },
    ),
    control(
      'LEN',
      {
        group: 'server',
        summary: 'Tells how many entries a command log has.',
        since: '8.1.0',
        complexity: 'O(1)',
        args: [TYPE],
        replies: [reply.integer('entries')],
        flags: ['admin', 'loading', 'stale'],
        tips: SUMMED,
      },
      function len(call) {
        const log = logAt(call, 2);
        if (log !== null) call.reply.integer(log.length());
      },
    ),
    control(
      'RESET',
      {
        group: 'server',
        summary: 'Empties a command log.',
        since: '8.1.0',
        complexity: 'O(N), N being the entries of the log.',
        args: [TYPE],
        replies: [reply.ok()],
        flags: ['admin', 'loading', 'stale'],
        tips: DONE_ON_ALL,
      },
      function reset(call) {
        const log = logAt(call, 2);
        if (log === null) return;
        log.reset();
        call.reply.ok();
      },
    ),
  ],
);
