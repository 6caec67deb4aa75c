// The addresses that a server listens on: those of `bind` and `port`, and the unix socket. CONFIG SET moves them: new
// sockets are opened before the old ones are closed, so that a refusal leaves everything as it was.

import { bind, port, tcpBacklog, unixsocket, unixsocketperm } from './config/network.ts';
import type { ServerConfig } from './config/server-config.ts';
import type { Log } from './log.ts';
import { type Listening, type Transport, TransportError } from './transports/transport.ts';

/** Errors of an address that need not exist: "-::1" in `bind`, and IPv6 on a machine without it. */
const ABSENT_CODES: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENOTSUP', 'EPROTONOSUPPORT']);

export class Listeners {
  private tcp: Listening[] = [];
  private unix: Listening | null = null;
  private readonly transport: Transport;
  private readonly config: ServerConfig;
  private readonly log: Log;
  private readonly freePort: boolean;

  /** `freePort`: port 0 stands for any free one; otherwise for none. */
  constructor(transport: Transport, config: ServerConfig, log: Log, freePort: boolean) {
    this.transport = transport;
    this.config = config;
    this.log = log;
    this.freePort = freePort;
  }

  /** Opens all. Rejects with the error of the first address that cannot be had. */
  async open(): Promise<void> {
    this.tcp = await this.listenTcp(this.config.get(bind), this.config.get(port));
    const path = this.config.get(unixsocket);
    if (path !== '') {
      this.unix = await this.transport.listenUnix(path, this.config.get(unixsocketperm), this.config.get(tcpBacklog));
    }
    this.config.watch([bind, port], () => this.reopen());
  }

  /** The port of the first TCP listener, 0 without one. */
  port(): number {
    return this.tcp[0]?.port ?? 0;
  }

  /** What INFO lists: kind, addresses, port. */
  describe(): { readonly name: 'tcp' | 'unix'; readonly hosts: readonly string[]; readonly port: number }[] {
    const list = [];
    if (this.tcp.length > 0)
      list.push({ name: 'tcp' as const, hosts: this.tcp.map(({ host }) => host), port: this.port() });
    if (this.unix !== null) list.push({ name: 'unix' as const, hosts: [this.unix.host], port: 0 });
    return list;
  }

  close(): void {
    for (const listening of this.tcp) listening.close();
    this.unix?.close();
    this.tcp = [];
    this.unix = null;
  }

  private async reopen(): Promise<string | null> {
    const before = this.tcp;
    // The same port on other addresses can only be had when the old sockets are closed.
    for (const listening of before) listening.close();
    try {
      this.tcp = await this.listenTcp(this.config.get(bind), this.config.get(port));
      return null;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      this.tcp = [];
      for (const { host, port: oldPort } of before) {
        this.tcp.push(await this.transport.listenTcp(host, oldPort, this.config.get(tcpBacklog)));
      }
      const isNewPort = before.some((listening) => listening.port !== this.config.get(port));
      return isNewPort ? 'Unable to listen on this port. Check server logs.' : 'Failed to bind to specified addresses.';
    }
  }

  private async listenTcp(hosts: readonly string[], wantedPort: number): Promise<Listening[]> {
    const opened: Listening[] = [];
    if (wantedPort === 0 && !this.freePort) return opened;
    try {
      for (const each of hosts) {
        const optional = each.startsWith('-');
        const host = optional ? each.slice(1) : each;
        try {
          // The first address chooses a free port for all.
          const chosen = wantedPort === 0 ? (opened[0]?.port ?? 0) : wantedPort;
          opened.push(await this.transport.listenTcp(host, chosen, this.config.get(tcpBacklog)));
        } catch (error) {
          if (!(error instanceof TransportError)) throw error;
          this.log.warning(
            `Warning: Could not create server TCP listening socket ${host}:${wantedPort}: ${error.message}`,
          );
          if (!(optional && ABSENT_CODES.has(error.code)) && error.code !== 'EAFNOSUPPORT') throw error;
        }
      }
    } catch (error) {
      for (const listening of opened) listening.close();
      throw error;
    }
    return opened;
  }
}
