import assert from 'node:assert/strict';
import { test } from 'node:test';
import { binOfDecimal, binOfInt32, binOfSize, nameOfBin, SIZE_BINS } from './size-bins.ts';

test('a bin holds the sizes from its power of two up to the next', () => {
  const cases: [number, number, string][] = [
    [0, 0, '0'],
    [1, 1, '1'],
    [2, 2, '2'],
    [3, 2, '2'],
    [4, 3, '4'],
    [1023, 10, '512'],
    [1024, 11, '1K'],
    [2 ** 20 - 1, 20, '512K'],
    [2 ** 20, 21, '1M'],
    [2 ** 29, 30, '512M'],
    [2 ** 30, 31, '1G'],
    [2 ** 32 - 1, 32, '2G'],
    [2 ** 32, 33, '4G'],
    [2 ** 36 - 1, SIZE_BINS - 1, '32G'],
  ];
  for (const [size, bin, name] of cases) {
    assert.equal(binOfSize(size), bin, `the bin of ${size}`);
    assert.equal(nameOfBin(bin), name);
  }
});

test('the bin of an integer is that of its text', () => {
  for (let power = 0n, edge = 1n; power <= 18n; power++, edge *= 10n) {
    for (const magnitude of [edge - 1n, edge, edge + 1n]) {
      for (const value of [magnitude, -magnitude]) {
        const bin = binOfSize(String(value).length);
        assert.equal(binOfDecimal(Number(value)), bin, `${value}`);
        if (value === BigInt.asIntN(32, value)) assert.equal(binOfInt32(Number(value)), bin, `${value}`);
      }
    }
  }
  for (const value of [2 ** 31 - 1, -(2 ** 31)]) assert.equal(binOfInt32(value), binOfSize(String(value).length));
  for (const value of [2n ** 63n - 1n, -(2n ** 63n)]) {
    assert.equal(binOfDecimal(Number(value)), binOfSize(String(value).length));
  }
  assert.equal(binOfDecimal(Number.NaN), binOfSize(16));
});
