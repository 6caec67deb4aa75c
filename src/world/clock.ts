// The clock that one engine lives by: TTLs, TIME, blocking timeouts, stream ids. Real by default, manual on request.

/** Times as numbers, so that reading them allocates nothing. */
export interface Clock {
  /** Wall clock: milliseconds since 1970, with a fraction where the host knows one. May jump. */
  now(): number;
  /** Milliseconds from some start, with microseconds in the fraction; never goes back. For durations only. */
  elapsed(): number;
}

/** A clock that stands still until it is told to move. */
export class ManualClock implements Clock {
  /** Called after each move: whoever lives by the clock does what became due. */
  onMove: () => void = () => undefined;
  private time: number;

  constructor(startMs: number) {
    this.time = startMs;
  }

  now(): number {
    return this.time;
  }

  elapsed(): number {
    return this.time;
  }

  /** Moves on by `ms` milliseconds; the wall clock goes back when it is negative. */
  advance(ms: number): void {
    this.time += ms;
    this.onMove();
  }

  set(ms: number): void {
    this.time = ms;
    this.onMove();
  }
}
