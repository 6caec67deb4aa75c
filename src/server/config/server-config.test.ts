import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databases, maxmemory } from '../../engine/directives.ts';
import { parseCommandLine } from './command-line.ts';
import { failureText } from './config-text.ts';
import { MemoryFiles } from './memory-files.ts';
import { port } from './network.ts';
import { replicaof } from './replication.ts';
import { ServerConfig, type ServerConfigOptions } from './server-config.ts';

const ANYBODY = { allowProtected: true, loading: false };

function newConfig(options: Partial<ServerConfigOptions> = {}): ServerConfig {
  const files = new MemoryFiles({ '/data/x': '', '/data/sub/x': '' });
  return new ServerConfig({ files, directory: '/data', ...options });
}

function getAll(config: ServerConfig, ...patterns: string[]): string[] {
  return config.match(patterns).flat();
}

/** Loads a text; answers what goes to standard error. */
function load(config: ServerConfig, text: string): string {
  const failure = config.loadText(text);
  return failure === null ? '' : failureText(failure, '7.4.1');
}

test('the defaults are those of redis-server without a file', () => {
  const config = newConfig();
  const defaults: readonly (readonly [string, string])[] = [
    ['bind', '* -::*'],
    ['save', '3600 1 300 100 60 10000'],
    ['protected-mode', 'yes'],
    ['port', '6379'],
    ['dir', '/data'],
    ['pidfile', ''],
    ['appendonly', 'no'],
    ['client-output-buffer-limit', 'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60'],
    ['oom-score-adj-values', '0 200 800'],
    ['latency-tracking-info-percentiles', '50 99 99.9'],
    ['shutdown-on-sigint', 'default'],
    ['proc-title-template', '{title} {listen-addr} {server-mode}'],
    ['transport', 'auto'],
    ['reported-version', '7.4.1'],
  ];
  for (const [name, value] of defaults) assert.deepEqual(config.match([name]), [[name, value]]);
});

test('CONFIG GET answers names as they were asked, patterns in order, nothing twice', () => {
  const config = newConfig();
  assert.deepEqual(getAll(config, 'LogLevel', 'loglevel', 'LOGLEVEL'), ['LogLevel', 'notice']);
  assert.deepEqual(getAll(config, 'log*', 'LOGL*', 'loglevel'), ['logfile', '', 'loglevel', 'notice']);
  assert.deepEqual(getAll(config, '*of'), ['replicaof', '', 'slaveof', '']);
  assert.deepEqual(getAll(config, 'p?rt', 'port', 'nosuch'), ['port', '6379']);
  assert.deepEqual(getAll(config, 'nosuch*'), []);
  assert(config.match(['*']).length > 200);
});

test('CONFIG GET finds hidden directives by name only', () => {
  const config = newConfig();
  assert.deepEqual(getAll(config, 'key-load-*'), []);
  assert.deepEqual(getAll(config, 'key-load-delay'), ['key-load-delay', '0']);
});

