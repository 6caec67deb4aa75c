// Publish and subscribe: channels, patterns and shard channels, and who listens.
//
// Names are latin1 text. A message is written once for each protocol version and handed to every listener's peer.

import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { matchGlob } from '../lib/glob.ts';
import { Reply } from '../protocol/reply.ts';
import type { Session } from './session.ts';

/** What a subscription takes beside its name: its entry at the session, and a map's entry with the set of listeners. */
const SUBSCRIPTION_BYTES = 256;

/** What one session listens to. */
export class PubSubMember {
  readonly channels = new Set<string>();
  readonly patterns = new Set<string>();
  readonly shards = new Set<string>();
  /** Memory that they take, those who listen to the same not considered. */
  bytes = 0;

  /** What (un)subscribe replies count. */
  count(): number {
    return this.channels.size + this.patterns.size;
  }

  isEmpty(): boolean {
    return this.channels.size + this.patterns.size + this.shards.size === 0;
  }
}

/** Sends bytes to a session that did not ask just now. */
export type Deliver = (session: Session, bytes: Uint8Array, start: number, end: number) => void;

interface Pattern {
  readonly bytes: Uint8Array;
  readonly sessions: Set<Session>;
}

export class PubSub {
  readonly channels = new Map<string, Set<Session>>();
  readonly patterns = new Map<string, Pattern>();
  readonly shards = new Map<string, Set<Session>>();
  /** Sessions with any subscription. */
  clients = 0;
  private readonly deliver: Deliver;
  private readonly writers: readonly [Reply, Reply];

  constructor(deliver: Deliver) {
    this.deliver = deliver;
    const resp3 = new Reply();
    resp3.resp = 3;
    this.writers = [new Reply(), resp3];
  }

  /** Adds a subscription; false when the session has it already. */
  subscribe(session: Session, channel: string, kind: 'channels' | 'shards'): boolean {
    const member = this.memberOf(session);
    if (member[kind].has(channel)) return false;
    member[kind].add(channel);
    member.bytes += channel.length + SUBSCRIPTION_BYTES;
    const sessions = this[kind].get(channel);
    if (sessions === undefined) this[kind].set(channel, new Set([session]));
    else sessions.add(session);
    return true;
  }

  subscribePattern(session: Session, pattern: string): boolean {
    const member = this.memberOf(session);
    if (member.patterns.has(pattern)) return false;
    member.patterns.add(pattern);
    member.bytes += pattern.length + SUBSCRIPTION_BYTES;
    const known = this.patterns.get(pattern);
    if (known === undefined) this.patterns.set(pattern, { bytes: fromLatin1(pattern), sessions: new Set([session]) });
    else known.sessions.add(session);
    return true;
  }

  /** Ends a subscription; false when there was none. */
  unsubscribe(session: Session, channel: string, kind: 'channels' | 'shards'): boolean {
    const member = session.subscriptions;
    if (member === null || !member[kind].delete(channel)) return false;
    member.bytes -= channel.length + SUBSCRIPTION_BYTES;
    const sessions = this[kind].get(channel)!;
    sessions.delete(session);
    if (sessions.size === 0) this[kind].delete(channel);
    this.left(session, member);
    return true;
  }

  unsubscribePattern(session: Session, pattern: string): boolean {
    const member = session.subscriptions;
    if (member === null || !member.patterns.delete(pattern)) return false;
    member.bytes -= pattern.length + SUBSCRIPTION_BYTES;
    const known = this.patterns.get(pattern)!;
    known.sessions.delete(session);
    if (known.sessions.size === 0) this.patterns.delete(pattern);
    this.left(session, member);
    return true;
  }

  /** Ends all of a session's subscriptions without a word: it goes, or is reset. */
  forget(session: Session): void {
    const member = session.subscriptions;
    if (member === null) return;
    for (const channel of [...member.channels]) this.unsubscribe(session, channel, 'channels');
    for (const shard of [...member.shards]) this.unsubscribe(session, shard, 'shards');
    for (const pattern of [...member.patterns]) this.unsubscribePattern(session, pattern);
  }

  /** Whether a message on any channel would reach somebody; lets notifications cost nothing where nobody listens. */
  hasListeners(): boolean {
    return this.channels.size > 0 || this.patterns.size > 0;
  }

  /** Sends a message to a channel's listeners and those of matching patterns; returns how many got it. */
  publish(
    channel: Uint8Array,
    channelStart: number,
    channelEnd: number,
    message: Uint8Array,
    start: number,
    end: number,
  ): number {
    let receivers = 0;
    if (this.channels.size > 0) {
      const sessions = this.channels.get(toLatin1(channel, channelStart, channelEnd));
      if (sessions !== undefined) {
        receivers += this.send(sessions, 'message', null, channel, channelStart, channelEnd, message, start, end);
      }
    }
    for (const { bytes, sessions } of this.patterns.values()) {
      if (!matchGlob(bytes, 0, bytes.length, channel, channelStart, channelEnd, false)) continue;
      receivers += this.send(sessions, 'pmessage', bytes, channel, channelStart, channelEnd, message, start, end);
    }
    return receivers;
  }

  publishToShard(
    channel: Uint8Array,
    channelStart: number,
    channelEnd: number,
    message: Uint8Array,
    start: number,
    end: number,
  ): number {
    const sessions = this.shards.get(toLatin1(channel, channelStart, channelEnd));
    if (sessions === undefined) return 0;
    return this.send(sessions, 'smessage', null, channel, channelStart, channelEnd, message, start, end);
  }

  private send(
    sessions: Set<Session>,
    kind: 'message' | 'pmessage' | 'smessage',
    pattern: Uint8Array | null,
    channel: Uint8Array,
    channelStart: number,
    channelEnd: number,
    message: Uint8Array,
    start: number,
    end: number,
  ): number {
    for (const writer of this.writers) writer.clear();
    for (const session of sessions) {
      const writer = this.writers[session.resp - 2]!;
      if (writer.length === 0) {
        writer.push(pattern === null ? 3 : 4);
        writer.bulkText(kind);
        if (pattern !== null) writer.bulk(pattern, 0, pattern.length);
        writer.bulk(channel, channelStart, channelEnd);
        writer.bulk(message, start, end);
      }
      this.deliver(session, writer.bytes, 0, writer.length);
    }
    return sessions.size;
  }

  private memberOf(session: Session): PubSubMember {
    if (session.subscriptions === null) {
      session.subscriptions = new PubSubMember();
      this.clients++;
    }
    return session.subscriptions;
  }

  private left(session: Session, member: PubSubMember): void {
    if (!member.isEmpty()) return;
    session.subscriptions = null;
    this.clients--;
  }
}
