// What a snapshot is written in: RDB (rdb/rdb-writer.ts), or the commands that make a data set again (aof/command-writer.ts).
//
// Large values are written in parts. The open… methods write what stands before them, and return what the format must
// remember of the value; each of the other methods reads just the member, node or leaf that it is given.

/** What a format remembers of a value that it writes in parts. */
export interface OpenValue {
  /** Its type (datatypes/key-record.ts). */
  readonly type: number;
}

/** Appends to bytes[0..length), which the owner takes away now and then, with `clear`. What stands before the first database
 *  is the owner's to write. */
export interface SnapshotFormat {
  readonly bytes: Uint8Array;
  length: number;
  clear(): void;
  /** Bytes that another writer of the same format made. */
  raw(from: Uint8Array, start: number, end: number): void;
  /** The keys of a database follow: so many, `expires` of them with a deadline. */
  selectDatabase(index: number, keys: number, expires: number): void;
  /** A whole key. */
  record(handle: number): void;

  /** A key with a long string, of which stretches follow. */
  openString(handle: number): OpenValue;
  stringBytes(value: OpenValue, bytes: Uint8Array, start: number, end: number): void;
  /** A large set, hash or sorted set, of which member records follow, in any order. */
  openMembers(handle: number): OpenValue;
  member(value: OpenValue, member: number): void;
  /** A list of packs, of which the nodes follow. */
  openList(handle: number): OpenValue;
  listNode(value: OpenValue, node: number): void;
  /** A stream, of which blocks follow, `streamTail`, and for each of its groups `group`, leaves of pending entries,
   *  `consumers`, for each of these `consumer` and leaves of its own ids, then `endStream`. */
  openStream(handle: number): OpenValue;
  streamBlock(value: OpenValue, block: number): void;
  streamTail(value: OpenValue, root: number): void;
  group(value: OpenValue, group: number): void;
  pending(value: OpenValue, leaf: number): void;
  consumers(value: OpenValue, group: number): void;
  consumer(value: OpenValue, consumer: number): void;
  own(value: OpenValue, leaf: number): void;
  endGroup(value: OpenValue): void;
  endStream(value: OpenValue, root: number): void;
  /** Ends any value. */
  close(value: OpenValue): void;
  /** What stands behind the last key. */
  end(): void;
}
