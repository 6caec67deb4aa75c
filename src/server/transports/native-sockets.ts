// Makes the sockets of the native transport: bound, listening or connecting, nonblocking, closed on exec. Each function
// returns a descriptor or throws a TransportError and leaves none behind.

import { fromUtf8 } from '../../lib/bytes.ts';
import {
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  type Libc,
  O_NONBLOCK,
  SO_ACCEPTCONN,
  SO_ERROR,
  SO_KEEPALIVE,
  SO_REUSEADDR,
  SO_TYPE,
  SOCK_STREAM,
  SOL_SOCKET,
  STREAM_SOCKET,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
} from './native-libc.ts';
import {
  AF_INET6,
  AF_UNIX,
  type IpAddress,
  sockaddrHost,
  writeIpSockaddr,
  writeUnixSockaddr,
} from './socket-address.ts';
import { errorName, errorText, transportError } from './socket-errors.ts';
import { removeStaleSocket, setSocketPermissions } from './unix-path.ts';

/** Unanswered keep-alive probes before a peer is given up; three, a third of the interval apart, as in Redis. */
export const KEEPALIVE_PROBES = 3;

/**
 * A listening TCP socket. Linux copies TCP_NODELAY and the keep-alive settings of a listening socket to those that it
 * accepts, which saves five calls per connection; transports.test.ts proves that they arrive.
 */
export function listenOnIp(
  libc: Libc,
  address: IpAddress,
  port: number,
  backlog: number,
  keepAliveSeconds: number,
): number {
  return orClose(libc, openSocket(libc, address.family), (descriptor) => {
    libc.setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
    if (address.family === AF_INET6) libc.setOption(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    libc.setOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    setKeepAlive(libc, descriptor, keepAliveSeconds);
    bindTo(libc, descriptor, writeIpSockaddr(address, port, libc.sockaddr.bytes));
    if (libc.functions.listen(descriptor, backlog) !== 0) throw libc.failure('listen');
  });
}

/**
 * A listening unix socket. Its permissions are set between bind and listen: before listen nobody can connect, so there
 * is no moment in which others than the permissions name could (CVE-2023-45145).
 */
export function listenOnPath(libc: Libc, path: string, permissions: number, backlog: number): number {
  const length = writeUnixSockaddr(path, libc.sockaddr.bytes);
  if (length === 0) throw transportError('bind', 'ENAMETOOLONG');
  removeStaleSocket(path);
  return orClose(libc, openSocket(libc, AF_UNIX), (descriptor) => {
    writeUnixSockaddr(path, libc.sockaddr.bytes);
    bindTo(libc, descriptor, length);
    setSocketPermissions(path, permissions);
    if (libc.functions.listen(descriptor, backlog) !== 0) throw libc.failure('listen');
  });
}

/**
 * Makes a listening socket that was opened elsewhere as those that are opened here. Returns '' for TCP; for a unix socket its
 * path, or "@name".
 */
export function adoptListening(libc: Libc, descriptor: number, backlog: number, keepAliveSeconds: number): string {
  const name = libc.socketName(descriptor, 'getsockname');
  const isListening =
    libc.getOption(descriptor, SOL_SOCKET, SO_TYPE) === SOCK_STREAM &&
    libc.getOption(descriptor, SOL_SOCKET, SO_ACCEPTCONN) === 1;
  if (name === null || !isListening) throw transportError('listen', 'EINVAL');
  const flags = libc.functions.fcntl(descriptor, F_GETFL, 0);
  libc.functions.fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
  libc.functions.fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  if (libc.functions.listen(descriptor, backlog) !== 0) throw libc.failure('listen');
  if (name[0] === AF_UNIX) return sockaddrHost(name) || `@${fromUtf8(name, 3, name.length)}`;
  libc.setOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  setKeepAlive(libc, descriptor, keepAliveSeconds);
  return '';
}

/** A TCP socket that is connecting; whether it does shows when it is writable. */
export function dialIp(
  libc: Libc,
  address: IpAddress,
  port: number,
  source: IpAddress | null,
  keepAliveSeconds: number,
): number {
  return orClose(libc, openSocket(libc, address.family), (descriptor) => {
    if (source !== null) {
      libc.setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
      bindTo(libc, descriptor, writeIpSockaddr(source, 0, libc.sockaddr.bytes));
    }
    libc.setOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    setKeepAlive(libc, descriptor, keepAliveSeconds);
    startConnecting(libc, descriptor, writeIpSockaddr(address, port, libc.sockaddr.bytes));
  });
}

/** A unix socket that is connecting. */
export function dialPath(libc: Libc, path: string): number {
  const length = writeUnixSockaddr(path, libc.sockaddr.bytes);
  if (length === 0) throw transportError('connect', 'ENAMETOOLONG');
  return orClose(libc, openSocket(libc, AF_UNIX), (descriptor) => startConnecting(libc, descriptor, length));
}

/** Asks the kernel to find out when the peer is gone: after `seconds` of silence, then every third of that. 0: never. */
export function setKeepAlive(libc: Libc, descriptor: number, seconds: number): void {
  libc.setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE, seconds > 0 ? 1 : 0);
  if (seconds <= 0) return;
  libc.setOption(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
  libc.setOption(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, Math.max(1, Math.floor(seconds / KEEPALIVE_PROBES)));
  libc.setOption(descriptor, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
}

/** The name of the error that is pending on a socket, or '' for none. Asking clears it. */
export function pendingError(libc: Libc, descriptor: number): string {
  const number = libc.getOption(descriptor, SOL_SOCKET, SO_ERROR);
  return number === 0 ? '' : errorName(number);
}

/** Why a socket that reported FAILED or HUNG_UP is of no more use: "Connection reset by peer". */
export function failureOf(libc: Libc, descriptor: number): string {
  return errorText(pendingError(libc, descriptor) || 'ECONNRESET');
}

function openSocket(libc: Libc, family: number): number {
  const descriptor = libc.functions.socket(family, STREAM_SOCKET, 0);
  if (descriptor < 0) throw libc.failure('socket');
  return descriptor;
}

/** Binds to the address that is in `libc.sockaddr`. */
function bindTo(libc: Libc, descriptor: number, length: number): void {
  if (libc.functions.bind(descriptor, libc.sockaddr.address, length) !== 0) throw libc.failure('bind');
}

/**
 * Starts connecting to the address in `libc.sockaddr`. Errors that come at once throw; EINPROGRESS and what is not
 * plainly an error shows again as an event, since a socket that does not connect reports HUNG_UP.
 */
function startConnecting(libc: Libc, descriptor: number, length: number): void {
  if (libc.functions.connect(descriptor, libc.sockaddr.address, length) === 0) return;
  const hint = errorName(libc.errnoHint());
  if (hint === 'ECONNREFUSED' || hint === 'ENOENT' || hint === 'EACCES' || hint === 'ENETUNREACH' || hint === 'EAGAIN')
    throw transportError('connect', hint);
}

/** Closes the descriptor when `prepare` throws. */
function orClose(libc: Libc, descriptor: number, prepare: (descriptor: number) => void): number {
  try {
    prepare(descriptor);
  } catch (error) {
    libc.functions.close(descriptor);
    throw error;
  }
  return descriptor;
}
