import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bitLength, divideRounded, shiftRounded } from './rounding.ts';

test('bitLength counts the bits of any integer', () => {
  assert.equal(bitLength(0n), 0);
  for (const bits of [1, 2, 3, 4, 5, 8, 9, 63, 64, 65, 1000]) {
    assert.equal(bitLength(2n ** BigInt(bits) - 1n), bits);
    assert.equal(bitLength(2n ** BigInt(bits - 1)), bits);
  }
});

test('halves go to the even neighbour', () => {
  const cases: readonly [bigint, bigint, bigint][] = [
    [0n, 2n, 0n],
    [1n, 2n, 0n],
    [3n, 2n, 2n],
    [5n, 2n, 2n],
    [7n, 2n, 4n],
    [1n, 3n, 0n],
    [2n, 3n, 1n],
    [6n, 3n, 2n],
  ];
  for (const [numerator, denominator, expected] of cases) assert.equal(divideRounded(numerator, denominator), expected);
  assert.equal(shiftRounded(5n, 3), 40n);
  assert.equal(shiftRounded(5n, -1), 2n);
  assert.equal(shiftRounded(7n, -1), 4n);
  assert.equal(shiftRounded(9n, -2), 2n);
});
