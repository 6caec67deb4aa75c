import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedDisk } from '../host/simulated-disk.ts';
import { fromLatin1 } from '../lib/bytes.ts';
import { writeAll } from '../world/disk.ts';
import { checkAof } from './aof-check.ts';

const SET = '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n';
const MAGIC = 'REDIS0010';

function run(files: Readonly<Record<string, string>>, ...args: string[]): { printed: string; status: number } {
  const disk = new SimulatedDisk(1);
  for (const [name, text] of Object.entries(files)) {
    const file = disk.open(name, 'create');
    writeAll(file, fromLatin1(text));
    file.close();
  }
  let printed = '';
  const status = checkAof(args, {
    disk,
    programName: 'cinnabar-check-aof',
    version: '1.2.3',
    print: (text) => {
      printed += text;
    },
    ask: () => 'y\n',
    // A snapshot of nothing but the magic is sane, any other is not.
    checkSnapshot: (file) => (file.size() > MAGIC.length + 2 * SET.length ? -1 : MAGIC.length),
    logLine: (line) => {
      printed += `# ${line}\n`;
    },
  });
  return { printed, status };
}

test('a log is a log, whatever its values look like', () => {
  const text = SET.replace('$1\r\na', '$4\r\nfile');
  assert.match(run({ aof: text }, 'aof').printed, /^Start checking Old-Style AOF\n.*\nAOF aof is valid\n$/);
});

test('comments before the first line of a manifest may have any length that a line may have', () => {
  const manifest = `#${'x'.repeat(900)}\nfile i seq 1 type i\n`;
  assert.equal(
    run({ m: manifest, i: SET }, 'm').printed,
    'Start checking Multi Part AOF\nStart to check INCR files.\n' +
      'AOF analyzed: filename=i, size=27, ok_up_to=27, ok_up_to_line=8, diff=0\nINCR AOF i is valid\n' +
      'All AOF files and manifest are valid\n',
  );
});

test('the snapshot in front is checked first', () => {
  assert.deepEqual(run({ aof: MAGIC + SET }, 'aof'), {
    printed:
      'Start checking Old-Style AOF\nRDB preamble is OK, proceeding with AOF tail...\n' +
      'AOF analyzed: filename=aof, size=36, ok_up_to=36, ok_up_to_line=8, diff=0\nAOF aof is valid\n',
    status: 0,
  });
  const bad = run({ b: MAGIC + SET.repeat(3), m: 'file b seq 1 type b\n' }, 'm');
  assert.equal(bad.status, 1);
  assert.match(
    bad.printed,
    /Start to check BASE AOF \(RDB format\)\.\nRDB preamble of AOF file is not sane, aborting\.\n$/,
  );
});

test('the version and the usage', () => {
  assert.deepEqual(run({}, '--version'), { printed: 'cinnabar-check-aof 1.2.3\n', status: 0 });
  assert.deepEqual(run({}), {
    printed: 'Usage: cinnabar-check-aof [--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>\n',
    status: 1,
  });
  assert.deepEqual(run({}, 'x'.repeat(10)), {
    printed: 'Cannot open file xxxxxxxxxx: No such file or directory\n',
    status: 1,
  });
});

test('large strings are passed over, and lengths beyond the file take no memory', () => {
  const large = `*2\r\n$3\r\nGET\r\n$3000000\r\n${'x'.repeat(3_000_000)}\r\n`;
  assert.match(run({ aof: large }, 'aof').printed, /ok_up_to=3000025, ok_up_to_line=6, diff=0/);
  const beyond = `${SET}*2\r\n$3\r\nGET\r\n$9000000000000000000\r\nx`;
  assert.match(run({ aof: beyond }, 'aof').printed, /Expected to read 9000000000000000002 bytes, got 1 bytes\n/);
});
