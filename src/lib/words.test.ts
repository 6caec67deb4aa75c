import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from './prng.ts';
import { multiplyHigh } from './words.ts';

test('multiplyHigh gives the upper half of unsigned products', () => {
  const check = (a: number, b: number) => {
    const product = BigInt(a >>> 0) * BigInt(b >>> 0);
    assert.equal(multiplyHigh(a, b), Number(BigInt.asIntN(32, product >> 32n)), `${a} * ${b}`);
  };
  const edges = [0, 1, -1, 0x7fffffff, -0x80000000, 0xffff, 0x10000, -0x10000, 0x1ffff];
  for (const a of edges) for (const b of edges) check(a, b);
  const random = new Prng(3);
  for (let i = 0; i < 5000; i++) check(random.next32(), random.next32());
});
