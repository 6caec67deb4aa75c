// Moves a stream out of memory that is to be given back: its blocks and their tree, its groups with their consumers and
// what is pending, its producers, and at last its root.
//
// A step is a block, a leaf of a tree, or a record of a group. The place is kept in numbers and ids, never in handles: between
// two steps the stream may have changed, or be another one, of which a part is missed then.

import { type FlatMemory, NONE } from '../memory/flat-memory.ts';
import type { BlockMover } from './block-mover.ts';
import { IdCursor, type IdTree } from './id-tree.ts';
import { CONSUMERS, OWNER, PENDING, type StreamGroups, TIMELINE } from './stream-groups.ts';
import { StreamId } from './stream-id.ts';
import { GROUPS, type StreamLog } from './stream-log.ts';
import type { StreamProducers } from './stream-producers.ts';

/** Consumers with more entries pending stay where they are: each of these names its consumer. */
const OWNED_MAX = 4096;
/** Messages of a producer that one step moves. */
const MESSAGES_AT_ONCE = 64;
/** The longest key of a tree. */
const KEY_WORDS_MAX = 6;

/** What is moved, in this order. */
const BLOCKS = 0;
const TREE = 1;
const GROUP = 2;
const GROUP_PENDING = 3;
const GROUP_TIMELINE = 4;
const CONSUMER = 5;
const PRODUCERS = 6;
const DONE = 7;

export class StreamRelocation {
  private readonly memory: FlatMemory;
  private readonly log: StreamLog;
  private readonly groups: StreamGroups;
  private readonly producers: StreamProducers;
  private readonly mover: BlockMover;
  private readonly cursor = new IdCursor();
  private readonly id = new StreamId();
  private part = BLOCKS;
  /** Of the groups or producers, and in it of the consumers or messages. */
  private index = 0;
  private inner = 0;
  /** Where a tree is gone on with. */
  private readonly key = new Int32Array(KEY_WORDS_MAX);

  constructor(log: StreamLog, groups: StreamGroups, producers: StreamProducers, mover: BlockMover) {
    this.memory = log.memory;
    this.log = log;
    this.groups = groups;
    this.producers = producers;
    this.mover = mover;
  }

  /** Begins with another stream. */
  restart(): void {
    this.enter(BLOCKS);
    this.index = 0;
    this.inner = 0;
  }

  /** Does a step; false when all but the root has been gone through. */
  step(root: number): boolean {
    const { log } = this;
    if (this.part === BLOCKS) {
      log.tree.key.set(this.key);
      const more = log.moveBlock(root, this.mover);
      this.key.set(log.tree.key);
      if (!more) this.enter(TREE);
    } else if (this.part === TREE) {
      if (!this.moveNodes(log.tree, log.treeOf(root))) this.enter(GROUP);
    } else if (this.part === PRODUCERS) this.moveProducer(root);
    else if (this.part !== DONE) this.moveGroup(root);
    return this.part !== DONE;
  }

  /** Moves the root, with what it names by itself; returns it. */
  moveRoot(root: number): number {
    const { log, producers, mover } = this;
    const directory = log.word(root, GROUPS);
    if (directory !== NONE) log.setWord(root, GROUPS, mover.moveBlock(directory));
    if (producers.of(root) !== NONE) producers.moveFrame(root, mover);
    return log.moveRoot(root, mover);
  }

  private enter(part: number): void {
    this.part = part;
    this.key.fill(0);
  }

  private moveNodes(tree: IdTree, root: number): boolean {
    tree.key.set(this.key);
    const more = tree.moveNodes(root, this.mover);
    this.key.set(tree.key);
    return more;
  }

  private moveGroup(root: number): void {
    const { groups, log, mover } = this;
    if (this.index >= groups.count(root)) {
      this.index = 0;
      this.inner = 0;
      this.enter(PRODUCERS);
      return;
    }
    const group = groups.at(root, this.index);
    if (this.part === GROUP) {
      groups.names.replaceAt(log.word(root, GROUPS), this.index, mover.moveBlock(group));
      this.enter(GROUP_PENDING);
    } else if (this.part === GROUP_PENDING) {
      if (!this.moveTree(groups.pending, group, PENDING)) this.enter(GROUP_TIMELINE);
    } else if (this.part === GROUP_TIMELINE) {
      if (this.moveTree(groups.timeline, group, TIMELINE)) return;
      const consumers = groups.names.word(group, CONSUMERS);
      if (consumers !== NONE) groups.names.setWord(group, CONSUMERS, mover.moveBlock(consumers));
      this.inner = 0;
      this.enter(CONSUMER);
    } else if (this.inner >= groups.consumerCount(group)) {
      this.index++;
      this.enter(GROUP);
    } else if (!this.moveTree(groups.own, groups.consumerAt(group, this.inner), PENDING)) {
      this.moveConsumer(group);
      this.inner++;
      this.enter(CONSUMER);
    }
  }

  /** Moves nodes of a tree that a word of a record names, if any, and with the last its root; false behind that. */
  private moveTree(tree: IdTree, record: number, word: number): boolean {
    const { names } = this.groups;
    const root = names.word(record, word);
    if (root === NONE) return false;
    if (this.moveNodes(tree, root)) return true;
    names.setWord(record, word, this.mover.moveBlock(root));
    return false;
  }

  /** Moves the record of a consumer, which its pending entries name. */
  private moveConsumer(group: number): void {
    const { groups, cursor, id, memory } = this;
    const consumer = groups.consumerAt(group, this.inner);
    if (!memory.isCondemned(consumer) || groups.ownCount(consumer) > OWNED_MAX) return;
    const moved = this.mover.moveBlock(consumer);
    groups.consumerNames.replaceAt(groups.names.word(group, CONSUMERS), this.inner, moved);
    const own = groups.ownOf(moved);
    if (own === NONE || moved === consumer) return;
    for (let more = groups.own.first(own, cursor); more; more = groups.own.next(cursor)) {
      groups.own.readId(cursor, id);
      groups.findPending(group, id);
      groups.pending.setValue(groups.pending.found, OWNER, moved);
    }
  }

  private moveProducer(root: number): void {
    const { producers } = this;
    const kept = producers.of(root);
    if (kept === NONE || this.index >= producers.producerCount(kept)) {
      this.enter(DONE);
      return;
    }
    const more = producers.moveMessages(kept, this.index, this.inner, MESSAGES_AT_ONCE, this.mover);
    this.inner = more ? this.inner + MESSAGES_AT_ONCE : 0;
    if (!more) this.index++;
  }
}
