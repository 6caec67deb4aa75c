// The rules of the house (DESIGN.md, section 2 and STYLE.md) that need a look at the syntax: which room imports which,
// cycles, sizes of files and functions, what pure rooms may not touch. The syntax tree comes from the TypeScript
// compiler, so strings, templates and comments cannot mislead the rules.

import { type Node, type SourceFile, SyntaxKind } from 'typescript/unstable/ast';
import {
  isArrowFunction,
  isCallExpression,
  isDecorator,
  isExportDeclaration,
  isFunctionLikeDeclaration,
  isGetAccessorDeclaration,
  isIdentifier,
  isImportDeclaration,
  isImportTypeNode,
  isLiteralTypeNode,
  isNewExpression,
  isPropertyAccessExpression,
  isReturnStatement,
  isStringLiteral,
} from 'typescript/unstable/ast/is';

/** The ground first: a file imports from its own room and from rooms before it. The last of them are not folders. */
export const ROOMS: readonly string[] = [
  'lib',
  'world',
  'memory',
  'structures',
  'datatypes',
  'protocol',
  'engine',
  'scripting',
  'client',
  'persistence',
  'replication',
  'cluster',
  'sentinel',
  'host',
  'server',
  'browser.ts',
  'index.ts',
  'cli',
  'console',
];

const PURE_ROOMS: ReadonlySet<string> = new Set(ROOMS.slice(0, ROOMS.indexOf('persistence') + 1));

export const FILE_LINES_MAX = 1000;
export const FUNCTION_LINES_MAX = 100;
export const FUNCTION_LINES_AIM = 70;

/** Functions that only hold tests together are as long as there are tests. */
const GROUPING_CALLS: ReadonlySet<string> = new Set(['describe', 'suite']);

export interface Finding {
  /** From the root of the project. */
  readonly path: string;
  readonly line: number;
  readonly message: string;
  /** Worth knowing, but no failure. */
  readonly isNote: boolean;
}

/** A file of the project by its path from the root ("src/lib/assert.ts"). */
export interface HouseFile {
  readonly path: string;
  readonly source: SourceFile;
}

export function checkHouse(files: readonly HouseFile[]): Finding[] {
  const imports = new Map(files.map((file) => [file.path, importsOf(file)]));
  const findings = files.flatMap((file) => [
    ...checkImports(file, imports.get(file.path)!),
    ...checkSizes(file),
    ...checkShape(file),
    ...(isPure(file.path) ? checkPurity(file) : []),
  ]);
  return [...findings, ...checkCycles(imports)];
}

interface Import {
  /** As it is written. */
  readonly specifier: string;
  /** The path from the root for a relative one, otherwise null. */
  readonly target: string | null;
  readonly line: number;
  /** `import type …`: nothing of it is left at run time. */
  readonly isType: boolean;
}

function importsOf(file: HouseFile): Import[] {
  const found: Import[] = [];
  visit(file.source, (node) => {
    const name = importedName(node);
    if (name === null) return;
    const target = name.startsWith('.') ? resolvePath(file.path, name) : null;
    found.push({ specifier: name, target, line: lineOf(file, node), isType: isTypeImport(node) });
  });
  return found;
}

/** The module that a declaration, a dynamic import or an import type names. */
function importedName(node: Node): string | null {
  let specifier: Node | undefined;
  if (isImportDeclaration(node) || isExportDeclaration(node)) specifier = node.moduleSpecifier;
  else if (isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword) specifier = node.arguments[0];
  else if (isImportTypeNode(node) && isLiteralTypeNode(node.argument)) specifier = node.argument.literal;
  return specifier !== undefined && isStringLiteral(specifier) ? specifier.text : null;
}

/** `import { type A }` is none: it leaves an import without names behind. */
function isTypeImport(node: Node): boolean {
  if (isImportDeclaration(node)) return node.importClause?.phaseModifier === SyntaxKind.TypeKeyword;
  return isImportTypeNode(node) || (isExportDeclaration(node) && node.isTypeOnly);
}

function checkImports(file: HouseFile, imports: readonly Import[]): Finding[] {
  const findings: Finding[] = [];
  const room = roomOf(file.path);
  for (const { specifier, target, line } of imports) {
    if (target === null) {
      if (isPure(file.path)) findings.push(failure(file, line, `a pure room imports "${specifier}"`));
      continue;
    }
    if (!/\.(ts|json|wasm)$/.test(specifier)) findings.push(failure(file, line, `"${specifier}" lacks its ending`));
    if (room === null) continue;
    const targetRoom = roomOf(target);
    if (targetRoom === null) {
      // Unit tests beside their file may lean on what all tests share.
      const isShared = isTestOrBench(file.path) && target.startsWith('tests/');
      if (!isShared) findings.push(failure(file, line, `src/ imports ${target}, which is no part of it`));
    } else if (rankOf(targetRoom) > rankOf(room)) {
      findings.push(failure(file, line, `${room} imports ${target}: ${targetRoom} is a later room`));
    }
    if (isTestOrBench(target) && !isTestOrBench(file.path))
      findings.push(failure(file, line, `imports a test: ${target}`));
  }
  if (room !== null && rankOf(room) === -1) findings.push(failure(file, 1, `${room} is not a room of DESIGN.md`));
  return findings;
}

/**
 * Files that import each other in a circle: each such group once, as a path that a reader can follow. Circles that only
 * types close are notes: they cannot go wrong when modules start, and objects that know each other need them.
 */
