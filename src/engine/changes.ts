// What follows from a change of a key: watching transactions break, waiting clients are woken, those who track the key
// are told, and the change is announced on the notification channels. Commands call Call.changed once; this is its slow half, reached only where
// somebody cares.

import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { NONE } from '../memory/flat-memory.ts';
import type { BlockedClients } from './blocking.ts';
import {
  EVENT_HASH,
  EVENT_KEYEVENT,
  EVENT_KEYSPACE,
  EVENT_SUBKEYEVENT,
  EVENT_SUBKEYSPACE,
  EVENT_SUBKEYSPACEEVENT,
  EVENT_SUBKEYSPACEITEM,
  type KeyEvent,
} from './events.ts';
import type { Database, Keyspace } from './keyspace.ts';
import type { PubSub } from './pubsub.ts';
import type { Tracking } from './tracking.ts';

/** Bits of Engine.effects: who cares about changes. */
export const EFFECT_WATCH = 1 << 0;
export const EFFECT_BLOCKED = 1 << 1;
export const EFFECT_NOTIFY = 1 << 2;
export const EFFECT_MONITOR = 1 << 3;
export const EFFECT_TRACKING = 1 << 4;

export class Changes {
  /** notify-keyspace-events as EVENT_… bits; 0: off. */
  notifyClasses = 0;
  /** Whether the fields of hashes that change are published: commands then say them with `withField`. */
  namesFields = false;
  /** The fields (latin1) that the next event of a hash is about. */
  private fields: string[] = [];
  private readonly keyspace: Keyspace;
  private readonly pubsub: PubSub;
  private readonly blocked: BlockedClients;
  private readonly tracking: Tracking;

  constructor(keyspace: Keyspace, pubsub: PubSub, blocked: BlockedClients, tracking: Tracking) {
    this.keyspace = keyspace;
    this.pubsub = pubsub;
    this.blocked = blocked;
    this.tracking = tracking;
  }

  /** A key was changed. */
  keyChanged(database: Database, bytes: Uint8Array, start: number, end: number, event: KeyEvent): void {
    if (database.watchers.size > 0 || database.waiting.size > 0) this.touched(database, toLatin1(bytes, start, end));
    if (this.tracking.isOn) this.tracking.keyChanged(bytes, start, end);
    this.notify(database, bytes, start, end, event);
  }

  /** A key was changed or removed by nobody: its fields expired, or it was evicted. */
  keyChangedByNobody(database: Database, bytes: Uint8Array, start: number, end: number, event: KeyEvent): void {
    if (database.watchers.size > 0 || database.waiting.size > 0) this.touched(database, toLatin1(bytes, start, end));
    if (this.tracking.isOn) this.tracking.keyGone(bytes, start, end);
    this.notify(database, bytes, start, end, event);
  }

  /** A value was changed so that only who reads its bytes sees a difference (PFCOUNT's cached count). No event tells. */
  cached(database: Database, bytes: Uint8Array, start: number, end: number): void {
    this.touched(database, toLatin1(bytes, start, end));
    if (this.tracking.isOn) this.tracking.keyChanged(bytes, start, end);
  }

  /** Breaks the transactions that watch a key, and wakes who waits for it. */
  touched(database: Database, key: string): void {
    const watchers = database.watchers.get(key);
    if (watchers !== undefined) for (const session of watchers) session.watchBroken = true;
    this.blocked.signal(database, key);
  }

  /** A key goes because its time has come: no change for those who began to watch it when it had. */
  expired(database: Database, key: string): void {
    if (this.blocked.wakeOnDeleteCount > 0) this.blocked.signal(database, key);
    const watchers = database.watchers.get(key);
    if (watchers === undefined) return;
    for (const session of watchers) {
      const watched = session.watched.find((each) => each.database === database && each.key === key);
      if (watched !== undefined && !watched.expired) session.watchBroken = true;
    }
  }

