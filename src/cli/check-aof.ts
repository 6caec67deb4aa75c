// The program cinnabar-check-aof.

import { readSync, writeSync } from 'node:fs';
import { nodeDisk } from '../host/node-disk.ts';
import { Log } from '../server/log.ts';
import { checkAof } from './aof-check.ts';
import { checkSnapshot } from './snapshot-check.ts';

/** Replaced when the bundle is built. */
declare const CINNABAR_VERSION: string | undefined;
const VERSION = typeof CINNABAR_VERSION === 'string' ? CINNABAR_VERSION : '0.1.0';

const STDIN = 0;
const STDOUT = 1;
const ANSWER_BYTES_MAX = 128;

function print(text: string): void {
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; ) at += writeSync(STDOUT, bytes, at);
}

function ask(): string | null {
  const bytes = Buffer.alloc(ANSWER_BYTES_MAX);
  const length = readSync(STDIN, bytes);
  return length === 0 ? null : bytes.toString('latin1', 0, length);
}

const log = new Log({ pid: process.pid, now: Date.now, sink: print });

process.exitCode = checkAof(
  process.argv.slice(2).map((argument) => Buffer.from(argument, 'utf8').toString('latin1')),
  {
    disk: nodeDisk,
    programName: 'cinnabar-check-aof',
    version: VERSION,
    print,
    ask,
    checkSnapshot: (file, path) => checkSnapshot(file, path, print, Date.now()),
    logLine: (line) => log.warning(line),
  },
);
