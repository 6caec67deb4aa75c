// Loading a data set: from the snapshot file, or from the append-only log, in slices between which clients are told that
// the server is loading. Whoever begins it decides when the slices come.

import { GATE_LOADING } from '../engine/gates.ts';
import { ObeyedCommands } from '../engine/obeyed-commands.ts';
import { toLatin1 } from '../lib/bytes.ts';
import { asDiskError } from '../world/disk.ts';
import { AofError, AofReader } from './aof/aof-reader.ts';
import type { AppendFiles } from './aof/append-files.ts';
import { ManifestError } from './aof/manifest.ts';
import {
  aofLoadCorruptTailMaxSize,
  aofLoadTruncated,
  keyLoadDelay,
  loadingProcessEventsIntervalBytes,
  rdbchecksum,
} from './directives.ts';
import { FileSource } from './file-source.ts';
import type { PersistenceHost } from './persistence-host.ts';
import type { ByteSource } from './rdb/byte-source.ts';
import { RdbError } from './rdb/rdb-error.ts';
import { type LoaderOptions, RdbLoader } from './rdb/rdb-reader.ts';
import { delayMs } from './rdb-saves.ts';

/** Why a data set could not be loaded; the reasons are in the log. */
export class LoadingError extends Error {
  override readonly name = 'LoadingError';
}

export class Loading {
  totalBytes = 0;
  /** Memory that the data set took where it was written; 0 when that is not known. */
  usedMemoryThen = 0;
  keysLoaded = 0;
  keysExpired = 0;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  private readonly host: PersistenceHost;
  private readonly replaces: boolean;
  private bytes: () => number = () => 0;
  /** Commands of the log that were read. */
  private commands = 0;
  /** Keys and commands that were waited for. */
  private waitedFor = 0;

  /** `replaces`: a key of a snapshot takes the place of one that is there; else that is an error. */
  constructor(host: PersistenceHost, replaces = false) {
    this.host = host;
    this.replaces = replaces;
    this.startedAt = Math.floor(host.engine.clock.now());
  }

  loadedBytes(): number {
    return this.bytes();
  }

  /** Milliseconds to wait for the keys and commands that came since the last wait: key-load-delay. 0 while below one. */
  delay(): number {
    const count = this.keysLoaded + this.keysExpired + this.commands;
    const ms = Math.floor(delayMs(this.host.settings.get(keyLoadDelay)) * (count - this.waitedFor));
    if (ms > 0) this.waitedFor = count;
    return ms;
  }

  /** Loads a snapshot file. Throws LoadingError; a DiskError when it cannot be opened. Yields between slices. */
  *rdbFile(path: string): Generator<void, void> {
    const { disk, log, engine } = this.host;
    const begun = engine.clock.elapsed();
    const file = disk.open(path, 'read');
    this.totalBytes = file.size();
    try {
      yield* this.guarded(path, this.rdb(new FileSource(file), this.host.engine.keyspace.now));
    } finally {
      file.close();
    }
    log('notice', `DB loaded from disk: ${((engine.clock.elapsed() - begun) / 1000).toFixed(3)} seconds`);
  }

  /** Loads all files of the append-only log. Throws LoadingError. */
  *appendLog(files: AppendFiles): Generator<void, void> {
    const { disk, log, engine, settings } = this.host;
    const begun = engine.clock.elapsed();
    const obeyed = new ObeyedCommands(engine);
    const reader = new AofReader({
      disk,
      clock: engine.clock,
      databases: engine.keyspace.databases.length,
      loadTruncated: settings.get(aofLoadTruncated),
      corruptTailBytesMax: settings.get(aofLoadCorruptTailMaxSize),
      sliceBytes: settings.get(loadingProcessEventsIntervalBytes),
      loadRdb: (source) => this.rdb(source, null),
      apply: (database, bytes, starts, ends, count) => {
        this.commands++;
        const error = obeyed.run(engine.keyspace.databases[database]!, bytes, starts, ends, count);
        if (error === null) {
          throw new AofError(
            `Unknown command '${toLatin1(bytes, starts[0]!, ends[0]!)}' reading the append only file ${reader.fileName}`,
          );
        }
      },
      log,
    });
    this.bytes = () => reader.loadedBytes;
    const slices = reader.read(files);
    yield* this.guarded('', slices, () => {
      this.totalBytes = reader.totalBytes;
    });
    const seconds = ((engine.clock.elapsed() - begun) / 1000).toFixed(3);
    log('notice', `DB loaded from append only file: ${seconds} seconds`);
  }

