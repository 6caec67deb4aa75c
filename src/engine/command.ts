// How a command is defined: one expression with its name, arguments, flags, replies and documentation, and beside them
// the function that runs it. Everything else that the server knows of commands is derived from these objects: arity,
// key positions, ACL categories, COMMAND and its subcommands, the typed client, the fuzzer's grammar, the docs.
//
// `read`, `write` and `control` differ in what their functions are given: a read command that changes the keyspace does
// not compile. Exporting a definition from a file of engine/commands (or of the lower rooms that have commands)
// registers it.

import type { Call, ReadCall, WriteCall } from './call.ts';

/** Flags as COMMAND INFO shows them (in lower case, '-' for '_'). 'write', 'readonly' come from the kind of definition. */
export type CommandFlag =
  | 'denyoom' // refused when maxmemory is reached
  | 'admin' // administration: @admin, @dangerous
  | 'pubsub'
  | 'noscript' // not from scripts
  | 'blocking' // may block the client
  | 'loading' // allowed while the data set is loaded
  | 'stale' // allowed on a replica whose data is stale
  | 'skip_monitor'
  | 'skip_slowlog'
  | 'asking'
  | 'fast'
  | 'no_auth' // allowed before authentication
  | 'may_replicate' // propagated although it writes nothing
  | 'no_mandatory_keys'
  | 'no_async_loading'
  | 'no_multi' // refused inside MULTI
  | 'allow_busy' // allowed while a script runs too long
  | 'protected'; // needs enable-debug-command or enable-module-command

export type CommandGroup =
  | 'string'
  | 'list'
  | 'set'
  | 'sorted-set'
  | 'hash'
  | 'stream'
  | 'bitmap'
  | 'hyperloglog'
  | 'geo'
  | 'generic'
  | 'transactions'
  | 'pubsub'
  | 'connection'
  | 'server'
  | 'scripting'
  | 'cluster'
  | 'sentinel';

/** ACL categories that do not follow from group and flags. */
export type AclCategory =
  | 'keyspace'
  | 'dangerous'
  | 'admin'
  | 'connection'
  | 'slow'
  | 'set'
  | 'sortedset'
  | 'list'
  | 'scripting'
  | 'read'
  | 'write'
  | 'pubsub';

/** What a command does to a key: one of the first four, then what it reads or changes of the value. */
export type KeyFlag =
  | 'RO'
  | 'RW'
  | 'OW'
  | 'RM'
  | 'access'
  | 'update'
  | 'insert'
  | 'delete'
  | 'not_key'
  | 'incomplete'
  | 'variable_flags';

/** Where keys stand among the arguments, as COMMAND INFO's key specifications say it. */
export interface KeySpec {
  readonly flags: readonly KeyFlag[];
  readonly notes?: string;
  /** Argument number of the first key, or the token that comes before it (searched from `from`; negative: from the end). */
  readonly begin: { readonly index: number } | { readonly keyword: string; readonly from: number } | 'unknown';
  /** last: relative to the first (-1: the last argument; with a limit n, the last 1/n of them). Or a count argument. */
  readonly find:
    | { readonly last: number; readonly step: number; readonly limit: number }
    | { readonly countAt: number; readonly first: number; readonly step: number }
    | 'unknown';
}

export type ArgumentType =
  | 'string'
  | 'integer'
  | 'double'
  | 'key'
  | 'pattern'
  | 'unix-time'
  | 'pure-token'
  | 'oneof'
  | 'block';

export interface ArgumentDefinition {
  readonly name: string;
  readonly type: ArgumentType;
  readonly token?: string;
  /** What clients show for the value; the name where absent. */
  readonly display?: string;
  readonly optional?: boolean;
  readonly multiple?: boolean;
  /** The token is repeated before each of several values. */
  readonly multipleToken?: boolean;
  readonly since?: string;
  readonly deprecatedSince?: string;
  /** Parts of a block, choices of a oneof. */
  readonly args?: readonly ArgumentDefinition[];
  /** Keys only. */
  readonly keyFlags?: readonly KeyFlag[];
  readonly keyNotes?: string;
  /** Integers that count the keys that follow at once. */
  readonly countsKeys?: boolean;
}

