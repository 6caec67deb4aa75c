// Snapshots while commands go on: what is loaded from one is what was there when it began, whatever happened meanwhile.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import { Engine } from '../../src/engine/engine.ts';
import { fromLatin1 } from '../../src/lib/bytes.ts';
import { Prng } from '../../src/lib/prng.ts';
import { RdbSnapshotFormat } from '../../src/persistence/rdb/rdb-snapshot.ts';
import { fromBytes } from '../../src/persistence/rdb/whole.ts';
import { Rehearsal } from '../../src/persistence/rehearsal.ts';
import { Snapshot } from '../../src/persistence/snapshot.ts';
import { valueDigest } from '../../src/server/commands/debug-digest.ts';
import { CommandGenerator } from '../conformance/command-generator.ts';
import { bulkOf, elementsOf } from '../conformance/reply-frames.ts';
import { EngineHarness, TestClient } from '../support/engine-harness.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const ROUNDS = Number(process.env['CINNABAR_ROUNDS'] ?? 1);
const OPTIONS = { compress: true, checksum: true, aux: [] } as const;

/** Everything that there is: "database key" and a digest of the value, for streams also their consumer groups in words. */
function stateOf(engine: Engine): Map<string, string> {
  const state = new Map<string, string>();
  const client = new TestClient(engine, 999);
  for (const database of engine.keyspace.databases) {
    client.run('SELECT', String(database.index));
    for (const frame of elementsOf(client.run('KEYS', '*')) ?? []) {
      const key = bulkOf(frame)!;
      let value = valueDigest(engine, database, fromLatin1(key)) + client.run('PEXPIRETIME', key);
      if (client.run('TYPE', key) === '+stream\r\n') {
        // When a consumer was last active is not in the file: it is for readers who do not know of that.
        value += client.run('XINFO', 'STREAM', key, 'FULL', 'COUNT', '0').replace(/active-time\r\n:-?\d+/g, '');
      }
      state.set(`${database.index} ${key}`, value);
    }
  }
  engine.closeSession(client.session);
  return state;
}

function compareStates(actual: Map<string, string>, expected: Map<string, string>, what: string): void {
  for (const [key, value] of expected) {
    const found = actual.get(key);
    if (found === value) continue;
    if (found === undefined) assert.fail(`${what}: ${key} is missing`);
    let at = 0;
    while (found[at] === value[at]) at++;
    const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 80), at + 80));
    assert.fail(`${what}: ${key} is ${around(found)} instead of ${around(value)}`);
  }
  for (const key of actual.keys()) assert.ok(expected.has(key), `${what}: ${key} came later`);
}

/** Values that are written in parts. */
function addLargeValues(harness: EngineHarness): void {
  harness.run('SELECT', '0');
  for (let from = 0; from < 3000; from += 100) {
    const numbers = Array.from({ length: 100 }, (_, index) => String(from + index));
    harness.run('RPUSH', 'big:list', ...numbers.map((n) => `item ${n} ${'x'.repeat(40)}`));
    harness.run('SADD', 'big:set', ...numbers.map((n) => `member ${n}`));
    harness.run('HSET', 'big:hash', ...numbers.flatMap((n) => [`field ${n}`, `value ${n}`]));
    harness.run('ZADD', 'big:zset', ...numbers.flatMap((n) => [String(Number(n) / 3), `member ${n}`]));
    for (const n of numbers) harness.run('XADD', 'big:stream', `${Number(n) + 1}-0`, 'field', `value ${n}`);
  }
  harness.run('HPEXPIREAT', 'big:hash', '99999999999999', 'FIELDS', '2', 'field 17', 'field 1800');
  harness.run('XGROUP', 'CREATE', 'big:stream', 'group', '0');
  harness.run('XREADGROUP', 'GROUP', 'group', 'ann', 'COUNT', '1500', 'STREAMS', 'big:stream', '>');
  harness.run('XREADGROUP', 'GROUP', 'group', 'bob', 'COUNT', '700', 'STREAMS', 'big:stream', '>');
  harness.run('SET', 'big:string', 'abcdefgh'.repeat(40_000));
}

