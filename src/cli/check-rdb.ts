// The program cinnabar-check-rdb.

import { nodeDisk } from '../host/node-disk.ts';
import { Log } from '../server/log.ts';
import { PROGRAM_VERSION, print, printError, programArguments } from './program.ts';
import { checkRdb } from './rdb-check.ts';

const log = new Log({ pid: process.pid, now: Date.now, sink: print });

process.exitCode = checkRdb(programArguments(), {
  disk: nodeDisk,
  programName: 'cinnabar-check-rdb',
  version: PROGRAM_VERSION,
  print,
  printError,
  logLine: (line) => log.warning(line),
  now: Date.now,
});
