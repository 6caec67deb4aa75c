// Our engine and a redis-server side by side: the same requests go to both, over bytes, and the replies are compared.

import assert from 'node:assert/strict';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import { Engine } from '../../src/engine/engine.ts';
import { STAT_EXPIRED, STAT_HITS, STAT_MISSES } from '../../src/engine/statistics.ts';
import { encode, TestClient } from '../support/engine-harness.ts';
import { RawConnection, type ServerProcess, startRedis } from '../support/redis-server.ts';
import { LIMITS } from './encodings.ts';
import { KNOWN_DIFFERENCES, UNCOUNTED } from './known-differences.ts';
import { isSameReply } from './normalised-replies.ts';
import { bulkOf, elementsOf, frameEnd, framesOf } from './reply-frames.ts';

const MARKER = 'end-of-batch-7f3a';
const DATABASES = 16;
/** Questions that tell a value whole, by type; the key goes behind the command's name. */
const CONTENTS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  string: [['GET'], ['STRLEN']],
  list: [['LRANGE', '0', '-1'], ['LLEN']],
  set: [['SMEMBERS'], ['SCARD']],
  hash: [['HGETALL'], ['HLEN']],
  zset: [['ZRANGE', '0', '-1', 'WITHSCORES'], ['ZCARD']],
  stream: [['XRANGE', '-', '+'], ['XLEN']],
};
const REAL_CLOCK = { now: () => Date.now(), elapsed: () => performance.now() };

/** One command whose replies differ. */
export interface Mismatch {
  readonly index: number;
  readonly command: readonly string[];
  readonly ours: string;
  readonly theirs: string;
}

export class Pair {
  readonly engine = new Engine({ clock: REAL_CLOCK, seed: 1, commands: ENGINE_COMMANDS });
  /** Requests run on both so far. */
  count = 0;
  private client = new TestClient(this.engine, 1);
  private readonly server: ServerProcess;
  private connection: RawConnection;
  /** Commands by name, so that subcommands are known. */
  private readonly containers = new Set(
    ENGINE_COMMANDS.filter((each) => each.subcommands.length > 0).map((each) => each.name),
  );

  private constructor(server: ServerProcess, connection: RawConnection) {
    this.server = server;
    this.connection = connection;
  }

  static async start(): Promise<Pair> {
    const server = await startRedis(['--enable-debug-command', 'yes', '--io-threads', '1']);
    const pair = new Pair(server, await RawConnection.open(server.port));
    // Only what is met expires, in both.
    await pair.theirs([['DEBUG', 'SET-ACTIVE-EXPIRE', '0']]);
    return pair;
  }

  async stop(): Promise<void> {
    this.connection.close();
    await this.server.stop();
  }

  /** Sets both servers' limits of encodings (encodings.ts). */
  async limit(values: readonly number[]): Promise<void> {
    const words = LIMITS.flatMap(({ directive }, index) => [directive, String(values[index])]);
    const reply = await this.theirs([['CONFIG', 'SET', ...words]]);
    assert.equal(reply, '+OK\r\n');
    for (const [index, { set }] of LIMITS.entries()) set(this.engine, values[index]!);
  }

  /** Runs commands on both from an empty state and compares replies, then keyspaces; the first mismatch or null. */
  async compare(batch: readonly (readonly string[])[]): Promise<Mismatch | null> {
    // CLIENT REPLY SKIP may swallow a reply: that of the first RESET.
    const commands = [...batch, ['RESET']];
    this.clear();
    await this.theirs([['FLUSHALL'], ['CONFIG', 'RESETSTAT']]);
    const ours = commands.map((command) => this.client.run(...command));
    this.client.run('RESET');
    this.count += batch.length;
    this.engine.check();
    const theirs = await this.theirs(commands);
    return this.compareReplies(commands, ours, theirs) ?? (await this.compareKeyspaces(batch));
  }

  /** Whether the two answer the last of some commands differently. */
  async differs(commands: readonly (readonly string[])[]): Promise<boolean> {
    await this.limit(LIMITS.map(({ usual }) => usual));
    this.clear();
    await this.theirs([['FLUSHALL']]);
    const ours = commands.map((command) => this.client.run(...command));
    this.client.run('RESET');
    return ours.join('') !== (await this.theirs(commands));
  }

  private clear(): void {
    if (this.client.peer.closed !== null) this.client = new TestClient(this.engine, 1);
    this.client.run('RESET');
    this.client.run('FLUSHALL');
    this.engine.statistics.counters.fill(0);
  }

  private compareReplies(
    commands: readonly (readonly string[])[],
    ours: readonly string[],
    theirs: string,
  ): Mismatch | null {
    let at = 0;
    let queued: (readonly string[])[] = [];
    for (const [index, command] of commands.entries()) {
      const name = this.nameOf(command);
      const reply = ours[index]!;
      const answer = theirs.startsWith(reply, at) ? reply : takeFrames(theirs, at, framesOf(reply).length);
      at += answer.length;
      if (reply === '+QUEUED\r\n') queued.push(command);
      const same =
        reply === answer ||
        (name === 'exec' && this.isSameTransaction(queued, reply, answer)) ||
        this.areSame([command], framesOf(reply), framesOf(answer)) ||
        isKnown(command, reply, answer);
      if (!same) return { index, command, ours: reply, theirs: answer };
      if (name === 'exec' || name === 'discard' || name === 'reset' || (name === 'multi' && reply[0] === '+'))
        queued = [];
    }
    if (at === theirs.length) return null;
    const last = commands.length - 1;
    return { index: last, command: commands[last]!, ours: 'nothing more', theirs: theirs.slice(at) };
  }

