// LATENCY: the latency monitor's events, and the durations of each command.

import type { Histogram } from '../../lib/histogram.ts';
import { untilNul } from '../../protocol/errors.ts';
import type { Reply } from '../../protocol/reply.ts';
import type { Call } from '../call.ts';
import { type CommandFlag, container, control, multiple, optional, reply, text } from '../command.ts';
import { latencyReport } from '../latency-doctor.ts';
import { ageLabel, latencyGraph } from '../latency-graph.ts';

const FLAGS: readonly CommandFlag[] = ['admin', 'noscript', 'loading', 'stale'];
const TIPS = ['nondeterministic_output', 'request_policy:all_nodes', 'response_policy:special'];
/** The first row of a histogram: about a microsecond. Each further one is twice the one before. */
const FIRST_ROW_NS = 1024;
const RULE = '-'.repeat(80);

const HELP = [
  'DOCTOR',
  '    Return a human readable latency analysis report.',
  'GRAPH <event>',
  '    Return an ASCII latency graph for the <event> class.',
  'HISTORY <event>',
  '    Return time-latency samples for the <event> class.',
  'LATEST',
  '    Return the latest latency samples for all events.',
  'RESET [<event> ...]',
  '    Reset latency data of one or more <event> classes.',
  '    (default: reset all data for all event classes)',
  'HISTOGRAM [COMMAND ...]',
  '    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.',
  '    If no commands are specified then all histograms are replied.',
];

function history(call: Call): void {
  const samples = call.engine.watch.monitor.events.get(call.text(2))?.samples ?? [];
  call.reply.array(samples.length);
  for (const { at, milliseconds } of samples) {
    call.reply.array(2);
    call.reply.integer(at);
    call.reply.integer(milliseconds);
  }
}

function latest(call: Call): void {
  const { events } = call.engine.watch.monitor;
  call.reply.array(events.size);
  for (const [name, { samples, max }] of events) {
    const last = samples.at(-1)!;
    call.reply.array(4);
    call.reply.bulkText(name);
    call.reply.integer(last.at);
    call.reply.integer(last.milliseconds);
    call.reply.integer(max);
  }
}

function graph(call: Call): void {
  const { engine } = call;
  const name = call.text(2);
  const event = engine.watch.monitor.events.get(name);
  if (event === undefined) {
    call.reply.errorText(`ERR No samples available for event '${untilNul(name)}'`);
    return;
  }
  const now = Math.floor(engine.clock.now() / 1000);
  const values = event.samples.map(({ milliseconds }) => milliseconds);
  const columns = event.samples.map(({ at, milliseconds }) => ({
    value: milliseconds,
    label: ageLabel(Math.max(0, now - at)),
  }));
  const heading = `${name} - high ${Math.max(...values)} ms, low ${Math.min(...values)} ms (all time high ${event.max} ms)`;
  call.reply.verbatim('txt', `${heading}\n${RULE}\n${latencyGraph(columns)}`);
}

/** Ids of the commands that arguments name, a container standing for its subcommands; those that are unknown are left out. */
function namedCommands(call: Call): number[] {
  const { table } = call.engine;
  const ids: number[] = [];
  for (let index = 2; index < call.count; index++) {
    const id = table.idOf(call.text(index));
    if (id < 0) continue;
    ids.push(id, ...table.subcommandsOf(id));
  }
  return ids;
}

function histogram(call: Call): void {
  const { latency, table } = call.engine;
  const ids = call.count === 2 ? table.definitions.map((_, id) => id) : namedCommands(call);
  const known = ids.filter((id) => latency.histograms[id] !== null);
  call.reply.map(known.length);
  for (const id of known) {
    const each = latency.histograms[id]!;
    call.reply.bulkText(table.nameOf(id));
    call.reply.map(2);
    call.reply.bulkText('calls');
    call.reply.integer(each.total);
    call.reply.bulkText('histogram_usec');
    replyRows(call.reply, each);
  }
}

/** How many calls took up to so many microseconds, where a row adds to the one before. */
function replyRows(out: Reply, histogram: Histogram): void {
  const rows: [microseconds: number, count: number][] = [];
  let before = 0;
  for (let limit = FIRST_ROW_NS; before < histogram.total; limit *= 2) {
    const count = histogram.countTo(limit);
    if (count > before) rows.push([Math.floor(histogram.greatestAlike(limit) / 1000), count]);
    before = count;
  }
  out.map(rows.length);
  for (const [microseconds, count] of rows) {
    out.integer(microseconds);
    out.integer(count);
  }
}

export const latency = container(
  'LATENCY',
  { group: 'server', summary: 'Looks at what took long.', since: '2.8.13', helpSince: '2.8.13', help: HELP },
  [
    control(
      'DOCTOR',
      {
        group: 'server',
        summary: 'Tells what the latency monitor saw, and what to do about it.',
        since: '2.8.13',
        complexity: 'O(1)',
        replies: [reply.verbatim('a report for people')],
        flags: FLAGS,
        tips: TIPS,
      },
      (call) => call.reply.verbatim('txt', latencyReport(call.engine)),
    ),
    control(
      'GRAPH',
      {
        group: 'server',
        summary: 'Draws the samples of one kind of event.',
        since: '2.8.13',
        complexity: 'O(1)',
        args: [text('event')],
        replies: [reply.verbatim('the graph')],
        flags: FLAGS,
        tips: TIPS,
      },
      graph,
    ),
    control(
      'HISTORY',
      {
        group: 'server',
        summary: 'Lists the samples of one kind of event.',
        since: '2.8.13',
        complexity: 'O(1)',
        args: [text('event')],
        replies: [reply.array('time in seconds, milliseconds')],
        flags: FLAGS,
        tips: TIPS,
      },
      history,
    ),
    control(
      'LATEST',
      {
        group: 'server',
        summary: 'Lists the newest sample of each kind of event.',
        since: '2.8.13',
        complexity: 'O(1)',
        replies: [reply.array('event, time in seconds, milliseconds, the most of all time')],
        flags: FLAGS,
        tips: TIPS,
      },
      latest,
    ),
    control(
      'RESET',
      {
        group: 'server',
        summary: 'Forgets the samples of some kinds of events, or of all.',
        since: '2.8.13',
        complexity: 'O(1)',
        args: [optional(multiple(text('event')))],
        replies: [reply.integer('kinds of events that had samples')],
        flags: FLAGS,
        tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
      },
      function reset(call) {
        const names: string[] = [];
        for (let index = 2; index < call.count; index++) names.push(call.text(index));
        call.reply.integer(call.engine.watch.monitor.reset(names));
      },
    ),
    control(
      'HISTOGRAM',
      {
        group: 'server',
        summary: 'Tells how long some commands take, or all.',
        since: '7.0.0',
        complexity: 'O(N), N being the commands with durations.',
        args: [optional(multiple(text('command')))],
        replies: [reply.map('by command: its calls, and how many took up to so many microseconds')],
        flags: FLAGS,
        tips: TIPS,
      },
      histogram,
    ),
  ],
);
