// The transport inside the process: a link has two ends, and what one sends the other receives. No socket, no Node: it
// works in a browser and under a simulated clock.
//
// Nothing is delivered inside send(): every call of a receiver comes from #deliver, which `schedule` runs later. So no
// end is ever entered while it is running, as promised in transport.ts, and a client that answers each reply with the
// next request does not grow the stack.
//
//   client.send ──copy──> server end's inbox ──received──> server … link.send ──copy──> client end's inbox ──received──>
//
// An inbox is bounded, as a socket's buffers are: send() takes what fits, and writable() tells when there is room.

import { assert, VERIFY } from '../../lib/assert.ts';
import { copyBytes } from '../../lib/bytes.ts';
import {
  type Destination,
  type Dialer,
  type Link,
  type Listening,
  type Receiver,
  type Transport,
  TransportError,
  type TransportHost,
} from './transport.ts';

/** Bytes under way in each direction: what the two buffers of a socket hold by default on Linux, about. */
const INBOX_BYTES_MAX = 256 * 1024;

/** The first size of an inbox; most never hold more. */
const INBOX_BYTES_FIRST = 1024;

/** Rounds of deliveries in one run, so that two ends that talk without a pause leave room for others. */
const ROUNDS_MAX = 64;

/**
 * Runs in a row that are microtasks. One that is not lets timers and sockets have their turn: a program that polls for a
 * key in a loop of awaits would otherwise wait for ever for the timer that sets it.
 */
const MICROTASKS_MAX = 64;

/** What received bytes are overwritten with where VERIFY is on: nobody may read them after received() returned. */
const POISON = 0xdd;

const { queueMicrotask, setTimeout } = globalThis;
const setImmediate: ((run: () => void) => void) | undefined = globalThis.setImmediate;

/** Runs functions soon: nearly always as microtasks, which cost least. */
function fairSchedule(): (run: () => void) => void {
  let inARow = 0;
  return (run) => {
    if (++inARow < MICROTASKS_MAX) {
      queueMicrotask(run);
      return;
    }
    inARow = 0;
    if (setImmediate === undefined) setTimeout(run, 0);
    else setImmediate(run);
  };
}

/** What escapes a client's receiver is the client's affair, not the server's: it ends as any uncaught error does. */
function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** One end of a link. The client's has end() beside what every link has. */
export class MemoryLink implements Link {
  readonly descriptor: number;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly remoteIsLocal = true;
  readonly pendingBytes = 0;
  /** The server's end, whose deliveries tickEnd follows. */
  readonly isServers: boolean;
  /** The server's is null until the host has accepted the link. */
  receiver: Receiver | null = null;
  readonly #owner: MemoryTransport;
  /** Itself until pair() has joined the two. */
  #peer: MemoryLink = this;
  /** Bytes that the peer sent: #inbox[0..#inboxLength). While they are delivered, new ones go to the other buffer. */
  #inbox: Uint8Array = new Uint8Array(INBOX_BYTES_FIRST);
  #inboxLength = 0;
  #spare: Uint8Array | null = null;
  #reading = true;
  #open = true;
  /** This side sends no more. */
  #ended = false;
  /** The peer sends no more: closed() is due once the inbox is empty. */
  #peerEnded = false;
  #wantsWritable = false;
  #isDue = false;

  constructor(owner: MemoryTransport, descriptor: number, isServers: boolean) {
    this.#owner = owner;
    this.descriptor = descriptor;
    this.isServers = isServers;
    this.remoteAddress = isServers ? `memory:${descriptor}` : 'memory:0';
    this.localAddress = isServers ? 'memory:0' : `memory:${descriptor}`;
  }

  /** Joins the two ends. */
  static pair(one: MemoryLink, other: MemoryLink): void {
    one.#peer = other;
    other.#peer = one;
  }

