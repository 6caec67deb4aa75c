// Bits by words against bits one by one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countBitRange, countBits, findBit, findBitInRange } from './bits.ts';
import { Prng } from './prng.ts';
import { useWideWords } from './wide-words.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

function someBytes(prng: Prng, length: number): Uint8Array {
  const kind = prng.below(4);
  return Uint8Array.from({ length }, () => (kind === 0 ? 0 : kind === 1 ? 255 : prng.next32()));
}

function bitsOf(bytes: Uint8Array, start: number, end: number): string {
  return [...bytes.subarray(start, end)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
}

for (const isWide of [false, true]) {
  test(`counting and finding agree with a text of bits (seed ${SEED}, words of ${isWide ? 64 : 32})`, () => {
    useWideWords(isWide);
    check(new Prng(SEED));
    useWideWords(false);
  });
}

function check(prng: Prng): void {
  for (let round = 0; round < 1500; round++) {
    const bytes = someBytes(prng, 1 + prng.below(300)).subarray(prng.below(2) * prng.below(9));
    if (bytes.length === 0) continue;
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
}
