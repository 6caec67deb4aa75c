// Random bytes of the system, for secrets. All other random choices come from a seed (lib/prng.ts), and can be guessed.

/** Fills an array of at most 65536 bytes with random bytes that nobody can foretell. */
export type Entropy = (bytes: Uint8Array) => void;
