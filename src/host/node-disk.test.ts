import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { type DiskError, directoryOf, joinPath, nameOf } from '../world/disk.ts';
import { nodeDisk as disk } from './node-disk.ts';

const root = mkdtempSync(join(tmpdir(), 'cinnabar-disk-'));
after(() => rmSync(root, { recursive: true, force: true }));

const code = (expected: string) => (error: DiskError) => error.code === expected;

test('files are written, read at a place, cut and appended to', () => {
  const path = joinPath(root, 'a');
  const file = disk.open(path, 'append');
  const bytes = fromLatin1('hello world');
  assert.equal(file.write(bytes, 0, bytes.length), 11);
  assert.equal(file.write(bytes, 5, 11), 6);
  assert.equal(file.size(), 17);
  file.truncate(5);
  assert.equal(file.write(bytes, 5, 6), 1);
  file.syncNow();
  file.close();
  const read = disk.open(path, 'read');
  const found = new Uint8Array(10);
  assert.equal(read.read(found, 0, 10, 1), 5);
  assert.equal(toLatin1(found, 0, 5), 'ello ');
  assert.equal(read.read(found, 0, 10, 6), 0);
  read.close();
  assert.equal(disk.size(path), 6);
  disk.open(path, 'create').close();
  assert.equal(disk.size(path), 0);
});

test('names of any bytes are made, listed, renamed and removed', () => {
  const directory = joinPath(root, 'd\xe9\xff');
  disk.makeDirectory(directory);
  disk.makeDirectory(directory);
  disk.open(joinPath(directory, 'b'), 'create').close();
  disk.open(joinPath(directory, 'a'), 'create').close();
  disk.rename(joinPath(directory, 'b'), joinPath(directory, 'c'));
  assert.deepEqual(disk.list(directory), ['a', 'c']);
  disk.unlink(joinPath(directory, 'a'));
  disk.syncDirectoryNow(directory);
  assert.deepEqual(disk.list(directory), ['c']);
});

test('failures have codes, and the words of the C library', () => {
  assert.equal(disk.size(joinPath(root, 'none')), -1);
  assert.throws(() => disk.open(joinPath(root, 'none'), 'read'), /No such file or directory/);
  assert.throws(() => disk.open(root, 'append'), code('EISDIR'));
  assert.throws(() => disk.unlink(joinPath(root, 'none')), code('ENOENT'));
  assert.throws(() => disk.rename(joinPath(root, 'none'), joinPath(root, 'x')), code('ENOENT'));
  assert.throws(() => disk.makeDirectory(joinPath(root, 'none/x')), code('ENOENT'));
  assert.throws(() => disk.list(joinPath(root, 'none')), code('ENOENT'));
  assert.throws(() => disk.syncDirectoryNow(joinPath(root, 'none')), code('ENOENT'));
  disk.open(joinPath(root, 'plain'), 'create').close();
  assert.throws(() => disk.makeDirectory(joinPath(root, 'plain')), code('EEXIST'));
});

test('syncs end later, also of a file that is closed meanwhile', async () => {
  const file = disk.open(joinPath(root, 's'), 'append');
  file.write(fromLatin1('x'), 0, 1);
  let returned = false;
  const ended = new Promise<DiskError | null>((done) => {
    file.sync((error) => {
      assert.ok(returned, 'not before sync has returned');
      done(error);
    });
  });
  returned = true;
  file.close();
  assert.equal(await ended, null);
  assert.equal(await new Promise<DiskError | null>((done) => disk.syncDirectory(root, done)), null);
  const failure = await new Promise<DiskError | null>((done) => disk.syncDirectory(joinPath(root, 'none'), done));
  assert.equal(failure?.code, 'ENOENT');
});

test('paths are taken apart and joined', () => {
  assert.deepEqual([directoryOf('a/b/c'), directoryOf('c'), directoryOf('/c')], ['a/b', '.', '/']);
  assert.deepEqual([nameOf('a/b/c'), nameOf('c')], ['c', 'c']);
  assert.deepEqual(
    [joinPath('a', 'b'), joinPath('', 'b'), joinPath('/', 'b'), joinPath('.', 'b')],
    ['a/b', 'b', '/b', 'b'],
  );
});
