// Configuration directives: what a line of redis.conf or CONFIG SET may say, as typed values. Each room declares the
// directives that it reads with the builders below, one exported constant each; server/config/ collects them, and from
// these objects alone come CONFIG GET, SET and REWRITE, the configuration file, the command line and the sample file.
//
// The building blocks are the kinds of Redis's own table, and the refusals are its texts (CONFIG SET and
// redis-server's start-up errors of 7.0 and 7.4). Texts are binary: one character per byte.

import { quoteWord } from './quoted-words.ts';

/** Why a value was refused, in the words that the client or the operator sees. */
export class Refusal {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A value with the text that CONFIG GET shows for it: numbers above 2^53 are exact only in the text. */
export interface Setting<T> {
  readonly value: T;
  readonly text: string;
}

/** A line that CONFIG REWRITE writes: what follows the name; without `force` only where the file had such a line. */
export interface FileLine {
  readonly text: string;
  readonly force: boolean;
}

export interface DirectiveOptions {
  /** What it does, in our own words; for people who look it up. */
  readonly summary: string;
  /** An older name that is understood everywhere and shown by CONFIG GET beside the name. */
  readonly alias?: string;
  /** Only the file and the command line set it. */
  readonly immutable?: boolean;
  /** Its value is kept out of logs, MONITOR and the slow log. */
  readonly sensitive?: boolean;
  /** Patterns of CONFIG GET do not find it, its name does. */
  readonly hidden?: boolean;
  /** CONFIG SET needs the permission of enable-protected-configs. */
  readonly protected?: boolean;
  /** CONFIG SET is refused while a data set is being loaded. */
  readonly refusedWhileLoading?: boolean;
  /** Watchers run even when the value is the same again: it names a file whose content may have changed. */
  readonly reapplied?: boolean;
}

export abstract class Directive<T> {
  readonly name: string;
  readonly alias: string;
  readonly summary: string;
  readonly immutable: boolean;
  readonly sensitive: boolean;
  readonly hidden: boolean;
  readonly protected: boolean;
  readonly refusedWhileLoading: boolean;
  readonly reapplied: boolean;
  /** Takes any number of arguments; CONFIG SET gives them in one text, separated by single spaces. */
  readonly multiple: boolean;
  readonly default: T;

  constructor(name: string, defaultValue: T, multiple: boolean, options: DirectiveOptions) {
    this.name = name;
    this.alias = options.alias ?? '';
    this.summary = options.summary;
    this.immutable = options.immutable === true;
    this.sensitive = options.sensitive === true;
    this.hidden = options.hidden === true;
    this.protected = options.protected === true;
    this.refusedWhileLoading = options.refusedWhileLoading === true;
    this.reapplied = options.reapplied === true;
    this.multiple = multiple;
    this.default = defaultValue;
  }

  /** Reads arguments; exactly one unless `multiple`. `current` is what a partial value leaves as it is. */
  abstract parse(args: readonly string[], current: T): Setting<T> | Refusal;

  /** The value as CONFIG GET shows it. */
  abstract format(value: T): string;

  /** The lines of a rewritten file; none: the directive is not mentioned at all. */
  fileLines(setting: Setting<T>): readonly FileLine[] {
    return [{ text: this.fileText(setting), force: setting.text !== this.format(this.default) }];
  }

  /** What a repeated line in a file adds to, where lines add up; otherwise every line replaces the one before. */
  firstLineAddsTo(): T | null {
    return null;
  }

  protected fileText(setting: Setting<T>): string {
    return setting.text;
  }

  protected accept(value: T): Setting<T> {
    return { value, text: this.format(value) };
  }
}

export class BooleanDirective extends Directive<boolean> {
  override parse(args: readonly string[]): Setting<boolean> | Refusal {
    const word = asciiLowerCase(args[0] ?? '');
    if (word !== 'yes' && word !== 'no') return new Refusal("argument must be 'yes' or 'no'");
    return this.accept(word === 'yes');
  }

  override format(value: boolean): string {
    return value ? 'yes' : 'no';
  }
}

export const INT_MAX = 0x7fff_ffff;
export const INT_MIN = -0x8000_0000;
export const UINT_MAX = 0xffff_ffff;
export const LONG_MAX = 0x7fff_ffff_ffff_ffffn;
export const ULONG_MAX = 0xffff_ffff_ffff_ffffn;

export interface NumberRange {
  readonly default: number;
  readonly min: number | bigint;
  readonly max: number | bigint;
  /** What is allowed but drawn into these narrower bounds (hz). */
  readonly clampMin?: number;
  readonly clampMax?: number;
  /** A refusal of a number within the bounds, or null. */
  readonly refuse?: (value: number) => string | null;
}

/** How a number is written: 10, 64mb, 0755. */
export type NumberSyntax = 'integer' | 'memory' | 'octal';

export class NumberDirective extends Directive<number> {
  readonly syntax: NumberSyntax;
  private readonly range: NumberRange;

