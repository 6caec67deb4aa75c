// Messages between sessions: who gets them, in which form and order.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineHarness } from '../../../tests/support/engine-harness.ts';
import { EVENT_ALL, EVENT_KEYEVENT, EVENT_KEYSPACE } from '../events.ts';

const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;

describe('publish and subscribe', () => {
  it('reaches channels, then patterns; PUBLISH counts both', () => {
    const harness = new EngineHarness();
    const one = harness.connect();
    const two = harness.connect();
    one.run('SUBSCRIBE', 'news');
    one.run('PSUBSCRIBE', 'n*');
    two.run('HELLO', '3');
    two.run('PSUBSCRIBE', '*s');
    assert.equal(harness.run('PUBLISH', 'news', 'hi'), ':3\r\n');
    assert.equal(
      one.take(),
      `*3\r\n${bulk('message')}${bulk('news')}${bulk('hi')}*4\r\n${bulk('pmessage')}${bulk('n*')}${bulk('news')}${bulk('hi')}`,
    );
    assert.equal(two.take(), `>4\r\n${bulk('pmessage')}${bulk('*s')}${bulk('news')}${bulk('hi')}`);
    assert.equal(harness.run('PUBLISH', 'other', 'hi'), ':0\r\n');
  });

  it('keeps shard channels apart', () => {
    const harness = new EngineHarness();
    const one = harness.connect();
    one.run('SSUBSCRIBE', 'news');
    assert.equal(harness.run('PUBLISH', 'news', 'hi'), ':0\r\n');
    assert.equal(harness.run('SPUBLISH', 'news', 'hi'), ':1\r\n');
    assert.equal(one.take(), `*3\r\n${bulk('smessage')}${bulk('news')}${bulk('hi')}`);
  });

  it('a message to oneself comes behind the reply', () => {
    const harness = new EngineHarness();
    harness.run('HELLO', '3');
    harness.run('SUBSCRIBE', 'news');
    const message = `>3\r\n${bulk('message')}${bulk('news')}${bulk('hi')}`;
    assert.equal(harness.run('PUBLISH', 'news', 'hi'), `:1\r\n${message}`);
    harness.run('MULTI');
    harness.run('PUBLISH', 'news', 'hi');
    harness.run('PING');
    assert.equal(harness.run('EXEC'), `*2\r\n:1\r\n+PONG\r\n${message}`);
  });

  it('messages reach who wants no replies', () => {
    const harness = new EngineHarness();
    const one = harness.connect();
    one.run('CLIENT', 'REPLY', 'OFF');
    assert.equal(one.run('SUBSCRIBE', 'news'), `*3\r\n${bulk('subscribe')}${bulk('news')}:1\r\n`);
    harness.run('PUBLISH', 'news', 'hi');
    assert.equal(one.take(), `*3\r\n${bulk('message')}${bulk('news')}${bulk('hi')}`);
    assert.equal(one.run('PING'), '');
  });

  it('notifies of keys on both kinds of channels, binary names as they are', () => {
    const harness = new EngineHarness();
    const ear = harness.connect();
    harness.engine.changes.notifyClasses = EVENT_ALL | EVENT_KEYSPACE | EVENT_KEYEVENT;
    harness.engine.refreshEffects();
    ear.run('PSUBSCRIBE', '__key*');
    harness.run('SELECT', '3');
    harness.run('SET', 'a\0\xff', '1');
    const message = (channel: string, text: string) =>
      `*4\r\n${bulk('pmessage')}${bulk('__key*')}${bulk(channel)}${bulk(text)}`;
    assert.equal(ear.take(), message('__keyspace@3__:a\0\xff', 'set') + message('__keyevent@3__:set', 'a\0\xff'));
    harness.run('SET', 'b', '1', 'PX', '10');
    ear.take();
    harness.advance(200);
    assert.equal(ear.take(), message('__keyspace@3__:b', 'expired') + message('__keyevent@3__:expired', 'b'));
  });

  it('forgets a client that goes', () => {
    const harness = new EngineHarness();
    const one = harness.connect();
    one.run('SUBSCRIBE', ...Array.from({ length: 1000 }, (_, index) => `c${index}`));
    one.run('PSUBSCRIBE', '*');
    harness.engine.closeSession(one.session);
    assert.equal(harness.run('PUBSUB', 'CHANNELS'), '*0\r\n');
    assert.equal(harness.run('PUBSUB', 'NUMPAT'), ':0\r\n');
    assert.equal(harness.run('PUBLISH', 'c1', 'x'), ':0\r\n');
  });
});
