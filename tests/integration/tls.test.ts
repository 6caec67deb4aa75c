// Encrypted connections to the real program: who is let in, what may change while they are open, what a hostile peer costs.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect as connectClear, type Socket } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { after, before, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { freePort, RawConnection, ServerProcess } from '../support/redis-server.ts';

const FILES = join(import.meta.dirname, '../fixtures/tls');
const file = (name: string) => join(FILES, name);
const bytes = (name: string) => readFileSync(file(name));
const PROGRAM = join(import.meta.dirname, '../../bin/cinnabar-server');

const CLIENT = { cert: bytes('client.crt'), key: bytes('client.key') };
const STRANGER = { cert: bytes('stranger.crt'), key: bytes('stranger.key') };

let server: ServerProcess;
let tlsPort = 0;
let control: RawConnection;

before(async () => {
  tlsPort = await freePort();
  const options = {
    port: tlsPort,
    'cert-file': file('server.crt'),
    'key-file': file('server.key'),
    'ca-cert-file': file('ca.crt'),
  };
  server = await ServerProcess.start(
    PROGRAM,
    Object.entries(options).flatMap(([name, value]) => [`--tls-${name}`, String(value)]),
  );
  control = await RawConnection.open(server.port);
  // The encrypted port is listened on after the clear one.
  for (let tries = 0; tries < 200 && !(await pings()); tries++) await new Promise((resolve) => setTimeout(resolve, 25));
});

after(async () => {
  control.close();
  await server.stop();
});

/** Sets directives over the clear port; the reply. */
async function set(...pairs: string[]): Promise<string> {
  control.write(`CONFIG SET ${pairs.map((word) => JSON.stringify(word)).join(' ')}\r\n`);
  return control.read((text) => text.endsWith('\r\n'));
}

function open(options: ConnectionOptions = CLIENT, port = tlsPort): TLSSocket {
  const socket = connect({ port, host: '127.0.0.1', ca: bytes('ca.crt'), servername: 'localhost', ...options });
  socket.on('error', () => {});
  return socket;
}

/** What a connection answers to a request, up to `length` bytes; what came until its end if that was sooner. */
function ask(socket: Socket, request: string, length: number): Promise<string> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let have = 0;
    const done = () => {
      socket.off('data', take).off('close', done);
      resolve(Buffer.concat(parts).toString('latin1'));
    };
    const take = (part: Buffer) => {
      parts.push(part);
      have += part.length;
      if (have >= length) done();
    };
    socket.on('data', take).on('close', done);
    socket.write(request);
  });
}

async function pings(options?: ConnectionOptions): Promise<boolean> {
  const socket = open(options);
  const answer = await ask(socket, 'PING\r\n', 7);
  socket.destroy();
  return answer === '+PONG\r\n';
}

test('tls-auth-clients: a certificate must, may or need not be shown; one that is shown must be valid', async () => {
  assert.deepEqual([await pings(), await pings({}), await pings(STRANGER)], [true, false, false]);
  assert.equal(await set('tls-auth-clients', 'optional'), '+OK\r\n');
  assert.deepEqual([await pings(), await pings({}), await pings(STRANGER)], [true, true, false]);
  assert.equal(await set('tls-auth-clients', 'no'), '+OK\r\n');
  assert.deepEqual([await pings(), await pings({}), await pings(STRANGER)], [true, true, true]);
  assert.equal(await set('tls-auth-clients', 'yes'), '+OK\r\n');
});

test('settings change without an end to the connections that are there', async () => {
  const socket = open();
  assert.equal(await ask(socket, 'SET a b\r\n', 5), '+OK\r\n');
  assert.equal(await set('tls-cert-file', file('server.crt'), 'tls-protocols', 'TLSv1.2'), '+OK\r\n');
  assert.equal(await ask(socket, 'GET a\r\n', 7), '$1\r\nb\r\n');
  socket.destroy();
  assert.equal(await pings({ ...CLIENT, minVersion: 'TLSv1.3' }), false);
  assert.equal(await pings({ ...CLIENT, maxVersion: 'TLSv1.2' }), true);
  assert.equal(await set('tls-protocols', ''), '+OK\r\n');
  assert.equal(await pings({ ...CLIENT, minVersion: 'TLSv1.3' }), true);
});

test('the cipher is one of the list, by the order of the client or of the server', async () => {
  const own = 'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384';
  const other = 'ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256';
  assert.equal(await set('tls-protocols', 'TLSv1.2', 'tls-ciphers', own), '+OK\r\n');
  const chosen = async () => {
    const socket = open({ ...CLIENT, ciphers: other });
    await ask(socket, 'PING\r\n', 7);
    const { name } = socket.getCipher();
    socket.destroy();
    return name;
  };
  assert.equal(await chosen(), 'ECDHE-RSA-AES256-GCM-SHA384');
  assert.equal(await set('tls-prefer-server-ciphers', 'yes'), '+OK\r\n');
  assert.equal(await chosen(), 'ECDHE-RSA-AES128-GCM-SHA256');
  assert.equal(await pings({ ...CLIENT, ciphers: 'ECDHE-RSA-CHACHA20-POLY1305' }), false);
  assert.equal(await set('tls-protocols', '', 'tls-ciphers', 'DEFAULT', 'tls-prefer-server-ciphers', 'no'), '+OK\r\n');
});

