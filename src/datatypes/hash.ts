// Hashes: which of their encodings holds the fields, and how to look into and change one.
//
//   listpack     field, value, …: up to hash-max-listpack-entries fields of up to hash-max-listpack-value bytes
//   listpackex   the same with deadlines: [armed slot: 4 bytes] and a listpack of field, value, deadline (0: none), …
//                those that expire first come first, those that never do last
//   hashtable    beyond: member records with their values in a hash table; one that expires has its deadline in the
//                record's field, and is in an ordered tree by deadline
//
// Names and thresholds are Redis's. A large hash's payload is [table root, index]; the index of those with deadlines is
// a block of [tree root, armed slot], NONE where no field ever had one. The armed slot belongs to the keyspace
// (engine/field-expiry.ts), which expires fields by a timing wheel as it does keys.
//
// A field whose deadline has passed stays until somebody deletes it. Changes may move the key's record: `record` then
// names it, and the caller puts it in its place.

import { assert } from '../lib/assert.ts';
import { copyBytes } from '../lib/bytes.ts';
import { INT64_DIGITS_MAX, writeInteger } from '../lib/integers.ts';
import type { Prng } from '../lib/prng.ts';
import { type FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import { Listpack, PACK_EMPTY_BYTES } from '../structures/listpack.ts';
import type { OrderedTree } from '../structures/ordered-tree.ts';
import { readScore, writeScore } from '../structures/score.ts';
import { TableWalk } from '../structures/table-walk.ts';
import type { Datatype } from './datatype.ts';
import { DISPOSE_AT_ONCE_MAX, type Disposals } from './disposals.ts';
import { HashWalk, NEVER, SLOT_BYTES } from './hash-walk.ts';
import { HASH, type KeyRecords } from './key-record.ts';
import type { Members } from './members.ts';
import { LARGE, PACKED_OTHER, PACKED_OUTSIDE, type PackedValues } from './packed-values.ts';

const EMPTY = new Uint8Array(0);
/** A field in a table takes up to this many times the bytes that it takes in its shortest packed form. */
const TABLE_FACTOR = 10;
/** The index of fields with deadlines: tree root, armed slot. */
const INDEX_BYTES = 8;
/** The slot of a hash that is in no wheel; engine/expiry.ts has the same. */
export const NO_SLOT = 0x7fff;

/** What a command that only reads may do with hashes. */
export type ReadHashes = Pick<
  Hashes,
  | 'bytes'
  | 'start'
  | 'end'
  | 'deadline'
  | 'count'
  | 'find'
  | 'walk'
  | 'scan'
  | 'scannedCount'
  | 'scanned'
  | 'isLarge'
  | 'hasDeadlines'
  | 'firstDeadline'
  | 'random'
  | 'randomHandle'
>;

export class Hashes implements Datatype {
  /** hash-max-listpack-entries, hash-max-listpack-value. */
  packedEntriesMax = 512;
  packedValueBytesMax = 64;
  /** The key's record after a change. */
  record = NONE;
  /** The value that `find` found: bytes[start..end), valid until memory changes; and the field's deadline in milliseconds
   *  since 1970, NEVER without one. */
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  deadline = NEVER;
  /** Where it was found: an offset in the packed value, or a record. */
  private place = 0;
  private readonly digits = new Uint8Array(INT64_DIGITS_MAX + 1);
  private readonly memory: FlatMemory;
  private readonly records: KeyRecords;
  private readonly packed: PackedValues;
  private readonly members: Members;
  private readonly tree: OrderedTree;
  private readonly disposals: Disposals;
  private readonly listpack: Listpack;
  private readonly ownWalk: HashWalk;
  private readonly fieldReader = new Listpack();
  private readonly valueReader = new Listpack();

  constructor(
    records: KeyRecords,
    packed: PackedValues,
    members: Members,
    tree: OrderedTree,
    disposals: Disposals,
    listpack: Listpack,
  ) {
    this.memory = records.memory;
    this.records = records;
    this.packed = packed;
    this.members = members;
    this.tree = tree;
    this.disposals = disposals;
    this.listpack = listpack;
    this.ownWalk = this.walk();
  }

  // --- looking ---

  isLarge(handle: number): boolean {
    return this.records.encoding(handle) >= LARGE;
  }

  /** Fields, those whose deadline has passed included. */
  count(handle: number): number {
    if (this.isLarge(handle)) return this.members.table.count(this.packed.payload(handle, 0));
    const pack = this.readPack(handle);
    const entries = this.listpack.count(this.packed.bytes, pack);
    return this.isExpiring(handle) ? entries / 3 : entries >>> 1;
  }

  /**
   * Looks a field up, whether its deadline has passed or not: false when there is none; else its value is at `bytes`,
   * `start`, `end`, its deadline in `deadline`.
   */
  find(handle: number, field: Uint8Array, start: number, end: number): boolean {
    if (this.isLarge(handle)) return this.findLarge(handle, field, start, end);
    const { listpack } = this;
    const pack = this.readPack(handle);
    const { bytes } = this.packed;
    const isExpiring = this.isExpiring(handle);
    const at = listpack.find(bytes, pack, listpack.first(bytes, pack), field, start, end, isExpiring ? 3 : 2);
    if (at < 0) return false;
    const value = listpack.next(bytes, at);
    this.place = at - this.packed.start;
    this.deadline = NEVER;
    if (isExpiring) {
      listpack.read(bytes, listpack.next(bytes, value));
      this.deadline = listpack.integer;
    }
    listpack.read(bytes, value);
    this.bytes = listpack.bytes;
    this.start = listpack.start;
    this.end = listpack.end;
    return true;
  }

  /** Whether any field has a deadline. */
  hasDeadlines(handle: number): boolean {
    return this.firstDeadline(handle) !== NEVER;
  }

  /** The earliest deadline of all fields, NEVER without any. */
  firstDeadline(handle: number): number {
    if (!this.isLarge(handle)) {
      if (!this.isExpiring(handle)) return NEVER;
      const { listpack } = this;
      const pack = this.readPack(handle);
      const { bytes } = this.packed;
      const first = listpack.first(bytes, pack);
      if (listpack.isEnd(bytes, first)) return NEVER;
      listpack.read(bytes, listpack.next(bytes, listpack.next(bytes, first)));
      return listpack.integer;
    }
    const index = this.packed.payload(handle, 1);
    if (index === NONE) return NEVER;
    const root = this.word(index, 0);
    return this.tree.count(root) === 0 ? NEVER : readScore(this.memory, this.tree.at(root, 0));
  }

  /** A walk of its own; several may go on at once. */
  walk(): HashWalk {
    return new HashWalk(this.records, this.packed, this.members);
  }

  /** One step through a large hash by about `count` fields: the next cursor, 0 at the end. */
  scan(handle: number, cursor: number, count: number): number {
    return this.members.table.scan(this.packed.payload(handle, 0), cursor, count);
  }

  scannedCount(): number {
    return this.members.table.collectedCount;
  }

  /** The record of a field that `scan` came upon, for `HashWalk.read`. */
  scanned(index: number): number {
    return this.members.table.collected[index]!;
  }

  /** The record of a field of a large hash, chosen fairly, for `HashWalk.read`. */
  randomHandle(handle: number, prng: Prng): number {
    return this.members.table.random(this.packed.payload(handle, 0), prng);
  }

  /** Leads a walk to a field chosen fairly. */
  random(handle: number, prng: Prng, walk: HashWalk): void {
    if (this.isLarge(handle)) walk.read(this.randomHandle(handle, prng));
    else walk.readAt(handle, prng.below(this.count(handle)));
  }

  // --- changing ---

  /** A new hash without fields for a key. In no table yet; the caller owns it. May grow memory. */
  create(key: Uint8Array, keyStart: number, keyEnd: number, access: number): number {
    const { packed } = this;
    const handle = packed.create(HASH, 0, key, keyStart, keyEnd, access, PACK_EMPTY_BYTES);
    this.listpack.writeEmpty(packed.bytes, packed.start);
    return handle;
  }

  /** Bytes that a packed hash may take beside those of new fields when it becomes a table. */
  conversionBytes(handle: number): number {
    const encoding = this.records.encoding(handle);
    // What lies in the record is so short that the reserve is enough.
    if (encoding >= LARGE || encoding < PACKED_OUTSIDE) return 0;
    this.packed.read(handle);
    return (this.packed.end - this.packed.start) * TABLE_FACTOR;
  }

  /** Whether a value or field of so many bytes may be packed. */
  isPackable(length: number): boolean {
    return length <= this.packedValueBytesMax;
  }

  /** Makes a table of a hash to which something is added that may not be packed. Leaves the record in `record`. */
  expectLong(handle: number): void {
    this.record = handle;
    if (!this.isLarge(handle)) this.enlarge(handle);
  }

  /**
   * Sets a field to value[start..end), as a new one or in place of what it was; its deadline goes unless it is kept. True
   * when the field is new. Leaves the record in `record`. May grow memory; the value must not lie in this hash.
   */
  set(
    handle: number,
    field: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    value: Uint8Array,
    start: number,
    end: number,
    keepDeadline: boolean,
  ): boolean {
    this.record = handle;
    if (!this.isLarge(handle)) {
      if (this.isPackable(fieldEnd - fieldStart) && this.isPackable(end - start)) {
        return this.setPacked(handle, field, fieldStart, fieldEnd, value, start, end, keepDeadline);
      }
      this.enlarge(handle);
    }
    return this.setLarge(this.record, field, fieldStart, fieldEnd, value, start, end, keepDeadline);
  }

  /** Deletes a field; false when there is none. Leaves the record in `record`; it may be without fields. */
  delete(handle: number, field: Uint8Array, start: number, end: number): boolean {
    this.record = handle;
    if (!this.find(handle, field, start, end)) return false;
    if (this.isLarge(handle)) {
      const root = this.packed.payload(handle, 0);
      if (this.deadline !== NEVER) this.tree.remove(this.treeOf(handle), this.place);
      this.members.table.removeFound(root);
      this.members.free(this.place);
    } else this.cut(handle, this.place);
    return true;
  }

  /**
   * Sets or (NEVER) removes the deadline of a field, which is there. Leaves the record in `record`. May grow memory.
   */
  setDeadline(handle: number, field: Uint8Array, start: number, end: number, deadline: number): void {
    this.record = handle;
    if (this.isLarge(handle)) {
      this.setLargeDeadline(handle, field, start, end, deadline);
      return;
    }
    if (!this.isExpiring(handle)) {
      if (deadline === NEVER) return;
      this.becomeExpiring(handle);
    }
    this.setPackedDeadline(this.record, field, start, end, deadline);
  }

  /**
   * Points a walk at the field that expires first, if its deadline is `now` or before. For expiry: the caller deletes it
   * by its bytes.
   */
  firstDue(handle: number, now: number, walk: HashWalk): boolean {
    const first = this.firstDeadline(handle);
    if (first === NEVER || first > now) return false;
    if (this.isLarge(handle)) walk.read(this.tree.at(this.treeOf(handle), 0));
    else walk.readAt(handle, 0);
    return true;
  }

  /** The slot of the timing wheel that the hash is armed with, NO_SLOT when with none. */
  armedSlot(handle: number): number {
    if (this.isLarge(handle)) {
      const index = this.packed.payload(handle, 1);
      return index === NONE ? NO_SLOT : this.word(index, 1);
    }
    if (!this.isExpiring(handle)) return NO_SLOT;
    this.packed.read(handle);
    return this.packed.bytes[this.packed.start]! | (this.packed.bytes[this.packed.start + 1]! << 8);
  }

  /** Notes the slot that a hash with deadlines is armed with. */
  setArmedSlot(handle: number, slot: number): void {
    if (this.isLarge(handle)) {
      const index = this.packed.payload(handle, 1);
      if (index !== NONE) this.setWord(index, 1, slot);
      return;
    }
    if (!this.isExpiring(handle)) return;
    this.packed.read(handle);
    this.packed.bytes[this.packed.start] = slot;
    this.packed.bytes[this.packed.start + 1] = slot >>> 8;
  }

  // --- the Datatype ---

  encodingName(handle: number): string {
    if (this.isLarge(handle)) return 'hashtable';
    return this.isExpiring(handle) ? 'listpackex' : 'listpack';
  }

  release(handle: number, later: boolean): void {
    const { packed, members, disposals } = this;
    if (!this.isLarge(handle)) {
      packed.release(handle);
      return;
    }
    const root = packed.payload(handle, 0);
    const index = packed.payload(handle, 1);
    const waits = later && members.table.count(root) > DISPOSE_AT_ONCE_MAX;
    if (index !== NONE) {
      disposals.add(this.tree, this.word(index, 0), waits, true);
      this.memory.free(index);
    }
    disposals.add(members, root, waits);
  }

  duplicate(copy: number): void {
    const { packed, members, tree } = this;
    if (!this.isLarge(copy)) {
      packed.duplicate(copy);
      this.setArmedSlot(copy, NO_SLOT);
      return;
    }
    const hadIndex = packed.payload(copy, 1) !== NONE;
    const root = members.duplicateTable(packed.payload(copy, 0));
    packed.setPayload(copy, root, NONE);
    if (!hadIndex) return;
    const treeRoot = this.makeIndex(copy);
    const walk = new TableWalk(members.table);
    walk.start(root);
    for (let record = walk.next(); record !== NONE; record = walk.next()) {
      if (members.hasField(record)) tree.insert(treeRoot, record);
    }
  }

  copyBytes(handle: number): number {
    if (!this.isLarge(handle)) return this.packed.outsideBytes(handle);
    const index = this.packed.payload(handle, 1);
    // A tree takes 8 bytes an entry at most, and some blocks.
    const tree = index === NONE ? 0 : this.tree.count(this.word(index, 0)) * 8 + 4096;
    return this.members.tableBytes(this.packed.payload(handle, 0)) + tree;
  }

  check(handle: number): void {
    const { packed, listpack, members, tree } = this;
    assert(this.count(handle) > 0, 'a key has no empty hash');
    if (!this.isLarge(handle)) {
      packed.check(handle);
      const pack = this.readPack(handle);
      assert(listpack.validate(packed.bytes, pack, packed.end - pack), 'a packed hash is a valid listpack');
      this.checkOrder(handle);
      return;
    }
    const root = packed.payload(handle, 0);
    members.table.check(root);
    const walk = new TableWalk(members.table);
    walk.start(root);
    let deadlines = 0;
    for (let record = walk.next(); record !== NONE; record = walk.next()) if (members.hasField(record)) deadlines++;
    const index = packed.payload(handle, 1);
    assert(deadlines === (index === NONE ? 0 : tree.count(this.word(index, 0))), 'the index has what has a deadline');
    if (index !== NONE) tree.check(this.word(index, 0));
  }

  private checkOrder(handle: number): void {
    const walk = this.walk();
    walk.begin(handle);
    let last = 1;
    while (walk.next()) {
      assert(last !== NEVER ? walk.deadline === NEVER || walk.deadline >= last : walk.deadline === NEVER, 'in order');
      last = walk.deadline;
    }
  }

  // --- packed hashes ---

  private isExpiring(handle: number): boolean {
    return (this.records.encoding(handle) & PACKED_OTHER) !== 0;
  }

  /** Reads a packed value; returns where its listpack begins in `packed.bytes`. */
  private readPack(handle: number): number {
    this.packed.read(handle);
    return this.packed.start + (this.isExpiring(handle) ? SLOT_BYTES : 0);
  }

  /** Bytes of the field at an offset of a packed value, with all that belongs to it. */
  private groupBytes(handle: number, offset: number): number {
    const { listpack, packed } = this;
    const at = packed.start + offset;
    let next = listpack.next(packed.bytes, listpack.next(packed.bytes, at));
    if (this.isExpiring(handle)) next = listpack.next(packed.bytes, next);
    return next - at;
  }

  /** Takes the field at an offset out of a packed value, which has been read. */
  private cut(handle: number, offset: number): void {
    const { packed } = this;
    const fields = this.count(handle) - 1;
    this.record = packed.splice(handle, offset, this.groupBytes(handle, offset), 0);
    this.writeHeader(fields);
  }

  /** Writes the listpack's header for `record`, whose packed value has just been spliced. */
  private writeHeader(fields: number): void {
    const { packed } = this;
    const isExpiring = this.isExpiring(this.record);
    const pack = packed.start + (isExpiring ? SLOT_BYTES : 0);
    this.listpack.setHeader(packed.bytes, pack, packed.end - pack, fields * (isExpiring ? 3 : 2));
  }

  private setPacked(
    handle: number,
    field: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    value: Uint8Array,
    start: number,
    end: number,
    keepDeadline: boolean,
  ): boolean {
    const { packed, listpack } = this;
    if (this.find(handle, field, fieldStart, fieldEnd)) {
      const { deadline } = this;
      const from = listpack.next(packed.bytes, packed.start + this.place) - packed.start;
      const before = listpack.sizeAt(packed.bytes, packed.start + from);
      const after = listpack.entryBytes(value, start, end);
      if (after === before) listpack.write(packed.bytes, packed.start + from, value, start, end);
      else {
        const fields = this.count(handle);
        this.record = packed.splice(handle, from, before, after);
        listpack.write(packed.bytes, packed.start + from, value, start, end);
        this.writeHeader(fields);
      }
      if (deadline !== NEVER && !keepDeadline) {
        this.setPackedDeadline(this.record, field, fieldStart, fieldEnd, NEVER);
      }
      return false;
    }
    const fields = this.count(handle);
    if (fields >= this.packedEntriesMax) {
      this.enlarge(handle);
      return this.setLarge(this.record, field, fieldStart, fieldEnd, value, start, end, keepDeadline);
    }
    this.insertPacked(
      handle,
      packed.end - packed.start - 1,
      fields + 1,
      field,
      fieldStart,
      fieldEnd,
      value,
      start,
      end,
      0,
    );
    return true;
  }

  /** Puts a field at an offset of a packed value; `fields` is their number then. */
  private insertPacked(
    handle: number,
    offset: number,
    fields: number,
    field: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    value: Uint8Array,
    start: number,
    end: number,
    deadline: number,
  ): void {
    const { packed, listpack } = this;
    const isExpiring = this.isExpiring(handle);
    let gap = listpack.entryBytes(field, fieldStart, fieldEnd) + listpack.entryBytes(value, start, end);
    if (isExpiring) gap += listpack.integerEntryBytes(deadline);
    this.record = packed.splice(handle, offset, 0, gap);
    let at = listpack.write(packed.bytes, packed.start + offset, field, fieldStart, fieldEnd);
    at = listpack.write(packed.bytes, at, value, start, end);
    if (isExpiring) listpack.write(packed.bytes, at, this.digits, 0, writeInteger(deadline, this.digits, 0));
    this.writeHeader(fields);
  }

  /** Moves a field, which is there, to where its new deadline belongs. */
  private setPackedDeadline(handle: number, field: Uint8Array, start: number, end: number, deadline: number): void {
    this.find(handle, field, start, end);
    if (this.deadline === deadline) return;
    const { packed, place } = this;
    const fields = this.count(handle);
    // The field may be told by bytes of this very value, which the move overwrites.
    const at = packed.start + place;
    const group = packed.bytes.slice(at, at + this.groupBytes(handle, place));
    const valueAt = this.listpack.next(group, 0);
    this.cut(handle, place);
    const record = this.record;
    const offset = this.placeFor(record, deadline);
    const { fieldReader: reader, valueReader: value } = this;
    reader.read(group, 0);
    value.read(group, valueAt);
    this.insertPacked(
      record,
      offset,
      fields,
      reader.bytes,
      reader.start,
      reader.end,
      value.bytes,
      value.start,
      value.end,
      deadline,
    );
  }

  /** The offset at which a field with a deadline belongs: behind those that expire no later, before those that never do. */
  private placeFor(handle: number, deadline: number): number {
    const { listpack, packed } = this;
    const pack = this.readPack(handle);
    const { bytes } = packed;
    let at = listpack.first(bytes, pack);
    while (!listpack.isEnd(bytes, at)) {
      const deadlineAt = listpack.next(bytes, listpack.next(bytes, at));
      listpack.read(bytes, deadlineAt);
      if (deadline !== NEVER && (listpack.integer === NEVER || listpack.integer > deadline)) break;
      at = listpack.next(bytes, deadlineAt);
    }
    return at - packed.start;
  }

  /** Gives a listpack room for deadlines. Leaves the record in `record`. */
  private becomeExpiring(handle: number): void {
    const { packed, listpack } = this;
    const fields = this.count(handle);
    packed.read(handle);
    const before = packed.bytes.slice(packed.start, packed.end);
    const never = listpack.integerEntryBytes(NEVER);
    this.record = packed.splice(handle, 0, before.length, SLOT_BYTES + before.length + fields * never);
    packed.setOther(this.record, 1);
    const { bytes } = packed;
    let to = listpack.first(bytes, packed.start + SLOT_BYTES);
    let from = listpack.first(before, 0);
    for (let each = 0; each < fields; each++) {
      const next = listpack.next(before, listpack.next(before, from));
      copyBytes(before, from, next, bytes, to);
      to = listpack.write(bytes, to + next - from, this.digits, 0, writeInteger(NEVER, this.digits, 0));
      from = next;
    }
    this.setArmedSlot(this.record, NO_SLOT);
    this.packed.read(this.record);
    bytes[packed.end - 1] = before[before.length - 1]!;
    this.writeHeader(fields);
  }

  /** Makes a table of a packed hash. Leaves the record in `record`. */
  private enlarge(handle: number): void {
    const { members, ownWalk: walk, tree } = this;
    const root = members.table.create();
    const slot = this.armedSlot(handle);
    const index = this.isExpiring(handle) ? this.newIndex() : NONE;
    walk.begin(handle);
    while (walk.next()) {
      const length = walk.valueEnd - walk.valueStart;
      const record = members.create(walk.bytes, walk.start, walk.end, length, walk.deadline !== NEVER);
      members.readValue(record);
      copyBytes(walk.valueBytes, walk.valueStart, walk.valueEnd, members.bytes, members.start);
      members.table.find(root, walk.bytes, walk.start, walk.end);
      members.table.insert(root, record);
      if (walk.deadline === NEVER) continue;
      writeScore(this.memory, record, walk.deadline);
      tree.insert(this.word(index, 0), record);
    }
    this.record = this.packed.enlarge(handle, root, index);
    this.setArmedSlot(this.record, slot);
  }

  // --- large hashes ---

  private findLarge(handle: number, field: Uint8Array, start: number, end: number): boolean {
    const { members } = this;
    const record = members.table.find(this.packed.payload(handle, 0), field, start, end);
    if (record === NONE) return false;
    this.place = record;
    members.readValue(record);
    this.bytes = members.bytes;
    this.start = members.start;
    this.end = members.end;
    this.deadline = members.hasField(record) ? readScore(this.memory, record) : NEVER;
    return true;
  }

  private setLarge(
    handle: number,
    field: Uint8Array,
    fieldStart: number,
    fieldEnd: number,
    value: Uint8Array,
    start: number,
    end: number,
    keepDeadline: boolean,
  ): boolean {
    const { members, packed } = this;
    const root = packed.payload(handle, 0);
    const found = members.table.find(root, field, fieldStart, fieldEnd);
    if (found === NONE) {
      const record = members.create(field, fieldStart, fieldEnd, end - start, false);
      members.readValue(record);
      copyBytes(value, start, end, members.bytes, members.start);
      members.table.insert(root, record);
      return true;
    }
    members.table.touchFound();
    // A record may move: it leaves the index before, and comes back after.
    const hasDeadline = members.hasField(found);
    if (hasDeadline) this.tree.remove(this.treeOf(handle), found);
    let record = hasDeadline && !keepDeadline ? members.withField(found, false) : found;
    record = members.resizeValue(record, end - start);
    if (record !== found) members.table.replaceFound(record);
    if (hasDeadline && keepDeadline) this.tree.insert(this.treeOf(handle), record);
    members.readValue(record);
    copyBytes(value, start, end, members.bytes, members.start);
    return false;
  }

  private setLargeDeadline(handle: number, field: Uint8Array, start: number, end: number, deadline: number): void {
    const { members, tree } = this;
    const found = members.table.find(this.packed.payload(handle, 0), field, start, end);
    members.table.touchFound();
    const hadDeadline = members.hasField(found);
    if (hadDeadline) tree.remove(this.treeOf(handle), found);
    const record = members.withField(found, deadline !== NEVER);
    if (record !== found) members.table.replaceFound(record);
    if (deadline === NEVER) return;
    writeScore(this.memory, record, deadline);
    const root = this.packed.payload(handle, 1) === NONE ? this.makeIndex(handle) : this.treeOf(handle);
    tree.insert(root, record);
  }

  /** A new index; the caller owns it. */
  private newIndex(): number {
    const root = this.tree.create();
    const index = this.memory.allocate(INDEX_BYTES);
    this.setWord(index, 0, root);
    this.setWord(index, 1, NO_SLOT);
    return index;
  }

  /** Gives a large hash an index; returns its tree. */
  private makeIndex(handle: number): number {
    const index = this.newIndex();
    this.packed.setPayload(handle, this.packed.payload(handle, 0), index);
    return this.word(index, 0);
  }

  private treeOf(handle: number): number {
    return this.word(this.packed.payload(handle, 1), 0);
  }

  private word(block: number, index: number): number {
    return this.memory.words[block >>> SEGMENT_SHIFT]![((block & GRANULE_MASK) << 1) + index]!;
  }

  private setWord(block: number, index: number, value: number): void {
    this.memory.words[block >>> SEGMENT_SHIFT]![((block & GRANULE_MASK) << 1) + index] = value;
  }
}
