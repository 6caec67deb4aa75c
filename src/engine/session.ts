// A session: what the engine knows of one client, over whatever it speaks to us: a socket, memory, nothing at all.
//
// The surroundings give it a Peer to send to and feed it through Engine.receive. A session that cannot go on (blocked,
// paused, its output too slow) keeps the rest of its input, in bytes that it owns.

import { VERIFY } from '../lib/assert.ts';
import type { RequestParser } from '../protocol/request-parser.ts';
import type { User } from './acl/user.ts';
import type { Blocked } from './blocking.ts';
import type { Arguments } from './call.ts';
import type { Database } from './keyspace.ts';
import type { PubSubMember } from './pubsub.ts';
import { QUERY_BUFFER_BYTES_KEPT, QUERY_BUFFER_BYTES_MIN, type QueryBuffers } from './query-buffers.ts';
import type { Tracker } from './tracking.ts';
import type { Transaction, WatchedKey } from './transaction.ts';

/** The other end of a session, made by the server or the embedded client. */
export interface Peer {
  /** "127.0.0.1:51234"; for CLIENT LIST, MONITOR and filters. */
  address(): string;
  localAddress(): string;
  readonly descriptor: number;
  /** Bytes of output that wait to be sent. */
  pendingOutput(): number;
  /** Memory that they take, and in how many pieces: CLIENT LIST's omem and oll. */
  outputMemory(): number;
  outputChunks(): number;
  /** Bytes of the buffer for replies that have to wait, and most bytes that went out at once lately: its rbs and rbp. */
  replyBufferBytes(): number;
  replyBufferPeak(): number;
  /**
   * Takes bytes[start..end) to be sent in order; they are copied where they must wait. Must not call the engine. True
   * when it kept the array itself, which then is its own.
   */
  send(bytes: Uint8Array, start: number, end: number): boolean;
  /** Takes a copy of a message that the client did not ask for just now; it may wait for others to go out with. */
  push(bytes: Uint8Array, start: number, end: number): void;
  /** Ends the connection: at once, or when all that was sent before has gone out. Must not call the engine. */
  close(when: 'now' | 'flushed'): void;
}

/** What CLIENT REPLY asked for. */
export const REPLY_ON = 0;
export const REPLY_OFF = 1;
/** The next command gets no reply. */
export const REPLY_SKIP_NEXT = 2;
/** This command gets no reply. */
export const REPLY_SKIP = 3;

/** Why a session does not read on. */
export const STOPPED_NOT = 0;
export const STOPPED_BLOCKED = 1;
export const STOPPED_PAUSED = 2;
export const STOPPED_OUTPUT = 3;
export const STOPPED_CLOSING = 4;

const NO_BYTES = new Uint8Array(0);

/** What input is overwritten with in verify builds: nobody may read what was consumed. */
const POISON = 0xdd;

export class Session {
  readonly id: number;
  readonly peer: Peer;
  readonly parser: RequestParser;
  database: Database;
  /** Protocol version of its replies. */
  resp: 2 | 3 = 2;
  /** The gates closed for it (gates.ts). */
  gates = 0;
  /** STOPPED_…: why the rest of its input waits. */
  stopped = STOPPED_NOT;
  /** REPLY_…: whether it gets replies. */
  replies = REPLY_ON;
  authenticated = true;
  /** Whose session it is; null: nobody's in particular, it may do everything. */
  user: User | null = null;
  /** CLIENT SETNAME, SETINFO. Latin1. */
  name = '';
  libraryName = '';
  libraryVersion = '';
  noEvict = false;
  noTouch = false;
  readOnly = false;
  monitor = false;
  /** True for the link to the primary and for the loading of an AOF: commands are obeyed as they come. */
  mustObey = false;
  /** Inside MULTI: what is queued. */
  transaction: Transaction | null = null;
  /** Keys that it watches. */
  watched: WatchedKey[] = [];
  /** A watched key changed. */
  watchBroken = false;
  /** Subscriptions; null before the first. */
  subscriptions: PubSubMember | null = null;
  /** How it tracks keys; null before the first time. */
  tracker: Tracker | null = null;
  /** HIMPORT PREPARE: lists of fields by name (latin1); null before the first. */
  fieldsets: Map<string, Arguments> | null = null;
  /** What it waits for while blocked. */
  blocked: Blocked | null = null;
  /** Unread input: input[inputStart..inputEnd). See query-buffers.ts. */
  input: Uint8Array = NO_BYTES;
  inputStart = 0;
  inputEnd = 0;
  inputPeak = 0;
  /** Clock times in milliseconds since 1970. */
  readonly createdAt: number;
  lastActiveAt: number;
  /** Id of the command run last, -1 before the first. */
  lastCommand = -1;
  /** Bytes and commands of its whole life. */
  inputTotal = 0;
  outputTotal = 0;
  commandTotal = 0;
  /** Bytes that it took when it was last measured, and those of the keys that it watches among them. */
  memory = 0;
  watchedBytes = 0;
  private readonly queryBuffers: QueryBuffers<Session>;

  constructor(
    id: number,
    peer: Peer,
    parser: RequestParser,
    database: Database,
    now: number,
    queryBuffers: QueryBuffers<Session>,
  ) {
    this.queryBuffers = queryBuffers;
    this.id = id;
    this.peer = peer;
    this.parser = parser;
    this.database = database;
    this.createdAt = now;
    this.lastActiveAt = now;
  }

  /** Bytes of input that wait. */
  pendingInput(): number {
    return this.inputEnd - this.inputStart;
  }

  expectedInput(): number {
    return this.inputEnd > 0 ? this.parser.needed : 0;
  }

  /** Keeps bytes[start..end) to be read later, behind what waits already. `room` more bytes are expected soon. */
  keepInput(bytes: Uint8Array, start: number, end: number, room: number): void {
    const waiting = this.inputEnd - this.inputStart;
    const length = waiting + (end - start);
    if (length === 0) {
      this.inputStart = 0;
      this.inputEnd = 0;
      return;
    }
    if (this.input.length - this.inputEnd < end - start) {
      if (this.inputStart >= waiting && this.input.length >= length + room) {
        // Moved less than was consumed.
        this.input.copyWithin(0, this.inputStart, this.inputEnd);
        this.inputStart = 0;
        this.inputEnd = waiting;
      } else {
        // By half, whatever its length: a request of many large arguments says only how long the next one is.
        this.resizeInput(Math.max(QUERY_BUFFER_BYTES_MIN, length + room, Math.floor(length * 1.5)));
      }
    }
    this.input.set(bytes.subarray(start, end), this.inputEnd);
    this.inputEnd += end - start;
    if (this.inputEnd > this.inputPeak) this.inputPeak = this.inputEnd;
  }

  /** Notes that its kept input was read up to `to`. */
  consumeInput(to: number): void {
    this.inputStart = to;
    if (to < this.inputEnd) return;
    this.inputStart = 0;
    this.inputEnd = 0;
    if (VERIFY) this.input.fill(POISON);
    if (this.input.length > QUERY_BUFFER_BYTES_KEPT) this.input = NO_BYTES;
  }

  resizeInput(length: number): void {
    if (this.input.length === 0) this.queryBuffers.add(this);
    const waiting = this.pendingInput();
    const resized = length === 0 ? NO_BYTES : new Uint8Array(length);
    resized.set(this.input.subarray(this.inputStart, this.inputEnd));
    this.input = resized;
    this.inputStart = 0;
    this.inputEnd = waiting;
  }
}
