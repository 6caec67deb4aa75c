// The real timers, taken when this file is loaded, so that a test's fake timers never stop an engine.

import type { Timers } from '../world/timers.ts';

const { setTimeout: start, clearTimeout: stop } = globalThis;

/** Sooner than a timer of 0 ms, which takes one; not in browsers. */
const immediate: ((run: () => void) => unknown) | undefined = Reflect.get(globalThis, 'setImmediate');

/** Node's handles can let the process end; a browser's are numbers. */
function unref(handle: unknown): void {
  if (typeof handle === 'object' && handle !== null && 'unref' in handle && typeof handle.unref === 'function')
    handle.unref();
}

/** The machine's timers; they keep the process alive only if `keepsAlive`. */
export function realTimers(keepsAlive: boolean): Timers {
  return {
    after: (ms, run) => {
      const handle = start(run, Math.min(ms, 0x7fffffff));
      if (!keepsAlive) unref(handle);
      return () => stop(handle);
    },
    soon: (run) => {
      const handle = immediate === undefined ? start(run, 0) : immediate(run);
      if (!keepsAlive) unref(handle);
    },
  };
}
