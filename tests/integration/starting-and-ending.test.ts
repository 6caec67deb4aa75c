// The program from its start to its end: what clients may do while it loads, what signals and SHUTDOWN do, and that an end
// which cannot come leaves everything as it was.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from '../support/engine-harness.ts';
import { freePort, RawConnection, ServerProcess } from '../support/redis-server.ts';

const BIN = join(import.meta.dirname, '../../bin/cinnabar-server');
const LOG = 'server.log';

/** A server, and one connection to it. */
class Probe {
  readonly server: ServerProcess;
  private readonly connection: RawConnection;

  private constructor(server: ServerProcess, connection: RawConnection) {
    this.server = server;
    this.connection = connection;
  }

  static async start(args: readonly string[], directory?: string): Promise<Probe> {
    const all = ['--enable-debug-command', 'yes', '--logfile', LOG, ...args];
    const server = await ServerProcess.start(BIN, all, directory);
    return new Probe(server, await RawConnection.open(server.port));
  }

  async ask(...words: string[]): Promise<string> {
    this.connection.write(encode(words));
    return this.connection.read((text) => text.endsWith('\r\n'));
  }

  /** A field of INFO. */
  async field(name: string): Promise<string> {
    return new RegExp(`^${name}:(.*)\r$`, 'm').exec(await this.ask('INFO'))?.[1] ?? '';
  }

