// A call: one command with its arguments, as its function sees it.
//
// Arguments are ranges of `bytes`, valid until the function returns; what must last is copied. There is one Call for
// each level of nesting (EXEC runs its queue in a second one), used again and again, so that a command allocates none.
// A function parses all of its arguments before it changes anything, so that it happens whole or not at all.

import type { Hashes, ReadHashes } from '../datatypes/hash.ts';
import { STRING } from '../datatypes/key-record.ts';
import type { Lists, ReadLists } from '../datatypes/list.ts';
import type { ScratchSet } from '../datatypes/scratch-set.ts';
import type { ReadSets, Sets } from '../datatypes/set.ts';
import type { ReadSortedSets, SortedSets } from '../datatypes/sorted-set.ts';
import type { SortedSetBuilder } from '../datatypes/sorted-set-builder.ts';
import type { ReadStreams, Streams } from '../datatypes/stream.ts';
import type { ReadStrings, Strings } from '../datatypes/string.ts';
import { copyBytes, equalBytes, equalsIgnoreCase, fromLatin1, toLatin1 } from '../lib/bytes.ts';
import type { Collation } from '../lib/collation.ts';
import { INT64_MAX, INT64_MIN, parseInt64, parseInteger } from '../lib/integers.ts';
import type { Prng } from '../lib/prng.ts';
import { NONE } from '../memory/flat-memory.ts';
import { NOT_AN_INTEGER, NOT_POSITIVE, OUT_OF_MEMORY, outOfBounds, WRONG_TYPE } from '../protocol/errors.ts';
import type { Reply } from '../protocol/reply.ts';
import type { HyperLogLog } from '../structures/hyperloglog.ts';
import type { AccessClock } from './access-clock.ts';
import type { BlockedOn, TimeoutReply } from './blocking.ts';
import type { Engine } from './engine.ts';
import { KEY_MISS_EVENT, type KeyEvent, OVERWRITTEN_EVENT, TYPE_CHANGED_EVENT } from './events.ts';
import type { Database, Keyspace, ReadKeyspace } from './keyspace.ts';
import type { Propagation } from './propagation.ts';
import type { Session } from './session.ts';
import type { Awaited } from './standstill.ts';

/** What a find of a certain type returns when the key holds another: the error was replied. */
export const MISTYPED = -1;

/** A word of the command language, in lower case, for `is`. */
export function word(text: string): Uint8Array {
  return fromLatin1(text.toLowerCase());
}

/** What a command that only reads is given. */
export interface ReadCall {
  readonly session: Session;
  readonly database: Database;
  readonly reply: Reply;
  /** Argument i is bytes[starts[i]..ends[i]); 0 is the command's name. */
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Arguments, the name counted. */
  readonly count: number;
  readonly strings: ReadStrings;
  readonly lists: ReadLists;
  readonly sets: ReadSets;
  readonly hashes: ReadHashes;
  readonly sortedSets: ReadSortedSets;
  readonly streams: ReadStreams;
  readonly keyspace: ReadKeyspace;
  /** Whether the field that a command over a hash last looked for is there. */
  fieldFound: boolean;

