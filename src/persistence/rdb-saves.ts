// Snapshots in the file dbfilename: SAVE at once, BGSAVE in slices, and by themselves when a save point says so.
//
// A snapshot is written to a temporary file, brought to the disk, and renamed: the old one is there until the new one is
// safe.

import { maxmemoryPolicy } from '../engine/directives.ts';
import { assert } from '../lib/assert.ts';
import { asDiskError, type DiskError, type DiskFile, joinPath } from '../world/disk.ts';
import {
  dbfilename,
  dir,
  rdbchecksum,
  rdbcompression,
  rdbKeySaveDelay,
  rdbSaveIncrementalFsync,
  save,
} from './directives.ts';
import type { PersistenceHost } from './persistence-host.ts';
import { RdbSnapshotFormat } from './rdb/rdb-snapshot.ts';
import { USAGE_FREQUENCY, USAGE_IDLE, USAGE_NONE } from './rdb/rdb-writer.ts';
import { Rehearsal } from './rehearsal.ts';
import { Snapshot } from './snapshot.ts';
import { SnapshotFile, type SnapshotFileOptions } from './snapshot-file.ts';
import type { SnapshotFormat } from './snapshot-format.ts';

/** After a failed snapshot the next by itself comes no sooner, as in Redis. */
const RETRY_SECONDS = 5;

/** A snapshot that is being written. */
interface Job {
  readonly file: DiskFile;
  readonly work: SnapshotFile;
  readonly temporary: string;
  /** Changes counted when it began. */
  readonly changes: number;
  readonly startedAt: number;
  /** Told how it ended. */
  readonly ended: (isGood: boolean) => void;
}

export class RdbSaves {
  /** When the last good snapshot began to be safe, in milliseconds since 1970; or the start of the server. */
  lastSavedAt: number;
  /** How the last BGSAVE ended. */
  lastWasGood = true;
  /** Seconds that the last BGSAVE took, -1 before the first. */
  lastSeconds = -1;
  /** Snapshots since the start. */
  count = 0;
  private readonly host: PersistenceHost;
  private changesAtSave = 0;
  private lastTryAt = Number.NEGATIVE_INFINITY;
  private job: Job | null = null;
  /** BGSAVE came: it begins when what runs now has run. */
  private isDue = false;
  /** It begins when a rewrite of the append-only log has ended. */
  private isScheduled = false;
  private readonly rehearsal: Rehearsal;

  constructor(host: PersistenceHost) {
    this.host = host;
    this.rehearsal = new Rehearsal(host.engine.clock, () => this.newFormat());
    this.lastSavedAt = Math.floor(host.engine.clock.now());
  }

  /** Changes that the last snapshot does not have. */
  changes(): number {
    return this.host.engine.dirty - this.changesAtSave;
  }

  isRunning(): boolean {
    return this.isDue || this.job !== null;
  }

  /** The snapshot that is being written. */
  snapshot(): Snapshot | null {
    return this.job?.work.snapshot ?? null;
  }

  /** Bytes of it that wait for the disk. */
  pendingBytes(): number {
    return this.job?.work.pendingBytes() ?? 0;
  }

  /** Bytes of it that the system has taken. */
  bytesWritten(): number {
    return this.job?.work.bytes ?? 0;
  }

  /** Seconds since the running BGSAVE began, -1 without. */
  runningSeconds(): number {
    return this.job === null ? -1 : Math.floor((this.host.engine.clock.elapsed() - this.job.startedAt) / 1000);
  }

  path(): string {
    return joinPath(this.host.settings.get(dir), this.host.settings.get(dbfilename));
  }

  /** What is in memory came from the file: nothing is to be saved. */
  loaded(): void {
    this.changesAtSave = this.host.engine.dirty;
  }

  // --- at once ---

  /** SAVE: writes a snapshot and waits for the disk; false, with the reason in the log, when that failed. */
  saveNow(): boolean {
    const temporary = this.temporaryPath();
    const { disk, engine } = this.host;
    const changes = engine.dirty;
    let file: DiskFile | null = null;
    try {
      file = disk.open(temporary, 'create');
      this.newWork(file).finishNow();
      file.close();
      disk.rename(temporary, this.path());
      disk.syncDirectoryNow(this.host.settings.get(dir));
    } catch (error) {
      this.fileFailed(file, temporary, asDiskError(error));
      return false;
    }
    this.succeeded(changes);
    return true;
  }

