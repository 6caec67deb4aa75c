// What the log begins with.

import type { Server } from './server.ts';

export function banner(server: Server): void {
  server.log.raw('notice', `\n  Cinnabar\n  Port: ${server.port()}\n  PID: ${process.pid}\n\n`);
}
