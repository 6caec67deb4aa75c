import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CommandLine, parseCommandLine, usageText, versionText } from './command-line.ts';
import { failureText } from './config-text.ts';
import { MemoryFiles } from './memory-files.ts';
import { ServerConfig } from './server-config.ts';

function start(args: readonly string[]): { config: ServerConfig; error: string } {
  const config = new ServerConfig({ files: new MemoryFiles({ '/d/a.conf': 'timeout 1\n' }), directory: '/d' });
  const failure = config.load(parseCommandLine(args));
  return { config, error: failure === null ? '' : failureText(failure, '7.4.1') };
}

function check(args: readonly string[], expected: Readonly<Record<string, string>>): void {
  const { config, error } = start(args);
  assert.equal(error, '', args.join(' '));
  assert.deepEqual(Object.fromEntries(config.match(Object.keys(expected))), expected, args.join(' '));
}

function checkError(args: readonly string[], shown: string, reason: string): void {
  const { error } = start(args);
  assert(error.includes(`\n>>> '${shown}'\n${reason}`), `${args.join(' ')}: ${error}`);
}

test('options are names with two dashes and the values that follow', () => {
  check(['--port', '6380', '--loglevel', 'verbose'], { port: '6380', loglevel: 'verbose' });
  check(['a.conf', '--port', '6380'], { port: '6380', timeout: '1' });
  check(['--bind', '127.0.0.1', '::1', '--save', '900', '1', '300', '10'], {
    bind: '127.0.0.1 ::1',
    save: '900 1 300 10',
  });
  check(['--requirepass', 'a "b\\ \x01'], { requirepass: 'a "b\\ \x01' });
});

test('a name and its value may be one argument', () => {
  check(['--maxmemory 700mb', '--maxmemory-policy volatile-lru'], {
    maxmemory: '734003200',
    'maxmemory-policy': 'volatile-lru',
  });
  check(['a.conf', 'loglevel', 'verbose', "--maxmemory '700mb'"], { loglevel: 'verbose', maxmemory: '734003200' });
  check(['--shutdown-on-sigint', 'nosave', 'force', '--shutdown-on-sigterm', 'nosave force'], {
    'shutdown-on-sigint': 'nosave force',
    'shutdown-on-sigterm': 'nosave force',
  });
});

test('the first value may begin with two dashes', () => {
  check(['--proc-title-template', '--my--title', '--loglevel', 'verbose'], {
    'proc-title-template': '--my--title',
    loglevel: 'verbose',
  });
  check(['--proc-title-template --my--title', '--loglevel verbose'], { 'proc-title-template': '--my--title' });
});

test('save without a value is the empty save', () => {
  for (const args of [
    ['--save', '--loglevel', 'verbose'],
    ['--loglevel', 'verbose', '--save'],
    ['--save', '', '--loglevel', 'verbose'],
    ['--proc-title-template', '--save', '--save', '', '--loglevel', 'verbose'],
  ]) {
    check(args, { save: '', loglevel: 'verbose' });
  }
});

test('sentinel without a value is no option', () => {
  assert.equal(parseCommandLine(['--sentinel', '--port', '1']).sentinel, true);
  check(['--sentinel', '--port', '1'], { port: '1' });
  check(['--port', '1', '--sentinel'], { port: '1' });
});

test('wrong options are refused with the line that they became', () => {
  checkError(['--invalid'], 'invalid', 'Bad directive or wrong number of arguments');
  checkError(['--port'], 'port', 'wrong number of arguments');
  checkError(['--port', '6380', '--loglevel'], 'loglevel', 'wrong number of arguments');
  checkError(['--port', '6379', '6380'], 'port "6379" "6380"', 'wrong number of arguments');
  checkError(['--port', '--loglevel', 'verbose'], 'port "--loglevel" "verbose"', 'wrong number of arguments');
  checkError(
    ['--port', '--bla', '--loglevel', 'verbose'],
    'port "--bla"',
    "argument couldn't be parsed into an integer",
  );
  checkError(['--port=99'], 'port=99', 'Bad directive or wrong number of arguments');
  checkError(['-x'], '"-x"', 'Bad directive or wrong number of arguments');
  checkError(['--shutdown-on-sigint'], 'shutdown-on-sigint', 'argument(s) must be one of the following');
  checkError(['--replicaof', '127.0.0.1', 'abc'], 'replicaof "127.0.0.1" "abc"', 'Invalid master port');
  checkError(['--replicaof', '--127.0.0.1', '--abc'], 'replicaof "--127.0.0.1"', 'wrong number of arguments');
});

test('a dash first or last means standard input, elsewhere it is a value', () => {
  const cases: readonly (readonly [readonly string[], boolean])[] = [
    [['-'], true],
    [['a.conf', '-'], true],
    [['a.conf', '--port', '1', '-'], true],
    [['-', '--port', '1'], true],
    [['--requirepass', '-', '--port', '1'], false],
  ];
  for (const [args, fromStdin] of cases) assert.equal(parseCommandLine(args).fromStdin, fromStdin, args.join(' '));
});

test('some first arguments ask for something else than a server', () => {
  const cases: readonly (readonly [string, CommandLine['action']])[] = [
    ['-v', 'version'],
    ['--version', 'version'],
    ['-h', 'help'],
    ['--help', 'help'],
    ['--test-memory', 'test-memory'],
    ['--check-system', 'check-system'],
    ['--port', 'run'],
  ];
  for (const [arg, action] of cases) assert.equal(parseCommandLine([arg]).action, action);
  assert.deepEqual(parseCommandLine([]).options, null);
  assert.match(versionText('0.1.0', '7.4.1'), /^Redis server v=7\.4\.1 .*bits=64 build=cinnabar-0\.1\.0$/);
  assert.match(usageText(), /^Usage: cinnabar-server/);
});
