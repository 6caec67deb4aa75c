// The engine: databases, sessions and the one way of every command.
//
//   bytes in → request parser (in place) → execute: lookup, arity, gates → run(call) → after-effects → reply bytes out
//
// Engine.receive takes what arrived for a session, runs every whole request in it and sends the replies at once. The
// engine knows time only from its clock, once a batch, and never waits: its owner calls `work` now and then, and again
// soon while it says so.
//
// Invariants: (1) nothing here is entered again from a Peer or a sink; (2) a session with `stopped` set is not read;
// (3) a unit of propagation ends before the next top-level command begins.

import { assert } from '../lib/assert.ts';
import { toLatin1 } from '../lib/bytes.ts';
import type { Collation } from '../lib/collation.ts';
import { KeyHasher } from '../lib/half-siphash.ts';
import { Prng } from '../lib/prng.ts';
import { FlatMemory, type FlatMemoryOptions, NONE } from '../memory/flat-memory.ts';
import { Reply } from '../protocol/reply.ts';
import { COMPLETE, EMPTY, FAILED, RequestParser } from '../protocol/request-parser.ts';
import { HyperLogLog } from '../structures/hyperloglog.ts';
import type { Clock } from '../world/clock.ts';
import type { Entropy } from '../world/entropy.ts';
import { AccessClock } from './access-clock.ts';
import { AccessControl } from './acl/access-control.ts';
import { Admission, VERDICT_DONE, VERDICT_WAIT } from './admission.ts';
import { BlockedClients } from './blocking.ts';
import { Call, NO_REQUEST, PROPAGATE_ALWAYS, PROPAGATE_NOTHING, PROPAGATE_VERBATIM } from './call.ts';
import { Changes, EFFECT_BLOCKED, EFFECT_MONITOR, EFFECT_NOTIFY, EFFECT_TRACKING, EFFECT_WATCH } from './changes.ts';
import { ClientMemory } from './client-memory.ts';
import type { CommandDefinition } from './command.ts';
import { SoleRuns } from './command-keys.ts';
import {
  CommandTable,
  FLAG_ADMIN,
  FLAG_CONTAINER,
  FLAG_SHORT,
  FLAG_SKIP_MONITOR,
  FLAG_WRITE,
} from './command-table.ts';
import { BATCH_BYTES_MAX, CommandWatch, LONG_REPLY_BYTES, requestBytes } from './command-watch.ts';
import { Defragmentation } from './defragmentation.ts';
import { EVENT_ANY_SUBKEY, EVENT_HASH, EVENT_NEW, KEY_MISS_EVENT } from './events.ts';
import { Eviction, ROOM_SOON } from './eviction.ts';
import {
  GATE_LOADING,
  GATE_MEMORY,
  GATE_MULTI,
  GATE_PAUSED_ALL,
  GATE_PAUSED_WRITES,
  GATE_PERMISSIONS,
  GATE_PROTECTED,
} from './gates.ts';
import type { KeySizes } from './key-sizes.ts';
import { Keyspace } from './keyspace.ts';
import { CommandLatency } from './latency.ts';
import { Lookahead } from './lookahead.ts';
import { engineMemoryFacts, type MemoryFacts } from './memory-facts.ts';
import { monitorLine } from './monitor.ts';
import { Propagation } from './propagation.ts';
import { PubSub } from './pubsub.ts';
import { QueryBuffers } from './query-buffers.ts';
import { Removals } from './removals.ts';
import { Serving } from './serving.ts';
import {
  type Peer,
  REPLY_OFF,
  REPLY_ON,
  REPLY_SKIP,
  REPLY_SKIP_NEXT,
  Session,
  STOPPED_BLOCKED,
  STOPPED_CLOSING,
  STOPPED_NOT,
  STOPPED_OUTPUT,
  STOPPED_PAUSED,
} from './session.ts';
import { Standstill } from './standstill.ts';
import {
  STAT_CONNECTIONS,
  STAT_ERRORS,
  STAT_HITS,
  STAT_INPUT_BYTES,
  STAT_LAZY_FREED,
  STAT_MISSES,
  STAT_OUTPUT_BYTES,
  STAT_QUERY_BUFFER_KILLS,
  STAT_READS,
  STAT_WRITES,
  Statistics,
} from './statistics.ts';
import { EngineTimer } from './timer.ts';
import { Tracking } from './tracking.ts';
import { TrackingTable } from './tracking-table.ts';
import { unwatch } from './transaction.ts';

/** Replies of one batch are sent when they exceed this, not only at its end: memory stays bounded. */
const FLUSH_BYTES = LONG_REPLY_BYTES;
/** A session whose client has not taken this much of its output is not read on until it has. */
const OUTPUT_WAITING_MAX = 16 * 1024 * 1024;
/** Wheel entries handled between two looks at the clock: at 300 ns each well below a tick. */
const EXPIRE_STEPS = 256;
/**
 * The wall clock is read again when so much has passed since. A look at it costs 40 ns, of 7 us for a request that comes
 * alone; what passed is known from the timer, which is read for each batch in any case.
 */
