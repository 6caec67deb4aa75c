// Errors of the system by name, and the texts that operators know from C servers' logs. Node says "address already in
// use" where a C program on Linux says "Address already in use"; the logs of both transports read as the latter.

import { constants } from 'node:os';
import { TransportError } from './transport.ts';

const TEXTS: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  EADDRINUSE: 'Address already in use',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  EAFNOSUPPORT: 'Address family not supported by protocol',
  EAI_AGAIN: 'Temporary failure in name resolution',
  ECONNABORTED: 'Software caused connection abort',
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EHOSTUNREACH: 'No route to host',
  EINVAL: 'Invalid argument',
  EIO: 'Input/output error',
  EMFILE: 'Too many open files',
  ENAMETOOLONG: 'File name too long',
  ENETUNREACH: 'Network is unreachable',
  ENFILE: 'Too many open files in system',
  ENOBUFS: 'No buffer space available',
  ENOENT: 'No such file or directory',
  ENOMEM: 'Cannot allocate memory',
  ENOTDIR: 'Not a directory',
  ENOTFOUND: 'Name or service not known',
  ENOTSUP: 'Operation not supported',
  EPERM: 'Operation not permitted',
  EPIPE: 'Broken pipe',
  EPROTONOSUPPORT: 'Protocol not supported',
  EROFS: 'Read-only file system',
  ETIMEDOUT: 'Connection timed out',
};

/** The text of an error of the system, given its name; the name itself where there is no text. */
export function errorText(code: string): string {
  return TEXTS[code] ?? code;
}

/** The name of an error of this system, given its number; EIO where it is not known. */
export function errorName(number: number): string {
  for (const [name, value] of Object.entries(constants.errno)) if (value === number) return name;
  return 'EIO';
}

/** "bind: Address already in use", with its code. `step` names the call that failed. */
export function transportError(step: string, code: string): TransportError {
  return new TransportError(code, `${step}: ${errorText(code)}`);
}

/** The same from what Node threw or emitted. */
export function fromNodeError(step: string, error: unknown): TransportError {
  return transportError(step, nodeErrorCode(error));
}

/** The code of what Node threw or emitted. Connecting to a name with several addresses fails with one error for all. */
export function nodeErrorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return nodeErrorCode(error.errors.at(-1));
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'EIO';
}
