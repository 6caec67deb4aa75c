// Append-only logs with damage: at every 16th byte, and by mutations. They are refused, read up to the damage, or read as
// what the bytes now say; never is there a crash, a hang, or memory beyond what the file has.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import { Engine } from '../../src/engine/engine.ts';
import { ObeyedCommands } from '../../src/engine/obeyed-commands.ts';
import { SimulatedDisk } from '../../src/host/simulated-disk.ts';
import { fromLatin1, toLatin1 } from '../../src/lib/bytes.ts';
import { Prng } from '../../src/lib/prng.ts';
import { Settings } from '../../src/lib/settings.ts';
import { NONE } from '../../src/memory/flat-memory.ts';
import { AofError, AofReader } from '../../src/persistence/aof/aof-reader.ts';
import { AppendFiles } from '../../src/persistence/aof/append-files.ts';
import { CommandWriter } from '../../src/persistence/aof/command-writer.ts';
import { Loading, LoadingError } from '../../src/persistence/loading.ts';
import type { PersistenceHost } from '../../src/persistence/persistence-host.ts';
import { toBytes } from '../../src/persistence/rdb/whole.ts';
import { DIRECTIVES } from '../../src/server/config/table.ts';
import { TableWalk } from '../../src/structures/table-walk.ts';
import { ManualClock } from '../../src/world/clock.ts';
import { writeAll } from '../../src/world/disk.ts';
import { DataSetGenerator } from '../conformance/data-sets.ts';
import { EngineHarness, encode, START } from '../support/engine-harness.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const MUTATIONS = Number(process.env['CINNABAR_MUTATIONS'] ?? 10_000);
/** Mutated are pieces of a log, so that most of the time goes into what is mutated. */
const PIECE_BYTES = 4096;
const MEMORY_BYTES = 64 * 1024 * 1024;
const LOAD_MS_MAX = 5000;

/** A log with all types. */
function newLog(seed: number): Uint8Array {
  const harness = new EngineHarness();
  const generator = new DataSetGenerator(new Prng(seed));
  for (let set = 0; set < 3; set++) for (const command of generator.commands()) harness.run(...command);
  const { keyspace } = harness.engine;
  const writer = new CommandWriter(keyspace);
  const walk = new TableWalk(keyspace.table);
  for (const database of keyspace.databases) {
    writer.selectDatabase(database.index);
    walk.start(database.root);
    for (let handle = walk.next(); handle !== NONE; handle = walk.next()) writer.record(handle);
  }
  return writer.bytes.slice(0, writer.length);
}

/** One for many logs, emptied between them: a new one takes longer than a log. */
const engine = new Engine({ clock: new ManualClock(START), seed: 1, commands: ENGINE_COMMANDS });
const obeyed = new ObeyedCommands(engine);
const FLUSHALL = fromLatin1('FLUSHALL');

let refused = 0;
let loaded = 0;

/** Runs what loads a file: it must not take long, nor more memory than twice the file and 64 MB. */
function bounded(bytes: number, label: string, run: () => void): void {
  const started = performance.now();
  const before = process.memoryUsage().arrayBuffers;
  run();
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < bytes * 2 + MEMORY_BYTES, `${label}: took ${grown} bytes for ${bytes}`);
  assert.ok(performance.now() - started < LOAD_MS_MAX, `${label}: took too long`);
}

/** Loads a log; whatever it says, only an AofError may come of it, and the engine is whole after. */
function load(content: Uint8Array, label: string): void {
  const disk = new SimulatedDisk(1);
  disk.makeDirectory('d');
  for (const [name, bytes] of [
    ['d/aof.manifest', fromLatin1('file log seq 1 type i\n')],
    ['d/log', content],
  ] as const) {
    writeAll(disk.open(name, 'create'), bytes);
  }
  const log = () => undefined;
  const files = new AppendFiles({ disk, parent: '.', directoryName: 'd', filename: 'aof', log });
  files.load();
  const reader = new AofReader({
    disk,
    clock: engine.clock,
    databases: 16,
    loadTruncated: true,
    corruptTailBytesMax: content.length % 2 === 0 ? 0 : 100,
    loadRdb: () => assert.fail('no snapshot'),
    apply: (database, bytes, starts, ends, count) => {
      const error = obeyed.run(engine.keyspace.databases[database]!, bytes, starts, ends, count);
      if (error === null) throw new AofError(`Unknown command '${toLatin1(bytes, starts[0]!, ends[0]!)}'`);
    },
    log,
  });
  bounded(content.length, label, () => {
    try {
      for (const _ of reader.read(files));
      loaded++;
    } catch (error) {
      if (!(error instanceof AofError)) throw new Error(label, { cause: error });
      refused++;
    }
  });
  empty();
}

