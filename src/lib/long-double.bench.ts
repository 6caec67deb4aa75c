// A whole INCRBYFLOAT without its key: `npx node src/lib/long-double.bench.ts`.

import { fromLatin1 } from './bytes.ts';
import { addLongDouble, formatLongDouble, parseLongDouble } from './long-double.ts';
import { measure } from './measure.bench.ts';

const pairs: readonly [string, string][] = [
  ['10.5', '0.1'],
  ['3.14159265358979', '1000000.1'],
  ['1e300', '1.5'],
];
for (const [a, b] of pairs) {
  const first = fromLatin1(a);
  const second = fromLatin1(b);
  measure(`${a} + ${b}`, 1, () => {
    const sum = addLongDouble(parseLongDouble(first, 0, first.length)!, parseLongDouble(second, 0, second.length)!);
    return formatLongDouble(sum).length;
  });
}
