// Looks through a snapshot by loading it into an engine of its own, and prints what redis-check-rdb prints.

import { Engine } from '../engine/engine.ts';
import { LogSource } from '../persistence/aof/log-source.ts';
import { RdbError } from '../persistence/rdb/rdb-error.ts';
import { RdbLoader } from '../persistence/rdb/rdb-reader.ts';
import { ManualClock } from '../world/clock.ts';
import type { DiskFile } from '../world/disk.ts';

/** As many as any server may have had. */
const DATABASES_MAX = 1024;

/** Checks the snapshot that begins a file; the offset after it, -1 when it is not sane. */
export function checkSnapshot(file: DiskFile, path: string, print: (text: string) => void, now: number): number {
  const engine = new Engine({ clock: new ManualClock(now), seed: 1, commands: [], databases: DATABASES_MAX });
  const source = new LogSource(file);
  print(`[offset 0] Checking RDB file ${path}\n`);
  const loader: RdbLoader = new RdbLoader(engine.keyspace, engine.access, source, {
    expireAt: now,
    duplicates: 'refuse',
    auxiliary: (name, value) => print(`[offset ${loader.bytesRead()}] AUX FIELD ${name} = '${value}'\n`),
  });
  let after = -1;
  try {
    for (const _ of loader.load());
    after = loader.bytesRead();
    print(`[offset ${after}] Checksum OK\n[offset ${after}] \\o/ RDB looks OK! \\o/\n`);
  } catch (error) {
    if (!(error instanceof RdbError)) throw error;
    print(`--- RDB ERROR DETECTED ---\n[offset ${loader.bytesRead()}] ${error.message}\n`);
  }
  const expires = engine.keyspace.databases.reduce((sum, database) => sum + database.expires, loader.keysExpired);
  print(`[info] ${loader.keysLoaded + loader.keysExpired} keys read\n`);
  print(`[info] ${expires} expires\n[info] ${loader.keysExpired} already expired\n`);
  return after;
}
