// What fuzzers of structures share: how often a structure is checked as a whole, and how they are run by hand:
//
//   CINNABAR_OPERATIONS=1000000 CINNABAR_SEED=7 npx node src/structures/listpack.fuzz.ts
//
// or all of them with `npm run fuzz -- --operations 10000000`.

/** Up to so many entries a structure is checked after every step, above after every STEPS_BETWEEN_CHECKS. */
const ENTRIES_CHECKED_ALWAYS = 1000;
const STEPS_BETWEEN_CHECKS = 4096;

/** Whether a structure that holds so many entries is checked as a whole after this step. */
export function isChecked(entries: number, step: number): boolean {
  return entries <= ENTRIES_CHECKED_ALWAYS || step % STEPS_BETWEEN_CHECKS === 0;
}

/** Runs a fuzzer with the seed and the number of operations that the environment gives. */
export function fuzzByHand(fuzz: (seed: number, operations: number) => void, usualOperations: number): void {
  const seed = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
  const operations = Number(process.env['CINNABAR_OPERATIONS'] ?? usualOperations);
  console.log(`seed ${seed}, ${operations} operations`);
  const start = performance.now();
  fuzz(seed, operations);
  console.log(`done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