/** A reply that a command may give: its RESP3 type and what it means. */
export interface ReplyDefinition {
  readonly type:
    | 'ok'
    | 'simple'
    | 'bulk'
    | 'integer'
    | 'double'
    | 'boolean'
    | 'nil'
    | 'array'
    | 'map'
    | 'set'
    | 'verbatim'
    | 'big-number'
    | 'any';
  readonly meaning: string;
}

export interface CommandDetails {
  readonly summary: string;
  readonly since: string;
  readonly complexity: string;
  readonly args?: readonly ArgumentDefinition[];
  readonly replies: readonly ReplyDefinition[];
  readonly flags?: readonly CommandFlag[];
  readonly categories?: readonly AclCategory[];
  /** Where it does not follow from the arguments. Counts the command's name; negative: at least. */
  readonly arity?: number;
  /** Where they do not follow from the arguments. */
  readonly keySpecs?: readonly KeySpec[];
  /** Argument numbers of the keys of a call, where key specifications cannot say them (SORT's STORE, …). */
  readonly findKeys?: (call: Call, keys: number[]) => void;
  /** What a call does to its keys, where that depends on its arguments (key flag 'variable_flags'). */
  readonly keyFlagsOf?: (call: Call) => readonly KeyFlag[];
  /** Which arguments are channels: the first, all, or all as patterns. */
  readonly channels?: 'first' | 'all' | 'patterns';
  /** Whether an argument is a secret: not to be shown by MONITOR or kept by the slow log. */
  readonly isSecret?: (call: Call, index: number) => boolean;
  readonly tips?: readonly string[];
  readonly history?: readonly (readonly [version: string, change: string])[];
  readonly deprecated?: { readonly since: string; readonly instead: string };
  /** Not in the public documentation (DEBUG, PFSELFTEST, …). */
  readonly internal?: boolean;
  /** Containers only: the lines of HELP between the first and the last (which every HELP has). */
  readonly help?: readonly string[];
  /** Containers only: since when HELP is there, where that is not 5.0.0. */
  readonly helpSince?: string;
}

export type CommandKind = 'read' | 'write' | 'control' | 'container';
export type Run = (call: Call) => void;

export interface CommandDefinition extends CommandDetails {
  /** In lower case; subcommands as 'container|sub'. */
  readonly name: string;
  readonly kind: CommandKind;
  readonly group: CommandGroup;
  readonly run: Run;
  readonly subcommands: readonly CommandDefinition[];
}

type Details = CommandDetails & { readonly group: CommandGroup };

function define(
  kind: CommandKind,
  name: string,
  details: Details,
  run: Run,
  subcommands: readonly CommandDefinition[],
) {
  return { ...details, kind, name: name.toLowerCase(), run, subcommands } satisfies CommandDefinition;
}

/** A command that reads the keyspace. Its function gets no way to change it. */
export function read(name: string, details: Details, run: (call: ReadCall) => void): CommandDefinition {
  return define('read', name, details, run, []);
}

/** A command that may change the keyspace. */
export function write(name: string, details: Details, run: (call: WriteCall) => void): CommandDefinition {
  return define('write', name, details, run as Run, []);
}

/** A command that works on the connection, the server or its channels. */
export function control(name: string, details: Details, run: Run): CommandDefinition {
  return define('control', name, details, run, []);
}

/**
 * A command that only has subcommands; each is defined with its own name ('OBJECT|ENCODING' as `read('ENCODING', …)`).
 * HELP is added when `help` lines are given.
 */
export function container(
  name: string,
  details: Omit<Details, 'replies' | 'complexity'> & Partial<Pick<Details, 'replies' | 'complexity'>>,
  subcommands: readonly CommandDefinition[],
): CommandDefinition {
  const own = name.toLowerCase();
  const full = { complexity: 'Depends on subcommand.', replies: [], arity: -2, ...details };
  const all = subcommands.map((each) => ({ ...each, name: `${own}|${each.name}` }));
  if (details.help !== undefined) all.push(helpOf(own, full, details.help, subcommands[0]?.categories));
  return define('container', own, full, () => undefined, all);
}

