// Reads an RDB file of any version into the databases of a keyspace, in slices. What it says is checked in depth; a damaged
// file throws an RdbError, and what was loaded before is in the databases then: who loads decides what becomes of that.
//
// Memory is taken for what has come, never for what is announced.

import type { AccessClock } from '../../engine/access-clock.ts';
import type { Database, Keyspace } from '../../engine/keyspace.ts';
import { toLatin1 } from '../../lib/bytes.ts';
import { NONE } from '../../memory/flat-memory.ts';
import type { ByteSource } from './byte-source.ts';
import {
  CHECKSUM_BYTES,
  OPCODE_AUX,
  OPCODE_EOF,
  OPCODE_EXPIRETIME,
  OPCODE_EXPIRETIME_MS,
  OPCODE_FREQ,
  OPCODE_FUNCTION,
  OPCODE_FUNCTION_PRE_GA,
  OPCODE_HASH_TEMPLATE,
  OPCODE_IDLE,
  OPCODE_KEY_META,
  OPCODE_MIN,
  OPCODE_MODULE_AUX,
  OPCODE_RESIZEDB,
  OPCODE_SELECTDB,
  OPCODE_SLOT_INFO,
  SIGNATURE,
  SIGNATURE_BYTES,
  SLOTS,
  TYPE_HASH_LISTPACK_EX,
  VERSION_CHECKSUM,
  VERSION_MAX,
  VERSION_MIN,
} from './rdb-format.ts';
import { RdbInput } from './rdb-input.ts';
import { isSingle } from './single-loader.ts';
import { TableGrowth } from './table-growth.ts';
import { moduleName, ValueLoader } from './value-loader.ts';

/** Bytes read between two yields: some 5 ms. */
const SLICE_BYTES = 2 * 1024 * 1024;
const NO_EXPIRY = -1;

export interface LoaderOptions {
  /** Milliseconds since 1970 by which keys have expired; null: all keys are loaded (replicas, AOF bases). */
  readonly expireAt: number | null;
  /** What a key that is there already does: it ends the loading, or goes. */
  readonly duplicates: 'refuse' | 'replace';
  /** Whether a checksum in the file is compared: rdbchecksum. */
  readonly checksum?: boolean;
  readonly sliceBytes?: number;
  /** The code of a library of functions; may throw an RdbError. */
  readonly library?: (code: Uint8Array) => void;
  /** A name and a value that the writer added, in latin1. */
  readonly auxiliary?: (name: string, value: string) => void;
  /** A key whose value is empty, which older releases could write: it is left out. In latin1. */
  readonly emptyKey?: (key: string) => void;
  /** A key that has expired and is left out. */
  readonly expiredKey?: (database: Database, key: Uint8Array, length: number) => void;
}

export class RdbLoader {
  /** Keys loaded, left out because they had expired, left out because they were empty. */
  keysLoaded = 0;
  keysExpired = 0;
  keysEmpty = 0;
  /** The version that the file says it has; 0 before it is read. */
  version = 0;
  private readonly keyspace: Keyspace;
  private readonly access: AccessClock;
  private readonly options: LoaderOptions;
  private readonly input: RdbInput;
  private readonly values: ValueLoader;
  private readonly growth: TableGrowth;
  private readonly sliceBytes: number;
  private readonly isChecked: boolean;
  private database: Database;
  private sliceEnd = 0;
  /** What was said of the next key. */
  private deadline = NO_EXPIRY;
  private deadlineHigh = 0;
  private deadlineLow = 0;
  private idle = -1;
  private frequency = -1;
  private readonly isSliceDone = { isDone: () => this.hasSliceEnded() };

  constructor(keyspace: Keyspace, access: AccessClock, source: ByteSource, options: LoaderOptions) {
    this.keyspace = keyspace;
    this.access = access;
    this.options = options;
    this.sliceBytes = options.sliceBytes ?? SLICE_BYTES;
    this.isChecked = options.checksum ?? true;
    this.input = new RdbInput(source, this.isChecked);
    this.values = new ValueLoader(keyspace, this.input, this.isSliceDone);
    this.growth = new TableGrowth(keyspace.table, this.input);
    this.database = keyspace.databases[0]!;
  }

  /** Bytes read so far. */
  bytesRead(): number {
    return this.input.offset();
  }

