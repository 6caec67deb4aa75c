// Rewrites of the append-only log as clients and the log of the server see them: those that fail, that are scheduled, that are
// limited, and the turning on of the log while the server runs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toLatin1 } from '../../src/lib/bytes.ts';
import {
  DIRECTORY,
  pump,
  type SimulatedServer,
  settle,
  TextClient,
  withSimulatedServer,
} from '../support/simulated-server.ts';

const MANIFEST = `${DIRECTORY}/appendonlydir/appendonly.aof.manifest`;
const OK = '+OK\r\n';

/** The manifest, a line for each file: "base 3", "incr 2", "history". */
function listed({ disk }: SimulatedServer): string[] {
  if (disk.size(MANIFEST) < 0) return [];
  const file = disk.open(MANIFEST, 'read');
  const bytes = new Uint8Array(disk.size(MANIFEST));
  file.read(bytes, 0, bytes.length, 0);
  file.close();
  const lines = toLatin1(bytes, 0, bytes.length).trim().split('\n');
  return lines.map((line) => {
    const [, seq, type] = /seq (\d+) type ([bih])/.exec(line) ?? [];
    return `${type}${seq}`;
  });
}

/** Waits until a rewrite has ended, well or not. */
async function rewritten({ server, disk }: SimulatedServer, how: 'well' | 'badly'): Promise<void> {
  const { log } = server.persistence;
  await pump(disk, () => !log.isRewriting() && log.lastWasGood === (how === 'well'));
}

test('turning the log on is tried again until it works', () =>
  withSimulatedServer([], async (simulated) => {
    const { server, disk } = simulated;
    const client = new TextClient(server);
    await client.ask('SET a 1');
    disk.failNext('write', 'EIO', 2);
    assert.equal(await client.ask('CONFIG SET appendonly yes'), OK);
    await pump(disk, () => server.persistence.log.failuresInARow === 1);
    assert.match(await client.ask('INFO persistence'), /aof_enabled:1\r\n/);
    assert.deepEqual(listed(simulated), []);
    await pump(disk, () => server.persistence.log.failuresInARow === 2);
    await pump(disk, () => listed(simulated).length > 0);
    assert.deepEqual(listed(simulated), ['b1', 'i1']);
    await client.ask('SET b 1');
    assert.equal(await client.ask('DEBUG LOADAOF'), OK);
    assert.equal(await client.ask('DBSIZE'), ':2\r\n');
    // Turned off before it could be tried again, it stays off.
    await client.ask('CONFIG SET appendonly no');
    disk.failNext('write', 'EIO', 1);
    await client.ask('CONFIG SET appendonly yes');
    await rewritten(simulated, 'badly');
    assert.equal(await client.ask('CONFIG SET appendonly no'), OK);
    const until = Date.now() + 300;
    await pump(disk, () => Date.now() > until);
    assert.match(await client.ask('INFO persistence'), /aof_enabled:0\r\n/);
    assert.equal(server.persistence.log.failuresInARow, 1);
    client.end();
  }));

test('rewrites that fail leave increments behind, which one that works replaces; too many failures are waited out', () =>
  withSimulatedServer(['--appendonly', 'yes'], async (simulated) => {
    const { server, disk, log } = simulated;
    const client = new TextClient(server);
    await client.ask('SET k v');
    // Time to see it at work.
    await client.ask('CONFIG SET rdb-key-save-delay 20000');
    for (let failure = 1; failure <= 3; failure++) {
      assert.match(await client.ask('BGREWRITEAOF'), /^\+Background append only file rewriting started/);
      await pump(disk, () => server.persistence.log.files.isWritingBase());
      disk.failNext('write', 'EIO', 1);
      await pump(disk, () => server.persistence.log.failuresInARow === failure);
      await client.ask(`SET key-${failure} 1`);
    }
    assert.deepEqual(listed(simulated), ['b1', 'i1', 'i2', 'i3', 'i4']);
    await client.ask('CONFIG SET auto-aof-rewrite-min-size 1kb auto-aof-rewrite-percentage 1');
    await client.ask(`SET x ${'x'.repeat(1024)}`);
    await pump(disk, () => log.some((line) => line.includes('triggered the limit, will retry in 1 minutes')));
    const until = Date.now() + 300;
    await pump(disk, () => Date.now() > until);
    assert.equal(log.filter((line) => line.includes('triggered the limit')).length, 1);
    assert.equal(server.persistence.log.isRewriting(), false);
    assert.deepEqual(listed(simulated), ['b1', 'i1', 'i2', 'i3', 'i4']);
    // One that somebody asks for does not wait.
    await client.ask('CONFIG SET auto-aof-rewrite-percentage 0');
    await client.ask('BGREWRITEAOF');
    await rewritten(simulated, 'well');
    await pump(disk, () => disk.list(`${DIRECTORY}/appendonlydir`).length === 3);
    assert.deepEqual(listed(simulated), ['b2', 'i5']);
    const digest = await client.ask('DEBUG DIGEST');
    assert.equal(await client.ask('DEBUG LOADAOF'), OK);
    assert.equal(await client.ask('DEBUG DIGEST'), digest);
    client.end();
  }));

