// Sorted sets: which of their encodings holds the members, and how to look into and change one.
//
//   listpack   up to zset-max-listpack-entries members of up to zset-max-listpack-value bytes: sorted-set-pack.ts
//   skiplist   beyond, by Redis's name: member records with their scores in a hash table (members.ts), which finds them,
//              and in an ordered tree (structures/ordered-tree.ts), which orders them
//
// A large sorted set never goes back by itself; what ZUNIONSTORE and its like store is as small as it can be. Changes may
// move the key's record: `record` then names it, and the caller puts it in its place. A rank counts from 0.
//
// Scores pass through `score`, an array of one: doubles that functions return or objects hold are boxed.

import { assert } from '../lib/assert.ts';
import type { Prng } from '../lib/prng.ts';
import { NONE } from '../memory/flat-memory.ts';
import { type Listpack, PACK_EMPTY_BYTES } from '../structures/listpack.ts';
import { OrderedTree } from '../structures/ordered-tree.ts';
import { readScore, writeScore } from '../structures/score.ts';
import type { Datatype } from './datatype.ts';
import { DepartingMembers } from './departing-members.ts';
import { DISPOSE_AT_ONCE_MAX, type Disposals } from './disposals.ts';
import { type KeyRecords, SORTED_SET } from './key-record.ts';
import type { Members } from './members.ts';
import { LARGE, type PackedValues } from './packed-values.ts';
import { SortedSetPacks } from './sorted-set-pack.ts';
import {
  BOUND_EXCLUSIVE,
  BOUND_GREATEST,
  BOUND_INCLUSIVE,
  BOUND_LEAST,
  type LexRange,
  type ScoreRange,
} from './sorted-set-range.ts';
import { SortedSetWalk } from './sorted-set-walk.ts';

/** Conditions and kinds of `add`: ZADD's options. */
export const ADD_INCREMENT = 1 << 0;
export const ADD_ONLY_NEW = 1 << 1;
export const ADD_ONLY_PRESENT = 1 << 2;
export const ADD_ONLY_GREATER = 1 << 3;
export const ADD_ONLY_LESS = 1 << 4;

/** What came of `add`: a condition did not hold; the member is new; has a new score; had it already; NaN. */
export const ADD_REFUSED = 0;
export const ADD_ADDED = 1;
export const ADD_UPDATED = 2;
export const ADD_SAME = 3;
export const ADD_NOT_A_NUMBER = 4;

/** A pack is not made longer than this, whatever the thresholds say. As in Redis. */
const PACK_BYTES_MAX = 1024 * 1024 * 1024;
/** Bytes that a short member takes at most when its pack becomes a table and a tree, beside its own. */
const LARGE_MEMBER_BYTES = 64;

/** What a command that only reads may do with sorted sets. */
export type ReadSortedSets = Pick<
  SortedSets,
  | 'score'
  | 'first'
  | 'end'
  | 'count'
  | 'find'
  | 'rank'
  | 'rangeByScore'
  | 'rangeByMember'
  | 'walk'
  | 'isLarge'
  | 'scan'
  | 'scannedCount'
  | 'scanned'
  | 'randomRecord'
>;

export class SortedSets implements Datatype {
  /** zset-max-listpack-entries and zset-max-listpack-value. */
  packedEntriesMax = 128;
  packedValueBytesMax = 64;
  /** The key's record after a change. */
  record = NONE;
  /** The score that `find` and `rank` found, and that `add` takes and leaves. */
  readonly score = new Float64Array(1);
  /** The ranks that `rangeByScore` and `rangeByMember` found: from `first` to below `end`. */
  first = 0;
  end = 0;
  readonly packs: SortedSetPacks;
  readonly tree: OrderedTree;
  private readonly departing: DepartingMembers;
  readonly members: Members;
  readonly packed: PackedValues;
  readonly listpack: Listpack;
  private readonly records: KeyRecords;
  private readonly disposals: Disposals;
  private readonly ownWalk: SortedSetWalk;

