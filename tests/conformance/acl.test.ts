// ACL's own commands against redis-server 7.0.15: rules and their refusals, what is shown of users, AUTH and its log. What
// later versions show otherwise is brought to one form: sanitize-payload is always shown, and the rules about commands are
// those that were given, not those that 7.0 works out; so they are given to redis-server, which must make the same of them.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import { CATEGORIES } from '../../src/engine/command-categories.ts';
import { Engine } from '../../src/engine/engine.ts';
import { Prng } from '../../src/lib/prng.ts';
import { encode, TestClient } from '../support/engine-harness.ts';
import { RawConnection, type ServerProcess, SKIP_WITHOUT_REDIS, startRedis } from '../support/redis-server.ts';
import { bulkOf, elementsOf, framesOf } from './reply-frames.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);
const USERS = Number(process.env['CINNABAR_USERS'] ?? 2000);

const DIGEST = '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b';
const WORDS = [
  'get',
  'SET',
  'object',
  'object|freq',
  'Object|Encoding',
  'select',
  'acl',
  'acl|setuser',
  'client',
  'client|id',
  'nope',
  '',
];
const NAMES = ['a', 'b*', 'nul\0', 'bl ank', '', '*', '**', '[x', 'ÿ', '(', ')'];

const READY = [
  'on',
  'off',
  'ON',
  'nopass',
  'resetpass',
  'reset',
  'sanitize-payload',
  'skip-sanitize-payload',
  'clearselectors',
  'allkeys',
  '~*',
  'resetkeys',
  'allchannels',
  '&*',
  'resetchannels',
  'allcommands',
  '+@all',
  'NoCommands',
  '-@all',
  '>secret',
  '<secret',
  '>',
  `#${DIGEST}`,
  `!${DIGEST}`,
  '#abc',
  `#${DIGEST.toUpperCase()}`,
  '',
  'nope',
  '+',
  '-',
  '~',
  '&',
  '+@nope',
  '-@',
  '+select|0',
  '+select|1',
  '-select|0',
  '+select|',
  '+object|freq|x',
  '+get|a|b',
  '+|',
  '()',
  '( )',
  ' ()',
  '(+get ~a)',
  '(~a',
  ')',
  '(+get)x',
  '((+get))',
  '(on)',
  '( %R~a  &b )',
];

class Rules {
  private readonly random: Prng;

  constructor(seed: number) {
    this.random = new Prng(seed);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.random.below(values.length)]!;
  }

  private one(): string {
    switch (this.random.below(8)) {
      case 0:
        return `${this.pick(['+', '-'])}@${this.pick(CATEGORIES)}`;
      case 1:
      case 2:
        return this.pick(['+', '-']) + this.pick(WORDS);
      case 3:
        return this.pick(['~', '%R~', '%W~', '%RW~', '%wr~']) + this.pick(NAMES);
      case 4:
        return `&${this.pick(NAMES)}`;
      default:
        return this.pick(READY);
    }
  }

  list(): string[] {
    return Array.from({ length: this.random.below(6) }, () => this.one());
  }
}

/** Leaves out what 7.0 reads otherwise: a selector within one that is open (it begins anew), and a NUL within one (it is cut off there). */
function isRead(words: readonly string[]): boolean {
  let isOpen = false;
  for (const word of words) {
    if (isOpen && (word.startsWith('(') || word.includes('\0'))) return false;
    if (isOpen || (word.startsWith('(') && !word.endsWith(')'))) isOpen = !word.endsWith(')');
  }
  return true;
}

interface Shown {
  /** Fields of GETUSER, but for the commands and the flag about payloads. */
  readonly rest: string;
  /** The rules about commands, of the root and of the other selectors. */
  readonly commands: readonly string[];
}

function shownOf(reply: string): Shown {
  const commands: string[] = [];
  const withoutCommands = (frame: string): string => {
    const parts = elementsOf(frame) ?? [];
    return parts
      .map((part, index) => {
        const name = index % 2 === 1 ? bulkOf(parts[index - 1]!) : null;
        if (name === 'commands') {
          commands.push(bulkOf(part)!);
          return '';
        }
        if (name === 'flags')
          return elementsOf(part)!
            .map(bulkOf)
            .filter((flag) => flag !== 'sanitize-payload')
            .join();
        return name === 'selectors' ? elementsOf(part)!.map(withoutCommands).join('/') : part;
      })
      .join();
  };
  const rest = withoutCommands(reply);
  return { rest, commands };
}

