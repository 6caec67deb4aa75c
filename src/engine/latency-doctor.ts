// LATENCY DOCTOR: what the latency monitor saw, and what to do about it.

import type { Engine } from './engine.ts';
import type { LatencyEvent } from './latency-monitor.ts';

const ADVICE: Readonly<Record<string, string>> = {
  command:
    'Some commands take long: SLOWLOG GET shows which. Large values, ranges without limit, KEYS, SORT and the like are ' +
    'the usual ones.',
  'fast-command':
    'Even commands that are short by nature took long: the machine may have too little processor time, swap memory, or ' +
    'have slow virtual hardware. Values of many megabytes do it, too.',
  'command-unblocking': 'Commands that had waited took long when they were served: look at how large their values are.',
  'expire-cycle':
    'Many keys expired at about the same time, or large ones. Spread their times; lazyfree-lazy-expire frees them in slices.',
  'eviction-cycle': 'Eviction takes long: more memory, or smaller values, would help.',
  'active-defrag-cycle': 'Single values are large, and are moved in one piece. Without activedefrag nothing is moved.',
  'aof-write': 'Writing the append-only file takes long: the disk is slow, or others use it, too.',
  'aof-fsync-always':
    'The disk is slow to sync. With appendfsync everysec nobody waits for it, and up to a second may be lost.',
  'snapshot-slice': 'Slices of a snapshot took long: single keys with large values are the likely reason.',
};

/** The report, as lines. */
export function latencyReport(engine: Engine): string {
  const { monitor, slow } = engine.watch;
  if (monitor.threshold === 0 && monitor.events.size === 0) {
    return (
      'The latency monitor is off. CONFIG SET latency-monitor-threshold <milliseconds> turns it on: events that take at ' +
      'least that long are kept then.\n'
    );
  }
  if (monitor.events.size === 0) {
    return `Nothing took ${monitor.threshold} milliseconds or longer: there is nothing to report.\n`;
  }
  const now = Math.floor(engine.clock.now() / 1000);
  let text = 'These kinds of events took long:\n\n';
  const advice = new Set<string>();
  for (const [index, [name, event]] of [...monitor.events].entries()) {
    text += `${index + 1}. ${name}: ${describe(event, now)}\n`;
    if (ADVICE[name] !== undefined) advice.add(ADVICE[name]);
  }
  if (monitor.events.has('command') && !(slow.isOn() && slow.threshold <= monitor.threshold * 1000)) {
    advice.add(
      'The slow log does not keep all that the latency monitor counts. Let it with CONFIG SET slowlog-log-slower-than ' +
        `${monitor.threshold * 1000}.`,
    );
  }
  return `${text}\n${[...advice].map((line) => `- ${line}\n`).join('')}`;
}

function describe(event: LatencyEvent, now: number): string {
  const { samples, max } = event;
  const count = samples.length;
  const average = Math.floor(samples.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / count);
  const deviation = samples.reduce((sum, { milliseconds }) => sum + Math.abs(milliseconds - average), 0) / count;
  const period = Math.max(1, (now - samples[0]!.at) / count);
  return (
    `${count} latency spikes (average ${average}ms, mean deviation ${Math.floor(deviation)}ms, ` +
    `period ${period.toFixed(2)} sec). Worst all time event ${max}ms.`
  );
}
