// The program cinnabar-server: reads its configuration, starts a server, obeys signals.

import { randomInt } from 'node:crypto';
import { existsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandDefinition } from '../engine/command.ts';
import { CommandTable } from '../engine/command-table.ts';
import { collectWhenDoubled, inlineMore, keepNewSpace } from '../host/compiler.ts';
import { useCompilersWords } from '../host/compiler-words.ts';
import { freedMemoryReturn } from '../host/freed-memory.ts';
import { realClock } from '../host/real-clock.ts';
import { dir } from '../persistence/directives.ts';
import { LoadingError } from '../persistence/loading.ts';
import { allCommands } from './all-commands.ts';
import { banner } from './banner.ts';
import { environmentLocale, obeyCollation } from './collation.ts';
import { type CommandLine, parseCommandLine, usageText, versionText } from './config/command-line.ts';
import { binaryText, configDisk } from './config/config-disk.ts';
import { type ConfigFailure, failureText } from './config/config-text.ts';
import { daemonize, loglevel, pidfile, reportedVersion, supervised } from './config/process.ts';
import { ServerConfig } from './config/server-config.ts';
import { crashReport } from './crash-report.ts';
import { Log } from './log.ts';
import { MetricsError } from './metrics/endpoint.ts';
import { showProcessTitle } from './process-title.ts';
import { Server, StartError } from './server.ts';
import { findLauncher, type LauncherTie, launchDaemon } from './service/daemon.ts';
import { datagramsTo } from './service/datagrams.ts';
import { openLogs } from './service/logs.ts';
import { obeyOomScore } from './service/oom-score.ts';
import { takePassedSockets } from './service/passed-sockets.ts';
import { DAEMON_PID_FILE, writePidFile } from './service/pid-file.ts';
import { Supervision } from './service/supervision.ts';
import { obeySignals } from './signals.ts';
import { TransportError } from './transports/transport.ts';
import { loadUsers, userChecker } from './users.ts';
import { WarmUp } from './warm-up.ts';

/** Replaced when the bundle is built. */
declare const CINNABAR_VERSION: string | undefined;
const VERSION = typeof CINNABAR_VERSION === 'string' ? CINNABAR_VERSION : '0.1.0';

/** Frames of a crash report's stack. */
Error.stackTraceLimit = 40;

inlineMore();
collectWhenDoubled();
useCompilersWords();

const STDOUT = 1;
const STDERR = 2;

function seed(): [number, number] {
  return [randomInt(2 ** 32), randomInt(2 ** 32)];
}

function newLog(): Log {
  return new Log({
    pid: process.pid,
    now: Date.now,
    sink: (line) => void writeSync(STDOUT, Buffer.from(line, 'latin1')),
  });
}

/** Commands that no server runs: definitions refer to their server only when they do. */
function commandsToCheckWith(): readonly CommandDefinition[] {
  return allCommands(null as unknown as Server);
}

/** Checks rename-command lines on a table that no server uses. */
function renameChecker(): (from: string, to: string) => string | null {
  let table: CommandTable | null = null;
  return (from, to) => {
    table ??= new CommandTable(commandsToCheckWith());
    const renamed = table.rename(from, to);
    if (renamed === null) return 'Target command name already exists';
    return renamed ? null : 'No such command in rename-command';
  };
}

function newConfig(log: Log, readStdin = configDisk.readStdin): ServerConfig {
  return new ServerConfig({
    files: { ...configDisk, readStdin },
    directory: binaryText(process.cwd()),
    log: (level, message) => log.write(level, message),
    renameCommand: renameChecker(),
    declareUser: userChecker(commandsToCheckWith),
  });
}

function failOnConfig(failure: ConfigFailure, config: ServerConfig, log: Log): never {
  if (failure.kind === 'file') log.warning(failureText(failure, config.get(reportedVersion)).trim());
  else writeSync(STDERR, failureText(failure, config.get(reportedVersion)));
  process.exit(1);
}

/** Answers --version and the like; false when the server is to run. */
function answerAction(commandLine: CommandLine): boolean {
  if (commandLine.action === 'run') return false;
  if (commandLine.action === 'version') {
    const config = newConfig(newLog());
    writeSync(STDOUT, `${versionText(VERSION, config.get(reportedVersion))}\n`);
    return true;
  }
  if (commandLine.action === 'help') {
    writeSync(STDOUT, usageText());
    return true;
  }
  writeSync(STDERR, `cinnabar-server has no --${commandLine.action}\n`);
  process.exit(1);
}

function logStart(log: Log, config: ServerConfig, commandLine: CommandLine): void {
  log.notice('oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo');
  log.notice(
    `Redis version=${config.get(reportedVersion)}, bits=64, commit=00000000, modified=0, pid=${process.pid}, just started`,
  );
  if (commandLine.options === null) {
    log.warning(
      'Warning: no config file specified, using the default config. In order to specify a config file use ' +
        'cinnabar-server /path/to/cinnabar.conf',
    );
  } else log.notice('Configuration loaded');
}

/** The launcher in bin/, by which people know the program; the bundle itself where it was started without. */
function executable(): string {
  const bundle = process.argv[1] ?? '';
  const launcher = join(bundle, '../../bin/cinnabar-server');
  return existsSync(launcher) ? launcher : bundle;
}

