import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Log } from './log.ts';

/** 21 Nov 2026 02:52:27.273, local time. */
const NIGHT = new Date(2026, 10, 21, 2, 52, 27, 273).getTime();

function newLog(): { log: Log; lines: string[]; clock: { now: number } } {
  const lines: string[] = [];
  const clock = { now: NIGHT };
  const log = new Log({ pid: 4308, now: () => clock.now, sink: (line) => lines.push(line) });
  return { log, lines, clock };
}

test('a line has process, role, local time, level and message', () => {
  const { log, lines, clock } = newLog();
  log.level = 'debug';
  log.notice('starting');
  log.role = 'M';
  clock.now = NIGHT + 0.9;
  log.warning('w');
  clock.now = NIGHT + 727;
  log.verbose('v');
  clock.now = NIGHT + 1727;
  log.debug('d');
  assert.deepEqual(lines, [
    '4308:C 21 Nov 2026 02:52:27.273 * starting\n',
    '4308:M 21 Nov 2026 02:52:27.273 # w\n',
    '4308:M 21 Nov 2026 02:52:28.000 - v\n',
    '4308:M 21 Nov 2026 02:52:29.000 . d\n',
  ]);
});

test('messages below the level are dropped', () => {
  const { log, lines } = newLog();
  for (const [level, count] of [
    ['debug', 4],
    ['verbose', 3],
    ['notice', 2],
    ['warning', 1],
    ['nothing', 0],
  ] as const) {
    lines.length = 0;
    log.level = level;
    for (const message of ['debug', 'verbose', 'notice', 'warning'] as const) log.write(message, message);
    assert.equal(lines.length, count, level);
  }
  assert.equal(log.shows('warning'), false);
});

test('raw text is written as it is, and the sink can change', () => {
  const { log, lines } = newLog();
  log.raw('notice', 'logo\n');
  log.raw('debug', 'not shown');
  const file: string[] = [];
  log.sink = (line) => file.push(line);
  log.notice('x'.repeat(2000));
  assert.deepEqual(lines, ['logo\n']);
  assert.equal(file[0]?.length, '4308:C 21 Nov 2026 02:52:27.273 * '.length + 1023 + 1);
});
