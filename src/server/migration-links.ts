// Connections to the servers that MIGRATE sends keys to. As in Redis, one that was used stays open for ten seconds and knows
// which database it has selected, so that moving many keys costs one connection; it stays authenticated, too. One that is
// in use is nobody else's: a second MIGRATE to the same place opens its own.
//
// With tls-cluster they are encrypted; one that was opened before that was said stays as it is.

import { Socket } from 'node:net';
import { realTimers } from '../host/real-timers.ts';
import { COMPLETE, FAILED, ReplyParser } from '../protocol/reply-parser.ts';
import { plainValues, type ReplyValue } from '../protocol/reply-values.ts';

/** Connections kept, and how long, as Redis has it. */
const KEPT_MAX = 64;
const KEPT_MS = 10_000;
/** What is sent at once: the timeout counts from one such piece to the next. */
const PIECE_BYTES = 64 * 1024;
/** A port has 16 bits; what is above is dropped, as by the C library. */
const PORT_MASK = 0xffff;
/** Redis writes so, and sends no SELECT to a database -1. */
export const UNKNOWN_DATABASE = '-1';
const REFUSALS: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ETIMEDOUT']);
/** Replies to what is sent are lines. */
const REPLY_LIMITS = { nestingMax: 1, bulkBytesMax: 64 * 1024, elementsMax: 1024 };

/** How far an exchange came that failed. */
export type ExchangeFailure = 'connecting' | 'writing' | 'reading';

export interface Exchange {
  /** Null when all replies came. */
  readonly failure: ExchangeFailure | null;
  readonly timedOut: boolean;
  /** The replies that came. */
  readonly replies: readonly ReplyValue[];
}

/** How connections are encrypted, if they are. */
export interface Encryption {
  encryptsOutgoing(): boolean;
  /** Begins to encrypt a connection. */
  encrypt(socket: Socket): Socket;
}

const timers = realTimers(false);

/** One connection. */
export class MigrationLink {
  readonly name: string;
  /** The database selected there, as text; UNKNOWN_DATABASE when that is not known. */
  database = UNKNOWN_DATABASE;
  /** When it was put back, in milliseconds of the server's elapsed time. */
  keptSince = 0;
  private readonly host: string;
  private readonly port: number;
  /** What is read and written: the connection, or what encrypts it. */
  private socket = new Socket();
  private readonly encryption: Encryption;
  private encrypts = false;
  private readonly parser = new ReplyParser<ReplyValue>(plainValues(), REPLY_LIMITS);
  private isConnected = false;
  private stage: ExchangeFailure = 'connecting';
  private replies: ReplyValue[] = [];
  private expected = 0;
  private timeoutMs = 0;
  private callOff: () => void = () => undefined;
  /** Told how the connecting or the exchange that is under way ends; null when none is. */
  private ended: ((exchange: Exchange) => void) | null = null;
  private onGone: () => void = () => undefined;

  constructor(name: string, host: string, port: number, encryption: Encryption) {
    this.name = name;
    this.host = host;
    this.port = port;
    this.encryption = encryption;
    this.watch(this.socket);
  }

  private watch(socket: Socket): void {
    socket.unref();
    // 'close' follows, also where the end was orderly.
    socket.on('error', (error) => {
      // What the other end says to the attempt is only met in the first write to it by Redis, unless it encrypts.
      if (this.stage === 'connecting' && !this.encrypts && REFUSALS.has(codeOf(error))) this.stage = 'writing';
    });
    socket.on('close', () => this.fail(false));
  }

  /** Whether it is of further use. */
  isOpen(): boolean {
    return this.isConnected && !this.socket.destroyed;
  }

  /** Calls `gone` when the connection ends while it is not in use. */
  whenGone(gone: () => void): void {
    this.onGone = gone;
  }

  close(): void {
    this.callOff();
    this.ended = null;
    this.socket.destroy();
  }

  /** Connects; `done` is told once, later. */
  connect(timeoutMs: number, done: (exchange: Exchange) => void): void {
    this.begin('connecting', timeoutMs, done);
    const { socket, host, port } = this;
    this.encrypts = this.encryption.encryptsOutgoing();
    if (port < 0 || !Number.isSafeInteger(port)) {
      timers.soon(() => this.fail(false));
      return;
    }
    socket.setNoDelay(true);
    socket.connect({ host, port: port & PORT_MASK }, () => {
      if (!this.encrypts) {
        this.opened();
        return;
      }
      const encrypted = this.encryption.encrypt(socket);
      this.socket = encrypted;
      this.watch(encrypted);
      encrypted.once('secureConnect', () => this.opened());
    });
  }

