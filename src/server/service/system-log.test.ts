import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toLatin1 } from '../../lib/bytes.ts';
import { Log } from '../log.ts';
import { systemLog } from './system-log.ts';

function sentBy(facility: string, write: (log: Log) => void): string[] {
  const sent: string[] = [];
  const log = new Log({ pid: 1, now: () => 0, sink: () => undefined });
  log.level = 'debug';
  log.system = systemLog({
    ident: 'redis',
    facility,
    pid: 4308,
    now: () => new Date(2026, 10, 1, 2, 52, 7).getTime(),
    send: (bytes) => sent.push(toLatin1(bytes, 0, bytes.length)) > 0,
  });
  write(log);
  return sent;
}

test('a message has priority, time, name and process', () => {
  const sent = sentBy('local0', (log) => {
    log.debug('d');
    log.verbose('v');
    log.notice('n \xe9');
    log.warning('w');
  });
  assert.deepEqual(sent, [
    '<135>Nov  1 02:52:07 redis[4308]: d',
    '<134>Nov  1 02:52:07 redis[4308]: v',
    '<133>Nov  1 02:52:07 redis[4308]: n \xe9',
    '<132>Nov  1 02:52:07 redis[4308]: w',
  ]);
});

test('facilities are user and local0 to local7', () => {
  const head = (facility: string) => sentBy(facility, (log) => log.notice(''.padEnd(1, 'x')))[0]?.slice(0, 5);
  assert.deepEqual([head('user'), head('local1'), head('local7')], ['<13>N', '<141>', '<189>']);
});

test('a report of many lines is as many messages, and a level that is not logged is none', () => {
  assert.deepEqual(
    sentBy('user', (log) => {
      log.level = 'warning';
      log.notice('not shown');
      log.raw('warning', '\nfirst\n\nsecond\n');
    }),
    ['<12>Nov  1 02:52:07 redis[4308]: first', '<12>Nov  1 02:52:07 redis[4308]: second'],
  );
});
