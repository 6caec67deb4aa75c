// What the rules of ACL SETUSER, of `user` lines and of ACL files mean. A rule changes a user or a selector, or is refused
// with Redis's words and changes nothing. Commands are named as they are defined: renaming a command (rename-command) does
// not change who may use it.

import { fromLatin1 } from '../../lib/bytes.ts';
import { asciiLowerCase } from '../../lib/directive.ts';
import { sha256Hex } from '../../lib/sha256.ts';
import { CATEGORIES, categoriesOf } from '../command-categories.ts';
import type { CommandTable } from '../command-table.ts';
import { ACCESS_BOTH, ACCESS_READ, ACCESS_WRITE, Selector } from './selector.ts';
import { PasswordDigest, User } from './user.ts';

/** Why a rule is refused that is none. */
export const SYNTAX = 'Syntax error';
const UNKNOWN = 'Unknown command or category name in ACL';
const TWO_LEVELS = 'Allowing first-arg of a subcommand is not supported';
const BAD_DIGEST = 'The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters';
const NO_SUCH_PASSWORD = 'The password you are trying to remove from the user does not exist';
const KEYS_AFTER_ALL =
  "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try " +
  "'resetkeys' to start with an empty list of patterns";
const CHANNELS_AFTER_ALL =
  "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try " +
  "'resetchannels' to start with an empty list of channels";

/** The characters of C's isspace, and NUL: files and listings could not show them. */
const BLANKS = /[ \t-\r\0]/;

/** Whether a user may have this name. */
export function isUserName(name: string): boolean {
  return !BLANKS.test(name);
}

/** The digest by which a password (latin1) is kept. */
export function digestOf(password: string): string {
  const bytes = fromLatin1(password);
  return sha256Hex(bytes, 0, bytes.length);
}

export class RuleBook {
  /** acl-pubsub-default: whether new users and selectors reach all channels. */
  allChannelsAtFirst = false;
  private readonly table: CommandTable;
  /** Ids by defined name; made when first needed. */
  private names: ReadonlyMap<string, number> | null = null;
  private readonly categories = new Map<string, readonly number[]>();

  constructor(table: CommandTable) {
    this.table = table;
  }

  newSelector(): Selector {
    const selector = new Selector(this.table.definitions.length);
    selector.allChannels = this.allChannelsAtFirst;
    return selector;
  }

  newUser(name: string): User {
    return new User(name, this.newSelector());
  }

  /** Applies rules in turn. Null, or the rule that was refused and why; then the user is half changed. */
  applyAll(user: User, rules: readonly string[]): { readonly rule: string; readonly reason: string } | null {
    for (const rule of rules) {
      const reason = this.apply(user, rule);
      if (reason !== null) return { rule, reason };
    }
    return null;
  }

  /** Applies a rule to a user; null, or why not. */
  private apply(user: User, rule: string): string | null {
    const simple = USER_RULES.get(asciiLowerCase(rule));
    if (simple !== undefined) {
      simple(user, this);
      return null;
    }
    const value = rule.slice(1);
    switch (rule[0]) {
      case undefined:
        return null;
      case '>':
        return addPassword(user, digestOf(value));
      case '#':
        return isDigest(value) ? addPassword(user, value) : BAD_DIGEST;
      case '<':
        return removePassword(user, digestOf(value));
      case '!':
        return isDigest(value) ? removePassword(user, value) : BAD_DIGEST;
      case '(':
        return rule.endsWith(')') ? this.addSelector(user, rule.slice(1, -1)) : SYNTAX;
    }
    return this.applyToSelector(user.root(), rule);
  }

  private addSelector(user: User, text: string): string | null {
    const selector = this.newSelector();
    for (const rule of text.split(/[ \t-\r]+/)) {
      const reason = rule === '' ? null : this.applyToSelector(selector, rule);
      if (reason !== null) return reason;
    }
    user.selectors = [...user.selectors, selector];
    return null;
  }

  private applyToSelector(selector: Selector, rule: string): string | null {
    const simple = SELECTOR_RULES.get(asciiLowerCase(rule));
    if (simple !== undefined) {
      simple(selector);
      return null;
    }
    switch (rule[0]) {
      case '~':
        return allowKeys(selector, rule.slice(1), ACCESS_BOTH);
      case '%':
        return allowKeysFor(selector, rule);
      case '&':
        return allowChannels(selector, rule.slice(1));
      case '+':
      case '-':
        return this.applyToCommands(selector, rule[0] === '+', rule.slice(1));
    }
    return SYNTAX;
  }

  // --- commands ---

  private applyToCommands(selector: Selector, allowed: boolean, written: string): string | null {
    const subject = asciiLowerCase(written);
    if (subject.startsWith('@')) {
      const ids = this.idsOfCategory(subject.slice(1));
      if (ids === null) return UNKNOWN;
      selector.set(ids, allowed, subject);
      return null;
    }
    const id = this.idOf(subject);
    if (id >= 0) {
      selector.set([id, ...this.table.subcommandsOf(id)], allowed, subject);
      return null;
    }
    const bar = subject.indexOf('|');
    return bar < 0 ? UNKNOWN : this.allowFirstArgument(selector, allowed, written, bar);
  }

  /** +command|argument, where the command has no subcommands. */
  private allowFirstArgument(selector: Selector, allowed: boolean, written: string, bar: number): string | null {
    const name = asciiLowerCase(written.slice(0, bar));
    const argument = written.slice(bar + 1);
    const id = this.idOf(name);
    const second = argument.indexOf('|');
    if (id < 0 || !allowed) return UNKNOWN;
    if (second >= 0) {
      const isSubcommand = this.idOf(asciiLowerCase(written.slice(0, bar + 1 + second))) >= 0;
      return isSubcommand ? TWO_LEVELS : UNKNOWN;
    }
    // Redis takes blanks here, and then writes files that mean something else.
    if (argument === '' || BLANKS.test(argument)) return SYNTAX;
    if (this.table.subcommandsOf(id).length > 0) return UNKNOWN;
    selector.allowFirstArgument(id, name, argument);
    return null;
  }

