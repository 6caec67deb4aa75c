// Set algebra: SINTER, SUNION, SDIFF, their STORE forms, and the forms that only count.
//
// A result is told or stored while it is found; no object is made for a member. Only unions and differences of many
// sets gather it in a scratch set first.

import { SET } from '../../../datatypes/key-record.ts';
import type { Int64 } from '../../../lib/int64.ts';
import { INT64_DIGITS_MAX } from '../../../lib/integers.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, OUT_OF_MEMORY, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import type { IntSetCursor } from '../../../structures/int-set-cursor.ts';
import { MISTYPED, type ReadCall, type WriteCall, word } from '../../call.ts';
import {
  type CommandDetails,
  integer,
  key,
  keyCount,
  multiple,
  optional,
  read,
  reply,
  token,
  write,
} from '../../command.ts';
import { type KeyEvent, SDIFFSTORE_EVENT, SINTERSTORE_EVENT, SUNIONSTORE_EVENT } from '../../events.ts';
import { storeResult } from '../storing.ts';

/** Up to so many sets a union looks each member up in those before, which is cheaper than gathering them. */
const UNION_BY_SEARCH_MAX = 4;
/** The same of int sets, which are gone through side by side. */
const INTEGER_UNION_MAX = 32;

/** What becomes of the members of a result, in the order in which they are found. */
interface Taker {
  /** Takes a member; false when no more are wanted. */
  take(bytes: Uint8Array, start: number, end: number): boolean;
  /** The same of an integer. */
  takeInteger(integer: Int64): boolean;
}

const digits = new Uint8Array(INT64_DIGITS_MAX);

/** Tells them. */
class Teller implements Taker {
  private readonly call: ReadCall;
  private readonly mark: number;
  private count = 0;

  constructor(call: ReadCall) {
    this.call = call;
    this.mark = call.reply.later();
  }

  take(bytes: Uint8Array, start: number, end: number): boolean {
    this.call.reply.bulk(bytes, start, end);
    this.count++;
    return true;
  }

  takeInteger(integer: Int64): boolean {
    return this.take(digits, 0, integer.write(digits, 0));
  }

  finish(): void {
    this.call.reply.setAt(this.mark, this.count);
  }
}

/** Counts them, up to a limit. */
class Counter implements Taker {
  count = 0;
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  take(): boolean {
    this.count++;
    return this.count !== this.limit;
  }

  takeInteger(): boolean {
    return this.take();
  }
}

/** Builds a set of them, in a record for the key in argument 1 that is in no table. */
class Builder implements Taker {
  record: number;
  outOfMemory = false;
  private readonly call: WriteCall;

  constructor(call: WriteCall) {
    const { bytes, starts, ends, keyspace } = call;
    this.call = call;
    this.record = call.sets.createIntSet(bytes, starts[1]!, ends[1]!, keyspace.accessClock);
  }

  take(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.admit(end - start)) return false;
    const { sets } = this.call;
    sets.add(this.record, bytes, start, end);
    this.record = sets.record;
    return true;
  }

  takeInteger(integer: Int64): boolean {
    if (!this.admit(INT64_DIGITS_MAX)) return false;
    const { sets } = this.call;
    sets.addInteger(this.record, integer);
    this.record = sets.record;
    return true;
  }

  private admit(bytes: number): boolean {
    const { sets, keyspace } = this.call;
    this.outOfMemory = !keyspace.memory.admit((bytes + 64) * 2 + sets.conversionBytes(this.record));
    return !this.outOfMemory;
  }
}

/** Finds a result's members among sets (handles, NONE for an empty one) and hands them on; false when memory ran out. */
type Operation = (call: ReadCall, handles: Int32Array, taker: Taker) => boolean;

/** The sets of the keys in arguments [from, to), null after replying that one is no set. */
function findSets(call: ReadCall, from: number, to: number): Int32Array | null {
  const handles = new Int32Array(to - from);
  for (let index = from; index < to; index++) {
    const handle = call.findOf(index, SET);
    if (handle === MISTYPED) return null;
    handles[index - from] = handle;
  }
  return handles;
}

/**
 * Hands on the integers of one set that all of some others have, or none of them. All begin where they stand. False when no
 * more are wanted.
 */