const REFUSALS: readonly (readonly [name: string, value: string, reason: string])[] = [
  ['maxmemory', 'abc', 'argument must be a memory value'],
  ['appendonly', 'maybe', "argument must be 'yes' or 'no'"],
  ['timeout', 'abc', "argument couldn't be parsed into an integer"],
  ['timeout', '2147483648', 'argument must be between 0 and 2147483647 inclusive'],
  ['SLAVE-PRIORITY', '-1', 'argument must be between 0 and 2147483647 inclusive'],
  ['slowlog-max-len', '-1', 'argument must be between 0 and 9223372036854775807 inclusive'],
  ['maxmemory-clients', '200%', 'percentage argument must be less or equal to 100'],
  ['loglevel', 'foo', 'argument(s) must be one of the following: debug, verbose, notice, warning, nothing'],
  ['dbfilename', 'a/b', "dbfilename can't be a path, just a filename"],
  ['dir', '/nonexistent', 'No such file or directory'],
  ['dir', '', 'No such file or directory'],
  ['save', 'abc', 'Invalid save parameters'],
  ['save', '900  1', 'Invalid save parameters'],
  ['save', '0 5', 'Invalid save parameters'],
  ['save', '100 10 ', 'Invalid save parameters'],
  ['oom-score-adj-values', '1 2', 'wrong number of arguments'],
  ['oom-score-adj-values', '1 2 3000', 'Invalid oom-score-adj-values, elements must be between -2000 and 2000.'],
  ['client-output-buffer-limit', 'normal 1 2', 'Wrong number of arguments in buffer limit configuration.'],
  ['client-output-buffer-limit', 'master 1 2 3', 'Invalid client class specified in buffer limit configuration.'],
  [
    'client-output-buffer-limit',
    'normal 1 2 x',
    'Error in hard, soft or soft_seconds setting in buffer limit configuration.',
  ],
  ['bind', '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17', 'Too many bind addresses specified.'],
  ['shutdown-on-sigint', 'nosave save', "shutdown options SAVE and NOSAVE can't be used simultaneously"],
  ['shutdown-on-sigint', '', 'argument(s) must be one of the following: default, save, nosave, now, force'],
  ['latency-tracking-info-percentiles', '50 abc', 'Invalid latency-tracking-info-percentiles parameters'],
  [
    'latency-tracking-info-percentiles',
    '50 101',
    'latency-tracking-info-percentiles parameters should sit between [0.0,100.0]',
  ],
  ['proc-title-template', '{foo}', 'template format is invalid or contains unknown variables'],
  ['proc-title-template', '', 'template format is invalid or contains unknown variables'],
  ['proc-title-template', '{title', 'template format is invalid or contains unknown variables'],
  ['cluster-announce-hostname', 'a_b', 'Hostnames may only contain alphanumeric characters, hyphens or dots'],
  ['cluster-announce-hostname', 'a'.repeat(256), 'Hostnames must be less than 256 characters'],
  ['cluster-announce-human-nodename', 'a b!', 'Announced human node name contained invalid character'],
  ['slowlog-entry-max-argc', '1', 'argument must be between 2 and 2147483647 inclusive'],
  ['slowlog-entry-max-string-len', '0', 'argument must be between 1 and 9223372036854775807 inclusive'],
  ['cluster-compatibility-sample-ratio', '101', 'argument must be between 0 and 100 inclusive'],
  ['array-slice-size', '1000', 'array-slice-size must be a power of two'],
  ['array-slice-size', '128', 'argument must be between 256 and 65536 inclusive'],
  ['array-sparse-kmax', '5', 'array-sparse-kmax must be greater than array-sparse-kmin when non-zero'],
  ['array-sparse-kmin', '10', 'array-sparse-kmin must be less than array-sparse-kmax'],
  ['DAEMONIZE', 'yes', "can't set immutable config"],
  ['replicaof', 'a 1', "can't set immutable config"],
];

test('CONFIG SET refuses in the words of Redis and changes nothing', () => {
  const config = newConfig();
  const before = config.match(['*']);
  for (const [name, value, reason] of REFUSALS) {
    // Errors before the value is looked at have the name as the client wrote it.
    const shown = reason.includes('immutable') ? name : name.toLowerCase();
    const error = `ERR CONFIG SET failed (possibly related to argument '${shown}') - ${reason}`;
    assert.equal(config.set([[name, value]], ANYBODY), error);
  }
  assert.equal(
    config.set([['NoSuch', '1']], ANYBODY),
    "ERR Unknown option or number of arguments for CONFIG SET - 'NoSuch'",
  );
  assert.deepEqual(config.match(['*']), before);
});

