// How busy the server's loop is, as INFO tells it. A cycle is one entry into the server: sockets that were ready, or a cron
// tick. Its time is the processor's: the loop of the native transport waits where Node doesn't know it (native-loop.ts).

export class LoopMeter {
  /** Most commands in one cycle, and the longest time that one spent in commands or in cron. */
  commandsMax = 0;
  private longestMs = 0;
  private entries = 0;
  private crons = 0;
  private cronMs = 0;
  private commands = 0;
  private commandMs = 0;
  private busyBefore = busyMicroseconds();
  private cyclesBefore = 0;

  /** An entry of the transport ends; the totals of commands run and of their milliseconds. */
  entered(commands: number, commandMs: number): void {
    this.entries++;
    if (commands - this.commands > this.commandsMax) this.commandsMax = commands - this.commands;
    if (commandMs - this.commandMs > this.longestMs) this.longestMs = commandMs - this.commandMs;
    this.commands = commands;
    this.commandMs = commandMs;
  }

  cronRan(milliseconds: number): void {
    this.crons++;
    this.cronMs += milliseconds;
    if (milliseconds > this.longestMs) this.longestMs = milliseconds;
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

  longestMicroseconds(): number {
    return this.longestMs * 1000;
  }

  /** CONFIG RESETSTAT. */
  reset(): void {
    this.cyclesBefore = this.entries + this.crons;
    this.busyBefore = busyMicroseconds();
    this.cronMs = 0;
    this.longestMs = 0;
    this.commandsMax = 0;
    this.commands = 0;
    this.commandMs = 0;
  }
}

/** Of this thread, where the runtime tells it; else of the process. */
function busyMicroseconds(): number {
  const { user, system } = typeof process.threadCpuUsage === 'function' ? process.threadCpuUsage() : process.cpuUsage();
  return user + system;
}