  /** Milliseconds since 1970, the same for the whole batch. */
  now(): number;
  /** The time by which fields are gone: see Keyspace.expiryNow. */
  expiryNow(): number;
  /** Whether an argument is this word, in any case. */
  is(index: number, word: Uint8Array): boolean;
  /** An argument in latin1. Allocates. */
  text(index: number): string;
  /** A copy of an argument's bytes, which the caller owns. */
  copy(index: number): Uint8Array;
  length(index: number): number;
  /** A safe integer, or NaN after replying that it is none (also beyond 2^53). */
  integer(index: number): number;
  /** A 64-bit integer brought within ±2^53, for places in things that are never so long; NaN after replying. */
  clampedInteger(index: number): number;
  /** A 64-bit integer, clamped as above, or NaN, without replying. */
  quietInteger(index: number): number;
  /** A safe integer in what follows the first `skipped` bytes of an argument, or NaN, without replying. */
  integerFrom(index: number, skipped: number): number;
  /** A count from 0 on, clamped as above; NaN after replying that it must be positive. */
  clampedPositive(index: number): number;
  /** A count of things chosen at random, negative where one may come several times; NaN after replying. */
  randomCount(index: number): number;
  /** A 32-bit integer: the number of a database; NaN after replying that it is none. */
  int32(index: number): number;
  /** A 64-bit integer, or null after replying that it is none. Allocates beyond 2^53. */
  int64(index: number): bigint | null;
  /** The record of the key in an argument, NONE when there is none. Counts hits and misses, sets the access clock. */
  find(index: number): number;
  /** The same for a key of one type: MISTYPED after replying WRONGTYPE. */
  findOf(index: number, type: number): number;
  /** The same without setting the access clock. */
  look(index: number): number;
  /** The same without announcing a miss either: OBJECT. */
  inspect(index: number): number;
  /** The same without counting either. */
  peek(index: number): number;
  /** The record of a key that is no argument (SORT). Counts hits and misses, announces misses, sets the access clock. */
  findKey(bytes: Uint8Array, start: number, end: number): number;
  /** Whether two arguments hold the same bytes. */
  isSame(a: number, b: number): boolean;
  /** To be called where `find` found the record that is to be changed (forWrite says so itself): before the change, and
   *  before another lookup. Not for what changes its length. */
  willChangeFound(): void;
  /** A value was changed so that no reader sees a difference (PFCOUNT's cached count): it is propagated, and ends WATCH. */
  cached(index: number): void;
  readonly hyperloglog: HyperLogLog;
  /** The type of a record (datatypes/key-record.ts). */
  typeOf(handle: number): number;
  /** Its encoding, as the type numbers them. */
  encodingOf(handle: number): number;
  /** What OBJECT ENCODING calls the encoding of a record that is not a string. */
  encodingName(handle: number): string;
  /** A record's deadline in milliseconds since 1970, exactly; NO_DEADLINE (expiry.ts) without one. */
  deadlineOf(handle: number): number | bigint;
  /** The access clock, to be read. */
  readonly access: Pick<AccessClock, 'frequency' | 'counter' | 'idleSeconds' | 'decides'>;
  /** A key of the database chosen fairly, NONE when there is none. */
  randomKey(): number;
  /** All random choices come from here. */
  readonly prng: Prng;
  /** Members gathered for the length of this call. */
  readonly scratch: ScratchSet;
  /** The result of a command over sorted sets. */
  readonly sortedSetBuilder: SortedSetBuilder;
  /** proto-max-bulk-len: no value is made longer. */
  bulkBytesMax(): number;
  /** Whether its user may read keys that no argument names. */
  mayReadAllKeys(): boolean;
  /** locale-collate: the order of SORT ALPHA; null for that of bytes. */
  collation(): Collation | null;
  /** Whether the command may wait: not inside MULTI or a script. */
  mayBlock(): boolean;
  /** Makes the command wait for keys (latin1), as Serving.block says. */
  block(
    keys: readonly string[],
    deadline: number,
    onTimeout: TimeoutReply,
    on?: BlockedOn,
    wakesOnDelete?: boolean,
  ): void;
  /** Set when the command waited, and runs again because one of its keys changed. */
  readonly retried: boolean;
}

/** What a command that may change the keyspace is given. */
export interface WriteCall extends ReadCall {
  readonly engine: Engine;
  readonly keyspace: Keyspace;
  readonly strings: Strings;
  readonly lists: Lists;
  readonly sets: Sets;
  readonly hashes: Hashes;
  readonly sortedSets: SortedSets;
  readonly streams: Streams;

