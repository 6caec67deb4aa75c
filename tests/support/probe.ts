// The program itself, started and asked.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from './engine-harness.ts';
import { RawConnection, ServerProcess } from './redis-server.ts';

export const BIN = join(import.meta.dirname, '../../bin/cinnabar-server');
export const LOG = 'server.log';

/** A server, and one connection to it. */
export class Probe {
  readonly server: ServerProcess;
  private readonly connection: RawConnection;

  private constructor(server: ServerProcess, connection: RawConnection) {
    this.server = server;
    this.connection = connection;
  }

  static async start(args: readonly string[], directory?: string): Promise<Probe> {
    const all = ['--enable-debug-command', 'yes', '--logfile', LOG, ...args];
    const server = await ServerProcess.start(BIN, all, directory);
    return new Probe(server, await RawConnection.open(server.port));
  }

  async ask(...words: string[]): Promise<string> {
    this.connection.write(encode(words));
    return this.connection.read((text) => text.endsWith('\r\n'));
  }

  /** A field of INFO. */
  async field(name: string): Promise<string> {
    return new RegExp(`^${name}:(.*)\r$`, 'm').exec(await this.ask('INFO'))?.[1] ?? '';
  }

  /** Sends a signal; waits until the server has heard it. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    assert.equal(Number(await this.field('process_id')), this.server.processId());
    await this.signalNow(signal);
  }

  /** The same where it does not answer. */
  async signalNow(signal: NodeJS.Signals): Promise<void> {
    process.kill(this.server.processId(), signal);
    await sleep(50);
  }

  /** How the program ended; waits for that. */
  exitCode(): Promise<number | null> {
    return this.server.exitCode();
  }

  close(): void {
    this.connection.close();
  }

  log(): string {
    return readFileSync(join(this.server.directory, LOG), 'latin1');
  }

  async logged(pattern: RegExp): Promise<void> {
    for (let tries = 0; tries < 100 && !pattern.test(this.log()); tries++) await sleep(20);
    assert.match(this.log(), pattern);
  }

  async ended(): Promise<void> {
    await this.connection.read(() => false);
    assert.ok(this.connection.closed, 'the server has closed the connection');
  }

  files(): string[] {
    return readdirSync(this.server.directory);
  }

  stop(): Promise<void> {
    this.connection.close();
    return this.server.stop();
  }
}

export async function withProbe(args: readonly string[], run: (probe: Probe) => Promise<void>): Promise<void> {
  const probe = await Probe.start(args);
  try {
    await run(probe);
  } finally {
    await probe.stop();
  }
}
