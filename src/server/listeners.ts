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
    this.tcp = await this.listenTcp();
    const path = this.config.get(unixsocket);
    if (path !== '') {
      this.unix = await this.transport.listenUnix(path, this.config.get(unixsocketperm), this.config.get(tcpBacklog));
    }
    this.config.watch([bind, port], () => this.reopen());
  }

  /** Whether CONFIG SET of these addresses, or of the port, is done when it returns. */
  reopenAtOnce(hosts = this.config.get(bind)): boolean {
    return hosts.every((host) => this.transport.listensAtOnce(withoutMinus(host)));
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

  /** Null, or why not; a promise of it where a name must be looked up first. */
  private reopen(): string | null | Promise<string | null> {
    const before = this.tcp;
    // The same port on other addresses can only be had when the old sockets are closed.
    for (const listening of before) listening.close();
    return this.reopenAtOnce() ? this.reopenNow(before) : this.reopenLater(before);
  }

  private reopenNow(before: readonly Listening[]): string | null {
    const opened: Listening[] = [];
    try {
      for (const host of this.wanted(this.config.get(bind))) {
        try {
          opened.push(this.transport.listenTcpNow(...this.place(host, opened)));
        } catch (error) {
          this.failed(host, error);
        }
      }
      this.tcp = opened;
      return null;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      for (const listening of opened) listening.close();
      const backlog = this.config.get(tcpBacklog);
      this.tcp = before.map((old) => this.transport.listenTcpNow(old.host, old.port, backlog));
      return this.refusal(before);
    }
  }

  private async reopenLater(before: readonly Listening[]): Promise<string | null> {
    try {
      this.tcp = await this.listenTcp();
      return null;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      this.tcp = [];
      for (const { host, port: oldPort } of before) {
        this.tcp.push(await this.transport.listenTcp(host, oldPort, this.config.get(tcpBacklog)));
      }
      return this.refusal(before);
    }
  }

  private refusal(before: readonly Listening[]): string {
    const isNewPort = before.some((listening) => listening.port !== this.config.get(port));
    return isNewPort ? 'Unable to listen on this port. Check server logs.' : 'Failed to bind to specified addresses.';
  }

  private async listenTcp(): Promise<Listening[]> {
    const opened: Listening[] = [];
    try {
      for (const host of this.wanted(this.config.get(bind))) {
        try {
          opened.push(await this.transport.listenTcp(...this.place(host, opened)));
        } catch (error) {
          this.failed(host, error);
        }
      }
    } catch (error) {
      for (const listening of opened) listening.close();
      throw error;
    }
    return opened;
  }

  /** The addresses to listen on: none where the port is 0. */
  private wanted(hosts: readonly string[]): readonly string[] {
    return this.config.get(port) === 0 && !this.freePort ? [] : hosts;
  }

  /** What a transport is asked for. The first address chooses a free port for all. */
  private place(host: string, opened: readonly Listening[]): [host: string, port: number, backlog: number] {
    const wantedPort = this.config.get(port);
    return [withoutMinus(host), wantedPort === 0 ? (opened[0]?.port ?? 0) : wantedPort, this.config.get(tcpBacklog)];
  }

  /** Logs why an address cannot be had; throws it unless the address may be missing. */
  private failed(host: string, error: unknown): void {
    if (!(error instanceof TransportError)) throw error;
    const place = `${withoutMinus(host)}:${this.config.get(port)}`;
    this.log.warning(`Warning: Could not create server TCP listening socket ${place}: ${error.message}`);
    const mayBeMissing = host.startsWith('-') && ABSENT_CODES.has(error.code);
    if (!mayBeMissing && error.code !== 'EAFNOSUPPORT') throw error;
  }
}

function withoutMinus(host: string): string {
  return host.startsWith('-') ? host.slice(1) : host;
}
