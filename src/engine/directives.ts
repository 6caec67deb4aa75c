// The configuration directives that the engine reads: the keyspace, expiry, eviction, encodings, notifications and the
// rules of authentication. Exporting one here registers it: server/config/ collects them all.

import {
  bool,
  custom,
  enumeration,
  INT_MAX,
  INT_MIN,
  integer,
  LONG_MAX,
  memory,
  Refusal,
  text,
  ULONG_MAX,
} from '../lib/directive.ts';
import {
  EVENT_ALL,
  EVENT_ARRAY,
  EVENT_EVICTED,
  EVENT_EXPIRED,
  EVENT_GENERIC,
  EVENT_HASH,
  EVENT_KEY_MISS,
  EVENT_KEYEVENT,
  EVENT_KEYSPACE,
  EVENT_LIST,
  EVENT_MODULE,
  EVENT_NEW,
  EVENT_OVERWRITTEN,
  EVENT_SET,
  EVENT_SORTED_SET,
  EVENT_STREAM,
  EVENT_STRING,
  EVENT_SUBKEYEVENT,
  EVENT_SUBKEYSPACE,
  EVENT_SUBKEYSPACEEVENT,
  EVENT_SUBKEYSPACEITEM,
  EVENT_TYPE_CHANGED,
} from './events.ts';

export const databases = integer('databases', {
  summary: 'How many numbered databases there are. SELECT takes 0 to this minus one.',
  default: 16,
  min: 1,
  max: INT_MAX,
  immutable: true,
});

// Memory and eviction

export const maxmemory = memory('maxmemory', {
  summary:
    'The most memory that data and buffers may take before keys are evicted by maxmemory-policy, or writes are refused. 0 is no limit.',
  default: 0,
  min: 0,
  max: ULONG_MAX,
});

export const maxmemoryPolicy = enumeration(
  'maxmemory-policy',
  'noeviction',
  [
    'volatile-lru',
    'volatile-lfu',
    'volatile-random',
    'volatile-ttl',
    'volatile-lrm',
    'allkeys-lru',
    'allkeys-lfu',
    'allkeys-random',
    'allkeys-lrm',
    'noeviction',
  ],
  {
    summary:
      'Which keys go when maxmemory is reached: the least recently used (lru), least frequently used (lfu), least recently modified (lrm), random ones or those that expire next (ttl), out of all keys or of those with a time to live (volatile). noeviction refuses writes instead.',
  },
);

export const maxmemorySamples = integer('maxmemory-samples', {
  summary: 'How many keys are looked at to choose one for eviction: more is closer to the ideal and slower.',
  default: 5,
  min: 1,
  max: 64,
});

export const maxmemoryEvictionTenacity = integer('maxmemory-eviction-tenacity', {
  summary: 'How long one round of eviction may hold up commands: 0 as short as possible, 100 until enough is free.',
  default: 10,
  min: 0,
  max: 100,
});

export const lfuLogFactor = integer('lfu-log-factor', {
  summary: 'How slowly the frequency counter of lfu policies saturates: the higher, the more accesses it tells apart.',
  default: 10,
  min: 0,
  max: INT_MAX,
});

export const lfuDecayTime = integer('lfu-decay-time', {
  summary: 'Minutes after which an unused key loses one point of its frequency counter. 0: it never does.',
  default: 1,
  min: 0,
  max: INT_MAX,
});

export const lazyfreeLazyEviction = bool('lazyfree-lazy-eviction', false, {
  summary: 'Free the memory of evicted keys little by little instead of at once.',
});

export const lazyfreeLazyExpire = bool('lazyfree-lazy-expire', false, {
  summary: 'Free the memory of expired keys little by little instead of at once.',
});

export const lazyfreeLazyServerDel = bool('lazyfree-lazy-server-del', false, {
  summary: 'Free the memory of values that a command replaces (RENAME, SET over a large list) little by little.',
});

