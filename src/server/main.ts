// The program cinnabar-server: reads its configuration, starts a server, obeys signals.

import { randomInt } from 'node:crypto';
import { unlinkSync, writeFileSync, writeSync } from 'node:fs';
import type { CommandDefinition } from '../engine/command.ts';
import { CommandTable } from '../engine/command-table.ts';
import { freedMemoryReturn } from '../host/freed-memory.ts';
import { realClock } from '../host/real-clock.ts';
import { LoadingError } from '../persistence/loading.ts';
import { allCommands } from './all-commands.ts';
import { banner } from './banner.ts';
import { type CommandLine, parseCommandLine, usageText, versionText } from './config/command-line.ts';
import { binaryText, configDisk, logSink } from './config/config-disk.ts';
import { type ConfigFailure, failureText } from './config/config-text.ts';
import { unixsocket } from './config/network.ts';
import { daemonize, logfile, loglevel, pidfile, reportedVersion } from './config/process.ts';
import { ServerConfig } from './config/server-config.ts';
import { crashReport } from './crash-report.ts';
import { Log } from './log.ts';
import { MetricsError } from './metrics/endpoint.ts';
import { showProcessTitle } from './process-title.ts';
import { Server, StartError } from './server.ts';
import { obeySignals } from './signals.ts';
import { TransportError } from './transports/transport.ts';
import { loadUsers, userChecker } from './users.ts';

/** Replaced when the bundle is built. */
declare const CINNABAR_VERSION: string | undefined;
const VERSION = typeof CINNABAR_VERSION === 'string' ? CINNABAR_VERSION : '0.1.0';

/** Frames of a crash report's stack. */
Error.stackTraceLimit = 40;

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

function newConfig(log: Log): ServerConfig {
  return new ServerConfig({
    files: configDisk,
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

/** The server's process id in its file; returns what removes it again. */
function writePidFile(config: ServerConfig, log: Log): () => void {
  const path = config.get(pidfile);
  if (path === '') return () => undefined;
  try {
    writeFileSync(Buffer.from(path, 'latin1'), `${process.pid}\n`);
  } catch (error) {
    log.warning(`Failed to write PID file: ${(error as Error).message}`);
    return () => undefined;
  }
  return () => {
    log.notice('Removing the pid file.');
    try {
      unlinkSync(Buffer.from(path, 'latin1'));
    } catch {
      // Someone else removed it: it is gone, as it should be.
    }
  };
}

async function listen(server: Server): Promise<void> {
  const { log, config } = server;
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
  try {
    await server.load();
  } catch (error) {
    if (!(error instanceof LoadingError)) throw error;
    log.warning('Fatal error loading the DB, check server logs. Exiting.');
    process.exit(1);
  }
  if (server.port() !== 0) log.notice('Ready to accept connections tcp');
  if (config.get(unixsocket) !== '') log.notice('Ready to accept connections unix');
}

async function main(): Promise<void> {
  const log = newLog();
  const commandLine = parseCommandLine(process.argv.slice(2).map(binaryText));
  if (answerAction(commandLine)) return;
  const config = newConfig(log);
  const failure = config.load(commandLine);
  if (failure !== null) failOnConfig(failure, config, log);
  log.level = config.get(loglevel);
  if (config.get(logfile) !== '') log.sink = logSink(config.get(logfile));
  logStart(log, config, commandLine);
  if (config.get(daemonize)) log.notice('daemonize is ignored: the server stays in the foreground.');

  let server: Server | null = null;
  let isCrashing = false;
  const fatal = (error: unknown): never => {
    // What fails while the report is made must not make another.
    if (isCrashing) process.exit(1);
    isCrashing = true;
    log.raw('warning', crashReport(server, error));
    process.exit(1);
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
  const removePidFile = writePidFile(config, log);
  const exit = (code: number): never => {
    removePidFile();
    process.exit(code);
  };
  server = new Server({
    config,
    log,
    clock: realClock,
    seed: seed(),
    commands: allCommands,
    keepsProcessAlive: true,
    fatal,
    ended: () => exit(0),
    executable: process.argv[1] ?? '',
    giveBackFreed: freedMemoryReturn(),
  });
  const refusal = loadUsers(server);
  if (refusal !== null) {
    log.warning(refusal);
    exit(1);
  }
  banner(server, process.stdout.isTTY === true);
  showProcessTitle(server);
  await listen(server);
  obeySignals(server, exit);
}

await main();
