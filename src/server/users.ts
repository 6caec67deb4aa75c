// The users of a server's configuration: those that `user` lines declare, and the file of users.

import { AclFile } from '../engine/acl/acl-file.ts';
import { Users } from '../engine/acl/users.ts';
import type { CommandDefinition } from '../engine/command.ts';
import { CommandTable } from '../engine/command-table.ts';
import { aclPubsubDefault } from '../engine/directives.ts';
import { quoteWord } from '../lib/quoted-words.ts';
import { dir } from '../persistence/directives.ts';
import { type Disk, joinPath } from '../world/disk.ts';
import { aclfile } from './config/security.ts';
import type { ServerConfig } from './config/server-config.ts';
import type { Server } from './server.ts';

/** Checks `user` lines on users that no server has. */
export function userChecker(commands: () => readonly CommandDefinition[]): (words: readonly string[]) => string | null {
  let users: Users | null = null;
  const seen = new Set<string>();
  return (words) => {
    users ??= new Users(new CommandTable(commands()));
    const name = words[0] ?? '';
    const isKnown = seen.has(name);
    seen.add(name);
    const refusal = isKnown
      ? 'Duplicate user found. A user can only be defined once in config files'
      : users.declare(words);
    return refusal === null ? null : `Error in user declaration '${name}': ${refusal}`;
  };
}

/** Gives a server its file of users, if there is one; see `loadUsers`. */
export function setUpUsers(server: Server, disk: Disk): void {
  const { config, engine, log } = server;
  const { users } = engine.acl;
  config.follow(aclPubsubDefault, (channels) => {
    users.book.allChannelsAtFirst = channels === 'allchannels';
  });
  const name = config.get(aclfile);
  if (name === '') return;
  engine.acl.file = new AclFile({
    disk,
    name,
    path: () => (name.startsWith('/') ? name : joinPath(config.get(dir), name)),
    warn: (line) => log.warning(line),
  });
}

/** Makes the users of the configuration or of the file of users: at the start. Null, or why the server cannot start. */
export function loadUsers({ config, engine }: Server): string | null {
  const { acl } = engine;
  for (const words of config.users) {
    const refusal = acl.users.declare(words);
    if (refusal !== null) return `${ABORTING}Error in user declaration '${words[0]}': ${refusal}`;
  }
  const errors = acl.file === null ? null : acl.load();
  return errors === null ? null : ABORTING + errors;
}

const ABORTING = 'Aborting Redis startup because of ACL errors: ';

/** The `user` lines of a rewritten configuration; none where a file has them. */
export function userLines(config: ServerConfig, users: Users): readonly string[] {
  if (config.get(aclfile) !== '') return [];
  return users.all().map((user) => [user.name, ...user.rulesText().split(' ')].map(asWord).join(' '));
}

/** A word as a line of the configuration has it: in quotes only where it would be read as something else. */
function asWord(word: string): string {
  return /^[!#-&(-[\]-~]+$/.test(word) ? word : quoteWord(word);
}
