// Sorted sets against a Map, and their packs against the bytes that Redis writes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../tests/support/engine-harness.ts';
import { toLatin1 } from '../lib/bytes.ts';
import { fuzzSortedSets } from './sorted-set.fuzz.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

test('sorted sets do what a Map and a sort do, in every encoding', (context) => {
  context.diagnostic(`seed ${SEED}`);
  fuzzSortedSets(SEED, 3000);
});

test('a packed sorted set is the listpack that Redis writes', () => {
  const harness = new EngineHarness();
  harness.run('ZADD', 'z', '2', 'b', '1.5', 'a', '300', '42', '-0', 'zero');
  const { keyspace } = harness.engine;
  const key = new Uint8Array([122]);
  keyspace.packed.read(keyspace.find(keyspace.databases[0]!, key, 0, 1));
  const { bytes, start, end } = keyspace.packed;
  // DUMP of the same in redis-server 7.0.15: the bytes behind its type and length.
  const pairs = '\x84zero\x05\x00\x01' + '\x81a\x02\x831.5\x04' + '\x81b\x02\x02\x01' + '\x2a\x01\xc1\x2c\x02';
  const total = pairs.length + 7;
  assert.equal(toLatin1(bytes, start, end), `${String.fromCharCode(total)}\0\0\0\x08\0${pairs}\xff`);
});
