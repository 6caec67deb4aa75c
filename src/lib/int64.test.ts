// Two halves against BigInt: the same texts are integers, and they are written as they were read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from './bytes.ts';
import { Int64 } from './int64.ts';
import { parseInt64 } from './integers.ts';
import { Prng } from './prng.ts';

function check(text: string): void {
  const bytes = fromLatin1(`<${text}>`);
  const expected = parseInt64(bytes, 1, bytes.length - 1);
  const value = new Int64();
  assert.equal(value.parse(bytes, 1, bytes.length - 1), expected !== null, text);
  if (expected === null) return;
  assert.equal((BigInt(value.high) << 32n) | BigInt(value.low >>> 0), expected, text);
  const written = new Uint8Array(24);
  assert.equal(toLatin1(written, 2, value.write(written, 2)), text);
  const number = Number(expected);
  assert.equal(value.toNumber(), Number.isSafeInteger(number) ? number : Number.NaN, text);
}

test('texts at the edges of 16, 32, 53 and 64 bits', () => {
  for (const bits of [7n, 13n, 15n, 16n, 31n, 32n, 48n, 52n, 53n, 60n, 62n, 63n, 64n]) {
    for (const offset of [-2n, -1n, 0n, 1n, 2n]) {
      check(String(2n ** bits + offset));
      check(String(-(2n ** bits) + offset));
    }
  }
  for (let digits = 0n; digits < 21n; digits++)
    for (const offset of [-1n, 0n, 1n]) check(String(10n ** digits + offset));
});

test('what is no canonical integer is refused', () => {
  for (const text of ['', '-', '-0', '00', '01', '+1', ' 1', '1 ', '1.0', 'a', '0x1', '9223372036854775808'])
    check(text);
  for (const text of ['012345678901234567', '1234567890123456a', 'a234567890123456', '12345678x12345678', '-', '--1'])
    check(text);
  for (const text of ['99999999999999999999', '-9223372036854775809', '123456789012345678901']) check(text);
});

test('random integers of every length', () => {
  const seed = Date.now();
  const prng = new Prng(seed);
  for (let round = 0; round < 20000; round++) {
    const digits = 1 + prng.below(20);
    let text = prng.below(2) === 0 ? '-' : '';
    for (let index = 0; index < digits; index++) text += String(index === 0 ? 1 + prng.below(9) : prng.below(10));
    if (prng.below(10) === 0) text = text.replace(/.$/, 'x');
    check(text);
  }
});
