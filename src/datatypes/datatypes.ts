// All the types over one flat memory. Each object here has its own place to read at (`strings.bytes`, `packed.start`, walks
// …), so what reads while something else is in the middle of a value takes a second set: a snapshot, which is told of
// changes from within the commands that make them.

import type { KeyHasher } from '../lib/half-siphash.ts';
import { type FlatMemory, NONE } from '../memory/flat-memory.ts';
import { Listpack } from '../structures/listpack.ts';
import { OrderedTree } from '../structures/ordered-tree.ts';
import type { Datatype } from './datatype.ts';
import { Disposals } from './disposals.ts';
import { Hashes } from './hash.ts';
import type { HashWalk } from './hash-walk.ts';
import { HASH, KeyRecords, LIST, SET, SORTED_SET, STREAM } from './key-record.ts';
import { Lists } from './list.ts';
import { Members } from './members.ts';
import { LARGE, PackedValues } from './packed-values.ts';
import { Sets, type SetWalk } from './set.ts';
import { SortedSets } from './sorted-set.ts';
import type { SortedSetWalk } from './sorted-set-walk.ts';
import { Streams } from './stream.ts';
import { Strings } from './string.ts';

export class Datatypes {
  readonly memory: FlatMemory;
  readonly records: KeyRecords;
  readonly strings: Strings;
  readonly packed: PackedValues;
  /** Records and tables of the members and fields of all large collections. */
  readonly members: Members;
  /** For all packed values: one thing is read with it at a time. */
  readonly listpack = new Listpack();
  readonly lists: Lists;
  readonly sets: Sets;
  readonly setWalk: SetWalk;
  readonly otherSetWalk: SetWalk;
  readonly hashes: Hashes;
  readonly hashWalk: HashWalk;
  readonly sortedSets: SortedSets;
  readonly sortedSetWalk: SortedSetWalk;
  readonly streams: Streams;
  /** What waits to be freed in slices. */
  readonly disposals = new Disposals();
  /** By type: what knows its values; nothing for strings. */
  readonly types: (Datatype | undefined)[] = [];

  constructor(memory: FlatMemory, hasher: KeyHasher) {
    this.memory = memory;
    this.records = new KeyRecords(memory);
    this.strings = new Strings(this.records);
    this.packed = new PackedValues(this.records);
    this.members = new Members(memory, hasher);
    const { records, packed, members, disposals, listpack } = this;
    this.lists = new Lists(memory, records, packed, disposals, listpack);
    this.types[LIST] = this.lists;
    this.sets = new Sets(records, packed, members, disposals, listpack);
    this.types[SET] = this.sets;
    this.setWalk = this.sets.walk();
    this.otherSetWalk = this.sets.walk();
    this.hashes = new Hashes(records, packed, members, new OrderedTree(memory), disposals, listpack);
    this.types[HASH] = this.hashes;
    this.hashWalk = this.hashes.walk();
    this.sortedSets = new SortedSets(records, packed, members, disposals, listpack);
    this.types[SORTED_SET] = this.sortedSets;
    this.sortedSetWalk = this.sortedSets.walk();
    this.streams = new Streams(records, packed, disposals);
    this.types[STREAM] = this.streams;
  }

  /** The table of a large set's, hash's or sorted set's members; NONE of any other value. */
  membersRoot(handle: number): number {
    const type = this.records.type(handle);
    if ((type !== SET && type !== HASH && type !== SORTED_SET) || this.records.encoding(handle) < LARGE) return NONE;
    return this.packed.payload(handle, 0);
  }
}
