// Members within a circle, a box or a polygon: GEOSEARCH and GEOSEARCHSTORE, and the older GEORADIUS commands.

import { SORTED_SET } from '../../../datatypes/key-record.ts';
import { decodePlace } from '../../../lib/geohash.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { OUT_OF_MEMORY } from '../../../protocol/errors.ts';
import { type Call, MISTYPED, type ReadCall, type WriteCall, word } from '../../call.ts';
import {
  type ArgumentDefinition,
  block,
  type CommandDetails,
  double,
  integer,
  type KeySpec,
  key,
  multiple,
  oneOf,
  optional,
  read,
  reply,
  text,
  token,
  write,
} from '../../command.ts';
import { GEORADIUSSTORE_EVENT, GEOSEARCHSTORE_EVENT } from '../../events.ts';
import { storeResult } from '../storing.ts';
import { GeoMatches } from './matches.ts';
import { replyDistance, replyPlace, UNIT } from './places.ts';
import {
  AROUND_MEMBER,
  AROUND_MEMBER_ONLY,
  AROUND_PLACE,
  AROUND_PLACE_ONLY,
  DESCENDING,
  SEARCH,
  SEARCH_STORE,
  SearchRequest,
  UNSORTED,
} from './search-request.ts';

const request = new SearchRequest();
const matches = new GeoMatches();
const place = new Float64Array(2);

/** Gathers the matches of the request, in the order asked for; returns how many are wanted. */
function gather(call: ReadCall, set: number): number {
  const { limit, isAny, order, area } = request;
  matches.gather(call, set, area, isAny ? limit : Number.POSITIVE_INFINITY);
  if (order !== UNSORTED) matches.sort(order === DESCENDING);
  return Math.min(limit, matches.count);
}

function tell(call: ReadCall, count: number): void {
  const { reply: out } = call;
  const walk = call.keyspace.sortedSetWalk;
  const { withDistance, withHash, withPlace, area } = request;
  const details = (withDistance ? 1 : 0) + (withHash ? 1 : 0) + (withPlace ? 1 : 0);
  out.array(count);
  for (let index = 0; index < count; index++) {
    const match = matches.order[index]!;
    if (details > 0) out.array(details + 1);
    matches.read(walk, match);
    out.bulk(walk.bytes, walk.start, walk.end);
    if (withDistance) replyDistance(call, matches.distances[match]! / area.metresPerUnit[0]!);
    if (withHash) out.integer(matches.scores[match]!);
    if (withPlace) {
      decodePlace(matches.scores[match]!, place);
      replyPlace(call, place);
    }
  }
}

/** Makes the matches a new record for the destination; NONE when memory ran out. */
function makeResult(call: WriteCall, count: number): number {
  const { bytes, starts, ends, keyspace, sortedSetBuilder: builder } = call;
  const { destination, storesDistances, area } = request;
  const walk = keyspace.sortedSetWalk;
  builder.begin();
  for (let index = 0; index < count; index++) {
    const match = matches.order[index]!;
    matches.read(walk, match);
    if (!builder.admit(walk.end - walk.start)) {
      builder.discard();
      return NONE;
    }
    const score = storesDistances ? matches.distances[match]! / area.metresPerUnit[0]! : matches.scores[match]!;
    // No member comes twice: this finds the place for it.
    builder.find(walk.bytes, walk.start, walk.end);
    builder.add(walk.bytes, walk.start, walk.end, score);
  }
  if (!builder.order() || !builder.admitStore(call.length(destination))) {
    builder.discard();
    return NONE;
  }
  return builder.store(bytes, starts[destination]!, ends[destination]!, keyspace.accessClock);
}

function search(call: ReadCall, kind: number): void {
  const set = call.findOf(1, SORTED_SET);
  if (set === MISTYPED || !request.parse(call, kind, set)) return;
  if (set === NONE) call.reply.emptyArray();
  else tell(call, gather(call, set));
}

