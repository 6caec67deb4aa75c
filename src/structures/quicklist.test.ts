// Lists of packs: against arrays, and what is particular: the bytes they take, compression, pieces of disposal.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1 } from '../lib/bytes.ts';
import { FlatMemory, NONE } from '../memory/flat-memory.ts';
import { Listpack } from './listpack.ts';
import { fuzzQuicklist, ListModel } from './quicklist.fuzz.ts';
import { exceedsPackLimit, Quicklist } from './quicklist.ts';

function newModel(): ListModel {
  return new ListModel(new Quicklist(new FlatMemory(), new Listpack()));
}

test('pushes, pops, inserts, replaces and removes as an array does', () => {
  fuzzQuicklist(Number(process.env['CINNABAR_SEED'] ?? Date.now()), 2500);
});

test('items of 16 bytes take 18, whichever end they are pushed at', () => {
  for (const atTail of [true, false]) {
    const model = newModel();
    const bytes = fromLatin1('sixteen bytes, 1');
    for (let i = 0; i < 50_000; i++) {
      if (atTail) model.lists.pushTail(model.root, bytes, 0, 16);
      else model.lists.pushHead(model.root, bytes, 0, 16);
    }
    model.lists.check(model.root);
    const perItem = model.lists.usedBytes(model.root) / 50_000;
    assert.ok(perItem < 18.2, `${perItem} bytes an item`);
  }
});

test('a queue keeps to a few nodes, at whichever end it is fed', () => {
  for (const atTail of [true, false]) {
    const model = newModel();
    for (let i = 0; i < 5000; i++) {
      model.push(`job ${i}`, atTail);
      if (i >= 1000) model.pop(!atTail);
    }
    model.check();
    assert.ok(model.lists.usedBytes(model.root) < 3 * 8192, `${model.lists.usedBytes(model.root)} bytes`);
  }
});

test('inner nodes are compressed, so many at each end are not', () => {
  for (const depth of [1, 3]) {
    const model = newModel();
    model.lists.compressDepth = depth;
    for (let i = 0; i < 10_000; i++) model.push(`an item like any other: ${i}`, i % 3 > 0);
    model.check();
    const nodes = model.lists.nodeCount(model.root);
    assert.ok(model.lists.usedBytes(model.root) < nodes * 8192 * 0.5, 'half is saved');
    model.replace(5000, 'another');
    model.insert(5000, true, 'one more');
    model.removeEqual('another', 1, true);
    while (model.items.length > 200) model.pop(model.items.length % 2 === 0);
    model.check();
  }
});

test('what merges on removal keeps a thinned list small', () => {
  const model = newModel();
  for (let i = 0; i < 20_000; i++) model.push(i % 20 === 0 ? `keep ${i}` : 'drop', true);
  model.removeEqual('drop', 1e9, false);
  model.check();
  assert.ok(model.lists.usedBytes(model.root) < 1000 * 12 * 2.5, `${model.lists.usedBytes(model.root)} bytes`);
});

test('a list is freed in slices', () => {
  const model = newModel();
  for (let i = 0; i < 20_000; i++) model.push('x'.repeat(20), true);
  let slices = 1;
  while (model.lists.dispose(model.root)) slices++;
  assert.ok(slices > 20 && slices < 60, `${slices} slices`);
});

test('list-max-listpack-size', () => {
  const check = (packSizeMax: number, bytes: number, entries: number, expected: boolean): void => {
    assert.equal(exceedsPackLimit(packSizeMax, bytes, entries), expected, `${packSizeMax} ${bytes} ${entries}`);
  };
  check(-1, 4096, 1000, false);
  check(-1, 4097, 1, true);
  check(-2, 8192, 60000, false);
  check(-5, 65536, 1, false);
  check(-9, 65537, 1, true);
  check(3, 8192, 3, false);
  check(3, 8193, 3, true);
  check(3, 100, 4, true);
  check(0, 100, 1, false);
  check(0, 100, 2, true);
});

test('a marked node moves with its list, and is never one that is gone', () => {
  const memory = new FlatMemory();
  const lists = new Quicklist(memory, new Listpack());
  lists.limitPacks(10);
  const { nodes } = lists;
  const mover = { moveBlock: (handle: number) => memory.move(handle) };
  const create = (items: number) => {
    const root = lists.create();
    const text = fromLatin1('some item of a list');
    for (let item = 0; item < items; item++) lists.pushTail(root, text, 0, text.length);
    return root;
  };
  const root = create(500);
  nodes.mark = nodes.head(root);
  for (let moved = 0; nodes.mark !== NONE; moved++) {
    nodes.moveMarked(root, mover);
    lists.check(root);
    if (moved === 20) lists.removeRange(root, 150, 200);
  }
  assert.equal(lists.count(root), 300);
  // What is freed hands its mark on.
  nodes.mark = nodes.head(root);
  lists.removeRange(root, 0, 25);
  assert.equal(nodes.mark, nodes.head(root));
  nodes.mark = nodes.tail(root);
  lists.removeRange(root, 200, 75);
  assert.equal(nodes.mark, NONE);
  // A mark of a list that has gone leaves another one's ends alone.
  const other = create(30);
  for (const marked of [nodes.head(root), nodes.tail(root), nodes.next(nodes.head(root))]) {
    nodes.mark = marked;
    nodes.moveMarked(other, mover);
    lists.check(root);
    lists.check(other);
  }
  nodes.mark = nodes.head(root);
  while (lists.dispose(root));
  assert.equal(nodes.mark, NONE);
  lists.check(other);
});
