// The sections of INFO that the server itself knows: the process, its clients, its memory, its rates.

import { clientType } from '../engine/client-list.ts';
import * as directives from '../engine/directives.ts';
import { humanBytes, type InfoFields, type InfoSection } from '../engine/info.ts';
import { STAT_COMMAND_MS, STAT_LAZY_FREED } from '../engine/statistics.ts';
import { maxclients } from './config/clients.ts';
import { hz } from './config/process.ts';
import { cpuUse, machineBytes, mainThreadCpuUse, residentBytes, systemName } from './process-facts.ts';
import type { Server } from './server.ts';

const DAY_SECONDS = 86_400;
const BUILD_ID = '0'.repeat(16);

export function serverInfo(server: Server): readonly InfoSection[] {
  return [
    { name: 'server', title: 'Server', shown: 'default', write: (fields) => writeServer(server, fields) },
    { name: 'clients', title: 'Clients', shown: 'default', write: (fields) => writeClients(server, fields) },
    { name: 'memory', title: 'Memory', shown: 'default', write: (fields) => writeMemory(server, fields) },
    { name: 'stats', title: 'Stats', shown: 'default', write: (fields) => writeRates(server, fields) },
    { name: 'cpu', title: 'CPU', shown: 'default', write: writeCpu },
    { name: 'modules', title: 'Modules', shown: 'default', write: () => undefined },
    { name: 'debug', title: 'Debug', shown: 'never', write: (fields) => writeDebug(server, fields) },
  ];
}

function writeServer(server: Server, fields: InfoFields): void {
  const { config, engine } = server;
  const now = engine.clock.now();
  const uptime = Math.floor((now - server.startedAt) / 1000);
  fields.add('redis_version', engine.identity.version);
  fields.add('redis_git_sha1', '00000000');
  fields.add('redis_git_dirty', 0);
  fields.add('redis_build_id', BUILD_ID);
  fields.add('redis_mode', engine.identity.mode);
  fields.add('os', systemName());
  fields.add('arch_bits', 64);
  fields.add('monotonic_clock', 'POSIX clock_gettime');
  fields.add('multiplexing_api', server.transport.name === 'native' ? 'epoll' : 'libuv');
  fields.add('atomicvar_api', 'none');
  fields.add('gcc_version', '0.0.0');
  fields.add('runtime_version', process.version);
  fields.add('transport', server.transport.name);
  fields.add('transport_reason', server.transportReason);
  fields.add('process_id', process.pid);
  fields.add('process_supervised', server.supervisor);
  fields.add('run_id', server.vitals.runId);
  fields.add('tcp_port', server.port());
  fields.add('server_time_usec', Math.floor(now * 1000));
  fields.add('uptime_in_seconds', uptime);
  fields.add('uptime_in_days', Math.floor(uptime / DAY_SECONDS));
  fields.add('hz', config.get(hz));
  fields.add('configured_hz', config.get(hz));
  fields.add('lru_clock', Math.floor(now / 1000) & 0xffffff);
  fields.add('executable', server.executable);
  fields.add('config_file', config.configFile ?? '');
  fields.add('io_threads_active', 0);
  for (const [index, { name, hosts, port }] of server.listeners.describe().entries()) {
    const addresses = hosts.map((host) => `,bind=${host}`).join('');
    fields.add(`listener${index}`, `name=${name}${addresses}${name === 'unix' ? '' : `,port=${port}`}`);
  }
}

function writeClients(server: Server, fields: InfoFields): void {
  const { engine, config } = server;
  let input = 0;
  let output = 0;
  let pubsub = 0;
  let watching = 0;
  let watchedKeys = 0;
  let timed = 0;
  for (const session of engine.sessions.values()) {
    input = Math.max(input, session.input.length);
    output = Math.max(output, session.peer.outputMemory());
    if (clientType(session) === 'pubsub') pubsub++;
    if (session.watched.length > 0) watching++;
    if (session.blocked !== null && session.blocked.deadline !== Number.POSITIVE_INFINITY) timed++;
  }
  for (const database of engine.keyspace.databases) watchedKeys += database.watchers.size;
  fields.add('connected_clients', engine.sessions.size);
  fields.add('cluster_connections', 0);
  fields.add('maxclients', config.get(maxclients));
  fields.add('client_recent_max_input_buffer', input);
  fields.add('client_recent_max_output_buffer', output);
  fields.add('blocked_clients', engine.blocked.count + engine.pausedCount());
  fields.add('tracking_clients', engine.tracking.clients);
  fields.add('pubsub_clients', pubsub);
  fields.add('watching_clients', watching);
  fields.add('clients_in_timeout_table', timed);
  fields.add('total_watched_keys', watchedKeys);
  fields.add('total_blocking_keys', engine.blocked.keyCount);
  fields.add('total_blocking_keys_on_nokey', engine.blocked.wakeOnDeleteCount);
}

