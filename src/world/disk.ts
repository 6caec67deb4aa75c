// The disk, as persistence asks for it. All calls are synchronous but for bringing things to the disk, which may take
// long and goes on elsewhere. What was written survives the end of the process; what was synced survives a loss of power.
// Paths are bytes, one latin1 character each, as the system has them.

/** What the C library says of a failure; Redis's log lines and tools show these words. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'Permission denied'],
  ['EBADF', 'Bad file descriptor'],
  ['EDQUOT', 'Disk quota exceeded'],
  ['EEXIST', 'File exists'],
  ['EFBIG', 'File too large'],
  ['EINVAL', 'Invalid argument'],
  ['EIO', 'Input/output error'],
  ['EISDIR', 'Is a directory'],
  ['ELOOP', 'Too many levels of symbolic links'],
  ['EMFILE', 'Too many open files'],
  ['ENAMETOOLONG', 'File name too long'],
  ['ENFILE', 'Too many open files in system'],
  ['ENOENT', 'No such file or directory'],
  ['ENOSPC', 'No space left on device'],
  ['ENOTDIR', 'Not a directory'],
  ['ENOTEMPTY', 'Directory not empty'],
  ['EPERM', 'Operation not permitted'],
  ['EROFS', 'Read-only file system'],
  ['EXDEV', 'Invalid cross-device link'],
]);

/** A call that failed. The message is the C library's words for the code. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
  /** The system's name for it: 'ENOENT', 'ENOSPC', 'EIO', … */
  readonly code: string;

  constructor(code: string) {
    super(REASONS.get(code) ?? code);
    this.code = code;
  }
}

/** Told once when a sync (or a write that went on elsewhere) has ended; on failure what it should have covered may be lost. */
export type Synced = (error: DiskError | null) => void;

/** An open file. Every call may throw a DiskError. */
export interface DiskFile {
  /** Milliseconds: it is no loss to wait for a sync that takes less. 0: never wait. */
  readonly quickSyncMs: number;
  /** Appends bytes[start..end), or a first part of them; returns how many were taken. */
  write(bytes: Uint8Array, start: number, end: number): number;
  /** Appends all of bytes[start..end), elsewhere; they must not change until `done`, which is told once, never before this
   *  returns. One at a time. */
  writeLater(bytes: Uint8Array, start: number, end: number, done: Synced): void;
  /** Reads into bytes[start..end) from `position` of the file on; returns how many came, 0 at the file's end. */
  read(bytes: Uint8Array, start: number, end: number, position: number): number;
  /** Cuts the file; what is written next follows there. */
  truncate(length: number): void;
  size(): number;
  /** Brings the content, and what is needed to find it, to the disk. `done` is never called before this returns. */
  sync(done: Synced): void;
  /** The same, waiting for it. */
  syncNow(): void;
  /** A sync under way goes on. */
  close(): void;
}

/** A place for files. Every call may throw a DiskError. */
export interface Disk {
  /** 'append' makes a missing file, 'create' makes it or empties it, 'read' needs it to be there. */
  open(path: string, mode: 'read' | 'append' | 'create'): DiskFile;
  /** Replaces what has the name `to`. */
  rename(from: string, to: string): void;
  unlink(path: string): void;
  /** Gives a file a second name, which must not be there. */
  link(path: string, other: string): void;
  /** Fine if it is there. */
  makeDirectory(path: string): void;
  /** The names in a directory, sorted. */
  list(path: string): string[];
  /** Bytes of a file; -1 when there is none. */
  size(path: string): number;
  /** Brings the names in a directory (creations, renames, removals so far) to the disk. */
  syncDirectory(path: string, done: Synced): void;
  syncDirectoryNow(path: string): void;
}

/** The directory part of a path, '.' where it has none. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  if (slash < 0) return '.';
  return slash === 0 ? '/' : path.slice(0, slash);
}

/** The name part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A name in a directory. */
export function joinPath(directory: string, name: string): string {
  if (directory === '' || directory === '.') return name;
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}

/** Appends bytes[0..length) whole. Throws a DiskError. */
export function writeAll(file: DiskFile, bytes: Uint8Array, length = bytes.length): void {
  for (let at = 0; at < length; ) {
    const count = file.write(bytes, at, length);
    // Nothing taken and no reason given: the disk is full.
    if (count <= 0) throw new DiskError('ENOSPC');
    at += count;
  }
}

/** What was thrown, if it is the disk's; anything else is thrown again. */
export function asDiskError(error: unknown): DiskError {
  if (error instanceof DiskError) return error;
  throw error;
}
