// Files and directories of the simulated disk: how they are now, how they are on the disk, and the changes between the two.

import type { Prng } from '../lib/prng.ts';

const PAGE_BYTES = 4096;

/** A change of a file's content that is not known to be on the disk. */
interface Change {
  /** Counts the changes of the file. */
  readonly order: number;
  readonly kind: 'write' | 'truncate';
  /** Where the bytes go, or the new length. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** A sync of it has failed: it counts as clean, and no later sync brings it to the disk. */
  failed: boolean;
}

const NO_BYTES: Uint8Array = new Uint8Array(0);

export class SimulatedInode {
  content = new Uint8Array(256);
  size = 0;
  /** The content that a crash leaves for certain. */
  durable: Uint8Array = NO_BYTES;
  readonly pending: Change[] = [];
  private changes = 0;

  append(bytes: Uint8Array, start: number, end: number): void {
    const length = this.size + end - start;
    if (length > this.content.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.content.length));
      grown.set(this.content.subarray(0, this.size));
      this.content = grown;
    }
    const copy = bytes.slice(start, end);
    this.content.set(copy, this.size);
    this.pending.push({ order: ++this.changes, kind: 'write', offset: this.size, bytes: copy, failed: false });
    this.size = length;
  }

  truncate(length: number): void {
    if (length > this.size) this.append(new Uint8Array(length - this.size), 0, length - this.size);
    else {
      this.size = length;
      this.content.fill(0, length);
      // Whatever became of these pages: they belong to the file no longer.
      const kept = this.pending.filter(({ failed, offset }) => !failed || offset < length);
      this.pending.splice(0, this.pending.length, ...kept);
      this.pending.push({ order: ++this.changes, kind: 'truncate', offset: length, bytes: NO_BYTES, failed: false });
    }
  }

  /** What a sync that begins now covers: changes up to this one. */
  mark(): number {
    return this.changes;
  }

  /** Changes up to this one reached the disk, but those that a failed sync gave up. */
  markSynced(upTo: number): void {
    for (const change of this.pending.splice(0)) {
      if (change.order > upTo || change.failed) this.pending.push(change);
      else this.durable = applied(this.durable, change);
    }
  }

  markFailed(upTo: number): void {
    for (const change of this.pending) if (change.order <= upTo) change.failed = true;
  }

  /** The content as a restart finds it. */
  crashed(prng: Prng): Uint8Array {
    if (this.pending.length === 0) return this.durable.slice();
    switch (prng.below(4)) {
      case 0:
        return this.content.slice(0, this.size);
      case 1:
        return this.durable.slice();
      case 2:
        return this.torn(prng);
      default:
        return this.reordered(prng);
    }
  }

  /** The first changes, the last of them in part. */
  private torn(prng: Prng): Uint8Array {
    let content = this.durable;
    const whole = prng.below(this.pending.length);
    for (const change of this.pending.slice(0, whole)) content = applied(content, change);
    const last = this.pending[whole]!;
    const length = last.bytes.length === 0 ? 0 : prng.below(last.bytes.length);
    return applied(content, { ...last, kind: 'write', bytes: last.bytes.subarray(0, length) }).slice();
  }

  /** Any of the changed pages. */
  private reordered(prng: Prng): Uint8Array {
    const result = new Uint8Array(Math.max(this.size, this.durable.length));
    result.set(this.durable);
    let size = this.durable.length;
    for (let at = 0; at < this.size; at += PAGE_BYTES) {
      const end = Math.min(this.size, at + PAGE_BYTES);
      const isDirty = this.pending.some(
        ({ offset, bytes }) => offset < end && (bytes.length === 0 || offset + bytes.length > at),
      );
      if (!isDirty || prng.below(2) === 0) continue;
      result.fill(0, at, Math.min(result.length, at + PAGE_BYTES));
      result.set(this.content.subarray(at, end), at);
      size = Math.max(size, end);
    }
    // The length is written apart from the pages.
    if (prng.below(2) === 0) size = this.size;
    return result.slice(0, size);
  }
}

function applied(content: Uint8Array, change: Change): Uint8Array {
  if (change.kind === 'truncate') return content.slice(0, change.offset);
  const end = change.offset + change.bytes.length;
  const result = new Uint8Array(Math.max(content.length, end));
  result.set(content);
  result.set(change.bytes, change.offset);
  return result;
}

