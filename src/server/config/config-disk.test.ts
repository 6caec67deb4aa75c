import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { binaryText, configDisk, logSink } from './config-disk.ts';

const home = realpathSync(mkdtempSync(join(tmpdir(), 'cinnabar-config-')));
after(() => rmSync(home, { recursive: true }));

test('texts are bytes', () => {
  const path = join(home, 'bytes');
  assert.equal(configDisk.replace(path, '\x00\x80\xff'), null);
  assert.deepEqual([...readFileSync(path)], [0, 0x80, 0xff]);
  assert.deepEqual(configDisk.read(path), { text: '\x00\x80\xff' });
  assert.equal(binaryText('é'), '\xc3\xa9');
});

test('paths are bytes', () => {
  assert.equal(configDisk.replace(join(home, binaryText('é')), 'x'), null);
  assert.equal(readFileSync(join(home, 'é'), 'utf8'), 'x');
  assert.deepEqual(configDisk.glob(join(home, '\xc3*')), [join(home, binaryText('é'))]);
});

test('a file that cannot be read is told by the words of the system', () => {
  assert.deepEqual(configDisk.read(join(home, 'none')), { reason: 'No such file or directory', missing: true });
  assert.deepEqual(configDisk.read(home), { reason: 'Is a directory', missing: false });
  assert.equal('reason' in configDisk.read(`${home}/a\0b`), true);
});

test('replacing a file leaves nothing beside it, whether it worked or not', () => {
  const directory = join(home, 'replaced');
  mkdirSync(join(directory, 'busy', 'x'), { recursive: true });
  assert.equal(configDisk.replace(join(directory, 'a.conf'), '1'), null);
  assert.equal(configDisk.replace(join(directory, 'a.conf'), '2'), null);
  assert.equal(configDisk.replace(join(directory, 'busy'), '3'), 'Is a directory');
  assert.equal(configDisk.replace(join(directory, 'none', 'a.conf'), '4'), 'No such file or directory');
  assert.deepEqual(readdirSync(directory).sort(), ['a.conf', 'busy']);
  assert.equal(readFileSync(join(directory, 'a.conf'), 'utf8'), '2');
});

test('patterns find names in alphabetical order, without hidden ones', () => {
  const directory = join(home, 'found');
  for (const name of ['b', 'a']) mkdirSync(join(directory, name), { recursive: true });
  for (const name of ['b/2.conf', 'b/1.conf', 'b/.3.conf', 'b/4.txt', 'a/5.conf'])
    writeFileSync(join(directory, name), '');
  const find = (pattern: string) =>
    configDisk.glob(join(directory, pattern)).map((path) => path.slice(directory.length + 1));
  assert.deepEqual(find('b/*.conf'), ['b/1.conf', 'b/2.conf']);
  assert.deepEqual(find('*/?.conf'), ['a/5.conf', 'b/1.conf', 'b/2.conf']);
  assert.deepEqual(find('b/[!2]*'), ['b/1.conf', 'b/4.txt']);
  assert.deepEqual(find('b/.*'), ['b/.3.conf']);
  assert.deepEqual(find('*/4.txt'), ['b/4.txt']);
  assert.deepEqual(find('none/*'), []);
});

test('a directory is found by its real path', () => {
  mkdirSync(join(home, 'real'));
  symlinkSync(join(home, 'real'), join(home, 'link'));
  writeFileSync(join(home, 'file'), '');
  assert.deepEqual(configDisk.findDirectory(join(home, 'link')), { path: join(home, 'real') });
  assert.deepEqual(configDisk.findDirectory(join(home, 'file')), { reason: 'Not a directory' });
  assert.deepEqual(configDisk.findDirectory(join(home, 'none')), { reason: 'No such file or directory' });
});

test('log lines are appended at once', () => {
  const path = join(home, 'server.log');
  assert.equal(configDisk.refuseAppending(path), null);
  logSink(path)('one\n');
  const write = logSink(path);
  write('tw\xff\n');
  assert.equal(readFileSync(path, 'latin1'), 'one\ntw\xff\n');
  logSink(join(home, 'none', 'x'))('nobody hears this');
  assert.equal(configDisk.refuseAppending(join(home, 'none', 'x')), 'No such file or directory');
});

test('a log file that was moved away is made anew within a second', () => {
  const path = join(home, 'moved.log');
  let now = 0;
  const write = logSink(path, () => now);
  write('1\n');
  renameSync(path, `${path}.1`);
  now = 999;
  write('2\n');
  now = 1000;
  write('3\n');
  assert.equal(readFileSync(`${path}.1`, 'latin1'), '1\n2\n');
  assert.equal(readFileSync(path, 'latin1'), '3\n');
});
