// cinnabar-check-aof beside redis-check-aof, on the same files: what they print, how they end, and what they leave.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkAof } from '../../src/cli/aof-check.ts';
import { checkSnapshot } from '../../src/cli/snapshot-check.ts';
import { nodeDisk } from '../../src/host/node-disk.ts';
import { Prng } from '../../src/lib/prng.ts';
import { toBytes } from '../../src/persistence/rdb/whole.ts';
import { EngineHarness, encode } from '../support/engine-harness.ts';

const isInstalled = spawnSync('redis-check-aof').error === undefined;
const skip =
  isInstalled || process.env['CINNABAR_REQUIRE_REDIS'] !== undefined ? false : 'redis-check-aof is not installed';

const home = mkdtempSync(join(tmpdir(), 'cinnabar-check-'));
after(() => rmSync(home, { recursive: true }));

type Files = Readonly<Record<string, string>>;

function lay(directory: string, files: Files): void {
  rmSync(join(home, directory), { recursive: true, force: true });
  mkdirSync(join(home, directory));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, directory, name), text, 'latin1');
}

function contents(directory: string): Record<string, string> {
  const names = readdirSync(join(home, directory)).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(home, directory, name), 'latin1')]));
}

/**
 * Log lines have a process id and a time of their own; 7.0 shows the name of a base where later releases show its path.
 */
