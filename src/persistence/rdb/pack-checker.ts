// Checks a listpack of unknown origin before it becomes a value: that it is one, that its entries are as this server writes
// them, that it consists of whole groups, and that the first entries of the groups are different.

import { equalBytes } from '../../lib/bytes.ts';
import { Listpack } from '../../structures/listpack.ts';
import { PackBuilder } from './pack-builder.ts';

/** Groups whose first entries are compared each with each. */
const PAIRWISE_MAX = 8;

export class PackChecker {
  /** After `check`: the pack at bytes[start..end), given or written anew, and its entries. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  entries = 0;
  private readonly listpack = new Listpack();
  private readonly other = new Listpack();
  private readonly builder = new PackBuilder();
  /** Offsets of first entries, by hash; 0: none. */
  private slots = new Int32Array(64);
  private readonly firsts = new Int32Array(PAIRWISE_MAX);

  /**
   * Whether bytes[start..end) is a pack of whole groups of `group` entries. Entries written in an unusual form (an integer
   * as text, a length in more bytes than it needs) are written anew.
   */
  check(bytes: Uint8Array, start: number, end: number, group: number): boolean {
    const { listpack } = this;
    if (!listpack.isFramed(bytes, start, end - start)) return false;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    const last = end - 1;
    let entries = 0;
    let isUsual = true;
    for (let at = listpack.first(bytes, start); at < last; entries++) {
      const next = listpack.validEnd(bytes, at, last);
      if (next < 0) return false;
      const first = bytes[at]!;
      // Most are short strings that do not begin as integers do, or integers of 7 bits: these have one form.
      if (first >= 0x80 && (first >= 0xc0 || mayBeInteger(bytes, at, next))) {
        isUsual = isUsual && this.isUsual(at, next);
      }
      at = next;
    }
    if (!listpack.isCount(bytes, start, entries)) return false;
    this.entries = entries;
    if (!isUsual) this.rewrite();
    return entries % group === 0;
  }

  /** Whether the first entries of the groups of the checked pack differ from each other. */
  isDistinct(group: number): boolean {
    const { listpack, bytes, start } = this;
    if (this.entries / group <= PAIRWISE_MAX) return this.differPairwise(group);
    const wanted = (this.entries / group) * 2;
    let { slots } = this;
    if (slots.length < wanted) this.slots = slots = new Int32Array(2 ** Math.ceil(Math.log2(wanted)));
    // What one pack needs is cleared, however long the table has become.
    const size = Math.max(64, 2 ** Math.ceil(Math.log2(wanted)));
    slots.fill(0, 0, size);
    for (let at = listpack.first(bytes, start); !listpack.isEnd(bytes, at); ) {
      if (!this.enter(at, size - 1)) return false;
      for (let left = group; left > 0; left--) at = listpack.next(bytes, at);
    }
    return true;
  }

  /** The same where each is compared with each: cheaper than to hash a few. */
  private differPairwise(group: number): boolean {
    const { listpack, bytes, firsts } = this;
    let count = 0;
    for (let at = listpack.first(bytes, this.start); !listpack.isEnd(bytes, at); ) {
      const end = listpack.next(bytes, at);
      for (let index = 0; index < count; index++) {
        const other = firsts[index]!;
        // Where the entries are of one length they end with the same bytes, and names differ at their ends.
        if (bytes[at] !== bytes[other] || bytes[end - 2] !== bytes[other + end - at - 2]) continue;
        if (equalBytes(bytes, at, end, bytes, other, other + end - at)) return false;
      }
      firsts[count++] = at;
      at = end;
      for (let left = group - 1; left > 0; left--) at = listpack.next(bytes, at);
    }
    return true;
  }

  /** Puts an entry among those seen; false when it is there. Usual entries are equal if their bytes are. */
  private enter(at: number, mask: number): boolean {
    const { bytes, slots, listpack } = this;
    const end = listpack.next(bytes, at);
    let hash = 0;
    for (let index = at; index < end; index++) hash = Math.imul(hash ^ bytes[index]!, 0x01000193);
    const offset = at - this.start;
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const seen = slots[slot]!;
      if (seen === 0) {
        slots[slot] = offset;
        return true;
      }
      const from = this.start + seen;
      if (equalBytes(bytes, from, listpack.next(bytes, from), bytes, at, end)) return false;
    }
  }

  private isUsual(at: number, next: number): boolean {
    const { bytes, listpack, other } = this;
    listpack.read(bytes, at);
    const size = other.entryBytes(listpack.bytes, listpack.start, listpack.end);
    if (size !== next - at) return false;
    // An integer in as many bytes as its text: "70000" and the like.
    return listpack.isInteger || !this.looksLikeInteger();
  }

  private looksLikeInteger(): boolean {
    const { listpack, builder } = this;
    builder.begin();
    builder.add(listpack.bytes, listpack.start, listpack.end);
    const form = builder.bytes[6]!;
    return !((form >= 0x80 && form < 0xc0) || (form >= 0xe0 && form <= 0xf0));
  }

  private rewrite(): void {
    const { listpack, builder, bytes } = this;
    builder.begin();
    for (let at = listpack.first(bytes, this.start); !listpack.isEnd(bytes, at); at = listpack.next(bytes, at)) {
      listpack.read(bytes, at);
      builder.add(listpack.bytes, listpack.start, listpack.end);
    }
    builder.end();
    this.bytes = builder.bytes;
    this.start = 0;
    this.end = builder.length;
  }
}

/** Whether a string of up to 63 bytes begins and ends as integers do. */
function mayBeInteger(bytes: Uint8Array, at: number, next: number): boolean {
  if (next - at === 2) return false;
  const first = bytes[at + 1]!;
  const last = bytes[next - 2]!;
  return last >= 48 && last <= 57 && ((first >= 48 && first <= 57) || first === 45);
}
