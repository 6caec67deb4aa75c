// The end of the program, by SHUTDOWN and by signals: what is saved, who is served meanwhile, and that an end which cannot
// come leaves everything as it was.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOG, Probe, withProbe } from '../support/probe.ts';
import { RawConnection } from '../support/redis-server.ts';

/** Saved at the end; each key takes 50 ms, so that the end takes two seconds. */
const SLOW = ['--save', '3600 1', '--rdb-key-save-delay', '50000'];
const KEYS = 40;

function temporaryIn(probe: Probe): boolean {
  return probe.files().some((name) => name.startsWith('temp-'));
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 250 && !isSo(); tries++) await sleep(10);
  assert.ok(isSo());
}

async function fill(probe: Probe): Promise<void> {
  for (let key = 0; key < KEYS; key++) await probe.ask('SET', `key-${key}`, 'value');
}

test('while the last snapshot is written nobody is served, and it is told how far it is', () =>
  withProbe(SLOW, async (probe) => {
    await fill(probe);
    const other = await RawConnection.open(probe.server.port);
    await probe.signal('SIGTERM');
    await until(() => temporaryIn(probe));
    const late = await RawConnection.open(probe.server.port);
    for (const connection of [other, late]) connection.write('SET key-0 changed\r\nPING\r\n');
    await probe.logged(/Saving the final RDB snapshot: \d+% of 40 keys/);
    // Only a second SIGINT ends it sooner.
    await probe.signalNow('SIGTERM');
    for (const connection of [other, late]) assert.equal(await connection.read(() => false), '');
    assert.equal(await probe.exitCode(), 0);
    assert.match(probe.log(), /DB saved on disk[\s\S]*bye bye/);
    assert.deepEqual(probe.files().sort(), ['dump.rdb', LOG]);
    const again = await Probe.start([], probe.server.directory);
    assert.equal(await again.ask('GET', 'key-0'), '$5\r\nvalue\r\n');
    assert.equal(await again.ask('DBSIZE'), ':40\r\n');
    again.close();
    await again.server.kill();
  }));

test('a second SIGINT ends the server at once, and leaves nothing of the snapshot', () =>
  withProbe(SLOW, async (probe) => {
    await fill(probe);
    await probe.signal('SIGINT');
    await until(() => temporaryIn(probe));
    await probe.signalNow('SIGINT');
    assert.equal(await probe.exitCode(), 1);
    assert.match(probe.log(), /You insist\.\.\. exiting now\.\n/);
    assert.deepEqual(probe.files(), [LOG]);
  }));

test('who waited while the data set could not be saved goes on', () =>
  withProbe(SLOW, async (probe) => {
    await fill(probe);
    const { directory } = probe.server;
    const other = await RawConnection.open(probe.server.port);
    mkdirSync(join(directory, 'dump.rdb'));
    const ended = probe.ask('SHUTDOWN');
    await until(() => temporaryIn(probe));
    other.write('INCR n\r\nPING\r\n');
    // A second shutdown is a part of the first.
    await probe.signalNow('SIGINT');
    assert.match(await ended, /^-ERR Errors trying to SHUTDOWN/);
    assert.equal(await other.read((text) => text.endsWith('PONG\r\n')), ':1\r\n+PONG\r\n');
    assert.ok(!temporaryIn(probe));
    rmdirSync(join(directory, 'dump.rdb'));
    assert.equal(await probe.ask('CONFIG', 'SET', 'rdb-key-save-delay', '0'), '+OK\r\n');
    // The signal counts as the first one again.
    await probe.signal('SIGINT');
    assert.equal(await probe.exitCode(), 0);
    assert.ok(existsSync(join(directory, 'dump.rdb')));
  }));

test('shutdown-on-sigterm and shutdown-on-sigint say what signals do', async () => {
  for (const [args, signal, isSaved, code] of [
    [['--shutdown-on-sigterm', 'nosave', '--save', '3600 1'], 'SIGTERM', false, 0],
    [['--shutdown-on-sigint', 'save now'], 'SIGINT', true, 0],
    [['--shutdown-on-sigint', 'save'], 'SIGTERM', false, 0],
    [['--shutdown-on-sigterm', 'save force', '--dbfilename', 'taken'], 'SIGTERM', false, 0],
  ] as const) {
    await withProbe(args, async (probe) => {
      await probe.ask('SET', 'a', '1');
      if (args.includes('taken' as never)) mkdirSync(join(probe.server.directory, 'taken', 'in'), { recursive: true });
      await probe.signal(signal);
      assert.equal(await probe.exitCode(), code);
      assert.equal(existsSync(join(probe.server.directory, 'dump.rdb')), isSaved, args.join(' '));
    });
  }
});

test('an end that cannot come, since the data set cannot be saved, leaves the log as it was', async () => {
  const args = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '3600 1'];
  const probe = await Probe.start(args);
  const { directory } = probe.server;
  // What is renamed to a directory with something in it fails.
  mkdirSync(join(directory, 'dump.rdb'));
  writeFileSync(join(directory, 'dump.rdb', 'here'), '');
  await probe.ask('SET', 'before', '1');
  assert.match(await probe.ask('SHUTDOWN'), /^-ERR Errors trying to SHUTDOWN/);
  await probe.signal('SIGTERM');
  await probe.logged(/Received SIGTERM[\s\S]*can't exit/);
  assert.equal(await probe.ask('SET', 'after', '2'), '+OK\r\n');
  await probe.server.kill();
  const again = await Probe.start(args, directory);
  try {
    assert.equal(await again.ask('GET', 'before'), '$1\r\n1\r\n');
    assert.equal(await again.ask('GET', 'after'), '$1\r\n2\r\n');
  } finally {
    await again.stop();
  }
});

test('SHUTDOWN ABORT calls off what a signal asked for, while DEBUG PAUSE-CRON holds it up', () =>
  withProbe([], async (probe) => {
    await probe.ask('DEBUG', 'PAUSE-CRON', '1');
    await probe.signal('SIGTERM');
    assert.equal(await probe.ask('SHUTDOWN', 'ABORT'), '+OK\r\n');
    assert.match(probe.log(), /Received SIGTERM[\s\S]*Shutdown manually aborted/);
    assert.equal(await probe.ask('SHUTDOWN', 'ABORT'), '-ERR No shutdown in progress.\r\n');
    await probe.signal('SIGTERM');
    assert.equal(await probe.ask('DEBUG', 'PAUSE-CRON', '0'), '+OK\r\n');
    await probe.ended();
  }));

test('SHUTDOWN gives up a snapshot under way, and leaves nothing of it', () =>
  withProbe([], async (probe) => {
    await probe.ask('SET', 'a', '1');
    await probe.ask('CONFIG', 'SET', 'rdb-key-save-delay', '10000000');
    await probe.ask('BGSAVE');
    for (let tries = 0; tries < 100 && !probe.files().some((name) => name.startsWith('temp-')); tries++)
      await sleep(20);
    assert.equal(await probe.field('rdb_bgsave_in_progress'), '1');
    assert.ok(probe.files().some((name) => name.startsWith('temp-')));
    await probe.ask('SHUTDOWN', 'NOSAVE');
    await probe.ended();
    assert.deepEqual(probe.files(), [LOG]);
  }));
