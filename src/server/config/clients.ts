// Directives of clients: how many, what they may send, and how much may wait for them.

import {
  asciiLowerCase,
  custom,
  type FileLine,
  integer,
  LONG_MAX,
  memory,
  memoryText,
  parseLong,
  parseMemory,
  percentOrMemory,
  Refusal,
  UINT_MAX,
} from '../../lib/directive.ts';

export const maxclients = integer('maxclients', {
  summary: 'How many clients may be connected at once.',
  default: 10_000,
  min: 1,
  max: UINT_MAX,
});

export const clientQueryBufferLimit = memory('client-query-buffer-limit', {
  summary: 'How much of a request may wait for its rest before the client is disconnected.',
  default: 1 << 30,
  min: 1 << 20,
  max: LONG_MAX,
});

export const maxmemoryClients = percentOrMemory('maxmemory-clients', {
  summary:
    'How much the buffers of all clients may take before those with the largest are disconnected: bytes, or a percentage of maxmemory. 0: no limit.',
});

export const clientDefaultResp = integer('client-default-resp', {
  summary: 'The protocol version that a connection starts with.',
  default: 2,
  min: 2,
  max: 3,
  immutable: true,
  hidden: true,
});

/** A client is disconnected beyond `hardBytes`, or when it stays beyond `softBytes` for `softSeconds`. 0: no limit. */
export interface OutputLimit {
  readonly hardBytes: number;
  readonly softBytes: number;
  readonly softSeconds: number;
}

export interface OutputLimits {
  readonly normal: OutputLimit;
  readonly replica: OutputLimit;
  readonly pubsub: OutputLimit;
}

type ClientClass = keyof OutputLimits;

const CLIENT_CLASSES: ReadonlyMap<string, ClientClass> = new Map([
  ['normal', 'normal'],
  ['slave', 'replica'],
  ['replica', 'replica'],
  ['pubsub', 'pubsub'],
]);

const OUTPUT_LIMITS: OutputLimits = {
  normal: { hardBytes: 0, softBytes: 0, softSeconds: 0 },
  replica: { hardBytes: 256 << 20, softBytes: 64 << 20, softSeconds: 60 },
  pubsub: { hardBytes: 32 << 20, softBytes: 8 << 20, softSeconds: 60 },
};

export const clientOutputBufferLimit = custom<OutputLimits>('client-output-buffer-limit', {
  summary:
    'How much may wait to be sent to a client of a class (normal, replica, pubsub) before it is disconnected: at once, or when it stays beyond the second size for so many seconds.',
  default: OUTPUT_LIMITS,
  multiple: true,
  parse: parseOutputLimits,
  // CONFIG GET keeps the old word for a replica, a rewritten file has the new one.
  format: (limits) =>
    `normal ${limitNumbers(limits.normal)} slave ${limitNumbers(limits.replica)} pubsub ${limitNumbers(limits.pubsub)}`,
  fileLines: (limits) =>
    (['normal', 'replica', 'pubsub'] as const).map((name) => outputLimitLine(name, limits[name], OUTPUT_LIMITS[name])),
});

/** Groups of class, hard, soft, seconds. Classes that are not mentioned stay as they are. */
function parseOutputLimits(args: readonly string[], current: OutputLimits): OutputLimits | Refusal {
  if (args.length % 4 !== 0) return new Refusal('Wrong number of arguments in buffer limit configuration.');
  const limits = { ...current };
  for (let at = 0; at < args.length; at += 4) {
    const name = CLIENT_CLASSES.get(asciiLowerCase(args[at]!));
    if (name === undefined) return new Refusal('Invalid client class specified in buffer limit configuration.');
    const hard = parseMemory(args[at + 1]!);
    const soft = parseMemory(args[at + 2]!);
    const seconds = parseLong(args[at + 3]!);
    if (hard === null || soft === null || seconds === null || BigInt.asIntN(32, seconds) < 0n) {
      return new Refusal('Error in hard, soft or soft_seconds setting in buffer limit configuration.');
    }
    limits[name] = {
      hardBytes: Number(hard),
      softBytes: Number(soft),
      softSeconds: Number(BigInt.asIntN(32, seconds)),
    };
  }
  return limits;
}

function limitNumbers(limit: OutputLimit): string {
  return `${BigInt(limit.hardBytes)} ${BigInt(limit.softBytes)} ${limit.softSeconds}`;
}

function outputLimitLine(name: ClientClass, limit: OutputLimit, usual: OutputLimit): FileLine {
  const sizes = `${memoryText(BigInt(limit.hardBytes))} ${memoryText(BigInt(limit.softBytes))}`;
  return { text: `${name} ${sizes} ${limit.softSeconds}`, force: limitNumbers(limit) !== limitNumbers(usual) };
}
