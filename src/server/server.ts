// A server: one engine behind its transports, with its configuration, its log and its periodic work.
//
// Everything a server has hangs on this object: two of them in one process share nothing. It is assembled here; how
// commands, INFO and the configuration work is said in their own files.

import { describeClient } from '../engine/client-list.ts';
import type { CommandDefinition } from '../engine/command.ts';
import * as engineDirectives from '../engine/directives.ts';
import { Engine } from '../engine/engine.ts';
import { GATE_WRITE } from '../engine/gates.ts';
import type { InfoSection } from '../engine/info.ts';
import type { Session } from '../engine/session.ts';
import {
  STAT_COMMAND_MS,
  STAT_COMMANDS,
  STAT_INPUT_BYTES,
  STAT_OUTPUT_BUFFER_KILLS,
  STAT_OUTPUT_BYTES,
  STAT_REJECTED_CONNECTIONS,
} from '../engine/statistics.ts';
import { type LargePages, largePages } from '../host/large-pages.ts';
import { nodeDisk } from '../host/node-disk.ts';
import { realTimers } from '../host/real-timers.ts';
import { systemEntropy } from '../host/system-entropy.ts';
import { fromLatin1, toLatin1, utf8 } from '../lib/bytes.ts';
import type { FlatMemoryOptions } from '../memory/flat-memory.ts';
import { Persistence } from '../persistence/persistence.ts';
import type { PersistenceHost } from '../persistence/persistence-host.ts';
import { MAX_CLIENTS } from '../protocol/errors.ts';
import type { Clock } from '../world/clock.ts';
import type { Disk } from '../world/disk.ts';
import { applySettings } from './apply-settings.ts';
import {
  clientDefaultResp,
  clientOutputBufferLimit,
  maxclients,
  type OutputLimit,
  type OutputLimits,
} from './config/clients.ts';
import {
  maxNewConnectionsPerCycle,
  port as portDirective,
  protectedMode,
  tcpKeepalive,
  timeout,
  transport as transportDirective,
} from './config/network.ts';
import { hz } from './config/process.ts';
import { minReplicasMaxLag, minReplicasToWrite } from './config/replication.ts';
import type { ServerConfig } from './config/server-config.ts';
import { tlsAuthClientsUser, tlsPort } from './config/tls.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import { Ending } from './ending.ts';
import { HeldReplies } from './held-replies.ts';
import { allInfo } from './info.ts';
import { type Kind, Listeners } from './listeners.ts';
import type { Log } from './log.ts';
import { MetricsEndpoint } from './metrics/endpoint.ts';
import { MigrationLinks } from './migration-links.ts';
import { REPLY_BUFFER_PERIOD_MS } from './outbox.ts';
import { limitFor } from './output-limits.ts';
import { QuietTimes } from './quiet-times.ts';
import { SecurePort } from './secure-port.ts';
import type { PassedSocket } from './service/passed-sockets.ts';
import type { Supervisor } from './service/supervision.ts';
import { chooseTransport } from './transports/choose.ts';
import { MemoryTransport } from './transports/memory.ts';
import {
  type Link,
  type Receiver,
  TRANSPORT_DEFAULTS,
  type Transport,
  type TransportHost,
  type TransportOptions,
} from './transports/transport.ts';
import { setUpUsers } from './users.ts';
import { Vitals } from './vitals.ts';

/** The server cannot start as it is configured: the message is for the log, as its last line. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Milliseconds that background work may take before sockets are looked at again. */
const WORK_SLICE_MS = 2;
/** While requests come, what has a time is looked after as often as this, whatever `hz` says: Redis does so every 25 ms. */
const WORK_PAUSE_MS = 25;
/**
 * How long a slice of a snapshot may take, and may always take; and which part of the time spent on requests. With half of it
 * a snapshot under full load took 1.5 s and left half of the throughput, with a quarter 2.2 s and two thirds.
 */
const WRITE_SLICE_MS_MAX = 2;
const WRITE_SLICE_MS_MIN = 0.1;
const WRITE_SHARE = 1 / 4;

