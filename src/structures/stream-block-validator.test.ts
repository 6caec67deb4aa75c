// What the validator accepts, blocks can work with: it is asked about sound blocks, and about damaged ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../tests/support/engine-harness.ts';
import { toLatin1 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { IdCursor } from './id-tree.ts';
import { StreamBlockValidator } from './stream-block-validator.ts';
import { StreamId } from './stream-id.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

interface Block {
  readonly master: StreamId;
  readonly pack: Uint8Array;
  readonly entries: number;
}

/** The blocks of a stream with entries of like and unlike fields, some of them removed. */
function blocks(harness: EngineHarness): Block[] {
  for (let n = 1; n <= 300; n++) {
    const fields = n % 7 === 0 ? ['other', 'x'.repeat(n), 'more', '-5'] : ['field', String(n * 1000)];
    harness.run('XADD', 'k', `${n >> 1}-${n % 5 === 0 ? 18446744073709000000n + BigInt(n) : n}`, ...fields);
    if (n % 3 === 0) harness.run('XDEL', 'k', `${n >> 1}-${n}`);
  }
  const { keyspace } = harness.engine;
  const { log } = keyspace.streams;
  const key = new Uint8Array([107]);
  const root = keyspace.streams.root(keyspace.findEvenExpired(keyspace.databases[0]!, key, 0, 1));
  const cursor = new IdCursor();
  const found: Block[] = [];
  for (let more = log.tree.first(log.treeOf(root), cursor); more; more = log.tree.next(cursor)) {
    const block = log.tree.value(cursor, 0);
    const at = log.blocks.packOf(block);
    const master = new StreamId();
    log.blocks.readMaster(block, master);
    const pack = log.blocks.bytesOf(block).slice(at, at + log.blocks.packBytes(block));
    found.push({ master, pack, entries: log.blocks.count(block) });
  }
  return found;
}

test('blocks of streams are valid, with the entries that they have', () => {
  const validator = new StreamBlockValidator();
  const found = blocks(new EngineHarness());
  assert(found.length > 2);
  for (const { master, pack, entries } of found) {
    assert(validator.validate(pack, 0, pack.length, master));
    assert.equal(validator.entries, entries);
    assert(validator.last.compare(master) >= 0);
  }
});

test(`damaged blocks are refused, or sound all the same, seed ${SEED}`, () => {
  const prng = new Prng(SEED);
  const validator = new StreamBlockValidator();
  const harness = new EngineHarness();
  const found = blocks(harness);
  const { log } = harness.engine.keyspace.streams;
  let accepted = 0;
  for (let round = 0; round < 20_000; round++) {
    const { master, pack } = found[prng.below(found.length)]!;
    const damaged = pack.slice();
    for (let times = 1 + prng.below(3); times > 0; times--) damaged[prng.below(damaged.length)] = prng.below(256);
    if (!validator.validate(damaged, 0, damaged.length, master) || validator.entries === 0) continue;
    accepted++;
    const block = log.blocks.load(master, damaged, 0, damaged.length);
    assert.equal(log.blocks.check(block), validator.entries, toLatin1(damaged, 0, damaged.length));
    log.blocks.free(block);
  }
  assert(accepted > 0);
});
