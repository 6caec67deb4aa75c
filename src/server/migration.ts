// What MIGRATE does once its arguments are understood: sends keys to another server and deletes here what arrived there.
//
// Redis stands still meanwhile, so that a key is at any time here or there. Here the event loop goes on, and other clients
// are served; what they can rely on is the same nevertheless:
//
//  (1) All keys are written down in one go, between two commands: what is sent is one moment's state of them.
//  (2) When the other server has acknowledged a key, it is deleted here only if it is still what was sent, value and
//      deadline. One WATCH over all keys says whether any was changed; only then the values are compared.
//  (3) A key that was changed meanwhile is sent again, replacing what was sent before; one that was deleted is deleted
//      there. So a change made while keys are on their way counts as made before them: none is lost, no deleted key comes
//      back. Reads meanwhile see the key here, as they would have before.
//  (4) A key that is changed again each time it is sent stays here after ROUNDS_MAX attempts, and the client is told to try
//      again; the other server then has an older copy of it, which REPLACE overwrites.
//
// With COPY nothing is deleted, and the state of (1) is what was asked for. All deletions of one round are propagated as one
// DEL. A connection that turns out to be dead before the first acknowledgement is replaced once, as in Redis.
//
// Inside MULTI the engine stands still until the end (engine/standstill.ts): nothing can be changed meanwhile, and the
// deletions are a part of the transaction.

import { DEL_EVENT } from '../engine/events.ts';
import { NO_DEADLINE } from '../engine/expiry.ts';
import type { Database } from '../engine/keyspace.ts';
import { NOBODY } from '../engine/obeyed-commands.ts';
import { QueryBuffers } from '../engine/query-buffers.ts';
import { Session } from '../engine/session.ts';
import { unwatch, watch } from '../engine/transaction.ts';
import { realTimers } from '../host/real-timers.ts';
import { equalBytes, toLatin1 } from '../lib/bytes.ts';
import { STRING_BYTES_MAX } from '../lib/limits.ts';
import { NONE } from '../memory/flat-memory.ts';
import { payloadsOf } from '../persistence/commands/dump.ts';
import { error, OUT_OF_MEMORY } from '../protocol/errors.ts';
import { Reply } from '../protocol/reply.ts';
import { ReplyError, type ReplyValue } from '../protocol/reply-values.ts';
import { RequestParser } from '../protocol/request-parser.ts';
import { clusterEnabled } from './config/cluster.ts';
import { type Exchange, type ExchangeFailure, type MigrationLink, UNKNOWN_DATABASE } from './migration-links.ts';
import type { Server } from './server.ts';

/** How often keys that are changed meanwhile are sent. */
const ROUNDS_MAX = 8;
/** While writes are paused (CLIENT PAUSE) nothing is deleted either: how often it is looked whether that is over. */
const PAUSE_LOOK_MS = 20;
/** What is sent is written in pieces of about this size. */
const PIECE_BYTES = 256 * 1024;

const timers = realTimers(false);

const FAILURES: Readonly<Record<ExchangeFailure, Uint8Array>> = {
  connecting: error('IOERR error or timeout connecting to the client'),
  writing: error('IOERR error or timeout writing to target instance'),
  reading: error('IOERR error or timeout reading to target instance'),
};
const CHANGED = error('TRYAGAIN Keys were changed each time that they were sent, and stay here');

/** What a timeout and a broken connection are replied with. */
export const NOT_ACKNOWLEDGED = FAILURES.reading;

/** What a client asked for. */
export interface MigrationOrder {
  readonly host: string;
  readonly port: string;
  /** The number of the database there, as text. */
  readonly target: string;
  readonly timeoutMs: number;
  readonly copy: boolean;
  readonly replace: boolean;
  /** Arguments of AUTH there; empty without. */
  readonly credentials: readonly Uint8Array[];
  readonly database: Database;
  readonly keys: readonly Uint8Array[];
}

