// MIGRATE inside MULTI: nobody sees the transaction half done, and it runs to its end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, HOST, StandIn, withStandIn } from '../../../tests/support/migration.ts';

const OK = '+OK\r\n';
const LOST = '-IOERR error or timeout reading to target instance\r\n';
/** What goes on besides has come as far as it can. */
const SETTLED_MS = 30;

/** Queues commands and sends EXEC, which waits. */
async function exec(from: Client, ...commands: readonly string[]): Promise<void> {
  assert.equal(await from.run('MULTI'), OK);
  for (const line of commands) assert.equal(await from.run(...line.split(' ')), '+QUEUED\r\n');
  from.send('EXEC');
}

/** Whether a client is told nothing for now. */
async function isSilent(client: Client): Promise<boolean> {
  const { received } = client;
  await sleep(SETTLED_MS);
  return client.received === received;
}

function migrate({ port }: StandIn, key: string, timeoutMs = 5000): string {
  return `MIGRATE ${HOST} ${port} ${key} 0 ${timeoutMs}`;
}

test('others wait until the end of the transaction, which is propagated as one', () =>
  withStandIn(async (from, other, standIn, stream, source) => {
    await other.run('SET', 'k', '1');
    stream.length = 0;
    await exec(from, 'INCR n', 'GET k', migrate(standIn, 'k'), 'EXISTS k', 'INCR n');
    assert.deepEqual(await standIn.commands(2), ['SELECT 0', 'RESTORE k']);
    const late = new Client(source);
    other.send('GET', 'n');
    late.send('MGET', 'k', 'n');
    from.send('PING');
    assert.ok((await isSilent(other)) && (await isSilent(late)) && (await isSilent(from)));
    assert.deepEqual(stream, []);
    standIn.answer('+OK\r\n+OK\r\n');
    assert.equal(await from.reply(), `*5\r\n:1\r\n$1\r\n1\r\n${OK}:0\r\n:2\r\n`);
    assert.equal(await from.reply(), '+PONG\r\n');
    assert.equal(await other.reply(), '$1\r\n2\r\n');
    assert.equal(await late.reply(), '*2\r\n$-1\r\n$1\r\n2\r\n');
    assert.deepEqual(stream, ['-1: MULTI', '0: INCR n', '0: DEL k', '0: INCR n', '-1: EXEC']);
    late.close();
  }));

test('what the other server refuses, and that it does not answer, is the reply; the rest runs', () =>
  withStandIn(async (from, other, standIn) => {
    await other.run('MSET', 'a', '1', 'b', '1');
    await exec(from, migrate(standIn, 'a'), 'SET x 1');
    await standIn.commands(2);
    standIn.answer('+OK\r\n-BUSYKEY taken\r\n');
    const refused = '-ERR Target instance replied with error: BUSYKEY taken\r\n';
    assert.equal(await from.reply(), `*2\r\n${refused}${OK}`);
    await exec(from, migrate(standIn, 'a', 40), migrate(standIn, 'b', 40), 'EXISTS a b');
    assert.equal(await from.reply(), `*3\r\n${LOST}${LOST}:2\r\n`);
    assert.match(await other.run('INFO', 'errorstats'), /errorstat_IOERR:count=2/);
    assert.match(await other.run('INFO', 'commandstats'), /cmdstat_migrate:calls=3,.*failed_calls=3/);
    await exec(from, `MIGRATE ${HOST} 1 a 0 500`, 'MIGRATE h 1 none 0 1', 'EXISTS a');
    assert.match(await from.reply(), /^\*3\r\n-IOERR .*\r\n\+NOKEY\r\n:1\r\n$/);
  }));

