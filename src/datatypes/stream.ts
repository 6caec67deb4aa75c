// Streams: entries in order of their ids (structures/stream-log.ts), the groups that consume them (stream-groups.ts) and the
// producers that they know (stream-producers.ts). A record's payload is [root of the log, 0]; a stream may be empty.

import { assert } from '../lib/assert.ts';
import { type FlatMemory, NONE } from '../memory/flat-memory.ts';
import { StreamGroups } from '../structures/stream-groups.ts';
import { ID_TEXT_BYTES_MAX, StreamId } from '../structures/stream-id.ts';
import { BLOCK_BYTES_MAX, FIRST_ID, LAST_ID, REMOVED_ID, StreamLog } from '../structures/stream-log.ts';
import { StreamProducers } from '../structures/stream-producers.ts';
import type { StreamWalk } from '../structures/stream-walk.ts';
import type { Datatype } from './datatype.ts';
import { DISPOSE_AT_ONCE_MAX, type Disposable, type Disposals } from './disposals.ts';
import { type KeyRecords, STREAM } from './key-record.ts';
import type { PackedValues } from './packed-values.ts';

/** What happens to a removed entry where groups have it pending: nothing; it goes there too; or it is not removed. */
export const KEEP_REFERENCES = 0;
export const DROP_REFERENCES = 1;
export const IF_ACKNOWLEDGED = 2;
export type References = typeof KEEP_REFERENCES | typeof DROP_REFERENCES | typeof IF_ACKNOWLEDGED;

/** What `removeEntry` did. */
export const ENTRY_ABSENT = -1;
export const ENTRY_REMOVED = 1;
export const ENTRY_NEEDED = 2;

/** What trimming is to do. One for each engine, set anew by each call. */
export class Trimming {
  /** Down to so many entries, unless it is by id. */
  length = 0;
  byId = false;
  /** Those before this id. */
  readonly before = new StreamId();
  approximate = false;
  /** Entries that an approximate one removes at most; 0: any number. */
  limit = 0;
  references: References = KEEP_REFERENCES;
  /** Set by an approximate trimming that left needed entries behind: it has looked at those before this id. */
  stopped = false;
  readonly stop = new StreamId();
}

/** The most that a new entry takes beside its texts and its block: nodes of the tree, the elements' overhead. */
const APPEND_BYTES = 8192;
const ELEMENT_BYTES_MAX = 11;

/** What a command that only reads may do with streams. */
export type ReadStreams = Pick<
  Streams,
  | 'root'
  | 'length'
  | 'walk'
  | 'otherWalk'
  | 'text'
  | 'isBehind'
  | 'readLast'
  | 'estimateLag'
  | 'estimateHigh'
  | 'estimateLow'
> & {
  readonly log: Pick<
    StreamLog,
    'begin' | 'readId' | 'length' | 'has' | 'addedHigh' | 'addedLow' | 'blockCount' | 'radixNodes' | 'first' | 'last'
  >;
  readonly groups: Pick<
    StreamGroups,
    | 'count'
    | 'at'
    | 'find'
    | 'names'
    | 'consumerNames'
    | 'readDelivered'
    | 'readHigh'
    | 'readLow'
    | 'pendingCount'
    | 'unownedCount'
    | 'pendingOf'
    | 'pending'
    | 'own'
    | 'ownOf'
    | 'ownCount'
    | 'consumerCount'
    | 'consumerAt'
    | 'findConsumer'
    | 'findPending'
    | 'owner'
    | 'deliveredAt'
    | 'deliveriesHigh'
    | 'deliveriesLow'
    | 'seenAt'
    | 'activeAt'
  >;
  readonly producers: Pick<
    StreamProducers,
    'of' | 'duration' | 'maxsize' | 'producerCount' | 'tracked' | 'added' | 'duplicates'
  >;
};

/** All streams of one keyspace. */
export class Streams implements Datatype, Disposable {
  readonly log: StreamLog;
  readonly groups: StreamGroups;
  readonly producers: StreamProducers;
  /** For one use at a time each: what a command tells, and what it looks up beside. */
  readonly walk: StreamWalk;
  readonly otherWalk: StreamWalk;
  readonly trimming = new Trimming();
  /** Scratch for the text of an id. */
  readonly text = new Uint8Array(ID_TEXT_BYTES_MAX);
  /** What an estimate came to: a signed number of 64 bits. */
  estimateHigh = 0;
  estimateLow = 0;
  /** References that the last `removeEntry` took away. */
  dropped = 0;
  private readonly records: KeyRecords;
  private readonly memory: FlatMemory;
  private readonly packed: PackedValues;
  private readonly disposals: Disposals;
  private readonly groupDisposal: Disposable;
  private readonly id = new StreamId();
  private readonly other = new StreamId();
  private readonly min = new StreamId();
  private readonly max = new StreamId();

