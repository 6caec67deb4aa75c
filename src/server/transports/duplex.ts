// A client's end of a link as a stream of Node, so that a client library that wants a socket can talk to a server in the
// same process. With ioredis:
//
//   new Redis({ Connector: class { connect() { return Promise.resolve(openDuplex(transport)); } disconnect() {} … } })

import { Duplex } from 'node:stream';
import type { MemoryLink, MemoryTransport } from './memory.ts';
import { errorText } from './socket-errors.ts';
import { type Receiver, TransportError } from './transport.ts';

/** A new connection to the server behind `transport`. */
export function openDuplex(transport: MemoryTransport): LinkDuplex {
  return new LinkDuplex((receiver) => transport.open(receiver));
}

type Done = (error?: Error | null) => void;

/** What of net.Socket clients call on any stream is here and does nothing. */
export class LinkDuplex extends Duplex {
  readonly connecting = false;
  readonly #link: MemoryLink;
  /** The rest of a write that the link had no room for, and whom to tell when it is gone. */
  #unsent: Uint8Array | null = null;
  #sent: Done = () => {};

  constructor(open: (receiver: Receiver) => MemoryLink) {
    super({ allowHalfOpen: false });
    this.#link = open({
      received: (bytes, length) => this.#received(bytes, length),
      writable: () => this.#sendRest(),
      closed: () => this.push(null),
    });
  }

  get remoteAddress(): string {
    return this.#link.remoteAddress;
  }

  override _read(): void {
    this.#link.resumeReading();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    this.#send(chunk, done);
  }

  override _final(done: Done): void {
    this.#link.end();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#link.close();
    done(error);
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  #received(bytes: Uint8Array, length: number): void {
    // The array is used again; the stream keeps what it is given.
    const copy = Buffer.allocUnsafe(length);
    copy.set(bytes.subarray(0, length));
    if (!this.push(copy)) this.#link.pauseReading();
  }

  #sendRest(): void {
    const unsent = this.#unsent;
    if (unsent === null) return;
    this.#unsent = null;
    this.#send(unsent, this.#sent);
  }

  #send(bytes: Uint8Array, done: Done): void {
    const taken = this.#link.send(bytes, 0, bytes.length);
    if (taken < 0) {
      done(new TransportError('EPIPE', `write: ${errorText('EPIPE')}`));
    } else if (taken < bytes.length) {
      this.#unsent = bytes.subarray(taken);
      this.#sent = done;
    } else {
      done();
    }
  }
}
