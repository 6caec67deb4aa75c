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
    what: 'SCAN refuses an empty and a negative cursor',
    reason: 'Redis 7.4 does; 7.0 let strtoul make something of them',
    test: 'src/engine/commands/databases.test.ts: SCAN takes the cursors that Redis 7.4 takes',
    example: [['SCAN', '']],
    explains: (command, ours) =>
      is(command, 'scan') && /^-?$|^-[1-9]/.test(command[1] ?? '') && ours === '-ERR invalid cursor\r\n',
  },
  {
    what: 'SCAN takes a cursor with spaces in front',
    reason: 'Redis 7.4 does; 7.0 looked for them',
    test: 'src/engine/commands/databases.test.ts: SCAN takes the cursors that Redis 7.4 takes',
    example: [['SCAN', ' 1']],
    explains: (command, _, theirs) =>
      is(command, 'scan') && /^\s/.test(command[1] ?? '') && theirs === '-ERR invalid cursor\r\n',
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
];

/** Commands after which hits and misses are not compared, and why. */
export const UNCOUNTED: Readonly<Record<string, string>> = {
  scan: 'Redis 7.0 counts a hit for each key that SCAN TYPE looks at; 7.4 looks at the type without a lookup',
};
