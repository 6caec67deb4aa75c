// Whether this process's compiler makes machine words of 64-bit integers: V8 does, wherever it is told to be found. Bun
// tells a version of V8 too, but has another compiler. A page in a browser tells nothing, and goes by 32 bits.

import { useWideWords } from '../lib/wide-words.ts';

export function useCompilersWords(): void {
  const versions = typeof process === 'undefined' ? undefined : process.versions;
  useWideWords(versions?.['v8'] !== undefined && versions['bun'] === undefined);
}
