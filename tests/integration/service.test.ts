// The program as a service: in the background, with supervisors that want to know how it is, with sockets that were opened
// before it was started.

import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectSecurely } from 'node:tls';
import { Libc } from '../../src/server/transports/native-libc.ts';
import { listenOnIp, listenOnPath } from '../../src/server/transports/native-sockets.ts';
import { parseHost } from '../../src/server/transports/socket-address.ts';
import { receiveDatagrams, SKIP_WITHOUT_DATAGRAMS } from '../support/datagrams.ts';
import { encode } from '../support/engine-harness.ts';
import { freePort, RawConnection } from '../support/redis-server.ts';

const BIN = join(import.meta.dirname, '../../bin/cinnabar-server');
const isPosix = process.platform !== 'win32';
const isLinux = process.platform === 'linux';
const home = realpathSync(mkdtempSync(join(tmpdir(), 'cinnabar-service-')));
const started: number[] = [];
after(() => {
  for (const pid of started) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
  rmSync(home, { recursive: true, force: true });
});

interface Run {
  readonly code: number;
  readonly output: string;
  readonly error: string;
}

/** Runs the program to its end, in a directory. */
function run(args: readonly string[], input = ''): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(BIN, args, { cwd: home }, (error, output, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output, error: stderr });
    });
    child.stdin?.end(input);
  });
}

async function ask(port: number, ...words: string[]): Promise<string> {
  const connection = await RawConnection.open(port);
  connection.write(encode(words));
  const reply = await connection.read((text) => text.endsWith('\r\n'));
  connection.close();
  return reply;
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 250 && !isSo(); tries++) await sleep(20);
  assert.ok(isSo());
}

function pidIn(path: string): number {
  const text = readFileSync(path, 'latin1');
  assert.match(text, /^\d+\n$/);
  started.push(Number(text));
  return Number(text);
}

test('daemonize puts the server into the background, up when the launcher ends', { skip: !isPosix }, async () => {
  const port = await freePort();
  const [pidFile, log] = [join(home, 'daemon.pid'), join(home, 'daemon.log')];
  const args = ['--port', `${port}`, '--daemonize', 'yes', '--pidfile', pidFile, '--logfile', 'daemon.log'];
  assert.deepEqual(await run([...args, '--save', '']), { code: 0, output: '', error: '' });
  const pid = pidIn(pidFile);
  // No waiting: it accepts connections already.
  assert.match(await ask(port, 'INFO', 'server'), new RegExp(`process_id:${pid}\r\nprocess_supervised:no\r\n`));
  assert.equal(await ask(port, 'CONFIG', 'GET', 'daemonize'), '*2\r\n$9\r\ndaemonize\r\n$3\r\nyes\r\n');
  const lines = (): string => readFileSync(log, 'latin1');
  // It may load its data for longer than the launcher waits.
  await until(() => lines().includes('Ready to accept connections tcp\n'));
  assert.match(lines(), new RegExp(`^${pid}:C .*Redis is starting.*\n${pid}:M .*Server initialized\n`, 's'));
  if (isLinux) {
    for (const stream of [0, 1, 2]) assert.equal(readlinkSync(`/proc/${pid}/fd/${stream}`), '/dev/null');
    assert.equal(readlinkSync(`/proc/${pid}/cwd`), home);
    assert.doesNotMatch(readFileSync(`/proc/${pid}/environ`, 'latin1'), /^LISTEN_/m);
    // Its own session: nothing that happens to the terminal reaches it.
    assert.equal(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ')[3], `${pid}`);
  }
  process.kill(pid, 'SIGTERM');
  await until(() => !existsSync(pidFile));
  assert.match(lines(), /Removing the pid file/);
});

test('a daemon that cannot start says why through its launcher', { skip: !isPosix }, async () => {
  const holder = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve));
  const pidFile = join(home, 'none.pid');
  const common = ['--daemonize', 'yes', '--bind', '127.0.0.1', '--pidfile', pidFile, '--save', ''];
  const taken = await run([...common, '--port', `${port}`]);
  holder.close();
  assert.equal(taken.code, 1);
  assert.equal(taken.output, '');
  assert.match(
    taken.error,
    /^cinnabar-server: the server did not start\n[\s\S]*# Failed listening on port \d+ \(tcp\), aborting/,
  );
  assert.equal(existsSync(pidFile), false);
  const wrong = await run([...common, '--port', 'x']);
  assert.equal(wrong.code, 1);
  assert.match(wrong.error, /FATAL CONFIG FILE ERROR/);
});

