// Sorts member records by score, then by member, in steps: by the first 32 bits of their order, those that are alike in
// these by the next 32, and so on. Each time it is a radix sort by bytes, the last byte first, which leaves out bytes that
// are alike in all. Few records are compared with each other.
//
//   level   0, 1   the two words of the score's order key (structures/score.ts)
//           2 …    four bytes of the member, those behind its end as 0; after the last of them its length
//
// A million records take some 60 ms to be a tree so, where inserting them one by one takes 600.

import { compareBytes } from '../lib/bytes.ts';
import { GRANULE_MASK, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import { memberBytes, memberOffset } from '../structures/record.ts';
import { orderHigh, orderLow } from '../structures/score.ts';
import type { Members } from './members.ts';

/** Up to so many records are compared with each other. */
const SHORT_MAX = 12;
/** Records that are worked on in one go, and those between two yields: some 3 ms. */
const BLOCK = 8192;
const STEP = 524_288;
/** What the runs of a few that lie between are counted as. */
const RUN_COST = 512;
const DIGITS = 4;
const SIGN = 1 << 31;

export class MemberSorter {
  private readonly members: Members;
  private readonly memory: Members['memory'];
  /** Records, and the words of their order that they are sorted by now; and where they go next. */
  private items: Int32Array = new Int32Array(0);
  private keys: Int32Array = new Int32Array(0);
  private nextItems: Int32Array = new Int32Array(0);
  private nextKeys: Int32Array = new Int32Array(0);
  /** How often each byte stands in each place; then where the next record with it goes. */
  private readonly counts = new Int32Array(DIGITS * 256);
  /** The length of the longest member whose word was read. */
  private longest = 0;
  /** Runs that are still to be sorted: start, end, level of each. */
  private readonly runs: number[] = [];
  private work = 0;

  constructor(members: Members) {
    this.members = members;
    this.memory = members.memory;
  }

  /** Sorts the first `count` records of `items`, no two of which are alike. Yields between steps. */
  *sort(items: Int32Array, count: number): Generator<void, void> {
    const { runs } = this;
    this.items = items;
    this.keys = new Int32Array(count);
    this.nextItems = new Int32Array(count);
    this.nextKeys = new Int32Array(count);
    this.work = 0;
    runs.push(0, count, 0);
    while (runs.length > 0) {
      const level = runs.pop()!;
      const end = runs.pop()!;
      const start = runs.pop()!;
      yield* this.sortRun(start, end, level);
    }
    this.items = this.keys = this.nextItems = this.nextKeys = new Int32Array(0);
  }

  private *sortRun(start: number, end: number, level: number): Generator<void, void> {
    yield* this.read(start, end, level);
    // The members have ended: those that are alike differ in how many zeros they end with.
    if (level >= 2 && this.longest <= (level - 2) * 4) yield* this.read(start, end, -1);
    let isElsewhere = false;
    for (let digit = 0; digit < DIGITS; digit++) {
      if (this.isAlike(digit, start, end)) continue;
      this.findPlaces(digit, start);
      for (let from = start; from < end; from += BLOCK) {
        const until = Math.min(end, from + BLOCK);
        this.move(digit, from, until);
        if (this.isStepDone(until - from)) yield;
      }
      [this.items, this.nextItems] = [this.nextItems, this.items];
      [this.keys, this.nextKeys] = [this.nextKeys, this.keys];
      isElsewhere = !isElsewhere;
    }
    if (isElsewhere) {
      this.nextItems.set(this.items.subarray(start, end), start);
      this.nextKeys.set(this.keys.subarray(start, end), start);
      [this.items, this.nextItems] = [this.nextItems, this.items];
      [this.keys, this.nextKeys] = [this.nextKeys, this.keys];
    }
    for (let from = start; from < end; ) {
      from = this.findRuns(from, Math.min(end, from + BLOCK), end, level);
      if (this.isStepDone(BLOCK)) yield;
    }
  }

  /** Whether so much more work ends a step. */
  private isStepDone(work: number): boolean {
    this.work += work;
    if (this.work < STEP) return false;
    this.work = 0;
    return true;
  }

  /** Reads the words of a level, and counts their bytes. */
  private *read(start: number, end: number, level: number): Generator<void, void> {
    this.counts.fill(0);
    this.longest = 0;
    for (let from = start; from < end; from += BLOCK) {
      const until = Math.min(end, from + BLOCK);
      if (level < 0) this.readLengths(from, until);
      else if (level < 2) this.readScores(from, until, level);
      else this.readMembers(from, until, level - 2);
      this.count(from, until);
      if (this.isStepDone((until - from) * 2)) yield;
    }
  }

  private readScores(start: number, end: number, level: number): void {
    const { items, keys, memory } = this;
    for (let index = start; index < end; index++) {
      const record = items[index]!;
      const words = memory.words[record >>> SEGMENT_SHIFT]!;
      const word = (record & GRANULE_MASK) << 1;
      const low = words[word + 1]!;
      const high = words[word + 2]!;
      keys[index] = (level === 0 ? orderHigh(high, low) : orderLow(high, low)) ^ SIGN;
    }
  }

  private readMembers(start: number, end: number, place: number): void {
    const { items, keys, memory } = this;
    let { longest } = this;
    for (let index = start; index < end; index++) {
      const record = items[index]!;
      const words = memory.words[record >>> SEGMENT_SHIFT]!;
      const word = (record & GRANULE_MASK) << 1;
      const lengths = words[word]!;
      const length = memberBytes(words, word, lengths);
      if (length > longest) longest = length;
      const left = length - place * 4;
      let key = 0;
      if (left > 0) {
        const value = words[word + (memberOffset(lengths) >>> 2) + place]!;
        key = (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
        if (left < 4) key &= -1 << ((4 - left) * 8);
      }
      keys[index] = key;
    }
    this.longest = longest;
  }

  private readLengths(start: number, end: number): void {
    for (let index = start; index < end; index++) this.keys[index] = this.members.memberLength(this.items[index]!);
  }

  private count(start: number, end: number): void {
    const { keys, counts } = this;
    for (let index = start; index < end; index++) {
      const key = keys[index]!;
      counts[key & 0xff]! += 1;
      counts[256 + ((key >>> 8) & 0xff)]! += 1;
      counts[512 + ((key >>> 16) & 0xff)]! += 1;
      counts[768 + (key >>> 24)]! += 1;
    }
  }

  private isAlike(digit: number, start: number, end: number): boolean {
    return this.counts[digit * 256 + ((this.keys[start]! >>> (digit * 8)) & 0xff)] === end - start;
  }

  private findPlaces(digit: number, start: number): void {
    const { counts } = this;
    let place = start;
    for (let index = digit * 256; index < digit * 256 + 256; index++) {
      const count = counts[index]!;
      counts[index] = place;
      place += count;
    }
  }

  private move(digit: number, start: number, end: number): void {
    const { items, keys, nextItems, nextKeys, counts } = this;
    const shift = digit * 8;
    const base = digit * 256;
    for (let index = start; index < end; index++) {
      const key = keys[index]!;
      const at = base + ((key >>> shift) & 0xff);
      const place = counts[at]!;
      counts[at] = place + 1;
      nextKeys[place] = key;
      nextItems[place] = items[index]!;
    }
  }

  /** Sorts runs of records that are alike so far, or notes them, if they begin before `until`; returns where the next one begins. */
  private findRuns(start: number, until: number, end: number, level: number): number {
    const { keys, runs } = this;
    let first = start;
    while (first < until) {
      const key = keys[first]!;
      let next = first + 1;
      while (next < end && keys[next] === key) next++;
      if (next - first > SHORT_MAX) {
        runs.push(first, next, level + 1);
        this.work += RUN_COST;
      } else if (next - first > 1) this.sortShort(first, next);
      first = next;
    }
    return first;
  }

  private sortShort(start: number, end: number): void {
    const { items } = this;
    for (let index = start + 1; index < end; index++) {
      const item = items[index]!;
      let place = index;
      for (; place > start && this.isAfter(items[place - 1]!, item); place--) items[place] = items[place - 1]!;
      items[place] = item;
    }
  }

  private isAfter(one: number, other: number): boolean {
    const { members, memory } = this;
    const words = memory.words[one >>> SEGMENT_SHIFT]!;
    const word = (one & GRANULE_MASK) << 1;
    const otherWords = memory.words[other >>> SEGMENT_SHIFT]!;
    const otherWord = (other & GRANULE_MASK) << 1;
    const low = words[word + 1]!;
    const high = words[word + 2]!;
    const otherLow = otherWords[otherWord + 1]!;
    const otherHigh = otherWords[otherWord + 2]!;
    if (low !== otherLow || high !== otherHigh) {
      const highs = orderHigh(high, low) - orderHigh(otherHigh, otherLow);
      if (highs !== 0) return highs > 0;
      const lows = orderLow(high, low) - orderLow(otherHigh, otherLow);
      if (lows !== 0) return lows > 0;
    }
    members.read(one);
    const { bytes, start, end } = members;
    members.read(other);
    return compareBytes(bytes, start, end, members.bytes, members.start, members.end) > 0;
  }
}