/** A key on its way. */
interface Item {
  readonly key: Uint8Array;
  /** It was named before: it is sent again, as Redis does (and refused there without REPLACE), but deleted once. */
  readonly isRepeated: boolean;
  /** An earlier copy of it is there. */
  isSentAgain: boolean;
  /** Which reply is about it; -1: it was not sent. */
  reply: number;
  deadline: number | bigint;
  /** Its payload as sent: pieces[piece][start..end); start is -1 for a deletion. */
  piece: number;
  start: number;
  end: number;
}

export type MigrationReply = (out: Reply) => void;

/** Who waits for the end of a migration. */
export interface MigrationClient {
  /** Whether it is a transaction, and nothing else runs until the end. */
  readonly standsStill: boolean;
  /** To be told once: `end` is to be called in the place of the command, and says what is replied. */
  done(end: () => MigrationReply): void;
}

export class Migration {
  private readonly server: Server;
  private readonly order: MigrationOrder;
  private readonly client: MigrationClient;
  private isOver = false;
  private items: Item[];
  private link!: MigrationLink;
  private hasLink = false;
  private readonly writer = new Reply();
  private pieces: Uint8Array[] = [];
  /** Replies expected in all, and before those to keys. */
  private replyCount = 0;
  private firstReply = 0;
  private hasSelected = false;
  private rounds = 0;
  private mayRetry = true;
  /** Watches the keys on their way; nobody sits behind it. */
  private readonly guard: Session;

  constructor(server: Server, order: MigrationOrder, client: MigrationClient) {
    this.server = server;
    this.order = order;
    this.client = client;
    const seen = new Set<string>();
    this.items = order.keys.map((key) => {
      const text = toLatin1(key, 0, key.length);
      const isRepeated = seen.has(text);
      seen.add(text);
      return newItem(key, isRepeated);
    });
    this.guard = new Session(0, NOBODY, new RequestParser(), order.database, 0, new QueryBuffers());
  }

  /** Begins, once what runs now has ended. */
  start(): void {
    this.server.transport.soon(() => this.guarded(() => this.connect()));
  }

  /** Ends it: the answer is not waited for any more. */
  giveUp(): void {
    this.finish((out) => out.error(NOT_ACKNOWLEDGED));
  }

  private connect(): void {
    const { order, server } = this;
    this.link = server.migrationLinks.take(order.host, order.port);
    this.hasLink = true;
    if (this.link.isOpen()) {
      this.send();
      return;
    }
    this.link.connect(order.timeoutMs, (exchange) =>
      this.guarded(() => {
        const { failure } = exchange;
        if (failure === null) this.send();
        else this.finish((out) => out.error(FAILURES[failure]));
      }),
    );
  }

  /** What escapes here must not be lost in a callback of a socket. */
  private guarded(run: () => void): void {
    const step = (): void => {
      try {
        if (!this.isOver) run();
      } catch (thrown) {
        this.server.fatal(thrown);
      }
    };
    if (this.client.standsStill) step();
    else this.server.engine.standstill.whenOver(step);
  }

  // --- what is sent ---

  private send(): void {
    const { order, link, server } = this;
    server.engine.updateTime();
    this.pieces = [];
    this.replyCount = 0;
    const { credentials } = order;
    if (credentials.length > 0 && this.rounds === 0) {
      this.begin(1 + credentials.length, 'AUTH');
      for (const word of credentials) this.writer.bulk(word, 0, word.length);
    }
    this.hasSelected = link.database !== order.target;
    if (this.hasSelected) {
      this.begin(2, 'SELECT');
      this.writer.bulkText(order.target);
    }
    this.firstReply = this.replyCount;
    const fits = this.items.every((item) => this.write(item)) && !this.writer.overflowed;
    this.pieces.push(this.writer.take());
    server.engine.refreshEffects();
    if (!fits) {
      this.finish((out) => out.error(OUT_OF_MEMORY));
      return;
    }
    if (this.replyCount === this.firstReply) {
      // All have gone since the client asked.
      this.finish((out) => out.simple('NOKEY'));
      return;
    }
    link.exchange(this.pieces, this.replyCount, order.timeoutMs, (exchange) =>
      this.guarded(() => this.answered(exchange)),
    );
  }

