// A map from bytes to anything, for what is off the hot path: channels, names of clients, users, libraries. Keys become
// latin1 text in a Map, each with a letter in front: V8 hashes texts that look like integers without a seed, and
// 100,000 chosen ones collide (CVE-2026-21717); a letter makes them ordinary. `__proto__` is a key like any other.

import { toLatin1 } from './bytes.ts';

const MARK = 'k';

/** A map keyed by bytes, in order of insertion. It keeps no reference to the caller's bytes. */
export class BytesMap<V> {
  private readonly map: Map<string, V>;

  constructor() {
    this.map = new Map();
  }

  get size(): number {
    return this.map.size;
  }

  get(bytes: Uint8Array, start: number, end: number): V | undefined {
    return this.map.get(MARK + toLatin1(bytes, start, end));
  }

  has(bytes: Uint8Array, start: number, end: number): boolean {
    return this.map.has(MARK + toLatin1(bytes, start, end));
  }

  set(bytes: Uint8Array, start: number, end: number, value: V): void {
    this.map.set(MARK + toLatin1(bytes, start, end), value);
  }

  /** Whether there was such a key. */
  delete(bytes: Uint8Array, start: number, end: number): boolean {
    return this.map.delete(MARK + toLatin1(bytes, start, end));
  }

  clear(): void {
    this.map.clear();
  }

  /** The value of a key given as latin1 text. */
  getText(key: string): V | undefined {
    return this.map.get(MARK + key);
  }

  hasText(key: string): boolean {
    return this.map.has(MARK + key);
  }

  setText(key: string, value: V): void {
    this.map.set(MARK + key, value);
  }

  deleteText(key: string): boolean {
    return this.map.delete(MARK + key);
  }

  values(): IterableIterator<V> {
    return this.map.values();
  }

  /** The keys as latin1 text. */
  *keys(): Generator<string> {
    for (const key of this.map.keys()) yield key.slice(MARK.length);
  }

  /** Keys as latin1 text, with their values. */
  *entries(): Generator<[string, V]> {
    for (const [key, value] of this.map) yield [key.slice(MARK.length), value];
  }
}