  /** Runs slices; commands are refused between them. What goes wrong is logged. */
  private *guarded(path: string, slices: Iterable<void>, sliced: () => void = () => undefined): Generator<void, void> {
    const { engine, log } = this.host;
    engine.gates |= GATE_LOADING;
    try {
      for (const _ of slices) {
        sliced();
        yield;
        engine.updateTime();
      }
    } catch (error) {
      for (const line of this.describe(path, error).split('\n')) log('warning', line);
      throw new LoadingError('the data set could not be loaded');
    } finally {
      engine.gates &= ~GATE_LOADING;
    }
  }

  private describe(path: string, error: unknown): string {
    if (error instanceof RdbError) {
      if (error.message.startsWith('Wrong RDB checksum')) return `${error.message}\nRDB CRC error`;
      const inFile = path === '' ? '' : ` ${path}`;
      return `Bad file format reading the RDB${inFile}, at offset ${error.offset}: ${error.message}. Terminating server after rdb file reading failure.`;
    }
    if (error instanceof AofError || error instanceof ManifestError) return error.message;
    return `Unrecoverable error reading the data set: ${asDiskError(error).message}`;
  }

  /** A snapshot from wherever; `expireAt` as in LoaderOptions. */
  private *rdb(source: ByteSource, expireAt: number | null): Generator<void, void> {
    const { engine, settings, log } = this.host;
    const options: LoaderOptions = {
      expireAt,
      duplicates: this.replaces ? 'replace' : 'refuse',
      checksum: settings.get(rdbchecksum),
      sliceBytes: settings.get(loadingProcessEventsIntervalBytes),
      auxiliary: (name, value) => this.auxiliary(name, value),
      emptyKey: (key) => log('notice', `rdbLoadObject skipping empty key: ${key}`),
    };
    const loader = new RdbLoader(engine.keyspace, engine.access, source, options);
    this.bytes = () => loader.bytesRead();
    for (const _ of loader.load()) {
      this.count(loader);
      yield;
    }
    this.count(loader);
    const { keysLoaded, keysExpired, keysEmpty } = loader;
    const empty = keysEmpty === 0 ? '' : `, empty keys skipped: ${keysEmpty}`;
    log('notice', `Done loading RDB, keys loaded: ${keysLoaded}, keys expired: ${keysExpired}${empty}.`);
  }

  private count(loader: RdbLoader): void {
    this.keysLoaded = loader.keysLoaded;
    this.keysExpired = loader.keysExpired;
  }

  private auxiliary(name: string, value: string): void {
    const { log, engine } = this.host;
    if (name === 'redis-ver') log('notice', `Loading RDB produced by version ${value}`);
    else if (name === 'ctime') {
      const age = Math.max(0, Math.floor(engine.clock.now() / 1000) - Number(value));
      log('notice', `RDB age ${age} seconds`);
    } else if (name === 'used-mem') {
      this.usedMemoryThen = Number(value);
      log('notice', `RDB memory usage when created ${(this.usedMemoryThen / (1024 * 1024)).toFixed(2)} Mb`);
    } else if (name === 'aof-base' && value === '1') log('notice', 'RDB is base AOF');
    else if (name.startsWith('%')) log('notice', `RDB '${name}': ${value}`);
  }
}
