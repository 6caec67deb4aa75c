// Serving: how a client comes to wait, and how it is served when what it waits for has come.
//
// A command that finds nothing asks to wait (`block`). When one of its keys changes it is run again in its place in the
// line (`retry`); its client gets that reply, and reads on. blocking.ts keeps who waits for what.

import { assert } from '../lib/assert.ts';
import { fromLatin1 } from '../lib/bytes.ts';
import { NONE } from '../memory/flat-memory.ts';
import { Reply } from '../protocol/reply.ts';
import { Blocked, type BlockedOn, type TimeoutReply } from './blocking.ts';
import { type Call, PROPAGATE_VERBATIM } from './call.ts';
import type { Engine } from './engine.ts';
import { GATE_PERMISSIONS } from './gates.ts';
import { REPLY_ON, REPLY_SKIP, type Session, STOPPED_BLOCKED, STOPPED_NOT } from './session.ts';
import { STAT_OUTPUT_BYTES } from './statistics.ts';

/** Slices of some 700 keys that a flush frees before its client begins to wait: some 2 ms. */
const DISPOSED_AT_ONCE = 32;

export class Serving {
  /** The blocked session whose command is run again; the messages that go behind its reply. */
  retried: Session | null = null;
  readonly deferred = new Reply();
  private readonly reply = new Reply();
  private blockedAgain = false;
  /** Sessions that wait for the end of a flush. */
  private readonly flushing: Session[] = [];
  private readonly engine: Engine;
  /** A frame of its own: who is served must not take the place of the arguments of the command that runs. */
  private readonly call: Call;

  constructor(engine: Engine, call: Call) {
    this.engine = engine;
    this.call = call;
  }

  /**
   * Makes a call wait for its keys until `deadline` (milliseconds since 1970, or Infinity), then to reply `onTimeout`. The
   * function that calls this must return without a reply. When a key changes, it is run again.
   */
  block(
    call: Call,
    keys: readonly string[],
    deadline: number,
    onTimeout: TimeoutReply,
    on: BlockedOn,
    wakesOnDelete: boolean,
  ): void {
    if (call.retried) {
      this.blockedAgain = true;
      return;
    }
    const { session, database } = call;
    session.blocked = new Blocked({
      session,
      on,
      database,
      keys: [...new Set(keys)],
      command: call.command,
      args: call.copyArguments(0),
      deadline,
      onTimeout,
      wakesOnDelete,
    });
    session.stopped = STOPPED_BLOCKED;
    this.engine.timer.waiting++;
    this.engine.blocked.add(session.blocked);
    this.engine.refreshEffects();
  }

  /** Ends a session's waiting with the reply that `write` gives. */
  unblock(session: Session, write: TimeoutReply): void {
    const blocked = session.blocked;
    assert(blocked !== null, 'only blocked sessions are unblocked');
    const { reply } = this;
    reply.clear();
    reply.resp = session.resp;
    write(reply, session);
    if (reply.errors > 0) this.engine.countFailure(blocked.command, reply);
    if (session.replies !== REPLY_ON) reply.length = 0;
    this.release(blocked, reply);
  }

  private release(blocked: Blocked, reply: Reply): void {
    const { engine } = this;
    const session = blocked.session;
    engine.blocked.remove(blocked);
    session.blocked = null;
    engine.tracking.endCaching(session, blocked.command);
    if (session.stopped === STOPPED_BLOCKED) session.stopped = STOPPED_NOT;
    if (session.replies === REPLY_SKIP) session.replies = REPLY_ON;
    if (reply.overflowed) engine.kill(session);
    else if (reply.length > 0) {
      engine.statistics.counters[STAT_OUTPUT_BYTES]! += reply.length;
      session.outputTotal += reply.length;
      if (session.peer.send(reply.bytes, 0, reply.length)) reply.take();
    }
    reply.clear();
    engine.refreshEffects();
    if (session.inputEnd > 0) engine.resumeLater(session);
  }

