// A transaction that waits for something outside, in the midst of its commands: MIGRATE inside MULTI.
//
// Redis stops the whole process there, so that nobody sees a transaction that is half done. Here the event loop goes on,
// but the engine stands still, and comes to the same:
//
//  (1) No session is read. All that could be are paused; what arrives waits in their input.
//  (2) Nothing happens by itself: `Engine.work` does nothing, so no key expires, none is evicted, no client that waits is
//      served or told that its time is over.
//  (3) What the first commands replied and told others stays here: their replies, the unit of propagation, messages
//      (`Connection.settle` asks `isOn`). It leaves when the transaction has ended.
//  (4) The time that commands see is that of EXEC to its end.
//  (5) A client that goes meanwhile is forgotten at the end: the rest of its transaction runs.
//
// Who must not see the keys as they are meanwhile, though no session of it asks, calls `whenOver`.
//
// A server that saves at its end stands still, too (`hold`): then there is no transaction.

import { assert } from '../lib/assert.ts';
import { copyBytes } from '../lib/bytes.ts';
import { Reply } from '../protocol/reply.ts';
import type { TimeoutReply } from './blocking.ts';
import type { Arguments, Call } from './call.ts';
import type { Engine } from './engine.ts';
import {
  REPLY_ON,
  type Session,
  STOPPED_BLOCKED,
  STOPPED_CLOSING,
  STOPPED_NOT,
  STOPPED_OUTPUT,
  STOPPED_PAUSED,
} from './session.ts';
import type { QueuedCommand } from './transaction.ts';

/** What a command of a transaction waits for. */
export interface Awaited {
  /**
   * What came: `end` is run as a part of the transaction, and says what the command replies; then the rest of the queue
   * runs. To be called once, from outside of the engine.
   */
  proceed(end: () => TimeoutReply): void;
}

/** A transaction that is not at its end. */
interface Suspended {
  readonly session: Session;
  /** EXEC, and its arguments: what it had them from is used for other things meanwhile. */
  readonly call: Call;
  readonly command: number;
  readonly args: Arguments;
  readonly queue: readonly QueuedCommand[];
  /** Where it goes on; the command before that one waits. */
  next: number;
  /** EXEC's reply so far, and messages for its client that come behind it. */
  readonly reply: Reply;
  readonly messages: Reply;
  readonly now: number;
  /** Whether its client wanted no reply to EXEC; it is to be closed after that; it has gone. */
  readonly isSilenced: boolean;
  closes: boolean;
  isGone: boolean;
}

export class Standstill {
  private suspended: Suspended | null = null;
  private isHeld = false;
  /** The call of EXEC whose queue runs now. */
  private running: Call | null = null;
  /** A command of it wants to wait. */
  private isWanted = false;
  private isSilenced = false;
  private giveUpNow: () => void = () => undefined;
  private waiting: (() => void)[] = [];
  private readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  isOn(): boolean {
    return this.suspended !== null || this.isHeld;
  }

  /** Runs `action` now, or when the engine does not stand still any more. */
  whenOver(action: () => void): void {
    if (this.isOn()) this.waiting.push(action);
    else action();
  }

  /** Stands still until `letGo`. From outside of the engine, and not in the midst of a transaction. */
  hold(): void {
    assert(!this.isOn() && this.engine.active === null, 'the engine stands still for one thing at a time');
    this.isHeld = true;
    for (const session of this.engine.sessions.values()) pause(session);
  }

  letGo(): void {
    assert(this.isHeld, 'it was held');
    this.isHeld = false;
    this.goOn(null);
  }

  // --- for EXEC and its commands ---

  /** Runs the queue of an EXEC, whose reply begins here. */
  run(call: Call, queue: readonly QueuedCommand[]): void {
    const from = call.reply.length;
    this.isSilenced = call.session.replies !== REPLY_ON;
    call.reply.array(queue.length);
    this.runFrom(call, queue, 0, from);
  }

  /** Whether a command may wait: it is one of a transaction, not of a script. */
  mayBegin(call: Call): boolean {
    return this.running !== null && call.depth === this.running.depth + 1 && !call.session.mustObey;
  }

  /** Makes a command of a transaction wait; it must return without a reply. `giveUp` has to `proceed` at once. */
  begin(call: Call, giveUp: () => void): Awaited {
    assert(this.mayBegin(call) && !this.isWanted, 'one command of a transaction waits');
    this.isWanted = true;
    this.giveUpNow = giveUp;
    const { command } = call;
    return { proceed: (end) => this.proceed(command, end) };
  }

