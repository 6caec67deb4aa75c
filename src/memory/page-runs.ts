// Shares out the pages of segments as runs: first the free lists by length, then neighbours joined again when freed.
//
// Page record, 8 words each, in one Int32Array per segment (`meta`), so that growth never copies what exists:
//   0 KIND   0 free | 1..n slab of that size class | LARGE_RUN | RESERVED
//   1 OWNER  first page (within the segment) of the slab or run that this page belongs to
//   2 PAGES  length of the run; kept at the first and the last page of a free run, at the first of a taken one
//   3 FREE   slabs: handle of the first free block, 0 when none was freed yet
//   4 LIVE   slabs: blocks in use
//   5 BUMP   slabs: blocks that were ever used; beyond them the memory is untouched
//   6 NEXT   links of a free-run list or of a class's list of slabs with room (page numbers + 1, 0 = end)
//   7 PREV
// A page number is segment * SEGMENT_PAGES + page.
//
// Invariants: (1) no two free runs of a segment touch; (2) each free run is in exactly one list, that of its length;
// (3) the pages of free runs sum up to freePages, the slabs that fit into each to freeSlabs. (2) and (3) leave out the
// segments that are set apart.

import { assert } from '../lib/assert.ts';
import { SLAB_PAGES } from './size-classes.ts';

/** Pages of a full segment (16 MiB). */
export const SEGMENT_PAGES = 4096;
export const PAGE_WORDS = 8;
export const KIND = 0;
export const OWNER = 1;
export const PAGES = 2;
export const FREE = 3;
export const LIVE = 4;
export const BUMP = 5;
export const NEXT = 6;
export const PREV = 7;

export const KIND_FREE = 0;
export const KIND_LARGE = 254;
export const KIND_RESERVED = 255;

/** Segments that handles can name. */
const SEGMENT_NUMBERS = 2048;
/** Lists 1..EXACT_LISTS hold runs of just that many pages; the rest are by powers of two. */
const EXACT_LISTS = 64;
const LIST_COUNT = EXACT_LISTS + 8;
/** Runs looked at in a list of unequal lengths before a longer list (where every run fits) is taken instead. */
const FIT_TRIES = 16;

function listOf(pages: number): number {
  return pages <= EXACT_LISTS ? pages : EXACT_LISTS + 26 - Math.clz32(pages - 1);
}

/** The free and taken page runs of all segments. Owned by FlatMemory, which tells it of segments that come and go. */
export class PageRuns {
  /** Page records by segment. */
  readonly meta: Int32Array[] = [];
  freePages = 0;
  /** Slabs that could be taken now: free pages in runs shorter than a slab are of no use to small blocks. */
  freeSlabs = 0;
  /** By segment: 1 where pages are handed out no more. Their runs are in no list and in no count. */
  readonly apart = new Uint8Array(SEGMENT_NUMBERS);
  private readonly heads = new Int32Array(LIST_COUNT);

  /** Makes the pages `first`..`pages - 1` of a new segment available. */
  addSegment(segment: number, pages: number, first: number): void {
    const meta = new Int32Array(pages * PAGE_WORDS);
    this.meta[segment] = meta;
    for (let page = 0; page < first; page++) meta[page * PAGE_WORDS] = KIND_RESERVED;
    this.insertFree(segment, first, pages - first);
  }

  /** Forgets a segment, whose pages must form one free run (or be untracked). */
  dropSegment(segment: number, pages: number): void {
    const meta = this.meta[segment]!;
    assert(meta[KIND] === KIND_FREE && meta[PAGES] === pages, 'a dropped segment is wholly free');
    this.removeFree(segment, 0);
    this.meta[segment] = EMPTY_META;
    this.apart[segment] = 0;
  }

  /** Takes the free runs of a segment out of the lists, or puts them back. */
  setApart(segment: number, isApart: boolean): void {
    const meta = this.meta[segment]!;
    if (!isApart) this.apart[segment] = 0;
    for (let page = 0; page * PAGE_WORDS < meta.length; ) {
      const word = page * PAGE_WORDS;
      const pages = meta[word] === KIND_RESERVED ? 1 : meta[word + PAGES]!;
      if (meta[word] === KIND_FREE && isApart) this.removeFree(segment, page);
      else if (meta[word] === KIND_FREE) this.insertFree(segment, page, pages);
      page += pages;
    }
    if (isApart) this.apart[segment] = 1;
  }

  /** Marks a segment number as one large value of its own, outside of the page lists. */
  addDedicated(segment: number): void {
    const meta = new Int32Array(PAGE_WORDS);
    meta[KIND] = KIND_LARGE;
    this.meta[segment] = meta;
  }

  dropDedicated(segment: number): void {
    this.meta[segment] = EMPTY_META;
  }

  /** Page number of a run of just `pages` pages, now taken with KIND_LARGE; -1 when no free run is long enough. */
  take(pages: number): number {
    const found = this.find(pages);
    if (found < 0) return -1;
    const segment = (found / SEGMENT_PAGES) | 0;
    const page = found % SEGMENT_PAGES;
    const meta = this.meta[segment]!;
    const runPages = meta[page * PAGE_WORDS + PAGES]!;
    this.removeFree(segment, page);
    if (runPages > pages) this.insertFree(segment, page + pages, runPages - pages);
    this.mark(segment, page, pages, KIND_LARGE);
    return found;
  }

