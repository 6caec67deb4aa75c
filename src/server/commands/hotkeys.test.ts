// HOTKEYS over a connection inside the process.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { encode } from '../../../tests/support/engine-harness.ts';
import { createServer } from '../embedded.ts';

type Run = (...args: string[]) => Promise<string>;

async function withServer(check: (run: Run) => Promise<void>): Promise<void> {
  const embedded = await createServer({ port: null, seed: 1 });
  const stream = embedded.connect();
  try {
    await check(async (...args) => {
      stream.write(Buffer.from(encode(args), 'latin1'));
      const [chunk] = await once(stream, 'data');
      return (chunk as Buffer).toString('latin1');
    });
  } finally {
    stream.destroy();
    await embedded.stop();
  }
}

test('options that make no sense are refused', () =>
  withServer(async (run) => {
    const cases: [string, string][] = [
      ['', 'METRICS parameter is required'],
      ['COUNT 5', 'METRICS parameter is required'],
      ['METRICS', 'METRICS count must be > 0 and <= 2'],
      ['METRICS 0 CPU', 'METRICS count must be > 0 and <= 2'],
      ['METRICS 3 CPU NET', 'METRICS count must be > 0 and <= 2'],
      ['METRICS x CPU', 'METRICS count must be > 0 and <= 2'],
      ['METRICS 1', 'METRICS no valid metrics passed. Supported: CPU|NET'],
      ['METRICS 1 DISK', 'METRICS no valid metrics passed. Supported: CPU|NET'],
      ['METRICS 2 CPU CPU', 'METRICS CPU defined more than once!'],
      ['METRICS 2 NET NET', 'METRICS NET defined more than once!'],
      ['METRICS 2 CPU', 'METRICS count does not match number of metric types provided'],
      ['METRICS 1 CPU COUNT 0', 'COUNT must be between 1 and 64'],
      ['METRICS 1 CPU COUNT 65', 'COUNT must be between 1 and 64'],
      ['METRICS 1 CPU DURATION 0', 'DURATION must be between 1 and 1000000'],
      ['METRICS 1 CPU DURATION 1000001', 'DURATION must be between 1 and 1000000'],
      ['METRICS 1 CPU SAMPLE 0', 'SAMPLE ratio must be positive'],
      ['METRICS 1 CPU SLOTS 1 0', 'SLOTS parameter cannot be used in non-cluster mode'],
      ['METRICS 1 CPU COUNT', 'syntax error'],
      ['METRICS 1 CPU AND MORE', 'syntax error'],
    ];
    for (const [options, refusal] of cases) {
      assert.equal(
        await run('HOTKEYS', 'START', ...options.split(' ').filter((word) => word !== '')),
        `-ERR ${refusal}\r\n`,
      );
    }
    assert.equal(await run('HOTKEYS', 'GET'), '$-1\r\n');
    assert.equal(await run('HOTKEYS', 'STOP'), '$-1\r\n');
    assert.equal(await run('HOTKEYS', 'RESET'), '+OK\r\n');
  }));

test('the keys that take most are told, until they are forgotten', () =>
  withServer(async (run) => {
    assert.equal(await run('hotkeys', 'start', 'metrics', '2', 'net', 'cpu', 'count', '2'), '+OK\r\n');
    assert.equal(
      await run('HOTKEYS', 'START', 'METRICS', '1', 'CPU'),
      '-ERR hotkey tracking session already in progress\r\n',
    );
    assert.match(await run('HOTKEYS', 'RESET'), /stop tracking first/);
    for (let index = 0; index < 50; index++) {
      await run('SET', 'large', 'x'.repeat(1000));
      await run('GET', `other:${index}`);
      await run('MSET', 'one', 'x'.repeat(50), 'two', 'x'.repeat(50));
    }
    const live = await run('HOTKEYS', 'GET');
    assert.match(live, /tracking-active\r\n:1\r\n\$12\r\nsample-ratio\r\n:1\r\n\$14\r\nselected-slots\r\n\*0\r\n/);
    assert.match(live, /total-cpu-time-user-ms\r\n:\d+\r\n/);
    // Requests of 1,033 bytes and replies of 5.
    assert.match(live, /by-net-bytes\r\n\*4\r\n\$5\r\nlarge\r\n:51900\r\n\$3\r\n(one|two)\r\n:\d+\r\n$/);
    assert.match(live, /by-cpu-time-us\r\n\*4\r\n/);
    assert.equal(await run('HOTKEYS', 'STOP'), '+OK\r\n');
    await run('SET', 'large', 'x'.repeat(1000));
    const kept = await run('HOTKEYS', 'GET');
    assert.match(kept, /tracking-active\r\n:0\r\n/);
    assert.match(kept, /large\r\n:51900\r\n/);
    assert.equal(await run('HOTKEYS', 'RESET'), '+OK\r\n');
    assert.equal(await run('HOTKEYS', 'GET'), '$-1\r\n');
  }));

test('a session ends by itself, and one of few commands may be enough', () =>
  withServer(async (run) => {
    assert.equal(await run('HOTKEYS', 'START', 'METRICS', '1', 'NET', 'DURATION', '1', 'SAMPLE', '10'), '+OK\r\n');
    for (let index = 0; index < 200; index++) await run('GET', 'key');
    const answer = await run('HOTKEYS', 'GET');
    const counted = Number(/by-net-bytes\r\n\*2\r\n\$3\r\nkey\r\n:(\d+)/.exec(answer)![1]);
    assert.ok(counted > 200 && counted < 27 * 60, String(counted));
    assert.doesNotMatch(answer, /cpu-time/);
    await new Promise((resolve) => setTimeout(resolve, 1050));
    await run('GET', 'key');
    assert.match(await run('HOTKEYS', 'GET'), /tracking-active\r\n:0\r\n.*collection-duration-ms\r\n:1000\r\n/s);
    assert.equal(await run('HOTKEYS', 'STOP'), '$-1\r\n');
  }));
