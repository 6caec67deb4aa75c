// Whether two series of times differ: Welch's t, as leaks of secrets through time are commonly judged.

import type { Prng } from '../../src/lib/prng.ts';

/** Beyond this two series are taken for different. */
export const T_MAX = 4.5;

/** Times beyond this share are interruptions: of the collector, of other processes. */
const KEPT = 0.9;

function momentsOf(values: readonly number[]): [number, number] {
  const mean = meanOf(values);
  return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)];
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function welch(a: readonly number[], b: readonly number[]): number {
  const [meanA, varianceA] = momentsOf(a);
  const [meanB, varianceB] = momentsOf(b);
  return (meanA - meanB) / Math.sqrt(varianceA / a.length + varianceB / b.length);
}

/** What is left of two series without those times that something else interrupted. */
export function undisturbed(times: readonly [readonly number[], readonly number[]]): [number[], number[]] {
  const all = [...times[0], ...times[1]].sort((a, b) => a - b);
  const most = all[Math.floor(all.length * KEPT)]!;
  return [times[0].filter((time) => time <= most), times[1].filter((time) => time <= most)];
}

/** 0 and 1 in turns chosen at random, each so often. */
export function* turns(random: Prng, each: number): Generator<0 | 1> {
  const left: [number, number] = [each, each];
  while (left[0] + left[1] > 0) {
    const which = random.below(2) as 0 | 1;
    if (left[which]-- > 0) yield which;
    else left[which] = 0;
  }
}
