// Directives of the process: how it starts, logs, stops, and what it asks of the operating system.

import {
  bool,
  custom,
  enumeration,
  flags,
  INT_MAX,
  integer,
  LONG_MAX,
  parseLong,
  Refusal,
  text,
} from '../../lib/directive.ts';

export const reportedVersion = text('reported-version', '7.4.1', {
  summary:
    'The Redis version that INFO and HELLO report. Clients choose by it what they use; all that Cinnabar has works in any case. A directive of Cinnabar.',
  refuse: (version) =>
    /^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(version) ? null : 'argument must be a version such as 7.4.1',
});

export const daemonize = bool('daemonize', false, {
  summary: 'Run in the background. A server that is supervised stays in the foreground.',
  immutable: true,
});

export const supervised = enumeration('supervised', 'no', ['upstart', 'systemd', 'auto', 'no'], {
  summary:
    'Tell the supervisor that started the server when it is ready: systemd, upstart, or auto for the one that the environment names.',
  immutable: true,
});

export const pidfile = text('pidfile', '', {
  summary: 'Where to write the process id. Empty: /var/run/redis.pid in the background, otherwise nowhere.',
  unsetWhenEmpty: true,
  immutable: true,
});

export const loglevel = enumeration('loglevel', 'notice', ['debug', 'verbose', 'notice', 'warning', 'nothing'], {
  summary: 'How much is logged, from everything to nothing.',
});

export const logfile = text('logfile', '', {
  summary: 'The log file; one that was moved away is made anew. Empty: standard output.',
  immutable: true,
});

export const syslogEnabled = bool('syslog-enabled', false, {
  summary: 'Log to the system logger too.',
  immutable: true,
});

export const syslogIdent = text('syslog-ident', 'redis', {
  summary: 'The name used towards the system logger.',
  immutable: true,
});

