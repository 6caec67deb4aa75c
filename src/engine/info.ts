// What INFO tells: sections of named fields. Each room declares the sections, or its part of one, that it knows; the
// server collects them.

import type { Engine } from './engine.ts';
import { describeSizes } from './key-sizes.ts';
import {
  STAT_COMMANDS,
  STAT_CONNECTIONS,
  STAT_DEFRAG_HITS,
  STAT_DEFRAG_KEY_HITS,
  STAT_DEFRAG_KEY_MISSES,
  STAT_DEFRAG_MISSES,
  STAT_DEFRAG_MS,
  STAT_DENIED_AUTH,
  STAT_DENIED_CHANNEL,
  STAT_DENIED_COMMAND,
  STAT_DENIED_KEY,
  STAT_ERRORS,
  STAT_EVICTED,
  STAT_EVICTED_CLIENTS,
  STAT_EXCEEDED_MS,
  STAT_EXPIRE_CYCLE_MS,
  STAT_EXPIRE_TIME_CAPS,
  STAT_EXPIRED,
  STAT_EXPIRED_FIELDS,
  STAT_HITS,
  STAT_INPUT_BYTES,
  STAT_MISSES,
  STAT_OUTPUT_BUFFER_KILLS,
  STAT_OUTPUT_BYTES,
  STAT_QUERY_BUFFER_KILLS,
  STAT_READS,
  STAT_REJECTED_CONNECTIONS,
  STAT_UNEXPECTED_ERRORS,
  STAT_WRITES,
} from './statistics.ts';

/** The lines of a section. */
export class InfoFields {
  text = '';

  add(name: string, value: string | number): void {
    this.text += `${name}:${value}\r\n`;
  }

  /** Bytes, and the same for people in a field of its own. */
  bytes(name: string, value: number): void {
    this.add(name, value);
    this.add(`${name}_human`, humanBytes(value));
  }
}

/** A section, or a part of one: parts of the same name are shown as one. */
export interface InfoSection {
  /** As INFO takes it. */
  readonly name: string;
  /** As the heading shows it. */
  readonly title: string;
  /** Whether INFO without arguments shows it, and INFO ALL; 'never' only when it is asked for by name. */
  readonly shown: 'default' | 'all' | 'never';
  readonly write: (fields: InfoFields) => void;
}

