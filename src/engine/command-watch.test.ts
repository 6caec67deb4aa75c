import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EngineHarness, encode } from '../../tests/support/engine-harness.ts';
import { ENGINE_COMMANDS } from './all-commands.ts';
import { control, integer, reply, text } from './command.ts';
import type { CommandLog } from './command-log.ts';
import { BATCH_BYTES_MAX } from './command-watch.ts';
import type { Engine } from './engine.ts';

/** A harness whose commands SLOW and QUICK take the milliseconds that they are given; QUICK is flagged fast. */
function timedHarness(): EngineHarness {
  const take = (name: string, flags: readonly 'fast'[]) =>
    control(
      name,
      {
        group: 'server',
        summary: 'Takes its time.',
        since: '1.0.0',
        complexity: 'O(N)',
        args: [integer('milliseconds')],
        replies: [reply.ok()],
        flags,
      },
      (call) => {
        harness.clock.advance(Number(call.text(1)));
        call.reply.ok();
      },
    );
  const login = control(
    'LOGIN',
    {
      group: 'server',
      summary: 'Takes a secret.',
      since: '1.0.0',
      complexity: 'O(N)',
      args: [text('secret')],
      replies: [reply.ok()],
      isSecret: (_call, index) => index === 1,
    },
    (call) => call.reply.ok(),
  );
  const harness: EngineHarness = new EngineHarness({
    commands: [...ENGINE_COMMANDS, take('SLOW', []), take('QUICK', ['fast']), login],
    propagation: true,
  });
  return harness;
}

function words(log: CommandLog): string[] {
  return log
    .newest(Number.POSITIVE_INFINITY)
    .map(({ args }) => args.map((arg) => Buffer.from(arg).toString('latin1')).join(' '))
    .reverse();
}

function logAll(engine: Engine): void {
  engine.watch.slow.threshold = 0;
  engine.rewatch();
}

