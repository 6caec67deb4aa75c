// The append-only log of a server: turned on and off, fed by the propagation stream, rewritten in slices when it has grown.
//
// A rewrite begins between two commands: at that moment the log goes on in a new increment, and a snapshot of the data set
// begins, which becomes the base below it (aof/append-files.ts).

import { assert } from '../lib/assert.ts';
import type { DiskError, DiskFile } from '../world/disk.ts';
import { AppendFiles } from './aof/append-files.ts';
import {
  AppendLog,
  FSYNC_ALWAYS,
  FSYNC_EVERYSEC,
  FSYNC_NO,
  LOG_BROKEN,
  LOG_OFF,
  LOG_REBUILDING,
  LOG_STARTING,
  LOG_WORKING,
} from './aof/append-log.ts';
import { CommandWriter } from './aof/command-writer.ts';
import {
  aofDisableAutoGc,
  aofRewriteIncrementalFsync,
  aofTimestampEnabled,
  aofUseRdbPreamble,
  appenddirname,
  appendfilename,
  appendfsync,
  appendonly,
  autoAofRewriteMinSize,
  autoAofRewritePercentage,
  dir,
  noAppendfsyncOnRewrite,
} from './directives.ts';
import type { PersistenceHost } from './persistence-host.ts';
import { newSnapshotFile, type RdbSaves } from './rdb-saves.ts';
import type { Snapshot } from './snapshot.ts';
import type { SnapshotFile } from './snapshot-file.ts';
import type { SnapshotFormat } from './snapshot-format.ts';

const POLICIES = { always: FSYNC_ALWAYS, everysec: FSYNC_EVERYSEC, no: FSYNC_NO } as const;
/** After so many failures in a row automatic rewrites wait, twice as long each time, as in Redis. */
const FAILURES_FREE = 3;
const WAIT_MINUTES_MAX = 60;
/** How often it is looked whether an increment that has ended is on the disk. */
const ROTATION_LOOK_MS = 5;

interface Job {
  readonly work: SnapshotFile;
  readonly startedAt: number;
}

/** Why the next rewrite is wanted. */
const NOT_WANTED = 0;
/** BGREWRITEAOF, growth: to make the log shorter, or where it is off just its base. */
const WANTED = 1;
/** The log is being turned on, or is broken. */
const NEEDED = 2;

export class AppendOnly {
  readonly log: AppendLog;
  files: AppendFiles;
  /** How the last rewrite ended, the seconds that it took (-1 before the first), and how many there were. */
  lastWasGood = true;
  lastSeconds = -1;
  count = 0;
  failuresInARow = 0;
  /** Rewrites wait: a backup needs the present base and increment. */
  holdsRewrites = false;
  /** Told how each rewrite ended. */
  readonly onRewritten: ((failure: string | null) => void)[] = [];
  /** Called before the log is written at the end of a tick: DEBUG AOF-FLUSH-SLEEP. */
  beforeFlush: (() => void) | null = null;
  /** Told when more of the stream may be shown to clients. */
  onReleased: () => void = () => undefined;
  private readonly host: PersistenceHost;
  private readonly saves: RdbSaves;
  private wanted = NOT_WANTED;
  private isPreparing = false;
  private isPrepared = false;
  /** The rewrite that is being prepared turns the log on; it is not wanted any more. */
  private isTurningOn = false;
  private isCalledOff = false;
  /** It was to be turned on, which did not work: it is tried again. */
  private isOwed = false;
  private job: Job | null = null;
  /** When automatic rewrites may be tried again, by `elapsed`. */
  private retryAt = 0;
  private isLimitTold = true;

  constructor(host: PersistenceHost, saves: RdbSaves) {
    this.host = host;
    this.saves = saves;
    this.log = new AppendLog(host.engine.clock, {
      durable: () => this.onReleased(),
      changed: () => this.logChanged(),
      log: (level, line) => host.log(level, line),
      synced: (milliseconds) => {
        // Otherwise nobody waits for it.
        if (this.log.policy === FSYNC_ALWAYS) host.engine.watch.monitor.note('aof-fsync-always', milliseconds);
      },
    });
    this.files = this.newFiles();
    const { settings } = host;
    settings.follow(appendfsync, (policy) => {
      this.log.policy = POLICIES[policy];
      this.onReleased();
    });
    settings.follow(aofTimestampEnabled, (on) => {
      this.log.timestamps = on;
    });
    settings.follow(aofDisableAutoGc, (on) => {
      this.files.keepsHistory = on;
      // A rewrite that is under way removes it when it ends.
      if (this.log.state === LOG_WORKING) this.files.dropHistory();
    });
  }

