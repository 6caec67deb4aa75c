// Flat memory: where all data lives. Blocks in typed arrays ("segments"), named by 32-bit handles, never seen by the
// garbage collector.
//
//   handle (int32)   [ segment: 11 bits | granule within the segment: 21 bits ], a granule being 8 bytes
//
// A segment is at most 16 MiB; the first ones are smaller, so that an idle database is small. A value that does not fit
// a segment has a segment number of its own, backed by one buffer as long as the value ("dedicated").
// Small blocks are cut from slabs of one size class, larger ones are runs of pages (page-runs.ts).
//
// Handles are signed (`| 0`): as unsigned numbers those above 2^31 become heap numbers (610 scavenges in 40 M calls
// against 2, DESIGN.md). They become unsigned only in the address computation, `handle >>> 21`.
//
// Whoever holds a view (`bytes[…]`, `words[…]`, `views[…]`) must take it again after any call that may allocate or free.
//
// Invariants: (1) usedBytes is the sum of the live blocks' class sizes or runs; (2) a slab's LIVE blocks and its free
// list add up to BUMP; (3) slabs with room, and only they, are in their class's list, unless their segment is condemned; (4) handle 0 is never given out.

import { assert, VERIFY } from '../lib/assert.ts';
import {
  BUMP,
  FREE,
  KIND_LARGE,
  LIVE,
  NEXT,
  OWNER,
  PAGE_WORDS,
  PAGES,
  PageRuns,
  PREV,
  SEGMENT_PAGES,
} from './page-runs.ts';
import {
  CLASS_BLOCKS,
  CLASS_BYTES,
  CLASS_COUNT,
  CLASS_OF_GRANULES,
  PAGE_BYTES,
  SLAB_BLOCK_BYTES_MAX,
  SLAB_BYTES,
  SLAB_PAGES,
} from './size-classes.ts';

/** The handle of nothing. */
export const NONE = 0;
/** `handle >>> SEGMENT_SHIFT` is the segment. */
export const SEGMENT_SHIFT = 21;
/** `(handle & GRANULE_MASK) << 3` is the byte offset in the segment, `<< 1` the word offset. */
export const GRANULE_MASK = 0x1fffff;
/** Bytes of a full segment. */
export const SEGMENT_BYTES = SEGMENT_PAGES * PAGE_BYTES;
/** Segment numbers in use at most: all that a handle can name but the last, so that no handle is -1. */
export const SEGMENTS_MAX = 2047;

const PAGE_SHIFT = 9;
const PAGE_MASK = 0xfff;
/** Pages of the first segments: 1, 2, 4, 8 MiB, then full ones. */
const FIRST_SEGMENT_PAGES = 256;
/** What freed memory is filled with in verify builds. */
const POISON = 0xdb;
/** A dedicated buffer above this is left to the garbage collector, whose sweeper frees it on another thread: giving it
 *  back at once was measured at 5 ms per touched 64 MiB. */
const TRANSFER_BYTES_MAX = 64 * 1024 * 1024;
/** Slabs that an admitted write may need beside its bytes, one of every size class, and that deletes, expiry and table
 *  splits may draw on in any case: writes are refused when less would remain. */
const RESERVE_SLABS = CLASS_COUNT;
const RESERVE_PAGES = RESERVE_SLABS * SLAB_PAGES;
/** Pages of the longest run: what is longer is dedicated. Below a segment by some slabs, so that those an admitted write
 *  takes first cannot spoil the run that was found for its large block. */
const SPARE_PAGES = 4 * SLAB_PAGES;
const RUN_PAGES_MAX = SEGMENT_PAGES - SPARE_PAGES;

/** Blocks up to this are moved word by word. */
const SHORT_BYTES = 256;

const EMPTY_BYTES = new Uint8Array(0);
const EMPTY_WORDS = new Int32Array(0);
const EMPTY_VIEW = new DataView(new ArrayBuffer(0));

export interface FlatMemoryOptions {
  /** Number of the first segment, for tests of high handles; those below it stay unused. */
  readonly firstSegment?: number;
  /** Bytes of buffers that may be allocated at most; Infinity when absent. */
  readonly bytesMax?: number;
  /** Told of every new segment before it is used: the host may ask the system for large pages. */
  readonly onSegment?: (buffer: ArrayBuffer) => void;
}

