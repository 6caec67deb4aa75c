// How V8 compiles the server's own program, and when it collects its garbage.

import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8 inline up to 3,000 bytecodes into a function instead of 920: the way of a command is many small functions, and a GET
 * in the engine takes 4 % less (engine/engine.bench.ts, Node 26) for 4 MB that the compilers keep. With 5,000 it was 8 %
 * and 10 MB. For a program that is a server: it holds for the whole process. Set here, since V8 refuses its cached
 * code of Node's own modules when it is started with other flags: 15 ms and 5 MB.
 */
export function inlineMore(): void {
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=3000');
}

/** Node 26; 24 does not know all of the flags, 22 none. */
const ACCOUNTS_SINCE = 14;

/**
 * Lets V8 collect its whole heap when that and the segments of flat memory have doubled, not with every 64 MB: segments are
 * no garbage, and marking what little there is beside them keeps its helpers and the thread busy for some 20 ms, in which
 * a request may wait for 6 to 8. While 20 M keys were set it collected 4 times instead of 30.
 */
export function collectWhenDoubled(): void {
  const major = Number.parseInt(process.versions.v8, 10);
  // An unknown flag would be told on the standard error.
  if (major < ACCOUNTS_SINCE) return;
  setFlagsFromString('--external-memory-accounted-in-global-limit');
  setFlagsFromString('--external-memory-max-growing-factor=2');
  setFlagsFromString('--heap-growing-percent=100');
}

/**
 * Lets V8's space for new objects be as large as it is now, 4 MB after the start, and not grow to 64 MB with the first
 * commands that leave garbage, which it would give back only after long silence. For when the program is up.
 */
export function keepNewSpace(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