test('what cannot be used is refused, and all stays as it was', async () => {
  const refused = (name: string) =>
    `-ERR CONFIG SET failed (possibly related to argument '${name}') - Unable to update TLS configuration. Check server logs.\r\n`;
  const cases = [
    ['tls-key-file', '/nowhere'],
    ['tls-key-file', file('client.key')],
    ['tls-key-file', file('server-encrypted.key')],
    ['tls-cert-file', file('make.sh')],
    ['tls-cert-file', ''],
    ['tls-ca-cert-file', ''],
    ['tls-ca-cert-dir', '/nowhere'],
    ['tls-protocols', 'TLSv1.2 TLSv9'],
    ['tls-ciphers', 'no-such-cipher'],
  ] as const;
  for (const [name, value] of cases) {
    assert.equal(await set(name, value), refused(name));
    assert.ok(await pings(), `${name} ${value}`);
  }
  assert.equal(await set('tls-key-file-pass', '1234', 'tls-key-file', file('server-encrypted.key')), '+OK\r\n');
  assert.ok(await pings());
  assert.equal(await set('tls-key-file-pass', '', 'tls-key-file', file('server.key')), '+OK\r\n');
});

test('the port moves between clear and encrypted connections', async () => {
  const [first, second] = [tlsPort, await freePort()];
  assert.equal(await set('tls-port', String(second)), '+OK\r\n');
  tlsPort = second;
  assert.ok(await pings());
  assert.equal(await set('tls-port', '0', 'port', String(second)), '+OK\r\n');
  const clear = connectClear(second, '127.0.0.1');
  assert.equal(await ask(clear, 'PING\r\n', 7), '+PONG\r\n');
  clear.destroy();
  assert.equal(await set('port', String(server.port), 'tls-port', String(first)), '+OK\r\n');
  tlsPort = first;
  assert.ok(await pings());
});

test('a client resumes its session', async () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = open({ ...CLIENT, minVersion: version, maxVersion: version });
    const session = await new Promise<Buffer>((resolve) => {
      socket.once('session', resolve);
      socket.write('PING\r\n');
    });
    socket.destroy();
    const again = open({ ...CLIENT, minVersion: version, maxVersion: version, session });
    assert.equal(await ask(again, 'PING\r\n', 7), '+PONG\r\n');
    assert.equal(again.isSessionReused(), true, version);
    again.destroy();
  }
});

test('tls-auth-clients-user CN: the certificate says who its client is', async () => {
  const whoAmI = async () => {
    const socket = open();
    const answer = await ask(socket, 'ACL WHOAMI\r\n', 12);
    socket.destroy();
    return answer;
  };
  assert.equal(await set('tls-auth-clients-user', 'CN'), '+OK\r\n');
  assert.equal(await whoAmI(), '$7\r\ndefault\r\n');
  control.write('ACL SETUSER Client-only off +acl\r\n');
  await control.read((text) => text.endsWith('\r\n'));
  assert.equal(await whoAmI(), '$7\r\ndefault\r\n');
  control.write('ACL SETUSER Client-only on\r\n');
  await control.read((text) => text.endsWith('\r\n'));
  assert.equal(await whoAmI(), '$11\r\nClient-only\r\n');
  assert.equal(await set('tls-auth-clients-user', 'off'), '+OK\r\n');
  assert.equal(await whoAmI(), '$7\r\ndefault\r\n');
});

test('long values and pipelines pass whole', async () => {
  const socket = open();
  const value = 'x'.repeat(5_000_000);
  assert.equal(await ask(socket, `*3\r\n$3\r\nSET\r\n$4\r\nlong\r\n$${value.length}\r\n${value}\r\n`, 5), '+OK\r\n');
  const reply = `$${value.length}\r\n${value}\r\n`;
  assert.ok((await ask(socket, 'GET long\r\nGET long\r\n', reply.length * 2)) === reply + reply);
  assert.equal(await ask(socket, 'PING\r\n'.repeat(20_000), 7 * 20_000), '+PONG\r\n'.repeat(20_000));
  socket.destroy();
});

test('a peer that does not speak TLS, or breaks off, harms nobody', async () => {
  const clear = connectClear(tlsPort, '127.0.0.1');
  clear.on('error', () => {});
  assert.equal((await ask(clear, 'PING\r\n'.repeat(100), 1000)).includes('PONG'), false);
  const silent = Array.from({ length: 1500 }, () => connectClear(tlsPort, '127.0.0.1'));
  for (const socket of silent) socket.on('error', () => {}).resume();
  // Those that wait longest make room for others.
  const ended = () => silent.filter((socket) => socket.closed || socket.readableEnded || socket.destroyed).length;
  for (let tries = 0; tries < 400 && ended() < 300; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(ended() >= 300, `${ended()} of ${silent.length} ended`);
  assert.ok(await pings());
  for (const socket of silent) socket.destroy();
  control.write('CLIENT LIST\r\n');
  assert.ok((await control.read((text) => text.endsWith('\r\n'))).split('\n').length < 10);
});

test('a connection ends when what comes over it cannot be decrypted', { timeout: 10_000 }, async () => {
  const raw = connectClear({ port: tlsPort, host: '127.0.0.1' });
  const between = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      raw.write(chunk, () => done());
    },
  });
  raw.on('data', (chunk) => between.push(chunk));
  raw.on('error', () => {});
  const socket = open({ ...CLIENT, socket: between });
  assert.equal(await ask(socket, 'PING\r\n', 7), '+PONG\r\n');
  const ended = new Promise((resolve) => raw.once('close', resolve));
  raw.write(Buffer.from([0x17, 3, 3, 0, 0x20, ...Array<number>(0x20).fill(7)]));
  await ended;
});
