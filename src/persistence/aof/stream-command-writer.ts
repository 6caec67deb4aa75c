// Streams as commands: XADD for each entry, XSETID, and for each group XGROUP CREATE, XCLAIM for each pending entry, XGROUP
// CREATECONSUMER for consumers without any. What Redis 7.0 does not know is written as the commands that brought it: XNACK
// for entries that were released, XCFGSET and XIDMPRECORD for what a stream remembers of its producers.
//
// As in Redis, a pending entry that was deleted from its stream does not come back: XCLAIM leaves it out.

import type { Streams } from '../../datatypes/stream.ts';
import { fromLatin1, sliceBytes } from '../../lib/bytes.ts';
import { Int64 } from '../../lib/int64.ts';
import { NONE } from '../../memory/flat-memory.ts';
import { IdCursor } from '../../structures/id-tree.ts';
import { Listpack } from '../../structures/listpack.ts';
import { REMOVED, SAME_FIELDS } from '../../structures/stream-blocks.ts';
import { StreamId } from '../../structures/stream-id.ts';
import { LAST_ID, REMOVED_ID } from '../../structures/stream-log.ts';
import type { StreamNames } from '../../structures/stream-names.ts';
import type { CommandWriter, OpenKey } from './command-writer.ts';

const XADD = fromLatin1('XADD');
const MAXLEN = fromLatin1('MAXLEN');
const ZERO = fromLatin1('0');
const FIRST = fromLatin1('0-1');
const X = fromLatin1('x');
const Y = fromLatin1('y');
const XSETID = fromLatin1('XSETID');
const ENTRIESADDED = fromLatin1('ENTRIESADDED');
const MAXDELETEDID = fromLatin1('MAXDELETEDID');
const XGROUP = fromLatin1('XGROUP');
const CREATE = fromLatin1('CREATE');
const CREATECONSUMER = fromLatin1('CREATECONSUMER');
const ENTRIESREAD = fromLatin1('ENTRIESREAD');
const XCLAIM = fromLatin1('XCLAIM');
const TIME = fromLatin1('TIME');
const RETRYCOUNT = fromLatin1('RETRYCOUNT');
const JUSTID = fromLatin1('JUSTID');
const FORCE = fromLatin1('FORCE');
const XNACK = fromLatin1('XNACK');
const SILENT = fromLatin1('SILENT');
const IDS = fromLatin1('IDS');
const XCFGSET = fromLatin1('XCFGSET');
const IDMP_DURATION = fromLatin1('IDMP-DURATION');
const IDMP_MAXSIZE = fromLatin1('IDMP-MAXSIZE');
const XIDMPRECORD = fromLatin1('XIDMPRECORD');

/** Two unsigned numbers of twenty digits. */
const ID_TEXT_BYTES_MAX = 41;

interface Released {
  readonly number: number;
  readonly id: Uint8Array;
  readonly deliveries: Uint8Array;
}

/** What is remembered of a stream in parts. */
export interface OpenStream extends OpenKey {
  /** The name of the group to which a leaf of pending entries belongs: leaves are written after all groups were named. */
  readonly groups: Map<number, Uint8Array>;
  /** The name of the group that was named last. */
  group: Uint8Array;
  /** Its entries that nobody owns. */
  released: Released[];
}

export class StreamCommandWriter {
  private readonly out: CommandWriter;
  private readonly streams: Streams;
  private readonly cursor = new IdCursor();
  private readonly master = new StreamId();
  private readonly id = new StreamId();
  private readonly number = new Int64();
  private readonly listpack = new Listpack();
  private readonly digits = new Uint8Array(ID_TEXT_BYTES_MAX + 1);

  constructor(out: CommandWriter, streams: Streams) {
    this.out = out;
    this.streams = streams;
  }

  /** A whole stream, its deadline included. */
  whole(handle: number, open: OpenStream): void {
    const { streams, cursor } = this;
    const { log, groups } = streams;
    const root = streams.root(handle);
    const tree = log.treeOf(root);
    for (let more = log.tree.first(tree, cursor); more; more = log.tree.next(cursor)) {
      this.block(open, log.tree.value(cursor, 0));
    }
    this.tail(open, root);
    for (let index = 0; index < groups.count(root); index++) {
      const group = groups.at(root, index);
      this.group(open, group);
      for (const leaf of open.groups.keys()) this.pending(open, leaf);
      open.groups.clear();
      for (let consumer = 0; consumer < groups.consumerCount(group); consumer++) {
        this.consumer(open, groups.consumerAt(group, consumer));
      }
      this.endGroup(open);
    }
    this.producers(open, root);
    this.out.close(open);
  }

