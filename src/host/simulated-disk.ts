// A disk in memory for tests, deterministic from a seed, which keeps apart what was written and what would survive a loss
// of power. A test counts the calls of a run, repeats it with a crash at each of them, and looks at what a restart finds.
//
// What a crash leaves of a file: all that was synced, and of what was not either everything, nothing, a first part (torn
// anywhere), or any set of its pages of 4 KiB, the others as they were before (zeros where there was nothing). Of the names
// in a directory: those synced, and any subset of the later creations, renames and removals, in their order. A failed sync
// makes what it should have covered count as clean, as Linux does: no later sync brings it to the disk.

import { Prng } from '../lib/prng.ts';
import { type Disk, DiskError, type DiskFile, directoryOf, nameOf, type Synced } from '../world/disk.ts';
import { crashedDirectory, SimulatedDirectory, SimulatedInode } from './simulated-inodes.ts';

/** Ends a simulated run. No plan for disk errors may catch it. */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';

  constructor(call: number) {
    super(`crash at disk call ${call}`);
  }
}

/** The calls that can be made to fail. */
export type DiskCall =
  | 'open'
  | 'rename'
  | 'unlink'
  | 'link'
  | 'makeDirectory'
  | 'list'
  | 'size'
  | 'syncDirectory'
  | 'write'
  | 'read'
  | 'truncate'
  | 'fileSize'
  | 'sync'
  | 'close';

interface Completion {
  readonly at: number;
  readonly run: () => void;
}

export class SimulatedDisk implements Disk {
  /** Calls made so far, of any kind. */
  calls = 0;
  /** Bytes that all files together may have. */
  capacity = Number.POSITIVE_INFINITY;
  /** The share of writes that take only a part of what they are given. */
  shortWrites = 0;
  /** How long a sync takes, in the time of `elapse`. */
  syncMs = 0;
  /** What its files say of syncs. */
  quickSyncMs = 0;
  /** Syncs that have ended, well and not. */
  syncsDone = 0;
  syncsFailed = 0;
  private readonly prng: Prng;
  private readonly root: SimulatedDirectory;
  private crashCall = 0;
  private crashed = false;
  private now = 0;
  private readonly completions: Completion[] = [];
  private readonly failures = new Map<DiskCall, string[]>();

  constructor(seed: number, root = new SimulatedDirectory()) {
    this.prng = new Prng(seed);
    this.root = root;
  }

  /** The k-th call from the start (1 is the first) ends in a SimulatedCrash, half of the times after it took effect. */
  crashAt(call: number): void {
    this.crashCall = call;
  }

  /** Power fails between two calls. */
  crashNow(): void {
    this.crashed = true;
  }

  /** The next `times` calls of a kind fail with this code. */
  failNext(call: DiskCall, code: string, times = 1): void {
    const codes = this.failures.get(call) ?? [];
    for (let count = 0; count < times; count++) codes.push(code);
    this.failures.set(call, codes);
  }

  /** Failures asked for that have not happened yet are called off. */
  failNoMore(): void {
    this.failures.clear();
  }