const ACCEPTED: readonly (readonly [name: string, value: string, shown: string])[] = [
  ['maxmemory', '1gb', '1073741824'],
  ['maxmemory', '', '0'],
  ['maxmemory-clients', '50%', '50%'],
  ['save', '100 ', '100 0'],
  ['save', '+5 1 6 2', '5 1 6 2'],
  ['save', '900 4294967297', '900 1'],
  ['save', '', ''],
  ['loglevel', 'DEBUG', 'debug'],
  [
    'client-output-buffer-limit',
    'replica 1mb 2kb 3 NORMAL 5 5 5',
    'normal 5 5 5 slave 1048576 2048 3 pubsub 33554432 8388608 60',
  ],
  ['client-output-buffer-limit', '', 'normal 5 5 5 slave 1048576 2048 3 pubsub 33554432 8388608 60'],
  ['oom-score-adj-values', '+1 2 3', '1 2 3'],
  ['oom-score-adj-values', '  ', '0 0 0'],
  ['oom-score-adj', 'relative', 'yes'],
  ['shutdown-on-sigterm', 'force now nosave', 'nosave now force'],
  ['shutdown-on-sigterm', 'default save', 'save'],
  ['bind', '127.0.0.1 ::1', '127.0.0.1 ::1'],
  ['bind', '', ''],
  ['latency-tracking-info-percentiles', '50.0000001 0.0078125 1e1 99.99999', '50 0.007812 10 99.99999'],
  ['latency-tracking-info-percentiles', '', ''],
  ['proc-title-template', '{{title}}', '{{title}}'],
  ['hz', '0', '1'],
  ['hz', '1000', '500'],
  ['dir', 'sub', '/data/sub'],
  ['cluster-slot-stats-enabled', 'mem cpu', 'cpu mem'],
  ['notify-keyspace-events', 'KEA', 'AKE'],
  ['array-slice-size', '65536', '65536'],
  ['array-sparse-kmax', '0', '0'],
  ['replica-full-sync-buffer-limit', '1mb', '1048576'],
];

test('CONFIG GET shows what CONFIG SET took in its normal form', () => {
  const config = newConfig();
  for (const [name, value, shown] of ACCEPTED) {
    assert.equal(config.set([[name, value]], ANYBODY), null, name);
    assert.deepEqual(config.match([name]), [[name, shown]]);
  }
});

test('CONFIG SET of several is atomic', () => {
  const config = newConfig();
  const refused = config.set(
    [
      ['maxmemory', '5'],
      ['maxmemory-clients', '200%'],
      ['timeout', 'x'],
    ],
    ANYBODY,
  );
  assert.match(String(refused), /related to argument 'maxmemory-clients'\) - percentage argument/);
  assert.equal(config.get(maxmemory), 0);
  assert.equal(
    config.set(
      [
        ['maxmemory', '5'],
        ['save', '1 2'],
      ],
      ANYBODY,
    ),
    null,
  );
  assert.deepEqual(getAll(config, 'maxmemory', 'save'), ['maxmemory', '5', 'save', '1 2']);
});

test('CONFIG SET refuses a parameter twice, but a name and its alias are two', () => {
  const config = newConfig();
  assert.equal(
    config.set(
      [
        ['maxmemory', '1'],
        ['MAXMEMORY', '2'],
      ],
      ANYBODY,
    ),
    "ERR CONFIG SET failed (possibly related to argument 'MAXMEMORY') - duplicate parameter",
  );
  assert.equal(
    config.set(
      [
        ['replica-priority', '1'],
        ['slave-priority', '2'],
      ],
      ANYBODY,
    ),
    null,
  );
  assert.deepEqual(getAll(config, 'replica-priority'), ['replica-priority', '2']);
});

test('CONFIG SET minds permissions and loading', () => {
  const config = newConfig();
  assert.equal(
    config.set([['dbfilename', 'x']], { allowProtected: false, loading: false }),
    "ERR CONFIG SET failed (possibly related to argument 'dbfilename') - can't set protected config",
  );
  assert.equal(
    config.set([['dir', 'x']], { allowProtected: true, loading: true }),
    'LOADING Redis is loading the dataset in memory',
  );
  assert.equal(config.set([['loglevel', 'debug']], { allowProtected: false, loading: true }), null);
});

