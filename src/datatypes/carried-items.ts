// Items on their way from one list to another: a copy, since a list may move while it is pushed to.

import { copyBytes } from '../lib/bytes.ts';

/** What is kept between commands at most; a longer buffer is let go. */
const KEPT_BYTES = 1 << 20;
const FIRST_BYTES = 1024;
const FIRST_ITEMS = 16;

/** Item i is bytes[starts[i]..ends[i]). */
export class CarriedItems {
  bytes = new Uint8Array(FIRST_BYTES);
  starts = new Int32Array(FIRST_ITEMS);
  ends = new Int32Array(FIRST_ITEMS);
  count = 0;

  clear(): void {
    this.count = 0;
    if (this.bytes.length <= KEPT_BYTES && this.starts.length * 8 <= KEPT_BYTES) return;
    this.bytes = new Uint8Array(FIRST_BYTES);
    this.starts = new Int32Array(FIRST_ITEMS);
    this.ends = new Int32Array(FIRST_ITEMS);
  }

  /** Adds a copy of bytes[start..end). */
  add(bytes: Uint8Array, start: number, end: number): void {
    const at = this.count === 0 ? 0 : this.ends[this.count - 1]!;
    const until = at + end - start;
    if (until > this.bytes.length) {
      const grown = new Uint8Array(Math.max(until, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    if (this.count === this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
    }
    copyBytes(bytes, start, end, this.bytes, at);
    this.starts[this.count] = at;
    this.ends[this.count] = until;
    this.count++;
  }

  /** Turns the order round. */
  reverse(): void {
    this.starts.subarray(0, this.count).reverse();
    this.ends.subarray(0, this.count).reverse();
  }
}

function doubled(offsets: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(offsets.length * 2);
  grown.set(offsets);
  return grown;
}
