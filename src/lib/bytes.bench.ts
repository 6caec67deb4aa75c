// Copying, comparing and making text: `npx node src/lib/bytes.bench.ts`. Finds COPY_LOOP_BYTES_MAX.

import { compareBytes, copyBytes, equalBytes, fromLatin1, toLatin1 } from './bytes.ts';
import { measure } from './measure.bench.ts';

const BATCH = 100;
const from = fromLatin1('abcdefghijklmnopqrstuvwxyz'.repeat(200));
const to = new Uint8Array(from.length);

for (const length of [8, 16, 32, 64, 65, 128, 1024]) {
  measure(`copyBytes, ${length} bytes`, BATCH, () => {
    for (let i = 0; i < BATCH; i++) copyBytes(from, i, i + length, to, i & 15);
    return to[3]!;
  });
}
for (const length of [32, 64, 128]) {
  measure(`the loop alone, ${length} bytes`, BATCH, () => {
    for (let i = 0; i < BATCH; i++) for (let j = 0; j < length; j++) to[j] = from[i + j]!;
    return to[3]!;
  });
  measure(`set(subarray) alone, ${length} bytes`, BATCH, () => {
    for (let i = 0; i < BATCH; i++) to.set(from.subarray(i, i + length), i & 15);
    return to[3]!;
  });
}
for (const length of [16, 64]) {
  measure(`equalBytes, ${length} bytes`, BATCH, () => {
    let equal = 0;
    for (let i = 0; i < BATCH; i++) if (equalBytes(from, i, i + length, from, i + 26, i + 26 + length)) equal++;
    return equal;
  });
  measure(`compareBytes, ${length} bytes`, BATCH, () => {
    let sum = 0;
    for (let i = 0; i < BATCH; i++) sum += compareBytes(from, i, i + length, from, i + 26, i + 26 + length);
    return sum;
  });
}
for (const length of [8, 16, 64, 65, 1024]) {
  measure(`toLatin1, ${length} bytes`, BATCH, () => {
    let sum = 0;
    for (let i = 0; i < BATCH; i++) sum += toLatin1(from, i, i + length).length;
    return sum;
  });
}
