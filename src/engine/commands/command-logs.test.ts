import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../../tests/support/engine-harness.ts';

const BAD_COUNT = '-ERR count should be greater than or equal to -1\r\n';
const BAD_TYPE = '-ERR type should be one of the following: slow, large-request, large-reply\r\n';

/** A harness whose slow log keeps every command. */
function loggingHarness(): EngineHarness {
  const harness = new EngineHarness();
  harness.engine.watch.slow.threshold = 0;
  harness.engine.watch.largeRequests.threshold = 0;
  harness.engine.rewatch();
  return harness;
}

test('SLOWLOG GET shows the newest first, ten of them or as many as asked for', () => {
  const harness = loggingHarness();
  for (let turn = 0; turn < 12; turn++) harness.run('PING');
  const countOf = (...args: string[]) => Number(/^\*(\d+)\r\n/.exec(harness.run('SLOWLOG', 'GET', ...args))?.[1]);
  assert.equal(countOf(), 10);
  assert.equal(countOf('0'), 0);
  assert.equal(countOf('3'), 3);
  assert.equal(countOf('-1'), 15);
  assert.equal(countOf('9223372036854775807'), 16);
  const at = Math.floor(harness.clock.now() / 1000);
  harness.run('SLOWLOG', 'RESET');
  assert.equal(
    harness.run('SLOWLOG', 'GET', '1'),
    `*1\r\n*6\r\n:17\r\n:${at}\r\n:0\r\n*2\r\n$7\r\nSLOWLOG\r\n$5\r\nRESET\r\n$15\r\n127.0.0.1:10001\r\n$0\r\n\r\n`,
  );
  assert.equal(harness.run('SLOWLOG', 'LEN'), ':2\r\n');
});

test('SLOWLOG refuses what it does not know', () => {
  const harness = new EngineHarness();
  for (const count of ['abc', '-2', '-222', '1.5', '', '99999999999999999999']) {
    assert.equal(harness.run('SLOWLOG', 'GET', count), BAD_COUNT, count);
  }
  assert.equal(
    harness.run('SLOWLOG', 'GET', '1', '2'),
    "-ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.\r\n",
  );
  assert.equal(harness.run('SLOWLOG', 'LEN', 'x'), "-ERR wrong number of arguments for 'slowlog|len' command\r\n");
  assert.equal(harness.run('SLOWLOG', 'foo'), "-ERR unknown subcommand 'foo'. Try SLOWLOG HELP.\r\n");
  assert.equal(harness.run('SLOWLOG', 'LEN'), ':0\r\n');
});

test('COMMANDLOG shows three logs, each by itself', () => {
  const harness = loggingHarness();
  harness.run('SET', 'a', '1');
  assert.match(
    harness.run('COMMANDLOG', 'GET', '1', 'large-request'),
    /^\*1\r\n\*6\r\n:0\r\n:\d+\r\n:27\r\n\*3\r\n\$3\r\nSET/,
  );
  assert.equal(harness.run('COMMANDLOG', 'RESET', 'Large-Request'), '+OK\r\n');
  assert.equal(harness.run('COMMANDLOG', 'LEN', 'large-request'), ':1\r\n');
  assert.equal(harness.run('COMMANDLOG', 'LEN', 'slow'), ':4\r\n');
  assert.equal(harness.run('SLOWLOG', 'LEN'), ':5\r\n');
  assert.equal(harness.run('COMMANDLOG', 'LEN', 'LARGE-REPLY'), ':0\r\n');
  assert.equal(harness.run('COMMANDLOG', 'GET', '-1', 'large-reply'), '*0\r\n');
});

test('COMMANDLOG refuses what it does not know', () => {
  const harness = new EngineHarness();
  assert.equal(harness.run('COMMANDLOG', 'GET', '-2', 'slow'), BAD_COUNT);
  assert.equal(harness.run('COMMANDLOG', 'GET', '1', 'fast'), BAD_TYPE);
  assert.equal(harness.run('COMMANDLOG', 'LEN', ''), BAD_TYPE);
  assert.equal(harness.run('COMMANDLOG', 'RESET', 'slow\0'), BAD_TYPE);
  assert.equal(
    harness.run('COMMANDLOG', 'GET', '1'),
    "-ERR wrong number of arguments for 'commandlog|get' command\r\n",
  );
});

test('their HELP says what there is', () => {
  const harness = new EngineHarness();
  assert.match(
    harness.run('SLOWLOG', 'HELP'),
    /\+GET \[<count>\]\r\n[\s\S]*\+LEN\r\n[\s\S]*\+RESET\r\n[\s\S]*\+HELP\r\n/,
  );
  assert.match(harness.run('COMMANDLOG', 'HELP'), /\+GET <count> <type>\r\n[\s\S]*\+HELP\r\n/);
});
