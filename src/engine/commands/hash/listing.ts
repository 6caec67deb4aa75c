// Whole hashes: HGETALL, HKEYS, HVALS, HSCAN, HRANDFIELD. Fields whose deadlines have passed are not told.

import { type HashWalk, NEVER } from '../../../datatypes/hash-walk.ts';
import { HASH } from '../../../datatypes/key-record.ts';
import { WordSet } from '../../../lib/word-set.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { OUT_OF_RANGE, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { MISTYPED, type ReadCall, word } from '../../call.ts';
import { block, integer, key, optional, pattern, read, reply, token } from '../../command.ts';
import { beginKeyScan, matchesPattern } from '../scanning.ts';

/** Above this share of a hash (1/3) fields are chosen by one walk through it instead of one by one. */
const WALK_SHARE = 3;

function isAlive(call: ReadCall, walk: HashWalk): boolean {
  return walk.deadline === NEVER || walk.deadline > call.expiryNow();
}

function replyField(call: ReadCall, walk: HashWalk): void {
  call.reply.bulkView(walk.view, walk.start, walk.end);
}

function replyValue(call: ReadCall, walk: HashWalk): void {
  call.reply.bulkView(walk.valueView, walk.valueStart, walk.valueEnd);
}

/** Fields of a hash that are told: all, unless some have expired. */
function aliveCount(call: ReadCall, hash: number): number {
  const { hashes } = call;
  const first = hashes.firstDeadline(hash);
  const count = hashes.count(hash);
  if (first === NEVER || first > call.expiryNow()) return count;
  const walk = call.keyspace.hashWalk;
  let alive = 0;
  walk.begin(hash);
  while (walk.next()) if (isAlive(call, walk)) alive++;
  return alive;
}

function replyAll(call: ReadCall, fields: boolean, values: boolean): void {
  const hash = call.findOf(1, HASH);
  if (hash === MISTYPED) return;
  const count = hash === NONE ? 0 : aliveCount(call, hash);
  if (fields && values) call.reply.map(count);
  else call.reply.array(count);
  const walk = call.keyspace.hashWalk;
  walk.begin(hash);
  while (walk.next()) {
    if (!isAlive(call, walk)) continue;
    if (fields) replyField(call, walk);
    if (values) replyValue(call, walk);
  }
}

/**
 *     > HSET user name ann age 30
 *     (integer) 2
 *     > HGETALL user
 *     1) "name"
 *     2) "ann"
 *     3) "age"
 *     4) "30"
 */
export const hgetall = read(
  'HGETALL',
  {
    group: 'hash',
    summary: 'Lists the fields of a hash with their values.',
    since: '2.0.0',
    complexity: 'O(N), N being the fields.',
    args: [key('key', 'RO', 'access')],
    replies: [reply.map('fields and values, in no order')],
    tips: ['nondeterministic_output_order'],
  },
  (call) => replyAll(call, true, true),
);

export const hkeys = read(
  'HKEYS',
  {
    group: 'hash',
    summary: 'Lists the fields of a hash.',
    since: '2.0.0',
    complexity: 'O(N), N being the fields.',
    args: [key('key', 'RO', 'access')],
    replies: [reply.array('fields, in no order')],
    tips: ['nondeterministic_output_order'],
  },
  (call) => replyAll(call, true, false),
);

export const hvals = read(
  'HVALS',
  {
    group: 'hash',
    summary: 'Lists the values of a hash.',
    since: '2.0.0',
    complexity: 'O(N), N being the fields.',
    args: [key('key', 'RO', 'access')],
    replies: [reply.array('values, in no order')],
    tips: ['nondeterministic_output_order'],
  },
  (call) => replyAll(call, false, true),
);

const NOVALUES = word('NOVALUES');

/**
 *     > HSET user name ann
 *     (integer) 1
 *     > HSCAN user 0
 *     1) "0"
 *     2) 1) "name"
 *        2) "ann"
 */
export const hscan = read(
  'HSCAN',
  {
    group: 'hash',
    summary: 'Looks through the fields of a hash a few at a time.',
    since: '2.8.0',
    complexity: 'O(1) for each call; O(N) for all of them, N being the fields.',
    args: [
      key('key', 'RO', 'access'),
      integer('cursor'),
      optional(pattern('pattern', { token: 'MATCH' })),
      optional(integer('count', { token: 'COUNT' })),
      optional(token('NOVALUES', { since: '7.4.0' })),
    ],
    replies: [reply.array('the next cursor, 0 at the end, and an array of fields, each with its value behind it')],
    tips: ['nondeterministic_output'],
  },
  function hscan(call) {
    const scan = beginKeyScan(call, HASH, NOVALUES);
    if (scan === null) return;
    const { hashes } = call;
    const walk = call.keyspace.hashWalk;
    const isLarge = hashes.isLarge(scan.record);
    call.reply.array(2);
    call.reply.bulkInteger(isLarge ? hashes.scan(scan.record, scan.cursor, scan.count) : 0);
    const mark = call.reply.later();
    let shown = 0;
    walk.begin(isLarge ? NONE : scan.record);
    for (let index = 0; isLarge ? index < hashes.scannedCount() : walk.next(); index++) {
      if (isLarge) walk.read(hashes.scanned(index));
      if (!isAlive(call, walk) || !matchesPattern(call, scan.patternAt, walk.bytes, walk.start, walk.end)) continue;
      replyField(call, walk);
      if (!scan.bare) replyValue(call, walk);
      shown += scan.bare ? 1 : 2;
    }
    call.reply.arrayAt(mark, shown);
  },
);

