// Streams from a file of any of the five forms (rdb-stream-writer.ts writes them): blocks of entries, what the stream knows of
// ids, groups with what is pending, producers.

import { NONE } from '../../memory/flat-memory.ts';
import { IdCursor } from '../../structures/id-tree.ts';
import { StreamBlockValidator } from '../../structures/stream-block-validator.ts';
import { StreamId } from '../../structures/stream-id.ts';
import { BLOCK_BYTES_MAX, LAST_ID, REMOVED_ID } from '../../structures/stream-log.ts';
import type { Slices } from './collection-loader.ts';
import type { LoadTarget } from './load-target.ts';
import {
  RAW_ID_BYTES,
  TYPE_STREAM_LISTPACKS_2,
  TYPE_STREAM_LISTPACKS_3,
  TYPE_STREAM_LISTPACKS_4,
  TYPE_STREAM_LISTPACKS_5,
} from './rdb-format.ts';
import type { RdbInput } from './rdb-input.ts';

/** Messages of one producer that are remembered at most (stream-idmp-maxsize). */
const MESSAGES_MAX = 10_000;
/** The longest time that they are (stream-idmp-duration), in seconds. */
const DURATION_MAX = 86_400;
const LENGTH_MAX = 0xffffffff;

interface Message {
  readonly name: Uint8Array;
  readonly id: StreamId;
}

export class StreamLoader {
  private readonly input: RdbInput;
  private readonly target: LoadTarget;
  private readonly slices: Slices;
  private readonly validator = new StreamBlockValidator();
  private readonly master = new StreamId();
  private readonly last = new StreamId();
  private readonly id = new StreamId();
  private readonly cursor = new IdCursor();

  constructor(input: RdbInput, target: LoadTarget, slices: Slices) {
    this.input = input;
    this.target = target;
    this.slices = slices;
  }

  *load(type: number): Generator<void, void> {
    const { input, target } = this;
    const { streams } = target.keyspace;
    const { key, keyLength, access } = target;
    target.admit(keyLength);
    target.record = streams.create(key, 0, keyLength, access);
    const root = streams.root(target.record);
    this.last.setMin();
    let isFirst = true;
    for (let left = input.count(); left > 0; left--) {
      this.readMaster();
      if (!isFirst && this.master.compare(this.last) <= 0) input.fail('Stream blocks are not in order');
      isFirst = false;
      if (!input.string()) yield* input.gather();
      this.addBlock(root);
      if (this.slices.isDone()) yield;
    }
    this.readTail(type, root);
    for (let left = input.count(); left > 0; left--) yield* this.group(type, root);
    if (type >= TYPE_STREAM_LISTPACKS_4) yield* this.producers(root);
  }

  /** The id before a block: a string of 16 bytes. */
  private readMaster(): void {
    const { input, master } = this;
    if (!input.string() || input.end - input.start !== RAW_ID_BYTES) {
      input.fail('Stream node key entry is not the size of a stream ID');
    }
    master.msHigh = word(input.text, input.start);
    master.msLow = word(input.text, input.start + 4);
    master.seqHigh = word(input.text, input.start + 8);
    master.seqLow = word(input.text, input.start + 12);
  }

  private addBlock(root: number): void {
    const { input, target, validator, master } = this;
    const { text, start, end } = input;
    if (end - start > BLOCK_BYTES_MAX || !validator.validate(text, start, end - start, master)) {
      input.fail('Stream listpack integrity check failed.');
    }
    this.last.set(validator.last);
    if (validator.entries === 0) return;
    target.admit((end - start) * 2);
    target.keyspace.streams.log.appendBlock(root, master, text, start, end, validator.entries);
  }

  /** What the stream remembers of itself. */
  private readTail(type: number, root: number): void {
    const { input, target, id, last } = this;
    const { log } = target.keyspace.streams;
    log.sealLoaded(root);
    const length = input.count();
    if (length !== log.length(root) || length > LENGTH_MAX) {
      input.fail('Stream length inconsistent with rax entries');
    }
    input.countId(id);
    if (id.compare(last) < 0) input.fail('Stream last ID is below that of an entry');
    log.setId(root, LAST_ID, id);
    if (type < TYPE_STREAM_LISTPACKS_2) {
      log.setAdded(root, 0, length | 0);
      return;
    }
    // The first id is known from the entries.
    input.countId(id);
    input.countId(id);
    log.setId(root, REMOVED_ID, id);
    input.count();
    log.setAdded(root, input.high, input.low);
  }

  private *group(type: number, root: number): Generator<void, void> {
    const { input, target, id } = this;
    const { streams } = target.keyspace;
    const { groups } = streams;
    if (!input.string()) yield* input.gather();
    const name = input.text.slice(input.start, input.end);
    input.countId(id);
    if (groups.find(root, name, 0, name.length) !== NONE) input.fail('Duplicated consumer group name');
    target.admit(name.length);
    const group = groups.create(root, name, 0, name.length, id);
    if (type >= TYPE_STREAM_LISTPACKS_2) {
      input.count();
      groups.setRead(group, input.high, input.low);
    } else {
      streams.estimateRead(root, id);
      groups.setRead(group, streams.estimateHigh, streams.estimateLow);
    }
    for (let left = input.count(); left > 0; left--) {
      this.pending(group);
      if (this.slices.isDone()) yield;
    }
    for (let left = input.count(); left > 0; left--) yield* this.consumer(type, group);
    yield* this.releases(type, group);
  }

