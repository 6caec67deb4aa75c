// One connection of the native transport: a nonblocking socket, what epoll watches on it, and its receiver.
//
// Events are edge-triggered: epoll need not look again at every socket that it reported, which takes up to 2.7 % off a
// request at P=1 (docs/decisions/0007-transports.md). So an event must be made good use of, or asked for again: (a) a
// socket is read until a read brings less than it could, and where the peer has ended, until the end; (b) what is left
// unread, by bound, by a pause or because the receiver threw, is reported again after EPOLL_CTL_MOD, which looks at the
// socket anew and puts it behind the others that are ready.
//
// No result rests on errno alone. What a call that returned -1 means is asked of the kernel again: the event that came
// with it, poll(), SO_ERROR. Where all of these are silent the call counts as "not now", REFUSALS_MAX times in a row.

import { realClock } from '../../host/real-clock.ts';
import { assert, VERIFY } from '../../lib/assert.ts';
import {
  argument,
  EDGE_TRIGGERED,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  FAILED,
  HUNG_UP,
  PEER_ENDED,
  READABLE,
  WRITABLE,
} from './native-libc.ts';
import type { NativeLoop } from './native-loop.ts';
import { failureOf, pendingError } from './native-sockets.ts';
import type { LinkAddresses } from './socket-address.ts';
import { errorText } from './socket-errors.ts';
import type { Link, Receiver } from './transport.ts';

/**
 * Bytes are quick when 32 KB of them were dealt with faster than this: they belong to large values. Then as much is
 * read as there is room for, up to READS_MAX times: a value of 200 KB that comes in pieces costs 67 us instead of 27.
 */
const QUICK_MS = 0.1;
const QUICK_BYTES = 32 * 1024;

/** Reads in one round at most. */
const READS_MAX = 4;

/** Calls in a row that failed for no reason that the kernel can name, before the link is taken for broken. */
const REFUSALS_MAX = 16;

/** Bytes given to one write(), whose length is an int32. What is more goes when the socket is writable again. */
const SEND_BYTES_MAX = 1024 * 1024 * 1024;

/** What received bytes are overwritten with where VERIFY is on: nobody may read them after received() returned. */
const POISON = 0xdd;

const READING = READABLE | PEER_ENDED | EDGE_TRIGGERED | 0;
const READING_AND_WRITING = READING | WRITABLE | 0;
/** Where an event leaves nothing for a read to wait for: the end or the failure is there already. */
const ENDING = PEER_ENDED | FAILED | HUNG_UP;

/** What a link needs of its transport. */
export interface LinkOwner {
  readonly loop: NativeLoop;
  /** Forgets the link and closes its descriptor. */
  release(link: NativeLink): void;
  /** The server's code threw. */
  fatal(error: unknown): void;
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
  /** The descriptor, as read and write get it. */
  readonly #argument: bigint;
  readonly #owner: LinkOwner;
  readonly #loop: NativeLoop;
  #open = true;
  #reading = true;
  #started = false;
  #wantsWritable = false;
  /** Whether the bytes that came last, when they were many, took little time. */
  #quick = false;
  #refusals = 0;

  constructor(owner: LinkOwner, descriptor: number, generation: number, addresses: LinkAddresses) {
    this.descriptor = descriptor;
    this.#argument = BigInt(descriptor);
    this.generation = generation;
    this.remoteAddress = addresses.remote;
    this.localAddress = addresses.local;
    this.remoteIsLocal = addresses.remoteIsLocal;
    this.#owner = owner;
    this.#loop = owner.loop;
  }

