// The ordered tree against a sorted array: random inserts, removals, new scores and runs, with check() after each step
// while the tree is small and now and then when it is large. CINNABAR_SEED and CINNABAR_OPERATIONS choose; the seed is printed.

import assert from 'node:assert/strict';
import { fuzzByHand, isChecked } from '../../tests/support/fuzzing.ts';
import { compareBytes, fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import { FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import { OrderedTree, TreeCursor } from './ordered-tree.ts';
import { FIELD_FLAG, memberBytes, memberOffset } from './record.ts';
import { readScore, writeScore } from './score.ts';

interface Entry {
  score: number;
  readonly member: string;
  readonly record: number;
}

function order(a: Entry, b: Entry): number {
  if (a.score !== b.score) return a.score < b.score ? -1 : 1;
  return compareText(a.member, b.member);
}

function compareText(a: string, b: string): number {
  return compareBytes(fromLatin1(a), 0, a.length, fromLatin1(b), 0, b.length);
}

/** A tree and the array that it should equal. */
export class TreeModel {
  readonly memory: FlatMemory;
  readonly tree: OrderedTree;
  root: number;
  entries: Entry[] = [];
  private readonly cursor = new TreeCursor();

  constructor(firstSegment = 0) {
    this.memory = new FlatMemory({ firstSegment });
    this.tree = new OrderedTree(this.memory);
    this.root = this.tree.create();
  }

  record(score: number, member: string): number {
    const record = this.memory.allocate(12 + member.length);
    const words = this.memory.words[record >>> SEGMENT_SHIFT]!;
    const word = (record & GRANULE_MASK) << 1;
    words[word] = FIELD_FLAG | member.length;
    this.memory.bytes[record >>> SEGMENT_SHIFT]!.set(fromLatin1(member), (word << 2) + 12);
    writeScore(this.memory, record, score);
    return record;
  }

  memberOf(record: number): string {
    const words = this.memory.words[record >>> SEGMENT_SHIFT]!;
    const word = (record & GRANULE_MASK) << 1;
    const start = (word << 2) + memberOffset(words[word]!);
    return toLatin1(
      this.memory.bytes[record >>> SEGMENT_SHIFT]!,
      start,
      start + memberBytes(words, word, words[word]!),
    );
  }

  /** The first index of the array that is not before an entry. */
  indexOf(entry: Entry): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (order(this.entries[middle]!, entry) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(score: number, member: string): void {
    const record = this.record(score, member);
    const entry = { score, member, record };
    this.entries.splice(this.indexOf(entry), 0, entry);
    this.tree.insert(this.root, record);
  }

  removeAt(index: number): void {
    const [entry] = this.entries.splice(index, 1);
    this.tree.remove(this.root, entry!.record);
    this.memory.free(entry!.record);
  }

  rescoreAt(index: number, score: number): void {
    const [entry] = this.entries.splice(index, 1);
    this.tree.rescore(this.root, entry!.record, score);
    assert.ok(Object.is(readScore(this.memory, entry!.record), score));
    entry!.score = score;
    this.entries.splice(this.indexOf(entry!), 0, entry!);
  }

  removeRun(rank: number, count: number): void {
    for (const entry of this.entries.splice(rank, count)) this.memory.checkLive(entry.record, 12);
    for (let left = count; left > 0; ) {
      const taken = this.tree.removeRun(this.root, rank, left);
      assert.ok(taken > 0 && taken <= left);
      for (let index = 0; index < taken; index++) this.memory.free(this.tree.collected[index]!);
      left -= taken;
    }
  }

  /** Another tree of the same records, built at once. */
  rebuild(): void {
    this.tree.beginBuild(this.entries.length);
    for (const { record } of this.entries) this.tree.append(record);
    const built = this.tree.endBuild();
    while (this.tree.dispose(this.root));
    this.root = built;
  }

  /** Looks at a few places by rank, score and member. */
  probe(prng: Prng): void {
    const { tree, root, entries } = this;
    assert.equal(tree.count(root), entries.length);
    if (entries.length === 0) return;
    const rank = prng.below(entries.length);
    const entry = entries[rank]!;
    assert.equal(tree.at(root, rank), entry.record);
    assert.equal(tree.rank(root, entry.record), rank);
    const score = prng.below(4) === 0 ? entry.score + 0.5 : entry.score;
    assert.equal(tree.countToScore(root, score, false), entries.filter((each) => each.score < score).length);
    assert.equal(tree.countToScore(root, score, true), entries.filter((each) => each.score <= score).length);
    this.probeCursor(prng.below(entries.length + 1));
  }

  private probeCursor(rank: number): void {
    const { cursor, entries } = this;
    this.tree.seek(this.root, rank, cursor);
    for (let index = rank; index < Math.min(rank + 150, entries.length); index++) {
      assert.equal(this.tree.next(cursor), entries[index]!.record);
    }
    if (rank + 150 >= entries.length) assert.equal(this.tree.next(cursor), NONE);
    this.tree.seek(this.root, rank, cursor);
    for (let index = rank - 1; index >= Math.max(0, rank - 150); index--) {
      assert.equal(this.tree.previous(cursor), entries[index]!.record);
    }
    if (rank <= 150) assert.equal(this.tree.previous(cursor), NONE);
    const run = new Int32Array(150);
    const above = Math.min(150, entries.length - rank);
    this.tree.seek(this.root, rank, cursor);
    this.tree.nextRun(cursor, run, above);
    for (let index = 0; index < above; index++) assert.equal(run[index], entries[rank + index]!.record);
    const below = Math.min(150, rank);
    this.tree.seek(this.root, rank, cursor);
    this.tree.previousRun(cursor, run, below);
    for (let index = 0; index < below; index++) assert.equal(run[index], entries[rank - 1 - index]!.record);
  }

  /** The whole tree, against the array. */
  check(): void {
    this.tree.check(this.root);
    this.tree.seek(this.root, 0, this.cursor);
    for (const { record } of this.entries) assert.equal(this.tree.next(this.cursor), record);
    assert.equal(this.tree.next(this.cursor), NONE);
  }

  /** Frees everything; memory must be as it was. */
  end(): void {
    while (this.tree.dispose(this.root));
    for (const { record } of this.entries) this.memory.free(record);
    assert.equal(this.memory.blockCount(), 0);
    this.memory.check();
  }
}

/** Scores of a few kinds: many equal, all different, ascending, extreme. */
function scoreOf(prng: Prng, step: number, kind: number): number {
  if (kind === 0) return prng.below(4);
  if (kind === 1) return prng.fraction() * 1e6 - 5e5;
  if (kind === 2) return step;
  if (kind === 3) return -step;
  return [0, -0, 1, -1, 5e-324, -5e-324, 1e308, -1e308, Infinity, -Infinity, 2 ** 53, -(2 ** 31)][prng.below(12)]!;
}

/** Runs `operations` random steps; throws where the tree and the model disagree. */
export function fuzzOrderedTree(seed: number, operations: number, firstSegment = 0): void {
  const prng = new Prng(seed);
  const model = new TreeModel(firstSegment);
  let kind = 0;
  let removing = 30;
  for (let step = 0; step < operations; step++) {
    if (prng.below(1500) === 0) {
      kind = prng.below(5);
      // The population swings, so that nodes split and merge.
      removing = [10, 30, 60, 85][prng.below(4)]!;
      if (prng.below(3) === 0) model.rebuild();
    }
    const count = model.entries.length;
    const choice = prng.below(100);
    if (count === 0 || choice >= removing) model.add(scoreOf(prng, step, kind), `${prng.below(50)}:${step}`);
    else if (choice % 4 === 0) model.rescoreAt(prng.below(count), scoreOf(prng, step, kind));
    else if (choice % 4 === 1 && prng.below(60) === 0) {
      const rank = prng.below(count);
      model.removeRun(rank, 1 + prng.below(Math.min(count - rank, prng.below(4) === 0 ? count : 200)));
    } else if (choice % 4 === 2) model.removeAt(prng.below(2) === 0 ? 0 : count - 1);
    else model.removeAt(prng.below(count));
    if (isChecked(model.entries.length, step)) {
      model.check();
      model.probe(prng);
    }
  }
  model.check();
  model.end();
}

if (import.meta.main) fuzzByHand(fuzzOrderedTree, 100_000);
