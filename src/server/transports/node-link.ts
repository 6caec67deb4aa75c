// One connection of the node:net transport.

import type { Socket } from 'node:net';
import { assert, VERIFY } from '../../lib/assert.ts';
import { copyBytes } from '../../lib/bytes.ts';
import { handleOf } from './node-socket.ts';
import { formatAddress, isLoopback, type LinkAddresses, UNKNOWN_ADDRESS, unixAddresses } from './socket-address.ts';
import { errorText, nodeErrorCode } from './socket-errors.ts';
import { certifiedName } from './tls.ts';
import type { Link, Receiver } from './transport.ts';

/** What received bytes are overwritten with where VERIFY is on: nobody may read them after received() returned. */
const POISON = 0xdd;

/** What a link needs of its transport. */
export interface NodeLinkOwner {
  /** To be called before the server is: there will be a tickEnd. */
  entered(): void;
  /** Something escaped the server's code. */
  escaped(error: unknown): void;
  release(link: NodeLink): void;
}

export class NodeLink implements Link {
  readonly descriptor: number;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly remoteIsLocal: boolean;
  readonly certifiedName: string;
  readonly #owner: NodeLinkOwner;
  readonly #socket: Socket;
  /** Null before the host has accepted the link. */
  #receiver: Receiver | null = null;
  #open = true;
  #failure = '';
  #awaitsWritable = false;
  readonly #written = (): void => this.#wasWritten();

  /** `serial` stands in where there is no descriptor. `path`: of the unix socket, else ''. */
  constructor(owner: NodeLinkOwner, socket: Socket, serial: number, path: string) {
    const fd = handleOf(socket)?.fd;
    this.descriptor = fd !== undefined && fd >= 0 ? fd : serial;
    this.#owner = owner;
    this.#socket = socket;
    // Asked for at once: after a reset node:net does not know any more.
    const addresses = path === '' ? addressesOf(socket) : unixAddresses(path);
    this.remoteAddress = addresses.remote;
    this.localAddress = addresses.local;
    this.remoteIsLocal = addresses.remoteIsLocal;
    this.certifiedName = certifiedName(socket);
    socket.on('end', () => this.#end(''));
    socket.on('error', (error) => {
      this.#failure = errorText(nodeErrorCode(error));
      // Where encryption fails once its handshake is done, node:tls tells it and leaves the connection as it is.
      socket.destroy();
    });
    socket.on('close', () => this.#end(this.#failure));
  }

  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  send(bytes: Uint8Array, start: number, end: number): number {
    assert(start >= 0 && start <= end && end <= bytes.length, 'what is sent lies inside its array');
    if (!this.#open || !this.#socket.writable) return -1;
    if (start === end) return 0;
    // node:net keeps what the kernel does not take at once, and the caller's array is the caller's again.
    const copy = Buffer.allocUnsafe(end - start);
    copyBytes(bytes, start, end, copy, 0);
    this.#socket.write(copy, this.#written);
    if (this.#socket.writableLength > 0) this.#awaitsWritable = true;
    return end - start;
  }

  pauseReading(): void {
    this.#socket.pause();
  }

  resumeReading(): void {
    if (this.#open) this.#socket.resume();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket.destroy();
    this.#owner.release(this);
  }

  /** Nobody wants the link: what was sent goes out, then it ends. */
  refuse(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket.destroySoon();
    this.#owner.release(this);
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
  }

  /** bytes[0..length) have arrived. */
  arrived(bytes: Uint8Array, length: number): void {
    if (!this.#open || this.#receiver === null) return;
    this.#owner.entered();
    try {
      this.#receiver.received(bytes, length);
    } catch (error) {
      this.#owner.escaped(error);
    }
    if (VERIFY) bytes.fill(POISON, 0, length);
  }

  #wasWritten(): void {
    if (!this.#awaitsWritable || !this.#open || this.#socket.writableLength > 0) return;
    this.#awaitsWritable = false;
    this.#owner.entered();
    try {
      this.#receiver?.writable();
    } catch (error) {
      this.#owner.escaped(error);
    }
  }

  #end(failure: string): void {
    if (!this.#open) return;
    this.close();
    this.#owner.entered();
    try {
      this.#receiver?.closed(failure);
    } catch (error) {
      this.#owner.escaped(error);
    }
  }
}

function addressesOf(socket: Socket): LinkAddresses {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  return {
    remote: remoteAddress === undefined ? UNKNOWN_ADDRESS : formatAddress(remoteAddress, remotePort ?? 0),
    local: localAddress === undefined ? UNKNOWN_ADDRESS : formatAddress(localAddress, localPort ?? 0),
    remoteIsLocal: remoteAddress !== undefined && isLoopback(remoteAddress),
  };
}
