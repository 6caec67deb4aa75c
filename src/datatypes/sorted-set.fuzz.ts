// Sorted sets against a Map: random additions, increments, removals, ranges and copies in every encoding, with check()
// after each step. CINNABAR_SEED and CINNABAR_OPERATIONS choose; the seed is printed.

import assert from 'node:assert/strict';
import { fuzzByHand } from '../../tests/support/fuzzing.ts';
import { compareBytes, fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { KeyHasher } from '../lib/half-siphash.ts';
import { Prng } from '../lib/prng.ts';
import { FlatMemory } from '../memory/flat-memory.ts';
import { Listpack } from '../structures/listpack.ts';
import { Disposals } from './disposals.ts';
import { KeyRecords } from './key-record.ts';
import { Members } from './members.ts';
import { PackedValues } from './packed-values.ts';
import {
  ADD_ADDED,
  ADD_INCREMENT,
  ADD_NOT_A_NUMBER,
  ADD_ONLY_GREATER,
  ADD_ONLY_LESS,
  ADD_ONLY_NEW,
  ADD_ONLY_PRESENT,
  ADD_REFUSED,
  ADD_SAME,
  ADD_UPDATED,
  SortedSets,
} from './sorted-set.ts';
import { ScoreRange } from './sorted-set-range.ts';
import type { SortedSetWalk } from './sorted-set-walk.ts';

const KEY = fromLatin1('key');
const SCORES = [0, -0, 1, 2, 2.5, -1, 100, 1e6, 3e9, -3e9, 2 ** 53, 2 ** 60, 2 ** 70, 0.1, 1e-9, Infinity, -Infinity];
const CONDITIONS = [
  0,
  0,
  0,
  ADD_ONLY_NEW,
  ADD_ONLY_PRESENT,
  ADD_ONLY_GREATER,
  ADD_ONLY_LESS,
  ADD_ONLY_PRESENT | ADD_ONLY_GREATER,
];

/** One sorted set and the map that it should equal. */
class Model {
  readonly memory = new FlatMemory();
  readonly records = new KeyRecords(this.memory);
  readonly sets: SortedSets;
  readonly scores = new Map<string, number>();
  handle: number;
  private readonly disposals = new Disposals();

  constructor(seed: number, entriesMax: number, valueBytesMax: number) {
    const members = new Members(this.memory, new KeyHasher(seed, ~seed));
    const packed = new PackedValues(this.records);
    this.sets = new SortedSets(this.records, packed, members, this.disposals, new Listpack());
    this.sets.packedEntriesMax = entriesMax;
    this.sets.packedValueBytesMax = valueBytesMax;
    this.handle = this.sets.create(KEY, 0, KEY.length, 0, 1, 1);
  }

  /** Members in order. */
  sorted(): [string, number][] {
    const entries = [...this.scores].map(([member, score]): [string, number] => [member, score + 0]);
    return entries.sort(([a, x], [b, y]) => (x === y ? compareText(a, b) : x < y ? -1 : 1));
  }

  add(member: string, score: number, flags: number): void {
    const { sets, scores } = this;
    const bytes = fromLatin1(`.${member}`);
    sets.score[0] = score;
    const outcome = sets.add(this.handle, bytes, 1, bytes.length, flags);
    this.handle = sets.record;
    const expected = this.settle(member, score, flags);
    assert.equal(outcome, expected);
    // -0 and 0 are the same: what is asked for is told, what was there stays.
    if (outcome !== ADD_REFUSED && outcome !== ADD_NOT_A_NUMBER) assert.ok(sets.score[0] === scores.get(member));
  }

  private settle(member: string, score: number, flags: number): number {
    const current = this.scores.get(member);
    if (current === undefined) {
      if ((flags & ADD_ONLY_PRESENT) !== 0) return ADD_REFUSED;
      this.scores.set(member, score);
      return ADD_ADDED;
    }
    if ((flags & ADD_ONLY_NEW) !== 0) return ADD_REFUSED;
    const wanted = (flags & ADD_INCREMENT) !== 0 ? current + score : score;
    if (Number.isNaN(wanted)) return ADD_NOT_A_NUMBER;
    if ((flags & ADD_ONLY_GREATER) !== 0 && wanted <= current) return ADD_REFUSED;
    if ((flags & ADD_ONLY_LESS) !== 0 && wanted >= current) return ADD_REFUSED;
    if (wanted === current) return ADD_SAME;
    this.scores.set(member, wanted);
    return ADD_UPDATED;
  }

  remove(member: string): void {
    const bytes = fromLatin1(member);
    assert.equal(this.sets.remove(this.handle, bytes, 0, bytes.length), this.scores.delete(member));
    this.handle = this.sets.record;
  }

  removeRanks(first: number, end: number): void {
    for (const [member] of this.sorted().slice(first, end)) this.scores.delete(member);
    this.sets.removeRanks(this.handle, first, end);
    this.handle = this.sets.record;
  }

  /** Goes on with a copy, and frees the original. */
  copy(): void {
    const copy = this.records.copy(this.handle, KEY, 0, KEY.length, false);
    this.sets.duplicate(copy);
    this.sets.release(this.handle, false);
    this.records.free(this.handle);
    this.handle = copy;
  }

  check(prng: Prng): void {
    const { sets, handle } = this;
    assert.equal(sets.count(handle), this.scores.size);
    if (this.scores.size === 0) return;
    sets.check(handle);
    const sorted = this.sorted();
    const rank = prng.below(sorted.length);
    const [member, score] = sorted[rank]!;
    const bytes = fromLatin1(member);
    assert.equal(sets.rank(handle, bytes, 0, bytes.length), rank);
    assert.ok(sets.score[0] === score);
    assert.ok(sets.find(handle, bytes, 0, bytes.length));
    assert.ok(sets.score[0] === score);
    this.checkRange(prng, sorted);
    this.checkWalks(prng, sorted);
  }

  private checkRange(prng: Prng, sorted: readonly [string, number][]): void {
    const range = new ScoreRange();
    range.bounds[0] = SCORES[prng.below(SCORES.length)]!;
    range.bounds[1] = SCORES[prng.below(SCORES.length)]!;
    range.minExclusive = prng.below(2) === 0;
    range.maxExclusive = prng.below(2) === 0;
    const within = sorted.filter(([, score]) => range.reachesMin(score) && range.keepsToMax(score)).length;
    assert.equal(this.sets.rangeByScore(this.handle, range), within > 0);
    if (within > 0) assert.equal(this.sets.end - this.sets.first, within);
    if (within > 0) assert.ok(range.reachesMin(sorted[this.sets.first]![1]));
  }

  private checkWalks(prng: Prng, sorted: readonly [string, number][]): void {
    const walk = this.sets.walk();
    const rank = prng.below(sorted.length + 1);
    const forward: [string, number][] = [];
    const read = (): [string, number] => {
      walk.readMember();
      const text = toLatin1(walk.bytes, walk.start, walk.end);
      // A pack takes -0 for 0.
      return [text, walk.score() + 0];
    };
    walk.begin(this.handle, rank);
    while (walk.next()) forward.push(read());
    assert.deepEqual(forward, sorted.slice(rank));
    const backward: [string, number][] = [];
    walk.begin(this.handle, rank);
    while (walk.previous()) backward.push(read());
    assert.deepEqual(backward, sorted.slice(0, rank).reverse());
    walk.begin(this.handle, rank);
    if (!walk.canFetch()) return;
    for (const [isReversed, expected] of [
      [false, forward],
      [true, backward],
    ] as const) {
      walk.begin(this.handle, rank);
      const fetched: string[] = [];
      while (fetched.length < expected.length) {
        const run = walk.fetch(expected.length - fetched.length, isReversed);
        for (let index = 0; index < run; index++) fetched.push(this.fetchedMember(walk, index));
      }
      assert.deepEqual(
        fetched,
        expected.map(([member]) => member),
      );
    }
  }

  private fetchedMember(walk: SortedSetWalk, index: number): string {
    const view = walk.fetchedView(index);
    const start = walk.fetchedStarts[index]!;
    const bytes = new Uint8Array(view.buffer, start, walk.fetchedEnds[index]! - start);
    return toLatin1(bytes, 0, bytes.length);
  }

  end(): void {
    this.sets.release(this.handle, false);
    this.records.free(this.handle);
    assert.equal(this.memory.blockCount(), 0);
    this.memory.check();
  }
}

function compareText(a: string, b: string): number {
  return compareBytes(fromLatin1(a), 0, a.length, fromLatin1(b), 0, b.length);
}

function memberOf(prng: Prng): string {
  const kind = prng.below(5);
  if (kind === 0) return String(prng.below(40));
  if (kind === 1) return String(prng.next32() * 2 ** prng.below(20));
  if (kind === 2) return `member:${prng.below(60)}`;
  if (kind === 3) return String.fromCharCode(prng.below(256)).repeat(prng.below(4));
  return 'long'.repeat(prng.below(30));
}

/** Runs `operations` random steps; throws where the set and the model disagree. */
export function fuzzSortedSets(seed: number, operations: number): void {
  const prng = new Prng(seed);
  for (let step = 0; step < operations; ) {
    const model = new Model(seed, [0, 5, 128, 1000][prng.below(4)]!, [3, 64, 1000][prng.below(3)]!);
    const adds = 40 + prng.below(50);
    for (let count = prng.below(400); count > 0; count--, step++) {
      const size = model.scores.size;
      const choice = prng.below(100);
      if (choice < adds || size === 0) {
        const score = prng.below(3) === 0 ? SCORES[prng.below(SCORES.length)]! : prng.below(50);
        const increment = prng.below(4) === 0 ? ADD_INCREMENT : 0;
        model.add(memberOf(prng), score, increment | CONDITIONS[prng.below(CONDITIONS.length)]!);
      } else if (choice < 96) {
        const [member] = model.sorted()[prng.below(size)]!;
        model.remove(prng.below(8) === 0 ? memberOf(prng) : member);
      } else if (choice < 98) {
        const first = prng.below(size);
        model.removeRanks(first, first + 1 + prng.below(size - first));
        // One after the other from one end, with something else between now and then.
        const atEnd = prng.below(2) === 0;
        for (let pops = prng.below(20); pops > 0 && model.scores.size > 1; pops--) {
          if (prng.below(8) === 0) model.add(memberOf(prng), prng.below(50), 0);
          if (prng.below(8) === 0) model.remove(model.sorted()[prng.below(model.scores.size)]![0]);
          const rank = atEnd ? model.scores.size - 1 : 0;
          if (model.scores.size > 1) model.removeRanks(rank, rank + 1);
        }
      } else model.copy();
      model.check(prng);
    }
    model.end();
  }
}

if (import.meta.main) fuzzByHand(fuzzSortedSets, 200_000);
