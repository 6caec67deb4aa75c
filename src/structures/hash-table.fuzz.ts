// A table beside a Map of what should be in it, for tests and fuzzers.

import assert from 'node:assert/strict';
import { fromLatin1 } from '../lib/bytes.ts';
import { KeyHasher } from '../lib/half-siphash.ts';
import { FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import { HashTable } from './hash-table.ts';

export class TableModel {
  readonly memory: FlatMemory;
  readonly table: HashTable;
  readonly root: number;
  readonly keys = new Map<string, number>();

  constructor(seed: number, firstSegment = 0) {
    this.memory = new FlatMemory({ firstSegment });
    this.table = new HashTable(this.memory, new KeyHasher(seed, ~seed));
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
