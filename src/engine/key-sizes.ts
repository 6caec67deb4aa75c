// How long the values of keys are: for each database and type a histogram by powers of two (INFO keysizes). It is exact
// between commands, and a change costs two looks at the value's count, never a walk.
//
// The keyspace says when a record comes, moves and goes, and sees to the lengths of strings, which change in few places.
// A collection changes in many: it is opened before (Call.forWriteOf), which notes the bin that it is counted in, and settled
// after the command, which counts it in the one that it is in then.
//
// Invariants: (1) a histogram counts each record in its database's table once, in the bin of what it holds, or of what it
// held when it was opened; (2) nothing is open between commands.

import type { Datatypes } from '../datatypes/datatypes.ts';
import { HASH, INT, LIST, SET, SORTED_SET, STREAM, STRING } from '../datatypes/key-record.ts';
import { assert } from '../lib/assert.ts';
import { binOfDecimal, binOfSize, nameOfBin, SIZE_BINS } from '../lib/size-bins.ts';

/** Collections that one command changes: source and destination. */
const OPEN_MAX = 4;

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
  /** Collections that are open; they are settled after the command. */
  opened = 0;
  private readonly records = new Int32Array(OPEN_MAX);
  private readonly places = new Int32Array(OPEN_MAX);
  private readonly histograms: SizeHistogram[] = [];
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
    for (let index = 0; index < this.opened; index++) {
      if (this.records[index] !== record) continue;
      histogram[this.places[index]!]! -= 1;
      this.opened--;
      this.records[index] = this.records[this.opened]!;
      this.places[index] = this.places[this.opened]!;
      this.histograms[index] = this.histograms[this.opened]!;
      return;
    }
    histogram[this.placeOf(record)]! -= 1;
  }

  /** A string came, was changed or goes: its bins before and after. */
  addedString(histogram: SizeHistogram, bin: number): void {
    histogram[STRING * SIZE_BINS + bin]! += 1;
  }

  changedString(histogram: SizeHistogram, before: number, after: number): void {
    histogram[STRING * SIZE_BINS + before]! -= 1;
    histogram[STRING * SIZE_BINS + after]! += 1;
  }

  /** A collection may be about to change. Harmless when repeated. */
  open(histogram: SizeHistogram, record: number): void {
    const { opened } = this;
    for (let index = 0; index < opened; index++) if (this.records[index] === record) return;
    assert(opened < OPEN_MAX, 'a command changes few collections');
    this.records[opened] = record;
    this.places[opened] = this.placeOf(record);
    this.histograms[opened] = histogram;
    this.opened = opened + 1;
  }

  /** A collection that may be open or not was changed; `before` is where it was counted. */
  changed(histogram: SizeHistogram, record: number, before: number): void {
    for (let index = 0; index < this.opened; index++) if (this.records[index] === record) return;
    this.recount(histogram, before, this.placeOf(record));
  }

  /** A record took the place of another of the same key. */
  moved(before: number, after: number): void {
    for (let index = 0; index < this.opened; index++) if (this.records[index] === before) this.records[index] = after;
  }

  /** Counts what is open in the bins of what it holds now. */
  settle(): void {
    const { opened } = this;
    this.opened = 0;
    for (let index = 0; index < opened; index++) {
      this.recount(this.histograms[index]!, this.places[index]!, this.placeOf(this.records[index]!));
    }
  }

  private recount(histogram: SizeHistogram, before: number, after: number): void {
    if (before === after) return;
    histogram[before]! -= 1;
    histogram[after]! += 1;
  }

  /** The bin of a string's length. */
  binOfString(record: number): number {
    const { strings, records } = this.types;
    return records.encoding(record) === INT ? binOfDecimal(strings.integer(record)) : binOfSize(strings.length(record));
  }

  /** Where a record with what it holds now is to be counted. */
  placeOf(record: number): number {
    const { types } = this;
    // One call a type: through `types.types` they cost twice as much.
    switch (types.records.type(record)) {
      case STRING:
        return STRING * SIZE_BINS + this.binOfString(record);
      case LIST:
        return LIST * SIZE_BINS + binOfSize(types.lists.count(record));
      case SET:
        return SET * SIZE_BINS + binOfSize(types.sets.count(record));
      case SORTED_SET:
        return SORTED_SET * SIZE_BINS + binOfSize(types.sortedSets.count(record));
      case HASH:
        return HASH * SIZE_BINS + binOfSize(types.hashes.count(record));
      default:
        return STREAM * SIZE_BINS + binOfSize(types.streams.count(record));
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
