// Values that are one string in a file: texts, and small collections in packs of this or older forms. A pack stays a pack
// while it has no more entries than the thresholds allow, whatever the length of its entries, as in Redis (but for those
// of a zipmap, which it looks at too); else it becomes a table.

import { NEVER, SLOT_BYTES } from '../../datatypes/hash-walk.ts';
import { HASH, LIST, SET, SORTED_SET } from '../../datatypes/key-record.ts';
import { ADD_ADDED } from '../../datatypes/sorted-set.ts';
import { SortedSetPacks } from '../../datatypes/sorted-set-pack.ts';
import { compareBytes, copyBytes } from '../../lib/bytes.ts';
import { DOUBLE_BYTES_MAX } from '../../lib/decimal.ts';
import { INT64_DIGITS_MAX } from '../../lib/integers.ts';
import { IntSet } from '../../structures/int-set.ts';
import { Listpack } from '../../structures/listpack.ts';
import type { LoadTarget } from './load-target.ts';
import { OldPacks } from './old-packs.ts';
import { PackBuilder } from './pack-builder.ts';
import { PackChecker } from './pack-checker.ts';
import {
  FIELD_DEADLINE_MAX,
  TYPE_HASH_LISTPACK,
  TYPE_HASH_LISTPACK_EX,
  TYPE_HASH_LISTPACK_EX_PRE_GA,
  TYPE_HASH_ZIPLIST,
  TYPE_HASH_ZIPMAP,
  TYPE_LIST_ZIPLIST,
  TYPE_SET_INTSET,
  TYPE_SET_LISTPACK,
  TYPE_STRING,
  TYPE_ZSET_LISTPACK,
  TYPE_ZSET_ZIPLIST,
} from './rdb-format.ts';
import type { RdbInput } from './rdb-input.ts';

const EMPTY = new Uint8Array(0);
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
/** Characters of a plain decimal that every double tells from all others. */
const USUAL_DIGITS_MAX = 15;
/** Bytes of a member in a table beside its own at most, for each byte of a pack: short entries grow most. */
const TABLE_FACTOR = 16;

/** Whether a type's value is one string. */
export function isSingle(type: number): boolean {
  switch (type) {
    case TYPE_STRING:
    case TYPE_HASH_ZIPMAP:
    case TYPE_LIST_ZIPLIST:
    case TYPE_SET_INTSET:
    case TYPE_ZSET_ZIPLIST:
    case TYPE_HASH_ZIPLIST:
    case TYPE_HASH_LISTPACK:
    case TYPE_ZSET_LISTPACK:
    case TYPE_SET_LISTPACK:
    case TYPE_HASH_LISTPACK_EX_PRE_GA:
    case TYPE_HASH_LISTPACK_EX:
      return true;
    default:
      return false;
  }
}

export class SingleLoader {
  private readonly input: RdbInput;
  private readonly target: LoadTarget;
  private readonly checker = new PackChecker();
  /** What an older pack becomes, and what a sorted set's pack becomes. */
  private readonly builder = new PackBuilder();
  private readonly canonical = new PackBuilder();
  private readonly old = new OldPacks();
  private readonly intSet = new IntSet();
  private readonly listpack = new Listpack();
  private readonly other = new Listpack();
  private readonly scores = new SortedSetPacks(new Listpack());
  private readonly digits = new Uint8Array(INT64_DIGITS_MAX + 1);
  private readonly addToBuilder = (text: Uint8Array, start: number, end: number) => this.builder.add(text, start, end);

  constructor(input: RdbInput, target: LoadTarget) {
    this.input = input;
    this.target = target;
  }

