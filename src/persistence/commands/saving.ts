// Commands that write the data set to the disk, and wait for it: SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF, WAITAOF.

import { type Call, word } from '../../engine/call.ts';
import { type CommandDefinition, control, integer, oneOf, optional, reply, token } from '../../engine/command.ts';
import { parseMilliseconds } from '../../engine/commands/timeouts.ts';
import type { Session } from '../../engine/session.ts';
import { error, NOT_POSITIVE, outOfBounds, SYNTAX_ERROR } from '../../protocol/errors.ts';
import type { Persistence } from '../persistence.ts';

const SCHEDULE = word('SCHEDULE');
const CANCEL = word('CANCEL');

const FAILED = error('ERR');
const SAVE_RUNS = error('ERR Background save already in progress');
const REWRITE_RUNS = error('ERR Background append only file rewriting already in progress');
const OTHER_RUNS = error(
  "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE " +
    'whenever possible.',
);
const NOTHING_RUNS = error('ERR Background saving is currently not in progress or scheduled');
const NO_LOG = error('ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.');

/** Who waits in WAITAOF for the log to be durable up to an offset of its stream. */
interface Waiter {
  readonly session: Session;
  readonly offset: number;
}

/** The commands, given how to come by the persistence that they work on. */
export function savingCommands(persistenceOf: () => Persistence): CommandDefinition[] {
  return [
    save(persistenceOf),
    bgsave(persistenceOf),
    lastsave(persistenceOf),
    bgrewriteaof(persistenceOf),
    waitaof(persistenceOf),
  ];
}

function save(persistenceOf: () => Persistence): CommandDefinition {
  return control(
    'SAVE',
    {
      group: 'server',
      summary: 'Writes a snapshot of all databases, and serves nobody until it is on the disk.',
      since: '1.0.0',
      complexity: 'O(N), N being the keys in all databases.',
      replies: [reply.ok()],
      flags: ['no_async_loading', 'admin', 'noscript', 'no_multi'],
    },
    (call) => {
      const { saves, log } = persistenceOf();
      if (saves.isRunning()) call.reply.error(SAVE_RUNS);
      else if (log.snapshot() !== null) call.reply.error(REWRITE_RUNS);
      else if (saves.saveNow()) call.reply.ok();
      else call.reply.error(FAILED);
    },
  );
}

function bgsave(persistenceOf: () => Persistence): CommandDefinition {
  return control(
    'BGSAVE',
    {
      group: 'server',
      summary: 'Writes a snapshot of all databases as they are now, while commands go on.',
      since: '1.0.0',
      complexity: 'O(1)',
      args: [optional(oneOf('operation', token('SCHEDULE', { since: '3.2.2' }), token('CANCEL', { since: '8.2.0' })))],
      replies: [reply.simple('that it has begun, or is scheduled, or was called off')],
      flags: ['no_async_loading', 'admin', 'noscript'],
      history: [['3.2.2', 'SCHEDULE.']],
    },
    (call) => {
      const schedules = call.count === 2 && call.is(1, SCHEDULE);
      const cancels = call.count === 2 && call.is(1, CANCEL);
      const { saves, log } = persistenceOf();
      if (call.count > 1 && !schedules && !cancels) call.reply.error(SYNTAX_ERROR);
      else if (cancels) {
        if (saves.cancel()) call.reply.simple('Background saving cancelled');
        else call.reply.error(NOTHING_RUNS);
      } else if (saves.isRunning()) call.reply.error(SAVE_RUNS);
      else if (log.isRewriting() || call.depth > 0) {
        if (schedules || call.depth > 0) {
          saves.schedule();
          call.reply.simple('Background saving scheduled');
        } else call.reply.error(OTHER_RUNS);
      } else {
        saves.start();
        call.reply.simple('Background saving started');
      }
    },
  );
}

