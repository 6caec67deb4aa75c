// npm run bench: lists the benchmarks, or runs those whose path has one of the words given:
//
//   npm run bench -- half-siphash integers

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const given = process.argv.slice(2);
const words = given.filter((argument) => !argument.startsWith('-'));
const options = given.filter((argument) => argument.startsWith('-'));
const benches = globSync(['src/**/*.bench.ts', 'tests/**/*.bench.ts'], { cwd: root }).sort();
const wanted = benches.filter((path) => words.some((word) => path.includes(word)));

if (words.length === 0) {
  console.log(benches.length === 0 ? 'There are no benchmarks.' : benches.join('\n'));
} else if (wanted.length === 0) {
  console.error(`No benchmark's path has ${words.join(' or ')}.`);
  process.exitCode = 1;
}
for (const path of wanted) {
  console.log(`\n${path}`);
  const bench = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--expose-gc', path, ...options],
    {
      cwd: root,
      stdio: 'inherit',
    },
  );
  if (bench.status !== 0) process.exitCode = 1;
}
