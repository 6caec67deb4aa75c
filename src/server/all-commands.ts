// All commands of a server: those of the engine's families, and those that work on the server itself.

import { ENGINE_COMMANDS } from '../engine/all-commands.ts';
import type { CommandDefinition } from '../engine/command.ts';
import type { Server } from './server.ts';

export function allCommands(_server: Server): readonly CommandDefinition[] {
  return ENGINE_COMMANDS;
}
