// The title of the process, as ps shows it (set-proc-title, proc-title-template), and its name, as pgrep and killall know it.

import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { bind, port, unixsocket } from './config/network.ts';
import { procTitleTemplate, setProcTitle } from './config/process.ts';
import { tlsPort } from './config/tls.ts';
import type { Server } from './server.ts';

/** Shows the title, now and whenever it changes. */
export function showProcessTitle(server: Server): void {
  const { config } = server;
  if (!config.get(setProcTitle)) return;
  const show = (): null => {
    process.title = processTitle(server);
    nameProcess(basename(server.executable));
    return null;
  };
  config.watch([procTitleTemplate, bind, port, tlsPort], show);
  show();
}

/** Node makes the title's first 15 bytes the name too. */
function nameProcess(name: string): void {
  if (process.platform !== 'linux' || name === '') return;
  try {
    writeFileSync('/proc/self/comm', name);
  } catch {
    // Without /proc the name is the beginning of the title.
  }
}

/** What the title shows of a server. */
export interface Titled {
  readonly config: Server['config'];
  readonly executable: string;
  readonly engine: { readonly identity: { readonly mode: string } };
}

export function processTitle(server: Titled): string {
  const { config, engine } = server;
  const path = config.get(unixsocket);
  const encrypted = config.get(tlsPort);
  const listening = config.get(port) || encrypted;
  const host = config.get(bind)[0] ?? '*';
  const values: Readonly<Record<string, string>> = {
    title: server.executable,
    'listen-addr': listening === 0 && path !== '' ? `unixsocket:${path}` : `${host}:${listening}`,
    'server-mode': engine.identity.mode === 'standalone' ? '' : `[${engine.identity.mode}]`,
    port: `${config.get(port)}`,
    'tls-port': `${encrypted}`,
    unixsocket: path,
    'config-file': config.configFile ?? '-',
  };
  const title = config
    .get(procTitleTemplate)
    .replace(/\{\{|\{([a-z-]+)\}/g, (whole, name) => (whole === '{{' ? '{' : (values[name] ?? '')));
  return title.trimEnd();
}
