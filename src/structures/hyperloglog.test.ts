// A short run of the fuzzer.

import { test } from 'node:test';
import { fuzzHyperLogLog } from './hyperloglog.fuzz.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

test(`HyperLogLogs keep their registers, sparse and dense (seed ${SEED})`, () => {
  fuzzHyperLogLog(SEED, 6000);
});
