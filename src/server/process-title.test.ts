import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommandLine } from './config/command-line.ts';
import { configDisk } from './config/config-disk.ts';
import { ServerConfig } from './config/server-config.ts';
import { processTitle } from './process-title.ts';

/** The title of a server with these options; as redis-server 7.0.15 has it, but for blanks at the end. */
function check(args: readonly string[], expected: string, mode = 'standalone'): void {
  const config = new ServerConfig({ files: configDisk, directory: '/' });
  assert.equal(config.load(parseCommandLine(args)), null);
  assert.equal(processTitle({ config, executable: '/bin/cinnabar-server', engine: { identity: { mode } } }), expected);
}

test('the title shows where the server listens', () => {
  check([], '/bin/cinnabar-server *:6379');
  check(['--port', '7000', '--bind', '-127.0.0.1', '::1'], '/bin/cinnabar-server -127.0.0.1:7000');
  check(['--port', '0', '--tls-port', '7001'], '/bin/cinnabar-server *:7001');
  check(['--port', '0', '--unixsocket', '/run/a.sock'], '/bin/cinnabar-server unixsocket:/run/a.sock');
  check([], '/bin/cinnabar-server *:6379 [cluster]', 'cluster');
});

test('a template has variables, and braces that are none', () => {
  const template = '{port} {tls-port} {unixsocket} {config-file} {{a}} }';
  check(['--proc-title-template', template, '--tls-port', '1'], '6379 1  - {a}} }');
  check(['--proc-title-template', '{{}}'], '{}}');
});
