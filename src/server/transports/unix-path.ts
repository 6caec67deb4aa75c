// The path of a unix socket: what lies there already, and who may connect.

import { chmodSync, lstatSync, readFileSync, readlinkSync, unlinkSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { utf8 } from '../../lib/bytes.ts';
import { UNIX_PATH_BYTES_MAX } from './socket-address.ts';
import { fromNodeError, transportError } from './socket-errors.ts';

/** Refuses a path that no unix socket can have. Windows has named pipes instead, with rules of their own. */
export function checkUnixPath(path: string): void {
  if (path === '' || (process.platform !== 'win32' && utf8(path).length > UNIX_PATH_BYTES_MAX))
    throw transportError('bind', 'ENAMETOOLONG');
}

/** Runs `make`, during which paths of new sockets get the mode `permissions`; 0 leaves it to the umask. */
export function withUmaskFor(permissions: number, make: () => void): void {
  if (permissions === 0 || process.platform === 'win32') {
    make();
    return;
  }
  // The umask belongs to the process, and workers may not touch it.
  if (!isMainThread) throw transportError('umask', 'ENOTSUP');
  const before = process.umask(0o777 & ~permissions);
  try {
    make();
  } finally {
    process.umask(before);
  }
}

/**
 * Removes a socket that an earlier process left. Redis removes whatever is at the path; a file that is not a socket is
 * more likely a mistake in the configuration, and is left alone.
 */
export function removeStaleSocket(path: string): void {
  try {
    if (!lstatSync(path).isSocket()) throw transportError('bind', 'EADDRINUSE');
    unlinkSync(path);
  } catch (error) {
    const failure = fromNodeError('bind', error);
    if (failure.code !== 'ENOENT') throw failure;
  }
}

/** Removes the path of a socket that listens no more; it may be gone already. */
export function removeSocketPath(path: string): void {
  try {
    if (lstatSync(path).isSocket()) unlinkSync(path);
  } catch {
    // Somebody else removed it, or the directory: either way nobody finds the socket any more.
  }
}

/** The path, or "@name", of a unix socket that somebody else made, given its descriptor; '' for another kind, or unknown. */
export function unixPathOf(descriptor: number): string {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[1];
    const lines = readFileSync('/proc/net/unix', 'utf8').split('\n');
    // Seven columns, the last of which is the inode, then the path.
    return lines.map((line) => /^(?:\S+ +){6}(\d+) (.+)$/.exec(line)).find((found) => found?.[1] === inode)?.[2] ?? '';
  } catch {
    return '';
  }
}

/** Sets the mode of the path; 0 leaves it to the umask. */
export function setSocketPermissions(path: string, permissions: number): void {
  if (permissions === 0) return;
  try {
    chmodSync(path, permissions);
  } catch (error) {
    throw fromNodeError('chmod', error);
  }
}
