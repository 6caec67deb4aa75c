// npm run generate: writes the files that are made from declarations in the sources and kept in the repository for
// readers. `npm run check` compares them.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sampleConfiguration } from '../src/server/config/sample.ts';
import { clientTypes } from './client-types.ts';
import { commandsPage, configurationPage, errorsPage } from './docs.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Paths from the root, and what makes their texts. */
const GENERATED: ReadonlyMap<string, () => string> = new Map([
  ['cinnabar.conf', sampleConfiguration],
  ['src/client/commands.generated.ts', clientTypes],
  ['docs/commands.md', commandsPage],
  ['docs/configuration.md', configurationPage],
  ['docs/errors.md', errorsPage],
]);

/** The generated files that are missing or not up to date. */
export function staleFiles(): string[] {
  return [...GENERATED].filter(([path, make]) => readIfThere(path) !== make()).map(([path]) => path);
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return null;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const path of staleFiles()) {
    writeFileSync(join(root, path), GENERATED.get(path)!());
    console.log(`wrote ${path}`);
  }
}
