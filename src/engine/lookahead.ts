// Looks ahead in a batch of requests: reads some of them at once, finds their commands, and expects the keys that these
// will look for, so that waiting for one key's memory is waiting for all of them (structures/expected-keys.ts).
//
// Nothing is done before its turn: what stops a session between two requests finds the second unread.

import type { KeyHasher } from '../lib/half-siphash.ts';
import type { FlatMemory } from '../memory/flat-memory.ts';
import { PLAIN_REQUESTS_MAX, PlainRequests } from '../protocol/plain-requests.ts';
import { EXPECTED_MAX, ExpectedKeys } from '../structures/expected-keys.ts';
import type { Call } from './call.ts';
import { lastOfRun, type SoleRuns } from './command-keys.ts';
import type { CommandTable } from './command-table.ts';
import type { Session } from './session.ts';

export class Lookahead {
  readonly expected = new ExpectedKeys();
  private readonly memory: FlatMemory;
  private readonly hasher: KeyHasher;
  private readonly table: CommandTable;
  private readonly runs: SoleRuns;
  private readonly plain = new PlainRequests();
  /** By request: its command, -1 where there is none of the name. */
  private readonly commands = new Int32Array(PLAIN_REQUESTS_MAX);
  /** The first of its keys among those expected. */
  private readonly firstKeys = new Int32Array(PLAIN_REQUESTS_MAX);
  /** The argument that is the very key of the request before, 0 when there is none. */
  private readonly sameKeys = new Int32Array(PLAIN_REQUESTS_MAX);
  /** The next request to run. */
  private next = 0;

  constructor(memory: FlatMemory, hasher: KeyHasher, table: CommandTable, runs: SoleRuns) {
    this.memory = memory;
    this.hasher = hasher;
    this.table = table;
    this.runs = runs;
  }

  /** Whether the next request has been read. */
  isReady(): boolean {
    return this.next < this.plain.count;
  }

  /** Reads the requests that begin at bytes[at]; true when at least one is read. */
  read(session: Session, bytes: Uint8Array, at: number, end: number): boolean {
    const { plain, table, commands } = this;
    this.next = 0;
    if (!plain.read(bytes, at, end)) return false;
    for (let index = 0; index < plain.count; index++) {
      const { starts, ends } = plain.requests[index]!;
      commands[index] = table.find(bytes, starts[0]!, ends[0]!);
    }
    this.expectKeys(session, bytes);
    return true;
  }

  private expectKeys(session: Session, bytes: Uint8Array): void {
    const { plain, expected, runs, commands, firstKeys, sameKeys, hasher } = this;
    expected.clear();
    // What MULTI queues looks for nothing.
    if (session.transaction !== null) return;
    const { first: firsts, last: lasts, step: steps } = runs;
    for (let index = 0; index < plain.count; index++) {
      firstKeys[index] = expected.count();
      sameKeys[index] = 0;
      const id = commands[index]!;
      const first = id < 0 ? 0 : firsts[id]!;
      if (first <= 0) continue;
      const { starts, ends, count } = plain.requests[index]!;
      const last = Math.min(count - 1, lastOfRun(first, lasts[id]!, count));
      if (first === last && expected.isLast(bytes, starts[first]!, ends[first]!)) {
        firstKeys[index] = expected.count() - 1;
        sameKeys[index] = first;
        continue;
      }
      if (expected.count() + last - first >= EXPECTED_MAX) {
        // It is read again when its turn comes.
        plain.count = Math.max(1, index);
        break;
      }
      const step = steps[id]!;
      for (let key = first; key <= last; key += step) expected.add(hasher, bytes, starts[key]!, ends[key]!);
    }
    // A single key is waited for in any case, but it need not be hashed for each request.
    if (expected.count() > 0) expected.settle(bytes, this.memory, session.database.root);
  }

  /** Loads the next request, of the bytes that were read, into a call; returns its command, -1 where there is none. */
  load(call: Call, bytes: Uint8Array): number {
    const { expected } = this;
    const index = this.next++;
    const { starts, ends, count, end } = this.plain.requests[index]!;
    call.requestEnd = end;
    call.bytes = bytes;
    call.starts = starts;
    call.ends = ends;
    call.count = count;
    if (expected.bytes !== null) {
      expected.skipTo(this.firstKeys[index]!);
      const same = this.sameKeys[index]!;
      if (same > 0) expected.moveTo(starts[same]!, ends[same]!);
    }
    return this.commands[index]!;
  }

  /** The offset behind the request loaded last. */
  loadedEnd(): number {
    return this.plain.requests[this.next - 1]!.end;
  }

  /** Forgets what was read: the bytes are the caller's again. */
  drop(): void {
    this.plain.count = 0;
    this.next = 0;
    this.expected.clear();
  }
}
