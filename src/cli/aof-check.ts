// What cinnabar-check-aof does: looks through an append-only file, or through all files of a manifest, and cuts off what is
// broken at the end. What it prints is what redis-check-aof prints, byte for byte, since scripts read that; so it also
// reads as that program does, which takes a line for what C makes of it. (The server is stricter: command-scanner.ts.)

import { ManifestError, parseManifest } from '../persistence/aof/manifest.ts';
import { FileSource } from '../persistence/file-source.ts';
import { type Disk, DiskError, type DiskFile, directoryOf } from '../world/disk.ts';
import { AofFileCheck, CheckEnded, type CheckOutput } from './aof-file-check.ts';

const USAGE_OPTIONS = '[--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>';
/** The program compares so much of a manifest's line at once. */
const MANIFEST_PIECE_BYTES = 1024;
const RDB_HEADER_BYTES = 8;
const LONG_MAX = 2n ** 63n - 1n;

/** What the program needs of its surroundings. */
export interface CheckAofHost extends CheckOutput {
  readonly disk: Disk;
  readonly programName: string;
  readonly version: string;
  /** A line of the log: process id, time, `line`. */
  logLine(line: string): void;
}

/** Runs the program; returns its exit code. Paths and output are latin1. */
export function checkAof(args: readonly string[], host: CheckAofHost): number {
  const options = parseArguments(args, host);
  if (typeof options === 'number') return options;
  try {
    new CheckRun(host, options).check(options.path);
    return 0;
  } catch (error) {
    if (error instanceof CheckEnded) return 1;
    throw error;
  }
}

interface CheckOptions {
  readonly path: string;
  readonly fix: boolean;
  /** Seconds since 1970; null: nothing is cut by time. */
  readonly timestamp: bigint | null;
}

function parseArguments(args: readonly string[], host: CheckAofHost): CheckOptions | number {
  const [first, second, third] = args;
  if (args.length === 1) {
    if (first !== '-v' && first !== '--version') return { path: first!, fix: false, timestamp: null };
    host.print(`${host.programName} ${host.version}\n`);
    return 0;
  }
  if (args.length === 2 && first === '--fix') return { path: second!, fix: true, timestamp: null };
  if (args.length === 3 && first === '--truncate-to-timestamp') {
    const digits = /^[\t-\r ]*([+-]?\d+)$/.exec(second!)?.[1];
    const timestamp = second === '' ? 0n : digits === undefined ? null : BigInt(digits);
    if (timestamp === null || timestamp > LONG_MAX || timestamp < -LONG_MAX - 1n) {
      host.print('Invalid timestamp, aborting...\n');
      return 1;
    }
    // Zero means the same as no time to that program.
    return { path: third!, fix: false, timestamp: timestamp === 0n ? null : timestamp };
  }
  host.print(`Usage: ${host.programName} ${USAGE_OPTIONS}\n`);
  return 1;
}

class CheckRun {
  private readonly host: CheckAofHost;
  private readonly files: AofFileCheck;
  private readonly fix: boolean;

  constructor(host: CheckAofHost, { fix, timestamp }: CheckOptions) {
    this.host = host;
    this.fix = fix;
    this.files = new AofFileCheck(host, host.disk, timestamp);
  }

  check(path: string): void {
    if (this.isManifest(path)) this.checkMultiPart(directoryOf(path), path);
    else {
      const isSnapshot = this.isSnapshot(path);
      this.host.print('Start checking Old-Style AOF\n');
      this.files.check(path, path, { isLast: true, fix: this.fix, isSnapshot, style: 'AOF' });
    }
  }

  private checkMultiPart(directory: string, path: string): void {
    const { host } = this;
    host.print('Start checking Multi Part AOF\n');
    const manifest = this.readManifest(path);
    const { base, increments } = manifest;
    if (base !== null) {
      const file = `${directory}/${base.name}`;
      const isSnapshot = this.isSnapshot(file);
      host.print(`Start to check BASE AOF (${isSnapshot ? 'RDB' : 'RESP'} format).\n`);
      const isLast = increments.length === 0;
      this.files.check(base.name, file, { isLast, fix: this.fix, isSnapshot, style: 'BASE AOF' });
    }
    if (increments.length > 0) {
      host.print('Start to check INCR files.\n');
      for (const [index, { name }] of increments.entries()) {
        const isLast = index === increments.length - 1;
        this.files.check(name, `${directory}/${name}`, {
          isLast,
          fix: this.fix,
          isSnapshot: false,
          style: 'INCR AOF',
        });
      }
    }
    host.print('All AOF files and manifest are valid\n');
  }

  private readManifest(path: string): ReturnType<typeof parseManifest> {
    try {
      return this.withFile(path, (source) => {
        while (source.fill());
        return parseManifest(textOf(source, source.end - source.start));
      });
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
      for (const line of error.logLines()) this.host.logLine(line);
      throw new CheckEnded();
    }
  }

  /** A manifest begins with a line that begins with "file", or with comments before one. */
  private isManifest(path: string): boolean {
    return this.withFile(path, (source) => {
      for (;;) {
        source.fillTo(MANIFEST_PIECE_BYTES);
        const piece = textOf(source, Math.min(MANIFEST_PIECE_BYTES, source.end - source.start));
        if (!piece.startsWith('#')) return piece.startsWith('file');
        const lineEnd = piece.indexOf('\n');
        source.start += lineEnd < 0 ? piece.length : lineEnd + 1;
      }
    });
  }

  private isSnapshot(path: string): boolean {
    return this.withFile(path, (source) => {
      source.fillTo(RDB_HEADER_BYTES);
      return source.end >= RDB_HEADER_BYTES && textOf(source, 5) === 'REDIS';
    });
  }

  private withFile<T>(path: string, read: (source: FileSource) => T): T {
    let file: DiskFile;
    try {
      file = this.host.disk.open(path, 'read');
    } catch (error) {
      return this.fail(error, `Cannot open file ${path}`);
    }
    try {
      return read(new FileSource(file));
    } catch (error) {
      if (error instanceof DiskError) {
        this.host.print(`Cannot read file: ${path}\n`);
        throw new CheckEnded();
      }
      throw error;
    } finally {
      file.close();
    }
  }

  private fail(error: unknown, what: string): never {
    if (!(error instanceof DiskError)) throw error;
    this.host.print(`${what}: ${error.message}\n`);
    throw new CheckEnded();
  }
}

function textOf({ bytes, start }: FileSource, length: number): string {
  let text = '';
  for (let at = start; at < start + length; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}