  /** Time passes: syncs that are due end. */
  elapse(ms: number): void {
    const until = this.now + ms;
    while (this.completions.length > 0 && this.completions[0]!.at <= until && !this.crashed) {
      const next = this.completions.shift()!;
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = until;
  }

  /** Whether a sync is under way. */
  isSyncing(): boolean {
    return this.completions.length > 0;
  }

  /** The disk as a restart finds it after a loss of power. */
  afterCrash(prng: Prng): SimulatedDisk {
    this.crashed = true;
    return new SimulatedDisk(prng.next32(), crashedDirectory(this.root, prng));
  }

  /** The disk as a restart finds it when only the process ended: with all that was written. */
  afterKill(): SimulatedDisk {
    this.crashed = true;
    return new SimulatedDisk(this.prng.next32(), this.root);
  }

  open(path: string, mode: 'read' | 'append' | 'create'): DiskFile {
    return this.perform('open', () => {
      const directory = this.directory(directoryOf(path));
      const name = nameOf(path);
      let node = directory.entries.get(name);
      if (node instanceof SimulatedDirectory) throw new DiskError('EISDIR');
      if (node === undefined) {
        if (mode === 'read') throw new DiskError('ENOENT');
        node = new SimulatedInode();
        directory.link(name, node);
      } else if (mode === 'create') node.truncate(0);
      return new SimulatedFile(this, node, mode !== 'read');
    });
  }

  rename(from: string, to: string): void {
    this.perform('rename', () => {
      const source = this.directory(directoryOf(from));
      const node = source.entries.get(nameOf(from));
      if (node === undefined) throw new DiskError('ENOENT');
      this.directory(directoryOf(to)).move(source, nameOf(from), nameOf(to), node);
    });
  }

  unlink(path: string): void {
    this.perform('unlink', () => {
      const directory = this.directory(directoryOf(path));
      if (!directory.entries.has(nameOf(path))) throw new DiskError('ENOENT');
      directory.remove(nameOf(path));
    });
  }

  link(path: string, other: string): void {
    this.perform('link', () => {
      const node = this.find(path);
      if (!(node instanceof SimulatedInode)) throw new DiskError(node === undefined ? 'ENOENT' : 'EPERM');
      const directory = this.directory(directoryOf(other));
      if (directory.entries.has(nameOf(other))) throw new DiskError('EEXIST');
      directory.link(nameOf(other), node);
    });
  }

  makeDirectory(path: string): void {
    this.perform('makeDirectory', () => {
      const parent = this.directory(directoryOf(path));
      const node = parent.entries.get(nameOf(path));
      if (node === undefined) parent.link(nameOf(path), new SimulatedDirectory());
      else if (!(node instanceof SimulatedDirectory)) throw new DiskError('EEXIST');
    });
  }

  list(path: string): string[] {
    return this.perform('list', () => [...this.directory(path).entries.keys()].sort());
  }

  size(path: string): number {
    return this.perform('size', () => {
      const node = this.find(path);
      return node instanceof SimulatedInode ? node.size : -1;
    });
  }

  syncDirectory(path: string, done: Synced): void {
    this.beginSync('syncDirectory', this.directory(path), done);
  }

  syncDirectoryNow(path: string): void {
    const directory = this.directory(path);
    this.perform('syncDirectory', () => directory.markSynced(directory.mark()));
  }

  // --- for SimulatedFile ---

  /** Counts a call, fails it where that was asked for, and does it. */
  perform<T>(call: DiskCall, effect: () => T): T {
    const isLast = this.count();
    const code = this.failures.get(call)?.shift();
    if (code !== undefined && !isLast) throw new DiskError(code);
    const result = effect();
    if (isLast) throw new SimulatedCrash(this.calls);
    return result;
  }

  /** Starts a sync of what was done to `node` so far. */
  beginSync(call: 'sync' | 'syncDirectory', node: SimulatedInode | SimulatedDirectory, done: Synced): void {
    if (this.count()) throw new SimulatedCrash(this.calls);
    const failure = this.failures.get(call)?.shift();
    const covered = node.mark();
    this.completions.push({
      at: this.now + this.syncMs,
      run: () => {
        if (failure === undefined) {
          node.markSynced(covered);
          this.syncsDone++;
          done(null);
          return;
        }
        node.markFailed(covered);
        this.syncsFailed++;
        done(new DiskError(failure));
      },
    });
  }

  /** What has ended is told in the time of `elapse`. */
  tellLater(done: () => void): void {
    this.completions.push({ at: this.now, run: done });
  }

  syncNow(node: SimulatedInode): void {
    if ((this.failures.get('sync')?.length ?? 0) > 0) {
      node.markFailed(node.mark());
      this.syncsFailed++;
    }
    this.perform('sync', () => {
      node.markSynced(node.mark());
      this.syncsDone++;
    });
  }

  /** Counts a call; tells whether it is the one that the crash is to follow, unless that comes before it. */
  private count(): boolean {
    if (this.crashed) throw new SimulatedCrash(this.calls);
    this.calls++;
    if (this.calls !== this.crashCall) return false;
    this.crashed = true;
    if (this.prng.below(2) === 0) throw new SimulatedCrash(this.calls);
    return true;
  }

  /** How much of a write of `length` bytes is taken; fails when there is room for nothing. */
  taken(length: number): number {
    let allowed = length;
    if (this.capacity !== Number.POSITIVE_INFINITY) {
      allowed = Math.min(length, this.capacity - this.root.bytes());
      if (allowed <= 0 && length > 0) throw new DiskError('ENOSPC');
    }
    if (allowed > 1 && this.shortWrites > 0 && this.prng.fraction() < this.shortWrites) {
      allowed = 1 + this.prng.below(allowed - 1);
    }
    return allowed;
  }

  private find(path: string): SimulatedInode | SimulatedDirectory | undefined {
    let node: SimulatedInode | SimulatedDirectory | undefined = this.root;
    for (const name of path.split('/')) {
      if (name === '' || name === '.') continue;
      node = node instanceof SimulatedDirectory ? node.entries.get(name) : undefined;
    }
    return node;
  }

  private directory(path: string): SimulatedDirectory {
    const node = this.find(path);
    if (node === undefined) throw new DiskError('ENOENT');
    if (!(node instanceof SimulatedDirectory)) throw new DiskError('ENOTDIR');
    return node;
  }
}

class SimulatedFile implements DiskFile {
  private readonly disk: SimulatedDisk;
  private readonly inode: SimulatedInode;
  private readonly writable: boolean;
  private open = true;

  get quickSyncMs(): number {
    return this.disk.quickSyncMs;
  }

  constructor(disk: SimulatedDisk, inode: SimulatedInode, writable: boolean) {
    this.disk = disk;
    this.inode = inode;
    this.writable = writable;
  }

  write(bytes: Uint8Array, start: number, end: number): number {
    return this.disk.perform('write', () => {
      this.mustBeOpen();
      if (!this.writable) throw new DiskError('EBADF');
      const taken = this.disk.taken(end - start);
      this.inode.append(bytes, start, start + taken);
      return taken;
    });
  }

  writeLater(bytes: Uint8Array, start: number, end: number, done: Synced): void {
    let failure: DiskError | null = null;
    try {
      for (let at = start; at < end; ) at += this.write(bytes, at, end);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      failure = error;
    }
    this.disk.tellLater(() => done(failure));
  }

  read(bytes: Uint8Array, start: number, end: number, position: number): number {
    return this.disk.perform('read', () => {
      this.mustBeOpen();
      const part = this.inode.content.subarray(position, Math.min(this.inode.size, position + end - start));
      bytes.set(part, start);
      return part.length;
    });
  }

  truncate(length: number): void {
    this.disk.perform('truncate', () => {
      this.mustBeOpen();
      this.inode.truncate(length);
    });
  }

  size(): number {
    return this.disk.perform('fileSize', () => {
      this.mustBeOpen();
      return this.inode.size;
    });
  }

  sync(done: Synced): void {
    this.mustBeOpen();
    this.disk.beginSync('sync', this.inode, done);
  }

  syncNow(): void {
    this.mustBeOpen();
    this.disk.syncNow(this.inode);
  }

  close(): void {
    this.disk.perform('close', () => {
      this.open = false;
    });
  }

  private mustBeOpen(): void {
    if (!this.open) throw new DiskError('EBADF');
  }
}
