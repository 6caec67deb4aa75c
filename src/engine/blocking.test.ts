// The one blocking mechanism, through a command of the test: BTAKE key [key …] timeout takes the first string there is,
// or waits for one.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineHarness, START, type TestClient } from '../../tests/support/engine-harness.ts';
import { STRING } from '../datatypes/key-record.ts';
import { parseDouble } from '../lib/decimal.ts';
import { NONE } from '../memory/flat-memory.ts';
import { ENGINE_COMMANDS } from './all-commands.ts';
import type { WriteCall } from './call.ts';
import { double, key, multiple, write } from './command.ts';
import { DEL_EVENT, EVENT_EXPIRED, EVENT_KEYEVENT } from './events.ts';

/** Takes what is at the first key that holds a string; false when there is none. */
function take(call: WriteCall): boolean {
  for (let index = 1; index < call.count - 1; index++) {
    const handle = call.forWrite(index);
    if (handle === NONE || call.typeOf(handle) !== STRING) continue;
    call.strings.read(handle);
    call.reply.array(2);
    call.reply.bulkText(call.text(index));
    call.reply.bulk(call.strings.bytes, call.strings.start, call.strings.end);
    call.keyspace.removeFound(call.database, handle);
    call.changed(index, DEL_EVENT);
    call.propagateAs(2).text('DEL').text(call.text(index));
    return true;
  }
  return false;
}

const btake = write(
  'BTAKE',
  {
    group: 'string',
    summary: 'Takes a string, or waits for one.',
    since: '1.0.0',
    complexity: 'O(N)',
    args: [multiple(key('key', 'RW', 'access', 'delete')), double('timeout')],
    replies: [],
    flags: ['blocking'],
  },
  (call) => {
    if (take(call)) return;
    const seconds = parseDouble(call.bytes, call.starts[call.count - 1]!, call.ends[call.count - 1]!);
    const deadline = seconds === 0 ? Number.POSITIVE_INFINITY : call.now() + seconds * 1000;
    const keys = Array.from({ length: call.count - 2 }, (_, index) => call.text(index + 1));
    if (call.mayBlock()) call.block(keys, deadline, (reply) => reply.nilArray());
    else call.reply.nilArray();
  },
);

function start(): { harness: EngineHarness; one: TestClient; two: TestClient } {
  const harness = new EngineHarness({ commands: [...ENGINE_COMMANDS, btake], propagation: true });
  return { harness, one: harness.connect(), two: harness.connect() };
}

const taken = (name: string, value: string) => `*2\r\n$${name.length}\r\n${name}\r\n$${value.length}\r\n${value}\r\n`;
const idOf = (client: TestClient) => String(client.session.id);

