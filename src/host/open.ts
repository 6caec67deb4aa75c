// open(): a database inside the program, with typed commands.

import type { Client } from '../client/client.ts';
import { Database } from '../client/database.ts';
import { ENGINE_COMMANDS } from '../engine/all-commands.ts';
import { PERSISTENCE_COMMANDS } from '../persistence/all-commands.ts';
import { ManualClock } from '../world/clock.ts';
import { realClock } from './real-clock.ts';
import { realTimers } from './real-timers.ts';

export interface OpenOptions {
  /** 'manual': time stands still until `clock` is told to move. */
  readonly clock?: 'real' | 'manual';
  /** Seeds all random choices; random when absent. */
  readonly seed?: number;
  /** What bulk strings become: UTF-8 text (the default) or bytes. */
  readonly strings?: 'text' | 'bytes';
  /** Whether a waiting command or expiry keeps the process alive; false when absent. */
  readonly keepAlive?: boolean;
  /** Numbered databases; 16 when absent. */
  readonly databases?: number;
}

/** What open() gives: a client, and what belongs to the database behind it. */
export interface OpenDatabase extends Client {
  /** Moves time, where the database was opened with a manual clock. */
  readonly clock: ManualClock;
  /** Another client of the same database. */
  connect(strings?: 'text' | 'bytes'): Client;
  /** Ends the database; the data is gone. */
  close(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Opens an empty database in this process. */
export function open(options: OpenOptions = {}): Promise<OpenDatabase> {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const database = new Database({
    clock: options.clock === 'manual' ? clock : realClock,
    timers: realTimers(options.keepAlive ?? false),
    seed: options.seed ?? randomSeed(),
    commands: [...ENGINE_COMMANDS, ...PERSISTENCE_COMMANDS],
    ...(options.databases === undefined ? {} : { databases: options.databases }),
  });
  clock.onMove = () => database.catchUp();
  const client = database.connect(options.strings);
  const opened = Object.assign(client, {
    clock,
    connect: (strings?: 'text' | 'bytes') => database.connect(strings),
    close: () => database.close(),
    [Symbol.asyncDispose]: () => Promise.resolve(database.close()),
  });
  return Promise.resolve(opened);
}

function randomSeed(): [number, number] {
  const words = globalThis.crypto.getRandomValues(new Uint32Array(2));
  return [words[0]!, words[1]!];
}
