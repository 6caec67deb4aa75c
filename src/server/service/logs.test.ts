import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { receiveDatagrams, SKIP_WITHOUT_DATAGRAMS } from '../../../tests/support/datagrams.ts';
import { parseCommandLine } from '../config/command-line.ts';
import { configDisk } from '../config/config-disk.ts';
import { ServerConfig } from '../config/server-config.ts';
import { Log } from '../log.ts';
import { openLogs } from './logs.ts';

const home = mkdtempSync(join(tmpdir(), 'cinnabar-logs-'));
after(() => rmSync(home, { recursive: true }));

function openWith(args: readonly string[], systemLogPath: string): Log {
  const config = new ServerConfig({ files: configDisk, directory: home });
  assert.equal(config.load(parseCommandLine(args)), null);
  const log = new Log({ pid: 1, now: () => 0, sink: () => assert.fail('nothing goes to standard output') });
  openLogs(config, log, null, systemLogPath);
  return log;
}

test('lines go to the file and to the log of the system, under the name it was given', {
  skip: SKIP_WITHOUT_DATAGRAMS,
}, () => {
  const path = join(home, 'log-socket');
  const receiver = receiveDatagrams(path);
  const options = [
    '--logfile',
    'a.log',
    '--syslog-enabled',
    'yes',
    '--syslog-ident',
    'mine',
    '--syslog-facility',
    'local3',
  ];
  const log = openWith(options, path);
  log.warning('full');
  log.verbose('not shown');
  assert.match(readFileSync(join(home, 'a.log'), 'latin1'), /^1:C .* # full\n$/);
  const [message, ...rest] = receiver.read();
  assert.match(message!, new RegExp(`^<156>[A-Z][a-z]{2} [ \\d]\\d [\\d:]{8} mine\\[${process.pid}\\]: full$`));
  assert.deepEqual(rest, []);
  receiver.close();
});

test('a system without a log changes nothing', () => {
  const log = openWith(['--logfile', 'b.log', '--syslog-enabled', 'yes'], join(home, 'nobody'));
  log.notice('alone');
  assert.match(readFileSync(join(home, 'b.log'), 'latin1'), / \* alone\n$/);
});
