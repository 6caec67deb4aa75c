// A server inside a program: createServer() starts one on a free port, on a unix socket, or on neither, and stops it
// without leaving a handle open.

import { randomInt } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { useCompilersWords } from '../host/compiler-words.ts';
import type { DataSnapshot } from '../host/open.ts';
import { realClock } from '../host/real-clock.ts';
import { fromUtf8, utf8 } from '../lib/bytes.ts';
import { replaceDataSet, saveDataSet } from '../persistence/data-set.ts';
import { ManualClock } from '../world/clock.ts';
import { allCommands } from './all-commands.ts';
import { obeyCollation } from './collation.ts';
import { parseCommandLine } from './config/command-line.ts';
import { binaryText, configDisk } from './config/config-disk.ts';
import { failureText } from './config/config-text.ts';
import { reportedVersion } from './config/process.ts';
import { ServerConfig } from './config/server-config.ts';
import { Log } from './log.ts';
import { Server } from './server.ts';
import { openDuplex } from './transports/duplex.ts';
import { loadUsers, userChecker } from './users.ts';

export interface ServerOptions {
  /** 0 (the default): a free one; null: no TCP at all. */
  readonly port?: number | null;
  /** The address to listen on; 127.0.0.1 when absent. */
  readonly host?: string;
  readonly unixSocket?: string;
  readonly requirepass?: string;
  /** Directives by name, as CONFIG SET takes them. */
  readonly config?: Readonly<Record<string, string | number>>;
  readonly configFile?: string;
  /** Words as on the command line of cinnabar-server. */
  readonly argv?: readonly string[];
  /** 'manual': time stands still until `clock` is told to move. */
  readonly clock?: 'real' | 'manual';
  /** Seeds all random choices; random when absent. */
  readonly seed?: number;
  /** Takes the lines of the log, which otherwise go nowhere. */
  readonly log?: (line: string) => void;
  /** Whether the server keeps the process alive; true when absent. */
  readonly keepAlive?: boolean;
}

/** What ioredis takes as its option Connector. */
export type IoredisConnector = new (
  options?: unknown,
) => { connect(): Promise<Duplex>; check(): boolean; disconnect(): void };

/** A running server. */
export class EmbeddedServer {
  readonly server: Server;
  /** Moves time, where the server was made with a manual clock. */
  readonly clock: ManualClock | null;
  readonly host: string;
  /** The TCP port, 0 without one. */
  readonly port: number;
  /** "redis://127.0.0.1:53412"; '' without TCP. */
  readonly url: string;

  constructor(server: Server, clock: ManualClock | null, host: string) {
    this.server = server;
    this.clock = clock;
    this.host = host;
    this.port = server.port();
    this.url = this.port === 0 ? '' : `redis://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
  }

  /** A connection inside the process, as a stream of Node that any client can talk over. */
  connect(): Duplex {
    return openDuplex(this.server.memoryTransport);
  }

  /** For `new Redis({ Connector: server.ioredisConnector() })`: an unmodified ioredis without a port. */
  ioredisConnector(): IoredisConnector {
    const open = () => this.connect();
    return class MemoryConnector {
      private stream: Duplex | null = null;

      connect(): Promise<Duplex> {
        this.stream = open();
        return Promise.resolve(this.stream);
      }

      check(): boolean {
        return true;
      }

      disconnect(): void {
        this.stream?.destroy();
      }
    };
  }

  /** The data as RDB bytes, which real Redis reads too. */
  toRdb(): Uint8Array {
    return saveDataSet(this.server.engine);
  }

  /** Puts what RDB bytes hold in place of the data. Throws when they are damaged: then nothing has changed. */
  loadRdb(rdb: Uint8Array): void {
    replaceDataSet(this.server.engine, rdb);
    this.server.workSoon();
  }

  /** Remembers the data, for `rollBack`: between tests, say. */
  snapshot(): DataSnapshot {
    return { rdb: this.toRdb() };
  }

  /** Brings the data back that a snapshot remembers; any number of times. */
  rollBack(snapshot: DataSnapshot): void {
    this.loadRdb(snapshot.rdb);
  }

  /** Ends all connections and listeners; nothing keeps the process alive afterwards. */
  stop(): Promise<void> {
    this.server.close();
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function commandLineOf(options: ServerOptions): string[] {
  const words = options.configFile === undefined ? [] : [options.configFile];
  // Nothing of an embedded server goes to the disk unless it is asked for.
  words.push('--save', '', '--bind', options.host ?? '127.0.0.1', '--port', String(options.port ?? 0));
  if (options.unixSocket !== undefined) words.push('--unixsocket', options.unixSocket);
  if (options.requirepass !== undefined) words.push('--requirepass', options.requirepass);
  for (const [name, value] of Object.entries(options.config ?? {})) words.push(`--${name}`, String(value));
  return [...words, ...(options.argv ?? [])];
}

/** Whether what stands in the working directory is the server's: not by chance, only where something was said of it. */
function keepsData({ config, configFile, argv }: ServerOptions): boolean {
  if (configFile !== undefined || argv !== undefined) return true;
  return ['dir', 'dbfilename', 'appendonly', 'save'].some((name) => config?.[name] !== undefined);
}

/** Starts a server. Rejects with what is wrong with its configuration or addresses. */
export async function createServer(options: ServerOptions = {}): Promise<EmbeddedServer> {
  useCompilersWords();
  const clock = options.clock === 'manual' ? new ManualClock(Date.UTC(2026, 0, 1)) : null;
  const sink = options.log ?? (() => undefined);
  const log = new Log({ pid: process.pid, now: () => realClock.now(), sink: (line) => sink(line) });
  const config = new ServerConfig({
    files: configDisk,
    directory: binaryText(process.cwd()),
    // Definitions refer to their server only when they run.
    declareUser: userChecker(() => allCommands(null as unknown as Server)),
  });
  const failure = config.load(parseCommandLine(commandLineOf(options).map(binaryText)));
  if (failure !== null) {
    const text = utf8(failureText(failure, config.get(reportedVersion)));
    throw new Error(fromUtf8(text).trim());
  }
  const server = new Server({
    config,
    log,
    clock: clock ?? realClock,
    seed: options.seed ?? [randomInt(2 ** 32), randomInt(2 ** 32)],
    commands: allCommands,
    keepsProcessAlive: options.keepAlive ?? true,
    freePort: options.port !== null,
    fatal: (error) => {
      // Nothing may go on after a failed assertion; the program learns of it as of any uncaught error.
      server.close();
      setImmediate(() => {
        throw error;
      });
    },
  });
  const refusal = loadUsers(server);
  if (refusal !== null) {
    server.close();
    throw new Error(refusal);
  }
  if (clock !== null) clock.onMove = () => server.catchUp();
  // The same on every machine, whatever its language is.
  if (!obeyCollation(server, 'C')) {
    server.close();
    throw new Error('locale-collate: Invalid locale name');
  }
  const loads = keepsData(options);
  if (loads) server.persistence.announceLoading();
  await server.start();
  if (loads) await server.load();
  log.role = 'M';
  return new EmbeddedServer(server, clock, options.host ?? '127.0.0.1');
}
