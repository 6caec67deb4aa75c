// Who may do what, decided as redis-server 7.0.15 decides it: every command, by users who are allowed or denied commands,
// categories, keys to read and to write, channels, in their root or another selector; asked in any database by ACL DRYRUN,
// directly, when queued in MULTI, and again by EXEC. And that whatever a call's arguments are, it neither tells nor changes what its user
// has no key for.
//
//   CINNABAR_SEED=7 CINNABAR_PAIRS=100000 npm test -- tests/conformance/acl-matrix.test.ts

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import type { CommandDefinition } from '../../src/engine/command.ts';
import { CATEGORIES } from '../../src/engine/command-categories.ts';
import { Engine } from '../../src/engine/engine.ts';
import { Prng } from '../../src/lib/prng.ts';
import { PERSISTENCE_COMMANDS } from '../../src/persistence/all-commands.ts';
import { allCommands } from '../../src/server/all-commands.ts';
import type { Server } from '../../src/server/server.ts';
import { EngineHarness, encode, TestClient } from '../support/engine-harness.ts';
import { RawConnection, type ServerProcess, SKIP_WITHOUT_REDIS, startRedis } from '../support/redis-server.ts';
import { CallMaker } from './acl-calls.ts';
import { isNewer } from './left-out.ts';
import { elementsOf, framesOf } from './reply-frames.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const PAIRS = Number(process.env['CINNABAR_PAIRS'] ?? 5000);
const HOSTILE_CALLS = Number(process.env['CINNABAR_CALLS'] ?? 40_000);
const BATCH = 50;

const KEYS = ['r1', 'r2', 'w1', 'rw', 'x', '', 'w*'];
const CHANNELS = ['news', 'n1', 'other', 'n*', '*'];
const KEY_RULES = ['~*', '~rw', '~x', '%R~r*', '%W~w*', '%R~*', '%W~*', '~r1', '%R~x', '%W~x', '~w\\*', '~', '~[rw]?'];
const CHANNEL_RULES = ['&*', '&news', '&n*', '&other', '&n?'];

// Definitions refer to their server only when they run, and those of the server only say here whether they would.
const COMMANDS = allCommands(null as unknown as Server);

/** What a command is called by. */
function callable(definitions: readonly CommandDefinition[]): CommandDefinition[] {
  return definitions.flatMap((definition) =>
    definition.subcommands.length > 0 ? definition.subcommands : [definition],
  );
}

/** Commands after which a connection is not as before; ACL itself changes who asks. Queued and by DRYRUN they are compared. */
const NOT_RUN = new Set(
  callable(ENGINE_COMMANDS)
    .filter(
      ({ name, flags }) =>
        flags?.includes('blocking') || /^(acl|client|p?subscribe|s?(un)?subscribe|p?unsub)/.test(name),
    )
    .map(({ name }) => name)
    .concat([
      'sunsubscribe',
      'unsubscribe',
      'punsubscribe',
      'monitor',
      'pfselftest',
      'multi',
      'exec',
      'discard',
      'auth',
    ]),
);
/** They end a connection, make it another, or count its replies otherwise. */
const LEFT_OUT = new Set(['quit', 'reset', 'hello', 'multi', 'exec', 'discard']);
/** They are in other categories since. */
const LATER_CATEGORIES = new Set(['wait']);
const RUN = new Set(callable(ENGINE_COMMANDS).map(({ name }) => name));

interface Question {
  readonly definition: CommandDefinition;
  readonly rules: readonly string[];
  readonly call: readonly string[];
  readonly database: number;
}

class Matrix {
  private readonly random: Prng;
  private readonly maker: CallMaker;
  private readonly engine: Engine;

  constructor(seed: number, engine: Engine) {
    this.random = new Prng(seed);
    this.maker = new CallMaker(this.random, { keys: KEYS, channels: CHANNELS, onlyReference: true, wrong: 0.03 });
    this.engine = engine;
  }

