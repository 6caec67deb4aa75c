// Directives of what the server measures about itself: slow log, latency.

import { fromLatin1 } from '../../lib/bytes.ts';
import { parseDouble } from '../../lib/decimal.ts';
import { bool, custom, INT_MAX, integer, LONG_MAX, Refusal, text } from '../../lib/directive.ts';

export const slowlogLogSlowerThan = integer('slowlog-log-slower-than', {
  summary: 'Commands that take at least so many microseconds enter the slow log. 0: all; -1: none.',
  alias: 'commandlog-execution-slower-than',
  default: 10_000,
  min: -1,
  max: LONG_MAX,
});

export const slowlogMaxLen = integer('slowlog-max-len', {
  summary: 'How many commands the slow log keeps.',
  alias: 'commandlog-slow-execution-max-len',
  default: 128,
  min: 0,
  max: LONG_MAX,
});

export const commandlogRequestLargerThan = integer('commandlog-request-larger-than', {
  summary: 'Commands with at least so many bytes of request enter the log of large requests. 0: all; -1: none.',
  default: 1024 * 1024,
  min: -1,
  max: LONG_MAX,
});

export const commandlogLargeRequestMaxLen = integer('commandlog-large-request-max-len', {
  summary: 'How many commands the log of large requests keeps.',
  default: 128,
  min: 0,
  max: LONG_MAX,
});

export const commandlogReplyLargerThan = integer('commandlog-reply-larger-than', {
  summary: 'Commands with at least so many bytes of reply enter the log of large replies. 0: all; -1: none.',
  default: 1024 * 1024,
  min: -1,
  max: LONG_MAX,
});

export const commandlogLargeReplyMaxLen = integer('commandlog-large-reply-max-len', {
  summary: 'How many commands the log of large replies keeps.',
  default: 128,
  min: 0,
  max: LONG_MAX,
});

export const slowlogEntryMaxArgc = integer('slowlog-entry-max-argc', {
  summary: 'How many arguments of a command an entry of the slow log keeps; the last one tells how many are missing.',
  default: 32,
  min: 2,
  max: INT_MAX,
});

export const slowlogEntryMaxStringLen = integer('slowlog-entry-max-string-len', {
  summary: 'How many bytes of an argument an entry of the slow log keeps.',
  default: 128,
  min: 1,
  max: LONG_MAX,
});

export const latencyMonitorThreshold = integer('latency-monitor-threshold', {
  summary: 'Events that take at least so many milliseconds are kept for LATENCY. 0: none.',
  default: 0,
  min: 0,
  max: LONG_MAX,
});

export const latencyTracking = bool('latency-tracking', true, {
  summary: 'Keep a histogram of the duration of each command.',
});

export const latencyTrackingInfoPercentiles = custom<readonly number[]>('latency-tracking-info-percentiles', {
  summary: 'The percentiles of the durations of each command that INFO LATENCYSTATS shows. Empty: none.',
  default: [50, 99, 99.9],
  multiple: true,
  parse(args) {
    if (args.length === 1 && args[0] === '') return [];
    const percentiles: number[] = [];
    for (const arg of args) {
      const percentile = parseDouble(fromLatin1(arg), 0, arg.length);
      if (Number.isNaN(percentile)) return new Refusal('Invalid latency-tracking-info-percentiles parameters');
      if (percentile < 0 || percentile > 100) {
        return new Refusal('latency-tracking-info-percentiles parameters should sit between [0.0,100.0]');
      }
      percentiles.push(percentile);
    }
    return percentiles;
  },
  format: formatPercentiles,
  // Always written: a file without the line would mean the default.
  fileLines: (percentiles) => [{ text: percentiles.length === 0 ? '""' : formatPercentiles(percentiles), force: true }],
});

export const metricsPort = integer('metrics-port', {
  summary:
    'The TCP port of an HTTP server with /metrics for Prometheus and /healthz. 0: none. It knows no users. A directive of Cinnabar.',
  default: 0,
  min: 0,
  max: 65_535,
});

export const metricsBind = text('metrics-bind', '127.0.0.1', {
  summary: 'The address that metrics-port is opened at. A directive of Cinnabar.',
});

function formatPercentiles(percentiles: readonly number[]): string {
  return percentiles.map(formatPercentile).join(' ');
}

/** As C's %f without trailing zeros: six decimals, and what lies just between two goes to the even one. */
function formatPercentile(percentile: number): string {
  const rounded = percentile.toFixed(6);
  // toFixed rounds a tie up. A double that is one has seven decimals, so twenty show it exactly.
  const isTie = percentile.toFixed(20).endsWith('50000000000000');
  const digits = isTie && /[13579]$/.test(rounded) ? percentile.toFixed(20).slice(0, -14) : rounded;
  return digits.replace(/\.?0+$/, '');
}
