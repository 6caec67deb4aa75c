// Inputs that have broken servers of this kind, each under its CVE or hazard (strings, keys, expiry, transactions,
// pub/sub). Whatever comes: an error or a clean close, the data unchanged unless the command was right, the engine whole.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineHarness, encode } from '../support/engine-harness.ts';
import { bulkOf, elementsOf, framesOf } from './reply-frames.ts';

/** What a hang would exceed, on a machine that does other things too. */
const HANG_MS = 1000;

function harnessWith(...commands: readonly string[][]): EngineHarness {
  const harness = new EngineHarness();
  for (const command of commands) harness.run(...command);
  return harness;
}

/** Does something, that must not take long, and checks the engine after it. */
function promptly<T>(harness: EngineHarness, act: () => T): T {
  const began = performance.now();
  const result = act();
  const took = performance.now() - began;
  assert.ok(took < HANG_MS, `took ${took} ms`);
  assert.equal(harness.connect().run('PING'), '+PONG\r\n', 'others are served');
  harness.engine.check();
  return result;
}

const TOO_LONG = '-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n';
const NOT_INTEGER = '-ERR value is not an integer or out of range\r\n';

describe('integers and ranges (bad inputs, 3c)', () => {
  it('CVE-2022-35977, CVE-2021-21309: SETRANGE far beyond everything', () => {
    const harness = harnessWith(['SET', 'a', 'value']);
    for (const offset of [
      '536870908',
      '2147483647',
      '4294967295',
      '4294967296',
      '9007199254740993',
      '9223372036854775807',
    ]) {
      assert.equal(harness.run('SETRANGE', 'a', offset, 'world'), TOO_LONG, offset);
      assert.equal(harness.run('SETRANGE', 'new', offset, 'world'), TOO_LONG, offset);
    }
    assert.equal(harness.run('SETRANGE', 'a', '-1', 'x'), '-ERR offset is out of range\r\n');
    assert.equal(harness.run('SETRANGE', 'a', '9223372036854775808', 'x'), NOT_INTEGER);
    assert.equal(harness.run('GET', 'a'), '$5\r\nvalue\r\n');
    assert.equal(harness.run('EXISTS', 'new'), ':0\r\n');
    harness.engine.check();
  });

  it('CVE-2021-41099, CVE-2023-41056: with proto-max-bulk-len raised, memory ends it', () => {
    const harness = harnessWith(['SET', 'a', 'value']);
    harness.engine.bulkBytesMax = Number.MAX_SAFE_INTEGER;
    for (const offset of ['68719476736', '1125899906842624', '9007199254740000', '9223372036854775807']) {
      assert.match(harness.run('SETRANGE', 'a', offset, 'x'), /^-(OOM|ERR string exceeds)/, offset);
    }
    assert.equal(harness.run('GET', 'a'), '$5\r\nvalue\r\n');
    harness.engine.check();
  });

  it('CVE-2021-21309: APPEND and SETRANGE at proto-max-bulk-len, and one byte beyond', () => {
    const harness = harnessWith(['SET', 'a', 'x'.repeat(1000)]);
    harness.engine.bulkBytesMax = 1024;
    assert.equal(harness.run('APPEND', 'a', 'y'.repeat(24)), ':1024\r\n');
    assert.equal(harness.run('APPEND', 'a', 'y'), TOO_LONG);
    assert.equal(harness.run('SETRANGE', 'a', '1023', 'z'), ':1024\r\n');
    assert.equal(harness.run('SETRANGE', 'a', '1024', 'z'), TOO_LONG);
    assert.equal(harness.run('SETRANGE', 'a', '1024', ''), ':1024\r\n');
    assert.equal(harness.run('STRLEN', 'a'), ':1024\r\n');
  });

  it('a string of 512 MB less a little grows to the limit and is let go', () => {
    const harness = new EngineHarness();
    const limit = 512 * 1024 * 1024;
    assert.equal(harness.run('SETRANGE', 'a', String(limit - 1), 'x'), `:${limit}\r\n`);
    assert.equal(harness.run('APPEND', 'a', 'x'), TOO_LONG);
    assert.equal(harness.run('GETRANGE', 'a', String(limit - 2), '-1'), '$2\r\n\0x\r\n');
    assert.equal(harness.run('DEL', 'a'), ':1\r\n');
    harness.advance(0);
    harness.engine.check();
  });

  it('CVE-2021-29477, CVE-2021-32625: LCS of long strings is refused', () => {
    const harness = harnessWith(['SET', 'a', 'x'.repeat(100_000)], ['SET', 'b', 'y'.repeat(100_000)]);
    const refusal = '-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len\r\n';
    promptly(harness, () => {
      for (const option of ['LEN', 'IDX']) assert.equal(harness.run('LCS', 'a', 'b', option), refusal);
    });
    assert.equal(harness.run('LCS', 'a', 'b', 'IDX', 'MINMATCHLEN', '-9223372036854775808'), refusal);
  });

  it('8.6 #14982: SCAN COUNT at the ends of 64 bits', () => {
    const harness = harnessWith(['MSET', 'a', '1', 'b', '2']);
    for (const count of ['2147483647', '2147483648', '4294967296', '9223372036854775807']) {
      const [cursor, keys] = promptly(harness, () => elementsOf(harness.run('SCAN', '0', 'COUNT', count))!);
      assert.equal(bulkOf(cursor!), '0');
      assert.equal(elementsOf(keys!)!.length, 2);
    }
    for (const count of ['0', '-1', '-9223372036854775808']) {
      assert.equal(harness.run('SCAN', '0', 'COUNT', count), '-ERR syntax error\r\n');
    }
    assert.equal(harness.run('SCAN', '0', 'COUNT', '9223372036854775808'), NOT_INTEGER);
  });

  it('class: increments at the ends of 64 bits', () => {
    const harness = harnessWith(['SET', 'a', '9223372036854775807']);
    const overflow = '-ERR increment or decrement would overflow\r\n';
    assert.equal(harness.run('INCR', 'a'), overflow);
    assert.equal(harness.run('INCRBY', 'a', '9223372036854775807'), overflow);
    assert.equal(harness.run('DECRBY', 'a', '-9223372036854775808'), '-ERR decrement would overflow\r\n');
    assert.equal(harness.run('INCRBY', 'a', '-9223372036854775808'), ':-1\r\n');
    harness.run('SET', 'a', '1e4932');
    assert.equal(harness.run('INCRBYFLOAT', 'a', '1.1e4932'), '-ERR increment would produce NaN or Infinity\r\n');
    assert.equal(harness.run('INCRBYFLOAT', 'a', 'inf'), '-ERR increment would produce NaN or Infinity\r\n');
    assert.equal(harness.run('GET', 'a'), '$6\r\n1e4932\r\n');
  });

  it('class: expiry times that overflow when brought to milliseconds', () => {
    const harness = harnessWith(['SET', 'a', '1']);
    for (const time of ['9223372036854776', '9223372036854775807', '-9223372036854775808', '-9223372036854776']) {
      assert.equal(harness.run('EXPIRE', 'a', time), "-ERR invalid expire time in 'expire' command\r\n", time);
    }
    for (const time of ['0', '-1', '9223372036854775807']) {
      assert.equal(harness.run('SETEX', 'a', time, 'x'), "-ERR invalid expire time in 'setex' command\r\n", time);
    }
    assert.equal(harness.run('GET', 'a'), '$1\r\n1\r\n');
    assert.equal(harness.run('TTL', 'a'), ':-1\r\n');
  });
});

