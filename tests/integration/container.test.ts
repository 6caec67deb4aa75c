// The container: the Dockerfile is read as Docker would, as far as that can be told without an engine; its entry point and
// its health check are run.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createServer } from '../../src/server/embedded.ts';
import { freePort } from '../support/redis-server.ts';

const root = join(import.meta.dirname, '../..');
const SKIP = process.platform === 'win32';
const home = mkdtempSync(join(tmpdir(), 'cinnabar-container-'));
after(() => rmSync(home, { recursive: true }));

const KNOWN = new Set(
  'FROM ARG RUN CMD LABEL EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR HEALTHCHECK STOPSIGNAL SHELL'.split(' '),
);

interface Instruction {
  readonly name: string;
  readonly text: string;
  /** Counted from 0. */
  readonly stage: number;
}

/** The instructions of a Dockerfile, with lines that go on joined, without comments. */
function parseDockerfile(text: string): Instruction[] {
  const found: Instruction[] = [];
  let stage = -1;
  for (const line of text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')) {
    if (line.trim() === '') continue;
    const [, name = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (name === 'FROM') stage++;
    found.push({ name, text: rest, stage });
  }
  return found;
}

/** Sources and target of COPY, without its options. */
function copied({ text }: Instruction): { sources: string[]; from: string } {
  const words = text.split(/\s+/);
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length) ?? '';
  return { sources: words.filter((word) => !word.startsWith('--')).slice(0, -1), from };
}

const instructions = parseDockerfile(readFileSync(join(root, 'Dockerfile'), 'utf8'));
const last = instructions.filter(({ stage }) => stage === instructions.at(-1)!.stage);

function only(name: string): string {
  const found = last.filter((each) => each.name === name);
  assert.equal(found.length, 1, `one ${name}`);
  return found[0]!.text;
}

test('the Dockerfile has known instructions only, and takes nothing from the network but packages', () => {
  assert.equal(instructions[0]!.name, 'FROM');
  for (const { name, text } of instructions) {
    assert.ok(KNOWN.has(name), name);
    assert.ok(name !== 'ADD', 'COPY does what is needed');
    if (name === 'RUN') assert.doesNotMatch(text, /curl|wget|https?:/);
  }
});

test('it runs on the Node of the lock file', () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const major = String(lock.packages['node_modules/node'].version).split('.')[0]!;
  const images = instructions.filter(({ name }) => name === 'FROM').map(({ text }) => text.split(' ')[0]!);
  for (const image of images) assert.match(image, new RegExp(`^node:${major}-[a-z]+-slim$`));
});

test('what it copies is there, and in the build context', () => {
  const stages = instructions.filter(({ name }) => name === 'FROM').map(({ text }) => text.split(/ as /i)[1] ?? '');
  const rules = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
  const lines = rules.filter((line) => line !== '' && !line.startsWith('#'));
  assert.equal(lines[0], '*', 'nothing by default');
  const let_in = lines.slice(1).map((line) => line.replace(/^!/, ''));
  for (const path of let_in) assert.ok(existsSync(join(root, path)), path);
  for (const instruction of instructions.filter(({ name }) => name === 'COPY')) {
    const { sources, from } = copied(instruction);
    if (from !== '') {
      assert.ok(stages.indexOf(from) >= 0 && stages.indexOf(from) < instruction.stage, from);
      continue;
    }
    for (const source of sources) {
      assert.ok(existsSync(join(root, source)), source);
      assert.ok(let_in.includes(source.split('/')[0]!), `${source} is in the context`);
    }
  }
});

test('the server runs without root, on a volume, and is looked after', () => {
  assert.equal(only('USER'), 'cinnabar');
  assert.equal(only('VOLUME'), '/data');
  assert.equal(only('WORKDIR'), '/data');
  assert.equal(only('EXPOSE'), '6379');
  const order = last.map(({ name }) => name);
  assert.ok(order.indexOf('USER') < order.indexOf('CMD') && order.indexOf('USER') < order.indexOf('ENTRYPOINT'));
  assert.deepEqual(JSON.parse(only('CMD')), ['cinnabar-server']);
  assert.deepEqual(JSON.parse(only('ENTRYPOINT')), ['docker-entrypoint.sh']);
  const check = JSON.parse(only('HEALTHCHECK').replace(/^.* CMD /, '')) as string[];
  assert.ok(existsSync(join(root, check.at(-1)!.replace('/opt/cinnabar/', ''))));
});

/** Runs the entry point among stand-ins: for a user's number, and for the programs that it starts. */
function enter(args: readonly string[], user = 999): string {
  const stand = (name: string, script: string) =>
    writeFileSync(join(home, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  stand('id', `echo ${user}`);
  stand('find', 'echo "find $*"');
  stand('setpriv', 'echo "setpriv $*"');
  for (const name of ['cinnabar-server', 'other']) stand(name, `echo "${name} $* $(umask)"`);
  const { stdout } = spawnSync(
    '/bin/sh',
    ['-c', `umask 022; exec "$0" "$@"`, join(root, 'utils/docker-entrypoint.sh'), ...args],
    {
      env: { PATH: `${home}:/usr/bin:/bin` },
      cwd: home,
      encoding: 'utf8',
    },
  );
  return stdout;
}

test('the entry point opens the server to the network of the container, unless told otherwise', { skip: SKIP }, () => {
  const off = '--protected-mode no 0077\n';
  assert.equal(enter(['cinnabar-server']), `cinnabar-server ${off}`);
  assert.equal(enter([]), `cinnabar-server ${off}`);
  assert.equal(enter(['--port', '1']), `cinnabar-server --port 1 ${off}`);
  assert.equal(enter(['--protected-mode', 'yes']), 'cinnabar-server --protected-mode yes 0077\n');
  assert.equal(enter(['--protected-mode yes']), 'cinnabar-server --protected-mode yes 0077\n');
  writeFileSync(join(home, 'plain.conf'), '# protected-mode yes\nport 1\n');
  assert.equal(enter(['plain.conf', '--port', '2']), `cinnabar-server plain.conf --port 2 ${off}`);
  for (const line of ['  Protected-Mode yes', 'include more.conf']) {
    writeFileSync(join(home, 'says.conf'), `port 1\n${line}\n`);
    assert.equal(enter(['says.conf']), 'cinnabar-server says.conf 0077\n');
  }
  assert.equal(enter(['other', 'a  b']), 'other a  b 0022\n');
});

test('the entry point gives up root', { skip: SKIP }, () => {
  assert.match(
    enter(['--port', '1'], 0),
    /^find \/data .*chown cinnabar:cinnabar.*\nsetpriv --reuid=cinnabar --regid=cinnabar --init-groups -- .*docker-entrypoint\.sh cinnabar-server --port 1\n$/,
  );
  assert.equal(enter(['other'], 0), 'other  0022\n');
});

function checkHealth(port: number): Promise<number | null> {
  const check = spawn(process.execPath, [join(root, 'utils/health-check.ts')], {
    env: { ...process.env, CINNABAR_PORT: String(port) },
    stdio: 'ignore',
  });
  return new Promise((resolve) => check.once('exit', resolve));
}

test('the health check sees whether the server answers', async () => {
  const open = await createServer({ config: { loglevel: 'nothing' } });
  const locked = await createServer({ requirepass: 'secret', config: { loglevel: 'nothing' } });
  assert.equal(await checkHealth(open.port), 0);
  assert.equal(await checkHealth(locked.port), 0);
  await open.stop();
  await locked.stop();
  assert.equal(await checkHealth(await freePort()), 1);
});
