// Whole data sets to bytes and back in one go: for tests, tools, and who embeds the engine. A server does it in slices.

import type { AccessClock } from '../../engine/access-clock.ts';
import type { Keyspace } from '../../engine/keyspace.ts';
import { NONE } from '../../memory/flat-memory.ts';
import { TableWalk } from '../../structures/table-walk.ts';
import { BytesSource } from './byte-source.ts';
import { VERSION_7_0, VERSION_7_4, type WrittenVersion } from './rdb-format.ts';
import { type LoaderOptions, RdbLoader } from './rdb-reader.ts';
import { RdbWriter } from './rdb-writer.ts';

/** What the buffer of a writer is emptied at. */
const PIECE_BYTES = 1024 * 1024;
/** Records that are fetched side by side. */
const BATCH = 64;

/** The version in which a data set is written: 7.0's, unless fields of hashes have deadlines. */
export function versionFor(keyspace: Keyspace): WrittenVersion {
  return keyspace.databases.some((database) => database.expiringHashes > 0) ? VERSION_7_4 : VERSION_7_0;
}

/** Writes all databases; `take` is given the file in pieces, valid during the call. Nothing may change meanwhile. */
export function writeAll(
  keyspace: Keyspace,
  writer: RdbWriter,
  aux: readonly (readonly [name: string, value: string])[],
  take: (bytes: Uint8Array, length: number) => void,
): void {
  const walk = new TableWalk(keyspace.table);
  const batch = new Int32Array(BATCH);
  const flush = () => {
    take(writer.bytes, writer.length);
    writer.clear();
  };
  writer.begin(versionFor(keyspace), aux);
  for (const database of keyspace.databases) {
    if (keyspace.count(database) === 0) continue;
    writer.selectDatabase(database.index, keyspace.count(database), database.expires);
    walk.start(database.root);
    for (let count = fill(walk, batch); count > 0; count = fill(walk, batch)) {
      writer.warm(batch, count);
      for (let index = 0; index < count; index++) writer.record(batch[index]!);
      if (writer.length >= PIECE_BYTES) flush();
    }
  }
  writer.end();
  flush();
}

/** Puts what a walk comes upon next into an array; returns how many that were. */
function fill(walk: TableWalk, batch: Int32Array): number {
  let count = 0;
  while (count < batch.length) {
    const handle = walk.next();
    if (handle === NONE) break;
    batch[count++] = handle;
  }
  return count;
}

/** The file of all databases. */
export function toBytes(keyspace: Keyspace, access: AccessClock): Uint8Array {
  const pieces: Uint8Array[] = [];
  let length = 0;
  writeAll(keyspace, new RdbWriter(keyspace, access), [], (bytes, taken) => {
    pieces.push(bytes.slice(0, taken));
    length += taken;
  });
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Loads a file into the databases, beside what is there. Throws an RdbError when it is damaged. Returns the loader. */
export function fromBytes(
  keyspace: Keyspace,
  access: AccessClock,
  bytes: Uint8Array,
  options: Partial<LoaderOptions> = {},
): RdbLoader {
  const loader = new RdbLoader(keyspace, access, new BytesSource(bytes), {
    expireAt: null,
    duplicates: 'refuse',
    ...options,
  });
  const slices = loader.load();
  while (slices.next().done !== true);
  return loader;
}
