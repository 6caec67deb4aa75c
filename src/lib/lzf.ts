// LZF, the compression of RDB files, DUMP payloads and the inner nodes of lists: fast, and made of nothing but literal
// runs and back references. The format is that of liblzf (Marc Lehmann); a stream is a sequence of
//
//   000LLLLL, L + 1 bytes                       so many bytes as they are
//   LLLooooo oooooooo            (L 1..6)       L + 2 bytes from `o + 1` bytes before
//   111ooooo LLLLLLLL oooooooo                  L + 9 bytes from there
//
// The length of what comes out is not in the stream; whoever keeps one keeps the other.

const LITERALS_MAX = 32;
const DISTANCE_MAX = 1 << 13;
/** The longest reference: 2 + 7 + 255. */
const REFERENCE_MAX = 264;
/** Shorter repetitions cost as much as they save. */
const REFERENCE_MIN = 3;

/** Slots of the table of places: 64 KiB, within the second-level cache. */
const SLOT_BITS = 14;
/** Positions are kept on top of a base that grows with every call, so that the table need not be cleared; before the base
 *  leaves int32 it is. */
const BASE_MAX = 0x4000_0000;

/** From here on input is compared, and output expanded, by four bytes: lists' nodes take half the time (lzf.bench.ts). */
const WIDE_FROM_BYTES = 1024;
/** References as long as this are tried again behind the byte after them. */
const REPEATED_MIN = 12;
/** What a turn of expanding reads, and writes, at most: a literal run, a reference, and what is beyond them in a piece. */
const WIDE_FROM = 1 + 32 + 3;
const WIDE_TO = 32 + 264 + 3;

/** A compressor with its table of places. */
export class Lzf {
  private readonly places = new Int32Array(1 << SLOT_BITS);
  private base = 0;

  /**
   * Compresses from[start..end) to to[at..limit). Returns the offset after what was written, or 0 when it does not fit:
   * give a limit below the input's own length to learn whether compression is worth it. Input of up to 1 GiB.
   */
  compress(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number, limit: number): number {
    const base = (this.nextBase(end - start) - start) | 0;
    const places = this.places;
    const view = end - start >= WIDE_FROM_BYTES ? viewOf(from) : null;
    const last = end - REFERENCE_MIN;
    let literals = 0;
    let out = (at + 1) | 0;
    let next = start | 0;
    // The three bytes at `next`, of which each step brings one.
    let three = next <= last ? (from[next]! << 8) | from[next + 1]! : 0;
    while (next <= last) {
      three = ((three << 8) | from[next + 2]!) & 0xffffff;
      const slot = Math.imul(three, 0x9e3779b1) >>> (32 - SLOT_BITS);
      const place = (places[slot]! - base) | 0;
      places[slot] = base + next;
      if (
        place < start ||
        next - place > DISTANCE_MAX ||
        from[place] !== from[next] ||
        from[place + 1] !== from[next + 1] ||
        from[place + 2] !== from[next + 2]
      ) {
        if (out >= limit) return 0;
        to[out++] = from[next++]!;
        if (++literals === LITERALS_MAX) {
          to[out - 1 - LITERALS_MAX] = LITERALS_MAX - 1;
          literals = 0;
          out++;
        }
        continue;
      }
      if (literals === 0) out--;
      else to[out - 1 - literals] = literals - 1;
      literals = 0;
      const longest = Math.min(end, next + REFERENCE_MAX);
      const back = next - place;
      let until = next + REFERENCE_MIN;
      if (view !== null) until = alikeUntil(view, until, longest, back);
      while (until < longest && from[until] === from[until - back]) until++;
      if (out + (until - next < 9 ? 2 : 3) > limit) return 0;
      out = writeReference(to, out, until - next, back - 1) + 1;
      if (view !== null && until - next >= REPEATED_MIN && until < longest && isPeriodic(until + 1 - next, back)) {
        until = this.repeat(view, until, end, back, to, out, limit);
        out = this.repeatedTo;
      }
      // The places within a repetition are not noted but for its end: as in the original, half the time for 1 % of size.
      next = until - 2;
      if (next <= last) places[slotOf(from, next)] = base + next;
      next = until;
      if (next <= last) three = (from[next]! << 8) | from[next + 1]!;
    }
    // The last two bytes begin no repetition.
    for (; next < end; next++) {
      if (out >= limit) return 0;
      to[out++] = from[next]!;
      if (++literals === LITERALS_MAX) {
        to[out - 1 - LITERALS_MAX] = LITERALS_MAX - 1;
        literals = 0;
        out++;
      }
    }
    if (literals === 0) out--;
    else to[out - 1 - literals] = literals - 1;
    return out <= limit ? out : 0;
  }

  /** Where `repeat` wrote to. */
  private repeatedTo = 0;