  /** Id of a command by its defined name in lower case ('get', 'config|get'), or -1. */
  private idOf(name: string): number {
    this.names ??= new Map(this.table.definitions.map((definition, id) => [definition.name, id]));
    return this.names.get(name) ?? -1;
  }

  /** The commands of a category, with all subcommands of a container that is in it; null when there is none such. */
  private idsOfCategory(name: string): readonly number[] | null {
    const known = this.categories.get(name);
    if (known !== undefined) return known;
    const category = CATEGORIES.find((each) => each === name);
    if (category === undefined) return null;
    const { definitions, parents } = this.table;
    const isOf = definitions.map((definition) => categoriesOf(definition).includes(category));
    const ids = definitions.map((_, id) => id).filter((id) => isOf[id] || (parents[id]! >= 0 && isOf[parents[id]!]));
    this.categories.set(name, ids);
    return ids;
  }
}

type UserRule = (user: User, book: RuleBook) => void;

const USER_RULES: ReadonlyMap<string, UserRule> = new Map<string, UserRule>([
  ['on', (user) => setEnabled(user, true)],
  ['off', (user) => setEnabled(user, false)],
  ['nopass', (user) => setNopass(user, true)],
  ['resetpass', (user) => setNopass(user, false)],
  [
    'sanitize-payload',
    (user) => {
      user.skipsSanitizing = false;
    },
  ],
  [
    'skip-sanitize-payload',
    (user) => {
      user.skipsSanitizing = true;
    },
  ],
  [
    'clearselectors',
    (user) => {
      user.selectors = [user.root()];
    },
  ],
  ['reset', (user, book) => user.assign(book.newUser(user.name))],
]);

function setEnabled(user: User, enabled: boolean): void {
  user.enabled = enabled;
}

function setNopass(user: User, nopass: boolean): void {
  user.nopass = nopass;
  user.passwords = [];
}

type SelectorRule = (selector: Selector) => void;

function setAllKeys(selector: Selector, all: boolean): void {
  selector.allKeys = all;
  selector.keys = [];
}

function setAllChannels(selector: Selector, all: boolean): void {
  selector.allChannels = all;
  selector.channels = [];
}

const SELECTOR_RULES: ReadonlyMap<string, SelectorRule> = new Map<string, SelectorRule>([
  ['allkeys', (selector) => setAllKeys(selector, true)],
  ['~*', (selector) => setAllKeys(selector, true)],
  ['resetkeys', (selector) => setAllKeys(selector, false)],
  ['allchannels', (selector) => setAllChannels(selector, true)],
  ['&*', (selector) => setAllChannels(selector, true)],
  ['resetchannels', (selector) => setAllChannels(selector, false)],
  ['allcommands', (selector) => selector.setAll(true)],
  ['+@all', (selector) => selector.setAll(true)],
  ['nocommands', (selector) => selector.setAll(false)],
  ['-@all', (selector) => selector.setAll(false)],
]);

function isDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text) && text.length === 64;
}

function hasPassword(user: User, digest: string): boolean {
  return user.passwords.some(({ text }) => text === digest);
}

function addPassword(user: User, digest: string): null {
  if (!hasPassword(user, digest)) user.passwords = [...user.passwords, new PasswordDigest(digest)];
  user.nopass = false;
  return null;
}

function removePassword(user: User, digest: string): string | null {
  if (!hasPassword(user, digest)) return NO_SUCH_PASSWORD;
  user.passwords = user.passwords.filter(({ text }) => text !== digest);
  return null;
}

function allowKeys(selector: Selector, text: string, access: number): string | null {
  if (selector.allKeys) return KEYS_AFTER_ALL;
  if (BLANKS.test(text)) return SYNTAX;
  selector.allowKeys(text, access);
  return null;
}

/** %R~…, %W~…, %RW~…. Redis 7.0 took some without the pattern, and read beyond them (CVE-2024-51741). */
function allowKeysFor(selector: Selector, rule: string): string | null {
  const parts = /^%([RW]|RW|WR)~/i.exec(rule);
  if (parts === null) return SYNTAX;
  const letters = parts[1]!.toUpperCase();
  const access = (letters.includes('R') ? ACCESS_READ : 0) | (letters.includes('W') ? ACCESS_WRITE : 0);
  return allowKeys(selector, rule.slice(parts[0].length), access);
}

function allowChannels(selector: Selector, text: string): string | null {
  if (selector.allChannels) return CHANNELS_AFTER_ALL;
  if (BLANKS.test(text)) return SYNTAX;
  selector.allowChannels(text);
  return null;
}

/**
 * Joins the words of each selector, '(~a', '+get)', to one rule, '(~a +get)'. `unmatched`: the word at which a selector
 * begins that does not end.
 */
export function joinSelectors(words: readonly string[]): { readonly rules: string[] } | { readonly unmatched: string } {
  const rules: string[] = [];
  let open: string[] | null = null;
  for (const word of words) {
    if (open === null && !(word.startsWith('(') && !word.endsWith(')'))) {
      rules.push(word);
      continue;
    }
    open ??= [];
    open.push(word);
    if (!word.endsWith(')')) continue;
    rules.push(open.join(' '));
    open = null;
  }
  return open === null ? { rules } : { unmatched: open[0]! };
}
