// A short run of the request stream fuzzer; the long one is request-streams.fuzz.ts, by hand.

import { it } from 'node:test';
import { fuzzRequestStreams } from './request-streams.fuzz.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

it(`20,000 mutated request streams harm nobody, seed ${SEED}`, () => {
  fuzzRequestStreams(20_000, SEED);
});
