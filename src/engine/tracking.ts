// Tracking: clients that keep copies of values are told when these change (CLIENT TRACKING).
//
// A client is remembered for every key that it reads (tracking-table.ts), and told once when that changes; or it is told of
// all keys with certain prefixes (broadcasting.ts). Messages to the client whose command runs come behind its reply.
//
// Clients have numbers here, in the order in which they began to track; a number is not given twice, so that what is
// remembered of a client that went means nobody, and goes when its key changes.
//
// Invariants: (1) sessions with a tracker, and only they, are in `numbered` until they end; (2) `clients` counts the trackers
// that are on; (3) a tracker's prefixes are those that its session listens to.

import { Broadcasts } from './broadcasting.ts';
import type { Call } from './call.ts';
import { keysOf, lastOfRun, NO_SOLE_RUN } from './command-keys.ts';
import { type CommandTable, FLAG_READONLY } from './command-table.ts';
import type { Engine } from './engine.ts';
import { Invalidation } from './invalidation.ts';
import type { Session } from './session.ts';
import type { TrackingTable } from './tracking-table.ts';

/** Keys above the limit that one command has forgotten at most, beside as many as it brought: the others go in slices. */
const FORGOTTEN_AT_ONCE = 100;
/** Numbers are small integers. */
const NUMBER_MAX = 0x3fff_ffff;
/** What a tracker takes as an object, and each prefix with its audience. */
const TRACKER_BYTES = 160;
const PREFIX_BYTES = 256;

/** What a client asked for with CLIENT TRACKING ON. */
export interface TrackingOptions {
  /** The id of the client that is told; 0: the client itself. */
  readonly redirect: number;
  readonly broadcasts: boolean;
  readonly optIn: boolean;
  readonly optOut: boolean;
  readonly noLoop: boolean;
  readonly prefixes: readonly string[];
}

/** How a session tracks. Sessions that never did have none. */
export class Tracker {
  number: number;
  isOn = false;
  broadcasts = false;
  optIn = false;
  optOut = false;
  noLoop = false;
  /** CLIENT CACHING was said of the next command. */
  caching = false;
  redirect = 0;
  /** The client that was to be told is gone. */
  isBroken = false;
  /** In latin1. */
  readonly prefixes = new Set<string>();
  /** What they take: it is asked for after each batch while clients' memory is limited. */
  private prefixBytes = 0;
  /** Whether keys that it reads now are remembered. */
  remembers = false;

  constructor(number: number) {
    this.number = number;
  }

  set(options: TrackingOptions): void {
    this.isOn = true;
    this.broadcasts = options.broadcasts;
    this.optIn = options.optIn;
    this.optOut = options.optOut;
    this.noLoop = options.noLoop;
    this.redirect = options.redirect;
    this.isBroken = false;
    this.refresh();
  }

  addPrefix(prefix: string): void {
    if (this.prefixes.has(prefix)) return;
    this.prefixes.add(prefix);
    this.prefixBytes += prefix.length + PREFIX_BYTES;
  }

  clear(): void {
    this.prefixes.clear();
    this.prefixBytes = 0;
    this.set({ redirect: 0, broadcasts: false, optIn: false, optOut: false, noLoop: false, prefixes: [] });
    this.isOn = false;
    this.setCaching(false);
  }

  setCaching(caching: boolean): void {
    this.caching = caching;
    this.refresh();
  }

  private refresh(): void {
    this.remembers = this.isOn && !this.broadcasts && (this.optIn ? this.caching : !(this.optOut && this.caching));
  }

  /** Memory that it takes. */
  bytes(): number {
    return TRACKER_BYTES + this.prefixBytes;
  }
}

export class Tracking {
  readonly table: TrackingTable;
  readonly broadcasts: Broadcasts;
  /** Whether changes are to be told of: some session tracks, or did. */
  isOn = false;
  /** Sessions that track. */
  clients = 0;
  /** tracking-table-max-keys; 0: no limit. */
  private keysMax = 1_000_000;
  private readonly numbered = new Map<number, Session>();
  private nextNumber = 1;
  private readonly engine: Engine;
  private readonly looksOnce: Uint8Array;
  private readonly clientId: number;
  private readonly message = new Invalidation();
  /** Keys that the client whose command runs knew, and another is told of in its place, behind the command as itself would be. */
  private readonly later: { readonly session: Session; readonly key: Uint8Array }[] = [];

  constructor(engine: Engine, table: TrackingTable) {
    this.engine = engine;
    this.table = table;
    this.broadcasts = new Broadcasts((session, message) => this.tell(session, message));
    this.looksOnce = lookingOnce(engine.table);
    this.clientId = engine.table.idOf('client');
  }

