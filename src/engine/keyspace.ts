// The keyspace: numbered databases of key records in one hash table kind, with their expiries.
//
// What commands do to keys goes through here. Lookups expire a key whose time has come; `find…` may return NONE. The
// handle that a find returned is good until the next change of the keyspace. A change that moves a record (a longer
// value, a first expiry) puts the new one in the table and returns its handle.
//
// Invariants: (1) `expires` counts the records with a deadline, `deadlineSum` adds the deadlines up; (2) an armed record
// has an entry in its database's wheel, in the slot that it names or already due.

import type { Datatype } from '../datatypes/datatype.ts';
import { Datatypes } from '../datatypes/datatypes.ts';
import type { Disposable } from '../datatypes/disposals.ts';
import type { HashWalk } from '../datatypes/hash-walk.ts';
import { HASH, OUTSIDE, STRING } from '../datatypes/key-record.ts';
import { ScratchSet } from '../datatypes/scratch-set.ts';
import type { SetWalk } from '../datatypes/set.ts';
import { SortedSetBuilder } from '../datatypes/sorted-set-builder.ts';
import type { SortedSetWalk } from '../datatypes/sorted-set-walk.ts';
import { SAME_BIN } from '../datatypes/string.ts';
import { assert } from '../lib/assert.ts';
import type { KeyHasher } from '../lib/half-siphash.ts';
import type { Prng } from '../lib/prng.ts';
import { binOfDecimal, binOfSize } from '../lib/size-bins.ts';
import { type FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import { HashTable } from '../structures/hash-table.ts';
import { TableSnapshots } from '../structures/table-snapshot.ts';
import type { Blocked } from './blocking.ts';
import {
  deadlineOf,
  ExpiryWheel,
  FAR_DEADLINE,
  NO_DEADLINE,
  slotOf,
  UNARMED,
  writeExpiry,
  writeFarExpiry,
} from './expiry.ts';
import { FieldExpiry } from './field-expiry.ts';
import { KeySizes, newHistogram, type SizeHistogram } from './key-sizes.ts';
import type { Session } from './session.ts';

/** What a wheel entry of a hash counts for among steps of active expiry: many fields may be due. */
const FIELD_STEPS = 32;

/** One numbered database. SWAPDB exchanges two databases' contents, not the objects, nor who waits for their keys. */
export class Database {
  readonly index: number;
  /** Root of its table in the keyspace's hash table. */
  root: number;
  /** Keys with a deadline. */
  expires = 0;
  /** Sum of their deadlines, for the average TTL. */
  deadlineSum = 0;
  wheel: ExpiryWheel;
  /** Hashes with fields that have deadlines, and their wheel (field-expiry.ts). */
  expiringHashes = 0;
  fieldWheel: ExpiryWheel;
  /** How long its keys' values are (key-sizes.ts). */
  sizes: SizeHistogram = newHistogram();
  /** Sessions that watch a key, by key (latin1). */
  readonly watchers = new Map<string, Set<Session>>();
  /** Blocked clients by key (latin1), first come first. */
  readonly waiting = new Map<string, Set<Blocked>>();

  constructor(index: number, root: number, wheel: ExpiryWheel, fieldWheel: ExpiryWheel) {
    this.index = index;
    this.root = root;
    this.wheel = wheel;
    this.fieldWheel = fieldWheel;
  }
}

/** What a command that only reads may do: look, and delete what has expired, as a look-up does. */
export interface ReadKeyspace {
  /** The key that `readKey` read: keyBytes[keyStart..keyEnd), valid until memory changes. */
  readonly keyBytes: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  readKey(handle: number): void;
  /** Keys of a database, those whose time has come but that nobody met yet included. */
  count(database: Database): number;
  /** One step through all records of a database, from cursor 0 to cursor 0; what it came upon is `collected`: `count`
   *  records or some more, fewer where many buckets are empty. */
  scan(database: Database, cursor: number, count?: number): number;
  collectedCount(): number;
  /** A record that `scan` came upon; expired ones are among them. */
  collected(index: number): number;
  isExpired(handle: number): boolean;
  /** The record of a key even if its time has come. */
  findEvenExpired(database: Database, bytes: Uint8Array, start: number, end: number): number;
  /** Bytes of a record and all that it owns. O(N) for large collections. */
  usedBytes(handle: number): number;
  readonly hashWalk: HashWalk;
  /** Deletes fields of a hash whose deadlines have passed: the hash is the one found. */
  readonly fieldExpiry: Pick<FieldExpiry, 'expireField' | 'expiredSeveral' | 'expireDue'>;
  /** Walks, each for one use at a time. */
  readonly setWalk: SetWalk;
  readonly otherSetWalk: SetWalk;
  readonly sortedSetWalk: SortedSetWalk;
  /** Deletes a record of the table if its time has come; true when to a reader it is gone. */
  expireRecord(database: Database, handle: number): boolean;
  /** A key chosen fairly among those not expired, NONE when there is none. */
  random(database: Database, prng: Prng): number;
}

/** What the keyspace asks of its engine. */
export interface KeyspaceOwner {
  /** Whether a key whose time has come is to be deleted now; false on replicas and while writes are paused. */
  mayExpire(): boolean;
  /** A key was added, and `announcesNew` is set. */
  added(database: Database, handle: number): void;
  /** The record of an expired key is about to be removed: propagate, notify, count. */
  expired(database: Database, handle: number): void;
  /** An expired field of a hash is about to be removed: propagate, count. */
  fieldExpired(database: Database, handle: number, field: Uint8Array, start: number, end: number): void;
  /** Expired fields of a hash were removed: notify; `isEmpty`: the hash goes too. */
  fieldsExpired(database: Database, handle: number, isEmpty: boolean): void;
}

export class Keyspace extends Datatypes implements ReadKeyspace, Disposable {
  readonly table: HashTable;
  /** Point-in-time walks through the databases. */
  readonly tableSnapshots: TableSnapshots;
  readonly fieldExpiry: FieldExpiry;
  readonly keySizes: KeySizes;
  /** Gathers the result of one command over sorted sets. */
  readonly sortedSetBuilder: SortedSetBuilder;
  /** Members gathered for the length of one command. */
  readonly scratch: ScratchSet;
  readonly databases: Database[] = [];
  /** The time by which keys expire, in milliseconds since 1970; the engine sets it before each batch. */
  now = 0;
  /** The time by which what has a deadline is gone to those who look for it: `now`, but before all times while commands are
   *  run again that ran before (ObeyedCommands). */
  expiryNow = 0;
  /** The access clock of records read or written now: 24 bits, its meaning the eviction policy's. */
  accessClock = 0;
  /** Whether large values are freed in slices when they are overwritten or moved, expire, or are deleted by DEL:
   *  lazyfree-lazy-server-del, -expire, -user-del. */
  lazyServerDel = false;
  lazyExpire = false;
  lazyUserDel = false;
  /** Whether the owner is told of every key that is added (notification class 'n'). */
  announcesNew = false;
  keyBytes: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyEnd = 0;
  private readonly owner: KeyspaceOwner;
  private readonly hasher: KeyHasher;

  constructor(memory: FlatMemory, hasher: KeyHasher, owner: KeyspaceOwner, databaseCount: number, now: number) {
    super(memory, hasher);
    this.hasher = hasher;
    this.table = new HashTable(memory, hasher);
    this.tableSnapshots = new TableSnapshots(this.table);
    this.fieldExpiry = new FieldExpiry(this, owner);
    this.keySizes = new KeySizes(this);
    this.scratch = new ScratchSet(this.members);
    this.sortedSetBuilder = new SortedSetBuilder(this.sortedSets);
    this.owner = owner;
    this.now = now;
    this.expiryNow = now;
    for (let index = 0; index < databaseCount; index++) {
      this.databases.push(
        new Database(index, this.table.create(), new ExpiryWheel(memory, now), new ExpiryWheel(memory, now)),
      );
    }
  }

  /** Another set of objects to read the same values with. */
  readers(): Datatypes {
    return new Datatypes(this.memory, this.hasher);
  }

  count(database: Database): number {
    return this.table.count(database.root);
  }

  /** Keys of all databases. */
  countAll(): number {
    let keys = 0;
    for (const { root } of this.databases) keys += this.table.count(root);
    return keys;
  }

  scan(database: Database, cursor: number, count = 1): number {
    return this.table.scan(database.root, cursor, count);
  }

  collectedCount(): number {
    return this.table.collectedCount;
  }

  collected(index: number): number {
    return this.table.collected[index]!;
  }

  readKey(handle: number): void {
    this.keyBytes = this.memory.bytes[handle >>> SEGMENT_SHIFT]!;
    this.keyStart = this.records.keyStart(handle);
    this.keyEnd = this.keyStart + this.records.keyLength(handle);
  }

  /** The record of a key, NONE when there is none or its time has come (then it may be deleted at once). */
  find(database: Database, bytes: Uint8Array, start: number, end: number): number {
    const handle = this.table.find(database.root, bytes, start, end);
    if (handle === NONE) return NONE;
    const lengths = this.memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + 1]!;
    if (lengths < 0 && this.isExpired(handle)) return this.expireFound(database, handle);
    return handle;
  }

  /** The record of a key even if its time has come. */
  findEvenExpired(database: Database, bytes: Uint8Array, start: number, end: number): number {
    return this.table.find(database.root, bytes, start, end);
  }

  /** Whether a record's deadline has passed. */
  isExpired(handle: number): boolean {
    const deadline = this.deadline(handle);
    return deadline !== NO_DEADLINE && deadline <= this.expiryNow;
  }

  /** A record's deadline in milliseconds since 1970 (exact below 2^53), NO_DEADLINE when it has none. */
  deadline(handle: number): number {
    if (!this.records.hasExpiryField(handle)) return NO_DEADLINE;
    return deadlineOf(this.memory.words[handle >>> SEGMENT_SHIFT]!, ((handle & GRANULE_MASK) << 1) + 2);
  }

  /** Notes that a record was read or written now. */
  touch(handle: number): void {
    this.records.setAccess(handle, this.accessClock);
  }

  /**
   * Adds a record whose key was just looked for in vain; `isNew`: nor was it there before. The keyspace owns it from now on.
   * What changes a collection after that opens it first (KeySizes.open).
   */
  insert(database: Database, handle: number, isNew = true): void {
    this.table.insert(database.root, handle);
    this.keySizes.added(database.sizes, handle);
    this.fieldExpiry.entered(database, handle);
    if (isNew && this.announcesNew) this.owner.added(database, handle);
  }

  /**
   * Sets the string bytes[start..end) for a key that was just looked for: `existing` is what was found, of any type.
   * The expiry is removed unless `keepExpiry`; `willExpire` says that a deadline is set next, which then moves nothing.
   * The access clock of what was found stays: `forWrite` has set it. Returns the record.
   */
  setString(
    database: Database,
    existing: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    keepExpiry: boolean,
    willExpire = false,
  ): number {
    const strings = this.strings;
    strings.classify(bytes, start, end);
    return this.storeClassified(database, existing, key, keyStart, keyEnd, bytes, start, end, keepExpiry, willExpire);
  }

  /** The same for the value that `strings` last classified (`setInteger`, `setInt64`). */
  storeClassified(
    database: Database,
    existing: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    keepExpiry: boolean,
    willExpire = false,
  ): number {
    const { strings, records } = this;
    if (existing === NONE) {
      const handle = strings.create(key, keyStart, keyEnd, this.accessClock, willExpire, bytes, start, end);
      this.table.insert(database.root, handle);
      this.keySizes.addedString(database.sizes, strings.binOfClassified(start, end));
      if (this.announcesNew) this.owner.added(database, handle);
      return handle;
    }
    this.table.touchFound();
    const withField = records.hasExpiryField(existing);
    if ((withField || !willExpire) && strings.overwrite(existing, bytes, start, end)) {
      if (strings.binBefore !== SAME_BIN) {
        this.keySizes.changedString(database.sizes, strings.binBefore, strings.binOfClassified(start, end));
      }
      if (withField && !keepExpiry) this.removeDeadline(database, existing);
      return existing;
    }
    const hasField = withField || willExpire;
    const handle = strings.create(key, keyStart, keyEnd, records.access(existing), hasField, bytes, start, end);
    if (withField) {
      this.copyExpiry(existing, handle);
      if (!keepExpiry) this.removeDeadline(database, handle);
    }
    this.table.replaceFound(handle);
    this.keySizes.removed(database.sizes, existing);
    this.keySizes.addedString(database.sizes, strings.binOfClassified(start, end));
    this.fieldExpiry.left(database, existing);
    this.release(existing, this.lazyServerDel);
    return handle;
  }

  /** Adds to the integer of the int-encoded record just found: the sum, or NaN, as Strings.addInteger says. */
  addInteger(database: Database, handle: number, increment: number): number {
    const sum = this.strings.addInteger(handle, increment);
    const { binBefore } = this.strings;
    if (binBefore !== SAME_BIN) this.keySizes.changedString(database.sizes, binBefore, binOfDecimal(sum));
    return sum;
  }

  /** Makes a raw string of `length` bytes out of the one just found or set, as Strings.resize says. Returns the record. */
  resizeString(database: Database, handle: number, length: number, isExact = false): number {
    const before = this.keySizes.binOfString(handle);
    const record = this.strings.resize(handle, length, isExact);
    this.keySizes.changedString(database.sizes, before, binOfSize(length));
    if (record !== handle) this.table.replaceFound(record);
    return record;
  }

  /**
   * A copy of a record and all that it owns, under another key, used just now, without a deadline (but with the field for
   * one if it `willExpire`). The caller owns it.
   */
  duplicate(handle: number, key: Uint8Array, keyStart: number, keyEnd: number, willExpire: boolean): number {
    const copy = this.records.copy(handle, key, keyStart, keyEnd, willExpire);
    this.records.setAccess(copy, this.accessClock);
    if (this.records.type(copy) === STRING) this.strings.duplicate(copy);
    else this.datatype(copy).duplicate(copy);
    return copy;
  }

  /**
   * Takes the record just found out of its database and makes one of another key of it, which the caller owns: without a
   * deadline, but with the field for one if it had one.
   */
  rekeyFound(database: Database, handle: number, key: Uint8Array, keyStart: number, keyEnd: number): number {
    const willExpire = this.deadline(handle) !== NO_DEADLINE;
    this.takeFound(database, handle);
    const moved = this.records.copy(handle, key, keyStart, keyEnd, willExpire);
    this.records.free(handle);
    return moved;
  }

  /** Bytes that a copy of a record's value will take at most. */
  valueBytes(handle: number): number {
    return this.records.type(handle) === STRING ? this.strings.length(handle) : this.datatype(handle).copyBytes(handle);
  }

  usedBytes(handle: number): number {
    const isOutside = this.records.type(handle) !== STRING || this.records.encoding(handle) === OUTSIDE;
    return this.memory.capacity(handle) + (isOutside ? this.valueBytes(handle) : 0);
  }

  /** What knows the values of a record's type, which is not a string. */
  datatype(handle: number): Datatype {
    const datatype = this.types[this.records.type(handle)];
    assert(datatype !== undefined, 'a record is of a known type');
    return datatype;
  }

  /** Bytes of a record's own block: what moving it takes. */
  recordBytes(handle: number): number {
    return this.memory.capacity(handle);
  }

  /** A record's deadline, exactly: a number below 2^53, else a bigint; NO_DEADLINE without one. */
  deadlineToCopy(handle: number): number | bigint {
    const deadline = this.deadline(handle);
    return deadline <= Number.MAX_SAFE_INTEGER ? deadline : this.exactDeadline(handle);
  }

  expireRecord(database: Database, handle: number): boolean {
    if (!this.isExpired(handle)) return false;
    this.findByRecord(database, handle);
    this.expireFound(database, handle);
    return true;
  }

  /** Puts `handle` in the place of the record just found, after the record moved. */
  moved(handle: number): void {
    this.keySizes.moved(this.table.found(), handle);
    this.table.replaceFound(handle);
  }

  /** Deletes the record just found, and frees it; `later` says whether a large value may be freed in slices. */
  removeFound(database: Database, handle: number, later = false): void {
    this.takeFound(database, handle);
    this.release(handle, later);
  }

  /** Takes the record just found out of the table without freeing it: it is the caller's now, its deadline forgotten. */
  takeFound(database: Database, handle: number): void {
    this.forgetDeadline(database, handle);
    this.fieldExpiry.left(database, handle);
    this.keySizes.removed(database.sizes, handle);
    this.table.removeFound(database.root);
  }

  /** Frees a record that is in no table, with all that it owns; `later`: a large value in slices. */
  release(handle: number, later: boolean): void {
    if (this.records.type(handle) !== STRING) this.datatype(handle).release(handle, later);
    else if (this.records.encoding(handle) === OUTSIDE) this.strings.release(handle);
    this.records.free(handle);
  }

  /**
   * Gives the record just found or inserted a deadline (any integer number of milliseconds since 1970, or a bigint beyond
   * 2^53; one before 1970 counts as 1970). Returns the record, which may have moved.
   */
  setDeadline(database: Database, handle: number, deadline: number | bigint): number {
    this.table.touchFound();
    let record = handle;
    const records = this.records;
    if (!records.hasExpiryField(record)) {
      const bytes = this.memory.bytes[record >>> SEGMENT_SHIFT]!;
      const start = records.keyStart(record);
      record = records.copy(record, bytes, start, start + records.keyLength(record), true);
      this.moved(record);
      records.free(handle);
    }
    this.forgetDeadline(database, record);
    const word = this.expiryWord(record);
    const time = Math.max(0, Number(deadline));
    database.expires++;
    database.deadlineSum += time;
    if (time >= FAR_DEADLINE) {
      writeFarExpiry(this.memory.words[record >>> SEGMENT_SHIFT]!, word, BigInt(deadline));
      return record;
    }
    let slot = slotOf(this.memory.words[record >>> SEGMENT_SHIFT]!, word);
    if (!database.wheel.firesBefore(slot, time)) {
      slot = database.wheel.add(time, this.table.lastHigh(), this.table.lastLow());
    }
    writeExpiry(this.memory.words[record >>> SEGMENT_SHIFT]!, word, time, slot);
    return record;
  }

  /** Removes a record's deadline; false when it had none. The field stays, and with it the wheel's entry. */
  removeDeadline(database: Database, handle: number): boolean {
    if (this.deadline(handle) === NO_DEADLINE) return false;
    this.table.touchFound();
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = this.expiryWord(handle);
    const slot = slotOf(words, word);
    this.forgetDeadline(database, handle);
    writeExpiry(words, word, NO_DEADLINE, slot);
    return true;
  }

  /** A deadline exactly, also beyond 2^53. */
  exactDeadline(handle: number): bigint {
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = this.expiryWord(handle);
    if (words[word + 1]! < 0) return BigInt(deadlineOf(words, word));
    return (BigInt(words[word + 1]!) << 32n) | BigInt(words[word]! >>> 0);
  }

  /** Average milliseconds that keys with a deadline have left. */
  averageTtl(database: Database): number {
    if (database.expires === 0) return 0;
    return Math.max(0, Math.floor(database.deadlineSum / database.expires - this.now));
  }

  /**
   * Handles due expiries of all databases for up to `steps` wheel entries; false when nothing is due any more. The
   * caller sees to the time that it takes (some 300 ns a key) and to propagation after it.
   */
  expireDue(steps: number): boolean {
    let left = steps;
    while (this.fieldExpiry.goOn()) {
      left -= FIELD_STEPS;
      if (left <= 0) return true;
    }
    for (const database of this.databases) {
      const wheel = database.wheel;
      wheel.advance(this.now);
      while (wheel.next()) {
        this.fire(database, wheel.high, wheel.low, wheel.slot);
        if (--left <= 0) return true;
      }
      const { fieldWheel } = database;
      fieldWheel.advance(this.now);
      while (fieldWheel.next()) {
        this.fieldExpiry.fire(database, fieldWheel.high, fieldWheel.low, fieldWheel.slot);
        left -= FIELD_STEPS;
        if (left <= 0) return true;
      }
    }
    return this.fieldExpiry.unfinished.length > 0;
  }

  /** Drops wheel entries that stand for nothing, where they are many: looks at up to `steps` of them. False when done. */
  sweepWheels(steps: number): boolean {
    let left = steps;
    for (const database of this.databases) {
      const { wheel, fieldWheel } = database;
      while (wheel.wantsSweep(database.expires)) {
        if (!wheel.sweepNext()) break;
        if (this.armedKey(database) !== NONE) wheel.keep();
        if (--left <= 0) return true;
      }
      while (fieldWheel.wantsSweep(database.expiringHashes)) {
        if (!fieldWheel.sweepNext()) break;
        if (this.fieldExpiry.isArmed(database, fieldWheel)) fieldWheel.keep();
        if (--left <= 0) return true;
      }
    }
    return false;
  }

  /** The key that is armed with the present entry of its database's wheel. One without a deadline is disarmed, and is none. */
  private armedKey(database: Database): number {
    const { table, records, memory } = this;
    const { high, low, slot } = database.wheel;
    table.collectByHash(database.root, high, low);
    for (let index = 0; index < table.collectedCount; index++) {
      const handle = table.collected[index]!;
      if (!records.hasExpiryField(handle)) continue;
      const words = memory.words[handle >>> SEGMENT_SHIFT]!;
      const word = this.expiryWord(handle);
      if (slotOf(words, word) !== slot || !this.hasHash(handle, high, low)) continue;
      if (deadlineOf(words, word) !== NO_DEADLINE) return handle;
      writeExpiry(words, word, NO_DEADLINE, UNARMED);
    }
    return NONE;
  }

  /** Whether a record's key has this hash: others may share its bucket and tag. */
  hasHash(handle: number, high: number, low: number): boolean {
    this.table.rehash(handle);
    return this.table.lastHigh() === high && this.table.lastLow() === low;
  }

  /** Exchanges the contents of two databases. */
  swap(first: Database, second: Database): void {
    const { root, expires, deadlineSum, wheel, expiringHashes, fieldWheel, sizes } = first;
    first.root = second.root;
    first.expires = second.expires;
    first.deadlineSum = second.deadlineSum;
    first.wheel = second.wheel;
    first.expiringHashes = second.expiringHashes;
    first.fieldWheel = second.fieldWheel;
    first.sizes = second.sizes;
    second.root = root;
    second.expires = expires;
    second.deadlineSum = deadlineSum;
    second.wheel = wheel;
    second.expiringHashes = expiringHashes;
    second.fieldWheel = fieldWheel;
    second.sizes = sizes;
  }

  /** An empty database that is none of the numbered ones, for `swap`; to be discarded. */
  emptyLike(database: Database): Database {
    const { memory, now } = this;
    return new Database(
      database.index,
      this.table.create(),
      new ExpiryWheel(memory, now),
      new ExpiryWheel(memory, now),
    );
  }

  /** Frees a database of `emptyLike` with all that is in it. */
  discard(database: Database): void {
    this.disposals.add(this, database.root, true);
    database.wheel.clear();
    database.fieldWheel.clear();
  }

  /** Empties a database; `later`: its keys are freed in slices. The timing wheel is emptied at once. */
  clear(database: Database, later: boolean): void {
    const root = database.root;
    database.root = this.table.create();
    database.wheel.clear();
    database.fieldWheel.clear();
    database.sizes.fill(0);
    database.expiringHashes = 0;
    database.expires = 0;
    database.deadlineSum = 0;
    this.disposals.add(this, root, later);
  }

  /** Frees one segment's records of a table that is no database's any more; false when all is gone. In a slice
   *  large values are handed on, to be freed in slices of their own. */
  dispose(root: number): boolean {
    const more = this.table.dispose(root);
    const later = this.disposals.inSlice;
    for (let index = 0; index < this.table.collectedCount; index++) this.release(this.table.collected[index]!, later);
    return more;
  }

  /** Keys of a table that waits to be freed. */
  objects(root: number): number {
    return this.table.count(root);
  }

  /** Expired keys that it meets are deleted. */
  random(database: Database, prng: Prng): number {
    // On a replica expired keys stay: after so many tries any key must do, as in Redis.
    for (let tries = 0; ; tries++) {
      const handle = this.table.random(database.root, prng);
      if (handle === NONE || !this.isExpired(handle)) return handle;
      if (!this.owner.mayExpire()) {
        if (tries > 100) return handle;
        continue;
      }
      this.findByRecord(database, handle);
      this.expireFound(database, handle);
    }
  }

  /** Looks a record's own key up, so that it is the one found. */
  findByRecord(database: Database, handle: number): void {
    const start = this.records.keyStart(handle);
    const bytes = this.memory.bytes[handle >>> SEGMENT_SHIFT]!;
    const found = this.table.find(database.root, bytes, start, start + this.records.keyLength(handle));
    assert(found === handle, 'a record in the table is found by its key');
  }

  /** Walks everything; asserts the invariants. */
  check(): void {
    for (const database of this.databases) {
      this.table.check(database.root);
      database.wheel.check();
      database.fieldWheel.check();
      let expires = 0;
      let expiringHashes = 0;
      const sizes = newHistogram();
      let cursor = 0;
      do {
        cursor = this.table.scan(database.root, cursor);
        for (let index = 0; index < this.table.collectedCount; index++) {
          const handle = this.table.collected[index]!;
          this.memory.checkLive(handle, 8);
          if (this.records.type(handle) !== STRING) this.datatype(handle).check(handle);
          this.keySizes.added(sizes, handle);
          if (this.deadline(handle) !== NO_DEADLINE) expires++;
          if (this.records.type(handle) === HASH && this.hashes.hasDeadlines(handle)) expiringHashes++;
        }
      } while (cursor !== 0);
      assert(expires === database.expires, 'expires counts the deadlines (1)');
      assert(expiringHashes === database.expiringHashes, 'hashes with deadlines are counted');
      this.keySizes.check(database.sizes, sizes);
    }
    this.memory.check();
  }

  /** Deletes the expired record just found, where that is allowed. Returns NONE: to its reader the key is gone. */
  private expireFound(database: Database, handle: number): number {
    if (this.owner.mayExpire()) {
      this.owner.expired(database, handle);
      this.removeFound(database, handle, this.lazyExpire);
    }
    return NONE;
  }

  /** Handles a wheel entry: the keys of its hash that are armed with its slot expire or are set anew. */
  private fire(database: Database, high: number, low: number, slot: number): void {
    this.table.collectByHash(database.root, high, low);
    for (let index = 0; index < this.table.collectedCount; index++) {
      const handle = this.table.collected[index]!;
      if (!this.records.hasExpiryField(handle)) continue;
      const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
      const word = this.expiryWord(handle);
      if (slotOf(words, word) !== slot) continue;
      const deadline = deadlineOf(words, word);
      if (deadline === NO_DEADLINE) writeExpiry(words, word, deadline, UNARMED);
      else if (deadline > this.now || !this.owner.mayExpire()) {
        // Only the hash of this very key may stand for it: another key of the same bucket and tag is found by its own.
        this.findByRecord(database, handle);
        const next = database.wheel.add(deadline, this.table.lastHigh(), this.table.lastLow());
        writeExpiry(this.memory.words[handle >>> SEGMENT_SHIFT]!, word, deadline, next);
      } else {
        this.findByRecord(database, handle);
        this.expireFound(database, handle);
        // A removal may have merged segments, and `collected` served for that: look again.
        this.table.collectByHash(database.root, high, low);
        index = -1;
      }
    }
  }

  /**
   * The key that the entry stands for which a database's wheel just picked. NONE when there is none: an entry that stands for
   * nothing is dropped, one that lies where its key's deadline is not is moved there.
   */
  pickedKey(database: Database): number {
    const { wheel } = database;
    const handle = this.armedKey(database);
    const deadline = handle === NONE ? NO_DEADLINE : this.deadline(handle);
    if (handle !== NONE && wheel.slotFor(deadline) === wheel.slot) return handle;
    wheel.dropPicked();
    if (handle === NONE) return NONE;
    const next = wheel.add(deadline, wheel.high, wheel.low);
    writeExpiry(this.memory.words[handle >>> SEGMENT_SHIFT]!, this.expiryWord(handle), deadline, next);
    return NONE;
  }

  private expiryWord(handle: number): number {
    return ((handle & GRANULE_MASK) << 1) + 2;
  }

  private copyExpiry(from: number, to: number): void {
    const source = this.memory.words[from >>> SEGMENT_SHIFT]!;
    const target = this.memory.words[to >>> SEGMENT_SHIFT]!;
    target[this.expiryWord(to)] = source[this.expiryWord(from)]!;
    target[this.expiryWord(to) + 1] = source[this.expiryWord(from) + 1]!;
  }

  /** Takes a record's deadline out of the counts. */
  private forgetDeadline(database: Database, handle: number): void {
    const deadline = this.deadline(handle);
    if (deadline === NO_DEADLINE) return;
    database.expires--;
    database.deadlineSum -= deadline;
  }
}
