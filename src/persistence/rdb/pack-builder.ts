// A listpack that is put together from texts, in bytes of its own: what older encodings are turned into.

import { Listpack, PACK_EMPTY_BYTES, PACK_HEADER_BYTES } from '../../structures/listpack.ts';

/** What a builder keeps between packs. */
const BYTES_KEPT = 64 * 1024;

export class PackBuilder {
  /** The pack, after `end`: bytes[0..length). */
  bytes = new Uint8Array(1024);
  length = 0;
  entries = 0;
  private readonly listpack = new Listpack();

  begin(): void {
    if (this.bytes.length > BYTES_KEPT) this.bytes = new Uint8Array(1024);
    this.length = PACK_HEADER_BYTES;
    this.entries = 0;
  }

  /** Adds an entry of text[start..end), which does not lie in this builder. */
  add(text: Uint8Array, start: number, end: number): void {
    this.ensure(this.listpack.entryBytes(text, start, end));
    this.length = this.listpack.write(this.bytes, this.length, text, start, end);
    this.entries++;
  }

  /** Adds an entry as it stands in another pack. */
  copy(bytes: Uint8Array, start: number, end: number): void {
    this.ensure(end - start);
    this.bytes.set(bytes.subarray(start, end), this.length);
    this.length += end - start;
    this.entries++;
  }

  /** Sees to room for an entry of `count` bytes, which the caller writes at `length`, and for the end. */
  ensure(count: number): void {
    const needed = this.length + count + PACK_EMPTY_BYTES;
    if (needed <= this.bytes.length) return;
    const longer = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    longer.set(this.bytes.subarray(0, this.length));
    this.bytes = longer;
  }

  end(): void {
    this.ensure(1);
    this.length++;
    this.listpack.setHeader(this.bytes, 0, this.length, this.entries);
  }
}
