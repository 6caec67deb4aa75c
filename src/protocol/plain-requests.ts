// The plain requests at the start of what has arrived, all at once: arrays of bulk strings that are whole, as clients send
// them. Whatever else there is (half a request, an inline one, a wrong one, an empty one, one of many arguments) ends them;
// it is RequestParser's. Each of them that RequestParser reads, it reads in the same way (request-parser.fuzz.ts).

const CR = 13;
const STAR = 42;
const DOLLAR = 36;
const ZERO = 48;

/** Requests that are read at a time. */
export const PLAIN_REQUESTS_MAX = 16;
/** Arguments that a plain request has at most: their count has two digits. */
const ARGUMENTS_MAX = 99;
/** Bytes that a plain argument has at most: fewer than proto-max-bulk-len may forbid. */
const LENGTH_MAX = 99_999;

/** A request: argument i is bytes[starts[i]..ends[i]). */
export class PlainRequest {
  readonly starts = new Int32Array(ARGUMENTS_MAX);
  readonly ends = new Int32Array(ARGUMENTS_MAX);
  count = 0;
  /** The offset behind it. */
  end = 0;
}

export class PlainRequests {
  /** The first `count` are those that were read. */
  readonly requests: readonly PlainRequest[] = Array.from({ length: PLAIN_REQUESTS_MAX }, () => new PlainRequest());
  count = 0;

  /** Reads the requests that begin at bytes[start], up to `end`; true when there are any. They refer to `bytes`. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start;
    let count = 0;
    while (count < PLAIN_REQUESTS_MAX) {
      at = readRequest(this.requests[count]!, bytes, at, end);
      if (at < 0) break;
      count++;
    }
    this.count = count;
    return count > 0;
  }
}

/** Reads one request; returns the offset behind it, or -1 where there is no plain one. */
function readRequest(request: PlainRequest, bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 8 || bytes[start] !== STAR) return -1;
  let count = bytes[start + 1]! - ZERO;
  if (!(count > 0 && count <= 9)) return -1;
  let position = start + 4;
  if (bytes[start + 2] !== CR) {
    const second = bytes[start + 2]! - ZERO;
    if (!(second >= 0 && second <= 9) || bytes[start + 3] !== CR) return -1;
    count = count * 10 + second;
    position = start + 5;
  }
  const { starts, ends } = request;
  for (let index = 0; index < count; index++) {
    if (end - position < 6 || bytes[position] !== DOLLAR) return -1;
    let length = bytes[position + 1]! - ZERO;
    if (!(length >= 0 && length <= 9)) return -1;
    let byte = bytes[position + 2]!;
    position += 3;
    while (byte !== CR) {
      const digit = byte - ZERO;
      // No number begins with a zero but zero itself.
      if (length === 0 || !(digit >= 0 && digit <= 9) || length > LENGTH_MAX / 10 || position >= end) return -1;
      length = length * 10 + digit;
      byte = bytes[position]!;
      position++;
    }
    position++;
    if (length > end - position - 2) return -1;
    starts[index] = position;
    position += length;
    ends[index] = position;
    position += 2;
  }
  request.count = count;
  request.end = position;
  return position;
}