export const lazyfreeLazyUserDel = bool('lazyfree-lazy-user-del', false, {
  summary: 'Let DEL free memory little by little, as UNLINK does.',
});

export const lazyfreeLazyUserFlush = bool('lazyfree-lazy-user-flush', false, {
  summary: 'Let FLUSHDB, FLUSHALL, SCRIPT FLUSH and FUNCTION FLUSH without an argument mean ASYNC.',
});

export const lazyexpireNestedArbitraryKeys = bool('lazyexpire-nested-arbitrary-keys', true, {
  summary: 'Remove expired keys of other slots that are found in the midst of a transaction or script.',
  hidden: true,
});

export const activeExpireEffort = integer('active-expire-effort', {
  summary: 'From 1 to 10: how much time goes into removing keys that have expired and that nobody asks for.',
  default: 1,
  min: 1,
  max: 10,
});

export const activerehashing = bool('activerehashing', true, {
  summary: 'Use idle moments to finish growing and shrinking hash tables.',
});

export const activedefrag = bool('activedefrag', false, {
  summary: 'Move values together while the server runs, so that memory which is free but scattered can be given back.',
});

export const activeDefragIgnoreBytes = memory('active-defrag-ignore-bytes', {
  summary: 'Scattered free memory below this is left alone.',
  default: 100 << 20,
  min: 1,
  max: LONG_MAX,
});

export const activeDefragThresholdLower = integer('active-defrag-threshold-lower', {
  summary: 'The percentage of scattered memory at which moving starts.',
  default: 10,
  min: 0,
  max: 1000,
});

export const activeDefragThresholdUpper = integer('active-defrag-threshold-upper', {
  summary: 'The percentage of scattered memory at which moving takes all of the effort that it may take.',
  default: 100,
  min: 0,
  max: 1000,
});

export const activeDefragCycleMin = integer('active-defrag-cycle-min', {
  summary: 'The percentage of CPU time that moving takes at the lower threshold.',
  default: 1,
  min: 1,
  max: 99,
});

export const activeDefragCycleMax = integer('active-defrag-cycle-max', {
  summary: 'The percentage of CPU time that moving takes at the upper threshold.',
  default: 25,
  min: 1,
  max: 99,
});

export const activeDefragMaxScanFields = integer('active-defrag-max-scan-fields', {
  summary: 'A set, hash, sorted set or list with more elements than this is moved in several steps.',
  default: 1000,
  min: 1,
  max: LONG_MAX,
});

// Encodings: until when a value stays in its compact form

export const hashMaxListpackEntries = integer('hash-max-listpack-entries', {
  summary: 'A hash with more fields than this leaves the compact encoding.',
  alias: 'hash-max-ziplist-entries',
  default: 512,
  min: 0,
  max: LONG_MAX,
});

export const hashMaxListpackValue = memory('hash-max-listpack-value', {
  summary: 'A hash with a longer field or value than this leaves the compact encoding.',
  alias: 'hash-max-ziplist-value',
  default: 64,
  min: 0,
  max: LONG_MAX,
});

export const listMaxListpackSize = integer('list-max-listpack-size', {
  summary:
    'How much one node of a list holds: elements if positive; -1 to -5 stand for at most 4, 8, 16, 32 and 64 KB.',
  alias: 'list-max-ziplist-size',
  default: -2,
  min: INT_MIN,
  max: INT_MAX,
});

export const listCompressDepth = integer('list-compress-depth', {
  summary: 'How many nodes at each end of a list stay uncompressed. 0 compresses none.',
  default: 0,
  min: 0,
  max: INT_MAX,
});

export const setMaxIntsetEntries = integer('set-max-intset-entries', {
  summary: 'A set of integers with more members than this leaves the integer encoding.',
  default: 512,
  min: 0,
  max: LONG_MAX,
});

