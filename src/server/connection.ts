// A connection: a link of a transport on one side, a session of the engine on the other, and between them the output that
// the client has not taken yet.
//
// Short replies go out at the end of the tick (held-replies.ts), longer ones at the end of their batch, straight from the
// engine's buffer; what the kernel does not take waits in the outbox. Messages that others cause (pub/sub, MONITOR) wait
// there too, for the tick's end, so that a tick sends to a client once.

import type { Peer, Session } from '../engine/session.ts';
import { STOPPED_OUTPUT } from '../engine/session.ts';
import type { OutputLimit } from './config/clients.ts';
import { Outbox } from './outbox.ts';
import type { Link, Receiver } from './transports/transport.ts';

/** Replies at least this long are kept as they are instead of being copied when they must wait. */
const KEEP_BYTES_MIN = 64 * 1024;
/** Output below this never counts against the limits: the size of a client's first buffer in Redis. */
const UNCOUNTED_BYTES = 16 * 1024;
/** A session that waited for its client to read goes on when this little is left. */
const OUTPUT_LOW = 1024 * 1024;

/** What a connection needs of its server. */
export interface ConnectionOwner {
  /** The bytes arrived at the engine. */
  receive(session: Session, bytes: Uint8Array, start: number, end: number): void;
  /** A stopped session may go on. */
  resume(session: Session): void;
  /** Keeps a reply until the end of the tick; false when it is to be sent at once. */
  hold(connection: Connection, bytes: Uint8Array, start: number, end: number): boolean;
  /** Sends all held replies. */
  sendHeld(): void;
  /** The offset of the log until which what leaves now may show changes that are not durable yet; -1: it shows none. */
  withheldUntil(): number;
  /** Whether what was withheld until an offset may go. */
  mayShow(offset: number): boolean;
  /** The connection has withheld output: it is to be flushed when more may be shown. */
  withheld(connection: Connection): void;
  /** Whether messages must wait, since what they tell of is not at its end. */
  standsStill(): boolean;
  /** The output is to be flushed at the end of the tick. */
  flushLater(connection: Connection): void;
  /** The connection is over: forget its session. */
  ended(connection: Connection): void;
  /** The limit that holds for a session. */
  outputLimit(session: Session): OutputLimit;
  /** The client let too much output pile up. */
  overflowed(connection: Connection, limit: 'hard' | 'soft'): void;
  /** More or less output waits than before. */
  outputChanged(session: Session): void;
  now(): number;
}

export class Connection implements Receiver, Peer {
  readonly link: Link;
  readonly descriptor: number;
  readonly outbox = new Outbox();
  /** Set right after construction, when the engine has made one. */
  session!: Session;
  /** Whether `flushLater` was asked for. */
  isQueued = false;
  /** The connection ends when the outbox is empty. */
  private closing = false;
  private closed_ = false;
  /** Whether a reply is held. Then the outbox is empty, since what it holds must go out first. */
  private holds = false;
  /** From which byte of all its output on what offset of the log must be durable, in pairs; null when it withholds nothing. */
  private marks: number[] | null = null;
  /** From which byte of all its output on it is not known yet what must be durable; -1: it is known for all. */
  private unsettledFrom = -1;
  /** Bytes that ever were in the outbox, and that left it. */
  private queuedTotal = 0;
  private drainedTotal = 0;
  /** Since when the soft limit is exceeded, 0 if it is not. */
  private softSince = 0;
  private readonly owner: ConnectionOwner;
  private readonly sendToLink = (bytes: Uint8Array, start: number, end: number): number =>
    this.link.send(bytes, start, end);

  constructor(owner: ConnectionOwner, link: Link) {
    this.owner = owner;
    this.link = link;
    this.descriptor = link.descriptor;
  }

  address(): string {
    return this.link.remoteAddress;
  }

  localAddress(): string {
    return this.link.localAddress;
  }

  pendingOutput(): number {
    return this.outbox.length + this.link.pendingBytes;
  }

  outputMemory(): number {
    return this.outbox.memory() + this.link.pendingBytes;
  }

  outputChunks(): number {
    return this.outbox.chunkCount();
  }

  replyBufferBytes(): number {
    return this.outbox.bufferBytes;
  }

  replyBufferPeak(): number {
    return this.outbox.peak;
  }

  // --- from the transport ---

  received(bytes: Uint8Array, length: number): void {
    this.owner.receive(this.session, bytes, 0, length);
  }

  writable(): void {
    if (this.outbox.length > 0 && !this.drain()) {
      this.fail();
      return;
    }
    if (this.pendingOutput() > 0) {
      if (this.pendingOutput() <= OUTPUT_LOW) this.wake();
      return;
    }
    this.softSince = 0;
    if (this.closing) this.close('now');
    else this.wake();
  }

  closed(): void {
    if (this.closed_) return;
    this.closed_ = true;
    this.outbox.clear();
    this.owner.ended(this);
  }

  // --- from the engine ---

