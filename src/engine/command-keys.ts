// Where the keys of a call are: from the key specifications of its command, or from the command's own search where those
// cannot say it. For COMMAND GETKEYS, and for whoever must know the keys before a command runs.

import { toLatin1 } from '../lib/bytes.ts';
import { parseInteger } from '../lib/integers.ts';
import type { Call } from './call.ts';
import type { KeyFlag, KeySpec } from './command.ts';
import type { CommandTable } from './command-table.ts';

/** One key of a call: its argument number and what the command does to it. */
export interface KeyUse {
  readonly index: number;
  readonly flags: readonly KeyFlag[];
}

/** First and last key as COMMAND shows them to clients that know no key specifications, 0 without keys. */
export interface KeyRange {
  readonly first: number;
  /** Negative: from the end. */
  readonly last: number;
  readonly step: number;
  /** Whether the range does not tell all. */
  readonly movable: boolean;
}

/** A run of keys at places that do not depend on the arguments. */
export interface KeyRun {
  /** Argument number of the first key. */
  readonly first: number;
  /** Of the last key, relative to the first; negative: from the end of the call. */
  readonly last: number;
  readonly step: number;
  readonly flags: readonly KeyFlag[];
}

/** Argument number of the last key of a run, in a call of so many arguments. */
export function lastOfRun(first: number, last: number, count: number): number {
  return last >= 0 ? first + last : count + last;
}

/** The runs of a command's keys; null where its keys must be searched for in each call. */
export function runsOf(table: CommandTable, id: number): KeyRun[] | null {
  if (table.definitions[id]!.findKeys !== undefined) return null;
  const runs: KeyRun[] = [];
  for (const { begin, find, flags } of specsOf(table, id)) {
    if (begin === 'unknown' || !('index' in begin) || find === 'unknown' || !('last' in find)) return null;
    if (find.limit !== 0) return null;
    runs.push({ first: begin.index, last: find.last, step: find.step, flags });
  }
  return runs;
}

/** What `SoleRuns.first` says of a command with several runs, or whose keys must be searched for. */
export const NO_SOLE_RUN = -1;

/** The only run of each command's keys, in flat arrays, so that nothing is allocated where calls are looked at. */
export class SoleRuns {
  /** By command id, as KeyRun; 0 where there are no keys, or NO_SOLE_RUN. */
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly step: Int32Array;

  constructor(table: CommandTable) {
    const count = table.definitions.length;
    this.first = new Int32Array(count);
    this.last = new Int32Array(count);
    this.step = new Int32Array(count).fill(1);
    for (let id = 0; id < count; id++) {
      const runs = runsOf(table, id);
      const [run] = runs ?? [];
      if (runs === null || runs.length > 1) this.first[id] = NO_SOLE_RUN;
      else if (run !== undefined) {
        this.first[id] = run.first;
        this.last[id] = run.last;
        this.step[id] = run.step;
      }
    }
  }
}

/** A command's key specifications but those of arguments that only look like keys. */
function specsOf(table: CommandTable, id: number): KeySpec[] {
  return table.keySpecs[id]!.filter((spec) => !spec.flags.includes('not_key'));
}

/** Whether a command has keys at all. */
export function hasKeys(table: CommandTable, id: number): boolean {
  return table.definitions[id]!.findKeys !== undefined || specsOf(table, id).length > 0;
}

/** The keys of a call whose arguments are loaded; null when they do not fit the command. */
export function keysOf(table: CommandTable, id: number, call: Call): KeyUse[] | null {
  const definition = table.definitions[id]!;
  const specs = specsOf(table, id);
  if (definition.findKeys !== undefined) {
    const indices: number[] = [];
    definition.findKeys(call, indices);
    // Keys behind the first are such as the last specification says (a destination).
    const flags = definition.keyFlagsOf?.(call);
    return indices.map((index, number) => ({ index, flags: flags ?? specs.at(number === 0 ? 0 : -1)?.flags ?? [] }));
  }
  const keys: KeyUse[] = [];
  for (const spec of specs) {
    const indices = indicesOf(spec, call);
    if (indices === null) return null;
    const flags = definition.keyFlagsOf?.(call) ?? spec.flags;
    for (const index of indices) keys.push({ index, flags });
  }
  return keys;
}

function indicesOf(spec: KeySpec, call: Call): number[] | null {
  if (spec.begin === 'unknown' || spec.find === 'unknown') return null;
  let first = 'index' in spec.begin ? spec.begin.index : keywordPlace(spec.begin.keyword, spec.begin.from, call) + 1;
  if (first === 0) return [];
  let last: number;
  let step = 1;
  if ('last' in spec.find) {
    const { last: relative, limit } = spec.find;
    step = spec.find.step;
    if (relative >= 0) last = first + relative;
    else last = limit === 0 ? call.count + relative : first + (Math.floor((call.count - first) / limit) + relative);
  } else {
    const place = first + spec.find.countAt;
    if (place >= call.count) return null;
    const count = parseInteger(call.bytes, call.starts[place]!, call.ends[place]!);
    if (!(count >= 0)) return null;
    step = spec.find.step;
    first += spec.find.first;
    last = first + (count - 1) * step;
  }
  if (last >= call.count || last < first) return null;
  const indices: number[] = [];
  for (let index = first; index <= last; index += step) indices.push(index);
  return indices;
}

/** The argument number of a keyword, searched forwards from `from`, or backwards when that counts from the end; or -1. */
function keywordPlace(keyword: string, from: number, call: Call): number {
  const start = from > 0 ? from : call.count + from;
  const direction = from > 0 ? 1 : -1;
  // Forwards the last argument is none, as in Redis: no key follows it.
  const end = from > 0 ? call.count - 1 : call.count;
  for (let index = start; index >= 1 && index < end; index += direction) {
    if (toLatin1(call.bytes, call.starts[index]!, call.ends[index]!).toUpperCase() === keyword) return index;
  }
  return -1;
}

/** The range of keys for clients that read only that. */
export function legacyRange(specs: readonly KeySpec[]): KeyRange {
  let first = 0;
  let last = 0;
  let step = 0;
  let movable = false;
  for (const { begin, find, flags } of specs) {
    const isRange = begin !== 'unknown' && 'index' in begin && find !== 'unknown' && 'last' in find;
    // Only a sole range may have a step, and further ones must follow at once.
    if (!isRange || (specs.length > 1 && (find.step !== 1 || (last > 0 && last !== begin.index - 1)))) {
      movable = true;
      continue;
    }
    if (flags.includes('incomplete')) movable = true;
    if (first === 0) first = begin.index;
    last = find.last < 0 ? find.last : begin.index + find.last;
    step = find.step;
  }
  return { first, last, step, movable };
}
