// A stable sort of numbers that stand for things (indices of records, offsets): iterative, in two typed arrays, without
// an object for a thing. Runs of a few are sorted by insertion, then merged, each pass into the other array.

/** Which of two things comes first: the first one when negative. */
export interface Ordering {
  compare(a: number, b: number): number;
}

const RUN = 8;

/** Sorts the first `count` numbers of `items`; `spare` is as long at least. Equal ones stay in their order. */
export function mergeSort(items: Uint32Array, spare: Uint32Array, count: number, ordering: Ordering): void {
  for (let start = 0; start < count; start += RUN) sortRun(items, start, Math.min(start + RUN, count), ordering);
  let from = items;
  let to = spare;
  for (let width = RUN; width < count; width *= 2) {
    for (let start = 0; start < count; start += width * 2) {
      merge(from, to, start, Math.min(start + width, count), Math.min(start + width * 2, count), ordering);
    }
    [from, to] = [to, from];
  }
  if (from !== items) for (let index = 0; index < count; index++) items[index] = from[index]!;
}

function sortRun(items: Uint32Array, start: number, end: number, ordering: Ordering): void {
  for (let index = start + 1; index < end; index++) {
    const item = items[index]!;
    let place = index;
    for (; place > start && ordering.compare(items[place - 1]!, item) > 0; place--) items[place] = items[place - 1]!;
    items[place] = item;
  }
}

/** Merges from[start..middle) and from[middle..end) into `to`. */
function merge(
  from: Uint32Array,
  to: Uint32Array,
  start: number,
  middle: number,
  end: number,
  ordering: Ordering,
): void {
  let left = start;
  let right = middle;
  for (let place = start; place < end; place++) {
    const takesLeft = left < middle && (right >= end || ordering.compare(from[left]!, from[right]!) <= 0);
    to[place] = takesLeft ? from[left++]! : from[right++]!;
  }
}
