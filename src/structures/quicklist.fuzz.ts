// Lists of packs against arrays of texts. Random limits, compression and thresholds, which change while lists live; every
// operation, then check() and a look at every item. CINNABAR_SEED and CINNABAR_OPERATIONS choose; the seed is printed.
// The unit test runs a short one.

import assert from 'node:assert/strict';
import { fuzzByHand, isChecked } from '../../tests/support/fuzzing.ts';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { FlatMemory } from '../memory/flat-memory.ts';
import { randomText } from './listpack.fuzz.ts';
import { Listpack, PACK_EMPTY_BYTES } from './listpack.ts';
import { Quicklist } from './quicklist.ts';

/** A list and what it should hold. */
export class ListModel {
  readonly lists: Quicklist;
  readonly root: number;
  items: string[];

  constructor(lists: Quicklist, root = lists.create(), items: string[] = []) {
    this.lists = lists;
    this.root = root;
    this.items = items;
  }

  push(text: string, atTail: boolean): void {
    const bytes = fromLatin1(text);
    if (atTail) this.lists.pushTail(this.root, bytes, 0, bytes.length);
    else this.lists.pushHead(this.root, bytes, 0, bytes.length);
    if (atTail) this.items.push(text);
    else this.items.unshift(text);
  }

  pop(atTail: boolean): void {
    if (this.items.length === 0) return;
    if (atTail) this.lists.removeTail(this.root);
    else this.lists.removeHead(this.root);
    if (atTail) this.items.pop();
    else this.items.shift();
  }

  insert(index: number, before: boolean, text: string): void {
    const bytes = fromLatin1(text);
    this.lists.seek(this.root, index);
    if (before) this.lists.insertBefore(this.root, bytes, 0, bytes.length);
    else this.lists.insertAfter(this.root, bytes, 0, bytes.length);
    this.items.splice(before ? index : index + 1, 0, text);
  }

  replace(index: number, text: string): void {
    const bytes = fromLatin1(text);
    this.lists.seek(this.root, index);
    this.lists.replace(this.root, bytes, 0, bytes.length);
    this.items[index] = text;
  }

  removeRange(index: number, count: number): void {
    this.lists.removeRange(this.root, index, count);
    this.items.splice(index, count);
  }

  removeEqual(text: string, max: number, fromTail: boolean): void {
    const bytes = fromLatin1(text);
    const removed = this.lists.removeEqual(this.root, bytes, 0, bytes.length, max, fromTail);
    let expected = 0;
    while (expected < max) {
      const index = fromTail ? this.items.lastIndexOf(text) : this.items.indexOf(text);
      if (index < 0) break;
      this.items.splice(index, 1);
      expected++;
    }
    assert.equal(removed, expected);
  }

  item(): string {
    return toLatin1(this.lists.listpack.bytes, this.lists.listpack.start, this.lists.listpack.end);
  }

  check(): void {
    const { lists, root, items } = this;
    lists.check(root);
    assert.equal(lists.count(root), items.length);
    if (items.length === 0) return;
    lists.seek(root, 0);
    for (let index = 0; index < items.length; index++) {
      if (index > 0) assert.ok(lists.next());
      assert.equal(this.item(), items[index], `item ${index}`);
    }
    assert.equal(lists.next(), false);
    lists.seek(root, items.length - 1);
    for (let index = items.length - 1; index >= 0; index--) {
      assert.equal(this.item(), items[index], `item ${index} from the tail`);
      const bytes = fromLatin1(items[index]!);
      assert.ok(lists.matches(bytes, 0, bytes.length));
      assert.equal(lists.previous(), index > 0);
    }
  }

  checkSome(prng: Prng): void {
    if (this.items.length === 0) return;
    const index = prng.below(this.items.length);
    this.lists.seek(this.root, index);
    assert.equal(this.item(), this.items[index]);
    if (prng.below(2) === 0) assert.equal(this.lists.next() ? this.item() : undefined, this.items[index + 1]);
    else assert.equal(this.lists.previous() ? this.item() : undefined, this.items[index - 1]);
  }
}

function itemText(prng: Prng): string {
  if (prng.below(3) > 0) return randomText(prng);
  return ['abc', '12', 'z'.repeat(prng.below(300)), `item ${prng.below(1e6)}`][prng.below(4)]!;
}