  constructor(records: KeyRecords, packed: PackedValues, members: Members, disposals: Disposals, listpack: Listpack) {
    this.records = records;
    this.packed = packed;
    this.members = members;
    this.disposals = disposals;
    this.listpack = listpack;
    this.packs = new SortedSetPacks(listpack);
    this.tree = new OrderedTree(members.memory);
    this.departing = new DepartingMembers(members, this.tree);
    this.ownWalk = new SortedSetWalk(this);
  }

  // --- looking ---

  isLarge(handle: number): boolean {
    return this.records.encoding(handle) >= LARGE;
  }

  count(handle: number): number {
    const { packed } = this;
    if (this.isLarge(handle)) return this.tree.count(packed.payload(handle, 1));
    packed.read(handle);
    return this.packs.count(packed.bytes, packed.start);
  }

  /** Whether bytes[start..end) is a member; its score is then in `score`. */
  find(handle: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { packed, packs, members } = this;
    if (this.isLarge(handle)) {
      const record = members.table.find(packed.payload(handle, 0), bytes, start, end);
      if (record === NONE) return false;
      this.score[0] = readScore(members.memory, record);
      return true;
    }
    packed.read(handle);
    const at = packs.find(packed.bytes, packed.start, bytes, start, end);
    if (at < 0) return false;
    this.score[0] = packs.scoreAt(packed.bytes, this.listpack.next(packed.bytes, at));
    return true;
  }

  /** Members before bytes[start..end), -1 when it is none; its score is then in `score`. */
  rank(handle: number, bytes: Uint8Array, start: number, end: number): number {
    const { packed, packs, members, listpack } = this;
    if (this.isLarge(handle)) {
      const record = members.table.find(packed.payload(handle, 0), bytes, start, end);
      if (record === NONE) return -1;
      this.score[0] = readScore(members.memory, record);
      return this.tree.rank(packed.payload(handle, 1), record);
    }
    packed.read(handle);
    const found = packs.find(packed.bytes, packed.start, bytes, start, end);
    if (found < 0) return -1;
    let before = 0;
    for (let at = listpack.first(packed.bytes, packed.start); at < found; at = listpack.next(packed.bytes, at))
      before++;
    this.score[0] = packs.scoreAt(packed.bytes, listpack.next(packed.bytes, found));
    return before >>> 1;
  }

  /** Leaves the ranks of a range in `first` and `end`; true when there are any. */
  rangeByScore(handle: number, range: ScoreRange): boolean {
    this.first = 0;
    this.end = 0;
    if (range.isEmpty()) return false;
    const { packed, packs, listpack, tree } = this;
    if (this.isLarge(handle)) {
      const root = packed.payload(handle, 1);
      this.first = tree.countToScore(root, range.bounds[0]!, range.minExclusive);
      this.end = tree.countToScore(root, range.bounds[1]!, !range.maxExclusive);
      return this.first < this.end;
    }
    packed.read(handle);
    const { bytes } = packed;
    for (let at = listpack.first(bytes, packed.start); !listpack.isEnd(bytes, at); ) {
      const scoreAt = listpack.next(bytes, at);
      const toMax = packs.compareScore(bytes, scoreAt, range.bounds[1]!);
      if (toMax > 0 || (toMax === 0 && range.maxExclusive)) break;
      this.end++;
      // All scores from the first that reaches the least one on do.
      if (this.first === this.end - 1) {
        const toMin = packs.compareScore(bytes, scoreAt, range.bounds[0]!);
        if (toMin < 0 || (toMin === 0 && range.minExclusive)) this.first++;
      }
      at = listpack.next(bytes, scoreAt);
    }
    return this.first < this.end;
  }

