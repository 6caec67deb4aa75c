// Combining by words against combining byte by byte.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AND, AND_NOT, combineBits, NOT, OR, XOR } from './combine-bits.ts';
import { Prng } from './prng.ts';
import { useWideWords } from './wide-words.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const WAYS: readonly (readonly [how: number, combine: (a: number, b: number) => number])[] = [
  [AND, (a, b) => a & b],
  [OR, (a, b) => a | b],
  [XOR, (a, b) => a ^ b],
  [AND_NOT, (a, b) => a & ~b],
  [NOT, (a) => ~a & 0xff],
];

/** Random bytes that begin at one of sixteen places in their buffer: half of them at that of `like`. */
function someBytes(prng: Prng, length: number, like: number): Uint8Array {
  const offset = prng.below(2) === 0 ? like : prng.below(16);
  const bytes = new Uint8Array(new ArrayBuffer(offset + length + 16), offset, length);
  for (let at = 0; at < length; at++) bytes[at] = prng.next32();
  return bytes;
}

function shorter(prng: Prng, length: number): number {
  return prng.below(3) === 0 ? prng.below(length + 1) : length;
}

for (const isWide of [false, true]) {
  test(`combining agrees byte by byte, of any lengths and wherever they lie (seed ${SEED}, words of ${isWide ? 64 : 32})`, () => {
    useWideWords(isWide);
    const prng = new Prng(SEED);
    for (let round = 0; round < 3000; round++) {
      const [how, combine] = WAYS[prng.below(WAYS.length)]!;
      const length = prng.below(prng.below(4) === 0 ? 5000 : 600);
      const like = prng.below(16);
      let to = someBytes(prng, length, like);
      const a = someBytes(prng, how === NOT ? length : shorter(prng, length), like);
      const b = someBytes(prng, how === NOT ? length : shorter(prng, length), like);
      // The result may be in place of either.
      if (prng.below(4) === 0 && a.length === length) to = a;
      else if (prng.below(4) === 0 && b.length === length) to = b;
      const expected = Uint8Array.from({ length }, (_, at) => combine(a[at] ?? 0, b[at] ?? 0));
      const around = (bytes: Uint8Array) => [
        ...new Uint8Array(bytes.buffer, 0, bytes.byteOffset),
        ...new Uint8Array(bytes.buffer, bytes.byteOffset + length),
      ];
      const before = around(to);
      combineBits(how, a, b, to);
      const told = `round ${round}: way ${how}, ${a.length} at ${a.byteOffset}, ${b.length} at ${b.byteOffset}, ${length} at ${to.byteOffset}`;
      assert.deepEqual(to, expected, told);
      assert.deepEqual(around(to), before, told);
    }
    useWideWords(false);
  });
}
