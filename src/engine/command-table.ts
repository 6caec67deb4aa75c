// The command table: all definitions by id, as flat arrays that the hot path reads, and the search by name.
//
// Ids number the definitions of one table, subcommands too. Names are found by their bytes, in any case, through an open
// hash table, without making a string of them.

import { assert } from '../lib/assert.ts';
import { fromLatin1, lowerByte, toLatin1 } from '../lib/bytes.ts';
import type { ArgumentDefinition, CommandDefinition, CommandFlag, KeyFlag, KeySpec, Run } from './command.ts';
import {
  GATE_AUTH,
  GATE_BUSY,
  GATE_LOADING,
  GATE_MEMORY,
  GATE_MULTI,
  GATE_PAUSED_ALL,
  GATE_PAUSED_WRITES,
  GATE_PERMISSIONS,
  GATE_PROTECTED,
  GATE_STALE,
  GATE_SUBSCRIBED,
  GATE_WRITE,
  GATES_OF_QUEUE,
} from './gates.ts';

/** Bits of `flags`: what execution asks of a command. */
export const FLAG_WRITE = 1 << 0;
export const FLAG_READONLY = 1 << 1;
export const FLAG_FAST = 1 << 2;
export const FLAG_NO_MULTI = 1 << 3;
export const FLAG_ADMIN = 1 << 4;
export const FLAG_SKIP_MONITOR = 1 << 5;
export const FLAG_DENY_OOM = 1 << 6;
export const FLAG_MAY_REPLICATE = 1 << 7;
export const FLAG_CONTAINER = 1 << 8;
export const FLAG_BLOCKING = 1 << 9;
export const FLAG_PUBSUB = 1 << 10;
export const FLAG_ALLOW_BUSY = 1 << 11;
export const FLAG_NO_SCRIPT = 1 << 12;
/** Takes much the same short time at each call: several in a row are timed as one (timer.ts). */
export const FLAG_SHORT = 1 << 13;

/** Commands that are carried out, not queued, inside MULTI. */
const IMMEDIATE_IN_MULTI = ['exec', 'discard', 'multi', 'watch', 'quit', 'reset'];
/** Commands that a RESP2 session with subscriptions may still use. */
const ALLOWED_WHEN_SUBSCRIBED = [
  'ping',
  'subscribe',
  'ssubscribe',
  'sunsubscribe',
  'unsubscribe',
  'psubscribe',
  'punsubscribe',
  'quit',
  'reset',
];
/** The longest command or subcommand name; longer words are unknown. */
const NAME_BYTES_MAX = 32;
const SLOTS = 2048;
/** Arguments that a request may have at most; RESP's own limit. */
const ARGUMENTS_MAX = 0x7fffffff;

export class CommandTable {
  readonly definitions: readonly CommandDefinition[];
  /** Arguments, the name counted, at least and at most. */
  readonly argumentsMin: Int32Array;
  readonly argumentsMax: Int32Array;
  /** Which gates stop the command. */
  readonly gates: Int32Array;
  readonly flags: Int32Array;
  readonly runs: readonly Run[];
  /** Id of the container, or -1. */
  readonly parents: Int32Array;
  readonly keySpecs: readonly (readonly KeySpec[])[];
  /** Arity as COMMAND shows it. */
  readonly arities: Int32Array;
  private readonly names: Uint8Array;
  private readonly nameLengths: Uint8Array;
  private readonly slots = new Int16Array(SLOTS).fill(-1);
  private readonly children: (readonly number[])[] = [];

  /** Takes the definitions of a server; names must differ. */
  constructor(definitions: readonly CommandDefinition[]) {
    const all: CommandDefinition[] = [];
    const parents: number[] = [];
    const childrenOf: number[][] = [];
    for (const definition of definitions) {
      const parent = all.push(definition) - 1;
      parents.push(-1);
      const children: number[] = [];
      childrenOf[parent] = children;
      for (const subcommand of definition.subcommands) {
        children.push(all.push(subcommand) - 1);
        parents.push(parent);
        childrenOf.push([]);
      }
    }
    assert(new Set(all.map(({ name }) => name)).size === all.length, 'every command has a name of its own');
    this.definitions = all;
    this.children = childrenOf;
    this.parents = Int32Array.from(parents);
    this.arities = Int32Array.from(all, arityOf);
    this.argumentsMin = this.arities.map((arity) => Math.abs(arity));
    this.argumentsMax = this.arities.map((arity) => (arity < 0 ? ARGUMENTS_MAX : arity));
    this.flags = Int32Array.from(all, flagsOf);
    this.gates = Int32Array.from(all, (definition, id) => gatesOf(definition, this.flags[id]!));
    this.runs = all.map((definition) => definition.run);
    this.keySpecs = all.map(keySpecsOf);
    this.names = new Uint8Array(all.length * NAME_BYTES_MAX);
    this.nameLengths = new Uint8Array(all.length);
    for (const [id, { name }] of all.entries()) this.setName(id, name.slice(name.indexOf('|') + 1));
    parents.forEach((parent, id) => {
      if (parent < 0) this.link(id);
    });
  }

