// Algebra of sorted sets, and of plain sets, whose members count as having score 1: ZUNION, ZINTER, ZDIFF, their STORE
// forms, ZINTERCARD. Results are gathered in flat memory (SortedSetBuilder); no object is made for a member.

import { SET, SORTED_SET } from '../../../datatypes/key-record.ts';
import type { SetWalk } from '../../../datatypes/set.ts';
import type { SortedSetBuilder } from '../../../datatypes/sorted-set-builder.ts';
import type { SortedSetWalk } from '../../../datatypes/sorted-set-walk.ts';
import { parseDouble } from '../../../lib/decimal.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, OUT_OF_MEMORY, SYNTAX_ERROR, WRONG_TYPE } from '../../../protocol/errors.ts';
import { type ReadCall, type WriteCall, word } from '../../call.ts';
import {
  type ArgumentDefinition,
  type CommandDetails,
  integer,
  key,
  keyCount,
  multiple,
  oneOf,
  optional,
  read,
  reply,
  token,
  write,
} from '../../command.ts';
import { type KeyEvent, ZDIFFSTORE_EVENT, ZINTERSTORE_EVENT, ZUNIONSTORE_EVENT } from '../../events.ts';
import { storeResult } from '../storing.ts';

const WEIGHTS = word('WEIGHTS');
const AGGREGATE = word('AGGREGATE');
const WITHSCORES = word('WITHSCORES');
const LIMIT = word('LIMIT');
const SUM = word('SUM');
const MIN = word('MIN');
const MAX = word('MAX');
const COUNT = word('COUNT');

const NOT_A_WEIGHT = error('ERR weight value is not a float');
const NEGATIVE_LIMIT = error("ERR LIMIT can't be negative");

const BY_SUM = 0;
const BY_MIN = 1;
const BY_MAX = 2;
const BY_COUNT = 3;

/** Which operation, and what is done with its result. */
const UNION = 0;
const INTERSECTION = 1;
const DIFFERENCE = 2;
const TELL = 0;
const STORE = 1;
const COUNT_ONLY = 2;
const NAMES = [
  ['zunion', 'zinter', 'zdiff'],
  ['zunionstore', 'zinterstore', 'zdiffstore'],
  ['', 'zintercard'],
] as const;

/** The inputs and options of one call. */
class Operands {
  readonly call: ReadCall;
  /** Records of the inputs, NONE for keys that are not there, and whether they are plain sets. */
  readonly handles: Int32Array;
  readonly plain: Uint8Array;
  readonly weights: Float64Array;
  aggregate = BY_SUM;
  withScores = false;
  limit = 0;

  constructor(call: ReadCall, count: number) {
    this.call = call;
    this.handles = new Int32Array(count);
    this.plain = new Uint8Array(count);
    this.weights = new Float64Array(count).fill(1);
  }

  /** Members of an input. */
  size(index: number): number {
    const handle = this.handles[index]!;
    if (handle === NONE) return 0;
    return this.plain[index] === 1 ? this.call.sets.count(handle) : this.call.sortedSets.count(handle);
  }

  /** Looks a member up in an input; its score is left in `sortedSets.score`. */
  find(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { call } = this;
    const handle = this.handles[index]!;
    if (handle === NONE) return false;
    if (this.plain[index] === 0) return call.sortedSets.find(handle, bytes, start, end);
    call.sortedSets.score[0] = 1;
    return call.sets.has(handle, bytes, start, end);
  }

  /** What an input adds to a member's score: the weighted score, or the weight alone. */
  weigh(index: number, score: number): number {
    const weight = this.weights[index]!;
    return this.aggregate === BY_COUNT ? weight : score * weight;
  }

  /** The same of the first input that has a member: infinity times zero is 0. */
  weighFirst(index: number, score: number): number {
    const weighed = this.weigh(index, score);
    return Number.isNaN(weighed) ? 0 : weighed;
  }