  /** Whether the propagation stream has listeners: only then `propagateAs` need be called. */
  propagates(): boolean;
  /** Whether it may wait though it may not block: inside MULTI. Then `standStill` makes it wait (standstill.ts). */
  mayStandStill(): boolean;
  standStill(giveUp: () => void): Awaited;
  /** Whether a deadline in the past deletes at once; not where another server decides about expiry. */
  mayExpireNow(): boolean;
  /** The record of the key in an argument, to be changed: NONE when there is none. Every write goes through here. */
  forWrite(index: number): number;
  /** The same for a key of one type: MISTYPED after replying WRONGTYPE. What changes how many elements a collection has goes
   *  through here; strings are the keyspace's business (setString, resizeString …). */
  forWriteOf(index: number, type: number): number;
  /** The same for a collection, where the command says with `grew` how many elements came or went: for the commonest ones. */
  forWriteCounted(index: number, type: number): number;
  /** The collection of `forWriteCounted` has `count` elements, `by` more than before, fewer where that is negative; not for a
   *  record that was not inserted yet. Said before it is removed. */
  grew(type: number, count: number, by: number): void;
  /** Sees to room for `bytes` more, beyond what arguments explain; false after replying OOM. */
  admit(bytes: number): boolean;
  /** The same for copies of all arguments and a record for each. */
  admitArguments(): boolean;
  /** The key in an argument was changed: all that follows from that. `changes` is what it adds to the count of changes. */
  changed(index: number, event: KeyEvent, changes?: number): void;
  /** The same for a key of another database (MOVE, COPY). */
  changedIn(database: Database, index: number, event: KeyEvent): void;
  /** A further event of the same change. */
  notify(index: number, event: KeyEvent): void;
  /** A value of type `after` is about to take the place of all that the record of the key in an argument holds. */
  overwriting(index: number, record: number, after: number): void;
  /** The same once it happened, in any database: `before` is the type of what is gone. */
  overwritten(database: Database, index: number, before: number, after: number): void;
  /** The field in an argument belongs to the event of a hash that is announced next; `withFields`: every `step`th from `from` on. */
  withField(index: number): void;
  withFields(from: number, step: number): void;
  /** Propagates another command of `count` arguments in place of this one; may be called several times. */
  propagateAs(count: number): Propagation;
  /** Propagates this command as it came, beside what `propagateAs` said. */
  propagateVerbatim(): void;
  /** Propagates nothing, whatever was changed. */
  propagateNothing(): void;
}

export class Call implements WriteCall {
  readonly engine: Engine;
  readonly keyspace: Keyspace;
  readonly strings: Strings;
  readonly lists: Lists;
  readonly sets: Sets;
  readonly hashes: Hashes;
  readonly sortedSets: SortedSets;
  readonly streams: Streams;
  readonly sortedSetBuilder: SortedSetBuilder;
  readonly scratch: ScratchSet;
  readonly prng: Prng;
  readonly access: AccessClock;
  reply: Reply;
  session!: Session;
  database!: Database;
  bytes: Uint8Array = NO_BYTES;
  starts: Int32Array = NO_RANGES;
  ends: Int32Array = NO_RANGES;
  count = 0;
  /** Where the request stands, bytes[requestStart..requestEnd), if it is an array of bulk strings; else NO_REQUEST. */
  requestStart = NO_REQUEST;
  requestEnd = 0;
  /** Id of the command in the table. */
  command = -1;
  /** Level of nesting: 0 for what a client sent, 1 inside EXEC. */
  readonly depth: number;
  /** How the command is propagated if it changed anything: VERBATIM unless it says otherwise. */
  propagation = PROPAGATE_VERBATIM;
  fieldFound = false;
  readonly hyperloglog: HyperLogLog;
  retried = false;

  constructor(engine: Engine, depth: number, reply: Reply) {
    this.engine = engine;
    this.keyspace = engine.keyspace;
    this.strings = engine.keyspace.strings;
    this.lists = engine.keyspace.lists;
    this.sets = engine.keyspace.sets;
    this.hyperloglog = engine.hyperloglog;
    this.hashes = engine.keyspace.hashes;
    this.scratch = engine.keyspace.scratch;
    this.sortedSets = engine.keyspace.sortedSets;
    this.streams = engine.keyspace.streams;
    this.sortedSetBuilder = engine.keyspace.sortedSetBuilder;
    this.prng = engine.prng;
    this.access = engine.access;
    this.reply = reply;
    this.depth = depth;
  }

