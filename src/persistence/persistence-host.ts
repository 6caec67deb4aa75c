// What persistence needs of whoever runs the engine.

import type { Engine } from '../engine/engine.ts';
import type { Settings } from '../lib/settings.ts';
import type { Disk } from '../world/disk.ts';
import type { Timers } from '../world/timers.ts';

export interface PersistenceHost {
  readonly engine: Engine;
  readonly settings: Settings;
  readonly disk: Disk;
  readonly timers: Timers;
  /** Tells apart the temporary files of several processes in one directory. */
  readonly processId: number;
  /** Whether a process of this machine is alive: if not, its temporary files may go. */
  isAlive(processId: number): boolean;
  log(level: 'verbose' | 'notice' | 'warning', line: string): void;
  /** `Persistence.work` is to be called soon. */
  workSoon(): void;
  /** What refuses writes may have changed. */
  refusalChanged(): void;
  /** More of what was withheld may be shown to clients. */
  released(): void;
}