  private pending(group: number): void {
    const { input, target, id } = this;
    const { groups } = target.keyspace.streams;
    input.rawId(id);
    const time = input.time();
    input.count();
    target.admit(0);
    if (groups.findPending(group, id)) input.fail('Duplicated global PEL entry loading stream consumer group');
    groups.load(group, id, time, input.high, input.low);
  }

  private *consumer(type: number, group: number): Generator<void, void> {
    const { input, target, id } = this;
    const { groups } = target.keyspace.streams;
    if (!input.string()) yield* input.gather();
    const { text, start, end } = input;
    if (groups.findConsumer(group, text, start, end) !== NONE) input.fail('Duplicate stream consumer detected.');
    target.admit(end - start);
    const consumer = groups.createConsumer(group, text, start, end, 0);
    const seen = input.time();
    groups.setSeen(consumer, seen);
    groups.setActive(consumer, type >= TYPE_STREAM_LISTPACKS_3 ? input.time() : seen);
    for (let left = input.count(); left > 0; left--) {
      input.rawId(id);
      target.admit(0);
      if (!groups.findPending(group, id)) input.fail('Consumer entry not found in group global PEL');
      if (groups.owner(groups.pending.found) !== NONE) {
        input.fail('Duplicated consumer PEL entry loading a stream consumer group');
      }
      groups.adopt(group, consumer, id);
      if (this.slices.isDone()) yield;
    }
  }

  /** What nobody owns must have been released. */
  private *releases(type: number, group: number): Generator<void, void> {
    const { input, target, id, cursor } = this;
    const { groups } = target.keyspace.streams;
    const count = type >= TYPE_STREAM_LISTPACKS_5 ? input.count() : 0;
    if (count !== groups.unownedCount(group)) input.fail('Stream CG PEL entry without consumer');
    for (let left = count; left > 0; left--) {
      input.rawId(id);
      if (!groups.findPending(group, id) || groups.owner(groups.pending.found) !== NONE) {
        input.fail('Stream NACK entry is not one that nobody owns');
      }
      groups.release(group);
      if (this.slices.isDone()) yield;
    }
    // One that was named twice leaves another out, whose number is none.
    if (count === 0) return;
    const tree = groups.pendingOf(group);
    const seen = new Set<number>();
    for (let more = groups.pending.first(tree, cursor); more; more = groups.pending.next(cursor)) {
      if (groups.owner(cursor) === NONE) seen.add(groups.releaseNumber(cursor));
    }
    if (seen.size !== count) input.fail('Stream NACK entries are not different');
  }

  /** What the stream remembers of producers; every stream of newer releases says something of them. */
  private *producers(root: number): Generator<void, void> {
    const { input, target } = this;
    const { producers } = target.keyspace.streams;
    const duration = input.count();
    const maxsize = input.count();
    if (duration > DURATION_MAX || maxsize > MESSAGES_MAX) input.fail('Stream IDMP limits are out of range');
    const count = input.count();
    const isUsual = duration === producers.durationFirst && maxsize === producers.maxsizeFirst;
    if (count > 0 || !isUsual) {
      target.admit(0);
      producers.configure(producers.ofOrNew(root), duration, maxsize);
    }
    for (let left = count; left > 0; left--) yield* this.producer(producers.of(root));
    const added = input.count();
    const duplicates = input.count();
    if (added > 0 || duplicates > 0) producers.setCounters(producers.ofOrNew(root), added, duplicates);
  }

  private *producer(kept: number): Generator<void, void> {
    const { input, target } = this;
    const { producers } = target.keyspace.streams;
    if (!input.string()) yield* input.gather();
    const name = input.text.slice(input.start, input.end);
    const count = input.count();
    if (count > MESSAGES_MAX) input.fail('Stream IDMP entries are too many');
    const messages: Message[] = [];
    for (let left = count; left > 0; left--) {
      if (!input.string()) yield* input.gather();
      const message = { name: input.text.slice(input.start, input.end), id: new StreamId() };
      input.countId(message.id);
      messages.push(message);
      if (this.slices.isDone()) yield;
    }
    // In the order in which they came, whatever that of the file.
    messages.sort((one, other) => one.id.compare(other.id));
    for (const message of messages) {
      target.admit(name.length + message.name.length);
      const { length } = message.name;
      if (producers.find(kept, name, 0, name.length, message.name, 0, length, 0)) {
        input.fail('Duplicated stream IDMP entry');
      }
      producers.add(kept, name, 0, name.length, message.name, 0, length, message.id, 0);
    }
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
