// HOTKEYS: which keys take most of the server's time and of the network.

import type { Call } from '../../engine/call.ts';
import {
  block,
  type CommandDefinition,
  container,
  control,
  integer,
  multiple,
  optional,
  reply,
  token,
} from '../../engine/command.ts';
import { HotKeys } from '../../engine/hot-keys.ts';
import { SYNTAX_ERROR } from '../../protocol/errors.ts';
import type { Reply } from '../../protocol/reply.ts';
import { type CpuUse, cpuUse } from '../process-facts.ts';
import type { Server } from '../server.ts';

const FLAGS = ['admin', 'noscript'] as const;
const COUNT_DEFAULT = 10;
const COUNT_MAX = 64;
const SECONDS_MAX = 1_000_000;
const METRICS_MAX = 2;

const HELP = [
  'START METRICS <count> [CPU] [NET] [COUNT <k>] [DURATION <seconds>] [SAMPLE <ratio>]',
  '    Begin to look for the keys that take most time or bytes.',
  'STOP',
  '    End that; what was found is kept.',
  'GET',
  '    Tell what was found.',
  'RESET',
  '    Forget what was found.',
];

/** What is asked for while HOTKEYS START is read; the error's text where it makes no sense. */
interface Options {
  byTime: boolean;
  byBytes: boolean;
  count: number;
  seconds: number;
  sampleRatio: number;
}

export function hotKeysCommands(server: Server): CommandDefinition[] {
  /** The processor's time when the session began, and when it ended. */
  let cpuBefore: CpuUse = { system: 0, user: 0 };
  let cpuAfter: CpuUse | null = null;

  function start(call: Call): void {
    const { watch, clock, prng } = server.engine;
    if (watch.hotKeys?.isActive()) {
      call.reply.errorText('ERR hotkey tracking session already in progress');
      return;
    }
    const options = parse(call);
    if (options === null) return;
    cpuBefore = cpuUse();
    cpuAfter = null;
    watch.hotKeys = new HotKeys(options, clock, prng);
    server.engine.rewatch();
    call.reply.ok();
  }

  function stop(call: Call): void {
    const { hotKeys } = server.engine.watch;
    if (hotKeys?.isActive() !== true) {
      call.reply.nil();
      return;
    }
    hotKeys.stop();
    cpuAfter = cpuUse();
    server.engine.rewatch();
    call.reply.ok();
  }

  function get({ reply: out }: Call): void {
    const { hotKeys } = server.engine.watch;
    if (hotKeys === null) {
      out.nil();
      return;
    }
    const isActive = hotKeys.isActive();
    if (!isActive) cpuAfter ??= cpuUse();
    const cpu = cpuAfter ?? cpuUse();
    const { byTime, byBytes, count, sampleRatio } = hotKeys.request;
    const fields: [string, number][] = [
      ['all-commands-all-slots-us', Math.floor(hotKeys.microseconds)],
      ['net-bytes-all-commands-all-slots', Math.floor(hotKeys.bytes)],
      ['collection-start-time-unix-ms', hotKeys.beganAt],
      ['collection-duration-ms', hotKeys.duration()],
    ];
    if (byTime) fields.push(['total-cpu-time-user-ms', Math.floor((cpu.user - cpuBefore.user) / 1000)]);
    if (byTime) fields.push(['total-cpu-time-sys-ms', Math.floor((cpu.system - cpuBefore.system) / 1000)]);
    if (byBytes) fields.push(['total-net-bytes', Math.floor(hotKeys.bytes)]);
    out.map(3 + fields.length + Number(byTime) + Number(byBytes));
    out.bulkText('tracking-active');
    out.integer(isActive ? 1 : 0);
    out.bulkText('sample-ratio');
    out.integer(sampleRatio);
    out.bulkText('selected-slots');
    out.array(0);
    for (const [name, value] of fields) {
      out.bulkText(name);
      out.integer(value);
    }
    if (byTime) writeKeys(out, 'by-cpu-time-us', hotKeys.byTime.heaviest(count));
    if (byBytes) writeKeys(out, 'by-net-bytes', hotKeys.byBytes.heaviest(count));
  }

  function reset(call: Call): void {
    const { watch } = server.engine;
    if (watch.hotKeys?.isActive()) {
      call.reply.errorText('ERR hotkey tracking session in progress, stop tracking first');
      return;
    }
    watch.hotKeys = null;
    server.engine.rewatch();
    call.reply.ok();
  }

  return [
    container(
      'HOTKEYS',
      {
        group: 'server',
        summary: 'Finds the keys that take most of the time and of the network.',
        since: '8.6.0',
        help: HELP,
      },
      [startDefinition(start), stopDefinition(stop), getDefinition(get), resetDefinition(reset)],
    ),
  ];
}

