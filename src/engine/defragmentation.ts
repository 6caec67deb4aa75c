// Active defragmentation: after many deletions the blocks that are left lie scattered over segments that are nearly
// empty. The emptiest segments are condemned, keys and values are moved out of them in slices, and they are given back.
//
// A cycle condemns as many segments as can be spared, walks through all keys, then through what else names blocks, and takes
// back the condemnation of segments in which something stayed. What can be moved: records, with the strings and small
// collections in them, strings outside of them, hash tables of keys, the chunks of expiry wheels. The elements of large
// collections stay where they are; a segment that holds such is only emptied by chance.
//
// Nothing is moved while a snapshot is taken: it reads blocks by their handles.

import { OUTSIDE, STRING } from '../datatypes/key-record.ts';
import { type FlatMemory, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import { SLAB_BYTES } from '../memory/size-classes.ts';
import { type RecordMover, TableRelocation } from '../structures/table-relocation.ts';
import type { Clock } from '../world/clock.ts';
import { MOVED_ALL, MOVED_PART } from './expiry.ts';
import type { Keyspace } from './keyspace.ts';
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
  private phase = IDLE;
  /** What comes next: a database, and in it a segment of the table and a bucket of that, or a slot of a wheel. */
  private database = 0;
  private place = 0;
  private bucket = 0;
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
    while (this.phase !== IDLE && this.clock.elapsed() < until) this.step();
    const spent = this.clock.elapsed() - now;
    this.statistics.counters[STAT_DEFRAG_MS]! += spent;
    this.budgetMs -= spent;
    return this.phase !== IDLE && this.budgetMs >= SLICE_MS;
  }

  moveRecord(handle: number): number {
    const { memory, keyspace, statistics } = this;
    const { counters } = statistics;
    let moved = handle;
    let hits = 0;
    if (memory.isCondemned(handle) && memory.admit(memory.capacity(handle))) {
      moved = memory.move(handle);
      hits++;
    }
    if (keyspace.records.type(moved) === STRING && keyspace.records.encoding(moved) === OUTSIDE) {
      const block = keyspace.strings.block(moved);
      if (memory.isCondemned(block) && memory.admit(memory.capacity(block))) {
        memory.words[moved >>> SEGMENT_SHIFT]![keyspace.records.payloadWord(moved)] = memory.move(block);
        hits++;
      }
    }
    counters[STAT_DEFRAG_HITS]! += hits;
    if (hits === 0) counters[STAT_DEFRAG_MISSES]! += 1;
    counters[hits > 0 ? STAT_DEFRAG_KEY_HITS : STAT_DEFRAG_KEY_MISSES]! += 1;
    return moved;
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
    const freed = this.segmentBytesBefore - this.memory.segmentBytes();
    this.isAtIt = isWhole && freed >= this.condemnedBytes * WORTHWHILE_SHARE;
    if (isWhole && !this.isAtIt) this.vainAt = this.memory.usedBytes();
  }

  private enter(phase: number): void {
    this.phase = phase;
    this.database = 0;
    this.bucket = 0;
    this.place = phase === KEYS ? this.lastSegment() : 0;
  }

  /** Goes on with the next database, or the next phase. */
  private nextDatabase(): void {
    this.database++;
    this.place = 0;
    if (this.database < this.keyspace.databases.length) {
      if (this.phase === KEYS) this.place = this.lastSegment();
    } else if (this.phase === WHEELS) this.end(true);
    else this.enter(this.phase + 1);
  }

  private lastSegment(): number {
    return this.keyspace.table.segmentCount(this.keyspace.databases[this.database]!.root) - 1;
  }

  /** Does one step: a bucket of a table with its records; the rest of a table; a slot of a wheel. */
  private step(): void {
    const { keyspace, relocation } = this;
    const database = keyspace.databases[this.database]!;
    if (!this.memory.admit(SLAB_BYTES)) {
      this.end(false);
      return;
    }
    if (this.phase === KEYS) {
      // From the last to the first: where segments merge, the last takes the place of another.
      const index = Math.min(this.place, this.lastSegment());
      relocation.moveBucket(database.root, index, this.bucket, this);
      this.place = index;
      if (++this.bucket < keyspace.table.bucketCount(database.root)) return;
      this.bucket = 0;
      this.place--;
      if (this.place < 0) this.nextDatabase();
    } else if (this.phase === FRAMES) {
      database.root = relocation.moveFrame(database.root);
      this.nextDatabase();
    } else {
      const moved = database.wheel.moveSlot(this.place);
      const movedFields = database.fieldWheel.moveSlot(this.place);
      if (moved === MOVED_PART || movedFields === MOVED_PART) return;
      if (moved === MOVED_ALL || movedFields === MOVED_ALL) this.place++;
      else this.nextDatabase();
    }
  }
}
