// How long the values of keys are: for each database and type a histogram by powers of two (INFO keysizes). It is exact
// between commands, and a change costs two looks at the value's count, never a walk.
//
// The keyspace says when a record comes, moves and goes, and sees to the lengths of strings, which change in few places.
// A collection changes in many: it is opened before (Call.forWriteOf), which notes the bin that it is counted in, and settled
// after the command, which counts it in the one that it is in then. The commonest commands know how many elements came or
// went, and say so themselves (Call.forWriteCounted, grew): opening and settling took 30 to 80 ns of their 200 to 500.
//
// Invariants: (1) a histogram counts each record in its database's table once, in the bin of what it holds, or of what it
// held when it was opened; (2) nothing is open between commands.

import type { Datatypes } from '../datatypes/datatypes.ts';
import { HASH, INT, LIST, SET, SORTED_SET, STREAM, STRING } from '../datatypes/key-record.ts';
import { assert } from '../lib/assert.ts';
import { binOfDecimal, binOfSize, nameOfBin, SIZE_BINS } from '../lib/size-bins.ts';
import { NONE } from '../memory/flat-memory.ts';

/** What INFO shows, in its order. */
const SHOWN: readonly { readonly type: number; readonly name: string }[] = [
  { type: STRING, name: 'strings_sizes' },
  { type: LIST, name: 'lists_items' },
  { type: SET, name: 'sets_items' },
  { type: SORTED_SET, name: 'zsets_items' },
  { type: HASH, name: 'hashes_items' },
  { type: STREAM, name: 'streams_items' },
];

/** The histograms of one database: a place is type * SIZE_BINS + bin. There are fewer records than 2^31, of 24 bytes and more. */
export type SizeHistogram = Int32Array;

export function newHistogram(): SizeHistogram {
  return new Int32Array((STREAM + 1) * SIZE_BINS);
}

export class KeySizes {
  /** Collections of one database that are open, two at most: source and destination. Fields, since arrays cost twice as much. */
  opened = 0;
  private histogram: SizeHistogram = newHistogram();
  private first = NONE;
  private firstPlace = 0;
  private second = NONE;
  private secondPlace = 0;
  private readonly types: Datatypes;

  constructor(types: Datatypes) {
    this.types = types;
  }

  /** A record with its value came into a database's table. */
  added(histogram: SizeHistogram, record: number): void {
    histogram[this.placeOf(record)]! += 1;
  }

  /** A record is about to leave its database's table. */
  removed(histogram: SizeHistogram, record: number): void {
    let place = 0;
    if (this.opened > 0 && record === this.first) {
      place = this.firstPlace;
      this.first = this.second;
      this.firstPlace = this.secondPlace;
      this.opened--;
    } else if (this.opened > 1 && record === this.second) {
      place = this.secondPlace;
      this.opened--;
    } else place = this.placeOf(record);
    histogram[place]! -= 1;
  }

  /** A string came, or was changed: its bins before and after. */
  addedString(histogram: SizeHistogram, bin: number): void {
    histogram[STRING * SIZE_BINS + bin]! += 1;
  }

  changedString(histogram: SizeHistogram, before: number, after: number): void {
    histogram[STRING * SIZE_BINS + before]! -= 1;
    histogram[STRING * SIZE_BINS + after]! += 1;
  }

  /** A collection that is not open has `count` elements now, `by` more (fewer: negative) than before. */
  grew(histogram: SizeHistogram, type: number, count: number, by: number): void {
    const before = binOfSize(count - by);
    const after = binOfSize(count);
    if (before !== after) recount(histogram, type * SIZE_BINS + before, type * SIZE_BINS + after);
  }

  /** A collection may be about to change. Harmless when repeated. */
  open(histogram: SizeHistogram, record: number): void {
    if (this.opened === 0) {
      this.histogram = histogram;
      this.first = record;
      this.firstPlace = this.placeOf(record);
      this.opened = 1;
    } else if (record !== this.first) this.openSecond(histogram, record);
  }

  private openSecond(histogram: SizeHistogram, record: number): void {
    if (this.opened === 2 && record === this.second) return;
    assert(this.opened === 1 && histogram === this.histogram, 'a command changes two collections at most');
    this.second = record;
    this.secondPlace = this.placeOf(record);
    this.opened = 2;
  }

  /** A collection that may be open or not was changed; `before` is where it was counted. */
  changed(histogram: SizeHistogram, record: number, before: number): void {
    const isOpen = (this.opened > 0 && record === this.first) || (this.opened > 1 && record === this.second);
    if (!isOpen) recount(histogram, before, this.placeOf(record));
  }

  /** A record took the place of another of the same key. */
  moved(before: number, after: number): void {
    if (this.opened > 0 && before === this.first) this.first = after;
    else if (this.opened > 1 && before === this.second) this.second = after;
  }

  /** Counts what is open in the bins of what it holds now. */
  settle(): void {
    const { opened, histogram } = this;
    this.opened = 0;
    if (opened > 0) recount(histogram, this.firstPlace, this.placeOf(this.first));
    if (opened > 1) recount(histogram, this.secondPlace, this.placeOf(this.second));
  }

  /** The bin of a string's length. */
  binOfString(record: number): number {
    const { strings, records } = this.types;
    return records.encoding(record) === INT ? binOfDecimal(strings.integer(record)) : binOfSize(strings.length(record));
  }

  /** Where a record with what it holds now is to be counted. */
  placeOf(record: number): number {
    const { types } = this;
    const type = types.records.type(record);
    if (type === STRING) return this.binOfString(record);
    const entries = types.packed.inlineEntries(record);
    if (entries < 0) return type * SIZE_BINS + binOfSize(this.count(type, record));
    return type * SIZE_BINS + binOfSize(type === HASH || type === SORTED_SET ? entries >>> 1 : entries);
  }

  /** Elements of a collection. One call a type: through `types.types` they took twice as long. */
  private count(type: number, record: number): number {
    const { types } = this;
    switch (type) {
      case LIST:
        return types.lists.count(record);
      case SET:
        return types.sets.count(record);
      case SORTED_SET:
        return types.sortedSets.count(record);
      case HASH:
        return types.hashes.count(record);
      default:
        return types.streams.count(record);
    }
  }

  /** Asserts that a database's histograms are those of its records, which were counted one by one. */
  check(histogram: SizeHistogram, counted: SizeHistogram): void {
    assert(this.opened === 0, 'nothing is open between commands (2)');
    for (let place = 0; place < histogram.length; place++) {
      assert(histogram[place] === counted[place], 'the sizes of keys are counted (1)');
    }
  }
}

function recount(histogram: SizeHistogram, before: number, after: number): void {
  if (before === after) return;
  histogram[before]! -= 1;
  histogram[after]! += 1;
}

/** What INFO shows of a database: name and bins of each type that it has keys of. */
export function describeSizes(histogram: SizeHistogram): { name: string; bins: string }[] {
  const lines: { name: string; bins: string }[] = [];
  for (const { type, name } of SHOWN) {
    const bins: string[] = [];
    for (let bin = 0; bin < SIZE_BINS; bin++) {
      const count = histogram[type * SIZE_BINS + bin]!;
      if (count > 0) bins.push(`${nameOfBin(bin)}=${count}`);
    }
    if (bins.length > 0) lines.push({ name, bins: bins.join(',') });
  }
  return lines;
}