  /** Id of the command named bytes[start..end), in any case, or -1. Containers are found as such. */
  find(bytes: Uint8Array, start: number, end: number): number {
    let hash = end - start;
    if (hash > NAME_BYTES_MAX) return -1;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at]! | 0x20)) | 0;
    for (let slot = hash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
      const id = this.slots[slot]!;
      if (id === -1) return -1;
      if (id >= 0 && this.hasName(id, bytes, start, end)) return id;
    }
  }

  /** Id of a container's subcommand, or -1. */
  findSubcommand(container: number, bytes: Uint8Array, start: number, end: number): number {
    for (const id of this.children[container]!) if (this.hasName(id, bytes, start, end)) return id;
    return -1;
  }

  /** Id of the command that arguments call, the subcommand of a container; -1 where there is none that takes so many. */
  resolve(bytes: Uint8Array, starts: Int32Array, ends: Int32Array, count: number): number {
    let id = this.find(bytes, starts[0]!, ends[0]!);
    if (id < 0) return -1;
    if ((this.flags[id]! & FLAG_CONTAINER) !== 0 && count > 1) {
      id = this.findSubcommand(id, bytes, starts[1]!, ends[1]!);
      if (id < 0) return -1;
    }
    return count < this.argumentsMin[id]! || count > this.argumentsMax[id]! ? -1 : id;
  }

  /** Id by full name ('get', 'object|encoding'), in any case, or -1. */
  idOf(name: string): number {
    const bar = name.indexOf('|');
    const bytes = fromLatin1(name);
    if (bar < 0) return this.find(bytes, 0, bytes.length);
    const container = this.find(bytes, 0, bar);
    return container < 0 ? -1 : this.findSubcommand(container, bytes, bar + 1, bytes.length);
  }

  /** Ids of a container's subcommands. */
  subcommandsOf(id: number): readonly number[] {
    return this.children[id]!;
  }

  /** Ids of all commands that are not subcommands and were not renamed away. */
  topLevel(): number[] {
    const present = new Set(this.slots);
    return this.definitions.map((_, id) => id).filter((id) => this.parents[id]! < 0 && present.has(id));
  }

  /** The name as clients call the command now: 'get', 'object|encoding'. */
  nameOf(id: number): string {
    const own = toLatin1(this.names, id * NAME_BYTES_MAX, id * NAME_BYTES_MAX + this.nameLengths[id]!);
    const parent = this.parents[id]!;
    return parent < 0 ? own : `${this.nameOf(parent)}|${own}`;
  }

  /** Gives a command another name, or none (''). False when the name is unknown, null when the new one is taken. */
  rename(name: string, to: string): boolean | null {
    const id = this.idOf(name);
    if (id < 0 || this.parents[id]! >= 0) return false;
    if (to !== '' && this.idOf(to) >= 0) return null;
    const slot = this.slots.indexOf(id);
    this.slots[slot] = -2; // a grave: searches go on past it
    if (to !== '' && to.length <= NAME_BYTES_MAX) {
      this.setName(id, to.toLowerCase());
      this.link(id);
    }
    return true;
  }

  private setName(id: number, name: string): void {
    assert(name.length <= NAME_BYTES_MAX, 'a command name is short');
    this.nameLengths[id] = name.length;
    this.names.set(fromLatin1(name), id * NAME_BYTES_MAX);
  }

  private link(id: number): void {
    let hash = this.nameLengths[id]!;
    const start = id * NAME_BYTES_MAX;
    for (let at = start; at < start + this.nameLengths[id]!; at++) {
      hash = (Math.imul(hash, 31) + (this.names[at]! | 0x20)) | 0;
    }
    let slot = hash & (SLOTS - 1);
    while (this.slots[slot]! >= 0) slot = (slot + 1) & (SLOTS - 1);
    this.slots[slot] = id;
  }

  private hasName(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start !== this.nameLengths[id]) return false;
    let own = id * NAME_BYTES_MAX;
    for (let at = start; at < end; at++, own++) if (lowerByte(bytes[at]!) !== this.names[own]) return false;
    return true;
  }
}

/** Arguments that one definition takes at least, a block's parts counted. */
function argumentsMin(argument: ArgumentDefinition): number {
  if (argument.optional) return 0;
  const token = argument.token !== undefined && argument.type !== 'pure-token' ? 1 : 0;
  if (argument.type === 'block') return token + argument.args!.reduce((sum, part) => sum + argumentsMin(part), 0);
  if (argument.type === 'oneof') return token + Math.min(...argument.args!.map(argumentsMin));
  return token + 1;
}

