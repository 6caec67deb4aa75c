// Looks ahead in a batch of requests: reads some of them at once, finds their commands, and expects the keys that these
// will look for, so that waiting for one key's memory is waiting for all of them (structures/expected-keys.ts). Of the members
// of large collections it expects those of the first collection that it meets: pipelines are seldom about several.
//
// Nothing is done before its turn: what stops a session between two requests finds the second unread.

import type { KeyHasher } from '../lib/half-siphash.ts';
import { NONE } from '../memory/flat-memory.ts';
import { PLAIN_REQUESTS_MAX, PlainRequests } from '../protocol/plain-requests.ts';
import { EXPECTED_MAX, ExpectedKeys, UNSETTLED } from '../structures/expected-keys.ts';
import { MEMBERS } from '../structures/record.ts';
import type { Call } from './call.ts';
import { lastOfRun, type SoleRuns } from './command-keys.ts';
import type { CommandTable } from './command-table.ts';
import type { Keyspace } from './keyspace.ts';
import type { Session } from './session.ts';

const ONLY = 0;
/** Argument numbers of what commands look for in the collection that is their first argument: the first, and how far the next. */
const MEMBERS_OF: readonly (readonly [first: number, step: number, ...names: string[]])[] = [
  [2, 1, 'sadd', 'srem', 'smismember', 'hdel', 'hmget', 'zrem', 'zmscore'],
  [2, 2, 'hset', 'hmset'],
  [
    2,
    ONLY,
    'sismember',
    'hget',
    'hexists',
    'hstrlen',
    'hincrby',
    'hincrbyfloat',
    'hsetnx',
    'zscore',
    'zrank',
    'zrevrank',
  ],
  // Without options, which would stand before the scores.
  [3, 2, 'zadd'],
  [3, ONLY, 'zincrby'],
];

export class Lookahead {
  readonly expected = new ExpectedKeys();
  readonly members = new ExpectedKeys(MEMBERS);
  private readonly keyspace: Keyspace;
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
  /** The first of its members among those expected. */
  private readonly firstMembers = new Int32Array(PLAIN_REQUESTS_MAX);
  /** By command id, as MEMBERS_OF; 0 for those that look for no members. */
  private readonly memberFirst: Int32Array;
  private readonly memberStep: Int32Array;
  /** The next request to run. */
  private next = 0;

  constructor(keyspace: Keyspace, hasher: KeyHasher, table: CommandTable, runs: SoleRuns) {
    this.keyspace = keyspace;
    this.hasher = hasher;
    this.table = table;
    this.runs = runs;
    this.memberFirst = new Int32Array(table.definitions.length);
    this.memberStep = new Int32Array(table.definitions.length);
    for (const [first, step, ...names] of MEMBERS_OF) {
      for (const name of names) {
        const id = table.idOf(name);
        if (id < 0) continue;
        this.memberFirst[id] = first;
        this.memberStep[id] = step;
      }
    }
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
    this.members.clear();
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
    if (expected.count() === 0) return;
    expected.settle(bytes, this.keyspace.memory, session.database.root);
    this.expectMembers(bytes);
  }

  private expectMembers(bytes: Uint8Array): void {
    const { plain, expected, members, keyspace, hasher, commands, firstKeys, firstMembers, memberFirst, memberStep } =
      this;
    let root = NONE;
    for (let index = 0; index < plain.count; index++) {
      firstMembers[index] = members.count();
      const id = commands[index]!;
      const first = id < 0 ? 0 : memberFirst[id]!;
      if (first === 0) continue;
      const record = expected.foundAt(firstKeys[index]!);
      if (record === NONE || record === UNSETTLED) continue;
      const own = keyspace.membersRoot(record);
      if (own === NONE || (root !== NONE && own !== root)) continue;
      root = own;
      const { starts, ends, count } = plain.requests[index]!;
      const step = memberStep[id]!;
      const last = step === ONLY ? first : count - 1;
      if (last >= count || members.count() + last - first >= EXPECTED_MAX) continue;
      for (let member = first; member <= last; member += step || 1)
        members.add(hasher, bytes, starts[member]!, ends[member]!);
    }
    if (members.count() > 0) members.settle(bytes, keyspace.memory, root);
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
      if (this.members.bytes !== null) this.members.skipTo(this.firstMembers[index]!);
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
    this.members.clear();
  }
}
