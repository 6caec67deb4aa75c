import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crashReport } from './crash-report.ts';
import { createServer } from './embedded.ts';
import type { Server } from './server.ts';

test('CVE-2022-3647: what cannot be told in a crash report is left out, the rest is told', async () => {
  const embedded = await createServer({ port: null, seed: 7 });
  const broken: Server = Object.create(embedded.server, {
    info: {
      get() {
        throw new Error('INFO is broken');
      },
    },
  });
  const report = crashReport(broken, new Error('an assertion failed'));
  assert.match(report, /BUG REPORT START[\s\S]*STACK TRACE -+\nError: an assertion failed\n {4}at /);
  assert.match(report, /CURRENT COMMAND -+\n\(none: the server was between two batches\)/);
  assert.match(report, /LAST COMMANDS -+\n\(none\)/);
  assert.match(report, /STATE -+\nseed: 7\n/);
  assert.match(report, /INFO OUTPUT -+\n\(not available: Error: INFO is broken\)[\s\S]*BUG REPORT END/);
  await embedded.stop();
});

test('a crash before there is a server is reported, too', () => {
  assert.match(crashReport(null, 'thrown'), /BUG REPORT START[\s\S]*crashed: thrown[\s\S]*BUG REPORT END/);
});