  now(): number {
    return this.keyspace.now;
  }

  expiryNow(): number {
    return this.keyspace.expiryNow;
  }

  propagates(): boolean {
    return this.engine.propagation.active;
  }

  is(index: number, lowerCaseWord: Uint8Array): boolean {
    return equalsIgnoreCase(this.bytes, this.starts[index]!, this.ends[index]!, lowerCaseWord);
  }

  text(index: number): string {
    return toLatin1(this.bytes, this.starts[index]!, this.ends[index]!);
  }

  copy(index: number): Uint8Array {
    return this.bytes.slice(this.starts[index]!, this.ends[index]!);
  }

  length(index: number): number {
    return this.ends[index]! - this.starts[index]!;
  }

  integer(index: number): number {
    const value = parseInteger(this.bytes, this.starts[index]!, this.ends[index]!);
    if (Number.isNaN(value)) this.reply.error(NOT_AN_INTEGER);
    return value;
  }

  integerFrom(index: number, skipped: number): number {
    return parseInteger(this.bytes, this.starts[index]! + skipped, this.ends[index]!);
  }

  quietInteger(index: number): number {
    const value = parseInteger(this.bytes, this.starts[index]!, this.ends[index]!);
    if (!Number.isNaN(value)) return value;
    const long = parseInt64(this.bytes, this.starts[index]!, this.ends[index]!);
    if (long === null) return value;
    return long > 0n ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
  }

  clampedInteger(index: number): number {
    const value = this.quietInteger(index);
    if (Number.isNaN(value)) this.reply.error(NOT_AN_INTEGER);
    return value;
  }

  clampedPositive(index: number): number {
    const value = this.quietInteger(index);
    if (value >= 0) return value;
    this.reply.error(NOT_POSITIVE);
    return Number.NaN;
  }

  randomCount(index: number): number {
    const value = parseInteger(this.bytes, this.starts[index]!, this.ends[index]!);
    if (!Number.isNaN(value)) return value;
    const long = this.int64(index);
    if (long === null) return value;
    if (long === INT64_MIN) {
      this.reply.errorText(outOfBounds(-INT64_MAX, INT64_MAX));
      return Number.NaN;
    }
    return long > 0n ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
  }

  int32(index: number): number {
    const value = this.clampedInteger(index);
    if (value === (value | 0) || Number.isNaN(value)) return value;
    this.reply.errorText(outOfBounds(INT32_MIN, INT32_MAX));
    return Number.NaN;
  }

  int64(index: number): bigint | null {
    const value = parseInt64(this.bytes, this.starts[index]!, this.ends[index]!);
    if (value === null) this.reply.error(NOT_AN_INTEGER);
    return value;
  }

  find(index: number): number {
    const start = this.starts[index]!;
    const end = this.ends[index]!;
    const handle = this.keyspace.find(this.database, this.bytes, start, end);
    this.engine.accessed(this, index, handle);
    return handle;
  }

  look(index: number): number {
    const handle = this.peek(index);
    this.engine.looked(this, index, handle);
    return handle;
  }

  findKey(bytes: Uint8Array, start: number, end: number): number {
    const handle = this.keyspace.find(this.database, bytes, start, end);
    if (handle !== NONE && !this.session.noTouch) this.engine.access.touchRead(handle);
    this.engine.counted(handle);
    if (handle === NONE && this.engine.effects !== 0) {
      this.engine.changes.notify(this.database, bytes, start, end, KEY_MISS_EVENT);
    }
    return handle;
  }

  inspect(index: number): number {
    const handle = this.peek(index);
    this.engine.counted(handle);
    return handle;
  }