/** A change of one of the large values. */
function changeLarge(prng: Prng): string[] {
  const n = prng.below(3000);
  const changes = [
    ['LPUSH', 'big:list', 'new'],
    ['RPOP', 'big:list', '3'],
    ['LSET', 'big:list', String(prng.below(1000)), 'changed'],
    ['LREM', 'big:list', '1', `item ${n} ${'x'.repeat(40)}`],
    ['LINSERT', 'big:list', 'BEFORE', `item ${n} ${'x'.repeat(40)}`, 'inserted'],
    ['LTRIM', 'big:list', '5', '-5'],
    ['SADD', 'big:set', `new ${n}`],
    ['SREM', 'big:set', `member ${n}`],
    ['SPOP', 'big:set', '5'],
    ['HSET', 'big:hash', `field ${n}`, `other ${n} of another length`],
    ['HDEL', 'big:hash', `field ${n}`],
    ['HEXPIRE', 'big:hash', '100000', 'FIELDS', '1', `field ${n}`],
    ['ZADD', 'big:zset', String(n), `member ${prng.below(3000)}`],
    ['ZREM', 'big:zset', `member ${n}`],
    ['ZREMRANGEBYRANK', 'big:zset', '10', '20'],
    ['XADD', 'big:stream', '*', 'field', 'new'],
    ['XDEL', 'big:stream', `${n + 1}-0`],
    ['XTRIM', 'big:stream', 'MAXLEN', String(2900 - prng.below(50))],
    ['XACK', 'big:stream', 'group', `${n + 1}-0`, `${prng.below(2000)}-0`],
    ['XCLAIM', 'big:stream', 'group', 'cid', '0', `${n + 1}-0`],
    ['XREADGROUP', 'GROUP', 'group', 'dot', 'COUNT', '20', 'STREAMS', 'big:stream', '>'],
    ['XGROUP', 'DELCONSUMER', 'big:stream', 'group', prng.below(20) === 0 ? 'ann' : 'cid'],
    ['SETRANGE', 'big:string', String(prng.below(300_000)), 'changed'],
    ['APPEND', 'big:string', 'more'],
    ['SETBIT', 'big:string', String(n), '1'],
    ['RENAME', 'big:set', 'big:moved'],
    ['COPY', 'big:hash', 'big:copy', 'REPLACE'],
    ['EXPIRE', 'big:zset', '1000'],
  ];
  const drastic = [
    ['DEL', 'big:list'],
    ['UNLINK', 'big:zset'],
    ['SET', 'big:hash', 'overwritten'],
    ['DEL', 'big:stream'],
    ['XGROUP', 'DESTROY', 'big:stream', 'group'],
    ['SWAPDB', '0', '1'],
    ['FLUSHDB'],
    ['FLUSHALL', 'ASYNC'],
    ['SET', 'big:string', 'short'],
    ['MOVE', 'big:zset', '2'],
  ];
  const list = prng.below(60) === 0 ? drastic : changes;
  return list[prng.below(list.length)]!;
}

function finish(snapshot: Snapshot, format: RdbSnapshotFormat, between: () => void): Uint8Array {
  while (snapshot.step()) between();
  format.end();
  return format.bytes.slice(0, format.length);
}

test(`a snapshot is what was there when it began, seed ${SEED}`, () => {
  for (let round = 0; round < ROUNDS; round++) {
    const prng = new Prng(SEED + round);
    const harness = new EngineHarness({ seed: round + 1 });
    const { engine } = harness;
    const { keyspace, access } = engine;
    const generator = new CommandGenerator(SEED + round, ENGINE_COMMANDS);
    for (let cut = 0; cut < 3; cut++) {
      addLargeValues(harness);
      for (let index = 0; index < 2000; index++) harness.run('SET', `many:${index}`, `value ${index}`);
      for (const command of generator.batch(300)) harness.run(...command);
      harness.run('RESET');
      const expected = stateOf(engine);
      const format = new RdbSnapshotFormat(keyspace, access, 0, OPTIONS);
      const aside = new RdbSnapshotFormat(keyspace, access, 0, OPTIONS);
      aside.clear();
      const snapshot = new Snapshot(keyspace, format, aside);
      let change: string[] = [];
      const bytes = finish(snapshot, format, () => {
        // Changes come in bursts, so that walks get on between them.
        if (prng.below(4) !== 0) return;
        for (let count = prng.below(12); count > 0; count--) {
          change = prng.below(2) === 0 ? changeLarge(prng) : generator.batch(1).at(-1)!;
          harness.run(...change);
          if (prng.below(50) === 0) harness.run('RESET');
          if (prng.below(10) === 0) harness.advance(prng.below(30));
        }
      });
      const loaded = new Engine({ clock: harness.clock, seed: 77, commands: ENGINE_COMMANDS });
      fromBytes(loaded.keyspace, loaded.access, bytes, {});
      loaded.updateTime();
      compareStates(stateOf(loaded), expected, `seed ${SEED}, round ${round}, cut ${cut}`);
      harness.run('RESET');
      while (engine.work(1));
      engine.check();
    }
  }
});

