// Consumer groups of a stream: who reads it together, up to where, and what was delivered but not acknowledged.
//
//   group      [name bytes, PENDING, CONSUMERS, TIMELINE, UNOWNED, RELEASES, entries read: 2, last delivered id: 4, name]
//   consumer   [name bytes, PENDING, seen at: 2, active at: 2, name]
//
// Groups and consumers are named records (stream-names.ts). A group's pending entries are a tree (id-tree.ts) from id to
// [owner, delivered at: 2, deliveries: 2]; a consumer's are the ids alone. So one that is pending takes 36 + 16 bytes and
// the slack of two trees. Both trees are made with their first entry. Times are milliseconds, entries read and deliveries
// signed numbers of 64 bits; active at is -1 before the first delivery.
//
// An entry that was released (XNACK) belongs to nobody; in place of a time it has its number among the group's releases,
// which comes before any time. So the longest released is the first to be claimed.
//
// The timeline, a tree of (delivered at, id), tells who has waited longest. It is made when somebody first asks (claiming
// reads do), and kept from then on.
//
// Invariants: (1) a pending entry's owner is a consumer of the group with that id among its own, or NONE; (2) UNOWNED counts
// those without an owner; (3) a timeline has just the group's pending entries.

import { assert } from '../lib/assert.ts';
import { type FlatMemory, NONE } from '../memory/flat-memory.ts';
import { IdCursor, IdTree } from './id-tree.ts';
import { ID_WORDS, StreamId } from './stream-id.ts';
import { GROUPS, type StreamLog } from './stream-log.ts';
import { StreamNames } from './stream-names.ts';

export const PENDING = 1;
export const CONSUMERS = 2;
export const TIMELINE = 3;
const UNOWNED = 4;
const RELEASES = 5;
const READ = 6;
const DELIVERED_ID = 8;
const GROUP_WORDS = DELIVERED_ID + ID_WORDS;

const SEEN = 2;
const ACTIVE = 4;
const CONSUMER_WORDS = 6;

/** Values of a pending entry. */
export const OWNER = 0;
const TIME = 1;
const DELIVERIES = 3;
const PENDING_WORDS = 5;

const TWO_32 = 0x1_0000_0000;

/** All the consumer groups in one flat memory. */
export class StreamGroups {
  readonly names: StreamNames;
  readonly consumerNames: StreamNames;
  /** Pending entries of groups: value words are OWNER, TIME, DELIVERIES. `pending.found` is the one at hand. */
  readonly pending: IdTree;
  /** Ids that are pending for one consumer. */
  readonly own: IdTree;
  /** Pending entries of groups by the time of their delivery. */
  readonly timeline: IdTree;
  private readonly log: StreamLog;
  private readonly memory: FlatMemory;
  private readonly cursor = new IdCursor();
  private readonly id = new StreamId();
  private readonly idWords = new Int32Array(ID_WORDS);
  /** Where `nextWaiting` goes on. */
  private readonly after = new StreamId();
  private afterHigh = 0;
  private afterLow = 0;

  constructor(log: StreamLog) {
    this.log = log;
    this.memory = log.memory;
    this.names = new StreamNames(log.memory, GROUP_WORDS);
    this.consumerNames = new StreamNames(log.memory, CONSUMER_WORDS);
    this.pending = new IdTree(log.memory, ID_WORDS, PENDING_WORDS);
    this.own = new IdTree(log.memory, ID_WORDS, 0);
    this.timeline = new IdTree(log.memory, 2 + ID_WORDS, 0);
  }

  // --- groups ---

  count(root: number): number {
    return this.names.count(this.log.word(root, GROUPS));
  }

  /** The group at an index in the order of names. */
  at(root: number, index: number): number {
    return this.names.at(this.log.word(root, GROUPS), index);
  }

  /** The group of a name, NONE when there is none. */
  find(root: number, name: Uint8Array, start: number, end: number): number {
    return this.names.find(this.log.word(root, GROUPS), name, start, end);
  }

