import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bool,
  custom,
  type Directive,
  enumeration,
  flags,
  integer,
  LONG_MAX,
  memory,
  memoryText,
  octal,
  parseLong,
  parseMemory,
  parseStrictInteger,
  percentOrMemory,
  Refusal,
  text,
  ULONG_MAX,
} from './directive.ts';

const summary = 'for a test';

/** What CONFIG SET with these arguments leads to: the text of CONFIG GET, or "! " and the refusal. */
function outcome<T>(directive: Directive<T>, ...args: string[]): string {
  const setting = directive.parse(args, directive.default);
  return setting instanceof Refusal ? `! ${setting.text}` : setting.text;
}

/** The line that a rewritten file would have, with a + if it is written even where the file had none. */
function fileLine<T>(directive: Directive<T>, ...args: string[]): string {
  const setting = directive.parse(args, directive.default);
  assert(!(setting instanceof Refusal));
  return directive
    .fileLines(setting)
    .map((line) => (line.force ? '+' : '') + line.text)
    .join('|');
}

test('a yes-no directive takes yes and no in any case', () => {
  const directive = bool('a', true, { summary });
  assert.equal(outcome(directive, 'YES'), 'yes');
  assert.equal(outcome(directive, 'no'), 'no');
  for (const bad of ['', '1', 'true', 'yes ', 'y\u0000es']) {
    assert.equal(outcome(directive, bad), "! argument must be 'yes' or 'no'", bad);
  }
  assert.equal(fileLine(directive, 'yes'), 'yes');
  assert.equal(fileLine(directive, 'no'), '+no');
});

test('an integer is canonical and within bounds', () => {
  const directive = integer('a', { default: 5, min: -1, max: LONG_MAX, summary });
  assert.equal(outcome(directive, '0'), '0');
  assert.equal(outcome(directive, '-1'), '-1');
  assert.equal(outcome(directive, '9223372036854775807'), '9223372036854775807');
  for (const bad of ['', '007', '-0', '+1', ' 1', '1 ', '1.5', 'abc', '9223372036854775808', '-', '1'.repeat(5000)]) {
    assert.equal(outcome(directive, bad), "! argument couldn't be parsed into an integer", bad);
  }
  assert.equal(outcome(directive, '-2'), '! argument must be between -1 and 9223372036854775807 inclusive');
  assert.equal(fileLine(directive, '5'), '5');
  assert.equal(fileLine(directive, '6'), '+6');
});

test('a clamped integer is drawn into its bounds', () => {
  const directive = integer('hz', { default: 10, min: 0, max: 1000, clampMin: 1, clampMax: 500, summary });
  assert.equal(outcome(directive, '0'), '1');
  assert.equal(outcome(directive, '1000'), '500');
  assert.equal(outcome(directive, '1001'), '! argument must be between 0 and 1000 inclusive');
});

test('memory has units of 1000 and of 1024', () => {
  const sizes = {
    '': 0,
    b: 0,
    kb: 0,
    '1B': 1,
    '1k': 1000,
    '1Kb': 1024,
    '2m': 2e6,
    '2MB': 2 << 20,
    '1g': 1e9,
    '3gb': 3 * 2 ** 30,
  };
  for (const [text, bytes] of Object.entries(sizes)) assert.equal(parseMemory(text), BigInt(bytes), text);
  for (const bad of ['-1', '1.5gb', '0x10', '1tb', '1 kb', ' 1', '9'.repeat(128)])
    assert.equal(parseMemory(bad), null, bad);
});

test('memory beyond 64 bits is refused, not cut (fix of redis/redis 15390)', () => {
  assert.equal(parseMemory('18446744073709551615'), ULONG_MAX);
  assert.equal(parseMemory('18446744073709551616'), null);
  assert.equal(parseMemory('18446744073709551615gb'), null);
  assert.equal(parseMemory('17179869184gb'), null);
});

test('a memory directive shows bytes and writes the largest unit that divides', () => {
  const directive = memory('a', { default: 0, min: 0, max: ULONG_MAX, summary });
  assert.equal(outcome(directive, '10mb'), '10485760');
  assert.equal(outcome(directive, '18446744073709551615'), '18446744073709551615');
  assert.equal(outcome(directive, 'abc'), '! argument must be a memory value');
  assert.equal(fileLine(directive, '10mb'), '+10mb');
  assert.equal(fileLine(directive, '0'), '0');
  assert.deepEqual([1024n, 1000n, 3n << 30n, 1025n, 1n << 20n].map(memoryText), ['1kb', '1000', '3gb', '1025', '1mb']);
});

test('octal numbers are refused in octal', () => {
  const directive = octal('unixsocketperm', { default: 0, min: 0, max: 0o777, summary });
  assert.equal(outcome(directive, '0755'), '755');
  assert.equal(outcome(directive, '1000'), '! argument must be between 0 and 777 inclusive');
  assert.equal(outcome(directive, '8'), "! argument couldn't be parsed as an octal number");
});

