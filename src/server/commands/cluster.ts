// CLUSTER as a server answers it that is no node of a cluster: all of it is refused, HELP too.

import {
  block,
  type CommandDefinition,
  type CommandDetails,
  container,
  control,
  integer,
  multiple,
  oneOf,
  optional,
  text,
  token,
} from '../../engine/command.ts';
import { CLUSTER_DISABLED } from '../../protocol/errors.ts';

/** The flags of those that change the cluster, that look at its insides, and that any client may use. */
const CHANGES = ['no_async_loading', 'admin', 'stale'] as const;
const ADMIN = ['admin', 'stale'] as const;
const READS = ['stale'] as const;
const EARLY = ['loading', 'stale'] as const;
const UNSTEADY = ['nondeterministic_output'] as const;

function refused(
  name: string,
  summary: string,
  details: Omit<CommandDetails, 'summary' | 'replies'>,
): CommandDefinition {
  return control(name, { group: 'cluster', summary, replies: [], ...details }, (call) =>
    call.reply.error(CLUSTER_DISABLED),
  );
}

const SUBCOMMANDS: readonly CommandDefinition[] = [
  refused('ADDSLOTS', 'Gives hash slots to this node.', {
    since: '3.0.0',
    complexity: 'O(N)',
    flags: CHANGES,
    args: [multiple(integer('slot'))],
  }),
  refused('ADDSLOTSRANGE', 'Gives ranges of hash slots to this node.', {
    since: '7.0.0',
    complexity: 'O(N)',
    flags: CHANGES,
    args: [multiple(block('range', integer('start-slot'), integer('end-slot')))],
  }),
  refused('BUMPEPOCH', 'Moves the configuration epoch on.', {
    since: '3.0.0',
    complexity: 'O(1)',
    flags: CHANGES,
    tips: UNSTEADY,
  }),
  refused('COUNT-FAILURE-REPORTS', 'Counts the reports that a node fails.', {
    since: '3.0.0',
    complexity: 'O(N)',
    flags: ADMIN,
    args: [text('node-id')],
    tips: UNSTEADY,
  }),
  refused('COUNTKEYSINSLOT', 'Counts the keys of a hash slot.', {
    since: '3.0.0',
    complexity: 'O(1)',
    flags: READS,
    args: [integer('slot')],
  }),
  refused('DELSLOTS', 'Takes hash slots from their nodes, as this one sees it.', {
    since: '3.0.0',
    complexity: 'O(N)',
    flags: CHANGES,
    args: [multiple(integer('slot'))],
  }),
  refused('DELSLOTSRANGE', 'Takes ranges of hash slots from their nodes, as this one sees it.', {
    since: '7.0.0',
    complexity: 'O(N)',
    flags: CHANGES,
    args: [multiple(block('range', integer('start-slot'), integer('end-slot')))],
  }),
  refused('FAILOVER', 'Makes a replica take the place of its primary.', {
    since: '3.0.0',
    complexity: 'O(1)',
    flags: CHANGES,
    args: [optional(oneOf('options', token('FORCE'), token('TAKEOVER')))],
  }),
  refused('FLUSHSLOTS', 'Takes all hash slots from this node.', {
    since: '3.0.0',
    complexity: 'O(1)',
    flags: CHANGES,
  }),
  refused('FORGET', 'Forgets a node.', {
    since: '3.0.0',
    complexity: 'O(1)',
    flags: CHANGES,
    args: [text('node-id')],
  }),
  refused('GETKEYSINSLOT', 'Lists keys of a hash slot.', {
    since: '3.0.0',
    complexity: 'O(N)',
    flags: READS,
    args: [integer('slot'), integer('count')],
    tips: UNSTEADY,
  }),
  refused('HELP', 'Lists the subcommands with a line on each.', {
    since: '5.0.0',
    complexity: 'O(1)',
    flags: EARLY,
  }),
  refused('INFO', 'Tells the state of the cluster.', {
    since: '3.0.0',
    complexity: 'O(1)',
    flags: READS,
    tips: UNSTEADY,
  }),
  refused('KEYSLOT', 'Tells the hash slot of a key.', {
    since: '3.0.0',
    complexity: 'O(N)',
    flags: READS,
    args: [text('key')],
  }),
  refused('LINKS', 'Lists the connections to other nodes.', {
    since: '7.0.0',
    complexity: 'O(N)',
    flags: READS,
    tips: UNSTEADY,
  }),
  refused('MEET', 'Introduces another node.', {
    since: '3.0.0',
    complexity: 'O(1)',
    flags: CHANGES,
    args: [text('ip'), integer('port'), optional(integer('cluster-bus-port', { since: '4.0.0' }))],
    history: [['4.0.0', 'The port of the bus.']],
  }),
  refused('MYID', 'Tells the id of this node.', { since: '3.0.0', complexity: 'O(1)', flags: READS }),
  refused('MYSHARDID', 'Tells the id of the shard of this node.', {
    since: '7.2.0',
    complexity: 'O(1)',
    flags: READS,
    tips: UNSTEADY,
  }),
  refused('NODES', 'Describes all nodes, a line each.', {
    since: '3.0.0',
    complexity: 'O(N)',
    flags: READS,
    tips: UNSTEADY,
  }),
  refused('REPLICAS', 'Lists the replicas of a node.', {
    since: '5.0.0',
    complexity: 'O(N)',
    flags: ADMIN,
    args: [text('node-id')],
    tips: UNSTEADY,
  }),
  refused('REPLICATE', 'Makes this node a replica of another.', {
    since: '3.0.0',
    complexity: 'O(1)',
    flags: CHANGES,
    args: [text('node-id')],
  }),
  refused('RESET', 'Makes this node as if it were new.', {
    since: '3.0.0',
    complexity: 'O(N)',
    flags: ['admin', 'stale', 'noscript'],
    args: [optional(oneOf('reset-type', token('HARD'), token('SOFT')))],
  }),
  refused('SAVECONFIG', 'Writes the state of the cluster to the disk.', {
    since: '3.0.0',
    complexity: 'O(1)',
    flags: CHANGES,
  }),
  refused('SET-CONFIG-EPOCH', 'Sets the configuration epoch of a new node.', {
    since: '3.0.0',
    complexity: 'O(1)',
    flags: CHANGES,
    args: [integer('config-epoch')],
  }),
  refused('SETSLOT', 'Says which node has a hash slot, or moves it.', {
    since: '3.0.0',
    complexity: 'O(1)',
    flags: CHANGES,
    args: [
      integer('slot'),
      oneOf(
        'subcommand',
        text('importing', { token: 'IMPORTING', display: 'node-id' }),
        text('migrating', { token: 'MIGRATING', display: 'node-id' }),
        text('node', { token: 'NODE', display: 'node-id' }),
        token('STABLE'),
      ),
    ],
  }),
  refused('SHARDS', 'Describes the shards of the cluster.', {
    since: '7.0.0',
    complexity: 'O(N)',
    flags: EARLY,
    tips: UNSTEADY,
  }),
  refused('SLAVES', 'Lists the replicas of a node.', {
    since: '3.0.0',
    complexity: 'O(N)',
    flags: ADMIN,
    args: [text('node-id')],
    tips: UNSTEADY,
    deprecated: { since: '5.0.0', instead: '`CLUSTER REPLICAS`' },
  }),
  refused('SLOTS', 'Tells which nodes have which hash slots.', {
    since: '3.0.0',
    complexity: 'O(N)',
    flags: EARLY,
    tips: UNSTEADY,
    deprecated: { since: '7.0.0', instead: '`CLUSTER SHARDS`' },
    history: [
      ['4.0.0', 'Ids of nodes.'],
      ['7.0.0', 'More about the addresses of nodes.'],
    ],
  }),
];

export function clusterCommands(): CommandDefinition[] {
  return [container('CLUSTER', { group: 'cluster', summary: 'Works on the cluster.', since: '3.0.0' }, SUBCOMMANDS)];
}
