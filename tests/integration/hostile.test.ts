// Clients that mean harm, or do it by accident, against a real server: whatever they send, the others are served.

import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { RawConnection, ServerProcess } from '../support/redis-server.ts';

const BIN = join(import.meta.dirname, '../../bin/cinnabar-server');
/** What a PING may take at most while something hostile goes on. Generous: CI's machine has other things to do too. */
const PING_MS_MAX = 500;

let server: ServerProcess;
before(async () => {
  server = await ServerProcess.start(BIN, ['--maxclients', '12000', '--tcp-backlog', '4096']);
});
after(async () => server.stop());

/** PINGs from a connection of its own until `during` is done; the longest wait in milliseconds. */
async function longestPing(during: Promise<unknown>): Promise<number> {
  const connection = await RawConnection.open(server.port);
  let isOver = false;
  void during.finally(() => {
    isOver = true;
  });
  let longest = 0;
  while (!isOver) {
    const start = performance.now();
    connection.write('PING\r\n');
    const text = await connection.read((answer) => answer.includes('PONG'), 10_000);
    assert.equal(text, '+PONG\r\n');
    longest = Math.max(longest, performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  connection.close();
  await during;
  return longest;
}

function openSocket(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });
}

async function isServed(): Promise<void> {
  const connection = await RawConnection.open(server.port);
  connection.write('PING\r\n');
  assert.equal(await connection.read((text) => text.endsWith('\r\n')), '+PONG\r\n');
  connection.close();
}

test('10,000 idle connections', async () => {
  const sockets: Socket[] = [];
  const opening = (async () => {
    for (let opened = 0; opened < 10_000; opened += 100) {
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, openSocket))));
    }
  })();
  assert.ok((await longestPing(opening)) < PING_MS_MAX);
  await isServed();
  const connection = await RawConnection.open(server.port);
  connection.write('INFO clients\r\n');
  const info = await connection.read((text) => text.includes('maxclients'));
  assert.ok(Number(/connected_clients:(\d+)/.exec(info)?.[1]) > 10_000);
  connection.close();
  for (const socket of sockets) socket.destroy();
  await isServed();
});

test('half-sent requests hold nobody up', async () => {
  const halves = [
    '*',
    '*3\r\n$3\r\nSET\r\n$1',
    '*2\r\n$3\r\nGET\r\n$100\r\nabc',
    'SET a "b',
    '*1000000\r\n',
    '$',
    '*1\r\n$536870912\r\nx',
  ];
  const sockets = await Promise.all(Array.from({ length: 300 }, openSocket));
  for (const [index, socket] of sockets.entries()) socket.write(halves[index % halves.length]!);
  await isServed();
  for (const socket of sockets) socket.destroy();
});

test('a reader that never reads is left waiting, the others are not', async () => {
  const connection = await RawConnection.open(server.port);
  connection.write(`*3\r\n$3\r\nSET\r\n$5\r\nlarge\r\n$1000000\r\n${'x'.repeat(1_000_000)}\r\n`);
  assert.equal(await connection.read((text) => text.endsWith('\r\n')), '+OK\r\n');
  const slow = await openSocket();
  slow.pause();
  const asking = (async () => {
    for (let round = 0; round < 200; round++) {
      slow.write('GET large\r\n'.repeat(50));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  assert.ok((await longestPing(asking)) < PING_MS_MAX);
  connection.write('INFO memory\r\n');
  const info = await connection.read((text) => text.includes('maxmemory_policy'));
  assert.ok(Number(/used_memory:(\d+)/.exec(info)?.[1]) < 100_000_000, 'what it asked for is not all piled up');
  slow.destroy();
  connection.close();
});

test('1,048,577 arguments', async () => {
  const connection = await RawConnection.open(server.port);
  const count = 1_048_577;
  connection.write(`*${count}\r\n$3\r\nDEL\r\n${'$1\r\nk\r\n'.repeat(count - 1)}`);
  assert.equal(await connection.read((text) => text.endsWith('\r\n'), 20_000), ':0\r\n');
  connection.close();
});

test('a value of 512 MB', async () => {
  const bytes = 512 * 1024 * 1024;
  const socket = await openSocket();
  const chunk = Buffer.alloc(1024 * 1024, 'y');
  const storing = (async () => {
    socket.write(`*3\r\n$3\r\nSET\r\n$4\r\nhuge\r\n$${bytes}\r\n`);
    for (let sent = 0; sent < bytes; sent += chunk.length) {
      if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve));
    }
    socket.write('\r\nSTRLEN huge\r\n');
    const answer = await new Promise((resolve) => socket.once('data', (data) => resolve(data.toString())));
    assert.match(String(answer), /^\+OK\r\n/);
  })();
  await longestPing(storing);
  const deleting = new Promise((resolve) => socket.on('data', (data) => data.includes(':1\r\n') && resolve(null)));
  socket.write('UNLINK huge\r\n');
  await deleting;
  socket.destroy();
  await isServed();
});

for (const text of ['POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET k v\r\n', 'Host: localhost\r\nSET k v\r\n']) {
  test(`CVE-2016-10517: ${text.slice(0, 5)} ends the connection`, async () => {
    const connection = await RawConnection.open(server.port);
    connection.write(text);
    assert.equal(await connection.read(() => connection.closed), '');
    assert.ok(connection.closed);
    connection.close();
  });
}

test('CVE-2026-27623: empty requests of one kind and then of another', async () => {
  const connection = await RawConnection.open(server.port);
  connection.write('*0\r\n\r\n*-1\r\n\r\n*0\r\nPING\r\n*0\r\n*1\r\n$4\r\nPING\r\n');
  assert.equal(await connection.read((text) => text.length >= 14), '+PONG\r\n+PONG\r\n');
  connection.close();
});

test('__proto__, constructor and their like are keys as any other', async () => {
  const connection = await RawConnection.open(server.port);
  for (const name of ['__proto__', 'constructor', 'hasOwnProperty', 'toString', '\0', '\xff\xfe']) {
    connection.write(
      `*3\r\n$3\r\nSET\r\n$${name.length}\r\n${name}\r\n$1\r\n1\r\n*2\r\n$3\r\nGET\r\n$${name.length}\r\n${name}\r\n`,
    );
    assert.equal(await connection.read((text) => text.endsWith('1\r\n')), '+OK\r\n$1\r\n1\r\n');
  }
  for (const name of ['__proto__', 'constructor', 'toString']) {
    connection.write(`${name} x\r\nCONFIG GET ${name}\r\nSUBSCRIBE ${name}\r\nUNSUBSCRIBE ${name}\r\n`);
    const answer = await connection.read((text) => text.includes('unsubscribe') && text.endsWith(':0\r\n'));
    assert.match(answer, /^-ERR unknown command/);
  }
  connection.close();
});
