// The port for encrypted connections, and those that the server opens itself. Whatever the transport is, these go through
// node:tls.

import type { Socket } from 'node:net';
import type { ServerConfig } from './config/server-config.ts';
import { tlsCluster } from './config/tls.ts';
import type { Log } from './log.ts';
import type { Encryption } from './migration-links.ts';
import { readTlsSettings, TLS_DIRECTIVES, TlsRefusal, usesTls } from './tls-settings.ts';
import { NodeTransport } from './transports/node-net.ts';
import { TlsSecurity } from './transports/tls.ts';
import type { TransportHost, TransportOptions } from './transports/transport.ts';

const REFUSAL = 'Unable to update TLS configuration. Check server logs.';

export class SecurePort implements Encryption {
  readonly transport: NodeTransport;
  private readonly security: TlsSecurity;
  private readonly config: ServerConfig;
  private readonly log: Log;

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
    const isUsable = !usesTls(this.config) || this.configure();
    // Before the listeners' own watch: a port is opened only where connections to it can be made.
    this.config.watch(TLS_DIRECTIVES, () => this.refusal());
    return isUsable;
  }

  /** tls-cluster: whether connections to other servers are encrypted, by `encrypt`. */
  encryptsOutgoing(): boolean {
    return this.config.get(tlsCluster);
  }

  encrypt(socket: Socket): Socket {
    return this.security.encrypt(socket);
  }

  close(): void {
    this.transport.close();
  }

  private refusal(): string | null {
    return !usesTls(this.config) || this.configure() ? null : REFUSAL;
  }

  private configure(): boolean {
    try {
      this.security.configure(readTlsSettings(this.config));
      return true;
    } catch (error) {
      // What node:tls throws tells what OpenSSL has against a file or a list.
      const reason = error instanceof Error ? error.message : String(error);
      this.log.warning(error instanceof TlsRefusal ? reason : `Failed to configure TLS: ${reason}`);
      return false;
    }
  }
}
