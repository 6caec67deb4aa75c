// A short run of the fuzzer.

import { test } from 'node:test';
import { fuzzStreamGroups } from './stream-groups.fuzz.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

test(`consumer groups agree with maps (seed ${SEED})`, () => {
  fuzzStreamGroups(SEED, 4000);
});
