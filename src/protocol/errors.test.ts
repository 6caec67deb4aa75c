import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toLatin1 } from '../lib/bytes.ts';
import * as errors from './errors.ts';

test('every constant is one complete line with a code', () => {
  for (const [name, line] of Object.entries(errors)) {
    if (!(line instanceof Uint8Array)) continue;
    assert.match(toLatin1(line, 0, line.length), /^-[A-Z]+ [^\r\n]+\r\n$/, name);
  }
});

test('expectedBulk shows the byte, a line break as a space', () => {
  const shown = (byte: number) => {
    const line = errors.expectedBulk(byte);
    return toLatin1(line, 0, line.length);
  };
  assert.equal(shown(102), "-ERR Protocol error: expected '$', got 'f'\r\n");
  assert.equal(shown(13), "-ERR Protocol error: expected '$', got ' '\r\n");
  assert.equal(shown(255), "-ERR Protocol error: expected '$', got '\xff'\r\n");
});

/** What redis-server 7.0.15 replied to such commands. */
test('unknownCommand repeats the name and the arguments as far as 128 bytes go', () => {
  const { unknownCommand } = errors;
  assert.equal(unknownCommand('foo', []), "ERR unknown command 'foo', with args beginning with: ");
  assert.equal(unknownCommand('foo', ['a', 'b c']), "ERR unknown command 'foo', with args beginning with: 'a' 'b c' ");
  assert.equal(
    unknownCommand('f'.repeat(200), ['x'.repeat(200), 'y']),
    `ERR unknown command '${'f'.repeat(128)}', with args beginning with: '${'x'.repeat(128)}' `,
  );
  assert.equal(
    unknownCommand('f\0oo', ['x'.repeat(100), 'y'.repeat(100), 'z']),
    `ERR unknown command 'f', with args beginning with: '${'x'.repeat(100)}' '${'y'.repeat(25)}' `,
  );
});

test('texts with names in them', () => {
  assert.equal(errors.unknownSubcommand('config', 'nope'), "ERR unknown subcommand 'nope'. Try CONFIG HELP.");
  assert.equal(
    errors.subcommandSyntax('object', 'freq'),
    "ERR unknown subcommand or wrong number of arguments for 'freq'. Try OBJECT HELP.",
  );
  assert.equal(errors.wrongArity('config|get'), "ERR wrong number of arguments for 'config|get' command");
  assert.equal(errors.invalidExpire('set'), "ERR invalid expire time in 'set' command");
  assert.equal(errors.outOfBounds(-5, 5), 'ERR value is out of range, value must between -5 and 5');
});
