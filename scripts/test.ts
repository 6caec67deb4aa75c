// npm test: all unit tests and tests/, with node's own runner. Arguments are passed on; files among them replace "all":
//
//   npm test -- src/lib/glob.test.ts --test-name-pattern=class

import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const ALL = ['src/**/*.test.ts', 'tests/**/*.test.ts', 'scripts/**/*.test.ts'];

const given = process.argv.slice(2);
const options = given.filter((argument) => argument.startsWith('-'));
const files = given.filter((argument) => !argument.startsWith('-'));
const hasReporter = options.some((option) => option.startsWith('--test-reporter'));
const runner = spawnSync(
  process.execPath,
  [
    '--disable-warning=ExperimentalWarning',
    '--test',
    ...(hasReporter ? [] : ['--test-reporter=spec']),
    ...options,
    ...(files.length > 0 ? files : ALL),
  ],
  { cwd: root, stdio: 'inherit' },
);
if (runner.error !== undefined) throw runner.error;
process.exitCode = runner.status ?? 1;