  constructor(records: KeyRecords, packed: PackedValues, disposals: Disposals) {
    this.records = records;
    this.memory = records.memory;
    this.packed = packed;
    this.disposals = disposals;
    this.log = new StreamLog(records.memory);
    this.groups = new StreamGroups(this.log);
    this.producers = new StreamProducers(this.log);
    this.walk = this.log.walk();
    this.otherWalk = this.log.walk();
    this.max.setMax();
    const { groups } = this;
    this.groupDisposal = { dispose: (group) => groups.disposeGroup(group), objects: () => 0 };
  }

  /** The root of a record's stream. */
  root(handle: number): number {
    return this.packed.payload(handle, 0);
  }

  length(handle: number): number {
    return this.log.length(this.root(handle));
  }

  /** A new, empty stream for a key, in no table yet; the caller owns it. May grow memory. */
  create(key: Uint8Array, keyStart: number, keyEnd: number, access: number): number {
    return this.packed.createLarge(STREAM, key, keyStart, keyEnd, access, this.log.create(), 0);
  }

  /** Bytes that a further entry of so many texts of `bytes` together may take; NONE: the first of a stream. */
  appendBytes(handle: number, texts: number, bytes: number): number {
    const block = handle === NONE ? 0 : this.log.lastBlockBytes(this.root(handle));
    return APPEND_BYTES + block * 2 + bytes + texts * ELEMENT_BYTES_MAX;
  }

  /** Whether texts of so many bytes together may be one entry. */
  fits(bytes: number): boolean {
    return bytes <= BLOCK_BYTES_MAX;
  }

  // --- reading ---

  /** Whether an id comes before the last entry, so that there is something to read after it. */
  isBehind(root: number, id: StreamId): boolean {
    if (this.log.length(root) === 0) return false;
    this.log.readId(root, LAST_ID, this.other);
    if (id.compare(this.other) >= 0) return false;
    return this.log.last(root, this.other) && id.compare(this.other) < 0;
  }

  /** Reads the id of the last entry; 0-0 without any. */
  readLast(root: number, id: StreamId): void {
    if (!this.log.last(root, id)) id.setMin();
  }

  // --- removing ---

  /** Removes an entry as far as `references` let it; tells what became of it. `dropped` counts references that went. */
  removeEntry(root: number, id: StreamId, references: References): number {
    this.dropped = 0;
    if (references === IF_ACKNOWLEDGED && this.isNeeded(root, id)) {
      return this.log.has(root, id) ? ENTRY_NEEDED : ENTRY_ABSENT;
    }
    if (references === DROP_REFERENCES) this.dropReferences(root, id);
    return this.log.remove(root, id, true) ? ENTRY_REMOVED : ENTRY_ABSENT;
  }

  /** Whether any group has an entry pending or still to come. */
  private isNeeded(root: number, id: StreamId): boolean {
    const { groups } = this;
    for (let index = groups.count(root) - 1; index >= 0; index--) {
      if (groups.needs(groups.at(root, index), id)) return true;
    }
    return false;
  }

  private dropReferences(root: number, id: StreamId): void {
    const { groups } = this;
    for (let index = groups.count(root) - 1; index >= 0; index--) {
      const group = groups.at(root, index);
      if (!groups.findPending(group, id)) continue;
      groups.drop(group, id);
      this.dropped++;
    }
  }

  /** Removes the oldest entries as `trimming` says; returns how many went. */
  trim(root: number): number {
    const { trimming, log } = this;
    const { length, byId, before, approximate, limit, references } = trimming;
    if (references === KEEP_REFERENCES || this.groups.count(root) === 0) {
      return log.trim(root, byId ? 0 : length, byId ? before : null, approximate, limit);
    }
    // Approximate means whole blocks: what these are is found out first.
    const most = approximate ? log.trimmable(root, length, byId ? before : null, limit) : Number.POSITIVE_INFINITY;
    return this.trimOneByOne(root, most);
  }

  private trimOneByOne(root: number, most: number): number {
    const { trimming, log, id, otherWalk } = this;
    const { length, byId, before, references } = trimming;
    let removed = 0;
    let seen = 0;
    this.min.setMin();
    while (seen < most && (byId || log.length(root) > length)) {
      log.begin(otherWalk, root, this.min, this.max, false);
      if (!otherWalk.next()) break;
      id.set(otherWalk.id);
      if (byId && id.compare(before) >= 0) break;
      seen++;
      if (references === DROP_REFERENCES) this.dropReferences(root, id);
      if (references !== IF_ACKNOWLEDGED || !this.isNeeded(root, id)) {
        log.remove(root, id, false);
        removed++;
      }
      this.min.set(id);
      if (!this.min.increment()) break;
    }
    trimming.stopped = trimming.approximate && references === IF_ACKNOWLEDGED;
    trimming.stop.set(this.min);
    return removed;
  }

  // --- what groups have read ---

