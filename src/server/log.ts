// The server's log, in Redis's line format, since people and tools read it with patterns made for that:
//
//   4308:M 21 Nov 2026 02:52:27.273 * Ready to accept connections tcp
//
// process id, role, local time, level, message. Lines are handed to the sink at once: they must be out before a crash.
// Messages are binary text (one character per byte).

export type LogLevel = 'debug' | 'verbose' | 'notice' | 'warning';

/** X a sentinel, C a process that is starting or a child, S a replica, M a primary. */
export type LogRole = 'X' | 'C' | 'S' | 'M';

/** Redis cuts messages here; raw text (the logo, crash reports) is not cut. */
const MESSAGE_BYTES_MAX = 1023;

const RANKS: Readonly<Record<LogLevel | 'nothing', number>> = {
  debug: 0,
  verbose: 1,
  notice: 2,
  warning: 3,
  nothing: 4,
};
const MARKS: Readonly<Record<LogLevel, string>> = { debug: '.', verbose: '-', notice: '*', warning: '#' };
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

export interface LogOptions {
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Takes whole lines, with their ends. */
  readonly sink: (line: string) => void;
}

export class Log {
  /** Messages below this level are dropped. */
  level: LogLevel | 'nothing' = 'notice';
  role: LogRole = 'C';
  /** Replaced when the configuration has named a file. */
  sink: (line: string) => void;
  /** The system's log, which gets every message as well: without pid and time, which it has of its own. */
  system: ((level: LogLevel, message: string) => void) | null = null;
  private readonly pid: number;
  private readonly now: () => number;
  private second = Number.NaN;
  private secondText = '';

  constructor(options: LogOptions) {
    this.pid = options.pid;
    this.now = options.now;
    this.sink = options.sink;
  }

  debug(message: string): void {
    this.write('debug', message);
  }

  verbose(message: string): void {
    this.write('verbose', message);
  }

  notice(message: string): void {
    this.write('notice', message);
  }

  warning(message: string): void {
    this.write('warning', message);
  }

  write(level: LogLevel, message: string): void {
    if (!this.shows(level)) return;
    const text = message.length > MESSAGE_BYTES_MAX ? message.slice(0, MESSAGE_BYTES_MAX) : message;
    this.sink(`${this.pid}:${this.role} ${this.timeText()} ${MARKS[level]} ${text}\n`);
    this.system?.(level, text);
  }

  /** Text as it is, without pid and time. */
  raw(level: LogLevel, text: string): void {
    if (!this.shows(level)) return;
    this.sink(text);
    this.system?.(level, text);
  }

  /** Whether a message of this level is written: for those that are costly to make. */
  shows(level: LogLevel): boolean {
    return RANKS[level] >= RANKS[this.level];
  }

  /** "21 Nov 2026 02:52:27.273". All but the milliseconds is kept for the second. */
  private timeText(): string {
    const milliseconds = Math.floor(this.now());
    const second = Math.floor(milliseconds / 1000);
    if (second !== this.second) {
      this.second = second;
      const date = new Date(second * 1000);
      const day = `${two(date.getDate())} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`;
      this.secondText = `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
    }
    return `${this.secondText}.${(milliseconds - second * 1000).toString().padStart(3, '0')}`;
  }
}

function two(number: number): string {
  return number.toString().padStart(2, '0');
}
