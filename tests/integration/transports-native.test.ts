// What only the native transport promises, and socket options, which only it can ask for.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { chooseTransport } from '../../src/server/transports/choose.ts';
import {
  IPPROTO_TCP,
  Libc,
  SO_KEEPALIVE,
  SOL_SOCKET,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
} from '../../src/server/transports/native-libc.ts';
import { TRANSPORT_DEFAULTS } from '../../src/server/transports/transport.ts';
import { openTransport, send, socketTransports, TestClient, TestHost, until } from './transports-host.ts';

/** Nothing to be tested where there is no native transport; transports.test.ts says where that is. */
const works = socketTransports().names.includes('native');

function onNative(title: string, body: (t: TestContext) => Promise<void>): void {
  if (works) test(title, body);
}

function optionsOf(descriptor: number): number[] {
  const libc = new Libc();
  return [
    libc.getOption(descriptor, IPPROTO_TCP, TCP_NODELAY),
    libc.getOption(descriptor, SOL_SOCKET, SO_KEEPALIVE),
    libc.getOption(descriptor, IPPROTO_TCP, TCP_KEEPIDLE),
    libc.getOption(descriptor, IPPROTO_TCP, TCP_KEEPINTVL),
    libc.getOption(descriptor, IPPROTO_TCP, TCP_KEEPCNT),
  ];
}

for (const name of ['native', 'node'] as const)
  onNative(
    `${name}: accepted sockets have TCP_NODELAY and Redis's keep-alive, also after it was changed`,
    async (t) => {
      const host = new TestHost();
      const options = { ...TRANSPORT_DEFAULTS };
      const { transport } = chooseTransport(name, host, options);
      t.after(() => transport.close());
      const { port } = await transport.listenTcp('127.0.0.1', 0, 511);
      const open = async (): Promise<number[]> => {
        const before = host.receivers.length;
        const client = await TestClient.open({ port, host: '127.0.0.1' });
        await until('it is accepted', () => host.receivers.length === before + 1);
        const all = optionsOf(host.last().link.descriptor);
        client.socket.destroy();
        return all;
      };
      assert.deepEqual(await open(), [1, 1, 300, 100, 3]);
      options.keepAliveSeconds = 60;
      // The connection that is accepted first may have been made with the old setting.
      await open();
      assert.deepEqual(await open(), [1, 1, 60, 20, 3]);
      options.keepAliveSeconds = 0;
      await open();
      assert.deepEqual((await open()).slice(0, 2), [1, 0]);
    },
  );

onNative('native: no more clients are accepted in one round than the options say', async (t) => {
  const host = new TestHost();
  const transport = openTransport('native', host, { acceptsPerTickMax: 3 });
  t.after(() => transport.close());
  const { port } = await transport.listenTcp('127.0.0.1', 0, 511);
  let before = 0;
  let most = 0;
  host.tickEnd = () => {
    most = Math.max(most, host.receivers.length - before);
    before = host.receivers.length;
  };
  const all = Array.from({ length: 20 }, () => new TestClient({ port, host: '127.0.0.1' }));
  await until('all are accepted', () => host.receivers.length === 20);
  assert.ok(most > 0 && most <= 3);
  for (const each of all) each.socket.destroy();
});

onNative('native: a paused link whose peer has ended waits without spinning, and loses nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'transports-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'x.sock');
  const host = new TestHost();
  host.reply = () => {};
  const transport = openTransport('native', host);
  t.after(() => transport.close());
  await transport.listenUnix(path, 0, 511);
  const client = await TestClient.open({ path });
  await until('it is accepted', () => host.receivers.length === 1);
  const receiver = host.last();
  receiver.link.pauseReading();
  client.socket.write('last words', () => client.socket.destroy());
  await until('the client is closed', () => client.closed);
  const ticks = host.ticks;
  const before = process.cpuUsage();
  await sleep(200);
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 100_000 && host.ticks - ticks < 5);
  assert.equal(receiver.closedWith, null);
  receiver.link.resumeReading();
  await until('the end is heard', () => receiver.closedWith === '');
  assert.equal(receiver.text, 'last words');
});

onNative('native: one fast sender does not keep the others waiting', async (t) => {
  const host = new TestHost();
  host.reply = (receiver, text) => {
    if (text === 'ping') send(receiver.link, 'pong');
  };
  const transport = openTransport('native', host);
  t.after(() => transport.close());
  const { port } = await transport.listenTcp('127.0.0.1', 0, 511);
  const sender = await TestClient.open({ port, host: '127.0.0.1' });
  t.after(() => sender.socket.destroy());
  const block = Buffer.alloc(1024 * 1024, 'a');
  const pump = (): void => {
    while (!sender.socket.destroyed && sender.socket.write(block));
  };
  sender.socket.on('drain', pump);
  pump();
  const other = await TestClient.open({ port, host: '127.0.0.1' });
  t.after(() => other.socket.destroy());
  for (let i = 1; i <= 20; i++) {
    other.socket.write('ping');
    await until('the other is served', () => other.receivedBytes === 4 * i);
  }
  assert.ok((host.receivers[0]?.receivedBytes ?? 0) > 1024 * 1024);
});

onNative('native: a process that listened to SIGPIPE and stopped is not killed by a peer that is gone', async (t) => {
  const ignore = (): void => {};
  const host = new TestHost();
  const transport = openTransport('native', host);
  t.after(() => transport.close());
  process.on('SIGPIPE', ignore);
  process.off('SIGPIPE', ignore);
  const { port } = await transport.listenTcp('127.0.0.1', 0, 511);
  const client = await TestClient.open({ port, host: '127.0.0.1' });
  await until('it is accepted', () => host.receivers.length === 1);
  const { link } = host.last();
  link.pauseReading();
  client.socket.resetAndDestroy();
  for (let i = 0; i < 100 && send(link, 'x') >= 0; i++) await sleep(1);
  assert.equal(send(link, 'x'), -1);
});
