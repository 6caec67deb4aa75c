// What the programs around the server share: their version, their arguments, and writing to standard output, all in
// latin1, one character for each byte.

import { writeSync } from 'node:fs';

/** Replaced when the bundle is built. */
declare const CINNABAR_VERSION: string | undefined;

export const PROGRAM_VERSION = typeof CINNABAR_VERSION === 'string' ? CINNABAR_VERSION : '0.1.0';

const STDOUT = 1;
const STDERR = 2;

export function programArguments(): string[] {
  return process.argv.slice(2).map((argument) => Buffer.from(argument, 'utf8').toString('latin1'));
}

export function print(text: string): void {
  writeTo(STDOUT, text);
}

export function printError(text: string): void {
  writeTo(STDERR, text);
}

function writeTo(descriptor: number, text: string): void {
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}
