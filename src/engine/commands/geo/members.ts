// Places of members: GEOADD, GEOPOS, GEOHASH, GEODIST. They are kept in sorted sets, as scores (lib/geohash.ts).

import { SORTED_SET } from '../../../datatypes/key-record.ts';
import { ADD_ONLY_NEW, ADD_ONLY_PRESENT } from '../../../datatypes/sorted-set.ts';
import { metresBetween } from '../../../lib/geo-area.ts';
import { decodePlace, encodePlace, GEOHASH_TEXT_BYTES, writeGeohash } from '../../../lib/geohash.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { MISTYPED, type ReadCall, type WriteCall, word } from '../../call.ts';
import {
  block,
  type CommandDetails,
  double,
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
import { Additions, addAll } from '../sorted-set/adding.ts';
import { parsePlace, parseUnit, replyDistance, replyPlace, UNIT } from './places.ts';

const NX = word('NX');
const XX = word('XX');
const CH = word('CH');

const additions = new Additions();
additions.stride = 3;
const place = new Float64Array(2);
const otherPlace = new Float64Array(2);
const hashText = new Uint8Array(GEOHASH_TEXT_BYTES);

/** Reads the options of GEOADD and its places; false after replying what is wrong. */
function parseAdditions(call: WriteCall): boolean {
  let flags = 0;
  let index = 2;
  additions.countsChanges = false;
  for (; index < call.count; index++) {
    if (call.is(index, NX)) flags |= ADD_ONLY_NEW;
    else if (call.is(index, XX)) flags |= ADD_ONLY_PRESENT;
    else if (call.is(index, CH)) additions.countsChanges = true;
    else break;
  }
  additions.flags = flags;
  additions.first = index;
  additions.pairs = Math.floor((call.count - index) / 3);
  const isExact = additions.pairs * 3 === call.count - index;
  if (!isExact || additions.pairs === 0 || flags === (ADD_ONLY_NEW | ADD_ONLY_PRESENT)) {
    call.reply.error(SYNTAX_ERROR);
    return false;
  }
  additions.makeRoom();
  for (let pair = 0; pair < additions.pairs; pair++) {
    if (!parsePlace(call, index + pair * 3, place)) return false;
    additions.scores[pair] = encodePlace(place[0]!, place[1]!);
  }
  return true;
}

/** Propagates the ZADD that a GEOADD comes to. */
function propagateAdditions(call: WriteCall): void {
  const { bytes, starts, ends } = call;
  const { first, pairs, scores } = additions;
  const stream = call.propagateAs(first + pairs * 2).text('ZADD');
  for (let index = 1; index < first; index++) stream.bytes(bytes, starts[index]!, ends[index]!);
  for (let pair = 0; pair < pairs; pair++) {
    const member = additions.member(pair);
    stream.integer(scores[pair]!).bytes(bytes, starts[member]!, ends[member]!);
  }
}

/**
 *     > GEOADD sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
 *     (integer) 2
 *     > GEODIST sicily Palermo Catania km
 *     "166.2742"
 */
export const geoadd = write(
  'GEOADD',
  {
    group: 'geo',
    summary: 'Gives members of a sorted set their places; adds those that are new, creates the set when there is none.',
    since: '3.2.0',
    complexity: 'O(log(N)) for each member, N being the members of the sorted set.',
    args: [
      key('key', 'RW', 'update'),
      optional(oneOf('condition', token('NX'), token('XX')), { since: '6.2.0' }),
      optional({ ...token('CH', { since: '6.2.0' }), name: 'change' }),
      multiple(block('data', double('longitude'), double('latitude'), text('member'))),
    ],
    replies: [reply.integer('members added; with CH those whose place changed too')],
    flags: ['denyoom'],
    history: [['6.2.0', 'Options CH, NX and XX.']],
  },
  function geoadd(call) {
    if (!parseAdditions(call)) return;
    const { dirty } = call.engine;
    addAll(call, additions);
    if (call.engine.dirty !== dirty && call.propagates()) propagateAdditions(call);
  },
);

/** Whether the member in an argument is in a sorted set; its score is then in `sortedSets.score`. */
function hasMember(call: ReadCall, set: number, index: number): boolean {
  return set !== NONE && call.sortedSets.find(set, call.bytes, call.starts[index]!, call.ends[index]!);
}

const membersOf = (summary: string, told: string): CommandDetails & { readonly group: 'geo' } => ({
  group: 'geo',
  summary,
  since: '3.2.0',
  complexity: 'O(1) for each member.',
  args: [key('key', 'RO', 'access'), optional(multiple(text('member')))],
  replies: [reply.array(`${told} of each member, nil where it is none`)],
});

/**
 *     > GEOADD sicily 13.361389 38.115556 Palermo
 *     (integer) 1
 *     > GEOPOS sicily Palermo
 *     1) 1) "13.361389338970184"
 *        2) "38.1155563954963"
 */
export const geopos = read(
  'GEOPOS',
  membersOf('Tells longitude and latitude of members.', 'longitude and latitude'),
  function geopos(call) {
    const set = call.findOf(1, SORTED_SET);
    if (set === MISTYPED) return;
    call.reply.array(call.count - 2);
    for (let index = 2; index < call.count; index++) {
      if (hasMember(call, set, index)) {
        decodePlace(call.sortedSets.score[0]!, place);
        replyPlace(call, place);
      } else call.reply.nilArray();
    }
  },
);

/**
 *     > GEOADD sicily 13.361389 38.115556 Palermo
 *     (integer) 1
 *     > GEOHASH sicily Palermo
 *     1) "sqc8b49rny0"
 */
export const geohash = read(
  'GEOHASH',
  membersOf('Tells the places of members as geohash text.', 'geohash'),
  function geohash(call) {
    const set = call.findOf(1, SORTED_SET);
    if (set === MISTYPED) return;
    call.reply.array(call.count - 2);
    for (let index = 2; index < call.count; index++) {
      if (hasMember(call, set, index)) {
        decodePlace(call.sortedSets.score[0]!, place);
        writeGeohash(place[0]!, place[1]!, hashText, 0);
        call.reply.bulk(hashText, 0, GEOHASH_TEXT_BYTES);
      } else call.reply.nil();
    }
  },
);

/**
 *     > GEOADD sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
 *     (integer) 2
 *     > GEODIST sicily Palermo Catania
 *     "166274.1516"
 */
export const geodist = read(
  'GEODIST',
  {
    group: 'geo',
    summary: 'Tells the distance between two members.',
    since: '3.2.0',
    complexity: 'O(1)',
    args: [key('key', 'RO', 'access'), text('member1'), text('member2'), optional(UNIT)],
    replies: [reply.bulk('the distance'), reply.nil('one of them is no member')],
  },
  function geodist(call) {
    if (call.count > 5) {
      call.reply.error(SYNTAX_ERROR);
      return;
    }
    const metresPerUnit = call.count === 5 ? parseUnit(call, 4) : 1;
    if (Number.isNaN(metresPerUnit)) return;
    const set = call.findOf(1, SORTED_SET);
    if (set === MISTYPED) return;
    const { score } = call.sortedSets;
    if (!hasMember(call, set, 2)) {
      call.reply.nil();
      return;
    }
    decodePlace(score[0]!, place);
    if (!hasMember(call, set, 3)) {
      call.reply.nil();
      return;
    }
    decodePlace(score[0]!, otherPlace);
    replyDistance(call, metresBetween(place[0]!, place[1]!, otherPlace[0]!, otherPlace[1]!) / metresPerUnit);
  },
);
