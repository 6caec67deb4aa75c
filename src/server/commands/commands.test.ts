// The commands that work on the server, over a connection inside the process.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from '../../../tests/support/engine-harness.ts';
import { createServer, type EmbeddedServer } from '../embedded.ts';

type Run = (...args: string[]) => Promise<string>;

/** One connection: sends a command and gives the raw reply. */
function runnerOf(stream: Duplex): Run {
  return async (...args) => {
    stream.write(Buffer.from(encode(args), 'latin1'));
    const [chunk] = await once(stream, 'data');
    return (chunk as Buffer).toString('latin1');
  };
}

/** Starts a server and gives a connection to `check`. */
async function withServer(
  config: Readonly<Record<string, string>>,
  check: (run: Run, embedded: EmbeddedServer) => Promise<void>,
): Promise<void> {
  const embedded = await createServer({ port: null, config, seed: 1 });
  const stream = embedded.connect();
  try {
    await check(runnerOf(stream), embedded);
  } finally {
    stream.destroy();
    await embedded.stop();
  }
}

const DEBUGGING = { 'enable-debug-command': 'yes' };

test('CONFIG SET changes what the engine does, all or nothing', () =>
  withServer({}, async (run) => {
    assert.equal(await run('CONFIG', 'SET', 'maxclients', '100', 'hz', 'x'), CONFIG_REFUSAL);
    assert.equal(await run('CONFIG', 'GET', 'maxclients'), '*2\r\n$10\r\nmaxclients\r\n$5\r\n10000\r\n');
    assert.equal(await run('CONFIG', 'SET', 'requirepass', 'secret'), '+OK\r\n');
    assert.match(await run('AUTH', 'wrong'), /^-WRONGPASS /);
    assert.equal(await run('AUTH', 'secret'), '+OK\r\n');
    assert.equal(await run('CONFIG', 'SET', 'a'), "-ERR wrong number of arguments for 'config|set' command\r\n");
    assert.equal(await run('CONFIG', 'SET', 'a', 'b', 'c'), '-ERR syntax error\r\n');
  }));

const CONFIG_REFUSAL =
  "-ERR CONFIG SET failed (possibly related to argument 'hz') - argument couldn't be parsed into an integer\r\n";

test('above maxmemory commands that need memory are refused, others are not', () =>
  withServer({}, async (run) => {
    assert.equal(await run('SET', 'a', '1'), '+OK\r\n');
    assert.equal(await run('CONFIG', 'SET', 'maxmemory', '1'), '+OK\r\n');
    assert.match(await run('SET', 'a', '2'), /^-OOM command not allowed/);
    assert.equal(await run('GET', 'a'), '$1\r\n1\r\n');
    assert.equal(await run('DEL', 'a'), ':1\r\n');
    assert.equal(await run('EXEC'), '-ERR EXEC without MULTI\r\n');
  }));

test('EXEC is refused above maxmemory if a queued command needs memory, and only then', () =>
  withServer({}, async (run, embedded) => {
    const stream = embedded.connect();
    const other = runnerOf(stream);
    const check = async (queued: string[], expected: RegExp): Promise<void> => {
      await other('CONFIG', 'SET', 'maxmemory', '0');
      await run('MULTI');
      assert.equal(await run(...queued), '+QUEUED\r\n');
      await other('CONFIG', 'SET', 'maxmemory', '1');
      assert.match(await run('EXEC'), expected);
    };
    await check(['SET', 'a', '1'], /^-EXECABORT Transaction discarded because of: OOM command not allowed/);
    await check(['GET', 'a'], /^\*1\r\n\$-1\r\n$/);
    stream.destroy();
  }));

