// daemonize: the server in the background. Node cannot fork, so the process that was started is only a launcher: it reads
// the configuration, and starts the program once more, detached, with /dev/null as its standard streams. The two are tied
// by a socket until the daemon listens:
//
//   launcher -> daemon   the configuration that came from standard input, to its end
//   daemon -> launcher   what the daemon logs; then a zero byte when it is up
//
// The launcher ends with 0 after the zero byte, or tells on standard error what was logged, and ends with 1. The daemon
// keeps the working directory, the umask and the environment.

import { spawn } from 'node:child_process';
import { closeSync, readFileSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';

/** In the daemon's environment: the launcher's process id, so that nobody becomes a daemon by what lies about there. */
const LAUNCHER_VARIABLE = 'CINNABAR_LAUNCHER';
/** The daemon's end of the socket. */
const TIE = 3;
const UP = '\0';

/** The daemon's side. */
export class LauncherTie {
  private isOpen = true;

  /** Configuration from the launcher's standard input. */
  readStdin(): string {
    return readFileSync(TIE, 'latin1');
  }

  /** A line of the log. */
  tell(line: string): void {
    if (!this.isOpen) return;
    try {
      writeSync(TIE, Buffer.from(line, 'latin1'));
    } catch {
      // The launcher was stopped: the daemon goes on.
      this.isOpen = false;
    }
  }

  /** The server is up; the launcher may go. */
  up(): void {
    this.tell(UP);
    this.isOpen = false;
    closeSync(TIE);
  }
}

/** In a daemon that a launcher waits for, the tie to it; otherwise null. */
export function findLauncher(): LauncherTie | null {
  const launcher = process.env[LAUNCHER_VARIABLE];
  delete process.env[LAUNCHER_VARIABLE];
  return launcher === String(process.ppid) ? new LauncherTie() : null;
}

/** Starts the daemon, and gives the exit code of the launcher. `stdin`: configuration that was read there. */
export function launchDaemon(stdin: string): Promise<number> {
  return new Promise((resolve) => {
    const daemon = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      detached: true,
      env: { ...process.env, [LAUNCHER_VARIABLE]: String(process.pid) },
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const failed = (said: string): void => {
      writeSync(process.stderr.fd, Buffer.from(`cinnabar-server: the server did not start\n${said}`, 'latin1'));
      resolve(1);
    };
    daemon.once('error', (error) => failed(`${error.message}\n`));
    const tie = daemon.stdio[TIE] as Socket | undefined;
    if (tie === undefined) return;
    let said = '';
    tie.setEncoding('latin1');
    tie.on('data', (text: string) => {
      said += text;
      if (said.endsWith(UP)) resolve(0);
    });
    tie.on('error', () => undefined);
    tie.once('close', () => {
      if (!said.endsWith(UP)) failed(said);
    });
    tie.end(stdin, 'latin1');
  });
}
