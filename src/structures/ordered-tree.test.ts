// The ordered tree against a sorted array, its bulk builds, its fill, and its ranges by score and member.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { fuzzOrderedTree, TreeModel } from './ordered-tree.fuzz.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

for (const [name, firstSegment] of [
  ['low', 0],
  ['high', 2030],
] as const) {
  test(`inserts, removes and ranks as a sorted array does (${name} handles)`, (context) => {
    context.diagnostic(`seed ${SEED}`);
    fuzzOrderedTree(SEED, 8000, firstSegment);
  });
}

test('a tree built at once has the shape of any other, at every size', () => {
  const model = new TreeModel();
  for (let index = 0; index < 3200; index++) {
    model.entries.push({ score: index, member: '', record: model.record(index, '') });
    if (index > 200 && index % 97 !== 0) continue;
    model.rebuild();
    model.check();
  }
  model.end();
});

test('ascending and descending inserts fill leaves; random ones to four fifths', () => {
  // Fewer entries would make the random fill a matter of luck: from 5.5 to 6.0 bytes over seeds with 20,000, 5.66 to 5.74 with these.
  const count = 60_000;
  const prng = new Prng(SEED);
  const kinds = [
    ['ascending', (index: number) => index, 4.7],
    ['descending', (index: number) => -index, 4.7],
    ['random', () => prng.fraction(), 5.9],
  ] as const;
  for (const [name, scoreOf, bytesMax] of kinds) {
    const model = new TreeModel();
    for (let index = 0; index < count; index++) model.tree.insert(model.root, model.record(scoreOf(index), ''));
    model.tree.check(model.root);
    const bytes = model.tree.indexBytes(model.root) / count;
    assert.ok(bytes < bytesMax, `${name}: ${bytes} bytes an entry (seed ${SEED})`);
  }
});

test('a run of any length is removed at any rank', () => {
  for (const [count, rank, removed] of [
    [10, 0, 10],
    [200, 0, 200],
    [5000, 0, 5000],
    [5000, 1, 4998],
    [5000, 2000, 1],
    [5000, 4000, 1000],
    [5000, 0, 4000],
  ] as const) {
    const model = new TreeModel();
    for (let index = 0; index < count; index++) model.add(index % 7, `m${index}`);
    model.removeRun(rank, removed);
    model.check();
    for (let index = 0; index < 300; index++) model.add(index % 5, `n${index}`);
    model.check();
    model.end();
  }
});

test('a tree of equal scores counts by member', () => {
  const model = new TreeModel();
  for (let index = 0; index < 2000; index++) model.add(0, String(index).padStart(6, '0'));
  for (const [text, before] of [
    ['', 0],
    ['000000', 0],
    ['0001', 100],
    ['000100', 100],
    ['000100x', 101],
    ['001999', 1999],
    ['1', 2000],
  ] as const) {
    const bytes = fromLatin1(`..${text}`);
    const count = model.tree.countToMember(model.root, bytes, 2, bytes.length, false);
    assert.equal(count, before, text);
    const isMember = text.length === 6 && before < 2000;
    assert.equal(model.tree.countToMember(model.root, bytes, 2, bytes.length, true), before + (isMember ? 1 : 0));
  }
  model.end();
});

test('-0 and 0 are one score, and both are kept', () => {
  const model = new TreeModel();
  model.add(0, 'b');
  model.add(-0, 'a');
  model.add(-0, 'c');
  assert.deepEqual(
    model.entries.map(({ member }) => member),
    ['a', 'b', 'c'],
  );
  model.check();
  assert.equal(model.tree.countToScore(model.root, -0, false), 0);
  assert.equal(model.tree.countToScore(model.root, 0, true), 3);
  model.end();
});
