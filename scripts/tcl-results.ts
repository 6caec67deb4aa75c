// npm run tcl-results -- FILE…: compares runs of Redis's Tcl suite (their tests.tsv) with the exceptions that are known.
// Fails on a failure that no exception explains, and on an exception for a file of the run that explains none of them.

import { readFileSync } from 'node:fs';
import {
  exceptionFor,
  idleExceptions,
  type TclException,
  type TclFailure,
} from '../tests/conformance/tcl-exceptions.ts';

const FAILED: ReadonlySet<string> = new Set(['err', 'exception', 'timeout', 'crash', 'startfail']);

let passed = 0;
const explained = new Map<TclException, number>();
const unexplained: TclFailure[] = [];
const files = new Set<string>();
for (const path of process.argv.slice(2)) {
  for (const line of readFileSync(path, 'latin1').split('\n').slice(1)) {
    const [file = '', outcome = '', , name = '', message = ''] = line.split('\t');
    if (file !== '') files.add(file);
    if (outcome === 'ok') passed++;
    if (!FAILED.has(outcome)) continue;
    const failure = { file, name, message };
    const exception = exceptionFor(failure);
    if (exception === null) unexplained.push(failure);
    else explained.set(exception, (explained.get(exception) ?? 0) + 1);
  }
}
console.log(`${passed} cases passed`);
for (const [{ reason, file, waitsFor }, count] of explained) {
  const waits = waitsFor === undefined ? '' : `, waits for ${waitsFor}`;
  console.log(`${count} failed: ${reason}${waits}${file === undefined ? '' : ` (${file})`}`);
}
const idle = idleExceptions(files, new Set(explained.keys()));
for (const { reason, file } of idle) console.log(`NOT NEEDED: ${file}: ${reason}`);
for (const { file, name, message } of unexplained)
  console.log(`NOT EXPLAINED: ${file}: ${name}: ${message.slice(0, 200)}`);
process.exitCode = unexplained.length + idle.length === 0 ? 0 : 1;