  question(definition: CommandDefinition): Question {
    const { table } = this.engine;
    const id = table.idOf(definition.name);
    const call = this.maker.call(definition, table.argumentsMin[id]!, table.argumentsMax[id]!);
    const rules = this.selector(definition, call);
    const selectors = this.random.below(3) === 0 ? 1 + this.random.below(2) : 0;
    for (let index = 0; index < selectors; index++) rules.push(`(${this.selector(definition, call).join(' ')})`);
    return { definition, rules, call, database: this.random.below(3) };
  }

  private selector(definition: CommandDefinition, call: readonly string[]): string[] {
    const { maker } = this;
    const rules = [...this.commandRules(definition, call)];
    for (const [kind, all] of [
      [KEY_RULES, '~*'],
      [CHANNEL_RULES, '&*'],
    ] as const) {
      if (maker.chance(0.3)) rules.push(all);
      else {
        const chosen = Array.from({ length: this.random.below(4) }, () => maker.pick(kind));
        // Behind a pattern for all there can be no other one.
        rules.push(...chosen.filter((rule) => rule !== all));
      }
    }
    return rules;
  }

  private commandRules({ name }: CommandDefinition, call: readonly string[]): string[] {
    const { maker } = this;
    const container = name.split('|')[0]!;
    const category = LATER_CATEGORIES.has(name) ? 'all' : maker.pick(CATEGORIES);
    const argument = call[1] ?? '';
    const mayHaveArgument =
      !name.includes('|') &&
      /^[!-{}~]+$/.test(argument) &&
      this.engine.table.subcommandsOf(this.engine.table.idOf(name)).length === 0;
    return maker.pick([
      ['+@all'],
      ['+@all'],
      ['+@all', `-${name}`],
      ['+@all', `-${container}`],
      [`+${name}`],
      [`+${container}`],
      [`+@all`, `-@${category}`],
      [`+@${category}`],
      [`+@${category}`, `-@${LATER_CATEGORIES.has(name) ? 'all' : maker.pick(CATEGORIES)}`, `+${name}`],
      ['+@all', `-@${category}`, `-${container}`, `+${name}`],
      mayHaveArgument ? ['+@all', `-${name}`, `+${name}|${argument}`] : ['+@all'],
      mayHaveArgument ? [`+${name}|nope`] : [],
      [],
    ]);
  }
}

/** What is asked about a question, on one connection of the default user. */
function requests({ definition, rules, call, database }: Question): string[][] {
  const asked = [
    ['SELECT', String(database)],
    ['ACL', 'SETUSER', 'u', 'reset', 'on', 'nopass', ...rules, '(+multi', '+discard)'],
    ['ACL', 'DRYRUN', 'u', ...call],
    ['AUTH', 'u', 'x'],
    ['MULTI'],
    [...call],
    ['DISCARD'],
  ];
  const isRun = RUN.has(definition.name) && !NOT_RUN.has(definition.name);
  if (isRun) asked.push([...call]);
  asked.push(['AUTH', 'default', 'x']);
  if (isRun) asked.push(['MULTI'], ['AUTH', 'u', 'x'], [...call], ['EXEC'], ['AUTH', 'default', 'x']);
  return asked;
}

/** A reply as far as it says whether it was permitted. */
function decisionOf(frame: string): string {
  if (frame[0] === '*' && frame.includes('-NOPERM ACLs rules changed')) {
    return (elementsOf(frame) ?? []).filter((element) => element.startsWith('-NOPERM')).join();
  }
  if (/^-NOPERM .*no permissions to run/.test(frame) || /^-NOPERM User /.test(frame)) return 'no command';
  if (/^-NOPERM .*key/.test(frame)) return 'no key';
  if (/^-NOPERM .*channel/.test(frame)) return 'no channel';
  if (/^-ERR (BY|GET) option of SORT denied/.test(frame)) return 'no other keys';
  if (/^\$.*\r\n(This user|User u) has no permissions/.test(frame))
    return frame.replace(/^.*\r\n(This user|User u)/, '');
  if (frame.startsWith('-EXECABORT')) return 'aborted';
  return frame === '+QUEUED\r\n' ? 'queued' : 'yes';
}

