// The arguments of GEOSEARCH, GEOSEARCHSTORE and the four commands of GEORADIUS that they stand for.

import { parseDouble } from '../../../lib/decimal.ts';
import { BOX, CIRCLE, GeoArea } from '../../../lib/geo-area.ts';
import { decodePlace } from '../../../lib/geohash.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import { error, NOT_AN_INTEGER, SYNTAX_ERROR } from '../../../protocol/errors.ts';
import { type ReadCall, word } from '../../call.ts';
import { parsePlace, parseUnit } from './places.ts';

const WITHDIST = word('WITHDIST');
const WITHHASH = word('WITHHASH');
const WITHCOORD = word('WITHCOORD');
const ANY = word('ANY');
const ASC = word('ASC');
const DESC = word('DESC');
const COUNT = word('COUNT');
const STORE = word('STORE');
const STOREDIST = word('STOREDIST');
const FROMMEMBER = word('FROMMEMBER');
const FROMLONLAT = word('FROMLONLAT');
const BYRADIUS = word('BYRADIUS');
const BYBOX = word('BYBOX');
const BYPOLYGON = word('BYPOLYGON');

const NOT_A_RADIUS = error('ERR need numeric radius');
const NEGATIVE_RADIUS = error('ERR radius cannot be negative');
const NOT_A_WIDTH = error('ERR need numeric width');
const NOT_A_HEIGHT = error('ERR need numeric height');
const NEGATIVE_BOX = error('ERR height or width cannot be negative');
const TOO_FEW_CORNERS = error('ERR GEOSEARCH BYPOLYGON must have at least 3 vertices');
const NO_SUCH_MEMBER = error('ERR could not decode requested zset member');
const COUNT_TOO_SMALL = error('ERR COUNT must be > 0');
const ANY_WITHOUT_COUNT = error('ERR the ANY argument requires COUNT argument');
const STORE_WITH_DETAILS = 'is not compatible with WITHDIST, WITHHASH and WITHCOORD options';

/** GEOSEARCH; GEOSEARCHSTORE; GEORADIUS; GEORADIUSBYMEMBER; the latter two may store, their _RO forms not. */
export const SEARCH = 0;
export const SEARCH_STORE = 1;
export const AROUND_PLACE = 2;
export const AROUND_MEMBER = 3;
export const AROUND_PLACE_ONLY = 4;
export const AROUND_MEMBER_ONLY = 5;

/** Orders of matches. */
export const UNSORTED = 0;
export const ASCENDING = 1;
export const DESCENDING = 2;

/** One search. Reused: commands do not overlap. */
export class SearchRequest {
  readonly area = new GeoArea();
  withDistance = false;
  withHash = false;
  withPlace = false;
  order = UNSORTED;
  /** Matches at most, Infinity without COUNT. */
  limit = Number.POSITIVE_INFINITY;
  /** Whether any matches do, not only the nearest. */
  isAny = false;
  /** Argument number of the key to store to; 0: reply. */
  destination = 0;
  storesDistances = false;
  private kind = SEARCH;
  private set = NONE;
  private hasPlace = false;
  private hasMember = false;
  private hasRadius = false;
  private hasBox = false;
  private hasPolygon = false;

  /** Reads the arguments for the sorted set `set` (may be NONE); false after replying what is wrong. */
  parse(call: ReadCall, kind: number, set: number): boolean {
    this.begin(kind, set);
    let index = 2;
    if (kind === SEARCH_STORE) {
      this.destination = 1;
      index = 3;
    } else if (kind === AROUND_MEMBER || kind === AROUND_MEMBER_ONLY) {
      // Without a sorted set the radius is not even read, as in Redis.
      if (set !== NONE && !(this.parseMember(call, 2) && this.parseRadius(call, 3))) return false;
      index = 5;
    } else if (kind !== SEARCH) {
      if (!parsePlace(call, 2, this.area.centre) || !this.parseRadius(call, 4)) return false;
      index = 6;
    }
    while (index < call.count) {
      const taken = this.parseOption(call, index);
      if (taken === 0) return false;
      index += taken;
    }
    return this.isWhole(call);
  }