export const setMaxListpackEntries = integer('set-max-listpack-entries', {
  summary: 'A set with more members than this leaves the compact encoding.',
  default: 128,
  min: 0,
  max: LONG_MAX,
});

export const setMaxListpackValue = integer('set-max-listpack-value', {
  summary: 'A set with a longer member than this leaves the compact encoding.',
  default: 64,
  min: 0,
  max: LONG_MAX,
});

export const zsetMaxListpackEntries = integer('zset-max-listpack-entries', {
  summary: 'A sorted set with more members than this leaves the compact encoding.',
  alias: 'zset-max-ziplist-entries',
  default: 128,
  min: 0,
  max: LONG_MAX,
});

export const zsetMaxListpackValue = memory('zset-max-listpack-value', {
  summary: 'A sorted set with a longer member than this leaves the compact encoding.',
  alias: 'zset-max-ziplist-value',
  default: 64,
  min: 0,
  max: LONG_MAX,
});

export const hllSparseMaxBytes = memory('hll-sparse-max-bytes', {
  summary: 'A HyperLogLog longer than this in its sparse form becomes dense.',
  default: 3000,
  min: 0,
  max: LONG_MAX,
});

export const streamNodeMaxBytes = memory('stream-node-max-bytes', {
  summary: 'The most bytes in one node of a stream. 0 is no limit.',
  default: 4096,
  min: 0,
  max: LONG_MAX,
});

export const streamNodeMaxEntries = integer('stream-node-max-entries', {
  summary: 'The most entries in one node of a stream. 0 is no limit.',
  default: 100,
  min: 0,
  max: LONG_MAX,
});

export const streamIdmpDuration = integer('stream-idmp-duration', {
  summary: 'Seconds for which a stream remembers the ids that producers of XADD IDMP gave.',
  default: 100,
  min: 1,
  max: 86_400,
});

export const streamIdmpMaxsize = integer('stream-idmp-maxsize', {
  summary: 'How many ids of XADD IDMP a stream remembers for each producer.',
  default: 100,
  min: 1,
  max: 10_000,
});

export const arraySliceSize = integer('array-slice-size', {
  summary: 'How many elements one slice of an array holds: a power of two.',
  default: 4096,
  min: 256,
  max: 65_536,
  refuse: (size) => ((size & (size - 1)) === 0 ? null : 'array-slice-size must be a power of two'),
});

export const arraySparseKmax = integer('array-sparse-kmax', {
  summary: 'A slice of an array with more elements than this leaves the sparse form. 0: no slice is sparse.',
  default: 10,
  min: 0,
  max: 256,
});

export const arraySparseKmin = integer('array-sparse-kmin', {
  summary:
    'A slice of an array with fewer elements than this returns to the sparse form: below array-sparse-kmax. 0: none does.',
  default: 5,
  min: 0,
  max: 256,
});

/** Why the two cannot be together, or null: between them there must be room, or slices would change form for ever. */
export function refuseArraySparsity(kmin: number, kmax: number, changed: 'kmin' | 'kmax'): string | null {
  if (kmax === 0 || kmin < kmax) return null;
  return changed === 'kmin'
    ? 'array-sparse-kmin must be less than array-sparse-kmax'
    : 'array-sparse-kmax must be greater than array-sparse-kmin when non-zero';
}

export const vsetForceSingleThreadedExecution = bool('vset-force-single-threaded-execution', false, {
  summary: 'Let commands of vector sets do all of their work at once, never beside other commands.',
});

export const protoMaxBulkLen = memory('proto-max-bulk-len', {
  summary: 'The longest argument that a client may send, and the longest string that a command may make.',
  default: 512 << 20,
  min: 1 << 20,
  max: LONG_MAX,
});

// Notifications and tracking

