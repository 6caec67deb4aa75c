// Carries settings into the engine: what it reads on its way is a plain field there, set now and after each change.

import * as directives from '../engine/directives.ts';
import { clientQueryBufferLimit } from './config/clients.ts';
import type { Server } from './server.ts';

export function applySettings(server: Server): void {
  const { config, engine } = server;
  config.follow(clientQueryBufferLimit, (bytes) => {
    engine.queryBufferMax = bytes;
  });
  config.follow(directives.lfuLogFactor, (factor) => {
    engine.access.logFactor = factor;
  });
  config.follow(directives.lfuDecayTime, (minutes) => {
    engine.access.decayMinutes = minutes;
  });
  config.follow(directives.maxmemoryPolicy, (policy) => {
    engine.access.frequency = policy.endsWith('-lfu');
  });
}
