// The engine from bytes to bytes: pipelines, pauses, slow clients, and the hot path with handles above 2^31.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness, encode } from '../../tests/support/engine-harness.ts';
import { fromLatin1 } from '../lib/bytes.ts';
import { ManualClock } from '../world/clock.ts';
import { ENGINE_COMMANDS } from './all-commands.ts';
import { Engine } from './engine.ts';
import type { Peer } from './session.ts';

test('a pipeline is answered in order, wherever it is cut', () => {
  const requests = [
    encode(['SET', 'k', 'v']),
    'GET k\r\n',
    '*0\r\n',
    encode(['MGET', 'k', 'none']),
    '\r\n',
    encode(['INCR', 'n']),
    'PING "a b"\r\n',
  ].join('');
  const expected = '+OK\r\n$1\r\nv\r\n*2\r\n$1\r\nv\r\n$-1\r\n:1\r\n$3\r\na b\r\n';
  for (let cut = 0; cut <= requests.length; cut++) {
    const { client } = new EngineHarness();
    assert.equal(client.raw(requests.slice(0, cut)) + client.raw(requests.slice(cut)), expected, `cut at ${cut}`);
  }
  const { client } = new EngineHarness();
  let answer = '';
  for (const byte of requests) answer += client.raw(byte);
  assert.equal(answer, expected);
});

test('what follows a protocol error is not read, and the connection ends', () => {
  const { client } = new EngineHarness();
  const answer = client.raw('*1\r\n$4\r\nPING\r\n*1\r\n!\r\n*1\r\n$4\r\nPING\r\n');
  assert.equal(answer, "+PONG\r\n-ERR Protocol error: expected '$', got '!'\r\n");
  assert.equal(client.peer.closed, 'flushed');
  assert.equal(client.raw('PING\r\n'), '');
});

test('a client that does not take its replies is not read on until it does', () => {
  const harness = new EngineHarness();
  const slow = harness.connect();
  slow.peer.pending = 64 * 1024 * 1024;
  assert.equal(slow.raw('PING\r\n'), '+PONG\r\n');
  // The reply found too much output waiting: what comes now waits too.
  assert.equal(slow.raw('PING\r\n'), '');
  assert.equal(harness.run('PING'), '+PONG\r\n');
  slow.peer.pending = 0;
  harness.engine.resume(slow.session);
  assert.equal(slow.take(), '+PONG\r\n');
  assert.equal(slow.raw('PING\r\n'), '+PONG\r\n');
});

test('a paused client keeps its request, and gets its turn when the pause is over', () => {
  const harness = new EngineHarness();
  const other = harness.connect();
  assert.equal(harness.run('CLIENT', 'PAUSE', '100', 'WRITE'), '+OK\r\n');
  assert.equal(other.raw(`${encode(['GET', 'k'])}${encode(['SET', 'k', 'v'])}${encode(['GET', 'k'])}`), '$-1\r\n');
  harness.advance(99);
  assert.equal(other.take(), '');
  harness.advance(1);
  assert.equal(other.take(), '+OK\r\n$1\r\nv\r\n');
});

test('handles above 2^31 serve as low ones do', () => {
  let output = '';
  const peer: Peer = {
    descriptor: 0,
    address: () => '',
    localAddress: () => '',
    pendingOutput: () => 0,
    outputMemory: () => 0,
    outputChunks: () => 0,
    send: (bytes, start, end) => {
      output += String.fromCharCode(...bytes.subarray(start, end));
      return false;
    },
    push: () => undefined,
    close: () => undefined,
  };
  const engine = new Engine({
    clock: new ManualClock(0),
    seed: 1,
    commands: ENGINE_COMMANDS,
    memory: { firstSegment: 1500 },
  });
  const session = engine.openSession(peer);
  const run = (...args: string[]): string => {
    output = '';
    const bytes = fromLatin1(encode(args));
    engine.receive(session, bytes, 0, bytes.length);
    return output;
  };
  for (let index = 0; index < 20_000; index++) {
    assert.equal(run('SET', `key:${index}`, `value ${index}`), '+OK\r\n');
    if (index % 3 === 0) run('INCR', `n:${index % 100}`);
    if (index % 5 === 0) assert.equal(run('DEL', `key:${index - 1}`), index > 0 ? ':1\r\n' : ':0\r\n');
  }
  assert.equal(run('GET', 'key:12345'), '$11\r\nvalue 12345\r\n');
  engine.check();
  assert.equal(run('FLUSHALL'), '+OK\r\n');
  engine.check();
});
