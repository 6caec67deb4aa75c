// Error replies. One constant per text that never varies: the complete line as it goes on the wire, so that an error
// costs no more than a copy; functions for the texts that name something, to be passed to Reply.errorText, which keeps
// line breaks out of them. Texts are those of Redis 7.4, byte for byte. An error that only one command can reply may
// stand in that command's file, made by the same `error`.

import { fromLatin1 } from '../lib/bytes.ts';

/** The line of an error reply, from its code to its last word: `error('ERR syntax error')`. */
export function error(text: string): Uint8Array {
  return fromLatin1(`-${text}\r\n`);
}

// Arguments.

export const SYNTAX_ERROR = error('ERR syntax error');
export const NOT_AN_INTEGER = error('ERR value is not an integer or out of range');
export const NOT_A_FLOAT = error('ERR value is not a valid float');
export const OUT_OF_RANGE = error('ERR value is out of range');
export const NOT_POSITIVE = error('ERR value is out of range, must be positive');
export const INDEX_OUT_OF_RANGE = error('ERR index out of range');
export const OFFSET_OUT_OF_RANGE = error('ERR offset is out of range');
export const DB_OUT_OF_RANGE = error('ERR DB index is out of range');
export const INVALID_CURSOR = error('ERR invalid cursor');
export const TIMEOUT_NOT_A_FLOAT = error('ERR timeout is not a float or out of range');
export const TIMEOUT_NOT_AN_INTEGER = error('ERR timeout is not an integer or out of range');
export const TIMEOUT_NEGATIVE = error('ERR timeout is negative');
export const TIMEOUT_OUT_OF_RANGE = error('ERR timeout is out of range');
export const STRING_TOO_LONG = error('ERR string exceeds maximum allowed size (proto-max-bulk-len)');

// Keys and values.

export const WRONG_TYPE = error('WRONGTYPE Operation against a key holding the wrong kind of value');
export const NO_SUCH_KEY = error('ERR no such key');
export const SAME_OBJECT = error('ERR source and destination objects are the same');
export const BUSY_KEY = error('BUSYKEY Target key name already exists.');
export const INCREMENT_OVERFLOW = error('ERR increment or decrement would overflow');
export const DECREMENT_OVERFLOW = error('ERR decrement would overflow');
export const INCREMENT_NAN = error('ERR increment would produce NaN or Infinity');

// The state of the server or of the session.

export const NO_AUTH = error('NOAUTH Authentication required.');
export const WRONG_PASS = error('WRONGPASS invalid username-password pair or user is disabled.');
export const KEY_DENIED = error('NOPERM No permissions to access a key');
export const CHANNEL_DENIED = error('NOPERM No permissions to access a channel');
export const NO_PROTO = error('NOPROTO unsupported protocol version');
export const OUT_OF_MEMORY = error("OOM command not allowed when used memory > 'maxmemory'.");
export const LOADING = error('LOADING Redis is loading the dataset in memory');
export const READ_ONLY = error("READONLY You can't write against a read only replica.");
export const MASTER_DOWN = error("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.");
export const NO_REPLICAS = error('NOREPLICAS Not enough good replicas to write.');
export const SAVE_FAILED = error(
  "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may " +
    'modify the data set are disabled, because this instance is configured to report errors during writes if RDB ' +
    'snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB ' +
    'error.',
);
export const BUSY_SCRIPT = error(
  'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
);
export const BUSY_FUNCTION = error(
  'BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.',
);
export const NO_SCRIPT = error('NOSCRIPT No matching script. Please use EVAL.');
export const NOT_BUSY = error('NOTBUSY No scripts in execution right now.');
export const CROSS_SLOT = error("CROSSSLOT Keys in request don't hash to the same slot");
export const TRY_AGAIN = error('TRYAGAIN Multiple keys request during rehashing of slot');
export const CLUSTER_DISABLED = error('ERR This instance has cluster support disabled');
export const MAX_CLIENTS = error('ERR max number of clients reached');
export const UNBLOCKED_BY_CLIENT = error('UNBLOCKED client unblocked via CLIENT UNBLOCK');

// Transactions.

