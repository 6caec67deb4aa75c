import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1 } from './bytes.ts';
import { isLiteral, matchGlob } from './glob.ts';
import { GLOB_STARS_MAX } from './limits.ts';
import { Prng } from './prng.ts';

function match(pattern: string, text: string, ignoreCase = false): boolean {
  // Stars around them: bytes beyond the ranges must not be read.
  const patternBytes = fromLatin1(`*${pattern}*`);
  const textBytes = fromLatin1(`*${text}*`);
  return matchGlob(patternBytes, 1, patternBytes.length - 1, textBytes, 1, textBytes.length - 1, ignoreCase);
}

function check(cases: readonly (readonly [pattern: string, text: string, expected: boolean, ignoreCase?: boolean])[]) {
  for (const [pattern, text, expected, ignoreCase] of cases) {
    assert.equal(match(pattern, text, ignoreCase), expected, `${JSON.stringify(pattern)} on ${JSON.stringify(text)}`);
  }
}

test('the patterns of the KEYS page', () => {
  check([
    ['h?llo', 'hello', true],
    ['h?llo', 'hllo', false],
    ['h*llo', 'hllo', true],
    ['h*llo', 'heeeello', true],
    ['h[ae]llo', 'hello', true],
    ['h[ae]llo', 'hillo', false],
    ['h[^e]llo', 'hallo', true],
    ['h[^e]llo', 'hello', false],
    ['h[a-b]llo', 'hbllo', true],
    ['h[a-b]llo', 'hcllo', false],
    ['h\\?llo', 'h?llo', true],
    ['h\\?llo', 'hello', false],
  ]);
});

test('the patterns of the Tcl suite', () => {
  check([
    ['foo*', 'foo_a', true],
    ['foo*', 'key_x', false],
    ['*', 'key_x', true],
    ['{x}:a*', '{x}:abc', true],
    ['a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b', 'a'.repeat(40), false],
    ['*?'.repeat(50_000), 'a'.repeat(50_000), false],
  ]);
});

test('stars match nothing, something and everything', () => {
  check([
    ['a*', 'a', true],
    ['a**', 'a', true],
    ['*a', 'a', true],
    ['*a', 'ba', true],
    ['*a', 'ab', false],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'axxbxbc', true],
    ['a*b*c', 'axxbxb', false],
    ['*ab', 'aab', true],
    ['*aab', 'aaab', true],
    ['*abab', 'ababab', true],
    ['a*?', 'a', false],
    ['a*?', 'ab', true],
    ['***', 'x', true],
    ['**a**', 'bab', true],
  ]);
});

test('an empty text matches only the empty pattern, not even a star', () => {
  check([
    ['', '', true],
    ['*', '', false],
    ['**', '', false],
    ['?', '', false],
    ['[^a]', '', false],
    ['', 'a', false],
  ]);
});

test('classes, closed and not', () => {
  check([
    ['[abc]', 'b', true],
    ['[abc', 'c', true],
    ['[abc', 'd', false],
    ['[', 'a', false],
    ['[', '[', false],
    ['[^', 'a', true],
    ['[]', 'a', false],
    ['[]', ']', false],
    ['[^]', 'a', true],
    ['[]a]', 'a]', false],
    ['[^]a', 'xa', true],
    ['[\\]]', ']', true],
    ['[\\^a]', '^', true],
    ['[a\\-z]', '-', true],
    ['[a\\-z]', 'm', false],
    ['[\\', '\\', true],
    ['[-a]', '-', true],
    ['[a-]', 'a', true],
    ['[a-]', '^', true],
    ['[z-a]', 'm', true],
    ['[a-c-e]', '-', true],
    ['[a-c-e]', 'e', true],
    ['[a-c-e]', 'd', false],
    ['[[]', '[', true],
    ['[*]', '*', true],
    ['[*]', 'a', false],
    ['[?]?', '?x', true],
    ['[^^]', '^', false],
    ['[!a]', '!', true],
  ]);
});

test('a backslash makes the next byte plain, and itself at the end', () => {
  check([
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['\\\\', '\\', true],
    ['\\', '\\', true],
    ['\\a', 'a', true],
    ['a\\', 'a\\', true],
    ['*\\*', 'ab*', true],
    ['\\[a]', '[a]', true],
  ]);
});