describe('the slow log', () => {
  it('keeps commands from its threshold on, with their time, client and name', () => {
    const harness = timedHarness();
    harness.client.session.name = 'one';
    harness.run('SLOW', '9');
    harness.run('SLOW', '10');
    harness.run('QUICK', '12');
    const entries = harness.engine.watch.slow.newest(10);
    assert.deepEqual(
      entries.map(({ id, amount }) => [id, amount]),
      [
        [1, 12_000],
        [0, 10_000],
      ],
    );
    assert.deepEqual(words(harness.engine.watch.slow), ['SLOW 10', 'QUICK 12']);
    assert.equal(entries[0]!.address, '127.0.0.1:10001');
    assert.equal(entries[0]!.name, 'one');
    assert.equal(entries[0]!.at, Math.floor(harness.clock.now() / 1000));
  });

  it('keeps what each command of a pipeline was given, where each is timed alone', () => {
    const harness = timedHarness();
    logAll(harness.engine);
    const sent = [['SET', 'a', '1'], ['SET', 'b', '2'], ['GET', 'a'], ['NOSUCH'], ['GET', 'b'], ['GET']];
    harness.client.raw(`${sent.map(encode).join('')}*2\r\n$3\r\nGET`);
    assert.deepEqual(words(harness.engine.watch.slow), ['SET a 1', 'SET b 2', 'GET a', 'GET b']);
  });

  it('never shows the arguments of another request', () => {
    const harness = timedHarness();
    for (const next of [['NOSUCH', 'x'], ['GET'], ['PING']]) {
      harness.client.raw(encode(['QUICK', '20']) + encode(next));
      harness.client.raw(`${encode(['QUICK', '20'])}*2\r\n$3\r\nGET\r\n$5\r\nsecr`);
      harness.client.raw('et\r\n');
    }
    for (const line of words(harness.engine.watch.slow)) assert.equal(line, 'QUICK 20');
    harness.client.raw(encode(['QUICK', '20']) + encode(['QUICK', '20']));
    assert.equal(words(harness.engine.watch.slow).at(-1), 'QUICK 20');
  });

  it('times each command of a long batch alone', () => {
    const harness = timedHarness();
    const filler = encode(['SET', 'a', 'x'.repeat(BATCH_BYTES_MAX)]);
    harness.client.raw(encode(['QUICK', '1']) + encode(['QUICK', '30']) + encode(['QUICK', '2']) + filler);
    assert.deepEqual(words(harness.engine.watch.slow), ['QUICK 30']);
  });

  it('keeps the commands inside EXEC, not EXEC', () => {
    const harness = timedHarness();
    harness.run('MULTI');
    harness.run('SLOW', '20');
    harness.run('SLOW', '1');
    harness.run('EXEC');
    assert.deepEqual(words(harness.engine.watch.slow), ['SLOW 20']);
    logAll(harness.engine);
    harness.client.raw(['MULTI', 'PING', 'EXEC'].map((word) => encode([word])).join(''));
    assert.deepEqual(words(harness.engine.watch.slow), ['SLOW 20', 'MULTI', 'PING']);
  });

  it('keeps a command that waited once it is served, and not when its time is over', () => {
    const harness = timedHarness();
    logAll(harness.engine);
    const waiter = harness.connect();
    waiter.run('BLPOP', 'list', '0');
    assert.deepEqual(words(harness.engine.watch.slow), []);
    harness.client.raw(encode(['RPUSH', 'list', 'a', 'b']) + encode(['PING']));
    assert.deepEqual(words(harness.engine.watch.slow), ['RPUSH list a b', 'BLPOP list 0', 'PING']);
    const { latency, table, statistics } = harness.engine;
    const blpop = table.idOf('blpop');
    assert.equal(latency.histograms[blpop]!.total, 1);
    assert.equal(statistics.calls[blpop], 1);
    harness.engine.watch.slow.reset();
    waiter.run('BLPOP', 'nothing', '1');
    harness.advance(1500);
    assert.deepEqual(words(harness.engine.watch.slow), []);
    assert.equal(latency.histograms[blpop]!.total, 1);
    assert.equal(statistics.calls[blpop], 2);
  });

  it('cuts long arguments and many of them, and keeps no secrets', () => {
    const harness = timedHarness();
    logAll(harness.engine);
    const many = Array.from({ length: 31 }, (_, index) => String(index));
    harness.run('SADD', 'set', ...many);
    harness.run('SADD', 'set', ...many.slice(1));
    harness.run('SET', 'a', 'x'.repeat(129));
    harness.run('LOGIN', 'hunter2');
    harness.run('AUTH', 'user', 'hunter2');
    harness.run('HELLO', '3', 'AUTH', 'user', 'hunter2');
    assert.deepEqual(words(harness.engine.watch.slow), [
      `SADD set ${many.slice(0, 29).join(' ')} ... (2 more arguments)`,
      `SADD set ${many.slice(1).join(' ')}`,
      `SET a ${'x'.repeat(128)}... (1 more bytes)`,
      'LOGIN (redacted)',
      'AUTH (redacted) (redacted)',
      'HELLO 3 AUTH (redacted) (redacted)',
    ]);
  });

  it('keeps as many entries as it may, and none where it may keep none', () => {
    const harness = timedHarness();
    const { watch } = harness.engine;
    logAll(harness.engine);
    watch.slow.lengthMax = 3;
    for (let turn = 0; turn < 100; turn++) harness.run('GET', String(turn));
    assert.deepEqual(words(watch.slow), ['GET 97', 'GET 98', 'GET 99']);
    watch.slow.lengthMax = 1;
    assert.equal(watch.slow.length(), 3);
    harness.run('PING');
    assert.deepEqual(words(watch.slow), ['PING']);
    watch.slow.lengthMax = 0;
    watch.slow.reset();
    harness.engine.rewatch();
    harness.run('PING');
    assert.equal(watch.slow.length(), 0);
    assert.equal(watch.slow.lastId(), 100);
  });
});

