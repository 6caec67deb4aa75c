// What the comparison with redis-server 7.0.15 leaves out, and why.

import type { CommandDefinition } from '../../src/engine/command.ts';

/** The version that is compared with. Commands and options that came later have tests of their own. */
export const REFERENCE_VERSION = '7.0.15';

/** Commands that both have, but that cannot be compared in a stream of one connection. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  quit: 'ends the connection; tested by the server',
  spop: 'chosen at random: the sets would differ from then on; src/engine/commands/set/members.test.ts',
  pfselftest: 'takes 4 seconds in C Redis; tests of its family',
  lolwut: 'draws other pictures; src/engine/commands/lolwut.test.ts',
  monitor: 'ends the exchange of requests and replies; tests/integration',
  'client|kill': 'may end the connection',
  'client|pause': 'would hold the test up; tests/integration',
  'client|info': "ids, addresses and memory are each server's own; tests of the connection family",
  'client|list': 'as CLIENT INFO',
  'client|tracking': 'sends messages of its own accord; tracking.test.ts compares them with redis-server',
  'client|unblock': 'names ids; src/engine/blocking.test.ts',
  'client|help': 'lists the subcommands of 7.4',
  'object|help': 'same text, tested by its family',
  'memory|help': 'lists the subcommands that are there; src/engine/commands/command-info.test.ts',
  'slowlog|help': 'same text but for its last line, src/engine/commands/command-logs.test.ts',
  'latency|help': 'same text but for its last line, src/engine/commands/latency.test.ts',
  'pubsub|help': 'lists the subcommands of 7.4',
  'command|count': 'counts the commands of each server',
  'command|docs': 'in our own words',
  'command|info': 'command-info.test.ts compares it with redis-server',
  'command|list': 'lists the commands of each server',
  'command|getkeys': 'command-info.test.ts compares it with redis-server',
  'command|getkeysandflags': 'command-info.test.ts compares it with redis-server',
  'command|help': 'command-info.test.ts compares it with redis-server',
  'xinfo|consumers': 'idle and inactive are of 7.2; src/engine/commands/stream/stream.test.ts',
  'xinfo|stream': 'active-time is of 7.2; src/engine/commands/stream/stream.test.ts',
  'xinfo|groups': 'lag past removed entries is of 7.4; src/engine/commands/stream/stream.test.ts',
  xsetid: 'an id below removed ones is refused since 7.2; src/engine/commands/stream/stream.test.ts',
  'xinfo|help': 'lists the subcommands of 7.4',
  'xgroup|help': 'lists the subcommands of 7.4',
  auth: 'its failures are told to all who look at the log; tests/conformance/acl.test.ts',
  'acl|cat': 'users outlive a batch; tests/conformance/acl.test.ts',
  'acl|deluser': 'as ACL CAT',
  'acl|dryrun': 'as ACL CAT',
  'acl|genpass': 'as ACL CAT',
  'acl|getuser': 'as ACL CAT',
  'acl|list': 'as ACL CAT',
  'acl|load': 'as ACL CAT',
  'acl|log': 'as ACL CAT',
  'acl|save': 'as ACL CAT',
  'acl|setuser': 'as ACL CAT',
  'acl|users': 'as ACL CAT',
  'acl|whoami': 'as ACL CAT',
  'acl|help': 'as ACL CAT',
};

function isLater(version: string | undefined): boolean {
  if (version === undefined) return false;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [referenceMajor = 0, referenceMinor = 0] = REFERENCE_VERSION.split('.').map(Number);
  return major > referenceMajor || (major === referenceMajor && minor > referenceMinor);
}

/** Whether something that came with a version is unknown to the reference. */
export function isNewer(definition: { readonly since?: string }): boolean {
  return isLater(definition.since);
}

/** The commands to compare, subcommands in place of their containers. */
export function comparable(definitions: readonly CommandDefinition[]): CommandDefinition[] {
  return definitions
    .flatMap((definition) => (definition.subcommands.length > 0 ? definition.subcommands : [definition]))
    .filter((definition) => !isNewer(definition) && LEFT_OUT[definition.name] === undefined);
}
