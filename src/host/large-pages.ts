// Large pages for flat memory, where the system gives them on request (Linux with transparent huge pages set to
// "madvise", as most are). Random keys among a million then cost a quarter less: 340 ns a GET against 450
// (engine/engine.bench.ts), since the processor looks up one address for 2 MiB and not one for 4 KiB.
//
// Redis advises against large pages: after a fork each write would copy 2 MiB. Cinnabar never forks. But the first touch
// of a large page waits until the system has found and zeroed 2 MiB: 0.1 ms as a rule, yet 5 to 10 ms in a virtual machine
// whose host has not given it that memory before, and whenever memory must be compacted first. So each segment's first
// large page is touched here, with an eye on the clock. When that is slow, this segment and the next ones take small
// pages, whose waits are as long in sum, but come one by one.

import { linuxFfi } from './ffi.ts';

const HUGE_PAGE_BYTES = 2 * 1024 * 1024;
const MADV_HUGEPAGE = 14;
/** A first touch that takes longer is slow. */
const SLOW_MS = 1;
/** So many segments (of 16 MiB) do without after a slow one, and twice as many after each that follows, up to 16 GB. */
const SEGMENTS_WITHOUT = 64;
const SEGMENTS_WITHOUT_MAX = 1024;

/** Large pages of this system; undefined where they cannot be asked for. */
export function largePages(): LargePages | undefined {
  const ffi = linuxFfi();
  if (ffi === undefined) return undefined;
  const { functions } = ffi.dlopen(null, {
    madvise: { arguments: ['uint64', 'uint64', 'int32'], return: 'int32' },
  });
  const pages = new LargePages({
    addressOf: (buffer) => ffi.getRawPointer(buffer),
    advise: (address, bytes) => void functions.madvise(address, BigInt(bytes), MADV_HUGEPAGE),
    elapsed: () => performance.now(),
  });
  // Where they are slow to come, that is found out now and not under the first requests.
  pages.tryAgain();
  return pages;
}

/** What the advice rests on. */
export interface PageHost {
  addressOf(buffer: ArrayBuffer): bigint;
  /** Asks for large pages for a range of whole ones. It never fails: it is advice. */
  advise(address: bigint, bytes: number): void;
  /** Milliseconds. */
  elapsed(): number;
}

export class LargePages {
  private readonly host: PageHost;
  /** Buffers still to do without. */
  private without = 0;
  private patience = SEGMENTS_WITHOUT;

  constructor(host: PageHost) {
    this.host = host;
  }

  /** Asks for large pages for a buffer that nobody has touched, unless they were slow to come lately. */
  advise(buffer: ArrayBuffer): void {
    if (this.without > 0) {
      this.without--;
      return;
    }
    const { host } = this;
    const start = host.addressOf(buffer);
    const before = Number(-start & BigInt(HUGE_PAGE_BYTES - 1));
    const pages = Math.floor((buffer.byteLength - before) / HUGE_PAGE_BYTES);
    if (pages <= 0) return;
    const first = start + BigInt(before);
    host.advise(first, HUGE_PAGE_BYTES);
    const from = host.elapsed();
    new Uint8Array(buffer, before, 1)[0] = 0;
    if (host.elapsed() - from > SLOW_MS) {
      this.without = this.patience;
      this.patience = Math.min(2 * this.patience, SEGMENTS_WITHOUT_MAX);
      return;
    }
    this.patience = SEGMENTS_WITHOUT;
    if (pages > 1) host.advise(first + BigInt(HUGE_PAGE_BYTES), (pages - 1) * HUGE_PAGE_BYTES);
  }

  /** Learns anew whether they are slow, where it does no harm: by one that is given back. */
  tryAgain(): void {
    this.without = 0;
    const trial = new ArrayBuffer(2 * HUGE_PAGE_BYTES);
    this.advise(trial);
    trial.transfer(0);
  }
}
