// What must go on while the native transports wait in their own epoll descriptor: all that belongs to libuv and to Node. In
// each case nothing else wakes the loop, so that what is starved stays so: until() is not used while one waits.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import {
  openTransport,
  send,
  socketTransports,
  TestClient,
  TestHost,
} from '../../../tests/integration/transports-host.ts';
import type { Listening, Transport } from './transport.ts';

const skip = socketTransports().whyNotNative || false;
/** What is on time; what is starved would come after seconds, or never. */
const SOON_MS = 300;

async function withTransport(body: (listening: Listening, host: TestHost, transport: Transport) => Promise<void>) {
  const host = new TestHost();
  const transport = openTransport('native', host);
  try {
    await body(await transport.listenTcp('127.0.0.1', 0, 511), host, transport);
    assert.deepEqual(host.errors, []);
  } finally {
    transport.close();
  }
}

async function millisecondsOf(run: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await run();
  return performance.now() - from;
}

/** Sends a request and waits for its echo. */
function echo(client: TestClient, text: string): Promise<string> {
  return new Promise((resolve) => {
    client.socket.once('data', (bytes: Buffer) => resolve(bytes.toString()));
    client.socket.write(text);
  });
}

test('timers fire on time, also those that are set while a request is served', { skip }, async () => {
  await withTransport(async ({ port }, host) => {
    for (const ms of [1, 20, 120]) {
      const took = await millisecondsOf(() => new Promise((resolve) => setTimeout(resolve, ms)));
      assert.ok(took >= ms - 1 && took < ms + SOON_MS, `${ms} ms took ${took}`);
    }
    // The loop has waited for long when the request comes: a timer that counted from before would fire at once.
    const client = await TestClient.open({ port, host: '127.0.0.1' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const fired = new Promise<number>((resolve) => {
      host.reply = (receiver, text) => {
        const from = performance.now();
        setTimeout(() => resolve(performance.now() - from), 50);
        send(receiver.link, text);
      };
    });
    assert.equal(await echo(client, 'x'), 'x');
    const took = await fired;
    assert.ok(took >= 49 && took < 50 + SOON_MS, `50 ms took ${took}`);
    client.socket.destroy();
  });
});

test('setImmediate, promises, files and the thread pool have their turn', { skip }, async () => {
  await withTransport(async () => {
    for (let round = 0; round < 50; round++) {
      const took = await millisecondsOf(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        await Promise.resolve();
        await readFile(new URL(import.meta.url));
      });
      assert.ok(took < SOON_MS, `took ${took} ms`);
    }
  });
});

test('what is asked for while a request is served comes soon after it', { skip }, async () => {
  await withTransport(async ({ port }, host, transport) => {
    const client = await TestClient.open({ port, host: '127.0.0.1' });
    for (let round = 0; round < 20; round++) {
      const read = new Promise<number>((resolve) => {
        host.reply = (receiver, text) => {
          const from = performance.now();
          send(receiver.link, text);
          transport.soon(async () => {
            await readFile(new URL(import.meta.url));
            resolve(performance.now() - from);
          });
        };
      });
      assert.equal(await echo(client, 'x'), 'x');
      const took = await read;
      assert.ok(took < SOON_MS, `took ${took} ms`);
    }
    client.socket.destroy();
  });
});

test('a socket of node:net that is opened by a timer is served', { skip }, async () => {
  await withTransport(async () => {
    const took = await millisecondsOf(
      () =>
        new Promise<void>((resolve) => {
          setTimeout(() => {
            const server = createServer((socket) => socket.end('hello'));
            server.listen(0, '127.0.0.1', () => {
              const address = server.address();
              assert.ok(address !== null && typeof address === 'object');
              const client = new TestClient({ port: address.port, host: '127.0.0.1' });
              client.socket.once('close', () => {
                assert.equal(client.text, 'hello');
                server.close(() => resolve());
              });
            });
          }, 10);
        }),
    );
    assert.ok(took < SOON_MS, `took ${took} ms`);
  });
});

test('messages of workers and signals arrive', { skip }, async () => {
  await withTransport(async () => {
    const program = `
      const { parentPort } = require('node:worker_threads');
      parentPort.on('message', () => setTimeout(() => { parentPort.postMessage('pong'); parentPort.close(); }, 50));`;
    const worker = new Worker(program, { eval: true });
    worker.postMessage('ping');
    assert.equal(await new Promise((resolve) => worker.once('message', resolve)), 'pong');
    const took = await millisecondsOf(
      () =>
        new Promise((resolve) => {
          process.once('SIGHUP', resolve);
          process.kill(process.pid, 'SIGHUP');
        }),
    );
    assert.ok(took < SOON_MS, `took ${took} ms`);
  });
});

test('several transports wait together, and one that closes leaves the others', { skip }, async () => {
  await withTransport(async (one, host) => {
    await withTransport(async (other) => {
      const clients: TestClient[] = [];
      for (const { port } of [one, other]) clients.push(await TestClient.open({ port, host: '127.0.0.1' }));
      for (let round = 0; round < 20; round++) {
        for (const client of clients) assert.equal(await echo(client, `${round}`), `${round}`);
      }
      clients[1]!.socket.destroy();
      host.tickEnd = () => {
        host.ticks++;
      };
      host.ticks = 0;
      assert.equal(await echo(clients[0]!, 'still'), 'still');
      assert.ok(host.ticks > 0);
      clients[0]!.socket.destroy();
    });
    const client = await TestClient.open({ port: one.port, host: '127.0.0.1' });
    assert.equal(await echo(client, 'alone'), 'alone');
    client.socket.destroy();
  });
});

test('a waiting loop takes no processor time', { skip }, async () => {
  await withTransport(async ({ port }) => {
    const client = await TestClient.open({ port, host: '127.0.0.1' });
    assert.equal(await echo(client, 'x'), 'x');
    const before = process.threadCpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { user, system } = process.threadCpuUsage(before);
    assert.ok(user + system < 100_000, `${user + system} us`);
    client.socket.destroy();
  });
});
