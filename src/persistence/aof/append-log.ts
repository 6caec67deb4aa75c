// The append-only log while the server runs: takes the propagation stream, writes it to the present increment at the end
// of each tick, and brings it to the disk as appendfsync says. It knows one open file; which files make up the log, and in
// which order they come to be, is append-files.ts's.
//
// Offsets count the bytes of the stream from the start of the process, over all files: `collected` of them were taken in,
// `written` were given to the system, `durable` survive a loss of power and are found by a restart. All only grow.
//
// Invariants: (1) at most one sync is under way; (2) a file is synced to its end before anything is written to the file
// that follows it, so that what a loss of power takes is always the log's end; (3) a file of which a sync has failed is
// neither written nor synced again; (4) a file ends with a whole command when a sync of it begins.

import type { PropagationSink } from '../../engine/propagation.ts';
import { assert } from '../../lib/assert.ts';
import { copyBytes, fromLatin1 } from '../../lib/bytes.ts';
import { integerLength, writeInteger } from '../../lib/integers.ts';
import type { Clock } from '../../world/clock.ts';
import { asDiskError, DiskError, type DiskFile } from '../../world/disk.ts';

/** Each command is on the disk before anything that shows it leaves the server. */
export const FSYNC_ALWAYS = 0;
/** The disk is synced once a second. */
export const FSYNC_EVERYSEC = 1;
/** The system writes to the disk when it likes. */
export const FSYNC_NO = 2;

/** The log is off: nothing is taken in. */
export const LOG_OFF = 0;
/** The log was turned on; it promises nothing until its first base is installed. */
export const LOG_STARTING = 1;
/** What is written and synced is found by a restart. */
export const LOG_WORKING = 2;
/** A sync has failed: nothing is written until a new base and increment are begun. */
export const LOG_BROKEN = 3;
/** After a failure: a new increment is written; a restart finds it when its base is installed. */
export const LOG_REBUILDING = 4;

/** While a sync is under way writing waits, since the system would make it wait; but no longer than this (as in Redis). */
const HOLD_MS = 2000;
const EVERYSEC_MS = 1000;
/** So much waits for a sync in memory; beyond it write commands are refused until it has been written. */
const HELD_BYTES_MAX = 256 * 1024 * 1024;
/** After a failed write the next is tried when so much has passed. */
const RETRY_MS = 100;
/** Syncs that turn out to be slow are waited for during this part of all time at most. */
const SLOW_SHARE_MAX = 1 / 20;
/** Failed writes are logged no more often than this. */
const LOG_ERROR_MS = 30_000;
const BUFFER_BYTES_FIRST = 64 * 1024;
/** A larger buffer is let go after so many flushes that needed less than a quarter of it. */
const BUFFER_BYTES_KEPT = 1024 * 1024;
const SMALL_FLUSHES_MAX = 64;

const SELECT = fromLatin1('*2\r\n$6\r\nSELECT\r\n$');
const TIMESTAMP = fromLatin1('#TS:');
/** Room for a SELECT and an annotation. */
const PREFIX_BYTES_MAX = 96;
const CR = 13;
const LF = 10;
const NO_DATABASE = -1;

/** What the log tells its owner, in the turn in which it happens. */
export interface AppendLogEvents {
  /** `durable` has grown. */
  durable(): void;
  /** `state` or `writeFailed` has changed: look at refusesWrites(). */
  changed(): void;
  log(level: 'notice' | 'warning', line: string): void;
  /** A sync took so many milliseconds. */
  synced?(milliseconds: number): void;
}