describe('complexity (bad inputs, 3d)', () => {
  it('CVE-2022-36021: patterns that would backtrack for ever', () => {
    const key = 'a'.repeat(30_000);
    const harness = harnessWith(['SET', key, '1']);
    const pattern = `${'a*'.repeat(40)}b`;
    promptly(harness, () => assert.equal(harness.run('KEYS', pattern), '*0\r\n'));
    promptly(harness, () => harness.run('SCAN', '0', 'MATCH', pattern));
    const ear = harness.connect();
    ear.run('PSUBSCRIBE', pattern);
    promptly(harness, () => assert.equal(harness.run('PUBLISH', key, 'x'), ':0\r\n'));
  });

  it('CVE-2024-31228: patterns of a million characters', () => {
    const harness = harnessWith(['SET', 'a'.repeat(1000), '1']);
    for (const piece of ['*', '?', '[', '\\', '*?', '[^a]*', '**a']) {
      const pattern = piece.repeat(Math.floor(1_000_000 / piece.length));
      promptly(harness, () => harness.run('KEYS', pattern));
      promptly(harness, () => harness.run('SCAN', '0', 'MATCH', pattern));
      promptly(harness, () => harness.run('PUBSUB', 'CHANNELS', pattern));
      assert.equal(harness.run('ACL', 'SETUSER', 'ann', 'reset', '+@all', `~${pattern}`, `&${pattern}`), '+OK\r\n');
      promptly(harness, () => harness.run('ACL', 'DRYRUN', 'ann', 'GET', 'a'.repeat(1000)));
      promptly(harness, () => harness.run('ACL', 'DRYRUN', 'ann', 'PUBLISH', 'a'.repeat(1000), 'x'));
    }
  });

  it('CVE-2021-32675: large requests before authentication', () => {
    for (const request of ['*11\r\n', '*1048576\r\n', '*2\r\n$3\r\nGET\r\n$16385\r\n', '*1\r\n$536870912\r\n']) {
      const harness = new EngineHarness();
      harness.engine.acl.setDefaultPassword('secret');
      const stranger = harness.connect();
      assert.match(stranger.raw(request), /^-ERR Protocol error: unauthenticated (multi)?bulk length\r\n$/, request);
      assert.equal(stranger.peer.closed, 'flushed');
      harness.engine.acl.setDefaultPassword('');
      promptly(harness, () => undefined);
    }
  });

  it('CVE-2026-27623: empty requests between others', () => {
    const harness = new EngineHarness();
    for (const empty of ['*0\r\n', '*-1\r\n', '\r\n', '\n', '*0\r\n*-1\r\n\r\n']) {
      assert.equal(
        harness.client.raw(`${empty}PING\r\n${empty}*1\r\n$4\r\nPING\r\n${empty}*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n`),
        '+PONG\r\n+PONG\r\n$2\r\nhi\r\n',
      );
      for (const part of [`${empty}*1\r\n$4\r\nPI`, 'NG\r\n']) harness.client.raw(part);
    }
    harness.engine.check();
  });

  it('CVE-2023-28425: MSETNX and MSETEX with a key twice', () => {
    const harness = new EngineHarness({ propagation: true });
    assert.equal(harness.run('MSETNX', 'a', '1', 'a', '2'), ':1\r\n');
    assert.equal(harness.run('MSETEX', '3', 'b', '1', 'b', 'x'.repeat(3000), 'b', '3', 'NX', 'PX', '100'), ':1\r\n');
    assert.equal(harness.run('MGET', 'a', 'b'), '*2\r\n$1\r\n2\r\n$1\r\n3\r\n');
    harness.advance(200);
    assert.equal(harness.run('DBSIZE'), ':1\r\n');
    harness.engine.check();
  });

  it('CVE-2026-21717: keys that look like integers', () => {
    const harness = new EngineHarness();
    const ear = harness.connect();
    const count = 1 << 16;
    const name = (index: number) => String(index * 65536);
    const began = performance.now();
    for (let from = 0; from < count; from += 256) {
      harness.run('MSET', ...Array.from({ length: 512 }, (_, index) => name(from + (index >> 1))));
      ear.run('SUBSCRIBE', ...Array.from({ length: 64 }, (_, index) => name(from + index)));
    }
    assert.ok(performance.now() - began < 10_000);
    assert.equal(harness.run('DBSIZE'), `:${count}\r\n`);
  });

  it('class: a hundred thousand channels, patterns and watched keys of one client, which then goes', () => {
    const harness = new EngineHarness();
    const greedy = harness.connect();
    const names = (count: number, prefix: string) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
    greedy.run('WATCH', ...names(100_000, 'w'));
    greedy.run('SUBSCRIBE', ...names(100_000, 'c'));
    greedy.run('PSUBSCRIBE', ...names(5_000, 'p*'));
    promptly(harness, () => assert.equal(harness.run('PUBLISH', 'c7', 'x'), ':1\r\n'));
    promptly(harness, () => harness.engine.closeSession(greedy.session));
    assert.equal(harness.run('PUBSUB', 'CHANNELS'), '*0\r\n');
    assert.equal(harness.engine.keyspace.databases[0]!.watchers.size, 0);
  });

  it('class: a request of 1,048,577 arguments', () => {
    const harness = new EngineHarness();
    const keys = Array.from({ length: 1_048_576 }, (_, index) => `k${index & 7}`);
    harness.run('MSET', 'k1', '1', 'k2', '2');
    assert.equal(harness.client.raw(encode(['EXISTS', ...keys])), `:${(1_048_576 / 8) * 2}\r\n`);
    assert.equal(framesOf(harness.client.raw(encode(['MGET', ...keys]))).length, 1);
    harness.engine.check();
  });
});

