// Rates of the last moments: INFO's instantaneous_… fields. Counters are sampled about every 100 ms; a rate is the mean of
// the last sixteen samples.

const SAMPLES = 16;
/** A cron tick may come a little early. */
const SAMPLE_MS_MIN = 95;

class Rate {
  private readonly samples = new Float64Array(SAMPLES);
  private next = 0;
  private last = 0;

  sample(total: number, milliseconds: number): void {
    // After CONFIG RESETSTAT the counter begins anew.
    const change = Math.max(0, total - this.last);
    this.last = total;
    this.samples[this.next] = (change * 1000) / milliseconds;
    this.next = (this.next + 1) % SAMPLES;
  }

  perSecond(): number {
    let sum = 0;
    for (let index = 0; index < SAMPLES; index++) sum += this.samples[index]!;
    return sum / SAMPLES;
  }
}

/** Counters at one moment. */
export interface Totals {
  readonly commands: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** Rounds of the event loop, and the microseconds in which it did not wait. */
  readonly cycles: number;
  readonly busyMicroseconds: number;
}

export class Rates {
  readonly commands = new Rate();
  readonly inputBytes = new Rate();
  readonly outputBytes = new Rate();
  readonly cycles = new Rate();
  readonly busyMicroseconds = new Rate();
  private lastAt: number;

  constructor(nowMs: number) {
    this.lastAt = nowMs;
  }

  /** Samples the totals, if it is time to. */
  sample(nowMs: number, totals: Totals): void {
    const passed = nowMs - this.lastAt;
    if (passed < SAMPLE_MS_MIN) return;
    this.lastAt = nowMs;
    this.commands.sample(totals.commands, passed);
    this.inputBytes.sample(totals.inputBytes, passed);
    this.outputBytes.sample(totals.outputBytes, passed);
    this.cycles.sample(totals.cycles, passed);
    this.busyMicroseconds.sample(totals.busyMicroseconds, passed);
  }
}
