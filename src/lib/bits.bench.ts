// npm run bench -- src/lib/bits.bench.ts

import { AND, combineBits, countBits, findBit } from './bits.ts';
import { measure } from './measure.bench.ts';

const MEGABYTE = 1 << 20;
const bytes = Uint8Array.from({ length: MEGABYTE }, (_, index) => index * 7);
const other = bytes.slice();
const zeros = new Uint8Array(MEGABYTE);

measure('count the bits of 1 MiB', 1, () => countBits(bytes, 0, MEGABYTE));
measure('find a bit behind 1 MiB of zeros', 1, () => findBit(zeros, 0, MEGABYTE, 1));
measure('combine 1 MiB', 1, () => {
  combineBits(AND, bytes, 0, MEGABYTE, other);
  return other[0]!;
});
