// What keeps a server's data set: snapshots (rdb-saves.ts), the append-only log (append-only.ts), loading at the start.
// The server calls `tickEnd` when a round of requests has been served, `work` in slices, `cron` some ten times a second.

import type { Engine } from '../engine/engine.ts';
import { GATE_LOADING } from '../engine/gates.ts';
import { assert } from '../lib/assert.ts';
import { error, SAVE_FAILED } from '../protocol/errors.ts';
import { asDiskError, DiskError } from '../world/disk.ts';
import { ManifestError } from './aof/manifest.ts';
import { AppendOnly } from './append-only.ts';
import { Backup } from './backup.ts';
import { appendonly, save, stopWritesOnBgsaveError } from './directives.ts';
import { Loading, LoadingError } from './loading.ts';
import type { PersistenceHost } from './persistence-host.ts';
import { RdbSaves } from './rdb-saves.ts';

/** Bytes of a snapshot that wait for a slow disk; as long as there are more, writes wait too. */
const PENDING_BYTES_MAX = 64 * 1024 * 1024;
const PENDING_PAUSE_MS = 20;

/** How SHUTDOWN was asked for. */
export interface ShutdownWish {
  /** SAVE, NOSAVE, or what the save points say. */
  readonly save: boolean | null;
  readonly force: boolean;
}

export class Persistence {
  readonly saves: RdbSaves;
  readonly log: AppendOnly;
  readonly backup: Backup;
  readonly engine: Engine;
  /** Told when more of the log is durable. */
  readonly onDurable: (() => void)[] = [];
  /** While a data set is loaded. */
  loading: Loading | null = null;
  /** Of the last data set that was loaded from a snapshot. */
  lastKeysLoaded = 0;
  lastKeysExpired = 0;
  private readonly host: PersistenceHost;

  constructor(host: PersistenceHost) {
    this.host = host;
    this.engine = host.engine;
    this.saves = new RdbSaves(host);
    this.log = new AppendOnly(host, this.saves);
    this.backup = new Backup(host, this.log);
    this.log.onReleased = () => {
      host.released();
      for (const tell of this.onDurable) tell();
    };
    host.settings.watch(appendonly, () => {
      if (this.loading !== null) return null;
      if (!host.settings.get(appendonly)) this.log.turnOff();
      else if (!this.log.isOn()) this.log.turnOn();
      return null;
    });
    host.settings.watch([save, stopWritesOnBgsaveError], () => {
      host.refusalChanged();
      return null;
    });
  }

  // --- in the course of the server ---

  tickEnd(): void {
    this.saves.tickEnd();
    this.log.tickEnd();
    if (this.saves.pendingBytes() + this.log.pendingBytes() > PENDING_BYTES_MAX) {
      // A change writes what it is about to change into a snapshot: beyond this it waits for the disk. Reads go on.
      const { engine } = this;
      engine.pause(engine.keyspace.now + PENDING_PAUSE_MS, false);
    }
  }

  /** Writes what is to be written in slices, until it is time; false when there is nothing to do now. */
  work(isTime: () => boolean): boolean {
    if (this.loading !== null) return false;
    const saving = this.saves.work(isTime);
    return this.log.work(isTime) || saving;
  }

  cron(): void {
    if (this.loading !== null) return;
    this.saves.cron(!this.log.isRewriting());
    this.log.cron();
    this.backup.cron();
  }

  /** The error for write commands while the disk fails; null: they may run. */
  writeRefusal(): Uint8Array | null {
    const { settings } = this.host;
    const { log } = this.log;
    if (log.refusesWrites()) return error(`MISCONF Errors writing to the AOF file: ${log.failure}`);
    const isStopped = settings.get(stopWritesOnBgsaveError) && settings.get(save).length > 0 && !this.saves.lastWasGood;
    return isStopped ? SAVE_FAILED : null;
  }

  /** Writes the log. What leaves the server now may show changes up to this offset of it, which are not all durable; -1: they are. */
  withheldUntil(): number {
    const { log } = this.log;
    this.engine.propagation.endRow();
    // What leaves before the end of the tick tells of changes that were to be written then.
    if (log.pendingBytes() > 0) this.log.tickEnd();
    return log.releasable() < log.collected ? log.collected : -1;
  }

  /** What was withheld until this offset may go. */
  mayShow(offset: number): boolean {
    return offset <= this.log.log.releasable();
  }

  /** FLUSHALL: a snapshot of what was there is not wanted any more; that nothing is there shall not be lost either. */
  flushedAll(): void {
    this.saves.cancel();
    if (this.loading === null && this.host.settings.get(save).length > 0) this.saves.saveNow();
  }

  // --- the start ---

  /** From now on clients are told that the data set is loaded: `start` follows. To be called before there are any. */
  announceLoading(): void {
    this.engine.gates |= GATE_LOADING;
  }