  private async compareKeyspaces(commands: readonly (readonly string[])[]): Promise<Mismatch | null> {
    const index = commands.length;
    const isCounted = commands.every((command) => UNCOUNTED[this.nameOf(command)] === undefined);
    const counters = this.engine.statistics.counters;
    const statistics = `keyspace_hits:${counters[STAT_HITS]} keyspace_misses:${counters[STAT_MISSES]} expired_keys:${counters[STAT_EXPIRED]}`;
    const questions: string[][] = [];
    for (let database = 0; database < DATABASES; database++) {
      this.client.run('SELECT', String(database));
      if (this.client.run('DBSIZE') === ':0\r\n') continue;
      questions.push(['SELECT', String(database)], ['DBSIZE'], ['KEYS', '*']);
      for (const frame of elementsOf(this.client.run('KEYS', '*')) ?? []) {
        const key = bulkOf(frame)!;
        const type = this.client.run('TYPE', key).slice(1, -2);
        questions.push(
          ['TYPE', key],
          ['PEXPIRETIME', key],
          ...(CONTENTS[type] ?? []).map(([name, ...rest]) => [name!, key, ...rest]),
        );
        questions.push(['OBJECT', 'ENCODING', key], ['OBJECT', 'REFCOUNT', key]);
      }
    }
    this.client.run('RESET');
    const stats = /keyspace_hits:\d+|keyspace_misses:\d+|expired_keys:\d+/g;
    const info = (
      await this.theirs([
        ['INFO', 'stats'],
        ['INFO', 'keyspace'],
      ])
    )
      .match(stats)!
      .sort()
      .reverse();
    const theirStatistics = [info[1], info[0], info[2]].join(' ');
    const ours = questions.map((question) => this.client.run(...question));
    this.client.run('RESET');
    const mismatch = this.compareReplies(questions, ours, await this.theirs(questions));
    if (mismatch !== null) return { ...mismatch, index };
    if (isCounted && statistics.replace(/ /g, '') !== theirStatistics.replace(/ /g, '')) {
      return { index, command: ['INFO', 'stats'], ours: statistics, theirs: theirStatistics };
    }
    return null;
  }

  /** What redis-server replies to commands on a connection in its first state. */
  private async theirs(commands: readonly (readonly string[])[]): Promise<string> {
    if (this.connection.closed) this.connection = await RawConnection.open(this.server.port);
    const end = `+RESET\r\n$${MARKER.length}\r\n${MARKER}\r\n`;
    this.connection.write([...commands, ['RESET'], ['ECHO', MARKER]].map(encode).join(''));
    const text = await this.connection.read((received) => received.endsWith(end), 10_000);
    assert.ok(text.endsWith(end), `redis-server answered ${JSON.stringify(text.slice(-300))}`);
    return text.slice(0, -end.length);
  }

  /** Whether replies mean the same, each being one to one of these commands. */
  private areSame(
    commands: readonly (readonly string[])[],
    ours: readonly string[],
    theirs: readonly string[],
  ): boolean {
    if (ours.length !== theirs.length) return false;
    return ours.every((frame, index) => {
      const other = theirs[index]!;
      if (frame === other) return true;
      return commands.some(
        (command) => isSameReply(this.nameOf(command), frame, other, command) || isKnown(command, frame, other),
      );
    });
  }

  /**
   * EXEC: behind its header come the replies of what was queued; more than it says where a command gives several, as
   * UNSUBSCRIBE does.
   */
  private isSameTransaction(queued: readonly (readonly string[])[], ours: string, theirs: string): boolean {
    const header = ours.indexOf('\r\n') + 2;
    if (ours[0] !== '*' || ours.slice(0, header) !== theirs.slice(0, header)) return false;
    return this.areSame(queued, framesOf(ours.slice(header)), framesOf(theirs.slice(header)));
  }

  private nameOf(command: readonly string[]): string {
    const first = command[0]!.toLowerCase();
    return this.containers.has(first) && command.length > 1 ? `${first}|${command[1]!.toLowerCase()}` : first;
  }
}

/** So many whole frames from `at` on, or what there is of them. */
function takeFrames(text: string, at: number, count: number): string {
  let end = at;
  for (let index = 0; index < count && end < text.length; index++) {
    const next = frameEnd(text, end);
    if (next < 0) return text.slice(at);
    end = next;
  }
  return text.slice(at, end);
}

function isKnown(command: readonly string[], ours: string, theirs: string): boolean {
  return KNOWN_DIFFERENCES.some((difference) => difference.explains(command, ours, theirs));
}
