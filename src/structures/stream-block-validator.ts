// Whether the listpack of a stream's block, of unknown origin, is one that stream-blocks.ts can work with: its format, its
// counts, and ids that ascend from the master's on.

import { Listpack } from './listpack.ts';
import { REMOVED, SAME_FIELDS } from './stream-blocks.ts';
import { StreamId } from './stream-id.ts';

/** Elements of an entry beside fields and values, the last one not counted. */
const ENTRY_ELEMENTS = 3;
const COUNT_MAX = 0x7fffffff;

/** Validates one block at a time. */
export class StreamBlockValidator {
  /** Entries of the last valid block that are not removed. */
  entries = 0;
  /** The id of its last entry, removed or not. */
  readonly last = new StreamId();
  private readonly listpack = new Listpack();
  private readonly id = new StreamId();
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private isSound = true;

  /** Whether bytes[pack..pack + length) is a valid block with this master. */
  validate(bytes: Uint8Array, pack: number, length: number, master: StreamId): boolean {
    const { listpack } = this;
    if (!listpack.validate(bytes, pack, length)) return false;
    this.bytes = bytes;
    this.at = listpack.first(bytes, pack);
    this.isSound = true;
    const entries = this.number();
    const removed = this.number();
    const fields = this.number();
    this.skip(fields);
    if (this.number() !== 0 || !this.isSound) return false;
    this.last.setMin();
    this.entries = 0;
    let seen = 0;
    for (; this.isSound && !listpack.isEnd(bytes, this.at); seen++) {
      if (!this.entry(fields, master, seen === 0)) return false;
    }
    return this.isSound && this.entries === entries && seen - entries === removed && seen > 0;
  }

  private entry(masterFields: number, master: StreamId, isFirst: boolean): boolean {
    const { id, last } = this;
    const flags = this.number();
    if (flags > (REMOVED | SAME_FIELDS)) return false;
    id.set(master);
    this.bits();
    const { low: msLow, high: msHigh } = this.listpack;
    this.bits();
    const { low: seqLow, high: seqHigh } = this.listpack;
    add(id, msHigh, msLow, seqHigh, seqLow);
    let elements = ENTRY_ELEMENTS + masterFields;
    if ((flags & SAME_FIELDS) === 0) {
      const fields = this.number();
      elements = ENTRY_ELEMENTS + 1 + fields * 2;
      this.skip(fields * 2);
    } else this.skip(masterFields);
    if (!this.isSound || this.number() !== elements) return false;
    if (isFirst ? id.compare(master) < 0 : id.compare(last) <= 0) return false;
    last.set(id);
    if ((flags & REMOVED) === 0) this.entries++;
    return true;
  }

  /** Goes past an element that counts something; -1, and the block is not sound, when it is none. */
  private number(): number {
    this.bits();
    const { listpack } = this;
    if (this.isSound && listpack.high === 0 && listpack.low >= 0) return listpack.low;
    this.isSound = false;
    return -1;
  }

  /** Goes past an integer element and reads its bits. */
  private bits(): void {
    const { listpack, bytes, at } = this;
    if (!this.isSound || listpack.isEnd(bytes, at)) {
      this.isSound = false;
      return;
    }
    listpack.read(bytes, at);
    if (!listpack.isInteger && bytes[at]! >= 0x80) this.isSound = false;
    else listpack.readBits(bytes, at);
    this.at = listpack.next(bytes, at);
  }

  private skip(elements: number): void {
    const { listpack, bytes } = this;
    if (elements > COUNT_MAX) this.isSound = false;
    for (let left = elements; left > 0 && this.isSound; left--) {
      if (listpack.isEnd(bytes, this.at)) this.isSound = false;
      else this.at = listpack.next(bytes, this.at);
    }
  }
}

/** Adds differences of 64 bits to an id, as its blocks do. */
function add(id: StreamId, msHigh: number, msLow: number, seqHigh: number, seqLow: number): void {
  const ms = (id.msLow + msLow) | 0;
  id.msHigh = (id.msHigh + msHigh + (ms >>> 0 < id.msLow >>> 0 ? 1 : 0)) | 0;
  id.msLow = ms;
  const seq = (id.seqLow + seqLow) | 0;
  id.seqHigh = (id.seqHigh + seqHigh + (seq >>> 0 < id.seqLow >>> 0 ? 1 : 0)) | 0;
  id.seqLow = seq;
}