const TIME_KEPT_MS = 0.05;
/** A reply buffer above this is let go once no reply was so long for some time: it counts as used memory. */
const LARGE_REPLY_BYTES = 64 * 1024;
const LARGE_REPLY_MS = 50;
/** About what the engine's own objects take, the command table first of all: it counts as used memory, as in Redis. */
export const OWN_BYTES = 512 * 1024;
/** Shorter input is a request or two: to look ahead in it takes longer than it saves. */
const LOOKAHEAD_BYTES = 128;
/** So many bytes at least are joined with a half request: most are whole then. */
const JOINED_BYTES = 512;
/** Levels of nesting: a client's command, EXEC's queue, and what a script calls. */
const FRAMES = 4;

export interface EngineOptions {
  readonly clock: Clock;
  /** Seeds the hash key and all random choices. */
  readonly seed: number | readonly [number, number];
  readonly commands: readonly CommandDefinition[];
  readonly databases?: number;
  readonly memory?: FlatMemoryOptions;
  /** Where secrets come from (ACL GENPASS); without it none are made. */
  readonly entropy?: Entropy;
}

/** How the server presents itself to clients, who choose features by it. */
export interface Identity {
  version: string;
  mode: 'standalone' | 'cluster' | 'sentinel';
  role: 'master' | 'replica';
}

/** What the engine tells its owner; every part may stay absent. */
export interface EngineEvents {
  /** A session was closed by the engine for this reason, in Redis's words. */
  closed?(session: Session, reason: string): void;
  /** A client is disconnected, since clients take more memory than they may. */
  clientEvicted?(session: Session): void;
  /** FLUSHALL has emptied all databases. */
  flushedAll?(): void;
  /** HTTP arrived where RESP was expected, and the session was ended. */
  crossProtocol?(session: Session): void;
  /** MEMORY PURGE has given flat memory back: what else is free may go, too. */
  purged?(): void;
}

export class Engine {
  readonly clock: Clock;
  readonly prng: Prng;
  readonly keyspace: Keyspace;
  readonly access: AccessClock;
  readonly keySizes: KeySizes;
  readonly table: CommandTable;
  readonly soleRuns: SoleRuns;
  readonly statistics: Statistics;
  readonly hyperloglog = new HyperLogLog();
  readonly propagation = new Propagation();
  readonly pubsub: PubSub;
  readonly blocked = new BlockedClients();
  readonly serving: Serving;
  /** Transactions that wait for something outside. */
  readonly standstill: Standstill;
  readonly changes: Changes;
  readonly clientMemory: ClientMemory;
  readonly eviction: Eviction;
  readonly defragmentation: Defragmentation;
  readonly tracking: Tracking;
  readonly admission: Admission;
  readonly timer: EngineTimer;
  /** What is remarkable about commands: slow log, latency monitor. */
  readonly watch: CommandWatch;
  /** latency-tracking and latency-tracking-info-percentiles. */
  readonly latency: CommandLatency;
  latencyPercentiles: readonly number[] = [50, 99, 99.9];
  /** Who may do what. */
  readonly acl: AccessControl;
  readonly entropy: Entropy | null;
  /** What HELLO and INFO say of the server. */
  readonly identity: Identity = { version: '7.4.1', mode: 'standalone', role: 'master' };
  readonly sessions = new Map<number, Session>();
  readonly monitors = new Set<Session>();
  /** The replies of the batch that runs. */
  readonly reply = new Reply();
  /** Gates closed for everybody (gates.ts). */
  gates = GATE_PROTECTED;
  /** Who cares about changes (changes.ts): 0 in the common case. */
  effects = 0;
  /** Flags of the commands whose runs are timed as a whole, else the most commands of a run: CommandWatch.sharing and
   *  runMax, but for a long batch. */
  private sharing = 0;
  private runMax = 1;
  /** Changes since the start; commands add to it, never take away. */
  dirty = 0;
  /** client-query-buffer-limit. */
  queryBufferMax = 1024 * 1024 * 1024;
  /** hll-sparse-max-bytes. */
  hllSparseBytesMax = 3000;
  /** proto-max-bulk-len. */
  bulkBytesMax = 512 * 1024 * 1024;
  /** Whether keys whose time has come are deleted when met; DEBUG SET-ACTIVE-EXPIRE is about the others. */
  lazyExpire = true;
  activeExpire = true;
  events: EngineEvents = {};
  /** What MEMORY tells; replaced by who knows more of the process. */
  memoryFacts: () => MemoryFacts = () => engineMemoryFacts(this);
  /** Bytes of a database's index while it is empty. */
  readonly emptyIndexBytes: number;
  /** locale-collate: the order of SORT ALPHA; null for that of bytes. */
  collation: Collation | null = null;
  /** lazyfree-lazy-user-flush. */
  lazyUserFlush = false;
  /** The session whose batch runs, null outside. */
  active: Session | null = null;
  private readonly frames: Call[] = [];
  /** Messages to the active session, sent behind the reply of its present command. */
  readonly deferred = new Reply();
  /** Errors of the batch's replies when the last was counted. */
  errorsCounted = 0;
  /** When replies last filled more than a small buffer. */
  private largeReplyAt = 0;
  /** Sessions with input that may be read now. */
  private readonly resumable: Session[] = [];
  private readonly queryBuffers = new QueryBuffers<Session>();
  private readonly resized = (session: Session): void => this.clientMemory.changed(session);
  private readonly lookahead: Lookahead;
  /** What follows when keys go by themselves. */
  readonly removals = new Removals(this);
  /** When the wall clock was read last, by `elapsed`. */
  private timeReadAt = Number.NEGATIVE_INFINITY;
  private nextSessionId = 1;

