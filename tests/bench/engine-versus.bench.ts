// The engine alone against a whole redis-server: processor time per GET and per SET of random keys among a million, 100
// requests a batch. The engine gets wire bytes without a socket; redis-server gets them from redis-benchmark, and its time
// is what the system says of its process, sockets included. Both in one run, in turn; the medians and their ratio.
//
// The bar: the engine takes at most 0.8 of redis-server's time. It leaves room for the sockets.
//
//   npm run bench -- tests/bench/engine-versus.bench.ts
//
// The engine runs as it is shipped, from a bundle (without it the assertions of tests would be measured too), in a
// process of its own. Its requests lie ready in memory, a million of them, so that no key comes back soon.

import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import { Engine } from '../../src/engine/engine.ts';
import { NOBODY } from '../../src/engine/obeyed-commands.ts';
import { largePages } from '../../src/host/large-pages.ts';
import { realClock } from '../../src/host/real-clock.ts';
import { Prng } from '../../src/lib/prng.ts';
import { processId, processorSeconds } from '../support/processor-time.ts';
import { RawConnection, type ServerProcess, startRedis } from '../support/redis-server.ts';

const KEYS = 1_000_000;
const BATCH = 100;
const REQUESTS = 1_000_000;
const ROUNDS = 5;
const BAR = 0.8;
const VALUE = 'xxxxxxxxxxxxxxxx';

const run = promisify(execFile);

/** Microseconds of processor time for one request. */
interface Cost {
  readonly get: number;
  readonly set: number;
}

function keyOf(index: number): string {
  return `key:${String(index).padStart(12, '0')}`;
}

function encode(args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((each) => `$${each.length}\r\n${each}\r\n`).join('')}`;
}

// --- the engine, in a process of its own ---

/** A batch after the other; `ends` says where each one ends. */
interface Requests {
  readonly bytes: Buffer;
  readonly ends: readonly number[];
}

function requests(count: number, make: (index: number) => string[]): Requests {
  const parts: Buffer[] = [];
  const ends: number[] = [];
  let end = 0;
  for (let index = 0; index < count; index += BATCH) {
    let text = '';
    for (let each = index; each < index + BATCH; each++) text += encode(make(each));
    parts.push(Buffer.from(text, 'latin1'));
    end += text.length;
    ends.push(end);
  }
  return { bytes: Buffer.concat(parts), ends };
}

function measureEngine(): Cost {
  const pages = largePages();
  const memory = pages === undefined ? {} : { onSegment: (buffer: ArrayBuffer) => pages.advise(buffer) };
  const engine = new Engine({ clock: realClock, seed: 1, commands: ENGINE_COMMANDS, memory });
  const session = engine.openSession(NOBODY);
  const prng = new Prng(2);
  const feed = ({ bytes, ends }: Requests): number => {
    const before = process.cpuUsage();
    let start = 0;
    for (const end of ends) {
      engine.receive(session, bytes, start, end);
      start = end;
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / (ends.length * BATCH);
  };
  feed(requests(KEYS, (index) => ['SET', keyOf(index), VALUE]));
  const costs = { get: 0, set: 0 };
  // Once to warm up.
  for (let round = 0; round < 2; round++) {
    costs.get = feed(requests(REQUESTS, () => ['GET', keyOf(prng.below(KEYS))]));
    costs.set = feed(requests(REQUESTS, () => ['SET', keyOf(prng.below(KEYS)), VALUE]));
  }
  return costs;
}

// --- redis-server ---

async function fill(port: number): Promise<void> {
  const connection = await RawConnection.open(port);
  for (let index = 0; index < KEYS; index += 10 * BATCH) {
    let text = '';
    for (let each = index; each < index + 10 * BATCH; each++) text += encode(['SET', keyOf(each), VALUE]);
    connection.write(text);
    let answered = 0;
    while (answered < 10 * BATCH * '+OK\r\n'.length) {
      answered += (await connection.read((answer) => answer.length > 0)).length;
    }
  }
  connection.close();
}

async function measureRedis(port: number, pid: number): Promise<Cost> {
  const cost = async (test: string): Promise<number> => {
    const before = processorSeconds(pid);
    const counts = ['-n', String(2 * REQUESTS), '-r', String(KEYS), '-P', String(BATCH), '-d', String(VALUE.length)];
    await run('redis-benchmark', ['-h', '127.0.0.1', '-p', String(port), '-c', '50', '-t', test, '-q', ...counts]);
    return ((processorSeconds(pid) - before) * 1e6) / (2 * REQUESTS);
  };
  return { get: await cost('get'), set: await cost('set') };
}

// --- both in turn ---

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

async function compare(bundle: string, redis: ServerProcess): Promise<void> {
  await fill(redis.port);
  const pid = await processId(redis.port);
  const engines: Cost[] = [];
  const servers: Cost[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', bundle, '--engine']);
    engines.push(JSON.parse(stdout) as Cost);
    servers.push(await measureRedis(redis.port, pid));
  }
  for (const name of ['get', 'set'] as const) {
    const engine = median(engines.map((cost) => cost[name]));
    const server = median(servers.map((cost) => cost[name]));
    const ratio = engine / server;
    console.log(
      `${name.toUpperCase()}: engine ${engine.toFixed(3)} us, redis-server ${server.toFixed(3)} us, ratio ` +
        `${ratio.toFixed(2)} (bar ${BAR}: ${ratio <= BAR ? 'met' : 'missed'})`,
    );
  }
}

async function main(): Promise<void> {
  const bundle = join(import.meta.dirname, `engine-versus.${process.pid}.tmp.mjs`);
  await build({
    entryPoints: [import.meta.filename],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['esbuild'],
    define: { CINNABAR_VERIFY: 'false' },
    logLevel: 'warning',
  });
  const redis = await startRedis();
  try {
    await compare(bundle, redis);
  } finally {
    await redis.stop();
    rmSync(bundle);
  }
}

if (process.argv.includes('--engine')) console.log(JSON.stringify(measureEngine()));
else await main();