function writeMemory(server: Server, fields: InfoFields): void {
  const { engine, config } = server;
  const use = server.vitals.memory.measure();
  const rss = residentBytes();
  const percent = (part: number, whole: number) => `${((whole === 0 ? 0 : part / whole) * 100).toFixed(2)}%`;
  const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole).toFixed(2);
  const maxmemory = config.get(directives.maxmemory);
  fields.bytes('used_memory', use.used);
  fields.bytes('used_memory_rss', rss);
  fields.bytes('used_memory_peak', use.peak);
  fields.add('used_memory_peak_perc', percent(use.used, use.peak));
  fields.add('used_memory_overhead', use.overhead);
  fields.add('used_memory_startup', use.startup);
  fields.add('used_memory_dataset', use.dataset);
  fields.add('used_memory_dataset_perc', percent(use.dataset, Math.max(use.dataset, use.used - use.startup)));
  fields.add('allocator_allocated', use.flat);
  fields.add('allocator_active', use.segments);
  fields.add('allocator_resident', use.segments);
  fields.add('allocator_muzzy', 0);
  fields.bytes('total_system_memory', machineBytes());
  fields.add('used_memory_lua', 0);
  fields.add('used_memory_vm_eval', 0);
  fields.add('used_memory_lua_human', '0B');
  for (const name of ['used_memory_scripts_eval', 'number_of_cached_scripts', 'number_of_functions']) {
    fields.add(name, 0);
  }
  fields.add('number_of_libraries', 0);
  fields.add('used_memory_vm_functions', 0);
  fields.bytes('used_memory_vm_total', 0);
  fields.add('used_memory_functions', 0);
  fields.bytes('used_memory_scripts', 0);
  fields.add('maxmemory', maxmemory);
  fields.add('maxmemory_human', humanBytes(maxmemory));
  fields.add('maxmemory_policy', config.get(directives.maxmemoryPolicy));
  fields.add('allocator_frag_ratio', ratio(use.segments, use.flat));
  fields.add('allocator_frag_bytes', use.segments - use.flat);
  fields.add('allocator_rss_ratio', '1.00');
  fields.add('allocator_rss_bytes', 0);
  fields.add('rss_overhead_ratio', ratio(rss, use.segments));
  fields.add('rss_overhead_bytes', rss - use.segments);
  fields.add('mem_fragmentation_ratio', ratio(rss, use.used));
  fields.add('mem_fragmentation_bytes', rss - use.used);
  fields.add('mem_not_counted_for_evict', engine.keyspace.memory.heldBytes());
  for (const name of ['replication_backlog', 'total_replication_buffers', 'clients_slaves']) {
    fields.add(`mem_${name}`, 0);
  }
  fields.add('mem_clients_normal', use.clients);
  fields.add('mem_cluster_links', 0);
  fields.add('mem_aof_buffer', 0);
  fields.add('mem_allocator', 'flat');
  fields.add('mem_overhead_db_hashtable_rehashing', 0);
  fields.add('active_defrag_running', engine.defragmentation.running());
  fields.add('lazyfree_pending_objects', engine.keyspace.disposals.pending());
  fields.add('lazyfreed_objects', engine.statistics.counters[STAT_LAZY_FREED]!);
}

function writeRates(server: Server, fields: InfoFields): void {
  const { rates, loop } = server.vitals;
  const kilobytes = (bytes: number) => (bytes / 1024).toFixed(2);
  const cycles = rates.cycles.perSecond();
  fields.add('instantaneous_ops_per_sec', Math.floor(rates.commands.perSecond()));
  fields.add('instantaneous_input_kbps', kilobytes(rates.inputBytes.perSecond()));
  fields.add('instantaneous_output_kbps', kilobytes(rates.outputBytes.perSecond()));
  fields.add('expired_stale_perc', '0.00');
  fields.add('eventloop_cycles', loop.cycles());
  fields.add('eventloop_duration_sum', Math.floor(loop.busyMicroseconds()));
  fields.add('eventloop_duration_cmd_sum', Math.floor(server.engine.statistics.counters[STAT_COMMAND_MS]! * 1000));
  fields.add('instantaneous_eventloop_cycles_per_sec', Math.floor(cycles));
  fields.add(
    'instantaneous_eventloop_duration_usec',
    cycles === 0 ? 0 : Math.floor(rates.busyMicroseconds.perSecond() / cycles),
  );
}

function writeCpu(fields: InfoFields): void {
  const seconds = (microseconds: number) => (microseconds / 1e6).toFixed(6);
  const all = cpuUse();
  const main = mainThreadCpuUse();
  fields.add('used_cpu_sys', seconds(all.system));
  fields.add('used_cpu_user', seconds(all.user));
  fields.add('used_cpu_sys_children', seconds(0));
  fields.add('used_cpu_user_children', seconds(0));
  fields.add('used_cpu_sys_main_thread', seconds(main.system));
  fields.add('used_cpu_user_main_thread', seconds(main.user));
}

/** Writing the log is part of the tick and not told apart: its own sum stays 0. */
function writeDebug(server: Server, fields: InfoFields): void {
  fields.add('eventloop_duration_aof_sum', 0);
  fields.add('eventloop_duration_cron_sum', Math.floor(server.vitals.loop.cronMicroseconds()));
  fields.add('eventloop_duration_max', Math.floor(server.vitals.loop.longestMicroseconds()));
  fields.add('eventloop_cmd_per_cycle_max', server.vitals.loop.commandsMax);
}
