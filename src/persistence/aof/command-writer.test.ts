import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../../tests/support/engine-harness.ts';
import { toLatin1 } from '../../lib/bytes.ts';
import { Prng } from '../../lib/prng.ts';
import { NONE } from '../../memory/flat-memory.ts';
import { TableWalk } from '../../structures/table-walk.ts';
import { Snapshot } from '../snapshot.ts';
import { CommandScanner, SCAN_COMMAND } from './command-scanner.ts';
import { CommandWriter } from './command-writer.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

/** What a writer has written, as lines of words. */
function linesOf(writer: CommandWriter): string[] {
  const scanner = new CommandScanner();
  const lines: string[] = [];
  for (let at = 0; at < writer.length; at = scanner.end) {
    assert.equal(scanner.scan(writer.bytes, at, writer.length), SCAN_COMMAND, `at ${at}`);
    const { starts, ends, count } = scanner;
    lines.push(Array.from({ length: count }, (_, i) => toLatin1(writer.bytes, starts[i]!, ends[i]!)).join(' '));
  }
  return lines;
}

/** All keys of database 0, each in one go. */
function writeWhole(harness: EngineHarness): CommandWriter {
  const { keyspace } = harness.engine;
  const writer = new CommandWriter(keyspace);
  const walk = new TableWalk(keyspace.table);
  walk.start(keyspace.databases[0]!.root);
  for (let handle = walk.next(); handle !== NONE; handle = walk.next()) writer.record(handle);
  return writer;
}

function written(...commands: string[]): string[] {
  const harness = new EngineHarness();
  for (const command of commands) {
    const reply = harness.run(...command.split(' '));
    assert.ok(!reply.startsWith('-'), `${command}: ${reply}`);
  }
  return linesOf(writeWhole(harness));
}

test('values are written as Redis writes them', () => {
  const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
    [['SET s text'], ['SET s text']],
    [['SET n -42'], ['SET n -42']],
    [['SET n 9007199254740993'], ['SET n 9007199254740993']],
    [['SET s v PXAT 32503680000000'], ['SET s v', 'PEXPIREAT s 32503680000000']],
    [['RPUSH l a 1 c'], ['RPUSH l a 1 c']],
    [['SADD i 3 1 2'], ['SADD i 1 2 3']],
    [['SADD s b'], ['SADD s b']],
    [['HSET h f v g 1'], ['HMSET h f v g 1']],
    [['ZADD z 2 b 1.5 a inf c -inf d'], ['ZADD z -inf d 1.5 a 2 b inf c']],
    [
      ['HSET h f v g 1', 'HPEXPIREAT h 32503680000000 FIELDS 1 g'],
      ['HMSET h g 1', 'HPEXPIREAT h 32503680000000 FIELDS 1 g', 'HMSET h f v'],
    ],
    [
      ['XADD x 1-1 f v', 'XADD x 2-0 f w g 1', 'XDEL x 1-1'],
      ['XADD x 2-0 f w g 1', 'XSETID x 2-0 ENTRIESADDED 2 MAXDELETEDID 1-1'],
    ],
    [
      ['XGROUP CREATE x g $ MKSTREAM'],
      [
        'XADD x MAXLEN 0 0-1 x y',
        'XSETID x 0-0 ENTRIESADDED 0 MAXDELETEDID 0-0',
        'XGROUP CREATE x g 0-0 ENTRIESREAD -1',
      ],
    ],
    [
      [
        'XADD x 1-1 f v',
        'XADD x 2-1 f v',
        'XGROUP CREATE x g 0',
        'XGROUP CREATECONSUMER x g idle',
        'XREADGROUP GROUP g ann STREAMS x >',
      ],
      [
        'XADD x 1-1 f v',
        'XADD x 2-1 f v',
        'XSETID x 2-1 ENTRIESADDED 2 MAXDELETEDID 0-0',
        'XGROUP CREATE x g 2-1 ENTRIESREAD 2',
        'XCLAIM x g ann 0 1-1 TIME 1795219200000 RETRYCOUNT 1 JUSTID FORCE',
        'XCLAIM x g ann 0 2-1 TIME 1795219200000 RETRYCOUNT 1 JUSTID FORCE',
        'XGROUP CREATECONSUMER x g idle',
      ],
    ],
  ];
  for (const [commands, expected] of cases) assert.deepEqual(written(...commands), expected);
});

test('no command has more than 64 items', () => {
  const numbers = Array.from({ length: 200 }, (_, index) => String(index)).join(' ');
  const list = written(`RPUSH l ${numbers}`);
  assert.deepEqual(
    list.map((line) => line.split(' ').length - 2),
    [64, 64, 64, 8],
  );
  assert.equal(list.map((line) => line.slice('RPUSH l '.length)).join(' '), numbers);
  const pairs = Array.from({ length: 700 }, (_, index) => `f${index} ${'v'.repeat(70)}`).join(' ');
  const hash = written(`HSET h ${pairs}`);
  assert.deepEqual(
    hash.map((line) => (line.split(' ').length - 2) / 2),
    [...Array.from({ length: 10 }, () => 64), 60],
  );
});