test('a snapshot that is given up leaves nothing behind', () => {
  const harness = new EngineHarness();
  const { keyspace, access } = harness.engine;
  for (let steps = 0; steps < 300; steps += 23) {
    addLargeValues(harness);
    const format = new RdbSnapshotFormat(keyspace, access, 0, OPTIONS);
    const snapshot = new Snapshot(keyspace, format, new RdbSnapshotFormat(keyspace, access, 0, OPTIONS));
    for (let step = 0; step < steps; step++) snapshot.step();
    harness.run('DEL', 'big:list', 'big:set', 'big:stream');
    snapshot.abort();
    harness.run('FLUSHALL');
    while (harness.engine.work(1));
    harness.engine.check();
    assert.equal(keyspace.table.guard, null);
    assert.equal(keyspace.members.table.guard, null);
    assert.equal(keyspace.lists.quicklist.nodes.guard, null);
  }
});

test('a rehearsal changes nothing, is once, and not beside a snapshot', () => {
  const harness = new EngineHarness();
  const { engine } = harness;
  const { keyspace, access } = engine;
  addLargeValues(harness);
  let formats = 0;
  const newFormat = (): RdbSnapshotFormat => {
    formats++;
    return new RdbSnapshotFormat(keyspace, access, 0, OPTIONS);
  };
  const rehearsal = new Rehearsal(engine.clock, newFormat);
  rehearsal.look(keyspace);
  assert.equal(formats, 0, 'there are too few keys');
  for (let key = 0; key < 60_000; key++) harness.run('SET', `key:${key}`, 'value');
  const expected = stateOf(engine);
  const snapshot = new Snapshot(keyspace, newFormat(), newFormat());
  rehearsal.look(keyspace);
  assert.equal(formats, 2, 'a snapshot goes on');
  snapshot.abort();
  for (let look = 0; look < 100; look++) rehearsal.look(keyspace);
  assert.ok(formats > 2 && formats <= 2 + 2 * 40, `${formats} formats`);
  assert.equal(keyspace.table.guard, null);
  assert.equal(keyspace.disposals.keeper, null);
  compareStates(stateOf(engine), expected, 'after the rehearsal');
  engine.check();
});

test('what a snapshot still has to read counts as evicted', () => {
  for (const kind of ['set', 'list', 'string']) {
    for (const isGivenUp of [false, true]) {
      const harness = new EngineHarness();
      const { engine } = harness;
      const { keyspace, access } = engine;
      const { memory } = keyspace;
      for (let key = 0; key < 20; key++) {
        for (let from = 0; from < 4000; from += 500) {
          const items = Array.from({ length: 500 }, (_, index) => `item ${from + index} ${'x'.repeat(30)}`);
          if (kind === 'string') harness.run('APPEND', `k${key}`, items.join(','));
          else harness.run(kind === 'set' ? 'SADD' : 'RPUSH', `k${key}`, ...items);
        }
      }
      const format = new RdbSnapshotFormat(keyspace, access, 0, OPTIONS);
      const snapshot = new Snapshot(keyspace, format, new RdbSnapshotFormat(keyspace, access, 0, OPTIONS));
      const before = engine.usedMemory();
      engine.eviction.setPolicy('allkeys-random');
      engine.eviction.setTenacity(100);
      engine.eviction.setLimit(before - before / 10);
      harness.advance(10);
      const left = Number(harness.run('DBSIZE').slice(1));
      assert.ok(left >= 16 && left < 20, `${kind}: ${left} keys are left`);
      assert.ok(memory.heldBytes() > before / 20);
      if (isGivenUp) snapshot.abort();
      else while (snapshot.step());
      assert.equal(memory.heldBytes(), 0);
      harness.advance(10);
      assert.equal(harness.run('DBSIZE'), `:${left}\r\n`);
      assert.ok(engine.usedMemory() <= before * 0.91);
      engine.check();
    }
  }
});

test('a flushed database that a snapshot still has to read does not make new keys go', () => {
  const harness = new EngineHarness();
  const { engine } = harness;
  const { keyspace, access } = engine;
  for (let key = 0; key < 5000; key++) harness.run('SET', `k${key}`, 'x'.repeat(100));
  const format = new RdbSnapshotFormat(keyspace, access, 0, OPTIONS);
  const snapshot = new Snapshot(keyspace, format, new RdbSnapshotFormat(keyspace, access, 0, OPTIONS));
  harness.run('FLUSHALL', 'ASYNC');
  engine.eviction.setPolicy('allkeys-random');
  engine.eviction.setLimit(engine.usedMemory() - 100_000);
  for (let key = 0; key < 100; key++) harness.run('SET', `new${key}`, 'x'.repeat(100));
  harness.advance(10);
  assert.equal(harness.run('DBSIZE'), ':100\r\n');
  while (snapshot.step());
  assert.equal(keyspace.memory.heldBytes(), 0);
  harness.advance(100);
  assert.equal(harness.run('DBSIZE'), ':100\r\n');
  engine.check();
});