  private opened(): void {
    this.socket.on('data', (bytes: Buffer) => this.received(bytes));
    this.isConnected = true;
    this.succeed();
  }

  /** Sends all of `pieces` and waits for so many replies; no longer than `timeoutMs` for each step of it. */
  exchange(
    pieces: readonly Uint8Array[],
    expected: number,
    timeoutMs: number,
    done: (exchange: Exchange) => void,
  ): void {
    this.begin('writing', timeoutMs, done);
    this.expected = expected;
    this.write(pieces, 0, 0);
  }

  private begin(stage: ExchangeFailure, timeoutMs: number, done: (exchange: Exchange) => void): void {
    this.stage = stage;
    this.replies = [];
    this.timeoutMs = timeoutMs;
    this.ended = done;
    this.waitOn();
  }

  /** Something was done: the time begins anew. */
  private waitOn(): void {
    this.callOff();
    this.callOff = timers.after(this.timeoutMs, () => this.fail(true));
  }

  private write(pieces: readonly Uint8Array[], index: number, at: number): void {
    const piece = pieces[index];
    if (piece === undefined) {
      this.stage = 'reading';
      return;
    }
    const end = Math.min(piece.length, at + PIECE_BYTES);
    this.socket.write(piece.subarray(at, end), (error) => {
      if (error !== null && error !== undefined) return;
      if (this.ended === null) return;
      this.waitOn();
      if (end < piece.length) this.write(pieces, index, end);
      else this.write(pieces, index + 1, 0);
    });
  }

  private received(bytes: Uint8Array): void {
    if (this.ended === null || this.stage === 'connecting') {
      // Nobody asked for it.
      this.socket.destroy();
      return;
    }
    const { parser, replies } = this;
    parser.feed(bytes, 0, bytes.length);
    let status = parser.next();
    for (; status === COMPLETE; status = parser.next()) if (!parser.isPush) replies.push(parser.value);
    if (replies.length >= this.expected) {
      // Answered before it was asked: what is still unsent must not meet the next request.
      if (this.stage === 'writing') this.socket.destroy();
      this.succeed();
    } else if (status === FAILED) this.fail(false);
    else this.waitOn();
  }

  private succeed(): void {
    this.callOff();
    const { ended, replies } = this;
    this.ended = null;
    ended?.({ failure: null, timedOut: false, replies });
  }

  private fail(timedOut: boolean): void {
    this.callOff();
    const { ended, replies, stage } = this;
    this.ended = null;
    this.socket.destroy();
    if (ended === null) this.onGone();
    else ended({ failure: stage, timedOut, replies });
  }
}

/** The connections of a server. */
export class MigrationLinks {
  private readonly kept = new Map<string, MigrationLink>();
  private readonly used = new Set<MigrationLink>();
  private readonly encryption: Encryption;

  constructor(encryption: Encryption) {
    this.encryption = encryption;
  }

  /** Connections that are open or about to be. */
  count(): number {
    return this.kept.size + this.used.size;
  }

  /** A connection for one user: to be given back. `isOpen` tells whether it must be connected first. */
  take(host: string, port: string): MigrationLink {
    const name = `${host}:${port}`;
    let link = this.kept.get(name);
    if (link === undefined) link = new MigrationLink(name, host, leadingNumber(port), this.encryption);
    else this.kept.delete(name);
    this.used.add(link);
    return link;
  }

  /** Whether a connection that was taken still counts: false once all were closed. */
  isTaken(link: MigrationLink): boolean {
    return this.used.has(link);
  }

  /** Gives a connection back; it is kept if it is still open. */
  give(link: MigrationLink, elapsedMs: number): void {
    this.used.delete(link);
    if (!link.isOpen() || this.kept.has(link.name)) {
      link.close();
      return;
    }
    if (this.kept.size >= KEPT_MAX) this.drop(this.kept.values().next().value!);
    link.keptSince = elapsedMs;
    link.whenGone(() => {
      if (this.kept.get(link.name) === link) this.kept.delete(link.name);
    });
    this.kept.set(link.name, link);
  }

  /** Ends those that were not used for some time. */
  closeUnused(elapsedMs: number): void {
    for (const link of this.kept.values()) if (elapsedMs - link.keptSince > KEPT_MS) this.drop(link);
  }

  /** Ends all; nobody is told. */
  close(): void {
    for (const link of [...this.kept.values(), ...this.used]) link.close();
    this.kept.clear();
    this.used.clear();
  }

  private drop(link: MigrationLink): void {
    this.kept.delete(link.name);
    link.close();
  }
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}

/** As C's atoi: the number that a text begins with, 0 without one. */
function leadingNumber(text: string): number {
  return Number(/^[\t-\r ]*([+-]?\d+)/.exec(text)?.[1] ?? 0);
}
