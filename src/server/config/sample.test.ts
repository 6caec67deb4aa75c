import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { MemoryFiles } from './memory-files.ts';
import { sampleConfiguration } from './sample.ts';
import { ServerConfig } from './server-config.ts';
import { DIRECTIVES } from './table.ts';

const sample = readFileSync(new URL('../../../cinnabar.conf', import.meta.url), 'utf8');

function newConfig(): ServerConfig {
  return new ServerConfig({ files: new MemoryFiles({ '/d/x': '' }), directory: '/d' });
}

test('cinnabar.conf is what the declarations say (npm run generate)', () => {
  assert.equal(sample, sampleConfiguration());
});

test('cinnabar.conf as it is changes nothing', () => {
  const config = newConfig();
  assert.equal(config.loadText(sample), null);
  assert.deepEqual(config.match(['*']), newConfig().match(['*']));
});

test('the directives behind a # are all there are, and show their defaults', () => {
  const uncommented = sample.replace(/^#(?=[a-z])/gm, '');
  const config = newConfig();
  assert.equal(config.loadText(uncommented), null);
  assert.deepEqual(config.match(['*']), newConfig().match(['*']));
  const mentioned = new Set([...sample.matchAll(/^#([a-z-]+) /gm)].map((match) => match[1]));
  const known = DIRECTIVES.filter((directive) => !directive.hidden).map((directive) => directive.name);
  assert.deepEqual([...mentioned].sort(), known.sort());
});

test('every directive says in a sentence what it does', () => {
  for (const { name, summary } of DIRECTIVES) assert.match(summary, /^[A-Z0-9].*\.$/s, name);
});