  // --- in slices ---

  /** BGSAVE: begins when what runs now has run. */
  start(): void {
    assert(!this.isRunning(), 'one snapshot at a time');
    this.isDue = true;
    this.isScheduled = false;
    this.host.workSoon();
  }

  /** BGSAVE SCHEDULE: begins when nothing else is written. */
  schedule(): void {
    this.isScheduled = true;
  }

  /** BGSAVE CANCEL: what is scheduled, or running; false when there was nothing. */
  cancel(): boolean {
    const wasDue = this.isDue || this.isScheduled;
    this.isDue = false;
    this.isScheduled = false;
    if (this.job === null) return wasDue;
    const { job } = this;
    this.job = null;
    job.work.cancel();
    job.file.close();
    this.remove(job.temporary);
    return true;
  }

  /** Between two commands, when none is half done. */
  beginIfDue(): void {
    if (!this.isDue) return;
    this.isDue = false;
    const { host } = this;
    if (this.begin((isGood) => this.ended(isGood)))
      host.log('notice', `Background saving started by pid ${host.processId}`);
  }

  /** The last snapshot, in slices too; `done` is told, now or later, whether it is safe. */
  saveLast(done: (isGood: boolean) => void): void {
    assert(!this.isRunning(), 'one snapshot at a time');
    this.begin(done);
  }

  private begin(ended: (isGood: boolean) => void): boolean {
    const { disk, engine } = this.host;
    const temporary = this.temporaryPath();
    const startedAt = engine.clock.elapsed();
    this.lastTryAt = startedAt;
    let file: DiskFile;
    try {
      file = disk.open(temporary, 'create');
    } catch (error) {
      this.fileFailed(null, temporary, asDiskError(error));
      ended(false);
      return false;
    }
    this.job = { file, work: this.newWork(file), temporary, changes: engine.dirty, startedAt, ended };
    return true;
  }

  tickEnd(): void {
    this.job?.work.tickEnd();
  }

  /** Writes on until it is time; false when there is nothing to do now. */
  work(isTime: () => boolean): boolean {
    this.beginIfDue();
    return this.job?.work.work(isTime) ?? false;
  }

  /** Some ten times a second; `mayBegin`: nothing else is written. */
  cron(mayBegin: boolean): void {
    if (this.isRunning() || !mayBegin) return;
    const { settings, engine, log } = this.host;
    if (this.isScheduled) {
      this.start();
      return;
    }
    this.rehearsal.look(engine.keyspace);
    const changes = this.changes();
    const passed = (engine.clock.now() - this.lastSavedAt) / 1000;
    const sinceTry = (engine.clock.elapsed() - this.lastTryAt) / 1000;
    if (!this.lastWasGood && sinceTry <= RETRY_SECONDS) return;
    for (const point of settings.get(save)) {
      if (changes < point.changes || changes === 0 || passed <= point.seconds) continue;
      log('notice', `${point.changes} changes in ${point.seconds} seconds. Saving...`);
      this.start();
      return;
    }
  }

  /** Removes what processes that have ended left unfinished. */
  removeUnfinished(): void {
    const { disk, settings, processId } = this.host;
    const directory = settings.get(dir);
    let names: string[] = [];
    try {
      names = disk.list(directory);
    } catch (error) {
      // There is nothing to look through: whoever needs the directory says what is wrong with it.
      asDiskError(error);
    }
    for (const name of names) {
      const match = /^temp-(\d+)\.rdb$/.exec(name);
      if (match === null) continue;
      const owner = Number(match[1]);
      if (owner === processId || !this.host.isAlive(owner)) this.remove(joinPath(directory, name));
    }
  }

  private newWork(file: DiskFile): SnapshotFile {
    return newSnapshotFile(this.host, file, () => this.newFormat(), {
      syncsInPieces: this.host.settings.get(rdbSaveIncrementalFsync),
      ended: (error) => this.written(error),
    });
  }

