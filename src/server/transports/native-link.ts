// One connection of the native transport: a nonblocking socket, what epoll watches on it, and its receiver.
//
// No result rests on errno alone. What a call that returned -1 means is asked of the kernel again: the event that came
// with it, poll(), SO_ERROR. Where all of these are silent the call counts as "not now", REFUSALS_MAX times in a row.

import { assert, VERIFY } from '../../lib/assert.ts';
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  FAILED,
  HUNG_UP,
  type Libc,
  type NativeMemory,
  READABLE,
  WRITABLE,
} from './native-libc.ts';
import { failureOf, pendingError } from './native-sockets.ts';
import type { LinkAddresses } from './socket-address.ts';
import { errorText } from './socket-errors.ts';
import type { Link, Receiver } from './transport.ts';

/** Full reads of one link in one round, so that one fast sender can't keep the others waiting for long: 1 MB. */
const FULL_READS_MAX = 4;

/** Calls in a row that failed for no reason that the kernel can name, before the link is taken for broken. */
const REFUSALS_MAX = 16;

/** Bytes given to one write(), whose length is an int32. What is more goes when the socket is writable again. */
const SEND_BYTES_MAX = 1024 * 1024 * 1024;

/** A sent array up to this size is remembered with its address; a larger one shall not live longer for it. */
const REMEMBERED_BYTES_MAX = 1024 * 1024;

/** What received bytes are overwritten with where VERIFY is on: nobody may read them after received() returned. */
const POISON = 0xdd;

const NO_EVENTS = 0;
/** Before start(). */
const NOT_STARTED = -1;
/** Not among epoll's descriptors: the peer is gone, and nobody wants to read what it left. */
const UNWATCHED = -2;

/** What a link needs of its transport. */
export interface LinkOwner {
  readonly libc: Libc;
  /** The epoll descriptor. */
  readonly epoll: number;
  /** Where every link's bytes are received. */
  readonly inbox: NativeMemory;
  readonly sent: SentMemory;
  /** Counts what the links of an entry received. */
  receivedBytes: number;
  /** Forgets the link and closes its descriptor. */
  release(link: NativeLink): void;
}

/** Where the array that was sent last lies in memory, so that a shared reply buffer is looked up once, not per send. */
export class SentMemory {
  #bytes: Uint8Array | null = null;
  #address = 0n;

  /** The address of bytes[start], good until used() or the next call. */
  addressOf(libc: Libc, bytes: Uint8Array, start: number): bigint {
    if (bytes !== this.#bytes) {
      this.#address = libc.ffi.getRawPointer(bytes);
      this.#bytes = bytes;
    }
    return start === 0 ? this.#address : this.#address + BigInt(start);
  }

  /** To be called after the address was used, which keeps the array from being collected before. */
  used(): void {
    if (this.#bytes !== null && this.#bytes.length > REMEMBERED_BYTES_MAX) this.#bytes = null;
  }
}

export class NativeLink implements Link {
  readonly descriptor: number;
  /** Tells this link's events from those of an earlier link with the same descriptor. */
  readonly generation: number;
  readonly pendingBytes = 0;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly remoteIsLocal: boolean;
  /** Who gets the bytes; null before the host has accepted the link. */
  receiver: Receiver | null = null;
  readonly #owner: LinkOwner;
  #open = true;
  #reading = true;
  #wantsWritable = false;
  /** The events that epoll watches, or NOT_STARTED, or UNWATCHED. */
  #watched = NOT_STARTED;
  #refusals = 0;

  constructor(owner: LinkOwner, descriptor: number, generation: number, addresses: LinkAddresses) {
    this.descriptor = descriptor;
    this.generation = generation;
    this.remoteAddress = addresses.remote;
    this.localAddress = addresses.local;
    this.remoteIsLocal = addresses.remoteIsLocal;
    this.#owner = owner;
  }

