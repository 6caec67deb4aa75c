// The tracking table: which clients may have cached which keys. Keys are remembered without their database, as in Redis,
// and whether they exist or not.
//
// A client that reads what it read before is the common case, and must cost next to nothing: so the table is one of open
// addressing, in which one cache line tells hash and client. It is cut into 1024 parts by the top bits of the hash; each
// doubles by itself, which for a million keys takes some 20 µs.
//
//   part    2^n slots of 4 words: the two halves of the hash, the only client's number (0: several), the key's block
//   block   key bytes, how many clients, the handle of their numbers in ascending order (0 while there is one), the key
//
// All of it lies in flat memory. A key of 16 bytes takes 32 bytes of block and some 32 of slots.
//
// Invariants: (1) `items` is the sum of the clients, `keys` counts the slots in use; (2) a slot with several clients has a
// list, no other has; (3) numbers ascend; (4) from the slot that a hash names to the one that has it none is empty.

import type { Disposable } from '../datatypes/disposals.ts';
import { assert, VERIFY } from '../lib/assert.ts';
import { copyBytes } from '../lib/bytes.ts';
import type { KeyHasher } from '../lib/half-siphash.ts';
import type { Prng } from '../lib/prng.ts';
import { type FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import type { ExpectedKeys } from '../structures/expected-keys.ts';

const PART_BITS = 10;
const PARTS = 1 << PART_BITS;
/** Words of the root: for each part its handle, slots and slots in use. */
const PART_WORDS = 3;
const SLOTS_FIRST = 4;

const LOW = 1;
const CLIENT = 2;
const BLOCK = 3;
const SLOT_BYTES = 16;

const LENGTH = 0;
const COUNT = 1;
const LIST = 2;
const BLOCK_HEADER = 12;

/** Parts that `dispose` frees at a time, and slots: it stops at the first that is reached. */
const DISPOSED_SLOTS = 512;

export class TrackingTable implements Disposable {
  /** Pairs of a key and a client. */
  items = 0;
  /** The numbers of the clients of the key that `take` took, in order. */
  taken = new Int32Array(16);
  /** Keys whose hashes are known before they are asked for. */
  expected: ExpectedKeys | null = null;
  private keys = 0;
  /** Root of the present table. */
  private root = NONE;
  private readonly memory: FlatMemory;
  private readonly hasher: KeyHasher;
  /** What the last search came to: the part's place in the words of the root, and the place of the slot in its words. */
  private part = 0;
  private words: Int32Array = new Int32Array(0);
  private first = 0;
  private slot = 0;
  private mask = 0;

  constructor(memory: FlatMemory, hasher: KeyHasher) {
    this.memory = memory;
    this.hasher = hasher;
  }

  /** Keys that are remembered. */
  count(): number {
    return this.keys;
  }

  /** Remembers that a client read a key; false where memory has no room for it. Makes no object. */
  remember(bytes: Uint8Array, start: number, end: number, client: number): boolean {
    this.hasher.hash(bytes, start, end);
    return this.rememberHashed(this.hasher.high, this.hasher.low, bytes, start, end, client);
  }

  /** The same for a key whose hash is known. */
  rememberHashed(high: number, low: number, bytes: Uint8Array, start: number, end: number, client: number): boolean {
    if (VERIFY) this.checkHash(high, low, bytes, start, end);
    if (this.isKnown(high, low, client)) return true;
    if (this.root === NONE && !this.create()) return false;
    if (!this.find(high, low, bytes, start, end)) return this.add(high, low, bytes, start, end, client);
    const only = this.words[this.slot + CLIENT]!;
    if (only === client) return true;
    return only === 0 ? this.addToList(client) : this.addSecond(only, client);
  }

  /**
   * Whether a key is remembered for a client, by its hash alone: that two of a million keys have the same 64 bits,
   * under a key that nobody knows, is as likely as 3 in 10^8. To read the key too would be a cache miss more, 50 ns.
   */
  private isKnown(high: number, low: number, client: number): boolean {
    const { root, memory } = this;
    if (root === NONE) return false;
    const parts = memory.words[root >>> SEGMENT_SHIFT]!;
    const part = ((root & GRANULE_MASK) << 1) + (high >>> (32 - PART_BITS)) * PART_WORDS;
    const handle = parts[part]!;
    if (handle === NONE) return false;
    const mask = (parts[part + 1]! - 1) << 2;
    const words = memory.words[handle >>> SEGMENT_SHIFT]!;
    const first = (handle & GRANULE_MASK) << 1;
    for (let slot = (low << 2) & mask; words[first + slot + BLOCK] !== NONE; slot = (slot + 4) & mask) {
      const at = first + slot;
      if (words[at] !== high || words[at + LOW] !== low) continue;
      const only = words[at + CLIENT]!;
      return only === client || (only === 0 && this.isListed(words[at + BLOCK]!, client));
    }
    return false;
  }

  /** Whether a client is in the list of a key's block. */
  private isListed(block: number, client: number): boolean {
    const { memory } = this;
    const header = memory.words[block >>> SEGMENT_SHIFT]!;
    const headerAt = (block & GRANULE_MASK) << 1;
    const list = header[headerAt + LIST]!;
    const numbers = memory.words[list >>> SEGMENT_SHIFT]!;
    const at = (list & GRANULE_MASK) << 1;
    const place = at + placeIn(numbers, at, header[headerAt + COUNT]!, client);
    return numbers[place] === client && place < at + header[headerAt + COUNT]!;
  }

  /** Forgets a key: the clients that may have it are `taken`. Returns how many. */
  take(bytes: Uint8Array, start: number, end: number): number {
    if (this.keys === 0 || !this.findChanged(bytes, start, end)) return 0;
    const { memory, words, slot } = this;
    const block = words[slot + BLOCK]!;
    let count = 1;
    if (words[slot + CLIENT] !== 0) this.taken[0] = words[slot + CLIENT]!;
    else {
      const header = memory.words[block >>> SEGMENT_SHIFT]!;
      const at = (block & GRANULE_MASK) << 1;
      count = header[at + COUNT]!;
      const list = header[at + LIST]!;
      if (this.taken.length < count) this.taken = new Int32Array(count * 2);
      const from = (list & GRANULE_MASK) << 1;
      this.taken.set(memory.words[list >>> SEGMENT_SHIFT]!.subarray(from, from + count));
      memory.free(list);
    }
    memory.free(block);
    this.empty();
    this.keys--;
    this.items -= count;
    this.rootWords()[this.part + 2]! -= 1;
    return count;
  }

  /** Finds a key that has just been changed: in a pipeline its hash is known. */
  private findChanged(bytes: Uint8Array, start: number, end: number): boolean {
    const { expected, hasher } = this;
    if (expected !== null && expected.bytes === bytes && expected.has(start, end)) {
      if (VERIFY) this.checkHash(expected.high(), expected.low(), bytes, start, end);
      return this.find(expected.high(), expected.low(), bytes, start, end);
    }
    hasher.hash(bytes, start, end);
    return this.find(hasher.high, hasher.low, bytes, start, end);
  }

  /** A copy of a key chosen by chance; null when there is none. */
  randomKey(prng: Prng): Uint8Array | null {
    if (this.keys === 0) return null;
    const root = this.rootWords();
    const base = (this.root & GRANULE_MASK) << 1;
    // Parts shrink with what is in them, and are much alike: a few tries find one that is not empty.
    let part = prng.below(PARTS);
    while (root[base + part * PART_WORDS + 2] === 0) part = (part + 1) % PARTS;
    const handle = root[base + part * PART_WORDS]!;
    const slots = root[base + part * PART_WORDS + 1]!;
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const first = (handle & GRANULE_MASK) << 1;
    let slot = prng.below(slots);
    while (words[first + slot * 4 + BLOCK] === NONE) slot = (slot + 1) & (slots - 1);
    const block = words[first + slot * 4 + BLOCK]!;
    const start = ((block & GRANULE_MASK) << 3) + BLOCK_HEADER;
    const length = this.memory.words[block >>> SEGMENT_SHIFT]![((block & GRANULE_MASK) << 1) + LENGTH]!;
    return this.memory.bytes[block >>> SEGMENT_SHIFT]!.slice(start, start + length);
  }

  /** Forgets everything, and returns the table, to be freed by `dispose`; NONE when there is nothing. */
  abandon(): number {
    const { root } = this;
    this.root = NONE;
    this.items = 0;
    this.keys = 0;
    return root;
  }

  /** Frees some slots of an abandoned table; false when all is gone, its root too. */
  dispose(root: number): boolean {
    const { memory } = this;
    const words = memory.words[root >>> SEGMENT_SHIFT]!;
    const base = (root & GRANULE_MASK) << 1;
    let left = DISPOSED_SLOTS;
    for (let part = 0; part < PARTS; part++) {
      const at = base + part * PART_WORDS;
      const handle = words[at]!;
      if (handle === NONE) continue;
      if (left <= 0) return true;
      // From its end, so that what is left is a part of fewer slots.
      while (words[at + 1]! > 0 && left-- > 0) this.disposeSlot(handle, --words[at + 1]!);
      if (words[at + 1]! > 0) return true;
      memory.free(handle);
      words[at] = NONE;
    }
    memory.free(root);
    return false;
  }

  private disposeSlot(handle: number, slot: number): void {
    const { memory } = this;
    const block = memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + slot * 4 + BLOCK]!;
    if (block === NONE) return;
    const list = memory.words[block >>> SEGMENT_SHIFT]![((block & GRANULE_MASK) << 1) + LIST]!;
    if (list !== NONE) memory.free(list);
    memory.free(block);
  }

  /** A key stands for no key of the data set. */
  objects(): number {
    return 0;
  }

  // --- slots ---

  private rootWords(): Int32Array {
    return this.memory.words[this.root >>> SEGMENT_SHIFT]!;
  }

  private create(): boolean {
    const bytes = PARTS * PART_WORDS * 4;
    if (!this.memory.admit(bytes)) return false;
    this.root = this.memory.allocate(bytes);
    const base = (this.root & GRANULE_MASK) << 1;
    this.rootWords().fill(0, base, base + PARTS * PART_WORDS);
    return true;
  }

  /** Finds the slot of a key, or the empty one where it is to be; the part may have no slots yet. */
  private find(high: number, low: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { memory } = this;
    const root = memory.words[this.root >>> SEGMENT_SHIFT]!;
    this.part = ((this.root & GRANULE_MASK) << 1) + (high >>> (32 - PART_BITS)) * PART_WORDS;
    const handle = root[this.part]!;
    if (handle === NONE) {
      this.mask = -1;
      return false;
    }
    const mask = root[this.part + 1]! - 1;
    const words = memory.words[handle >>> SEGMENT_SHIFT]!;
    const first = (handle & GRANULE_MASK) << 1;
    this.words = words;
    this.first = first;
    this.mask = mask;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const at = first + slot * 4;
      const block = words[at + BLOCK]!;
      if (block === NONE || (words[at] === high && words[at + LOW] === low && this.isKey(block, bytes, start, end))) {
        this.slot = at;
        return block !== NONE;
      }
    }
  }

  private isKey(block: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { memory } = this;
    const length = end - start;
    if (memory.words[block >>> SEGMENT_SHIFT]![((block & GRANULE_MASK) << 1) + LENGTH] !== length) return false;
    const own = memory.bytes[block >>> SEGMENT_SHIFT]!;
    const from = ((block & GRANULE_MASK) << 3) + BLOCK_HEADER;
    for (let index = 0; index < length; index++) if (own[from + index] !== bytes[start + index]) return false;
    return true;
  }

  private add(high: number, low: number, bytes: Uint8Array, start: number, end: number, client: number): boolean {
    const { memory } = this;
    if (!memory.admit(BLOCK_HEADER + end - start)) return false;
    const used = this.rootWords()[this.part + 2]!;
    if ((used + 1) * 4 > (this.mask + 1) * 3) {
      if (!this.resize(Math.max(SLOTS_FIRST, (this.mask + 1) * 2))) return false;
      this.find(high, low, bytes, start, end);
    }
    const block = memory.allocate(BLOCK_HEADER + end - start);
    const header = memory.words[block >>> SEGMENT_SHIFT]!;
    const at = (block & GRANULE_MASK) << 1;
    header[at + LENGTH] = end - start;
    header[at + COUNT] = 1;
    header[at + LIST] = NONE;
    copyBytes(bytes, start, end, memory.bytes[block >>> SEGMENT_SHIFT]!, (at << 2) + BLOCK_HEADER);
    const { words, slot } = this;
    words[slot] = high;
    words[slot + LOW] = low;
    words[slot + CLIENT] = client;
    words[slot + BLOCK] = block;
    this.rootWords()[this.part + 2]! += 1;
    this.keys++;
    this.items++;
    return true;
  }

  /** Gives the part of the last search another number of slots; false where memory has no room. */
  private resize(slots: number): boolean {
    const { memory } = this;
    if (!memory.admit(slots * SLOT_BYTES)) return false;
    const handle = memory.allocate(slots * SLOT_BYTES);
    const words = memory.words[handle >>> SEGMENT_SHIFT]!;
    const first = (handle & GRANULE_MASK) << 1;
    words.fill(0, first, first + slots * 4);
    const root = this.rootWords();
    const old = root[this.part]!;
    if (old !== NONE) {
      const from = memory.words[old >>> SEGMENT_SHIFT]!;
      const start = (old & GRANULE_MASK) << 1;
      for (let at = start; at < start + root[this.part + 1]! * 4; at += 4) {
        if (from[at + BLOCK] === NONE) continue;
        let slot = from[at + LOW]! & (slots - 1);
        while (words[first + slot * 4 + BLOCK] !== NONE) slot = (slot + 1) & (slots - 1);
        words.set(from.subarray(at, at + 4), first + slot * 4);
      }
      memory.free(old);
    }
    root[this.part] = handle;
    root[this.part + 1] = slots;
    return true;
  }

  /** Empties the slot found, and moves those behind it up, so that searches need no graves; a part may then be too large. */
  private empty(): void {
    const { words, first, mask } = this;
    let gap = (this.slot - first) >> 2;
    words[this.slot + BLOCK] = NONE;
    for (let next = (gap + 1) & mask; words[first + next * 4 + BLOCK] !== NONE; next = (next + 1) & mask) {
      const wanted = words[first + next * 4 + LOW]! & mask;
      // It may stay where its way does not lead past the gap.
      if (((next - wanted) & mask) < ((next - gap) & mask)) continue;
      words.copyWithin(first + gap * 4, first + next * 4, first + next * 4 + 4);
      words[first + next * 4 + BLOCK] = NONE;
      gap = next;
    }
    const used = this.rootWords()[this.part + 2]! - 1;
    if (mask + 1 > SLOTS_FIRST && used * 8 < mask + 1) this.resize((mask + 1) / 2);
  }

  // --- several clients ---

  private addSecond(only: number, client: number): boolean {
    const { memory } = this;
    if (!memory.admit(8)) return false;
    const list = memory.allocate(8);
    const numbers = memory.words[list >>> SEGMENT_SHIFT]!;
    const at = (list & GRANULE_MASK) << 1;
    numbers[at] = Math.min(only, client);
    numbers[at + 1] = Math.max(only, client);
    this.words[this.slot + CLIENT] = 0;
    this.setList(list, 2);
    return true;
  }

  private addToList(client: number): boolean {
    const { memory } = this;
    const block = this.words[this.slot + BLOCK]!;
    const header = memory.words[block >>> SEGMENT_SHIFT]!;
    const headerAt = (block & GRANULE_MASK) << 1;
    const count = header[headerAt + COUNT]!;
    let list = header[headerAt + LIST]!;
    let numbers = memory.words[list >>> SEGMENT_SHIFT]!;
    let at = (list & GRANULE_MASK) << 1;
    const place = placeIn(numbers, at, count, client);
    if (place < count && numbers[at + place] === client) return true;
    if (memory.capacity(list) < (count + 1) * 4) {
      if (!memory.admit(count * 8)) return false;
      const larger = memory.allocate(count * 8);
      const to = (larger & GRANULE_MASK) << 1;
      memory.words[larger >>> SEGMENT_SHIFT]!.set(numbers.subarray(at, at + count), to);
      memory.free(list);
      list = larger;
      numbers = memory.words[list >>> SEGMENT_SHIFT]!;
      at = to;
    }
    numbers.copyWithin(at + place + 1, at + place, at + count);
    numbers[at + place] = client;
    this.setList(list, count + 1);
    return true;
  }

  private setList(list: number, count: number): void {
    const block = this.words[this.slot + BLOCK]!;
    const header = this.memory.words[block >>> SEGMENT_SHIFT]!;
    const at = (block & GRANULE_MASK) << 1;
    header[at + COUNT] = count;
    header[at + LIST] = list;
    this.items++;
  }

  // --- checks ---

  private checkHash(high: number, low: number, bytes: Uint8Array, start: number, end: number): void {
    this.hasher.hash(bytes, start, end);
    assert(this.hasher.high === high && this.hasher.low === low, "a known hash is the key's");
  }

  /** Walks the table whole; asserts the invariants. */
  check(): void {
    let keys = 0;
    let items = 0;
    const { memory } = this;
    for (let part = 0; this.root !== NONE && part < PARTS; part++) {
      const root = this.rootWords();
      const at = ((this.root & GRANULE_MASK) << 1) + part * PART_WORDS;
      const slots = root[at + 1]!;
      let used = 0;
      for (let slot = 0; slot < slots; slot++) {
        const words = memory.words[root[at]! >>> SEGMENT_SHIFT]!;
        const word = ((root[at]! & GRANULE_MASK) << 1) + slot * 4;
        const block = words[word + BLOCK]!;
        if (block === NONE) continue;
        used++;
        const header = memory.words[block >>> SEGMENT_SHIFT]!;
        const blockAt = (block & GRANULE_MASK) << 1;
        const start = (blockAt << 2) + BLOCK_HEADER;
        const bytes = memory.bytes[block >>> SEGMENT_SHIFT]!;
        memory.checkLive(block, BLOCK_HEADER + header[blockAt + LENGTH]!);
        this.checkHash(words[word]!, words[word + LOW]!, bytes, start, start + header[blockAt + LENGTH]!);
        assert(words[word]! >>> (32 - PART_BITS) === part, 'a key is in its part');
        const isThere = this.find(words[word]!, words[word + LOW]!, bytes, start, start + header[blockAt + LENGTH]!);
        assert(isThere && this.slot === word, 'every key is found (4)');
        items += this.checkClients(words[word + CLIENT]!, header[blockAt + COUNT]!, header[blockAt + LIST]!);
      }
      assert(used === root[at + 2], "a part's keys are counted");
      keys += used;
    }
    assert(keys === this.keys && items === this.items, 'keys and items are counted (1)');
  }

  private checkClients(only: number, count: number, list: number): number {
    assert((only === 0) === (list !== NONE) && (only === 0) === count > 1, 'several clients have a list (2)');
    if (only !== 0) return 1;
    this.memory.checkLive(list, count * 4);
    const numbers = this.memory.words[list >>> SEGMENT_SHIFT]!;
    const at = (list & GRANULE_MASK) << 1;
    for (let index = 1; index < count; index++) {
      assert(numbers[at + index - 1]! < numbers[at + index]!, 'numbers ascend (3)');
    }
    return count;
  }
}

/** The place of the first of `count` ascending numbers from `at` on that is not below another. */
function placeIn(numbers: Int32Array, at: number, count: number, number: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[at + middle]! < number) low = middle + 1;
    else high = middle;
  }
  return low;
}
