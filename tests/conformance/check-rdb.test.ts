// cinnabar-check-rdb beside redis-check-rdb, on the same files: what they print and how they end.
//
// Where a value is damaged, that program names a line of its source, which is left out here, and the one in 7.0 has other
// names for modules' values and none for streams of its own release. Both end with 1 on whatever is damaged; what they
// notice first may differ, since ours accepts less: no count that begins as an encoded string does, no compressed string
// that cannot have so much in it, …

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkRdb } from '../../src/cli/rdb-check.ts';
import { nodeDisk } from '../../src/host/node-disk.ts';
import { crc64 } from '../../src/lib/crc64.ts';
import { Prng } from '../../src/lib/prng.ts';
import { toBytes } from '../../src/persistence/rdb/whole.ts';
import { EngineHarness } from '../support/engine-harness.ts';
import { latin1, length, milliseconds, string } from '../support/rdb-bytes.ts';

const isInstalled = spawnSync('redis-check-rdb', ['--version']).error === undefined;
const skip =
  isInstalled || process.env['CINNABAR_REQUIRE_REDIS'] !== undefined ? false : 'redis-check-rdb is not installed';

const home = mkdtempSync(join(tmpdir(), 'cinnabar-check-rdb-'));
after(() => rmSync(home, { recursive: true }));
const file = join(home, 'file.rdb');

interface Outcome {
  readonly printed: string;
  readonly status: number | null;
}

