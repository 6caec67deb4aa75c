// Directives of Redis Cluster.

import { bool, enumeration, flags, INT_MAX, integer, LONG_MAX, memory, text, ULONG_MAX } from '../../lib/directive.ts';

/** A host name with its end must fit 256 bytes. */
const HOST_NAME_CHARACTERS_MAX = 255;

export const clusterEnabled = bool('cluster-enabled', false, {
  summary: 'Be a node of a cluster.',
  immutable: true,
});

export const clusterConfigFile = text('cluster-config-file', 'nodes.conf', {
  summary: 'The file in which a node keeps what it knows of the cluster. Each node needs its own.',
  immutable: true,
});

export const clusterPort = integer('cluster-port', {
  summary: 'The port for other nodes. 0: the port of clients plus 10000.',
  default: 0,
  min: 0,
  max: 65_535,
  immutable: true,
});

export const clusterNodeTimeout = integer('cluster-node-timeout', {
  summary: 'Milliseconds of silence after which a node is taken to have failed.',
  default: 15_000,
  min: 0,
  max: LONG_MAX,
});

export const clusterReplicaValidityFactor = integer('cluster-replica-validity-factor', {
  summary: 'A replica that was cut off for longer than this times the node timeout does not take over. 0: always.',
  alias: 'cluster-slave-validity-factor',
  default: 10,
  min: 0,
  max: INT_MAX,
});

export const clusterMigrationBarrier = integer('cluster-migration-barrier', {
  summary: 'A replica moves to a primary that has none, if so many stay behind.',
  default: 1,
  min: 0,
  max: INT_MAX,
});

export const clusterAllowReplicaMigration = bool('cluster-allow-replica-migration', true, {
  summary: 'Let replicas move to primaries that have none, and primaries without slots become replicas.',
});

export const clusterRequireFullCoverage = bool('cluster-require-full-coverage', true, {
  summary: 'Serve nothing while any slot is without a node.',
});

export const clusterReplicaNoFailover = bool('cluster-replica-no-failover', false, {
  summary: 'Never take over by itself when the primary fails.',
  alias: 'cluster-slave-no-failover',
});

export const clusterAllowReadsWhenDown = bool('cluster-allow-reads-when-down', false, {
  summary: 'Serve reads of own slots while the cluster is down.',
});

export const clusterAllowPubsubshardWhenDown = bool('cluster-allow-pubsubshard-when-down', true, {
  summary: 'Serve shard channels of own slots while the cluster is down.',
});

export const clusterLinkSendbufLimit = memory('cluster-link-sendbuf-limit', {
  summary: 'Cut the link to a node when more than this waits to be sent to it. 0: no limit.',
  default: 0,
  min: 0,
  max: ULONG_MAX,
});

export const clusterSlotStatsEnabled = flags(
  'cluster-slot-stats-enabled',
  { none: 'no', all: 'yes', names: ['cpu', 'net', 'mem'] },
  { summary: 'What CLUSTER SLOT-STATS counts beside keys: no, yes, or any of cpu, net, mem.' },
);

export const clusterCompatibilitySampleRatio = integer('cluster-compatibility-sample-ratio', {
  summary: 'The percentage of commands of which INFO counts whether they would fail in a cluster. 0: none.',
  default: 0,
  min: 0,
  max: 100,
});

export const clusterSlotMigrationHandoffMaxLagBytes = memory('cluster-slot-migration-handoff-max-lag-bytes', {
  summary: 'The old node of slots on the move pauses writes to hand them over once no more than this is left to send.',
  default: 1 << 20,
  min: 0,
  max: LONG_MAX,
});

export const clusterSlotMigrationWritePauseTimeout = integer('cluster-slot-migration-write-pause-timeout', {
  summary: 'Milliseconds for which the old node of slots on the move pauses writes before it gives up.',
  default: 10_000,
  min: 0,
  max: LONG_MAX,
});

export const clusterSlotMigrationSyncBufferDrainTimeout = integer('cluster-slot-migration-sync-buffer-drain-timeout', {
  summary: 'Milliseconds in which the new node of slots on the move has to catch up before it gives up.',
  default: 60_000,
  min: 0,
  max: LONG_MAX,
  hidden: true,
});

export const clusterSlotMigrationMaxArchivedTasks = integer('cluster-slot-migration-max-archived-tasks', {
  summary: 'How many finished moves of slots CLUSTER MIGRATION STATUS remembers.',
  default: 32,
  min: 1,
  max: INT_MAX,
  hidden: true,
});

export const clusterPreferredEndpointType = enumeration(
  'cluster-preferred-endpoint-type',
  'ip',
  ['ip', 'hostname', 'unknown-endpoint'],
  { summary: 'What redirections name: address, host name, or nothing, so that clients use the host that they know.' },
);

export const clusterAnnounceHostname = text('cluster-announce-hostname', '', {
  summary: 'The host name that other nodes and clients are told.',
  unsetWhenEmpty: true,
  refuse(hostname) {
    if (hostname.length > HOST_NAME_CHARACTERS_MAX) return 'Hostnames must be less than 256 characters';
    return /^[A-Za-z0-9.-]*$/.test(hostname)
      ? null
      : 'Hostnames may only contain alphanumeric characters, hyphens or dots';
  },
});

export const clusterAnnounceHumanNodename = text('cluster-announce-human-nodename', '', {
  summary: 'A name of this node for people, used in logs.',
  unsetWhenEmpty: true,
  refuse: (nodename) =>
    /[!#$%&()*+:;<>?@[\]^{|}~]/.test(nodename) ? 'Announced human node name contained invalid character' : null,
});

export const clusterAnnounceIp = text('cluster-announce-ip', '', {
  summary: 'The address that other nodes and clients are told, where the own one is not reachable (NAT, containers).',
  unsetWhenEmpty: true,
});

export const clusterAnnouncePort = integer('cluster-announce-port', {
  summary: 'The port that others are told. 0: the own one.',
  default: 0,
  min: 0,
  max: 65_535,
});

export const clusterAnnounceTlsPort = integer('cluster-announce-tls-port', {
  summary: 'The TLS port that others are told. 0: the own one.',
  default: 0,
  min: 0,
  max: 65_535,
});

export const clusterAnnounceBusPort = integer('cluster-announce-bus-port', {
  summary: 'The port for nodes that others are told. 0: the own one.',
  default: 0,
  min: 0,
  max: 65_535,
});

export const clusterPingInterval = integer('cluster-ping-interval', {
  summary: 'Milliseconds between two pings to every node, for tests. 0: as the node timeout demands.',
  default: 0,
  min: 0,
  max: LONG_MAX,
  hidden: true,
});
