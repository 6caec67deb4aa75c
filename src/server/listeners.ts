// The addresses that a server listens on: those of `bind`, for `port` and `tls-port`, and the unix socket. CONFIG SET moves them: new
// sockets are opened before the old ones are closed, so that a refusal leaves everything as it was.
//
// Sockets that whoever started the server passed on stand in for those of their kind: for `bind` and `port`, for `bind` and
// `tls-port` (those named "tls"), for `unixsocket`. They stay where they are: CONFIG SET of their addresses is refused.

import type { Directive } from '../lib/directive.ts';
import { bind, tcpBacklog, unixsocket, unixsocketperm } from './config/network.ts';
import type { ServerConfig } from './config/server-config.ts';
import type { Log } from './log.ts';
import type { PassedSocket } from './service/passed-sockets.ts';
import { type Listening, type Transport, TransportError } from './transports/transport.ts';

/** Errors of an address that need not exist: "-::1" in `bind`, and IPv6 on a machine without it. */
const ABSENT_CODES: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENOTSUP', 'EPROTONOSUPPORT']);

/** What opens sockets for clients: a transport, for one kind of connection. */
export type Opener = Pick<Transport, 'listenTcp' | 'listensAtOnce' | 'listenTcpNow' | 'adopt'>;

/** The sockets of `bind` for one port directive: clear or encrypted. */
export interface Kind {
  readonly name: 'tcp' | 'tls';
  readonly port: Directive<number>;
  readonly opener: () => Opener;
  /** Port 0 stands for any free one; otherwise for none. */
  readonly freePort: boolean;
}

export interface Description {
  readonly name: 'tcp' | 'tls' | 'unix';
  readonly hosts: readonly string[];
  readonly port: number;
}

export class Listeners {
  private readonly ports: readonly PortListeners[];
  private unix: Listening[] = [];
  private readonly transport: Transport;
  private readonly config: ServerConfig;
  private readonly passed: readonly PassedSocket[];

  constructor(
    transport: Transport,
    config: ServerConfig,
    log: Log,
    kinds: readonly Kind[],
    passed: readonly PassedSocket[] = [],
  ) {
    this.transport = transport;
    this.config = config;
    this.passed = passed;
    this.ports = kinds.map((kind) => new PortListeners(kind, config, log));
  }

  /** Opens all. Rejects with the error of the first address that cannot be had. */
  async open(): Promise<void> {
    for (const socket of this.passed) await this.adopt(socket);
    for (const listeners of this.ports) await listeners.open();
    const path = this.config.get(unixsocket);
    if (path === '' || this.unix.length > 0) return;
    this.unix.push(await this.transport.listenUnix(path, this.config.get(unixsocketperm), this.config.get(tcpBacklog)));
  }

  private async adopt({ descriptor, name }: PassedSocket): Promise<void> {
    const listeners = this.ports.find((each) => each.name === name) ?? this.ports[0]!;
    const listening = await listeners.adopt(descriptor);
    if (listening.port === 0) this.unix.push(listening);
  }

  /** Whether CONFIG SET of these addresses, or of a port, is done when it returns. */
  reopenAtOnce(hosts = this.config.get(bind)): boolean {
    return this.ports.every((listeners) => listeners.reopenAtOnce(hosts));
  }

  /** The port of the first TCP listener, 0 without one. */
  port(): number {
    return this.ports[0]!.port();
  }

  /** What INFO lists: kind, addresses, port. */
  describe(): Description[] {
    const list: Description[] = [];
    for (const listeners of this.ports) if (listeners.count() > 0) list.push(listeners.describe());
    for (const { host } of this.unix) list.push({ name: 'unix', hosts: [host], port: 0 });
    // Redis names the unix socket before the encrypted port.
    return list.sort((one, other) => ORDER.indexOf(one.name) - ORDER.indexOf(other.name));
  }

  close(): void {
    for (const listeners of this.ports) listeners.close();
    for (const listening of this.unix) listening.close();
    this.unix = [];
  }
}

const PASSED_REFUSAL = 'The listening sockets were passed to the server when it was started, and cannot be moved.';

const ORDER: readonly Description['name'][] = ['tcp', 'unix', 'tls'];

class PortListeners {
  readonly name: Kind['name'];
  private open_: Listening[] = [];
  private isAdopted = false;
  private readonly kind: Kind;
  private readonly config: ServerConfig;
  private readonly log: Log;

  constructor(kind: Kind, config: ServerConfig, log: Log) {
    this.name = kind.name;
    this.kind = kind;
    this.config = config;
    this.log = log;
  }

