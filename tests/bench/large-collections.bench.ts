// Collections of 5 million elements: no command but those declared O(N) or O(M) holds the engine above 1 ms, and nothing
// above 5 ms while such a key is deleted by UNLINK. Engine alone, no socket.
//
//   npm run bench -- large-collections [elements]

import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import { Engine } from '../../src/engine/engine.ts';
import { fromLatin1 } from '../../src/lib/bytes.ts';
import { encode, RecordingPeer } from '../support/engine-harness.ts';

const ELEMENTS = Number(process.argv[2] ?? 5_000_000);
const BATCH = 1000;
const ROUNDS = 3000;
/** Slices of background work, as the server does them. */
const SLICE_MS = 1;

const clock = { now: () => Date.now(), elapsed: () => performance.now() };
const engine = new Engine({ clock, seed: 1, commands: ENGINE_COMMANDS });
const peer = new RecordingPeer(1);
const session = engine.openSession(peer);

/** Milliseconds that requests take; what is replied is dropped. */
function run(text: string): number {
  const bytes = fromLatin1(text);
  const start = performance.now();
  engine.receive(session, bytes, 0, bytes.length);
  const taken = performance.now() - start;
  if (peer.output.startsWith('-')) throw new Error(`${text.slice(0, 80)}: ${peer.output.slice(0, 200)}`);
  peer.output = '';
  return taken;
}

interface Shape {
  readonly name: string;
  readonly fill: (from: number) => string[];
  readonly commands: readonly ((random: number) => string[])[];
}

const numbers = (from: number) => Array.from({ length: BATCH }, (_, index) => from + index);

const SHAPES: readonly Shape[] = [
  {
    name: 'set',
    fill: (from) => ['SADD', 'k', ...numbers(from).map((each) => `member:${each}`)],
    commands: [
      (random) => ['SADD', 'k', `new:${random}`],
      (random) => ['SREM', 'k', `member:${random}`],
      (random) => ['SISMEMBER', 'k', `member:${random}`],
      () => ['SCARD', 'k'],
      () => ['SPOP', 'k'],
      () => ['SRANDMEMBER', 'k'],
      () => ['SRANDMEMBER', 'k', '20'],
      () => ['SSCAN', 'k', '0'],
      (random) => ['SMOVE', 'k', 'other', `member:${random}`],
      () => ['OBJECT', 'ENCODING', 'k'],
    ],
  },
  {
    name: 'hash',
    fill: (from) => ['HSET', 'k', ...numbers(from).flatMap((each) => [`field:${each}`, `value:${each}`])],
    commands: [
      (random) => ['HSET', 'k', `field:${random}`, `longer value than before:${random}`],
      (random) => ['HSET', 'k', `new:${random}`, 'v'],
      (random) => ['HGET', 'k', `field:${random}`],
      (random) => ['HDEL', 'k', `field:${random}`],
      () => ['HRANDFIELD', 'k', '20', 'WITHVALUES'],
      () => ['HSCAN', 'k', '0'],
      (random) => ['HINCRBY', 'k', `count:${random}`, '1'],
      (random) => ['HPEXPIRE', 'k', '10000000', 'FIELDS', '1', `field:${random}`],
    ],
  },
  {
    name: 'sorted set',
    fill: (from) => [
      'ZADD',
      'k',
      ...numbers(from).flatMap((each) => [String((each * 7919) % 1000003), `member:${each}`]),
    ],
    commands: [
      (random) => ['ZADD', 'k', String(random), `member:${random}`],
      (random) => ['ZADD', 'k', String(random), `new:${random}`],
      (random) => ['ZRANK', 'k', `member:${random}`],
      (random) => ['ZRANGE', 'k', String(random % 1_000_000), String((random % 1_000_000) + 10)],
      (random) => ['ZRANGEBYSCORE', 'k', String(random), '+inf', 'LIMIT', '0', '10'],
      (random) => ['ZCOUNT', 'k', '-inf', String(random)],
      (random) => ['ZREM', 'k', `member:${random}`],
      () => ['ZPOPMIN', 'k'],
      () => ['ZPOPMAX', 'k'],
      () => ['ZRANDMEMBER', 'k', '20'],
      () => ['ZSCAN', 'k', '0'],
    ],
  },
  {
    name: 'list',
    fill: (from) => ['RPUSH', 'k', ...numbers(from).map((each) => `element:${each}`)],
    commands: [
      (random) => ['LPUSH', 'k', `new:${random}`],
      (random) => ['RPUSH', 'k', `new:${random}`],
      () => ['LPOP', 'k'],
      () => ['RPOP', 'k'],
      () => ['LLEN', 'k'],
      () => ['LRANGE', 'k', '0', '10'],
      () => ['LRANGE', 'k', '-10', '-1'],
      () => ['LMOVE', 'k', 'k', 'LEFT', 'RIGHT'],
      () => ['LINDEX', 'k', '-1'],
    ],
  },
];

for (const { name, fill, commands } of SHAPES) {
  let worstFill = 0;
  for (let from = 0; from < ELEMENTS; from += BATCH) worstFill = Math.max(worstFill, run(encode(fill(from))));
  console.log(
    `${name}: ${ELEMENTS} elements, ${(engine.keyspace.memory.usedBytes() / ELEMENTS).toFixed(1)} bytes each`,
  );
  console.log(`  filling: ${BATCH} elements took ${worstFill.toFixed(2)} ms at most`);
  let seed = 12345;
  for (const make of commands) {
    let worst = 0;
    let total = 0;
    for (let round = 0; round < ROUNDS; round++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      const taken = run(encode(make(seed % ELEMENTS)));
      total += taken;
      if (round >= 20) worst = Math.max(worst, taken);
    }
    const [command] = make(0);
    console.log(
      `  ${command!.padEnd(14)} ${((total / ROUNDS) * 1000).toFixed(2)} us on average, ${worst.toFixed(3)} ms at most`,
    );
  }
  const unlink = run(encode(['UNLINK', 'k']));
  let longest = 0;
  let slices = 0;
  for (let more = true; more; slices++) {
    const start = performance.now();
    more = engine.work(SLICE_MS);
    longest = Math.max(longest, performance.now() - start);
  }
  console.log(`  UNLINK         ${unlink.toFixed(3)} ms, then ${slices} slices of ${longest.toFixed(2)} ms at most`);
  run(encode(['FLUSHALL', 'ASYNC']));
  while (engine.work(SLICE_MS));
}
