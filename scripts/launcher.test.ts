// bin/cinnabar-server, run in a project made of stand-ins: its "node" prints what it was started with.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const home = realpathSync(mkdtempSync(join(tmpdir(), 'cinnabar launcher-')));
after(() => rmSync(home, { recursive: true }));

const launcher = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bin', 'cinnabar-server');
const bundle = join(home, 'project', 'dist', 'cinnabar-server.js');
const source = join(home, 'project', 'src', 'a.ts');
const isPosix = process.platform !== 'win32';

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
}

/** Seconds since 1970: the later, the newer. */
function setTime(path: string, seconds: number): void {
  utimesSync(path, seconds, seconds);
}

function fakeNode(path: string, version: string): void {
  write(path, `#!/bin/sh\n[ "$1" = --version ] && echo ${version} && exit\necho "$$ $0 $*"\n`, 0o755);
}

function start(command: string, args: readonly string[], path = '/usr/bin:/bin') {
  const run = spawnSync(command, args, { cwd: home, env: { PATH: path }, encoding: 'utf8' });
  return { pid: run.pid, status: run.status, output: run.stdout, error: run.stderr };
}

if (isPosix) {
  write(bundle, '');
  write(source, '');
  write(join(home, 'project', 'scripts', 'build.ts'), '');
  for (const path of [source, join(home, 'project', 'scripts', 'build.ts')]) setTime(path, 1000);
  setTime(bundle, 2000);
  fakeNode(join(home, 'project', 'node_modules', 'node', 'bin', 'node'), 'v26.0.0');
  mkdirSync(join(home, 'project', 'bin'));
  copyFileSync(launcher, join(home, 'project', 'bin', 'cinnabar-server'));
  mkdirSync(join(home, 'links'));
  symlinkSync('../project/bin/cinnabar-server', join(home, 'links', 'one'));
  symlinkSync(join(home, 'links', 'one'), join(home, 'links', 'cinnabar-server'));
}

const expected = `--disable-warning=ExperimentalWarning ${bundle}`;

test('the server is found through links, and takes the place of the shell', { skip: !isPosix }, () => {
  for (const command of ['project/bin/cinnabar-server', 'links/one', 'links/cinnabar-server']) {
    const { pid, output } = start(join(home, command), ['--port', '1 2']);
    assert.match(output, new RegExp(`^${pid} .*/project/node_modules/node/bin/node ${expected} --port 1 2\n$`));
  }
  assert.match(start('cinnabar-server', [], `${home}/links:/usr/bin:/bin`).output, new RegExp(`${expected}\n$`));
});

test('the bundle is made anew when a source is newer, not for a test', { skip: !isPosix }, () => {
  const command = join(home, 'project', 'bin', 'cinnabar-server');
  setTime(source, 3000);
  assert.match(start(command, []).error, /project\/scripts\/build\.ts --quiet\n$/);
  setTime(source, 1000);
  write(join(home, 'project', 'src', 'a.test.ts'), '');
  assert.equal(start(command, []).error, '');
});

test('a package without sources runs on the Node of the machine, from 22', { skip: !isPosix }, () => {
  const packaged = join(home, 'package');
  write(join(packaged, 'dist', 'cinnabar-server.js'), '');
  mkdirSync(join(packaged, 'bin'));
  copyFileSync(launcher, join(packaged, 'bin', 'cinnabar-server'));
  const command = join(packaged, 'bin', 'cinnabar-server');
  for (const [version, status] of [
    ['v20.20.2', 1],
    ['v9.1.0', 1],
    ['v22.0.0', 0],
    ['v26.10.0', 0],
  ] as const) {
    fakeNode(join(home, version, 'node'), version);
    assert.equal(start(command, [], `${home}/${version}:/usr/bin:/bin`).status, status, version);
  }
  rmSync(join(packaged, 'dist'), { recursive: true });
  const { status, error } = start(command, [], `${home}/v26.10.0:/usr/bin:/bin`);
  assert.equal(status, 1);
  assert.match(error, /cinnabar-server\.js is missing\n$/);
});