/** The working directory is that of the data, where core files and relative paths belong too. */
function followDirectory(config: ServerConfig): void {
  config.follow(dir, (path) => {
    try {
      process.chdir(Buffer.from(path, 'latin1').toString());
    } catch {
      // A name that is no UTF-8: Node cannot go there. Files of the data are opened by their whole paths in any case.
    }
  });
}

async function listen(server: Server): Promise<void> {
  const { log } = server;
  server.persistence.announceLoading();
  try {
    await server.start();
  } catch (error) {
    if (error instanceof StartError) {
      log.warning(error.message);
      process.exit(1);
    }
    if (!(error instanceof TransportError)) throw error;
    if (error instanceof MetricsError) {
      log.warning(`${error.message}, aborting.`);
      process.exit(1);
    }
    const isUnix = server.listeners.describe().length > 0;
    if (isUnix) log.warning(`Failed opening Unix socket: ${error.message}`);
    log.warning(`Failed listening on port ${isUnix ? 0 : server.wantedPort()} (${isUnix ? 'unix' : 'tcp'}), aborting.`);
    process.exit(1);
  }
  if (server.listeners.describe().length === 0) {
    log.warning('Configured to not listen anywhere, exiting.');
    process.exit(1);
  }
  log.role = 'M';
  log.notice('Server initialized');
  log.notice(`Transport: ${server.transport.name} (${server.transportReason})`);
}

async function load(server: Server): Promise<void> {
  const { log } = server;
  try {
    await server.load();
  } catch (error) {
    if (!(error instanceof LoadingError)) throw error;
    log.warning('Fatal error loading the DB, check server logs. Exiting.');
    process.exit(1);
  }
  keepNewSpace();
  for (const { name } of server.listeners.describe()) log.notice(`Ready to accept connections ${name}`);
}

/** What is told of the process to who started it. */
interface Told {
  readonly launcher: LauncherTie | null;
  readonly supervision: Supervision;
}

async function run(config: ServerConfig, log: Log, { launcher, supervision }: Told): Promise<void> {
  let server: Server | null = null;
  let isCrashing = false;
  let removePidFile = (): void => undefined;
  const fatal = (error: unknown): never => {
    // What fails while the report is made must not make another.
    if (isCrashing) process.exit(1);
    isCrashing = true;
    log.raw('warning', crashReport(server, error));
    process.exit(1);
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
  const exit = (code: number): never => {
    supervision.stopping();
    removePidFile();
    process.exit(code);
  };
  const giveBackFreed = freedMemoryReturn();
  // What reading the program has freed: else the first segment lies in that, and all of it is touched.
  giveBackFreed?.();
  const passedSockets = takePassedSockets(process.env, process.pid);
  followDirectory(config);
  server = new Server({
    config,
    log,
    clock: realClock,
    seed: seed(),
    commands: allCommands,
    keepsProcessAlive: true,
    fatal,
    ended: () => exit(0),
    saving: (percent) => supervision.saving(percent),
    executable: executable(),
    giveBackFreed,
    passedSockets,
    supervisor: supervision.supervisor,
  });
  const refusal = loadUsers(server);
  if (refusal !== null) {
    log.warning(refusal);
    exit(1);
  }
  banner(server, process.stdout.isTTY === true);
  showProcessTitle(server);
  obeyOomScore(server);
  if (!obeyCollation(server, environmentLocale(process.env))) {
    log.warning('Failed to configure LOCALE for invalid locale name.');
    process.exit(1);
  }
  supervision.loading();
  await listen(server);
  // Not before it listens: a second server of the same configuration fails there, and the file is that of the first.
  removePidFile = writePidFile(config, log);
  obeySignals(server, exit);
  launcher?.up();
  await load(server);
  supervision.ready();
  warmUp(() => giveBackFreed?.());
}

/** Between the requests of clients, if there are any yet. */
function warmUp(done: () => void): void {
  const runs = new WarmUp(realClock);
  const step = () => {
    if (runs.step()) setImmediate(step);
    else done();
  };
  setImmediate(step);
}

async function main(): Promise<void> {
  const launcher = findLauncher();
  const log = newLog();
  const commandLine = parseCommandLine(process.argv.slice(2).map(binaryText));
  if (answerAction(commandLine)) return;
  let stdin = '';
  const config = newConfig(log, () => {
    stdin = launcher === null ? configDisk.readStdin() : launcher.readStdin();
    return stdin;
  });
  const failure = config.load(commandLine);
  if (failure !== null) failOnConfig(failure, config, log);
  const supervision = new Supervision(config.get(supervised), {
    environment: process.env,
    processId: process.pid,
    datagramsTo,
    after: (ms, run) => void setTimeout(run, ms),
    stop: () => void process.kill(process.pid, 'SIGSTOP'),
  });
  log.level = config.get(loglevel);
  // Whoever is supervised stays in the foreground.
  const goesToBackground = config.get(daemonize) && launcher === null && supervision.supervisor === 'no';
  if (goesToBackground) process.exit(await launchDaemon(stdin));
  if (launcher !== null && config.get(pidfile) === '') config.settings.put(pidfile, DAEMON_PID_FILE);
  openLogs(config, log, launcher);
  supervision.announce(log);
  logStart(log, config, commandLine);
  await run(config, log, { launcher, supervision });
}

await main();
