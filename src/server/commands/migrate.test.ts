// MIGRATE between servers in this process, and to a stand-in whose answers the test decides about.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, HOST, listen, withStandIn } from '../../../tests/support/migration.ts';
import { createServer, type EmbeddedServer } from '../embedded.ts';

interface Two {
  readonly from: Client;
  readonly to: Client;
  readonly source: EmbeddedServer;
  readonly port: string;
  /** Commands that the source told its log and its replicas. */
  readonly stream: string[];
}

async function withTwo(check: (two: Two) => Promise<void>): Promise<void> {
  const source = await createServer({ port: null, seed: 1 });
  const target = await createServer({ seed: 2 });
  const from = new Client(source);
  const to = new Client(target);
  try {
    await check({ from, to, source, port: String(target.port), stream: listen(source) });
  } finally {
    from.close();
    to.close();
    await source.stop();
    await target.stop();
  }
}

test('MIGRATE moves a key with its deadline into the database that is named', () =>
  withTwo(async ({ from, to, port, stream }) => {
    await from.run('SET', 'k', 'v', 'PX', '100000');
    assert.equal(await from.run('MIGRATE', HOST, port, 'k', '9', '5000'), '+OK\r\n');
    assert.equal(await from.run('EXISTS', 'k'), ':0\r\n');
    await to.run('SELECT', '9');
    assert.equal(await to.run('GET', 'k'), '$1\r\nv\r\n');
    assert.match(await to.run('PTTL', 'k'), /^:(9\d{4}|100000)\r\n$/);
    assert.deepEqual(stream.slice(1), ['0: DEL k']);
  }));

test('MIGRATE COPY leaves the key and propagates nothing; REPLACE is asked for', () =>
  withTwo(async ({ from, to, port, stream }) => {
    await from.run('RPUSH', 'l', 'a', 'b');
    await to.run('SET', 'l', 'other');
    const busy = '-ERR Target instance replied with error: BUSYKEY Target key name already exists.\r\n';
    assert.equal(await from.run('MIGRATE', HOST, port, 'l', '0', '5000', 'COPY'), busy);
    assert.equal(await from.run('MIGRATE', HOST, port, 'l', '0', '5000', 'COPY', 'REPLACE'), '+OK\r\n');
    assert.equal(await to.run('LRANGE', 'l', '0', '-1'), '*2\r\n$1\r\na\r\n$1\r\nb\r\n');
    assert.equal(await from.run('LLEN', 'l'), ':2\r\n');
    assert.deepEqual(stream, ['0: RPUSH l a b']);
  }));

test('MIGRATE KEYS moves those that are there, and deletes those that were acknowledged', () =>
  withTwo(async ({ from, to, port, stream }) => {
    await from.run('MSET', 'a', '1', 'b', '2', 'c', '3', 'd', '4');
    await to.run('SET', 'b', 'other');
    const migrate = ['MIGRATE', HOST, port, '', '0', '5000'];
    assert.match(await from.run(...migrate, 'KEYS', 'a', 'x', 'b', 'c'), /BUSYKEY/);
    assert.equal(await from.run('EXISTS', 'a', 'b', 'c', 'd'), ':2\r\n');
    assert.equal(await to.run('MGET', 'a', 'b', 'c'), '*3\r\n$1\r\n1\r\n$5\r\nother\r\n$1\r\n3\r\n');
    assert.deepEqual(stream.slice(1), ['0: DEL a c']);
    assert.equal(await from.run(...migrate, 'KEYS', 'x', 'y'), '+NOKEY\r\n');
    // Named twice: the second is refused there.
    assert.match(await from.run(...migrate, 'KEYS', 'd', 'd'), /BUSYKEY/);
    assert.equal(await from.run(...migrate, 'REPLACE', 'KEYS', 'b', 'b'), '+OK\r\n');
    assert.equal(await from.run('DBSIZE'), ':0\r\n');
  }));