  private begin(count: number, name: string): void {
    this.writer.array(count);
    this.writer.bulkText(name);
    this.replyCount++;
  }

  /** Writes the command that brings a key there as it is now; false when it is longer than any command can be. */
  private write(item: Item): boolean {
    const { order, server, writer } = this;
    const { key } = item;
    const { keyspace, access } = server.engine;
    const { database } = order;
    const inCluster = server.config.get(clusterEnabled);
    const handle = keyspace.findEvenExpired(database, key, 0, key.length);
    item.start = -1;
    item.reply = -1;
    if (handle === NONE || keyspace.isExpired(handle)) {
      if (item.isSentAgain) {
        if (inCluster) this.begin(1, 'ASKING');
        item.reply = this.replyCount;
        this.begin(2, 'DEL');
        writer.bulk(key, 0, key.length);
      }
      return true;
    }
    item.deadline = keyspace.deadlineToCopy(handle);
    if (!order.copy) watch(this.guard, database, toLatin1(key, 0, key.length), false);
    const replaces = order.replace || item.isSentAgain;
    item.reply = this.replyCount;
    this.begin(replaces ? 5 : 4, inCluster ? 'RESTORE-ASKING' : 'RESTORE');
    writer.bulk(key, 0, key.length);
    writer.bulkText(timeToLive(item.deadline, keyspace.now));
    const payload = payloadsOf(keyspace, access).writer;
    payload.dumpPayload(handle);
    if (payload.length > STRING_BYTES_MAX) {
      payload.clear();
      return false;
    }
    writer.bulk(payload.bytes, 0, payload.length);
    item.piece = this.pieces.length;
    item.end = writer.length - 2;
    item.start = item.end - payload.length;
    payload.clear();
    if (replaces) writer.bulkText('REPLACE');
    if (writer.length >= PIECE_BYTES) this.pieces.push(writer.take());
    return true;
  }

  // --- what came back ---

  private answered(exchange: Exchange): void {
    const { server, link, order, client } = this;
    if (!server.migrationLinks.isTaken(link)) return;
    const { failure, timedOut, replies } = exchange;
    if (failure !== null && !timedOut && this.mayRetry && this.rounds === 0 && replies.length <= this.firstReply) {
      this.mayRetry = false;
      unwatch(this.guard);
      server.engine.refreshEffects();
      server.migrationLinks.give(link, 0);
      this.connect();
      return;
    }
    if (client.standsStill) {
      this.end(() => this.conclude(exchange) ?? changedOften);
      return;
    }
    server.engine.updateTime();
    if (!order.copy && server.engine.admission.pausedUntil > server.engine.keyspace.now) {
      timers.after(PAUSE_LOOK_MS, () => this.guarded(() => this.answered(exchange)));
      return;
    }
    const reply = this.conclude(exchange);
    if (reply !== null) this.finish(reply);
    else this.send();
  }

  /** Deletes what has arrived. Says what to reply; null when keys are to be sent again. */
  private conclude({ failure, replies }: Exchange): MigrationReply | null {
    const { order, link } = this;
    const error = this.firstError(replies);
    const changed = order.copy ? [] : this.deleteArrived(replies);
    unwatch(this.guard);
    this.server.engine.refreshEffects();
    if (failure !== null && error === null) return (out) => out.error(FAILURES[failure]);
    link.database = error === null ? order.target : UNKNOWN_DATABASE;
    if (error !== null) return (out) => out.errorText(`ERR Target instance replied with error: ${error}`);
    if (changed.length === 0) return (out) => out.ok();
    if (++this.rounds >= ROUNDS_MAX) return changedOften;
    this.items = changed;
    return null;
  }

  /** The error to be told, if there is one: those of AUTH and SELECT only once a key was answered, as in Redis. */
  private firstError(replies: readonly ReplyValue[]): string | null {
    if (replies.length <= this.firstReply) return null;
    const found = replies.find((reply) => reply instanceof ReplyError);
    return found instanceof ReplyError ? found.message : null;
  }

