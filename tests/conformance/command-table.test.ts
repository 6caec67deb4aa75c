// What COMMAND says of each command, beside redis-server: arity, flags, keys, categories, tips, key specifications. Clients and
// proxies route by it. Where a newer release says something else, ours does.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Redis } from 'ioredis';
import { createServer } from '../../src/server/embedded.ts';
import { SKIP_WITHOUT_REDIS, startRedis } from '../support/redis-server.ts';

const FIELDS = ['name', 'arity', 'flags', 'first key', 'last key', 'step', 'categories', 'tips', 'keys', 'subcommands'];
const SUBCOMMANDS = FIELDS.indexOf('subcommands');

/** Commands of which a field differs, with the reason; a field of all of them as '*'. */
const DIFFERENCES: readonly { commands: readonly string[]; field: string; reason: string }[] = [
  {
    commands: ['blmove', 'blpop', 'brpop', 'brpoplpush', 'bzpopmax', 'bzpopmin'],
    field: 'flags',
    reason: '7.4: scripts may call them, and do not wait',
  },
  { commands: ['cluster|slots', 'cluster|shards'], field: 'flags', reason: '7.2: while loading, too' },
  { commands: ['command|getkeys', 'command|getkeysandflags'], field: 'arity', reason: '7.2: of commands without keys' },
  { commands: ['zrank', 'zrevrank'], field: 'arity', reason: '7.2: WITHSCORE' },
  { commands: ['wait'], field: 'flags', reason: '7.2: it is a blocking command' },
  { commands: ['wait'], field: 'categories', reason: '7.2: it is a blocking command' },
  {
    commands: ['config|resetstat', 'config|rewrite', 'msetnx', 'randomkey', 'scan'],
    field: 'tips',
    reason: '7.2: tips for clusters',
  },
  {
    commands: ['bitfield', 'getex', 'set', 'xadd'],
    field: 'keys',
    reason: 'notes are in our words, or none where the flags say it',
  },
  { commands: ['sinterstore'], field: 'keys', reason: '7.2: the destination is only written' },
];

/** Sets of words have no order. */
function inOrder(value: unknown): unknown {
  const isWords = Array.isArray(value) && value.every((each) => typeof each === 'string');
  return isWords ? [...value].sort() : value;
}

function byName(commands: unknown[][]): Map<string, unknown[]> {
  return new Map(commands.map((command) => [String(command[0]), command]));
}

function differencesOf(theirs: Map<string, unknown[]>, ours: Map<string, unknown[]>): string[] {
  const found: string[] = [];
  for (const [name, expected] of theirs) {
    const command = ours.get(name);
    if (command === undefined) continue;
    for (const [index, field] of FIELDS.entries()) {
      if (index === SUBCOMMANDS) continue;
      try {
        assert.deepEqual(inOrder(command[index]), inOrder(expected[index]));
      } catch {
        found.push(`${name}: ${field}`);
      }
    }
    const subcommands = (entry: unknown[]) => byName(entry[SUBCOMMANDS] as unknown[][]);
    found.push(...differencesOf(subcommands(expected), subcommands(command)));
  }
  return found;
}

it('COMMAND tells of each command what redis-server does', { skip: SKIP_WITHOUT_REDIS }, async () => {
  const reference = await startRedis([]);
  const server = await createServer();
  const clients = [reference.port, server.port].map((port) => new Redis(port, '127.0.0.1'));
  try {
    const [theirs, ours] = await Promise.all(clients.map((client) => client.call('COMMAND') as Promise<unknown[][]>));
    assert.deepEqual(
      differencesOf(byName(theirs!), byName(ours!)).sort(),
      DIFFERENCES.flatMap(({ commands, field }) => commands.map((name) => `${name}: ${field}`)).sort(),
    );
  } finally {
    for (const client of clients) client.disconnect();
    await server.stop();
    await reference.stop();
  }
});