  // --- who tracks ---

  /** Begins to track, or changes how. */
  enable(session: Session, options: TrackingOptions): void {
    session.tracker ??= this.newTracker(session);
    const { tracker } = session;
    if (!tracker.isOn) this.clients++;
    tracker.set(options);
    for (const prefix of options.prefixes) {
      tracker.addPrefix(prefix);
      this.broadcasts.listen(session, prefix);
    }
  }

  /** Ends tracking. What is remembered of the session stays, as in Redis: it may begin again. */
  disable(session: Session): void {
    const { tracker } = session;
    if (tracker === null || !tracker.isOn) return;
    this.clients--;
    for (const prefix of tracker.prefixes) this.broadcasts.leave(session, prefix);
    tracker.clear();
  }

  /** Forgets a session that ends. */
  forget(session: Session): void {
    const { tracker } = session;
    if (tracker === null) return;
    if (this.later.length > 0) this.tellLater();
    this.disable(session);
    session.tracker = null;
    this.numbered.delete(tracker.number);
    if (this.numbered.size > 0) return;
    this.isOn = false;
    this.clear();
  }

  private newTracker(session: Session): Tracker {
    if (this.nextNumber > NUMBER_MAX) this.numberAgain();
    const tracker = new Tracker(this.nextNumber++);
    this.numbered.set(tracker.number, session);
    this.isOn = true;
    this.engine.refreshEffects();
    return tracker;
  }

  /** All numbers were given: everybody is told that nothing is known any more, and gets a new one. */
  private numberAgain(): void {
    this.flushed();
    const sessions = [...this.numbered.values()];
    this.numbered.clear();
    this.nextNumber = 1;
    for (const session of sessions) {
      session.tracker!.number = this.nextNumber;
      this.numbered.set(this.nextNumber++, session);
    }
  }

  // --- what they read ---

  /** A command of a session ended: what it read is remembered. Allocates nothing where keys stand at fixed places. */
  commandEnded(call: Call, id: number): void {
    const { tracker } = call.session;
    if (this.later.length > 0 && call.depth === 0) this.tellLater();
    if (tracker === null) return;
    if (tracker.remembers && (this.engine.table.flags[id]! & FLAG_READONLY) !== 0) this.rememberKeys(tracker, call, id);
    if (tracker.caching && call.depth === 0) this.endCaching(call.session, id);
  }

  /**
   * CLIENT CACHING is about one command that is no CLIENT command, or about the transaction that begins with it. `id` is -1
   * for a command that there is not.
   */
  endCaching(session: Session, id: number): void {
    const { tracker } = session;
    if (tracker === null || !tracker.caching || session.transaction !== null || session.blocked !== null) return;
    if (id >= 0 && this.engine.table.parents[id] === this.clientId) return;
    tracker.setCaching(false);
  }

  private rememberKeys(tracker: Tracker, call: Call, id: number): void {
    const { soleRuns } = this.engine;
    const first = soleRuns.first[id]!;
    let brought = 1;
    if (this.looksOnce[id] === 1) {
      // The last look-up was of this key: its hash is known.
      const { table } = this.engine.keyspace;
      const { bytes, starts, ends } = call;
      const high = table.lastHigh();
      const low = table.lastLow();
      const isRemembered = this.table.rememberHashed(high, low, bytes, starts[1]!, ends[1]!, tracker.number);
      if (!isRemembered) this.tellNow(call, 1);
    } else if (first > 0) {
      const last = lastOfRun(first, soleRuns.last[id]!, call.count);
      const step = soleRuns.step[id]!;
      for (let index = first; index <= last; index += step) this.remember(tracker, call, index);
      brought = last - first + 1;
    } else if (first === NO_SOLE_RUN) {
      for (const { index } of keysOf(this.engine.table, id, call) ?? []) this.remember(tracker, call, index);
      brought = call.count;
    }
    if (this.keysMax > 0 && this.table.count() > this.keysMax) this.forgetSome(brought + FORGOTTEN_AT_ONCE);
  }

  private remember(tracker: Tracker, call: Call, index: number): void {
    const { bytes, starts, ends } = call;
    if (!this.table.remember(bytes, starts[index]!, ends[index]!, tracker.number)) this.tellNow(call, index);
  }

  /** What there is no memory for is told at once: then nothing need be known of it. */
  private tellNow(call: Call, index: number): void {
    this.message.ofKey(call.bytes, call.starts[index]!, call.ends[index]!);
    this.tell(call.session, this.message);
  }

