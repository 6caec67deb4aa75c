// A user: whether it may log in and how, and its selectors, the root one first. Sessions hold the object itself: what is
// assigned to it holds for them at once.

import { fromLatin1 } from '../../lib/bytes.ts';
import type { Selector } from './selector.ts';

/** The user that connections have which say nothing of themselves. */
export const DEFAULT_USER = 'default';

/** A password as it is kept: its SHA-256 as hexadecimal digits. */
export class PasswordDigest {
  readonly text: string;
  /** The same, to be compared: texts may lie in memory in several ways, which take their times. */
  readonly bytes: Uint8Array;

  constructor(text: string) {
    this.text = text;
    this.bytes = fromLatin1(text);
  }
}

export class User {
  /** Latin1. */
  readonly name: string;
  enabled = false;
  /** Any password will do. */
  nopass = false;
  /** skip-sanitize-payload: shown only, payloads are always looked through. */
  skipsSanitizing = false;
  passwords: readonly PasswordDigest[] = [];
  /** Never empty. */
  selectors: readonly Selector[];
  /** Whether one of the selectors permits everything. */
  unrestricted: boolean;

  constructor(name: string, root: Selector) {
    this.name = name;
    this.selectors = [root];
    this.unrestricted = root.permitsEverything();
  }

  root(): Selector {
    return this.selectors[0]!;
  }

  copy(): User {
    const copy = new User(this.name, this.root());
    copy.assign(this);
    copy.selectors = this.selectors.map((selector) => selector.copy());
    return copy;
  }

  /** Becomes what another is, but for the name; takes its selectors as its own. */
  assign(other: User): void {
    this.enabled = other.enabled;
    this.nopass = other.nopass;
    this.skipsSanitizing = other.skipsSanitizing;
    this.passwords = other.passwords;
    this.selectors = other.selectors;
    this.settle();
  }

  /** Works out `unrestricted` after rules were applied. */
  settle(): void {
    this.unrestricted = this.selectors.some((selector) => selector.permitsEverything());
  }

  flags(): string[] {
    const flags = [this.enabled ? 'on' : 'off'];
    if (this.nopass) flags.push('nopass');
    flags.push(this.skipsSanitizing ? 'skip-sanitize-payload' : 'sanitize-payload');
    return flags;
  }

  /** The rules that make this user out of a new one. */
  rulesText(): string {
    const passwords = this.passwords.map(({ text }) => `#${text}`);
    const [root, ...others] = this.selectors.map((selector) => selector.rulesText());
    return [...this.flags(), ...passwords, root!, ...others.map((text) => `(${text})`)].join(' ');
  }
}