  isSame(a: number, b: number): boolean {
    const { bytes, starts, ends } = this;
    return equalBytes(bytes, starts[a]!, ends[a]!, bytes, starts[b]!, ends[b]!);
  }

  findOf(index: number, type: number): number {
    const handle = this.find(index);
    if (handle !== NONE && this.keyspace.records.type(handle) !== type) {
      this.reply.error(WRONG_TYPE);
      return MISTYPED;
    }
    return handle;
  }

  peek(index: number): number {
    return this.keyspace.find(this.database, this.bytes, this.starts[index]!, this.ends[index]!);
  }

  typeOf(handle: number): number {
    return this.keyspace.records.type(handle);
  }

  encodingOf(handle: number): number {
    return this.keyspace.records.encoding(handle);
  }

  deadlineOf(handle: number): number | bigint {
    return this.keyspace.deadlineToCopy(handle);
  }

  randomKey(): number {
    return this.keyspace.random(this.database, this.engine.prng);
  }

  collation(): Collation | null {
    return this.engine.collation;
  }

  bulkBytesMax(): number {
    return this.engine.bulkBytesMax;
  }

  mayExpireNow(): boolean {
    return this.engine.mayExpire() && !this.session.mustObey;
  }

  encodingName(handle: number): string {
    return this.keyspace.datatype(handle).encodingName(handle);
  }

  forWrite(index: number): number {
    const handle = this.keyspace.find(this.database, this.bytes, this.starts[index]!, this.ends[index]!);
    if (handle === NONE) return NONE;
    this.keyspace.table.touchFound();
    if (!this.session.noTouch) this.engine.access.touch(handle);
    return handle;
  }

  willChangeFound(): void {
    this.keyspace.table.touchFound();
  }

  forWriteOf(index: number, type: number): number {
    const handle = this.forWriteCounted(index, type);
    if (type !== STRING && handle !== NONE && handle !== MISTYPED)
      this.keyspace.keySizes.open(this.database.sizes, handle);
    return handle;
  }

  forWriteCounted(index: number, type: number): number {
    const handle = this.forWrite(index);
    if (handle !== NONE && this.keyspace.records.type(handle) !== type) {
      this.reply.error(WRONG_TYPE);
      return MISTYPED;
    }
    return handle;
  }

  grew(type: number, count: number, by: number): void {
    this.keyspace.keySizes.grew(this.database.sizes, type, count, by);
  }

  admit(bytes: number): boolean {
    if (this.keyspace.memory.admit(bytes)) return true;
    this.reply.error(OUT_OF_MEMORY);
    return false;
  }

  admitArguments(): boolean {
    return this.admit((this.ends[this.count - 1]! - this.starts[0]!) * 2 + this.count * RECORD_BYTES);
  }

  changed(index: number, event: KeyEvent, changes = 1): void {
    const engine = this.engine;
    engine.dirty += changes;
    if (engine.effects !== 0) {
      engine.changes.keyChanged(this.database, this.bytes, this.starts[index]!, this.ends[index]!, event);
    }
  }

  changedIn(database: Database, index: number, event: KeyEvent): void {
    const engine = this.engine;
    engine.dirty++;
    if (engine.effects !== 0) {
      engine.changes.keyChanged(database, this.bytes, this.starts[index]!, this.ends[index]!, event);
    }
  }

  cached(index: number): void {
    const engine = this.engine;
    engine.dirty++;
    if (engine.effects !== 0) {
      engine.changes.cached(this.database, this.bytes, this.starts[index]!, this.ends[index]!);
    }
  }

  notify(index: number, event: KeyEvent): void {
    const engine = this.engine;
    if (engine.effects !== 0) {
      engine.changes.notify(this.database, this.bytes, this.starts[index]!, this.ends[index]!, event);
    }
  }

  overwriting(index: number, record: number, after: number): void {
    if (this.engine.effects !== 0) this.overwritten(this.database, index, this.typeOf(record), after);
  }