  constructor(name: string, syntax: NumberSyntax, range: NumberRange, options: DirectiveOptions) {
    super(name, range.default, false, options);
    this.syntax = syntax;
    this.range = range;
  }

  override parse(args: readonly string[]): Setting<number> | Refusal {
    const text = args[0] ?? '';
    const { min, max, clampMin, clampMax } = this.range;
    let exact: bigint | null;
    if (this.syntax === 'memory') exact = parseMemory(text);
    else if (this.syntax === 'octal') exact = parseLong(text, 8);
    else exact = parseStrictInteger(text);
    if (exact === null) return new Refusal(NUMBER_REFUSALS[this.syntax]);
    if (exact < min || exact > max) {
      const radix = this.syntax === 'octal' ? 8 : 10;
      return new Refusal(`argument must be between ${min.toString(radix)} and ${max.toString(radix)} inclusive`);
    }
    if (clampMin !== undefined && exact < clampMin) exact = BigInt(clampMin);
    if (clampMax !== undefined && exact > clampMax) exact = BigInt(clampMax);
    const refusal = this.range.refuse?.(Number(exact)) ?? null;
    if (refusal !== null) return new Refusal(refusal);
    return { value: Number(exact), text: exact.toString(this.syntax === 'octal' ? 8 : 10) };
  }

  override format(value: number): string {
    return BigInt(value).toString(this.syntax === 'octal' ? 8 : 10);
  }

  protected override fileText(setting: Setting<number>): string {
    return this.syntax === 'memory' ? memoryText(BigInt(setting.text)) : setting.text;
  }
}

const NUMBER_REFUSALS: Readonly<Record<NumberSyntax, string>> = {
  integer: "argument couldn't be parsed into an integer",
  memory: 'argument must be a memory value',
  octal: "argument couldn't be parsed as an octal number",
};

/** Bytes, or when `percent` is not 0 that share of maxmemory. */
export interface MemoryShare {
  readonly bytes: number;
  readonly percent: number;
}

export class MemoryShareDirective extends Directive<MemoryShare> {
  override parse(args: readonly string[]): Setting<MemoryShare> | Refusal {
    const text = args[0] ?? '';
    const bytes = parseMemory(text);
    if (bytes !== null) {
      if (bytes > LONG_MAX) return new Refusal(`argument must be between -100 and ${LONG_MAX} inclusive`);
      return { value: { bytes: Number(bytes), percent: 0 }, text: bytes.toString() };
    }
    const percent = text.length > 1 && text.endsWith('%') ? parseStrictInteger(text.slice(0, -1)) : null;
    if (percent === null || percent < 0n) return new Refusal('argument must be a memory or percent value');
    if (percent > 100n) return new Refusal('percentage argument must be less or equal to 100');
    return this.accept({ bytes: 0, percent: Number(percent) });
  }

  override format(value: MemoryShare): string {
    return value.percent > 0 ? `${value.percent}%` : value.bytes.toString();
  }

  protected override fileText(setting: Setting<MemoryShare>): string {
    return setting.value.percent > 0 ? setting.text : memoryText(BigInt(setting.text));
  }
}

export interface EnumerationOptions<Name extends string> extends DirectiveOptions {
  /** Pairs of a name that is accepted and the one that it stands for. */
  readonly synonyms?: readonly (readonly [Name, Name])[];
}

export class EnumerationDirective<Name extends string> extends Directive<Name> {
  readonly names: readonly Name[];
  private readonly synonyms: ReadonlyMap<Name, Name>;

  constructor(name: string, defaultName: Name, names: readonly Name[], options: EnumerationOptions<Name>) {
    super(name, defaultName, false, options);
    this.names = names;
    this.synonyms = new Map(options.synonyms ?? []);
  }

  override parse(args: readonly string[]): Setting<Name> | Refusal {
    const word = asciiLowerCase(args[0] ?? '');
    const found = this.names.find((name) => asciiLowerCase(name) === word);
    if (found === undefined) return refuseWord(this.names);
    return this.accept(this.synonyms.get(found) ?? found);
  }

  override format(value: Name): string {
    return value;
  }
}

/** Several words of a set, each at most once; `none` stands for the empty set and `all`, if any, for the full one. */
export class FlagsDirective<Name extends string> extends Directive<ReadonlySet<Name>> {
  private readonly names: readonly Name[];
  private readonly none: string;
  private readonly all: string | null;
  private readonly refuse: (value: ReadonlySet<Name>) => string | null;