  send(bytes: Uint8Array, start: number, end: number): number {
    assert(start >= 0 && start <= end && end <= bytes.length, 'what is sent lies inside its array');
    const peer = this.#peer;
    if (!this.#open || this.#ended || !peer.#open) return -1;
    const taken = peer.#take(bytes, start, end);
    if (taken < end - start) this.#wantsWritable = true;
    return taken;
  }

  pauseReading(): void {
    this.#reading = false;
  }

  resumeReading(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.makeDue();
  }

  /** The peer receives what was sent, then the end; this side may go on to receive until the peer closes too. */
  end(): void {
    if (!this.#open || this.#ended) return;
    this.#ended = true;
    this.#peer.#hearEnd();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#peer.#hearEnd();
    // What it still wants to send has nowhere to go; it learns that by trying.
    if (this.#peer.#wantsWritable) this.#peer.makeDue();
    this.#owner.release(this);
  }

  /** There is something to be delivered to this end. */
  makeDue(): void {
    if (this.#isDue || !this.#open) return;
    this.#isDue = true;
    this.#owner.due(this);
  }

  /** Delivers what is due: room to send, bytes, or the end. */
  deliver(): void {
    this.#isDue = false;
    if (!this.#open) return;
    if (this.#wantsWritable && this.#peer.#hasRoom()) {
      this.#wantsWritable = false;
      this.receiver?.writable();
    }
    if (!this.#open || !this.#reading) return;
    if (this.#inboxLength > 0) this.#deliverBytes();
    else if (this.#peerEnded) this.#deliverEnd();
  }

  #deliverBytes(): void {
    const bytes = this.#inbox;
    const length = this.#inboxLength;
    this.#inbox = this.#spare ?? new Uint8Array(INBOX_BYTES_FIRST);
    this.#inboxLength = 0;
    this.#spare = null;
    // The end, and bytes that come meanwhile, have their turn in a round of their own.
    if (this.#peerEnded) this.makeDue();
    if (this.#peer.#wantsWritable) this.#peer.makeDue();
    try {
      this.receiver?.received(bytes, length);
    } finally {
      if (VERIFY) bytes.fill(POISON, 0, length);
      this.#spare = bytes;
    }
  }

  #deliverEnd(): void {
    this.close();
    this.receiver?.closed('');
  }

  /** Appends to the inbox what fits, and says how much. */
  #take(bytes: Uint8Array, start: number, end: number): number {
    const taken = Math.min(end - start, INBOX_BYTES_MAX - this.#inboxLength);
    if (taken <= 0) return 0;
    const needed = this.#inboxLength + taken;
    if (needed > this.#inbox.length) {
      const larger = new Uint8Array(Math.min(INBOX_BYTES_MAX, Math.max(needed, this.#inbox.length * 2)));
      copyBytes(this.#inbox, 0, this.#inboxLength, larger, 0);
      this.#inbox = larger;
    }
    copyBytes(bytes, start, start + taken, this.#inbox, this.#inboxLength);
    this.#inboxLength = needed;
    this.makeDue();
    return taken;
  }

  #hasRoom(): boolean {
    return !this.#open || this.#inboxLength < INBOX_BYTES_MAX;
  }

  #hearEnd(): void {
    if (!this.#open || this.#peerEnded) return;
    this.#peerEnded = true;
    this.makeDue();
  }
}

export class MemoryTransport implements Transport {
  readonly name = 'memory';
  readonly #host: TransportHost;
  readonly #schedule: (run: () => void) => void;
  readonly #links = new Set<MemoryLink>();
  #due: MemoryLink[] = [];
  #tasks: (() => void)[] = [];
  #serial = 0;
  #scheduled = false;
  #closed = false;
  readonly #run = (): void => this.#deliver();
  readonly #fatal = (error: unknown): void => this.#host.fatal(error);

  /** `schedule` runs a function soon, outside of the call; a simulation has its own. */
  constructor(host: TransportHost, schedule: (run: () => void) => void = fairSchedule()) {
    this.#host = host;
    this.#schedule = schedule;
  }

  /** The client's end of a new link. If the host refuses the link, what it sent before arrives, then closed(). */
  open(receiver: Receiver): MemoryLink {
    assert(!this.#closed, 'a closed transport opens no links');
    const serial = ++this.#serial;
    const client = new MemoryLink(this, serial, false);
    const server = new MemoryLink(this, serial, true);
    MemoryLink.pair(client, server);
    this.#links.add(client).add(server);
    client.receiver = receiver;
    server.makeDue();
    return client;
  }

  connect(_destination: Destination, dialer: Dialer): void {
    this.soon(() => {
      if (!this.#closed) dialer.failed(new TransportError('ENOTSUP', 'connect: nothing outside of the process'));
    });
  }

  listenTcp(): Promise<Listening> {
    return Promise.reject(nothingOutside());
  }

  listensAtOnce(): boolean {
    return true;
  }

  listenTcpNow(): Listening {
    throw nothingOutside();
  }

  adopt(): Promise<Listening> {
    return this.listenUnix();
  }

  listenUnix(): Promise<Listening> {
    return this.listenTcp();
  }

  soon(run: () => void): void {
    this.#tasks.push(run);
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    for (const link of this.#links) {
      if (link.isServers) link.close();
    }
  }

  /** Called by a link that something is to be delivered to. */
  due(link: MemoryLink): void {
    this.#due.push(link);
    this.#wake();
  }

  release(link: MemoryLink): void {
    this.#links.delete(link);
  }

  #wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(this.#run);
  }

  #deliver(): void {
    this.#scheduled = false;
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) this.#call(task, this.#fatal);
    for (let round = 0; round < ROUNDS_MAX && this.#due.length > 0; round++) this.#deliverRound();
    if (this.#due.length > 0) this.#wake();
  }

  #deliverRound(): void {
    const due = this.#due;
    this.#due = [];
    let serversTurn = false;
    for (const link of due) {
      if (link.isServers) serversTurn = true;
      this.#call(
        () => {
          if (link.receiver === null) this.#accept(link);
          link.deliver();
        },
        link.isServers ? this.#fatal : throwLater,
      );
    }
    if (serversTurn && !this.#closed) this.#call(() => this.#host.tickEnd(), this.#fatal);
  }

  #accept(link: MemoryLink): void {
    try {
      link.receiver = this.#host.accept(link);
    } finally {
      if (link.receiver === null) link.close();
    }
  }

  #call(run: () => void, failed: (error: unknown) => void): void {
    try {
      run();
    } catch (error) {
      failed(error);
    }
  }
}

function nothingOutside(): TransportError {
  return new TransportError('ENOTSUP', 'listen: nothing outside of the process');
}
