// The disk of the configuration and of the log, on Node. Everything is synchronous: it happens at start-up, for CONFIG
// REWRITE, and for log lines, which must be out before a crash.

import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join, parse, resolve, sep } from 'node:path';
import { fromLatin1 } from '../../lib/bytes.ts';
import { matchGlob } from '../../lib/glob.ts';
import { DiskError } from '../../world/disk.ts';
import type { ConfigFiles, FileContent, FoundDirectory } from './config-files.ts';

const STDIN = 0;
const STDOUT = 1;

/** How often it is seen whether the log file was moved away. */
const LOG_LOOK_MS = 1000;

/** A pipe that nobody reads: after so many refusals in a row the rest of a line is dropped. */
const WRITE_ATTEMPTS_MAX = 1000;

/** Text of Node (arguments, the current directory) as the bytes that the system gave, one character per byte. */
export function binaryText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

export const configDisk: ConfigFiles = {
  absolute: resolve,

  read(path): FileContent {
    try {
      return { text: readFileSync(pathBytes(path), 'latin1') };
    } catch (error) {
      return { reason: reasonOf(error), missing: codeOf(error) === 'ENOENT' };
    }
  },

  readStdin: () => readFileSync(STDIN, 'latin1'),

  glob: expandPattern,

  replace(path, text) {
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      writeWhole(temporary, text);
      renameSync(pathBytes(temporary), pathBytes(path));
      syncDirectory(dirname(path));
      return null;
    } catch (error) {
      try {
        unlinkSync(pathBytes(temporary));
      } catch {
        // It was renamed already, or never made.
      }
      return reasonOf(error);
    }
  },

  findDirectory(path): FoundDirectory {
    try {
      const real = realpathSync(pathBytes(path), 'latin1');
      if (!statSync(pathBytes(real)).isDirectory()) return { reason: new DiskError('ENOTDIR').message };
      accessSync(pathBytes(real), constants.X_OK);
      return { path: real };
    } catch (error) {
      return { reason: reasonOf(error) };
    }
  },

  refuseAppending(path) {
    try {
      closeSync(openSync(pathBytes(path), 'a'));
      return null;
    } catch (error) {
      return reasonOf(error);
    }
  },
};

/**
 * Where log lines go: a file that is appended to, or standard output for ''. Never throws: a log cannot be logged. A file that
 * was moved away, as programs that rotate logs do, is made anew within a second.
 */
export function logSink(path: string, elapsed: () => number = () => performance.now()): (line: string) => void {
  if (path === '') return (line) => writeLine(STDOUT, Buffer.from(line, 'latin1'));
  const file = new LogFile(path);
  let lookedAt = Number.NEGATIVE_INFINITY;
  return (line) => {
    const now = elapsed();
    if (now - lookedAt >= LOG_LOOK_MS) {
      lookedAt = now;
      file.look();
    }
    file.write(line);
  };
}

class LogFile {
  private readonly path: Buffer;
  private descriptor = -1;

  constructor(path: string) {
    this.path = pathBytes(path);
  }

  /** Opens the file, unless it is the one that is open. */
  look(): void {
    try {
      if (this.descriptor !== -1) {
        const there = statSync(this.path, { throwIfNoEntry: false });
        const open = fstatSync(this.descriptor);
        if (there?.ino === open.ino && there.dev === open.dev) return;
      }
      const opened = openSync(this.path, 'a');
      if (this.descriptor !== -1) closeSync(this.descriptor);
      this.descriptor = opened;
    } catch {
      // No descriptor is left, or the directory is gone: lines go where they went before.
    }
  }

  write(line: string): void {
    if (this.descriptor !== -1) writeLine(this.descriptor, Buffer.from(line, 'latin1'));
  }
}

function writeLine(descriptor: number, bytes: Buffer): void {
  let written = 0;
  for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX && written < bytes.length; attempt++) {
    try {
      written += writeSync(descriptor, bytes, written);
      attempt = 0;
    } catch (error) {
      // A full pipe in non-blocking mode is tried again; whatever else goes wrong, the server goes on.
      if (codeOf(error) !== 'EAGAIN') return;
    }
  }
}

function writeWhole(path: string, text: string): void {
  const descriptor = openSync(pathBytes(path), 'w', 0o644);
  try {
    const bytes = Buffer.from(text, 'latin1');
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
    fchmodSync(descriptor, 0o644 & ~process.umask());
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A rename is on the disk when its directory is. Not every system can do that: then the rename has to be enough. */
function syncDirectory(path: string): void {
  let descriptor = -1;
  try {
    descriptor = openSync(pathBytes(path), 'r');
    fsyncSync(descriptor);
  } catch {
    return;
  } finally {
    if (descriptor !== -1) closeSync(descriptor);
  }
}

/** As glob(3): patterns stand for names of one directory, and a name with a leading dot only matches a written one. */
function expandPattern(pattern: string): string[] {
  const { root } = parse(pattern);
  const segments = pattern.slice(root.length).split(sep);
  let paths = [root];
  for (const segment of segments) paths = paths.flatMap((directory) => expandSegment(directory, segment));
  return paths.sort();
}

function expandSegment(directory: string, segment: string): string[] {
  if (!/[*?[]/.test(segment)) {
    const path = join(directory, segment);
    return exists(path) ? [path] : [];
  }
  // glob(3) negates a class with ! and Redis's patterns with ^.
  const wanted = fromLatin1(segment.replaceAll('[!', '[^'));
  return listDirectory(directory)
    .filter((name) => !name.startsWith('.') || segment.startsWith('.'))
    .filter((name) => matchGlob(wanted, 0, wanted.length, fromLatin1(name), 0, name.length, false))
    .map((name) => join(directory, name));
}

function exists(path: string): boolean {
  try {
    statSync(pathBytes(path));
    return true;
  } catch {
    return false;
  }
}

function listDirectory(path: string): string[] {
  try {
    return readdirSync(pathBytes(path), 'latin1');
  } catch {
    return [];
  }
}

function pathBytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The C library's words for a failure, which clients and tests know; Node's where there are none. */
function reasonOf(error: unknown): string {
  const code = codeOf(error);
  const { message } = new DiskError(code);
  if (message !== code) return message;
  return error instanceof Error ? error.message : String(error);
}