export class AppendLog implements PropagationSink {
  state = LOG_OFF;
  policy = FSYNC_EVERYSEC;
  /** aof-timestamp-enabled. */
  timestamps = false;
  /** No syncs for now: no-appendfsync-on-rewrite, while a snapshot or rewrite is written. Promises wait until it ends. */
  syncsHeld = false;
  collected = 0;
  written = 0;
  durable = 0;
  /** The last write failed; it is tried again. */
  writeFailed = false;
  /** What the last failure was, in the C library's words. */
  failure = '';
  /** Too much waits for a slow disk. */
  isOverfull = false;
  /** Bytes of the present increment. */
  fileBytes = 0;
  /** Writes that did not wait any longer for a sync (aof_delayed_fsync). */
  delayedSyncs = 0;
  private readonly clock: Clock;
  private readonly events: AppendLogEvents;
  private file: DiskFile | null = null;
  private buffer = new Uint8Array(BUFFER_BYTES_FIRST);
  private length = 0;
  private smallFlushes = 0;
  /** The database of the last command in the file. */
  private selected = NO_DATABASE;
  private isInUnit = false;
  /** The second noted last. */
  private notedSecond = 0;
  /** The file before the present one, until it is synced to its end. */
  private previous: DiskFile | null = null;
  /** Where the present file begins in the stream. */
  private fileStart = 0;
  /** The file of the sync under way. */
  private syncing: DiskFile | null = null;
  /** What the last sync begun covers, and when that was. */
  private syncBegun = 0;
  private syncBegunAt = 0;
  /** From when on syncs are waited for again: the last was slow. */
  private waitsFrom = Number.NEGATIVE_INFINITY;
  /** What syncs of the present file have covered. */
  private synced = 0;
  /** Since when writing waits for a sync; -1: it does not. */
  private heldAt = -1;
  private retryAt = 0;
  private errorLoggedAt = Number.NEGATIVE_INFINITY;
  /** The file ends within a command, since a part of a write could not be taken back. */
  private isTorn = false;

  constructor(clock: Clock, events: AppendLogEvents) {
    this.clock = clock;
    this.events = events;
  }

  // --- the stream ---

