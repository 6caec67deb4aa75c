import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { Prng } from '../lib/prng.ts';
import type { Disk, DiskError } from '../world/disk.ts';
import { SimulatedCrash, SimulatedDisk } from './simulated-disk.ts';

function put(disk: Disk, path: string, text: string, mode: 'append' | 'create' = 'append'): void {
  const file = disk.open(path, mode);
  const bytes = fromLatin1(text);
  for (let at = 0; at < bytes.length; ) at += file.write(bytes, at, bytes.length);
  file.close();
}

function take(disk: Disk, path: string): string | null {
  const size = disk.size(path);
  if (size < 0) return null;
  const file = disk.open(path, 'read');
  const bytes = new Uint8Array(size);
  assert.equal(file.read(bytes, 0, size, 0), size);
  assert.equal(file.read(bytes, 0, size, size), 0);
  file.close();
  return toLatin1(bytes, 0, size);
}

/** Everything that a crash after `run` may leave of `path`. */
function outcomes(path: string, run: (disk: SimulatedDisk) => void): Set<string | null> {
  const seen = new Set<string | null>();
  for (let seed = 1; seed <= 400; seed++) {
    const disk = new SimulatedDisk(seed);
    run(disk);
    seen.add(take(disk.afterCrash(new Prng(seed)), path));
  }
  return seen;
}

test('what is written is read back, what is renamed has its new name', () => {
  const disk = new SimulatedDisk(1);
  disk.makeDirectory('d');
  disk.makeDirectory('d');
  put(disk, 'd/a', 'hello');
  put(disk, 'd/a', ' world');
  assert.equal(take(disk, 'd/a'), 'hello world');
  disk.rename('d/a', 'b');
  assert.deepEqual(disk.list('d'), []);
  assert.deepEqual(disk.list('.'), ['b', 'd']);
  put(disk, 'b', 'new', 'create');
  assert.equal(take(disk, 'b'), 'new');
  const file = disk.open('b', 'append');
  file.truncate(1);
  assert.equal(file.size(), 1);
  disk.unlink('b');
  assert.equal(disk.size('b'), -1);
});

test('failures have the codes of the system', () => {
  const disk = new SimulatedDisk(1);
  const code = (expected: string) => (error: DiskError) => error.code === expected;
  assert.throws(() => disk.open('none', 'read'), code('ENOENT'));
  assert.throws(() => disk.open('none/x', 'create'), code('ENOENT'));
  assert.throws(() => disk.rename('none', 'x'), code('ENOENT'));
  assert.throws(() => disk.unlink('none'), code('ENOENT'));
  disk.makeDirectory('d');
  assert.throws(() => disk.open('d', 'append'), code('EISDIR'));
  disk.failNext('rename', 'EIO');
  assert.throws(() => disk.rename('d', 'e'), code('EIO'));
  disk.rename('d', 'e');
});

test('a synced file in a synced directory survives', () => {
  const seen = outcomes('a', (disk) => {
    const file = disk.open('a', 'append');
    file.write(fromLatin1('synced'), 0, 6);
    file.syncNow();
    disk.syncDirectoryNow('.');
  });
  assert.deepEqual([...seen], ['synced']);
});

test('a name that was not synced may be lost, though its file was', () => {
  const seen = outcomes('a', (disk) => {
    const file = disk.open('a', 'append');
    file.write(fromLatin1('synced'), 0, 6);
    file.syncNow();
  });
  assert.deepEqual(seen, new Set(['synced', null]));
});

test('writes that were not synced are kept, lost or torn, behind those that were', () => {
  const seen = outcomes('a', (disk) => {
    const file = disk.open('a', 'append');
    disk.syncDirectoryNow('.');
    file.write(fromLatin1('ab'), 0, 2);
    file.syncNow();
    file.write(fromLatin1('cd'), 0, 2);
    file.write(fromLatin1('ef'), 0, 2);
  });
  // The last: the new length reached the disk, the page did not.
  assert.deepEqual(seen, new Set(['ab', 'abc', 'abcd', 'abcde', 'abcdef', 'ab\0\0\0\0']));
});

test('pages reach the disk in any order', () => {
  const page = 4096;
  const seen = outcomes('a', (disk) => {
    const file = disk.open('a', 'append');
    disk.syncDirectoryNow('.');
    const bytes = new Uint8Array(2 * page).fill(120);
    file.write(bytes, 0, bytes.length);
  });
  assert.ok(seen.has('\0'.repeat(page) + 'x'.repeat(page)));
  assert.ok(seen.has('x'.repeat(page) + '\0'.repeat(page)));
  assert.ok(seen.has('x'.repeat(2 * page)));
  assert.ok(seen.has(''));
});

