// The work of every command over collections grows no faster than its definition declares. Each command runs on
// collections of a size and of GROWTH times that size, and the ratio of the two durations is compared with what the
// declared complexity allows, and a margin.
//
// Only the shortest of many runs counts, taken in turns: on a loaded machine there are quiet moments, and caches are warm
// in both. Of long runs the processor time of this thread counts, since the system takes the processor away in their
// midst. Where a ratio is too large the runs go on before it is believed. The margin lets pass what differs between
// two sizes of the same algorithm (caches, a tree that is one level higher); it does not let pass O(N) for O(log N), nor
// O(N^2) for O(N).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import type { CommandDefinition } from '../../src/engine/command.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { Session } from '../../src/engine/session.ts';
import { fromLatin1, toLatin1 } from '../../src/lib/bytes.ts';
import { PERSISTENCE_COMMANDS } from '../../src/persistence/all-commands.ts';
import { encode, RecordingPeer } from '../support/engine-harness.ts';
import { declaredExponent, GROWTH } from './declared-complexity.ts';
import { CASES, type GrowthCase, OTHER_GROUPS, SETUP, UNMEASURED } from './growth-cases.ts';

const SIZE = 1500;
const MARGIN = 0.5;
/** Runs longer than this are measured in processor time, which is told in microseconds. */
const LONG_RUN_MS = 0.2;
/** A case is measured for so long, or so often, and again while its ratio is too large. */
const MEASURING_MS = 4;
const RUNS_MIN = 4;
const RUNS_MAX = 30;
const ATTEMPTS = 8;

test('the exponents that declarations mean', () => {
  for (const [complexity, grown, form, expected] of [
    ['O(1)', '', 0, 0],
    ['O(N), N being the members.', 'N', 0, 1],
    ['O(N), N being the members.', '', 0, 0],
    ['O(log(N)), N being the members.', 'N', 0, 0.11],
    ['O(log(N)+M), N being the members, M those in the range.', 'NM', 0, 1],
    ['O(N log M), N being the entries told, M the pending ones.', 'M', 0, 0.11],
    ['O(N*K)+O(M*log(M)), N being …', 'M', 0, 1.11],
    ['O(N*M), N and M being the lengths', 'NM', 0, 2],
    ['O(1); O(N) with a count of N.', 'N', 1, 1],
    ['O(log(N)) for each member, N being …', 'N@', 0, 1.11],
    ['O(1) for each member.', '@', 0, 1],
  ] as const) {
    const exponent = declaredExponent(complexity, grown, 2500, form);
    assert.ok(Math.abs(exponent - expected) < 0.03, `${complexity} ${grown}: ${exponent}`);
  }
  assert.throws(() => declaredExponent('O(1)', 'N', 100), /no N/);
  assert.throws(() => declaredExponent('N/A', '', 100), /no O/);
});

const ALL = [...ENGINE_COMMANDS, ...PERSISTENCE_COMMANDS];

/** The commands without containers, by the name that COMMAND LIST gives them. */
const COMMANDS: ReadonlyMap<string, CommandDefinition> = new Map(
  ALL.flatMap((each) => (each.subcommands.length > 0 ? each.subcommands : [each])).map((each) => [each.name, each]),
);

function definitionOf(command: string): CommandDefinition {
  const [first = '', second = ''] = command.toLowerCase().split(' ');
  const found = COMMANDS.get(first) ?? COMMANDS.get(`${first}|${second}`);
  assert.ok(found !== undefined, command);
  return found;
}

test('every command over collections is measured', () => {
  const measured = new Set(CASES.map(({ command }) => definitionOf(command).name));
  for (const [name, { group }] of COMMANDS) {
    if (OTHER_GROUPS.has(group) || (group === 'server' && !measured.has(name) && UNMEASURED[name] === undefined))
      continue;
    assert.ok(measured.has(name) !== name in UNMEASURED, `${name}: a case, or why there is none`);
  }
});

/** A client that wants to know no more of replies than whether they are errors. */
class QuietPeer extends RecordingPeer {
  error = '';
  /** Set: the replies are wanted. */
  listens = false;

  override send(bytes: Uint8Array, start: number, end: number): boolean {
    if (bytes[start] === 0x2d) this.error = toLatin1(bytes, start, end);
    return this.listens ? super.send(bytes, start, end) : false;
  }
}

/** An engine with collections of one size. */
class Collections {
  readonly size: number;
  private readonly clock = { now: () => 1_795_219_200_000, elapsed: () => performance.now() };
  private readonly engine = new Engine({ clock: this.clock, seed: 1, commands: ALL });
  private readonly peer = new QuietPeer(1);
  private readonly session: Session = this.engine.openSession(this.peer);
  /** The last id of a run. */
  private id = 1_000_000;
  /** Requests by their text, where they are the same each time. */
  private readonly requests = new Map<string, Uint8Array>();

  constructor(size: number) {
    this.size = size;
    for (const line of SETUP) {
      if (line === '{entries}') for (let index = 0; index < size; index++) this.run(`XADD stream ${index + 1}-1 f v`);
      else this.run(line);
    }
  }

  /** Milliseconds of one run of a case. */
  measure({ before, command }: GrowthCase): number {
    this.id++;
    if (this.session.database.index > 0) this.run('SELECT 0');
    for (const each of before) this.run(each);
    const request = this.request(command);
    const processor = processorMs();
    const start = performance.now();
    this.engine.receive(this.session, request, 0, request.length);
    // FLUSHDB waits for what is freed in slices.
    while (this.session.blocked !== null && !this.engine.keyspace.disposals.isEmpty()) this.engine.work(5);
    const ms = performance.now() - start;
    const usedMs = processorMs() - processor;
    this.expectNoError(command);
    while (!this.engine.keyspace.disposals.isEmpty()) this.engine.work(5);
    return usedMs > LONG_RUN_MS ? usedMs : ms;
  }

