import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDisk } from '../../../tests/support/simulated-disk.ts';
import { fromLatin1, toLatin1 } from '../../lib/bytes.ts';
import { Prng } from '../../lib/prng.ts';
import { ManualClock } from '../../world/clock.ts';
import { type Disk, writeAll } from '../../world/disk.ts';
import { AofError, AofReader, type AofReaderOptions } from './aof-reader.ts';
import { AppendFiles } from './append-files.ts';

const encode = (args: string): string => {
  const words = args.split(' ');
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
};
const commands = (...list: string[]): string => list.map(encode).join('');

interface Outcome {
  /** "0:SET a b" for each command. */
  readonly applied: string[];
  readonly logged: string[];
  /** The message of the AofError that ended it. */
  readonly error: string;
  readonly reader: AofReader;
  readonly yields: number;
}

function diskWith(contents: Readonly<Record<string, string>>): Disk {
  const disk = testDisk();
  disk.makeDirectory('d');
  for (const [name, text] of Object.entries(contents)) {
    const file = disk.open(name.includes('/') ? name : `d/${name}`, 'create');
    writeAll(file, fromLatin1(text));
    file.close();
  }
  return disk;
}

function contentOf(disk: Disk, path: string): string {
  const size = disk.size(path);
  const bytes = new Uint8Array(size);
  disk.open(path, 'read').read(bytes, 0, size, 0);
  return toLatin1(bytes, 0, size);
}

function load(disk: Disk, options: Partial<AofReaderOptions> = {}): Outcome {
  const applied: string[] = [];
  const logged: string[] = [];
  const log = (_level: string, line: string) => logged.push(line);
  const files = new AppendFiles({ disk, parent: '.', directoryName: 'd', filename: 'a', log });
  files.load();
  const reader = new AofReader({
    disk,
    clock: new ManualClock(0),
    databases: 16,
    loadTruncated: true,
    corruptTailBytesMax: 0,
    loadRdb: () => assert.fail('no snapshot expected'),
    apply: (database, bytes, starts, ends, count) => {
      const args = Array.from({ length: count }, (_, index) => toLatin1(bytes, starts[index]!, ends[index]!));
      applied.push(`${database}:${args.join(' ')}`);
    },
    log,
    ...options,
  });
  let yields = 0;
  let error = '';
  try {
    for (const _ of reader.read(files)) yields++;
  } catch (failure) {
    if (!(failure instanceof AofError)) throw failure;
    error = failure.message;
  }
  return { applied, logged, error, reader, yields };
}

const ONE = { 'a.manifest': 'file i1 seq 1 type i\n' };

test('base and increments are read in their order, each from database 0', () => {
  const disk = diskWith({
    'a.manifest': 'file b1 seq 1 type b\nfile h seq 1 type h\nfile i1 seq 1 type i\nfile i2 seq 2 type i\n',
    b1: commands('SELECT 3', 'SET a 1'),
    i1: commands('SET b 2', 'select 15', 'SET c 3'),
    i2: commands('SET d 4'),
  });
  const { applied, error, logged, reader } = load(disk);
  assert.equal(error, '');
  assert.deepEqual(applied, ['3:SET a 1', '0:SET b 2', '15:SET c 3', '0:SET d 4']);
  assert.deepEqual(logged, [
    'DB loaded from base file b1: 0.000 seconds',
    'DB loaded from incr file i1: 0.000 seconds',
    'DB loaded from incr file i2: 0.000 seconds',
  ]);
  assert.equal(reader.loadedBytes, reader.totalBytes);
});

test('a unit is applied whole or not at all', () => {
  const unit = commands('MULTI', 'SET a 1', 'SELECT 2', 'SET b 2', 'exec');
  for (let cut = 0; cut <= unit.length; cut++) {
    const disk = diskWith({ ...ONE, i1: encode('SET z 0') + unit.slice(0, cut) });
    const { applied, error } = load(disk);
    assert.equal(error, '');
    const whole = ['0:SET z 0', '0:SET a 1', '2:SET b 2'];
    assert.deepEqual(applied, cut === unit.length ? whole : ['0:SET z 0']);
    const kept = encode('SET z 0') + (cut === unit.length ? unit : '');
    assert.equal(contentOf(disk, 'd/i1'), kept, 'the file is cut to whole units');
  }
});