  /** Makes the group that was just looked for in vain. The name may not lie in flat memory. May grow memory. */
  create(root: number, name: Uint8Array, start: number, end: number, delivered: StreamId): number {
    const group = this.names.create(name, start, end);
    this.setDelivered(group, delivered);
    this.setRead(group, -1, -1);
    this.log.setWord(root, GROUPS, this.names.insert(this.log.word(root, GROUPS), group));
    return group;
  }

  /** Takes the group that was just found away from its stream: the caller's now, for `disposeGroup`. */
  takeFound(root: number): void {
    this.log.setWord(root, GROUPS, this.names.remove(this.log.word(root, GROUPS), this.names.index));
  }

  readDelivered(group: number, id: StreamId): void {
    for (let word = 0; word < ID_WORDS; word++) this.idWords[word] = this.names.word(group, DELIVERED_ID + word);
    id.load(this.idWords, 0);
  }

  setDelivered(group: number, id: StreamId): void {
    id.store(this.idWords, 0);
    for (let word = 0; word < ID_WORDS; word++) this.names.setWord(group, DELIVERED_ID + word, this.idWords[word]!);
  }

  /** Entries that the group has read, two halves; both -1 when that is not known. */
  readLow(group: number): number {
    return this.names.word(group, READ);
  }

  readHigh(group: number): number {
    return this.names.word(group, READ + 1);
  }

  setRead(group: number, high: number, low: number): void {
    this.names.setWord(group, READ, low);
    this.names.setWord(group, READ + 1, high);
  }

  /** Pending entries of a group. */
  pendingCount(group: number): number {
    const tree = this.names.word(group, PENDING);
    return tree === NONE ? 0 : this.pending.count(tree);
  }

  /** Those that no consumer owns. */
  unownedCount(group: number): number {
    return this.names.word(group, UNOWNED);
  }

  /** The tree of a group's pending entries, NONE before the first. */
  pendingOf(group: number): number {
    return this.names.word(group, PENDING);
  }

  // --- consumers ---

  consumerCount(group: number): number {
    return this.consumerNames.count(this.names.word(group, CONSUMERS));
  }

  consumerAt(group: number, index: number): number {
    return this.consumerNames.at(this.names.word(group, CONSUMERS), index);
  }

  findConsumer(group: number, name: Uint8Array, start: number, end: number): number {
    return this.consumerNames.find(this.names.word(group, CONSUMERS), name, start, end);
  }

  /** Makes the consumer that was just looked for in vain. May grow memory. */
  createConsumer(group: number, name: Uint8Array, start: number, end: number, now: number): number {
    const consumer = this.consumerNames.create(name, start, end);
    this.setSeen(consumer, now);
    this.setActive(consumer, -1);
    const directory = this.consumerNames.insert(this.names.word(group, CONSUMERS), consumer);
    this.names.setWord(group, CONSUMERS, directory);
    return consumer;
  }

  /** Removes the consumer that was just found, and what is pending for it; returns how many entries that was. */
  removeConsumer(group: number, consumer: number): number {
    const { index } = this.consumerNames;
    const tree = this.consumerNames.word(consumer, PENDING);
    let removed = 0;
    while (tree !== NONE && this.own.first(tree, this.cursor)) {
      this.own.readId(this.cursor, this.id);
      this.findPending(group, this.id);
      this.drop(group, this.id);
      removed++;
    }
    const directory = this.consumerNames.remove(this.names.word(group, CONSUMERS), index);
    this.names.setWord(group, CONSUMERS, directory);
    this.freeConsumer(consumer);
    return removed;
  }

  seenAt(consumer: number): number {
    return this.time(consumer, SEEN);
  }

  setSeen(consumer: number, time: number): void {
    this.setTime(consumer, SEEN, time);
  }