  /** Whether the other server did as it was told about a key. */
  private hasArrived({ reply }: Item, replies: readonly ReplyValue[]): boolean {
    if (reply < 0 || reply >= replies.length || replies[reply] instanceof ReplyError) return false;
    for (let index = 0; index < this.firstReply; index++) if (replies[index] instanceof ReplyError) return false;
    return true;
  }

  /** Deletes what arrived and is still what was sent; returns what is not. */
  private deleteArrived(replies: readonly ReplyValue[]): Item[] {
    const { keyspace, changes, propagation } = this.server.engine;
    const { database } = this.order;
    const changed: Item[] = [];
    const deleted: Uint8Array[] = [];
    const { engine } = this.server;
    // Deleting breaks the watch.
    const isTouched = this.guard.watchBroken;
    for (const item of this.items) {
      const { key } = item;
      if (item.start < 0 || item.isRepeated || !this.hasArrived(item, replies)) continue;
      if (isTouched && !this.isAsSent(item)) {
        item.isSentAgain = true;
        if (!this.hasExpired(item)) changed.push(item);
        continue;
      }
      const handle = keyspace.findEvenExpired(database, key, 0, key.length);
      if (handle === NONE) continue;
      keyspace.table.touchFound();
      keyspace.removeFound(database, handle, keyspace.lazyServerDel);
      engine.dirty++;
      if (engine.effects !== 0) changes.keyChanged(database, key, 0, key.length, DEL_EVENT);
      deleted.push(key);
    }
    if (deleted.length > 0 && propagation.active) {
      propagation.begin(database.index, 1 + deleted.length).text('DEL');
      for (const key of deleted) propagation.bytes(key, 0, key.length);
      if (!this.client.standsStill) propagation.flush();
    }
    return changed;
  }

  /** Whether a key is gone because its time has come: it goes there by itself, too. */
  private hasExpired({ key, deadline }: Item): boolean {
    const { keyspace } = this.server.engine;
    if (deadline === NO_DEADLINE || deadline > keyspace.now) return false;
    return keyspace.findEvenExpired(this.order.database, key, 0, key.length) === NONE;
  }

  private isAsSent({ key, deadline, piece, start, end }: Item): boolean {
    const { keyspace, access } = this.server.engine;
    const handle = keyspace.findEvenExpired(this.order.database, key, 0, key.length);
    if (handle === NONE || keyspace.deadlineToCopy(handle) !== deadline) return false;
    const { writer } = payloadsOf(keyspace, access);
    writer.dumpPayload(handle);
    const isSame = equalBytes(writer.bytes, 0, writer.length, this.pieces[piece]!, start, end);
    writer.clear();
    return isSame;
  }

  private finish(reply: MigrationReply): void {
    this.end(() => reply);
  }

  /** The end of it; `conclude` is called in the place of the command. */
  private end(conclude: () => MigrationReply): void {
    const { server } = this;
    this.isOver = true;
    server.inTurn(() =>
      this.client.done(() => {
        const reply = conclude();
        unwatch(this.guard);
        this.pieces = [];
        if (this.hasLink) server.migrationLinks.give(this.link, server.clock.elapsed());
        server.engine.refreshEffects();
        return reply;
      }),
    );
    server.workSoon();
  }
}

function changedOften(out: Reply): void {
  out.error(CHANGED);
}

function newItem(key: Uint8Array, isRepeated: boolean): Item {
  return { key, isRepeated, isSentAgain: false, reply: -1, deadline: NO_DEADLINE, piece: 0, start: -1, end: -1 };
}

/** Milliseconds that a key has left, at least one; 0 without a deadline. */
function timeToLive(deadline: number | bigint, now: number): string {
  if (deadline === NO_DEADLINE) return '0';
  const left = BigInt(deadline) - BigInt(Math.floor(now));
  return String(left < 1n ? 1n : left);
}