  /** What two weighed scores become together. */
  combine(first: number, second: number): number {
    // Not Math.min and Math.max, to which -0 and 0 differ: the first stays.
    if (this.aggregate === BY_MIN || this.aggregate === BY_MAX) {
      const takes = this.aggregate === BY_MIN ? second < first : second > first;
      return takes ? second : first;
    }
    const sum = first + second;
    // Of both infinities, by convention.
    return Number.isNaN(sum) ? 0 : sum;
  }

  /** Puts the inputs in the order of their sizes: sums are rounded in that order, and intersections begin with the least. */
  sort(): void {
    const order = Array.from(this.handles.keys()).sort((a, b) => this.size(a) - this.size(b));
    this.permute(order);
  }

  /** Puts the inputs behind the first in descending order of their sizes: what is subtracted is found sooner. */
  sortRest(): void {
    const rest = Array.from(this.handles.keys()).slice(1);
    this.permute([0, ...rest.sort((a, b) => this.size(b) - this.size(a))]);
  }

  private permute(order: readonly number[]): void {
    const handles = this.handles.slice();
    const plain = this.plain.slice();
    const weights = this.weights.slice();
    for (const [to, from] of order.entries()) {
      this.handles[to] = handles[from]!;
      this.plain[to] = plain[from]!;
      this.weights[to] = weights[from]!;
    }
  }
}

/** A walk through an input of either type. */
class OperandWalk {
  /** The member that `next` came upon: bytes[start..end), valid until the next. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Its score; in an array, lest it be boxed. */
  readonly score = new Float64Array(1);
  private readonly sets: SetWalk;
  private readonly sorted: SortedSetWalk;
  private isPlain: boolean;

  constructor(operands: Operands, index: number) {
    const { keyspace } = operands.call;
    this.sets = keyspace.setWalk;
    this.sorted = keyspace.sortedSetWalk;
    this.isPlain = operands.plain[index] === 1 || operands.handles[index] === NONE;
    this.score[0] = 1;
    if (this.isPlain) this.sets.begin(operands.handles[index]!);
    else this.sorted.begin(operands.handles[index]!, 0);
  }

  next(): boolean {
    if (this.isPlain) {
      if (!this.sets.next()) return false;
      this.bytes = this.sets.bytes;
      this.start = this.sets.start;
      this.end = this.sets.end;
      return true;
    }
    const { sorted } = this;
    if (!sorted.next()) return false;
    this.score[0] = sorted.score();
    sorted.readMember();
    this.bytes = sorted.bytes;
    this.start = sorted.start;
    this.end = sorted.end;
    return true;
  }
}

// --- arguments ---

/** The inputs counted in argument `counted` and the options behind them; null after replying what is wrong. */
function parse(call: ReadCall, counted: number, operation: number, purpose: number): Operands | null {
  const count = call.clampedInteger(counted);
  if (Number.isNaN(count)) return null;
  if (count < 1) {
    call.reply.errorText(`ERR at least 1 input key is needed for '${NAMES[purpose]![operation]}' command`);
    return null;
  }
  if (count > call.count - counted - 1) {
    call.reply.error(SYNTAX_ERROR);
    return null;
  }
  const operands = new Operands(call, count);
  for (let index = 0; index < count; index++) {
    const handle = call.find(counted + 1 + index);
    if (handle === NONE) continue;
    const type = call.typeOf(handle);
    if (type !== SET && type !== SORTED_SET) {
      call.reply.error(WRONG_TYPE);
      return null;
    }
    operands.handles[index] = handle;
    operands.plain[index] = type === SET ? 1 : 0;
  }
  let index = counted + 1 + count;
  while (index < call.count) {
    const taken = parseOption(call, operands, index, operation, purpose);
    if (taken === 0) return null;
    index += taken;
  }
  return operands;
}

