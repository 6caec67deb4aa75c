// The directive table against Redis's own, name by name: what Redis knows is known here, with the same rights, and
// nothing else is but what we added. The lists are those of 8.10.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Directive } from '../../lib/directive.ts';
import { DIRECTIVES } from './table.ts';

function words(text: string): string[] {
  return text.trim().split(/\s+/).sort();
}

/** Redis 7.4. */
const REDIS_7 = `
  acl-pubsub-default aclfile acllog-max-len active-defrag-cycle-max active-defrag-cycle-min active-defrag-ignore-bytes
  active-defrag-max-scan-fields active-defrag-threshold-lower active-defrag-threshold-upper active-expire-effort
  activedefrag activerehashing always-show-logo aof-disable-auto-gc aof-load-truncated aof-rewrite-cpulist
  aof-rewrite-incremental-fsync aof-timestamp-enabled aof-use-rdb-preamble appenddirname appendfilename appendfsync
  appendonly auto-aof-rewrite-min-size auto-aof-rewrite-percentage bgsave-cpulist bind bind-source-addr bio-cpulist
  busy-reply-threshold client-default-resp client-output-buffer-limit client-query-buffer-limit
  cluster-allow-pubsubshard-when-down cluster-allow-reads-when-down cluster-allow-replica-migration
  cluster-announce-bus-port cluster-announce-hostname cluster-announce-human-nodename cluster-announce-ip
  cluster-announce-port cluster-announce-tls-port cluster-config-file cluster-enabled cluster-link-sendbuf-limit
  cluster-migration-barrier cluster-node-timeout cluster-ping-interval cluster-port cluster-preferred-endpoint-type
  cluster-replica-no-failover cluster-replica-validity-factor cluster-require-full-coverage crash-log-enabled
  crash-memcheck-enabled daemonize databases dbfilename dir disable-thp dynamic-hz enable-debug-command
  enable-module-command enable-protected-configs hash-max-listpack-entries hash-max-listpack-value
  hide-user-data-from-log hll-sparse-max-bytes hz ignore-warnings io-threads io-threads-do-reads jemalloc-bg-thread
  key-load-delay latency-monitor-threshold latency-tracking latency-tracking-info-percentiles lazyfree-lazy-eviction
  lazyfree-lazy-expire lazyfree-lazy-server-del lazyfree-lazy-user-del lazyfree-lazy-user-flush lfu-decay-time
  lfu-log-factor list-compress-depth list-max-listpack-size loading-process-events-interval-bytes locale-collate
  logfile loglevel masterauth masteruser max-new-connections-per-cycle max-new-tls-connections-per-cycle maxclients
  maxmemory maxmemory-clients maxmemory-eviction-tenacity maxmemory-policy maxmemory-samples min-replicas-max-lag
  min-replicas-to-write no-appendfsync-on-rewrite notify-keyspace-events oom-score-adj oom-score-adj-values pidfile
  port proc-title-template propagation-error-behavior protected-mode proto-max-bulk-len rdb-del-sync-files
  rdb-key-save-delay rdb-save-incremental-fsync rdbchecksum rdbcompression repl-backlog-size repl-backlog-ttl
  repl-disable-tcp-nodelay repl-diskless-load repl-diskless-sync repl-diskless-sync-delay
  repl-diskless-sync-max-replicas repl-ping-replica-period repl-timeout replica-announce-ip replica-announce-port
  replica-announced replica-ignore-disk-write-errors replica-ignore-maxmemory replica-lazy-flush replica-priority
  replica-read-only replica-serve-stale-data replicaof req-res-logfile requirepass sanitize-dump-payload save
  server-cpulist set-max-intset-entries set-max-listpack-entries set-max-listpack-value set-proc-title
  shutdown-on-sigint shutdown-on-sigterm shutdown-timeout slowlog-log-slower-than slowlog-max-len socket-mark-id
  stop-writes-on-bgsave-error stream-node-max-bytes stream-node-max-entries supervised syslog-enabled syslog-facility
  syslog-ident tcp-backlog tcp-keepalive timeout tls-auth-clients tls-ca-cert-dir tls-ca-cert-file tls-cert-file
  tls-ciphers tls-ciphersuites tls-client-cert-file tls-client-key-file tls-client-key-file-pass tls-cluster
  tls-dh-params-file tls-key-file tls-key-file-pass tls-port tls-prefer-server-ciphers tls-protocols tls-replication
  tls-session-cache-size tls-session-cache-timeout tls-session-caching tracking-table-max-keys unixsocket
  unixsocketperm use-exit-on-panic watchdog-period zset-max-listpack-entries zset-max-listpack-value`;

/** What 8.0 to 8.10 added, and the directive of the vector sets that came with 8.0. */
const REDIS_8 = `
  backup-sealed-ttl backupdirname
  aof-load-corrupt-tail-max-size array-slice-size array-sparse-kmax array-sparse-kmin
  cluster-compatibility-sample-ratio cluster-slot-migration-handoff-max-lag-bytes
  cluster-slot-migration-max-archived-tasks cluster-slot-migration-sync-buffer-drain-timeout
  cluster-slot-migration-write-pause-timeout cluster-slot-stats-enabled key-memory-histograms
  lazyexpire-nested-arbitrary-keys lookahead lua-enable-deprecated-api prefetch-batch-max-size repl-rdb-channel
  replica-full-sync-buffer-limit slowlog-entry-max-argc slowlog-entry-max-string-len stream-idmp-duration
  stream-idmp-maxsize tls-auth-clients-user
  vset-force-single-threaded-execution`;