test('a transaction goes on behind CONFIG SET that is refused, and is discarded when SHUTDOWN was to be queued', () =>
  withServer({}, async (run) => {
    await run('MULTI');
    await run('SET', 'a', '1');
    await run('CONFIG', 'SET', 'maxclients', 'x');
    await run('SET', 'b', '2');
    assert.match(await run('EXEC'), /^\*3\r\n\+OK\r\n-ERR CONFIG SET failed[^\r]*\r\n\+OK\r\n$/);
    await run('MULTI');
    await run('SET', 'a', '3');
    assert.equal(await run('SHUTDOWN', 'NOSAVE'), '-ERR Command not allowed inside a transaction\r\n');
    assert.match(await run('EXEC'), /^-EXECABORT /);
    assert.equal(await run('MGET', 'a', 'b'), '*2\r\n$1\r\n1\r\n$1\r\n2\r\n');
  }));

test('INFO shows the sections that it is asked for', () =>
  withServer({}, async (run) => {
    const titles = (text: string) => [...text.matchAll(/^# (\w+)/gm)].map(([, title]) => title);
    const usual = titles(await run('INFO'));
    assert.deepEqual(usual.slice(0, 4), ['Server', 'Clients', 'Memory', 'Persistence']);
    assert.deepEqual(usual.slice(-2), ['Keyspace', 'Keysizes']);
    assert.ok(!usual.includes('Commandstats'));
    assert.deepEqual(titles(await run('INFO', 'cpu', 'KEYSPACE', 'nope')), ['CPU', 'Keyspace']);
    assert.ok(titles(await run('INFO', 'all')).includes('Commandstats'));
    assert.deepEqual(titles(await run('INFO', 'nope')), []);
    assert.deepEqual(titles(await run('INFO', 'commandstats', 'default')).length, usual.length + 1);
  }));

test('INFO tells the truth about data memory: none is left after FLUSHALL', () =>
  withServer(DEBUGGING, async (run) => {
    const dataset = async () => Number(/used_memory_dataset:(\d+)/.exec(await run('INFO', 'memory'))?.[1]);
    assert.equal(await dataset(), 0);
    await run('DEBUG', 'POPULATE', '1000', 'key', '100');
    assert.ok((await dataset()) > 100_000);
    await run('FLUSHALL');
    assert.equal(await dataset(), 0);
  }));

test('INFO counts calls, refusals and failures of each command', () =>
  withServer({}, async (run) => {
    await run('CONFIG', 'RESETSTAT');
    await run('SET', 'a', 'x');
    await run('INCR', 'a');
    await run('GET');
    const stats = await run('INFO', 'commandstats', 'errorstats');
    assert.match(stats, /cmdstat_incr:calls=1,.*rejected_calls=0,failed_calls=1\r\n/);
    assert.match(stats, /cmdstat_get:calls=0,.*rejected_calls=1,failed_calls=0\r\n/);
    assert.match(stats, /errorstat_ERR:count=2\r\n/);
  }));

test('tracking: INFO counts it, its table is limited by CONFIG SET, and a reload is a flush', () =>
  // Whoever ran `npm start` here has a snapshot of the usual name.
  withServer({ ...DEBUGGING, dbfilename: 'there-is-none.rdb' }, async (run, embedded) => {
    const stream = embedded.connect();
    const track = runnerOf(stream);
    await track('HELLO', '3');
    await track('CLIENT', 'TRACKING', 'ON');
    await track('MGET', 'a', 'b', 'c');
    const info = await run('INFO', 'clients', 'stats');
    assert.match(info, /tracking_clients:1\r\n/);
    assert.match(info, /tracking_total_keys:3\r\ntracking_total_items:3\r\ntracking_total_prefixes:0\r\n/);
    const told = once(stream, 'data');
    assert.equal(await run('CONFIG', 'SET', 'tracking-table-max-keys', '1'), '+OK\r\n');
    assert.equal(((await told)[0] as Buffer).toString('latin1').split('invalidate').length, 3);
    assert.match(await run('INFO', 'stats'), /tracking_total_keys:1\r\n/);
    const flushed = once(stream, 'data');
    assert.equal(
      await run('DEBUG', 'RELOAD', 'NOSAVE'),
      '-ERR Error trying to load the RDB dump, check server logs.\r\n',
    );
    assert.equal(((await flushed)[0] as Buffer).toString('latin1'), '>2\r\n$10\r\ninvalidate\r\n_\r\n');
    stream.destroy();
  }));

test('WAIT and WAITAOF answer at once or after their timeout', () =>
  withServer({}, async (run) => {
    assert.equal(await run('WAIT', '0', '0'), ':0\r\n');
    assert.equal(await run('WAIT', '1', '10'), ':0\r\n');
    assert.equal(await run('WAITAOF', '0', '1', '10'), '*2\r\n:0\r\n:0\r\n');
    assert.match(await run('WAITAOF', '1', '0', '0'), /^-ERR WAITAOF cannot be used/);
    assert.equal(await run('WAITAOF', '2', '0', '0'), '-ERR value is out of range, value must between 0 and 1\r\n');
    assert.equal(await run('WAIT', '1', '-1'), '-ERR timeout is negative\r\n');
  }));

test('a lone server answers for replication, cluster and modules', () =>
  withServer({}, async (run) => {
    assert.equal(await run('ROLE'), '*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n');
    assert.equal(await run('REPLICAOF', 'NO', 'ONE'), '+OK\r\n');
    assert.match(await run('REPLICAOF', '127.0.0.1', '1'), /^-ERR This build has no replication/);
    assert.equal(await run('CLUSTER', 'INFO'), '-ERR This instance has cluster support disabled\r\n');
    assert.equal(await run('READONLY'), '-ERR This instance has cluster support disabled\r\n');
    assert.equal(await run('MODULE', 'LIST'), '*0\r\n');
    assert.match(await run('MODULE', 'LOAD', 'x.so'), /^-ERR MODULE command not allowed/);
  }));

test('DEBUG is refused unless it is enabled', () =>
  withServer({}, async (run) => {
    assert.match(await run('DEBUG', 'SLEEP', '0'), /^-ERR DEBUG command not allowed\. If the enable-debug-command/);
  }));

test('DEBUG DIGEST is that of redis-server 7.0.15', () =>
  withServer(DEBUGGING, async (run) => {
    assert.equal(await run('DEBUG', 'DIGEST'), `+${'0'.repeat(40)}\r\n`);
    await run('SET', 'a', '1');
    assert.equal(await run('DEBUG', 'DIGEST'), '+943d800368fb9c0e951138f1bc0e313ac769d91f\r\n');
    assert.equal(await run('DEBUG', 'DIGEST-VALUE', 'nope'), `*1\r\n+${'0'.repeat(40)}\r\n`);
  }));

test('DEBUG POPULATE makes keys of a size', () =>
  withServer(DEBUGGING, async (run) => {
    assert.equal(await run('DEBUG', 'POPULATE', '3', 'p', '10'), '+OK\r\n');
    assert.equal(await run('DBSIZE'), ':3\r\n');
    assert.equal(await run('GET', 'p:2'), '$10\r\nvalue:2\0\0\0\r\n');
    assert.equal(await run('DEBUG', 'NOPE'), NO_SUBCOMMAND);
  }));

const NO_SUBCOMMAND = "-ERR unknown subcommand or wrong number of arguments for 'NOPE'. Try DEBUG HELP.\r\n";

test('SHUTDOWN refuses what makes no sense, and ends the server', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cinnabar-shutdown-'));
  return withServer({ dir: directory }, async (run, embedded) => {
    // A snapshot cannot replace a directory.
    mkdirSync(join(directory, 'dump.rdb'));
    assert.equal(await run('SHUTDOWN', 'NOSAVE', 'SAVE'), '-ERR syntax error\r\n');
    assert.equal(await run('SHUTDOWN', 'ABORT'), '-ERR No shutdown in progress.\r\n');
    assert.equal(await run('SHUTDOWN', 'SAVE'), '-ERR Errors trying to SHUTDOWN. Check logs.\r\n');
    const other = embedded.connect();
    other.resume();
    other.write(encode(['SHUTDOWN', 'NOSAVE']));
    await Promise.race([once(other, 'close'), sleep(2000).then(() => assert.fail('the connection lives on'))]);
  });
});
