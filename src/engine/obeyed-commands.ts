// Commands that were executed before, here or elsewhere, and are run again as they come: those of the append-only log.
// Nothing refuses them (no gates), nobody gets their replies, nothing expires by their clock, and INFO
// does not count them, as in Redis.

import { toLatin1 } from '../lib/bytes.ts';
import { Reply } from '../protocol/reply.ts';
import { RequestParser } from '../protocol/request-parser.ts';
import { Call, PROPAGATE_VERBATIM } from './call.ts';
import type { Engine } from './engine.ts';
import type { Database } from './keyspace.ts';
import { QueryBuffers } from './query-buffers.ts';
import { type Peer, Session } from './session.ts';

/** Not 0: what clients are owed after a command (served blockers, the end of a unit) is not owed here. */
const DEPTH = 1;

/** Who is behind a session that no client has. */
export const NOBODY: Peer = {
  address: () => '',
  localAddress: () => '',
  descriptor: -1,
  pendingOutput: () => 0,
  outputMemory: () => 0,
  outputChunks: () => 0,
  replyBufferBytes: () => 0,
  replyBufferPeak: () => 0,
  send: () => false,
  push: () => undefined,
  close: () => undefined,
};

/** One source of such commands. */
export class ObeyedCommands {
  private readonly engine: Engine;
  private readonly call: Call;
  private readonly reply = new Reply();
  private readonly session: Session;

  constructor(engine: Engine) {
    this.engine = engine;
    this.call = new Call(engine, DEPTH, this.reply);
    const now = Math.floor(engine.clock.now());
    const first = engine.keyspace.databases[0]!;
    this.session = new Session(0, NOBODY, new RequestParser(), first, now, new QueryBuffers());
    this.session.mustObey = true;
    this.session.authenticated = true;
  }

  /**
   * Runs a command whose arguments are bytes[starts[i]..ends[i]); valid until return. Null when there is no such command, else
   * its error, '' without one.
   */
  run(database: Database, bytes: Uint8Array, starts: Int32Array, ends: Int32Array, count: number): string | null {
    const { call, engine, session, reply } = this;
    session.database = database;
    call.bytes = bytes;
    call.starts = starts;
    call.ends = ends;
    call.count = count;
    call.session = session;
    call.database = database;
    call.reply = reply;
    const id = engine.table.resolve(bytes, starts, ends, count);
    if (id < 0) return null;
    call.command = id;
    // What had expired when this ran is deleted by a command of its own.
    engine.keyspace.expiryNow = Number.NEGATIVE_INFINITY;
    this.perform(call, id);
    engine.keyspace.expiryNow = engine.keyspace.now;
    const error = reply.errors > 0 ? toLatin1(reply.bytes, reply.lastError, reply.length) : '';
    reply.clear();
    reply.errors = 0;
    return error;
  }

  /** As Engine.perform, but counted, timed and logged nowhere: these are no commands of clients. */
  private perform(call: Call, id: number): void {
    const { engine } = this;
    const { dirty } = engine;
    call.propagation = PROPAGATE_VERBATIM;
    engine.table.runs[id]!(call);
    engine.keySizes.settle();
    if (engine.propagation.active && engine.owesPropagation(call, dirty)) engine.propagateCall(call);
  }
}
