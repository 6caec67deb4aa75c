// The program from its start to its end: what clients may do while it loads, and what signals do. SHUTDOWN: ending.test.ts.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOG, Probe, withProbe } from '../support/probe.ts';
import { freePort } from '../support/redis-server.ts';

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