const PROTECTED_MODE = fromLatin1(
  '-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default ' +
    'user. In this mode connections are only accepted from the loopback interface. If you want to connect from external ' +
    'computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the command ' +
    "'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host the server is " +
    'running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make ' +
    'this change permanent. 2) Alternatively you can just disable the protected mode by editing the Redis configuration ' +
    "file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server " +
    "manually just for testing, restart it with the '--protected-mode no' option. 4) Set up an authentication password " +
    'for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting ' +
    'connections from the outside.\r\n',
);

function memoryOptions(pages: LargePages | undefined): FlatMemoryOptions {
  return pages === undefined ? {} : { onSegment: (buffer) => pages.advise(buffer) };
}

export interface ServerOptions {
  readonly config: ServerConfig;
  readonly log: Log;
  readonly clock: Clock;
  readonly seed: number | readonly [number, number];
  /** The commands, given the server that they work on. */
  readonly commands: (server: Server) => readonly CommandDefinition[];
  /** Whether it keeps the process alive. */
  readonly keepsProcessAlive: boolean;
  /** Port 0 means any free port, as embedding programs say it; in a configuration it means no TCP. */
  readonly freePort?: boolean;
  /** An assertion failed or something escaped: state is no longer to be trusted. */
  readonly fatal: (error: unknown) => void;
  /** SHUTDOWN ended the server: it is closed. */
  readonly ended?: () => void;
  /** Before that a snapshot is written: so many percent of it are. */
  readonly saving?: (percent: number) => void;
  /** The path of the program, for INFO. */
  readonly executable?: string;
  /** Where the data set is kept; the machine's disk when absent. */
  readonly disk?: Disk;
  /** Gives memory that was freed back to the system; called when the server has become quiet after much traffic. Absent
   *  where the process is not the server's own. */
  readonly giveBackFreed?: (() => void) | undefined;
  /** Listening sockets that were opened before the server was started. */
  readonly passedSockets?: readonly PassedSocket[];
  /** Who supervises the process, for INFO. */
  readonly supervisor?: Supervisor;
}

export class Server implements ConnectionOwner, TransportHost {
  readonly config: ServerConfig;
  readonly log: Log;
  readonly clock: Clock;
  /** Of all random choices; for a crash report. */
  readonly seed: number | readonly [number, number];
  readonly engine: Engine;
  readonly transport: Transport;
  /** Which transport and why, for the log and INFO. */
  readonly transportReason: string;
  readonly listeners: Listeners;
  private readonly securePort: SecurePort;
  /** For clients inside the process. */
  readonly memoryTransport: MemoryTransport;
  readonly vitals: Vitals;
  /** What keeps the data set. */
  readonly persistence: Persistence;
  /** What INFO shows. */
  readonly info: readonly InfoSection[];
  readonly executable: string;
  readonly supervisor: Supervisor;
  readonly connections = new Set<Connection>();
  readonly migrationLinks: MigrationLinks;
  private readonly metrics = new MetricsEndpoint(this);
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Set by an assertion or by close(). */
  stopping = false;
  /** SHUTDOWN and signals. */
  readonly ending: Ending;
  private readonly transportOptions: TransportOptions;
  private readonly outputLimits: OutputLimits;
  private toFlush: Connection[] = [];
  /** Connections with output that shows changes which are not durable yet. */
  private readonly withholding = new Set<Connection>();
  /** When the last slice of background writing ended. */
  private slicedAt = 0;
  private readonly heldReplies = new HeldReplies();
  /** Within a round of a transport, which tickEnd will end: only then replies are held. */
  private inTick = false;
  private readonly fatalHook: (error: unknown) => void;
  private cronTimer: NodeJS.Timeout | null = null;
  private deadlineTimer: NodeJS.Timeout | null = null;
  private deadlineAt = Number.POSITIVE_INFINITY;
  private workIsDue = false;
  /** When background work was done last, in milliseconds since 1970. */
  private workedAt = 0;
  /** Called once a cron tick (hz). */
  readonly cronTasks: (() => void)[] = [];
  /** DEBUG PAUSE-CRON. */
  cronPaused = false;
  /** How long what a client's reply buffer was needed for is remembered (DEBUG REPLYBUFFER). */
  replyBufferPeriodMs = REPLY_BUFFER_PERIOD_MS;
  private secondAt = 0;