  private run(command: string): void {
    const request = this.request(command);
    this.engine.receive(this.session, request, 0, request.length);
    while (!this.engine.keyspace.disposals.isEmpty()) this.engine.work(5);
    this.expectNoError(command);
  }

  private expectNoError(command: string): void {
    assert.equal(this.peer.error, '', command);
    assert.ok(this.session.blocked === null, command);
  }

  private request(command: string): Uint8Array {
    const known = this.requests.get(command);
    if (known !== undefined) return known;
    const words = command.match(/(?:\{[^}]*\}|[^\s{])+/g) ?? [];
    const made = fromLatin1(encode(words.flatMap((word) => this.expandWord(word))));
    // Not what has an id of its own, nor what would fill the heap.
    if (!command.includes('{id}') && made.length < 10_000) this.requests.set(command, made);
    return made;
  }

  /** A word for what stands in brackets, or many. */
  private expandWord(word: string): string[] {
    const payload = /^\{payload:(.*)\}$/.exec(word);
    if (payload !== null) return [this.dump(payload[1]!)];
    const text = word.replace(/\{(\w+)(?::([^}]*))?\}/g, this.expand);
    return /^\{(many|pairs|places)/.test(word) ? text.split(' ') : [text];
  }

  /** What DUMP says of a key. */
  private dump(key: string): string {
    this.peer.listens = true;
    this.peer.output = '';
    this.run(`DUMP ${key}`);
    this.peer.listens = false;
    const { output } = this.peer;
    this.peer.output = '';
    return output.slice(output.indexOf('\n') + 1, -2);
  }

  private readonly expand = (_: string, name: string, pattern = ''): string => {
    const { size } = this;
    const numbers = () => Array.from({ length: size }, (_each, index) => index);
    switch (name) {
      case 'N':
        return String(size);
      case 'last':
        return String(size - 1);
      case 'mid':
        return String(size >> 1);
      case 'id':
        return String(this.id);
      case 'long':
        return 'x'.repeat(size * 16);
      case 'text':
        return 'abcd'.repeat(size / 100);
      case 'places':
        return numbers()
          .map((index) => `${((index * 37) % 3000) / 100} ${30 + ((index * 91) % 2000) / 100} place:${index}`)
          .join(' ');
      case 'many':
      case 'pairs':
        return numbers()
          .map((index) => pattern.replaceAll('*', String(index)))
          .join(' ');
      default:
        throw new Error(`{${name}}`);
    }
  };
}

/** Processor time of this thread in milliseconds; of the process where the runtime knows no other. */
function processorMs(): number {
  const { user, system } = (process.threadCpuUsage ?? process.cpuUsage)();
  return (user + system) / 1000;
}

/** The shortest runs on the small and on the large collections so far. */
interface Shortest {
  small: number;
  large: number;
}

/** How the work of a case grows, as an exponent: measured again and again until `isBelieved`, up to a limit. */
function measuredExponent(
  each: GrowthCase,
  [small, large]: readonly [Collections, Collections],
  isBelieved: (exponent: number) => boolean,
): number {
  const shortest: Shortest = { small: Number.POSITIVE_INFINITY, large: Number.POSITIVE_INFINITY };
  let exponent = 0;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const until = performance.now() + MEASURING_MS;
    for (let runs = 0; runs < RUNS_MIN || (runs < RUNS_MAX && performance.now() < until); runs++) {
      shortest.small = Math.min(shortest.small, small.measure(each));
      shortest.large = Math.min(shortest.large, large.measure(each));
    }
    exponent = Math.log(shortest.large / shortest.small) / Math.log(GROWTH);
    if (isBelieved(exponent)) break;
  }
  if (process.env['CINNABAR_GROWTH'] !== undefined) {
    const microseconds = (ms: number): string => `${(ms * 1000).toFixed(1).padStart(9)} us`;
    console.log(
      `${exponent.toFixed(2).padStart(6)} ${microseconds(shortest.small)} ${microseconds(shortest.large)}  ${each.command}`,
    );
  }
  return exponent;
}

test(`the work of commands grows as they declare, from ${SIZE} elements to ${SIZE * GROWTH}`, () => {
  const collections = [new Collections(SIZE), new Collections(SIZE * GROWTH)] as const;
  const tooFast: string[] = [];
  for (const each of CASES) {
    const { complexity } = definitionOf(each.command);
    const allowed = declaredExponent(complexity, each.grows, SIZE, each.form) + MARGIN;
    const exponent = measuredExponent(each, collections, (measured) => measured <= allowed);
    if (exponent <= allowed) continue;
    tooFast.push(`${each.command}: grows as size^${exponent.toFixed(2)}, declared is ${complexity}`);
  }
  assert.deepEqual(tooFast, []);
  // What is linear is seen to be: were it declared constant, it would be found.
  for (const linear of ['SMEMBERS set', 'HGETALL hash', 'LPOS list nosuch']) {
    const each = CASES.find(({ command }) => command === linear)!;
    const exponent = measuredExponent(each, collections, (measured) => measured > MARGIN);
    assert.ok(exponent > MARGIN, `${linear}: ${exponent}`);
  }
});