  constructor(
    name: string,
    words: { readonly none: string; readonly all?: string; readonly names: readonly Name[] },
    options: DirectiveOptions & { readonly refuse?: (value: ReadonlySet<Name>) => string | null },
  ) {
    super(name, new Set<Name>(), true, options);
    this.names = words.names;
    this.none = words.none;
    this.all = words.all ?? null;
    this.refuse = options.refuse ?? (() => null);
  }

  override parse(args: readonly string[]): Setting<ReadonlySet<Name>> | Refusal {
    const words = [this.none, ...(this.all === null ? [] : [this.all]), ...this.names];
    const chosen = new Set<Name>();
    if (args.length === 0) return refuseWord(words);
    for (const arg of args) {
      const word = asciiLowerCase(arg);
      if (!words.includes(word)) return refuseWord(words);
      for (const name of this.names) if (word === name || word === this.all) chosen.add(name);
    }
    const refusal = this.refuse(chosen);
    return refusal === null ? this.accept(chosen) : new Refusal(refusal);
  }

  override format(value: ReadonlySet<Name>): string {
    if (value.size === 0) return this.none;
    if (this.all !== null && value.size === this.names.length) return this.all;
    return this.names.filter((name) => value.has(name)).join(' ');
  }
}

export interface TextOptions extends DirectiveOptions {
  /** An empty text means that it is not set, and then a rewritten file does not mention it. */
  readonly unsetWhenEmpty?: boolean;
  /** May hold NUL bytes; other texts end at the first one, as in C. */
  readonly binary?: boolean;
  /** A refusal of this text, or null. */
  readonly refuse?: (text: string) => string | null;
}

export class TextDirective extends Directive<string> {
  private readonly unsetWhenEmpty: boolean;
  private readonly binary: boolean;
  private readonly refuse: (text: string) => string | null;

  constructor(name: string, defaultText: string, options: TextOptions) {
    super(name, defaultText, false, options);
    this.unsetWhenEmpty = options.unsetWhenEmpty === true;
    this.binary = options.binary === true;
    this.refuse = options.refuse ?? (() => null);
  }

  override parse(args: readonly string[]): Setting<string> | Refusal {
    const whole = args[0] ?? '';
    const end = this.binary ? -1 : whole.indexOf('\0');
    const text = end === -1 ? whole : whole.slice(0, end);
    const refusal = this.refuse(text);
    return refusal === null ? this.accept(text) : new Refusal(refusal);
  }

  override format(value: string): string {
    return value;
  }

  override fileLines(setting: Setting<string>): readonly FileLine[] {
    return this.unsetWhenEmpty && setting.value === '' ? [] : super.fileLines(setting);
  }

  protected override fileText(setting: Setting<string>): string {
    return quoteWord(setting.text);
  }
}

export interface CustomKind<T> extends DirectiveOptions {
  readonly default: T;
  readonly multiple?: boolean;
  /** See Directive.firstLineAddsTo. */
  readonly firstLineAddsTo?: T;
  parse(args: readonly string[], current: T): T | Refusal;
  format(value: T): string;
  /** See Directive.fileLines; left out: one line with the text of `format`, forced when it is not the default's. */
  fileLines?(value: T): readonly FileLine[];
}

/** A kind of its own: see save, bind, client-output-buffer-limit. */
export class CustomDirective<T> extends Directive<T> {
  private readonly kind: CustomKind<T>;

  constructor(name: string, kind: CustomKind<T>) {
    super(name, kind.default, kind.multiple === true, kind);
    this.kind = kind;
  }

  override parse(args: readonly string[], current: T): Setting<T> | Refusal {
    const value = this.kind.parse(args, current);
    return value instanceof Refusal ? value : this.accept(value);
  }

  override format(value: T): string {
    return this.kind.format(value);
  }

  override fileLines(setting: Setting<T>): readonly FileLine[] {
    return this.kind.fileLines === undefined ? super.fileLines(setting) : this.kind.fileLines(setting.value);
  }

