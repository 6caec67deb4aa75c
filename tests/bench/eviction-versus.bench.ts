// A cache under maxmemory: how often is a key there when keys are asked for by Zipf's law, how far does memory go above its
// limit, and how long does a PING wait meanwhile? Ours, and redis-server with the same limit and with the same keys in it.
//
//   npm run bench -- tests/bench/eviction-versus.bench.ts

import { join } from 'node:path';
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

async function measure(name: string, command: string, policy: string, limit: number): Promise<void> {
  const server = await ServerProcess.start(command, ['--maxmemory', String(limit), '--maxmemory-policy', policy]);
  try {
    const connection = await RawConnection.open(server.port);
    const pinger = await RawConnection.open(server.port);
    const next = zipf(new Prng(SEED));
    let hits = 0;
    let most = 0;
    let longest = 0;
    let isDone = false;
    const pings = (async () => {
      while (!isDone) {
        const start = performance.now();
        pinger.write('PING\r\n');
        await pinger.read((answer) => answer.length > 0);
        longest = Math.max(longest, performance.now() - start);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    for (let done = 0; done < REQUESTS; done += BATCH) {
      const found = await serve(connection, Array.from({ length: BATCH }, next));
      if (done >= WARM_UP) hits += found;
      if (done % 20_000 === 0) {
        most = Math.max(most, await usedMemory(connection));
      }
    }
    isDone = true;
    await pings;
    const rate = hits / (REQUESTS - WARM_UP);
    connection.write('DBSIZE\r\n');
    const size = Number((await connection.read((answer) => answer.endsWith('\r\n'))).slice(1));
    console.log(
      `${policy} ${name}: hit rate ${(rate * 100).toFixed(2)} %, ${size} keys, memory at most ${((most / limit) * 100).toFixed(2)} % of its limit, longest PING ${longest.toFixed(2)} ms`,
    );
    connection.close();
    pinger.close();
  } finally {
    await server.stop();
  }
}

for (const policy of ['allkeys-lru', 'allkeys-lfu']) {
  await measure('redis-server', 'redis-server', policy, MEGABYTES << 20);
  await measure('cinnabar', join(import.meta.dirname, '../../bin/cinnabar-server'), policy, MEGABYTES << 20);
}