  constructor(options: ServerOptions) {
    this.config = options.config;
    this.log = options.log;
    this.clock = options.clock;
    this.seed = options.seed;
    this.fatalHook = options.fatal;
    this.ending = new Ending(this, {
      ended: options.ended ?? (() => undefined),
      saving: options.saving ?? (() => undefined),
    });
    this.executable = options.executable ?? '';
    this.supervisor = options.supervisor ?? 'no';
    this.startedAt = Math.floor(options.clock.now());
    this.outputLimits = { ...options.config.get(clientOutputBufferLimit) };
    this.transportOptions = {
      ...TRANSPORT_DEFAULTS,
      acceptsPerTickMax: options.config.get(maxNewConnectionsPerCycle),
      keepAliveSeconds: options.config.get(tcpKeepalive),
      keepsProcessAlive: options.keepsProcessAlive,
    };
    const choice = chooseTransport(options.config.get(transportDirective), this, this.transportOptions);
    this.transport = choice.transport;
    this.transportReason = choice.reason;
    this.securePort = new SecurePort(this, this.transportOptions, this.config, this.log);
    this.migrationLinks = new MigrationLinks(this.securePort);
    const kinds: readonly Kind[] = [
      { name: 'tcp', port: portDirective, opener: () => this.transport, freePort: options.freePort ?? false },
      { name: 'tls', port: tlsPort, opener: () => this.securePort.transport, freePort: false },
    ];
    this.listeners = new Listeners(this.transport, this.config, this.log, kinds, options.passedSockets);
    this.memoryTransport = new MemoryTransport(this);
    const pages = largePages();
    this.engine = new Engine({
      clock: options.clock,
      seed: options.seed,
      commands: options.commands(this),
      databases: options.config.get(engineDirectives.databases),
      memory: memoryOptions(pages),
      entropy: systemEntropy,
    });
    this.engine.events.closed = (session, reason) => this.logClosed(session, reason);
    this.engine.events.clientEvicted = (session) =>
      this.log.notice(`Evicting client: ${describeClient(this.engine, session)}`);
    this.engine.events.flushedAll = () => this.persistence.flushedAll();
    this.engine.events.crossProtocol = (session) => this.logCrossProtocol(session);
    if (options.giveBackFreed !== undefined) this.engine.events.purged = options.giveBackFreed;
    this.vitals = new Vitals(this.engine);
    this.persistence = new Persistence(this.persistenceHost(options));
    this.info = allInfo(this);
    this.cronTasks.push(() => this.migrationLinks.closeUnused(this.clock.elapsed()));
    if (options.giveBackFreed !== undefined) this.tidyWhenQuiet(options.giveBackFreed, pages);
    applySettings(this);
    setUpUsers(this, options.disk ?? nodeDisk);
    this.config.follow(tcpKeepalive, (seconds) => {
      this.transportOptions.keepAliveSeconds = seconds;
    });
    this.config.follow(maxNewConnectionsPerCycle, (count) => {
      this.transportOptions.acceptsPerTickMax = count;
    });
    this.config.follow(clientOutputBufferLimit, (limits) => {
      Object.assign(this.outputLimits, limits);
    });
  }

  /** Begins to listen. Rejects with the transport's error when an address cannot be had, or a StartError. */
  async start(): Promise<void> {
    if (!this.securePort.start()) throw new StartError('Failed to configure TLS. Check logs for more info.');
    await this.listeners.open();
    try {
      await this.metrics.open();
    } catch (error) {
      this.close();
      throw error;
    }
    this.scheduleCron();
  }

