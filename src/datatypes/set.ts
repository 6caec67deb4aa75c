// Sets: which of their encodings holds the members, and how to look into and change one.
//
//   intset      integers only, up to set-max-intset-entries of them: structures/int-set.ts
//   listpack    up to set-max-listpack-entries members of up to set-max-listpack-value bytes: structures/listpack.ts
//   hashtable   beyond: member records in a hash table (members.ts)
//
// Names and thresholds are Redis's. A set grows from one into the next and never goes back. Changes may move the key's
// record: `record` then names it, and the caller puts it in its place.

import { assert } from '../lib/assert.ts';
import { Int64 } from '../lib/int64.ts';
import { INT64_DIGITS_MAX } from '../lib/integers.ts';
import type { Prng } from '../lib/prng.ts';
import { NONE } from '../memory/flat-memory.ts';
import { INT_SET_HEADER_BYTES, IntSet } from '../structures/int-set.ts';
import { IntSetCursor } from '../structures/int-set-cursor.ts';
import { Listpack, PACK_EMPTY_BYTES } from '../structures/listpack.ts';
import { TableWalk } from '../structures/table-walk.ts';
import type { Datatype } from './datatype.ts';
import { DISPOSE_AT_ONCE_MAX, type Disposals } from './disposals.ts';
import { type KeyRecords, SET } from './key-record.ts';
import type { Members } from './members.ts';
import { LARGE, PACKED_OTHER, PACKED_OUTSIDE, type PackedValues } from './packed-values.ts';

const EMPTY = new Uint8Array(0);
/** A member in a table takes up to this many times the bytes that it takes in its shortest packed form. */
const TABLE_FACTOR = 10;

/** What a command that only reads may do with sets. */
export type ReadSets = Pick<
  Sets,
  | 'bytes'
  | 'start'
  | 'end'
  | 'count'
  | 'has'
  | 'random'
  | 'randomHandle'
  | 'readHandle'
  | 'walk'
  | 'scan'
  | 'scannedCount'
  | 'readScanned'
  | 'at'
  | 'isLarge'
  | 'integerCursors'
>;

export class Sets implements Datatype {
  /** set-max-intset-entries, set-max-listpack-entries, set-max-listpack-value. */
  intSetEntriesMax = 512;
  packedEntriesMax = 128;
  packedValueBytesMax = 64;
  /** The key's record after a change. */
  record = NONE;
  /** The member that `random` or `at` chose: bytes[start..end), valid until memory changes. */
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  private readonly intSet = new IntSet();
  private readonly integer = new Int64();
  private readonly digits = new Uint8Array(INT64_DIGITS_MAX + 1);
  private readonly ownWalk: SetWalk;
  private readonly records: KeyRecords;
  private readonly packed: PackedValues;
  private readonly members: Members;
  private readonly disposals: Disposals;
  private readonly listpack: Listpack;

  constructor(records: KeyRecords, packed: PackedValues, members: Members, disposals: Disposals, listpack: Listpack) {
    this.records = records;
    this.packed = packed;
    this.members = members;
    this.disposals = disposals;
    this.listpack = listpack;
    this.ownWalk = this.walk();
  }

  // --- looking ---

  count(handle: number): number {
    if (this.isLarge(handle)) return this.members.table.count(this.packed.payload(handle, 0));
    const { packed } = this;
    packed.read(handle);
    return this.isIntSet(handle)
      ? this.intSet.count(packed.bytes, packed.start)
      : this.listpack.count(packed.bytes, packed.start);
  }

