// What redis-check-rdb calls the types of values, by their numbers in the file.

import { REFUSED_TYPES } from '../persistence/rdb/rdb-format.ts';

/** '' where no value has the number. */
const NAMES: readonly string[] = [
  'string',
  'list-linked',
  'set-hashtable',
  'zset-v1',
  'hash-hashtable',
  'zset-v2',
  'module-pre-release',
  'module-value',
  '',
  'hash-zipmap',
  'list-ziplist',
  'set-intset',
  'zset-ziplist',
  'hash-ziplist',
  'quicklist',
  'stream',
  'hash-listpack',
  'zset-listpack',
  'quicklist-v2',
  'stream-v2',
  'set-listpack',
  'stream-v3',
  'hash-hashtable-md-pre-release',
  'hash-listpack-md-pre-release',
  'hash-hashtable-md',
  'hash-listpack-md',
  'stream-v4',
  'stream-v5',
];

export function isValueType(type: number): boolean {
  return (NAMES[type] ?? '') !== '' || REFUSED_TYPES.has(type);
}

export function valueTypeName(type: number): string {
  return NAMES[type] ?? REFUSED_TYPES.get(type) ?? 'unknown';
}