test('a daemon has the configuration that came from standard input', { skip: !isPosix }, async () => {
  const port = await freePort();
  const pidFile = join(home, 'stdin.pid');
  const text = `port ${port}\nmaxclients 123\nsave ""\ndaemonize yes\n`;
  assert.equal((await run(['-', '--pidfile', pidFile], text)).code, 0);
  const pid = pidIn(pidFile);
  assert.match(await ask(port, 'CONFIG', 'GET', 'maxclients'), /123/);
  process.kill(pid, 'SIGTERM');
  await until(() => !existsSync(pidFile));
});

/** A program in the foreground, with what it printed. */
class Foreground {
  output = '';
  readonly child: ChildProcess;

  constructor(args: readonly string[], environment: Record<string, string> = {}, descriptors: readonly number[] = []) {
    // LISTEN_PID is known only to the process itself.
    const script = 'export LISTEN_PID=$$; exec "$0" "$@"';
    this.child = spawn('/bin/sh', ['-c', script, BIN, '--save', '', ...args], {
      cwd: home,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'ignore', ...descriptors],
    });
    if (this.child.pid !== undefined) started.push(this.child.pid);
    this.child.stdout?.on('data', (text: Buffer) => {
      this.output += text.toString();
    });
  }

  printed(pattern: RegExp): Promise<void> {
    return until(() => pattern.test(this.output));
  }

  async end(): Promise<void> {
    this.child.kill('SIGTERM');
    await until(() => this.child.exitCode !== null);
  }
}

test('a pid file is written in the foreground too, and not over that of a server that runs', {
  skip: !isPosix,
}, async () => {
  const port = await freePort();
  const args = ['--port', `${port}`, '--pidfile', 'foreground.pid'];
  const path = join(home, 'foreground.pid');
  const first = new Foreground(args);
  await first.printed(/Ready to accept/);
  assert.equal(pidIn(path), first.child.pid);
  const second = new Foreground(args);
  await until(() => second.child.exitCode === 1);
  assert.equal(pidIn(path), first.child.pid);
  await first.end();
  assert.equal(existsSync(path), false);
});

test('relative paths of the log and the pid file are below dir', { skip: !isPosix }, async () => {
  const directory = realpathSync(mkdtempSync(join(home, 'dir-')));
  const port = await freePort();
  const args = ['--port', `${port}`, '--dir', directory, '--logfile', 'here.log', '--pidfile', 'here.pid'];
  const server = new Foreground(args);
  await until(() => existsSync(join(directory, 'here.pid')));
  assert.match(readFileSync(join(directory, 'here.log'), 'latin1'), /Server initialized/);
  if (isLinux) assert.equal(readlinkSync(`/proc/${server.child.pid}/cwd`), directory);
  await server.end();
  assert.equal(existsSync(join(directory, 'here.pid')), false);
});

test('systemd is notified, and supervision keeps the server in the foreground', {
  skip: SKIP_WITHOUT_DATAGRAMS,
}, async () => {
  const address = join(home, 'notify');
  const receiver = receiveDatagrams(address);
  const port = await freePort();
  const server = new Foreground(['--port', `${port}`, '--supervised', 'auto', '--daemonize', 'yes'], {
    NOTIFY_SOCKET: address,
    WATCHDOG_USEC: '200000',
  });
  await server.printed(/Supervised by systemd[\s\S]*Ready to accept/);
  assert.match(await ask(port, 'INFO', 'server'), /process_supervised:systemd\r\n/);
  await sleep(250);
  const told = receiver.read();
  assert.equal(told[0], 'STATUS=Redis is loading...\n');
  assert.ok(told.includes('STATUS=Ready to accept connections\nREADY=1\n'));
  assert.ok(told.filter((text) => text === 'WATCHDOG=1\n').length >= 2);
  await server.end();
  assert.equal(receiver.read().at(-1), 'STOPPING=1\n');
  receiver.close();
});

