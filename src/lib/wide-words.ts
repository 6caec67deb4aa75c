// Whether loops over long ranges go by 64-bit words. V8 makes machine operations of a BigInt64Array's elements that are
// combined, cut by BigInt.asIntN and stored or compared at once; JavaScriptCore makes an object of each, and with Bun 5 ms
// for 1 MiB, some 50 times what 32 bits take. So who starts the process says (host/compiler-words.ts); without that all
// loops go by 32 bits. It changes how fast, never what comes out, and holds for the process, as the compiler does.

let isWide = false;

/** Says whether 64-bit words are worth their name here. */
export function useWideWords(wide: boolean): void {
  isWide = wide;
}

export function hasWideWords(): boolean {
  return isWide;
}
