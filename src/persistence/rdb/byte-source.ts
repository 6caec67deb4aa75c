// Where the bytes of an RDB file come from: a file in pieces, a socket, or bytes at hand.

import type { DiskFile } from '../../world/disk.ts';

/** Bytes in order, read synchronously. */
export interface ByteSource {
  /** What has come and was not taken: bytes[start..end). The reader moves `start`. */
  bytes: Uint8Array;
  start: number;
  end: number;
  /**
   * Brings more behind what was not taken, which may move: all three fields are read anew. False when nothing more comes,
   * and then nothing has changed.
   */
  fill(): boolean;
}

/** Bytes that are all there. */
export class BytesSource implements ByteSource {
  bytes: Uint8Array;
  start: number;
  end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  fill(): boolean {
    return false;
  }
}

/** What is read of a file at once: reading more is no faster. */
const PIECE_BYTES = 256 * 1024;

/** A file, or what follows a place in it. May throw a DiskError. */
export class FileSource implements ByteSource {
  bytes: Uint8Array = new Uint8Array(PIECE_BYTES);
  start = 0;
  end = 0;
  private position: number;
  private readonly file: Pick<DiskFile, 'read'>;

  constructor(file: Pick<DiskFile, 'read'>, position = 0) {
    this.file = file;
    this.position = position;
  }

  fill(): boolean {
    const left = this.end - this.start;
    if (left === this.bytes.length) {
      const longer = new Uint8Array(left * 2);
      longer.set(this.bytes);
      this.bytes = longer;
    } else if (this.start > 0) this.bytes.copyWithin(0, this.start, this.end);
    this.start = 0;
    this.end = left;
    const came = this.file.read(this.bytes, left, this.bytes.length, this.position);
    this.position += came;
    this.end += came;
    return came > 0;
  }
}
