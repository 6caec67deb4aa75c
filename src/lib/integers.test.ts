import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from './bytes.ts';
import {
  INT64_MAX,
  INT64_MIN,
  integerLength,
  parseInt64,
  parseInteger,
  parseUint64,
  UINT64_MAX,
  writeInt64,
  writeInteger,
} from './integers.ts';
import { Prng } from './prng.ts';

/** The text amid bytes that would change the result if they were read. */
function within<T>(text: string, parse: (bytes: Uint8Array, start: number, end: number) => T): T {
  const bytes = fromLatin1(`7${text}7`);
  return parse(bytes, 1, bytes.length - 1);
}

const EXACT = [
  ...[0, 1, -1, 9, 10, 99, 100, 101, -100, 12_345, 999_999_999, 1_000_000_000, 1_000_000_001, -999_999_999],
  ...[2147483647, 2147483648, -2147483648, -2147483649, 4294967295, 4294967296, 99_999_999_999, 1_000_000_000_000_000],
  ...[Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1, 9_007_199_000_000_000],
];

test('integers survive the way to text and back', () => {
  const bytes = new Uint8Array(32);
  for (const n of EXACT) {
    const end = writeInteger(n, bytes, 5);
    assert.equal(toLatin1(bytes, 5, end), String(n));
    assert.equal(end - 5, integerLength(n));
    assert.equal(within(String(n), parseInteger), n);
    assert.equal(within(String(n), parseInt64), BigInt(n));
  }
});

test('every number of digits, at its edges', () => {
  const bytes = new Uint8Array(32);
  for (let power = 1; power <= 9_000_000_000_000_000; power *= 10) {
    for (const n of [power - 1, power, power + 1, 1 - power, -power, -1 - power]) {
      if (Math.abs(n) > Number.MAX_SAFE_INTEGER) continue;
      assert.equal(toLatin1(bytes, 0, writeInteger(n, bytes, 0)), String(n + 0));
      assert.equal(integerLength(n), String(n + 0).length);
    }
  }
});

test('random integers survive the way to text and back', () => {
  const seed = 7;
  const random = new Prng(seed);
  const bytes = new Uint8Array(32);
  for (let i = 0; i < 50_000; i++) {
    const n = random.below(10 ** (1 + random.below(15))) * (random.below(2) === 0 ? 1 : -1);
    if (n === 0) continue;
    const end = writeInteger(n, bytes, 0);
    assert.equal(toLatin1(bytes, 0, end), String(n), `seed ${seed}`);
    assert.equal(parseInteger(bytes, 0, end), n, `seed ${seed}`);
  }
});

test('what Redis does not take for an integer is refused', () => {
  const refused = [
    '',
    '-',
    '+1',
    '-0',
    '00',
    '01',
    '-01',
    ' 1',
    '1 ',
    '1.0',
    '1e3',
    '0x10',
    'a',
    '1a',
    '12345678901a',
    '--1',
  ];
  refused.push('1\0', '١', '1_000', '99999999999999999999', '123456789\xff');
  for (const text of refused) {
    assert.ok(Number.isNaN(within(text, parseInteger)), text);
    assert.equal(within(text, parseInt64), null, text);
  }
});

test('parseInteger answers NaN beyond 2^53-1, where parseInt64 is exact', () => {
  for (const n of [2n ** 53n, -(2n ** 53n), 9_007_199_254_740_993n, 10n ** 16n, INT64_MAX, INT64_MIN]) {
    assert.ok(Number.isNaN(within(String(n), parseInteger)));
    assert.equal(within(String(n), parseInt64), n);
  }
  assert.equal(within(String(INT64_MAX + 1n), parseInt64), null);
  assert.equal(within(String(INT64_MIN - 1n), parseInt64), null);
  assert.equal(within('100000000000000000000', parseInt64), null);
});

test('parseUint64 takes what lies above a signed integer, and no sign', () => {
  assert.equal(within(String(UINT64_MAX), parseUint64), UINT64_MAX);
  assert.equal(within('0', parseUint64), 0n);
  assert.equal(within(String(UINT64_MAX + 1n), parseUint64), null);
  assert.equal(within('-1', parseUint64), null);
});

test('writeInt64 writes the whole range', () => {
  const bytes = new Uint8Array(32);
  for (const n of [0n, -1n, INT64_MAX, INT64_MIN, UINT64_MAX]) {
    assert.equal(toLatin1(bytes, 2, writeInt64(n, bytes, 2)), String(n));
  }
});
