// Writing RDB files: forms of lengths and strings, types by version, and values in parts, of copies of their nodes.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineHarness, START } from '../../../tests/support/engine-harness.ts';
import { latin1 } from '../../../tests/support/rdb-bytes.ts';
import type { Keyspace } from '../../engine/keyspace.ts';
import { copyBytes, fromLatin1 } from '../../lib/bytes.ts';
import { GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../../memory/flat-memory.ts';
import { IdCursor } from '../../structures/id-tree.ts';
import { TableWalk } from '../../structures/table-walk.ts';
import { RdbOutput } from './rdb-output.ts';
import { RdbWriter, USAGE_FREQUENCY, USAGE_IDLE } from './rdb-writer.ts';
import { fromBytes, toBytes, versionFor } from './whole.ts';

function hexOf(write: (out: RdbOutput) => void, compress = true): string {
  const out = new RdbOutput();
  out.compress = compress;
  write(out);
  return Buffer.from(out.bytes.slice(0, out.length)).toString('hex');
}

function recordOf(keyspace: Keyspace, key: string): number {
  const bytes = fromLatin1(key);
  return keyspace.findEvenExpired(keyspace.databases[0]!, bytes, 0, bytes.length);
}

describe('lengths and strings', () => {
  it('take their shortest form', () => {
    const counts: readonly (readonly [number, string])[] = [
      [0, '00'],
      [63, '3f'],
      [64, '4040'],
      [16383, '7fff'],
      [16384, '8000004000'],
      [2 ** 32 - 1, '80ffffffff'],
      [2 ** 32, '810000000100000000'],
      [Number.MAX_SAFE_INTEGER, '81001fffffffffffff'],
    ];
    for (const [value, expected] of counts)
      assert.equal(
        hexOf((out) => out.count(value)),
        expected,
        `${value}`,
      );
    const strings: readonly (readonly [string, string])[] = [
      ['', '00'],
      ['0', 'c000'],
      ['-128', 'c080'],
      ['128', 'c18000'],
      ['-32769', 'c2ff7fffff'],
      ['2147483647', 'c2ffffff7f'],
      ['2147483648', `0a${Buffer.from('2147483648').toString('hex')}`],
      ['007', '03303037'],
      ['-0', '022d30'],
      ['-', '012d'],
      ['a'.repeat(20), `14${'61'.repeat(20)}`],
    ];
    for (const [text, expected] of strings) {
      assert.equal(
        hexOf((out) => out.string(fromLatin1(text), 0, text.length)),
        expected,
        text,
      );
    }
    assert.match(
      hexOf((out) => out.string(fromLatin1('a'.repeat(100)), 0, 100)),
      /^c3..4064/,
    );
    assert.equal(
      hexOf((out) => out.string(fromLatin1('a'.repeat(40)), 0, 40), false),
      `28${'61'.repeat(40)}`,
    );
    const random = Uint8Array.from({ length: 50 }, (_, index) => (index * index * 31) & 255);
    assert.equal(
      hexOf((out) => out.string(random, 0, 50)),
      `32${Buffer.from(random).toString('hex')}`,
    );
    assert.equal(
      hexOf((out) => out.time(-1)),
      'ffffffffffffffff',
    );
    assert.equal(
      hexOf((out) => out.time(START)),
      Buffer.from(BigUint64Array.of(BigInt(START)).buffer).toString('hex'),
    );
    assert.equal(
      hexOf((out) => out.double(-1.5)),
      '000000000000f8bf',
    );
  });
});

describe('files', () => {
  it('have signature, names and values, databases, end and checksum', () => {
    const { engine } = new EngineHarness();
    const writer = new RdbWriter(engine.keyspace, engine.access);
    writer.checksum = false;
    writer.begin(10, [
      ['redis-ver', '7.4.1'],
      ['redis-bits', '64'],
    ]);
    writer.selectDatabase(2, 1, 0);
    writer.selectDatabase(3, -1, 0);
    writer.auxiliary('name', 'value');
    writer.library(fromLatin1('code'));
    writer.end();
    const expected = [
      ...[...latin1('REDIS0010'), 0xfa, 9, ...latin1('redis-ver'), 5, ...latin1('7.4.1')],
      ...[0xfa, 10, ...latin1('redis-bits'), 0xc0, 64, 0xfe, 2, 0xfb, 1, 0, 0xfe, 3],
      ...[0xfa, 4, ...latin1('name'), 5, ...latin1('value'), 0xf5, 4, ...latin1('code'), 0xff, ...Array(8).fill(0)],
    ];
    assert.deepEqual([...writer.bytes.slice(0, writer.length)], expected);
  });

  it('are of the version that their values ask for', () => {
    const at = new EngineHarness();
    at.run('SADD', 's', 'a', 'b');
    at.run('XADD', 'x', '1-1', 'f', 'v');
    at.run('HSET', 'h', 'a', '1', 'b', 'x'.repeat(100));
    const { keyspace, access } = at.engine;
    const types = (version: 10 | 12) => {
      const writer = new RdbWriter(keyspace, access);
      writer.begin(version, []);
      return ['s', 'x', 'h'].map((key) => {
        const start = writer.length;
        writer.record(recordOf(keyspace, key));
        return writer.bytes[start];
      });
    };
    assert.equal(versionFor(keyspace), 10);
    assert.deepEqual(types(10), [2, 19, 4]);
    assert.deepEqual(types(12), [20, 21, 4]);
    at.run('HPEXPIREAT', 'h', String(START + 5000), 'FIELDS', '1', 'a');
    assert.equal(versionFor(keyspace), 12);
    assert.deepEqual(types(12), [20, 21, 24]);
    const bytes = toBytes(keyspace, access);
    const back = new EngineHarness();
    fromBytes(back.engine.keyspace, back.engine.access, bytes);
    back.engine.check();
    assert.equal(back.run('HPEXPIRETIME', 'h', 'FIELDS', '2', 'a', 'b'), `*2\r\n:${START + 5000}\r\n:-1\r\n`);
    back.advance(10_000);
    assert.equal(back.run('HLEN', 'h'), ':1\r\n');
  });

  it('keep idle times and frequencies on request', () => {
    const at = new EngineHarness();
    at.run('SET', 'a', '1');
    at.advance(100_000);
    const { keyspace, access } = at.engine;
    const writer = new RdbWriter(keyspace, access);
    const record = () => Buffer.from(writer.bytes.slice(0, writer.length)).toString('hex');
    writer.usage = USAGE_IDLE;
    at.run('PING');
    writer.record(recordOf(keyspace, 'a'));
    assert.equal(record(), 'f84064000161c001');
    writer.clear();
    access.frequency = true;
    access.update(at.clock.now());
    keyspace.records.setAccess(recordOf(keyspace, 'a'), access.accessOf(-1, 77));
    writer.usage = USAGE_FREQUENCY;
    writer.record(recordOf(keyspace, 'a'));
    assert.equal(record(), 'f94d000161c001');
  });
});

/** A copy of a block, as a snapshot keeps one. */
function copyOf(keyspace: Keyspace, handle: number): number {
  const { memory } = keyspace;
  const bytes = memory.capacity(handle);
  const copy = memory.allocate(bytes);
  const from = (handle & GRANULE_MASK) << 3;
  const to = memory.bytes[copy >>> SEGMENT_SHIFT]!;
  copyBytes(memory.bytes[handle >>> SEGMENT_SHIFT]!, from, from + bytes, to, (copy & GRANULE_MASK) << 3);
  return copy;
}

/** A key in parts, of copies of all that the parts read. */
function writeInParts(keyspace: Keyspace, writer: RdbWriter, handle: number): void {
  const { records, packed, members, lists, strings } = keyspace;
  const copied = (block: number) => copyOf(keyspace, block);
  const type = records.type(handle);
  if (type === 0) {
    writer.openString(handle);
    strings.read(handle);
    const { bytes, start, end } = strings;
    for (let at = start; at < end; at += 1000) writer.stringBytes(bytes, at, Math.min(end, at + 1000));
  } else if (type === 1) {
    writer.openList(handle);
    const { nodes } = lists.quicklist;
    for (let node = nodes.head(packed.payload(handle, 0)); node !== NONE; node = nodes.next(node)) {
      writer.listNode(copied(node));
    }
  } else if (type === 6) writeStream(keyspace, writer, handle, copied);
  else {
    const base = writer.openMembers(handle);
    const walk = new TableWalk(members.table);
    const found: number[] = [];
    if (type === 3) {
      const order = keyspace.sortedSets.walk();
      order.begin(handle, keyspace.sortedSets.count(handle));
      while (order.previous()) found.push(order.record);
    } else {
      walk.start(packed.payload(handle, 0));
      for (let member = walk.next(); member !== NONE; member = walk.next()) found.push(member);
    }
    for (const member of found) writer.member(type, copied(member), base);
  }
}

function writeStream(
  { streams }: Keyspace,
  writer: RdbWriter,
  handle: number,
  copied: (block: number) => number,
): void {
  const parts = writer.streams;
  const { log, groups } = streams;
  const root = streams.root(handle);
  const cursor = new IdCursor();
  const leavesOf = (tree: number, kind: typeof groups.pending): number[] => {
    const leaves = new Set<number>();
    if (tree === NONE) return [];
    for (let more = kind.first(tree, cursor); more; more = kind.next(cursor)) leaves.add(cursor.leaf);
    return [...leaves];
  };
  writer.openStream(handle);
  const tree = log.treeOf(root);
  const blocks: number[] = [];
  for (let more = log.tree.first(tree, cursor); more; more = log.tree.next(cursor))
    blocks.push(log.tree.value(cursor, 0));
  for (const block of blocks) parts.block(copied(block));
  parts.tail(copied(root), groups.count(root));
  for (let index = 0; index < groups.count(root); index++) {
    const group = groups.at(root, index);
    parts.group(copied(group), groups.pendingCount(group));
    for (const leaf of leavesOf(groups.pendingOf(group), groups.pending)) parts.pending(copied(leaf));
    parts.consumers(groups.consumerCount(group));
    for (let each = 0; each < groups.consumerCount(group); each++) {
      const consumer = groups.consumerAt(group, each);
      parts.consumer(copied(consumer), groups.ownCount(consumer));
      for (const leaf of leavesOf(groups.ownOf(consumer), groups.own)) parts.own(copied(leaf));
    }
    parts.endGroup();
  }
  parts.producers(root);
}

describe('values in parts', () => {
  const numbers = Array.from({ length: 1500 }, (_, index) => String(index));
  const values: Readonly<Record<string, readonly (readonly string[])[]>> = {
    'a string': [['SET', 'k', 'hello world '.repeat(3000)]],
    'a list': [['RPUSH', 'k', ...numbers.map((n) => `item ${n} ${'x'.repeat(50)}`), 'y'.repeat(20_000)]],
    'a set': [['SADD', 'k', ...numbers.map((n) => `member ${n}`)]],
    'a hash': [['HSET', 'k', ...numbers.flatMap((n) => [`field ${n}`, n])]],
    'a hash with deadlines': [
      ['HSET', 'k', ...numbers.flatMap((n) => [`field ${n}`, n])],
      ['HPEXPIREAT', 'k', String(START + 99_999), 'FIELDS', '2', 'field 1', 'field 7'],
      ['HPEXPIREAT', 'k', String(START + 1), 'FIELDS', '1', 'field 9'],
    ],
    'a sorted set': [['ZADD', 'k', ...numbers.flatMap((n) => [String(Number(n) / 3), `member ${n}`])]],
    'a stream': [
      ...numbers.map((n) => ['XADD', 'k', `${Number(n) + 1}-1`, 'field', n]),
      ['XGROUP', 'CREATE', 'k', 'g', '0'],
      ['XREADGROUP', 'GROUP', 'g', 'ann', 'COUNT', '700', 'STREAMS', 'k', '>'],
      ['XREADGROUP', 'GROUP', 'g', 'bob', 'COUNT', '90', 'STREAMS', 'k', '>'],
      ['XGROUP', 'CREATE', 'k', 'h', '$'],
      ['XNACK', 'k', 'g', 'FAIL', 'IDS', '2', '30-1', '5-1'],
    ],
  };
  for (const [name, commands] of Object.entries(values)) {
    it(`${name}: of copies of its nodes, the same bytes as in one go`, () => {
      const at = new EngineHarness();
      for (const command of commands) assert(!at.run(...command).startsWith('-'), command.join(' ').slice(0, 80));
      at.run('PEXPIREAT', 'k', String(START + 1_000_000));
      const { keyspace, access } = at.engine;
      const handle = recordOf(keyspace, 'k');
      const writer = new RdbWriter(keyspace, access);
      writer.compress = name !== 'a string';
      writer.record(handle);
      const whole = Buffer.from(writer.bytes.slice(0, writer.length));
      writer.clear();
      writeInParts(keyspace, writer, handle);
      assert.equal(Buffer.compare(Buffer.from(writer.bytes.slice(0, writer.length)), whole), 0);
    });
  }

  it('nodes of lists that are compressed go out as they are', () => {
    const at = new EngineHarness();
    at.engine.keyspace.lists.quicklist.compressDepth = 1;
    at.run('RPUSH', 'k', ...numbers.map((n) => `item ${n} ${'x'.repeat(50)}`));
    const { keyspace, access } = at.engine;
    const back = new EngineHarness();
    fromBytes(back.engine.keyspace, back.engine.access, toBytes(keyspace, access));
    back.engine.check();
    assert.equal(back.run('LRANGE', 'k', '0', '-1'), at.run('LRANGE', 'k', '0', '-1'));
  });
});
