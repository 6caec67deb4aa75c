// What the process does when it is told to end: SIGTERM and SIGINT end the server in order, a second SIGINT at once.

import type { Server } from './server.ts';

export function obeySignals(server: Server, exit: (code: number) => void): void {
  let isEnding = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isEnding && signal === 'SIGINT') {
        server.log.raw('notice', 'You insist... exiting now.\n');
        exit(1);
        return;
      }
      isEnding = true;
      server.log.warning(`Received ${signal} scheduling shutdown...`);
      server.shutdown({ save: null, force: false }, () => {
        isEnding = false;
      });
    });
  }
}
