// Builds the results of ZUNIONSTORE and its like: members and scores are gathered in a table, ordered, and then replied
// or made the value of a key, as small as it can be. Nothing is made in JavaScript for a member. One result at a time.

import { NONE } from '../memory/flat-memory.ts';
import { PACK_EMPTY_BYTES } from '../structures/listpack.ts';
import { TreeCursor } from '../structures/ordered-tree.ts';
import { readScore, writeScore } from '../structures/score.ts';
import { TableWalk } from '../structures/table-walk.ts';
import { SORTED_SET } from './key-record.ts';
import type { SortedSets } from './sorted-set.ts';

/** A pack is not made longer than this. As in Redis. */
const PACK_BYTES_MAX = 1024 * 1024 * 1024;

/** Beside its bytes a member takes up to this: header, score, rounding, its share of a growing table and of a tree. */
const MEMBER_BYTES = 64;
const TREE_BYTES = 16;

/** What members of several values become together. */
export class SortedSetBuilder {
  /** The member that `next` came upon: bytes[start..end), valid until memory changes, and its record. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  record = NONE;
  private readonly sets: SortedSets;
  private readonly walk: TableWalk;
  private readonly cursor = new TreeCursor();
  private table = NONE;
  private tree = NONE;
  /** The record that was added last. */
  private last = NONE;

  constructor(sets: SortedSets) {
    this.sets = sets;
    this.walk = new TableWalk(sets.members.table);
  }

  /** Begins an empty result, which `store` or `discard` must end. May grow memory. */
  begin(): void {
    this.table = this.sets.members.table.create();
    this.tree = NONE;
  }

  /** Sees to room for a member of so many bytes and its share of a table and a tree; false when memory has run out. */
  admit(bytes: number): boolean {
    return this.sets.members.memory.admit(bytes + MEMBER_BYTES);
  }

  /** The same for `count` members of `bytes` bytes together, and for the result that is made of them. */
  admitSorted(count: number, bytes: number): boolean {
    return this.sets.members.memory.admit((bytes + count * MEMBER_BYTES) * 2);
  }

  /** Members so far. */
  count(): number {
    return this.sets.members.table.count(this.table);
  }

  /** The record of a member, NONE when it is not in yet: then `add` may follow. */
  find(bytes: Uint8Array, start: number, end: number): number {
    return this.sets.members.table.find(this.table, bytes, start, end);
  }

  /** Adds a member that `find` just looked for in vain. It may lie in flat memory. May grow memory. */
  add(bytes: Uint8Array, start: number, end: number, score: number): void {
    const { members } = this.sets;
    const record = members.create(bytes, start, end, 0, true);
    writeScore(members.memory, record, score);
    members.table.insert(this.table, record);
    this.last = record;
  }

  /** Takes the record out that `find` just found. */
  removeFound(record: number): void {
    const { members } = this.sets;
    members.table.removeFound(this.table);
    members.free(record);
  }

  scoreOf(record: number): number {
    return readScore(this.sets.members.memory, record);
  }

  setScore(record: number, score: number): void {
    writeScore(this.sets.members.memory, record, score);
  }

  /**
   * Begins a result of exactly `count` members that come in order by `append`, for which there is room (`admitSorted`). May
   * grow memory.
   */
  beginSorted(count: number): void {
    this.begin();
    this.sets.tree.beginBuild(count);
  }

  /** Adds a member behind all before; none comes twice. It may lie in flat memory. May grow memory. */
  append(bytes: Uint8Array, start: number, end: number, score: number): void {
    this.find(bytes, start, end);
    this.add(bytes, start, end, score);
    this.sets.tree.append(this.last);
  }

  /** Ends the coming: the result is ordered. */
  endSorted(): void {
    this.tree = this.sets.tree.endBuild();
  }

  /** Orders what was gathered; nothing is added after. False when memory has run out and `discard` must follow. */
  order(): boolean {
    const { tree } = this.sets;
    if (!this.sets.members.memory.admit(this.count() * TREE_BYTES)) return false;
    this.tree = tree.create();
    this.walk.start(this.table);
    for (let record = this.walk.next(); record !== NONE; record = this.walk.next()) tree.insert(this.tree, record);
    this.rewind();
    return true;
  }

  /** Goes back before the first member of an ordered result. */
  rewind(): void {
    this.sets.tree.seek(this.tree, 0, this.cursor);
  }

  /** Goes on to the next member, in order; false after the last. */
  next(): boolean {
    const { tree, members } = this.sets;
    this.record = tree.next(this.cursor);
    if (this.record === NONE) return false;
    members.read(this.record);
    this.bytes = members.bytes;
    this.start = members.start;
    this.end = members.end;
    return true;
  }

  /** Sees to room for `store` of a key of so many bytes; false when memory has run out and `discard` must follow. */
  admitStore(keyBytes: number): boolean {
    return this.sets.members.memory.admit(this.packLength() + keyBytes + MEMBER_BYTES);
  }

  /** Makes the ordered result, which is not empty, the value of a new key record, and ends it. May grow memory. */
  store(key: Uint8Array, keyStart: number, keyEnd: number, access: number): number {
    const { sets } = this;
    const length = this.packLength();
    if (length === 0) {
      return sets.packed.createLarge(SORTED_SET, key, keyStart, keyEnd, access, this.table, this.tree);
    }
    const { packed, packs, listpack } = sets;
    const handle = packed.create(SORTED_SET, 0, key, keyStart, keyEnd, access, length);
    let at = listpack.first(packed.bytes, packed.start);
    this.rewind();
    while (this.next()) {
      at = listpack.write(packed.bytes, at, this.bytes, this.start, this.end);
      at = packs.writeScore(packed.bytes, at, this.scoreOf(this.record));
    }
    listpack.setHeader(packed.bytes, packed.start, length, this.count() * 2);
    this.discard();
    return handle;
  }

  /** Ends a result without using it. */
  discard(): void {
    const { members, tree } = this.sets;
    if (this.tree !== NONE) while (tree.dispose(this.tree));
    while (members.dispose(this.table));
    this.table = NONE;
    this.tree = NONE;
  }

  /** Bytes of the result as a pack; 0 when it is too large for one. */
  private packLength(): number {
    const { packs, listpack, packedEntriesMax, packedValueBytesMax } = this.sets;
    if (this.count() > packedEntriesMax) return 0;
    let length = PACK_EMPTY_BYTES;
    this.rewind();
    while (this.next()) {
      if (this.end - this.start > packedValueBytesMax) return 0;
      length += listpack.entryBytes(this.bytes, this.start, this.end) + packs.scoreBytes(this.scoreOf(this.record));
    }
    return length > PACK_BYTES_MAX ? 0 : length;
  }
}
