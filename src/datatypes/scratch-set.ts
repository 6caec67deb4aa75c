// A scratch set: members gathered for the length of one command (SUNION, SDIFF of many sets). It belongs to no key.

import { NONE } from '../memory/flat-memory.ts';
import { TableWalk } from '../structures/table-walk.ts';
import { Members } from './members.ts';

/** Beside a member's record: its share of the index, and of a table's growth. */
const INDEX_BYTES = 24;

export class ScratchSet {
  /** The member that `next` came upon: bytes[start..end). */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  private readonly members: Members;
  private readonly walk: TableWalk;
  private root = NONE;

  constructor(members: Members) {
    this.members = members;
    this.walk = new TableWalk(members.table);
  }

  /** Begins an empty set; `finish` must follow. */
  begin(): void {
    this.root = this.members.table.create();
  }

  /** Frees the set. */
  finish(): void {
    while (this.members.dispose(this.root));
    this.root = NONE;
  }

  count(): number {
    return this.members.table.count(this.root);
  }

  /** Sees to room for a member of so many bytes; false when memory has run out. */
  admit(bytes: number): boolean {
    return this.members.memory.admit(Members.size(bytes, 0, false) + INDEX_BYTES);
  }

  /** Adds a member, for which there is room; false when it is one already. May grow memory. */
  add(bytes: Uint8Array, start: number, end: number): boolean {
    const { members, root } = this;
    if (members.table.find(root, bytes, start, end) !== NONE) return false;
    members.table.insert(root, members.create(bytes, start, end, 0, false));
    return true;
  }

  /** Takes a member out, if it is one. */
  remove(bytes: Uint8Array, start: number, end: number): void {
    const { members, root } = this;
    const found = members.table.find(root, bytes, start, end);
    if (found === NONE) return;
    members.table.removeFound(root);
    members.free(found);
  }

  /** Begins a walk through the members. */
  rewind(): void {
    this.walk.start(this.root);
  }

  /** Goes on to the next member; false after the last. */
  next(): boolean {
    const handle = this.walk.next();
    if (handle === NONE) return false;
    const { members } = this;
    members.read(handle);
    this.bytes = members.bytes;
    this.start = members.start;
    this.end = members.end;
    return true;
  }
}
