import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1 } from '../lib/bytes.ts';
import { REPLY_LINE_BYTES_MAX, REPLY_NESTING_MAX } from '../lib/limits.ts';
import { fuzzReplyParser, parseInPieces, SHOWN } from './reply-parser.fuzz.ts';
import { COMPLETE, FAILED, INCOMPLETE, ReplyParser } from './reply-parser.ts';
import { plainValues, ReplyError } from './reply-values.ts';

/** Parses the stream whole, byte by byte, and in two pieces cut at every point. */
function check(stream: string, expected: readonly string[]): void {
  const bytes = fromLatin1(stream);
  assert.deepEqual(parseInPieces(bytes, []), expected, `whole: ${JSON.stringify(stream)}`);
  assert.deepEqual(parseInPieces(bytes, [...bytes.keys()]), expected, `byte by byte: ${JSON.stringify(stream)}`);
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.deepEqual(parseInPieces(bytes, [cut]), expected, `cut at ${cut}: ${JSON.stringify(stream)}`);
  }
}

test('every type of RESP2', () => {
  check('+OK\r\n', ['+"OK"']);
  check('+\r\n', ['+""']);
  check('-ERR no\r\n', ['-"ERR no"']);
  check(':1000\r\n:-1\r\n:0\r\n', [':1000', ':-1', ':0']);
  check(':9223372036854775807\r\n:-9223372036854775808\r\n', [':9223372036854775807', ':-9223372036854775808']);
  check('$6\r\nfoobar\r\n', ['$"foobar"']);
  check('$5\r\na\r\nbc\r\n$0\r\n\r\n', ['$"a\\r\\nbc"', '$""']);
  check('$-1\r\n*-1\r\n', ['nil', 'nil']);
  check('*0\r\n', ['[]']);
  check('*3\r\n:1\r\n*2\r\n+a\r\n$-1\r\n$1\r\nb\r\n', ['[:1 [+"a" nil] $"b"]']);
});

test('every type of RESP3', () => {
  check('_\r\n#t\r\n#f\r\n', ['nil', '#t', '#f']);
  check(',3.25\r\n,-inf\r\n,inf\r\n,nan\r\n,1e+20\r\n,7\r\n', [',3.25', ',-inf', ',inf', ',nan', ',1e+20', ',7']);
  check('(12345678901234567890\r\n(-1\r\n(+7\r\n', ['(12345678901234567890', '(-1', '(7']);
  check('!10\r\nERR broken\r\n', ['-"ERR broken"']);
  check('=7\r\ntxt:a\nb\r\n', ['=txt:"a\\nb"']);
  check('%2\r\n+a\r\n:1\r\n+b\r\n%0\r\n', ['%[+"a" :1 +"b" %[]]']);
  check('~2\r\n:1\r\n:2\r\n', ['~[:1 :2]']);
});

test('a push stands beside replies', () => {
  check('+OK\r\n>2\r\n+message\r\n$1\r\nx\r\n:1\r\n', ['+"OK"', 'push >[+"message" $"x"]', ':1']);
});

test('attributes belong to the reply that follows them', () => {
  check('|1\r\n+ttl\r\n:3600\r\n$1\r\nv\r\n+next\r\n', ['|%[+"ttl" :3600] $"v"', '+"next"']);
  check('*2\r\n|1\r\n+a\r\n:1\r\n:2\r\n:3\r\n', ['[:2 :3]']);
  check('|0\r\n+OK\r\n', ['|%[] +"OK"']);
});

test('what breaks the rules fails, and stays failed', () => {
  const cases: readonly [string, string][] = [
    ['x\r\n', 'unknown type byte 0x78'],
    ['\r\n', 'unknown type byte 0x0d'],
    [':1x\r\n', 'a bad integer'],
    [':\r\n', 'a bad integer'],
    [':9223372036854775808\r\n', 'a bad integer'],
    ['$-2\r\n', 'a bad bulk length'],
    ['$x\r\n', 'a bad bulk length'],
    ['$536870913\r\n', 'a bad bulk length'],
    ['$1\r\nabc\r\n', 'a bulk of another length than announced'],
    ['*-2\r\n', 'a bad element count'],
    ['%-1\r\n', 'a bad element count'],
    ['*2147483648\r\n', 'a bad element count'],
    ['_x\r\n', 'a null with text'],
    ['#x\r\n', 'a bad boolean'],
    ['#tt\r\n', 'a bad boolean'],
    [',x\r\n', 'a bad double'],
    ['(1.5\r\n', 'a bad big number'],
    ['=3\r\ntxt\r\n', 'a verbatim string without its format'],
    ['=5\r\ntxtab\r\n', 'a verbatim string without its format'],
    ['*1\r\n>1\r\n:1\r\n', 'a push within a reply'],
    [`(${'9'.repeat(5000)}\r\n`, 'a big number is too long'],
  ];
  for (const [stream, why] of cases) {
    const bytes = fromLatin1(`+OK\r\n${stream}+OK\r\n`);
    const expected = ['+"OK"', `failed: ${why}`];
    assert.deepEqual(parseInPieces(bytes, []), expected, stream);
    if (bytes.length < 100) assert.deepEqual(parseInPieces(bytes, [...bytes.keys()]), expected, stream);
  }
  const parser = new ReplyParser(SHOWN);
  parser.feed(fromLatin1('?\r\n+OK\r\n'), 0, 8);
  assert.equal(parser.next(), FAILED);
  assert.equal(parser.next(), FAILED);
});

