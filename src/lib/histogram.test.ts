import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram } from './histogram.ts';

function check(values: readonly number[], percentile: number, expected: number): void {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value, 1);
  assert.equal(histogram.valueAt(percentile), expected);
}

test('values below 256 are told exactly', () => {
  for (const value of [0, 1, 127, 128, 255]) check([value], 50, value);
});

test('the percentile is that of the values in order', () => {
  const values = Array.from({ length: 100 }, (_, index) => index + 1);
  check(values, 50, 50);
  check(values, 99, 99);
  check(values, 100, 100);
});

test('larger values are told as the greatest of their bucket, within one percent', () => {
  for (let value = 256; value < 2 ** 30; value = Math.floor(value * 1.37)) {
    const histogram = new Histogram();
    histogram.record(value, 3);
    const told = histogram.valueAt(99.9);
    assert.ok(told >= value && told <= value * 1.01, `${told} for ${value}`);
  }
});

test('an empty histogram tells 0, and what is too large counts as the largest', () => {
  check([], 50, 0);
  check([2 ** 40], 50, 2 ** 30 - 1);
});

test('counts up to a value include all that share its bucket', () => {
  const histogram = new Histogram();
  for (const value of [5, 1000, 1024, 1031, 1032, 70_000]) histogram.record(value, 2);
  assert.equal(histogram.countTo(4), 0);
  assert.equal(histogram.countTo(5), 2);
  assert.equal(histogram.countTo(1024), 8);
  assert.equal(histogram.countTo(2 ** 40), 12);
  assert.equal(histogram.greatestAlike(1024), 1031);
  assert.equal(histogram.greatestAlike(200), 200);
});