type Node = SimulatedInode | SimulatedDirectory;

/** A change of names: a name is given, taken away, or moved here, perhaps from another directory. */
interface Naming {
  readonly order: number;
  readonly name: string;
  /** What has the name now; undefined: nothing. */
  readonly node: Node | undefined;
  readonly source: SimulatedDirectory | undefined;
  readonly sourceName: string;
}

export class SimulatedDirectory {
  /** Names as they are now. */
  readonly entries = new Map<string, Node>();
  /** Names that a crash leaves for certain. */
  readonly durable = new Map<string, Node>();
  readonly pending: Naming[] = [];
  private changes = 0;

  link(name: string, node: Node): void {
    this.entries.set(name, node);
    this.pending.push({ order: ++this.changes, name, node, source: undefined, sourceName: '' });
  }

  remove(name: string): void {
    this.entries.delete(name);
    this.pending.push({ order: ++this.changes, name, node: undefined, source: undefined, sourceName: '' });
  }

  move(source: SimulatedDirectory, sourceName: string, name: string, node: Node): void {
    source.entries.delete(sourceName);
    this.entries.set(name, node);
    this.pending.push({ order: ++this.changes, name, node, source, sourceName });
  }

  mark(): number {
    return this.changes;
  }

  markSynced(upTo: number): void {
    for (const naming of this.pending.splice(0)) {
      if (naming.order > upTo) this.pending.push(naming);
      else applyNaming(this, naming);
    }
  }

  markFailed(_upTo: number): void {
    // Names go through the journal: a later sync can still bring them to the disk.
  }

  /** Bytes of all files below. */
  bytes(): number {
    let total = 0;
    for (const node of this.entries.values()) total += node instanceof SimulatedDirectory ? node.bytes() : node.size;
    return total;
  }
}

function applyNaming(directory: SimulatedDirectory, { name, node, source, sourceName }: Naming): void {
  source?.durable.delete(sourceName);
  if (node === undefined) directory.durable.delete(name);
  else directory.durable.set(name, node);
}

/** A copy of a directory and all below as a crash leaves it. The directory itself stays as it is. */
export function crashedDirectory(root: SimulatedDirectory, prng: Prng): SimulatedDirectory {
  const names = new Map<SimulatedDirectory, Map<string, Node>>();
  keepSomeNamings(root, prng, names);
  return copyOf(root, prng, names, new Map()) as SimulatedDirectory;
}

/** The names that a directory is left with. */
function namesOf(directory: SimulatedDirectory, names: Map<SimulatedDirectory, Map<string, Node>>): Map<string, Node> {
  const known = names.get(directory) ?? new Map(directory.durable);
  names.set(directory, known);
  return known;
}

function keepSomeNamings(
  directory: SimulatedDirectory,
  prng: Prng,
  names: Map<SimulatedDirectory, Map<string, Node>>,
): void {
  const mode = prng.below(3);
  const left = namesOf(directory, names);
  for (const { name, node, source, sourceName } of directory.pending) {
    if (mode !== 0 && (mode !== 1 || prng.below(2) !== 0)) continue;
    if (source !== undefined) namesOf(source, names).delete(sourceName);
    if (node === undefined) left.delete(name);
    else left.set(name, node);
  }
  for (const node of left.values()) if (node instanceof SimulatedDirectory) keepSomeNamings(node, prng, names);
}

function copyOf(
  node: Node,
  prng: Prng,
  names: Map<SimulatedDirectory, Map<string, Node>>,
  copies: Map<Node, Node>,
): Node {
  const known = copies.get(node);
  if (known !== undefined) return known;
  if (node instanceof SimulatedInode) {
    const copy = new SimulatedInode();
    const content = node.crashed(prng);
    copy.append(content, 0, content.length);
    copy.markSynced(copy.mark());
    copies.set(node, copy);
    return copy;
  }
  const copy = new SimulatedDirectory();
  copies.set(node, copy);
  for (const [name, below] of namesOf(node, names)) copy.link(name, copyOf(below, prng, names, copies));
  copy.markSynced(copy.mark());
  return copy;
}
