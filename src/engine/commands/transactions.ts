// Transactions: MULTI, EXEC, DISCARD, WATCH, UNWATCH.

import { fromLatin1 } from '../../lib/bytes.ts';
import { NONE } from '../../memory/flat-memory.ts';
import {
  DISCARD_WITHOUT_MULTI,
  EXEC_ABORTED,
  EXEC_WITHOUT_MULTI,
  MULTI_NESTED,
  WATCH_INSIDE_MULTI,
} from '../../protocol/errors.ts';
import type { Call } from '../call.ts';
import { control, key, multiple, reply } from '../command.ts';
import { GATE_MULTI } from '../gates.ts';
import { unwatch as forgetWatched, Transaction, watch as watchKey } from '../transaction.ts';

/**
 *     > MULTI
 *     OK
 *     > INCR visits
 *     QUEUED
 *     > INCR visits
 *     QUEUED
 *     > EXEC
 *     1) (integer) 1
 *     2) (integer) 2
 */
export const multi = control(
  'MULTI',
  {
    group: 'transactions',
    summary: 'Begins to queue commands, for EXEC to run as one.',
    since: '1.2.0',
    complexity: 'O(1)',
    replies: [reply.ok()],
    flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  },
  function multi(call) {
    const { session } = call;
    if (session.transaction !== null) {
      call.reply.error(MULTI_NESTED);
      return;
    }
    session.transaction = new Transaction();
    session.gates |= GATE_MULTI;
    call.reply.ok();
  },
);

export const exec = control(
  'EXEC',
  {
    group: 'transactions',
    summary: 'Runs all commands queued since MULTI, with none of others in between.',
    since: '1.2.0',
    complexity: 'Depends on the commands queued.',
    replies: [reply.array('the reply of each command'), reply.nil('a watched key was changed: nothing was run')],
    flags: ['noscript', 'loading', 'stale', 'skip_slowlog'],
  },
  function exec(call) {
    const { session, engine } = call;
    const transaction = session.transaction;
    if (transaction === null) {
      call.reply.error(EXEC_WITHOUT_MULTI);
      return;
    }
    call.propagateNothing();
    if (transaction.broken || session.watchBroken || isWatchedKeyGone(call)) {
      const broken = transaction.broken;
      engine.discard(session);
      if (broken) call.reply.error(EXEC_ABORTED);
      else call.reply.nilArray();
      return;
    }
    engine.discard(session);
    engine.standstill.run(call, transaction.queue);
  },
);

/** Whether a key that was alive when WATCH was called has expired since, without anybody having met it. */
function isWatchedKeyGone(call: Call): boolean {
  const { keyspace } = call;
  for (const watched of call.session.watched) {
    if (watched.expired) continue;
    const bytes = fromLatin1(watched.key);
    const handle = keyspace.findEvenExpired(watched.database, bytes, 0, bytes.length);
    if (handle !== NONE && keyspace.isExpired(handle)) return true;
  }
  return false;
}

export const discard = control(
  'DISCARD',
  {
    group: 'transactions',
    summary: 'Forgets the commands queued since MULTI, and all watched keys.',
    since: '2.0.0',
    complexity: 'O(N), N being the commands queued.',
    replies: [reply.ok()],
    flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  },
  function discard(call) {
    if (call.session.transaction === null) call.reply.error(DISCARD_WITHOUT_MULTI);
    else {
      call.engine.discard(call.session);
      call.reply.ok();
    }
  },
);

export const watch = control(
  'WATCH',
  {
    group: 'transactions',
    summary: 'Makes the next EXEC run only if none of these keys was changed until then.',
    since: '2.2.0',
    complexity: 'O(1) for each key.',
    args: [multiple(key('key', 'RO'))],
    replies: [reply.ok()],
    flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  },
  function watch(call) {
    const { session, database, keyspace } = call;
    if (session.transaction !== null) {
      call.reply.error(WATCH_INSIDE_MULTI);
      return;
    }
    if (!session.watchBroken) {
      for (let index = 1; index < call.count; index++) {
        const handle = keyspace.findEvenExpired(database, call.bytes, call.starts[index]!, call.ends[index]!);
        watchKey(session, database, call.text(index), handle !== NONE && keyspace.isExpired(handle));
      }
      call.engine.refreshEffects();
    }
    call.reply.ok();
  },
);

export const unwatch = control(
  'UNWATCH',
  {
    group: 'transactions',
    summary: 'Forgets all watched keys.',
    since: '2.2.0',
    complexity: 'O(1)',
    replies: [reply.ok()],
    flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  },
  function unwatch(call) {
    forgetWatched(call.session);
    call.engine.refreshEffects();
    call.reply.ok();
  },
);