function lastsave(persistenceOf: () => Persistence): CommandDefinition {
  return control(
    'LASTSAVE',
    {
      group: 'server',
      summary: 'Tells when the last snapshot was written.',
      since: '1.0.0',
      complexity: 'O(1)',
      replies: [reply.integer('seconds since 1970')],
      flags: ['loading', 'stale', 'fast'],
      categories: ['admin', 'dangerous'],
      tips: ['nondeterministic_output'],
    },
    (call) => call.reply.integer(Math.floor(persistenceOf().saves.lastSavedAt / 1000)),
  );
}

function bgrewriteaof(persistenceOf: () => Persistence): CommandDefinition {
  return control(
    'BGREWRITEAOF',
    {
      group: 'server',
      summary: 'Writes the append-only log anew, as short as it can be, while commands go on.',
      since: '1.0.0',
      complexity: 'O(1)',
      replies: [reply.simple('that it has begun, or will soon')],
      flags: ['no_async_loading', 'admin', 'noscript'],
    },
    (call) => {
      const { saves, log } = persistenceOf();
      if (log.isRewriting()) {
        call.reply.error(REWRITE_RUNS);
        return;
      }
      log.rewrite();
      const isScheduled = saves.isRunning() || call.depth > 0;
      call.reply.simple(`Background append only file rewriting ${isScheduled ? 'scheduled' : 'started'}`);
    },
  );
}

function waitaof(persistenceOf: () => Persistence): CommandDefinition {
  const waiters = new Set<Waiter>();
  let isListening = false;
  const listen = (persistence: Persistence): void => {
    if (isListening) return;
    isListening = true;
    persistence.onDurable.push(() => {
      const { durable } = persistence.log.log;
      for (const waiter of waiters) {
        if (waiter.session.blocked === null) waiters.delete(waiter);
        else if (waiter.offset <= durable) {
          waiters.delete(waiter);
          persistence.engine.serving.unblock(waiter.session, (out) => answer(out, 1));
        }
      }
    });
  };
  return control(
    'WAITAOF',
    {
      group: 'generic',
      summary: 'Waits until what this connection wrote is on the disks of this server and of so many replicas.',
      since: '7.2.0',
      complexity: 'O(1)',
      args: [integer('numlocal'), integer('numreplicas'), integer('timeout')],
      replies: [reply.array('the local disks and the replicas that have it')],
      flags: ['blocking'],
      categories: ['connection'],
      tips: ['request_policy:all_shards', 'response_policy:agg_min'],
    },
    (call) => {
      const wish = parseWait(call);
      if (wish === null) return;
      const persistence = persistenceOf();
      if (wish.local > 0 && !persistence.log.isOn()) {
        call.reply.error(NO_LOG);
        return;
      }
      const { log } = persistence.log;
      const offset = log.collected;
      const isDurable = (): number => (persistence.log.isOn() && log.durable >= offset ? 1 : 0);
      if ((wish.local <= isDurable() && wish.replicas === 0) || !call.mayBlock()) {
        answer(call.reply, isDurable());
        return;
      }
      listen(persistence);
      call.block([], wish.deadline, (out) => answer(out, isDurable()), 'wait');
      // Without replicas that wait for nothing but their time.
      if (wish.replicas === 0) waiters.add({ session: call.session, offset });
    },
  );
}

function answer(out: Call['reply'], local: number): void {
  out.array(2);
  out.integer(local);
  out.integer(0);
}

/** Null after replying what is wrong. */
function parseWait(call: Call): { local: number; replicas: number; deadline: number } | null {
  const local = call.integer(1);
  if (Number.isNaN(local)) return null;
  if (local < 0 || local > 1) {
    call.reply.errorText(outOfBounds(0, 1));
    return null;
  }
  const replicas = call.integer(2);
  if (Number.isNaN(replicas)) return null;
  if (replicas < 0) {
    call.reply.error(NOT_POSITIVE);
    return null;
  }
  const deadline = parseMilliseconds(call, 3);
  return Number.isNaN(deadline) ? null : { local, replicas, deadline };
}
