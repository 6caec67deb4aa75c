// With appendfsync always nothing leaves the server that shows a change before the disk has it: neither replies, nor what
// others are told of it. A real server over a simulated disk, whose syncs end when the test says so.

import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
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
import { encode } from '../support/engine-harness.ts';

const SYNC_MS = 1000;
/** Configuration looks whether it is there. */
const DIRECTORY = '/tmp';

class Client {
  text = '';
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

  take(): string {
    const { text } = this;
    this.text = '';
    return text;
  }

  end(): void {
    this.stream.destroy();
  }
}

/** Lets the server do all that it can without the disk. */
async function settle(): Promise<void> {
  for (let index = 0; index < 20; index++) await turn();
}

async function withServer(check: (server: Server, disk: SimulatedDisk) => Promise<void>): Promise<void> {
  const disk = new SimulatedDisk(1);
  const log = new Log({ pid: 1, now: () => realClock.now(), sink: () => undefined });
  const config = new ServerConfig({ files: configDisk, directory: DIRECTORY });
  disk.makeDirectory(DIRECTORY);
  const words = ['--save', '', '--port', '0', '--appendonly', 'yes', '--appendfsync', 'always', '--dir', DIRECTORY];
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
    const loaded = server.load();
    for (let index = 0; index < 20; index++) {
      await turn();
      disk.elapse(0);
    }
    await loaded;
    disk.syncMs = SYNC_MS;
    await check(server, disk);
  } finally {
    server.close();
  }
}

/** What a second client does first, what then changes something, and what the second client is to be told of that. */
const CASES: readonly (readonly [string, readonly string[], readonly string[], RegExp])[] = [
  ['a notification', ['SUBSCRIBE __keyevent@0__:set'], ['SET a 1'], /__keyevent@0__:set/],
  ['a message', ['SUBSCRIBE channel'], ['MULTI', 'SET a 1', 'PUBLISH channel a-is-1', 'EXEC'], /a-is-1/],
  ['what MONITOR shows', ['MONITOR'], ['SET a 1'], /"SET" "a" "1"/],
  ['an invalidation', ['HELLO 3', 'CLIENT TRACKING ON', 'GET a'], ['SET a 1'], /invalidate/],
  ['an invalidation by BCAST', ['HELLO 3', 'CLIENT TRACKING ON BCAST'], ['SET a 1'], /invalidate/],
  ['what a client waited for', ['BLPOP a 0'], ['RPUSH a 1'], /\$1\r\n1\r\n/],
];

for (const [name, before, changes, expected] of CASES) {
  test(`${name} is shown when the change is durable`, () =>
    withServer(async (server, disk) => {
      const [other, client] = [new Client(server), new Client(server)];
      client.send('CONFIG SET notify-keyspace-events KEA');
      for (const line of before) other.send(line);
      await settle();
      assert.equal(client.take(), '+OK\r\n');
      other.take();
      for (const line of changes) client.send(line);
      await settle();
      assert.doesNotMatch(other.take(), expected);
      assert.ok(disk.isSyncing());
      disk.elapse(SYNC_MS);
      await settle();
      disk.elapse(SYNC_MS);
      await settle();
      assert.match(other.take(), expected);
      assert.notEqual(client.take(), '');
      client.end();
      other.end();
    }));
}