function isVariable(argument: ArgumentDefinition): boolean {
  if (argument.optional === true || argument.multiple === true) return true;
  if (argument.type === 'oneof')
    return new Set(argument.args!.map(argumentsMin)).size > 1 || argument.args!.some(isVariable);
  return argument.args?.some(isVariable) ?? false;
}

function arityOf(definition: CommandDefinition): number {
  if (definition.arity !== undefined) return definition.arity;
  const args = definition.args ?? [];
  const least = args.reduce((sum, argument) => sum + argumentsMin(argument), definition.name.includes('|') ? 2 : 1);
  return args.some(isVariable) ? -least : least;
}

/** Key specifications from the arguments: each run of keys at a place known from the start, or behind their count. */
function keySpecsOf(definition: CommandDefinition): readonly KeySpec[] {
  if (definition.keySpecs !== undefined) return definition.keySpecs;
  const specs: KeySpec[] = [];
  let place: number | null = definition.name.includes('|') ? 2 : 1;
  let countPlace = -1;
  for (const [number, argument] of (definition.args ?? []).entries()) {
    const inner = argument.type === 'block' ? argument.args! : [argument];
    const keyAt = inner.findIndex((part) => part.type === 'key');
    if (keyAt >= 0 && place !== null) {
      const spec = inner[keyAt]!;
      const flags: readonly KeyFlag[] = spec.keyFlags ?? [];
      const notes = spec.keyNotes === undefined ? {} : { notes: spec.keyNotes };
      const step = inner.length;
      const find =
        countPlace >= 0
          ? { countAt: 0, first: 1, step: 1 }
          : { last: argument.multiple || spec.multiple ? -1 - behind(definition, number) : 0, step, limit: 0 };
      specs.push({ flags, ...notes, begin: { index: countPlace >= 0 ? countPlace : place + keyAt }, find });
    }
    countPlace = argument.countsKeys === true && place !== null ? place : -1;
    if (isVariable(argument)) place = null;
    else if (place !== null) place += argumentsMin(argument);
  }
  return specs;
}

/** Arguments that always stand behind one: the timeout behind the keys of BLPOP. */
function behind(definition: CommandDefinition, number: number): number {
  return definition.args!.slice(number + 1).reduce((sum, argument) => sum + argumentsMin(argument), 0);
}

const FLAG_BITS: Partial<Record<CommandFlag, number>> = {
  fast: FLAG_FAST,
  no_multi: FLAG_NO_MULTI,
  admin: FLAG_ADMIN,
  skip_monitor: FLAG_SKIP_MONITOR,
  denyoom: FLAG_DENY_OOM,
  may_replicate: FLAG_MAY_REPLICATE,
  blocking: FLAG_BLOCKING,
  pubsub: FLAG_PUBSUB,
  allow_busy: FLAG_ALLOW_BUSY,
  noscript: FLAG_NO_SCRIPT,
};

function flagsOf(definition: CommandDefinition): number {
  let bits = 0;
  if (definition.kind === 'write') bits |= FLAG_WRITE;
  if (definition.kind === 'read') bits |= FLAG_READONLY;
  if (definition.kind === 'container') bits |= FLAG_CONTAINER;
  for (const flag of definition.flags ?? []) bits |= FLAG_BITS[flag] ?? 0;
  if ((bits & FLAG_FAST) !== 0 || definition.complexity === 'O(1)') bits |= FLAG_SHORT;
  return bits;
}

function gatesOf(definition: CommandDefinition, flags: number): number {
  const has = (flag: CommandFlag) => definition.flags?.includes(flag) ?? false;
  let gates = GATE_PAUSED_ALL;
  // What says who a client is may be said by everybody.
  if (!has('no_auth')) gates |= GATE_AUTH | GATE_PERMISSIONS;
  if (!IMMEDIATE_IN_MULTI.includes(definition.name)) gates |= GATE_MULTI;
  if (!ALLOWED_WHEN_SUBSCRIBED.includes(definition.name)) gates |= GATE_SUBSCRIBED;
  if (!has('loading')) gates |= GATE_LOADING;
  if (!has('stale')) gates |= GATE_STALE;
  if ((flags & FLAG_WRITE) !== 0) gates |= GATE_WRITE;
  if (has('denyoom')) gates |= GATE_MEMORY;
  if ((flags & (FLAG_WRITE | FLAG_MAY_REPLICATE)) !== 0 || definition.name === 'exec') gates |= GATE_PAUSED_WRITES;
  if (definition.name === 'exec') gates |= GATES_OF_QUEUE;
  if (has('protected')) gates |= GATE_PROTECTED;
  if (!has('allow_busy')) gates |= GATE_BUSY;
  return gates;
}
