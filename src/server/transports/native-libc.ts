// The C library and libuv as seen through node:ffi: Linux on x64 and arm64, whose constants are the same. dlopen(null)
// finds both in the running node binary, so nothing is compiled or shipped.
//
// What the calls cost (Node 26.10, x64): 6 ns when all arguments are pointers and there are two or more, since V8 calls C
// directly then; 10 to 26 ns with one argument, 22 to 48 with two or three of other types, which Node's wrapper looks at one
// by one, and 330 more from the fourth on. So what is called for each request is declared with pointers only: an integer
// in place of a pointer is passed in the same register, of which C reads the lower half, and a pointer that C does not
// expect is not read. Memory is passed as a constant BigInt address, which costs nothing: a typed array would cost 65 ns.
//
// Without send() there is no MSG_NOSIGNAL. Node ignores SIGPIPE, which the writes of libuv rest on too, but whoever
// listens to SIGPIPE and stops again makes it deadly; therefore it is also blocked for this thread. Children are not
// touched: libuv clears their signal masks.

import { type Ffi, loadFfi } from './native-ffi.ts';
import { SOCKADDR_BYTES_MAX } from './socket-address.ts';
import { errorName, transportError } from './socket-errors.ts';
import type { TransportError } from './transport.ts';

export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_ERROR = 4;
export const SO_TYPE = 3;
export const SO_KEEPALIVE = 9;
export const SO_ACCEPTCONN = 30;
export const IPPROTO_TCP = 6;
export const TCP_NODELAY = 1;
export const TCP_KEEPIDLE = 4;
export const TCP_KEEPINTVL = 5;
export const TCP_KEEPCNT = 6;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const SOCK_STREAM = 1;
/** Of fcntl. */
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const FD_CLOEXEC = 1;
export const O_NONBLOCK = 0o4000;
/** SOCK_STREAM, nonblocking, closed on exec. */
export const STREAM_SOCKET = 1 | 0o4000 | 0o2000000;
/** The flags of accept4 for the same. */
const ACCEPT_FLAGS = 0o4000 | 0o2000000;
export const EPOLL_CLOEXEC = 0o2000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
/** The bits of poll and of epoll are the same. */
export const READABLE = 1;
export const WRITABLE = 4;
export const FAILED = 8;
export const HUNG_UP = 16;
/** The peer ended its side: nothing more will come than what waits to be read. */
export const PEER_ENDED = 0x2000;
/** Of epoll: an event is reported when something arrives, not as long as something is there. */
export const EDGE_TRIGGERED = 1 << 31;
export const EAGAIN = 11;
const SIG_BLOCK = 0;
const SIGPIPE = 13;
/** Of uv_handle_type. */
export const UV_CHECK = 2;
export const UV_IDLE = 6;

/**
 * epoll_event in int32 words: events | data (low, high) on x64, where it is packed; events | padding | data elsewhere.
 */
export const EVENT_WORDS = process.arch === 'x64' ? 3 : 4;
export const EVENT_DATA_AT = process.arch === 'x64' ? 1 : 2;

const FUNCTIONS = {
  accept4: { arguments: ['int32', 'pointer', 'pointer', 'int32'], return: 'int32' },
  bind: { arguments: ['int32', 'pointer', 'uint32'], return: 'int32' },
  close: { arguments: ['int32'], return: 'int32' },
  connect: { arguments: ['int32', 'pointer', 'uint32'], return: 'int32' },
  // fcntl(descriptor, operation, flags)
  fcntl: { arguments: ['int32', 'int32', 'int32'], return: 'int32' },
  epoll_create1: { arguments: ['int32'], return: 'int32' },
  epoll_ctl: { arguments: ['int32', 'int32', 'int32', 'pointer'], return: 'int32' },
  // epoll_wait(descriptor, events, length, milliseconds)
  epoll_wait: { arguments: ['pointer', 'pointer', 'pointer', 'pointer'], return: 'int32' },
  getpeername: { arguments: ['int32', 'pointer', 'pointer'], return: 'int32' },
  getsockname: { arguments: ['int32', 'pointer', 'pointer'], return: 'int32' },
  getsockopt: { arguments: ['int32', 'int32', 'int32', 'pointer', 'pointer'], return: 'int32' },
  listen: { arguments: ['int32', 'int32'], return: 'int32' },
  poll: { arguments: ['pointer', 'uint32', 'int32'], return: 'int32' },
  pthread_sigmask: { arguments: ['int32', 'pointer', 'pointer'], return: 'int32' },
  // read(descriptor, memory, length)
  read: { arguments: ['pointer', 'pointer', 'pointer'], return: 'int32' },
  setsockopt: { arguments: ['int32', 'int32', 'int32', 'pointer', 'uint32'], return: 'int32' },
  socket: { arguments: ['int32', 'int32', 'int32'], return: 'int32' },
  // write(descriptor, memory, length)
  write: { arguments: ['pointer', 'pointer', 'pointer'], return: 'int32' },
  __errno_location: { arguments: [], return: 'pointer' },
  uv_handle_size: { arguments: ['int32'], return: 'uint32' },
  uv_backend_fd: { arguments: ['pointer'], return: 'int32' },
  // uv_backend_timeout(loop), and a pointer that is not read
  uv_backend_timeout: { arguments: ['pointer', 'pointer'], return: 'int32' },
  uv_check_init: { arguments: ['pointer', 'pointer'], return: 'int32' },
  uv_check_start: { arguments: ['pointer', 'pointer'], return: 'int32' },
  uv_check_stop: { arguments: ['pointer'], return: 'int32' },
  uv_close: { arguments: ['pointer', 'pointer'], return: 'void' },
  uv_idle_init: { arguments: ['pointer', 'pointer'], return: 'int32' },
  uv_idle_start: { arguments: ['pointer', 'pointer'], return: 'int32' },
  uv_idle_stop: { arguments: ['pointer'], return: 'int32' },
  uv_metrics_info: { arguments: ['pointer', 'pointer'], return: 'int32' },
  uv_ref: { arguments: ['pointer'], return: 'void' },
  uv_unref: { arguments: ['pointer'], return: 'void' },
  // uv_update_time(loop), and a pointer that is not read
  uv_update_time: { arguments: ['pointer', 'pointer'], return: 'void' },
} as const;

