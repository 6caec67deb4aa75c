// Disposals: structures that nobody uses any more, freed in slices between batches, so that the deletion of a collection
// of millions stalls nobody (UNLINK, FLUSHALL ASYNC, the lazyfree-* directives).

/** A structure of which parts can be freed. */
export interface Disposable {
  /** Frees a bounded part, some hundred elements, of an abandoned structure; false when all is gone, its root too. */
  dispose(root: number): boolean;
  /** Keys that an abandoned structure stands for, where that is not one. */
  objects?(root: number): number;
}

/** Takes abandoned structures over that something still has to read; it adds them again afterwards. */
export interface DisposalsKeeper {
  keeps(structure: Disposable, root: number, later: boolean, isPart: boolean): boolean;
}

/** Values of up to so many elements are freed at once: to hand them over would cost more. As in Redis. */
export const DISPOSE_AT_ONCE_MAX = 64;

interface Abandoned {
  readonly structure: Disposable;
  readonly root: number;
  /** Another structure of the same value: it does not count as an object. */
  readonly isPart: boolean;
}

/** The queue of abandoned structures; one per keyspace. */
export class Disposals {
  private readonly queue: Abandoned[] = [];
  /** Asked of each structure while a snapshot is made. */
  keeper: DisposalsKeeper | null = null;
  /** Set while a slice is freed: what it hands on may wait too, and its key was counted already. */
  inSlice = false;

  /**
   * Takes an abandoned structure over, to be freed by `step`, or at once when it is not `later`. Of the structures of one
   * value all but one are added as parts.
   */
  add(structure: Disposable, root: number, later: boolean, isPart = false): void {
    if (this.keeper?.keeps(structure, root, later, isPart) === true) return;
    if (later) this.queue.push({ structure, root, isPart: isPart || this.inSlice });
    else while (structure.dispose(root));
  }

  /** Structures that wait; `step` frees the newest first. */
  length(): number {
    return this.queue.length;
  }

  isEmpty(): boolean {
    return this.queue.length === 0;
  }

  /** Keys and values that wait. */
  pending(): number {
    let pending = 0;
    for (const abandoned of this.queue) pending += objectsOf(abandoned);
    return pending;
  }

  /** Frees a bounded part of what waits; returns how many keys and values are gone by that. */
  step(): number {
    // The newest first: what a table hands on while it is freed is gone before its next slice, so the queue stays short.
    const place = this.queue.length - 1;
    const abandoned = this.queue[place];
    if (abandoned === undefined) return 0;
    const before = objectsOf(abandoned);
    this.inSlice = true;
    const more = abandoned.structure.dispose(abandoned.root);
    this.inSlice = false;
    if (more) return before - objectsOf(abandoned);
    this.queue.splice(place, 1);
    return before;
  }
}

function objectsOf({ structure, root, isPart }: Abandoned): number {
  return isPart ? 0 : (structure.objects?.(root) ?? 1);
}
