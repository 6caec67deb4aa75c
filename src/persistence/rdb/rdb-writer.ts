// Writes a data set as Redis 7.0 reads it: `begin`, for each database `selectDatabase` and a `record` for each key, `end`.
// What 7.0 does not know is written as the release that brought it does: fields that expire (7.4), a stream's producers
// (8.6) and released entries (8.8).
//
// A value too large to be written in one go is written in parts, in the order in which they stand below; `record` does
// just that. A part reads what it writes from the one handle that it is given, which may be a copy of the block that it
// names: so a sliced snapshot may keep a copy of what changes meanwhile. What must be known beforehand (counts, the first
// deadline) is read by the open… parts, while the value is as it was, or is told.
//
//   set, hash, sorted set   openMembers, member …
//   list                    openList, listNode …
//   string                  openString, stringBytes …
//   stream                  openStream, block …, tail, for each group (group, pending …, consumers, for each of them
//                           (consumer, own …), endGroup), producers; on `streams`, rdb-stream-writer.ts

import type { Datatypes } from '../../datatypes/datatypes.ts';
import { NEVER, SLOT_BYTES } from '../../datatypes/hash-walk.ts';
import { HASH, INT, LIST, SET, SORTED_SET, STREAM, STRING } from '../../datatypes/key-record.ts';
import { LARGE, PACKED_OTHER } from '../../datatypes/packed-values.ts';
import type { SortedSetWalk } from '../../datatypes/sorted-set-walk.ts';
import type { AccessClock } from '../../engine/access-clock.ts';
import { NO_DEADLINE } from '../../engine/expiry.ts';
import type { Keyspace } from '../../engine/keyspace.ts';
import { unreachable } from '../../lib/assert.ts';
import { Crc64 } from '../../lib/crc64.ts';
import { GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../../memory/flat-memory.ts';
import { memberBytes, memberOffset } from '../../structures/record.ts';
import { readScore } from '../../structures/score.ts';
import { TableWalk } from '../../structures/table-walk.ts';
import {
  CHECKSUM_BYTES,
  NODE_PACKED,
  NODE_PLAIN,
  OPCODE_AUX,
  OPCODE_EOF,
  OPCODE_EXPIRETIME_MS,
  OPCODE_FREQ,
  OPCODE_FUNCTION,
  OPCODE_IDLE,
  OPCODE_RESIZEDB,
  OPCODE_SELECTDB,
  SIGNATURE,
  TYPE_HASH,
  TYPE_HASH_LISTPACK,
  TYPE_HASH_LISTPACK_EX,
  TYPE_HASH_METADATA,
  TYPE_LIST_QUICKLIST_2,
  TYPE_SET,
  TYPE_SET_INTSET,
  TYPE_SET_LISTPACK,
  TYPE_STREAM_LISTPACKS_4,
  TYPE_STREAM_LISTPACKS_5,
  TYPE_STRING,
  TYPE_ZSET_2,
  TYPE_ZSET_LISTPACK,
  VERSION_7_0,
  VERSION_7_4,
  VERSION_8_6,
  VERSION_8_8,
  type WrittenVersion,
} from './rdb-format.ts';
import { RdbOutput } from './rdb-output.ts';
import { RdbStreamWriter } from './rdb-stream-writer.ts';

/** What is kept of the access clock: nothing, idle seconds (LRU policies), frequency (LFU policies). */
export const USAGE_NONE = 0;
export const USAGE_IDLE = 1;
export const USAGE_FREQUENCY = 2;
export type KeptUsage = typeof USAGE_NONE | typeof USAGE_IDLE | typeof USAGE_FREQUENCY;

/** Records that are fetched side by side: what the processor's line fill buffers hold some times over. */
const BATCH = 64;
/** Words from a record's start to where it may reach into its next line of the cache. */
const NEXT_LINE = 9;

export class RdbWriter extends RdbOutput {
  /** Kept by what maxmemory-policy asks for. */
  usage: KeptUsage = USAGE_NONE;
  /** The parts of streams. */
  readonly streams: RdbStreamWriter;
  private version: WrittenVersion = VERSION_7_0;
  /** Where the type of the value opened last stands; a key stands before it unless the payload is DUMP's. */
  private type = TYPE_STRING;
  private hasKey = true;
  /** For reading: another set than the keyspace's own where it may be in the middle of something. */
  private readonly values: Datatypes;
  private readonly keyspace: Keyspace;
  private readonly access: Pick<AccessClock, 'idleSeconds' | 'counter'>;
  private readonly members: TableWalk;
  private readonly order: SortedSetWalk;
  private readonly footer = new Crc64();
  /** Members to be written next; and what makes the compiler keep `warm`. */
  private readonly batch = new Int32Array(BATCH);
  warmed = 0;

  constructor(keyspace: Keyspace, access: Pick<AccessClock, 'idleSeconds' | 'counter'>, values: Datatypes = keyspace) {
    super();
    this.keyspace = keyspace;
    this.values = values;
    this.access = access;
    this.streams = new RdbStreamWriter(this, values.streams);
    this.members = new TableWalk(values.members.table);
    this.order = values.sortedSets.walk();
  }

  // --- a file ---

  /** Begins a file; `aux` are names and values for those who read it. The buffer is emptied. */
  begin(version: WrittenVersion, aux: readonly (readonly [name: string, value: string])[]): void {
    this.beginChecksum();
    this.version = version;
    const head = SIGNATURE + String(version).padStart(4, '0');
    this.ensure(head.length);
    for (let index = 0; index < head.length; index++) this.bytes[this.length++] = head.charCodeAt(index);
    for (const [name, value] of aux) this.auxiliary(name, value);
  }

  /** The keys of database `index` follow; `keys` (with `expires` of them) is a hint, none when it is negative. */
  selectDatabase(index: number, keys: number, expires: number): void {
    this.byte(OPCODE_SELECTDB);
    this.count(index);
    if (keys < 0) return;
    this.byte(OPCODE_RESIZEDB);
    this.count(keys);
    this.count(expires);
  }

  /** A name and a value, in latin1, that a reader may or may not know. */
  auxiliary(name: string, value: string): void {
    this.byte(OPCODE_AUX);
    this.text(name);
    const number = Number(value);
    if (String(number | 0) !== value || !this.integer(number)) this.text(value);
  }

  /** The code of a library of functions. */
  library(code: Uint8Array): void {
    this.byte(OPCODE_FUNCTION);
    this.string(code, 0, code.length);
  }

  /** Ends the file. */
  end(): void {
    this.byte(OPCODE_EOF);
    this.writeChecksum();
  }

  // --- whole values ---

  /** A whole key. */
  record(handle: number): void {
    this.hasKey = true;
    if (this.values.records.type(handle) === STRING) this.stringRecord(handle);
    else this.value(handle);
  }

  /** What DUMP replies for a key: its value, with the version and a checksum of its own; behind what was written. */
  dumpPayload(handle: number): void {
    const start = this.length;
    const { version } = this;
    this.hasKey = false;
    this.version = VERSION_7_0;
    if (this.values.records.type(handle) === STRING) this.stringRecord(handle);
    else this.value(handle);
    this.ensure(2 + CHECKSUM_BYTES);
    this.bytes[this.length++] = this.neededVersion();
    this.bytes[this.length++] = 0;
    this.footer.reset();
    this.footer.update(this.bytes, start, this.length);
    this.footer.write(this.bytes, this.length);
    this.length += CHECKSUM_BYTES;
    this.version = version;
  }

  /** The first version whose readers know the type written last. */
  private neededVersion(): number {
    const { type } = this;
    if (type === TYPE_STREAM_LISTPACKS_5) return VERSION_8_8;
    if (type === TYPE_STREAM_LISTPACKS_4) return VERSION_8_6;
    return type === TYPE_HASH_METADATA || type === TYPE_HASH_LISTPACK_EX ? VERSION_7_4 : VERSION_7_0;
  }

  private value(handle: number): void {
    const { values } = this;
    const type = values.records.type(handle);
    const encoding = values.records.encoding(handle);
    if (type === STREAM) this.streams.whole(handle);
    else if (type === LIST) this.list(handle, encoding);
    else if (encoding < LARGE) this.packed(handle, type, (encoding & PACKED_OTHER) !== 0);
    else if (type === SORTED_SET) this.sortedSet(handle);
    else {
      const base = this.openMembers(handle);
      const { members, batch } = this;
      members.start(values.packed.payload(handle, 0));
      for (let count = this.nextMembers(); count > 0; count = this.nextMembers()) {
        for (let index = 0; index < count; index++) this.member(type, batch[index]!, base);
      }
    }
  }

  /** Gathers some members of the walk in `batch`. */
  private nextMembers(): number {
    const { members, batch } = this;
    let count = 0;
    while (count < BATCH) {
      const member = members.next();
      if (member === NONE) break;
      batch[count++] = member;
    }
    this.warm(batch, count);
    return count;
  }

  /**
   * Touches records that will be written next. Where they lie all over memory the processor fetches them side by side then,
   * not one after the other: a million keys take 0.17 instead of 0.31 s (rdb.bench.ts).
   */
  warm(handles: Int32Array, count: number): void {
    const { words } = this.values.records.memory;
    let sum = 0;
    for (let index = 0; index < count; index++) {
      const handle = handles[index]!;
      const segment = words[handle >>> SEGMENT_SHIFT]!;
      const word = (handle & GRANULE_MASK) << 1;
      // Half of those of 40 bytes lie in two lines.
      sum ^= segment[word]! ^ (word + NEXT_LINE < segment.length ? segment[word + NEXT_LINE]! : 0);
    }
    this.warmed = sum;
  }

  /** From the greatest score to the least, as Redis does: its readers put each before all others. */
  private sortedSet(handle: number): void {
    const { order } = this;
    this.openMembers(handle);
    order.begin(handle, this.values.sortedSets.count(handle));
    const { batch } = this;
    for (let more = true; more; ) {
      let count = 0;
      while (count < BATCH && (more = order.previous())) batch[count++] = order.record;
      this.warm(batch, count);
      for (let index = 0; index < count; index++) this.member(SORTED_SET, batch[index]!, NEVER);
    }
  }

  private list(handle: number, encoding: number): void {
    const { packed, lists } = this.values;
    if (encoding < LARGE) {
      this.openKey(handle, TYPE_LIST_QUICKLIST_2);
      this.count(1);
      this.count(NODE_PACKED);
      packed.read(handle);
      this.string(packed.bytes, packed.start, packed.end);
      return;
    }
    this.openList(handle);
    const { nodes } = lists.quicklist;
    for (let node = nodes.head(packed.payload(handle, 0)); node !== NONE; node = nodes.next(node)) this.listNode(node);
  }

  private packed(handle: number, type: number, other: boolean): void {
    if (type === SET && !other && this.version < VERSION_7_4) this.setOfStrings(handle);
    else if (type === HASH && other) this.expiringHash(handle);
    else {
      const packedSet = other ? TYPE_SET_INTSET : TYPE_SET_LISTPACK;
      this.openKey(handle, type === SET ? packedSet : type === HASH ? TYPE_HASH_LISTPACK : TYPE_ZSET_LISTPACK);
      const { packed } = this.values;
      packed.read(handle);
      this.string(packed.bytes, packed.start, packed.end);
    }
  }

  /** A set that is a listpack, for readers who know none such. */
  private setOfStrings(handle: number): void {
    const { packed, listpack } = this.values;
    this.openKey(handle, TYPE_SET);
    packed.read(handle);
    const { bytes, start } = packed;
    this.count(listpack.count(bytes, start));
    for (let at = listpack.first(bytes, start); !listpack.isEnd(bytes, at); at = listpack.next(bytes, at)) {
      listpack.read(bytes, at);
      this.string(listpack.bytes, listpack.start, listpack.end);
    }
  }

  /** A packed hash with room for deadlines; one without any is written as older readers know it. */
  private expiringHash(handle: number): void {
    const { packed, hashes, hashWalk } = this.values;
    const first = hashes.firstDeadline(handle);
    if (first !== NEVER || this.version >= VERSION_7_4) {
      this.openKey(handle, TYPE_HASH_LISTPACK_EX);
      this.time(first);
      packed.read(handle);
      this.string(packed.bytes, packed.start + SLOT_BYTES, packed.end);
      return;
    }
    this.openKey(handle, TYPE_HASH);
    this.count(hashes.count(handle));
    hashWalk.begin(handle);
    while (hashWalk.next()) {
      this.string(hashWalk.bytes, hashWalk.start, hashWalk.end);
      this.string(hashWalk.valueBytes, hashWalk.valueStart, hashWalk.valueEnd);
    }
  }

  private stringRecord(handle: number): void {
    const { records, strings } = this.values;
    this.openKey(handle, TYPE_STRING);
    if (records.encoding(handle) === INT) {
      const words = records.memory.words[handle >>> SEGMENT_SHIFT]!;
      const word = records.payloadWord(handle);
      const low = words[word]!;
      if (words[word + 1] === low >> 31 && this.integer(low)) return;
    }
    strings.read(handle);
    this.string(strings.bytes, strings.start, strings.end);
  }

  // --- parts ---

  /**
   * All that stands before a value: deadline, usage, type, key. Reads the key's record. With DUMP the type alone. For the
   * open… parts.
   */
  openKey(handle: number, type: number): void {
    this.type = type;
    if (!this.hasKey) {
      this.byte(type);
      return;
    }
    const { values } = this;
    const { records } = values;
    if (records.hasExpiryField(handle)) this.deadline(handle);
    if (this.usage !== USAGE_NONE) this.writeUsage(handle);
    this.byte(type);
    const start = records.keyStart(handle);
    this.string(records.memory.bytes[handle >>> SEGMENT_SHIFT]!, start, start + records.keyLength(handle));
  }

  private deadline(handle: number): void {
    const deadline = this.keyspace.deadline(handle);
    if (deadline === NO_DEADLINE) return;
    this.byte(OPCODE_EXPIRETIME_MS);
    if (deadline <= Number.MAX_SAFE_INTEGER) {
      this.time(deadline);
      return;
    }
    const exact = this.keyspace.exactDeadline(handle);
    this.wide(Number(BigInt.asIntN(32, exact >> 32n)), Number(BigInt.asIntN(32, exact)));
  }

  private writeUsage(handle: number): void {
    if (this.usage === USAGE_IDLE) {
      this.byte(OPCODE_IDLE);
      this.count(this.access.idleSeconds(handle));
    } else {
      this.byte(OPCODE_FREQ);
      this.byte(this.access.counter(handle));
    }
  }

  /**
   * All of a large set, hash or sorted set before its members. Reads the key's record, the root of its table, and of a hash
   * the first deadline. Returns the base for `member`.
   */
  openMembers(handle: number): number {
    const { records, hashes, sortedSets, sets } = this.values;
    const type = records.type(handle);
    if (type === SET) {
      this.openKey(handle, TYPE_SET);
      this.count(sets.count(handle));
      return NEVER;
    }
    if (type === SORTED_SET) {
      this.openKey(handle, TYPE_ZSET_2);
      this.count(sortedSets.count(handle));
      return NEVER;
    }
    const first = hashes.firstDeadline(handle);
    this.openKey(handle, first === NEVER ? TYPE_HASH : TYPE_HASH_METADATA);
    if (first !== NEVER) this.time(first);
    this.count(hashes.count(handle));
    return first;
  }

  /**
   * One member of a value of `type` (datatypes/key-record.ts). Reads its member record; `fieldExpiryBase` is what
   * `openMembers` returned.
   */
  member(type: number, member: number, fieldExpiryBase: number): void {
    if (type === SORTED_SET) {
      this.scoredMember(member);
      return;
    }
    const { members } = this.values;
    if (fieldExpiryBase !== NEVER) {
      this.count(members.hasField(member) ? readScore(members.memory, member) - fieldExpiryBase + 1 : 0);
    }
    members.read(member);
    this.string(members.bytes, members.start, members.end);
    if (type === HASH) {
      members.readValue(member);
      this.string(members.bytes, members.start, members.end);
    } else if (type !== SET) unreachable('only sets, hashes and sorted sets have member records');
  }

  /** A member and its score, decoded in one go. */
  private scoredMember(member: number): void {
    const { memory } = this.values.members;
    const words = memory.words[member >>> SEGMENT_SHIFT]!;
    const word = (member & GRANULE_MASK) << 1;
    const lengths = words[word]!;
    const start = (word << 2) + memberOffset(lengths);
    this.string(memory.bytes[member >>> SEGMENT_SHIFT]!, start, start + memberBytes(words, word, lengths));
    this.wide(words[word + 2]!, words[word + 1]!);
  }

  /** All of a list of packs before its nodes. Reads the key's record and the list's root. */
  openList(handle: number): void {
    const { packed, lists } = this.values;
    this.openKey(handle, TYPE_LIST_QUICKLIST_2);
    this.count(lists.quicklist.nodeCount(packed.payload(handle, 0)));
  }

  /** One node of a list of packs. Reads the node; what it says of its neighbours does not matter. */
  listNode(node: number): void {
    const { nodes } = this.values.lists.quicklist;
    const isPlain = nodes.isPlain(node);
    this.count(isPlain ? NODE_PLAIN : NODE_PACKED);
    if (nodes.isCompressed(node)) {
      nodes.loadStream(node);
      this.compressedString(nodes.bytes, nodes.start, nodes.start + nodes.length, nodes.bytesOf(node));
      return;
    }
    nodes.load(node);
    this.string(nodes.bytes, nodes.start, nodes.start + nodes.length);
  }

  /** All of a long string before its bytes, which follow as they are. Reads the key's record. */
  openString(handle: number): void {
    this.openKey(handle, TYPE_STRING);
    this.count(this.values.strings.length(handle));
  }

  /** Some bytes of a string; all together are as many as `openString` said. */
  stringBytes(bytes: Uint8Array, start: number, end: number): void {
    this.raw(bytes, start, end);
  }

  /** All of a stream before its blocks; the other parts are those of `streams`. Reads what that says. */
  openStream(handle: number): void {
    this.streams.open(handle);
  }

  /** The version of the file, or of DUMP. For `streams`. */
  isFor74(): boolean {
    return this.version >= VERSION_7_4;
  }
}
