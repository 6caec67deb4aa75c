import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordingPeer } from '../../tests/support/engine-harness.ts';
import { ManualClock } from '../world/clock.ts';
import { WarmUp } from './warm-up.ts';

test('every request of the warm-up does something, and it ends', () => {
  const peer = new RecordingPeer(1);
  const warmUp = new WarmUp(new ManualClock(0), peer);
  let steps = 1;
  while (warmUp.step()) steps++;
  assert.ok(steps > 50, 'few requests at a time');
  assert.doesNotMatch(peer.output, /(^|\n)-/);
  assert.match(peer.output, /\+PONG/);
  assert.equal(peer.closed, null);
  assert.equal(warmUp.step(), false, 'nothing is left');
});
