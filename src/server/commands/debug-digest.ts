// DEBUG DIGEST: a fingerprint of the data set that does not depend on the order of keys, as Redis computes it, so that two
// servers can be compared.
//
// Each part is digested with SHA-1. `xor` adds a part in any order; `mix` digests the sum again, so that order counts.

import { LIST, STRING } from '../../datatypes/key-record.ts';
import type { Engine } from '../../engine/engine.ts';
import { NO_DEADLINE } from '../../engine/expiry.ts';
import type { Database } from '../../engine/keyspace.ts';
import { fromLatin1 } from '../../lib/bytes.ts';
import { sha1Hex } from '../../lib/sha1.ts';
import { SEGMENT_SHIFT } from '../../memory/flat-memory.ts';

const DIGEST_BYTES = 20;
const EXPIRES = fromLatin1('!!expire!!');

class Digest {
  readonly bytes = new Uint8Array(DIGEST_BYTES);

  xor(bytes: Uint8Array, start: number, end: number): void {
    const hex = sha1Hex(bytes, start, end);
    for (let index = 0; index < DIGEST_BYTES; index++) {
      this.bytes[index]! ^= Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16);
    }
  }

  mix(bytes: Uint8Array, start: number, end: number): void {
    this.xor(bytes, start, end);
    const hex = sha1Hex(this.bytes, 0, DIGEST_BYTES);
    for (let index = 0; index < DIGEST_BYTES; index++) {
      this.bytes[index] = Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16);
    }
  }

  mixNumber(number: number): void {
    const bytes = Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
    this.mix(bytes, 0, bytes.length);
  }

  hex(): string {
    return [...this.bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}

/** Adds a record's value and whether it expires. Other types than strings and lists have yet to say how they are digested. */
function addValue(engine: Engine, handle: number, digest: Digest): void {
  const { records, strings, lists } = engine.keyspace;
  const type = records.type(handle);
  digest.mixNumber(type);
  if (type === STRING) {
    strings.read(handle);
    digest.mix(strings.bytes, strings.start, strings.end);
  } else if (type === LIST) {
    lists.seekEnd(handle, false);
    do digest.mix(lists.item.bytes, lists.item.start, lists.item.end);
    while (lists.next());
  }
  if (engine.keyspace.deadline(handle) !== NO_DEADLINE) digest.xor(EXPIRES, 0, EXPIRES.length);
}

/** DEBUG DIGEST-VALUE of one key, also of one whose time has come: zeros when there is none. */
export function valueDigest(engine: Engine, database: Database, key: Uint8Array): string {
  const digest = new Digest();
  const handle = engine.keyspace.findEvenExpired(database, key, 0, key.length);
  if (handle !== 0) addValue(engine, handle, digest);
  return digest.hex();
}

/** DEBUG DIGEST of all databases. */
export function dataDigest(engine: Engine): string {
  const { keyspace } = engine;
  const { table, records, memory } = keyspace;
  const all = new Digest();
  for (const database of keyspace.databases) {
    if (keyspace.count(database) === 0) continue;
    all.mixNumber(database.index);
    let cursor = 0;
    do {
      cursor = table.scan(database.root, cursor);
      for (const handle of Array.from(table.collected.slice(0, table.collectedCount))) {
        const one = new Digest();
        const start = records.keyStart(handle);
        one.mix(memory.bytes[handle >>> SEGMENT_SHIFT]!, start, start + records.keyLength(handle));
        addValue(engine, handle, one);
        all.xor(one.bytes, 0, DIGEST_BYTES);
      }
    } while (cursor !== 0);
  }
  return all.hex();
}
