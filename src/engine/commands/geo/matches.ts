// The members that an area holds, for the length of one command: their places in the sorted set, scores and distances in
// typed arrays, nothing else for a member.

import type { SortedSetWalk } from '../../../datatypes/sorted-set-walk.ts';
import type { GeoArea } from '../../../lib/geo-area.ts';
import { mergeSort, type Ordering } from '../../../lib/merge-sort.ts';
import type { ReadCall } from '../../call.ts';
import { scoreRange } from '../sorted-set/bounds.ts';

const ROOM_FIRST = 64;
/** Room kept for the next call. */
const ROOM_KEPT = 4096;

export class GeoMatches implements Ordering {
  count = 0;
  /** Which match comes first, second, … */
  order = new Uint32Array(ROOM_FIRST);
  scores = new Float64Array(ROOM_FIRST);
  /** In metres from the area's centre. */
  distances = new Float64Array(ROOM_FIRST);
  private marks = new Uint32Array(ROOM_FIRST);
  private spare = new Uint32Array(0);
  private isDescending = false;

  /** Gathers the members of a sorted set that an area holds, at most `max`, cell by cell. */
  gather(call: ReadCall, set: number, area: GeoArea, max: number): void {
    const { sortedSets, keyspace } = call;
    const walk = keyspace.sortedSetWalk;
    this.forget();
    area.cover();
    for (let cell = 0; cell < area.cells && this.count < max; cell++) {
      scoreRange.bounds[0] = area.least[cell]!;
      scoreRange.bounds[1] = area.beyond[cell]!;
      scoreRange.minExclusive = false;
      scoreRange.maxExclusive = true;
      if (!sortedSets.rangeByScore(set, scoreRange)) continue;
      const members = sortedSets.end - sortedSets.first;
      walk.begin(set, sortedSets.first);
      for (let left = members; left > 0 && this.count < max && walk.next(); left--) {
        const score = walk.score();
        if (area.holds(score)) this.add(walk.mark(), score, area.metres[0]!);
      }
    }
    // Members are found again by their marks, which count from the set's own beginning.
    walk.begin(set, 0);
  }

  /** Goes to the member of a match. */
  read(walk: SortedSetWalk, match: number): void {
    walk.goToMark(this.marks[match]!);
    walk.readMember();
  }

  /** Orders the matches by their distances. */
  sort(isDescending: boolean): void {
    this.isDescending = isDescending;
    if (this.spare.length < this.count) this.spare = new Uint32Array(this.order.length);
    mergeSort(this.order, this.spare, this.count, this);
  }

  compare(a: number, b: number): number {
    const difference = this.distances[a]! - this.distances[b]!;
    return this.isDescending ? -difference : difference;
  }

  private add(mark: number, score: number, distance: number): void {
    const match = this.count++;
    if (match === this.order.length) this.grow();
    this.order[match] = match;
    this.marks[match] = mark;
    this.scores[match] = score;
    this.distances[match] = distance;
  }

  private grow(): void {
    const { order, scores, distances, marks } = this;
    this.makeRoom(order.length * 2);
    this.order.set(order);
    this.scores.set(scores);
    this.distances.set(distances);
    this.marks.set(marks);
  }

  private forget(): void {
    this.count = 0;
    if (this.order.length <= ROOM_KEPT) return;
    this.makeRoom(ROOM_FIRST);
    this.spare = new Uint32Array(0);
  }

  private makeRoom(matches: number): void {
    this.order = new Uint32Array(matches);
    this.scores = new Float64Array(matches);
    this.distances = new Float64Array(matches);
    this.marks = new Uint32Array(matches);
  }
}