/** Reads one option; returns how many arguments it takes, 0 after replying what is wrong. */
function parseOption(call: ReadCall, operands: Operands, index: number, operation: number, purpose: number): number {
  const left = call.count - index;
  const weighs = operation !== DIFFERENCE && purpose !== COUNT_ONLY;
  if (weighs && left > operands.handles.length && call.is(index, WEIGHTS))
    return parseWeights(call, operands, index + 1);
  if (weighs && left >= 2 && call.is(index, AGGREGATE)) {
    const aggregate = [SUM, MIN, MAX, COUNT].findIndex((each) => call.is(index + 1, each));
    if (aggregate >= 0) {
      operands.aggregate = aggregate;
      return 2;
    }
  } else if (purpose === TELL && call.is(index, WITHSCORES)) {
    operands.withScores = true;
    return 1;
  } else if (purpose === COUNT_ONLY && left >= 2 && call.is(index, LIMIT)) {
    const limit = call.quietInteger(index + 1);
    if (limit >= 0) {
      operands.limit = limit;
      return 2;
    }
    call.reply.error(NEGATIVE_LIMIT);
    return 0;
  }
  call.reply.error(SYNTAX_ERROR);
  return 0;
}

function parseWeights(call: ReadCall, operands: Operands, from: number): number {
  const { weights } = operands;
  for (let each = 0; each < weights.length; each++) {
    const weight = parseDouble(call.bytes, call.starts[from + each]!, call.ends[from + each]!);
    if (Number.isNaN(weight)) {
      call.reply.error(NOT_A_WEIGHT);
      return 0;
    }
    weights[each] = weight;
  }
  return weights.length + 1;
}

// --- the operations: they gather in a builder, and are false when memory has run out ---

function unite(operands: Operands, builder: SortedSetBuilder): boolean {
  operands.sort();
  for (let index = 0; index < operands.handles.length; index++) {
    const walk = new OperandWalk(operands, index);
    while (walk.next()) {
      const score = operands.weighFirst(index, walk.score[0]!);
      const record = builder.find(walk.bytes, walk.start, walk.end);
      if (record !== NONE) builder.setScore(record, operands.combine(builder.scoreOf(record), score));
      else if (builder.admit(walk.end - walk.start)) builder.add(walk.bytes, walk.start, walk.end, score);
      else return false;
    }
  }
  return true;
}

/** Hands each member that all inputs have to the builder; without one, counts them up to the limit. */
function intersect(operands: Operands, builder: SortedSetBuilder | null): number {
  operands.sort();
  if (operands.size(0) === 0) return 0;
  const { score } = operands.call.sortedSets;
  const walk = new OperandWalk(operands, 0);
  let count = 0;
  while (walk.next()) {
    let sum = operands.weighFirst(0, walk.score[0]!);
    let index = 1;
    for (; index < operands.handles.length && operands.find(index, walk.bytes, walk.start, walk.end); index++) {
      sum = operands.combine(sum, operands.weigh(index, score[0]!));
    }
    if (index < operands.handles.length) continue;
    count++;
    if (builder === null) {
      if (count === operands.limit) break;
    } else {
      if (!builder.admit(walk.end - walk.start)) return OUT_OF_ROOM;
      // No member comes twice: this finds the place for it.
      builder.find(walk.bytes, walk.start, walk.end);
      builder.add(walk.bytes, walk.start, walk.end, sum);
    }
  }
  return count;
}

const OUT_OF_ROOM = -1;

/**
 * Either each member of the first input is looked up in the others, or those of the others are taken out of a copy of the
 * first: whichever is less work.
 */
