// Sets, hashes and sorted sets that stand in a file element by element, and that are tables from the start. Elements that
// have come are read in runs, by plain functions that are called often: these are compiled soon. Members go into the table
// some at a time (structures/table-filler.ts).

import { ORDER_STEP_BYTES, SortedSetLoader } from '../../datatypes/sorted-set-loader.ts';
import { copyBytes } from '../../lib/bytes.ts';
import { parseDouble } from '../../lib/decimal.ts';
import { FLUSH_BYTES, type TableFiller } from '../../structures/table-filler.ts';
import type { Slices } from './collection-loader.ts';
import type { LoadTarget } from './load-target.ts';
import { SCORE_INFINITY, SCORE_MINUS_INFINITY, SCORE_NAN } from './rdb-format.ts';
import type { RdbInput } from './rdb-input.ts';
import { TableGrowth } from './table-growth.ts';

/** Elements of a run at most. */
const RUN = 64;
/** Room for a field that is kept from one to the next. */
const FIELD_BYTES_KEPT = 64 * 1024;
const FIELD_BYTES_FIRST = 64;
const SCORE_BYTES = 8;

export class TableLoader {
  readonly growth: TableGrowth;
  private readonly input: RdbInput;
  private readonly target: LoadTarget;
  private readonly slices: Slices;
  private readonly scored: SortedSetLoader;
  private readonly filler: TableFiller;
  /** A field, or a member whose score follows: field[fieldStart..fieldEnd), the input's bytes or those that are kept. */
  private field: Uint8Array;
  private fieldStart = 0;
  private fieldEnd = 0;
  private kept: Uint8Array = new Uint8Array(FIELD_BYTES_FIRST);
  /** The value of that field has begun, and must be gathered. */
  private isValueLong = false;

  constructor(input: RdbInput, target: LoadTarget, slices: Slices) {
    const { sortedSets, members } = target.keyspace;
    this.input = input;
    this.target = target;
    this.slices = slices;
    this.field = this.kept;
    this.growth = new TableGrowth(members.table, input);
    this.scored = new SortedSetLoader(sortedSets);
    this.filler = this.scored.filler;
  }

  /** Reads `count` members into the empty set that is loaded; a duplicate is `wrong`. */
  *set(count: number, wrong: string): Generator<void, void> {
    const { input, slices } = this;
    yield* this.begin(count);
    try {
      for (let left = count; left > 0; ) {
        left -= this.nearMembers(left, wrong);
        if (slices.isDone()) yield;
        if (left === 0 || input.isNear()) continue;
        if (!input.string()) yield* input.gather();
        this.addMember(wrong);
        left--;
      }
      this.flush(wrong);
    } finally {
      this.filler.drop();
    }
  }

  /** Reads `count` fields and values into the empty hash that is loaded. */
  *hash(count: number, wrong: string): Generator<void, void> {
    const { input, slices } = this;
    yield* this.begin(count);
    this.isValueLong = false;
    try {
      for (let left = count; left > 0; ) {
        left -= this.nearFields(left, wrong);
        if (slices.isDone()) yield;
        if (left === 0 || (input.isNear() && !this.isValueLong)) continue;
        if (!this.isValueLong) {
          if (!input.string()) yield* input.gather();
          this.keepField();
          this.isValueLong = !input.string();
        }
        if (this.isValueLong) yield* input.gather();
        this.isValueLong = false;
        this.addField(wrong);
        left--;
      }
      this.flush(wrong);
    } finally {
      this.filler.drop();
    }
  }

  /** Reads `count` members and scores into the empty sorted set that is loaded. */
  *sortedSet(count: number, isSecond: boolean, wrong: string): Generator<void, void> {
    const { input, slices, target, scored } = this;
    yield* this.begin(count);
    scored.begin(target.record);
    try {
      for (let left = count; left > 0; ) {
        if (isSecond) left -= this.nearScored(left, wrong);
        if (slices.isDone()) yield;
        if (left === 0 || (isSecond && input.isNear())) continue;
        if (!input.string()) yield* input.gather();
        this.keepField();
        this.addScored(isSecond ? input.double() : readTextScore(input), wrong);
        left--;
      }
      this.flush(wrong);
    } finally {
      this.filler.drop();
    }
    target.admit(ORDER_STEP_BYTES);
    for (const _ of scored.finish()) {
      target.admit(ORDER_STEP_BYTES);
      yield;
    }
  }