  overwritten(database: Database, index: number, before: number, after: number): void {
    const { effects, changes } = this.engine;
    if (effects === 0) return;
    const start = this.starts[index]!;
    const end = this.ends[index]!;
    changes.notify(database, this.bytes, start, end, OVERWRITTEN_EVENT);
    if (before !== after) changes.notify(database, this.bytes, start, end, TYPE_CHANGED_EVENT);
  }

  withField(index: number): void {
    const { changes } = this.engine;
    if (changes.namesFields) changes.withField(this.bytes, this.starts[index]!, this.ends[index]!);
  }

  withFields(from: number, step: number): void {
    if (!this.engine.changes.namesFields) return;
    for (let index = from; index < this.count; index += step) this.withField(index);
  }

  propagateAs(count: number): Propagation {
    this.propagation = PROPAGATE_NOTHING;
    return this.engine.propagation.begin(this.database.index, count);
  }

  propagateVerbatim(): void {
    this.propagation = PROPAGATE_ALWAYS;
  }

  propagateNothing(): void {
    this.propagation = PROPAGATE_NOTHING;
  }

  mayReadAllKeys(): boolean {
    return this.engine.acl.mayReadAllKeys(this);
  }

  mayBlock(): boolean {
    return this.depth === 0 && !this.session.mustObey;
  }

  mayStandStill(): boolean {
    return this.engine.standstill.mayBegin(this);
  }

  standStill(giveUp: () => void): Awaited {
    return this.engine.standstill.begin(this, giveUp);
  }

  block(
    keys: readonly string[],
    deadline: number,
    onTimeout: TimeoutReply,
    on: BlockedOn = 'keys',
    wakesOnDelete = false,
  ): void {
    this.engine.serving.block(this, keys, deadline, onTimeout, on, wakesOnDelete);
  }

  /** Copies the arguments, from `from` on, into fresh bytes: for queues and blocked clients. */
  copyArguments(from: number): Arguments {
    const count = this.count - from;
    const offsets = new Int32Array(count + 1);
    let length = 0;
    for (let index = 0; index < count; index++) {
      offsets[index] = length;
      length += this.length(from + index);
    }
    offsets[count] = length;
    const bytes = new Uint8Array(length);
    for (let index = 0; index < count; index++) {
      copyBytes(this.bytes, this.starts[from + index]!, this.ends[from + index]!, bytes, offsets[index]!);
    }
    return { bytes, starts: offsets.subarray(0, count), ends: offsets.subarray(1), count };
  }

  /**
   * Whether the request could be written again with the same bytes: the parsers take it as it comes when there is something
   * else in place of a line's end.
   */
  isPlainRequest(): boolean {
    const { bytes, starts, ends, count, requestStart } = this;
    if (requestStart === NO_REQUEST || bytes[requestStart + (count < 10 ? 3 : 4)] !== LF) return false;
    for (let index = 0; index < count; index++) {
      const end = ends[index]!;
      if (bytes[starts[index]! - 1] !== LF || bytes[end] !== CR || bytes[end + 1] !== LF) return false;
    }
    return true;
  }

  /** Takes copied arguments as its own. */
  load(args: Arguments): void {
    this.requestStart = NO_REQUEST;
    this.bytes = args.bytes;
    this.starts = args.starts;
    this.ends = args.ends;
    this.count = args.count;
  }
}

/** Arguments in bytes of their own. */
export interface Arguments {
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly count: number;
}

export const PROPAGATE_NOTHING = 0;
/** As it came, if it changed anything. */
export const PROPAGATE_VERBATIM = 1;
/** As it came, whether it changed anything or not. */
export const PROPAGATE_ALWAYS = 2;

/** A key's record beside its key and value, with its share of the index. */
const RECORD_BYTES = 64;

const INT32_MIN = -0x80000000;
const INT32_MAX = 0x7fffffff;

const NO_BYTES = new Uint8Array(0);
const NO_RANGES = new Int32Array(0);
/** Of a call whose arguments came otherwise than in an array of bulk strings. */
export const NO_REQUEST = -1;
const CR = 13;
const LF = 10;
