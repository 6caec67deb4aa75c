// Wakes this process when an epoll descriptor has events: one uv_poll_t of libuv's own loop, so that timers, files, DNS
// and node:net go on as ever. (A loop that blocks in epoll_wait itself starves all of them.)
//
// libuv keeps the address of the handle, and C code the addresses of the callbacks, until the close callback has run.
// Until then ALIVE holds every watch: nothing of it may be collected, whatever its owner forgot.

import { assert } from '../../lib/assert.ts';
import { type Libc, NativeMemory } from './native-libc.ts';

const UV_READABLE = 1;
const { setImmediate } = globalThis;

const ALIVE = new Set<LoopWatch>();

export class LoopWatch {
  readonly #libc: Libc;
  readonly #handle: NativeMemory;
  readonly #readyPointer: bigint;
  readonly #closedPointer: bigint;
  #open = true;

  /**
   * Calls `ready` whenever `descriptor` is readable, until close(); its argument is false when libuv gave up on it. As
   * Node runs nothing after an FFI callback and an exception in one aborts the process, `ready` must not throw. It does
   * not keep the process alive before hold().
   */
  constructor(libc: Libc, descriptor: number, ready: (healthy: boolean) => void) {
    this.#libc = libc;
    this.#handle = new NativeMemory(libc.ffi, libc.pollHandleBytes());
    const { functions, library } = libc;
    const status = functions.uv_poll_init(libc.ffi.getCurrentEventLoop(), this.#handle.address, descriptor);
    if (status !== 0) throw new Error(`uv_poll_init failed: ${status}`);
    ALIVE.add(this);
    functions.uv_unref(this.#handle.address);
    this.#closedPointer = library.registerCallback({ arguments: ['pointer'], return: 'void' }, () => {
      setImmediate(() => this.#forget());
    });
    this.#readyPointer = library.registerCallback(
      { arguments: ['pointer', 'int32', 'int32'], return: 'void' },
      (_handle, uvStatus) => ready(uvStatus === 0),
    );
    const started = functions.uv_poll_start(this.#handle.address, UV_READABLE, this.#readyPointer);
    if (started !== 0) {
      this.close();
      throw new Error(`uv_poll_start failed: ${started}`);
    }
  }

  /** From now on the process lives as long as this watch is open. */
  hold(): void {
    if (this.#open) this.#libc.functions.uv_ref(this.#handle.address);
  }

  letGo(): void {
    if (this.#open) this.#libc.functions.uv_unref(this.#handle.address);
  }

  /** No more calls of `ready`. May be called inside one. The descriptor is the caller's to close. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.functions.uv_poll_stop(this.#handle.address);
    this.#libc.functions.uv_close(this.#handle.address, this.#closedPointer);
  }

  /** After the close callback has returned, nobody in C knows this watch any more. */
  #forget(): void {
    assert(!this.#open, 'a watch is forgotten only after it was closed');
    this.#libc.library.unregisterCallback(this.#readyPointer);
    this.#libc.library.unregisterCallback(this.#closedPointer);
    ALIVE.delete(this);
  }
}
