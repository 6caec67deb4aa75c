import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from './prng.ts';

test('one seed gives one stream, two seeds give two', () => {
  const draw = (seed: number | [number, number]) => {
    const random = new Prng(seed);
    return Array.from({ length: 20 }, () => random.next32());
  };
  assert.deepEqual(draw(42), draw(42));
  assert.deepEqual(draw([0, 42]), draw(42));
  assert.notDeepEqual(draw(42), draw(43));
  assert.notDeepEqual(draw([1, 42]), draw([2, 42]));
  assert.notDeepEqual(draw(0), draw(2 ** 32));
});

test('the generator is xoshiro128**', () => {
  const random = new Prng(0);
  random.state.set([1, 2, 3, 4]);
  // The first outputs from the state 1, 2, 3, 4 of the authors' code.
  assert.deepEqual(
    Array.from({ length: 5 }, () => random.next32() >>> 0),
    [11520, 0, 5927040, 70819200, 2031721883],
  );
});

test('a copied state goes on alike', () => {
  const random = new Prng(5);
  random.next32();
  const copy = new Prng(0);
  copy.state.set(random.state);
  assert.equal(copy.next32(), random.next32());
});

test('below gives every number of its range about equally often', () => {
  for (const n of [1, 2, 3, 7, 10, 100]) {
    const random = new Prng(n);
    const counts = new Array<number>(n).fill(0);
    const draws = 20_000;
    for (let i = 0; i < draws; i++) counts[random.below(n)]!++;
    for (const count of counts)
      assert.ok(Math.abs(count - draws / n) < 6 * Math.sqrt(draws / n) + 1, `${n}: ${counts}`);
  }
});

test('below holds its bound at the edges of int32 and of doubles', () => {
  const random = new Prng(9);
  for (const n of [0x40000001, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000001, 2 ** 52 + 1, 2 ** 53 - 1]) {
    let largest = 0;
    for (let i = 0; i < 300; i++) {
      const drawn = random.below(n);
      assert.ok(Number.isSafeInteger(drawn) && drawn >= 0 && drawn < n);
      largest = Math.max(largest, drawn);
    }
    assert.ok(largest > n * 0.9);
  }
});

test('fraction lies in [0, 1)', () => {
  const random = new Prng(1);
  for (let i = 0; i < 1000; i++) {
    const x = random.fraction();
    assert.ok(x >= 0 && x < 1);
  }
});

test('a seed of zeros works', () => {
  const random = new Prng([0, 0]);
  assert.notEqual(random.next32() | random.next32() | random.next32(), 0);
});
