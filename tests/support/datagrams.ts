// A receiver of datagrams of a unix socket, as systemd and the system's log are. Linux with node:ffi only.

import { linuxFfi } from '../../src/host/ffi.ts';
import { unixSockaddr } from '../../src/server/service/datagrams.ts';
import { NativeMemory } from '../../src/server/transports/native-libc.ts';

/** The reason for skipping, for node:test's `skip` option. */
export const SKIP_WITHOUT_DATAGRAMS: string | false = linuxFfi() === undefined ? 'needs Linux and node:ffi' : false;

const AF_UNIX = 1;
/** SOCK_DGRAM, nonblocking, closed on exec. */
const DATAGRAM_SOCKET = 2 | 0o4000 | 0o2000000;
const DATAGRAM_BYTES_MAX = 65_536;

const FUNCTIONS = {
  socket: { arguments: ['int32', 'int32', 'int32'], return: 'int32' },
  bind: { arguments: ['int32', 'pointer', 'uint32'], return: 'int32' },
  recv: { arguments: ['int32', 'pointer', 'uint64', 'int32'], return: 'int64' },
  close: { arguments: ['int32'], return: 'int32' },
} as const;

export interface DatagramReceiver {
  /** What has arrived, oldest first. */
  read(): string[];
  close(): void;
}

/** Receives at a path, or at "@name". */
export function receiveDatagrams(address: string): DatagramReceiver {
  const ffi = linuxFfi()!;
  const { functions } = ffi.dlopen(null, FUNCTIONS);
  const sockaddr = unixSockaddr(address)!;
  const name = new NativeMemory(ffi, sockaddr.length);
  name.bytes.set(sockaddr);
  const descriptor = functions.socket(AF_UNIX, DATAGRAM_SOCKET, 0);
  if (functions.bind(descriptor, name.address, sockaddr.length) !== 0) throw new Error(`cannot bind to ${address}`);
  const memory = new NativeMemory(ffi, DATAGRAM_BYTES_MAX);
  return {
    read() {
      const found: string[] = [];
      for (;;) {
        const length = Number(functions.recv(descriptor, memory.address, BigInt(DATAGRAM_BYTES_MAX), 0));
        if (length < 0) return found;
        found.push(Buffer.from(memory.bytes.subarray(0, length)).toString('latin1'));
      }
    },
    close: () => void functions.close(descriptor),
  };
}
