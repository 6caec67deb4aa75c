// Output that could not be sent at once: a queue of byte chunks. Small messages share chunks, so that many of them cost
// one send; large replies are kept as they are.

/** A chunk for small messages. */
const CHUNK_BYTES = 16 * 1024;

interface Chunk {
  readonly bytes: Uint8Array;
  /** Bytes of it that hold output. */
  end: number;
  /** Whether more may be written behind `end`. */
  readonly open: boolean;
}

export class Outbox {
  /** Bytes that wait. */
  length = 0;
  private readonly chunks: Chunk[] = [];
  /** What was sent already of the first chunk. */
  private start = 0;

  /** Chunks that wait, as CLIENT LIST counts them. */
  chunkCount(): number {
    return this.chunks.length;
  }

  /** Bytes of memory that the chunks take. */
  memory(): number {
    let bytes = 0;
    for (const chunk of this.chunks) bytes += chunk.bytes.length;
    return bytes;
  }

  /** Adds a copy of bytes[start..end). */
  add(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    const last = this.chunks[this.chunks.length - 1];
    if (last?.open === true) {
      const room = Math.min(last.bytes.length - last.end, end - at);
      last.bytes.set(bytes.subarray(at, at + room), last.end);
      last.end += room;
      at += room;
    }
    if (at < end) {
      const chunk = new Uint8Array(Math.max(CHUNK_BYTES, end - at));
      chunk.set(bytes.subarray(at, end));
      this.chunks.push({ bytes: chunk, end: end - at, open: true });
    }
    this.length += end - start;
  }

  /** Adds bytes[start..end), whose array belongs to the outbox from now on. */
  keep(bytes: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    this.chunks.push({ bytes: bytes.subarray(start, end), end: end - start, open: false });
    this.length += end - start;
  }

  /**
   * Hands what waits to `send`, chunk by chunk, until it takes less than all; the first `limit` bytes at most. False when it
   * failed (-1).
   */
  drain(send: (bytes: Uint8Array, start: number, end: number) => number, limit = this.length): boolean {
    let left = limit;
    for (let chunk = this.chunks[0]; chunk !== undefined && left > 0; chunk = this.chunks[0]) {
      const wanted = Math.min(left, chunk.end - this.start);
      const taken = send(chunk.bytes, this.start, this.start + wanted);
      if (taken < 0) return false;
      this.length -= taken;
      this.start += taken;
      left -= taken;
      if (taken < wanted) return true;
      if (this.start < chunk.end) return true;
      this.chunks.shift();
      this.start = 0;
    }
    return true;
  }

  clear(): void {
    this.chunks.length = 0;
    this.start = 0;
    this.length = 0;
  }
}
