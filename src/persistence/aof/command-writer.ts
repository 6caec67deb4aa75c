// A data set as the commands that make it again: the base of a log with aof-use-rdb-preamble no, as Redis writes it. Up to
// 64 items go into a command; deadlines come last, with PEXPIREAT.
//
// Of a value in parts each part is whole commands, so that they may be written by several writers and put together. Where
// members come one by one the last command is made longer as long as it is the last thing in the buffer: its count is
// written anew.

import type { Datatypes } from '../../datatypes/datatypes.ts';
import { NEVER } from '../../datatypes/hash-walk.ts';
import { HASH, LIST, SET, SORTED_SET, STREAM, STRING } from '../../datatypes/key-record.ts';
import { LARGE } from '../../datatypes/packed-values.ts';
import { NO_DEADLINE } from '../../engine/expiry.ts';
import type { Keyspace } from '../../engine/keyspace.ts';
import { unreachable } from '../../lib/assert.ts';
import { fromLatin1, sliceBytes } from '../../lib/bytes.ts';
import { DOUBLE_BYTES_MAX, writeDouble } from '../../lib/decimal.ts';
import { integerLength, writeInteger } from '../../lib/integers.ts';
import { NONE, SEGMENT_SHIFT } from '../../memory/flat-memory.ts';
import { readScore } from '../../structures/score.ts';
import type { OpenValue, SnapshotFormat } from '../snapshot-format.ts';
import { CommandOutput } from './command-output.ts';
import { type OpenStream, StreamCommandWriter } from './stream-command-writer.ts';

/** Items of one command. Redis: AOF_REWRITE_ITEMS_PER_CMD. */
const ITEMS_MAX = 64;
const SET_COMMAND = fromLatin1('SET');
const RPUSH = fromLatin1('RPUSH');
const SADD = fromLatin1('SADD');
const ZADD = fromLatin1('ZADD');
const HMSET = fromLatin1('HMSET');
const HPEXPIREAT = fromLatin1('HPEXPIREAT');
const FIELDS = fromLatin1('FIELDS');
const PEXPIREAT = fromLatin1('PEXPIREAT');
const SELECT = fromLatin1('SELECT');
const FUNCTION = fromLatin1('FUNCTION');
const LOAD = fromLatin1('LOAD');

/** What is remembered of a value in parts. */
export interface OpenKey extends OpenValue {
  readonly key: Uint8Array;
  readonly deadline: number | bigint;
}

export class CommandWriter extends CommandOutput implements SnapshotFormat {
  private readonly keyspace: Keyspace;
  /** For reading: a set of its own, since parts are written while commands are in the middle of something. */
  private readonly values: Datatypes;
  private readonly streams: StreamCommandWriter;
  private readonly digits = new Uint8Array(DOUBLE_BYTES_MAX);
  /** The key of the record at hand: keyBytes[keyStart..keyEnd). */
  private keyBytes: Uint8Array = new Uint8Array(0);
  private keyStart = 0;
  private keyEnd = 0;
  /** Items that the command begun last still lacks. */
  private itemsToCome = 0;
  /** The command that may be made longer: of which value, where its count stands, its items, where it ends. */
  private batchOf: OpenKey | null = null;
  private batchStart = 0;
  private batchItems = 0;
  private batchEnd = -1;

  constructor(keyspace: Keyspace) {
    super();
    this.keyspace = keyspace;
    this.values = keyspace.readers();
    this.streams = new StreamCommandWriter(this, this.values.streams);
  }

  /** Notes the time at the beginning of a base (aof-timestamp-enabled). */
  timestamp(seconds: number): void {
    const text = fromLatin1(`#TS:${seconds}\r\n`);
    this.raw(text, 0, text.length);
  }

  /** The code of a library of functions; these stand before all keys. */
  library(code: Uint8Array): void {
    this.array(3);
    this.bulk(FUNCTION, 0, FUNCTION.length);
    this.bulk(LOAD, 0, LOAD.length);
    this.bulk(code, 0, code.length);
  }

  selectDatabase(index: number): void {
    this.array(2);
    this.bulk(SELECT, 0, SELECT.length);
    this.integer(index);
  }

  end(): void {
    // The file's end says it.
  }

  // --- whole keys ---

  record(handle: number): void {
    const { records } = this.values;
    const type = records.type(handle);
    if (type === STREAM) {
      this.streams.whole(handle, this.openStream(handle));
      return;
    }
    this.readKey(handle);
    if (type === STRING) this.string(handle);
    else if (type === LIST) this.list(handle);
    else if (type === SET) this.set(handle);
    else if (type === HASH) this.hash(handle);
    else this.sortedSet(handle);
    if (records.hasExpiryField(handle)) this.expireAt(this.deadlineOf(handle));
  }

  private string(handle: number): void {
    const { strings } = this.values;
    strings.read(handle);
    this.array(3);
    this.bulk(SET_COMMAND, 0, SET_COMMAND.length);
    this.bulk(this.keyBytes, this.keyStart, this.keyEnd);
    this.bulk(strings.bytes, strings.start, strings.end);
  }

