// The commands of the engine's families: whatever a file of commands/ exports as a definition is one.

import type { CommandDefinition } from './command.ts';
import * as client from './commands/client.ts';
import * as commandInfo from './commands/command-info.ts';
import * as connection from './commands/connection.ts';
import * as databases from './commands/databases.ts';
import * as expire from './commands/expire.ts';
import * as keys from './commands/keys.ts';
import * as pubsub from './commands/pubsub.ts';
import * as server from './commands/server.ts';
import * as stringDigest from './commands/string/digest.ts';
import * as stringIncrex from './commands/string/increx.ts';
import * as stringLcs from './commands/string/lcs.ts';
import * as stringMsetex from './commands/string/msetex.ts';
import * as stringNumbers from './commands/string/numbers.ts';
import * as stringRanges from './commands/string/ranges.ts';
import * as stringValues from './commands/string/values.ts';
import * as transactions from './commands/transactions.ts';

/** Whether an export of a command file is a definition. */
function isDefinition(value: unknown): value is CommandDefinition {
  return typeof value === 'object' && value !== null && 'run' in value && 'kind' in value;
}

/** The definitions among the exports of command files. */
export function definitionsOf(...files: readonly object[]): readonly CommandDefinition[] {
  return files.flatMap((file) => Object.values(file).filter(isDefinition));
}

export const ENGINE_COMMANDS: readonly CommandDefinition[] = definitionsOf(
  stringValues,
  stringNumbers,
  stringRanges,
  stringLcs,
  stringDigest,
  stringMsetex,
  stringIncrex,
  keys,
  expire,
  databases,
  transactions,
  pubsub,
  connection,
  client,
  server,
  commandInfo,
);