describe('what is kept of commands (bad inputs, 3d)', () => {
  it('slow log amplification: however large commands are, entries stay small', () => {
    const harness = new EngineHarness();
    const { watch } = harness.engine;
    watch.slow.threshold = 0;
    harness.engine.rewatch();
    const large = 'x'.repeat(1 << 20);
    const many = Array.from({ length: 20_000 }, (_, index) => `member:${index}`);
    promptly(harness, () => {
      for (let turn = 0; turn < 20; turn++) harness.run('SET', large, large);
      harness.run('SADD', 'set', ...many);
      for (let turn = 0; turn < 200; turn++) harness.run('MGET', ...many.slice(0, 100));
    });
    assert.equal(watch.slow.length(), 128);
    assert.ok(watch.keptBytes() < 128 * 32 * 256, `${watch.keptBytes()} bytes`);
    assert.ok(watch.keptBytes() > 0);
    harness.run('SLOWLOG', 'RESET');
    // The RESET itself.
    assert.equal(watch.slow.length(), 1);
  });

  it('any bytes in arguments, names of events and names of clients come back as they are, or in one line', () => {
    const harness = new EngineHarness();
    harness.engine.watch.slow.threshold = 0;
    harness.engine.rewatch();
    const odd = '\0\r\n"\\\xff*1\r\n';
    harness.run('ECHO', odd);
    assert.ok(harness.run('SLOWLOG', 'GET', '1').includes(`$4\r\nECHO\r\n$${odd.length}\r\n${odd}\r\n`));
    assert.match(harness.run('LATENCY', 'GRAPH', odd), /^-ERR No samples available for event '[^\r\n]*'\r\n$/);
    assert.equal(harness.run('LATENCY', 'HISTORY', odd), '*0\r\n');
    assert.equal(harness.run('LATENCY', 'HISTOGRAM', odd, `${odd}|${odd}`, 'config|', '|', 'x'.repeat(5000)), '*0\r\n');
  });
});