test('a rename without a sync of the directory may be lost; nothing between the two names is seen', () => {
  const seen = outcomes('a', (disk) => {
    put(disk, 'a', 'old');
    disk.open('a', 'append').syncNow();
    put(disk, 't', 'new');
    disk.open('t', 'append').syncNow();
    disk.syncDirectoryNow('.');
    disk.rename('t', 'a');
  });
  assert.deepEqual(seen, new Set(['old', 'new']));
});

test('an unlink may be lost until the directory is synced', () => {
  const unsynced = outcomes('a', (disk) => {
    put(disk, 'a', 'x');
    disk.open('a', 'append').syncNow();
    disk.syncDirectoryNow('.');
    disk.unlink('a');
  });
  assert.deepEqual(unsynced, new Set(['x', null]));
});

test('a sync covers what was written before it began, and ends when its time has passed', () => {
  const disk = new SimulatedDisk(1);
  disk.syncMs = 5;
  const file = disk.open('a', 'append');
  disk.syncDirectoryNow('.');
  file.write(fromLatin1('one'), 0, 3);
  const ended: string[] = [];
  file.sync(() => ended.push('first'));
  file.write(fromLatin1('two'), 0, 3);
  disk.elapse(4);
  assert.deepEqual(ended, []);
  disk.elapse(1);
  assert.deepEqual(ended, ['first']);
  const seen = new Set<string | null>();
  for (let seed = 0; seed < 50; seed++) seen.add(take(disk.afterCrash(new Prng(seed)), 'a')?.slice(0, 3) ?? null);
  assert.deepEqual([...seen], ['one']);
});

test('after a failed sync no later one brings its writes to the disk', () => {
  const seen = outcomes('a', (disk) => {
    const file = disk.open('a', 'append');
    disk.syncDirectoryNow('.');
    file.write(fromLatin1('a'), 0, 1);
    disk.failNext('sync', 'EIO');
    let code = '';
    file.sync((error) => {
      code = error?.code ?? '';
    });
    disk.elapse(0);
    assert.equal(code, 'EIO');
    file.write(fromLatin1('b'), 0, 1);
    file.syncNow();
  });
  assert.deepEqual(seen, new Set(['ab', '\0b']));
});

test('a full disk takes what fits, then refuses, and takes more when there is room again', () => {
  const disk = new SimulatedDisk(1);
  disk.capacity = 5;
  const file = disk.open('a', 'append');
  assert.equal(file.write(fromLatin1('1234567'), 0, 7), 5);
  assert.throws(
    () => file.write(fromLatin1('67'), 0, 2),
    (error: DiskError) => error.code === 'ENOSPC' && error.message === 'No space left on device',
  );
  disk.capacity = 7;
  assert.equal(file.write(fromLatin1('67'), 0, 2), 2);
  assert.equal(take(disk, 'a'), '1234567');
});

test('the k-th call ends the run, before or after its effect, and so does each call after it', () => {
  const seen = new Set<string | null>();
  for (let seed = 1; seed <= 20; seed++) {
    const disk = new SimulatedDisk(seed);
    disk.crashAt(2);
    const file = disk.open('a', 'append');
    assert.throws(() => file.write(fromLatin1('x'), 0, 1), SimulatedCrash);
    assert.throws(() => disk.list('.'), SimulatedCrash);
    assert.equal(disk.calls, 2);
    seen.add(take(disk.afterKill(), 'a'));
  }
  assert.deepEqual(seen, new Set(['', 'x']));
});

test('a disk may be asked more than once what a crash leaves', () => {
  const disk = new SimulatedDisk(1);
  put(disk, 'a', 'x');
  disk.makeDirectory('d');
  disk.rename('a', 'd/a');
  const found = new Set<string>();
  for (let seed = 1; seed <= 60; seed++) {
    const left = disk.afterCrash(new Prng(seed));
    const below = left.list('.').includes('d') ? left.list('d').join() : 'none';
    found.add(`${left.list('.').join()} ${below}`);
  }
  assert.deepEqual(found, new Set([' none', 'a none', 'd ', 'd a', 'a,d ']));
});

test('one seed gives one outcome', () => {
  const run = () => {
    const disk = new SimulatedDisk(7);
    disk.shortWrites = 0.5;
    for (let index = 0; index < 20; index++) put(disk, `f${index % 3}`, 'some text that may be cut ');
    const found = disk.afterCrash(new Prng(3));
    return found.list('.').map((name) => `${name}=${take(found, name)}`);
  };
  assert.deepEqual(run(), run());
});
