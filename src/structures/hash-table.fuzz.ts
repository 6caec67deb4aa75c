// A table beside a Map of what should be in it, for tests; and the fuzzer: random inserts, finds, removals and scans.
// CINNABAR_SEED and CINNABAR_OPERATIONS choose; the seed is printed.

import assert from 'node:assert/strict';
import { fuzzByHand, isChecked } from '../../tests/support/fuzzing.ts';
import { fromLatin1 } from '../lib/bytes.ts';
import { KeyHasher } from '../lib/half-siphash.ts';
import { Prng } from '../lib/prng.ts';
import { FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import { HashTable } from './hash-table.ts';

export class TableModel {
  readonly memory: FlatMemory;
  readonly hasher: KeyHasher;
  readonly table: HashTable;
  readonly root: number;
  readonly keys = new Map<string, number>();

  constructor(seed: number, firstSegment = 0) {
    this.memory = new FlatMemory({ firstSegment });
    this.hasher = new KeyHasher(seed, ~seed);
    this.table = new HashTable(this.memory, this.hasher);
    this.root = this.table.create();
  }

  record(key: string): number {
    const handle = this.memory.allocate(8 + key.length);
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    words[word] = 0;
    words[word + 1] = key.length;
    this.memory.bytes[handle >>> SEGMENT_SHIFT]!.set(fromLatin1(key), (word << 2) + 8);
    return handle;
  }

  keyOf(handle: number): string {
    const word = (handle & GRANULE_MASK) << 1;
    const length = this.memory.words[handle >>> SEGMENT_SHIFT]![word + 1]!;
    const bytes = this.memory.bytes[handle >>> SEGMENT_SHIFT]!;
    return String.fromCharCode(...bytes.subarray((word << 2) + 8, (word << 2) + 8 + length));
  }

  find(key: string): number {
    const bytes = fromLatin1(`..${key}`);
    return this.table.find(this.root, bytes, 2, bytes.length);
  }

  add(key: string): void {
    const found = this.find(key);
    assert.equal(found, this.keys.get(key) ?? NONE);
    const handle = this.record(key);
    if (found !== NONE) {
      this.table.replaceFound(handle);
      this.memory.free(found);
    } else this.table.insert(this.root, handle);
    this.keys.set(key, handle);
  }

  remove(key: string): void {
    const found = this.find(key);
    assert.equal(found, this.keys.get(key) ?? NONE);
    if (found === NONE) return;
    this.table.removeFound(this.root);
    this.memory.free(found);
    this.keys.delete(key);
  }

  removeRandom(prng: Prng): void {
    const chosen = this.table.random(this.root, prng);
    if (chosen === NONE) return;
    this.keys.delete(this.keyOf(chosen));
    this.table.removeFound(this.root);
    this.memory.free(chosen);
  }

  /** One scan step; returns the next cursor and adds what it saw. */
  scan(cursor: number, seen: Set<string>): number {
    const next = this.table.scan(this.root, cursor);
    for (let index = 0; index < this.table.collectedCount; index++) seen.add(this.keyOf(this.table.collected[index]!));
    return next;
  }

  scanAll(): Set<string> {
    const seen = new Set<string>();
    let steps = 0;
    for (let cursor = this.scan(0, seen); cursor !== 0; cursor = this.scan(cursor, seen)) {
      assert.ok(++steps < 1e6, 'a scan ends');
    }
    return seen;
  }

  check(): void {
    this.table.check(this.root);
    assert.equal(this.table.count(this.root), this.keys.size);
  }
}

/** After so many steps a population that grew shrinks, and the other way round: segments split and merge. */
const SWING = 12_000;

/** Runs so many steps; throws when the table and its Map differ. */
export function fuzzHashTable(seed: number, operations: number, firstSegment = 0): void {
  const model = new TableModel(seed, firstSegment);
  const prng = new Prng(seed);
  for (let step = 0; step < operations; step++) {
    const isGrowing = Math.floor(step / SWING) % 2 === 0;
    // Now some thousands of keys, now some hundreds.
    const key = `key:${prng.below(Math.floor(step / (2 * SWING)) % 3 === 1 ? 700 : 9000)}`;
    if (prng.below(100) < (isGrowing ? 75 : 15)) model.add(key);
    else if (prng.below(4) === 0) model.removeRandom(prng);
    else model.remove(key);
    if (isChecked(model.keys.size, step)) model.check();
    if (step % 8192 === 0) assert.deepEqual(model.scanAll(), new Set(model.keys.keys()), `seed ${seed} step ${step}`);
  }
  for (const key of [...model.keys.keys()]) model.remove(key);
  model.check();
  model.table.destroy(model.root);
  assert.equal(model.memory.blockCount(), 0);
  model.memory.check();
}

if (import.meta.main) fuzzByHand(fuzzHashTable, 100_000);
