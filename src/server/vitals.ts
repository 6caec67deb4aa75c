// What a server knows of itself beside its engine: its names, its rates, its memory. For INFO.

import type { Engine } from '../engine/engine.ts';
import { STAT_COMMANDS, STAT_INPUT_BYTES, STAT_OUTPUT_BYTES } from '../engine/statistics.ts';
import { sha1Hex } from '../lib/sha1.ts';
import { LoopMeter } from './event-loop.ts';
import { MemoryMeter } from './memory-use.ts';
import { Rates } from './rates.ts';

/** Random words behind an identifier of 160 bits. */
const ID_WORDS = 5;

export class Vitals {
  /** Forty hexadecimal digits, different each time that a server starts. */
  readonly runId: string;
  replicationId: string;
  readonly memory: MemoryMeter;
  readonly rates: Rates;
  readonly loop = new LoopMeter();
  private readonly engine: Engine;

  /** To be made when the engine is new. */
  constructor(engine: Engine) {
    this.engine = engine;
    this.memory = new MemoryMeter(engine);
    this.rates = new Rates(engine.clock.elapsed());
    this.runId = this.newId();
    this.replicationId = this.newId();
  }

  /** An identifier. Digested: the generator's own numbers would tell the seed of the hash table. */
  newId(): string {
    const { prng } = this.engine;
    const words = Int32Array.from({ length: ID_WORDS }, () => prng.next32());
    const bytes = new Uint8Array(words.buffer);
    return sha1Hex(bytes, 0, bytes.length);
  }

  /** Once a cron tick. */
  sample(): void {
    const { clock, statistics } = this.engine;
    const { counters } = statistics;
    this.rates.sample(clock.elapsed(), {
      commands: counters[STAT_COMMANDS]!,
      inputBytes: counters[STAT_INPUT_BYTES]!,
      outputBytes: counters[STAT_OUTPUT_BYTES]!,
      cycles: this.loop.cycles(),
      busyMicroseconds: this.loop.busyMicroseconds(),
    });
  }

  /** CONFIG RESETSTAT. */
  reset(): void {
    this.engine.statistics.reset();
    this.engine.latency.reset();
    this.loop.reset();
  }
}
