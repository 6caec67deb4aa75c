// The program cinnabar-check-aof.

import { readSync } from 'node:fs';
import { nodeDisk } from '../host/node-disk.ts';
import { Log } from '../server/log.ts';
import { checkAof } from './aof-check.ts';
import { PROGRAM_VERSION, print, programArguments } from './program.ts';
import { checkSnapshot } from './snapshot-check.ts';

const STDIN = 0;
const ANSWER_BYTES_MAX = 128;

function ask(): string | null {
  const bytes = Buffer.alloc(ANSWER_BYTES_MAX);
  const length = readSync(STDIN, bytes);
  return length === 0 ? null : bytes.toString('latin1', 0, length);
}

const log = new Log({ pid: process.pid, now: Date.now, sink: print });
const logLine = (line: string): void => log.warning(line);

process.exitCode = checkAof(programArguments(), {
  disk: nodeDisk,
  programName: 'cinnabar-check-aof',
  version: PROGRAM_VERSION,
  print,
  ask,
  checkSnapshot: (file, path) => checkSnapshot(file, path, { print, logLine }, Date.now()),
  logLine,
});
