// Admission: what happens to a request that does not simply run. The words of Redis's refusals, and their order.

import { sliceBytes, toLatin1 } from '../lib/bytes.ts';
import { UNAUTHENTICATED_BUFFER_BYTES_MAX } from '../lib/limits.ts';
import {
  error,
  LOADING,
  MASTER_DOWN,
  NO_AUTH,
  OUT_OF_MEMORY,
  unknownCommand,
  unknownSubcommand,
  wrongArity,
} from '../protocol/errors.ts';
import type { Call } from './call.ts';
import { FLAG_CONTAINER, FLAG_MAY_REPLICATE, FLAG_NO_MULTI, FLAG_WRITE } from './command-table.ts';
import type { Engine } from './engine.ts';
import { ROOM_NONE } from './eviction.ts';
import {
  GATE_AUTH,
  GATE_LOADING,
  GATE_MEMORY,
  GATE_MULTI,
  GATE_PAUSED_ALL,
  GATE_PAUSED_WRITES,
  GATE_PERMISSIONS,
  GATE_PROTECTED,
  GATE_STALE,
  GATE_SUBSCRIBED,
  GATE_WRITE,
  GATES_OF_QUEUE,
} from './gates.ts';
import { type Session, STOPPED_CLOSING, STOPPED_PAUSED } from './session.ts';
import { STAT_ERRORS } from './statistics.ts';

/** The command runs. */
export const VERDICT_RUN = 0;
/** It was refused or queued: a reply is written. */
export const VERDICT_DONE = 1;
/** It waits unread until its session is resumed. */
export const VERDICT_WAIT = 2;

const NOT_IN_MULTI = error('ERR Command not allowed inside a transaction');
const MULTI_TOO_LONG = error('ERR unauthenticated multi is too long');

/** Refusals that lower rooms decide: each returns an error line, or null to let the command pass. */
export interface RefusalHooks {
  /** The protected commands: DEBUG, MODULE. */
  protected?(session: Session, command: string): Uint8Array | null;
  /** Writes: the disk fails, too few replicas, a replica that is read only. */
  write?(session: Session): Uint8Array | null;
}

/** Arguments of an unknown command that its refusal may repeat: 128 bytes of text, at least three for each. */
const QUOTED_ARGUMENTS_MAX = 43;

/** What HTTP requests have as first words of their lines. */
const CROSS_PROTOCOL = /^(post|host:)$/i;

export class Admission {
  hooks: RefusalHooks = {};
  /** Until when clients are paused (milliseconds since 1970), and whether all commands are or only writes. */
  pausedUntil = 0;
  pausesAll = false;
  private readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** The id of a command that plain lookup did not settle, or -1 after replying why there is none. */
  resolve(session: Session, call: Call, id: number): number {
    const { table } = this.engine;
    if (id < 0) {
      if (CROSS_PROTOCOL.test(call.text(0))) return this.endCrossProtocol(session);
      const args = [];
      for (let index = 1; index < call.count && index <= QUOTED_ARGUMENTS_MAX; index++) args.push(call.text(index));
      return this.refuseUnknown(session, call, unknownCommand(call.text(0), args));
    }
    if ((table.flags[id]! & FLAG_CONTAINER) === 0 || (call.count === 1 && table.argumentsMin[id]! > 1)) {
      return this.refuseArity(session, call, id);
    }
    if (call.count === 1) return id; // COMMAND is both a container and a command
    const subcommand = table.findSubcommand(id, call.bytes, call.starts[1]!, call.ends[1]!);
    if (subcommand < 0) return this.refuseUnknown(session, call, unknownSubcommand(table.nameOf(id), call.text(1)));
    if (call.count < table.argumentsMin[subcommand]! || call.count > table.argumentsMax[subcommand]!) {
      return this.refuseArity(session, call, subcommand);
    }
    return subcommand;
  }

  /** Ends a connection on which HTTP arrived: a browser was made to send it here (CVE-2016-10517). No reply is given. */
  private endCrossProtocol(session: Session): number {
    session.stopped = STOPPED_CLOSING;
    this.engine.events.crossProtocol?.(session);
    return -1;
  }

  /** Looks closer at a command that `closed` gates stop. */
  decide(session: Session, call: Call, id: number, closed: number): number {
    const { engine } = this;
    if (closed === GATE_PERMISSIONS) return this.permits(session, call, id) ? VERDICT_RUN : VERDICT_DONE;
    const flags = engine.table.flags[id]!;
    const transaction = session.transaction;
    // EXEC answers for all that is queued.
    const isExec = engine.table.definitions[id]!.name === 'exec';
    const queued = isExec ? (transaction?.gates ?? 0) & engine.gates : 0;
    const gates = isExec ? (closed & ~GATES_OF_QUEUE) | queued : closed;
    const allFlags = isExec ? flags | (transaction?.flags ?? 0) : flags;
    if ((gates & GATE_PROTECTED) !== 0 && !isExec) {
      const line = this.hooks.protected?.(session, engine.table.nameOf(id)) ?? null;
      if (line !== null) return this.refuse(session, call, id, line);
    }
    if ((gates & GATE_AUTH) !== 0) return this.refuse(session, call, id, NO_AUTH);
    if (transaction !== null && (flags & FLAG_NO_MULTI) !== 0) return this.refuse(session, call, id, NOT_IN_MULTI);
    if ((gates & GATE_PERMISSIONS) !== 0 && !this.permits(session, call, id)) return VERDICT_DONE;
    // A queue takes memory, whatever is queued.
    const takesMemory = (gates & GATE_MULTI) !== 0 ? engine.gates & GATE_MEMORY : gates & GATE_MEMORY;
    if (takesMemory !== 0 && !session.mustObey) {
      const room = engine.makeRoom();
      // It was this client that had to go.
      if (session.stopped === STOPPED_CLOSING) return VERDICT_DONE;
      if (room === ROOM_NONE) return this.refuse(session, call, id, OUT_OF_MEMORY);
    }
    if ((gates & GATE_WRITE) !== 0) {
      const line = this.hooks.write?.(session) ?? null;
      if (line !== null) return this.refuse(session, call, id, line);
    }
    if ((gates & GATE_SUBSCRIBED) !== 0) return this.refuseSubscribed(session, call, id);
    if ((gates & GATE_STALE) !== 0) return this.refuse(session, call, id, MASTER_DOWN);
    if ((gates & GATE_LOADING) !== 0) return this.refuse(session, call, id, LOADING);
    if (this.isPaused(gates, allFlags) && !session.mustObey) {
      session.stopped = STOPPED_PAUSED;
      return VERDICT_WAIT;
    }
    return (gates & GATE_MULTI) !== 0 ? this.queue(session, call, id) : VERDICT_RUN;
  }