/** All segments and their blocks; one per engine. */
export class FlatMemory {
  /** The segments as bytes; an unused number holds an empty array. */
  readonly bytes: Uint8Array[] = [];
  /** The same segments as 32-bit words. */
  readonly words: Int32Array[] = [];
  /** The same segments for words that are not aligned: to copy texts to replies. */
  readonly views: DataView[] = [];
  /** [0] bytes of live blocks, [1] bytes of segments, [2] live blocks, [3] bytes held. In an array because doubles held in object fields
   *  are boxed anew on each change. */
  private readonly counters = new Float64Array(4);
  private readonly runs = new PageRuns();
  /** Page number + 1 of the first slab with room, by size class. */
  private readonly roomy = new Int32Array(CLASS_COUNT);
  private readonly freeNumbers: number[] = [];
  /** Wholly free segments whose buffers `giveBack` returns to the system, one a call. */
  private readonly released: Uint8Array[] = [];
  private readonly firstSegment: number;
  private readonly bytesMax: number;
  private readonly onSegment: ((buffer: ArrayBuffer) => void) | undefined;
  private segmentCount = 0;

  constructor(options: FlatMemoryOptions = {}) {
    this.firstSegment = options.firstSegment ?? 0;
    this.bytesMax = options.bytesMax ?? Number.POSITIVE_INFINITY;
    this.onSegment = options.onSegment;
    for (let segment = 0; segment < this.firstSegment; segment++) {
      this.bytes.push(EMPTY_BYTES);
      this.words.push(EMPTY_WORDS);
      this.views.push(EMPTY_VIEW);
      this.runs.addDedicated(segment);
    }
  }

  /** The first word of a block. */
  firstWord(handle: number): number {
    return this.words[handle >>> SEGMENT_SHIFT]![(handle & GRANULE_MASK) << 1]!;
  }

  /** Bytes of live blocks, rounded up to their classes: the data set's part of used_memory. */
  usedBytes(): number {
    return this.counters[0]!;
  }

  /** Bytes of all segments, used or not. */
  segmentBytes(): number {
    return this.counters[1]!;
  }

  /** Bytes of live blocks that nobody needs but a snapshot, as far as known: they go when it has read them. */
  heldBytes(): number {
    return this.counters[3]!;
  }

  /** Notes so many bytes more that a snapshot holds, or, below 0, so many less. */
  hold(bytes: number): void {
    this.counters[3]! += bytes;
  }

  /** Count of live blocks. */
  blockCount(): number {
    return this.counters[2]!;
  }

  /**
   * A block of at least `bytes` bytes (at least one), its contents unspecified. May add a segment.
   * The caller owns it until `free`. Asserts that memory is left: writes ask `admit` first.
   */
  allocate(bytes: number): number {
    if (bytes > SLAB_BLOCK_BYTES_MAX) return this.allocateLarge(bytes);
    const sizeClass = CLASS_OF_GRANULES[(bytes + 7) >>> 3]!;
    let slab = this.roomy[sizeClass]!;
    if (slab === 0) slab = this.addSlab(sizeClass);
    const number = slab - 1;
    const meta = this.runs.meta[number >>> 12]!;
    const word = (number & PAGE_MASK) << 3;
    let handle = meta[word + FREE]!;
    if (handle !== 0) {
      meta[word + FREE] = this.words[handle >>> SEGMENT_SHIFT]![(handle & GRANULE_MASK) << 1]!;
      if (VERIFY) this.checkPoison(handle, CLASS_BYTES[sizeClass]!);
    } else {
      const bump = meta[word + BUMP]!;
      handle = ((number << PAGE_SHIFT) + bump * (CLASS_BYTES[sizeClass]! >>> 3)) | 0;
      meta[word + BUMP] = bump + 1;
    }
    const live = meta[word + LIVE]! + 1;
    meta[word + LIVE] = live;
    if (live === CLASS_BLOCKS[sizeClass]!) this.unlinkSlab(sizeClass, number);
    this.counters[0]! += CLASS_BYTES[sizeClass]!;
    this.counters[2]! += 1;
    return handle;
  }

