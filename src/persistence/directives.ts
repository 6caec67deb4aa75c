// Directives of what is kept on disk: snapshots (RDB) and the append-only file (AOF).

import {
  bool,
  custom,
  enumeration,
  INT_MAX,
  INT_MIN,
  integer,
  LONG_MAX,
  memory,
  parseLong,
  Refusal,
  text,
} from '../lib/directive.ts';
import { quoteWord } from '../lib/quoted-words.ts';

/** A snapshot is due when at least `changes` happened and `seconds` passed since the last. */
export interface SavePoint {
  readonly seconds: number;
  readonly changes: number;
}

export const save = custom<readonly SavePoint[]>('save', {
  summary:
    'Pairs of seconds and changes: write a snapshot when so many seconds have passed and at least so many changes happened. Several lines add up. Empty: no snapshots by themselves.',
  default: [
    { seconds: 3600, changes: 1 },
    { seconds: 300, changes: 100 },
    { seconds: 60, changes: 10_000 },
  ],
  multiple: true,
  firstLineAddsTo: [],
  parse(args, current) {
    if (args.length === 1 && args[0] === '') return [];
    if (args.length % 2 !== 0) return new Refusal('Invalid save parameters');
    const points = [...current];
    for (let at = 0; at < args.length; at += 2) {
      const seconds = parseLong(args[at]!);
      const changes = parseLong(args[at + 1]!);
      if (seconds === null || seconds < 1n || changes === null || changes < 0n) {
        return new Refusal('Invalid save parameters');
      }
      // Redis keeps the changes in a C int.
      points.push({ seconds: Number(seconds), changes: Number(BigInt.asIntN(32, changes)) });
    }
    return points;
  },
  format: (points) => points.map(({ seconds, changes }) => `${BigInt(seconds)} ${changes}`).join(' '),
  // Always written: a file without the line would mean the default.
  fileLines(points) {
    if (points.length === 0) return [{ text: '""', force: true }];
    return points.map(({ seconds, changes }) => ({ text: `${BigInt(seconds)} ${changes}`, force: true }));
  },
});

/**
 * The working directory. ServerConfig checks the path and makes it absolute; its default is where the server started.
 * A rewritten file always has it, since it may be started from elsewhere.
 */
export const dir = custom<string>('dir', {
  summary: 'The working directory: snapshot, append-only files and relative paths of this file are looked up there.',
  default: '',
  protected: true,
  refusedWhileLoading: true,
  parse: (args) => args[0] ?? '',
  format: (path) => path,
  fileLines: (path) => [{ text: quoteWord(path), force: true }],
});

function refusePath(directive: string, noun: string): (path: string) => string | null {
  return (path) => (/[/\\]/.test(path) ? `${directive} can't be a path, just a ${noun}` : null);
}

export const dbfilename = text('dbfilename', 'dump.rdb', {
  summary: 'The name of the snapshot in the working directory.',
  protected: true,
  refuse: refusePath('dbfilename', 'filename'),
});

export const stopWritesOnBgsaveError = bool('stop-writes-on-bgsave-error', true, {
  summary: 'Refuse writes after a snapshot has failed, until one succeeds.',
});

export const rdbcompression = bool('rdbcompression', true, {
  summary: 'Compress long strings in snapshots.',
});

export const rdbchecksum = bool('rdbchecksum', true, {
  summary: 'End snapshots with a checksum and check it when one is loaded.',
  immutable: true,
});

export const sanitizeDumpPayload = enumeration('sanitize-dump-payload', 'no', ['no', 'yes', 'clients'], {
  summary: 'Check every value that a snapshot or RESTORE brings; clients: only what clients bring.',
});

export const rdbDelSyncFiles = bool('rdb-del-sync-files', false, {
  summary: 'Delete the snapshots that replication made, if nothing else needs them.',
});

export const rdbSaveIncrementalFsync = bool('rdb-save-incremental-fsync', true, {
  summary: 'Bring a snapshot to the disk while it is written, not all at its end.',
});