test('a log that ends within a command is cut to whole commands, if aof-load-truncated allows it', () => {
  const whole = commands('SET a 1', 'SET b 2');
  const last = `#TS:123\r\n${encode('SET c 333')}`;
  for (let cut = 1; cut < last.length; cut++) {
    const text = whole + last.slice(0, cut);
    const disk = diskWith({ ...ONE, i1: text });
    const { applied, logged, error, reader } = load(disk);
    assert.equal(error, '');
    assert.deepEqual(applied, ['0:SET a 1', '0:SET b 2']);
    const kept = cut >= 9 ? `${whole}#TS:123\r\n` : whole;
    assert.equal(contentOf(disk, 'd/i1'), kept);
    assert.equal(reader.cutBytes, text.length - kept.length);
    if (text.length > kept.length) {
      assert.deepEqual(logged.slice(0, 3), [
        '!!! Warning: short read while loading the AOF file i1!!!',
        `!!! Truncating the AOF i1 at offset ${kept.length} !!!`,
        'AOF i1 loaded anyway because aof-load-truncated is enabled',
      ]);
      const refused = load(diskWith({ ...ONE, i1: text }), { loadTruncated: false });
      assert.match(refused.error, /^Unexpected end of file reading the append only file i1\./);
    }
  }
});

test('a tail of zeros is a tail that is missing, wherever it begins', () => {
  const whole = encode('SET a 1');
  const last = encode('SET b 22222');
  for (let cut = 0; cut < last.length; cut++) {
    for (const zeros of [last.length - cut, 5000]) {
      const disk = diskWith({ ...ONE, i1: whole + last.slice(0, cut) + '\0'.repeat(zeros) });
      const { applied, error } = load(disk);
      assert.equal(error, '', `cut at ${cut}`);
      assert.deepEqual(applied, ['0:SET a 1']);
      assert.equal(contentOf(disk, 'd/i1'), whole);
    }
  }
});

test('what no server has written is refused with its place', () => {
  const good = encode('SET a 1');
  const cases: readonly (readonly [string, number])[] = [
    ['!!!', 0],
    ['*0\r\n', 1],
    ['*-1\r\n', 1],
    ['*\r\n', 1],
    ['*1\n', 2],
    ['*1\rx', 3],
    ['*1\r\n:3\r\n', 4],
    ['*1\r\n$x\r\n', 5],
    ['*1\r\n$-1\r\n', 5],
    ['*1\r\n$4\r\nPINGx\r\n', 12],
    ['*1\r\n$4\r\nPING\rx', 13],
    ['*1\r\n$4\r\nPINGPING\r\n', 12],
    ['*99999999999\r\n', 1],
    ['*1\r\n$9999999999999\r\n', 5],
    ['#TS:1\0\r\n', 5],
    [`#${'x'.repeat(2000)}\r\n`, 1022],
    ['\0\0\0*1\r\n', 0],
    [commands('EXEC'), 0],
    [commands('MULTI', 'SET a 1', 'MULTI'), 42],
  ];
  for (const [bad, at] of cases) {
    const text = good + bad + good;
    const { applied, error } = load(diskWith({ ...ONE, i1: text }));
    assert.deepEqual(applied, ['0:SET a 1'], JSON.stringify(bad));
    assert.equal(
      error,
      `Bad file format reading the append only file i1, at offset ${good.length + at}: make a backup of your AOF file, then use cinnabar-check-aof --fix <filename.manifest>`,
    );
    const tail = text.length - good.length;
    const disk = diskWith({ ...ONE, i1: text });
    const cut = load(disk, { corruptTailBytesMax: tail });
    assert.deepEqual([cut.error, cut.reader.cutBytes], ['', tail]);
    assert.equal(contentOf(disk, 'd/i1'), good);
    assert.notEqual(load(diskWith({ ...ONE, i1: text }), { corruptTailBytesMax: tail - 1 }).error, '');
  }
});

test('a length beyond the end of the file is a truncated file, and takes no memory', () => {
  const { applied, error } = load(diskWith({ ...ONE, i1: `${encode('SET a 1')}*3\r\n$3\r\nSET\r\n$2000000000\r\nx` }));
  assert.deepEqual([applied, error], [['0:SET a 1'], '']);
  const many = load(diskWith({ ...ONE, i1: '*2000000000\r\n$1\r\nx\r\n' }));
  assert.deepEqual([many.applied, many.error], [[], '']);
});