  /** Ends a block's life. */
  free(handle: number): void {
    if (VERIFY) this.checkLive(handle, 1);
    const meta = this.runs.meta[handle >>> SEGMENT_SHIFT]!;
    const page = (handle >>> PAGE_SHIFT) & PAGE_MASK;
    const kind = meta[page << 3]!;
    if (kind === KIND_LARGE) {
      this.freeLarge(handle);
      return;
    }
    const bytes = CLASS_BYTES[kind]!;
    const first = meta[(page << 3) + OWNER]!;
    const word = first << 3;
    if (VERIFY) this.poison(handle, bytes);
    this.words[handle >>> SEGMENT_SHIFT]![(handle & GRANULE_MASK) << 1] = meta[word + FREE]!;
    meta[word + FREE] = handle;
    const live = meta[word + LIVE]! - 1;
    meta[word + LIVE] = live;
    this.counters[0]! -= bytes;
    this.counters[2]! -= 1;
    const number = (handle >>> SEGMENT_SHIFT) * SEGMENT_PAGES + first;
    if (live === CLASS_BLOCKS[kind]! - 1) this.linkSlab(kind, number);
    if (live === 0) {
      this.unlinkSlab(kind, number);
      this.releaseRun(handle >>> SEGMENT_SHIFT, first);
    }
  }

  /** Bytes that the block really has room for. */
  capacity(handle: number): number {
    const meta = this.runs.meta[handle >>> SEGMENT_SHIFT]!;
    const word = ((handle >>> PAGE_SHIFT) & PAGE_MASK) << 3;
    const kind = meta[word]!;
    if (kind !== KIND_LARGE) return CLASS_BYTES[kind]!;
    const pages = meta[word + PAGES]!;
    return pages === 0 ? this.bytes[handle >>> SEGMENT_SHIFT]!.length : pages * PAGE_BYTES;
  }

  /** Capacity that a block asked for with `bytes` would have. */
  static capacityFor(bytes: number): number {
    if (bytes <= SLAB_BLOCK_BYTES_MAX) return CLASS_BYTES[CLASS_OF_GRANULES[(bytes + 7) >>> 3]!]!;
    return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
  }

  /**
   * Sees to it that a block of `bytes` bytes, and beside it the reserve, can be allocated; false when the system or the
   * handles have no more. May add a segment.
   */
  admit(bytes: number): boolean {
    if (bytes <= SLAB_BYTES && this.runs.freeSlabs > RESERVE_SLABS) return true;
    const pages = Math.max(SLAB_PAGES, Math.ceil(bytes / PAGE_BYTES));
    if (pages > RUN_PAGES_MAX) {
      const whole = pages * PAGE_BYTES;
      // The reserve first: it may take of what is left. The bytes may be asked for as several blocks.
      if (!this.admit(0) || this.numbersLeft() <= whole / SEGMENT_BYTES) return false;
      return this.counters[1]! + whole <= this.bytesMax && isToBeHad(whole);
    }
    const slabs = RESERVE_SLABS + Math.ceil(pages / SLAB_PAGES);
    while (this.runs.freeSlabs < slabs || (pages !== SLAB_PAGES && !this.runs.has(pages + SPARE_PAGES))) {
      if (!this.addSegment(pages + SPARE_PAGES + RESERVE_PAGES)) return false;
    }
    return true;
  }

  // --- moving together ---

  /** The segments that blocks can be moved out of: their numbers, their bytes, and those of blocks in each. O(segments). */
  movableSegments(): { readonly segment: number; readonly bytes: number; readonly liveBytes: number }[] {
    const list = [];
    for (let segment = this.firstSegment + 1; segment < this.bytes.length; segment++) {
      const meta = this.runs.meta[segment]!;
      // Dedicated buffers have one page record, numbers that are not used none.
      if (meta.length <= PAGE_WORDS) continue;
      list.push({ segment, bytes: this.bytes[segment]!.length, liveBytes: this.liveBytes(segment) });
    }
    return list;
  }

  /** Hands out nothing of a segment any more: it goes when its last block is freed, at once if there is none. */
  condemn(segment: number): void {
    if (this.liveBytes(segment) === 0) {
      this.dropFree(segment);
      return;
    }
    this.eachSlab(segment, (number, kind, live) => {
      if (live < CLASS_BLOCKS[kind]!) this.unlinkSlab(kind, number);
    });
    this.runs.setApart(segment, true);
  }

  /** Takes that back, if the segment is still there. */
  absolve(segment: number): void {
    if (this.runs.apart[segment] === 0) return;
    this.runs.setApart(segment, false);
    this.eachSlab(segment, (number, kind, live) => {
      if (live < CLASS_BLOCKS[kind]!) this.linkSlab(kind, number);
    });
  }

  /** Whether a block is in a condemned segment. */
  isCondemned(handle: number): boolean {
    return this.runs.apart[handle >>> SEGMENT_SHIFT] === 1;
  }

