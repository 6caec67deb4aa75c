// Picks the fastest transport that works here, and says why, for the log and INFO.

import { NativeTransport } from './native.ts';
import { NodeTransport } from './node-net.ts';
import { type Transport, TransportError, type TransportHost, type TransportOptions } from './transport.ts';

export type WantedTransport = 'auto' | 'native' | 'node';

export interface Choice {
  readonly transport: Transport;
  /** "epoll through node:ffi", "node:net; native: needs Linux, this is darwin". */
  readonly reason: string;
}

/** Throws TransportError (ENOTSUP) when `wanted` is 'native' and can't be had. */
export function chooseTransport(wanted: WantedTransport, host: TransportHost, options: TransportOptions): Choice {
  if (wanted === 'node') return { transport: new NodeTransport(host, options), reason: 'node:net, as configured' };
  try {
    return { transport: new NativeTransport(host, options), reason: 'epoll through node:ffi' };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (wanted === 'native') throw new TransportError('ENOTSUP', `the native transport can't be had: ${why}`);
    return { transport: new NodeTransport(host, options), reason: `node:net; native: ${why}` };
  }
}
