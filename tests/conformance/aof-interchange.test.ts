// The append-only log goes to a real redis-server and comes back: what is written here as commands is loaded there and is
// written there, command for command, as it was here; logs of either are read by the other.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import { Engine } from '../../src/engine/engine.ts';
import { ObeyedCommands } from '../../src/engine/obeyed-commands.ts';
import { nodeDisk } from '../../src/host/node-disk.ts';
import { toLatin1 } from '../../src/lib/bytes.ts';
import { formatDouble17 } from '../../src/lib/decimal.ts';
import { Prng } from '../../src/lib/prng.ts';
import { NONE } from '../../src/memory/flat-memory.ts';
import { AofReader } from '../../src/persistence/aof/aof-reader.ts';
import { AppendFiles } from '../../src/persistence/aof/append-files.ts';
import { AppendLog } from '../../src/persistence/aof/append-log.ts';
import { CommandScanner, SCAN_COMMAND } from '../../src/persistence/aof/command-scanner.ts';
import { CommandWriter } from '../../src/persistence/aof/command-writer.ts';
import { RdbLoader } from '../../src/persistence/rdb/rdb-reader.ts';
import { dataDigest } from '../../src/server/commands/debug-digest.ts';
import { TableWalk } from '../../src/structures/table-walk.ts';
import { writeAll } from '../../src/world/disk.ts';
import { encode, TestClient } from '../support/engine-harness.ts';
import { RawConnection, type ServerProcess, SKIP_WITHOUT_REDIS, startRedis } from '../support/redis-server.ts';
import { DataSetGenerator } from './data-sets.ts';
import { frameEnd } from './reply-frames.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const DATA_SETS = Number(process.env['CINNABAR_DATA_SETS'] ?? 200);
/** Each of them waits for a rewrite. */
const REWRITTEN_SETS = Math.ceil(DATA_SETS / 8);
const REAL_CLOCK = { now: () => Date.now(), elapsed: () => performance.now() };

function newEngine(seed: number): Engine {
  return new Engine({ clock: REAL_CLOCK, seed, commands: ENGINE_COMMANDS });
}

function writeDataSet(engine: Engine): CommandWriter {
  const { keyspace } = engine;
  const writer = new CommandWriter(keyspace);
  const walk = new TableWalk(keyspace.table);
  for (const database of keyspace.databases) {
    if (keyspace.count(database) === 0) continue;
    writer.selectDatabase(database.index);
    walk.start(database.root);
    for (let handle = walk.next(); handle !== NONE; handle = walk.next()) writer.record(handle);
  }
  return writer;
}

/** Loads the log that is in a server's directory. */
function readLog(directory: string): { engine: Engine; logged: string[] } {
  const engine = newEngine(1);
  const logged: string[] = [];
  const log = (_level: string, line: string) => logged.push(line);
  const files = new AppendFiles({
    disk: nodeDisk,
    parent: directory,
    directoryName: 'appendonlydir',
    filename: 'appendonly.aof',
    log,
  });
  files.load();
  const obeyed = new ObeyedCommands(engine);
  const reader = new AofReader({
    disk: nodeDisk,
    clock: REAL_CLOCK,
    databases: 16,
    loadTruncated: false,
    corruptTailBytesMax: 0,
    loadRdb: (source) =>
      new RdbLoader(engine.keyspace, engine.access, source, { expireAt: null, duplicates: 'refuse' }).load(),
    apply: (database, bytes, starts, ends, count) => {
      assert.equal(obeyed.run(engine.keyspace.databases[database]!, bytes, starts, ends, count), '');
    },
    log,
  });
  for (const _ of reader.read(files));
  engine.check();
  return { engine, logged };
}

/**
 * What the commands of a base say, in an order of its own: keys, the items of a set, hash or sorted set and the pending
 * entries of a group come as they lie in memory. Scores are printed anew: 7.0 writes 17 digits.
 */
