// The command line of the server: [file] [--directive value …] [-]. Options become lines of configuration text that
// are read after the file, so that they win; values are quoted, names are not, which lets "--port 6380" be one
// argument as well as two. The rules are those of redis-server 7.0.15 and 7.4.

import { asciiLowerCase } from '../../lib/directive.ts';
import { quoteWord, splitQuotedWords } from '../../lib/quoted-words.ts';

export interface CommandLine {
  readonly action: 'run' | 'version' | 'help' | 'test-memory' | 'check-system';
  /** As it was given; null: none. */
  readonly configPath: string | null;
  /** Read more configuration from standard input, after the file and before the options. */
  readonly fromStdin: boolean;
  /** The options as configuration text; null: there were no arguments at all. */
  readonly options: string | null;
  /** Whether --sentinel is among the options. */
  readonly sentinel: boolean;
}

const ACTIONS: ReadonlyMap<string, CommandLine['action']> = new Map([
  ['-v', 'version'],
  ['--version', 'version'],
  ['-h', 'help'],
  ['--help', 'help'],
  ['--test-memory', 'test-memory'],
  ['--check-system', 'check-system'],
]);

/** `args` without the program's name, as binary text. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const first = args[0];
  if (first === undefined) {
    return { action: 'run', configPath: null, fromStdin: false, options: null, sentinel: false };
  }
  const configPath = first.startsWith('-') ? null : first;
  const rest = configPath === null ? args : args.slice(1);
  const options = new OptionText();
  let fromStdin = false;
  for (const [index, arg] of rest.entries()) {
    const isEdge = (configPath === null && index === 0) || index === rest.length - 1;
    if (arg === '-' && isEdge) fromStdin = true;
    else options.add(arg, rest[index + 1]);
  }
  return {
    action: ACTIONS.get(first) ?? 'run',
    configPath,
    fromStdin,
    options: options.text,
    sentinel: args.includes('--sentinel'),
  };
}

class OptionText {
  text = '';
  /** The next argument with two dashes is a name: the last option has a value, or needs none. */
  private expectsName = true;

  add(arg: string, next: string | undefined): void {
    if (!this.expectsName || !arg.startsWith('--')) {
      this.text += `${quoteWord(arg)} `;
      this.expectsName = true;
      return;
    }
    if (this.text !== '') this.text += '\n';
    this.text += `${arg.slice(2)} `;
    this.expectsName = splitQuotedWords(arg)?.length !== 1;
    if (this.expectsName) return;
    const isLast = next === undefined;
    if (!isLast && !next.startsWith('--')) return;
    // Whoever builds a command line from a list writes "--save" for an empty one. Other options take what follows as
    // their value even with dashes (--proc-title-template --my-title).
    const name = asciiLowerCase(arg);
    if (name === '--save') this.text += '""';
    if (name === '--save' || name === '--sentinel') this.expectsName = !isLast;
  }
}

export function versionText(version: string, reportedVersion: string): string {
  return `Redis server v=${reportedVersion} sha=00000000:0 malloc=flat bits=64 build=cinnabar-${version}`;
}

export function usageText(): string {
  return `Usage: cinnabar-server [/path/to/cinnabar.conf] [--directive value ...] [-]
       cinnabar-server -                    read the configuration from standard input
       cinnabar-server -v | --version
       cinnabar-server -h | --help

Every directive of the configuration file is an option too. Later ones win: the file
comes first, then standard input, then the options.

Examples:
       cinnabar-server
       cinnabar-server /etc/cinnabar/6379.conf
       cinnabar-server --port 7777
       cinnabar-server --port 7777 --replicaof 127.0.0.1 8888
       cinnabar-server /etc/cinnabar.conf --loglevel verbose
       echo 'maxmemory 128mb' | cinnabar-server -
`;
}
