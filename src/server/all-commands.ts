// All commands of a server: those of the engine's families, and those that work on the server itself.

import { ENGINE_COMMANDS } from '../engine/all-commands.ts';
import type { CommandDefinition } from '../engine/command.ts';
import { PERSISTENCE_COMMANDS } from '../persistence/all-commands.ts';
import { backupCommands } from '../persistence/commands/backup.ts';
import { savingCommands } from '../persistence/commands/saving.ts';
import { aloneCommands } from './commands/alone.ts';
import { clusterCommands } from './commands/cluster.ts';
import { configCommands } from './commands/config.ts';
import { debugCommands } from './commands/debug.ts';
import { hotKeysCommands } from './commands/hotkeys.ts';
import { infoCommands } from './commands/info.ts';
import { migrateCommands } from './commands/migrate.ts';
import { shutdownCommands } from './commands/shutdown.ts';
import type { Server } from './server.ts';

export function allCommands(server: Server): readonly CommandDefinition[] {
  return [
    ...ENGINE_COMMANDS,
    ...PERSISTENCE_COMMANDS,
    ...savingCommands(() => server.persistence),
    ...backupCommands(() => server.persistence),
    ...configCommands(server),
    ...infoCommands(server),
    ...hotKeysCommands(server),
    ...migrateCommands(server),
    ...shutdownCommands(server),
    ...debugCommands(server),
    ...aloneCommands(server),
    ...clusterCommands(),
  ];
}