function searchOrStore(call: WriteCall, kind: number): void {
  const set = call.findOf(kind === SEARCH_STORE ? 2 : 1, SORTED_SET);
  if (set === MISTYPED || !request.parse(call, kind, set)) return;
  const { destination } = request;
  if (destination === 0) {
    if (set === NONE) call.reply.emptyArray();
    else tell(call, gather(call, set));
    return;
  }
  if (!call.admitArguments()) return;
  const count = set === NONE ? 0 : gather(call, set);
  let record = NONE;
  if (count > 0) {
    record = makeResult(call, count);
    if (record === NONE) {
      call.reply.error(OUT_OF_MEMORY);
      return;
    }
  }
  const event = kind === SEARCH_STORE ? GEOSEARCHSTORE_EVENT : GEORADIUSSTORE_EVENT;
  storeResult(call, destination, record, event, count);
  call.reply.integer(count);
}

// --- definitions ---

type Details = CommandDetails & { readonly group: 'geo' };

const COMPLEXITY = 'O(N+log(M)), N being the members in the cells about the area, M those in the area.';
const UPPER_CASE_UNITS = ['7.0.0', 'Units in upper case.'] as const;
const POLYGONS = ['9.0.0', 'Option BYPOLYGON, of Valkey.'] as const;
const ANY_HISTORY = ['6.2.0', 'Option ANY of COUNT.'] as const;
const FOUND = reply.array('members, with what else was asked for of each');

const ORDER = optional(oneOf('order', token('ASC'), token('DESC')));
const DETAILS = [optional(token('WITHCOORD')), optional(token('WITHDIST')), optional(token('WITHHASH'))];

function count(since?: string): ArgumentDefinition {
  const any = since === undefined ? token('ANY') : token('ANY', { since });
  return optional(block('count-block', integer('count', { token: 'COUNT' }), optional(any)));
}

const ROUND = block(
  'radius-or-box',
  oneOf('from', text('member', { token: 'FROMMEMBER' }), {
    ...block('fromlonlat', double('longitude'), double('latitude')),
    token: 'FROMLONLAT',
  }),
  oneOf(
    'by',
    block('circle', double('radius', { token: 'BYRADIUS' }), UNIT),
    block('box', double('width', { token: 'BYBOX' }), double('height'), UNIT),
  ),
);
/** Valkey's: its version. */
const CORNERS: ArgumentDefinition = {
  ...block(
    'polygon',
    integer('num-vertices', { token: 'BYPOLYGON' }),
    multiple(block('vertices', double('longitude'), double('latitude'))),
  ),
  since: '9.0.0',
};
const AREA = oneOf('search-type', ROUND, CORNERS);

/**
 *     > GEOADD sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
 *     (integer) 2
 *     > GEOSEARCH sicily FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHDIST
 *     1) 1) "Catania"
 *        2) "56.4413"
 *     2) 1) "Palermo"
 *        2) "190.4424"
 */
export const geosearch = read(
  'GEOSEARCH',
  {
    group: 'geo',
    summary: 'Lists the members within a circle or a box about a place or a member, or within a polygon.',
    since: '6.2.0',
    complexity: COMPLEXITY,
    arity: -7,
    args: [key('key', 'RO', 'access'), AREA, ORDER, count(), ...DETAILS],
    replies: [FOUND],
    history: [UPPER_CASE_UNITS, POLYGONS],
  },
  (call) => search(call, SEARCH),
);

/**
 *     > GEOADD sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
 *     (integer) 2
 *     > GEOSEARCHSTORE near sicily FROMMEMBER Palermo BYBOX 100 100 km
 *     (integer) 1
 */
export const geosearchstore = write(
  'GEOSEARCHSTORE',
  {
    group: 'geo',
    summary: 'Stores the members within a circle or a box about a place or a member, or within a polygon, in a key.',
    since: '6.2.0',
    complexity: COMPLEXITY,
    arity: -8,
    args: [
      key('destination', 'OW', 'update'),
      key('source', 'RO', 'access'),
      AREA,
      ORDER,
      count(),
      optional(token('STOREDIST')),
    ],
    replies: [reply.integer('members stored')],
    flags: ['denyoom'],
    history: [UPPER_CASE_UNITS, POLYGONS],
  },
  (call) => searchOrStore(call, SEARCH_STORE),
);

