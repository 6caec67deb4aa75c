// Filling an empty server with keys while another connection sends a PING every millisecond: how long does the longest
// PING wait? Our server and redis-server in turn, in one run. No rehash, no segment and no collection may show.
//
//   npm run bench -- tests/bench/fill-stalls.bench.ts [million keys, 20]
//
// The filling client lives in a thread of its own, so that its work and its collections do not count as waits.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { ServerProcess } from '../support/redis-server.ts';

const keys = Number(process.argv[2] ?? 20) * 1_000_000;
const BATCH = 200;
const PIPELINED_BATCHES = 8;

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket.setNoDelay(true)));
    socket.once('error', reject);
  });
}

function batch(from: number): string {
  let text = '';
  for (let index = from; index < from + BATCH; index++) {
    const key = `key:${String(index).padStart(12, '0')}`;
    text += `*3\r\n$3\r\nSET\r\n$16\r\n${key}\r\n$16\r\nxxxxxxxxxxxxxxxx\r\n`;
  }
  return text;
}

/** Fills the server; resolves when the last reply has come. */
async function fill(port: number): Promise<void> {
  const socket = await open(port);
  await new Promise<void>((resolve) => {
    let sent = 0;
    let answered = 0;
    const send = () => {
      while (sent < keys && sent - answered < BATCH * PIPELINED_BATCHES) {
        socket.write(batch(sent), 'latin1');
        sent += BATCH;
      }
    };
    socket.on('data', (data) => {
      answered += data.length / 5;
      if (answered >= keys) resolve();
      else send();
    });
    send();
  });
  socket.destroy();
}

/** PINGs every millisecond until told to stop; the waits in milliseconds. */
async function ping(port: number, isOver: () => boolean): Promise<number[]> {
  const socket = await open(port);
  const waits: number[] = [];
  while (!isOver()) {
    const start = performance.now();
    socket.write('PING\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    waits.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  socket.destroy();
  return waits.sort((a, b) => a - b);
}

async function measure(name: string, command: string): Promise<void> {
  const server = await ServerProcess.start(command);
  try {
    let isOver = false;
    const waits = ping(server.port, () => isOver);
    const start = performance.now();
    await once(
      new Worker(import.meta.filename, { workerData: { port: server.port }, argv: [String(keys / 1e6)] }),
      'exit',
    );
    const seconds = (performance.now() - start) / 1000;
    isOver = true;
    const sorted = await waits;
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(2);
    console.log(
      `${name}: ${keys / 1e6} M keys in ${seconds.toFixed(1)} s; PING ms p50 ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}, max ${at(1)} (${sorted.length} PINGs)`,
    );
  } finally {
    await server.stop();
  }
}

if (isMainThread) {
  await measure('redis-server', 'redis-server');
  await measure('cinnabar', join(import.meta.dirname, '../../bin/cinnabar-server'));
} else {
  await fill((workerData as { port: number }).port);
}