  /**
   * Goes on behind a reference that ended at `until`. Records of one length that follow each other often differ in a byte: as
   * long as they do, that byte and a reference over the same distance, without a look at the table. Returns the offset after
   * what was compressed.
   */
  private repeat(
    view: DataView,
    start: number,
    end: number,
    back: number,
    to: Uint8Array,
    at: number,
    limit: number,
  ): number {
    let until = start;
    let out = at;
    while (until + 1 + REPEATED_MIN <= end && out + 4 <= limit) {
      const next = until + 1;
      if (alikeUntil(view, next, next + REPEATED_MIN, back) < next + REPEATED_MIN) break;
      to[out - 1] = 0;
      to[out] = view.getUint8(until);
      const longest = Math.min(end, next + REFERENCE_MAX);
      until = alikeUntil(view, next + REPEATED_MIN, longest, back);
      while (until < longest && view.getUint8(until) === view.getUint8(until - back)) until++;
      out = writeReference(to, out + 1, until - next, back - 1) + 1;
      if (until === longest || !isPeriodic(until + 1 - next, back)) break;
    }
    this.repeatedTo = out;
    return until;
  }

  /** The base for an input of so many bytes: above all places that were ever noted, and never 0. */
  private nextBase(bytes: number): number {
    if (this.base + bytes >= BASE_MAX) {
      this.places.fill(0);
      this.base = 0;
    }
    const base = this.base + 1;
    this.base = base + bytes;
    return base;
  }
}

/**
 * Expands from[start..end), of any origin, to to[at..at+length). False when the stream is not one, or does not make
 * exactly `length` bytes; what lies outside that range is never touched.
 */
export function decompressLzf(
  from: Uint8Array,
  start: number,
  end: number,
  to: Uint8Array,
  at: number,
  length: number,
): boolean {
  const limit = at + length;
  let next = start;
  let out = at;
  if (length >= WIDE_FROM_BYTES) {
    // As long as nothing can lie outside: a literal run and a reference a turn, in pieces that may be longer than they.
    const source = viewOf(from);
    const target = viewOf(to);
    const nextMax = end - WIDE_FROM;
    const outMax = limit - WIDE_TO;
    while (next <= nextMax && out <= outMax) {
      let control = from[next]!;
      next++;
      if (control < LITERALS_MAX) {
        target.setInt32(out, source.getInt32(next, true), true);
        for (let i = 4; i <= control; i += 4) target.setInt32(out + i, source.getInt32(next + i, true), true);
        next += control + 1;
        out += control + 1;
        control = from[next]!;
        if (control < LITERALS_MAX) continue;
        next++;
      }
      let count = (control >>> 5) + 2;
      if (count === 9) {
        count += from[next]!;
        next++;
      }
      const distance = ((control & 31) << 8) + from[next]! + 1;
      next++;
      let place = out - distance;
      if (place < at) return false;
      const until = out + count;
      if (distance >= 4) {
        do {
          target.setInt32(out, target.getInt32(place, true), true);
          place += 4;
          out += 4;
        } while (out < until);
      } else while (out < until) to[out++] = to[place++]!;
      out = until;
    }
  }
  while (next < end) {
    const control = from[next]!;
    next++;
    if (control < LITERALS_MAX) {
      const count = control + 1;
      if (next + count > end || out + count > limit) return false;
      for (let i = 0; i < count; i++) to[out + i] = from[next + i]!;
      next += count;
      out += count;
      continue;
    }
    let count = (control >>> 5) + 2;
    if (count === 9) {
      if (next >= end) return false;
      count += from[next]!;
      next++;
    }
    if (next >= end) return false;
    const reference = out - ((control & 31) << 8) - from[next]! - 1;
    next++;
    if (reference < at || out + count > limit) return false;
    // Byte by byte: a reference may reach into what it makes.
    for (let i = 0; i < count; i++) to[out + i] = to[reference + i]!;
    out += count;
  }
  return out === limit;
}

/** Whether what is alike, with the byte that differs, is as long as records that stand `back` bytes apart could be. */
function isPeriodic(length: number, back: number): boolean {
  return length % back === 0 || back % length === 0;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Up to where, by four bytes, view[at..end) is like what stands `back` bytes before it. */
function alikeUntil(view: DataView, at: number, end: number, back: number): number {
  let until = at;
  while (until + 4 <= end && view.getInt32(until, true) === view.getInt32(until - back, true)) until += 4;
  return until;
}

function slotOf(from: Uint8Array, at: number): number {
  const three = (from[at]! << 16) | (from[at + 1]! << 8) | from[at + 2]!;
  return Math.imul(three, 0x9e3779b1) >>> (32 - SLOT_BITS);
}

function writeReference(to: Uint8Array, at: number, length: number, distance: number): number {
  const more = length - 2;
  if (more < 7) {
    to[at] = (more << 5) | (distance >>> 8);
    to[at + 1] = distance;
    return at + 2;
  }
  to[at] = (7 << 5) | (distance >>> 8);
  to[at + 1] = more - 7;
  to[at + 2] = distance;
  return at + 3;
}
