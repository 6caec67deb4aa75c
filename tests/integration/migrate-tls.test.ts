// MIGRATE over encrypted connections (tls-cluster): between two of our servers, and with redis-server at the other end.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServer, type EmbeddedServer } from '../../src/server/embedded.ts';
import { Client, HOST, StandIn } from '../support/migration.ts';
import { freePort, RawConnection, SKIP_WITHOUT_REDIS, startRedis } from '../support/redis-server.ts';

const FILES = join(import.meta.dirname, '../fixtures/tls');
const file = (name: string) => join(FILES, name);

const SERVER = { 'tls-cert-file': file('server.crt'), 'tls-key-file': file('server.key') };
const AUTHORITY = { 'tls-ca-cert-file': file('ca.crt') };
const SOURCE = { ...SERVER, ...AUTHORITY, 'tls-cluster': 'yes' };
const CONNECTING = '-IOERR error or timeout connecting to the client\r\n';
const READING = '-IOERR error or timeout reading to target instance\r\n';
const UNUSABLE = /^-ERR CONFIG SET failed \(possibly related to argument '[a-z-]+'\) - Unable to update TLS/;

interface Target {
  readonly server: EmbeddedServer;
  readonly to: Client;
  readonly clear: string;
  readonly port: string;
}

async function withServers(
  source: Readonly<Record<string, string>>,
  target: Readonly<Record<string, string>>,
  check: (from: Client, target: Target, source: EmbeddedServer) => Promise<void>,
): Promise<void> {
  const port = await freePort();
  const first = await createServer({ port: null, seed: 1, config: source });
  const server = await createServer({ seed: 2, config: { ...SERVER, ...AUTHORITY, ...target, 'tls-port': port } });
  const from = new Client(first);
  const to = new Client(server);
  try {
    await check(from, { server, to, clear: String(server.port), port: String(port) }, first);
  } finally {
    from.close();
    to.close();
    await first.stop();
    await server.stop();
  }
}

test('keys move over an encrypted connection, which is kept', () =>
  withServers(SOURCE, {}, async (from, { to, port }, source) => {
    const large = 'x'.repeat(3_000_000);
    await from.run('MSET', 'a', '1', 'b', large, 'c', '3');
    assert.equal(await from.run('MIGRATE', HOST, port, 'a', '0', '5000'), '+OK\r\n');
    assert.equal(await from.run('MIGRATE', HOST, port, '', '0', '5000', 'KEYS', 'b', 'none'), '+OK\r\n');
    assert.equal(await from.run('DBSIZE'), ':1\r\n');
    assert.equal(await to.run('STRLEN', 'b'), ':3000000\r\n');
    await from.run('MULTI');
    await from.run('MIGRATE', HOST, port, 'c', '0', '5000');
    assert.equal(await from.run('EXEC'), '*1\r\n+OK\r\n');
    assert.match(await to.run('INFO', 'stats'), /total_connections_received:2\r\n/);
    assert.equal(source.server.migrationLinks.count(), 1);
    // What was opened stays as it is.
    assert.equal(await from.run('CONFIG', 'SET', 'tls-cluster', 'no'), '+OK\r\n');
    await from.run('SET', 'd', '1');
    assert.equal(await from.run('MIGRATE', HOST, port, 'd', '0', '5000'), '+OK\r\n');
    source.server.migrationLinks.closeUnused(source.server.clock.elapsed() + 11_000);
    await from.run('SET', 'd', '1');
    assert.equal(await from.run('MIGRATE', HOST, port, 'd', '0', '5000', 'REPLACE'), READING);
  }));

