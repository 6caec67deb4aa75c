// The lines of a configuration text: what a line is, what its arguments are, and how a failure at one is told.

import { asciiLowerCase } from '../../lib/directive.ts';
import { splitQuotedWords } from '../../lib/quoted-words.ts';

export interface ConfigLine {
  /** Counted from 1. */
  readonly number: number;
  /** Without the blanks around it. */
  readonly text: string;
  /** The directive's name in lower case and its arguments; null if the quotes are unbalanced. */
  readonly args: readonly string[] | null;
}

/** Why the server cannot start with this configuration. */
export type ConfigFailure =
  | { readonly kind: 'line'; readonly line: ConfigLine; readonly reason: string }
  /** The text as a whole does not fit together. */
  | { readonly kind: 'whole'; readonly reason: string }
  | { readonly kind: 'file'; readonly path: string; readonly reason: string };

/** The lines that say something: neither blank nor a comment. */
export function configLines(text: string): ConfigLine[] {
  const found: ConfigLine[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = trimBlanks(raw);
    if (line === '' || line.startsWith('#')) continue;
    const words = splitQuotedWords(line);
    if (words !== null && words.length === 0) continue;
    const args = words === null ? null : [asciiLowerCase(words[0]!), ...words.slice(1)];
    found.push({ number: index + 1, text: line, args });
  }
  return found;
}

/**
 * What goes to standard error, in Redis's form, which tools look for. A file that cannot be opened is told in the log
 * instead: see fileFailureText.
 */
export function failureText(failure: ConfigFailure, version: string): string {
  if (failure.kind === 'file') return `\n${fileFailureText(failure.path, failure.reason)}\n`;
  const head = `\n*** FATAL CONFIG FILE ERROR (Redis ${version}) ***\n`;
  if (failure.kind === 'whole') return `${head}${failure.reason}\n`;
  const { number, text } = failure.line;
  return `${head}Reading the configuration file, at line ${number}\n>>> '${text}'\n${failure.reason}\n`;
}

export function fileFailureText(path: string, reason: string): string {
  return `Fatal error, can't open config file '${path}': ${reason}`;
}

/** Spaces, tabs and line ends only, as Redis trims lines. */
export function trimBlanks(line: string): string {
  return line.replace(/^[ \t\r\n]+/, '').replace(/[ \t\r\n]+$/, '');
}
