// Eviction: keys go when memory is above maxmemory, the worst of a sample at a time (S. Sanfilippo, "Random notes on
// improving the Redis LRU algorithm", 2016).
//
// For each key that goes, some random records are looked at, and the best victims seen so far are kept in a small pool. The
// pool names hashes, not records, since records move; a victim is looked for again, and scored again, before it goes: who was
// used in between stays. Where few keys have a deadline, the volatile policies look for them in the expiry wheel; the ttl
// policy does, from the slot that fires first, wherever slots are short enough to tell deadlines apart.
//
// A round is bounded by time (maxmemory-eviction-tenacity). What it leaves over its owner goes on with between batches; in
// the meantime commands run. Values of many elements are freed in slices, which belong to the round.

import type { Prng } from '../lib/prng.ts';
import { NONE } from '../memory/flat-memory.ts';
import type { Engine } from './engine.ts';
import { isShortSlot, NO_DEADLINE } from './expiry.ts';
import { GATE_MEMORY } from './gates.ts';
import type { Database } from './keyspace.ts';
import { STAT_EXCEEDED_MS } from './statistics.ts';

/** What a round says: memory is below its limit; it is above, and the next round goes on; there is nothing to evict. */
export const ROOM_ENOUGH = 0;
export const ROOM_SOON = 1;
export const ROOM_NONE = 2;

/** Victims that the pool holds. */
const POOL_SIZE = 16;
/** Keys that go between two looks at the clock: some 20 us. */
const STEPS_BETWEEN_LOOKS = 16;
/** Buckets looked at for one sample: a table that shrank may be nearly empty. */
const BUCKETS_MAX = 64;
/** Samples in a row without one victim before a round gives up. */
const VAIN_SAMPLES_MAX = 8;
/** Where fewer than one of so many keys has a deadline, those are looked for in the wheel. */
const VOLATILE_SHARE_MIN = 8;
/** Entries of the wheel looked at for each that is wanted: some stand for nothing any more. */
const PICKS_PER_SAMPLE = 4;
const LFU_MAX = 255;

const BY_IDLE_TIME = 0;
const BY_FREQUENCY = 1;
const BY_DEADLINE = 2;
const AT_RANDOM = 3;

export class Eviction {
  /** maxmemory-samples. */
  samples = 5;
  /** lazyfree-lazy-eviction: whether evicted keys are propagated by UNLINK. */
  lazy = false;
  /** maxmemory, in bytes; 0: none. */
  private limit = 0;
  private evicts = false;
  private isVolatile = false;
  private order = BY_IDLE_TIME;
  private sliceMs = 0.5;
  /** When memory came to be above its limit, by `elapsed`; NaN while it is not. */
  private exceededSince = Number.NaN;
  private readonly engine: Engine;
  private readonly prng: Prng;
  /** The pool: hash of the key, number of its database, score; the best victim last. */
  private readonly high = new Int32Array(POOL_SIZE);
  private readonly low = new Int32Array(POOL_SIZE);
  private readonly databases = new Int32Array(POOL_SIZE);
  private readonly scores = new Float64Array(POOL_SIZE);
  private count = 0;
  /** Entries of wheels that were dropped or put in their place in search of the present victim. */
  private cleared = 0;

  constructor(engine: Engine) {
    this.engine = engine;
    this.prng = engine.prng;
  }

  /** Sets maxmemory, in bytes; 0: no limit. */
  setLimit(bytes: number): void {
    this.limit = bytes;
    if (bytes > 0) this.engine.gates |= GATE_MEMORY;
    else this.engine.gates &= ~GATE_MEMORY;
    this.policyChanged();
  }

  isLimited(): boolean {
    return this.limit > 0;
  }

  private policyChanged(): void {
    const byAccess = this.order === BY_IDLE_TIME || this.order === BY_FREQUENCY;
    this.engine.access.decides = this.limit > 0 && this.evicts && byAccess;
    this.count = 0;
  }

  /** Sets maxmemory-policy, by its name. */
  setPolicy(policy: string): void {
    const { access } = this.engine;
    this.evicts = policy !== 'noeviction';
    this.isVolatile = policy.startsWith('volatile-');
    access.frequency = policy.endsWith('-lfu');
    access.changesOnly = policy.endsWith('-lrm');
    if (access.frequency) this.order = BY_FREQUENCY;
    else if (policy.endsWith('-ttl')) this.order = BY_DEADLINE;
    else if (policy.endsWith('-random')) this.order = AT_RANDOM;
    else this.order = BY_IDLE_TIME;
    // What the clock of accesses means has changed, and may not be worked out again for this batch.
    access.update(this.engine.keyspace.now);
    this.policyChanged();
  }