  /** A file's beginning is written. */
  newFormat(aux: readonly (readonly [string, string])[] = []): RdbSnapshotFormat {
    const { engine, settings } = this.host;
    const { access, identity, keyspace } = engine;
    const policy = settings.get(maxmemoryPolicy);
    const usage = policy.endsWith('-lru') ? USAGE_IDLE : policy.endsWith('-lfu') ? USAGE_FREQUENCY : USAGE_NONE;
    return new RdbSnapshotFormat(keyspace, access, usage, {
      compress: settings.get(rdbcompression),
      checksum: settings.get(rdbchecksum),
      aux: [
        ['redis-ver', identity.version],
        ['redis-bits', '64'],
        ['ctime', String(Math.floor(engine.clock.now() / 1000))],
        ['used-mem', String(keyspace.memory.usedBytes())],
        ...aux,
      ],
    });
  }

  /** All is written, or that failed. */
  private written(error: DiskError | null): void {
    const { job } = this;
    assert(job !== null, 'what is written is a job');
    const { disk, settings } = this.host;
    /** What follows when a step has ended well; whatever fails ends the job, and nothing follows once it is given up. */
    const step =
      (next: () => void) =>
      (failure: DiskError | null): void => {
        if (this.job !== job) return;
        this.lastSeconds = Math.floor((this.host.engine.clock.elapsed() - job.startedAt) / 1000);
        try {
          if (failure !== null) throw failure;
          next();
        } catch (thrown) {
          const reason = asDiskError(thrown);
          this.job = null;
          this.fileFailed(job.file, job.temporary, reason);
          job.ended(false);
        }
      };
    const keep = step(() => {
      this.job = null;
      this.succeeded(job.changes);
      job.ended(true);
    });
    const rename = step(() => {
      job.file.close();
      disk.rename(job.temporary, this.path());
      disk.syncDirectory(settings.get(dir), keep);
    });
    step(() => job.file.sync(rename))(error);
  }

  private succeeded(changes: number): void {
    this.changesAtSave = changes;
    this.lastSavedAt = Math.floor(this.host.engine.clock.now());
    this.count++;
    this.lastWasGood = true;
    this.host.log('notice', 'DB saved on disk');
    this.host.refusalChanged();
  }

  private ended(isGood: boolean): void {
    this.lastWasGood = isGood;
    if (isGood) this.host.log('notice', 'Background saving terminated with success');
    else this.host.log('warning', 'Background saving error');
    this.host.refusalChanged();
  }

  private fileFailed(file: DiskFile | null, temporary: string, error: DiskError): void {
    this.lastTryAt = this.host.engine.clock.elapsed();
    if (file === null) {
      const { settings } = this.host;
      this.host.log(
        'warning',
        `Failed opening the temp RDB file ${temporary} (in server root dir ${settings.get(dir)}) for saving: ${error.message}`,
      );
      return;
    }
    file.close();
    this.remove(temporary);
    this.host.log('warning', `Write error while saving DB to the disk(write): ${error.message}`);
  }

  private temporaryPath(): string {
    return joinPath(this.host.settings.get(dir), `temp-${this.host.processId}.rdb`);
  }

  private remove(path: string): void {
    try {
      this.host.disk.unlink(path);
    } catch (error) {
      // It may be gone already; what is left is removed at the next start.
      asDiskError(error);
    }
  }
}

/** A snapshot of the present state on its way into a file. */
export function newSnapshotFile(
  { engine, settings, timers, workSoon }: PersistenceHost,
  file: DiskFile,
  newFormat: () => SnapshotFormat,
  options: Pick<SnapshotFileOptions, 'syncsInPieces' | 'ended'>,
): SnapshotFile {
  const out = newFormat();
  const aside = newFormat();
  aside.length = 0;
  return new SnapshotFile({
    ...options,
    file,
    snapshot: new Snapshot(engine.keyspace, out, aside),
    out,
    clock: engine.clock,
    timers,
    keyDelay: () => delayMs(settings.get(rdbKeySaveDelay)),
    ready: () => workSoon(),
  });
}

/** Microseconds, or nanoseconds if negative, as milliseconds. */
export function delayMs(setting: number): number {
  return setting >= 0 ? setting / 1000 : -setting / 1_000_000;
}
