// One append-only file, looked through as redis-check-aof does: line by line with C's reading of numbers, noting the place
// up to which whole commands and transactions stand.

import { toLatin1 } from '../lib/bytes.ts';
import { FileSource } from '../persistence/file-source.ts';
import { type Disk, DiskError, type DiskFile } from '../world/disk.ts';

/** A note has less than this; a length line less than that. What is longer comes in pieces. */
const NOTE_BYTES_MAX = 1024;
const LINE_BYTES_MAX = 128;
const LONG_MAX = 2n ** 63n - 1n;
const LF = 10;

/** Says that the check ended with exit code 1, and everything has been printed. */
export class CheckEnded extends Error {
  override readonly name = 'CheckEnded';
}

export interface CheckOutput {
  print(text: string): void;
  /** A line that the operator types; null at the end of the input. */
  ask(): string | null;
  /** Checks the snapshot that begins a file, and prints what it finds; the offset after it, -1 when it is not sane. */
  checkSnapshot(file: DiskFile, path: string): number;
}

export interface FilePlace {
  /** Only the last file may be cut. */
  readonly isLast: boolean;
  readonly fix: boolean;
  readonly isSnapshot: boolean;
  /** What the file is called: 'BASE AOF'. */
  readonly style: string;
}

export class AofFileCheck {
  private readonly output: CheckOutput;
  private readonly disk: Disk;
  private readonly timestamp: bigint | null;
  private source!: FileSource;
  private name = '';
  private path = '';
  /** Of the files so far: lines that ended well, from 1. */
  private line = 1;
  /** Where the line or string began that was read last. */
  private errorAt = 0;
  private error = '';
  /** Whether the last attempt to read met the end of the file. */
  private isAtEnd = false;
  /** Transactions that are open. */
  private units = 0;

  constructor(output: CheckOutput, disk: Disk, timestamp: bigint | null) {
    this.output = output;
    this.disk = disk;
    this.timestamp = timestamp;
  }

  /** Checks a file, called `name` where its path is not shown; throws CheckEnded when it is not valid and not mended. */
  check(name: string, path: string, place: FilePlace): void {
    this.name = name;
    this.path = path;
    let file: DiskFile;
    try {
      // As that program: a file that cannot be written is not looked at either.
      if (this.disk.size(path) < 0) throw new DiskError('ENOENT');
      file = this.disk.open(path, 'append');
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.end(`Cannot open file ${path}: ${error.message}, aborting...\n`);
    }
    try {
      this.checkOpen(file, place);
    } finally {
      file.close();
    }
  }

  private checkOpen(file: DiskFile, place: FilePlace): void {
    const source = (this.source = new FileSource(file));
    const { size } = source;
    if (size === 0) {
      this.output.print(`${place.style} ${this.name} is empty\n`);
      return;
    }
    if (place.isSnapshot) {
      const after = this.output.checkSnapshot(file, this.path);
      if (after < 0) this.end('RDB preamble of AOF file is not sane, aborting.\n');
      this.output.print('RDB preamble is OK, proceeding with AOF tail...\n');
      source.seek(after);
    }
    const goodTo = this.lookThrough(file, place);
    // Cut to a time.
    if (goodTo < 0) return;
    if (this.isAtEnd && this.units !== 0 && this.error === '') {
      this.fail('Reached EOF before reading EXEC for MULTI');
    }
    if (this.error !== '') this.output.print(`${this.error}\n`);
    this.conclude(file, place, goodTo);
  }

  /** Reads all of the file; the place after the last whole command or transaction, -1 when the file was cut to a time. */
  private lookThrough(file: DiskFile, place: FilePlace): number {
    const { source } = this;
    let goodTo = source.offset();
    this.units = 0;
    for (;;) {
      if (this.units === 0) goodTo = source.offset();
      this.isAtEnd = source.start === source.end && !source.fill();
      if (this.isAtEnd) return goodTo;
      const first = String.fromCharCode(source.bytes[source.start]!);
      if (first === '#') {
        if (!this.note(file, place)) return -1;
      } else if (first === '*') {
        if (!this.command()) return goodTo;
      } else {
        this.output.print(`AOF ${this.name} format error\n`);
        return goodTo;
      }
    }
  }

