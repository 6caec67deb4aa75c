// Typed calls become the words that a person would type.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENGINE_COMMANDS } from '../engine/all-commands.ts';
import { type ArgumentValue, commandWords, methodName } from './arguments.ts';

const definitions = ENGINE_COMMANDS.flatMap((each) => [each, ...each.subcommands]);

function check(name: string, args: ArgumentValue[], expected: string): void {
  const definition = definitions.find((each) => each.name === name);
  assert.ok(definition !== undefined, `there is a command ${name}`);
  assert.equal(commandWords(definition, args).join(' ').toLowerCase(), expected.toLowerCase());
}

test('arguments become words, options in the order of the definition', () => {
  check('get', ['k'], 'GET k');
  check('set', ['k', 'v'], 'SET k v');
  check('set', ['k', 'v', { get: true, condition: 'nx', expiration: { EX: 60 } }], 'SET k v NX GET EX 60');
  check('set', ['k', 'v', { expiration: 'KEEPTTL' }], 'SET k v KEEPTTL');
  check('set', ['k', 'v', { condition: { IFEQ: 'old' } }], 'SET k v IFEQ old');
  check('getex', ['k', { expiration: 'PERSIST' }], 'GETEX k PERSIST');
  check('mget', [['a', 'b']], 'MGET a b');
  check('mget', ['a'], 'MGET a');
  check(
    'mset',
    [
      [
        { key: 'a', value: 1 },
        { key: 'b', value: 2n },
      ],
    ],
    'MSET a 1 b 2',
  );
  check('scan', [0, { pattern: 'x*', count: 5 }], 'SCAN 0 MATCH x* COUNT 5');
  check('copy', ['a', 'b', { destinationDb: 1, replace: true }], 'COPY a b DB 1 REPLACE');
  check('object|encoding', ['k'], 'OBJECT ENCODING k');
  check('expire', ['k', 60, { condition: 'GT' }], 'EXPIRE k 60 GT');
  check('ping', [], 'PING');
  check('ping', [{ message: 'hello' }], 'PING hello');
});

test('a call that cannot be is refused before anything is sent', () => {
  const set = definitions.find((each) => each.name === 'set')!;
  const mget = definitions.find((each) => each.name === 'mget')!;
  assert.throws(() => commandWords(set, ['k']), /argument 'value' is missing/);
  assert.throws(() => commandWords(set, ['k', 'v', { condition: 'often' }]), /one of NX, XX/);
  assert.throws(() => commandWords(mget, [[]]), /at least one value/);
  assert.throws(() => commandWords(set, ['k', { not: 'text' }]), /takes one value/);
});

test('methods are named after their commands', () => {
  assert.equal(methodName(definitions.find((each) => each.name === 'object|encoding')!), 'objectEncoding');
  assert.equal(methodName(definitions.find((each) => each.name === 'client|no-evict')!), 'clientNoEvict');
});