function subtract(operands: Operands, builder: SortedSetBuilder): boolean {
  const { handles } = operands;
  const size = operands.size(0);
  if (size === 0 || handles.includes(handles[0]!, 1)) return true;
  let others = 0;
  for (let index = 1; index < handles.length; index++) others += operands.size(index);
  // A member found ends its search early: half of the look-ups, as Redis reckons.
  const bySearch = (size * handles.length) / 2 <= size + others;
  if (bySearch) operands.sortRest();
  const walk = new OperandWalk(operands, 0);
  while (walk.next()) {
    let index = bySearch ? 1 : handles.length;
    while (index < handles.length && !operands.find(index, walk.bytes, walk.start, walk.end)) index++;
    if (index < handles.length) continue;
    if (!builder.admit(walk.end - walk.start)) return false;
    builder.find(walk.bytes, walk.start, walk.end);
    builder.add(walk.bytes, walk.start, walk.end, walk.score[0]!);
  }
  if (!bySearch) removeOthers(operands, builder);
  return true;
}

function removeOthers(operands: Operands, builder: SortedSetBuilder): void {
  for (let index = 1; index < operands.handles.length; index++) {
    const walk = new OperandWalk(operands, index);
    while (builder.count() > 0 && walk.next()) {
      const record = builder.find(walk.bytes, walk.start, walk.end);
      if (record !== NONE) builder.removeFound(record);
    }
  }
}

/** Gathers and orders a result; false after replying that memory has run out. */
function gather(call: ReadCall, operands: Operands, operation: number, keyBytes: number): boolean {
  const { sortedSetBuilder: builder } = call;
  builder.begin();
  let isOk: boolean;
  if (operation === UNION) isOk = unite(operands, builder);
  else if (operation === INTERSECTION) isOk = intersect(operands, builder) !== OUT_OF_ROOM;
  else isOk = subtract(operands, builder);
  if (isOk && builder.order() && (keyBytes < 0 || builder.admitStore(keyBytes))) return true;
  builder.discard();
  call.reply.error(OUT_OF_MEMORY);
  return false;
}

function tell(call: ReadCall, operation: number): void {
  const operands = parse(call, 1, operation, TELL);
  if (operands === null || !gather(call, operands, operation, -1)) return;
  const { sortedSetBuilder: builder, reply: out } = call;
  const { withScores } = operands;
  const inPairs = withScores && out.resp === 3;
  out.array(withScores && !inPairs ? builder.count() * 2 : builder.count());
  while (builder.next()) {
    if (inPairs) out.array(2);
    out.bulk(builder.bytes, builder.start, builder.end);
    if (withScores) out.double(builder.scoreOf(builder.record));
  }
  builder.discard();
}

function store(call: WriteCall, operation: number, event: KeyEvent): void {
  const operands = parse(call, 2, operation, STORE);
  if (operands === null || !call.admitArguments()) return;
  if (!gather(call, operands, operation, call.length(1))) return;
  const { sortedSetBuilder: builder } = call;
  const count = builder.count();
  let record = NONE;
  if (count === 0) builder.discard();
  else record = builder.store(call.bytes, call.starts[1]!, call.ends[1]!, call.keyspace.accessClock);
  storeResult(call, 1, record, event, 1);
  call.reply.integer(count);
}

// --- definitions ---

type Details = CommandDetails & { readonly group: 'sorted-set' };

const UNION_COMPLEXITY = 'O(N)+O(M*log(M)), N being the members of all inputs, M those of the result.';
const INTERSECTION_COMPLEXITY =
  'O(N*K)+O(M*log(M)), N being the members of the smallest input, K the inputs, M the members of the result.';
const DIFFERENCE_COMPLEXITY = 'O(L+N*log(N)), L being the members of all inputs, N those of the first.';

const WEIGHING: readonly ArgumentDefinition[] = [
  optional(multiple(integer('weight', { token: 'WEIGHTS' }))),
  optional({
    ...oneOf('aggregate', token('SUM'), token('MIN'), token('MAX'), token('COUNT', { since: '8.8.0' })),
    token: 'AGGREGATE',
  }),
];
const COUNT_HISTORY = [['8.8.0', 'AGGREGATE COUNT.']] as const;