  private list(handle: number): void {
    const { lists, packed, records } = this.values;
    let left = lists.count(handle);
    if (records.encoding(handle) < LARGE) {
      packed.read(handle);
      this.packItems(packed.bytes, packed.start, left);
      return;
    }
    const { nodes } = lists.quicklist;
    for (let node = nodes.head(packed.payload(handle, 0)); node !== NONE; node = nodes.next(node)) {
      nodes.load(node);
      if (nodes.isPlain(node)) this.pushItem(nodes.bytes, nodes.start, nodes.start + nodes.length, left--);
      else left = this.packItems(nodes.bytes, nodes.start, left);
    }
  }

  /** The items of a listpack, of `left` that there are; returns how many are left then. */
  private packItems(bytes: Uint8Array, pack: number, left: number): number {
    const { listpack } = this.values;
    let after = left;
    for (let at = listpack.first(bytes, pack); !listpack.isEnd(bytes, at); at = listpack.next(bytes, at)) {
      listpack.read(bytes, at);
      this.pushItem(listpack.bytes, listpack.start, listpack.end, after--);
    }
    return after;
  }

  private pushItem(bytes: Uint8Array, start: number, end: number, left: number): void {
    this.nextItem(RPUSH, left, 1);
    this.bulk(bytes, start, end);
  }

  private set(handle: number): void {
    const { sets, setWalk } = this.values;
    let left = sets.count(handle);
    setWalk.begin(handle);
    while (setWalk.next()) {
      this.nextItem(SADD, left--, 1);
      this.bulk(setWalk.bytes, setWalk.start, setWalk.end);
    }
  }

  private sortedSet(handle: number): void {
    const { sortedSets, sortedSetWalk: walk } = this.values;
    let left = sortedSets.count(handle);
    walk.begin(handle, 0);
    while (walk.next()) {
      this.nextItem(ZADD, left--, 2);
      this.score(walk.score());
      walk.readMember();
      this.bulk(walk.bytes, walk.start, walk.end);
    }
  }

  private hash(handle: number): void {
    const { hashes, hashWalk: walk } = this.values;
    const isExpiring = hashes.hasDeadlines(handle);
    let left = hashes.count(handle);
    walk.begin(handle);
    while (walk.next()) {
      if (isExpiring) this.nextItem(HMSET, 1, 2);
      else this.nextItem(HMSET, left--, 2);
      this.bulk(walk.bytes, walk.start, walk.end);
      this.bulk(walk.valueBytes, walk.valueStart, walk.valueEnd);
      if (walk.deadline !== NEVER) this.expireField(walk.bytes, walk.start, walk.end, walk.deadline);
    }
  }

  /** Begins a command where the one before has all of its items; `left` items of `width` arguments are to come. */
  private nextItem(name: Uint8Array, left: number, width: number): void {
    if (this.itemsToCome === 0) {
      this.itemsToCome = Math.min(ITEMS_MAX, left);
      this.array(2 + this.itemsToCome * width);
      this.bulk(name, 0, name.length);
      this.bulk(this.keyBytes, this.keyStart, this.keyEnd);
    }
    this.itemsToCome--;
  }

  private score(score: number): void {
    const end = writeDouble(score, this.digits, 0);
    this.bulk(this.digits, 0, end);
  }

  private expireAt(deadline: number | bigint): void {
    if (deadline === NO_DEADLINE) return;
    this.array(3);
    this.bulk(PEXPIREAT, 0, PEXPIREAT.length);
    this.bulk(this.keyBytes, this.keyStart, this.keyEnd);
    this.time(deadline);
  }

  private expireField(bytes: Uint8Array, start: number, end: number, deadline: number): void {
    this.array(6);
    this.bulk(HPEXPIREAT, 0, HPEXPIREAT.length);
    this.bulk(this.keyBytes, this.keyStart, this.keyEnd);
    this.integer(deadline);
    this.bulk(FIELDS, 0, FIELDS.length);
    this.integer(1);
    this.bulk(bytes, start, end);
  }

  private time(time: number | bigint): void {
    if (typeof time === 'number') this.integer(time);
    else {
      const text = fromLatin1(String(time));
      this.bulk(text, 0, text.length);
    }
  }

  private deadlineOf(handle: number): number | bigint {
    const deadline = this.keyspace.deadline(handle);
    return deadline <= Number.MAX_SAFE_INTEGER ? deadline : this.keyspace.exactDeadline(handle);
  }

  private readKey(handle: number): void {
    const { records } = this.values;
    this.keyBytes = records.memory.bytes[handle >>> SEGMENT_SHIFT]!;
    this.keyStart = records.keyStart(handle);
    this.keyEnd = this.keyStart + records.keyLength(handle);
  }

  // --- keys in parts ---

  private openKey(handle: number): OpenKey {
    const { records } = this.values;
    this.readKey(handle);
    return {
      type: records.type(handle),
      key: sliceBytes(this.keyBytes, this.keyStart, this.keyEnd),
      deadline: records.hasExpiryField(handle) ? this.deadlineOf(handle) : NO_DEADLINE,
    };
  }