  /** Whether bytes[start..end) is a member. */
  has(handle: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.isLarge(handle)) {
      return this.members.table.find(this.packed.payload(handle, 0), bytes, start, end) !== NONE;
    }
    const { packed, listpack, integer } = this;
    packed.read(handle);
    if (this.isIntSet(handle)) {
      return integer.parse(bytes, start, end) && this.intSet.find(packed.bytes, packed.start, integer);
    }
    const first = listpack.first(packed.bytes, packed.start);
    return listpack.find(packed.bytes, packed.start, first, bytes, start, end, 1) >= 0;
  }

  /** Whether the set is a table: then it has no order, and is scanned in steps. */
  isLarge(handle: number): boolean {
    return this.records.encoding(handle) >= LARGE;
  }

  /** Leaves a member chosen fairly in `bytes`, `start`, `end`. */
  random(handle: number, prng: Prng): void {
    if (!this.isLarge(handle)) {
      this.at(handle, prng.below(this.count(handle)));
      return;
    }
    this.readHandle(this.randomHandle(handle, prng));
  }

  /** The record of a member of a large set, chosen fairly. */
  randomHandle(handle: number, prng: Prng): number {
    return this.members.table.random(this.packed.payload(handle, 0), prng);
  }

  /** Leaves the member of a record in `bytes`, `start`, `end`. */
  readHandle(record: number): void {
    const { members } = this;
    members.read(record);
    this.bytes = members.bytes;
    this.start = members.start;
    this.end = members.end;
  }

  /** Leaves member `index` of a packed set in `bytes`, `start`, `end`. */
  at(handle: number, index: number): void {
    const { packed, listpack, intSet } = this;
    packed.read(handle);
    if (this.isIntSet(handle)) {
      intSet.get(packed.bytes, packed.start, index);
      this.bytes = this.digits;
      this.start = 0;
      this.end = intSet.value.write(this.digits, 0);
      return;
    }
    listpack.read(packed.bytes, listpack.seek(packed.bytes, packed.start, index));
    this.bytes = listpack.bytes;
    this.start = listpack.start;
    this.end = listpack.end;
  }

  /** A walk of its own; several may go on at once. */
  walk(): SetWalk {
    return new SetWalk(this.records, this.packed, this.members);
  }

  /** A cursor for each of the sets, NONE being passed over; null when one of them is no int set. They hold until a set changes. */
  integerCursors(handles: Int32Array): IntSetCursor[] | null {
    const { packed } = this;
    const cursors: IntSetCursor[] = [];
    for (const handle of handles) {
      if (handle === NONE) continue;
      if (this.isLarge(handle) || !this.isIntSet(handle)) return null;
      packed.read(handle);
      cursors.push(new IntSetCursor(packed.bytes, packed.start));
    }
    return cursors;
  }

  /** One step through a large set by about `count` members: the next cursor, 0 at the end. `readScanned` tells what it
   *  came upon. */
  scan(handle: number, cursor: number, count: number): number {
    return this.members.table.scan(this.packed.payload(handle, 0), cursor, count);
  }

  scannedCount(): number {
    return this.members.table.collectedCount;
  }

  /** Leaves a member that `scan` came upon in `bytes`, `start`, `end`. */
  readScanned(index: number): void {
    this.readHandle(this.members.table.collected[index]!);
  }

  // --- changing ---

  /**
   * A new, empty set for a key, of the encoding that suits a first member and some `members` to come. In no table yet; the
   * caller owns it. May grow memory.
   */
  create(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    access: number,
    first: Uint8Array,
    start: number,
    end: number,
    members: number,
  ): number {
    const { packed } = this;
    if (members <= this.intSetEntriesMax && this.integer.parse(first, start, end)) {
      return this.createIntSet(key, keyStart, keyEnd, access);
    }
    if (members <= this.packedEntriesMax) {
      const handle = packed.create(SET, 0, key, keyStart, keyEnd, access, PACK_EMPTY_BYTES);
      this.listpack.writeEmpty(packed.bytes, packed.start);
      return handle;
    }
    return packed.createLarge(SET, key, keyStart, keyEnd, access, this.members.table.create(), 0);
  }

  /** The same, to be filled with whatever comes. */
  createIntSet(key: Uint8Array, keyStart: number, keyEnd: number, access: number): number {
    const { packed } = this;
    const handle = packed.create(SET, 1, key, keyStart, keyEnd, access, INT_SET_HEADER_BYTES);
    this.intSet.writeEmpty(packed.bytes, packed.start);
    return handle;
  }

  /** Bytes that a packed set may take beside those of new members when it becomes a table. */
  conversionBytes(handle: number): number {
    const encoding = this.records.encoding(handle);
    // What lies in the record is so short that the reserve is enough.
    if (encoding >= LARGE || encoding < PACKED_OUTSIDE) return 0;
    this.packed.read(handle);
    return (this.packed.end - this.packed.start) * TABLE_FACTOR;
  }

  /** Adds a member; false when it is one already. Leaves the record in `record`. May grow memory. */
  add(handle: number, bytes: Uint8Array, start: number, end: number): boolean {
    this.record = handle;
    if (this.isLarge(handle)) return this.addLarge(handle, bytes, start, end);
    return this.isIntSet(handle)
      ? this.addToIntSet(handle, bytes, start, end)
      : this.addToListpack(handle, bytes, start, end);
  }

  /** The same of an integer. */
  addInteger(handle: number, added: Int64): boolean {
    if (this.isLarge(handle) || !this.isIntSet(handle)) {
      return this.add(handle, this.digits, 0, added.write(this.digits, 0));
    }
    const { packed, intSet } = this;
    this.record = handle;
    packed.read(handle);
    if (intSet.find(packed.bytes, packed.start, added)) return false;
    const { index } = intSet;
    const count = intSet.count(packed.bytes, packed.start);
    if (count >= this.intSetEntriesMax) {
      return this.addLarge(this.enlarge(handle), this.digits, 0, added.write(this.digits, 0));
    }
    const growth = intSet.growth(packed.bytes, packed.start, added);
    this.record = packed.splice(handle, packed.end - packed.start, 0, growth);
    intSet.index = index;
    intSet.insert(packed.bytes, packed.start, added);
    return true;
  }

  /** Takes a member out; false when it is none. Leaves the record in `record`; it may be empty. */
  remove(handle: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { packed, listpack, members, integer, intSet } = this;
    this.record = handle;
    if (this.isLarge(handle)) {
      const root = packed.payload(handle, 0);
      const found = members.table.find(root, bytes, start, end);
      if (found === NONE) return false;
      members.table.removeFound(root);
      members.free(found);
      return true;
    }
    packed.read(handle);
    if (this.isIntSet(handle)) {
      if (!integer.parse(bytes, start, end) || !intSet.find(packed.bytes, packed.start, integer)) return false;
      const width = intSet.width(packed.bytes, packed.start);
      intSet.remove(packed.bytes, packed.start, intSet.index);
      this.record = packed.splice(handle, packed.end - packed.start - width, width, 0);
      return true;
    }
    const first = listpack.first(packed.bytes, packed.start);
    const at = listpack.find(packed.bytes, packed.start, first, bytes, start, end, 1);
    if (at < 0) return false;
    const count = listpack.count(packed.bytes, packed.start);
    this.record = packed.splice(handle, at - packed.start, listpack.sizeAt(packed.bytes, at), 0);
    listpack.setHeader(packed.bytes, packed.start, packed.end - packed.start, count - 1);
    return true;
  }

  /** Takes the member out that `random` has just chosen. Leaves the record in `record`; it may be empty. */
  removeChosen(handle: number): void {
    if (!this.isLarge(handle)) {
      this.remove(handle, this.bytes, this.start, this.end);
      return;
    }
    const { members } = this;
    this.record = handle;
    const chosen = members.table.found();
    members.table.removeFound(this.packed.payload(handle, 0));
    members.free(chosen);
  }

  /** Makes room for `members` more at once: a packed set that would outgrow its form anyhow becomes a table. */
  expect(handle: number, members: number): void {
    this.record = handle;
    if (this.isLarge(handle)) return;
    const max = this.isIntSet(handle) ? this.intSetEntriesMax : this.packedEntriesMax;
    if (members > max) this.enlarge(handle);
  }

  // --- the Datatype ---

  encodingName(handle: number): string {
    if (this.isLarge(handle)) return 'hashtable';
    return this.isIntSet(handle) ? 'intset' : 'listpack';
  }

  release(handle: number, later: boolean): void {
    const { packed, members } = this;
    if (!this.isLarge(handle)) {
      packed.release(handle);
      return;
    }
    const root = packed.payload(handle, 0);
    this.disposals.add(members, root, later && members.table.count(root) > DISPOSE_AT_ONCE_MAX);
  }

  duplicate(copy: number): void {
    const { packed, members } = this;
    if (this.isLarge(copy)) packed.setPayload(copy, members.duplicateTable(packed.payload(copy, 0)), 0);
    else packed.duplicate(copy);
  }

  copyBytes(handle: number): number {
    if (this.isLarge(handle)) return this.members.tableBytes(this.packed.payload(handle, 0));
    return this.packed.outsideBytes(handle);
  }

  check(handle: number): void {
    const { packed, listpack, intSet, members } = this;
    assert(this.count(handle) > 0, 'a key has no empty set');
    if (this.isLarge(handle)) {
      members.table.check(packed.payload(handle, 0));
      return;
    }
    packed.check(handle);
    packed.read(handle);
    const length = packed.end - packed.start;
    if (this.isIntSet(handle)) {
      intSet.check(packed.bytes, packed.start);
      assert(intSet.total(packed.bytes, packed.start) === length, 'an int set fills its value');
    } else assert(listpack.validate(packed.bytes, packed.start, length), 'a packed set is a valid listpack');
  }

  // --- the encodings ---

  private isIntSet(handle: number): boolean {
    return (this.records.encoding(handle) & PACKED_OTHER) !== 0;
  }

  private addLarge(handle: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { members } = this;
    const root = this.packed.payload(handle, 0);
    if (members.table.find(root, bytes, start, end) !== NONE) return false;
    members.table.insert(root, members.create(bytes, start, end, 0, false));
    return true;
  }

  private addToIntSet(handle: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { integer } = this;
    if (!integer.parse(bytes, start, end)) {
      if (this.isPackable(handle, end - start))
        return this.addToListpack(this.becomeListpack(handle), bytes, start, end);
      return this.addLarge(this.enlarge(handle), bytes, start, end);
    }
    return this.addInteger(handle, integer);
  }

  /** Whether an int set and a member of `length` bytes may be a listpack together. */
  private isPackable(handle: number, length: number): boolean {
    const { packed, intSet } = this;
    if (length > this.packedValueBytesMax) return false;
    packed.read(handle);
    const count = intSet.count(packed.bytes, packed.start);
    if (count >= this.packedEntriesMax) return false;
    // The longest digits are those of the least or of the greatest integer.
    for (let index = 0; index < count; index += Math.max(1, count - 1)) {
      this.at(handle, index);
      if (this.end > this.packedValueBytesMax) return false;
    }
    return true;
  }

  private addToListpack(handle: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { packed, listpack } = this;
    packed.read(handle);
    const first = listpack.first(packed.bytes, packed.start);
    if (listpack.find(packed.bytes, packed.start, first, bytes, start, end, 1) >= 0) return false;
    const count = listpack.count(packed.bytes, packed.start);
    if (count >= this.packedEntriesMax || end - start > this.packedValueBytesMax) {
      return this.addLarge(this.enlarge(handle), bytes, start, end);
    }
    const gap = listpack.entryBytes(bytes, start, end);
    const at = packed.end - packed.start - 1;
    this.record = packed.splice(handle, at, 0, gap);
    listpack.write(packed.bytes, packed.start + at, bytes, start, end);
    listpack.setHeader(packed.bytes, packed.start, packed.end - packed.start, count + 1);
    return true;
  }

  /** Writes an int set anew as a listpack. Returns the record, which is in `record` too. */
  private becomeListpack(handle: number): number {
    const { packed, listpack, intSet } = this;
    packed.read(handle);
    const integers = packed.bytes.slice(packed.start, packed.end);
    const count = intSet.count(integers, 0);
    let length = PACK_EMPTY_BYTES;
    for (let index = 0; index < count; index++) {
      intSet.get(integers, 0, index);
      length += listpack.entryBytes(this.digits, 0, intSet.value.write(this.digits, 0));
    }
    const record = packed.splice(handle, 0, integers.length, length);
    packed.setOther(record, 0);
    let at = packed.start;
    listpack.writeEmpty(packed.bytes, at);
    at = listpack.first(packed.bytes, at);
    for (let index = 0; index < count; index++) {
      intSet.get(integers, 0, index);
      at = listpack.write(packed.bytes, at, this.digits, 0, intSet.value.write(this.digits, 0));
    }
    listpack.setHeader(packed.bytes, packed.start, length, count);
    this.record = record;
    return record;
  }

  /** Makes a table of a packed set. Returns the record, which is in `record` too. */
  private enlarge(handle: number): number {
    const { members, ownWalk } = this;
    const root = members.table.create();
    ownWalk.begin(handle);
    while (ownWalk.next()) {
      members.table.find(root, ownWalk.bytes, ownWalk.start, ownWalk.end);
      members.table.insert(root, members.create(ownWalk.bytes, ownWalk.start, ownWalk.end, 0, false));
    }
    this.record = this.packed.enlarge(handle, root, 0);
    return this.record;
  }
}