  /** Moves a block elsewhere and returns its new handle; the caller sees to whoever names it. May add a segment. */
  move(handle: number): number {
    const bytes = this.capacity(handle);
    const moved = this.allocate(bytes);
    const from = (handle & GRANULE_MASK) << 1;
    const to = (moved & GRANULE_MASK) << 1;
    const source = this.words[handle >>> SEGMENT_SHIFT]!;
    const target = this.words[moved >>> SEGMENT_SHIFT]!;
    // A loop is quicker than a view for the short blocks that most are.
    if (bytes <= SHORT_BYTES) for (let word = 0; word < bytes >>> 2; word++) target[to + word] = source[from + word]!;
    else target.set(source.subarray(from, from + (bytes >>> 2)), to);
    this.free(handle);
    return moved;
  }

  private liveBytes(segment: number): number {
    let live = 0;
    this.eachRun(segment, (word, kind) => {
      const meta = this.runs.meta[segment]!;
      live += kind === KIND_LARGE ? meta[word + PAGES]! * PAGE_BYTES : meta[word + LIVE]! * CLASS_BYTES[kind]!;
    });
    return live;
  }

  private eachSlab(segment: number, visit: (number: number, kind: number, live: number) => void): void {
    const meta = this.runs.meta[segment]!;
    this.eachRun(segment, (word, kind) => {
      if (kind !== KIND_LARGE) visit(segment * SEGMENT_PAGES + (word >>> 3), kind, meta[word + LIVE]!);
    });
  }

  /** Visits the taken runs of a segment but the first: the place of their page record, and their kind. */
  private eachRun(segment: number, visit: (word: number, kind: number) => void): void {
    const meta = this.runs.meta[segment]!;
    for (let word = 0; word < meta.length; ) {
      // A visitor may change links, but neither kinds nor lengths.
      const pages = meta[word + PAGES]!;
      if (meta[word]! !== 0) visit(word, meta[word]!);
      word += pages << 3;
    }
  }

  /** Gives one wholly free segment back to the system; false when there was none. At most about 1.5 ms. */
  giveBack(): boolean {
    const segment = this.released.pop();
    if (segment === undefined) return false;
    giveBackBuffer(segment);
    return true;
  }

  /** Gives everything back, whatever is in use: for who drops this memory and does not wait for the collector. */
  release(): void {
    while (this.giveBack());
    this.bytes.forEach(giveBackBuffer);
  }

  /** Asserts that `handle` names a live block of at least `bytes` bytes. For verify builds. */
  checkLive(handle: number, bytes: number): void {
    const segment = handle >>> SEGMENT_SHIFT;
    assert(handle !== NONE, 'a live handle is not NONE');
    assert(segment < this.bytes.length && this.bytes[segment]!.length > 0, 'a live handle names a segment');
    const meta = this.runs.meta[segment]!;
    const page = (handle >>> PAGE_SHIFT) & PAGE_MASK;
    const kind = meta[page << 3]!;
    assert(kind !== 0, 'a live handle is not in free pages');
    if (kind < CLASS_COUNT) {
      const first = meta[(page << 3) + OWNER]!;
      const granules = (handle & GRANULE_MASK) - (first << PAGE_SHIFT);
      assert(granules % (CLASS_BYTES[kind]! >>> 3) === 0, 'a handle names the start of a block');
      assert(granules / (CLASS_BYTES[kind]! >>> 3) < meta[(first << 3) + BUMP]!, 'a live block was handed out');
    }
    assert(this.capacity(handle) >= bytes, 'a block holds what is used of it');
  }

  /** Walks slabs, runs and lists whole; asserts the invariants. */
  check(): void {
    this.runs.check();
    let used = 0;
    let blocks = 0;
    for (let segment = this.firstSegment; segment < this.bytes.length; segment++) {
      const meta = this.runs.meta[segment]!;
      if (meta.length === 0) continue;
      if (meta.length === PAGE_WORDS) {
        used += this.bytes[segment]!.length;
        blocks++;
        continue;
      }
      for (
        let page = segment === this.firstSegment ? 1 : 0;
        page << 3 < meta.length;
        page += meta[(page << 3) + PAGES]!
      ) {
        const word = page << 3;
        const kind = meta[word]!;
        if (kind === KIND_LARGE) {
          used += meta[word + PAGES]! * PAGE_BYTES;
          blocks++;
        } else if (kind !== 0) {
          used += meta[word + LIVE]! * CLASS_BYTES[kind]!;
          blocks += meta[word + LIVE]!;
          this.checkSlab(segment, page, kind);
        }
      }
    }
    assert(used === this.counters[0], 'usedBytes is the sum of live blocks (1)');
    assert(blocks === this.counters[2], 'every live block is counted (1)');
  }

