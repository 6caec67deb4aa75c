// Where the log goes: to its file or standard output, to the system's log, and to the launcher of a daemon that starts.

import { resolve } from 'node:path';
import { dir } from '../../persistence/directives.ts';
import { logSink } from '../config/config-disk.ts';
import { logfile, syslogEnabled, syslogFacility, syslogIdent } from '../config/process.ts';
import type { ServerConfig } from '../config/server-config.ts';
import type { Log } from '../log.ts';
import type { LauncherTie } from './daemon.ts';
import { datagramsTo } from './datagrams.ts';
import { SYSTEM_LOG_PATH, systemLog } from './system-log.ts';

/** Opens what the configuration names. */
export function openLogs(
  config: ServerConfig,
  log: Log,
  launcher: LauncherTie | null,
  systemLogPath = SYSTEM_LOG_PATH,
): void {
  const path = config.get(logfile);
  const sink = path === '' ? log.sink : logSink(resolve(config.get(dir), path));
  log.sink = sink;
  if (launcher !== null) {
    log.sink = (line) => {
      sink(line);
      launcher.tell(line);
    };
  }
  if (!config.get(syslogEnabled)) return;
  const send = datagramsTo(systemLogPath);
  if (send === null) {
    log.warning('syslog-enabled has no effect: this system or this Node cannot send to the log of the system.');
    return;
  }
  log.system = systemLog({
    ident: config.get(syslogIdent),
    facility: config.get(syslogFacility),
    pid: process.pid,
    now: Date.now,
    send,
  });
}