const WITHVALUES = word('WITHVALUES');
/** With values the reply has twice as many elements: Redis bounds the count so that they can be counted. */
const PAIRS_MAX = 2n ** 62n - 1n;

/**
 *     > HSET one field value
 *     (integer) 1
 *     > HRANDFIELD one
 *     "field"
 *     > HRANDFIELD one 1 WITHVALUES
 *     1) "field"
 *     2) "value"
 */
export const hrandfield = read(
  'HRANDFIELD',
  {
    group: 'hash',
    summary: 'Tells fields of a hash, chosen at random; with a negative count one may come several times.',
    since: '6.2.0',
    complexity: 'O(N), N being the fields told.',
    args: [key('key', 'RO', 'access'), optional(block('options', integer('count'), optional(token('WITHVALUES'))))],
    replies: [
      reply.bulk('the field, without a count'),
      reply.nil('no such key, without a count'),
      reply.array('fields, with a count; with values pairs in RESP3, one after the other in RESP2'),
    ],
    tips: ['nondeterministic_output'],
  },
  function hrandfield(call) {
    if (call.count === 2) {
      replyOne(call);
      return;
    }
    const wanted = call.randomCount(2);
    if (Number.isNaN(wanted)) return;
    const withValues = call.count === 4 && call.is(3, WITHVALUES);
    if (call.count > 4 || (call.count === 4 && !withValues)) {
      call.reply.error(SYNTAX_ERROR);
      return;
    }
    if (withValues && !Number.isSafeInteger(wanted * 2) && isBeyondPairs(call)) {
      call.reply.error(OUT_OF_RANGE);
      return;
    }
    replyMany(call, wanted, withValues);
  },
);

function isBeyondPairs(call: ReadCall): boolean {
  const count = call.int64(2)!;
  return count > PAIRS_MAX || count < -PAIRS_MAX;
}

/** The hash to choose from, its expired fields deleted; MISTYPED after replying. */
function hashToChooseFrom(call: ReadCall): number {
  const hash = call.findOf(1, HASH);
  if (hash === MISTYPED || hash === NONE) return hash;
  const left = call.keyspace.fieldExpiry.expireDue(call.database, hash, Number.POSITIVE_INFINITY);
  // Where expiry is held up they stay, and are not told.
  return left === NONE || aliveCount(call, left) === 0 ? NONE : left;
}

function replyOne(call: ReadCall): void {
  const hash = hashToChooseFrom(call);
  if (hash === MISTYPED) return;
  if (hash === NONE) {
    call.reply.nil();
    return;
  }
  choose(call, hash);
  replyField(call, call.keyspace.hashWalk);
}

/** Leads the walk to a field chosen fairly among those alive. */
function choose(call: ReadCall, hash: number): void {
  const walk = call.keyspace.hashWalk;
  do call.hashes.random(hash, call.prng, walk);
  while (!isAlive(call, walk));
}

function replyMany(call: ReadCall, wanted: number, withValues: boolean): void {
  const hash = hashToChooseFrom(call);
  if (hash === MISTYPED) return;
  if (hash === NONE || wanted === 0) {
    call.reply.emptyArray();
    return;
  }
  const size = aliveCount(call, hash);
  const told = wanted < 0 ? -wanted : Math.min(wanted, size);
  const pairs = withValues && call.reply.resp === 3;
  call.reply.array(withValues && !pairs ? told * 2 : told);
  if (wanted < 0) {
    // Where the reply gets too long the client is gone, and so is the wish.
    for (let left = told; left > 0 && !call.reply.overflowed; left--) {
      choose(call, hash);
      replyChosen(call, withValues);
    }
  } else if (told * WALK_SHARE > size || !call.hashes.isLarge(hash)) replyShare(call, hash, told, size, withValues);
  else replyDistinct(call, hash, told, withValues);
}

function replyChosen(call: ReadCall, withValues: boolean): void {
  const walk = call.keyspace.hashWalk;
  if (withValues && call.reply.resp === 3) call.reply.array(2);
  replyField(call, walk);
  if (withValues) replyValue(call, walk);
}

/** So many fields of a hash that has `size` alive, all choices equally likely: one walk (Knuth, 3.4.2, algorithm S). */
function replyShare(call: ReadCall, hash: number, wanted: number, size: number, withValues: boolean): void {
  const walk = call.keyspace.hashWalk;
  let left = wanted;
  let rest = size;
  walk.begin(hash);
  while (left > 0 && walk.next()) {
    if (!isAlive(call, walk)) continue;
    if (left === rest || call.prng.below(rest) < left) {
      replyChosen(call, withValues);
      left--;
    }
    rest--;
  }
}

/** So many fields of a large hash, one by one. */
function replyDistinct(call: ReadCall, hash: number, wanted: number, withValues: boolean): void {
  const seen = new WordSet();
  seen.clear(wanted);
  for (let left = wanted; left > 0; ) {
    const record = call.hashes.randomHandle(hash, call.prng);
    if (!seen.add(record)) continue;
    call.keyspace.hashWalk.read(record);
    if (!isAlive(call, call.keyspace.hashWalk)) continue;
    replyChosen(call, withValues);
    left--;
  }
}
