// Addresses of arrays that are sent, so that they are asked for once: a typed array as an argument costs 65 ns.

import type { Libc } from './native-libc.ts';

/** A sent array up to this size is remembered with its address; a larger one shall not live longer for it. */
const REMEMBERED_BYTES_MAX = 1024 * 1024;

/** Sent arrays are remembered with the addresses of their multiples of this: HeldReplies begins replies there. */
const PLACE_BYTES = 64;

/**
 * Where arrays that are sent again and again lie in memory: the last one that was sent from its start (a reply buffer),
 * and the last one that was sent from within, at multiples of PLACE_BYTES (the replies of a tick).
 */
export class SentMemory {
  #whole: Uint8Array | null = null;
  #wholeAddress = 0n;
  #places: Uint8Array | null = null;
  #addresses: (bigint | undefined)[] = [];

  /** The address of bytes[start], good until used() or the next call. */
  addressOf(libc: Libc, bytes: Uint8Array, start: number): bigint {
    if (start !== 0) return this.#placeOf(libc, bytes, start);
    if (bytes !== this.#whole) {
      this.#wholeAddress = libc.ffi.getRawPointer(bytes);
      this.#whole = bytes;
    }
    return this.#wholeAddress;
  }

  /** To be called after the address was used, which keeps the array from being collected before. */
  used(): void {
    if (this.#whole !== null && this.#whole.length > REMEMBERED_BYTES_MAX) this.#whole = null;
    if (this.#places !== null && this.#places.length > REMEMBERED_BYTES_MAX) this.#places = null;
  }

  #placeOf(libc: Libc, bytes: Uint8Array, start: number): bigint {
    if (bytes !== this.#places) {
      this.#addresses = [libc.ffi.getRawPointer(bytes)];
      this.#places = bytes;
    }
    const first = this.#addresses[0]!;
    if (start % PLACE_BYTES !== 0 || bytes.length > REMEMBERED_BYTES_MAX) return first + BigInt(start);
    const place = start / PLACE_BYTES;
    const known = this.#addresses[place];
    if (known !== undefined) return known;
    const address = first + BigInt(start);
    this.#addresses[place] = address;
    return address;
  }
}
