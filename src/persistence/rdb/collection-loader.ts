// Collections that stand in a file element by element: read in slices, whatever their count says.

import { NEVER } from '../../datatypes/hash-walk.ts';
import { LIST } from '../../datatypes/key-record.ts';
import { ADD_ADDED } from '../../datatypes/sorted-set.ts';
import { copyBytes } from '../../lib/bytes.ts';
import { NONE } from '../../memory/flat-memory.ts';
import type { LoadTarget } from './load-target.ts';
import { PackChecker } from './pack-checker.ts';
import {
  FIELD_DEADLINE_MAX,
  NODE_PACKED,
  NODE_PLAIN,
  TYPE_HASH,
  TYPE_HASH_METADATA,
  TYPE_HASH_METADATA_PRE_GA,
  TYPE_LIST,
  TYPE_LIST_QUICKLIST,
  TYPE_LIST_QUICKLIST_2,
  TYPE_SET,
  TYPE_ZSET,
  TYPE_ZSET_2,
} from './rdb-format.ts';
import type { RdbInput } from './rdb-input.ts';
import type { SingleLoader } from './single-loader.ts';
import { readTextScore, TableLoader } from './table-loader.ts';

const SET_DUPLICATES = 'Duplicate set members detected';
const SORTED_SET_DUPLICATES = 'Duplicate zset fields detected';
const HASH_DUPLICATES = 'Duplicate hash fields detected';
const EMPTY = new Uint8Array(0);

/** Tells when a slice has ended. */
export interface Slices {
  isDone(): boolean;
}

export class CollectionLoader {
  private readonly input: RdbInput;
  private readonly target: LoadTarget;
  private readonly slices: Slices;
  private readonly singles: SingleLoader;
  private readonly checker = new PackChecker();
  private readonly tables: TableLoader;
  /** A field, while its value is read. */
  private field = new Uint8Array(64);
  private fieldLength = 0;

  constructor(input: RdbInput, target: LoadTarget, slices: Slices, singles: SingleLoader) {
    this.input = input;
    this.target = target;
    this.slices = slices;
    this.singles = singles;
    this.tables = new TableLoader(input, target, slices);
  }

  /** Reads a value of a type that this knows; false of another. Leaves no record when the value is empty. */
  load(type: number): Generator<void, void> | null {
    switch (type) {
      case TYPE_LIST:
        return this.list();
      case TYPE_SET:
        return this.set();
      case TYPE_ZSET:
      case TYPE_ZSET_2:
        return this.sortedSet(type === TYPE_ZSET_2);
      case TYPE_HASH:
        return this.hash();
      case TYPE_HASH_METADATA:
      case TYPE_HASH_METADATA_PRE_GA:
        return this.expiringHash(type === TYPE_HASH_METADATA);
      case TYPE_LIST_QUICKLIST:
      case TYPE_LIST_QUICKLIST_2:
        return this.quicklist(type === TYPE_LIST_QUICKLIST_2);
      default:
        return null;
    }
  }

  // --- lists ---

  private createList(): number {
    const { target } = this;
    const { packed, lists } = target.keyspace;
    const { key, keyLength, access } = target;
    target.admit(keyLength);
    const root = lists.quicklist.create();
    target.record = packed.createLarge(LIST, key, 0, keyLength, access, root, 0);
    return root;
  }

  private *list(): Generator<void, void> {
    const { input, target } = this;
    const { lists } = target.keyspace;
    const count = input.count();
    if (count === 0) return;
    const root = this.createList();
    for (let left = count; left > 0; left--) {
      if (!input.string()) yield* input.gather();
      this.push(root);
      if (this.slices.isDone()) yield;
    }
    target.record = lists.settleLoaded(target.record);
  }

  private push(root: number): void {
    const { input, target } = this;
    target.admit(input.end - input.start);
    target.keyspace.lists.quicklist.pushTail(root, input.text, input.start, input.end);
  }

  private *quicklist(isSecond: boolean): Generator<void, void> {
    const { input, target } = this;
    const { lists } = target.keyspace;
    const count = input.count();
    if (count === 0) return;
    const root = this.createList();
    const pushText = (text: Uint8Array, start: number, end: number) => {
      target.admit(end - start);
      lists.quicklist.pushTail(root, text, start, end);
    };
    for (let left = count; left > 0; left--) {
      const container = isSecond ? input.count() : NODE_PACKED;
      if (container !== NODE_PACKED && container !== NODE_PLAIN) input.fail('Quicklist integrity check failed.');
      if (!input.string()) yield* input.gather();
      if (input.start === input.end) input.fail('Quicklist integrity check failed.');
      if (container === NODE_PLAIN) this.push(root);
      else if (isSecond) this.appendPack(root);
      else this.singles.readZiplist(pushText);
      if (this.slices.isDone()) yield;
    }
    if (lists.quicklist.count(root) === 0) target.discard();
    else target.record = lists.settleLoaded(target.record);
  }

  /** Adds the pack just read to a list, as a node. */
  private appendPack(root: number): void {
    const { input, target, checker } = this;
    if (!checker.check(input.text, input.start, input.end, 1)) input.fail('Listpack integrity check failed.');
    target.admit((checker.end - checker.start) * 2);
    target.keyspace.lists.quicklist.appendPack(root, checker.bytes, checker.start, checker.end);
  }

  // --- sets ---

  private *set(): Generator<void, void> {
    const { input, target } = this;
    const { sets } = target.keyspace;
    const count = input.count();
    if (count > sets.packedEntriesMax && count > sets.intSetEntriesMax) {
      const { key, keyLength, access } = target;
      target.admit(keyLength);
      target.record = sets.create(key, 0, keyLength, access, EMPTY, 0, 0, count);
      yield* this.tables.set(count, SET_DUPLICATES);
      return;
    }
    for (let left = count; left > 0; left--) {
      if (!input.string()) yield* input.gather();
      this.addMember(count);
      if (this.slices.isDone()) yield;
    }
    if (target.record !== NONE && sets.count(target.record) !== count) input.fail('Set integrity check failed.');
  }

