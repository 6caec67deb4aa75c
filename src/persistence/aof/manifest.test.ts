import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Manifest, ManifestError, parseManifest } from './manifest.ts';

const NAMES = (text: string) => {
  const manifest = parseManifest(text);
  return [
    manifest.base?.name ?? '-',
    manifest.increments.map(({ name }) => name).join(','),
    manifest.history.map(({ name }) => name).join(','),
    manifest.baseSequence,
    manifest.incrementSequence,
  ].join(' ');
};

test('manifests are read as Redis reads them', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\n', 'a.1.base.rdb a.1.incr.aof  1 1'],
    ['# note\nfile i1 seq 2 type i\nfile i2 seq 9 type i\n', '- i1,i2  0 9'],
    ['file b seq 3 type b\nfile h seq 1 type h\nfile i seq 4 type i\n', 'b i h 3 4'],
    ['FILE a SEQ 1 TYPE b newkey newvalue\n', 'a   1 0'],
    ['  file "a b.1" seq 1 type base \r\n', 'a b.1   1 0'],
    ['file "\\x41\\"" seq 7x type b\n', 'A"   7 0'],
  ];
  for (const [text, expected] of cases) assert.equal(NAMES(text), expected);
});

test('broken manifests are refused in the words of Redis, with the line', () => {
  const format = 'Invalid AOF manifest file format';
  const good = 'file a seq 1 type b\n';
  const cases: readonly (readonly [string, string, number, string | null])[] = [
    ['', 'Found an empty AOF manifest', 0, null],
    [`${good}\n`, format, 2, ''],
    ['file a seq 1\n', format, 1, 'file a seq 1'],
    ['file a seq 1 type b more\n', format, 1, 'file a seq 1 type b more'],
    ['file a seq 0 type b\n', format, 1, 'file a seq 0 type b'],
    ['filx a seq 1 type b\n', format, 1, 'filx a seq 1 type b'],
    ['file "a seq 1 type b\n', format, 1, 'file "a seq 1 type b'],
    ['file ../a seq 1 type b\n', "File can't be a path, just a filename", 1, 'file ../a seq 1 type b'],
    ['file a seq 1 type x\n', 'Unknown AOF file type', 1, 'file a seq 1 type x'],
    [`${good}${good}`, 'Found duplicate base file information', 2, good.trimEnd()],
    ['file a seq 2 type i\nfile b seq 2 type i\n', 'Found a non-monotonic sequence number', 2, 'file b seq 2 type i'],
    ['file a seq 1 type b', 'The AOF manifest file contains too long line', 1, null],
    [`file ${'a'.repeat(1024)} seq 1 type b\n`, 'The AOF manifest file contains too long line', 1, null],
    ['file a\0 seq 1 type b\n', 'The AOF manifest file contains too long line', 1, null],
  ];
  for (const [text, message, lineNumber, line] of cases) {
    assert.throws(
      () => parseManifest(text),
      (error) => {
        assert.ok(error instanceof ManifestError);
        assert.deepEqual([error.message, error.lineNumber, error.line], [message, lineNumber, line]);
        return true;
      },
    );
  }
});

test('what is printed of an error is what Redis prints', () => {
  assert.deepEqual(new ManifestError('Unknown AOF file type', 1, 'file a seq 1 type x').logLines(), [
    '\n*** FATAL AOF MANIFEST FILE ERROR ***\n',
    'Reading the manifest file, at line 1\n',
    ">>> 'file a seq 1 type x'\n",
    'Unknown AOF file type\n',
  ]);
});

test('files get the names of Redis; what a rewrite replaces becomes history', () => {
  const manifest = new Manifest();
  assert.ok(manifest.isEmpty());
  assert.equal(manifest.addBase('appendonly.aof', 'rdb'), 'appendonly.aof.1.base.rdb');
  assert.equal(manifest.addIncrement('appendonly.aof'), 'appendonly.aof.1.incr.aof');
  manifest.addIncrement('appendonly.aof');
  const before = manifest.copy();
  manifest.addIncrement('appendonly.aof');
  manifest.addBase('appendonly.aof', 'aof');
  manifest.retireIncrements(1);
  const text =
    'file appendonly.aof.2.base.aof seq 2 type b\n' +
    'file appendonly.aof.1.incr.aof seq 1 type h\n' +
    'file appendonly.aof.2.incr.aof seq 2 type h\n' +
    'file appendonly.aof.1.base.rdb seq 1 type h\n' +
    'file appendonly.aof.3.incr.aof seq 3 type i\n';
  assert.equal(manifest.format(), text);
  assert.equal(parseManifest(text).format(), text);
  assert.equal(before.increments.length, 2);
  assert.equal(before.history.length, 0);
});

test('names with anything but plain characters are quoted and read back', () => {
  for (const name of ['a b', 'a"b', "a'b", 'a\\b'.replace('\\', ''), 'a\x01\xff', '#a', '']) {
    const manifest = new Manifest();
    const given = manifest.addBase(name, 'rdb');
    assert.equal(parseManifest(manifest.format()).base?.name, given);
  }
  const spaced = new Manifest();
  spaced.addBase('file seq \n\n.aof', 'rdb');
  assert.equal(spaced.format(), 'file "file seq \\n\\n.aof.1.base.rdb" seq 1 type b\n');
});
