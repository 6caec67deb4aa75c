// Reads the append-only log at the start: the base, then the increments in their order, in slices.
//
// Commands are given to `apply` one by one with their database. A MULTI is looked through to its EXEC first: a unit takes
// effect whole or not at all. The log may end in the middle of something, since the process or the power ended in the
// middle of a write: with `loadTruncated` that tail is cut off, back to the last whole unit. So is a tail of nothing but
// zeros, which is what a file system leaves of a write whose length reached the disk and whose bytes did not. Anything
// else that no server has written is corrupt, and cut off only if `corruptTailBytesMax` allows for its length.

import { equalsIgnoreCase, fromLatin1, toLatin1 } from '../../lib/bytes.ts';
import { parseInteger } from '../../lib/integers.ts';
import type { Clock } from '../../world/clock.ts';
import { type Disk, DiskError, type DiskFile } from '../../world/disk.ts';
import { FileSource } from '../file-source.ts';
import type { AppendFiles } from './append-files.ts';
import { CommandScanner, SCAN_COMMAND, SCAN_CORRUPT, SCAN_INCOMPLETE } from './command-scanner.ts';

/** Commands between two chances to do something else (as in Redis). */
const COMMANDS_PER_SLICE = 1024;
const SLICE_BYTES = 2 * 1024 * 1024;
const ZEROS_STEP_BYTES = 64 * 1024;

const RDB_MAGIC = fromLatin1('REDIS');
const SELECT = fromLatin1('select');
const MULTI = fromLatin1('multi');
const EXEC = fromLatin1('exec');

/** Why the log cannot be loaded: a line for the operator. */
export class AofError extends Error {
  override readonly name = 'AofError';
}

export interface AofReaderOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly databases: number;
  /** aof-load-truncated. */
  readonly loadTruncated: boolean;
  /** aof-load-corrupt-tail-max-size; 0: a corrupt log is refused. */
  readonly corruptTailBytesMax: number;
  /** Bytes read between two yields. */
  readonly sliceBytes?: number;
  /** Loads a snapshot that begins at source.bytes[source.start], and leaves `start` after it. May throw. */
  loadRdb(source: FileSource): Iterable<void>;
  /** Runs a command; the ranges are valid until it returns. May throw an AofError, which ends the loading. */
  apply(database: number, bytes: Uint8Array, starts: Int32Array, ends: Int32Array, count: number): void;
  log(level: 'notice' | 'warning', line: string): void;
}

export class AofReader {
  /** Of all files. */
  loadedBytes = 0;
  totalBytes = 0;
  /** The file that is being read. */
  fileName = '';
  /** Bytes cut off at the end of the log. */
  cutBytes = 0;
  private readonly options: AofReaderOptions;
  private readonly scanner = new CommandScanner();
  private earlierFiles = 0;
  private database = 0;
  private sinceYield = 0;
  private bytesAtYield = 0;

  constructor(options: AofReaderOptions) {
    this.options = options;
  }

  /** Reads all files that the manifest lists. Throws AofError, DiskError and what the callbacks throw. */
  *read(files: AppendFiles): Generator<void, void> {
    const { log, clock, disk } = this.options;
    this.totalBytes = files.totalBytes((name) => {
      log('warning', `The append log file ${name} doesn't exist: No such file or directory`);
    });
    const list = files.manifest.files();
    const sizes = list.map(({ name }) => disk.size(files.path(name)));
    for (const [index, { name }] of list.entries()) {
      const begun = clock.elapsed();
      this.fileName = name;
      const isBase = files.manifest.base?.name === name;
      // A rewrite lists its increment before it is used: after a crash the one before is the end of the log all the same.
      const isLast = sizes.slice(index + 1).every((size) => size === 0);
      yield* this.readFile(files.path(name), name, { isBase, isLast, isSingle: name === files.filename });
      this.earlierFiles += sizes[index]!;
      this.loadedBytes = this.earlierFiles;
      if (sizes[index] === 0 && !isBase) continue;
      const seconds = ((clock.elapsed() - begun) / 1000).toFixed(3);
      log('notice', `DB loaded from ${isBase ? 'base' : 'incr'} file ${name}: ${seconds} seconds`);
    }
  }