const withoutTimes = (text: string): string =>
  text.replaceAll(/^\d+:C [^#]*# /gm, '# ').replaceAll(' Checking RDB file ./', ' Checking RDB file ');

/** Runs both programs on copies of the files. */
function compare(files: Files, args: readonly string[], input = '', what = ''): string {
  lay('theirs', files);
  cpSync(join(home, 'theirs'), join(home, 'ours'), { recursive: true, force: true });
  lay('ours', files);
  const theirs = spawnSync('redis-check-aof', args, { cwd: join(home, 'theirs'), input, encoding: 'latin1' });
  let printed = '';
  const path = (name: string): string => join(home, 'ours', name);
  const status = checkAof(args, {
    disk: {
      ...nodeDisk,
      open: (name, mode) => nodeDisk.open(path(name), mode),
      size: (name) => nodeDisk.size(path(name)),
    },
    programName: 'redis-check-aof',
    version: '',
    print: (text) => {
      printed += text;
    },
    ask: () => input,
    checkSnapshot: (file, name) =>
      checkSnapshot(
        file,
        name,
        {
          print: (text) => {
            printed += text;
          },
          logLine: () => undefined,
        },
        Date.now(),
      ),
    logLine: (line) => {
      printed += `# ${line}\n`;
    },
  });
  const label = `${what} ${args.join(' ')} on ${JSON.stringify(files)}`;
  assert.equal(withoutTimes(printed), withoutTimes(theirs.stdout), label);
  assert.equal(status, theirs.status, label);
  assert.deepEqual(contents('ours'), contents('theirs'), label);
  return printed;
}

const toLatin1Text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const commands = (...lines: string[]): string => lines.map((line) => encode(line.split(' '))).join('');
const GOOD = commands('SELECT 0', 'SET foo hello', 'MULTI', 'SET bar 1', 'DEL foo', 'EXEC', 'SET last x');

test('single files', { skip }, () => {
  const cases: readonly string[] = [
    '',
    GOOD,
    GOOD.slice(0, -1),
    `${GOOD}!!!`,
    `${GOOD}*3\r\n$3\r\nSET\r\n$-5\r\n`,
    `${GOOD}*1\r\n$99999999999999999999\r\n`,
    `${GOOD}*1\r\n$3\r\nSETxx`,
    `${GOOD}*1\n$3\r\nSET\r\n`,
    `${GOOD}*x\r\n`,
    `${GOOD}*0\r\n*-1\r\n`,
    `${GOOD}*1\r\n:3\r\n`,
    `${GOOD}*+1\r\n$ 3\r\nSET\r\n`,
    `${GOOD}*1\r\n$3\r\nSET\r\xff`,
    commands('MULTI', 'SET a 1'),
    commands('SET a 1', 'MULTI', 'SET a 1', 'MULTI', 'EXEC'),
    commands('SET a 1', 'EXEC'),
    commands('multi', 'exec', 'mUlTi'),
    `#TS:100\r\n${GOOD}#TS:200\r\n${GOOD}#TS:300\r\n${GOOD}`,
    `# ${'long '.repeat(300)}\r\n${GOOD}`,
    'file',
    'REDIS',
  ];
  for (const text of cases) {
    compare({ aof: text }, ['aof']);
    compare({ aof: text }, ['--fix', 'aof'], 'y\n');
    compare({ aof: text }, ['--fix', 'aof'], 'n\n');
    compare({ aof: text }, ['--truncate-to-timestamp', '200', 'aof']);
  }
});

test('cut at a time', { skip }, () => {
  const text = `#TS:100\r\n${GOOD}#TS:200\r\n${GOOD}#TS:300\r\n${GOOD}`;
  for (const time of ['99', '100', '150', '200', '299', '300', '301', '0', '-1', 'x', '1x', '', ' 250', '+250']) {
    compare({ aof: text }, ['--truncate-to-timestamp', time, 'aof']);
  }
  for (const bad of ['#TS:x\r\n', '#TS:250\n', '#TS:\r\n', '#TX:999\r\n']) {
    compare({ aof: GOOD + bad + GOOD }, ['--truncate-to-timestamp', '200', 'aof']);
  }
});

test('arguments', { skip }, () => {
  for (const args of [[], ['--fix', 'a', 'b'], ['a', 'b'], ['none'], ['--fix', 'none'], ['a', 'b', 'c', 'd']]) {
    compare({ aof: GOOD }, args);
  }
  compare({ aof: GOOD }, ['.']);
});

const MANIFEST = 'file b seq 1 type b\nfile i1 seq 1 type i\nfile i2 seq 2 type i\n';

test('several files with a manifest', { skip }, () => {
  const torn = GOOD.slice(0, -3);
  const cases: readonly Files[] = [
    { m: MANIFEST, b: GOOD, i1: GOOD, i2: GOOD },
    { m: MANIFEST, b: GOOD, i1: GOOD, i2: torn },
    { m: MANIFEST, b: GOOD, i1: torn, i2: GOOD },
    { m: MANIFEST, b: torn, i1: GOOD, i2: GOOD },
    { m: MANIFEST, b: GOOD, i1: '', i2: '' },
    { m: MANIFEST, b: '', i1: GOOD, i2: GOOD },
    { m: MANIFEST, b: GOOD, i1: GOOD },
    { m: MANIFEST, i1: GOOD, i2: GOOD },
    { m: 'file b seq 1 type b\n', b: torn },
    { m: 'file h seq 1 type h\n', b: torn },
    { m: `# note\n${MANIFEST}`, b: GOOD, i1: GOOD, i2: `#TS:100\r\n${GOOD}#TS:300\r\n${GOOD}` },
    { m: MANIFEST, b: GOOD, i1: `#TS:100\r\n${GOOD}#TS:300\r\n${GOOD}`, i2: GOOD },
    { m: 'file b seq 1 type b\nfile i1 seq 1 type i', b: GOOD, i1: GOOD },
    { m: 'file b seq 1 type x\n', b: GOOD },
    { m: 'file b seq 1 type b\n\n', b: GOOD },
    { m: 'file ../b seq 1 type b\n', b: GOOD },
    { m: '# only notes\n', b: GOOD },
  ];
  for (const files of cases) {
    compare(files, ['m']);
    compare(files, ['--fix', 'm'], 'y\n');
    compare(files, ['--truncate-to-timestamp', '200', 'm']);
  }
});

test('a snapshot in front', { skip }, () => {
  const harness = new EngineHarness();
  for (const command of ['SET a 1', 'SET b 2 EX 100', 'RPUSH l x y', 'SELECT 3', 'SET c 3', 'SET gone 1 PX 1']) {
    harness.run(...command.split(' '));
  }
  const { keyspace, access } = harness.engine;
  const snapshot = toLatin1Text(toBytes(keyspace, access));
  assert.match(compare({ aof: snapshot + GOOD }, ['aof']), /looks OK[\s\S]*AOF aof is valid/);
  compare({ aof: snapshot }, ['aof']);
  compare({ aof: snapshot + GOOD.slice(0, -2) }, ['--fix', 'aof'], 'y\n');
  compare({ m: 'file b seq 1 type b\nfile i seq 1 type i\n', b: snapshot, i: GOOD }, ['m']);
});

test('the program itself', { skip }, () => {
  lay('program', { aof: `${GOOD}!!!` });
  const program = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'bin', 'cinnabar-check-aof');
  const options = { cwd: join(home, 'program'), encoding: 'latin1', input: 'y\n' } as const;
  const theirs = spawnSync('redis-check-aof', ['aof'], options);
  const ours = spawnSync(program, ['aof'], options);
  assert.deepEqual([ours.stdout, ours.status], [theirs.stdout, theirs.status]);
  assert.match(spawnSync(program, ['--fix', 'aof'], options).stdout, /Successfully truncated AOF aof\n$/);
  assert.deepEqual(contents('program'), { aof: GOOD });
});

test('damage anywhere', { skip }, () => {
  for (let seed = 1; seed <= 150; seed++) {
    const prng = new Prng(seed);
    let text = GOOD;
    for (let damage = 1 + prng.below(2); damage > 0; damage--) {
      const at = prng.below(text.length);
      // What those programs show of a byte behind a NUL is left over from the line before.
      const byte = String.fromCharCode(1 + prng.below(127));
      const choice = prng.below(3);
      if (choice === 0) text = text.slice(0, at) + byte + text.slice(at + 1);
      else if (choice === 1) text = text.slice(0, at) + text.slice(at + 1);
      else text = text.slice(0, at) + byte + text.slice(at);
    }
    compare({ aof: text }, ['--fix', 'aof'], 'y\n', `seed ${seed}`);
  }
});
