// npm run platforms: the bundled library, and the server program, on the runtimes that they are published for beside the
// one that they are developed with: Node 22, Node 24 and, the library only, Bun, from npm, into a folder of their own.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'node_modules', '.platforms');
const platform = `${process.platform}-${process.arch}`;

/** Aliases, the packages that carry the runtime, and where in them it is. None has an install script. */
const RUNTIMES = [
  { alias: 'node22', spec: `npm:node-${platform}@22.23.3`, path: 'bin/node' },
  { alias: 'node24', spec: `npm:node-${platform}@24.21.0`, path: 'bin/node' },
  { alias: 'bun', spec: `npm:@oven/bun-${platform}@1.4.5`, path: 'bin/bun' },
] as const;

mkdirSync(folder, { recursive: true });
const dependencies = Object.fromEntries(RUNTIMES.map(({ alias, spec }) => [alias, spec]));
writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
if (RUNTIMES.some(({ alias, path }) => !existsSync(join(folder, 'node_modules', alias, path)))) {
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
for (const { alias, path } of RUNTIMES) {
  const tests = alias === 'bun' ? ['smoke.mjs'] : ['smoke.mjs', 'program.mjs'];
  for (const test of tests) {
    execFileSync(join(folder, 'node_modules', alias, path), [join(root, 'tests', 'platforms', test)], {
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: 60_000,
    });
  }
}
