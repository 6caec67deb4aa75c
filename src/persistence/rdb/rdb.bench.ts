// Saving and loading whole data sets: `npx node src/persistence/rdb/rdb.bench.ts [keys in thousands]`. Strings of 16 bytes
// under keys of 16, and collections of a million elements; with redis-server's times for the same, where one is installed.
// Files go to the system's directory for such, memory's speed where that is in memory.

import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RawConnection, SKIP_WITHOUT_REDIS, startRedis } from '../../../tests/support/redis-server.ts';
import { ENGINE_COMMANDS } from '../../engine/all-commands.ts';
import { Engine } from '../../engine/engine.ts';
import { writeLatin1 } from '../../lib/bytes.ts';
import { NONE } from '../../memory/flat-memory.ts';
import { FileSource } from '../file-source.ts';
import { RdbLoader } from './rdb-reader.ts';
import { RdbWriter } from './rdb-writer.ts';
import { writeAll } from './whole.ts';

const KEYS = Number(process.argv[2] ?? 5000) * 1000;
const ELEMENTS = 1_000_000;
const REAL_CLOCK = { now: () => Date.now(), elapsed: () => performance.now() };

function newEngine(): Engine {
  return new Engine({ clock: REAL_CLOCK, seed: 1, commands: ENGINE_COMMANDS });
}

const text = new Uint8Array(64);
/** "key:000000000042" and its like. */
function numbered(prefix: string, number: number): number {
  return writeLatin1(prefix + String(number).padStart(16 - prefix.length, '0'), text, 0);
}

const FILLS: Readonly<Record<string, (engine: Engine) => void>> = {
  strings: ({ keyspace }) => {
    const [database] = keyspace.databases;
    const value = new Uint8Array(16).fill(120);
    for (let number = 0; number < KEYS; number++) {
      const end = numbered('key:', number);
      keyspace.memory.admit(64);
      keyspace.findEvenExpired(database!, text, 0, end);
      keyspace.setString(database!, NONE, text, 0, end, value, 0, 16, false);
    }
  },
  set: ({ keyspace }) => addMembers(keyspace, 'sets'),
  hash: ({ keyspace }) => addMembers(keyspace, 'hashes'),
  'sorted set': ({ keyspace }) => addMembers(keyspace, 'sortedSets'),
  list: ({ keyspace }) => addMembers(keyspace, 'lists'),
};

type Kind = 'sets' | 'hashes' | 'sortedSets' | 'lists';

function addMembers(keyspace: Engine['keyspace'], kind: Kind): void {
  const { sets, hashes, sortedSets, lists } = keyspace;
  const key = Uint8Array.of(107);
  const end = numbered('member:', 0);
  let handle = NONE;
  if (kind === 'sets') handle = sets.create(key, 0, 1, 0, text, 0, end, ELEMENTS);
  if (kind === 'hashes') handle = hashes.create(key, 0, 1, 0);
  if (kind === 'sortedSets') handle = sortedSets.create(key, 0, 1, 0, end, ELEMENTS);
  const ranges = [new Int32Array([0]), new Int32Array([16])] as const;
  for (let number = 0; number < ELEMENTS; number++) {
    keyspace.memory.admit(4096);
    numbered('member:', number);
    if (kind === 'sets') sets.add(handle, text, 0, 16);
    else if (kind === 'hashes') {
      hashes.set(handle, text, 0, 16, text, 0, 16, false);
      handle = hashes.record;
    } else if (kind === 'sortedSets') {
      sortedSets.score[0] = (number * 7919) % ELEMENTS;
      sortedSets.add(handle, text, 0, 16, 0);
    } else if (number === 0) handle = lists.create(key, 0, 1, 0, text, ...ranges, 0, 1, true);
    else {
      lists.push(handle, text, ...ranges, 0, 1, true);
      handle = lists.record;
    }
  }
  keyspace.findEvenExpired(keyspace.databases[0]!, key, 0, 1);
  keyspace.insert(keyspace.databases[0]!, handle);
}

function seconds(run: () => void): number {
  const started = performance.now();
  run();
  return (performance.now() - started) / 1000;
}

function save(engine: Engine, path: string): number {
  const file = openSync(path, 'w');
  const taken = seconds(() =>
    writeAll(engine.keyspace, new RdbWriter(engine.keyspace, engine.access), [], (bytes, length) => {
      writeSync(file, bytes, 0, length);
    }),
  );
  closeSync(file);
  return taken;
}

function load(path: string): number {
  const engine = newEngine();
  const file = openSync(path, 'r');
  const source = new FileSource({
    read: (bytes, start, end, position) => readSync(file, bytes, start, end - start, position),
    size: () => fstatSync(file).size,
  });
  const loader = new RdbLoader(engine.keyspace, engine.access, source, { expireAt: null, duplicates: 'refuse' });
  const taken = seconds(() => {
    for (const _ of loader.load());
  });
  closeSync(file);
  return taken;
}

/** What redis-server takes to load a file and to save what it loaded, by its own log and clock. */
async function theirs(path: string): Promise<{ load: number; save: number }> {
  const server = await startRedis(['--enable-debug-command', 'yes', '--save', '']);
  execFileSync('cp', [path, join(server.directory, 'dump.rdb')]);
  const connection = await RawConnection.open(server.port);
  const timed = async (command: string) => {
    const started = performance.now();
    connection.write(command);
    const reply = await connection.read((got) => got.includes('\r\n'), 120_000);
    if (reply !== '+OK\r\n') throw new Error(reply);
    return (performance.now() - started) / 1000;
  };
  const loading = await timed('DEBUG RELOAD NOSAVE\r\n');
  const saving = await timed('SAVE\r\n');
  connection.close();
  await server.stop();
  return { load: loading, save: saving };
}

async function measure(name: string, directory: string): Promise<void> {
  const path = join(directory, 'dump.rdb');
  let engine: Engine | null = newEngine();
  FILLS[name]!(engine);
  const saving = save(engine, path);
  engine = null;
  const loading = load(path);
  const bytes = statSync(path).size;
  const megabytes = (bytes / 1e6).toFixed(0);
  console.log(`${name.padEnd(12)} ${megabytes} MB: saved in ${saving.toFixed(2)} s, loaded in ${loading.toFixed(2)} s`);
  if (SKIP_WITHOUT_REDIS !== false) return;
  const their = await theirs(path);
  const ratio = (ours: number, other: number) => `${(other / ours).toFixed(2)} times as fast`;
  console.log(
    `  redis-server: saved in ${their.save.toFixed(2)} s, loaded in ${their.load.toFixed(2)} s; ` +
      `we save ${ratio(saving, their.save)}, load ${ratio(loading, their.load)}`,
  );
}

const only = process.argv[3];
const directory = mkdtempSync(join(tmpdir(), 'cinnabar-bench-'));
try {
  for (const name of Object.keys(FILLS)) if (only === undefined || only === name) await measure(name, directory);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
