// Data sets go to a real redis-server and come back, by RDB files: generated ones of every type and encoding that 7.0 has,
// with equal digests on both sides and nothing lost that digests do not tell (deadlines, groups, pending entries).

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import { Engine } from '../../src/engine/engine.ts';
import { fromLatin1 } from '../../src/lib/bytes.ts';
import { formatDouble17 } from '../../src/lib/decimal.ts';
import { Prng } from '../../src/lib/prng.ts';
import { NONE } from '../../src/memory/flat-memory.ts';
import { PERSISTENCE_COMMANDS } from '../../src/persistence/all-commands.ts';
import { payloadsOf } from '../../src/persistence/commands/dump.ts';
import { RdbWriter } from '../../src/persistence/rdb/rdb-writer.ts';
import { fromBytes, toBytes } from '../../src/persistence/rdb/whole.ts';
import { dataDigest, valueDigest } from '../../src/server/commands/debug-digest.ts';
import { TableWalk } from '../../src/structures/table-walk.ts';
import { encode, TestClient } from '../support/engine-harness.ts';
import { RawConnection, type ServerProcess, SKIP_WITHOUT_REDIS, startRedis } from '../support/redis-server.ts';
import { DataSetGenerator } from './data-sets.ts';
import { LIMITS } from './encodings.ts';
import { frameEnd } from './reply-frames.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const DATA_SETS = Number(process.env['CINNABAR_DATA_SETS'] ?? 200);
const DUMPED_SETS = Math.ceil(DATA_SETS / 10);
const COMMANDS = [...ENGINE_COMMANDS, ...PERSISTENCE_COMMANDS];
const THEIRS = fromLatin1('theirs');
/** Types whose payloads have one form only: strings, int sets, packed hashes, streams. */
const ALWAYS_EQUAL = new Set([0, 11, 16, 19]);
const REAL_CLOCK = { now: () => Date.now(), elapsed: () => performance.now() };

/** What OBJECT ENCODING calls the encodings that must all occur. */
const ENCODINGS = [
  ...['int', 'embstr', 'raw', 'list listpack', 'list quicklist', 'set intset', 'set listpack', 'set hashtable'],
  ...['hash listpack', 'hash hashtable', 'zset listpack', 'zset skiplist', 'stream stream'],
];

/** What is compared of a key beside the digest: its deadline, and all of a stream. */
function details(engine: Engine): Map<string, string> {
  const { keyspace } = engine;
  const writer = new RdbWriter(keyspace, engine.access);
  const walk = new TableWalk(keyspace.table);
  const found = new Map<string, string>();
  for (const database of keyspace.databases) {
    walk.start(database.root);
    for (let handle = walk.next(); handle !== NONE; handle = walk.next()) {
      keyspace.readKey(handle);
      const key = Buffer.from(keyspace.keyBytes.slice(keyspace.keyStart, keyspace.keyEnd)).toString('latin1');
      writer.dumpPayload(handle);
      const isStream = keyspace.records.type(handle) === 6;
      const dump = isStream ? Buffer.from(writer.bytes.slice(0, writer.length)).toString('hex') : '';
      writer.clear();
      found.set(`${database.index} ${key}`, `${keyspace.deadline(handle)} ${dump}`);
    }
  }
  return found;
}

function noteEncodings(client: TestClient, seen: Set<string>): void {
  for (const key of client
    .run('KEYS', '*')
    .split('\r\n')
    .filter((_, index) => index > 1 && index % 2 === 0)) {
    const encoding = client.run('OBJECT', 'ENCODING', key).split('\r\n')[1]!;
    const type = client.run('TYPE', key).slice(1).trimEnd();
    seen.add(type === 'string' ? encoding : `${type} ${encoding}`);
  }
}

