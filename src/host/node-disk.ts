// The real disk, through Node. Syncing goes through libuv's thread pool, so that the loop never waits for the disk;
// writing is done at once: it goes to the system's memory, and a detour through a thread would cost more than the call.

import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs';
import { type Disk, DiskError, type DiskFile, type Synced } from '../world/disk.ts';

/** Some file systems cannot sync a directory: these answers mean that a rename must be enough there. */
const DIRECTORY_CANNOT_SYNC: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUP', 'EBADF', 'EACCES', 'EPERM', 'EISDIR']);

const MODES = {
  read: constants.O_RDONLY,
  append: constants.O_RDWR | constants.O_APPEND | constants.O_CREAT,
  create: constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_TRUNC,
} as const;

/** The machine's disk. */
export const nodeDisk: Disk = {
  open: (path, mode) => new NodeFile(attempt(() => openSync(pathBytes(path), MODES[mode], 0o644))),
  rename: (from, to) => attempt(() => renameSync(pathBytes(from), pathBytes(to))),
  unlink: (path) => attempt(() => unlinkSync(pathBytes(path))),
  link: (path, other) => attempt(() => linkSync(pathBytes(path), pathBytes(other))),

  makeDirectory(path) {
    try {
      mkdirSync(pathBytes(path), 0o755);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || !statSync(pathBytes(path)).isDirectory()) throw asDiskError(error);
    }
  },

  list: (path) => attempt(() => readdirSync(pathBytes(path), 'latin1')).sort(),

  size(path) {
    try {
      return statSync(pathBytes(path)).size;
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return -1;
      throw asDiskError(error);
    }
  },

  syncDirectory(path, done) {
    let descriptor: number;
    try {
      descriptor = openSync(pathBytes(path), 'r');
    } catch (error) {
      const failure = directoryError(error);
      setImmediate(() => done(failure));
      return;
    }
    fsync(descriptor, (error) => {
      closeSync(descriptor);
      done(error === null ? null : directoryError(error));
    });
  },

  syncDirectoryNow(path) {
    let descriptor = -1;
    try {
      descriptor = openSync(pathBytes(path), 'r');
      fsyncSync(descriptor);
    } catch (error) {
      const failure = directoryError(error);
      if (failure !== null) throw failure;
    } finally {
      if (descriptor !== -1) closeSync(descriptor);
    }
  },
};

/** With this much for each turn of the event loop, nobody notices. */
const QUICK_SYNC_MS = 2;

class NodeFile implements DiskFile {
  readonly quickSyncMs = QUICK_SYNC_MS;
  private readonly descriptor: number;
  /** Syncs and writes under way. A descriptor that is closed while a thread works on it may by then be another file's:
   *  closing waits. */
  private underWay = 0;
  private closing = false;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  write(bytes: Uint8Array, start: number, end: number): number {
    try {
      return writeSync(this.descriptor, bytes, start, end - start);
    } catch (error) {
      throw asDiskError(error);
    }
  }

  read(bytes: Uint8Array, start: number, end: number, position: number): number {
    try {
      return readSync(this.descriptor, bytes, start, end - start, position);
    } catch (error) {
      throw asDiskError(error);
    }
  }

  truncate(length: number): void {
    attempt(() => ftruncateSync(this.descriptor, length));
  }

  size(): number {
    return attempt(() => fstatSync(this.descriptor).size);
  }

  sync(done: Synced): void {
    this.underWay++;
    fdatasync(this.descriptor, (error) => this.ended(error, done));
  }

  writeLater(bytes: Uint8Array, start: number, end: number, done: Synced): void {
    this.underWay++;
    const next = (from: number): void => {
      write(this.descriptor, bytes, from, end - from, null, (error, count) => {
        if (error === null && count > 0 && from + count < end) next(from + count);
        else this.ended(error ?? (count > 0 || from === end ? null : new DiskError('ENOSPC')), done);
      });
    };
    next(start);
  }

  private ended(error: unknown, done: Synced): void {
    this.underWay--;
    if (this.closing && this.underWay === 0) closeQuietly(this.descriptor);
    if (error === null || error instanceof DiskError) done(error);
    else done(new DiskError(codeOf(error)));
  }

  syncNow(): void {
    attempt(() => fdatasyncSync(this.descriptor));
  }

  close(): void {
    if (this.closing) return;
    this.closing = true;
    if (this.underWay === 0) closeQuietly(this.descriptor);
  }
}

/** What matters was synced before; a failure to close says nothing that could be acted upon. */
function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // The descriptor is gone in any case.
  }
}

function attempt<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw asDiskError(error);
  }
}

function directoryError(error: unknown): DiskError | null {
  const code = codeOf(error);
  return DIRECTORY_CANNOT_SYNC.has(code) ? null : new DiskError(code);
}

/** Whatever has a code comes from the system; anything else is a fault of ours and goes on as it is. */
function asDiskError(error: unknown): unknown {
  const code = codeOf(error);
  return code === '' ? error : new DiskError(code);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function pathBytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}
