// The examples in the comments above the command definitions are run: what they show is what the engine answers, in
// redis-cli's rendering. Each comment starts with an empty data set.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ENGINE_COMMANDS } from '../../src/engine/all-commands.ts';
import { splitQuotedWords } from '../../src/lib/quoted-words.ts';
import { PERSISTENCE_COMMANDS } from '../../src/persistence/all-commands.ts';
import { EngineHarness } from '../support/engine-harness.ts';
import { bulkOf, elementsOf, framesOf } from './reply-frames.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

interface Example {
  readonly command: string;
  readonly shown: string[];
}

function sourceFiles(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return path.endsWith('.ts') && !path.endsWith('.test.ts') ? [path] : [];
  });
}

/** The examples of each comment of a file: indented lines of which the first begins with "> ". */
function examplesOf(source: string): Example[][] {
  const found: Example[][] = [];
  for (const [comment] of source.matchAll(/\/\*\*\n(?: \*.*\n)+? \*\//g)) {
    const examples: Example[] = [];
    for (const line of comment.split('\n')) {
      const text = / \* {5}(.*)$/.exec(line)?.[1];
      if (text === undefined) continue;
      if (text.startsWith('> ')) examples.push({ command: text.slice(2), shown: [] });
      else examples.at(-1)?.shown.push(text);
    }
    if (examples.length > 0) found.push(examples);
  }
  return found;
}

function quoted(text: string): string {
  const inner = [...text].map((letter) => {
    const code = letter.charCodeAt(0);
    if (letter === '"' || letter === '\\') return `\\${letter}`;
    if (letter === '\n') return '\\n';
    if (letter === '\r') return '\\r';
    return code < 32 || code > 126 ? `\\x${code.toString(16).padStart(2, '0')}` : letter;
  });
  return `"${inner.join('')}"`;
}

/** A RESP2 reply as redis-cli shows it, nested arrays indented. */
function rendered(frame: string): string[] {
  const line = frame.slice(1, frame.indexOf('\r\n'));
  if (frame[0] === '+') return [line];
  if (frame[0] === '-') return [`(error) ${line}`];
  if (frame[0] === ':') return [`(integer) ${line}`];
  if (frame[0] === '$') return [line === '-1' ? '(nil)' : quoted(bulkOf(frame)!)];
  assert.equal(frame[0], '*', 'examples are shown in RESP2');
  if (line === '-1') return ['(nil)'];
  const elements = elementsOf(frame)!;
  if (elements.length === 0) return ['(empty array)'];
  const width = String(elements.length).length;
  return elements.flatMap((element, index) => {
    const label = `${String(index + 1).padStart(width)}) `;
    return rendered(element).map((text, row) => (row === 0 ? label : ' '.repeat(label.length)) + text);
  });
}

function wordsOf(command: string): string[] {
  const words = splitQuotedWords(command);
  assert.ok(words !== null, `balanced quotes in ${command}`);
  return words;
}

describe('examples above command definitions', () => {
  const folders = ['src/engine/commands', 'src/persistence/commands'];
  for (const file of folders.flatMap((folder) => sourceFiles(join(ROOT, folder)))) {
    for (const examples of examplesOf(readFileSync(file, 'latin1'))) {
      it(`${relative(ROOT, file)}: ${examples[0]!.command}`, () => {
        const harness = new EngineHarness({ commands: [...ENGINE_COMMANDS, ...PERSISTENCE_COMMANDS] });
        for (const { command, shown } of examples) {
          const lines = framesOf(harness.run(...wordsOf(command))).flatMap(rendered);
          assert.deepEqual(lines, shown, command);
        }
      });
    }
  }
});