  /** -1 before the first delivery. */
  activeAt(consumer: number): number {
    return this.time(consumer, ACTIVE);
  }

  setActive(consumer: number, time: number): void {
    this.setTime(consumer, ACTIVE, time);
  }

  /** Entries that are pending for a consumer. */
  ownCount(consumer: number): number {
    const tree = this.consumerNames.word(consumer, PENDING);
    return tree === NONE ? 0 : this.own.count(tree);
  }

  /** The tree of their ids, NONE before the first. */
  ownOf(consumer: number): number {
    return this.consumerNames.word(consumer, PENDING);
  }

  // --- pending entries ---

  /** Whether an id is pending in a group: then it is the entry at hand (`pending.found`). */
  findPending(group: number, id: StreamId): boolean {
    const tree = this.names.word(group, PENDING);
    if (tree === NONE) return false;
    this.pending.aim(id);
    return this.pending.find(tree);
  }

  /** Of the entry at hand, or of another one: its consumer, NONE when it has none. */
  owner(cursor: IdCursor): number {
    return this.pending.value(cursor, OWNER);
  }

  /** When it was delivered last; 0 for one that nobody owns. */
  deliveredAt(cursor: IdCursor): number {
    if (this.owner(cursor) === NONE) return 0;
    return this.pending.value(cursor, TIME + 1) * TWO_32 + (this.pending.value(cursor, TIME) >>> 0);
  }

  deliveriesLow(cursor: IdCursor): number {
    return this.pending.value(cursor, DELIVERIES);
  }

  deliveriesHigh(cursor: IdCursor): number {
    return this.pending.value(cursor, DELIVERIES + 1);
  }

  setDeliveries(cursor: IdCursor, high: number, low: number): void {
    this.pending.setValue(cursor, DELIVERIES, low);
    this.pending.setValue(cursor, DELIVERIES + 1, high);
  }

  /** Counts one more delivery of an entry; at the greatest number it stays. */
  addDelivery(cursor: IdCursor): void {
    const low = (this.deliveriesLow(cursor) + 1) | 0;
    const high = this.deliveriesHigh(cursor);
    if (low === 0 && high === 0x7fffffff) return;
    this.setDeliveries(cursor, low === 0 ? high + 1 : high, low);
  }

  /** Makes the id that was just looked for in vain pending: it is then at hand, with one delivery. May grow memory. */
  add(group: number, consumer: number, id: StreamId, time: number): void {
    const { pending } = this;
    let tree = this.names.word(group, PENDING);
    if (tree === NONE) {
      tree = pending.create();
      this.names.setWord(group, PENDING, tree);
      pending.aim(id);
      pending.find(tree);
    }
    pending.insertFound(tree);
    pending.setValue(pending.found, OWNER, consumer);
    this.setDeliveries(pending.found, 0, 1);
    this.writeTime(pending.found, consumer === NONE ? this.nextRelease(group) : time);
    if (consumer === NONE) this.addUnowned(group, 1);
    else this.addOwn(consumer, id);
    this.enterTimeline(group, id);
  }

  /**
   * Makes the id that was just looked for in vain pending as a file has it: it is then at hand, owned by nobody until
   * `adopt` or `release`. A time beyond 2^53 is kept about. May grow memory.
   */
  load(group: number, id: StreamId, time: number, deliveriesHigh: number, deliveriesLow: number): void {
    this.add(group, NONE, id, 0);
    this.names.setWord(group, RELEASES, 0);
    this.setDeliveries(this.pending.found, deliveriesHigh, deliveriesLow);
    this.writeTime(this.pending.found, time);
  }

  /** Gives a loaded entry, which is at hand and owned by nobody, to a consumer; its time stays. May grow memory. */
  adopt(group: number, consumer: number, id: StreamId): void {
    this.addUnowned(group, -1);
    this.addOwn(consumer, id);
    this.pending.setValue(this.pending.found, OWNER, consumer);
  }