  /** Whether it is on, or is to be as soon as that can be. */
  isOn(): boolean {
    const { log, wanted, isOwed, isTurningOn, isCalledOff } = this;
    return log.state !== LOG_OFF || wanted === NEEDED || isOwed || (isTurningOn && !isCalledOff);
  }

  /** Whether it takes in what is propagated. */
  isAttached(): boolean {
    return this.log.state !== LOG_OFF;
  }

  /** Whether a rewrite is under way, or will be as soon as what runs now has run. */
  isRewriting(): boolean {
    // The last steps of one that was given up do not count: the next waits for them by itself.
    const isUnderWay = this.job !== null || this.isPrepared || (this.isPreparing && !this.isCalledOff);
    return isUnderWay || (this.wanted !== NOT_WANTED && this.mayBegin());
  }

  private mayBegin(): boolean {
    return !this.saves.isRunning() && !this.holdsRewrites;
  }

  /** Whether a rewrite waits for the end of a snapshot or backup. */
  isScheduled(): boolean {
    return this.wanted !== NOT_WANTED && !this.isRewriting();
  }

  /** The rewrite's snapshot. */
  snapshot(): Snapshot | null {
    return this.job?.work.snapshot ?? null;
  }

  /** Bytes of it that wait for the disk. */
  pendingBytes(): number {
    return this.job?.work.pendingBytes() ?? 0;
  }

  runningSeconds(): number {
    return this.job === null ? -1 : Math.floor((this.host.engine.clock.elapsed() - this.job.startedAt) / 1000);
  }

  // --- turning on and off ---

  /** A new look at the directory, for a log that is off. */
  findFiles(): void {
    assert(!this.isAttached(), 'a log that is on keeps its files');
    this.files = this.newFiles();
  }

  /** At the start: the log goes on behind what was loaded. Throws a DiskError. */
  openAtStart(): void {
    const format = this.host.settings.get(aofUseRdbPreamble) ? 'rdb' : 'aof';
    this.files.openAtStart(this.log, format, (file) => {
      const work = this.newWork(file, () => undefined);
      work.finishNow();
    });
    this.host.engine.propagation.attach(this.log);
  }

  /** CONFIG SET appendonly yes: the log promises nothing until its first base is written. */
  turnOn(): void {
    assert(!this.isOn(), 'the log is off');
    const { log } = this.host;
    this.wanted = NEEDED;
    if (this.saves.isRunning()) {
      log(
        'notice',
        'AOF was enabled but there is already another background operation. An AOF background was scheduled to start when possible.',
      );
    }
    this.host.workSoon();
  }

  /** CONFIG SET appendonly no: what was logged so far is on the disk. */
  turnOff(): void {
    if (!this.isOn()) return;
    if (this.isRewriting()) {
      this.host.log('notice', `Killing running AOF rewrite child: ${this.host.processId}`);
    }
    this.wanted = NOT_WANTED;
    this.isOwed = false;
    this.cancelRewrite();
    this.host.engine.propagation.detach(this.log);
    this.log.close();
    this.onReleased();
  }

  /** Before the end of the server, which may not come: writes and syncs all, as far as the disk lets it. */
  keepNow(): void {
    this.cancelRewrite();
    if (this.log.writeNow()) this.log.syncNow();
  }

  /** The end of the server: writes and syncs all. False when that failed. */
  close(): boolean {
    this.cancelRewrite();
    this.host.engine.propagation.detach(this.log);
    return this.log.close();
  }

  // --- rewriting ---

  /** BGREWRITEAOF: begins as soon as nothing else is written. */
  rewrite(): void {
    if (this.wanted === NOT_WANTED) this.wanted = WANTED;
    this.host.workSoon();
  }

  /** Gives up a rewrite that is under way; one that is being put in its place ends by itself. */
  cancelRewrite(): void {
    if (!this.files.isRewriting()) return;
    if (this.job !== null) {
      this.job.work.cancel();
      this.job = null;
    }
    if (this.isPrepared || this.files.isWritingBase()) this.files.abandon(this.log);
    else if (this.isPreparing) this.isCalledOff = true;
    this.isPrepared = false;
  }

