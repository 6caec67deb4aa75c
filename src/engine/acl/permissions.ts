// Whether a user may run a call. The one place where that is decided: for what a client sends, for what EXEC runs, for a
// blocked client that is served, for ACL DRYRUN.
//
// For most commands nothing is allocated: their keys stand at places that are known from the start, which are kept here by
// command id. Where a count of keys does not fit the arguments there are no keys to look at, as in Redis: such a call
// only gets an error, and tests/conformance/acl-matrix.test.ts shows that it does nothing else.

import type { Call } from '../call.ts';
import type { CommandDefinition, KeyFlag, KeySpec } from '../command.ts';
import { type KeyUse, keysOf } from '../command-keys.ts';
import type { CommandTable } from '../command-table.ts';
import { GATE_PERMISSIONS } from '../gates.ts';
import { ACCESS_READ, ACCESS_WRITE, type Selector } from './selector.ts';
import type { User } from './user.ts';

/** Answers of `check`, in the order of how far a call came. */
export const PERMITTED = 0;
export const DENIED_COMMAND = 1;
export const DENIED_KEY = 2;
export const DENIED_CHANNEL = 3;

const KEYS_NONE = 0;
const KEYS_AT_PLACES = 1;
const KEYS_SEARCHED = 2;

/** A run of keys at places that do not depend on the arguments. */
interface KeyPlaces {
  readonly first: number;
  /** Relative to the first; negative: from the end of the call. */
  readonly last: number;
  readonly step: number;
  /** ACCESS_…; what `keyFlagsOf` of the command says comes before it. */
  readonly access: number;
}

export class Permissions {
  /** Which argument was denied last: a key or a channel. */
  deniedArgument = 0;
  private readonly table: CommandTable;
  private readonly keyKinds: Uint8Array;
  /** Of the definitions, which are of many shapes. */
  private readonly channels: readonly CommandDefinition['channels'][];
  private readonly keyFlagsOf: readonly CommandDefinition['keyFlagsOf'][];
  private readonly places: readonly (readonly KeyPlaces[])[];
  /** By command id: the argument number of the first key of an only run, 0 where there is none, -1 where it is not as simple. */
  private readonly firstPlaces: Int32Array;
  /** The rest of that run (KeyPlaces), and what may be done to its keys at most. */
  private readonly lastPlaces: Int32Array;
  private readonly steps: Int32Array;
  private readonly runAccess: Uint8Array;
  /** The keys of the present call, once they were searched. */
  private searched: readonly KeyUse[] | null = null;
  private isSearched = false;

  constructor(table: CommandTable) {
    this.table = table;
    this.channels = table.definitions.map(({ channels }) => channels);
    this.keyFlagsOf = table.definitions.map(({ keyFlagsOf }) => keyFlagsOf);
    this.keyKinds = Uint8Array.from(table.definitions, (_, id) => keyKindOf(table, id));
    this.places = table.definitions.map((_, id) =>
      this.keyKinds[id] === KEYS_AT_PLACES ? placesOf(table.keySpecs[id]!) : [],
    );
    this.firstPlaces = Int32Array.from(this.channels, (channels, id) =>
      channels !== undefined ? -1 : firstPlace(this.keyKinds[id]!, this.places[id]!),
    );
    this.lastPlaces = Int32Array.from(this.places, ([run]) => run?.last ?? 0);
    this.steps = Int32Array.from(this.places, ([run]) => run?.step ?? 1);
    this.runAccess = Uint8Array.from(this.places, ([run]) => run?.access ?? 0);
  }

  /**
   * Whether the root selector permits a call, for what can be said at a glance: commands with one run of keys at a known
   * place, or none. False says nothing. 22 ns in place of 130 (permissions.bench.ts): what is read here lies in flat arrays.
   */
  permitsAtAGlance(user: User, call: Call, id: number): boolean {
    const first = this.firstPlaces[id]!;
    const selector = user.selectors[0]!;
    if (first < 0 || !selector.allows(id)) return false;
    if (first === 0 || selector.allKeys) return true;
    const access = this.runAccess[id]!;
    const last = this.lastPlaces[id]!;
    if (last === 0) return selector.mayUse(call.bytes, call.starts[first]!, call.ends[first]!, access);
    const step = this.steps[id]!;
    const end = last > 0 ? first + last : call.count + last;
    if (end < first || end >= call.count) return false;
    for (let index = first; index <= end; index += step) {
      if (!selector.mayUse(call.bytes, call.starts[index]!, call.ends[index]!, access)) return false;
    }
    return true;
  }

  /** PERMITTED, or what stopped the selector that came furthest; `deniedArgument` then says where. */
  check(user: User, call: Call, id: number): number {
    if (user.unrestricted || (this.table.gates[id]! & GATE_PERMISSIONS) === 0) return PERMITTED;
    const { selectors } = user;
    let furthest = 0;
    let argument = 0;
    for (let index = 0; index < selectors.length; index++) {
      const answer = this.checkSelector(selectors[index]!, call, id);
      if (answer === PERMITTED) {
        furthest = PERMITTED;
        break;
      }
      if (answer > furthest || (answer === furthest && this.deniedArgument > argument)) {
        furthest = answer;
        argument = this.deniedArgument;
      }
    }
    this.deniedArgument = argument;
    this.forgetKeys();
    return furthest;
  }

