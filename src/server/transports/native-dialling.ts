// An outgoing connection of the native transport, until it is connected or has failed. A name may have several
// addresses: they are tried one after the other, and the failure of the last is reported.

import { FAILED, HUNG_UP, type Libc, WRITABLE } from './native-libc.ts';
import type { NativeLink } from './native-link.ts';
import { dialIp, dialPath, pendingError } from './native-sockets.ts';
import {
  formatSockaddr,
  type IpAddress,
  type LinkAddresses,
  parseHost,
  resolveHost,
  sockaddrIsLocal,
  unixAddresses,
} from './socket-address.ts';
import { fromNodeError, transportError } from './socket-errors.ts';
import {
  type Destination,
  type Dialer,
  type Receiver,
  TransportError,
  type TransportHost,
  type TransportOptions,
} from './transport.ts';

/** What an outgoing connection needs of its transport. */
export interface DiallingOwner {
  readonly libc: Libc;
  readonly host: TransportHost;
  readonly options: TransportOptions;
  isClosed(): boolean;
  nextGeneration(): number;
  watch(dialling: Dialling, events: number): boolean;
  unwatch(dialling: Dialling): void;
  admit(descriptor: number, addresses: LinkAddresses, choose: (link: NativeLink) => Receiver | null): void;
  soon(run: () => void): void;
  /** The server's code threw. */
  fatal(error: unknown): void;
}

export class Dialling {
  /** Of the attempt that is under way. */
  descriptor = -1;
  generation = 0;
  readonly #owner: DiallingOwner;
  readonly #destination: Destination;
  readonly #dialer: Dialer;
  #addresses: readonly IpAddress[] = [];
  #next = 0;

  constructor(owner: DiallingOwner, destination: Destination, dialer: Dialer) {
    this.#owner = owner;
    this.#destination = destination;
    this.#dialer = dialer;
  }

  start(): void {
    const destination = this.#destination;
    if (destination.kind === 'unix') {
      this.#attempt(transportError('connect', 'EIO'));
      return;
    }
    resolveHost(destination.host, (addresses, error) => {
      if (addresses === null) {
        this.#fail(error ?? transportError('getaddrinfo', 'ENOTFOUND'));
        return;
      }
      this.#addresses = addresses;
      this.#attempt(transportError('getaddrinfo', 'ENOTFOUND'));
    });
  }

  /** The socket is connected, or it is not. */
  handle(events: number): void {
    const { libc } = this.#owner;
    const failure = pendingError(libc, this.descriptor);
    if (failure !== '' || (events & (FAILED | HUNG_UP)) !== 0) {
      this.close();
      this.#attempt(transportError('connect', failure || 'ECONNREFUSED'));
      return;
    }
    const descriptor = this.descriptor;
    this.#owner.unwatch(this);
    this.descriptor = -1;
    this.#owner.admit(descriptor, this.#addressesOf(descriptor), (link) => this.#dialer.connected(link));
  }

  #addressesOf(descriptor: number): LinkAddresses {
    if (this.#destination.kind === 'unix') return unixAddresses(this.#destination.path);
    const { libc } = this.#owner;
    const peer = libc.socketName(descriptor, 'getpeername');
    const local = formatSockaddr(libc.socketName(descriptor, 'getsockname'));
    return { remote: formatSockaddr(peer), local, remoteIsLocal: peer !== null && sockaddrIsLocal(peer) };
  }

  failed(error: unknown): void {
    this.#owner.fatal(error);
  }

  close(): void {
    if (this.descriptor < 0) return;
    this.#owner.unwatch(this);
    this.#owner.libc.functions.close(this.descriptor);
    this.descriptor = -1;
  }

  /** Tries the addresses that are left until one is under way. `last`: why the one before failed. */
  #attempt(last: TransportError): void {
    if (this.#owner.isClosed()) return;
    let failure = last;
    for (;;) {
      try {
        const descriptor = this.#dialNext();
        if (descriptor < 0) break;
        this.descriptor = descriptor;
        this.generation = this.#owner.nextGeneration();
        if (this.#owner.watch(this, WRITABLE)) return;
        failure = this.#owner.libc.failure('epoll_ctl');
        this.close();
      } catch (error) {
        failure = error instanceof TransportError ? error : fromNodeError('connect', error);
      }
    }
    this.#fail(failure);
  }

  /** The descriptor of the next attempt, or -1 when there is none left. */
  #dialNext(): number {
    const { libc, options } = this.#owner;
    const destination = this.#destination;
    const index = this.#next++;
    if (destination.kind === 'unix') return index === 0 ? dialPath(libc, destination.path) : -1;
    const address = this.#addresses[index];
    if (address === undefined) return -1;
    const source = destination.sourceHost === '' ? null : parseHost(destination.sourceHost);
    if (source === null && destination.sourceHost !== '') throw transportError('bind', 'EADDRNOTAVAIL');
    return dialIp(libc, address, destination.port, source, options.keepAliveSeconds);
  }

  /** Told outside of the call that asked for the connection, as every other outcome is. */
  #fail(failure: TransportError): void {
    this.#owner.soon(() => {
      if (this.#owner.isClosed()) return;
      this.#dialer.failed(failure);
      this.#owner.host.tickEnd();
    });
  }
}
