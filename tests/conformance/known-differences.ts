// Differences from redis-server 7.0.15 that are meant. Each has a reason and an example that is run against both: where
// they agree again, the difference has vanished and its line must go.

export interface KnownDifference {
  readonly what: string;
  readonly reason: string;
  /** Our own test of the same promise, as path and name. */
  readonly test: string;
  /** Commands after which the last one's replies differ. */
  readonly example: readonly (readonly string[])[];
  /** Whether a differing reply is this difference. `command` is the whole request. */
  readonly explains: (command: readonly string[], ours: string, theirs: string) => boolean;
}

function is(command: readonly string[], ...words: string[]): boolean {
  return words.every((word, index) => command[index]?.toLowerCase() === word);
}

/** The cursor of SCAN and its like, '0' of other commands. */
function cursorOf(command: readonly string[]): string {
  if (is(command, 'scan')) return command[1] ?? '';
  // What stands behind a NUL was nothing to 7.0.
  return /^[shz]scan$/i.test(command[0] ?? '') ? (command[2] ?? '').replace(/\0.*$/s, '') : '0';
}

/** A reply with every fraction in it, as a string or as a double, written as JavaScript does. */
function withShortScores(reply: string): string {
  return reply
    .replace(/\$\d+\r\n(-?\d+(?:\.\d+)?(?:e[+-]\d+)?)\r\n/g, (_, score: string) => `$\r\n${Number(score)}\r\n`)
    .replace(/,(-?\d+(?:\.\d+)?(?:e[+-]\d+)?)\r\n/g, (_, score: string) => `,${Number(score)}\r\n`);
}

const COORDINATE = /[$,](?:\d+\r\n)?(-?\d+(?:\.\d+)?(?:e-\d+)?)\r\n/g;

/** Whether two replies differ only in numbers, and in these by less than seventeen digits behind the point tell. */
function haveSameCoordinates(ours: string, theirs: string): boolean {
  const numbersOf = (reply: string) => [...reply.matchAll(COORDINATE)].map((match) => Number(match[1]));
  const numbers = numbersOf(theirs);
  return (
    ours.replace(COORDINATE, '#') === theirs.replace(COORDINATE, '#') &&
    numbersOf(ours).every((each, index) => Math.abs(each - numbers[index]!) < 1e-16)
  );
}

const NUMBER = /-?\d+(?:\.\d+)?(?:e[+-]\d+)?/g;

/**
 * Whether two replies differ only in what the last digit of a double makes of them: of distances as they are, or rounded
 * to four digits.
 */
