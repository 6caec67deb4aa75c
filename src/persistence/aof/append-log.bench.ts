// The append-only log: `npm run bench -- append-log`. Taking a command in allocates nothing; nor does the end of a tick,
// beside what a write to the disk needs. Reading is per command, of SETs with 16-byte keys and values.

import { fromLatin1 } from '../../lib/bytes.ts';
import { measure } from '../../lib/measure.bench.ts';
import type { Disk, DiskFile } from '../../world/disk.ts';
import { AofReader } from './aof-reader.ts';
import { AppendFiles } from './append-files.ts';
import { AppendLog, FSYNC_EVERYSEC, FSYNC_NO } from './append-log.ts';
import { CommandScanner } from './command-scanner.ts';

const COMMANDS = 1000;
const SET = fromLatin1('*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000001\r\n$16\r\nvalue:0123456789\r\n');

/** A disk that takes everything and keeps nothing. */
const nowhere: DiskFile = {
  quickSyncMs: 0,
  write: (_bytes, start, end) => end - start,
  writeLater: () => undefined,
  read: () => 0,
  truncate: () => undefined,
  size: () => 0,
  sync: () => undefined,
  syncNow: () => undefined,
  close: () => undefined,
};

let time = 0;
const clock = { now: () => time, elapsed: () => time };
const ignored = { durable: () => undefined, changed: () => undefined, log: () => undefined };

for (const [name, policy, timestamps] of [
  ['no', FSYNC_NO, false],
  ['everysec', FSYNC_EVERYSEC, false],
  ['no, with timestamps', FSYNC_NO, true],
] as const) {
  const log = new AppendLog(clock, ignored);
  log.policy = policy;
  log.timestamps = timestamps;
  log.open(nowhere, 0);
  measure(`take a command in, appendfsync ${name}`, COMMANDS, () => {
    for (let command = 0; command < COMMANDS; command++) log.command(0, SET, 0, SET.length);
    time += 1;
    log.flush(time);
    return log.collected;
  });
  measure(`a tick of one command, appendfsync ${name}`, COMMANDS, () => {
    for (let command = 0; command < COMMANDS; command++) {
      log.command(0, SET, 0, SET.length);
      log.flush(time);
    }
    return log.collected;
  });
  measure(`a tick without commands, appendfsync ${name}`, COMMANDS, () => {
    for (let command = 0; command < COMMANDS; command++) log.flush(time);
    return log.written;
  });
}

const content = new Uint8Array(SET.length * 100_000);
for (let at = 0; at < content.length; at += SET.length) content.set(SET, at);
const scanner = new CommandScanner();
measure('scan a command', content.length / SET.length, () => {
  let at = 0;
  while (at < content.length) {
    scanner.scan(content, at, content.length);
    at = scanner.end;
  }
  return at;
});

const manifest = fromLatin1('file log seq 1 type i\n');
const disk = {
  size: (path: string) => (path.endsWith('manifest') ? manifest.length : path.endsWith('log') ? content.length : -1),
  list: () => [],
  open: (path: string): DiskFile => {
    const source = path.endsWith('manifest') ? manifest : content;
    const read = (bytes: Uint8Array, start: number, end: number, position: number): number => {
      const part = source.subarray(position, position + end - start);
      bytes.set(part, start);
      return part.length;
    };
    return { ...nowhere, size: () => source.length, read };
  },
} as unknown as Disk;
measure('read a command of a log', content.length / SET.length, () => {
  const files = new AppendFiles({ disk, parent: '', directoryName: 'd', filename: 'aof', log: () => undefined });
  files.load();
  let applied = 0;
  const reader = new AofReader({
    disk,
    clock,
    databases: 16,
    loadTruncated: true,
    corruptTailBytesMax: 0,
    loadRdb: () => [],
    apply: (_database, _bytes, _starts, _ends, count) => {
      applied += count;
    },
    log: () => undefined,
  });
  for (const _ of reader.read(files));
  return applied;
});