  /** Sends a signal; waits until the server has heard it. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    process.kill(Number(await this.field('process_id')), signal);
    await sleep(50);
  }

  log(): string {
    return readFileSync(join(this.server.directory, LOG), 'latin1');
  }

  async logged(pattern: RegExp): Promise<void> {
    for (let tries = 0; tries < 100 && !pattern.test(this.log()); tries++) await sleep(20);
    assert.match(this.log(), pattern);
  }

  async ended(): Promise<void> {
    await this.connection.read(() => false);
    assert.ok(this.connection.closed, 'the server has closed the connection');
  }

  files(): string[] {
    return readdirSync(this.server.directory);
  }

  stop(): Promise<void> {
    this.connection.close();
    return this.server.stop();
  }
}

async function withProbe(args: readonly string[], run: (probe: Probe) => Promise<void>): Promise<void> {
  const probe = await Probe.start(args);
  try {
    await run(probe);
  } finally {
    await probe.stop();
  }
}

test('a signal that means a crash ends the server with a report', () =>
  withProbe([], async (probe) => {
    await probe.signal('SIGABRT');
    await probe.ended();
    await probe.logged(/crashed by signal: 6[\s\S]*REDIS BUG REPORT END/);
  }));

test('DEBUG SEGFAULT ends it in the same way', () =>
  withProbe([], async (probe) => {
    await probe.ask('DEBUG', 'SEGFAULT');
    await probe.ended();
    await probe.logged(/crashed by signal: 11[\s\S]*REDIS BUG REPORT END/);
  }));

test('a crash report tells the command, its client, what ran before, and no secrets', () =>
  withProbe([], async (probe) => {
    await probe.ask('SET', 'a', '1');
    await probe.ask('AUTH', 'hunter2');
    await probe.ask('MULTI');
    await probe.ask('DEBUG', 'SEGFAULT');
    await probe.ask('EXEC');
    await probe.ended();
    await probe.logged(/REDIS BUG REPORT END/);
    const log = probe.log();
    assert.match(
      log,
      /CURRENT COMMAND -+\nexec, 1 arguments\n[\s\S]*\ndebug, 2 arguments\nargv\[0\]: "DEBUG"\nargv\[1\]: "SEGFAULT"\nclient: id=/,
    );
    assert.match(log, /LAST COMMANDS -+\n.*\bset, auth, multi\n/);
    assert.match(log, /STATE -+\nseed: \d+ \d+\n/);
    assert.doesNotMatch(log, /hunter2/);
    assert.equal(log.match(/BUG REPORT START/g)?.length, 1);
  }));

test('with crash-log-enabled no a crash is one line, with hide-user-data-from-log it shows no arguments', async () => {
  await withProbe(['--crash-log-enabled', 'no'], async (probe) => {
    await probe.ask('DEBUG', 'SEGFAULT');
    await probe.ended();
    await probe.logged(/crashed by signal: 11/);
    assert.doesNotMatch(probe.log(), /BUG REPORT|argv/);
  });
  await withProbe(['--hide-user-data-from-log', 'yes'], async (probe) => {
    await probe.ask('DEBUG', 'SEGFAULT');
    await probe.ended();
    await probe.logged(/CURRENT COMMAND -+\ndebug, 2 arguments\n\n[\s\S]*BUG REPORT END/);
    assert.doesNotMatch(probe.log(), /argv\[/);
  });
});

test('the watchdog tells afterwards which command held the server up', () =>
  withProbe(['--watchdog-period', '200'], async (probe) => {
    await probe.ask('DEBUG', 'SLEEP', '0.3');
    await probe.logged(/WATCHDOG TIMER EXPIRED[\s\S]*A command took 3\d\d ms: debug\n[\s\S]*"SLEEP"\n[\s\S]*"0\.3"\n/);
    assert.equal(await probe.ask('PING'), '+PONG\r\n');
    await sleep(300);
    assert.equal(probe.log().match(/WATCHDOG/g)?.length, 1, 'the loop was late for a reason that was told');
  }));

test('SIGALRM makes it say where it is, and it goes on', () =>
  withProbe([], async (probe) => {
    await probe.signal('SIGALRM');
    await probe.logged(/Received SIGALRM/);
    assert.equal(await probe.ask('PING'), '+PONG\r\n');
  }));

test('the title of the process follows its template', { skip: process.platform !== 'linux' }, () =>
  withProbe([], async (probe) => {
    const { port } = probe.server;
    const template = 'TEST {title} {listen-addr} {port} {tls-port}';
    assert.equal(await probe.ask('CONFIG', 'SET', 'proc-title-template', template), '+OK\r\n');
    const title = readFileSync(`/proc/${await probe.field('process_id')}/cmdline`, 'latin1').replaceAll('\0', '');
    const [first, executable, ...rest] = title.split(' ');
    assert.equal(first, 'TEST');
    assert.match(executable!, /cinnabar-server/);
    assert.deepEqual(rest, [`*:${port}`, String(port), '0']);
  }),
);

test('while it loads it says so, and some settings wait', async () => {
  const probe = await Probe.start(['--save', '3600 1', '--rdbcompression', 'no']);
  const { directory } = probe.server;
  await probe.ask('DEBUG', 'POPULATE', '20000', 'key', '1000');
  await probe.ask('SAVE');
  await probe.server.kill();
  const slow = [
    '--enable-protected-configs',
    'yes',
    '--key-load-delay',
    '100',
    '--loading-process-events-interval-bytes',
    '1024',
    '--metrics-port',
    String(await freePort()),
  ];
  const health = async () => {
    const answer = await fetch(`http://127.0.0.1:${slow.at(-1)}/healthz`);
    return `${answer.status} ${await answer.text()}`;
  };
  const loading = await Probe.start(slow, directory);
  try {
    assert.equal(await loading.field('loading'), '1');
    assert.equal(await health(), '503 loading\n');
    assert.match(await loading.ask('GET', 'key:1'), /^-LOADING /);
    assert.equal(await loading.ask('CONFIG', 'SET', 'loglevel', 'debug'), '+OK\r\n');
    assert.match(await loading.ask('CONFIG', 'SET', 'dir', '/'), /^-LOADING /);
    const loaded = Number(await loading.field('loading_loaded_bytes'));
    assert.ok(loaded > 0 && loaded < Number(await loading.field('loading_total_bytes')));
    // 20,000 keys at 0.1 ms take two seconds; without the delay they come at once.
    assert.equal(await loading.ask('CONFIG', 'SET', 'key-load-delay', '0'), '+OK\r\n');
    for (let tries = 0; tries < 100 && (await loading.field('loading')) === '1'; tries++) await sleep(20);
    assert.equal(await loading.ask('DBSIZE'), ':20000\r\n');
    assert.equal(await health(), '200 ok\n');
  } finally {
    await loading.stop();
  }
});

for (const kind of ['snapshot', 'log']) {
  test(`SIGTERM while it loads a ${kind} ends it, and leaves the files as they were`, async () => {
    const keeps = kind === 'log' ? ['--appendonly', 'yes'] : ['--save', '3600 1'];
    const probe = await Probe.start([...keeps, '--rdbcompression', 'no']);
    const { directory } = probe.server;
    await probe.ask('DEBUG', 'POPULATE', '20000', 'key', '1000');
    await probe.ask(kind === 'snapshot' ? 'SAVE' : 'BGREWRITEAOF');
    for (let tries = 0; tries < 100 && (await probe.field('aof_rewrite_in_progress')) === '1'; tries++) await sleep(20);
    await probe.ask('SET', 'last', '1');
    await probe.server.kill();
    const sizes = (): [string, number][] =>
      readdirSync(directory, { recursive: true, encoding: 'utf8' })
        .filter((name) => !name.endsWith(LOG))
        .sort()
        .map((name): [string, number] => [name, statSync(join(directory, name)).size]);
    const before = sizes();
    const loading = await Probe.start([...keeps, '--key-load-delay', '1000'], directory);
    try {
      assert.equal(await loading.field('loading'), '1');
      await loading.signal('SIGTERM');
      await loading.ended();
      assert.deepEqual(sizes(), before);
    } finally {
      await loading.stop();
    }
  });
}

test('an end that cannot come, since the data set cannot be saved, leaves the log as it was', async () => {
  const args = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '3600 1'];
  const probe = await Probe.start(args);
  const { directory } = probe.server;
  // What is renamed to a directory with something in it fails.
  mkdirSync(join(directory, 'dump.rdb'));
  writeFileSync(join(directory, 'dump.rdb', 'here'), '');
  await probe.ask('SET', 'before', '1');
  assert.match(await probe.ask('SHUTDOWN'), /^-ERR Errors trying to SHUTDOWN/);
  await probe.signal('SIGTERM');
  await probe.logged(/Received SIGTERM[\s\S]*can't exit/);
  assert.equal(await probe.ask('SET', 'after', '2'), '+OK\r\n');
  await probe.server.kill();
  const again = await Probe.start(args, directory);
  try {
    assert.equal(await again.ask('GET', 'before'), '$1\r\n1\r\n');
    assert.equal(await again.ask('GET', 'after'), '$1\r\n2\r\n');
  } finally {
    await again.stop();
  }
});

test('SHUTDOWN ABORT calls off what a signal asked for, while DEBUG PAUSE-CRON holds it up', () =>
  withProbe([], async (probe) => {
    await probe.ask('DEBUG', 'PAUSE-CRON', '1');
    await probe.signal('SIGTERM');
    assert.equal(await probe.ask('SHUTDOWN', 'ABORT'), '+OK\r\n');
    assert.match(probe.log(), /Received SIGTERM[\s\S]*Shutdown manually aborted/);
    assert.equal(await probe.ask('SHUTDOWN', 'ABORT'), '-ERR No shutdown in progress.\r\n');
    await probe.signal('SIGTERM');
    assert.equal(await probe.ask('DEBUG', 'PAUSE-CRON', '0'), '+OK\r\n');
    await probe.ended();
  }));

test('SHUTDOWN gives up a snapshot under way, and leaves nothing of it', () =>
  withProbe([], async (probe) => {
    await probe.ask('SET', 'a', '1');
    await probe.ask('CONFIG', 'SET', 'rdb-key-save-delay', '10000000');
    await probe.ask('BGSAVE');
    for (let tries = 0; tries < 100 && !probe.files().some((name) => name.startsWith('temp-')); tries++)
      await sleep(20);
    assert.equal(await probe.field('rdb_bgsave_in_progress'), '1');
    assert.ok(probe.files().some((name) => name.startsWith('temp-')));
    await probe.ask('SHUTDOWN', 'NOSAVE');
    await probe.ended();
    assert.deepEqual(probe.files(), [LOG]);
  }));
