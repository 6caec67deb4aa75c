// A walk through the entries of a stream, in either direction, without allocating.

import { NONE } from '../memory/flat-memory.ts';
import { IdCursor, type IdTree } from './id-tree.ts';
import { Listpack } from './listpack.ts';
import { REMOVED, SAME_FIELDS, type StreamBlocks } from './stream-blocks.ts';
import { StreamId } from './stream-id.ts';

const EMPTY = new Uint8Array(0);

/**
 * A walk of its own; several may go on at once. While it goes on its stream must not change, except that entries already
 * passed are marked as removed; other values may.
 */
export class StreamWalk {
  /** The entry that `next` came upon: its id, and its pairs of field and value. */
  readonly id = new StreamId();
  pairs = 0;
  /** Its block, and where it begins there. */
  block = NONE;
  at = 0;
  /** The text that `nextText` came upon: bytes[start..end), valid until the next one. */
  bytes: Uint8Array = EMPTY;
  start = 0;
  end = 0;
  private readonly blocks: StreamBlocks;
  private readonly tree: IdTree;
  private readonly listpack = new Listpack();
  private readonly cursor = new IdCursor();
  private readonly from = new StreamId();
  private readonly to = new StreamId();
  private readonly master = new StreamId();
  private index = NONE;
  private backwards = false;
  private begun = false;
  private skipped = 0;
  /** The block's bytes, where its listpack begins, its first entry, and its master's first field. */
  private blockBytes: Uint8Array = EMPTY;
  private pack = 0;
  private firstEntry = 0;
  private masterPairs = 0;
  private masterField = 0;
  /** Texts of the entry: how many are left, where the next value or pair stands, and the next field of the master. */
  private same = false;
  private textsLeft = 0;
  private textAt = 0;
  private fieldAt = 0;
  private isField = true;

  constructor(blocks: StreamBlocks, tree: IdTree) {
    this.blocks = blocks;
    this.tree = tree;
  }

  /** Begins before the entries from `from` to `to`, both included, of the blocks in a tree. */
  begin(index: number, from: StreamId, to: StreamId, backwards: boolean): void {
    this.index = index;
    this.from.set(from);
    this.to.set(to);
    this.backwards = backwards;
    this.begun = false;
    this.block = NONE;
    this.skipped = 0;
  }

  /** After `begin` with the least id: passes over the first so many bytes of the first block's entries, all removed. */
  skip(bytes: number): void {
    this.skipped = bytes;
  }

  /** How far behind its block's first entry the entry is that `next` came upon. */
  offset(): number {
    return this.at - this.firstEntry;
  }

  /** Goes on to the next entry; false after the last. */
  next(): boolean {
    if (!this.begun) {
      this.begun = true;
      if (!(this.backwards ? this.seekLast() : this.seekFirst())) return false;
    } else if (this.block === NONE || !(this.backwards ? this.stepBack() : this.step())) {
      this.block = NONE;
      return false;
    }
    for (;;) {
      const flags = this.blocks.smallAt(this.blockBytes, this.at);
      this.openEntry(flags, this.blocks.readId(this.blockBytes, this.at, this.master, this.id));
      if (this.backwards ? this.id.compare(this.from) < 0 : this.id.compare(this.to) > 0) {
        this.block = NONE;
        return false;
      }
      const within = this.backwards ? this.id.compare(this.to) <= 0 : this.id.compare(this.from) >= 0;
      if (within && (flags & REMOVED) === 0) return true;
      if (!(this.backwards ? this.stepBack() : this.step())) {
        this.block = NONE;
        return false;
      }
    }
  }

  /** Goes on to the entry's next text: field, value, field, … There are two for each pair. */
  nextText(): void {
    const { listpack, blockBytes } = this;
    this.textsLeft--;
    if (this.same && this.isField) {
      listpack.read(blockBytes, this.fieldAt);
      this.fieldAt = listpack.next(blockBytes, this.fieldAt);
    } else {
      listpack.read(blockBytes, this.textAt);
      this.textAt = listpack.next(blockBytes, this.textAt);
    }
    this.isField = !this.isField;
    this.bytes = listpack.bytes;
    this.start = listpack.start;
    this.end = listpack.end;
  }

  private openBlock(): void {
    const { blocks } = this;
    this.block = this.tree.value(this.cursor, 0);
    this.blockBytes = blocks.bytesOf(this.block);
    this.pack = blocks.packOf(this.block);
    blocks.readMaster(this.block, this.master);
    const fieldsAt = blocks.masterFields(this.blockBytes, this.pack);
    this.masterPairs = blocks.smallAt(this.blockBytes, fieldsAt);
    this.masterField = this.listpack.next(this.blockBytes, fieldsAt);
    this.firstEntry = blocks.firstEntry(this.blockBytes, this.pack);
  }

  /** Sets what is known of the entry, what follows its id being at `behind`. */
  private openEntry(flags: number, behind: number): void {
    const { listpack, blockBytes } = this;
    let at = behind;
    this.same = (flags & SAME_FIELDS) !== 0;
    if (this.same) this.pairs = this.masterPairs;
    else {
      this.pairs = this.blocks.smallAt(blockBytes, at);
      at = listpack.next(blockBytes, at);
    }
    this.textAt = at;
    this.fieldAt = this.masterField;
    this.textsLeft = this.pairs * 2;
    this.isField = true;
  }

  private seekFirst(): boolean {
    const { tree, index, cursor } = this;
    tree.aim(this.from);
    if (!tree.seekBack(index, cursor) && !tree.first(index, cursor)) return false;
    this.openBlock();
    this.at = this.firstEntry + this.skipped;
    return true;
  }

  private seekLast(): boolean {
    this.tree.aim(this.to);
    if (!this.tree.seekBack(this.index, this.cursor)) return false;
    this.openBlock();
    this.at = this.pack + this.listpack.total(this.blockBytes, this.pack) - 1;
    return this.stepBack();
  }

  /** Goes to the entry behind this one, in whatever block; false at the end. */
  private step(): boolean {
    const { listpack, blockBytes } = this;
    let at = this.textAt;
    let left = this.textsLeft;
    if (this.same) left = (left + 1) >> 1;
    for (; left > 0; left--) at = listpack.next(blockBytes, at);
    at = listpack.next(blockBytes, at);
    if (!listpack.isEnd(blockBytes, at)) {
      this.at = at;
      return true;
    }
    if (!this.tree.next(this.cursor)) return false;
    this.openBlock();
    this.at = this.firstEntry;
    return true;
  }

  /** Goes to the entry before this one. */
  private stepBack(): boolean {
    const { listpack } = this;
    if (this.at === this.firstEntry) {
      if (!this.tree.previous(this.cursor)) return false;
      this.openBlock();
      this.at = this.pack + listpack.total(this.blockBytes, this.pack) - 1;
    }
    let at = listpack.previous(this.blockBytes, this.pack, this.at);
    for (let left = this.blocks.smallAt(this.blockBytes, at); left > 0; left--) {
      at = listpack.previous(this.blockBytes, this.pack, at);
    }
    this.at = at;
    return true;
  }
}
