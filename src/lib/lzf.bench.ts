// Compressing and expanding: `npx node src/lib/lzf.bench.ts`. Nanoseconds are for a byte of plain text.

import { fromLatin1 } from './bytes.ts';
import { decompressLzf, Lzf } from './lzf.ts';
import { measure } from './measure.bench.ts';
import { Prng } from './prng.ts';

const lzf = new Lzf();
const prng = new Prng(1);
const BYTES = 8192;
for (const [name, plain] of [
  ['words', fromLatin1('{"name":"user:1","score":17} '.repeat(400)).subarray(0, BYTES)],
  ['items', items()],
  ['digits', Uint8Array.from({ length: BYTES }, () => 48 + prng.below(10))],
  ['noise', Uint8Array.from({ length: BYTES }, () => prng.below(256))],
] as const) {
  const packed = new Uint8Array(BYTES * 2);
  const end = lzf.compress(plain, 0, BYTES, packed, 0, packed.length);
  const out = new Uint8Array(BYTES);
  measure(`compress ${name} to ${Math.round((end * 100) / BYTES)} %`, BYTES, () =>
    lzf.compress(plain, 0, BYTES, packed, 0, packed.length),
  );
  measure(`decompress ${name}`, BYTES, () => (decompressLzf(packed, 0, end, out, 0, BYTES) ? 1 : 0));
}

/** Entries of a list as a listpack has them. */
function items(): Uint8Array {
  let text = '';
  for (let item = 0; text.length < BYTES; item++) text += `\x90element:${String(item).padStart(8, '0')}\x11`;
  return fromLatin1(text).subarray(0, BYTES);
}
