import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { test } from 'node:test';
import {
  AF_INET,
  AF_INET6,
  formatAddress,
  formatIpv6,
  isLoopback,
  parseHost,
  parseIpv6,
  resolveHost,
  SOCKADDR_BYTES_MAX,
  sockaddrHost,
  sockaddrIsLocal,
  sockaddrPort,
  UNIX_PATH_BYTES_MAX,
  writeIpSockaddr,
  writeUnixSockaddr,
} from './socket-address.ts';

/** As inet_ntop prints them: what is written on the left is printed as on the right. */
const IPV6_TEXTS: readonly (readonly [string, string])[] = [
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['2001:DB8::8:800:200C:417A', '2001:db8::8:800:200c:417a'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['fe80::ff', 'fe80::ff'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
];

test('IPv6 addresses are read and printed as inet_ntop does', () => {
  for (const [written, printed] of IPV6_TEXTS) {
    assert.ok(isIPv6(written));
    assert.equal(formatIpv6(parseIpv6(written)), printed);
  }
});

test('an address survives its sockaddr', () => {
  const sockaddr = new Uint8Array(SOCKADDR_BYTES_MAX);
  for (const [host, family, length, local] of [
    ['127.0.0.1', AF_INET, 16, true],
    ['127.9.8.7', AF_INET, 16, true],
    ['10.1.2.255', AF_INET, 16, false],
    ['::1', AF_INET6, 28, true],
    ['fe80::1', AF_INET6, 28, false],
    ['::ffff:127.0.0.1', AF_INET6, 28, true],
  ] as const) {
    const address = parseHost(host);
    assert.ok(address !== null);
    assert.equal(address.family, family);
    assert.equal(writeIpSockaddr(address, 65_432, sockaddr), length);
    assert.equal(sockaddrHost(sockaddr), host);
    assert.equal(sockaddrPort(sockaddr), 65_432);
    assert.equal(sockaddrIsLocal(sockaddr), local);
    assert.equal(isLoopback(host), local);
  }
});

test('"*" and "::*" stand for every address, a zone for an interface', () => {
  assert.deepEqual(parseHost('*'), { family: AF_INET, text: '0.0.0.0', scope: 0 });
  assert.deepEqual(parseHost(''), { family: AF_INET, text: '0.0.0.0', scope: 0 });
  assert.deepEqual(parseHost('::*'), { family: AF_INET6, text: '::', scope: 0 });
  assert.deepEqual(parseHost('fe80::1%7'), { family: AF_INET6, text: 'fe80::1', scope: 7 });
  assert.equal(parseHost('localhost'), null);
  assert.equal(parseHost('127.0.0.256'), null);
});

test('a name is looked up, and one that does not exist is an error with its code', async () => {
  const texts = await new Promise<string[]>((resolve, reject) => {
    resolveHost('localhost', (addresses, error) => {
      if (addresses === null) reject(error);
      else resolve(addresses.map((address) => address.text));
    });
  });
  assert.ok(texts.every(isLoopback));
  const code = await new Promise((resolve) => {
    resolveHost('no such host', (_addresses, error) => resolve(error?.code));
  });
  assert.match(String(code), /^(ENOTFOUND|EAI_AGAIN)$/);
});

test('a unix path is written with its zero byte, and refused when it does not fit', () => {
  const sockaddr = new Uint8Array(SOCKADDR_BYTES_MAX);
  assert.equal(writeUnixSockaddr('/tmp/x.sock', sockaddr), 14);
  assert.equal(sockaddrHost(sockaddr), '/tmp/x.sock');
  assert.equal(sockaddrPort(sockaddr), 0);
  assert.ok(sockaddrIsLocal(sockaddr));
  assert.equal(writeUnixSockaddr('a'.repeat(UNIX_PATH_BYTES_MAX), sockaddr), UNIX_PATH_BYTES_MAX + 3);
  assert.equal(writeUnixSockaddr('a'.repeat(UNIX_PATH_BYTES_MAX + 1), sockaddr), 0);
  assert.equal(writeUnixSockaddr('', sockaddr), 0);
});

test('addresses are printed as Redis does', () => {
  assert.equal(formatAddress('127.0.0.1', 6379), '127.0.0.1:6379');
  assert.equal(formatAddress('::1', 6379), '[::1]:6379');
});
