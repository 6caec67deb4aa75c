// Waiting, as the engine's surroundings ask for it. The engine itself never waits: it says when it wants to be called.

export interface Timers {
  /** Calls `run` once after about `ms` milliseconds; returns a function that calls it off. */
  after(ms: number, run: () => void): () => void;
  /** Calls `run` once, as soon as the events that are ready now have been handled. */
  soon(run: () => void): void;
}
