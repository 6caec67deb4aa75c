// The latency monitor: what took long, by kind of event, for LATENCY. Each kind keeps its last samples, the worst of each
// second; it is off while the threshold is 0.

import type { Clock } from '../world/clock.ts';

/** Samples that a kind of event keeps, as in Redis. */
export const SAMPLES_MAX = 160;

/** What is watched. Redis's names where the work is the same; the last is our own: Redis forks where we write in slices. */
export type LatencyEventName =
  | 'command'
  | 'fast-command'
  | 'command-unblocking'
  | 'expire-cycle'
  | 'eviction-cycle'
  | 'active-defrag-cycle'
  | 'aof-write'
  | 'aof-fsync-always'
  | 'snapshot-slice';

export interface LatencySample {
  /** Seconds since 1970. */
  readonly at: number;
  milliseconds: number;
}

export class LatencyEvent {
  /** The oldest first. */
  readonly samples: LatencySample[] = [];
  /** The worst since the last reset. */
  max = 0;

  add(at: number, milliseconds: number): void {
    this.max = Math.max(this.max, milliseconds);
    const last = this.samples.at(-1);
    if (last !== undefined && last.at === at) {
      last.milliseconds = Math.max(last.milliseconds, milliseconds);
      return;
    }
    this.samples.push({ at, milliseconds });
    if (this.samples.length > SAMPLES_MAX) this.samples.shift();
  }
}

export class LatencyMonitor {
  /** latency-monitor-threshold, in milliseconds. */
  threshold = 0;
  readonly events = new Map<string, LatencyEvent>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** The time by `elapsed` where the monitor is on: to be given to `since`. */
  begin(): number {
    return this.threshold > 0 ? this.clock.elapsed() : 0;
  }

  /** Notes what has passed since `begin`. */
  since(name: LatencyEventName, begun: number): void {
    if (this.threshold > 0 && begun > 0) this.note(name, this.clock.elapsed() - begun);
  }

  /** Notes an event, if it took long. */
  note(name: LatencyEventName, milliseconds: number): void {
    const whole = Math.floor(milliseconds);
    if (this.threshold === 0 || whole < this.threshold) return;
    let event = this.events.get(name);
    if (event === undefined) {
      event = new LatencyEvent();
      this.events.set(name, event);
    }
    event.add(Math.floor(this.clock.now() / 1000), whole);
  }

  /** Forgets kinds of events, all where none is named; returns how many it knew. */
  reset(names: readonly string[]): number {
    const count = names.length === 0 ? this.events.size : names.filter((name) => this.events.has(name)).length;
    if (names.length === 0) this.events.clear();
    for (const name of names) this.events.delete(name);
    return count;
  }
}
