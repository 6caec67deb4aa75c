// Who moves blocks out of memory that is to be given back. Structures walk through their own blocks, and put the new
// handle wherever the old one stood.

export interface BlockMover {
  /** Moves a block that lies in the wrong place, if there is room for it; returns its handle. May add a segment. */
  moveBlock(handle: number): number;
}
