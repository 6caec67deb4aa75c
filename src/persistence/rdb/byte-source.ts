// Where the bytes of an RDB file come from: a file in pieces (file-source.ts), a socket, or bytes at hand.

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
  /** Bytes that are sure to come behind `end`; 0 where that is not known. */
  beyond(): number;
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

  beyond(): number {
    return 0;
  }
}