function sift(
  cursor: IntSetCursor,
  others: readonly IntSetCursor[],
  count: number,
  have: boolean,
  taker: Taker,
): boolean {
  for (; !cursor.isAtEnd(); cursor.next()) {
    let index = 0;
    while (index < count && others[index]!.reach(cursor.integer) === have) index++;
    if (index === count && !taker.takeInteger(cursor.integer)) return false;
  }
  return true;
}

/** Each member of the smallest set is looked up in the others, the smaller ones first. */
function intersect(call: ReadCall, handles: Int32Array, taker: Taker): boolean {
  const { sets } = call;
  if (handles.includes(NONE)) return true;
  handles.sort((a, b) => sets.count(a) - sets.count(b));
  const cursors = sets.integerCursors(handles);
  if (cursors !== null) {
    const others = cursors.slice(1);
    sift(cursors[0]!, others, others.length, true, taker);
    return true;
  }
  const walk = call.keyspace.setWalk;
  walk.begin(handles[0]!);
  while (walk.next()) {
    let index = 1;
    while (index < handles.length && sets.has(handles[index]!, walk.bytes, walk.start, walk.end)) index++;
    if (index === handles.length && !taker.take(walk.bytes, walk.start, walk.end)) break;
  }
  return true;
}

function unite(call: ReadCall, handles: Int32Array, taker: Taker): boolean {
  const cursors = handles.length > INTEGER_UNION_MAX ? null : call.sets.integerCursors(handles);
  if (cursors !== null) {
    uniteIntegers(cursors, taker);
    return true;
  }
  if (handles.length > UNION_BY_SEARCH_MAX) return uniteMany(call, handles, taker);
  const walk = call.keyspace.setWalk;
  for (let index = 0; index < handles.length; index++) {
    walk.begin(handles[index]!);
    while (walk.next()) {
      let before = 0;
      while (before < index && !hasMember(call, handles[before]!, walk.bytes, walk.start, walk.end)) before++;
      if (before === index && !taker.take(walk.bytes, walk.start, walk.end)) return true;
    }
  }
  return true;
}

function uniteIntegers(cursors: readonly IntSetCursor[], taker: Taker): void {
  for (let index = 0; index < cursors.length; index++) {
    for (let before = 0; before <= index; before++) cursors[before]!.rewind();
    if (!sift(cursors[index]!, cursors, index, false, taker)) return;
  }
}

function hasMember(call: ReadCall, set: number, bytes: Uint8Array, start: number, end: number): boolean {
  return set !== NONE && call.sets.has(set, bytes, start, end);
}

function uniteMany(call: ReadCall, handles: Int32Array, taker: Taker): boolean {
  const { scratch } = call;
  const walk = call.keyspace.setWalk;
  scratch.begin();
  let isOk = true;
  let wantsMore = true;
  for (let index = 0; index < handles.length && isOk && wantsMore; index++) {
    walk.begin(handles[index]!);
    while (isOk && wantsMore && walk.next()) {
      isOk = scratch.admit(walk.end - walk.start);
      if (isOk && scratch.add(walk.bytes, walk.start, walk.end))
        wantsMore = taker.take(walk.bytes, walk.start, walk.end);
    }
  }
  scratch.finish();
  return isOk;
}

/**
 * Either each member of the first set is looked up in the others, or those of the others are taken out of a copy of the
 * first: whichever is less work.
 */
function subtract(call: ReadCall, handles: Int32Array, taker: Taker): boolean {
  const { sets } = call;
  const first = handles[0]!;
  if (first === NONE) return true;
  const cursors = sets.integerCursors(handles);
  if (cursors !== null) {
    const others = cursors.slice(1);
    sift(cursors[0]!, others, others.length, false, taker);
    return true;
  }
  const size = sets.count(first);
  let others = 0;
  for (let index = 1; index < handles.length; index++)
    if (handles[index] !== NONE) others += sets.count(handles[index]!);
  // A member found ends its search early: half of the look-ups, as Redis reckons.
  if ((size * (handles.length - 1)) / 2 > size + others) return subtractFromCopy(call, handles, taker);
  const rest = handles.subarray(1).sort((a, b) => (b === NONE ? 0 : sets.count(b)) - (a === NONE ? 0 : sets.count(a)));
  const walk = call.keyspace.setWalk;
  walk.begin(first);
  while (walk.next()) {
    let index = 0;
    while (index < rest.length && !hasMember(call, rest[index]!, walk.bytes, walk.start, walk.end)) index++;
    if (index === rest.length && !taker.take(walk.bytes, walk.start, walk.end)) break;
  }
  return true;
}