/** Empties the engine, which must be whole. */
function empty(): void {
  engine.check();
  obeyed.run(engine.keyspace.databases[0]!, FLUSHALL, Int32Array.of(0), Int32Array.of(FLUSHALL.length), 1);
}

const settings = new Settings(DIRECTIVES);

/** Loads the whole log of a directory as a server does; whether it was taken. */
function loadDirectory(base: Uint8Array, increment: Uint8Array, label: string): boolean {
  const disk = new SimulatedDisk(1);
  disk.makeDirectory('d');
  for (const [name, bytes] of [
    ['d/aof.manifest', fromLatin1('file base seq 1 type b\nfile log seq 1 type i\n')],
    ['d/base', base],
    ['d/log', increment],
  ] as const) {
    writeAll(disk.open(name, 'create'), bytes);
  }
  const log = () => undefined;
  const host = { engine, settings, disk, log } as unknown as PersistenceHost;
  const files = new AppendFiles({ disk, parent: '.', directoryName: 'd', filename: 'aof', log });
  files.load();
  let isTaken = true;
  bounded(base.length + increment.length, label, () => {
    try {
      for (const _ of new Loading(host).appendLog(files));
    } catch (error) {
      if (!(error instanceof LoadingError)) throw new Error(label, { cause: error });
      isTaken = false;
    }
  });
  empty();
  return isTaken;
}

test(`damage at every 16th byte, seed ${SEED}`, () => {
  const content = newLog(SEED);
  const damaged = content.slice(0, 32_768);
  const prng = new Prng(SEED);
  for (let at = 0; at < damaged.length; at += 16) {
    const before = damaged[at]!;
    damaged[at] = before ^ (1 + prng.below(255));
    const first = Math.max(0, at - PIECE_BYTES);
    load(damaged.subarray(startOfCommand(damaged, first), Math.min(damaged.length, at + PIECE_BYTES)), `byte ${at}`);
    damaged[at] = before;
  }
  assert.ok(refused > 0 && loaded > 0);
});

test(`${MUTATIONS} mutations, seed ${SEED}`, () => {
  const content = newLog(SEED + 1);
  const prng = new Prng(SEED + 1);
  for (let mutation = 0; mutation < MUTATIONS; mutation++) {
    const from = startOfCommand(content, prng.below(Math.max(1, content.length - PIECE_BYTES)));
    const piece = Array.from(content.subarray(from, from + 200 + prng.below(PIECE_BYTES / 4)));
    for (let edits = 1 + prng.below(4); edits > 0; edits--) mutate(piece, prng);
    load(Uint8Array.from(piece), `mutation ${mutation}`);
  }
  assert.ok(refused > 0 && loaded > 0);
});

test(`damage of a base that is a snapshot is always noticed, seed ${SEED}`, () => {
  const harness = new EngineHarness();
  for (const command of new DataSetGenerator(new Prng(SEED)).commands()) harness.run(...command);
  const base = toBytes(harness.engine.keyspace, harness.engine.access);
  const increment = fromLatin1(encode(['SELECT', '0']) + encode(['SET', 'last', 'one']));
  assert.ok(loadDirectory(base, increment, 'the sound one'));
  const prng = new Prng(SEED);
  for (let at = 0; at < base.length; at += 16) {
    const damaged = base.slice();
    damaged[at]! ^= 1 + prng.below(255);
    assert.ok(!loadDirectory(damaged, increment, `byte ${at}`), `byte ${at}`);
    assert.ok(!loadDirectory(base.subarray(0, at), increment, `cut at ${at}`) || at === 0, `cut at ${at}`);
  }
});

/** Where a command begins, near a place. */
function startOfCommand(content: Uint8Array, near: number): number {
  for (let at = near; at < content.length - 3; at++) {
    if (content[at] === 42 && (at === 0 || content[at - 1] === 10) && content[at + 2] === 13) return at;
  }
  return 0;
}

const DIGITS = fromLatin1('0123456789-');

function mutate(bytes: number[], prng: Prng): void {
  const at = prng.below(bytes.length);
  const to = prng.below(bytes.length);
  switch (prng.below(6)) {
    case 0:
      bytes[at] = prng.below(256);
      return;
    case 1:
      bytes.splice(at, 1 + prng.below(20));
      if (bytes.length === 0) bytes.push(42);
      return;
    case 2:
      bytes.splice(at, 0, ...bytes.slice(to, to + prng.below(60)));
      return;
    case 3:
      bytes.splice(at, 0, ...fromLatin1('*1\r\n$5\r\nMULTI\r\n'));
      return;
    case 4:
      bytes.fill(0, at, at + prng.below(100));
      return;
    default: {
      // Lengths and numbers become others.
      const digit = bytes.findIndex((byte, index) => index >= at && byte >= 48 && byte <= 57);
      if (digit >= 0) bytes[digit] = DIGITS[prng.below(DIGITS.length)]!;
    }
  }
}