  /** Makes a record of the text that was just read. NONE when the value is empty. */
  load(type: number): void {
    const { text, start, end } = this.input;
    this.target.admit(this.target.keyLength + end - start);
    if (type === TYPE_STRING) this.string(text, start, end);
    else if (type === TYPE_SET_INTSET) this.intSetFrom(text, start, end);
    else if (type === TYPE_SET_LISTPACK) this.set(text, start, end);
    else if (type === TYPE_HASH_LISTPACK) this.hash(text, start, end);
    else if (type === TYPE_ZSET_LISTPACK) this.sortedSet(text, start, end);
    else if (type === TYPE_HASH_LISTPACK_EX || type === TYPE_HASH_LISTPACK_EX_PRE_GA) {
      this.expiringHash(text, start, end);
    } else this.loadOld(type, text, start, end);
  }

  /** Reads a node of an older list, and gives its items one by one. */
  readZiplist(take: (text: Uint8Array, start: number, end: number) => void): void {
    const { text, start, end } = this.input;
    if (!this.old.readZiplist(text, start, end, take)) this.input.fail('Ziplist integrity check failed.');
  }

  private loadOld(type: number, text: Uint8Array, start: number, end: number): void {
    const { builder, old, input } = this;
    builder.begin();
    if (type === TYPE_HASH_ZIPMAP) {
      if (!old.readZipmap(text, start, end, this.addToBuilder)) input.fail('Zipmap integrity check failed.');
    } else if (!old.readZiplist(text, start, end, this.addToBuilder)) {
      const kind = type === TYPE_LIST_ZIPLIST ? 'List' : type === TYPE_ZSET_ZIPLIST ? 'Zset' : 'Hash';
      input.fail(`${kind} ziplist integrity check failed.`);
    }
    builder.end();
    const { bytes, length } = builder;
    if (type === TYPE_ZSET_ZIPLIST) this.sortedSet(bytes, 0, length);
    else if (type === TYPE_LIST_ZIPLIST) this.list(bytes, 0, length);
    else this.hash(bytes, 0, length, type === TYPE_HASH_ZIPMAP && this.isLongIn(bytes));
  }

  /** Whether an entry of a pack is longer than a packed hash takes from commands. */
  private isLongIn(bytes: Uint8Array): boolean {
    const { listpack, target } = this;
    const { packedValueBytesMax } = target.keyspace.hashes;
    for (let at = listpack.first(bytes, 0); !listpack.isEnd(bytes, at); at = listpack.next(bytes, at)) {
      listpack.read(bytes, at);
      if (listpack.end - listpack.start > packedValueBytesMax) return true;
    }
    return false;
  }

  private string(text: Uint8Array, start: number, end: number): void {
    const { target } = this;
    const { strings } = target.keyspace;
    strings.classify(text, start, end);
    const { key, keyLength, access, withExpiry } = target;
    target.record = strings.create(key, 0, keyLength, access, withExpiry, text, start, end);
  }

  /** A record with a packed value that is a copy of bytes[start..end), behind `before` unspecified bytes. */
  private createPacked(
    type: number,
    other: 0 | 1,
    bytes: Uint8Array,
    start: number,
    end: number,
    before: number,
  ): void {
    const { target } = this;
    const { packed } = target.keyspace;
    const { key, keyLength, access, withExpiry } = target;
    target.record = packed.create(type, other, key, 0, keyLength, access, end - start + before, withExpiry);
    copyBytes(bytes, start, end, packed.bytes, packed.start + before);
  }

  private intSetFrom(text: Uint8Array, start: number, end: number): void {
    const { intSet, input, target, digits } = this;
    const { sets } = target.keyspace;
    if (!intSet.isValid(text, start, end - start)) input.fail('Intset integrity check failed.');
    const count = intSet.count(text, start);
    if (count === 0) input.fail('Intset integrity check failed.');
    if (count <= sets.intSetEntriesMax) {
      this.createPacked(SET, 1, text, start, end, 0);
      return;
    }
    this.createTableSet();
    for (let index = 0; index < count; index++) {
      intSet.get(text, start, index);
      const length = intSet.value.write(digits, 0);
      target.admit(length);
      sets.add(target.record, digits, 0, length);
    }
  }