test('systemd waits for a server that saves at its end, as long as that goes on', {
  skip: SKIP_WITHOUT_DATAGRAMS,
}, async () => {
  const address = join(home, 'notify-ending');
  const receiver = receiveDatagrams(address);
  const port = await freePort();
  const args = ['--port', `${port}`, '--supervised', 'systemd', '--save', '3600 1', '--rdb-key-save-delay', '50000'];
  const server = new Foreground([...args, '--dir', home, '--dbfilename', 'ending.rdb'], {
    NOTIFY_SOCKET: address,
    WATCHDOG_USEC: '200000',
  });
  await server.printed(/Ready to accept/);
  for (let key = 0; key < 40; key++) assert.equal(await ask(port, 'SET', `key-${key}`, '1'), '+OK\r\n');
  receiver.read();
  const told: string[] = [];
  server.child.kill('SIGTERM');
  // There is room for a few only.
  await until(() => told.push(...receiver.read()) > 0 && server.child.exitCode !== null);
  const saving = told.flatMap(
    (text) => /^STATUS=Saving the data set, (\d+)%\nEXTEND_TIMEOUT_USEC=60000000\n$/.exec(text)?.[1] ?? [],
  );
  assert.equal(saving[0], '0');
  assert.ok(saving.length > 1 && Number(saving[1]) > 0, saving.join());
  assert.ok(told.filter((text) => text === 'WATCHDOG=1\n').length > 10);
  assert.equal(told.at(-1), 'STOPPING=1\n');
  receiver.close();
});

test('upstart sees the server stop when it is ready', { skip: !isLinux }, async () => {
  const port = await freePort();
  const server = new Foreground(['--port', `${port}`, '--supervised', 'upstart'], { UPSTART_JOB: 'cinnabar' });
  const state = () => readFileSync(`/proc/${server.child.pid}/stat`, 'latin1').split(') ')[1]!.charAt(0);
  await server.printed(/will stop to signal readiness[\s\S]*Ready to accept/);
  await until(() => state() === 'T');
  server.child.kill('SIGCONT');
  assert.match(await ask(port, 'INFO', 'server'), /process_supervised:upstart\r\n/);
  await server.end();
});

test('oom-score-adj changes the score of the process and brings it back', { skip: !isLinux }, async () => {
  const port = await freePort();
  const server = new Foreground(['--port', `${port}`]);
  await server.printed(/Ready to accept/);
  const score = () => Number(readFileSync(`/proc/${server.child.pid}/oom_score_adj`, 'latin1'));
  const before = score();
  // Raising it needs no privilege, and lowering it to where it was needs none either.
  const set = ['CONFIG', 'SET', 'oom-score-adj-values', '10 20 30', 'oom-score-adj', 'yes'];
  assert.equal(await ask(port, ...set), '+OK\r\n');
  assert.equal(score(), Math.min(1000, before + 10));
  assert.equal(await ask(port, 'CONFIG', 'SET', 'oom-score-adj', 'no'), '+OK\r\n');
  assert.equal(score(), before);
  await server.end();
});

/** Listening sockets as a supervisor opens them: nobody accepts on them but to whom they are passed. */
function openSockets(path: string) {
  const libc = new Libc();
  const descriptors = [listenOnIp(libc, parseHost('127.0.0.1')!, 0, 16, 0), listenOnPath(libc, path, 0, 16)];
  const name = libc.socketName(descriptors[0]!, 'getsockname')!;
  return {
    descriptors,
    port: (name[2]! << 8) | name[3]!,
    close: () => {
      for (const descriptor of descriptors) libc.functions.close(descriptor);
      rmSync(path, { force: true });
    },
  };
}