  override firstLineAddsTo(): T | null {
    return this.kind.firstLineAddsTo ?? null;
  }
}

// Builders: what a room writes to declare a directive.

export function bool(name: string, defaultValue: boolean, options: DirectiveOptions): BooleanDirective {
  return new BooleanDirective(name, defaultValue, false, options);
}

export function integer(name: string, options: NumberRange & DirectiveOptions): NumberDirective {
  return new NumberDirective(name, 'integer', options, options);
}

export function memory(name: string, options: NumberRange & DirectiveOptions): NumberDirective {
  return new NumberDirective(name, 'memory', options, options);
}

export function octal(name: string, options: NumberRange & DirectiveOptions): NumberDirective {
  return new NumberDirective(name, 'octal', options, options);
}

export function percentOrMemory(name: string, options: DirectiveOptions): MemoryShareDirective {
  return new MemoryShareDirective(name, { bytes: 0, percent: 0 }, false, options);
}

export function enumeration<const Name extends string>(
  name: string,
  defaultName: NoInfer<Name>,
  names: readonly Name[],
  options: EnumerationOptions<Name>,
): EnumerationDirective<Name> {
  return new EnumerationDirective(name, defaultName, names, options);
}

export function flags<const Name extends string>(
  name: string,
  words: { readonly none: string; readonly all?: string; readonly names: readonly Name[] },
  options: DirectiveOptions & { readonly refuse?: (value: ReadonlySet<Name>) => string | null },
): FlagsDirective<Name> {
  return new FlagsDirective(name, words, options);
}

export function text(name: string, defaultText: string, options: TextOptions): TextDirective {
  return new TextDirective(name, defaultText, options);
}

export function custom<T>(name: string, kind: CustomKind<T>): CustomDirective<T> {
  return new CustomDirective(name, kind);
}

// Numbers as the configuration writes them.

const MEMORY_UNITS: ReadonlyMap<string, bigint> = new Map([
  ['', 1n],
  ['b', 1n],
  ['k', 1000n],
  ['kb', 1n << 10n],
  ['m', 1000_000n],
  ['mb', 1n << 20n],
  ['g', 1000_000_000n],
  ['gb', 1n << 30n],
]);

/** Longer runs of digits are refused before they become a number. */
const MEMORY_DIGITS_MAX = 127;

/**
 * "64mb" as bytes, null if it is none. Missing digits are 0, as in Redis (CONFIG SET maxmemory ""). What exceeds 64
 * bits is refused, where Redis before 8.6 keeps the low 64 bits of the product.
 */
export function parseMemory(text: string): bigint | null {
  const parts = /^([0-9]*)([a-z]*)$/.exec(asciiLowerCase(text));
  const unit = parts === null ? undefined : MEMORY_UNITS.get(parts[2]!);
  if (parts === null || unit === undefined || parts[1]!.length > MEMORY_DIGITS_MAX) return null;
  const bytes = BigInt(parts[1] === '' ? '0' : parts[1]!) * unit;
  return bytes > ULONG_MAX ? null : bytes;
}

/** Bytes as a rewritten file writes them: in the largest unit of gb, mb, kb that divides them. */
export function memoryText(bytes: bigint): string {
  for (const unit of ['gb', 'mb', 'kb']) {
    const size = MEMORY_UNITS.get(unit)!;
    if (bytes !== 0n && bytes % size === 0n) return `${bytes / size}${unit}`;
  }
  return bytes.toString();
}

/** A 64-bit integer in its one canonical form: no plus sign, no leading zeros, no "-0", no blanks. */
export function parseStrictInteger(text: string): bigint | null {
  if (text.length > 20 || !/^(?:0|-?[1-9][0-9]*)$/.test(text)) return null;
  const exact = BigInt(text);
  return exact < -LONG_MAX - 1n || exact > LONG_MAX ? null : exact;
}

/**
 * An integer as C's strtoll reads it when all of the text must be used: leading blanks and a plus sign are fine, the
 * empty text is 0, and what does not fit 64 bits becomes the nearest that does.
 */
export function parseLong(text: string, radix: 8 | 10 = 10): bigint | null {
  if (text === '') return 0n;
  const parts = (radix === 8 ? /^[ \t\n\v\f\r]*([+-]?)([0-7]+)$/ : /^[ \t\n\v\f\r]*([+-]?)([0-9]+)$/).exec(text);
  if (parts === null || parts[2]!.length > MEMORY_DIGITS_MAX) return null;
  const size = BigInt(radix === 8 ? `0o${parts[2]}` : parts[2]!);
  if (parts[1] === '-') return size > LONG_MAX ? -LONG_MAX - 1n : -size;
  return size > LONG_MAX ? LONG_MAX : size;
}

/** A to Z only: bytes above 127 are not letters of anything here. */
export function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** The text of Redis, cut where its buffer of 256 bytes ends. */
const WORD_REFUSAL_CHARACTERS_MAX = 255;

function refuseWord(words: readonly string[]): Refusal {
  const text = `argument(s) must be one of the following: ${words.join(', ')}`;
  return new Refusal(text.slice(0, WORD_REFUSAL_CHARACTERS_MAX));
}
