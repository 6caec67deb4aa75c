// COMMAND and its subcommands: what commands there are, for clients. All of it is read off the command table.

import { fromLatin1 } from '../../lib/bytes.ts';
import { matchGlob } from '../../lib/glob.ts';
import { error, SYNTAX_ERROR } from '../../protocol/errors.ts';
import type { Reply } from '../../protocol/reply.ts';
import { Call, word } from '../call.ts';
import { container, control, multiple, oneOf, optional, pattern, reply, text } from '../command.ts';
import { CATEGORIES, categoriesOf } from '../command-categories.ts';
import { hasKeys, keysOf, legacyRange } from '../command-keys.ts';
import type { CommandTable } from '../command-table.ts';
import { writeCommandDocs, writeKeySpecs, writeWords } from './command-docs.ts';

/** Flags in the order in which Redis lists them; it keeps 'may_replicate' and 'protected' to itself. */
const SHOWN_FLAGS = [
  'write',
  'readonly',
  'denyoom',
  'admin',
  'pubsub',
  'noscript',
  'blocking',
  'loading',
  'stale',
  'skip_monitor',
  'skip_slowlog',
  'asking',
  'fast',
  'no_auth',
  'no_mandatory_keys',
  'no_async_loading',
  'no_multi',
  'movablekeys',
  'allow_busy',
] as const;

/** One entry of COMMAND and COMMAND INFO. */
function writeCommandInfo(table: CommandTable, id: number, out: Reply): void {
  const definition = table.definitions[id]!;
  const specs = table.keySpecs[id]!;
  const range = legacyRange(specs);
  const flags = new Set<string>(definition.flags ?? []);
  if (definition.kind === 'write') flags.add('write');
  if (definition.kind === 'read') flags.add('readonly');
  if (range.movable) flags.add('movablekeys');
  out.array(10);
  out.bulkText(definition.name);
  out.integer(table.arities[id]!);
  writeWords(
    out,
    SHOWN_FLAGS.filter((flag) => flags.has(flag)),
  );
  out.integer(range.first);
  out.integer(range.last);
  out.integer(range.step);
  writeWords(
    out,
    categoriesOf(definition).map((category) => `@${category}`),
  );
  const tips = definition.tips ?? [];
  out.set(tips.length);
  for (const tip of tips) out.bulkText(tip);
  writeKeySpecs(out, specs);
  const subcommands = table.subcommandsOf(id);
  if (subcommands.length === 0) out.set(0);
  else out.array(subcommands.length);
  for (const subcommand of subcommands) writeCommandInfo(table, subcommand, out);
}

function writeAllInfo(call: Call): void {
  const { table } = call.engine;
  const ids = table.topLevel();
  call.reply.array(ids.length);
  for (const id of ids) writeCommandInfo(table, id, call.reply);
}

/** Argument `from` and what follows it as a call of its own. */
export function innerCall(call: Call, from: number): Call {
  const inner = new Call(call.engine, call.depth + 1, call.reply);
  inner.session = call.session;
  inner.database = call.database;
  inner.load(call.copyArguments(from));
  return inner;
}

const INVALID_COMMAND = error('ERR Invalid command specified');
const NO_KEY_ARGUMENTS = error('ERR The command has no key arguments');
const WRONG_COUNT = error('ERR Invalid number of arguments specified for command');
const INVALID_ARGUMENTS = error('ERR Invalid arguments specified for command');

/** The command that a call names, its subcommand included; -1 if there is none. */
export function commandOf(table: CommandTable, call: Call): number {
  const id = table.find(call.bytes, call.starts[0]!, call.ends[0]!);
  if (id < 0 || call.count === 1 || table.subcommandsOf(id).length === 0) return id;
  return table.findSubcommand(id, call.bytes, call.starts[1]!, call.ends[1]!);
}

