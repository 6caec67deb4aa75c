// npm run build: bundles the sources into dist/. The server for Node, since 150 files take 0.3 s to start and constants
// imported across modules cost 2.5 ns against 0.6 (DESIGN.md, decision 10); the library for every runtime. Without
// VERIFY, and with names and lines as they are, so that a stack trace can be read.

import { existsSync, mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const quiet = process.argv.includes('--quiet');

interface Bundle {
  readonly entry: string;
  readonly output: string;
  readonly options: BuildOptions;
}

const BUNDLES: readonly Bundle[] = [
  {
    entry: 'src/server/main.ts',
    output: 'dist/cinnabar-server.js',
    options: { platform: 'node', target: 'node22' },
  },
  {
    entry: 'src/cli/check-aof.ts',
    output: 'dist/cinnabar-check-aof.js',
    options: { platform: 'node', target: 'node22' },
  },
  {
    entry: 'src/cli/check-rdb.ts',
    output: 'dist/cinnabar-check-rdb.js',
    options: { platform: 'node', target: 'node22' },
  },
  {
    entry: 'src/index.ts',
    output: 'dist/index.js',
    options: { platform: 'neutral', target: 'es2024', external: ['node:*'], mainFields: ['module', 'main'] },
  },
  {
    entry: 'src/browser.ts',
    output: 'dist/browser.js',
    options: { platform: 'browser', target: 'es2024' },
  },
];

for (const bundle of BUNDLES) {
  if (existsSync(join(root, bundle.entry))) {
    await makeBundle(bundle).catch((error: unknown) => {
      // esbuild has told what is wrong with the sources.
      if (!(error instanceof Error && 'errors' in error)) throw error;
      process.exit(1);
    });
  } else if (!quiet) console.log(`skipped ${bundle.output}: there is no ${bundle.entry}`);
}

/**
 * A bundle of which V8 keeps one byte a character: one ellipsis in a comment makes it two, 2 MB and some time to start. All
 * code is in ASCII already.
 */
function inAscii(text: string): string {
  return text.replaceAll('\u2026', '...').replaceAll(/\P{ASCII}/gu, '?');
}

async function makeBundle({ entry, output, options }: Bundle): Promise<void> {
  // A source that changes while the bundle is made must be newer than the bundle.
  const started = new Date();
  const { outputFiles } = await build({
    ...options,
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    // Escapes in strings leave letters beyond ASCII to comments.
    charset: 'ascii',
    legalComments: 'none',
    minifySyntax: true,
    define: { CINNABAR_VERIFY: 'false' },
    logLevel: 'warning',
  });
  const path = join(root, output);
  const temporary = `${path}.${process.pid}.tmp`;
  mkdirSync(dirname(path), { recursive: true });
  // Several servers that start at once may all build: each sees a whole bundle, its own or another's.
  writeFileSync(temporary, inAscii(outputFiles[0]!.text));
  utimesSync(temporary, started, started);
  renameSync(temporary, path);
  if (!quiet) console.log(`built ${output}: ${Math.round(outputFiles[0]!.contents.length / 1024)} KB`);
}