  private *readFile(path: string, name: string, place: Place): Generator<void, void> {
    const { disk, log } = this.options;
    let file: DiskFile;
    try {
      file = disk.open(path, 'read');
    } catch (error) {
      if (error instanceof DiskError) {
        throw new AofError(`Fatal error: can't open the append log file ${name} for reading: ${error.message}`);
      }
      throw error;
    }
    try {
      const source = new FileSource(file);
      source.fillTo(RDB_MAGIC.length);
      if (startsWithMagic(source)) {
        log(
          'notice',
          place.isSingle ? 'Reading RDB preamble from AOF file...' : 'Reading RDB base file on AOF loading...',
        );
        for (const _ of this.options.loadRdb(source)) {
          this.loadedBytes = this.earlierFiles + source.offset();
          yield;
        }
        if (place.isSingle) log('notice', 'Reading the remaining AOF tail...');
      }
      this.database = 0;
      this.bytesAtYield = source.offset();
      yield* this.readCommands(source, path, name, place);
    } finally {
      file.close();
    }
  }

  private *readCommands(source: FileSource, path: string, name: string, place: Place): Generator<void, void> {
    const { scanner } = this;
    /** Where the MULTI stands whose EXEC is looked for; -1: none. */
    let unit = -1;
    /** Up to here the unit was looked through. */
    let unitEnd = -1;
    for (;;) {
      const at = source.offset();
      const status = this.next(source);
      if (status === SCAN_INCOMPLETE && at === source.size && unit < 0) return;
      if (status === SCAN_INCOMPLETE || status === SCAN_CORRUPT) {
        const wrong = status === SCAN_CORRUPT ? source.offset() + scanner.errorAt - source.start : source.size;
        if (unit >= 0) {
          this.options.log('warning', `Revert incomplete MULTI/EXEC transaction in AOF file ${name}`);
        }
        this.cut(source, { path, name, place, keptTo: unit >= 0 ? unit : at, wrong });
        return;
      }
      if (status === SCAN_COMMAND) {
        if (unit >= 0) {
          // Looking for EXEC.
          if (this.isCommand(source.bytes, EXEC)) {
            unitEnd = at;
            source.seek(unit);
            this.next(source);
            unit = -1;
          } else if (this.isCommand(source.bytes, MULTI)) {
            this.cut(source, { path, name, place, keptTo: unit, wrong: at });
            return;
          }
        } else if (this.isCommand(source.bytes, MULTI)) unit = at;
        else if (this.isCommand(source.bytes, EXEC)) {
          if (at !== unitEnd) {
            this.cut(source, { path, name, place, keptTo: at, wrong: at });
            return;
          }
        } else this.apply(source.bytes, name);
      }
      source.start = scanner.end;
      if (this.isDue(source)) {
        this.loadedBytes = this.earlierFiles + source.offset();
        yield;
      }
    }
  }

  /** Scans what begins at source.start, reading on as far as that needs; INCOMPLETE: the file ends within it. */
  private next(source: FileSource): number {
    const { scanner } = this;
    for (;;) {
      const status = scanner.scan(source.bytes, source.start, source.end);
      if (status !== SCAN_INCOMPLETE) return status;
      const missing = source.start + scanner.needed - source.end;
      if (missing > source.beyond() || !source.fillTo(scanner.needed)) return SCAN_INCOMPLETE;
    }
  }

  private apply(bytes: Uint8Array, name: string): void {
    const { starts, ends, count } = this.scanner;
    if (count === 2 && ends[0]! - starts[0]! === SELECT.length && this.isNamed(bytes, SELECT)) {
      const database = parseInteger(bytes, starts[1]!, ends[1]!);
      if (!(database >= 0 && database < this.options.databases)) {
        const text = toLatin1(bytes, starts[1]!, Math.min(ends[1]!, starts[1]! + 32));
        throw new AofError(
          `The append only file ${name} selects database ${text}, but the server has only ${this.options.databases}`,
        );
      }
      this.database = database;
      return;
    }
    this.options.apply(this.database, bytes, starts, ends, count);
  }

