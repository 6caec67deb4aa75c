// The parts of a stream in an RDB file, in the order in which they must be written (rdb-writer.ts). Each reads the one block
// that it is given, which may be a copy, beside what `open` read.
//
// Pending entries are written without their consumers; each consumer tells the ids of its own. What nobody owns any more
// (XNACK) follows behind the consumers, in the order of the releases.

import type { Streams } from '../../datatypes/stream.ts';
import { NONE } from '../../memory/flat-memory.ts';
import { IdCursor } from '../../structures/id-tree.ts';
import { StreamId } from '../../structures/stream-id.ts';
import { FIRST_ID, LAST_ID, REMOVED_ID } from '../../structures/stream-log.ts';
import {
  RAW_ID_BYTES,
  TYPE_STREAM_LISTPACKS_2,
  TYPE_STREAM_LISTPACKS_3,
  TYPE_STREAM_LISTPACKS_4,
  TYPE_STREAM_LISTPACKS_5,
} from './rdb-format.ts';
import type { RdbWriter } from './rdb-writer.ts';

interface Released {
  readonly number: number;
  readonly id: StreamId;
}

export class RdbStreamWriter {
  private readonly out: RdbWriter;
  private readonly streams: Streams;
  private readonly cursor = new IdCursor();
  private readonly id = new StreamId();
  /** How this stream is written. */
  private type = TYPE_STREAM_LISTPACKS_2;
  /** Of the group at hand: what nobody owns. */
  private released: Released[] = [];

  constructor(out: RdbWriter, streams: Streams) {
    this.out = out;
    this.streams = streams;
  }

  /** A whole stream. */
  whole(handle: number): void {
    const { streams, cursor } = this;
    const { log, groups } = streams;
    const root = streams.root(handle);
    this.open(handle);
    const tree = log.treeOf(root);
    for (let more = log.tree.first(tree, cursor); more; more = log.tree.next(cursor)) {
      this.block(log.tree.value(cursor, 0));
    }
    this.tail(root, groups.count(root));
    for (let index = 0; index < groups.count(root); index++) this.wholeGroup(groups.at(root, index));
    this.producers(root);
  }

  private wholeGroup(group: number): void {
    const { cursor } = this;
    const { groups } = this.streams;
    this.group(group, groups.pendingCount(group));
    const tree = groups.pendingOf(group);
    if (tree !== NONE) {
      for (let more = groups.pending.first(tree, cursor); more; more = groups.pending.next(cursor)) {
        this.pendingEntry(cursor);
      }
    }
    this.consumers(groups.consumerCount(group));
    for (let index = 0; index < groups.consumerCount(group); index++) {
      const consumer = groups.consumerAt(group, index);
      this.consumer(consumer, groups.ownCount(consumer));
      const own = groups.ownOf(consumer);
      if (own === NONE) continue;
      for (let more = groups.own.first(own, cursor); more; more = groups.own.next(cursor)) this.ownEntry(cursor);
    }
    this.endGroup();
  }

  /**
   * All before the blocks, whose number is written. Reads the key's record, the stream's root and its groups: what they own
   * decides how the stream is written.
   */
  open(handle: number): void {
    const { streams } = this;
    const { groups, producers, log } = streams;
    const root = streams.root(handle);
    this.type = this.out.isFor74() ? TYPE_STREAM_LISTPACKS_3 : TYPE_STREAM_LISTPACKS_2;
    if (producers.of(root) !== NONE) this.type = TYPE_STREAM_LISTPACKS_4;
    for (let index = groups.count(root) - 1; index >= 0; index--) {
      if (groups.unownedCount(groups.at(root, index)) > 0) this.type = TYPE_STREAM_LISTPACKS_5;
    }
    this.out.openKey(handle, this.type);
    this.out.count(log.blockCount(root));
  }

  /** One block of entries. Reads the block. */
  block(block: number): void {
    const { out, id } = this;
    const { blocks } = this.streams.log;
    blocks.readMaster(block, id);
    out.byte(RAW_ID_BYTES);
    out.rawId(id);
    const pack = blocks.packOf(block);
    out.string(blocks.bytesOf(block), pack, pack + blocks.packBytes(block));
  }

