// Bits by words against bits one by one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AND, AND_NOT, combineBits, countBitRange, countBits, findBit, findBitInRange, OR, XOR } from './bits.ts';
import { Prng } from './prng.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

function someBytes(prng: Prng, length: number): Uint8Array {
  const kind = prng.below(4);
  return Uint8Array.from({ length }, () => (kind === 0 ? 0 : kind === 1 ? 255 : prng.next32()));
}

function bitsOf(bytes: Uint8Array, start: number, end: number): string {
  return [...bytes.subarray(start, end)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
}

test(`counting and finding agree with a text of bits (seed ${SEED})`, () => {
  const prng = new Prng(SEED);
  for (let round = 0; round < 1500; round++) {
    const bytes = someBytes(prng, 1 + prng.below(300));
    if (prng.below(2) === 0) bytes[prng.below(bytes.length)] = prng.next32();
    const start = prng.below(bytes.length);
    const end = start + prng.below(bytes.length - start + 1);
    const bits = bitsOf(bytes, start, end);
    assert.equal(countBits(bytes, start, end), bits.replaceAll('0', '').length);
    assert.equal(findBit(bytes, start, end, 1), bits.indexOf('1'));
    assert.equal(findBit(bytes, start, end, 0), bits.indexOf('0'));
    if (bits === '') continue;
    const first = prng.below(bits.length);
    const last = first + prng.below(bits.length - first);
    const part = bits.slice(first, last + 1);
    assert.equal(countBitRange(bytes, start, first, last), part.replaceAll('0', '').length);
    for (const bit of [0, 1] as const) {
      const found = part.indexOf(String(bit));
      assert.equal(findBitInRange(bytes, start, first, last, bit), found < 0 ? -1 : first + found);
    }
  }
});

test(`combining agrees byte by byte, aligned or not (seed ${SEED})`, () => {
  const prng = new Prng(SEED);
  const ways: [number, (a: number, b: number) => number][] = [
    [AND, (a, b) => a & b],
    [OR, (a, b) => a | b],
    [XOR, (a, b) => a ^ b],
    [AND_NOT, (a, b) => a & ~b],
  ];
  for (let round = 0; round < 400; round++) {
    const to = someBytes(prng, 50);
    const from = someBytes(prng, 60);
    const start = prng.below(10);
    const [how, combine] = ways[prng.below(4)]!;
    const expected = to.map((byte, index) => combine(byte, from[start + index]!));
    combineBits(how, from, start, start + 50, to);
    assert.deepEqual(to, expected);
  }
});
