// The native transport: Linux's own calls through node:ffi, without node:net's objects per connection and per read.
//
// One epoll descriptor holds all sockets, the listening ones included. libuv watches that descriptor alone (LoopWatch)
// and calls #enter when any socket is ready: one JavaScript entry for all of them, however many, and for those that
// become ready meanwhile; tickEnd follows each round. Nothing waits to make a round larger. Events of links are
// edge-triggered (native-link.ts), those of listening and connecting sockets level-triggered. What a round leaves undone,
// by bound or by an exception, is reported again by the next.
//
// #enter is an FFI callback: Node drains no microtasks and no nextTick after it (they ran 350-500 ms late), and an
// exception that left it would abort the process. So its whole body is one try, and all that is asynchronous goes
// through soon() to one setImmediate.

import { assert } from '../../lib/assert.ts';
import { LaterTasks } from './later-tasks.ts';
import { Dialling, type DiallingOwner } from './native-dialling.ts';
import {
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EVENT_DATA_AT,
  EVENT_WORDS,
  Libc,
  NativeMemory,
} from './native-libc.ts';
import { type LinkOwner, NativeLink, SentMemory } from './native-link.ts';
import { type ListenerOwner, NativeListener } from './native-listener.ts';
import { LoopWatch } from './native-loop-watch.ts';
import { listenOnIp, listenOnPath } from './native-sockets.ts';
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

/** Sockets handled in one round. The rest come first in the next. */
const EVENTS_MAX = 512;

/**
 * Rounds of epoll_wait, requests and tickEnd in one call by libuv; timers and files get their turn after the last. While
 * one round is handled, most of 50 clients send again: at P=1 there are 1.5 requests per round, and 72 % of the second
 * rounds find some. That saves libuv's own wait and the callback: 7.0 us of CPU per request against 7.4, where
 * redis-server takes 6.4. One client alone pays 0.7 us of 23 for the round that finds nothing (transport.bench.ts).
 */
const ROUNDS_MAX = 8;

/** Only entries that received less go on to another round: with more to do, what a round costs does not matter. */
const LIGHT_BYTES_MAX = 64 * 1024;

/**
 * Bytes received by one call at most. For values of 200 KB it takes 0.87 of the CPU that 64 KB take (redis-benchmark -t set
 * -d 200000); up to 20 KB, and for pipelines of small requests, 16 KB to 256 KB are the same.
 */
const RECEIVE_BYTES = 256 * 1024;

/** What epoll events are addressed to. */
export interface Watched {
  readonly descriptor: number;
  /** Tells its events from those of an earlier owner of the same descriptor. */
  readonly generation: number;
  handle(events: number): void;
  close(): void;
}

export class NativeTransport implements Transport, LinkOwner, ListenerOwner, DiallingOwner {
  readonly name = 'native';
  readonly host: TransportHost;
  readonly options: TransportOptions;
  readonly libc: Libc;
  readonly epoll: number;
  readonly inbox: NativeMemory;
  readonly sent = new SentMemory();
  /** In the current entry. */
  receivedBytes = 0;
  readonly #events: NativeMemory;
  readonly #watch: LoopWatch;
  readonly #later: LaterTasks;
  /** By descriptor. Links apart from the rest, so that the hot loop meets one shape. */
  readonly #links: (NativeLink | undefined)[] = [];
  readonly #others = new Map<number, Watched>();
  #linkCount = 0;
  #generation = 0;
  #holding = false;
  #closed = false;

