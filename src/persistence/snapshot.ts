// A snapshot: the whole data set as it was when the snapshot began, written in slices while commands go on, without a copy
// of memory and without a pause.
//
// First the keys are walked. A bucket of the keyspace is written when its turn comes, or just before one of its keys
// changes (structures/table-snapshot.ts). Small values are written with their keys. Of a large one only what stands before
// its elements is noted, and a walk through its elements is begun: from then on whatever of them is about to change is
// written aside before. When all keys are done the large values follow, one after the other.
//
// What is deleted or overwritten meanwhile and still has to be written is kept: tables by this (DisposalsKeeper), nodes by
// their walks.

import type { Disposable, DisposalsKeeper } from '../datatypes/disposals.ts';
import { LIST, OUTSIDE, STREAM, STRING } from '../datatypes/key-record.ts';
import { LARGE } from '../datatypes/packed-values.ts';
import type { Keyspace } from '../engine/keyspace.ts';
import { NONE } from '../memory/flat-memory.ts';
import { IdCursor, type IdTree } from '../structures/id-tree.ts';
import { NodeSnapshots, type NodeWalk } from '../structures/node-snapshot.ts';
import type { SnapshotVisitor } from '../structures/table-snapshot.ts';
import type { OpenValue, SnapshotFormat } from './snapshot-format.ts';
import { KnownBytes, LongString, Nodes, type Part, TableMembers } from './snapshot-parts.ts';

/** Larger values are written in parts: each of these takes some 0.2 ms to write. */
const MEMBERS_MAX = 1024;
const LIST_NODES_MAX = 8;
const STREAM_BLOCKS_MAX = 16;
const STREAM_PENDING_MAX = 1024;
const STRING_BYTES_MAX = 32 * 1024;

interface Held {
  readonly structure: Disposable;
  readonly later: boolean;
  readonly isPart: boolean;
  /** About what it takes. */
  readonly bytes: number;
}

/** A database as it was when the snapshot began. */
class DatabaseWalk implements SnapshotVisitor {
  readonly index: number;
  readonly root: number;
  readonly keys: number;
  readonly expires: number;
  private readonly snapshot: Snapshot;

  constructor(snapshot: Snapshot, index: number, root: number, keys: number, expires: number) {
    this.snapshot = snapshot;
    this.index = index;
    this.root = root;
    this.keys = keys;
    this.expires = expires;
  }

  record(handle: number): void {
    this.snapshot.writeKey(this, handle);
  }
}

interface LargeValue {
  readonly database: DatabaseWalk;
  readonly parts: readonly Part[];
}

export class Snapshot implements DisposalsKeeper {
  /** Keys written so far, and keys that there are to write. */
  keysWritten = 0;
  readonly keysTotal: number;
  private readonly keyspace: Keyspace;
  private readonly out: SnapshotFormat;
  /** For what is written aside. */
  private readonly aside: SnapshotFormat;
  private readonly databases: DatabaseWalk[] = [];
  /** The database whose keys are walked next, and the one that was last said. */
  private next = 0;
  private selected: DatabaseWalk | null = null;
  private readonly large: (LargeValue | null)[] = [];
  /** Which of them is being written, and which of its parts. */
  private largeAt = 0;
  private partAt = 0;
  private readonly held = new Map<number, Held>();
  private readonly listNodes: NodeSnapshots;
  private readonly streamBlocks: NodeSnapshots;
  private readonly pendingLeaves: NodeSnapshots;
  private readonly ownLeaves: NodeSnapshots;
  private readonly strings: NodeSnapshots;
  private readonly cursor = new IdCursor();

  /**
   * Begins a snapshot of the present state; there may be one at a time. `out` and `aside` write the same format. Between
   * two commands, not within a transaction.
   */
  constructor(keyspace: Keyspace, out: SnapshotFormat, aside: SnapshotFormat) {
    this.keyspace = keyspace;
    this.out = out;
    this.aside = aside;
    const { memory, lists, streams, strings, table } = keyspace;
    this.listNodes = new NodeSnapshots(memory, lists.quicklist.nodes);
    this.streamBlocks = new NodeSnapshots(memory, streams.log.blocks);
    this.pendingLeaves = new NodeSnapshots(memory, streams.groups.pending);
    this.ownLeaves = new NodeSnapshots(memory, streams.groups.own);
    this.strings = new NodeSnapshots(memory, strings);
    let total = 0;
    for (const { index, root, expires } of keyspace.databases) {
      const keys = table.count(root);
      if (keys === 0) continue;
      total += keys;
      const walk = new DatabaseWalk(this, index, root, keys, expires);
      this.databases.push(walk);
      keyspace.tableSnapshots.begin(root, walk);
    }
    this.keysTotal = total;
    keyspace.disposals.keeper = this;
  }

