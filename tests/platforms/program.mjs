// What the program cinnabar-server does on every Node that it is published for (scripts/platforms.ts): it starts, serves,
// says nothing on the standard error, and ends when it is told to.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../dist/cinnabar-server.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'cinnabar-'));
const socketPath = join(directory, 'socket');
const words = ['--port', '0', '--unixsocket', socketPath, '--dir', directory];
// As bin/cinnabar-server starts it.
const server = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...words]);
try {
  let output = '';
  let errors = '';
  server.stderr.on('data', (data) => {
    errors += data;
  });
  for await (const data of server.stdout.iterator({ destroyOnReturn: false })) {
    output += data;
    if (output.includes('Ready to accept connections')) break;
  }
  server.stdout.resume();
  const socket = connect(socketPath, () => socket.write('SET a b\r\nGET a\r\nLPUSH l 1 2\r\nSAVE\r\nPING\r\n'));
  let answer = '';
  for await (const data of socket) {
    answer += data;
    if (answer.includes('PONG')) break;
  }
  assert.equal(answer, '+OK\r\n$1\r\nb\r\n:2\r\n+OK\r\n+PONG\r\n');
  server.kill('SIGTERM');
  const [code] = await once(server, 'exit');
  assert.equal(code, 0);
  assert.equal(errors, '');
} finally {
  server.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
}
console.log(`node ${process.versions.node}, the program: ok`);
