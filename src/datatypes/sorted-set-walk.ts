// Walks through sorted sets, in order from any rank, in both directions, without allocating.

import { GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import { Listpack } from '../structures/listpack.ts';
import { TreeCursor } from '../structures/ordered-tree.ts';
import { memberBytes, memberOffset } from '../structures/record.ts';
import { readScore } from '../structures/score.ts';
import type { SortedSets } from './sorted-set.ts';
import { SortedSetPacks } from './sorted-set-pack.ts';

const EMPTY = new Uint8Array(0);
/** Members that `fetch` goes on by at most: the processor has no more reads under way than a dozen. */
const FETCHED_MAX = 32;

/** One walk. While it goes on its sorted set may be asked, but not changed; other values may. */
export class SortedSetWalk {
  /** The member that `readMember` read: bytes[start..end), valid until memory changes or `score` is asked for. */
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  /** A view of `bytes`: for replies. */
  view: DataView;
  /** The member record that the walk is at; NONE in a pack. */
  record = NONE;
  /** The records that `fetch` went on by, and where their members lie. */
  readonly fetched = new Int32Array(FETCHED_MAX);
  readonly fetchedStarts = new Int32Array(FETCHED_MAX);
  readonly fetchedEnds = new Int32Array(FETCHED_MAX);
  private readonly sets: SortedSets;
  private readonly listpack = new Listpack();
  private readonly packs: SortedSetPacks;
  private readonly cursor = new TreeCursor();
  private isLarge = false;
  /** The pack: where it lies, where the walk goes on, and the member that it is at. */
  private pack: Uint8Array = EMPTY;
  private packView: DataView;
  private packStart = 0;
  private place = 0;
  private at = 0;

  constructor(sets: SortedSets) {
    this.sets = sets;
    this.packs = new SortedSetPacks(this.listpack);
    this.view = this.listpack.digitsView;
    this.packView = this.view;
  }

  /** Begins before the member of a rank (0 to the count): `next` comes upon it, `previous` upon the one before. */
  begin(handle: number, rank: number): void {
    const { sets, listpack } = this;
    const { packed } = sets;
    this.isLarge = sets.isLarge(handle);
    this.record = NONE;
    if (this.isLarge) {
      sets.tree.seek(packed.payload(handle, 1), rank, this.cursor);
      return;
    }
    packed.read(handle);
    this.pack = packed.bytes;
    this.packView = packed.view();
    this.packStart = packed.start;
    if (rank === 0) this.place = listpack.first(packed.bytes, packed.start);
    else {
      this.place = listpack.seek(packed.bytes, packed.start, rank * 2);
      if (this.place < 0) this.place = packed.end - 1;
    }
  }

  /** Goes to the member of a large sorted set's record. */
  goTo(record: number): void {
    this.isLarge = true;
    this.record = record;
  }

  /** Whether the walk is through a large sorted set: then `fetch` may be asked. */
  canFetch(): boolean {
    return this.isLarge;
  }

  /**
   * Goes on by up to `count` members of a large sorted set, which must be there, upwards or downwards, and leaves their
   * records in `fetched`, their members in view(i)[fetchedStarts[i]..fetchedEnds[i]). Returns how many. The records of
   * neighbours lie scattered: read in so short a loop, many of them are waited for at a time.
   */
  fetch(count: number, isReversed: boolean): number {
    const { fetched, fetchedStarts: starts, fetchedEnds: ends } = this;
    const { tree, members } = this.sets;
    const { words } = members.memory;
    const run = Math.min(count, FETCHED_MAX);
    if (isReversed) tree.previousRun(this.cursor, fetched, run);
    else tree.nextRun(this.cursor, fetched, run);
    for (let index = 0; index < run; index++) {
      const record = fetched[index]!;
      const segment = words[record >>> SEGMENT_SHIFT]!;
      const word = (record & GRANULE_MASK) << 1;
      const lengths = segment[word]!;
      const start = (word << 2) + memberOffset(lengths);
      starts[index] = start;
      ends[index] = start + memberBytes(segment, word, lengths);
    }
    return run;
  }

  /** A view of the member that `fetch` came by as number `index`. */
  fetchedView(index: number): DataView {
    return this.sets.members.memory.views[this.fetched[index]! >>> SEGMENT_SHIFT]!;
  }

  /** What names the member that the walk is at, for `goToMark`, while the sorted set stays as it is. */
  mark(): number {
    return this.isLarge ? this.record : this.at;
  }

  /** Goes to a member that `mark` named since `begin`, of the same sorted set. */
  goToMark(mark: number): void {
    if (this.isLarge) this.record = mark;
    else this.at = mark;
  }

  /** Goes on to the next member; false after the last. */
  next(): boolean {
    if (this.isLarge) {
      this.record = this.sets.tree.next(this.cursor);
      return this.record !== NONE;
    }
    const { listpack, pack, place } = this;
    if (listpack.isEnd(pack, place)) return false;
    this.at = place;
    this.place = listpack.next(pack, listpack.next(pack, place));
    return true;
  }

  /** Goes back to the member before; false before the first. */
  previous(): boolean {
    if (this.isLarge) {
      this.record = this.sets.tree.previous(this.cursor);
      return this.record !== NONE;
    }
    const { listpack, pack, packStart } = this;
    const score = listpack.previous(pack, packStart, this.place);
    if (score < 0) return false;
    this.at = listpack.previous(pack, packStart, score);
    this.place = this.at;
    return true;
  }

  /** Points `bytes`, `start` and `end` at the member. */
  readMember(): void {
    if (this.isLarge) {
      const { record } = this;
      const { memory } = this.sets.members;
      const words = memory.words[record >>> SEGMENT_SHIFT]!;
      const word = (record & GRANULE_MASK) << 1;
      const lengths = words[word]!;
      this.bytes = memory.bytes[record >>> SEGMENT_SHIFT]!;
      this.view = memory.views[record >>> SEGMENT_SHIFT]!;
      this.start = (word << 2) + memberOffset(lengths);
      this.end = this.start + memberBytes(words, word, lengths);
      return;
    }
    const { listpack } = this;
    listpack.read(this.pack, this.at);
    this.bytes = listpack.bytes;
    this.view = listpack.isInteger ? listpack.digitsView : this.packView;
    this.start = listpack.start;
    this.end = listpack.end;
  }

  /**
   * Points `bytes`, `start` and `end` at the text of the member's score, where there is one: in a pack. What `readMember`
   * read is gone after.
   */
  readScoreText(): boolean {
    if (this.isLarge) return false;
    const { listpack } = this;
    listpack.read(this.pack, listpack.next(this.pack, this.at));
    this.bytes = listpack.bytes;
    this.view = listpack.isInteger ? listpack.digitsView : this.packView;
    this.start = listpack.start;
    this.end = listpack.end;
    return true;
  }

  /** The member's score. What `readMember` read may be gone after. */
  score(): number {
    if (this.isLarge) return readScore(this.sets.members.memory, this.record);
    return this.packs.scoreAt(this.pack, this.listpack.next(this.pack, this.at));
  }
}