function checkCycles(imports: ReadonlyMap<string, readonly Import[]>): Finding[] {
  const wrong = findCycles(imports, false);
  const known = new Set(wrong.flat());
  const odd = findCycles(imports, true).filter((cycle) => !cycle.some((path) => known.has(path)));
  return [
    ...wrong.map((cycle) => cycleFinding(cycle, 'cycle', false)),
    ...odd.map((cycle) => cycleFinding(cycle, 'cycle of types', true)),
  ];
}

function findCycles(imports: ReadonlyMap<string, readonly Import[]>, withTypes: boolean): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const reported = new Set<string>();
  const trail: string[] = [];
  const walk = (path: string): void => {
    if (done.has(path)) return;
    const start = trail.indexOf(path);
    if (start !== -1) {
      const cycle = trail.slice(start);
      if (!cycle.some((member) => reported.has(member))) cycles.push(cycle);
      for (const member of cycle) reported.add(member);
      return;
    }
    trail.push(path);
    for (const { target, isType } of imports.get(path) ?? [])
      if (target !== null && (withTypes || !isType)) walk(target);
    trail.pop();
    done.add(path);
  };
  for (const path of imports.keys()) walk(path);
  return cycles;
}

function cycleFinding(cycle: readonly string[], kind: string, isNote: boolean): Finding {
  return { path: cycle[0]!, line: 1, message: `${kind}: ${[...cycle, cycle[0]!].join(' > ')}`, isNote };
}

function checkSizes(file: HouseFile): Finding[] {
  const findings: Finding[] = [];
  const lines = file.source.text.split('\n').length - (file.source.text.endsWith('\n') ? 1 : 0);
  if (lines > FILE_LINES_MAX) findings.push(failure(file, 1, `${lines} lines; the limit is ${FILE_LINES_MAX}`));
  visit(file.source, (node) => {
    if (!isFunctionLikeDeclaration(node) || isGrouping(node)) return;
    const start = lineOf(file, node);
    const length = lineAt(file, node.end) - start + 1;
    if (length <= FUNCTION_LINES_AIM) return;
    const isNote = length <= FUNCTION_LINES_MAX;
    const limit = isNote ? `the aim is ${FUNCTION_LINES_AIM}` : `the limit is ${FUNCTION_LINES_MAX}`;
    findings.push({ path: file.path, line: start, message: `a function of ${length} lines; ${limit}`, isNote });
  });
  return findings;
}

/** Whether a function is the body of describe(…). */
function isGrouping(node: Node): boolean {
  const call = node.parent;
  return (
    isArrowFunction(node) &&
    isCallExpression(call) &&
    isIdentifier(call.expression) &&
    GROUPING_CALLS.has(call.expression.text)
  );
}

function checkShape(file: HouseFile): Finding[] {
  const findings: Finding[] = [];
  visit(file.source, (node) => {
    if (isDecorator(node)) findings.push(failure(file, lineOf(file, node), 'a decorator'));
    if (!isGetAccessorDeclaration(node)) return;
    const statements = node.body?.statements ?? [];
    const only = statements[0];
    const isPlain =
      statements.length === 1 &&
      only !== undefined &&
      isReturnStatement(only) &&
      only.expression !== undefined &&
      isPropertyAccessExpression(only.expression);
    if (!isPlain) findings.push(failure(file, lineOf(file, node), 'a getter that computes; make it a method'));
  });
  return findings;
}

/** No clock and no randomness: they are handed in. What else is missing there, tsconfig.pure.json proves. */
function checkPurity(file: HouseFile): Finding[] {
  const findings: Finding[] = [];
  visit(file.source, (node) => {
    let used = '';
    if (isNewExpression(node) && isNamed(node.expression, 'Date')) used = 'new Date';
    else if (isCallExpression(node) && isNamed(node.expression, 'Date')) used = 'Date()';
    else if (isPropertyAccessExpression(node)) {
      const name = node.name.text;
      if (isNamed(node.expression, 'Date')) used = `Date.${name}`;
      else if (isNamed(node.expression, 'Math') && name === 'random') used = 'Math.random';
      else if (isNamed(node.expression, 'performance')) used = `performance.${name}`;
      else if (isNamed(node.expression, 'globalThis')) used = `globalThis.${name}`;
    }
    if (used !== '') findings.push(failure(file, lineOf(file, node), `a pure room uses ${used}`));
  });
  return findings;
}

function isNamed(node: Node, name: string): boolean {
  return isIdentifier(node) && node.text === name;
}

/** The room of a file under src/, null elsewhere. */
function roomOf(path: string): string | null {
  const parts = path.split('/');
  return parts[0] === 'src' ? (parts[1] ?? null) : null;
}

function rankOf(room: string): number {
  return ROOMS.indexOf(room);
}

function isPure(path: string): boolean {
  const room = roomOf(path);
  return room !== null && PURE_ROOMS.has(room) && !isTestOrBench(path);
}

function isTestOrBench(path: string): boolean {
  return /\.(test|bench|fuzz)\.ts$/.test(path);
}

function resolvePath(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function visit(node: Node, look: (node: Node) => void): void {
  look(node);
  // A visitor that answers something ends the walk.
  node.forEachChild((child) => {
    visit(child, look);
    return undefined;
  });
}

function lineOf(file: HouseFile, node: Node): number {
  return lineAt(file, node.getStart(file.source));
}

function lineAt(file: HouseFile, position: number): number {
  return file.source.getLineAndCharacterOfPosition(position).line + 1;
}

function failure(file: HouseFile, line: number, message: string): Finding {
  return { path: file.path, line, message, isNote: false };
}