  /** Says of a loaded entry, which is at hand, that it was released, after those of which that was said before. */
  release(group: number): void {
    this.writeTime(this.pending.found, this.nextRelease(group));
  }

  /** Of an entry that nobody owns: its number among the group's releases. */
  releaseNumber(cursor: IdCursor): number {
    return this.pending.value(cursor, TIME) >>> 0;
  }

  /** Gives the entry at hand, of this id, to a consumer (NONE: to nobody), delivered at a time. May grow memory. */
  assign(group: number, consumer: number, id: StreamId, time: number): void {
    const { found } = this.pending;
    const before = this.owner(found);
    if (before !== consumer) {
      if (before === NONE) this.addUnowned(group, -1);
      else this.dropOwn(before, id);
      if (consumer === NONE) this.addUnowned(group, 1);
      else this.addOwn(consumer, id);
      this.pending.setValue(found, OWNER, consumer);
    }
    this.leaveTimeline(group, id);
    this.writeTime(found, consumer === NONE ? this.nextRelease(group) : time);
    this.enterTimeline(group, id);
  }

  /** Takes the entry at hand, of this id, out. */
  drop(group: number, id: StreamId): void {
    const owner = this.owner(this.pending.found);
    if (owner === NONE) this.addUnowned(group, -1);
    else this.dropOwn(owner, id);
    this.leaveTimeline(group, id);
    this.pending.removeFound(this.names.word(group, PENDING));
  }

  /** Whether a group keeps an entry from being forgotten: it is pending there, or still to be delivered. */
  needs(group: number, id: StreamId): boolean {
    this.readDelivered(group, this.id);
    return id.compare(this.id) > 0 || this.findPending(group, id);
  }

  // --- the timeline ---

  /** Makes a group's timeline when it has none. May grow memory by 24 bytes for each pending entry, and some more. */
  openTimeline(group: number): void {
    if (this.names.word(group, TIMELINE) !== NONE) return;
    this.names.setWord(group, TIMELINE, this.timeline.create());
    const tree = this.names.word(group, PENDING);
    if (tree === NONE) return;
    const { cursor, id, pending } = this;
    for (let more = pending.first(tree, cursor); more; more = pending.next(cursor)) {
      pending.readId(cursor, id);
      pending.found.leaf = cursor.leaf;
      pending.found.index = cursor.index;
      this.enterTimeline(group, id);
    }
  }

  /** Begins to go through a group's pending entries, those that have waited longest first. */
  beginWaiting(): void {
    this.afterHigh = 0;
    this.afterLow = 0;
    this.after.setMin();
  }

  /** Reads the next one's id; false when there is none, or it was delivered after `time`. It may be given to a consumer. */
  nextWaiting(group: number, time: number, id: StreamId): boolean {
    const { timeline, cursor } = this;
    timeline.aimAtTime(this.afterHigh, this.afterLow, this.after);
    if (!timeline.seek(this.names.word(group, TIMELINE), cursor)) return false;
    const high = timeline.keyWord(cursor, 0);
    const low = timeline.keyWord(cursor, 1);
    if ((high >>> 0) * TWO_32 + (low >>> 0) > time) return false;
    timeline.readId(cursor, id);
    this.afterHigh = high;
    this.afterLow = low;
    this.after.set(id);
    this.after.increment();
    return true;
  }

  private enterTimeline(group: number, id: StreamId): void {
    const tree = this.names.word(group, TIMELINE);
    if (tree === NONE) return;
    this.aimTimeline(id);
    const there = this.timeline.find(tree);
    assert(!there, 'an entry comes into the timeline once (3)');
    this.timeline.insertFound(tree);
  }

  private leaveTimeline(group: number, id: StreamId): void {
    const tree = this.names.word(group, TIMELINE);
    if (tree === NONE) return;
    this.aimTimeline(id);
    const there = this.timeline.find(tree);
    assert(there, 'a pending entry is in the timeline (3)');
    this.timeline.removeFound(tree);
  }

