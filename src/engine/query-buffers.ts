// Query buffers: the arrays of sessions whose input had to wait. What a client sends is run where it was read, in one array
// for all of them; only half a request, or what comes while its session is stopped, is copied into an array of its own.
//
// A session keeps its array for the next half request, since who sent one will send more: a pipeline that is read in
// pieces, a large value. (Made anew for each, the arrays of a client that sets values of 1 MB had the collector run all the
// time: 435 us for each SET instead of 125.) As in Redis it is cut down to what was needed lately, and to what is in it
// once the client has been silent for two seconds. So a client that sends whole requests has none, and ten thousand that
// went silent in the middle of one have a few bytes each.

/** The shortest array: what redis-server reads at once. */
export const QUERY_BUFFER_BYTES_MIN = 16 * 1024;
/** A longer one is let go as soon as it is empty. */
export const QUERY_BUFFER_BYTES_KEPT = 8 * 1024 * 1024;
/** A shorter one is not cut down while its client sends. */
const TRIMMED_BYTES_MIN = 32 * 1024;
/** A client that sent nothing for this long keeps no room for more. */
const SILENT_MS = 2000;

/** A session, as seen from here. */
export interface QueryBufferOwner {
  input: Uint8Array;
  /** Most bytes that were in it since it was looked at last. */
  inputPeak: number;
  readonly lastActiveAt: number;
  pendingInput(): number;
  /** Bytes of the rest of its half request, as far as they are known. */
  expectedInput(): number;
  /** Moves what waits into a new array of `length` bytes, at least as many as wait. */
  resizeInput(length: number): void;
}

export class QueryBuffers<Owner extends QueryBufferOwner> {
  private readonly owners = new Set<Owner>();

  /** A session has an array of its own now. */
  add(owner: Owner): void {
    this.owners.add(owner);
  }

  /** A session is gone. */
  delete(owner: Owner): void {
    this.owners.delete(owner);
  }

  /** Cuts down what is longer than it need be; some ten times a second. `resized` hears of each. */
  trim(now: number, resized: (owner: Owner) => void): void {
    for (const owner of this.owners) {
      const wanted = wantedBytes(owner, now);
      owner.inputPeak = owner.pendingInput();
      if (wanted < owner.input.length) {
        owner.resizeInput(wanted);
        resized(owner);
      }
      if (owner.input.length === 0) this.owners.delete(owner);
    }
  }
}

function wantedBytes(owner: QueryBufferOwner, now: number): number {
  const { length } = owner.input;
  const waiting = owner.pendingInput();
  if (now - owner.lastActiveAt > SILENT_MS) return waiting;
  const wanted = Math.max(QUERY_BUFFER_BYTES_MIN, waiting + owner.expectedInput(), owner.inputPeak);
  return length > TRIMMED_BYTES_MIN && length > 2 * wanted ? wanted : length;
}
