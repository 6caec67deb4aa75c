// Counters of the engine. They live in typed arrays, where a double is changed in place; as object fields each change
// would box it anew.

import { toLatin1 } from '../lib/bytes.ts';

/** Indices of `Statistics.counters`. */
export const STAT_COMMANDS = 0;
export const STAT_HITS = 1;
export const STAT_MISSES = 2;
export const STAT_EXPIRED = 3;
export const STAT_ERRORS = 4;
export const STAT_UNEXPECTED_ERRORS = 5;
export const STAT_INPUT_BYTES = 6;
export const STAT_OUTPUT_BYTES = 7;
export const STAT_CONNECTIONS = 8;
export const STAT_REJECTED_CONNECTIONS = 9;
export const STAT_READS = 10;
export const STAT_WRITES = 11;
export const STAT_QUERY_BUFFER_KILLS = 12;
export const STAT_OUTPUT_BUFFER_KILLS = 13;
export const STAT_DENIED_AUTH = 14;
export const STAT_DENIED_COMMAND = 15;
export const STAT_DENIED_KEY = 16;
export const STAT_DENIED_CHANNEL = 17;
export const STAT_EXPIRE_CYCLE_MS = 18;
export const STAT_EXPIRE_TIME_CAPS = 19;
export const STAT_LAZY_FREED = 20;
export const STAT_COMMAND_MS = 21;
export const STAT_EXPIRED_FIELDS = 22;
export const STAT_EVICTED = 23;
export const STAT_EVICTED_CLIENTS = 24;
/** Milliseconds during which memory was above its limit. */
export const STAT_EXCEEDED_MS = 25;
/** Blocks that active defragmentation moved, and looked at without moving them; keys of which something moved, or nothing. */
export const STAT_DEFRAG_HITS = 26;
export const STAT_DEFRAG_MISSES = 27;
export const STAT_DEFRAG_KEY_HITS = 28;
export const STAT_DEFRAG_KEY_MISSES = 29;
/** Milliseconds that it took. */
export const STAT_DEFRAG_MS = 30;
const STAT_COUNT = 31;

/** Different error codes that INFO lists before it stops adding, as in Redis: a script could invent any number. */
export const ERROR_CODES_MAX = 128;
const ERROR_CODE_BYTES_MAX = 64;

export class Statistics {
  readonly counters = new Float64Array(STAT_COUNT);
  /** By command id: calls, microseconds, refusals before and failures while running. */
  readonly calls: Float64Array;
  readonly microseconds: Float64Array;
  readonly rejected: Float64Array;
  readonly failed: Float64Array;
  /** Error replies by code. */
  readonly errors = new Map<string, number>();
  /** True when too many different codes were seen and counting by code ended. */
  errorsOverflowed = false;

  constructor(commandCount: number) {
    this.calls = new Float64Array(commandCount);
    this.microseconds = new Float64Array(commandCount);
    this.rejected = new Float64Array(commandCount);
    this.failed = new Float64Array(commandCount);
  }

  /** Counts an error reply by its code: the first word of the line that begins at `start`, after the '-'. */
  countErrorCode(bytes: Uint8Array, start: number): void {
    let end = start + 1;
    while (end < bytes.length && bytes[end]! > 32 && end - start < ERROR_CODE_BYTES_MAX) end++;
    const code = toLatin1(bytes, start + 1, end);
    const count = this.errors.get(code);
    if (count === undefined && this.errors.size >= ERROR_CODES_MAX) {
      this.errorsOverflowed = true;
      return;
    }
    if (!this.errorsOverflowed) this.errors.set(code, (count ?? 0) + 1);
  }

  /** Takes back a call that was counted when it began to wait, with a share of the time: it was refused in the end. */
  takeBack(command: number): void {
    const calls = this.calls[command]!;
    if (calls === 0) return;
    this.microseconds[command]! -= this.microseconds[command]! / calls;
    this.calls[command]! -= 1;
  }

  /** CONFIG RESETSTAT. */
  reset(): void {
    this.counters.fill(0);
    this.calls.fill(0);
    this.microseconds.fill(0);
    this.rejected.fill(0);
    this.failed.fill(0);
    this.errors.clear();
    this.errorsOverflowed = false;
  }
}
