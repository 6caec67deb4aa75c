// DEBUG DIGEST: a fingerprint of the data set that does not depend on the order of keys, as Redis computes it, so that two
// servers can be compared.
//
// Each part is digested with SHA-1. `xor` adds a part in any order; `mix` digests the sum again, so that order counts.

import { NEVER } from '../../datatypes/hash-walk.ts';
import { HASH, LIST, SET, SORTED_SET, STRING } from '../../datatypes/key-record.ts';
import type { Engine } from '../../engine/engine.ts';
import { NO_DEADLINE } from '../../engine/expiry.ts';
import type { Database } from '../../engine/keyspace.ts';
import { fromLatin1 } from '../../lib/bytes.ts';
import { formatDouble } from '../../lib/decimal.ts';
import { sha1Hex } from '../../lib/sha1.ts';
import { SEGMENT_SHIFT } from '../../memory/flat-memory.ts';
import { StreamId } from '../../structures/stream-id.ts';

const DIGEST_BYTES = 20;
const EXPIRES = fromLatin1('!!expire!!');
const FIELD_EXPIRES = fromLatin1('!!hexpire!!');

/** How a score is written to be digested: as 7.4 does, or, for a comparison with 7.0, with 17 digits. */
export type ScoreText = (score: number) => string;

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

function addSet(engine: Engine, handle: number, digest: Digest): void {
  const { setWalk } = engine.keyspace;
  setWalk.begin(handle);
  while (setWalk.next()) digest.xor(setWalk.bytes, setWalk.start, setWalk.end);
}

function addHash(engine: Engine, handle: number, digest: Digest): void {
  const { hashWalk } = engine.keyspace;
  hashWalk.begin(handle);
  while (hashWalk.next()) {
    const field = new Digest();
    field.mix(hashWalk.bytes, hashWalk.start, hashWalk.end);
    field.mix(hashWalk.valueBytes, hashWalk.valueStart, hashWalk.valueEnd);
    if (hashWalk.deadline !== NEVER) field.xor(FIELD_EXPIRES, 0, FIELD_EXPIRES.length);
    digest.xor(field.bytes, 0, DIGEST_BYTES);
  }
}

function addSortedSet(engine: Engine, handle: number, digest: Digest, scoreText: ScoreText): void {
  const { sortedSetWalk } = engine.keyspace;
  sortedSetWalk.begin(handle, 0);
  while (sortedSetWalk.next()) {
    const member = new Digest();
    sortedSetWalk.readMember();
    member.mix(sortedSetWalk.bytes, sortedSetWalk.start, sortedSetWalk.end);
    const score = fromLatin1(scoreText(sortedSetWalk.score()));
    member.mix(score, 0, score.length);
    digest.xor(member.bytes, 0, DIGEST_BYTES);
  }
}

/** The entries in order; groups are no part of it. */
function addStream(engine: Engine, handle: number, digest: Digest): void {
  const { streams } = engine.keyspace;
  const { walk, log, text } = streams;
  const first = new StreamId();
  const last = new StreamId();
  last.setMax();
  log.begin(walk, streams.root(handle), first, last, false);
  while (walk.next()) {
    const end = walk.id.write(text, 0);
    const id = text.slice(0, end);
    id[id.indexOf(45)] = 46;
    digest.mix(id, 0, end);
    for (let texts = walk.pairs * 2; texts > 0; texts--) {
      walk.nextText();
      digest.mix(walk.bytes, walk.start, walk.end);
    }
  }
}

/** Adds a record's value and whether it expires. */
function addValue(engine: Engine, handle: number, digest: Digest, scoreText: ScoreText): void {
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
  } else if (type === SET) addSet(engine, handle, digest);
  else if (type === HASH) addHash(engine, handle, digest);
  else if (type === SORTED_SET) addSortedSet(engine, handle, digest, scoreText);
  else addStream(engine, handle, digest);
  if (engine.keyspace.deadline(handle) !== NO_DEADLINE) digest.xor(EXPIRES, 0, EXPIRES.length);
}

/** DEBUG DIGEST-VALUE of one key, also of one whose time has come: zeros when there is none. */
export function valueDigest(
  engine: Engine,
  database: Database,
  key: Uint8Array,
  scoreText: ScoreText = formatDouble,
): string {
  const digest = new Digest();
  const handle = engine.keyspace.findEvenExpired(database, key, 0, key.length);
  if (handle !== 0) addValue(engine, handle, digest, scoreText);
  return digest.hex();
}

/** DEBUG DIGEST of all databases. */
export function dataDigest(engine: Engine, scoreText: ScoreText = formatDouble): string {
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
        addValue(engine, handle, one, scoreText);
        all.xor(one.bytes, 0, DIGEST_BYTES);
      }
    } while (cursor !== 0);
  }
  return all.hex();
}
