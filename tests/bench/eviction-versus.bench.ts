// A cache under maxmemory: how often is a key there when keys are asked for by Zipf's law, how far does memory go above its
// limit, and how long does a PING wait meanwhile? Ours, and redis-server with the same limit and with the same keys in it.
//
//   npm run bench -- tests/bench/eviction-versus.bench.ts
//
// The client that asks lives in a thread of its own: its work and its collections must not count as waits. What the machine
// does counts in any case, so the server says beside it how long it evicted at a time (LATENCY).

import { once } from 'node:events';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Prng } from '../../src/lib/prng.ts';
import { RawConnection, ServerProcess } from '../support/redis-server.ts';

const KEYS = 500_000;
const MEGABYTES = 24;
const REQUESTS = 2_000_000;
/** Not counted: the cache fills. */
const WARM_UP = 600_000;
const BATCH = 200;
const VALUE = 'x'.repeat(100);
const HIT_BYTES = VALUE.length + 8; // $100, the value, two line ends
const MISS_BYTES = 5;
const SKEW = 0.9;
const SEED = 1;

/** Key numbers by Zipf's law, by search in the running sums of their probabilities. */
function zipf(prng: Prng): () => number {
  const sums = new Float64Array(KEYS);
  let sum = 0;
  for (let rank = 0; rank < KEYS; rank++) {
    sum += 1 / (rank + 1) ** SKEW;
    sums[rank] = sum;
  }
  return () => {
    const wanted = (prng.below(2 ** 31) / 2 ** 31) * sum;
    let low = 0;
    let high = KEYS - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    // Keys of one rank shall not lie side by side.
    return Math.imul(low, 0x9e3779b1) >>> 0;
  };
}

async function usedMemory(connection: RawConnection): Promise<number> {
  connection.write('INFO memory\r\n');
  const text = await connection.read((answer) => answer.includes('mem_allocator') && answer.endsWith('\r\n'));
  return Number(/used_memory:(\d+)/.exec(text)![1]);
}

/** Asks for a batch of keys and sets those that are not there; returns how many were. */
async function serve(connection: RawConnection, keys: readonly number[]): Promise<number> {
  connection.write(keys.map((key) => `GET key:${key}\r\n`).join(''));
  const missing: number[] = [];
  let text = '';
  let at = 0;
  for (let answered = 0; answered < keys.length; ) {
    text += await connection.read((answer) => answer.length > 0);
    while (answered < keys.length) {
      const isMiss = text.charCodeAt(at + 1) === 0x2d; // -
      if (text.length < at + (isMiss ? MISS_BYTES : HIT_BYTES)) break;
      at += isMiss ? MISS_BYTES : HIT_BYTES;
      if (isMiss) missing.push(keys[answered]!);
      answered++;
    }
  }
  const hits = keys.length - missing.length;
  if (missing.length === 0) return hits;
  connection.write(missing.map((key) => `SET key:${key} ${VALUE}\r\n`).join(''));
  let bytes = 0;
  while (bytes < missing.length * MISS_BYTES) bytes += (await connection.read((answer) => answer.length > 0)).length;
  return hits;
}

interface Load {
  readonly port: number;
  readonly limit: number;
}

/** What came of the load: hits after the warm-up, and the most memory used, in bytes. */
interface Outcome {
  readonly hits: number;
  readonly most: number;
}

async function load(port: number): Promise<Outcome> {
  const connection = await RawConnection.open(port);
  const next = zipf(new Prng(SEED));
  let hits = 0;
  let most = 0;
  for (let done = 0; done < REQUESTS; done += BATCH) {
    const found = await serve(connection, Array.from({ length: BATCH }, next));
    if (done >= WARM_UP) hits += found;
    if (done % 20_000 === 0) most = Math.max(most, await usedMemory(connection));
  }
  connection.close();
  return { hits, most };
}

/** The longest of the server's evictions, in milliseconds; 0 when all were shorter than one. */
async function longestEviction(connection: RawConnection): Promise<number> {
  connection.write('LATENCY LATEST\r\nECHO end\r\n');
  const text = await connection.read((answer) => answer.endsWith('\r\nend\r\n'));
  return Number(/eviction-cycle\r\n:\d+\r\n:\d+\r\n:(\d+)/.exec(text)?.[1] ?? 0);
}

async function measure(name: string, command: string, policy: string, limit: number): Promise<void> {
  const options = ['--maxmemory', String(limit), '--maxmemory-policy', policy, '--latency-monitor-threshold', '1'];
  const server = await ServerProcess.start(command, options);
  try {
    const pinger = await RawConnection.open(server.port);
    const waits: number[] = [];
    const worker = new Worker(import.meta.filename, { workerData: { port: server.port, limit } satisfies Load });
    let outcome: Outcome | null = null;
    const loaded = once(worker, 'message').then(([message]) => {
      outcome = message as Outcome;
    });
    while (outcome === null) {
      const start = performance.now();
      pinger.write('PING\r\n');
      await pinger.read((answer) => answer.length > 0);
      waits.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await loaded;
    const { hits, most } = outcome as Outcome;
    const rate = hits / (REQUESTS - WARM_UP);
    pinger.write('DBSIZE\r\n');
    const size = Number((await pinger.read((answer) => answer.endsWith('\r\n'))).slice(1));
    const eviction = await longestEviction(pinger);
    waits.sort((a, b) => a - b);
    const at = (share: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))]!.toFixed(2);
    console.log(
      `${policy} ${name}: hit rate ${(rate * 100).toFixed(2)} %, ${size} keys, memory at most ${((most / limit) * 100).toFixed(2)} % of its limit; ` +
        `PING ms p99 ${at(0.99)}, longest ${at(1)}; longest eviction ${eviction === 0 ? 'below 1' : eviction} ms`,
    );
    pinger.close();
  } finally {
    await server.stop();
  }
}

if (isMainThread) {
  for (const policy of ['allkeys-lru', 'allkeys-lfu']) {
    await measure('redis-server', 'redis-server', policy, MEGABYTES << 20);
    await measure('cinnabar', join(import.meta.dirname, '../../bin/cinnabar-server'), policy, MEGABYTES << 20);
  }
} else {
  parentPort!.postMessage(await load((workerData as Load).port));
}