  /**
   * Sets maxmemory-eviction-tenacity: how long a round may take. Up to 10 it is 50 us a step, beyond that each step adds 15 %,
   * and 100 has no limit.
   */
  setTenacity(tenacity: number): void {
    if (tenacity >= 100) this.sliceMs = Number.POSITIVE_INFINITY;
    else this.sliceMs = tenacity <= 10 ? 0.05 * tenacity : 0.5 * 1.15 ** (tenacity - 10);
  }

  /** Whether more memory is used than may be. */
  isOver(): boolean {
    return this.limit > 0 && this.excess() > 0;
  }

  /** Bytes above the limit. What a snapshot still has to read is as good as gone: to evict more would not hasten it. */
  private excess(): number {
    return this.engine.usedMemory() - this.engine.keyspace.memory.heldBytes() - this.limit;
  }

  /** Evicts until as much is freed as is used above the limit, or the time of a round is over. ROOM_…. */
  makeRoom(): number {
    const { engine } = this;
    if (!this.isOver()) return this.end();
    if (!engine.mayEvict()) return ROOM_SOON;
    const { clock } = engine;
    const started = clock.elapsed();
    if (Number.isNaN(this.exceededSince)) this.exceededSince = started;
    const { disposals, memory } = engine.keyspace;
    // What clients are told of keys that go takes memory too: were that to be freed at once, it would never end.
    const target = memory.usedBytes() - memory.heldBytes() - this.excess();
    for (let step = 1; ; step++) {
      let look = step % STEPS_BETWEEN_LOOKS === 0;
      if (!disposals.isEmpty()) {
        engine.disposeSome();
        look = true;
      } else if (!this.evicts || !this.evictOne()) return ROOM_NONE;
      if (memory.usedBytes() - memory.heldBytes() <= target) return this.end();
      if (look && clock.elapsed() - started >= this.sliceMs) return ROOM_SOON;
    }
  }

  /** Milliseconds for which memory has been above its limit this time. */
  exceededMs(): number {
    return Number.isNaN(this.exceededSince) ? 0 : this.engine.clock.elapsed() - this.exceededSince;
  }

  private end(): number {
    if (!Number.isNaN(this.exceededSince)) {
      this.engine.statistics.counters[STAT_EXCEEDED_MS]! += this.exceededMs();
      this.exceededSince = Number.NaN;
    }
    return ROOM_ENOUGH;
  }

  /** Evicts a key, or makes it easier to find one; false when none can be found. */
  private evictOne(): boolean {
    this.cleared = 0;
    for (let tries = 0; tries < VAIN_SAMPLES_MAX; tries++) {
      const database = this.randomDatabase();
      if (database === null) return false;
      this.sample(database);
      if (this.takeBest()) return true;
    }
    // Among many entries that stand for nothing there may be one that does.
    return this.cleared > 0;
  }

  /** A database, each as likely as it has keys that may go; null when no key may. */
  private randomDatabase(): Database | null {
    const { databases } = this.engine.keyspace;
    let chosen: Database | null = null;
    let total = 0;
    for (const database of databases) {
      const eligible = this.eligible(database);
      total += eligible;
      if (eligible > 0 && this.prng.below(total) < eligible) chosen = database;
    }
    return chosen;
  }

  private eligible(database: Database): number {
    return this.isVolatile ? database.expires : this.engine.keyspace.count(database);
  }

  /** Puts the best of a sample of a database's keys into the pool. */
  private sample(database: Database): void {
    const { keyspace } = this.engine;
    const wanted = this.order === AT_RANDOM ? 1 : this.samples;
    const share = this.isVolatile ? Math.ceil(keyspace.count(database) / database.expires) : 1;
    const soonest = this.order === BY_DEADLINE ? database.wheel.soonest() : -1;
    if ((soonest >= 0 && isShortSlot(soonest)) || (this.isVolatile && share > VOLATILE_SHARE_MIN)) {
      if (this.sampleWheel(database, wanted, soonest)) return;
    }
    const { table } = keyspace;
    table.sample(database.root, this.prng, wanted * Math.min(share, VOLATILE_SHARE_MIN), BUCKETS_MAX);
    const { collectedCount } = table;
    if (collectedCount === 0) return;
    // From any place on: records that came first lie first. Each that is looked at costs a cache miss.
    const first = this.prng.below(collectedCount);
    let left = wanted;
    for (let step = 0; step < collectedCount && left > 0; step++) {
      const place = first + step;
      const handle = table.collected[place < collectedCount ? place : place - collectedCount]!;
      if (this.isVolatile && keyspace.deadline(handle) === NO_DEADLINE) continue;
      this.consider(database, handle);
      left--;
    }
  }