/** What a connection to a path says to PING; it may wait for long. */
function pingPath(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(path, () => socket.write('PING\r\n'));
    socket.once('data', (text) => {
      resolve(text.toString());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

for (const transport of ['native', 'node']) {
  test(`sockets that are passed outlive the server: nobody is refused (${transport})`, {
    skip: SKIP_WITHOUT_DATAGRAMS,
  }, async () => {
    const path = join(home, `passed-${transport}`);
    const { descriptors, port, close } = openSockets(path);
    const other = await freePort();
    const args = ['--transport', transport, '--port', `${other}`, '--appendonly', 'yes', '--appenddirname', transport];
    const start = () => new Foreground(args, { LISTEN_FDS: '2' }, descriptors);
    try {
      // Connected before there is a server at all.
      const early = ask(port, 'PING');
      const first = start();
      await first.printed(/Ready to accept connections tcp[\s\S]*Ready to accept connections unix/);
      assert.equal(await early, '+PONG\r\n');
      assert.equal(await pingPath(path), '+PONG\r\n');
      await assert.rejects(RawConnection.open(other), 'they stand in for what the configuration says');
      const told = await ask(port, 'INFO', 'server');
      assert.match(told, new RegExp(`tcp_port:${port}\r\n`));
      assert.match(told, new RegExp(`listener0:name=tcp,bind=127.0.0.1,port=${port}\r\n`));
      assert.match(told, new RegExp(`listener1:name=unix,bind=${path}\r\n`));
      assert.match(
        await ask(port, 'CONFIG', 'SET', 'port', `${other + 1}`),
        /^-ERR CONFIG SET failed .* passed to the server/,
      );
      assert.equal(await ask(port, 'SET', 'kept', 'yes'), '+OK\r\n');
      await first.end();
      assert.ok(existsSync(path), 'the path is not the server’s to remove');
      const between = [ask(port, 'GET', 'kept'), pingPath(path)];
      const second = start();
      assert.deepEqual(await Promise.all(between), ['$3\r\nyes\r\n', '+PONG\r\n']);
      await second.end();
    } finally {
      close();
    }
  });
}

test('a socket whose name is tls is for encrypted connections', { skip: SKIP_WITHOUT_DATAGRAMS }, async () => {
  const files = join(import.meta.dirname, '../fixtures/tls');
  const { descriptors, port, close } = openSockets(join(home, 'unused'));
  const common = ['--port', '0', '--tls-auth-clients', 'no', '--tls-cert-file', `${files}/server.crt`];
  const args = [...common, '--tls-key-file', `${files}/server.key`];
  const passed = { LISTEN_FDS: '1', LISTEN_FDNAMES: 'tls' };
  try {
    const without = new Foreground(args, passed, descriptors.slice(0, 1));
    await until(() => without.child.exitCode !== null);
    assert.equal(without.child.exitCode, 1, 'tls-port says whether there is TLS at all');
    const other = await freePort();
    const server = new Foreground([...args, '--tls-port', `${other}`], passed, descriptors.slice(0, 1));
    await server.printed(/Ready to accept connections tls/);
    const socket = connectSecurely({ port, host: '127.0.0.1', rejectUnauthorized: false });
    socket.write('PING\r\n');
    const reply = await new Promise((resolve) => socket.once('data', (text: Buffer) => resolve(text.toString())));
    assert.equal(reply, '+PONG\r\n');
    socket.destroy();
    await server.end();
  } finally {
    close();
  }
});

test('a descriptor that is no listening socket keeps the server from starting', {
  skip: SKIP_WITHOUT_DATAGRAMS,
}, async () => {
  for (const transport of ['native', 'node']) {
    const server = new Foreground(['--port', '0', '--transport', transport], { LISTEN_FDS: '1' }, [process.stderr.fd]);
    await until(() => server.child.exitCode !== null);
    assert.equal(server.child.exitCode, 1);
    assert.match(server.output, /Failed listening/);
  }
});