  /** True when a run of `pages` pages could be taken now. */
  has(pages: number): boolean {
    return this.find(pages) >= 0;
  }

  /** Gives the run that starts at `page` back and joins it with free neighbours. Returns the pages of the joined run. */
  release(segment: number, page: number): number {
    const meta = this.meta[segment]!;
    let first = page;
    let pages = meta[page * PAGE_WORDS + PAGES]!;
    const after = first + pages;
    if (after * PAGE_WORDS < meta.length && meta[after * PAGE_WORDS] === KIND_FREE) {
      pages += meta[after * PAGE_WORDS + PAGES]!;
      this.removeFree(segment, after);
    }
    if (first > 0 && meta[(first - 1) * PAGE_WORDS] === KIND_FREE) {
      const before = meta[(first - 1) * PAGE_WORDS + PAGES]!;
      first -= before;
      pages += before;
      this.removeFree(segment, first);
    }
    this.insertFree(segment, first, pages);
    return pages;
  }

  /** Walks every list and page record; asserts the invariants. Returns nothing. */
  check(): void {
    let listed = 0;
    let slabs = 0;
    let runs = 0;
    for (let list = 0; list < LIST_COUNT; list++) {
      let previous = 0;
      for (let at = this.heads[list]!; at !== 0; ) {
        const number = at - 1;
        const meta = this.meta[(number / SEGMENT_PAGES) | 0]!;
        const word = (number % SEGMENT_PAGES) * PAGE_WORDS;
        assert(meta[word] === KIND_FREE, 'a listed run is free');
        assert(listOf(meta[word + PAGES]!) === list, 'a free run is in the list of its length (2)');
        assert(meta[word + PREV] === previous, 'free lists are linked both ways');
        listed += meta[word + PAGES]!;
        slabs += (meta[word + PAGES]! / SLAB_PAGES) | 0;
        runs++;
        previous = at;
        at = meta[word + NEXT]!;
      }
    }
    assert(listed === this.freePages, 'free runs sum up to freePages (3)');
    assert(slabs === this.freeSlabs, 'the slabs of free runs sum up to freeSlabs (3)');
    let walked = 0;
    for (const [segment, meta] of this.meta.entries()) {
      const isListed = this.apart[segment] === 0;
      let wasFree = false;
      for (let page = 0; page * PAGE_WORDS < meta.length && meta.length > PAGE_WORDS; ) {
        const word = page * PAGE_WORDS;
        const isFree = meta[word] === KIND_FREE;
        assert(!(isFree && wasFree), 'free runs do not touch (1)');
        if (isFree && isListed) walked++;
        wasFree = isFree;
        page += meta[word] === KIND_RESERVED ? 1 : meta[word + PAGES]!;
      }
    }
    assert(walked === runs, 'each free run is listed (2)');
  }

  /** Marks all pages of a taken run with their owner. */
  private mark(segment: number, page: number, pages: number, kind: number): void {
    const meta = this.meta[segment]!;
    for (let each = page; each < page + pages; each++) {
      meta[each * PAGE_WORDS + KIND] = kind;
      meta[each * PAGE_WORDS + OWNER] = page;
    }
    meta[page * PAGE_WORDS + PAGES] = pages;
  }

  private find(pages: number): number {
    for (let list = listOf(pages); list < LIST_COUNT; list++) {
      let tries = FIT_TRIES;
      for (let at = this.heads[list]!; at !== 0 && tries > 0; tries--) {
        const number = at - 1;
        const meta = this.meta[(number / SEGMENT_PAGES) | 0]!;
        const word = (number % SEGMENT_PAGES) * PAGE_WORDS;
        if (meta[word + PAGES]! >= pages) return number;
        at = meta[word + NEXT]!;
      }
    }
    return -1;
  }

  private insertFree(segment: number, page: number, pages: number): void {
    const meta = this.meta[segment]!;
    const word = page * PAGE_WORDS;
    const last = (page + pages - 1) * PAGE_WORDS;
    meta[word + KIND] = KIND_FREE;
    meta[last + KIND] = KIND_FREE;
    meta[word + PAGES] = pages;
    meta[last + PAGES] = pages;
    if (this.apart[segment] === 1) return;
    const list = listOf(pages);
    const head = this.heads[list]!;
    meta[word + NEXT] = head;
    meta[word + PREV] = 0;
    const at = segment * SEGMENT_PAGES + page + 1;
    if (head !== 0) this.record(head - 1, PREV, at);
    this.heads[list] = at;
    this.freePages += pages;
    this.freeSlabs += (pages / SLAB_PAGES) | 0;
  }

  private removeFree(segment: number, page: number): void {
    if (this.apart[segment] === 1) return;
    const meta = this.meta[segment]!;
    const word = page * PAGE_WORDS;
    const next = meta[word + NEXT]!;
    const previous = meta[word + PREV]!;
    if (next !== 0) this.record(next - 1, PREV, previous);
    if (previous !== 0) this.record(previous - 1, NEXT, next);
    else this.heads[listOf(meta[word + PAGES]!)] = next;
    this.freePages -= meta[word + PAGES]!;
    this.freeSlabs -= (meta[word + PAGES]! / SLAB_PAGES) | 0;
  }

  private record(number: number, field: number, value: number): void {
    this.meta[(number / SEGMENT_PAGES) | 0]![(number % SEGMENT_PAGES) * PAGE_WORDS + field] = value;
  }
}

const EMPTY_META = new Int32Array(0);
