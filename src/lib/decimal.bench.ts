// Doubles to and from text: `npx node src/lib/decimal.bench.ts`.

import { fromLatin1 } from './bytes.ts';
import { formatDouble, parseDouble, writeDouble } from './decimal.ts';
import { measure } from './measure.bench.ts';

const BATCH = 100;
const to = new Uint8Array(32);

const kinds: readonly [string, (i: number) => number][] = [
  ['a whole number', (i) => 1000 + i],
  ['two decimals', (i) => (123_456 + i) / 100],
  ['17 digits', (i) => Math.PI * (i + 1)],
  ['an exponent', (i) => Math.PI * 1e-100 * (i + 1)],
];
for (const [name, make] of kinds) {
  const numbers = Float64Array.from({ length: BATCH }, (_, i) => make(i));
  const texts = Array.from(numbers, (x) => fromLatin1(String(x)));
  measure(`writeDouble, ${name}`, BATCH, () => {
    let sum = 0;
    for (let i = 0; i < BATCH; i++) sum += writeDouble(numbers[i]!, to, 0);
    return sum;
  });
  measure(`formatDouble, ${name}`, BATCH, () => {
    let sum = 0;
    for (let i = 0; i < BATCH; i++) sum += formatDouble(numbers[i]!).length;
    return sum;
  });
  measure(`parseDouble, ${name}`, BATCH, () => {
    let sum = 0;
    for (let i = 0; i < BATCH; i++) {
      const text = texts[i]!;
      if (parseDouble(text, 0, text.length) > 0) sum++;
    }
    return sum;
  });
}
