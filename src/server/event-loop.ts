// How busy the server's loop is, as INFO tells it. A cycle is one entry into the server: sockets that were ready, or a cron
// tick. Its time is that in which Node's loop did not wait.

export class LoopMeter {
  /** Entries from the transport. */
  entries = 0;
  private crons = 0;
  private cronMs = 0;
  private busyBefore = busyMicroseconds();
  private cyclesBefore = 0;

  cronRan(milliseconds: number): void {
    this.crons++;
    this.cronMs += milliseconds;
  }

  cycles(): number {
    return this.entries + this.crons - this.cyclesBefore;
  }

  busyMicroseconds(): number {
    return busyMicroseconds() - this.busyBefore;
  }

  cronMicroseconds(): number {
    return this.cronMs * 1000;
  }

  /** CONFIG RESETSTAT. */
  reset(): void {
    this.cyclesBefore = this.entries + this.crons;
    this.busyBefore = busyMicroseconds();
    this.cronMs = 0;
  }
}

function busyMicroseconds(): number {
  return performance.eventLoopUtilization().active * 1000;
}
