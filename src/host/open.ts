// open(): a database inside the program, with typed commands.

import type { Client } from '../client/client.ts';
import { Database } from '../client/database.ts';
import { ENGINE_COMMANDS } from '../engine/all-commands.ts';
import { PERSISTENCE_COMMANDS } from '../persistence/all-commands.ts';
import { gather, replaceDataSet, saveDataSet, saveInChunks } from '../persistence/data-set.ts';
import { ManualClock } from '../world/clock.ts';
import { useCompilersWords } from './compiler-words.ts';
import { realClock } from './real-clock.ts';
import { realTimers } from './real-timers.ts';
import { systemEntropy } from './system-entropy.ts';

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
  /** The data as RDB bytes, which real Redis reads too. */
  toRdb(): Uint8Array;
  /** The same in chunks: the data as it is at the first one, whatever is changed meanwhile. */
  rdbChunks(): Iterable<Uint8Array>;
  /** Puts what RDB bytes hold in place of the data. Rejects when they are damaged: then nothing has changed. */
  loadRdb(source: Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
  /** Remembers the data, for `rollBack`: between tests, say. */
  snapshot(): DataSnapshot;
  /** Brings the data back that a snapshot remembers; any number of times. */
  rollBack(snapshot: DataSnapshot): void;
  /** Ends the database; the data is gone. */
  close(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Data that was remembered. */
export interface DataSnapshot {
  readonly rdb: Uint8Array;
}

/** Opens an empty database in this process. */
export function open(options: OpenOptions = {}): Promise<OpenDatabase> {
  useCompilersWords();
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const database = new Database({
    clock: options.clock === 'manual' ? clock : realClock,
    timers: realTimers(options.keepAlive ?? false),
    seed: options.seed ?? randomSeed(),
    commands: [...ENGINE_COMMANDS, ...PERSISTENCE_COMMANDS],
    entropy: systemEntropy,
    ...(options.databases === undefined ? {} : { databases: options.databases }),
  });
  clock.onMove = () => database.catchUp();
  const replace = (rdb: Uint8Array) => {
    replaceDataSet(database.engine, rdb);
    database.afterCommand();
  };
  const client = database.connect(options.strings);
  const opened = Object.assign(client, {
    clock,
    connect: (strings?: 'text' | 'bytes') => database.connect(strings),
    toRdb: () => saveDataSet(database.engine),
    rdbChunks: () => saveInChunks(database.engine),
    loadRdb: async (source: Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>) => {
      replace(source instanceof Uint8Array ? source : await gather(source));
    },
    snapshot: () => ({ rdb: saveDataSet(database.engine) }),
    rollBack: (snapshot: DataSnapshot) => replace(snapshot.rdb),
    close: () => database.close(),
    [Symbol.asyncDispose]: () => Promise.resolve(database.close()),
  });
  return Promise.resolve(opened);
}

function randomSeed(): [number, number] {
  const words = globalThis.crypto.getRandomValues(new Uint32Array(2));
  return [words[0]!, words[1]!];
}
