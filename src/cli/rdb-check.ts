// What cinnabar-check-rdb does: looks through an RDB file, and says in words and by its exit code whether it is sane.

import { type Disk, DiskError, type DiskFile } from '../world/disk.ts';
import { checkSnapshot, type SnapshotCheckOutput } from './snapshot-check.ts';

/** What the program needs of its surroundings. */
export interface CheckRdbHost extends SnapshotCheckOutput {
  readonly disk: Pick<Disk, 'open'>;
  readonly programName: string;
  readonly version: string;
  printError(text: string): void;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Runs the program; returns its exit code. Paths and output are latin1. */
export function checkRdb(args: readonly string[], host: CheckRdbHost): number {
  const [path] = args;
  if (args.length !== 1 || path === undefined) {
    host.printError(`Usage: ${host.programName} <rdb-file-name>\n`);
    return 1;
  }
  if (path === '-v' || path === '--version') {
    host.print(`${host.programName} ${host.version}\n`);
    return 0;
  }
  let file: DiskFile;
  try {
    file = host.disk.open(path, 'read');
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    // That program says no more.
    host.print(`[offset 0] Checking RDB file ${path}\n`);
    return 1;
  }
  try {
    return checkSnapshot(file, path, host, host.now()) < 0 ? 1 : 0;
  } finally {
    file.close();
  }
}