test('CVE-2018-12326, CVE-2021-32762: announced sizes take no room', () => {
  const parser = new ReplyParser(SHOWN);
  const bytes = fromLatin1('*2147483647\r\n*2147483647\r\n$536870912\r\nx');
  const before = process.memoryUsage().arrayBuffers;
  parser.feed(bytes, 0, bytes.length);
  assert.equal(parser.next(), INCOMPLETE);
  assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
});

test('nesting has a limit, and the stack none of it', () => {
  const deep = (levels: number) => fromLatin1(`${'*1\r\n'.repeat(levels)}:1\r\n`);
  assert.equal(parseInPieces(deep(REPLY_NESTING_MAX), [])[0]?.length, REPLY_NESTING_MAX * 2 + 2);
  assert.deepEqual(parseInPieces(deep(REPLY_NESTING_MAX + 1), []), ['failed: too many arrays within arrays']);
  const parser = new ReplyParser(SHOWN, { nestingMax: 200_000 });
  assert.equal(parseInPieces(deep(100_000), [], parser)[0]?.length, 200_002);
});

test('a line has a limit', () => {
  const long = fromLatin1(`+${'x'.repeat(REPLY_LINE_BYTES_MAX)}`);
  assert.deepEqual(parseInPieces(long, [1000]), ['failed: a line is too long']);
});

test('a line that arrives byte by byte is searched once', () => {
  const parser = new ReplyParser(SHOWN);
  const bytes = fromLatin1('x'.repeat(100_000));
  const started = performance.now();
  for (let i = 0; i < bytes.length; i++) {
    parser.feed(bytes, i, i + 1);
    assert.equal(parser.next(), INCOMPLETE);
  }
  assert.ok(performance.now() - started < 1000);
});

test('large bulks come through in pieces', () => {
  const value = 'v'.repeat(3_000_000);
  const bytes = fromLatin1(`*2\r\n$${value.length}\r\n${value}\r\n:1\r\n+OK\r\n`);
  const cuts = Array.from({ length: 50 }, (_, i) => i * 65_536);
  assert.deepEqual(parseInPieces(bytes, cuts), [`[$"${value}" :1]`, '+"OK"']);
});

function plain(stream: string, options?: Parameters<typeof plainValues>[0]): unknown {
  const parser = new ReplyParser(plainValues(options));
  parser.feed(fromLatin1(stream), 0, stream.length);
  assert.equal(parser.next(), COMPLETE);
  return parser.value;
}

test('plain values', () => {
  assert.equal(plain('$2\r\n\xff\0\r\n'), '\xff\0');
  assert.deepEqual(plain('$2\r\n\xff\0\r\n', { strings: 'bytes' }), new Uint8Array([255, 0]));
  assert.equal(plain('+OK\r\n', { strings: 'bytes' }), 'OK');
  assert.equal(plain('$-1\r\n'), null);
  assert.equal(plain(':9007199254740993\r\n'), 9007199254740993n);
  assert.equal(plain(',1.5\r\n'), 1.5);
  assert.equal(plain('(123\r\n'), 123n);
  assert.equal(plain('#t\r\n'), true);
  assert.equal(plain('=7\r\ntxt:abc\r\n'), 'abc');
  assert.deepEqual(plain('*2\r\n:1\r\n_\r\n'), [1, null]);
  assert.deepEqual(plain('~1\r\n:1\r\n'), new Set([1]));
  const map = '%2\r\n$1\r\na\r\n:1\r\n$9\r\n__proto__\r\n:2\r\n';
  assert.deepEqual(
    plain(map),
    new Map([
      ['a', 1],
      ['__proto__', 2],
    ]),
  );
  assert.deepEqual(
    plain(map, { strings: 'bytes' }),
    new Map([
      ['a', 1],
      ['__proto__', 2],
    ]),
  );
  assert.deepEqual(plain(map, { maps: 'pairs' }), [
    ['a', 1],
    ['__proto__', 2],
  ]);
});

test('errors have a code and their whole text', () => {
  const error = plain('-WRONGTYPE Operation against a key\r\n');
  assert.ok(error instanceof ReplyError);
  assert.equal(error.code, 'WRONGTYPE');
  assert.equal(error.message, 'WRONGTYPE Operation against a key');
  assert.equal((plain('-NOAUTH\r\n') as ReplyError).code, 'NOAUTH');
});

test('random replies are read as they were written, and mutated ones alike in all pieces', () => {
  fuzzReplyParser(20_260_102, 5000);
});