function helpOf(
  name: string,
  details: Details,
  lines: readonly string[],
  categories: readonly AclCategory[] = [],
): CommandDefinition {
  const text = [
    `${name.toUpperCase()} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`,
    ...lines,
    'HELP',
    '    Print this help.',
  ];
  const help: Details = {
    group: details.group,
    summary: 'Lists the subcommands with a line on each.',
    since: details.helpSince ?? (details.since < '5.0.0' ? '5.0.0' : details.since),
    complexity: 'O(1)',
    replies: [{ type: 'array', meaning: 'lines of text' }],
    flags: ['loading', 'stale'],
    categories,
    arity: 2,
  };
  return define(
    'control',
    `${name}|help`,
    help,
    (call) => {
      call.reply.array(text.length);
      for (const line of text) call.reply.simple(line);
    },
    [],
  );
}

// --- arguments ---

type Extras = Partial<
  Pick<
    ArgumentDefinition,
    'token' | 'optional' | 'multiple' | 'multipleToken' | 'since' | 'deprecatedSince' | 'display' | 'keyNotes'
  >
>;

/** A key; `flags` say what the command does to it. */
export function key(name: string, ...flags: KeyFlag[]): ArgumentDefinition {
  return { name, type: 'key', keyFlags: flags };
}

export function text(name: string, extras: Extras = {}): ArgumentDefinition {
  return { name, type: 'string', ...extras };
}

export function integer(name: string, extras: Extras = {}): ArgumentDefinition {
  return { name, type: 'integer', ...extras };
}

export function double(name: string, extras: Extras = {}): ArgumentDefinition {
  return { name, type: 'double', ...extras };
}

export function pattern(name: string, extras: Extras = {}): ArgumentDefinition {
  return { name, type: 'pattern', ...extras };
}

export function unixTime(name: string, extras: Extras = {}): ArgumentDefinition {
  return { name, type: 'unix-time', ...extras };
}

/** A word that stands for itself, such as NX. */
export function token(word: string, extras: Extras = {}): ArgumentDefinition {
  return { name: word.toLowerCase(), type: 'pure-token', token: word, ...extras };
}

/** One of several arguments. */
export function oneOf(name: string, ...args: ArgumentDefinition[]): ArgumentDefinition {
  return { name, type: 'oneof', args };
}

/** Arguments that come together. */
export function block(name: string, ...args: ArgumentDefinition[]): ArgumentDefinition {
  return { name, type: 'block', args };
}

/** The count of the keys that follow. */
export function keyCount(name: string): ArgumentDefinition {
  return { name, type: 'integer', countsKeys: true };
}

export function optional(argument: ArgumentDefinition, extras: Extras = {}): ArgumentDefinition {
  return { ...argument, ...extras, optional: true };
}

export function multiple(argument: ArgumentDefinition, extras: Extras = {}): ArgumentDefinition {
  return { ...argument, ...extras, multiple: true };
}

/** Reply descriptions: `reply.integer('the length')`. */
export const reply = {
  ok: (meaning = 'done'): ReplyDefinition => ({ type: 'ok', meaning }),
  simple: (meaning: string): ReplyDefinition => ({ type: 'simple', meaning }),
  bulk: (meaning: string): ReplyDefinition => ({ type: 'bulk', meaning }),
  integer: (meaning: string): ReplyDefinition => ({ type: 'integer', meaning }),
  double: (meaning: string): ReplyDefinition => ({ type: 'double', meaning }),
  boolean: (meaning: string): ReplyDefinition => ({ type: 'boolean', meaning }),
  nil: (meaning: string): ReplyDefinition => ({ type: 'nil', meaning }),
  array: (meaning: string): ReplyDefinition => ({ type: 'array', meaning }),
  map: (meaning: string): ReplyDefinition => ({ type: 'map', meaning }),
  set: (meaning: string): ReplyDefinition => ({ type: 'set', meaning }),
  verbatim: (meaning: string): ReplyDefinition => ({ type: 'verbatim', meaning }),
  bigNumber: (meaning: string): ReplyDefinition => ({ type: 'big-number', meaning }),
  any: (meaning: string): ReplyDefinition => ({ type: 'any', meaning }),
};
