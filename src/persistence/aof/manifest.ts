// The manifest of a multi-part append-only file, as Redis 7 has it: which files make up the log, in their order. A base (a
// snapshot, or the commands that make one), increments that follow it, and history: files that a rewrite has replaced and
// that may be deleted. One line for each file:
//
//   file appendonly.aof.2.base.rdb seq 2 type b
//   file appendonly.aof.1.incr.aof seq 1 type h
//   file appendonly.aof.4.incr.aof seq 4 type i
//
// A line may have further words in pairs, which are ignored; a line that begins with # is a comment.

import { quoteWord, splitQuotedWords } from '../../lib/quoted-words.ts';

/** A line with its line end is no longer than this. Redis: MANIFEST_MAX_LINE. */
export const MANIFEST_LINE_BYTES_MAX = 1024;
export const MANIFEST_SUFFIX = '.manifest';
export const TEMPORARY_PREFIX = 'temp-';
/** A base while it is written. */
export const TEMPORARY_BASE = 'temp-rewriteaof-bg.aof';

export interface ManifestFile {
  readonly name: string;
  /** Increments have rising numbers; so have the bases that replace each other. */
  readonly sequence: number;
}

/** Why a manifest cannot be read, in Redis's words. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  /** From 1. */
  readonly lineNumber: number;
  /** The line as far as it was read; null where it is not to be shown. */
  readonly line: string | null;

  constructor(message: string, lineNumber: number, line: string | null) {
    super(message);
    this.lineNumber = lineNumber;
    this.line = line;
  }

  /** What Redis and its tools print, a log line each. */
  logLines(): string[] {
    const lines = ['\n*** FATAL AOF MANIFEST FILE ERROR ***\n'];
    if (this.line !== null) {
      lines.push(`Reading the manifest file, at line ${this.lineNumber}\n`, `>>> '${this.line}'\n`);
    }
    return [...lines, `${this.message}\n`];
  }
}

/** The files of a log. Changed only as a copy that replaces it once it is on the disk. */
export class Manifest {
  base: ManifestFile | null = null;
  readonly increments: ManifestFile[] = [];
  readonly history: ManifestFile[] = [];
  /** The numbers given last. */
  baseSequence = 0;
  incrementSequence = 0;

  isEmpty(): boolean {
    return this.base === null && this.increments.length === 0;
  }

  copy(): Manifest {
    const copy = new Manifest();
    copy.base = this.base;
    copy.increments.push(...this.increments);
    copy.history.push(...this.history);
    copy.baseSequence = this.baseSequence;
    copy.incrementSequence = this.incrementSequence;
    return copy;
  }

  /** Gives the next base its name; the one before becomes history. */
  addBase(filename: string, format: 'rdb' | 'aof'): string {
    if (this.base !== null) this.history.unshift(this.base);
    this.baseSequence++;
    this.base = { name: `${filename}.${this.baseSequence}.base.${format}`, sequence: this.baseSequence };
    return this.base.name;
  }

  /** Gives the next increment its name. */
  addIncrement(filename: string): string {
    this.incrementSequence++;
    const name = `${filename}.${this.incrementSequence}.incr.aof`;
    this.increments.push({ name, sequence: this.incrementSequence });
    return name;
  }

  /** All increments but the last `kept` become history: a new base contains them. */
  retireIncrements(kept: number): void {
    this.history.unshift(...this.increments.splice(0, this.increments.length - kept));
  }

  /** Base and increments in the order in which they are loaded. */
  files(): ManifestFile[] {
    return this.base === null ? [...this.increments] : [this.base, ...this.increments];
  }

  format(): string {
    let text = this.base === null ? '' : lineOf(this.base, 'b');
    for (const file of this.history) text += lineOf(file, 'h');
    for (const file of this.increments) text += lineOf(file, 'i');
    return text;
  }
}

function lineOf({ name, sequence }: ManifestFile, type: string): string {
  return `file ${needsQuotes(name) ? quoteWord(name) : name} seq ${sequence} type ${type}\n`;
}

function needsQuotes(name: string): boolean {
  return name === '' || /[^!-~]|[\\"']/.test(name);
}

/** Reads a manifest, in latin1; throws a ManifestError. */
export function parseManifest(text: string): Manifest {
  if (text === '') throw new ManifestError('Found an empty AOF manifest', 0, null);
  const manifest = new Manifest();
  let lineNumber = 0;
  for (let at = 0; at < text.length; ) {
    lineNumber++;
    // As C's fgets reads: a longer line comes in pieces.
    const lineEnd = text.indexOf('\n', at);
    const end = Math.min(lineEnd < 0 ? text.length : lineEnd + 1, at + MANIFEST_LINE_BYTES_MAX);
    const piece = text.slice(at, end);
    at = end;
    if (piece.startsWith('#')) continue;
    if (!piece.endsWith('\n') || piece.includes('\0')) {
      throw new ManifestError('The AOF manifest file contains too long line', lineNumber, null);
    }
    addLine(manifest, piece.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''), lineNumber);
  }
  return manifest;
}

function addLine(manifest: Manifest, line: string, lineNumber: number): void {
  const refuse = (why: string): ManifestError => new ManifestError(why, lineNumber, line);
  const words = splitQuotedWords(line);
  if (words === null || words.length < 6 || words.length % 2 !== 0) throw refuse('Invalid AOF manifest file format');
  let name = '';
  let sequence = 0;
  let type = '';
  for (let index = 0; index < words.length; index += 2) {
    const value = words[index + 1]!;
    switch (words[index]!.toLowerCase()) {
      case 'file':
        if (/[/\\]/.test(value)) throw refuse("File can't be a path, just a filename");
        name = value;
        break;
      case 'seq':
        sequence = Number.parseInt(value, 10) || 0;
        break;
      case 'type':
        type = value.slice(0, 1);
        break;
      default:
        // Words of a later release.
        break;
    }
  }
  if (name === '' || sequence === 0 || type === '') throw refuse('Invalid AOF manifest file format');
  const file: ManifestFile = { name, sequence };
  switch (type) {
    case 'b':
      if (manifest.base !== null) throw refuse('Found duplicate base file information');
      manifest.base = file;
      manifest.baseSequence = sequence;
      return;
    case 'h':
      manifest.history.push(file);
      return;
    case 'i':
      if (sequence <= manifest.incrementSequence) throw refuse('Found a non-monotonic sequence number');
      manifest.increments.push(file);
      manifest.incrementSequence = sequence;
      return;
    default:
      throw refuse('Unknown AOF file type');
  }
}