  private checkSlab(segment: number, page: number, kind: number): void {
    const meta = this.runs.meta[segment]!;
    const word = page << 3;
    let free = 0;
    for (let at = meta[word + FREE]!; at !== 0; at = this.words[at >>> SEGMENT_SHIFT]![(at & GRANULE_MASK) << 1]!) {
      assert(at >>> SEGMENT_SHIFT === segment, 'a free list stays in its slab');
      assert(meta[(((at >>> PAGE_SHIFT) & PAGE_MASK) << 3) + OWNER] === page, 'a free list stays in its slab');
      free++;
      assert(free <= CLASS_BLOCKS[kind]!, 'a free list ends');
    }
    assert(meta[word + LIVE]! + free === meta[word + BUMP]!, 'live and free blocks add up (2)');
    let listed = false;
    for (let at = this.roomy[kind]!; at !== 0 && !listed; ) {
      listed = at - 1 === segment * SEGMENT_PAGES + page;
      at = this.runs.meta[(at - 1) >>> 12]![(((at - 1) & PAGE_MASK) << 3) + NEXT]!;
    }
    const isListed = meta[word + LIVE]! < CLASS_BLOCKS[kind]! && this.runs.apart[segment] === 0;
    assert(listed === isListed, 'slabs with room are listed (3)');
  }

  private allocateLarge(bytes: number): number {
    const pages = Math.ceil(bytes / PAGE_BYTES);
    if (pages > RUN_PAGES_MAX) return this.addDedicated(pages * PAGE_BYTES);
    let number = this.runs.take(pages);
    if (number < 0) {
      assert(this.addSegment(pages), 'admission left room for a large block');
      number = this.runs.take(pages);
    }
    this.counters[0]! += pages * PAGE_BYTES;
    this.counters[2]! += 1;
    return (number << PAGE_SHIFT) | 0;
  }

  private freeLarge(handle: number): void {
    const segment = handle >>> SEGMENT_SHIFT;
    const page = (handle >>> PAGE_SHIFT) & PAGE_MASK;
    const bytes = this.capacity(handle);
    this.counters[0]! -= bytes;
    this.counters[2]! -= 1;
    if (this.runs.meta[segment]!.length === PAGE_WORDS) {
      this.counters[1]! -= bytes;
      this.runs.dropDedicated(segment);
      this.dropBuffer(segment, bytes <= TRANSFER_BYTES_MAX);
      return;
    }
    if (VERIFY) this.poison(handle, Math.min(bytes, PAGE_BYTES));
    this.releaseRun(segment, page);
  }

  private addSlab(sizeClass: number): number {
    let number = this.runs.take(SLAB_PAGES);
    if (number < 0) {
      assert(this.addSegment(SLAB_PAGES), 'admission left room for a slab');
      number = this.runs.take(SLAB_PAGES);
    }
    const meta = this.runs.meta[number >>> 12]!;
    const word = (number & PAGE_MASK) << 3;
    for (let page = 0; page < SLAB_PAGES; page++) meta[word + (page << 3)] = sizeClass;
    meta[word + FREE] = 0;
    meta[word + LIVE] = 0;
    meta[word + BUMP] = 0;
    this.linkSlab(sizeClass, number);
    return number + 1;
  }

  private linkSlab(sizeClass: number, number: number): void {
    if (this.runs.apart[number >>> 12] === 1) return;
    const meta = this.runs.meta[number >>> 12]!;
    const word = (number & PAGE_MASK) << 3;
    const head = this.roomy[sizeClass]!;
    meta[word + NEXT] = head;
    meta[word + PREV] = 0;
    if (head !== 0) this.runs.meta[(head - 1) >>> 12]![(((head - 1) & PAGE_MASK) << 3) + PREV] = number + 1;
    this.roomy[sizeClass] = number + 1;
  }

