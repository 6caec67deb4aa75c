// Who started the server and wants to know how it is: systemd, by datagrams to NOTIFY_SOCKET (sd_notify), or upstart, by a
// process that stops itself. The directive `supervised` says which; `auto` looks at the environment.

import { utf8 } from '../../lib/bytes.ts';
import type { Log } from '../log.ts';
import type { SendDatagram } from './datagrams.ts';

const { setInterval, clearInterval } = globalThis;

const READY_TRIES = 100;
const RETRY_MS = 100;
/** While the data set is saved systemd waits for so much longer each time that it hears how far it is. */
const SAVING_MICROSECONDS = 60_000_000;

export type Supervisor = 'no' | 'upstart' | 'systemd';

/** What supervision needs of the process. */
export interface SupervisedProcess {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly processId: number;
  /** What sends to an address; null where nothing can be sent. */
  readonly datagramsTo: (address: string) => SendDatagram | null;
  /** Runs something later. */
  readonly after: (ms: number, run: () => void) => void;
  /** Stops the process, until its supervisor lets it go on. */
  readonly stop: () => void;
}

export class Supervision {
  /** Who is told; 'no' also where the one that is wanted cannot be. */
  readonly supervisor: Supervisor;
  private readonly process: SupervisedProcess;
  private readonly send: SendDatagram | null;
  private readonly finding: { readonly level: 'notice' | 'warning'; readonly text: string } | null;
  private watchdog: NodeJS.Timeout | null = null;

  constructor(wanted: Supervisor | 'auto', process: SupervisedProcess) {
    const { environment } = process;
    const looked = wanted === 'auto' ? found(environment) : wanted;
    const address = environment['NOTIFY_SOCKET'] ?? '';
    this.process = process;
    this.send = looked === 'systemd' && address !== '' ? process.datagramsTo(address) : null;
    this.finding = null;
    if (looked === 'systemd') this.finding = this.send === null ? unreached(address) : SYSTEMD;
    if (looked === 'upstart') this.finding = environment['UPSTART_JOB'] ? UPSTART : NO_UPSTART;
    this.supervisor = this.finding?.level === 'notice' ? looked : 'no';
  }

  /** Tells the log what was found. */
  announce(log: Log): void {
    if (this.finding !== null) log.write(this.finding.level, this.finding.text);
  }

  /** The server is being set up and loads its data set. */
  loading(): void {
    this.notify('STATUS=Redis is loading...\n');
    this.startWatchdog();
  }

  ready(): void {
    this.notify('STATUS=Ready to accept connections\nREADY=1\n', READY_TRIES);
    if (this.supervisor === 'upstart') this.process.stop();
  }

  /** The data set is saved before the end; so much of it is written. A long one shall not be taken for a hang. */
  saving(percent: number): void {
    this.notify(`STATUS=Saving the data set, ${percent}%\nEXTEND_TIMEOUT_USEC=${SAVING_MICROSECONDS}\n`);
  }

  /** The data set is safe, and the server ends now. */
  stopping(): void {
    if (this.watchdog !== null) clearInterval(this.watchdog);
    this.notify('STOPPING=1\n');
  }

  /** Says that the event loop turns, twice as often as the unit's WatchdogSec wants it. */
  private startWatchdog(): void {
    const { environment, processId } = this.process;
    const microseconds = Number(environment['WATCHDOG_USEC']);
    const isMine = [undefined, '', String(processId)].includes(environment['WATCHDOG_PID']);
    if (this.supervisor !== 'systemd' || !isMine || !(microseconds > 0)) return;
    this.notify('WATCHDOG=1\n');
    this.watchdog = setInterval(() => this.notify('WATCHDOG=1\n'), Math.max(1, Math.floor(microseconds / 2000)));
    this.watchdog.unref();
  }

  /** A supervisor that has no room for a datagram just now may get it later: one that misses READY=1 waits for ever. */
  private notify(text: string, tries = 1): void {
    if (this.send === null || this.send(utf8(text)) || tries <= 1) return;
    this.process.after(RETRY_MS, () => this.notify(text, tries - 1));
  }
}

const SYSTEMD = {
  level: 'notice',
  text:
    'Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and TimeoutStopSec in your ' +
    'service unit.',
} as const;
const UPSTART = { level: 'notice', text: 'supervised by upstart, will stop to signal readiness.' } as const;
const NO_UPSTART = { level: 'warning', text: 'upstart supervision requested, but UPSTART_JOB not found!' } as const;

function unreached(address: string): { level: 'warning'; text: string } {
  const reason =
    address === '' ? 'NOTIFY_SOCKET not found!' : `nothing can be sent to NOTIFY_SOCKET ${address} from here`;
  return { level: 'warning', text: `systemd supervision error: ${reason}` };
}

function found(environment: SupervisedProcess['environment']): Supervisor {
  if (environment['UPSTART_JOB']) return 'upstart';
  return environment['NOTIFY_SOCKET'] ? 'systemd' : 'no';
}
