// Sockets of node:net whose bytes land in an array that all of them share.
//
// `onread` is a documented option of net.Socket, but net.Server makes its sockets without it. What is not documented,
// and has held since Node 0.10 and 12: the native handle is `socket._handle`, and the option `handle` makes a socket of
// one. isMovable() looks before anything rests on it; Bun and Deno have no such handles.

import net, { type BoundSocket, type BoundSocketOptions, Socket, type SocketConstructorOpts } from 'node:net';

/** What node:net keeps of a connection: the part of it that is used here. */
export interface Handle {
  /** The descriptor, where the system has them. */
  readonly fd?: number;
  reading?: boolean;
  readonly useUserBuffer?: unknown;
}

interface HandleHolder {
  _handle: Handle | null;
}

/** The handle of a socket, or null: the runtime has none, or the socket is destroyed. */
export function handleOf(socket: Socket): Handle | null {
  return (socket as unknown as HandleHolder)._handle ?? null;
}

/** Whether `onread` can be relied upon: Bun and Deno take the option, or a part of it, and mean other things by it. */
export function hasOnread(): boolean {
  return process.versions['bun'] === undefined && !('Deno' in globalThis);
}

/** Whether bytes of a connection can be received into an array of ours after its handle is moved. */
export function isMovable(socket: Socket): boolean {
  return hasOnread() && typeof handleOf(socket)?.useUserBuffer === 'function';
}

/** Takes the handle from a socket that was not read yet, which is then of no more use. */
export function takeHandle(socket: Socket): Handle {
  const holder = socket as unknown as HandleHolder;
  const handle = holder._handle;
  if (handle === null) throw new Error('the socket has no handle');
  holder._handle = null;
  socket.destroy();
  return handle;
}

/**
 * A socket whose bytes are put into `inbox`, length by length; `received` must be done with them when it returns. Of an
 * accepted connection's `handle`, or of none: then it is still to be connected.
 */
export function socketInto(inbox: Uint8Array, handle: Handle | null, received: (length: number) => void): Socket {
  const options: Omit<SocketConstructorOpts, 'handle'> & { handle?: Handle } = {
    onread: {
      buffer: inbox,
      callback(length) {
        received(length);
        return true;
      },
    },
  };
  if (handle !== null) options.handle = handle;
  // The typings know only BoundSocket, which Node 26.4 added for the same option.
  return new Socket(options as unknown as SocketConstructorOpts);
}

/** Node has it from 26.4 on. */
const { BoundSocket: Bound } = net as Partial<typeof net>;

/** Whether a port can be had without waiting. */
export function canBind(): boolean {
  return Bound !== undefined;
}

/** A socket that has its address, to be listened on. Throws what Node throws. Only where `canBind`. */
export function bindNow(options: BoundSocketOptions): BoundSocket {
  return new Bound!(options);
}
