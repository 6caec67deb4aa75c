// A listening socket of the native transport.

import { EAGAIN, EPOLL_CTL_ADD, EPOLL_CTL_DEL, type Libc, READABLE } from './native-libc.ts';
import type { NativeLink } from './native-link.ts';
import { setKeepAlive } from './native-sockets.ts';
import {
  formatAddress,
  formatSockaddr,
  type LinkAddresses,
  sockaddrHost,
  sockaddrIsLocal,
  sockaddrPort,
  unixAddresses,
} from './socket-address.ts';
import { errorName, errorText } from './socket-errors.ts';
import type { Listening, Receiver, TransportHost, TransportOptions } from './transport.ts';
import { removeSocketPath } from './unix-path.ts';

/**
 * How long a listening socket rests after the system refused to accept (no descriptors, no memory). Without a rest it
 * would be reported as ready again and again; the clients wait in the backlog meanwhile.
 */
const REST_MS = 100;

const { setTimeout, clearTimeout } = globalThis;

/** What a listening socket needs of its transport. */
export interface ListenerOwner {
  readonly libc: Libc;
  readonly epoll: number;
  readonly host: TransportHost;
  readonly options: TransportOptions;
  isClosed(): boolean;
  watch(listener: NativeListener, events: number): boolean;
  unwatch(listener: NativeListener): void;
  admit(descriptor: number, addresses: LinkAddresses, choose: (link: NativeLink) => Receiver | null): void;
  soon(run: () => void): void;
  /** The server's code threw. */
  fatal(error: unknown): void;
}

export class NativeListener implements Listening {
  readonly descriptor: number;
  readonly generation: number;
  readonly host: string;
  readonly port: number;
  readonly #owner: ListenerOwner;
  readonly #path: string;
  readonly #ownsPath: boolean;
  /** Of every link, or '' when it listens on every address and so has to ask. */
  readonly #localAddress: string;
  readonly #choose: (link: NativeLink) => Receiver | null;
  #keepAliveSeconds: number;
  #timer: NodeJS.Timeout | null = null;
  #open = true;

  /**
   * Takes over the descriptor, which is listening already. `path`: of a unix socket, else ''; it is removed at the end where
   * `ownsPath`. Throws TransportError.
   */
  constructor(owner: ListenerOwner, descriptor: number, generation: number, path: string, ownsPath = true) {
    this.descriptor = descriptor;
    this.generation = generation;
    this.#owner = owner;
    this.#path = path;
    this.#ownsPath = ownsPath;
    this.#choose = (link) => owner.host.accept(link);
    this.#keepAliveSeconds = owner.options.keepAliveSeconds;
    const name = owner.libc.socketName(descriptor, 'getsockname');
    this.host = path !== '' || name === null ? path : sockaddrHost(name);
    this.port = path !== '' || name === null ? 0 : sockaddrPort(name);
    const everywhere = this.host === '0.0.0.0' || this.host === '::';
    this.#localAddress = everywhere ? '' : formatAddress(this.host, this.port);
    if (owner.watch(this, READABLE)) return;
    const failure = owner.libc.failure('epoll_ctl');
    this.close();
    throw failure;
  }

  /** Accepts what is waiting, at most acceptsPerTickMax. */
  handle(_events: number): void {
    const { libc, options, host } = this.#owner;
    this.#followKeepAlive();
    for (let i = 0; i < options.acceptsPerTickMax; i++) {
      const descriptor = libc.accept(this.descriptor);
      if (descriptor >= 0) {
        this.#owner.admit(descriptor, this.#addressesOf(descriptor), this.#choose);
        if (!this.#open || this.#owner.isClosed()) return;
        continue;
      }
      const hint = libc.errnoHint();
      if (hint === EAGAIN || (libc.pollNow(this.descriptor, READABLE) & READABLE) === 0) return;
      const code = errorName(hint);
      // The one who connected has gone already; the next may be there.
      if (code === 'ECONNABORTED' || code === 'EINTR' || code === 'EPROTO') continue;
      this.#rest();
      host.acceptFailed(errorText(code));
      return;
    }
  }

  failed(error: unknown): void {
    this.#owner.fatal(error);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#owner.unwatch(this);
    this.#owner.libc.functions.close(this.descriptor);
    if (this.#path !== '' && this.#ownsPath) removeSocketPath(this.#path);
  }

  /** Of the connection that was accepted just now: the peer's sockaddr is still in `libc.sockaddr`. */
  #addressesOf(descriptor: number): LinkAddresses {
    if (this.#path !== '') return unixAddresses(this.#path);
    const { libc } = this.#owner;
    const remote = formatSockaddr(libc.sockaddr.bytes);
    const remoteIsLocal = sockaddrIsLocal(libc.sockaddr.bytes);
    const local =
      this.#localAddress === '' ? formatSockaddr(libc.socketName(descriptor, 'getsockname')) : this.#localAddress;
    return { remote, local, remoteIsLocal };
  }

  #rest(): void {
    this.#control(EPOLL_CTL_DEL);
    this.#owner.soon(() => this.#wakeLater());
  }

  #wakeLater(): void {
    if (!this.#open) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (!this.#control(EPOLL_CTL_ADD)) this.#wakeLater();
    }, REST_MS);
    // What keeps the process alive is the transport's own affair.
    this.#timer.unref();
  }

  #control(operation: number): boolean {
    const { libc, epoll } = this.#owner;
    return libc.epollControl(epoll, operation, this.descriptor, READABLE, this.generation);
  }

  /** Accepted sockets inherit the setting, so a change of the configuration is made here. */
  #followKeepAlive(): void {
    const seconds = this.#owner.options.keepAliveSeconds;
    if (seconds === this.#keepAliveSeconds || this.#path !== '') return;
    this.#keepAliveSeconds = seconds;
    setKeepAlive(this.#owner.libc, this.descriptor, seconds);
  }
}