  private *begin(count: number): Generator<void, void> {
    const { target } = this;
    const root = target.keyspace.packed.payload(target.record, 0);
    yield* this.growth.begin(root, count);
    this.filler.begin(root);
  }

  // --- runs of what has come; they return how many elements that were ---

  private nearMembers(left: number, wrong: string): number {
    const { input } = this;
    const most = Math.min(left, RUN);
    let taken = 0;
    for (; taken < most && input.isNear(); taken++) {
      input.string();
      this.addMember(wrong);
    }
    return taken;
  }

  private nearFields(left: number, wrong: string): number {
    const { input } = this;
    const most = Math.min(left, RUN);
    let taken = 0;
    for (; taken < most && input.isNear(); taken++) {
      input.string();
      if (input.isFixed(0) && input.isNear()) this.noteField();
      else this.keepField();
      if (!input.string()) {
        this.isValueLong = true;
        break;
      }
      this.addField(wrong);
    }
    return taken;
  }

  private nearScored(left: number, wrong: string): number {
    const { input } = this;
    const most = Math.min(left, RUN);
    let taken = 0;
    for (; taken < most && input.isNear(); taken++) {
      input.string();
      if (input.isFixed(SCORE_BYTES)) this.noteField();
      else this.keepField();
      this.addScored(input.double(), wrong);
    }
    return taken;
  }

  /** Takes the text just read for the field, where it is. */
  private noteField(): void {
    const { input } = this;
    this.field = input.text;
    this.fieldStart = input.start;
    this.fieldEnd = input.end;
  }

  /** Takes a copy of it. */
  private keepField(): void {
    const { input } = this;
    const length = input.end - input.start;
    if (this.kept.length < length || this.kept.length > FIELD_BYTES_KEPT) {
      this.kept = new Uint8Array(Math.max(FIELD_BYTES_FIRST, length));
    }
    copyBytes(input.text, input.start, input.end, this.kept, 0);
    this.field = this.kept;
    this.fieldStart = 0;
    this.fieldEnd = length;
  }

  // --- one element ---

  /** Adds the text just read. */
  private addMember(wrong: string): void {
    const { input, target } = this;
    const { text, start, end } = input;
    target.admit(end - start);
    if (this.filler.add(target.keyspace.members.create(text, start, end, 0, false))) this.flush(wrong);
  }

  /** Adds the field with the value just read. */
  private addField(wrong: string): void {
    const { input, target, field, fieldStart, fieldEnd } = this;
    const { members } = target.keyspace;
    const { text, start, end } = input;
    target.admit(fieldEnd - fieldStart + end - start);
    const record = members.create(field, fieldStart, fieldEnd, end - start, false);
    members.readValue(record);
    copyBytes(text, start, end, members.bytes, members.start);
    if (this.filler.add(record)) this.flush(wrong);
  }

  private addScored(score: number, wrong: string): void {
    const { target, scored, field, fieldStart, fieldEnd } = this;
    if (Number.isNaN(score)) this.input.fail('Zset with NAN score detected');
    target.admit(fieldEnd - fieldStart);
    if (scored.add(field, fieldStart, fieldEnd, score)) this.flush(wrong);
  }

  /** Brings what is gathered into the table. */
  private flush(wrong: string): void {
    const { filler, target } = this;
    const count = filler.gathered();
    target.admit(FLUSH_BYTES);
    if (!filler.flush()) this.input.fail(wrong);
    this.growth.added(count);
  }
}

/** A score as text behind its length, as older releases wrote it. */
export function readTextScore(input: RdbInput): number {
  const length = input.byte();
  if (length === SCORE_NAN) return Number.NaN;
  if (length === SCORE_INFINITY) return Number.POSITIVE_INFINITY;
  if (length === SCORE_MINUS_INFINITY) return Number.NEGATIVE_INFINITY;
  input.raw(length);
  return parseDouble(input.text, input.start, input.end);
}
