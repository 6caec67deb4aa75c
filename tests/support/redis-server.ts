// A real redis-server for tests to compare with. Without one installed the tests say that they are skipped; where
// CINNABAR_REQUIRE_REDIS is set (CI) its absence is a failure.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function isInstalled(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const installed = isInstalled();

/** The reason for skipping, for node:test's `skip` option: false where the tests can run, or must. */
export const SKIP_WITHOUT_REDIS: string | false =
  installed || process.env['CINNABAR_REQUIRE_REDIS'] !== undefined ? false : 'redis-server is not installed';

/** Below the ports that systems give to outgoing connections, which would be taken at any moment. */
const PORT_FIRST = 10_000;
const PORT_COUNT = 22_000;

/** Ports given out by this process: two servers that start at once must not get the same. */
const given = new Set<number>();

/** A port that nobody listens on just now, and that was not given out before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORT_FIRST + randomInt(PORT_COUNT);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A raw connection: bytes out, bytes in, as latin1 text. */
export class RawConnection {
  private readonly socket: Socket;
  private text = '';
  private wake: (() => void) | null = null;
  closed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      this.text += data.toString('latin1');
      this.wake?.();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      this.wake?.();
    });
  }

  static open(port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new RawConnection(socket)));
      socket.once('error', reject);
    });
  }

  write(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Waits until `enough` is content with what has arrived, takes it; after `timeoutMs` takes what there is. */
  async read(enough: (text: string) => boolean, timeoutMs = 5000): Promise<string> {
    const until = performance.now() + timeoutMs;
    while (!enough(this.text) && !this.closed && performance.now() < until) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(50, timeoutMs));
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const { text } = this;
    this.text = '';
    return text;
  }

  close(): void {
    this.socket.destroy();
  }
}

/** A server process on a port of its own, with a directory that goes with it. */
export class ServerProcess {
  readonly port: number;
  readonly directory: string;
  private readonly child: ChildProcess;

  private constructor(port: number, directory: string, child: ChildProcess) {
    this.port = port;
    this.directory = directory;
    this.child = child;
  }

  /**
   * Starts `command` as redis-server is started, and waits until it accepts connections. In a directory of its own, unless it
   * is given one.
   */
  static async start(
    command: string,
    args: readonly string[] = [],
    directory = mkdtempSync(join(tmpdir(), 'cinnabar-test-')),
  ): Promise<ServerProcess> {
    const port = await freePort();
    const words = [command, '--port', String(port), '--dir', directory, '--save', '', ...args];
    // A reply made up of some 10^15 random members would take all of the machine's memory: 8 GB must do for C Redis.
    const bounded = command === 'redis-server' ? ['ulimit -v 8000000; exec "$0" "$@"'] : ['exec "$0" "$@"'];
    const child = spawn('/bin/sh', ['-c', ...bounded, ...words], {
      stdio: 'ignore',
      cwd: directory,
    });
    const server = new ServerProcess(port, directory, child);
    for (let tries = 0; tries < 200; tries++) {
      try {
        const connection = await RawConnection.open(port);
        connection.close();
        // Another process may have been quicker: then the connection was to that one.
        if (child.exitCode !== null) break;
        return server;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
    await server.stop();
    throw new Error(`${command} did not accept connections on port ${port}`);
  }

  /** The process: the launcher puts the program in its own place. */
  processId(): number {
    return this.child.pid ?? 0;
  }

  /** How the process ended, null for a signal; waits for that. */
  async exitCode(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null)
      await new Promise((resolve) => this.child.once('exit', resolve));
    return this.child.exitCode;
  }

  /** Ends the process at once; what it has written stays. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      this.child.once('exit', () => resolve());
      this.child.kill('SIGKILL');
    });
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The reference: redis-server as installed. */
export function startRedis(args: readonly string[] = []): Promise<ServerProcess> {
  return ServerProcess.start('redis-server', args);
}