export const rdbKeySaveDelay = integer('rdb-key-save-delay', {
  summary: 'Microseconds to wait after each key of a snapshot; nanoseconds if negative.',
  default: 0,
  min: INT_MIN,
  max: INT_MAX,
  hidden: true,
});

export const keyLoadDelay = integer('key-load-delay', {
  summary: 'Microseconds to wait after each key that is loaded; nanoseconds if negative.',
  default: 0,
  min: INT_MIN,
  max: INT_MAX,
  hidden: true,
});

export const loadingProcessEventsIntervalBytes = integer('loading-process-events-interval-bytes', {
  summary: 'How much of a data set is loaded between two looks at the clients.',
  default: 2 << 20,
  min: 1024,
  max: INT_MAX,
  hidden: true,
});

// The append-only file

export const appendonly = bool('appendonly', false, {
  summary: 'Log every change to the append-only file.',
});

function refuseEmptyOrPath(directive: string, noun: string): (path: string) => string | null {
  const refuse = refusePath(directive, noun);
  return (path) => (path === '' ? `${directive} can't be empty` : refuse(path));
}

export const appendfilename = text('appendfilename', 'appendonly.aof', {
  summary: 'The first part of the names of the append-only files.',
  immutable: true,
  refuse: refuseEmptyOrPath('appendfilename', 'filename'),
});

export const appenddirname = text('appenddirname', 'appendonlydir', {
  summary: 'The directory of the append-only files, inside the working directory.',
  immutable: true,
  refuse: refuseEmptyOrPath('appenddirname', 'dirname'),
});

export const appendfsync = enumeration('appendfsync', 'everysec', ['everysec', 'always', 'no'], {
  summary: 'When logged changes are brought to the disk: once per second, before each reply, or when the system likes.',
});

export const noAppendfsyncOnRewrite = bool('no-appendfsync-on-rewrite', false, {
  summary: 'Do not wait for the disk while a snapshot or a rewrite of the append-only file is being written.',
});

export const autoAofRewritePercentage = integer('auto-aof-rewrite-percentage', {
  summary: 'Rewrite the append-only file when it has grown by so many percent since the last time. 0: never.',
  default: 100,
  min: 0,
  max: INT_MAX,
});

export const autoAofRewriteMinSize = memory('auto-aof-rewrite-min-size', {
  summary: 'Do not rewrite the append-only file for its growth while it is smaller than this.',
  default: 64 << 20,
  min: 0,
  max: LONG_MAX,
});

export const aofLoadTruncated = bool('aof-load-truncated', true, {
  summary: 'Start with an append-only file whose end is missing, up to its last whole command.',
});

export const aofLoadCorruptTailMaxSize = memory('aof-load-corrupt-tail-max-size', {
  summary:
    'Start with an append-only file whose end is corrupt, if that end is no longer than this, and cut it off. 0: do not.',
  default: 0,
  min: 0,
  max: LONG_MAX,
});

export const aofUseRdbPreamble = bool('aof-use-rdb-preamble', true, {
  summary: 'Rewrite the append-only file as a snapshot followed by commands.',
});

export const aofTimestampEnabled = bool('aof-timestamp-enabled', false, {
  summary: 'Note the time in the append-only file, so that a state of the past can be restored.',
});

export const aofRewriteIncrementalFsync = bool('aof-rewrite-incremental-fsync', true, {
  summary: 'Bring a rewritten append-only file to the disk while it is written, not all at its end.',
});

export const aofDisableAutoGc = bool('aof-disable-auto-gc', false, {
  summary: 'Keep the append-only files that a rewrite has replaced.',
  hidden: true,
});

// Backups

export const backupdirname = text('backupdirname', 'backupdir', {
  summary: 'The directory of the next backup, inside the working directory.',
  protected: true,
  refuse: refuseEmptyOrPath('backupdirname', 'dirname'),
});

export const backupSealedTtl = integer('backup-sealed-ttl', {
  summary: 'Seconds after which a finished backup is removed by itself. 0: never.',
  default: 0,
  min: 0,
  max: INT_MAX,
});