function storeSpec(keyword: string, from: number): KeySpec {
  return { flags: ['OW', 'update'], begin: { keyword, from }, find: { last: 0, step: 1, limit: 0 } };
}

const STORE = word('STORE');
const STOREDIST = word('STOREDIST');

/** All places to store to that a call names: the last one counts, and none may be overlooked. */
function findCircleKeys(call: Call, keys: number[], from: number): void {
  keys.push(1);
  for (const store of [STORE, STOREDIST]) {
    for (let index = from; index < call.count - 1; index++) if (call.is(index, store)) keys.push(index + 1);
  }
}

interface Around {
  readonly summary: string;
  readonly since: string;
  readonly about: readonly ArgumentDefinition[];
  readonly anySince?: string;
  readonly stores: boolean;
  readonly instead: string;
}

function around({ summary, since, about, anySince, stores, instead }: Around): Details {
  const store = optional(
    oneOf(
      'store',
      { ...key('storekey', 'OW', 'update'), token: 'STORE', display: 'key' },
      { ...key('storedistkey', 'OW', 'update'), token: 'STOREDIST', display: 'key' },
    ),
  );
  const from = about.length + 4;
  return {
    group: 'geo',
    summary,
    since,
    complexity: COMPLEXITY,
    args: [
      key('key', 'RO', 'access'),
      ...about,
      double('radius'),
      UNIT,
      ...DETAILS,
      count(anySince),
      ORDER,
      ...(stores ? [store] : []),
    ],
    replies: stores ? [FOUND, reply.integer('members stored')] : [FOUND],
    history: [ANY_HISTORY, UPPER_CASE_UNITS],
    deprecated: { since: '6.2.0', instead },
    ...(stores
      ? {
          flags: ['denyoom'],
          keySpecs: [
            { flags: ['RO', 'access'], begin: { index: 1 }, find: { last: 0, step: 1, limit: 0 } },
            storeSpec('STORE', from),
            storeSpec('STOREDIST', from),
          ],
          findKeys: (call: Call, keys: number[]) => findCircleKeys(call, keys, from),
        }
      : {}),
  };
}

const PLACE = [double('longitude'), double('latitude')];
const MEMBER = [text('member')];
const ABOUT_PLACE = 'Lists the members within a circle about a place';
const ABOUT_MEMBER = 'Lists the members within a circle about a member';

export const georadius = write(
  'GEORADIUS',
  around({
    summary: `${ABOUT_PLACE}, or stores them in a key.`,
    since: '3.2.0',
    about: PLACE,
    anySince: '6.2.0',
    stores: true,
    instead: '`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument',
  }),
  (call) => searchOrStore(call, AROUND_PLACE),
);

export const georadiusbymember = write(
  'GEORADIUSBYMEMBER',
  around({
    summary: `${ABOUT_MEMBER}, or stores them in a key.`,
    since: '3.2.0',
    about: MEMBER,
    stores: true,
    instead: '`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments',
  }),
  (call) => searchOrStore(call, AROUND_MEMBER),
);

export const georadiusRo = read(
  'GEORADIUS_RO',
  around({
    summary: `${ABOUT_PLACE}.`,
    since: '3.2.10',
    about: PLACE,
    anySince: '6.2.0',
    stores: false,
    instead: '`GEOSEARCH` with the `BYRADIUS` argument',
  }),
  (call) => search(call, AROUND_PLACE_ONLY),
);

export const georadiusbymemberRo = read(
  'GEORADIUSBYMEMBER_RO',
  around({
    summary: `${ABOUT_MEMBER}.`,
    since: '3.2.10',
    about: MEMBER,
    stores: false,
    instead: '`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments',
  }),
  (call) => search(call, AROUND_MEMBER_ONLY),
);
