// Large pages for flat memory, where the system gives them on request (Linux with transparent huge pages set to
// "madvise", as most are). Random keys among a million then cost a quarter less: 340 ns a GET against 450
// (engine/engine.bench.ts), since the processor looks up one address for 2 MiB and not one for 4 KiB.
//
// Redis advises against large pages: after a fork each write would copy 2 MiB. Cinnabar never forks.

type Ffi = typeof import('node:ffi');

const HUGE_PAGE_BYTES = 2 * 1024 * 1024;
const MADV_HUGEPAGE = 14;

/** A function that asks for large pages for a buffer; undefined where that cannot be. It never fails: it is advice. */
export function largePageAdvice(): ((buffer: ArrayBuffer) => void) | undefined {
  if (process.platform !== 'linux' || process.versions['bun'] !== undefined) return undefined;
  if (typeof process.getBuiltinModule !== 'function') return undefined;
  const ffi: Ffi | undefined = process.getBuiltinModule('node:ffi');
  if (ffi === undefined) return undefined;
  const { functions } = ffi.dlopen(null, {
    madvise: { arguments: ['uint64', 'uint64', 'int32'], return: 'int32' },
  });
  return (buffer) => {
    const page = BigInt(HUGE_PAGE_BYTES);
    const start = ffi.getRawPointer(buffer);
    const first = ((start + page - 1n) / page) * page;
    const end = ((start + BigInt(buffer.byteLength)) / page) * page;
    if (end > first) functions.madvise(first, end - first, MADV_HUGEPAGE);
  };
}