function normalised(bytes: Uint8Array): string[] {
  const scanner = new CommandScanner();
  const found: string[] = [];
  let database = '0';
  const batches = new Map<string, number>();
  for (let at = 0; at < bytes.length; at = scanner.end) {
    assert.equal(scanner.scan(bytes, at, bytes.length), SCAN_COMMAND);
    const { starts, ends, count } = scanner;
    const args = Array.from({ length: count }, (_, index) => toLatin1(bytes, starts[index]!, ends[index]!));
    const [name, key] = args as [string, string];
    const width = { SADD: 1, ZADD: 2, HMSET: 2 }[name];
    if (name === 'SELECT') database = key;
    else if (width === undefined) {
      // The order of lists and of entries counts.
      const number = batches.get(`${name} ${key}`) ?? 0;
      batches.set(`${name} ${key}`, number + 1);
      found.push(JSON.stringify([database, name === 'RPUSH' || name === 'XADD' ? number : '', ...args]));
    } else {
      const isLast = args.length < 2 + 64 * width;
      found.push(JSON.stringify([database, name, key, isLast ? args.length : 'full']));
      for (let index = 2; index < args.length; index += width) {
        const item = args.slice(index, index + width);
        if (name === 'ZADD') item[0] = String(Number(item[0]!.replace('inf', 'Infinity')));
        found.push(JSON.stringify([database, name, key, ...item]));
      }
    }
  }
  return found.sort();
}