function startDefinition(run: (call: Call) => void): CommandDefinition {
  return control(
    'START',
    {
      group: 'server',
      summary: 'Begins to look for hot keys.',
      since: '8.6.0',
      complexity: 'O(1)',
      args: [
        block('metrics', integer('count', { token: 'METRICS' }), optional(token('CPU')), optional(token('NET'))),
        optional(integer('k', { token: 'COUNT' })),
        optional(integer('seconds', { token: 'DURATION' })),
        optional(integer('ratio', { token: 'SAMPLE' })),
        optional(block('slots', integer('count', { token: 'SLOTS' }), multiple(integer('slot')))),
      ],
      arity: -2,
      replies: [reply.ok()],
      flags: FLAGS,
    },
    run,
  );
}

function stopDefinition(run: (call: Call) => void): CommandDefinition {
  return control(
    'STOP',
    {
      group: 'server',
      summary: 'Ends to look for hot keys; what was found is kept.',
      since: '8.6.0',
      complexity: 'O(1)',
      replies: [reply.ok(), reply.nil('nobody looks for hot keys')],
      flags: FLAGS,
    },
    run,
  );
}

function getDefinition(run: (call: Call) => void): CommandDefinition {
  return control(
    'GET',
    {
      group: 'server',
      summary: 'Tells which keys are hot.',
      since: '8.6.0',
      complexity: 'O(K), K being the keys told.',
      replies: [reply.map('what was counted, and the keys in order'), reply.nil('nobody looked for hot keys')],
      flags: FLAGS,
    },
    run,
  );
}

function resetDefinition(run: (call: Call) => void): CommandDefinition {
  return control(
    'RESET',
    {
      group: 'server',
      summary: 'Forgets what was found of hot keys.',
      since: '8.6.0',
      complexity: 'O(1)',
      replies: [reply.ok()],
      flags: FLAGS,
    },
    run,
  );
}

function writeKeys(out: Reply, name: string, keys: readonly (readonly [string, number])[]): void {
  out.bulkText(name);
  out.array(keys.length * 2);
  for (const [key, weight] of keys) {
    out.bulkText(key);
    out.integer(Math.floor(weight));
  }
}

/** The options of HOTKEYS START; null after replying what is wrong with them. */
function parse(call: Call): Options | null {
  const refuse = (text: string): null => {
    call.reply.errorText(`ERR ${text}`);
    return null;
  };
  const word = (index: number) => (index < call.count ? call.text(index).toUpperCase() : '');
  if (word(2) !== 'METRICS') return refuse('METRICS parameter is required');
  const metrics = call.count > 3 ? call.quietInteger(3) : Number.NaN;
  if (!(metrics > 0 && metrics <= METRICS_MAX)) return refuse(`METRICS count must be > 0 and <= ${METRICS_MAX}`);
  const options: Options = {
    byTime: false,
    byBytes: false,
    count: COUNT_DEFAULT,
    seconds: Number.POSITIVE_INFINITY,
    sampleRatio: 1,
  };
  let at = 4;
  for (; word(at) === 'CPU' || word(at) === 'NET'; at++) {
    const metric = word(at) === 'CPU' ? 'byTime' : 'byBytes';
    if (options[metric]) return refuse(`METRICS ${word(at)} defined more than once!`);
    options[metric] = true;
  }
  const given = Number(options.byTime) + Number(options.byBytes);
  if (given === 0) return refuse('METRICS no valid metrics passed. Supported: CPU|NET');
  if (given !== metrics) return refuse('METRICS count does not match number of metric types provided');
  for (; at < call.count; at += 2) {
    const value = at + 1 < call.count ? call.quietInteger(at + 1) : Number.NaN;
    const name = word(at);
    if (name === 'SLOTS') return refuse('SLOTS parameter cannot be used in non-cluster mode');
    if (at + 1 >= call.count) break;
    if (name === 'COUNT') {
      if (!(value >= 1 && value <= COUNT_MAX)) return refuse(`COUNT must be between 1 and ${COUNT_MAX}`);
      options.count = value;
    } else if (name === 'DURATION') {
      if (!(value >= 1 && value <= SECONDS_MAX)) return refuse(`DURATION must be between 1 and ${SECONDS_MAX}`);
      options.seconds = value;
    } else if (name === 'SAMPLE') {
      if (!(value >= 1 && value <= Number.MAX_SAFE_INTEGER)) return refuse('SAMPLE ratio must be positive');
      options.sampleRatio = value;
    } else break;
  }
  if (at >= call.count) return options;
  call.reply.error(SYNTAX_ERROR);
  return null;
}
