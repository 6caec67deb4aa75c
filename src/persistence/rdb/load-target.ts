// The key record that is being loaded: in no table yet, so that a payload that turns out to be damaged leaves nothing behind.

import type { Keyspace } from '../../engine/keyspace.ts';
import { copyBytes } from '../../lib/bytes.ts';
import { NONE } from '../../memory/flat-memory.ts';
import { RdbError } from './rdb-error.ts';

/** A member's record, its share of a table and of a tree, and what a node or a slab takes. */
const ELEMENT_BYTES = 256;
/** Room for a key that is kept from one to the next. */
const KEY_BYTES_KEPT = 64 * 1024;

/** What a failure to find memory is called. */
export const OUT_OF_ROOM = 'out of memory';

export class LoadTarget {
  readonly keyspace: Keyspace;
  /** The key: key[0..keyLength). */
  key: Uint8Array = new Uint8Array(64);
  keyLength = 0;
  /** The access clock that the record gets, and whether it gets a field for a deadline where that costs nothing. */
  access = 0;
  withExpiry = false;
  /** The record as far as it has come; NONE before, and when the value turns out to be empty. */
  record = NONE;

  constructor(keyspace: Keyspace) {
    this.keyspace = keyspace;
  }

  setKey(bytes: Uint8Array, start: number, end: number): void {
    this.keyLength = end - start;
    if (this.key.length < this.keyLength || this.key.length > KEY_BYTES_KEPT) {
      this.key = new Uint8Array(Math.max(64, this.keyLength));
    }
    copyBytes(bytes, start, end, this.key, 0);
  }

  /** Sees to room for an element of so many bytes, or for a whole value. */
  admit(bytes: number): void {
    if (!this.keyspace.memory.admit(bytes + ELEMENT_BYTES)) throw new RdbError(OUT_OF_ROOM, 0);
  }

  /** Gives the finished record to the caller. */
  take(): number {
    const { record } = this;
    this.record = NONE;
    return record;
  }

  /** Frees what was not finished. */
  discard(): void {
    if (this.record !== NONE) this.keyspace.release(this.record, false);
    this.record = NONE;
  }
}