  constructor(options: EngineOptions) {
    this.clock = options.clock;
    this.prng = new Prng(options.seed);
    const hasher = new KeyHasher(this.prng.next32(), this.prng.next32());
    const memory = new FlatMemory(options.memory);
    const now = Math.floor(options.clock.now());
    assert(memory.admit(0), 'the first segment can be had');
    this.keyspace = new Keyspace(memory, hasher, this.removals, options.databases ?? 16, now);
    this.keySizes = this.keyspace.keySizes;
    this.emptyIndexBytes = this.keyspace.table.indexBytes(this.keyspace.databases[0]!.root);
    this.access = new AccessClock(this.keyspace, this.prng);
    this.table = new CommandTable(options.commands);
    this.soleRuns = new SoleRuns(this.table);
    this.acl = new AccessControl(this, this.table);
    this.entropy = options.entropy ?? null;
    this.lookahead = new Lookahead(this.keyspace, hasher, this.table, this.soleRuns);
    this.keyspace.table.expected = this.lookahead.expected;
    this.keyspace.members.table.expected = this.lookahead.members;
    this.statistics = new Statistics(this.table.definitions.length);
    this.timer = new EngineTimer(this.clock, this.statistics);
    this.watch = new CommandWatch(this.clock, this.timer, this.table.flags);
    this.sharing = this.watch.sharing;
    this.latency = new CommandLatency(this.timer, this.table.definitions.length);
    this.latency.track(true);
    this.pubsub = new PubSub((session, bytes, start, end) => this.deliver(session, bytes, start, end));
    this.tracking = new Tracking(this, new TrackingTable(memory, hasher));
    this.tracking.table.expected = this.lookahead.expected;
    this.tracking.broadcasts.mayKnow = (session, key) => this.acl.mayKnowKey(session, key);
    this.changes = new Changes(this.keyspace, this.pubsub, this.blocked, this.tracking);
    this.admission = new Admission(this);
    this.clientMemory = new ClientMemory(this);
    this.eviction = new Eviction(this);
    this.defragmentation = new Defragmentation(this.clock, this.keyspace, this.statistics);
    for (let depth = 0; depth < FRAMES; depth++) this.frames.push(new Call(this, depth, this.reply));
    this.serving = new Serving(this, new Call(this, 0, this.reply));
    this.standstill = new Standstill(this);
  }

  // --- sessions ---

  /** A new client. */
  openSession(peer: Peer): Session {
    const parser = new RequestParser();
    parser.bulkBytesMax = this.bulkBytesMax;
    const now = Math.floor(this.clock.now());
    const database = this.keyspace.databases[0]!;
    const session = new Session(this.nextSessionId++, peer, parser, database, now, this.queryBuffers);
    this.acl.begin(session);
    if (this.standstill.isOn()) session.stopped = STOPPED_PAUSED;
    this.sessions.set(session.id, session);
    this.statistics.counters[STAT_CONNECTIONS]! += 1;
    return session;
  }

  /** Forgets a session whose connection is gone. Harmless when repeated. */
  closeSession(session: Session): void {
    if (this.standstill.keeps(session)) return;
    if (!this.sessions.delete(session.id)) return;
    session.stopped = STOPPED_CLOSING;
    this.clientMemory.forget(session);
    this.queryBuffers.delete(session);
    unwatch(session);
    session.transaction = null;
    this.pubsub.forget(session);
    this.tracking.forget(session);
    this.monitors.delete(session);
    if (session.blocked !== null) {
      this.blocked.remove(session.blocked);
      session.blocked = null;
    }
    this.refreshEffects();
  }

  /** Ends a session: the active one after its reply has gone out, another at once. */
  kill(session: Session): void {
    if (session === this.active) session.stopped = STOPPED_CLOSING;
    else {
      session.peer.close('now');
      this.closeSession(session);
    }
  }

  /** Ends a session's transaction without running it. */
  discard(session: Session): void {
    session.transaction = null;
    session.gates &= ~GATE_MULTI;
    unwatch(session);
    this.refreshEffects();
  }

  /** Works out `effects` again, after who cares about changes changed. */
  refreshEffects(): void {
    let effects = 0;
    for (const database of this.keyspace.databases) if (database.watchers.size > 0) effects |= EFFECT_WATCH;
    if (this.blocked.count > 0) effects |= EFFECT_BLOCKED;
    if (this.changes.notifyClasses !== 0) effects |= EFFECT_NOTIFY;
    if (this.monitors.size > 0) effects |= EFFECT_MONITOR;
    if (this.tracking.isOn) effects |= EFFECT_TRACKING;
    this.effects = effects;
    const classes = this.changes.notifyClasses;
    this.keyspace.announcesNew = (classes & EVENT_NEW) !== 0;
    this.changes.namesFields = (classes & EVENT_HASH) !== 0 && (classes & EVENT_ANY_SUBKEY) !== 0;
  }

