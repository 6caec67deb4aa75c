import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../../tests/support/engine-harness.ts';
import { ENGINE_COMMANDS } from '../all-commands.ts';

function check(args: readonly string[], expected: string): void {
  assert.equal(new EngineHarness().run(...args), expected);
}

/** The reply as the bulk strings of an array. */
function bulks(...texts: string[]): string {
  return `*${texts.length}\r\n${texts.map((text) => `$${text.length}\r\n${text}\r\n`).join('')}`;
}

test('COMMAND GETKEYS finds the keys of a call', () => {
  check(['COMMAND', 'GETKEYS', 'GET', 'a'], bulks('a'));
  check(['COMMAND', 'GETKEYS', 'MSET', 'a', '1', 'b', '2'], bulks('a', 'b'));
  check(['COMMAND', 'GETKEYS', 'OBJECT', 'ENCODING', 'a'], bulks('a'));
  check(['COMMAND', 'GETKEYS', 'BLPOP', 'a', 'b', '0'], bulks('a', 'b'));
  check(['COMMAND', 'GETKEYS', 'MSETEX', '2', 'a', '1', 'b', '2', 'EX', '9'], bulks('a', 'b'));
  check(
    ['COMMAND', 'GETKEYS', ...'GEORADIUS a 1 2 3 m STORE b STORE c STOREDIST d'.split(' ')],
    bulks('a', 'b', 'c', 'd'),
  );
  check(
    ['COMMAND', 'GETKEYS', ...'XREADGROUP NOACK GROUP STREAMS STREAMS COUNT 1 STREAMS a b > >'.split(' ')],
    bulks('a', 'b'),
  );
});

test('COMMAND GETKEYS says why it finds none', () => {
  check(['COMMAND', 'GETKEYS', 'NOPE', 'a'], '-ERR Invalid command specified\r\n');
  check(['COMMAND', 'GETKEYS', 'PING'], '-ERR The command has no key arguments\r\n');
  check(['COMMAND', 'GETKEYS', 'GET'], '-ERR Invalid number of arguments specified for command\r\n');
  check(['COMMAND', 'GETKEYS', 'MSETEX', '3', 'a', '1'], '-ERR Invalid arguments specified for command\r\n');
});

test('COMMAND GETKEYSANDFLAGS tells SET with GET from SET without', () => {
  const head = '*1\r\n*2\r\n$1\r\na\r\n';
  check(['COMMAND', 'GETKEYSANDFLAGS', 'SET', 'a', '1'], `${head}*2\r\n+OW\r\n+update\r\n`);
  check(['COMMAND', 'GETKEYSANDFLAGS', 'SET', 'a', '1', 'GET'], `${head}*3\r\n+RW\r\n+access\r\n+update\r\n`);
});

test('COMMAND INFO describes a command as redis-server 7.0.15 does', () => {
  check(
    ['COMMAND', 'INFO', 'get', 'nope'],
    '*2\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n*3\r\n+@read\r\n+@string\r\n+@fast\r\n' +
      '*0\r\n*1\r\n*6\r\n$5\r\nflags\r\n*2\r\n+RO\r\n+access\r\n$12\r\nbegin_search\r\n*4\r\n$4\r\ntype\r\n$5\r\nindex\r\n' +
      '$4\r\nspec\r\n*2\r\n$5\r\nindex\r\n:1\r\n$9\r\nfind_keys\r\n*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n*6\r\n' +
      '$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n*0\r\n*-1\r\n',
  );
});

test('COMMAND LIST filters by category, pattern and module', () => {
  check(['COMMAND', 'LIST', 'FILTERBY', 'PATTERN', 'GETE?'], bulks('getex'));
  check(['COMMAND', 'LIST', 'FILTERBY', 'ACLCAT', 'nope'], '*0\r\n');
  check(['COMMAND', 'LIST', 'FILTERBY', 'MODULE', 'any'], '*0\r\n');
  check(['COMMAND', 'LIST', 'FILTERBY', 'PATTERN'], '-ERR syntax error\r\n');
  const transactions = new EngineHarness().run('COMMAND', 'LIST', 'FILTERBY', 'ACLCAT', 'transaction');
  for (const name of ['multi', 'exec', 'watch', 'unwatch', 'discard']) assert.ok(transactions.includes(name));
});

test('COMMAND by itself and COMMAND COUNT agree on how many there are', () => {
  const harness = new EngineHarness();
  const count = Number(harness.run('COMMAND', 'COUNT').slice(1));
  assert.ok(harness.run('COMMAND').startsWith(`*${count}\r\n`));
  assert.ok(harness.run('COMMAND', 'DOCS').startsWith(`*${count * 2}\r\n`));
});

test('a command without a name is unknown to INFO and DOCS once it is renamed away', () => {
  const harness = new EngineHarness();
  assert.equal(harness.engine.table.rename('GET', ''), true);
  assert.equal(harness.run('COMMAND', 'INFO', 'get'), '*1\r\n*-1\r\n');
  assert.equal(harness.run('COMMAND', 'DOCS', 'get'), '*0\r\n');
});

test('the HELP of a container names every subcommand, and HELP itself', () => {
  for (const { name, subcommands } of ENGINE_COMMANDS) {
    if (!subcommands.some((each) => each.name === `${name}|help`)) continue;
    const help = new EngineHarness().run(name, 'HELP');
    assert.ok(help.includes(`+${name.toUpperCase()} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`), help);
    for (const each of subcommands) {
      const called = each.name.slice(name.length + 1).toUpperCase();
      assert.match(help, new RegExp(`^\\+(\\(?${called}\\b|\\S*[(|]${called}\\b)`, 'm'), each.name);
    }
  }
});
