// The keyed hash: `npx node src/lib/half-siphash.bench.ts`.

import { fromLatin1 } from './bytes.ts';
import { KeyHasher } from './half-siphash.ts';
import { measure } from './measure.bench.ts';

const BATCH = 100;
const hasher = new KeyHasher(0x01234567, 0x89abcdef);
const bytes = fromLatin1('key:000000012345/'.repeat(100));

for (const length of [4, 8, 15, 16, 32, 64, 256]) {
  measure(`hash, ${length} bytes`, BATCH, () => {
    let sum = 0;
    for (let i = 0; i < BATCH; i++) {
      hasher.hash(bytes, i, i + length);
      sum ^= hasher.low ^ hasher.high;
    }
    return sum;
  });
}