  private unlinkSlab(sizeClass: number, number: number): void {
    if (this.runs.apart[number >>> 12] === 1) return;
    const meta = this.runs.meta[number >>> 12]!;
    const word = (number & PAGE_MASK) << 3;
    const next = meta[word + NEXT]!;
    const previous = meta[word + PREV]!;
    if (next !== 0) this.runs.meta[(next - 1) >>> 12]![(((next - 1) & PAGE_MASK) << 3) + PREV] = previous;
    if (previous !== 0) this.runs.meta[(previous - 1) >>> 12]![(((previous - 1) & PAGE_MASK) << 3) + NEXT] = next;
    else this.roomy[sizeClass] = next;
  }

  /** Gives a run of pages back; a segment that is wholly free then goes too, except the first. */
  private releaseRun(segment: number, page: number): void {
    const pages = this.runs.release(segment, page);
    if (segment !== this.firstSegment && pages * PAGE_BYTES === this.bytes[segment]!.length) this.dropFree(segment);
  }

  /** Drops a segment that is wholly free, if enough is left: the reserve is kept twice, so that a server at the brink does
   *  not give and take. */
  private dropFree(segment: number): void {
    const bytes = this.bytes[segment]!.length;
    const pages = bytes / PAGE_BYTES;
    if (this.runs.apart[segment] === 1) this.runs.setApart(segment, false);
    if (this.runs.freeSlabs - pages / SLAB_PAGES < RESERVE_SLABS * 2) return;
    this.runs.dropSegment(segment, pages);
    this.counters[1]! -= bytes;
    this.dropBuffer(segment, true);
  }

  private dropBuffer(segment: number, transfer: boolean): void {
    if (transfer) this.released.push(this.bytes[segment]!);
    this.bytes[segment] = EMPTY_BYTES;
    this.words[segment] = EMPTY_WORDS;
    this.views[segment] = EMPTY_VIEW;
    this.freeNumbers.push(segment);
  }

  private numbersLeft(): number {
    return this.freeNumbers.length + SEGMENTS_MAX - this.bytes.length;
  }

  private addSegment(pagesMin: number): boolean {
    const grown = FIRST_SEGMENT_PAGES << Math.min(this.segmentCount, 4);
    const pages = Math.min(SEGMENT_PAGES, Math.max(grown, pagesMin + 1));
    const segment = this.addBuffer(pages * PAGE_BYTES);
    if (segment < 0) return false;
    this.segmentCount++;
    // The very first page stays unused, so that no handle is 0 (4).
    this.runs.addSegment(segment, pages, segment === this.firstSegment ? 1 : 0);
    return true;
  }

  private addDedicated(bytes: number): number {
    const segment = this.addBuffer(bytes);
    assert(segment >= 0, 'admission left room for a dedicated buffer');
    this.runs.addDedicated(segment);
    this.counters[0]! += bytes;
    this.counters[2]! += 1;
    return (segment << SEGMENT_SHIFT) | 0;
  }

  /** Number of a new segment of zeroed bytes; -1 when the system or the numbers have no more. */
  private addBuffer(bytes: number): number {
    if (this.numbersLeft() === 0 || this.counters[1]! + bytes > this.bytesMax) return -1;
    let buffer: ArrayBuffer;
    try {
      buffer = new ArrayBuffer(bytes);
    } catch {
      return -1; // the engine's RangeError: no memory; the caller refuses the write
    }
    this.onSegment?.(buffer);
    const segment = this.freeNumbers.pop() ?? this.bytes.length;
    this.bytes[segment] = new Uint8Array(buffer);
    this.words[segment] = new Int32Array(buffer);
    this.views[segment] = new DataView(buffer);
    this.counters[1]! += bytes;
    return segment;
  }

  private poison(handle: number, bytes: number): void {
    const offset = (handle & GRANULE_MASK) << 3;
    this.bytes[handle >>> SEGMENT_SHIFT]!.fill(POISON, offset, offset + bytes);
  }

  private checkPoison(handle: number, bytes: number): void {
    const segment = this.bytes[handle >>> SEGMENT_SHIFT]!;
    const offset = (handle & GRANULE_MASK) << 3;
    for (let at = offset + 4; at < offset + bytes; at++) assert(segment[at] === POISON, 'nobody wrote to freed memory');
  }
}

function giveBackBuffer(segment: Uint8Array): void {
  (segment.buffer as ArrayBuffer & { transfer?(bytes: number): ArrayBuffer }).transfer?.(0);
}

/** Whether the system has so much memory in one piece. It is asked for and let go, untouched: some microseconds. */
function isToBeHad(bytes: number): boolean {
  try {
    return new ArrayBuffer(bytes).byteLength === bytes;
  } catch {
    return false;
  }
}
