// The text of src/client/commands.generated.ts: a method with types for each command of the engine, from the definitions.

import { camelCase, fieldName, methodName } from '../src/client/arguments.ts';
import { ENGINE_COMMANDS } from '../src/engine/all-commands.ts';
import type { ArgumentDefinition, CommandDefinition, ReplyDefinition } from '../src/engine/command.ts';
import { PERSISTENCE_COMMANDS } from '../src/persistence/all-commands.ts';

const REPLY_TYPES: Readonly<Record<ReplyDefinition['type'], string>> = {
  ok: "'OK'",
  simple: 'string',
  bulk: 'string',
  integer: 'number',
  double: 'number',
  boolean: 'boolean',
  nil: 'null',
  array: 'ReplyValue[]',
  map: 'Map<ReplyValue, ReplyValue>',
  set: 'Set<ReplyValue>',
  verbatim: 'string',
  'big-number': 'bigint',
  any: 'ReplyValue',
};

function plainType(argument: ArgumentDefinition): string {
  if (argument.type === 'pure-token') return 'true';
  if (argument.type === 'integer' || argument.type === 'unix-time') return 'number | bigint | string';
  if (argument.type === 'double') return 'number | string';
  if (argument.type === 'oneof') return choiceType(argument);
  if (argument.type === 'block') return `{ ${argument.args!.map((part) => field(part, fieldName(part))).join('; ')} }`;
  return 'Argument';
}

function choiceType(argument: ArgumentDefinition): string {
  const kinds = argument.args!.flatMap((choice) => {
    if (choice.type === 'pure-token') return [`'${choice.token}'`];
    if (choice.token === undefined && choice.type !== 'block') return [typeOf(choice)];
    return [`{ '${fieldName(choice)}': ${typeOf(choice)} }`];
  });
  return [...new Set(kinds)].join(' | ');
}

function typeOf(argument: ArgumentDefinition): string {
  const type = plainType(argument);
  return argument.multiple === true ? `readonly (${type})[] | ${type.includes('|') ? `(${type})` : type}` : type;
}

function field(argument: ArgumentDefinition, name: string): string {
  const key = /^[A-Za-z]\w*$/.test(name) ? name : `'${name}'`;
  return `readonly ${key}${argument.optional === true ? '?' : ''}: ${typeOf(argument)}${argument.optional === true ? ' | undefined' : ''}`;
}

function method(definition: CommandDefinition): string {
  const args = (definition.args ?? []).filter((argument) => argument.countsKeys !== true);
  const required = args.filter((argument) => argument.optional !== true);
  const optional = args.filter((argument) => argument.optional === true);
  const parameters = required.map((argument) => `${camelCase(argument.name)}: ${typeOf(argument)}`);
  if (optional.length > 0) {
    parameters.push(
      `options?: { ${optional.map((argument) => field(argument, camelCase(argument.name))).join('; ')} }`,
    );
  }
  const replies = [...new Set(definition.replies.map(({ type }) => REPLY_TYPES[type]))].join(' | ');
  const call = definition.name.toUpperCase().replace('|', ' ');
  return `  /** ${call}: ${definition.summary} ${definition.complexity} Since ${definition.since}. */\n  ${methodName(definition)}(${parameters.join(', ')}): Promise<${replies === '' ? 'ReplyValue' : replies}>;`;
}

/** The whole file. */
export function clientTypes(): string {
  const methods = [...ENGINE_COMMANDS, ...PERSISTENCE_COMMANDS]
    .flatMap((each) => [each, ...each.subcommands])
    .filter(({ kind }) => kind !== 'container')
    .map((definition) => [methodName(definition), method(definition)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => text);
  return `// Generated from the command definitions by npm run generate: do not edit.

import type { ReplyValue } from '../protocol/reply-values.ts';
import type { Argument } from './arguments.ts';

/** Every command of the engine as a method. Replies are those of RESP3; strings as the client was asked to make them. */
export interface TypedCommands {
${methods.join('\n')}
}
`;
}