describe('permissions decided as redis-server decides them', { skip: SKIP_WITHOUT_REDIS }, () => {
  const engine = new Engine({
    clock: { now: () => Date.now(), elapsed: () => performance.now() },
    seed: 1,
    commands: COMMANDS,
  });
  const client = new TestClient(engine, 1);
  let server: ServerProcess;
  let connection: RawConnection;
  before(async () => {
    server = await startRedis(['--enable-debug-command', 'yes', '--enable-module-command', 'yes']);
    connection = await RawConnection.open(server.port);
  });
  after(async () => {
    connection.close();
    await server.stop();
  });

  async function theirs(commands: readonly (readonly string[])[]): Promise<string[]> {
    connection.write(`${commands.map(encode).join('')}${encode(['ECHO', 'end-of-batch-1b2c'])}`);
    const text = await connection.read((received) => received.endsWith('\r\nend-of-batch-1b2c\r\n'), 20_000);
    const frames = framesOf(text);
    assert.equal(frames.length, commands.length + 1, `${commands.length} replies and the end`);
    return frames.slice(0, -1);
  }

  /** The categories are the same but for known ones. */
  async function compareCategories(commands: readonly CommandDefinition[]): Promise<void> {
    const names = new Set(commands.map(({ name }) => name));
    for (const category of CATEGORIES) {
      const [frame] = await theirs([['ACL', 'CAT', category]]);
      const other = new Set(elementsOf(frame!)!.map((name) => name.split('\r\n')[1]!));
      const own = new Set(elementsOf(client.run('ACL', 'CAT', category))!.map((name) => name.split('\r\n')[1]!));
      const differ = [...names].filter((name) => own.has(name) !== other.has(name) && !LATER_CATEGORIES.has(name));
      assert.deepEqual(differ, [], `the commands of ${category}`);
    }
  }

  it(`${PAIRS} users and calls, seed ${SEED}`, async () => {
    const known = new Set(
      (await theirs([['COMMAND', 'LIST']])).flatMap((frame) =>
        elementsOf(frame)!.map((name) => name.split('\r\n')[1]!),
      ),
    );
    const commands = callable(COMMANDS).filter(
      (each) => known.has(each.name) && !isNewer(each) && !LEFT_OUT.has(each.name),
    );
    await compareCategories(commands);
    assert.ok(commands.length > 250, `${commands.length} commands`);
    const matrix = new Matrix(SEED, engine);
    const seen: Record<string, number> = {};
    for (let pair = 0; pair < PAIRS; pair += BATCH) {
      const questions = Array.from({ length: BATCH }, (_, index) =>
        matrix.question(commands[(pair + index) % commands.length]!),
      );
      const asked = questions.map(requests);
      const answers = await theirs(asked.flat());
      for (const [number, question] of questions.entries()) {
        const replies = answers.splice(0, asked[number]!.length);
        // Some commands take fewer arguments since.
        if (replies.some((reply) => /^-ERR wrong number of arguments/.test(reply))) continue;
        for (const [place, request] of asked[number]!.entries()) {
          const ours = client.run(...request);
          const other = replies[place]!;
          const [decision, expected] = [decisionOf(ours), decisionOf(other)];
          seen[decision.slice(0, 24)] = (seen[decision.slice(0, 24)] ?? 0) + 1;
          assert.equal(
            decision,
            expected,
            `seed ${SEED}, pair ${pair + number}\nrules ${JSON.stringify(question.rules)}\ncall ${JSON.stringify(question.call)}\n` +
              `at ${JSON.stringify(request)}\nours ${JSON.stringify(ours)}\ntheirs ${JSON.stringify(other)}`,
          );
        }
      }
    }
    for (const decision of ['no command', 'no key', 'no channel', 'queued', 'yes']) {
      assert.ok((seen[decision] ?? 0) > PAIRS / 500, `${decision} is among the answers: ${JSON.stringify(seen)}`);
    }
  });
});

