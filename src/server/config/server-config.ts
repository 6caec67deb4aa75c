// The configuration of one server: its settings, where they came from, and the ways in which they change: files and
// command line at start-up (load), CONFIG SET (set), the server itself (settings.put). CONFIG's subcommands, INFO and
// the log talk to this object only.
//
// Values and names are binary text. Error texts are whole reply lines without the dash: "ERR CONFIG SET failed …".

import { arraySparseKmax, arraySparseKmin, databases, refuseArraySparsity } from '../../engine/directives.ts';
import { fromLatin1 } from '../../lib/bytes.ts';
import { asciiLowerCase, type Directive, Refusal, type Setting } from '../../lib/directive.ts';
import { matchGlob } from '../../lib/glob.ts';
import { splitQuotedWords } from '../../lib/quoted-words.ts';
import { Settings, type Watcher } from '../../lib/settings.ts';
import { dir } from '../../persistence/directives.ts';
import type { LogLevel } from '../log.ts';
import { clusterEnabled } from './cluster.ts';
import type { CommandLine } from './command-line.ts';
import type { ConfigFiles } from './config-files.ts';
import { rewriteConfigText } from './config-rewrite.ts';
import { type ConfigFailure, type ConfigLine, configLines } from './config-text.ts';
import { logfile } from './process.ts';
import { replicaof } from './replication.ts';
import { aclfile } from './security.ts';
import { DIRECTIVES } from './table.ts';

/** Files that include files: deeper than any sane layout, and an end to those that include themselves. */
const INCLUDE_DEPTH_MAX = 32;

/** Bounds what a few nested patterns can name together. */
const INCLUDES_MAX = 10_000;

/** Names that a file may have although nothing reads them any more. */
const FORGOTTEN_NAMES: ReadonlySet<string> = new Set([
  'list-max-ziplist-entries',
  'list-max-ziplist-value',
  'lua-replicate-commands',
]);

export interface ServerConfigOptions {
  readonly files: ConfigFiles;
  /** Where the server was started: relative paths start there until `dir` says otherwise. Absolute. */
  readonly directory: string;
  readonly log?: (level: LogLevel, message: string) => void;
  /** Renames a command, or removes it (to = ''). Null, or why not. Without it, `renames` says what was asked. */
  readonly renameCommand?: (from: string, to: string) => string | null;
  /** Declares a user by the arguments of a `user` line. Null, or why not. Without it, see `users`. */
  readonly declareUser?: (args: readonly string[]) => string | null;
  /** Whether `sentinel` lines are for this process. */
  readonly sentinel?: boolean;
}

export interface SetOptions {
  /** Whether the client has the permission of enable-protected-configs. */
  readonly allowProtected: boolean;
  /** Whether a data set is being loaded. */
  readonly loading: boolean;
}

export class ServerConfig {
  readonly settings = new Settings(DIRECTIVES);
  /** The file that the server was started with, absolute; null: none. CONFIG REWRITE writes it. */
  configFile: string | null = null;

  /** Lines of files and options that are no directives, in order, without their names. */
  readonly renames: { readonly from: string; readonly to: string }[] = [];
  readonly users: (readonly string[])[] = [];
  readonly modules: (readonly string[])[] = [];
  readonly sentinelLines: { readonly args: readonly string[]; readonly line: ConfigLine }[] = [];
  /** "module.name" to the value. */
  readonly moduleSettings = new Map<string, string>();

  private readonly options: ServerConfigOptions;
  private readonly files: ConfigFiles;
  private readonly names: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** The directives that were in a file or option: a further line may add to what they have (see firstLineAddsTo). */
  private readonly mentioned = new Set<Directive<unknown>>();
  private includes = 0;
  private pending: Promise<unknown> | null = null;

