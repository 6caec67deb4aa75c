// What is logged when the server finds itself to be wrong, in the frame that Redis gives it: people and tools look for
// its first and last line.

import { constants } from 'node:os';
import { describeClient } from '../engine/client-list.ts';
import { infoText } from './info.ts';
import type { Server } from './server.ts';

/** What a process that a signal ends reports. */
export function signalCrash(server: Server, signal: keyof typeof constants.signals): Error {
  return new Error(`Redis ${server.engine.identity.version} crashed by signal: ${constants.signals[signal]}`);
}

export function crashReport(server: Server | null, error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const parts = [
    '\n\n=== REDIS BUG REPORT START: Cut & paste starting from here ===',
    `Cinnabar as Redis ${server?.engine.identity.version ?? ''} crashed: ${String(error)}`,
    `\n------ STACK TRACE ------\n${stack}`,
  ];
  if (server !== null) {
    parts.push(`\n------ INFO OUTPUT ------\n${attempt(() => infoText(server.info, []))}`);
    parts.push(`\n------ CLIENT LIST OUTPUT ------\n${attempt(() => clientLines(server))}`);
  }
  parts.push(
    '\n=== REDIS BUG REPORT END. Make sure to include from START to END. ===\n',
    '       Please report the crash with the lines from START to END, and with what the server was doing.\n',
  );
  return `${parts.join('\n')}\n`;
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