test('MIGRATE authenticates; what it is refused is told', () =>
  withTwo(async ({ from, to, port }) => {
    await to.run('CONFIG', 'SET', 'requirepass', 'secret');
    await from.run('SET', 'k', 'v');
    const migrate = ['MIGRATE', HOST, port, 'k', '0', '5000'];
    const refused = '-ERR Target instance replied with error: ';
    assert.equal(await from.run(...migrate), `${refused}NOAUTH Authentication required.\r\n`);
    assert.match(await from.run(...migrate, 'AUTH', 'wrong'), /replied with error: WRONGPASS /);
    assert.match(await from.run(...migrate, 'AUTH2', 'nobody', 'secret'), /replied with error: WRONGPASS /);
    assert.equal(await from.run(...migrate, 'AUTH2', 'default', 'secret'), '+OK\r\n');
    await from.run('SET', 'k', 'v');
    assert.equal(
      await from.run('MIGRATE', HOST, port, 'k', '99', '5000', 'AUTH', 'secret'),
      `${refused}ERR DB index is out of range\r\n`,
    );
  }));

test('MIGRATE keeps its connection for ten seconds', () =>
  withTwo(async ({ from, to, port, source }) => {
    const cached = async () => /migrate_cached_sockets:(\d+)/.exec(await from.run('INFO', 'stats'))?.[1];
    const connected = async () => /total_connections_received:(\d+)/.exec(await to.run('INFO', 'stats'))?.[1];
    assert.equal(await cached(), '0');
    for (const key of ['a', 'b', 'c']) {
      await from.run('SET', key, key);
      assert.equal(await from.run('MIGRATE', HOST, port, key, key === 'c' ? '3' : '1', '5000'), '+OK\r\n');
    }
    assert.equal(await cached(), '1');
    assert.equal(await connected(), '2');
    source.server.migrationLinks.closeUnused(source.server.clock.elapsed() + 9_000);
    assert.equal(await cached(), '1');
    source.server.migrationLinks.closeUnused(source.server.clock.elapsed() + 11_000);
    assert.equal(await cached(), '0');
  }));

test('MIGRATE refuses what makes no sense', () =>
  withTwo(async ({ from, port }) => {
    await from.run('SET', 'k', 'v');
    const cases: readonly (readonly [readonly string[], string])[] = [
      [['k', '0', 'x'], '-ERR value is not an integer or out of range\r\n'],
      [['k', 'x', '0'], '-ERR value is not an integer or out of range\r\n'],
      [['k', '0', '0', 'WHAT'], '-ERR syntax error\r\n'],
      [['k', '0', '0', 'AUTH'], '-ERR syntax error\r\n'],
      [['k', '0', '0', 'AUTH2', 'u'], '-ERR syntax error\r\n'],
      [
        ['k', '0', '0', 'KEYS', 'k'],
        '-ERR When using MIGRATE KEYS option, the key argument must be set to the empty string\r\n',
      ],
      [['', '0', '0', 'KEYS'], '+NOKEY\r\n'],
    ];
    for (const [args, expected] of cases) assert.equal(await from.run('MIGRATE', HOST, port, ...args), expected);
    assert.equal(await from.run('EXISTS', 'k'), ':1\r\n');
  }));

test('the passwords of MIGRATE are secrets', () =>
  withTwo(async ({ from, source }) => {
    const monitor = new Client(source);
    await monitor.run('MONITOR');
    from.send('MIGRATE', HOST, '1', 'auth', '0', '1', 'AUTH2', 'auth', 'pw', 'COPY', 'AUTH', 'pw');
    assert.match(
      await monitor.reply(),
      /"MIGRATE" "127.0.0.1" "1" "auth" "0" "1" "AUTH2" "\(redacted\)" "\(redacted\)" "COPY" "AUTH" "\(redacted\)"\r\n$/,
    );
    assert.equal(await from.reply(), '+NOKEY\r\n');
    assert.equal(
      await from.run('COMMAND', 'GETKEYS', 'MIGRATE', 'h', '1', '', '0', '1', 'AUTH', 'keys', 'KEYS', 'a', 'b'),
      '*2\r\n$1\r\na\r\n$1\r\nb\r\n',
    );
    monitor.close();
  }));

