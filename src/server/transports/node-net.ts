// The transport that works wherever node:net does.
//
// What makes it cheap: net.Socket's `onread` option, with which the bytes of every socket land in one shared array and
// no stream, Buffer or 'data' event is made of them. One request per packet then takes 0.92 of the CPU that it takes
// with 'data' events, and 1.12 of what redis-server takes (transport.bench.ts, P=1). net.Server offers no `onread`, so
// the handle of an accepted socket is moved to a second socket that was made with it. Where handles can't be moved (Bun,
// Deno) the 'data' event serves. Writing with fs.writeSync to the descriptor was tried: it gained nothing.
//
// An entry of this transport is an iteration of libuv's loop: the sockets that are ready are read one after the other,
// each in a callback of its own, and setImmediate runs right after the last of them. That is where tickEnd is called.
// It costs 2 % against calling it after every read, and gives the batches that make one fsync do for many clients.
//
// acceptsPerTickMax is not followed: libuv accepts all that wait in one go.

import { type BoundSocket, Server, Socket } from 'node:net';
import { assert } from '../../lib/assert.ts';
import { LaterTasks } from './later-tasks.ts';
import { NodeLink, type NodeLinkOwner } from './node-link.ts';
import { bindNow, canBind, hasOnread, isMovable, socketInto, takeHandle } from './node-socket.ts';
import { AF_INET6, type IpAddress, parseHost, resolveHost } from './socket-address.ts';
import { fromNodeError } from './socket-errors.ts';
import type { Security } from './tls.ts';
import {
  type Destination,
  type Dialer,
  type Listening,
  type Receiver,
  type Transport,
  TransportError,
  type TransportHost,
  type TransportOptions,
} from './transport.ts';
import { checkUnixPath, removeStaleSocket, unixPathOf, withUmaskFor } from './unix-path.ts';

const { setImmediate } = globalThis;

/** Bytes received by one read. */
const RECEIVE_BYTES = 64 * 1024;

/** Unanswered keep-alive probes before a peer is given up; three, a third of the interval apart, as in Redis. */
const KEEPALIVE_PROBES = 3;

export class NodeTransport implements Transport, NodeLinkOwner {
  readonly name = 'node';
  readonly #host: TransportHost;
  readonly #options: TransportOptions;
  readonly #security: Security | null;
  readonly #later: LaterTasks;
  readonly #inbox = new Uint8Array(RECEIVE_BYTES);
  readonly #servers = new Set<Server>();
  readonly #links = new Set<NodeLink>();
  readonly #dialling = new Set<Socket>();
  #serial = 0;
  #tickEnds = false;
  #closed = false;
  readonly #endTick = (): void => this.#tickEnd();

  /** With `security` every connection that is accepted must come through that first. */
  constructor(host: TransportHost, options: TransportOptions, security: Security | null = null) {
    this.#host = host;
    this.#options = options;
    this.#security = security;
    if (security !== null) security.secured = (socket) => this.#admitStream(socket, '');
    this.#later = new LaterTasks((error) => host.fatal(error));
  }

  listenTcp(host: string, port: number, backlog: number): Promise<Listening> {
    return new Promise((resolve, reject) => {
      resolveHost(host, (addresses, failure) => {
        const address = addresses?.[0];
        if (address === undefined) reject(failure);
        else resolve(this.#listenIp(address, port, backlog));
      });
    });
  }

  listensAtOnce(host: string): boolean {
    return canBind() && parseHost(host) !== null;
  }

  listenTcpNow(host: string, port: number, backlog: number): Listening {
    const address = parseHost(host)!;
    const handle = this.#bind(address, port);
    const { server, listening } = this.#prepareServer('');
    server.listen({ handle, backlog });
    // A refusal is told later, but seen at once: there is no address.
    listening.catch(() => {});
    if (!server.listening) throw new TransportError('EADDRINUSE', 'listen: Address already in use');
    return this.#listening(server);
  }

  #bind(address: IpAddress, port: number): BoundSocket {
    try {
      return bindNow({ host: textOf(address), port, ipv6Only: address.family === AF_INET6 });
    } catch (error) {
      throw fromNodeError('bind', error);
    }
  }