describe('the append-only log between this server and redis-server 7.0', { skip: SKIP_WITHOUT_REDIS }, () => {
  let server: ServerProcess;
  let connection: RawConnection;
  const arguments_ = ['--enable-debug-command', 'yes', '--appendonly', 'yes', '--aof-use-rdb-preamble', 'no'];

  before(async () => {
    server = await startRedis([...arguments_, '--auto-aof-rewrite-percentage', '0', '--appendfsync', 'no']);
    connection = await RawConnection.open(server.port);
  });

  after(async () => {
    connection.close();
    await server.stop();
  });

  async function ask(...args: string[]): Promise<string> {
    connection.write(encode(args));
    return connection.read((text) => frameEnd(text, 0) >= 0);
  }

  async function rewrite(): Promise<void> {
    assert.match(await ask('BGREWRITEAOF'), /^\+Background/);
    for (;;) {
      const info = await ask('INFO', 'persistence');
      if (/aof_rewrite_in_progress:0/.test(info) && /aof_rewrite_scheduled:0/.test(info)) return;
      await new Promise((done) => setTimeout(done, 5));
    }
  }

  function generated(number: number): { engine: Engine; commands: (readonly string[])[] } {
    const generator = new DataSetGenerator(new Prng([SEED, number + 2_000_000]));
    const engine = newEngine(number);
    const client = new TestClient(engine, 1);
    const commands = [...generator.commands()];
    for (const command of commands) assert.doesNotMatch(client.run(...command), /^-/);
    return { engine, commands };
  }

  it(`what is written here as commands makes the same data set there, seed ${SEED}`, async () => {
    for (let number = 0; number < DATA_SETS; number++) {
      const { engine } = generated(number);
      const writer = writeDataSet(engine);
      await ask('FLUSHALL');
      connection.write(toLatin1(writer.bytes, 0, writer.length));
      const digest = dataDigest(engine, formatDouble17);
      connection.write(encode(['DEBUG', 'DIGEST']));
      const replies = await connection.read((text) => /\+[0-9a-f]{40}\r\n$/.test(text));
      assert.doesNotMatch(replies, /^-/m);
      assert.ok(replies.endsWith(`+${digest}\r\n`), `seed ${SEED}, data set ${number}`);
      await ask('SELECT', '0');
    }
  });

  it(`what is written there as commands is what is written here, and is read back, seed ${SEED}`, async () => {
    for (let number = 0; number < REWRITTEN_SETS; number++) {
      const name = `seed ${SEED}, data set ${number}`;
      const { engine, commands } = generated(number);
      await ask('FLUSHALL');
      for (const command of commands) await ask(...command);
      await rewrite();
      const directory = join(server.directory, 'appendonlydir');
      const base = readdirSync(directory).find((file) => file.endsWith('.base.aof'))!;
      const writer = writeDataSet(engine);
      const ours = normalised(writer.bytes.subarray(0, writer.length));
      // Delivery times are those of two clocks. Since 7.2 claims make their consumer also when they get nothing, and how
      // many entries a group has read is guessed otherwise.
      const withoutTimes = (lines: string[]) =>
        lines
          .filter((line) => !line.includes('"CREATECONSUMER"'))
          .map((line) => line.replace(/"TIME","\d+"|"ENTRIESREAD","-?\d+"/, ''));
      const theirs = withoutTimes(normalised(readFileSync(join(directory, base))));
      assert.deepEqual(withoutTimes(ours), theirs, name);
      const back = readLog(server.directory).engine;
      assert.equal(dataDigest(back, formatDouble17), dataDigest(engine, formatDouble17), name);
    }
  });

  it('a log that was begun there goes on, with commands in increments, units and several databases', async () => {
    await ask('FLUSHALL');
    await rewrite();
    for (const command of [
      'SET a 1',
      'MULTI',
      'INCR a',
      'RPUSH l x y',
      'EXEC',
      'SELECT 3',
      'SADD s 1 2',
      'EXPIRE s 10000',
    ]) {
      await ask(...command.split(' '));
    }
    const digest = await ask('DEBUG', 'DIGEST');
    const { engine, logged } = readLog(server.directory);
    assert.equal(`+${dataDigest(engine, formatDouble17)}\r\n`, digest);
    assert.match(logged.join(), /DB loaded from base file .*DB loaded from incr file /);
    await ask('SELECT', '0');
  });

  it('a base that is a snapshot is read, and so is a log of one file that begins with one', async () => {
    await ask('CONFIG', 'SET', 'aof-use-rdb-preamble', 'yes');
    for (const command of ['FLUSHALL', 'SET a 1', 'RPUSH l x y', 'XADD s 1-1 f v', 'SELECT 7', 'SET b 2 EX 1000']) {
      await ask(...command.split(' '));
    }
    await rewrite();
    for (const command of ['SET c 3', 'SELECT 0', 'LPOP l', 'CONFIG SET aof-use-rdb-preamble no']) {
      await ask(...command.split(' '));
    }
    const digest = await ask('DEBUG', 'DIGEST');
    const { engine, logged } = readLog(server.directory);
    assert.equal(`+${dataDigest(engine, formatDouble17)}\r\n`, digest);
    assert.equal(logged[0], 'Reading RDB base file on AOF loading...');
    const log = join(server.directory, 'appendonlydir');
    const names = readdirSync(log);
    const parts = [names.find((name) => name.endsWith('.rdb'))!, names.find((name) => name.endsWith('.incr.aof'))!];
    const directory = join(server.directory, 'single');
    mkdirSync(directory);
    writeFileSync(join(directory, 'appendonly.aof'), Buffer.concat(parts.map((name) => readFileSync(join(log, name)))));
    const single = readLog(directory);
    assert.equal(`+${dataDigest(single.engine, formatDouble17)}\r\n`, digest);
    assert.deepEqual(single.logged.slice(1, 3), [
      'Reading RDB preamble from AOF file...',
      'Reading the remaining AOF tail...',
    ]);
  });

  it('files that are written here load there, the log goes on, and comes back', async () => {
    const { engine } = generated(1);
    const directory = join(server.directory, 'ours');
    mkdirSync(directory);
    const files = new AppendFiles({
      disk: nodeDisk,
      parent: directory,
      directoryName: 'appendonlydir',
      filename: 'appendonly.aof',
      log: () => undefined,
    });
    const log = new AppendLog(REAL_CLOCK, { durable: () => {}, changed: () => {}, log: () => {} });
    log.timestamps = true;
    files.load();
    files.openAtStart(log, 'aof', (file) => {
      const writer = writeDataSet(engine);
      writeAll(file, writer.bytes.subarray(0, writer.length));
    });
    engine.propagation.attach(log);
    const client = new TestClient(engine, 2);
    for (const command of ['SET after 1', 'SELECT 4', 'MULTI', 'INCR n', 'LPUSH l a b', 'EXEC', 'SETEX t 1000 v']) {
      client.run(...command.split(' '));
    }
    assert.ok(log.close());
    const loaded = await startRedis([...arguments_, '--dir', directory]);
    try {
      const other = await RawConnection.open(loaded.port);
      other.write(encode(['DEBUG', 'DIGEST']) + encode(['SET', 'there', 'too']) + encode(['DEBUG', 'DIGEST']));
      const replies = await other.read((text) => /\+OK\r\n\+[0-9a-f]{40}\r\n$/.test(text));
      assert.ok(replies.startsWith(`+${dataDigest(engine, formatDouble17)}\r\n`));
      other.write(encode(['SHUTDOWN']));
      await other.read(() => false, 30_000);
      other.close();
      const back = readLog(directory).engine;
      assert.ok(replies.endsWith(`+${dataDigest(back, formatDouble17)}\r\n`));
    } finally {
      await loaded.stop();
      rmSync(directory, { recursive: true });
    }
  });

  it('a log of one file from before Redis 7 is taken over', async () => {
    const directory = join(server.directory, 'old');
    mkdirSync(directory);
    writeFileSync(join(directory, 'appendonly.aof'), encode(['SELECT', '2']) + encode(['SET', 'k', 'v']));
    const { engine, logged } = readLog(directory);
    assert.equal(engine.keyspace.count(engine.keyspace.databases[2]!), 1);
    assert.match(logged[0]!, /^Successfully migrated an old-style AOF file/);
  });
});
