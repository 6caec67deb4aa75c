// A selector: one set of permissions. A user has a root selector and any number of others; a call is permitted where one
// of them permits all of it: its command, its keys, its channels.
//
// Commands are bits by id. What GETUSER and LIST show of them are the rules themselves, in their order, but for those that
// a later rule has made idle; so a rule of a category goes on to mean the category in whatever version reads it.

import { equalBytes, fromLatin1 } from '../../lib/bytes.ts';
import { isLiteral, matchGlob } from '../../lib/glob.ts';

/** What a pattern allows and what a command asks for: to read what a key holds, and to write it. */
export const ACCESS_READ = 1;
export const ACCESS_WRITE = 2;
export const ACCESS_BOTH = ACCESS_READ | ACCESS_WRITE;

const STAR = 42;

/** A glob pattern; those without special characters, and with one star at the end, are compared without a search. */
export class AclPattern {
  /** Latin1. */
  readonly text: string;
  private readonly bytes: Uint8Array;
  /** Bytes before the star, where that is the only special one; all of them where there is none; -1 otherwise. */
  private readonly head: number;
  private readonly isExact: boolean;

  constructor(text: string) {
    const bytes = fromLatin1(text);
    const last = bytes.length - 1;
    this.text = text;
    this.bytes = bytes;
    this.isExact = isLiteral(bytes, 0, bytes.length);
    const isHead = !this.isExact && bytes[last] === STAR && isLiteral(bytes, 0, last);
    this.head = this.isExact ? bytes.length : isHead ? last : -1;
  }

  matches(text: Uint8Array, start: number, end: number): boolean {
    const { bytes, head } = this;
    if (head < 0) return matchGlob(bytes, 0, bytes.length, text, start, end, false);
    if (this.isExact) return equalBytes(bytes, 0, head, text, start, end);
    // As everywhere with patterns, a star alone does not match the empty text (glob.ts).
    if (end - start < head || end === start) return false;
    for (let index = 0; index < head; index++) if (bytes[index] !== text[start + index]) return false;
    return true;
  }

  /** Whether it is the same pattern as the text: patterns of PSUBSCRIBE are compared so. */
  is(text: Uint8Array, start: number, end: number): boolean {
    return equalBytes(this.bytes, 0, this.bytes.length, text, start, end);
  }
}

/** Keys that a selector lets be read, written, or both. */
export interface KeyPermission {
  readonly pattern: AclPattern;
  /** ACCESS_… */
  readonly access: number;
}

/** A rule about commands as it is shown. */
interface CommandRule {
  /** "+get", "-@read", "+select|0". */
  readonly text: string;
  /** What it is about, in lower case: "get", "@read", "select|0". */
  readonly subject: string;
}

export class Selector {
  allKeys = false;
  allChannels = false;
  keys: readonly KeyPermission[] = [];
  channels: readonly AclPattern[] = [];
  /** Every single command: nothing was taken away since +@all. */
  allCommands = false;
  /** First arguments (lower case) with which a command is allowed that otherwise is not, by id. */
  private readonly firstArguments = new Map<number, readonly string[]>();
  /** A bit for each command id. */
  private readonly commands: Uint32Array;
  /** Whether the rules begin with +@all. */
  private startsWithAll = false;
  private rules: readonly CommandRule[] = [];

  /** Permits nothing. */
  constructor(commandCount: number) {
    this.commands = new Uint32Array((commandCount + 31) >>> 5);
  }

  copy(): Selector {
    const copy = new Selector(this.commands.length << 5);
    copy.allKeys = this.allKeys;
    copy.allChannels = this.allChannels;
    copy.keys = this.keys;
    copy.channels = this.channels;
    copy.allCommands = this.allCommands;
    for (const [id, words] of this.firstArguments) copy.firstArguments.set(id, words);
    copy.commands.set(this.commands);
    copy.startsWithAll = this.startsWithAll;
    copy.rules = this.rules;
    return copy;
  }

  permitsEverything(): boolean {
    return this.allCommands && this.allKeys && this.allChannels;
  }

  // --- commands ---

  allows(id: number): boolean {
    return ((this.commands[id >>> 5]! >>> (id & 31)) & 1) !== 0;
  }

