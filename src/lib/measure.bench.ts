// How the benches beside the files measure: many short rounds, the fastest of which counts, since noise only adds. They
// print nanoseconds and bytes of JavaScript heap per operation; what is on the hot path must show 0 bytes.

const ROUND_MS = 20;
const ROUNDS = 15;

/** Keeps results alive, so that the compiler cannot drop the work that made them. */
let sink = 0;

/** Runs `run`, which does `operations` operations and returns a number made from them, and prints what one costs. */
export function measure(name: string, operations: number, run: () => number): number {
  let calls = 1;
  let elapsed = 0;
  // Warm up, and find how many calls fill a round.
  for (let warm = 0; warm < 5 || elapsed < ROUND_MS; warm++) {
    if (elapsed < ROUND_MS && warm > 0)
      calls = Math.ceil(calls * Math.min(ROUND_MS / Math.max(elapsed, 0.01) + 0.1, 10));
    elapsed = timeOf(run, calls);
  }
  let best = Number.POSITIVE_INFINITY;
  let heapBytes = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const heapBefore = process.memoryUsage().heapUsed;
    best = Math.min(best, timeOf(run, calls));
    const grown = process.memoryUsage().heapUsed - heapBefore;
    if (grown >= 0) heapBytes = Math.min(heapBytes, grown);
  }
  const ns = (best * 1e6) / (calls * operations);
  const perOperation = heapBytes / (calls * operations);
  const allocated = Number.isFinite(perOperation) ? `${perOperation.toFixed(1)} B` : 'garbage collected';
  console.log(`${name.padEnd(52)} ${ns.toFixed(1).padStart(9)} ns  ${allocated.padStart(10)}`);
  return ns;
}

function timeOf(run: () => number, calls: number): number {
  const started = performance.now();
  for (let i = 0; i < calls; i++) sink = (sink + run()) | 0;
  return performance.now() - started;
}
