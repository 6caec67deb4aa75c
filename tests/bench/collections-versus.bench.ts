// Commands over collections against redis-server in one run: processor time per request, on collections that are filled
// anew before each measurement, driven by redis-benchmark. Above 1 we take less than redis-server.
//
//   npm run bench -- collections-versus                     all of them
//   npm run bench -- collections-versus --only=ranges       one part: queues, ranges, algebra, bits
//
// Bars: queues and small ranges 0.97 at P=1 and 1.3 at P=16 (geometric means, none below 0.8); ranges, ranks, unions and
// intersections of 100,000 elements 1.0 each; bit operations and HyperLogLog 0.7 each.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { processId, processorSeconds } from '../support/processor-time.ts';
import { RawConnection, ServerProcess, startRedis } from '../support/redis-server.ts';

const run = promisify(execFile);
const ROUNDS = 3;
const LARGE = 100_000;

type Words = readonly string[];

interface Workload {
  readonly name: string;
  readonly part: 'queues' | 'ranges' | 'algebra' | 'bits';
  readonly pipelines: readonly number[];
  /** Requests of one measurement. */
  readonly requests: number;
  readonly fill: (requests: number) => Iterable<Words>;
  readonly command: Words;
}

function* chunks(count: number, make: (index: number) => Words, head: Words): Iterable<Words> {
  for (let from = 0; from < count; from += 500) {
    const words = [...head];
    for (let index = from; index < Math.min(count, from + 500); index++) words.push(...make(index));
    yield words;
  }
}

const list = (count: number) => chunks(count, (index) => [`element:${index}`], ['RPUSH', 'k']);
const set = (count: number, key = 'k', from = 0) => chunks(count, (index) => [`member:${from + index}`], ['SADD', key]);
const numbers = (count: number, key: string, from: number) =>
  chunks(count, (index) => [String(from + index)], ['SADD', key]);
const hash = (count: number) => chunks(count, (index) => [`field:${index}`, `value:${index}`], ['HSET', 'k']);
const sortedSet = (count: number, key = 'k', from = 0) =>
  chunks(count, (index) => [String((index * 7919) % 1_000_003), `member:${from + index}`], ['ZADD', key]);

function* both(...parts: Iterable<Words>[]): Iterable<Words> {
  for (const part of parts) yield* part;
}

function* stream(count: number): Iterable<Words> {
  yield ['XGROUP', 'CREATE', 'k', 'g', '0', 'MKSTREAM'];
  for (let index = 0; index < count; index++)
    yield ['XADD', 'k', '*', 'temperature', String(index % 40), 'place', 'roof'];
}

function* strings(bytes: number, ...keys: string[]): Iterable<Words> {
  for (const [index, key] of keys.entries()) yield ['SET', key, String.fromCharCode(0x55 + index).repeat(bytes)];
}

const QUEUES: readonly Omit<Workload, 'part' | 'pipelines' | 'requests'>[] = [
  { name: 'LPOP', fill: list, command: ['LPOP', 'k'] },
  { name: 'SPOP', fill: set, command: ['SPOP', 'k'] },
  { name: 'ZPOPMIN', fill: sortedSet, command: ['ZPOPMIN', 'k'] },
  { name: 'LRANGE 100', fill: () => list(100), command: ['LRANGE', 'k', '0', '99'] },
  { name: 'LRANGE 600', fill: () => list(600), command: ['LRANGE', 'k', '0', '599'] },
  { name: 'HGETALL 20', fill: () => hash(20), command: ['HGETALL', 'k'] },
  { name: 'HGETALL 600', fill: () => hash(600), command: ['HGETALL', 'k'] },
  { name: 'XADD', fill: () => [], command: ['XADD', 'k', '*', 'temperature', '21', 'place', 'roof'] },
  { name: 'XREADGROUP', fill: stream, command: ['XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', '1', 'STREAMS', 'k', '>'] },
  {
    name: 'ZRANGEBYSCORE 10',
    fill: () => sortedSet(1000),
    command: ['ZRANGEBYSCORE', 'k', '100000', '+inf', 'LIMIT', '0', '10'],
  },
];