  // --- bytes in ---

  /** Takes bytes[start..end) from a session's client; valid until return. Runs what is whole, sends the replies. */
  receive(session: Session, bytes: Uint8Array, start: number, end: number): void {
    const counters = this.statistics.counters;
    counters[STAT_READS]! += 1;
    counters[STAT_INPUT_BYTES]! += end - start;
    session.inputTotal += end - start;
    const isStopped = session.stopped !== STOPPED_NOT;
    if (isStopped || (session.inputEnd !== 0 && session.parser.needed >= end - start)) {
      if (session.stopped === STOPPED_CLOSING) return;
      session.keepInput(bytes, start, end, isStopped ? 0 : session.parser.needed);
      if (!this.endIfInputTooLong(session) && !isStopped) this.resume(session);
      this.clientMemory.changed(session);
      return;
    }
    this.begin(session);
    let consumed = session.inputEnd === 0 ? start : this.runJoined(session, bytes, start, end);
    if (session.stopped === STOPPED_NOT && consumed < end) consumed = this.runAll(session, bytes, consumed, end);
    this.finish(session);
    if (consumed < end && this.sessions.has(session.id)) {
      session.keepInput(bytes, consumed, end, session.parser.needed);
      this.endIfInputTooLong(session);
    }
    this.clientMemory.changed(session);
    if (this.resumable.length > 0) this.resumeAll();
  }

  /** Reads on where a session stopped, if nothing stops it any more: its output drained, its pause is over. */
  resume(session: Session): void {
    this.resumeOne(session);
    if (this.resumable.length > 0) this.resumeAll();
  }

  /** Takes back room for input that sessions need no more; some ten times a second. */
  trimQueryBuffers(): void {
    this.queryBuffers.trim(Math.floor(this.clock.now()), this.resized);
  }

  /** Reads on with a session when the present batch is over. */
  resumeLater(session: Session): void {
    this.resumable.push(session);
  }

  private resumeOne(session: Session): void {
    if (this.standstill.isOn()) return;
    if (session.stopped === STOPPED_OUTPUT || session.stopped === STOPPED_PAUSED) session.stopped = STOPPED_NOT;
    if (session.stopped !== STOPPED_NOT || session.inputEnd === 0) return;
    this.begin(session);
    const consumed = this.runAll(session, session.input, session.inputStart, session.inputEnd);
    session.consumeInput(consumed);
    this.finish(session);
    this.clientMemory.changed(session);
  }

  /** A loop, not a recursion: the end of a pause may resume any number of sessions. */
  private resumeAll(): void {
    for (let session = this.resumable.pop(); session !== undefined; session = this.resumable.pop())
      this.resumeOne(session);
  }

  private begin(session: Session): void {
    assert(this.active === null, 'the engine is not entered again (1)');
    this.active = session;
    const elapsed = this.timer.begin();
    const passed = elapsed - this.timeReadAt;
    if (!(passed >= 0 && passed < TIME_KEPT_MS)) {
      this.timeReadAt = elapsed;
      this.updateTime();
    }
    session.lastActiveAt = this.keyspace.now;
    this.reply.resp = session.resp;
    this.errorsCounted = 0;
    if (this.eviction.isOver() || this.clientMemory.isOver()) this.makeRoom();
  }

  /** Sets the time that commands see. */
  updateTime(): void {
    const now = Math.floor(this.clock.now());
    this.keyspace.now = now;
    this.keyspace.expiryNow = now;
    this.access.update(now);
  }

