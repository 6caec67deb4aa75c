import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuietTimes } from './quiet-times.ts';

const MIB = 1024 * 1024;

class Times {
  now = 0;
  bytes = 0;
  done = 0;
  private readonly times = new QuietTimes(
    () => {
      this.done++;
      this.now += 2;
    },
    () => this.now,
  );

  /** Looks every 100 ms, with so many bytes between two looks. */
  pass(milliseconds: number, bytes: number): number {
    this.done = 0;
    for (let at = 0; at < milliseconds; at += 100) {
      this.now += 100;
      this.bytes += bytes;
      this.times.look(this.bytes);
    }
    return this.done;
  }
}

test('the work is done once, half a second after the last of much traffic', () => {
  const times = new Times();
  assert.equal(times.pass(1000, MIB), 0);
  assert.equal(times.pass(500, 100), 0);
  assert.equal(times.pass(300, 100), 1);
  assert.equal(times.pass(10_000, 100), 0);
});

test('nothing is done after little traffic, nor as long as it goes on', () => {
  const times = new Times();
  assert.equal(times.pass(5000, 100), 1, 'once after starting');
  assert.equal(times.pass(5000, 100), 0);
  assert.equal(times.pass(60_000, MIB), 0);
});

test('bursts in quick succession do not have the work done more often than its time allows', () => {
  const times = new Times();
  let done = 0;
  for (let burst = 0; burst < 20; burst++) done += times.pass(100, 2 * MIB) + times.pass(700, 0);
  assert.ok(done >= 5 && done <= 9, `${done} times in 16 s`);
});

test('it goes on when the statistics are set to zero', () => {
  const times = new Times();
  times.pass(1000, 10 * MIB);
  times.pass(3000, 0);
  times.bytes = 0;
  times.pass(1000, 2 * MIB);
  assert.equal(times.pass(1000, 0), 1);
});
