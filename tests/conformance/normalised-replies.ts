// Replies that two right servers may give differently: which commands', in which way, and why. Everything else must be
// equal byte for byte.

import { elementsOf, integerOf } from './reply-frames.ts';

export interface Normalisation {
  readonly commands: readonly string[];
  readonly reason: string;
  /** Whether two replies are as good as equal; `words` is the whole request. */
  readonly same: (ours: string, theirs: string, words: readonly string[]) => boolean;
}

/** Integers no further apart than this. */
function within(tolerance: number) {
  return (ours: string, theirs: string) => {
    const a = integerOf(ours);
    const b = integerOf(theirs);
    return a > 0 && b > 0 && Math.abs(a - b) <= tolerance;
  };
}

function sameKind(ours: string, theirs: string): boolean {
  return ours[0] === theirs[0] && ours.startsWith('$-1') === theirs.startsWith('$-1');
}

/** Replies of one kind, neither of which is an error. */
function neitherFails(ours: string, theirs: string): boolean {
  return ours[0] === theirs[0] && ours[0] !== '-';
}

function sameInAnyOrder(ours: string, theirs: string): boolean {
  const a = elementsOf(ours);
  const b = elementsOf(theirs);
  return a !== null && b !== null && ours[0] === theirs[0] && a.sort().join() === b.sort().join();
}

/** Fields with their values behind them, in any order. */
function samePairs(ours: string, theirs: string): boolean {
  const [a, b] = [pairsOf(ours), pairsOf(theirs)];
  return a !== null && b !== null && ours[0] === theirs[0] && a.join() === b.join();
}

function pairsOf(frame: string): string[] | null {
  const elements = elementsOf(frame);
  if (elements === null) return null;
  return elements.flatMap((field, index) => (index % 2 === 0 ? [`${field}${elements[index + 1]}`] : [])).sort();
}

/** What SORT says of items that BY orders as equal: in any order; with LIMIT other ones as well. */
function sameSorted(ours: string, theirs: string, words: readonly string[]): boolean {
  const options = words.map((word) => word.toLowerCase());
  if (!options.includes('by', 2)) return false;
  return options.includes('limit', 2) ? sameShape(ours, theirs) : sameInAnyOrder(ours, theirs);
}

function sameShape(ours: string, theirs: string): boolean {
  const a = elementsOf(ours);
  const b = elementsOf(theirs);
  return a !== null && b !== null && ours[0] === theirs[0] && a.length === b.length;
}

export const NORMALISED: readonly Normalisation[] = [
  {
    commands: ['ttl', 'expiretime'],
    reason: 'seconds from two clocks, read at two times',
    same: within(5),
  },
  {
    commands: ['pttl', 'pexpiretime'],
    reason: 'milliseconds from two clocks, read at two times',
    same: within(5000),
  },
  {
    commands: ['object|idletime'],
    reason: 'seconds since an access; of the small integers that C Redis shares, since an access to any of their keys',
    same: (a, b) => integerOf(a) >= 0 && integerOf(b) >= 0,
  },
  {
    commands: ['memory|usage'],
    reason: 'two ways of keeping values',
    same: (a, b) => integerOf(a) > 0 && integerOf(b) > 0,
  },
  {
    commands: ['slowlog|get', 'slowlog|len', 'latency|history', 'latency|latest', 'latency|graph', 'latency|histogram'],
    reason: 'two servers take different times',
    same: neitherFails,
  },
  { commands: ['latency|reset'], reason: 'what was slow was so on one server only', same: neitherFails },
  {
    commands: ['latency|doctor', 'memory|doctor', 'memory|malloc-stats', 'memory|stats'],
    reason: 'two ways of keeping values, and reports for people in our own words',
    same: neitherFails,
  },
  { commands: ['time'], reason: 'two clocks', same: sameShape },
  { commands: ['randomkey'], reason: 'chosen at random', same: sameKind },
  {
    commands: [
      'keys',
      'pubsub|channels',
      'pubsub|shardchannels',
      'smembers',
      'sinter',
      'sunion',
      'sdiff',
      'hkeys',
      'hvals',
    ],
    reason: "the order is the hash table's",
    same: sameInAnyOrder,
  },
  {
    commands: ['sort', 'sort_ro'],
    reason: 'items without weights, and those of a set that is not to be sorted, come in the order of a hash table',
    same: sameSorted,
  },
  { commands: ['hgetall'], reason: "the order is the hash table's", same: samePairs },
  { commands: ['hrandfield'], reason: 'chosen at random', same: (a, b) => sameKind(a, b) || sameShape(a, b) },
  { commands: ['hscan'], reason: "cursors and order are the hash table's own", same: sameShape },
  { commands: ['srandmember'], reason: 'chosen at random', same: (a, b) => sameKind(a, b) || sameShape(a, b) },
  {
    commands: ['sscan'],
    reason: "cursors and order are the hash table's own; a small set of strings is a table in 7.0",
    same: sameShape,
  },
  { commands: ['zrandmember'], reason: 'chosen at random', same: (a, b) => sameKind(a, b) || sameShape(a, b) },
  {
    commands: ['zscan'],
    reason: "cursors and order of large sorted sets are the hash table's own",
    same: sameShape,
  },
  { commands: ['scan'], reason: "cursors and order are the hash table's own", same: sameShape },
  {
    commands: ['unsubscribe', 'punsubscribe', 'sunsubscribe'],
    reason: 'without arguments the channels come in the order of a hash table',
    same: (a, b) =>
      a.replace(/\r\n\$\d+\r\n[^\r]*\r\n:/, ':').slice(0, 4) === b.slice(0, 4) && a.slice(-4) === b.slice(-4),
  },
  {
    commands: ['object|refcount'],
    reason:
      'C Redis shares small integers that SET and INCR store, and values with queued commands; ours are never shared',
    same: (a, b) => integerOf(a) > 0 && integerOf(b) > 0,
  },
  { commands: ['hello', 'client|id'], reason: "ids and versions are each server's own", same: sameKind },
];

const BY_COMMAND = new Map<string, Normalisation>();
for (const each of NORMALISED) for (const command of each.commands) BY_COMMAND.set(command, each);

/** Whether two replies to a command (in lower case, 'container|sub'), `words`, mean the same. */
export function isSameReply(command: string, ours: string, theirs: string, words: readonly string[]): boolean {
  return ours === theirs || (BY_COMMAND.get(command)?.same(ours, theirs, words) ?? false);
}
