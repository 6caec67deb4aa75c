// A real server that is killed (kill -9) again and again in the middle of writing, snapshots and rewrites: what it finds at
// its next start is a prefix of what was executed, and has everything that was promised: with `always` all that was
// acknowledged, with the others what was there at the start before (they may hold some back while the log changes files).
//
//   CINNABAR_KILLS=1000 npm test -- tests/integration/kill.test.ts

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Prng } from '../../src/lib/prng.ts';
import { encode } from '../support/engine-harness.ts';
import { RawConnection, ServerProcess } from '../support/redis-server.ts';

const BIN = join(import.meta.dirname, '../../bin/cinnabar-server');
const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const KILLS = Number(process.env['CINNABAR_KILLS'] ?? 100);
const PIPELINE = 20;

/** Appends 1, 2, 3 … to the list `log`, and notes up to which number there was a reply. */
class Writer {
  acknowledged = 0;
  private readonly connection: RawConnection;
  private next: number;
  private isOver = false;

  constructor(connection: RawConnection, from: number) {
    this.connection = connection;
    this.next = from + 1;
    this.acknowledged = from;
  }

  async run(): Promise<void> {
    while (!this.isOver && !this.connection.closed) {
      const numbers = Array.from({ length: PIPELINE }, () => this.next++);
      this.connection.write(numbers.map((number) => encode(['RPUSH', 'log', String(number)])).join(''));
      const text = await this.connection.read((reply) => reply.split('\r\n').length > PIPELINE);
      const replies = text.split('\r\n').filter((reply) => reply.startsWith(':'));
      if (replies.length > 0) this.acknowledged = Number(replies.at(-1)!.slice(1));
    }
  }

  stop(): void {
    this.isOver = true;
  }
}

async function ask(connection: RawConnection, ...words: string[]): Promise<string> {
  connection.write(encode(words));
  return connection.read((text) => text.endsWith('\r\n'));
}

/** The numbers that the server found at its start: their count. They are 1, 2, 3 … without a gap. */
async function found(connection: RawConnection): Promise<number> {
  for (;;) {
    const reply = await ask(connection, 'LLEN', 'log');
    if (reply.startsWith('-LOADING')) {
      await sleep(5);
      continue;
    }
    const count = Number(reply.slice(1));
    connection.write(encode(['LRANGE', 'log', '0', '-1']));
    const text = await connection.read((all) => all.split('\r\n').length > count * 2 + 1);
    const numbers = text.split('\r\n').filter((_, index) => index % 2 === 0 && index > 0);
    assert.deepEqual(
      numbers.slice(0, count),
      Array.from({ length: count }, (_, index) => String(index + 1)),
    );
    return count;
  }
}

/** Kills a server so many times; each finds what the one before left. */
async function killAgainAndAgain(seed: number, kills: number): Promise<void> {
  const prng = new Prng(seed);
  let server: ServerProcess | null = null;
  /** What must be found: with `always` all that was acknowledged, in any case what was found before. */
  let promised = 0;
  try {
    for (let kill = 0; kill < kills; kill++) {
      const policy = ['always', 'everysec', 'no'][prng.below(3)]!;
      const args = [
        '--appendonly',
        'yes',
        '--appendfsync',
        policy,
        '--aof-use-rdb-preamble',
        prng.below(4) === 0 ? 'no' : 'yes',
      ];
      server = await ServerProcess.start(BIN, args, server?.directory);
      const connection = await RawConnection.open(server.port);
      const count = await found(connection);
      assert.ok(count >= promised, `seed ${seed}, kill ${kill}: ${count} found, ${promised} were promised`);
      const names = readdirSync(server.directory).concat(readdirSync(join(server.directory, 'appendonlydir')));
      assert.deepEqual(
        names.filter((name) => name.startsWith('temp-')),
        [],
        `seed ${seed}, kill ${kill}`,
      );
      const writer = new Writer(connection, count);
      const writing = writer.run();
      const other = await RawConnection.open(server.port);
      const until = performance.now() + 10 + prng.below(90);
      while (performance.now() < until) {
        const event = prng.below(4);
        if (event < 2) other.write(encode([event === 0 ? 'BGREWRITEAOF' : 'BGSAVE']));
        await sleep(prng.below(20));
      }
      await server.kill();
      writer.stop();
      await writing;
      promised = policy === 'always' ? writer.acknowledged : count;
      connection.close();
      other.close();
    }
  } finally {
    await server?.stop();
  }
}

test(`${KILLS} kills lose nothing that was promised, seed ${SEED}`, async () => {
  const workers = 4;
  await Promise.all(Array.from({ length: workers }, (_, worker) => killAgainAndAgain(SEED + worker, KILLS / workers)));
});