const SMALL: readonly bigint[] = Array.from({ length: 1024 }, (_, value) => BigInt(value));

/** A number from 0 on as an argument in place of a pointer. Small ones are there already: making one takes 30 ns. */
export function argument(value: number): bigint {
  return value < SMALL.length ? SMALL[value]! : BigInt(value);
}

/** Memory that C code reads and writes: its address never changes, since this object keeps it for life. */
export class NativeMemory {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly address: bigint;
  /** Its bytes, as an argument. */
  readonly length: bigint;

  constructor(ffi: Ffi, size: number) {
    this.length = BigInt(size);
    const buffer = new ArrayBuffer(size);
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer, 0, size >> 2);
    this.address = ffi.getRawPointer(buffer);
  }
}

/** The functions, and the small structures that they are called with. */
export class Libc {
  readonly ffi: Ffi;
  readonly library: InstanceType<Ffi['DynamicLibrary']>;
  readonly functions: ReturnType<typeof bind>['functions'];
  readonly sockaddr: NativeMemory;
  readonly #number: NativeMemory;
  readonly #event: NativeMemory;
  readonly #pollfd: NativeMemory;
  readonly #errno: bigint;

  /** Throws, with the reason, where this can't work. */
  constructor() {
    this.ffi = loadFfi();
    const { lib, functions } = bind(this.ffi);
    this.library = lib;
    this.functions = functions;
    this.sockaddr = new NativeMemory(this.ffi, SOCKADDR_BYTES_MAX);
    this.#number = new NativeMemory(this.ffi, 4);
    this.#event = new NativeMemory(this.ffi, 16);
    this.#pollfd = new NativeMemory(this.ffi, 8);
    this.#errno = functions.__errno_location();
    this.#blockSigpipe();
  }

  /**
   * errno, right after the call that failed. Only a hint, for messages: nothing promises that the runtime made no other
   * call in between.
   */
  errnoHint(): number {
    return this.ffi.getInt32(this.#errno);
  }

  /** The error for a call that failed just now. */
  failure(step: string): TransportError {
    return transportError(step, errorName(this.errnoHint()));
  }

  setOption(descriptor: number, level: number, option: number, value: number): boolean {
    this.#number.words[0] = value;
    return this.functions.setsockopt(descriptor, level, option, this.#number.address, 4) === 0;
  }

  getOption(descriptor: number, level: number, option: number): number {
    const { words, address } = this.#number;
    this.sockaddr.words[0] = 4;
    if (this.functions.getsockopt(descriptor, level, option, address, this.sockaddr.address) !== 0) return -1;
    return words[0]!;
  }

  /** Adds, changes or removes what epoll watches on a descriptor; events come back with it and with `generation`. */
  epollControl(epoll: number, operation: number, descriptor: number, events: number, generation: number): boolean {
    const { words, address } = this.#event;
    words[0] = events;
    words[EVENT_DATA_AT] = descriptor;
    words[EVENT_DATA_AT + 1] = generation;
    return this.functions.epoll_ctl(epoll, operation, descriptor, address) === 0;
  }

  /** What of `events` is true of a descriptor now, and FAILED or HUNG_UP. */
  pollNow(descriptor: number, events: number): number {
    const { words, address } = this.#pollfd;
    words[0] = descriptor;
    words[1] = events;
    return this.functions.poll(address, 1, 0) <= 0 ? 0 : words[1]! >>> 16;
  }

  /** A copy of the sockaddr of this side or the peer's, or null when there is none. */
  socketName(descriptor: number, which: 'getsockname' | 'getpeername'): Uint8Array | null {
    const { words, address } = this.#number;
    words[0] = SOCKADDR_BYTES_MAX;
    this.sockaddr.bytes.fill(0);
    if (this.functions[which](descriptor, this.sockaddr.address, address) !== 0) return null;
    return this.sockaddr.bytes.slice(0, words[0]);
  }

  /** Accepts one connection: its descriptor or -1; the peer's sockaddr is then in `sockaddr`. */
  accept(listener: number): number {
    this.#number.words[0] = SOCKADDR_BYTES_MAX;
    return this.functions.accept4(listener, this.sockaddr.address, this.#number.address, ACCEPT_FLAGS);
  }

  #blockSigpipe(): void {
    const set = new NativeMemory(this.ffi, 128);
    set.words[0] = 1 << (SIGPIPE - 1);
    this.functions.pthread_sigmask(SIG_BLOCK, set.address, null);
  }
}

function bind(ffi: Ffi) {
  return ffi.dlopen(null, FUNCTIONS);
}
