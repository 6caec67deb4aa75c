// A real server over a simulated disk, whose syncs end when the test says so.

import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { realClock } from '../../src/host/real-clock.ts';
import { SimulatedDisk } from '../../src/host/simulated-disk.ts';
import { allCommands } from '../../src/server/all-commands.ts';
import { parseCommandLine } from '../../src/server/config/command-line.ts';
import { configDisk } from '../../src/server/config/config-disk.ts';
import { ServerConfig } from '../../src/server/config/server-config.ts';
import { Log } from '../../src/server/log.ts';
import { Server } from '../../src/server/server.ts';
import { openDuplex } from '../../src/server/transports/duplex.ts';
import { encode } from './engine-harness.ts';

/** Where its files are; configuration looks whether that is there. */
export const DIRECTORY = '/tmp';

const PATIENCE_MS = 5000;

/** A client that speaks in lines. */
export class TextClient {
  private text = '';
  private readonly stream: Duplex;

  constructor(server: Server) {
    this.stream = openDuplex(server.memoryTransport);
    this.stream.on('data', (bytes: Buffer) => {
      this.text += bytes.toString('latin1');
    });
  }

  send(line: string): void {
    this.stream.write(Buffer.from(encode(line.split(' ')), 'latin1'));
  }

  /** What has come since. */
  take(): string {
    const { text } = this;
    this.text = '';
    return text;
  }

  /** Asks, and lets the server do what it can without the disk. */
  async ask(line: string): Promise<string> {
    this.send(line);
    await settle();
    return this.take();
  }

  end(): void {
    this.stream.destroy();
  }
}

export interface SimulatedServer {
  readonly server: Server;
  readonly disk: SimulatedDisk;
  readonly log: readonly string[];
}

/** Lets servers do all that they can without the disk. */
export async function settle(): Promise<void> {
  for (let index = 0; index < 20; index++) await turn();
}

/** Lets it do all that it can while syncs end at once, until something is so. */
export async function pump(disk: SimulatedDisk, isSo: () => boolean): Promise<void> {
  const until = realClock.elapsed() + PATIENCE_MS;
  while (!isSo() && realClock.elapsed() < until) {
    disk.elapse(1);
    await turn();
  }
  assert.ok(isSo());
}

export async function withSimulatedServer(
  args: readonly string[],
  check: (simulated: SimulatedServer) => Promise<void>,
  disk = new SimulatedDisk(1),
): Promise<void> {
  const lines: string[] = [];
  const log = new Log({ pid: 1, now: () => realClock.now(), sink: (line) => void lines.push(line) });
  const config = new ServerConfig({ files: configDisk, directory: DIRECTORY });
  disk.makeDirectory(DIRECTORY);
  const words = ['--save', '', '--port', '0', '--dir', DIRECTORY, '--enable-debug-command', 'yes', ...args];
  assert.equal(config.load(parseCommandLine(words)), null);
  const server = new Server({
    config,
    log,
    clock: realClock,
    seed: 1,
    commands: allCommands,
    keepsProcessAlive: false,
    disk,
    fatal: (error) => {
      throw error;
    },
  });
  try {
    await server.start();
    let isLoaded = false;
    const loaded = server.load().then(() => {
      isLoaded = true;
    });
    await pump(disk, () => isLoaded);
    await loaded;
    await check({ server, disk, log: lines });
  } finally {
    server.close();
  }
}
