// What INFO tells of persistence.

import type { InfoFields, InfoSection } from '../engine/info.ts';
import { payloadsOf } from './commands/dump.ts';
import type { Persistence } from './persistence.ts';

export function persistenceInfo(persistence: Persistence): readonly InfoSection[] {
  const { keyspace, access } = persistence.engine;
  return [
    {
      name: 'persistence',
      title: 'Persistence',
      shown: 'default',
      write: (fields) => write(persistence, fields),
    },
    {
      name: 'stats',
      title: 'Stats',
      shown: 'default',
      write: (fields) => fields.add('dump_payload_sanitizations', payloadsOf(keyspace, access).checked),
    },
  ];
}

function write(persistence: Persistence, fields: InfoFields): void {
  const { saves, log, loading } = persistence;
  const snapshot = saves.snapshot() ?? log.snapshot();
  fields.add('loading', loading === null ? 0 : 1);
  fields.add('async_loading', 0);
  // Nothing is copied by a fork.
  for (const name of ['current_cow_peak', 'current_cow_size', 'current_cow_size_age']) fields.add(name, 0);
  const { keysWritten, keysTotal } = snapshot ?? { keysWritten: 0, keysTotal: 0 };
  fields.add('current_fork_perc', (keysTotal === 0 ? 0 : (keysWritten / keysTotal) * 100).toFixed(2));
  fields.add('current_save_keys_processed', keysWritten);
  fields.add('current_save_keys_total', keysTotal);
  fields.add('rdb_changes_since_last_save', saves.changes());
  fields.add('rdb_bgsave_in_progress', saves.isRunning() ? 1 : 0);
  fields.add('rdb_last_save_time', Math.floor(saves.lastSavedAt / 1000));
  fields.add('rdb_last_bgsave_status', saves.lastWasGood ? 'ok' : 'err');
  fields.add('rdb_last_bgsave_time_sec', saves.lastSeconds);
  fields.add('rdb_current_bgsave_time_sec', saves.runningSeconds());
  fields.add('rdb_saves', saves.count);
  fields.add('rdb_last_cow_size', 0);
  fields.add('rdb_last_load_keys_expired', persistence.lastKeysExpired);
  fields.add('rdb_last_load_keys_loaded', persistence.lastKeysLoaded);
  fields.add('aof_enabled', log.isOn() ? 1 : 0);
  fields.add('aof_rewrite_in_progress', log.isRewriting() ? 1 : 0);
  fields.add('aof_rewrite_scheduled', log.isScheduled() ? 1 : 0);
  fields.add('aof_last_rewrite_time_sec', log.lastSeconds);
  fields.add('aof_current_rewrite_time_sec', log.runningSeconds());
  fields.add('aof_last_bgrewrite_status', log.lastWasGood ? 'ok' : 'err');
  fields.add('aof_rewrites', log.count);
  fields.add('aof_rewrites_consecutive_failures', log.failuresInARow);
  fields.add('aof_last_write_status', log.log.writeFailed ? 'err' : 'ok');
  fields.add('aof_last_cow_size', 0);
  fields.add('module_fork_in_progress', 0);
  fields.add('module_fork_last_cow_size', 0);
  if (log.isOn()) writeLog(persistence, fields);
  if (loading !== null) writeLoading(persistence, fields);
}

function writeLog({ log }: Persistence, fields: InfoFields): void {
  fields.add('aof_current_size', log.files.currentBytes(log.log));
  fields.add('aof_base_size', log.files.rewrittenBytes);
  fields.add('aof_pending_rewrite', log.isScheduled() ? 1 : 0);
  fields.add('aof_buffer_length', log.log.pendingBytes());
  fields.add('aof_pending_bio_fsync', log.log.isSyncing() ? 1 : 0);
  fields.add('aof_delayed_fsync', log.log.delayedSyncs);
}

function writeLoading({ loading, engine }: Persistence, fields: InfoFields): void {
  const { startedAt, totalBytes, usedMemoryThen } = loading!;
  const loadedBytes = loading!.loadedBytes();
  const seconds = Math.max(0, (engine.clock.now() - startedAt) / 1000);
  const left = Math.max(0, totalBytes - loadedBytes);
  const eta = loadedBytes === 0 ? 1 : Math.floor((seconds * left) / loadedBytes);
  fields.add('loading_start_time', Math.floor(startedAt / 1000));
  fields.add('loading_total_bytes', totalBytes);
  fields.add('loading_rdb_used_mem', usedMemoryThen);
  fields.add('loading_loaded_bytes', loadedBytes);
  fields.add('loading_loaded_perc', (totalBytes === 0 ? 0 : (loadedBytes / totalBytes) * 100).toFixed(2));
  fields.add('loading_eta_seconds', eta);
}