test('others are served meanwhile; what they change is sent again, what they delete is deleted there', () =>
  withStandIn(async (from, other, standIn, stream) => {
    await other.run('MSET', 'a', '1', 'b', '1', 'c', '1', 'd', '1', 'e', '1');
    from.send('MIGRATE', HOST, standIn.port, '', '5', '5000', 'KEYS', 'a', 'b', 'c', 'd', 'e');
    const first = ['SELECT 5', 'RESTORE a', 'RESTORE b', 'RESTORE c', 'RESTORE d', 'RESTORE e'];
    assert.deepEqual(await standIn.commands(6), first);
    assert.equal(await other.run('INCR', 'b'), ':2\r\n');
    assert.equal(await other.run('DEL', 'c'), ':1\r\n');
    assert.equal(await other.run('PEXPIRE', 'd', '100000'), ':1\r\n');
    // Changed and changed back is as it was.
    assert.equal(await other.run('INCR', 'e'), ':2\r\n');
    assert.equal(await other.run('DECR', 'e'), ':1\r\n');
    assert.equal(await other.run('EXISTS', 'a'), ':1\r\n');
    standIn.answer('+OK\r\n'.repeat(6));
    assert.deepEqual(await standIn.commands(3), ['RESTORE b REPLACE', 'DEL c', 'RESTORE d REPLACE']);
    assert.equal(await other.run('EXISTS', 'a', 'e'), ':0\r\n');
    standIn.answer('+OK\r\n:1\r\n+OK\r\n');
    assert.equal(await from.reply(), '+OK\r\n');
    assert.equal(await other.run('DBSIZE'), ':0\r\n');
    assert.deepEqual(
      stream.filter((line) => line.includes('DEL')),
      ['0: DEL c', '0: DEL a e', '0: DEL b d'],
    );
  }));

test('a key that is changed each time stays, and the client is told', () =>
  withStandIn(async (from, other, standIn) => {
    await other.run('SET', 'n', '1');
    from.send('MIGRATE', HOST, standIn.port, 'n', '0', '5000');
    for (let round = 0; round < 8; round++) {
      await standIn.commands(round === 0 ? 2 : 1);
      await other.run('INCR', 'n');
      standIn.answer('+OK\r\n'.repeat(round === 0 ? 2 : 1));
    }
    assert.match(await from.reply(), /^-TRYAGAIN /);
    assert.equal(await other.run('GET', 'n'), '$1\r\n9\r\n');
  }));

test('FLUSHALL and SWAPDB meanwhile lose nothing', () =>
  withStandIn(async (from, other, standIn) => {
    await other.run('SET', 'a', '1');
    from.send('MIGRATE', HOST, standIn.port, 'a', '0', '5000');
    await standIn.commands(2);
    await other.run('SWAPDB', '0', '1');
    await other.run('SET', 'a', 'new');
    standIn.answer('+OK\r\n+OK\r\n');
    assert.deepEqual(await standIn.commands(1), ['RESTORE a REPLACE']);
    await other.run('FLUSHALL');
    standIn.answer('+OK\r\n');
    assert.deepEqual(await standIn.commands(1), ['DEL a']);
    standIn.answer(':1\r\n');
    assert.equal(await from.reply(), '+OK\r\n');
  }));

test('a kept connection that was closed is replaced; one that breaks at the first answer is tried once more', () =>
  withStandIn(async (from, other, standIn) => {
    const migrate = ['MIGRATE', HOST, standIn.port, 'a', '0', '5000', 'COPY'];
    await other.run('SET', 'a', '1');
    from.send(...migrate);
    await standIn.commands(2);
    standIn.answer('+OK\r\n+OK\r\n');
    assert.equal(await from.reply(), '+OK\r\n');
    from.send(...migrate);
    assert.deepEqual(await standIn.commands(1), ['RESTORE a']);
    standIn.hangUp();
    assert.deepEqual(await standIn.commands(2), ['SELECT 0', 'RESTORE a']);
    assert.equal(standIn.connections, 2);
    standIn.hangUp();
    assert.equal(await from.reply(), '-IOERR error or timeout reading to target instance\r\n');
    assert.equal(standIn.connections, 2);
  }));