function haveNearDistances(ours: string, theirs: string): boolean {
  const words = (reply: string) => reply.replace(/\$\d+\r\n/g, '');
  const numbers = [...words(theirs).matchAll(NUMBER)].map((match) => Number(match[0]));
  const isNear = (a: number, b: number) =>
    Math.abs(a - b) <= 4e-16 * Math.abs(a) || (a.toFixed(4) === String(a) && Math.abs(a - b) < 1.01e-4);
  return (
    words(ours).replace(NUMBER, '#') === words(theirs).replace(NUMBER, '#') &&
    [...words(ours).matchAll(NUMBER)].every((match, index) => isNear(Number(match[0]), numbers[index]!))
  );
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    what: 'GETRANGE whose end lies before the string is empty',
    reason: "Redis's suite of 2024-10 wants it so; 7.0 took such an end for the first byte",
    test: 'src/engine/commands/string/ranges.test.ts: ends of a range outside of the string',
    example: [
      ['SET', 'k', 'abc'],
      ['GETRANGE', 'k', '0', '-100'],
    ],
    explains: (command, ours, theirs) =>
      (is(command, 'getrange') || is(command, 'substr')) && ours === '$0\r\n\r\n' && theirs.startsWith('$1\r\n'),
  },
  {
    what: 'XREAD with more keys than ids names itself and the ids that it takes',
    reason: 'Redis 7.4 does',
    test: 'src/engine/commands/stream/stream.test.ts: refuses wrong arguments',
    example: [['XREAD', 'STREAMS', 'k', 'l', '0']],
    explains: (command, ours, theirs) =>
      /^xread(group)?$/i.test(command[0] ?? '') &&
      ours.startsWith('-ERR Unbalanced') &&
      theirs.startsWith('-ERR Unbalanced'),
  },
  {
    what: 'XREAD BLOCK beyond all bounds is out of range',
    reason: 'Redis 7.2 and later say so; 7.0 waited for a time in the past',
    test: 'src/engine/commands/stream/stream.test.ts: refuses wrong arguments',
    example: [['XREADGROUP', 'GROUP', 'g', 'ann', 'BLOCK', '9223372036854775807', 'STREAMS', 'k', '>']],
    explains: (command, ours) =>
      /^xread(group)?$/i.test(command[0] ?? '') && ours === '-ERR timeout is out of range\r\n',
  },
  {
    what: 'XAUTOCLAIM takes any COUNT, since it sets nothing aside for it',
    reason: 'C Redis allocates room for as many ids as it may have to tell of',
    test: 'src/engine/commands/stream/stream.test.ts: claims make their consumer',
    example: [
      ['XGROUP', 'CREATE', 'k', 'g', '0', 'MKSTREAM'],
      ['XAUTOCLAIM', 'k', 'g', 'ann', '0', '0', 'COUNT', '9007199254740992'],
    ],
    explains: (command, _ours, theirs) => is(command, 'xautoclaim') && theirs.startsWith('-ERR Insufficient memory'),
  },
  {
    what: 'a consumer who claims is there also when there was nothing to claim',
    reason: 'since Redis 7.2',
    test: 'src/engine/commands/stream/stream.test.ts: claims make their consumer',
    example: [
      ['XGROUP', 'CREATE', 'k', 'g', '0', 'MKSTREAM'],
      ['XAUTOCLAIM', 'k', 'g', 'ann', '0', '0'],
      ['XGROUP', 'CREATECONSUMER', 'k', 'g', 'ann'],
    ],
    explains: (command, ours, theirs) =>
      is(command, 'xgroup', 'createconsumer') && ours === ':0\r\n' && theirs === ':1\r\n',
  },
  {
    what: 'SCAN refuses an empty cursor, also one that ends with its first byte in C, and a negative one',
    reason: 'Redis 7.4 does; 7.0 let strtoul make something of them',
    test: 'src/engine/commands/databases.test.ts: SCAN takes the cursors that Redis 7.4 takes',
    example: [['SCAN', '']],
    explains: (command, ours) => /^-?(\0|$)|^-[1-9]/.test(cursorOf(command)) && ours === '-ERR invalid cursor\r\n',
  },
  {
    what: 'SCAN takes a cursor with spaces in front',
    reason: 'Redis 7.4 does; 7.0 looked for them',
    test: 'src/engine/commands/databases.test.ts: SCAN takes the cursors that Redis 7.4 takes',
    example: [['SCAN', ' 1']],
    explains: (command, _, theirs) => /^\s/.test(cursorOf(command)) && theirs === '-ERR invalid cursor\r\n',
  },
  {
    what: 'what a client publishes to itself in RESP3 comes behind the reply of PUBLISH',
    reason: 'Redis 7.2 and later do so; 7.0 sent it in front, and in the middle of what EXEC replies',
    test: 'src/engine/commands/pubsub.test.ts: a message to oneself comes behind the reply',
    example: [
      ['HELLO', '3'],
      ['SUBSCRIBE', 'news'],
      ['PUBLISH', 'news', 'hello'],
    ],
    explains: (command, ours, theirs) =>
      (is(command, 'exec') && ours.includes('message\r\n') && theirs.includes('message\r\n')) ||
      ((is(command, 'publish') || is(command, 'spublish')) &&
        ours.includes('\r\n>') &&
        [...ours].sort().join('') === [...theirs].sort().join('')),
  },
  {
    what: 'OBJECT ENCODING tells listpack of a small set of strings',
    reason: 'Redis 7.2 and later keep such sets as listpacks; 7.0 had tables only',
    test: 'src/engine/commands/set/members.test.ts: a set grows from one encoding into the next',
    example: [
      ['SADD', 'k', 'text'],
      ['OBJECT', 'ENCODING', 'k'],
    ],
    explains: (command, ours, theirs) =>
      is(command, 'object', 'encoding') && ours === '$8\r\nlistpack\r\n' && theirs === '$9\r\nhashtable\r\n',
  },
  {
    what: 'OBJECT ENCODING tells listpack of a small list',
    reason: 'Redis 7.2 and later keep such lists as one listpack; 7.0 had lists of packs only',
    test: 'src/engine/commands/list/list.test.ts: a list grows from one encoding into the next, and back',
    example: [
      ['RPUSH', 'k', 'item'],
      ['OBJECT', 'ENCODING', 'k'],
    ],
    explains: (command, ours, theirs) =>
      is(command, 'object', 'encoding') && ours === '$8\r\nlistpack\r\n' && theirs === '$9\r\nquicklist\r\n',
  },
  {
    what: 'LREM and LPOS refuse the least integer as a count and as a rank',
    reason: 'Redis 7.4 does, since it has no magnitude; 7.0 took it as it came (LREM is not generated so)',
    test: 'src/engine/commands/list/list.test.ts: counts and ranks that have no magnitude',
    example: [['LREM', 'k', '-9223372036854775808', 'item']],
    explains: (command, ours) =>
      (is(command, 'lrem') || is(command, 'lpos')) && ours.startsWith('-ERR value is out of range, value must'),
  },
  {
    what: 'a timeout beyond all bounds is out of range',
    reason: 'Redis 7.2 and later say so; 7.0 found it negative',
    test: 'src/engine/commands/list/blocking-lists.test.ts: timeouts that are none',
    example: [['BLPOP', 'k', 'inf']],
    explains: (_, ours, theirs) =>
      ours === '-ERR timeout is out of range\r\n' && theirs === '-ERR timeout is negative\r\n',
  },
  {
    what: 'scores are told with the fewest digits that read back as the same score',
    reason: 'Redis 7.2 and later print doubles so; 7.0 printed seventeen digits',
    test: 'src/engine/commands/sorted-set/sorted-set.test.ts: scores are told with the fewest digits',
    example: [['ZADD', 'k', 'INCR', '0.1', 'member']],
    explains: (_, ours, theirs) => /\d[.e]/.test(theirs) && withShortScores(ours) === withShortScores(theirs),
  },
  {
    what: 'distances differ from those of C in the last binary digit',
    reason: "the sines and cosines of JavaScript are not rounded as the C library's",
    test: 'src/engine/commands/geo/geo.test.ts: distances are those of redis-server but for the last binary digit',
    example: [
      ['GEOADD', 'k', '0', '48.85', 'member'],
      ['GEOSEARCHSTORE', 'd', 'k', 'FROMLONLAT', '13.361389', '-80.2', 'BYRADIUS', '1e6', 'mi', 'STOREDIST'],
      ['ZSCORE', 'd', 'member'],
    ],
    explains: (_, ours, theirs) => /\d\.\d/.test(theirs) && haveNearDistances(ours, theirs),
  },
  {
    what: 'SORT takes a number for one although an earlier command met one out of range',
    reason: "7.0 looks at what errno was left by any conversion before; SORT's own numbers are right",
    test: 'src/engine/commands/sort/sort.test.ts: weights that are no numbers',
    example: [
      ['RPUSH', 'k', '1.5', '2.5'],
      ['ZADD', 'z', '1e400', 'member'],
      ['SORT', 'k'],
    ],
    explains: (command, ours, theirs) =>
      /^sort(_ro)?$/i.test(command[0] ?? '') &&
      ours.startsWith('*') &&
      theirs.startsWith("-ERR One or more scores can't be converted"),
  },
  {
    what: 'a sorted set stays a listpack when it is sorted',
    reason: 'SORT of Redis makes a skiplist of it, although it only reads',
    test: 'src/engine/commands/sort/sort.test.ts: what is sorted stays as it is',
    example: [
      ['ZADD', 'k', '1', 'member'],
      ['SORT', 'k', 'ALPHA'],
      ['OBJECT', 'ENCODING', 'k'],
    ],
    explains: (command, ours, theirs) =>
      is(command, 'object', 'encoding') && ours === '$8\r\nlistpack\r\n' && theirs === '$8\r\nskiplist\r\n',
  },
  {
    what: 'a score of -0 that comes to a small sorted set is told as 0 also where the set was sorted before',
    reason: 'what SORT of Redis made a skiplist of keeps the sign, a listpack does not',
    test: 'src/engine/commands/sort/sort.test.ts: what is sorted stays as it is',
    example: [
      ['ZADD', 'k', '1', 'member'],
      ['SORT', 'k', 'ALPHA'],
      ['ZADD', 'k', '-0', 'other'],
      ['ZSCORE', 'k', 'other'],
    ],
    explains: (command, ours, theirs) =>
      /^z/i.test(command[0] ?? '') && theirs.replace(/\$2\r\n-0\r/g, '$1\r\n0\r').replace(/,-0\r/g, ',0\r') === ours,
  },
  {
    what: 'a score of -0 keeps its sign where more members come at once than a small sorted set has',
    reason: 'Redis 7.2 and later make a skiplist at once, as we do; 7.0 began with a listpack, which does not keep it',
    test: 'src/engine/commands/sorted-set/sorted-set.test.ts: -0 keeps its sign in a large sorted set',
    example: [
      ['ZADD', 'k', ...Array.from({ length: 129 }, (_, index) => ['-0', `member:${index}`]).flat()],
      ['ZSCORE', 'k', 'member:0'],
    ],
    explains: (command, ours, theirs) =>
      /^z/i.test(command[0] ?? '') && ours.replace(/\$2\r\n-0\r/g, '$1\r\n0\r').replace(/,-0\r/g, ',0\r') === theirs,
  },
  {
    what: 'sorted sets are combined with AGGREGATE COUNT',
    reason: 'it came with Redis 8.8',
    test: 'src/engine/commands/sorted-set/sorted-set.test.ts: AGGREGATE COUNT',
    example: [['ZUNION', '1', 'k', 'AGGREGATE', 'COUNT']],
    explains: (command, _, theirs) =>
      /^z(inter|union)(store)?$/i.test(command[0] ?? '') &&
      command.some((word, index) => is([word], 'count') && is([command[index - 1] ?? ''], 'aggregate')) &&
      theirs === '-ERR syntax error\r\n',
  },
  {
    what: 'coordinates are told with the fewest digits that read back as the same number',
    reason: 'Redis 7.4 prints them as other doubles; 7.0 printed seventeen digits behind the point',
    test: 'src/engine/commands/geo/geo.test.ts: coordinates are told with the fewest digits',
    example: [
      ['GEOADD', 'k', '13.361389', '38.115556', 'member'],
      ['GEOPOS', 'k', 'member'],
    ],
    explains: (command, ours, theirs) => /^geo/i.test(command[0] ?? '') && haveSameCoordinates(ours, theirs),
  },
  {
    what: 'ZRANK and ZREVRANK take a third argument',
    reason: 'WITHSCORE came with Redis 7.2',
    test: 'src/engine/commands/sorted-set/sorted-set.test.ts: ranks, with the score if asked for',
    example: [['ZRANK', 'k', 'member', 'x']],
    explains: (command, _, theirs) =>
      /^z(rev)?rank$/i.test(command[0] ?? '') && theirs.startsWith('-ERR wrong number of arguments'),
  },
  {
    what: 'BITCOUNT and BITPOS refuse wrong arguments whatever the key holds',
    reason: 'Redis 7.4 parses them first; 7.0 answered 0 or -1 where there was no such key',
    test: 'src/engine/commands/bitmap/bits.test.ts: BITCOUNT and BITPOS parse before they look',
    example: [['BITCOUNT', 'nosuch', '0']],
    explains: (command, ours, theirs) =>
      /^bit(count|pos)$/i.test(command[0] ?? '') && ours.startsWith('-ERR ') && /^(:|-)/.test(theirs),
  },
  {
    what: 'a SADD of more arguments than an int set may have makes no int set, even if they repeat',
    reason: 'Redis 7.2 and later choose the encoding of a new set by the count of arguments',
    test: 'src/engine/commands/set/members.test.ts: a set grows from one encoding into the next',
    example: [
      ['SADD', 'k', ...Array.from({ length: 600 }, (_, index) => String(index % 300))],
      ['OBJECT', 'ENCODING', 'k'],
    ],
    explains: (command, ours, theirs) =>
      is(command, 'object', 'encoding') && /listpack|hashtable/.test(ours) && theirs === '$6\r\nintset\r\n',
  },
  {
    what: 'ZADD with more pairs than a pack may hold makes a large sorted set at once',
    reason: 'Redis 7.2 and later do so; 7.0 looked at the members one by one, of which some may be the same',
    test: 'src/engine/commands/sorted-set/sorted-set.test.ts: outgrow their pack by members and by length, and are stored small again',
    example: [
      ['ZADD', 'k', ...Array.from({ length: 129 }, () => ['1', 'member']).flat()],
      ['OBJECT', 'ENCODING', 'k'],
    ],
    explains: (command, ours, theirs) =>
      is(command, 'object', 'encoding') && ours === '$8\r\nskiplist\r\n' && theirs === '$8\r\nlistpack\r\n',
  },
  {
    what: 'SCAN refuses a TYPE that there is not',
    reason: "Redis's suite of 2024-10 wants it so; 7.0 found no keys of it",
    test: 'src/engine/commands/databases.test.ts: SCAN refuses a TYPE that there is not',
    example: [['SCAN', '0', 'TYPE', 'nosuch']],
    explains: (command, ours) => is(command, 'scan') && ours.startsWith("-ERR unknown type name '"),
  },
  {
    what: 'SORT ALPHA orders elements with a NUL by all of their bytes',
    reason:
      'C compares them as far as the NUL, takes some for equal, and leaves those in the order of an unstable sort',
    test: 'src/engine/commands/sort/sort.test.ts: a NUL in an element does not end it',
    example: [
      ['RPUSH', 'k', '\0b', '\0a', ''],
      ['SORT', 'k', 'ALPHA'],
    ],
    explains: (command, ours, theirs) =>
      /^sort(_ro)?$/i.test(command[0] ?? '') &&
      command.some((word) => is([word], 'alpha')) &&
      [...ours].sort().join('') === [...theirs].sort().join(''),
  },
];

/** Commands after which hits and misses are not compared, and why. */
export const UNCOUNTED: Readonly<Record<string, string>> = {
  lpos: 'a rank that only one of the two takes is looked up by one only',
  scan: 'Redis 7.0 counts a hit for each key that SCAN TYPE looks at; 7.4 looks at the type without a lookup',
  hscan: 'a cursor that only one of the two takes is looked up by one only',
  bitcount: 'see above: a wrong call looks nothing up',
  bitpos: 'as BITCOUNT',
  sort: 'weights are looked up in the order of a hash table; where 7.0 finds no number for one, GET looks nothing up',
  sort_ro: 'as SORT',
  sscan: 'a cursor that only one of the two takes is looked up by one only',
  zscan: 'as SSCAN',
};