test('the other end must be known to an authority, whatever its name; and it must speak TLS', async () => {
  const stranger = { 'tls-cert-file': file('stranger.crt'), 'tls-key-file': file('stranger.key') };
  for (const clients of ['yes', 'no', 'optional']) {
    await withServers({ ...SOURCE, 'tls-auth-clients': clients }, stranger, async (from, { port }) => {
      await from.run('SET', 'a', '1');
      assert.equal(await from.run('MIGRATE', HOST, port, 'a', '0', '5000'), CONNECTING);
      assert.equal(await from.run('EXISTS', 'a'), ':1\r\n');
    });
  }
  await withServers(SOURCE, {}, async (from, { clear, port }) => {
    await from.run('SET', 'a', '1');
    const silent = await StandIn.start();
    for (const [other, timeoutMs] of [
      [clear, '100'],
      [String(await freePort()), '5000'],
      [silent.port, '50'],
    ] as const)
      assert.equal(await from.run('MIGRATE', HOST, other, 'a', '0', timeoutMs), CONNECTING);
    silent.stop();
    assert.equal(await from.run('MIGRATE', HOST, port, 'a', '0', '5000'), '+OK\r\n');
  });
});

test('what the server shows is the certificate for clients, where there is one', () =>
  withServers(
    { ...SOURCE, 'tls-client-cert-file': file('client.crt'), 'tls-client-key-file': file('client.key') },
    { 'tls-auth-clients-user': 'CN' },
    async (from, { to, port }) => {
      await to.run('ACL', 'SETUSER', 'Client-only', 'on', 'nopass', '+@all', '~*');
      await to.run('ACL', 'SETUSER', 'default', '-restore');
      await from.run('SET', 'a', '1');
      assert.equal(await from.run('MIGRATE', HOST, port, 'a', '0', '5000'), '+OK\r\n');
      // Without its key it is not used.
      assert.equal(await from.run('CONFIG', 'SET', 'tls-client-key-file', ''), '+OK\r\n');
      await from.run('SET', 'b', '1');
      assert.match(await from.run('MIGRATE', 'localhost', port, 'b', '0', '5000'), /NOPERM/);
    },
  ));

test('tls-cluster and tls-replication need certificates and an authority', async () => {
  for (const directive of ['tls-cluster', 'tls-replication']) {
    await withServers({}, {}, async (from) => {
      const set = (...pairs: string[]) => from.run('CONFIG', 'SET', ...pairs);
      const server = Object.entries(SERVER).flat();
      assert.match(await set(directive, 'yes'), UNUSABLE);
      assert.match(await set(directive, 'yes', 'tls-auth-clients', 'no', ...server), UNUSABLE);
      assert.equal(await set(...server), '+OK\r\n');
      assert.match(await set(directive, 'yes'), UNUSABLE);
      assert.equal(await set('tls-ca-cert-file', file('ca.crt'), directive, 'yes'), '+OK\r\n');
      for (const [cert, key] of [
        ['/nonexistent', '/nonexistent'],
        [file('client.crt'), '/nonexistent'],
        [file('client.crt'), file('server.key')],
        [file('client.crt'), file('server-encrypted.key')],
      ] as const)
        assert.match(await set('tls-client-cert-file', cert, 'tls-client-key-file', key), UNUSABLE);
      assert.equal(await set(directive, 'no'), '+OK\r\n');
      // Nobody uses it.
      assert.equal(await set('tls-cert-file', '/nonexistent'), '+OK\r\n');
    });
  }
  await assert.rejects(createServer({ config: { ...SERVER, 'tls-cluster': 'yes' } }), /Failed to configure TLS/);
});

test('redis-server at the other end', { skip: SKIP_WITHOUT_REDIS }, async () => {
  const words = (settings: Readonly<Record<string, string>>) =>
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const port = String(await freePort());
  const theirs = await startRedis([...words(SOURCE), '--tls-port', port]);
  const connection = await RawConnection.open(theirs.port);
  const run = (line: string) => {
    connection.write(`${line}\r\n`);
    return connection.read((text) => text.endsWith('\r\n'));
  };
  try {
    await withServers(SOURCE, {}, async (from, target) => {
      await from.run('SET', 'a', '1');
      assert.equal(await from.run('MIGRATE', HOST, port, 'a', '0', '5000'), '+OK\r\n');
      assert.equal(await run('EXISTS a'), ':1\r\n');
      assert.equal(await run(`MIGRATE ${HOST} ${target.port} a 0 5000`), '+OK\r\n');
      assert.equal(await target.to.run('GET', 'a'), '$1\r\n1\r\n');
    });
  } finally {
    connection.close();
    await theirs.stop();
  }
});