  /**
   * The same for a range of members. It has a meaning where all scores are equal; elsewhere packs are walked from the
   * start, or `fromEnd`, as Redis does.
   */
  rangeByMember(handle: number, range: LexRange, fromEnd: boolean): boolean {
    this.first = 0;
    this.end = 0;
    if (range.isEmpty()) return false;
    if (!this.isLarge(handle)) return this.packedRangeByMember(handle, range, fromEnd);
    const { tree } = this;
    const root = this.packed.payload(handle, 1);
    const { bytes, minKind, maxKind } = range;
    if (minKind !== BOUND_LEAST) {
      this.first = tree.countToMember(root, bytes, range.minStart, range.minEnd, minKind === BOUND_EXCLUSIVE);
    }
    if (maxKind === BOUND_GREATEST) this.end = tree.count(root);
    else this.end = tree.countToMember(root, bytes, range.maxStart, range.maxEnd, maxKind === BOUND_INCLUSIVE);
    return this.first < this.end;
  }

  /** A walk of its own; several may go on at once. */
  walk(): SortedSetWalk {
    return new SortedSetWalk(this);
  }

  /** One step through a large sorted set: returns the next cursor, 0 at the end; what it came upon is `scanned`. */
  scan(handle: number, cursor: number, count: number): number {
    return this.members.table.scan(this.packed.payload(handle, 0), cursor, count);
  }

  scannedCount(): number {
    return this.members.table.collectedCount;
  }

  /** A record that `scan` came upon. */
  scanned(index: number): number {
    return this.members.table.collected[index]!;
  }

  /** A record of a large sorted set chosen fairly. */
  randomRecord(handle: number, prng: Prng): number {
    return this.members.table.random(this.packed.payload(handle, 0), prng);
  }

  // --- changing ---

  /**
   * A new, empty sorted set for a key, of the encoding that suits a first member of `memberBytes` and `members` in all. In
   * no table yet; the caller owns it. May grow memory.
   */
  create(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    access: number,
    memberBytes: number,
    members: number,
  ): number {
    const { packed } = this;
    if (members <= this.packedEntriesMax && memberBytes <= this.packedValueBytesMax) {
      const handle = packed.create(SORTED_SET, 0, key, keyStart, keyEnd, access, PACK_EMPTY_BYTES);
      this.listpack.writeEmpty(packed.bytes, packed.start);
      return handle;
    }
    const table = this.members.table.create();
    return packed.createLarge(SORTED_SET, key, keyStart, keyEnd, access, table, this.tree.create());
  }

  /** Bytes that a packed value may take beside those of new members when it becomes large. */
  conversionBytes(handle: number): number {
    if (this.isLarge(handle)) return 0;
    const { packed } = this;
    packed.read(handle);
    return (packed.end - packed.start) * 2 + this.packs.count(packed.bytes, packed.start) * LARGE_MEMBER_BYTES;
  }

  /** Makes room for `members` more at once: more than a pack may hold make it large before. */
  expect(handle: number, members: number): void {
    this.record = handle;
    if (members > this.packedEntriesMax && !this.isLarge(handle)) this.enlarge(handle);
  }

  /**
   * Adds a member with the score in `score`, or gives it that score, as `flags` say (ADD_…, one of which may stand for an
   * increment). Returns what came of it (ADD_…); `score` then is the member's unless it was refused. Leaves the record in
   * `record`. The member may not lie in flat memory. May grow memory.
   */
  add(handle: number, bytes: Uint8Array, start: number, end: number, flags: number): number {
    this.record = handle;
    if (this.isLarge(handle)) return this.addLarge(handle, bytes, start, end, flags);
    const { packed, packs, listpack, score } = this;
    packed.read(handle);
    const at = packs.find(packed.bytes, packed.start, bytes, start, end);
    if (at >= 0) {
      const scoreAt = listpack.next(packed.bytes, at);
      const outcome = this.settle(packs.scoreAt(packed.bytes, scoreAt), flags);
      if (outcome === ADD_UPDATED) this.rescorePacked(handle, at, scoreAt, bytes, start, end);
      return outcome;
    }
    if ((flags & ADD_ONLY_PRESENT) !== 0) return ADD_REFUSED;
    const length = end - start;
    const tooMany = packs.count(packed.bytes, packed.start) >= this.packedEntriesMax;
    if (tooMany || length > this.packedValueBytesMax || packed.end - packed.start + length > PACK_BYTES_MAX) {
      return this.addLarge(this.enlarge(handle), bytes, start, end, flags);
    }
    this.insertPacked(handle, score[0]!, bytes, start, end);
    return ADD_ADDED;
  }