describe('blocking', () => {
  it('is served by the command that makes the key, after its reply, and propagated in one unit with it', () => {
    const { harness, one } = start();
    assert.equal(one.run('BTAKE', 'a', '0'), '');
    assert.equal(harness.run('SET', 'a', '1'), '+OK\r\n');
    assert.equal(one.take(), taken('a', '1'));
    assert.equal(harness.run('EXISTS', 'a'), ':0\r\n');
    assert.deepEqual(harness.takePropagated(), ['0 SET a 1', '0 DEL a']);
  });

  it('serves who came first, and only as many as there is something for', () => {
    const { harness, one, two } = start();
    one.run('BTAKE', 'b', 'a', '0');
    two.run('BTAKE', 'a', '0');
    harness.run('SET', 'a', '1');
    assert.equal(one.take(), taken('a', '1'));
    assert.equal(two.take(), '');
    harness.run('SET', 'a', '2');
    assert.equal(two.take(), taken('a', '2'));
  });

  it('serves a client once for two of its keys', () => {
    const { harness, one } = start();
    one.run('BTAKE', 'a', 'b', '0');
    harness.run('MSET', 'b', '1', 'a', '2');
    assert.equal(one.take(), taken('a', '2'));
    assert.equal(harness.run('GET', 'b'), '$1\r\n1\r\n');
  });

  it('reads on when it is served: requests behind wait', () => {
    const { harness, one } = start();
    assert.equal(one.raw('*3\r\n$5\r\nBTAKE\r\n$1\r\na\r\n$1\r\n0\r\n*1\r\n$4\r\nPING\r\n'), '');
    assert.equal(one.raw('*2\r\n$4\r\nECHO\r\n$1\r\nx\r\n'), '');
    harness.run('SET', 'a', '1');
    assert.equal(one.take(), `${taken('a', '1')}+PONG\r\n$1\r\nx\r\n`);
  });

  it('ends at a fraction of a second', () => {
    const { harness, one, two } = start();
    one.run('BTAKE', 'a', '0.25');
    two.run('BTAKE', 'a', '0.001');
    assert.equal(harness.engine.nextDeadline(), START + 1);
    harness.advance(1);
    assert.equal(two.take(), '*-1\r\n');
    harness.advance(248);
    assert.equal(one.take(), '');
    harness.advance(1);
    assert.equal(one.take(), '*-1\r\n');
    assert.equal(harness.engine.blocked.count, 0);
    assert.equal(harness.engine.nextDeadline(), Number.POSITIVE_INFINITY);
  });

  it('times out in RESP3 with its null', () => {
    const { harness, one } = start();
    one.run('HELLO', '3');
    one.run('BTAKE', 'a', '1');
    harness.advance(1000);
    assert.equal(one.take(), '_\r\n');
  });

  it('is ended by CLIENT UNBLOCK, with its timeout or an error', () => {
    const { harness, one, two } = start();
    one.run('BTAKE', 'a', '0');
    two.run('BTAKE', 'a', '0');
    assert.equal(harness.run('CLIENT', 'UNBLOCK', idOf(one)), ':1\r\n');
    assert.equal(one.take(), '*-1\r\n');
    assert.equal(harness.run('CLIENT', 'UNBLOCK', idOf(two), 'ERROR'), ':1\r\n');
    assert.equal(two.take(), '-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n');
    assert.equal(harness.run('CLIENT', 'UNBLOCK', idOf(two), 'TIMEOUT'), ':0\r\n');
    assert.equal(harness.run('CLIENT', 'UNBLOCK', '999'), ':0\r\n');
    assert.equal(harness.engine.blocked.count, 0);
  });

  it('does not wait inside MULTI', () => {
    const { harness, one } = start();
    one.run('MULTI');
    one.run('BTAKE', 'a', '0');
    assert.equal(one.run('EXEC'), '*1\r\n*-1\r\n');
    assert.equal(harness.engine.blocked.count, 0);
  });

  it('is served when a transaction has ended, by what is there then', () => {
    const { harness, one } = start();
    one.run('BTAKE', 'a', '0');
    for (const command of [['MULTI'], ['SET', 'a', '1'], ['DEL', 'a'], ['EXEC']]) harness.run(...command);
    assert.equal(one.take(), '');
    for (const command of [['MULTI'], ['SET', 'a', '1'], ['SET', 'a', '2'], ['EXEC']]) harness.run(...command);
    assert.equal(one.take(), taken('a', '2'));
  });

  const makers: readonly (readonly [string, string[][], string[]])[] = [
    ['SET', [], ['SET', 'a', '1']],
    ['APPEND', [], ['APPEND', 'a', '1']],
    ['INCR', [], ['INCR', 'a']],
    ['RENAME', [['SET', 'x', '1']], ['RENAME', 'x', 'a']],
    ['COPY', [['SET', 'x', '1']], ['COPY', 'x', 'a']],
    [
      'MOVE',
      [
        ['SELECT', '1'],
        ['SET', 'a', '1'],
      ],
      ['MOVE', 'a', '0'],
    ],
    [
      'COPY from another database',
      [
        ['SELECT', '1'],
        ['SET', 'x', '1'],
      ],
      ['COPY', 'x', 'a', 'DB', '0'],
    ],
    [
      'SWAPDB',
      [
        ['SELECT', '1'],
        ['SET', 'a', '1'],
      ],
      ['SWAPDB', '0', '1'],
    ],
    [
      'SWAPDB the other way round',
      [
        ['SELECT', '1'],
        ['SET', 'a', '1'],
      ],
      ['SWAPDB', '1', '0'],
    ],
  ];
  for (const [name, before, command] of makers) {
    it(`is woken by ${name}`, () => {
      const { harness, one } = start();
      for (const each of before) harness.run(...each);
      one.run('BTAKE', 'a', '0');
      harness.run(...command);
      assert.equal(one.take(), taken('a', '1'));
    });
  }

  it('leaves no trace of a client that goes', () => {
    const { harness, one } = start();
    one.run('BTAKE', 'a', 'b', '5');
    harness.engine.closeSession(one.session);
    assert.equal(harness.engine.blocked.count, 0);
    assert.equal(harness.engine.keyspace.databases[0]!.waiting.size, 0);
    assert.equal(harness.run('SET', 'a', '1'), '+OK\r\n');
    assert.equal(harness.run('GET', 'a'), '$1\r\n1\r\n');
    harness.advance(10_000);
    assert.equal(one.take(), '');
  });

  it('serves two thousand clients of one key one by one, in their order', () => {
    const { harness } = start();
    const clients = Array.from({ length: 2000 }, () => harness.connect());
    for (const client of clients) client.run('BTAKE', 'a', '0');
    for (const [number, client] of clients.entries()) {
      harness.run('SET', 'a', String(number));
      assert.equal(client.take(), taken('a', String(number)));
    }
    assert.equal(harness.engine.blocked.count, 0);
  });

  it('tells a client that waits on what it is to know, and nobody else', () => {
    const { harness, one, two } = start();
    const { engine } = harness;
    engine.activeExpire = false;
    engine.changes.notifyClasses = EVENT_KEYEVENT | EVENT_EXPIRED;
    one.run('HELLO', '3');
    one.run('SUBSCRIBE', '__keyevent@0__:expired');
    one.run('BLPOP', 'a', 'b', '0');
    two.run('BLPOP', 'c', '0');
    harness.run('SET', 'b', 'no list', 'PX', '50');
    harness.clock.advance(100);
    harness.takePropagated();
    // It looks again, meets `b`, whose time has come, and waits on.
    harness.run('SET', 'a', 'no list');
    assert.equal(one.take(), '>3\r\n$7\r\nmessage\r\n$22\r\n__keyevent@0__:expired\r\n$1\r\nb\r\n');
    assert.deepEqual(harness.takePropagated(), ['0 SET a no list', '0 DEL b']);
    harness.run('RPUSH', 'c', '1');
    assert.equal(two.take(), '*2\r\n$1\r\nc\r\n$1\r\n1\r\n');
  });

  it('CLIENT REPLY SKIP holds for a command that waits, as long as it does', () => {
    const { harness, one } = start();
    one.run('CLIENT', 'REPLY', 'SKIP');
    one.run('BTAKE', 'a', '0');
    harness.run('SET', 'a', '1');
    assert.equal(one.take(), '');
    assert.equal(one.run('PING'), '+PONG\r\n');
    one.run('CLIENT', 'REPLY', 'SKIP');
    one.run('BTAKE', 'a', '1');
    harness.advance(1001);
    assert.equal(one.take(), '');
    assert.equal(one.run('PING'), '+PONG\r\n');
  });
});