export const syslogFacility = enumeration(
  'syslog-facility',
  'local0',
  ['user', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
  { summary: 'The facility used towards the system logger.', immutable: true },
);

export const crashLogEnabled = bool('crash-log-enabled', true, {
  summary: 'Log a report when the server crashes.',
});

export const crashMemcheckEnabled = bool('crash-memcheck-enabled', true, {
  summary: 'Accepted for compatibility: a crash is reported without a test of the memory.',
});

export const hideUserDataFromLog = bool('hide-user-data-from-log', false, {
  summary: 'Keep keys, arguments and names out of the log.',
});

export const alwaysShowLogo = bool('always-show-logo', false, {
  summary: 'Show the start-up logo even when the log is not a terminal.',
  immutable: true,
});

export const setProcTitle = bool('set-proc-title', true, {
  summary: 'Show address and mode in the process title.',
  immutable: true,
});

const TITLE_VARIABLES: ReadonlyMap<string, string> = new Map([
  ['title', ''],
  ['server-mode', ''],
  ['listen-addr', '*:6379'],
  ['config-file', '-'],
  ['port', '0'],
  ['tls-port', '0'],
  ['unixsocket', '-'],
]);

export const procTitleTemplate = text('proc-title-template', '{title} {listen-addr} {server-mode}', {
  summary:
    'The process title, with {title}, {listen-addr}, {server-mode}, {port}, {tls-port}, {unixsocket}, {config-file}.',
  refuse(template) {
    const title = expandTitle(template);
    const valid = title !== null && title.trim() !== '';
    return valid ? null : 'template format is invalid or contains unknown variables';
  },
});

/** The template with stand-ins for its variables; null if a brace is open or a name unknown. `{{` is a brace. */
function expandTitle(template: string): string | null {
  let title = '';
  for (let at = 0; at < template.length; ) {
    const open = template.indexOf('{', at);
    if (open === -1) return title + template.slice(at);
    title += template.slice(at, open);
    if (template.charAt(open + 1) === '{') {
      title += '{';
      at = open + 2;
      continue;
    }
    const close = template.indexOf('}', open);
    const value = close === -1 ? undefined : TITLE_VARIABLES.get(template.slice(open + 1, close));
    if (value === undefined) return null;
    title += value;
    at = close + 1;
  }
  return title;
}

export const localeCollate = text('locale-collate', '', {
  summary: 'The locale for SORT ALPHA. Empty: that of the environment.',
});

export const hz = integer('hz', {
  summary: 'How often per second background work runs. Drawn into 1 to 500.',
  default: 10,
  min: 0,
  max: INT_MAX,
  clampMin: 1,
  clampMax: 500,
});

export const dynamicHz = bool('dynamic-hz', true, {
  summary: 'Run background work more often while many clients are connected.',
});

// Shutdown

const SHUTDOWN_WORDS = { none: 'default', names: ['save', 'nosave', 'now', 'force'] } as const;

function refuseSaveAndNosave(chosen: ReadonlySet<string>): string | null {
  const both = chosen.has('save') && chosen.has('nosave');
  return both ? "shutdown options SAVE and NOSAVE can't be used simultaneously" : null;
}

export const shutdownTimeout = integer('shutdown-timeout', {
  summary: 'Seconds that a shutdown waits for replicas that lag behind.',
  default: 10,
  min: 0,
  max: INT_MAX,
});

export const shutdownOnSigint = flags('shutdown-on-sigint', SHUTDOWN_WORDS, {
  summary: 'What SIGINT does: default, or any of save, nosave, now, force, as the SHUTDOWN command.',
  refuse: refuseSaveAndNosave,
});

export const shutdownOnSigterm = flags('shutdown-on-sigterm', SHUTDOWN_WORDS, {
  summary: 'What SIGTERM does: default, or any of save, nosave, now, force, as the SHUTDOWN command.',
  refuse: refuseSaveAndNosave,
});

export const busyReplyThreshold = integer('busy-reply-threshold', {
  summary: 'Milliseconds that a script may run before other clients get the error BUSY.',
  alias: 'lua-time-limit',
  default: 5000,
  min: 0,
  max: LONG_MAX,
});

export const luaEnableDeprecatedApi = bool('lua-enable-deprecated-api', false, {
  summary: 'Let scripts use functions of Lua that were taken away as unsafe: newproxy, getfenv, setfenv.',
  immutable: true,
  hidden: true,
});

// Threads, processors, memory of the system

export const ioThreads = integer('io-threads', {
  summary: 'Accepted for compatibility; one thread serves all clients.',
  default: 1,
  min: 1,
  max: 128,
  immutable: true,
});

export const ioThreadsDoReads = bool('io-threads-do-reads', false, {
  summary: 'Accepted for compatibility.',
  immutable: true,
});

export const lookahead = integer('lookahead', {
  summary: 'How many pipelined commands of one client may be parsed ahead.',
  default: 16,
  min: 1,
  max: INT_MAX,
});

export const prefetchBatchMaxSize = integer('prefetch-batch-max-size', {
  summary: 'How many commands of several clients may have their keys looked up ahead together. 0: none.',
  default: 16,
  min: 0,
  max: 128,
  hidden: true,
});

export const oomScoreAdj = enumeration('oom-score-adj', 'no', ['no', 'yes', 'relative', 'absolute'], {
  summary:
    'Tell Linux whom to stop first when memory runs out: add oom-score-adj-values to the score that the process had (relative, yes) or set them (absolute).',
  synonyms: [['relative', 'yes']],
});

export interface OomScores {
  readonly primary: number;
  readonly replica: number;
  readonly child: number;
}

export const oomScoreAdjValues = custom<OomScores>('oom-score-adj-values', {
  summary: 'The scores of a primary, of a replica and of background children, -2000 to 2000.',
  default: { primary: 0, replica: 200, child: 800 },
  multiple: true,
  parse(args) {
    if (args.length !== 3) return new Refusal('wrong number of arguments');
    const scores = args.map((arg) => parseLong(arg));
    if (scores.some((score) => score === null || score < -2000n || score > 2000n)) {
      return new Refusal('Invalid oom-score-adj-values, elements must be between -2000 and 2000.');
    }
    return { primary: Number(scores[0]), replica: Number(scores[1]), child: Number(scores[2]) };
  },
  format: ({ primary, replica, child }) => `${primary} ${replica} ${child}`,
});

export const disableThp = bool('disable-thp', true, {
  summary: 'Accepted for compatibility: without a fork large pages do no harm, and they make random keys faster.',
  immutable: true,
});

export const jemallocBgThread = bool('jemalloc-bg-thread', true, {
  summary: 'Accepted for compatibility; Cinnabar has an allocator of its own.',
});

export const serverCpulist = text('server-cpulist', '', {
  summary: 'The processors that the server may run on, for example 0-7:2.',
  alias: 'server_cpulist',
  unsetWhenEmpty: true,
  immutable: true,
});

export const bioCpulist = text('bio-cpulist', '', {
  summary: 'Accepted for compatibility: the processors of background threads.',
  alias: 'bio_cpulist',
  unsetWhenEmpty: true,
  immutable: true,
});

export const aofRewriteCpulist = text('aof-rewrite-cpulist', '', {
  summary: 'Accepted for compatibility: the processors of an append-only file rewrite.',
  alias: 'aof_rewrite_cpulist',
  unsetWhenEmpty: true,
  immutable: true,
});

export const bgsaveCpulist = text('bgsave-cpulist', '', {
  summary: 'Accepted for compatibility: the processors of a background save.',
  alias: 'bgsave_cpulist',
  unsetWhenEmpty: true,
  immutable: true,
});

export const ignoreWarnings = text('ignore-warnings', '', {
  summary: 'Warnings about the system that must not keep the server from starting.',
});

// For tests of the server itself

export const useExitOnPanic = bool('use-exit-on-panic', false, {
  summary: 'Exit instead of abort after an internal error.',
  hidden: true,
});

export const watchdogPeriod = integer('watchdog-period', {
  summary:
    'Log what held the server up for so many milliseconds, once it goes on: the command, or that the loop was late. At least two turns of hz. 0: never.',
  default: 0,
  min: 0,
  max: INT_MAX,
  hidden: true,
});

export const reqResLogfile = text('req-res-logfile', '', {
  summary: 'Log every request and reply to this file.',
  unsetWhenEmpty: true,
  immutable: true,
  hidden: true,
});