test('a watcher that refuses takes CONFIG SET back, now or later', async () => {
  const logged: string[] = [];
  const config = newConfig({ log: (level, message) => logged.push(`${level} ${message}`) });
  let answer: string | null | Promise<string | null> = 'Unable to listen on this port. Check server logs.';
  config.watch(port, () => answer);
  const error =
    "ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.";
  assert.equal(
    config.set(
      [
        ['maxmemory', '5'],
        ['port', '7000'],
      ],
      ANYBODY,
    ),
    error,
  );
  assert.deepEqual(logged, [
    'warning Failed applying new configuration. Possibly related to new port setting. Restoring previous settings.',
  ]);
  answer = Promise.resolve(answer);
  const first = config.set([['port', '7001']], ANYBODY);
  const second = config.set([['maxmemory', '6']], ANYBODY);
  assert.equal(config.get(maxmemory), 0, 'the second waits for the first');
  assert.equal(await first, error);
  assert.equal(await second, null);
  assert.deepEqual(getAll(config, 'port', 'maxmemory'), ['port', '6379', 'maxmemory', '6']);
});

test('secrets are known by name', () => {
  const config = newConfig();
  for (const name of ['requirepass', 'MASTERAUTH', 'masteruser', 'tls-key-file-pass']) assert(config.isSensitive(name));
  assert(!config.isSensitive('port'));
  assert(!config.isSensitive('nosuch'));
});

test('a file has names in any case, comments, quotes and line ends of any kind', () => {
  const config = newConfig();
  assert.equal(load(config, '# comment\r\n\r\n  PORT 7000 \r\n"timeout" \'5\'\nlua-replicate-commands no\n'), '');
  assert.deepEqual(getAll(config, 'port', 'timeout'), ['port', '7000', 'timeout', '5']);
});

test('lines of save add up, from nothing at the first', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['save 1 1\nsave 2 2', '1 1 2 2'],
    ['save 1 1 3 3\nsave "2 2 4 4"', '1 1 3 3 2 2 4 4'],
    ['save 1 1\nsave ""', ''],
    ['save 1 1\nsave ""\nsave 2 2', '2 2'],
    ['port 1', '3600 1 300 100 60 10000'],
  ];
  for (const [text, expected] of cases) {
    const config = newConfig();
    assert.equal(load(config, text), '');
    assert.deepEqual(getAll(config, 'save'), ['save', expected], text);
    assert.equal(config.set([['save', '7 7']], ANYBODY), null);
    assert.deepEqual(getAll(config, 'save'), ['save', '7 7'], 'CONFIG SET replaces');
  }
});

test('a text in one argument is split where several are taken', () => {
  const config = newConfig();
  assert.equal(load(config, 'shutdown-on-sigint "nosave force"\nbind "127.0.0.1  ::1"\n'), '');
  assert.deepEqual(getAll(config, 'shutdown-on-sigint', 'bind').slice(0, 4), [
    'shutdown-on-sigint',
    'nosave force',
    'bind',
    '127.0.0.1 ::1',
  ]);
});

test('a failing line is told in the form of Redis', () => {
  const cases: readonly (readonly [text: string, line: number, shown: string, reason: string])[] = [
    ['port "17902', 1, 'port "17902', 'Unbalanced quotes in configuration line'],
    ['\n\n# c\n  port  17902 \r\nfoo bar\n', 5, 'foo bar', 'Bad directive or wrong number of arguments'],
    ['port', 1, 'port', 'wrong number of arguments'],
    ['port 1 2', 1, 'port 1 2', 'wrong number of arguments'],
    ['port abc', 1, 'port abc', "argument couldn't be parsed into an integer"],
    ['include', 1, 'include', 'Bad directive or wrong number of arguments'],
    ['user', 1, 'user', 'Bad directive or wrong number of arguments'],
    ['sentinel monitor x', 1, 'sentinel monitor x', 'sentinel directive while not in sentinel mode'],
    ['foo.bar', 1, 'foo.bar', 'Module config specified without value'],
    ['dir /nonexistent', 1, 'dir /nonexistent', 'No such file or directory'],
    ['"" 1', 1, '"" 1', 'Bad directive or wrong number of arguments'],
    ['replicaof a b', 1, 'replicaof a b', 'Invalid master port'],
    ['replicaof a', 1, 'replicaof a', 'wrong number of arguments'],
    ['lua-replicate-commands', 1, 'lua-replicate-commands', 'Bad directive or wrong number of arguments'],
    [
      'shutdown-on-sigint',
      1,
      'shutdown-on-sigint',
      'argument(s) must be one of the following: default, save, nosave, now, force',
    ],
  ];
  for (const [text, line, shown, reason] of cases) {
    assert.equal(
      load(newConfig(), text),
      `\n*** FATAL CONFIG FILE ERROR (Redis 7.4.1) ***\nReading the configuration file, at line ${line}\n>>> '${shown}'\n${reason}\n`,
    );
  }
});

