// What it costs to keep the data: saving and loading, a snapshot under load, the append-only log; beside redis-server in one
// run, on the disk of the temporary directory.
//
//   npm run bench -- persistence-versus [--only=save|bgsave|log] [--keys=5000000] [--members=1000000]

import { execFile } from 'node:child_process';
import { fdatasyncSync, openSync, readFileSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { encode } from '../support/engine-harness.ts';
import { RawConnection, ServerProcess } from '../support/redis-server.ts';

const CINNABAR = join(import.meta.dirname, '../../bin/cinnabar-server');
const PROGRAMS = [
  ['redis-server', 'redis-server'],
  ['cinnabar', CINNABAR],
] as const;
const run = promisify(execFile);

function option(name: string, usual: string): string {
  return process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? usual;
}

const ONLY = option('only', '');
const KEYS = Number(option('keys', '5000000'));
const MEMBERS = Number(option('members', '1000000'));
const LONG_MS = 600_000;

async function ask(connection: RawConnection, ...words: string[]): Promise<string> {
  connection.write(encode(words));
  return connection.read((text) => text.endsWith('\r\n'), LONG_MS);
}

async function info(connection: RawConnection, field: string): Promise<string> {
  const text = await ask(connection, 'INFO');
  return new RegExp(`^${field}:(.*)\r$`, 'm').exec(text)?.[1] ?? '';
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function ready(connection: RawConnection): Promise<void> {
  while (!(await ask(connection, 'PING')).startsWith('+PONG') || (await info(connection, 'loading')) === '1') {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Requests a second of redis-benchmark. */
async function rate(port: number, test: string, requests: number, pipeline: number, keys: number): Promise<number> {
  const words = ['-p', port, '-t', test, '-n', requests, '-P', pipeline, '-r', keys, '-d', 16, '-c', 50, '--csv'];
  const { stdout } = await run('redis-benchmark', words.map(String), { maxBuffer: 1 << 26 });
  return Number(stdout.trim().split('\n').at(-1)!.split(',')[1]!.replaceAll('"', ''));
}

function residentBytes(pid: string): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

// --- saving and loading ---

const DATA_SETS: readonly (readonly [string, (connection: RawConnection) => Promise<void>])[] = [
  [
    `${KEYS} strings`,
    async (connection) => void (await ask(connection, 'DEBUG', 'POPULATE', String(KEYS), 'key', '16')),
  ],
  ...(['SADD', 'HSET', 'ZADD', 'RPUSH'] as const).map(
    (command) => [`${command} of ${MEMBERS}`, (connection: RawConnection) => fill(connection, command)] as const,
  ),
];

async function fill(connection: RawConnection, command: 'SADD' | 'HSET' | 'ZADD' | 'RPUSH'): Promise<void> {
  for (let from = 0; from < MEMBERS; from += 1000) {
    const words = [command, 'collection'];
    for (let index = from; index < from + 1000; index++) {
      const member = `element:${String(index).padStart(8, '0')}`;
      if (command === 'ZADD') words.push(String((index * 7919) % MEMBERS), member);
      else if (command === 'HSET') words.push(member, `value:${index}`);
      else words.push(member);
    }
    await ask(connection, ...words);
  }
}

async function savesAndLoads(): Promise<void> {
  for (const [name, make] of DATA_SETS) {
    const seconds: number[][] = [];
    for (const [, command] of PROGRAMS) {
      let server = await ServerProcess.start(command, ['--enable-debug-command', 'yes']);
      const { directory } = server;
      const connection = await RawConnection.open(server.port);
      await make(connection);
      const saved = Math.min(await timed(() => ask(connection, 'SAVE')), await timed(() => ask(connection, 'SAVE')));
      connection.close();
      await server.kill();
      server = await ServerProcess.start(command, ['--loglevel', 'notice', '--logfile', 'log'], directory);
      const again = await RawConnection.open(server.port);
      await ready(again);
      const loaded = Number(/DB loaded from disk: ([\d.]+)/.exec(readFileSync(join(directory, 'log'), 'utf8'))![1]);
      again.close();
      await server.stop();
      seconds.push([saved, loaded]);
    }
    const [theirs, ours] = seconds as [number[], number[]];
    const of = (index: number) =>
      `${theirs[index]!.toFixed(2)} s, ${ours[index]!.toFixed(2)} s: ${(theirs[index]! / ours[index]!).toFixed(2)}`;
    console.log(`${name}: SAVE ${of(0)} times as fast; loading ${of(1)}`);
  }
}

// --- a snapshot under full write load ---

async function snapshotUnderLoad(): Promise<void> {
  for (const [name, command] of PROGRAMS) {
    const server = await ServerProcess.start(command, ['--enable-debug-command', 'yes']);
    const connection = await RawConnection.open(server.port);
    await rate(server.port, 'set', KEYS * 2, 100, KEYS);
    const pid = await info(connection, 'process_id');
    const before = await rate(server.port, 'set', 2_000_000, 16, KEYS);
    const resident = residentBytes(pid);
    const pings = new Pings(await RawConnection.open(server.port));
    let most = resident;
    const sampler = setInterval(() => {
      most = Math.max(most, residentBytes(pid));
    }, 20);
    const waits = pings.run();
    await ask(connection, 'BGSAVE');
    const rates: number[] = [];
    const begun = performance.now();
    while ((await info(connection, 'rdb_bgsave_in_progress')) === '1') {
      rates.push(await rate(server.port, 'set', 300_000, 16, KEYS));
    }
    const seconds = (performance.now() - begun) / 1000;
    pings.stop();
    const longest = await waits;
    clearInterval(sampler);
    const during = rates.reduce((sum, each) => sum + each, 0) / rates.length;
    console.log(
      `${name}: BGSAVE of ${await info(connection, 'db0')} in ${seconds.toFixed(1)} s; throughput kept ${(during / before).toFixed(2)} ` +
        `of ${before.toFixed(0)}/s; RSS at most ${((most / resident - 1) * 100).toFixed(1)} % more; longest PING ${longest.toFixed(1)} ms`,
    );
    connection.close();
    await server.stop();
  }
}

class Pings {
  private readonly connection: RawConnection;
  private isOver = false;

  constructor(connection: RawConnection) {
    this.connection = connection;
  }

  /** Sends a PING every millisecond; the longest wait in milliseconds. */
  async run(): Promise<number> {
    let longest = 0;
    while (!this.isOver) {
      longest = Math.max(longest, (await timed(() => ask(this.connection, 'PING'))) * 1000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    this.connection.close();
    return longest;
  }

  stop(): void {
    this.isOver = true;
  }
}

// --- the append-only log ---

function syncLatency(): string {
  const file = openSync(join(tmpdir(), `cinnabar-sync-${process.pid}`), 'w');
  const times: number[] = [];
  for (let round = 0; round < 50; round++) {
    writeSync(file, 'x'.repeat(4096));
    const start = performance.now();
    fdatasyncSync(file);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return `fdatasync of 4 KB: median ${times[25]!.toFixed(2)} ms, worst of 50 ${times[49]!.toFixed(2)} ms, file system type ${statfsSync(tmpdir()).type.toString(16)}`;
}

async function logs(): Promise<void> {
  console.log(syncLatency());
  for (const [name, command] of PROGRAMS) {
    const rates: number[] = [];
    for (const args of [[], ['--appendonly', 'yes', '--appendfsync', 'everysec']]) {
      const server = await ServerProcess.start(command, args);
      await rate(server.port, 'set', 500_000, 16, 100_000);
      const best: number[] = [];
      for (let round = 0; round < 3; round++) best.push(await rate(server.port, 'set', 2_000_000, 16, 100_000));
      rates.push(Math.max(...best));
      await server.stop();
    }
    console.log(`${name}: everysec keeps ${(rates[1]! / rates[0]!).toFixed(3)} of ${rates[0]!.toFixed(0)}/s at P=16`);
  }
  const always: number[] = [];
  for (const [, command] of PROGRAMS) {
    const server = await ServerProcess.start(command, ['--appendonly', 'yes', '--appendfsync', 'always']);
    await rate(server.port, 'set', 20_000, 1, 100_000);
    const best: number[] = [];
    for (let round = 0; round < 3; round++) best.push(await rate(server.port, 'set', 60_000, 1, 100_000));
    always.push(Math.max(...best));
    await server.stop();
  }
  console.log(
    `always, 50 clients: redis-server ${always[0]!.toFixed(0)}/s, cinnabar ${always[1]!.toFixed(0)}/s: ${(always[1]! / always[0]!).toFixed(2)}`,
  );
}

if (ONLY === '' || ONLY === 'save') await savesAndLoads();
if (ONLY === '' || ONLY === 'bgsave') await snapshotUnderLoad();
if (ONLY === '' || ONLY === 'log') await logs();