  private aimTimeline(id: StreamId): void {
    const { found } = this.pending;
    this.timeline.aimAtTime(this.pending.value(found, TIME + 1), this.pending.value(found, TIME), id);
  }

  // --- freeing, copying, checking ---

  /** Frees a part of a group that no stream has any more; false when all of it is gone. */
  disposeGroup(group: number): boolean {
    for (const word of [PENDING, TIMELINE]) {
      const tree = this.names.word(group, word);
      if (tree === NONE) continue;
      if (!(word === PENDING ? this.pending : this.timeline).dispose(tree)) this.names.setWord(group, word, NONE);
      return true;
    }
    const directory = this.names.word(group, CONSUMERS);
    const count = this.consumerNames.count(directory);
    if (count > 0) {
      const consumer = this.consumerNames.at(directory, count - 1);
      const tree = this.consumerNames.word(consumer, PENDING);
      if (tree !== NONE && this.own.dispose(tree)) return true;
      this.memory.free(consumer);
      this.names.setWord(group, CONSUMERS, this.consumerNames.remove(directory, count - 1));
      return true;
    }
    this.memory.free(group);
    return false;
  }

  /** Frees a part of the groups of an abandoned stream; false when all are gone. */
  disposeGroups(root: number): boolean {
    const directory = this.log.word(root, GROUPS);
    if (directory === NONE) return false;
    const last = this.names.count(directory) - 1;
    if (!this.disposeGroup(this.names.at(directory, last))) {
      this.log.setWord(root, GROUPS, this.names.remove(directory, last));
    }
    return true;
  }

  /** Gives a copied log copies of another's groups. May grow memory. */
  copyGroups(from: number, to: number): void {
    const source = this.log.word(from, GROUPS);
    let directory = NONE;
    for (let index = 0; index < this.names.count(source); index++) {
      this.names.index = index;
      directory = this.names.insert(directory, this.copyGroup(this.names.at(source, index)));
    }
    this.log.setWord(to, GROUPS, directory);
  }

  private copyGroup(group: number): number {
    const copy = this.names.copy(group);
    this.names.setWord(copy, PENDING, NONE);
    this.names.setWord(copy, TIMELINE, NONE);
    this.names.setWord(copy, UNOWNED, 0);
    let directory = NONE;
    for (let index = 0; index < this.consumerCount(group); index++) {
      const consumer = this.consumerNames.copy(this.consumerAt(group, index));
      this.consumerNames.setWord(consumer, PENDING, NONE);
      this.consumerNames.index = index;
      directory = this.consumerNames.insert(directory, consumer);
    }
    this.names.setWord(copy, CONSUMERS, directory);
    const tree = this.pendingOf(group);
    if (tree === NONE) return copy;
    const { pending, id } = this;
    const cursor = new IdCursor();
    for (let more = pending.first(tree, cursor); more; more = pending.next(cursor)) {
      pending.readId(cursor, id);
      const owner = this.owner(cursor);
      this.findPending(copy, id);
      this.add(copy, owner === NONE ? NONE : this.counterpart(copy, owner), id, this.deliveredAt(cursor));
      this.setDeliveries(pending.found, this.deliveriesHigh(cursor), this.deliveriesLow(cursor));
      if (owner === NONE) this.writeTime(pending.found, this.releaseNumber(cursor));
    }
    this.names.setWord(copy, RELEASES, this.names.word(group, RELEASES));
    return copy;
  }

  /** The consumer of another group with the same name. */
  private counterpart(group: number, consumer: number): number {
    const { consumerNames } = this;
    consumerNames.readName(consumer);
    return this.findConsumer(group, consumerNames.bytes, consumerNames.start, consumerNames.end);
  }