  /**
   * Completes the half request that waits with the first of bytes[start..end), as few of them as will do, and runs it.
   * Returns the offset from which to go on in place: a pipeline that comes in pieces is not copied but for its seams.
   */
  private runJoined(session: Session, bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && session.stopped === STOPPED_NOT) {
      const waiting = session.pendingInput();
      const count = Math.min(end - at, Math.max(JOINED_BYTES, session.parser.needed, waiting));
      session.keepInput(bytes, at, at + count, 0);
      at += count;
      session.consumeInput(this.runAll(session, session.input, session.inputStart, session.inputEnd));
      const left = session.pendingInput();
      if (left > count) continue;
      // What is left is the end of what was joined last: it goes on where it came from.
      session.consumeInput(session.inputEnd);
      return at - left;
    }
    return at;
  }

  /** Runs the whole requests of a batch; returns the offset of the first byte not consumed. */
  private runAll(session: Session, bytes: Uint8Array, start: number, end: number): number {
    const { parser } = session;
    const { lookahead } = this;
    const call = this.frames[0]!;
    // It had to make room for others as the batch began.
    if (session.stopped !== STOPPED_NOT) return end;
    let at = start;
    const isLong = end - start > BATCH_BYTES_MAX;
    this.sharing = isLong ? 0 : this.watch.sharing;
    this.runMax = isLong ? 1 : this.watch.runMax;
    let status = EMPTY;
    while (at < end) {
      const isRead =
        lookahead.isReady() ||
        (end - at >= LOOKAHEAD_BYTES && parser.mayBePassedBy() && lookahead.read(session, bytes, at, end));
      status = isRead ? COMPLETE : parser.parse(bytes, at, end);
      if (status === COMPLETE) {
        const from = this.reply.length;
        const id = isRead ? lookahead.load(call, bytes) : this.loadParsed(call, parser);
        call.requestStart = isRead ? at : NO_REQUEST;
        if (!this.execute(session, call, id)) break;
        at = isRead ? lookahead.loadedEnd() : parser.consumed;
        if (session.stopped !== STOPPED_NOT) break;
        if ((this.reply.length > FLUSH_BYTES || this.reply.overflowed) && !this.flushWithin(session, from)) break;
      } else if (status === EMPTY) {
        at = parser.consumed;
      } else if (status === FAILED) {
        this.reply.error(parser.error);
        this.events.closed?.(
          session,
          `Protocol error (${toLatin1(parser.error, 5, parser.error.length - 2)}) from client`,
        );
        session.stopped = STOPPED_CLOSING;
        at = end;
      } else break;
    }
    // The arguments of the last command are in place if no further request was begun.
    if (status !== COMPLETE) this.leaveRun();
    else if (this.timer.count > 0) this.endRun(call, this.timer.command, this.reply.length);
    this.propagation.endRow();
    lookahead.drop();
    return at;
  }

  private loadParsed(call: Call, parser: RequestParser): number {
    call.bytes = parser.bytes;
    call.starts = parser.starts;
    call.ends = parser.ends;
    call.count = parser.count;
    return this.table.find(call.bytes, call.starts[0]!, call.ends[0]!);
  }

  /** Sends the replies before a batch ends. The last one, from `from` on, may be long: its command's run ends with it. */
  private flushWithin(session: Session, from: number): boolean {
    if (this.timer.count > 0) this.endRun(this.frames[0]!, this.timer.command, from);
    const goesOn = this.flush(session);
    this.timer.begin();
    return goesOn;
  }

  private finish(session: Session): void {
    this.active = null;
    const { reply, keyspace } = this;
    // What it was told before a command that is not whole yet, or has to wait.
    if (this.deferred.length > 0) reply.append(this.deferred);
    if (reply.length > 0 || reply.overflowed) this.flush(session);
    reply.clear();
    if (reply.bytes.length > LARGE_REPLY_BYTES && keyspace.now - this.largeReplyAt > LARGE_REPLY_MS) reply.take();
    if (session.stopped === STOPPED_CLOSING && this.sessions.has(session.id)) {
      session.peer.close('flushed');
      this.closeSession(session);
    }
  }

  /** Sends the replies written so far; false when the session is to wait for its client to take them. */
  private flush(session: Session): boolean {
    const reply = this.reply;
    const length = reply.length;
    if (reply.overflowed) {
      // What is left of it is the end of something longer.
      session.stopped = STOPPED_CLOSING;
      return false;
    }
    this.statistics.counters[STAT_WRITES]! += 1;
    this.statistics.counters[STAT_OUTPUT_BYTES]! += length;
    session.outputTotal += length;
    if (length > LARGE_REPLY_BYTES) this.largeReplyAt = this.keyspace.now;
    if (session.peer.send(reply.bytes, 0, length)) {
      reply.take();
      this.errorsCounted = 0;
    }
    reply.length = 0;
    if (session.peer.pendingOutput() <= OUTPUT_WAITING_MAX) return true;
    if (session.stopped === STOPPED_NOT) session.stopped = STOPPED_OUTPUT;
    return false;
  }

  /** Ends a session with more unread input than is allowed; true when it did. */
  private endIfInputTooLong(session: Session): boolean {
    if (session.pendingInput() <= this.queryBufferMax) return false;
    this.statistics.counters[STAT_QUERY_BUFFER_KILLS]! += 1;
    this.events.closed?.(session, 'Closing client that reached max query buffer length');
    session.peer.close('now');
    this.closeSession(session);
    return true;
  }

  // --- one command ---

  /** Runs or refuses one request, of the command `named` or -1; false when it has to wait (nothing happened, it is to be read again). */
  private execute(session: Session, call: Call, named: number): boolean {
    const table = this.table;
    const from = this.reply.length;
    let id = named;
    call.session = session;
    call.database = session.database;
    if (
      id < 0 ||
      (table.flags[id]! & FLAG_CONTAINER) !== 0 ||
      call.count < table.argumentsMin[id]! ||
      call.count > table.argumentsMax[id]!
    ) {
      id = this.admission.resolve(session, call, id);
      if (id < 0) {
        this.leaveRun();
        if (session.replies !== REPLY_ON) this.withhold(session, from);
        return true;
      }
    }
    call.command = id;
    const closed = table.gates[id]! & (session.gates | this.gates);
    if (closed !== 0 || session.replies !== REPLY_ON) return this.executeGated(session, call, id, closed);
    this.perform(call, id);
    if (session.replies !== REPLY_ON) this.withhold(session, this.reply.length);
    return true;
  }

  /** The same where a gate is closed or replies are not wanted. */
  private executeGated(session: Session, call: Call, id: number, closed: number): boolean {
    // With maxmemory set, this is the way of every write.
    if (closed === GATE_MEMORY && session.replies === REPLY_ON && !this.eviction.isOver()) {
      this.perform(call, id);
      return true;
    }
    const from = this.reply.length;
    const verdict = closed === 0 ? 0 : this.admission.decide(session, call, id, closed);
    if (verdict === VERDICT_WAIT) {
      this.leaveRun();
      return false;
    }
    if (verdict !== VERDICT_DONE) this.perform(call, id);
    else this.leaveRun();
    this.withhold(session, from);
    return true;
  }

  /** Ends a run whose arguments are gone, since a request that did not run has taken their place. */
  private leaveRun(): void {
    if (this.timer.count > 0) this.timer.end();
  }

  /** CLIENT REPLY: takes a reply back that is not wanted. What it says of itself counts from the next command on. */
  private withhold(session: Session, from: number): void {
    if (isSilenced(session)) this.reply.truncate(from);
    if (this.deferred.length > 0) this.reply.append(this.deferred);
    // The reply is still to come.
    if (session.stopped === STOPPED_BLOCKED) return;
    if (session.replies === REPLY_SKIP) session.replies = REPLY_ON;
    else if (session.replies === REPLY_SKIP_NEXT) session.replies = REPLY_SKIP;
  }

  /** Runs a command that may run, and everything that follows from it. */
  perform(call: Call, id: number): void {
    const reply = call.reply;
    const from = reply.length;
    const errors = reply.errors;
    const dirty = this.dirty;
    const timer = this.timer;
    call.propagation = PROPAGATE_VERBATIM;
    // What does not write may look at what was propagated.
    if (this.propagation.hasRow() && (this.table.flags[id]! & FLAG_WRITE) === 0) this.propagation.endRow();
    if (timer.command !== id) timer.change(id);
    this.table.runs[id]!(call);
    if (this.keySizes.opened !== 0) this.keySizes.settle();
    if (timer.command !== id) timer.change(id);
    timer.count++;
    call.session.lastCommand = id;
    call.session.commandTotal++;
    if (this.propagation.active && this.owesPropagation(call, dirty)) this.propagateCall(call);
    // EXEC does not count again what failed inside.
    if (reply.errors !== errors && reply.errors !== this.errorsCounted) this.countError(id, reply);
    if ((this.table.flags[id]! & this.sharing) === 0) this.endRunOf(call, id, from);
    if ((this.effects | this.propagation.count | this.deferred.length) !== 0) this.afterCommand(call, id);
  }

  /** Ends the run of a command that is not short, or of as many as are to be timed together. */
  private endRunOf(call: Call, id: number, from: number): void {
    if ((this.table.flags[id]! & FLAG_SHORT) === 0 || this.timer.count >= this.runMax) this.endRun(call, id, from);
  }

  /** Ends the run of a command whose arguments are in place and whose reply began at `from`. */
  private endRun(call: Call, id: number, from: number): void {
    const { timer, watch } = this;
    timer.change(id);
    const replyBytes = call.reply.length - from;
    if (
      timer.each() >= watch.milliseconds ||
      replyBytes >= watch.replyBytes ||
      call.ends[call.count - 1]! - call.starts[0]! >= watch.requestBytes
    ) {
      watch.look(call, timer.each(), replyBytes);
    }
  }

  /** Ends an EXEC that was suspended, as `perform` and its batch end others. */
  endSuspended(call: Call, isSilenced: boolean): void {
    const { session } = call;
    if ((this.effects | this.propagation.count | this.deferred.length) !== 0) this.afterCommand(call, call.command);
    if (session.replies !== REPLY_ON) this.withhold(session, isSilenced ? 0 : this.reply.length);
    this.timer.end();
    this.updateTime();
    this.finish(session);
  }

  /** What is watched has changed: for the batch that runs, too. */
  rewatch(): void {
    this.watch.refresh();
    this.sharing = Math.min(this.sharing, this.watch.sharing);
    this.runMax = Math.min(this.runMax, this.watch.runMax);
  }

  /** Runs a command in a frame of its own, one level below `outer`: EXEC's queue. The frame's arguments are loaded. */
  performNested(outer: Call, id: number, args: Parameters<Call['load']>[0]): void {
    const call = this.frames[outer.depth + 1]!;
    call.load(args);
    call.reply = outer.reply;
    call.session = outer.session;
    call.database = outer.session.database;
    call.command = id;
    const from = call.reply.length;
    const isAsked = (call.session.gates & GATE_PERMISSIONS) !== 0;
    if (!isAsked || this.admission.permitsQueued(call, id)) this.perform(call, id);
    if (this.timer.count > 0 && call.reply.length - from > LONG_REPLY_BYTES) this.endRun(call, id, from);
    if (isSilenced(call.session)) call.reply.truncate(from);
  }

  /** Bytes of the request that runs, as it came; and of its arguments. For CLIENT LIST. */
  requestBytes(): number {
    return requestBytes(this.frames[0]!);
  }

  argumentBytes(): number {
    return this.frames[0]!.ends[this.frames[0]!.count - 1]! - this.frames[0]!.starts[0]!;
  }

  /** The command of the batch that runs, and the one inside it where that is EXEC's; for a crash report. */
  runningCalls(): Call[] {
    if (this.active === null) return [];
    const [outer, inner] = this.frames as [Call, Call];
    const isNested = this.table.definitions[outer.command]?.name === 'exec' && inner.session === outer.session;
    return (isNested ? [outer, inner] : [outer]).filter(({ command }) => command >= 0);
  }

  activeCommand(): number {
    return this.frames[0]!.command;
  }

  private afterCommand(call: Call, id: number): void {
    if (call.depth === 0 && this.standstill.isOn()) return;
    if (this.monitors.size > 0 && (this.table.flags[id]! & (FLAG_ADMIN | FLAG_SKIP_MONITOR)) === 0)
      this.feedMonitors(call);
    if (this.tracking.isOn) this.tracking.commandEnded(call, id);
    if (call.depth === 0) this.endUnit(call.reply);
  }

  /** Ends a unit of propagation, and serves who waited for the keys that it changed. */
  private endUnit(reply: Reply): void {
    this.propagation.flush();
    if (this.blocked.hasReady()) this.serving.serveReady();
    // Behind the reply; where that is withheld, `withhold` sees to it.
    if (this.deferred.length > 0 && !isSilenced(this.active)) reply.append(this.deferred);
  }

  /** Whether a command that ran is to be propagated as it came; `dirty` counted the changes before it. */
  owesPropagation(call: Call, dirty: number): boolean {
    if (call.propagation === PROPAGATE_ALWAYS) return true;
    return this.dirty !== dirty && call.propagation !== PROPAGATE_NOTHING;
  }

  propagateCall(call: Call): void {
    const { propagation } = this;
    if (!propagation.active) return;
    const { index } = call.database;
    // What is followed by nothing is a unit of its own.
    if ((this.effects | propagation.count | this.deferred.length) === 0 && call.isPlainRequest()) {
      propagation.request(index, call.bytes, call.requestStart, call.requestEnd);
    } else propagation.command(index, call.bytes, call.starts, call.ends, call.count);
  }

  countError(id: number, reply: Reply): void {
    this.errorsCounted = reply.errors;
    this.countFailure(id, reply);
  }

  countFailure(id: number, reply: Reply): void {
    this.statistics.counters[STAT_ERRORS]! += 1;
    this.statistics.failed[id]! += 1;
    this.statistics.countErrorCode(reply.bytes, reply.lastError);
  }

  private feedMonitors(call: Call): void {
    const line = monitorLine(call, this.clock.now());
    for (const monitor of this.monitors) this.deliver(monitor, line, 0, line.length);
  }

  /** Sends a session something that it did not ask for just now: behind the present reply if it is the active one. */
  deliver(session: Session, bytes: Uint8Array, start: number, end: number): void {
    if (session.stopped === STOPPED_CLOSING) return;
    if (session === this.active || session === this.serving.retried) {
      const deferred = session === this.serving.retried ? this.serving.deferred : this.deferred;
      deferred.ensure(end - start);
      deferred.bytes.set(bytes.subarray(start, end), deferred.length);
      deferred.length += end - start;
      return;
    }
    this.statistics.counters[STAT_OUTPUT_BYTES]! += end - start;
    session.outputTotal += end - start;
    session.peer.push(bytes, start, end);
  }

  /** Counts a lookup and sets the access clock. */
  accessed(call: Call, index: number, handle: number): void {
    if (handle !== NONE && !call.session.noTouch) this.access.touchRead(handle);
    this.looked(call, index, handle);
  }

  /** Counts a lookup, and announces a miss. */
  looked(call: Call, index: number, handle: number): void {
    if (handle !== NONE) {
      this.statistics.counters[STAT_HITS]! += 1;
      return;
    }
    this.statistics.counters[STAT_MISSES]! += 1;
    if (this.effects !== 0) call.notify(index, KEY_MISS_EVENT);
  }

  /** Counts a lookup. */
  counted(handle: number): void {
    this.statistics.counters[handle !== NONE ? STAT_HITS : STAT_MISSES]! += 1;
  }

  // --- pauses ---

  /** CLIENT PAUSE: lets commands (only writes, unless `all`) wait until a time in milliseconds since 1970. */
  pause(until: number, all: boolean): void {
    const { admission } = this;
    // A pause that is under way is only ever made longer and stricter.
    const under = admission.pausedUntil > this.keyspace.now;
    admission.pausesAll = all || (under && admission.pausesAll);
    admission.pausedUntil = Math.max(until, under ? admission.pausedUntil : 0);
    this.gates &= ~(GATE_PAUSED_WRITES | GATE_PAUSED_ALL);
    this.gates |= admission.pausesAll ? GATE_PAUSED_ALL : GATE_PAUSED_WRITES;
  }

  /** Ends a pause; what waited goes on, in the order of its sessions. */
  unpause(): void {
    this.admission.pausedUntil = 0;
    this.gates &= ~(GATE_PAUSED_WRITES | GATE_PAUSED_ALL);
    for (const session of this.sessions.values()) {
      if (session.stopped !== STOPPED_PAUSED) continue;
      session.stopped = STOPPED_NOT;
      this.resumable.unshift(session);
    }
  }

  /** Clients whose command waits for the end of a pause. */
  pausedCount(): number {
    let count = 0;
    if (this.admission.pausedUntil === 0) return 0;
    for (const session of this.sessions.values()) if (session.stopped === STOPPED_PAUSED) count++;
    return count;
  }

  // --- time ---

  mayExpire(): boolean {
    return this.lazyExpire && this.admission.pausedUntil === 0 && (this.gates & GATE_LOADING) === 0;
  }

  // --- memory ---

  /** Bytes that count against maxmemory: the data set, the reply that is written, clients. */
  usedMemory(): number {
    const { keyspace, reply, clientMemory, watch } = this;
    return OWN_BYTES + keyspace.memory.usedBytes() + reply.bytes.length + clientMemory.total + watch.keptBytes();
  }

  /** Whether keys may be evicted now: not while the data set is loaded, or nothing is to be written. */
  mayEvict(): boolean {
    return this.admission.pausedUntil === 0 && (this.gates & GATE_LOADING) === 0;
  }

  /** Evicts keys where memory is above its limit, for a round; ROOM_… (eviction.ts). */
  makeRoom(): number {
    if (this.clientMemory.isOver()) this.clientMemory.evict();
    const begun = this.watch.monitor.begin();
    const room = this.eviction.makeRoom();
    this.watch.monitor.since('eviction-cycle', begun);
    // Each of them is a unit of its own.
    if (this.propagation.count > 0) this.propagation.flush(false);
    // What the active client is told of that comes before the reply to its command.
    if (this.deferred.length > 0 && !isSilenced(this.active)) this.reply.append(this.deferred);
    return room;
  }

  /** Frees a slice of what waits for that. */
  disposeSome(): void {
    this.statistics.counters[STAT_LAZY_FREED]! += this.keyspace.disposals.step();
  }

  // --- work between batches ---

  /** When the next blocked client's time or the pause is over, in milliseconds since 1970; Infinity when none waits. */
  nextDeadline(): number {
    const { pausedUntil } = this.admission;
    const deadline = this.blocked.nextDeadline();
    return pausedUntil === 0 ? deadline : Math.min(deadline, pausedUntil);
  }

  /** Whether any key or client has a time at which something is to happen: without, nothing need be looked after. */
  hasDeadlines(): boolean {
    if (this.nextDeadline() !== Number.POSITIVE_INFINITY || !this.keyspace.disposals.isEmpty()) return true;
    if (this.keyspace.fieldExpiry.unfinished.length > 0 || this.tracking.hasTooMany()) return true;
    if (this.eviction.isOver()) return true;
    return this.keyspace.databases.some(({ wheel, fieldWheel }) => wheel.entries + fieldWheel.entries > 0);
  }

  /**
   * Does what is due for up to about `ms` milliseconds: timeouts of blocked clients, active expiry, freeing in slices. True
   * when more waits to be done now.
   */
  work(ms: number): boolean {
    assert(this.active === null, 'the engine is not entered again (1)');
    if (this.standstill.isOn()) return false;
    this.updateTime();
    const { pausedUntil } = this.admission;
    if (pausedUntil !== 0 && pausedUntil <= this.keyspace.now) this.unpause();
    const until = this.clock.elapsed() + ms;
    for (
      let due = this.blocked.firstDue(this.keyspace.now);
      due !== null;
      due = this.blocked.firstDue(this.keyspace.now)
    ) {
      this.serving.unblock(due.session, due.onTimeout);
    }
    const { monitor } = this.watch;
    const begun = monitor.begin();
    let more = this.activeExpire && this.mayExpire();
    while (more && this.clock.elapsed() < until) {
      more = this.keyspace.expireDue(EXPIRE_STEPS);
      this.propagation.flush(false);
    }
    monitor.since('expire-cycle', begun);
    while (this.clock.elapsed() < until && this.keyspace.sweepWheels(EXPIRE_STEPS));
    const { tracking } = this;
    while (tracking.hasTooMany() && this.clock.elapsed() < until) tracking.forgetSome();
    if (tracking.hasTooMany()) more = true;
    const { disposals } = this.keyspace;
    while (!disposals.isEmpty() && this.clock.elapsed() < until) this.disposeSome();
    if (this.eviction.isLimited() && this.makeRoom() === ROOM_SOON && this.mayEvict()) more = true;
    if (!disposals.isEmpty()) more = true;
    else this.serving.endFlushes();
    if (!more && this.keyspace.memory.giveBack()) more = true;
    const moving = monitor.begin();
    if (this.defragmentation.work()) more = true;
    monitor.since('active-defrag-cycle', moving);
    if (this.blocked.hasReady()) {
      this.timer.begin();
      this.serving.serveReady();
      this.timer.end();
    }
    if (this.resumable.length > 0) this.resumeAll();
    return more;
  }

  /** Ends a tick, after what was received and `work`: says what was gathered. */
  endTick(): void {
    if (this.tracking.isOn) this.tracking.tickEnded();
  }

  /** Walks everything; asserts all invariants. */
  check(): void {
    this.keyspace.check();
    this.tracking.table.check();
  }
}

/** Whether a session wants no reply to its present command; messages it gets all the same. */
function isSilenced(session: Session | null): boolean {
  return session !== null && (session.replies === REPLY_OFF || session.replies === REPLY_SKIP);
}