  /** A whole database is emptied, or replaced by `other`: every watched key that was or comes to be is changed. */
  databaseReplaced(database: Database, other: Database | null): void {
    for (const [key, watchers] of database.watchers) {
      const bytes = fromLatin1(key);
      const is = this.keyspace.findEvenExpired(database, bytes, 0, bytes.length) !== 0;
      const next = other === null ? NONE : this.keyspace.findEvenExpired(other, bytes, 0, bytes.length);
      if (!is && next === NONE) continue;
      const nextIsExpired = next !== NONE && this.keyspace.isExpired(next);
      for (const session of watchers) {
        const watched = session.watched.find((each) => each.database === database && each.key === key)!;
        // Gone already when WATCH was called, and gone it stays.
        if (watched.expired && next === NONE) watched.expired = false;
        else if (watched.expired && nextIsExpired) continue;
        else if (!watched.expired && !is && nextIsExpired) watched.expired = true;
        else session.watchBroken = true;
      }
    }
    for (const key of database.waiting.keys()) {
      const bytes = fromLatin1(key);
      if (other !== null && this.keyspace.findEvenExpired(other, bytes, 0, bytes.length) !== 0) {
        this.blocked.signal(database, key);
      } else if (this.blocked.wakeOnDeleteCount > 0) this.blocked.signal(database, key);
    }
  }

  /** Announces an event on the channels that notify-keyspace-events asks for. */
  notify(database: Database, bytes: Uint8Array, start: number, end: number, event: KeyEvent): void {
    const { fields } = this;
    if (event.class === EVENT_HASH && fields.length > 0) this.fields = [];
    if ((this.notifyClasses & event.class) === 0 || !this.pubsub.hasListeners()) return;
    const name = fromLatin1(event.name);
    if ((this.notifyClasses & EVENT_KEYSPACE) !== 0) {
      const channel = fromLatin1(`__keyspace@${database.index}__:${toLatin1(bytes, start, end)}`);
      this.pubsub.publish(channel, 0, channel.length, name, 0, name.length);
    }
    if ((this.notifyClasses & EVENT_KEYEVENT) !== 0) {
      const channel = fromLatin1(`__keyevent@${database.index}__:${event.name}`);
      this.pubsub.publish(channel, 0, channel.length, bytes, start, end);
    }
    if (event.class === EVENT_HASH && fields.length > 0) {
      this.notifyFields(database.index, toLatin1(bytes, start, end), event.name, fields);
    }
  }

  /** The next event of a hash is also about this field. Only while `namesFields`. */
  withField(bytes: Uint8Array, start: number, end: number): void {
    this.fields.push(toLatin1(bytes, start, end));
  }

  /** Announces an event of a hash with its fields; each is written with its length before it, so that any byte may be in it. */
  private notifyFields(database: number, key: string, event: string, fields: readonly string[]): void {
    const list = fields.map((field) => `${field.length}:${field}`).join(',');
    const classes = this.notifyClasses;
    if ((classes & EVENT_SUBKEYSPACE) !== 0) this.say(`__subkeyspace@${database}__:${key}`, `${event}|${list}`);
    if ((classes & EVENT_SUBKEYEVENT) !== 0) {
      this.say(`__subkeyevent@${database}__:${event}`, `${key.length}:${key}|${list}`);
    }
    // A line feed parts key and field in the name of the channel.
    if ((classes & EVENT_SUBKEYSPACEITEM) !== 0 && !key.includes('\n')) {
      for (const field of fields) this.say(`__subkeyspaceitem@${database}__:${key}\n${field}`, event);
    }
    if ((classes & EVENT_SUBKEYSPACEEVENT) !== 0) this.say(`__subkeyspaceevent@${database}__:${event}|${key}`, list);
  }

  private say(channel: string, message: string): void {
    const name = fromLatin1(channel);
    const text = fromLatin1(message);
    this.pubsub.publish(name, 0, name.length, text, 0, text.length);
  }
}
