// What edge-triggered events make easy to get wrong: they are reported once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  openTransport,
  socketTransports,
  TestClient,
  TestHost,
  until,
} from '../../../tests/integration/transports-host.ts';

const skip = socketTransports().whyNotNative || false;

/** A native transport with clients; errors are the test's to look at. */
async function withClients(
  count: number,
  body: (host: TestHost, clients: TestClient[]) => Promise<void>,
): Promise<void> {
  const host = new TestHost();
  const transport = openTransport('native', host);
  const clients: TestClient[] = [];
  try {
    const { port } = await transport.listenTcp('127.0.0.1', 0, 511);
    while (clients.length < count) clients.push(await TestClient.open({ port, host: '127.0.0.1' }));
    await until('all are accepted', () => host.receivers.length === count);
    await body(host, clients);
  } finally {
    for (const client of clients) client.socket.destroy();
    transport.close();
  }
}

/** Lets the kernel take what was written, without giving the transport its turn. */
function letArrive(): void {
  const until = performance.now() + 30;
  while (performance.now() < until);
}

test('an exception in received() costs neither its link nor the others what waits to be read', { skip }, async () => {
  await withClients(3, async (host, clients) => {
    const size = 1_000_000;
    let throws = 3;
    host.reply = () => {
      if (throws-- > 0) throw new Error('thrown by the test');
    };
    for (const client of clients) client.socket.write(Buffer.alloc(size));
    letArrive();
    await until('all has arrived', () => host.receivers.every((receiver) => receiver.receivedBytes === size));
    assert.equal(host.errors.length, 3);
  });
});

test('one that sends much gives the others their turn, and all of it is read', { skip }, async () => {
  await withClients(2, async (host, [fast, slow]) => {
    const size = 16_000_000;
    fast!.socket.write(Buffer.alloc(size));
    slow!.socket.write('hello');
    host.reply = () => undefined;
    await until(
      'all has arrived',
      () => host.receivers.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0) === size + 5,
    );
  });
});

test('what came during pauses, with the end behind it, is read after the last of them', { skip }, async () => {
  await withClients(1, async (host, [client]) => {
    const receiver = host.last();
    for (let round = 0; round < 3; round++) {
      receiver.link.pauseReading();
      client!.socket.write(`${round}`);
      if (round === 2) client!.socket.end('!');
      letArrive();
      await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(receiver.receivedBytes, round);
      receiver.link.resumeReading();
      await until('it is read', () => receiver.receivedBytes > round);
    }
    await until('the end is heard', () => receiver.closedWith !== null);
    assert.equal(receiver.closedWith, '');
    assert.equal(receiver.text, '012!');
  });
});

test('room to send is told while nothing arrives, and what arrives meanwhile is read', { skip }, async () => {
  await withClients(1, async (host, [client]) => {
    const receiver = host.last();
    const bytes = new Uint8Array(32_000_000);
    let at = 0;
    const sendMore = () => {
      at += receiver.link.send(bytes, at, bytes.length);
    };
    host.room = sendMore;
    host.reply = () => undefined;
    client!.socket.pause();
    sendMore();
    assert.ok(at < bytes.length, 'the kernel does not take it all');
    client!.socket.write('meanwhile');
    await until('it is read', () => receiver.text === 'meanwhile');
    client!.socket.resume();
    await until('all is taken', () => at === bytes.length && client!.receivedBytes === bytes.length);
  });
});
