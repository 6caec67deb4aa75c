// libuv's loop, seen from outside: a callback in each of its turns, in which one may wait for other descriptors without
// starving its timers, files, DNS and node:net.
//
// The callback runs in the check phase, right after libuv asked its own epoll descriptor (the backend) and ran what was
// ready there. It may block, under three conditions that `patience` and `backend` serve: (a) no longer than until libuv's
// next timer, and not at all when anything else is due (setImmediate, closing handles); (b) it waits for the backend as
// well; (c) libuv ran nothing in this turn: what runs may start watching a descriptor, and the kernel hears of that only
// when libuv asks its backend again. While the callback does not run, an idle handle keeps libuv from blocking by itself.
//
// libuv keeps the addresses of the handles until the loop has come by its closing phase, and that of the callback as long as
// it may be called. Until then ALIVE holds them: nothing of it may be collected, whatever its owner forgot. When the process
// exits Node runs the loop once more, without JavaScript, where a callback aborts: so there the handles are stopped.

import { assert } from '../../lib/assert.ts';
import { type Libc, NativeMemory, UV_CHECK, UV_IDLE } from './native-libc.ts';

/** A uv_metrics_t: loop_count, events, events_waiting and what is reserved, 64 bits each. */
const METRICS_BYTES = 128;
/** The lower half of `events`. */
const EVENTS_WORD = 2;

const { setImmediate } = globalThis;

const ALIVE = new Set<LoopTurns>();

export class LoopTurns {
  /** libuv's epoll descriptor: readable when libuv has something to handle. */
  readonly backend: number;
  readonly #libc: Libc;
  readonly #loop: bigint;
  readonly #check: NativeMemory;
  readonly #idle: NativeMemory;
  readonly #metrics: NativeMemory;
  readonly #turnPointer: bigint;
  /** Called by libuv in each turn, without doing anything: a function of its own that only looks at the handle. */
  readonly #nothingPointer: bigint;
  #events = 0;
  #ranNothing = false;
  #open = true;
  readonly #stop = (): void => {
    this.#libc.functions.uv_check_stop(this.#check.address);
    this.#libc.functions.uv_idle_stop(this.#idle.address);
  };

  /**
   * Calls `turn` in every turn of libuv's loop, until close(). As Node runs nothing after an FFI callback and an exception
   * in one aborts the process, `turn` must not throw. It does not keep the process alive before hold().
   */
  constructor(libc: Libc, turn: () => void) {
    this.#libc = libc;
    const { functions, library, ffi } = libc;
    this.#loop = ffi.getCurrentEventLoop();
    this.backend = functions.uv_backend_fd(this.#loop);
    this.#check = new NativeMemory(ffi, functions.uv_handle_size(UV_CHECK));
    this.#idle = new NativeMemory(ffi, functions.uv_handle_size(UV_IDLE));
    this.#metrics = new NativeMemory(ffi, METRICS_BYTES);
    this.#nothingPointer = ffi.dlsym(library, 'uv_is_active');
    this.#turnPointer = library.registerCallback({ arguments: ['pointer'], return: 'void' }, () => this.#turn(turn));
    ALIVE.add(this);
    // None of these can fail.
    functions.uv_check_init(this.#loop, this.#check.address);
    functions.uv_idle_init(this.#loop, this.#idle.address);
    functions.uv_unref(this.#check.address);
    functions.uv_unref(this.#idle.address);
    functions.uv_check_start(this.#check.address, this.#turnPointer);
    functions.uv_idle_start(this.#idle.address, this.#nothingPointer);
    process.once('exit', this.#stop);
  }

  /** Milliseconds that the callback may wait for something to happen; -1 for any time. */
  patience(): number {
    return this.#ranNothing && this.#open ? this.#libc.functions.uv_backend_timeout(this.#loop, this.#loop) : 0;
  }

  /** Tells libuv how late it is: after a wait, so that timers that are started then do not fire too early. */
  updateTime(): void {
    this.#libc.functions.uv_update_time(this.#loop, this.#loop);
  }

  /** From now on the process lives as long as this is open. */
  hold(): void {
    if (this.#open) this.#libc.functions.uv_ref(this.#check.address);
  }

  letGo(): void {
    if (this.#open) this.#libc.functions.uv_unref(this.#check.address);
  }

  /** No more calls of `turn`. May be called inside one. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    const { functions } = this.#libc;
    functions.uv_close(this.#check.address, null);
    functions.uv_close(this.#idle.address, null);
    process.removeListener('exit', this.#stop);
    // The first may come before the closing phase of this turn, the second comes after it.
    setImmediate(() => setImmediate(() => this.#forget()));
  }

  #turn(turn: () => void): void {
    const { functions } = this.#libc;
    functions.uv_idle_stop(this.#idle.address);
    functions.uv_metrics_info(this.#loop, this.#metrics.address);
    const events = this.#metrics.words[EVENTS_WORD]!;
    this.#ranNothing = events === this.#events;
    this.#events = events;
    turn();
    if (this.#open) functions.uv_idle_start(this.#idle.address, this.#nothingPointer);
  }

  /** After the closing phase nobody in C knows this any more. */
  #forget(): void {
    assert(!this.#open, 'turns are forgotten only after they were closed');
    this.#libc.library.unregisterCallback(this.#turnPointer);
    ALIVE.delete(this);
  }
}
