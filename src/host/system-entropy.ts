// The system's random bytes, in Node as in a browser.

import type { Entropy } from '../world/entropy.ts';

export const systemEntropy: Entropy = (bytes) => {
  globalThis.crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>);
};