  /** Whether the command is `name` without arguments. */
  private isCommand(bytes: Uint8Array, name: Uint8Array): boolean {
    return this.scanner.count === 1 && this.isNamed(bytes, name);
  }

  private isNamed(bytes: Uint8Array, name: Uint8Array): boolean {
    const { starts, ends } = this.scanner;
    return ends[0]! - starts[0]! === name.length && equalsIgnoreCase(bytes, starts[0]!, ends[0]!, name);
  }

  private isDue(source: FileSource): boolean {
    this.sinceYield++;
    const read = source.offset() - this.bytesAtYield;
    // While a unit is looked through and read again the place goes back.
    if (this.sinceYield < COMMANDS_PER_SLICE && read < (this.options.sliceBytes ?? SLICE_BYTES)) return false;
    this.sinceYield = 0;
    this.bytesAtYield = source.offset();
    return true;
  }

  // --- the end of the log ---

  /** The log is good up to `keptTo`, and the first wrong byte is at `wrong`: the end is cut off, or refused. */
  private cut(source: FileSource, { path, name, place, keptTo, wrong }: Cut): void {
    const { log, loadTruncated, corruptTailBytesMax } = this.options;
    const tail = source.size - keptTo;
    const isTruncated = wrong >= source.size || wrong >= endOfData(source);
    if (isTruncated && !loadTruncated) {
      throw new AofError(
        `Unexpected end of file reading the append only file ${name}. You can: 1) Make a backup of your AOF file, then use cinnabar-check-aof --fix <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server.`,
      );
    }
    if (!isTruncated && !(corruptTailBytesMax > 0 && tail <= corruptTailBytesMax)) {
      throw new AofError(
        `Bad file format reading the append only file ${name}, at offset ${wrong}: make a backup of your AOF file, then use cinnabar-check-aof --fix <filename.manifest>`,
      );
    }
    if (!place.isLast) throw new AofError('Fatal error: the truncated file is not the last file');
    const found = isTruncated ? 'short read while loading' : `corrupt bytes at offset ${wrong} of`;
    log('warning', `!!! Warning: ${found} the AOF file ${name}!!!`);
    log('warning', `!!! Truncating the AOF ${name} at offset ${keptTo} !!!`);
    try {
      const file = this.options.disk.open(path, 'append');
      file.truncate(keptTo);
      file.syncNow();
      file.close();
    } catch (error) {
      if (error instanceof DiskError) throw new AofError(`Error truncating the AOF file ${name}: ${error.message}`);
      throw error;
    }
    this.cutBytes += tail;
    const directive = isTruncated ? 'aof-load-truncated is enabled' : 'aof-load-corrupt-tail-max-size allows it';
    log('warning', `AOF ${name} loaded anyway because ${directive}`);
  }
}

interface Place {
  readonly isBase: boolean;
  /** No file with anything in it follows. */
  readonly isLast: boolean;
  /** The log of a server before Redis 7, which was one file. */
  readonly isSingle: boolean;
}

interface Cut {
  readonly path: string;
  readonly name: string;
  readonly place: Place;
  readonly keptTo: number;
  readonly wrong: number;
}

function startsWithMagic({ bytes, start, end }: FileSource): boolean {
  return end - start >= RDB_MAGIC.length && RDB_MAGIC.every((byte, index) => bytes[start + index] === byte);
}

/** The place in the file after its last byte that is not zero. */
function endOfData(source: FileSource): number {
  let end = source.size;
  while (end > 0) {
    const first = Math.max(0, end - ZEROS_STEP_BYTES);
    source.seek(first);
    source.fillTo(end - first);
    for (let at = source.start + (end - first) - 1; at >= source.start; at--) {
      if (source.bytes[at] !== 0) return first + at - source.start + 1;
    }
    end = first;
  }
  return 0;
}