test('MIGRATE gives up after its timeout, and keeps the key; nobody listening is told at once', () =>
  withStandIn(async (from, other, standIn, _, source) => {
    await other.run('SET', 'a', '1');
    from.send('MIGRATE', HOST, standIn.port, 'a', '0', '50');
    await standIn.commands(2);
    standIn.answer('+OK\r\n');
    assert.equal(await from.reply(), '-IOERR error or timeout reading to target instance\r\n');
    assert.equal(await other.run('EXISTS', 'a'), ':1\r\n');
    for (const port of ['1', '0', '-5', '65537', 'x']) {
      const stage = port === '-5' ? 'connecting to the client' : 'writing to target instance';
      const expected = `-IOERR error or timeout ${stage}\r\n`;
      assert.equal(await from.run('MIGRATE', HOST, port, 'a', '0', '5000'), expected, port);
    }
    assert.equal(source.server.migrationLinks.count(), 0);
  }));

test('a client that leaves, or is let go, leaves its keys on their way', () =>
  withStandIn(async (from, other, standIn) => {
    await other.run('MSET', 'a', '1', 'b', '1');
    const id = /:(\d+)/.exec(await from.run('CLIENT', 'ID'))![1]!;
    from.send('MIGRATE', HOST, standIn.port, '', '0', '5000', 'KEYS', 'a');
    await standIn.commands(2);
    assert.equal(await other.run('CLIENT', 'UNBLOCK', id), ':1\r\n');
    assert.match(await from.reply(), /^-IOERR /);
    from.send('BLPOP', 'list', '0');
    standIn.answer('+OK\r\n+OK\r\n');
    while ((await other.run('EXISTS', 'a')) !== ':0\r\n');
    // What it waits for now is not answered by that.
    await other.run('RPUSH', 'list', 'x');
    assert.equal(await from.reply(), '*2\r\n$4\r\nlist\r\n$1\r\nx\r\n');
    from.send('MIGRATE', HOST, standIn.port, 'b', '0', '5000');
    await standIn.commands(1);
    from.close();
    standIn.answer('+OK\r\n');
    while ((await other.run('EXISTS', 'b')) !== ':0\r\n');
  }));

test('while writes are paused nothing is deleted', () =>
  withStandIn(async (from, other, standIn) => {
    await other.run('SET', 'a', '1');
    from.send('MIGRATE', HOST, standIn.port, 'a', '0', '5000');
    await standIn.commands(2);
    await other.run('CLIENT', 'PAUSE', '60000', 'WRITE');
    standIn.answer('+OK\r\n+OK\r\n');
    await sleep(60);
    assert.equal(await other.run('EXISTS', 'a'), ':1\r\n');
    await other.run('CLIENT', 'UNPAUSE');
    assert.equal(await from.reply(), '+OK\r\n');
    assert.equal(await other.run('EXISTS', 'a'), ':0\r\n');
  }));

test('answers that make no sense end the connection', () =>
  withStandIn(async (from, other, standIn, _, source) => {
    await other.run('SET', 'a', '1');
    from.send('MIGRATE', HOST, standIn.port, 'a', '0', '5000', 'COPY');
    await standIn.commands(2);
    standIn.answer('HTTP/1.1 400 Bad Request\r\n');
    // Once more, as after any failure before the first answer.
    await standIn.commands(2);
    standIn.answer('+OK\r\n+OK\r\n+MORE\r\n');
    assert.equal(await from.reply(), '+OK\r\n');
    standIn.answer('+UNASKED\r\n');
    while (source.server.migrationLinks.count() > 0) await other.run('PING');
  }));
