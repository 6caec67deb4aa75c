// Who used the time: attributes a batch's duration to its commands with few looks at the clock.
//
// Reading the clock costs 40 ns, a fast command 150: so a run of one fast command is timed as a whole, and its calls
// share the time equally. The clock is read when the command changes, after every command that is not flagged fast, and
// at the end of the batch. With one request at a time each is timed alone.

import type { Clock } from '../world/clock.ts';
import { STAT_COMMAND_MS, STAT_COMMANDS, type Statistics } from './statistics.ts';

/** Told of each run: how often the command ran and how many milliseconds all of them took. */
export type RunListener = (command: number, count: number, milliseconds: number) => void;

/** Told of a run that took longer than `spikeMs`. */
export type SpikeListener = (command: number, milliseconds: number) => void;

/** Runs that are remembered, for a crash report. */
const RECENT = 32;
/** Indices of `times`: when the present run began; what each call of the last one took. */
const BEGUN = 0;
const EACH = 1;

export class EngineTimer {
  /** The command of the present run, and how often it ran. */
  command = 0;
  count = 0;
  /** How many of these began to wait: they are not told of, but when they are served. */
  waiting = 0;
  /** Latency tracking and the like. */
  listener: RunListener | null = null;
  /** The latency monitor. */
  spikeMs = Number.POSITIVE_INFINITY;
  onSpike: SpikeListener | null = null;
  private readonly times = new Float64Array(2);
  private readonly clock: Clock;
  private readonly statistics: Statistics;
  private readonly recentCommands = new Int32Array(RECENT).fill(-1);
  private readonly recentCounts = new Int32Array(RECENT);
  /** Where the next is kept. */
  private recentAt = 0;

  constructor(clock: Clock, statistics: Statistics) {
    this.clock = clock;
    this.statistics = statistics;
  }

  /** A batch begins, or goes on after something that belongs to no command; the time by `elapsed`. */
  begin(): number {
    const now = this.clock.elapsed();
    this.times[BEGUN] = now;
    return now;
  }

  end(): void {
    this.close();
  }

  /** Ends the run; the next is one of `command`. */
  change(command: number): void {
    this.close();
    this.command = command;
  }

  /** Milliseconds that each call of the last run took. */
  each(): number {
    return this.times[EACH]!;
  }

  /** A command that had waited was served in the last run, which counted none. */
  served(): void {
    this.listener?.(this.command, 1, this.times[EACH]!);
  }

  /** The last runs, the oldest first: which command, how often. */
  recent(): { command: number; count: number }[] {
    const runs = [];
    for (let back = RECENT; back > 0; back--) {
      const at = (this.recentAt - back) & (RECENT - 1);
      if (this.recentCommands[at] !== -1) {
        runs.push({ command: this.recentCommands[at]!, count: this.recentCounts[at]! });
      }
    }
    return runs;
  }

  private close(): void {
    const now = this.clock.elapsed();
    const spent = now - this.times[BEGUN]!;
    this.times[BEGUN] = now;
    const { statistics, command, count } = this;
    const ended = count - this.waiting;
    this.count = 0;
    this.waiting = 0;
    statistics.microseconds[command]! += spent * 1000;
    this.times[EACH] = count > 1 ? spent / count : spent;
    if (count === 0) return;
    const at = this.recentAt;
    this.recentAt = (at + 1) & (RECENT - 1);
    this.recentCommands[at] = command;
    this.recentCounts[at] = count;
    statistics.calls[command]! += count;
    statistics.counters[STAT_COMMANDS]! += count;
    statistics.counters[STAT_COMMAND_MS]! += spent;
    if (this.listener !== null && ended > 0) this.listener(command, ended, spent);
    if (spent >= this.spikeMs) this.onSpike?.(command, spent);
  }
}