describe('the logs of large requests and replies', () => {
  it('keep what exceeds their thresholds, at the default in a run of commands', () => {
    const harness = timedHarness();
    const { largeRequests, largeReplies } = harness.engine.watch;
    const value = 'x'.repeat(1024 * 1024);
    harness.client.raw(encode(['PING']) + encode(['SET', 'a', value]) + encode(['SET', 'b', '1']));
    assert.equal(largeRequests.length(), 1);
    assert.equal(largeRequests.newest(1)[0]!.amount, encode(['SET', 'a', value]).length);
    const gets = ['a', 'b', 'a', 'b'].map((key) => encode(['GET', key])).join('');
    harness.client.raw(gets);
    assert.deepEqual(words(largeReplies), ['GET a', 'GET a']);
    assert.equal(largeReplies.newest(1)[0]!.amount, value.length + 12);
    harness.client.raw([['MULTI'], ['GET', 'a'], ['GET', 'b'], ['EXEC']].map(encode).join(''));
    assert.deepEqual(words(largeReplies), ['GET a', 'GET a', 'GET a']);
  });

  it('keep all where the threshold is 0, and the slow log stays its own', () => {
    const harness = timedHarness();
    const { watch } = harness.engine;
    watch.largeRequests.threshold = 0;
    watch.largeReplies.threshold = 8;
    harness.engine.rewatch();
    harness.client.raw(encode(['SET', 'a', '12345678']) + encode(['GET', 'a']) + encode(['PING']));
    assert.deepEqual(words(watch.largeRequests), ['SET a 12345678', 'GET a', 'PING']);
    assert.deepEqual(words(watch.largeReplies), ['GET a']);
    assert.equal(watch.slow.length(), 0);
  });
});

describe('the latency monitor', () => {
  it('notes commands by kind, the worst of each second', () => {
    const harness = timedHarness();
    const { monitor } = harness.engine.watch;
    monitor.threshold = 5;
    harness.engine.rewatch();
    harness.run('QUICK', '4');
    assert.equal(monitor.events.size, 0);
    harness.client.raw(encode(['QUICK', '0']).repeat(10) + encode(['QUICK', '5']) + encode(['QUICK', '0']).repeat(10));
    harness.run('SLOW', '7');
    harness.run('SLOW', '6');
    harness.advance(1000);
    harness.run('SLOW', '30');
    const samples = (name: string) => monitor.events.get(name)?.samples.map(({ milliseconds }) => milliseconds);
    assert.deepEqual(samples('fast-command'), [5]);
    assert.deepEqual(samples('command'), [7, 30]);
    assert.equal(monitor.events.get('command')!.max, 30);
  });

  it('keeps the newest samples only, and the worst of all time', () => {
    const harness = timedHarness();
    const { monitor } = harness.engine.watch;
    monitor.threshold = 1;
    monitor.note('expire-cycle', 900);
    for (let turn = 0; turn < 200; turn++) {
      harness.advance(1000);
      monitor.note('expire-cycle', 10);
    }
    const event = monitor.events.get('expire-cycle')!;
    assert.equal(event.samples.length, 160);
    assert.equal(event.max, 900);
    monitor.note('expire-cycle', 0.9);
    assert.equal(event.samples.length, 160);
  });
});

describe('the watchdog', () => {
  it('is told of a command that held everything up', () => {
    const harness = timedHarness();
    const told: [string, number][] = [];
    harness.engine.watch.watchdogMs = 200;
    harness.engine.watch.onHang = (call, milliseconds) => told.push([call.text(0), milliseconds]);
    harness.engine.rewatch();
    harness.run('SLOW', '199');
    harness.run('SLOW', '200');
    assert.deepEqual(told, [['SLOW', 200]]);
  });
});

it('the last runs of commands are remembered, the oldest first', () => {
  const harness = timedHarness();
  const { timer, table } = harness.engine;
  harness.client.raw(['PING', 'PING', 'DBSIZE', 'PING'].map((word) => encode([word])).join(''));
  assert.deepEqual(
    timer.recent().map(({ command, count }) => [table.nameOf(command), count]),
    [
      ['ping', 2],
      ['dbsize', 1],
      ['ping', 1],
    ],
  );
});
