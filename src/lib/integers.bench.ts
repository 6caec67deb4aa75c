// Integers to and from text: `npx node src/lib/integers.bench.ts`.

import { fromLatin1 } from './bytes.ts';
import { parseInteger, writeInteger } from './integers.ts';
import { measure } from './measure.bench.ts';

const BATCH = 100;
const to = new Uint8Array(32);

for (const first of [1, 10, 12_345, 1_234_567, 123_456_789, 12_345_678_901, 1_234_567_890_123_456]) {
  const texts = Array.from({ length: BATCH }, (_, i) => fromLatin1(String(first + i)));
  measure(`parseInteger, ${String(first).length} digits`, BATCH, () => {
    let sum = 0;
    for (let i = 0; i < BATCH; i++) {
      const text = texts[i]!;
      if (parseInteger(text, 0, text.length) > 0) sum++;
    }
    return sum;
  });
  measure(`writeInteger, ${String(first).length} digits`, BATCH, () => {
    let sum = 0;
    for (let i = 0; i < BATCH; i++) sum += writeInteger(first + i, to, 0);
    return sum;
  });
}
