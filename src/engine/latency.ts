// How long each command takes: a histogram of nanoseconds by command, for INFO LATENCYSTATS and LATENCY HISTOGRAM.

import { Histogram } from '../lib/histogram.ts';
import type { EngineTimer } from './timer.ts';

export class CommandLatency {
  /** By command id; those that never ran have none. */
  readonly histograms: (Histogram | null)[];
  private readonly timer: EngineTimer;

  constructor(timer: EngineTimer, commandCount: number) {
    this.timer = timer;
    this.histograms = new Array<Histogram | null>(commandCount).fill(null);
  }

  /** latency-tracking: records from now on, or stops. */
  track(on: boolean): void {
    this.timer.listener = on ? (command, count, milliseconds) => this.record(command, count, milliseconds) : null;
  }

  reset(): void {
    this.histograms.fill(null);
  }

  private record(command: number, count: number, milliseconds: number): void {
    const histogram = this.histograms[command] ?? (this.histograms[command] = new Histogram());
    histogram.record((milliseconds * 1e6) / count, count);
  }
}