function replyKeys(call: Call, withFlags: boolean): void {
  const { table } = call.engine;
  const { reply: out } = call;
  const inner = innerCall(call, 2);
  const id = commandOf(table, inner);
  if (id < 0) {
    out.error(INVALID_COMMAND);
    return;
  }
  if (!hasKeys(table, id)) {
    out.error(NO_KEY_ARGUMENTS);
    return;
  }
  if (inner.count < table.argumentsMin[id]! || inner.count > table.argumentsMax[id]!) {
    out.error(WRONG_COUNT);
    return;
  }
  const keys = keysOf(table, id, inner);
  if (keys === null || keys.length === 0) {
    if (table.definitions[id]!.flags?.includes('no_mandatory_keys')) out.emptyArray();
    else out.error(INVALID_ARGUMENTS);
    return;
  }
  out.array(keys.length);
  for (const { index, flags } of keys) {
    if (withFlags) out.array(2);
    out.bulk(inner.bytes, inner.starts[index]!, inner.ends[index]!);
    if (withFlags) writeWords(out, flags);
  }
}

const FILTERBY = word('FILTERBY');
const MODULE = word('MODULE');
const ACLCAT = word('ACLCAT');
const PATTERN = word('PATTERN');

/** What FILTERBY lets through, by id; null after replying an error. */
function listFilter(call: Call): ((id: number) => boolean) | null {
  if (call.count === 2) return () => true;
  const { table } = call.engine;
  if (call.count === 5 && call.is(2, FILTERBY)) {
    if (call.is(3, MODULE)) return () => false; // there are no modules
    if (call.is(3, ACLCAT)) {
      const wanted = CATEGORIES.find((category) => category === call.text(4).toLowerCase());
      return (id) => wanted !== undefined && categoriesOf(table.definitions[id]!).includes(wanted);
    }
    if (call.is(3, PATTERN)) {
      const { bytes, starts, ends } = call;
      return (id) => {
        const name = fromLatin1(table.definitions[id]!.name);
        return matchGlob(bytes, starts[4]!, ends[4]!, name, 0, name.length, true);
      };
    }
  }
  call.reply.error(SYNTAX_ERROR);
  return null;
}

const LOOK_UP = 'O(N), N being the commands asked for.';
const FLAGS = ['loading', 'stale'] as const;
const CATEGORY = ['connection'] as const;
const UNORDERED = ['nondeterministic_output_order'] as const;

/**
 *     > COMMAND GETKEYS MSET a 1 b 2
 *     1) "a"
 *     2) "b"
 */