test('what newer releases know goes with their commands', () => {
  const harness = new EngineHarness();
  harness.run('XGROUP', 'CREATE', 's', 'g', '0', 'MKSTREAM');
  harness.run('XADD', 's', 'IDMP', 'p', 'm1', '*', 'f', 'v');
  harness.run('XADD', 's', 'IDMP', 'p', 'm2', '*', 'f', 'w');
  harness.run('XREADGROUP', 'GROUP', 'g', 'ann', 'STREAMS', 's', '>');
  const id = '1795219200000';
  harness.run('XNACK', 's', 'g', 'FAIL', 'IDS', '2', `${id}-1`, `${id}-0`);
  assert.deepEqual(linesOf(writeWhole(harness)).slice(4), [
    'XGROUP CREATECONSUMER s g ann',
    `XNACK s g SILENT IDS 1 ${id}-1 RETRYCOUNT 1 FORCE`,
    `XNACK s g SILENT IDS 1 ${id}-0 RETRYCOUNT 1 FORCE`,
    'XCFGSET s IDMP-DURATION 100 IDMP-MAXSIZE 100',
    `XIDMPRECORD s p m1 ${id}-0`,
    `XIDMPRECORD s p m2 ${id}-1`,
  ]);
});

test('databases, libraries and the time', () => {
  const writer = new CommandWriter(new EngineHarness().engine.keyspace);
  writer.timestamp(1700000000);
  assert.equal(toLatin1(writer.bytes, 0, writer.length), '#TS:1700000000\r\n');
  writer.clear();
  writer.library(new Uint8Array([97]));
  writer.selectDatabase(12);
  assert.deepEqual(linesOf(writer), ['FUNCTION LOAD a', 'SELECT 12']);
});

/** Everything that a client can see, key by key. */
function visible(harness: EngineHarness): string[] {
  const keys = harness
    .run('KEYS', '*')
    .split('\r\n')
    .filter((_, index) => index > 0 && index % 2 === 0);
  const sorted = (reply: string): string => reply.split('\r\n').sort().join(' ');
  return keys.sort().map((key) => {
    const type = harness.run('TYPE', key).trim().slice(1);
    const value: Readonly<Record<string, () => string>> = {
      string: () => harness.run('GET', key),
      list: () => harness.run('LRANGE', key, '0', '-1'),
      set: () => sorted(harness.run('SMEMBERS', key)),
      zset: () => harness.run('ZRANGE', key, '0', '-1', 'WITHSCORES'),
      hash: () => {
        const pairs = harness
          .run('HGETALL', key)
          .split('\r\n')
          .filter((_, index) => index > 0 && index % 2 === 0);
        const fields = pairs.filter((_, index) => index % 2 === 0);
        const all = fields.map((field, index) => {
          const deadline = harness.run('HPEXPIRETIME', key, 'FIELDS', '1', field);
          return `${field}=${pairs[index * 2 + 1]}@${deadline}`;
        });
        return all.sort().join(' ');
      },
      stream: () => harness.run('XINFO', 'STREAM', key, 'FULL', 'COUNT', '0').replaceAll(/radix-tree-\w+\r\n:\d+/g, ''),
    };
    return `${key} ${type} ${harness.run('PEXPIRETIME', key).trim()} ${value[type]!()}`;
  });
}

/** Values of all types, those above `large` in parts. */
function fill(harness: EngineHarness, prng: Prng): void {
  const word = () => `w${prng.below(100_000)}${'x'.repeat(prng.below(4) === 0 ? prng.below(100) : 0)}`;
  const words = (count: number) => Array.from({ length: count }, word);
  const size = () => (prng.below(4) === 0 ? 1100 + prng.below(1500) : 1 + prng.below(200));
  const makers: readonly ((key: string) => string[])[] = [
    (key) => ['SET', key, word()],
    (key) => ['SET', key, word().repeat(prng.below(20_000))],
    (key) => ['RPUSH', key, ...words(size() * 3)],
    (key) => ['SADD', key, ...words(size())],
    (key) => ['SADD', key, ...Array.from({ length: size() }, () => String(prng.below(1e6)))],
    (key) => ['ZADD', key, ...words(size()).flatMap((member) => [String(prng.below(1e6) / 7), member])],
    (key) => ['HSET', key, ...words(size() * 2)],
  ];
  for (let index = 0; index < 25; index++) {
    const key = `key${index}`;
    harness.run(...makers[prng.below(makers.length)]!(key));
    if (prng.below(3) === 0) harness.run('PEXPIREAT', key, String(32_503_680_000_000 + prng.below(1000)));
    const fields = harness.run('TYPE', key) === '+hash\r\n' ? harness.run('HRANDFIELD', key, '3').split('\r\n') : [];
    if (prng.below(2) === 0) continue;
    for (let at = 2; at < fields.length; at += 2) {
      harness.run('HPEXPIREAT', key, '32503680000000', 'FIELDS', '1', fields[at]!);
    }
  }
  for (const key of ['s1', 's2']) {
    for (let entry = 1; entry <= size() * 2; entry++) {
      harness.run('XADD', key, `${entry}-${prng.below(3)}`, ...(prng.below(3) > 0 ? ['f', word()] : words(4)));
    }
    for (const group of ['g1', 'g2', 'g3']) {
      harness.run('XGROUP', 'CREATE', key, group, '0');
      for (const consumer of ['ann', 'bob', 'eve']) {
        const count = String(1 + prng.below(900));
        harness.run('XREADGROUP', 'GROUP', group, consumer, 'COUNT', count, 'STREAMS', key, '>');
      }
      harness.run('XGROUP', 'CREATECONSUMER', key, group, 'idle');
    }
    harness.run('XTRIM', key, 'MAXLEN', '~', '500');
  }
}

