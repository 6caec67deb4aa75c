// What is logged when the server finds itself to be wrong, in the frame that Redis gives it: people and tools look for
// its first and last line. What it tells between them: where the code was, which command ran with which arguments and
// for whom, what ran before it, and what the server knows of itself.

import { constants } from 'node:os';
import type { Call } from '../engine/call.ts';
import { describeClient } from '../engine/client-list.ts';
import { keptArguments } from '../engine/command-log.ts';
import { toLatin1 } from '../lib/bytes.ts';
import { quoteWord } from '../lib/quoted-words.ts';
import { crashLogEnabled, hideUserDataFromLog } from './config/process.ts';
import { infoText } from './info.ts';
import type { Server } from './server.ts';

/** What a process that a signal ends reports. */
export function signalCrash(server: Server, signal: keyof typeof constants.signals): Error {
  return new Error(`Redis ${server.engine.identity.version} crashed by signal: ${constants.signals[signal]}`);
}

export function crashReport(server: Server | null, error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const headline = `Cinnabar as Redis ${server?.engine.identity.version ?? ''} crashed: ${String(error)}`;
  if (server !== null && !attemptIs(() => server.config.get(crashLogEnabled))) return `${headline}\n`;
  const parts = [
    '\n\n=== REDIS BUG REPORT START: Cut & paste starting from here ===',
    headline,
    `\n------ STACK TRACE ------\n${stack}`,
  ];
  if (server !== null) {
    parts.push(`\n------ CURRENT COMMAND ------\n${attempt(() => currentCommand(server))}`);
    parts.push(`\n------ LAST COMMANDS ------\n${attempt(() => lastCommands(server))}`);
    parts.push(`\n------ STATE ------\n${attempt(() => engineState(server))}`);
    parts.push(`\n------ INFO OUTPUT ------\n${attempt(() => infoText(server.info, []))}`);
    if (!attemptIs(() => server.config.get(hideUserDataFromLog))) {
      parts.push(`\n------ CLIENT LIST OUTPUT ------\n${attempt(() => clientLines(server))}`);
    }
  }
  parts.push(
    '\n=== REDIS BUG REPORT END. Make sure to include from START to END. ===\n',
    '       Please report the crash with the lines from START to END, and with what the server was doing.\n',
  );
  return `${parts.join('\n')}\n`;
}

/** The command that runs, and the one inside it. */
function currentCommand(server: Server): string {
  const { engine } = server;
  const calls = engine.runningCalls();
  if (calls.length === 0) return '(none: the server was between two batches)';
  return calls.map((call) => describeCall(server, call)).join('\n');
}

function describeCall(server: Server, call: Call): string {
  const { engine, config } = server;
  const lines = [`${engine.table.nameOf(call.command)}, ${call.count} arguments`];
  if (!config.get(hideUserDataFromLog)) {
    const { argumentsMax, argumentBytesMax } = engine.watch;
    for (const [index, arg] of keptArguments(call, argumentsMax, argumentBytesMax).entries()) {
      lines.push(`argv[${index}]: ${quoteWord(toLatin1(arg, 0, arg.length))}`);
    }
    lines.push(`client: ${describeClient(engine, call.session)}`);
  }
  return lines.join('\n');
}

/** The runs of commands that ended last, the oldest first, with how often each command ran. */
function lastCommands(server: Server): string {
  const { timer, table } = server.engine;
  const runs = timer.recent().map(({ command, count }) => `${table.nameOf(command)}${count > 1 ? ` x${count}` : ''}`);
  return runs.length === 0 ? '(none)' : runs.join(', ');
}

function engineState(server: Server): string {
  const { engine } = server;
  const { keyspace } = engine;
  return [
    `seed: ${[server.seed].flat().join(' ')}`,
    `time: ${keyspace.now}, by the clock ${Math.floor(engine.clock.now())}`,
    `gates: ${engine.gates}, effects: ${engine.effects}, dirty: ${engine.dirty}`,
    `memory: ${keyspace.memory.usedBytes()} bytes in ${keyspace.memory.blockCount()} blocks, segments of ${keyspace.memory.segmentBytes()} bytes`,
    `sessions: ${engine.sessions.size}, blocked: ${engine.blocked.count}, disposals: ${keyspace.disposals.pending()}`,
  ].join('\n');
}

function clientLines(server: Server): string {
  return [...server.engine.sessions.values()].map((session) => describeClient(server.engine, session)).join('\n');
}

/** State is not to be trusted any more: what cannot be told is left out. */
function attempt(tell: () => string): string {
  try {
    return tell();
  } catch (error) {
    return `(not available: ${String(error)})`;
  }
}

/** A setting; on where it cannot be told. */
function attemptIs(tell: () => boolean): boolean {
  try {
    return tell();
  } catch {
    return true;
  }
}