  send(bytes: Uint8Array, start: number, end: number): number {
    assert(start >= 0 && start <= end && end <= bytes.length, 'what is sent lies inside its array');
    if (!this.#open) return -1;
    if (start === end) return 0;
    const { libc, sent } = this.#loop;
    const length = Math.min(end - start, SEND_BYTES_MAX);
    const address = sent.addressOf(libc, bytes, start);
    let taken = libc.functions.write(this.#argument, address, argument(length));
    if (taken < 0) taken = this.#sendRefused(address, length);
    sent.used();
    if (taken < 0) return -1;
    if (taken > 0) this.#refusals = 0;
    if (taken < end - start) this.#awaitWritable();
    return taken;
  }

  pauseReading(): void {
    this.#reading = false;
  }

  resumeReading(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#askAgain();
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
    this.#started = true;
    if (!this.#control(EPOLL_CTL_ADD)) this.#end(errorText('ENOBUFS'));
  }

  /** Handles what epoll reported. */
  handle(events: number): void {
    if ((events & WRITABLE) !== 0 && this.#wantsWritable) {
      this.#wantsWritable = false;
      this.receiver?.writable();
      // Not watched any longer, unless it was asked for anew. What was there to be read is reported again.
      if (!this.#wantsWritable) this.#askAgain();
      return;
    }
    if ((events & (READABLE | ENDING)) === 0 || !this.#open) return;
    if (this.#reading) this.#receive(events);
    // Who does not read sees no orderly end, so that no byte before it is lost; after a reset there is nothing to be lost.
    else if ((events & FAILED) !== 0) this.#end(failureOf(this.#loop.libc, this.descriptor));
  }

  /** The receiver threw: what it was not told is reported again. */
  failed(error: unknown): void {
    this.#owner.fatal(error);
    this.#askAgain();
  }

  #receive(events: number): void {
    const { libc, inbox } = this.#loop;
    const toTheEnd = (events & ENDING) !== 0;
    for (let round = 0; round < READS_MAX; round++) {
      const size = this.#quick ? inbox.bytes.length : this.#loop.turn.bytes;
      const most = this.#quick ? inbox.length : this.#loop.turn.argument;
      const length = libc.functions.read(this.#argument, inbox.address, most);
      if (length > 0) {
        this.#deliver(length);
        if (!this.#open || !this.#reading || (length < size && !toTheEnd)) return;
        if (!this.#quick) break;
      } else if (length === 0) {
        this.#end('');
        return;
      } else {
        // After a read this only says that there was no more; else epoll had promised something.
        if (round === 0 || toTheEnd) this.#receiveRefused(events);
        return;
      }
    }
    this.#askAgain();
  }

  /** Gives the receiver what is in the inbox, and looks how quick that was when it was much. */
  #deliver(length: number): void {
    const { inbox, turn } = this.#loop;
    const isMuch = length >= turn.bytes;
    const from = isMuch ? realClock.elapsed() : 0;
    this.#refusals = 0;
    this.#loop.receivedBytes += length;
    this.receiver?.received(inbox.bytes, length);
    if (isMuch) {
      const elapsed = realClock.elapsed() - from;
      this.#quick = elapsed * QUICK_BYTES < QUICK_MS * length;
      turn.took(elapsed);
    }
    if (VERIFY) inbox.bytes.fill(POISON, 0, length);
  }

  /** read() returned -1 though epoll said that there is something: an error, or nothing after all. */
  #receiveRefused(events: number): void {
    const { libc } = this.#loop;
    const failure = pendingError(libc, this.descriptor);
    if (failure !== '') this.#end(errorText(failure));
    else if ((events & (FAILED | HUNG_UP)) !== 0 || ++this.#refusals > REFUSALS_MAX) this.#end(errorText('ECONNRESET'));
  }

  /**
   * write() returned -1: tries again when the kernel says that it could, else 0 when the link works and -1 when not. A
   * link that is neither writable nor broken has a full send buffer, which is the usual case.
   */
  #sendRefused(address: bigint, length: number): number {
    const { libc } = this.#loop;
    const state = libc.pollNow(this.descriptor, WRITABLE);
    if ((state & (FAILED | HUNG_UP)) !== 0) return -1;
    if ((state & WRITABLE) === 0) return 0;
    const taken = libc.functions.write(this.#argument, address, argument(length));
    if (taken >= 0) return taken;
    return pendingError(libc, this.descriptor) !== '' || ++this.#refusals > REFUSALS_MAX ? -1 : 0;
  }

  #end(failure: string): void {
    this.close();
    this.receiver?.closed(failure);
  }

  #awaitWritable(): void {
    if (this.#wantsWritable) return;
    this.#wantsWritable = true;
    this.#askAgain();
  }

  /** Makes epoll look at the socket anew and report what is true of it, after those that it will report before. */
  #askAgain(): void {
    if (this.#open && this.#started) this.#control(EPOLL_CTL_MOD);
  }

  #control(operation: number): boolean {
    const events = this.#wantsWritable ? READING_AND_WRITING : READING;
    return this.#loop.libc.epollControl(this.#loop.epoll, operation, this.descriptor, events, this.generation);
  }
}