  /** Takes a member out; false when it is none. Leaves the record in `record`; it may be empty. */
  remove(handle: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { packed, members } = this;
    this.record = handle;
    if (this.isLarge(handle)) {
      const root = packed.payload(handle, 0);
      const record = members.table.find(root, bytes, start, end);
      if (record === NONE) return false;
      this.tree.remove(packed.payload(handle, 1), record);
      members.table.removeFound(root);
      members.free(record);
      return true;
    }
    packed.read(handle);
    const at = this.packs.find(packed.bytes, packed.start, bytes, start, end);
    if (at < 0) return false;
    this.cutPacked(handle, at, this.listpack.next(packed.bytes, this.listpack.next(packed.bytes, at)), 1);
    return true;
  }

  /** Takes the members with the ranks from `first` to below `end` out. Leaves the record in `record`; it may be empty. */
  removeRanks(handle: number, first: number, end: number): void {
    const { packed, members, listpack, tree } = this;
    this.record = handle;
    if (!this.isLarge(handle)) {
      packed.read(handle);
      const { bytes, start } = packed;
      const from = listpack.seek(bytes, start, first * 2);
      const to = end === this.packs.count(bytes, start) ? packed.end - 1 : listpack.seek(bytes, start, end * 2);
      this.cutPacked(handle, from, to, end - first);
      return;
    }
    const root = packed.payload(handle, 0);
    if (end - first === 1) {
      const treeRoot = packed.payload(handle, 1);
      tree.removeRun(treeRoot, first, 1);
      const record = tree.collected[0]!;
      this.departing.find(root, record, treeRoot, first, first > 0);
      members.table.removeFound(root);
      members.free(record);
      return;
    }
    for (let left = end - first; left > 0; left -= tree.collectedCount) {
      tree.removeRun(packed.payload(handle, 1), first, left);
      for (let index = 0; index < tree.collectedCount; index++) {
        const record = tree.collected[index]!;
        members.read(record);
        members.table.find(root, members.bytes, members.start, members.end);
        members.table.removeFound(root);
        members.free(record);
      }
    }
  }

  // --- the Datatype ---

  encodingName(handle: number): string {
    return this.isLarge(handle) ? 'skiplist' : 'listpack';
  }

  release(handle: number, later: boolean): void {
    const { packed, tree } = this;
    if (!this.isLarge(handle)) {
      packed.release(handle);
      return;
    }
    const root = packed.payload(handle, 1);
    const inSlices = later && tree.count(root) > DISPOSE_AT_ONCE_MAX;
    this.disposals.add(this.members, packed.payload(handle, 0), inSlices);
    this.disposals.add(tree, root, inSlices, true);
  }

  duplicate(copy: number): void {
    const { packed, members, tree, ownWalk } = this;
    if (!this.isLarge(copy)) {
      packed.duplicate(copy);
      return;
    }
    const table = members.table.create();
    tree.beginBuild(this.count(copy));
    ownWalk.begin(copy, 0);
    while (ownWalk.next()) {
      const record = members.duplicate(ownWalk.record);
      members.read(record);
      members.table.find(table, members.bytes, members.start, members.end);
      members.table.insert(table, record);
      tree.append(record);
    }
    packed.setPayload(copy, table, tree.endBuild());
  }

  copyBytes(handle: number): number {
    const { packed } = this;
    if (!this.isLarge(handle)) return packed.outsideBytes(handle);
    return this.members.tableBytes(packed.payload(handle, 0)) + this.tree.indexBytes(packed.payload(handle, 1)) * 2;
  }

