import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { ARGUMENT_RANGES_KEPT } from '../lib/limits.ts';
import { PlainRequests } from './plain-requests.ts';
import { fuzzRequestParser, parseInPieces } from './request-parser.fuzz.ts';
import { COMPLETE, EMPTY, FAILED, INCOMPLETE, RequestParser } from './request-parser.ts';

type Expected = string[] | 'empty' | { error: string };

function request(...args: string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;
}

function fails(text: string): Expected {
  return { error: `-ERR Protocol error: ${text}\r\n` };
}

/** Parses the stream whole, byte by byte, and in two pieces cut at every point; also with the plain requests read first. */
function check(stream: string, expected: readonly Expected[], authenticated = true): void {
  const bytes = fromLatin1(stream);
  const events = expected.map((event) =>
    event === 'empty' ? 'empty' : Array.isArray(event) ? JSON.stringify(event) : event.error,
  );
  const parse = (cuts: number[], plain: PlainRequests | null = null) => {
    const parser = new RequestParser();
    parser.authenticated = authenticated;
    return parseInPieces(bytes, cuts, parser, plain);
  };
  assert.deepEqual(parse([]), events, `whole: ${JSON.stringify(stream)}`);
  assert.deepEqual(parse([], new PlainRequests()), events, `plain ones first: ${JSON.stringify(stream)}`);
  assert.deepEqual(parse([...bytes.keys()]), events, `byte by byte: ${JSON.stringify(stream)}`);
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.deepEqual(parse([cut]), events, `cut at ${cut}: ${JSON.stringify(stream)}`);
  }
}

test('arrays of bulk strings', () => {
  check(request('PING'), [['PING']]);
  check(request('SET', 'key', 'value'), [['SET', 'key', 'value']]);
  check(request('SET', '', '\r\n$3\r\n\0\xff'), [['SET', '', '\r\n$3\r\n\0\xff']]);
  check(request('GET', 'a') + request('GET', 'b') + request('GET', 'c'), [
    ['GET', 'a'],
    ['GET', 'b'],
    ['GET', 'c'],
  ]);
});

test('lengths of one, two, three and more digits', () => {
  for (const length of [0, 1, 9, 10, 11, 99, 100, 101]) {
    const value = 'v'.repeat(length);
    check(request('SET', 'k', value), [['SET', 'k', value]]);
  }
  for (const count of [1, 9, 10, 11, 99, 100, 101]) {
    const args = Array.from({ length: count }, (_, i) => String(i));
    const bytes = fromLatin1(request(...args));
    assert.deepEqual(parseInPieces(bytes, []), [JSON.stringify(args)]);
    assert.deepEqual(parseInPieces(bytes, [...bytes.keys()]), [JSON.stringify(args)]);
  }
});

test('empty requests are skipped without a reply', () => {
  check('*0\r\n', ['empty']);
  check('*-1\r\n', ['empty']);
  check('*-10\r\n*-9223372036854775808\r\n', ['empty', 'empty']);
  check('\r\n', ['empty']);
  check('\n', ['empty']);
  check('  \t \r\n', ['empty']);
  check(`\r\n*0\r\n${request('PING')}\r\n`, ['empty', 'empty', ['PING'], 'empty']);
});

test('CVE-2026-27623: an empty request leaves nothing behind for one of the other kind', () => {
  check(`*0\r\nPING a\r\n*-1\r\n${request('GET', 'k')}\r\nPING\r\n${request('GET', 'k')}`, [
    'empty',
    ['PING', 'a'],
    'empty',
    ['GET', 'k'],
    'empty',
    ['PING'],
    ['GET', 'k'],
  ]);
});

test('inline requests', () => {
  check('PING\r\n', [['PING']]);
  check('PING\n', [['PING']]);
  check('  SET\tkey   value \r\nGET key\n', [
    ['SET', 'key', 'value'],
    ['GET', 'key'],
  ]);
  check('SET k "a b\\x41\\n" \'c\\\'d\' ""\r\nPING\r\n', [['SET', 'k', 'a bA\n', "c'd", ''], ['PING']]);
  check('a\rb\vc\fd \x0be\r\r\n', [['a', 'b\vc\fd', 'e']]);
  check('$3\r\n', [['$3']]);
  check('\xff\xfe\x80\r\n', [['\xff\xfe\x80']]);
});

