// Walks through hashes (hash.ts has the layouts).

import { NONE } from '../memory/flat-memory.ts';
import { Listpack } from '../structures/listpack.ts';
import { readScore } from '../structures/score.ts';
import { TableWalk } from '../structures/table-walk.ts';
import type { KeyRecords } from './key-record.ts';
import type { Members } from './members.ts';
import { LARGE, PACKED_OTHER, type PackedValues } from './packed-values.ts';

const EMPTY = new Uint8Array(0);
const PACK_OF_NOTHING = Uint8Array.of(0xff);
/** Bytes before the listpack of a listpackex: the armed slot. */
export const SLOT_BYTES = 4;
/** No deadline. */
export const NEVER = 0;

/**
 * A walk through the fields of one hash, each once, without allocating; also a reader of single fields. While it goes on
 * its hash may be asked, but not changed; other values may.
 */
export class HashWalk {
  /** The field that `next` came upon: bytes[start..end), its value, its deadline or NEVER. */
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  valueBytes: Uint8Array = EMPTY;
  valueStart = 0;
  valueEnd = 0;
  /** Views of the bytes of both: for replies. */
  view: DataView;
  valueView: DataView;
  deadline = NEVER;
  private readonly records: KeyRecords;
  private readonly packed: PackedValues;
  private readonly members: Members;
  private readonly table: TableWalk;
  private readonly field = new Listpack();
  private readonly value = new Listpack();
  private isTable = false;
  private isExpiring = false;
  private packBytes: Uint8Array = PACK_OF_NOTHING;
  private packView: DataView;
  private place = 0;

  constructor(records: KeyRecords, packed: PackedValues, members: Members) {
    this.records = records;
    this.packed = packed;
    this.members = members;
    this.table = new TableWalk(members.table);
    this.view = this.field.digitsView;
    this.valueView = this.value.digitsView;
    this.packView = this.view;
  }

  /** Begins before the first field of a hash; NONE is an empty one. */
  begin(handle: number): void {
    this.isTable = false;
    this.packBytes = PACK_OF_NOTHING;
    this.place = 0;
    if (handle === NONE) return;
    const encoding = this.records.encoding(handle);
    this.isTable = encoding >= LARGE;
    if (this.isTable) {
      this.table.start(this.packed.payload(handle, 0));
      return;
    }
    this.isExpiring = (encoding & PACKED_OTHER) !== 0;
    this.packed.read(handle);
    this.packBytes = this.packed.bytes;
    this.packView = this.packed.view();
    this.place = this.field.first(this.packBytes, this.packed.start + (this.isExpiring ? SLOT_BYTES : 0));
  }

  /** Goes on to the next field; false after the last. */
  next(): boolean {
    if (this.isTable) {
      const record = this.table.next();
      if (record === NONE) return false;
      this.read(record);
      return true;
    }
    const { packBytes: bytes, field, value } = this;
    if (field.isEnd(bytes, this.place)) return false;
    field.read(bytes, this.place);
    const valueAt = field.next(bytes, this.place);
    this.place = field.next(bytes, valueAt);
    this.deadline = NEVER;
    if (this.isExpiring) {
      value.read(bytes, this.place);
      this.deadline = value.integer;
      this.place = field.next(bytes, this.place);
    }
    value.read(bytes, valueAt);
    this.view = field.isInteger ? field.digitsView : this.packView;
    this.valueView = value.isInteger ? value.digitsView : this.packView;
    this.bytes = field.bytes;
    this.start = field.start;
    this.end = field.end;
    this.valueBytes = value.bytes;
    this.valueStart = value.start;
    this.valueEnd = value.end;
    return true;
  }

  /** Reads field `index` of a packed hash. */
  readAt(handle: number, index: number): void {
    this.begin(handle);
    const stride = this.isExpiring ? 3 : 2;
    for (let entry = index * stride; entry > 0; entry--) this.place = this.field.next(this.packBytes, this.place);
    this.next();
  }

  /** Reads the field of a record of a large hash. */
  read(record: number): void {
    const { members } = this;
    members.read(record);
    this.view = members.view(record);
    this.valueView = this.view;
    this.bytes = members.bytes;
    this.start = members.start;
    this.end = members.end;
    members.readValue(record);
    this.valueBytes = members.bytes;
    this.valueStart = members.start;
    this.valueEnd = members.end;
    this.deadline = members.hasField(record) ? readScore(members.memory, record) : NEVER;
  }
}
