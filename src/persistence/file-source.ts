// A file as bytes that come in pieces: whoever reads takes from bytes[start..end) by moving `start` on, and asks for more.
// It also knows its place, and goes back to one. Every call may throw a DiskError.

import type { DiskFile } from '../world/disk.ts';
import type { ByteSource } from './rdb/byte-source.ts';

/** How much is read at once (reading more is no faster), and the size that the buffer returns to. */
const CHUNK_BYTES = 256 * 1024;

export class FileSource implements ByteSource {
  /** What was read and not taken is bytes[start..end). Replaced when it grows: take it again after fill(). */
  bytes: Uint8Array = new Uint8Array(CHUNK_BYTES);
  start = 0;
  end = 0;
  readonly size: number;
  private readonly file: Pick<DiskFile, 'read'>;
  /** Place in the file of bytes[end]. */
  private readTo = 0;

  constructor(file: Pick<DiskFile, 'read' | 'size'>) {
    this.file = file;
    this.size = file.size();
  }

  /** Place in the file of bytes[start]. */
  offset(): number {
    return this.readTo - (this.end - this.start);
  }

  /** Bytes of the file after `end`. */
  beyond(): number {
    return Math.max(0, this.size - this.readTo);
  }

  /** Reads more; false at the end of the file. What was not taken stays, but may move. */
  fill(): boolean {
    const left = this.end - this.start;
    return this.beyond() > 0 && this.fillTo(left === this.bytes.length ? 2 * left : left + 1);
  }

  /** Reads until `wanted` bytes are there to be taken, if the file has them; false when nothing more came. */
  fillTo(wanted: number): boolean {
    if (this.start > 0) {
      this.bytes.copyWithin(0, this.start, this.end);
      this.end -= this.start;
      this.start = 0;
    }
    // Room is only taken for bytes that the file has.
    const needed = Math.min(wanted, this.end + this.beyond());
    if (needed > this.bytes.length) {
      const grown = new Uint8Array(needed);
      grown.set(this.bytes.subarray(0, this.end));
      this.bytes = grown;
    } else if (this.bytes.length > CHUNK_BYTES && needed <= CHUNK_BYTES) {
      this.bytes = this.bytes.slice(0, CHUNK_BYTES);
    }
    const before = this.end;
    while (this.end < wanted && this.end < this.bytes.length) {
      const limit = Math.min(this.bytes.length, Math.max(wanted, this.end + CHUNK_BYTES));
      const count = this.file.read(this.bytes, this.end, limit, this.readTo);
      if (count === 0) break;
      this.end += count;
      this.readTo += count;
    }
    return this.end > before;
  }

  /** Goes on from a place in the file. */
  seek(offset: number): void {
    const first = this.readTo - this.end;
    if (offset >= first && offset <= this.readTo) this.start = offset - first;
    else {
      this.start = this.end = 0;
      this.readTo = offset;
    }
  }
}
