// A histogram of positive integers up to 2^30, exact below 256 and within 1 % above: log-linear, as HdrHistogram with two
// significant digits. Recording allocates nothing and takes a few nanoseconds.
//
// Values below 256 have a bucket each. Beyond, each power of two is cut into 128 buckets.

const EXACT_BITS = 8;
const HALF = 1 << (EXACT_BITS - 1);
const BITS_MAX = 30;
const BUCKETS = (BITS_MAX - EXACT_BITS + 2) * HALF;
const VALUE_MAX = 2 ** BITS_MAX - 1;

export class Histogram {
  /** Values recorded. */
  total = 0;
  private readonly counts = new Float64Array(BUCKETS);

  /** Records a value `count` times; above 2^30 - 1 it counts as that. */
  record(value: number, count: number): void {
    this.counts[bucketOf(Math.min(VALUE_MAX, Math.max(0, Math.round(value))))]! += count;
    this.total += count;
  }

  /** The greatest value that may stand in the bucket below or at which `percentile` (0 to 100) of all values lie. */
  valueAt(percentile: number): number {
    const wanted = Math.max(1, Math.round((percentile / 100) * this.total));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.counts[bucket]!;
      if (seen >= wanted) return greatestIn(bucket);
    }
    return 0;
  }
}

function bucketOf(value: number): number {
  const shift = Math.max(0, 32 - EXACT_BITS - Math.clz32(value));
  return shift * HALF + (value >>> shift);
}

function greatestIn(bucket: number): number {
  const shift = Math.max(0, (bucket >>> (EXACT_BITS - 1)) - 1);
  return ((bucket - shift * HALF + 1) << shift) - 1;
}