test('a share of memory is bytes or per cent', () => {
  const directive = percentOrMemory('maxmemory-clients', { summary });
  assert.equal(outcome(directive, '1gb'), '1073741824');
  assert.equal(outcome(directive, '50%'), '50%');
  assert.equal(outcome(directive, '0%'), '0');
  assert.equal(outcome(directive, '200%'), '! percentage argument must be less or equal to 100');
  for (const bad of ['abc', '-5', '%', '005%', '1.5%', '-5%']) {
    assert.equal(outcome(directive, bad), '! argument must be a memory or percent value', bad);
  }
  assert.equal(fileLine(directive, '5%'), '+5%');
  assert.equal(fileLine(directive, '2mb'), '+2mb');
  assert.equal(fileLine(directive, '0'), '0');
});

test('an enumeration knows its names in any case, and names that stand for others', () => {
  const directive = enumeration('oom-score-adj', 'no', ['no', 'yes', 'relative', 'absolute'], {
    summary,
    synonyms: [['relative', 'yes']],
  });
  assert.equal(outcome(directive, 'ABSOLUTE'), 'absolute');
  assert.equal(outcome(directive, 'relative'), 'yes');
  const refusal = '! argument(s) must be one of the following: no, yes, relative, absolute';
  assert.equal(outcome(directive, 'x'), refusal);
  assert.equal(outcome(directive, ''), refusal);
  const cased = enumeration('a', 'off', ['off', 'CN'], { summary });
  assert.equal(outcome(cased, 'cn'), 'CN');
});

test('flags are shown in their own order', () => {
  const words = { none: 'default', names: ['save', 'nosave', 'now', 'force'] } as const;
  const directive = flags('a', words, { summary, refuse: (set) => (set.size === 3 ? 'too many' : null) });
  assert.equal(outcome(directive, 'force', 'NOW'), 'now force');
  assert.equal(outcome(directive, 'default', 'save'), 'save');
  assert.equal(outcome(directive, 'default'), 'default');
  assert.equal(outcome(directive, 'save', 'now', 'force'), '! too many');
  const refusal = '! argument(s) must be one of the following: default, save, nosave, now, force';
  assert.equal(outcome(directive), refusal);
  assert.equal(outcome(directive, 'save', ''), refusal);
  const counted = flags('b', { none: 'no', all: 'yes', names: ['cpu', 'net'] }, { summary });
  assert.equal(outcome(counted, 'net', 'cpu'), 'yes');
  assert.equal(outcome(counted, 'yes'), 'yes');
  assert.equal(fileLine(counted, 'no'), 'no');
});

test('a text ends at a NUL unless it is binary', () => {
  assert.equal(outcome(text('a', '', { summary }), 'x\0y'), 'x');
  assert.equal(outcome(text('a', '', { summary, binary: true }), 'x\0y'), 'x\0y');
});

test('a text is quoted in a file, and left out when it is unset', () => {
  const named = text('a', 'dump.rdb', { summary });
  assert.equal(fileLine(named, 'dump.rdb'), '"dump.rdb"');
  assert.equal(fileLine(named, ''), '+""');
  assert.equal(fileLine(named, 'a "b"\n'), '+"a \\"b\\"\\n"');
  const optional = text('b', '', { summary, unsetWhenEmpty: true });
  assert.equal(fileLine(optional, ''), '');
  assert.equal(fileLine(optional, 'x'), '+"x"');
});

test('a directive of its own kind parses, formats and writes as it says', () => {
  const directive = custom<readonly string[]>('a', {
    summary,
    default: [],
    multiple: true,
    firstLineAddsTo: [],
    parse: (args, current) => (args.includes('bad') ? new Refusal('no') : [...current, ...args]),
    format: (words) => words.join('+'),
  });
  assert.equal(outcome(directive, 'x', 'y'), 'x+y');
  assert.equal(outcome(directive, 'bad'), '! no');
  assert.equal(fileLine(directive, 'x'), '+x');
  assert.deepEqual(directive.firstLineAddsTo(), []);
});

test('strict integers and strtoll differ', () => {
  const cases: readonly (readonly [string, bigint | null, bigint | null])[] = [
    ['12', 12n, 12n],
    ['', null, 0n],
    ['+5', null, 5n],
    ['007', null, 7n],
    [' \t5', null, 5n],
    ['5 ', null, null],
    ['-0', null, 0n],
    [' ', null, null],
    ['9223372036854775808', null, LONG_MAX],
    ['-9223372036854775808', -LONG_MAX - 1n, -LONG_MAX - 1n],
    ['-99999999999999999999', null, -LONG_MAX - 1n],
  ];
  for (const [written, strict, long] of cases) {
    assert.equal(parseStrictInteger(written), strict, `strict ${JSON.stringify(written)}`);
    assert.equal(parseLong(written), long, `long ${JSON.stringify(written)}`);
  }
});
