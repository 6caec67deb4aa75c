// What the list of Tcl cases that do not pass says of our own tests is true: each is there.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exceptionFor, idleExceptions, TCL_EXCEPTIONS } from './tcl-exceptions.ts';

const root = join(import.meta.dirname, '../..');

/** The first arguments of calls of test and it in a file, without their quotes. */
function testNames(path: string): string[] {
  const calls = readFileSync(join(root, path), 'utf8').matchAll(/\b(?:test|it)\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs);
  return [...calls].map(([, , name]) => name!.replaceAll(/\\(.)/g, '$1'));
}

test('every exception names a test of the same promise, or what it waits for', () => {
  for (const { reason, tests, waitsFor } of TCL_EXCEPTIONS) {
    assert.ok(waitsFor !== undefined || (tests ?? []).length > 0, reason);
  }
});

test('the tests that exceptions name exist', () => {
  for (const { reason, tests } of TCL_EXCEPTIONS) {
    for (const named of tests ?? []) {
      const [path = '', ...rest] = named.split(': ');
      assert.ok(existsSync(join(root, path)), `${reason}: ${path}`);
      const name = rest.join(': ');
      // A name that a seed or a table completes is named up to there.
      assert.ok(
        testNames(path).some((each) => each === name || each.startsWith(`${name}$\{`)),
        `${reason}: ${named}`,
      );
    }
  }
});

test('an exception has a file, or recognises its failures by what they say', () => {
  for (const { reason, file, cases, message } of TCL_EXCEPTIONS) {
    assert.ok(message !== undefined || (file !== undefined && cases !== undefined), reason);
  }
});

test('failures find their exception, and exceptions without failures are told', () => {
  const failure = { file: 'integration/rdb', name: 'Test child sending info', message: 'assertion:' };
  const found = exceptionFor(failure)!;
  assert.match(found.reason, /what a fork copies/);
  assert.equal(exceptionFor({ ...failure, name: 'another' }), null);
  assert.deepEqual(idleExceptions(new Set(['integration/rdb']), new Set([found])), []);
  assert.deepEqual(idleExceptions(new Set(['integration/rdb']), new Set()), [found]);
});
