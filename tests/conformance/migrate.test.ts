// MIGRATE between our server and a redis-server, in both directions, and its replies beside those of redis-server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createServer } from '../../src/server/embedded.ts';
import { encode } from '../support/engine-harness.ts';
import { freePort, RawConnection, SKIP_WITHOUT_REDIS, startRedis } from '../support/redis-server.ts';
import { framesOf } from './reply-frames.ts';

type Run = (...args: string[]) => Promise<string>;

async function connect(port: number): Promise<{ run: Run; close: () => void }> {
  const connection = await RawConnection.open(port);
  const run: Run = (...args) => {
    connection.write(encode(args));
    return connection.read((text) => framesOf(text).length > 0);
  };
  return { run, close: () => connection.close() };
}

interface Place {
  readonly run: Run;
  readonly port: string;
}

/** Our server and theirs, each with another of theirs to send to. */
async function withBoth(check: (ours: Place, theirs: Place) => Promise<void>): Promise<void> {
  const ours = await createServer({ seed: 1, config: { 'enable-debug-command': 'yes' } });
  const theirs = await startRedis(['--enable-debug-command', 'yes']);
  const connections = await Promise.all([connect(ours.port), connect(theirs.port)]);
  try {
    const [first, second] = connections;
    await check({ run: first.run, port: String(ours.port) }, { run: second.run, port: String(theirs.port) });
  } finally {
    for (const connection of connections) connection.close();
    await ours.stop();
    await theirs.stop();
  }
}

const HOST = '127.0.0.1';
const MANY = Array.from({ length: 2000 }, (_, index) => `element-${index}`);

/** One value of each type, small and large. */
const VALUES: readonly (readonly string[])[] = [
  ['SET', 'number', '12345'],
  ['SET', 'text', 'x'.repeat(100_000)],
  ['RPUSH', 'list', 'a', '1', ''],
  ['RPUSH', 'long-list', ...MANY],
  ['SADD', 'integers', '1', '2', '300000'],
  ['SADD', 'set', ...MANY],
  ['HSET', 'hash', 'field', 'value', '1', '2'],
  ['HSET', 'large-hash', ...MANY],
  ['ZADD', 'sorted', '1.5', 'a', '-inf', 'b'],
  ['ZADD', 'large-sorted', ...MANY.flatMap((member, index) => [String(index), member])],
  ['XADD', 'stream', '5-1', 'field', 'value'],
  ['XGROUP', 'CREATE', 'stream', 'group', '0'],
  ['XREADGROUP', 'GROUP', 'group', 'alice', 'STREAMS', 'stream', '>'],
  ['PFADD', 'loglog', 'a', 'b'],
];
const KEYS = [...new Set(VALUES.map((words) => (words[0]!.startsWith('X') ? 'stream' : words[1]!)))];

test('values of all types arrive whole, in both directions', { skip: SKIP_WITHOUT_REDIS }, () =>
  withBoth(async (ours, theirs) => {
    for (const [from, to] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      await to.run('FLUSHALL');
      for (const words of VALUES) await from.run(...words);
      await from.run('PEXPIREAT', 'text', '33000000000000');
      const digests = () => Promise.all([from, to].map(({ run }) => run('DEBUG', 'DIGEST')));
      const [before] = await digests();
      assert.equal(await from.run('MIGRATE', HOST, to.port, '', '0', '5000', 'COPY', 'KEYS', ...KEYS), '+OK\r\n');
      // The deadline is sent as what is left of it.
      await to.run('PEXPIREAT', 'text', '33000000000000');
      assert.deepEqual(await digests(), [before, before]);
      await to.run('FLUSHALL');
      assert.equal(await from.run('MIGRATE', HOST, to.port, '', '0', '5000', 'KEYS', ...KEYS), '+OK\r\n');
      assert.equal(await from.run('DBSIZE'), ':0\r\n');
      await to.run('PEXPIREAT', 'text', '33000000000000');
      assert.equal((await digests())[1], before);
    }
  }),
);

