// The file with the server's process id, for scripts that stop and watch it.

import { unlinkSync, writeFileSync } from 'node:fs';
import { pidfile } from '../config/process.ts';
import type { ServerConfig } from '../config/server-config.ts';
import type { Log } from '../log.ts';

/** Of a server in the background that was given no other. */
export const DAEMON_PID_FILE = '/var/run/redis.pid';

/** Writes it, where one is wanted; returns what removes it again. A server without its file runs all the same. */
export function writePidFile(config: ServerConfig, log: Log): () => void {
  const path = config.get(pidfile);
  if (path === '') return () => undefined;
  const bytes = Buffer.from(path, 'latin1');
  try {
    writeFileSync(bytes, `${process.pid}\n`);
  } catch (error) {
    log.warning(`Failed to write PID file: ${(error as Error).message}`);
    return () => undefined;
  }
  return () => {
    log.notice('Removing the pid file.');
    try {
      unlinkSync(bytes);
    } catch {
      // Someone else removed it: it is gone, as it should be.
    }
  };
}