  /** Bytes of a stream's groups. O(pending entries). */
  bytes(root: number): number {
    const { memory } = this;
    let bytes = this.names.directoryBytes(this.log.word(root, GROUPS));
    for (let index = 0; index < this.count(root); index++) {
      const group = this.at(root, index);
      bytes += memory.capacity(group) + this.consumerNames.directoryBytes(this.names.word(group, CONSUMERS));
      const tree = this.names.word(group, PENDING);
      if (tree !== NONE) bytes += this.pending.bytes(tree);
      for (let each = 0; each < this.consumerCount(group); each++) {
        const consumer = this.consumerAt(group, each);
        bytes += memory.capacity(consumer);
        if (this.ownOf(consumer) !== NONE) bytes += this.own.bytes(this.ownOf(consumer));
      }
    }
    return bytes;
  }

  /** Walks all groups of a stream; asserts the invariants. */
  check(root: number): void {
    this.names.check(this.log.word(root, GROUPS));
    for (let index = 0; index < this.count(root); index++) this.checkGroup(this.at(root, index));
  }

  private checkGroup(group: number): void {
    this.consumerNames.check(this.names.word(group, CONSUMERS));
    let owned = 0;
    for (let index = 0; index < this.consumerCount(group); index++) {
      const consumer = this.consumerAt(group, index);
      const tree = this.ownOf(consumer);
      if (tree === NONE) continue;
      this.own.check(tree);
      const cursor = new IdCursor();
      for (let more = this.own.first(tree, cursor); more; more = this.own.next(cursor), owned++) {
        this.own.readId(cursor, this.id);
        const there = this.findPending(group, this.id);
        assert(there && this.owner(this.pending.found) === consumer, 'what a consumer owns is pending for it (1)');
      }
    }
    const tree = this.pendingOf(group);
    if (tree !== NONE) this.pending.check(tree);
    assert(this.pendingCount(group) === owned + this.unownedCount(group), 'what nobody owns is counted (2)');
    const timeline = this.names.word(group, TIMELINE);
    if (timeline === NONE) return;
    this.timeline.check(timeline);
    assert(this.timeline.count(timeline) === this.pendingCount(group), 'the timeline has all that is pending (3)');
  }

  // --- parts ---

  private nextRelease(group: number): number {
    const number = this.names.word(group, RELEASES) + 1;
    this.names.setWord(group, RELEASES, number);
    return number >>> 0;
  }

  private addUnowned(group: number, by: number): void {
    this.names.setWord(group, UNOWNED, this.names.word(group, UNOWNED) + by);
  }

  private addOwn(consumer: number, id: StreamId): void {
    const { own } = this;
    let tree = this.consumerNames.word(consumer, PENDING);
    if (tree === NONE) {
      tree = own.create();
      this.consumerNames.setWord(consumer, PENDING, tree);
    }
    own.aim(id);
    const there = own.find(tree);
    assert(!there, 'an entry is pending once (1)');
    own.insertFound(tree);
  }

  private dropOwn(consumer: number, id: StreamId): void {
    const tree = this.consumerNames.word(consumer, PENDING);
    this.own.aim(id);
    const there = this.own.find(tree);
    assert(there, 'an owner has what is pending for it (1)');
    this.own.removeFound(tree);
  }

  private freeConsumer(consumer: number): void {
    const tree = this.consumerNames.word(consumer, PENDING);
    if (tree !== NONE) while (this.own.dispose(tree));
    this.memory.free(consumer);
  }

  private writeTime(cursor: IdCursor, time: number): void {
    this.pending.setValue(cursor, TIME, time | 0);
    this.pending.setValue(cursor, TIME + 1, Math.floor(time / TWO_32));
  }

  private time(record: number, word: number): number {
    return this.names.word(record, word + 1) * TWO_32 + (this.names.word(record, word) >>> 0);
  }

  private setTime(record: number, word: number, time: number): void {
    this.names.setWord(record, word, time | 0);
    this.names.setWord(record, word + 1, Math.floor(time / TWO_32));
  }
}
