// What transport.ts promises of listening and of outgoing connections, of each transport that has sockets.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dialer, type Link, TransportError } from '../../src/server/transports/transport.ts';
import { onEach, openTransport, send, TestClient, TestHost, type TestReceiver, until } from './transports-host.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some((each) => each.address === '::1'));

onEach('a port that is taken is an error with its code', async ({ transport, listening }) => {
  await assert.rejects(transport.listenTcp('127.0.0.1', listening.port, 511), (error: unknown) => {
    assert.ok(error instanceof TransportError);
    assert.equal(error.code, 'EADDRINUSE');
    assert.equal(error.message, 'bind: Address already in use');
    return true;
  });
});

onEach(
  'an address that is not of this machine, and a name that is none, are errors with their codes',
  async (setting) => {
    const { transport } = setting;
    await assert.rejects(transport.listenTcp('192.0.2.1', 0, 511), { code: 'EADDRNOTAVAIL' });
    await assert.rejects(transport.listenTcp('no such host', 0, 511), { code: /ENOTFOUND|EAI_AGAIN/ });
  },
);

onEach(
  'several addresses are served by one transport, each until it is closed',
  async ({ host, transport, listening }) => {
    const second = await transport.listenTcp('127.0.0.2', listening.port, 511);
    assert.equal(second.host, '127.0.0.2');
    assert.equal(second.port, listening.port);
    const one = await TestClient.open({ port: listening.port, host: '127.0.0.1' });
    const two = await TestClient.open({ port: listening.port, host: '127.0.0.2' });
    await until('both are accepted', () => host.receivers.length === 2);
    const addresses = host.receivers.map((receiver) => receiver.link.localAddress).sort();
    assert.deepEqual(addresses, [`127.0.0.1:${listening.port}`, `127.0.0.2:${listening.port}`]);
    second.close();
    second.close();
    const three = new TestClient({ port: listening.port, host: '127.0.0.2' });
    await until('nobody listens there any more', () => three.error === 'ECONNREFUSED');
    two.socket.write('still here');
    await until('an accepted link lives on', () => two.text === 'still here');
    const again = await transport.listenTcp('127.0.0.2', listening.port, 511);
    again.close();
    one.socket.destroy();
    two.socket.destroy();
  },
);

onEach('IPv6 is served beside IPv4 on the same port', async ({ host, transport, listening }) => {
  if (!hasIpv6) return;
  const second = await transport.listenTcp('::1', listening.port, 511);
  const one = await TestClient.open({ port: second.port, host: '::1' });
  await until('it is accepted', () => host.receivers.length === 1);
  assert.equal(host.last().link.remoteAddress, `[::1]:${one.socket.localPort}`);
  assert.equal(host.last().link.localAddress, `[::1]:${second.port}`);
  assert.ok(host.last().link.remoteIsLocal);
  one.socket.write('six');
  await until('it is served', () => one.text === 'six');
  one.socket.destroy();
});

onEach('"*" listens on every IPv4 address', async ({ transport }) => {
  const all = await transport.listenTcp('*', 0, 511);
  assert.equal(all.host, '0.0.0.0');
  const one = await TestClient.open({ port: all.port, host: '127.0.0.3' });
  one.socket.write('x');
  await until('it is served', () => one.text === 'x');
  one.socket.destroy();
});

onEach('a unix socket has its permissions, replaces a stale one, and is removed', async ({ host, transport, name }) => {
  const folder = mkdtempSync(join(tmpdir(), 'transports-'));
  const path = join(folder, 'x.sock');
  try {
    const umask = process.umask();
    const first = await transport.listenUnix(path, 0o700, 511);
    assert.equal(process.umask(), umask);
    assert.equal(statSync(path).mode & 0o777, 0o700);
    assert.equal(first.host, path);
    assert.equal(first.port, 0);
    const one = await TestClient.open({ path });
    one.socket.write('x');
    await until('it is served', () => one.text === 'x');
    assert.equal(host.last().link.remoteAddress, `${path}:0`);
    assert.equal(host.last().link.localAddress, `${path}:0`);
    assert.ok(host.last().link.remoteIsLocal);
    const second = await openTransport(name, new TestHost()).listenUnix(path, 0, 511);
    assert.equal(statSync(path).mode & 0o777, 0o777 & ~umask);
    second.close();
    await until('the path is removed', () => !existsSync(path));
    first.close();
    one.socket.destroy();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

onEach('a unix socket that can not be is an error with its code, and no file is lost', async ({ transport }) => {
  const folder = mkdtempSync(join(tmpdir(), 'transports-'));
  try {
    const file = join(folder, 'precious');
    writeFileSync(file, 'data');
    await assert.rejects(transport.listenUnix(file, 0, 511), { code: 'EADDRINUSE' });
    assert.ok(existsSync(file));
    await assert.rejects(transport.listenUnix(join(folder, 'no', 'such', 'folder'), 0, 511), {
      code: /ENOENT|EACCES/,
    });
    await assert.rejects(transport.listenUnix(join(folder, 'x'.repeat(200)), 0, 511), { code: 'ENAMETOOLONG' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Records how a connection that was asked for came out. */
class TestDialer implements Dialer {
  readonly host = new TestHost();
  failure = '';

  connected(link: Link): TestReceiver | null {
    this.host.accept(link);
    return this.host.last();
  }

  failed(error: TransportError): void {
    this.failure = `${error.code} ${error.message}`;
  }
}

onEach('an outgoing connection is a link like any other', async ({ host, transport, listening }) => {
  const dialer = new TestDialer();
  dialer.host.reply = () => {};
  transport.connect({ kind: 'tcp', host: 'localhost', port: listening.port, sourceHost: '' }, dialer);
  assert.equal(dialer.host.receivers.length, 0);
  await until('it is connected', () => dialer.host.receivers.length === 1 && host.receivers.length === 1);
  const { link } = dialer.host.last();
  assert.equal(link.remoteAddress, `127.0.0.1:${listening.port}`);
  assert.equal(link.localAddress, host.last().link.remoteAddress);
  send(link, 'hello');
  await until('the echo arrives', () => dialer.host.last().text === 'hello');
  host.last().link.close();
  await until('the end is heard', () => dialer.host.last().closedWith === '');
});

onEach('an outgoing connection comes from the address that is asked for', async ({ host, transport, listening }) => {
  const dialer = new TestDialer();
  transport.connect({ kind: 'tcp', host: '127.0.0.1', port: listening.port, sourceHost: '127.0.0.9' }, dialer);
  await until('it is accepted', () => host.receivers.length === 1);
  assert.match(host.last().link.remoteAddress, /^127\.0\.0\.9:/);
});

onEach('an outgoing connection that fails says why, later', async ({ transport, listening }) => {
  const unused = new TestDialer();
  const { port } = listening;
  listening.close();
  transport.connect({ kind: 'tcp', host: '127.0.0.1', port, sourceHost: '' }, unused);
  assert.equal(unused.failure, '');
  await until('it fails', () => unused.failure !== '');
  assert.equal(unused.failure, 'ECONNREFUSED connect: Connection refused');
  const nameless = new TestDialer();
  transport.connect({ kind: 'tcp', host: 'no such host', port, sourceHost: '' }, nameless);
  await until('it fails', () => /ENOTFOUND|EAI_AGAIN/.test(nameless.failure));
  const pathless = new TestDialer();
  transport.connect({ kind: 'unix', path: '/no/such/socket' }, pathless);
  await until('it fails', () => pathless.failure === 'ENOENT connect: No such file or directory');
});