  private conclude(file: DiskFile, place: FilePlace, goodTo: number): void {
    const { output, name } = this;
    const { size } = this.source;
    const rest = size - goodTo;
    if (rest === 0 && this.timestamp !== null) {
      output.print(`Truncate nothing in AOF ${name} to timestamp ${this.timestamp}\n`);
      output.print(`${place.style} ${name} is valid\n`);
      return;
    }
    output.print(
      `AOF analyzed: filename=${name}, size=${size}, ok_up_to=${goodTo}, ok_up_to_line=${this.line}, diff=${rest}\n`,
    );
    if (rest <= 0) {
      output.print(`${place.style} ${name} is valid\n`);
      return;
    }
    if (!place.fix) this.end(`AOF ${name} is not valid. Use the --fix option to try fixing it.\n`);
    if (!place.isLast) this.end(`Failed to truncate AOF ${name} because it is not the last file\n`);
    output.print(`This will shrink the AOF ${name} from ${size} bytes, with ${rest} bytes, to ${goodTo} bytes\n`);
    output.print('Continue? [y/N]: ');
    if (!/^y/i.test(output.ask() ?? '')) this.end('Aborting...\n');
    this.truncate(file, goodTo, `Failed to truncate AOF ${name}\n`);
    output.print(`Successfully truncated AOF ${name}\n`);
  }

  /** A note; false when the file was cut at it, since it is later than wanted. */
  private note(file: DiskFile, place: FilePlace): boolean {
    const at = (this.errorAt = this.source.offset());
    const text = this.readLine(NOTE_BYTES_MAX)!;
    const { timestamp, output, name, path } = this;
    if (timestamp === null || !text.startsWith('#TS:')) return true;
    const number = leadingInteger(text, 4);
    if (text[number.end] !== '\r' || number.isBeyond) return this.end('Invalid timestamp annotation\n');
    if (BigInt(number.value) <= timestamp) return true;
    if (at === 0) this.end(`AOF ${path} has nothing before timestamp ${timestamp}, aborting...\n`);
    if (!place.isLast) {
      this.end(
        `Failed to truncate AOF ${path} to timestamp ${timestamp} to offset ${at} because it is not the last file.\n` +
          'If you insist, please delete all files after this file according to the manifest file and delete the corresponding records in manifest file manually. Then re-run redis-check-aof.\n',
      );
    }
    this.truncate(file, at, `Failed to truncate AOF ${path} to timestamp ${timestamp}\n`);
    output.print(`Successfully truncated AOF ${name} to timestamp ${timestamp}\n`);
    return false;
  }

  /** A command; false when it is not whole or not one. */
  private command(): boolean {
    const count = this.readNumber('*');
    if (count === null) return false;
    for (let index = 0; index < count; index++) {
      const length = this.readNumber('$');
      if (length === null) return false;
      if (length < 0 || length > LONG_MAX - 2n) {
        return this.fail(`Expected to read string of ${length} bytes, which is not in the suitable range`);
      }
      const text = this.readString(length);
      if (text === null) return false;
      if (index === 0 && !this.countUnits(text.toLowerCase())) return false;
    }
    return true;
  }

  private countUnits(name: string): boolean {
    if (name === 'multi') return this.units++ === 0 || this.fail(`Unexpected MULTI in AOF ${this.path}`);
    if (name === 'exec') return --this.units === 0 || this.fail(`Unexpected EXEC in AOF ${this.path}`);
    return true;
  }

