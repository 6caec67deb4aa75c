import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { receiveDatagrams, SKIP_WITHOUT_DATAGRAMS } from '../../../tests/support/datagrams.ts';
import { utf8 } from '../../lib/bytes.ts';
import { DATAGRAM_BYTES_MAX, datagramsTo, unixSockaddr } from './datagrams.ts';

const home = mkdtempSync(join(tmpdir(), 'cinnabar-datagrams-'));
after(() => rmSync(home, { recursive: true }));

test('an address is a path, or an abstract name of exact length', () => {
  assert.deepEqual([...unixSockaddr('/a')!], [1, 0, 0x2f, 0x61, 0]);
  assert.deepEqual([...unixSockaddr('@ab')!], [1, 0, 0, 0x61, 0x62]);
  for (const none of ['', '/', '@', 'relative', 'vsock:2:1234', `/${'x'.repeat(107)}`]) {
    assert.equal(unixSockaddr(none), null, none);
  }
});

test('datagrams arrive at a path and at an abstract address', { skip: SKIP_WITHOUT_DATAGRAMS }, () => {
  for (const address of [join(home, 'socket'), `@cinnabar-test-${process.pid}`]) {
    const receiver = receiveDatagrams(address);
    const send = datagramsTo(address)!;
    assert.equal(send(utf8('READY=1')), true);
    assert.equal(send(utf8('STATUS=é\n')), true);
    assert.deepEqual(receiver.read(), ['READY=1', 'STATUS=\xc3\xa9\n']);
    send(new Uint8Array(DATAGRAM_BYTES_MAX + 1).fill(0x78));
    assert.deepEqual(receiver.read(), ['x'.repeat(DATAGRAM_BYTES_MAX)]);
    receiver.close();
    assert.equal(send(utf8('x')), false, 'nobody is there');
  }
});

test('a receiver that does not read makes nobody wait', { skip: SKIP_WITHOUT_DATAGRAMS }, () => {
  const address = join(home, 'full');
  const receiver = receiveDatagrams(address);
  const send = datagramsTo(address)!;
  let sent = 0;
  while (sent < 100_000 && send(utf8('x'.repeat(4096)))) sent++;
  assert.ok(sent < 100_000);
  assert.equal(receiver.read().length, sent);
  receiver.close();
});