/** A second engine that obeys what was written. */
function replayed(bytes: Uint8Array, length: number): EngineHarness {
  const harness = new EngineHarness({ seed: 99 });
  harness.client.session.mustObey = true;
  const replies = harness.client.raw(toLatin1(bytes, 0, length));
  assert.doesNotMatch(replies, /^-/m);
  return harness;
}

/** Entries that were deleted but are pending do not come back, as in Redis: consumers may know more than the entries. */
function withoutDeleted(harness: EngineHarness): void {
  for (const key of ['s1', 's2']) {
    const first = harness.run('XRANGE', key, '-', '+', 'COUNT', '1').split('\r\n')[3]!;
    for (const group of ['g1', 'g2', 'g3']) {
      const pending = harness.run('XPENDING', key, group, '-', `(${first}`, '100000').split('\r\n');
      const ids = pending.filter((line) => /^\d+-\d+$/.test(line));
      if (ids.length > 0) harness.run('XACK', key, group, ...ids);
    }
  }
}

for (let run = 0; run < 3; run++) {
  const seed = SEED + run;

  test(`what is written makes the same data set, seed ${seed}`, () => {
    const harness = new EngineHarness();
    fill(harness, new Prng(seed));
    withoutDeleted(harness);
    const writer = writeWhole(harness);
    const other = replayed(writer.bytes, writer.length);
    assert.deepEqual(visible(other), visible(harness));
    other.engine.check();
  });

  test(`in parts, while everything changes, it makes the data set of the beginning, seed ${seed}`, () => {
    const harness = new EngineHarness();
    const prng = new Prng(seed + 1000);
    fill(harness, prng);
    withoutDeleted(harness);
    const before = visible(harness);
    const { keyspace } = harness.engine;
    const out = new CommandWriter(keyspace);
    const snapshot = new Snapshot(keyspace, out, new CommandWriter(keyspace));
    let file = '';
    for (let step = 0; snapshot.step(); step++) {
      if (step % 3 === 0) change(harness, prng);
      // The owner takes what was written away whenever it likes.
      if (prng.below(4) > 0) continue;
      file += toLatin1(out.bytes, 0, out.length);
      out.clear();
    }
    file += toLatin1(out.bytes, 0, out.length);
    const bytes = Uint8Array.from(file, (character) => character.charCodeAt(0));
    const other = replayed(bytes, bytes.length);
    assert.deepEqual(visible(other), before);
    harness.engine.check();
  });
}

function change(harness: EngineHarness, prng: Prng): void {
  const key = `key${prng.below(25)}`;
  const stream = `s${1 + prng.below(2)}`;
  const group = `g${1 + prng.below(3)}`;
  const type = harness.run('TYPE', key).trim().slice(1);
  const word = `new${prng.below(1000)}`;
  const changes: Readonly<Record<string, readonly string[][]>> = {
    string: [
      ['APPEND', key, word],
      ['SETRANGE', key, '3', word],
      ['DEL', key],
    ],
    list: [
      ['LPUSH', key, word],
      ['LPOP', key, '40'],
      ['RPOP', key, '40'],
      ['LSET', key, '0', word],
    ],
    set: [
      ['SADD', key, word],
      ['SPOP', key, '30'],
      ['DEL', key],
    ],
    zset: [
      ['ZADD', key, '5', word],
      ['ZPOPMIN', key, '30'],
      ['ZREMRANGEBYRANK', key, '5', '60'],
    ],
    hash: [
      ['HSET', key, word, word],
      ['DEL', key],
      ['PERSIST', key],
    ],
    none: [['RPUSH', key, word]],
  };
  const list = changes[type]!;
  harness.run(...list[prng.below(list.length)]!);
  const streamChanges: readonly string[][] = [
    ['XADD', stream, '*', 'f', word],
    ['XTRIM', stream, 'MAXLEN', String(prng.below(800))],
    ['XREADGROUP', 'GROUP', group, 'ann', 'COUNT', '50', 'STREAMS', stream, '>'],
    ['XAUTOCLAIM', stream, group, 'eve', '0', '0', 'COUNT', '60'],
    ['XGROUP', 'DELCONSUMER', stream, group, 'bob'],
    ['XGROUP', 'CREATECONSUMER', stream, group, word],
    prng.below(20) === 0 ? ['XGROUP', 'DESTROY', stream, group] : ['PING'],
    prng.below(20) === 0 ? ['DEL', stream] : ['PING'],
  ];
  harness.run(...streamChanges[prng.below(streamChanges.length)]!);
}