  /** Adds the member just read; `count` are to come in all. */
  private addMember(count: number): void {
    const { input, target } = this;
    const { sets } = target.keyspace;
    const { text, start, end } = input;
    if (target.record === NONE) {
      const { key, keyLength, access } = target;
      target.admit(keyLength);
      target.record = sets.create(key, 0, keyLength, access, text, start, end, count);
    }
    target.admit(end - start + (sets.isLarge(target.record) ? 0 : sets.conversionBytes(target.record)));
    const isNew = sets.add(target.record, text, start, end);
    target.record = sets.record;
    if (!isNew) input.fail(SET_DUPLICATES);
  }

  // --- sorted sets ---

  private *sortedSet(isSecond: boolean): Generator<void, void> {
    const { input, target } = this;
    const count = input.count();
    if (count > target.keyspace.sortedSets.packedEntriesMax) {
      this.createSortedSet(0, count);
      yield* this.tables.sortedSet(count, isSecond, SORTED_SET_DUPLICATES);
      return;
    }
    for (let left = count; left > 0; left--) {
      if (!input.string()) yield* input.gather();
      this.keepField();
      const score = isSecond ? input.double() : readTextScore(input);
      if (Number.isNaN(score)) input.fail('Zset with NAN score detected');
      if (target.record === NONE) this.createSortedSet(this.fieldLength, count);
      this.addScored(score);
      if (this.slices.isDone()) yield;
    }
  }

  private createSortedSet(memberBytes: number, count: number): void {
    const { target } = this;
    const { key, keyLength, access } = target;
    target.admit(keyLength);
    target.record = target.keyspace.sortedSets.create(key, 0, keyLength, access, memberBytes, count);
  }

  private addScored(score: number): void {
    const { input, target, field, fieldLength } = this;
    const { sortedSets } = target.keyspace;
    target.admit(fieldLength + sortedSets.conversionBytes(target.record));
    sortedSets.score[0] = score;
    const outcome = sortedSets.add(target.record, field, 0, fieldLength, 0);
    // Another score for a member that is there may have moved the record.
    target.record = sortedSets.record;
    if (outcome !== ADD_ADDED) input.fail(SORTED_SET_DUPLICATES);
  }

  // --- hashes ---

  /** Keeps the text just read as the field. */
  private keepField(): void {
    const { input } = this;
    this.fieldLength = input.end - input.start;
    if (this.field.length < this.fieldLength || this.field.length > FIELD_BYTES_KEPT) {
      this.field = new Uint8Array(Math.max(64, this.fieldLength));
    }
    copyBytes(input.text, input.start, input.end, this.field, 0);
  }

  private createHash(count: number): void {
    const { target } = this;
    const { hashes } = target.keyspace;
    const { key, keyLength, access } = target;
    target.admit(keyLength);
    target.record = hashes.create(key, 0, keyLength, access);
    if (count > hashes.packedEntriesMax) {
      hashes.expectLong(target.record);
      target.record = hashes.record;
    }
  }

  private *hash(): Generator<void, void> {
    const { input, target } = this;
    const count = input.count();
    if (count === 0) return;
    this.createHash(count);
    if (target.keyspace.hashes.isLarge(target.record)) {
      yield* this.tables.hash(count, HASH_DUPLICATES);
      return;
    }
    for (let left = count; left > 0; left--) {
      if (!input.string()) yield* input.gather();
      this.keepField();
      if (!input.string()) yield* input.gather();
      this.setField();
      if (this.slices.isDone()) yield;
    }
  }

  /** Sets the field that was kept to the value just read. */
  private setField(): void {
    const { input, target, field, fieldLength } = this;
    const { hashes } = target.keyspace;
    const { text, start, end } = input;
    target.admit(fieldLength + end - start + hashes.conversionBytes(target.record));
    const isNew = hashes.set(target.record, field, 0, fieldLength, text, start, end, false);
    target.record = hashes.record;
    if (!isNew) input.fail(HASH_DUPLICATES);
  }

  private *expiringHash(isRelative: boolean): Generator<void, void> {
    const { input, target } = this;
    const { hashes, packed } = target.keyspace;
    const first = isRelative ? input.time() : 1;
    if (isRelative && !(first >= 0 && first <= FIELD_DEADLINE_MAX + 1)) input.fail('Hash read invalid minExpire value');
    const count = input.count();
    if (count === 0) return;
    this.createHash(count);
    const { growth } = this.tables;
    if (hashes.isLarge(target.record)) yield* growth.begin(packed.payload(target.record, 0), count);
    else growth.stop();
    for (let left = count; left > 0; left--) {
      const distance = input.count();
      const deadline = distance === 0 ? NEVER : first + distance - 1;
      if (deadline > FIELD_DEADLINE_MAX) input.fail(`invalid expireAt time: ${deadline}`);
      if (!input.string()) yield* input.gather();
      this.keepField();
      if (!input.string()) yield* input.gather();
      this.setField();
      growth.added(1);
      if (deadline !== NEVER) {
        target.admit(this.fieldLength + hashes.conversionBytes(target.record));
        hashes.setDeadline(target.record, this.field, 0, this.fieldLength, deadline);
        target.record = hashes.record;
      }
      if (this.slices.isDone()) yield;
    }
  }
}

/** Room for a field that is kept from one to the next. */
const FIELD_BYTES_KEPT = 64 * 1024;