  /** Writes what comes next: a bucket of keys, or a part of a large value. False when all is written. */
  step(): boolean {
    const { keyspace, databases, large } = this;
    const database = databases[this.next];
    if (database !== undefined) {
      if (!keyspace.tableSnapshots.step(database.root)) {
        this.release(database.root);
        this.next++;
      }
      return true;
    }
    const value = large[this.largeAt];
    if (value === undefined || value === null) {
      keyspace.disposals.keeper = null;
      return false;
    }
    this.select(value.database);
    if (!value.parts[this.partAt]!.step(this.out)) this.partAt++;
    if (this.partAt === value.parts.length) {
      large[this.largeAt++] = null;
      this.partAt = 0;
      this.keysWritten++;
    }
    return true;
  }

  /** Gives the snapshot up. */
  abort(): void {
    const { keyspace } = this;
    for (; this.next < this.databases.length; this.next++) {
      const { root } = this.databases[this.next]!;
      keyspace.tableSnapshots.end(root);
      this.release(root);
    }
    for (const value of this.large) for (const part of value?.parts ?? []) part.end();
    this.large.length = 0;
    keyspace.disposals.keeper = null;
  }

  keeps(structure: Disposable, root: number, later: boolean, isPart: boolean): boolean {
    const { keyspace } = this;
    const isNeeded =
      (structure === keyspace && keyspace.tableSnapshots.goesOn(root)) ||
      (structure === keyspace.members && keyspace.members.snapshots.goesOn(root));
    if (!isNeeded) return false;
    const bytes = structure === keyspace ? this.databaseBytes(root) : keyspace.members.estimatedBytes(root);
    keyspace.memory.hold(bytes);
    this.held.set(root, { structure, later, isPart, bytes });
    return true;
  }

  /** What a database takes that was flushed: its share by keys. */
  private databaseBytes(root: number): number {
    const { memory, table } = this.keyspace;
    const keys = table.count(root);
    const all = keys + this.keyspace.countAll();
    return Math.floor(((memory.usedBytes() - memory.heldBytes()) * keys) / Math.max(1, all));
  }

  /** A key whose turn has come, or that is about to change. */
  writeKey(database: DatabaseWalk, handle: number): void {
    const parts = this.partsOf(handle);
    if (parts !== null) {
      this.large.push({ database, parts });
      return;
    }
    this.select(database);
    this.out.record(handle);
    this.keysWritten++;
  }

  private select(database: DatabaseWalk): void {
    if (this.selected === database) return;
    this.selected = database;
    this.out.selectDatabase(database.index, database.keys, database.expires);
  }

  /** What was kept for a walk that has ended may go. */
  private release(root: number): void {
    const held = this.held.get(root);
    if (held === undefined) return;
    this.held.delete(root);
    this.keyspace.memory.hold(-held.bytes);
    this.keyspace.disposals.add(held.structure, root, true, held.isPart);
  }

  // --- large values ---

  /** The parts of a large value, each of which from now on is as it is now; null when the value is not that large. */
  private partsOf(handle: number): Part[] | null {
    const { records, packed, streams, members, lists } = this.keyspace;
    const type = records.type(handle);
    const encoding = records.encoding(handle);
    if (type === STRING) return encoding === OUTSIDE ? this.longString(handle) : null;
    if (type === STREAM) return this.isLargeStream(streams.root(handle)) ? this.stream(handle) : null;
    if (encoding < LARGE) return null;
    const root = packed.payload(handle, 0);
    if (type === LIST) return lists.quicklist.nodeCount(root) > LIST_NODES_MAX ? this.list(handle, root) : null;
    return members.table.count(root) > MEMBERS_MAX ? this.members(handle, root) : null;
  }

  /** What `write` writes, as bytes. */
  private capture<T>(write: () => T): { readonly bytes: Uint8Array; readonly value: T } {
    this.aside.length = 0;
    const value = write();
    return { bytes: this.aside.bytes.slice(0, this.aside.length), value };
  }

  private saved(write: () => void): Uint8Array {
    return this.capture(write).bytes;
  }

  private known(write: () => void): Part {
    return new KnownBytes(this.saved(write));
  }

  private closing(value: OpenValue): Part {
    return new KnownBytes(this.saved(() => this.aside.close(value)));
  }

  private longString(handle: number): Part[] | null {
    const { strings, memory } = this.keyspace;
    const length = strings.length(handle);
    if (length <= STRING_BYTES_MAX) return null;
    const block = strings.block(handle);
    const { bytes, value } = this.capture(() => this.aside.openString(handle));
    const walk = this.strings.begin(Int32Array.of(block), () => new Uint8Array(0));
    const write = (out: SnapshotFormat, from: Uint8Array, start: number, end: number): void =>
      out.stringBytes(value, from, start, end);
    return [
      new KnownBytes(bytes),
      new LongString(this.strings, walk, memory, block, length, write),
      this.closing(value),
    ];
  }