function normal(printed: string): string {
  return printed
    .replaceAll(/^\d+:C [^#]*# /gm, '# ')
    .replaceAll(/Internal error in RDB reading.*/g, 'Internal error')
    .replaceAll(/Reading type (6|7|19) \(.*\)/g, 'Reading type $1');
}

/** Their memory is bounded: a damaged count may ask for any amount. */
function theirs(...args: string[]): Outcome {
  const run = spawnSync('/bin/sh', ['-c', 'ulimit -v 4000000; exec redis-check-rdb "$@"', 'redis-check-rdb', ...args], {
    encoding: 'latin1',
  });
  return { printed: normal(run.stdout + run.stderr), status: run.status };
}

function ours(...args: string[]): Outcome {
  let printed = '';
  const print = (text: string): void => {
    printed += text;
  };
  const status = checkRdb(args, {
    disk: nodeDisk,
    programName: 'redis-check-rdb',
    version: '7.0.15',
    print,
    printError: print,
    logLine: (line) => print(`# ${line}\n`),
    now: () => Date.now(),
  });
  return { printed: normal(printed), status };
}

function compare(bytes: Uint8Array, what: string): Outcome {
  writeFileSync(file, bytes);
  const outcome = ours(file);
  assert.deepEqual(outcome, theirs(file), what);
  return outcome;
}

/** The bytes of a file: what is given between the signature and the checksum. */
function whole(content: readonly number[], version = '0010'): Uint8Array {
  const body = [...latin1(`REDIS${version}`), ...content, 0xff];
  const sum = crc64(Uint8Array.from(body), 0, body.length);
  return Uint8Array.from([...body, ...milliseconds(0).map((_, index) => Number((sum >> BigInt(index * 8)) & 255n))]);
}

function dataSet(withStream: boolean): Uint8Array {
  const harness = new EngineHarness();
  const commands = [
    'SET number 12345',
    `SET text ${'abc'.repeat(40)}`,
    'SET passing 1 EX 100',
    'PEXPIREAT number 33000000000000',
    'RPUSH list a b 3',
    'SADD integers 1 2 3',
    'SADD set a b',
    'HSET hash field value',
    'ZADD sorted 1.5 a 2 b',
    `HSET long-hash field ${'x'.repeat(100)}`,
    'SELECT 3',
    `ZADD long-sorted 1 ${'y'.repeat(100)}`,
    ...(withStream
      ? ['XADD stream 1-1 a b', 'XGROUP CREATE stream group 0', 'XREADGROUP GROUP group c STREAMS stream >']
      : []),
  ];
  for (const command of commands) harness.run(...command.split(' '));
  return toBytes(harness.engine.keyspace, harness.engine.access);
}

test('good files, and what is no file', { skip }, () => {
  for (const withStream of [false, true]) {
    const { printed, status } = compare(dataSet(withStream), 'good');
    assert.equal(status, 0);
    assert.match(printed, /\\o\/ RDB looks OK! \\o\//);
  }
  for (const args of [[], ['a', 'b'], ['-v'], ['--version'], [join(home, 'none')], [home]]) {
    assert.deepEqual(versionless(ours(...args)), versionless(theirs(...args)), args.join(' '));
  }
});

const versionless = ({ printed, status }: Outcome): Outcome => ({
  printed: printed.replace(/ \d+\.\d+\.\d+/, ''),
  status,
});

test('files cut anywhere', { skip }, () => {
  const bytes = dataSet(false);
  for (let end = 0; end < bytes.length; end += 1 + (end % 5)) compare(bytes.subarray(0, end), `cut to ${end}`);
});

test('beginnings, versions and checksums', { skip }, () => {
  const good = dataSet(false);
  const wrong = good.slice();
  wrong[wrong.length - 1]! ^= 1;
  assert.match(compare(wrong, 'wrong').printed, /RDB CRC error/);
  assert.match(compare(good.slice().fill(0, good.length - 8), 'none').printed, /checksum disabled/);
  for (const version of ['0001', '0004', '0005', '0000', '-001', '   3', '9999', 'x', '1x  ', '0016']) {
    compare(whole([], version.padEnd(4)), `version ${version}`);
  }
  for (const text of ['', 'REDIS', 'REDIS001', 'REDIS0010', 'RESID0010....', '*3\r\n$3\r\nSET\r\n']) {
    compare(Uint8Array.from(latin1(text)), text);
  }
});

test('what stands between keys, modules, and empty values', { skip }, () => {
  const aux = (name: string, value: string) => [0xfa, ...string(name), ...string(value)];
  const key = [0, ...string('k'), ...string('v')];
  const id = [0x81, 0x00, 0x8b, 0xd1, 0x91, 0xf4, 0xd1, 0x00, 0x01];
  const parts = [2, ...length(70000), 1, 3, 3, 0, 0, 0, 0, 4, ...milliseconds(5), 5, ...string('text'), 9, 0];
  const cases: Readonly<Record<string, readonly number[]>> = {
    auxiliaries: [...aux('name', 'value'), ...aux('cut\0here', 'and\0here'), ...aux('', '')],
    long: aux('long', 'x'.repeat(3000)),
    databases: [0xfe, 5, 0xfb, 1, 0, ...key, 0xfe, 0x81, 255, 255, 255, 255, 255, 255, 255, 254, ...key],
    expiries: [0xfd, 1, 0, 0, 0, ...key, 0xfc, ...milliseconds(5), ...key, 0xfc, ...milliseconds(9e15), ...key],
    'far past': [
      0xfc,
      ...milliseconds(-1),
      ...key,
      0xfc,
      ...milliseconds(-2),
      ...key,
      0xfd,
      0xff,
      0xff,
      0xff,
      0xff,
      ...key,
    ],
    access: [0xf8, 5, ...key, 0xf9, 200, ...key],
    library: [0xf5, ...string('#!lua name=x\n'), ...key],
    opcodes: [0xf3, ...key],
    'module value': [7, ...string('m'), ...id, ...parts, 0, ...key],
    'module value, cut': [7, ...string('m'), ...id, 5, 60, 1],
    'module auxiliary': [0xf7, ...id, 2, 1, ...parts, 0, ...key],
    'module auxiliary, wrong': [0xf7, ...id, 3, 1, ...parts, 0, ...key],
    'no type': [8, ...string('k'), ...key],
    'no such type': [60, ...string('k'), ...key],
    'empty list': [1, ...string('k'), 0, ...key],
    'empty hash': [...key, 4, ...string('hash'), 0, ...key],
    'key twice': [...key, ...key],
  };
  for (const [what, content] of Object.entries(cases)) compare(whole(content), what);
});

test('damaged files end with 1 in both, for the same reason as a rule', { skip }, () => {
  const seed = 20261121;
  const prng = new Prng(seed);
  const bytes = dataSet(true);
  let same = 0;
  const rounds = 120;
  for (let round = 0; round < rounds; round++) {
    const damaged = bytes.slice();
    const at = 9 + prng.below(bytes.length - 9);
    damaged[at] =
      prng.below(3) === 0 ? [0, 0x81, 0xc3, 0xff, 0xf7][prng.below(5)]! : damaged[at]! ^ (1 << prng.below(8));
    writeFileSync(file, damaged);
    const mine = ours(file);
    const other = theirs(file);
    assert.equal(
      mine.status,
      other.status,
      `seed ${seed}, byte ${at} set to ${damaged[at]}: ${mine.printed}\n${other.printed}`,
    );
    if (mine.printed === other.printed) same++;
  }
  assert.ok(same > rounds * 0.8, `${same} of ${rounds} the same`);
});
