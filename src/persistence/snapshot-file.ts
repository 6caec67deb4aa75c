// A snapshot on its way into a file: makes it in slices, writes and syncs it elsewhere and in pieces, so that neither the
// event loop nor the system's cache has to take it all at once. (A write waits for a sync of the same file system that is
// under way, often for tens of milliseconds: the event loop must not.)

import { assert } from '../lib/assert.ts';
import type { Clock } from '../world/clock.ts';
import { asDiskError, type DiskError, type DiskFile, type Synced, writeAll } from '../world/disk.ts';
import type { Timers } from '../world/timers.ts';
import type { Snapshot } from './snapshot.ts';
import type { SnapshotFormat } from './snapshot-format.ts';

/** What is gathered before it is written, and what is written at a time at most. */
const WRITE_BYTES = 128 * 1024;
const CHUNK_BYTES = 256 * 1024;
/** Room for chunks that is made at once; of the system only as much is taken as is used. */
const POOL_BYTES = 8 * 1024 * 1024;
/** While so much waits to be written the walk waits too. */
const QUEUED_BYTES_MAX = 4 * 1024 * 1024;
/** What is written between two syncs, as in Redis. */
const SYNC_BYTES = 4 * 1024 * 1024;
/** While so much has not reached the disk nothing more is written: the disk is slower than the walk. */
const UNSYNCED_BYTES_MAX = 32 * 1024 * 1024;
/** A wait between keys is looked at again after this: the setting may have changed. */
const WAIT_MS_MAX = 100;

export interface SnapshotFileOptions {
  readonly file: DiskFile;
  readonly snapshot: Snapshot;
  readonly out: SnapshotFormat;
  /** rdb-save-incremental-fsync, aof-rewrite-incremental-fsync. */
  readonly syncsInPieces: boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Milliseconds to wait after each key: rdb-key-save-delay. */
  readonly keyDelay: () => number;
  /** Told once, within `work` or later: all is written (not yet synced), or it failed. */
  readonly ended: Synced;
  /** The disk has caught up: there is work again. */
  readonly ready: () => void;
}

export class SnapshotFile {
  /** Bytes written. */
  bytes = 0;
  readonly snapshot: Snapshot;
  private readonly options: SnapshotFileOptions;
  /** What waits to be written, in order, and how long each is. */
  private readonly queue: Uint8Array[] = [];
  private readonly lengths: number[] = [];
  /** Chunks to be used, and used again: each array that is made may make the collector run, which takes 2 ms and more. */
  private readonly spare: Uint8Array[] = chunksOf(new Uint8Array(POOL_BYTES));
  private queuedBytes = 0;
  private isWriting = false;
  private unsynced = 0;
  private isSyncing = false;
  private failure: DiskError | null = null;
  private isWritten = false;
  /** Keys that were waited for, and when the wait began; -1: none goes on. */
  private keysWaited = 0;
  private waitingSince = -1;
  private isOver = false;

  constructor(options: SnapshotFileOptions) {
    this.options = options;
    this.snapshot = options.snapshot;
  }

  /** Bytes that commands made it write and that wait for the disk. */
  pendingBytes(): number {
    return this.options.out.length + this.queuedBytes;
  }

  /** Hands on what commands have made it write: gathered while the walk waits for the disk, it would grow without end. */
  tickEnd(): void {
    const { out } = this.options;
    if (this.isOver || this.isWritten || out.length < WRITE_BYTES) return;
    this.enqueue();
    this.writeNext();
  }

  /** Makes what comes next until `isTime` says so; false when there is nothing to do, or nothing before `ready`. */
  work(isTime: () => boolean): boolean {
    if (this.isOver) return false;
    if (this.failure !== null) {
      this.fail(this.failure);
      return false;
    }
    const { snapshot, out } = this.options;
    do {
      if (this.isWritten || this.isWaiting()) return false;
      if (this.queuedBytes >= QUEUED_BYTES_MAX) return false;
      const more = snapshot.step();
      if (!more) {
        out.end();
        this.isWritten = true;
      }
      if (!more || out.length >= WRITE_BYTES) {
        this.enqueue();
        this.writeNext();
      }
    } while (!isTime());
    return !this.isOver;
  }

