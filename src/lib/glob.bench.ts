// Patterns over keys, as KEYS and SCAN match them: `npx node src/lib/glob.bench.ts`.

import { fromLatin1 } from './bytes.ts';
import { matchGlob } from './glob.ts';
import { measure } from './measure.bench.ts';

const BATCH = 100;
const keys = Array.from({ length: BATCH }, (_, i) => fromLatin1(`user:${i * 7919}:session`));

for (const text of ['user:*', 'user:7919:session', '*session', '*:15*:*', 'u[a-z]er:[0-9]*', 'nothing*']) {
  const pattern = fromLatin1(text);
  measure(text, BATCH, () => {
    let matches = 0;
    for (const key of keys) if (matchGlob(pattern, 0, pattern.length, key, 0, key.length, false)) matches++;
    return matches;
  });
}
