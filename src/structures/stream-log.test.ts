// Stream logs against their model.

import { describe, it } from 'node:test';
import { fuzzStreamLog } from './stream-log.fuzz.ts';

describe('StreamLog', () => {
  it('agrees with an array of entries', () => {
    for (let seed = 1; seed <= 8; seed++) fuzzStreamLog(seed, 800);
  });
});
