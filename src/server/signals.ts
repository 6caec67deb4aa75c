// What the process does when it is told something: SIGTERM and SIGINT end the server in order, a second SIGINT at once; the
// signals of crashes end it with a report, SIGALRM makes it say where it is.

import { constants } from 'node:os';
import { shutdownOnSigint, shutdownOnSigterm } from './config/process.ts';
import { crashReport, signalCrash } from './crash-report.ts';
import type { Server } from './server.ts';

/** Signals that a process gets for its own faults; here they come from outside. */
const CRASHES = ['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV'] as const;

/** Exit codes of processes that a signal has ended begin here. */
const SIGNALLED = 128;

export function obeySignals(server: Server, exit: (code: number) => void): void {
  let isEnding = false;
  for (const [signal, directive] of [
    ['SIGTERM', shutdownOnSigterm],
    ['SIGINT', shutdownOnSigint],
  ] as const) {
    process.on(signal, () => {
      if (isEnding && signal === 'SIGINT') {
        server.log.raw('notice', 'You insist... exiting now.\n');
        // What is written of a snapshot is of no use.
        server.persistence.saves.cancel();
        exit(1);
        return;
      }
      isEnding = true;
      server.log.warning(`Received ${signal} scheduling shutdown...`);
      const words = server.config.get(directive);
      const save = words.has('save') ? true : words.has('nosave') ? false : null;
      server.ending.beginFor({ save, force: words.has('force') }, () => {
        isEnding = false;
      });
    });
  }
  for (const signal of CRASHES) {
    process.on(signal, () => {
      server.log.raw('warning', crashReport(server, signalCrash(server, signal)));
      exit(SIGNALLED + constants.signals[signal]);
    });
  }
  process.on('SIGALRM', () => {
    const { stack } = new Error('Received SIGALRM');
    server.log.raw('warning', `\n--- WATCHDOG TIMER EXPIRED ---\n\nReceived SIGALRM\n${stack}\n--------\n`);
  });
}
