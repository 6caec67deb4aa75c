// The commands of the persistence room that need nothing but a keyspace.

import { definitionsOf } from '../engine/all-commands.ts';
import type { CommandDefinition } from '../engine/command.ts';
import * as dump from './commands/dump.ts';

export const PERSISTENCE_COMMANDS: readonly CommandDefinition[] = definitionsOf(dump);