  /** Loads the data set, while clients are told so. Rejects with a LoadingError; what is wrong is in the log then. */
  load(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.persistence.start((error) => (error === null ? resolve() : reject(error)));
    });
  }

  /** Why clients are not served now; null: they are. */
  illness(): string | null {
    if (this.stopping || this.ending.isUnderWay()) return 'stopping';
    return this.persistence.loading === null ? null : 'loading';
  }

  private persistenceHost(options: ServerOptions): PersistenceHost {
    return {
      engine: this.engine,
      settings: this.config.settings,
      disk: options.disk ?? nodeDisk,
      timers: realTimers(options.keepsProcessAlive),
      processId: process.pid,
      isAlive: isProcessAlive,
      log: (level, line) => this.log.write(level, line),
      workSoon: () => this.workSoon(),
      refusalChanged: () => this.refusalChanged(),
      released: () => this.showWithheld(),
    };
  }

  /** Whether write commands need a look: the disk fails, or too few replicas. */
  refusalChanged(): void {
    const { engine, config } = this;
    const isRefused = this.persistence.writeRefusal() !== null;
    const wantsReplicas = config.get(minReplicasToWrite) > 0 && config.get(minReplicasMaxLag) > 0;
    engine.gates = isRefused || wantsReplicas ? engine.gates | GATE_WRITE : engine.gates & ~GATE_WRITE;
    if (this.persistence.log.log.refusesWrites()) this.closeWithheld();
  }

  // --- what must not be seen before it is durable ---

  withheldUntil(): number {
    return this.persistence.withheldUntil();
  }

  mayShow(offset: number): boolean {
    return this.persistence.mayShow(offset);
  }

  withheld(connection: Connection): void {
    this.withholding.add(connection);
  }

  standsStill(): boolean {
    return this.engine.standstill.isOn();
  }

  private showWithheld(): void {
    if (this.withholding.size === 0) return;
    const connections = [...this.withholding];
    this.withholding.clear();
    for (const connection of connections) connection.flush();
  }

  /** What waited for the disk will never be true: its clients learn nothing but that the connection ended. */
  private closeWithheld(): void {
    const connections = [...this.withholding];
    this.withholding.clear();
    for (const connection of connections) connection.close('now');
  }

  /** Ends connections, listeners and timers: nothing keeps the process alive afterwards. */
  close(): void {
    if (this.stopping) return;
    this.engine.standstill.giveUp();
    this.stopping = true;
    if (this.cronTimer !== null) clearTimeout(this.cronTimer);
    if (this.deadlineTimer !== null) clearTimeout(this.deadlineTimer);
    this.listeners.close();
    this.metrics.close();
    this.migrationLinks.close();
    for (const connection of [...this.connections]) connection.close('now');
    this.transport.close();
    this.securePort.close();
    this.memoryTransport.close();
  }

  /** The port that the configuration asks for. */
  wantedPort(): number {
    return this.config.get(portDirective);
  }

  /** The port that TCP clients connect to, 0 without one. */
  port(): number {
    return this.listeners.port();
  }

  // --- transport host ---

  accept(link: Link): Receiver | null {
    const { engine } = this;
    if (this.engine.sessions.size >= this.config.get(maxclients)) {
      engine.statistics.counters[STAT_REJECTED_CONNECTIONS]! += 1;
      link.send(MAX_CLIENTS, 0, MAX_CLIENTS.length);
      return null;
    }
    if (this.config.get(protectedMode) && engine.acl.users.default.nopass && !link.remoteIsLocal) {
      engine.statistics.counters[STAT_REJECTED_CONNECTIONS]! += 1;
      link.send(PROTECTED_MODE, 0, PROTECTED_MODE.length);
      return null;
    }
    const connection = new Connection(this, link);
    connection.session = engine.openSession(connection);
    connection.session.resp = this.config.get(clientDefaultResp) === 3 ? 3 : 2;
    this.connections.add(connection);
    this.logInByCertificate(connection.session, link);
    if (this.log.shows('verbose')) this.log.verbose(`Accepted ${link.remoteAddress}`);
    return connection;
  }

  /** tls-auth-clients-user: the certificate of an encrypted connection says who its client is. */
  private logInByCertificate(session: Session, { certifiedName, remoteAddress }: Link): void {
    if (certifiedName === undefined || certifiedName === '' || this.config.get(tlsAuthClientsUser) === 'off') return;
    const bytes = utf8(certifiedName);
    const name = toLatin1(bytes, 0, bytes.length);
    if (this.engine.acl.vouchFor(session, name)) return;
    this.log.verbose(`TLS: the certificate of ${remoteAddress} names no user who is on: ${certifiedName}`);
  }

  tickEnd(): void {
    const { counters } = this.engine.statistics;
    this.vitals.loop.entered(counters[STAT_COMMANDS]!, counters[STAT_COMMAND_MS]!);
    this.endTick();
  }

  private endTick(): void {
    const { engine } = this;
    // What happened since the last one is seen when the transaction is at its end.
    if (engine.standstill.isOn()) return;
    engine.endTick();
    this.inTick = false;
    if (engine.keyspace.now - this.workedAt >= WORK_PAUSE_MS && engine.hasDeadlines()) this.workSoon();
    const { monitor } = this.engine.watch;
    const begun = monitor.begin();
    this.persistence.tickEnd();
    monitor.since('aof-write', begun);
    this.heldReplies.sendAll();
    if (engine.clientMemory.isOver()) engine.clientMemory.evict();
    if (this.toFlush.length > 0) this.flushAll();
    if (this.engine.nextDeadline() < this.deadlineAt) this.scheduleDeadline();
    if (this.engine.serving.hasUrgentWork()) this.workSoon();
  }

  fatal(error: unknown): void {
    this.fatalHook(error);
  }

  acceptFailed(failure: string): void {
    this.log.warning(`Accepting client connection: accept: ${failure}`);
  }

  // --- connection owner ---

  receive(session: Session, bytes: Uint8Array, start: number, end: number): void {
    this.inTick = true;
    this.engine.receive(session, bytes, start, end);
  }

  resume(session: Session): void {
    this.inTick = true;
    this.engine.resume(session);
  }

  hold(connection: Connection, bytes: Uint8Array, start: number, end: number): boolean {
    return this.inTick && this.heldReplies.hold(connection, bytes, start, end);
  }

  sendHeld(): void {
    this.heldReplies.sendAll();
  }

  flushLater(connection: Connection): void {
    this.toFlush.push(connection);
  }

  ended(connection: Connection): void {
    if (!this.connections.delete(connection)) return;
    this.engine.closeSession(connection.session);
    if (this.log.shows('verbose')) this.log.verbose(`Client closed connection ${connection.address()}`);
  }

  outputLimit(session: Session): OutputLimit {
    return limitFor(session, this.outputLimits);
  }

  overflowed(connection: Connection, limit: 'hard' | 'soft'): void {
    this.engine.statistics.counters[STAT_OUTPUT_BUFFER_KILLS]! += 1;
    this.log.warning(
      `Client ${connection.address()} scheduled to be closed ASAP for overcoming of output buffer limits (${limit}).`,
    );
    connection.doom();
  }

  outputChanged(session: Session): void {
    this.engine.clientMemory.changed(session);
  }

  now(): number {
    return this.engine.keyspace.now;
  }

  // --- periodic work ---

  /** Does background work soon, in slices between the events of sockets. */
  workSoon(): void {
    if (this.workIsDue || this.stopping) return;
    this.workIsDue = true;
    this.transport.soon(() =>
      this.guard(() => {
        this.workIsDue = false;
        if (this.stopping) return;
        if (this.standsStill()) {
          if (this.ending.work()) this.workSoon();
          return;
        }
        if (this.engine.work(WORK_SLICE_MS)) this.workSoon();
        this.workedAt = this.engine.keyspace.now;
        if (this.writeSlice()) this.workSoon();
        this.endTick();
      }),
    );
  }

  /** Writes a slice of a snapshot, as long as a part of what was served since the last; false when there is none. */
  private writeSlice(): boolean {
    const { clock } = this;
    const started = clock.elapsed();
    const budget = Math.min(WRITE_SLICE_MS_MAX, Math.max(WRITE_SLICE_MS_MIN, (started - this.slicedAt) * WRITE_SHARE));
    const goesOn = this.persistence.work(() => clock.elapsed() - started >= budget);
    this.slicedAt = clock.elapsed();
    this.engine.watch.monitor.note('snapshot-slice', this.slicedAt - started);
    return goesOn;
  }

  /** Does all that is due now: after a manual clock was moved. */
  catchUp(): void {
    while (this.engine.work(WORK_SLICE_MS));
    this.endTick();
  }

  private scheduleCron(): void {
    if (this.stopping) return;
    this.cronTimer = setTimeout(() => {
      this.guard(() => this.cron());
      this.scheduleCron();
    }, 1000 / this.config.get(hz));
    if (!this.transportOptions.keepsProcessAlive) this.cronTimer.unref();
  }

  private cron(): void {
    if (this.cronPaused || this.standsStill()) return;
    this.ending.cron();
    const started = this.clock.elapsed();
    this.vitals.sample();
    const now = Math.floor(this.clock.now());
    if (now - this.secondAt >= 1000) {
      this.secondAt = now;
      this.lookAtConnections(now);
    }
    for (const task of this.cronTasks) task();
    this.engine.trimQueryBuffers();
    this.persistence.cron();
    this.workSoon();
    this.vitals.loop.cronRan(this.clock.elapsed() - started);
  }

  private tidyWhenQuiet(giveBack: () => void, pages: LargePages | undefined): void {
    const { counters } = this.engine.statistics;
    const tidy = () => {
      pages?.tryAgain();
      giveBack();
    };
    const times = new QuietTimes(tidy, () => this.clock.elapsed());
    this.cronTasks.push(() => times.look(counters[STAT_INPUT_BYTES]! + counters[STAT_OUTPUT_BYTES]!));
  }

  /** Once a second: ends connections that were idle too long, or above their soft output limit. */
  private lookAtConnections(now: number): void {
    const idleMs = this.config.get(timeout) * 1000;
    this.vitals.memory.measure();
    for (const connection of [...this.connections]) {
      const { session } = connection;
      connection.checkLimits();
      connection.outbox.trim(now, this.replyBufferPeriodMs);
      if (idleMs === 0 || now - session.lastActiveAt <= idleMs) continue;
      const mayIdle = session.blocked !== null || session.mustObey || session.monitor || session.subscriptions !== null;
      if (mayIdle) continue;
      this.log.verbose('Closing idle client');
      connection.close('now');
    }
    this.endTick();
  }

  /** Runs something soon, but not in the midst of a transaction. */
  soonUnseen(run: () => void): void {
    this.transport.soon(() => this.guard(() => this.engine.standstill.whenOver(run)));
  }

  /** A turn of something outside that acts on the data set: what comes of it leaves in order. */
  inTurn(run: () => void): void {
    this.inTick = true;
    run();
    this.endTick();
  }

  private scheduleDeadline(): void {
    if (this.deadlineTimer !== null) clearTimeout(this.deadlineTimer);
    this.deadlineAt = this.engine.nextDeadline();
    this.deadlineTimer = null;
    if (this.deadlineAt === Number.POSITIVE_INFINITY || this.stopping) return;
    const wait = Math.min(0x7fffffff, Math.max(0, Math.ceil(this.deadlineAt - this.clock.now())));
    this.deadlineTimer = setTimeout(
      () =>
        this.guard(() => {
          this.deadlineAt = Number.POSITIVE_INFINITY;
          if (this.engine.work(WORK_SLICE_MS)) this.workSoon();
          this.endTick();
        }),
      wait,
    );
    if (!this.transportOptions.keepsProcessAlive) this.deadlineTimer.unref();
  }

  /** Runs what a timer calls: what escapes is fatal, as in the transports. */
  private guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.fatalHook(error);
    }
  }

  private flushAll(): void {
    const connections = this.toFlush;
    this.toFlush = [];
    for (const connection of connections) connection.flush();
  }

  private logCrossProtocol(session: Session): void {
    this.log.warning(
      'Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. This is ' +
        'likely due to an attacker attempting to use Cross Protocol Scripting to compromise your Redis instance. ' +
        `Connection from ${session.peer.address()} aborted.`,
    );
  }

  private logClosed(session: Session, reason: string): void {
    this.log.verbose(`${reason}. ${session.peer.address()}`);
  }
}

function isProcessAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    // Another user's process may not be asked, but is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
