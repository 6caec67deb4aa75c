// The blocks of a stream are the very bytes that redis-server keeps and dumps, after entries were added, removed, trimmed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness, encode } from '../../../../tests/support/engine-harness.ts';
import { RawConnection, SKIP_WITHOUT_REDIS, startRedis } from '../../../../tests/support/redis-server.ts';
import { fromLatin1, toLatin1 } from '../../../lib/bytes.ts';
import { IdCursor } from '../../../structures/id-tree.ts';

/** The listpacks of a stream's blocks, the first one first. */
function packsOf(harness: EngineHarness, key: string): string[] {
  const { keyspace } = harness.engine;
  const { log } = keyspace.streams;
  const handle = keyspace.find(keyspace.databases[0]!, fromLatin1(key), 0, key.length);
  const packs: string[] = [];
  const cursor = new IdCursor();
  const tree = log.word(keyspace.streams.root(handle), 0);
  for (let more = log.tree.first(tree, cursor); more; more = log.tree.next(cursor)) {
    const block = log.tree.value(cursor, 0);
    const start = log.blocks.packOf(block);
    packs.push(toLatin1(log.blocks.bytesOf(block), start, start + log.blocks.packBytes(block)));
  }
  return packs;
}

function commands(): string[][] {
  const all: string[][] = [];
  for (let entry = 1; entry <= 320; entry++) {
    const id = entry % 50 === 0 ? `${entry * 1000}-9007199254740993` : `${entry * 1000}-${(entry * 7919) % 70000}`;
    const values = ['1', '-5', 'text', '12345678901', 'x'.repeat(70), '', '9223372036854775807'];
    const value = (at: number) => values[(entry * 3 + at) % values.length]!;
    if (entry % 7 === 0) all.push(['XADD', 's', id, 'other', value(0)]);
    else if (entry === 111) all.push(['XADD', 's', id, 'long', 'y'.repeat(5000), 'longer', 'z'.repeat(20000)]);
    else all.push(['XADD', 's', id, 'temp', value(0), '42', value(1)]);
    if (entry % 11 === 0) all.push(['XDEL', 's', `${(entry - 3) * 1000}-${((entry - 3) * 7919) % 70000}`]);
  }
  all.push(['XTRIM', 's', 'MAXLEN', '250']);
  return all;
}

test('a block holds the very bytes that redis-server keeps', { skip: SKIP_WITHOUT_REDIS }, async () => {
  const redis = await startRedis(['--rdbcompression', 'no']);
  try {
    for (const entries of [100, 3, 300]) {
      const connection = await RawConnection.open(redis.port);
      const harness = new EngineHarness();
      harness.engine.keyspace.streams.log.blockEntriesMax = entries;
      const limit = ['CONFIG', 'SET', 'stream-node-max-entries', String(entries)];
      for (const command of commands()) harness.run(...command);
      connection.write([['FLUSHALL'], limit, ...commands(), ['DUMP', 's'], ['ECHO', 'the end']].map(encode).join(''));
      const output = await connection.read((text) => text.endsWith('the end\r\n'), 5000);
      const packs = packsOf(harness, 's');
      assert.ok(packs.length > 1);
      for (const [index, pack] of packs.entries()) assert.ok(output.includes(pack), `block ${index} is in the payload`);
      connection.close();
    }
  } finally {
    await redis.stop();
  }
});