/** 1536 is "1.50K". */
export function humanBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`;
  let value = bytes / 1024;
  for (const unit of ['K', 'M', 'G', 'T']) {
    if (value < 1024) return `${value.toFixed(2)}${unit}`;
    value /= 1024;
  }
  return `${value.toFixed(2)}P`;
}

/** The sections that are about the engine alone. */
export function engineInfo(engine: Engine): readonly InfoSection[] {
  return [
    { name: 'stats', title: 'Stats', shown: 'default', write: (fields) => writeStats(engine, fields) },
    { name: 'commandstats', title: 'Commandstats', shown: 'all', write: (fields) => writeCommands(engine, fields) },
    { name: 'errorstats', title: 'Errorstats', shown: 'default', write: (fields) => writeErrors(engine, fields) },
    { name: 'latencystats', title: 'Latencystats', shown: 'all', write: (fields) => writeLatency(engine, fields) },
    { name: 'keyspace', title: 'Keyspace', shown: 'default', write: (fields) => writeKeyspace(engine, fields) },
    { name: 'keysizes', title: 'Keysizes', shown: 'default', write: (fields) => writeKeySizes(engine, fields) },
  ];
}

function writeStats(engine: Engine, fields: InfoFields): void {
  const { counters } = engine.statistics;
  const { pubsub } = engine;
  const add = (name: string, counter: number) => fields.add(name, Math.floor(counters[counter]!));
  add('total_connections_received', STAT_CONNECTIONS);
  add('total_commands_processed', STAT_COMMANDS);
  add('total_net_input_bytes', STAT_INPUT_BYTES);
  add('total_net_output_bytes', STAT_OUTPUT_BYTES);
  add('rejected_connections', STAT_REJECTED_CONNECTIONS);
  add('expired_subkeys', STAT_EXPIRED_FIELDS);
  add('expired_keys', STAT_EXPIRED);
  add('evicted_keys', STAT_EVICTED);
  add('evicted_clients', STAT_EVICTED_CLIENTS);
  fields.add(
    'total_eviction_exceeded_time',
    Math.floor(engine.statistics.counters[STAT_EXCEEDED_MS]! + engine.eviction.exceededMs()),
  );
  fields.add('current_eviction_exceeded_time', Math.floor(engine.eviction.exceededMs()));
  add('expired_time_cap_reached_count', STAT_EXPIRE_TIME_CAPS);
  add('expire_cycle_cpu_milliseconds', STAT_EXPIRE_CYCLE_MS);
  add('active_defrag_hits', STAT_DEFRAG_HITS);
  add('active_defrag_misses', STAT_DEFRAG_MISSES);
  add('active_defrag_key_hits', STAT_DEFRAG_KEY_HITS);
  add('active_defrag_key_misses', STAT_DEFRAG_KEY_MISSES);
  add('total_active_defrag_time', STAT_DEFRAG_MS);
  fields.add('current_active_defrag_time', Math.floor(engine.defragmentation.runningMs()));
  add('keyspace_hits', STAT_HITS);
  add('keyspace_misses', STAT_MISSES);
  fields.add('pubsub_channels', pubsub.channels.size);
  fields.add('pubsub_patterns', pubsub.patterns.size);
  fields.add('pubsubshard_channels', pubsub.shards.size);
  fields.add('tracking_total_keys', engine.tracking.table.count());
  fields.add('tracking_total_items', engine.tracking.table.items);
  fields.add('tracking_total_prefixes', engine.tracking.broadcasts.prefixCount());
  add('unexpected_error_replies', STAT_UNEXPECTED_ERRORS);
  add('total_error_replies', STAT_ERRORS);
  add('total_reads_processed', STAT_READS);
  add('total_writes_processed', STAT_WRITES);
  add('client_query_buffer_limit_disconnections', STAT_QUERY_BUFFER_KILLS);
  add('client_output_buffer_limit_disconnections', STAT_OUTPUT_BUFFER_KILLS);
  add('acl_access_denied_auth', STAT_DENIED_AUTH);
  add('acl_access_denied_cmd', STAT_DENIED_COMMAND);
  add('acl_access_denied_key', STAT_DENIED_KEY);
  add('acl_access_denied_channel', STAT_DENIED_CHANNEL);
}

function writeCommands(engine: Engine, fields: InfoFields): void {
  const { calls, microseconds, rejected, failed } = engine.statistics;
  for (const [id, { name }] of engine.table.definitions.entries()) {
    if (calls[id] === 0 && rejected[id] === 0 && failed[id] === 0) continue;
    const spent = Math.floor(microseconds[id]!);
    const each = calls[id] === 0 ? 0 : spent / calls[id]!;
    fields.add(
      `cmdstat_${name}`,
      `calls=${calls[id]},usec=${spent},usec_per_call=${each.toFixed(2)},` +
        `rejected_calls=${rejected[id]},failed_calls=${failed[id]}`,
    );
  }
}

function writeErrors(engine: Engine, fields: InfoFields): void {
  const codes = [...engine.statistics.errors].sort(([first], [second]) => (first < second ? -1 : 1));
  for (const [code, count] of codes) fields.add(`errorstat_${safeName(code)}`, `count=${count}`);
}

/** A client chooses error codes with DEBUG ERROR and scripts: they must not look like fields. */
function safeName(name: string): string {
  return name.replace(/[#:\n\r]/g, '_');
}

function writeLatency(engine: Engine, fields: InfoFields): void {
  if (engine.timer.listener === null) return;
  for (const [id, { name }] of engine.table.definitions.entries()) {
    const histogram = engine.latency.histograms[id] ?? null;
    if (histogram === null) continue;
    const parts = engine.latencyPercentiles.map(
      (percentile) => `p${percentile}=${(histogram.valueAt(percentile) / 1000).toFixed(3)}`,
    );
    fields.add(`latency_percentiles_usec_${name}`, parts.join(','));
  }
}

function writeKeyspace(engine: Engine, fields: InfoFields): void {
  const { keyspace } = engine;
  for (const database of keyspace.databases) {
    const keys = keyspace.count(database);
    if (keys === 0) continue;
    fields.add(
      `db${database.index}`,
      `keys=${keys},expires=${database.expires},avg_ttl=${keyspace.averageTtl(database)},subexpiry=${database.expiringHashes}`,
    );
  }
}

function writeKeySizes(engine: Engine, fields: InfoFields): void {
  for (const { index, sizes } of engine.keyspace.databases) {
    for (const { name, bins } of describeSizes(sizes)) fields.add(`db${index}_distrib_${name}`, bins);
  }
}