  /** The entries of a block. */
  block({ key }: OpenStream, block: number): void {
    const { listpack, id, master } = this;
    const { blocks } = this.streams.log;
    const bytes = blocks.bytesOf(block);
    const pack = blocks.packOf(block);
    blocks.readMaster(block, master);
    const fieldsAt = blocks.masterFields(bytes, pack);
    const masterPairs = blocks.smallAt(bytes, fieldsAt);
    const firstField = listpack.next(bytes, fieldsAt);
    let at = blocks.firstEntry(bytes, pack);
    while (!listpack.isEnd(bytes, at)) {
      const flags = blocks.smallAt(bytes, at);
      const isSame = (flags & SAME_FIELDS) !== 0;
      const isKept = (flags & REMOVED) === 0;
      at = blocks.readId(bytes, at, master, id);
      const pairs = isSame ? masterPairs : blocks.smallAt(bytes, at);
      if (!isSame) at = listpack.next(bytes, at);
      if (isKept) this.begin(XADD, key, 3 + pairs * 2);
      if (isKept) this.writeId(id);
      let fieldAt = firstField;
      for (let pair = 0; pair < pairs; pair++) {
        if (isSame) {
          if (isKept) this.element(bytes, fieldAt);
          fieldAt = listpack.next(bytes, fieldAt);
        } else {
          if (isKept) this.element(bytes, at);
          at = listpack.next(bytes, at);
        }
        if (isKept) this.element(bytes, at);
        at = listpack.next(bytes, at);
      }
      // How many elements the entry has stands behind it, for walks backwards.
      at = listpack.next(bytes, at);
    }
  }

  private element(bytes: Uint8Array, at: number): void {
    const { listpack } = this;
    listpack.read(bytes, at);
    this.out.bulk(listpack.bytes, listpack.start, listpack.end);
  }

  /** What the stream knows beside its entries. */
  tail({ key }: OpenStream, root: number): void {
    const { out, id } = this;
    const { log } = this.streams;
    if (log.length(root) === 0) {
      // The way to make an empty stream.
      this.begin(XADD, key, 7);
      for (const argument of [MAXLEN, ZERO, FIRST, X, Y]) out.bulk(argument, 0, argument.length);
    }
    this.begin(XSETID, key, 7);
    log.readId(root, LAST_ID, id);
    this.writeId(id);
    out.bulk(ENTRIESADDED, 0, ENTRIESADDED.length);
    this.writeNumber(log.addedHigh(root), log.addedLow(root));
    out.bulk(MAXDELETEDID, 0, MAXDELETEDID.length);
    log.readId(root, REMOVED_ID, id);
    this.writeId(id);
  }

  group(open: OpenStream, group: number): void {
    const { out, id } = this;
    const { groups } = this.streams;
    open.group = this.nameOf(groups.names, group);
    open.released = [];
    const tree = groups.pendingOf(group);
    if (tree !== NONE) for (const leaf of groups.pending.leaves(tree)) open.groups.set(leaf, open.group);
    out.array(7);
    out.bulk(XGROUP, 0, XGROUP.length);
    out.bulk(CREATE, 0, CREATE.length);
    out.bulk(open.key, 0, open.key.length);
    out.bulk(open.group, 0, open.group.length);
    groups.readDelivered(group, id);
    this.writeId(id);
    out.bulk(ENTRIESREAD, 0, ENTRIESREAD.length);
    this.writeNumber(groups.readHigh(group), groups.readLow(group));
  }

  /** The entries of one leaf of a group's tree of pending entries. Reads the leaf, and the names of their owners. */
  pending(open: OpenStream, leaf: number): void {
    const { cursor } = this;
    const { groups } = this.streams;
    const entries = groups.pending.entriesIn(leaf);
    cursor.leaf = leaf;
    for (cursor.index = 0; cursor.index < entries; cursor.index++) {
      if (groups.owner(cursor) === NONE) this.release(open, cursor);
      else this.claim(open, open.groups.get(leaf) ?? open.group, cursor);
    }
  }

