// A disk for the configuration that is a Map: for tests, and for servers that must not touch the real one.

import { fromLatin1 } from '../../lib/bytes.ts';
import { matchGlob } from '../../lib/glob.ts';
import type { ConfigFiles } from './config-files.ts';

/** Absolute paths to texts. A directory exists if a path has it as a part. `stdin` is read once. */
export class MemoryFiles implements ConfigFiles {
  readonly texts: Map<string, string>;
  readonly stdin: string;
  /** What `replace` answers; null: it replaces. */
  replaceRefusal: string | null = null;

  constructor(texts: Readonly<Record<string, string>> = {}, stdin = '') {
    this.texts = new Map(Object.entries(texts));
    this.stdin = stdin;
  }

  absolute(directory: string, path: string): string {
    const parts: string[] = [];
    for (const part of (path.startsWith('/') ? path : `${directory}/${path}`).split('/')) {
      if (part === '..') parts.pop();
      else if (part !== '' && part !== '.') parts.push(part);
    }
    return `/${parts.join('/')}`;
  }

  read(path: string): ReturnType<ConfigFiles['read']> {
    const text = this.texts.get(path);
    return text === undefined ? { reason: 'No such file or directory', missing: true } : { text };
  }

  readStdin(): string {
    return this.stdin;
  }

  glob(pattern: string): string[] {
    const wanted = fromLatin1(pattern);
    return [...this.texts.keys()]
      .filter((path) => matchGlob(wanted, 0, wanted.length, fromLatin1(path), 0, path.length, false))
      .sort();
  }

  replace(path: string, text: string): string | null {
    if (this.replaceRefusal === null) this.texts.set(path, text);
    return this.replaceRefusal;
  }

  findDirectory(path: string): ReturnType<ConfigFiles['findDirectory']> {
    const exists = path === '/' || [...this.texts.keys()].some((known) => known.startsWith(`${path}/`));
    return exists ? { path } : { reason: 'No such file or directory' };
  }

  refuseAppending(path: string): string | null {
    const found = this.findDirectory(path.slice(0, path.lastIndexOf('/')) || '/');
    return 'path' in found ? null : found.reason;
  }
}
