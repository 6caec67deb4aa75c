import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takePassedSockets } from './passed-sockets.ts';

test('descriptors from 3 on are passed to the process that is named', () => {
  const environment = { LISTEN_FDS: '2', LISTEN_PID: '42', LISTEN_FDNAMES: 'tls', HOME: '/' };
  assert.deepEqual(takePassedSockets(environment, 42), [
    { descriptor: 3, name: 'tls' },
    { descriptor: 4, name: '' },
  ]);
  assert.deepEqual(environment, { HOME: '/' }, 'they are for nobody else');
});

test('what is for another process, or makes no sense, is nothing', () => {
  for (const [LISTEN_FDS, LISTEN_PID] of [
    ['1', '43'],
    ['1', ''],
    ['0', '42'],
    ['-1', '42'],
    ['1e1', '42'],
    ['', '42'],
  ]) {
    assert.deepEqual(takePassedSockets({ LISTEN_FDS, LISTEN_PID }, 42), []);
  }
  assert.deepEqual(takePassedSockets({}, 42), []);
  assert.equal(takePassedSockets({ LISTEN_FDS: '9999', LISTEN_PID: '42' }, 42).length, 64);
});
