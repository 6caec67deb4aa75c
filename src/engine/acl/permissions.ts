// Whether a user may run a call. The one place where that is decided: for what a client sends, for what EXEC runs, for a
// blocked client that is served, for ACL DRYRUN.
//
// For most commands nothing is allocated: their keys stand at places that are known from the start, which are kept here by
// command id. Where a count of keys does not fit the arguments there are no keys to look at, as in Redis: such a call
// only gets an error, and tests/conformance/acl-matrix.test.ts shows that it does nothing else.

import type { Call } from '../call.ts';
import type { CommandDefinition, KeyFlag } from '../command.ts';
import { type KeyRun, type KeyUse, keysOf, lastOfRun, NO_SOLE_RUN, runsOf, SoleRuns } from '../command-keys.ts';
import type { CommandTable } from '../command-table.ts';
import { GATE_PERMISSIONS } from '../gates.ts';
import { ACCESS_READ, ACCESS_WRITE, type Selector } from './selector.ts';
import type { User } from './user.ts';

/** Answers of `check`, in the order of how far a call came. */
export const PERMITTED = 0;
export const DENIED_COMMAND = 1;
export const DENIED_KEY = 2;
export const DENIED_CHANNEL = 3;

interface GuardedRun extends KeyRun {
  /** ACCESS_…; what `keyFlagsOf` of the command says comes before it. */
  readonly access: number;
}

export class Permissions {
  /** Which argument was denied last: a key or a channel. */
  deniedArgument = 0;
  private readonly table: CommandTable;
  /** Of the definitions, which are of many shapes. */
  private readonly channels: readonly CommandDefinition['channels'][];
  private readonly keyFlagsOf: readonly CommandDefinition['keyFlagsOf'][];
  /** By command id: null where keys must be searched for. */
  private readonly runs: readonly (readonly GuardedRun[] | null)[];
  /** For `permitsAtAGlance`: commands with channels have NO_SOLE_RUN here. */
  private readonly soleRuns: SoleRuns;
  private readonly runAccess: Uint8Array;
  /** The keys of the present call, once they were searched. */
  private searched: readonly KeyUse[] | null = null;
  private isSearched = false;

  constructor(table: CommandTable) {
    this.table = table;
    this.channels = table.definitions.map(({ channels }) => channels);
    this.keyFlagsOf = table.definitions.map(({ keyFlagsOf }) => keyFlagsOf);
    this.runs = table.definitions.map((_, id) => {
      const runs = runsOf(table, id);
      return runs === null ? null : runs.map((run) => ({ ...run, access: accessOf(run.flags) }));
    });
    this.soleRuns = new SoleRuns(table);
    for (const [id, channels] of this.channels.entries()) {
      if (channels !== undefined) this.soleRuns.first[id] = NO_SOLE_RUN;
    }
    this.runAccess = Uint8Array.from(this.runs, (runs) => runs?.[0]?.access ?? 0);
  }

  /**
   * Whether the root selector permits a call, for what can be said at a glance: commands with one run of keys at a known
   * place, or none. False says nothing. 22 ns in place of 130 (permissions.bench.ts): what is read here lies in flat arrays.
   */
  permitsAtAGlance(user: User, call: Call, id: number): boolean {
    const { soleRuns } = this;
    const first = soleRuns.first[id]!;
    const selector = user.selectors[0]!;
    if (first < 0 || !selector.allows(id)) return false;
    if (first === 0 || selector.allKeys) return true;
    const access = this.runAccess[id]!;
    const last = soleRuns.last[id]!;
    if (last === 0) return selector.mayUse(call.bytes, call.starts[first]!, call.ends[first]!, access);
    const step = soleRuns.step[id]!;
    const end = lastOfRun(first, last, call.count);
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
    if (!selector.allKeys && !this.mayUseKeys(selector, call, id)) return DENIED_KEY;
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

  private mayUseKeys(selector: Selector, call: Call, id: number): boolean {
    const runs = this.runs[id]!;
    return runs === null ? this.mayUseSearched(selector, call, id) : this.mayUseRuns(selector, call, id, runs);
  }

  private mayUseRuns(selector: Selector, call: Call, id: number, runs: readonly GuardedRun[]): boolean {
    const keyFlagsOf = this.keyFlagsOf[id];
    const ofCall = keyFlagsOf === undefined ? -1 : accessOf(keyFlagsOf(call));
    for (let number = 0; number < runs.length; number++) {
      const { first, last } = runs[number]!;
      const end = lastOfRun(first, last, call.count);
      // As keysOf: where one run does not fit, none counts.
      if (end >= call.count || end < first) return true;
    }
    for (let number = 0; number < runs.length; number++) {
      const { first, last, step, access } = runs[number]!;
      const end = lastOfRun(first, last, call.count);
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