  /** tracking-table-max-keys; 0: no limit. */
  limitKeys(keysMax: number): void {
    this.keysMax = keysMax;
    if (this.hasTooMany()) this.forgetSome(FORGOTTEN_AT_ONCE);
  }

  /** Whether more keys are remembered than may be: `forgetSome` is to be called. */
  hasTooMany(): boolean {
    return this.keysMax > 0 && this.table.count() > this.keysMax;
  }

  /** Forgets keys chosen by chance, up to `most` of those that are too many, as if they had changed. */
  forgetSome(most = FORGOTTEN_AT_ONCE): void {
    for (let left = most; left > 0 && this.hasTooMany(); left--) {
      const key = this.table.randomKey(this.engine.prng)!;
      this.tellOfKey(key, 0, key.length, null);
    }
  }

  // --- what they are told ---

  /** A key was changed by the client whose command runs. */
  keyChanged(bytes: Uint8Array, start: number, end: number): void {
    const by = this.current();
    this.broadcasts.keyChanged(bytes, start, end, by);
    this.tellOfKey(bytes, start, end, by);
  }

  /** A key's time had come. Who wants no word of its own changes, and met it, is told only in a broadcast, as in Redis. */
  keyExpired(bytes: Uint8Array, start: number, end: number): void {
    this.broadcasts.keyChanged(bytes, start, end, null);
    this.tellOfKey(bytes, start, end, this.current());
  }

  /** A key was changed or removed, and nobody meant it: all are told. */
  keyGone(bytes: Uint8Array, start: number, end: number): void {
    this.broadcasts.keyChanged(bytes, start, end, null);
    this.tellOfKey(bytes, start, end, null);
  }

  /** The client whose command runs; null between commands. */
  private current(): Session | null {
    return this.engine.serving.retried ?? this.engine.active;
  }

  private tellOfKey(bytes: Uint8Array, start: number, end: number, by: Session | null): void {
    const count = this.table.take(bytes, start, end);
    if (count === 0) return;
    this.message.ofKey(bytes, start, end);
    const { taken } = this.table;
    for (let index = 0; index < count; index++) {
      const session = this.numbered.get(taken[index]!);
      if (session === undefined) continue;
      const tracker = session.tracker!;
      if (!tracker.isOn || tracker.broadcasts || (tracker.noLoop && session === by)) continue;
      if (session === this.engine.active && tracker.redirect !== 0) {
        this.later.push({ session, key: bytes.slice(start, end) });
      } else this.tell(session, this.message);
    }
  }

  /** Tells what was gathered. */
  tickEnded(): void {
    if (this.later.length > 0) this.tellLater();
    if (this.broadcasts.isPending()) this.broadcasts.send();
  }

  private tellLater(): void {
    for (const { session, key } of this.later.splice(0)) {
      this.message.ofKey(key, 0, key.length);
      if (session.tracker?.isOn) this.tell(session, this.message);
    }
  }

  /** All keys of a database went: nobody's copies hold any more, whatever their database. */
  flushed(): void {
    this.clear();
    if (this.clients === 0) return;
    this.message.ofAll();
    for (const session of this.numbered.values()) if (session.tracker!.isOn) this.tell(session, this.message);
  }

  private tell(session: Session, message: Invalidation): void {
    const { engine } = this;
    const tracker = session.tracker!;
    const isRedirected = tracker.redirect !== 0;
    const target = isRedirected ? engine.sessions.get(tracker.redirect) : session;
    if (target === undefined) {
      tracker.isBroken = true;
      if (session.resp === 3) {
        const broken = message.brokenRedirection(tracker.redirect);
        engine.deliver(session, broken.bytes, 0, broken.length);
      }
      return;
    }
    const reply = message.writtenFor(target, isRedirected);
    if (reply !== null) engine.deliver(target, reply.bytes, 0, reply.length);
  }

  private clear(): void {
    const { disposals } = this.engine.keyspace;
    const root = this.table.abandon();
    if (root !== 0) disposals.add(this.table, root, true, true);
  }
}

/** Commands that look up the key in their first argument, come what may, and after it no other. */
const LOOKING_ONCE = ['get', 'strlen', 'hgetall', 'llen', 'hlen', 'scard', 'zcard', 'smembers'];

/** By command id: 1 for those of LOOKING_ONCE. */
function lookingOnce(table: CommandTable): Uint8Array {
  const looksOnce = new Uint8Array(table.definitions.length);
  for (const name of LOOKING_ONCE) {
    const id = table.idOf(name);
    if (id >= 0) looksOnce[id] = 1;
  }
  return looksOnce;
}
