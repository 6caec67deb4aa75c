// Looks through a snapshot key by key, and prints what redis-check-rdb 7.0 prints, which scripts read. Each value is loaded
// into memory of its own, so that all of its structure is checked, and freed before the next one is read: a check needs
// no more memory than the largest value. Where that program prints a line of its source in front of what is wrong with a
// value, this one does not; it knows the encodings that came later, and the contents of modules as far as they can be
// passed over.

import { Engine } from '../engine/engine.ts';
import { toLatin1 } from '../lib/bytes.ts';
import { NONE } from '../memory/flat-memory.ts';
import { FileSource } from '../persistence/file-source.ts';
import { RdbError, TOO_LONG, UNEXPECTED_END } from '../persistence/rdb/rdb-error.ts';
import {
  CHECKSUM_BYTES,
  OPCODE_AUX,
  OPCODE_EOF,
  OPCODE_EXPIRETIME,
  OPCODE_EXPIRETIME_MS,
  OPCODE_FREQ,
  OPCODE_FUNCTION,
  OPCODE_FUNCTION_PRE_GA,
  OPCODE_IDLE,
  OPCODE_MODULE_AUX,
  OPCODE_RESIZEDB,
  OPCODE_SELECTDB,
  OPCODE_SLOT_INFO,
  SIGNATURE,
  SIGNATURE_BYTES,
  TYPE_MODULE_2,
  VERSION_CHECKSUM,
  VERSION_MAX,
  VERSION_MIN,
} from '../persistence/rdb/rdb-format.ts';
import { RdbInput } from '../persistence/rdb/rdb-input.ts';
import { moduleName, ValueLoader } from '../persistence/rdb/value-loader.ts';
import { ManualClock } from '../world/clock.ts';
import { DiskError, type DiskFile } from '../world/disk.ts';
import { skipModuleValue, WHEN_OPCODE } from './module-values.ts';
import { isValueType, valueTypeName } from './value-type-names.ts';

/** Messages are cut as by C's snprintf into 1024 bytes. */
const MESSAGE_BYTES_MAX = 1023;
const NO_EXPIRY = -1;
/** Segments that a large value leaves are given back after it. */
const LARGE_VALUE_BYTES = 1024 * 1024;

type Doing =
  | 'start'
  | 'read-type'
  | 'read-expire'
  | 'read-key'
  | 'read-object-value'
  | 'check-sum'
  | 'read-len'
  | 'read-aux'
  | 'read-module-aux'
  | 'read-functions';

/** Says what is wrong where it is not a value that is. */
class CheckFailure extends Error {
  override readonly name = 'CheckFailure';
}

export interface SnapshotCheckOutput {
  print(text: string): void;
  /** A line of the log: how the program says that it stops because of a damaged value. */
  logLine(line: string): void;
}

/** Checks the snapshot that begins a file; the offset after it, -1 when it is not sane. */
export function checkSnapshot(file: DiskFile, path: string, output: SnapshotCheckOutput, now: number): number {
  const source = new FileSource(file);
  return new SnapshotCheck(source, output, now).run(path);
}

class SnapshotCheck {
  private readonly engine: Engine;
  private readonly input: RdbInput;
  private readonly values: ValueLoader;
  private readonly output: SnapshotCheckOutput;
  private readonly now: number;
  private doing: Doing = 'start';
  private key: string | null = null;
  /** Of the value being read, -1 between values; that program begins with 0. */
  private type = 0;
  private expiresAt = NO_EXPIRY;
  private keys = 0;
  private expires = 0;
  private expired = 0;

  constructor(source: FileSource, output: SnapshotCheckOutput, now: number) {
    this.engine = new Engine({ clock: new ManualClock(now), seed: 1, commands: [], databases: 1 });
    this.input = new RdbInput(source, true);
    this.values = new ValueLoader(this.engine.keyspace, this.input, { isDone: () => false });
    this.output = output;
    this.now = now;
  }

  run(path: string): number {
    this.tell(`Checking RDB file ${path}`);
    try {
      this.check();
    } catch (error) {
      this.values.target.discard();
      if (error instanceof CheckFailure) this.failed(error.message, this.input.offset());
      else if (error instanceof RdbError) this.damaged(error);
      else if (error instanceof DiskError) this.failed(UNEXPECTED_END, this.input.offset());
      else throw error;
      return -1;
    }
    this.tell('\\o/ RDB looks OK! \\o/');
    this.showCounts();
    this.input.finish();
    return this.input.offset();
  }

  // --- what is printed ---

  private tell(text: string): void {
    this.output.print(`[offset ${this.input.offset()}] ${text.slice(0, MESSAGE_BYTES_MAX)}\n`);
  }

  private damaged(error: RdbError): void {
    // A string for which there is no memory is missing, to that program.
    if (error.message === UNEXPECTED_END || error.message === TOO_LONG) {
      const inLibrary = this.doing === 'read-functions';
      this.failed(inLibrary ? 'Failed loading library, Failed loading library payload' : UNEXPECTED_END, error.offset);
      return;
    }
    this.failed(`Internal error in RDB reading: ${error.message}`, error.offset);
    this.output.logLine('Terminating server after rdb file reading failure.');
  }

  private failed(message: string, offset: number): void {
    const { key, type, doing } = this;
    const { output } = this;
    output.print(`--- RDB ERROR DETECTED ---\n[offset ${offset}] ${message.slice(0, MESSAGE_BYTES_MAX)}\n`);
    output.print(`[additional info] While doing: ${doing}\n`);
    if (key !== null) output.print(`[additional info] Reading key '${key}'\n`);
    if (type >= 0) output.print(`[additional info] Reading type ${type} (${valueTypeName(type)})\n`);
    this.showCounts();
  }

