// BACKUP: what a server that is started on the files finds is what was there when the backup was sealed.

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createServer } from '../../src/index.ts';

async function stateOf(redis: Redis, state: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const fields = (await redis.call('BACKUP', 'STATUS')) as string[];
    if (fields[1] === state) return;
    await sleep(10);
  }
  assert.fail(`the backup never is ${state}: ${String(await redis.call('BACKUP', 'STATUS'))}`);
}

for (const appendonly of ['yes', 'no']) {
  test(`a backup is what was there when it was sealed, appendonly ${appendonly}`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'cinnabar-backup-'));
    const restored = mkdtempSync(join(tmpdir(), 'cinnabar-restored-'));
    const server = await createServer({ config: { dir: directory, appendonly, 'enable-protected-configs': 'yes' } });
    const redis = new Redis(server.port);
    try {
      await redis.mset('before', '1', 'both', 'old');
      assert.equal(await redis.call('BACKUP', 'START'), 'OK');
      await assert.rejects(redis.call('BACKUP', 'START'), /already in progress/);
      await stateOf(redis, 'incrementing');
      assert.equal(((await redis.call('BACKUP', 'LIST')) as string[]).length, 1);
      await redis.mset('during', '2', 'both', 'new');
      await redis.rpush('list', 'a', 'b');
      assert.equal(await redis.call('BACKUP', 'SEAL'), 'OK');
      await redis.mset('after', '3', 'both', 'newest');
      await stateOf(redis, 'sealed');
      const files = (await redis.call('BACKUP', 'LIST')) as string[];
      assert.equal(files.length, 3);
      for (const path of files) assert.ok(path.startsWith(join(directory, 'backupdir')) && existsSync(path), path);
      await assert.rejects(redis.call('BACKUP', 'ABORT'), /No backup is in progress/);
      cpSync(join(directory, 'backupdir'), join(restored, 'appendonlydir'), { recursive: true });
      const other = await createServer({ config: { dir: restored, appendonly: 'yes' } });
      const reader = new Redis(other.port);
      assert.deepEqual(await reader.mget('before', 'during', 'both', 'after'), ['1', '2', 'new', null]);
      assert.deepEqual(await reader.lrange('list', 0, -1), ['a', 'b']);
      reader.disconnect();
      await other.stop();
      assert.equal(await redis.call('BACKUP', 'CLEANUP'), 'OK');
      assert.deepEqual(readdirSync(join(directory, 'backupdir')), []);
      assert.equal(await redis.call('CONFIG', 'GET', 'appendonly').then(String), `appendonly,${appendonly}`);
      const left = existsSync(join(directory, 'appendonlydir')) ? readdirSync(join(directory, 'appendonlydir')) : [];
      assert.equal(left.length > 0, appendonly === 'yes', left.join());
      // Another one, elsewhere, given up.
      assert.equal(await redis.config('SET', 'backupdirname', 'elsewhere'), 'OK');
      assert.equal(await redis.call('BACKUP', 'START'), 'OK');
      assert.ok(existsSync(join(directory, 'elsewhere')));
      assert.equal(await redis.call('BACKUP', 'ABORT'), 'OK');
      await stateOf(redis, 'failed');
      assert.equal(await redis.call('BACKUP', 'CLEANUP'), 'OK');
    } finally {
      redis.disconnect();
      await server.stop();
      for (const path of [directory, restored]) rmSync(path, { recursive: true, force: true });
    }
  });
}