test('what does not fit together is told without a line', () => {
  const head = '\n*** FATAL CONFIG FILE ERROR (Redis 7.4.1) ***\n';
  assert.equal(
    load(newConfig(), 'cluster-enabled yes\nreplicaof a 1\n'),
    `${head}replicaof directive not allowed in cluster mode\n`,
  );
  assert.equal(
    load(newConfig(), 'array-sparse-kmax 4\n'),
    `${head}array-sparse-kmax must be greater than array-sparse-kmin when non-zero\n`,
  );
  assert.equal(load(newConfig(), 'array-sparse-kmax 4\narray-sparse-kmin 2\n'), '');
  assert.equal(
    load(newConfig(), 'logfile /nonexistent/x\n'),
    `${head}Can't open the log file: No such file or directory\n`,
  );
});

test('a cluster has one database', () => {
  const logged: string[] = [];
  const config = newConfig({ log: (_, message) => logged.push(message) });
  assert.equal(load(config, 'cluster-enabled yes'), '');
  assert.equal(config.get(databases), 1);
  assert.deepEqual(logged, ['WARNING: Changing databases number from 16 to 1 since we are in cluster mode']);
});

test('replicaof takes an address, and "no one"', () => {
  const config = newConfig();
  assert.equal(load(config, 'slaveof 10.0.0.1 6380'), '');
  assert.deepEqual(config.get(replicaof), { host: '10.0.0.1', port: 6380 });
  assert.deepEqual(getAll(config, 'replicaof'), ['replicaof', '10.0.0.1 6380']);
  assert.equal(load(config, 'replicaof NO ONE'), '');
  assert.equal(config.get(replicaof), null);
});

test('lines that are no directives are kept for their readers, who may refuse them', () => {
  const config = newConfig({ sentinel: true });
  const text = 'rename-command FLUSHALL ""\nuser bob on >x\nloadmodule /m.so a b\nfoo.bar 1 2\nsentinel monitor a b';
  assert.equal(load(config, text), '');
  assert.deepEqual(config.renames, [{ from: 'FLUSHALL', to: '' }]);
  assert.deepEqual(config.users, [['bob', 'on', '>x']]);
  assert.deepEqual(config.modules, [['/m.so', 'a', 'b']]);
  assert.deepEqual([...config.moduleSettings], [['foo.bar', '1 2']]);
  assert.deepEqual(config.sentinelLines[0]?.args, ['monitor', 'a', 'b']);
  const strict = newConfig({
    renameCommand: (from) => (from === 'GET' ? null : 'No such command in rename-command'),
    declareUser: (args) => `Error in user declaration '${args[1]}': Syntax error`,
  });
  assert.match(load(strict, 'rename-command GET x\nrename-command nosuch x'), /line 2\n.*\nNo such command in rename/);
  assert.match(load(strict, 'user foo bar'), /Error in user declaration 'bar': Syntax error/);
});

function includeConfig(texts: Readonly<Record<string, string>>): ServerConfig {
  return newConfig({ files: new MemoryFiles({ '/data/x': '', ...texts }) });
}