export const MULTI_NESTED = error('ERR MULTI calls can not be nested');
export const EXEC_WITHOUT_MULTI = error('ERR EXEC without MULTI');
export const DISCARD_WITHOUT_MULTI = error('ERR DISCARD without MULTI');
export const WATCH_INSIDE_MULTI = error('ERR WATCH inside MULTI is not allowed');
export const EXEC_ABORTED = error('EXECABORT Transaction discarded because of previous errors.');

// The protocol itself. The connection is closed after any of these.

export const INLINE_TOO_BIG = error('ERR Protocol error: too big inline request');
export const UNBALANCED_QUOTES = error('ERR Protocol error: unbalanced quotes in request');
export const COUNT_LINE_TOO_BIG = error('ERR Protocol error: too big mbulk count string');
export const BULK_LINE_TOO_BIG = error('ERR Protocol error: too big bulk count string');
export const INVALID_MULTIBULK_LENGTH = error('ERR Protocol error: invalid multibulk length');
export const INVALID_BULK_LENGTH = error('ERR Protocol error: invalid bulk length');
export const UNAUTHENTICATED_MULTIBULK_LENGTH = error('ERR Protocol error: unauthenticated multibulk length');
export const UNAUTHENTICATED_BULK_LENGTH = error('ERR Protocol error: unauthenticated bulk length');

/** The line for a byte that stands where '$' must; a line break shows as a space. */
export function expectedBulk(got: number): Uint8Array {
  const shown = got === 13 || got === 10 ? ' ' : String.fromCharCode(got);
  return error(`ERR Protocol error: expected '$', got '${shown}'`);
}

// Texts with names in them, for Reply.errorText. Names are latin1 text, and the C server's %s ends them at a NUL.

/** How much of a client's words an error text repeats. */
const QUOTED_BYTES_MAX = 128;

/** Latin1 text as far as C sees it. */
export function untilNul(text: string): string {
  const nul = text.indexOf('\0');
  return nul < 0 ? text : text.slice(0, nul);
}

function quoted(text: string, bytesMax: number): string {
  const nul = text.indexOf('\0');
  return text.slice(0, nul >= 0 && nul < bytesMax ? nul : bytesMax);
}

/** A command that is not in the table, with its arguments as far as 128 bytes go. */
export function unknownCommand(name: string, args: readonly string[]): string {
  let shown = '';
  for (const arg of args) {
    if (shown.length >= QUOTED_BYTES_MAX) break;
    shown += `'${quoted(arg, QUOTED_BYTES_MAX - shown.length)}' `;
  }
  return `ERR unknown command '${quoted(name, QUOTED_BYTES_MAX)}', with args beginning with: ${shown}`;
}

/** A subcommand that its container does not have: `unknownSubcommand('CONFIG', 'nope')`. */
export function unknownSubcommand(container: string, subcommand: string): string {
  return `ERR unknown subcommand '${quoted(subcommand, QUOTED_BYTES_MAX)}'. Try ${container.toUpperCase()} HELP.`;
}

/** A subcommand whose arguments do not fit: `subcommandSyntax('OBJECT', 'freq')`. */
export function subcommandSyntax(container: string, subcommand: string): string {
  const shown = quoted(subcommand, QUOTED_BYTES_MAX);
  return `ERR unknown subcommand or wrong number of arguments for '${shown}'. Try ${container.toUpperCase()} HELP.`;
}

/** Too few or too many arguments; the name in lower case, a subcommand as "config|get". */
export function wrongArity(name: string): string {
  return `ERR wrong number of arguments for '${name}' command`;
}

/** An expire time that is zero, negative or beyond what a timestamp holds. */
export function invalidExpire(name: string): string {
  return `ERR invalid expire time in '${name}' command`;
}

/** A number beyond the bounds that a command gives it (the missing word is Redis's). */
export function outOfBounds(min: number | bigint, max: number | bigint): string {
  return `ERR value is out of range, value must between ${min} and ${max}`;
}

/** A command that its user may not run, or not with this subcommand or first argument. */
export function commandDenied(user: string, command: string): string {
  return `NOPERM User ${user} has no permissions to run the '${command}' command`;
}

/** A queued command that its user may not run any more when EXEC comes to it. */
export function noLongerPermitted(why: string): string {
  return (
    'NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no ' +
    `longer allowed for the following reason: ${why}`
  );
}

/** The error of EXEC when a gate refuses the transaction: `why` is the refusal's text after its code. */
export function execAborted(why: string): string {
  return `EXECABORT Transaction discarded because of: ${why}`;
}
