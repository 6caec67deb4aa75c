// Values that are too large to be written in one go, as the parts that a snapshot writes of them one after the other: bytes
// that are known already, members of a table, nodes of a structure, stretches of a string.

import { copyBytes } from '../lib/bytes.ts';
import { type FlatMemory, GRANULE_MASK, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import type { NodeSnapshots, NodeWalk } from '../structures/node-snapshot.ts';
import type { SnapshotVisitor, TableSnapshots } from '../structures/table-snapshot.ts';
import type { SnapshotFormat } from './snapshot-format.ts';

/** Bytes of a long string that are written at once. */
const STRETCH_BYTES = 64 * 1024;
/** What is set aside of a table's members first. */
const ASIDE_BYTES_FIRST = 1024;

/** A part of a value. */
export interface Part {
  /** Writes some of what is left, a fraction of a millisecond's worth; false when nothing is. */
  step(out: SnapshotFormat): boolean;
  /** Gives up what is left. */
  end(): void;
}

/** Bytes of the format. */
export class KnownBytes implements Part {
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  step(out: SnapshotFormat): boolean {
    out.raw(this.bytes, 0, this.bytes.length);
    return false;
  }

  end(): void {
    // It holds nothing.
  }
}

/** The nodes of one walk. */
export class Nodes implements Part {
  private readonly snapshots: NodeSnapshots;
  private readonly walk: NodeWalk;
  private readonly write: (out: SnapshotFormat, node: number) => void;

  /** `write` writes one node as it is. */
  constructor(snapshots: NodeSnapshots, walk: NodeWalk, write: (out: SnapshotFormat, node: number) => void) {
    this.snapshots = snapshots;
    this.walk = walk;
    this.write = write;
  }

  step(out: SnapshotFormat): boolean {
    return this.snapshots.step(this.walk, (node, saved) => {
      if (saved === null) this.write(out, node);
      else out.raw(saved, 0, saved.length);
    });
  }

  end(): void {
    this.snapshots.end(this.walk);
  }
}

/** The members of a large set, hash or sorted set. Those that change before their turn are written aside. */
export class TableMembers implements Part, SnapshotVisitor {
  readonly root: number;
  private readonly snapshots: TableSnapshots;
  private readonly write: (out: SnapshotFormat, member: number) => void;
  private readonly asideWriter: SnapshotFormat;
  /** Where members go while their turn has come. */
  private out: SnapshotFormat | null = null;
  private aside = new Uint8Array(0);
  private asideLength = 0;
  private readonly ended: (root: number) => void;

  /** Begins the walk. `write` writes one member; `ended` is told when the table is not needed any more. */
  constructor(
    snapshots: TableSnapshots,
    root: number,
    asideWriter: SnapshotFormat,
    write: (out: SnapshotFormat, member: number) => void,
    ended: (root: number) => void,
  ) {
    this.snapshots = snapshots;
    this.root = root;
    this.asideWriter = asideWriter;
    this.write = write;
    this.ended = ended;
    snapshots.begin(root, this);
  }

  record(handle: number): void {
    if (this.out !== null) {
      this.write(this.out, handle);
      return;
    }
    const { asideWriter } = this;
    asideWriter.length = 0;
    this.write(asideWriter, handle);
    const needed = this.asideLength + asideWriter.length;
    if (needed > this.aside.length) {
      const grown = new Uint8Array(Math.max(ASIDE_BYTES_FIRST, needed * 2));
      copyBytes(this.aside, 0, this.asideLength, grown, 0);
      this.aside = grown;
    }
    copyBytes(asideWriter.bytes, 0, asideWriter.length, this.aside, this.asideLength);
    this.asideLength = needed;
  }

  step(out: SnapshotFormat): boolean {
    if (this.asideLength > 0) {
      out.raw(this.aside, 0, this.asideLength);
      this.aside = new Uint8Array(0);
      this.asideLength = 0;
      return true;
    }
    this.out = out;
    const more = this.snapshots.step(this.root);
    this.out = null;
    if (!more) this.ended(this.root);
    return more;
  }

  end(): void {
    if (this.snapshots.goesOn(this.root)) this.snapshots.end(this.root);
    this.ended(this.root);
  }
}

/** A long string, in a block of its own. */
export class LongString implements Part {
  private readonly snapshots: NodeSnapshots;
  private readonly walk: NodeWalk;
  private readonly memory: FlatMemory;
  private readonly block: number;
  private readonly length: number;
  private readonly write: (out: SnapshotFormat, bytes: Uint8Array, start: number, end: number) => void;
  private at = 0;

  /** `write` writes a stretch. */
  constructor(
    snapshots: NodeSnapshots,
    walk: NodeWalk,
    memory: FlatMemory,
    block: number,
    length: number,
    write: (out: SnapshotFormat, bytes: Uint8Array, start: number, end: number) => void,
  ) {
    this.snapshots = snapshots;
    this.walk = walk;
    this.memory = memory;
    this.block = block;
    this.length = length;
    this.write = write;
  }

  step(out: SnapshotFormat): boolean {
    const start = ((this.block & GRANULE_MASK) << 3) + this.at;
    const length = Math.min(STRETCH_BYTES, this.length - this.at);
    this.write(out, this.memory.bytes[this.block >>> SEGMENT_SHIFT]!, start, start + length);
    this.at += length;
    if (this.at < this.length) return true;
    this.end();
    return false;
  }

  end(): void {
    this.snapshots.end(this.walk);
  }
}