  private claim({ key }: OpenStream, group: Uint8Array, cursor: IdCursor): void {
    const { out, id } = this;
    const { groups } = this.streams;
    const { consumerNames } = groups;
    this.begin(XCLAIM, key, 12);
    out.bulk(group, 0, group.length);
    consumerNames.readName(groups.owner(cursor));
    out.bulk(consumerNames.bytes, consumerNames.start, consumerNames.end);
    out.bulk(ZERO, 0, ZERO.length);
    groups.pending.readId(cursor, id);
    this.writeId(id);
    out.bulk(TIME, 0, TIME.length);
    out.integer(groups.deliveredAt(cursor));
    out.bulk(RETRYCOUNT, 0, RETRYCOUNT.length);
    this.writeNumber(groups.deliveriesHigh(cursor), groups.deliveriesLow(cursor));
    out.bulk(JUSTID, 0, JUSTID.length);
    out.bulk(FORCE, 0, FORCE.length);
  }

  private release(open: OpenStream, cursor: IdCursor): void {
    const { id, digits, number } = this;
    const { groups } = this.streams;
    groups.pending.readId(cursor, id);
    const idText = sliceBytes(digits, 0, id.write(digits, 0));
    number.high = groups.deliveriesHigh(cursor);
    number.low = groups.deliveriesLow(cursor);
    const deliveries = sliceBytes(digits, 0, number.write(digits, 0));
    open.released.push({ number: groups.releaseNumber(cursor), id: idText, deliveries });
  }

  /** A consumer without entries: the others come with theirs. */
  consumer(open: OpenStream, consumer: number): void {
    const { out } = this;
    const { groups } = this.streams;
    if (groups.ownCount(consumer) > 0) return;
    const { consumerNames } = groups;
    out.array(5);
    out.bulk(XGROUP, 0, XGROUP.length);
    out.bulk(CREATECONSUMER, 0, CREATECONSUMER.length);
    out.bulk(open.key, 0, open.key.length);
    out.bulk(open.group, 0, open.group.length);
    consumerNames.readName(consumer);
    out.bulk(consumerNames.bytes, consumerNames.start, consumerNames.end);
  }

  /** Entries that were released, in the order in which they were. */
  endGroup(open: OpenStream): void {
    const { out } = this;
    open.released.sort((one, other) => one.number - other.number);
    for (const { id, deliveries } of open.released) {
      this.begin(XNACK, open.key, 10);
      out.bulk(open.group, 0, open.group.length);
      out.bulk(SILENT, 0, SILENT.length);
      out.bulk(IDS, 0, IDS.length);
      out.integer(1);
      out.bulk(id, 0, id.length);
      out.bulk(RETRYCOUNT, 0, RETRYCOUNT.length);
      out.bulk(deliveries, 0, deliveries.length);
      out.bulk(FORCE, 0, FORCE.length);
    }
    open.released = [];
  }

  producers({ key }: OpenStream, root: number): void {
    const { out } = this;
    const { producers, log } = this.streams;
    const kept = producers.of(root);
    if (kept === NONE) return;
    this.begin(XCFGSET, key, 6);
    out.bulk(IDMP_DURATION, 0, IDMP_DURATION.length);
    out.integer(producers.duration(kept));
    out.bulk(IDMP_MAXSIZE, 0, IDMP_MAXSIZE.length);
    out.integer(producers.maxsize(kept));
    for (let index = 0; index < producers.producerCount(kept); index++) {
      const producer = producers.producerAt(kept, index);
      const name = this.nameOf(producers.names, producer);
      let message = producers.oldestOf(producer);
      for (; message !== NONE; message = producers.newerThan(message)) {
        producers.readMessage(message);
        // The command wants to see the entry.
        if (!log.has(root, producers.id)) continue;
        this.begin(XIDMPRECORD, key, 5);
        out.bulk(name, 0, name.length);
        producers.messages.readName(message);
        out.bulk(producers.messages.bytes, producers.messages.start, producers.messages.end);
        this.writeId(producers.id);
      }
    }
  }

  private begin(name: Uint8Array, key: Uint8Array, count: number): void {
    this.out.array(count);
    this.out.bulk(name, 0, name.length);
    this.out.bulk(key, 0, key.length);
  }

  private nameOf(names: StreamNames, record: number): Uint8Array {
    names.readName(record);
    return sliceBytes(names.bytes, names.start, names.end);
  }

  private writeId(id: StreamId): void {
    this.out.bulk(this.digits, 0, id.write(this.digits, 0));
  }

  /** A signed number of 64 bits. */
  private writeNumber(high: number, low: number): void {
    this.number.high = high;
    this.number.low = low;
    this.out.bulk(this.digits, 0, this.number.write(this.digits, 0));
  }
}
