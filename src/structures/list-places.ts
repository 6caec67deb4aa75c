// Places in long lists: which items the nodes of a list of packs begin with, for the few lists that are asked for places in
// their middle. A walk from node to node waits for the cache at each of them: headers lie 8 KB apart, so all fall into the
// same few sets of it (12 ns a node).
//
// A list has one of the slots, by its root; another list there takes it over. It gets marks once the walks since its nodes
// changed last took as many steps as making them takes. A mark is a node and how many items lie between the head node and
// it: what is pushed to or popped from the two end nodes moves no mark. Beside it stands the entry of the node that was asked
// for last, from which the next one may be nearer than from the ends: who reads page after page goes on from there.
//
// Only a hint, and no part of the data set: 96 KB at most. Whoever links, unlinks or moves a node, or changes an inner one but
// for bytes in their places, tells `forget`.

import { NONE } from '../memory/flat-memory.ts';

/** Lists that have marks at a time: 2^SLOT_BITS. */
const SLOT_BITS = 3;
const SLOTS = 1 << SLOT_BITS;
/** Marks of a list; of longer lists every second node has one, or every third … */
export const PLACE_MARKS_MAX = 1024;
/** Lists of more items have none: marks count in 32 bits. */
export const PLACED_ITEMS_MAX = 0x7fff_ffff;

const GOLDEN = 0x9e3779b1 | 0;

/** The marks of all the lists in one flat memory. */
export class ListPlaces {
  /** Items between the head node and the node that `find` found. */
  before = 0;
  private readonly roots = new Int32Array(SLOTS).fill(NONE);
  /** Steps walked since the list's nodes changed, while it has no marks. */
  private readonly steps = new Int32Array(SLOTS);
  /** Marks of the slot; 0: none are made. */
  private readonly counts = new Int32Array(SLOTS);
  private readonly nodes: Int32Array[] = [];
  private readonly befores: Int32Array[] = [];
  /** [ index: 16 bits | offset in the pack: 16 bits ] of the entry last asked for; 0: none was. */
  private readonly entries: Int32Array[] = [];
  /** The slot and number of the mark that `find` found. */
  private slot = 0;
  private found = 0;

  constructor() {
    for (let slot = 0; slot < SLOTS; slot++) {
      this.nodes.push(new Int32Array(0));
      this.befores.push(new Int32Array(0));
      this.entries.push(new Int32Array(0));
    }
  }

  /** The marked node of the item `index` behind the head node's, or one before it; NONE where the list has no marks. */
  find(root: number, index: number): number {
    const slot = slotOf(root);
    const count = this.counts[slot]!;
    if (count === 0 || this.roots[slot] !== root) return NONE;
    const befores = this.befores[slot]!;
    let low = 0;
    let high = count;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (befores[middle]! <= index) low = middle;
      else high = middle;
    }
    this.before = befores[low]!;
    this.slot = slot;
    this.found = low;
    return this.nodes[slot]![low]!;
  }

  /** Index of the entry that was asked for last, of the node that `find` found; -1 when there is none. */
  entryIndex(): number {
    const entry = this.entries[this.slot]![this.found]!;
    return entry === 0 ? -1 : entry >>> 16;
  }

  /** Its offset in the pack. */
  entryOffset(): number {
    return this.entries[this.slot]![this.found]! & 0xffff;
  }

  /** Notes which entry of the node that `find` found was asked for. */
  noteEntry(index: number, offset: number): void {
    this.entries[this.slot]![this.found] = offset > 0xffff ? 0 : (index << 16) | offset;
  }

  /** Notes a walk of so many steps; true when it is time to give a list of `nodeCount` nodes its marks. */
  walked(root: number, steps: number, nodeCount: number): boolean {
    const slot = slotOf(root);
    if (this.roots[slot] !== root) {
      this.roots[slot] = root;
      this.counts[slot] = 0;
      this.steps[slot] = 0;
    }
    this.steps[slot]! += steps;
    return this.steps[slot]! >= nodeCount;
  }

  /** Adds a mark of a list, behind those that it has. */
  mark(root: number, node: number, before: number): void {
    const slot = slotOf(root);
    if (this.nodes[slot]!.length === 0) {
      this.nodes[slot] = new Int32Array(PLACE_MARKS_MAX);
      this.befores[slot] = new Int32Array(PLACE_MARKS_MAX);
      this.entries[slot] = new Int32Array(PLACE_MARKS_MAX);
    }
    const count = this.counts[slot]!;
    this.nodes[slot]![count] = node;
    this.befores[slot]![count] = before;
    this.entries[slot]![count] = 0;
    this.counts[slot] = count + 1;
  }

  /** Drops the marks of all lists: a node or root lies elsewhere, and it is not known whose. */
  forgetAll(): void {
    this.counts.fill(0);
    this.steps.fill(0);
  }

  /** Drops the marks of a list, if it has any. */
  forget(root: number): void {
    const slot = slotOf(root);
    if (this.roots[slot] !== root) return;
    this.counts[slot] = 0;
    this.steps[slot] = 0;
  }
}

function slotOf(root: number): number {
  return Math.imul(root, GOLDEN) >>> (32 - SLOT_BITS);
}
