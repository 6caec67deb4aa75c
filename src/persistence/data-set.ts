// The data set of an engine as RDB bytes, for whoever embeds it: all at once, or in chunks while commands go on; and back.

import type { Engine } from '../engine/engine.ts';
import { BytesSource } from './rdb/byte-source.ts';
import { RdbLoader } from './rdb/rdb-reader.ts';
import { RdbSnapshotFormat } from './rdb/rdb-snapshot.ts';
import { USAGE_NONE } from './rdb/rdb-writer.ts';
import { toBytes } from './rdb/whole.ts';
import { Snapshot } from './snapshot.ts';

/** What a chunk has at least, but for the last. */
const CHUNK_BYTES = 64 * 1024;

/** The data set, as real Redis reads it. */
export function saveDataSet(engine: Engine): Uint8Array {
  return toBytes(engine.keyspace, engine.access);
}

/**
 * The data set as it is at the first `next()`, in chunks that are the caller's; what commands do between two of them does not
 * show. To be run to its end, or returned from: while it goes on changes cost more.
 */
export function* saveInChunks(engine: Engine): Generator<Uint8Array, void> {
  const options = { compress: true, checksum: true, aux: [] } as const;
  const out = new RdbSnapshotFormat(engine.keyspace, engine.access, USAGE_NONE, options);
  const aside = new RdbSnapshotFormat(engine.keyspace, engine.access, USAGE_NONE, options);
  aside.length = 0;
  const snapshot = new Snapshot(engine.keyspace, out, aside);
  let isDone = false;
  try {
    while (snapshot.step()) {
      if (out.length < CHUNK_BYTES) continue;
      yield out.bytes.slice(0, out.length);
      out.clear();
    }
    isDone = true;
    out.end();
    yield out.bytes.slice(0, out.length);
  } finally {
    if (!isDone) snapshot.abort();
  }
}

/**
 * Puts what RDB bytes hold in place of the data set; what they say has expired is left out. Throws an RdbError when they are
 * damaged: then the data set is what it was.
 */
export function replaceDataSet(engine: Engine, bytes: Uint8Array): void {
  const { keyspace, access } = engine;
  engine.updateTime();
  const before = keyspace.databases.map((database) => keyspace.emptyLike(database));
  const exchange = (): void => {
    for (const [index, database] of keyspace.databases.entries()) keyspace.swap(database, before[index]!);
  };
  for (const database of keyspace.databases) engine.changes.databaseReplaced(database, null);
  engine.tracking.flushed();
  exchange();
  const loader = new RdbLoader(keyspace, access, new BytesSource(bytes), {
    expireAt: keyspace.now,
    duplicates: 'refuse',
  });
  try {
    for (const _ of loader.load());
  } catch (error) {
    exchange();
    throw error;
  } finally {
    for (const database of before) keyspace.discard(database);
  }
}

/** All chunks of a stream in one piece. */
export async function gather(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
  const list: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    list.push(chunk);
    length += chunk.length;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of list) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
