// RDB as a format of snapshots.

import { NEVER } from '../../datatypes/hash-walk.ts';
import { HASH, LIST, STREAM, STRING } from '../../datatypes/key-record.ts';
import type { AccessClock } from '../../engine/access-clock.ts';
import type { Keyspace } from '../../engine/keyspace.ts';
import type { OpenValue, SnapshotFormat } from '../snapshot-format.ts';
import { RdbWriter } from './rdb-writer.ts';
import { versionFor } from './whole.ts';

/** What deadlines of fields count from. */
interface OpenHash extends OpenValue {
  readonly base: number;
}

export interface RdbSnapshotOptions {
  /** rdbcompression, rdbchecksum. */
  readonly compress: boolean;
  readonly checksum: boolean;
  /** Names and values for those who read the file. */
  readonly aux: readonly (readonly [name: string, value: string])[];
}

export class RdbSnapshotFormat implements SnapshotFormat {
  readonly writer: RdbWriter;
  private readonly keyspace: Keyspace;

  /** Begins a file. It reads with readers of its own: a snapshot is told of changes in the middle of commands. */
  constructor(keyspace: Keyspace, access: AccessClock, usage: RdbWriter['usage'], options: RdbSnapshotOptions) {
    this.keyspace = keyspace;
    this.writer = new RdbWriter(keyspace, access, keyspace.readers());
    this.writer.compress = options.compress;
    this.writer.checksum = options.checksum;
    this.writer.usage = usage;
    this.writer.begin(versionFor(keyspace), options.aux);
  }

  get bytes(): Uint8Array {
    return this.writer.bytes;
  }

  get length(): number {
    return this.writer.length;
  }

  set length(length: number) {
    this.writer.length = length;
  }

  clear(): void {
    this.writer.clear();
  }

  raw(from: Uint8Array, start: number, end: number): void {
    this.writer.raw(from, start, end);
  }

  selectDatabase(index: number, keys: number, expires: number): void {
    this.writer.selectDatabase(index, keys, expires);
  }

  record(handle: number): void {
    this.writer.record(handle);
  }

  openString(handle: number): OpenValue {
    this.writer.openString(handle);
    return { type: STRING };
  }

  stringBytes(_value: OpenValue, bytes: Uint8Array, start: number, end: number): void {
    this.writer.stringBytes(bytes, start, end);
  }

  openMembers(handle: number): OpenHash {
    return { type: this.keyspace.records.type(handle), base: this.writer.openMembers(handle) };
  }

  member(value: OpenValue, member: number): void {
    this.writer.member(value.type, member, value.type === HASH ? (value as OpenHash).base : NEVER);
  }

  openList(handle: number): OpenValue {
    this.writer.openList(handle);
    return { type: LIST };
  }

  listNode(_value: OpenValue, node: number): void {
    this.writer.listNode(node);
  }

  openStream(handle: number): OpenValue {
    this.writer.openStream(handle);
    return { type: STREAM };
  }

  streamBlock(_value: OpenValue, block: number): void {
    this.writer.streams.block(block);
  }

  streamTail(_value: OpenValue, root: number): void {
    this.writer.streams.tail(root, this.keyspace.streams.groups.count(root));
  }

  group(_value: OpenValue, group: number): void {
    this.writer.streams.group(group, this.keyspace.streams.groups.pendingCount(group));
  }

  pending(_value: OpenValue, leaf: number): void {
    this.writer.streams.pending(leaf);
  }

  consumers(_value: OpenValue, group: number): void {
    this.writer.streams.consumers(this.keyspace.streams.groups.consumerCount(group));
  }

  consumer(_value: OpenValue, consumer: number): void {
    this.writer.streams.consumer(consumer, this.keyspace.streams.groups.ownCount(consumer));
  }

  own(_value: OpenValue, leaf: number): void {
    this.writer.streams.own(leaf);
  }

  endGroup(): void {
    this.writer.streams.endGroup();
  }

  endStream(_value: OpenValue, root: number): void {
    this.writer.streams.producers(root);
  }

  close(): void {
    // The counts say where a value ends.
  }

  end(): void {
    this.writer.end();
  }
}
