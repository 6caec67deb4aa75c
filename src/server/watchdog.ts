// The watchdog: says in the log what held the server up for longer than watchdog-period.
//
// Redis interrupts itself with a signal and shows where it is. A process of one JavaScript thread cannot: it hears signals
// between two turns of its loop. So this tells afterwards: which command it was, with its arguments, or, where no command
// took so long, that the loop itself was late (a garbage collection, the disk, a busy machine). What never ends is never
// told: for that, look at the process from outside.

import type { Call } from '../engine/call.ts';
import { keptArguments } from '../engine/command-log.ts';
import { toLatin1 } from '../lib/bytes.ts';
import { quoteWord } from '../lib/quoted-words.ts';
import { hideUserDataFromLog, hz, watchdogPeriod } from './config/process.ts';
import type { Server } from './server.ts';

export class Watchdog {
  private readonly server: Server;
  private periodMs = 0;
  /** When the loop was last seen to turn, and when a command was last told of; by `elapsed`. */
  private seenAt = 0;
  private toldAt = 0;

  constructor(server: Server) {
    this.server = server;
    const { config, engine, clock } = server;
    engine.watch.onHang = (call, milliseconds) => this.tellCommand(call, milliseconds);
    server.cronTasks.push(() => this.look(clock.elapsed()));
    config.follow(watchdogPeriod, (period) => {
      // As in Redis: no less than two turns of the cron.
      this.periodMs = period === 0 ? 0 : Math.max(period, 2 * this.turnMs());
      this.seenAt = this.toldAt = clock.elapsed();
      engine.watch.watchdogMs = this.periodMs;
      engine.rewatch();
    });
  }

  private turnMs(): number {
    return 1000 / this.server.config.get(hz);
  }

  private look(now: number): void {
    const late = now - this.seenAt - this.turnMs();
    if (this.periodMs > 0 && late >= this.periodMs && this.toldAt < this.seenAt) {
      this.tell([`The loop was late by ${Math.floor(late)} ms, and no command took so long.`]);
    }
    this.seenAt = now;
  }

  private tellCommand(call: Call, milliseconds: number): void {
    const { engine, config, clock } = this.server;
    this.toldAt = clock.elapsed();
    const lines = [`A command took ${Math.floor(milliseconds)} ms: ${engine.table.nameOf(call.command)}`];
    if (!config.get(hideUserDataFromLog)) {
      const { argumentsMax, argumentBytesMax } = engine.watch;
      for (const [index, arg] of keptArguments(call, argumentsMax, argumentBytesMax).entries()) {
        lines.push(`argv[${index}]: ${quoteWord(toLatin1(arg, 0, arg.length))}`);
      }
      lines.push(`Client: ${call.session.peer.address()} ${call.session.name}`);
    }
    this.tell(lines);
  }

  private tell(lines: readonly string[]): void {
    const { log } = this.server;
    log.warning('--- WATCHDOG TIMER EXPIRED ---');
    for (const line of lines) log.warning(line);
    log.warning('------');
  }
}