test('unbalanced quotes', () => {
  const error = fails('unbalanced quotes in request');
  check('set """test-key""" test-value\r\nping\r\n', [error]);
  check('GET "k\r\n', [error]);
  check("GET 'k\r\n", [error]);
  check('GET "k"x\r\n', [error]);
});

test('bad counts', () => {
  const error = fails('invalid multibulk length');
  for (const count of ['3000000000', '2147483648', '01', '-0', '+1', ' 1', '1 ', '', 'x', '1x', '9'.repeat(30)]) {
    check(`*${count}\r\n`, [error]);
  }
  check('*-9223372036854775809\r\n', [error]);
  check(`${request('PING')}*x\r\nPING\r\n`, [['PING'], error]);
});

test('bad bulk lengths', () => {
  const error = fails('invalid bulk length');
  for (const length of ['-1', '-10', '536870913', '2000000000', '01', '-0', '+1', '', 'blabla', '1x', '9'.repeat(30)]) {
    check(`*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$${length}\r\n`, [error]);
  }
});

test('a byte that stands where a bulk must', () => {
  check('*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n', [fails("expected '$', got 'f'")]);
  check('*1\r\nfoo\r\n', [fails("expected '$', got 'f'")]);
  check('*1\r\n\r\n', [fails("expected '$', got ' '")]);
  check('*1\r\n\n\r\n', [fails("expected '$', got ' '")]);
  check('*2\r\n$1\r\na\r\n*1\r\n', [fails("expected '$', got '*'")]);
  check('*1\r\n\xff\r\n', [fails("expected '$', got '\xff'")]);
});

test('line ends are skipped unread, as in Redis', () => {
  check('*1\rX$4\rXPINGXX', [['PING']]);
  check('*2\r\n$3\r\nGETab$1\r\nkcd', [['GET', 'k']]);
});

test('the tighter limits before authentication', () => {
  const ten = Array.from({ length: 10 }, () => 'x');
  check(request(...ten), [ten], false);
  check(request(...ten, 'x'), [fails('unauthenticated multibulk length')], false);
  check('*1000000\r\n', [fails('unauthenticated multibulk length')], false);
  check('*2\r\n$4\r\nAUTH\r\n$16385\r\n', [fails('unauthenticated bulk length')], false);
  check('*2\r\n$4\r\nAUTH\r\n$536870913\r\n', [fails('invalid bulk length')], false);
  const parser = new RequestParser();
  parser.authenticated = false;
  const password = 'p'.repeat(16_384);
  assert.equal(parseInPieces(fromLatin1(request('AUTH', password)), [], parser)[0]?.length, password.length + 11);
});

test('proto-max-bulk-len holds, and may be raised', () => {
  const parser = new RequestParser();
  parser.bulkBytesMax = 1024 * 1024;
  const header = (length: number) => fromLatin1(`*1\r\n$${length}\r\n`);
  assert.equal(parser.parse(header(1024 * 1024), 0, 14), INCOMPLETE);
  parser.reset();
  assert.equal(parser.parse(header(1024 * 1024 + 1), 0, 14), FAILED);
  parser.reset();
  parser.bulkBytesMax = 2 ** 40;
  assert.equal(parser.parse(header(2_000_000_000), 0, 17), INCOMPLETE);
  parser.reset();
  assert.equal(parser.parse(header(2 ** 32), 0, 17), FAILED);
});

test('lines that never end', () => {
  const filler = 'x'.repeat(64 * 1024);
  const cases: readonly [string, string][] = [
    [`${filler}x`, 'too big inline request'],
    [`*${filler}`, 'too big mbulk count string'],
    [`*1\r\n$${filler}`, 'too big bulk count string'],
    [`*2\r\n$1\r\na\r\n$${filler}`, 'too big bulk count string'],
    // A NUL hides what follows it.
    [`\0${'A\n'.repeat(40_000)}`, 'too big inline request'],
    [`*\0\r\n${filler}`, 'too big mbulk count string'],
    [`*1\r\n$\0\r\n${filler}`, 'too big bulk count string'],
  ];
  for (const [stream, error] of cases) {
    const bytes = fromLatin1(stream);
    const expected = [`-ERR Protocol error: ${error}\r\n`];
    assert.deepEqual(parseInPieces(bytes, []), expected);
    assert.deepEqual(parseInPieces(bytes, [1, 2, 3, 100, 60_000, 65_536, 65_537, 65_538]), expected);
    const short = bytes.subarray(0, 65_536);
    assert.deepEqual(parseInPieces(short, [5]), []);
  }
});

