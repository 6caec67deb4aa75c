// Invalidation messages: what a tracking client is told, in each protocol.

import { Reply } from '../protocol/reply.ts';
import type { Session } from './session.ts';

/** The channel on which clients of RESP2 are told. */
const CHANNEL = '__redis__:invalidate';

/** One message in both protocols; each is written when somebody needs it. */
export class Invalidation {
  private readonly resp2 = new Reply();
  private readonly resp3 = new Reply();
  private readonly other = new Reply();
  private write: (reply: Reply) => void = () => undefined;

  constructor() {
    this.resp3.resp = 3;
    this.other.resp = 3;
  }

  /** Begins a message about one key. */
  ofKey(bytes: Uint8Array, start: number, end: number): void {
    this.begin((reply) => {
      reply.array(1);
      reply.bulk(bytes, start, end);
    });
  }

  /** Begins a message about several keys, in latin1. */
  ofKeys(keys: readonly string[]): void {
    this.begin((reply) => {
      reply.array(keys.length);
      for (const key of keys) reply.bulkText(key);
    });
  }

  /** Begins a message about all keys. */
  ofAll(): void {
    this.begin((reply) => reply.nil());
  }

  private begin(write: (reply: Reply) => void): void {
    this.write = write;
    this.resp2.clear();
    this.resp3.clear();
  }

  /**
   * The message as a client is told: a push in RESP3, in RESP2 one of a channel. Null where it cannot be told, since it has
   * no redirection or listens to nothing.
   */
  writtenFor(target: Session, isRedirected: boolean): Reply | null {
    if (target.resp === 3) {
      if (this.resp3.length === 0) {
        this.resp3.push(2);
        this.resp3.bulkText('invalidate');
        this.write(this.resp3);
      }
      return this.resp3;
    }
    if (!isRedirected || target.subscriptions === null) return null;
    if (this.resp2.length === 0) {
      this.resp2.push(3);
      this.resp2.bulkText('message');
      this.resp2.bulkText(CHANNEL);
      this.write(this.resp2);
    }
    return this.resp2;
  }

  /** Tells a client of RESP3 that the one its messages were to go to is gone. */
  brokenRedirection(target: number): Reply {
    const { other } = this;
    other.clear();
    other.push(2);
    other.bulkText('tracking-redir-broken');
    other.integer(target);
    return other;
  }
}
