// Point-in-time walks through nodes: the packs of lists, the blocks of streams, the leaves of id trees, the blocks of long
// strings. A walk is given all its nodes at its beginning, in their order; each is visited once, as it was then.
//
// A node that is about to change is written to a copy of its own before; one that is about to be freed is kept until it
// was visited.

import type { FlatMemory } from '../memory/flat-memory.ts';
import type { NodeGuard } from './node-guard.ts';

/** Something made of nodes, which tells a guard of them. */
export interface GuardedNodes {
  guard: NodeGuard | null;
}

/** One walk. */
export class NodeWalk {
  /** Nodes that were not visited yet, from `at` on. */
  readonly nodes: Int32Array;
  at = 0;
  /** What a node was before it changed. */
  readonly saved = new Map<number, Uint8Array>();
  readonly kept = new Set<number>();
  /** Writes what a walk is to know of a node. */
  readonly save: (node: number) => Uint8Array;

  constructor(nodes: Int32Array, save: (node: number) => Uint8Array) {
    this.nodes = nodes;
    this.save = save;
  }
}

/** All the walks through the nodes of one kind. */
export class NodeSnapshots implements NodeGuard {
  private readonly memory: FlatMemory;
  private readonly guarded: GuardedNodes;
  /** The walk that has still to visit a node. */
  private readonly walks = new Map<number, NodeWalk>();

  constructor(memory: FlatMemory, guarded: GuardedNodes) {
    this.memory = memory;
    this.guarded = guarded;
  }

  /** Begins a walk through nodes, none of which is in another. `save` makes of a node what `visit` gets once it changed. */
  begin(nodes: Int32Array, save: (node: number) => Uint8Array): NodeWalk {
    const walk = new NodeWalk(nodes, save);
    for (const node of nodes) this.walks.set(node, walk);
    if (nodes.length > 0) this.guarded.guard = this;
    return walk;
  }

  /** Visits the next node: with NONE and what was saved of it, or with the node as it is. False when there is none. */
  step(walk: NodeWalk, visit: (node: number, saved: Uint8Array | null) => void): boolean {
    if (walk.at === walk.nodes.length) return false;
    const node = walk.nodes[walk.at]!;
    walk.at++;
    visit(node, walk.saved.get(node) ?? null);
    this.forget(walk, node);
    return true;
  }

  /** Gives a walk up. */
  end(walk: NodeWalk): void {
    for (; walk.at < walk.nodes.length; walk.at++) this.forget(walk, walk.nodes[walk.at]!);
  }

  beforeChange(node: number): void {
    const walk = this.walks.get(node);
    if (walk === undefined) return;
    walk.saved.set(node, walk.save(node));
    this.release(node);
  }

  holds(node: number): boolean {
    return this.walks.has(node);
  }

  keeps(node: number): boolean {
    const walk = this.walks.get(node);
    if (walk === undefined) return false;
    walk.kept.add(node);
    this.memory.hold(this.memory.capacity(node));
    return true;
  }

  private forget(walk: NodeWalk, node: number): void {
    if (walk.saved.delete(node)) return;
    this.release(node);
    if (!walk.kept.delete(node)) return;
    this.memory.hold(-this.memory.capacity(node));
    this.memory.free(node);
  }

  private release(node: number): void {
    this.walks.delete(node);
    if (this.walks.size === 0) this.guarded.guard = null;
  }
}