  private begin(kind: number, set: number): void {
    this.kind = kind;
    this.set = set;
    this.withDistance = false;
    this.withHash = false;
    this.withPlace = false;
    this.order = UNSORTED;
    this.limit = Number.POSITIVE_INFINITY;
    this.isAny = false;
    this.destination = 0;
    this.storesDistances = false;
    this.hasPlace = false;
    this.hasMember = false;
    this.hasRadius = false;
    this.hasBox = false;
    this.hasPolygon = false;
  }

  private isSearch(): boolean {
    return this.kind === SEARCH || this.kind === SEARCH_STORE;
  }

  /** Reads one option; returns how many arguments it takes, 0 after replying what is wrong. */
  private parseOption(call: ReadCall, index: number): number {
    if (call.is(index, WITHDIST)) this.withDistance = true;
    else if (call.is(index, WITHHASH)) this.withHash = true;
    else if (call.is(index, WITHCOORD)) this.withPlace = true;
    else if (call.is(index, ANY)) this.isAny = true;
    else if (call.is(index, ASC)) this.order = ASCENDING;
    else if (call.is(index, DESC)) this.order = DESCENDING;
    else if (call.is(index, COUNT) && index + 1 < call.count) return this.parseCount(call, index + 1) ? 2 : 0;
    else return this.isSearch() ? this.parseShape(call, index) : this.parseStore(call, index);
    return 1;
  }

  private parseCount(call: ReadCall, index: number): boolean {
    const count = call.quietInteger(index);
    if (count > 0) this.limit = count;
    else call.reply.error(Number.isNaN(count) ? NOT_AN_INTEGER : COUNT_TOO_SMALL);
    return count > 0;
  }

  /** STORE and STOREDIST of the older commands; the last one counts. */
  private parseStore(call: ReadCall, index: number): number {
    const mayStore = this.kind === AROUND_PLACE || this.kind === AROUND_MEMBER;
    const isDistance = call.is(index, STOREDIST);
    if (!mayStore || index + 1 >= call.count || !(isDistance || call.is(index, STORE))) {
      call.reply.error(SYNTAX_ERROR);
      return 0;
    }
    this.destination = index + 1;
    this.storesDistances = isDistance;
    return 2;
  }

  /** Where a GEOSEARCH looks, and STOREDIST of GEOSEARCHSTORE. */
  private parseShape(call: ReadCall, index: number): number {
    const left = this.hasPolygon ? 0 : call.count - index - 1;
    if (left >= 1 && !this.hasPlace && call.is(index, FROMMEMBER)) {
      this.hasMember = true;
      return this.parseMember(call, index + 1) ? 2 : 0;
    }
    if (left >= 2 && !this.hasMember && call.is(index, FROMLONLAT)) {
      this.hasPlace = true;
      return parsePlace(call, index + 1, this.area.centre) ? 3 : 0;
    }
    if (left >= 2 && !this.hasBox && call.is(index, BYRADIUS)) {
      this.hasRadius = true;
      return this.parseRadius(call, index + 1) ? 3 : 0;
    }
    if (left >= 3 && !this.hasRadius && call.is(index, BYBOX)) {
      this.hasBox = true;
      return this.parseBox(call, index + 1) ? 4 : 0;
    }
    const hasOther = this.hasPlace || this.hasMember || this.hasRadius || this.hasBox;
    if (left >= 1 && !hasOther && call.is(index, BYPOLYGON)) {
      this.hasPolygon = true;
      return this.parsePolygon(call, index + 1);
    }
    if (this.kind === SEARCH_STORE && call.is(index, STOREDIST)) {
      this.storesDistances = true;
      return 1;
    }
    call.reply.error(SYNTAX_ERROR);
    return 0;
  }

