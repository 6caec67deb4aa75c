// The library as programs use it: open(), createServer(), unmodified clients.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { createServer, open, ReplyError } from '../../src/index.ts';

test('open() gives typed commands without a socket', async () => {
  const db = await open();
  assert.equal(await db.set('greeting', 'hello'), 'OK');
  assert.equal(await db.get('greeting'), 'hello');
  assert.equal(await db.get('nothing'), null);
  assert.equal(await db.set('greeting', 'x', { condition: 'NX' }), null);
  assert.equal(await db.set('n', 5, { expiration: { EX: 60 } }), 'OK');
  assert.equal(await db.ttl('n'), 60);
  assert.equal(await db.incrby('n', 2), 7);
  assert.deepEqual(await db.mget(['greeting', 'n', 'nothing']), ['hello', '7', null]);
  assert.equal(await db.objectEncoding('n'), 'int');
  assert.equal(await db.set('ü', 'größer'), 'OK');
  assert.equal(await db.get('ü'), 'größer');
  await assert.rejects(
    db.command('SET', 'only'),
    (error: unknown) => error instanceof ReplyError && error.code === 'ERR',
  );
  db.close();
});

test('open() with strings as bytes gives bytes', async () => {
  const db = await open({ strings: 'bytes' });
  await db.set(Uint8Array.of(0, 255, 13, 10), Uint8Array.of(1, 2, 3));
  assert.deepEqual(await db.command('GET', Uint8Array.of(0, 255, 13, 10)), Uint8Array.of(1, 2, 3));
  db.close();
});

test('a manual clock moves time for every client of a database', async () => {
  const db = await open({ clock: 'manual', seed: 1 });
  const other = db.connect();
  await db.set('session', 'data', { expiration: { EX: 60 } });
  db.clock.advance(59_999);
  assert.equal(await other.get('session'), 'data');
  db.clock.advance(1);
  assert.equal(await other.get('session'), null);
  assert.equal(await other.dbsize(), 0);
  db.close();
});

test('clients of one database hear each other', async () => {
  const db = await open();
  const listener = db.connect();
  const heard = new Promise((resolve) => listener.onPush(resolve));
  await listener.command('SUBSCRIBE', 'news');
  assert.equal(await db.publish('news', 'today'), 1);
  assert.deepEqual(await heard, ['message', 'news', 'today']);
  db.close();
  await assert.rejects(db.get('x'), /closed/);
});

test('two databases in one process share nothing', async () => {
  const [one, two] = [await open(), await open()];
  await one.set('k', 'v');
  assert.equal(await two.get('k'), null);
  one.close();
  two.close();
});

for (const transport of ['native', 'node']) {
  test(`ioredis and node-redis work unchanged over TCP (${transport})`, async () => {
    const server = await createServer({ config: { transport } });
    const ioredis = new Redis({ port: server.port });
    assert.equal(await ioredis.set('a', '1', 'EX', 100), 'OK');
    assert.deepEqual(await ioredis.multi().incr('a').get('a').exec(), [
      [null, 2],
      [null, '2'],
    ]);
    assert.deepEqual(
      (await ioredis.pipeline().set('p', 'q').get('p').exec())?.map(([, value]) => value),
      ['OK', 'q'],
    );
    ioredis.disconnect();
    for (const RESP of [2, 3] as const) {
      const client = createClient({ url: server.url, RESP });
      await client.connect();
      assert.equal(await client.set('b', 'x'), 'OK');
      assert.equal(await client.get('b'), 'x');
      assert.deepEqual(await client.mGet(['a', 'b', 'c']), ['2', 'x', null]);
      const subscriber = client.duplicate();
      await subscriber.connect();
      const heard = new Promise((resolve) => void subscriber.subscribe('ch', (message) => resolve(message)));
      for (let tries = 0; tries < 100 && (await client.publish('ch', 'hello')) === 0; tries++);
      assert.equal(await heard, 'hello');
      subscriber.destroy();
      client.destroy();
    }
    await server.stop();
  });
}

