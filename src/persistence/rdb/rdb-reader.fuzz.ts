// Damaged RDB files: `npx node src/persistence/rdb/rdb-reader.fuzz.ts [mutations] [seed]`. What is damaged is refused, or
// loaded as the bytes now read: never a crash, a hang, a broken structure, or memory beyond twice the file and 64 MB. With
// its checksum compared no damage goes unnoticed.

import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { DataSetGenerator } from '../../../tests/conformance/data-sets.ts';
import { EngineHarness, START } from '../../../tests/support/engine-harness.ts';
import { oldEncodings } from '../../../tests/support/rdb-bytes.ts';
import { Prng } from '../../lib/prng.ts';
import { RdbError } from './rdb-error.ts';
import { fromBytes, toBytes } from './whole.ts';

/** Bytes that lengths, encodings and counts turn on. */
const ODD_BYTES = [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xc0, 0xc3, 0xf0, 0xf4, 0xfa, 0xfd, 0xfe, 0xff];
const MEMORY_BYTES = 64 * 1024 * 1024;
const LOAD_MS_MAX = 5000;

/** Commands beside the generated ones: what only newer releases know. */
const NEWER: readonly (readonly string[])[] = [
  ['HSET', 'fields', 'a', '1', 'b', '2'],
  ['HPEXPIREAT', 'fields', String(START + 1_000_000), 'FIELDS', '1', 'a'],
  ['HSET', 'many', ...Array.from({ length: 1200 }, (_, index) => `f${index}`)],
  ['HPEXPIREAT', 'many', String(START + 1_000_000), 'FIELDS', '2', 'f0', 'f2'],
  ['XADD', 'released', '1-1', 'f', 'v'],
  ['XADD', 'released', 'IDMP', 'p', 'm', '2-1', 'f', 'v'],
  ['XGROUP', 'CREATE', 'released', 'g', '0'],
  ['XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', 'released', '>'],
  ['XNACK', 'released', 'g', 'FAIL', 'IDS', '1', '1-1'],
];

/** A file to damage: of generated values, or of encodings that nobody writes any more. */
function sound(prng: Prng): Uint8Array {
  if (prng.below(5) === 0) return oldEncodings();
  const harness = new EngineHarness({ seed: prng.below(1000) });
  for (const command of new DataSetGenerator(prng).commands()) harness.run(...command);
  if (prng.below(3) === 0) for (const command of NEWER) harness.run(...command);
  const { engine } = harness;
  return toBytes(engine.keyspace, engine.access);
}

/** Damages a copy of a file, in one to four places. */
function damage(file: Uint8Array, prng: Prng): Uint8Array {
  let bytes = file.slice();
  for (let times = 1 + prng.below(4); times > 0 && bytes.length > 1; times--) {
    const at = prng.below(bytes.length);
    switch (prng.below(6)) {
      case 0:
        bytes[at]! ^= 1 << prng.below(8);
        break;
      case 1:
        bytes[at] = prng.below(256);
        break;
      case 2:
        bytes[at] = ODD_BYTES[prng.below(ODD_BYTES.length)]!;
        break;
      case 3:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1 + prng.below(8))]);
        break;
      case 4: {
        const from = prng.below(bytes.length);
        const piece = bytes.slice(from, from + 1 + prng.below(24));
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...piece, ...bytes.subarray(at)]);
        break;
      }
      default:
        if (prng.below(8) === 0) bytes = bytes.slice(0, at);
        else bytes.fill(255, at, at + 1 + prng.below(9));
    }
  }
  return bytes;
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/**
 * Loads a file; whether it was taken. What was loaded is sound in any case, and little memory was taken. With `entriesMax`
 * collections of more entries are tables.
 */
export function tryFile(bytes: Uint8Array, checksum: boolean, hint: string, entriesMax = -1): boolean {
  const { engine } = new EngineHarness();
  const { keyspace } = engine;
  if (entriesMax >= 0) {
    keyspace.sets.intSetEntriesMax = entriesMax;
    for (const type of [keyspace.sets, keyspace.hashes, keyspace.sortedSets]) type.packedEntriesMax = entriesMax;
    keyspace.lists.limitPacks(entriesMax);
  }
  const started = performance.now();
  const before = process.memoryUsage().arrayBuffers;
  let taken = true;
  try {
    fromBytes(keyspace, engine.access, bytes, { checksum, duplicates: 'replace', sliceBytes: 4096 });
  } catch (error) {
    if (!(error instanceof RdbError)) throw new Error(hint, { cause: error });
    taken = false;
  }
  const grown = process.memoryUsage().arrayBuffers - before;
  assert(grown < bytes.length * 2 + MEMORY_BYTES, `${hint}: took ${grown} bytes for ${bytes.length}`);
  assert(performance.now() - started < LOAD_MS_MAX, `${hint}: took too long`);
  try {
    engine.check();
  } catch (error) {
    throw new Error(hint, { cause: error });
  }
  return taken;
}

/** Damages files and tries them; returns how many were taken. */
export function fuzzReader(mutations: number, seed: number): number {
  const prng = new Prng(seed);
  let file = sound(prng);
  let taken = 0;
  for (let number = 0; number < mutations; number++) {
    if (number % 25 === 0) file = sound(prng);
    const damaged = damage(file, prng);
    const hint = `seed ${seed}, mutation ${number}`;
    if (tryFile(damaged, false, hint, number % 3 === 0 ? prng.below(6) : -1)) taken++;
    if (number % 10 > 0 || sameBytes(damaged, file)) continue;
    // What only follows the end of a file is not its business.
    if (damaged.length > file.length && sameBytes(damaged.subarray(0, file.length), file)) continue;
    assert(!tryFile(damaged, true, hint), `${hint}: the checksum tells`);
  }
  return taken;
}

/** Damages a file at every 16th byte. */
export function damageEverywhere(file: Uint8Array, hint: string): void {
  for (let at = 0; at < file.length; at += 16) {
    const damaged = file.slice();
    damaged[at]! ^= 0xff;
    tryFile(damaged, false, `${hint}, byte ${at}`);
    assert(!tryFile(damaged, true, `${hint}, byte ${at}`), `${hint}, byte ${at}: the checksum tells`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const mutations = Number(process.argv[2] ?? 10_000);
  const seed = Number(process.argv[3] ?? Date.now() % 1_000_000_007);
  console.log(`${mutations} mutations, seed ${seed}: ${fuzzReader(mutations, seed)} files were taken as they read`);
}