  /** Loads what is there, in slices; `done` is told of an error that is in the log already, or null. */
  start(done: (error: LoadingError | null) => void): void {
    const { settings, engine } = this.host;
    const fail = (thrown: unknown): void => {
      this.loading = null;
      if (!(thrown instanceof LoadingError)) this.host.log('warning', describe(thrown));
      done(thrown instanceof LoadingError ? thrown : new LoadingError('the data set could not be loaded'));
    };
    let slices: Generator<void, void>;
    try {
      engine.updateTime();
      this.saves.removeUnfinished();
      slices = this.open(settings.get(appendonly));
    } catch (thrown) {
      fail(thrown);
      return;
    }
    this.runSlices(slices, (thrown) => {
      if (thrown !== null) {
        fail(thrown);
        return;
      }
      try {
        this.finishLoading();
        if (settings.get(appendonly)) this.log.openAtStart();
      } catch (opened) {
        fail(opened);
        return;
      }
      done(null);
    });
  }

  /** DEBUG RELOAD: adds what the snapshot file holds; `replaces`: also where the key is there. Throws LoadingError, DiskError. */
  reloadNow(replaces: boolean): void {
    this.runNow(this.rdbSlices(replaces));
  }

  /** Writes to the log's file what was propagated so far. */
  writeLog(): void {
    if (this.log.isAttached()) this.log.log.writeNow();
  }

  /** DEBUG LOADAOF: adds what the append-only log on the disk makes. Throws LoadingError, DiskError. */
  reloadLogNow(): void {
    const { log } = this;
    const { propagation } = this.host.engine;
    const isOn = log.isAttached();
    if (isOn) propagation.detach(log.log);
    try {
      if (!isOn) {
        log.findFiles();
        log.files.load();
      }
      this.runNow(this.logSlices());
    } catch (thrown) {
      if (!(thrown instanceof ManifestError)) throw thrown;
      this.host.log('warning', describe(thrown));
      throw new LoadingError('the data set could not be loaded');
    } finally {
      if (isOn) propagation.attach(log.log);
    }
  }

  private runNow(slices: Generator<void, void>): void {
    assert(this.loading !== null, 'slices are of a loading');
    try {
      while (slices.next().done !== true);
      this.finishLoading();
    } finally {
      this.loading = null;
    }
  }

  private open(fromLog: boolean): Generator<void, void> {
    if (!fromLog) return this.host.disk.size(this.saves.path()) < 0 ? nothing() : this.rdbSlices();
    this.log.files.load();
    return this.log.files.manifest.isEmpty() ? nothing() : this.logSlices();
  }

  private rdbSlices(replaces = false): Generator<void, void> {
    this.loading = new Loading(this.host, replaces);
    return this.loading.rdbFile(this.saves.path());
  }

  private logSlices(): Generator<void, void> {
    this.loading = new Loading(this.host);
    return this.loading.appendLog(this.log.files);
  }

  private runSlices(slices: Generator<void, void>, done: (thrown: unknown) => void): void {
    const { timers } = this.host;
    const next = (): void => {
      let isDone: boolean;
      try {
        isDone = slices.next().done === true;
      } catch (thrown) {
        done(thrown);
        return;
      }
      if (isDone) {
        done(null);
        return;
      }
      const delay = this.loading?.delay() ?? 0;
      if (delay > 0) timers.after(delay, next);
      else timers.soon(next);
    };
    next();
  }

  private finishLoading(): void {
    this.engine.gates &= ~GATE_LOADING;
    const { loading } = this;
    if (loading !== null) {
      this.lastKeysLoaded = loading.keysLoaded;
      this.lastKeysExpired = loading.keysExpired;
    }
    this.loading = null;
    this.host.engine.updateTime();
    this.saves.loaded();
  }

  // --- the end ---

  /** Ends what is under way and closes the log, all of it on the disk. */
  close(): void {
    this.saves.cancel();
    this.log.close();
  }

  /**
   * Brings to the disk what is to be there at the end of the server. `done` is told, now or later, whether it may end; what is
   * wrong is in the log. With `force` it may in any case. Nothing may be changed meanwhile, and `saves.work` is to be called.
   */
  prepareShutdown({ save: wish, force }: ShutdownWish, done: (mayEnd: boolean) => void): void {
    const { log, settings } = this.host;
    if (this.saves.isRunning()) {
      log('warning', 'There is a child saving an .rdb. Killing it!');
      this.saves.cancel();
    }
    if (this.log.isOn()) {
      if (this.log.isStarting() && !force) {
        log('warning', "Writing initial AOF, can't exit.");
        done(false);
        return;
      }
      if (this.log.isStarting()) log('warning', 'Writing initial AOF. Exit anyway.');
      if (this.log.isRewriting()) log('warning', 'There is a child rewriting the AOF. Killing it!');
      log('notice', 'Calling fsync() on the AOF file.');
      this.log.keepNow();
    } else this.log.cancelRewrite();
    const saves = wish ?? settings.get(save).length > 0;
    if (!saves || this.loading !== null) {
      done(true);
      return;
    }
    log('notice', 'Saving the final RDB snapshot before exiting.');
    this.saves.saveLast((isGood) => {
      if (!isGood)
        log(
          'warning',
          force ? 'Error trying to save the DB. Exit anyway.' : "Error trying to save the DB, can't exit.",
        );
      done(isGood || force);
    });
  }
}

function* nothing(): Generator<void, void> {
  // There is no data set: the server starts with none.
}

function describe(thrown: unknown): string {
  if (thrown instanceof ManifestError) return thrown.logLines().join('\n');
  if (thrown instanceof DiskError) return `Fatal error loading the DB: ${thrown.message}`;
  throw asDiskError(thrown);
}
