// The tracking table: which clients may have cached which keys. Keys are remembered without their database, as in Redis,
// and whether they exist or not.
//
// A key is a member record (structures/record.ts) in a table of its own, with two words beside it: how many clients there
// are, and the number of the only one, or the handle of a block with all their numbers in ascending order. A key of 16 bytes
// that one client reads takes 32 bytes, and 8 in the index.
//
// Invariants: (1) `items` is the sum of the counts; (2) a record's count is not 0, and it has a block when it is not 1;
// (3) numbers ascend.

import { Members } from '../datatypes/members.ts';
import { assert } from '../lib/assert.ts';
import type { KeyHasher } from '../lib/half-siphash.ts';
import type { Prng } from '../lib/prng.ts';
import { type FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import { TableWalk } from '../structures/hash-table.ts';

/** A root and its first segment. */
const TABLE_BYTES = 1024;

export class TrackingTable extends Members {
  /** Pairs of a key and a client. */
  items = 0;
  /** The numbers of the clients of the key that `take` took, and how many they are. */
  taken = new Int32Array(16);
  private root = NONE;

  constructor(memory: FlatMemory, hasher: KeyHasher) {
    super(memory, hasher);
  }

  /** Keys that are remembered. */
  count(): number {
    return this.root === NONE ? 0 : this.table.count(this.root);
  }

  /** Remembers that a client read a key; false where memory has no room for it. Allocates no object. */
  remember(bytes: Uint8Array, start: number, end: number, client: number): boolean {
    const { memory } = this;
    if (this.root === NONE) {
      if (!memory.admit(TABLE_BYTES)) return false;
      this.root = this.table.create();
    }
    const handle = this.table.find(this.root, bytes, start, end);
    if (handle === NONE) {
      if (!memory.admit(Members.size(end - start, 0, true))) return false;
      const made = this.create(bytes, start, end, 0, true);
      this.setClients(made, 1, client);
      this.table.insert(this.root, made);
      this.items++;
      return true;
    }
    const words = memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    const count = words[word + 1]!;
    if (count === 1) return words[word + 2] === client || this.addSecond(handle, client);
    return this.addToList(handle, count, client);
  }

  /**
   * Forgets a key: the clients that may have it are `taken`. Returns how many. The key may lie in flat memory: it is read
   * before anything is freed.
   */
  take(bytes: Uint8Array, start: number, end: number): number {
    if (this.root === NONE) return 0;
    const handle = this.table.find(this.root, bytes, start, end);
    return handle === NONE ? 0 : this.takeFound(handle);
  }

  private takeFound(handle: number): number {
    const { memory } = this;
    const words = memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    const count = words[word + 1]!;
    const client = words[word + 2]!;
    if (count === 1) this.taken[0] = client;
    else {
      if (this.taken.length < count) this.taken = new Int32Array(count * 2);
      const at = (client & GRANULE_MASK) << 1;
      this.taken.set(memory.words[client >>> SEGMENT_SHIFT]!.subarray(at, at + count));
      memory.free(client);
    }
    this.table.removeFound(this.root);
    memory.free(handle);
    this.items -= count;
    return count;
  }

  /** A copy of a key chosen by chance; null when there is none. */
  randomKey(prng: Prng): Uint8Array | null {
    const handle = this.root === NONE ? NONE : this.table.random(this.root, prng);
    if (handle === NONE) return null;
    this.read(handle);
    return this.bytes.slice(this.start, this.end);
  }

  /** Forgets everything, and returns the table, to be freed by `dispose`; NONE when there is nothing. */
  abandon(): number {
    const { root } = this;
    this.root = NONE;
    this.items = 0;
    return root;
  }

  /** Frees one segment's records of an abandoned table, with their lists; false when all is gone. */
  override dispose(root: number): boolean {
    const { table, memory } = this;
    const more = table.dispose(root);
    for (let index = 0; index < table.collectedCount; index++) {
      const handle = table.collected[index]!;
      const words = memory.words[handle >>> SEGMENT_SHIFT]!;
      const word = (handle & GRANULE_MASK) << 1;
      if (words[word + 1]! > 1) memory.free(words[word + 2]!);
      memory.free(handle);
    }
    return more;
  }

  /** A key stands for no key of the data set. */
  objects(): number {
    return 0;
  }

  /** Walks the table whole; asserts the invariants. */
  check(): void {
    if (this.root === NONE) {
      assert(this.items === 0, 'without a table there are no items (1)');
      return;
    }
    this.table.check(this.root);
    const walk = new TableWalk(this.table);
    walk.start(this.root);
    let items = 0;
    for (let handle = walk.next(); handle !== NONE; handle = walk.next()) {
      const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
      const word = (handle & GRANULE_MASK) << 1;
      const count = words[word + 1]!;
      assert(count > 0, 'a key is remembered for somebody (2)');
      items += count;
      if (count === 1) continue;
      const list = words[word + 2]!;
      this.memory.checkLive(list, count * 4);
      const numbers = this.memory.words[list >>> SEGMENT_SHIFT]!;
      const first = (list & GRANULE_MASK) << 1;
      for (let index = 1; index < count; index++) {
        assert(numbers[first + index - 1]! < numbers[first + index]!, 'numbers ascend (3)');
      }
    }
    assert(items === this.items, 'items are counted (1)');
  }

  private setClients(handle: number, count: number, client: number): void {
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    words[word + 1] = count;
    words[word + 2] = client;
  }

  private addSecond(handle: number, client: number): boolean {
    const { memory } = this;
    if (!memory.admit(8)) return false;
    const list = memory.allocate(8);
    const first = memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + 2]!;
    const words = memory.words[list >>> SEGMENT_SHIFT]!;
    const at = (list & GRANULE_MASK) << 1;
    words[at] = Math.min(first, client);
    words[at + 1] = Math.max(first, client);
    this.setClients(handle, 2, list);
    this.items++;
    return true;
  }

  private addToList(handle: number, count: number, client: number): boolean {
    const { memory } = this;
    let list = memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + 2]!;
    let words = memory.words[list >>> SEGMENT_SHIFT]!;
    let at = (list & GRANULE_MASK) << 1;
    // The place of the first number that is not below the client's.
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (words[at + middle]! < client) low = middle + 1;
      else high = middle;
    }
    if (low < count && words[at + low] === client) return true;
    if (memory.capacity(list) < (count + 1) * 4) {
      const bytes = count * 8;
      if (!memory.admit(bytes)) return false;
      const larger = memory.allocate(bytes);
      const to = (larger & GRANULE_MASK) << 1;
      memory.words[larger >>> SEGMENT_SHIFT]!.set(words.subarray(at, at + count), to);
      memory.free(list);
      list = larger;
      words = memory.words[list >>> SEGMENT_SHIFT]!;
      at = to;
    }
    words.copyWithin(at + low + 1, at + low, at + count);
    words[at + low] = client;
    this.setClients(handle, count + 1, list);
    this.items++;
    return true;
  }
}