  check(handle: number): void {
    const { packed, members, tree, ownWalk } = this;
    const count = this.count(handle);
    assert(count > 0, 'a key has no empty sorted set');
    if (!this.isLarge(handle)) {
      this.checkPacked(handle);
      return;
    }
    const table = packed.payload(handle, 0);
    members.table.check(table);
    tree.check(packed.payload(handle, 1));
    assert(members.table.count(table) === count, 'table and tree have as many records');
    ownWalk.begin(handle, 0);
    while (ownWalk.next()) {
      ownWalk.readMember();
      const found = members.table.find(table, ownWalk.bytes, ownWalk.start, ownWalk.end);
      assert(found === ownWalk.record, 'what is in the tree is in the table');
    }
  }

  private checkPacked(handle: number): void {
    const { packed, listpack, packs } = this;
    packed.check(handle);
    packed.read(handle);
    const { bytes, start, end } = packed;
    assert(listpack.validate(bytes, start, end - start), 'a packed sorted set is a valid listpack');
    assert((listpack.count(bytes, start) & 1) === 0, 'a packed sorted set has pairs');
    for (let at = listpack.first(bytes, start); ; ) {
      const scoreAt = listpack.next(bytes, at);
      const next = listpack.next(bytes, scoreAt);
      if (listpack.isEnd(bytes, next)) return;
      const score = packs.scoreAt(bytes, scoreAt);
      assert(packs.isCanonical(bytes, scoreAt), 'a score is written as a reply tells it');
      listpack.read(bytes, next);
      const member = listpack.bytes.slice(listpack.start, listpack.end);
      const nextScore = packs.scoreAt(bytes, listpack.next(bytes, next));
      const ascends = score === nextScore && packs.compareMember(bytes, at, member, 0, member.length) < 0;
      assert(score < nextScore || ascends, 'pairs ascend');
      at = next;
    }
  }

  // --- the encodings ---

  private packedRangeByMember(handle: number, range: LexRange, fromEnd: boolean): boolean {
    const { packed, listpack } = this;
    packed.read(handle);
    const { bytes, start } = packed;
    const count = this.packs.count(bytes, start);
    const lastMember = listpack.seek(bytes, start, -2);
    if (!this.reachesMin(range, lastMember) || !this.keepsToMax(range, listpack.first(bytes, start))) return false;
    if (fromEnd) {
      let at = lastMember;
      this.end = count;
      for (; this.end > 0 && !this.keepsToMax(range, at); this.end--) at = this.pairBefore(at);
      this.first = this.end;
      for (; this.first > 0 && this.reachesMin(range, at); this.first--) at = this.pairBefore(at);
      return this.first < this.end;
    }
    let at = listpack.first(bytes, start);
    for (; this.first < count && !this.reachesMin(range, at); this.first++) at = this.pairAfter(at);
    this.end = this.first;
    for (; this.end < count && this.keepsToMax(range, at); this.end++) at = this.pairAfter(at);
    return this.first < this.end;
  }

  /** Offset of the member after that at `at` in the pack just read, or of the end mark. */
  private pairAfter(at: number): number {
    const { bytes } = this.packed;
    return this.listpack.next(bytes, this.listpack.next(bytes, at));
  }

  /** Offset of the member before it, -1 at the first. */
  private pairBefore(at: number): number {
    const { bytes, start } = this.packed;
    const score = this.listpack.previous(bytes, start, at);
    return score < 0 ? -1 : this.listpack.previous(bytes, start, score);
  }

  private reachesMin(range: LexRange, at: number): boolean {
    const { listpack } = this;
    listpack.read(this.packed.bytes, at);
    return range.reachesMin(listpack.bytes, listpack.start, listpack.end);
  }

  private keepsToMax(range: LexRange, at: number): boolean {
    const { listpack } = this;
    listpack.read(this.packed.bytes, at);
    return range.keepsToMax(listpack.bytes, listpack.start, listpack.end);
  }

  /** Works out what becomes of a present member's score: `score` in, `score` out. */
  private settle(current: number, flags: number): number {
    const { score } = this;
    if ((flags & ADD_ONLY_NEW) !== 0) return ADD_REFUSED;
    let wanted = score[0]!;
    if ((flags & ADD_INCREMENT) !== 0) {
      wanted += current;
      if (Number.isNaN(wanted)) return ADD_NOT_A_NUMBER;
    }
    if ((flags & ADD_ONLY_LESS) !== 0 && wanted >= current) return ADD_REFUSED;
    if ((flags & ADD_ONLY_GREATER) !== 0 && wanted <= current) return ADD_REFUSED;
    score[0] = wanted;
    return wanted === current ? ADD_SAME : ADD_UPDATED;
  }