  /** What stands behind the blocks; `groups` follow. Reads the stream's root. */
  tail(root: number, groups: number): void {
    const { out, id } = this;
    const { log } = this.streams;
    out.count(log.length(root));
    for (const which of [LAST_ID, FIRST_ID, REMOVED_ID]) {
      log.readId(root, which, id);
      out.countId(id);
    }
    out.count64(log.addedHigh(root), log.addedLow(root));
    out.count(groups);
  }

  /** A group before its pending entries, of which so many follow. Reads the group. */
  group(group: number, pending: number): void {
    const { out, id } = this;
    const { groups } = this.streams;
    const { names } = groups;
    this.released = [];
    names.readName(group);
    out.string(names.bytes, names.start, names.end);
    groups.readDelivered(group, id);
    out.countId(id);
    out.count64(groups.readHigh(group), groups.readLow(group));
    out.count(pending);
  }

  /** The entries of one leaf of a group's tree of pending entries. Reads the leaf. */
  pending(leaf: number): void {
    const { cursor } = this;
    const entries = this.streams.groups.pending.entriesIn(leaf);
    cursor.leaf = leaf;
    for (cursor.index = 0; cursor.index < entries; cursor.index++) this.pendingEntry(cursor);
  }

  private pendingEntry(cursor: IdCursor): void {
    const { out, id } = this;
    const { groups } = this.streams;
    groups.pending.readId(cursor, id);
    out.rawId(id);
    out.time(groups.deliveredAt(cursor));
    out.count64(groups.deliveriesHigh(cursor), groups.deliveriesLow(cursor));
    if (groups.owner(cursor) !== NONE) return;
    const released = new StreamId();
    released.set(id);
    this.released.push({ number: groups.releaseNumber(cursor), id: released });
  }

  /** How many consumers of the group follow. */
  consumers(count: number): void {
    this.out.count(count);
  }

  /** A consumer before the ids that are its own, of which so many follow. Reads the consumer. */
  consumer(consumer: number, own: number): void {
    const { out } = this;
    const { groups } = this.streams;
    const { consumerNames } = groups;
    consumerNames.readName(consumer);
    out.string(consumerNames.bytes, consumerNames.start, consumerNames.end);
    out.time(groups.seenAt(consumer));
    if (this.type >= TYPE_STREAM_LISTPACKS_3) out.time(groups.activeAt(consumer));
    out.count(own);
  }

  /** The ids of one leaf of a consumer's tree. Reads the leaf. */
  own(leaf: number): void {
    const { cursor } = this;
    const entries = this.streams.groups.own.entriesIn(leaf);
    cursor.leaf = leaf;
    for (cursor.index = 0; cursor.index < entries; cursor.index++) this.ownEntry(cursor);
  }

  private ownEntry(cursor: IdCursor): void {
    this.streams.groups.own.readId(cursor, this.id);
    this.out.rawId(this.id);
  }

  /** Ends a group, behind its consumers. Reads nothing: what was released is known from `pending`. */
  endGroup(): void {
    if (this.type < TYPE_STREAM_LISTPACKS_5) return;
    const { out, released } = this;
    released.sort((one, other) => one.number - other.number);
    out.count(released.length);
    for (const { id } of released) out.rawId(id);
    this.released = [];
  }

  /** Ends a stream with what it remembers of producers. Reads that by the stream's root, as it is now. */
  producers(root: number): void {
    if (this.type < TYPE_STREAM_LISTPACKS_4) return;
    const { out } = this;
    const { producers } = this.streams;
    const kept = producers.of(root);
    out.count(kept === NONE ? producers.durationFirst : producers.duration(kept));
    out.count(kept === NONE ? producers.maxsizeFirst : producers.maxsize(kept));
    const count = kept === NONE ? 0 : producers.producerCount(kept);
    out.count(count);
    for (let index = 0; index < count; index++) this.producer(producers.producerAt(kept, index));
    out.count(kept === NONE ? 0 : producers.added(kept));
    out.count(kept === NONE ? 0 : producers.duplicates(kept));
  }

  private producer(producer: number): void {
    const { out } = this;
    const { producers } = this.streams;
    const { names, messages } = producers;
    names.readName(producer);
    out.string(names.bytes, names.start, names.end);
    out.count(producers.messagesOf(producer));
    for (let message = producers.oldestOf(producer); message !== NONE; message = producers.newerThan(message)) {
      messages.readName(message);
      out.string(messages.bytes, messages.start, messages.end);
      producers.readMessage(message);
      out.countId(producers.id);
    }
  }
}
