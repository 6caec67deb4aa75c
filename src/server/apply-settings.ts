// Carries settings into the engine and the log: what they read on their way is a plain field there, set now and after
// each change.

import * as directives from '../engine/directives.ts';
import { payloadsOf } from '../persistence/commands/dump.ts';
import { error, NO_REPLICAS } from '../protocol/errors.ts';
import { clientQueryBufferLimit, maxmemoryClients } from './config/clients.ts';
import { transport } from './config/network.ts';
import { loglevel, reportedVersion } from './config/process.ts';
import { minReplicasMaxLag, minReplicasToWrite } from './config/replication.ts';
import { enableDebugCommand, enableModuleCommand } from './config/security.ts';
import { applyInsightSettings } from './insight-settings.ts';
import { isPermitted } from './permissions.ts';
import type { Server } from './server.ts';

export function applySettings(server: Server): void {
  const { config, engine, log } = server;
  config.follow(reportedVersion, (version) => {
    engine.identity.version = version;
  });
  // Not immutable, so that whoever sets all that CONFIG GET told to what it was has no error.
  const chosen = config.get(transport);
  config.watch(transport, () => (config.get(transport) === chosen ? null : 'the transport is chosen at the start'));
  for (const { from, to } of config.renames) engine.table.rename(from, to);
  config.follow(loglevel, (level) => {
    log.level = level;
  });
  applyClientSettings(server);
  applyMemorySettings(server);
  applyDefragmentationSettings(server);
  applyKeyspaceSettings(server);
  applyInsightSettings(server);
}

function applyClientSettings(server: Server): void {
  const { config, engine } = server;
  config.follow(directives.requirepass, (password) => engine.acl.setDefaultPassword(password));
  config.follow(directives.acllogMaxLen, (entries) => {
    engine.acl.log.entriesMax = entries;
  });
  config.follow(clientQueryBufferLimit, (bytes) => {
    engine.queryBufferMax = bytes;
  });
  config.follow(directives.protoMaxBulkLen, (bytes) => {
    engine.bulkBytesMax = bytes;
    for (const session of engine.sessions.values()) session.parser.bulkBytesMax = bytes;
  });
  const debug = protectedRefusal('DEBUG', 'enable-debug-command');
  const modules = protectedRefusal('MODULE', 'enable-module-command');
  engine.admission.hooks.protected = (session, command) => {
    const isDebug = command.startsWith('debug');
    if (isPermitted(config.get(isDebug ? enableDebugCommand : enableModuleCommand), session)) return null;
    return isDebug ? debug : modules;
  };
}

function protectedRefusal(command: string, directive: string): Uint8Array {
  return error(
    `ERR ${command} command not allowed. If the ${directive} option is set to "local", you can run it from a local ` +
      'connection, otherwise you need to set this option in the configuration file, and then restart the server.',
  );
}

function applyMemorySettings(server: Server): void {
  const { config, engine } = server;
  const { eviction } = engine;
  const limitClients = () => {
    const { bytes, percent } = config.get(maxmemoryClients);
    const total = config.get(directives.maxmemory);
    engine.clientMemory.setLimit(percent > 0 ? Math.floor((total / 100) * percent) : bytes, total > 0);
    server.workSoon();
  };
  config.follow(directives.maxmemory, (bytes) => {
    eviction.setLimit(bytes);
    limitClients();
  });
  config.follow(maxmemoryClients, limitClients);
  config.follow(directives.maxmemoryPolicy, (policy) => {
    eviction.setPolicy(policy);
    server.workSoon();
  });
  config.follow(directives.maxmemorySamples, (samples) => {
    eviction.samples = samples;
  });
  config.follow(directives.maxmemoryEvictionTenacity, (tenacity) => eviction.setTenacity(tenacity));
  config.follow(directives.lazyfreeLazyEviction, (lazy) => {
    eviction.lazy = lazy;
  });
}

