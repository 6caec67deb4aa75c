// Carries the settings of what the server measures about itself into the engine: slow log, latency.

import type { CommandLog } from '../engine/command-log.ts';
import type { Directive } from '../lib/directive.ts';
import * as monitoring from './config/monitoring.ts';
import { residentBytes } from './process-facts.ts';
import type { Server } from './server.ts';
import { Watchdog } from './watchdog.ts';

export function applyInsightSettings(server: Server): void {
  const { config, engine } = server;
  const { watch } = engine;
  const follow = (log: CommandLog, threshold: Directive<number>, lengthMax: Directive<number>) => {
    config.follow(threshold, (amount) => {
      log.threshold = amount;
      engine.rewatch();
    });
    config.follow(lengthMax, (length) => {
      log.lengthMax = length;
      engine.rewatch();
    });
  };
  follow(watch.slow, monitoring.slowlogLogSlowerThan, monitoring.slowlogMaxLen);
  follow(watch.largeRequests, monitoring.commandlogRequestLargerThan, monitoring.commandlogLargeRequestMaxLen);
  follow(watch.largeReplies, monitoring.commandlogReplyLargerThan, monitoring.commandlogLargeReplyMaxLen);
  config.follow(monitoring.slowlogEntryMaxArgc, (count) => {
    watch.argumentsMax = count;
  });
  config.follow(monitoring.slowlogEntryMaxStringLen, (bytes) => {
    watch.argumentBytesMax = bytes;
  });
  config.follow(monitoring.latencyMonitorThreshold, (milliseconds) => {
    watch.monitor.threshold = milliseconds;
    engine.rewatch();
  });
  new Watchdog(server);
  engine.memoryFacts = () => ({
    ...server.vitals.memory.measure(),
    logBuffer: server.persistence.log.log.pendingBytes(),
    resident: residentBytes(),
  });
  config.follow(monitoring.latencyTracking, (on) => engine.latency.track(on));
  config.follow(monitoring.latencyTrackingInfoPercentiles, (percentiles) => {
    engine.latencyPercentiles = percentiles;
  });
}
