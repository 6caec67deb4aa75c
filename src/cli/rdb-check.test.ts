import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latin1, length, string } from '../../tests/support/rdb-bytes.ts';
import { SimulatedDisk } from '../host/simulated-disk.ts';
import { Lzf } from '../lib/lzf.ts';
import { writeAll } from '../world/disk.ts';
import { checkRdb } from './rdb-check.ts';

const NO_CHECKSUM = [0xff, 0, 0, 0, 0, 0, 0, 0, 0];

function run(content: readonly number[] | Uint8Array, ...args: string[]): { printed: string; status: number } {
  const disk = new SimulatedDisk(1);
  const file = disk.open('x.rdb', 'create');
  writeAll(file, Uint8Array.from(content));
  file.close();
  let printed = '';
  const print = (text: string): void => {
    printed += text;
  };
  const status = checkRdb(args.length === 0 ? ['x.rdb'] : args, {
    disk,
    programName: 'cinnabar-check-rdb',
    version: '1.2.3',
    print,
    printError: (text) => print(`error: ${text}`),
    logLine: (line) => print(`# ${line}\n`),
    now: () => 1_000_000,
  });
  return { printed, status };
}

test('the version, the usage, and files that are not there', () => {
  assert.deepEqual(run([], '-v'), { printed: 'cinnabar-check-rdb 1.2.3\n', status: 0 });
  assert.deepEqual(run([], 'a', 'b'), { printed: 'error: Usage: cinnabar-check-rdb <rdb-file-name>\n', status: 1 });
  assert.deepEqual(run([], 'none'), { printed: '[offset 0] Checking RDB file none\n', status: 1 });
});

test('a sane file is counted', () => {
  const key = [0, ...string('k'), ...string('v')];
  const content = [
    ...latin1('REDIS0012'),
    ...[0xfa, ...string('redis-ver'), ...string('8.0.0')],
    ...[0xfe, 2, 0xf4, 5, 1, 0],
    ...[0xfd, 232, 3, 0, 0, ...key],
    ...[0xfd, 231, 3, 0, 0, ...key],
    ...key,
    ...NO_CHECKSUM,
  ];
  assert.deepEqual(run(content), {
    printed:
      "[offset 0] Checking RDB file x.rdb\n[offset 26] AUX FIELD redis-ver = '8.0.0'\n" +
      '[offset 28] Selecting DB ID 2\n' +
      '[offset 66] RDB file was saved with checksum disabled: no check performed.\n' +
      '[offset 66] \\o/ RDB looks OK! \\o/\n[info] 3 keys read\n[info] 2 expires\n[info] 1 already expired\n',
    status: 0,
  });
});

test('a damaged value is shown with its key and its type', () => {
  const content = [...latin1('REDIS0010'), 16, ...string('some key'), ...string('no listpack'), ...NO_CHECKSUM];
  const { printed, status } = run(content);
  assert.equal(status, 1);
  assert.match(printed, /^--- RDB ERROR DETECTED ---\n\[offset 31\] Internal error in RDB reading: .+\n/m);
  assert.match(
    printed,
    /While doing: read-object-value\n.*Reading key 'some key'\n.*Reading type 16 \(hash-listpack\)\n/,
  );
  assert.match(printed, /\n# Terminating server after rdb file reading failure\.\n$/);
});

test('values are freed as soon as they have been looked at', () => {
  // Together they would take 384 MB.
  const values = 24;
  const plain = new Uint8Array(16 * 1024 * 1024).fill(0x78);
  const compressed = new Uint8Array(plain.length / 50);
  const end = new Lzf().compress(plain, 0, plain.length, compressed, 0, compressed.length);
  const before = [0, ...string('k'), 0xc3, ...length(end), ...length(plain.length)];
  const record = Buffer.concat([Uint8Array.from(before), compressed.subarray(0, end)]);
  const records = Array.from({ length: values }, () => record);
  const residentBefore = process.memoryUsage.rss();
  const ends = Uint8Array.from(NO_CHECKSUM);
  const { printed, status } = run(Buffer.concat([Uint8Array.from(latin1('REDIS0010')), ...records, ends]));
  assert.equal(status, 0, printed);
  assert.match(printed, /\[info\] 24 keys read/);
  const grown = process.memoryUsage.rss() - residentBefore;
  assert.ok(grown < 200 * 1024 * 1024, `grew by ${grown} bytes`);
});
