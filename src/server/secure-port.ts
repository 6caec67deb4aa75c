// The port for encrypted connections. Whatever the transport is, these come through node:tls.

import type { ServerConfig } from './config/server-config.ts';
import { tlsPort } from './config/tls.ts';
import type { Log } from './log.ts';
import { readTlsSettings, TLS_DIRECTIVES, TlsRefusal } from './tls-settings.ts';
import { NodeTransport } from './transports/node-net.ts';
import { TlsSecurity } from './transports/tls.ts';
import type { TransportHost, TransportOptions } from './transports/transport.ts';

const REFUSAL = 'Unable to update TLS configuration. Check server logs.';

export class SecurePort {
  readonly transport: NodeTransport;
  private readonly security: TlsSecurity;
  private readonly config: ServerConfig;
  private readonly log: Log;
  private isConfigured = false;

  constructor(host: TransportHost, options: TransportOptions, config: ServerConfig, log: Log) {
    this.config = config;
    this.log = log;
    this.security = new TlsSecurity((reason) => log.verbose(`Error accepting a client connection: ${reason}`));
    this.transport = new NodeTransport(host, options, this.security);
  }

  /**
   * Takes the settings into use, and follows their changes. False, after saying so in the log, when they cannot be used. To
   * be called before the port is opened.
   */
  start(): boolean {
    const isUsable = this.config.get(tlsPort) === 0 || this.configure();
    // Before the listeners' own watch: a port is opened only where connections to it can be made.
    this.config.watch([tlsPort, ...TLS_DIRECTIVES], () => this.refusal());
    return isUsable;
  }

  close(): void {
    this.transport.close();
  }

  private refusal(): string | null {
    // Nobody uses them: they may be given in any order.
    if (this.config.get(tlsPort) === 0 && !this.isConfigured) return null;
    return this.configure() ? null : REFUSAL;
  }

  private configure(): boolean {
    try {
      this.security.configure(readTlsSettings(this.config));
      this.isConfigured = true;
      return true;
    } catch (error) {
      // What node:tls throws tells what OpenSSL has against a file or a list.
      const reason = error instanceof Error ? error.message : String(error);
      this.log.warning(error instanceof TlsRefusal ? reason : `Failed to configure TLS: ${reason}`);
      return false;
    }
  }
}