test('only the last file that has anything in it may be cut', () => {
  const manifest = 'file i1 seq 1 type i\nfile i2 seq 2 type i\n';
  const torn = encode('SET a 1').slice(0, -1);
  const refused = diskWith({ 'a.manifest': manifest, i1: torn, i2: encode('SET b 1') });
  assert.equal(load(refused).error, 'Fatal error: the truncated file is not the last file');
  assert.equal(contentOf(refused, 'd/i1'), torn, 'and is left as it is');
  const fine = load(diskWith({ 'a.manifest': manifest, i1: encode('SET z 1') + torn, i2: '' }));
  assert.deepEqual([fine.applied, fine.error], [['0:SET z 1'], '']);
});

test('a database that the server does not have is refused', () => {
  for (const database of ['16', '-1', 'x', '1.5', '99999999999999999999']) {
    const { error } = load(diskWith({ ...ONE, i1: commands(`SELECT ${database}`, 'SET a 1') }));
    assert.equal(error, `The append only file i1 selects database ${database}, but the server has only 16`);
  }
});

test('missing files are named', () => {
  const logged: string[] = [];
  assert.throws(() => load(diskWith(ONE), { log: (_level, line) => logged.push(line) }), /No such file or directory/);
  assert.deepEqual(logged, ["The append log file i1 doesn't exist: No such file or directory"]);
});

test('a snapshot in front is handed to its loader, and the commands behind it are read', () => {
  const rdb = 'REDIS0010 snapshot';
  const options: Partial<AofReaderOptions> = {
    *loadRdb(source) {
      let text = '';
      while (!text.endsWith('snapshot')) {
        assert.ok(source.start < source.end || source.fill());
        text += String.fromCharCode(source.bytes[source.start]!);
        source.start++;
        yield;
      }
      assert.equal(text, rdb);
    },
  };
  const disk = diskWith({ 'a.manifest': 'file b seq 1 type b\nfile i1 seq 1 type i\n', b: rdb, i1: encode('SET a 1') });
  assert.deepEqual(load(disk, options).applied, ['0:SET a 1']);
  const single = load(diskWith({ './a': rdb + encode('SET b 2') }), options);
  assert.deepEqual(single.applied, ['0:SET b 2']);
  assert.deepEqual(single.logged.slice(0, 3), [
    'Successfully migrated an old-style AOF file (a) into the AOF directory (d).',
    'Reading RDB preamble from AOF file...',
    'Reading the remaining AOF tail...',
  ]);
});

test('large commands, units and files are read in slices', () => {
  const large = 'x'.repeat(1_000_000);
  const list = [`SET big ${large}`, 'MULTI', ...Array.from({ length: 3000 }, (_, index) => `SET k${index} v`), 'EXEC'];
  const { applied, yields } = load(diskWith({ ...ONE, i1: commands(...list, `SET big ${large}`) }), {
    sliceBytes: 64 * 1024,
  });
  assert.equal(applied.length, 3002);
  assert.equal(applied[3001], `0:SET big ${large}`);
  assert.ok(yields >= 6 && yields < 40, `${yields} slices`);
});

test('damage anywhere is refused, cut off, or read as what it now says', () => {
  const text = commands('SELECT 1', 'SET key value', 'MULTI', 'DEL other', 'SET third 12345', 'EXEC', 'SET last one');
  for (let seed = 1; seed <= 2000; seed++) {
    const prng = new Prng(seed);
    const bytes = fromLatin1(text);
    for (let damage = 1 + prng.below(3); damage > 0; damage--) bytes[prng.below(bytes.length)] = prng.next32() & 0xff;
    const damaged = toLatin1(bytes, 0, bytes.length);
    const { applied, error } = load(diskWith({ ...ONE, i1: damaged }), { corruptTailBytesMax: 40 });
    assert.ok(applied.length <= 7, `seed ${seed}`);
    if (error !== '') assert.match(error, /^(Bad file format|The append only file i1 selects)/, `seed ${seed}`);
  }
});
