// Finds the moment for work that costs a few milliseconds, is worth it only after many requests, and can wait: when the
// server has become quiet. Freed memory is given back then (host/freed-memory.ts), and large pages are tried again
// (host/large-pages.ts).

/** So many bytes in and out make the work worth while. */
const WORTH_BYTES = 1024 * 1024;
/** With no more than this between two looks nothing is going on: a monitoring client, pings. */
const QUIET_BYTES = 4096;
/** It must have been quiet for this long. */
const QUIET_MS = 500;
/** The work takes at most this part of all time: after 2 ms it is not done again for 2 s. */
const SHARE_MAX = 1 / 1000;

export class QuietTimes {
  private readonly work: () => void;
  private readonly elapsed: () => number;
  /** Total of bytes at the last look, and when the work was last done. Starting up is worth it, too. */
  private seen = 0;
  private done = -WORTH_BYTES;
  private quietSince = Number.POSITIVE_INFINITY;
  private notBefore = 0;

  /** `elapsed`: milliseconds of a clock that never goes back. */
  constructor(work: () => void, elapsed: () => number) {
    this.work = work;
    this.elapsed = elapsed;
  }

  /** Several times a second, with the bytes that went in and out so far. */
  look(bytes: number): void {
    const now = this.elapsed();
    const isReset = bytes < this.seen; // CONFIG RESETSTAT
    if (isReset) this.done = 0;
    const isQuiet = !isReset && bytes - this.seen <= QUIET_BYTES;
    this.seen = bytes;
    if (!isQuiet) {
      this.quietSince = Number.POSITIVE_INFINITY;
      return;
    }
    if (this.quietSince === Number.POSITIVE_INFINITY) this.quietSince = now;
    if (bytes - this.done < WORTH_BYTES || now - this.quietSince < QUIET_MS || now < this.notBefore) return;
    this.done = bytes;
    this.work();
    const after = this.elapsed();
    this.notBefore = after + (after - now) / SHARE_MAX;
  }
}