  /** Whether the keys written last are still to be waited for. */
  private isWaiting(): boolean {
    const { clock, timers, keyDelay, snapshot, ready } = this.options;
    const keys = snapshot.keysWritten - this.keysWaited;
    const wait = keys > 0 ? keyDelay() * keys : 0;
    const now = clock.elapsed();
    if (this.waitingSince < 0) this.waitingSince = now;
    const left = this.waitingSince + wait - now;
    if (left > 0) {
      timers.after(Math.min(left, WAIT_MS_MAX), ready);
      return true;
    }
    this.keysWaited = snapshot.keysWritten;
    this.waitingSince = -1;
    return false;
  }

  /** All at once, also what remains to be synced. Throws a DiskError; then the snapshot was given up. */
  finishNow(): void {
    assert(!this.isOver, 'a snapshot ends once');
    const { snapshot, out, file } = this.options;
    this.isOver = true;
    try {
      while (snapshot.step()) if (out.length >= WRITE_BYTES) this.writeOut();
      out.end();
      this.writeOut();
      file.syncNow();
    } catch (error) {
      snapshot.abort();
      throw error;
    }
  }

  /** Gives up, without telling. */
  cancel(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.snapshot.abort();
  }

  private writeOut(): void {
    const { out, file } = this.options;
    writeAll(file, out.bytes, out.length);
    this.bytes += out.length;
    out.clear();
  }

  /** What is gathered is to be written: commands may have added much more than a chunk since the last time. */
  private enqueue(): void {
    const { out } = this.options;
    for (let from = 0; from < out.length; from += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES, out.length - from);
      const chunk = this.spare.pop() ?? new Uint8Array(CHUNK_BYTES);
      chunk.set(out.bytes.subarray(from, from + length));
      this.queue.push(chunk);
      this.lengths.push(length);
    }
    this.queuedBytes += out.length;
    this.bytes += out.length;
    out.clear();
  }

  private writeNext(): void {
    if (this.isWriting || (this.unsynced >= UNSYNCED_BYTES_MAX && this.isSyncing)) return;
    const chunk = this.queue.shift();
    if (chunk === undefined) {
      if (this.isWritten && !this.isSyncing) this.finish(null);
      return;
    }
    const length = this.lengths.shift()!;
    this.isWriting = true;
    try {
      this.options.file.writeLater(chunk, 0, length, (error) => {
        this.spare.push(chunk);
        this.chunkWritten(length, error);
      });
    } catch (error) {
      this.failure = asDiskError(error);
      this.isWriting = false;
      this.options.ready();
    }
  }

  private chunkWritten(length: number, error: DiskError | null): void {
    this.isWriting = false;
    this.queuedBytes -= length;
    if (this.isOver) return;
    this.unsynced += length;
    if (error !== null) this.fail(error);
    else {
      if (this.options.syncsInPieces && this.unsynced >= SYNC_BYTES && !this.isSyncing) this.sync();
      this.writeNext();
      if (!this.isOver) this.options.ready();
    }
  }

  private sync(): void {
    const covered = this.unsynced;
    this.isSyncing = true;
    try {
      this.options.file.sync((error) => {
        this.isSyncing = false;
        if (this.isOver) return;
        this.unsynced -= covered;
        if (error !== null) this.fail(error);
        else {
          this.writeNext();
          if (!this.isOver) this.options.ready();
        }
      });
    } catch (error) {
      this.isSyncing = false;
      this.failure = asDiskError(error);
      this.options.ready();
    }
  }

  private fail(error: DiskError): void {
    this.snapshot.abort();
    this.finish(error);
  }

  private finish(error: DiskError | null): void {
    this.isOver = true;
    this.options.ended(error);
  }
}

/** The last is the first to be used. */
function chunksOf(pool: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let end = pool.length; end > 0; end -= CHUNK_BYTES) chunks.push(pool.subarray(end - CHUNK_BYTES, end));
  return chunks;
}