  /** Whether the session's user may run a command; false after replying why not. */
  private permits(session: Session, call: Call, id: number): boolean {
    const { acl } = this.engine;
    if (session.user !== null && acl.permissions.permitsAtAGlance(session.user, call, id)) return true;
    const line = acl.denies(call, id);
    if (line === null) return true;
    this.refuse(session, call, id, line);
    return false;
  }

  /** The same when EXEC comes to a command: its user may have changed, or what it may do. */
  permitsQueued(call: Call, id: number): boolean {
    return this.answer(call, this.engine.acl.deniesQueued(call, id));
  }

  /** The same when a command that waited is to run again. */
  permitsAgain(call: Call, id: number): boolean {
    const denial = this.engine.acl.denies(call, id);
    if (denial !== null) this.engine.statistics.rejected[id]! += 1;
    return this.answer(call, denial);
  }

  private answer(call: Call, denial: Uint8Array | null): boolean {
    if (denial === null) return true;
    call.reply.error(denial);
    this.count(call);
    this.engine.errorsCounted = call.reply.errors;
    return false;
  }

  private isPaused(gates: number, flags: number): boolean {
    if (this.pausedUntil === 0 || (gates & (GATE_PAUSED_ALL | GATE_PAUSED_WRITES)) === 0) return false;
    return this.pausesAll || (flags & (FLAG_WRITE | FLAG_MAY_REPLICATE)) !== 0;
  }

  private queue(session: Session, call: Call, id: number): number {
    const { table } = this.engine;
    const transaction = session.transaction!;
    if ((session.gates & GATE_AUTH) !== 0 && transaction.bytes > UNAUTHENTICATED_BUFFER_BYTES_MAX)
      return this.refuse(session, call, id, MULTI_TOO_LONG);
    // Once refused, EXEC will not run anything: nothing more need be kept.
    if (!transaction.broken && !session.watchBroken) {
      transaction.add(id, call.copyArguments(0), table.flags[id]!, table.gates[id]!);
    } else transaction.flags |= table.flags[id]!;
    call.reply.queued();
    return VERDICT_DONE;
  }

  private refuse(session: Session, call: Call, id: number, line: Uint8Array): number {
    this.engine.statistics.rejected[id]! += 1;
    this.note(session, call, id);
    const { engine } = this;
    if (engine.table.definitions[id]!.name === 'exec') this.abortExec(session, call, line);
    else call.reply.error(line);
    this.count(call);
    return VERDICT_DONE;
  }

  /** EXEC itself is refused, also where there is no transaction: one is over. */
  private abortExec(session: Session, call: Call, line: Uint8Array): void {
    const text = toLatin1(sliceBytes(line, 1, line.length - 2), 0, line.length - 3);
    this.engine.discard(session);
    call.reply.errorText(`EXECABORT Transaction discarded because of: ${text.replace(/^ERR /, '')}`);
  }

  private refuseSubscribed(session: Session, call: Call, id: number): number {
    this.engine.statistics.rejected[id]! += 1;
    this.note(session, call, id);
    const name = this.engine.table.nameOf(id);
    const text = `ERR Can't execute '${name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`;
    if (name === 'exec') this.abortExec(session, call, error(text));
    else call.reply.errorText(text);
    this.count(call);
    return VERDICT_DONE;
  }

  private refuseUnknown(session: Session, call: Call, text: string): number {
    this.note(session, call, -1);
    call.reply.errorText(text);
    this.count(call);
    return -1;
  }

  private refuseArity(session: Session, call: Call, id: number): number {
    this.engine.statistics.rejected[id]! += 1;
    this.note(session, call, id);
    const name = this.engine.table.nameOf(id);
    if (name === 'exec') this.abortExec(session, call, error(wrongArity(name)));
    else call.reply.errorText(wrongArity(name));
    this.count(call);
    return -1;
  }

  /** A command that cannot be queued makes EXEC refuse. */
  private note(session: Session, call: Call, id: number): void {
    if (session.transaction !== null && call.depth === 0) session.transaction.broken = true;
    this.engine.tracking.endCaching(session, id);
  }

  private count(call: Call): void {
    const { statistics } = this.engine;
    statistics.counters[STAT_ERRORS]! += 1;
    statistics.countErrorCode(call.reply.bytes, call.reply.lastError);
  }
}