describe('ACL answered as redis-server answers it', { skip: SKIP_WITHOUT_REDIS }, () => {
  const clock = { now: () => Date.now(), elapsed: () => performance.now() };
  const engine = new Engine({ clock, seed: 1, commands: ENGINE_COMMANDS });
  const client = new TestClient(engine, 1);
  let server: ServerProcess;
  let connection: RawConnection;
  before(async () => {
    server = await startRedis();
    connection = await RawConnection.open(server.port);
  });
  after(async () => {
    connection.close();
    await server.stop();
  });

  async function theirs(commands: readonly (readonly string[])[]): Promise<string[]> {
    connection.write(`${commands.map(encode).join('')}${encode(['ECHO', 'end-3c4d'])}`);
    const frames = framesOf(await connection.read((text) => text.endsWith('\r\nend-3c4d\r\n'), 20_000));
    assert.equal(frames.length, commands.length + 1);
    return frames.slice(0, -1);
  }

  it(`rules of ${USERS} users, seed ${SEED}`, async () => {
    const rules = new Rules(SEED);
    let taken = 0;
    for (let number = 0; number < USERS; number++) {
      const name = rules.pick(['ann', 'bob', 'bl ank', '', 'nul\0', '__proto__', 'tab\t']);
      const lists = [rules.list(), rules.list()].filter(isRead);
      const asked = [
        ...lists.map((list) => ['ACL', 'SETUSER', name, ...list]),
        ['ACL', 'GETUSER', name],
        ['ACL', 'USERS'],
        ['ACL', 'DELUSER', name],
      ];
      const ours = asked.map((request) => client.run(...request));
      const replies = await theirs(asked);
      const what = `seed ${SEED}, ${JSON.stringify(asked)}`;
      for (let index = 0; index < lists.length; index++) assert.equal(ours[index], replies[index], what);
      assert.deepEqual(ours.slice(-2), replies.slice(-2), what);
      const [own, other] = [ours.at(-3)!, replies.at(-3)!];
      assert.equal(own[0], other[0], what);
      if (own[0] !== '*' || own === '$-1\r\n') continue;
      taken++;
      const [a, b] = [shownOf(own), shownOf(other)];
      assert.equal(a.rest, b.rest, what);
      // What we show of commands makes of another user there what they show of this one.
      const [root, ...others] = a.commands.map((text) => text.split(' '));
      const again = await theirs([
        ['ACL', 'SETUSER', 'again', 'reset', ...root!, ...others.map((words) => `(${words.join(' ')})`)],
        ['ACL', 'GETUSER', 'again'],
        [
          'ACL',
          'SETUSER',
          'same',
          'reset',
          ...b.commands[0]!.split(' '),
          ...b.commands.slice(1).map((text) => `(${text})`),
        ],
        ['ACL', 'GETUSER', 'same'],
        ['ACL', 'DELUSER', 'again', 'same'],
      ]);
      const sorted = (reply: string) => shownOf(reply).commands.map((text) => text.split(' ').sort().join(' '));
      assert.deepEqual(sorted(again[1]!), sorted(again[3]!), what);
    }
    assert.ok(taken > USERS / 5, `${taken} users were there in the end`);
  });

  it('other commands and their errors', async () => {
    const asked = [
      ['ACL'],
      ['ACL', 'nope'],
      ['ACL', 'WHOAMI'],
      ['ACL', 'WHOAMI', 'x'],
      ['ACL', 'HELP', 'x'],
      ['ACL', 'CAT'],
      ['ACL', 'CAT', 'nope'],
      ['ACL', 'CAT', 'a', 'b'],
      ['ACL', 'GETUSER', 'nobody'],
      ['ACL', 'DELUSER', 'nobody', 'nobody'],
      ['ACL', 'DELUSER', 'default'],
      ['ACL', 'SETUSER'],
      ['ACL', 'GENPASS', '0'],
      ['ACL', 'GENPASS', '4097'],
      ['ACL', 'GENPASS', '-236'],
      ['ACL', 'GENPASS', 'x'],
      ['ACL', 'GENPASS', '1', '2'],
      ['ACL', 'LOAD'],
      ['ACL', 'SAVE'],
      ['ACL', 'LOG'],
      ['ACL', 'LOG', 'x'],
      ['ACL', 'LOG', '-1'],
      ['ACL', 'LOG', '1', '2'],
      ['ACL', 'LOG', 'reset'],
      ['ACL', 'DRYRUN', 'nobody', 'get', 'a'],
      ['ACL', 'DRYRUN', 'default', 'nope'],
      ['ACL', 'DRYRUN', 'default', 'get'],
      ['ACL', 'DRYRUN', 'default', 'acl'],
      ['ACL', 'DRYRUN', 'default', 'acl', 'nope'],
      ['ACL', 'DRYRUN', 'default', 'get', 'a'],
      ['AUTH', 'x'],
      ['AUTH', 'default', 'x'],
      ['AUTH', 'a', 'b', 'c'],
      ['AUTH', 'nobody', 'x'],
      ['HELLO', '2', 'AUTH', 'nobody', 'x'],
      ['HELLO', '2', 'AUTH', 'default'],
      ['CLIENT', 'KILL', 'USER', 'nobody'],
    ];
    const ours = asked.map((request) => client.run(...request));
    for (const [index, reply] of (await theirs(asked)).entries())
      assert.equal(ours[index], reply, asked[index]!.join(' '));
  });

  it('what ACL LOG keeps of refusals', async () => {
    const asked = [
      ['ACL', 'LOG', 'RESET'],
      ['ACL', 'SETUSER', 'ann', 'on', 'nopass', '+get', '+publish', '+multi', '+discard', '+acl', '~a'],
      ['AUTH', 'ann', 'no'],
      ['AUTH', 'nobody', 'x'],
      ['auth', 'nobody', 'x'],
      ['AUTH', 'nobody', 'x'],
      ['GET', 'b'],
      ['GET', 'b'],
      ['PUBLISH', 'c', 'm'],
      ['SET', 'a', 'b'],
      ['MULTI'],
      ['GET', 'b'],
      ['DISCARD'],
      ['CONFIG', 'GET', 'x'],
      ...Array.from({ length: 8 }, (_, index) => ['GET', `k${index}`]),
      ['GET', 'b'],
      ['AUTH', 'default', 'x'],
    ];
    const ours = asked.map((request) => client.run(...request));
    const replies = await theirs(asked);
    for (const [index, request] of asked.entries())
      assert.equal(ours[index]![0], replies[index]![0], request.join(' '));
    const entries = (frame: string) =>
      elementsOf(frame)!.map((entry) => elementsOf(entry)!.slice(0, 10).join().replace(/\r\n/g, ' '));
    const [shown] = await theirs([['ACL', 'LOG', '100']]);
    // The engine alone has no CONFIG: it is no refusal there.
    const expected = entries(shown!).filter((entry) => !entry.includes('config'));
    assert.deepEqual(entries(client.run('ACL', 'LOG', '100')), expected);
  });
});
