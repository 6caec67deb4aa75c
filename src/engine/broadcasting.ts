// Broadcasting: clients that are told of every key that begins with one of their prefixes, whether they read it or not
// (CLIENT TRACKING ON BCAST). Nothing is remembered of what they read; the keys that change are gathered, and told at the
// end of the tick, in one message for each client and prefix.

import { toLatin1 } from '../lib/bytes.ts';
import { GATE_PERMISSIONS } from './gates.ts';
import { Invalidation } from './invalidation.ts';
import { PrefixTree } from './prefix-tree.ts';
import type { Session } from './session.ts';

/** Keys of so many bytes are told before the end of the tick: what one command changes may be any number of them. */
const GATHERED_BYTES_MAX = 1024 * 1024;
/** What a gathered key takes beside its text. */
const KEY_BYTES = 64;

/** Those who listen to one prefix. */
interface Audience {
  readonly prefix: string;
  readonly sessions: Set<Session>;
  /** Keys that changed in this tick, with the client that changed each last; null: none did, its time had come. */
  readonly keys: Map<string, Session | null>;
}

/** Sends a message to whom a tracking client wants it sent. */
export type Tell = (session: Session, message: Invalidation) => void;

export class Broadcasts {
  /**
   * Whether a client whose user may not do everything may learn of a key (latin1): what it may not read it is not told of. It
   * is asked when keys are told: who changes a client's user, or what a user may do, calls `send` before.
   */
  mayKnow: (session: Session, key: string) => boolean = () => true;
  private readonly audiences = new PrefixTree<Audience>();
  /** Those with keys to be told. */
  private readonly changed = new Set<Audience>();
  private gatheredBytes = 0;
  private readonly tell: Tell;
  private readonly message = new Invalidation();

  constructor(tell: Tell) {
    this.tell = tell;
  }

  /** Different prefixes that clients listen to. */
  prefixCount(): number {
    return this.audiences.size;
  }

  listen(session: Session, prefix: string): void {
    const audience = this.audiences.find(prefix);
    if (audience !== null) audience.sessions.add(session);
    else this.audiences.add(prefix, { prefix, sessions: new Set([session]), keys: new Map() });
  }

  leave(session: Session, prefix: string): void {
    const audience = this.audiences.find(prefix);
    if (audience === null || !audience.sessions.delete(session) || audience.sessions.size > 0) return;
    this.audiences.remove(prefix);
    this.changed.delete(audience);
  }

  /** A key was changed by a client, or went by itself (null). */
  keyChanged(bytes: Uint8Array, start: number, end: number, by: Session | null): void {
    if (this.audiences.size === 0 || !this.audiences.hasPrefixOf(bytes, start, end)) return;
    const key = toLatin1(bytes, start, end);
    this.audiences.forEachPrefixOf(key, (audience) => {
      audience.keys.set(key, by);
      this.changed.add(audience);
      this.gatheredBytes += key.length + KEY_BYTES;
    });
    if (this.gatheredBytes > GATHERED_BYTES_MAX) this.send();
  }

  /** Whether there is something to be told. */
  isPending(): boolean {
    return this.changed.size > 0;
  }

  /** Tells what changed since the last call: prefixes and keys in order. */
  send(): void {
    const changed = [...this.changed].sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
    this.changed.clear();
    this.gatheredBytes = 0;
    for (const { sessions, keys } of changed) {
      const sorted = [...keys].sort(([a], [b]) => (a < b ? -1 : 1));
      keys.clear();
      this.sendTo(sessions, sorted);
    }
  }

  private sendTo(sessions: ReadonlySet<Session>, keys: readonly (readonly [string, Session | null])[]): void {
    const all = keys.map(([key]) => key);
    let isForAll = false;
    for (const session of [...sessions]) {
      const heard = this.heardBy(session, keys);
      if (heard !== null && heard.length === 0) continue;
      if (heard !== null) this.message.ofKeys(heard);
      else if (!isForAll) this.message.ofKeys(all);
      isForAll = heard === null;
      this.tell(session, this.message);
    }
  }

  /** Those of the keys that a client is told of; null: all of them. */
  private heardBy(session: Session, keys: readonly (readonly [string, Session | null])[]): string[] | null {
    const isAsked = (session.gates & GATE_PERMISSIONS) !== 0;
    const noLoop = session.tracker!.noLoop && keys.some(([, by]) => by === session);
    if (!noLoop && !isAsked) return null;
    const heard = keys.filter(([key, by]) => !(noLoop && by === session) && (!isAsked || this.mayKnow(session, key)));
    return heard.map(([key]) => key);
  }
}