function told(summary: string, complexity: string, options: readonly ArgumentDefinition[]): Details {
  return {
    group: 'sorted-set',
    summary,
    since: '6.2.0',
    complexity,
    args: [keyCount('numkeys'), multiple(key('key', 'RO', 'access')), ...options, optional(token('WITHSCORES'))],
    replies: [reply.array('members by ascending scores, with their scores if asked for')],
    ...(options.length > 0 ? { history: COUNT_HISTORY } : {}),
  };
}

function stored(summary: string, since: string, complexity: string, options: readonly ArgumentDefinition[]): Details {
  return {
    group: 'sorted-set',
    summary,
    since,
    complexity,
    args: [key('destination', 'OW', 'update'), keyCount('numkeys'), multiple(key('key', 'RO', 'access')), ...options],
    replies: [reply.integer('members of the result')],
    flags: ['denyoom'],
    ...(options.length > 0 ? { history: COUNT_HISTORY } : {}),
  };
}

/**
 *     > ZADD a 1 x 2 y
 *     (integer) 2
 *     > ZADD b 10 y
 *     (integer) 1
 *     > ZUNION 2 a b WEIGHTS 2 1 WITHSCORES
 *     1) "x"
 *     2) "2"
 *     3) "y"
 *     4) "14"
 */
export const zunion = read(
  'ZUNION',
  told('Lists what several sorted sets have together.', UNION_COMPLEXITY, WEIGHING),
  (call) => tell(call, UNION),
);

/**
 *     > ZADD a 1 x 2 y
 *     (integer) 2
 *     > ZADD b 10 y
 *     (integer) 1
 *     > ZINTER 2 a b AGGREGATE MAX WITHSCORES
 *     1) "y"
 *     2) "10"
 */
export const zinter = read(
  'ZINTER',
  told('Lists what several sorted sets have in common.', INTERSECTION_COMPLEXITY, WEIGHING),
  (call) => tell(call, INTERSECTION),
);

/**
 *     > ZADD a 1 x 2 y
 *     (integer) 2
 *     > SADD b y
 *     (integer) 1
 *     > ZDIFF 2 a b
 *     1) "x"
 */
export const zdiff = read(
  'ZDIFF',
  told('Lists what a sorted set has and several others do not.', DIFFERENCE_COMPLEXITY, []),
  (call) => tell(call, DIFFERENCE),
);

export const zunionstore = write(
  'ZUNIONSTORE',
  stored('Stores what several sorted sets have together.', '2.0.0', UNION_COMPLEXITY, WEIGHING),
  (call) => store(call, UNION, ZUNIONSTORE_EVENT),
);

export const zinterstore = write(
  'ZINTERSTORE',
  stored('Stores what several sorted sets have in common.', '2.0.0', INTERSECTION_COMPLEXITY, WEIGHING),
  (call) => store(call, INTERSECTION, ZINTERSTORE_EVENT),
);

export const zdiffstore = write(
  'ZDIFFSTORE',
  stored('Stores what a sorted set has and several others do not.', '6.2.0', DIFFERENCE_COMPLEXITY, []),
  (call) => store(call, DIFFERENCE, ZDIFFSTORE_EVENT),
);

/**
 *     > ZADD a 1 x 2 y
 *     (integer) 2
 *     > ZADD b 10 x 20 y
 *     (integer) 2
 *     > ZINTERCARD 2 a b
 *     (integer) 2
 */
export const zintercard = read(
  'ZINTERCARD',
  {
    group: 'sorted-set',
    summary: 'Counts what several sorted sets have in common.',
    since: '7.0.0',
    complexity: 'O(N*K), N being the members of the smallest input, K the inputs.',
    args: [keyCount('numkeys'), multiple(key('key', 'RO', 'access')), optional(integer('limit', { token: 'LIMIT' }))],
    replies: [reply.integer('members, at most the limit')],
  },
  function zintercard(call) {
    const operands = parse(call, 1, INTERSECTION, COUNT_ONLY);
    if (operands !== null) call.reply.integer(intersect(operands, null));
  },
);
