// The replies of a tick. Short ones wait here until its last request was served, as in Redis, and then go out one right
// after the other.
//
// Why they wait: a reply that is sent wakes its client. Sent between the requests, every one wakes a client that had gone
// to sleep after the one before, and waking costs the sender several microseconds; sent in a row, the first wakes the
// client and the rest find it awake. For a program with 50 connections on the same machine a request costs 0.63 us
// instead of 0.70 at P=16 and 0.26 instead of 0.34 at P=100, and the slowest hundredth of replies comes a fifth earlier
// (docs/decisions/0007-transports.md). It is also the point at which what the replies promise can be made durable.
//
// Nothing waits for time to pass: the tick ends when the sockets that were ready have been served.

import { copyBytes } from '../lib/bytes.ts';

/** A longer reply is sent at once: there the waking does not matter, but the copy does. */
const REPLY_BYTES_MAX = 16 * 1024;
/** Where the replies lie: fifty of a pipeline of 100 short ones. When it is full they are sent. */
const PLACE_BYTES = 256 * 1024;
/** So many replies are sent at the latest: a client among thousands shall not wait for all of them. */
const REPLIES_MAX = 256;
/** Replies begin at multiples of this, so that a transport can remember the address of each place (SentMemory). */
const ALIGNMENT = 64;

/** A connection, as seen from here. */
export interface ReplySender {
  /** Sends what was held for it. The bytes are the caller's again on return. */
  sendHeld(bytes: Uint8Array, start: number, end: number): void;
}

export class HeldReplies {
  private readonly bytes = new Uint8Array(PLACE_BYTES);
  private readonly starts = new Int32Array(REPLIES_MAX);
  private readonly ends = new Int32Array(REPLIES_MAX);
  private readonly senders: (ReplySender | null)[] = new Array<null>(REPLIES_MAX).fill(null);
  private count = 0;
  /** Where the next reply goes; never 0, whose address transports keep for whole arrays. */
  private at = ALIGNMENT;

  /** Keeps a copy of bytes[start..end) until `sendAll`; false when it is too long for that. May send others. */
  hold(sender: ReplySender, bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (length > REPLY_BYTES_MAX) return false;
    if (this.count === REPLIES_MAX || this.at + length > PLACE_BYTES) this.sendAll();
    const { at, count } = this;
    copyBytes(bytes, start, end, this.bytes, at);
    this.starts[count] = at;
    this.ends[count] = at + length;
    this.senders[count] = sender;
    this.count = count + 1;
    this.at = (at + length + ALIGNMENT - 1) & -ALIGNMENT;
    return true;
  }

  /** Sends them in the order in which they came. What is held meanwhile waits for the next call. */
  sendAll(): void {
    const { count, senders, starts, ends } = this;
    if (count === 0) return;
    for (let index = 0; index < count; index++) {
      const sender = senders[index]!;
      senders[index] = null;
      sender.sendHeld(this.bytes, starts[index]!, ends[index]!);
    }
    this.count = 0;
    this.at = ALIGNMENT;
  }
}
