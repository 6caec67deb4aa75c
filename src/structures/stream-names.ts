// Named records in order of their names: the groups of a stream, the consumers of a group, the producers that it knows.
//
//   record      [name bytes, words of the owner's …, name]
//   directory   [count, 0, record handles in order of their names]
//
// A directory is one block, looked up by halves: a name among a thousand is ten comparisons away, and an insert moves
// what comes behind, 4 bytes each. NONE is an empty directory; it moves when it grows, and the owner keeps its handle.
//
// Invariants: (1) names ascend strictly, as bytes; (2) the directory's block has room for its count.

import { assert } from '../lib/assert.ts';
import { compareBytes, copyBytes } from '../lib/bytes.ts';
import { type FlatMemory, GRANULE_MASK, NONE, SEGMENT_SHIFT } from '../memory/flat-memory.ts';

/** Where a directory's handles begin. */
const RECORDS = 2;

/** All the directories of one kind of record in one flat memory. */
export class StreamNames {
  /** Where `find` found the name, or where it belongs. */
  index = 0;
  /** The name that `readName` read: bytes[start..end), valid until memory changes. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  private readonly memory: FlatMemory;
  private readonly fixedWords: number;

  /** `fixedWords`: words before the name, that of its length counted. */
  constructor(memory: FlatMemory, fixedWords: number) {
    this.memory = memory;
    this.fixedWords = fixedWords;
  }

  /** A new record in no directory yet, all of its words 0; the caller owns it. May grow memory. */
  create(name: Uint8Array, start: number, end: number): number {
    const { fixedWords, memory } = this;
    const record = memory.allocate(fixedWords * 4 + end - start);
    const words = memory.words[record >>> SEGMENT_SHIFT]!;
    const at = (record & GRANULE_MASK) << 1;
    words.fill(0, at, at + fixedWords);
    words[at] = end - start;
    copyBytes(name, start, end, memory.bytes[record >>> SEGMENT_SHIFT]!, (at + fixedWords) << 2);
    return record;
  }

  count(directory: number): number {
    return directory === NONE ? 0 : this.word(directory, 0);
  }

  /** The record at an index in order. */
  at(directory: number, index: number): number {
    return this.word(directory, RECORDS + index);
  }

  /** The record of a name, NONE when there is none; `index` says where it is or belongs. */
  find(directory: number, name: Uint8Array, start: number, end: number): number {
    let low = 0;
    let high = this.count(directory);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const record = this.at(directory, middle);
      this.readName(record);
      const order = compareBytes(name, start, end, this.bytes, this.start, this.end);
      if (order === 0) {
        this.index = middle;
        return record;
      }
      if (order > 0) low = middle + 1;
      else high = middle;
    }
    this.index = low;
    return NONE;
  }

  /** Puts a record in at `index`, where its name was just looked for in vain. Returns the directory. May grow memory. */
  insert(directory: number, record: number): number {
    const { memory } = this;
    const count = this.count(directory);
    let grown = directory;
    if (directory === NONE || (RECORDS + count + 1) * 4 > memory.capacity(directory)) {
      grown = memory.allocate((RECORDS + count + (count >>> 2) + 1) * 4);
      this.setWord(grown, 1, 0);
      for (let index = 0; index < count; index++) this.setWord(grown, RECORDS + index, this.at(directory, index));
      if (directory !== NONE) memory.free(directory);
    }
    const words = memory.words[grown >>> SEGMENT_SHIFT]!;
    const at = ((grown & GRANULE_MASK) << 1) + RECORDS;
    words.copyWithin(at + this.index + 1, at + this.index, at + count);
    words[at + this.index] = record;
    this.setWord(grown, 0, count + 1);
    return grown;
  }

  /** Puts another record of the same name at an index. */
  replaceAt(directory: number, index: number, record: number): void {
    this.setWord(directory, RECORDS + index, record);
  }

  /** Takes the record at an index out, which the caller owns from now on. Returns the directory, NONE after the last. */
  remove(directory: number, index: number): number {
    const count = this.count(directory) - 1;
    if (count === 0) {
      this.memory.free(directory);
      return NONE;
    }
    const words = this.memory.words[directory >>> SEGMENT_SHIFT]!;
    const at = ((directory & GRANULE_MASK) << 1) + RECORDS;
    words.copyWithin(at + index, at + index + 1, at + count + 1);
    this.setWord(directory, 0, count);
    return directory;
  }

  /** Leaves the name of a record in `bytes`, `start`, `end`. */
  readName(record: number): void {
    this.bytes = this.memory.bytes[record >>> SEGMENT_SHIFT]!;
    this.start = ((record & GRANULE_MASK) << 3) + this.fixedWords * 4;
    this.end = this.start + this.word(record, 0);
  }

  /** A word of a record. */
  word(handle: number, index: number): number {
    return this.memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + index]!;
  }

  setWord(handle: number, index: number, value: number): void {
    this.memory.words[handle >>> SEGMENT_SHIFT]![((handle & GRANULE_MASK) << 1) + index] = value;
  }

  /** A copy of a record, its words as they are. May grow memory. */
  copy(record: number): number {
    this.readName(record);
    const copy = this.create(this.bytes, this.start, this.end);
    for (let index = 1; index < this.fixedWords; index++) this.setWord(copy, index, this.word(record, index));
    return copy;
  }

  /** Bytes of a directory's own block. */
  directoryBytes(directory: number): number {
    return directory === NONE ? 0 : this.memory.capacity(directory);
  }

  /** Asserts the invariants of a directory. */
  check(directory: number): void {
    if (directory === NONE) return;
    const count = this.count(directory);
    assert(count > 0, 'an empty directory is NONE');
    this.memory.checkLive(directory, (RECORDS + count) * 4);
    for (let index = 0; index < count; index++) {
      const record = this.at(directory, index);
      this.memory.checkLive(record, this.fixedWords * 4 + this.word(record, 0));
      if (index === 0) continue;
      this.readName(this.at(directory, index - 1));
      const { bytes, start, end } = this;
      this.readName(record);
      assert(compareBytes(bytes, start, end, this.bytes, this.start, this.end) < 0, 'names ascend (1)');
    }
  }
}
