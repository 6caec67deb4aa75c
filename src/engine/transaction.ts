// Transactions: the queue between MULTI and EXEC, and the keys that WATCH looks at.

import type { Arguments } from './call.ts';
import type { Database } from './keyspace.ts';
import type { Session } from './session.ts';

/** One queued command. */
export interface QueuedCommand {
  readonly id: number;
  readonly args: Arguments;
}

/** What a session has queued since MULTI. */
export class Transaction {
  readonly queue: QueuedCommand[] = [];
  /** A command could not be queued: EXEC will refuse. */
  broken = false;
  /** Bytes of the queued arguments and their records, for the client's memory. */
  bytes = 0;
  /** All flags of what is queued (command-table.ts). */
  flags = 0;
  /** All gates that what is queued would be stopped by. */
  gates = 0;

  /** Adds a command whose arguments the transaction owns from now on. */
  add(id: number, args: Arguments, flags: number, gates: number): void {
    this.queue.push({ id, args });
    this.bytes += args.bytes.length + args.count * 8 + 64;
    this.flags |= flags;
    this.gates |= gates;
  }
}

/** What a watched key takes beside its own bytes: its entry here, and in the map by key. */
const WATCHED_KEY_BYTES = 256;

/** A key that a session watches. */
export interface WatchedKey {
  readonly database: Database;
  /** The key in latin1. */
  readonly key: string;
  /** Its time had come already when WATCH was called: that it goes is no change. */
  expired: boolean;
}

/** Begins to watch a key; false when the session does already. */
export function watch(session: Session, database: Database, key: string, expired: boolean): boolean {
  if (database.watchers.get(key)?.has(session)) return false;
  session.watched.push({ database, key, expired });
  session.watchedBytes += key.length + WATCHED_KEY_BYTES;
  const watchers = database.watchers.get(key);
  if (watchers === undefined) database.watchers.set(key, new Set([session]));
  else watchers.add(session);
  return true;
}

/** Ends all watching of a session. */
export function unwatch(session: Session): void {
  for (const { database, key } of session.watched) {
    const watchers = database.watchers.get(key)!;
    watchers.delete(session);
    if (watchers.size === 0) database.watchers.delete(key);
  }
  session.watched.length = 0;
  session.watchedBytes = 0;
  session.watchBroken = false;
}