  /** Serves who waits for keys that have changed, each line from its head. */
  serveReady(): void {
    const { blocked: waiting, keyspace } = this.engine;
    // Time has passed since the batch began: what came may be gone again.
    this.engine.updateTime();
    while (waiting.hasReady()) {
      for (const { database, key } of waiting.takeReady()) {
        const line = database.waiting.get(key);
        if (line === undefined) continue;
        const bytes = fromLatin1(key);
        for (const blocked of line) {
          // Once the key is gone, trying the rest of a long line would be in vain.
          const exists = keyspace.findEvenExpired(database, bytes, 0, bytes.length) !== NONE;
          if (!exists && waiting.wakeOnDeleteCount === 0) break;
          if (exists || blocked.wakesOnDelete) this.retry(blocked);
        }
      }
    }
  }

  /** Runs a blocked client's command again; if it still finds nothing, the client keeps its place. */
  private retry(blocked: Blocked): void {
    const { engine, call, reply } = this;
    const session = blocked.session;
    const id = blocked.command;
    const dirty = engine.dirty;
    reply.clear();
    reply.resp = session.resp;
    this.retried = session;
    call.load(blocked.args);
    call.session = session;
    call.database = session.database;
    call.command = id;
    call.reply = reply;
    call.propagation = PROPAGATE_VERBATIM;
    if ((session.gates & GATE_PERMISSIONS) !== 0 && !engine.admission.permitsAgain(call, id)) {
      this.endRefused(call, blocked);
      return;
    }
    call.retried = true;
    this.blockedAgain = false;
    engine.timer.change(id);
    engine.table.runs[id]!(call);
    engine.keySizes.settle();
    engine.timer.change(id);
    if (!this.blockedAgain) {
      engine.timer.served();
      engine.watch.look(call, engine.timer.each(), reply.length);
    }
    call.retried = false;
    call.reply = engine.reply;
    this.retried = null;
    if (this.blockedAgain) {
      this.goOnWaiting(session);
      return;
    }
    if (engine.tracking.isOn) engine.tracking.commandEnded(call, id);
    if (engine.owesPropagation(call, dirty)) engine.propagateCall(call);
    engine.propagation.flush();
    if (reply.errors > 0) engine.countFailure(id, reply);
    if (session.replies !== REPLY_ON) reply.length = 0;
    if (this.deferred.length > 0) reply.append(this.deferred);
    this.release(blocked, reply);
  }

  /** A client waits on: what it was told meanwhile stands behind no reply, and what expired is a unit of its own. */
  private goOnWaiting(session: Session): void {
    const { deferred, engine } = this;
    engine.propagation.flush(false);
    if (deferred.length === 0) return;
    engine.deliver(session, deferred.bytes, 0, deferred.length);
    deferred.clear();
  }

  /** Ends the waiting of a client whose user may not run its command any more: the error is written. */
  private endRefused(call: Call, blocked: Blocked): void {
    const { engine, reply } = this;
    call.reply = engine.reply;
    this.retried = null;
    engine.statistics.takeBack(blocked.command);
    if (blocked.session.replies !== REPLY_ON) reply.length = 0;
    this.release(blocked, reply);
  }

  /**
   * FLUSHALL and FLUSHDB that wait: frees some of what they added to the `earlier` disposals at once, and lets the client
   * wait where that was not all. True when it waits.
   */
  waitForDisposals(call: Call, earlier: number): boolean {
    const { disposals } = this.engine.keyspace;
    for (let step = 0; step < DISPOSED_AT_ONCE && disposals.length() > earlier; step++) {
      this.engine.disposeSome();
    }
    if (disposals.length() <= earlier) return false;
    call.block([], Number.POSITIVE_INFINITY, (reply) => reply.ok(), 'flush');
    this.flushing.push(call.session);
    return true;
  }

  /** Whether somebody waits for work that only time holds up: it is to go on at once. */
  hasUrgentWork(): boolean {
    return this.flushing.length > 0;
  }

  /** All that was to be freed is: who waited for it goes on. */
  endFlushes(): void {
    if (this.flushing.length === 0) return;
    for (const session of this.flushing.splice(0)) {
      if (session.blocked?.on === 'flush') this.unblock(session, session.blocked.onTimeout);
    }
  }
}
