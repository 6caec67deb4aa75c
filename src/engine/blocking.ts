// Blocking: commands that wait for a key to change, for a time, or for something else to happen.
//
// A command that finds nothing to do calls `Serving.block`: its arguments are copied, its session stops reading, and it
// stands in the line of each of its keys. When a key changes in a way that may matter, the clients in its line are tried
// in the order in which they came, by running their commands again; what still finds nothing keeps its place. So every
// blocking command is written once, and needs to know nothing of waiting.
//
// Invariants: (1) a blocked session stands in the line of each of its keys, and only there; (2) it is in the deadline
// heap exactly when it has a deadline.

import type { Reply } from '../protocol/reply.ts';
import type { Arguments } from './call.ts';
import type { Database } from './keyspace.ts';
import type { Session } from './session.ts';

/** What a blocked client is told when its time is over. */
export type TimeoutReply = (reply: Reply, session: Session) => void;

/** Why a blocked client waits. INFO and CLIENT LIST tell them apart. */
export type BlockedOn = 'keys' | 'wait' | 'shutdown' | 'lazy' | 'flush';

/** A blocked client. */
export class Blocked {
  readonly session: Session;
  readonly on: BlockedOn;
  readonly database: Database;
  /** Keys in latin1, each once. */
  readonly keys: readonly string[];
  /** Id of the command, and its arguments. */
  readonly command: number;
  readonly args: Arguments;
  /** Milliseconds since 1970; Infinity: for ever. */
  readonly deadline: number;
  readonly onTimeout: TimeoutReply;
  /** Also woken when the key is deleted (XREADGROUP on a group that goes). */
  readonly wakesOnDelete: boolean;
  /** Place in the deadline heap, -1 when in none. */
  heapIndex = -1;

  constructor(fields: Omit<Blocked, 'heapIndex'>) {
    this.session = fields.session;
    this.on = fields.on;
    this.database = fields.database;
    this.keys = fields.keys;
    this.command = fields.command;
    this.args = fields.args;
    this.deadline = fields.deadline;
    this.onTimeout = fields.onTimeout;
    this.wakesOnDelete = fields.wakesOnDelete;
  }
}

/** The blocked clients of an engine. */
export class BlockedClients {
  /** Keys that changed and that somebody waits for, in the order of their changes. */
  private ready = new Map<string, { database: Database; key: string }>();
  private readonly heap: Blocked[] = [];
  count = 0;
  /** Keys with somebody in their line, and those of them whose deletion wakes too. */
  keyCount = 0;
  wakeOnDeleteCount = 0;

  add(blocked: Blocked): void {
    this.count++;
    for (const key of blocked.keys) {
      const line = blocked.database.waiting.get(key);
      if (line !== undefined) line.add(blocked);
      else {
        blocked.database.waiting.set(key, new Set([blocked]));
        this.keyCount++;
      }
      if (blocked.wakesOnDelete) this.wakeOnDeleteCount++;
    }
    if (blocked.deadline !== Number.POSITIVE_INFINITY) {
      blocked.heapIndex = this.heap.push(blocked) - 1;
      this.rise(blocked.heapIndex);
    }
  }

  remove(blocked: Blocked): void {
    this.count--;
    for (const key of blocked.keys) {
      const line = blocked.database.waiting.get(key)!;
      line.delete(blocked);
      if (line.size === 0) {
        blocked.database.waiting.delete(key);
        this.keyCount--;
      }
      if (blocked.wakesOnDelete) this.wakeOnDeleteCount--;
    }
    if (blocked.heapIndex >= 0) this.removeFromHeap(blocked.heapIndex);
  }

  /** Notes that a key changed: whoever waits for it is tried when the present unit has ended. */
  signal(database: Database, key: string): void {
    if (!database.waiting.has(key)) return;
    const name = `${database.index} ${key}`;
    if (!this.ready.has(name)) this.ready.set(name, { database, key });
  }

  hasReady(): boolean {
    return this.ready.size > 0;
  }

  /** Takes the keys that became ready so far. */
  takeReady(): { database: Database; key: string }[] {
    const ready = [...this.ready.values()];
    this.ready = new Map();
    return ready;
  }

  /** When the first deadline is, Infinity without any. */
  nextDeadline(): number {
    return this.heap[0]?.deadline ?? Number.POSITIVE_INFINITY;
  }

  /** The blocked client whose deadline is first, if it has passed. */
  firstDue(now: number): Blocked | null {
    const first = this.heap[0];
    return first !== undefined && first.deadline <= now ? first : null;
  }

  private removeFromHeap(index: number): void {
    const heap = this.heap;
    heap[index]!.heapIndex = -1;
    const last = heap.pop()!;
    if (index === heap.length) return;
    heap[index] = last;
    last.heapIndex = index;
    this.rise(index);
    this.sink(last.heapIndex);
  }

  private rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.heap[parent]!.deadline <= this.heap[index]!.deadline) return;
      this.exchange(parent, index);
      index = parent;
    }
  }

  private sink(from: number): void {
    let index = from;
    for (;;) {
      const left = index * 2 + 1;
      let least = index;
      if (left < this.heap.length && this.heap[left]!.deadline < this.heap[least]!.deadline) least = left;
      if (left + 1 < this.heap.length && this.heap[left + 1]!.deadline < this.heap[least]!.deadline) least = left + 1;
      if (least === index) return;
      this.exchange(least, index);
      index = least;
    }
  }

  private exchange(a: number, b: number): void {
    const first = this.heap[a]!;
    this.heap[a] = this.heap[b]!;
    this.heap[b] = first;
    this.heap[a]!.heapIndex = a;
    first.heapIndex = b;
  }
}
