// Collects what /metrics shows: INFO's numbers under redis_exporter's names, and by command, error, database and event what
// the exporter would ask for with further commands.

import { infoText } from '../info.ts';
import type { Server } from '../server.ts';
import { Exposition } from './exposition.ts';
import { COUNTERS, GAUGES, INSTANCE_LABELS } from './names.ts';

const SECTIONS = ['server', 'clients', 'memory', 'persistence', 'stats', 'replication', 'cpu', 'cluster'];
/** Rows of the histograms of commands: microseconds, each twice the one before, up to a second. */
const HISTOGRAM_ROWS = 21;

/** The whole text. */
export function collectMetrics(server: Server): string {
  const out = new Exposition();
  const fields = infoFields(server);
  out.add('up', 'gauge', 1);
  const labels = Object.fromEntries(INSTANCE_LABELS.map((name) => [name, fields.get(name) ?? '']));
  out.add('instance_info', 'gauge', 1, labels);
  out.add('start_time_seconds', 'gauge', Math.floor(server.startedAt / 1000));
  for (const [field, text] of fields) {
    const value = fieldValue(text);
    if (Number.isNaN(value)) continue;
    if (GAUGES[field] !== undefined) out.add(GAUGES[field], 'gauge', value);
    else if (COUNTERS[field] !== undefined) out.add(COUNTERS[field], 'counter', value);
  }
  addDatabases(server, out);
  addCommands(server, out);
  addDurations(server, out);
  addLogs(server, out);
  return out.text();
}

function infoFields(server: Server): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of infoText(server.info, SECTIONS).split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

/** A number; 1 for "ok" and 0 for what went wrong; NaN for words. */
function fieldValue(text: string): number {
  if (text === 'ok') return 1;
  if (text === 'err' || text === 'fail') return 0;
  return text === '' ? Number.NaN : Number(text);
}

function addDatabases(server: Server, out: Exposition): void {
  const { keyspace } = server.engine;
  for (const database of keyspace.databases) {
    const db = { db: `db${database.index}` };
    const keys = keyspace.count(database);
    out.add('db_keys', 'gauge', keys, db);
    out.add('db_keys_expiring', 'gauge', database.expires, db);
    if (keys > 0) out.add('db_avg_ttl_seconds', 'gauge', keyspace.averageTtl(database) / 1000, db);
  }
}

function addCommands(server: Server, out: Exposition): void {
  const { statistics, table } = server.engine;
  const { calls, microseconds, rejected, failed, errors } = statistics;
  for (const [id, { name }] of table.definitions.entries()) {
    if (calls[id] === 0 && rejected[id] === 0 && failed[id] === 0) continue;
    const cmd = { cmd: name };
    out.add('commands_total', 'counter', calls[id]!, cmd);
    out.add('commands_duration_seconds_total', 'counter', Math.floor(microseconds[id]!) / 1e6, cmd);
    out.add('commands_rejected_calls_total', 'counter', rejected[id]!, cmd);
    out.add('commands_failed_calls_total', 'counter', failed[id]!, cmd);
  }
  for (const [err, count] of errors) out.add('errors_total', 'counter', count, { err });
}

function addDurations(server: Server, out: Exposition): void {
  const { latency, latencyPercentiles, statistics, table } = server.engine;
  for (const [id, { name: cmd }] of table.definitions.entries()) {
    const histogram = latency.histograms[id] ?? null;
    if (histogram === null) continue;
    const sum = Math.floor(statistics.microseconds[id]!);
    for (const percentile of latencyPercentiles) {
      const value = histogram.valueAt(percentile) / 1000;
      out.add('latency_percentiles_usec', 'summary', value, { cmd, quantile: String(percentile) });
    }
    out.add('latency_percentiles_usec', 'summary', sum, { cmd }, '_sum');
    out.add('latency_percentiles_usec', 'summary', histogram.total, { cmd }, '_count');
    for (let row = 0; row < HISTOGRAM_ROWS; row++) {
      const limit = 1024 * 2 ** row;
      const le = String(Math.floor(histogram.greatestAlike(limit) / 1000));
      out.add('commands_latencies_usec', 'histogram', histogram.countTo(limit), { cmd, le }, '_bucket');
    }
    out.add('commands_latencies_usec', 'histogram', histogram.total, { cmd, le: '+Inf' }, '_bucket');
    out.add('commands_latencies_usec', 'histogram', sum, { cmd }, '_sum');
    out.add('commands_latencies_usec', 'histogram', histogram.total, { cmd }, '_count');
  }
}

function addLogs(server: Server, out: Exposition): void {
  const { slow, largeRequests, largeReplies, monitor } = server.engine.watch;
  out.add('slowlog_length', 'gauge', slow.length());
  out.add('slowlog_last_id', 'gauge', Math.max(0, slow.lastId()));
  out.add('last_slow_execution_duration_seconds', 'gauge', (slow.newest(1)[0]?.amount ?? 0) / 1e6);
  out.add('commandlog_slow_length', 'gauge', slow.length());
  out.add('commandlog_execution_slower_than', 'gauge', slow.threshold);
  out.add('commandlog_slow_execution_max_len', 'gauge', slow.lengthMax);
  out.add('commandlog_large_request_length', 'gauge', largeRequests.length());
  out.add('commandlog_request_larger_than', 'gauge', largeRequests.threshold);
  out.add('commandlog_large_request_max_len', 'gauge', largeRequests.lengthMax);
  out.add('commandlog_large_reply_length', 'gauge', largeReplies.length());
  out.add('commandlog_reply_larger_than', 'gauge', largeReplies.threshold);
  out.add('commandlog_large_reply_max_len', 'gauge', largeReplies.lengthMax);
  for (const [name, { samples }] of monitor.events) {
    const last = samples.at(-1)!;
    out.add('latency_spike_last', 'gauge', last.at, { event_name: name });
    out.add('latency_spike_duration_seconds', 'gauge', last.milliseconds / 1000, { event_name: name });
  }
}
