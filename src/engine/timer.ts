// Who used the time: attributes a batch's duration to its commands with few looks at the clock.
//
// Reading the clock costs 40 ns, a fast command 150: so a run of one fast command is timed as a whole, and its calls
// share the time equally. The clock is read when the command changes, after every command that is not flagged fast, and
// at the end of the batch. With one request at a time each is timed alone.

import type { Clock } from '../world/clock.ts';
import { STAT_COMMAND_MS, STAT_COMMANDS, type Statistics } from './statistics.ts';

/** Told of each run: how often the command ran and how many milliseconds all of them took. */
export type RunListener = (command: number, count: number, milliseconds: number) => void;

export class EngineTimer {
  /** The command of the present run, and how often it ran. */
  command = 0;
  count = 0;
  /** Latency tracking and the like. */
  listener: RunListener | null = null;
  private readonly times = new Float64Array(1);
  private readonly clock: Clock;
  private readonly statistics: Statistics;

  constructor(clock: Clock, statistics: Statistics) {
    this.clock = clock;
    this.statistics = statistics;
  }

  /** A batch begins; the time by `elapsed`. */
  begin(): number {
    const now = this.clock.elapsed();
    this.times[0] = now;
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

  private close(): void {
    const now = this.clock.elapsed();
    const spent = now - this.times[0]!;
    this.times[0] = now;
    const { statistics, command, count } = this;
    this.count = 0;
    statistics.microseconds[command]! += spent * 1000;
    if (count === 0) return;
    statistics.calls[command]! += count;
    statistics.counters[STAT_COMMANDS]! += count;
    statistics.counters[STAT_COMMAND_MS]! += spent;
    if (this.listener !== null) this.listener(command, count, spent);
  }
}
