// The file of users (directive aclfile): a line for each, "user alice on >password ~cache:* +@read". Read at the start and
// by ACL LOAD, all of it or nothing; written by ACL SAVE beside itself and then renamed, so that a crash leaves the old one
// or the new one.

import { fromLatin1, toLatin1 } from '../../lib/bytes.ts';
import { asDiskError, type Disk, directoryOf, writeAll } from '../../world/disk.ts';
import { isUserName, joinSelectors, SYNTAX } from './rule-book.ts';
import type { User } from './user.ts';
import type { Users } from './users.ts';

export interface AclFileOptions {
  readonly disk: Disk;
  /** The name as the operator wrote it, for errors. */
  readonly name: string;
  /** Where it is now: a relative name follows `dir`. */
  readonly path: () => string;
  /** Told what the disk said when writing failed. */
  readonly warn: (line: string) => void;
}

/** Users from a text, or all that is wrong with it. */
export type ParsedUsers = { readonly users: ReadonlyMap<string, User> } | { readonly errors: string };

export class AclFile {
  private readonly options: AclFileOptions;

  constructor(options: AclFileOptions) {
    this.options = options;
  }

  /** What the file says. */
  read(users: Users): ParsedUsers {
    const { disk, name, path } = this.options;
    let text: string;
    try {
      text = readText(disk, path());
    } catch (error) {
      return { errors: `Error loading ACLs, opening file '${name}': ${asDiskError(error).message}` };
    }
    return parseUsers(users, name, text);
  }

  /** Writes all users; false when the disk did not take them: then the file is as it was. */
  write(users: Users, now: number): boolean {
    const { disk, path } = this.options;
    const target = path();
    const temporary = `${target}.tmp-${now}`;
    let step = 'Writing';
    try {
      const file = disk.open(temporary, 'create');
      try {
        writeAll(file, fromLatin1(textOf(users)));
        step = 'Syncing';
        file.syncNow();
      } finally {
        file.close();
      }
      step = 'Renaming';
      disk.rename(temporary, target);
      step = 'Syncing the directory of';
      disk.syncDirectoryNow(directoryOf(target));
      return true;
    } catch (error) {
      this.options.warn(`${step} ACL file for ACL SAVE: ${asDiskError(error).message}`);
      removeQuietly(disk, temporary);
      return false;
    }
  }
}

function readText(disk: Disk, path: string): string {
  const file = disk.open(path, 'read');
  try {
    const bytes = new Uint8Array(file.size());
    let length = 0;
    for (let count = 1; count > 0 && length < bytes.length; length += count) {
      count = file.read(bytes, length, bytes.length, length);
    }
    return toLatin1(bytes, 0, length);
  } finally {
    file.close();
  }
}

function removeQuietly(disk: Disk, path: string): void {
  try {
    disk.unlink(path);
  } catch (error) {
    // Never made, or renamed already.
    asDiskError(error);
  }
}

/** The lines of all users. */
export function textOf(users: Users): string {
  return users
    .all()
    .map((user) => `user ${user.name} ${user.rulesText()}\n`)
    .join('');
}

/** Reads the text of a file of users. Errors are those of all lines. */
export function parseUsers(users: Users, fileName: string, text: string): ParsedUsers {
  const found = new Map<string, User>();
  let errors = '';
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/^[ \t\r\n]+/, '').replace(/[ \t\r\n]+$/, '');
    if (line === '') continue;
    errors += parseLine(users, found, line, `${fileName}:${index + 1}`, index + 1);
  }
  if (errors === '') return { users: found };
  return {
    errors: `${errors}WARNING: ACL errors detected, no change to the previously active ACL rules was performed`,
  };
}

/** Adds the user of a line; or tells what is wrong with it. */
function parseLine(users: Users, found: Map<string, User>, line: string, place: string, number: number): string {
  const [keyword, name, ...words] = line.split(' ');
  if (keyword !== 'user' || name === undefined) {
    return `${place} should start with user keyword followed by the username. `;
  }
  if (!isUserName(name)) return `'${place}: username '${name}' contains invalid characters. `;
  if (found.has(name)) return `WARNING: Duplicate user '${name}' found on line ${number}. `;
  const joined = joinSelectors(words);
  if ('unmatched' in joined) return `${place}: Unmatched parenthesis in selector definition. `;
  const user = users.book.newUser(name);
  found.set(name, user);
  const refusal = users.book.applyAll(user, joined.rules);
  user.settle();
  if (refusal === null) return '';
  const { rule, reason } = refusal;
  return reason === SYNTAX ? `${place}: ${reason}. ` : `${place}: Error in applying operation '${rule}': ${reason}. `;
}
