// The title of the process, as ps shows it (set-proc-title, proc-title-template).

import { bind, port, unixsocket } from './config/network.ts';
import { procTitleTemplate, setProcTitle } from './config/process.ts';
import type { Server } from './server.ts';

/** Shows the title, now and whenever it changes. */
export function showProcessTitle(server: Server): void {
  const { config } = server;
  if (!config.get(setProcTitle)) return;
  config.watch([procTitleTemplate, bind, port], () => {
    process.title = processTitle(server);
    return null;
  });
  process.title = processTitle(server);
}

export function processTitle(server: Server): string {
  const { config, engine } = server;
  const path = config.get(unixsocket);
  const tcpPort = config.get(port);
  const host = config.get(bind)[0] ?? '*';
  const values: Readonly<Record<string, string>> = {
    title: server.executable,
    'listen-addr': tcpPort === 0 && path !== '' ? path : `${host}:${tcpPort}`,
    'server-mode': engine.identity.mode === 'standalone' ? '' : `[${engine.identity.mode}]`,
    port: `${tcpPort}`,
    'tls-port': '0',
    unixsocket: path,
    'config-file': config.configFile ?? '',
  };
  const title = config
    .get(procTitleTemplate)
    .replace(/\{\{|\{([a-z-]+)\}/g, (whole, name) => (whole === '{{' ? '{' : (values[name] ?? '')));
  return title.trimEnd();
}