function step(model: ListModel, prng: Prng, growing: boolean): void {
  const count = model.items.length;
  const index = prng.below(count + 1);
  const choice = prng.below(growing ? 14 : 20);
  if (choice < 4) model.push(itemText(prng), choice < 2);
  else if (choice < 9 && count > 0) model.insert(Math.min(index, count - 1), choice < 6, itemText(prng));
  else if (choice < 11 && count > 0) model.replace(Math.min(index, count - 1), itemText(prng));
  else if (choice < 12) model.pop(prng.below(2) === 0);
  else if (choice < 14 && count > 0) {
    const text = prng.below(4) > 0 ? model.items[Math.min(index, count - 1)]! : itemText(prng);
    model.removeEqual(text, 1 + prng.below(prng.below(2) === 0 ? 2 : 1000), prng.below(2) === 0);
  } else if (choice < 16) model.removeRange(index, Math.min(prng.below(20), count - index));
  else for (let i = prng.below(5); i > 0; i--) model.pop(choice < 18);
}

function setOptions(lists: Quicklist, prng: Prng): void {
  lists.limitPacks([-1, -2, -5, 0, 1, 2, 5, 40][prng.below(8)]!);
  lists.compressDepth = prng.below(4);
  lists.packedThreshold = prng.below(3) === 0 ? 1 + prng.below(100) : 0;
}

/** A pack made from texts, appended whole. */
function appendPack(model: ListModel, prng: Prng): void {
  const listpack = new Listpack();
  const texts = Array.from({ length: prng.below(30) }, () => itemText(prng));
  const sources = texts.map((text) => fromLatin1(text));
  const total = PACK_EMPTY_BYTES + sources.reduce((sum, text) => sum + listpack.entryBytes(text, 0, text.length), 0);
  const bytes = new Uint8Array(total + 3);
  let at = 3 + 6;
  for (const source of sources) at = listpack.write(bytes, at, source, 0, source.length);
  listpack.setHeader(bytes, 3, total, texts.length);
  model.lists.appendPack(model.root, bytes, 3, 3 + total);
  model.items.push(...texts);
}

function disposeOf(model: ListModel): void {
  while (model.lists.dispose(model.root));
}

/** Runs so many steps; throws with the seed when a list differs from its array. */
export function fuzzQuicklist(seed: number, steps: number): void {
  const prng = new Prng(seed);
  for (let done = 0; done < steps; ) {
    const memory = new FlatMemory({ firstSegment: prng.below(2) * 2030 });
    const lists = new Quicklist(memory, new Listpack());
    setOptions(lists, prng);
    const model = new ListModel(lists);
    const rounds = 20 + prng.below(400);
    try {
      for (let round = 0; round < rounds; round++) {
        step(model, prng, round % 200 < 120);
        if (prng.below(50) === 0) appendPack(model, prng);
        model.checkSome(prng);
        // Enough of them that a long list gets its marks, which the next changes keep or drop.
        if (prng.below(10) === 0) for (let looks = 0; looks < 20; looks++) model.checkSome(prng);
        if (isChecked(model.items.length, done + round)) model.check();
        if (prng.below(100) === 0) {
          const copy = new ListModel(lists, lists.duplicate(model.root), [...model.items]);
          copy.check();
          if (prng.below(2) === 0) step(copy, prng, true);
          copy.check();
          disposeOf(copy);
          memory.check();
        }
        if (prng.below(150) === 0) {
          // A raised depth holds only once the list changes its nodes.
          const depth = lists.compressDepth;
          setOptions(lists, prng);
          lists.compressDepth = Math.min(depth, lists.compressDepth);
        }
      }
      const bytes = lists.onlyPackBytes(model.root);
      if (bytes > 0) lists.copyOnlyPack(model.root, new Uint8Array(bytes + 2), 2);
      disposeOf(model);
      assert.equal(memory.blockCount(), 0, 'all is freed');
      memory.check();
    } catch (error) {
      throw new Error(`seed ${seed}, after ${done} steps`, { cause: error });
    }
    done += rounds;
  }
}

if (import.meta.main) fuzzByHand(fuzzQuicklist, 20_000);