test('a connection that turns out to be dead is replaced', () =>
  withStandIn(async (from, other, standIn) => {
    await other.run('MSET', 'a', '1', 'b', '1');
    await exec(from, migrate(standIn, 'a'));
    await standIn.commands(2);
    standIn.answer('+OK\r\n+OK\r\n');
    assert.equal(await from.reply(), `*1\r\n${OK}`);
    await exec(from, migrate(standIn, 'b'), 'DBSIZE');
    await standIn.commands(1);
    standIn.hangUp();
    await standIn.commands(2);
    standIn.answer('+OK\r\n+OK\r\n');
    assert.equal(await from.reply(), `*2\r\n${OK}:0\r\n`);
    assert.equal(standIn.connections, 2);
  }));

test('several keys that go one after the other', () =>
  withStandIn(async (from, other, standIn, stream) => {
    await other.run('MSET', 'a', '1', 'b', '1');
    await exec(from, migrate(standIn, 'a'), 'EXISTS a b', migrate(standIn, 'b'), 'EXISTS a b');
    await standIn.commands(2);
    standIn.answer('+OK\r\n+OK\r\n');
    await standIn.commands(1);
    other.send('PING');
    assert.ok(await isSilent(other));
    standIn.answer('+OK\r\n');
    assert.equal(await from.reply(), `*4\r\n${OK}:1\r\n${OK}:0\r\n`);
    assert.equal(await other.reply(), '+PONG\r\n');
    assert.deepEqual(stream.slice(1), ['-1: MULTI', '0: DEL a', '0: DEL b', '-1: EXEC']);
  }));

test('the transaction of a client that has gone runs to its end', () =>
  withStandIn(async (from, other, standIn, _, source) => {
    await other.run('SET', 'a', '1');
    await exec(from, 'SUBSCRIBE c', migrate(standIn, 'a'), 'SET x 1', 'SUBSCRIBE d');
    await standIn.commands(2);
    from.close();
    await sleep(SETTLED_MS);
    standIn.answer('+OK\r\n+OK\r\n');
    assert.equal(await other.run('EXISTS', 'a', 'x'), ':1\r\n');
    assert.equal(await other.run('PUBSUB', 'CHANNELS'), '*0\r\n');
    assert.equal(source.server.engine.sessions.size, 1);
  }));

test('messages and those who wait for keys are served at the end', () =>
  withStandIn(async (from, other, standIn, _, source) => {
    const waiting = new Client(source);
    await other.run('SET', 'a', '1');
    waiting.send('BLPOP', 'list', '0.001');
    waiting.send('BLPOP', 'list', '1');
    assert.equal(await waiting.reply(), '*-1\r\n');
    await other.run('SUBSCRIBE', 'c');
    await from.run('HELLO', '3');
    await from.run('SUBSCRIBE', 'c');
    await exec(from, 'RPUSH list x y', 'PUBLISH c first', migrate(standIn, 'a'), 'LLEN list', 'PUBLISH c second');
    await standIn.commands(2);
    assert.ok((await isSilent(other)) && (await isSilent(waiting)) && (await isSilent(from)));
    standIn.answer('+OK\r\n+OK\r\n');
    const message = (text: string) => `3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$${text.length}\r\n${text}\r\n`;
    const own = `>${message('first')}>${message('second')}`;
    assert.equal(await from.reply(), `*5\r\n:2\r\n:2\r\n${OK}:2\r\n:2\r\n${own}`);
    assert.equal(await waiting.reply(), '*2\r\n$4\r\nlist\r\n$1\r\nx\r\n');
    assert.equal(await other.reply(), `*${message('first')}*${message('second')}`);
    waiting.close();
  }));

test('the time is that of EXEC to its end, and nothing expires in between', () =>
  withStandIn(async (from, other, standIn, stream) => {
    await other.run('SET', 'a', '1');
    await exec(from, 'SET x 1 PX 10', migrate(standIn, 'a'), 'PTTL x');
    await standIn.commands(2);
    await sleep(SETTLED_MS);
    standIn.answer('+OK\r\n+OK\r\n');
    assert.equal(await from.reply(), `*3\r\n${OK}${OK}:10\r\n`);
    assert.equal(await other.run('GET', 'x'), '$-1\r\n');
    assert.deepEqual(
      stream.filter((line) => /DEL|UNLINK|MULTI|EXEC/.test(line)).map((line) => line.replace('UNLINK', 'DEL')),
      ['-1: MULTI', '0: DEL a', '-1: EXEC', '0: DEL x'],
    );
  }));

