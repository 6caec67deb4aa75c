import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkHouse } from './house.ts';
import { readTexts } from './syntax.ts';

/** The findings as "path:line message", notes with "note: ". */
function check(texts: Readonly<Record<string, string>>, expected: readonly string[]): void {
  const found = checkHouse(readTexts(texts)).map(
    ({ path, line, message, isNote }) => `${isNote ? 'note: ' : ''}${path}:${line} ${message}`,
  );
  assert.deepEqual(found.sort(), [...expected].sort());
}

const LINE = '  void 0;\n';

test('imports go to the own room and to earlier ones', () => {
  check(
    {
      'src/lib/a.ts': "export const a = 1;\nimport { b } from '../memory/b.ts';\n",
      'src/memory/b.ts': "import { c } from '../memory/c.ts';\nexport const b = 1;\n",
      'src/memory/c.ts': "export { d } from '../lib/d.ts';\n",
      'src/lib/d.ts': "export const d = import('../server/g.ts');\nexport type T = import('../server/g.ts').G;\n",
      'src/server/g.ts': '',
      'src/server/e.ts': "import '../index.ts';\nimport '../../scripts/f.ts';\n",
      'src/index.ts': '',
      'scripts/f.ts': "import '../src/memory/c.ts';\n",
      'src/attic/h.ts': '',
    },
    [
      'src/lib/a.ts:2 lib imports src/memory/b.ts: memory is a later room',
      'src/lib/d.ts:1 lib imports src/server/g.ts: server is a later room',
      'src/lib/d.ts:2 lib imports src/server/g.ts: server is a later room',
      'src/server/e.ts:1 server imports src/index.ts: index.ts is a later room',
      'src/server/e.ts:2 src/ imports scripts/f.ts, which is no part of it',
      'src/attic/h.ts:1 attic is not a room of DESIGN.md',
    ],
  );
});

test('text that looks like an import is none', () => {
  check(
    {
      'src/lib/a.ts':
        "// import '../server/b.ts'\nexport const a = `import '../server/b.ts'` + /import '..server.b.ts'/;\n",
      'src/server/b.ts': '',
    },
    [],
  );
});

test('an import needs its ending, and no test is imported', () => {
  check(
    {
      'src/lib/a.ts': "import './b';\nimport './c.test.ts';\n",
      'src/lib/b.ts': '',
      'src/lib/c.test.ts': "import './a.test.ts';\nimport 'node:test';\n",
      'src/lib/a.test.ts': '',
    },
    ['src/lib/a.ts:1 "./b" lacks its ending', 'src/lib/a.ts:2 imports a test: src/lib/c.test.ts'],
  );
});

test('pure rooms import no packages, use no clock and no randomness', () => {
  const text = `import 'node:fs';
const now = Date.now();
const date = new Date();
const chance = Math.random() + Math.floor(1);
const time = performance.now();
const world = globalThis.crypto;
// Date.now() in a comment
const text = 'new Date()';
const mine = { now: () => Date };
`;
  check({ 'src/engine/a.ts': text, 'src/server/a.ts': text, 'src/engine/a.test.ts': text }, [
    'src/engine/a.ts:1 a pure room imports "node:fs"',
    'src/engine/a.ts:2 a pure room uses Date.now',
    'src/engine/a.ts:3 a pure room uses new Date',
    'src/engine/a.ts:4 a pure room uses Math.random',
    'src/engine/a.ts:5 a pure room uses performance.now',
    'src/engine/a.ts:6 a pure room uses globalThis.crypto',
  ]);
});

test('cycles are told once, as a path', () => {
  check(
    {
      'src/lib/a.ts': "import './b.ts';\n",
      'src/lib/b.ts': "import './c.ts';\n",
      'src/lib/c.ts': "import './b.ts';\nimport './d.ts';\n",
      'src/lib/d.ts': '',
    },
    ['src/lib/b.ts:1 cycle: src/lib/b.ts > src/lib/c.ts > src/lib/b.ts'],
  );
});

test('cycles that types close are notes', () => {
  check(
    {
      'src/lib/a.ts': "import './b.ts';\n",
      'src/lib/b.ts': "import type { A } from './a.ts';\n",
      'src/lib/c.ts': "import './d.ts';\n",
      'src/lib/d.ts': "import { type C } from './c.ts';\n",
    },
    [
      'note: src/lib/a.ts:1 cycle of types: src/lib/a.ts > src/lib/b.ts > src/lib/a.ts',
      'src/lib/c.ts:1 cycle: src/lib/c.ts > src/lib/d.ts > src/lib/c.ts',
    ],
  );
});

test('functions have at most 100 lines, and aim at 70', () => {
  const body = (count: number) => `{\n${LINE.repeat(count - 2)}}`;
  check(
    {
      'src/lib/a.ts': [
        `export function fits() ${body(70)}`,
        `/** A comment\n * does not count. */\nexport const noted = () => ${body(71)};`,
        `export class C {\n  allowed() ${body(100)}\n  tooLong() ${body(101)}\n}`,
        `describe('tests', () => ${body(300)});`,
      ].join('\n'),
    },
    [
      'note: src/lib/a.ts:73 a function of 71 lines; the aim is 70',
      'note: src/lib/a.ts:145 a function of 100 lines; the aim is 70',
      'src/lib/a.ts:245 a function of 101 lines; the limit is 100',
    ],
  );
});

test('files have at most 1000 lines', () => {
  check({ 'src/lib/a.ts': '\n'.repeat(1000), 'src/lib/b.ts': '\n'.repeat(1001) }, [
    'src/lib/b.ts:1 1001 lines; the limit is 1000',
  ]);
});

test('no decorators, and getters only hand out a field', () => {
  check(
    {
      'src/lib/a.ts': `export class C {
  field = 1;
  get plain() { return this.field; }
  get sum() { return this.field + 1; }
  @note method() {}
}
`,
    },
    ['src/lib/a.ts:4 a getter that computes; make it a method', 'src/lib/a.ts:5 a decorator'],
  );
});
