// npm run check: everything about the sources that a program can tell. Format and lint (Biome), types, and once more
// the types of the pure rooms without Node's, the rules of the house (house.ts), generated files, dependencies.
// Prints what is wrong and exits with 1 if anything is; `--notes` also lists what is allowed but not aimed at.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { staleFiles } from './generate.ts';
import { checkHouse, FUNCTION_LINES_AIM } from './house.ts';
import { readProject } from './syntax.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The complaints of a step; none: it passed. */
type Step = () => Promise<readonly string[]>;

const steps: Readonly<Record<string, Step>> = {
  'format and lint': () => runTool('biome', ['check', '--error-on-warnings', '.']),
  types: () => runTool('tsc', ['-p', 'tsconfig.json']),
  'types of the pure rooms': () => runTool('tsc', ['-p', 'tsconfig.pure.json']),
  house: async () => checkRules(),
  'generated files': async () => staleFiles().map((path) => `${path} is not what the sources say: npm run generate`),
  dependencies: async () => checkDependencies(),
};

let failed = false;
// All at once: the tools have processes of their own.
const running = Object.entries(steps).map(([name, step]) => ({ name, complaints: step() }));
for (const { name, complaints } of running) {
  const found = await complaints;
  console.log(found.length === 0 ? `ok      ${name}` : `FAILED  ${name}\n${found.join('\n')}`);
  if (found.length > 0) failed = true;
}
process.exitCode = failed ? 1 : 0;

function runTool(name: string, args: readonly string[]): Promise<readonly string[]> {
  return new Promise((done) => {
    const tool = spawn(join(root, 'node_modules', '.bin', name), args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    tool.stdout.on('data', (text: Buffer) => {
      output += text.toString();
    });
    tool.stderr.on('data', (text: Buffer) => {
      output += text.toString();
    });
    tool.on('error', (error) => done([`${name}: ${error.message}`]));
    tool.on('close', (code) => done(code === 0 ? [] : [output.trimEnd() || `${name} ended with ${code}`]));
  });
}

function checkRules(): readonly string[] {
  const findings = checkHouse(readProject(root));
  const shown = findings.map(({ path, line, message, isNote }) => ({ text: `  ${path}:${line} ${message}`, isNote }));
  const notes = shown.filter(({ isNote }) => isNote);
  if (notes.length > 0) {
    const list = process.argv.includes('--notes') ? `:\n${notes.map(({ text }) => text).join('\n')}` : ' (--notes)';
    console.log(`note    ${notes.length} functions beyond ${FUNCTION_LINES_AIM} lines and cycles of types${list}`);
  }
  return shown.filter(({ isNote }) => !isNote).map(({ text }) => text);
}

/** A run-time dependency has a page that says why (STYLE.md, "Shape"). */
function checkDependencies(): readonly string[] {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const dependencies = isRecord(manifest) && isRecord(manifest['dependencies']) ? manifest['dependencies'] : {};
  const pages = readdirSync(join(root, 'docs', 'decisions')).filter((name) => name.endsWith('.md'));
  const text = pages.map((name) => readFileSync(join(root, 'docs', 'decisions', name), 'utf8')).join('\n');
  return Object.keys(dependencies)
    .filter((name) => !text.includes(name))
    .map((name) => `  ${name} has no page in docs/decisions/`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
