// What a structure made of nodes tells of its nodes while point-in-time walks go on: whatever a walk still has to visit is
// set aside before it changes, and kept when it would be freed.

export interface NodeGuard {
  /** A node's content is about to change in place. */
  beforeChange(node: number): void;
  /** Whether a walk still has to visit a node. */
  holds(node: number): boolean;
  /** A node is about to be freed: true when the guard takes it over, and frees it later. */
  keeps(node: number): boolean;
}
