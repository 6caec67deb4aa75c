// SORT and SORT_RO: the items of a list, a set or a sorted set in the order of their weights, told or stored as a list.

import { LIST, SET, SORTED_SET } from '../../../datatypes/key-record.ts';
import { findByte } from '../../../lib/bytes.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, OUT_OF_MEMORY, SYNTAX_ERROR, WRONG_TYPE } from '../../../protocol/errors.ts';
import { type Call, type ReadCall, type WriteCall, word } from '../../call.ts';
import {
  block,
  type CommandDetails,
  integer,
  type KeySpec,
  key,
  oneOf,
  optional,
  pattern,
  read,
  reply,
  token,
  write,
} from '../../command.ts';
import { SORTSTORE_EVENT } from '../../events.ts';
import { storeResult } from '../storing.ts';
import { SortItems } from './items.ts';
import { KeyPattern } from './key-pattern.ts';

const ASC = word('ASC');
const DESC = word('DESC');
const ALPHA = word('ALPHA');
const LIMIT = word('LIMIT');
const STORE = word('STORE');
const BY = word('BY');
const GET = word('GET');

const NOT_A_WEIGHT = error("ERR One or more scores can't be converted into double");

/** What any item of a stored list takes: before GET has found what it is. */
const ENTRY_BYTES_MIN = 2;
/** What an item of a stored list takes at most beside its bytes. */
const ENTRY_BYTES = 16;
/** What a new list takes at most beside its items: its record, its nodes. */
const LIST_BYTES = 4096;

/** What one SORT asks for. */
class SortRequest {
  isDescending = false;
  isAlphabetic = false;
  /** Whether items stay in the order in which they are. */
  isUnsorted = false;
  by: KeyPattern | null = null;
  readonly gets: KeyPattern[] = [];
  /** Argument number of the key to store to; 0: reply. */
  destination = 0;
  private offset = 0;
  private limit = -1;
  /** The items wanted: `wanted` of them from `first` on. */
  first = 0;
  wanted = 0;

  /** Reads the options; false after replying what is wrong. */
  parse(call: ReadCall, mayStore: boolean): boolean {
    let index = 2;
    while (index < call.count) {
      const left = call.count - index - 1;
      if (left >= 2 && call.is(index, LIMIT)) {
        this.offset = call.clampedInteger(index + 1);
        if (Number.isNaN(this.offset)) return false;
        this.limit = call.clampedInteger(index + 2);
        if (Number.isNaN(this.limit)) return false;
        index += 3;
      } else if (left >= 1 && isDenied(call, index)) return false;
      else if (left >= 1 && this.parsePair(call, index, mayStore)) index += 2;
      else if (this.parseToken(call, index)) index++;
      else {
        call.reply.error(SYNTAX_ERROR);
        return false;
      }
    }
    return true;
  }

  private parsePair(call: ReadCall, index: number, mayStore: boolean): boolean {
    if (mayStore && call.is(index, STORE)) this.destination = index + 1;
    else if (call.is(index, BY)) {
      this.by = new KeyPattern(call, index + 1);
      if (this.by.isConstant()) this.isUnsorted = true;
    } else if (call.is(index, GET)) this.gets.push(new KeyPattern(call, index + 1));
    else return false;
    return true;
  }

  private parseToken(call: ReadCall, index: number): boolean {
    if (call.is(index, ASC)) this.isDescending = false;
    else if (call.is(index, DESC)) this.isDescending = true;
    else if (call.is(index, ALPHA)) this.isAlphabetic = true;
    else return false;
    return true;
  }

  /** A set has no order of its own: stored, it gets one, so that all servers store the same. */
  orderSet(): void {
    if (!this.isUnsorted || this.destination === 0) return;
    this.isUnsorted = false;
    this.isAlphabetic = true;
    this.by = null;
  }

  /** Settles which of `count` items are wanted. */
  choose(count: number): void {
    this.first = Math.min(Math.max(this.offset, 0), count);
    const most = count - this.first;
    this.wanted = this.limit < 0 ? most : Math.min(this.limit, most);
  }

  /** Elements of the result. */
  results(): number {
    return this.wanted * Math.max(1, this.gets.length);
  }
}

/** Whether an option reads keys that no argument names, and the user may not read just any: that was replied. */
function isDenied(call: ReadCall, index: number): boolean {
  const isBy = call.is(index, BY);
  if (!isBy && !call.is(index, GET)) return false;
  if (isBy && findByte(call.bytes, call.starts[index + 1]!, call.ends[index + 1]!, STAR) < 0) return false;
  if (call.mayReadAllKeys()) return false;
  call.reply.error(isBy ? BY_DENIED : GET_DENIED);
  return true;
}