  /**
   * The log goes on in another increment. `done` is told the name of the one that has ended, all of it on the disk; or null
   * when that could not be.
   */
  rotate(done: (ended: string | null) => void): void {
    const ended = this.files.manifest.increments.at(-1)?.name ?? null;
    if (this.log.state !== LOG_WORKING || this.files.isRewriting() || ended === null) {
      done(null);
      return;
    }
    this.files.prepare(this.log, (error) => {
      if (error !== null || !this.files.rotate(this.log)) {
        done(null);
        return;
      }
      const wait = (): void => {
        if (this.log.state !== LOG_WORKING) done(null);
        else if (this.log.isPreviousSynced()) done(ended);
        else this.host.timers.after(ROTATION_LOOK_MS, wait);
      };
      wait();
    });
  }

  /** Between two commands, when none is half done: writes what they propagated. */
  tickEnd(): void {
    this.job?.work.tickEnd();
    if (this.log.state === LOG_OFF) return;
    if (this.beforeFlush !== null && this.log.pendingBytes() > 0) this.beforeFlush();
    this.log.flush(this.host.engine.clock.elapsed());
  }

  /** Writes the base on until it is time; false when there is nothing to do now. */
  work(isTime: () => boolean): boolean {
    if (this.wanted !== NOT_WANTED && !this.files.isRewriting() && this.mayBegin()) this.prepare();
    if (this.isPrepared) this.begin();
    return this.job?.work.work(isTime) ?? false;
  }

  /** Some ten times a second. */
  cron(): void {
    const { log } = this;
    const { clock } = this.host.engine;
    if (log.state !== LOG_OFF) log.flush(clock.elapsed());
    log.syncsHeld =
      this.host.settings.get(noAppendfsyncOnRewrite) && (this.job !== null || this.saves.snapshot() !== null);
    if (this.wanted !== NOT_WANTED) {
      this.host.workSoon();
      return;
    }
    if (this.files.isRewriting() || !this.mayBegin()) return;
    const growth = log.state === LOG_OFF || log.state === LOG_BROKEN ? 0 : this.growth();
    // What is broken can only be mended by a new base.
    const wanted = log.state === LOG_BROKEN || this.isOwed ? NEEDED : growth > 0 ? WANTED : NOT_WANTED;
    if (wanted === NOT_WANTED || this.isLimited()) return;
    if (growth > 0) this.host.log('notice', `Starting automatic rewriting of AOF on ${growth}% growth`);
    this.isOwed = false;
    this.wanted = wanted;
    this.host.workSoon();
  }

  /** By how many percent the log has grown, if it is to be rewritten therefore; 0 if not. */
  private growth(): number {
    const { settings } = this.host;
    const percentage = settings.get(autoAofRewritePercentage);
    const size = this.files.currentBytes(this.log);
    if (percentage === 0 || size <= settings.get(autoAofRewriteMinSize)) return 0;
    const base = this.files.rewrittenBytes === 0 ? 1 : this.files.rewrittenBytes;
    const growth = Math.floor((size * 100) / base) - 100;
    return growth < percentage ? 0 : growth;
  }

  /** Whether rewrites that nobody asked for have to wait, since too many have failed. */
  private isLimited(): boolean {
    const waitMs = this.retryAt - this.host.engine.clock.elapsed();
    if (waitMs <= 0) return false;
    if (!this.isLimitTold) {
      const minutes = Math.ceil(waitMs / 60_000);
      this.host.log(
        'warning',
        `Background AOF rewrite has repeatedly failed and triggered the limit, will retry in ${minutes} minutes`,
      );
    }
    this.isLimitTold = true;
    return true;
  }

  private prepare(): void {
    const isOff = this.log.state === LOG_OFF;
    const turnsOn = isOff && this.wanted === NEEDED;
    this.wanted = NOT_WANTED;
    if (isOff) this.takeFilesOver();
    this.isPreparing = true;
    this.isTurningOn = turnsOn;
    this.files.prepare(this.log, (error) => this.prepared(error), isOff && !turnsOn);
  }

  private prepared(error: DiskError | null): void {
    this.isPreparing = false;
    if (error !== null) {
      this.isCalledOff = false;
      this.failed(error);
    } else if (this.isCalledOff) {
      this.isCalledOff = false;
      this.isTurningOn = false;
      this.files.abandon(this.log);
    } else {
      this.isPrepared = true;
      this.host.workSoon();
    }
  }