  /** First arguments that make up for a command that is not allowed; null where there are none. */
  firstArgumentsOf(id: number): readonly string[] | null {
    return this.firstArguments.get(id) ?? null;
  }

  /** +@all and -@all: all rules before are idle. */
  setAll(allowed: boolean): void {
    this.commands.fill(allowed ? 0xffffffff : 0);
    this.allCommands = allowed;
    this.startsWithAll = allowed;
    this.firstArguments.clear();
    this.rules = [];
  }

  /** Allows or denies commands by a rule about `subject`. */
  set(ids: readonly number[], allowed: boolean, subject: string): void {
    for (const id of ids) {
      if (allowed) this.commands[id >>> 5]! |= 1 << (id & 31);
      else this.commands[id >>> 5]! &= ~(1 << (id & 31));
      this.firstArguments.delete(id);
    }
    if (!allowed) this.allCommands = false;
    this.addRule(allowed ? '+' : '-', subject, subject);
  }

  /** Allows a command where its first argument is the word. */
  allowFirstArgument(id: number, name: string, argument: string): void {
    const words = this.firstArguments.get(id) ?? [];
    const word = argument.toLowerCase();
    if (!words.includes(word)) this.firstArguments.set(id, [...words, word]);
    this.addRule('+', `${name}|${word}`, `${name}|${argument}`);
  }

  private addRule(sign: '+' | '-', subject: string, shown: string): void {
    const kept = this.rules.filter((rule) => rule.subject !== subject && !rule.subject.startsWith(`${subject}|`));
    this.rules = [...kept, { text: sign + shown, subject }];
  }

  // --- keys and channels ---

  /** Adds a pattern of keys; a known one may do more from now on. */
  allowKeys(text: string, access: number): void {
    const known = this.keys.findIndex(({ pattern }) => pattern.text === text);
    if (known < 0) this.keys = [...this.keys, { pattern: new AclPattern(text), access }];
    else this.keys = this.keys.with(known, { ...this.keys[known]!, access: this.keys[known]!.access | access });
  }

  allowChannels(text: string): void {
    if (!this.channels.some((pattern) => pattern.text === text))
      this.channels = [...this.channels, new AclPattern(text)];
  }

  /** Whether a key may be used; `access` 0 asks for any permission. */
  mayUse(bytes: Uint8Array, start: number, end: number, access: number): boolean {
    if (this.allKeys) return true;
    const { keys } = this;
    for (let index = 0; index < keys.length; index++) {
      const permission = keys[index]!;
      if ((permission.access & access) === access && permission.pattern.matches(bytes, start, end)) return true;
    }
    return false;
  }

  /** Whether every key may be read, whatever its name. */
  readsAllKeys(): boolean {
    return (
      this.allKeys || this.keys.some(({ pattern, access }) => pattern.text === '*' && (access & ACCESS_READ) !== 0)
    );
  }

  mayReach(bytes: Uint8Array, start: number, end: number, isPattern: boolean): boolean {
    if (this.allChannels) return true;
    return this.channels.some((pattern) =>
      isPattern ? pattern.is(bytes, start, end) : pattern.matches(bytes, start, end),
    );
  }

  // --- as text ---

  commandsText(): string {
    return [this.startsWithAll ? '+@all' : '-@all', ...this.rules.map(({ text }) => text)].join(' ');
  }

  keysText(): string {
    if (this.allKeys) return '~*';
    return this.keys.map(({ pattern, access }) => `${SIGILS[access]}${pattern.text}`).join(' ');
  }

  channelsText(): string {
    return this.allChannels ? '&*' : this.channels.map(({ text }) => `&${text}`).join(' ');
  }

  /** The rules that make a selector of this kind out of a new one. */
  rulesText(): string {
    const channels = this.allChannels ? '&*' : `resetchannels ${this.channelsText()}`;
    // Read back, ~* would be all keys, after which no pattern may come.
    const keys = this.allKeys ? '~*' : this.keysText().replace(/(?<= |^)~\*(?= |$)/, '%RW~*');
    const parts = [keys, channels.trimEnd(), this.commandsText()];
    return parts.filter((part) => part !== '').join(' ');
  }
}

const SIGILS: Readonly<Record<number, string>> = { [ACCESS_READ]: '%R~', [ACCESS_WRITE]: '%W~', [ACCESS_BOTH]: '~' };
