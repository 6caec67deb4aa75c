// The floor of each transport: CPU per request of a server that does nothing but answer "+OK" to every request, beside
// redis-server in the same run. Needs redis-server and redis-benchmark. Linux.
//
//   node src/server/transports/transport.bench.ts [rounds] [pipeline depths …]       20 s a round with 1 16 100
//   node src/server/transports/transport.bench.ts serve native|node 7000             the server alone, until killed
//
// Run from its sources it pays for assertions (VERIFY); bundled as the release is, 5 % less at P=1 and 20 % at P=16.
// Node 26.10, 2 cores, bundled, us per request, redis-server 7.0.15 | native | node (before native-loop.ts):
//   P=1 6.53 | 6.87 | 7.33     P=16 0.50 | 0.38 | 0.47     P=100 0.197 | 0.077 | 0.103

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chooseTransport } from './choose.ts';
import { type Link, type Receiver, TRANSPORT_DEFAULTS, type TransportHost } from './transport.ts';

const CLIENTS = 50;
const REQUESTS: Readonly<Record<number, number>> = { 1: 150_000, 16: 1_000_000, 100: 3_000_000 };
const TICKS_PER_SECOND = 100;
const ASTERISK = 42;

/** Counts requests by their first byte, and owes "+OK\r\n" for each. */
class FixedAnswers implements Receiver {
  owed = 0;
  readonly link: Link;
  readonly #host: FixedAnswerHost;

  constructor(link: Link, host: FixedAnswerHost) {
    this.link = link;
    this.#host = host;
  }

  received(bytes: Uint8Array, length: number): void {
    let requests = 0;
    for (let i = 0; i < length; i++) if (bytes[i] === ASTERISK) requests++;
    if (this.owed === 0 && requests > 0) this.#host.owing.push(this);
    this.owed += requests;
  }

  writable(): void {}
  closed(): void {}
}

class FixedAnswerHost implements TransportHost {
  readonly owing: FixedAnswers[] = [];
  readonly #answers = new Uint8Array(Buffer.from('+OK\r\n'.repeat(100_000)));

  accept(link: Link): Receiver {
    return new FixedAnswers(link, this);
  }

  tickEnd(): void {
    for (const receiver of this.owing) {
      receiver.link.send(this.#answers, 0, receiver.owed * 5);
      receiver.owed = 0;
    }
    this.owing.length = 0;
  }

  fatal(error: unknown): void {
    throw error;
  }

  acceptFailed(failure: string): void {
    console.error(failure);
  }
}

async function serve(name: string, port: number): Promise<void> {
  const wanted = name === 'node' ? 'node' : 'native';
  const { transport } = chooseTransport(wanted, new FixedAnswerHost(), TRANSPORT_DEFAULTS);
  await transport.listenTcp('127.0.0.1', port, 511);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function untilListening(port: number): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const connected = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (connected) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on ${port}`);
}

function start(name: string, port: number): ChildProcess {
  if (name === 'redis')
    return spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', ''], { stdio: 'ignore' });
  const flags = ['--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.url), 'serve', name, `${port}`];
  return spawn(process.execPath, flags, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** CPU seconds of all threads so far. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function load(port: number, depth: number, requests: number): Promise<void> {
  const test = ['-t', 'ping_mbulk', '-c', `${CLIENTS}`, '-P', `${depth}`, '-n', `${requests}`, '-q', '-p', `${port}`];
  await promisify(execFile)('redis-benchmark', test);
}

/** Microseconds of CPU per request. */
async function measure(name: string, depth: number): Promise<number> {
  const port = await freePort();
  const server = start(name, port);
  try {
    await untilListening(port);
    const requests = REQUESTS[depth] ?? 500_000;
    await load(port, depth, Math.ceil(requests / 5));
    const before = cpuSeconds(server.pid ?? 0);
    await load(port, depth, requests);
    return ((cpuSeconds(server.pid ?? 0) - before) / requests) * 1e6;
  } finally {
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill();
    await gone;
  }
}

async function compare(rounds: number, depths: readonly number[]): Promise<void> {
  const names = ['redis', 'native', 'node'];
  for (const depth of depths) {
    const results = new Map<string, number[]>(names.map((name) => [name, []]));
    for (let round = 0; round < rounds; round++)
      for (const name of names) results.get(name)?.push(await measure(name, depth));
    const median = (name: string): number => (results.get(name) ?? []).sort((a, b) => a - b)[rounds >> 1] ?? Number.NaN;
    for (const name of names) {
      const all = (results.get(name) ?? []).map((us) => us.toFixed(3)).join(' ');
      const efficiency = (median('redis') / median(name)).toFixed(2);
      console.log(
        `P=${depth} ${name.padEnd(6)} ${median(name).toFixed(3)} us/request  x${efficiency} of redis  (${all})`,
      );
    }
  }
}

const [first = '3', ...rest] = process.argv.slice(2);
if (first === 'serve') await serve(rest[0] ?? '', Number(rest[1]));
else await compare(Number(first), rest.length > 0 ? rest.map(Number) : [1, 16, 100]);