const STAR = 42;
const BY_DENIED = error('ERR BY option of SORT denied due to insufficient ACL permissions.');
const GET_DENIED = error('ERR GET option of SORT denied due to insufficient ACL permissions.');

const items = new SortItems();

/**
 * Gathers the items of a key's value. What is neither to be sorted nor wanted of a list or a sorted set is left out, and
 * the request then wants what is there. False when there is no room for them.
 */
function gather(call: ReadCall, value: number, request: SortRequest): boolean {
  items.clear();
  const type = value === NONE ? LIST : call.typeOf(value);
  if (type === SET) request.orderSet();
  const count = value === NONE ? 0 : countOf(call, value, type);
  request.choose(count);
  if (count === 0) return true;
  if (type === SET) return gatherSet(call, value);
  const isRange = request.isUnsorted;
  const from = isRange ? request.first : 0;
  const wanted = isRange ? request.wanted : count;
  if (isRange) request.first = 0;
  if (wanted === 0) return true;
  const isReversed = isRange && request.isDescending;
  const start = isReversed ? count - 1 - from : from;
  if (type === LIST) return gatherList(call, value, start, wanted, isReversed);
  return gatherSorted(call, value, start, wanted, isReversed);
}

function countOf(call: ReadCall, value: number, type: number): number {
  if (type === LIST) return call.lists.count(value);
  return type === SET ? call.sets.count(value) : call.sortedSets.count(value);
}

function gatherList(call: ReadCall, list: number, start: number, wanted: number, isReversed: boolean): boolean {
  const { lists } = call;
  const { item } = lists;
  lists.seek(list, start);
  for (let left = wanted; left > 0; left--) {
    if (!items.add(item.bytes, item.start, item.end)) return false;
    if (left > 1) isReversed ? lists.previous() : lists.next();
  }
  return true;
}

function gatherSet(call: ReadCall, set: number): boolean {
  const walk = call.keyspace.setWalk;
  walk.begin(set);
  while (walk.next()) if (!items.add(walk.bytes, walk.start, walk.end)) return false;
  return true;
}

function gatherSorted(call: ReadCall, set: number, start: number, wanted: number, isReversed: boolean): boolean {
  const walk = call.keyspace.sortedSetWalk;
  walk.begin(set, isReversed ? start + 1 : start);
  for (let left = wanted; left > 0; left--) {
    if (isReversed) walk.previous();
    else walk.next();
    walk.readMember();
    if (!items.add(walk.bytes, walk.start, walk.end)) return false;
  }
  return true;
}

/** Reads the options, gathers and sorts; null after replying what is wrong. */
function sorted(call: ReadCall, mayStore: boolean): SortRequest | null {
  const request = new SortRequest();
  if (!request.parse(call, mayStore)) return null;
  const value = call.find(1);
  const type = value === NONE ? LIST : call.typeOf(value);
  if (type !== LIST && type !== SET && type !== SORTED_SET) {
    call.reply.error(WRONG_TYPE);
    return null;
  }
  const isGathered = gather(call, value, request);
  if (isGathered && request.isUnsorted) return request;
  if (!isGathered || (request.isAlphabetic && !items.weighTexts(request.by))) {
    call.reply.error(OUT_OF_MEMORY);
    return null;
  }
  if (!request.isAlphabetic && !items.weighNumbers(request.by)) {
    call.reply.error(NOT_A_WEIGHT);
    return null;
  }
  // What is stored must be the same on every server, whatever its language.
  items.sort(request.isDescending, request.destination === 0 ? call.collation() : null);
  return request;
}

function tell(call: ReadCall, request: SortRequest): void {
  const { reply: out } = call;
  const { gets, first, wanted } = request;
  out.array(request.results());
  // Many GETs of many items may be more than any reply holds: the rest of it is not even looked up.
  for (let index = first; index < first + wanted && !out.overflowed; index++) {
    const item = items.order[index]!;
    const start = items.starts[item]!;
    const end = items.ends[item]!;
    if (gets.length === 0) out.bulk(items.bytes, start, end);
    for (const get of gets) {
      if (get.find(items.bytes, start, end)) out.bulk(get.bytes, get.start, get.end);
      else out.nil();
    }
  }
}

const stored = new SortItems();

/** Copies the result, missing values as empty ones; false when there is no room for it. */
function copyResult(request: SortRequest): boolean {
  const { gets, first, wanted } = request;
  stored.clear();
  for (let index = first; index < first + wanted; index++) {
    const item = items.order[index]!;
    const start = items.starts[item]!;
    const end = items.ends[item]!;
    if (gets.length === 0 && !stored.add(items.bytes, start, end)) return false;
    for (const get of gets) {
      const isThere = get.find(items.bytes, start, end);
      if (!(isThere ? stored.add(get.bytes, get.start, get.end) : stored.add(items.bytes, 0, 0))) return false;
    }
  }
  return true;
}