test('data goes out as RDB bytes and comes back, at once or in chunks', async () => {
  const db = await open();
  for (let index = 0; index < 3000; index++) await db.set(`key:${index}`, `value ${index}`);
  await db.command('RPUSH', 'list', ...Array.from({ length: 20_000 }, (_, index) => `item ${index}`));
  await db.command('HSET', 'hash', 'field', 'value');
  const chunks: Uint8Array[] = [];
  for (const chunk of db.rdbChunks()) {
    chunks.push(chunk);
    // What happens meanwhile does not show.
    await db.command('LPOP', 'list', '100');
    await db.command('DEL', `key:${chunks.length}`);
  }
  assert.ok(chunks.length > 2, `${chunks.length} chunks`);
  const other = await open();
  await other.set('gone', 'x');
  await other.loadRdb(chunks);
  assert.equal(await other.command('DBSIZE'), 3002);
  assert.equal(await other.command('LLEN', 'list'), 20_000);
  assert.equal(await other.get('gone'), null);
  await other.loadRdb(db.toRdb());
  assert.equal(await other.command('LLEN', 'list'), Number(await db.command('LLEN', 'list')));
  const damaged = other.toRdb();
  damaged[damaged.length >> 1]! ^= 0xff;
  await assert.rejects(other.loadRdb(damaged));
  assert.equal(await other.command('HGET', 'hash', 'field'), 'value');
  db.close();
  other.close();
});

test('a snapshot in memory brings data back, any number of times', async () => {
  const db = await open({ clock: 'manual' });
  await db.set('a', '1');
  await db.command('SADD', 'set', 'x', 'y');
  await db.command('PEXPIRE', 'set', '1000');
  const before = db.snapshot();
  for (let round = 0; round < 3; round++) {
    await db.command('FLUSHALL');
    await db.set('b', '2');
    db.rollBack(before);
    assert.deepEqual([await db.get('a'), await db.get('b'), await db.command('SCARD', 'set')], ['1', null, 2]);
  }
  db.clock.advance(1001);
  assert.equal(await db.command('EXISTS', 'set'), 0);
  db.close();
  const server = await createServer();
  const redis = new Redis(server.port);
  await redis.set('a', '1');
  const kept = server.snapshot();
  await redis.flushall();
  server.rollBack(kept);
  assert.equal(await redis.get('a'), '1');
  redis.disconnect();
  await server.stop();
});

test('an unmodified ioredis talks to a server without a port', async () => {
  const server = await createServer({ port: null });
  assert.equal(server.url, '');
  const redis = new Redis({ Connector: server.ioredisConnector() as never });
  assert.equal(await redis.set('k', 'v'), 'OK');
  assert.equal(await redis.get('k'), 'v');
  redis.disconnect();
  await server.stop();
});

test('a server on a unix socket, with a password', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cinnabar-'));
  try {
    const path = join(directory, 'server.sock');
    const server = await createServer({ port: null, unixSocket: path, requirepass: 'secret' });
    const redis = new Redis({ path, password: 'secret' });
    assert.equal(await redis.ping(), 'PONG');
    redis.disconnect();
    const stranger = new Redis({ path, lazyConnect: true, retryStrategy: () => null });
    stranger.on('error', () => undefined);
    await assert.rejects(stranger.get('k'), /NOAUTH/);
    stranger.disconnect();
    await server.stop();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a wrong configuration is refused with its reason', async () => {
  await assert.rejects(createServer({ config: { maxclients: 'many' } }), /argument couldn't be parsed into an integer/);
});

test('a program that stops its server ends by itself', async () => {
  const program = `
    import { createServer, open } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
    const db = await open();
    await db.set('k', 'v', { expiration: { EX: 100 } });
    const server = await createServer();
    await server.stop();
    console.log('done');`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program],
    { timeout: 10_000 },
  );
  assert.equal(stdout, 'done\n');
});
