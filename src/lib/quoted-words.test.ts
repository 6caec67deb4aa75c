import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from './prng.ts';
import { quoteWord, splitQuotedWords } from './quoted-words.ts';

/** Lines with their words as redis-server 7.0.15 parted them; null is "unbalanced quotes". */
const LINES: readonly [string, string[] | null][] = [
  ['', []],
  ['   \t ', []],
  ['a b', ['a', 'b']],
  ['  a\t\tb\r', ['a', 'b']],
  ['a\vb \vc', ['a\vb', 'c']],
  ['""', ['']],
  ["''", ['']],
  ['"a b" c', ['a b', 'c']],
  ['"\\x41\\x6a\\x6J"', ['Ajx6J']],
  ['"\\n\\r\\t\\b\\a\\q\\\\\\""', ['\n\r\t\b\x07q\\"']],
  ["'\\n\\x41\\''", ["\\n\\x41'"]],
  ['foo"bar"', ['foobar']],
  ["foo'b r'", ['foob r']],
  ['"a""b"', null],
  ['"a"b', null],
  ["'a'b", null],
  ['"a"\vb', ['a', 'b']],
  ['"a', null],
  ["'a", null],
  ['"a\\"', null],
  ["'a\\'", null],
  ['"\\', null],
  ['set """k""" v', null],
  ['\xff\xfe "\xff"', ['\xff\xfe', '\xff']],
  ['a\0b', ['a']],
  ['\\x41 \\', ['\\x41', '\\']],
];

test('lines are parted as Redis parts them', () => {
  for (const [line, words] of LINES) assert.deepEqual(splitQuotedWords(line), words, JSON.stringify(line));
});

test('quoteWord shows any bytes so that they read back', () => {
  assert.equal(quoteWord('plain'), '"plain"');
  assert.equal(quoteWord('a"b\\c\n\r\t\x07\b\0\x7f\xff'), '"a\\"b\\\\c\\n\\r\\t\\a\\b\\x00\\x7f\\xff"');
  const seed = 17;
  const random = new Prng(seed);
  for (let i = 0; i < 3000; i++) {
    const text = String.fromCharCode(...Array.from({ length: random.below(8) }, () => random.below(256)));
    assert.deepEqual(splitQuotedWords(`x ${quoteWord(text)} y`), ['x', text, 'y'], `seed ${seed}`);
  }
});
