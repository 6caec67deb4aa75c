// All users by name, how they come from text and go back, and who has which password.

import { fromLatin1 } from '../../lib/bytes.ts';
import { untilNul } from '../../protocol/errors.ts';
import type { CommandTable } from '../command-table.ts';
import { digestOf, isUserName, joinSelectors, RuleBook } from './rule-book.ts';
import { DEFAULT_USER, PasswordDigest, type User } from './user.ts';

/** How many stand-ins there are. */
const DECOYS = 64;

export class Users {
  readonly book: RuleBook;
  /** Always there, always this object. */
  readonly default: User;
  private byName = new Map<string, User>();
  /** Passwords compared at each try: the most that any user had since the users were last loaded. */
  private comparisons = 1;
  /**
   * Somebody to look at in place of who is not there or has no password: an answer takes the same time whatever is wrong.
   * Which one it is depends on the name, so that the memory looked at is as near or far as that of a user. Made when the first
   * password is tried, whosever it is: most servers never see one, and 64 digests are a tenth of the time to start.
   */
  private standIns: readonly User[] | null = null;

  constructor(table: CommandTable) {
    this.book = new RuleBook(table);
    this.default = this.firstDefault();
    this.byName.set(DEFAULT_USER, this.default);
  }

  /** The default user as it is until something is said of it: it may do everything, without a password. */
  private firstDefault(): User {
    const user = this.book.newUser(DEFAULT_USER);
    this.book.applyAll(user, ['on', 'nopass', '~*', '&*', '+@all']);
    user.settle();
    return user;
  }

  private newStandIn(name: string): User {
    const user = this.book.newUser(name);
    user.passwords = [new PasswordDigest(digestOf(name))];
    return user;
  }

  find(name: string): User | null {
    return this.byName.get(name) ?? null;
  }

  /** All users, ordered by the bytes of their names. */
  all(): User[] {
    return [...this.byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Whether connections must say who they are. */
  requireAuthentication(): boolean {
    return !this.default.nopass || !this.default.enabled;
  }

  /**
   * The user of a name and a password, in latin1; null when they do not belong together or the user is off. Takes the same
   * time whatever of these it is, but for the length of the password that was given.
   */
  authenticate(name: string, password: string): User | null {
    const given = fromLatin1(digestOf(password));
    const user = this.byName.get(name);
    const place = placeOf(name);
    this.standIns ??= Array.from({ length: DECOYS }, (_, index) => this.newStandIn(`stand-in ${index}`));
    const standIns = this.standIns;
    const standIn = standIns[place % DECOYS]!;
    const subject = user ?? standIn;
    const { passwords } = subject;
    // The stand-in is looked at also where it is not needed.
    const rounds = Math.max(this.comparisons, standIn.passwords.length);
    let isKnown = 0;
    for (let round = 0; round < rounds; round++) {
      const isOwn = round < passwords.length;
      const digest = isOwn ? passwords[round]! : standIns[(place + round) % DECOYS]!.passwords[0]!;
      isKnown |= isSameDigest(digest.bytes, given) & (isOwn ? 1 : 0);
    }
    const isAllowed = subject.enabled && (subject.nopass || isKnown === 1);
    return isAllowed && user !== undefined ? user : null;
  }

  /** ACL SETUSER: applies all rules to a user, who is made if need be, or none. Null, or the error's text without its code. */
  set(name: string, words: readonly string[]): string | null {
    if (!isUserName(name)) return "Usernames can't contain spaces or null characters";
    const joined = joinSelectors(words);
    if ('unmatched' in joined)
      return `Unmatched parenthesis in acl selector starting at '${untilNul(joined.unmatched)}'.`;
    const user = this.byName.get(name) ?? this.book.newUser(name);
    const changed = user.copy();
    const refusal = this.book.applyAll(changed, joined.rules);
    if (refusal !== null) return `Error in ACL SETUSER modifier '${untilNul(refusal.rule)}': ${refusal.reason}`;
    user.assign(changed);
    this.byName.set(name, user);
    this.notePasswords(user);
    return null;
  }

  /** A `user` line of the configuration: its user begins anew. Null, or why not. */
  declare(words: readonly string[]): string | null {
    const [name = '', ...rules] = words;
    if (!isUserName(name)) return 'Spaces not allowed in ACL usernames';
    const joined = joinSelectors(rules);
    if ('unmatched' in joined) return 'Unmatched parenthesis in selector definition.';
    const user = this.book.newUser(name);
    const refusal = this.book.applyAll(user, joined.rules);
    if (refusal !== null) return `Error in applying operation '${refusal.rule}': ${refusal.reason}`;
    const known = this.byName.get(name) ?? user;
    known.assign(user);
    this.byName.set(name, known);
    this.notePasswords(known);
    return null;
  }

  /** requirepass: the default user has this one password; '' none. */
  setDefaultPassword(password: string): void {
    this.book.applyAll(this.default, password === '' ? ['nopass'] : ['resetpass', `>${password}`]);
    this.notePasswords(this.default);
  }

  /** False when there is no such user. */
  delete(name: string): boolean {
    return this.byName.delete(name);
  }

  /**
   * Takes other users for those that there are: whoever is there before and after stays the same object. Returns who is gone.
   */
  replace(others: ReadonlyMap<string, User>): User[] {
    const gone = [...this.byName.values()].filter((user) => !others.has(user.name) && user !== this.default);
    const before = this.byName;
    this.byName = new Map();
    this.comparisons = 1;
    for (const user of [others.get(DEFAULT_USER) ?? this.firstDefault(), ...others.values()]) {
      const kept = before.get(user.name) ?? user;
      if (kept !== user) kept.assign(user);
      this.byName.set(user.name, kept);
      this.notePasswords(kept);
    }
    return gone;
  }

  private notePasswords(user: User): void {
    this.comparisons = Math.max(this.comparisons, user.passwords.length);
  }
}

/** A number that depends on the name. */
function placeOf(name: string): number {
  let hash = 0;
  for (let index = 0; index < name.length; index++) hash = (Math.imul(hash, 31) + name.charCodeAt(index)) | 0;
  return hash >>> 1;
}

/** 1 or 0, in the same time for all that differs. */
function isSameDigest(a: Uint8Array, b: Uint8Array): number {
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= a[index]! ^ b[index]!;
  return difference === 0 ? 1 : 0;
}
