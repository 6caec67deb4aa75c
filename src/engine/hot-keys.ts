// Hot keys: which keys take most of the time, or of the bytes that come and go, while somebody wants to know (HOTKEYS).
//
// While it is on, each command is timed alone (command-watch.ts). What it took counts for its keys in equal parts.

import { toLatin1 } from '../lib/bytes.ts';
import { HeavyKeys } from '../lib/heavy-keys.ts';
import type { Prng } from '../lib/prng.ts';
import type { Clock } from '../world/clock.ts';
import type { Call } from './call.ts';
import { keysOf } from './command-keys.ts';

/** Keys counted for each that is told: the more, the less a weight is too high. */
const COUNTED_PER_TOLD = 16;

export interface HotKeysRequest {
  readonly byTime: boolean;
  readonly byBytes: boolean;
  /** How many keys are told. */
  readonly count: number;
  /** Seconds until it ends by itself; Infinity: never. */
  readonly seconds: number;
  /** One of so many commands is looked at. */
  readonly sampleRatio: number;
}

/** One session of looking for hot keys. */
export class HotKeys {
  readonly request: HotKeysRequest;
  /** When it began, in milliseconds since 1970. */
  readonly beganAt: number;
  readonly byTime: HeavyKeys;
  readonly byBytes: HeavyKeys;
  /** What all commands took since: microseconds, and bytes of requests and replies. */
  microseconds = 0;
  bytes = 0;
  private endedAt = Number.NaN;
  private readonly clock: Clock;
  private readonly prng: Prng;

  constructor(request: HotKeysRequest, clock: Clock, prng: Prng) {
    this.request = request;
    this.clock = clock;
    this.prng = prng;
    this.beganAt = Math.floor(clock.now());
    this.byTime = new HeavyKeys(request.count * COUNTED_PER_TOLD);
    this.byBytes = new HeavyKeys(request.count * COUNTED_PER_TOLD);
  }

  /** Whether it goes on. It ends by itself when its time is over. */
  isActive(): boolean {
    const deadline = this.beganAt + this.request.seconds * 1000;
    if (Number.isNaN(this.endedAt) && this.clock.now() >= deadline) this.endedAt = deadline;
    return Number.isNaN(this.endedAt);
  }

  stop(): void {
    if (this.isActive()) this.endedAt = Math.floor(this.clock.now());
  }

  /** Milliseconds from its begin to its end, or to now. */
  duration(): number {
    return (this.isActive() ? Math.floor(this.clock.now()) : this.endedAt) - this.beganAt;
  }

  /** Counts a command that ran, its arguments still in place. */
  record(call: Call, microseconds: number, bytes: number): void {
    this.microseconds += microseconds;
    this.bytes += bytes;
    const { sampleRatio, byTime, byBytes } = this.request;
    if (sampleRatio > 1 && this.prng.below(sampleRatio) !== 0) return;
    const keys = keysOf(call.engine.table, call.command, call);
    if (keys === null || keys.length === 0) return;
    for (const { index } of keys) {
      const key = toLatin1(call.bytes, call.starts[index]!, call.ends[index]!);
      if (byTime) this.byTime.add(key, microseconds / keys.length);
      if (byBytes) this.byBytes.add(key, bytes / keys.length);
    }
  }
}