test('a log that is off is rewritten to its base alone, and begins anew above it when it is turned on', () =>
  withSimulatedServer(['--appendonly', 'yes'], async (simulated) => {
    const { server, disk } = simulated;
    const client = new TextClient(server);
    await client.ask('SET k v');
    await client.ask('CONFIG SET appendonly no');
    await client.ask('SET l v');
    await client.ask('BGREWRITEAOF');
    await pump(disk, () => listed(simulated).join() === 'b2' && !server.persistence.log.isRewriting());
    await pump(disk, () => disk.list(`${DIRECTORY}/appendonlydir`).length === 2);
    assert.equal(await client.ask('DEBUG LOADAOF'), OK);
    assert.equal(await client.ask('DBSIZE'), ':2\r\n');
    await client.ask('CONFIG SET appendonly yes');
    await pump(disk, () => listed(simulated).join() === 'b3,i1');
    client.end();
  }));

test('a rewrite may be asked for while one that was given up still waits for the disk', () =>
  withSimulatedServer(['--appendonly', 'yes'], async (simulated) => {
    const { server, disk } = simulated;
    const client = new TextClient(server);
    await client.ask('SET k v');
    // Given up at each step of it: `steps` syncs have ended.
    for (let steps = 0; steps < 12; steps++) {
      const before = listed(simulated).length;
      disk.syncMs = 1;
      await client.ask('BGREWRITEAOF');
      for (let step = 0; step < steps; step++) {
        disk.elapse(1);
        await settle();
      }
      assert.equal(await client.ask('CONFIG SET appendonly no'), OK);
      assert.match(await client.ask('BGREWRITEAOF'), /^\+Background append only file rewriting (started|scheduled)/);
      disk.syncMs = 0;
      await pump(disk, () => listed(simulated).length === 1 && !server.persistence.log.isRewriting());
      assert.ok(before > 0);
      assert.equal(await client.ask('CONFIG SET appendonly yes'), OK);
      await pump(disk, () => listed(simulated).length === 2 && !server.persistence.log.isRewriting());
      assert.equal(await client.ask('DEBUG LOADAOF'), OK);
      assert.equal(await client.ask('GET k'), '$1\r\nv\r\n');
    }
    client.end();
  }));

test('with aof-disable-auto-gc what was replaced stays until that is switched off; numbers go on after a reload', () =>
  withSimulatedServer(['--appendonly', 'yes'], async (simulated) => {
    const { server, disk } = simulated;
    const client = new TextClient(server);
    await client.ask('SET k v');
    assert.equal(await client.ask('CONFIG SET aof-disable-auto-gc yes'), OK);
    for (let count = 1; count <= 2; count++) {
      await client.ask('BGREWRITEAOF');
      await pump(disk, () => server.persistence.log.count === count && !server.persistence.log.isRewriting());
    }
    assert.deepEqual(listed(simulated), ['b3', 'h2', 'h2', 'h1', 'h1', 'i3']);
    assert.equal(disk.list(`${DIRECTORY}/appendonlydir`).length, 7);
    assert.equal(await client.ask('CONFIG SET aof-disable-auto-gc no'), OK);
    assert.deepEqual(listed(simulated), ['b3', 'i3']);
    assert.equal(disk.list(`${DIRECTORY}/appendonlydir`).length, 3);
    assert.equal(await client.ask('DEBUG LOADAOF'), OK);
    await client.ask('BGREWRITEAOF');
    await pump(disk, () => listed(simulated).join() === 'b4,i4');
    client.end();
  }));

test('a log that is turned on during BGSAVE takes in nothing until that has ended and its base is written', () =>
  withSimulatedServer(['--appendonly', 'yes'], async (simulated) => {
    const { server, disk } = simulated;
    const client = new TextClient(server);
    await client.ask('CONFIG SET appendonly no');
    await client.ask('CONFIG SET rdb-key-save-delay 10000000');
    await client.ask('SET k1 v');
    assert.match(await client.ask('BGSAVE'), /^\+Background saving started/);
    assert.equal(await client.ask('CONFIG SET appendonly yes'), OK);
    assert.match(await client.ask('INFO persistence'), /aof_rewrite_scheduled:1\r\n/);
    assert.deepEqual(listed(simulated), ['b1', 'i1']);
    await client.ask('SET k2 v');
    assert.equal(await client.ask('DEBUG LOADAOF'), OK);
    assert.equal(await client.ask('EXISTS k1 k2'), ':0\r\n');
    await client.ask('CONFIG SET rdb-key-save-delay 0');
    await pump(disk, () => listed(simulated).join() === 'b2,i2');
    await client.ask('SET k3 v');
    assert.equal(await client.ask('DEBUG LOADAOF'), OK);
    assert.equal(await client.ask('GET k3'), '$1\r\nv\r\n');
    client.end();
  }));
