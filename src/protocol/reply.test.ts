import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { REPLY_BYTES_KEPT, REPLY_BYTES_MAX } from '../lib/limits.ts';
import { SYNTAX_ERROR, WRONG_TYPE } from './errors.ts';
import { Reply } from './reply.ts';

function textOf(reply: Reply): string {
  return toLatin1(reply.bytes, 0, reply.length);
}

/** Writes the same in both versions of RESP. */
function check(write: (reply: Reply) => void, resp2: string, resp3: string): void {
  const reply = new Reply();
  reply.ok();
  write(reply);
  assert.equal(textOf(reply), `+OK\r\n${resp2}`);
  reply.clear();
  reply.resp = 3;
  write(reply);
  assert.equal(textOf(reply), resp3);
}

function same(write: (reply: Reply) => void, expected: string): void {
  check(write, expected, expected);
}

test('statuses, strings and integers are the same in RESP2 and RESP3', () => {
  same((reply) => reply.ok(), '+OK\r\n');
  same((reply) => reply.pong(), '+PONG\r\n');
  same((reply) => reply.queued(), '+QUEUED\r\n');
  same((reply) => reply.simple('Background saving started'), '+Background saving started\r\n');
  same((reply) => reply.constant(fromLatin1(':7\r\n')), ':7\r\n');
  same((reply) => reply.integer(0), ':0\r\n');
  same((reply) => reply.integer(-1), ':-1\r\n');
  same((reply) => reply.integer(10), ':10\r\n');
  same((reply) => reply.integer(123_456), ':123456\r\n');
  same((reply) => reply.integer(Number.MAX_SAFE_INTEGER), ':9007199254740991\r\n');
  same((reply) => reply.integer(Number.MIN_SAFE_INTEGER), ':-9007199254740991\r\n');
  same((reply) => reply.bigint(2n ** 63n - 1n), ':9223372036854775807\r\n');
  same((reply) => reply.bigint(-(2n ** 63n)), ':-9223372036854775808\r\n');
  same((reply) => reply.bulkText('a\r\nb\0\xff'), '$6\r\na\r\nb\0\xff\r\n');
  same((reply) => reply.bulkInteger(-42), '$3\r\n-42\r\n');
  same((reply) => reply.emptyBulk(), '$0\r\n\r\n');
  same((reply) => reply.array(3), '*3\r\n');
  same((reply) => reply.emptyArray(), '*0\r\n');
});

test('bulks of every kind of length', () => {
  const bytes = fromLatin1('x'.repeat(200_000));
  for (const length of [0, 1, 9, 10, 63, 64, 65, 99, 100, 999, 1000, 4096, 123_456]) {
    same((reply) => reply.bulk(bytes, 7, 7 + length), `$${length}\r\n${'x'.repeat(length)}\r\n`);
  }
});

test('bulks of a view, at every offset, up to its end', () => {
  const text = Array.from({ length: 2000 }, (_, index) => String.fromCharCode(97 + (index % 26))).join('');
  const bytes = fromLatin1(`..${text}`);
  for (const view of [new DataView(bytes.buffer, bytes.byteOffset + 2), new DataView(fromLatin1(text).buffer)]) {
    for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 63, 64, 99, 100, 101, 127, 128, 129, 300, 1500]) {
      for (const start of [0, 1, 2, 3, 4, 2000 - length]) {
        const part = text.slice(start, start + length);
        same((reply) => reply.bulkView(view, start, start + length), `$${length}\r\n${part}\r\n`);
      }
    }
  }
});

test('types that RESP2 lacks are written as those that it has', () => {
  check((reply) => reply.nil(), '$-1\r\n', '_\r\n');
  check((reply) => reply.nilArray(), '*-1\r\n', '_\r\n');
  check((reply) => reply.map(2), '*4\r\n', '%2\r\n');
  check((reply) => reply.emptyMap(), '*0\r\n', '%0\r\n');
  check((reply) => reply.set(12), '*12\r\n', '~12\r\n');
  check((reply) => reply.emptySet(), '*0\r\n', '~0\r\n');
  check((reply) => reply.push(3), '*3\r\n', '>3\r\n');
  check((reply) => reply.boolean(true), ':1\r\n', '#t\r\n');
  check((reply) => reply.boolean(false), ':0\r\n', '#f\r\n');
  check(
    (reply) => reply.bigNumber('12345678901234567890'),
    '$20\r\n12345678901234567890\r\n',
    '(12345678901234567890\r\n',
  );
  check((reply) => reply.verbatim('txt', 'a\nb'), '$3\r\na\nb\r\n', '=7\r\ntxt:a\nb\r\n');
  check((reply) => reply.doubleText('0.1'), '$3\r\n0.1\r\n', ',0.1\r\n');
});

test('doubles', () => {
  check((reply) => reply.double(3), '$1\r\n3\r\n', ',3\r\n');
  check((reply) => reply.double(-12), '$3\r\n-12\r\n', ',-12\r\n');
  check((reply) => reply.double(-0), '$2\r\n-0\r\n', ',-0\r\n');
  check((reply) => reply.double(3.5), '$3\r\n3.5\r\n', ',3.5\r\n');
  check((reply) => reply.double(1e20), '$5\r\n1e+20\r\n', ',1e+20\r\n');
  check((reply) => reply.double(1 / 3), '$18\r\n0.3333333333333333\r\n', ',0.3333333333333333\r\n');
  check((reply) => reply.double(Number.POSITIVE_INFINITY), '$3\r\ninf\r\n', ',inf\r\n');
  check((reply) => reply.double(Number.NEGATIVE_INFINITY), '$4\r\n-inf\r\n', ',-inf\r\n');
  check((reply) => reply.double(Number.NaN), '$3\r\nnan\r\n', ',nan\r\n');
});

