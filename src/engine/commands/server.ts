// Commands about the server as such that need nothing but the engine: TIME, MONITOR.

import { control, reply } from '../command.ts';

export const time = control(
  'TIME',
  {
    group: 'server',
    summary: 'Tells the time of the server.',
    since: '2.6.0',
    complexity: 'O(1)',
    replies: [reply.array('seconds since 1970, and the microseconds of the present one')],
    flags: ['loading', 'stale', 'fast'],
    tips: ['nondeterministic_output'],
  },
  function time(call) {
    const now = call.engine.clock.now();
    const seconds = Math.floor(now / 1000);
    call.reply.array(2);
    call.reply.bulkInteger(seconds);
    call.reply.bulkInteger(Math.floor((now - seconds * 1000) * 1000));
  },
);

export const monitor = control(
  'MONITOR',
  {
    group: 'server',
    summary: 'Shows every command that the server runs, from now on.',
    since: '1.0.0',
    complexity: 'O(1)',
    replies: [reply.ok('the commands follow')],
    flags: ['admin', 'noscript', 'loading', 'stale'],
  },
  function monitor(call) {
    const { engine, session } = call;
    // Redis answers only the first.
    if (session.monitor) return;
    session.monitor = true;
    engine.monitors.add(session);
    engine.refreshEffects();
    call.reply.ok();
  },
);
