// A client's line in CLIENT LIST and CLIENT INFO.

import type { Engine } from './engine.ts';
import type { Session } from './session.ts';
import { STOPPED_BLOCKED, STOPPED_CLOSING, STOPPED_PAUSED } from './session.ts';
import type { Tracker } from './tracking.ts';

/** A session's object, its parser and connection, as far as can be told: for tot-mem. */
const SESSION_BYTES = 1600;

/** The kinds that CLIENT LIST TYPE and CLIENT KILL TYPE tell apart. */
export type ClientType = 'normal' | 'master' | 'replica' | 'pubsub';

export function clientType(session: Session): ClientType {
  if (session.mustObey) return 'master';
  return session.subscriptions !== null && !session.subscriptions.isEmpty() ? 'pubsub' : 'normal';
}

function flagsOf(session: Session): string {
  let flags = '';
  if (session.monitor) flags += 'O';
  if (session.mustObey) flags += 'M';
  if (session.subscriptions !== null) flags += 'P';
  if (session.transaction !== null) flags += 'x';
  if (session.stopped === STOPPED_BLOCKED || session.stopped === STOPPED_PAUSED) flags += 'b';
  if (session.tracker?.isOn) flags += trackingFlags(session.tracker);
  if (session.watchBroken) flags += 'd';
  if (session.stopped === STOPPED_CLOSING) flags += 'c';
  if (session.peer.address().startsWith('/')) flags += 'U';
  if (session.readOnly) flags += 'r';
  if (session.noEvict) flags += 'e';
  if (session.noTouch) flags += 'T';
  return flags === '' ? 'N' : flags;
}

function trackingFlags(tracker: Tracker): string {
  return `t${tracker.isBroken ? 'R' : ''}${tracker.broadcasts ? 'B' : ''}`;
}

/** The client that a session's invalidation messages go to: 0 itself, -1 it does not track. */
export function redirectionOf(session: Session): number {
  return session.tracker?.isOn ? session.tracker.redirect : -1;
}

/** Bytes of memory that a session takes, its buffers included. */
export function sessionMemory(session: Session): number {
  const { peer, transaction, subscriptions, blocked, tracker } = session;
  let bytes = SESSION_BYTES + session.input.length + peer.outputMemory() + session.watchedBytes;
  if (transaction !== null) bytes += transaction.bytes;
  if (subscriptions !== null) bytes += subscriptions.bytes;
  if (blocked !== null) bytes += blocked.args.bytes.length;
  if (tracker !== null) bytes += tracker.bytes();
  return bytes;
}

/** The line, without its end. Latin1. */
export function describeClient(engine: Engine, session: Session): string {
  const { peer, transaction, subscriptions } = session;
  const now = engine.keyspace.now;
  const isActive = session === engine.active;
  // As in Redis the arguments that are whole are no part of the query buffer any more.
  const parsed = isActive ? 0 : session.parser.parsedBytes();
  const command = isActive ? engine.activeCommand() : session.lastCommand;
  const fields: [string, string | number][] = [
    ['id', session.id],
    ['addr', peer.address()],
    ['laddr', peer.localAddress()],
    ['fd', peer.descriptor],
    ['name', session.name],
    ['age', Math.floor((now - session.createdAt) / 1000)],
    ['idle', Math.floor((now - session.lastActiveAt) / 1000)],
    ['flags', flagsOf(session)],
    ['db', session.database.index],
    ['sub', subscriptions?.channels.size ?? 0],
    ['psub', subscriptions?.patterns.size ?? 0],
    ['ssub', subscriptions?.shards.size ?? 0],
    ['multi', transaction?.queue.length ?? -1],
    ['watch', session.watched.length],
    ['qbuf', isActive ? engine.requestBytes() : session.pendingInput() - parsed],
    ['qbuf-free', isActive ? 0 : session.input.length - session.pendingInput()],
    ['argv-mem', session.blocked?.args.bytes.length ?? (isActive ? engine.argumentBytes() : parsed)],
    ['multi-mem', transaction?.bytes ?? 0],
    ['rbs', peer.replyBufferBytes()],
    ['rbp', peer.replyBufferPeak()],
    ['obl', 0],
    ['oll', peer.outputChunks()],
    ['omem', peer.outputChunks() === 0 ? 0 : peer.outputMemory()],
    ['tot-mem', sessionMemory(session)],
    ['events', peer.pendingOutput() > 0 ? 'rw' : 'r'],
    ['cmd', command < 0 ? 'NULL' : engine.table.nameOf(command)],
    ['user', session.user?.name ?? '(superuser)'],
    ['redir', redirectionOf(session)],
    ['resp', session.resp],
    ['lib-name', session.libraryName],
    ['lib-ver', session.libraryVersion],
  ];
  return fields.map(([name, value]) => `${name}=${value}`).join(' ');
}
