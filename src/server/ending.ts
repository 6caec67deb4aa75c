// The end of the server, which SHUTDOWN and signals ask for.
//
// From then on Redis serves nobody, saves, and exits. Here the same holds for clients: the engine stands still
// (engine/standstill.ts). But the last snapshot is written in slices, and the event loop goes on, so that a supervisor hears
// how far it is, its watchdog is fed, and a second SIGINT ends the process at once. Where the data set can't be saved the
// server goes on as if nothing had been.

import { realTimers } from '../host/real-timers.ts';
import type { ShutdownWish } from '../persistence/persistence.ts';
import { unixsocket } from './config/network.ts';
import type { Server } from './server.ts';

/** How long the last snapshot is written between two looks at what else there is. Nobody is served meanwhile. */
const SLICE_MS = 50;
/** After so long it is told how far it is for the first time, and then how often. */
const FIRST_PROGRESS_MS = 1000;
const PROGRESS_MS = 5000;

const timers = realTimers(false);

export interface EndingHooks {
  /** The server has ended. */
  ended(): void;
  /** The last snapshot goes on, and so many percent of it are written. */
  saving(percent: number): void;
}

interface Held {
  readonly wish: ShutdownWish;
  readonly failed: () => void;
}

export class Ending {
  private readonly server: Server;
  private readonly hooks: EndingHooks;
  private isUnderWay_ = false;
  /** Who is told when the server cannot end. */
  private failures: (() => void)[] = [];
  private isSaving = false;
  private callOffProgress: () => void = () => undefined;
  /** Keys and bytes that were written when it was last told. */
  private doneSeen = 0;
  /** What a signal asked for while DEBUG PAUSE-CRON holds it up. */
  private held: Held | null = null;

  constructor(server: Server, hooks: EndingHooks) {
    this.server = server;
    this.hooks = hooks;
  }

  isUnderWay(): boolean {
    return this.isUnderWay_;
  }

  /**
   * Ends the server, once what runs now has ended. `failed` is told when it cannot end, since the data set could not be
   * saved.
   */
  begin(wish: ShutdownWish, failed: () => void = () => undefined): void {
    const { server } = this;
    if (server.stopping) return;
    this.failures.push(failed);
    if (this.isUnderWay_) return;
    this.isUnderWay_ = true;
    server.soonUnseen(() => this.prepare(wish));
  }

  /** The same for a signal: DEBUG PAUSE-CRON holds it up, as in Redis, whose cron looks for it. */
  beginFor(wish: ShutdownWish, failed: () => void): void {
    this.held = this.server.cronPaused ? { wish, failed } : null;
    if (this.held === null) this.begin(wish, failed);
  }

  /** The cron runs. */
  cron(): void {
    if (this.held !== null) this.beginFor(this.held.wish, this.held.failed);
  }

  /** SHUTDOWN ABORT; false when there is nothing to call off. */
  abort(): boolean {
    const { held } = this;
    if (held === null) return false;
    this.held = null;
    this.server.log.warning('Shutdown manually aborted.');
    held.failed();
    return true;
  }

  /** Writes the last snapshot on; false when there is nothing to do now. */
  work(): boolean {
    if (!this.isSaving) return false;
    const { clock, persistence } = this.server;
    const until = clock.elapsed() + SLICE_MS;
    return persistence.saves.work(() => clock.elapsed() >= until);
  }

  private prepare(wish: ShutdownWish): void {
    const { server } = this;
    if (server.stopping) return;
    server.log.notice('User requested shutdown...');
    server.engine.standstill.hold();
    this.isSaving = true;
    server.persistence.prepareShutdown(wish, (mayEnd) => this.prepared(mayEnd));
    if (!this.isSaving) return;
    this.hooks.saving(0);
    this.doneSeen = 0;
    this.callOffProgress = timers.after(FIRST_PROGRESS_MS, () => this.showProgress());
    server.workSoon();
  }

  private prepared(mayEnd: boolean): void {
    const { server } = this;
    this.isSaving = false;
    this.callOffProgress();
    if (mayEnd) {
      if (server.config.get(unixsocket) !== '') server.log.notice('Removing the unix socket file.');
      server.close();
      server.log.warning('Redis is now ready to exit, bye bye...');
      this.hooks.ended();
      return;
    }
    server.log.warning('Errors trying to shut down the server. Check the logs for more information.');
    this.isUnderWay_ = false;
    const { failures } = this;
    this.failures = [];
    server.inTurn(() => {
      server.engine.standstill.letGo();
      for (const tell of failures) tell();
    });
    server.workSoon();
  }

  /** Says how far it is, as long as it goes on. */
  private showProgress(): void {
    const { saves } = this.server.persistence;
    const snapshot = saves.snapshot();
    const { keysWritten, keysTotal } = snapshot ?? { keysWritten: 0, keysTotal: 0 };
    const done = keysWritten + saves.bytesWritten();
    if (snapshot !== null && done !== this.doneSeen) {
      this.doneSeen = done;
      const percent = keysTotal === 0 ? 100 : Math.min(100, Math.floor((keysWritten / keysTotal) * 100));
      this.hooks.saving(percent);
      this.server.log.notice(`Saving the final RDB snapshot: ${percent}% of ${keysTotal} keys`);
    }
    this.callOffProgress = timers.after(PROGRESS_MS, () => this.showProgress());
  }
}