describe('what a user has no key for', () => {
  const SECRETS = ['s-string', 's-list', 's-set', 's-zset', 's-hash', 's-stream', 's-geo'];
  const TREASURE = 'TREASURE';

  function fill(client: TestClient): void {
    for (const line of [
      `SET s-string ${TREASURE}`,
      `RPUSH s-list ${TREASURE} 1`,
      `SADD s-set ${TREASURE} 2`,
      `ZADD s-zset 1 ${TREASURE}`,
      `HSET s-hash f ${TREASURE}`,
      `XADD s-stream 1-1 f ${TREASURE}`,
      'XGROUP CREATE s-stream g 0',
      `GEOADD s-geo 1 1 ${TREASURE}`,
    ]) {
      assert.match(client.run(...line.split(' ')), /^[+:$]/, line);
    }
  }

  it(`is neither told nor changed by ${HOSTILE_CALLS} calls, seed ${SEED}`, () => {
    const commands = [...ENGINE_COMMANDS, ...PERSISTENCE_COMMANDS];
    const harness = new EngineHarness({ commands });
    const admin = harness.client;
    fill(admin);
    assert.equal(admin.run('ACL', 'SETUSER', 'admin', 'on', 'nopass', '+@all', '~*', '&*'), '+OK\r\n');
    assert.equal(admin.run('AUTH', 'admin', 'x'), '+OK\r\n');
    // RESET, HELLO and AUTH make a client the default user's again: it is the one that may not.
    const rules =
      '-flushall -flushdb -swapdb -acl -client|pause -client|kill -monitor -pfselftest -client|reply resetkeys resetchannels ~a %R~b %W~c &n*';
    assert.equal(admin.run('ACL', 'SETUSER', 'default', ...rules.split(' ')), '+OK\r\n');
    const contents = () => SECRETS.map((key) => admin.run('DUMP', key));
    const before = contents();
    const random = new Prng(SEED);
    const maker = new CallMaker(random, {
      keys: ['a', 'b', 'c', ...SECRETS],
      channels: CHANNELS,
      onlyReference: false,
      wrong: 0.08,
    });
    const { table } = harness.engine;
    const all = callable(commands);
    let client = harness.connect();
    let reached = 0;
    for (let number = 0; number < HOSTILE_CALLS; number++) {
      const definition = all[number % all.length]!;
      const id = table.idOf(definition.name);
      const call = maker.call(definition, table.argumentsMin[id]!, table.argumentsMax[id]!);
      // A client cannot make itself somebody else by what it may say.
      if (call.some((word) => word === 'admin')) continue;
      const isQueued = maker.chance(0.3);
      if (isQueued) client.run('MULTI');
      const replies = [client.run(...call)];
      if (client.session.transaction !== null) replies.push(client.run(isQueued ? 'EXEC' : 'DISCARD'));
      const reply = replies.join('');
      const { session, peer } = client;
      const isOver = session.stopped !== 0 || session.subscriptions !== null || peer.closed !== null;
      if (!/^-(NOPERM|ERR)/.test(reply)) reached++;
      const what = `${JSON.stringify(call)}, seed ${SEED}, call ${number}`;
      assert.ok(!reply.includes(TREASURE), `${what}: ${JSON.stringify(reply)}`);
      if (number % 50 === 0) assert.deepEqual(contents(), before, `before or at ${what}`);
      if (isOver || number % 500 === 0) {
        if (client.peer.closed === null) harness.engine.kill(client.session);
        client = harness.connect();
      }
    }
    assert.deepEqual(contents(), before);
    assert.ok(reached > HOSTILE_CALLS / 50, `${reached} calls were more than refused`);
    harness.engine.check();
  });
});
