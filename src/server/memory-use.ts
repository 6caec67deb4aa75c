// The memory that INFO tells of: flat memory exactly, and what the owners of JavaScript memory declare.

import { type Engine, OWN_BYTES } from '../engine/engine.ts';

export interface MemoryUse {
  /** All that is declared: flat memory, clients, the reply buffer, the command logs. */
  readonly used: number;
  readonly peak: number;
  /** What the server took when it was started. */
  readonly startup: number;
  readonly clients: number;
  /** What is neither keys nor values: startup, clients, the index of the keyspace. */
  readonly overhead: number;
  readonly dataset: number;
  /** Segments of flat memory, used or not. */
  readonly segments: number;
  readonly flat: number;
}

export class MemoryMeter {
  private readonly engine: Engine;
  private readonly startup: number;
  private readonly startupIndex: number;
  private peak = 0;

  /** To be made when the engine is new. */
  constructor(engine: Engine) {
    this.engine = engine;
    this.startup = OWN_BYTES + engine.keyspace.memory.usedBytes();
    this.startupIndex = this.indexBytes();
  }

  measure(): MemoryUse {
    const { keyspace, reply, clientMemory } = this.engine;
    clientMemory.measureAll();
    const clients = clientMemory.total;
    const flat = keyspace.memory.usedBytes();
    const kept = this.engine.watch.keptBytes();
    const used = this.engine.usedMemory();
    this.peak = Math.max(this.peak, used);
    const index = Math.max(0, this.indexBytes() - this.startupIndex);
    const overhead = Math.min(used, this.startup + reply.bytes.length + clients + kept + index);
    return {
      used,
      peak: this.peak,
      startup: this.startup,
      clients,
      overhead,
      dataset: used - overhead,
      segments: keyspace.memory.segmentBytes(),
      flat,
    };
  }

  private indexBytes(): number {
    const { keyspace } = this.engine;
    let bytes = 0;
    for (const database of keyspace.databases) bytes += keyspace.table.indexBytes(database.root);
    return bytes;
  }
}
