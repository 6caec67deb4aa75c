import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineHarness } from '../../../tests/support/engine-harness.ts';

/** A harness that saw two events. */
function harnessWithEvents(): EngineHarness {
  const harness = new EngineHarness();
  const { monitor } = harness.engine.watch;
  monitor.threshold = 10;
  harness.engine.rewatch();
  monitor.note('command', 100);
  harness.advance(2000);
  monitor.note('command', 50);
  monitor.note('expire-cycle', 12);
  return harness;
}

test('LATENCY HISTORY and LATEST tell the samples', () => {
  const harness = harnessWithEvents();
  const now = Math.floor(harness.clock.now() / 1000);
  assert.equal(
    harness.run('LATENCY', 'HISTORY', 'command'),
    `*2\r\n*2\r\n:${now - 2}\r\n:100\r\n*2\r\n:${now}\r\n:50\r\n`,
  );
  assert.equal(
    harness.run('LATENCY', 'LATEST'),
    `*2\r\n*4\r\n$7\r\ncommand\r\n:${now}\r\n:50\r\n:100\r\n*4\r\n$12\r\nexpire-cycle\r\n:${now}\r\n:12\r\n:12\r\n`,
  );
  assert.equal(harness.run('LATENCY', 'HISTORY', 'Command'), '*0\r\n');
});

test('LATENCY RESET tells how many kinds of events it forgot', () => {
  const harness = harnessWithEvents();
  assert.equal(harness.run('LATENCY', 'RESET', 'nope', 'command'), ':1\r\n');
  assert.equal(harness.run('LATENCY', 'RESET', 'command'), ':0\r\n');
  assert.equal(harness.run('LATENCY', 'RESET'), ':1\r\n');
  assert.equal(harness.run('LATENCY', 'LATEST'), '*0\r\n');
});

test('LATENCY GRAPH draws what it has samples of', () => {
  const harness = harnessWithEvents();
  const graph = harness.run('LATENCY', 'GRAPH', 'command');
  assert.ok(
    graph.includes(`\r\ncommand - high 100 ms, low 50 ms (all time high 100 ms)\n${'-'.repeat(80)}\n# \n`),
    graph,
  );
  assert.ok(graph.endsWith('20\nss\n\r\n'), graph);
  assert.equal(harness.run('LATENCY', 'GRAPH', 'x'), "-ERR No samples available for event 'x'\r\n");
});

test('LATENCY DOCTOR tells what was slow, or why it cannot', () => {
  assert.match(new EngineHarness().run('LATENCY', 'DOCTOR'), /latency-monitor-threshold/);
  const harness = harnessWithEvents();
  assert.match(
    harness.run('LATENCY', 'DOCTOR'),
    /1\. command: 2 latency spikes \(average 75ms, mean deviation 25ms, period 1\.00 sec\)\. Worst all time event 100ms\./,
  );
  assert.doesNotMatch(harness.run('LATENCY', 'DOCTOR'), /slowlog-log-slower-than/);
  harness.engine.watch.slow.threshold = -1;
  assert.match(harness.run('LATENCY', 'DOCTOR'), /slowlog-log-slower-than 10000/);
  harness.run('LATENCY', 'RESET');
  assert.match(harness.run('LATENCY', 'DOCTOR'), /nothing to report/);
});

test('LATENCY HISTOGRAM tells how many calls took up to so many microseconds', () => {
  const harness = new EngineHarness();
  const { latency, table } = harness.engine;
  latency.reset();
  latency.track(false);
  latency.track(true);
  const { listener } = harness.engine.timer;
  const ping = table.idOf('ping');
  listener!(ping, 3, 0.003);
  listener!(ping, 1, 0.9);
  listener!(table.idOf('config|set'), 1, 0.02);
  listener!(table.idOf('client|id'), 2, 0.001);
  assert.equal(
    harness.run('LATENCY', 'HISTOGRAM', 'PING', 'nope', 'client|list'),
    '*2\r\n$4\r\nping\r\n*4\r\n$5\r\ncalls\r\n:4\r\n$14\r\nhistogram_usec\r\n*4\r\n:1\r\n:3\r\n:1056\r\n:4\r\n',
  );
  assert.match(harness.run('LATENCY', 'HISTOGRAM', 'client'), /^\*2\r\n\$9\r\nclient\|id\r\n/);
  assert.equal(harness.run('LATENCY', 'HISTOGRAM', 'nope'), '*0\r\n');
  harness.run('HELLO', '3');
  assert.equal(
    harness.run('LATENCY', 'HISTOGRAM', 'ping'),
    '%1\r\n$4\r\nping\r\n%2\r\n$5\r\ncalls\r\n:4\r\n$14\r\nhistogram_usec\r\n%2\r\n:1\r\n:3\r\n:1056\r\n:4\r\n',
  );
});

test('its subcommands refuse arguments that they do not take', () => {
  const harness = new EngineHarness();
  for (const [words, name] of [
    [['LATEST', 'x'], 'latest'],
    [['DOCTOR', 'x'], 'doctor'],
    [['HISTORY'], 'history'],
    [['GRAPH', 'a', 'b'], 'graph'],
    [['HELP', 'x'], 'help'],
  ] as const) {
    assert.equal(harness.run('LATENCY', ...words), `-ERR wrong number of arguments for 'latency|${name}' command\r\n`);
  }
  assert.match(harness.run('LATENCY', 'HELP'), /\+HISTOGRAM \[COMMAND \.\.\.\]\r\n/);
});

test('a key that expires in the background may be an event', () => {
  const harness = new EngineHarness();
  const { monitor } = harness.engine.watch;
  monitor.threshold = 1;
  harness.run('SET', 'a', '1', 'PX', '1');
  const { keyspace } = harness.engine;
  const expireDue = keyspace.expireDue.bind(keyspace);
  keyspace.expireDue = (steps) => {
    harness.clock.advance(5);
    return expireDue(steps);
  };
  harness.advance(1000);
  assert.match(harness.run('LATENCY', 'LATEST'), /expire-cycle\r\n:\d+\r\n:5\r\n/);
});
