// What tracking promises beyond what tests/conformance/tracking.test.ts compares with redis-server.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineHarness, encode, type TestClient } from '../../tests/support/engine-harness.ts';
import { DEL_EVENT } from './events.ts';

const push = (...keys: string[]) =>
  `>2\r\n$10\r\ninvalidate\r\n*${keys.length}\r\n${keys.map((key) => `$${key.length}\r\n${key}\r\n`).join('')}`;
const ALL = '>2\r\n$10\r\ninvalidate\r\n_\r\n';

function harness(...tracking: string[]): { server: EngineHarness; reader: TestClient } {
  const server = new EngineHarness();
  const reader = server.connect();
  reader.run('HELLO', '3');
  if (tracking.length > 0) assert.equal(reader.run('CLIENT', 'TRACKING', ...tracking), '+OK\r\n');
  return { server, reader };
}

function field(client: TestClient, name: string): string | undefined {
  const line = client.run('CLIENT', 'INFO');
  return new RegExp(`${name}=(\\S*)`).exec(line)?.[1];
}

describe('tracking', () => {
  it('a client that is served after waiting is told again of what it then read', () => {
    const { server, reader } = harness('ON');
    reader.run('XREAD', 'BLOCK', '0', 'STREAMS', 's', '$');
    server.run('XADD', 's', '1-1', 'a', 'b');
    assert.match(
      reader.take(),
      /^>2\r\n\$10\r\ninvalidate\r\n\*1\r\n\$1\r\ns\r\n%1\r\n/,
      'the message before the reply',
    );
    server.run('XADD', 's', '2-1', 'a', 'b');
    assert.equal(reader.take(), push('s'));
    reader.run('LRANGE', 'm', '0', '-1');
    reader.run('BLMOVE', 'l', 'm', 'LEFT', 'LEFT', '0');
    server.run('RPUSH', 'l', 'x');
    assert.equal(reader.take(), `$1\r\nx\r\n${push('m')}`, 'its own change behind the reply');
  });

  it('CLIENT CACHING holds for a command that waits', () => {
    const { server, reader } = harness('ON', 'OPTIN');
    reader.run('CLIENT', 'CACHING', 'YES');
    reader.run('XREAD', 'BLOCK', '0', 'STREAMS', 's', '$');
    server.run('XADD', 's', '1-1', 'a', 'b');
    reader.take();
    server.run('XADD', 's', '2-1', 'a', 'b');
    assert.equal(reader.take(), push('s'));
    reader.run('GET', 'k');
    server.run('SET', 'k', '1');
    assert.equal(reader.take(), '');
  });

  it('an evicted key is told of, also to whom wants no word of its own changes', () => {
    const { server, reader } = harness('ON', 'NOLOOP');
    const listener = server.connect();
    listener.run('HELLO', '3');
    listener.run('CLIENT', 'TRACKING', 'ON', 'BCAST', 'NOLOOP');
    reader.run('GET', 'k');
    const { engine } = server;
    engine.active = reader.session;
    engine.changes.keyChangedByNobody(engine.keyspace.databases[0]!, Uint8Array.of(107), 0, 1, DEL_EVENT);
    engine.active = null;
    engine.endTick();
    assert.equal(reader.run('PING'), `+PONG\r\n${push('k')}`);
    assert.equal(listener.take(), push('k'));
  });

  it('the null of a flush is of the protocol in which it is told', () => {
    const { server, reader } = harness();
    const old = server.connect();
    assert.equal(old.run('CLIENT', 'TRACKING', 'ON', 'REDIRECT', String(reader.session.id)), '+OK\r\n');
    server.run('FLUSHALL');
    assert.equal(reader.take(), ALL);
    const listener = server.connect();
    listener.run('SUBSCRIBE', '__redis__:invalidate');
    reader.run('CLIENT', 'TRACKING', 'ON', 'REDIRECT', String(listener.session.id));
    old.run('CLIENT', 'TRACKING', 'OFF');
    server.run('FLUSHDB', 'ASYNC');
    assert.equal(listener.take(), '*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n$-1\r\n');
  });

  it('a message through another client comes behind what that is answered', () => {
    const { server, reader } = harness();
    const other = server.connect();
    other.run('CLIENT', 'TRACKING', 'ON', 'REDIRECT', String(reader.session.id));
    other.run('GET', 'k');
    reader.run('MULTI');
    reader.run('SET', 'k', '1');
    reader.run('PING');
    assert.equal(reader.run('EXEC'), `*2\r\n+OK\r\n+PONG\r\n${push('k')}`);
  });

  it('prefixes of one client that overlap are refused, wherever they stand', () => {
    const { reader } = harness();
    const refusal = (one: string, kind: string, other: string) =>
      `-ERR Prefix '${one}' overlaps with ${kind} prefix '${other}'. Prefixes for a single client must not overlap.\r\n`;
    const track = (...prefixes: string[]) =>
      reader.run('CLIENT', 'TRACKING', 'ON', 'BCAST', ...prefixes.flatMap((prefix) => ['PREFIX', prefix]));
    assert.equal(track('x', 'b', 'ab', 'a'), refusal('ab', 'another provided', 'a'));
    assert.equal(field(reader, 'flags'), 'N');
    assert.equal(track('b', 'ab', 'ac'), '+OK\r\n');
    assert.equal(track('x', 'a'), refusal('a', 'an existing', 'ab'));
    assert.equal(track('abc\r\n\0x'), refusal('abc  ', 'an existing', 'ab'));
    assert.match(reader.run('CLIENT', 'TRACKINGINFO'), /\*3\r\n\$2\r\nab\r\n\$2\r\nac\r\n\$1\r\nb\r\n$/);
  });

  it('a hundred thousand prefixes are taken and looked through at once', () => {
    const { server, reader } = harness();
    const prefixes = Array.from({ length: 100_000 }, (_, index) => [
      'PREFIX',
      `p${String(index).padStart(6, '0')}`,
    ]).flat();
    const started = performance.now();
    assert.equal(reader.raw(encode(['CLIENT', 'TRACKING', 'ON', 'BCAST', ...prefixes])), '+OK\r\n');
    for (let index = 0; index < 1000; index++) server.run('SET', `p${String(index * 100).padStart(6, '0')}:x`, '1');
    server.engine.endTick();
    assert.equal(reader.take().split('invalidate').length, 1001);
    assert.equal(reader.run('CLIENT', 'TRACKING', 'OFF'), '+OK\r\n');
    assert.ok(performance.now() - started < 5000);
    assert.equal(server.engine.tracking.broadcasts.prefixCount(), 0);
  });

  it('what one command changes is told in messages of bounded length', () => {
    const { server, reader } = harness('ON', 'BCAST');
    const keys = Array.from({ length: 40_000 }, (_, index) => `key:${index}`);
    server.client.raw(encode(['MSET', ...keys.flatMap((key) => [key, '1'])]));
    server.engine.endTick();
    const messages = reader.take().split('>2\r\n$10\r\ninvalidate\r\n').slice(1);
    assert.ok(messages.length > 1 && messages.every((message) => message.length < 1_200_000));
    assert.equal(
      messages.reduce((sum, message) => sum + Number(/^\*(\d+)/.exec(message)![1]), 0),
      keys.length,
    );
  });

  it('names of keys that a user may not read are not broadcast to it (redis #15371)', () => {
    const { server, reader } = harness('ON', 'BCAST');
    server.run('ACL', 'SETUSER', 'reader', 'on', 'nopass', '+@all', '~open*');
    reader.run('AUTH', 'reader', '');
    server.run('MSET', 'secret', '1', 'open:1', '2');
    server.engine.endTick();
    assert.equal(reader.take(), push('open:1'));
    server.run('SET', 'secret', '2');
    server.engine.endTick();
    assert.equal(reader.take(), '');
    // What changed before it may read it is not told of after.
    server.run('SET', 'secret', '3');
    server.run('ACL', 'SETUSER', 'reader', 'allkeys');
    server.engine.endTick();
    assert.equal(reader.take(), '');
    server.run('SET', 'secret', '4');
    server.engine.endTick();
    assert.equal(reader.take(), push('secret'));
  });

  it('above tracking-table-max-keys keys chosen by chance are forgotten and told of', () => {
    const { server, reader } = harness('ON');
    const { tracking } = server.engine;
    tracking.limitKeys(10);
    let told = 0;
    for (let index = 0; index < 50; index++) told += reader.run('GET', `k${index}`).split('invalidate').length - 1;
    assert.equal(told, 40);
    assert.equal(tracking.table.count(), 10);
    tracking.limitKeys(0);
    reader.run('MGET', ...Array.from({ length: 5000 }, (_, index) => `k${index}`));
    assert.equal(tracking.table.count(), 5000);
    tracking.limitKeys(7);
    assert.ok(tracking.hasTooMany() && server.engine.hasDeadlines(), 'the others go in slices');
    while (server.engine.work(1));
    assert.equal(tracking.table.count(), 7);
    assert.equal(reader.take().split('invalidate').length - 1, 4993);
    server.engine.check();
  });

  it('a key that memory has no room for is told of at once', () => {
    const { server, reader } = harness('ON');
    reader.run('GET', 'first');
    const { memory } = server.engine.keyspace;
    const admit = memory.admit.bind(memory);
    memory.admit = () => false;
    assert.equal(reader.run('GET', 'k'), `_\r\n${push('k')}`);
    memory.admit = admit;
    assert.equal(server.run('SET', 'k', '1'), '+OK\r\n');
    assert.equal(reader.take(), '');
  });

  it('memory is counted, and given back when all who tracked are gone, or all keys', () => {
    const { server, reader } = harness('ON');
    const { engine } = server;
    const before = engine.keyspace.memory.usedBytes();
    const others = Array.from({ length: 40 }, () => server.connect());
    for (const other of others) other.run('CLIENT', 'TRACKING', 'ON');
    const keys = Array.from({ length: 3000 }, (_, index) => `key:${index}`);
    for (const client of [reader, ...others]) client.run('MGET', ...keys);
    assert.equal(engine.tracking.table.items, 41 * 3000);
    assert.ok(engine.keyspace.memory.usedBytes() - before > 41 * 3000 * 4);
    engine.check();
    server.run('FLUSHALL');
    while (server.engine.work(1));
    assert.equal(engine.keyspace.memory.usedBytes(), before);
    for (const client of [reader, ...others]) client.run('MGET', ...keys);
    for (const client of [reader, ...others]) engine.closeSession(client.session);
    while (server.engine.work(1));
    assert.equal(engine.keyspace.memory.usedBytes(), before);
    assert.equal(engine.effects, 0);
    assert.equal(engine.tracking.clients, 0);
    engine.check();
  });

  it('a number is not given to another client while something is remembered under it', () => {
    const { server, reader } = harness('ON');
    const gone = server.connect();
    gone.run('HELLO', '3');
    gone.run('CLIENT', 'TRACKING', 'ON');
    gone.run('GET', 'k');
    server.engine.closeSession(gone.session);
    const next = server.connect();
    next.run('HELLO', '3');
    next.run('CLIENT', 'TRACKING', 'ON');
    server.run('SET', 'k', '1');
    assert.equal(next.take(), '');
    reader.run('GET', 'q');
    Object.assign(server.engine.tracking, { nextNumber: 0x4000_0000 });
    const last = server.connect();
    last.run('HELLO', '3');
    assert.equal(last.run('CLIENT', 'TRACKING', 'ON'), '+OK\r\n');
    assert.equal(reader.take(), ALL, 'all numbers were given: everything is forgotten');
    reader.run('GET', 'k');
    last.run('GET', 'q');
    server.run('MSET', 'k', '2', 'q', '2');
    assert.equal(reader.take() + last.take(), push('k') + push('q'));
    server.engine.check();
  });

  it('CLIENT LIST, INFO and RESET', () => {
    const { server, reader } = harness('ON', 'BCAST', 'PREFIX', 'a', 'PREFIX', 'b');
    assert.equal(field(reader, 'flags'), 'tB');
    assert.equal(field(reader, 'redir'), '0');
    assert.equal(server.engine.tracking.clients, 1);
    assert.equal(server.engine.tracking.broadcasts.prefixCount(), 2);
    reader.run('RESET');
    assert.equal(field(reader, 'redir'), '-1');
    assert.equal(server.engine.tracking.broadcasts.prefixCount(), 0);
    const target = server.connect();
    reader.run('CLIENT', 'TRACKING', 'ON', 'REDIRECT', String(target.session.id));
    reader.run('HELLO', '3');
    reader.run('GET', 'k');
    server.engine.closeSession(target.session);
    assert.equal(field(reader, 'flags'), 't', 'nothing was sent yet');
    server.run('SET', 'k', '1');
    assert.equal(reader.take(), `>2\r\n$21\r\ntracking-redir-broken\r\n:${target.session.id}\r\n`);
    assert.equal(field(reader, 'flags'), 'tR');
  });

  it('a client without replies is told of what is evicted for it, also before its command is whole', () => {
    const { server, reader } = harness('ON');
    const { engine } = server;
    for (let index = 0; index < 100; index++) server.run('SET', `k${index}`, 'x'.repeat(1000));
    for (let index = 0; index < 100; index++) reader.run('GET', `k${index}`);
    reader.run('CLIENT', 'REPLY', 'OFF');
    engine.eviction.setPolicy('allkeys-random');
    engine.eviction.setLimit(engine.usedMemory() - 5000);
    assert.match(reader.raw('*1\r\n'), /^>2\r\n\$10\r\ninvalidate\r\n/);
    assert.equal(server.run('PING'), '+PONG\r\n');
    assert.equal(reader.raw('$4\r\nPING\r\n'), '');
  });

  it('the memory of prefixes is counted with their client', () => {
    const { reader } = harness();
    const { session } = reader;
    const prefixes = Array.from({ length: 50_000 }, (_, index) => ['PREFIX', `${100_000 + index}`]).flat();
    reader.run('CLIENT', 'TRACKING', 'ON', 'BCAST', ...prefixes);
    assert.ok(session.tracker!.bytes() > 50_000 * 100);
    reader.run('CLIENT', 'TRACKING', 'OFF');
    assert.ok(session.tracker!.bytes() < 1000);
  });

  it('without tracking nothing is done', () => {
    const { server, reader } = harness();
    reader.run('CLIENT', 'TRACKING', 'OFF');
    assert.equal(server.engine.effects, 0);
    reader.run('GET', 'k');
    assert.equal(server.engine.tracking.table.count(), 0);
  });
});