  /** Reads a line of a prefix and a number; null when it is none. */
  private readNumber(prefix: string): number | bigint | null {
    this.errorAt = this.source.offset();
    const text = this.readLine(LINE_BYTES_MAX);
    if (text === null) return null;
    if (text[0] !== prefix) {
      this.fail(`Expected prefix '${prefix}', got: '${text[0]}'`);
      return null;
    }
    const number = leadingInteger(text, 1);
    return this.isLineEnd(text, number.end) ? number.value : null;
  }

  /** Reads a string and its line end; as much of it as could be a name. */
  private readString(length: number | bigint): string | null {
    const { source } = this;
    this.errorAt = source.offset();
    const left = source.size - this.errorAt;
    const wanted = typeof length === 'number' ? length + 2 : length + 2n;
    if (wanted > left) {
      this.isAtEnd = true;
      source.seek(source.size);
      this.fail(`Expected to read ${wanted} bytes, got ${left} bytes`);
      return null;
    }
    const end = this.errorAt + Number(length);
    source.fillTo(8);
    const name = cText(toLatin1(source.bytes, source.start, source.start + Math.min(8, Number(length))));
    source.seek(end);
    source.fillTo(2);
    const lineEnd = toLatin1(source.bytes, source.start, source.start + 2);
    source.start += 2;
    return this.isLineEnd(lineEnd, 0) ? name : null;
  }

  private isLineEnd(text: string, at: number): boolean {
    if (text.startsWith('\r\n', at)) {
      this.line++;
      return true;
    }
    return this.fail(`Expected \\r\\n, got: ${signedHex(text, at)}${signedHex(text, at + 1)}`);
  }

  /** As C's fgets: up to a line end, or one byte less than `limit`; null at the end of the file. A NUL ends the text. */
  private readLine(limit: number): string | null {
    const { source } = this;
    source.fillTo(limit);
    const end = Math.min(source.end, source.start + limit - 1);
    let at = source.start;
    while (at < end && source.bytes[at] !== LF) at++;
    const isWhole = at < end;
    if (isWhole) at++;
    else if (at - source.start < limit - 1) this.isAtEnd = true;
    if (at === source.start) return null;
    const text = toLatin1(source.bytes, source.start, at);
    source.start = at;
    return cText(text) === '' ? '\0' : cText(text);
  }

  private fail(message: string): false {
    this.error = `0x${this.errorAt.toString(16).padStart(16)}: ${message}`;
    return false;
  }

  private truncate(file: DiskFile, length: number, failure: string): void {
    try {
      file.truncate(length);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.end(failure);
    }
  }

  private end(message: string): never {
    this.output.print(message);
    throw new CheckEnded();
  }
}

/** The text up to a NUL. */
function cText(text: string): string {
  const nul = text.indexOf('\0');
  return nul < 0 ? text : text.slice(0, nul);
}

interface LeadingInteger {
  readonly value: number | bigint;
  /** Where the digits end; `at` when there are none. */
  readonly end: number;
  readonly isBeyond: boolean;
}

/** As C's strtol: white space, a sign and digits; 0 when there are none, the nearest long when there are too many. */
function leadingInteger(text: string, at: number): LeadingInteger {
  const match = /^[\t-\r ]*([+-]?\d+)/.exec(text.slice(at));
  if (match === null) return { value: 0, end: at, isBeyond: false };
  const end = at + match[0].length;
  const value = Number(match[1]);
  if (Number.isSafeInteger(value)) return { value, end, isBeyond: false };
  const exact = BigInt(match[1]!);
  if (exact > LONG_MAX) return { value: LONG_MAX, end, isBeyond: true };
  if (exact < -LONG_MAX - 1n) return { value: -LONG_MAX - 1n, end, isBeyond: true };
  return { value: exact, end, isBeyond: false };
}

/** A byte as C's %02x shows a char: those from 0x80 on are negative. */
function signedHex(text: string, at: number): string {
  const code = at < text.length ? text.charCodeAt(at) : 0;
  return code < 0x80 ? code.toString(16).padStart(2, '0') : `ffffff${code.toString(16)}`;
}
