// What the engine owes its sessions whatever commands they run: to go on, to be told in order, to be ended.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness, encode, type TestClient } from '../../tests/support/engine-harness.ts';
import { STRING } from '../datatypes/key-record.ts';
import { fromLatin1 } from '../lib/bytes.ts';
import { NONE } from '../memory/flat-memory.ts';
import { error } from '../protocol/errors.ts';
import { ENGINE_COMMANDS } from './all-commands.ts';
import { type CommandDefinition, control, key, write } from './command.ts';
import { EVENT_ALL, EVENT_KEYEVENT, SET_EVENT } from './events.ts';
import { QUERY_BUFFER_BYTES_KEPT, QUERY_BUFFER_BYTES_MIN } from './query-buffers.ts';
import { STAT_ERRORS } from './statistics.ts';

const TEST_DETAILS = { group: 'generic', summary: '', since: '1.0.0', complexity: 'O(1)', replies: [] } as const;

/** BDROP key: deletes a string that is there or comes, and is propagated as it came. */
const bdrop = write('BDROP', { ...TEST_DETAILS, args: [key('key', 'RW', 'delete')] }, (call) => {
  const handle = call.forWriteOf(1, STRING);
  if (handle === NONE) {
    call.block([call.text(1)], Number.POSITIVE_INFINITY, (out) => out.nil());
    return;
  }
  call.keyspace.removeFound(call.database, handle);
  call.changed(1, SET_EVENT);
  call.reply.ok();
});

/** OVERFLOW: a reply longer than any that can be sent. */
const overflow = control('OVERFLOW', TEST_DETAILS, (call) => {
  call.reply.overflowed = true;
  call.reply.ok();
});

const FAILURE = error('ERR no');
/** FAIL: an error, and 300 KB that are sent at once. */
const fail = control('FAIL', TEST_DETAILS, (call) => {
  call.reply.error(FAILURE);
  call.reply.bulk(new Uint8Array(300_000), 0, 300_000);
});

const withCommands = (...commands: CommandDefinition[]) =>
  new EngineHarness({ commands: [...ENGINE_COMMANDS, ...commands], propagation: true });

test('the end of a pause resumes any number of sessions', () => {
  const harness = new EngineHarness();
  harness.run('CLIENT', 'PAUSE', '100', 'ALL');
  const clients: TestClient[] = [];
  for (let index = 0; index < 20_000; index++) {
    const client = harness.connect();
    assert.equal(client.run('PING'), '');
    clients.push(client);
  }
  harness.advance(100);
  for (const client of clients) assert.equal(client.take(), '+PONG\r\n');
});

test('a served client gets messages of its own command behind its reply, and nobody else gets them', () => {
  const harness = withCommands(bdrop);
  harness.engine.changes.notifyClasses = EVENT_ALL | EVENT_KEYEVENT;
  const waiter = harness.connect();
  waiter.run('HELLO', '3');
  waiter.run('SUBSCRIBE', '__keyevent@0__:set');
  assert.equal(waiter.run('BDROP', 'a'), '');
  const message = '>3\r\n$7\r\nmessage\r\n$18\r\n__keyevent@0__:set\r\n$1\r\na\r\n';
  assert.equal(harness.run('SET', 'a', '1'), '+OK\r\n');
  assert.equal(waiter.take(), `${message}+OK\r\n${message}`);
  assert.equal(harness.run('PING'), '+PONG\r\n');
});

test('a client whose command serves another gets messages of that behind its own reply', () => {
  const harness = withCommands(bdrop);
  harness.engine.changes.notifyClasses = EVENT_ALL | EVENT_KEYEVENT;
  harness.run('HELLO', '3');
  harness.run('SUBSCRIBE', '__keyevent@0__:set');
  harness.connect().run('BDROP', 'a');
  const message = '>3\r\n$7\r\nmessage\r\n$18\r\n__keyevent@0__:set\r\n$1\r\na\r\n';
  assert.equal(harness.run('SET', 'a', '1'), `+OK\r\n${message}${message}`);
});

test('a command that is served later is propagated as it came unless it says otherwise', () => {
  const harness = withCommands(bdrop);
  harness.connect().run('BDROP', 'a');
  harness.run('SET', 'a', '1');
  assert.deepEqual(harness.takePropagated(), ['0 SET a 1', '0 BDROP a']);
});

test('errors of served commands are counted', () => {
  const failing = write('BFAIL', { ...TEST_DETAILS, args: [key('key', 'RO')] }, (call) => {
    if (call.find(1) === NONE) call.block([call.text(1)], Number.POSITIVE_INFINITY, () => undefined);
    else call.reply.error(FAILURE);
  });
  const harness = withCommands(failing);
  harness.connect().run('BFAIL', 'a');
  harness.run('SET', 'a', '1');
  assert.equal(harness.engine.statistics.counters[STAT_ERRORS], 1);
});

test('an overflowed reply ends its session, also where output is handed over whole', () => {
  for (const keeps of [false, true]) {
    const harness = withCommands(overflow);
    const { peer } = harness.client;
    peer.send = () => keeps;
    harness.client.raw(encode(['OVERFLOW']) + encode(['SET', 'a', '1']));
    assert.equal(peer.closed, 'flushed');
    assert.equal(harness.connect().run('GET', 'a'), '$-1\r\n');
  }
});