  private createTableSet(): void {
    const { target } = this;
    const { key, keyLength, access } = target;
    const { sets } = target.keyspace;
    target.record = sets.create(key, 0, keyLength, access, EMPTY, 0, 0, Number.POSITIVE_INFINITY);
  }

  private set(text: Uint8Array, start: number, end: number): void {
    const { checker, target, listpack } = this;
    const { sets } = target.keyspace;
    if (!this.isChecked(text, start, end, 1, sets.packedEntriesMax))
      this.input.fail('Set listpack integrity check failed.');
    const { bytes, entries } = checker;
    if (entries === 0) return;
    if (entries <= sets.packedEntriesMax) {
      this.createPacked(SET, 0, bytes, checker.start, checker.end, 0);
      return;
    }
    this.createTableSet();
    for (let at = listpack.first(bytes, checker.start); !listpack.isEnd(bytes, at); at = listpack.next(bytes, at)) {
      listpack.read(bytes, at);
      target.admit(listpack.end - listpack.start);
      if (!sets.add(target.record, listpack.bytes, listpack.start, listpack.end)) {
        this.input.fail('Set listpack integrity check failed: duplicate members.');
      }
    }
  }

  /** Checks a pack; whether the first entries of its groups differ only where it may stay a pack: a table finds that out. */
  private isChecked(text: Uint8Array, start: number, end: number, group: number, groupsMax: number): boolean {
    const { checker } = this;
    if (!checker.check(text, start, end, group)) return false;
    return checker.entries / group > groupsMax || checker.isDistinct(group);
  }

  private hash(text: Uint8Array, start: number, end: number, isTable = false): void {
    const { checker, target, listpack, other, input } = this;
    const { hashes } = target.keyspace;
    const entriesMax = isTable ? 0 : hashes.packedEntriesMax;
    if (!this.isChecked(text, start, end, 2, entriesMax)) input.fail('Hash listpack integrity check failed.');
    const { bytes, entries } = checker;
    if (entries === 0) return;
    if (entries / 2 <= entriesMax) {
      this.createPacked(HASH, 0, bytes, checker.start, checker.end, 0);
      return;
    }
    this.createTableHash();
    for (let at = listpack.first(bytes, checker.start); !listpack.isEnd(bytes, at); ) {
      const valueAt = listpack.next(bytes, at);
      listpack.read(bytes, at);
      other.read(bytes, valueAt);
      this.addField();
      at = listpack.next(bytes, valueAt);
    }
  }

  private createTableHash(): void {
    const { target } = this;
    const { key, keyLength, access } = target;
    const { hashes } = target.keyspace;
    target.record = hashes.create(key, 0, keyLength, access);
    hashes.expectLong(target.record);
    target.record = hashes.record;
  }

  /** Adds the field that `listpack` and the value that `other` read. */
  private addField(): void {
    const { target, listpack, other } = this;
    const { hashes } = target.keyspace;
    target.admit(listpack.end - listpack.start + other.end - other.start);
    const { record } = target;
    const isNew = hashes.set(
      record,
      listpack.bytes,
      listpack.start,
      listpack.end,
      other.bytes,
      other.start,
      other.end,
      false,
    );
    target.record = hashes.record;
    if (!isNew) this.input.fail('Hash listpack integrity check failed: duplicate fields.');
  }

