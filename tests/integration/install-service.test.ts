// utils/install-service.sh, below a prefix: what it writes, what it leaves alone, what it refuses.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseCommandLine } from '../../src/server/config/command-line.ts';
import { configDisk } from '../../src/server/config/config-disk.ts';
import { ServerConfig } from '../../src/server/config/server-config.ts';

const SCRIPT = join(import.meta.dirname, '../../utils/install-service.sh');
const SKIP = process.platform === 'win32';
const home = mkdtempSync(join(tmpdir(), 'cinnabar-install-'));
after(() => rmSync(home, { recursive: true }));

const server = join(home, 'cinnabar-server');
writeFileSync(server, '#!/bin/sh\n');
chmodSync(server, 0o755);

function install(args: readonly string[], environment: Record<string, string> = {}, input = '') {
  const { status, stdout, stderr } = spawnSync(SCRIPT, args, {
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', CINNABAR_EXECUTABLE: server, ...environment },
    input,
    encoding: 'utf8',
  });
  return { status, output: stdout, error: stderr };
}

function newPrefix(): { prefix: string; read: (path: string) => string; has: (path: string) => boolean } {
  const prefix = mkdtempSync(join(home, 'root-'));
  return {
    prefix,
    read: (path) => readFileSync(join(prefix, path), 'utf8'),
    has: (path) => existsSync(join(prefix, path)),
  };
}

/** The configuration that a file makes, which need not name paths of this machine. */
function settings(text: string): ServerConfig {
  const config = new ServerConfig({
    files: {
      ...configDisk,
      readStdin: () => text,
      findDirectory: (path) => ({ path }),
      refuseAppending: () => null,
    },
    directory: '/',
  });
  assert.equal(config.load(parseCommandLine(['-'])), null);
  return config;
}

function textOf(config: ServerConfig, name: string): string | undefined {
  return config.match([name])[0]?.[1];
}

