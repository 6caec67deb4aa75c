// Active defragmentation: after many deletions the blocks that are left lie scattered over segments that are nearly
// empty. The emptiest segments are condemned, keys and values are moved out of them in slices, and they are given back.
//
// A cycle condemns as many segments as can be spared, walks through all keys, then through what else names blocks, and takes
// back the condemnation of segments in which something stayed.
//
// A large collection is moved before the walk goes on, in steps of its own (datatypes/value-relocation.ts). Between slices
// commands may change, move or delete it, and put others in its place, so that no handle of it is kept: it is looked up again
// by its key's hash, as timing wheels do, which says enough: what is found is a large value of the same type, and the
// place in it fits any such.
//
// Nothing is moved while a snapshot is taken: it reads blocks by their handles.

import { OUTSIDE, STRING } from '../datatypes/key-record.ts';
import { LARGE, PACKED_OUTSIDE } from '../datatypes/packed-values.ts';
import { ValueRelocation } from '../datatypes/value-relocation.ts';
import { type FlatMemory, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import { SLAB_BYTES } from '../memory/size-classes.ts';
import { type RecordMover, TablePlace, TableRelocation } from '../structures/table-relocation.ts';
import type { Clock } from '../world/clock.ts';
import { MOVED_ALL, MOVED_PART } from './expiry.ts';
import type { Database, Keyspace } from './keyspace.ts';
import {
  STAT_DEFRAG_HITS,
  STAT_DEFRAG_KEY_HITS,
  STAT_DEFRAG_KEY_MISSES,
  STAT_DEFRAG_MISSES,
  STAT_DEFRAG_MS,
  type Statistics,
} from './statistics.ts';

/** Segments are filled to this share by what is moved into them, at least: sizes do not fit exactly. */
const FILLED_SHARE = 0.85;
/** How long a slice may take. */
const SLICE_MS = 1;
/** How often it is looked at whether there is something to do. */
const LOOK_MS = 100;
/** A cycle that freed less than this share of what it condemned is not repeated before memory has changed as much. */
const WORTHWHILE_SHARE = 0.1;
/** Once begun, it goes on until so much less is scattered than what would make it begin. */
const UNFINISHED_PARTS = 8;
/** More is never caught up with at once. */
const BUDGET_MS_MAX = 100;

const IDLE = 0;
const KEYS = 1;
const FRAMES = 2;
const WHEELS = 3;

/** The active-defrag-* directives. */
export interface DefragmentationLimits {
  isOn: boolean;
  ignoreBytes: number;
  thresholdLower: number;
  thresholdUpper: number;
  cycleMin: number;
  cycleMax: number;
}

/** A large value whose turn has come. */
interface LargeValue {
  /** The hash of its key. */
  readonly high: number;
  readonly low: number;
  readonly type: number;
  /** Whether anything of the key has moved. */
  hasMoved: boolean;
}

export class Defragmentation implements RecordMover {
  readonly limits: DefragmentationLimits = {
    isOn: false,
    ignoreBytes: 100 << 20,
    thresholdLower: 10,
    thresholdUpper: 100,
    cycleMin: 1,
    cycleMax: 25,
  };
  private readonly clock: Clock;
  private readonly keyspace: Keyspace;
  private readonly memory: FlatMemory;
  private readonly statistics: Statistics;
  private readonly relocation: TableRelocation;
  private readonly values: ValueRelocation;
  private phase = IDLE;
  /** What comes next: a database, and in it a place in the table, or a slot of a wheel. */
  private database = 0;
  private readonly place = new TablePlace();
  private slot = 0;
  /** Large values of the bucket of keys that was moved last: the last one's turn it is. */
  private readonly large: LargeValue[] = [];
  /** Its record, for the length of a slice; NONE where it is to be looked up. */
  private record = NONE;
  private condemned: number[] = [];
  private condemnedBytes = 0;
  private segmentBytesBefore = 0;
  /** When it was last looked, worked, and what may be spent since. */
  private lookedAt = Number.NEGATIVE_INFINITY;
  private budgetMs = 0;
  private begunAt = 0;
  /** A cycle freed something, and the next may free more. */
  private isAtIt = false;
  /** Bytes in use when a cycle turned out not to be worthwhile; -1 otherwise. */
  private vainAt = -1;

  constructor(clock: Clock, keyspace: Keyspace, statistics: Statistics) {
    this.clock = clock;
    this.keyspace = keyspace;
    this.memory = keyspace.memory;
    this.statistics = statistics;
    this.relocation = new TableRelocation(keyspace.memory, keyspace.table);
    this.values = new ValueRelocation(keyspace);
  }

  /** Whether a cycle is under way, or may be due. */
  isWanted(): boolean {
    return this.phase !== IDLE || (this.limits.isOn && this.effort() > 0);
  }

  /** The share of time that may be spent, in percent: 0 where there is too little to gain. For INFO. */
  effort(): number {
    const { limits, memory } = this;
    const used = memory.usedBytes();
    const scattered = memory.segmentBytes() - used;
    const percent = (scattered / Math.max(1, used)) * 100;
    const ignored = this.isAtIt ? limits.ignoreBytes / UNFINISHED_PARTS : limits.ignoreBytes;
    if (scattered < ignored || percent < limits.thresholdLower) return 0;
    if (percent >= limits.thresholdUpper) return limits.cycleMax;
    const way = (percent - limits.thresholdLower) / (limits.thresholdUpper - limits.thresholdLower);
    return limits.cycleMin + way * (limits.cycleMax - limits.cycleMin);
  }

  /** The effort of the cycle that is under way, 0 when none is. */
  running(): number {
    return this.phase === IDLE ? 0 : Math.max(1, Math.floor(this.effort()));
  }

  /** Milliseconds since the cycle began, 0 when none is under way. */
  runningMs(): number {
    return this.phase === IDLE ? 0 : this.clock.elapsed() - this.begunAt;
  }

  /** Does a slice, if it is time for one. True when the next may follow at once. */
  work(): boolean {
    const now = this.clock.elapsed();
    const passed = now - this.lookedAt;
    if (this.phase === IDLE) {
      if (!this.limits.isOn || passed < LOOK_MS) return false;
      this.lookedAt = now;
      this.budgetMs = SLICE_MS;
      if (this.effort() === 0 || !this.begin()) {
        this.isAtIt = false;
        return false;
      }
    } else {
      this.lookedAt = now;
      const share = this.effort() || this.limits.cycleMin;
      this.budgetMs = Math.min(BUDGET_MS_MAX, this.budgetMs + (passed * share) / 100);
    }
    if (!this.limits.isOn || this.keyspace.disposals.keeper !== null) {
      this.end(false);
      return false;
    }
    if (this.budgetMs < SLICE_MS) return false;
    const until = now + SLICE_MS;
    this.record = NONE;
    while (this.phase !== IDLE && this.clock.elapsed() < until) this.step();
    const spent = this.clock.elapsed() - now;
    this.statistics.counters[STAT_DEFRAG_MS]! += spent;
    this.budgetMs -= spent;
    return this.phase !== IDLE && this.budgetMs >= SLICE_MS;
  }

  moveRecord(handle: number): number {
    const { keyspace, values } = this;
    const { records } = keyspace;
    values.hits = 0;
    values.misses = 0;
    const moved = values.moveBlock(handle);
    const type = records.type(moved);
    const encoding = records.encoding(moved);
    if (type === STRING ? encoding === OUTSIDE : encoding >= PACKED_OUTSIDE && encoding < LARGE) {
      const words = this.memory.words[moved >>> SEGMENT_SHIFT]!;
      const word = records.payloadWord(moved);
      words[word] = values.moveBlock(words[word]!);
    }
    const hasMoved = values.hits > 0;
    this.countBlocks();
    if (type === STRING || encoding < LARGE) this.countKey(hasMoved);
    else {
      const { table } = keyspace;
      table.rehash(moved);
      this.large.push({ high: table.lastHigh(), low: table.lastLow(), type, hasMoved });
    }
    return moved;
  }

  /** Counts what was moved or looked at since the last time; true when anything moved. */
  private countBlocks(): boolean {
    const { values } = this;
    const { counters } = this.statistics;
    const hasMoved = values.hits > 0;
    counters[STAT_DEFRAG_HITS]! += values.hits;
    counters[STAT_DEFRAG_MISSES]! += values.misses;
    values.hits = 0;
    values.misses = 0;
    return hasMoved;
  }

  private countKey(hasMoved: boolean): void {
    this.statistics.counters[hasMoved ? STAT_DEFRAG_KEY_HITS : STAT_DEFRAG_KEY_MISSES]! += 1;
  }

  /** Condemns what can be spared; false when that is nothing. */
  private begin(): boolean {
    const { memory } = this;
    const used = memory.usedBytes();
    if (this.keyspace.disposals.keeper !== null) return false;
    if (this.vainAt >= 0 && Math.abs(used - this.vainAt) < this.vainAt * WORTHWHILE_SHARE) return false;
    const segments = memory.movableSegments();
    let live = 0;
    for (const { liveBytes } of segments) live += liveBytes;
    // The fullest stay, as many as it takes to hold all.
    segments.sort((a, b) => b.liveBytes / b.bytes - a.liveBytes / a.bytes);
    let room = 0;
    this.condemnedBytes = 0;
    for (const { segment, bytes } of segments) {
      if (room * FILLED_SHARE < live) room += bytes;
      else {
        memory.condemn(segment);
        this.condemned.push(segment);
        this.condemnedBytes += bytes;
      }
    }
    if (this.condemned.length === 0) return false;
    this.segmentBytesBefore = memory.segmentBytes();
    this.vainAt = -1;
    this.begunAt = this.clock.elapsed();
    this.enter(KEYS);
    return true;
  }

  /** Ends a cycle; `isWhole`: it went through everything. */
  private end(isWhole: boolean): void {
    if (this.phase === IDLE) return;
    for (const segment of this.condemned) this.memory.absolve(segment);
    this.condemned = [];
    this.phase = IDLE;
    this.large.length = 0;
    this.values.restart();
    const freed = this.segmentBytesBefore - this.memory.segmentBytes();
    this.isAtIt = isWhole && freed >= this.condemnedBytes * WORTHWHILE_SHARE;
    if (isWhole && !this.isAtIt) this.vainAt = this.memory.usedBytes();
  }

  private enter(phase: number): void {
    this.phase = phase;
    this.database = 0;
    this.slot = 0;
    this.place.restart();
  }

  /** Goes on with the next database, or the next phase. */
  private nextDatabase(): void {
    this.database++;
    this.slot = 0;
    this.place.restart();
    if (this.database < this.keyspace.databases.length) return;
    if (this.phase === WHEELS) this.end(true);
    else this.enter(this.phase + 1);
  }

  /** Does one step: a bucket of a table with its records; one of a large value; the rest of a table; a slot of a wheel. */
  private step(): void {
    const { keyspace, relocation } = this;
    const database = keyspace.databases[this.database]!;
    if (!this.memory.admit(SLAB_BYTES)) {
      this.end(false);
      return;
    }
    if (this.phase === KEYS) {
      if (this.large.length > 0) this.stepLarge(database);
      else if (!relocation.moveNext(database.root, this.place, this)) this.nextDatabase();
    } else if (this.phase === FRAMES) {
      database.root = relocation.moveFrame(database.root);
      this.nextDatabase();
    } else {
      const moved = database.wheel.moveSlot(this.slot);
      const movedFields = database.fieldWheel.moveSlot(this.slot);
      if (moved === MOVED_PART || movedFields === MOVED_PART) return;
      if (moved === MOVED_ALL || movedFields === MOVED_ALL) this.slot++;
      else this.nextDatabase();
    }
  }

  /** Does a step of the large value whose turn it is. */
  private stepLarge(database: Database): void {
    const { large, values } = this;
    const value = large[large.length - 1]!;
    if (this.record === NONE) this.record = this.find(database, value);
    const more = this.record !== NONE && values.step(this.record);
    if (this.countBlocks()) value.hasMoved = true;
    if (more) return;
    this.countKey(value.hasMoved);
    large.pop();
    this.record = NONE;
    values.restart();
  }

  /** The record of a large value, NONE when it is not there any more. */
  private find(database: Database, { high, low, type }: LargeValue): number {
    const { table, records } = this.keyspace;
    table.collectByHash(database.root, high, low);
    for (let index = 0; index < table.collectedCount; index++) {
      const handle = table.collected[index]!;
      if (records.type(handle) !== type || records.encoding(handle) < LARGE) continue;
      if (this.keyspace.hasHash(handle, high, low)) return handle;
    }
    return NONE;
  }
}
