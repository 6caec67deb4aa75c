// Marks of long lists: made once walks took long enough, good for as long as the nodes stay, and bounded.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { FlatMemory, NONE } from '../memory/flat-memory.ts';
import { ListPlaces, PLACE_MARKS_MAX } from './list-places.ts';
import { Listpack } from './listpack.ts';
import { Quicklist } from './quicklist.ts';

/** A list of `count` numbered items, `perNode` in a node. */
function listOf(count: number, perNode: number): { lists: Quicklist; root: number } {
  const lists = new Quicklist(new FlatMemory(), new Listpack());
  lists.limitPacks(perNode);
  const root = lists.create();
  for (let index = 0; index < count; index++) push(lists, root, `item ${index}`, true);
  return { lists, root };
}

function push(lists: Quicklist, root: number, text: string, atTail: boolean): void {
  const bytes = fromLatin1(text);
  if (atTail) lists.pushTail(root, bytes, 0, bytes.length);
  else lists.pushHead(root, bytes, 0, bytes.length);
}

function itemAt(lists: Quicklist, root: number, index: number): string {
  lists.seek(root, index);
  return toLatin1(lists.listpack.bytes, lists.listpack.start, lists.listpack.end);
}

/** Whether a list has marks now. */
function isMarked(lists: Quicklist, root: number): boolean {
  return lists.nodes.places.find(root, 0) !== NONE;
}

test('a list that is asked for places in its middle gets marks, which lead to every item', () => {
  for (const nodes of [16, 100, PLACE_MARKS_MAX + 2, PLACE_MARKS_MAX * 3 + 5]) {
    const { lists, root } = listOf(nodes * 2, 2);
    assert.equal(itemAt(lists, root, nodes), `item ${nodes}`);
    assert.equal(isMarked(lists, root), false);
    for (let looks = 0; looks < 4; looks++) itemAt(lists, root, nodes);
    assert.equal(isMarked(lists, root), true);
    for (let index = 0; index < nodes * 2; index += 1 + (index % 7)) {
      assert.equal(itemAt(lists, root, index), `item ${index}`);
    }
  }
});

test('what comes and goes in the end nodes moves no mark; a change of nodes drops them all', () => {
  const { lists, root } = listOf(400, 4);
  for (let looks = 0; looks < 4; looks++) itemAt(lists, root, 200);
  lists.removeHead(root);
  lists.removeTail(root);
  assert.equal(isMarked(lists, root), true);
  assert.equal(itemAt(lists, root, 200), 'item 201');
  push(lists, root, 'first', false);
  assert.equal(isMarked(lists, root), true);
  assert.equal(itemAt(lists, root, 0), 'first');
  assert.equal(itemAt(lists, root, 201), 'item 201');
  push(lists, root, 'before', false);
  assert.equal(isMarked(lists, root), false);
  assert.equal(itemAt(lists, root, 202), 'item 201');
  for (let looks = 0; looks < 4; looks++) itemAt(lists, root, 200);
  assert.equal(isMarked(lists, root), true);
  lists.removeRange(root, 200, 1);
  assert.equal(isMarked(lists, root), false);
  assert.equal(itemAt(lists, root, 200), 'item 200');
});

test('places near the one asked for last are found from there, in both directions', () => {
  const { lists, root } = listOf(4000, 100);
  for (let looks = 0; looks < 4; looks++) itemAt(lists, root, 2050);
  assert.equal(isMarked(lists, root), true);
  for (const index of [2050, 2051, 2040, 2060, 2050, 2099, 2000, 2055, 150, 2054]) {
    assert.equal(itemAt(lists, root, index), `item ${index}`);
  }
});

test('an item replaced by one of its length keeps the marks, by another drops them', () => {
  const { lists, root } = listOf(4000, 100);
  const replace = (text: string) => {
    lists.seek(root, 2040);
    lists.replace(root, fromLatin1(text), 0, text.length);
  };
  for (let looks = 0; looks < 4; looks++) itemAt(lists, root, 2050);
  replace('ITEM 2040');
  assert.equal(isMarked(lists, root), true);
  assert.equal(itemAt(lists, root, 2040), 'ITEM 2040');
  assert.equal(itemAt(lists, root, 2050), 'item 2050');
  replace('a longer item 2040');
  assert.equal(isMarked(lists, root), false);
  for (let looks = 0; looks < 4; looks++) assert.equal(itemAt(lists, root, 2050), 'item 2050');
});

test('a list takes the slot of another', () => {
  const places = new ListPlaces();
  for (let root = 1; root < 100; root++) {
    assert.equal(places.walked(root, 5, 10), false);
    assert.equal(places.walked(root, 5, 10), true);
    places.mark(root, root * 2, 0);
    assert.equal(places.find(root, 3), root * 2);
  }
  let marked = 0;
  for (let root = 1; root < 100; root++) if (places.find(root, 3) !== NONE) marked++;
  assert.equal(marked, 8);
});
