// The real clock. Date.now and performance.now are taken when this file is loaded, so that a test's fake timers, set up
// later, never freeze a server.

import type { Clock } from '../world/clock.ts';

const now = Date.now;
const elapsed = performance.now.bind(performance);

/** The machine's time. */
export const realClock: Clock = { now: () => now(), elapsed: () => elapsed() };