  private showCounts(): void {
    const { keys, expires, expired } = this;
    this.output.print(`[info] ${keys} keys read\n[info] ${expires} expires\n[info] ${expired} already expired\n`);
  }

  // --- what is read ---

  private check(): void {
    const { input } = this;
    const version = this.readVersion();
    for (;;) {
      this.doing = 'read-type';
      const type = input.byte();
      if (type === OPCODE_EOF) break;
      if (!this.betweenKeys(type, version)) this.readKey(type);
    }
    if (version >= VERSION_CHECKSUM) this.compareChecksum();
  }

  private readVersion(): number {
    const { input } = this;
    // Nothing of a beginning that is not all there counts as read.
    input.raw(SIGNATURE_BYTES);
    const text = toLatin1(input.text, input.start, input.end);
    if (!text.startsWith(SIGNATURE)) throw new CheckFailure('Wrong signature trying to load DB from file');
    const version = Number(/^[\t-\r ]*([+-]?\d+)/.exec(text.slice(SIGNATURE.length))?.[1] ?? 0);
    if (version < VERSION_MIN || version > VERSION_MAX) {
      throw new CheckFailure(`Can't handle RDB format version ${version}`);
    }
    return version;
  }

  /** Reads what is no key; false when a key follows. */
  private betweenKeys(opcode: number, version: number): boolean {
    const { input } = this;
    switch (opcode) {
      case OPCODE_EXPIRETIME:
        this.doing = 'read-expire';
        this.expiresAt = input.int32() * 1000;
        break;
      case OPCODE_EXPIRETIME_MS:
        this.doing = 'read-expire';
        this.expiresAt = input.time();
        break;
      case OPCODE_FREQ:
        input.byte();
        break;
      case OPCODE_IDLE:
        input.count();
        break;
      case OPCODE_SELECTDB:
        this.doing = 'read-len';
        input.count();
        this.tell(`Selecting DB ID ${(BigInt(input.high >>> 0) << 32n) | BigInt(input.low >>> 0)}`);
        break;
      case OPCODE_RESIZEDB:
        this.doing = 'read-len';
        for (let index = 0; index < 2; index++) input.count();
        break;
      case OPCODE_SLOT_INFO:
        for (let index = 0; index < 3; index++) input.count();
        break;
      case OPCODE_AUX:
        this.doing = 'read-aux';
        this.readAuxiliary();
        break;
      case OPCODE_MODULE_AUX:
        this.doing = 'read-module-aux';
        this.readModuleAuxiliary();
        break;
      case OPCODE_FUNCTION_PRE_GA:
        throw new CheckFailure(`Pre-release function format not supported ${version}`);
      case OPCODE_FUNCTION:
        this.doing = 'read-functions';
        this.readString();
        break;
      default:
        return false;
    }
    return true;
  }

  private readString(): void {
    if (!this.input.string()) for (const _ of this.input.gather());
  }

  /** The string just read, as C shows it. */
  private shown(): string {
    const { text, start, end } = this.input;
    const nul = text.subarray(start, end).indexOf(0);
    return toLatin1(text, start, nul < 0 ? end : start + nul);
  }

  private readAuxiliary(): void {
    this.readString();
    const name = this.shown();
    this.readString();
    this.tell(`AUX FIELD ${name} = '${this.shown()}'`);
  }

  private readModuleAuxiliary(): void {
    const { input } = this;
    input.count();
    const name = moduleName(input.high, input.low);
    const when = input.count();
    input.count();
    if (when !== WHEN_OPCODE) throw new CheckFailure('bad when_opcode');
    this.tell(`MODULE AUX for: ${name}`);
    skipModuleValue(input, name);
  }

  private readKey(type: number): void {
    const { input, values } = this;
    if (!isValueType(type)) throw new CheckFailure(`Invalid object type: ${type}`);
    this.type = type;
    this.doing = 'read-key';
    this.readString();
    this.key = this.shown();
    this.keys++;
    this.doing = 'read-object-value';
    const before = input.work();
    values.target.setKey(input.text, input.start, input.end);
    if (type === TYPE_MODULE_2) {
      input.count();
      skipModuleValue(input, moduleName(input.high, input.low));
    } else {
      for (const _ of values.load(type));
      // That program takes a value without elements for one that could not be read.
      if (values.target.record === NONE) throw new CheckFailure(UNEXPECTED_END);
      values.target.discard();
      const { memory } = this.engine.keyspace;
      if (input.work() - before > LARGE_VALUE_BYTES) while (memory.giveBack());
    }
    if (this.expiresAt !== NO_EXPIRY) {
      this.expires++;
      if (this.expiresAt < this.now) this.expired++;
    }
    this.expiresAt = NO_EXPIRY;
    this.key = null;
    this.type = -1;
  }

  private compareChecksum(): void {
    const { input } = this;
    this.doing = 'check-sum';
    input.readChecksum();
    const { high, low } = input;
    input.raw(CHECKSUM_BYTES);
    const { text, start } = input;
    const view = new DataView(text.buffer, text.byteOffset + start, CHECKSUM_BYTES);
    const givenLow = view.getInt32(0, true);
    const givenHigh = view.getInt32(4, true);
    if ((givenLow | givenHigh) === 0) {
      this.tell('RDB file was saved with checksum disabled: no check performed.');
    } else if (givenLow !== (low | 0) || givenHigh !== (high | 0)) throw new CheckFailure('RDB CRC error');
    else this.tell('Checksum OK');
  }
}