const WORKLOADS: readonly Workload[] = [
  ...QUEUES.map((each) => ({ ...each, part: 'queues' as const, pipelines: [1, 16], requests: 200_000 })),
  ...[
    { name: 'LINDEX middle', fill: () => list(LARGE), command: ['LINDEX', 'k', '50000'] },
    { name: 'LRANGE middle', fill: () => list(LARGE), command: ['LRANGE', 'k', '50000', '50010'] },
    { name: 'ZRANK', fill: () => sortedSet(LARGE), command: ['ZRANK', 'k', 'member:__rand_int__'] },
    { name: 'ZRANGE rank', fill: () => sortedSet(LARGE), command: ['ZRANGE', 'k', '50000', '50100'] },
    { name: 'ZCOUNT', fill: () => sortedSet(LARGE), command: ['ZCOUNT', 'k', '1000', '700000'] },
    { name: 'HGET', fill: () => hash(LARGE), command: ['HGET', 'k', 'field:__rand_int__'] },
    { name: 'SISMEMBER', fill: () => set(LARGE), command: ['SISMEMBER', 'k', 'member:__rand_int__'] },
  ].map((each) => ({ ...each, part: 'ranges' as const, pipelines: [16], requests: 100_000 })),
  ...[
    { name: 'SINTER', fill: () => both(set(LARGE), set(LARGE, 'o', 50_000)), command: ['SINTERCARD', '2', 'k', 'o'] },
    { name: 'SUNION', fill: () => both(set(LARGE), set(LARGE, 'o', 50_000)), command: ['SUNION', 'k', 'o'] },
    {
      name: 'SUNIONSTORE',
      fill: () => both(set(LARGE), set(LARGE, 'o', 50_000)),
      command: ['SUNIONSTORE', 'd', 'k', 'o'],
    },
    { name: 'SDIFF', fill: () => both(set(LARGE), set(LARGE, 'o', 50_000)), command: ['SDIFF', 'k', 'o'] },
    {
      name: 'SINTER integers',
      fill: () => both(numbers(500, 'k', 0), numbers(500, 'o', 250)),
      command: ['SINTER', 'k', 'o'],
    },
    {
      name: 'ZUNIONSTORE',
      fill: () => both(sortedSet(LARGE), sortedSet(LARGE, 'o', 50_000)),
      command: ['ZUNIONSTORE', 'd', '2', 'k', 'o'],
    },
    {
      name: 'ZINTERSTORE',
      fill: () => both(sortedSet(LARGE), sortedSet(LARGE, 'o', 50_000)),
      command: ['ZINTERSTORE', 'd', '2', 'k', 'o'],
    },
  ].map((each) => ({
    ...each,
    part: 'algebra' as const,
    pipelines: [1],
    requests: each.name.endsWith('integers') ? 20_000 : 30,
  })),
  ...[
    { name: 'BITCOUNT 1 MB', fill: () => strings(1_000_000, 'k'), command: ['BITCOUNT', 'k'] },
    { name: 'BITOP AND 1 MB', fill: () => strings(1_000_000, 'k', 'o'), command: ['BITOP', 'AND', 'd', 'k', 'o'] },
    { name: 'BITPOS 1 MB', fill: () => [['SETBIT', 'k', '7999999', '1']], command: ['BITPOS', 'k', '1'] },
    {
      name: 'PFMERGE dense',
      fill: () =>
        both(
          chunks(50_000, (index) => [`a${index}`], ['PFADD', 'k']),
          chunks(50_000, (index) => [`b${index}`], ['PFADD', 'o']),
        ),
      command: ['PFMERGE', 'd', 'k', 'o'],
    },
    { name: 'PFADD', fill: () => [], command: ['PFADD', 'k', 'element:__rand_int__'] },
    {
      name: 'PFCOUNT of two',
      fill: () =>
        both(
          chunks(50_000, (index) => [`a${index}`], ['PFADD', 'k']),
          chunks(50_000, (index) => [`b${index}`], ['PFADD', 'o']),
        ),
      command: ['PFCOUNT', 'k', 'o'],
    },
  ].map((each) => ({
    ...each,
    part: 'bits' as const,
    pipelines: [1],
    requests: each.name === 'PFADD' ? 100_000 : 3000,
  })),
];

function encode(words: Words): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

async function fill(port: number, commands: Iterable<Words>): Promise<void> {
  const connection = await RawConnection.open(port);
  const send = async (text: string): Promise<void> => {
    connection.write(`${text}${encode(['ECHO', 'filled'])}`);
    const answer = await connection.read((received) => received.endsWith('filled\r\n'), 60_000);
    if (!answer.endsWith('filled\r\n') || answer.includes('\n-') || answer[0] === '-')
      throw new Error(answer.slice(0, 300));
  };
  await send(encode(['FLUSHALL']));
  let text = '';
  for (const command of commands) {
    text += encode(command);
    if (text.length < 100_000) continue;
    await send(text);
    text = '';
  }
  await send(text);
  connection.close();
}

/** Microseconds of a server's processor time for one request of a workload. */
async function measure(port: number, pid: number, workload: Workload, pipeline: number): Promise<number> {
  await fill(port, workload.fill(workload.requests));
  const before = processorSeconds(pid);
  const clients = workload.requests < 100 ? 1 : 50;
  const options = ['-p', port, '-n', workload.requests, '-c', clients, '-P', pipeline, '-r', LARGE, '-q', '-e'];
  await run('redis-benchmark', [...options.map(String), ...workload.command], { maxBuffer: 64 * 1024 * 1024 });
  return ((processorSeconds(pid) - before) * 1e6) / workload.requests;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >>> 1]!;
}

const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length);
const ours = await ServerProcess.start(join(import.meta.dirname, '../../bin/cinnabar-server'));
const theirs = await startRedis();
try {
  const ourPid = await processId(ours.port);
  const theirPid = await processId(theirs.port);
  console.log(`microseconds of processor time a request, median of ${ROUNDS}\n`);
  console.log('workload           P     ours  redis-server  ratio');
  const ratios = new Map<string, number[]>();
  for (const workload of WORKLOADS) {
    if (only !== undefined && workload.part !== only) continue;
    for (const pipeline of workload.pipelines) {
      const costs: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
      for (let round = 0; round < ROUNDS; round++) {
        costs.ours.push(await measure(ours.port, ourPid, workload, pipeline));
        costs.theirs.push(await measure(theirs.port, theirPid, workload, pipeline));
      }
      const [a, b] = [median(costs.ours), median(costs.theirs)];
      const group = `${workload.part}, P=${pipeline}`;
      ratios.set(group, [...(ratios.get(group) ?? []), b / a]);
      console.log(
        `${workload.name.padEnd(17)} ${String(pipeline).padStart(2)} ${a.toFixed(2).padStart(9)} ${b.toFixed(2).padStart(13)} ${(b / a).toFixed(2).padStart(6)}`,
      );
    }
  }
  for (const [group, values] of ratios) {
    const mean = Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
    console.log(`${group}: geometric mean ${mean.toFixed(2)}, least ${Math.min(...values).toFixed(2)}`);
  }
} finally {
  await ours.stop();
  await theirs.stop();
}