  /** Whether one selector permits the call and all keys to be read: what reads keys that no argument names needs that. */
  mayReadAllKeys(user: User, call: Call, id: number): boolean {
    const may = user.selectors.some(
      (selector) => selector.readsAllKeys() && this.checkSelector(selector, call, id) === PERMITTED,
    );
    this.forgetKeys();
    return may;
  }

  /** What was denied, as ACL LOG names it; latin1. */
  deniedObject(call: Call, id: number, answer: number): string {
    return answer === DENIED_COMMAND ? this.table.definitions[id]!.name : call.text(this.deniedArgument);
  }

  private forgetKeys(): void {
    this.searched = null;
    this.isSearched = false;
  }

  private checkSelector(selector: Selector, call: Call, id: number): number {
    this.deniedArgument = 0;
    if (!selector.allows(id) && !hasFirstArgument(selector, call, id)) return DENIED_COMMAND;
    const kind = selector.allKeys ? KEYS_NONE : this.keyKinds[id]!;
    if (kind === KEYS_AT_PLACES && !this.mayUsePlaces(selector, call, id)) return DENIED_KEY;
    if (kind === KEYS_SEARCHED && !this.mayUseSearched(selector, call, id)) return DENIED_KEY;
    const channels = this.channels[id];
    if (channels === undefined || selector.allChannels) return PERMITTED;
    const last = channels === 'first' ? 1 : call.count - 1;
    for (let index = 1; index <= last; index++) {
      if (selector.mayReach(call.bytes, call.starts[index]!, call.ends[index]!, channels === 'patterns')) continue;
      this.deniedArgument = index;
      return DENIED_CHANNEL;
    }
    return PERMITTED;
  }

  private mayUsePlaces(selector: Selector, call: Call, id: number): boolean {
    const places = this.places[id]!;
    const keyFlagsOf = this.keyFlagsOf[id];
    const ofCall = keyFlagsOf === undefined ? -1 : accessOf(keyFlagsOf(call));
    for (let number = 0; number < places.length; number++) {
      const { first, last } = places[number]!;
      const end = lastPlace(first, last, call.count);
      // As keysOf: where one run does not fit, none counts.
      if (end >= call.count || end < first) return true;
    }
    for (let number = 0; number < places.length; number++) {
      const { first, last, step, access } = places[number]!;
      const end = lastPlace(first, last, call.count);
      for (let index = first; index <= end; index += step) {
        if (!this.mayUse(selector, call, index, ofCall >= 0 ? ofCall : access)) return false;
      }
    }
    return true;
  }

  private mayUseSearched(selector: Selector, call: Call, id: number): boolean {
    if (!this.isSearched) {
      this.searched = keysOf(this.table, id, call);
      this.isSearched = true;
    }
    if (this.searched === null) return true;
    return this.searched.every(({ index, flags }) => this.mayUse(selector, call, index, accessOf(flags)));
  }

  private mayUse(selector: Selector, call: Call, index: number, access: number): boolean {
    if (selector.mayUse(call.bytes, call.starts[index]!, call.ends[index]!, access)) return true;
    this.deniedArgument = index;
    return false;
  }
}

function firstPlace(kind: number, places: readonly KeyPlaces[]): number {
  if (kind === KEYS_NONE) return 0;
  return kind === KEYS_AT_PLACES && places.length === 1 ? places[0]!.first : -1;
}

function lastPlace(first: number, last: number, count: number): number {
  return last >= 0 ? first + last : count + last;
}

function hasFirstArgument(selector: Selector, call: Call, id: number): boolean {
  const words = selector.firstArgumentsOf(id);
  return words !== null && call.count > 1 && words.includes(call.text(1).toLowerCase());
}

/** What a key needs: ACCESS_READ where its value is told, ACCESS_WRITE where it is changed; 0: any permission will do. */
function accessOf(flags: readonly KeyFlag[]): number {
  let access = 0;
  for (const flag of flags) {
    if (flag === 'access') access |= ACCESS_READ;
    else if (flag === 'insert' || flag === 'update' || flag === 'delete') access |= ACCESS_WRITE;
  }
  return access;
}

function isKey(spec: KeySpec): boolean {
  return !spec.flags.includes('not_key');
}

function isAtPlaces({ begin, find }: KeySpec): boolean {
  return begin !== 'unknown' && 'index' in begin && find !== 'unknown' && 'last' in find && find.limit === 0;
}

function keyKindOf(table: CommandTable, id: number): number {
  if (table.definitions[id]!.findKeys !== undefined) return KEYS_SEARCHED;
  const specs = table.keySpecs[id]!.filter(isKey);
  if (specs.length === 0) return KEYS_NONE;
  return specs.every(isAtPlaces) ? KEYS_AT_PLACES : KEYS_SEARCHED;
}

function placesOf(specs: readonly KeySpec[]): KeyPlaces[] {
  const places: KeyPlaces[] = [];
  for (const { begin, find, flags } of specs.filter(isKey)) {
    if (begin === 'unknown' || !('index' in begin) || find === 'unknown' || !('last' in find)) continue;
    places.push({ first: begin.index, last: find.last, step: find.step, access: accessOf(flags) });
  }
  return places;
}