/**
 * A walk through the members of one set, each once, without allocating. While it goes on its set may be asked, but not
 * changed; other values may.
 */
export class SetWalk {
  /** The member that `next` came upon: bytes[start..end). */
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  /** A view of `bytes`: for replies. */
  view: DataView;
  private readonly records: KeyRecords;
  private readonly packed: PackedValues;
  private readonly members: Members;
  private readonly table: TableWalk;
  private readonly listpack = new Listpack();
  private readonly intSet = new IntSet();
  private readonly digits = new Uint8Array(INT64_DIGITS_MAX + 1);
  private readonly digitsView = new DataView(this.digits.buffer);
  private encoding = LARGE;
  /** The packed set: where it begins, and where the next member stands: an offset, or an index. */
  private packedBytes: Uint8Array = EMPTY;
  private packedView: DataView;
  private packedStart = 0;
  private place = 0;
  /** Integers of an int set. */
  private integers = 0;

  constructor(records: KeyRecords, packed: PackedValues, members: Members) {
    this.records = records;
    this.packed = packed;
    this.members = members;
    this.table = new TableWalk(members.table);
    this.view = this.digitsView;
    this.packedView = this.view;
  }

  /** Begins before the first member of a set; NONE is an empty one. */
  begin(handle: number): void {
    this.integers = 0;
    this.place = 0;
    this.encoding = PACKED_OTHER;
    if (handle === NONE) return;
    const { packed } = this;
    this.encoding = this.records.encoding(handle);
    if (this.encoding >= LARGE) {
      this.table.start(packed.payload(handle, 0));
      return;
    }
    packed.read(handle);
    this.packedBytes = packed.bytes;
    this.packedView = packed.view();
    this.packedStart = packed.start;
    this.encoding &= PACKED_OTHER;
    if (this.encoding === PACKED_OTHER) {
      this.integers = this.intSet.count(packed.bytes, packed.start);
      this.place = 0;
    } else this.place = this.listpack.first(packed.bytes, packed.start);
  }

  /** Goes on to the next member; false after the last. */
  next(): boolean {
    if (this.encoding >= LARGE) {
      const handle = this.table.next();
      if (handle === NONE) return false;
      const { members } = this;
      members.read(handle);
      this.bytes = members.bytes;
      this.view = members.view(handle);
      this.start = members.start;
      this.end = members.end;
      return true;
    }
    const { packedBytes: bytes, listpack } = this;
    if (this.encoding === PACKED_OTHER) {
      if (this.place >= this.integers) return false;
      this.intSet.get(bytes, this.packedStart, this.place++);
      this.bytes = this.digits;
      this.view = this.digitsView;
      this.start = 0;
      this.end = this.intSet.value.write(this.digits, 0);
      return true;
    }
    if (listpack.isEnd(bytes, this.place)) return false;
    listpack.read(bytes, this.place);
    this.place = listpack.next(bytes, this.place);
    this.bytes = listpack.bytes;
    this.view = listpack.isInteger ? listpack.digitsView : this.packedView;
    this.start = listpack.start;
    this.end = listpack.end;
    return true;
  }
}