test('errors are counted on both sides of output that is handed over', () => {
  const harness = withCommands(fail);
  harness.client.peer.send = () => true;
  harness.client.raw(encode(['FAIL']) + encode(['FAIL']) + encode(['PING']));
  assert.equal(harness.engine.statistics.counters[STAT_ERRORS], 2);
});

test('input of many pieces is moved a bounded number of times', () => {
  const { client } = new EngineHarness();
  client.raw('*1001\r\n$4\r\nMGET\r\n');
  const argument = fromLatin1(`$100000\r\n${'x'.repeat(100_000)}\r\n`);
  const buffers = new Set<Uint8Array>();
  for (let index = 0; index < 400; index++) {
    client.raw(String.fromCharCode(...argument.subarray(0, 11)));
    const { engine } = client as unknown as { engine: EngineHarness['engine'] };
    engine.receive(client.session, argument, 11, argument.length);
    buffers.add(client.session.input);
  }
  assert.ok(buffers.size < 30, `${buffers.size} buffers for 40 MB`);
});

test('who waits for a key to go is woken when it expires, by a reader or by itself', () => {
  const bgone = write('BGONE', { ...TEST_DETAILS, args: [key('key', 'RO')] }, (call) => {
    if (call.find(1) === NONE) call.reply.ok();
    else {
      const never = Number.POSITIVE_INFINITY;
      call.block([call.text(1)], never, () => undefined, 'keys', true);
    }
  });
  for (const read of [true, false]) {
    const harness = withCommands(bgone);
    harness.run('SET', 'a', '1', 'PX', '1000');
    const waiter = harness.connect();
    assert.equal(waiter.run('BGONE', 'a'), '');
    harness.clock.advance(1000);
    if (read) harness.run('GET', 'a');
    else harness.advance(1000);
    assert.equal(waiter.take(), '+OK\r\n');
  }
});

test('a NUL behind the name of a command makes it another name', () => {
  const { client } = new EngineHarness();
  assert.equal(client.run('get\0', 'k'), "-ERR unknown command 'get', with args beginning with: 'k' \r\n");
});

test('a half-sent request takes memory while its client goes on sending', () => {
  const harness = new EngineHarness();
  const { engine } = harness;
  const one = harness.connect();
  const { session } = one;
  const request = fromLatin1(encode(['SET', 'a', 'x'.repeat(400_000)]));
  const half = 300_000;
  engine.receive(session, request, 0, half);
  assert.ok(session.input.length >= request.length);
  assert.equal(session.pendingInput(), half);
  engine.receive(session, request, half, request.length);
  assert.equal(one.take(), '+OK\r\n');
  assert.equal(session.pendingInput(), 0);
  // Its next may be as large, once.
  engine.trimQueryBuffers();
  assert.ok(session.input.length >= request.length);
  assert.equal(one.run('GET', 'b'), '$-1\r\n');
  engine.trimQueryBuffers();
  assert.equal(session.input.length, QUERY_BUFFER_BYTES_MIN);
  harness.clock.advance(3000);
  engine.trimQueryBuffers();
  assert.equal(session.input.length, 0);
  // And a whole request takes none at all.
  assert.equal(one.run('GET', 'b'), '$-1\r\n');
  assert.equal(session.input.length, 0);
});

test('a client that goes silent within a request keeps its bytes, and no room for more', () => {
  const harness = new EngineHarness();
  const { engine } = harness;
  const one = harness.connect();
  const { session } = one;
  const request = fromLatin1(encode(['SET', 'a', 'x'.repeat(1_000_000)]));
  engine.receive(session, request, 0, 40);
  assert.ok(session.input.length >= request.length);
  harness.clock.advance(1900);
  engine.trimQueryBuffers();
  assert.ok(session.input.length >= request.length);
  harness.clock.advance(200);
  engine.trimQueryBuffers();
  assert.equal(session.input.length, 40);
  engine.receive(session, request, 40, request.length);
  assert.equal(one.take(), '+OK\r\n');
  assert.equal(one.run('STRLEN', 'a'), ':1000000\r\n');
});

test('an array that is very long is let go as soon as it is empty', () => {
  const harness = new EngineHarness();
  const { session } = harness.client;
  const request = fromLatin1(encode(['SET', 'a', 'x'.repeat(QUERY_BUFFER_BYTES_KEPT)]));
  harness.engine.receive(session, request, 0, 100);
  assert.ok(session.input.length >= request.length);
  harness.engine.receive(session, request, 100, request.length);
  assert.equal(session.input.length, 0);
});

test('the buffer of a large reply is let go once replies are small again', () => {
  const harness = new EngineHarness();
  harness.run('SET', 'a', 'x'.repeat(1_000_000));
  const { reply } = harness.engine;
  const usual = reply.bytes.length;
  assert.ok(usual <= 64 * 1024);
  harness.run('GET', 'a');
  assert.ok(reply.bytes.length > 1_000_000);
  // The next one may be as large.
  harness.run('GET', 'b');
  assert.ok(reply.bytes.length > 1_000_000);
  harness.advance(100);
  harness.run('GET', 'b');
  assert.equal(reply.bytes.length, usual);
});