  /** The place of a member; without a sorted set it does not matter. */
  private parseMember(call: ReadCall, index: number): boolean {
    const { set } = this;
    if (set === NONE) return true;
    const { bytes, starts, ends, sortedSets } = call;
    if (!sortedSets.find(set, bytes, starts[index]!, ends[index]!)) {
      call.reply.error(NO_SUCH_MEMBER);
      return false;
    }
    decodePlace(sortedSets.score[0]!, this.area.centre);
    return true;
  }

  private parseRadius(call: ReadCall, index: number): boolean {
    const { size } = this.area;
    this.area.shape = CIRCLE;
    size[0] = parseDouble(call.bytes, call.starts[index]!, call.ends[index]!);
    size[1] = size[0]!;
    if (size[0]! >= 0) return this.parseAreaUnit(call, index + 1);
    call.reply.error(Number.isNaN(size[0]!) ? NOT_A_RADIUS : NEGATIVE_RADIUS);
    return false;
  }

  private parseBox(call: ReadCall, index: number): boolean {
    const { bytes, starts, ends } = call;
    const { size } = this.area;
    this.area.shape = BOX;
    size[0] = parseDouble(bytes, starts[index]!, ends[index]!);
    size[1] = parseDouble(bytes, starts[index + 1]!, ends[index + 1]!);
    if (size[0]! >= 0 && size[1]! >= 0) return this.parseAreaUnit(call, index + 2);
    if (Number.isNaN(size[0]!)) call.reply.error(NOT_A_WIDTH);
    else call.reply.error(Number.isNaN(size[1]!) ? NOT_A_HEIGHT : NEGATIVE_BOX);
    return false;
  }

  /** The count of corners and the corners; returns how many arguments BYPOLYGON takes, 0 after replying. */
  private parsePolygon(call: ReadCall, index: number): number {
    const count = call.clampedInteger(index);
    if (Number.isNaN(count)) return 0;
    if (count < 3 || count > (call.count - index - 1) / 2) {
      call.reply.error(TOO_FEW_CORNERS);
      return 0;
    }
    const corners = new Float64Array(count * 2);
    for (let corner = 0; corner < count; corner++) {
      if (!parsePlace(call, index + 1 + corner * 2, this.area.centre)) return 0;
      corners.set(this.area.centre, corner * 2);
    }
    this.area.setPolygon(corners);
    return 2 + count * 2;
  }

  private parseAreaUnit(call: ReadCall, index: number): boolean {
    const { metresPerUnit } = this.area;
    metresPerUnit[0] = parseUnit(call, index);
    return !Number.isNaN(metresPerUnit[0]!);
  }

  /** Whether the options fit together; false after replying that they do not. */
  private isWhole(call: ReadCall): boolean {
    const { reply } = call;
    const isSearch = this.isSearch();
    if (this.destination > 0 && (this.withDistance || this.withHash || this.withPlace)) {
      reply.errorText(`ERR ${isSearch ? 'GEOSEARCHSTORE' : 'STORE option in GEORADIUS'} ${STORE_WITH_DETAILS}`);
    } else if (isSearch && !this.hasPolygon && !this.hasPlace && !this.hasMember) {
      reply.errorText(`ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ${call.text(0)}`);
    } else if (isSearch && !this.hasPolygon && !this.hasRadius && !this.hasBox) {
      reply.errorText(`ERR exactly one of BYRADIUS and BYBOX can be specified for ${call.text(0)}`);
    } else if (this.isAny && this.limit === Number.POSITIVE_INFINITY) reply.error(ANY_WITHOUT_COUNT);
    else {
      // The nearest are wanted, unless any will do.
      if (this.order === UNSORTED && this.limit !== Number.POSITIVE_INFINITY && !this.isAny) this.order = ASCENDING;
      return true;
    }
    return false;
  }
}
