// What the README says works as written: its examples are run, and what they print is compared with their comments.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');
const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(
  (match) => match[1]!,
);

test('the README has an example of each way to use the library', () => {
  assert.ok(blocks.length >= 4);
});

for (const [index, block] of blocks.entries()) {
  test(`README example ${index + 1} prints what it says`, async () => {
    // In the project, so that ioredis is found; the package's own name stands for its source.
    const path = join(root, `readme-example-${index}.test-run.ts`);
    writeFileSync(path, block.replaceAll("from 'cinnabar'", "from './src/index.ts'"));
    try {
      const { stdout } = await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', path], {
        timeout: 20_000,
      });
      const expected = [...block.matchAll(/console\.log\(.*?\); \/\/ (.*)/g)].map((match) => match[1]!);
      const printed = stdout.trimEnd().split('\n');
      assert.equal(printed.length, expected.length);
      for (const [line, text] of expected.entries()) {
        // Ports differ.
        assert.equal(printed[line]!.replace(/:\d+$/, ':0'), text.replace(/:\d+$/, ':0'));
      }
    } finally {
      rmSync(path, { force: true });
    }
  });
}