  /** PropagationSink: takes a command in, or a row of them. Allocates nothing while the buffer has room. */
  command(database: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.file === null) {
      // Broken, or off: the base that ends that state will contain it.
      if (this.state !== LOG_OFF) this.collected += end - start;
      return;
    }
    const needed = this.length + (end - start) + PREFIX_BYTES_MAX;
    if (needed > this.buffer.length) this.grow(needed);
    const from = this.length;
    // MULTI and EXEC come without a database. A note between them would let a cut at a time cut the unit.
    if (this.timestamps && !this.isInUnit) this.noteTime();
    if (database === NO_DATABASE) this.isInUnit = !this.isInUnit;
    else if (database !== this.selected) this.select(database);
    copyBytes(bytes, start, end, this.buffer, this.length);
    this.length += end - start;
    this.collected += this.length - from;
  }

  /** Bytes taken in that are not yet written. */
  pendingBytes(): number {
    return this.length;
  }

  /** JavaScript memory held. */
  memoryBytes(): number {
    return this.buffer.length;
  }

  isSyncing(): boolean {
    return this.syncing !== null;
  }

  /** Whether the file before the present one is on the disk to its end. */
  isPreviousSynced(): boolean {
    return this.previous === null;
  }

  /** Whether write commands are to be refused with -MISCONF. */
  refusesWrites(): boolean {
    return this.writeFailed || this.isOverfull || this.state === LOG_BROKEN || this.state === LOG_REBUILDING;
  }

  /**
   * What was executed up to this offset of the stream may be shown to clients. While writes are refused reads go on and
   * nothing waits: whoever waited when that began must be closed without a reply.
   */
  releasable(): number {
    const waits = this.policy === FSYNC_ALWAYS && this.state === LOG_WORKING && !this.writeFailed && !this.syncsHeld;
    return waits ? this.durable : this.collected;
  }

  // --- files ---

  /** Begins to append to a file that the manifest lists, which has `size` bytes, all of them synced. */
  open(file: DiskFile, size: number): void {
    assert(this.state === LOG_OFF, 'a log is opened once');
    this.startFile(file, size);
    this.setState(LOG_WORKING);
    this.setDurable(this.collected);
  }

  /**
   * Goes on in `file`, which is empty and listed in the manifest behind the present one. Between two units, at the moment
   * at which the snapshot begins that will be the base of the new file. False, with nothing changed, when what was taken
   * in so far cannot be written to the old file.
   */
  switchTo(file: DiskFile): boolean {
    assert(this.state === LOG_WORKING && !this.isInUnit, 'a working log is switched between two units');
    if (!this.settlePrevious() || !this.writeNow()) return false;
    this.previous = this.file;
    this.startFile(file, 0);
    this.syncIfDue(this.clock.elapsed());
    return true;
  }

  /**
   * Begins anew in `file`, which is empty and which no restart finds yet: the log was off, or could not be written or
   * synced. What was taken in and not written is dropped: the snapshot that begins at this moment contains it.
   */
  restart(file: DiskFile): void {
    assert(!this.isInUnit, 'a log is restarted between two units');
    const wasOff = this.state === LOG_OFF || this.state === LOG_STARTING;
    this.dropFiles();
    this.length = 0;
    this.startFile(file, 0);
    this.writeFailed = this.isOverfull = false;
    this.setState(wasOff ? LOG_STARTING : LOG_REBUILDING);
  }

  /** The base that was begun with the present file is installed: a restart finds both. */
  baseInstalled(): void {
    assert(this.file !== null, 'a base is installed below an increment');
    // The base contains what the previous file was to keep.
    this.dropPrevious();
    if (this.state !== LOG_WORKING) this.setState(LOG_WORKING);
    this.setDurable(Math.max(this.durable, this.synced));
    this.flush(this.clock.elapsed());
  }

  /** The base that a restart was waiting for has failed: nothing that is written now will be found. */
  fail(): void {
    const wasStarting = this.state === LOG_STARTING;
    this.dropFiles();
    this.length = 0;
    this.selected = NO_DATABASE;
    this.setState(wasStarting ? LOG_OFF : LOG_BROKEN);
  }

  /** Writes and syncs all, waiting for the disk, and ends. False when that failed. */
  close(): boolean {
    let isKept = this.state === LOG_OFF;
    if (this.file !== null && this.state === LOG_WORKING && this.writeNow()) isKept = this.syncNow();
    this.dropFiles();
    this.length = 0;
    this.writeFailed = this.isOverfull = false;
    this.setState(LOG_OFF);
    return isKept;
  }

  // --- writing ---

  /** Writes what was taken in, and syncs if that is due. At the end of each tick, and some ten times a second. */
  flush(elapsedMs: number): void {
    if (this.file === null) return;
    if (this.length > 0) {
      if (!this.mustHold(elapsedMs)) this.write(elapsedMs);
      else if (this.length > HELD_BYTES_MAX && !this.isOverfull) {
        this.isOverfull = true;
        this.events.log('warning', 'Too much waits for the disk to sync the AOF file: writes are refused for a while.');
        this.events.changed();
      }
    }
    if (this.written !== this.syncBegun || this.previous !== null) this.syncIfDue(elapsedMs);
  }

  /** Writes all that was taken in, without waiting for a sync under way. False when it could not. */
  writeNow(): boolean {
    if (this.length > 0 && this.file !== null) this.write(this.clock.elapsed());
    return this.length === 0;
  }

  /** Syncs the written, waiting for the disk. False when that failed: the log is broken then. */
  syncNow(): boolean {
    try {
      this.previous?.syncNow();
      this.file?.syncNow();
    } catch (error) {
      this.syncFailed(asDiskError(error));
      return false;
    }
    this.dropPrevious();
    this.synced = this.syncBegun = this.written;
    if (this.state === LOG_WORKING) this.setDurable(this.written);
    return true;
  }

  private mustHold(elapsedMs: number): boolean {
    if (this.writeFailed && elapsedMs < this.retryAt) return true;
    const waits = this.previous !== null || (this.syncing !== null && this.policy !== FSYNC_NO);
    if (!waits) {
      this.heldAt = -1;
      return false;
    }
    // With `always` nothing leaves the server meanwhile, so there is nothing to hurry for, and what gathers goes with the
    // next sync. And nothing may be found without what went before it (2).
    if (this.policy === FSYNC_ALWAYS || this.previous !== null) return true;
    if (this.heldAt < 0) {
      this.heldAt = elapsedMs;
      return true;
    }
    if (elapsedMs - this.heldAt < HOLD_MS) return true;
    this.heldAt = -1;
    this.delayedSyncs++;
    this.events.log(
      'notice',
      'Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for fsync to complete, this may slow down the server.',
    );
    return false;
  }

  private write(elapsedMs: number): void {
    const file = this.file!;
    let taken = 0;
    let failure: DiskError | null = null;
    try {
      while (taken < this.length) {
        const count = file.write(this.buffer, taken, this.length);
        // Nothing taken and no reason given: the disk is full.
        if (count <= 0) throw new DiskError('ENOSPC');
        taken += count;
      }
    } catch (error) {
      failure = asDiskError(error);
    }
    if (failure !== null) {
      this.writeWasCutShort(failure, taken, elapsedMs);
      return;
    }
    this.written += taken;
    this.fileBytes += taken;
    this.length = 0;
    this.isTorn = false;
    this.letLargeBufferGo(taken);
    if (!this.writeFailed && !this.isOverfull) return;
    if (this.writeFailed) this.events.log('notice', 'AOF write error looks solved, the server can write again.');
    this.writeFailed = this.isOverfull = false;
    this.events.changed();
  }

  private writeWasCutShort(failure: DiskError, taken: number, elapsedMs: number): void {
    this.retryAt = elapsedMs + RETRY_MS;
    this.failure = failure.message;
    const isLogged = elapsedMs - this.errorLoggedAt > LOG_ERROR_MS;
    if (isLogged) {
      this.errorLoggedAt = elapsedMs;
      const line =
        taken === 0
          ? `Error writing to the AOF file: ${failure.message}`
          : `Short write while writing to the AOF file: (nwritten=${taken}, expected=${this.length}): ${failure.message}`;
      this.events.log('warning', line);
    }
    if (taken > 0) this.takeBack(taken, isLogged);
    if (this.writeFailed) return;
    this.writeFailed = true;
    this.events.changed();
  }

  /** Cuts a part of a write off again, so that the file ends with a whole command; else remembers what is left. */
  private takeBack(taken: number, isLogged: boolean): void {
    try {
      if (!this.isTorn) {
        this.file!.truncate(this.fileBytes);
        return;
      }
    } catch (error) {
      const { message } = asDiskError(error);
      if (isLogged) this.events.log('warning', `Could not remove short write from the append-only file: ${message}`);
    }
    this.isTorn = true;
    this.buffer.copyWithin(0, taken, this.length);
    this.length -= taken;
    this.written += taken;
    this.fileBytes += taken;
  }

  // --- syncing ---

  private syncIfDue(elapsedMs: number): void {
    if (this.syncing !== null) return;
    if (this.previous !== null) {
      this.beginSync(this.previous, elapsedMs);
      return;
    }
    if (this.written === this.syncBegun || this.isTorn || this.syncsHeld) return;
    if (this.policy === FSYNC_ALWAYS && this.file!.quickSyncMs > 0 && elapsedMs >= this.waitsFrom) this.syncInPlace();
    else if (
      this.policy === FSYNC_ALWAYS ||
      (this.policy === FSYNC_EVERYSEC && elapsedMs - this.syncBegunAt >= EVERYSEC_MS)
    ) {
      this.syncBegun = this.written;
      this.syncBegunAt = elapsedMs;
      this.beginSync(this.file!, elapsedMs);
    }
  }

  /**
   * With `always` everything waits for the sync in any case: where the disk is quick, the way to another thread and back
   * would take as long as the disk does.
   */
  private syncInPlace(): void {
    const begun = this.clock.elapsed();
    if (!this.syncNow()) return;
    this.syncBegunAt = begun;
    const ended = this.clock.elapsed();
    const took = ended - begun;
    if (took > this.file!.quickSyncMs) this.waitsFrom = ended + took / SLOW_SHARE_MAX;
    this.events.synced?.(took);
  }

  private beginSync(file: DiskFile, elapsedMs: number): void {
    assert(this.syncing === null, 'one sync at a time (1)');
    this.syncing = file;
    const covered = file === this.file ? this.written : this.fileStart;
    try {
      file.sync((error) => this.syncEnded(file, covered, error));
    } catch (error) {
      this.syncing = null;
      this.syncFailed(asDiskError(error));
      return;
    }
    if (file === this.previous) this.syncBegunAt = elapsedMs;
  }

  private syncEnded(file: DiskFile, covered: number, error: DiskError | null): void {
    if (this.syncing !== file) {
      // Given up meanwhile.
      return;
    }
    this.syncing = null;
    if (error !== null) {
      this.syncFailed(error);
      return;
    }
    // A sync that began before the switch does not cover the end of the file: there will be another.
    if (file === this.previous && covered === this.fileStart) this.dropPrevious();
    this.synced = Math.max(this.synced, covered);
    this.events.synced?.(this.clock.elapsed() - this.syncBegunAt);
    if (this.state === LOG_WORKING) this.setDurable(covered);
    // What gathered meanwhile goes at once: with `always` clients wait for it.
    this.flush(this.clock.elapsed());
  }

  /** The system may have dropped what the sync was to cover, and no later sync would say so (3). */
  private syncFailed(error: DiskError): void {
    this.failure = error.message;
    this.events.log('warning', `Fail to fsync the AOF file: ${error.message}`);
    this.fail();
  }

  private setDurable(offset: number): void {
    if (offset <= this.durable) return;
    this.durable = offset;
    this.events.durable();
  }

  private setState(state: number): void {
    this.state = state;
    this.events.changed();
  }

  private startFile(file: DiskFile, size: number): void {
    this.file = file;
    this.fileBytes = size;
    this.fileStart = this.written = this.syncBegun = this.synced = this.collected;
    this.selected = NO_DATABASE;
    this.notedSecond = 0;
    this.heldAt = -1;
    this.isTorn = false;
    this.syncBegunAt = this.clock.elapsed();
  }

  /** Waits for the sync of the file before the present one: where rewrites are begun faster than a disk syncs. */
  private settlePrevious(): boolean {
    if (this.previous === null) return true;
    try {
      this.previous.syncNow();
    } catch (error) {
      this.syncFailed(asDiskError(error));
      return false;
    }
    this.dropPrevious();
    this.synced = Math.max(this.synced, this.fileStart);
    this.setDurable(this.fileStart);
    return true;
  }

  private dropPrevious(): void {
    if (this.previous === null) return;
    if (this.syncing === this.previous) this.syncing = null;
    this.previous.close();
    this.previous = null;
    this.heldAt = -1;
  }

  private dropFiles(): void {
    this.dropPrevious();
    this.syncing = null;
    this.file?.close();
    this.file = null;
  }

  // --- the buffer ---

  private noteTime(): void {
    const second = Math.floor(this.clock.now() / 1000);
    if (second <= this.notedSecond) return;
    this.notedSecond = second;
    this.buffer.set(TIMESTAMP, this.length);
    this.endLine(writeInteger(second, this.buffer, this.length + TIMESTAMP.length));
  }

  private select(database: number): void {
    this.buffer.set(SELECT, this.length);
    this.endLine(writeInteger(integerLength(database), this.buffer, this.length + SELECT.length));
    this.endLine(writeInteger(database, this.buffer, this.length));
    this.selected = database;
  }

  private endLine(at: number): void {
    this.buffer[at] = CR;
    this.buffer[at + 1] = LF;
    this.length = at + 2;
  }

  private grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, 2 * this.buffer.length));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }

  private letLargeBufferGo(used: number): void {
    if (this.buffer.length <= BUFFER_BYTES_KEPT) return;
    if (used * 4 > this.buffer.length) this.smallFlushes = 0;
    else if (++this.smallFlushes >= SMALL_FLUSHES_MAX) {
      this.smallFlushes = 0;
      this.buffer = new Uint8Array(BUFFER_BYTES_FIRST);
    }
  }
}
