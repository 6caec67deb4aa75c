// Active expiry: a hierarchical timing wheel of (database, key hash), one for each database (Varghese and Lauck, 1987).
//
// Entries name hashes, not records, since records move. A key's record says in its expiry field which slot holds its
// entry ("armed"); an entry that no record of its hash is armed with is stale and dropped when met. A deadline that is
// moved later needs no new entry: the old one fires, finds the key alive and is set anew. So a key that is refreshed all
// day has one entry, and so has one whose expiry is removed and set again.
//
//   expiry field   word 0: low 32 bits of the deadline
//                  word 1: bit 31 set: slot 15 bits | high 16 bits of the deadline (48 ones: no deadline; 64: no slot either)
//                          bit 31 clear: high 31 bits of a deadline beyond 2^48 ms, which is never armed
//   wheel          5 levels of 256 slots; a slot of level 0 is 64 ms, of level n 256 times that of level n - 1
//   slot           a chain of chunks: [next chunk, count, (hash high, hash low)…]
//
// Entries that stand for nothing are swept out, a few at a time, when they are more than the others.
//
// Slots fire at their end on level 0 and at their beginning on the others; both put their chunks in the due list, which
// is worked off entry by entry in slices. 8 bytes an entry and a little for the chunks.

import { assert } from '../lib/assert.ts';
import type { Prng } from '../lib/prng.ts';
import { type FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';

const LEVELS = 5;
const SLOTS = 256;
/** Milliseconds of a slot of level 0: how late an untouched key may go, beside the slices' own delay. */
const TICK_MS = 64;
/** Chunks grow with the slot, so that a lone key costs 64 bytes and a million of one deadline 8 bytes each. */
const CHUNK_BYTES_MIN = 64;
const CHUNK_BYTES_MAX = 4096;
const CHUNK_NEXT = 0;
const CHUNK_COUNT = 1;
const CHUNK_HEADER_WORDS = 2;

/** So much of the due list may be done before it is taken out, while the rest never ends. */
const DUE_DONE_MAX = 1024;

/** Slots from this level on span twelve days or more. */
const LONG_LEVEL = 3;
/** Fewer entries that stand for nothing are left where they are. */
const SWEPT_MIN = 1024;
/** Chunks of a slot that `pick` looks into. */
const PICKED_CHUNKS = 8;

/** What `moveSlot` says: there is no such slot; it is done; there is more of it. */
export const MOVED_NONE = 0;
export const MOVED_ALL = 1;
export const MOVED_PART = 2;
/** Chunks moved at a time: a megabyte. */
const MOVED_CHUNKS_MAX = 256;

/** Slot of a key that is not in the wheel. */
export const UNARMED = 0x7fff;
/** Deadlines from here on are kept exactly but never armed: 8,900 years. */
export const FAR_DEADLINE = 2 ** 48 - 1;
/** What `deadlineOf` says of a key whose expiry was removed. */
export const NO_DEADLINE = -1;

/** The deadline in an expiry field at `word`, in milliseconds since 1970; NO_DEADLINE when there is none. */
export function deadlineOf(words: Int32Array, word: number): number {
  const high = words[word + 1]!;
  const low = words[word]! >>> 0;
  if (high >= 0) return high * 4294967296 + low;
  const deadline = (high & 0xffff) * 4294967296 + low;
  return deadline === FAR_DEADLINE ? NO_DEADLINE : deadline;
}

/** The slot in an expiry field at `word`, or UNARMED. */
export function slotOf(words: Int32Array, word: number): number {
  const high = words[word + 1]!;
  return high >= 0 ? UNARMED : (high >>> 16) & 0x7fff;
}

/** Writes an expiry field; `deadline` NO_DEADLINE keeps the slot only. */
export function writeExpiry(words: Int32Array, word: number, deadline: number, slot: number): void {
  const kept = deadline === NO_DEADLINE ? FAR_DEADLINE : deadline;
  const high = Math.floor(kept / 4294967296);
  words[word] = (kept - high * 4294967296) | 0;
  words[word + 1] = deadline > FAR_DEADLINE - 1 ? high : (1 << 31) | (slot << 16) | high;
}

/** Writes an expiry field with a deadline beyond 2^53, exactly. */
export function writeFarExpiry(words: Int32Array, word: number, deadline: bigint): void {
  words[word] = Number(BigInt.asIntN(32, deadline));
  words[word + 1] = Number(BigInt.asIntN(32, deadline >> 32n));
}

/** Whether a slot is short: the long ones span days, and may hold all there is. */
export function isShortSlot(slot: number): boolean {
  return slot < LONG_LEVEL * SLOTS;
}

/** The timing wheel of one database. */
export class ExpiryWheel {
  /** The entry that `next` found. */
  high = 0;
  low = 0;
  slot = 0;
  /** Entries in the wheel and in the due list, stale ones too. */
  entries = 0;
  private readonly memory: FlatMemory;
  /** The slot that is swept, -1 when none is, and what is left of its chain: its entries are armed all the same. */
  private sweptSlot = -1;
  private swept = NONE;
  /** Entries that were left after the last sweep. */
  private keptEntries = 0;
  /** Where the entry lies that `pick` picked. */
  private pickedChunk = NONE;
  private pickedEntry = 0;
  private slots: Int32Array | null = null;
  /** Ticks passed: slots before this one of level 0 have fired. */
  private tick: number;
  /** Slot numbers and first chunks of slots that fired, in pairs from `dueFrom` on: what is due longest comes first. */
  private readonly due: number[] = [];
  private dueFrom = 0;
  /** The due chunk whose entries stand the other way round, so that the last is the one that came first. */
  private turned = NONE;

  constructor(memory: FlatMemory, now: number) {
    this.memory = memory;
    this.tick = Math.floor(now / TICK_MS);
  }

  /** The slot in which an entry for `deadline` belongs now. */
  slotFor(deadline: number): number {
    let tick = Math.floor(deadline / TICK_MS) + 1;
    if (tick <= this.tick) tick = this.tick + 1;
    let span = tick - this.tick;
    let level = 0;
    let unit = 1;
    while (span >= SLOTS && level < LEVELS - 1) {
      level++;
      unit *= SLOTS;
      span = Math.floor(tick / unit) - Math.floor(this.tick / unit);
    }
    const place = span >= SLOTS ? Math.floor(this.tick / unit) + SLOTS - 1 : Math.floor(tick / unit);
    return level * SLOTS + (place % SLOTS);
  }

  /** Whether an entry in `slot` fires no later than one for `deadline` would; `slot` holds an unfired entry. */
  firesBefore(slot: number, deadline: number): boolean {
    if (slot === UNARMED) return false;
    const level = Math.floor(slot / SLOTS);
    const unit = SLOTS ** level;
    const base = Math.floor(this.tick / unit);
    // The next moment, from now on, at which the slot fires.
    const place = base + ((((slot % SLOTS) - (base % SLOTS) + SLOTS - 1) % SLOTS) + 1);
    return place * unit * TICK_MS <= (Math.floor(deadline / TICK_MS) + 1) * TICK_MS;
  }

  /** Adds an entry for a key hash; returns the slot for the record to remember. May grow memory. */
  add(deadline: number, high: number, low: number): number {
    const slot = this.slotFor(deadline);
    this.slots ??= new Int32Array(LEVELS * SLOTS);
    this.append(slot, high, low);
    return slot;
  }

  private append(slot: number, high: number, low: number): void {
    const { memory } = this;
    const slots = this.slots!;
    let chunk = slots[slot]!;
    if (chunk === NONE || this.isFull(chunk)) {
      const bytes = chunk === NONE ? CHUNK_BYTES_MIN : Math.min(CHUNK_BYTES_MAX, memory.capacity(chunk) * 4);
      const next = chunk;
      chunk = memory.allocate(bytes);
      const words = memory.words[chunk >>> SEGMENT_SHIFT]!;
      const at = (chunk & GRANULE_MASK) << 1;
      words[at + CHUNK_NEXT] = next;
      words[at + CHUNK_COUNT] = 0;
      slots[slot] = chunk;
    }
    const words = memory.words[chunk >>> SEGMENT_SHIFT]!;
    const at = (chunk & GRANULE_MASK) << 1;
    const count = words[at + CHUNK_COUNT]!;
    words[at + CHUNK_HEADER_WORDS + count * 2] = high;
    words[at + CHUNK_HEADER_WORDS + count * 2 + 1] = low;
    words[at + CHUNK_COUNT] = count + 1;
    this.entries++;
  }

  /** Moves the wheel to `now`: what fired is due. */
  advance(now: number): void {
    const tick = Math.floor(now / TICK_MS);
    if (tick <= this.tick) return;
    const before = this.tick;
    this.tick = tick;
    const slots = this.slots;
    if (slots === null) return;
    let unit = 1;
    for (let level = 0; level < LEVELS; level++, unit *= SLOTS) {
      const from = Math.floor(before / unit);
      const to = Math.floor(tick / unit);
      const first = Math.max(from + 1, to - SLOTS + 1);
      for (let place = first; place <= to; place++) {
        const slot = level * SLOTS + (place % SLOTS);
        const chunk = slots[slot]!;
        if (slot === this.sweptSlot && this.swept !== NONE) {
          this.due.push(slot, this.swept);
          this.swept = NONE;
        }
        if (chunk === NONE) continue;
        slots[slot] = NONE;
        this.due.push(slot, this.turnChain(chunk));
      }
      if (from === to) return;
    }
  }

  /** Takes one entry from the due list into `high`, `low`, `slot`; false when there is none. */
  next(): boolean {
    const due = this.due;
    while (this.dueFrom < due.length) {
      const chunk = due[this.dueFrom + 1]!;
      if (this.countOf(chunk) > 0) {
        if (chunk !== this.turned) this.turn(chunk);
        this.takeLast(chunk);
        this.slot = due[this.dueFrom]!;
        return true;
      }
      const next = this.nextOf(chunk);
      this.memory.free(chunk);
      this.turned = NONE;
      if (next === NONE) this.dueFrom += 2;
      else due[this.dueFrom + 1] = next;
      if (this.dueFrom === due.length || this.dueFrom >= DUE_DONE_MAX) this.forgetDone();
    }
    return false;
  }

  /** Takes what is done out of the due list. */
  private forgetDone(): void {
    this.due.splice(0, this.dueFrom);
    this.dueFrom = 0;
  }

  // --- sweeping ---

  /**
   * Whether entries that stand for nothing are too many, or a sweep is under way: keys that are deleted or evicted before
   * their time leave theirs behind. `live` is how many stand for something, or a few more.
   */
  wantsSweep(live: number): boolean {
    return this.sweptSlot >= 0 || this.entries > Math.max(live, this.keptEntries) * 2 + SWEPT_MIN;
  }

  /**
   * Takes the next entry of a sweep into `high`, `low`, `slot`; it is to be put back with `keep` if a key is armed with it. False
   * when the sweep is over.
   */
  sweepNext(): boolean {
    const { slots, memory } = this;
    if (slots === null) return false;
    for (;;) {
      const chunk = this.swept;
      if (chunk === NONE) {
        this.sweptSlot++;
        if (this.sweptSlot === slots.length) {
          this.sweptSlot = -1;
          this.keptEntries = this.entries;
          return false;
        }
        this.swept = slots[this.sweptSlot]!;
        slots[this.sweptSlot] = NONE;
        continue;
      }
      if (this.countOf(chunk) > 0) {
        this.takeLast(chunk);
        this.slot = this.sweptSlot;
        return true;
      }
      this.swept = this.nextOf(chunk);
      memory.free(chunk);
    }
  }

  /** Puts the entry that `sweepNext` took back. May grow memory. */
  keep(): void {
    this.append(this.slot, this.high, this.low);
  }

  // --- moving together ---

  /**
   * Moves the chunks of a slot that lie in condemned memory, by its number; MOVED_…. Where all keys go within days of each
   * other one slot holds millions: it is then done a part at a time, and looked through again.
   */
  moveSlot(slot: number): number {
    const { slots, memory } = this;
    if (slots === null || slot >= slots.length) return MOVED_NONE;
    let previous = NONE;
    let left = MOVED_CHUNKS_MAX;
    for (let chunk = slots[slot]!; chunk !== NONE; ) {
      if (memory.isCondemned(chunk)) {
        if (left-- === 0) return MOVED_PART;
        if (!memory.admit(memory.capacity(chunk))) return MOVED_ALL;
        chunk = memory.move(chunk);
        if (previous === NONE) slots[slot] = chunk;
        else memory.words[previous >>> SEGMENT_SHIFT]![((previous & GRANULE_MASK) << 1) + CHUNK_NEXT] = chunk;
      }
      previous = chunk;
      chunk = this.nextOf(chunk);
    }
    return MOVED_ALL;
  }

  // --- looking for victims of eviction ---

  /** The slot with entries that fires first of all that have not fired, -1 when there is none. */
  soonest(): number {
    const { slots } = this;
    if (slots === null) return -1;
    let soonest = -1;
    let tick = Number.POSITIVE_INFINITY;
    let unit = 1;
    for (let level = 0; level < LEVELS; level++, unit *= SLOTS) {
      const base = Math.floor(this.tick / unit);
      const place = (base % SLOTS) | 0;
      for (let step = 1; step <= SLOTS; step++) {
        const slot = level * SLOTS + ((place + step) % SLOTS);
        if (slots[slot] === NONE) continue;
        if ((base + step) * unit < tick) {
          soonest = slot;
          tick = (base + step) * unit;
        }
        break;
      }
    }
    return soonest;
  }

  /** The next slot with entries from a random one on, -1 when there is none. */
  anySlot(prng: Prng): number {
    const { slots } = this;
    if (slots === null) return -1;
    const first = prng.below(slots.length);
    for (let step = 0; step < slots.length; step++) {
      const slot = (first + step) % slots.length;
      if (slots[slot] !== NONE) return slot;
    }
    return -1;
  }

  /**
   * Picks a random entry of a slot into `high`, `low`, `slot`, among those that were added last where they are very many. It
   * stays in the wheel, but for `dropPicked`. False when the slot has none.
   */
  pick(slot: number, prng: Prng): boolean {
    const { memory } = this;
    const slots = this.slots!;
    // Chunks emptied by `dropPicked` go when they are the first of their chain.
    let first = slots[slot]!;
    while (first !== NONE && this.countOf(first) === 0) {
      const next = this.nextOf(first);
      memory.free(first);
      first = next;
    }
    slots[slot] = first;
    if (first === NONE) return false;
    let picked = first;
    let steps = prng.below(PICKED_CHUNKS);
    for (let chunk = first; chunk !== NONE && steps >= 0; steps--) {
      if (this.countOf(chunk) > 0) picked = chunk;
      chunk = this.nextOf(chunk);
    }
    const words = memory.words[picked >>> SEGMENT_SHIFT]!;
    const at = (picked & GRANULE_MASK) << 1;
    this.pickedChunk = picked;
    this.pickedEntry = at + CHUNK_HEADER_WORDS + prng.below(words[at + CHUNK_COUNT]!) * 2;
    this.high = words[this.pickedEntry]!;
    this.low = words[this.pickedEntry + 1]!;
    this.slot = slot;
    return true;
  }

  /** Takes the entry that `pick` just picked out of the wheel. */
  dropPicked(): void {
    const words = this.memory.words[this.pickedChunk >>> SEGMENT_SHIFT]!;
    const at = (this.pickedChunk & GRANULE_MASK) << 1;
    const last = words[at + CHUNK_COUNT]! - 1;
    words[this.pickedEntry] = words[at + CHUNK_HEADER_WORDS + last * 2]!;
    words[this.pickedEntry + 1] = words[at + CHUNK_HEADER_WORDS + last * 2 + 1]!;
    words[at + CHUNK_COUNT] = last;
    this.entries--;
  }

  /** Turns a chain of chunks round; returns the first, which was the last. A million entries have 2000 of them. */
  private turnChain(first: number): number {
    let previous = NONE;
    for (let chunk = first; chunk !== NONE; ) {
      const words = this.memory.words[chunk >>> SEGMENT_SHIFT]!;
      const at = ((chunk & GRANULE_MASK) << 1) + CHUNK_NEXT;
      const next = words[at]!;
      words[at] = previous;
      previous = chunk;
      chunk = next;
    }
    return previous;
  }

  /** Turns the entries of a chunk round: what is due at nearly the same time goes in the order in which it was set. */
  private turn(chunk: number): void {
    const words = this.memory.words[chunk >>> SEGMENT_SHIFT]!;
    let from = ((chunk & GRANULE_MASK) << 1) + CHUNK_HEADER_WORDS;
    for (let to = from + this.countOf(chunk) * 2 - 2; from < to; from += 2, to -= 2) {
      const [high, low] = [words[from]!, words[from + 1]!];
      words[from] = words[to]!;
      words[from + 1] = words[to + 1]!;
      words[to] = high;
      words[to + 1] = low;
    }
    this.turned = chunk;
  }

  /** Drops all entries; at most a chunk is freed for each 500 of them. */
  clear(): void {
    for (let index = this.dueFrom; index < this.due.length; index += 2) this.freeChain(this.due[index + 1]!);
    this.due.length = this.dueFrom = 0;
    this.turned = NONE;
    if (this.slots !== null) for (const chunk of this.slots) this.freeChain(chunk);
    this.freeChain(this.swept);
    this.swept = NONE;
    this.sweptSlot = -1;
    this.keptEntries = 0;
    this.slots = null;
    this.entries = 0;
  }

  /** Walks all chains; asserts that the entries add up. */
  check(): void {
    let entries = 0;
    const chains = [
      ...(this.slots ?? []),
      this.swept,
      ...this.due.filter((_, index) => index > this.dueFrom && index % 2 === 1),
    ];
    for (const chain of chains) {
      for (let chunk = chain; chunk !== NONE; ) {
        const words = this.memory.words[chunk >>> SEGMENT_SHIFT]!;
        const at = (chunk & GRANULE_MASK) << 1;
        entries += words[at + CHUNK_COUNT]!;
        chunk = words[at + CHUNK_NEXT]!;
      }
    }
    assert(entries === this.entries, 'the entries of all chunks add up');
  }

  private isFull(chunk: number): boolean {
    return (CHUNK_HEADER_WORDS + this.countOf(chunk) * 2 + 2) * 4 > this.memory.capacity(chunk);
  }

  /** Takes the last entry of a chunk into `high` and `low`. */
  private takeLast(chunk: number): void {
    const words = this.memory.words[chunk >>> SEGMENT_SHIFT]!;
    const at = (chunk & GRANULE_MASK) << 1;
    const count = words[at + CHUNK_COUNT]!;
    this.high = words[at + CHUNK_HEADER_WORDS + count * 2 - 2]!;
    this.low = words[at + CHUNK_HEADER_WORDS + count * 2 - 1]!;
    words[at + CHUNK_COUNT] = count - 1;
    this.entries--;
  }

  private nextOf(chunk: number): number {
    return this.memory.words[chunk >>> SEGMENT_SHIFT]![((chunk & GRANULE_MASK) << 1) + CHUNK_NEXT]!;
  }

  private countOf(chunk: number): number {
    return this.memory.words[chunk >>> SEGMENT_SHIFT]![((chunk & GRANULE_MASK) << 1) + CHUNK_COUNT]!;
  }

  private freeChain(first: number): void {
    for (let chunk = first; chunk !== NONE; ) {
      const next = this.nextOf(chunk);
      this.memory.free(chunk);
      chunk = next;
    }
  }
}
