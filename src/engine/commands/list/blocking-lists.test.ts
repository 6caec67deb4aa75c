// Clients that wait for lists.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineHarness, type TestClient } from '../../../../tests/support/engine-harness.ts';

function start(): { harness: EngineHarness; one: TestClient; two: TestClient; run: (line: string) => string } {
  const harness = new EngineHarness({ propagation: true });
  const run = (line: string): string => harness.run(...line.split(' '));
  return { harness, one: harness.connect(), two: harness.connect(), run };
}

function ask(client: TestClient, line: string): string {
  return client.run(...line.split(' '));
}

const pair = (name: string, item: string): string =>
  `*2\r\n$${name.length}\r\n${name}\r\n$${item.length}\r\n${item}\r\n`;

describe('waiting for lists', () => {
  it('BLPOP and BRPOP take what is there, or what comes', () => {
    const { harness, one, two, run } = start();
    run('RPUSH l a b c');
    assert.equal(ask(one, 'BLPOP none l 0'), pair('l', 'a'));
    assert.equal(ask(one, 'BRPOP l none 0'), pair('l', 'c'));
    assert.equal(ask(one, 'BLPOP x y 0'), '');
    assert.equal(ask(two, 'BRPOP y 0'), '');
    harness.takePropagated();
    assert.equal(run('RPUSH y 1 2 3'), ':3\r\n');
    assert.equal(one.take(), pair('y', '1'));
    assert.equal(two.take(), pair('y', '3'));
    assert.equal(run('LRANGE y 0 -1'), '*1\r\n$1\r\n2\r\n');
    assert.deepEqual(harness.takePropagated(), ['0 RPUSH y 1 2 3', '0 LPOP y', '0 RPOP y']);
  });

  it('first come, first served; who finds nothing keeps waiting', () => {
    const { one, two, run } = start();
    ask(one, 'BLPOP l 0');
    ask(two, 'BLPOP l 0');
    run('RPUSH l a');
    assert.equal(one.take(), pair('l', 'a'));
    assert.equal(two.take(), '');
    run('RPUSH l b');
    assert.equal(two.take(), pair('l', 'b'));
    assert.equal(run('EXISTS l'), ':0\r\n');
  });

  it('BLMOVE hands on to who waits for its destination', () => {
    const { harness, one, two, run } = start();
    ask(one, 'BLPOP b 0');
    ask(two, 'BLMOVE a b RIGHT LEFT 0');
    run('RPUSH a x');
    assert.equal(two.take(), '$1\r\nx\r\n');
    assert.equal(one.take(), pair('b', 'x'));
    assert.deepEqual(harness.takePropagated(), ['0 RPUSH a x', '0 LMOVE a b RIGHT LEFT', '0 LPOP b']);
    assert.equal(run('DBSIZE'), ':0\r\n');
  });

  it('BRPOPLPUSH to itself', () => {
    const { one, run } = start();
    ask(one, 'BRPOPLPUSH l l 0');
    run('RPUSH l a b');
    assert.equal(one.take(), '$1\r\nb\r\n');
    assert.equal(run('LRANGE l 0 -1'), '*2\r\n$1\r\nb\r\n$1\r\na\r\n');
  });

  it('a destination of another type is told when the source comes', () => {
    const { one, run } = start();
    run('SET s x');
    ask(one, 'BLMOVE l s LEFT LEFT 0');
    run('RPUSH l a');
    assert.equal(one.take(), '-WRONGTYPE Operation against a key holding the wrong kind of value\r\n');
    assert.equal(run('LLEN l'), ':1\r\n');
  });

  it('a key that comes as another type wakes nobody', () => {
    const { one, run } = start();
    ask(one, 'BLPOP k l 0');
    run('SET k x');
    run('SADD l x');
    assert.equal(one.take(), '');
    run('DEL l');
    run('RPUSH l a');
    assert.equal(one.take(), pair('l', 'a'));
  });

  it('BLMPOP takes as many as there are', () => {
    const { harness, one, run } = start();
    ask(one, 'BLMPOP 0 2 a b RIGHT COUNT 10');
    harness.takePropagated();
    run('RPUSH b 1 2 3');
    assert.equal(one.take(), '*2\r\n$1\r\nb\r\n*3\r\n$1\r\n3\r\n$1\r\n2\r\n$1\r\n1\r\n');
    assert.deepEqual(harness.takePropagated(), ['0 RPUSH b 1 2 3', '0 RPOP b 3']);
  });

  it('BLMOVEM waits until there are as many as it wants', () => {
    const { harness, one, two, run } = start();
    ask(one, 'BLMOVEM a b LEFT RIGHT 0 EXACTLY 3 BULK');
    run('RPUSH a 1 2');
    assert.equal(one.take(), '');
    harness.takePropagated();
    run('RPUSH a 3 4');
    assert.equal(one.take(), '*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n');
    assert.deepEqual(harness.takePropagated(), ['0 RPUSH a 3 4', '0 LMOVEM a b LEFT RIGHT EXACTLY 3 BULK']);
    ask(two, 'BLMOVEM c b LEFT RIGHT 0 COUNT 3 OBO');
    run('RPUSH c 9');
    assert.equal(two.take(), '*1\r\n$1\r\n9\r\n');
    assert.equal(run('LRANGE b 0 -1').split('\r\n').length, 10);
  });

  it('times out with nil', () => {
    const { harness, one, two } = start();
    ask(one, 'BLPOP l 1');
    ask(two, 'BLMOVE l m LEFT LEFT 0.5');
    harness.advance(600);
    assert.equal(two.take(), '*-1\r\n');
    assert.equal(one.take(), '');
    harness.advance(600);
    assert.equal(one.take(), '*-1\r\n');
  });

  it('does not wait inside of a transaction', () => {
    const { run } = start();
    run('MULTI');
    for (const line of ['BLPOP l 0', 'BLMPOP 0 1 l LEFT', 'BLMOVE l m LEFT LEFT 0', 'BRPOPLPUSH l m 0']) run(line);
    assert.equal(run('EXEC'), '*4\r\n*-1\r\n*-1\r\n$-1\r\n$-1\r\n');
  });

  it('is served once a transaction has ended, in its order', () => {
    const { one, run } = start();
    ask(one, 'BLPOP l 0');
    run('MULTI');
    run('RPUSH l a');
    run('DEL l');
    run('RPUSH l b');
    run('EXEC');
    assert.equal(one.take(), pair('l', 'b'));
  });

  it('timeouts that are none', () => {
    const { run } = start();
    assert.equal(run('BLPOP l x'), '-ERR timeout is not a float or out of range\r\n');
    assert.equal(run('BLPOP l -1'), '-ERR timeout is negative\r\n');
    assert.equal(run('BLMOVE l m LEFT LEFT inf'), '-ERR timeout is out of range\r\n');
    assert.equal(run('BRPOPLPUSH l m 1e18'), '-ERR timeout is out of range\r\n');
    assert.equal(run('BLMPOP 1 0 l LEFT'), '-ERR numkeys should be greater than 0\r\n');
    assert.equal(run('BLMPOP 1 1 l LEFT COUNT 0'), '-ERR count should be greater than 0\r\n');
    assert.equal(run('BLMPOP x 1 l LEFT COUNT 1 COUNT 1'), '-ERR syntax error\r\n');
  });
});
