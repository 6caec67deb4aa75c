// The access clock: 24 bits in each record that tell the eviction policy how long ago (LRU) or how often (LFU) a key was
// used. LRU: seconds, modulo 2^24; LRM the same, of changes only. LFU: 16 bits of minutes, when the counter last decayed,
// and a logarithmic counter of 8 bits (S. Sanfilippo, "Random notes on improving the Redis LRU algorithm", 2016).

import { ACCESS_MAX } from '../datatypes/key-record.ts';
import type { Prng } from '../lib/prng.ts';
import type { Keyspace } from './keyspace.ts';

/** The counter of a new key: not at once the first to go. */
const LFU_INITIAL = 5;
const LFU_MAX = 255;
const COUNTER_BITS = 8;
const COUNTER_MASK = 0xff;
const MINUTES_MASK = 0xffff;

export class AccessClock {
  /** True under an LFU policy. */
  frequency = false;
  /** True while eviction goes by this clock. */
  decides = false;
  /** True under an LRM policy: only a change is an access. */
  changesOnly = false;
  /** lfu-log-factor, lfu-decay-time (minutes for one step down; 0: at every look). */
  logFactor = 10;
  decayMinutes = 1;
  private readonly keyspace: Keyspace;
  private readonly prng: Prng;

  constructor(keyspace: Keyspace, prng: Prng) {
    this.keyspace = keyspace;
    this.prng = prng;
  }

  /** Follows the time: sets what new and touched records get. Once a batch. */
  update(now: number): void {
    if (this.frequency)
      this.keyspace.accessClock = ((Math.floor(now / 60000) & MINUTES_MASK) << COUNTER_BITS) | LFU_INITIAL;
    else this.keyspace.accessClock = Math.floor(now / 1000) & ACCESS_MAX;
  }

  /** Notes that a record was read. */
  touchRead(handle: number): void {
    if (!this.changesOnly) this.touch(handle);
  }

  /** Notes an access. */
  touch(handle: number): void {
    if (!this.frequency) {
      this.keyspace.touch(handle);
      return;
    }
    let counter = this.counter(handle);
    if (counter < LFU_MAX) {
      const base = Math.max(0, counter - LFU_INITIAL);
      if (this.prng.below(base * this.logFactor + 1) === 0) counter++;
    }
    this.keyspace.records.setAccess(handle, (this.keyspace.accessClock & ~COUNTER_MASK) | counter);
  }

  /**
   * The access clock of a record that comes from elsewhere, with the seconds for which it was idle, or how often it was used;
   * -1: not known, or not what this policy goes by.
   */
  accessOf(idleSeconds: number, frequency: number): number {
    const { accessClock } = this.keyspace;
    if (this.frequency) return frequency < 0 ? accessClock : (accessClock & ~COUNTER_MASK) | frequency;
    return idleSeconds < 0 ? accessClock : (accessClock - Math.min(idleSeconds, ACCESS_MAX >>> 1)) & ACCESS_MAX;
  }

  /** OBJECT FREQ: the counter, decayed for the minutes since the last access. */
  counter(handle: number): number {
    const access = this.keyspace.records.access(handle);
    const minutes = ((this.keyspace.accessClock >>> COUNTER_BITS) - (access >>> COUNTER_BITS)) & MINUTES_MASK;
    const steps = this.decayMinutes === 0 ? 0 : Math.floor(minutes / this.decayMinutes);
    return Math.max(0, (access & COUNTER_MASK) - steps);
  }

  /** OBJECT IDLETIME: seconds since the last access. */
  idleSeconds(handle: number): number {
    return (this.keyspace.accessClock - this.keyspace.records.access(handle)) & ACCESS_MAX;
  }
}
