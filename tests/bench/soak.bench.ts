// A server for minutes under a mixed load: keys that expire, eviction, lists and hashes that grow and shrink, pub/sub,
// clients that come and go. Does its memory grow after it has warmed up, do replies come later than at first?
//
//   npm run bench -- tests/bench/soak.bench.ts            two minutes; CINNABAR_MINUTES=10 for ten

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Prng } from '../../src/lib/prng.ts';
import { RawConnection, ServerProcess } from '../support/redis-server.ts';

const MINUTES = Number(process.env['CINNABAR_MINUTES'] ?? 2);
const SEED = Number(process.env['CINNABAR_SEED'] ?? 1);
const WRITERS = 10;
const LISTENERS = 10;
const BATCH = 50;
const WARM_UP_SHARE = 0.2;
const SAMPLE_MS = 5000;

const prng = new Prng(SEED);
const key = (kind: string, count: number) => `${kind}:${prng.below(count)}`;
const value = (bytes: number) => 'x'.repeat(prng.below(bytes));

const REQUESTS: (() => string)[] = [
  () => `SET ${key('key', 1_000_000)} v${value(200)} EX ${1 + prng.below(60)}`,
  () => `SET ${key('key', 1_000_000)} v${value(200)}`,
  () => `GET ${key('key', 1_000_000)}`,
  () => `GET ${key('key', 1000)}`,
  () => `DEL ${key('key', 1_000_000)}`,
  () => `EXPIRE ${key('key', 1_000_000)} ${1 + prng.below(100)}`,
  () => `LPUSH ${key('list', 1000)} v${value(300)}`,
  () => `LTRIM ${key('list', 1000)} 0 ${prng.below(200)}`,
  () => `HSET ${key('hash', 1000)} ${key('field', 500)} v${value(100)}`,
  () => `HDEL ${key('hash', 1000)} ${key('field', 500)}`,
  () => `HEXPIRE ${key('hash', 1000)} ${1 + prng.below(30)} FIELDS 1 ${key('field', 500)}`,
  () => `ZADD ${key('zset', 1000)} ${prng.below(1000)} ${key('member', 1000)}`,
  () => `ZREMRANGEBYRANK ${key('zset', 1000)} 0 ${prng.below(5)}`,
  () => `XADD ${key('stream', 200)} MAXLEN ~ 500 * f v${value(100)}`,
  () => `SADD ${key('set', 1000)} ${key('member', 5000)}`,
  () => `UNLINK ${key(['list', 'hash', 'zset', 'set', 'stream'][prng.below(5)]!, 1000)}`,
  () => `PUBLISH ${key('channel', 5)} v${value(200)}`,
];

function residentMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]) / 1024;
}

async function write(port: number, isOver: () => boolean, requestsUntilClosed: number): Promise<number> {
  let done = 0;
  while (!isOver()) {
    const connection = await RawConnection.open(port);
    for (let sent = 0; sent < requestsUntilClosed && !isOver(); sent += BATCH) {
      let text = '';
      for (let index = 0; index < BATCH; index++) text += `${REQUESTS[prng.below(REQUESTS.length)]!()}\r\n`;
      connection.write(`${text}PING end\r\n`);
      await connection.read((answer) => answer.endsWith('$3\r\nend\r\n'));
      done += BATCH;
    }
    connection.close();
  }
  return done;
}

const server = await ServerProcess.start(join(import.meta.dirname, '../../bin/cinnabar-server'), [
  '--maxmemory',
  '64mb',
  '--maxmemory-policy',
  'allkeys-lru',
  '--activedefrag',
  'yes',
]);
try {
  const control = await RawConnection.open(server.port);
  control.write('INFO server\r\n');
  const pid = Number(/process_id:(\d+)/.exec(await control.read((text) => text.includes('listener')))![1]);
  const end = performance.now() + MINUTES * 60_000;
  const isOver = () => performance.now() > end;
  const listeners = await Promise.all(Array.from({ length: LISTENERS }, () => RawConnection.open(server.port)));
  for (const [index, listener] of listeners.entries())
    listener.write(`PSUBSCRIBE channel:${index % 5} *:${index % 3}\r\n`);
  const drains = listeners.map(async (listener) => {
    while (!isOver()) await listener.read((text) => text.length > 0, 1000);
  });
  // Some clients stay, some go after a few requests.
  const writers = Array.from({ length: WRITERS }, (_, index) => write(server.port, isOver, index < 5 ? 1e9 : 200));
  const samples: { resident: number; middle: number; late: number }[] = [];
  let waits: number[] = [];
  let sampledAt = performance.now();
  while (!isOver()) {
    const start = performance.now();
    control.write('PING\r\n');
    await control.read((text) => text.length > 0);
    waits.push(performance.now() - start);
    if (performance.now() - sampledAt > SAMPLE_MS) {
      waits.sort((a, b) => a - b);
      const at = (share: number) => waits[Math.floor((waits.length - 1) * share)]!;
      samples.push({ resident: residentMegabytes(pid), middle: at(0.5), late: at(0.99) });
      waits = [];
      sampledAt = performance.now();
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const requests = (await Promise.all(writers)).reduce((sum, count) => sum + count, 0);
  await Promise.all(drains);
  const warm = samples.slice(Math.ceil(samples.length * WARM_UP_SHARE));
  const half = warm.length >> 1;
  const mean = (list: number[]) => list.reduce((sum, each) => sum + each, 0) / list.length;
  const compare = (name: string, of: (sample: (typeof warm)[number]) => number) => {
    const first = mean(warm.slice(0, half).map(of));
    const second = mean(warm.slice(half).map(of));
    console.log(
      `${name}: ${first.toFixed(2)}, then ${second.toFixed(2)} (${((second / first - 1) * 100).toFixed(1)} %)`,
    );
  };
  console.log(`${requests} requests in ${MINUTES} minutes, seed ${SEED}; means of the halves after the warm-up:`);
  compare('resident MB', ({ resident }) => resident);
  compare('PING ms, half', ({ middle }) => middle);
  compare('PING ms, 99 %', ({ late }) => late);
  control.write('INFO stats\r\n');
  const stats = await control.read((text) => text.includes('tracking_total_prefixes'));
  console.log(
    ['evicted_keys', 'expired_keys', 'total_connections_received']
      .map((name) => new RegExp(`${name}:\\d+`).exec(stats)?.[0])
      .join(' '),
  );
  for (const connection of [control, ...listeners]) connection.close();
} finally {
  await server.stop();
}
