// The sections of INFO about replication and the cluster, as a server shows them that has none of these: it has no replica,
// is no node.

import type { InfoFields, InfoSection } from '../engine/info.ts';
import { replBacklogSize } from './config/replication.ts';
import type { Server } from './server.ts';

const NO_REPLICATION_ID = '0'.repeat(40);

export function aloneInfo(server: Server): readonly InfoSection[] {
  return [
    {
      name: 'replication',
      title: 'Replication',
      shown: 'default',
      write: (fields) => writeReplication(server, fields),
    },
    {
      name: 'cluster',
      title: 'Cluster',
      shown: 'default',
      write: (fields) => fields.add('cluster_enabled', 0),
    },
    {
      name: 'stats',
      title: 'Stats',
      shown: 'default',
      write: (fields) => {
        fields.add('migrate_cached_sockets', server.migrationLinks.count());
        writeIdleCounters(fields);
      },
    },
  ];
}

function writeReplication(server: Server, fields: InfoFields): void {
  fields.add('role', 'master');
  fields.add('connected_slaves', 0);
  fields.add('master_failover_state', 'no-failover');
  fields.add('master_replid', server.vitals.replicationId);
  fields.add('master_replid2', NO_REPLICATION_ID);
  fields.add('master_repl_offset', 0);
  fields.add('second_repl_offset', -1);
  fields.add('repl_backlog_active', 0);
  fields.add('repl_backlog_size', server.config.get(replBacklogSize));
  fields.add('repl_backlog_first_byte_offset', 0);
  fields.add('repl_backlog_histlen', 0);
}

/** Counters of work that this server does not have: they have always been 0. */
function writeIdleCounters(fields: InfoFields): void {
  fields.add('instantaneous_input_repl_kbps', '0.00');
  fields.add('instantaneous_output_repl_kbps', '0.00');
  const names = [
    'total_net_repl_input_bytes',
    'total_net_repl_output_bytes',
    'sync_full',
    'sync_partial_ok',
    'sync_partial_err',
    'evicted_scripts',
    'latest_fork_usec',
    'total_forks',
    'slave_expires_tracked_keys',
    'io_threaded_reads_processed',
    'io_threaded_writes_processed',
    'reply_buffer_shrinks',
    'reply_buffer_expands',
  ];
  for (const name of names) fields.add(name, 0);
}