  private expiringHash(text: Uint8Array, start: number, end: number): void {
    const { checker, target, listpack, other } = this;
    const { hashes } = target.keyspace;
    if (!this.isChecked(text, start, end, 3, hashes.packedEntriesMax) || !this.hasDeadlinesInOrder()) {
      this.input.fail('Hash listpackex integrity check failed.');
    }
    const { bytes, entries } = checker;
    if (entries === 0) return;
    if (entries / 3 <= hashes.packedEntriesMax) {
      this.createPacked(HASH, 1, bytes, checker.start, checker.end, SLOT_BYTES);
      return;
    }
    this.createTableHash();
    for (let at = listpack.first(bytes, checker.start); !listpack.isEnd(bytes, at); ) {
      const valueAt = listpack.next(bytes, at);
      const deadlineAt = listpack.next(bytes, valueAt);
      listpack.read(bytes, at);
      other.read(bytes, valueAt);
      this.addField();
      other.read(bytes, deadlineAt);
      if (other.integer !== NEVER) {
        hashes.setDeadline(target.record, listpack.bytes, listpack.start, listpack.end, other.integer);
        target.record = hashes.record;
      }
      at = listpack.next(bytes, deadlineAt);
    }
  }

  /** Whether every third entry of the checked pack is a deadline, those that expire first come first, and no others. */
  private hasDeadlinesInOrder(): boolean {
    const { checker, listpack } = this;
    const { bytes } = checker;
    let last = 1;
    for (let at = listpack.first(bytes, checker.start); !listpack.isEnd(bytes, at); ) {
      const deadlineAt = listpack.next(bytes, listpack.next(bytes, at));
      listpack.read(bytes, deadlineAt);
      const deadline = listpack.integer;
      if (!listpack.isInteger || !(deadline >= 0 && deadline <= FIELD_DEADLINE_MAX)) return false;
      if (deadline !== NEVER && (last === NEVER || deadline < last)) return false;
      last = deadline;
      at = listpack.next(bytes, deadlineAt);
    }
    return true;
  }

  private sortedSet(text: Uint8Array, start: number, end: number): void {
    const { checker, canonical, target, input } = this;
    const { sortedSets } = target.keyspace;
    const { packedEntriesMax } = sortedSets;
    if (!this.isChecked(text, start, end, 2, packedEntriesMax)) input.fail('Zset listpack integrity check failed.');
    const pairs = checker.entries / 2;
    if (pairs === 0) return;
    if (pairs > packedEntriesMax) {
      const { key, keyLength, access } = target;
      target.admit((checker.end - checker.start) * TABLE_FACTOR);
      target.record = sortedSets.create(key, 0, keyLength, access, 0, pairs);
      this.addPairs();
      return;
    }
    if (this.isCanonical()) {
      this.createPacked(SORTED_SET, 0, checker.bytes, checker.start, checker.end, 0);
      return;
    }
    if (this.writeCanonical()) {
      this.createPacked(SORTED_SET, 0, canonical.bytes, 0, canonical.length, 0);
      return;
    }
    const { key, keyLength, access } = target;
    target.record = sortedSets.create(key, 0, keyLength, access, 0, pairs);
    this.addPairs();
  }

  /** Adds the pairs of the checked pack one by one. */
  private addPairs(): void {
    const { checker, listpack, target } = this;
    const { sortedSets } = target.keyspace;
    const { bytes } = checker;
    for (let at = listpack.first(bytes, checker.start); !listpack.isEnd(bytes, at); ) {
      const scoreAt = listpack.next(bytes, at);
      sortedSets.score[0] = this.scoreAt(scoreAt);
      listpack.read(bytes, at);
      target.admit(listpack.end - listpack.start + sortedSets.conversionBytes(target.record));
      const outcome = sortedSets.add(target.record, listpack.bytes, listpack.start, listpack.end, 0);
      target.record = sortedSets.record;
      if (outcome !== ADD_ADDED) this.input.fail('Zset listpack integrity check failed: duplicate members.');
      at = listpack.next(bytes, scoreAt);
    }
  }

  private scoreAt(at: number): number {
    const score = this.scores.scoreAt(this.checker.bytes, at);
    if (Number.isNaN(score)) this.input.fail('Zset with NAN score detected');
    return score;
  }

