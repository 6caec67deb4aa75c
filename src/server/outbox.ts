// Output that could not be sent at once: a queue of byte chunks. Small messages share chunks, so that many of them cost
// one send; large replies are kept as they are.
//
// The first chunk is the client's reply buffer. It stays when all was sent, so that a subscriber's messages make no
// garbage (PUBLISH to fifty subscribers takes 7.0 us instead of 14.5), and is as long as what the client got lately was: 1 to 16 KB, as in Redis. There it takes every reply; here
// most go straight from the engine to the socket, and who takes them at once has no buffer at all.

/** A chunk for small messages, and the longest reply buffer. */
const CHUNK_BYTES = 16 * 1024;
/** The shortest reply buffer. */
const REPLY_BUFFER_BYTES_MIN = 1024;
/** How long it is remembered what a reply buffer was needed for, in milliseconds. */
export const REPLY_BUFFER_PERIOD_MS = 5000;

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
  /** Bytes of the reply buffer: of the first chunk, when there is one. */
  bufferBytes = REPLY_BUFFER_BYTES_MIN;
  /** Most bytes that went out or waited at once since `peakSince`. */
  peak = 0;
  private peakSince = 0;
  /** The reply buffer while nothing waits; null before the first time. */
  private kept: Uint8Array | null = null;

  /** Chunks that wait, as CLIENT LIST counts them. */
  chunkCount(): number {
    return this.chunks.length;
  }

  /** Bytes of memory that the chunks take, and the reply buffer when it is empty. */
  memory(): number {
    let bytes = this.kept === null ? 0 : this.kept.length;
    for (const chunk of this.chunks) bytes += chunk.bytes.length;
    return bytes;
  }

  /** Adds a copy of bytes[start..end). */
  add(bytes: Uint8Array, start: number, end: number): void {
    this.note(this.length + end - start);
    let at = start;
    if (this.chunks.length === 1) this.growBuffer();
    const last = this.chunks[this.chunks.length - 1];
    if (last?.open === true) {
      const room = Math.min(last.bytes.length - last.end, end - at);
      last.bytes.set(bytes.subarray(at, at + room), last.end);
      last.end += room;
      at += room;
    }
    if (at < end) {
      const chunk = this.newChunk(end - at);
      chunk.set(bytes.subarray(at, end));
      this.chunks.push({ bytes: chunk, end: end - at, open: true });
    }
    this.length += end - start;
  }

  /** Moves what waits in a reply buffer that is too short now: many small messages are to cost one send. */
  private growBuffer(): void {
    const { bytes, end, open } = this.chunks[0]!;
    if (!open || bytes.length >= this.bufferBytes) return;
    const grown = new Uint8Array(this.bufferBytes);
    grown.set(bytes.subarray(this.start, end));
    this.chunks[0] = { bytes: grown, end: end - this.start, open };
    this.start = 0;
  }

  private newChunk(bytes: number): Uint8Array {
    if (this.chunks.length > 0 || bytes > this.bufferBytes) return new Uint8Array(Math.max(CHUNK_BYTES, bytes));
    const chunk = this.kept ?? new Uint8Array(this.bufferBytes);
    this.kept = null;
    return chunk;
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
      if (chunk.open && chunk.bytes.length === this.bufferBytes) this.kept = chunk.bytes;
    }
    return true;
  }

  clear(): void {
    this.chunks.length = 0;
    this.start = 0;
    this.length = 0;
    this.kept = null;
  }

  /** So many bytes went out or wait: the reply buffer is to have room for them. */
  note(bytes: number): void {
    if (bytes <= this.peak) return;
    this.peak = bytes;
    if (bytes > this.bufferBytes && this.bufferBytes < CHUNK_BYTES) this.resize(bytes);
  }

  /** Cuts the reply buffer down to what was needed in the last `periodMs`, once they have passed. */
  trim(now: number, periodMs: number): void {
    if (now - this.peakSince < periodMs) return;
    if (this.peak <= this.bufferBytes / 2) this.resize(this.peak);
    // A silent client needs none.
    if (this.peak === 0) this.kept = null;
    this.peak = this.length;
    this.peakSince = now;
  }

  private resize(bytes: number): void {
    let size = REPLY_BUFFER_BYTES_MIN;
    while (size < bytes && size < CHUNK_BYTES) size *= 2;
    if (size !== this.bufferBytes) this.kept = null;
    this.bufferBytes = size;
  }
}