  async listenUnix(path: string, permissions: number, backlog: number): Promise<Listening> {
    checkUnixPath(path);
    removeStaleSocket(path);
    const { server, listening } = this.#prepareServer(path);
    // node:net binds and listens in this one call; only the umask can bar others from the first moment.
    withUmaskFor(permissions, () => server.listen({ path, backlog, exclusive: true }));
    await listening;
    return { host: path, port: 0, close: () => this.#stop(server) };
  }

  async adopt(descriptor: number, backlog: number): Promise<Listening> {
    // node:net does not know the path of a unix socket that it did not make.
    const path = unixPathOf(descriptor);
    const { server, listening } = this.#prepareServer(path);
    try {
      server.listen({ fd: descriptor, backlog });
    } catch (error) {
      this.#servers.delete(server);
      throw fromNodeError('listen', error);
    }
    await listening;
    if (server.address() !== null) return this.#listening(server);
    return { host: path, port: 0, close: () => this.#stop(server) };
  }

  connect(destination: Destination, dialer: Dialer): void {
    let link: NodeLink | null = null;
    const receive = (length: number): void => link?.arrived(this.#inbox, length);
    const socket = hasOnread() ? socketInto(this.#inbox, null, receive) : new Socket();
    const fail = (error: unknown): void => {
      if (this.#dialling.delete(socket)) this.#call(() => dialer.failed(fromNodeError('connect', error)));
    };
    this.#dialling.add(socket);
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail);
      if (!this.#dialling.delete(socket)) return;
      this.#setUp(socket);
      const admitted = this.#admit(socket, pathOf(destination), (made) => dialer.connected(made));
      link = admitted;
      if (!hasOnread()) socket.on('data', (bytes: Buffer) => admitted.arrived(bytes, bytes.length));
    });
    if (destination.kind === 'unix') socket.connect({ path: destination.path });
    else if (destination.sourceHost === '') socket.connect({ host: destination.host, port: destination.port });
    else socket.connect({ host: destination.host, port: destination.port, localAddress: destination.sourceHost });
    if (!this.#options.keepsProcessAlive) socket.unref();
  }

  soon(run: () => void): void {
    this.#later.add(run);
  }

  close(): void {
    this.#closed = true;
    for (const server of this.#servers) this.#stop(server);
    for (const link of this.#links) link.close();
    this.#security?.close();
    for (const socket of this.#dialling) socket.destroy();
    this.#dialling.clear();
  }

  entered(): void {
    if (this.#tickEnds) return;
    this.#tickEnds = true;
    setImmediate(this.#endTick);
  }

  escaped(error: unknown): void {
    this.#later.add(() => this.#host.fatal(error));
  }

  release(link: NodeLink): void {
    this.#links.delete(link);
  }

  #tickEnd(): void {
    this.#tickEnds = false;
    if (this.#closed) return;
    try {
      this.#host.tickEnd();
    } catch (error) {
      this.escaped(error);
    }
  }

  async #listenIp(address: IpAddress, port: number, backlog: number): Promise<Listening> {
    const { server, listening } = this.#prepareServer('');
    const ipv6Only = address.family === AF_INET6;
    server.listen({ host: textOf(address), port, backlog, ipv6Only, exclusive: true });
    await listening;
    return this.#listening(server);
  }

  #listening(server: Server): Listening {
    const bound = server.address();
    assert(bound !== null && typeof bound === 'object', 'a listening TCP server has an address');
    return { host: bound.address, port: bound.port, close: () => this.#stop(server) };
  }

  /** A server that is about to listen; `listening` tells how that went. `path`: of a unix socket, else ''. */
  #prepareServer(path: string): { server: Server; listening: Promise<void> } {
    assert(!this.#closed, 'a closed transport listens no more');
    const server = new Server({ pauseOnConnect: true });
    server.on('connection', (socket) => this.#accepted(socket, path));
    const listening = new Promise<void>((resolve, reject) => {
      server.once('error', (error) => {
        this.#servers.delete(server);
        reject(fromNodeError('bind', error));
      });
      server.once('listening', () => {
        server.removeAllListeners('error');
        server.on('error', (error) => this.#acceptFailed(fromNodeError('accept', error)));
        resolve();
      });
    });
    this.#servers.add(server);
    if (!this.#options.keepsProcessAlive) server.unref();
    return { server, listening };
  }

  #acceptFailed(error: TransportError): void {
    this.#call(() => this.#host.acceptFailed(error.message));
  }

  #accepted(accepted: Socket, path: string): void {
    if (this.#closed) {
      accepted.destroy();
      return;
    }
    if (this.#security !== null) {
      this.#security.accept(accepted);
      return;
    }
    if (!isMovable(accepted)) {
      this.#admitStream(accepted, path);
      return;
    }
    let link: NodeLink | null = null;
    const socket = socketInto(this.#inbox, takeHandle(accepted), (length) => link?.arrived(this.#inbox, length));
    this.#setUp(socket);
    link = this.#admit(socket, path, (made) => this.#host.accept(made));
  }

  /** Accepts a connection whose bytes come in events. */
  #admitStream(socket: Socket, path: string): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    this.#setUp(socket);
    const link = this.#admit(socket, path, (made) => this.#host.accept(made));
    socket.on('data', (bytes: Buffer) => link.arrived(bytes, bytes.length));
    socket.resume();
  }

  /** Makes a link of a connected socket, and ends it when nobody wants it. */
  #admit(socket: Socket, path: string, choose: (link: NodeLink) => Receiver | null): NodeLink {
    const link = new NodeLink(this, socket, ++this.#serial, path);
    this.#links.add(link);
    this.#call(() => {
      let receiver: Receiver | null = null;
      try {
        receiver = choose(link);
      } finally {
        if (receiver === null) link.refuse();
        else link.start(receiver);
      }
    });
    return link;
  }

  #setUp(socket: Socket): void {
    const seconds = this.#options.keepAliveSeconds;
    socket.setNoDelay(true);
    // Node before 26.4 takes no interval and count: it probes ten times, a second apart.
    const intervalMs = Math.max(1, Math.floor(seconds / KEEPALIVE_PROBES)) * 1000;
    if (seconds > 0) socket.setKeepAlive(true, seconds * 1000, intervalMs, KEEPALIVE_PROBES);
    if (!this.#options.keepsProcessAlive) socket.unref();
  }

  /** Calls the server's code. */
  #call(run: () => void): void {
    this.entered();
    try {
      run();
    } catch (error) {
      this.escaped(error);
    }
  }

  #stop(server: Server): void {
    if (this.#servers.delete(server)) server.close();
  }
}

/** With its zone, as node:net wants it. */
function textOf({ text, scope }: IpAddress): string {
  return scope === 0 ? text : `${text}%${scope}`;
}

function pathOf(destination: Destination): string {
  return destination.kind === 'unix' ? destination.path : '';
}
