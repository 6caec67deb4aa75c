// A database inside the program: an engine, its clock, and clients without a socket. What a server does with timers and
// sockets, this does with the host's timers alone, so it works wherever the engine does.

import type { CommandDefinition } from '../engine/command.ts';
import { Engine } from '../engine/engine.ts';
import type { Clock } from '../world/clock.ts';
import type { Entropy } from '../world/entropy.ts';
import type { Timers } from '../world/timers.ts';
import { type BasicClient, type Client, type ClientOwner, clientClass } from './client.ts';

/** Milliseconds of background work before the program has its turn again. */
const WORK_SLICE_MS = 2;
/** How often expiry is looked after when nobody calls. */
const WORK_INTERVAL_MS = 100;

export interface DatabaseOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly seed: number | readonly [number, number];
  readonly commands: readonly CommandDefinition[];
  /** Numbered databases; 16 when absent. */
  readonly databases?: number;
  /** Where secrets come from. */
  readonly entropy?: Entropy;
}

export class Database implements ClientOwner {
  readonly engine: Engine;
  private readonly clock: Clock;
  private readonly timers: Timers;
  private readonly clients = new Set<BasicClient>();
  private readonly makeClient: new (
    owner: ClientOwner,
    strings?: 'text' | 'bytes',
  ) => Client;
  private cancelWork: (() => void) | null = null;
  private workAt = Number.POSITIVE_INFINITY;
  private isClosed = false;

  constructor(options: DatabaseOptions) {
    this.clock = options.clock;
    this.timers = options.timers;
    this.engine = new Engine({
      clock: options.clock,
      seed: options.seed,
      commands: options.commands,
      ...(options.databases === undefined ? {} : { databases: options.databases }),
      ...(options.entropy === undefined ? {} : { entropy: options.entropy }),
    });
    this.makeClient = clientClass(options.commands);
  }

  /** Another client, with a session of its own. */
  connect(strings: 'text' | 'bytes' = 'text'): Client {
    const client = new this.makeClient(this, strings);
    this.clients.add(client);
    return client;
  }

  /** Ends all clients and timers. The data is gone. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.cancelWork?.();
    for (const client of [...this.clients]) client.end();
  }

  afterCommand(): void {
    this.engine.endTick();
    this.scheduleWork(this.engine.serving.hasUrgentWork() ? 0 : WORK_INTERVAL_MS);
  }

  /** Does all that is due now: after a manual clock was moved. */
  catchUp(): void {
    while (this.engine.work(WORK_SLICE_MS));
    this.engine.endTick();
  }

  ended(client: BasicClient): void {
    this.clients.delete(client);
  }

  /** Sees to it that work is done in `ms` milliseconds at the latest, or when the next deadline comes. */
  private scheduleWork(ms: number): void {
    if (this.isClosed) return;
    const now = this.clock.now();
    const wanted = Math.min(now + ms, this.engine.nextDeadline());
    if (this.cancelWork !== null && this.workAt <= wanted) return;
    this.cancelWork?.();
    this.workAt = wanted;
    this.cancelWork = this.timers.after(Math.max(0, Math.ceil(wanted - now)), () => {
      this.cancelWork = null;
      if (this.isClosed) return;
      const more = this.engine.work(WORK_SLICE_MS);
      this.engine.endTick();
      if (more) this.scheduleWork(0);
      else if (this.engine.hasDeadlines()) this.scheduleWork(WORK_INTERVAL_MS);
    });
  }
}