/** In the order in which CONFIG GET shows them when A does not stand for them. */
const CLASS_LETTERS: readonly (readonly [string, number])[] = [
  ['g', EVENT_GENERIC],
  ['$', EVENT_STRING],
  ['l', EVENT_LIST],
  ['s', EVENT_SET],
  ['h', EVENT_HASH],
  ['z', EVENT_SORTED_SET],
  ['x', EVENT_EXPIRED],
  ['e', EVENT_EVICTED],
  ['t', EVENT_STREAM],
  ['d', EVENT_MODULE],
  ['a', EVENT_ARRAY],
  ['n', EVENT_NEW],
  ['o', EVENT_OVERWRITTEN],
  ['c', EVENT_TYPE_CHANGED],
];

/** Always shown, behind the classes. */
const CHANNEL_LETTERS: readonly (readonly [string, number])[] = [
  ['K', EVENT_KEYSPACE],
  ['E', EVENT_KEYEVENT],
  ['m', EVENT_KEY_MISS],
  ['S', EVENT_SUBKEYSPACE],
  ['T', EVENT_SUBKEYEVENT],
  ['I', EVENT_SUBKEYSPACEITEM],
  ['V', EVENT_SUBKEYSPACEEVENT],
];

const EVENT_LETTERS: ReadonlyMap<string, number> = new Map([['A', EVENT_ALL], ...CLASS_LETTERS, ...CHANNEL_LETTERS]);

export const notifyKeyspaceEvents = custom<number>('notify-keyspace-events', {
  summary:
    'Which changes are published: K on __keyspace@db__ and E on __keyevent@db__ channels, for g generic commands, $ strings, l lists, s sets, h hashes, z sorted sets, t streams, a arrays, d modules, x expired, e evicted, m missed, n new and o overwritten keys, c those of a new type; A is all of them but m, n, o and c. With the fields of hashes that changed: S on __subkeyspace@db__, T on __subkeyevent@db__, I on __subkeyspaceitem@db__, V on __subkeyspaceevent@db__ channels.',
  default: 0,
  parse(args) {
    let events = 0;
    for (const letter of args[0] ?? '') {
      const bit = EVENT_LETTERS.get(letter);
      if (bit === undefined) return new Refusal("Invalid event class character. Use 'Ag$lshzxeKEtmdnocaSTIV'.");
      events |= bit;
    }
    return events;
  },
  format: eventLetters,
  fileLines: (events) => [{ text: `"${eventLetters(events)}"`, force: events !== 0 }],
});

/** The letters of a set of events. Beside A the letters n, o and c are not shown, as in CONFIG GET of Redis 7.0 to 8.10. */
function eventLetters(events: number): string {
  let letters = '';
  if ((events & EVENT_ALL) === EVENT_ALL) letters = 'A';
  else for (const [letter, bit] of CLASS_LETTERS) if ((events & bit) !== 0) letters += letter;
  for (const [letter, bit] of CHANNEL_LETTERS) if ((events & bit) !== 0) letters += letter;
  return letters;
}

export const trackingTableMaxKeys = integer('tracking-table-max-keys', {
  summary: 'How many keys the server remembers for client-side caching before it invalidates some early. 0: no limit.',
  default: 1_000_000,
  min: 0,
  max: LONG_MAX,
});

export const keyMemoryHistograms = bool('key-memory-histograms', false, {
  summary:
    'Kept for configurations that have it; it does nothing: INFO KEYSIZES counts elements and lengths, not memory.',
});

// Who may do what

export const requirepass = text('requirepass', '', {
  summary: 'The password of the default user. Empty: clients need none.',
  unsetWhenEmpty: true,
  binary: true,
  sensitive: true,
});

export const acllogMaxLen = integer('acllog-max-len', {
  summary: 'How many refusals ACL LOG keeps.',
  default: 128,
  min: 0,
  max: LONG_MAX,
});

export const aclPubsubDefault = enumeration('acl-pubsub-default', 'resetchannels', ['allchannels', 'resetchannels'], {
  summary: 'Whether a new user may use all pub/sub channels or none until a rule says otherwise.',
});
