// Where the native transports of this process wait: one epoll descriptor with all their sockets and with libuv's own
// (LoopTurns). It is asked in every turn of libuv's loop, and as long as libuv has nothing to do the waiting is done here:
// a request then costs one epoll_wait, as in C, and no turn of libuv. There is one for all transports, since only one can
// be waited for.
//
// #enter is an FFI callback: Node drains no microtasks and no nextTick after it, and an exception that left it would abort
// the process. So whatever may throw is in a try, and all that is asynchronous goes through a transport's soon() to one
// setImmediate, which ends the waiting.

import { assert } from '../../lib/assert.ts';
import {
  argument,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EVENT_DATA_AT,
  EVENT_WORDS,
  Libc,
  NativeMemory,
  READABLE,
} from './native-libc.ts';
import type { NativeLink } from './native-link.ts';
import { LoopTurns } from './native-turns.ts';
import { SentMemory } from './sent-memory.ts';
import { TurnLength } from './turn-length.ts';

/** Sockets handled in one round. The rest come first in the next. */
const EVENTS_MAX = 512;
const EVENTS_ARGUMENT = BigInt(EVENTS_MAX);

/** -1 milliseconds, as an int in the lower half of a register. */
const FOREVER = 0xffffffffn;

/** Rounds of epoll_wait, requests and tickEnd in one turn of libuv; other handles of libuv get their turn after the last. */
const ROUNDS_MAX = 64;

/** Only turns that received less go on to another round: with more to do, what a turn costs does not matter. */
const LIGHT_BYTES_MAX = 64 * 1024;

/**
 * Bytes received by one call at most. For values of 200 KB it takes 0.87 of the CPU that 64 KB take (redis-benchmark -t set
 * -d 200000); up to 20 KB, and for pipelines of small requests, 16 KB to 256 KB are the same.
 */
const RECEIVE_BYTES = 256 * 1024;

/** What epoll events are addressed to, besides links. */
export interface Watched {
  readonly descriptor: number;
  /** Tells its events from those of an earlier owner of the same descriptor. */
  readonly generation: number;
  handle(events: number): void;
  /** What handle() threw. */
  failed(error: unknown): void;
}

/** A transport, as the loop sees it. */
export interface Member {
  /** All sockets that were ready in a round were handled. */
  roundEnded(): void;
}

let shared: NativeLoop | null = null;

export class NativeLoop {
  readonly libc = new Libc();
  /** The epoll descriptor. */
  readonly epoll: number;
  readonly #epollArgument: bigint;
  /** Where every link's bytes are received. */
  readonly inbox: NativeMemory;
  readonly sent = new SentMemory();
  readonly turn = new TurnLength();
  /** In the current turn. */
  receivedBytes = 0;
  /** By descriptor. Links apart from the rest, so that the hot loop meets one shape. */
  readonly links: (NativeLink | undefined)[] = [];
  readonly others = new Map<number, Watched>();
  readonly #events: NativeMemory;
  readonly #turns: LoopTurns;
  readonly #members: Member[] = [];
  #generation = 0;
  #held = 0;
  #backendReady = false;
  #closed = false;

  /** The loop of this process, with a new member. Throws an Error that says why when it can't work here. */
  static join(member: Member): NativeLoop {
    shared ??= new NativeLoop();
    shared.#members.push(member);
    return shared;
  }

  private constructor() {
    const { libc } = this;
    this.inbox = new NativeMemory(libc.ffi, RECEIVE_BYTES);
    this.#events = new NativeMemory(libc.ffi, EVENTS_MAX * EVENT_WORDS * 4);
    this.epoll = libc.functions.epoll_create1(EPOLL_CLOEXEC);
    if (this.epoll < 0) throw libc.failure('epoll_create1');
    this.#epollArgument = BigInt(this.epoll);
    this.#turns = new LoopTurns(libc, () => this.#enter());
    if (libc.epollControl(this.epoll, EPOLL_CTL_ADD, this.#turns.backend, READABLE, 0)) return;
    const failure = libc.failure('epoll_ctl');
    this.#close();
    throw failure;
  }

  /** The member has closed all that it had. The last one to leave ends the loop. */
  leave(member: Member): void {
    const at = this.#members.indexOf(member);
    assert(at >= 0, 'who leaves was a member');
    this.#members.splice(at, 1);
    if (this.#members.length > 0) return;
    shared = null;
    this.#close();
  }

  nextGeneration(): number {
    this.#generation = (this.#generation + 1) | 0;
    return this.#generation;
  }

  /** The process lives as long as somebody holds this. */
  hold(): void {
    if (this.#held++ === 0) this.#turns.hold();
  }

  letGo(): void {
    assert(this.#held > 0, 'who lets go has held');
    if (--this.#held === 0) this.#turns.letGo();
  }

  /** Called in each turn of libuv's loop. Nothing may leave it but a return. */
  #enter(): void {
    this.receivedBytes = 0;
    this.#backendReady = false;
    for (let round = 0; round < ROUNDS_MAX && this.receivedBytes < LIGHT_BYTES_MAX; round++) {
      const patience = this.#turns.patience();
      const count = this.#wait(patience);
      if (count > 0) this.#handle(count);
      // Nothing to wait for is something to do, and who is woken by nothing is by a timer or a signal.
      if (patience === 0 || count <= 0 || this.#backendReady || this.#closed) return;
    }
  }

  #wait(patience: number): number {
    const timeout = patience < 0 ? FOREVER : argument(patience);
    const count = this.libc.functions.epoll_wait(this.#epollArgument, this.#events.address, EVENTS_ARGUMENT, timeout);
    this.#turns.updateTime();
    return count;
  }

  #handle(count: number): void {
    const { words } = this.#events;
    for (let i = 0, at = 0; i < count; i++, at += EVENT_WORDS) {
      this.#dispatch(words[at]!, words[at + EVENT_DATA_AT]!, words[at + EVENT_DATA_AT + 1]!);
      if (this.#closed) return;
    }
    if (count === 1 && this.#backendReady) return;
    // From the last, since one may leave.
    for (let i = this.#members.length - 1; i >= 0; i--) this.#members[i]?.roundEnded();
  }

  /**
   * An event of a descriptor that was closed in this turn, and perhaps opened again, is dropped. What the server's code
   * throws here must not cost the other sockets their events, which are reported once.
   */
  #dispatch(events: number, descriptor: number, generation: number): void {
    const target = this.links[descriptor] ?? this.others.get(descriptor);
    if (target === undefined) {
      if (descriptor === this.#turns.backend) this.#backendReady = true;
      return;
    }
    if (target.generation !== generation) return;
    try {
      target.handle(events);
    } catch (error) {
      target.failed(error);
    }
  }

  #close(): void {
    this.#closed = true;
    this.#turns.close();
    this.libc.functions.close(this.epoll);
  }
}
