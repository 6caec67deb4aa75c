// What the published library does on every runtime: run by Node 22, Node 24 and Bun against dist/index.js
// (scripts/platforms.ts). Plain JavaScript without a test runner, so that nothing but the runtime differs.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { createServer, open } from '../../dist/index.js';

const db = await open({ clock: 'manual', seed: 1 });
assert.equal(await db.set('k', 'v', { expiration: { PX: 100 } }), 'OK');
assert.equal(await db.get('k'), 'v');
db.clock.advance(100);
assert.equal(await db.get('k'), null);
for (let index = 0; index < 20_000; index++) await db.set(`key:${index}`, index);
assert.equal(await db.dbsize(), 20_000);
assert.equal(await db.incr('key:7'), 8);
assert.equal(await db.incrbyfloat('f', '3.1'), '3.1');
db.close();

/** Sends text and resolves with what came back once `enough` is content. */
function ask(port, text, enough) {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (data) => {
      answer += data.toString('latin1');
      if (!enough(answer)) return;
      socket.destroy();
      resolve(answer);
    });
    socket.on('error', reject);
  });
}

const server = await createServer({ config: { transport: 'node' } });
const reply = await ask(server.port, 'SET a b\r\nGET a\r\nPING\r\n', (text) => text.includes('PONG'));
assert.equal(reply, '+OK\r\n$1\r\nb\r\n+PONG\r\n');
const large = 'x'.repeat(3_000_000);
const echoed = await ask(
  server.port,
  `*3\r\n$3\r\nSET\r\n$1\r\nl\r\n$${large.length}\r\n${large}\r\nGET l\r\n`,
  (text) => text.length > large.length + 10,
);
assert.ok(echoed.includes(large));
await server.stop();
console.log(`${globalThis.Bun === undefined ? `node ${process.versions.node}` : `bun ${globalThis.Bun.version}`}: ok`);
