// The ACL categories of a command. They follow from its group, its kind and its flags; what does not, its definition
// says.

import type { AclCategory, CommandDefinition, CommandGroup } from './command.ts';

/** All categories, in the order in which Redis lists them. */
export const CATEGORIES = [
  'keyspace',
  'read',
  'write',
  'set',
  'sortedset',
  'list',
  'hash',
  'string',
  'bitmap',
  'hyperloglog',
  'geo',
  'stream',
  'pubsub',
  'admin',
  'fast',
  'slow',
  'blocking',
  'dangerous',
  'connection',
  'transaction',
  'scripting',
] as const;

export type Category = (typeof CATEGORIES)[number];

/** Groups whose commands make up a category. */
const GROUP_CATEGORIES: Partial<Record<CommandGroup, Category>> = {
  string: 'string',
  list: 'list',
  set: 'set',
  'sorted-set': 'sortedset',
  hash: 'hash',
  stream: 'stream',
  bitmap: 'bitmap',
  hyperloglog: 'hyperloglog',
  geo: 'geo',
  transactions: 'transaction',
  connection: 'connection',
  scripting: 'scripting',
};

/** The categories of a command, in the order of CATEGORIES. */
export function categoriesOf(definition: CommandDefinition): readonly Category[] {
  const { kind, group, flags = [], categories = [] } = definition;
  const found = new Set<Category | AclCategory>(categories);
  const ofGroup = GROUP_CATEGORIES[group];
  // A container does nothing itself; what it contains has the categories.
  if (ofGroup !== undefined && kind !== 'container') found.add(ofGroup);
  if (kind === 'write') found.add('write');
  if (kind === 'read' && !found.has('scripting')) found.add('read');
  if (flags.includes('admin')) found.add('admin').add('dangerous');
  if (flags.includes('pubsub')) found.add('pubsub');
  if (flags.includes('blocking')) found.add('blocking');
  found.add(flags.includes('fast') ? 'fast' : 'slow');
  return CATEGORIES.filter((category) => found.has(category));
}