function subtractFromCopy(call: ReadCall, handles: Int32Array, taker: Taker): boolean {
  const { scratch } = call;
  const walk = call.keyspace.setWalk;
  scratch.begin();
  let isOk = true;
  walk.begin(handles[0]!);
  while (isOk && walk.next()) {
    isOk = scratch.admit(walk.end - walk.start);
    if (isOk) scratch.add(walk.bytes, walk.start, walk.end);
  }
  for (let index = 1; index < handles.length && isOk && scratch.count() > 0; index++) {
    walk.begin(handles[index]!);
    while (walk.next()) scratch.remove(walk.bytes, walk.start, walk.end);
  }
  scratch.rewind();
  while (isOk && scratch.next() && taker.take(scratch.bytes, scratch.start, scratch.end));
  scratch.finish();
  return isOk;
}

// --- the three forms ---

function tell(call: ReadCall, operation: Operation): void {
  const handles = findSets(call, 1, call.count);
  if (handles === null) return;
  const from = call.reply.length;
  const teller = new Teller(call);
  if (operation(call, handles, teller)) teller.finish();
  else {
    call.reply.truncate(from);
    call.reply.error(OUT_OF_MEMORY);
  }
}

function store(call: WriteCall, operation: Operation, event: KeyEvent): void {
  const handles = findSets(call, 2, call.count);
  if (handles === null || !call.admitArguments()) return;
  const { sets, keyspace } = call;
  const builder = new Builder(call);
  const isOk = operation(call, handles, builder) && !builder.outOfMemory;
  const size = isOk ? sets.count(builder.record) : 0;
  if (size === 0) keyspace.release(builder.record, false);
  if (!isOk) {
    call.reply.error(OUT_OF_MEMORY);
    return;
  }
  storeResult(call, 1, size === 0 ? NONE : builder.record, event, size);
  call.reply.integer(size);
}

const LIMIT = word('LIMIT');
const APPROX = word('APPROX');
const NO_KEYS = error('ERR numkeys should be greater than 0');
const TOO_FEW_KEYS = error("ERR Number of keys can't be greater than number of args");
const NEGATIVE_LIMIT = error("ERR LIMIT can't be negative");

function count(call: ReadCall, operation: Operation, takesApprox: boolean): void {
  const keys = call.quietInteger(1);
  if (!(keys > 0)) {
    call.reply.error(NO_KEYS);
    return;
  }
  if (keys > call.count - 2) {
    call.reply.error(TOO_FEW_KEYS);
    return;
  }
  let limit = 0;
  let isApproximate = false;
  for (let index = 2 + keys; index < call.count; index++) {
    if (call.is(index, LIMIT) && index + 1 < call.count) {
      limit = call.quietInteger(++index);
      if (!(limit >= 0)) {
        call.reply.error(NEGATIVE_LIMIT);
        return;
      }
    } else if (takesApprox && call.is(index, APPROX)) isApproximate = true;
    else {
      call.reply.error(SYNTAX_ERROR);
      return;
    }
  }
  const handles = findSets(call, 2, 2 + keys);
  if (handles === null) return;
  if (isApproximate) {
    const estimate = estimateUnion(call, handles);
    call.reply.integer(limit === 0 ? estimate : Math.min(limit, estimate));
    return;
  }
  const counter = new Counter(limit);
  if (operation(call, handles, counter)) call.reply.integer(counter.count);
  else call.reply.error(OUT_OF_MEMORY);
}

/** About how many members sets have together, in 16 KiB however many they are. */
function estimateUnion(call: ReadCall, handles: Int32Array): number {
  const { hyperloglog } = call;
  const walk = call.keyspace.setWalk;
  hyperloglog.registers.fill(0);
  for (const handle of handles) {
    walk.begin(handle);
    while (walk.next()) hyperloglog.add(walk.bytes, walk.start, walk.end);
  }
  return hyperloglog.estimate();
}