  constructor(options: ServerConfigOptions) {
    this.options = options;
    this.files = options.files;
    this.settings.put(dir, options.directory);
    this.settings.watch(arraySparseKmax, () => this.refuseSparsity('kmax'));
    this.settings.watch(arraySparseKmin, () => this.refuseSparsity('kmin'));
    const names = DIRECTIVES.filter((directive) => !directive.hidden).flatMap(({ name, alias }) =>
      alias === '' ? [name] : [name, alias],
    );
    this.names = names.sort().map((name) => ({ name, bytes: fromLatin1(name) }));
  }

  get<T>(directive: Directive<T>): T {
    return this.settings.get(directive);
  }

  follow<T>(directive: Directive<T>, tell: (value: T) => void): void {
    this.settings.follow(directive, tell);
  }

  watch(directives: Directive<unknown> | readonly Directive<unknown>[], apply: Watcher): void {
    this.settings.watch(directives, apply);
  }

  /** Whether CONFIG SET of this name carries a secret that must not be shown. */
  isSensitive(name: string): boolean {
    return this.settings.find(name)?.sensitive === true;
  }

  // Start-up

  /** Reads the file, standard input and the options, in this order, as one text. Null, or why the server cannot start. */
  load(commandLine: CommandLine): ConfigFailure | null {
    let text = '';
    if (commandLine.configPath !== null) {
      this.configFile = this.files.absolute(this.options.directory, commandLine.configPath);
      const content = this.readFiles(this.configFile);
      if (typeof content !== 'string') return content;
      text = content;
    }
    if (commandLine.fromStdin) {
      this.log('notice', 'Reading config from stdin');
      text += this.files.readStdin();
    }
    if (commandLine.options === null) return null;
    return this.loadText(`${text}\n${commandLine.options}`);
  }

  /** Applies a configuration text. Null, or the first failure; what stood before it stays applied. */
  loadText(text: string, depth = 0): ConfigFailure | null {
    for (const line of configLines(text)) {
      const answer = this.loadLine(line, depth);
      if (typeof answer === 'string') return { kind: 'line', line, reason: answer };
      if (answer !== null) return answer;
    }
    return this.checkWhole();
  }

  private loadLine(line: ConfigLine, depth: number): ConfigFailure | string | null {
    if (line.args === null) return 'Unbalanced quotes in configuration line';
    const name = line.args[0]!;
    const args = line.args.slice(1);
    const directive = this.settings.find(name);
    if (directive !== null) return this.loadDirective(directive, args);
    if (FORGOTTEN_NAMES.has(name) && args.length === 1) return null;
    if (name === 'include' && args.length === 1) return this.include(args[0]!, depth);
    return this.loadFileOnly(line, name, args);
  }

  private loadDirective(directive: Directive<unknown>, args: readonly string[]): string | null {
    if (!directive.multiple && args.length !== 1) return 'wrong number of arguments';
    // `save "900 1 300 10"` is as good as `save 900 1 300 10`.
    const isPacked = directive.multiple && args.length === 1 && args[0] !== '';
    const words = isPacked ? (splitQuotedWords(args[0]!) ?? []) : args;
    const continues = this.mentioned.has(directive);
    this.mentioned.add(directive);
    const setting = this.parse(directive, words, continues ? this.settings.get(directive) : null);
    if (setting instanceof Refusal) return setting.text;
    this.settings.store(directive, setting);
    return null;
  }

  private loadFileOnly(line: ConfigLine, name: string, args: readonly string[]): string | null {
    if (name === 'rename-command' && args.length === 2) {
      this.renames.push({ from: args[0]!, to: args[1]! });
      return this.options.renameCommand?.(args[0]!, args[1]!) ?? null;
    }
    if (name === 'user' && args.length >= 1) {
      this.users.push(args);
      return this.options.declareUser?.(args) ?? null;
    }
    if (name === 'loadmodule' && args.length >= 1) {
      this.modules.push(args);
      return null;
    }
    if (name.includes('.')) {
      if (args.length === 0) return 'Module config specified without value';
      this.moduleSettings.set(name, args.join(' '));
      return null;
    }
    if (name === 'sentinel') {
      if (args.length === 0) return null;
      if (this.options.sentinel !== true) return 'sentinel directive while not in sentinel mode';
      this.sentinelLines.push({ args, line });
      return null;
    }
    return 'Bad directive or wrong number of arguments';
  }

