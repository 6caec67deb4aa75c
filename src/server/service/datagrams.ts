// Datagrams to a unix socket, as systemd and the system's log take them. Node has none, so the calls go through node:ffi;
// without it nothing is sent.
//
// Nothing ever waits: a datagram that the receiver has no room for is lost, and the caller is told.

import { linuxFfi } from '../../host/ffi.ts';
import { utf8 } from '../../lib/bytes.ts';
import { NativeMemory } from '../transports/native-libc.ts';
import { AF_UNIX, UNIX_PATH_BYTES_MAX } from '../transports/socket-address.ts';

/** SOCK_DGRAM, nonblocking, closed on exec. */
const DATAGRAM_SOCKET = 2 | 0o4000 | 0o2000000;
/** MSG_DONTWAIT and MSG_NOSIGNAL. */
const SEND_FLAGS = 0x40 | 0x4000;

/** Longer ones are cut: enough for every line of the log, and below what any receiver takes. */
export const DATAGRAM_BYTES_MAX = 8192;

const FUNCTIONS = {
  socket: { arguments: ['int32', 'int32', 'int32'], return: 'int32' },
  sendto: { arguments: ['int32', 'pointer', 'uint64', 'int32', 'pointer', 'uint32'], return: 'int64' },
} as const;

/** Sends one datagram, and says whether the receiver has it. */
export type SendDatagram = (bytes: Uint8Array) => boolean;

/** What sends to an address: a path, or "@name" for an abstract one. Null where that cannot be. */
export function datagramsTo(address: string): SendDatagram | null {
  const ffi = linuxFfi();
  const sockaddr = unixSockaddr(address);
  if (ffi === undefined || sockaddr === null) return null;
  const { functions } = ffi.dlopen(null, FUNCTIONS);
  const descriptor = functions.socket(AF_UNIX, DATAGRAM_SOCKET, 0);
  if (descriptor < 0) return null;
  const target = new NativeMemory(ffi, sockaddr.length);
  target.bytes.set(sockaddr);
  const message = new NativeMemory(ffi, DATAGRAM_BYTES_MAX);
  return (bytes) => {
    const sent = bytes.subarray(0, DATAGRAM_BYTES_MAX);
    message.bytes.set(sent);
    const length = BigInt(sent.length);
    return (
      functions.sendto(descriptor, message.address, length, SEND_FLAGS, target.address, sockaddr.length) === length
    );
  };
}

/** The sockaddr_un of an address, exactly as long as it must be; null when it is none. */
export function unixSockaddr(address: string): Uint8Array | null {
  const isAbstract = address.startsWith('@');
  const name = utf8(address);
  if ((!isAbstract && !address.startsWith('/')) || name.length < 2 || name.length > UNIX_PATH_BYTES_MAX) return null;
  // A path ends with a zero byte; the name of an abstract address begins with one, and its length says where it ends.
  const sockaddr = new Uint8Array(2 + name.length + (isAbstract ? 0 : 1));
  sockaddr[0] = AF_UNIX;
  sockaddr.set(name, 2);
  if (isAbstract) sockaddr[2] = 0;
  return sockaddr;
}