test('case is ignored on request, but for escaped members of classes', () => {
  check([
    ['HeL?o', 'hello', true, true],
    ['HeL?o', 'hello', false],
    ['[A-C]x', 'BX', true, true],
    ['[a-c]', 'B', true, true],
    ['[\\A]', 'a', false, true],
    ['[\\A]', 'A', true, true],
    ['\\A', 'a', true, true],
    ['[Z-a]', 'z', false, true],
    ['\xc4', '\xe4', false, true],
  ]);
});

test('bytes above 0x7f are signed in ranges, as C on x86 has them', () => {
  check([
    ['[a-\xff]', 'b', false],
    ['[a-\xff]', '\x00', true],
    ['[a-\xff]', '\xff', true],
    ['[\x80-\xff]', '\xc0', true],
    ['[\x80-\x00]', '\xc0', true],
    ['[\xc3-c]', '^', true],
    ['[\xc3-c]', '^', false, true],
    ['?', '\xff', true],
    ['\0*', '\0a', true],
  ]);
});

test('CVE-2022-36021: stars do not multiply', () => {
  const started = performance.now();
  assert.ok(!match(`${'a*'.repeat(500)}b`, 'a'.repeat(10_000)));
  assert.ok(!match(`${'*a'.repeat(900)}*b`, `${'a'.repeat(20_000)}c`));
  assert.ok(performance.now() - started < 500);
});

test('CVE-2024-31228: a million stars, marks or brackets neither recurse nor take long', () => {
  const started = performance.now();
  assert.ok(match('*'.repeat(1_000_000), 'a'));
  assert.ok(!match('?'.repeat(1_000_000), 'a'));
  assert.ok(match('?'.repeat(1_000_000), 'a'.repeat(1_000_000)));
  assert.ok(!match('['.repeat(1_000_000), 'a'));
  assert.ok(!match('*?'.repeat(500_000), 'a'.repeat(500_000)));
  assert.ok(performance.now() - started < 1000);
});

test('patterns of more stars than Redis follows never match', () => {
  assert.ok(match('*a'.repeat(GLOB_STARS_MAX), 'a'.repeat(GLOB_STARS_MAX)));
  assert.ok(match(`${'*a'.repeat(GLOB_STARS_MAX)}*`, 'a'.repeat(GLOB_STARS_MAX)));
  assert.ok(!match('*a'.repeat(GLOB_STARS_MAX + 1), 'a'.repeat(GLOB_STARS_MAX + 1)));
});

test('a step budget ends the worst case', () => {
  const started = performance.now();
  assert.ok(!match(`*${'a'.repeat(50_000)}b`, 'a'.repeat(2_000_000)));
  assert.ok(performance.now() - started < 1000);
  // What needs few steps is not cut off, however long it is.
  assert.ok(match('*x', `${'a'.repeat(3_000_000)}x`));
});

/** The definition: an element takes one byte, a star any number of them. */
function naive(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] === '*') {
    for (let skip = 0; skip <= text.length; skip++) if (naive(pattern.slice(1), text.slice(skip))) return true;
    return false;
  }
  return text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && naive(pattern.slice(1), text.slice(1));
}

test('random patterns agree with the definition', () => {
  const seed = 23;
  const random = new Prng(seed);
  const letters = (alphabet: string, longest: number) =>
    Array.from({ length: random.below(longest) }, () => alphabet[random.below(alphabet.length)]).join('');
  for (let i = 0; i < 30_000; i++) {
    const pattern = letters('aab**?', 8);
    const text = letters('aab', 9);
    if (text === '') continue;
    assert.equal(match(pattern, text), naive(pattern, text), `seed ${seed}: ${pattern} on ${text}`);
  }
});

test('isLiteral knows patterns that match one text only', () => {
  const literal = (pattern: string) => isLiteral(fromLatin1(`*${pattern}*`), 1, pattern.length + 1);
  for (const pattern of ['', 'abc', 'a]b', 'a^b', 'a-b', '\xff\0']) assert.ok(literal(pattern), pattern);
  for (const pattern of ['*', 'a?', 'a[b', 'a\\b']) assert.ok(!literal(pattern), pattern);
});