  /**
   * Files that a pattern names are read as one text. In redis-server 7.0.15 and 7.4 lines of `save` behind an include no
   * longer add up, but replace each other: by accident, and it loses save points. Here they always add up.
   */
  private include(path: string, depth: number): ConfigFailure | string | null {
    if (depth === INCLUDE_DEPTH_MAX || this.includes === INCLUDES_MAX) return 'Too many include directives';
    this.includes++;
    const content = this.readFiles(path);
    return typeof content === 'string' ? this.loadText(content, depth + 1) : content;
  }

  private readFiles(path: string): ConfigFailure | string {
    const hasPattern = /[*?[]/.test(path);
    const absolute = this.files.absolute(this.settings.get(dir), path);
    let text = '';
    for (const file of hasPattern ? this.files.glob(absolute) : [absolute]) {
      const content = this.files.read(file);
      if (!('text' in content)) return { kind: 'file', path: hasPattern ? file : path, reason: content.reason };
      text += content.text;
    }
    return text;
  }

  private refuseSparsity(changed: 'kmin' | 'kmax'): string | null {
    return refuseArraySparsity(this.settings.get(arraySparseKmin), this.settings.get(arraySparseKmax), changed);
  }

  private checkWhole(): ConfigFailure | null {
    const { settings } = this;
    const logPath = settings.get(logfile);
    if (logPath !== '') {
      const refusal = this.files.refuseAppending(this.files.absolute(settings.get(dir), logPath));
      if (refusal !== null) return { kind: 'whole', reason: `Can't open the log file: ${refusal}` };
    }
    if (this.users.length > 0 && settings.get(aclfile) !== '') {
      return {
        kind: 'whole',
        reason: 'Users are declared by user lines and by an ACL file: only one of the two can be',
      };
    }
    const refusal = this.refuseSparsity('kmax');
    if (refusal !== null) return { kind: 'whole', reason: refusal };
    if (!settings.get(clusterEnabled)) return null;
    if (settings.get(replicaof) !== null) {
      return { kind: 'whole', reason: 'replicaof directive not allowed in cluster mode' };
    }
    const count = settings.get(databases);
    if (count > 1) {
      this.log('warning', `WARNING: Changing databases number from ${count} to 1 since we are in cluster mode`);
      settings.put(databases, 1);
    }
    return null;
  }

  // CONFIG GET, SET and REWRITE

  /**
   * The names that the patterns find, with their values: each once, as the client wrote it where it is no pattern. A
   * pattern's finds are in alphabetical order (Redis has none) and leave out hidden directives.
   */
  match(patterns: readonly string[]): [name: string, value: string][] {
    const found = new Map<string, [string, string]>();
    for (const pattern of patterns) {
      if (!/[*?[]/.test(pattern)) {
        const directive = this.settings.find(pattern);
        if (directive !== null && !found.has(asciiLowerCase(pattern))) {
          found.set(asciiLowerCase(pattern), [pattern, this.settings.text(directive)]);
        }
        continue;
      }
      const bytes = fromLatin1(pattern);
      for (const { name, bytes: nameBytes } of this.names) {
        if (found.has(name) || !matchGlob(bytes, 0, bytes.length, nameBytes, 0, nameBytes.length, true)) continue;
        found.set(name, [name, this.settings.text(this.settings.find(name)!)]);
      }
    }
    return [...found.values()];
  }

  /**
   * CONFIG SET: all pairs or none. Null, or the error; a promise of it when a watcher answers later, and while one
   * before is undecided.
   */
  set(
    pairs: readonly (readonly [name: string, value: string])[],
    options: SetOptions,
  ): string | null | Promise<string | null> {
    if (this.pending !== null) return this.pending.then(() => this.set(pairs, options));
    const found = this.findAll(pairs, options);
    if (typeof found === 'string') return found;
    const changes = new Map<Directive<unknown>, Setting<unknown>>();
    for (const [index, [name, value]] of pairs.entries()) {
      const directive = found[index]!;
      // A directive and its alias are two parameters to Redis: the later one wins.
      const current = changes.get(directive)?.value ?? this.settings.get(directive);
      const words = directive.multiple ? (value === '' ? [] : value.split(' ')) : [value];
      const setting = this.parse(directive, words, directive.firstLineAddsTo() === null ? current : null);
      if (setting instanceof Refusal) return refuseSet(asciiLowerCase(name), setting.text);
      changes.delete(directive);
      changes.set(directive, setting);
    }
    const answer = this.settings.change(changes);
    if (!(answer instanceof Promise)) return this.tellRefusal(answer);
    const decided = answer
      .then((refusal) => this.tellRefusal(refusal))
      .finally(() => {
        this.pending = null;
      });
    this.pending = decided;
    return decided;
  }

  /** Whether a CONFIG SET is undecided: the next one waits for it. */
  isChanging(): boolean {
    return this.pending !== null;
  }

  /** The directives of the names, or the error of the first pair that cannot be set at all. */
  private findAll(
    pairs: readonly (readonly [name: string, value: string])[],
    options: SetOptions,
  ): Directive<unknown>[] | string {
    const found: Directive<unknown>[] = [];
    const names = new Set<string>();
    for (const [name] of pairs) {
      const directive = this.settings.find(name);
      if (directive === null) return `ERR Unknown option or number of arguments for CONFIG SET - '${name}'`;
      if (directive.immutable) return refuseSet(name, "can't set immutable config");
      if (directive.protected && !options.allowProtected) return refuseSet(name, "can't set protected config");
      if (directive.refusedWhileLoading && options.loading) {
        return 'LOADING Redis is loading the dataset in memory';
      }
      if (names.has(asciiLowerCase(name))) return refuseSet(name, 'duplicate parameter');
      names.add(asciiLowerCase(name));
      found.push(directive);
    }
    return found;
  }

  /** CONFIG REWRITE. `extra`: see rewriteConfigText. Null, or the error. */
  rewrite(extra: ReadonlyMap<string, readonly string[]> = new Map(), everything = false): string | null {
    if (this.configFile === null) return 'ERR The server is running without a config file';
    const content = this.files.read(this.configFile);
    const oldText = 'text' in content ? content.text : '';
    let refusal = 'text' in content || content.missing ? null : content.reason;
    if (refusal === null) {
      const text = rewriteConfigText({ oldText, settings: this.settings, extra, everything });
      refusal = this.files.replace(this.configFile, text);
    }
    if (refusal === null) {
      this.log('notice', 'CONFIG REWRITE executed with success.');
      return null;
    }
    this.log('warning', `CONFIG REWRITE failed: ${refusal}`);
    return `ERR Rewriting config file: ${refusal}`;
  }

  /** `current` null: what the directive's first line adds to. */
  private parse(directive: Directive<unknown>, words: readonly string[], current: unknown): Setting<unknown> | Refusal {
    if (directive === dir) return this.parseDirectory(words);
    return directive.parse(words, current ?? directive.firstLineAddsTo() ?? this.settings.get(directive));
  }

  private parseDirectory(words: readonly string[]): Setting<string> | Refusal {
    const path = (words[0] ?? '').split('\0')[0]!;
    if (path === '') return new Refusal('No such file or directory');
    const found = this.files.findDirectory(this.files.absolute(this.settings.get(dir), path));
    return 'path' in found ? { value: found.path, text: found.path } : new Refusal(found.reason);
  }

  private tellRefusal(
    refusal: { readonly directive: Directive<unknown>; readonly text: string } | null,
  ): string | null {
    if (refusal === null) return null;
    const { name } = refusal.directive;
    this.log(
      'warning',
      `Failed applying new configuration. Possibly related to new ${name} setting. Restoring previous settings.`,
    );
    return refuseSet(name, refusal.text);
  }

  private log(level: LogLevel, message: string): void {
    this.options.log?.(level, message);
  }
}

function refuseSet(name: string, reason: string): string {
  return `ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`;
}
