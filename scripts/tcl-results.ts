// npm run tcl-results -- FILE…: compares runs of Redis's Tcl suite (their tests.tsv) with the exceptions that are known.
// Fails on a failure that no exception explains.

import { readFileSync } from 'node:fs';
import { exceptionFor, type TclException, type TclFailure } from '../tests/conformance/tcl-exceptions.ts';

const FAILED: ReadonlySet<string> = new Set(['err', 'exception', 'timeout', 'crash', 'startfail']);

let passed = 0;
const explained = new Map<TclException, number>();
const unexplained: TclFailure[] = [];
for (const path of process.argv.slice(2)) {
  for (const line of readFileSync(path, 'latin1').split('\n').slice(1)) {
    const [file = '', outcome = '', , name = '', message = ''] = line.split('\t');
    if (outcome === 'ok') passed++;
    if (!FAILED.has(outcome)) continue;
    const failure = { file, name, message };
    const exception = exceptionFor(failure);
    if (exception === null) unexplained.push(failure);
    else explained.set(exception, (explained.get(exception) ?? 0) + 1);
  }
}
console.log(`${passed} cases passed`);
for (const [{ reason, file }, count] of explained)
  console.log(`${count} failed: ${reason}${file === undefined ? '' : ` (${file})`}`);
for (const { file, name, message } of unexplained)
  console.log(`NOT EXPLAINED: ${file}: ${name}: ${message.slice(0, 200)}`);
process.exitCode = unexplained.length === 0 ? 0 : 1;
