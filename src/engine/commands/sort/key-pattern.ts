// Patterns of SORT's BY and GET: the first `*` stands for the item, `->` behind it for a field of a hash, and a sole `#`
// for the item itself.

import { NEVER } from '../../../datatypes/hash-walk.ts';
import { HASH, STRING } from '../../../datatypes/key-record.ts';
import { copyBytes } from '../../../lib/bytes.ts';
import { NONE } from '../../../memory/flat-memory.ts';
import type { ReadCall } from '../../call.ts';

const STAR = 42;
const HASH_SIGN = 35;
const DASH = 45;
const GREATER = 62;

const KEY_BYTES_FIRST = 256;
/** Bytes kept for the next key. */
const KEY_BYTES_KEPT = 65536;

/** The key that is looked for; keys are built one at a time. */
let key = new Uint8Array(KEY_BYTES_FIRST);

export class KeyPattern {
  /** The value that `find` found: bytes[start..end), valid until memory changes or the next one is looked for. */
  bytes: Uint8Array = key;
  start = 0;
  end = 0;
  private readonly call: ReadCall;
  private readonly isItem: boolean;
  /** Offsets in the call's bytes: where the pattern begins, its star (-1 without one), where its key ends, and the field
   *  (-1: the value is a string). */
  private readonly from: number;
  private readonly star: number;
  private readonly keyEnd: number;
  private readonly field: number;
  private readonly to: number;

  /** The pattern in an argument. */
  constructor(call: ReadCall, index: number) {
    const { bytes } = call;
    this.call = call;
    this.from = call.starts[index]!;
    this.to = call.ends[index]!;
    this.isItem = this.to === this.from + 1 && bytes[this.from] === HASH_SIGN;
    this.star = this.findStar();
    const arrow = this.star < 0 ? -1 : this.findArrow();
    this.keyEnd = arrow < 0 ? this.to : arrow;
    this.field = arrow < 0 ? -1 : arrow + 2;
  }

  /** Whether the pattern is the same for all items. */
  isConstant(): boolean {
    return this.star < 0;
  }

  /** Looks the value for an item up; false when there is none. */
  find(item: Uint8Array, itemStart: number, itemEnd: number): boolean {
    if (this.isItem) {
      this.bytes = item;
      this.start = itemStart;
      this.end = itemEnd;
      return true;
    }
    if (this.star < 0) return false;
    const { call } = this;
    const handle = call.findKey(key, 0, this.buildKey(item, itemStart, itemEnd));
    if (handle === NONE || call.typeOf(handle) !== (this.field < 0 ? STRING : HASH)) return false;
    const { strings, hashes } = call;
    if (this.field < 0) {
      strings.read(handle);
      this.bytes = strings.bytes;
      this.start = strings.start;
      this.end = strings.end;
      return true;
    }
    if (!hashes.find(handle, call.bytes, this.field, this.to)) return false;
    if (hashes.deadline !== NEVER && hashes.deadline <= call.expiryNow()) {
      call.keyspace.fieldExpiry.expireField(call.database, handle, call.bytes, this.field, this.to);
      return false;
    }
    this.bytes = hashes.bytes;
    this.start = hashes.start;
    this.end = hashes.end;
    return true;
  }

  /** Puts the item in the star's place; returns the key's length. */
  private buildKey(item: Uint8Array, itemStart: number, itemEnd: number): number {
    const { bytes } = this.call;
    const before = this.star - this.from;
    const middle = before + itemEnd - itemStart;
    const length = middle + this.keyEnd - this.star - 1;
    if (length > key.length || (key.length > KEY_BYTES_KEPT && length <= KEY_BYTES_KEPT)) {
      key = new Uint8Array(Math.max(length, KEY_BYTES_FIRST));
    }
    copyBytes(bytes, this.from, this.star, key, 0);
    copyBytes(item, itemStart, itemEnd, key, before);
    copyBytes(bytes, this.star + 1, this.keyEnd, key, middle);
    return length;
  }

  /** What stands behind a NUL is not looked at, as in Redis. */
  private findStar(): number {
    const { bytes } = this.call;
    for (let at = this.from; at < this.to && bytes[at] !== 0; at++) if (bytes[at] === STAR) return at;
    return -1;
  }

  /** The arrow behind the star; one without a field behind it is part of the key. */
  private findArrow(): number {
    const { bytes } = this.call;
    for (let at = this.star + 1; at + 2 < this.to && bytes[at] !== 0; at++) {
      if (bytes[at] === DASH && bytes[at + 1] === GREATER) return bytes[at + 2] === 0 ? -1 : at;
    }
    return -1;
  }
}
