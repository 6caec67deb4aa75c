// npm run bench -- src/lib/bits.bench.ts

import { countBits, findBit } from './bits.ts';
import { AND, AND_NOT, combineBits, NOT, OR, XOR } from './combine-bits.ts';
import { measure } from './measure.bench.ts';
import { useWideWords } from './wide-words.ts';

const MEGABYTE = 1 << 20;
const bytes = Uint8Array.from({ length: MEGABYTE }, (_, index) => index * 7);
const other = bytes.slice().reverse();
const result = new Uint8Array(MEGABYTE);
const zeros = new Uint8Array(MEGABYTE);
const ones = new Uint8Array(MEGABYTE).fill(255);

measure('count the bits of 1 MiB', 1, () => countBits(bytes, 0, MEGABYTE));
for (const isWide of [false, true]) {
  useWideWords(isWide);
  const words = `by ${isWide ? 64 : 32} bits`;
  measure(`find a bit behind 1 MiB of zeros ${words}`, 1, () => findBit(zeros, 0, MEGABYTE, 1));
  measure(`find a bit behind 1 MiB of ones ${words}`, 1, () => findBit(ones, 0, MEGABYTE, 0));
  for (const [how, name] of [
    [AND, 'AND'],
    [OR, 'OR'],
    [XOR, 'XOR'],
    [AND_NOT, 'AND NOT'],
    [NOT, 'NOT'],
  ] as const) {
    measure(`${name} of 1 MiB ${words}`, 1, () => {
      combineBits(how, bytes, other, result);
      return result[0]!;
    });
  }
  for (const length of [16, 128, 256, 1024]) {
    const [a, b, to] = [bytes.subarray(0, length), other.subarray(0, length), result.subarray(0, length)];
    measure(`AND of ${length} bytes ${words}`, 1, () => {
      combineBits(AND, a, b, to);
      return to[0]!;
    });
  }
}
