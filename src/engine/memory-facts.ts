// What memory is used for, as MEMORY tells it. The engine alone knows its flat memory; a server, which knows more of the
// process, replaces `Engine.memoryFacts`.

import type { Engine } from './engine.ts';

export interface MemoryFacts {
  /** All that is declared. */
  readonly used: number;
  readonly peak: number;
  /** What was used when the server was started. */
  readonly startup: number;
  readonly clients: number;
  /** What waits to be written to the append-only file. */
  readonly logBuffer: number;
  /** What is neither keys nor values: startup, clients, the index of the keyspace. */
  readonly overhead: number;
  readonly dataset: number;
  /** Live blocks of flat memory, and its segments, used or not. */
  readonly flat: number;
  readonly segments: number;
  /** What the process takes of the machine's memory. */
  readonly resident: number;
}

/** What an engine without a server knows: the memory of the process is not its own. */
export function engineMemoryFacts(engine: Engine): MemoryFacts {
  const { keyspace } = engine;
  const flat = keyspace.memory.usedBytes();
  const segments = keyspace.memory.segmentBytes();
  const used = flat + engine.reply.bytes.length;
  const overhead = Math.min(used, used - flat + indexBytes(engine));
  return {
    used,
    peak: used,
    startup: 0,
    clients: 0,
    logBuffer: 0,
    overhead,
    dataset: used - overhead,
    flat,
    segments,
    resident: segments,
  };
}

function indexBytes({ keyspace }: Engine): number {
  return keyspace.databases.reduce((sum, { root }) => sum + keyspace.table.indexBytes(root), 0);
}