describe('hazards of this server (bad inputs, 3g)', () => {
  it('3: what outlives a request is copied out of the receive buffer, which the harness spoils', () => {
    const harness = new EngineHarness();
    harness.client.raw(`*3\r\n$3\r\nSET\r\n$1\r\na\r\n$200\r\n${'v'.repeat(100)}`);
    harness.client.raw(`${'v'.repeat(100)}\r\n`);
    harness.run('MULTI');
    harness.run('APPEND', 'a', 'w');
    harness.run('SUBSCRIBE', 'channel');
    assert.match(harness.run('EXEC'), /channel/);
    assert.equal(harness.connect().run('GET', 'a'), `$201\r\n${'v'.repeat(200)}w\r\n`);
  });

  it('4: gaps that SETRANGE leaves are zero, whatever lay there before', () => {
    const harness = new EngineHarness();
    for (const size of [100, 900, 5000, 200_000]) {
      for (let round = 0; round < 5; round++) harness.run('SET', `s${round}`, '\xee'.repeat(size));
      harness.run('DEL', 's0', 's1', 's2', 's3', 's4');
      harness.run('SETRANGE', 'a', String(size - 1), 'x');
      assert.equal(harness.run('GET', 'a'), `$${size}\r\n${'\0'.repeat(size - 1)}x\r\n`);
      harness.run('SET', 'b', 'y');
      harness.run('SETRANGE', 'b', String(size - 1), 'x');
      assert.equal(harness.run('GET', 'b'), `$${size}\r\ny${'\0'.repeat(size - 2)}x\r\n`);
      harness.run('DEL', 'a', 'b');
    }
    harness.engine.check();
  });

  it('5: names of Object.prototype are keys, channels and names as any other', () => {
    for (const name of ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf']) {
      const harness = new EngineHarness();
      assert.equal(harness.run('GET', name), '$-1\r\n');
      assert.equal(harness.run('SET', name, name), '+OK\r\n');
      assert.equal(harness.run('WATCH', name), '+OK\r\n');
      assert.equal(harness.run('PUBSUB', 'NUMSUB', name), `*2\r\n$${name.length}\r\n${name}\r\n:0\r\n`);
      assert.equal(harness.run('CLIENT', 'SETNAME', name), '+OK\r\n');
      assert.match(harness.run(name), /^-ERR unknown command/);
      assert.match(harness.run('CONFIG', name), /^-ERR unknown (sub)?command/);
      assert.match(harness.run('OBJECT', name, 'a'), /^-ERR unknown subcommand/);
      assert.match(harness.run('SCAN', '0', 'TYPE', name), /^-ERR unknown type name/);
      assert.match(harness.run('SUBSCRIBE', name), /:1\r\n$/);
      assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    }
  });

  it('7: numbers that JavaScript would take', () => {
    const harness = harnessWith(['SET', 'a', '1']);
    for (const wrong of [
      '',
      ' 1',
      '1 ',
      '+1',
      '01',
      '-0',
      '0x1',
      '1e3',
      '1.0',
      'Infinity',
      'NaN',
      '1_000',
      '1\0',
      '9223372036854775808',
    ]) {
      assert.equal(harness.run('INCRBY', 'a', wrong), NOT_INTEGER, wrong);
      assert.equal(harness.run('EXPIRE', 'a', wrong), NOT_INTEGER, wrong);
      harness.run('SET', 'b', wrong);
      assert.equal(harness.run('INCR', 'b'), NOT_INTEGER, wrong);
    }
    assert.equal(harness.run('GET', 'a'), '$1\r\n1\r\n');
  });

  it('8: keys and values of all 256 bytes', () => {
    const harness = new EngineHarness();
    const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
    for (let code = 0; code < 256; code++) harness.run('SET', String.fromCharCode(code), String(code));
    assert.equal(harness.run('DBSIZE'), ':256\r\n');
    for (let code = 0; code < 256; code++) {
      assert.equal(bulkOf(harness.run('GET', String.fromCharCode(code))), String(code));
    }
    harness.run('SET', all, all);
    assert.equal(bulkOf(harness.run('GET', all)), all);
    assert.equal(harness.client.raw(encode(['ECHO', all])), `$256\r\n${all}\r\n`);
  });
});