  /** A new look at what a log that is off has left on the disk. */
  private takeFilesOver(): void {
    this.files = this.newFiles();
    try {
      this.files.load();
    } catch (error) {
      // What stands there is not ours to understand: new files replace it in the manifest.
      this.host.log('warning', `The AOF files that are there are not used: ${(error as Error).message}`);
    }
  }

  /** Between two commands: the log goes on in its new increment, the snapshot begins. */
  private begin(): void {
    this.isPrepared = false;
    const { host } = this;
    const base = this.files.begin(this.log);
    if (this.isTurningOn && base !== null) host.engine.propagation.attach(this.log);
    this.isTurningOn = false;
    if (base === null) {
      this.failed(null);
      return;
    }
    const work = this.newWork(base, (error) => this.written(base, error));
    this.job = { work, startedAt: host.engine.clock.elapsed() };
    host.log('notice', `Background append only file rewriting started by pid ${host.processId}`);
  }

  private newWork(file: DiskFile, ended: (error: DiskError | null) => void): SnapshotFile {
    const syncsInPieces = this.host.settings.get(aofRewriteIncrementalFsync);
    return newSnapshotFile(this.host, file, () => this.newFormat(), { syncsInPieces, ended });
  }

  private newFormat(): SnapshotFormat {
    const { engine, settings } = this.host;
    if (settings.get(aofUseRdbPreamble)) return this.saves.newFormat([['aof-base', '1']]);
    const writer = new CommandWriter(engine.keyspace);
    if (settings.get(aofTimestampEnabled)) writer.timestamp(Math.floor(engine.clock.now() / 1000));
    return writer;
  }

  private written(base: DiskFile, error: DiskError | null): void {
    const { job } = this;
    assert(job !== null, 'what is written is a job');
    if (error !== null) {
      this.job = null;
      base.close();
      this.files.abandon(this.log);
      this.host.log('warning', `Write error writing append only file on disk: ${error.message}`);
      this.failed(error);
      return;
    }
    this.files.install(this.log, base, this.host.settings.get(aofUseRdbPreamble) ? 'rdb' : 'aof', (failure) => {
      // The log was turned off meanwhile.
      if (this.job !== job) return;
      this.job = null;
      this.lastSeconds = Math.floor((this.host.engine.clock.elapsed() - job.startedAt) / 1000);
      if (failure !== null) {
        this.failed(failure);
        return;
      }
      this.lastWasGood = true;
      this.failuresInARow = 0;
      this.count++;
      this.host.log('notice', 'Background AOF rewrite terminated with success');
      this.host.log('notice', 'Background AOF rewrite finished successfully');
      this.host.refusalChanged();
      this.onReleased();
      for (const tell of this.onRewritten) tell(null);
    });
  }

  private failed(error: DiskError | null): void {
    this.lastWasGood = false;
    this.failuresInARow++;
    const reason = error === null ? '' : `: ${error.message}`;
    this.host.log('warning', `Background AOF rewrite failed${reason}`);
    const { log } = this;
    if (log.state === LOG_OFF) this.host.engine.propagation.detach(log);
    // Whoever turned it off meanwhile has had the rewrite called off.
    this.isOwed = log.state === LOG_OFF && this.host.settings.get(appendonly);
    const minutes =
      this.failuresInARow < FAILURES_FREE ? 0 : Math.min(WAIT_MINUTES_MAX, 2 ** (this.failuresInARow - FAILURES_FREE));
    // A broken log refuses writes until it is mended: that is tried every second.
    const waitMs = log.state === LOG_BROKEN ? 1000 : minutes * 60_000;
    this.retryAt = this.host.engine.clock.elapsed() + waitMs;
    this.isLimitTold = log.state === LOG_BROKEN || waitMs === 0;
    this.host.refusalChanged();
    this.onReleased();
    for (const tell of this.onRewritten) tell(error?.message ?? 'the log could not go on');
  }

  private logChanged(): void {
    this.host.refusalChanged();
    this.onReleased();
  }

  /** Whether the log is off, on, or on without a promise yet: for those who end the server. */
  isStarting(): boolean {
    const { state } = this.log;
    return this.wanted === NEEDED || this.isTurningOn || state === LOG_STARTING || state === LOG_REBUILDING;
  }

  private newFiles(): AppendFiles {
    const { settings, disk, log } = this.host;
    const files = new AppendFiles({
      disk,
      parent: settings.get(dir),
      directoryName: settings.get(appenddirname),
      filename: settings.get(appendfilename),
      log,
    });
    files.keepsHistory = settings.get(aofDisableAutoGc);
    return files;
  }
}