  send(bytes: Uint8Array, start: number, end: number): number {
    assert(start >= 0 && start <= end && end <= bytes.length, 'what is sent lies inside its array');
    if (!this.#open) return -1;
    if (start === end) return 0;
    const { libc, sent } = this.#owner;
    const length = Math.min(end - start, SEND_BYTES_MAX);
    const address = sent.addressOf(libc, bytes, start);
    let taken = libc.functions.write(this.descriptor, address, length);
    if (taken < 0) taken = this.#sendRefused(address, length);
    sent.used();
    if (taken < 0) return -1;
    if (taken > 0) this.#refusals = 0;
    if (taken < end - start) this.#awaitWritable();
    return taken;
  }

  pauseReading(): void {
    this.#reading = false;
    this.#watch();
  }

  resumeReading(): void {
    this.#reading = true;
    this.#watch();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#owner.release(this);
  }

  /** Starts to hear of events, once the host has accepted the link. */
  start(receiver: Receiver): void {
    this.receiver = receiver;
    if (!this.#open) return;
    this.#watched = this.#wanted();
    if (!this.#control(EPOLL_CTL_ADD, this.#watched)) this.#end(errorText('ENOBUFS'));
  }

  /** Handles what epoll reported. */
  handle(events: number): void {
    if ((events & WRITABLE) !== 0 && this.#wantsWritable) {
      this.#wantsWritable = false;
      this.receiver?.writable();
      if (!this.#open) return;
      this.#watch();
    }
    if ((events & (READABLE | FAILED | HUNG_UP)) === 0) return;
    if (this.#reading) this.#receive(events);
    else this.#endWhilePaused(events);
  }

  #receive(events: number): void {
    const { libc, inbox } = this.#owner;
    const size = inbox.bytes.length;
    for (let round = 0; round < FULL_READS_MAX; round++) {
      const length = libc.functions.read(this.descriptor, inbox.address, size);
      if (length > 0) {
        this.#refusals = 0;
        this.#owner.receivedBytes += length;
        this.receiver?.received(inbox.bytes, length);
        if (VERIFY) inbox.bytes.fill(POISON, 0, length);
        if (length < size || !this.#open || !this.#reading) return;
      } else if (length === 0) {
        this.#end('');
        return;
      } else {
        // After a full read this only says that there was no more; else epoll had promised something.
        if (round === 0) this.#receiveRefused(events);
        return;
      }
    }
  }

  /** read() returned -1 though epoll said that there is something: an error, or nothing after all. */
  #receiveRefused(events: number): void {
    const { libc } = this.#owner;
    const failure = pendingError(libc, this.descriptor);
    if (failure !== '') this.#end(errorText(failure));
    else if ((events & (FAILED | HUNG_UP)) !== 0 || ++this.#refusals > REFUSALS_MAX) this.#end(errorText('ECONNRESET'));
  }

  /**
   * write() returned -1: tries again when the kernel says that it could, else 0 when the link works and -1 when not. A
   * link that is neither writable nor broken has a full send buffer, which is the usual case.
   */
  #sendRefused(address: bigint, length: number): number {
    const { libc } = this.#owner;
    const state = libc.pollNow(this.descriptor, WRITABLE);
    if ((state & (FAILED | HUNG_UP)) !== 0) return -1;
    if ((state & WRITABLE) === 0) return 0;
    const taken = libc.functions.write(this.descriptor, address, length);
    if (taken >= 0) return taken;
    return pendingError(libc, this.descriptor) !== '' || ++this.#refusals > REFUSALS_MAX ? -1 : 0;
  }

  /**
   * The peer is gone while nobody reads. After a reset there is nothing to be saved. What was sent before an orderly end
   * may still wait to be read, so the link only stops watching, or it would wake for the end at once again.
   */
  #endWhilePaused(events: number): void {
    if ((events & FAILED) !== 0) this.#end(failureOf(this.#owner.libc, this.descriptor));
    else if ((events & HUNG_UP) !== 0 && this.#control(EPOLL_CTL_DEL, NO_EVENTS)) this.#watched = UNWATCHED;
  }

  #end(failure: string): void {
    this.close();
    this.receiver?.closed(failure);
  }

  #awaitWritable(): void {
    this.#wantsWritable = true;
    this.#watch();
  }

  #wanted(): number {
    return (this.#reading ? READABLE : NO_EVENTS) | (this.#wantsWritable ? WRITABLE : NO_EVENTS);
  }

  /** Tells epoll what is wanted now, where that differs. */
  #watch(): void {
    const wanted = this.#wanted();
    if (!this.#open || this.#watched === NOT_STARTED || wanted === this.#watched) return;
    if (this.#watched === UNWATCHED) {
      if (wanted === NO_EVENTS) return;
      this.#control(EPOLL_CTL_ADD, wanted);
    } else {
      this.#control(EPOLL_CTL_MOD, wanted);
    }
    this.#watched = wanted;
  }

  #control(operation: number, events: number): boolean {
    return this.#owner.libc.epollControl(this.#owner.epoll, operation, this.descriptor, events, this.generation);
  }
}