  send(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.closed_ || this.closing) return false;
    if (this.outbox.length === 0 && this.owner.hold(this, bytes, start, end)) {
      this.holds = true;
      return false;
    }
    if (this.holds) this.owner.sendHeld();
    return this.transmit(bytes, start, end);
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    if (this.holds) this.owner.sendHeld();
    if (this.closed_ || this.closing) return;
    // It may tell of a change of which the log has not heard yet.
    if (this.unsettledFrom < 0) this.unsettledFrom = this.queuedTotal;
    this.outbox.add(bytes, start, end);
    this.queuedTotal += end - start;
    this.queue();
    this.checkLimits();
    this.owner.outputChanged(this.session);
  }

  close(when: 'now' | 'flushed'): void {
    if (this.holds) this.owner.sendHeld();
    if (this.closed_) return;
    if (when === 'flushed' && this.pendingOutput() > 0) {
      this.closing = true;
      this.link.pauseReading();
      return;
    }
    this.closed_ = true;
    this.outbox.clear();
    this.link.close();
    this.owner.ended(this);
  }

  // --- from the server ---

  sendHeld(bytes: Uint8Array, start: number, end: number): void {
    this.holds = false;
    this.transmit(bytes, start, end);
  }

  /** Sends what waits; at the end of a tick. */
  flush(): void {
    this.isQueued = false;
    if (this.closed_) return;
    if (!this.drain()) this.fail();
    else if (this.pendingOutput() === 0) {
      this.softSince = 0;
      if (this.closing) this.close('now');
    }
  }

  /** Drops the output; the connection ends at the next flush. For where the engine must not be entered. */
  doom(): void {
    this.closing = true;
    this.outbox.clear();
    this.owner.outputChanged(this.session);
    this.queue();
  }

  /** Looks whether the output exceeds its limits; once a second too, for the soft one. */
  checkLimits(): void {
    if (this.closed_ || this.closing) return;
    const limit = this.owner.outputLimit(this.session);
    const waiting = this.pendingOutput();
    if (limit.hardBytes > 0 && waiting >= limit.hardBytes) {
      this.owner.overflowed(this, 'hard');
      return;
    }
    if (limit.softBytes === 0 || waiting < limit.softBytes) {
      this.softSince = 0;
      return;
    }
    const now = this.owner.now();
    if (this.softSince === 0) this.softSince = now;
    else if (now - this.softSince > limit.softSeconds * 1000) this.owner.overflowed(this, 'soft');
  }

  /** As Peer.send, at once: what was held has gone out. */
  private transmit(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.closed_ || this.closing) return false;
    this.outbox.note(end - start);
    const withheld = this.owner.withheldUntil();
    if (this.outbox.length > 0 || withheld >= 0) {
      this.mark(withheld);
      return this.enqueue(bytes, start, end);
    }
    // As in Redis, a large reply counts against the limit even if the client would take it at once.
    if (end - start > UNCOUNTED_BYTES && this.exceedsHardLimit(end - start)) return false;
    const taken = this.link.send(bytes, start, end);
    if (taken < 0) {
      this.doom();
      return false;
    }
    if (taken === end - start) {
      if (this.link.pendingBytes > 0) this.checkLimits();
      return false;
    }
    return this.enqueue(bytes, start + taken, end);
  }

  private exceedsHardLimit(bytes: number): boolean {
    const limit = this.owner.outputLimit(this.session);
    if (limit.hardBytes === 0 || this.pendingOutput() + bytes < limit.hardBytes) return false;
    this.owner.overflowed(this, 'hard');
    return true;
  }

  private enqueue(bytes: Uint8Array, start: number, end: number): boolean {
    const keeps = end - start >= KEEP_BYTES_MIN;
    if (keeps) this.outbox.keep(bytes, start, end);
    else this.outbox.add(bytes, start, end);
    this.queuedTotal += end - start;
    this.checkLimits();
    this.owner.outputChanged(this.session);
    return keeps;
  }

  /** What is added to the outbox next must wait until the log is durable up to an offset; -1: for nothing. */
  private mark(offset: number): void {
    if (offset < 0) return;
    this.marks ??= [];
    if (this.marks.at(-1) !== offset) this.marks.push(this.queuedTotal, offset);
    this.owner.withheld(this);
  }

  /** Sends what may be seen; false when the link failed. */
  private drain(): boolean {
    const before = this.outbox.length;
    const isSent = this.outbox.drain(this.sendToLink, this.visible());
    this.drainedTotal += before - this.outbox.length;
    this.owner.outputChanged(this.session);
    return isSent;
  }

  /** Now that the log has taken in all that happened: notes what the messages since the last time must wait for. */
  private settle(): void {
    const from = this.unsettledFrom;
    if (from < 0 || this.owner.standsStill()) return;
    this.unsettledFrom = -1;
    const offset = this.owner.withheldUntil();
    if (offset < 0) return;
    // What came behind them can't go before them.
    const marks = this.marks ?? [];
    while (marks.length > 0 && marks.at(-2)! >= from) marks.length -= 2;
    if (marks.at(-1) !== offset) marks.push(from, offset);
    this.marks = marks;
    this.owner.withheld(this);
  }

  /** Bytes of the outbox that may be seen. Not to be called while a command runs. */
  private visible(): number {
    this.settle();
    const settled = this.unsettledFrom < 0 ? this.outbox.length : this.unsettledFrom - this.drainedTotal;
    const { marks } = this;
    if (marks === null) return settled;
    while (marks.length > 0 && this.owner.mayShow(marks[1]!)) marks.splice(0, 2);
    if (marks.length > 0) {
      this.owner.withheld(this);
      return Math.min(settled, marks[0]! - this.drainedTotal);
    }
    this.marks = null;
    return settled;
  }

  private wake(): void {
    if (this.session.stopped === STOPPED_OUTPUT) this.owner.resume(this.session);
  }

  private queue(): void {
    if (this.isQueued) return;
    this.isQueued = true;
    this.owner.flushLater(this);
  }

  /** The link broke outside of the engine: the session ends now. */
  private fail(): void {
    this.close('now');
  }
}
