// What every type but strings tells the keyspace of its values. One object serves all the values of its type.

export interface Datatype {
  /** What OBJECT ENCODING calls a record's encoding. */
  encodingName(handle: number): string;
  /** Elements of a record's value. */
  count(handle: number): number;
  /**
   * Frees what a record owns beside itself; the record stays, with a payload that names nothing. With `later` large
   * values are handed to the disposals, to be freed in slices.
   */
  release(handle: number, later: boolean): void;
  /** Gives a freshly copied record (KeyRecords.copy) a value of its own. May grow memory. */
  duplicate(copy: number): void;
  /** Bytes that `duplicate` takes at most. */
  copyBytes(handle: number): number;
  /** Walks a value whole; asserts its invariants. */
  check(handle: number): void;
}