test('without a reply wanted, there is none', () =>
  withStandIn(async (from, other, standIn) => {
    await other.run('MSET', 'a', '1', 'b', '1');
    await from.run('MULTI');
    from.send('CLIENT', 'REPLY', 'OFF');
    from.send(...migrate(standIn, 'a').split(' '));
    from.send('EXEC');
    await standIn.commands(2);
    standIn.answer('+OK\r\n+OK\r\n');
    assert.equal(await other.run('EXISTS', 'a', 'b'), ':1\r\n');
    from.send('MULTI');
    from.send(...migrate(standIn, 'b').split(' '));
    from.send('EXEC');
    await standIn.commands(1);
    standIn.answer('+OK\r\n');
    assert.equal(await other.run('EXISTS', 'a', 'b'), ':0\r\n');
    // What EXEC had replied when replies were switched off.
    assert.equal(await from.reply(), '+QUEUED\r\n+QUEUED\r\n*2\r\n');
    assert.equal(await from.run('CLIENT', 'REPLY', 'ON'), OK);
  }));

test('another MIGRATE that is answered meanwhile, a pause, and the end of the server wait', () =>
  withStandIn(async (from, other, standIn, stream, source) => {
    const third = new Client(source);
    await third.run('MSET', 'a', '1', 'b', '1');
    other.send('MIGRATE', HOST, standIn.port, 'b', '0', '5000');
    await standIn.commands(2);
    const second = await StandIn.start();
    await exec(from, 'INCR b', migrate(second, 'a'), 'CLIENT PAUSE 60000 WRITE');
    await second.commands(2);
    // Of b, which the transaction has changed.
    standIn.answer('+OK\r\n+OK\r\n');
    assert.ok(await isSilent(other));
    second.answer('+OK\r\n+OK\r\n');
    assert.equal(await from.reply(), `*3\r\n:2\r\n${OK}${OK}`);
    second.stop();
    third.send('SET', 'c', '1');
    assert.ok((await isSilent(third)) && (await isSilent(other)));
    await from.run('CLIENT', 'UNPAUSE');
    assert.equal(await third.reply(), OK);
    assert.deepEqual(await standIn.commands(1), ['RESTORE b REPLACE']);
    standIn.answer('+OK\r\n');
    assert.equal(await other.reply(), OK);
    assert.deepEqual(stream.slice(1, 5), ['-1: MULTI', '0: INCR b', '0: DEL a', '-1: EXEC']);
    await third.run('SET', 'a', '1');
    stream.length = 0;
    await exec(from, 'INCR n', migrate(standIn, 'a'), 'INCR n');
    await standIn.commands(1);
    source.server.ending.begin({ save: null, force: false });
    await sleep(SETTLED_MS);
    assert.ok(!third.isEnded);
    standIn.answer('+OK\r\n');
    assert.equal(await from.reply(), `*3\r\n:1\r\n${OK}:2\r\n`);
    while (!third.isEnded) await sleep(1);
    assert.equal(stream.length, 5);
    third.close();
  }));

test('a server that is closed ends the transaction first', () =>
  withStandIn(async (from, other, standIn, stream, source) => {
    await other.run('MSET', 'a', '1', 'b', '1');
    stream.length = 0;
    await exec(from, 'INCR n', migrate(standIn, 'a'), migrate(standIn, 'b'), 'INCR n');
    await standIn.commands(2);
    await source.stop();
    assert.deepEqual(stream, ['-1: MULTI', '0: INCR n', '0: INCR n', '-1: EXEC']);
    assert.equal(source.server.engine.sessions.size, 0);
    source.server.engine.check();
  }));