function store(call: WriteCall, request: SortRequest): void {
  const { destination } = request;
  const { bytes, starts, ends, lists, keyspace } = call;
  if (!call.admit(request.results() * ENTRY_BYTES_MIN)) return;
  if (!copyResult(request)) {
    call.reply.error(OUT_OF_MEMORY);
    return;
  }
  const { count } = stored;
  const needed = stored.size() * 2 + count * ENTRY_BYTES + call.length(destination) + LIST_BYTES;
  if (!call.admit(needed)) return;
  let record = NONE;
  if (count > 0) {
    const access = keyspace.accessClock;
    const [keyStart, keyEnd] = [starts[destination]!, ends[destination]!];
    record = lists.create(bytes, keyStart, keyEnd, access, stored.bytes, stored.starts, stored.ends, 0, count, true);
  }
  storeResult(call, destination, record, SORTSTORE_EVENT, count);
  call.reply.integer(count);
}

// --- definitions ---

type Details = CommandDetails & { readonly group: 'generic' };

const COMPLEXITY = 'O(N+M*log(M)), N being the items, M those wanted; O(N) where nothing is sorted.';
const OWN_KEY: KeySpec = {
  flags: ['RO', 'access'],
  begin: { index: 1 },
  find: { last: 0, step: 1, limit: 0 },
};
const PATTERN_KEYS: KeySpec = {
  flags: ['RO', 'access'],
  notes:
    "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
  begin: 'unknown',
  find: 'unknown',
};
const DESTINATION: KeySpec = {
  flags: ['OW', 'update'],
  notes:
    "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array",
  begin: 'unknown',
  find: 'unknown',
};

/** The last STORE counts; what BY, GET and LIMIT take is no keyword. */
function findSortKeys(call: Call, keys: number[]): void {
  keys.push(1);
  let destination = 0;
  for (let index = 2; index < call.count; index++) {
    if (call.is(index, LIMIT)) index += 2;
    else if (call.is(index, BY) || call.is(index, GET)) index++;
    else if (call.is(index, STORE) && index + 1 < call.count) destination = ++index;
  }
  if (destination > 0) keys.push(destination);
}

function details(summary: string, since: string, stores: boolean): Details {
  return {
    group: 'generic',
    summary,
    since,
    complexity: COMPLEXITY,
    args: [
      key('key', 'RO', 'access'),
      optional(pattern('by-pattern', { token: 'BY', display: 'pattern' })),
      optional({ ...block('limit', integer('offset'), integer('count')), token: 'LIMIT' }),
      optional(pattern('get-pattern', { token: 'GET', display: 'pattern', multiple: true, multipleToken: true })),
      optional(oneOf('order', token('ASC'), token('DESC'))),
      optional({ ...token('ALPHA'), name: 'sorting' }),
      ...(stores ? [optional({ ...key('destination', 'OW', 'update'), token: 'STORE' })] : []),
    ],
    replies: [
      reply.array('the items, or what GET found for each, nil where it found nothing'),
      ...(stores ? [reply.integer('elements stored')] : []),
    ],
    categories: ['set', 'sortedset', 'list', 'dangerous'],
    ...(stores ? { flags: ['denyoom'] } : {}),
    keySpecs: stores ? [OWN_KEY, PATTERN_KEYS, DESTINATION] : [OWN_KEY, PATTERN_KEYS],
    findKeys: stores ? findSortKeys : (_, keys) => keys.push(1),
  };
}

/**
 *     > RPUSH queue 3 1 2
 *     (integer) 3
 *     > MSET weight_1 30 weight_2 20 weight_3 10
 *     OK
 *     > SORT queue
 *     1) "1"
 *     2) "2"
 *     3) "3"
 *     > SORT queue BY weight_* GET # GET weight_* LIMIT 0 1
 *     1) "3"
 *     2) "10"
 */
export const sort = write(
  'SORT',
  details('Sorts the items of a list, a set or a sorted set; stores the result in a key if told so.', '1.0.0', true),
  function sort(call) {
    const request = sorted(call, true);
    if (request === null) return;
    if (request.destination > 0) store(call, request);
    else tell(call, request);
  },
);

export const sortRo = read(
  'SORT_RO',
  details('Sorts the items of a list, a set or a sorted set.', '7.0.0', false),
  function sortRo(call) {
    const request = sorted(call, false);
    if (request !== null) tell(call, request);
  },
);
