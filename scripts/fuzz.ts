// npm run fuzz: runs the fuzzers of all structures, one after the other, or those whose path has one of the words given:
//
//   npm run fuzz -- [--operations 10000000] [--seed 7] [listpack quicklist …]
//
// Without a number of operations each runs its usual one, some seconds. The long form is for hand and night.

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values, positionals } = parseArgs({
  options: { operations: { type: 'string' }, seed: { type: 'string' } },
  allowPositionals: true,
});
const fuzzers = globSync('src/{memory,structures,datatypes}/*.fuzz.ts', { cwd: root }).sort();
const wanted = fuzzers.filter((path) => positionals.length === 0 || positionals.some((word) => path.includes(word)));
if (wanted.length === 0) {
  console.error(`No fuzzer's path has ${positionals.join(' or ')}.`);
  process.exitCode = 1;
}
const environment = { ...process.env };
if (values.operations !== undefined) environment['CINNABAR_OPERATIONS'] = values.operations;
if (values.seed !== undefined) environment['CINNABAR_SEED'] = values.seed;
for (const path of wanted) {
  console.log(`\n${path}`);
  const fuzzer = spawnSync(process.execPath, [path], { cwd: root, stdio: 'inherit', env: environment });
  if (fuzzer.status !== 0) process.exitCode = 1;
}