  /** The server ends: what is waited for will not come. */
  giveUp(): void {
    while (this.suspended !== null && this.engine.active === null) this.giveUpNow();
  }

  /** Whether a session must be kept for now, though its client has gone. */
  keeps(session: Session): boolean {
    if (this.suspended?.session !== session) return false;
    this.suspended.isGone = true;
    return true;
  }

  /** Runs a queue on; false when it waits again. */
  private runFrom(call: Call, queue: readonly QueuedCommand[], first: number, from: number): boolean {
    this.running = call;
    let index = first;
    while (index < queue.length && !this.isWanted) {
      const { id, args } = queue[index++]!;
      this.engine.performNested(call, id, args);
    }
    this.running = null;
    if (!this.isWanted) return true;
    this.suspend(call, queue, index, from);
    return false;
  }

  private suspend(call: Call, queue: readonly QueuedCommand[], next: number, from: number): void {
    const { engine, suspended } = this;
    const { session } = call;
    this.isWanted = false;
    if (suspended === null) {
      this.suspended = {
        session,
        call,
        command: call.command,
        args: call.copyArguments(0),
        queue,
        next,
        reply: new Reply(),
        messages: new Reply(),
        now: engine.keyspace.now,
        isSilenced: this.isSilenced,
        closes: session.stopped === STOPPED_CLOSING,
        isGone: false,
      };
      for (const other of engine.sessions.values()) pause(other);
    } else {
      suspended.next = next;
      suspended.closes ||= session.stopped === STOPPED_CLOSING;
    }
    const { reply, messages } = this.suspended!;
    session.stopped = STOPPED_BLOCKED;
    takeEnd(call.reply, from, reply);
    messages.append(engine.deferred);
  }

  // --- going on ---

  private proceed(command: number, end: () => TimeoutReply): void {
    const { engine, suspended } = this;
    assert(suspended !== null && engine.active === null, 'a transaction waits');
    const { session, call, queue } = suspended;
    this.enter(suspended);
    const { reply } = engine;
    reply.append(suspended.reply);
    engine.deferred.append(suspended.messages);
    call.load(suspended.args);
    call.command = suspended.command;
    call.session = session;
    call.database = session.database;
    const from = reply.length;
    const { errors } = reply;
    end()(reply, session);
    if (reply.errors !== errors) engine.countError(command, reply);
    if (session.replies !== REPLY_ON) reply.truncate(from);
    if (this.runFrom(call, queue, suspended.next, 0)) this.over(suspended);
    else this.leave();
  }

  private enter({ session, now }: Suspended): void {
    const { engine } = this;
    const { keyspace } = engine;
    engine.active = session;
    engine.timer.begin();
    engine.reply.resp = session.resp;
    engine.errorsCounted = 0;
    keyspace.now = now;
    keyspace.expiryNow = now;
    engine.access.update(now);
  }

  /** It waits again. */
  private leave(): void {
    const { engine } = this;
    engine.timer.end();
    engine.active = null;
    engine.reply.clear();
  }

  private over(suspended: Suspended): void {
    const { engine } = this;
    const { session, call } = suspended;
    this.suspended = null;
    if (suspended.closes) session.stopped = STOPPED_CLOSING;
    else if (session.stopped === STOPPED_BLOCKED) session.stopped = STOPPED_NOT;
    engine.endSuspended(call, suspended.isSilenced);
    if (suspended.isGone) engine.closeSession(session);
    this.goOn(session);
  }

  /** All are read again, and the one whose transaction it was. */
  private goOn(session: Session | null): void {
    const { engine } = this;
    const readable = [...engine.sessions.values()].filter((other) => resume(other) || other === session);
    for (const other of readable.reverse()) if (other.inputEnd > 0) engine.resumeLater(other);
    const { waiting } = this;
    this.waiting = [];
    for (const action of waiting) this.whenOver(action);
  }
}

function pause(session: Session): void {
  if (session.stopped === STOPPED_NOT || session.stopped === STOPPED_OUTPUT) session.stopped = STOPPED_PAUSED;
}

/** CLIENT PAUSE stops it again where that is so. */
function resume(session: Session): boolean {
  if (session.stopped !== STOPPED_PAUSED) return false;
  session.stopped = STOPPED_NOT;
  return true;
}

/** Moves what was written from `from` on to another reply. */
function takeEnd(reply: Reply, from: number, to: Reply): void {
  const length = reply.length - from;
  to.ensure(length);
  copyBytes(reply.bytes, from, reply.length, to.bytes, to.length);
  to.length += length;
  reply.truncate(from);
}
