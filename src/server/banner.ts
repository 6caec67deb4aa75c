// What the log begins with: the logo, or one line where a log is read by programs.

import { alwaysShowLogo, logfile, syslogEnabled } from './config/process.ts';
import type { Server } from './server.ts';

export function banner(server: Server, isTerminal: boolean): void {
  const { config, log, engine } = server;
  const { mode, version } = engine.identity;
  const toTerminal = isTerminal && config.get(logfile) === '' && !config.get(syslogEnabled);
  if (!toTerminal && !config.get(alwaysShowLogo)) {
    log.notice(`Running mode=${mode}, port=${server.wantedPort()}.`);
    return;
  }
  log.raw(
    'notice',
    `
       .-.
      (   )     Cinnabar, a Redis ${version} (00000000/0) 64 bit
     .-'-'-.
    (       )   Running in ${mode} mode
   .-'-._.-'-.  Port: ${server.wantedPort()}
  (           ) PID: ${process.pid}
   '-._____.-'

`,
  );
}
