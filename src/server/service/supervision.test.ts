import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromUtf8 } from '../../lib/bytes.ts';
import { Log } from '../log.ts';
import { Supervision, type Supervisor } from './supervision.ts';

/** What happens to a process that is supervised from its start to its end. */
function live(
  wanted: Supervisor | 'auto',
  environment: Record<string, string>,
  canSend = true,
): { supervisor: Supervisor; log: string; done: string[] } {
  const done: string[] = [];
  let log = '';
  const supervision = new Supervision(wanted, {
    environment,
    processId: 42,
    datagramsTo: (address) =>
      canSend ? (bytes) => done.push(`${address} ${fromUtf8(bytes, 0, bytes.length)}`) > 0 : null,
    after: (_, run) => run(),
    stop: () => done.push('stopped'),
  });
  supervision.announce(
    new Log({
      pid: 42,
      now: () => 0,
      sink: (line) => {
        log += line.replace(/^.*\d{3} /, '');
      },
    }),
  );
  supervision.loading();
  supervision.ready();
  supervision.stopping();
  return { supervisor: supervision.supervisor, log, done };
}

const TOLD_SYSTEMD = [
  '/run/notify STATUS=Redis is loading...\n',
  '/run/notify STATUS=Ready to accept connections\nREADY=1\n',
  '/run/notify STOPPING=1\n',
];

test('systemd is told of loading, readiness and the end', () => {
  for (const wanted of ['systemd', 'auto'] as const) {
    const { supervisor, log, done } = live(wanted, { NOTIFY_SOCKET: '/run/notify' });
    assert.equal(supervisor, 'systemd');
    assert.match(log, /^\* Supervised by systemd\. Please make sure .* in your service unit\.\n$/);
    assert.deepEqual(done, TOLD_SYSTEMD);
  }
});

test('the watchdog is fed where it watches this process', () => {
  const fed = (variables: Record<string, string>): boolean =>
    live('systemd', { NOTIFY_SOCKET: '/run/notify', ...variables }).done.includes('/run/notify WATCHDOG=1\n');
  assert.equal(fed({ WATCHDOG_USEC: '1000000' }), true);
  assert.equal(fed({ WATCHDOG_USEC: '1000000', WATCHDOG_PID: '42' }), true);
  assert.equal(fed({ WATCHDOG_USEC: '1000000', WATCHDOG_PID: '43' }), false);
  for (const none of ['', '0', '-1', 'soon']) assert.equal(fed({ WATCHDOG_USEC: none }), false);
});

test('upstart sees readiness in a process that stops', () => {
  for (const wanted of ['upstart', 'auto'] as const) {
    assert.deepEqual(live(wanted, { UPSTART_JOB: 'redis' }), {
      supervisor: 'upstart',
      log: '* supervised by upstart, will stop to signal readiness.\n',
      done: ['stopped'],
    });
  }
});

test('readiness is told again when there was no room for it, but not for ever', () => {
  for (const [refusals, told] of [
    [3, true],
    [1000, false],
  ] as const) {
    let left: number = refusals;
    let isTold = false;
    const supervision = new Supervision('systemd', {
      environment: { NOTIFY_SOCKET: '/run/notify' },
      processId: 42,
      datagramsTo: () => () => {
        isTold ||= left <= 0;
        return left-- <= 0;
      },
      after: (_, run) => run(),
      stop: () => undefined,
    });
    supervision.ready();
    assert.equal(isTold, told);
  }
});

test('a supervisor that is not there is missed in the log, and nothing else', () => {
  const cases: readonly [Supervisor | 'auto', Record<string, string>, string][] = [
    ['no', { NOTIFY_SOCKET: '/run/notify', UPSTART_JOB: 'redis' }, ''],
    ['auto', {}, ''],
    ['systemd', { UPSTART_JOB: 'redis' }, '# systemd supervision error: NOTIFY_SOCKET not found!\n'],
    ['upstart', { NOTIFY_SOCKET: '/run/notify' }, '# upstart supervision requested, but UPSTART_JOB not found!\n'],
  ];
  for (const [wanted, environment, log] of cases) {
    assert.deepEqual(live(wanted, environment), { supervisor: 'no', log, done: [] });
  }
  const { supervisor, log } = live('systemd', { NOTIFY_SOCKET: 'vsock:2:1' }, false);
  assert.equal(supervisor, 'no');
  assert.match(log, /^# systemd supervision error: .*vsock:2:1/);
});