test('a line that arrives byte by byte is searched once', () => {
  const parser = new RequestParser();
  const bytes = fromLatin1('x'.repeat(65_537));
  const started = performance.now();
  for (let end = 1; end < bytes.length; end++) assert.equal(parser.parse(bytes, 0, end), INCOMPLETE);
  assert.equal(parser.parse(bytes, 0, bytes.length), FAILED);
  assert.ok(performance.now() - started < 500);
});

test('`needed` tells what a bulk is short of', () => {
  const parser = new RequestParser();
  const bytes = fromLatin1(`*2\r\n$3\r\nSET\r\n$100000\r\n${'v'.repeat(100)}`);
  assert.equal(parser.parse(bytes, 0, bytes.length), INCOMPLETE);
  assert.equal(parser.needed, 100_000 + 2 - 100);
  assert.equal(parser.parse(bytes, 0, bytes.length), INCOMPLETE);
  assert.equal(parser.needed, 100_000 + 2 - 100);
  parser.reset();
  assert.equal(parser.parse(bytes, 0, 6), INCOMPLETE);
  assert.equal(parser.needed, 0);
});

test('1,048,577 arguments', () => {
  const count = 1_048_577;
  const bytes = fromLatin1(`*${count}\r\n${'$1\r\nx\r\n'.repeat(count)}`);
  const parser = new RequestParser();
  const started = performance.now();
  // In pieces of 16 KB, as they arrive from a socket.
  for (let end = 16_384; end < bytes.length; end += 16_384) assert.equal(parser.parse(bytes, 0, end), INCOMPLETE);
  assert.equal(parser.parse(bytes, 0, bytes.length), COMPLETE);
  assert.equal(parser.count, count);
  assert.equal(toLatin1(bytes, parser.starts[count - 1]!, parser.ends[count - 1]!), 'x');
  assert.ok(performance.now() - started < 1000);
  parser.reset();
  assert.ok(parser.starts.length <= ARGUMENT_RANGES_KEPT);
});

test('a count alone takes no room', () => {
  const parser = new RequestParser();
  const bytes = fromLatin1('*2147483647\r\n$1\r\nx\r\n');
  assert.equal(parser.parse(bytes, 0, bytes.length), INCOMPLETE);
  assert.ok(parser.starts.length < 100);
});

test('reset forgets a half-read request', () => {
  const parser = new RequestParser();
  for (const half of ['*3\r\n$3\r\nSET\r\n$5\r\nab', '*3\r', 'GET "a', '*2\r\n$1\r\na\r\n$1']) {
    const bytes = fromLatin1(half);
    assert.equal(parser.parse(bytes, 0, bytes.length), INCOMPLETE);
    parser.reset();
    const next = fromLatin1(request('PING'));
    assert.equal(parser.parse(next, 0, next.length), COMPLETE);
    assert.equal(parser.count, 1);
  }
});

test('a parser goes on after a failure as a fresh one', () => {
  const parser = new RequestParser();
  const bad = fromLatin1('*2\r\n$1\r\na\r\nx\r\n');
  assert.equal(parser.parse(bad, 0, bad.length), FAILED);
  const next = fromLatin1('*0\r\n');
  assert.equal(parser.parse(next, 0, next.length), EMPTY);
});

test('what was parsed stands in the caller’s own bytes, but for quoted words', () => {
  const parser = new RequestParser();
  const plain = fromLatin1('xxGET key\r\n');
  assert.equal(parser.parse(plain, 2, plain.length), COMPLETE);
  assert.equal(parser.bytes, plain);
  const quoted = fromLatin1('GET "key"\r\n');
  assert.equal(parser.parse(quoted, 0, quoted.length), COMPLETE);
  assert.notEqual(parser.bytes, quoted);
});

test('mutated streams are parsed alike, whole and in moved pieces', () => {
  fuzzRequestParser(20_260_101, 20_000);
});