test('an included file is read at its place, from the working directory of that moment', () => {
  const texts = { '/data/a.conf': 'timeout 5\nport 1', '/etc/b.conf': 'timeout 6' };
  const config = includeConfig(texts);
  assert.equal(load(config, 'timeout 1\ninclude a.conf\nport 2'), '');
  assert.deepEqual(getAll(config, 'timeout', 'port'), ['timeout', '5', 'port', '2']);
  assert.equal(load(config, 'dir /etc\ninclude b.conf'), '');
  assert.deepEqual(getAll(config, 'timeout'), ['timeout', '6']);
});

test('a pattern includes all that it finds in alphabetical order, and may find none', () => {
  const config = includeConfig({ '/c/2.conf': 'timeout 2\nsave 2 2\n', '/c/1.conf': 'timeout 1\nsave 1 1\n' });
  assert.equal(load(config, 'include /c/*.conf\ninclude /none/*.conf'), '');
  assert.deepEqual(getAll(config, 'timeout', 'save'), ['timeout', '2', 'save', '1 1 2 2']);
});

test('lines of save also add up around an include', () => {
  const config = includeConfig({ '/data/a.conf': 'save 7 7' });
  assert.equal(load(config, 'save 1 1\ninclude a.conf\nsave 2 2\nsave 3 3'), '');
  assert.deepEqual(getAll(config, 'save'), ['save', '1 1 7 7 2 2 3 3']);
});

test('a file that is not there, or that includes itself, is a failure', () => {
  assert.deepEqual(newConfig().loadText('include nosuch.conf'), {
    kind: 'file',
    path: 'nosuch.conf',
    reason: 'No such file or directory',
  });
  assert.match(load(includeConfig({ '/data/a.conf': 'include a.conf' }), 'include a.conf'), /Too many include/);
  const twice = 'include a.conf\ninclude a.conf\n';
  assert.match(load(includeConfig({ '/data/a.conf': twice }), twice), /Too many include/);
});

test('file, standard input and options are one text, and later lines win', () => {
  const files = new MemoryFiles({ '/data/a.conf': 'port 1\ntimeout 1\nsave 1 1' }, '\nport 2\nmaxclients 7');
  const config = newConfig({ files });
  const args = ['a.conf', '--port', '3', '--save', '3', '3', '-'];
  assert.equal(config.load(parseCommandLine(args)), null);
  assert.equal(config.configFile, '/data/a.conf');
  assert.deepEqual(getAll(config, 'port', 'timeout', 'maxclients', 'save'), [
    'port',
    '3',
    'timeout',
    '1',
    'maxclients',
    '7',
    'save',
    '1 1 3 3',
  ]);
});

test('a missing configuration file is named by its absolute path, a bad option by its line', () => {
  const config = newConfig();
  const reason = 'No such file or directory';
  assert.deepEqual(config.load(parseCommandLine(['no.conf'])), { kind: 'file', path: '/data/no.conf', reason });
  const failure = newConfig().load(parseCommandLine(['--port', 'abc']));
  assert(failure !== null);
  assert.match(failureText(failure, '7.4.1'), /at line 2\n>>> 'port "abc"'\nargument couldn't be parsed/);
});

test('CONFIG REWRITE needs a file and tells what went wrong', () => {
  const files = new MemoryFiles({ '/data/a.conf': 'port 1\n' });
  const config = newConfig({ files });
  assert.equal(config.rewrite(), 'ERR The server is running without a config file');
  assert.equal(config.load(parseCommandLine(['a.conf'])), null);
  assert.equal(config.set([['timeout', '9']], ANYBODY), null);
  assert.equal(config.rewrite(), null);
  assert.match(files.texts.get('/data/a.conf')!, /^port 1\n\n# Generated by CONFIG REWRITE\n(.*\n)*timeout 9\n/);
  files.texts.delete('/data/a.conf');
  assert.equal(config.rewrite(), null, 'a file that was removed is made again');
  files.replaceRefusal = 'Permission denied';
  assert.equal(config.rewrite(), 'ERR Rewriting config file: Permission denied');
});