  /** Reads the whole file, yielding after each slice. What follows it is left in the source. */
  *load(): Generator<void, void> {
    this.access.update(this.keyspace.now);
    this.readSignature();
    this.sliceEnd = this.sliceBytes;
    try {
      for (;;) {
        if (this.hasSliceEnded()) yield;
        const type = this.input.byte();
        if (type === OPCODE_EOF) break;
        if (type >= OPCODE_MIN) {
          if (!this.ofNextKey(type)) yield* this.opcode(type);
        } else if (isSingle(type) && this.singleKey(type)) this.place();
        else yield* this.key(type);
      }
    } catch (error) {
      this.values.target.discard();
      throw error;
    }
    if (this.version >= VERSION_CHECKSUM) this.compareChecksum();
    else if (!this.input.isAtEnd()) this.input.fail('Something follows the end of an RDB file without a checksum');
    this.input.finish();
  }

  private hasSliceEnded(): boolean {
    const work = this.input.work();
    if (work < this.sliceEnd) return false;
    this.sliceEnd = work + this.sliceBytes;
    return true;
  }

  private readSignature(): void {
    const { input } = this;
    input.raw(SIGNATURE_BYTES);
    const text = toLatin1(input.text, input.start, input.end);
    if (!text.startsWith(SIGNATURE)) input.fail('Wrong signature trying to load DB from file');
    const digits = text.slice(SIGNATURE.length);
    const version = /^\d{4}$/.test(digits) ? Number(digits) : 0;
    if (version < VERSION_MIN || version > VERSION_MAX) input.fail(`Can't handle RDB format version ${version}`);
    this.version = version;
  }

  private compareChecksum(): void {
    const { input } = this;
    input.readChecksum();
    const { high, low } = input;
    input.raw(CHECKSUM_BYTES);
    if (!this.isChecked) return;
    const { text, start } = input;
    const givenLow = text[start]! | (text[start + 1]! << 8) | (text[start + 2]! << 16) | (text[start + 3]! << 24);
    const givenHigh = text[start + 4]! | (text[start + 5]! << 8) | (text[start + 6]! << 16) | (text[start + 7]! << 24);
    if ((givenLow | givenHigh) === 0 || (givenLow === low && givenHigh === high)) return;
    input.fail(`Wrong RDB checksum expected: (${hex(high, low)}) but got (${hex(givenHigh, givenLow)}). Aborting now.`);
  }

  // --- keys ---

  /**
   * Reads a key and the value behind it, which is a string of bytes, where both are short: in plain code, since most keys
   * are such. False when one is long: then `key` goes on.
   */
  private singleKey(type: number): boolean {
    const { input, values } = this;
    if (!input.string()) return false;
    this.begin(type);
    if (!input.string()) {
      this.isGathering = true;
      return false;
    }
    values.singles.load(type);
    this.hasKey = false;
    return true;
  }

  /** How far `singleKey` came: the key has been read; its value has begun. */
  private hasKey = false;
  private isGathering = false;

  /** Takes the text just read for the key. */
  private begin(type: number): void {
    const { input, values } = this;
    values.target.setKey(input.text, input.start, input.end);
    this.hasKey = true;
    this.prepare();
    // The first deadline is known from the pack.
    if (type === TYPE_HASH_LISTPACK_EX) input.wide();
  }

  private *key(type: number): Generator<void, void> {
    const { input, values } = this;
    if (isSingle(type)) {
      if (!this.hasKey) {
        yield* input.gather();
        this.begin(type);
        this.isGathering = !input.string();
      }
      if (this.isGathering) yield* input.gather();
      this.isGathering = false;
      values.singles.load(type);
    } else {
      if (!input.string()) yield* input.gather();
      this.begin(type);
      yield* values.load(type);
    }
    this.hasKey = false;
    this.place();
  }

  private prepare(): void {
    const { target } = this.values;
    target.access = this.access.accessOf(this.idle, this.frequency);
    target.withExpiry = this.deadline !== NO_EXPIRY;
  }

