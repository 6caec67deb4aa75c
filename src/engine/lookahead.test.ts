// That requests of a pipeline are read ahead of their turn changes nothing but the time that they take.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness, encode } from '../../tests/support/engine-harness.ts';
import { Prng } from '../lib/prng.ts';

const SEED = Number(process.env['CINNABAR_SEED'] ?? Date.now() % 1_000_000_007);

const KEYS = 40;

/** Commands that make, change, move and remove few keys, so that what was looked up beforehand is often true no more. */
function randomCommand(prng: Prng): string[] {
  const key = () => `key:${prng.below(KEYS)}`;
  const value = () => 'v'.repeat(prng.below(60));
  const makers: (() => string[])[] = [
    () => ['SET', key(), value()],
    () => ['SET', key(), value(), 'EX', String(1 + prng.below(3))],
    () => ['GET', key()],
    () => ['GET', key()],
    () => ['INCR', key()],
    () => ['APPEND', key(), value()],
    () => ['DEL', key(), key(), key()],
    () => ['MSET', key(), value(), key(), value(), key(), value()],
    () => ['MGET', ...Array.from({ length: 1 + prng.below(90) }, key)],
    () => ['RENAME', key(), key()],
    () => ['COPY', key(), key(), 'REPLACE'],
    () => ['MOVE', key(), String(prng.below(3))],
    () => ['SELECT', String(prng.below(3))],
    () => ['SWAPDB', '0', '1'],
    () => ['SADD', key(), value(), value()],
    () => ['SINTERSTORE', key(), key(), key()],
    () => ['LPUSH', key(), value()],
    () => ['LPOP', key()],
    () => ['SORT', key(), 'ALPHA', 'STORE', key()],
    () => ['EXPIRE', key(), String(prng.below(3) - 1)],
    () => ['EXISTS', key(), key()],
    () => ['MULTI'],
    () => ['EXEC'],
    () => ['WATCH', key()],
    () => ['OBJECT', 'ENCODING', key()],
    () => ['NONSENSE', key()],
    () => ['GET'],
  ];
  if (prng.below(300) === 0) return prng.below(2) === 0 ? ['FLUSHALL'] : ['FLUSHDB', 'ASYNC'];
  return makers[prng.below(makers.length)]!();
}

/** Commands about the members of few large collections, which some of them remove or replace. */
function randomMemberCommand(prng: Prng): string[] {
  const member = () => `member:${prng.below(700)}`;
  const members = () => Array.from({ length: 1 + prng.below(20) }, member);
  const value = () => 'v'.repeat(prng.below(30));
  const which = prng.below(2);
  const [set, hash, zset] = [`set:${which}`, `hash:${which}`, `zset:${which}`];
  const score = () => String(prng.below(50));
  const makers: (() => string[])[] = [
    () => ['SADD', set, ...members()],
    () => ['SREM', set, ...members()],
    () => ['SISMEMBER', set, member()],
    () => ['SMISMEMBER', set, ...members()],
    () => ['SMOVE', set, 'set:0', member()],
    () => ['SPOP', set],
    () => ['HSET', hash, ...members().flatMap((field) => [field, value()])],
    () => ['HGET', hash, member()],
    () => ['HMGET', hash, ...members()],
    () => ['HDEL', hash, ...members()],
    () => ['HINCRBY', hash, `number:${prng.below(9)}`, '1'],
    () => ['HSTRLEN', hash, member()],
    () => ['HPEXPIRE', hash, String(prng.below(300)), 'FIELDS', '2', member(), member()],
    () => ['ZADD', zset, ...members().flatMap((each) => [score(), each])],
    () => ['ZADD', zset, 'NX', score(), member(), score(), member()],
    () => ['ZINCRBY', zset, score(), member()],
    () => ['ZREM', zset, ...members()],
    () => ['ZMSCORE', zset, ...members()],
    () => ['ZRANK', zset, member()],
    () => ['HGET', set, member()],
    () => ['SADD', hash, ...members()],
    () => ['ZSCORE', zset, member(), 'more'],
  ];
  const rare: (() => string[])[] = [
    () => ['DEL', set, hash, zset],
    () => ['UNLINK', zset],
    () => ['RENAME', hash, 'hash:1'],
    () => ['COPY', set, 'set:1', 'REPLACE'],
    () => ['ZINTERSTORE', zset, '2', zset, 'zset:0'],
    () => ['SET', set, 'no set any more'],
    () => ['ZREMRANGEBYSCORE', zset, '0', '20'],
    () => ['FLUSHALL'],
  ];
  const from = prng.below(60) === 0 ? rare : makers;
  return from[prng.below(from.length)]!();
}

test(`a pipeline about members answers as its requests do one by one, seed ${SEED}`, () => {
  const prng = new Prng(SEED);
  const alone = new EngineHarness();
  const together = new EngineHarness();
  for (let batch = 0; batch < 700; batch++) {
    const requests = Array.from({ length: 1 + prng.below(60) }, () => encode(randomMemberCommand(prng)));
    const expected = requests.map((request) => alone.client.raw(request)).join('');
    assert.equal(together.client.raw(requests.join('')), expected);
    const ms = prng.below(100);
    alone.advance(ms);
    together.advance(ms);
    if (batch % 50 === 0) together.engine.check();
  }
  together.engine.check();
});