const subcommands = [
  control(
    'COUNT',
    {
      group: 'server',
      summary: 'Counts the commands of this server.',
      since: '2.8.13',
      complexity: 'O(1)',
      replies: [reply.integer('how many commands there are')],
      flags: FLAGS,
      categories: CATEGORY,
    },
    function commandCount(call) {
      call.reply.integer(call.engine.table.topLevel().length);
    },
  ),
  control(
    'DOCS',
    {
      group: 'server',
      summary: 'Documents commands: what they do, and their arguments.',
      since: '7.0.0',
      complexity: LOOK_UP,
      args: [optional(multiple(text('command-name')))],
      replies: [reply.map('the documentation by command')],
      flags: FLAGS,
      categories: CATEGORY,
      tips: UNORDERED,
    },
    function commandDocs(call) {
      const { table } = call.engine;
      let ids = table.topLevel();
      if (call.count > 2) {
        ids = [];
        for (let index = 2; index < call.count; index++) ids.push(table.idOf(call.text(index)));
        ids = ids.filter((id) => id >= 0);
      }
      call.reply.map(ids.length);
      for (const id of ids) {
        call.reply.bulkText(table.definitions[id]!.name);
        writeCommandDocs(table, id, call.reply);
      }
    },
  ),
  control(
    'GETKEYS',
    {
      group: 'server',
      summary: 'Finds the keys among the arguments of a command.',
      since: '2.8.13',
      complexity: 'O(N), N being the arguments of the command.',
      args: [text('command'), optional(multiple(text('arg')))],
      replies: [reply.array('the keys')],
      flags: FLAGS,
      categories: CATEGORY,
    },
    (call) => replyKeys(call, false),
  ),
  control(
    'GETKEYSANDFLAGS',
    {
      group: 'server',
      summary: 'Finds the keys among the arguments of a command, and says what it does to them.',
      since: '7.0.0',
      complexity: 'O(N), N being the arguments of the command.',
      args: [text('command'), optional(multiple(text('arg')))],
      replies: [reply.array('keys, each with its flags')],
      flags: FLAGS,
      categories: CATEGORY,
    },
    (call) => replyKeys(call, true),
  ),
  control(
    'INFO',
    {
      group: 'server',
      summary: 'Describes commands for clients: arity, flags, where their keys are.',
      since: '2.8.13',
      complexity: LOOK_UP,
      args: [optional(multiple(text('command-name')))],
      replies: [reply.array('an entry for each command, nil for one that is unknown')],
      flags: FLAGS,
      categories: CATEGORY,
      tips: UNORDERED,
      history: [['7.0.0', 'Without a name it describes all commands.']],
    },
    function commandInfo(call) {
      if (call.count === 2) {
        writeAllInfo(call);
        return;
      }
      const { table } = call.engine;
      call.reply.array(call.count - 2);
      for (let index = 2; index < call.count; index++) {
        const id = table.idOf(call.text(index));
        if (id < 0) call.reply.nilArray();
        else writeCommandInfo(table, id, call.reply);
      }
    },
  ),
  control(
    'LIST',
    {
      group: 'server',
      summary: 'Lists the names of all commands and subcommands.',
      since: '7.0.0',
      complexity: 'O(N), N being all commands.',
      args: [
        optional(
          oneOf(
            'filterby',
            text('module-name', { token: 'MODULE' }),
            text('category', { token: 'ACLCAT' }),
            pattern('pattern', { token: 'PATTERN' }),
          ),
          { token: 'FILTERBY' },
        ),
      ],
      replies: [reply.array('names')],
      flags: FLAGS,
      categories: CATEGORY,
      tips: UNORDERED,
    },
    function commandList(call) {
      const passes = listFilter(call);
      if (passes === null) return;
      const { table } = call.engine;
      const ids = table.topLevel().flatMap((id) => [id, ...table.subcommandsOf(id)]);
      const listed = ids.filter(passes);
      call.reply.array(listed.length);
      for (const id of listed) call.reply.bulkText(table.definitions[id]!.name);
    },
  ),
];

const HELP = [
  '(no subcommand)',
  '    Return details about all Redis commands.',
  'COUNT',
  '    Return the total number of commands in this Redis server.',
  'LIST',
  '    Return a list of all commands in this Redis server.',
  'INFO [<command-name> ...]',
  '    Return details about multiple Redis commands.',
  '    If no command names are given, documentation details for all',
  '    commands are returned.',
  'DOCS [<command-name> ...]',
  '    Return documentation details about multiple Redis commands.',
  '    If no command names are given, documentation details for all',
  '    commands are returned.',
  'GETKEYS <full-command>',
  '    Return the keys from a full Redis command.',
  'GETKEYSANDFLAGS <full-command>',
  '    Return the keys and the access flags from a full Redis command.',
];

/** A container that does something by itself: without a subcommand it is COMMAND INFO of everything. */
export const command = {
  ...container(
    'COMMAND',
    {
      group: 'server',
      summary: 'Describes all commands for clients.',
      since: '2.8.13',
      complexity: 'O(N), N being all commands.',
      replies: [reply.array('an entry for each command')],
      arity: -1,
      flags: FLAGS,
      categories: CATEGORY,
      tips: UNORDERED,
      help: HELP,
    },
    subcommands,
  ),
  run: writeAllInfo,
};
