// Data sets go to a real redis-server and come back, by RDB files: generated ones of every type and encoding that 7.0 has,
// with equal digests on both sides and nothing lost that digests do not tell (deadlines, groups, pending entries).

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import { Engine } from '../../src/engine/engine.ts';
import { formatDouble17 } from '../../src/lib/decimal.ts';
import { Prng } from '../../src/lib/prng.ts';
import { NONE } from '../../src/memory/flat-memory.ts';
import { RdbWriter } from '../../src/persistence/rdb/rdb-writer.ts';
import { fromBytes, toBytes } from '../../src/persistence/rdb/whole.ts';
import { dataDigest } from '../../src/server/commands/debug-digest.ts';
import { TableWalk } from '../../src/structures/hash-table.ts';
import { encode, TestClient } from '../support/engine-harness.ts';
import { RawConnection, type ServerProcess, SKIP_WITHOUT_REDIS, startRedis } from '../support/redis-server.ts';
import { DataSetGenerator } from './data-sets.ts';
import { LIMITS } from './encodings.ts';
import { frameEnd } from './reply-frames.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const DATA_SETS = Number(process.env['CINNABAR_DATA_SETS'] ?? 200);
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
});
