// The first snapshot of a process, without its first milliseconds: commands make a snapshot write what they are about to
// change, and code that has never run is ten times as slow. With many clients that write that held everybody up for 8 to
// 15 ms at the first BGSAVE. So snapshots are begun beforehand, written to nowhere for a moment and given up, until the code
// has become hot: once, when there are so many keys that it matters.

import type { Keyspace } from '../engine/keyspace.ts';
import type { Clock } from '../world/clock.ts';
import { Snapshot } from './snapshot.ts';
import type { SnapshotFormat } from './snapshot-format.ts';

/** With fewer keys a snapshot is over before anyone notices. */
const KEYS_MIN = 50_000;
/** How long a try lasts, and how many steps it takes at most. */
const TRY_MS = 1;
const TRY_STEPS = 500;
/** Tries in all: 40 ms. */
const TRIES = 40;
/** What would take a snapshot so long at once is not gone through again. */
const TOO_LONG_MS = 5;
const WRITTEN_BYTES = 64 * 1024;

export class Rehearsal {
  private readonly clock: Clock;
  private readonly newFormat: () => SnapshotFormat;
  private left = TRIES;
  /** What snapshots are written to, and aside, from the first try to the last. */
  private formats: readonly [out: SnapshotFormat, aside: SnapshotFormat] | null = null;

  constructor(clock: Clock, newFormat: () => SnapshotFormat) {
    this.clock = clock;
    this.newFormat = newFormat;
  }

  /** Some ten times a second, between two commands. */
  look(keyspace: Keyspace): void {
    if (this.left === 0 || keyspace.countAll() < KEYS_MIN || keyspace.disposals.keeper !== null) return;
    const started = this.clock.elapsed();
    this.formats ??= [this.newFormat(), this.newFormat()];
    const [out, aside] = this.formats;
    aside.length = 0;
    const snapshot = new Snapshot(keyspace, out, aside);
    let passed = 0;
    for (let step = 0; step < TRY_STEPS && passed < TRY_MS && snapshot.step(); step++) {
      if (out.length >= WRITTEN_BYTES) out.clear();
      passed = this.clock.elapsed() - started;
    }
    snapshot.abort();
    out.clear();
    this.left = passed > TOO_LONG_MS ? 0 : this.left - 1;
    if (this.left === 0) this.formats = null;
  }
}