/** Both ends' commands; '@' stands for the target's port, '#' for one where nobody listens; 'to' begins one for the target. */
const SCRIPT: readonly string[] = [
  'MIGRATE',
  'MIGRATE 127.0.0.1 @ a 0',
  'MIGRATE 127.0.0.1 @ a 0 1000',
  'SET a 1',
  'MIGRATE 127.0.0.1 @ a x 1000',
  'MIGRATE 127.0.0.1 @ a 0 1.5',
  'MIGRATE 127.0.0.1 @ a x y',
  'MIGRATE 127.0.0.1 @ a 0 1000 WHAT',
  'MIGRATE 127.0.0.1 @ a 0 1000 COPY AUTH',
  'MIGRATE 127.0.0.1 @ a 0 1000 AUTH2 user',
  'MIGRATE 127.0.0.1 @ a 0 1000 KEYS a b',
  'MIGRATE 127.0.0.1 @ b 0 1000 KEYS',
  'MIGRATE 127.0.0.1 # a 0 1000',
  'MIGRATE 127.0.0.1 x a 0 1000',
  'MIGRATE 127.0.0.1 -5 a 0 1000',
  'MIGRATE no.such.host.invalid 1 a 0 1000',
  'MIGRATE 127.0.0.1 @ a 99 1000',
  'MIGRATE 127.0.0.1 @ a -1 1000',
  'MIGRATE 127.0.0.1 @ a 9 0 COPY',
  'MIGRATE 127.0.0.1 @ a 9 1000',
  'MIGRATE 127.0.0.1 @ a 9 1000 REPLACE',
  'EXISTS a',
  'to SELECT 9',
  'to GET a',
  'SET a 2',
  'MIGRATE 127.0.0.1 @ a 9 1000 AUTH secret',
  'MIGRATE 127.0.0.1 @ a 9 1000 AUTH2 user secret REPLACE',
  'MIGRATE 127.0.0.1 @ a 9 1000 REPLACE',
  'MSET a 1 b 2 c 3 d 4',
  'to SET b x',
  'MIGRATE 127.0.0.1 @ "" 9 1000 KEYS a none b c',
  'DBSIZE',
  'MIGRATE 127.0.0.1 @ "" 9 1000 KEYS',
  'MIGRATE 127.0.0.1 @ "" 9 1000 KEYS none',
  'MIGRATE 127.0.0.1 @ "" 9 1000 REPLACE KEYS d d',
  'SET d 1 PX 50000',
  'MIGRATE 127.0.0.1 @ "" 9 1000 KEYS d d',
  'MIGRATE 127.0.0.1 @ "" 9 1000 REPLACE KEYS b d',
  'to DBSIZE',
  'MSET a 1 b 2',
  'to DEL a b',
  'MULTI',
  'INCR n',
  'MIGRATE 127.0.0.1 @ a 9 1000',
  'MIGRATE 127.0.0.1 @ b 99 1000',
  'MIGRATE 127.0.0.1 # b 9 1000',
  'MIGRATE 127.0.0.1 @ "" 9 1000 COPY KEYS a b',
  'MIGRATE 127.0.0.1 @ none 9 1000',
  'MIGRATE 127.0.0.1 @ b 9 x',
  'EXISTS a b',
  'EXEC',
  'to MGET a b',
  'COMMAND GETKEYS MIGRATE h 1 a 0 1',
  'COMMAND GETKEYS MIGRATE h 1 "" 0 1 KEYS a b',
  'COMMAND GETKEYS MIGRATE h 1 "" 0 1 AUTH keys KEYS a b',
  'COMMAND GETKEYS MIGRATE h 1 x 0 1 KEYS a b',
  'COMMAND GETKEYSANDFLAGS MIGRATE h 1 "" 0 1 AUTH2 keys keys COPY KEYS a b',
  'COMMAND INFO MIGRATE',
];

test('what is replied is what redis-server replies', { skip: SKIP_WITHOUT_REDIS }, () =>
  withBoth(async (ours, theirs) => {
    const target = await startRedis();
    const connection = await connect(target.port);
    const nobody = String(await freePort());
    try {
      const transcripts = [];
      for (const source of [ours, theirs]) {
        await connection.run('FLUSHALL');
        await connection.run('SELECT', '0');
        const transcript: string[] = [];
        for (const line of SCRIPT) {
          const words = line
            .split(' ')
            .map((word) => (word === '@' ? String(target.port) : word === '#' ? nobody : word === '""' ? '' : word));
          const isTarget = words[0] === 'to';
          const reply = await (isTarget ? connection.run(...words.slice(1)) : source.run(...words));
          transcript.push(`${line}\n${line.startsWith('COMMAND INFO') ? withoutOrder(reply) : reply}`);
        }
        transcripts.push(transcript);
      }
      assert.deepEqual(transcripts[0], transcripts[1]);
    } finally {
      connection.close();
      await target.stop();
    }
  }),
);

/** Flags and categories are sets. */
function withoutOrder(reply: string): string {
  return reply.split('\r\n').sort().join(' ');
}