  /** The key of a value in parts is that of the commands which follow. */
  private useKey({ key }: OpenKey): void {
    this.keyBytes = key;
    this.keyStart = 0;
    this.keyEnd = key.length;
  }

  openString(handle: number): OpenKey {
    const open = this.openKey(handle);
    this.array(3);
    this.bulk(SET_COMMAND, 0, SET_COMMAND.length);
    this.bulk(open.key, 0, open.key.length);
    this.beginBulk(this.values.strings.length(handle));
    return open;
  }

  stringBytes(_value: OpenValue, bytes: Uint8Array, start: number, end: number): void {
    this.raw(bytes, start, end);
  }

  openMembers(handle: number): OpenKey {
    return this.openKey(handle);
  }

  member(value: OpenValue, member: number): void {
    const open = value as OpenKey;
    const { members } = this.values;
    this.useKey(open);
    if (open.type === HASH) {
      this.field(open, member);
      return;
    }
    if (open.type === SET) this.longerCommand(open, SADD, 1);
    else if (open.type === SORTED_SET) {
      this.longerCommand(open, ZADD, 2);
      this.score(readScore(members.memory, member));
    } else unreachable('only sets, hashes and sorted sets have member records');
    members.read(member);
    this.bulk(members.bytes, members.start, members.end);
    this.batchEnd = this.length;
  }

  private field(open: OpenKey, member: number): void {
    const { members } = this.values;
    const deadline = members.hasField(member) ? readScore(members.memory, member) : NEVER;
    this.longerCommand(open, HMSET, 2);
    members.read(member);
    this.bulk(members.bytes, members.start, members.end);
    members.readValue(member);
    this.bulk(members.bytes, members.start, members.end);
    this.batchEnd = this.length;
    if (deadline === NEVER) return;
    members.read(member);
    this.expireField(members.bytes, members.start, members.end, deadline);
  }

  openList(handle: number): OpenKey {
    return this.openKey(handle);
  }

  listNode(value: OpenValue, node: number): void {
    const open = value as OpenKey;
    const { nodes } = this.values.lists.quicklist;
    this.useKey(open);
    nodes.load(node);
    const { bytes, start } = nodes;
    if (nodes.isPlain(node)) {
      this.longerCommand(open, RPUSH, 1);
      this.bulk(bytes, start, start + nodes.length);
      this.batchEnd = this.length;
      return;
    }
    const { listpack } = this.values;
    for (let at = listpack.first(bytes, start); !listpack.isEnd(bytes, at); at = listpack.next(bytes, at)) {
      this.longerCommand(open, RPUSH, 1);
      listpack.read(bytes, at);
      this.bulk(listpack.bytes, listpack.start, listpack.end);
      this.batchEnd = this.length;
    }
  }

  /** Makes room for one more item in the command that the buffer ends with, if it is of this value, or begins another. */
  private longerCommand(open: OpenKey, name: Uint8Array, width: number): void {
    if (this.batchOf !== open || this.batchEnd !== this.length || this.batchItems === ITEMS_MAX) {
      this.batchOf = open;
      this.batchItems = 1;
      this.batchStart = this.length;
      this.array(2 + width);
      this.bulk(name, 0, name.length);
      this.bulk(open.key, 0, open.key.length);
      return;
    }
    const before = integerLength(2 + this.batchItems * width);
    this.batchItems++;
    const count = 2 + this.batchItems * width;
    const digits = this.batchStart + 1;
    if (integerLength(count) > before) {
      this.ensure(1);
      this.bytes.copyWithin(digits + before + 1, digits + before, this.length);
      this.length++;
    }
    writeInteger(count, this.bytes, digits);
  }

  openStream(handle: number): OpenStream {
    return { ...this.openKey(handle), groups: new Map(), group: new Uint8Array(0), released: [] };
  }

  streamBlock(value: OpenValue, block: number): void {
    this.streams.block(value as OpenStream, block);
  }

  streamTail(value: OpenValue, root: number): void {
    this.streams.tail(value as OpenStream, root);
  }

  group(value: OpenValue, group: number): void {
    this.streams.group(value as OpenStream, group);
  }

  pending(value: OpenValue, leaf: number): void {
    this.streams.pending(value as OpenStream, leaf);
  }

  consumers(): void {
    // They come by themselves.
  }

  consumer(value: OpenValue, consumer: number): void {
    this.streams.consumer(value as OpenStream, consumer);
  }

  own(): void {
    // The group's pending entries say whose they are.
  }

  endGroup(value: OpenValue): void {
    this.streams.endGroup(value as OpenStream);
  }

  endStream(value: OpenValue, root: number): void {
    this.streams.producers(value as OpenStream, root);
  }

  close(value: OpenValue): void {
    const open = value as OpenKey;
    this.useKey(open);
    if (open.type === STRING) this.endBulk();
    this.expireAt(open.deadline);
  }

  // --- the command that may be made longer ---

  override clear(): void {
    super.clear();
    this.batchEnd = -1;
  }

  override array(count: number): void {
    this.batchEnd = -1;
    super.array(count);
  }

  override raw(from: Uint8Array, start: number, end: number): void {
    this.batchEnd = -1;
    super.raw(from, start, end);
  }
}
