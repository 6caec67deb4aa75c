// Members: the records of sets, hashes and sorted sets that outgrew their packed form, and the tables that find them
// (layout: structures/record.ts). A member of 16 bytes takes 24 bytes of record and 8.5 of index.

import { copyBytes } from '../lib/bytes.ts';
import type { KeyHasher } from '../lib/half-siphash.ts';
import { type FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import { HashTable } from '../structures/hash-table.ts';
import {
  FIELD_FLAG,
  KEY_BYTES_BITS,
  LONG_FLAG,
  MEMBERS,
  memberBytes,
  memberOffset,
  memberValueBytes,
  SHORT_KEY_BYTES_MAX,
  SHORT_VALUE_BYTES_MAX,
} from '../structures/record.ts';
import { TableSnapshots } from '../structures/table-snapshot.ts';
import { TableWalk } from '../structures/table-walk.ts';
import type { Disposable } from './disposals.ts';

const EMPTY = new Uint8Array(0);
/** Records looked at to judge what all of a table take. */
const ESTIMATED_BY = 100;

/** All member tables of one flat memory. */
export class Members implements Disposable {
  readonly memory: FlatMemory;
  readonly table: HashTable;
  /** Point-in-time walks through the tables. */
  readonly snapshots: TableSnapshots;
  /** What `read` and `readValue` found: bytes[start..end), valid until memory changes. */
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  /** For walks that end before anything else walks. */
  private readonly ownWalk: TableWalk;

  constructor(memory: FlatMemory, hasher: KeyHasher) {
    this.memory = memory;
    this.table = new HashTable(memory, hasher, MEMBERS);
    this.snapshots = new TableSnapshots(this.table);
    this.ownWalk = new TableWalk(this.table);
  }

  /** Bytes of a record with these parts. */
  static size(memberLength: number, valueLength: number, withField: boolean): number {
    const long = memberLength > SHORT_KEY_BYTES_MAX || valueLength > SHORT_VALUE_BYTES_MAX;
    return 4 + (withField ? 8 : 0) + (long ? 8 : 0) + memberLength + valueLength;
  }

  /**
   * A record for member[start..end) with a value of `valueLength` unspecified bytes, and with two unspecified words if
   * it has a field. In no table yet; the caller owns it. May grow memory; the member may lie in flat memory.
   */
  create(member: Uint8Array, start: number, end: number, valueLength: number, withField: boolean): number {
    const length = end - start;
    const handle = this.memory.allocate(Members.size(length, valueLength, withField));
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    const field = withField ? FIELD_FLAG : 0;
    if (length <= SHORT_KEY_BYTES_MAX && valueLength <= SHORT_VALUE_BYTES_MAX) {
      words[word] = field | (valueLength << KEY_BYTES_BITS) | length;
    } else {
      words[word] = field | LONG_FLAG;
      words[word + (withField ? 3 : 1)] = length;
      words[word + (withField ? 4 : 2)] = valueLength;
    }
    const at = (word << 2) + memberOffset(words[word]!);
    copyBytes(member, start, end, this.memory.bytes[handle >>> SEGMENT_SHIFT]!, at);
    return handle;
  }

  /** Frees a record that is in no table. */
  free(handle: number): void {
    this.memory.free(handle);
  }

  /** Points `bytes`, `start` and `end` at a record's member. */
  read(handle: number): void {
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    const lengths = words[word]!;
    this.bytes = this.memory.bytes[handle >>> SEGMENT_SHIFT]!;
    this.start = (word << 2) + memberOffset(lengths);
    this.end = this.start + memberBytes(words, word, lengths);
  }

  /** A view of what `read` and `readValue` point at, of a record. */
  view(handle: number): DataView {
    return this.memory.views[handle >>> SEGMENT_SHIFT]!;
  }

  /** Points them at a record's value, which lies behind the member. */
  readValue(handle: number): void {
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    const lengths = words[word]!;
    this.bytes = this.memory.bytes[handle >>> SEGMENT_SHIFT]!;
    this.start = (word << 2) + memberOffset(lengths) + memberBytes(words, word, lengths);
    this.end = this.start + memberValueBytes(words, word, lengths);
  }

  memberLength(handle: number): number {
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    return memberBytes(words, word, words[word]!);
  }

  valueLength(handle: number): number {
    const words = this.memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    return memberValueBytes(words, word, words[word]!);
  }

  hasField(handle: number): boolean {
    return this.memory.words[handle >>> SEGMENT_SHIFT]![(handle & GRANULE_MASK) << 1]! < 0;
  }

  /**
   * Makes a record's value `length` unspecified bytes, in place where the block is of just the right size; else a new
   * record is made, member and field copied, and the old one freed: the caller puts it in the old one's place. Returns
   * the record. May grow memory.
   */
  resizeValue(handle: number, length: number): number {
    const { memory } = this;
    const words = memory.words[handle >>> SEGMENT_SHIFT]!;
    const word = (handle & GRANULE_MASK) << 1;
    const lengths = words[word]!;
    const member = memberBytes(words, word, lengths);
    const isShort = (lengths & LONG_FLAG) === 0 && length <= SHORT_VALUE_BYTES_MAX;
    const room = memory.capacity(handle);
    const size = Members.size(member, length, lengths < 0);
    if (isShort && size <= room && size + (room >>> 3) + 8 > room) {
      words[word] = (lengths & (FIELD_FLAG | SHORT_KEY_BYTES_MAX)) | (length << KEY_BYTES_BITS);
      return handle;
    }
    const start = (word << 2) + memberOffset(lengths);
    const bytes = memory.bytes[handle >>> SEGMENT_SHIFT]!;
    const made = this.create(bytes, start, start + member, length, lengths < 0);
    if (lengths < 0) this.copyField(handle, made);
    memory.free(handle);
    return made;
  }

  /** A record like another with or without a field (unspecified when the other had none); the old one is freed. */
  withField(handle: number, withField: boolean): number {
    if (this.hasField(handle) === withField) return handle;
    this.read(handle);
    const { bytes, start, end } = this;
    const length = this.valueLength(handle);
    const made = this.create(bytes, start, end, length, withField);
    this.readValue(made);
    copyBytes(bytes, end, end + length, this.bytes, this.start);
    this.memory.free(handle);
    return made;
  }

  /** Frees one segment's records; false when all is gone. */
  dispose(root: number): boolean {
    const more = this.table.dispose(root);
    for (let index = 0; index < this.table.collectedCount; index++) this.memory.free(this.table.collected[index]!);
    return more;
  }

  /** About what a table and its records take, judged by some of them. */
  estimatedBytes(root: number): number {
    const { table, memory, ownWalk } = this;
    const count = table.count(root);
    let looked = 0;
    let bytes = 0;
    ownWalk.start(root);
    for (let member = ownWalk.next(); member !== NONE && looked < ESTIMATED_BY; member = ownWalk.next()) {
      bytes += memory.capacity(member);
      looked++;
    }
    return table.indexBytes(root) + Math.round((bytes / Math.max(1, looked)) * count);
  }

  /** A copy of a record that is in no table. May grow memory. */
  duplicate(handle: number): number {
    this.read(handle);
    const { bytes, start, end } = this;
    const length = this.valueLength(handle);
    const made = this.create(bytes, start, end, length, this.hasField(handle));
    if (this.hasField(handle)) this.copyField(handle, made);
    this.readValue(made);
    copyBytes(bytes, end, end + length, this.bytes, this.start);
    return made;
  }

  /** A copy of a table with all its records. May grow memory. */
  duplicateTable(root: number): number {
    const copy = this.table.create();
    const walk = this.ownWalk;
    walk.start(root);
    for (let handle = walk.next(); handle !== NONE; handle = walk.next()) {
      const made = this.duplicate(handle);
      this.read(made);
      this.table.find(copy, this.bytes, this.start, this.end);
      this.table.insert(copy, made);
    }
    return copy;
  }

  /** Bytes that a copy of a table takes at most. O(N). */
  tableBytes(root: number): number {
    let bytes = this.table.indexBytes(root) * 2;
    const walk = this.ownWalk;
    walk.start(root);
    for (let handle = walk.next(); handle !== NONE; handle = walk.next()) bytes += this.memory.capacity(handle);
    return bytes;
  }

  private copyField(from: number, to: number): void {
    const source = this.memory.words[from >>> SEGMENT_SHIFT]!;
    const target = this.memory.words[to >>> SEGMENT_SHIFT]!;
    const sourceWord = (from & GRANULE_MASK) << 1;
    const targetWord = (to & GRANULE_MASK) << 1;
    target[targetWord + 1] = source[sourceWord + 1]!;
    target[targetWord + 2] = source[sourceWord + 2]!;
  }
}