test('a unit, a configuration and directories are written for a port', { skip: SKIP }, () => {
  const { prefix, read, has } = newPrefix();
  const { status, error } = install(['--yes', '--prefix', prefix, '--port', '6390']);
  assert.deepEqual({ status, error }, { status: 0, error: '' });
  const unit = read('etc/systemd/system/cinnabar-6390.service');
  assert.match(unit, /^Type=notify$/m);
  assert.ok(unit.includes(`\nExecStart=${server} /etc/cinnabar/6390.conf --supervised systemd --daemonize no\n`));
  for (const line of ['User=cinnabar', 'LimitNOFILE=65535', 'Restart=on-failure', 'NoNewPrivileges=yes']) {
    assert.ok(unit.includes(`\n${line}\n`), line);
  }
  assert.match(unit, /^TimeoutStopSec=\d+$/m);
  assert.match(unit, /^ReadWritePaths=\/var\/lib\/cinnabar\/6390 \/etc\/cinnabar \/var\/log\/cinnabar$/m);
  assert.ok(has('var/lib/cinnabar/6390') && has('var/log/cinnabar/6390.log'));
  assert.equal(has('etc/systemd/system/cinnabar-6390.socket'), false);
  const path = join(prefix, 'etc/cinnabar/6390.conf');
  assert.equal(statSync(path).mode & 0o777, 0o600, 'passwords may come to be in it');
  const config = settings(readFileSync(path, 'latin1'));
  const expected = {
    port: '6390',
    dir: '/var/lib/cinnabar/6390',
    logfile: '/var/log/cinnabar/6390.log',
    maxclients: '10000',
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(textOf(config, name), value);
});

test('options and the environment choose everything', { skip: SKIP }, () => {
  const { prefix, read, has } = newPrefix();
  const { status } = install(
    ['--yes', '--prefix', `${prefix}/`, '--directory', '/srv/one', '--log', 'journal', '--socket'],
    { CINNABAR_PORT: '7001', CINNABAR_CONFIG_FILE: '/opt/one.conf', CINNABAR_USER: 'keeper' },
  );
  assert.equal(status, 0);
  const unit = read('etc/systemd/system/cinnabar-7001.service');
  assert.match(unit, /^User=keeper\nGroup=keeper$/m);
  assert.match(unit, /^Requires=cinnabar-7001\.socket$/m);
  assert.match(unit, /^ReadWritePaths=\/srv\/one \/opt$/m);
  assert.match(read('etc/systemd/system/cinnabar-7001.socket'), /^ListenStream=0\.0\.0\.0:7001$/m);
  assert.ok(has('srv/one') && !has('var/log'));
  assert.equal(textOf(settings(read('opt/one.conf')), 'logfile'), '');
});

test('run again it keeps the configuration, and uninstalling keeps the data', { skip: SKIP }, () => {
  const { prefix, read, has } = newPrefix();
  const args = ['--yes', '--prefix', prefix];
  install([...args, '--socket']);
  writeFileSync(join(prefix, 'etc/cinnabar/6379.conf'), 'port 6379\nmaxmemory 1gb\n');
  writeFileSync(join(prefix, 'var/lib/cinnabar/6379/dump.rdb'), 'data');
  const again = install(args);
  assert.match(again.output, /kept .*6379\.conf\n[\s\S]*removed .*6379\.socket\n/);
  assert.match(read('etc/cinnabar/6379.conf'), /maxmemory 1gb/);
  assert.equal(install([...args, '--uninstall', '--dry-run']).status, 0);
  assert.ok(has('etc/systemd/system/cinnabar-6379.service'));
  assert.equal(install([...args, '--uninstall']).status, 0);
  assert.equal(has('etc/systemd/system/cinnabar-6379.service'), false);
  assert.ok(has('etc/cinnabar/6379.conf') && has('var/lib/cinnabar/6379/dump.rdb'));
  assert.equal(install([...args, '--uninstall']).status, 1);
});

test('directories that are there stay as they are', { skip: SKIP }, () => {
  const { prefix } = newPrefix();
  mkdirSync(join(prefix, 'var/log'), { recursive: true, mode: 0o755 });
  chmodSync(join(prefix, 'var/log'), 0o755);
  assert.equal(install(['--yes', '--prefix', prefix, '--log', '/var/log/cinnabar.log']).status, 0);
  assert.equal(statSync(join(prefix, 'var/log')).mode & 0o777, 0o755);
});

test('a dry run shows the files and writes none', { skip: SKIP }, () => {
  const { prefix, has } = newPrefix();
  const { status, output } = install(['--dry-run', '--prefix', prefix, '--socket']);
  assert.equal(status, 0);
  assert.match(output, /^# .*\/6379\.conf\nport 6379\n[\s\S]*\nType=notify\n[\s\S]*\nListenStream=/);
  assert.equal(has('etc'), false);
});

test('what systemd or a shell could take for something else is refused', { skip: SKIP }, () => {
  const { prefix, has } = newPrefix();
  for (const [args, reason] of [
    [['--port', '0'], /0 is not a port/],
    [['--port', '65536'], /not a port/],
    [['--port', '6379; rm'], /not a port/],
    [['--port', '0000000006379'], /not a port/],
    [['--directory', 'relative'], /not an absolute path/],
    [['--directory', '/a b'], /has a character/],
    [['--directory', '/a%n'], /has a character/],
    [['--config', '/etc/../passwd'], /goes upwards/],
    [['--log', '/x\n/y'], /has a character/],
    [['--user', 'a:b'], /not the name of a user/],
    [['--server', '/nowhere/cinnabar-server'], /there is no program/],
    [['--port'], /needs a value/],
    [['--what'], /there is no option --what/],
  ] as const) {
    const { status, error } = install(['--yes', '--prefix', prefix, ...args]);
    assert.equal(status, 1, args.join(' '));
    assert.match(error, reason);
  }
  assert.equal(has('etc'), false);
});

const analyze = spawnSync('systemd-analyze', ['--version'], { stdio: 'ignore' });

test('systemd finds nothing wrong with the units', {
  skip: analyze.error !== undefined ? 'systemd-analyze is not there' : SKIP,
}, () => {
  const { prefix } = newPrefix();
  install(['--yes', '--prefix', prefix, '--socket']);
  const units = ['service', 'socket'].map((kind) => join(prefix, `etc/systemd/system/cinnabar-6379.${kind}`));
  const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], {
    encoding: 'utf8',
  });
  const about = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('cinnabar-6379'));
  assert.deepEqual(about, []);
});
