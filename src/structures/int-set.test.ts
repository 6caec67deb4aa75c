// The int set against a Set of bigints.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { Int64 } from '../lib/int64.ts';
import { fuzzIntSet } from './int-set.fuzz.ts';
import { IntSet } from './int-set.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

function int64(text: string): Int64 {
  const value = new Int64();
  assert.ok(value.parse(fromLatin1(text), 0, text.length), text);
  return value;
}

function build(...values: string[]): { bytes: Uint8Array; length: number } {
  const set = new IntSet();
  const bytes = new Uint8Array(4096);
  set.writeEmpty(bytes, 0);
  for (const text of values) {
    if (!set.find(bytes, 0, int64(text))) set.insert(bytes, 0, int64(text));
    set.check(bytes, 0);
  }
  return { bytes, length: set.total(bytes, 0) };
}

test('an int set is the bytes that Redis writes', () => {
  // DUMP of SADD s 1 2 -3 in redis-server 7.0.15: the set behind its type and length.
  const { bytes, length } = build('1', '2', '-3');
  assert.equal(toLatin1(bytes, 0, length), '\x02\0\0\0\x03\0\0\0\xfd\xff\x01\0\x02\0');
});

test('an integer too wide makes all others wider, at whichever end it lies', () => {
  for (const wide of ['32768', '-32769', '2147483648', '-2147483649', '9223372036854775807', '-9223372036854775808']) {
    const { bytes, length } = build('5', '-7', wide, '6');
    const set = new IntSet();
    assert.equal(length, 8 + 4 * set.width(bytes, 0));
    for (const text of ['5', '-7', '6', wide]) assert.ok(set.find(bytes, 0, int64(text)), text);
    assert.ok(!set.find(bytes, 0, int64('4')));
  }
});

test('what is cut short, out of order or of another width is no int set', () => {
  const set = new IntSet();
  const { bytes, length } = build('1', '2', '300000');
  assert.ok(set.isValid(bytes, 0, length));
  assert.ok(!set.isValid(bytes, 0, length - 1));
  assert.ok(!set.isValid(bytes, 0, 7));
  const swapped = bytes.slice(0, length);
  swapped.copyWithin(8, 12, 16);
  assert.ok(!set.isValid(swapped, 0, length));
  const wide = bytes.slice(0, length);
  wide[0] = 3;
  assert.ok(!set.isValid(wide, 0, length));
});

test(`random inserts, finds and removals agree with a Set (seed ${SEED})`, () => {
  fuzzIntSet(SEED, 20_000);
});