test(`a pipeline answers as its requests do one by one, seed ${SEED}`, () => {
  const prng = new Prng(SEED);
  for (let round = 0; round < 20; round++) {
    const alone = new EngineHarness();
    const together = new EngineHarness();
    for (let batch = 0; batch < 40; batch++) {
      const requests = Array.from({ length: 1 + prng.below(80) }, () => encode(randomCommand(prng)));
      const expected = requests.map((request) => alone.client.raw(request)).join('');
      assert.equal(together.client.raw(requests.join('')), expected);
      const ms = prng.below(500);
      alone.advance(ms);
      together.advance(ms);
    }
    together.engine.check();
  }
});

test(`a pipeline that comes in pieces answers as a whole one does, seed ${SEED}`, () => {
  const prng = new Prng(SEED);
  for (let round = 0; round < 20; round++) {
    const alone = new EngineHarness();
    const pieces = new EngineHarness();
    for (let batch = 0; batch < 20; batch++) {
      const requests = Array.from({ length: 1 + prng.below(80) }, () =>
        encode(prng.below(20) === 0 ? ['SET', 'long', 'v'.repeat(prng.below(5000))] : randomCommand(prng)),
      );
      const expected = requests.map((request) => alone.client.raw(request)).join('');
      const text = requests.join('');
      let answer = '';
      for (let at = 0; at < text.length; ) {
        const length = 1 + prng.below(prng.below(4) === 0 ? 10 : 3000);
        answer += pieces.client.raw(text.slice(at, at + length));
        at += length;
      }
      assert.equal(answer, expected);
    }
    assert.equal(pieces.client.session.pendingInput(), 0);
    pieces.engine.check();
  }
});

test('what waits in pieces behind a pause goes on in its order, with what comes then', () => {
  const harness = new EngineHarness();
  const text = Array.from({ length: 60 }, (_, index) => encode(['RPUSH', 'list', `element ${index}`])).join('');
  harness.connect().run('CLIENT', 'PAUSE', '100', 'WRITE');
  assert.equal(harness.client.raw(text.slice(0, 1000)), '');
  assert.equal(harness.client.raw(text.slice(1000, 1010)), '');
  harness.advance(200);
  const answers =
    harness.client.take() + harness.client.raw(text.slice(1010, 1500)) + harness.client.raw(text.slice(1500));
  assert.equal(answers, Array.from({ length: 60 }, (_, index) => `:${index + 1}\r\n`).join(''));
});

test('a request behind one that blocks is read when its turn comes', () => {
  const harness = new EngineHarness();
  const rest = [
    ['GET', 'a'],
    ['SET', 'a', 'own'],
    ['GET', 'a'],
    ['DEL', 'a'],
    ['EXISTS', 'a', 'b', 'c'],
  ].map(encode);
  assert.equal(harness.client.raw([encode(['BLPOP', 'list', '0']), ...rest].join('')), '');
  const other = harness.connect();
  other.run('SET', 'a', "other's");
  other.run('LPUSH', 'list', 'x');
  assert.equal(
    harness.client.take(),
    "*2\r\n$4\r\nlist\r\n$1\r\nx\r\n$7\r\nother's\r\n+OK\r\n$3\r\nown\r\n:1\r\n:0\r\n",
  );
});

test('what is read ahead is forgotten with a session that ends', () => {
  const harness = new EngineHarness();
  const sets = Array.from({ length: 10 }, (_, index) => encode(['SET', `key:${index}`, 'value']));
  const id = harness.run('CLIENT', 'ID').slice(1, -2);
  sets.splice(5, 0, encode(['CLIENT', 'KILL', 'ID', id, 'SKIPME', 'no']));
  harness.client.raw(sets.join(''));
  const other = harness.connect();
  assert.equal(other.run('DBSIZE'), ':5\r\n');
  assert.equal(other.raw(sets.slice(6).join('')), '+OK\r\n'.repeat(5));
  assert.equal(other.run('DBSIZE'), ':10\r\n');
});

test('nothing is read ahead for who has not authenticated: the tighter limits hold', () => {
  const harness = new EngineHarness();
  harness.run('ACL', 'SETUSER', 'default', '>secret');
  const stranger = harness.connect();
  const many = encode(['MGET', ...Array.from({ length: 20 }, (_, index) => `key:${index}`)]);
  assert.match(
    stranger.raw(encode(['GET', 'a']) + many),
    /^-NOAUTH .*\r\n-ERR Protocol error: unauthenticated multibulk/,
  );
  const friend = harness.connect();
  assert.equal(friend.raw(encode(['AUTH', 'secret']) + many).slice(0, 10), '+OK\r\n*20\r\n');
});
