// SCAN and the emptying of databases, where they are our own: cursors, guarantees, memory. Replies that Redis gives too
// are compared with redis-server in tests/conformance.

import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { bulkOf, elementsOf } from '../../../tests/conformance/reply-frames.ts';
import { EngineHarness } from '../../../tests/support/engine-harness.ts';

/** The keys of a whole scan, as often as they come. */
function scanAll(harness: EngineHarness, options: readonly string[], between: () => void = () => undefined): string[] {
  const keys: string[] = [];
  let cursor = '0';
  do {
    const [next, page] = elementsOf(harness.run('SCAN', cursor, ...options))!;
    cursor = bulkOf(next!)!;
    keys.push(...elementsOf(page!)!.map((key) => bulkOf(key)!));
    between();
  } while (cursor !== '0');
  return keys;
}

function fill(harness: EngineHarness, from: number, to: number): void {
  for (let number = from; number < to; number++) harness.run('SET', `key:${number}`, 'x');
}

describe('SCAN', () => {
  it('SCAN takes the cursors that Redis 7.4 takes', () => {
    const harness = new EngineHarness();
    const end = '*2\r\n$1\r\n0\r\n*0\r\n';
    for (const cursor of ['0', '007', '+1', ' 1', '-0', '1', '18446744073709551615', '9007199254740993']) {
      assert.equal(harness.run('SCAN', cursor), end, cursor);
    }
    for (const cursor of ['', '-1', 'x', '1x', '1 ', '0x10', '1e3', '18446744073709551616', '-', ' ']) {
      assert.equal(harness.run('SCAN', cursor), '-ERR invalid cursor\r\n', cursor);
    }
  });

  it('finds every key that is there all the time, while others come and go', () => {
    for (const count of ['1', '10', '1000']) {
      const harness = new EngineHarness();
      fill(harness, 0, 2000);
      let next = 2000;
      const seen = new Set(
        scanAll(harness, ['COUNT', count], () => {
          if (next > 12_000) return;
          fill(harness, next, next + 50);
          harness.run('DEL', ...Array.from({ length: 45 }, (_, index) => `key:${next + index}`));
          next += 50;
        }),
      );
      for (let number = 0; number < 2000; number++)
        assert.ok(seen.has(`key:${number}`), `COUNT ${count}, key ${number}`);
    }
  });

  it('filters by pattern and type, and leaves expired keys out', () => {
    const harness = new EngineHarness();
    fill(harness, 0, 300);
    harness.run('SET', 'gone', 'x', 'PX', '10');
    harness.clock.advance(10);
    assert.equal(scanAll(harness, ['MATCH', 'key:1?']).length, 10);
    assert.equal(scanAll(harness, ['TYPE', 'string', 'COUNT', '7']).length, 300);
    assert.equal(scanAll(harness, ['TYPE', 'list']).length, 0);
    assert.equal(harness.run('DBSIZE'), ':300\r\n');
  });

  it('looks at no more than its COUNT asks for, however few match', () => {
    const harness = new EngineHarness();
    fill(harness, 0, 5000);
    const [, page] = elementsOf(harness.run('SCAN', '0', 'COUNT', '10', 'MATCH', 'key:*'))!;
    assert.ok(elementsOf(page!)!.length < 100);
  });
});

describe('emptying', () => {
  for (const command of [['FLUSHALL'], ['FLUSHALL', 'ASYNC'], ['FLUSHALL', 'SYNC']]) {
    it(`${command.join(' ')} gives all of the data's memory back`, () => {
      const harness = new EngineHarness();
      const before = harness.engine.keyspace.memory.usedBytes();
      for (let number = 0; number < 3000; number++) {
        harness.run('SET', `key:${number}`, 'v'.repeat(number), ...(number % 2 === 0 ? ['EX', '100'] : []));
      }
      harness.run(...command);
      assert.equal(harness.run('DBSIZE'), ':0\r\n');
      harness.advance(0);
      assert.equal(harness.engine.keyspace.memory.usedBytes(), before);
      harness.engine.check();
    });
  }

  it('SWAPDB exchanges keys and deadlines', () => {
    const harness = new EngineHarness();
    harness.run('SET', 'a', '0', 'PX', '100');
    harness.run('SELECT', '1');
    harness.run('SET', 'b', '1');
    harness.run('SWAPDB', '0', '1');
    assert.equal(harness.run('PTTL', 'a'), ':100\r\n');
    harness.advance(200);
    assert.equal(harness.run('DBSIZE'), ':0\r\n');
    harness.run('SELECT', '0');
    assert.equal(harness.run('GET', 'b'), bulk('1'));
    harness.engine.check();
  });
});

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

test('SCAN refuses a TYPE that there is not', () => {
  const harness = new EngineHarness();
  assert.equal(harness.run('SCAN', '0', 'TYPE', 'nosuch'), "-ERR unknown type name 'nosuch'\r\n");
  assert.equal(harness.run('SCAN', '0', 'TYPE', 'ZSET'), '*2\r\n$1\r\n0\r\n*0\r\n');
});

test('FLUSHALL of many keys lets its client wait, and nobody else', () => {
  const harness = new EngineHarness();
  for (let index = 0; index < 60_000; index++) harness.run('SET', `k${index}`, 'v');
  const other = harness.connect();
  assert.equal(harness.run('FLUSHALL'), '');
  assert.equal(other.run('DBSIZE'), ':0\r\n');
  assert.equal(harness.run('PING'), '');
  harness.advance(0);
  assert.equal(harness.client.take(), '+OK\r\n+PONG\r\n');
  assert.equal(harness.engine.keyspace.disposals.isEmpty(), true);
});