// --- definitions ---

function told(summary: string, complexity: string): CommandDetails & { readonly group: 'set' } {
  return {
    group: 'set',
    summary,
    since: '1.0.0',
    complexity,
    args: [multiple(key('key', 'RO', 'access'))],
    replies: [reply.set('members, in no order')],
    tips: ['nondeterministic_output_order'],
  };
}

function stored(summary: string, complexity: string): CommandDetails & { readonly group: 'set' } {
  return {
    group: 'set',
    summary,
    since: '1.0.0',
    complexity,
    args: [key('destination', 'OW', 'update'), multiple(key('key', 'RO', 'access'))],
    replies: [reply.integer('members of the result')],
    flags: ['denyoom'],
  };
}

const INTERSECTION = 'O(N*M), N being the members of the smallest set, M the sets.';
const UNION = 'O(N), N being the members of all sets.';

/**
 *     > SADD a 1 2 3
 *     (integer) 3
 *     > SADD b 3 4
 *     (integer) 2
 *     > SINTER a b
 *     1) "3"
 */
export const sinter = read('SINTER', told('Lists what several sets have in common.', INTERSECTION), (call) =>
  tell(call, intersect),
);

export const sunion = read('SUNION', told('Lists what several sets have together.', UNION), (call) =>
  tell(call, unite),
);

/**
 *     > SADD a 1 2
 *     (integer) 2
 *     > SADD b 2 3
 *     (integer) 2
 *     > SDIFF a b
 *     1) "1"
 */
export const sdiff = read('SDIFF', told('Lists what a set has and several others do not.', UNION), (call) =>
  tell(call, subtract),
);

export const sinterstore = write(
  'SINTERSTORE',
  stored('Stores what several sets have in common.', INTERSECTION),
  (call) => store(call, intersect, SINTERSTORE_EVENT),
);

/**
 *     > SADD a 1
 *     (integer) 1
 *     > SADD b two
 *     (integer) 1
 *     > SUNIONSTORE all a b
 *     (integer) 2
 */
export const sunionstore = write('SUNIONSTORE', stored('Stores what several sets have together.', UNION), (call) =>
  store(call, unite, SUNIONSTORE_EVENT),
);

export const sdiffstore = write(
  'SDIFFSTORE',
  stored('Stores what a set has and several others do not.', UNION),
  (call) => store(call, subtract, SDIFFSTORE_EVENT),
);

/**
 *     > SADD a 1 2 3
 *     (integer) 3
 *     > SADD b 2 3 4
 *     (integer) 3
 *     > SINTERCARD 2 a b
 *     (integer) 2
 *     > SINTERCARD 2 a b LIMIT 1
 *     (integer) 1
 */
export const sintercard = read(
  'SINTERCARD',
  {
    group: 'set',
    summary: 'Counts what several sets have in common.',
    since: '7.0.0',
    complexity: INTERSECTION,
    args: [keyCount('numkeys'), multiple(key('key', 'RO', 'access')), optional(integer('limit', { token: 'LIMIT' }))],
    replies: [reply.integer('members, at most the limit')],
  },
  (call) => count(call, intersect, false),
);

/**
 *     > SADD a 1 2
 *     (integer) 2
 *     > SADD b 2 3
 *     (integer) 2
 *     > SUNIONCARD 2 a b
 *     (integer) 3
 */
export const sunioncard = read(
  'SUNIONCARD',
  {
    group: 'set',
    summary: 'Counts what several sets have together.',
    since: '8.10.0',
    complexity: UNION,
    args: [
      keyCount('numkeys'),
      multiple(key('key', 'RO', 'access')),
      optional(token('APPROX')),
      optional(integer('limit', { token: 'LIMIT' })),
    ],
    replies: [reply.integer('members, at most the limit')],
  },
  (call) => count(call, unite, true),
);

export const sdiffcard = read(
  'SDIFFCARD',
  {
    group: 'set',
    summary: 'Counts what a set has and several others do not.',
    since: '8.10.0',
    complexity: UNION,
    args: [keyCount('numkeys'), multiple(key('key', 'RO', 'access')), optional(integer('limit', { token: 'LIMIT' }))],
    replies: [reply.integer('members, at most the limit')],
  },
  (call) => count(call, subtract, false),
);
