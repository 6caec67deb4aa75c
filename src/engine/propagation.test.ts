import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../tests/support/engine-harness.ts';
import { fromLatin1, toLatin1 } from '../lib/bytes.ts';
import { Propagation } from './propagation.ts';

function request(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

/** What an engine tells a sink, each time that it does, while it runs what a client sends at once. */
function told(harness: EngineHarness, text: string): string[] {
  const pieces: string[] = [];
  const sink = {
    command: (database: number, bytes: Uint8Array, start: number, end: number) =>
      void pieces.push(`${database} ${toLatin1(bytes, start, end)}`),
  };
  harness.engine.propagation.attach(sink);
  harness.client.raw(text);
  harness.engine.propagation.detach(sink);
  return pieces;
}

const SETS = Array.from({ length: 40 }, (_, index) => request('SET', `key:${index}`, `value ${index}`));

test('the requests of a pipeline are told as they came, in one piece for all that were read ahead', () => {
  const pieces = told(new EngineHarness(), SETS.join(''));
  assert.equal(pieces.map((piece) => piece.slice(2)).join(''), SETS.join(''));
  assert.ok(pieces.length <= 3, `${pieces.length} pieces`);
});

test('what changes nothing is not told, and what is told otherwise stands in its order', () => {
  const harness = new EngineHarness({ propagation: true });
  const commands = [
    ['SET', 'a', '1'],
    ['DEL', 'nothing'],
    ['SET', 'b', '2', 'EX', '100'],
    ['GET', 'a'],
    ['SELECT', '3'],
    ['SET', 'c', '3'],
    ['SET', 'd', '4'],
    ['MULTI'],
    ['INCR', 'c'],
    ['INCR', 'd'],
    ['EXEC'],
    ['INCRBYFLOAT', 'c', '0.5'],
    ['RPUSH', 'list', 'x', 'y'],
    ['LPOP', 'list'],
  ];
  harness.client.raw(commands.map((words) => request(...words)).join(''));
  assert.deepEqual(harness.takePropagated(), [
    '0 SET a 1',
    `0 SET b 2 PXAT ${harness.engine.keyspace.now + 100_000}`,
    '3 SET c 3',
    '3 SET d 4',
    '-1 MULTI',
    '3 INCR c',
    '3 INCR d',
    '-1 EXEC',
    '3 SET c 4.5 KEEPTTL',
    '3 RPUSH list x y',
    '3 LPOP list',
  ]);
});

test('a request with something else in place of a line end is told with line ends', () => {
  for (const [sent, meant] of [
    ['*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r\nvalue??', ['SET', 'a', 'value']],
    ['*3\r\n$3\r\nSET??$1\r\na\r\n$5\r\nvalue\r\n', ['SET', 'a', 'value']],
    ['*3\r?$3\r\nSET\r\n$1\r\na\r\n$5\r\nvalue\r\n', ['SET', 'a', 'value']],
    ['*3\r\n$3\r?SET\r\n$1\r\na\r\n$5\r\nvalue\r\n', ['SET', 'a', 'value']],
    ['*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r?value\r\n', ['SET', 'a', 'value']],
  ] as const) {
    const pieces = told(new EngineHarness(), SETS.slice(0, 5).join('') + sent + SETS.slice(5, 10).join(''));
    const expected = SETS.slice(0, 5).join('') + request(...meant) + SETS.slice(5, 10).join('');
    assert.equal(pieces.map((piece) => piece.slice(2)).join(''), expected, sent);
  }
});

test('a sink that comes or goes within a row gets what is its own', () => {
  const propagation = new Propagation();
  const bytes = fromLatin1('abcdef');
  const first: string[] = [];
  const second: string[] = [];
  const sink = (taken: string[]) => ({
    command: (_: number, from: Uint8Array, start: number, end: number) => void taken.push(toLatin1(from, start, end)),
  });
  const late = sink(second);
  propagation.attach(sink(first));
  propagation.request(0, bytes, 0, 2);
  propagation.attach(late);
  propagation.request(0, bytes, 2, 3);
  propagation.request(0, bytes, 3, 4);
  propagation.detach(late);
  propagation.request(1, bytes, 4, 6);
  propagation.endRow();
  assert.deepEqual(first, ['ab', 'cd', 'ef']);
  assert.deepEqual(second, ['cd']);
});