  /** Notes that a group was delivered an entry that comes after all that it had. */
  advance(root: number, group: number, id: StreamId): void {
    const { groups, log, other } = this;
    const low = groups.readLow(group);
    const high = groups.readHigh(group);
    groups.readDelivered(group, other);
    if ((low & high) !== -1 && !this.hasGapsFrom(root, other)) {
      const next = (low + 1) | 0;
      groups.setRead(group, next === 0 ? (high + 1) | 0 : high, next);
    } else if ((log.addedLow(root) | log.addedHigh(root)) !== 0) {
      this.estimateRead(root, id);
      groups.setRead(group, this.estimateHigh, this.estimateLow);
    }
    groups.setDelivered(group, id);
  }

  /** Whether an entry at or after an id may have been removed. */
  private hasGapsFrom(root: number, id: StreamId): boolean {
    if (this.log.length(root) === 0) return false;
    this.log.readId(root, REMOVED_ID, this.id);
    return !this.id.isZero() && id.compare(this.id) <= 0;
  }

  /** Estimates how many entries were ever added up to an id: both halves -1 when that cannot be told. */
  estimateRead(root: number, id: StreamId): void {
    const { log } = this;
    const length = log.length(root);
    this.setEstimate(log.addedHigh(root), log.addedLow(root));
    if ((this.estimateHigh | this.estimateLow) === 0) return;
    log.readId(root, LAST_ID, this.id);
    const toLast = id.compare(this.id);
    if (length === 0 && toLast <= 0) return;
    log.readId(root, REMOVED_ID, this.id);
    if (!id.isZero() && id.compare(this.id) < 0) this.setEstimate(-1, -1);
    else if (toLast > 0) this.setEstimate(-1, -1);
    else if (toLast < 0) {
      const removedNone = this.id.isZero();
      log.readId(root, REMOVED_ID, this.min);
      log.readId(root, FIRST_ID, this.id);
      const toFirst = id.compare(this.id);
      if ((!removedNone && this.min.compare(this.id) >= 0) || toFirst > 0) this.setEstimate(-1, -1);
      else this.subtract(toFirst === 0 ? length - 1 : length);
    }
  }

  /** Estimates how many entries a group has yet to be delivered; false when that cannot be told. */
  estimateLag(root: number, group: number): boolean {
    const { log, groups, other } = this;
    this.setEstimate(0, 0);
    if ((log.addedHigh(root) | log.addedLow(root)) === 0 || log.length(root) === 0) return true;
    groups.readDelivered(group, other);
    log.readId(root, FIRST_ID, this.id);
    log.readId(root, REMOVED_ID, this.min);
    if (other.compare(this.id) < 0 && this.min.compare(this.id) < 0) {
      this.setEstimate(0, log.length(root) | 0);
      return true;
    }
    const high = groups.readHigh(group);
    const low = groups.readLow(group);
    if ((high & low) !== -1 && !this.hasGapsFrom(root, other)) this.setEstimate(high, low);
    else this.estimateRead(root, other);
    if ((this.estimateHigh & this.estimateLow) === -1) return false;
    const readLow = this.estimateLow;
    const addedLow = log.addedLow(root);
    const borrow = addedLow >>> 0 < readLow >>> 0 ? 1 : 0;
    this.setEstimate(log.addedHigh(root) - this.estimateHigh - borrow, addedLow - readLow);
    return true;
  }

  private setEstimate(high: number, low: number): void {
    this.estimateHigh = high | 0;
    this.estimateLow = low | 0;
  }

  private subtract(count: number): void {
    const borrow = this.estimateLow >>> 0 < count ? 1 : 0;
    this.setEstimate(this.estimateHigh - borrow, this.estimateLow - count);
  }

  /** Frees a group that was taken away from its stream. */
  releaseGroup(group: number, later: boolean): void {
    this.disposals.add(this.groupDisposal, group, later, true);
  }

  // --- the Datatype ---

  encodingName(): string {
    return 'stream';
  }

  count(handle: number): number {
    return this.length(handle);
  }

  release(handle: number, later: boolean): void {
    const root = this.root(handle);
    this.disposals.add(this, root, later && this.log.blockCount(root) + this.groups.count(root) > DISPOSE_AT_ONCE_MAX);
  }

  dispose(root: number): boolean {
    if (this.log.disposeLog(root) || this.groups.disposeGroups(root) || this.producers.dispose(root)) return true;
    this.log.freeRoot(root);
    return false;
  }

  duplicate(copy: number): void {
    const from = this.root(copy);
    const to = this.log.copy(from);
    this.groups.copyGroups(from, to);
    this.producers.copy(from, to);
    this.packed.setPayload(copy, to, 0);
  }

  copyBytes(handle: number): number {
    const root = this.root(handle);
    return this.log.bytes(root) + this.groups.bytes(root) + this.producers.bytes(root);
  }

  check(handle: number): void {
    const root = this.root(handle);
    assert(root !== NONE, 'a stream has a root');
    this.memory.checkLive(root, 4);
    assert(this.records.type(handle) === STREAM, 'a stream is a stream');
    this.log.check(root);
    this.groups.check(root);
    this.producers.check(root);
  }
}
