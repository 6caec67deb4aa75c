// A radix tree of prefixes: finds all of them that a key begins with, in one way down. Text is latin1.

interface Node<T> {
  /** What it adds to the text above it; only the root's is empty. */
  label: string;
  /** By the first character of their labels, in which they differ. */
  readonly children: Map<number, Node<T>>;
  value: T | null;
}

function nodeOf<T>(label: string, value: T | null): Node<T> {
  return { label, children: new Map(), value };
}

export class PrefixTree<T> {
  /** Prefixes in the tree. */
  size = 0;
  private readonly root: Node<T> = nodeOf<T>('', null);

  find(prefix: string): T | null {
    let node = this.root;
    let at = 0;
    while (at < prefix.length) {
      const child = node.children.get(prefix.charCodeAt(at));
      if (child === undefined || !prefix.startsWith(child.label, at)) return null;
      node = child;
      at += child.label.length;
    }
    return node.value;
  }

  /** Whether a key, bytes[start..end), begins with any of them. Allocates nothing. */
  hasPrefixOf(bytes: Uint8Array, start: number, end: number): boolean {
    let node = this.root;
    let at = start;
    while (node.value === null) {
      const child = at < end ? node.children.get(bytes[at]!) : undefined;
      if (child === undefined || !startsWith(bytes, at, end, child.label)) return false;
      node = child;
      at += child.label.length;
    }
    return true;
  }

  /** Calls `visit` for each prefix of a key, the shortest first. */
  forEachPrefixOf(key: string, visit: (value: T) => void): void {
    let node = this.root;
    let at = 0;
    for (;;) {
      if (node.value !== null) visit(node.value);
      const child = node.children.get(key.charCodeAt(at));
      if (child === undefined || !key.startsWith(child.label, at)) return;
      node = child;
      at += child.label.length;
    }
  }

  /** Adds a prefix that is not there. */
  add(prefix: string, value: T): void {
    this.size++;
    let node = this.root;
    let at = 0;
    while (at < prefix.length) {
      const child = node.children.get(prefix.charCodeAt(at));
      if (child === undefined) {
        node.children.set(prefix.charCodeAt(at), nodeOf(prefix.slice(at), value));
        return;
      }
      const shared = sharedLength(child.label, prefix, at);
      if (shared < child.label.length) split(node, child, shared);
      node = node.children.get(prefix.charCodeAt(at))!;
      at += shared;
    }
    node.value = value;
  }

  /** Takes a prefix out that is there. */
  remove(prefix: string): void {
    this.size--;
    let above: Node<T> | null = null;
    let node = this.root;
    for (let at = 0; at < prefix.length; at += node.label.length) {
      above = node;
      node = node.children.get(prefix.charCodeAt(at))!;
    }
    node.value = null;
    if (above === null) return;
    if (node.children.size === 0) {
      above.children.delete(node.label.charCodeAt(0));
      if (above !== this.root) joinWithChild(above);
    } else joinWithChild(node);
  }
}

function startsWith(bytes: Uint8Array, start: number, end: number, label: string): boolean {
  if (end - start < label.length) return false;
  for (let index = 0; index < label.length; index++) if (bytes[start + index] !== label.charCodeAt(index)) return false;
  return true;
}

/** How many characters a label shares with what stands at `at` in a prefix. */
function sharedLength(label: string, prefix: string, at: number): number {
  let shared = 0;
  while (shared < label.length && label.charCodeAt(shared) === prefix.charCodeAt(at + shared)) shared++;
  return shared;
}

/** Puts a node between another and its child, for the first `length` characters of the child's label. */
function split<T>(node: Node<T>, child: Node<T>, length: number): void {
  const between = nodeOf<T>(child.label.slice(0, length), null);
  node.children.set(between.label.charCodeAt(0), between);
  child.label = child.label.slice(length);
  between.children.set(child.label.charCodeAt(0), child);
}

/** A node that stands for nothing itself becomes one with its only child. */
function joinWithChild<T>(node: Node<T>): void {
  if (node.value !== null || node.children.size !== 1) return;
  const [child] = node.children.values();
  node.label += child!.label;
  node.value = child!.value;
  node.children.clear();
  for (const [first, each] of child!.children) node.children.set(first, each);
}
