// Limits that force each encoding in turn, on both sides of the comparison.

import type { Engine } from '../../src/engine/engine.ts';

interface Limit {
  readonly directive: string;
  readonly values: readonly number[];
  /** What both start with. */
  readonly usual: number;
  readonly set: (engine: Engine, value: number) => void;
}

export const LIMITS: readonly Limit[] = [
  {
    directive: 'hash-max-listpack-entries',
    values: [0, 2, 512],
    usual: 512,
    set: ({ keyspace }, value) => {
      keyspace.hashes.packedEntriesMax = value;
    },
  },
  {
    directive: 'list-max-listpack-size',
    values: [-1, -2, 1, 2, 5],
    usual: -2,
    set: ({ keyspace }, value) => keyspace.lists.limitPacks(value),
  },
  {
    directive: 'list-compress-depth',
    values: [0, 1, 2],
    usual: 0,
    set: ({ keyspace }, value) => {
      keyspace.lists.quicklist.compressDepth = value;
    },
  },
  {
    directive: 'set-max-intset-entries',
    values: [0, 2, 512],
    usual: 512,
    set: ({ keyspace }, value) => {
      keyspace.sets.intSetEntriesMax = value;
    },
  },
  {
    directive: 'zset-max-listpack-entries',
    values: [0, 3, 128],
    usual: 128,
    set: ({ keyspace }, value) => {
      keyspace.sortedSets.packedEntriesMax = value;
    },
  },
  {
    directive: 'zset-max-listpack-value',
    values: [3, 64, 64],
    usual: 64,
    set: ({ keyspace }, value) => {
      keyspace.sortedSets.packedValueBytesMax = value;
    },
  },
  {
    directive: 'stream-node-max-entries',
    values: [0, 1, 3, 100],
    usual: 100,
    set: ({ keyspace }, value) => {
      keyspace.streams.log.blockEntriesMax = value;
    },
  },
  {
    directive: 'stream-node-max-bytes',
    values: [0, 100, 4096],
    usual: 4096,
    set: ({ keyspace }, value) => {
      keyspace.streams.log.blockBytesMax = value;
    },
  },
];

/** One value for each limit; `choose` picks among them. */
export function chooseLimits(choose: (values: readonly number[]) => number): number[] {
  return LIMITS.map(({ values }) => choose(values));
}
