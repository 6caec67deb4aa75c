// Bits of strings over wire bytes: what the comparison with redis-server 7.0.15 cannot say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../../../tests/support/engine-harness.ts';
import { Prng } from '../../../lib/prng.ts';
import { useWideWords } from '../../../lib/wide-words.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

function check(harness: EngineHarness, cases: readonly (readonly [command: string, reply: string])[]): void {
  for (const [command, reply] of cases) {
    assert.equal(harness.run(...command.split(' ')), `${reply.replaceAll('|', '\r\n')}\r\n`, command);
  }
  harness.engine.check();
}

test('BITCOUNT and BITPOS parse before they look', () => {
  check(new EngineHarness(), [
    ['BITCOUNT nosuch 0', '-ERR syntax error'],
    ['BITCOUNT nosuch x 1', '-ERR value is not an integer or out of range'],
    ['BITCOUNT nosuch 0 1 BYE', '-ERR syntax error'],
    ['BITPOS nosuch 1 x', '-ERR value is not an integer or out of range'],
    ['BITPOS nosuch 1 0 1 BYE', '-ERR syntax error'],
    ['BITPOS nosuch 0', ':0'],
    ['BITPOS nosuch 1', ':-1'],
  ]);
});

test('ends before the string that stand in reverse: BITCOUNT counts nothing, BITPOS looks at the first byte', () => {
  check(new EngineHarness(), [
    ['SET b 42', '+OK'],
    ['BITCOUNT b -2000 -1000', ':3'],
    ['BITCOUNT b -1000 -2000', ':0'],
    ['BITCOUNT b -9007199254740991 -9007199254740992 BYTE', ':0'],
    ['BITCOUNT b -9007199254740992 -9007199254740991', ':3'],
    ['BITCOUNT b -9223372036854775808 -9223372036854775808', ':3'],
    ['BITCOUNT b -9223372036854775807 -9223372036854775808', ':0'],
    ['BITPOS b 1 -1000 -2000', ':2'],
    ['BITPOS b 1 -9007199254740991 -9007199254740992', ':2'],
    ['BITPOS b 1 -1 -2', ':-1'],
  ]);
});

test('BITOP combines as Redis 8.2 says, strings of any lengths', () => {
  const harness = new EngineHarness();
  harness.run('SET', 'a', '\xf0\xff\x0f');
  harness.run('SET', 'b', '\xcc\x0f');
  harness.run('SET', 'c', '\xaa');
  const cases: [command: string, result: string][] = [
    ['DIFF d a b c', '\x10\xf0\x0f'],
    ['DIFF1 d a b c', '\x0e\x00\x00'],
    ['ANDOR d a b c', '\xe0\x0f\x00'],
    ['ONE d a b c', '\x16\xf0\x0f'],
    ['ONE d a', '\xf0\xff\x0f'],
    ['AND d a b', '\xc0\x0f\x00'],
    ['NOT d c', '\x55'],
    ['OR d nosuch c', '\xaa'],
  ];
  for (const [command, result] of cases) {
    assert.equal(harness.run('BITOP', ...command.split(' ')), `:${result.length}\r\n`, command);
    assert.equal(harness.run('GET', 'd'), `$${result.length}\r\n${result}\r\n`, command);
  }
  check(harness, [
    ['BITOP DIFF d a', '-ERR BITOP DIFF must be called with at least two source keys.'],
    ['BITOP OR d nosuch', ':0'],
    ['EXISTS d', ':0'],
    ['BITOP XOR a a a', ':3'],
    ['BITCOUNT a', ':0'],
  ]);
});

/** Each operation as the bits of one byte after another say. */
const OPERATIONS: Record<string, (bytes: readonly number[]) => number> = {
  AND: (bytes) => bytes.reduce((a, b) => a & b),
  OR: (bytes) => bytes.reduce((a, b) => a | b),
  XOR: (bytes) => bytes.reduce((a, b) => a ^ b),
  NOT: (bytes) => ~bytes[0]! & 0xff,
  DIFF: ([first, ...others]) => first! & ~others.reduce((a, b) => a | b),
  DIFF1: ([first, ...others]) => ~first! & others.reduce((a, b) => a | b),
  ANDOR: ([first, ...others]) => first! & others.reduce((a, b) => a | b),
  ONE: (bytes) => {
    let one = 0;
    for (let bit = 1; bit < 256; bit *= 2) if (bytes.filter((byte) => byte & bit).length === 1) one |= bit;
    return one;
  },
};

for (const isWide of [false, true]) {
  test(`BITOP agrees with a model, short or longer than a block (seed ${SEED}, words of ${isWide ? 64 : 32})`, () => {
    useWideWords(isWide);
    const prng = new Prng(SEED);
    const harness = new EngineHarness();
    const sources = ['a', 'some-key', 'third', 'the key of the fourth'].map((key) => ({ key, text: '' }));
    for (let round = 0; round < 400; round++) {
      const max = [20, 400, 2000, 150_000][round % 50 === 0 ? 3 : prng.below(3)]!;
      const source = sources[prng.below(sources.length)]!;
      source.text = Array.from({ length: prng.below(max) }, () => String.fromCharCode(prng.below(256))).join('');
      if (prng.below(8) === 0) source.text = String(prng.below(100_000));
      harness.run('SET', source.key, source.text);
      const names = Object.keys(OPERATIONS);
      const name = names[prng.below(names.length)]!;
      const count = name === 'NOT' ? 1 : 2 + prng.below(3);
      const chosen = Array.from({ length: count }, () => sources[prng.below(sources.length)]!);
      const length = Math.max(...chosen.map(({ text }) => text.length));
      let expected = '';
      for (let at = 0; at < length; at++) {
        const bytes = chosen.map(({ text }) => (at < text.length ? text.charCodeAt(at) : 0));
        expected += String.fromCharCode(OPERATIONS[name]!(bytes));
      }
      const words = ['BITOP', name, `d${prng.below(3)}`, ...chosen.map(({ key }) => key)];
      assert.equal(harness.run(...words), `:${length}\r\n`, words.join(' '));
      const got = harness.run('GET', words[2]!);
      assert.ok(
        got === (length === 0 ? '$-1\r\n' : `$${length}\r\n${expected}\r\n`),
        `round ${round}: ${words.join(' ')}`,
      );
    }
    harness.engine.check();
    useWideWords(false);
  });
}

test('CVE-2021-32761: offsets near 2^32, 2^63 and beyond change nothing', () => {
  const harness = new EngineHarness();
  harness.run('SET', 'k', 'v');
  for (const offset of [
    '4294967296',
    '9223372036854775807',
    '9223372036854775808',
    '-1',
    '-9223372036854775808',
    '#1',
  ]) {
    for (const command of [
      ['SETBIT', 'k', offset, '1'],
      ['GETBIT', 'k', offset],
    ]) {
      assert.equal(harness.run(...command), '-ERR bit offset is not an integer or out of range\r\n', command.join(' '));
    }
  }
  for (const offset of ['4294967296', '4294967233', '#67108864', '#9223372036854775807', '-1', '#-1', '#', '# 1']) {
    for (const words of [
      ['GET', 'i64', offset],
      ['SET', 'i64', offset, '1'],
      ['INCRBY', 'i64', offset, '1'],
    ]) {
      assert.equal(harness.run('BITFIELD', 'k', ...words), '-ERR bit offset is not an integer or out of range\r\n');
    }
  }
  assert.equal(harness.run('GET', 'k'), '$1\r\nv\r\n');
});