function applyDefragmentationSettings(server: Server): void {
  const { config } = server;
  const { limits } = server.engine.defragmentation;
  config.follow(directives.activedefrag, (on) => {
    limits.isOn = on;
    server.workSoon();
  });
  config.follow(directives.activeDefragIgnoreBytes, (bytes) => {
    limits.ignoreBytes = bytes;
  });
  config.follow(directives.activeDefragThresholdLower, (percent) => {
    limits.thresholdLower = percent;
  });
  config.follow(directives.activeDefragThresholdUpper, (percent) => {
    limits.thresholdUpper = percent;
  });
  config.follow(directives.activeDefragCycleMin, (percent) => {
    limits.cycleMin = percent;
  });
  config.follow(directives.activeDefragCycleMax, (percent) => {
    limits.cycleMax = percent;
  });
}

function applyKeyspaceSettings(server: Server): void {
  const { config, engine, log } = server;
  payloadsOf(engine.keyspace, engine.access).onDamaged = (reason) => {
    log.verbose(`Internal error in RDB reading: ${reason}`);
  };
  config.follow(directives.notifyKeyspaceEvents, (classes) => {
    engine.changes.notifyClasses = classes;
    engine.refreshEffects();
  });
  config.follow(directives.trackingTableMaxKeys, (keys) => engine.tracking.limitKeys(keys));
  config.follow(minReplicasToWrite, () => server.refusalChanged());
  config.follow(minReplicasMaxLag, () => server.refusalChanged());
  // A primary without replicas has too few of them as soon as any are asked for.
  engine.admission.hooks.write = () => server.persistence.writeRefusal() ?? NO_REPLICAS;
  config.follow(directives.lfuLogFactor, (factor) => {
    engine.access.logFactor = factor;
  });
  config.follow(directives.lfuDecayTime, (minutes) => {
    engine.access.decayMinutes = minutes;
  });
  config.follow(directives.listMaxListpackSize, (size) => engine.keyspace.lists.limitPacks(size));
  config.follow(directives.listCompressDepth, (depth) => {
    engine.keyspace.lists.quicklist.compressDepth = depth;
  });
  config.follow(directives.hashMaxListpackEntries, (entries) => {
    engine.keyspace.hashes.packedEntriesMax = entries;
  });
  config.follow(directives.hashMaxListpackValue, (bytes) => {
    engine.keyspace.hashes.packedValueBytesMax = bytes;
  });
  config.follow(directives.hllSparseMaxBytes, (bytes) => {
    engine.hllSparseBytesMax = bytes;
  });
  config.follow(directives.setMaxIntsetEntries, (entries) => {
    engine.keyspace.sets.intSetEntriesMax = entries;
  });
  config.follow(directives.setMaxListpackEntries, (entries) => {
    engine.keyspace.sets.packedEntriesMax = entries;
  });
  config.follow(directives.setMaxListpackValue, (bytes) => {
    engine.keyspace.sets.packedValueBytesMax = bytes;
  });
  config.follow(directives.lazyfreeLazyExpire, (lazy) => {
    engine.keyspace.lazyExpire = lazy;
  });
  config.follow(directives.lazyfreeLazyUserDel, (lazy) => {
    engine.keyspace.lazyUserDel = lazy;
  });
  config.follow(directives.lazyfreeLazyUserFlush, (lazy) => {
    engine.lazyUserFlush = lazy;
  });
  config.follow(directives.zsetMaxListpackEntries, (entries) => {
    engine.keyspace.sortedSets.packedEntriesMax = entries;
  });
  config.follow(directives.zsetMaxListpackValue, (bytes) => {
    engine.keyspace.sortedSets.packedValueBytesMax = bytes;
  });
  config.follow(directives.streamNodeMaxBytes, (bytes) => {
    engine.keyspace.streams.log.blockBytesMax = bytes;
  });
  config.follow(directives.streamNodeMaxEntries, (entries) => {
    engine.keyspace.streams.log.blockEntriesMax = entries;
  });
  config.follow(directives.streamIdmpDuration, (seconds) => {
    engine.keyspace.streams.producers.durationFirst = seconds;
  });
  config.follow(directives.streamIdmpMaxsize, (messages) => {
    engine.keyspace.streams.producers.maxsizeFirst = messages;
  });
  config.follow(directives.lazyfreeLazyServerDel, (lazy) => {
    engine.keyspace.lazyServerDel = lazy;
  });
}
