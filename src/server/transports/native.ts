// The native transport: Linux's own calls through node:ffi, without node:net's objects per connection and per read.
//
// Sockets are watched by the one NativeLoop of the process, which calls their handlers when they are ready: one JavaScript
// entry for all of them, however many, and for those that become ready meanwhile; tickEnd follows each round. Nothing waits
// to make a round larger. Events of links are edge-triggered (native-link.ts), those of listening and connecting sockets
// level-triggered. What a round leaves undone, by bound or by an exception, is reported again by the next.

import { assert } from '../../lib/assert.ts';
import { LaterTasks } from './later-tasks.ts';
import { Dialling, type DiallingOwner } from './native-dialling.ts';
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, type Libc } from './native-libc.ts';
import { type LinkOwner, NativeLink } from './native-link.ts';
import { type ListenerOwner, NativeListener } from './native-listener.ts';
import { type Member, NativeLoop, type Watched } from './native-loop.ts';
import { adoptListening, listenOnIp, listenOnPath } from './native-sockets.ts';
import { type IpAddress, type LinkAddresses, parseHost, resolveHost } from './socket-address.ts';
import type {
  Destination,
  Dialer,
  Listening,
  Receiver,
  Transport,
  TransportHost,
  TransportOptions,
} from './transport.ts';

/** A socket that a transport watches, and can close. */
interface Closable extends Watched {
  close(): void;
}

export class NativeTransport implements Transport, Member, LinkOwner, ListenerOwner, DiallingOwner {
  readonly name = 'native';
  readonly host: TransportHost;
  readonly options: TransportOptions;
  readonly loop: NativeLoop;
  readonly libc: Libc;
  readonly epoll: number;
  readonly #later: LaterTasks;
  readonly #links = new Set<NativeLink>();
  readonly #others = new Set<Closable>();
  #holding = false;
  #closed = false;

  /** Throws an Error that says why when this can't work here. */
  constructor(host: TransportHost, options: TransportOptions) {
    this.host = host;
    this.options = options;
    this.#later = new LaterTasks((error) => host.fatal(error));
    this.loop = NativeLoop.join(this);
    this.libc = this.loop.libc;
    this.epoll = this.loop.epoll;
  }

  listenTcp(host: string, port: number, backlog: number): Promise<Listening> {
    return new Promise((resolve, reject) => {
      resolveHost(host, (addresses, failure) => {
        try {
          const address = addresses?.[0];
          if (address === undefined) throw failure;
          resolve(this.#listenIp(address, port, backlog));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  listensAtOnce(host: string): boolean {
    return parseHost(host) !== null;
  }

  listenTcpNow(host: string, port: number, backlog: number): Listening {
    return this.#listenIp(parseHost(host)!, port, backlog);
  }

  #listenIp(address: IpAddress, port: number, backlog: number): Listening {
    assert(!this.#closed, 'a closed transport listens no more');
    const descriptor = listenOnIp(this.libc, address, port, backlog, this.options.keepAliveSeconds);
    return new NativeListener(this, descriptor, this.nextGeneration(), '');
  }

  async listenUnix(path: string, permissions: number, backlog: number): Promise<Listening> {
    assert(!this.#closed, 'a closed transport listens no more');
    const descriptor = listenOnPath(this.libc, path, permissions, backlog);
    return new NativeListener(this, descriptor, this.nextGeneration(), path);
  }

  async adopt(descriptor: number, backlog: number): Promise<Listening> {
    assert(!this.#closed, 'a closed transport listens no more');
    const path = adoptListening(this.libc, descriptor, backlog, this.options.keepAliveSeconds);
    return new NativeListener(this, descriptor, this.nextGeneration(), path, false);
  }

  connect(destination: Destination, dialer: Dialer): void {
    new Dialling(this, destination, dialer).start();
  }

  soon(run: () => void): void {
    this.#later.add(run);
  }

  close(): void {
    if (this.#closed) return;
    for (const link of [...this.#links]) link.close();
    for (const other of [...this.#others]) other.close();
    this.#closed = true;
    this.loop.leave(this);
  }

  isClosed(): boolean {
    return this.#closed;
  }

  nextGeneration(): number {
    return this.loop.nextGeneration();
  }

  /** Makes a link of a connected socket, and closes it when nobody wants it. */
  admit(descriptor: number, addresses: LinkAddresses, choose: (link: NativeLink) => Receiver | null): void {
    const link = new NativeLink(this, descriptor, this.nextGeneration(), addresses);
    this.loop.links[descriptor] = link;
    this.#links.add(link);
    this.#holdOrLetGo();
    let receiver: Receiver | null = null;
    try {
      receiver = choose(link);
    } finally {
      if (receiver === null) link.close();
      else link.start(receiver);
    }
  }

  /** Adds a listening or connecting socket to those whose events are handled; false when the system refuses. */
  watch(watched: Closable, events: number): boolean {
    this.loop.others.set(watched.descriptor, watched);
    this.#others.add(watched);
    this.#holdOrLetGo();
    return this.libc.epollControl(this.epoll, EPOLL_CTL_ADD, watched.descriptor, events, watched.generation);
  }

  /** The opposite. The descriptor stays open. */
  unwatch(watched: Closable): void {
    this.libc.epollControl(this.epoll, EPOLL_CTL_DEL, watched.descriptor, 0, 0);
    this.loop.others.delete(watched.descriptor);
    this.#others.delete(watched);
    this.#holdOrLetGo();
  }

  /**
   * The descriptor leaves epoll explicitly before it is closed: a child that is just being started still has a copy,
   * which would keep it there.
   */
  release(link: NativeLink): void {
    this.libc.epollControl(this.epoll, EPOLL_CTL_DEL, link.descriptor, 0, 0);
    this.libc.functions.close(link.descriptor);
    this.loop.links[link.descriptor] = undefined;
    this.#links.delete(link);
    this.#holdOrLetGo();
  }

  roundEnded(): void {
    try {
      this.host.tickEnd();
    } catch (error) {
      this.fatal(error);
    }
  }

  fatal(error: unknown): void {
    this.#later.add(() => this.host.fatal(error));
  }

  #holdOrLetGo(): void {
    const hold = this.options.keepsProcessAlive && this.#links.size + this.#others.size > 0;
    if (hold === this.#holding) return;
    this.#holding = hold;
    if (hold) this.loop.hold();
    else this.loop.letGo();
  }
}
