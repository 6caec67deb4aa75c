// Directives of primaries and replicas.

import {
  asciiLowerCase,
  bool,
  custom,
  enumeration,
  INT_MAX,
  integer,
  LONG_MAX,
  memory,
  parseLong,
  Refusal,
  text,
} from '../../lib/directive.ts';

export interface PrimaryAddress {
  readonly host: string;
  readonly port: number;
}

/** Of whom this server is a replica; null: it is a primary. REPLICAOF puts it at run time. */
export const replicaof = custom<PrimaryAddress | null>('replicaof', {
  summary: 'Be a replica of the server with this address and port. "no one": be a primary.',
  alias: 'slaveof',
  default: null,
  multiple: true,
  immutable: true,
  parse(args) {
    if (args.length !== 2) return new Refusal('wrong number of arguments');
    if (asciiLowerCase(args[0]!) === 'no' && asciiLowerCase(args[1]!) === 'one') return null;
    const port = parseLong(args[1]!);
    if (port === null || port < 0n || port > 65_535n) return new Refusal('Invalid master port');
    return { host: args[0]!, port: Number(port) };
  },
  format: (address) => (address === null ? '' : `${address.host} ${address.port}`),
  fileLines: (address) => (address === null ? [] : [{ text: `${address.host} ${address.port}`, force: true }]),
});

export const masteruser = text('masteruser', '', {
  summary: 'The user as whom a replica logs in to its primary. Empty: the default user.',
  unsetWhenEmpty: true,
  sensitive: true,
});

export const masterauth = text('masterauth', '', {
  summary: 'The password with which a replica logs in to its primary.',
  unsetWhenEmpty: true,
  binary: true,
  sensitive: true,
});

export const replicaServeStaleData = bool('replica-serve-stale-data', true, {
  summary: 'Let a replica answer with what it has while it is cut off from its primary.',
  alias: 'slave-serve-stale-data',
});

export const replicaReadOnly = bool('replica-read-only', true, {
  summary: 'Refuse writes of clients to a replica.',
  alias: 'slave-read-only',
});

export const replicaIgnoreMaxmemory = bool('replica-ignore-maxmemory', true, {
  summary: 'Leave eviction to the primary.',
  alias: 'slave-ignore-maxmemory',
});

export const replicaLazyFlush = bool('replica-lazy-flush', false, {
  summary: 'Free the old data little by little when a replica gets a whole new copy.',
  alias: 'slave-lazy-flush',
});

export const replicaPriority = integer('replica-priority', {
  summary: 'The lower, the sooner Sentinel makes this replica the primary. 0: never.',
  alias: 'slave-priority',
  default: 100,
  min: 0,
  max: INT_MAX,
});

export const replicaAnnounceIp = text('replica-announce-ip', '', {
  summary: 'The address that a replica tells its primary, where the one that it connects from is not reachable.',
  alias: 'slave-announce-ip',
  unsetWhenEmpty: true,
});

export const replicaAnnouncePort = integer('replica-announce-port', {
  summary: 'The port that a replica tells its primary. 0: the one that it listens on.',
  alias: 'slave-announce-port',
  default: 0,
  min: 0,
  max: 65_535,
});

export const replicaAnnounced = bool('replica-announced', true, {
  summary: 'Let Sentinel list this replica.',
});

export const replicaIgnoreDiskWriteErrors = bool('replica-ignore-disk-write-errors', false, {
  summary: 'Let a replica go on when it cannot write to its own disk.',
});

export const propagationErrorBehavior = enumeration(
  'propagation-error-behavior',
  'ignore',
  ['ignore', 'panic', 'panic-on-replicas'],
  { summary: 'What a replica does when a command of its primary fails.' },
);

export const replDisklessSync = bool('repl-diskless-sync', true, {
  summary: 'Send a whole copy to replicas straight from memory, without a file.',
});

export const replDisklessSyncDelay = integer('repl-diskless-sync-delay', {
  summary: 'Seconds to wait for further replicas before a copy straight from memory begins.',
  default: 5,
  min: 0,
  max: INT_MAX,
});

export const replDisklessSyncMaxReplicas = integer('repl-diskless-sync-max-replicas', {
  summary: 'Begin a copy straight from memory once so many replicas wait for it. 0: always wait the whole delay.',
  default: 0,
  min: 0,
  max: INT_MAX,
});

export const replDisklessLoad = enumeration(
  'repl-diskless-load',
  'disabled',
  ['disabled', 'on-empty-db', 'swapdb', 'flushdb'],
  {
    summary:
      'How a replica takes a whole copy: through a file, straight into memory if it is empty, beside the old data, or after the old data is gone.',
    refusedWhileLoading: true,
  },
);

export const replRdbChannel = bool('repl-rdb-channel', true, {
  summary: 'Send a whole copy on a connection of its own, beside the stream of changes.',
  hidden: true,
});

export const replicaFullSyncBufferLimit = memory('replica-full-sync-buffer-limit', {
  summary:
    'How much of the stream of changes a replica keeps while it loads a whole copy. 0: what client-output-buffer-limit allows replicas.',
  default: 0,
  min: 0,
  max: LONG_MAX,
});

export const replDisableTcpNodelay = bool('repl-disable-tcp-nodelay', false, {
  summary: 'Send fewer and larger packets to replicas, which makes them lag a little more.',
});

export const replPingReplicaPeriod = integer('repl-ping-replica-period', {
  summary: 'Seconds between two pings of a primary to its replicas.',
  alias: 'repl-ping-slave-period',
  default: 10,
  min: 1,
  max: INT_MAX,
});

export const replTimeout = integer('repl-timeout', {
  summary: 'Seconds of silence after which a link between primary and replica is taken to be dead.',
  default: 60,
  min: 1,
  max: INT_MAX,
});

export const replBacklogSize = memory('repl-backlog-size', {
  summary: 'How much of the stream of changes is kept for replicas that come back: 16kb or more.',
  default: 1 << 20,
  min: 1,
  max: LONG_MAX,
  clampMin: 16_384,
});

export const replBacklogTtl = integer('repl-backlog-ttl', {
  summary: 'Seconds without any replica after which the kept stream of changes is dropped. 0: never.',
  default: 3600,
  min: 0,
  max: LONG_MAX,
});

export const minReplicasToWrite = integer('min-replicas-to-write', {
  summary: 'Refuse writes while fewer replicas than this keep up (see min-replicas-max-lag). 0: never.',
  alias: 'min-slaves-to-write',
  default: 0,
  min: 0,
  max: INT_MAX,
});

export const minReplicasMaxLag = integer('min-replicas-max-lag', {
  summary: 'A replica counts for min-replicas-to-write if it was heard of in the last so many seconds.',
  alias: 'min-slaves-max-lag',
  default: 10,
  min: 0,
  max: INT_MAX,
});