  /** Whether the checked pack is in order and has scores as they are written here. */
  private isCanonical(): boolean {
    const { checker, listpack, scores } = this;
    const { bytes } = checker;
    let before = -1;
    let last = 0;
    for (let at = listpack.first(bytes, checker.start); !listpack.isEnd(bytes, at); ) {
      const scoreAt = listpack.next(bytes, at);
      const score = this.scoreAt(scoreAt);
      if (!this.isUsualScore(scoreAt) && !scores.isCanonical(bytes, scoreAt)) return false;
      if (before >= 0 && !this.isAfter(before, last, at, score)) return false;
      before = at;
      last = score;
      at = listpack.next(bytes, scoreAt);
    }
    return true;
  }

  /**
   * Whether a score is surely as it is written here: an integer, or a plain decimal of few digits. What remains is written to
   * be compared, which takes some ten times as long.
   */
  private isUsualScore(at: number): boolean {
    const { checker, listpack } = this;
    if (checker.bytes[at]! < 0x80) return true;
    listpack.read(checker.bytes, at);
    if (listpack.isInteger) return !Number.isNaN(listpack.integer);
    const { bytes, end } = listpack;
    const first = bytes[listpack.start] === MINUS ? listpack.start + 1 : listpack.start;
    if (end - first > USUAL_DIGITS_MAX || bytes[end - 1] === ZERO) return false;
    // From 0.1 on nothing has an exponent; fifteen digits are never rounded.
    if (bytes[first] === ZERO && (bytes[first + 1] !== POINT || bytes[first + 2] === ZERO)) return false;
    let point = -1;
    for (let index = first; index < end; index++) {
      const byte = bytes[index]!;
      if (byte === POINT && point < 0) point = index;
      else if (byte < ZERO || byte > ZERO + 9) return false;
    }
    return point > first && point < end - 1;
  }

  /** Whether a pair belongs behind another one. */
  private isAfter(before: number, last: number, at: number, score: number): boolean {
    if (score !== last) return score > last;
    const { listpack, other } = this;
    listpack.read(this.checker.bytes, before);
    other.read(this.checker.bytes, at);
    return compareBytes(listpack.bytes, listpack.start, listpack.end, other.bytes, other.start, other.end) < 0;
  }

  /** Writes the checked pack anew with scores as they are written here; false when it is not in order. */
  private writeCanonical(): boolean {
    const { checker, listpack, scores, canonical } = this;
    const { bytes } = checker;
    let before = -1;
    let last = 0;
    canonical.begin();
    for (let at = listpack.first(bytes, checker.start); !listpack.isEnd(bytes, at); ) {
      const scoreAt = listpack.next(bytes, at);
      const score = this.scoreAt(scoreAt);
      if (before >= 0 && !this.isAfter(before, last, at, score)) return false;
      canonical.copy(bytes, at, scoreAt);
      canonical.ensure(DOUBLE_BYTES_MAX * 2);
      canonical.length = scores.writeScore(canonical.bytes, canonical.length, score);
      canonical.entries++;
      before = at;
      last = score;
      at = listpack.next(bytes, scoreAt);
    }
    canonical.end();
    return true;
  }

  /** A list of the entries of a pack. */
  private list(bytes: Uint8Array, start: number, end: number): void {
    const { listpack, target } = this;
    const { packed, lists } = target.keyspace;
    const { quicklist } = lists;
    if (listpack.count(bytes, start) === 0) return;
    target.admit((end - start) * 2);
    const { key, keyLength, access } = target;
    const root = quicklist.create();
    target.record = packed.createLarge(LIST, key, 0, keyLength, access, root, 0);
    for (let at = listpack.first(bytes, start); !listpack.isEnd(bytes, at); at = listpack.next(bytes, at)) {
      listpack.read(bytes, at);
      target.admit(listpack.end - listpack.start);
      quicklist.pushTail(root, listpack.bytes, listpack.start, listpack.end);
    }
    target.record = lists.settleLoaded(target.record);
  }
}