  /** The same from the expiry wheel, first from a slot of it if there is one; false when it holds none. */
  private sampleWheel(database: Database, wanted: number, first: number): boolean {
    const { wheel } = database;
    let found = 0;
    let slot = first;
    for (let picks = wanted * PICKS_PER_SAMPLE; picks > 0 && found < wanted; picks--) {
      if (slot < 0) slot = this.order === BY_DEADLINE ? wheel.soonest() : wheel.anySlot(this.prng);
      if (slot < 0) break;
      if (!wheel.pick(slot, this.prng)) {
        slot = -1;
        continue;
      }
      const handle = this.engine.keyspace.pickedKey(database);
      if (handle === NONE) {
        this.cleared++;
        continue;
      }
      this.consider(database, handle);
      found++;
      if (this.order !== BY_DEADLINE) slot = -1;
    }
    return found > 0;
  }

  /** Puts a record that may go into the pool, if it is a better victim than the worst there, or there is room. */
  private consider(database: Database, handle: number): void {
    const { keyspace } = this.engine;
    const score = this.score(handle);
    if (this.count === POOL_SIZE && score <= this.scores[0]!) return;
    keyspace.table.rehash(handle);
    const high = keyspace.table.lastHigh();
    const low = keyspace.table.lastLow();
    for (let index = 0; index < this.count; index++) {
      if (this.low[index] === low && this.high[index] === high && this.databases[index] === database.index) return;
    }
    if (this.count === POOL_SIZE) this.dropWorst();
    this.place(high, low, database.index, score);
  }

  /** How good a victim a record is: the higher the better. */
  private score(handle: number): number {
    const { access, keyspace } = this.engine;
    if (this.order === BY_IDLE_TIME) return access.idleSeconds(handle);
    if (this.order === BY_FREQUENCY) return LFU_MAX - access.counter(handle);
    if (this.order === BY_DEADLINE) return -keyspace.deadline(handle);
    return 0;
  }

  /** Evicts the best victim of the pool that is still there, and still is the best; false when the pool is empty. */
  private takeBest(): boolean {
    const { engine } = this;
    const { keyspace } = engine;
    while (this.count > 0) {
      const last = --this.count;
      const high = this.high[last]!;
      const low = this.low[last]!;
      const number = this.databases[last]!;
      const before = this.scores[last]!;
      const database = keyspace.databases[number]!;
      const handle = this.resolve(database, high, low);
      if (handle === NONE || (this.isVolatile && keyspace.deadline(handle) === NO_DEADLINE)) continue;
      const score = this.score(handle);
      if (score < before && last > 0 && score < this.scores[last - 1]!) {
        // It was used since: now another is better.
        this.place(high, low, number, score);
        continue;
      }
      if (!keyspace.expireRecord(database, handle)) engine.removals.evict(database, handle);
      return true;
    }
    return false;
  }

  /** Finds the record of a hash, NONE when it is gone. */
  private resolve(database: Database, high: number, low: number): number {
    const { keyspace } = this.engine;
    const { table } = keyspace;
    table.collectByHash(database.root, high, low);
    for (let index = 0; index < table.collectedCount; index++) {
      const handle = table.collected[index]!;
      keyspace.findByRecord(database, handle);
      if (table.lastHigh() === high && table.lastLow() === low) return handle;
    }
    return NONE;
  }

  /** Puts a victim in its place among fewer than POOL_SIZE. */
  private place(high: number, low: number, database: number, score: number): void {
    let at = this.count++;
    for (; at > 0 && this.scores[at - 1]! > score; at--) this.copy(at - 1, at);
    this.high[at] = high;
    this.low[at] = low;
    this.databases[at] = database;
    this.scores[at] = score;
  }

  private dropWorst(): void {
    this.count--;
    for (let at = 0; at < this.count; at++) this.copy(at + 1, at);
  }

  /** A loop of these is quicker than four copyWithin. */
  private copy(from: number, to: number): void {
    this.high[to] = this.high[from]!;
    this.low[to] = this.low[from]!;
    this.databases[to] = this.databases[from]!;
    this.scores[to] = this.scores[from]!;
  }
}
