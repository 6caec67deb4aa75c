// Memory that the server no longer needs goes back to the system, also the second time: the process itself shows it.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RawConnection, ServerProcess } from '../support/redis-server.ts';

const BIN = join(import.meta.dirname, '../../bin/cinnabar-server');
const MIB = 1024 * 1024;
const VALUE_BYTES = 100_000;
const VALUES = 1500;
/** What may stay of 150 MB after FLUSHALL, beside what the idle process took: the first segment, compiled code. */
const KEPT_MIB_MAX = 50;

let server: ServerProcess;
before(async () => {
  server = await ServerProcess.start(BIN);
});
after(async () => server.stop());

async function residentMib(connection: RawConnection): Promise<number> {
  connection.write('INFO memory\r\n');
  const text = await connection.read((answer) => answer.includes('used_memory_rss:') && answer.endsWith('\r\n'));
  return Number(/used_memory_rss:(\d+)/.exec(text)?.[1]) / MIB;
}

test('FLUSHALL of 150 MB shrinks the process, three times in a row', {
  skip: process.platform !== 'linux',
}, async () => {
  const connection = await RawConnection.open(server.port);
  const idle = await residentMib(connection);
  const value = `$${VALUE_BYTES}\r\n${'x'.repeat(VALUE_BYTES)}\r\n`;
  for (let round = 1; round <= 3; round++) {
    for (let index = 0; index < VALUES; index++) {
      const key = `key:${index}`;
      connection.write(`*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n${value}`);
    }
    await connection.read((text) => text.length >= VALUES * '+OK\r\n'.length, 20_000);
    assert.ok((await residentMib(connection)) > idle + 100, 'the values take memory');
    connection.write('FLUSHALL\r\n');
    assert.equal(await connection.read((text) => text.endsWith('\r\n')), '+OK\r\n');
    let resident = 0;
    for (let tries = 0; tries < 50; tries++) {
      resident = await residentMib(connection);
      if (resident < idle + KEPT_MIB_MAX) break;
      await sleep(100);
    }
    assert.ok(resident < idle + KEPT_MIB_MAX, `round ${round}: ${resident} MiB stay, ${idle} when idle`);
  }
  connection.close();
});
