// A histogram of positive integers up to 2^30, exact below 256 and within 1 % above: log-linear, as HdrHistogram with two
// significant digits. Recording allocates nothing and takes a few nanoseconds.
//
// Values below 256 have a bucket each. Beyond, each power of two is cut into 128 buckets. Each 128 buckets are allocated
// when the first value comes to them: most commands use two or three of the 24, at 1 KB each.

const EXACT_BITS = 8;
const OCTAVE_BITS = EXACT_BITS - 1;
const HALF = 1 << OCTAVE_BITS;
const BITS_MAX = 30;
const OCTAVES = BITS_MAX - EXACT_BITS + 2;
const VALUE_MAX = 2 ** BITS_MAX - 1;

export class Histogram {
  /** Values recorded. */
  total = 0;
  /** By octave: the counts of its buckets; null where nothing came yet. */
  private readonly octaves: (Float64Array | null)[] = new Array<Float64Array | null>(OCTAVES).fill(null);

  /** Records a value `count` times; above 2^30 - 1 it counts as that. */
  record(value: number, count: number): void {
    const bucket = bucketOf(Math.min(VALUE_MAX, Math.max(0, Math.round(value))));
    const octave = bucket >>> OCTAVE_BITS;
    const counts = this.octaves[octave] ?? (this.octaves[octave] = new Float64Array(HALF));
    counts[bucket & (HALF - 1)]! += count;
    this.total += count;
  }

  /** The greatest value that may stand in the bucket below or at which `percentile` (0 to 100) of all values lie. */
  valueAt(percentile: number): number {
    const wanted = Math.max(1, Math.round((percentile / 100) * this.total));
    let seen = 0;
    for (const [octave, counts] of this.octaves.entries()) {
      if (counts === null) continue;
      for (let place = 0; place < HALF; place++) {
        seen += counts[place]!;
        if (seen >= wanted) return greatestIn(octave * HALF + place);
      }
    }
    return 0;
  }

  /** How many values are no greater than those that share a bucket with `value`. */
  countTo(value: number): number {
    const last = bucketOf(Math.min(VALUE_MAX, value));
    let count = 0;
    for (let octave = 0; octave <= last >>> OCTAVE_BITS; octave++) {
      const counts = this.octaves[octave];
      if (counts === null || counts === undefined) continue;
      const places = octave === last >>> OCTAVE_BITS ? (last & (HALF - 1)) + 1 : HALF;
      for (let place = 0; place < places; place++) count += counts[place]!;
    }
    return count;
  }

  /** The greatest value that shares a bucket with `value`. */
  greatestAlike(value: number): number {
    return greatestIn(bucketOf(Math.min(VALUE_MAX, value)));
  }
}

function bucketOf(value: number): number {
  const shift = Math.max(0, 32 - EXACT_BITS - Math.clz32(value));
  return shift * HALF + (value >>> shift);
}

function greatestIn(bucket: number): number {
  const shift = Math.max(0, (bucket >>> OCTAVE_BITS) - 1);
  return ((bucket - shift * HALF + 1) << shift) - 1;
}