  private members(handle: number, root: number): Part[] {
    const { members } = this.keyspace;
    const { bytes, value } = this.capture(() => this.aside.openMembers(handle));
    const write = (out: SnapshotFormat, member: number): void => out.member(value, member);
    const table = new TableMembers(members.snapshots, root, this.aside, write, (ended) => this.release(ended));
    return [new KnownBytes(bytes), table, this.closing(value)];
  }

  private list(handle: number, root: number): Part[] {
    const { nodes } = this.keyspace.lists.quicklist;
    const { bytes, value } = this.capture(() => this.aside.openList(handle));
    const all = new Int32Array(nodes.nodeCount(root));
    for (let node = nodes.head(root), index = 0; node !== NONE; node = nodes.next(node)) all[index++] = node;
    const walk = this.listNodes.begin(all, (node) => this.saved(() => this.aside.listNode(value, node)));
    const write = (out: SnapshotFormat, node: number): void => out.listNode(value, node);
    return [new KnownBytes(bytes), new Nodes(this.listNodes, walk, write), this.closing(value)];
  }

  private isLargeStream(root: number): boolean {
    const { log, groups } = this.keyspace.streams;
    if (log.blockCount(root) > STREAM_BLOCKS_MAX) return true;
    let pending = 0;
    for (let index = groups.count(root) - 1; index >= 0; index--)
      pending += groups.pendingCount(groups.at(root, index));
    return pending > STREAM_PENDING_MAX;
  }

  private stream(handle: number): Part[] {
    const { streams } = this.keyspace;
    const { log } = streams;
    const root = streams.root(handle);
    const { bytes, value } = this.capture(() => this.aside.openStream(handle));
    const blocks = new Int32Array(log.blockCount(root));
    let count = 0;
    for (let more = log.tree.first(log.treeOf(root), this.cursor); more; more = log.tree.next(this.cursor)) {
      blocks[count++] = log.tree.value(this.cursor, 0);
    }
    const walk = this.streamBlocks.begin(blocks, (block) => this.saved(() => this.aside.streamBlock(value, block)));
    const write = (out: SnapshotFormat, block: number): void => out.streamBlock(value, block);
    const parts: Part[] = [new KnownBytes(bytes), new Nodes(this.streamBlocks, walk, write)];
    parts.push(this.known(() => this.aside.streamTail(value, root)));
    for (let index = 0; index < streams.groups.count(root); index++) {
      this.groupParts(value, streams.groups.at(root, index), parts);
    }
    parts.push(
      this.known(() => this.aside.endStream(value, root)),
      this.closing(value),
    );
    return parts;
  }

  private groupParts(value: OpenValue, group: number, parts: Part[]): void {
    const { groups } = this.keyspace.streams;
    parts.push(this.known(() => this.aside.group(value, group)));
    // Released entries are told again behind the consumers, in an order of their own: such a group is written at once.
    const atOnce = groups.unownedCount(group) > 0;
    const leaves = this.leaves(groups.pending, groups.pendingOf(group));
    const pending = (out: SnapshotFormat, leaf: number): void => out.pending(value, leaf);
    parts.push(this.leafPart(this.pendingLeaves, leaves, pending, atOnce));
    parts.push(this.known(() => this.aside.consumers(value, group)));
    const own = (out: SnapshotFormat, leaf: number): void => out.own(value, leaf);
    for (let index = 0; index < groups.consumerCount(group); index++) {
      const consumer = groups.consumerAt(group, index);
      parts.push(this.known(() => this.aside.consumer(value, consumer)));
      parts.push(this.leafPart(this.ownLeaves, this.leaves(groups.own, groups.ownOf(consumer)), own, atOnce));
    }
    parts.push(this.known(() => this.aside.endGroup(value)));
  }

  private leaves(tree: IdTree, root: number): Int32Array {
    return root === NONE ? new Int32Array(0) : tree.leaves(root);
  }

  private leafPart(
    snapshots: NodeSnapshots,
    leaves: Int32Array,
    write: (out: SnapshotFormat, leaf: number) => void,
    atOnce: boolean,
  ): Part {
    if (atOnce) {
      return this.known(() => {
        for (const leaf of leaves) write(this.aside, leaf);
      });
    }
    const walk: NodeWalk = snapshots.begin(leaves, (leaf) => this.saved(() => write(this.aside, leaf)));
    return new Nodes(snapshots, walk, write);
  }
}