  /** Puts what was loaded into its database. */
  private place(): void {
    const { keyspace, options, database, deadline } = this;
    const { target } = this.values;
    const { key, keyLength } = target;
    if (target.record === NONE) {
      this.keysEmpty++;
      options.emptyKey?.(toLatin1(key, 0, keyLength));
    } else if (options.expireAt !== null && deadline !== NO_EXPIRY && deadline < options.expireAt) {
      this.keysExpired++;
      target.discard();
      options.expiredKey?.(database, key, keyLength);
    } else {
      this.makeWay();
      const record = target.take();
      keyspace.insert(database, record, false);
      this.growth.added(1);
      if (deadline !== NO_EXPIRY) keyspace.setDeadline(database, record, this.exactDeadline());
      this.keysLoaded++;
    }
    this.deadline = NO_EXPIRY;
    this.idle = -1;
    this.frequency = -1;
  }

  /** Looks the key up, and takes away what it has. */
  private makeWay(): void {
    const { keyspace, options, database } = this;
    const { key, keyLength } = this.values.target;
    const existing = keyspace.findEvenExpired(database, key, 0, keyLength);
    if (existing === NONE) return;
    if (options.duplicates === 'refuse') {
      this.input.fail(`RDB has duplicated key '${toLatin1(key, 0, keyLength)}' in DB ${database.index}`);
    }
    keyspace.removeFound(database, existing);
    keyspace.findEvenExpired(database, key, 0, keyLength);
  }

  private exactDeadline(): number | bigint {
    if (Number.isSafeInteger(this.deadline)) return this.deadline;
    return (BigInt(this.deadlineHigh) << 32n) | BigInt(this.deadlineLow >>> 0);
  }

  // --- what stands between keys ---

  /** Reads what says something of the next key; false when this is something else. */
  private ofNextKey(opcode: number): boolean {
    const { input } = this;
    if (opcode === OPCODE_EXPIRETIME_MS) this.setDeadline(input.time());
    else if (opcode === OPCODE_EXPIRETIME) this.setDeadline(input.int32() * 1000);
    else if (opcode === OPCODE_FREQ) this.frequency = input.byte();
    else if (opcode === OPCODE_IDLE) this.idle = input.count();
    else return false;
    return true;
  }

  private *opcode(opcode: number): Generator<void, void> {
    const { input } = this;
    switch (opcode) {
      case OPCODE_SELECTDB:
        this.selectDatabase(input.count());
        return;
      case OPCODE_RESIZEDB:
        yield* this.growth.begin(this.database.root, input.count());
        input.count();
        return;
      case OPCODE_SLOT_INFO:
        if (input.count() >= SLOTS) input.fail('Slot of an RDB file is out of range');
        input.count();
        input.count();
        return;
      case OPCODE_AUX:
        yield* this.auxiliary();
        return;
      case OPCODE_FUNCTION:
        if (!input.string()) yield* input.gather();
        this.options.library?.(input.text.slice(input.start, input.end));
        return;
      default:
        this.refuse(opcode);
    }
  }

  /** Negative deadlines are in the past. */
  private setDeadline(deadline: number): void {
    this.deadlineHigh = this.input.high;
    this.deadlineLow = this.input.low;
    this.deadline = Math.max(0, deadline);
  }

  private selectDatabase(index: number): void {
    const { databases } = this.keyspace;
    const database = databases[index];
    if (database === undefined) {
      this.input.fail(
        `FATAL: Data file was created with a Redis server configured to handle more than ${databases.length} databases. Exiting`,
      );
    }
    this.database = database;
    this.growth.stop();
  }

  private *auxiliary(): Generator<void, void> {
    const { input, options } = this;
    if (!input.string()) yield* input.gather();
    const name = toLatin1(input.text, input.start, input.end);
    if (!input.string()) yield* input.gather();
    options.auxiliary?.(name, toLatin1(input.text, input.start, input.end));
  }

  private refuse(opcode: number): never {
    const { input } = this;
    if (opcode === OPCODE_FUNCTION_PRE_GA) input.fail('Pre-release function format not supported.');
    if (opcode === OPCODE_HASH_TEMPLATE) input.fail("The RDB file contains hash templates, which I can't load");
    if (opcode === OPCODE_KEY_META) input.fail("The RDB file contains key metadata of modules, which I can't load");
    if (opcode === OPCODE_MODULE_AUX) {
      input.count();
      const name = moduleName(input.high, input.low);
      input.fail(`The RDB file contains AUX module data I can't load: no matching module '${name}'`);
    }
    return input.fail(`Unknown RDB opcode ${opcode}`);
  }
}

function hex(high: number, low: number): string {
  return ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString(16);
}
