// What the server knows of the network: connections are accepted, bytes come in, bytes go out, connections end. The
// transports behind these interfaces are interchangeable (DESIGN.md, decision 7): `native` (epoll through node:ffi),
// `node` (node:net), `memory` (inside the process). What each of them promises:
//
//  (1) The calls to accept, received, writable, closed, connected and failed happen inside an entry, one after the
//      other. They never happen inside a call that the server makes (send, close, pauseReading …), so no receiver is
//      entered twice.
//  (2) tickEnd ends every round of them: the replies of all sockets that were ready together can go out with one send
//      per connection, and be made durable with one fsync. An entry is one round or a few; it never ends without.
//  (3) After close(), or after closed() was called, nothing is called for that link any more.
//  (4) What escapes one of these calls reaches fatal(), later and outside of the entry; the process and the other
//      links live on until fatal() decides.
//  (5) Inside an entry no promise settles and no nextTick runs (the native transport's entries are FFI callbacks, after
//      which Node drains neither). What needs them goes through soon().

/** One connection, as the server sees it. */
export interface Link {
  /** The file descriptor, or a serial number where there is none; -1 is never used. */
  readonly descriptor: number;
  /** "127.0.0.1:51234", "[::1]:51234", "/tmp/x.sock:0", "memory:7"; "?:0" when it can't be known. */
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** The peer is on this machine: a loopback address, a unix socket, or this process. Protected mode asks. */
  readonly remoteIsLocal: boolean;
  /** The common name of the valid certificate that the peer showed; '' or absent without one. */
  readonly certifiedName?: string;
  /** Bytes that send() took and the kernel has not; always 0 where send() takes only what the kernel does. */
  readonly pendingBytes: number;
  /**
   * Sends bytes[start..end) and says how many were taken; the array is the caller's again on return. Fewer than asked,
   * or pendingBytes above 0 afterwards: writable() will be called when there is room, or when all has gone out. -1: the
   * link is broken, and the caller's part is to close() it.
   */
  send(bytes: Uint8Array, start: number, end: number): number;
  /**
   * Until resumeReading() nothing is received and an orderly end goes unseen, so that no byte before it is lost. A
   * reset may be reported at once.
   */
  pauseReading(): void;
  resumeReading(): void;
  /** Ends the connection at once; pending bytes are dropped and closed() is not called. Harmless when repeated. */
  close(): void;
}

/** What the server made of a link. */
export interface Receiver {
  /** bytes[0..length) arrived; valid until the return only, the array is used again for other links. */
  received(bytes: Uint8Array, length: number): void;
  /** There is room again after a send() that could not do all. */
  writable(): void;
  /** The peer ended the connection ('') or it failed (why: "Connection reset by peer"). The link is closed already. */
  closed(failure: string): void;
}

/** The server, as a transport sees it. */
export interface TransportHost {
  /** A peer connected; the receiver of its bytes, or null to refuse and close it (what was sent before goes out). */
  accept(link: Link): Receiver | null;
  /** Once per round, after all of its other calls. */
  tickEnd(): void;
  /** Something escaped a call of this host or of its receivers: a bug or a failed assertion. */
  fatal(error: unknown): void;
  /** A listening socket could not accept ("Too many open files"); it tries again by itself. Called inside an entry. */
  acceptFailed(failure: string): void;
}

/** Who asked for an outgoing connection. */
export interface Dialer {
  /** As TransportHost.accept. */
  connected(link: Link): Receiver | null;
  failed(error: TransportError): void;
}

/** Where an outgoing connection goes, and from which local address ('' for any). */
export type Destination =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly sourceHost: string }
  | { readonly kind: 'unix'; readonly path: string };

/** A listening socket. */
export interface Listening {
  /** The address that it has, as text: "127.0.0.1", "::", or the path. */
  readonly host: string;
  /** The port that it has, also when port 0 was asked for; 0 for a unix socket. */
  readonly port: number;
  /** Accepts no more, and removes the path of a unix socket; the links live on. */
  close(): void;
}

/** Read whenever they are used, so the owner may change them while the transport runs. */
export interface TransportOptions {
  /** Connections accepted per listening socket and entry (max-new-connections-per-cycle). */
  acceptsPerTickMax: number;
  /** Seconds of silence before TCP asks whether the peer still lives; 0 never asks (tcp-keepalive). */
  keepAliveSeconds: number;
  /** Whether listening sockets and links keep the process alive. Read when the transport is made. */
  keepsProcessAlive: boolean;
}

export type TransportName = 'native' | 'node' | 'memory';

export interface Transport {
  readonly name: TransportName;
  /** `host`: an address, a name, "*" (every IPv4 address) or "::*" (every IPv6 address). Rejects with TransportError. */
  listenTcp(host: string, port: number, backlog: number): Promise<Listening>;
  /** Whether listenTcpNow can do it: the host is no name that must be looked up, and the runtime can bind at once. */
  listensAtOnce(host: string): boolean;
  /** As listenTcp, but done on return: CONFIG SET inside a transaction cannot wait. Throws TransportError. */
  listenTcpNow(host: string, port: number, backlog: number): Listening;
  /** `permissions`: the mode of the path, 0 to leave it to the umask. A stale socket at `path` is replaced. */
  listenUnix(path: string, permissions: number, backlog: number): Promise<Listening>;
  /**
   * Takes over a listening socket that was opened elsewhere, TCP or unix (its port is 0 then). Its path stays when it is
   * closed: others hold the socket too. Rejects with TransportError when the descriptor is none.
   */
  adopt(descriptor: number, backlog: number): Promise<Listening>;
  connect(destination: Destination, dialer: Dialer): void;
  /** Runs `run` outside of any entry, after the events that are ready now: promises and nextTick work there. */
  soon(run: () => void): void;
  /** Ends listening sockets and links without calling back, and leaves nothing that keeps the process alive. */
  close(): void;
}

/** What Redis does when nothing is configured. */
export const TRANSPORT_DEFAULTS: Readonly<TransportOptions> = {
  acceptsPerTickMax: 10,
  keepAliveSeconds: 300,
  keepsProcessAlive: true,
};

/** The network said no. The message is as Redis logs it: "bind: Address already in use". */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  /** "EADDRINUSE", as Node names errors of the system. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