/** Ours alone. */
const OWN = `
  commandlog-large-reply-max-len commandlog-large-request-max-len commandlog-reply-larger-than
  commandlog-request-larger-than metrics-bind metrics-port reported-version transport`;

const ALIASES: readonly (readonly [alias: string, name: string])[] = [
  ['commandlog-execution-slower-than', 'slowlog-log-slower-than'],
  ['commandlog-slow-execution-max-len', 'slowlog-max-len'],
  ['cluster-slave-no-failover', 'cluster-replica-no-failover'],
  ['slave-lazy-flush', 'replica-lazy-flush'],
  ['slave-serve-stale-data', 'replica-serve-stale-data'],
  ['slave-read-only', 'replica-read-only'],
  ['slave-ignore-maxmemory', 'replica-ignore-maxmemory'],
  ['slave-announce-ip', 'replica-announce-ip'],
  ['server_cpulist', 'server-cpulist'],
  ['bio_cpulist', 'bio-cpulist'],
  ['aof_rewrite_cpulist', 'aof-rewrite-cpulist'],
  ['bgsave_cpulist', 'bgsave-cpulist'],
  ['cluster-slave-validity-factor', 'cluster-replica-validity-factor'],
  ['list-max-ziplist-size', 'list-max-listpack-size'],
  ['slave-priority', 'replica-priority'],
  ['slave-announce-port', 'replica-announce-port'],
  ['repl-ping-slave-period', 'repl-ping-replica-period'],
  ['min-slaves-to-write', 'min-replicas-to-write'],
  ['min-slaves-max-lag', 'min-replicas-max-lag'],
  ['lua-time-limit', 'busy-reply-threshold'],
  ['hash-max-ziplist-entries', 'hash-max-listpack-entries'],
  ['zset-max-ziplist-entries', 'zset-max-listpack-entries'],
  ['hash-max-ziplist-value', 'hash-max-listpack-value'],
  ['zset-max-ziplist-value', 'zset-max-listpack-value'],
  ['slaveof', 'replicaof'],
];

/** Hidden, immutable and so on, as Redis 8 has them; ours apart. */
const RIGHTS: readonly (readonly [right: keyof Directive<unknown>, names: string])[] = [
  [
    'immutable',
    `
  aclfile always-show-logo aof-rewrite-cpulist appenddirname appendfilename bgsave-cpulist bio-cpulist
  client-default-resp cluster-config-file cluster-enabled cluster-port daemonize databases disable-thp
  enable-debug-command enable-module-command enable-protected-configs io-threads logfile lua-enable-deprecated-api
  pidfile rdbchecksum replicaof req-res-logfile server-cpulist set-proc-title socket-mark-id supervised syslog-enabled
  syslog-facility syslog-ident tcp-backlog unixsocket unixsocketperm
  io-threads-do-reads`,
  ],
  [
    'hidden',
    `
  aof-disable-auto-gc client-default-resp cluster-ping-interval cluster-slot-migration-max-archived-tasks
  cluster-slot-migration-sync-buffer-drain-timeout key-load-delay lazyexpire-nested-arbitrary-keys
  loading-process-events-interval-bytes lua-enable-deprecated-api prefetch-batch-max-size rdb-key-save-delay
  repl-rdb-channel req-res-logfile use-exit-on-panic watchdog-period`,
  ],
  ['sensitive', `masterauth masteruser requirepass tls-client-key-file-pass tls-key-file-pass`],
  // Where it goes is a backup's own affair: backupdirname is immutable in Redis 8.10, and protected here.
  ['protected', `backupdirname dbfilename dir`],
  [
    'multiple',
    `
  bind client-output-buffer-limit cluster-slot-stats-enabled latency-tracking-info-percentiles oom-score-adj-values
  replicaof save shutdown-on-sigint shutdown-on-sigterm`,
  ],
  ['refusedWhileLoading', `dir repl-diskless-load`],
];

test('the table has every directive of Redis, and beside them only ours', () => {
  const names = DIRECTIVES.map(({ name }) => name).sort();
  assert.deepEqual(names, words(`${REDIS_7} ${REDIS_8} ${OWN}`));
});

test('older names are those of Redis', () => {
  const aliases = DIRECTIVES.filter(({ alias }) => alias !== '').map(({ alias, name }) => [alias, name]);
  assert.deepEqual(aliases.sort(), [...ALIASES].sort());
});

test('what may be seen and set, and when, is as in Redis', () => {
  const own = words(OWN);
  for (const [right, names] of RIGHTS) {
    const having = DIRECTIVES.filter((directive) => directive[right] === true && !own.includes(directive.name));
    assert.deepEqual(having.map(({ name }) => name).sort(), words(names), right);
  }
});

test('every directive says in a sentence what it does', () => {
  for (const { name, summary } of DIRECTIVES) assert.match(summary, /^[A-Z0-9].*[.]$/s, name);
});
