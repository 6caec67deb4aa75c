// Clients and servers that misbehave at random: `npx node src/server/transports/transport.fuzz.ts [seed] [steps]`. The
// server echoes, and at random pauses, resumes, closes and throws; the clients send, stop reading, end, reset. Whatever
// happens, a client gets nothing but a beginning of what it sent, all of it when both sides were orderly, and no
// descriptor is left. Sockets make the order of events vary between runs of one seed.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Prng } from '../../lib/prng.ts';
import { chooseTransport, type WantedTransport } from './choose.ts';
import { type Link, type Receiver, TRANSPORT_DEFAULTS, type TransportHost } from './transport.ts';

const CLIENTS_MAX = 40;
const BLOCK_BYTES_MAX = 200_000;
const PATIENCE_MS = 10_000;

/** The byte at a place of every client's stream, so that both sides can check what they have. */
function byteAt(offset: number): number {
  return (offset * 31 + (offset >>> 8) * 7) & 255;
}

/** Echoes, and misbehaves. */
class Echo implements Receiver {
  readonly link: Link;
  readonly #server: EchoServer;
  #unsent: Uint8Array[] = [];
  #receivedBytes = 0;
  open = true;

  constructor(link: Link, server: EchoServer) {
    this.link = link;
    this.#server = server;
  }

  received(bytes: Uint8Array, length: number): void {
    assert.ok(this.open, 'nothing is received after the end');
    for (let i = 0; i < length; i++) assert.equal(bytes[i], byteAt(this.#receivedBytes + i));
    this.#receivedBytes += length;
    this.#unsent.push(bytes.slice(0, length));
    const chance = this.#server.random.below(200);
    if (chance === 0) this.end();
    else if (chance < 10) this.#server.pause(this);
    if (chance % 2 === 0) this.#server.dirty.add(this);
    else this.flush();
    if (chance === 10) throw new Error('thrown by the fuzzer');
  }

  writable(): void {
    assert.ok(this.open, 'no room after the end');
    this.flush();
  }

  closed(): void {
    assert.ok(this.open, 'one end only');
    this.open = false;
  }

  end(): void {
    this.open = false;
    this.link.close();
  }

  flush(): void {
    while (this.open && this.#unsent.length > 0) {
      const first = this.#unsent[0];
      if (first === undefined) return;
      const taken = this.link.send(first, 0, first.length);
      if (taken < 0) {
        this.end();
      } else if (taken < first.length) {
        this.#unsent[0] = first.subarray(taken);
        return;
      } else {
        this.#unsent.shift();
      }
    }
  }
}

class EchoServer implements TransportHost {
  readonly random: Prng;
  readonly links: Echo[] = [];
  readonly paused = new Set<Echo>();
  readonly dirty = new Set<Echo>();
  readonly errors: unknown[] = [];

  constructor(random: Prng) {
    this.random = random;
  }

  accept(link: Link): Receiver | null {
    if (this.random.below(50) === 0) return null;
    const echo = new Echo(link, this);
    this.links.push(echo);
    return echo;
  }

  tickEnd(): void {
    for (const echo of this.dirty) echo.flush();
    this.dirty.clear();
    if (this.random.below(20) === 0) this.resumeAll();
  }

  fatal(error: unknown): void {
    if (!String(error).includes('thrown by the fuzzer')) this.errors.push(error);
  }

  acceptFailed(failure: string): void {
    this.errors.push(failure);
  }

  pause(echo: Echo): void {
    echo.link.pauseReading();
    this.paused.add(echo);
  }

  resumeAll(): void {
    for (const echo of this.paused) echo.link.resumeReading();
    this.paused.clear();
  }
}

/** Sends its stream and checks what comes back. */
class Client {
  readonly socket: Socket;
  sentBytes = 0;
  receivedBytes = 0;
  closed = false;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (bytes: Buffer) => {
      for (let i = 0; i < bytes.length; i++) assert.equal(bytes[i], byteAt(this.receivedBytes + i));
      this.receivedBytes += bytes.length;
      assert.ok(this.receivedBytes <= this.sentBytes);
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
    });
  }

  sendSome(random: Prng): void {
    const block = Buffer.allocUnsafe(1 + random.below(random.below(8) === 0 ? BLOCK_BYTES_MAX : 100));
    for (let i = 0; i < block.length; i++) block[i] = byteAt(this.sentBytes + i);
    this.sentBytes += block.length;
    this.socket.write(block);
  }
}

function step(random: Prng, clients: Client[], port: number): void {
  const index = random.below(CLIENTS_MAX);
  const client = clients[index];
  if (client === undefined || client.closed) {
    clients[index % (clients.length + 1)] = new Client(port);
    return;
  }
  const chance = random.below(100);
  if (chance < 70) client.sendSome(random);
  else if (chance < 80) client.socket.pause();
  else if (chance < 95) client.socket.resume();
  else if (chance < 98) client.socket.end();
  // Node can't reset a socket that is sending its end: it stays open, without a 'close' event.
  else if (client.socket.writableEnded) client.socket.destroy();
  else client.socket.resetAndDestroy();
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!holds()) {
    assert.ok(performance.now() < deadline, what);
    await sleep(2);
  }
}

/** One run against one transport. */
export async function fuzz(wanted: WantedTransport, seed: number, steps: number): Promise<void> {
  const random = new Prng(seed);
  const server = new EchoServer(random);
  const { transport } = chooseTransport(wanted, server, TRANSPORT_DEFAULTS);
  const { port } = await transport.listenTcp('127.0.0.1', 0, 511);
  const clients: Client[] = [];
  const all = new Set<Client>();
  for (let i = 0; i < steps; i++) {
    step(random, clients, port);
    for (const client of clients) all.add(client);
    if (random.below(4) === 0) await sleep(0);
  }
  for (const client of all) {
    client.socket.resume();
    client.socket.end();
  }
  const quiet = setInterval(() => server.resumeAll(), 5);
  await until('every link ends', () => server.links.every((link) => !link.open));
  await until('every client ends', () => [...all].every((client) => client.closed));
  clearInterval(quiet);
  assert.deepEqual(server.errors, []);
  assert.ok(server.links.length > 10);
  transport.close();
}

const seed = Number(process.argv[2] ?? Date.now() % 1_000_000);
const steps = Number(process.argv[3] ?? 5000);
console.log(`seed ${seed}, ${steps} steps`);
const descriptors = (): number => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0);
for (const wanted of ['auto', 'node'] as const) {
  const before = descriptors();
  await fuzz(wanted, seed, steps);
  await until('every descriptor is closed', () => descriptors() <= before + 1);
  console.log(`${wanted}: ok`);
}