  async open(): Promise<void> {
    if (!this.isAdopted) this.open_ = await this.listen();
    this.config.watch([bind, this.kind.port], () => (this.isAdopted ? PASSED_REFUSAL : this.reopen()));
  }

  /** Takes over a socket; one of TCP is among its own from then on. */
  async adopt(descriptor: number): Promise<Listening> {
    if (this.name === 'tls' && this.config.get(this.kind.port) === 0)
      throw new TransportError('EINVAL', 'a socket for TLS was passed, but tls-port is 0');
    const listening = await this.kind.opener().adopt(descriptor, this.config.get(tcpBacklog));
    if (listening.port === 0) return listening;
    this.isAdopted = true;
    this.open_.push(listening);
    return listening;
  }

  reopenAtOnce(hosts: readonly string[]): boolean {
    // Without a port nothing is opened on any address.
    if (this.wanted(hosts).length === 0) return true;
    const opener = this.kind.opener();
    return hosts.every((host) => opener.listensAtOnce(withoutMinus(host)));
  }

  port(): number {
    return this.open_[0]?.port ?? 0;
  }

  count(): number {
    return this.open_.length;
  }

  describe(): Description {
    return { name: this.kind.name, hosts: this.open_.map(({ host }) => host), port: this.port() };
  }

  close(): void {
    for (const listening of this.open_) listening.close();
    this.open_ = [];
  }

  /** Null, or why not; a promise of it where a name must be looked up first. */
  private reopen(): string | null | Promise<string | null> {
    const before = this.open_;
    // The same port on other addresses can only be had when the old sockets are closed.
    for (const listening of before) listening.close();
    return this.reopenAtOnce(this.config.get(bind)) ? this.reopenNow(before) : this.reopenLater(before);
  }

  private reopenNow(before: readonly Listening[]): string | null {
    const opened: Listening[] = [];
    try {
      for (const host of this.wanted(this.config.get(bind))) {
        try {
          opened.push(this.kind.opener().listenTcpNow(...this.place(host, opened)));
        } catch (error) {
          this.failed(host, error);
        }
      }
      this.open_ = opened;
      return null;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      for (const listening of opened) listening.close();
      const backlog = this.config.get(tcpBacklog);
      this.open_ = before.map((old) => this.kind.opener().listenTcpNow(old.host, old.port, backlog));
      return this.refusal(before);
    }
  }

  private async reopenLater(before: readonly Listening[]): Promise<string | null> {
    try {
      this.open_ = await this.listen();
      return null;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      this.open_ = [];
      for (const { host, port: oldPort } of before) {
        this.open_.push(await this.kind.opener().listenTcp(host, oldPort, this.config.get(tcpBacklog)));
      }
      return this.refusal(before);
    }
  }

  private refusal(before: readonly Listening[]): string {
    const isNewPort = before.some((listening) => listening.port !== this.config.get(this.kind.port));
    return isNewPort ? 'Unable to listen on this port. Check server logs.' : 'Failed to bind to specified addresses.';
  }

  private async listen(): Promise<Listening[]> {
    const opened: Listening[] = [];
    try {
      for (const host of this.wanted(this.config.get(bind))) {
        try {
          opened.push(await this.kind.opener().listenTcp(...this.place(host, opened)));
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
    return this.config.get(this.kind.port) === 0 && !this.kind.freePort ? [] : hosts;
  }

  /** What a transport is asked for. The first address chooses a free port for all. */
  private place(host: string, opened: readonly Listening[]): [host: string, port: number, backlog: number] {
    const wantedPort = this.config.get(this.kind.port);
    return [withoutMinus(host), wantedPort === 0 ? (opened[0]?.port ?? 0) : wantedPort, this.config.get(tcpBacklog)];
  }

  /** Logs why an address cannot be had; throws it unless the address may be missing. */
  private failed(host: string, error: unknown): void {
    if (!(error instanceof TransportError)) throw error;
    const place = `${withoutMinus(host)}:${this.config.get(this.kind.port)}`;
    this.log.warning(
      `Warning: Could not create server ${this.kind.name.toUpperCase()} listening socket ${place}: ${error.message}`,
    );
    const mayBeMissing = host.startsWith('-') && ABSENT_CODES.has(error.code);
    if (!mayBeMissing && error.code !== 'EAFNOSUPPORT') throw error;
  }
}

function withoutMinus(host: string): string {
  return host.startsWith('-') ? host.slice(1) : host;
}
