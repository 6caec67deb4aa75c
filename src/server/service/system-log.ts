// The log lines that also go to the system's log (syslog-enabled), as the C library's syslog() would send them to
// /dev/log: "<133>Nov 21 16:07:32 redis[4308]: Ready to accept connections tcp".

import { fromLatin1 } from '../../lib/bytes.ts';
import type { LogLevel } from '../log.ts';
import type { SendDatagram } from './datagrams.ts';

export const SYSTEM_LOG_PATH = '/dev/log';

const SEVERITIES: Readonly<Record<LogLevel, number>> = { debug: 7, verbose: 6, notice: 5, warning: 4 };
const FACILITY_USER = 1;
const FACILITY_LOCAL0 = 16;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

export interface SystemLogOptions {
  /** Whose lines they are. */
  readonly ident: string;
  /** "user", or "local0" to "local7". */
  readonly facility: string;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly send: SendDatagram;
}

/** What takes messages, of a line or several; a line that the system's log does not take is lost. */
export function systemLog(options: SystemLogOptions): (level: LogLevel, text: string) => void {
  const { ident, facility, pid, now, send } = options;
  const facilityNumber = facility === 'user' ? FACILITY_USER : FACILITY_LOCAL0 + Number(facility.slice('local'.length));
  return (level, text) => {
    const date = new Date(now());
    const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0'));
    const day = String(date.getDate()).padStart(2, ' ');
    const head = `<${facilityNumber * 8 + SEVERITIES[level]}>${MONTHS[date.getMonth()]} ${day} ${time.join(':')}`;
    for (const line of text.split('\n')) if (line !== '') send(fromLatin1(`${head} ${ident}[${pid}]: ${line}`));
  };
}
