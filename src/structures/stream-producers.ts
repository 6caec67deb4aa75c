// What a stream remembers of its producers (XADD IDMP): the ids that each gave its messages of late, and the entries that
// these became, so that a message sent again is not added again.
//
//   memory     [0, DURATION in seconds, MAXSIZE, TRACKED, PRODUCERS, ADDED: 2, DUPLICATES: 2]
//   producer   [name bytes, MESSAGES, COUNT, OLDEST, NEWEST, name]
//   message    [name bytes, next newer, id of the entry: 4, name]
//
// Producers and their messages are named records in directories (stream-names.ts); messages are linked by age besides. A
// message is forgotten DURATION seconds after its entry's id, or when its producer has MAXSIZE newer ones.
//
// Invariants: (1) COUNT is that of the messages, in the directory as in the list; (2) TRACKED adds the counts up; (3) a
// producer without messages is gone.

import { assert } from '../lib/assert.ts';
import { type FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';
import type { BlockMover } from './block-mover.ts';
import { ID_WORDS, StreamId } from './stream-id.ts';
import { PRODUCERS, type StreamLog } from './stream-log.ts';
import { StreamNames } from './stream-names.ts';

const DURATION = 1;
const MAXSIZE = 2;
const TRACKED = 3;
const DIRECTORY = 4;
const ADDED = 5;
const DUPLICATES = 7;
const MEMORY_WORDS = 9;

const MESSAGES = 1;
const COUNT = 2;
const OLDEST = 3;
const NEWEST = 4;
const PRODUCER_WORDS = 5;

const NEWER = 1;
const ENTRY_ID = 2;
const MESSAGE_WORDS = ENTRY_ID + ID_WORDS;

const TWO_32 = 0x1_0000_0000;
/** Messages freed by one step of `dispose`. */
const DISPOSED_MESSAGES = 200;

/** The producers of all streams in one flat memory. */
export class StreamProducers {
  /** stream-idmp-duration (seconds) and -maxsize: what a stream begins with. */
  durationFirst = 100;
  maxsizeFirst = 100;
  /** The entry that `find` found for a message. */
  readonly id = new StreamId();
  private readonly log: StreamLog;
  private readonly memory: FlatMemory;
  /** Producers, and the messages of each, by name. */
  readonly names: StreamNames;
  readonly messages: StreamNames;
  private readonly oldest = new StreamId();

  constructor(log: StreamLog) {
    this.log = log;
    this.memory = log.memory;
    this.names = new StreamNames(log.memory, PRODUCER_WORDS);
    this.messages = new StreamNames(log.memory, MESSAGE_WORDS);
  }

  /** A stream's memory of producers, NONE when it has had none and was not configured. */
  of(root: number): number {
    return this.log.word(root, PRODUCERS);
  }

  /** The same, made when there is none. May grow memory. */
  ofOrNew(root: number): number {
    const kept = this.of(root);
    if (kept !== NONE) return kept;
    const made = this.memory.allocate(MEMORY_WORDS * 4);
    for (let word = 0; word < MEMORY_WORDS; word++) this.log.setWord(made, word, 0);
    this.log.setWord(made, DURATION, this.durationFirst);
    this.log.setWord(made, MAXSIZE, this.maxsizeFirst);
    this.log.setWord(root, PRODUCERS, made);
    return made;
  }

  duration(kept: number): number {
    return this.log.word(kept, DURATION);
  }

  maxsize(kept: number): number {
    return this.log.word(kept, MAXSIZE);
  }

  /** Sets the limits; all messages are forgotten when these are others than before. */
  configure(kept: number, duration: number, maxsize: number): void {
    if (this.duration(kept) === duration && this.maxsize(kept) === maxsize) return;
    this.log.setWord(kept, DURATION, duration);
    this.log.setWord(kept, MAXSIZE, maxsize);
    while (this.dropSome(kept));
  }

  producerCount(kept: number): number {
    return this.names.count(this.log.word(kept, DIRECTORY));
  }

  tracked(kept: number): number {
    return this.log.word(kept, TRACKED);
  }

  /** Messages ever remembered, and those that came again. */
  added(kept: number): number {
    return this.number(kept, ADDED);
  }

  duplicates(kept: number): number {
    return this.number(kept, DUPLICATES);
  }

  /** Sets what `added` and `duplicates` tell, as a file has them. */
  setCounters(kept: number, added: number, duplicates: number): void {
    this.setNumber(kept, ADDED, added);
    this.setNumber(kept, DUPLICATES, duplicates);
  }

  /** The producer at an index in the order of names, for `messagesOf`, `oldestOf` and `names`. */
  producerAt(kept: number, index: number): number {
    return this.names.at(this.log.word(kept, DIRECTORY), index);
  }

  messagesOf(producer: number): number {
    return this.names.word(producer, COUNT);
  }

  /** A producer's oldest message, of which there is one; then the next newer, NONE after the newest. */
  oldestOf(producer: number): number {
    return this.names.word(producer, OLDEST);
  }

  newerThan(message: number): number {
    return this.messages.word(message, NEWER);
  }

  /** Reads the id of a message's entry into `id`. */
  readMessage(message: number): void {
    this.readEntry(message, this.id);
  }

  countDuplicate(kept: number): void {
    this.addTo(kept, DUPLICATES);
  }

  /** Forgets what is too old of one producer, another one each time: so none that fell silent is kept for ever. */
  private expireNext(kept: number, now: number): void {
    const index = (this.log.word(kept, ADDED) >>> 0) % this.producerCount(kept);
    const producer = this.names.at(this.log.word(kept, DIRECTORY), index);
    this.expireProducer(kept, producer, now - this.duration(kept) * 1000);
    if (this.names.word(producer, COUNT) === 0) this.dropProducer(kept, index);
  }

  /** Whether a producer's message is remembered: then `id` is its entry. What is too old does not count. */
  find(
    kept: number,
    producerName: Uint8Array,
    producerStart: number,
    producerEnd: number,
    name: Uint8Array,
    start: number,
    end: number,
    now: number,
  ): boolean {
    const directory = this.log.word(kept, DIRECTORY);
    const producer = this.names.find(directory, producerName, producerStart, producerEnd);
    if (producer === NONE) return false;
    const { index } = this.names;
    this.expireProducer(kept, producer, now - this.duration(kept) * 1000);
    if (this.names.word(producer, COUNT) === 0) {
      this.dropProducer(kept, index);
      return false;
    }
    const message = this.messages.find(this.names.word(producer, MESSAGES), name, start, end);
    if (message === NONE) return false;
    this.readEntry(message, this.id);
    return true;
  }

  /** Remembers a message that was just looked for in vain. May grow memory. */
  add(
    kept: number,
    producerName: Uint8Array,
    producerStart: number,
    producerEnd: number,
    name: Uint8Array,
    start: number,
    end: number,
    id: StreamId,
    now: number,
  ): void {
    if (this.producerCount(kept) > 0) this.expireNext(kept, now);
    const directory = this.log.word(kept, DIRECTORY);
    let producer = this.names.find(directory, producerName, producerStart, producerEnd);
    if (producer === NONE) {
      producer = this.names.create(producerName, producerStart, producerEnd);
      this.log.setWord(kept, DIRECTORY, this.names.insert(directory, producer));
    }
    while (this.names.word(producer, COUNT) >= this.maxsize(kept)) this.dropOldest(kept, producer);
    this.messages.find(this.names.word(producer, MESSAGES), name, start, end);
    const message = this.messages.create(name, start, end);
    id.store(this.memory.words[message >>> SEGMENT_SHIFT]!, ((message & GRANULE_MASK) << 1) + ENTRY_ID);
    this.names.setWord(producer, MESSAGES, this.messages.insert(this.names.word(producer, MESSAGES), message));
    this.append(producer, message);
    this.log.setWord(kept, TRACKED, this.tracked(kept) + 1);
    this.addTo(kept, ADDED);
  }

  /** Moves a stream's memory of producers, without these. */
  moveFrame(root: number, mover: BlockMover): void {
    const kept = mover.moveBlock(this.of(root));
    this.log.setWord(root, PRODUCERS, kept);
    const directory = this.log.word(kept, DIRECTORY);
    if (directory !== NONE) this.log.setWord(kept, DIRECTORY, mover.moveBlock(directory));
  }

  /**
   * Moves a producer, and up to `count` of its messages behind the `first` oldest; false when it has no more. Messages know
   * the next newer one alone, so that those before are come by.
   */
  moveMessages(kept: number, index: number, first: number, count: number, mover: BlockMover): boolean {
    const { names, messages } = this;
    const producers = this.log.word(kept, DIRECTORY);
    const producer = mover.moveBlock(names.at(producers, index));
    names.replaceAt(producers, index, producer);
    const directory = mover.moveBlock(names.word(producer, MESSAGES));
    names.setWord(producer, MESSAGES, directory);
    let older = NONE;
    let message = names.word(producer, OLDEST);
    for (let place = 0; message !== NONE && place < first + count; place++) {
      if (place >= first) {
        messages.readName(message);
        messages.find(directory, messages.bytes, messages.start, messages.end);
        message = mover.moveBlock(message);
        messages.replaceAt(directory, messages.index, message);
        if (older === NONE) names.setWord(producer, OLDEST, message);
        else messages.setWord(older, NEWER, message);
      }
      older = message;
      message = messages.word(message, NEWER);
    }
    if (message === NONE) names.setWord(producer, NEWEST, older);
    return message !== NONE;
  }

  /** Frees a part of an abandoned stream's memory of producers; false when all of it is gone. */
  dispose(root: number): boolean {
    const kept = this.of(root);
    if (kept === NONE) return false;
    if (this.dropSome(kept)) return true;
    this.memory.free(kept);
    this.log.setWord(root, PRODUCERS, NONE);
    return false;
  }

  /** Gives a copied log a copy of another's memory of producers. May grow memory. */
  copy(from: number, to: number): void {
    const source = this.of(from);
    this.log.setWord(to, PRODUCERS, NONE);
    if (source === NONE) return;
    const made = this.ofOrNew(to);
    for (let word = 0; word < MEMORY_WORDS; word++) this.log.setWord(made, word, this.log.word(source, word));
    let directory = NONE;
    for (let index = 0; index < this.producerCount(source); index++) {
      const producer = this.names.at(this.log.word(source, DIRECTORY), index);
      const copy = this.names.copy(producer);
      for (const word of [MESSAGES, COUNT, OLDEST, NEWEST]) this.names.setWord(copy, word, 0);
      let message = this.names.word(producer, OLDEST);
      for (; message !== NONE; message = this.messages.word(message, NEWER)) {
        const copied = this.messages.copy(message);
        this.messages.setWord(copied, NEWER, NONE);
        this.messages.readName(copied);
        const { bytes, start, end } = this.messages;
        this.messages.find(this.names.word(copy, MESSAGES), bytes.slice(start, end), 0, end - start);
        this.names.setWord(copy, MESSAGES, this.messages.insert(this.names.word(copy, MESSAGES), copied));
        this.append(copy, copied);
      }
      this.names.index = index;
      directory = this.names.insert(directory, copy);
    }
    this.log.setWord(made, DIRECTORY, directory);
  }

  /** Bytes of a stream's memory of producers, about. */
  bytes(root: number): number {
    const kept = this.of(root);
    if (kept === NONE) return 0;
    let bytes = MEMORY_WORDS * 4 + this.names.directoryBytes(this.log.word(kept, DIRECTORY));
    for (let index = 0; index < this.producerCount(kept); index++) {
      const producer = this.names.at(this.log.word(kept, DIRECTORY), index);
      bytes += this.memory.capacity(producer) + this.messages.directoryBytes(this.names.word(producer, MESSAGES));
      let message = this.names.word(producer, OLDEST);
      for (; message !== NONE; message = this.messages.word(message, NEWER)) bytes += this.memory.capacity(message);
    }
    return bytes;
  }

  /** Walks a stream's memory of producers; asserts the invariants. */
  check(root: number): void {
    const kept = this.of(root);
    if (kept === NONE) return;
    this.names.check(this.log.word(kept, DIRECTORY));
    let tracked = 0;
    for (let index = 0; index < this.producerCount(kept); index++) {
      const producer = this.names.at(this.log.word(kept, DIRECTORY), index);
      this.messages.check(this.names.word(producer, MESSAGES));
      let count = 0;
      let message = this.names.word(producer, OLDEST);
      for (; message !== NONE; message = this.messages.word(message, NEWER)) count++;
      assert(count > 0, 'a producer has messages (3)');
      assert(count === this.names.word(producer, COUNT), 'messages are counted (1)');
      assert(count === this.messages.count(this.names.word(producer, MESSAGES)), 'all are in the directory (1)');
      tracked += count;
    }
    assert(tracked === this.tracked(kept), 'all messages are counted (2)');
  }

  private readEntry(message: number, id: StreamId): void {
    id.load(this.memory.words[message >>> SEGMENT_SHIFT]!, ((message & GRANULE_MASK) << 1) + ENTRY_ID);
  }

  private expireProducer(kept: number, producer: number, limit: number): void {
    while (this.names.word(producer, COUNT) > 0) {
      this.readEntry(this.names.word(producer, OLDEST), this.oldest);
      if (this.oldest.time() > limit) return;
      this.dropOldest(kept, producer);
    }
  }

  private append(producer: number, message: number): void {
    const newest = this.names.word(producer, NEWEST);
    if (newest === NONE) this.names.setWord(producer, OLDEST, message);
    else this.messages.setWord(newest, NEWER, message);
    this.names.setWord(producer, NEWEST, message);
    this.names.setWord(producer, COUNT, this.names.word(producer, COUNT) + 1);
  }

  private dropOldest(kept: number, producer: number): void {
    const { messages, names } = this;
    const message = names.word(producer, OLDEST);
    const newer = messages.word(message, NEWER);
    names.setWord(producer, OLDEST, newer);
    if (newer === NONE) names.setWord(producer, NEWEST, NONE);
    names.setWord(producer, COUNT, names.word(producer, COUNT) - 1);
    messages.readName(message);
    // The lookup moves the name at hand: keep where this one is.
    const { bytes, start, end } = messages;
    const found = messages.find(names.word(producer, MESSAGES), bytes, start, end);
    assert(found === message, 'a message is in the directory of its producer (1)');
    names.setWord(producer, MESSAGES, messages.remove(names.word(producer, MESSAGES), messages.index));
    this.memory.free(message);
    this.log.setWord(kept, TRACKED, this.tracked(kept) - 1);
  }

  private dropProducer(kept: number, index: number): void {
    const directory = this.log.word(kept, DIRECTORY);
    const producer = this.names.at(directory, index);
    this.log.setWord(kept, DIRECTORY, this.names.remove(directory, index));
    this.memory.free(producer);
  }

  /** Forgets some messages; false when there were none. */
  private dropSome(kept: number): boolean {
    let left = DISPOSED_MESSAGES;
    for (let index = this.producerCount(kept) - 1; index >= 0; index--) {
      const producer = this.names.at(this.log.word(kept, DIRECTORY), index);
      for (; this.names.word(producer, COUNT) > 0; left--) {
        if (left === 0) return true;
        this.dropOldest(kept, producer);
      }
      this.dropProducer(kept, index);
    }
    return left < DISPOSED_MESSAGES;
  }

  private number(kept: number, word: number): number {
    return this.log.word(kept, word + 1) * TWO_32 + (this.log.word(kept, word) >>> 0);
  }

  private setNumber(kept: number, word: number, value: number): void {
    this.log.setWord(kept, word, value | 0);
    this.log.setWord(kept, word + 1, Math.floor(value / TWO_32));
  }

  private addTo(kept: number, word: number): void {
    const low = (this.log.word(kept, word) + 1) | 0;
    this.log.setWord(kept, word, low);
    if (low === 0) this.log.setWord(kept, word + 1, this.log.word(kept, word + 1) + 1);
  }
}