describe('RDB files between this server and redis-server 7.0', { skip: SKIP_WITHOUT_REDIS }, () => {
  let server: ServerProcess;
  let connection: RawConnection;

  before(async () => {
    server = await startRedis(['--enable-debug-command', 'yes']);
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

  async function theirDigest(key: string): Promise<string> {
    return /[0-9a-f]{40}/.exec(await ask('DEBUG', 'DIGEST-VALUE', key))![0];
  }

  it(`generated data sets survive both ways, seed ${SEED}`, async () => {
    const file = join(server.directory, 'dump.rdb');
    const seen = new Set<string>();
    for (let number = 0; number < DATA_SETS; number++) {
      const name = `seed ${SEED}, data set ${number}`;
      const generator = new DataSetGenerator(new Prng([SEED, number]));
      const engine = new Engine({ clock: REAL_CLOCK, seed: number, commands: ENGINE_COMMANDS });
      for (const { usual, values, set } of LIMITS) set(engine, generator.oneIn(3) ? generator.pick(values) : usual);
      const client = new TestClient(engine, 1);
      for (const command of generator.commands()) {
        const reply = client.run(...command);
        assert(!reply.startsWith('-'), `${name}: ${command.join(' ').slice(0, 200)}: ${reply}`);
      }
      noteEncodings(client, seen);
      const digest = dataDigest(engine, formatDouble17);
      writeFileSync(file, toBytes(engine.keyspace, engine.access));
      assert.equal(await ask('DEBUG', 'RELOAD', 'NOSAVE'), '+OK\r\n', name);
      assert.equal(await ask('DEBUG', 'DIGEST'), `+${digest}\r\n`, `${name}: as redis-server loaded it`);
      assert.equal(await ask('SAVE'), '+OK\r\n', name);
      const back = new Engine({ clock: REAL_CLOCK, seed: number + 1, commands: ENGINE_COMMANDS });
      const loader = fromBytes(back.keyspace, back.access, readFileSync(file), { sliceBytes: 1024 });
      assert.equal(loader.version, 10);
      back.keyspace.check();
      assert.equal(dataDigest(back, formatDouble17), digest, `${name}: as it came back`);
      assert.deepEqual(details(back), details(engine), name);
    }
    assert.deepEqual(
      ENCODINGS.filter((encoding) => !seen.has(encoding)),
      [],
      'every encoding occurs',
    );
  });

  it(`DUMP payloads of generated values go both ways, byte-equal where the form is the same, seed ${SEED}`, async () => {
    assert.equal(await ask('CONFIG', 'SET', 'rdbcompression', 'no'), '+OK\r\n');
    const types = new Set<number>();
    let equal = 0;
    for (let number = 0; number < DUMPED_SETS; number++) {
      const name = `seed ${SEED}, data set ${number}`;
      const generator = new DataSetGenerator(new Prng([SEED, number + 1_000_000]));
      const engine = new Engine({ clock: REAL_CLOCK, seed: number, commands: COMMANDS });
      const client = new TestClient(engine, 1);
      payloadsOf(engine.keyspace, engine.access).writer.compress = false;
      await ask('FLUSHALL');
      const keys = new Set<string>();
      for (const command of generator.commands()) {
        if (command[0] === 'SELECT' || command[0] === 'PEXPIREAT') continue;
        client.run(...command);
        await ask(...command);
        keys.add(command[0]!.startsWith('XGROUP') ? command[2]! : command[1]!);
      }
      keys.delete('GROUP');
      for (const key of keys) {
        const theirs = await ask('DUMP', key);
        const payload = theirs.slice(theirs.indexOf('\r\n') + 2, -2);
        types.add(payload.charCodeAt(0));
        assert.equal(client.run('RESTORE', 'theirs', '0', payload, 'REPLACE'), '+OK\r\n', `${name}: ${key}`);
        const digest = await theirDigest(key);
        const restored = valueDigest(engine, engine.keyspace.databases[0]!, THEIRS, formatDouble17);
        assert.equal(restored, digest, `${name}: ${key} restored here`);
        const ours = client.run('DUMP', 'theirs');
        if (ours === theirs) equal++;
        else assert(!ALWAYS_EQUAL.has(payload.charCodeAt(0)), `${name}: ${key} is dumped as it was`);
        const back = ours.slice(ours.indexOf('\r\n') + 2, -2);
        assert.equal(await ask('RESTORE', 'ours', '0', back, 'REPLACE'), '+OK\r\n', `${name}: ${key} there`);
        assert.equal(await theirDigest('ours'), digest, `${name}: ${key} came back`);
      }
      engine.check();
    }
    assert.deepEqual([...types].sort(), [0, 11, 16, 17, 18, 19, 2, 4, 5], 'every type that 7.0 writes occurs');
    assert(equal > 0);
  });
});