  private addLarge(handle: number, bytes: Uint8Array, start: number, end: number, flags: number): number {
    const { packed, members, tree, score } = this;
    const table = packed.payload(handle, 0);
    const found = members.table.find(table, bytes, start, end);
    if (found !== NONE) {
      const outcome = this.settle(readScore(members.memory, found), flags);
      if (outcome === ADD_UPDATED) {
        members.table.touchFound();
        tree.rescore(packed.payload(handle, 1), found, score[0]!);
      }
      return outcome;
    }
    if ((flags & ADD_ONLY_PRESENT) !== 0) return ADD_REFUSED;
    const record = members.create(bytes, start, end, 0, true);
    writeScore(members.memory, record, score[0]!);
    members.table.insert(table, record);
    tree.insert(packed.payload(handle, 1), record);
    return ADD_ADDED;
  }

  private insertPacked(handle: number, score: number, bytes: Uint8Array, start: number, end: number): void {
    const { packed, packs, listpack } = this;
    packed.read(handle);
    const entries = listpack.count(packed.bytes, packed.start);
    const offset = packs.placeOf(packed.bytes, packed.start, score, bytes, start, end) - packed.start;
    const gap = listpack.entryBytes(bytes, start, end) + packs.scoreBytes(score);
    this.record = packed.splice(handle, offset, 0, gap);
    const scoreAt = listpack.write(packed.bytes, packed.start + offset, bytes, start, end);
    packs.writeScore(packed.bytes, scoreAt, score);
    listpack.setHeader(packed.bytes, packed.start, packed.end - packed.start, entries + 2);
  }

  /** Gives the member at `at` the score in `score`. */
  private rescorePacked(
    handle: number,
    at: number,
    scoreAt: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const { packed, packs, listpack } = this;
    const score = this.score[0]!;
    if (!packs.staysAt(packed.bytes, packed.start, at, score, bytes, start, end)) {
      this.cutPacked(handle, at, listpack.next(packed.bytes, scoreAt), 1);
      this.insertPacked(this.record, score, bytes, start, end);
      return;
    }
    const entries = listpack.count(packed.bytes, packed.start);
    const offset = scoreAt - packed.start;
    this.record = packed.splice(handle, offset, listpack.sizeAt(packed.bytes, scoreAt), packs.scoreBytes(score));
    packs.writeScore(packed.bytes, packed.start + offset, score);
    listpack.setHeader(packed.bytes, packed.start, packed.end - packed.start, entries);
  }

  /** Cuts `pairs` pairs, which lie from `from` to `to`, out of the pack just read. */
  private cutPacked(handle: number, from: number, to: number, pairs: number): void {
    const { packed, listpack } = this;
    const entries = listpack.count(packed.bytes, packed.start);
    this.record = packed.splice(handle, from - packed.start, to - from, 0);
    listpack.setHeader(packed.bytes, packed.start, packed.end - packed.start, entries - pairs * 2);
  }

  /** Makes a table and a tree of a pack. Returns the record, which is in `record` too. */
  private enlarge(handle: number): number {
    const { members, tree, ownWalk } = this;
    const table = members.table.create();
    tree.beginBuild(this.count(handle));
    ownWalk.begin(handle, 0);
    while (ownWalk.next()) {
      const score = ownWalk.score();
      ownWalk.readMember();
      members.table.find(table, ownWalk.bytes, ownWalk.start, ownWalk.end);
      const record = members.create(ownWalk.bytes, ownWalk.start, ownWalk.end, 0, true);
      writeScore(members.memory, record, score);
      members.table.insert(table, record);
      tree.append(record);
    }
    this.record = this.packed.enlarge(handle, table, tree.endBuild());
    return this.record;
  }
}