test('attributes are of RESP3 only', () => {
  const reply = new Reply();
  assert.throws(() => reply.attribute(1), /attributes/);
  reply.resp = 3;
  reply.attribute(1);
  assert.equal(textOf(reply), '|1\r\n');
});

test('errors are counted and found again', () => {
  const reply = new Reply();
  reply.ok();
  reply.error(WRONG_TYPE);
  const mark = reply.later();
  reply.integer(1);
  reply.error(SYNTAX_ERROR);
  assert.equal(reply.errors, 2);
  assert.equal(toLatin1(reply.bytes, reply.lastError, reply.length), '-ERR syntax error\r\n');
  reply.arrayAt(mark, 2);
  assert.equal(toLatin1(reply.bytes, reply.lastError, reply.length), '-ERR syntax error\r\n');
  reply.clear();
  assert.equal(reply.errors, 0);
  reply.errorText('ERR once');
  assert.equal(reply.errors, 1);
  assert.equal(reply.lastError, 0);
});

test('CVE-2025-67733: error texts cannot carry a second reply', () => {
  const cases: readonly [string, string][] = [
    ['ERR plain', '-ERR plain\r\n'],
    ["ERR unknown command 'a\r\n+OK\r\nb'", "-ERR unknown command 'a  +OK  b'\r\n"],
    ['ERR trailing\r\n', '-ERR trailing\r\n'],
    ['\r\nERR leading\n\n', '-ERR leading\r\n'],
    ['ERR nul \0 and \xff stay', '-ERR nul \0 and \xff stay\r\n'],
    ['\r\n', '-\r\n'],
  ];
  for (const [text, expected] of cases) same((reply) => reply.errorText(text), expected);
});

test('a header that is known later is put before what was written since', () => {
  const items = (reply: Reply, count: number) => {
    for (let i = 0; i < count; i++) reply.integer(i);
  };
  const written = (count: number) => Array.from({ length: count }, (_, i) => `:${i}\r\n`).join('');
  for (const count of [0, 1, 9, 10, 1234]) {
    same(
      (reply) => {
        const mark = reply.later();
        items(reply, count);
        reply.arrayAt(mark, count);
        reply.ok();
      },
      `*${count}\r\n${written(count)}+OK\r\n`,
    );
  }
  check(
    (reply) => {
      const outer = reply.later();
      reply.bulkText('k');
      const inner = reply.later();
      items(reply, 2);
      reply.setAt(inner, 2);
      reply.mapAt(outer, 1);
    },
    '*2\r\n$1\r\nk\r\n*2\r\n:0\r\n:1\r\n',
    '%1\r\n$1\r\nk\r\n~2\r\n:0\r\n:1\r\n',
  );
  check(
    (reply) => {
      const mark = reply.later();
      reply.bulkText('message');
      reply.pushAt(mark, 1);
    },
    '*1\r\n$7\r\nmessage\r\n',
    '>1\r\n$7\r\nmessage\r\n',
  );
});

test('truncate drops the end', () => {
  const reply = new Reply();
  reply.ok();
  const mark = reply.later();
  reply.array(2);
  reply.truncate(mark);
  reply.error(SYNTAX_ERROR);
  assert.equal(textOf(reply), '+OK\r\n-ERR syntax error\r\n');
});

test('every writer grows the buffer when it must', () => {
  const value = fromLatin1('v'.repeat(300));
  const writers: ((reply: Reply) => void)[] = [
    (reply) => reply.ok(),
    (reply) => reply.nil(),
    (reply) => reply.nilArray(),
    (reply) => reply.integer(1_234_567),
    (reply) => reply.bigint(-(2n ** 63n)),
    (reply) => reply.bulk(value, 0, 300),
    (reply) => reply.bulk(value, 0, 5),
    (reply) => reply.bulkText('text'),
    (reply) => reply.bulkInteger(99_999),
    (reply) => reply.double(0.1),
    (reply) => reply.boolean(true),
    (reply) => reply.error(WRONG_TYPE),
    (reply) => reply.errorText('ERR some text'),
    (reply) => reply.verbatim('txt', 'text'),
    (reply) => reply.map(100),
  ];
  for (const write of writers) {
    const reply = new Reply();
    reply.resp = 3;
    write(reply);
    const one = textOf(reply);
    const count = Math.ceil((reply.bytes.length * 2.5) / one.length);
    for (let i = 1; i < count; i++) write(reply);
    assert.equal(textOf(reply), one.repeat(count));
    assert.ok(reply.length <= reply.bytes.length);
  }
});

test('take hands over what was written and starts afresh', () => {
  const reply = new Reply();
  reply.ok();
  const taken = reply.take();
  reply.integer(7);
  assert.equal(toLatin1(taken, 0, taken.length), '+OK\r\n');
  assert.equal(textOf(reply), ':7\r\n');
});

test('clear lets a large buffer go', () => {
  const reply = new Reply();
  reply.ensure(REPLY_BYTES_KEPT + 1);
  assert.ok(reply.bytes.length > REPLY_BYTES_KEPT);
  reply.clear();
  assert.ok(reply.bytes.length <= REPLY_BYTES_KEPT);
});

test('a reply beyond the limit is given up, and the command that writes it runs on', () => {
  const reply = new Reply();
  const mark = reply.later();
  reply.ok();
  // As if all but a few bytes of the limit were written.
  reply.length = REPLY_BYTES_MAX - 10;
  reply.bulkText('more than ten bytes');
  assert.ok(reply.overflowed);
  assert.equal(reply.length, 26);
  reply.arrayAt(mark, 2);
  reply.error(SYNTAX_ERROR);
  assert.ok(reply.overflowed);
  reply.clear();
  assert.ok(!reply.overflowed);
});