  /** Throws an Error that says why when this can't work here. */
  constructor(host: TransportHost, options: TransportOptions) {
    this.host = host;
    this.options = options;
    this.libc = new Libc();
    this.#later = new LaterTasks((error) => host.fatal(error));
    this.inbox = new NativeMemory(this.libc.ffi, RECEIVE_BYTES);
    this.#events = new NativeMemory(this.libc.ffi, EVENTS_MAX * EVENT_WORDS * 4);
    this.epoll = this.libc.functions.epoll_create1(EPOLL_CLOEXEC);
    if (this.epoll < 0) throw this.libc.failure('epoll_create1');
    try {
      this.#watch = new LoopWatch(this.libc, this.epoll, (healthy) => this.#enter(healthy));
    } catch (error) {
      this.libc.functions.close(this.epoll);
      throw error;
    }
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

  connect(destination: Destination, dialer: Dialer): void {
    new Dialling(this, destination, dialer).start();
  }

  soon(run: () => void): void {
    this.#later.add(run);
  }

  close(): void {
    if (this.#closed) return;
    for (const link of this.#links) link?.close();
    for (const other of [...this.#others.values()]) other.close();
    this.#closed = true;
    this.#watch.close();
    this.libc.functions.close(this.epoll);
  }

  isClosed(): boolean {
    return this.#closed;
  }

  nextGeneration(): number {
    this.#generation = (this.#generation + 1) | 0;
    return this.#generation;
  }

  /** Makes a link of a connected socket, and closes it when nobody wants it. */
  admit(descriptor: number, addresses: LinkAddresses, choose: (link: NativeLink) => Receiver | null): void {
    const link = new NativeLink(this, descriptor, this.nextGeneration(), addresses);
    this.#links[descriptor] = link;
    this.#linkCount++;
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
  watch(watched: Watched, events: number): boolean {
    this.#others.set(watched.descriptor, watched);
    this.#holdOrLetGo();
    return this.libc.epollControl(this.epoll, EPOLL_CTL_ADD, watched.descriptor, events, watched.generation);
  }

  /** The opposite. The descriptor stays open. */
  unwatch(watched: Watched): void {
    this.libc.epollControl(this.epoll, EPOLL_CTL_DEL, watched.descriptor, 0, 0);
    this.#others.delete(watched.descriptor);
    this.#holdOrLetGo();
  }

  /**
   * The descriptor leaves epoll explicitly before it is closed: a child that is just being started still has a copy,
   * which would keep it there.
   */
  release(link: NativeLink): void {
    this.libc.epollControl(this.epoll, EPOLL_CTL_DEL, link.descriptor, 0, 0);
    this.libc.functions.close(link.descriptor);
    this.#links[link.descriptor] = undefined;
    this.#linkCount--;
    this.#holdOrLetGo();
  }

  /** Called by libuv. Nothing may leave it but a return. */
  #enter(healthy: boolean): void {
    try {
      if (!healthy) throw new Error('libuv stopped watching the epoll descriptor');
      this.receivedBytes = 0;
      for (let round = 0; round < ROUNDS_MAX && this.receivedBytes < LIGHT_BYTES_MAX; round++)
        if (!this.#handleReady()) return;
    } catch (error) {
      this.#later.add(() => this.host.fatal(error));
    }
  }

  /** Handles the sockets that are ready now; false when there were none. */
  #handleReady(): boolean {
    const { words, address } = this.#events;
    const count = this.libc.functions.epoll_wait(this.epoll, address, EVENTS_MAX, 0);
    if (count <= 0) return false;
    for (let i = 0, at = 0; i < count; i++, at += EVENT_WORDS) {
      this.#dispatch(words[at]!, words[at + EVENT_DATA_AT]!, words[at + EVENT_DATA_AT + 1]!);
      if (this.#closed) return false;
    }
    this.host.tickEnd();
    return !this.#closed;
  }

  /**
   * An event of a descriptor that was closed in this entry, and perhaps opened again, is dropped. What the server's code
   * throws here must not cost the other sockets their events, which are reported once.
   */
  #dispatch(events: number, descriptor: number, generation: number): void {
    const link = this.#links[descriptor];
    try {
      if (link !== undefined) {
        if (link.generation === generation) link.handle(events);
        return;
      }
      const other = this.#others.get(descriptor);
      if (other !== undefined && other.generation === generation) other.handle(events);
    } catch (error) {
      this.#later.add(() => this.host.fatal(error));
      if (link !== undefined) link.interrupted();
    }
  }

  #holdOrLetGo(): void {
    const hold = this.options.keepsProcessAlive && this.#linkCount + this.#others.size > 0;
    if (hold === this.#holding) return;
    this.#holding = hold;
    if (hold) this.#watch.hold();
    else this.#watch.letGo();
  }
}
