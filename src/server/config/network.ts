// Directives of the sockets that the server listens on and of how connections behave there.

import { bool, custom, enumeration, INT_MAX, integer, octal, Refusal, text, UINT_MAX } from '../../lib/directive.ts';

/** More addresses than this are refused, as in Redis. */
const BIND_ADDRESSES_MAX = 16;

export const bind = custom<readonly string[]>('bind', {
  summary:
    'The addresses to listen on: * for all of IPv4, ::* for all of IPv6. One with a minus sign in front may be missing on this machine. Empty: no TCP at all.',
  default: ['*', '-::*'],
  multiple: true,
  parse(args) {
    if (args.length > BIND_ADDRESSES_MAX) return new Refusal('Too many bind addresses specified.');
    return args.length === 1 && args[0] === '' ? [] : args;
  },
  format: (addresses) => addresses.join(' '),
  // Back at the default the directive disappears from the file, even where it was mentioned.
  fileLines(addresses) {
    if (addresses.join(' ') === '* -::*') return [];
    return [{ text: addresses.length === 0 ? '""' : addresses.join(' '), force: true }];
  },
});

export const bindSourceAddr = text('bind-source-addr', '', {
  summary: 'The local address of connections that this server opens to a primary or to other nodes.',
  unsetWhenEmpty: true,
});

export const protectedMode = bool('protected-mode', true, {
  summary: 'While the default user has no password, refuse clients that do not come from this machine.',
});

export const port = integer('port', {
  summary: 'The TCP port. 0: do not listen.',
  default: 6379,
  min: 0,
  max: 65_535,
});

export const tcpBacklog = integer('tcp-backlog', {
  summary: 'How many connections may wait to be accepted; the system may allow fewer (net.core.somaxconn).',
  default: 511,
  min: 0,
  max: INT_MAX,
  immutable: true,
});

export const unixsocket = text('unixsocket', '', {
  summary: 'The path of a Unix socket to listen on. Empty: none.',
  unsetWhenEmpty: true,
  immutable: true,
});

export const unixsocketperm = octal('unixsocketperm', {
  summary: 'The permissions of the Unix socket, octal. 0 leaves them to the umask.',
  default: 0,
  min: 0,
  max: 0o777,
  immutable: true,
});

export const timeout = integer('timeout', {
  summary: 'Close a connection that was idle for so many seconds. 0: never.',
  default: 0,
  min: 0,
  max: INT_MAX,
});

export const tcpKeepalive = integer('tcp-keepalive', {
  summary: 'Seconds after which the system asks a silent peer whether it is still there. 0: never.',
  default: 300,
  min: 0,
  max: INT_MAX,
});

export const socketMarkId = integer('socket-mark-id', {
  summary: 'A mark on listening sockets, for routing and packet filters. 0: none.',
  default: 0,
  min: 0,
  max: UINT_MAX,
  immutable: true,
});

export const transport = enumeration('transport', 'auto', ['auto', 'node', 'native'], {
  summary:
    'How bytes come in and go out: native calls epoll directly (Linux), node uses net sockets and runs everywhere, auto takes the fastest that works. A directive of Cinnabar.',
});

export const maxNewConnectionsPerCycle = integer('max-new-connections-per-cycle', {
  summary: 'How many new connections are accepted before others are served again.',
  default: 10,
  min: 1,
  max: 1000,
});

export const maxNewTlsConnectionsPerCycle = integer('max-new-tls-connections-per-cycle', {
  summary: 'How many new TLS connections are accepted before others are served again.',
  default: 1,
  min: 1,
  max: 1000,
});
